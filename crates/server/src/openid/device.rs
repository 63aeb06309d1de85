//! The device flow (RFC 8628), for programs without a browser. The provider's own code stays here;
//! the program gets one of this server.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use cubit_hub::{Hub, HubError};
use cubit_model::{DeviceCode, DeviceCodeRequest};
use cubit_oidc::Poll;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{ask, internal, openid};
use crate::answer;
use crate::error::ApiError;
use crate::sign_in::{Asked, SignIn};

/// The longest time a person gets, whatever the provider says.
const LONGEST: u64 = 30 * 60;
/// The longest time between two questions, whatever the provider says.
const LONGEST_INTERVAL: u64 = 60;

const AT_PROVIDER: &str = "device";

/// What is known while the person is at the provider. Times are seconds since 1970.
#[derive(Debug, Serialize, Deserialize)]
struct AtProvider {
    device_code: String,
    interval: u64,
    next_at: u64,
    ends_at: u64,
}

fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| now.as_secs())
}

async fn keep(hub: &Hub, code: &str, known: &AtProvider) -> Result<(), ApiError> {
    let life = Duration::from_secs(known.ends_at.saturating_sub(now()));
    let known = serde_json::to_string(known).map_err(|error| internal(&error))?;
    let kept = hub.remember_sign_in_as(code, AT_PROVIDER, known, life);
    Ok(kept.await?)
}

/// `POST /auth/oidc/device`: a code to type at the provider, and one to ask with meanwhile.
pub(crate) async fn begin(State(hub): State<Hub>, sign_in: SignIn) -> Result<Response, ApiError> {
    let openid = openid(&sign_in)?;
    let begun = ask(openid, cubit_oidc::Provider::begin_device).await?;
    let expires_in = begun.expires_in.min(LONGEST);
    let interval = begun.interval.clamp(1, LONGEST_INTERVAL);
    let code = cubit_oidc::random()?;
    let known = AtProvider {
        device_code: begun.device_code,
        interval,
        next_at: now(),
        ends_at: now() + expires_in,
    };
    keep(&hub, &code, &known).await?;
    let answered = DeviceCode {
        device_code: code,
        user_code: begun.user_code,
        verification_uri: begun.verification_uri,
        verification_uri_complete: begun.verification_uri_complete,
        expires_in,
        interval,
    };
    answer::json(answered).await
}

/// `POST /auth/oidc/device/token`: a session when the person is done; before, `authorization_pending`.
/// Takes a form, as RFC 8628 has it, or JSON.
pub(crate) async fn poll(
    State(hub): State<Hub>,
    Asked(origin): Asked,
    sign_in: SignIn,
    body: Bytes,
) -> Result<Response, ApiError> {
    let openid = openid(&sign_in)?;
    let request: Option<DeviceCodeRequest> = match body.first() {
        Some(b'{') => serde_json::from_slice(&body).ok(),
        _ => serde_urlencoded::from_bytes(&body).ok(),
    };
    let code = request.unwrap_or_default().device_code;
    let known = hub.take_sign_in(&code, AT_PROVIDER).await?;
    let Some(mut known) = known.and_then(|known| serde_json::from_str::<AtProvider>(&known).ok())
    else {
        let why = "the code is not valid, or it is too late: begin again";
        return Ok(refused("expired_token", why));
    };
    let asked_too_soon = known.next_at > now();
    let outcome = match asked_too_soon {
        true => Ok(Poll::SlowDown),
        false => {
            let device_code = known.device_code.clone();
            ask(openid, move |provider| provider.poll_device(&device_code)).await
        }
    };
    let (error, why) = match outcome {
        Ok(Poll::SignedIn(claims)) => {
            let external = openid.external(&claims);
            let admitted = hub.admit_external(&external, &openid.newcomers, &origin);
            let user = match admitted.await {
                Err(HubError::Forbidden(why)) => return Ok(refused("access_denied", &why)),
                admitted => admitted?,
            };
            return answer::json(hub.sign_in_admitted(user, &origin).await?).await;
        }
        Ok(Poll::Pending) => ("authorization_pending", "the person is not done yet"),
        Ok(Poll::SlowDown) => ("slow_down", "ask less often"),
        // The person may still be at it when the provider comes back.
        Err(error) if error.is_of_server() => {
            keep(&hub, &code, &known).await?;
            return Err(error);
        }
        Err(error) => return Ok(refused("access_denied", error.message())),
    };
    if !asked_too_soon {
        if error == "slow_down" {
            known.interval = (known.interval + 5).min(LONGEST_INTERVAL);
        }
        known.next_at = now() + known.interval.saturating_sub(1);
    }
    keep(&hub, &code, &known).await?;
    Ok(refused(error, why))
}

/// A refusal in the words of RFC 8628, and of the API.
fn refused(error: &str, why: &str) -> Response {
    let body = json!({
        "error": error, "error_description": why,
        "Code": "400", "Message": why,
    });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}
