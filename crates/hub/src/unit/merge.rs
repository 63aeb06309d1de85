//! Upgrades, merges and taking changes out again: spec/semantics.md, sections 5.6, 5.7 and 20. What
//! can be computed is computed before anything is locked, for many units on all cores.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use cubit_configdata::merge::{Local, MergeOptions, ReportLine, merge};
use cubit_configdata::mutation::compute as changes_between;
use cubit_configdata::{Config, Toolchain};
use cubit_model::{
    BaseRevision, BlobId, ExtendedMutation, Mutation, MutationId, OrganizationId,
    ResourceMutationList, Revision, RevisionReference, Unit, UnitId,
};
use uuid::Uuid;

use super::reference::{resolve, resolve_many};
use crate::access::Read;
use crate::commit::{Cause, Change};
use crate::compute::compute_each;
use crate::list::Plan;
use crate::text::parse_sources;
use crate::{HubError, ListQuery};

/// What is brought into units.
#[derive(Debug, Clone)]
pub(super) enum Incoming {
    /// What the upstream of each unit changed since it was cloned or upgraded.
    Upgrade,
    /// What a unit, or each unit itself, changed from one of its revisions to another.
    Between(Option<UnitId>, RevisionReference, RevisionReference),
    /// The way back from a revision to the one before; of a change set, to the one before the first.
    Undo(RevisionReference),
    /// The same, of what one mutation wrote.
    UndoMutation(MutationId),
}

/// A merge into any number of units.
#[derive(Debug, Clone)]
pub(super) struct Merging {
    pub(super) incoming: Incoming,
    /// Which mutations may be overwritten: an expression, and the id of a saved filter.
    pub(super) where_mutation: String,
    pub(super) filter_mutation: String,
}

/// What a unit becomes by a merge.
#[derive(Debug)]
pub(super) struct Prepared {
    made_for: MadeFor,
    /// None when there is nothing to bring in.
    merged: Option<MergedUnit>,
}

/// What a merge was computed from: when that has changed since, it is computed again.
#[derive(Debug, PartialEq, Eq)]
struct MadeFor(Option<BlobId>, Option<BlobId>, Option<UnitId>, i64);

impl MadeFor {
    fn of(unit: &Unit) -> Self {
        Self(
            unit.data_blob,
            unit.mutation_sources_blob,
            unit.upstream_unit_id,
            unit.upstream_revision_num,
        )
    }
}

/// The outcome for one unit.
#[derive(Debug)]
pub(super) struct MergedUnit {
    pub(super) change: Change,
    pub(super) report: Vec<ReportLine>,
    /// The revision of the upstream that the unit is at now, after an upgrade.
    pub(super) upstream_revision_num: Option<i64>,
}

/// Where the changes for one unit come from.
struct Source {
    unit: UnitId,
    toolchain: Toolchain,
    base: Point,
    end: Point,
    /// Which mutations are taken out, when that is what it is about.
    undone: Option<Undone>,
}

/// Mutations that are taken out again.
#[derive(Clone, Copy)]
struct Undone {
    /// The number of the revision before the first that goes.
    after: i64,
    /// The last one that goes.
    last: i64,
    /// The only mutation that goes.
    mutation: Option<i64>,
}

impl Undone {
    const fn covers(&self, mutation: &Mutation) -> bool {
        let number = mutation.revision_num;
        let is_named = match self.mutation {
            Some(mutation_num) => mutation.mutation_num == mutation_num,
            None => true,
        };
        self.after < number && number <= self.last && is_named
    }
}

/// A revision by its number, and its text; before the first there is no text.
#[derive(Clone, Copy)]
struct Point {
    number: i64,
    data: Option<BlobId>,
}

impl Point {
    const fn of(revision: &Revision) -> Self {
        Self {
            number: revision.revision_num,
            data: revision.data_blob,
        }
    }
}

/// All that the merge into one unit needs.
struct Work {
    unit: Unit,
    source: Source,
    ours: Vec<u8>,
    /// `MutationSources`, where it matters who wrote what.
    sources: Option<ResourceMutationList>,
}

