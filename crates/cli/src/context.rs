//! `cubit context`: the servers and spaces the command line knows.

use clap::{Args, Subcommand};
use cubit_client::Client;
use serde_json::{Value, json};

use crate::contexts::{Contexts, Store, check_name};
use crate::error::{Error, Exit, Result};
use crate::output::table::{Column, Listing};
use crate::output::{Color, Output};
use crate::session::{Global, Session};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the current context
    Get(Show),
    /// List all contexts
    List(Show),
    /// Change the current context (--space, --server), making it if needed
    Set(Set),
    /// Make another context the current one
    Use(Use),
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    output: Output,
}

/// `--space`, `--server` and `--context` are the global flags.
#[derive(Debug, Args)]
pub(crate) struct Set {
    /// Keep the space without asking the server whether it exists
    #[arg(long)]
    offline: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Use {
    /// Name of the context
    name: String,
}

const LISTING: Listing = Listing {
    entity: "",
    name: "name",
    include: "",
    columns: &[
        Column::new("Current", &["current"]).shown(mark),
        Column::new("Name", &["name"]),
        Column::new("Server", &["server"]),
        Column::new("Space", &["space"]),
        Column::new("User", &["user"]).wide(),
        Column::new("Organization", &["organization"]).wide(),
    ],
};

fn mark(fields: &[&Value]) -> String {
    if fields[0] == &Value::Bool(true) {
        "*"
    } else {
        ""
    }
    .to_owned()
}

pub(crate) fn run(command: &Command, global: &Global) -> Result<Exit> {
    let store = Store::open()?;
    match command {
        Command::Get(arguments) => get(arguments, global, &store),
        Command::List(arguments) => list(arguments, &store),
        Command::Set(arguments) => set(arguments, global, &store),
        Command::Use(arguments) => switch(&arguments.name, &store),
    }
    .map(|()| Exit::Success)
}

fn records(contexts: &Contexts) -> Vec<Value> {
    let record = |(name, context): (&String, _)| {
        let mut record = json!({"name": name, "current": *name == contexts.current});
        crate::input::patch(&mut record, &json!(context));
        record
    };
    contexts.contexts.iter().map(record).collect()
}

fn get(arguments: &Show, global: &Global, store: &Store) -> Result<()> {
    let contexts = store.read()?;
    let name = global.context.as_ref().unwrap_or(&contexts.current);
    let record = records(&contexts)
        .into_iter()
        .find(|record| record["name"] == **name);
    let record = record.ok_or_else(|| {
        Error::not_found("there is no context yet").hint("`cubit serve` makes one")
    })?;
    arguments.output.one(&LISTING, &record, &record)
}

fn list(arguments: &Show, store: &Store) -> Result<()> {
    arguments.output.list(&LISTING, records(&store.read()?))
}

fn set(arguments: &Set, global: &Global, store: &Store) -> Result<()> {
    let mut contexts = store.read()?;
    let name = match (&global.context, contexts.current.as_str()) {
        (Some(name), _) => name.clone(),
        (None, "") => "default".to_owned(),
        (None, current) => current.to_owned(),
    };
    check_name(&name)?;
    if global.space.is_none() && global.server.is_none() {
        return Err(Error::usage("nothing to set").hint("add --space SPACE or --server URL"));
    }
    let mut context = contexts.contexts.remove(&name).unwrap_or_default();
    if let Some(server) = &global.server {
        let server = Client::new(server, None)?.server().to_owned();
        if context.server != server {
            // A token is for the server that issued it and for no other.
            store.remove_token(&name)?;
        }
        context.server = server;
    }
    if let Some(space) = &global.space {
        context.space = Some(match arguments.offline {
            true => space.clone(),
            false => find_space(&context.server, space)?,
        });
    }
    contexts.current.clone_from(&name);
    contexts.contexts.insert(name, context);
    store.write(&contexts)
}

/// Asks the server of the context whether it has the space.
fn find_space(server: &str, space: &str) -> Result<String> {
    let global = Global {
        space: Some(space.to_owned()),
        context: None,
        server: (!server.is_empty()).then(|| server.to_owned()),
        color: Color::Never,
    };
    Ok(Session::open(&global)?.space()?.slug)
}

fn switch(name: &str, store: &Store) -> Result<()> {
    let mut contexts = store.read()?;
    if !contexts.contexts.contains_key(name) {
        return Err(Error::not_found(format!("there is no context `{name}`"))
            .hint("see `cubit context list`"));
    }
    name.clone_into(&mut contexts.current);
    store.write(&contexts)
}
