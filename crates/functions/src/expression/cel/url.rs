//! Absolute URLs and absolute paths, read as Go's `ParseRequestURI` reads them.

use std::collections::HashMap;

use cel::Value;

use super::known::Known;
use super::library::{Function, Shape, function, list, string, text_of, wrong};

/// A URL in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Url {
    pub(super) text: String,
    scheme: String,
    /// With its port.
    host: String,
    path: String,
    query: String,
}

pub(super) const FUNCTIONS: [Function; 8] = [
    function(Shape::Global, "url", |given, _| match given {
        [Value::String(text)] => Url::read(text)
            .map(|url| Known::Url(url).into())
            .ok_or_else(|| format!("expected an absolute URL or an absolute path, got {text:?}")),
        _ => wrong(given),
    }),
    function(Shape::Global, "isURL", |given, _| match given {
        [value] => Ok(text_of(value)
            .is_some_and(|text| Url::read(text).is_some())
            .into()),
        _ => wrong(given),
    }),
    function(Shape::Member, "getScheme", |given, _| {
        part(given, |url| url.scheme.clone())
    }),
    function(Shape::Member, "getHost", |given, _| {
        part(given, |url| url.host.clone())
    }),
    function(Shape::Member, "getHostname", |given, _| {
        part(given, |url| url.host_and_port().0.to_owned())
    }),
    function(Shape::Member, "getPort", |given, _| {
        part(given, |url| url.host_and_port().1.to_owned())
    }),
    function(Shape::Member, "getEscapedPath", |given, left| {
        // Each byte may become three.
        left.take(url(given).map_or(0, |url| url.path.len() / 4))?;
        part(given, |url| escaped(&url.path))
    }),
    function(Shape::Member, "getQuery", |given, left| match url(given) {
        Some(url) => {
            left.take(url.query.len() / 16)?;
            let mut entries: HashMap<String, Vec<Value>> = HashMap::new();
            for pair in url.query.split('&').filter(|pair| !pair.is_empty()) {
                left.take(1)?;
                let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                // What cannot be read is passed over, as in Go.
                if let (Some(key), Some(value)) = (unescaped(key, true), unescaped(value, true))
                    && !pair.contains(';')
                {
                    entries.entry(key).or_default().push(string(value));
                }
            }
            let entries: HashMap<String, Value> = entries
                .into_iter()
                .map(|(key, values)| (key, list(values)))
                .collect();
            Ok(Value::Map(entries.into()))
        }
        None => wrong(given),
    }),
];

fn url(given: &[Value]) -> Option<&Url> {
    match given {
        [value] => match Known::of(value) {
            Some(Known::Url(url)) => Some(url),
            _ => None,
        },
        _ => None,
    }
}

fn part(given: &[Value], part: fn(&Url) -> String) -> Result<Value, String> {
    match url(given) {
        Some(url) => Ok(string(part(url))),
        None => wrong(given),
    }
}

impl Url {
    pub(super) fn read(text: &str) -> Option<Self> {
        if text.is_empty() || text.bytes().any(|byte| byte.is_ascii_control()) {
            return None;
        }
        let (scheme, rest) = split_scheme(text)?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut url = Self {
            text: text.to_owned(),
            scheme: scheme.to_ascii_lowercase(),
            host: String::new(),
            path: String::new(),
            query: query.to_owned(),
        };
        if !rest.starts_with('/') {
            // Such as mailto:a@example.com, which has neither host nor path.
            return (!scheme.is_empty() || rest == "*").then_some(url);
        }
        let mut path = rest;
        if let Some(rest) = rest.strip_prefix("//").filter(|_| !scheme.is_empty()) {
            let end = rest.find('/').unwrap_or(rest.len());
            let authority = &rest[..end];
            let host = authority
                .rsplit_once('@')
                .map_or(authority, |(_, host)| host);
            is_host(host).then_some(())?;
            host.clone_into(&mut url.host);
            path = &rest[end..];
        }
        unescaped(path, false)?;
        path.clone_into(&mut url.path);
        Some(url)
    }

    fn host_and_port(&self) -> (&str, &str) {
        let (host, port) = match self.host.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port),
            _ => (self.host.as_str(), ""),
        };
        let inner = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        (inner.unwrap_or(host), port)
    }
}

/// None: the text begins with a colon.
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c));
    match end {
        Some(0) if text.starts_with(':') => None,
        Some(end)
            if text[end..].starts_with(':')
                && text.starts_with(|c: char| c.is_ascii_alphabetic()) =>
        {
            Some((&text[..end], &text[end + 1..]))
        }
        _ => Some(("", text)),
    }
}

fn is_host(host: &str) -> bool {
    let is_port = |port: &str| {
        port.is_empty()
            || port
                .strip_prefix(':')
                .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let is_plain = host.chars().all(|c| {
        !c.is_ascii() || c.is_ascii_alphanumeric() || "-_.~!$&'()*+,;=:[]<>\"%".contains(c)
    });
    if let Some(rest) = host.strip_prefix('[') {
        return is_plain && rest.rsplit_once(']').is_some_and(|(_, port)| is_port(port));
    }
    let port = host.rfind(':').map_or("", |at| &host[at..]);
    is_plain && is_port(port) && unescaped(host, false).is_some()
}

/// The text behind its escapes; nothing when one of them is broken or gives no text.
fn unescaped(text: &str, plus_is_space: bool) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let high = char::from(rest.next()?).to_digit(16)?;
                let low = char::from(rest.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            b'+' if plus_is_space => b' ',
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

/// A path with escapes for all that needs them; one that has them already keeps them.
fn escaped(path: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@".contains(&byte);
    if path
        .bytes()
        .all(|byte| is_plain(byte) || b"!'()*[]%".contains(&byte))
    {
        return path.to_owned();
    }
    let mut text = String::with_capacity(path.len());
    for byte in unescaped(path, false).unwrap_or_default().bytes() {
        if is_plain(byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}
