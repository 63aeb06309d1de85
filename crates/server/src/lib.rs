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
//! cubit_server::serve(hub, listener, std::future::pending()).await
//! # }
//! ```

#![expect(
    unused_qualifications,
    reason = "the attribute that documents handlers writes them"
)]

mod answer;
mod body;
mod error;
mod function;
mod in_space;
mod layers;
mod link;
mod meta;
mod mutation;
mod openapi;
mod organization;
mod parameters;
mod revision;
mod sign_in;
mod space;
mod unit;
mod worker;

use std::future::Future;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::serve::ListenerExt;
use cubit_hub::Hub;
use cubit_model::{
    ExtendedBridgeWorker, ExtendedChangeSet, ExtendedFilter, ExtendedInvocation, ExtendedLink,
    ExtendedTag, ExtendedTarget, ExtendedTrigger, ExtendedView,
};
use tokio::net::TcpListener;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::ApiError;
use crate::in_space::Names;

/// Largest body: 64 MiB of Data in base64, and room for the rest of the entity.
const BODY_LIMIT: usize = 90 << 20;

/// Serves the hub on a listener until the future completes; requests that are running finish.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    hub: Hub,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let listener = listener.tap_io(|stream| {
        // Answers are written whole; waiting to fill packets only adds delay.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
    });
    axum::serve(listener, router(hub))
        .with_graceful_shutdown(shutdown)
        .await
}

/// The routes of the hub, for a server or a test.
pub fn router(hub: Hub) -> Router {
    let (api, _) = api().split_for_parts();
    let api = api
        .route("/openapi.json", axum::routing::get(openapi::document))
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed() });
    let router = Router::new()
        .nest("/api", api)
        .route("/healthz", axum::routing::get(meta::alive))
        .route("/readyz", axum::routing::get(meta::ready))
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed() })
        .fallback(|| async { ApiError::no_route() })
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(hub);
    layers::around(router)
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
        .routes(routes!(space::list, space::create))
        .routes(routes!(
            space::get,
            space::update,
            space::patch,
            space::delete
        ))
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
        .routes(routes!(unit::bulk::approve))
        .routes(routes!(unit::bulk::tag))
        .routes(routes!(unit::approve))
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
            organization::delete_member
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
