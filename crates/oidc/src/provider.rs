//! A provider, and the two flows.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Deserialize;

use crate::http::{Answer, Http};
use crate::keys::Keys;
use crate::known::Known;
use crate::metadata::Metadata;
use crate::token::{Claims, Expected, TokenError, check};
use crate::{Error, challenge, is_trustworthy};

/// Seconds between two questions of the device flow, where the provider does not say (RFC 8628).
const INTERVAL: u64 = 5;

/// What a provider knows this program by.
#[derive(Clone)]
pub struct Settings {
    /// The provider.
    pub issuer: String,
    /// The client.
    pub client_id: String,
    /// Its secret; none for a public client.
    pub client_secret: Option<String>,
    /// Where the provider sends browsers back to.
    pub redirect_uri: String,
}

impl std::fmt::Debug for Settings {
    /// Leaves the secret out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// A provider that people sign in through.
#[derive(Debug)]
pub struct Provider {
    settings: Settings,
    http: Http,
    known: Known,
}

/// A device sign-in that has begun.
#[derive(Debug, Clone, Deserialize)]
pub struct DeviceSignIn {
    /// What the provider is asked with; nobody else needs to know it.
    pub device_code: String,
    /// What the person types.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// The same with the code in it.
    pub verification_uri_complete: Option<String>,
    /// Seconds until it is too late.
    pub expires_in: u64,
    /// Seconds between two questions.
    #[serde(default = "interval")]
    pub interval: u64,
}

const fn interval() -> u64 {
    INTERVAL
}

/// What came of a question of the device flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Poll {
    /// The person has not answered yet.
    Pending,
    /// The same, and it was asked too often.
    SlowDown,
    /// The person is signed in.
    SignedIn(Claims),
}

/// The answer of a token endpoint.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TokenAnswer {
    id_token: String,
    access_token: String,
    error: String,
    error_description: String,
}

