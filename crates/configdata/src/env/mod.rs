//! Environment files (`.env`): one assignment a line, every value a string.

mod edit;
mod read;
mod value;

use crate::edit::{Action, Refusal};
use crate::format::{Format, Segment, Unsaid};
use crate::parse_error::ParseError;
use crate::path::ResolvedPath;
use crate::splice::Splice;
use crate::tree::{Style, Tree};

/// `KEY=value` lines, as shells and the dotenv libraries read them.
pub(crate) struct Env;

impl Format for Env {
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
            types: true,
            maps: false,
        }
    }

    /// A value is read by its own line alone. What begins no comment behind a blank, begins none
    /// without it.
    fn frame(&self, parent: Style) -> Option<(&'static str, &'static str)> {
        (parent == Style::Lines).then_some(("x= ", "\n"))
    }
}
