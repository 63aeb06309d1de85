//! Any text: one document that is one string.

use crate::edit::{Action, Refusal};
use crate::format::{Format, Segment, Unsaid};
use crate::parse_error::ParseError;
use crate::path::ResolvedPath;
use crate::plain_value::text_of;
use crate::splice::Splice;
use crate::tree::{Style, Tree};
use crate::tree_builder::TreeBuilder;

/// Text without structure: its root is the whole text.
pub(crate) struct PlainText;

impl Format for PlainText {
    fn read(&self, text: &str) -> Result<Vec<Segment>, ParseError> {
        let mut builder = TreeBuilder::new(text);
        let root = builder.scalar(0..text.len(), Style::Bare, text);
        Ok(vec![Segment {
            range: 0..text.len(),
            tree: builder.finish(root),
        }])
    }

    fn plan(
        &self,
        text: &str,
        _: &Tree,
        path: &ResolvedPath,
        action: &Action,
    ) -> Result<Vec<Splice>, Refusal> {
        let (Action::Set(value) | Action::SetAfter { value, .. }, []) = (action, &path.0[..])
        else {
            let reason = "plain text has no places inside it: only the whole text can be set";
            return Err(Refusal::new(0, reason));
        };
        let new = text_of(value, 0)?;
        Ok(if new == text {
            vec![]
        } else {
            vec![Splice::new(0..text.len(), new)]
        })
    }

    fn unsaid(&self) -> Unsaid {
        Unsaid {
            types: true,
            maps: false,
        }
    }
}
