//! The comment at the end of the line of a value.

use std::ops::Range;

use crate::edit::Refusal;
use crate::lines::{line_break, line_start, starts_line};
use crate::splice::Splice;
use crate::tree::{NodeId, NodeRef, Shape, Style, Tree};

/// The comment that belongs to a node: on the line where it ends, or for a block collection (and a
/// block scalar) on the line that announces it.
pub(crate) fn line_comment(text: &str, tree: &Tree, id: NodeId) -> Option<Range<u32>> {
    let from = comment_anchor(text, tree, id)?;
    let end = line_break(text, from);
    let at = tree
        .comments
        .partition_point(|comment| (comment.start as usize) < from);
    let comment = tree.comments.get(at)?;
    ((comment.start as usize) < end).then(|| comment.clone())
}

/// Where a line comment of a node would follow: the end of what stands on its line. `None` when
/// something else follows there, as inside a flow collection.
pub(crate) fn comment_anchor(text: &str, tree: &Tree, id: NodeId) -> Option<usize> {
    let node = tree.node(id);
    let from = match (node.shape(), node.style()) {
        (Shape::Mapping | Shape::Sequence, Style::Block) => {
            // The line of the `key:` or `-` above its first child, when it starts on its own line.
            if !starts_line(text, node.start as usize) || node.start == 0 {
                return None;
            }
            let before =
                text[..line_start(text, node.start as usize)].trim_end_matches(['\n', '\r', ' ']);
            let mut end = before.len();
            // Step over comment lines between the announcing line and the first child.
            loop {
                let start = line_start(text, end);
                let line = text[start..end].trim_start();
                if !line.starts_with('#') && !line.is_empty() {
                    break;
                }
                if start == 0 {
                    return None;
                }
                end = text[..start].trim_end_matches(['\n', '\r', ' ']).len();
            }
            let start = line_start(text, end);
            let comment = tree
                .comments
                .iter()
                .find(|c| (c.start as usize) >= start && (c.start as usize) < end);
            comment.map_or(end, |comment| {
                text[..comment.start as usize].trim_end().len()
            })
        }
        (Shape::Scalar, Style::Literal | Style::Folded) => {
            let line = &text[node.start as usize..line_break(text, node.start as usize)];
            node.start as usize
                + line
                    .split_once(" #")
                    .map_or(line, |(header, _)| header)
                    .trim_end()
                    .len()
        }
        _ => node.end as usize,
    };
    let rest = &text[from..line_break(text, from)];
    let blanks = rest.len() - rest.trim_start().len();
    let free = blanks == rest.len() || starts_comment(tree, from + blanks);
    if !free && let Some(behind) = behind_comma(text, tree, from) {
        return Some(behind);
    }
    free.then_some(from)
}

fn starts_comment(tree: &Tree, offset: usize) -> bool {
    tree.comments
        .binary_search_by_key(&offset, |comment| comment.start as usize)
        .is_ok()
}

/// Behind the comma after a value when nothing but a comment or the end of the line follows.
fn behind_comma(text: &str, tree: &Tree, from: usize) -> Option<usize> {
    let rest = text[from..line_break(text, from)]
        .trim_start()
        .strip_prefix(',')?;
    let behind = line_break(text, from) - rest.len();
    let rest = rest.trim_start();
    let comment = line_break(text, from) - rest.len();
    (rest.is_empty() || starts_comment(tree, comment)).then_some(behind)
}

/// The splices that set or (with an empty text) remove the line comment of a node; a new one
/// begins with `sign`.
pub(crate) fn plan(
    text: &str,
    tree: &Tree,
    id: NodeId,
    sign: &str,
    comment: &str,
) -> Result<Vec<Splice>, Refusal> {
    let start = tree.node(id).start as usize;
    if comment.contains(['\n', '\r']) {
        return Err(Refusal::new(start, "a line comment has one line"));
    }
    let Some(anchor) = comment_anchor(text, tree, id) else {
        return Err(Refusal::new(
            start,
            "there is no room for a comment on this line",
        ));
    };
    let comment = comment.trim();
    let Some(old) = line_comment(text, tree, id) else {
        return Ok(match comment.is_empty() {
            true => vec![],
            false => vec![Splice::insert(anchor, format!(" {sign} {comment}"))],
        });
    };
    let old = old.start as usize..old.end as usize;
    let known = bare(&text[old.clone()]);
    Ok(if known == comment {
        vec![]
    } else if comment.is_empty() {
        vec![Splice::remove(anchor..old.end)]
    } else {
        let new = match sign_of(&text[old.clone()]) {
            "/" => format!("/* {comment} */"),
            sign => format!("{sign} {comment}"),
        };
        vec![Splice::new(old, new)]
    })
}

fn sign_of(comment: &str) -> &str {
    let length = if comment.starts_with("//") { 2 } else { 1 };
    &comment[..length.min(comment.len())]
}

/// The text of a comment, without its signs and the blanks around it.
fn bare(comment: &str) -> &str {
    let text = match comment.strip_prefix("/*") {
        Some(text) => text.strip_suffix("*/").unwrap_or(text),
        None => &comment[sign_of(comment).len()..],
    };
    text.strip_prefix(' ').unwrap_or(text).trim_end()
}

impl<'a> NodeRef<'a> {
    /// The comment on the line where the node ends, or for a block collection where it begins;
    /// without its sign and the blank after it.
    #[must_use]
    pub fn line_comment(self) -> Option<&'a str> {
        let span = line_comment(self.text, self.tree, self.id)?;
        Some(bare(&self.text[span.start as usize..span.end as usize]))
    }
}
