//! INI files: sections of keys and values (section 3.5 of the function engine).
//!
//! There is no one INI: this reads what `php.ini`, `my.cnf`, git and Python's `configparser` have in
//! common, and where they differ what the files of each have in practice.
//! - `[a.b]` nests, `[remote "origin"]` does not. A section that comes again goes on.
//! - `;` and `#` begin a comment at the start of a line, or behind a value after a blank. (PHP needs
//!   no blank, `configparser` knows no comments behind values, `my.cnf` only `#`.)
//! - A key without `=` or `:` is null, as `skip-networking` in `my.cnf`.
//! - A line that is indented deeper than the key above it continues an unquoted value, as in
//!   `configparser`.
//! - Lines such as `!includedir` are kept, and are no place.

mod edit;
mod lines;
mod read;
mod value;

use crate::edit::{Action, Refusal};
use crate::format::{Format, Segment, Unsaid};
use crate::parse_error::ParseError;
use crate::path::ResolvedPath;
use crate::splice::Splice;
use crate::tree::{NodeRef, Style, Tree};

/// INI files.
pub(crate) struct Ini;

impl Format for Ini {
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
            maps: true,
        }
    }

    /// A value is read by its own line alone, but for the lines that continue it. What begins no
    /// comment behind a blank, begins none without it.
    fn frame(&self, parent: Style) -> Option<(&'static str, &'static str)> {
        (parent == Style::Lines).then_some(("x = ", "\n"))
    }

    /// A quote that begins text without quotes could find its end in a comment behind it, and text
    /// without quotes could be continued by a line that nothing in quotes is.
    fn fits_place(&self, old: Style, new: NodeRef<'_>) -> bool {
        let quoted = |style| matches!(style, Style::SingleQuoted | Style::DoubleQuoted);
        quoted(new.style()) || !quoted(old) && !new.source().starts_with(['"', '\''])
    }
}