impl Provider {
    /// A provider, which is not asked for anything yet.
    ///
    /// # Errors
    /// When others could listen to what is said to it.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        if !is_trustworthy(&settings.issuer) {
            return Err(Error::Provider(format!(
                "{:?} is not https://",
                settings.issuer
            )));
        }
        Ok(Self {
            settings,
            http: Http::new(),
            known: Known::default(),
        })
    }

    /// The provider's name.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// The client's name at the provider.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.settings.client_id
    }

    /// Where a browser goes to sign in. `state` comes back with it, `nonce` in the token, and the
    /// verifier must be sent for the token.
    ///
    /// # Errors
    /// When the provider cannot be used.
    pub fn authorization(&self, state: &str, nonce: &str, verifier: &str) -> Result<String, Error> {
        let metadata = self.metadata()?;
        let query = serde_urlencoded::to_string([
            ("response_type", "code"),
            ("client_id", &self.settings.client_id),
            ("redirect_uri", &self.settings.redirect_uri),
            ("scope", SCOPES),
            ("state", state),
            ("nonce", nonce),
            ("code_challenge", &challenge(verifier)),
            ("code_challenge_method", "S256"),
        ])
        .map_err(|error| Error::Provider(error.to_string()))?;
        let endpoint = &metadata.authorization_endpoint;
        let mark = if endpoint.contains('?') { '&' } else { '?' };
        Ok(format!("{endpoint}{mark}{query}"))
    }

    /// The user of a code that came back with a browser.
    ///
    /// # Errors
    /// When the provider refuses the code, or its token cannot be believed.
    pub fn redeem(&self, code: &str, nonce: &str, verifier: &str) -> Result<Claims, Error> {
        let answer = self.ask_for_token(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.settings.redirect_uri),
            ("code_verifier", verifier),
        ])?;
        match (answer.status, answer.body) {
            (200, body) => self.user(&body, Some(nonce)),
            (_, body) => Err(refused(&body)),
        }
    }

    /// Begins a device sign-in.
    ///
    /// # Errors
    /// When the provider has no device flow or cannot be used.
    pub fn begin_device(&self) -> Result<DeviceSignIn, Error> {
        let metadata = self.metadata()?;
        let endpoint = metadata.device_authorization_endpoint.as_deref();
        let endpoint = endpoint.ok_or(Error::Missing("device flow"))?;
        let form = [("scope", SCOPES)];
        let answer: Answer<serde_json::Value> = self.send(&metadata, endpoint, &form)?;
        if answer.status != 200 {
            let body = serde_json::from_value(answer.body).unwrap_or_default();
            return Err(refused(&body));
        }
        serde_json::from_value(answer.body)
            .map_err(|_| Error::Provider(format!("{endpoint}: not the answer of a device flow")))
    }

    /// Asks what came of a device sign-in.
    ///
    /// # Errors
    /// When the person refused or was too late, or the token cannot be believed.
    pub fn poll_device(&self, device_code: &str) -> Result<Poll, Error> {
        let answer = self.ask_for_token(&[
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", device_code),
        ])?;
        match (answer.status, answer.body.error.as_str()) {
            (200, _) => self.user(&answer.body, None).map(Poll::SignedIn),
            (_, "authorization_pending") => Ok(Poll::Pending),
            (_, "slow_down") => Ok(Poll::SlowDown),
            _ => Err(refused(&answer.body)),
        }
    }

    fn ask_for_token(&self, form: &[(&str, &str)]) -> Result<Answer<TokenAnswer>, Error> {
        let metadata = self.metadata()?;
        self.send(&metadata, &metadata.token_endpoint, form)
    }

    /// Sends a form with what shows which client this is.
    fn send<T: serde::de::DeserializeOwned>(
        &self,
        metadata: &Metadata,
        endpoint: &str,
        form: &[(&str, &str)],
    ) -> Result<Answer<T>, Error> {
        let id = self.settings.client_id.as_str();
        let mut form = form.to_vec();
        form.push(("client_id", id));
        match self.settings.client_secret.as_deref() {
            Some(secret) if metadata.wants_secret_in_form() => {
                form.push(("client_secret", secret));
                self.http.post(endpoint, &form, None)
            }
            Some(secret) => self.http.post(endpoint, &form, Some((id, secret))),
            None => self.http.post(endpoint, &form, None),
        }
    }

    /// The user that a token endpoint answered about. Many providers tell name and address only where
    /// the access token is shown.
    fn user(&self, answer: &TokenAnswer, nonce: Option<&str>) -> Result<Claims, Error> {
        let claims = self.believe(&answer.id_token, nonce)?;
        let metadata = self.metadata()?;
        match &metadata.userinfo_endpoint {
            Some(endpoint) if !answer.access_token.is_empty() => {
                let token = Some(answer.access_token.as_str());
                Ok(claims.and(self.http.get(endpoint, token)?)?)
            }
            _ => Ok(claims),
        }
    }

    fn metadata(&self) -> Result<Arc<Metadata>, Error> {
        self.known.metadata(&self.settings.issuer, &self.http)
    }

    fn keys(&self, again: bool) -> Result<Arc<Keys>, Error> {
        let address = &self.metadata()?.jwks_uri;
        self.known.keys(again, || self.http.keys(address))
    }

    /// What a token says, once it is believed. A key that is not known yet may be new.
    fn believe(&self, token: &str, nonce: Option<&str>) -> Result<Claims, Error> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
        let expected = Expected {
            issuer: &self.settings.issuer,
            client_id: &self.settings.client_id,
            nonce,
            now,
        };
        match check(token, &*self.keys(false)?, &expected) {
            Err(TokenError::UnknownKey) => Ok(check(token, &*self.keys(true)?, &expected)?),
            checked => Ok(checked?),
        }
    }
}

/// What is asked for: who the user is, the name and the address.
const SCOPES: &str = "openid profile email";

/// Longest reason of a provider that is shown.
const LONGEST_REASON: usize = 300;

fn refused(answer: &TokenAnswer) -> Error {
    let reason = match answer.error_description.as_str() {
        "" => answer.error.as_str(),
        description => description,
    };
    Error::Refused(reason.chars().take(LONGEST_REASON).collect())
}