type Texts = HashMap<(Toolchain, Option<BlobId>), Arc<Result<Config, String>>>;

impl Prepared {
    /// The outcome, when it still is one for the unit as it is stored.
    pub(super) fn for_unit(self, unit: &Unit) -> Option<Option<MergedUnit>> {
        (self.made_for == MadeFor::of(unit)).then_some(self.merged)
    }
}

impl Merging {
    /// Whether the changes come from the upstream of each unit.
    const fn is_upgrade(&self) -> bool {
        matches!(self.incoming, Incoming::Upgrade)
    }

    /// Taking a change out again: `Mutation:<id>`, or the reference of a revision.
    pub(super) fn undo(what: &str) -> Result<Self, HubError> {
        let incoming = match what.strip_prefix("Mutation:") {
            Some(id) => Incoming::UndoMutation(MutationId(id.parse().map_err(|_| {
                HubError::Invalid(format!("undo: {id:?} is not the UUID of a mutation"))
            })?)),
            None => {
                let reference: RevisionReference = what.parse()?;
                if reference.before {
                    return Err(HubError::Invalid(
                        "undo: names what goes, not what is before it: leave Before: out".into(),
                    ));
                }
                Incoming::Undo(reference)
            }
        };
        Ok(Self {
            incoming,
            where_mutation: String::new(),
            filter_mutation: String::new(),
        })
    }

