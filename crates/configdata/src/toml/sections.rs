//! Tables as they stand in the text: headers, the lines below them, and what belongs together.

use crate::entry_lines::{
    above, at_end, line_ending, whole_block, whole_lines, with_comments_above,
};
use crate::splice::Splice;
use crate::tree::{NodeRef, Shape, Style};

/// A line that holds an entry: the nodes of its whole dotted key and of its value.
#[derive(Clone, Copy)]
pub(super) struct Leaf<'a> {
    pub(super) key: NodeRef<'a>,
    pub(super) value: NodeRef<'a>,
}

impl Leaf<'_> {
    pub(super) fn start(self) -> usize {
        self.key.span().start
    }

    pub(super) fn end(self) -> usize {
        self.value.span().end
    }
}

/// Whether a node is a table, or a list of tables, that stands on lines of its own.
pub(super) fn is_lines(node: NodeRef<'_>) -> bool {
    node.style() == Style::Lines
}

/// Whether a table has a header of its own.
pub(super) fn has_header(node: NodeRef<'_>) -> bool {
    is_lines(node) && shape(node) == Shape::Mapping && node.source().starts_with('[')
}

fn shape(node: NodeRef<'_>) -> Shape {
    node.tree.node(node.id).shape()
}

/// The entries of a table, and of the maps that its dotted keys make, in the order of the text.
pub(super) fn leaves<'a>(table: NodeRef<'a>) -> Vec<Leaf<'a>> {
    let mut leaves = Vec::new();
    let mut maps = vec![table];
    while let Some(map) = maps.pop() {
        for (key, value) in map.tree.entries(map.id) {
            let (key, value) = (NodeRef { id: key, ..map }, NodeRef { id: value, ..map });
            if !is_lines(value) {
                leaves.push(Leaf { key, value });
            } else if shape(value) == Shape::Mapping && !has_header(value) {
                maps.push(value);
            }
        }
    }
    leaves.sort_by_key(|leaf| leaf.start());
    leaves
}

/// The tables with headers at and below a node.
fn headed<'a>(node: NodeRef<'a>) -> Vec<NodeRef<'a>> {
    let mut headed = Vec::new();
    let mut nodes = vec![node];
    while let Some(node) = nodes.pop() {
        if has_header(node) {
            headed.push(node);
        }
        let below = node.entries().map(|(_, value)| value).chain(node.items());
        nodes.extend(below.filter(|node| is_lines(*node)));
    }
    headed
}

/// The start of the first header of a text.
pub(super) fn first_header(root: NodeRef<'_>) -> Option<usize> {
    headed(root).iter().map(|table| table.span().start).min()
}

/// The end of the last line of a table and those below it.
pub(super) fn end_of(node: NodeRef<'_>) -> usize {
    let own = leaves(node);
    let mut end = own.last().map_or(0, |leaf| leaf.end());
    for table in headed(node) {
        let lines = leaves(table);
        end = end.max(table.span().end);
        end = end.max(lines.last().map_or(0, |leaf| leaf.end()));
    }
    end
}

/// Puts a block of lines behind everything at and below a table: before the next header and its
/// comments, or at the end.
pub(super) fn block_after(
    text: &str,
    root: NodeRef<'_>,
    table: NodeRef<'_>,
    lines: &[String],
) -> Splice {
    let ending = line_ending(text);
    let mut block = lines.join(ending);
    let next = (table.id != root.id)
        .then(|| end_of(table))
        .and_then(|end| {
            let starts = headed(root).into_iter().map(|table| table.span().start);
            starts.filter(|start| *start > end).min()
        });
    match next {
        Some(next) => block_before(text, next, lines),
        None => {
            if !text.trim().is_empty() && block.starts_with('[') {
                block.insert_str(0, ending);
            }
            at_end(text, &block)
        }
    }
}

/// Puts a block of lines before a header and the comments above it.
pub(super) fn block_before(text: &str, header: usize, lines: &[String]) -> Splice {
    let ending = line_ending(text);
    let block = format!("{}{ending}", lines.join(ending));
    above(text, with_comments_above(text, header, &['#']), &block)
}

/// Removes the lines of a table and of all below it; with `keep`, its own header stays.
pub(super) fn removals(text: &str, node: NodeRef<'_>, keep: bool) -> Vec<Splice> {
    let lines = |leaf: &Leaf<'_>| Splice::remove(whole_lines(text, leaf.start(), leaf.end()));
    let mut splices = Vec::new();
    if keep || !has_header(node) && shape(node) == Shape::Mapping {
        splices.extend(leaves(node).iter().map(lines));
    }
    for table in headed(node) {
        if keep && table.id == node.id {
            continue;
        }
        let header = table.span();
        let end = leaves(table).last().map_or(header.end, |leaf| leaf.end());
        splices.push(Splice::remove(whole_block(text, header.start, end)));
    }
    splices
}
