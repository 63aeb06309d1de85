//! Reading TOML: events of the parser into a tree.

use std::borrow::Cow;
use std::ops::Range;

use toml_parser::decoder::{Encoding, IntegerRadix, ScalarKind};
use toml_parser::lexer::{Token, TokenKind};
use toml_parser::parser::{EventReceiver, RecursionGuard, ValidateWhitespace, parse_document};
use toml_parser::{ErrorSink, Expected, ParseError as Fault, Raw, Source, Span};

use super::date;
use crate::format::Segment;
use crate::limits;
use crate::parse_error::ParseError;
use crate::tree::{NodeId, Shape, Style};
use crate::tree_builder::TreeBuilder;

/// Most tokens in one entry: the parser wants all of them at once.
const MAX_TOKENS: usize = 2 * limits::MAX_NODES;

/// How many tokens are parsed at once, and the rest of the line.
const PIECE: usize = 4096;

/// Reads a text in pieces of whole lines: no brackets are open between them, and no strings.
pub(super) fn read(text: &str) -> Result<Vec<Segment>, ParseError> {
    let source = Source::new(text);
    let mut reader = Reader::new(text);
    let mut tokens = Vec::with_capacity(PIECE + 128);
    let mut open = 0_usize;
    for token in source.lex() {
        if tokens.len() == MAX_TOKENS {
            let message = format!("an entry holds more than {MAX_TOKENS} words and signs");
            return Err(ParseError::at(text, token.span().start(), message));
        }
        tokens.push(token);
        match token.kind() {
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => open += 1,
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                open = open.saturating_sub(1);
            }
            TokenKind::Newline if open == 0 && tokens.len() >= PIECE => {
                reader.piece(source, &tokens)?;
                tokens.clear();
            }
            _ => {}
        }
    }
    reader.piece(source, &tokens)?;
    Ok(vec![Segment {
        range: 0..text.len(),
        tree: reader.builder.finish(reader.root),
    }])
}

fn explain(text: &str, fault: &Fault) -> ParseError {
    let place = fault.unexpected().or(fault.context());
    let mut message = match fault.description() {
        "cannot recurse further; max recursion depth met" => {
            format!("the text nests deeper than {} levels", limits::MAX_DEPTH)
        }
        description => description.to_owned(),
    };
    let expected: Vec<String> = fault
        .expected()
        .unwrap_or_default()
        .iter()
        .filter_map(|expected| match expected {
            Expected::Literal(literal) => Some(format!("{literal:?}")),
            Expected::Description(description) => Some((*description).to_owned()),
            _ => None,
        })
        .collect();
    if !expected.is_empty() {
        message.push_str(", expected ");
        message.push_str(&expected.join(", "));
    }
    ParseError::at(text, place.map_or(0, |span| span.start()), message)
}

/// How a table came to be, which decides what may be added to it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Defined {
    /// On the way to another table's header.
    Implicitly,
    /// By a dotted key.
    ByKey,
    /// By its own header.
    ByHeader,
}

type Key<'t> = (Range<usize>, Cow<'t, str>);

/// Brackets that are open.
struct Open<'t> {
    id: NodeId,
    start: usize,
    /// The keys that led here, to go on with once the brackets are closed.
    keys: Vec<Key<'t>>,
}

struct Reader<'t> {
    text: &'t str,
    builder: TreeBuilder<'t>,
    root: NodeId,
    /// The table that entries go to.
    here: NodeId,
    /// How deep that is.
    depth: usize,
    /// Keys read so far, of a header or of an entry.
    keys: Vec<Key<'t>>,
    /// Where the header begins that is being read.
    header: Option<usize>,
    open: Vec<Open<'t>>,
    /// Tables and how they came to be, in the order of their nodes.
    defined: Vec<(NodeId, Defined)>,
}

fn range(span: Span) -> Range<usize> {
    span.start()..span.end()
}

