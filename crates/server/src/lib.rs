//! The HTTP face of the hub: routes, sign-in, errors, `OpenAPI`. No rules live here.
//!
//! Invariants: every operation under `/api` except `/api/info` and `/api/openapi.json` needs a
//! valid token; success is 200, or 207 when part of an answer failed; every failure is JSON with
//! `Code` and `Message`; every answer carries `X-Request-Id`; a handler that panics answers 500
//! and the process goes on.
//!
//! ```no_run
//! # async fn example(hub: cubit_hub::Hub) -> std::io::Result<()> {
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:7280").await?;
//! let options = cubit_server::Options::default();
//! cubit_server::serve(hub, listener, options, std::future::pending()).await
//! # }
//! ```

#![expect(
    unused_qualifications,
    reason = "the attribute that documents handlers writes them"
)]

mod access;
mod answer;
mod auth;
mod body;
mod change_set;
mod connections;
mod encrypted;
mod error;
mod function;
mod in_space;
mod layers;
mod limits;
mod link;
mod meta;
mod metrics;
mod mutation;
mod openapi;
mod openid;
mod organization;
mod parameters;
mod request_key;
mod revision;
mod sign_in;
mod space;
mod traces;
mod unit;
mod watch;
mod worker;

use std::future::Future;

use axum::extract::DefaultBodyLimit;
use axum::serve::ListenerExt;
use axum::{Extension, Router};
use cubit_hub::Hub;
use cubit_model::{
    ExtendedBridgeWorker, ExtendedChangeSet, ExtendedFilter, ExtendedInvocation, ExtendedLink,
    ExtendedTag, ExtendedTarget, ExtendedTrigger, ExtendedView,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch::channel as watch_channel;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::encrypted::Encrypted;
use crate::error::ApiError;
use crate::in_space::Names;
use crate::metrics::Metrics;
use crate::watch::Streams;

pub use encrypted::{Certificate, CertificateError};
pub use limits::Limits;
pub use openid::OpenId;
pub use sign_in::SignIn;
pub use traces::{Traces, TracesError};

/// Largest body: 64 MiB of Data in base64, and room for the rest of the entity.
const BODY_LIMIT: usize = 90 << 20;

/// How a server serves.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What it does at most.
    pub limits: Limits,
    /// What it shows of itself, over TLS; in the clear, if none.
    pub certificate: Option<Certificate>,
    /// How people may sign in.
    pub sign_in: SignIn,
    /// Where spans of requests are exported to; nowhere, if none.
    pub traces: Option<Traces>,
}

/// Serves the hub on a listener until the future completes; requests that are running finish.
///
/// # Errors
/// When the listener cannot be used for TLS.
pub async fn serve(
    hub: Hub,
    listener: TcpListener,
    options: Options,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (stop, stopping) = watch_channel(false);
    let house = tokio::spawn({
        let (hub, stopping) = (hub.clone(), stopping.clone());
        async move { hub.keep_house(stopping).await }
    });
    let evaluator = tokio::spawn({
        let (hub, stopping) = (hub.clone(), stopping.clone());
        async move { hub.keep_evaluating(stopping).await }
    });
    let streams = Streams::new(stopping);
    let traces = options.traces;
    let router = routes_with(hub, options.limits, options.sign_in, traces, streams);
    // Streams never end by themselves.
    let shutdown = async move {
        shutdown.await;
        let _ = stop.send(true);
    };
    match options.certificate {
        None => {
            let listener = listener.tap_io(|stream| send_at_once(stream));
            connections::serve(listener, router, shutdown).await;
        }
        Some(certificate) => {
            let listener = Encrypted::start(listener, certificate)?;
            connections::serve(listener, router, shutdown).await;
        }
    }
    // A failure to keep house has been logged.
    let _ = house.await;
    let _ = evaluator.await;
    Ok(())
}

/// Answers are written whole; waiting to fill packets only adds delay.
fn send_at_once(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
}

/// The routes of the hub, for a test.
pub fn router(hub: Hub) -> Router {
    router_with(hub, Limits::default(), SignIn::default())
}

/// The routes of the hub, with limits and ways to sign in.
pub fn router_with(hub: Hub, limits: Limits, sign_in: SignIn) -> Router {
    // Nobody stops it.
    let (_, stopping) = watch_channel(false);
    routes_with(hub, limits, sign_in, None, Streams::new(stopping))
}

fn routes_with(
    hub: Hub,
    limits: Limits,
    sign_in: SignIn,
    traces: Option<Traces>,
    streams: Streams,
) -> Router {
    let metrics = Metrics::default();
    let (api, _) = api().split_for_parts();
    let api = api
        .route("/openapi.json", axum::routing::get(openapi::document))
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed() });
    let router = Router::new()
        .nest("/api", api)
        .route("/healthz", axum::routing::get(meta::alive))
        .route("/readyz", axum::routing::get(meta::ready))
        .route(
            "/metrics",
            axum::routing::get(metrics::get).with_state((metrics.clone(), hub.clone())),
        )
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed() })
        .fallback(|| async { ApiError::no_route() })
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .merge(auth::routes())
        .merge(openid::routes())
        .with_state(hub.clone());
    // Outside of the layers, which sign callers in as well.
    layers::around(router, hub, limits, (metrics, traces))
        .layer(Extension(streams))
        .layer(Extension(sign_in))
}

