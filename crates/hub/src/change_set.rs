//! What a change set did to its units, as a whole: a summary, the difference, and the way back;
//! spec/semantics.md, sections 9 and 20.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use cubit_configdata::{Config, mutation, unified};
use cubit_model::{
    BlobId, ChangeSet, ChangeSetDeletion, ChangeSetId, ChangeSetSummary, ChangeSetUndo,
    ChangeSetUnit, OrganizationId, Permission, Revision, Space, SpaceId, Unit,
    UnitCreateOrUpdateResponse, UnitId, UnitPatch,
};
use uuid::Uuid;

use crate::access::Read;
use crate::bulk::{BATCH, check_count};
use crate::compute::compute_each;
use crate::in_space::find;
use crate::unit::UnitChange;
use crate::{Caller, Hub, HubError};

/// Lines around what differs.
const CONTEXT: usize = 3;

/// A unit that a change set changed, with its first and last revision in it and the one before.
struct Member {
    unit: Unit,
    space_slug: String,
    revisions: Vec<Revision>,
    before: Option<BlobId>,
}

impl Member {
    fn first(&self) -> i64 {
        self.revisions
            .first()
            .map_or(0, |revision| revision.revision_num)
    }

    fn last(&self) -> i64 {
        self.revisions
            .last()
            .map_or(0, |revision| revision.revision_num)
    }

    fn is_new(&self) -> bool {
        self.first() == 1
    }

    fn after(&self) -> Option<BlobId> {
        self.revisions
            .last()
            .and_then(|revision| revision.data_blob)
    }

    /// What is told of it, but for what changed.
    fn told(&self, change_set: ChangeSetId) -> ChangeSetUnit {
        let mut user_ids = Vec::new();
        let mut descriptions: Vec<String> = Vec::new();
        for revision in &self.revisions {
            if !user_ids.contains(&revision.user_id) {
                user_ids.push(revision.user_id);
            }
            if descriptions.last() != Some(&revision.description) {
                descriptions.push(revision.description.clone());
            }
        }
        ChangeSetUnit {
            space_id: self.unit.space_id,
            space_slug: self.space_slug.clone(),
            unit_id: self.unit.unit_id,
            slug: self.unit.slug.clone(),
            is_open: self.unit.change_set_id == Some(change_set),
            is_new: self.is_new(),
            first_revision_num: self.first(),
            last_revision_num: self.last(),
            head_revision_num: self.unit.head_revision_num,
            user_ids,
            descriptions,
            mutations: Vec::new(),
            apply_gates: self.unit.apply_gates.clone(),
            approved_by: self.unit.approved_by.clone(),
        }
    }
}

/// A change set with what it did.
struct Review {
    organization_id: OrganizationId,
    change_set: ChangeSet,
    members: Vec<Member>,
    deleted: Vec<ChangeSetDeletion>,
}

