//! Kubernetes schemas in the binary, and validation of trees against them.
//!
//! The structural schemas of the last seven minor versions are part of the program; nothing is
//! loaded from anywhere. Schemas of custom types come from `CustomResourceDefinitions`, in the same
//! text or given. Values are checked as they stand in the tree, so that every finding has its line
//! and column. Verdicts are those of kubeconform on the same schemas; `tests/cases` holds them to it.
//!
//! Invariants: a keyword of a schema that is not understood is an error; values of Secrets are never
//! shown; no schema and no text makes checking panic or run without end.
//!
//! ```
//! use cubit_configdata::{Config, Toolchain};
//! use cubit_schemas::{CustomTypes, Release, Validator, Version};
//!
//! let text = b"apiVersion: v1\nkind: Service\nspec:\n  ports: 80\n";
//! let config = Config::parse(Toolchain::KubernetesYaml, text)?;
//! let release = Release::of(Version::newest())?;
//! let found = CustomTypes::found_in(release, &config);
//! let validator = Validator { release, strict: true, given: None, found: &found };
//! let reports = validator.check(&config);
//! assert_eq!(
//!     reports[0].findings[0].to_string(),
//!     "spec.ports: expected array, got integer 80 (line 4, column 10)"
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(test)]
mod agreement;
mod bundle;
mod checks;
mod compile;
mod custom;
mod duplicate;
mod effort;
mod finding;
mod format;
mod json_schema;
mod kinds;
mod pattern;
mod place;
mod recent;
mod release;
mod removal;
mod schema;
mod served;
mod validator;
mod version;
mod walk;

pub use compile::SchemaError;
pub use custom::{CustomTypes, GivenError};
pub use finding::{Finding, Rule};
pub use json_schema::{JsonSchemaError, JsonSchemas};
pub use release::Release;
pub use served::{Served, served};
pub use validator::{Report, Validator, is_secret};
pub use version::{UnknownVersion, Version};
