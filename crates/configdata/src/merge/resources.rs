//! Merging resource by resource: which documents belong together, which come and which go.

use std::collections::{HashMap, HashSet};

use super::document::Texts;
use super::local::{Local, Recorded};
use super::order::{self, OrderChange};
use super::report::{Outcome, ReportLine, Subject};
use super::strategy::{Rules, Strategy};
use super::walk::{Sides, Walk, is_same};
use super::{MergeError, MergeOptions, Merged};
use crate::config::Config;
use crate::document::Document;
use crate::mutation::{Element, MutationType, ResourceMutation, elements};
use crate::path::Path;
use crate::resolve::{Missing, resolve};
use crate::resource::ResourceInfo;
use crate::tree::{Kind, NodeRef};
use crate::value::Value;
use crate::yaml::write;

pub(super) fn merge(
    base: &Config,
    theirs: &Config,
    ours: &Config,
    options: &MergeOptions<'_>,
) -> Result<Merged, MergeError> {
    let unchanged = Merged {
        config: ours.clone(),
        report: Vec::new(),
    };
    if base.text() == theirs.text() {
        return Ok(unchanged);
    }
    let recorded = match options.local {
        Local::Recorded(list) => list,
        Local::Differences | Local::Nothing => &[],
    };
    let merge = Merge {
        base: Side::of(base),
        theirs: Side::of(theirs),
        ours: Side::of(ours),
        recorded,
        by_resource: recorded
            .iter()
            .map(|record| (&record.resource, record))
            .collect(),
        options,
    };
    merge.run()
}

/// One of the three texts.
pub(super) struct Side<'a> {
    pub(super) config: &'a Config,
    pub(super) elements: Vec<Element<'a>>,
}

impl<'a> Side<'a> {
    fn of(config: &'a Config) -> Self {
        Self {
            config,
            elements: elements(config),
        }
    }

    fn document(&self, element: usize) -> &'a Document {
        &self.config.documents()[self.elements[element].document]
    }
}

/// One resource, by its position among the elements of each side.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Triple {
    pub(super) base: Option<usize>,
    pub(super) theirs: Option<usize>,
    pub(super) ours: Option<usize>,
}

/// A document of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    /// Of a resource, by its triple.
    Resource(usize),
    /// Of ours, holding none.
    Loose(usize),
}

pub(super) struct Merge<'m> {
    pub(super) base: Side<'m>,
    pub(super) theirs: Side<'m>,
    pub(super) ours: Side<'m>,
    pub(super) recorded: &'m [ResourceMutation],
    /// The records by their resource.
    pub(super) by_resource: HashMap<&'m ResourceInfo, &'m ResourceMutation>,
    options: &'m MergeOptions<'m>,
}

/// What becomes of the document of one resource.
enum Fate {
    /// Ours stays as it is.
    Stays,
    /// It is not in the result.
    Goes,
    /// Theirs is taken as it is.
    Comes,
    /// This text, which means that value.
    Becomes(Box<Document>, Option<Value>),
}

