//! A quick reader for YAML as configuration mostly is: block collections, scalars of one line,
//! literal blocks, comments.
//!
//! It reads line by line and gives up on anything else: tags, anchors, flow collections with
//! something in them, scalars over several lines, directives, explicit keys, tabs, errors. Then
//! the full parser reads the text ([`super::read`]). Where this reader does not give up, its
//! answer is that of the full parser, node by node; tests compare the two. Reading is most of the
//! cost of everything, and this is several times as fast.

use crate::format::Segment;
use crate::limits;
use crate::tree::{NONE, Node, NodeId, Shape, Style, Tree, narrow};
use crate::yaml::read::note_duplicates;

/// The documents of a text, or `None` when it needs the full parser.
pub(crate) fn read(text: &str) -> Option<Vec<Segment>> {
    if !is_everyday(text.as_bytes()) {
        return None;
    }
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        start: 0,
        tree: Tree::default(),
        stack: Vec::new(),
        segments: Vec::new(),
        nodes: 0,
        marked: false,
    };
    reader.tree.nodes.reserve(text.len() / 24);
    let mut at = 0;
    while at < text.len() {
        at = reader.line(at)?;
    }
    reader.end_document(text.len())?;
    Some(reader.segments)
}

/// Whether no character needs a closer look: no control characters but line breaks and tabs, no
/// carriage return alone, none of the odd ones beyond ASCII that YAML forbids or takes as breaks.
fn is_everyday(bytes: &[u8]) -> bool {
    let odd = bytes.iter().fold(false, |odd, byte| {
        odd | ((*byte < 0x20) & (*byte != b'\n')) | (*byte >= 0x7f)
    });
    !odd || is_everyday_slowly(bytes)
}

fn is_everyday_slowly(bytes: &[u8]) -> bool {
    bytes.iter().enumerate().all(|(at, byte)| {
        let next = bytes.get(at + 1).copied().unwrap_or_default();
        match byte {
            b'\r' => next == b'\n',
            b'\n' | b'\t' => true,
            0..0x20 | 0x7f => false,
            // C1 control characters; line separators; the byte-order mark and non-characters.
            0xc2 => next >= 0xa0,
            0xe2 => !(next == 0x80 && matches!(bytes.get(at + 2), Some(0xa8 | 0xa9))),
            0xef => next != 0xbb && next != 0xbf,
            _ => true,
        }
    })
}

/// An open block collection.
struct Level {
    id: NodeId,
    shape: Shape,
    /// Column of its keys or dashes.
    indent: usize,
    last_child: u32,
    /// A key or dash stands without its value so far; where an empty value would stand.
    pending: Option<usize>,
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    /// Start of the document being read.
    start: usize,
    tree: Tree,
    stack: Vec<Level>,
    segments: Vec<Segment>,
    /// Values read so far, over all documents.
    nodes: usize,
    /// The document began with a marker.
    marked: bool,
}

