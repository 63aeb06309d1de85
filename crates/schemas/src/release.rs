//! The schemas of one version of Kubernetes.

use std::sync::{LazyLock, OnceLock};

use hashbrown::HashMap;

use crate::bundle;
use crate::compile::{Compiler, SchemaError};
use crate::custom::CustomType;
use crate::kinds::Kinds;
use crate::schema::{ObjectRules, Schema};
use crate::version::{UnknownVersion, Version};

/// References that lead to references; definitions have one at most.
const MAX_HOPS: usize = 8;

/// The schemas of one version. They are compiled one definition at a time, when a value first meets
/// it, and stay for the life of the process: there are as many as the version has definitions.
#[derive(Debug)]
pub struct Release {
    version: Version,
    definitions: Vec<Definition>,
    by_name: HashMap<&'static str, u32>,
    /// By type, in lower case: a kind in the wrong case is still meant.
    types: HashMap<String, u32>,
}

#[derive(Debug)]
struct Definition {
    rules: &'static str,
    schema: OnceLock<Schema>,
}

/// What stands for a definition whose rules cannot be read; the tests compile all of them.
static ANYTHING: Schema = Schema {
    kinds: Kinds::ANY,
    reference: None,
    object: None,
    items: None,
    checks: None,
};

impl Release {
    /// The schemas of a version.
    ///
    /// # Errors
    /// A version whose schemas are not in the binary.
    pub fn of(version: Version) -> Result<&'static Self, UnknownVersion> {
        static RELEASES: LazyLock<Vec<OnceLock<Release>>> =
            LazyLock::new(|| bundle::versions().iter().map(|_| OnceLock::new()).collect());
        let known = bundle::versions()
            .iter()
            .position(|known| *known == version);
        known
            .and_then(|at| Some((at, RELEASES.get(at)?)))
            .map(|(at, release)| release.get_or_init(|| Self::open(version, at)))
            .ok_or_else(|| UnknownVersion::new(&version.to_string()))
    }

    fn open(version: Version, at: usize) -> Self {
        let mut release = Self {
            version,
            definitions: Vec::new(),
            by_name: HashMap::new(),
            types: HashMap::new(),
        };
        for (index, definition) in (0..).zip(bundle::definitions(at)) {
            release.by_name.insert(definition.name, index);
            if !definition.resource_type.is_empty() {
                let name = definition.resource_type.to_lowercase();
                release.types.insert(name, index);
            }
            release.definitions.push(Definition {
                rules: definition.rules,
                schema: OnceLock::new(),
            });
        }
        release
    }

    /// The version.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The versions that have schemas, oldest first.
    #[must_use]
    pub fn versions() -> &'static [Version] {
        bundle::versions()
    }

    /// The schema of a type such as `apps/v1/Deployment`. A kind in the wrong case, and the first
    /// label of a group instead of the group (`networking/v1`), find the type that is meant: its
    /// schema names what is wrong.
    pub(crate) fn find(&self, resource_type: &str) -> Option<&Schema> {
        let name = resource_type.to_lowercase();
        let index = self.types.get(&name).or_else(|| {
            let (group, rest) = name.split_once('/')?;
            let meant = |known: &&String| {
                let (known_group, known_rest) = known.split_once('/').unwrap_or_default();
                known_rest == rest
                    && known_group.split('.').next() == Some(group)
                    && rest.contains('/')
            };
            if group.contains('.') {
                return None;
            }
            self.types
                .keys()
                .find(meant)
                .and_then(|known| self.types.get(known))
        })?;
        self.definition(*index)
    }

    fn definition(&self, index: u32) -> Option<&Schema> {
        let definition = self.definitions.get(usize::try_from(index).ok()?)?;
        Some(definition.schema.get_or_init(|| {
            let compiled = serde_json::from_str(definition.rules)
                .ok()
                .and_then(|rules| self.compiler(|compiler| compiler.compile(&rules)).ok());
            compiled.unwrap_or(Schema::of_kinds(Kinds::ANY))
        }))
    }

    fn compiler<T>(&self, work: impl FnOnce(&mut Compiler<'_>) -> T) -> T {
        work(&mut Compiler {
            definition: &|name| self.by_name.get(name).copied(),
            has_expressions: false,
            patterns: 0,
        })
    }

    /// The schema that says what a schema says: another one when it is a reference.
    pub(crate) fn resolve<'s>(&'s self, schema: &'s Schema) -> &'s Schema {
        let mut schema = schema;
        for _ in 0..MAX_HOPS {
            match schema.reference {
                None => return schema,
                Some(index) => schema = self.definition(index).unwrap_or(&ANYTHING),
            }
        }
        &ANYTHING
    }

    /// Compiles the schema of a custom type.
    pub(crate) fn compile_custom(
        &self,
        json: &serde_json::Value,
    ) -> Result<CustomType, SchemaError> {
        self.compiler(|compiler| {
            let mut schema = compiler.compile(json)?;
            let mut object: Box<ObjectRules> = schema.object.take().unwrap_or_default();
            compiler.make_resource(&mut object);
            schema.object = Some(object);
            Ok(CustomType {
                schema,
                has_expressions: compiler.has_expressions,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_definition_of_every_version_compiles() {
        for version in Release::versions() {
            let release = Release::of(*version).expect("known");
            assert!(
                release.definitions.len() > 600 && release.types.len() > 150,
                "{version}"
            );
            for definition in &release.definitions {
                let rules = serde_json::from_str(definition.rules).expect("JSON");
                release
                    .compiler(|compiler| compiler.compile(&rules))
                    .unwrap_or_else(|error| panic!("{version} {}: {error}", definition.rules));
            }
        }
    }

    #[test]
    fn types_are_found_by_what_is_meant() {
        let release = Release::of(Version::newest()).expect("known");
        for (resource_type, found) in [
            ("apps/v1/Deployment", true),
            ("apps/v1/deployment", true),
            ("v1/Pod", true),
            ("networking/v1/Ingress", true),
            ("apps.example.com/v1/Deployment", false),
            ("apps/v1beta1/Deployment", false),
            ("", false),
            ("/", false),
            ("v1", false),
        ] {
            assert_eq!(
                release.find(resource_type).is_some(),
                found,
                "{resource_type}"
            );
        }
    }

    #[test]
    fn older_versions_have_no_schemas() {
        let error = Release::of(Version { minor: 16 }).expect_err("too old");
        assert!(
            error
                .to_string()
                .starts_with("Kubernetes 1.16 is not known")
        );
    }
}
