//! Changing units: PUT, PATCH and restore.

use crate::access::Write;
use cubit_configdata::Config;
use cubit_model::{
    BaseRevision, ChangeSetId, Mutation, Patch, RevisionId, RevisionReference, SpaceId, Tag, TagId,
    Time, Unit, UnitId, UnitPatch,
};

use crate::commit::{Change, commit, parse};
use crate::in_space::referred;
use crate::space::{check_version, find_space};
use crate::text::{Wanted, fill_text};
use crate::unit::approve::revision_reference;
use crate::unit::reference::resolve;
use crate::unit::{check, find_unit, set_target, slug_owner, tag, taken};
use crate::{Caller, Hub, HubError};
use cubit_model::Permission;

/// The parameters of a change of a unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitChange {
    /// Compute the result without storing it.
    pub dry_run: bool,
    /// Revision reference to restore data from.
    pub restore: String,
    /// Revision to restore data from, by id.
    pub revision_id: Option<RevisionId>,
    /// Bring the unit up to the head of its upstream.
    pub upgrade: bool,
    /// Unit to merge changes from.
    pub merge_source: String,
    /// State before the changes to merge.
    pub merge_base: String,
    /// State after the changes to merge.
    pub merge_end: String,
    /// Which mutations a merge may affect.
    pub where_mutation: String,
    /// The same, by saved filter.
    pub filter_mutation: String,
    /// Tag to put on the resulting head revision.
    pub tag: Option<TagId>,
    /// Change set the change belongs to.
    pub change_set_id: Option<ChangeSetId>,
}

/// Where the new data comes from.
pub(super) enum DataSource {
    /// The body.
    Body,
    /// Another revision.
    Restore(RevisionReference),
}

impl UnitChange {
    /// At most one source of data may be named; sources that do not exist yet are refused.
    pub(super) fn source(&self) -> Result<DataSource, HubError> {
        let restores = !self.restore.is_empty();
        let merges = [&self.merge_source, &self.merge_base, &self.merge_end]
            .iter()
            .any(|parameter| !parameter.is_empty());
        let sources = [restores, self.revision_id.is_some(), self.upgrade, merges];
        if sources.iter().filter(|named| **named).count() > 1 {
            return Err(HubError::Invalid(
                "restore, revision_id, upgrade and merge_source exclude each other: name one"
                    .to_owned(),
            ));
        }
        let missing = [
            (self.upgrade, "upgrade"),
            (merges, "merge_source"),
            (!self.where_mutation.is_empty(), "where_mutation"),
            (!self.filter_mutation.is_empty(), "filter_mutation"),
            (self.change_set_id.is_some(), "change_set_id"),
        ];
        if let Some((_, name)) = missing.iter().find(|(used, _)| *used) {
            return Err(HubError::not_available(name));
        }
        Ok(match self.revision_id {
            Some(id) => DataSource::Restore(RevisionReference {
                before: false,
                base: BaseRevision::Revision(id),
            }),
            None if restores => DataSource::Restore(self.restore.parse()?),
            None => DataSource::Body,
        })
    }
}

impl Hub {
    /// `UpdateUnit`: replaces what clients may write. Data that is absent stays.
    ///
    /// # Errors
    /// When there is no such unit, the Version is not the stored one, an attribute is not valid,
    /// or the data is not text of the toolchain.
    pub async fn update_unit(
        &self,
        caller: &Caller,
        (space_id, id): (SpaceId, UnitId),
        body: Unit,
        options: &UnitChange,
    ) -> Result<Unit, HubError> {
        if !body.unit_id.0.is_nil() && body.unit_id != id {
            return Err(HubError::Invalid(format!(
                "UnitID: {} in the body is not the unit of the path",
                body.unit_id
            )));
        }
        let version = caller.version_of(body.version);
        let data = body.data.map(|data| data.0);
        self.change_unit(
            caller,
            (space_id, id),
            (version, data),
            "UpdateUnit",
            options,
            |unit| {
                unit.slug = body.slug;
                unit.display_name = body.display_name;
                unit.toolchain_type = body.toolchain_type.or(unit.toolchain_type);
                unit.labels = body.labels;
                unit.annotations = body.annotations;
                unit.delete_gates = body.delete_gates;
                unit.destroy_gates = body.destroy_gates;
                unit.target_id = body.target_id;
                unit.change_set_id = body.change_set_id;
                unit.last_change_description = body.last_change_description;
            },
        )
        .await
    }

    /// `PatchUnit`
    ///
    /// # Errors
    /// As [`Hub::update_unit`]; the Version is only compared when it is given.
    pub async fn patch_unit(
        &self,
        caller: &Caller,
        (space_id, id): (SpaceId, UnitId),
        mut patch: UnitPatch,
        options: &UnitChange,
    ) -> Result<Unit, HubError> {
        let (version, data) = take_apart(&mut patch);
        self.change_unit(
            caller,
            (space_id, id),
            (version, data),
            "PatchUnit",
            options,
            |unit| {
                patch.apply(unit);
            },
        )
        .await
    }

