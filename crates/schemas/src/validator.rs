//! Checking the resources of a text.

use cubit_configdata::{Config, Document, Kind, NodeRef, Position, ResolvedPath, Step};

use crate::custom::CustomTypes;
use crate::finding::{Finding, Rule, Trail};
use crate::release::Release;
use crate::walk::{MAX_FINDINGS, Walk};

/// Lists of lists of resources are followed this far.
const MAX_LISTS: usize = 4;

/// How to check.
#[derive(Clone, Copy, Debug)]
pub struct Validator<'a> {
    /// The schemas of Kubernetes.
    pub release: &'static Release,
    /// Unknown fields and keys that stand twice do not pass.
    pub strict: bool,
    /// Schemas that go before those of Kubernetes.
    pub given: Option<&'a CustomTypes<'static>>,
    /// Schemas for types that Kubernetes does not have.
    pub found: &'a CustomTypes<'a>,
}

/// What became of one resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Position of its document in [`Config::documents`].
    pub document: usize,
    /// Where it stands in its document: nowhere but at the root, unless it is an item of a list.
    pub path: ResolvedPath,
    /// `apiVersion/kind`.
    pub resource_type: String,
    /// No schema is known: nothing was checked.
    pub unknown: bool,
    /// What does not fit; at most 100, and at most one more for the rest.
    pub findings: Vec<Finding>,
    /// The schema has rules in CEL (`x-kubernetes-validations`), which were not evaluated.
    pub has_expressions: bool,
}

impl Report {
    /// Whether nothing speaks against it.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.findings.is_empty()
    }
}

impl Validator<'_> {
    /// Checks every resource of a text; items of a `List` are resources of their own. Documents
    /// that hold nothing are left out.
    #[must_use]
    pub fn check(&self, config: &Config) -> Vec<Report> {
        let mut reports = Vec::new();
        for (index, document) in config.documents().iter().enumerate() {
            let Some(root) = document.root() else {
                continue;
            };
            if root.kind() != Kind::Null {
                self.resource(document, index, root, &Trail::Root, MAX_LISTS, &mut reports);
            }
        }
        if self.strict {
            duplicate_keys(config, &mut reports);
        }
        reports
    }

    fn resource(
        &self,
        document: &Document,
        index: usize,
        node: NodeRef<'_>,
        trail: &Trail<'_>,
        lists: usize,
        reports: &mut Vec<Report>,
    ) {
        // Numbers are read as text here, as by the reference: they name no type.
        let text = |key: &str| {
            node.get(key)
                .filter(|value| value.kind() != Kind::Null)
                .map(NodeRef::scalar)
                .unwrap_or_default()
        };
        let (version, kind) = (text("apiVersion"), text("kind"));
        if kind == "List"
            && lists > 0
            && node
                .get("items")
                .is_some_and(|items| items.kind() == Kind::Sequence)
        {
            let above = Trail::Key(trail, "items");
            for (nth, item) in node
                .get("items")
                .into_iter()
                .flat_map(NodeRef::items)
                .enumerate()
            {
                let trail = Trail::Index(&above, nth);
                self.resource(document, index, item, &trail, lists - 1, reports);
            }
            return;
        }
        let mut report = Report {
            document: index,
            path: trail.path(),
            resource_type: format!("{version}/{kind}"),
            unknown: false,
            findings: Vec::new(),
            has_expressions: false,
        };
        let missing = [("apiVersion", &version), ("kind", &kind)]
            .into_iter()
            .find(|(_, text)| text.is_empty());
        if let Some((name, _)) = missing {
            report.findings.push(Finding {
                rule: Rule::RequiredField,
                path: Trail::Key(trail, name).path(),
                position: document.position(node.span().start),
                message: format!("expected a Kubernetes resource: {name} is missing"),
                value: None,
            });
            reports.push(report);
            return;
        }
        let custom = self
            .given
            .and_then(|given| given.find(&report.resource_type));
        let built_in = match custom {
            Some(_) => None,
            None => self.release.find(&report.resource_type),
        };
        let custom = custom.or_else(|| match built_in {
            Some(_) => None,
            None => self.found.find(&report.resource_type),
        });
        let mut walk = Walk::new(self.release, self.strict, document);
        walk.secret = is_secret(&kind);
        match (built_in, custom) {
            (Some(schema), _) => walk.check(node, schema, trail),
            (None, Some(Ok(custom))) => {
                report.has_expressions = custom.has_expressions;
                walk.check(node, &custom.schema, trail);
            }
            (None, Some(Err(error))) => walk.findings.push(Finding {
                rule: Rule::Schema,
                path: trail.path(),
                position: document.position(node.span().start),
                message: error.to_string(),
                value: None,
            }),
            (None, None) => report.unknown = true,
        }
        report.findings = walk.findings;
        reports.push(report);
    }
}

/// Whether values of a kind are not to be shown.
#[must_use]
pub fn is_secret(kind: &str) -> bool {
    kind.eq_ignore_ascii_case("Secret") || kind.eq_ignore_ascii_case("SecretList")
}

/// Adds the keys that stand twice to the reports of their resources.
fn duplicate_keys(config: &Config, reports: &mut [Report]) {
    let documents = config.documents();
    for duplicate in config.duplicate_keys().take(MAX_FINDINGS) {
        let line = duplicate.position.line;
        let behind = documents.partition_point(|document| document.position(0).line <= line);
        let Some(index) = behind.checked_sub(1) else {
            continue;
        };
        let document = &documents[index];
        let mut path = match (document.root(), offset(document, duplicate.position)) {
            (Some(root), Some(offset)) => map_around(root, offset),
            _ => ResolvedPath::default(),
        };
        path.0.push(Step::Key(duplicate.key));
        let report = reports
            .iter_mut()
            .filter(|report| report.document == index && path.0.starts_with(&report.path.0))
            .max_by_key(|report| report.path.0.len());
        if let Some(report) = report {
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
