//! Which resources of the three sides are the same one.

use std::collections::HashMap;

use super::resources::{Merge, Triple};
use crate::mutation::{ResourceMutation, pair};
use crate::resource::{ResourceInfo, similar_types};

impl Merge<'_> {
    /// The resources of all three sides, each with its counterparts.
    pub(super) fn triples(&self) -> Vec<Triple> {
        let toolchain = self.ours.config.toolchain();
        let aliases: Vec<Vec<&str>> = self
            .ours
            .elements
            .iter()
            .map(|element| {
                self.record_of(&element.info)
                    .map(|record| record.aliases.keys().map(String::as_str).collect())
                    .unwrap_or_default()
            })
            .collect();
        let from_theirs = pair(toolchain, &self.base.elements, &self.theirs.elements, &[]);
        let from_ours = pair(
            toolchain,
            &self.base.elements,
            &self.ours.elements,
            &aliases,
        );
        let mut triples: Vec<Triple> = (0..self.base.elements.len())
            .map(|base| Triple {
                base: Some(base),
                ..Triple::default()
            })
            .collect();
        for (theirs, base) in from_theirs.iter().enumerate() {
            match base {
                Some(base) => triples[*base].theirs = Some(theirs),
                None => triples.push(Triple {
                    theirs: Some(theirs),
                    ..Triple::default()
                }),
            }
        }
        // What both sides added is one resource when it has one name.
        let mut added: HashMap<(&str, &str), usize> = triples
            .iter()
            .enumerate()
            .filter(|(_, triple)| triple.base.is_none())
            .filter_map(|(at, triple)| {
                let info = &self.theirs.elements[triple.theirs?].info;
                Some((
                    (info.resource_type.as_str(), info.resource_name.as_str()),
                    at,
                ))
            })
            .collect();
        for (ours, base) in from_ours.iter().enumerate() {
            let info = &self.ours.elements[ours].info;
            let same_name =
                || added.remove(&(info.resource_type.as_str(), info.resource_name.as_str()));
            match base.or_else(same_name) {
                Some(at) => triples[at].ours = Some(ours),
                None => triples.push(Triple {
                    ours: Some(ours),
                    ..Triple::default()
                }),
            }
        }
        triples
    }

    /// What is recorded about a resource: under its name, or under a name it had.
    pub(super) fn record_of(&self, info: &ResourceInfo) -> Option<&ResourceMutation> {
        let toolchain = self.ours.config.toolchain();
        let exact = self.by_resource.get(info).copied();
        exact.or_else(|| {
            self.recorded.iter().find(|record| {
                record.aliases.contains_key(&info.resource_name)
                    && record.resource.resource_category == info.resource_category
                    && similar_types(
                        toolchain,
                        &record.resource.resource_type,
                        &info.resource_type,
                    )
            })
        })
    }
}
