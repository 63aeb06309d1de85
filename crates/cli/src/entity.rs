//! What a space holds besides units: the same commands for every kind of entity. What is particular
//! to one of them is a [`Kind`]: its names, its columns, and what a new one needs.

mod kinds;

use clap::{Args, Subcommand};
use cubit_client::{AllowExists, Method, ReadQuery};
use serde_json::{Map, Value};

use crate::error::{Error, Exit, Result};
use crate::input::{Entity, Removal};
use crate::output::Output;
use crate::output::table::Listing;
use crate::record;
use crate::reference::slug_for;
use crate::selection::Selection;
use crate::session::{Other, Scope, Session};

pub(crate) use kinds::{ChangeSet, Filter, Invocation, Link, Tag, Target, Trigger, View, Worker};

/// A kind of entity: what `create` takes for it, and how it is called and shown.
pub(crate) trait Kind: Args {
    /// How the API and messages call it.
    const OTHER: Other;
    /// How lists show it.
    const LISTING: Listing;

    /// What the arguments of `create` set.
    fn fields(&self, session: &Session, fields: &mut Map<String, Value>) -> Result<()>;
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command<K: Kind> {
    /// Create one
    Create(Create<K>),
    /// List them
    List(List),
    /// Show one
    Get(Get),
    /// Change one
    Update(Update),
    /// Delete one
    Delete(Delete),
}

#[derive(Debug, Args)]
pub(crate) struct Create<K: Kind> {
    /// Name of the new one
    name: String,
    #[command(flatten)]
    own: K,
    #[command(flatten)]
    entity: Entity,
    /// Take the one that already has the name instead of failing
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
    /// Name, SPACE/NAME or id
    name: String,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Update {
    /// Name, SPACE/NAME or id
    name: String,
    /// Field NAME=VALUE, as the API calls it; the value is JSON, or else text; may be repeated
    #[arg(long = "set", value_name = "NAME=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    entity: Entity,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// Name, SPACE/NAME or id
    name: String,
    /// Print nothing on success
    #[arg(long)]
    quiet: bool,
}

pub(crate) fn run<K: Kind>(command: &Command<K>, session: &Session) -> Result<Exit> {
    match command {
        Command::Create(arguments) => create(arguments, session),
        Command::List(arguments) => list::<K>(arguments, session),
        Command::Get(arguments) => get::<K>(arguments, session),
        Command::Update(arguments) => update::<K>(arguments, session),
        Command::Delete(arguments) => delete::<K>(arguments, session),
    }
    .map(|()| Exit::Success)
}

fn create<K: Kind>(arguments: &Create<K>, session: &Session) -> Result<()> {
    let (slug, display_name) = slug_for(&arguments.name)?;
    let mut fields = arguments.entity.fields(Removal::Meaningless)?;
    arguments.own.fields(session, &mut fields)?;
    fields.insert("Slug".into(), slug.clone().into());
    if let Some(name) = display_name {
        fields.entry("DisplayName").or_insert_with(|| name.into());
    }
    let query = AllowExists {
        allow_exists: arguments.allow_exists,
    };
    let path = format!("/space/{}/{}", session.space()?.id, K::OTHER.path);
    let created: Value = session.client.send(Method::Post, &path, &query, &fields)?;
    let done = format!("created {} {slug}", K::OTHER.name);
    arguments.output.done(&done, &slug, &created)?;
    // It is shown this one time.
    let secret = record::text(&created, "Secret");
    if !secret.is_empty() && arguments.output.format().is_none() {
        crate::output::say(&format!("its secret, which is not shown again: {secret}"));
    }
    Ok(())
}

fn list<K: Kind>(arguments: &List, session: &Session) -> Result<()> {
    let query = arguments.selection.query(&K::LISTING, &arguments.output);
    let path = match session.scope()? {
        Scope::Everywhere => format!("/{}", K::OTHER.path),
        Scope::In(space) => format!("/space/{}/{}", space.id, K::OTHER.path),
    };
    arguments
        .output
        .list(&K::LISTING, session.client.get(&path, &query)?)
}

/// The path of one, and its slug.
pub(crate) fn find<K: Kind>(session: &Session, name: &str) -> Result<(String, Value)> {
    let found = session.read_other(K::OTHER, name)?;
    let space = record::id(&found, &format!("{}.SpaceID", K::LISTING.entity));
    let id = record::id(&found, K::OTHER.id);
    match (space, id) {
        (Some(space), Some(id)) => {
            let path = format!("/space/{space}/{}/{id}", K::OTHER.path);
            Ok((path, found))
        }
        _ => Err(Error::failed("the server sent an entity without its id")),
    }
}

fn slug<K: Kind>(found: &Value) -> String {
    record::text(found, &format!("{}.Slug", K::LISTING.entity)).to_owned()
}

fn get<K: Kind>(arguments: &Get, session: &Session) -> Result<()> {
    let (path, _) = find::<K>(session, &arguments.name)?;
    let include = K::LISTING.include;
    let query = ReadQuery {
        include: (!include.is_empty()).then(|| include.to_owned()),
        ..ReadQuery::default()
    };
    let found: Value = session.client.get(&path, &query)?;
    arguments.output.one(&K::LISTING, &found, &found)
}

fn update<K: Kind>(arguments: &Update, session: &Session) -> Result<()> {
    let mut fields = arguments.entity.fields(Removal::Allowed)?;
    for text in &arguments.set {
        let Some((name, value)) = text.split_once('=') else {
            return Err(Error::usage(format!("--set `{text}`: expected NAME=VALUE")));
        };
        let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
        fields.insert(name.to_owned(), value);
    }
    if fields.is_empty() {
        return Err(Error::usage("nothing to change").hint("name --set, --label or another change"));
    }
    let (path, found) = find::<K>(session, &arguments.name)?;
    let slug = slug::<K>(&found);
    let updated: Value = session.client.send(Method::Patch, &path, &(), &fields)?;
    let done = format!("updated {} {slug}", K::OTHER.name);
    arguments.output.done(&done, &slug, &updated)
}

fn delete<K: Kind>(arguments: &Delete, session: &Session) -> Result<()> {
    let (path, found) = find::<K>(session, &arguments.name)?;
    let slug = slug::<K>(&found);
    let answer: Value = session.client.delete(&path, &())?;
    let done = format!("deleted {} {slug}", K::OTHER.name);
    Output::unless(arguments.quiet).done(&done, &slug, &answer)
}
