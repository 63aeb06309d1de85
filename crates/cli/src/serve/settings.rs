//! What `cubit serve` is told: by flags, by the environment, by a file; the first that says
//! something counts. A setting has one name, spelled `--tls-key`, `CUBIT_TLS_KEY` and `tls_key`.

use std::fmt;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use toml::de::{DeTable, DeValue};

use crate::error::{Error, Result};

/// Where the file is, unless told otherwise; it need not be there.
const FILE: &str = "/etc/cubit/cubit.toml";

/// Every setting: its name in the file, and what it is when nobody says anything.
const SETTINGS: [(&str, &str); 24] = [
    ("listen", "127.0.0.1:7280"),
    ("data_dir", ""),
    ("database", ""),
    ("blobs", ""),
    ("blobs_keep_days", "7"),
    ("demo", "false"),
    ("tls_cert", ""),
    ("tls_key", ""),
    ("log_format", "text"),
    ("log_level", "warn"),
    ("otlp_endpoint", ""),
    ("max_requests", "512"),
    ("request_timeout", "300"),
    ("max_requests_per_minute", "0"),
    ("basic_auth", "false"),
    ("public_url", ""),
    ("oidc_issuer", ""),
    ("oidc_client_id", ""),
    ("oidc_client_secret", ""),
    ("oidc_client_secret_file", ""),
    ("oidc_allow", ""),
    ("oidc_username_claim", "email"),
    ("oidc_organization", "local"),
    ("oidc_role", "Viewer"),
];

/// Who said what a setting is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    Flag,
    Environment,
    /// With the place.
    File(String),
    Default,
}

/// The settings with what they are.
#[derive(Clone)]
pub(crate) struct Settings(Vec<Setting>);

#[derive(Clone)]
struct Setting {
    name: &'static str,
    text: String,
    source: Source,
}

// The URL of a database may hold a password.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

impl Settings {
    /// Finds out what every setting is. The file must be there if it is named.
    pub(crate) fn find(
        flags: &[(&str, Option<String>)],
        variable: impl Fn(&str) -> Option<String>,
        file: Option<&Path>,
    ) -> Result<Self> {
        let path = match file {
            Some(path) => Some(path.to_owned()),
            None => variable("CUBIT_CONFIG")
                .filter(|path| !path.is_empty())
                .map(PathBuf::from),
        };
        let text = match &path {
            Some(path) => {
                fs::read_to_string(path).map_err(|error| Error::file(path.display(), &error))?
            }
            None => match fs::read_to_string(FILE) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
                read => read.map_err(|error| Error::file(FILE, &error))?,
            },
        };
        let place = path.unwrap_or_else(|| FILE.into()).display().to_string();
        let file = read(&text, &place)?;
        let setting = |(name, default): &(&'static str, &str)| {
            let flag = flags.iter().find(|(flag, _)| flag == name);
            let flag = flag.and_then(|(_, text)| text.clone());
            // A variable without text is as good as none.
            let variable = || variable(&variable_name(name)).filter(|text| !text.is_empty());
            let written = || file.iter().find(|setting| setting.name == *name).cloned();
            let (text, source) = if let Some(text) = flag {
                (text, Source::Flag)
            } else if let Some(text) = variable() {
                (text, Source::Environment)
            } else if let Some(setting) = written() {
                return setting;
            } else {
                ((*default).to_owned(), Source::Default)
            };
            Setting { name, text, source }
        };
        Ok(Self(SETTINGS.iter().map(setting).collect()))
    }

    fn get(&self, name: &str) -> Option<&Setting> {
        self.0.iter().find(|setting| setting.name == name)
    }

    /// The text of a setting; none when it is empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let text = self.get(name)?.text.as_str();
        (!text.is_empty()).then_some(text)
    }

    /// A setting as what it must be.
    pub(super) fn parsed<T: FromStr>(&self, name: &str, expected: &str) -> Result<T> {
        let text = self.text(name).unwrap_or_default();
        text.parse()
            .map_err(|_| self.wrong(name, &format!("`{text}` is not {expected}")))
    }

    /// Says what is wrong with a setting, and who set it so.
    pub(super) fn wrong(&self, name: &str, what: &str) -> Error {
        let Some(setting) = self.get(name) else {
            return Error::usage(what);
        };
        match &setting.source {
            Source::Flag => Error::usage(format!("{}: {what}", flag_name(name))),
            Source::Environment => Error::usage(format!("{}: {what}", variable_name(name))),
            Source::File(place) => Error::usage(format!("{name}: {what}")).at(place),
            Source::Default => Error::usage(format!("{name}: {what}")),
        }
    }

    /// All settings as a file would have them, with where each comes from. What is secret is not
    /// in it.
    pub(super) fn shown(&self) -> String {
        let mut shown = String::new();
        for Setting { name, text, source } in &self.0 {
            let text = match *name {
                "database" | "blobs" | "otlp_endpoint" => without_secrets(text),
                "oidc_client_secret" if !text.is_empty() => "***".to_owned(),
                _ => text.clone(),
            };
            let value = match text.parse::<i64>().is_ok() || text.parse::<bool>().is_ok() {
                true => text,
                false => toml::Value::String(text).to_string(),
            };
            let source = match source {
                Source::Flag => flag_name(name),
                Source::Environment => variable_name(name),
                Source::File(place) => place.clone(),
                Source::Default => "default".to_owned(),
            };
            // Writing to a String cannot fail.
            let _ = writeln!(shown, "{name} = {value} # {source}");
        }
        shown
    }
}

fn flag_name(name: &str) -> String {
    format!("--{}", name.replace('_', "-"))
}

fn variable_name(name: &str) -> String {
    format!("CUBIT_{}", name.to_uppercase())
}

