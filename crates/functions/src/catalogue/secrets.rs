//! Validation that no secret stands in plain text.
//!
//! What is found is never repeated: an answer says where, of what kind, and how long.

use std::sync::LazyLock;

use cubit_configdata::{Kind, NodeRef, ResolvedPath, Resource, Step, Style, placeholder};
use regex::Regex;

use super::findings::{Findings, Severity};
use crate::function::{Call, Failure, Function, Output, optional};
use crate::signature::DataType;

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: web\n    env:\n    - name: DB_PASSWORD\n      value: correct horse\n    - name: DB_URL\n      value: postgres://shop:hunter2@db/shop\n    - name: TOKEN_FILE\n      value: /run/token\n";
const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: key}\nstringData: {a: b}\n";

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::generic("vet-secrets", "Passes when no value looks like a secret: private keys and tokens of known shapes, passwords in URLs, values whose name says password, token, secret or key, and random text. Values are not repeated in the answer.", vet)
            .validating()
            .parameter(optional("include-secrets", DataType::Bool, "true", "Whether the values of Secrets fail too."))
            .example(&[], POD, r#""Details":["v1/Pod /web: spec.containers.0.env.0.value: a value named like a secret, 13 characters long, in plain text (named-secret)","v1/Pod /web: spec.containers.0.env.1.value: a password in a URL, 7 characters long, in plain text (url-password)"]"#)
            .example(&[], SECRET, r#""Passed":true"#)
            .example(&["true"], SECRET, r#""Details":["v1/Secret /key: stringData.a: a value of a Secret, 1 character long, in plain text (secret-data)"]"#),
    ]
}

/// What a secret was taken for.
struct Found {
    rule: &'static str,
    severity: Severity,
    kind: &'static str,
    /// Characters of the secret itself.
    length: usize,
}

/// A shape that says by itself what it is: rule, kind, expression. A group is the secret; else all.
const SHAPES: [(&str, &str, &str); 13] = [
    (
        "private-key",
        "a private key",
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----",
    ),
    (
        "aws-access-key",
        "an access key of AWS",
        r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b",
    ),
    (
        "google-api-key",
        "an API key of Google",
        r"\bAIza[0-9A-Za-z_-]{35}",
    ),
    (
        "google-token",
        "an OAuth secret of Google",
        r"\b(?:GOCSPX-[0-9A-Za-z_-]{28}|ya29\.[0-9A-Za-z_-]{20,})",
    ),
    (
        "github-token",
        "a token of GitHub",
        r"\b(?:gh[pousr]_[0-9A-Za-z]{36,}|github_pat_[0-9A-Za-z_]{22,})",
    ),
    (
        "gitlab-token",
        "a token of GitLab",
        r"\bglpat-[0-9A-Za-z_-]{20,}",
    ),
    (
        "slack-token",
        "a token of Slack",
        r"\bxox[abeoprs]-[0-9A-Za-z-]{10,}",
    ),
    (
        "slack-webhook",
        "a webhook of Slack",
        r"hooks\.slack\.com/services/T[0-9A-Z]+/B[0-9A-Z]+/[0-9A-Za-z]+",
    ),
    (
        "stripe-key",
        "a live key of Stripe",
        r"\b[sr]k_live_[0-9A-Za-z]{20,}",
    ),
    ("npm-token", "a token of npm", r"\bnpm_[0-9A-Za-z]{36}\b"),
    (
        "jwt",
        "a JSON Web Token",
        r"\beyJ[0-9A-Za-z_-]{8,}\.eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}",
    ),
    (
        "url-password",
        "a password in a URL",
        r"\b[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@]*:([^\s/@]+)@",
    ),
    (
        "named-secret",
        "a value named like a secret",
        r#"(?i)(?:password|passwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key)["']?[ \t]*[:=][ \t]*["']?([^\s"',;]{6,})"#,
    ),
];

static EXPRESSIONS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    SHAPES
        .iter()
        .map(|(_, _, expression)| {
            Regex::new(expression)
                .unwrap_or_else(|error| unreachable!("a constant expression: {error}"))
        })
        .collect()
});

fn vet(call: &mut Call<'_>) -> Result<Output, Failure> {
    let include_secrets = call.arguments.bool("include-secrets").unwrap_or_default();
    let mut findings = Findings::default();
    for resource in call.resources("*") {
        let mut found: Vec<(ResolvedPath, Found)> = Vec::new();
        resource.root.visit_leaves(&mut |path, node| {
            if node.is_collection() || matches!(node.kind(), Kind::Null | Kind::Bool) {
                return;
            }
            // Where the secret comes from is not the secret.
            if node.style() == Style::Expression {
                return;
            }
            let text = node.scalar();
            let secret = if is_secret_data(&resource, path) {
                (include_secrets && !text.is_empty() && text != placeholder::TEXT).then(|| Found {
                    rule: "secret-data",
                    severity: Severity::High,
                    kind: "a value of a Secret",
                    length: text.chars().count(),
                })
            } else {
                secret_in(&text, &name_of(resource.root, path))
            };
            found.extend(secret.map(|secret| (path.clone(), secret)));
        });
        for (path, found) in found {
            let characters = if found.length == 1 {
                "character"
            } else {
                "characters"
            };
            let message = format!(
                "{}, {} {characters} long, in plain text",
                found.kind, found.length
            );
            findings.add_redacted(
                call,
                &resource,
                &path,
                (found.rule, found.severity),
                &message,
            );
        }
    }
    Ok(findings.verdict())
}

