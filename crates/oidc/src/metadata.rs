//! What a provider says of itself (OpenID Connect Discovery 1.0).

use serde::Deserialize;

use crate::Error;
use crate::address::{is_loopback, is_trustworthy};

/// The endpoints of a provider.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Metadata {
    issuer: String,
    pub(crate) authorization_endpoint: String,
    pub(crate) token_endpoint: String,
    pub(crate) jwks_uri: String,
    pub(crate) device_authorization_endpoint: Option<String>,
    pub(crate) userinfo_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

/// Where a provider says it.
pub(crate) fn address(issuer: &str) -> String {
    let issuer = issuer.trim_end_matches('/');
    format!("{issuer}/.well-known/openid-configuration")
}

impl Metadata {
    /// Refuses what is said of another provider, and endpoints that others could listen to. Only a
    /// provider on this machine may have endpoints on it that are not encrypted.
    pub(crate) fn checked(self, issuer: &str) -> Result<Self, Error> {
        if self.issuer != issuer {
            return Err(Error::Provider(format!(
                "it says that it is {:?}, and not {issuer:?}",
                self.issuer
            )));
        }
        let endpoints = [
            Some(&self.authorization_endpoint),
            Some(&self.token_endpoint),
            Some(&self.jwks_uri),
            self.device_authorization_endpoint.as_ref(),
            self.userinfo_endpoint.as_ref(),
        ];
        for endpoint in endpoints.into_iter().flatten() {
            let is_good = is_trustworthy(endpoint);
            if !is_good || (is_loopback(endpoint) && !is_loopback(issuer)) {
                return Err(Error::Provider(format!("{endpoint:?} is not https://")));
            }
        }
        Ok(self)
    }

    /// Whether the secret of the client stands in the form, and not in a header.
    pub(crate) fn wants_secret_in_form(&self) -> bool {
        let methods = &self.token_endpoint_auth_methods_supported;
        let has = |name: &str| methods.iter().any(|method| method == name);
        // Without a list it is the header (section 3).
        has("client_secret_post") && !has("client_secret_basic")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn endpoints_are_those_of_the_provider_and_nobody_listens_to_them() {
        let issuer = "https://id.example.org/realm";
        let here = "http://127.0.0.1:9/";
        for (asked, says, keys, expected) in [
            (issuer, issuer, "https://keys.example.org/", true),
            (
                issuer,
                "https://id.example.org",
                "https://k.example.org/",
                false,
            ),
            (
                issuer,
                "https://id.example.org/realm/",
                "https://k.example.org/",
                false,
            ),
            (issuer, issuer, "http://keys.example.org/", false),
            (issuer, issuer, here, false),
            (issuer, issuer, "file:///etc/passwd", false),
            (here, here, here, true),
            (here, here, "https://keys.example.org/", true),
            (here, here, "http://10.0.0.1/", false),
        ] {
            let metadata: Metadata = serde_json::from_value(json!({
                "issuer": says,
                "authorization_endpoint": "https://id.example.org/a",
                "token_endpoint": "https://id.example.org/t",
                "jwks_uri": keys,
            }))
            .expect("metadata");
            let checked = metadata.checked(asked);
            assert_eq!(checked.is_ok(), expected, "{asked} {says} {keys}");
        }
    }

    #[test]
    fn where_the_provider_says_it() {
        for issuer in [
            "https://id.example.org/realm",
            "https://id.example.org/realm/",
        ] {
            let expected = "https://id.example.org/realm/.well-known/openid-configuration";
            assert_eq!(address(issuer), expected);
        }
    }
}
