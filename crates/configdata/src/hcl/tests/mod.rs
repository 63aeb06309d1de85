//! What text means, and what edits make of it.

mod editing;
mod laws;
mod reading;

use crate::value::Value;
use crate::{Action, Config, Edit, Path, ResolvedPath, Toolchain};

fn parse(text: &str) -> Config {
    Config::parse(Toolchain::OpenTofuHcl, text.as_bytes())
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn path(text: &str) -> ResolvedPath {
    let path = Path::parse(text).unwrap_or_else(|error| panic!("{error}"));
    path.resolved()
        .unwrap_or_else(|| panic!("{text} is no plain path"))
}

fn json(text: &str) -> Value {
    let json = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    Value::from_json(&json)
}

fn edit(text: &str, place: &str, action: Action) -> Result<String, String> {
    let mut config = parse(text);
    let edit = Edit {
        document: 0,
        path: path(place),
        action,
    };
    config.apply(&[edit]).map_err(|error| error.reason)?;
    Ok(config.text().into_owned())
}
