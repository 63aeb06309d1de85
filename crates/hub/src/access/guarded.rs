//! The store as a caller may use it: what the caller may not see is not there, and what it may not
//! do is refused. Operations get at the store in no other way, so none can forget to ask.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use cubit_model::{
    BlobId, Entity, Mutation, OrganizationId, Permission, Revision, RevisionId, SpaceId, TagId,
    Time, Unit, UnitEvent, UnitId,
};
use cubit_query::where_data::Search;
use cubit_query::{Value, Where};
use cubit_store::{Change, Mark, StoreError, UnitCounts};
use tokio::sync::Notify;
use uuid::Uuid;

use super::Rights;
use crate::page::cursor_of;
use crate::{Caller, Hub, HubError};

/// A consistent view of what a caller may see.
#[derive(Debug)]
pub struct Read {
    inner: Inner,
    rights: Arc<Rights>,
}

/// The view of a change sees the change.
#[derive(Debug)]
enum Inner {
    Read(cubit_store::Read),
    Write(cubit_store::Write),
}

/// A change in progress, which a permission is needed for. Dropping it undoes it.
#[derive(Debug)]
pub struct Write {
    read: Read,
    permission: Permission,
    caller: Caller,
    /// What was changed, for the audit.
    changes: Vec<Change>,
    /// Woken when there is something to evaluate after the change.
    evaluator: Arc<Notify>,
    is_waking: bool,
    triggered: Triggered,
}

/// Which units triggers are for, as far as a change had to know.
#[derive(Debug, Default)]
enum Triggered {
    /// Nothing was asked.
    #[default]
    Unknown,
    /// Whether they are for the units of a toolchain in one space.
    One((SpaceId, String), bool),
    /// All spaces and toolchains that they are for.
    All(HashSet<(SpaceId, String)>),
}

impl Hub {
    /// Starts reading for a caller.
    pub(crate) async fn read(&self, caller: &Caller) -> Result<Read, HubError> {
        Ok(Read {
            inner: Inner::Read(self.store.read().await?),
            rights: caller.rights.clone(),
        })
    }

    /// Starts a change by a caller, which needs a permission of each thing that it touches.
    pub(crate) async fn write(
        &self,
        caller: &Caller,
        permission: Permission,
    ) -> Result<Write, HubError> {
        let write = self.store.write(caller.identity().organization_id).await?;
        Ok(Write {
            read: Read {
                inner: Inner::Write(write),
                rights: caller.rights.clone(),
            },
            permission,
            caller: caller.clone(),
            changes: Vec::new(),
            evaluator: self.evaluator.clone(),
            is_waking: false,
            triggered: Triggered::default(),
        })
    }
}