fn is_secret_data(resource: &Resource<'_>, path: &ResolvedPath) -> bool {
    let is_data =
        |step: &Step| matches!(step, Step::Key(key) if key == "data" || key == "stringData");
    resource.info.resource_type == "v1/Secret" && path.0.first().is_some_and(is_data)
}

/// What a value is called: its key, or the name beside it where the key is just `value`.
fn name_of(root: NodeRef<'_>, path: &ResolvedPath) -> String {
    let Some(at) = path.0.iter().rposition(|step| matches!(step, Step::Key(_))) else {
        return String::new();
    };
    let Some(Step::Key(key)) = path.0.get(at) else {
        return String::new();
    };
    if key == "value"
        && let Some(name) = path
            .0
            .get(..at)
            .and_then(|above| above.iter().try_fold(root, NodeRef::step))
            .and_then(|above| above.get("name"))
    {
        return name.scalar().into_owned();
    }
    key.clone()
}

/// The secret in a value with a name, if there is one.
fn secret_in(text: &str, name: &str) -> Option<Found> {
    for ((rule, kind, _), expression) in SHAPES.iter().zip(EXPRESSIONS.iter()) {
        let secret = expression
            .captures_iter(text)
            .filter_map(|captures| captures.get(1).or_else(|| captures.get(0)))
            .find(|secret| !stands_for_another(secret.as_str()));
        if let Some(secret) = secret {
            return Some(Found {
                rule,
                severity: if *rule == "named-secret" {
                    Severity::High
                } else {
                    Severity::Critical
                },
                kind,
                length: secret.as_str().chars().count(),
            });
        }
    }
    if says_secret(name, text) && !stands_for_another(text) {
        return Some(Found {
            rule: "named-secret",
            severity: Severity::High,
            kind: "a value named like a secret",
            length: text.chars().count(),
        });
    }
    if is_expected_to_be_random(name) {
        return None;
    }
    let word = text.trim();
    is_random(word).then_some(Found {
        rule: "high-entropy",
        severity: Severity::Medium,
        kind: "random text",
        length: word.len(),
    })
}

/// Whether a text only says where the secret is: a variable, a template, a file, an address.
fn stands_for_another(text: &str) -> bool {
    let text = text.trim_matches(['"', '\'', ' ']);
    text.is_empty()
        || text == placeholder::TEXT
        || text.starts_with(['$', '/', '<', '{', '%', '*'])
        || text.contains("{{")
        || text.contains("$(")
        || text.contains("${")
        || text.starts_with("http://")
        || text.starts_with("https://")
        || text.starts_with("file:")
        || matches!(
            text.to_ascii_lowercase().as_str(),
            "true" | "false" | "null" | "none"
        )
}

/// Whether a name ends with a word for secrets. `key` alone is a word for many things: its value
/// has to be long.
fn says_secret(name: &str, text: &str) -> bool {
    let mut plain = name.to_ascii_lowercase();
    plain.retain(|c| c.is_ascii_alphanumeric());
    let is_upper = name.contains('_') || name.bytes().all(|byte| !byte.is_ascii_lowercase());
    let ends = |words: &[&str]| words.iter().any(|word| plain.ends_with(word));
    let is_one_line = !text.trim().contains('\n');
    is_one_line
        && (ends(&[
            "password",
            "passwd",
            "passphrase",
            "clientsecret",
            "apikey",
            "privatekey",
            "secretkey",
            "secretaccesskey",
        ]) || is_upper && ends(&["token", "secret"])
            || is_upper && ends(&["key"]) && text.len() >= 16 && !text.contains(['.', ' ']))
}

/// Whether random text is what a value of a name usually is: digests, certificates, ids.
fn is_expected_to_be_random(name: &str) -> bool {
    const WORDS: [&str; 15] = [
        "checksum", "hash", "digest", "sha1", "sha256", "sha512", "md5", "cabundle", "crt", "cert",
        "pem", "uid", "uuid", "commit", "image",
    ];
    let mut plain = name.to_ascii_lowercase();
    plain.retain(|c| c.is_ascii_alphanumeric());
    WORDS.iter().any(|word| plain.contains(word))
}

/// Shortest text that is looked at, and the least entropy in bits a character, for hexadecimal
/// digits (at most 4) and for Base64 (at most 6). Text of 24 random characters of Base64 has about
/// 4.3.
const HEX: (usize, f64) = (32, 3.0);
const BASE64: (usize, f64) = (24, 4.2);

