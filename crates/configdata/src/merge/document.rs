//! The merged text of one document.

use std::collections::BTreeMap;

use super::report::{Outcome, ReportLine, Subject};
use super::text::{self, Carried, Hunk, Lines};
use crate::batch;
use crate::document::Document;
use crate::edit::{Action, Edit, EditError, refine};
use crate::format::Format;
use crate::merge_key::identities;
use crate::path::{Path, ResolvedPath, escape_key};
use crate::resolve::{Missing, resolve};
use crate::resource::ResourceInfo;
use crate::tree::{Kind, NodeRef};
use crate::value::Value;

/// Most pieces of text whose effect is looked at one by one, to say that a change of layout was
/// held back.
const MAX_WEIGHED: usize = 64;

/// One document on the three sides, and what it should mean.
pub(super) struct Texts<'a> {
    pub(super) format: &'static dyn Format,
    pub(super) resource: &'a ResourceInfo,
    pub(super) base: &'a Document,
    pub(super) theirs: &'a Document,
    pub(super) ours: &'a Document,
}

impl Texts<'_> {
    /// The text that holds `value`, as near to all three as can be, with lines about what could
    /// not be written so.
    pub(super) fn merged(&self, value: &Value) -> (Document, Vec<ReportLine>) {
        let carried = text::carry(self.base, self.theirs, self.ours);
        let (start, held) = self.starting_point(carried, value);
        let (mut document, refused) = self.mend(start, value);
        let mut lines: Vec<ReportLine> = refused
            .into_iter()
            .map(|error| self.line(error.path, Subject::Value, Outcome::Refused, error.reason))
            .collect();
        if !held.is_empty() {
            lines.extend(self.line_comments(&mut document));
            lines.extend(self.not_carried(&document, &held));
        }
        (document, lines)
    }

    fn line(
        &self,
        path: String,
        subject: Subject,
        outcome: Outcome,
        message: String,
    ) -> ReportLine {
        ReportLine {
            resource: self.resource.clone(),
            path,
            subject,
            outcome,
            message,
            ..ReportLine::default()
        }
    }

    /// The carried text if it is nearer to the merged values than ours is; what it leaves out.
    fn starting_point(&self, carried: Carried, value: &Value) -> (Document, Vec<Hunk>) {
        let everything = || {
            vec![Hunk {
                base: 0..self.base.text.split_inclusive('\n').count(),
                theirs: 0..self.theirs.text.split_inclusive('\n').count(),
            }]
        };
        let partial = !carried.held.is_empty() && !self.format.has_loose_lines();
        let carried_document = match partial {
            true => None,
            false => self.read(carried.text),
        };
        let Some(document) = carried_document else {
            return (self.ours.clone(), everything());
        };
        let distance = |document: &Document| {
            let mut steps = Vec::new();
            refine(document.root(), &ResolvedPath::default(), value, &mut steps);
            steps.len()
        };
        if distance(&document) <= distance(self.ours) {
            (document, carried.held)
        } else {
            (self.ours.clone(), everything())
        }
    }

    /// Text as one document; none when it is not one.
    fn read(&self, text: String) -> Option<Document> {
        let mut segments = self.format.read(&text).ok()?;
        let segment = segments.pop().filter(|_| segments.is_empty())?;
        Some(Document {
            text: text.into(),
            tree: segment.tree,
            first_line: 0,
        })
    }

    /// Edits a document until it holds the value; the edits that cannot be made.
    fn mend(&self, document: Document, value: &Value) -> (Document, Vec<EditError>) {
        let whole = Edit::set(0, ResolvedPath::default(), value.clone());
        match batch::edited(self.format, &document, std::slice::from_ref(&whole)) {
            Ok(Some(edited)) => return (edited, Vec::new()),
            Ok(None) => return (document, Vec::new()),
            Err(_) => {}
        }
        let mut steps = Vec::new();
        refine(document.root(), &ResolvedPath::default(), value, &mut steps);
        let mut current = document;
        let mut refused = Vec::new();
        for (path, action) in steps {
            let edit = Edit {
                document: 0,
                path,
                action,
            };
            match batch::edited(self.format, &current, &[edit]) {
                Ok(Some(edited)) => current = edited,
                Ok(None) => {}
                Err(error) => refused.push(error),
            }
        }
        (current, refused)
    }

    /// Line comments that theirs changed on lines that could not be carried: set by themselves,
    /// where ours has the comment of base.
    fn line_comments(&self, document: &mut Document) -> Vec<ReportLine> {
        let [base, theirs, ours] = [self.base, self.theirs, self.ours].map(|side| {
            let mut found = BTreeMap::new();
            if let Some(root) = side.root() {
                gather_comments(&self.resource.resource_type, root, "", "", &mut found);
            }
            found
        });
        let mut lines = Vec::new();
        let places: Vec<&String> = base.keys().chain(theirs.keys()).collect();
        let mut seen = std::collections::HashSet::new();
        for place in places {
            if !seen.insert(place) || base.get(place) == theirs.get(place) {
                continue;
            }
            let text = |side: &BTreeMap<String, String>| side.get(place).cloned();
            let mut line = ReportLine {
                base: text(&base),
                theirs: text(&theirs),
                ours: text(&ours),
                ..self.line(
                    place.clone(),
                    Subject::Comment,
                    Outcome::Applied,
                    String::new(),
                )
            };
            let found = Path::parse(place).ok().and_then(|path| {
                let root = document.root()?;
                let found = resolve(root, &path, Missing::Skip).into_iter().next()?;
                let now = found.node?.line_comment().unwrap_or_default().to_owned();
                Some((found.path, now))
            });
            let Some((path, now)) = found else { continue };
            let wanted = text(&theirs).unwrap_or_default();
            if now == wanted {
                continue;
            }
            line.outcome = if ours.get(place) == base.get(place) {
                let edit = Edit {
                    document: 0,
                    path,
                    action: Action::Comment(wanted),
                };
                match batch::edited(self.format, document, &[edit]) {
                    Ok(Some(edited)) => {
                        *document = edited;
                        Outcome::Applied
                    }
                    Ok(None) => Outcome::AlreadyThere,
                    Err(error) => {
                        line.message = error.reason;
                        Outcome::Refused
                    }
                }
            } else {
                Outcome::KeptLocal
            };
            lines.push(line);
        }
        lines
    }

    /// What of the text theirs changed is not in the result: comments with lines of their own, and
    /// changes that are of layout only.
    fn not_carried(&self, document: &Document, held: &[Hunk]) -> Vec<ReportLine> {
        let mut lines = Vec::new();
        let known: std::collections::HashSet<&str> = [self.base, document]
            .into_iter()
            .flat_map(|side| text::comment_lines(side).map(|(_, _, comment)| comment))
            .collect();
        let missing: Vec<(usize, &str)> = text::comment_lines(self.theirs)
            .filter(|(_, own, comment)| *own && !known.contains(comment))
            .map(|(line, _, comment)| (line, comment))
            .collect();
        for (number, comment) in &missing {
            let mut line = self.line(
                String::new(),
                Subject::Comment,
                Outcome::KeptLocal,
                format!("line {} of theirs", self.theirs.first_line + number + 1),
            );
            line.theirs = Some((*comment).to_owned());
            lines.push(line);
        }
        let (base, theirs) = (Lines::of(self.base), Lines::of(self.theirs));
        for hunk in held.iter().take(MAX_WEIGHED) {
            let told = missing.iter().any(|(line, _)| hunk.theirs.contains(line));
            if !told && self.is_layout(&base, &theirs, hunk) {
                let message = format!(
                    "layout of line {} of theirs",
                    self.theirs.first_line + hunk.theirs.start + 1
                );
                lines.push(self.line(String::new(), Subject::Layout, Outcome::KeptLocal, message));
            }
        }
        lines
    }

    /// Whether a change of lines, by itself, changes no value and no comment.
    fn is_layout(&self, base: &Lines<'_>, theirs: &Lines<'_>, hunk: &Hunk) -> bool {
        let (Some(before), Some(after)) = (
            base.lines.get(..hunk.base.start),
            base.lines.get(hunk.base.end..),
        ) else {
            return false;
        };
        let alone: String = before
            .iter()
            .chain(&theirs.lines[hunk.theirs.clone()])
            .chain(after)
            .copied()
            .collect();
        let comments = |document: &Document| -> Vec<String> {
            let mut comments: Vec<String> = text::comment_lines(document)
                .map(|(_, _, comment)| comment.to_owned())
                .collect();
            comments.sort_unstable();
            comments
        };
        alone != *self.base.text
            && self.read(alone).is_some_and(|alone| {
                super::walk::is_same(alone.root(), self.base.root())
                    && comments(&alone) == comments(self.base)
            })
    }
}

/// The line comments below a node, by path; list elements by their merge key.
fn gather_comments(
    resource_type: &str,
    node: NodeRef<'_>,
    name: &str,
    path: &str,
    found: &mut BTreeMap<String, String>,
) {
    let below = |segment: &str| match path {
        "" => segment.to_owned(),
        path => format!("{path}.{segment}"),
    };
    if !path.is_empty()
        && let Some(comment) = node.line_comment()
    {
        found.insert(path.to_owned(), comment.to_owned());
    }
    match node.kind() {
        Kind::Mapping => {
            for (key, value) in node.entries() {
                gather_comments(resource_type, value, &key, &below(&escape_key(&key)), found);
            }
        }
        Kind::Sequence => {
            let keys = identities(resource_type, name, &[node]).and_then(|mut keys| keys.pop());
            for (at, value) in node.items().enumerate() {
                let segment = match &keys {
                    Some(keys) => keys[at].clone(),
                    None => at.to_string(),
                };
                gather_comments(resource_type, value, "", &below(&segment), found);
            }
        }
        _ => {}
    }
}