    /// The name of the operation.
    const fn operation(&self) -> &'static str {
        match self.incoming {
            Incoming::Upgrade => "UpgradeUnit",
            Incoming::Between(..) => "MergeUnits",
            Incoming::Undo(_) | Incoming::UndoMutation(_) => "UndoChange",
        }
    }

    /// Whether it is asked who wrote a place last before it is overwritten.
    fn asks_who_wrote(&self) -> bool {
        !matches!(self.incoming, Incoming::Between(..)) || self.has_condition()
    }

    fn has_condition(&self) -> bool {
        !(self.where_mutation.trim().is_empty() && self.filter_mutation.is_empty())
    }

    /// Merges into units; an outcome for each, in their order, with a constant number of statements.
    pub(super) async fn prepare(
        &self,
        read: &mut Read,
        organization_id: OrganizationId,
        units: &[Unit],
    ) -> Result<Vec<Result<Prepared, HubError>>, HubError> {
        let sources = self.sources(read, organization_id, units).await?;
        let mut ids = HashSet::new();
        for (unit, source) in units.iter().zip(&sources) {
            if let Ok(Some(source)) = source {
                ids.extend(
                    [source.base.data, source.end.data, unit.data_blob]
                        .into_iter()
                        .flatten(),
                );
                ids.extend(unit.mutation_sources_blob.filter(|_| self.asks_who_wrote()));
            }
        }
        let blobs = read.blobs(organization_id, &ids).await?;
        let text = |id: Option<BlobId>| {
            id.and_then(|id| blobs.get(&id))
                .cloned()
                .unwrap_or_default()
        };

        let mut outcomes: Vec<Option<Result<Prepared, HubError>>> = Vec::with_capacity(units.len());
        let mut works = Vec::new();
        for (unit, source) in units.iter().zip(sources) {
            outcomes.push(match source {
                Err(error) => Some(Err(error)),
                Ok(None) => Some(Ok(Prepared {
                    made_for: MadeFor::of(unit),
                    merged: None,
                })),
                Ok(Some(source)) => {
                    let sources = match self.asks_who_wrote() {
                        true => Some(parse_sources(&text(unit.mutation_sources_blob))?),
                        false => None,
                    };
                    works.push(Work {
                        unit: unit.clone(),
                        source,
                        ours: text(unit.data_blob),
                        sources,
                    });
                    None
                }
            });
        }
        self.mark_local(read, organization_id, &mut works).await?;
        let texts = parsed(&works, text).await?;
        let (is_upgrade, operation) = (self.is_upgrade(), self.operation());
        let mut merged = compute_each(works, move |work| work.merge(&texts, is_upgrade, operation))
            .await?
            .into_iter();
        let failed = || Err(HubError::Internal("a merge has no outcome".to_owned()));
        let outcomes = outcomes
            .into_iter()
            .map(|outcome| outcome.or_else(|| merged.next()).unwrap_or_else(failed));
        Ok(outcomes.collect())
    }

    /// Where the changes for each unit come from; none when there are none.
    async fn sources(
        &self,
        read: &mut Read,
        organization_id: OrganizationId,
        units: &[Unit],
    ) -> Result<Vec<Result<Option<Source>, HubError>>, HubError> {
        match &self.incoming {
            Incoming::Upgrade => upstreams(read, organization_id, units).await,
            Incoming::Between(Some(id), base, end) => {
                let source: Option<Unit> = read.get(organization_id, id.0).await?;
                let source = source.ok_or_else(|| {
                    HubError::Invalid(format!("merge_source: there is no Unit {id}"))
                })?;
                let base = resolve(read, organization_id, &source, base).await?;
                let end = resolve(read, organization_id, &source, end).await?;
                let sources = units.iter().map(|unit| {
                    if unit.toolchain() != source.toolchain() {
                        return Err(HubError::Invalid(format!(
                            "Unit {} is {}: it cannot take changes of {}",
                            unit.slug,
                            unit.toolchain(),
                            source.toolchain()
                        )));
                    }
                    Ok(Some(Source {
                        unit: source.unit_id,
                        toolchain: source.toolchain(),
                        base: Point::of(&base),
                        end: Point::of(&end),
                        undone: None,
                    }))
                });
                Ok(sources.collect())
            }
            Incoming::Between(None, base, end) => {
                own_changes(read, organization_id, units, (base, end)).await
            }
            Incoming::Undo(reference) => {
                let before = RevisionReference {
                    before: true,
                    ..*reference
                };
                let mut sources =
                    own_changes(read, organization_id, units, (reference, &before)).await?;
                for source in sources.iter_mut().flatten().flatten() {
                    source.undone = Some(Undone {
                        after: source.end.number,
                        last: source.base.number,
                        mutation: None,
                    });
                }
                Ok(sources)
            }
            Incoming::UndoMutation(id) => undone_mutation(read, organization_id, units, *id).await,
        }
    }

    /// Marks in the `MutationSources` what may not be overwritten.
    async fn mark_local(
        &self,
        read: &mut Read,
        organization_id: OrganizationId,
        works: &mut [Work],
    ) -> Result<(), HubError> {
        if !self.asks_who_wrote() {
            return Ok(());
        }
        let mut numbers: HashSet<(UnitId, i64)> = HashSet::new();
        for work in works.iter() {
            for resource in work.sources.iter().flatten() {
                let paths = resource.path_mutation_map.values().map(|info| info.index);
                let all = paths.chain([resource.resource_mutation_info.index]);
                numbers.extend(all.map(|index| (work.unit.unit_id, index)));
            }
        }
        let numbers: Vec<(UnitId, i64)> = numbers.into_iter().collect();
        let found = read.mutations(organization_id, &numbers).await?;
        let may: HashSet<(UnitId, i64)> = match self.has_condition() {
            true => {
                let query = ListQuery {
                    r#where: self.where_mutation.clone(),
                    filter: self.filter_mutation.clone(),
                    ..ListQuery::default()
                };
                let plan =
                    Plan::new::<ExtendedMutation>(read, organization_id, None, &query).await?;
                let mutations: Vec<Mutation> = found.into_values().collect();
                let rows: Vec<ExtendedMutation> =
                    plan.evaluate(read, organization_id, mutations).await?;
                let mutations = rows.iter().map(|row| &row.mutation);
                mutations
                    .map(|mutation| (mutation.unit_id, mutation.mutation_num))
                    .collect()
            }
            false if works.iter().any(|work| work.source.undone.is_some()) => {
                let undone: HashMap<UnitId, Undone> = works
                    .iter()
                    .filter_map(|work| Some((work.unit.unit_id, work.source.undone?)))
                    .collect();
                let goes = |((unit, number), mutation): ((UnitId, i64), Mutation)| {
                    let undone = undone.get(&unit)?;
                    undone.covers(&mutation).then_some((unit, number))
                };
                found.into_iter().filter_map(goes).collect()
            }
            // What came from the upstream, with the clone or an upgrade.
            false => {
                let upstreams: HashMap<UnitId, UnitId> = works
                    .iter()
                    .map(|work| (work.unit.unit_id, work.source.unit))
                    .collect();
                let from_upstream = |((unit, number), mutation): ((UnitId, i64), Mutation)| {
                    let upstream = upstreams.get(&unit);
                    (mutation.merge_source_id.as_ref() == upstream).then_some((unit, number))
                };
                found.into_iter().filter_map(from_upstream).collect()
            }
        };
        for work in works {
            let unit = work.unit.unit_id;
            for resource in work.sources.iter_mut().flatten() {
                let whole = &mut resource.resource_mutation_info;
                whole.predicate = may.contains(&(unit, whole.index));
                for info in resource.path_mutation_map.values_mut() {
                    info.predicate = may.contains(&(unit, info.index));
                }
            }
        }
        Ok(())
    }
}