/// The `OpenAPI` document of the routes.
#[must_use]
pub fn openapi_json() -> String {
    let document: OpenApi = api().split_for_parts().1;
    document.to_pretty_json().unwrap_or_default()
}

/// Every operation, once: the routes and their documentation come from the same list.
fn api() -> OpenApiRouter<Hub> {
    OpenApiRouter::with_openapi(openapi::outline())
        .routes(routes!(meta::info))
        .routes(routes!(meta::me))
        .routes(routes!(access::tokens, access::create_token))
        .routes(routes!(access::delete_token))
        .routes(routes!(access::change_password))
        .routes(routes!(access::set_member_password))
        .routes(routes!(access::audit))
        .routes(routes!(space::list, space::create))
        .routes(routes!(
            space::get,
            space::update,
            space::patch,
            space::delete
        ))
        .routes(routes!(watch::changes))
        .routes(routes!(unit::list, unit::create))
        .routes(routes!(
            space::bulk::create,
            space::bulk::patch,
            space::bulk::delete
        ))
        .routes(routes!(
            unit::list_all,
            unit::bulk::create,
            unit::bulk::patch,
            unit::bulk::delete
        ))
        .routes(routes!(unit::bulk::approve, unit::bulk::withdraw_approval))
        .routes(routes!(unit::bulk::tag))
        .routes(routes!(unit::approve, unit::withdraw_approval))
        .routes(routes!(unit::action::apply))
        .routes(routes!(unit::action::destroy))
        .routes(routes!(unit::action::refresh))
        .routes(routes!(unit::action::import))
        .routes(routes!(unit::action::bulk_apply))
        .routes(routes!(unit::action::bulk_destroy))
        .routes(routes!(unit::action::bulk_refresh))
        .routes(routes!(unit::action::extended))
        .routes(routes!(unit::action::live_state))
        .routes(routes!(unit::action::list_actions))
        .routes(routes!(unit::action::get_action))
        .routes(routes!(unit::action::list_events))
        .routes(routes!(unit::action::get_event))
        .routes(routes!(change_set::summary))
        .routes(routes!(change_set::diff))
        .routes(routes!(change_set::undo))
        .routes(routes!(link::bulk_create))
        .routes(routes!(organization::list, organization::create))
        .routes(routes!(
            organization::get,
            organization::update,
            organization::delete
        ))
        .routes(routes!(
            organization::list_members,
            organization::create_member
        ))
        .routes(routes!(
            organization::get_member,
            organization::delete_member,
            access::set_role
        ))
        .routes(routes!(organization::list_users))
        .routes(routes!(organization::get_user))
        .routes(routes!(worker::me))
        .routes(routes!(worker::stream))
        .routes(routes!(worker::action_result))
        .routes(routes!(worker::functions))
        .routes(routes!(worker::statuses))
        .routes(routes!(worker::status))
        .routes(routes!(unit::get, unit::update, unit::patch, unit::delete))
        .routes(routes!(unit::data))
        .routes(routes!(revision::list_all))
        .routes(routes!(revision::list))
        .routes(routes!(revision::get))
        .routes(routes!(revision::data))
        .routes(routes!(revision::merge_report))
        .routes(routes!(mutation::list))
        .routes(routes!(mutation::get))
        .routes(routes!(function::list_all))
        .routes(routes!(function::list))
        .routes(routes!(function::invoke_all))
        .routes(routes!(function::invoke))
        .merge(entities())
}

/// What a space holds besides units.
fn entities() -> OpenApiRouter<Hub> {
    let names = |path, plural, list_all| Names {
        path,
        plural,
        list_all,
        copies: true,
        summary: false,
    };
    let links = Names {
        copies: false,
        ..names("link", "Links", "SearchListLinks")
    };
    let workers = Names {
        copies: false,
        summary: true,
        ..names("bridge_worker", "BridgeWorkers", "ListAllBridgeWorkers")
    };
    let targets = Names {
        copies: false,
        ..names("target", "Targets", "ListAllTargets")
    };
    OpenApiRouter::new()
        .merge(in_space::routes::<ExtendedBridgeWorker>(&workers))
        .merge(in_space::routes::<ExtendedTarget>(&targets))
        .merge(in_space::routes::<ExtendedTag>(&names(
            "tag",
            "Tags",
            "ListAllTags",
        )))
        .merge(in_space::routes::<ExtendedFilter>(&names(
            "filter",
            "Filters",
            "ListAllFilters",
        )))
        .merge(in_space::routes::<ExtendedView>(&names(
            "view",
            "Views",
            "ListAllViews",
        )))
        .merge(in_space::routes::<ExtendedInvocation>(&names(
            "invocation",
            "Invocations",
            "ListAllInvocations",
        )))
        .merge(in_space::routes::<ExtendedTrigger>(&names(
            "trigger",
            "Triggers",
            "ListAllTriggers",
        )))
        .merge(in_space::routes::<ExtendedChangeSet>(&names(
            "change_set",
            "ChangeSets",
            "ListAllChangeSets",
        )))
        .merge(in_space::routes::<ExtendedLink>(&links))
}
