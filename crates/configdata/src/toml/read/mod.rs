//! Reading TOML: events of the parser ([`events`]) into tables ([`tables`]).

mod events;
mod tables;

use std::borrow::Cow;
use std::ops::Range;

use toml_parser::lexer::{Token, TokenKind};
use toml_parser::parser::{RecursionGuard, ValidateWhitespace, parse_document};
use toml_parser::{ErrorSink, Expected, ParseError as Fault, Source, Span};

use crate::format::Segment;
use crate::limits;
use crate::parse_error::ParseError;
use crate::tree::{NodeId, Style};
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

    fn check_size(&self, span: Span, error: &mut dyn ErrorSink) -> bool {
        let fits = self.builder.check_size(span.start());
        if let Err(fault) = &fits {
            report(error, &range(span), fault.message.clone());
        }
        fits.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use crate::{Config, Toolchain};

    /// A text of several pieces, with brackets and strings over lines wherever a piece may end.
    fn long(entries: usize) -> String {
        (0..entries)
            .map(|n| match n % 4 {
                0 => format!("[t.t{n}]\n"),
                1 => format!("a{n} = [\n  {n}, # ]\n  \"]\",\n]\n"),
                2 => format!("b{n} = \"\"\"\n[{n}\n\"\"\"\n"),
                _ => format!("c{n}.d = {{ e = [{n}, {{ f = '[' }}] }}\n"),
            })
            .collect()
    }

    #[test]
    fn pieces_come_together() {
        for entries in [4000, 4001, 4002, 4003] {
            let text = long(entries);
            let config = Config::parse(Toolchain::AppConfigToml, text.as_bytes()).expect("TOML");
            let root = config.documents()[0].root().expect("a root");
            let expected: toml::Value = toml::from_str(&text).expect("TOML");
            let expected = serde_json::to_value(expected).expect("JSON");
            assert_eq!(root.value().to_json(), expected);
        }
    }

    #[test]
    fn what_is_wrong_in_a_later_piece_has_its_place() {
        let text = long(4000);
        let line = text.lines().count() + 1;
        for (wrong, column) in [
            ("= 1\n", 1),
            ("x = [1,\n", 0),
            ("x = ]\n", 5),
            ("[t.t0]\n", 4),
        ] {
            let text = format!("{text}{wrong}y = 1\n");
            let error = Config::parse(Toolchain::AppConfigToml, text.as_bytes());
            let error = error.expect_err(wrong);
            assert!(error.line >= line, "{wrong:?}: {error}");
            assert!(
                column == 0 || (error.line, error.column) == (line, column),
                "{wrong:?}: {error}"
            );
        }
    }
}