/// The changes of each unit itself from one of its revisions to another.
async fn own_changes(
    read: &mut Read,
    organization_id: OrganizationId,
    units: &[Unit],
    (base, end): (&RevisionReference, &RevisionReference),
) -> Result<Vec<Result<Option<Source>, HubError>>, HubError> {
    let bases = resolve_many(read, organization_id, units, base).await?;
    let ends = resolve_many(read, organization_id, units, end).await?;
    let points = bases.into_iter().zip(ends);
    let sources = units.iter().zip(points).map(|(unit, (base, end))| {
        Ok(Some(Source {
            unit: unit.unit_id,
            toolchain: unit.toolchain(),
            base: Point::of(&base?),
            end: Point::of(&end?),
            undone: None,
        }))
    });
    Ok(sources.collect())
}

/// The way back from the revision of a mutation to the one before.
async fn undone_mutation(
    read: &mut Read,
    organization_id: OrganizationId,
    units: &[Unit],
    id: MutationId,
) -> Result<Vec<Result<Option<Source>, HubError>>, HubError> {
    let missing = || HubError::not_found("Mutation", id);
    let found: Option<Mutation> = read.get(organization_id, id.0).await?;
    let mutation = found.ok_or_else(missing)?;
    let reference = |before| RevisionReference {
        before,
        base: BaseRevision::Number(mutation.revision_num),
    };
    let between = (&reference(false), &reference(true));
    let mut sources = own_changes(read, organization_id, units, between).await?;
    for (unit, source) in units.iter().zip(&mut sources) {
        if unit.unit_id != mutation.unit_id {
            *source = Err(missing());
        } else if let Ok(Some(source)) = source {
            source.undone = Some(Undone {
                after: source.end.number,
                last: source.base.number,
                mutation: Some(mutation.mutation_num),
            });
        }
    }
    Ok(sources)
}

