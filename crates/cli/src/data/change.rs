//! `cubit data set` and `delete`

use clap::{Args, ValueEnum};
use cubit_configdata::{Edit, Kind, Missing, NodeRef, Number, Value};

use super::{File, files_and, matches, parse_path};
use crate::error::{Error, Result};
use crate::output::{self, Color, diff};

/// Flags of both.
#[derive(Debug, Args)]
pub(crate) struct Change {
    /// Only in resources of this type, such as apps/v1/Deployment
    #[arg(long, value_name = "TYPE")]
    resource_type: Option<String>,
    /// Show what would change and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Show what changes
    #[arg(long)]
    diff: bool,
}

#[derive(Debug, Args)]
#[command(override_usage = "cubit data set [OPTIONS] <FILE>... <PATH> <VALUE>")]
pub(crate) struct Set {
    /// Files (- for standard input), then a path such as spec.replicas, then the value
    #[arg(
        required = true,
        value_name = "ARGUMENT",
        allow_negative_numbers = true
    )]
    words: Vec<String>,
    /// What the value is; when not given, what was there before, or what it looks like
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    kind: Option<Type>,
    #[command(flatten)]
    change: Change,
}

#[derive(Debug, Args)]
#[command(override_usage = "cubit data delete [OPTIONS] <FILE>... <PATH>")]
pub(crate) struct Delete {
    /// Files (- for standard input), then a path such as spec.replicas
    #[arg(required = true, value_name = "ARGUMENT")]
    words: Vec<String>,
    #[command(flatten)]
    change: Change,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Type {
    String,
    Int,
    Bool,
}

pub(super) fn set(arguments: &Set, color: Color) -> Result<()> {
    let (files, [path, text]) = files_and(&arguments.words)?;
    let parsed = parse_path(path)?;
    let resource_type = arguments.change.resource_type.as_deref();
    let edits = |file: &File| {
        let mut places = matches(file, &parsed, resource_type, Missing::Skip);
        if places.is_empty() {
            // Created only where there is one place to create it: a path such
            // as spec.replicas must not appear in the Service next door.
            places = matches(file, &parsed, resource_type, Missing::Create);
            if places.len() > 1 {
                return Err(Error::not_found(format!(
                    "nothing is at `{path}`, and {} resources could get it",
                    places.len()
                ))
                .at(&file.name)
                .hint("choose with --resource-type TYPE"));
            }
        }
        let edit = |(document, place): (usize, cubit_configdata::Match<'_>)| {
            let value = value_of(text, arguments.kind, place.node)?;
            Ok(Edit::set(document, place.path, value))
        };
        places.into_iter().map(edit).collect()
    };
    change(files, path, &arguments.change, color, edits)
}

pub(super) fn delete(arguments: &Delete, color: Color) -> Result<()> {
    let (files, [path]) = files_and(&arguments.words)?;
    let parsed = parse_path(path)?;
    let resource_type = arguments.change.resource_type.as_deref();
    let edits = |file: &File| {
        let places = matches(file, &parsed, resource_type, Missing::Skip);
        // From the end, so that deleting from a list moves nothing still to go.
        let places = places.into_iter().rev();
        Ok(places
            .map(|(document, place)| Edit::delete(document, place.path))
            .collect())
    };
    change(files, path, &arguments.change, color, edits)
}

/// Edits all files, or none when one cannot be edited.
fn change(
    files: &[String],
    path: &str,
    flags: &Change,
    color: Color,
    edits: impl Fn(&File) -> Result<Vec<Edit>>,
) -> Result<()> {
    let mut places = 0;
    let mut changed = Vec::new();
    let mut difference = String::new();
    for name in files {
        let mut file = File::read(name)?;
        let shown = flags.diff || flags.dry_run;
        let before = shown.then(|| file.config.text().into_owned());
        let edits = edits(&file)?;
        places += edits.len();
        let any = match file.config.apply(&edits) {
            Ok(any) => any,
            Err(error) => return Err(file.refused(&error)),
        };
        if let Some(before) = before {
            let after = file.config.text();
            difference += &diff::unified((name, &before), (name, &after), 3);
        }
        if any || name == "-" {
            changed.push(file);
        }
    }
    if places == 0 {
        return Err(Error::not_found(format!("nothing is at `{path}`"))
            .hint(format!("see `cubit data paths {}`", files.join(" "))));
    }
    if !flags.dry_run {
        for file in &changed {
            file.write()?;
        }
    }
    output::print(&diff::coloured(&difference, color.on_stdout()))
}

/// The value that a word on the command line stands for.
fn value_of(text: &str, kind: Option<Type>, before: Option<NodeRef<'_>>) -> Result<Value> {
    let was_text = before.is_some_and(|node| node.kind() == Kind::String);
    let number = || Number::parse(text).map(Value::Number);
    let boolean = || text.parse().ok().map(Value::Bool);
    match kind {
        Some(Type::String) => Ok(Value::String(text.to_owned())),
        None if was_text => Ok(Value::String(text.to_owned())),
        Some(Type::Int) => {
            number().ok_or_else(|| Error::usage(format!("`{text}` is not a number")))
        }
        Some(Type::Bool) => {
            boolean().ok_or_else(|| Error::usage(format!("`{text}` is neither true nor false")))
        }
        None => Ok(boolean()
            .or_else(number)
            .unwrap_or_else(|| Value::String(text.to_owned()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"kind: Deployment\nspec:\n  replicas: 2 # few\n  name: \"7\"\n";

    fn set_in(text: &[u8], path: &str, value: &str) -> String {
        let mut file = File::parse("web.yaml", text.to_owned()).unwrap();
        let parsed = parse_path(path).unwrap();
        let places = matches(&file, &parsed, None, Missing::Create);
        let edits: Vec<_> = places
            .into_iter()
            .map(|(document, place)| {
                Edit::set(
                    document,
                    place.path,
                    value_of(value, None, place.node).unwrap(),
                )
            })
            .collect();
        file.config.apply(&edits).unwrap();
        file.config.text().into_owned()
    }

    #[test]
    fn a_value_stays_what_it_was() {
        let text = set_in(TEXT, "spec.replicas", "3");
        assert_eq!(
            text,
            "kind: Deployment\nspec:\n  replicas: 3 # few\n  name: \"7\"\n"
        );
        let text = set_in(TEXT, "spec.name", "8");
        assert_eq!(
            text,
            "kind: Deployment\nspec:\n  replicas: 2 # few\n  name: \"8\"\n"
        );
    }

    #[test]
    fn a_new_value_is_what_it_looks_like() {
        let cases = [
            ("true", Value::Bool(true)),
            ("web", Value::String("web".into())),
        ];
        for (text, expected) in cases {
            assert_eq!(value_of(text, None, None).unwrap(), expected);
        }
        let text = value_of("true", Some(Type::String), None).unwrap();
        assert_eq!(text, Value::String("true".into()));
        assert!(value_of("few", Some(Type::Int), None).is_err());
    }
}