impl Review {
    async fn read(
        read: &mut Read,
        organization_id: OrganizationId,
        (space, id): (SpaceId, ChangeSetId),
    ) -> Result<Self, HubError> {
        let change_set: ChangeSet = find(read, organization_id, space, id).await?;
        let revisions: Vec<Revision> = read
            .list_by(organization_id, "ChangeSetID", &[id.0])
            .await?;
        let mut by_unit: HashMap<UnitId, Vec<Revision>> = HashMap::new();
        for revision in revisions {
            by_unit.entry(revision.unit_id).or_default().push(revision);
        }
        for revisions in by_unit.values_mut() {
            revisions.sort_by_key(|revision| revision.revision_num);
        }
        let earlier: Vec<(UnitId, i64)> = by_unit
            .iter()
            .map(|(unit, revisions)| (*unit, revisions[0].revision_num - 1))
            .collect();
        let mut earlier = read.revisions(organization_id, &earlier).await?;
        let ids: Vec<Uuid> = by_unit.keys().map(|id| id.0).collect();
        let units: HashMap<Uuid, Unit> = read.get_many(organization_id, &ids).await?;
        let deleted = read
            .unguarded()
            .change_set_deletions(organization_id, id)
            .await?;
        let spaces: HashSet<Uuid> = units.values().map(|unit| unit.space_id.0).collect();
        let spaces = spaces
            .into_iter()
            .chain(deleted.iter().map(|unit| unit.space_id.0));
        let spaces: Vec<Uuid> = spaces.collect();
        let spaces: HashMap<Uuid, Space> = read.get_many(organization_id, &spaces).await?;
        let mut members: Vec<Member> = units
            .into_values()
            .filter_map(|unit| {
                let revisions = by_unit.remove(&unit.unit_id)?;
                let number = revisions.first()?.revision_num - 1;
                let before = earlier.remove(&(unit.unit_id, number));
                let space = spaces.get(&unit.space_id.0);
                Some(Member {
                    space_slug: space.map(|space| space.slug.clone()).unwrap_or_default(),
                    before: before.and_then(|revision| revision.data_blob),
                    unit,
                    revisions,
                })
            })
            .collect();
        members.sort_by(|a, b| {
            let name = |member: &Member| (member.space_slug.clone(), member.unit.slug.clone());
            name(a).cmp(&name(b))
        });
        // What was in a space that the caller cannot see is not told.
        let deleted = deleted.into_iter();
        let deleted = deleted.filter(|unit| spaces.contains_key(&unit.space_id.0));
        Ok(Self {
            organization_id,
            change_set,
            members,
            deleted: deleted.collect(),
        })
    }

    /// Does something with the text of each member before and after, some of them at a time on all
    /// cores.
    async fn each<R: Send + 'static>(
        &self,
        read: &mut Read,
        work: impl Fn(Pair) -> R + Copy + Send + Sync + 'static,
    ) -> Result<Vec<R>, HubError> {
        let mut results = Vec::with_capacity(self.members.len());
        for batch in self.members.chunks(BATCH) {
            let ids = batch
                .iter()
                .flat_map(|member| [member.before, member.after()])
                .flatten();
            let texts = read.blobs(self.organization_id, &ids.collect()).await?;
            let text = |id: Option<BlobId>| {
                id.and_then(|id| texts.get(&id))
                    .cloned()
                    .unwrap_or_default()
            };
            let pairs = batch.iter().map(|member| Pair {
                name: format!("{}/{}", member.space_slug, member.unit.slug),
                toolchain: member.unit.toolchain(),
                before: text(member.before),
                after: text(member.after()),
            });
            results.extend(compute_each(pairs.collect(), work).await?);
        }
        Ok(results)
    }
}

/// The text of a unit before and after.
struct Pair {
    name: String,
    toolchain: cubit_configdata::Toolchain,
    before: Vec<u8>,
    after: Vec<u8>,
}

impl Pair {
    fn mutations(self) -> Vec<mutation::ResourceMutation> {
        let read = |text: &[u8]| Config::parse(self.toolchain, text);
        // Stored text can be read; if it cannot, the difference of the texts still can be.
        match (read(&self.before), read(&self.after)) {
            (Ok(before), Ok(after)) => {
                mutation::with_index_paths(&mutation::compute(&before, &after, 0), &after)
            }
            _ => Vec::new(),
        }
    }

    fn difference(self) -> String {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (before, after) = (text(&self.before), text(&self.after));
        let (old, new) = (format!("a/{}", self.name), format!("b/{}", self.name));
        unified((&old, &before), (&new, &after), CONTEXT)
    }
}