    async fn change_unit(
        &self,
        caller: &Caller,
        (space_id, id): (SpaceId, UnitId),
        (version, data): (Option<i64>, Option<Vec<u8>>),
        operation: &'static str,
        options: &UnitChange,
        edit: impl FnOnce(&mut Unit),
    ) -> Result<Unit, HubError> {
        let organization_id = caller.check(Permission::Edit)?;
        let source = options.source()?;
        // Reading a large text takes time: nobody waits for it at the write lock.
        let data = match (source, data) {
            (DataSource::Body, Some(data)) => {
                let mut read = self.read(caller).await?;
                let unit = find_unit(&mut read, organization_id, space_id, id).await?;
                drop(read);
                NewData::Text(parse(unit.toolchain(), data).await, operation)
            }
            (DataSource::Body, None) => NewData::Kept,
            (DataSource::Restore(reference), _) => NewData::Restored(reference),
        };
        let mut write = self.write(caller, Permission::Edit).await?;
        let stored = find_unit(&mut write, organization_id, space_id, id).await?;
        write.allow(&stored)?;
        caller.check_match(&stored)?;
        let unit = change_stored(
            &mut write,
            caller,
            stored,
            (version, options.tag),
            data,
            edit,
        )
        .await?;
        if !options.dry_run {
            write.commit().await?;
        }
        Ok(unit)
    }
}

/// Takes the version and the data out of a patch, so that the rest can be laid over a unit.
pub(super) fn take_apart(patch: &mut UnitPatch) -> (Option<i64>, Option<Vec<u8>>) {
    let version = patch.version.as_set().copied();
    patch.version = Patch::Keep;
    if patch.toolchain_type == Patch::Clear {
        patch.toolchain_type = Patch::Keep;
    }
    let data = match std::mem::replace(&mut patch.data, Patch::Keep) {
        Patch::Keep => None,
        // Clearing the text is text like any other: none.
        Patch::Clear => Some(Vec::new()),
        Patch::Set(data) => Some(data.map(|data| data.0).unwrap_or_default()),
    };
    (version, data)
}

/// What is made of the data of a unit.
pub(super) enum NewData {
    /// It stays.
    Kept,
    /// A text that a request holds, or why it cannot be read; and the name of the operation.
    Text(Result<Config, HubError>, &'static str),
    /// That of another revision.
    Restored(RevisionReference),
}

/// Changes a stored unit, and answers it with its text.
pub(super) async fn change_stored(
    write: &mut Write,
    caller: &Caller,
    stored: Unit,
    (version, tag): (Option<i64>, Option<TagId>),
    data: NewData,
    edit: impl FnOnce(&mut Unit),
) -> Result<Unit, HubError> {
    let organization_id = stored.organization_id;
    write.allow(&stored)?;
    check_version("Unit", &stored.slug, stored.version, version)?;
    let mut unit = stored.clone();
    edit(&mut unit);
    check_edit(write, &stored, &mut unit).await?;
    if let Some(tag) = tag {
        referred::<Tag>(write, organization_id, tag).await?;
    }

    let now = Time::now();
    let change = match data {
        NewData::Kept => None,
        NewData::Text(config, operation) => {
            Some(Change::new(config?, Mutation::default(), operation))
        }
        NewData::Restored(reference) => Some(restore(write, &stored, &reference).await?),
    };
    let is_edited = unit != stored;
    let committed = match change {
        Some(change) => Some(commit(write, caller, &mut unit, change, now).await?),
        None => None,
    };
    let is_new = committed.as_ref().is_some_and(|c| c.revision.is_some());
    if is_edited || is_new {
        write.update(organization_id, &mut unit, now).await?;
    }
    if let Some(tag) = tag {
        let head = revision_reference("")?;
        let head = resolve(write, organization_id, &unit, &head).await?;
        tag::put(write, organization_id, tag, head).await?;
    }
    match committed {
        Some(committed) => committed.show(&mut unit),
        None => {
            let toolchain = unit.toolchain();
            let all = vec![&mut unit];
            fill_text(write, organization_id, all, |_| toolchain, Wanted::ALL).await?;
        }
    }
    Ok(unit)
}

/// Checks what an edit may not do.
async fn check_edit(write: &mut Write, stored: &Unit, unit: &mut Unit) -> Result<(), HubError> {
    check(unit)?;
    set_target(write, unit, Some(stored)).await?;
    if unit.toolchain_type != stored.toolchain_type {
        return Err(HubError::Invalid(format!(
            "ToolchainType: cannot be changed; it is {}",
            stored.toolchain()
        )));
    }
    if unit.slug != stored.slug && slug_owner(write, unit).await?.is_some() {
        let space = find_space(write, unit.organization_id, unit.space_id).await?;
        return Err(taken(unit, &space));
    }
    Ok(())
}

/// The change that brings back the data of an earlier revision, with its provenance.
async fn restore(
    write: &mut Write,
    unit: &Unit,
    reference: &RevisionReference,
) -> Result<Change, HubError> {
    let revision = resolve(write, unit.organization_id, unit, reference).await?;
    let text = write.blob(unit.organization_id, revision.data_blob).await?;
    let mutation = Mutation {
        restored_revision_num: revision.revision_num,
        ..Mutation::default()
    };
    let config = parse(unit.toolchain(), text).await?;
    Ok(Change {
        restored_sources: revision.mutation_sources_blob,
        ..Change::new(config, mutation, "RestoreUnit")
    })
}
