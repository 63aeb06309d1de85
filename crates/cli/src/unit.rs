//! `cubit unit`: configuration documents and their history pointers.

mod approve;
mod blame;
mod create;
mod diff;
mod edit;
mod push_upgrade;
mod update;

pub(crate) use update::tell_merge;

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::error::{Exit, Result};
use crate::output::formats::Format;
use crate::output::table::{Column, Listing, short, time};
use crate::output::{self, Output};
use crate::record;
use crate::selection::Selection;
use crate::session::{Scope, Session};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Create a unit, from a file or as a clone of another unit
    Create(create::Create),
    /// List units
    List(List),
    /// Show one unit
    Get(Get),
    /// Change a unit: its data, its labels, or back to an earlier revision
    Update(update::Update),
    /// Upgrade all clones of a unit that are behind it
    PushUpgrade(push_upgrade::PushUpgrade),
    /// Approve a revision of a unit
    Approve(approve::Approve),
    /// Delete a unit
    Delete(Delete),
    /// Print a unit's configuration text
    Data(Data),
    /// Show what changed between two revisions
    Diff(diff::Diff),
    /// Edit a unit's configuration text in $VISUAL or $EDITOR
    Edit(edit::Edit),
    /// Show for each line the change that last wrote it
    Blame(blame::Blame),
}

