//! Reading: from a parser's events to one tree a document.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, StructureStyle, Tag};

use crate::format::Segment;
use crate::key_index::LARGE_MAP;
use crate::limits;
use crate::lines::{line_break, position};
use crate::parse_error::ParseError;
use crate::tree::{NONE, Node, NodeId, NodeRef, Properties, Shape, Style, Tree, narrow};
use crate::yaml::merge;

/// Reads any stream of documents. The ranges of the answer cover the whole text, in order.
pub(super) fn read(text: &str) -> Result<Vec<Segment>, ParseError> {
    let options = granit_parser::options! {
        emit_anchor_events: true,
        block_nesting_limit: limits::MAX_DEPTH,
        flow_nesting_limit: limits::MAX_DEPTH,
        // Long runs of comments are ordinary in configuration.
        max_buffered_comment_events: 1 << 20,
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut reader = Reader::new(text);
    loop {
        match parser.next_event() {
            None => break,
            Some(Ok((event, span))) => {
                let Some(bytes) = span.byte_range() else {
                    continue;
                };
                // The parser reads a line break at the end of the text that is not there.
                let bytes = bytes.start.min(text.len())..bytes.end.min(text.len());
                let tag = span.tag_span().and_then(|tag| tag.byte_range());
                reader.event(event, &bytes, tag)?;
            }
            Some(Err(error)) => return Err(explain(text, &error)),
        }
    }
    Ok(reader.finish())
}

/// The parser's error in terms of what the writer did.
fn explain(text: &str, error: &ScanError) -> ParseError {
    let marker = error.marker();
    let offset = marker.byte_offset().unwrap_or(text.len());
    let place = position(text, offset);
    let line = text[..text.floor_char_boundary(offset)]
        .rfind('\n')
        .map_or(0, |at| at + 1);
    let indentation: String = text[line..]
        .chars()
        .take_while(|c| c.is_whitespace() && *c != '\n')
        .collect();
    let mut message = match error.info() {
        // The parser has a limit of its own for brackets.
        info if info == "recursion limit exceeded" => {
            format!("nested more than {} levels deep", limits::MAX_DEPTH)
        }
        info => info,
    };
    if indentation.contains('\t') {
        message = format!("{message} (the line is indented with a tab: expected spaces)");
    }
    ParseError {
        line: place.line,
        column: place.column,
        message,
    }
}

/// Maps of up to this many keys are searched for duplicates without hashing.
const SMALL_MAP: usize = 16;

/// A collection that is being read.
struct Open {
    id: NodeId,
    /// The parser's number of its anchor, 0 for none.
    anchor: usize,
    last_child: u32,
    /// Whether the next child of a map is a key.
    expects_key: bool,
    /// Nodes below it when every alias is written out.
    weight: u64,
}

struct Reader<'t> {
    text: &'t str,
    segments: Vec<Segment>,
    /// Start of the document being read, and where the one before it ended.
    start: usize,
    previous_end: usize,
    started: bool,
    tree: Tree,
    stack: Vec<Open>,
    /// Anchored nodes by the parser's number, with their weight once they are closed.
    anchors: HashMap<usize, (NodeId, Option<u64>)>,
    /// End of the last thing that was read: where to look for a block scalar's header.
    cursor: usize,
    weight: u64,
    /// Values read so far, over all documents.
    nodes: usize,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            segments: Vec::new(),
            start: 0,
            previous_end: 0,
            started: false,
            tree: Tree::default(),
            stack: Vec::new(),
            anchors: HashMap::new(),
            cursor: 0,
            weight: 0,
            nodes: 0,
        }
    }

    fn event(
        &mut self,
        event: Event<'t>,
        bytes: &Range<usize>,
        tag_span: Option<Range<usize>>,
    ) -> Result<(), ParseError> {
        match event {
            Event::DocumentStart(explicit, _) => self.start_document(explicit, bytes),
            Event::DocumentEnd => self.previous_end = bytes.end,
            Event::Comment(..) => {
                let span = self.local(bytes);
                self.tree.comments.push(span);
            }
            Event::Scalar(value, style, anchor, tag) => {
                let tag = tag.as_deref();
                let id = self.scalar(&value, style, bytes);
                self.attach(id, anchor, tag, tag_span, bytes.start)?;
                self.close_leaf(id, anchor);
            }
            Event::Alias(anchor) => self.alias(anchor, bytes)?,
            Event::UnresolvedAlias(name) => {
                return Err(ParseError::at(
                    self.text,
                    bytes.start,
                    format!("no anchor &{name} before this alias"),
                ));
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.open(
                    Shape::Sequence,
                    style,
                    anchor,
                    tag.as_deref(),
                    tag_span,
                    bytes,
                )?;
            }
            Event::MappingStart(style, anchor, tag) => {
                self.open(
                    Shape::Mapping,
                    style,
                    anchor,
                    tag.as_deref(),
                    tag_span,
                    bytes,
                )?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(bytes),
            Event::Anchor(id, name) => {
                if let Some((node, _)) = self.anchors.get(&id) {
                    let node = *node;
                    let span = self.local(bytes);
                    self.properties_mut(node).anchor = Some((name.into_owned(), span));
                }
            }
            Event::StreamEnd | Event::StreamStart => {}
            // The parser may learn new events; none of them can carry a node we would lose.
            _ => {}
        }
        Ok(())
    }

    fn start_document(&mut self, explicit: bool, bytes: &Range<usize>) {
        if self.started {
            let boundary = if explicit {
                directives_before(self.text, self.previous_end, bytes.start)
            } else {
                next_line(self.text, self.previous_end).unwrap_or(bytes.start)
            };
            self.cut(boundary);
        }
        self.started = true;
        // The parser names no place for a document that begins without a marker.
        self.cursor = if explicit { bytes.end } else { self.start };
    }

    /// Ends the current segment at `boundary`; comments that stand behind it go to the next one.
    fn cut(&mut self, boundary: usize) {
        let boundary = boundary.max(self.start);
        let local = narrow(boundary - self.start);
        let mut tree = std::mem::take(&mut self.tree);
        tree.sort_repeating();
        for node in &mut tree.nodes {
            node.start = node.start.min(local);
            node.end = node.end.clamp(node.start, local);
        }
        tree.comments.sort_unstable_by_key(|comment| comment.start);
        tree.shrink_to_fit();
        let split = tree
            .comments
            .partition_point(|comment| comment.start < local);
        let next = tree.comments.split_off(split);
        self.tree.comments = next
            .into_iter()
            .map(|c| c.start - local..c.end - local)
            .collect();
        self.segments.push(Segment {
            range: self.start..boundary,
            tree,
        });
        self.start = boundary;
        self.anchors.clear();
        self.weight = 0;
    }

    fn finish(mut self) -> Vec<Segment> {
        self.cut(self.text.len());
        self.segments
    }

    fn local(&self, bytes: &Range<usize>) -> Range<u32> {
        // A comment above a document marker is seen before the document is cut off.
        narrow(bytes.start.saturating_sub(self.start))..narrow(bytes.end.saturating_sub(self.start))
    }

    fn push(&mut self, span: Range<u32>, shape: Shape, style: Style) -> NodeId {
        let id = NodeId(narrow(self.tree.nodes.len()));
        self.tree.nodes.push(Node::new(span, shape, style));
        id
    }

    fn scalar(&mut self, value: &str, style: ScalarStyle, bytes: &Range<usize>) -> NodeId {
        let (range, style) = match style {
            ScalarStyle::Plain if bytes.is_empty() => {
                let place = self.empty_place();
                (place..place, Style::Plain)
            }
            ScalarStyle::Plain => (bytes.clone(), Style::Plain),
            ScalarStyle::SingleQuoted => (bytes.clone(), Style::SingleQuoted),
            ScalarStyle::DoubleQuoted => (bytes.clone(), Style::DoubleQuoted),
            ScalarStyle::Literal => (self.block_scalar(b'|', bytes, value), Style::Literal),
            ScalarStyle::Folded => (self.block_scalar(b'>', bytes, value), Style::Folded),
        };
        self.cursor = range.end;
        let source = &self.text[range.clone()];
        let same = match style {
            Style::Plain if range.is_empty() => true,
            Style::Plain => source == value,
            Style::SingleQuoted | Style::DoubleQuoted => {
                source.len() >= 2 && &source[1..source.len() - 1] == value
            }
            _ => false,
        };
        let span = self.local(&range);
        let id = self.push(span, Shape::Scalar, style);
        if !same {
            self.tree.set_text(id, value);
        }
        id
    }

    /// Where an empty value stands: right behind the `:` or `-` that announces it, or the document
    /// marker; an empty key, right before its `:`. The parser may name the place of the key's end
    /// or of the next token instead.
    fn empty_place(&self) -> usize {
        let Some(open) = self.stack.last() else {
            return self.cursor;
        };
        let in_map = self.tree.node(open.id).shape() == Shape::Mapping;
        let indicator = if in_map { b':' } else { b'-' };
        match self.scan_for(indicator, self.cursor) {
            Some(at) if in_map && open.expects_key => at,
            Some(at) => at + 1,
            None => self.cursor,
        }
    }

    /// From the header of a block scalar to the end of its last line of content, without that
    /// line's break. The parser names the content only.
    fn block_scalar(&self, indicator: u8, bytes: &Range<usize>, value: &str) -> Range<usize> {
        let start = self.scan_for(indicator, self.cursor).unwrap_or(bytes.start);
        let header_line = &self.text[start..line_break(self.text, start)];
        let keep = header_line
            .split('#')
            .next()
            .is_some_and(|header| header.contains('+'));
        if indicator == b'|' && !keep && !value.trim_end_matches('\n').is_empty() {
            // Line for line the text is the value, blanks and all.
            let mut end = line_break(self.text, start);
            for _ in value.trim_end_matches('\n').split('\n') {
                let next = self.text[end..]
                    .find('\n')
                    .map_or(self.text.len(), |at| end + at + 1);
                end = line_break(self.text, next);
            }
            return start..end;
        }
        // Where there is no content, the parser may name a place in the header.
        let content_start = bytes.start.max(line_break(self.text, start)).min(bytes.end);
        let content = &self.text[content_start..bytes.end];
        // The span runs up to the next token: drop the blanks of that token's line.
        let content = match content.rfind('\n') {
            Some(at) if content[at + 1..].trim().is_empty() && bytes.end < self.text.len() => {
                &content[..=at]
            }
            _ => content,
        };
        let content = if keep {
            content.strip_suffix('\n').unwrap_or(content)
        } else {
            content.trim_end()
        };
        let content = content.strip_suffix('\r').unwrap_or(content);
        if content.trim().is_empty() && !keep {
            return start
                ..start
                    + header_line
                        .split_once(" #")
                        .map_or(header_line, |(header, _)| header)
                        .trim_end()
                        .len();
        }
        let end = if keep {
            content_start + content.len()
        } else {
            // Blanks that end the last line are content.
            line_break(self.text, content_start + content.len())
                .min(bytes.end.max(content_start + content.len()))
        };
        start..end.max(start + 1)
    }

    fn alias(&mut self, anchor: usize, bytes: &Range<usize>) -> Result<(), ParseError> {
        let (target, weight) = match self.anchors.get(&anchor) {
            Some((target, Some(weight))) => (*target, *weight),
            _ => {
                return Err(ParseError::at(
                    self.text,
                    bytes.start,
                    "this alias stands inside the value it names",
                ));
            }
        };
        let span = self.local(bytes);
        let id = self.push(span, Shape::Alias, Style::Alias);
        self.tree.nodes[id.0 as usize].payload = target.0;
        self.cursor = bytes.end;
        self.properties_mut(target).aliased = true;
        self.add_weight(weight, bytes.start)?;
        self.link(id);
        Ok(())
    }

    fn add_weight(&mut self, weight: u64, at: usize) -> Result<(), ParseError> {
        self.weight = self.weight.saturating_add(weight);
        if let Some(open) = self.stack.last_mut() {
            open.weight = open.weight.saturating_add(weight);
        }
        self.nodes += 1;
        if self.nodes > limits::MAX_NODES {
            let message = format!("the text holds more than {} values", limits::MAX_NODES);
            return Err(ParseError::at(self.text, at, message));
        }
        let limit = limits::MAX_EXPANDED_NODES.max(self.tree.nodes.len() as u64 * 2);
        if self.weight > limit {
            let message = format!("aliases write this document out to more than {limit} values");
            return Err(ParseError::at(self.text, at, message));
        }
        Ok(())
    }

    fn open(
        &mut self,
        shape: Shape,
        style: StructureStyle,
        anchor: usize,
        tag: Option<&Tag>,
        tag_span: Option<Range<usize>>,
        bytes: &Range<usize>,
    ) -> Result<(), ParseError> {
        if self.stack.len() >= limits::MAX_DEPTH {
            let message = format!("nested more than {} levels deep", limits::MAX_DEPTH);
            return Err(ParseError::at(self.text, bytes.start, message));
        }
        let style = match style {
            StructureStyle::Block => Style::Block,
            StructureStyle::Flow => Style::Flow,
        };
        let in_map = self
            .stack
            .last()
            .is_some_and(|open| self.tree.node(open.id).shape() == Shape::Mapping);
        let bytes = if in_map && (shape, style) == (Shape::Sequence, Style::Block) {
            // For a sequence that is not indented the parser names its first item.
            let dash = self.scan_for(b'-', self.cursor).unwrap_or(bytes.start);
            dash..dash
        } else {
            bytes.clone()
        };
        let span = self.local(&bytes);
        let id = self.push(span, shape, style);
        self.attach(id, anchor, tag, tag_span, bytes.start)?;
        if anchor != 0 {
            self.anchors.insert(anchor, (id, None));
        }
        self.cursor = self.cursor.max(bytes.end);
        self.stack.push(Open {
            id,
            anchor,
            last_child: NONE,
            expects_key: true,
            weight: 1,
        });
        Ok(())
    }

    /// The first occurrence of an indicator behind what may stand between two nodes: blanks,
    /// comments, anchors, tags and other indicators.
    fn scan_for(&self, indicator: u8, from: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut at = from;
        loop {
            let is_marker = bytes[at..].starts_with(b"---") && (at == 0 || bytes[at - 1] == b'\n');
            match bytes.get(at)? {
                _ if is_marker && at > from => return None,
                found if *found == indicator => return Some(at),
                b'#' => at += self.text[at..].find('\n')?,
                b'&' | b'!' => at += self.text[at..].find([' ', '\t', '\r', '\n'])?,
                b' ' | b'\t' | b'\r' | b'\n' | b':' | b'-' | b'?' | b',' | 0xef | 0xbb | 0xbf => {
                    at += 1;
                }
                _ => return None,
            }
        }
    }

    /// Hangs a node below the open collection (or makes it the root) and notes its properties.
    fn attach(
        &mut self,
        id: NodeId,
        anchor: usize,
        tag: Option<&Tag>,
        tag_span: Option<Range<usize>>,
        at: usize,
    ) -> Result<(), ParseError> {
        if let (Some(tag), Some(span)) = (tag, tag_span) {
            let span = self.local(&span);
            let (handle, suffix) = tag.parts();
            self.properties_mut(id).tag = Some((format!("{handle}{suffix}"), span));
        }
        if anchor != 0 {
            self.properties_mut(id);
        }
        self.add_weight(1, at)?;
        self.link(id);
        Ok(())
    }

    fn close_leaf(&mut self, id: NodeId, anchor: usize) {
        if anchor != 0 {
            self.anchors.insert(anchor, (id, Some(1)));
        }
    }

    fn link(&mut self, id: NodeId) {
        let Some(open) = self.stack.last_mut() else {
            self.tree.root = Some(id);
            return;
        };
        if open.last_child == NONE {
            self.tree.nodes[open.id.0 as usize].payload = id.0;
        } else {
            self.tree.nodes[open.last_child as usize].set_next(id.0);
        }
        open.last_child = id.0;
        open.expects_key = !open.expects_key;
    }

    fn close(&mut self, bytes: &Range<usize>) {
        let Some(open) = self.stack.pop() else { return };
        let node = self.tree.node(open.id);
        let end = match node.style() {
            Style::Flow => self.local(bytes).end,
            // A block ends where its last child does, not where the next token begins.
            _ if open.last_child == NONE => node.start,
            _ => self.tree.nodes[open.last_child as usize].end,
        };
        let shape = node.shape();
        self.tree.nodes[open.id.0 as usize].end = end;
        if node_is_flow(&self.tree, open.id) {
            self.cursor = bytes.end;
        }
        if shape == Shape::Mapping {
            note_duplicates(&mut self.tree, &self.text[self.start..], open.id);
        }
        // Its own node was counted when it was attached.
        let below = open.weight - 1;
        if let Some(parent) = self.stack.last_mut() {
            parent.weight = parent.weight.saturating_add(below);
        }
        if open.anchor != 0 {
            self.anchors
                .insert(open.anchor, (open.id, Some(open.weight)));
        }
    }

    fn properties_mut(&mut self, id: NodeId) -> &mut Properties {
        self.tree.nodes[id.0 as usize].note_properties();
        let properties = &mut self.tree.rare_mut().properties;
        let at = properties
            .binary_search_by_key(&id, |(node, _)| *node)
            .unwrap_or_else(|at| {
                properties.insert(at, (id, Properties::default()));
                at
            });
        &mut properties[at].1
    }
}

