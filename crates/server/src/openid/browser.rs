//! The authorization code flow, of a program on the person's machine that opens a browser.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cubit_hub::Hub;
use cubit_model::{CodeRequest, UserId};
use cubit_oidc::{challenge, is_loopback, random};
use serde::{Deserialize, Serialize};

use super::{OpenId, ask, internal, openid};
use crate::answer::json;
use crate::auth::cookie;
use crate::body::Body;
use crate::error::ApiError;
use crate::parameters::Parameters;
use crate::sign_in::{Asked, SignIn};

/// How long a person may take at the provider.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// How long the program may take to fetch the session.
const FETCHED_WITHIN: Duration = Duration::from_secs(60);
/// Longest text that a program may get back.
const LONGEST_STATE: usize = 512;
/// Longest address that a program may wait at.
const LONGEST_ADDRESS: usize = 512;
/// The cookie of the browser that began.
const COOKIE: &str = "cubit_sign_in";

const AT_PROVIDER: &str = "at the provider";
const SIGNED_IN: &str = "signed in";

/// What a program asks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Start {
    /// Where it waits, on the person's machine.
    redirect_uri: String,
    /// What it wants to get back.
    state: String,
    /// SHA-256 of what it will show for the session (RFC 7636, S256).
    code_challenge: String,
}

/// What is known while the person is at the provider.
#[derive(Debug, Serialize, Deserialize)]
struct AtProvider {
    nonce: String,
    verifier: String,
    browser: String,
    program: Program,
}

/// The program that waits.
#[derive(Debug, Serialize, Deserialize)]
struct Program {
    redirect_uri: String,
    state: String,
    challenge: String,
}

/// What is known until the program fetches the session.
#[derive(Debug, Serialize, Deserialize)]
struct SignedIn {
    user: UserId,
    challenge: String,
}

/// `GET /auth/oidc/start`: sends the browser to the provider.
pub(crate) async fn start(
    State(hub): State<Hub>,
    sign_in: SignIn,
    Parameters(start): Parameters<Start>,
) -> Result<Response, ApiError> {
    let openid = openid(&sign_in)?;
    let program = start.checked()?;
    let [state, nonce, verifier, browser] = [random()?, random()?, random()?, random()?];
    let (for_state, for_nonce, for_verifier) = (state.clone(), nonce.clone(), verifier.clone());
    let address = ask(openid, move |provider| {
        provider.authorization(&for_state, &for_nonce, &for_verifier)
    })
    .await?;
    let known = AtProvider {
        nonce,
        verifier,
        browser: browser.clone(),
        program,
    };
    let known = serde_json::to_string(&known).map_err(|error| internal(&error))?;
    hub.remember_sign_in_as(&state, AT_PROVIDER, known, PATIENCE)
        .await?;
    let mut response = go_to(address);
    // The provider, which is another site, sends the browser back.
    let attributes = format!("SameSite=Lax; Max-Age={}", PATIENCE.as_secs());
    sign_in.set_cookie(&mut response, (COOKIE, &browser), &attributes);
    Ok(response)
}

impl Start {
    /// Whoever waits somewhere else is not the person that sits before the browser.
    fn checked(self) -> Result<Program, ApiError> {
        let invalid = |name: &str, expected: &str| {
            Err(ApiError::invalid(format!("{name}: expected {expected}")))
        };
        let uri = &self.redirect_uri;
        if !is_loopback(uri) || uri.contains('?') || uri.len() > LONGEST_ADDRESS {
            return invalid("redirect_uri", "http://127.0.0.1:PORT/");
        }
        if self.state.is_empty() || self.state.len() > LONGEST_STATE {
            return invalid("state", "a random text");
        }
        let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if self.code_challenge.len() != 43 || !self.code_challenge.chars().all(letter) {
            return invalid("code_challenge", "a SHA-256 in base64url (S256)");
        }
        Ok(Program {
            redirect_uri: self.redirect_uri,
            state: self.state,
            challenge: self.code_challenge,
        })
    }
}

