//! Expands references: a constant number of statements for any number of rows.

use std::collections::{HashMap, HashSet};
use std::future::Future;

use crate::access::Read;
use cubit_model::{
    Bare, BridgeWorker, ChangeSet, Entity, Extended, ExtendedBridgeWorker, ExtendedChangeSet,
    ExtendedFilter, ExtendedInvocation, ExtendedLink, ExtendedMutation, ExtendedRevision,
    ExtendedSpace, ExtendedTag, ExtendedTarget, ExtendedTrigger, ExtendedUnit, ExtendedView,
    Filter, Invocation, Link, Mutation, Organization, OrganizationId, Revision, Space, Tag, Target,
    Trigger, Unit, UnitId, UnitStatus, User, View,
};
use cubit_query::Where;
use serde::Serialize;
use uuid::Uuid;

use crate::HubError;

/// A wrapper whose members can be filled in.
pub trait Expand: Extended {
    /// Fills in the members named.
    fn expand(
        read: &mut Read,
        organization_id: OrganizationId,
        rows: &mut [Self],
        members: &HashSet<&'static str>,
    ) -> impl Future<Output = Result<(), HubError>> + Send;

    /// Adds the counts that a summary has.
    fn summarize(
        _read: &mut Read,
        _organization_id: OrganizationId,
        _rows: &mut [Self],
    ) -> impl Future<Output = Result<(), HubError>> + Send {
        async { Ok(()) }
    }
}

/// Fills one member of every row with the entity its reference names.
async fn fill<X, E: Entity>(
    read: &mut Read,
    organization_id: OrganizationId,
    rows: &mut [X],
    reference: impl Fn(&X) -> Option<Uuid>,
    member: impl Fn(&mut X) -> &mut Option<Box<E>>,
) -> Result<(), HubError> {
    let ids: HashSet<Uuid> = rows.iter().filter_map(&reference).collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let found: HashMap<Uuid, E> = read.get_many(organization_id, &ids).await?;
    for row in rows {
        let entity = reference(row).and_then(|id| found.get(&id).cloned());
        *member(row) = entity.map(Box::new);
    }
    Ok(())
}

/// The organization is the same for every row.
async fn fill_organization<X>(
    read: &mut Read,
    organization_id: OrganizationId,
    rows: &mut [X],
    member: impl Fn(&mut X) -> &mut Option<Box<Organization>>,
) -> Result<(), HubError> {
    let organization: Option<Organization> = read.find(organization_id, &Where::default()).await?;
    let organization = organization.map(Box::new);
    for row in rows {
        member(row).clone_from(&organization);
    }
    Ok(())
}

/// Fills members that name a revision of the unit by number.
async fn fill_revisions(
    read: &mut Read,
    organization_id: OrganizationId,
    rows: &mut [ExtendedUnit],
    number: impl Fn(&Unit) -> i64,
    member: impl Fn(&mut ExtendedUnit) -> &mut Option<Box<Revision>>,
) -> Result<(), HubError> {
    let key = |row: &ExtendedUnit| (row.unit.unit_id, number(&row.unit));
    let numbers: Vec<(UnitId, i64)> = rows.iter().map(key).collect();
    let found = read.revisions(organization_id, &numbers).await?;
    for row in rows {
        let revision = found.get(&key(row)).cloned();
        *member(row) = revision.map(Box::new);
    }
    Ok(())
}

/// Fills in those of the members that are wanted.
macro_rules! fill_members {
    ($members:ident; $($name:literal => $filler:expr;)*) => {
        $(if $members.contains($name) { $filler.await?; })*
    };
}

impl Expand for ExtendedSpace {
    async fn expand(
        read: &mut Read,
        organization_id: OrganizationId,
        rows: &mut [Self],
        members: &HashSet<&'static str>,
    ) -> Result<(), HubError> {
        fill_members! { members;
            "Organization" => fill_organization(read, organization_id, rows, |row| &mut row.organization);
        }
        Ok(())
    }
}