/// The upstream of each unit, from the revision that the unit is at to its head.
async fn upstreams(
    read: &mut Read,
    organization_id: OrganizationId,
    units: &[Unit],
) -> Result<Vec<Result<Option<Source>, HubError>>, HubError> {
    let ids: HashSet<Uuid> = units
        .iter()
        .filter_map(|unit| Some(unit.upstream_unit_id?.0))
        .collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let found: HashMap<Uuid, Unit> = read.get_many(organization_id, &ids).await?;
    let numbers: HashSet<(UnitId, i64)> = units
        .iter()
        .filter_map(|unit| Some((unit.upstream_unit_id?, unit.upstream_revision_num)))
        .collect();
    let numbers: Vec<(UnitId, i64)> = numbers.into_iter().collect();
    let bases = read.revisions(organization_id, &numbers).await?;
    let sources = units.iter().map(|unit| {
        let slug = &unit.slug;
        let id = unit.upstream_unit_id.ok_or_else(|| {
            HubError::Invalid(format!("Unit {slug} has no upstream: it is no clone"))
        })?;
        let upstream = found.get(&id.0).ok_or_else(|| {
            HubError::Unprocessable(format!("the upstream of Unit {slug} cannot be found"))
        })?;
        if upstream.head_revision_num == unit.upstream_revision_num {
            return Ok(None);
        }
        let number = unit.upstream_revision_num;
        let base = bases.get(&(id, number));
        Ok(Some(Source {
            unit: id,
            toolchain: upstream.toolchain(),
            base: Point {
                number,
                data: base.and_then(|base| base.data_blob),
            },
            end: Point {
                number: upstream.head_revision_num,
                data: upstream.data_blob,
            },
            undone: None,
        }))
    });
    Ok(sources.collect())
}

/// The texts that changes lead from and to, each read once.
async fn parsed(
    works: &[Work],
    text: impl Fn(Option<BlobId>) -> Vec<u8>,
) -> Result<Texts, HubError> {
    let wanted: HashSet<(Toolchain, Option<BlobId>)> = works
        .iter()
        .flat_map(|work| {
            let Source {
                toolchain,
                base,
                end,
                ..
            } = &work.source;
            [(*toolchain, base.data), (*toolchain, end.data)]
        })
        .collect();
    let wanted = wanted.into_iter().map(|key| (key, text(key.1))).collect();
    let parsed = compute_each(wanted, |(key, text): ((Toolchain, _), Vec<u8>)| {
        let config = Config::parse_owned(key.0, text).map_err(|error| error.to_string());
        (key, Arc::new(config))
    });
    Ok(parsed.await?.into_iter().collect())
}

impl Work {
    fn merge(
        self,
        texts: &Texts,
        is_upgrade: bool,
        operation: &'static str,
    ) -> Result<Prepared, HubError> {
        let Self {
            unit,
            source,
            ours,
            sources,
        } = self;
        let slug = &unit.slug;
        let unreadable = |what: &str, error: &str| {
            HubError::Unprocessable(format!("Unit {slug} cannot be merged: {what}: {error}"))
        };
        let of = |point: Point| match texts
            .get(&(source.toolchain, point.data))
            .map(AsRef::as_ref)
        {
            Some(Ok(config)) => Ok(config),
            Some(Err(error)) => {
                let what = format!("revision {} of what is merged", point.number);
                Err(unreadable(&what, error))
            }
            None => Err(HubError::Internal("a text was not read".to_owned())),
        };
        let (base, theirs) = (of(source.base)?, of(source.end)?);
        let ours = Config::parse_owned(unit.toolchain(), ours)
            .map_err(|error| unreadable("its Data", &error.to_string()))?;
        let options = MergeOptions {
            local: sources.as_deref().map_or(Local::Nothing, Local::Recorded),
            ..MergeOptions::default()
        };
        let merged = merge(base, theirs, &ours, &options)
            .map_err(|error| HubError::Unprocessable(format!("Unit {slug}: {error}")))?;
        let mutation = Mutation {
            merge_source_id: Some(source.unit),
            merge_base_revision_num: source.base.number,
            merge_end_revision_num: source.end.number,
            upgraded_from_upstream_revision_num: if is_upgrade { source.end.number } else { 0 },
            ..Mutation::default()
        };
        let changed = changes_between(&ours, &merged.config, 0);
        Ok(Prepared {
            made_for: MadeFor::of(&unit),
            merged: Some(MergedUnit {
                change: Change {
                    causes: vec![Cause {
                        mutation,
                        changed: Some(changed),
                    }],
                    ..Change::new(merged.config, Mutation::default(), operation)
                },
                report: merged.report,
                upstream_revision_num: is_upgrade.then_some(source.end.number),
            }),
        })
    }
}
