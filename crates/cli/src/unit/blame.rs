//! `cubit unit blame`: for each line, the change that last wrote it.
//!
//! The unit's mutation sources say which mutation last set each path. A line
//! belongs to the newest mutation of the paths that stand on it; a key belongs
//! to what it introduces, and so does a comment between two entries.

use std::collections::HashMap;

use clap::Args;
use cubit_client::ListQuery;
use cubit_configdata::mutation::{MutationType, ResourceMutation, with_index_paths};
use cubit_configdata::{Config, Document, NodeRef, ResolvedPath, Step, Style, Toolchain};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::output::Output;
use crate::output::table::{Column, Listing, short, time};
use crate::record;
use crate::revision::user;
use crate::session::{Session, Unit};

#[derive(Debug, Args)]
pub(crate) struct Blame {
    /// Name, SPACE/NAME or id of the unit
    unit: String,
    #[command(flatten)]
    output: Output,
}

const LISTING: Listing = Listing {
    entity: "",
    name: "MutationNum",
    include: "",
    columns: &[
        Column::new("Mutation", &["MutationNum"]),
        Column::new("Revision", &["RevisionNum"]),
        Column::new("User", &["User"]),
        Column::new("Time", &["Time"]).shown(time),
        Column::new("Change", &["Change"]).shown(short),
        Column::new("Line", &["Line"]),
        Column::new("Text", &["Text"]),
    ],
};

pub(super) fn run(arguments: &Blame, session: &Session) -> Result<()> {
    let unit = session.find_unit(&arguments.unit)?;
    let current = session.read_unit(&unit)?;
    let data = session.client.download_unit_data(unit.space, unit.id)?;
    let toolchain: Toolchain = record::text(&current, "Unit.ToolchainType")
        .parse()
        .map_err(|error: cubit_configdata::UnknownToolchain| Error::failed(error.to_string()))?;
    let config = Config::parse(toolchain, &data)
        .map_err(|error| Error::failed(format!("cannot read {}: {error}", unit.slug)))?;
    let mutations = mutations(session, &unit)?;

    let text = config.text();
    let lines = lines(&config, &sources(&current)?);
    let records = text
        .lines()
        .zip(lines)
        .enumerate()
        .map(|(at, (text, number))| {
            let mut line = mutations.get(&number).cloned().unwrap_or_else(|| json!({}));
            line["Line"] = (at + 1).into();
            line["Text"] = text.into();
            line
        });
    arguments.output.list(&LISTING, records.collect())
}

/// The unit's mutation sources; none when the server sends null.
fn sources(unit: &Value) -> Result<Vec<ResourceMutation>> {
    let sources = record::at(unit, "Unit.MutationSources");
    let sources = Option::<Vec<ResourceMutation>>::deserialize(sources);
    let sources =
        sources.map_err(|error| Error::failed(format!("unreadable mutation sources: {error}")))?;
    Ok(sources.unwrap_or_default())
}

/// What is shown of each mutation, by its number.
fn mutations(session: &Session, unit: &Unit) -> Result<HashMap<i64, Value>> {
    let client = &session.client;
    let query = ListQuery {
        select: Some("RevisionNum,CreatedAt,Description,UserID".to_owned()),
        include: Some("UserID".to_owned()),
        ..ListQuery::default()
    };
    let revisions = client.list_extended_revisions::<Value>(unit.space, unit.id, &query)?;
    let revisions: HashMap<i64, Value> = revisions
        .into_iter()
        .map(|revision| (record::number(&revision, "Revision.RevisionNum"), revision))
        .collect();
    let query = ListQuery::default();
    let mutations = client.list_extended_mutations::<Value>(unit.space, unit.id, &query)?;
    let shown = |mutation: &Value| {
        let number = record::number(mutation, "Mutation.RevisionNum");
        let revision = revisions.get(&number).unwrap_or(&Value::Null);
        let names = ["User.Username", "User.DisplayName", "User.Slug"];
        let cause = crate::mutation::cause(mutation);
        let description = record::text(revision, "Revision.Description");
        json!({
            "MutationNum": mutation["Mutation"]["MutationNum"],
            "RevisionNum": number,
            "User": user(&names.map(|name| record::at(revision, name))),
            "Time": record::at(revision, "Revision.CreatedAt"),
            "Change": if description.is_empty() { &cause } else { description },
            "Cause": cause,
        })
    };
    let numbered = |mutation: Value| {
        let number = record::number(&mutation, "Mutation.MutationNum");
        (number, shown(&mutation))
    };
    Ok(mutations.into_iter().map(numbered).collect())
}

/// The number of the mutation that last wrote each line; 0 when unknown.
fn lines(config: &Config, sources: &[ResourceMutation]) -> Vec<i64> {
    let sources = with_index_paths(sources, config);
    let mut lines = vec![0; config.text().lines().count()];
    for resource in config.resources() {
        let source = sources
            .iter()
            .find(|source| source.resource == resource.info);
        let document = config.documents().get(resource.document);
        let (Some(source), Some(document)) = (source, document) else {
            continue;
        };
        let mut walk = Walk {
            document,
            source,
            lines: &mut lines,
        };
        let whole = source.resource_mutation_info.index;
        let first = document.position(0).line;
        walk.mark(first, walk.last_line(document.text().len()), whole);
        walk.descend(resource.root, &ResolvedPath::default(), first, whole);
    }
    lines
}

