//! `cubit auth login`: by an identity provider in the browser or on another device, or by password.

use std::io::{BufRead, stdin};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use cubit_client::{Client, DevicePoll, Session};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::browser;
use crate::contexts::{Context, Contexts, Store, check_name};
use crate::error::{Error, Exit, Result};
use crate::output;
use crate::session::Global;

#[derive(Debug, Args)]
pub(crate) struct Login {
    /// Sign in on another device, with a code
    #[arg(long, conflicts_with = "username")]
    device: bool,
    /// Print the address to open, and open no browser
    #[arg(long)]
    no_browser: bool,
    /// Sign in by password, as this user
    #[arg(long, value_name = "NAME", requires = "password_stdin")]
    username: Option<String>,
    /// Read the password from standard input
    #[arg(long, requires = "username")]
    password_stdin: bool,
}

pub(super) fn run(arguments: &Login, global: &Global) -> Result<()> {
    let store = Store::open()?;
    let contexts = store.read()?;
    let (name, server) = place(&contexts, global)?;
    let client = Client::new(&server, None)?;
    let session = match &arguments.username {
        Some(username) => client.login(username, &password()?)?,
        None => {
            check_provider(&client)?;
            match arguments.device {
                true => on_another_device(&client)?,
                false => browser::sign_in(&client, !arguments.no_browser)?,
            }
        }
    };
    let member = keep(&store, contexts, &name, &server, &session)?;
    let user = member["Username"].as_str().unwrap_or_default();
    output::say(&format!("signed in to {server} as {user} (context {name})"));
    Ok(())
}

/// The context to sign in to and its server: the one that is named, else the one of the server that
/// is named, else the current one.
fn place(contexts: &Contexts, global: &Global) -> Result<(String, String)> {
    let server = global.named_server();
    let known = |name: &str| contexts.contexts.get(name).cloned();
    let name = match (&global.context, &server) {
        (Some(name), _) => name.clone(),
        (None, Some(server)) => {
            let mut all = contexts.contexts.iter();
            let found = all.find(|(_, context)| context.server == *server);
            found.map_or_else(|| new_name(contexts, server), |(name, _)| name.clone())
        }
        (None, None) => contexts.current.clone(),
    };
    let server = server.or_else(|| known(&name).map(|context| context.server));
    let server = server.filter(|server| !server.is_empty()).ok_or_else(|| {
        Error::usage("no server given").hint("add --server https://cubit.example.org")
    })?;
    check_name(&name)?;
    Ok((name, server))
}

/// A name for the context of a server: that of its host, with a number when it is taken.
fn new_name(contexts: &Contexts, server: &str) -> String {
    let host = server.split("://").nth(1).unwrap_or_default();
    let host: String = host
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(28)
        .collect();
    let host = host.trim_matches('-');
    let host = if host.is_empty() { "server" } else { host };
    let numbered = (2..).map(|number| format!("{host}-{number}"));
    let mut names = std::iter::once(host.to_owned()).chain(numbered);
    let free = names.find(|name| !contexts.contexts.contains_key(name));
    free.unwrap_or_default()
}

fn password() -> Result<String> {
    let mut line = String::new();
    let read = stdin().lock().read_line(&mut line);
    read.map_err(|error| Error::failed(format!("cannot read the password: {error}")))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn check_provider(client: &Client) -> Result<()> {
    let info: Value = client.info()?;
    match info["AuthServer"].as_str() {
        Some(issuer) if !issuer.is_empty() => Ok(()),
        _ => Err(Error::new(
            Exit::NotSignedIn,
            format!("{} has no identity provider", client.server()),
        )
        .hint("sign in by password: --username NAME --password-stdin")),
    }
}

#[derive(Deserialize)]
struct DeviceCode {
    device_code: String,
    user_code: String,
    verification_uri: String,
    expires_in: u64,
    interval: u64,
}

fn on_another_device(client: &Client) -> Result<Session> {
    let code: DeviceCode = client.begin_device_sign_in()?;
    output::say(&format!(
        "open {} on any device, and type {}",
        code.verification_uri, code.user_code
    ));
    let deadline = Instant::now() + Duration::from_secs(code.expires_in);
    let mut interval = Duration::from_secs(code.interval);
    while Instant::now() < deadline {
        thread::sleep(interval);
        let asked = client.poll_device_sign_in(&code.device_code);
        match asked.map_err(not_signed_in)? {
            DevicePoll::SignedIn(session) => return Ok(session),
            DevicePoll::Pending => {}
            // RFC 8628, section 3.5.
            DevicePoll::SlowDown => interval += Duration::from_secs(5),
        }
    }
    Err(Error::new(Exit::NotSignedIn, "nobody signed in in time"))
}

/// Whoever is refused is not signed in, whatever the status.
fn not_signed_in(error: cubit_client::Error) -> Error {
    match error {
        cubit_client::Error::Refused { message, .. } => {
            Error::new(Exit::NotSignedIn, format!("not signed in: {message}"))
        }
        error => error.into(),
    }
}

/// Keeps a session as a context, which becomes the current one. Answers who is signed in.
pub(super) fn keep(
    store: &Store,
    mut contexts: Contexts,
    name: &str,
    server: &str,
    session: &Session,
) -> Result<Value> {
    let client = Client::new(server, Some(session.access_token.clone()))?;
    let member: Value = client.me()?;
    let id = |key: &str| member[key].as_str().and_then(|id| Uuid::parse_str(id).ok());
    let organization = id("OrganizationID");
    let before = contexts.contexts.remove(name);
    // A space is one of its organization.
    let stays = |before: &Context| before.server == server && before.organization == organization;
    let context = Context {
        server: server.to_owned(),
        organization,
        user: id("UserID"),
        space: before.filter(stays).and_then(|before| before.space),
    };
    contexts.contexts.insert(name.to_owned(), context);
    name.clone_into(&mut contexts.current);
    store.write_token(name, &session.access_token)?;
    store.write_refresh_token(name, &session.refresh_token)?;
    store.write(&contexts)?;
    Ok(member)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_is_named_after_its_server() {
        let mut contexts = Contexts::default();
        for (server, expected) in [
            ("https://cubit.example.org", "cubit-example-org"),
            ("http://127.0.0.1:7280", "127-0-0-1-7280"),
            ("http://[::1]", "1"),
            ("nothing", "server"),
            ("https://cubit.example.org", "cubit-example-org-2"),
            ("https://cubit.example.org", "cubit-example-org-3"),
        ] {
            let name = new_name(&contexts, server);
            assert_eq!(name, expected, "{server}");
            check_name(&name).unwrap();
            contexts.contexts.insert(name, Context::default());
        }
    }
}