impl Reader<'_> {
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(b'\n')
    }

    /// Whether the line ends here.
    fn is_end(&self, at: usize) -> bool {
        match self.byte(at) {
            b'\n' => true,
            b'\r' => self.byte(at + 1) == b'\n',
            _ => false,
        }
    }

    fn skip_blanks(&self, mut at: usize) -> usize {
        while self.bytes.get(at) == Some(&b' ') {
            at += 1;
        }
        at
    }

    /// Where the text of the line ends, before its line break.
    fn line_end(&self, at: usize) -> usize {
        let end = memchr(self.bytes, at);
        if end > at && self.bytes[end - 1] == b'\r' {
            end - 1
        } else {
            end
        }
    }

    /// The start of the next line.
    fn next_line(&self, at: usize) -> usize {
        (memchr(self.bytes, at) + 1).min(self.bytes.len())
    }

    fn local(&self, at: usize) -> u32 {
        narrow(at - self.start)
    }

    /// Reads the line that starts at `at`, and the lines of a literal block that it begins.
    /// Answers where the next line starts.
    fn line(&mut self, at: usize) -> Option<usize> {
        let from = self.skip_blanks(at);
        if self.is_end(from) {
            return Some(self.next_line(from));
        }
        let column = from - at;
        match self.byte(from) {
            b'#' => {
                self.comment(from);
                return Some(self.next_line(from));
            }
            b'-' | b'.' | b'%' if column == 0 => {
                let rest = &self.bytes[from..];
                if rest[0] == b'%' || rest.starts_with(b"...") {
                    return None;
                }
                if rest.starts_with(b"---") {
                    return self.marker(from);
                }
            }
            b'\t' => return None,
            _ => {}
        }
        self.place(from, column)?;
        self.node(from, column)
    }

    fn comment(&mut self, at: usize) {
        let span = self.local(at)..self.local(self.line_end(at));
        self.tree.comments.push(span);
    }

    fn marker(&mut self, at: usize) -> Option<usize> {
        if !self.is_end(at + 3) {
            return None;
        }
        if self.tree.root.is_some() {
            self.end_document(at)?;
        } else if self.marked {
            return None;
        }
        self.marked = true;
        Some(self.next_line(at))
    }

    fn end_document(&mut self, end: usize) -> Option<()> {
        while let Some(level) = self.stack.pop() {
            self.close(level)?;
        }
        self.tree.root?;
        let mut tree = std::mem::take(&mut self.tree);
        tree.sort_repeating();
        tree.shrink_to_fit();
        self.segments.push(Segment {
            range: self.start..end,
            tree,
        });
        self.start = end;
        self.marked = false;
        Some(())
    }

    /// Closes what ends before a line whose content stands in `column`, so that the innermost open
    /// collection is the one it goes into.
    fn place(&mut self, from: usize, column: usize) -> Option<()> {
        while let Some(level) = self.stack.pop() {
            let dash = self.is_dash(from);
            let stays = match level.shape {
                _ if level.indent > column => false,
                _ if level.indent < column => level.pending.is_some(),
                Shape::Sequence => dash,
                _ => true,
            };
            if stays {
                let awaits_list = level.shape == Shape::Mapping && dash;
                if level.indent == column && awaits_list && level.pending.is_none() {
                    return None;
                }
                self.stack.push(level);
                return Some(());
            }
            if level.indent < column {
                // A scalar that goes on, or wrong indentation.
                return None;
            }
            self.close(level)?;
        }
        // The first content of the document.
        self.tree.root.is_none().then_some(())
    }

    fn is_dash(&self, at: usize) -> bool {
        self.byte(at) == b'-' && (self.byte(at + 1) == b' ' || self.is_end(at + 1))
    }

    /// Reads what begins at `from`, in the innermost open collection.
    fn node(&mut self, from: usize, column: usize) -> Option<usize> {
        if self.is_dash(from) {
            let top = self.stack.last_mut();
            if !top.is_some_and(|top| top.shape == Shape::Sequence && top.indent == column) {
                self.open(Shape::Sequence, from, column)?;
            }
            self.fill()?;
            self.await_value(from + 1);
            let next = self.skip_blanks(from + 1);
            if self.is_end(next) {
                return Some(self.next_line(next));
            }
            let inner = column + (next - from);
            return match self.byte(next) {
                b'#' => {
                    self.comment(next);
                    Some(self.next_line(next))
                }
                _ if self.is_dash(next) => self.node(next, inner),
                _ => match self.key(next) {
                    Some(_) => self.node(next, inner),
                    None => self.value(next),
                },
            };
        }
        let (end, style, meaning) = self.key(from)?;
        let top = self.stack.last();
        if !top.is_some_and(|top| top.shape == Shape::Mapping && top.indent == column) {
            self.open(Shape::Mapping, from, column)?;
        }
        self.fill()?;
        let key = self.scalar(from, end, style, meaning.as_deref())?;
        self.link(key);
        self.await_value(end + 1);
        let next = self.skip_blanks(end + 1);
        if self.is_end(next) {
            return Some(self.next_line(next));
        }
        if self.byte(next) == b'#' {
            self.comment(next);
            return Some(self.next_line(next));
        }
        self.value(next)
    }

    /// A value on the line of its key or dash.
    fn value(&mut self, from: usize) -> Option<usize> {
        let end = match self.byte(from) {
            b'|' => return self.literal(from),
            quote @ (b'"' | b'\'') => {
                let (end, meaning) = self.quoted(from, quote)?;
                let style = match quote {
                    b'"' => Style::DoubleQuoted,
                    _ => Style::SingleQuoted,
                };
                let id = self.scalar(from, end, style, meaning.as_deref())?;
                self.link(id);
                end
            }
            open @ (b'{' | b'[') => {
                let close = open + 2;
                if self.byte(from + 1) != close {
                    return None;
                }
                let shape = match open {
                    b'{' => Shape::Mapping,
                    _ => Shape::Sequence,
                };
                let id = self.push(from, from + 2, shape, Style::Flow)?;
                self.link(id);
                from + 2
            }
            _ => {
                let end = self.plain(from)?;
                let id = self.scalar(from, end, Style::Plain, None)?;
                self.link(id);
                end
            }
        };
        self.awaited();
        self.rest_of_line(end)
    }

    /// Nothing but a comment may follow.
    fn rest_of_line(&mut self, at: usize) -> Option<usize> {
        let next = self.skip_blanks(at);
        if self.byte(next) == b'#' && next > at {
            self.comment(next);
        } else if !self.is_end(next) {
            return None;
        }
        Some(self.next_line(next))
    }

    /// The end of a plain scalar; `None` when it is more than a scalar of one line.
    fn plain(&self, from: usize) -> Option<usize> {
        match self.byte(from) {
            b'-' if self.byte(from + 1) != b' ' && !self.is_end(from + 1) => {}
            b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\''
            | b'"' | b'%' | b'@' | b'`' | b'?' | b':' | b'-' => return None,
            _ => {}
        }
        let mut at = from;
        let mut end = from;
        loop {
            match self.byte(at) {
                b'\n' => return Some(end),
                b'\r' => return self.is_end(at).then_some(end),
                b'\t' => return None,
                b' ' => {
                    if self.byte(at + 1) == b'#' {
                        return Some(end);
                    }
                }
                b':' => {
                    if matches!(self.byte(at + 1), b' ' | b'\t') || self.is_end(at + 1) {
                        return None;
                    }
                    end = at + 1;
                }
                _ => end = at + 1,
            }
            at += 1;
        }
    }

    /// The key at `from`: its end, where the colon stands, how it is written, and what it means
    /// when that is not its source. `None` when there is no plain key here.
    fn key(&self, from: usize) -> Option<(usize, Style, Option<String>)> {
        let first = self.byte(from);
        let (end, style, meaning) = match first {
            b'"' | b'\'' => {
                let (end, meaning) = self.quoted(from, first)?;
                let style = match first {
                    b'"' => Style::DoubleQuoted,
                    _ => Style::SingleQuoted,
                };
                (end, style, meaning)
            }
            b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'%'
            | b'@' | b'`' | b'?' | b':' => return None,
            _ => {
                let mut at = from;
                loop {
                    match self.byte(at) {
                        b'\n' | b'\r' | b'\t' => return None,
                        b'#' if self.byte(at - 1) == b' ' => return None,
                        b':' if self.byte(at + 1) == b' ' || self.is_end(at + 1) => break,
                        _ => at += 1,
                    }
                }
                if self.byte(at - 1) == b' ' {
                    return None;
                }
                (at, Style::Plain, None)
            }
        };
        let follows =
            self.byte(end) == b':' && (self.byte(end + 1) == b' ' || self.is_end(end + 1));
        // A merge key is more than a key, and long ones are not allowed.
        let odd = &self.bytes[from..end] == b"<<" || end - from > 1000;
        (follows && !odd).then_some((end, style, meaning))
    }

    /// The end of a quoted scalar on one line, and what it means when that is not what stands
    /// between the quotes.
    fn quoted(&self, from: usize, quote: u8) -> Option<(usize, Option<String>)> {
        let mut meaning: Option<String> = None;
        let mut at = from + 1;
        let mut copied = at;
        loop {
            match self.byte(at) {
                b'\n' | b'\r' | b'\t' => return None,
                b'\'' if quote == b'\'' && self.byte(at + 1) == b'\'' => {
                    let text = meaning.get_or_insert_default();
                    text.push_str(&self.text[copied..=at]);
                    at += 2;
                    copied = at;
                }
                b'\\' if quote == b'"' => {
                    let text = meaning.get_or_insert_default();
                    text.push_str(&self.text[copied..at]);
                    text.push(match self.byte(at + 1) {
                        b'n' => '\n',
                        b't' => '\t',
                        b'r' => '\r',
                        b'"' => '"',
                        b'\\' => '\\',
                        b'/' => '/',
                        _ => return None,
                    });
                    at += 2;
                    copied = at;
                }
                byte if byte == quote => break,
                _ => at += 1,
            }
        }
        if let Some(text) = &mut meaning {
            text.push_str(&self.text[copied..at]);
        }
        Some((at + 1, meaning))
    }

    /// A literal block, `|` or `|-`, with its lines.
    fn literal(&mut self, from: usize) -> Option<usize> {
        let strip = self.byte(from + 1) == b'-';
        let header = from + 1 + usize::from(strip);
        let mut at = self.rest_of_line(header)?;
        let parent = self.stack.last()?.indent;
        let mut value = String::new();
        let (mut end, mut indent, mut breaks) = (None, None, 0);
        while at < self.bytes.len() {
            let content = self.skip_blanks(at);
            let column = content - at;
            if self.is_end(content) && indent.is_none_or(|indent| column <= indent) {
                if content >= self.bytes.len() || indent.is_none() && column > 0 {
                    return None;
                }
                breaks += 1;
                at = self.next_line(content);
                continue;
            }
            let margin = *indent.get_or_insert(column);
            if self.byte(content) == b'\t' && column <= margin {
                return None;
            }
            if margin <= parent {
                return None;
            }
            if column < margin {
                break;
            }
            let line_end = self.line_end(at);
            if line_end == self.bytes.len() {
                return None;
            }
            for _ in 0..breaks {
                value.push('\n');
            }
            value.push_str(&self.text[at + margin..line_end]);
            breaks = 1;
            end = Some(line_end);
            at = self.next_line(at);
        }
        if !strip {
            value.push('\n');
        }
        let id = self.push(from, end?, Shape::Scalar, Style::Literal)?;
        self.tree.set_text(id, &value);
        self.link(id);
        self.awaited();
        Some(at)
    }

    /// Notes that a value is expected, and where an empty one would stand.
    fn await_value(&mut self, place: usize) {
        if let Some(top) = self.stack.last_mut() {
            top.pending = Some(place);
        }
    }

    fn awaited(&mut self) {
        if let Some(top) = self.stack.last_mut() {
            top.pending = None;
        }
    }

    /// Puts an empty value where one is still expected.
    fn fill(&mut self) -> Option<()> {
        if let Some(place) = self.stack.last_mut().and_then(|top| top.pending.take()) {
            let id = self.push(place, place, Shape::Scalar, Style::Plain)?;
            self.link(id);
        }
        Some(())
    }

    fn open(&mut self, shape: Shape, from: usize, indent: usize) -> Option<()> {
        if self.stack.len() >= limits::MAX_DEPTH {
            return None;
        }
        let id = self.push(from, from, shape, Style::Block)?;
        if self.stack.is_empty() {
            self.tree.root = Some(id);
        } else {
            self.link(id);
            self.awaited();
        }
        self.stack.push(Level {
            id,
            shape,
            indent,
            last_child: NONE,
            pending: None,
        });
        Some(())
    }

    fn close(&mut self, mut level: Level) -> Option<()> {
        if let Some(place) = level.pending.take() {
            let id = self.push(place, place, Shape::Scalar, Style::Plain)?;
            hang(&mut self.tree, &mut level, id);
        }
        let end = self.tree.nodes[level.last_child as usize].end;
        self.tree.nodes[level.id.0 as usize].end = end;
        if level.shape == Shape::Mapping {
            note_duplicates(&mut self.tree, &self.text[self.start..], level.id);
        }
        Some(())
    }

    fn scalar(
        &mut self,
        from: usize,
        end: usize,
        style: Style,
        meaning: Option<&str>,
    ) -> Option<NodeId> {
        let id = self.push(from, end, Shape::Scalar, style)?;
        if let Some(meaning) = meaning {
            self.tree.set_text(id, meaning);
        }
        Some(id)
    }

    fn push(&mut self, from: usize, end: usize, shape: Shape, style: Style) -> Option<NodeId> {
        self.nodes += 1;
        if self.nodes > limits::MAX_NODES {
            return None;
        }
        let id = NodeId(narrow(self.tree.nodes.len()));
        let (start, end) = (self.local(from), self.local(end));
        self.tree.nodes.push(Node::new(start..end, shape, style));
        Some(id)
    }

    /// Hangs a node below the innermost open collection.
    fn link(&mut self, id: NodeId) {
        if let Some(top) = self.stack.last_mut() {
            hang(&mut self.tree, top, id);
        }
    }
}

/// Makes a node the last child of a collection.
fn hang(tree: &mut Tree, level: &mut Level, id: NodeId) {
    if level.last_child == NONE {
        tree.nodes[level.id.0 as usize].payload = id.0;
    } else {
        tree.nodes[level.last_child as usize].set_next(id.0);
    }
    level.last_child = id.0;
}

/// The next line feed at or after `at`, or the end.
fn memchr(bytes: &[u8], at: usize) -> usize {
    let at = at.min(bytes.len());
    memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |found| at + found)
}
