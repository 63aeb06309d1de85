//! A whole text: its documents, and edits to them.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use crate::batch::Batch;
use crate::edit::{Action, Edit, EditError, Refusal, refine};
use crate::limits;
use crate::path::ResolvedPath;
use crate::toolchain::{Format, Toolchain};
use crate::tree::{DuplicateKey, Kind, NodeRef, Position, Tree};
use crate::value::Value;
use crate::yaml::edit::{Editor, Splice};
use crate::yaml::read::{self, ParseError};

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

/// One document: its part of the text, from its `---` (or the start of the text) up to the next.
#[derive(Clone, Debug)]
pub struct Document {
    pub(crate) text: String,
    pub(crate) tree: Tree,
    /// Line of the whole text on which this document starts, from 0.
    pub(crate) first_line: usize,
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
        let documents = match toolchain.format() {
            Format::Text => vec![Arc::new(Document {
                text: text.to_owned(),
                tree: Tree::default(),
                first_line: 0,
            })],
            Format::Yaml => {
                let mut line = 0;
                read::read(text)?
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
                    .collect()
            }
        };
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
            document.tree.duplicates.iter().map(|id| {
                let key = NodeRef {
                    text: &document.text,
                    tree: &document.tree,
                    id: *id,
                };
                DuplicateKey {
                    key: key.scalar().into_owned(),
                    position: document.position(key.span().start),
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
        let mut changed: Vec<(usize, Document)> = Vec::new();
        let mut edits = edits;
        while let Some(first) = edits.first() {
            let run = edits
                .iter()
                .take_while(|edit| edit.document == first.document)
                .count();
            let (batch, rest) = edits.split_at(run);
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
            let base = known.map_or(current.as_ref(), |at| &changed[at].1);
            if let Some(document) = base.edited(batch)? {
                match known {
                    Some(at) => changed[at].1 = document,
                    None => changed.push((first.document, document)),
                }
            }
        }
        let length: usize = self
            .documents
            .iter()
            .enumerate()
            .map(|(index, document)| {
                let edited = changed.iter().find(|(at, _)| *at == index);
                edited.map_or(document.text.len(), |(_, edited)| edited.text.len())
            })
            .sum();
        if let Some((_, document)) = changed.first()
            && length > limits::MAX_BYTES
        {
            let reason = format!(
                "the text would have {length} bytes: at most {} are allowed",
                limits::MAX_BYTES
            );
            let path = ResolvedPath::default();
            return Err(document.refuse(&path, Refusal::new(0, reason)));
        }
        let any = !changed.is_empty();
        for (index, document) in changed {
            self.documents[index] = Arc::new(document);
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

impl Document {
    /// Its part of the text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The value it holds; `None` when it holds nothing.
    #[must_use]
    pub fn root(&self) -> Option<NodeRef<'_>> {
        self.tree.root.map(|id| NodeRef {
            text: &self.text,
            tree: &self.tree,
            id,
        })
    }

    /// Whether it holds no resource: nothing at all, `null`, `{}` or `[]`.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.root()
            .is_none_or(|root| root.is_collection() && root.is_empty() || root.kind() == Kind::Null)
    }

    /// Line and column, in the whole text, of a byte offset in this document.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let place = read::position(&self.text, offset);
        Position {
            line: place.line + self.first_line,
            ..place
        }
    }

    /// Lines of the whole text, from 1, on which a span of this document stands.
    #[must_use]
    pub fn lines(&self, span: Range<usize>) -> Range<usize> {
        let first = self.position(span.start).line;
        first..self.position(span.end).line + 1
    }

    /// This document with edits made, or `None` when they change nothing.
    fn edited(&self, edits: &[Edit]) -> Result<Option<Self>, EditError> {
        let mut current: Option<Self> = None;
        let mut batch = Batch::default();
        for edit in edits {
            let mut steps = Vec::new();
            match &edit.action {
                Action::Set(value @ (Value::List(_) | Value::Map(_))) => {
                    batch.flush(self, &mut current)?;
                    let document = current.as_ref().unwrap_or(self);
                    refine(
                        document.root().and_then(|root| root.find(&edit.path)),
                        &edit.path,
                        value,
                        &mut steps,
                    );
                }
                action => steps.push((edit.path.clone(), action.clone())),
            }
            for (path, action) in steps {
                let document = current.as_ref().unwrap_or(self);
                let mut splices = document.plan(&path, &action)?;
                if splices.is_empty() {
                    continue;
                }
                if !batch.admits(document, &path, &action, &splices) {
                    batch.flush(self, &mut current)?;
                    splices = current.as_ref().unwrap_or(self).plan(&path, &action)?;
                }
                let document = current.as_ref().unwrap_or(self);
                batch.add(document, &path, action, splices);
            }
        }
        batch.flush(self, &mut current)?;
        Ok(current)
    }

    fn plan(&self, path: &ResolvedPath, action: &Action) -> Result<Vec<Splice>, EditError> {
        Editor::new(&self.text, &self.tree)
            .plan(path, action)
            .map_err(|refusal| self.refuse(path, refusal))
    }

    pub(crate) fn refuse(&self, path: &ResolvedPath, refusal: Refusal) -> EditError {
        EditError {
            path: path.to_string(),
            position: self.position(refusal.offset),
            reason: refusal.reason,
        }
    }
}
