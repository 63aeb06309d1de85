//! Reading: top-level blocks to documents, and what is in them to a tree.

use std::ops::Range;

use super::cursor::{Cursor, Fault, Parsed};
use super::expression::{Expression, Form};
use super::template::{heredoc_text, unquote};
use crate::format::Segment;
use crate::parse_error::ParseError;
use crate::tree::{NodeId, Shape, Style, Tree, Words};
use crate::tree_builder::TreeBuilder;

/// The entry that says what a document is.
pub(super) const IDENTITY: &str = "confighub";

/// The entry that holds the labels of a nested block.
pub(super) const LABELS: &str = "block_labels";

/// What the trees say that stands nowhere in the text: words of the identity, and the keywords of
/// blocks.
const WORDS: Words = &[
    IDENTITY,
    "block_category",
    "block_type",
    "block_name",
    "Resource",
    "DynamicData",
    "Invalid",
    "singleton",
    LABELS,
    "attributes",
    "variable",
    "output",
    "module",
    "provider",
    "locals",
    "terraform",
];

/// Reads text: one document a top-level block, and one for each run of top-level attributes.
pub(super) fn read(text: &str, take: &mut dyn FnMut(Segment)) -> Result<(), ParseError> {
    let mut reader = Reader {
        cursor: Cursor::new(text, 0),
        base: 0,
    };
    reader
        .documents(take)
        .map_err(|fault| ParseError::at(text, fault.offset, fault.message))
}

/// Whether a text is one expression, without blanks around it; and which.
pub(super) fn read_expression(text: &str) -> Option<Expression> {
    let mut cursor = Cursor::new(text, 0);
    let expression = cursor.expression(false).ok()?;
    (cursor.at == text.len()).then_some(expression)
}

struct Reader<'t> {
    cursor: Cursor<'t>,
    /// Where the document that is being read begins.
    base: usize,
}

/// A document whose end is not known yet.
struct Pending<'t> {
    builder: TreeBuilder<'t>,
    root: NodeId,
    /// It holds attributes, so attributes that follow belong to it.
    attributes: bool,
    end: usize,
}

impl Pending<'_> {
    fn close(self, begin: usize) -> Segment {
        Segment {
            range: begin..self.end,
            tree: self.builder.finish(self.root),
        }
    }
}

impl<'t> Reader<'t> {
    fn documents(&mut self, take: &mut dyn FnMut(Segment)) -> Parsed<()> {
        self.cursor.take("\u{feff}");
        let mut begin = 0;
        let mut pending: Option<Pending<'t>> = None;
        loop {
            self.cursor.skip(true)?;
            let Some(word) = self.cursor.name() else {
                if self.cursor.peek().is_some() {
                    return self.cursor.expected("a block or an attribute");
                }
                break;
            };
            let attribute = self.is_attribute()?;
            let mut current = match pending.take() {
                Some(last) if attribute && last.attributes => last,
                last => {
                    if let Some(last) = last {
                        self.base = last.end;
                        take(last.close(begin));
                        begin = self.base;
                    }
                    let text = &self.cursor.text[self.base..];
                    let mut builder = TreeBuilder::with_words(text, &WORDS);
                    let root = builder.mapping(self.local(&word), Style::Lines);
                    Pending {
                        builder,
                        root,
                        attributes: attribute,
                        end: self.base,
                    }
                }
            };
            let Pending { builder, root, .. } = &mut current;
            if attribute {
                if builder.find(*root, IDENTITY).is_none() {
                    let place = self.local(&word).start;
                    self.identity(builder, *root, place, &[]);
                }
                self.attribute(builder, *root, word.clone())?;
                let start = builder.node(*root).start as usize;
                builder.set_span(*root, start..self.cursor.at - self.base);
            } else {
                self.top_block(builder, *root, &word)?;
            }
            self.cursor.end_of_line("a block or an attribute")?;
            current.end = self.cursor.at;
            for comment in std::mem::take(&mut self.cursor.comments) {
                current.builder.comment(self.local(&comment));
            }
            pending = Some(current);
        }
        let length = self.cursor.text.len();
        match pending {
            Some(mut last) => {
                for comment in std::mem::take(&mut self.cursor.comments) {
                    last.builder.comment(self.local(&comment));
                }
                last.end = length;
                take(last.close(begin));
            }
            None => {
                let comments = std::mem::take(&mut self.cursor.comments);
                let narrow = crate::tree::narrow;
                take(Segment {
                    range: 0..length,
                    tree: Tree {
                        comments: comments
                            .into_iter()
                            .map(|comment| narrow(comment.start)..narrow(comment.end))
                            .collect(),
                        ..Tree::default()
                    },
                });
            }
        }
        Ok(())
    }