#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    selection: Selection,
    /// Only units that hold a resource of this type, such as apps/v1/Deployment
    #[arg(long, value_name = "TYPE")]
    resource_type: Option<String>,
    /// Condition over the configuration data, such as "spec.replicas > 2"
    #[arg(long, value_name = "EXPRESSION")]
    where_data: Option<String>,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Get {
    /// Name, SPACE/NAME or id of the unit
    unit: String,
    #[command(flatten)]
    output: Output,
    #[arg(long, hide = true)]
    data_only: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// Name, SPACE/NAME or id of the unit
    unit: String,
    /// Print nothing on success
    #[arg(long)]
    quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Data {
    /// Name, SPACE/NAME or id of the unit
    unit: String,
}

pub(crate) const LISTING: Listing = Listing {
    entity: "Unit",
    name: "Unit.Slug",
    include: "SpaceID,TargetID,UpstreamUnitID,UnitEventID",
    columns: &[
        Column::new("ID", &["Unit.UnitID"]).detail(),
        Column::new("Name", &["Unit.Slug"]),
        Column::new("Display name", &["Unit.DisplayName"]).detail(),
        Column::new("Space", &["Space.Slug"]),
        Column::new("Toolchain", &["Unit.ToolchainType"]).wide(),
        Column::new("Target", &["Target.Slug"]),
        Column::new("Status", &["UnitStatus.Status"]),
        Column::new("Head", &["Unit.HeadRevisionNum"]),
        Column::new("Last applied", &["Unit.LastAppliedRevisionNum"]).detail(),
        Column::new("Live", &["Unit.LiveRevisionNum"]).detail(),
        Column::new("Upstream unit", &["UpstreamUnit.Slug"]).detail(),
        Column::new("Upstream revision", &["Unit.UpstreamRevisionNum"]).detail(),
        Column::new(
            "Upgrade-needed",
            &["Unit.UpstreamRevisionNum", "UpstreamUnit.HeadRevisionNum"],
        )
        .shown(upgrade_needed),
        Column::new(
            "Unapplied-changes",
            &["Unit.HeadRevisionNum", "Unit.LiveRevisionNum"],
        )
        .shown(unapplied),
        Column::new("Apply-gates", &["Unit.ApplyGates"]).shown(gates),
        Column::new("Last-change-description", &["Unit.LastChangeDescription"]).shown(short),
        Column::new("Labels", &["Unit.Labels"]).wide(),
        Column::new("Annotations", &["Unit.Annotations"]).detail(),
        Column::new("Delete gates", &["Unit.DeleteGates"]).detail(),
        Column::new("Destroy gates", &["Unit.DestroyGates"]).detail(),
        Column::new("Approved by", &["Unit.ApprovedBy"]).detail(),
        Column::new("Created", &["Unit.CreatedAt"])
            .shown(time)
            .detail(),
        Column::new("Updated", &["Unit.UpdatedAt"])
            .shown(time)
            .wide(),
    ],
};

/// Yes or no for a clone, nothing for any other unit.
fn upgrade_needed(fields: &[&Value]) -> String {
    let [merged, upstream] = [fields[0], fields[1]].map(|field| field.as_i64().unwrap_or(0));
    match (merged, merged < upstream) {
        (0, _) => String::new(),
        (_, true) => "Yes".to_owned(),
        (_, false) => "No".to_owned(),
    }
}

fn unapplied(fields: &[&Value]) -> String {
    let [head, live] = [fields[0], fields[1]].map(|field| field.as_i64().unwrap_or(0));
    if head > live { "Yes" } else { "" }.to_owned()
}

fn gates(fields: &[&Value]) -> String {
    let closed = fields[0].as_object().into_iter().flatten();
    let closed: Vec<_> = closed
        .filter(|(_, closed)| **closed == Value::Bool(true))
        .collect();
    match closed.as_slice() {
        [] => "None".to_owned(),
        [(gate, _)] => (*gate).clone(),
        _ => "Multiple".to_owned(),
    }
}

pub(crate) fn run(command: &Command, session: &Session) -> Result<Exit> {
    match command {
        Command::Create(arguments) => create::run(arguments, session),
        Command::List(arguments) => list(arguments, session),
        Command::Get(arguments) => get(arguments, session),
        Command::Update(arguments) => update::run(arguments, session),
        Command::Delete(arguments) => delete(arguments, session),
        Command::Data(arguments) => data(&arguments.unit, session),
        Command::Diff(arguments) => return diff::run(arguments, session),
        Command::Edit(arguments) => edit::run(arguments, session),
        Command::Blame(arguments) => blame::run(arguments, session),
        Command::Approve(arguments) => approve::run(arguments, session),
        Command::PushUpgrade(arguments) => return push_upgrade::run(arguments, session),
    }
    .map(|()| Exit::Success)
}

fn list(arguments: &List, session: &Session) -> Result<()> {
    let mut query = arguments.selection.query(&LISTING, &arguments.output);
    query.resource_type.clone_from(&arguments.resource_type);
    query.where_data.clone_from(&arguments.where_data);
    let units = match session.scope()? {
        Scope::Everywhere => session.client.list_all_units(&query)?,
        Scope::In(space) => session.client.list_units(space.id, &query)?,
    };
    arguments.output.list(&LISTING, units)
}

fn get(arguments: &Get, session: &Session) -> Result<()> {
    if arguments.data_only || arguments.output.format() == Some(Format::Data) {
        return data(&arguments.unit, session);
    }
    let found = session.find_unit(&arguments.unit)?;
    let query = cubit_client::ReadQuery {
        include: Some(LISTING.include.to_owned()),
        ..cubit_client::ReadQuery::default()
    };
    let unit: Value = session.client.get_unit(found.space, found.id, &query)?;
    if arguments.output.format() == Some(Format::Mutations) {
        let sources = record::at(&unit, "Unit.MutationSources");
        return output::print(&output::formats::json(sources)?);
    }
    arguments.output.one(&LISTING, &unit, &unit["Unit"])?;
    let gates = record::at(&unit, "Unit.ApplyGates").as_object();
    match gates.is_some_and(|gates| !gates.is_empty()) && arguments.output.format().is_none() {
        true => approve::tell_gates(session, &found),
        false => Ok(()),
    }
}

fn delete(arguments: &Delete, session: &Session) -> Result<()> {
    let unit = session.find_unit(&arguments.unit)?;
    let answer: Value = session.client.delete_unit(unit.space, unit.id)?;
    let output = Output::unless(arguments.quiet);
    output.done(&format!("deleted unit {}", unit.slug), &unit.slug, &answer)
}

fn data(unit: &str, session: &Session) -> Result<()> {
    let unit = session.find_unit(unit)?;
    output::print_bytes(&session.client.download_unit_data(unit.space, unit.id)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_list_shows_what_needs_attention() {
        let units = [
            json!({
                "Unit": {"Slug": "cart", "HeadRevisionNum": 3, "LiveRevisionNum": 3,
                         "UpstreamRevisionNum": 1, "LastChangeDescription": "scale\nto 3"},
                "Space": {"Slug": "prod"}, "UpstreamUnit": {"HeadRevisionNum": 2},
            }),
            json!({
                "Unit": {"Slug": "web", "HeadRevisionNum": 2, "ApplyGates": {"check/vet-cel": true}},
                "Space": {"Slug": "dev"}, "Target": {"Slug": "k8s"}, "UnitStatus": {"Status": "Ready"},
            }),
        ];
        insta::assert_snapshot!(LISTING.list(&units, false, true), @r"
        NAME   SPACE   TARGET   STATUS   HEAD   UPGRADE-NEEDED   UNAPPLIED-CHANGES   APPLY-GATES     LAST-CHANGE-DESCRIPTION
        cart   prod                      3      Yes                                  None            scale
        web    dev     k8s      Ready    2                       Yes                 check/vet-cel
        ");
    }
}