/// Reads that concern what the caller has got hold of already: nothing else can be reached.
macro_rules! delegate {
    ($($(#[doc = $doc:expr])+ $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)+) => {
        impl Read {
            $(
                $(#[doc = $doc])+
                pub(crate) async fn $name(
                    &mut self,
                    organization: OrganizationId,
                    $($argument: $type),*
                ) -> Result<$answer, StoreError> {
                    self.unguarded().$name(organization, $($argument),*).await
                }
            )+
        }
    };
}

delegate! {
    /// The texts with these ids.
    blobs(ids: &HashSet<BlobId>) -> HashMap<BlobId, Vec<u8>>;
    /// The text with an id; no id stands for no text.
    blob(id: Option<BlobId>) -> Vec<u8>;
    /// The report of the merge that made a revision, in JSON.
    merge_report(revision: RevisionId) -> Option<Vec<u8>>;
    /// Revisions by unit and number.
    revisions(numbers: &[(UnitId, i64)]) -> HashMap<(UnitId, i64), Revision>;
    /// Mutations by unit and number.
    mutations(numbers: &[(UnitId, i64)]) -> HashMap<(UnitId, i64), Mutation>;
    /// The numbers of the first and the last revision with a mark, of those units that have one.
    marked_revisions(mark: Mark, units: &[UnitId]) -> HashMap<UnitId, (i64, i64)>;
    /// The revisions that have a tag, of these units or of all.
    tagged_revisions(tag: TagId, units: Option<&[UnitId]>) -> Vec<Revision>;
    /// The newest event of each of these units that has one.
    newest_events(units: &[UnitId]) -> HashMap<UnitId, UnitEvent>;
    /// The counts of every space that has units.
    unit_counts() -> HashMap<SpaceId, UnitCounts>;
    /// How many triggers of each event every space has.
    trigger_counts() -> HashMap<SpaceId, BTreeMap<String, i64>>;
    /// How many targets of each toolchain every space has.
    target_counts() -> HashMap<SpaceId, BTreeMap<String, i64>>;
}

impl Read {
    /// The store behind: for what must hold whoever looks, such as that nothing refers to what is
    /// deleted. Nothing it answers may be shown.
    pub(crate) fn unguarded(&mut self) -> &mut cubit_store::Read {
        match &mut self.inner {
            Inner::Read(read) => read,
            Inner::Write(write) => write,
        }
    }

    /// Whether the caller may do something with an entity that is part of what is read or written.
    pub(crate) fn check<E: Entity>(
        &self,
        permission: Permission,
        entity: &E,
    ) -> Result<(), HubError> {
        self.rights.check(permission, entity)
    }

    /// Whether the caller may see an entity.
    pub(crate) fn sees<E: Entity>(&self, entity: &E) -> bool {
        self.rights.may(Permission::View, entity)
    }

    fn visible<E: Entity>(&self, mut entities: Vec<E>) -> Vec<E> {
        if !self.rights.sees_everything() {
            entities.retain(|entity| self.sees(entity));
        }
        entities
    }

    /// The entity with an id, if the caller can see it.
    pub(crate) async fn get<E: Entity>(
        &mut self,
        organization: OrganizationId,
        id: Uuid,
    ) -> Result<Option<E>, StoreError> {
        Ok(self.get_many(organization, &[id]).await?.remove(&id))
    }

    /// The entities with these ids, as far as the caller can see them.
    pub(crate) async fn get_many<E: Entity>(
        &mut self,
        organization: OrganizationId,
        ids: &[Uuid],
    ) -> Result<HashMap<Uuid, E>, StoreError> {
        let mut found = self.unguarded().get_many(organization, ids).await?;
        if !self.rights.sees_everything() {
            found.retain(|_, entity| self.sees(entity));
        }
        Ok(found)
    }

    /// The entities that may satisfy a query and that the caller can see, in the order they were
    /// created. Some of them may not satisfy it: evaluate it on each.
    pub(crate) async fn list<E: Entity>(
        &mut self,
        organization: OrganizationId,
        query: &Where,
    ) -> Result<Vec<E>, StoreError> {
        let found = self.unguarded().list(organization, query).await?;
        Ok(self.visible(found))
    }

    /// The texts that may satisfy searches; which units have them is not told. None when the index
    /// does not know.
    pub(crate) async fn search(
        &mut self,
        organization: OrganizationId,
        searches: &[Search],
    ) -> Result<Option<HashSet<BlobId>>, StoreError> {
        self.unguarded().search(organization, searches).await
    }

    /// The units that may satisfy a query, have one of these texts, and that the caller can see.
    pub(crate) async fn units_with(
        &mut self,
        organization: OrganizationId,
        query: &Where,
        texts: &HashSet<BlobId>,
    ) -> Result<Vec<Unit>, StoreError> {
        let found = self.unguarded().units_with(organization, query, texts);
        let found = found.await?;
        Ok(self.visible(found))
    }

    /// Some of the entities that may satisfy a query, behind a cursor and id: those that the caller
    /// can see, and where the next ones begin. Nowhere, when there are no more.
    pub(crate) async fn list_after<E: Entity>(
        &mut self,
        organization: OrganizationId,
        query: &Where,
        after: (i64, Uuid),
        limit: usize,
    ) -> Result<(Vec<E>, Option<(i64, Uuid)>), StoreError> {
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let found = self.unguarded();
        let found: Vec<E> = found.list_after(organization, query, after, most).await?;
        let last = found.last().map(|last| (cursor_of(last), last.uuid()));
        let next = last.filter(|_| found.len() >= limit);
        Ok((self.visible(found), next))
    }

    /// The entities of which an attribute is one of these ids, and that the caller can see.
    pub(crate) async fn list_by<E: Entity>(
        &mut self,
        organization: OrganizationId,
        attribute: &str,
        ids: &[Uuid],
    ) -> Result<Vec<E>, StoreError> {
        let found = self.unguarded().list_by(organization, attribute, ids);
        let found = found.await?;
        Ok(self.visible(found))
    }

    /// The first entity that satisfies a query exactly and that the caller can see.
    pub(crate) async fn find<E: Entity>(
        &mut self,
        organization: OrganizationId,
        query: &Where,
    ) -> Result<Option<E>, StoreError> {
        Ok(self.list(organization, query).await?.into_iter().next())
    }

    /// The newest revision of every unit that the caller can see.
    pub(crate) async fn head_revisions(
        &mut self,
        organization: OrganizationId,
    ) -> Result<Vec<Revision>, StoreError> {
        let found = self.unguarded().head_revisions(organization).await?;
        Ok(self.visible(found))
    }

    /// How many entities of a type each space has.
    pub(crate) async fn count_by_space<E: Entity>(
        &mut self,
        organization: OrganizationId,
    ) -> Result<HashMap<SpaceId, i64>, StoreError> {
        self.unguarded().count_by_space::<E>(organization).await
    }
}

impl Write {
    /// The store behind, for what follows from a change that was allowed.
    pub(crate) fn unguarded(&mut self) -> Result<&mut cubit_store::Write, HubError> {
        match &mut self.read.inner {
            Inner::Write(write) => Ok(write),
            Inner::Read(_) => Err(HubError::Internal("a change that only reads".to_owned())),
        }
    }

    /// Notes a change for the audit: one that was made behind the guard.
    pub(crate) fn note<E: Entity>(&mut self, what: &'static str, entity: &E) {
        self.changes.push(Change {
            what,
            entity: E::NAME,
            id: entity.uuid(),
            space: space_of(entity),
        });
    }

    /// Refuses what the caller may not do to an entity: asked before anything else about it, so that
    /// nobody learns what only those who may need to know.
    pub(crate) fn allow<E: Entity>(&self, entity: &E) -> Result<(), HubError> {
        self.check(self.permission, entity)
    }

    /// Adds an entity, if the caller may.
    pub(crate) async fn insert<E: Entity>(
        &mut self,
        entity: &mut E,
        now: Time,
    ) -> Result<(), HubError> {
        self.allow(entity)?;
        self.unguarded()?.insert(entity, now).await?;
        self.note("created", entity);
        Ok(())
    }

    /// Writes an entity back, if the caller may.
    pub(crate) async fn update<E: Entity>(
        &mut self,
        organization: OrganizationId,
        entity: &mut E,
        now: Time,
    ) -> Result<(), HubError> {
        self.allow(entity)?;
        self.unguarded()?.update(organization, entity, now).await?;
        self.note("changed", entity);
        Ok(())
    }

    /// Removes an entity, if the caller may.
    pub(crate) async fn delete<E: Entity>(
        &mut self,
        organization: OrganizationId,
        entity: &E,
    ) -> Result<(), HubError> {
        self.allow(entity)?;
        let id = entity.uuid();
        self.unguarded()?.delete::<E>(organization, id).await?;
        self.note("deleted", entity);
        Ok(())
    }

    /// Removes a unit with its history, if the caller may.
    pub(crate) async fn delete_unit(
        &mut self,
        organization: OrganizationId,
        unit: &Unit,
    ) -> Result<(), HubError> {
        self.allow(unit)?;
        let (id, user) = (unit.unit_id, self.caller.user_id());
        let store = self.unguarded()?;
        store.note_deletion(unit, user, Time::now()).await?;
        store.delete_unit(organization, id).await?;
        self.note("deleted", unit);
        Ok(())
    }

    /// Whether triggers are for a unit.
    pub(crate) async fn has_triggers(&mut self, unit: &Unit) -> Result<bool, HubError> {
        let place = (unit.space_id, unit.toolchain().to_string());
        let organization = unit.organization_id;
        match &self.triggered {
            Triggered::One(known, answer) if *known == place => return Ok(*answer),
            Triggered::All(known) => return Ok(known.contains(&place)),
            // Who asks about another place is going to ask about many.
            Triggered::One(..) => {
                let all = self.unguarded()?.triggered(organization).await?;
                let answer = all.contains(&place);
                self.triggered = Triggered::All(all);
                return Ok(answer);
            }
            Triggered::Unknown => {}
        }
        let store = self.unguarded()?;
        let answer = store.has_triggers(organization, place.0, &place.1).await?;
        self.triggered = Triggered::One(place, answer);
        Ok(answer)
    }

    /// Reads the texts of units that are going to be needed, all at once, and keeps them at hand.
    pub(crate) async fn keep_texts_of<'a>(
        &mut self,
        organization: OrganizationId,
        units: impl Iterator<Item = &'a Unit>,
    ) -> Result<(), HubError> {
        let texts = units.flat_map(|unit| [unit.data_blob, unit.mutation_sources_blob]);
        let texts: Vec<BlobId> = texts.flatten().collect();
        Ok(self.unguarded()?.keep_blobs(organization, texts).await?)
    }

    /// Keeps a text and answers its id. `nearby` is a text that is probably similar.
    pub(crate) async fn put_blob(
        &mut self,
        organization: OrganizationId,
        text: Vec<u8>,
        nearby: Option<BlobId>,
    ) -> Result<BlobId, HubError> {
        let write = self.unguarded()?;
        Ok(write.put_blob(organization, text, nearby).await?)
    }

    /// Makes the change durable, with its entry in the audit.
    pub(crate) async fn commit(mut self) -> Result<(), HubError> {
        self.is_waking |= self.unguarded()?.follow_heads().await?;
        let changes = std::mem::take(&mut self.changes);
        if !changes.is_empty() {
            let entry = self.caller.audit_entry("done", changes);
            let (identity, key) = (self.caller.identity(), self.caller.request_key());
            let key = key.map(str::to_owned);
            let write = self.unguarded()?;
            write.append_audit(entry).await?;
            if let Some(key) = key {
                write.mark_keyed_request(identity, &key).await?;
            }
        }
        match self.read.inner {
            Inner::Write(write) => write.commit().await?,
            Inner::Read(_) => {}
        }
        if self.is_waking {
            self.evaluator.notify_one();
        }
        Ok(())
    }

    /// Has somebody look for what to evaluate, once the change is made.
    pub(crate) fn wake(&mut self) {
        self.is_waking = true;
    }
}

/// The space that an entity is in; a space is in itself.
fn space_of<E: Entity>(entity: &E) -> Option<SpaceId> {
    match entity.query_value("SpaceID") {
        Value::Uuid(id) => Some(SpaceId(id)),
        _ => None,
    }
}

impl Deref for Write {
    type Target = Read;

    fn deref(&self) -> &Read {
        &self.read
    }
}

impl DerefMut for Write {
    fn deref_mut(&mut self) -> &mut Read {
        &mut self.read
    }
}