impl Hub {
    /// `GetChangeSetSummary`: which units a change set changed, where and by whom, and what is left to
    /// do before they are applied.
    ///
    /// # Errors
    /// When there is no such change set.
    pub async fn change_set_summary(
        &self,
        caller: &Caller,
        id: (SpaceId, ChangeSetId),
    ) -> Result<ChangeSetSummary, HubError> {
        let organization_id = caller.check(Permission::View)?;
        let mut read = self.read(caller).await?;
        let review = Review::read(&mut read, organization_id, id).await?;
        let mutations = review.each(&mut read, Pair::mutations).await?;
        let mut units: Vec<ChangeSetUnit> = review.members.iter().map(|m| m.told(id.1)).collect();
        for (unit, mutations) in units.iter_mut().zip(mutations) {
            unit.mutations = mutations;
        }
        let count = |is: fn(&ChangeSetUnit) -> bool| units.iter().filter(|unit| is(unit)).count();
        Ok(ChangeSetSummary {
            change_set_id: id.1,
            state: review.change_set.state,
            gated_unit_count: count(|unit| !unit.apply_gates.is_empty()),
            unapproved_unit_count: count(|unit| unit.approved_by.is_empty()),
            units,
            deleted_units: review.deleted,
        })
    }

    /// `GetChangeSetDiff`: what a change set changed in the text of all its units, as a unified diff.
    ///
    /// # Errors
    /// When there is no such change set.
    pub async fn change_set_diff(
        &self,
        caller: &Caller,
        id: (SpaceId, ChangeSetId),
    ) -> Result<String, HubError> {
        let organization_id = caller.check(Permission::View)?;
        let mut read = self.read(caller).await?;
        let review = Review::read(&mut read, organization_id, id).await?;
        let differences = review.each(&mut read, Pair::difference).await?;
        let mut diff = differences.concat();
        for unit in &review.deleted {
            let _ = writeln!(diff, "Deleted since: {}", unit.slug);
        }
        Ok(diff)
    }

    /// `UndoChangeSet`: takes all that a change set changed out of its units again, and keeps what was
    /// changed since. One answer for each unit that it changed; those that were made in it stay.
    ///
    /// # Errors
    /// When there is no such change set, or it has more units than the caller expects. What fails for
    /// one unit is in its answer.
    pub async fn undo_change_set(
        &self,
        caller: &Caller,
        id: (SpaceId, ChangeSetId),
        (dry_run, max_affected): (bool, Option<usize>),
    ) -> Result<ChangeSetUndo, HubError> {
        let organization_id = caller.check(Permission::Edit)?;
        let mut read = self.read(caller).await?;
        let review = Review::read(&mut read, organization_id, id).await?;
        drop(read);
        let (created, changed): (Vec<Member>, Vec<Member>) =
            review.members.into_iter().partition(Member::is_new);
        check_count(changed.len(), max_affected)?;
        let description = format!("Undo change set {}", review.change_set.slug);
        let patch: UnitPatch = serde_json::from_value(serde_json::json!({
            "LastChangeDescription": description,
        }))
        .map_err(|error| HubError::Internal(error.to_string()))?;
        // Units that are in it still are changed in it.
        let mut answers: HashMap<UnitId, UnitCreateOrUpdateResponse> = HashMap::new();
        for is_open in [false, true] {
            let units = changed.iter().map(|member| &member.unit);
            let units = units.filter(|unit| (unit.change_set_id == Some(id.1)) == is_open);
            let units: Vec<Unit> = units.cloned().collect();
            let change = UnitChange {
                dry_run,
                undo: format!("ChangeSet:{}", id.1),
                change_set_id: is_open.then_some(id.1),
                ..UnitChange::default()
            };
            let results = self
                .change_units(caller, &units, patch.clone(), &change)
                .await?;
            let results = results.into_iter().map(|(id, result)| (id, result.into()));
            answers.extend(results);
        }
        let order = changed.iter().map(|member| member.unit.unit_id);
        Ok(ChangeSetUndo {
            units: order.filter_map(|id| answers.remove(&id)).collect(),
            created_units: created.iter().map(|member| member.told(id.1)).collect(),
            deleted_units: review.deleted,
        })
    }
}