/// Notes the keys that stand twice in a mapping that has been read, and what its merge keys give it.
pub(super) fn note_duplicates(tree: &mut Tree, text: &str, id: NodeId) {
    let keys = tree
        .entries(id)
        .map(|(key, _)| NodeRef {
            text,
            tree,
            id: key,
        })
        .filter(|key| !key.is_collection());
    let mut repeated = Vec::new();
    let mut small: [&str; SMALL_MAP] = [""; SMALL_MAP];
    let mut large = HashSet::new();
    let mut merges = false;
    let mut length = 0;
    for (nth, key) in keys.enumerate() {
        length = nth + 1;
        let name = key.scalar();
        merges |= name == "<<";
        if nth < SMALL_MAP
            && let Cow::Borrowed(name) = name
        {
            if small[..nth].contains(&name) {
                repeated.push(key.id);
            }
            small[nth] = name;
            continue;
        }
        if small.contains(&&*name) || !large.insert(name) {
            repeated.push(key.id);
        }
    }
    if length > LARGE_MAP {
        tree.rare_mut();
    }
    if !repeated.is_empty() {
        let rare = tree.rare_mut();
        rare.repeating.push(id);
        rare.duplicates.append(&mut repeated);
    }
    if merges && let Some(entries) = merge::entries(text, tree, id) {
        tree.rare_mut().merging.insert(id, entries);
    }
}

fn node_is_flow(tree: &Tree, id: NodeId) -> bool {
    tree.node(id).style() == Style::Flow
}

/// Where a document begins whose `---` stands at `marker`: at the first directive before it.
fn directives_before(text: &str, previous_end: usize, marker: usize) -> usize {
    let mut line = text[..previous_end]
        .rfind(['\n', '\r'])
        .map_or(0, |at| at + 1);
    while line < marker {
        if line >= previous_end && text[line..].starts_with('%') {
            return line;
        }
        line = next_line(text, line).unwrap_or(marker);
    }
    marker
}

/// Where the next line begins. A carriage return alone ends a line, too (YAML 1.2.2, 5.4).
fn next_line(text: &str, at: usize) -> Option<usize> {
    let end = at + text[at..].find(['\n', '\r'])?;
    Some(
        end + if text[end..].starts_with("\r\n") {
            2
        } else {
            1
        },
    )
}
