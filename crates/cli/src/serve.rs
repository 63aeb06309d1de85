//! `cubit serve`: the server, in this process, with its database in one folder or in `PostgreSQL`.

mod blobs;
mod log;
mod openid;
mod settings;
mod traces;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use cubit_client::Client;
use cubit_hub::{Hub, HubOptions, LocalAdministrator};
use cubit_server::{Certificate, Limits, Options, SignIn};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::contexts::{Context, Store};
use crate::demo;
use crate::directories;
use crate::error::{Error, Exit, Result};
use crate::output;
use log::Log;
use traces::Collector;

pub(crate) use blobs::Blobs;
pub(crate) use settings::Settings;

/// The context of the server that runs on this machine.
const LOCAL: &str = "local";

// All are texts here, and are read in `settings`: clap would show values that are wrong.
#[derive(Args)]
#[command(
    after_help = "Every option can also be given as a variable (CUBIT_TLS_CERT) or in the file (tls_cert); an option counts before a variable, and a variable before the file."
)]
pub(crate) struct Serve {
    /// Where to listen [default: 127.0.0.1:7280]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// Folder of the database [default: cubit in the XDG data folder]
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<String>,
    #[arg(
        long,
        value_name = "URL",
        help = "PostgreSQL database, postgres://USER@HOST/NAME [default: a file in the data folder]"
    )]
    database: Option<String>,
    #[arg(
        long,
        value_name = "URL",
        help = "Where large texts are kept, s3://BUCKET/PREFIX or file:///FOLDER [default: in the database]"
    )]
    blobs: Option<String>,
    /// Days that large texts stay there when nothing needs them any more [default: 7]
    #[arg(long, value_name = "DAYS")]
    blobs_keep_days: Option<String>,
    /// Load a demo shop to try things on
    #[arg(long)]
    demo: bool,
    /// Certificates to serve over TLS with, PEM, that of the server first
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<String>,
    /// The private key of the certificate, PEM
    #[arg(long, value_name = "FILE")]
    tls_key: Option<String>,
    /// How a line of the log is written: text or json [default: text]
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
    /// What is logged: off, error, warn, info (a line a request), debug, trace [default: warn]
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
    #[arg(
        long,
        value_name = "URL",
        help = "Collector that spans of requests are sent to, over OTLP and HTTP [default: what OTEL_EXPORTER_OTLP_ENDPOINT says]"
    )]
    otlp_endpoint: Option<String>,
    /// Most requests at the same time; more get 503 [default: 512]
    #[arg(long, value_name = "NUMBER")]
    max_requests: Option<String>,
    /// Most seconds a request may take until its answer begins; then it gets 503 [default: 300]
    #[arg(long, value_name = "SECONDS")]
    request_timeout: Option<String>,
    /// Most requests a minute from one address; more get 429; 0 for any number [default: 0]
    #[arg(long, value_name = "NUMBER")]
    max_requests_per_minute: Option<String>,
    /// Take a user name and a password with each request (HTTP Basic), for old clients
    #[arg(long)]
    basic_auth: bool,
    /// Address that people reach the server at [default: the one it listens at]
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Identity provider (OpenID Connect) that people sign in through
    #[arg(long, value_name = "URL")]
    oidc_issuer: Option<String>,
    /// Name of this server at the provider
    #[arg(long, value_name = "ID")]
    oidc_client_id: Option<String>,
    /// File with the secret of this server at the provider, which has no option of its own
    #[arg(long, value_name = "FILE")]
    oidc_client_secret_file: Option<String>,
    /// Who may come in: domains and addresses, separated by commas, or * for all that the provider lets in
    #[arg(long, value_name = "WHO")]
    oidc_allow: Option<String>,
    /// Claim that user names are taken from [default: email]
    #[arg(long, value_name = "CLAIM")]
    oidc_username_claim: Option<String>,
    /// Organization that newcomers come to [default: local]
    #[arg(long, value_name = "SLUG")]
    oidc_organization: Option<String>,
    /// What newcomers are: Viewer, Member or Admin [default: Viewer]
    #[arg(long, value_name = "ROLE")]
    oidc_role: Option<String>,
    #[arg(
        long,
        value_name = "FILE",
        help = "File of settings [default: /etc/cubit/cubit.toml, if it is there] [env: CUBIT_CONFIG]"
    )]
    config: Option<PathBuf>,
    /// Print all settings and where each comes from, and do not serve
    #[arg(long)]
    print_config: bool,
}