/// What the provider sends back with the browser.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Callback {
    code: String,
    state: String,
    error: String,
    error_description: String,
}

/// `GET /auth/oidc/callback`: sends the browser on to the program, with a code or with what went
/// wrong.
pub(crate) async fn callback(
    State(hub): State<Hub>,
    Asked(origin): Asked,
    sign_in: SignIn,
    headers: HeaderMap,
    Parameters(callback): Parameters<Callback>,
) -> Result<Response, ApiError> {
    let openid = openid(&sign_in)?;
    let known = hub.take_sign_in(&callback.state, AT_PROVIDER).await?;
    let known = known.and_then(|known| serde_json::from_str::<AtProvider>(&known).ok());
    // Somebody else's sign-in could be slipped to a browser that did not begin it.
    let browser = cookie(&headers, COOKIE);
    let known = known.filter(|known| browser == Some(&known.browser));
    let known = known.ok_or_else(|| {
        ApiError::new(
            StatusCode::BAD_REQUEST,
            "this sign-in is over, or was begun in another browser: begin again",
        )
    })?;
    let AtProvider {
        nonce,
        verifier,
        program,
        ..
    } = known;
    let admitted = admit(&hub, openid, callback, (nonce, verifier), &origin).await;
    let answer = match admitted {
        Ok(user) => {
            let known = SignedIn {
                user,
                challenge: program.challenge,
            };
            let known = serde_json::to_string(&known).map_err(|error| internal(&error))?;
            let code = hub
                .remember_sign_in(SIGNED_IN, known, FETCHED_WITHIN)
                .await?;
            [("code", code), ("state", program.state)].to_vec()
        }
        Err(error) => [
            ("error", "access_denied".to_owned()),
            ("error_description", error.message().to_owned()),
            ("state", program.state),
        ]
        .to_vec(),
    };
    let query = serde_urlencoded::to_string(answer).map_err(|error| internal(&error))?;
    let mut response = go_to(format!("{}?{query}", program.redirect_uri));
    sign_in.set_cookie(&mut response, (COOKIE, ""), "SameSite=Lax; Max-Age=0");
    Ok(response)
}

async fn admit(
    hub: &Hub,
    openid: &std::sync::Arc<OpenId>,
    callback: Callback,
    (nonce, verifier): (String, String),
    origin: &cubit_hub::Origin,
) -> Result<UserId, ApiError> {
    let Callback { code, error, .. } = callback;
    if code.is_empty() {
        let reason = match callback.error_description.as_str() {
            "" => error,
            description => description.to_owned(),
        };
        return Err(cubit_oidc::Error::Refused(reason.chars().take(300).collect()).into());
    }
    let claims = ask(openid, move |provider| {
        provider.redeem(&code, &nonce, &verifier)
    })
    .await?;
    let external = openid.external(&claims);
    let admitted = hub.admit_external(&external, &openid.newcomers, origin);
    Ok(admitted.await?)
}

/// `POST /auth/oidc/token`: a session for the code that came to the program.
pub(crate) async fn token(
    State(hub): State<Hub>,
    Asked(origin): Asked,
    sign_in: SignIn,
    Body(request): Body<CodeRequest>,
) -> Result<Response, ApiError> {
    openid(&sign_in)?;
    let known = hub.take_sign_in(&request.code, SIGNED_IN).await?;
    let known = known.and_then(|known| serde_json::from_str::<SignedIn>(&known).ok());
    let known = known.filter(|known| known.challenge == challenge(&request.code_verifier));
    let known = known.ok_or_else(|| {
        let message = "the code is not valid, or not for this program: begin again";
        ApiError::new(StatusCode::UNAUTHORIZED, message)
    })?;
    json(hub.sign_in_admitted(known.user, &origin).await?).await
}

/// Sends a browser somewhere else.
fn go_to(address: String) -> Response {
    let headers = [
        (header::LOCATION, address),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
    ];
    (StatusCode::FOUND, headers).into_response()
}
