//! `cubit unit edit`

use std::env;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use clap::Args;
use cubit_configdata::Toolchain;
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::input;
use crate::output::Output;
use crate::record;
use crate::session::Session;

#[derive(Debug, Args)]
pub(crate) struct Edit {
    /// Name, SPACE/NAME or id of the unit
    unit: String,
    /// Why, for the history
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "Edited on the command line"
    )]
    change_desc: String,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(arguments: &Edit, session: &Session) -> Result<()> {
    let unit = session.find_unit(&arguments.unit)?;
    // The version is read before the text: a change in between is refused.
    let mut whole = session.read_unit(&unit)?["Unit"].take();
    let before = session.client.download_unit_data(unit.space, unit.id)?;

    let file = |error| Error::file("a temporary file", &error);
    let toolchain = record::text(&whole, "ToolchainType").parse();
    let ending = toolchain.map_or("yaml", Toolchain::file_ending);
    let mut copy = tempfile::Builder::new()
        .prefix(&format!("{}-", unit.slug))
        .suffix(&format!(".{ending}"))
        .tempfile()
        .map_err(file)?;
    copy.write_all(&before).map_err(file)?;
    let copy = copy.into_temp_path();
    open_editor(&copy)?;
    let after = fs::read(&copy).map_err(file)?;
    if after == before {
        return arguments.output.done("No changes made", &unit.slug, &whole);
    }

    let changes = json!({
        "Data": BASE64_STANDARD.encode(after),
        "LastChangeDescription": arguments.change_desc,
    });
    input::patch(&mut whole, &changes);
    let change = cubit_client::UnitChange::default();
    match session
        .client
        .update_unit::<Value>(unit.space, unit.id, &whole, &change)
    {
        Ok(updated) => {
            let revision = record::number(&updated, "HeadRevisionNum");
            let done = format!("updated unit {} (revision {revision})", unit.slug);
            arguments.output.done(&done, &unit.slug, &updated)
        }
        Err(refusal) => {
            let error = Error::from(refusal);
            let kept = copy.keep().map_err(|error| file(error.error))?;
            Err(error.hint(format!("your text is kept in {}", kept.display())))
        }
    }
}

fn open_editor(path: &Path) -> Result<()> {
    let set = |name| env::var(name).ok().filter(|value| !value.trim().is_empty());
    let editor = set("VISUAL")
        .or_else(|| set("EDITOR"))
        .unwrap_or_else(|| "vi".to_owned());
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or("vi");
    let status = Command::new(program)
        .args(words)
        .arg(path)
        .status()
        .map_err(|error| {
            Error::failed(format!("cannot start the editor `{program}`: {error}"))
                .hint("set VISUAL or EDITOR")
        })?;
    if status.success() {
        return Ok(());
    }
    Err(Error::failed(format!(
        "the editor ended with {status}; nothing was changed"
    )))
}
