//! TOML 1.1: tables, dotted keys, arrays of tables, inline tables.
//!
//! Text is taken apart by `toml_parser`, which gives events with places and no tree of its own. What
//! may be defined twice and what may not is decided in [`read`].

mod date;
mod edit;
mod read;
mod sections;
mod write;

use crate::edit::{Action, Refusal};
use crate::format::{Format, Segment, Unsaid};
use crate::parse_error::ParseError;
use crate::path::ResolvedPath;
use crate::splice::Splice;
use crate::tree::{Style, Tree};

/// TOML.
pub(crate) struct Toml;

impl Format for Toml {
    fn read(&self, text: &str) -> Result<Vec<Segment>, ParseError> {
        read::read(text)
    }

    fn plan(
        &self,
        text: &str,
        tree: &Tree,
        path: &ResolvedPath,
        action: &Action,
    ) -> Result<Vec<Splice>, Refusal> {
        edit::Editor::new(text, tree)?.plan(path, action)
    }

    fn unsaid(&self) -> Unsaid {
        Unsaid {
            types: false,
            maps: true,
        }
    }

    /// A scalar of TOML is one wherever it stands.
    fn frame(&self, parent: Style) -> Option<(&'static str, &'static str)> {
        matches!(parent, Style::Lines | Style::Flow).then_some(("x = ", "\n"))
    }
}
