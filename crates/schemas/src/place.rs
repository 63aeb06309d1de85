//! Lines and columns of offsets that come one after another.

use cubit_configdata::{Document, Position};

/// Finds places in a document, each from where the last one was: findings stand close together, and
/// counting lines from the start for each would take too long in large texts.
pub(crate) struct Places<'d> {
    text: &'d str,
    offset: usize,
    line: usize,
}

impl<'d> Places<'d> {
    pub(crate) fn of(document: &'d Document) -> Self {
        Self {
            text: document.text(),
            offset: 0,
            line: document.position(0).line,
        }
    }

    /// Line and column, in the whole text, of a byte offset in the document.
    pub(crate) fn at(&mut self, offset: usize) -> Position {
        let offset = self.text.floor_char_boundary(offset);
        let breaks = |text: &str| text.bytes().filter(|byte| *byte == b'\n').count();
        if offset >= self.offset {
            self.line += breaks(&self.text[self.offset..offset]);
        } else {
            self.line -= breaks(&self.text[offset..self.offset]);
        }
        self.offset = offset;
        let start = self.text[..offset].rfind('\n').map_or(0, |at| at + 1);
        Position {
            line: self.line,
            column: 1 + self.text[start..offset].chars().count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cubit_configdata::{Config, Toolchain};

    #[test]
    fn places_are_those_of_the_document_in_any_order() {
        let text = "---\na: ä\nb:\n- c\n---\nd: [1, ö]\r\ne: f\n";
        let config = Config::parse(Toolchain::AppConfigYaml, text.as_bytes()).expect("YAML");
        for document in config.documents() {
            let mut places = Places::of(document);
            let length = document.text().len();
            let back_and_forth = (0..=length).flat_map(|at| [at, length - at, at / 2]);
            for offset in back_and_forth.chain([length + 5]) {
                assert_eq!(places.at(offset), document.position(offset), "{offset}");
            }
        }
    }
}
