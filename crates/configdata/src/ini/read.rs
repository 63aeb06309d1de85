//! Reading INI files: lines into maps.

use std::collections::HashSet;
use std::ops::Range;

use super::lines::{Entry, Header, Line, Lines};
use crate::format::Segment;
use crate::limits;
use crate::parse_error::ParseError;
use crate::tree::{NodeId, Shape, Style, Tree};
use crate::tree_builder::TreeBuilder;

/// Reads a text line by line. Only when a key turns out to be a section as well, it is read again
/// knowing all sections.
pub(super) fn read(text: &str) -> Result<Vec<Segment>, ParseError> {
    let tree = match Reader::new(text, HashSet::new()).read()? {
        Some(tree) => Some(tree),
        None => Reader::new(text, sections(text)?).read()?,
    };
    Ok(vec![Segment {
        range: 0..text.len(),
        tree: tree.unwrap_or_default(),
    }])
}

/// The keys that lead to all sections, and to those above them.
fn sections(text: &str) -> Result<HashSet<Vec<&str>>, ParseError> {
    let mut sections = HashSet::new();
    let mut lines = Lines::of(text);
    while let Some(line) = lines.next(&mut |_| {})? {
        if let Line::Header(header) = line {
            let depth = header.keys.len().min(limits::MAX_DEPTH);
            sections.extend((1..=depth).map(|length| header.keys[..length].to_vec()));
        }
    }
    Ok(sections)
}

struct Reader<'t> {
    text: &'t str,
    builder: TreeBuilder<'t>,
    root: NodeId,
    /// The section that entries go to, and the keys that lead there.
    here: NodeId,
    path: Vec<&'t str>,
    /// All sections, once a key was found to be one.
    sections: HashSet<Vec<&'t str>>,
    /// The maps that have sections below them, and whether this one has.
    parents: HashSet<NodeId>,
    is_parent: bool,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, sections: HashSet<Vec<&'t str>>) -> Self {
        let mut builder = TreeBuilder::new(text);
        let root = builder.mapping(0..0, Style::Lines);
        Self {
            text,
            builder,
            root,
            here: root,
            path: Vec::new(),
            sections,
            parents: HashSet::new(),
            is_parent: false,
        }
    }

    /// The tree; none when a key is a section as well and the sections are not known.
    fn read(mut self) -> Result<Option<Tree>, ParseError> {
        let mut lines = Lines::of(self.text);
        loop {
            let builder = &mut self.builder;
            let as_expected = match lines.next(&mut |comment| builder.comment(comment))? {
                Some(Line::Header(header)) => self.header(header)?,
                Some(Line::Entry(entry)) => self.entry(&entry)?,
                None => break,
            };
            if !as_expected {
                return Ok(None);
            }
        }
        Ok(Some(self.builder.finish(self.root)))
    }

    /// Goes to a section; false when the sections must be known first.
    fn header(&mut self, header: Header<'t>) -> Result<bool, ParseError> {
        self.builder.check_size(header.span.start)?;
        if header.keys.len() >= limits::MAX_DEPTH {
            let message = format!("the section nests deeper than {} maps", limits::MAX_DEPTH);
            return Err(ParseError::at(self.text, header.span.start, message));
        }
        self.here = self.root;
        for (at, key) in header.keys.iter().enumerate() {
            if at > 0 {
                self.parents.insert(self.here);
            }
            let found = self.builder.find(self.here, key);
            if self.sections.is_empty()
                && found.is_some_and(|(_, node)| self.builder.node(node).shape() == Shape::Scalar)
            {
                return Ok(false);
            }
            let own = at + 1 == header.keys.len();
            self.here = section(&mut self.builder, self.here, &header.span, key, own);
        }
        self.is_parent = self.parents.contains(&self.here);
        self.path = header.keys;
        Ok(true)
    }

    /// Puts an entry into its section; false when the sections must be known first.
    fn entry(&mut self, entry: &Entry<'t>) -> Result<bool, ParseError> {
        self.builder.check_size(entry.key.start)?;
        let name = &self.text[entry.key.clone()];
        let is_section = if self.sections.is_empty() {
            if self.is_parent && self.builder.find(self.here, name).is_some() {
                return Ok(false);
            }
            false
        } else {
            self.path.push(name);
            let is_section = self.sections.contains(self.path.as_slice());
            self.path.pop();
            is_section
        };
        // A key that is a section as well keeps its value under the empty key.
        let (map, name) = if is_section {
            let nowhere = entry.key.end..entry.key.end;
            let map = section(&mut self.builder, self.here, &nowhere, name, false);
            (map, "")
        } else {
            (self.here, name)
        };
        let key = self.builder.scalar(entry.key.clone(), Style::Bare, name);
        let span = entry.span.clone();
        let value = self.builder.scalar(span, entry.style, &entry.meaning);
        self.builder.entry(map, key, value);
        Ok(true)
    }
}

/// The map of a section below another. Its span is that of its first own header, or empty when it
/// has none.
fn section(
    builder: &mut TreeBuilder<'_>,
    above: NodeId,
    header: &Range<usize>,
    key: &str,
    own: bool,
) -> NodeId {
    let span = if own {
        header.clone()
    } else {
        header.start..header.start
    };
    if let Some((_, map)) = builder.find(above, key)
        && builder.node(map).shape() == Shape::Mapping
    {
        if own && builder.node(map).start == builder.node(map).end {
            builder.set_span(map, span);
        }
        return map;
    }
    let name = builder.scalar(header.clone(), Style::Bare, key);
    let map = builder.mapping(span, Style::Lines);
    builder.entry(above, name, map);
    map
}