fn report(error: &mut dyn ErrorSink, span: &Range<usize>, message: impl Into<Cow<'static, str>>) {
    let span = Span::new_unchecked(span.start, span.end);
    error.report_error(Fault::new(message).with_unexpected(span));
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        let mut builder = TreeBuilder::new(text);
        let root = builder.mapping(0..0, Style::Lines);
        Self {
            text,
            builder,
            root,
            here: root,
            depth: 0,
            keys: Vec::new(),
            header: None,
            open: Vec::new(),
            defined: Vec::new(),
        }
    }

    /// Reads a piece of the text that ends with a line.
    fn piece(&mut self, source: Source<'t>, tokens: &[Token]) -> Result<(), ParseError> {
        let text = self.text;
        let mut fault: Option<Fault> = None;
        let mut spaces = ValidateWhitespace::new(self, source);
        // One level less than the tree has: the innermost brackets hold scalars.
        let levels = u32::try_from(limits::MAX_DEPTH - 1).unwrap_or(u32::MAX);
        let mut guard = RecursionGuard::new(&mut spaces, levels);
        parse_document(tokens, &mut guard, &mut fault);
        fault.map_or(Ok(()), |fault| Err(explain(text, &fault)))
    }

    fn defined(&self, table: NodeId) -> Option<Defined> {
        let at = self.defined.binary_search_by_key(&table, |(id, _)| *id);
        Some(self.defined[at.ok()?].1)
    }

    /// Notes how a table came to be; most are the newest.
    fn define(&mut self, table: NodeId, how: Defined) {
        match self.defined.binary_search_by_key(&table, |(id, _)| *id) {
            Ok(at) => self.defined[at].1 = how,
            Err(at) => self.defined.insert(at, (table, how)),
        }
    }

    fn raw(&self, span: Span, encoding: Option<Encoding>) -> Raw<'t> {
        let text = self.text.get(range(span)).unwrap_or_default();
        Raw::new_unchecked(text, encoding, span)
    }

    fn is_map(&self, id: NodeId) -> bool {
        self.builder.node(id).shape() == Shape::Mapping
    }

    fn is_inline(&self, id: NodeId) -> bool {
        self.builder.node(id).style() == Style::Flow
    }

    /// The table that a header's key leads to from another: for an array of tables its last one.
    fn below(&mut self, table: NodeId, key: &Key<'_>, error: &mut dyn ErrorSink) -> Option<NodeId> {
        let Some((_, found)) = self.builder.find(table, &key.1) else {
            let name = self.builder.scalar(key.0.clone(), Style::Bare, &key.1);
            let map = self.builder.mapping(key.0.start..key.0.start, Style::Lines);
            self.builder.entry(table, name, map);
            self.define(map, Defined::Implicitly);
            return Some(map);
        };
        let last = self.builder.last_element(found);
        match last {
            Some(last) if !self.is_inline(found) => Some(last),
            None if self.is_map(found) && !self.is_inline(found) => Some(found),
            _ => {
                report(
                    error,
                    &key.0,
                    format!("the key {} is no table that can be continued", key.1),
                );
                None
            }
        }
    }

    /// Opens the table whose header has just been read.
    fn open_table(&mut self, header: &Range<usize>, array: bool, error: &mut dyn ErrorSink) {
        let keys = std::mem::take(&mut self.keys);
        let Some((last, above)) = keys.split_last() else {
            return;
        };
        if keys.len() >= limits::MAX_DEPTH {
            report(error, header, "the table nests too deep");
            return;
        }
        let mut table = self.root;
        let mut depth = 0;
        for key in above {
            let Some(next) = self.below(table, key, error) else {
                return;
            };
            // An element of an array of tables is two levels further down.
            depth += 1 + usize::from(self.defined(next).is_none());
            table = next;
        }
        let found = self.builder.find(table, &last.1).map(|(_, found)| found);
        let known = found.and_then(|found| self.defined(found));
        self.here = match (array, found) {
            (false, Some(found)) if known == Some(Defined::Implicitly) => {
                self.builder.set_span(found, header.clone());
                found
            }
            (true, Some(found))
                if !self.is_map(found) && !self.is_inline(found) && !self.is_scalar(found) =>
            {
                depth += 1;
                let element = self.builder.mapping(header.clone(), Style::Lines);
                self.builder.append(found, element);
                element
            }
            (_, Some(_)) => {
                report(
                    error,
                    &last.0,
                    format!("duplicate key: {} is defined already", last.1),
                );
                return;
            }
            (_, None) => {
                let key = self.builder.scalar(last.0.clone(), Style::Bare, &last.1);
                let table_below = self.builder.mapping(header.clone(), Style::Lines);
                if array {
                    depth += 1;
                    let list = self.builder.sequence(header.clone(), Style::Lines);
                    self.builder.append(list, table_below);
                    self.builder.entry(table, key, list);
                } else {
                    self.builder.entry(table, key, table_below);
                }
                table_below
            }
        };
        self.depth = depth + 1;
        if !array {
            self.define(self.here, Defined::ByHeader);
        }
        if self.depth >= limits::MAX_DEPTH {
            report(error, header, "the table nests too deep");
        }
    }

    fn is_scalar(&self, id: NodeId) -> bool {
        self.builder.node(id).shape() == Shape::Scalar
    }

    /// Puts a value where it belongs: into the open brackets, or under its key into the table.
    fn put(&mut self, value: NodeId, error: &mut dyn ErrorSink) {
        let into = self.open.last().map(|open| open.id);
        if let Some(list) = into.filter(|id| !self.is_map(*id)) {
            self.builder.append(list, value);
            return;
        }
        let keys = std::mem::take(&mut self.keys);
        let (Some((last, above)), Some((first, _))) = (keys.split_last(), keys.first()) else {
            return;
        };
        let whole = first.start..last.0.end;
        let mut table = into.unwrap_or(self.here);
        let depth = self.depth + self.open.len() + keys.len();
        // That is how many maps and lists the value is in.
        if depth > limits::MAX_DEPTH {
            report(error, &whole, "the key nests too deep");
            return;
        }
        for key in above {
            table = match self.builder.find(table, &key.1) {
                None => {
                    let name = self.builder.scalar(whole.clone(), Style::Bare, &key.1);
                    let map = self.builder.mapping(whole.clone(), Style::Lines);
                    self.builder.entry(table, name, map);
                    self.define(map, Defined::ByKey);
                    map
                }
                Some((_, found))
                    if matches!(
                        self.defined(found),
                        Some(Defined::Implicitly | Defined::ByKey)
                    ) =>
                {
                    if self.defined(found) == Some(Defined::Implicitly) {
                        self.define(found, Defined::ByKey);
                        self.builder.set_span(found, whole.clone());
                    }
                    found
                }
                Some(_) => {
                    report(
                        error,
                        &key.0,
                        format!("duplicate key: {} is defined already", key.1),
                    );
                    return;
                }
            };
        }
        if self.builder.find(table, &last.1).is_some() {
            report(
                error,
                &last.0,
                format!("duplicate key: {} is defined already", last.1),
            );
            return;
        }
        let key = self.builder.scalar(whole, Style::Bare, &last.1);
        self.builder.entry(table, key, value);
    }

    fn close(&mut self, span: Span, error: &mut dyn ErrorSink) {
        let Some(open) = self.open.pop() else { return };
        self.builder.set_span(open.id, open.start..span.end());
        self.keys = open.keys;
        self.put(open.id, error);
    }

    fn check_size(&self, span: Span, error: &mut dyn ErrorSink) -> bool {
        let fits = self.builder.check_size(span.start());
        if let Err(fault) = &fits {
            report(error, &range(span), fault.message.clone());
        }
        fits.is_ok()
    }
}

