//! Keys that stand twice in one map.

use cubit_configdata::{Config, Document, NodeRef, Position, ResolvedPath, Step};

use crate::finding::{Finding, Rule};
use crate::validator::Report;

/// Most of them that are told, each with its path.
const MAX_TOLD: usize = 100;

/// Adds the keys that stand twice to the reports of their resources, which are in document order.
pub(crate) fn add(config: &Config, reports: &mut [Report]) {
    let documents = config.documents();
    for (count, duplicate) in config.duplicate_keys().enumerate() {
        let line = duplicate.position.line;
        let behind = documents.partition_point(|document| document.position(0).line <= line);
        let Some(index) = behind.checked_sub(1) else {
            continue;
        };
        let first = reports.partition_point(|report| report.document < index);
        let end = reports.partition_point(|report| report.document <= index);
        let of_document = &mut reports[first..end];
        if count >= MAX_TOLD {
            // Which of the items of a list it is does not matter any more.
            if let Some(report) = of_document.first_mut() {
                report.failures += 1;
            }
            continue;
        }
        let document = &documents[index];
        let mut path = match (document.root(), offset(document, duplicate.position)) {
            (Some(root), Some(offset)) => map_around(root, offset),
            _ => ResolvedPath::default(),
        };
        path.0.push(Step::Key(duplicate.key));
        let report = of_document
            .iter_mut()
            .filter(|report| path.0.starts_with(&report.path.0))
            .max_by_key(|report| report.path.0.len());
        if let Some(report) = report {
            report.failures += 1;
            report.findings.push(Finding {
                rule: Rule::DuplicateKey,
                path,
                position: duplicate.position,
                message: "the key stands twice in its map".to_owned(),
                value: None,
            });
        }
    }
}

/// The byte offset, in a document, of a place in the whole text.
fn offset(document: &Document, place: Position) -> Option<usize> {
    let mut before = 0;
    let mut lines = document.text().split_inclusive('\n');
    for _ in document.position(0).line..place.line {
        before += lines.next()?.len();
    }
    let line = lines.next()?;
    let column = line.char_indices().nth(place.column - 1)?.0;
    Some(before + column)
}

/// The path of the innermost collection around an offset.
fn map_around(root: NodeRef<'_>, offset: usize) -> ResolvedPath {
    let is_around = |node: NodeRef<'_>| node.is_collection() && node.span().contains(&offset);
    let mut path = ResolvedPath::default();
    let mut node = root;
    loop {
        let entry = node
            .entries()
            .find(|(_, value)| is_around(*value))
            .map(|(key, value)| (Step::Key(key.into_owned()), value));
        let item = || node.items().enumerate().find(|(_, item)| is_around(*item));
        let child = entry.or_else(|| item().map(|(at, item)| (Step::Index(at), item)));
        let Some((step, child)) = child else {
            return path;
        };
        path.0.push(step);
        node = child;
    }
}
