//! Lines: margins, neighbours, and how names and values are lined up.

use std::ops::Range;

use super::{Editor, Planned};
use crate::edit::Refusal;
use crate::lines::{line_break, line_start, next_line};
use crate::splice::Splice;
use crate::tree::Style;

/// A name and its value.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) key: Range<usize>,
    pub(super) value: Range<usize>,
}

impl Editor<'_> {
    /// The blanks with which the line of `offset` begins.
    pub(super) fn margin(&self, offset: usize) -> &str {
        let line = &self.text[line_start(self.text, offset)..offset];
        let line = line.trim_start_matches('\u{feff}');
        let end = line.find(|c| c != ' ' && c != '\t').unwrap_or(line.len());
        &line[..end]
    }

    /// What each level adds to the margin: what the body of the block adds.
    pub(super) fn step(&self) -> String {
        let first = self.tree.root.and_then(|root| {
            let outer = self.margin(self.start(root));
            let mut starts = self.tree.entries(root).map(|(key, _)| self.start(key));
            let first = starts.find(|at| *at > self.start(root) && self.begins_line(*at))?;
            self.margin(first).strip_prefix(outer)
        });
        first
            .filter(|step| !step.is_empty())
            .unwrap_or("  ")
            .to_owned()
    }

    /// Whether only blanks stand before `offset` on its line.
    pub(super) fn begins_line(&self, offset: usize) -> bool {
        self.text[line_start(self.text, offset)..offset]
            .trim_start_matches('\u{feff}')
            .bytes()
            .all(|b| matches!(b, b' ' | b'\t'))
    }

    /// The end of the line on which something ends, when only a comment follows there.
    pub(super) fn line_end(&self, offset: usize) -> Option<usize> {
        let end = line_break(self.text, offset);
        let rest = self.text[offset..end].trim_start();
        let comment = rest.starts_with('#')
            || rest.starts_with("//")
            || rest.starts_with("/*") && rest.trim_end().ends_with("*/");
        (rest.is_empty() || comment).then_some(end)
    }

    /// Where the comment lines begin that stand right above the line of `offset`. Those at the
    /// start of the document are about all of it.
    pub(super) fn above_comments(&self, offset: usize) -> usize {
        let mut at = line_start(self.text, offset);
        while at > 0 {
            let above = line_start(self.text, at - 1);
            let line = self.text[above..at].trim_start();
            if !line.starts_with('#') && !line.starts_with("//") {
                break;
            }
            at = above;
        }
        if at == 0 {
            return line_start(self.text, offset);
        }
        at
    }

    /// Whether the line that begins at `offset` is blank, or there is none.
    pub(super) fn is_blank_line(&self, offset: usize) -> bool {
        self.text[offset..line_break(self.text, offset)]
            .trim()
            .is_empty()
    }

    /// Whether the line above the one that begins at `line` is blank.
    pub(super) fn blank_above(&self, line: usize) -> bool {
        line > 0 && self.is_blank_line(line_start(self.text, line - 1))
    }

    /// Removes the lines from `start` to `end`, with one of two blank lines around them.
    pub(super) fn delete_lines(&self, start: usize, end: usize) -> Planned {
        if !self.begins_line(start) || self.line_end(end).is_none() {
            return Err(Refusal::new(
                start,
                "something else stands on the same line",
            ));
        }
        let mut from = line_start(self.text, start);
        let mut to = next_line(self.text, end);
        let below = &self.text[to..];
        let blank_below = !below.is_empty() && self.is_blank_line(to);
        let closes = below.is_empty() || below.trim_start_matches([' ', '\t']).starts_with('}');
        if self.blank_above(from) && (blank_below || closes) {
            from = line_start(self.text, from - 1);
        } else if blank_below && self.text[..from].trim_end().ends_with('{') {
            to = next_line(self.text, to);
        }
        Ok(vec![Splice::remove(from..to)])
    }

    /// What stands between a new name and its value, as its neighbours have it. `nth` is the
    /// neighbour beside which it will stand.
    pub(super) fn separator(&self, pairs: &[Pair], nth: usize, key: &str) -> String {
        let Some(neighbour) = pairs.get(nth) else {
            return " = ".to_owned();
        };
        let between = |pair: &Pair| &self.text[pair.key.end..pair.value.start];
        let usual = between(neighbour);
        let trimmed = usual.trim();
        if usual.contains('\n') || !matches!(trimmed, "=" | ":") {
            return " = ".to_owned();
        }
        let sign = |pair: &Pair| {
            let before = between(pair).find(trimmed)?;
            Some(self.text[pair.key.start..pair.key.end].chars().count() + before)
        };
        let line = |offset: usize| line_start(self.text, offset);
        let follows = |above: &Pair, below: &Pair| {
            next_line(self.text, above.value.end) == line(below.key.start)
                && line(above.key.start) == line(above.value.start)
        };
        let mut run = vec![neighbour];
        run.extend(
            (1..=nth)
                .rev()
                .map_while(|at| follows(&pairs[at - 1], &pairs[at]).then(|| &pairs[at - 1])),
        );
        run.extend(
            (nth + 1..pairs.len())
                .map_while(|at| follows(&pairs[at - 1], &pairs[at]).then(|| &pairs[at])),
        );
        let (before, after) = usual.split_once(trimmed).unwrap_or((" ", " "));
        let (before, after) = (
            if before.is_empty() { "" } else { " " },
            if after.is_empty() { "" } else { " " },
        );
        let column = sign(neighbour);
        let lined_up = run.iter().all(|pair| sign(pair) == column)
            && (run.len() > 1 || usual.starts_with("  "));
        match column {
            Some(column) if lined_up && key.chars().count() + before.len() <= column => {
                format!(
                    "{}{trimmed}{after}",
                    " ".repeat(column - key.chars().count())
                )
            }
            _ => format!("{before}{trimmed}{after}"),
        }
    }

    /// Whether a list of the tree is written as blocks.
    pub(super) fn is_blocks(&self, id: crate::tree::NodeId) -> bool {
        self.style(id) == Style::Lines && self.tree.node(id).shape() == crate::tree::Shape::Sequence
    }
}
