//! `cubit serve`: the server, in this process, with its database in one folder or in `PostgreSQL`.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use cubit_client::Client;
use cubit_hub::{Hub, HubOptions, LocalAdministrator};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::contexts::{Context, Store};
use crate::demo;
use crate::directories;
use crate::error::{Error, Exit, Result};
use crate::output;

/// The context of the server that runs on this machine.
const LOCAL: &str = "local";
const DEFAULT_ADDRESS: &str = "127.0.0.1:7280";

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        help = "Where to listen [default: 127.0.0.1:7280] [env: CUBIT_LISTEN]"
    )]
    listen: Option<SocketAddr>,
    #[arg(
        long,
        env = "CUBIT_DATA_DIR",
        hide_env = true,
        value_name = "FOLDER",
        help = "Folder of the database [default: cubit in the XDG data folder] [env: CUBIT_DATA_DIR]"
    )]
    data_dir: Option<PathBuf>,
    #[arg(
        long,
        env = "CUBIT_DATABASE",
        hide_env = true,
        value_name = "URL",
        help = "PostgreSQL database, postgres://USER@HOST/NAME [default: a file in the data folder] [env: CUBIT_DATABASE]"
    )]
    database: Option<DatabaseUrl>,
    /// Load a demo shop to try things on
    #[arg(long)]
    demo: bool,
}

/// The URL of a database. It is never shown, because it may hold a password.
#[derive(Clone)]
struct DatabaseUrl(String);

// What is wrong with it is said in `place`: clap would show the whole value.
impl From<String> for DatabaseUrl {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://...")
    }
}

pub(crate) fn run(arguments: &Serve) -> Result<Exit> {
    let address = address(arguments.listen)?;
    let place = place(arguments)?;
    log_to_stderr();
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| failed("cannot start", error))?
        .block_on(serve(address, place, arguments.demo))
        .map(|()| Exit::Success)
}

/// Failures that answers only call internal are explained here. `CUBIT_LOG` (error, warn, info,
/// debug, trace, off) says how much; warnings by default.
fn log_to_stderr() {
    let level = std::env::var("CUBIT_LOG")
        .ok()
        .and_then(|level| level.parse().ok());
    let _ = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_max_level(level.unwrap_or(tracing_subscriber::filter::LevelFilter::WARN))
        .try_init();
}

/// The address to listen on. Other machines may only be let in by the flag: a
/// variable that happens to be set is too easily overlooked.
fn address(flag: Option<SocketAddr>) -> Result<SocketAddr> {
    if let Some(address) = flag {
        if !address.ip().is_loopback() {
            output::say(&format!(
                "warning: other machines can reach {address}, and the connection is not encrypted"
            ));
        }
        return Ok(address);
    }
    let text = std::env::var("CUBIT_LISTEN").unwrap_or_else(|_| DEFAULT_ADDRESS.to_owned());
    let address: SocketAddr = text
        .parse()
        .map_err(|_| Error::usage(format!("CUBIT_LISTEN: `{text}` is not ADDRESS:PORT")))?;
    if address.ip().is_loopback() {
        return Ok(address);
    }
    Err(Error::usage(format!(
        "CUBIT_LISTEN would let other machines reach {address}"
    ))
    .hint(format!("if that is wanted, say --listen {address}")))
}

/// How long running requests may take to finish once the server is asked to stop.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where the data is.
enum Place {
    Folder(PathBuf),
    Server(DatabaseUrl),
}

fn place(arguments: &Serve) -> Result<Place> {
    match &arguments.database {
        Some(DatabaseUrl(url)) if !url.is_empty() => {
            let schemes = ["postgres://", "postgresql://"];
            if !schemes.iter().any(|scheme| url.starts_with(scheme)) {
                return Err(Error::usage(
                    "--database (CUBIT_DATABASE) is not postgres://USER@HOST/NAME".to_owned(),
                ));
            }
            Ok(Place::Server(DatabaseUrl(url.clone())))
        }
        _ => {
            let folder = arguments.data_dir.clone();
            Ok(Place::Folder(folder.map_or_else(directories::data, Ok)?))
        }
    }
}

async fn open(place: Place) -> Result<Hub> {
    let failed = |error| failed("cannot open the database", error);
    match place {
        Place::Server(DatabaseUrl(url)) => Hub::connect(&url).await.map_err(failed),
        Place::Folder(data_dir) => {
            let place = data_dir.display().to_string();
            let opened = Hub::open(HubOptions { data_dir }).await;
            opened.map_err(|error| failed(error).at(place))
        }
    }
}

