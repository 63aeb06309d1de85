//! Creating units, from text or as a clone of another unit.

use crate::access::Write;
use cubit_model::{Mutation, OrganizationId, Space, SpaceId, Time, Unit, UnitId};

use crate::commit::{Change, commit, parse};
use crate::space::find_space;
use crate::text::{Wanted, fill_text};
use crate::unit::clone::{clone_change, inherit};
use crate::unit::membership::Step;
use crate::unit::tag::put_on_head;
use crate::unit::{check, find_unit, set_target, slug_owner, taken};
use crate::{Caller, Hub, HubError};
use cubit_model::Permission;

/// How to create a unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CreateUnit {
    /// The space of the unit to clone; the new unit's own, if none.
    pub upstream_space_id: Option<SpaceId>,
    /// The unit to clone.
    pub upstream_unit_id: Option<UnitId>,
    /// Whether an existing unit is as good.
    pub allow_exists: bool,
}

impl Hub {
    /// `CreateUnit`
    ///
    /// # Errors
    /// When the slug is taken and `allow_exists` is not set, an attribute is not valid, or the
    /// data is not text of the toolchain.
    pub async fn create_unit(
        &self,
        caller: &Caller,
        space_id: SpaceId,
        body: Unit,
        options: CreateUnit,
    ) -> Result<Unit, HubError> {
        let organization_id = caller.check(Permission::Edit)?;
        let mut unit = new_unit(organization_id, space_id, body);
        check(&unit)?;
        // Reading a large text takes time: nobody waits for it at the write lock. Whether it can be
        // read matters only once it is known that the unit is to be made.
        let config = match (options.upstream_unit_id, unit.toolchain_type) {
            (None, Some(toolchain)) => {
                let data = unit.data.take().unwrap_or_default();
                Some(parse(toolchain, data.0).await)
            }
            _ => None,
        };
        let mut write = self.write(caller, Permission::Edit).await?;
        if let Some(existing) = owner_or_taken(&mut write, &unit, options.allow_exists).await? {
            return Ok(existing);
        }
        let change = match options.upstream_unit_id {
            Some(upstream) => {
                if unit.data.take().is_some_and(|data| !data.0.is_empty()) {
                    return Err(HubError::Invalid(
                        "a clone takes its Data from the upstream unit: send either Data or upstream_unit_id"
                            .to_owned(),
                    ));
                }
                let upstream_space = options.upstream_space_id.unwrap_or(space_id);
                let upstream =
                    find_unit(&mut write, organization_id, upstream_space, upstream).await?;
                inherit(&mut unit, &upstream);
                clone_change(&mut write, &mut unit, &upstream).await?
            }
            None if options.upstream_space_id.is_some() => {
                return Err(HubError::Invalid(
                    "upstream_space_id needs upstream_unit_id".to_owned(),
                ));
            }
            None => {
                let Some(config) = config else {
                    return Err(HubError::Invalid("ToolchainType: is required".to_owned()));
                };
                Change::new(config?, Mutation::default(), "CreateUnit")
            }
        };
        let unit = insert_unit(&mut write, caller, unit, change, Time::now()).await?;
        write.commit().await?;
        self.settle(caller, unit).await
    }
}

/// The unit a body asks for: only what clients may write is taken over.
fn new_unit(organization_id: OrganizationId, space_id: SpaceId, body: Unit) -> Unit {
    Unit {
        organization_id,
        space_id,
        unit_id: UnitId::new(),
        slug: body.slug,
        display_name: body.display_name,
        toolchain_type: body.toolchain_type,
        labels: body.labels,
        annotations: body.annotations,
        delete_gates: body.delete_gates,
        destroy_gates: body.destroy_gates,
        target_id: body.target_id,
        change_set_id: body.change_set_id,
        last_change_description: body.last_change_description,
        data: body.data,
        ..Unit::default()
    }
}

/// The unit that has this one's slug, where that is as good; refuses where it is not.
pub(super) async fn owner_or_taken(
    write: &mut Write,
    unit: &Unit,
    allow_exists: bool,
) -> Result<Option<Unit>, HubError> {
    let space = find_space(write, unit.organization_id, unit.space_id).await?;
    write.allow(unit)?;
    let owner = slug_owner(write, unit).await?;
    existing_or_taken(write, unit, &space, owner, allow_exists).await
}

/// The same, when it is known who has the slug.
pub(super) async fn existing_or_taken(
    write: &mut Write,
    unit: &Unit,
    space: &Space,
    owner: Option<Unit>,
    allow_exists: bool,
) -> Result<Option<Unit>, HubError> {
    let organization_id = unit.organization_id;
    let Some(mut existing) = owner else {
        return Ok(None);
    };
    if !allow_exists {
        return Err(taken(unit, space));
    }
    let toolchain = existing.toolchain();
    let all = vec![&mut existing];
    fill_text(write, organization_id, all, |_| toolchain, Wanted::ALL).await?;
    Ok(Some(existing))
}

/// Writes a new unit with its first revision.
pub(super) async fn insert_unit(
    write: &mut Write,
    caller: &Caller,
    mut unit: Unit,
    change: Change,
    now: Time,
) -> Result<Unit, HubError> {
    set_target(write, &mut unit, None).await?;
    let step = Step::between(write, None, &unit).await?;
    let committed = commit(write, caller, &mut unit, change, now).await?;
    write.insert(&mut unit, now).await?;
    let organization_id = unit.organization_id;
    if let Some(tag) = step.take(write, organization_id).await? {
        put_on_head(write, &unit, tag).await?;
    }
    committed.show(&mut unit);
    Ok(unit)
}
