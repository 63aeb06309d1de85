//! Collections between brackets, whose children are separated by commas: where a child is put, and
//! what goes with one that is removed.

use std::ops::Range;

use crate::entry_lines::{line_begin, line_end, line_ending, next_line};
use crate::splice::Splice;
use crate::tree::{NodeId, Shape, Tree};

/// A collection between brackets as it stands.
pub(crate) struct Brackets<'a> {
    text: &'a str,
    tree: &'a Tree,
    /// What stands between the brackets.
    inside: Range<usize>,
    /// The children, of maps from key to value.
    children: Vec<Range<usize>>,
}

impl<'a> Brackets<'a> {
    /// A collection whose children are those of its node.
    pub(crate) fn new(text: &'a str, tree: &'a Tree, id: NodeId) -> Self {
        let span = |id: NodeId| {
            let node = tree.node(id);
            node.start as usize..node.end as usize
        };
        let children = match tree.node(id).shape() {
            Shape::Mapping => tree
                .entries(id)
                .map(|(key, value)| span(key).start..span(value).end)
                .collect(),
            _ => tree.children(id).map(span).collect(),
        };
        Self::with_children(text, tree, id, children)
    }

    /// A collection whose children stand at the places given, in order.
    pub(crate) fn with_children(
        text: &'a str,
        tree: &'a Tree,
        id: NodeId,
        children: Vec<Range<usize>>,
    ) -> Self {
        let node = tree.node(id);
        let (start, end) = (node.start as usize, node.end as usize);
        Self {
            text,
            tree,
            inside: start + 1..end.saturating_sub(1).max(start + 1),
            children,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.children.len()
    }

    /// What stands before the children on their lines, when each has a line of its own.
    pub(crate) fn margin(&self) -> Option<&'a str> {
        let first = self.children.first()?.start;
        self.margin_of(first)
    }

