//! `cubit audit`: who did what, and who was refused what.

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::error::{Exit, Result};
use crate::output::Output;
use crate::output::table::{Column, Listing, time};
use crate::session::Session;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List what was done and denied in the organization, newest first
    List(List),
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only entries before the one with this number
    #[arg(long, value_name = "NUMBER")]
    before: Option<i64>,
    /// Most entries, up to 1000
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    limit: i64,
    #[command(flatten)]
    output: Output,
}

const LISTING: Listing = Listing {
    entity: "",
    name: "Number",
    include: "",
    columns: &[
        Column::new("Number", &["Number"]),
        Column::new("Time", &["At"]).shown(time),
        Column::new("User ID", &["UserID"]),
        Column::new("Address", &["Address"]).wide(),
        Column::new("Program", &["UserAgent"]).wide(),
        Column::new("Operation", &["Operation"]),
        Column::new("Outcome", &["Outcome"]),
        Column::new("Changes", &["Changes"]),
        Column::new("Hash", &["Hash"]).detail(),
    ],
};

pub(crate) fn run(command: &Command, session: &Session) -> Result<Exit> {
    let Command::List(List {
        before,
        limit,
        output,
    }) = command;
    let entries: Vec<Value> = session.client.list_audit(*before, *limit)?;
    output.list(&LISTING, entries)?;
    Ok(Exit::Success)
}
