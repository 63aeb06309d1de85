//! How an S3 store is spoken to: through the HTTP client that the rest of the program has, so that
//! there is one, with one TLS stack.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http_body_util::BodyExt;
use object_store::client::{
    ClientConfigKey, ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind,
    HttpRequest, HttpResponse, HttpService,
};
use tokio::sync::Semaphore;
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

/// How long connecting may take.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// How long one attempt may take, with everything it carries.
const PATIENCE: Duration = Duration::from_secs(20);
/// Most requests at the same time. Each has a thread, of which what computes needs some as well.
const AT_ONCE: usize = 64;
/// Largest answer: the largest text, which does not shrink, and room for what it is packed in.
const LARGEST_ANSWER: u64 = 128 << 20;

/// Makes clients of a store and of what gives out its credentials.
#[derive(Debug)]
pub(super) struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let allow_http = options.get_config_value(&ClientConfigKey::AllowHttp);
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .https_only(allow_http.as_deref() != Some("true"))
            .max_redirects(0)
            .timeout_connect(Some(CONNECT_PATIENCE))
            .timeout_global(Some(PATIENCE))
            .proxy(None)
            .tls_config(tls)
            .max_idle_connections_per_host(AT_ONCE / 2)
            .user_agent(concat!("cubit/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Ok(HttpClient::new(Service {
            agent,
            permits: Arc::new(Semaphore::new(AT_ONCE)),
        }))
    }
}

#[derive(Debug)]
struct Service {
    agent: Agent,
    permits: Arc<Semaphore>,
}

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let request = ureq::http::Request::from_parts(head, body.to_vec());
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(unknown)?;
        let agent = self.agent.clone();
        let call = move || {
            // Nobody can stop a call that has begun; it counts until it has ended.
            let _permit = permit;
            let (head, mut body) = agent.run(request)?.into_parts();
            let body = body.with_config().limit(LARGEST_ANSWER).read_to_vec()?;
            Ok(ureq::http::Response::from_parts(head, body.into()))
        };
        let answer = tokio::task::spawn_blocking(call).await.map_err(unknown)?;
        answer.map_err(|error: ureq::Error| HttpError::new(kind(&error), error))
    }
}

fn unknown(error: impl std::error::Error + Send + Sync + 'static) -> HttpError {
    HttpError::new(HttpErrorKind::Unknown, error)
}

/// What may be tried again follows from the kind.
fn kind(error: &ureq::Error) -> HttpErrorKind {
    match error {
        ureq::Error::Timeout(_) => HttpErrorKind::Timeout,
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => HttpErrorKind::Connect,
        ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            HttpErrorKind::Connect
        }
        ureq::Error::Io(_) => HttpErrorKind::Interrupted,
        ureq::Error::Protocol(_) => HttpErrorKind::Request,
        ureq::Error::BodyExceedsLimit(_) => HttpErrorKind::Decode,
        _ => HttpErrorKind::Unknown,
    }
}
