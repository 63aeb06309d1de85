//! ID tokens (OpenID Connect Core 1.0, section 3.1.3.7): what must hold before one is believed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::keys::{Algorithm, Keys};

/// Longest token, in bytes.
const LONGEST: usize = 64 << 10;
/// How far the clocks of two machines may be apart, in seconds.
const LEEWAY: i64 = 60;
/// Longest name of a user at a provider (section 2).
const LONGEST_SUBJECT: usize = 255;

/// Why a token is not believed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TokenError {
    /// It is no token.
    #[error("it is no signed JWT")]
    Form,
    /// It is signed in a way that is not accepted here, or not by the key that it names.
    #[error("the algorithm {0:?} is not accepted, or not for its key")]
    Algorithm(String),
    /// It asks for something that is not known here.
    #[error("it has critical extensions")]
    Extension,
    /// The provider publishes no such key.
    #[error("it is signed with a key that the identity provider does not publish")]
    UnknownKey,
    /// The signature is not that of the key.
    #[error("the signature is wrong")]
    Signature,
    /// A claim is missing or is not what it must be.
    #[error("{0} is missing, or not what it must be")]
    Claim(&'static str),
    /// It is not valid any more.
    #[error("it has expired")]
    Expired,
    /// It is not valid yet.
    #[error("it is not valid yet")]
    TooEarly,
}

/// What a token must say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The provider.
    pub issuer: &'a str,
    /// Whom it is for.
    pub client_id: &'a str,
    /// What was sent with the request that it answers; none for the device flow, which has none.
    pub nonce: Option<&'a str>,
    /// What time it is, in seconds since 1970.
    pub now: i64,
}

/// What a provider says of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// The provider's own name for the user.
    pub subject: String,
    all: Map<String, Value>,
}

impl Claims {
    /// A claim that is a text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.all.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// Adds what the provider says besides. What the token says counts before; an answer about
    /// somebody else does not count at all (section 5.3.2).
    pub(crate) fn and(mut self, more: Map<String, Value>) -> Result<Self, TokenError> {
        if more.get("sub").and_then(Value::as_str) != Some(&self.subject) {
            return Err(TokenError::Claim("sub"));
        }
        // Whether an address is verified is said of the address beside it.
        let has_email = self.all.contains_key("email");
        for (name, value) in more {
            if !(has_email && name == "email_verified") {
                self.all.entry(name).or_insert(value);
            }
        }
        Ok(self)
    }

    /// The address of the user, if the provider has verified it.
    #[must_use]
    pub fn verified_email(&self) -> Option<&str> {
        // Some providers write it as a text.
        let is_verified = match self.all.get("email_verified")? {
            Value::Bool(is_so) => *is_so,
            Value::String(text) => text == "true",
            _ => false,
        };
        self.text("email").filter(|_| is_verified)
    }

    /// The name that a user goes by. An address counts only when it is verified.
    #[must_use]
    pub fn username(&self, claim: &str) -> Option<&str> {
        match claim {
            "email" => self.verified_email(),
            claim => self.text(claim),
        }
    }
}

#[derive(Debug, Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

/// Checks a token.
///
/// # Errors
/// Says why it is not believed.
pub fn check(token: &str, keys: &Keys, expected: &Expected<'_>) -> Result<Claims, TokenError> {
    if token.len() > LONGEST {
        return Err(TokenError::Form);
    }
    let mut parts = token.split('.');
    let (Some(header), Some(claims), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(TokenError::Form);
    };
    let signed = token
        .get(..header.len() + 1 + claims.len())
        .ok_or(TokenError::Form)?;
    let header: Header = json(header)?;
    if header.crit.is_some() {
        return Err(TokenError::Extension);
    }
    let Some(algorithm) = Algorithm::named(&header.alg) else {
        return Err(TokenError::Algorithm(header.alg));
    };
    let signature = bytes(signature)?;
    keys.verify(
        (algorithm, header.kid.as_deref()),
        signed.as_bytes(),
        &signature,
    )?;
    // Only now is what it says looked at.
    check_claims(json(claims)?, expected)
}

fn check_claims(all: Map<String, Value>, expected: &Expected<'_>) -> Result<Claims, TokenError> {
    let text = |name: &str| all.get(name).and_then(Value::as_str);
    let time = |name: &'static str| match all.get(name) {
        None => Ok(None),
        Some(value) => {
            let whole = value.as_i64();
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a time far away stays far away"
            )]
            let seconds = whole.or_else(|| value.as_f64().map(|seconds| seconds as i64));
            seconds.map(Some).ok_or(TokenError::Claim(name))
        }
    };
    if text("iss") != Some(expected.issuer) {
        return Err(TokenError::Claim("iss"));
    }
    let is_us = |value: &Value| value.as_str() == Some(expected.client_id);
    match all.get("aud") {
        Some(Value::Array(all)) if all.iter().any(is_us) => {}
        Some(one) if is_us(one) => {}
        _ => return Err(TokenError::Claim("aud")),
    }
    let is_for_many = matches!(all.get("aud"), Some(Value::Array(all)) if all.len() > 1);
    match all.get("azp") {
        Some(value) if is_us(value) => {}
        None if !is_for_many => {}
        _ => return Err(TokenError::Claim("azp")),
    }
    let expiry = time("exp")?.ok_or(TokenError::Claim("exp"))?;
    if expiry.saturating_add(LEEWAY) <= expected.now {
        return Err(TokenError::Expired);
    }
    let issued = time("iat")?.ok_or(TokenError::Claim("iat"))?;
    for begin in [Some(issued), time("nbf")?].into_iter().flatten() {
        if begin.saturating_sub(LEEWAY) > expected.now {
            return Err(TokenError::TooEarly);
        }
    }
    if expected.nonce.is_some() && text("nonce") != expected.nonce {
        return Err(TokenError::Claim("nonce"));
    }
    let subject = text("sub").filter(|subject| (1..=LONGEST_SUBJECT).contains(&subject.len()));
    let subject = subject.ok_or(TokenError::Claim("sub"))?.to_owned();
    Ok(Claims { subject, all })
}

fn bytes(part: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Form)
}

fn json<T: DeserializeOwned>(part: &str) -> Result<T, TokenError> {
    serde_json::from_slice(&bytes(part)?).map_err(|_| TokenError::Form)
}

#[cfg(test)]
mod tests;
