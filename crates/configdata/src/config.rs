//! A whole text: its documents, and edits to them.

use std::borrow::Cow;
use std::io;
use std::str::Utf8Error;
use std::sync::Arc;

use crate::batch::{self, Change};
use crate::document::Document;
use crate::document_text::DocumentText;
use crate::edit::{Edit, EditError, Refusal};
use crate::limits;
use crate::lines::Places;
use crate::parse_error::ParseError;
use crate::path::ResolvedPath;
use crate::toolchain::Toolchain;
use crate::tree::{DuplicateKey, NodeRef, Position};

/// Configuration text of one toolchain, read into documents.
///
/// Joined in order, the texts of the documents are the whole text, byte for byte. Documents that
/// hold nothing (only comments, or nothing at all) are among them, with no root.
///
/// A copy shares the documents with the original until one of them is edited.
#[derive(Clone, Debug)]
pub struct Config {
    toolchain: Toolchain,
    documents: Vec<Arc<Document>>,
}

impl Config {
    /// Reads text. A toolchain that is not structured yet gives one document without a root.
    ///
    /// # Errors
    /// Text over [`limits::MAX_BYTES`], that is not UTF-8, holds a NUL, nests deeper than
    /// [`limits::MAX_DEPTH`], whose aliases expand beyond [`limits::MAX_EXPANDED_NODES`], or that
    /// the format does not allow; with the place.
    pub fn parse(toolchain: Toolchain, bytes: &[u8]) -> Result<Self, ParseError> {
        check_length(bytes)?;
        match str::from_utf8(bytes) {
            Ok(text) => Self::read(toolchain, text.to_owned()),
            Err(error) => Err(not_text(bytes, error)),
        }
    }

    /// Reads text as [`Config::parse`] does, and keeps these bytes instead of a copy.
    ///
    /// # Errors
    /// As of [`Config::parse`].
    pub fn parse_owned(toolchain: Toolchain, bytes: Vec<u8>) -> Result<Self, ParseError> {
        check_length(&bytes)?;
        match String::from_utf8(bytes) {
            Ok(text) => Self::read(toolchain, text),
            Err(error) => Err(not_text(error.as_bytes(), error.utf8_error())),
        }
    }

    fn read(toolchain: Toolchain, text: String) -> Result<Self, ParseError> {
        if let Some(at) = memchr::memchr(0, text.as_bytes()) {
            return Err(ParseError::at(
                &text,
                at,
                "a NUL byte does not belong in configuration text",
            ));
        }
        let text = Arc::new(text);
        let mut documents = Vec::new();
        let mut line = 0;
        toolchain.format().read_each(&text, &mut |segment| {
            let first_line = line;
            line += line_feeds(&text[segment.range.clone()]);
            documents.push(Arc::new(Document {
                text: DocumentText::part(&text, segment.range),
                tree: segment.tree,
                first_line,
            }));
        })?;
        Ok(Self {
            toolchain,
            documents,
        })
    }

    /// The toolchain it was read as.
    #[must_use]
    pub fn toolchain(&self) -> Toolchain {
        self.toolchain
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        let mut parts = self.parts();
        match (parts.next(), parts.next()) {
            (None, _) => Cow::Borrowed(""),
            (Some(only), None) => Cow::Borrowed(only),
            (Some(first), Some(second)) => {
                Cow::Owned([first, second].into_iter().chain(parts).collect())
            }
        }
    }

    /// Writes the whole text, which takes no memory for it.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_to(&self, writer: &mut impl io::Write) -> io::Result<()> {
        self.parts()
            .try_for_each(|part| writer.write_all(part.as_bytes()))
    }

    /// The whole text in order, in as few parts as it is kept in.
    fn parts(&self) -> impl Iterator<Item = &str> {
        let together = |a: &Arc<Document>, b: &Arc<Document>| a.text.is_before(&b.text);
        self.documents
            .chunk_by(together)
            .filter_map(|documents| documents.first()?.text.up_to(&documents.last()?.text))
    }

    /// The documents in order.
    #[must_use]
    pub fn documents(&self) -> &[Arc<Document>] {
        &self.documents
    }

    /// Keys that stand twice in one map, over all documents. They are read as YAML readers of
    /// Kubernetes do: the last one counts.
    pub fn duplicate_keys(&self) -> impl Iterator<Item = DuplicateKey> {
        self.documents.iter().flat_map(|document| {
            let mut places = Places::of(&document.text);
            document.tree.duplicates().iter().map(move |id| {
                let key = NodeRef {
                    text: &document.text,
                    tree: &document.tree,
                    id: *id,
                };
                DuplicateKey {
                    key: key.scalar().into_owned(),
                    position: document.in_whole(places.at(key.span().start)),
                }
            })
        })
    }

    /// Makes edits in order. Either all are made or, on an error, none; the answer says whether
    /// the text changed.
    ///
    /// After each step the document is read again and compared: a step that would change anything
    /// but its place is refused, however odd the text.
    ///
    /// # Errors
    /// The first edit that cannot be made safely.
    pub fn apply(&mut self, edits: &[Edit]) -> Result<bool, EditError> {
        let mut changed: Vec<(usize, Change)> = Vec::new();
        let mut edits = edits;
        while let Some(first) = edits.first() {
            let run = edits
                .iter()
                .take_while(|edit| edit.document == first.document)
                .count();
            let (together, rest) = edits.split_at(run);
            edits = rest;
            let Some(current) = self.documents.get(first.document) else {
                return Err(EditError {
                    path: first.path.to_string(),
                    position: Position { line: 1, column: 1 },
                    reason: format!("there is no document {}", first.document),
                });
            };
            let known = changed
                .iter()
                .position(|(index, _)| *index == first.document);
            let earlier = known.map(|at| changed.remove(at).1.rewritten(current));
            let base = earlier.as_ref().unwrap_or(current);
            let change = batch::change(self.toolchain.format(), base, together)?;
            let change = match (earlier, change) {
                (Some(earlier), Some(change)) => {
                    Some(Change::Rewritten(Box::new(change.rewritten(&earlier))))
                }
                (Some(earlier), None) => Some(Change::Rewritten(Box::new(earlier))),
                (None, change) => change,
            };
            changed.extend(change.map(|change| (first.document, change)));
        }
        let length: usize = self
            .documents
            .iter()
            .enumerate()
            .map(|(index, document)| {
                let edited = changed.iter().find(|(at, _)| *at == index);
                edited.map_or(document.text.len(), |(_, change)| change.length(document))
            })
            .sum();
        if let Some((first, _)) = changed.first()
            && length > limits::MAX_BYTES
        {
            let reason = format!(
                "the text would have {length} bytes: at most {} are allowed",
                limits::MAX_BYTES
            );
            let path = ResolvedPath::default();
            return Err(self.documents[*first].refuse(&path, Refusal::new(0, reason)));
        }
        let indices = changed.iter().map(|(index, _)| *index);
        let (first, last) = (indices.clone().min(), indices.max());
        for (index, change) in changed {
            match change {
                Change::Respelled(respelled) => {
                    respelled.respell(Arc::make_mut(&mut self.documents[index]));
                }
                Change::Rewritten(document) => self.documents[index] = Arc::from(document),
            }
        }
        if let (Some(first), Some(last)) = (first, last) {
            self.number_lines(first, last);
        }
        Ok(first.is_some())
    }

    /// Numbers the lines again after a change of the documents from `first` to `last`.
    fn number_lines(&mut self, first: usize, last: usize) {
        let mut line = 0;
        for (at, document) in self.documents.iter_mut().enumerate().skip(first) {
            if at == first {
                line = document.first_line;
            } else if document.first_line != line {
                Arc::make_mut(document).first_line = line;
            } else if at > last {
                // Nothing behind it has moved.
                return;
            }
            line += line_feeds(&document.text);
        }
    }
}