    fn local(&self, span: &Range<usize>) -> Range<usize> {
        span.start - self.base..span.end - self.base
    }

    /// Whether the name just read is that of an attribute.
    fn is_attribute(&mut self) -> Parsed<bool> {
        self.cursor.skip(false)?;
        Ok(self.cursor.looking_at("=") && !self.cursor.looking_at("=="))
    }

    /// A top-level block; its keyword has been read.
    fn top_block(
        &mut self,
        builder: &mut TreeBuilder<'t>,
        root: NodeId,
        word: &Range<usize>,
    ) -> Parsed<()> {
        let mut labels = vec![word.clone()];
        labels.extend(self.cursor.labels()?);
        let place = self.local(word).start;
        self.identity(builder, root, place, &labels);
        self.body(builder, root)?;
        builder.set_span(root, place..self.cursor.at - self.base);
        Ok(())
    }

    /// The entry that says what a document is, from the keyword and the labels of its block.
    fn identity(
        &self,
        builder: &mut TreeBuilder<'t>,
        root: NodeId,
        place: usize,
        words: &[Range<usize>],
    ) {
        let nowhere = place..place;
        let text = |span: &Range<usize>| &self.cursor.text[span.clone()];
        let keyword = words.first().map_or("attributes", text);
        let category = match keyword {
            "resource" => "Resource",
            "data" => "DynamicData",
            _ => "Invalid",
        };
        let made = |builder: &mut TreeBuilder<'t>, meaning: &str| {
            builder.scalar(nowhere.clone(), Style::Bare, meaning)
        };
        let identity = builder.mapping(nowhere.clone(), Style::Bare);
        let (kind, name) = match words {
            [_, kind, name, ..] => (self.label(builder, kind), self.label(builder, name)),
            [_, name] => (made(builder, keyword), self.label(builder, name)),
            _ => (made(builder, keyword), made(builder, "singleton")),
        };
        let category = made(builder, category);
        for (key, value) in [
            ("block_category", category),
            ("block_type", kind),
            ("block_name", name),
        ] {
            let key = made(builder, key);
            builder.entry(identity, key, value);
        }
        let key = made(builder, IDENTITY);
        builder.entry(root, key, identity);
    }

    fn label(&self, builder: &mut TreeBuilder<'t>, span: &Range<usize>) -> NodeId {
        let source = &self.cursor.text[span.clone()];
        match source.strip_prefix('"').and_then(|s| s.strip_suffix('"')) {
            Some(inside) => builder.scalar(self.local(span), Style::DoubleQuoted, &unquote(inside)),
            None => builder.scalar(self.local(span), Style::Bare, source),
        }
    }

    /// The body of a block, braces included.
    fn body(&mut self, builder: &mut TreeBuilder<'t>, map: NodeId) -> Parsed<()> {
        self.cursor.count(10)?;
        self.cursor.expect("{", "'{'")?;
        self.cursor.skip(false)?;
        if self.cursor.take("}") {
            return Ok(());
        }
        let comment = self.cursor.looking_at("#") || self.cursor.looking_at("//");
        if !comment && !self.cursor.looking_at("\n") && !self.cursor.looking_at("\r\n") {
            return self.one_line(builder, map);
        }
        loop {
            self.cursor.skip(true)?;
            if self.cursor.take("}") {
                return Ok(());
            }
            let Some(word) = self.cursor.name() else {
                return self.cursor.expected("an attribute, a block or '}'");
            };
            if self.is_attribute()? {
                self.attribute(builder, map, word)?;
            } else {
                self.nested_block(builder, map, &word)?;
            }
            self.cursor.end_of_line("an attribute or a block")?;
        }
    }

    /// `{ name = value }`: on one line a block has at most one attribute.
    fn one_line(&mut self, builder: &mut TreeBuilder<'t>, map: NodeId) -> Parsed<()> {
        let Some(word) = self.cursor.name() else {
            return self
                .cursor
                .expected("an attribute, '}' or the end of the line");
        };
        if !self.is_attribute()? {
            return self
                .cursor
                .expected("'=': a block inside another stands on lines of its own");
        }
        self.attribute(builder, map, word)?;
        self.cursor.skip(false)?;
        self.cursor
            .expect("}", "'}': a block on one line has one attribute")
    }

    /// An attribute whose name has been read.
    fn attribute(
        &mut self,
        builder: &mut TreeBuilder<'t>,
        map: NodeId,
        word: Range<usize>,
    ) -> Parsed<()> {
        let name = &self.cursor.text[word.clone()];
        if let Some((_, value)) = builder.find(map, name)
            && !matches!(builder.node(value).style(), Style::Lines | Style::Bare)
        {
            return Err(Fault {
                offset: word.start,
                message: format!("the attribute {name} stands here twice"),
            });
        }
        self.cursor.count(1)?;
        self.cursor.at += 1;
        self.cursor.skip(false)?;
        let value = self.cursor.expression(false)?;
        let key = builder.scalar(self.local(&word), Style::Bare, name);
        let value = self.value(builder, value);
        builder.entry(map, key, value);
        Ok(())
    }

    /// A block inside another: an element of the list of its kind.
    fn nested_block(
        &mut self,
        builder: &mut TreeBuilder<'t>,
        map: NodeId,
        word: &Range<usize>,
    ) -> Parsed<()> {
        let name = &self.cursor.text[word.clone()];
        let labels = self.cursor.labels()?;
        self.cursor.count(labels.len())?;
        let span = self.local(word);
        let block = builder.mapping(span.clone(), Style::Lines);
        if let (Some(first), Some(last)) = (labels.first(), labels.last()) {
            let place = self.local(first).start;
            let list = builder.sequence(place..last.end - self.base, Style::Bare);
            for label in &labels {
                let label = self.label(builder, label);
                builder.append(list, label);
            }
            let key = builder.scalar(place..place, Style::Bare, LABELS);
            builder.entry(block, key, list);
        }
        self.cursor.enter()?;
        self.body(builder, block)?;
        self.cursor.leave();
        let end = self.cursor.at - self.base;
        builder.set_span(block, span.start..end);
        let known = builder
            .find(map, name)
            .map(|(_, list)| list)
            .filter(|list| {
                let node = builder.node(*list);
                node.style() == Style::Lines && node.shape() == Shape::Sequence
            });
        let list = match known {
            Some(list) => list,
            None => {
                let list = builder.sequence(span.clone(), Style::Lines);
                let key = builder.scalar(span.clone(), Style::Bare, name);
                builder.entry(map, key, list);
                list
            }
        };
        let start = builder.node(list).start as usize;
        builder.set_span(list, start..end);
        builder.append(list, block);
        Ok(())
    }

    fn value(&self, builder: &mut TreeBuilder<'t>, expression: Expression) -> NodeId {
        let span = self.local(&expression.span);
        let source = &self.cursor.text[expression.span.clone()];
        match expression.form {
            Form::Plain => builder.scalar(span, Style::Plain, &normal(source)),
            Form::Quoted { .. } => {
                let inside = source.get(1..source.len() - 1).unwrap_or_default();
                builder.scalar(span, Style::DoubleQuoted, &unquote(inside))
            }
            Form::Heredoc(heredoc) => {
                let meaning = heredoc_text(self.cursor.text, &heredoc);
                builder.scalar(span, Style::Literal, &meaning)
            }
            Form::Tuple(items) => {
                let list = builder.sequence(span, Style::Flow);
                for item in items {
                    let item = self.value(builder, item);
                    builder.append(list, item);
                }
                list
            }
            Form::Object(entries) => {
                let map = builder.mapping(span, Style::Flow);
                for (key, value) in entries {
                    let place = self.local(&key.span);
                    let name = &self.cursor.text[key.span.clone()];
                    let key = if key.quoted {
                        let inside = name.get(1..name.len() - 1).unwrap_or_default();
                        builder.scalar(place, Style::DoubleQuoted, &unquote(inside))
                    } else {
                        builder.scalar(place, Style::Bare, name)
                    };
                    let value = self.value(builder, value);
                    builder.entry(map, key, value);
                }
                map
            }
            Form::Other => builder.expression(span),
        }
    }
}

/// A number without leading zeros, which HCL ignores and YAML takes for octal.
fn normal(source: &str) -> String {
    let (sign, digits) = match source.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", source),
    };
    let trimmed = digits.trim_start_matches('0');
    if trimmed.len() == digits.len() {
        return source.to_owned();
    }
    let zero = if trimmed.starts_with(|c: char| c.is_ascii_digit()) {
        ""
    } else {
        "0"
    };
    format!("{sign}{zero}{trimmed}")
}
