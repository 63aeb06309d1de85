//! `cubit mutation`: the single changes inside revisions, and where they came
//! from.

use clap::{Args, Subcommand};
use cubit_client::ListQuery;
use serde_json::Value;

use crate::error::{Error, Exit, Result};
use crate::output::Output;
use crate::output::table::{Column, Listing, time};
use crate::record;
use crate::selection::Selection;
use crate::session::Session;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the mutations of a unit, newest first
    List(List),
    /// Show one mutation
    Get(Get),
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
    /// Number of the mutation
    number: u32,
    #[command(flatten)]
    output: Output,
}

const INCLUDE: &str = "RevisionID,LinkID,TriggerID";

pub(crate) const LISTING: Listing = Listing {
    entity: "Mutation",
    name: "Mutation.MutationNum",
    include: INCLUDE,
    columns: &[
        Column::new("ID", &["Mutation.MutationID"]).detail(),
        Column::new("Num", &["Mutation.MutationNum"]),
        Column::new("RevisionNum", &["Mutation.RevisionNum"]),
        Column::new("Time", &["Mutation.CreatedAt"])
            .shown(time)
            .wide(),
        Column::new("Link", &["Link.Slug"]),
        Column::new("ProvidedResource", &["Mutation.ProvidedResource"]).shown(resource),
        Column::new("ProvidedPath", &["Mutation.ProvidedPath"]),
        Column::new("Trigger", &["Trigger.Slug"]),
        Column::new("FunctionName", &["Mutation.FunctionInvocation"]).shown(function_name),
        Column::new("Arguments", &["Mutation.FunctionInvocation"])
            .shown(arguments)
            .wide(),
        Column::new("Restored", &["Mutation.RestoredRevisionNum"])
            .shown(nonzero)
            .wide(),
        Column::new("Upgraded", &["Mutation.UpgradedFromUpstreamRevisionNum"])
            .shown(nonzero)
            .wide(),
    ],
};

fn resource(fields: &[&Value]) -> String {
    let of = |key| record::text(fields[0], key);
    format!("{} {}", of("ResourceType"), of("ResourceName"))
        .trim()
        .to_owned()
}

fn function_name(fields: &[&Value]) -> String {
    record::text(fields[0], "FunctionName").to_owned()
}

fn arguments(fields: &[&Value]) -> String {
    let values = record::at(fields[0], "Arguments")
        .as_array()
        .into_iter()
        .flatten();
    let values: Vec<_> = values
        .map(|argument| match record::text(argument, "ParameterName") {
            "" => record::plain(&argument["Value"]),
            name => format!("{name}={}", record::plain(&argument["Value"])),
        })
        .collect();
    values.join(" ")
}

fn nonzero(fields: &[&Value]) -> String {
    match fields[0].as_i64() {
        None | Some(0) => String::new(),
        Some(number) => number.to_string(),
    }
}

/// What made a change, in a few words.
pub(crate) fn cause(mutation: &Value) -> String {
    let function = record::at(mutation, "Mutation.FunctionInvocation");
    let number = |name: &str| record::number(mutation, &format!("Mutation.{name}"));
    match record::text(function, "FunctionName") {
        "" if number("RestoredRevisionNum") > 0 => {
            format!("restore of revision {}", number("RestoredRevisionNum"))
        }
        "" if number("UpgradedFromUpstreamRevisionNum") > 0 => "upgrade".to_owned(),
        "" if number("MergeEndRevisionNum") > 0 => "merge".to_owned(),
        "" if record::id(mutation, "Mutation.LinkID").is_some() => "link".to_owned(),
        "" => String::new(),
        name => format!("{name} {}", arguments(&[function]))
            .trim()
            .to_owned(),
    }
}

pub(crate) fn run(command: &Command, session: &Session) -> Result<Exit> {
    match command {
        Command::List(arguments) => list(arguments, session),
        Command::Get(arguments) => get(arguments, session),
    }
    .map(|()| Exit::Success)
}

fn list(arguments: &List, session: &Session) -> Result<()> {
    let unit = session.find_unit(&arguments.unit)?;
    let query = arguments.selection.query(&LISTING, &arguments.output);
    let client = &session.client;
    let mut mutations: Vec<Value> = client.list_extended_mutations(unit.space, unit.id, &query)?;
    mutations.sort_by_key(|mutation| -record::number(mutation, "Mutation.MutationNum"));
    arguments.output.list(&LISTING, mutations)
}

fn get(arguments: &Get, session: &Session) -> Result<()> {
    let unit = session.find_unit(&arguments.unit)?;
    let number = arguments.number;
    let query = ListQuery {
        r#where: Some(format!("MutationNum = {number}")),
        include: Some(INCLUDE.to_owned()),
        ..ListQuery::default()
    };
    let client = &session.client;
    let found: Vec<Value> = client.list_extended_mutations(unit.space, unit.id, &query)?;
    let mutation = found.first().ok_or_else(|| {
        let slug = &unit.slug;
        Error::not_found(format!("unit `{slug}` has no mutation {number}"))
            .hint(format!("see `cubit mutation list {slug}`"))
    })?;
    arguments.output.one(&LISTING, mutation, mutation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_mutation_names_its_cause() {
        let function = json!({"FunctionName": "set-replicas", "Arguments": [{"Value": 3}, {"ParameterName": "kind", "Value": "x"}]});
        let cases = [
            (
                json!({"Mutation": {"FunctionInvocation": function}}),
                "set-replicas 3 kind=x",
            ),
            (
                json!({"Mutation": {"RestoredRevisionNum": 1, "FunctionInvocation": {}}}),
                "restore of revision 1",
            ),
            (json!({"Mutation": {"FunctionInvocation": {}}}), ""),
        ];
        for (mutation, expected) in cases {
            assert_eq!(cause(&mutation), expected);
        }
    }
}