impl EventReceiver for Reader<'_> {
    fn std_table_open(&mut self, span: Span, _: &mut dyn ErrorSink) {
        self.keys.clear();
        self.header = Some(span.start());
    }

    fn array_table_open(&mut self, span: Span, _: &mut dyn ErrorSink) {
        self.keys.clear();
        self.header = Some(span.start());
    }

    fn std_table_close(&mut self, span: Span, error: &mut dyn ErrorSink) {
        if let Some(start) = self.header.take() {
            self.open_table(&(start..span.end()), false, error);
        }
    }

    fn array_table_close(&mut self, span: Span, error: &mut dyn ErrorSink) {
        if let Some(start) = self.header.take() {
            self.open_table(&(start..span.end()), true, error);
        }
    }

    fn inline_table_open(&mut self, span: Span, error: &mut dyn ErrorSink) -> bool {
        let id = self.builder.mapping(range(span), Style::Flow);
        let keys = std::mem::take(&mut self.keys);
        self.open.push(Open {
            id,
            start: span.start(),
            keys,
        });
        self.check_size(span, error)
    }

    fn inline_table_close(&mut self, span: Span, error: &mut dyn ErrorSink) {
        self.close(span, error);
    }

    fn array_open(&mut self, span: Span, error: &mut dyn ErrorSink) -> bool {
        let id = self.builder.sequence(range(span), Style::Flow);
        let keys = std::mem::take(&mut self.keys);
        self.open.push(Open {
            id,
            start: span.start(),
            keys,
        });
        self.check_size(span, error)
    }

    fn array_close(&mut self, span: Span, error: &mut dyn ErrorSink) {
        self.close(span, error);
    }

    fn simple_key(&mut self, span: Span, encoding: Option<Encoding>, error: &mut dyn ErrorSink) {
        let mut key = Cow::Borrowed("");
        self.raw(span, encoding).decode_key(&mut key, error);
        self.keys.push((range(span), key));
    }

    fn scalar(&mut self, span: Span, encoding: Option<Encoding>, error: &mut dyn ErrorSink) {
        if !self.check_size(span, error) {
            return;
        }
        let mut text = Cow::Borrowed("");
        let mut fault: Option<Fault> = None;
        let kind = self
            .raw(span, encoding)
            .decode_scalar(&mut text, &mut fault);
        if let Some(fault) = fault {
            error.report_error(fault);
            return;
        }
        let place = range(span);
        let style = match (kind, encoding) {
            (ScalarKind::String, Some(Encoding::LiteralString | Encoding::MlLiteralString)) => {
                Style::SingleQuoted
            }
            (ScalarKind::String, Some(_)) => Style::DoubleQuoted,
            // Text without quotes has been reported.
            (ScalarKind::String, None) | (ScalarKind::DateTime, _) => Style::Bare,
            _ => Style::Plain,
        };
        let meaning = match kind {
            ScalarKind::Integer(radix) => integer(text, radix),
            ScalarKind::Float => float(text),
            ScalarKind::DateTime => {
                if date::parts(&self.text[place.clone()]).is_none() {
                    report(error, &place, "there is no such date or time");
                }
                Cow::Borrowed(&self.text[place.clone()])
            }
            _ => text,
        };
        let value = self.builder.scalar(place, style, &meaning);
        self.put(value, error);
    }

    fn comment(&mut self, span: Span, _: &mut dyn ErrorSink) {
        self.builder.comment(range(span));
    }
}

/// An integer as YAML's core schema spells it.
fn integer(text: Cow<'_, str>, radix: IntegerRadix) -> Cow<'_, str> {
    let unsigned = text.strip_prefix('+').unwrap_or(&text);
    match radix {
        IntegerRadix::Dec if unsigned.len() == text.len() => text,
        IntegerRadix::Dec => unsigned.to_owned().into(),
        IntegerRadix::Hex => format!("0x{unsigned}").into(),
        IntegerRadix::Oct => format!("0o{unsigned}").into(),
        IntegerRadix::Bin => match u128::from_str_radix(unsigned, 2) {
            Ok(value) => value.to_string().into(),
            Err(_) => unsigned.to_owned().into(),
        },
    }
}

/// A float as YAML's core schema spells it.
fn float(text: Cow<'_, str>) -> Cow<'_, str> {
    let unsigned = text.strip_prefix('+').unwrap_or(&text);
    match unsigned {
        "inf" => ".inf".into(),
        "-inf" => "-.inf".into(),
        "nan" | "-nan" => ".nan".into(),
        _ if unsigned.len() == text.len() => text,
        unsigned => unsigned.to_owned().into(),
    }
}