struct Walk<'a> {
    document: &'a Document,
    source: &'a ResourceMutation,
    lines: &'a mut Vec<i64>,
}

impl Walk<'_> {
    /// Marks a node's lines, from the one after what came before it (its key
    /// and the comments above stand there), then what is below it.
    fn descend(&mut self, node: NodeRef<'_>, path: &ResolvedPath, from: usize, inherited: i64) {
        let own = self.source.path_mutation_map.get(&path.to_string());
        let own = own.filter(|info| info.mutation_type != MutationType::Delete);
        let own = own.map_or(inherited, |info| info.index);
        let last = self.last_line(node.span().end);
        if own != inherited {
            self.mark(from, last, own);
        }
        let children = node
            .entries()
            .map(|(key, child)| (Step::Key(key.into_owned()), child))
            .chain(
                node.items()
                    .enumerate()
                    .map(|(at, child)| (Step::Index(at), child)),
            );
        let mut next = self.line(node.span().start).max(from);
        for (step, child) in children {
            let start = self.line(child.span().start);
            // Between entries on lines of their own stand the headers of their sections.
            let from = match node.style() {
                Style::Lines => start,
                _ => next.min(start),
            };
            self.descend(child, &path.child(step), from, own);
            next = self.last_line(child.span().end) + 1;
        }
    }

    fn mark(&mut self, first: usize, last: usize, mutation: i64) {
        let range = first.saturating_sub(1)..last.min(self.lines.len());
        for line in self.lines.get_mut(range).into_iter().flatten() {
            *line = mutation.max(*line);
        }
    }

    fn line(&self, offset: usize) -> usize {
        self.document.position(offset).line
    }

    /// The line on which a span that ends here stands last.
    fn last_line(&self, end: usize) -> usize {
        self.line(end.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_belongs_to_the_newest_change_on_it() {
        let text = "\
# the cart
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, labels: {app: shop}}
spec:
  # few
  replicas: 3
  template:
    hostNetwork: false
    containers:
    - image: cart:2
---
apiVersion: v1
kind: Service
metadata: {name: cart}
";
        let config = Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).unwrap();
        let sources = json!([
            {
                "Resource": {"ResourceType": "apps/v1/Deployment", "ResourceName": "/cart", "ResourceNameWithoutScope": "cart", "ResourceCategory": "Resource"},
                "ResourceMutationInfo": {"MutationType": "Add", "Index": 1},
                "PathMutationMap": {
                    "metadata.labels.app": {"Index": 5},
                    "spec.replicas": {"Index": 2},
                    "spec.template": {"Index": 3},
                    "spec.template.containers.0.image": {"Index": 4},
                    "spec.template.hostNetwork": {"MutationType": "Delete", "Index": 9},
                },
            },
            {
                "Resource": {"ResourceType": "v1/Service", "ResourceName": "/cart", "ResourceNameWithoutScope": "cart", "ResourceCategory": "Resource"},
                "ResourceMutationInfo": {"MutationType": "Add", "Index": 6},
                "PathMutationMap": {},
            },
        ]);
        let sources: Vec<ResourceMutation> = serde_json::from_value(sources).unwrap();
        let lines = lines(&config, &sources);
        let blamed: String = text
            .lines()
            .zip(lines)
            .map(|(line, mutation)| format!("{mutation} {line}\n"))
            .collect();
        insta::assert_snapshot!(blamed, @r"
        1 # the cart
        1 apiVersion: apps/v1
        1 kind: Deployment
        5 metadata: {name: cart, labels: {app: shop}}
        1 spec:
        1   # few
        2   replicas: 3
        3   template:
        3     hostNetwork: false
        3     containers:
        4     - image: cart:2
        6 ---
        6 apiVersion: v1
        6 kind: Service
        6 metadata: {name: cart}
        ");
    }

    #[test]
    fn the_header_of_a_section_is_no_part_of_its_first_entry() {
        let text = "# shop\n[server]\nport = 80\nname = \"a\"\n";
        let config = Config::parse(Toolchain::AppConfigToml, text.as_bytes()).unwrap();
        let sources = json!([{
            "Resource": {"ResourceType": "NoSchema", "ResourceName": "NoName", "ResourceNameWithoutScope": "NoName", "ResourceCategory": "AppConfig"},
            "ResourceMutationInfo": {"MutationType": "Add", "Index": 1},
            "PathMutationMap": {"server.port": {"Index": 2}},
        }]);
        let sources: Vec<ResourceMutation> = serde_json::from_value(sources).unwrap();
        assert_eq!(lines(&config, &sources), [1, 1, 2, 1]);
    }
}
