use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::json;

use super::*;
use crate::keys::WrittenKeys;

const NOW: i64 = 1_800_000_000;

const EXPECTED: Expected<'static> = Expected {
    issuer: "https://id.example.org",
    client_id: "cubit",
    nonce: Some("n"),
    now: NOW,
};

/// A provider with a key on the curve P-256, and its key.
struct Signer {
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

impl Signer {
    fn new() -> Self {
        let random = SystemRandom::new();
        let kind = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(kind, &random).expect("a key");
        let pair = EcdsaKeyPair::from_pkcs8(kind, document.as_ref(), &random).expect("a key");
        Self { pair, random }
    }

    fn public(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        json!({
            "kty": "EC", "crv": "P-256", "kid": "one", "use": "sig", "alg": "ES256",
            "x": URL_SAFE_NO_PAD.encode(&point[1..33]),
            "y": URL_SAFE_NO_PAD.encode(&point[33..]),
        })
    }

    fn keys(&self) -> Keys {
        keys(&json!([self.public()]))
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", encoded(header), encoded(claims));
        let signature = self.pair.sign(&self.random, signed.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(signature.expect("a signature"));
        format!("{signed}.{signature}")
    }
}

fn keys(keys: &Value) -> Keys {
    let written: WrittenKeys = serde_json::from_value(json!({"keys": keys})).expect("keys");
    written.into()
}

fn header() -> Value {
    json!({"alg": "ES256", "kid": "one", "typ": "JWT"})
}

fn claims() -> Value {
    json!({
        "iss": "https://id.example.org", "aud": "cubit", "sub": "42", "nonce": "n",
        "iat": NOW - 5, "exp": NOW + 300,
        "email": "ann@example.org", "email_verified": true,
    })
}

fn with(mut value: Value, name: &str, other: Value) -> Value {
    match other {
        Value::Null => drop(value.as_object_mut().expect("an object").remove(name)),
        other => value[name] = other,
    }
    value
}

#[test]
fn a_good_token_is_believed() {
    let signer = Signer::new();
    for (header, claims) in [
        (header(), claims()),
        (with(header(), "kid", Value::Null), claims()),
        (header(), with(claims(), "aud", json!(["cubit"]))),
        (
            header(),
            with(
                with(claims(), "aud", json!(["other", "cubit"])),
                "azp",
                json!("cubit"),
            ),
        ),
        (header(), with(claims(), "nbf", json!(NOW + 30))),
        (header(), with(claims(), "exp", json!(NOW - 30))),
        (header(), with(claims(), "exp", json!(1_800_000_300.5))),
    ] {
        let token = signer.sign(&header, &claims);
        let believed = check(&token, &signer.keys(), &EXPECTED).expect("good");
        assert_eq!(believed.subject, "42", "{claims}");
        assert_eq!(believed.username("email"), Some("ann@example.org"));
    }
}

#[test]
fn what_a_token_says_must_be_so() {
    use TokenError::{Claim, Expired, TooEarly};
    let signer = Signer::new();
    for (name, value, expected) in [
        ("iss", json!("https://id.example.org/"), Claim("iss")),
        ("iss", json!("https://evil.example.org"), Claim("iss")),
        ("iss", json!(["https://id.example.org"]), Claim("iss")),
        ("iss", Value::Null, Claim("iss")),
        ("aud", json!("other"), Claim("aud")),
        ("aud", json!(["other"]), Claim("aud")),
        ("aud", json!([]), Claim("aud")),
        ("aud", Value::Null, Claim("aud")),
        ("aud", json!(["cubit", "other"]), Claim("azp")),
        ("azp", json!("other"), Claim("azp")),
        ("exp", json!(NOW - LEEWAY), Expired),
        ("exp", json!(0), Expired),
        ("exp", json!(i64::MIN), Expired),
        ("exp", json!("1900000000"), Claim("exp")),
        ("exp", Value::Null, Claim("exp")),
        ("iat", json!(NOW + LEEWAY + 1), TooEarly),
        ("iat", Value::Null, Claim("iat")),
        ("nbf", json!(NOW + LEEWAY + 1), TooEarly),
        ("nbf", json!(true), Claim("nbf")),
        ("nonce", json!("other"), Claim("nonce")),
        ("nonce", Value::Null, Claim("nonce")),
        ("sub", json!(""), Claim("sub")),
        ("sub", json!(42), Claim("sub")),
        ("sub", json!("x".repeat(256)), Claim("sub")),
        ("sub", Value::Null, Claim("sub")),
    ] {
        let token = signer.sign(&header(), &with(claims(), name, value.clone()));
        let refused = check(&token, &signer.keys(), &EXPECTED);
        assert_eq!(refused, Err(expected), "{name}: {value}");
    }
}

#[test]
fn a_signature_is_of_a_published_key_by_its_algorithm() {
    use TokenError::{Algorithm, Extension, Form, Signature, UnknownKey};
    let signer = Signer::new();
    let signed = |name, value| signer.sign(&with(header(), name, value), &claims());
    let good = signer.sign(&header(), &claims());
    let unsigned = good.rsplit_once('.').expect("parts").0;
    let algorithm = |name: &str| Err(Algorithm(name.to_owned()));
    let stolen = Signer::new().sign(&header(), &claims());
    let changed = with(claims(), "sub", json!("1"));
    let other_claims = {
        let mut parts: Vec<&str> = good.split('.').collect();
        let changed = encoded(&changed);
        parts[1] = &changed;
        parts.join(".")
    };
    let none = format!(
        "{}.{}.",
        encoded(&json!({"alg": "none"})),
        encoded(&claims())
    );
    for (token, expected) in [
        (none, algorithm("none")),
        (signed("alg", json!("none")), algorithm("none")),
        (signed("alg", json!("HS256")), algorithm("HS256")),
        (signed("alg", json!("es256")), algorithm("es256")),
        (signed("alg", json!("RS256")), algorithm("RS256")),
        (signed("alg", json!("ES384")), algorithm("ES384")),
        (signed("alg", json!("EdDSA")), algorithm("EdDSA")),
        (signed("kid", json!("two")), Err(UnknownKey)),
        (signed("crit", json!(["b64"])), Err(Extension)),
        (signed("alg", Value::Null), Err(Form)),
        (stolen, Err(Signature)),
        (other_claims, Err(Signature)),
        (format!("{unsigned}."), Err(Signature)),
        (format!("{unsigned}.AAAA"), Err(Signature)),
        (unsigned.to_owned(), Err(Form)),
        (format!("{good}."), Err(Form)),
        (format!("{good}="), Err(Form)),
        (format!(" {good}"), Err(Form)),
        ("a.b.c".to_owned(), Err(Form)),
        ("..".to_owned(), Err(Form)),
        (String::new(), Err(Form)),
        ("é.é.é".to_owned(), Err(Form)),
        ("x".repeat(LONGEST + 1), Err(Form)),
    ] {
        let refused = check(&token, &signer.keys(), &EXPECTED);
        assert_eq!(refused, expected, "{token:.80}");
    }
}

#[test]
fn keys_for_other_purposes_sign_nothing() {
    use TokenError::{Algorithm, Signature, UnknownKey};
    let signer = Signer::new();
    let token = signer.sign(&header(), &claims());
    let nameless = signer.sign(&with(header(), "kid", Value::Null), &claims());
    let public = signer.public();
    let other = Signer::new().public();
    let algorithm = || Algorithm("ES256".to_owned());
    for (published, token, expected) in [
        (json!([]), &token, UnknownKey),
        (
            json!([with(public.clone(), "use", json!("enc"))]),
            &token,
            UnknownKey,
        ),
        (
            json!([with(public.clone(), "kty", json!("oct"))]),
            &token,
            UnknownKey,
        ),
        (
            json!([with(public.clone(), "kid", json!("two"))]),
            &token,
            UnknownKey,
        ),
        (
            json!([with(public.clone(), "kid", Value::Null)]),
            &token,
            UnknownKey,
        ),
        (
            json!([with(public.clone(), "alg", json!("ES384"))]),
            &token,
            algorithm(),
        ),
        (
            json!([with(public.clone(), "crv", json!("P-384"))]),
            &token,
            algorithm(),
        ),
        (
            json!([with(public.clone(), "x", other["x"].clone())]),
            &token,
            Signature,
        ),
        (
            json!([with(public.clone(), "x", json!("AA"))]),
            &token,
            Signature,
        ),
        (
            json!([7, "x", {}, with(public.clone(), "x", json!("?"))]),
            &token,
            UnknownKey,
        ),
        // Of two keys it cannot be told which one is meant.
        (json!([public, other]), &nameless, UnknownKey),
    ] {
        let refused = check(token, &keys(&published), &EXPECTED);
        assert_eq!(refused, Err(expected), "{published}");
    }
}

#[test]
fn an_edwards_key_signs_too() {
    let random = SystemRandom::new();
    let document = Ed25519KeyPair::generate_pkcs8(&random).expect("a key");
    let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).expect("a key");
    let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
    let published = keys(&json!([{"kty": "OKP", "crv": "Ed25519", "kid": "e", "x": x}]));
    let header = json!({"alg": "EdDSA", "kid": "e"});
    let signed = format!("{}.{}", encoded(&header), encoded(&claims()));
    let signature = URL_SAFE_NO_PAD.encode(pair.sign(signed.as_bytes()));
    let token = format!("{signed}.{signature}");
    assert!(check(&token, &published, &EXPECTED).is_ok());
    let other = format!("{signed}.{}", URL_SAFE_NO_PAD.encode([0; 64]));
    let refused = check(&other, &published, &EXPECTED);
    assert_eq!(refused, Err(TokenError::Signature));
}

#[test]
fn an_address_counts_when_it_is_verified() {
    let email = json!("ann@example.org");
    for (verified, expected) in [
        (json!(true), true),
        (json!("true"), true),
        (json!(false), false),
        (json!("false"), false),
        (json!(1), false),
        (Value::Null, false),
    ] {
        let all = with(claims(), "email_verified", verified.clone());
        let claims = check_claims(all.as_object().expect("an object").clone(), &EXPECTED);
        let claims = claims.expect("good");
        let name = claims.username("email");
        assert_eq!(
            name,
            expected.then(|| email.as_str()).flatten(),
            "{verified}"
        );
        assert_eq!(claims.username("preferred_username"), None);
        assert_eq!(claims.username("sub"), Some("42"));
    }
}

#[test]
fn what_is_said_besides_is_about_the_same_user_and_its_own_address() {
    let said = |all: Value| {
        let all = all.as_object().expect("an object").clone();
        check_claims(all, &EXPECTED).expect("good")
    };
    let more = |value: Value| value.as_object().expect("an object").clone();
    let bare = with(
        with(claims(), "email", Value::Null),
        "email_verified",
        Value::Null,
    );
    for (token, besides, expected) in [
        (
            bare.clone(),
            json!({"sub": "42", "email": "a@b", "email_verified": true}),
            Ok(Some("a@b")),
        ),
        (bare.clone(), json!({"sub": "42", "email": "a@b"}), Ok(None)),
        (
            bare.clone(),
            json!({"sub": "43", "email": "a@b", "email_verified": true}),
            Err(()),
        ),
        (
            bare.clone(),
            json!({"email": "a@b", "email_verified": true}),
            Err(()),
        ),
        (
            claims(),
            json!({"sub": "42", "email": "a@b"}),
            Ok(Some("ann@example.org")),
        ),
        (
            with(claims(), "email_verified", Value::Null),
            json!({"sub": "42", "email": "a@b", "email_verified": true}),
            Ok(None),
        ),
    ] {
        let both = said(token).and(more(besides.clone()));
        let both = both.map_err(|_| ());
        let email = both.as_ref().map(Claims::verified_email).map_err(|_| ());
        assert_eq!(email, expected, "{besides}");
    }
}