impl Expand for ExtendedUnit {
    async fn expand(
        read: &mut Read,
        organization_id: OrganizationId,
        rows: &mut [Self],
        members: &HashSet<&'static str>,
    ) -> Result<(), HubError> {
        let id = organization_id;
        fill_members! { members;
            "Organization" => fill_organization(read, id, rows, |row| &mut row.organization);
            "Space" => fill::<_, Space>(read, id, rows, |row| Some(row.unit.space_id.0), |row| &mut row.space);
            "UpstreamSpace" => fill::<_, Space>(read, id, rows, |row| row.unit.upstream_space_id.map(|id| id.0), |row| &mut row.upstream_space);
            "UpstreamUnit" => fill::<_, Unit>(read, id, rows, |row| row.unit.upstream_unit_id.map(|id| id.0), |row| &mut row.upstream_unit);
            "HeadRevision" => fill_revisions(read, id, rows, |unit| unit.head_revision_num, |row| &mut row.head_revision);
            "LastAppliedRevision" => fill_revisions(read, id, rows, |unit| unit.last_applied_revision_num, |row| &mut row.last_applied_revision);
            "LiveRevision" => fill_revisions(read, id, rows, |unit| unit.live_revision_num, |row| &mut row.live_revision);
            "PreviousLiveRevision" => fill_revisions(read, id, rows, |unit| unit.previous_live_revision_num, |row| &mut row.previous_live_revision);
            "Target" => fill::<_, Target>(read, id, rows, |row| row.unit.target_id.map(|id| id.0), |row| &mut row.target);
            "BridgeWorker" => fill_workers(read, id, rows);
            "HeadMutation" => fill_head_mutation(read, id, rows);
            "ApprovedBy" => fill_approvers(read, id, rows);
            "ChangeSet" => fill::<_, ChangeSet>(read, id, rows, |row| row.unit.change_set_id.map(|id| id.0), |row| &mut row.change_set);
            "FromLink" => fill_links(read, id, rows);
            "LatestUnitEvent" => fill_events(read, id, rows);
        }
        Ok(())
    }
}

/// The workers of the targets of units.
async fn fill_workers(
    read: &mut Read,
    organization_id: OrganizationId,
    rows: &mut [ExtendedUnit],
) -> Result<(), HubError> {
    let target = |row: &ExtendedUnit| row.unit.target_id.map(|id| id.0);
    let ids: HashSet<Uuid> = rows.iter().filter_map(target).collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let targets: HashMap<Uuid, Target> = read.get_many(organization_id, &ids).await?;
    let worker = |row: &ExtendedUnit| Some(targets.get(&target(row)?)?.bridge_worker_id.0);
    fill::<_, BridgeWorker>(read, organization_id, rows, worker, |row| {
        &mut row.bridge_worker
    })
    .await
}

async fn fill_head_mutation(
    read: &mut Read,
    organization_id: OrganizationId,
    rows: &mut [ExtendedUnit],
) -> Result<(), HubError> {
    let key = |row: &ExtendedUnit| (row.unit.unit_id, row.unit.head_mutation_num);
    let numbers: Vec<_> = rows.iter().map(key).collect();
    let found = read.mutations(organization_id, &numbers).await?;
    for row in rows {
        row.head_mutation = found.get(&key(row)).cloned().map(Box::new);
    }
    Ok(())
}

async fn fill_approvers(
    read: &mut Read,
    organization_id: OrganizationId,
    rows: &mut [ExtendedUnit],
) -> Result<(), HubError> {
    let ids: HashSet<Uuid> = rows
        .iter()
        .flat_map(|row| row.unit.approved_by.iter().copied())
        .collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let found: HashMap<Uuid, User> = read.get_many(organization_id, &ids).await?;
    for row in rows {
        let approvers = row.unit.approved_by.iter();
        row.approved_by = approvers.filter_map(|id| found.get(id).cloned()).collect();
    }
    Ok(())
}