impl Merge<'_> {
    fn run(&self) -> Result<Merged, MergeError> {
        let triples = self.triples();
        let mut report = Vec::new();
        let mut failed = false;
        let fates: Vec<Fate> = triples
            .iter()
            .map(|triple| self.resource(*triple, &mut report, &mut failed))
            .collect();
        if failed {
            report.retain(ReportLine::is_held_back);
            return Err(MergeError::HeldBack { held: report });
        }
        let order = self.order(&triples, &mut report);
        self.loose(&mut report);
        let config = self.assemble(&triples, &fates, &order)?;
        Ok(Merged { config, report })
    }

    /// What becomes of one resource.
    fn resource(&self, triple: Triple, report: &mut Vec<ReportLine>, failed: &mut bool) -> Fate {
        let of = |side: &Side<'_>, element: Option<usize>| {
            element.map(|element| side.elements[element].info.clone())
        };
        let Some(info) = of(&self.ours, triple.ours)
            .or_else(|| of(&self.theirs, triple.theirs))
            .or_else(|| of(&self.base, triple.base))
        else {
            return Fate::Stays;
        };
        let sides = Sides {
            base: triple.base.map(|at| self.base.elements[at].root),
            theirs: triple.theirs.map(|at| self.theirs.elements[at].root),
            ours: triple.ours.map(|at| self.ours.elements[at].root),
        };
        let record = self.record_of(&info);
        if let (Some(_), Some(_), Some(_)) = (sides.base, sides.theirs, sides.ours) {
            return self.contents(triple, sides, &info, record, report, failed);
        }
        let outcome = self.presence(sides, record);
        let take = self.options.strategy == Strategy::TakeUpstream;
        let Some(outcome) = outcome else {
            return Fate::Stays;
        };
        if outcome == Outcome::Applied
            && sides.base.is_none()
            && let (Some(_), Some(_)) = (sides.theirs, sides.ours)
        {
            return self.contents(triple, sides, &info, record, report, failed);
        }
        let outcome = match outcome.is_held_back() && take {
            true => Outcome::TookUpstream,
            false => outcome,
        };
        *failed |= outcome.is_held_back() && self.options.strategy == Strategy::Fail;
        let text = |node: Option<NodeRef<'_>>| node.map(|node| write::document(&node.value()));
        report.push(ReportLine {
            resource: info,
            path: String::new(),
            subject: Subject::Resource,
            outcome,
            base: text(sides.base),
            theirs: text(sides.theirs),
            ours: text(sides.ours),
            source: record.map(|record| record.resource_mutation_info.index),
            message: String::new(),
        });
        match (outcome, sides.theirs.is_some()) {
            (Outcome::Applied | Outcome::TookUpstream, true) => Fate::Comes,
            (Outcome::Applied | Outcome::TookUpstream, false) => Fate::Goes,
            _ => Fate::Stays,
        }
    }

    /// What happens where a resource is missing on one side; `None` when theirs changed nothing.
    fn presence(&self, sides: Sides<'_>, record: Option<&ResourceMutation>) -> Option<Outcome> {
        let Sides { base, theirs, ours } = sides;
        let recorded = record.map(Recorded::new);
        let written_locally = recorded
            .as_ref()
            .is_some_and(|recorded| recorded.written().is_some_and(|written| written.local));
        match (base, theirs, ours) {
            (Some(_), None, None) => Some(Outcome::AlreadyThere),
            (Some(_), Some(_), None) if is_same(base, theirs) => None,
            (Some(_), Some(_), None) => Some(match self.options.local {
                Local::Differences => Outcome::KeptLocal,
                Local::Recorded(_) if written_locally => Outcome::KeptLocal,
                Local::Recorded(_) | Local::Nothing => Outcome::NotFound,
            }),
            (Some(_), None, Some(_)) => {
                let local = match self.options.local {
                    Local::Differences => !is_same(base, ours),
                    Local::Recorded(_) => {
                        written_locally
                            || recorded.is_some_and(|recorded| recorded.has_local_below())
                    }
                    Local::Nothing => false,
                };
                Some(if local {
                    Outcome::Protected
                } else {
                    Outcome::Applied
                })
            }
            (None, Some(_), None) => {
                let is_tombstone = record.is_some_and(|record| {
                    record.resource_mutation_info.mutation_type == MutationType::Delete
                });
                Some(if is_tombstone && written_locally {
                    Outcome::KeptLocal
                } else {
                    Outcome::Applied
                })
            }
            (None, Some(_), Some(_)) if is_same(theirs, ours) => Some(Outcome::AlreadyThere),
            (None, Some(_), Some(_)) => Some(Outcome::Applied),
            (_, None, _) | (Some(_), Some(_), Some(_)) => None,
        }
    }

    /// A resource that theirs and ours both have.
    fn contents(
        &self,
        triple: Triple,
        sides: Sides<'_>,
        info: &ResourceInfo,
        record: Option<&ResourceMutation>,
        report: &mut Vec<ReportLine>,
        failed: &mut bool,
    ) -> Fate {
        let (Some(theirs), Some(ours)) = (triple.theirs, triple.ours) else {
            return Fate::Stays;
        };
        let (theirs, ours) = (self.theirs.document(theirs), self.ours.document(ours));
        let base = triple.base.map(|base| self.base.document(base));
        if base.is_some_and(|base| base.text() == theirs.text()) {
            return Fate::Stays;
        }
        let rules = Rules {
            paths: self.options.paths,
        };
        let mut walk = Walk::new(info, self.options.local, rules);
        let recorded = record.map(Recorded::new);
        let here = walk.start(recorded.as_ref(), self.options.strategy);
        let Some(value) = walk.merge(sides, &here) else {
            return Fate::Stays;
        };
        *failed |= walk.failed;
        let texts = Texts {
            format: self.ours.config.toolchain().format(),
            resource: info,
            base: base.unwrap_or(ours),
            theirs: match base {
                Some(_) => theirs,
                None => ours,
            },
            ours,
        };
        let (document, notes) = texts.merged(&value);
        let refused = notes
            .iter()
            .any(|line| line.outcome == Outcome::Refused && line.subject == Subject::Value);
        if refused {
            correct(&mut walk.lines, &document);
        }
        if walk.lines.is_empty() && notes.is_empty() && *document.text != *ours.text {
            report.push(ReportLine {
                resource: info.clone(),
                subject: Subject::Layout,
                message: "comments, blank lines, order or quotes".to_owned(),
                ..ReportLine::default()
            });
        }
        report.append(&mut walk.lines);
        report.extend(notes);
        Fate::Becomes(Box::new(document), (!refused).then_some(value))
    }

    /// The documents of the result in order.
    fn order(&self, triples: &[Triple], report: &mut Vec<ReportLine>) -> Vec<Place> {
        let side = |of: fn(&Triple) -> Option<usize>| {
            let mut places: Vec<(usize, Place)> = triples
                .iter()
                .enumerate()
                .filter_map(|(at, triple)| Some((of(triple)?, Place::Resource(at))))
                .collect();
            places.sort_unstable_by_key(|(element, _)| *element);
            places
                .into_iter()
                .map(|(_, place)| place)
                .collect::<Vec<_>>()
        };
        let (base, theirs) = (side(|t| t.base), side(|t| t.theirs));
        let mut resources = side(|t| t.ours).into_iter();
        let held: HashSet<usize> = self.ours.elements.iter().map(|e| e.document).collect();
        let ours: Vec<Place> = (0..self.ours.config.documents().len())
            .filter_map(|document| {
                if held.contains(&document) {
                    resources.next()
                } else {
                    Some(Place::Loose(document))
                }
            })
            .collect();
        let (order, change) = order::merged(&base, &theirs, &ours);
        if change != OrderChange::None {
            report.push(ReportLine {
                subject: Subject::Order,
                outcome: match change {
                    OrderChange::Kept => Outcome::KeptLocal,
                    _ => Outcome::Applied,
                },
                message: "order of the resources".to_owned(),
                ..ReportLine::default()
            });
        }
        order
    }

    /// Text of theirs that belongs to no resource and is neither in base nor in ours.
    fn loose(&self, report: &mut Vec<ReportLine>) {
        let loose = |side: &Side<'_>| -> Vec<String> {
            let held: HashSet<usize> = side.elements.iter().map(|e| e.document).collect();
            let documents = side.config.documents().iter().enumerate();
            documents
                .filter(|(at, _)| !held.contains(at))
                .map(|(_, document)| document.text().trim().to_owned())
                .filter(|text| !text.is_empty() && text != "---")
                .collect()
        };
        let known: HashSet<String> = loose(&self.base)
            .into_iter()
            .chain(loose(&self.ours))
            .collect();
        for text in loose(&self.theirs) {
            if !known.contains(&text) {
                report.push(ReportLine {
                    subject: Subject::Comment,
                    outcome: Outcome::KeptLocal,
                    theirs: Some(text),
                    message: "text that belongs to no resource".to_owned(),
                    ..ReportLine::default()
                });
            }
        }
    }

    /// The result as one text, read once more to see that it holds what it should.
    fn assemble(
        &self,
        triples: &[Triple],
        fates: &[Fate],
        order: &[Place],
    ) -> Result<Config, MergeError> {
        let toolchain = self.ours.config.toolchain();
        let format = toolchain.format();
        let mut text = String::new();
        let mut wanted: Vec<(String, Option<Value>)> = Vec::new();
        for place in order {
            let document = match place {
                Place::Loose(at) => Some(self.ours.config.documents()[*at].as_ref()),
                Place::Resource(at) => {
                    let triple = &triples[*at];
                    let ours = triple.ours.map(|ours| self.ours.document(ours));
                    match &fates[*at] {
                        Fate::Stays => ours,
                        Fate::Goes => None,
                        Fate::Comes => triple.theirs.map(|theirs| self.theirs.document(theirs)),
                        Fate::Becomes(document, value) => {
                            let name = triple.ours.map(|ours| &self.ours.elements[ours].info);
                            let name = name.map(|info| info.resource_name.clone());
                            wanted.push((name.unwrap_or_default(), value.clone()));
                            Some(&**document)
                        }
                    }
                }
            };
            let Some(document) = document else { continue };
            let part = format.following(&text, &document.text, &document.tree);
            text.push_str(&part);
        }
        let config = Config::parse(toolchain, text.as_bytes())?;
        // What was merged must be found, in order.
        let mut found = config
            .documents()
            .iter()
            .filter_map(|document| document.root());
        for (resource, value) in wanted {
            let Some(value) = value else { continue };
            if !found.any(|root| is_value(root, &value)) {
                return Err(MergeError::Unfaithful { resource });
            }
        }
        Ok(config)
    }
}

