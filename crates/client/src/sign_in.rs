use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::transport::refusal;
use crate::{Client, Error};

/// A session: what `/auth/...` answers.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Session {
    /// The token for all operations.
    pub access_token: String,
    /// What gets another one.
    pub refresh_token: String,
}

impl std::fmt::Debug for Session {
    /// Leaves the tokens out, so that they cannot end up in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}

/// Whether the person has signed in on another device.
#[derive(Debug)]
pub enum DevicePoll {
    /// Not yet.
    Pending,
    /// Not yet, and it was asked too often.
    SlowDown,
    /// Yes.
    SignedIn(Session),
}

impl Client {
    /// Signs in by name and password.
    pub fn login(&self, username: &str, password: &str) -> Result<Session, Error> {
        let body = json!({"username": username, "password": password});
        self.send_beside("/auth/login", &(), &body)
    }

    /// Ends the session of the client's token, or makes the token useless.
    pub fn logout(&self) -> Result<(), Error> {
        let _: String = self.send_beside("/auth/logout", &(), &json!(null))?;
        Ok(())
    }

    /// Goes on in another organization, named by its external id or its id. The client's token is
    /// useless after it.
    pub fn switch_organization(&self, organization: &str) -> Result<Session, Error> {
        let query = [("organization_id", organization)];
        self.send_beside("/auth/switch-organization", &query, &json!(null))
    }

    /// A session for a code that a browser brought.
    pub fn redeem_code(&self, code: &str, verifier: &str) -> Result<Session, Error> {
        let body = json!({"code": code, "code_verifier": verifier});
        self.send_beside("/auth/oidc/token", &(), &body)
    }

    /// Begins to sign in on another device.
    pub fn begin_device_sign_in<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.send_beside("/auth/oidc/device", &(), &json!(null))
    }

    /// Asks whether the person has signed in on the other device.
    pub fn poll_device_sign_in(&self, device_code: &str) -> Result<DevicePoll, Error> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Refused {
            error: String,
        }
        let path = "/auth/oidc/device/token";
        let body = json!({"device_code": device_code});
        let (status, bytes) = self.try_send_beside(path, &body)?;
        if status == 200 {
            let session = serde_json::from_slice(&bytes);
            let session = session.map_err(|error| Error::Unexpected {
                method: "POST".to_owned(),
                path: path.to_owned(),
                reason: error.to_string(),
            })?;
            return Ok(DevicePoll::SignedIn(session));
        }
        let refused: Refused = serde_json::from_slice(&bytes).unwrap_or_default();
        match refused.error.as_str() {
            "authorization_pending" => Ok(DevicePoll::Pending),
            "slow_down" => Ok(DevicePoll::SlowDown),
            _ => Err(Error::Refused {
                status,
                message: refusal(status, &bytes),
                request_id: None,
            }),
        }
    }

    /// The organizations of the user.
    pub fn list_organizations<T: DeserializeOwned>(&self) -> Result<Vec<T>, Error> {
        self.get("/organization", &())
    }
}
