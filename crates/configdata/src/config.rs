//! A whole text: its documents, and edits to them.

use std::borrow::Cow;
use std::sync::Arc;

use crate::batch::{self, Change};
use crate::document::Document;
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
        if bytes.len() > limits::MAX_BYTES {
            let message = format!(
                "the text has {} bytes: at most {} are allowed",
                bytes.len(),
                limits::MAX_BYTES
            );
            return Err(ParseError {
                line: 1,
                column: 1,
                message,
            });
        }
        let text = str::from_utf8(bytes).map_err(|error| {
            let valid = str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
            ParseError::at(
                valid,
                valid.len(),
                format!("byte 0x{:02x} is not UTF-8 text", bytes[valid.len()]),
            )
        })?;
        if let Some(at) = text.find('\0') {
            return Err(ParseError::at(
                text,
                at,
                "a NUL byte does not belong in configuration text",
            ));
        }
        let mut line = 0;
        let documents = toolchain
            .format()
            .read(text)?
            .into_iter()
            .map(|segment| {
                let part = &text[segment.range];
                let first_line = line;
                line += part.bytes().filter(|b| *b == b'\n').count();
                Arc::new(Document {
                    text: part.to_owned(),
                    tree: segment.tree,
                    first_line,
                })
            })
            .collect();
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
        match self.documents.as_slice() {
            [only] => Cow::Borrowed(&only.text),
            documents => Cow::Owned(
                documents
                    .iter()
                    .map(|document| document.text.as_str())
                    .collect(),
            ),
        }
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
        let any = !changed.is_empty();
        for (index, change) in changed {
            match change {
                Change::Respelled(respelled) => {
                    respelled.respell(Arc::make_mut(&mut self.documents[index]));
                }
                Change::Rewritten(document) => self.documents[index] = Arc::from(document),
            }
        }
        if any {
            self.number_lines();
        }
        Ok(any)
    }

    fn number_lines(&mut self) {
        let mut line = 0;
        for document in &mut self.documents {
            if document.first_line != line {
                Arc::make_mut(document).first_line = line;
            }
            line += document.text.bytes().filter(|b| *b == b'\n').count();
        }
    }
}