    fn margin_of(&self, offset: usize) -> Option<&'a str> {
        let begin = line_begin(self.text, offset);
        let margin = &self.text[begin..offset];
        (begin > self.inside.start && margin.trim().is_empty()).then_some(margin)
    }

    /// The comments between two places.
    fn comments(&self, range: Range<usize>) -> &'a [Range<u32>] {
        let comments = &self.tree.comments;
        let from = comments.partition_point(|c| (c.start as usize) < range.start);
        let to = comments.partition_point(|c| (c.start as usize) < range.end);
        &comments[from..to.max(from)]
    }

    /// Behind the comments and blanks (with line breaks, if `lines`) at `at`.
    fn skip(&self, mut at: usize, lines: bool) -> usize {
        loop {
            let rest = &self.text[at..self.inside.end.max(at)];
            let stop = |c: char| !(matches!(c, ' ' | '\t') || lines && matches!(c, '\n' | '\r'));
            let next = at + rest.find(stop).unwrap_or(rest.len());
            let comment = self.comments(next..next + 1).first();
            match comment {
                Some(comment) => at = comment.end as usize,
                None => return next,
            }
        }
    }

    /// Behind the comma that follows a child.
    fn behind_comma(&self, end: usize) -> Option<usize> {
        let at = self.skip(end, true);
        (at < self.inside.end && self.text[at..].starts_with(',')).then_some(at + 1)
    }

    /// The end of the line, when nothing but comments follows there.
    fn line_tail(&self, at: usize) -> Option<usize> {
        let end = self.skip(at, false);
        (end == line_end(self.text, end)).then_some(end)
    }

    /// Puts a child before the one at `index`, or behind the last one. Between brackets that are
    /// empty it gets lines of its own if `lines` says how: the margins of the child and of the
    /// closing bracket.
    pub(crate) fn insert(
        &self,
        index: usize,
        child: &str,
        lines: Option<(&str, &str)>,
    ) -> Vec<Splice> {
        let ending = line_ending(self.text);
        let Some(previous) = index.min(self.len()).checked_sub(1) else {
            return match self.children.first() {
                Some(first) => {
                    let behind = match self.margin() {
                        Some(margin) => format!(",{ending}{margin}"),
                        None => self.separator(),
                    };
                    vec![Splice::insert(first.start, format!("{child}{behind}"))]
                }
                None => vec![self.fill(child, lines)],
            };
        };
        let before = &self.children[previous];
        let last = previous + 1 == self.len();
        let comma = self.behind_comma(before.end);
        let margin = self.margin_of(before.start).or(self.margin());
        let tail = self.line_tail(comma.unwrap_or(before.end));
        let (Some(margin), Some(mut line)) = (margin, tail) else {
            let separator = self.separator();
            return vec![Splice::insert(before.end, format!("{separator}{child}"))];
        };
        if last && let Some(comment) = self.comments(line..self.inside.end).last() {
            // Comment lines below the last child stay below it.
            line = line_end(self.text, comment.end as usize);
        }
        if line >= self.inside.end {
            let separator = self.separator();
            return vec![Splice::insert(before.end, format!("{separator}{child}"))];
        }
        let end = if comma.is_some() { "," } else { "" };
        let new = Splice::insert(line, format!("{ending}{margin}{child}{end}"));
        match comma {
            Some(_) => vec![new],
            None if line == before.end => {
                vec![Splice::insert(line, format!(",{}", new.text))]
            }
            None => vec![Splice::insert(before.end, ","), new],
        }
    }

    /// The comma between children of one line, with the blanks after it.
    fn separator(&self) -> String {
        let tight = match self.children.as_slice() {
            [first, second, ..] => self.text[first.end..second.start] == *",",
            // An only entry tells by its colon.
            [only] => {
                let entry = &self.text[only.clone()];
                entry.contains("\":") && !entry.contains("\": ")
            }
            [] => false,
        };
        if tight { "," } else { ", " }.to_owned()
    }

    /// Puts the first child between empty brackets.
    fn fill(&self, child: &str, lines: Option<(&str, &str)>) -> Splice {
        let ending = line_ending(self.text);
        if let Some(comment) = self.comments(self.inside.clone()).last() {
            let start = self.comments(self.inside.clone())[0].start as usize;
            let end = line_end(self.text, comment.end as usize).min(self.inside.end);
            let line = self
                .margin_of(start)
                .map(|margin| format!("{ending}{margin}{child}"));
            return match line {
                Some(line) if end < self.inside.end => Splice::insert(end, line),
                _ => Splice::insert(self.inside.end, format!("{ending}{child}{ending}")),
            };
        }
        match lines {
            Some((margin, close)) => Splice::new(
                self.inside.clone(),
                format!("{ending}{margin}{child}{ending}{close}"),
            ),
            None => Splice::new(self.inside.clone(), child),
        }
    }

    /// Removes a child with its comma, and with its lines when they hold nothing else.
    pub(crate) fn remove(&self, index: usize) -> Vec<Splice> {
        let Some(own) = self.children.get(index).cloned() else {
            return vec![];
        };
        let last = index + 1 == self.len();
        if self.len() == 1 && self.comments(self.inside.clone()).is_empty() {
            return vec![Splice::remove(self.inside.clone())];
        }
        let comma = self.behind_comma(own.end);
        let behind = comma.unwrap_or(own.end);
        let before = index.checked_sub(1).map(|before| self.children[before].end);
        if self.margin_of(own.start).is_some()
            && let Some(tail) = self.line_tail(behind)
            && tail < self.inside.end
        {
            let lines = line_begin(self.text, own.start)..next_line(self.text, tail);
            let mut splices = vec![Splice::remove(lines)];
            if last
                && comma.is_none()
                && let Some(comma) = before.and_then(|end| self.behind_comma(end))
            {
                splices.push(Splice::remove(comma - 1..comma));
            }
            return splices;
        }
        let range = match (self.children.get(index + 1), before) {
            (Some(next), _) if self.comments(own.end..next.start).is_empty() => {
                own.start..next.start
            }
            (Some(_), _) => own.start..behind,
            (None, Some(before)) if self.comments(before..own.start).is_empty() => before..own.end,
            (None, Some(before)) => {
                let mut splices = vec![Splice::remove(own.start..behind)];
                if comma.is_none()
                    && let Some(comma) = self.behind_comma(before)
                {
                    splices.push(Splice::remove(comma - 1..comma));
                }
                return splices;
            }
            (None, None) => own.start..behind,
        };
        vec![Splice::remove(range)]
    }
}
