//! `cubit auth`: who the command line is to the server.

use clap::Subcommand;
use cubit_client::Client;
use serde_json::Value;

use crate::error::{Error, Exit, Result};
use crate::output;
use crate::output::table::{Column, Listing};
use crate::session::Global;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Ask the server whether the token is valid, and for whom
    Status,
    /// Print the token, for use with other programs
    #[command(alias = "get-token")]
    Token,
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
        Command::Status => status(global),
        Command::Token => token(global),
    }
    .map(|()| Exit::Success)
}

fn not_signed_in() -> Error {
    Error::new(Exit::NotSignedIn, "not signed in")
        .hint("start a server with `cubit serve`, or set CUBIT_SERVER and CUBIT_TOKEN")
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
