//! One run of the command line against a server: which server, as whom, in
//! which space; and finding the entities that arguments name.

use std::env;

use clap::Args;
use cubit_client::{Client, ListQuery, ReadQuery};
use serde_json::Value;
use uuid::Uuid;

use crate::contexts::{Context, Store};
use crate::error::{Error, Exit, Result};
use crate::output::Color;
use crate::record;
use crate::reference::Reference;

/// The flags every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Space to work in; "*" lists across spaces
    #[arg(
        long,
        global = true,
        env = "CUBIT_SPACE",
        hide_env = true,
        value_name = "SPACE"
    )]
    pub(crate) space: Option<String>,
    /// Context to use instead of the current one
    #[arg(
        long,
        global = true,
        env = "CUBIT_CONTEXT",
        hide_env = true,
        value_name = "NAME"
    )]
    pub(crate) context: Option<String>,
    #[arg(
        long,
        global = true,
        env = "CUBIT_SERVER",
        hide_env = true,
        value_name = "URL",
        help = "Server address [env: CUBIT_SERVER, CONFIGHUB_URL]"
    )]
    pub(crate) server: Option<String>,
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
}

impl Global {
    /// The context in force, with its name, and the token to use. A token is
    /// only ever sent to the server it was issued by.
    pub(crate) fn sign_in(&self) -> Result<(String, Context, Option<String>)> {
        let store = Store::open()?;
        let contexts = store.read()?;
        let server = self.named_server();
        let (name, context) = match (&self.context, server) {
            (Some(name), _) => {
                let context = contexts.contexts.get(name).cloned().ok_or_else(|| {
                    Error::not_found(format!("there is no context `{name}`"))
                        .hint("see `cubit context list`")
                })?;
                (name.clone(), context)
            }
            (None, Some(server)) => {
                let mut known = contexts.contexts.into_iter();
                let known = known.find(|(_, context)| context.server == server);
                known.unwrap_or_else(|| {
                    let context = Context {
                        server,
                        ..Context::default()
                    };
                    (String::new(), context)
                })
            }
            (None, None) => {
                let context = contexts.contexts.get(&contexts.current).cloned();
                (contexts.current, context.unwrap_or_default())
            }
        };
        let token = match variable("CUBIT_TOKEN").or_else(|| variable("CONFIGHUB_TOKEN")) {
            None if !name.is_empty() => store.token(&name)?,
            token => token,
        };
        Ok((name, context, token))
    }
}

impl Global {
    /// The server that a flag or a variable names.
    pub(crate) fn named_server(&self) -> Option<String> {
        let server = self.server.clone().or_else(|| variable("CONFIGHUB_URL"));
        server.map(|server| server.trim_end_matches('/').to_owned())
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// A space that was found.
#[derive(Debug, Clone)]
pub(crate) struct Space {
    pub(crate) id: Uuid,
    pub(crate) slug: String,
}

/// Where a list looks.
pub(crate) enum Scope {
    Everywhere,
    In(Space),
}

/// A unit that was found.
#[derive(Debug, Clone)]
pub(crate) struct Unit {
    pub(crate) space: Uuid,
    pub(crate) id: Uuid,
    pub(crate) slug: String,
}

/// A server, a user and a space.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) color: bool,
    space: Option<String>,
}

impl Session {
    pub(crate) fn open(global: &Global) -> Result<Self> {
        let (_, context, token) = global.sign_in()?;
        if context.server.is_empty() {
            return Err(Error::new(Exit::NotSignedIn, "not signed in to any server")
                .hint("start one with `cubit serve`, or set CUBIT_SERVER and CUBIT_TOKEN"));
        }
        Ok(Self {
            client: Client::new(&context.server, token)?,
            color: global.color.on_stdout(),
            space: global.space.clone().or(context.space),
        })
    }

    /// Where a list looks: everywhere for `--space "*"`.
    pub(crate) fn scope(&self) -> Result<Scope> {
        match self.space.as_deref() {
            Some("*") => Ok(Scope::Everywhere),
            _ => Ok(Scope::In(self.space()?)),
        }
    }

    /// The same, everywhere too when no space was given.
    pub(crate) fn scope_or_everywhere(&self) -> Result<Scope> {
        match self.space {
            None => Ok(Scope::Everywhere),
            Some(_) => self.scope(),
        }
    }

    /// The space to work in.
    pub(crate) fn space(&self) -> Result<Space> {
        match self.space.as_deref() {
            None => Err(Error::usage("no space given")
                .hint("add --space SPACE, or keep one with `cubit context set --space SPACE`")),
            Some("*") => Err(Error::usage("this command works in one space")
                .hint("add --space SPACE, or name the entity as SPACE/NAME")),
            Some(name) => self.find_space(name),
        }
    }

