//! Checking the resources of a text.

use cubit_configdata::{Config, Kind, NodeRef, ResolvedPath};

use crate::custom::CustomTypes;
use crate::duplicate;
use crate::finding::{Finding, Rule, Trail};
use crate::release::Release;
use crate::walk::Walk;

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
    /// How much does not fit. Nothing, and nothing unknown: the resource is valid.
    pub failures: u64,
    /// What does not fit. Of one resource at most 100 are told, of one text about 1000.
    pub findings: Vec<Finding>,
    /// The schema has rules in CEL (`x-kubernetes-validations`), which were not evaluated.
    pub has_expressions: bool,
}

impl Report {
    /// Whether nothing speaks against it.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failures == 0
    }
}

impl Validator<'_> {
    /// Checks every resource of a text; items of a `List` are resources of their own. Documents
    /// that hold nothing are left out.
    #[must_use]
    pub fn check(&self, config: &Config) -> Vec<Report> {
        let mut reports = Vec::new();
        let Some(first) = config.documents().first() else {
            return reports;
        };
        let mut walk = Walk::new(self.release, self.strict, first);
        for (index, document) in config.documents().iter().enumerate() {
            let Some(root) = document.root() else {
                continue;
            };
            if root.kind() != Kind::Null {
                walk.enter(document);
                self.resource(
                    &mut walk,
                    index,
                    root,
                    &Trail::Root,
                    MAX_LISTS,
                    &mut reports,
                );
            }
        }
        if self.strict {
            duplicate::add(config, &mut reports);
        }
        reports
    }

    fn resource(
        &self,
        walk: &mut Walk<'_>,
        document: usize,
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
                self.resource(walk, document, item, &trail, lists - 1, reports);
            }
            return;
        }
        let mut report = Report {
            document,
            path: trail.path(),
            resource_type: format!("{version}/{kind}"),
            unknown: false,
            failures: 0,
            findings: Vec::new(),
            has_expressions: false,
        };
        let missing = [("apiVersion", &version), ("kind", &kind)]
            .into_iter()
            .find(|(_, text)| text.is_empty());
        walk.hide(is_secret(&kind));
        if let Some((name, _)) = missing {
            walk.fail(Rule::RequiredField, node, &Trail::Key(trail, name), |_| {
                format!("expected a Kubernetes resource: {name} is missing")
            });
        } else {
            self.fit(walk, node, trail, &mut report);
        }
        (report.failures, report.findings) = walk.found();
        reports.push(report);
    }

    /// Checks a resource against the schema of its type.
    fn fit(&self, walk: &mut Walk<'_>, node: NodeRef<'_>, trail: &Trail<'_>, report: &mut Report) {
        let resource_type = report.resource_type.as_str();
        let custom = match self.given.and_then(|given| given.find(resource_type)) {
            Some(given) => Some(given),
            None => {
                if let Some(schema) = self.release.find(resource_type) {
                    walk.check(node, schema, trail);
                    return;
                }
                self.found.find(resource_type)
            }
        };
        match custom {
            Some(Ok(custom)) => {
                report.has_expressions = custom.has_expressions;
                walk.check(node, &custom.schema, trail);
            }
            Some(Err(error)) => walk.fail(Rule::Schema, node, trail, |_| error.to_string()),
            None => report.unknown = true,
        }
    }
}

/// Whether values of a kind are not to be shown.
#[must_use]
pub fn is_secret(kind: &str) -> bool {
    kind.eq_ignore_ascii_case("Secret") || kind.eq_ignore_ascii_case("SecretList")
}
