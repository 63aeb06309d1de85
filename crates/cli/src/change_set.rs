//! `cubit changeset`: the commands of every entity, and what change sets did as a whole.

use clap::{Args, Subcommand};
use cubit_client::Method;
use serde_json::Value;

use crate::entity::{self, ChangeSet};
use crate::error::{Error, Exit, Result};
use crate::output::{self, Output, diff};
use crate::record;
use crate::session::Session;
use crate::unit::tell_merge;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[command(flatten)]
    Entity(entity::Command<ChangeSet>),
    /// Show what one changed, by whom, and what is left to do
    Summary(Summary),
    /// Show what one changed in the text of its units
    Diff(Diff),
    /// Take all that one changed out again, and keep what was changed since
    Undo(Undo),
}

#[derive(Debug, Args)]
pub(crate) struct Summary {
    /// Name, SPACE/NAME or id
    name: String,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// Name, SPACE/NAME or id
    name: String,
}

#[derive(Debug, Args)]
pub(crate) struct Undo {
    /// Name, SPACE/NAME or id
    name: String,
    /// Show what would change and store nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    output: Output,
}

pub(crate) fn run(command: &Command, session: &Session) -> Result<Exit> {
    match command {
        Command::Entity(command) => entity::run(command, session),
        Command::Summary(arguments) => summary(arguments, session).map(|()| Exit::Success),
        Command::Diff(arguments) => diff(arguments, session).map(|()| Exit::Success),
        Command::Undo(arguments) => undo(arguments, session),
    }
}

fn summary(arguments: &Summary, session: &Session) -> Result<()> {
    let (path, _) = entity::find::<ChangeSet>(session, &arguments.name)?;
    let found: Value = session.client.get(&format!("{path}/summary"), &())?;
    if let Some(format) = arguments.output.format() {
        return output::print(&output::structured(&format, &found)?);
    }
    let units = found["Units"].as_array().map_or(&[][..], Vec::as_slice);
    let mut text = format!(
        "state {}, units: {}\n",
        record::text(&found, "State"),
        units.len()
    );
    for unit in units {
        text += &told(unit);
    }
    for unit in found["DeletedUnits"].as_array().into_iter().flatten() {
        text += &format!("{} was deleted\n", record::text(unit, "Slug"));
    }
    output::print(&text)
}

/// One unit: what was changed, and what is left.
fn told(unit: &Value) -> String {
    let numbers = ["FirstRevisionNum", "LastRevisionNum"].map(|name| record::number(unit, name));
    let revisions = match numbers {
        [first, last] if first == last => format!("revision {first}"),
        [first, last] => format!("revisions {first} to {last}"),
    };
    let mut words = vec![revisions];
    for (is, word) in [("IsNew", "new"), ("IsOpen", "open")] {
        words.extend((unit[is] == true).then(|| word.to_owned()));
    }
    if unit["ApprovedBy"].as_array().is_none_or(Vec::is_empty) {
        words.push("not approved".to_owned());
    }
    let gates: Vec<&String> = unit["ApplyGates"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(gate, _)| gate)
        .collect();
    words.extend(gates.iter().map(|gate| format!("gate {gate}")));
    let (space, slug) = (record::text(unit, "SpaceSlug"), record::text(unit, "Slug"));
    let mut text = format!("{space}/{slug}: {}\n", words.join(", "));
    for resource in unit["Mutations"].as_array().into_iter().flatten() {
        let name = record::text(resource, "Resource.ResourceName");
        let whole = record::text(resource, "ResourceMutationInfo.MutationType");
        let paths = resource["PathMutationMap"]
            .as_object()
            .into_iter()
            .flatten();
        let paths: Vec<&String> = paths.map(|(path, _)| path).collect();
        match whole {
            "Update" => {
                for path in paths {
                    text += &format!("  {name} {path}\n");
                }
            }
            whole => text += &format!("  {name}: {}\n", whole.to_lowercase()),
        }
    }
    text
}

fn diff(arguments: &Diff, session: &Session) -> Result<()> {
    let (path, _) = entity::find::<ChangeSet>(session, &arguments.name)?;
    let bytes = session.client.download(&format!("{path}/diff"), &())?;
    let text = String::from_utf8_lossy(&bytes);
    output::print(&diff::coloured(&text, session.color))
}

fn undo(arguments: &Undo, session: &Session) -> Result<Exit> {
    let (path, _) = entity::find::<ChangeSet>(session, &arguments.name)?;
    let query = [("dry_run", arguments.dry_run)];
    let path = format!("{path}/undo");
    let undone: Value = session
        .client
        .send(Method::Post, &path, &query, &Value::Null)?;
    if let Some(format) = arguments.output.format() {
        output::print(&output::structured(&format, &undone)?)?;
        return Ok(Exit::Success);
    }
    let list = |name: &str| undone[name].as_array().cloned().unwrap_or_default();
    let (units, verb) = match arguments.dry_run {
        true => (list("Units"), "would change"),
        false => (list("Units"), "changed"),
    };
    let mut failed = 0;
    for answer in &units {
        let error = record::text(answer, "Error.Message");
        if !error.is_empty() {
            failed += 1;
            output::say(&format!("error: {error}"));
            continue;
        }
        let unit = &answer["Unit"];
        let revision = record::number(unit, "HeadRevisionNum");
        output::say(&format!(
            "{verb} unit {} (revision {revision})",
            record::text(unit, "Slug")
        ));
        tell_merge(unit, arguments.dry_run)?;
    }
    for unit in list("CreatedUnits") {
        let slug = record::text(&unit, "Slug");
        output::say(&format!("unit {slug} was made in the change set: it stays"));
    }
    for unit in list("DeletedUnits") {
        let slug = record::text(&unit, "Slug");
        output::say(&format!("unit {slug} was deleted: it stays away"));
    }
    match failed {
        0 => Ok(Exit::Success),
        failed if failed == units.len() => {
            Err(Error::failed(format!("none of {failed} units was changed")))
        }
        _ => Ok(Exit::PartlyFailed),
    }
}