    /// The space with this slug or id.
    pub(crate) fn find_space(&self, name: &str) -> Result<Space> {
        let missing = || {
            Error::not_found(format!("there is no space `{name}`")).hint("see `cubit space list`")
        };
        let found = match Reference::parse(name)? {
            Reference::Id(id) => self.client.get_space(id, &ReadQuery::default())?,
            Reference::Slug(slug) => {
                let query = ListQuery {
                    r#where: Some(format!("Slug = '{slug}'")),
                    ..ListQuery::default()
                };
                let spaces = self.client.list_spaces::<Value>(&query)?;
                spaces.into_iter().next().ok_or_else(missing)?
            }
            Reference::Within { .. } => return Err(missing()),
        };
        Ok(Space {
            id: record::id(&found, "Space.SpaceID").ok_or_else(missing)?,
            slug: record::text(&found, "Space.Slug").to_owned(),
        })
    }

    /// The unit with this slug (in the space to work in), id (in any space) or
    /// `space/slug`.
    pub(crate) fn find_unit(&self, name: &str) -> Result<Unit> {
        let query = |condition: String| ListQuery {
            r#where: Some(condition),
            select: Some("Slug".to_owned()),
            ..ListQuery::default()
        };
        let (units, place) = match Reference::parse(name)? {
            Reference::Id(id) => {
                let query = query(format!("UnitID = '{id}'"));
                (self.client.list_all_units::<Value>(&query)?, String::new())
            }
            Reference::Slug(slug) => self.units_named(&self.space()?, &slug, query)?,
            Reference::Within { space, slug } => {
                self.units_named(&self.find_space(&space)?, &slug, query)?
            }
        };
        let unit = units.first().and_then(|unit| {
            Some(Unit {
                space: record::id(unit, "Unit.SpaceID")?,
                id: record::id(unit, "Unit.UnitID")?,
                slug: record::text(unit, "Unit.Slug").to_owned(),
            })
        });
        unit.ok_or_else(|| {
            Error::not_found(format!("there is no unit `{name}`{place}"))
                .hint("see `cubit unit list --space \"*\"`")
        })
    }

    fn units_named(
        &self,
        space: &Space,
        slug: &str,
        query: impl Fn(String) -> ListQuery,
    ) -> Result<(Vec<Value>, String)> {
        let query = query(format!("Slug = '{slug}'"));
        let units = self.client.list_units(space.id, &query)?;
        Ok((units, format!(" in space `{}`", space.slug)))
    }

    /// The id of another entity of a space, such as a tag, by slug or id.
    pub(crate) fn find_other(&self, kind: Other, name: &str) -> Result<Uuid> {
        if let Reference::Id(id) = Reference::parse(name)? {
            return Ok(id);
        }
        let found = self.read_other(kind, name)?;
        record::id(&found, kind.id).ok_or_else(|| missing(kind, name))
    }

    /// Another entity of a space, in its extended form: by slug, id (in any space) or `space/slug`.
    pub(crate) fn read_other(&self, kind: Other, name: &str) -> Result<Value> {
        let (path, condition) = match Reference::parse(name)? {
            Reference::Id(id) => {
                let own = kind.id.rsplit('.').next().unwrap_or_default();
                (format!("/{}", kind.path), format!("{own} = '{id}'"))
            }
            Reference::Slug(slug) => {
                let path = format!("/space/{}/{}", self.space()?.id, kind.path);
                (path, format!("Slug = '{slug}'"))
            }
            Reference::Within { space, slug } => {
                let path = format!("/space/{}/{}", self.find_space(&space)?.id, kind.path);
                (path, format!("Slug = '{slug}'"))
            }
        };
        let query = ListQuery {
            r#where: Some(condition),
            ..ListQuery::default()
        };
        let found: Vec<Value> = self.client.get(&path, &query)?;
        found.into_iter().next().ok_or_else(|| missing(kind, name))
    }

    /// The whole unit, as the API's extended form.
    pub(crate) fn read_unit(&self, unit: &Unit) -> Result<Value> {
        Ok(self
            .client
            .get_unit(unit.space, unit.id, &ReadQuery::default())?)
    }
}

fn missing(kind: Other, name: &str) -> Error {
    Error::not_found(format!("there is no {} `{name}`", kind.name))
}

/// A kind of entity that arguments can name besides spaces and units.
#[derive(Clone, Copy)]
pub(crate) struct Other {
    /// Its name for people.
    pub(crate) name: &'static str,
    /// The segment of its paths.
    pub(crate) path: &'static str,
    /// Where its id is in its extended form.
    pub(crate) id: &'static str,
}
