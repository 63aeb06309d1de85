//! `cubit space`: the containers of units.

use clap::{Args, Subcommand};
use cubit_client::{AllowExists, ReadQuery};
use serde_json::Value;

use crate::error::{Exit, Result};
use crate::input::{self, Entity, Removal};
use crate::output::Output;
use crate::output::table::{Column, Listing, time};
use crate::record;
use crate::reference::slug_for;
use crate::selection::Selection;
use crate::session::Session;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Create a space
    Create(Create),
    /// List spaces
    List(List),
    /// Show one space
    Get(Get),
    /// Change a space
    Update(Update),
    /// Delete a space
    Delete(Delete),
}

#[derive(Debug, Args)]
pub(crate) struct Create {
    /// Name of the new space
    name: String,
    #[command(flatten)]
    entity: Entity,
    /// Take the space that already has the name instead of failing
    #[arg(long)]
    allow_exists: bool,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Get {
    /// Name or id of the space
    name: String,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Update {
    /// Name or id of the space
    name: String,
    #[command(flatten)]
    entity: Entity,
    /// Send only the changes (a merge patch) instead of the whole space
    #[arg(long)]
    patch: bool,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// Name or id of the space
    name: String,
    /// Delete the units in it too
    #[arg(long)]
    recursive: bool,
    /// Print nothing on success
    #[arg(long)]
    quiet: bool,
}

pub(crate) const LISTING: Listing = Listing {
    entity: "Space",
    name: "Space.Slug",
    include: "",
    columns: &[
        Column::new("ID", &["Space.SpaceID"]).detail(),
        Column::new("Name", &["Space.Slug"]),
        Column::new("Display name", &["Space.DisplayName"]).detail(),
        Column::new("Environment", &["Space.Labels.Environment"]),
        Column::new("Units", &["TotalUnitCount"]).shown(count),
        Column::new("Gated", &["GatedUnitCount"]).shown(count),
        Column::new("Upgradable", &["UpgradableUnitCount"]).shown(count),
        Column::new("Unapplied", &["UnappliedUnitCount"])
            .shown(count)
            .wide(),
        Column::new("Workers", &["TotalBridgeWorkerCount"]).shown(count),
        Column::new("Targets", &["TargetCountByToolchainType"]).shown(sum),
        Column::new("Triggers", &["TriggerCountByEventType"]).shown(sum),
        Column::new("Labels", &["Space.Labels"]).wide(),
        Column::new("Annotations", &["Space.Annotations"]).detail(),
        Column::new("Delete gates", &["Space.DeleteGates"]).detail(),
        Column::new("Created", &["Space.CreatedAt"])
            .shown(time)
            .detail(),
        Column::new("Updated", &["Space.UpdatedAt"])
            .shown(time)
            .detail(),
    ],
};

/// A count that is left out of an answer is zero.
fn count(fields: &[&Value]) -> String {
    fields[0].as_i64().unwrap_or(0).to_string()
}

fn sum(fields: &[&Value]) -> String {
    let counts = fields[0]
        .as_object()
        .into_iter()
        .flat_map(|map| map.values());
    counts.filter_map(Value::as_i64).sum::<i64>().to_string()
}

pub(crate) fn run(command: &Command, session: &Session) -> Result<Exit> {
    match command {
        Command::Create(arguments) => create(arguments, session),
        Command::List(arguments) => list(arguments, session),
        Command::Get(arguments) => get(arguments, session),
        Command::Update(arguments) => update(arguments, session),
        Command::Delete(arguments) => delete(arguments, session),
    }
    .map(|()| Exit::Success)
}

fn create(arguments: &Create, session: &Session) -> Result<()> {
    let (slug, display_name) = slug_for(&arguments.name)?;
    let mut space = arguments.entity.fields(Removal::Meaningless)?;
    space.insert("Slug".into(), slug.clone().into());
    if let Some(name) = display_name {
        space.entry("DisplayName").or_insert_with(|| name.into());
    }
    let query = AllowExists {
        allow_exists: arguments.allow_exists,
    };
    let created: Value = session.client.create_space(&space, query)?;
    let done = format!(
        "created space {slug} ({})",
        record::text(&created, "SpaceID")
    );
    arguments.output.done(&done, &slug, &created)
}

fn list(arguments: &List, session: &Session) -> Result<()> {
    let mut query = arguments.selection.query(&LISTING, &arguments.output);
    // Counts cannot be selected, and a space has no large fields.
    query.select = None;
    query.summary = true;
    arguments
        .output
        .list(&LISTING, session.client.list_spaces(&query)?)
}

fn get(arguments: &Get, session: &Session) -> Result<()> {
    let space = session.find_space(&arguments.name)?;
    let query = ReadQuery {
        summary: true,
        ..ReadQuery::default()
    };
    let space: Value = session.client.get_space(space.id, &query)?;
    arguments.output.one(&LISTING, &space, &space)
}

fn update(arguments: &Update, session: &Session) -> Result<()> {
    let space = session.find_space(&arguments.name)?;
    let changes = Value::from(arguments.entity.fields(Removal::Allowed)?);
    let updated: Value = if arguments.patch {
        session.client.patch_space(space.id, &changes)?
    } else {
        let read: Value = session.client.get_space(space.id, &ReadQuery::default())?;
        let mut whole = read["Space"].clone();
        input::patch(&mut whole, &changes);
        session.client.update_space(space.id, &whole)?
    };
    let done = format!("updated space {}", space.slug);
    arguments.output.done(&done, &space.slug, &updated)
}

fn delete(arguments: &Delete, session: &Session) -> Result<()> {
    let space = session.find_space(&arguments.name)?;
    let answer: Value = session.client.delete_space(space.id, arguments.recursive)?;
    let output = Output::unless(arguments.quiet);
    output.done(
        &format!("deleted space {}", space.slug),
        &space.slug,
        &answer,
    )
}