async fn fill_links(
    read: &mut Read,
    organization_id: OrganizationId,
    rows: &mut [ExtendedUnit],
) -> Result<(), HubError> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.unit.unit_id.0).collect();
    let links: Vec<Link> = read.list_by(organization_id, "FromUnitID", &ids).await?;
    let mut by_unit: HashMap<UnitId, Vec<Link>> = HashMap::new();
    for link in links {
        by_unit.entry(link.from_unit_id).or_default().push(link);
    }
    for row in rows {
        row.from_link = by_unit.remove(&row.unit.unit_id).unwrap_or_default();
    }
    Ok(())
}

/// The newest event of each unit, and its status.
async fn fill_events(
    read: &mut Read,
    organization_id: OrganizationId,
    rows: &mut [ExtendedUnit],
) -> Result<(), HubError> {
    let ids: Vec<UnitId> = rows.iter().map(|row| row.unit.unit_id).collect();
    let mut newest = read.newest_events(organization_id, &ids).await?;
    for row in rows {
        row.latest_unit_event = newest.remove(&row.unit.unit_id).map(Box::new);
        let event = row.latest_unit_event.as_deref();
        row.unit_status = Some(UnitStatus::of(&row.unit, event));
    }
    Ok(())
}

/// Nothing is expanded in an entity that is answered as it is.
impl<E: Entity + Serialize + Default> Expand for Bare<E> {
    async fn expand(
        _: &mut Read,
        _: OrganizationId,
        _: &mut [Self],
        _: &HashSet<&'static str>,
    ) -> Result<(), HubError> {
        Ok(())
    }
}

/// The tags of each revision.
async fn fill_tags(
    read: &mut Read,
    organization_id: OrganizationId,
    rows: &mut [ExtendedRevision],
) -> Result<(), HubError> {
    let ids = |row: &ExtendedRevision| -> Vec<Uuid> {
        let keys = row.revision.tags.keys();
        keys.filter_map(|key| key.parse().ok()).collect()
    };
    let all: HashSet<Uuid> = rows.iter().flat_map(ids).collect();
    let all: Vec<Uuid> = all.into_iter().collect();
    let found: HashMap<Uuid, Tag> = read.get_many(organization_id, &all).await?;
    for row in rows {
        let ids = ids(row).into_iter();
        row.tags = ids.filter_map(|id| found.get(&id).cloned()).collect();
    }
    Ok(())
}

/// Members that refer to one entity each.
macro_rules! expand {
    ($Extended:ident, $entity:ident; $($name:literal $field:ident: $type:ty = $reference:expr;)*) => {
        impl Expand for $Extended {
            async fn expand(
                read: &mut Read,
                organization_id: OrganizationId,
                rows: &mut [Self],
                members: &HashSet<&'static str>,
            ) -> Result<(), HubError> {
                let id = organization_id;
                fill_members! { members;
                    "Organization" => fill_organization(read, id, rows, |row| &mut row.organization);
                    "Space" => fill::<_, Space>(read, id, rows, |row| Some(row.$entity.space_id.0), |row| &mut row.space);
                    $($name => fill::<_, $type>(read, id, rows, |row| ($reference)(&row.$entity), |row| &mut row.$field);)*
                }
                Ok(())
            }
        }
    };
}

expand! { ExtendedTag, tag;
    "ChangeSet" change_set: ChangeSet = |tag: &Tag| tag.change_set_id.map(|id| id.0);
}
expand! { ExtendedFilter, filter;
    "FromSpace" from_space: Space = |filter: &Filter| filter.from_space_id.map(|id| id.0);
}
expand! { ExtendedView, view;
    "Filter" filter: Filter = |view: &View| Some(view.filter_id.0);
}
expand! { ExtendedInvocation, invocation;
    "BridgeWorker" bridge_worker: BridgeWorker = |invocation: &Invocation| invocation.bridge_worker_id.map(|id| id.0);
}

