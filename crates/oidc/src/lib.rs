//! Signing people in through an OpenID Connect provider, as its relying party: the authorization
//! code flow with PKCE and the device flow.
//!
//! Invariants: a token is believed only after its signature, by a key that the provider publishes
//! and an algorithm with a public key, and its issuer, audience, times and nonce were checked;
//! requests go over TLS, or to this machine where the provider runs on it; no redirect is followed;
//! answers and waiting are bounded; no secret is in an error.
//!
//! Requests block: call from a thread that may wait.
//!
//! ```
//! use cubit_oidc::{challenge, random};
//! let verifier = random()?;
//! // Sent ahead; whoever sends the verifier later is the one who sent this.
//! let challenge = challenge(&verifier);
//! assert_eq!(challenge.len(), 43);
//! # Ok::<(), cubit_oidc::Error>(())
//! ```

mod address;
mod http;
mod keys;
mod known;
mod metadata;
mod provider;
mod secret;
mod token;

use thiserror::Error;

pub use address::{is_loopback, is_trustworthy};
pub use keys::Keys;
pub use provider::{DeviceSignIn, Poll, Provider, Settings};
pub use secret::{challenge, random};
pub use token::{Claims, Expected, TokenError, check};

/// Why somebody was not signed in.
#[derive(Debug, Error)]
pub enum Error {
    /// The provider cannot be reached, or answers something else than it should.
    #[error("the identity provider cannot be used: {0}")]
    Provider(String),
    /// The provider refuses; in its words.
    #[error("the identity provider refuses: {0}")]
    Refused(String),
    /// The provider cannot do what is asked for.
    #[error("the identity provider has no {0}")]
    Missing(&'static str),
    /// What the provider says of the user cannot be believed.
    #[error("the ID token is refused: {0}")]
    Token(#[from] TokenError),
    /// The system has no random bytes.
    #[error("no random bytes: {0}")]
    Random(String),
}
