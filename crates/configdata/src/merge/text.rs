//! Carrying changes of lines: the text side of a merge.
//!
//! Values alone would lose what people wrote around them. So the lines that theirs changed are
//! first carried over as lines, wherever ours still has the lines they replace. That brings
//! comments, blank lines, order and quoting along, at their natural place. It is only a proposal:
//! the values it gives are then compared with the merged values, and mended where they differ.

use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput};

use crate::document::Document;
use crate::lines::line_start;

/// Lines of theirs for lines of base; either may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hunk {
    pub(super) base: Range<usize>,
    pub(super) theirs: Range<usize>,
}

/// Ours with changes of theirs carried over.
#[derive(Debug)]
pub(super) struct Carried {
    pub(super) text: String,
    /// What could not be carried.
    pub(super) held: Vec<Hunk>,
}

/// A text by lines, each with its line break.
pub(super) struct Lines<'t> {
    pub(super) lines: Vec<&'t str>,
}

impl<'t> Lines<'t> {
    pub(super) fn of(document: &'t Document) -> Self {
        Self {
            lines: document.text.split_inclusive('\n').collect(),
        }
    }
}

/// Every comment of a document: its line from 0, whether it has the line for itself, its text.
pub(super) fn comment_lines(document: &Document) -> impl Iterator<Item = (usize, bool, &str)> {
    let text = document.text();
    let (mut line, mut seen) = (0, 0);
    document.tree.comments.iter().map(move |span| {
        let (start, end) = (span.start as usize, span.end as usize);
        line += text[seen..start].bytes().filter(|b| *b == b'\n').count();
        seen = start;
        let own = text[line_start(text, start)..start].trim().is_empty();
        (line, own, text[start..end].trim_end())
    })
}

fn changes(old: &str, new: &str) -> Vec<Hunk> {
    let input = InternedInput::new(old, new);
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    diff.hunks()
        .map(|hunk| Hunk {
            base: hunk.before.start as usize..hunk.before.end as usize,
            theirs: hunk.after.start as usize..hunk.after.end as usize,
        })
        .collect()
}

/// Carries the lines that theirs changed over to ours.
pub(super) fn carry(base: &Document, theirs: &Document, ours: &Document) -> Carried {
    let (base_lines, theirs_lines, ours_lines) =
        (Lines::of(base), Lines::of(theirs), Lines::of(ours));
    let local = changes(&base.text, &ours.text);
    let mut carrier = Carrier {
        places: places(base_lines.lines.len(), &local, false),
        neighbours: places(base_lines.lines.len(), &local, true),
        base: base_lines,
        theirs: theirs_lines,
        ours: ours_lines,
        moves: Vec::new(),
        held: Vec::new(),
    };
    for hunk in changes(&base.text, &theirs.text) {
        carrier.place(&hunk);
    }
    carrier.finish()
}

/// For each line of base its place in ours, when ours has it unchanged; with `changed`, also when
/// just as many lines stand in the place of those that ours changed.
fn places(length: usize, changes: &[Hunk], changed: bool) -> Vec<Option<usize>> {
    let mut places = Vec::with_capacity(length);
    let mut next = 0;
    for hunk in changes {
        while places.len() < hunk.base.start {
            places.push(Some(next));
            next += 1;
        }
        if changed && hunk.base.len() == hunk.theirs.len() {
            places.extend(hunk.theirs.clone().map(Some));
        }
        places.resize(hunk.base.end, None);
        next = hunk.theirs.end;
    }
    while places.len() < length {
        places.push(Some(next));
        next += 1;
    }
    places
}

/// What a line is about: its margin and key, or all of it when it has none.
fn head(line: &str) -> &str {
    line.split_once([':', '='])
        .map_or(line.trim_end(), |(head, _)| head.trim_end())
}

struct Carrier<'t> {
    base: Lines<'t>,
    theirs: Lines<'t>,
    ours: Lines<'t>,
    places: Vec<Option<usize>>,
    neighbours: Vec<Option<usize>>,
    /// Lines of theirs for lines of ours.
    moves: Vec<(Range<usize>, Range<usize>)>,
    held: Vec<Hunk>,
}