fn is_random(word: &str) -> bool {
    let body = word.trim_end_matches('=');
    if body.len() > 4096 || is_uuid(body) {
        return false;
    }
    if body.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let has = |test: fn(&u8) -> bool| body.as_bytes().iter().any(test);
        return body.len() >= HEX.0
            && has(u8::is_ascii_digit)
            && has(u8::is_ascii_alphabetic)
            && entropy(body) >= HEX.1;
    }
    let count = |test: fn(&u8) -> bool| body.as_bytes().iter().filter(|byte| test(byte)).count();
    body.len() >= BASE64.0
        && body
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_'))
        // A path or a name of many words is long, too.
        && body.matches(['/', '-', '_']).count() * 8 <= body.len()
        && count(u8::is_ascii_digit) >= 2
        && count(u8::is_ascii_uppercase) >= 2
        && count(u8::is_ascii_lowercase) >= 2
        && entropy(body) >= BASE64.1
}

fn is_uuid(word: &str) -> bool {
    let parts: Vec<&str> = word.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.concat().bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Shannon entropy, in bits a byte.
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let all = f64::from(u32::try_from(text.len()).unwrap_or(u32::MAX));
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = f64::from(*count) / all;
            -share * share.log2()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Put together here, so that no scanner takes this file for a leak.
    fn random(length: usize) -> String {
        "q7Zx2LmW9vTb4RcY8nKd3HsJ6gPf5MaE1uQo0IwX"
            .chars()
            .cycle()
            .take(length)
            .collect()
    }

    fn rule(name: &str, text: &str) -> &'static str {
        secret_in(text, name).map_or("", |found| found.rule)
    }

    #[test]
    fn shapes_and_names() {
        let random = random(40);
        for (name, text, expected) in [
            ("a", format!("ghp_{random}"), "github-token"),
            (
                "a",
                format!("AKIA{}", "ABCDEFGH".repeat(2)),
                "aws-access-key",
            ),
            ("a", format!("x xoxb-{random} y"), "slack-token"),
            (
                "a",
                "-----BEGIN RSA PRIVATE KEY-----\n".to_owned(),
                "private-key",
            ),
            ("a", format!("eyJ{random}.eyJ{random}.{random}"), "jwt"),
            ("a", "amqp://u:p4ss@host".to_owned(), "url-password"),
            ("a", "amqp://u:$(PASS)@host".to_owned(), ""),
            ("a", "https://host:8080/a@b".to_owned(), ""),
            ("a", "--password=hunter22".to_owned(), "named-secret"),
            ("a", "--password=${PASS}".to_owned(), ""),
            (
                "app.ini",
                "[db]\npassword = hunter22\n".to_owned(),
                "named-secret",
            ),
            ("a", "passwordFile: /run/x".to_owned(), ""),
            ("DB_PASSWORD", "x".to_owned(), "named-secret"),
            ("API_TOKEN", "$(OTHER)".to_owned(), ""),
            (
                "SIGNING_KEY",
                "0123456789abcdef0".to_owned(),
                "named-secret",
            ),
            ("SORT_KEY", "name".to_owned(), ""),
            ("secretName", "db-secret".to_owned(), ""),
            (
                "key",
                "node-role.kubernetes.io/control-plane".to_owned(),
                "",
            ),
            ("a", random.clone(), "high-entropy"),
            ("caBundle", random.clone(), ""),
            ("checksum/config", random, ""),
            ("a", "123e4567-e89b-12d3-a456-426614174000".to_owned(), ""),
            ("a", "a-very-long-name-of-many-words-v2".to_owned(), ""),
            (
                "a",
                "0f1e2d3c4b5a69788796a5b4c3d2e1f0".to_owned(),
                "high-entropy",
            ),
            ("a", "/usr/local/share/ca-certificates/Root2".to_owned(), ""),
            (
                "a",
                "ghcr.io/a/b@sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f0".to_owned(),
                "",
            ),
        ] {
            assert_eq!(rule(name, &text), expected, "{name}: {text}");
        }
    }

    #[test]
    fn nothing_found_is_repeated() {
        let secret = format!("ghp_{}", random(36));
        let text = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {{a: {secret}}} # {secret}\n"
        );
        let config = cubit_configdata::Config::parse(
            cubit_configdata::Toolchain::KubernetesYaml,
            text.as_bytes(),
        );
        let outcome = crate::execute(crate::Execution {
            context: &crate::FunctionContext::default(),
            config: config.expect("readable"),
            invocations: &[crate::FunctionInvocation::new(
                "vet-secrets",
                Vec::<String>::new(),
            )],
            num_filters: 0,
            stop_on_error: false,
        });
        let answer = outcome.outputs["ValidationResult"].to_string();
        assert!(
            answer.contains("github-token") && answer.contains("***"),
            "{answer}"
        );
        assert!(!answer.contains("ghp_"), "{answer}");
    }
}
