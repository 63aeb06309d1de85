//! The settings of the identity provider that people sign in through.

use std::fs;
use std::sync::Arc;

use cubit_hub::{Newcomers, Role};
use cubit_server::OpenId;

use super::{Settings, failed};
use crate::error::{Error, Result};

/// The settings that mean nothing without a provider.
const ITS_SETTINGS: [&str; 4] = [
    "oidc_client_id",
    "oidc_client_secret",
    "oidc_client_secret_file",
    "oidc_allow",
];

/// A provider, for a server whose address is not known yet.
pub(super) struct Provider {
    issuer: String,
    client_id: String,
    client_secret: Option<String>,
    username_claim: String,
    newcomers: Newcomers,
}

impl Provider {
    /// The provider; none when there is no issuer.
    pub(super) fn of(settings: &Settings) -> Result<Option<Self>> {
        let Some(issuer) = settings.text("oidc_issuer") else {
            let without = ITS_SETTINGS.into_iter();
            let mut set = without.filter(|name| settings.text(name).is_some());
            return match set.next() {
                Some(name) => Err(settings.wrong(name, "there is no oidc_issuer")),
                None => Ok(None),
            };
        };
        let needed = |name, why| {
            let text = settings.text(name);
            text.ok_or_else(|| settings.wrong(name, why))
        };
        if !cubit_oidc::is_trustworthy(issuer) {
            let what = format!("{issuer:?} is not https://, nor on this machine");
            return Err(settings.wrong("oidc_issuer", &what));
        }
        let client_id = needed("oidc_client_id", "an oidc_issuer needs it")?;
        let allowed = needed(
            "oidc_allow",
            "an oidc_issuer needs it: who may come in, such as example.org, ann@example.org, or * for all that the provider lets in",
        )?;
        let allowed = allowed.split(',').map(|one| one.trim().to_owned());
        let role = settings.text("oidc_role").unwrap_or_default();
        let role = Role::named(role)
            .ok_or_else(|| settings.wrong("oidc_role", "expected Viewer, Member or Admin"))?;
        let text = |name| settings.text(name).unwrap_or_default().to_owned();
        Ok(Some(Self {
            issuer: issuer.to_owned(),
            client_id: client_id.to_owned(),
            client_secret: secret(settings)?,
            username_claim: text("oidc_username_claim"),
            newcomers: Newcomers {
                allowed: allowed.filter(|one| !one.is_empty()).collect(),
                role,
                organization: text("oidc_organization"),
            },
        }))
    }

    /// The provider of a server at an address.
    pub(super) fn at(self, public_url: &str) -> Result<Arc<OpenId>> {
        let client = (self.issuer, self.client_id, self.client_secret);
        let users = (self.newcomers, self.username_claim);
        OpenId::new(client, users, public_url)
            .map(Arc::new)
            .map_err(|error| failed("oidc_issuer", error))
    }
}

/// The secret, or what is in the file of the secret.
fn secret(settings: &Settings) -> Result<Option<String>> {
    let secret = settings.text("oidc_client_secret");
    match (secret, settings.text("oidc_client_secret_file")) {
        (Some(_), Some(_)) => {
            Err(settings.wrong("oidc_client_secret_file", "there is an oidc_client_secret"))
        }
        (None, Some(path)) => {
            let text = fs::read_to_string(path).map_err(|error| Error::file(path, &error))?;
            Ok(Some(text.trim().to_owned()))
        }
        (secret, None) => Ok(secret.map(str::to_owned)),
    }
}

/// The address that people reach the server at, where it is told.
pub(super) fn public_url(settings: &Settings) -> Result<Option<String>> {
    let Some(url) = settings.text("public_url") else {
        return Ok(None);
    };
    let url = url.trim_end_matches('/');
    let host = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']) => {
            Ok(Some(url.to_owned()))
        }
        _ => Err(settings.wrong("public_url", "expected https://HOST, without a path")),
    }
}
