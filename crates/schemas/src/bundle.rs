//! The file with the schemas of Kubernetes (`data/kubernetes.z`, written by `generate.py`).
//!
//! Inflated it is text of lines: the minor versions known to have served types; how many of them,
//! the newest, have schemas; then `type TAB versions` for each type; an empty line; then
//! `name TAB versions TAB types TAB rules` for each definition. Versions are a hexadecimal number,
//! bit 0 the oldest of its list. Rules are JSON Schema; `$ref` names a definition of the same
//! version.
//!
//! It is inflated when the first schema is asked for (half a megabyte), and the rules of a
//! definition are read when a value first meets it.

use std::sync::LazyLock;

use hashbrown::HashMap;

use crate::version::Version;

static DATA: &[u8] = include_bytes!("../data/kubernetes.z");

/// Far more than the file holds.
const MAX_INFLATED: usize = 16 << 20;

static TEXT: LazyLock<String> = LazyLock::new(|| {
    let bytes = miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(DATA, MAX_INFLATED);
    bytes
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_default()
});

static BUNDLE: LazyLock<Bundle> = LazyLock::new(|| Bundle::read(&TEXT));

/// One definition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Definition {
    pub(crate) name: &'static str,
    /// Bit n: it holds in version n of [`versions`].
    versions: u32,
    /// The type it defines; empty for parts of types.
    pub(crate) resource_type: &'static str,
    pub(crate) rules: &'static str,
}

#[derive(Debug, Default)]
struct Bundle {
    /// All versions with served types, oldest first.
    history: Vec<Version>,
    /// How many of them have no schemas.
    without_schemas: usize,
    served: HashMap<&'static str, u32>,
    definitions: Vec<Definition>,
}

impl Bundle {
    fn read(text: &'static str) -> Self {
        let mut bundle = Self::default();
        let mut lines = text.lines();
        let words = lines.next().unwrap_or_default().split(' ');
        bundle.history = words.filter_map(Version::parse).collect();
        let with_schemas: usize = lines
            .next()
            .and_then(|n| n.parse().ok())
            .unwrap_or_default();
        bundle.without_schemas = bundle.history.len().saturating_sub(with_schemas);
        for line in lines.by_ref().take_while(|line| !line.is_empty()) {
            if let Some((name, versions)) = line.split_once('\t') {
                bundle.served.insert(name, hexadecimal(versions));
            }
        }
        for line in lines {
            let mut parts = line.splitn(4, '\t');
            let mut part = || parts.next().unwrap_or_default();
            bundle.definitions.push(Definition {
                name: part(),
                versions: hexadecimal(part()),
                resource_type: part(),
                rules: part(),
            });
        }
        bundle
    }
}

fn hexadecimal(text: &str) -> u32 {
    u32::from_str_radix(text, 16).unwrap_or_default()
}

/// The versions that have schemas, oldest first.
pub(crate) fn versions() -> &'static [Version] {
    &BUNDLE.history[BUNDLE.without_schemas..]
}

/// The definitions of a version, by its position in [`versions`].
pub(crate) fn definitions(version: usize) -> impl Iterator<Item = Definition> {
    BUNDLE
        .definitions
        .iter()
        .copied()
        .filter(move |definition| definition.versions >> version & 1 == 1)
}

/// The versions, oldest first, whose served types are known.
pub(crate) fn history() -> &'static [Version] {
    &BUNDLE.history
}

/// In which versions of [`history`] a type is served, as bits; `None` for unknown types.
pub(crate) fn served(resource_type: &str) -> Option<u32> {
    BUNDLE.served.get(resource_type).copied()
}

/// All types that were ever served.
pub(crate) fn served_types() -> impl Iterator<Item = (&'static str, u32)> {
    BUNDLE
        .served
        .iter()
        .map(|(name, versions)| (*name, *versions))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_holds_seven_versions_of_everything() {
        assert_eq!(versions().len(), 7);
        for (at, version) in versions().iter().enumerate() {
            let deployment = definitions(at)
                .filter(|definition| definition.resource_type == "apps/v1/Deployment");
            assert_eq!(deployment.count(), 1, "{version}");
        }
        assert!(
            served("apps/v1/Deployment")
                .is_some_and(|versions| versions.count_ones() as usize == history().len())
        );
    }

    #[test]
    fn a_broken_file_is_empty() {
        for text in ["", "\n\n", "1.30\nx\na\tzz\n\nname\tq\n"] {
            let bundle = Bundle::read(text);
            assert!(
                bundle
                    .definitions
                    .iter()
                    .all(|definition| definition.versions == 0)
            );
        }
    }
}
