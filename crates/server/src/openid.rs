//! Signing in through an identity provider: `/auth/oidc/...`. What is known between two requests is
//! in the database, short-lived and taken once, so that any server can answer the next one.
//!
//! In a browser: `start` sends it to the provider, which sends it back to `callback`, which sends it on
//! to the program that waits on the person's machine, with a code that `token` takes for a session.
//! Without one: `device` answers a code to type at the provider, and `device/token` tells whether that
//! was done.

mod browser;
mod device;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use cubit_hub::{ExternalSignIn, Hub, Newcomers};
use cubit_model::ApiInfo;
use cubit_oidc::{Claims, Error, Provider, Settings};
use tokio::sync::Semaphore;

use crate::error::ApiError;
use crate::sign_in::SignIn;

/// Most requests to the provider at a time; each keeps a thread waiting.
const REQUESTS: usize = 16;

/// The identity provider of a server, and who of its users may come in.
#[derive(Debug)]
pub struct OpenId {
    provider: Provider,
    newcomers: Newcomers,
    username_claim: String,
    public_url: String,
    turns: Semaphore,
}

impl OpenId {
    /// The provider with an issuer, that knows this server as a client.
    ///
    /// # Errors
    /// When others could listen to what is said to the provider.
    pub fn new(
        (issuer, client_id, client_secret): (String, String, Option<String>),
        (newcomers, username_claim): (Newcomers, String),
        public_url: &str,
    ) -> Result<Self, Error> {
        let public_url = public_url.trim_end_matches('/').to_owned();
        let provider = Provider::new(Settings {
            issuer,
            client_id,
            client_secret,
            redirect_uri: format!("{public_url}{CALLBACK}"),
        })?;
        Ok(Self {
            provider,
            newcomers,
            username_claim,
            public_url,
            turns: Semaphore::new(REQUESTS),
        })
    }

    /// What clients are told of it.
    pub(crate) fn info(&self) -> ApiInfo {
        let at = |path: &str| format!("{}{path}", self.public_url);
        ApiInfo {
            auth_server: self.provider.issuer().to_owned(),
            client_id: self.provider.client_id().to_owned(),
            redirect_uri: at(CALLBACK),
            device_auth_url: at(DEVICE),
            device_token_url: at(DEVICE_TOKEN),
            ..ApiInfo::default()
        }
    }

    /// Who somebody is whom the provider has signed in.
    fn external(&self, claims: &Claims) -> ExternalSignIn {
        let text = |name| claims.text(name).unwrap_or_default().to_owned();
        let username = claims.username(&self.username_claim);
        ExternalSignIn {
            issuer: self.provider.issuer().to_owned(),
            subject: claims.subject.clone(),
            username: username.unwrap_or_default().to_owned(),
            display_name: text("name"),
            verified_email: claims.verified_email().map(str::to_owned),
        }
    }
}

const CALLBACK: &str = "/auth/oidc/callback";
const DEVICE: &str = "/auth/oidc/device";
const DEVICE_TOKEN: &str = "/auth/oidc/device/token";

/// The routes.
pub(crate) fn routes() -> Router<Hub> {
    Router::new()
        .route("/auth/oidc/start", get(browser::start))
        .route(CALLBACK, get(browser::callback))
        .route("/auth/oidc/token", post(browser::token))
        .route(DEVICE, post(device::begin))
        .route(DEVICE_TOKEN, post(device::poll))
}

/// The provider of a server that has one.
fn openid(sign_in: &SignIn) -> Result<&Arc<OpenId>, ApiError> {
    sign_in.openid.as_ref().ok_or_else(|| {
        ApiError::new(
            StatusCode::NOT_FOUND,
            "this server signs nobody in through an identity provider: sign in by user name and password",
        )
    })
}

/// Asks the provider, on a thread that may wait.
async fn ask<T: Send + 'static>(
    openid: &Arc<OpenId>,
    question: impl FnOnce(&Provider) -> Result<T, Error> + Send + 'static,
) -> Result<T, ApiError> {
    let Ok(_turn) = openid.turns.try_acquire() else {
        return Err(ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many people sign in at the moment: try again",
        ));
    };
    let asked = openid.clone();
    tokio::task::spawn_blocking(move || question(&asked.provider))
        .await
        .map_err(|error| internal(&error))?
        .map_err(Into::into)
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let status = match &error {
            Error::Refused(_) | Error::Token(_) => StatusCode::UNAUTHORIZED,
            Error::Missing(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Provider(_) => StatusCode::BAD_GATEWAY,
            Error::Random(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        tracing::warn!(%error, "nobody was signed in");
        let message = match &error {
            // Addresses inside are for the log.
            Error::Provider(_) => "the identity provider cannot be used at the moment".to_owned(),
            Error::Random(_) => "internal error".to_owned(),
            error => error.to_string(),
        };
        Self::new(status, message)
    }
}

fn internal(error: &dyn std::fmt::Display) -> ApiError {
    tracing::error!(%error, "a sign-in failed");
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal error")
}