/// Takes back what lines claim but the text does not hold, because an edit was refused.
fn correct(lines: &mut [ReportLine], document: &Document) {
    for line in lines {
        if line.is_held_back() || line.subject != Subject::Value {
            continue;
        }
        let found = Path::parse(&line.path).ok().and_then(|path| {
            let root = document.root()?;
            resolve(root, &path, Missing::Skip).into_iter().next()?.node
        });
        if found.map(|node| write::document(&node.value())) != line.theirs {
            line.outcome = Outcome::Refused;
        }
    }
}

/// Whether a node means a value, whatever the order of its keys.
fn is_value(node: NodeRef<'_>, value: &Value) -> bool {
    match value {
        Value::Map(entries) => {
            let by_key: HashMap<&str, &Value> = entries
                .iter()
                .map(|(key, value)| (key.as_str(), value))
                .collect();
            node.kind() == Kind::Mapping
                && node.len() == entries.len()
                && node
                    .entries()
                    .all(|(key, node)| by_key.get(&*key).is_some_and(|value| is_value(node, value)))
        }
        Value::List(values) => {
            node.kind() == Kind::Sequence
                && node.len() == values.len()
                && node
                    .items()
                    .zip(values)
                    .all(|(node, value)| is_value(node, value))
        }
        _ => node.value() == *value,
    }
}
