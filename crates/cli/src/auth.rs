//! `cubit auth`: who the command line is to the server.

mod browser;
mod login;

use clap::{Args, Subcommand};
use cubit_client::Client;
use serde_json::Value;

use crate::contexts::{Context, Store};
use crate::error::{Error, Exit, Result};
use crate::output;
use crate::output::table::{Column, Listing};
use crate::session::Global;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Sign in to a server (--server), and make it the current one
    Login(login::Login),
    /// Sign out: the token is of no use any more
    Logout,
    /// Go on in another organization
    Switch(Switch),
    /// Ask the server whether the token is valid, and for whom
    Status,
    /// Print the token, for use with other programs
    #[command(alias = "get-token")]
    Token,
}

#[derive(Debug, Args)]
pub(crate) struct Switch {
    /// Its slug, name or id; a part of one when only one has it
    organization: String,
}

const MEMBER: Listing = Listing {
    entity: "",
    name: "Username",
    include: "",
    columns: &[
        Column::new("Server", &["Server"]),
        Column::new("Context", &["Context"]),
        Column::new("User", &["Username"]),
        Column::new("Name", &["DisplayName"]),
        Column::new("User ID", &["UserID"]),
        Column::new("Organization ID", &["OrganizationID"]),
    ],
};

pub(crate) fn run(command: &Command, global: &Global) -> Result<Exit> {
    match command {
        Command::Login(arguments) => login::run(arguments, global),
        Command::Logout => logout(global),
        Command::Switch(arguments) => switch(&arguments.organization, global),
        Command::Status => status(global),
        Command::Token => token(global),
    }
    .map(|()| Exit::Success)
}

fn not_signed_in() -> Error {
    Error::new(Exit::NotSignedIn, "not signed in")
        .hint("sign in with `cubit auth login`, start a server with `cubit serve`, or set CUBIT_SERVER and CUBIT_TOKEN")
}

fn status(global: &Global) -> Result<()> {
    let (name, context, token) = global.sign_in()?;
    if context.server.is_empty() {
        return Err(not_signed_in());
    }
    let client = Client::new(&context.server, Some(token.ok_or_else(not_signed_in)?))?;
    let mut member: Value = client.me()?;
    member["Server"] = client.server().into();
    member["Context"] = name.into();
    output::print(&MEMBER.detail(&member))
}

/// Prints the token without a line end, as `$(cubit auth token)` wants it.
fn token(global: &Global) -> Result<()> {
    let (_, _, token) = global.sign_in()?;
    output::print(&token.ok_or_else(not_signed_in)?)
}

/// The context to act in, with the token that is kept for it.
fn kept(global: &Global) -> Result<(Store, String, Context, String)> {
    let (name, context, _) = global.sign_in()?;
    let store = Store::open()?;
    let token = match name.is_empty() {
        true => None,
        false => store.token(&name)?,
    };
    let token = token.ok_or_else(not_signed_in)?;
    Ok((store, name, context, token))
}

/// Ends the session at the server; the token is forgotten here, whatever the server says.
fn logout(global: &Global) -> Result<()> {
    let (store, name, context, token) = kept(global)?;
    store.remove_token(&name)?;
    let ended = Client::new(&context.server, Some(token))?.logout();
    match ended {
        // It was over before.
        Ok(()) | Err(cubit_client::Error::Refused { status: 401, .. }) => {
            output::say(&format!("signed out of {}", context.server));
            Ok(())
        }
        Err(error) => Err(Error::from(error)
            .hint("the token is forgotten on this machine, and still good at the server")),
    }
}

fn switch(name: &str, global: &Global) -> Result<()> {
    let (store, context_name, context, token) = kept(global)?;
    let client = Client::new(&context.server, Some(token))?;
    let organizations: Vec<Value> = client.list_organizations()?;
    let found = find(&organizations, name)?;
    let text = |key: &str| found[key].as_str().unwrap_or_default();
    let id = match text("ExternalID") {
        "" => text("OrganizationID"),
        external => external,
    };
    let session = client.switch_organization(id)?;
    let contexts = store.read()?;
    login::keep(&store, contexts, &context_name, &context.server, &session)?;
    output::say(&format!("now in organization {}", text("Slug")));
    Ok(())
}

/// The organization with a name, without regard to case: exactly, else the only one with it as a
/// part of its name.
fn find<'a>(organizations: &'a [Value], name: &str) -> Result<&'a Value> {
    let wanted = name.to_lowercase();
    let has = |organization: &Value, fits: &dyn Fn(&str) -> bool| {
        let keys = ["DisplayName", "Slug", "OrganizationID", "ExternalID"];
        let texts = keys.iter().filter_map(|key| organization[key].as_str());
        texts.map(str::to_lowercase).any(|text| fits(&text))
    };
    let exact = |found: &&Value| has(found, &|text| text == wanted);
    if let Some(found) = organizations.iter().find(exact) {
        return Ok(found);
    }
    let part = |found: &&Value| has(found, &|text| text.contains(&wanted));
    let found: Vec<&Value> = organizations.iter().filter(part).collect();
    match found.as_slice() {
        [found] => Ok(found),
        [] => Err(Error::not_found(format!(
            "you are not a member of an organization `{name}`"
        ))),
        many => {
            let names = many.iter().filter_map(|one| one["Slug"].as_str());
            let names: Vec<&str> = names.collect();
            let message = format!("`{name}` is a part of several names");
            Err(Error::usage(message).hint(format!("one of {}", names.join(", "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_organization_is_found_by_its_name_or_a_part_that_only_it_has() {
        let organizations = [
            json!({"Slug": "acme", "DisplayName": "Acme Inc", "OrganizationID": "1"}),
            json!({"Slug": "acme-labs", "DisplayName": "Labs", "OrganizationID": "2"}),
        ];
        for (name, expected) in [
            ("acme", Ok("acme")),
            ("ACME INC", Ok("acme")),
            ("2", Ok("acme-labs")),
            ("lab", Ok("acme-labs")),
            ("acm", Err(Exit::UsageOrDifferences)),
            ("other", Err(Exit::NotFound)),
        ] {
            let found = find(&organizations, name);
            let found = found.map(|found| found["Slug"].as_str().unwrap_or_default());
            assert_eq!(found.map_err(|error| error.exit), expected, "{name}");
        }
    }
}