// The URL of the database may hold a password.
impl fmt::Debug for Serve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serve").finish_non_exhaustive()
    }
}

impl Serve {
    fn settings(&self) -> Result<Settings> {
        let flags = [
            ("listen", self.listen.clone()),
            ("data_dir", self.data_dir.clone()),
            ("database", self.database.clone()),
            ("blobs", self.blobs.clone()),
            ("blobs_keep_days", self.blobs_keep_days.clone()),
            ("demo", self.demo.then(|| "true".to_owned())),
            ("tls_cert", self.tls_cert.clone()),
            ("tls_key", self.tls_key.clone()),
            ("log_format", self.log_format.clone()),
            ("log_level", self.log_level.clone()),
            ("otlp_endpoint", self.otlp_endpoint.clone()),
            ("max_requests", self.max_requests.clone()),
            ("request_timeout", self.request_timeout.clone()),
            (
                "max_requests_per_minute",
                self.max_requests_per_minute.clone(),
            ),
            ("basic_auth", self.basic_auth.then(|| "true".to_owned())),
            ("public_url", self.public_url.clone()),
            ("oidc_issuer", self.oidc_issuer.clone()),
            ("oidc_client_id", self.oidc_client_id.clone()),
            (
                "oidc_client_secret_file",
                self.oidc_client_secret_file.clone(),
            ),
            ("oidc_allow", self.oidc_allow.clone()),
            ("oidc_username_claim", self.oidc_username_claim.clone()),
            ("oidc_organization", self.oidc_organization.clone()),
            ("oidc_role", self.oidc_role.clone()),
        ];
        let variable = |name: &str| std::env::var(name).ok();
        Settings::find(&flags, variable, self.config.as_deref())
    }
}

pub(crate) fn run(arguments: &Serve) -> Result<Exit> {
    let settings = arguments.settings()?;
    let plan = Plan::of(&settings)?;
    if arguments.print_config {
        output::print(&settings.shown())?;
        return Ok(Exit::Success);
    }
    let address = plan.address;
    if !address.ip().is_loopback() && plan.options.certificate.is_none() {
        output::say(&format!(
            "warning: other machines can reach {address}, and the connection is not encrypted"
        ));
    }
    plan.log.start();
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| failed("cannot start", error))?
        .block_on(serve(plan))
        .map(|()| Exit::Success)
}

/// What the settings mean.
struct Plan {
    address: SocketAddr,
    place: Place,
    blobs: Blobs,
    demo: bool,
    log: Log,
    collector: Collector,
    options: Options,
    public_url: Option<String>,
    provider: Option<openid::Provider>,
}

impl Plan {
    fn of(settings: &Settings) -> Result<Self> {
        let certificate = certificate(settings)?;
        let demo: bool = settings.parsed("demo", "true or false")?;
        if demo && certificate.is_some() {
            return Err(settings.wrong("demo", "a server with TLS loads no demo"));
        }
        let positive = |name| match settings.parsed::<u32>(name, "a number")? {
            0 => Err(settings.wrong(name, "expected at least 1")),
            number => Ok(number),
        };
        let rate: u32 = settings.parsed("max_requests_per_minute", "a number")?;
        let limits = Limits {
            requests_in_flight: usize::try_from(positive("max_requests")?).unwrap_or(usize::MAX),
            request_time: Duration::from_secs(positive("request_timeout")?.into()),
            requests_per_minute: (rate > 0).then_some(rate),
        };
        let public_url = openid::public_url(settings)?;
        let is_https = |url: &String| url.starts_with("https://");
        let sign_in = SignIn {
            basic: settings.parsed("basic_auth", "true or false")?,
            encrypted: certificate.is_some() || public_url.as_ref().is_some_and(is_https),
            openid: None,
        };
        Ok(Self {
            address: settings.parsed("listen", "ADDRESS:PORT")?,
            place: Place::of(settings)?,
            blobs: Blobs::of(settings)?,
            demo,
            log: Log::of(settings)?,
            collector: Collector::of(settings)?,
            public_url,
            provider: openid::Provider::of(settings)?,
            options: Options {
                limits,
                certificate,
                sign_in,
                traces: None,
            },
        })
    }
}

fn certificate(settings: &Settings) -> Result<Option<Certificate>> {
    match (settings.text("tls_cert"), settings.text("tls_key")) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(settings.wrong("tls_key", "a certificate needs its key")),
        (None, Some(_)) => Err(settings.wrong("tls_cert", "a key needs its certificate")),
        (Some(chain), Some(key)) => Certificate::read(Path::new(chain), Path::new(key))
            .map(Some)
            .map_err(|error| failed("cannot serve over TLS", error)),
    }
}

