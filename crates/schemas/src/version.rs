//! Minor versions of Kubernetes.

use std::fmt;

use crate::bundle;

/// A minor version of Kubernetes: `1.31`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The number behind `1.`.
    pub minor: u16,
}

/// A version that is not known, or text that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Kubernetes {text} is not known: expected master or one of {known}")]
pub struct UnknownVersion {
    text: String,
    known: String,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.minor)
    }
}

impl Version {
    /// Reads `1.31` or `1.31.4`; the schemas of a minor version do not change.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("1.")?;
        let minor = rest.split_once('.').map_or(rest, |(minor, _)| minor);
        Some(Self {
            minor: minor.parse().ok()?,
        })
    }

    /// The newest version whose schemas are known.
    #[must_use]
    pub fn newest() -> Self {
        bundle::versions()
            .last()
            .copied()
            .unwrap_or(Self { minor: 0 })
    }

    /// The version that text names; nothing and `master` name the newest.
    ///
    /// # Errors
    /// Text that is no version, and versions newer than the newest.
    pub fn named(text: &str) -> Result<Self, UnknownVersion> {
        if matches!(text, "" | "master") {
            return Ok(Self::newest());
        }
        Self::parse(text)
            .filter(|version| *version <= Self::newest())
            .ok_or_else(|| UnknownVersion::new(text))
    }
}

impl UnknownVersion {
    pub(crate) fn new(text: &str) -> Self {
        let known: Vec<String> = bundle::versions().iter().map(Version::to_string).collect();
        Self {
            text: text.to_owned(),
            known: known.join(", "),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_by_name() {
        for (text, minor) in [
            ("1.31", Some(31)),
            ("1.31.4", Some(31)),
            ("1.x", None),
            ("2.1", None),
        ] {
            assert_eq!(
                Version::parse(text).map(|version| version.minor),
                minor,
                "{text}"
            );
        }
        assert_eq!(Version::named("master"), Ok(Version::newest()));
        assert_eq!(Version::named("1.19").map(|version| version.minor), Ok(19));
        let error = Version::named("1.99").expect_err("the future").to_string();
        assert!(
            error.starts_with("Kubernetes 1.99 is not known: expected master or one of 1.31, "),
            "{error}"
        );
    }
}