/// The settings that a file has.
fn read(text: &str, file: &str) -> Result<Vec<Setting>> {
    let place = |at: usize| {
        let before = text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        format!("{file}:{line}:{column}")
    };
    let table = DeTable::parse(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        // Only the reason: the whole message shows the line, which may hold a password.
        Error::usage(format!("the file is not TOML: {}", error.message())).at(place(start))
    })?;
    let mut settings = Vec::new();
    for (key, value) in table.get_ref() {
        let at = place(key.span().start);
        let name = SETTINGS.iter().find(|(name, _)| *name == key.get_ref());
        let Some((name, _)) = name else {
            let known: Vec<&str> = SETTINGS.iter().map(|(name, _)| *name).collect();
            let message = format!("`{}` is not a setting", key.get_ref());
            let hint = format!("the settings are {}", known.join(", "));
            return Err(Error::usage(message).at(at).hint(hint));
        };
        let text = match value.get_ref() {
            DeValue::String(text) => text.clone().into_owned(),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Boolean(is_so) => is_so.to_string(),
            _ => {
                let message = format!("{name}: expected a text, a number, true or false");
                return Err(Error::usage(message).at(place(value.span().start)));
            }
        };
        settings.push(Setting {
            name,
            text,
            source: Source::File(at),
        });
    }
    Ok(settings)
}

/// The URL of a database as it may be shown: without the password, and without parameters, of which
/// one may be a password too.
fn without_secrets(url: &str) -> String {
    if url.is_empty() {
        return String::new();
    }
    let Some((scheme, rest)) = url.split_once("://") else {
        return "***".to_owned();
    };
    let (rest, parameters) = match rest.split_once('?') {
        Some((rest, _)) => (rest, "?***"),
        None => (rest, ""),
    };
    match rest.rsplit_once('@') {
        Some((user, place)) => {
            let user = user.split_once(':').map_or_else(
                || user.to_owned(),
                |(user, _password)| format!("{user}:***"),
            );
            format!("{scheme}://{user}@{place}{parameters}")
        }
        // A question mark in a password would have cut it before the place.
        None if !parameters.is_empty() && rest.contains(':') => format!("{scheme}://***"),
        None => format!("{scheme}://{rest}{parameters}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(flag: Option<&str>, variable: Option<&str>, file: &str) -> Result<Settings> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cubit.toml");
        fs::write(&path, file).unwrap();
        let flags = [("listen", flag.map(str::to_owned))];
        let variable = |name: &str| match name {
            "CUBIT_LISTEN" => variable.map(str::to_owned),
            _ => None,
        };
        Settings::find(&flags, variable, Some(&path)).map_err(|error| Error {
            place: error
                .place
                .map(|place| place.replace(path.to_str().unwrap(), "FILE")),
            ..error
        })
    }

    #[test]
    fn the_first_that_says_something_counts() {
        let file = "listen = \"in the file\"\n";
        for (flag, variable, file, expected) in [
            (Some("by flag"), Some("by variable"), file, "by flag"),
            (None, Some("by variable"), file, "by variable"),
            (None, Some(""), file, "in the file"),
            (None, None, file, "in the file"),
            (None, None, "", "127.0.0.1:7280"),
        ] {
            let settings = find(flag, variable, file).unwrap();
            assert_eq!(settings.text("listen"), Some(expected));
        }
    }

    #[test]
    fn what_is_wrong_in_a_file_is_said_with_its_place() {
        for (file, message, place) in [
            (
                "max_requests = 1\n  lisen = 1\n",
                "`lisen` is not a setting",
                "FILE:2:3",
            ),
            ("listen = [1]", "listen: expected a text", "FILE:1:10"),
            ("[listen]\n", "listen: expected a text", "FILE:1:1"),
            ("listen = ", "the file is not TOML", "FILE:1:10"),
        ] {
            let error = find(None, None, file).unwrap_err();
            assert!(error.message.starts_with(message), "{error:?}");
            assert_eq!(error.place.as_deref(), Some(place), "{error:?}");
        }
    }

    #[test]
    fn who_set_something_wrong_is_said() {
        for (flag, variable, file, who) in [
            (Some("x"), None, "", "--listen: "),
            (None, Some("x"), "", "CUBIT_LISTEN: "),
            (None, None, "listen = \"x\"", "listen: "),
        ] {
            let settings = find(flag, variable, file).unwrap();
            let error = settings.parsed::<u16>("listen", "a number").unwrap_err();
            assert_eq!(error.message, format!("{who}`x` is not a number"));
        }
    }

    #[test]
    fn no_password_is_shown() {
        for (url, shown) in [
            ("", ""),
            (
                "postgres://me:s3cr3t@host:1/name",
                "postgres://me:***@host:1/name",
            ),
            ("postgres://me@host/name", "postgres://me@host/name"),
            ("postgres:///name?password=s3cr3t", "postgres:///name?***"),
            (
                "postgres://me:s3cr3t@x:y@host/name",
                "postgres://me:***@host/name",
            ),
            ("postgres://me:a?s3cr3t@host/name", "postgres://***"),
            ("me:s3cr3t@host", "***"),
        ] {
            assert_eq!(without_secrets(url), shown);
        }
    }

    #[test]
    fn what_is_shown_is_a_file() {
        let settings = find(
            Some("[::1]:1"),
            None,
            "database = \"postgres://a:s3cr3t@b/c\"",
        );
        let shown = settings.unwrap().shown();
        assert!(
            shown.contains("listen = \"[::1]:1\" # --listen\n"),
            "{shown}"
        );
        assert!(!shown.contains("s3cr3t"), "{shown}");
        let again = read(&shown, "FILE").unwrap();
        assert_eq!(again.len(), SETTINGS.len());
    }
}