/// How long running requests may take to finish once the server is asked to stop.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where the data is.
pub(crate) enum Place {
    Folder(PathBuf),
    Server(DatabaseUrl),
}

/// The URL of a database. It is never shown, because it may hold a password.
pub(crate) struct DatabaseUrl(String);

impl Place {
    pub(crate) fn of(settings: &Settings) -> Result<Self> {
        let place = Self::find(settings.text("database"), settings.text("data_dir"));
        place.map_err(|error| match settings.text("database") {
            Some(_) => settings.wrong("database", &error.message),
            None => error,
        })
    }

    /// The database at a URL; without one in a folder, or in the folder that people use.
    fn find(url: Option<&str>, folder: Option<&str>) -> Result<Self> {
        match (url, folder) {
            (Some(url), _) => {
                let schemes = ["postgres://", "postgresql://"];
                if !schemes.iter().any(|scheme| url.starts_with(scheme)) {
                    let message = "the database is not postgres://USER@HOST/NAME";
                    return Err(Error::usage(message));
                }
                Ok(Self::Server(DatabaseUrl(url.to_owned())))
            }
            (None, Some(folder)) => Ok(Self::Folder(folder.into())),
            (None, None) => Ok(Self::Folder(directories::data()?)),
        }
    }

    pub(crate) async fn open(self) -> Result<Hub> {
        let failed = |error| failed("cannot open the database", error);
        match self {
            Self::Server(DatabaseUrl(url)) => Hub::connect(&url).await.map_err(failed),
            Self::Folder(data_dir) => {
                let place = data_dir.display().to_string();
                let opened = Hub::open(HubOptions { data_dir }).await;
                opened.map_err(|error| failed(error).at(place))
            }
        }
    }
}

async fn serve(plan: Plan) -> Result<()> {
    let Plan {
        address,
        place,
        blobs,
        demo: with_demo,
        collector,
        mut options,
        public_url,
        provider,
        ..
    } = plan;
    let hub = blobs.keep(place.open().await?).await?;
    blobs::check(&hub).await?;
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
    let url = url(address, options.certificate.is_some());
    if let Some(provider) = provider {
        let public_url = public_url.as_ref().unwrap_or(&url);
        options.sign_in.openid = Some(provider.at(public_url)?);
    }
    options.traces = collector.start()?;
    let traces = options.traces.clone();
    let stopped = stop_signal()?;
    let (stop, stopping) = oneshot::channel::<()>();
    let server = tokio::spawn(cubit_server::serve(hub.clone(), listener, options, async {
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
    if let Some(traces) = traces {
        traces.stop(PATIENCE).await;
    }
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
    let known = known_token(&url, administrator.organization_id.0)?;
    let valid = match &known {
        Some(token) => hub.authenticate(token, "cubit serve").await.is_ok(),
        None => false,
    };
    let token = match known {
        Some(token) if valid => token,
        _ => {
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

/// The token of the local context, if it is for this organization. Whether it is still valid the
/// hub knows: the database may be another one than last time.
fn known_token(url: &str, organization: uuid::Uuid) -> Result<Option<String>> {
    let store = Store::open()?;
    let contexts = store.read()?;
    let Some(context) = contexts.contexts.get(LOCAL) else {
        return Ok(None);
    };
    if context.organization != Some(organization) || context.server != url {
        return Ok(None);
    }
    store.token(LOCAL)
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
fn url(address: SocketAddr, encrypted: bool) -> String {
    let scheme = if encrypted { "https" } else { "http" };
    let port = address.port();
    if address.ip().is_unspecified() {
        return format!("{scheme}://127.0.0.1:{port}");
    }
    format!("{scheme}://{address}")
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

pub(crate) fn failed(what: &str, error: impl fmt::Display) -> Error {
    Error::failed(format!("{what}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_on_this_machine_reach_it_by_loopback() {
        let cases = [
            ("127.0.0.1:7280", "http://127.0.0.1:7280"),
            ("0.0.0.0:80", "http://127.0.0.1:80"),
            ("[::1]:7280", "http://[::1]:7280"),
        ];
        for (address, expected) in cases {
            assert_eq!(url(address.parse().unwrap(), false), expected);
        }
    }
}
