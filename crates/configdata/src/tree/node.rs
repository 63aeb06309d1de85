//! Nodes: where something stands, how it is written, and what is next to it and below it.
//!
//! A text of 64 MiB has millions of nodes, so a node has 16 bytes.

use std::ops::Range;

/// Index of a node in its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NodeId(pub(crate) u32);

/// Offsets fit 32 bits: text is at most [`crate::limits::MAX_BYTES`] long.
pub(crate) fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// No node.
pub(crate) const NONE: u32 = u32::MAX;

/// How a node is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A plain scalar, or nothing at all for an empty value.
    Plain,
    /// `'…'`.
    SingleQuoted,
    /// `"…"`.
    DoubleQuoted,
    /// `|`.
    Literal,
    /// `>`.
    Folded,
    /// Text without quotes that is a string whatever it looks like.
    Bare,
    /// An expression of a language, kept as it is written: the string is `${`, its source and `}`.
    Expression,
    /// A block mapping or sequence.
    Block,
    /// A map whose entries stand on lines of their own, perhaps in several places.
    Lines,
    /// `{…}` or `[…]`.
    Flow,
    /// `*name`.
    Alias,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Scalar,
    Mapping,
    Sequence,
    Alias,
}

const SHAPES: [Shape; 4] = [Shape::Scalar, Shape::Mapping, Shape::Sequence, Shape::Alias];

/// Every style at its own number; numbers of 4 bits that are none stand for the last.
const STYLES: [Style; 16] = {
    let mut styles = [Style::Alias; 16];
    styles[Style::Plain as usize] = Style::Plain;
    styles[Style::SingleQuoted as usize] = Style::SingleQuoted;
    styles[Style::DoubleQuoted as usize] = Style::DoubleQuoted;
    styles[Style::Literal as usize] = Style::Literal;
    styles[Style::Folded as usize] = Style::Folded;
    styles[Style::Bare as usize] = Style::Bare;
    styles[Style::Expression as usize] = Style::Expression;
    styles[Style::Block as usize] = Style::Block;
    styles[Style::Lines as usize] = Style::Lines;
    styles[Style::Flow as usize] = Style::Flow;
    styles
};

/// The bits of [`Node::link`] that hold the next sibling: more than
/// [`crate::limits::MAX_NODES`] needs.
const NEXT: u32 = (1 << 24) - 1;
const SHAPE: u32 = 24;
const STYLE: u32 = 26;
const PROPERTIES: u32 = 1 << 30;
const LARGE: u32 = 1 << 31;

/// One node: where it stands, and by shape its first child, its unescaped text, or the node an
/// alias stands for.
#[derive(Clone, Copy)]
pub(crate) struct Node {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) payload: u32,
    /// The next sibling in the low 24 bits, then shape, style and two marks.
    link: u32,
}

impl Node {
    /// A node without siblings and children, whose text is its source.
    pub(crate) fn new(span: Range<u32>, shape: Shape, style: Style) -> Self {
        Self {
            start: span.start,
            end: span.end,
            payload: NONE,
            link: NEXT | (shape as u32) << SHAPE | (style as u32) << STYLE,
        }
    }

    pub(crate) fn shape(&self) -> Shape {
        SHAPES[(self.link >> SHAPE & 3) as usize]
    }

    pub(crate) fn style(&self) -> Style {
        STYLES[(self.link >> STYLE & 15) as usize]
    }

    pub(crate) fn set_style(&mut self, style: Style) {
        self.link = self.link & !(15 << STYLE) | (style as u32) << STYLE;
    }

    /// The next sibling; [`NONE`] for the last.
    pub(crate) fn next(&self) -> u32 {
        match self.link & NEXT {
            NEXT => NONE,
            next => next,
        }
    }

    pub(crate) fn set_next(&mut self, next: u32) {
        self.link = self.link & !NEXT | next.min(NEXT);
    }

    /// Whether the node has an anchor or a tag, or an alias stands for it.
    pub(crate) fn has_properties(&self) -> bool {
        self.link & PROPERTIES != 0
    }

    pub(crate) fn note_properties(&mut self) {
        self.link |= PROPERTIES;
    }

    /// Whether it is a map that was found to be large while its tree is built.
    pub(crate) fn is_large(&self) -> bool {
        self.link & LARGE != 0
    }

    pub(crate) fn set_large(&mut self, large: bool) {
        self.link = self.link & !LARGE | if large { LARGE } else { 0 };
    }
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node")
            .field("span", &(self.start..self.end))
            .field("shape", &self.shape())
            .field("style", &self.style())
            .field("payload", &self.payload)
            .field("next", &self.next())
            .field("has_properties", &self.has_properties())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out_again() {
        let styles = [
            Style::Plain,
            Style::SingleQuoted,
            Style::DoubleQuoted,
            Style::Literal,
            Style::Folded,
            Style::Bare,
            Style::Expression,
            Style::Block,
            Style::Lines,
            Style::Flow,
            Style::Alias,
        ];
        for shape in SHAPES {
            for style in styles {
                let mut node = Node::new(3..7, shape, Style::Plain);
                assert_eq!((node.next(), node.payload), (NONE, NONE));
                node.set_next(10_000_000);
                node.set_style(style);
                node.set_large(true);
                assert!(node.is_large() && !node.has_properties());
                node.set_large(false);
                node.note_properties();
                assert!(!node.is_large() && node.has_properties());
                assert_eq!((node.shape(), node.style()), (shape, style));
                assert_eq!(node.next(), 10_000_000);
            }
        }
        assert_eq!(size_of::<Node>(), 16);
    }
}