async fn serve(address: SocketAddr, place: Place, with_demo: bool) -> Result<()> {
    let hub = open(place).await?;
    let administrator = hub
        .bootstrap()
        .await
        .map_err(|error| failed("cannot set up", error))?;
    let listener = TcpListener::bind(address).await.map_err(|error| {
        failed(&format!("cannot listen on {address}"), error)
            .hint("another server may be running there; choose another port with --listen")
    })?;
    let address = listener
        .local_addr()
        .map_err(|error| failed("cannot listen", error))?;
    let url = url(address);
    let stopped = stop_signal()?;
    let (stop, stopping) = oneshot::channel::<()>();
    let server = tokio::spawn(cubit_server::serve(hub.clone(), listener, async {
        // A sender that is gone asks to stop as well.
        let _ = stopping.await;
    }));

    let ready = get_ready(&hub, &administrator, url, with_demo).await;
    if ready.is_ok() {
        stopped.await;
        output::say("stopping");
    }
    drop(stop);
    // A client that never finishes its request must not keep the server from ending; nor must a
    // person who asks twice have to wait.
    let again = stop_signal()?;
    let served = tokio::select! {
        served = server => served.map_err(|error| failed("the server ended badly", error))?,
        () = tokio::time::sleep(PATIENCE) => Ok(()),
        () = again => Ok(()),
    };
    let _ = tokio::time::timeout(PATIENCE, hub.close()).await;
    ready?;
    served.map_err(|error| failed("the server ended badly", error))
}

/// Signs the command line in, loads the demo, and says what to do next.
async fn get_ready(
    hub: &Hub,
    administrator: &LocalAdministrator,
    url: String,
    with_demo: bool,
) -> Result<()> {
    let known = {
        let url = url.clone();
        let organization = administrator.organization_id.0;
        blocking(move || known_token(&url, organization)).await?
    };
    let token = match known {
        Some(token) => token,
        None => {
            let token = hub
                .issue_token(
                    administrator.user_id,
                    administrator.organization_id,
                    "command line",
                )
                .await
                .map_err(|error| failed("cannot sign in", error))?;
            let context = Context {
                server: url.clone(),
                organization: Some(administrator.organization_id.0),
                user: Some(administrator.user_id.0),
                space: None,
            };
            sign_in(context, &token)?;
            token
        }
    };
    output::say(&format!("cubit listens on {url} (Ctrl-C ends it)"));
    if with_demo {
        let loaded = blocking(move || demo::load(&Client::new(&url, Some(token))?)).await?;
        output::say(if loaded {
            "the demo shop is loaded; try"
        } else {
            "the demo shop is there; try"
        });
        for command in demo::NEXT {
            output::say(&format!("  {command}"));
        }
    }
    Ok(())
}

/// The token of the local context, if the server takes it and it is for this
/// organization: the database may be another one than last time.
fn known_token(url: &str, organization: uuid::Uuid) -> Result<Option<String>> {
    let store = Store::open()?;
    let contexts = store.read()?;
    let Some(context) = contexts.contexts.get(LOCAL) else {
        return Ok(None);
    };
    if context.organization != Some(organization) || context.server != url {
        return Ok(None);
    }
    let Some(token) = store.token(LOCAL)? else {
        return Ok(None);
    };
    let valid = Client::new(url, Some(token.clone()))?.me::<Value>().is_ok();
    Ok(valid.then_some(token))
}

/// Writes the local context. It becomes the current one unless the person
/// works with another server.
fn sign_in(context: Context, token: &str) -> Result<()> {
    let store = Store::open()?;
    let mut contexts = store.read()?;
    let before = contexts.contexts.remove(LOCAL);
    let context = Context {
        space: before
            .filter(|before| before.organization == context.organization)
            .and_then(|before| before.space),
        ..context
    };
    contexts.contexts.insert(LOCAL.to_owned(), context);
    if contexts.current.is_empty() {
        LOCAL.clone_into(&mut contexts.current);
    } else if contexts.current != LOCAL {
        output::say(&format!(
            "the current context stays `{}`; change it with `cubit context use {LOCAL}`",
            contexts.current
        ));
    }
    store.write_token(LOCAL, token)?;
    store.write(&contexts)
}

/// The address as clients on this machine write it.
fn url(address: SocketAddr) -> String {
    let port = address.port();
    if address.ip().is_unspecified() {
        return format!("http://127.0.0.1:{port}");
    }
    format!("http://{address}")
}

/// Ctrl-C, or what a service manager sends.
#[cfg(unix)]
fn stop_signal() -> Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).map_err(|error| failed("cannot wait for signals", error));
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn stop_signal() -> Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

/// Runs what blocks, such as calls of the client, beside the server.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| failed("cannot start", error))?
}

fn failed(what: &str, error: impl fmt::Display) -> Error {
    Error::failed(format!("{what}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_url_is_never_shown() {
        let secret = "postgre://me:secret@host/name";
        let arguments = Serve {
            listen: None,
            data_dir: None,
            database: Some(secret.to_owned().into()),
            demo: false,
        };
        assert!(!format!("{arguments:?}").contains("secret"));
        let Err(error) = place(&arguments) else {
            panic!("it is not a URL of PostgreSQL");
        };
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }

    #[test]
    fn clients_on_this_machine_reach_it_by_loopback() {
        let cases = [
            ("127.0.0.1:7280", "http://127.0.0.1:7280"),
            ("0.0.0.0:80", "http://127.0.0.1:80"),
            ("[::1]:7280", "http://[::1]:7280"),
        ];
        for (address, expected) in cases {
            assert_eq!(url(address.parse().unwrap()), expected);
        }
    }
}
