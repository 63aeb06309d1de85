//! Revision references: how requests name a revision of a unit.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::{ChangeSetId, RevisionId, TagId};

/// A revision, named relative to a unit: `LiveRevisionNum`, `42`, `Before:ChangeSet:<id>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevisionReference {
    /// Whether the revision before the named one is meant.
    pub before: bool,
    /// The named one.
    pub base: BaseRevision,
}

/// What a reference names before `Before:` is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BaseRevision {
    /// The newest revision.
    Head,
    /// The live revision.
    Live,
    /// The revision of the last apply request.
    LastApplied,
    /// The revision that was live before.
    PreviousLive,
    /// The revision with this number.
    Number(i64),
    /// The newest revision with this tag.
    Tag(TagId),
    /// The newest revision in this change set.
    ChangeSet(ChangeSetId),
    /// The revision with this id.
    Revision(RevisionId),
}

/// Names of the revisions a unit points to.
const POINTERS: [(&str, BaseRevision); 4] = [
    ("HeadRevisionNum", BaseRevision::Head),
    ("LiveRevisionNum", BaseRevision::Live),
    ("LastAppliedRevisionNum", BaseRevision::LastApplied),
    ("PreviousLiveRevisionNum", BaseRevision::PreviousLive),
];

/// Text that names no revision.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{0:?} is not a revision reference: expected HeadRevisionNum, LiveRevisionNum, LastAppliedRevisionNum, PreviousLiveRevisionNum, a positive number, Tag:<id>, ChangeSet:<id> or Revision:<id>, optionally after Before:"
)]
pub struct InvalidReference(pub String);

impl FromStr for RevisionReference {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, InvalidReference> {
        let (before, rest) = match text.strip_prefix("Before:") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        base(rest)
            .map(|base| Self { before, base })
            .ok_or_else(|| InvalidReference(text.to_owned()))
    }
}

fn base(text: &str) -> Option<BaseRevision> {
    if let Some((_, pointer)) = POINTERS.iter().find(|(name, _)| *name == text) {
        return Some(*pointer);
    }
    match text.split_once(':') {
        Some(("Tag", id)) => id.parse().ok().map(BaseRevision::Tag),
        Some(("ChangeSet", id)) => id.parse().ok().map(BaseRevision::ChangeSet),
        Some(("Revision", id)) => id.parse().ok().map(BaseRevision::Revision),
        Some(_) => None,
        None if text.bytes().all(|byte| byte.is_ascii_digit()) => text
            .parse()
            .ok()
            .filter(|number| *number > 0)
            .map(BaseRevision::Number),
        None => None,
    }
}

impl fmt::Display for RevisionReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.before {
            f.write_str("Before:")?;
        }
        match self.base {
            BaseRevision::Number(number) => write!(f, "{number}"),
            BaseRevision::Tag(id) => write!(f, "Tag:{id}"),
            BaseRevision::ChangeSet(id) => write!(f, "ChangeSet:{id}"),
            BaseRevision::Revision(id) => write!(f, "Revision:{id}"),
            pointer => POINTERS
                .iter()
                .find(|(_, base)| *base == pointer)
                .map_or(Ok(()), |(name, _)| f.write_str(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn references_read_and_print_the_same() {
        for text in [
            "HeadRevisionNum",
            "LiveRevisionNum",
            "Before:LastAppliedRevisionNum",
            "PreviousLiveRevisionNum",
            "42",
            "Before:42",
            "Tag:0196b2a0-0000-7000-8000-00000000000a",
            "Before:ChangeSet:0196b2a0-0000-7000-8000-00000000000a",
            "Revision:0196b2a0-0000-7000-8000-00000000000a",
        ] {
            let reference: RevisionReference = text.parse().expect(text);
            assert_eq!(reference.to_string(), text);
        }
    }

    #[test]
    fn what_is_not_a_reference() {
        for text in [
            "",
            "0",
            "-1",
            "+1",
            "head",
            "Tag:",
            "Tag:x",
            "Before:",
            "Before:Before:1",
            "99999999999999999999",
            "0196b2a0-0000-7000-8000-00000000000a",
        ] {
            assert_eq!(
                text.parse::<RevisionReference>(),
                Err(InvalidReference(text.to_owned()))
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,30}") {
            if let Ok(reference) = text.parse::<RevisionReference>() {
                prop_assert_eq!(reference.to_string().parse(), Ok(reference));
            }
        }
    }
}
