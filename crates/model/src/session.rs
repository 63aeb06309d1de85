//! Sessions and tokens.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Time;

/// A name and a password.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct SignInRequest {
    /// Name of the user.
    pub username: String,
    /// Password of the user.
    pub password: String,
    /// Slug of the organization; the first that the user is a member of when absent.
    pub organization: String,
}

/// The id and the secret of a worker.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct WorkerSignInRequest {
    /// Id of the worker.
    pub worker_id: String,
    /// Its secret.
    pub worker_secret: String,
}

/// The refresh token of a session.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct RefreshRequest {
    /// The token.
    pub refresh_token: String,
}

/// The code that a browser brought from an identity provider.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct CodeRequest {
    /// The code.
    pub code: String,
    /// What the challenge was made of that the sign-in began with.
    pub code_verifier: String,
}

/// A sign-in at an identity provider, on another device (RFC 8628).
#[derive(Clone, Default, Serialize, ToSchema)]
pub struct DeviceCode {
    /// What to ask with whether the person is done.
    pub device_code: String,
    /// What the person types.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// The same with the code in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification_uri_complete: Option<String>,
    /// Seconds until it is too late.
    pub expires_in: u64,
    /// Seconds between two questions.
    pub interval: u64,
}

/// What to ask with whether the person is done.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct DeviceCodeRequest {
    /// The code.
    pub device_code: String,
}

/// A session, in the words that clients keep in their file.
#[derive(Clone, Default, Serialize, ToSchema)]
pub struct Session {
    /// Bearer token for all operations.
    pub access_token: String,
    /// Gets another access token (`POST /auth/refresh`), or a session in another organization; good
    /// for nothing else.
    pub refresh_token: String,
    /// The organization; its id at the identity provider, if it has one.
    pub organization_id: String,
    /// How the token is sent: as a bearer.
    pub auth_type: String,
    /// The user.
    pub user: SessionUser,
}

/// The user of a session.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct SessionUser {
    /// Its id.
    pub id: String,
    /// Its name, which is often an address.
    pub email: String,
    /// What to call it.
    pub first_name: String,
    /// Its id at the identity provider.
    pub external_id: String,
    /// Avatar URL.
    pub profile_picture_url: String,
}

/// Another password.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase")]
pub struct PasswordChange {
    /// The old one, where there is one.
    pub old_password: String,
    /// The new one.
    pub password: String,
}

/// A token that is wanted.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(default, rename_all = "PascalCase", deny_unknown_fields)]
pub struct TokenRequest {
    /// What people call it.
    pub name: String,
    /// Names of the permissions it is for; all that the user has when absent.
    pub scopes: Vec<String>,
    /// When it stops working; never when absent.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Time>,
}

/// A token of one's own.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub struct TokenInfo {
    /// Its identifier.
    #[serde(rename = "TokenID")]
    pub token_id: Uuid,
    /// What people call it.
    pub name: String,
    /// The permissions it is for, as far as its user has them.
    pub scopes: Vec<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Time,
    /// When it stops working.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Time>,
    /// Its text: answered when it is made, then never.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub token: Option<String>,
}
