//! Facts about a server.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Facts a client needs before it can log in, and build facts for support.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct ApiInfo {
    /// Base URL of the identity provider.
    pub auth_server: String,
    /// OAuth client id for the CLI.
    #[serde(rename = "ClientID")]
    pub client_id: String,
    /// OAuth redirect URI.
    #[serde(rename = "RedirectURI")]
    pub redirect_uri: String,
    /// Device-flow authorization endpoint.
    #[serde(rename = "DeviceAuthURL")]
    pub device_auth_url: String,
    /// Device-flow token endpoint.
    #[serde(rename = "DeviceTokenURL")]
    pub device_token_url: String,
    /// Port that workers connect to.
    pub worker_port: String,
    /// Build identifier.
    pub build: String,
    /// Build time.
    pub built_at: String,
    /// Service revision.
    pub revision: String,
}
