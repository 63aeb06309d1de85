//! Java properties: `key=value` lines, as `java.util.Properties` reads them (section 3.4 of the
//! function engine). Dots in keys make nested maps.

mod edit;
mod read;
mod scalar;

use crate::edit::{Action, Refusal};
use crate::format::{Format, Segment, Unsaid};
use crate::parse_error::ParseError;
use crate::path::ResolvedPath;
use crate::splice::Splice;
use crate::tree::{Style, Tree};

/// Java properties.
pub(crate) struct Properties;

impl Format for Properties {
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
        edit::Editor::new(text, tree).plan(path, action)
    }

    fn unsaid(&self) -> Unsaid {
        Unsaid {
            types: true,
            maps: true,
        }
    }

    /// A value is the rest of its line. Behind a blank, not all begin as they may behind an `=`.
    fn frame(&self, parent: Style) -> Option<(&'static str, &'static str)> {
        (parent == Style::Lines).then_some(("x ", "\n"))
    }
}
