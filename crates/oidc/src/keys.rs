//! The keys of a provider (RFC 7517), and what algorithm (RFC 7518) goes with what key. All are
//! public: a secret that both sides know signs nothing here, so that a public key is never taken
//! for one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey};
use ring::signature::{EcdsaVerificationAlgorithm, EdDSAParameters, VerificationAlgorithm};
use serde::Deserialize;

use crate::token::TokenError;

/// Most keys that are looked at.
const MOST: usize = 100;

/// An algorithm of signatures.
pub(crate) struct Algorithm {
    name: &'static str,
    method: Method,
}

enum Method {
    Rsa(&'static RsaParameters),
    Curve(&'static str, &'static EcdsaVerificationAlgorithm),
    Edwards(&'static EdDSAParameters),
}

/// All that are accepted.
static ALGORITHMS: [Algorithm; 9] = [
    rsa("RS256", &signature::RSA_PKCS1_2048_8192_SHA256),
    rsa("RS384", &signature::RSA_PKCS1_2048_8192_SHA384),
    rsa("RS512", &signature::RSA_PKCS1_2048_8192_SHA512),
    rsa("PS256", &signature::RSA_PSS_2048_8192_SHA256),
    rsa("PS384", &signature::RSA_PSS_2048_8192_SHA384),
    rsa("PS512", &signature::RSA_PSS_2048_8192_SHA512),
    curve("ES256", "P-256", &signature::ECDSA_P256_SHA256_FIXED),
    curve("ES384", "P-384", &signature::ECDSA_P384_SHA384_FIXED),
    Algorithm {
        name: "EdDSA",
        method: Method::Edwards(&signature::ED25519),
    },
];

const fn rsa(name: &'static str, parameters: &'static RsaParameters) -> Algorithm {
    Algorithm {
        name,
        method: Method::Rsa(parameters),
    }
}

const fn curve(
    name: &'static str,
    curve: &'static str,
    algorithm: &'static EcdsaVerificationAlgorithm,
) -> Algorithm {
    Algorithm {
        name,
        method: Method::Curve(curve, algorithm),
    }
}

impl Algorithm {
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        ALGORITHMS.iter().find(|algorithm| algorithm.name == name)
    }
}

/// The keys that a provider publishes.
#[derive(Debug, Clone, Default)]
pub struct Keys(Vec<Key>);

#[derive(Debug, Clone)]
struct Key {
    id: Option<String>,
    algorithm: Option<String>,
    public: Public,
}

#[derive(Debug, Clone)]
enum Public {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    Curve { name: String, point: Vec<u8> },
    Edwards { x: Vec<u8> },
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Written {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    r#use: Option<String>,
    crv: String,
    n: String,
    e: String,
    x: String,
    y: String,
}

/// A set of keys as providers write it.
#[derive(Debug, Deserialize)]
pub(crate) struct WrittenKeys {
    keys: Vec<serde_json::Value>,
}

impl From<WrittenKeys> for Keys {
    /// Takes what can be used: a provider may have keys for other purposes, of kinds that nobody
    /// here knows.
    fn from(written: WrittenKeys) -> Self {
        let keys = written.keys.into_iter().take(MOST);
        let written = keys.filter_map(|key| serde_json::from_value(key).ok());
        Self(written.filter_map(Key::of).collect())
    }
}

impl Key {
    fn of(written: Written) -> Option<Self> {
        if written.r#use.is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
        let public = match (written.kty.as_str(), written.crv.as_str()) {
            ("RSA", _) => Public::Rsa {
                n: without_zeros(&bytes(&written.n)?),
                e: without_zeros(&bytes(&written.e)?),
            },
            ("EC", curve) => Public::Curve {
                name: curve.to_owned(),
                // Uncompressed, as in SEC 1.
                point: [vec![4], bytes(&written.x)?, bytes(&written.y)?].concat(),
            },
            ("OKP", "Ed25519") => Public::Edwards {
                x: bytes(&written.x)?,
            },
            _ => return None,
        };
        Some(Self {
            id: written.kid,
            algorithm: written.alg,
            public,
        })
    }

    /// Whether the key may be used with an algorithm.
    fn fits(&self, algorithm: &Algorithm) -> bool {
        let is_meant = self.algorithm.as_ref();
        is_meant.is_none_or(|name| name == algorithm.name)
            && match (&self.public, &algorithm.method) {
                (Public::Rsa { .. }, Method::Rsa(_))
                | (Public::Edwards { .. }, Method::Edwards(_)) => true,
                (Public::Curve { name, .. }, Method::Curve(curve, _)) => name == curve,
                _ => false,
            }
    }

    fn verify(&self, algorithm: &Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let check = |with: &'static dyn VerificationAlgorithm, key: &[u8]| {
            UnparsedPublicKey::new(with, key)
                .verify(message, signature)
                .is_ok()
        };
        match (&self.public, &algorithm.method) {
            (Public::Rsa { n, e }, Method::Rsa(parameters)) => RsaPublicKeyComponents { n, e }
                .verify(parameters, message, signature)
                .is_ok(),
            (Public::Curve { point, .. }, Method::Curve(_, with)) => check(*with, point),
            (Public::Edwards { x }, Method::Edwards(with)) => check(*with, x),
            _ => false,
        }
    }
}

fn without_zeros(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes[zeros..].to_vec()
}

impl Keys {
    /// Checks a signature by the key with an id. A token that names none is of the only key that
    /// goes with its algorithm.
    pub(crate) fn verify(
        &self,
        (algorithm, id): (&Algorithm, Option<&str>),
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), TokenError> {
        let named = |key: &&Key| id.is_none() || key.id.as_deref() == id;
        let mut found = self.0.iter().filter(named).peekable();
        if found.peek().is_none() {
            return Err(TokenError::UnknownKey);
        }
        let mut found = found.filter(|key| key.fits(algorithm));
        match (found.next(), found.next()) {
            (Some(key), None) if key.verify(algorithm, message, signature) => Ok(()),
            (Some(_), None) => Err(TokenError::Signature),
            (None, _) => Err(TokenError::Algorithm(algorithm.name.to_owned())),
            (Some(_), Some(_)) => Err(TokenError::UnknownKey),
        }
    }
}
