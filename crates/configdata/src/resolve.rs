//! Resolving paths: from patterns to the places in one document that they name.

use crate::path::{Path, ResolvedPath, Selector, Step};
use crate::tree::{Kind, NodeRef};

/// One place a path names.
#[derive(Clone, Debug)]
pub struct Match<'a> {
    /// The place.
    pub path: ResolvedPath,
    /// What is there; `None` for a place that may be created, or (behind a gate) is missing.
    pub node: Option<NodeRef<'a>>,
    /// Parameters the path binds, with their values, in path order.
    pub arguments: Vec<(String, String)>,
}

/// What to do where a path leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Leave the branch out.
    Skip,
    /// Report the place when everything before the gate `|` exists, so that a query can ask for
    /// what is missing.
    ReportBehindGate,
    /// Report the place when it may be created: no pattern and no gate follows (section 2.4 of
    /// the function engine's path language).
    Create,
}

/// The places that a path names below `root`, in document order.
#[must_use]
pub fn resolve<'a>(root: NodeRef<'a>, path: &Path, missing: Missing) -> Vec<Match<'a>> {
    let mut matches = Vec::new();
    let mut walk = Walk {
        path,
        missing,
        matches: &mut matches,
        steps: Vec::new(),
        arguments: Vec::new(),
    };
    walk.descend(root, 0);
    matches
}

struct Walk<'w, 'a> {
    path: &'w Path,
    missing: Missing,
    matches: &'w mut Vec<Match<'a>>,
    steps: Vec<Step>,
    arguments: Vec<(String, String)>,
}

impl<'a> Walk<'_, 'a> {
    fn found(&mut self, node: Option<NodeRef<'a>>) {
        self.matches.push(Match {
            path: ResolvedPath(self.steps.clone()),
            node,
            arguments: self.arguments.clone(),
        });
    }

    fn child(
        &mut self,
        node: NodeRef<'a>,
        step: Step,
        bound: Option<(&str, String)>,
        depth: usize,
    ) {
        let bound = bound
            .map(|(name, value)| self.arguments.push((name.to_owned(), value)))
            .is_some();
        self.steps.push(step);
        self.descend(node, depth + 1);
        self.steps.pop();
        if bound {
            self.arguments.pop();
        }
    }

    fn descend(&mut self, node: NodeRef<'a>, depth: usize) {
        let Some(segment) = self.path.segments().get(depth) else {
            self.found(Some(node));
            return;
        };
        match &segment.selector {
            Selector::Key(key) => self.key(node, key, None, depth),
            Selector::BoundKey { key, parameter } => {
                self.key(node, key, parameter.as_deref(), depth);
            }
            Selector::Any => self.every(node, depth, |_| None),
            Selector::AnyKey { parameter } => {
                for (key, child) in node.entries() {
                    let bound = parameter.as_deref().map(|name| (name, key.to_string()));
                    self.child(child, Step::Key(key.into_owned()), bound, depth);
                }
            }
            Selector::AnyField { field, parameter } => {
                let parameter = parameter.as_deref();
                self.every(node, depth, |child| {
                    let value = field_of(child, field)?.scalar().into_owned();
                    parameter.map(|name| (name, value))
                });
            }
            Selector::Match {
                fields,
                parameter,
                all,
                index,
            } => {
                let chosen: Vec<(usize, NodeRef<'a>)> = node
                    .items()
                    .enumerate()
                    .filter(|(_, child)| matches_fields(*child, fields))
                    .take(if *all { usize::MAX } else { 1 })
                    .collect();
                if chosen.is_empty()
                    && let Some(index) = index
                    && let Some(child) = node.item(*index)
                {
                    self.child(child, Step::Index(*index), None, depth);
                }
                for (at, child) in chosen {
                    let bound = parameter.as_deref().map(|name| (name, fields[0].1.clone()));
                    self.child(child, Step::Index(at), bound, depth);
                }
            }
        }
    }

    fn every<'p>(
        &mut self,
        node: NodeRef<'a>,
        depth: usize,
        bind: impl Fn(NodeRef<'a>) -> Option<(&'p str, String)>,
    ) {
        if node.kind() == Kind::Mapping {
            for (key, child) in node.entries() {
                self.child(child, Step::Key(key.into_owned()), bind(child), depth);
            }
        } else {
            for (index, child) in node.items().enumerate() {
                self.child(child, Step::Index(index), bind(child), depth);
            }
        }
    }

    fn key(&mut self, node: NodeRef<'a>, key: &str, parameter: Option<&str>, depth: usize) {
        let bound = parameter.map(|name| (name, key.to_owned()));
        let child = match node.kind() {
            Kind::Mapping => node
                .get(key)
                .map(|child| (child, Step::Key(key.to_owned()))),
            Kind::Sequence => key
                .parse()
                .ok()
                .and_then(|index| node.item(index).map(|child| (child, Step::Index(index)))),
            _ => None,
        };
        if let Some((child, step)) = child {
            self.child(child, step, bound, depth);
            return;
        }
        if !self.may_be_missing(depth) {
            return;
        }
        if let Some((name, value)) = bound {
            self.arguments.push((name.to_owned(), value));
        }
        let rest = &self.path.segments()[depth..];
        let before = self.steps.len();
        for segment in rest {
            if let Selector::Key(key) | Selector::BoundKey { key, .. } = &segment.selector {
                self.steps.push(Step::Key(key.clone()));
            }
        }
        self.found(None);
        self.steps.truncate(before);
        if parameter.is_some() {
            self.arguments.pop();
        }
    }

    fn may_be_missing(&self, depth: usize) -> bool {
        let segments = self.path.segments();
        match self.missing {
            Missing::Skip => false,
            Missing::ReportBehindGate => segments[..=depth].iter().any(|segment| segment.gated),
            Missing::Create => {
                self.path.part().is_none()
                    && !segments[depth].selector.is_pattern()
                    && segments[depth + 1..]
                        .iter()
                        .all(|segment| !segment.gated && !segment.selector.is_pattern())
            }
        }
    }
}

/// The field of an element by which it is matched; a dot in the field's name leads deeper.
pub(crate) fn field_of<'a>(element: NodeRef<'a>, field: &str) -> Option<NodeRef<'a>> {
    match element.get(field) {
        Some(value) => Some(value),
        None => field.split('.').try_fold(element, NodeRef::get),
    }
    .filter(|value| !value.is_collection())
}

fn matches_fields(element: NodeRef<'_>, fields: &[(String, String)]) -> bool {
    // `args.?flag=--port`: an element that is that flag, with or without a value.
    if let ([(field, flag)], Kind::String) = (fields, element.kind()) {
        let text = element.scalar();
        let rest = text.strip_prefix(flag.as_str());
        return field == "flag"
            && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='));
    }
    fields
        .iter()
        .all(|(field, wanted)| match field_of(element, field) {
            Some(value) => value.scalar() == *wanted,
            // A port without a protocol is a TCP port.
            None => field == "protocol" && wanted == "TCP" && fields.len() > 1,
        })
}
