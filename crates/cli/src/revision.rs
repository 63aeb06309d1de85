//! `cubit revision`: the stored versions of a unit.

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::error::{Exit, Result};
use crate::output::formats::Format;
use crate::output::table::{Column, Listing, short, time};
use crate::output::{self, Output};
use crate::record;
use crate::revision_argument::{self, RevisionArgument};
use crate::selection::Selection;
use crate::session::Session;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the revisions of a unit, newest first
    List(List),
    /// Show one revision
    Get(Get),
    /// Print the configuration text of one revision
    Data(Data),
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Name, SPACE/NAME or id of the unit
    unit: String,
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Get {
    /// Name, SPACE/NAME or id of the unit
    unit: String,
    /// Number (negative: before the head), id or name
    #[arg(allow_negative_numbers = true)]
    revision: String,
    #[command(flatten)]
    output: Output,
    #[arg(long, hide = true)]
    data_only: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Data {
    /// Name, SPACE/NAME or id of the unit
    unit: String,
    /// Number (negative: before the head), id or name
    #[arg(allow_negative_numbers = true)]
    revision: String,
}

pub(crate) const LISTING: Listing = Listing {
    entity: "Revision",
    name: "Revision.RevisionNum",
    include: "UserID",
    columns: &[
        Column::new("ID", &["Revision.RevisionID"]).detail(),
        Column::new("Num", &["Revision.RevisionNum"]),
        Column::new("Time", &["Revision.CreatedAt"]).shown(time),
        Column::new("User", &["User.Username", "User.DisplayName", "User.Slug"]).shown(user),
        Column::new("Source", &["Revision.Source"]),
        Column::new("Description", &["Revision.Description"]).shown(short),
        Column::new("Apply-gates", &["Revision.ApplyGates"]),
        Column::new("Live", &["Revision.LiveAt"]).shown(time).wide(),
        Column::new("User agent", &["Revision.UserAgent"]).wide(),
        Column::new("Approved by", &["Revision.ApprovedBy"]).detail(),
    ],
};

/// The first name the author has; nobody for automatic changes.
pub(crate) fn user(fields: &[&Value]) -> String {
    let mut names = fields.iter().map(|field| record::plain(field));
    names.find(|name| !name.is_empty()).unwrap_or_default()
}

pub(crate) fn run(command: &Command, session: &Session) -> Result<Exit> {
    match command {
        Command::List(arguments) => list(arguments, session),
        Command::Get(arguments) => get(arguments, session),
        Command::Data(arguments) => data(&arguments.unit, &arguments.revision, session),
    }
    .map(|()| Exit::Success)
}

fn list(arguments: &List, session: &Session) -> Result<()> {
    let unit = session.find_unit(&arguments.unit)?;
    let query = arguments.selection.query(&LISTING, &arguments.output);
    let client = &session.client;
    let mut revisions: Vec<Value> = client.list_extended_revisions(unit.space, unit.id, &query)?;
    revisions.sort_by_key(|revision| -record::number(revision, "Revision.RevisionNum"));
    arguments.output.list(&LISTING, revisions)
}

fn get(arguments: &Get, session: &Session) -> Result<()> {
    if arguments.data_only || arguments.output.format() == Some(Format::Data) {
        return data(&arguments.unit, &arguments.revision, session);
    }
    let unit = session.find_unit(&arguments.unit)?;
    let revision = RevisionArgument::parse(&arguments.revision)?.read(session, &unit)?;
    if arguments.output.format() == Some(Format::Mutations) {
        let sources = record::at(&revision, "Revision.MutationSources");
        return output::print(&output::formats::json(sources)?);
    }
    arguments
        .output
        .one(&LISTING, &revision, &revision["Revision"])
}

fn data(unit: &str, revision: &str, session: &Session) -> Result<()> {
    let unit = session.find_unit(unit)?;
    let revision = RevisionArgument::parse(revision)?.read(session, &unit)?;
    output::print(&revision_argument::text(session, &unit, &revision)?)
}