impl Expand for ExtendedBridgeWorker {
    async fn expand(
        read: &mut Read,
        organization_id: OrganizationId,
        rows: &mut [Self],
        members: &HashSet<&'static str>,
    ) -> Result<(), HubError> {
        let id = organization_id;
        fill_members! { members;
            "Organization" => fill_organization(read, id, rows, |row| &mut row.organization);
            "Space" => fill::<_, Space>(read, id, rows, |row| Some(row.bridge_worker.space_id.0), |row| &mut row.space);
        }
        Ok(())
    }

    async fn summarize(
        read: &mut Read,
        organization_id: OrganizationId,
        rows: &mut [Self],
    ) -> Result<(), HubError> {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.bridge_worker.uuid()).collect();
        let targets: Vec<Target> = read
            .list_by(organization_id, "BridgeWorkerID", &ids)
            .await?;
        let mut counts: HashMap<Uuid, i64> = HashMap::new();
        for target in targets {
            *counts.entry(target.bridge_worker_id.0).or_default() += 1;
        }
        for row in rows {
            let count = counts.get(&row.bridge_worker.uuid());
            row.target_count = Some(count.copied().unwrap_or_default());
        }
        Ok(())
    }
}
expand! { ExtendedTarget, target;
    "BridgeWorker" bridge_worker: BridgeWorker = |target: &Target| Some(target.bridge_worker_id.0);
}
expand! { ExtendedTrigger, trigger;
    "BridgeWorker" bridge_worker: BridgeWorker = |trigger: &Trigger| trigger.bridge_worker_id.map(|id| id.0);
    "Invocation" invocation: Invocation = |trigger: &Trigger| trigger.invocation_id.map(|id| id.0);
}
expand! { ExtendedLink, link;
    "FromUnit" from_unit: Unit = |link: &Link| Some(link.from_unit_id.0);
    "ToUnit" to_unit: Unit = |link: &Link| Some(link.to_unit_id.0);
    "ToSpace" to_space: Space = |link: &Link| Some(link.to_space_id.0);
}
expand! { ExtendedChangeSet, change_set;
    "StartTag" start_tag: Tag = |change_set: &ChangeSet| change_set.start_tag_id.map(|id| id.0);
    "EndTag" end_tag: Tag = |change_set: &ChangeSet| change_set.end_tag_id.map(|id| id.0);
}

impl Expand for ExtendedRevision {
    async fn expand(
        read: &mut Read,
        organization_id: OrganizationId,
        rows: &mut [Self],
        members: &HashSet<&'static str>,
    ) -> Result<(), HubError> {
        let id = organization_id;
        fill_members! { members;
            "Organization" => fill_organization(read, id, rows, |row| &mut row.organization);
            "Space" => fill::<_, Space>(read, id, rows, |row| Some(row.revision.space_id.0), |row| &mut row.space);
            "Unit" => fill::<_, Unit>(read, id, rows, |row| Some(row.revision.unit_id.0), |row| &mut row.unit);
            "User" => fill::<_, User>(read, id, rows, |row| Some(row.revision.user_id.0), |row| &mut row.user);
            "ChangeSet" => fill::<_, ChangeSet>(read, id, rows, |row| row.revision.change_set_id.map(|id| id.0), |row| &mut row.change_set);
            "Tags" => fill_tags(read, id, rows);
        }
        Ok(())
    }
}

expand! { ExtendedMutation, mutation;
    "Unit" unit: Unit = |mutation: &Mutation| Some(mutation.unit_id.0);
    "Revision" revision: Revision = |mutation: &Mutation| Some(mutation.revision_id.0);
    "MergeSource" merge_source: Unit = |mutation: &Mutation| mutation.merge_source_id.map(|id| id.0);
    "Invocation" invocation: Invocation = |mutation: &Mutation| mutation.invocation_id.map(|id| id.0);
    "Link" link: Link = |mutation: &Mutation| mutation.link_id.map(|id| id.0);
    "Trigger" trigger: Trigger = |mutation: &Mutation| mutation.trigger_id.map(|id| id.0);
}
