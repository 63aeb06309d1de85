//! Configuration text as a lossless tree.
//!
//! A text is read into documents, each its own bytes plus a tree whose nodes carry byte spans.
//! Reading walks the tree. An edit computes replacement text for a span and touches nothing else.
//! Nothing is ever printed from the tree, so what nobody changed stays as it was: comments, order,
//! quoting, blank lines, line endings.
//!
//! Invariants: the texts of the documents, joined, are the text that was read; an edit changes the
//! value at its place and no other value, or is refused; no input makes this crate panic. It does
//! no I/O and knows nothing of units, functions or databases.
//!
//! ```
//! use cubit_configdata::{Config, Edit, Path, Toolchain};
//!
//! let text = b"kind: Deployment  # the shop\nspec: {replicas: 2}\n";
//! let mut config = Config::parse(Toolchain::KubernetesYaml, text)?;
//! let path = Path::parse("spec.replicas")?.resolved().ok_or("a plain path")?;
//! config.apply(&[Edit::set(0, path, 3)])?;
//! assert_eq!(config.text(), "kind: Deployment  # the shop\nspec: {replicas: 3}\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod accessor;
mod batch;
mod brackets;
mod check;
mod config;
mod document;
mod document_text;
mod documents;
mod edit;
mod element_index;
mod entry_lines;
mod env;
mod expected;
mod format;
mod hcl;
mod ini;
mod json;
mod key_index;
pub mod limits;
mod line_comment;
mod lines;
pub mod merge;
mod merge_key;
pub mod mutation;
mod parse_error;
pub mod path;
pub mod placeholder;
mod plain_text;
mod plain_value;
mod positions;
mod properties;
mod quantity;
mod resolve;
mod resource;
mod respell;
mod splice;
mod toml;
mod toolchain;
mod tree;
mod tree_builder;
mod unified;
mod value;
mod verify;
mod yaml;

pub use accessor::{Accessor, AccessorError};
pub use check::{Finding, FindingKind, check};
pub use config::Config;
pub use document::Document;
pub use edit::{Action, Edit, EditError};
pub use merge_key::{default_of as merge_key_default, merge_keys, shared_merge_keys};
pub use parse_error::ParseError;
pub use path::{Path, PathError, ResolvedPath, Segment, Selector, Step};
pub use quantity::{Quantity, QuantityError};
pub use resolve::{Match, Missing, resolve};
pub use resource::{Resource, ResourceError, ResourceInfo};
pub use toolchain::{Toolchain, UnknownToolchain};
pub use tree::{DuplicateKey, Kind, NodeRef, Position, Style};
pub use unified::unified;
pub use value::{Number, Value};