fn line_feeds(text: &str) -> usize {
    memchr::memchr_iter(b'\n', text.as_bytes()).count()
}

fn check_length(bytes: &[u8]) -> Result<(), ParseError> {
    if bytes.len() <= limits::MAX_BYTES {
        return Ok(());
    }
    let message = format!(
        "the text has {} bytes: at most {} are allowed",
        bytes.len(),
        limits::MAX_BYTES
    );
    Err(ParseError {
        line: 1,
        column: 1,
        message,
    })
}

/// Names the byte where text ends to be UTF-8.
fn not_text(bytes: &[u8], error: Utf8Error) -> ParseError {
    let (valid, rest) = bytes.split_at(error.valid_up_to());
    let valid = str::from_utf8(valid).unwrap_or_default();
    let byte = rest.first().copied().unwrap_or_default();
    let message = format!("byte 0x{byte:02x} is not UTF-8 text");
    ParseError::at(valid, valid.len(), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_written_as_it_is_kept() {
        let text = "a: 1\n---\nb: 2\n---\nc: 3\n---\nd: 4\n";
        let written = |config: &Config| {
            let mut bytes = Vec::new();
            config.write_to(&mut bytes).expect("memory");
            assert_eq!(config.text().as_bytes(), bytes);
            String::from_utf8(bytes).expect("text")
        };
        let toolchain = Toolchain::AppConfigYaml;
        let mut config = Config::parse_owned(toolchain, text.into()).expect("YAML");
        assert_eq!(written(&config), text);
        assert_eq!(config.parts().count(), 1, "nothing is copied to be joined");
        let path = ResolvedPath(vec![crate::Step::Key("b".to_owned())]);
        config.apply(&[Edit::set(1, path, 20)]).expect("an edit");
        assert_eq!(written(&config), text.replace("b: 2", "b: 20"));
        assert_eq!(config.parts().count(), 3);
    }

    #[test]
    fn lines_are_numbered_on_behind_a_change() {
        let text = "a: 1\n---\nb: 2\n---\nc: 3\n---\nd: 4\n";
        let firsts = |config: &Config| -> Vec<usize> {
            let documents = config.documents().iter();
            documents.map(|document| document.first_line).collect()
        };
        let set = |document: usize, key: &str| {
            let path = ResolvedPath(vec![crate::Step::Key(key.to_owned())]);
            Edit::set(document, path, 20)
        };
        let cases: [(&[Edit], [usize; 4]); 4] = [
            (&[set(1, "b")], [0, 1, 3, 5]),
            (&[set(1, "e")], [0, 1, 4, 6]),
            (&[set(2, "e"), set(0, "e")], [0, 2, 4, 7]),
            (&[set(3, "e")], [0, 1, 3, 5]),
        ];
        for (edits, expected) in cases {
            let bytes = text.as_bytes();
            let mut config = Config::parse(Toolchain::AppConfigYaml, bytes).expect("YAML");
            config.apply(edits).expect("edits");
            assert_eq!(firsts(&config), expected);
        }
    }

    #[test]
    fn both_ways_in_refuse_the_same() {
        for bytes in [&b"a: 1\nb: \xff\n"[..], b"a: \0\n", b"a: [\n"] {
            let copied = Config::parse(Toolchain::AppConfigYaml, bytes);
            let kept = Config::parse_owned(Toolchain::AppConfigYaml, bytes.to_vec());
            let (copied, kept) = (copied.expect_err("a fault"), kept.expect_err("a fault"));
            assert_eq!(copied, kept);
        }
    }
}