impl Carrier<'_> {
    /// Carries a hunk as a whole, or else piece by piece.
    fn place(&mut self, hunk: &Hunk) {
        if self.fits(hunk) {
            return;
        }
        let pieces = self.pieces(hunk);
        for piece in pieces {
            let unchanged =
                self.base.lines[piece.base.clone()] == self.theirs.lines[piece.theirs.clone()];
            if !unchanged && !self.fits(&piece) {
                self.held.push(piece);
            }
        }
    }

    /// A hunk in parts: lines that begin alike (the same key with another value) one by one, and
    /// what comes and goes between them.
    fn pieces(&self, hunk: &Hunk) -> Vec<Hunk> {
        let mut input = InternedInput::default();
        input.update_before(
            self.base.lines[hunk.base.clone()]
                .iter()
                .map(|line| head(line)),
        );
        input.update_after(
            self.theirs.lines[hunk.theirs.clone()]
                .iter()
                .map(|line| head(line)),
        );
        let diff = Diff::compute(Algorithm::Histogram, &input);
        let (mut base, mut theirs) = (hunk.base.start, hunk.theirs.start);
        let mut pieces = Vec::new();
        let mut one_by_one = |count: usize, base: &mut usize, theirs: &mut usize| {
            for _ in 0..count {
                pieces.push(Hunk {
                    base: *base..*base + 1,
                    theirs: *theirs..*theirs + 1,
                });
                (*base, *theirs) = (*base + 1, *theirs + 1);
            }
        };
        let mut runs = Vec::new();
        for run in diff.hunks() {
            let start = hunk.base.start + run.before.start as usize;
            one_by_one(start - base, &mut base, &mut theirs);
            let (went, came) = (run.before.len(), run.after.len());
            if went == came {
                one_by_one(went, &mut base, &mut theirs);
            } else {
                runs.push(Hunk {
                    base: base..base + went,
                    theirs: theirs..theirs + came,
                });
                (base, theirs) = (base + went, theirs + came);
            }
        }
        let rest = hunk.base.end - base;
        one_by_one(rest, &mut base, &mut theirs);
        pieces.extend(runs);
        pieces.sort_by_key(|piece| (piece.base.start, piece.base.end, piece.theirs.start));
        pieces
    }

    /// Carries a hunk if ours has the lines it replaces, or the neighbours of what it inserts.
    fn fits(&mut self, hunk: &Hunk) -> bool {
        let Hunk { base, theirs } = hunk;
        // Just behind the line above, and just before the line below.
        let above = match base.start {
            0 => Some(0),
            at => self.neighbours[at - 1].map(|place| place + 1),
        };
        let below = match self.neighbours.get(base.end) {
            Some(place) => *place,
            None => Some(self.ours.lines.len()),
        };
        let target = if base.is_empty() {
            match (above, below) {
                (Some(_), Some(below)) => below..below,
                (Some(above), None) => above..above,
                (None, Some(below)) => below..below,
                (None, None) => return false,
            }
        } else {
            let Some(start) = self.places[base.start] else {
                return self.is_there(above, below, theirs);
            };
            let together = base
                .clone()
                .zip(start..)
                .all(|(at, place)| self.places[at] == Some(place));
            if !together {
                return self.is_there(above, below, theirs);
            }
            start..start + base.len()
        };
        if target.is_empty() && self.is_there(above, below, theirs) {
            return true;
        }
        self.moves.push((target, theirs.clone()));
        true
    }

    /// Whether ours already has the lines of theirs at this place.
    fn is_there(&self, above: Option<usize>, below: Option<usize>, theirs: &Range<usize>) -> bool {
        let (Some(above), Some(below)) = (above, below) else {
            return false;
        };
        above < below && self.ours.lines[above..below] == self.theirs.lines[theirs.clone()]
    }

    fn finish(mut self) -> Carried {
        self.moves.sort_by_key(|(ours, _)| (ours.start, ours.end));
        let mut text = String::new();
        let mut push = |line: &str| {
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            text.push_str(line);
        };
        let mut at = 0;
        for (target, lines) in &self.moves {
            for line in at..target.start.max(at) {
                push(self.ours.lines[line]);
            }
            for line in lines.clone() {
                push(self.theirs.lines[line]);
            }
            at = at.max(target.end);
        }
        for line in &self.ours.lines[at..] {
            push(line);
        }
        Carried {
            text,
            held: self.held,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::toolchain::Toolchain;

    fn carried(base: &str, theirs: &str, ours: &str) -> (String, usize) {
        let [base, theirs, ours] = [base, theirs, ours].map(|text| {
            Config::parse(Toolchain::ConfigHubYaml, text.as_bytes()).expect("readable text")
        });
        let carried = carry(
            &base.documents()[0],
            &theirs.documents()[0],
            &ours.documents()[0],
        );
        (carried.text, carried.held.len())
    }

    #[test]
    fn changed_lines_find_their_place() {
        let cases = [
            // base, theirs, ours, carried, held
            (
                "a: 1\nb: 2\n",
                "a: 1\nb: 3\n",
                "a: 9\nb: 2\n",
                "a: 9\nb: 3\n",
                0,
            ),
            (
                "a: 1\nb: 2\n",
                "a: 1\nc: 5\nb: 2\n",
                "a: 9\nb: 2\n",
                "a: 9\nc: 5\nb: 2\n",
                0,
            ),
            (
                "a: 1\nb: 2\n",
                "# why\na: 1\nb: 2\n",
                "a: 9\nb: 2\n",
                "# why\na: 9\nb: 2\n",
                0,
            ),
            (
                "x: 0\na: 1\n",
                "x: 0\n# why\na: 2\n",
                "x: 0\na: 9\n",
                "x: 0\n# why\na: 9\n",
                1,
            ),
            (
                "a: 1\nb: 2\nc: 3\n",
                "a: 4\nb: 5\nc: 6\n",
                "a: 1\nb: 9\nc: 3\n",
                "a: 4\nb: 9\nc: 6\n",
                1,
            ),
            ("a: 1\n", "a: 1\nb: 2\n", "a: 1\nb: 2\n", "a: 1\nb: 2\n", 0),
            (
                "a: 1\n",
                "a: 1\nb: 2",
                "a: 1\nc: 3\n",
                "a: 1\nc: 3\nb: 2",
                0,
            ),
            (
                "a: 1\nb: 2\nc: 3\n",
                "a: 1\nc: 3\n",
                "a: 1\nb: 2\nc: 9\n",
                "a: 1\nc: 9\n",
                0,
            ),
            (
                "a: 1\n# one\nb: 2\n",
                "a: 1\n# two\nb: 3\n",
                "a: 1\n# one\nb: 9\n",
                "a: 1\n# two\nb: 9\n",
                1,
            ),
        ];
        for (base, theirs, ours, text, held) in cases {
            assert_eq!(
                carried(base, theirs, ours),
                (text.to_owned(), held),
                "{base:?} {theirs:?} {ours:?}"
            );
        }
    }
}
