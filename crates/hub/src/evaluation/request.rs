//! What puts units into the queue.

use std::collections::BTreeMap;

use cubit_configdata::Toolchain;
use cubit_model::{Invocation, Link, OrganizationId, Space, SpaceId, Time, Trigger, Unit};
use cubit_query::{Literal, Where};

use super::AWAITING;
use crate::HubError;
use crate::access::{Read, Write};

/// Asks for the evaluation of a unit that is about to get a new head, when anything runs on it.
/// Answers the gates that the unit has until then.
pub(crate) async fn request(
    write: &mut Write,
    unit: &Unit,
    is_clone: bool,
    now: Time,
) -> Result<BTreeMap<String, bool>, HubError> {
    let organization_id = unit.organization_id;
    let has_links = !unit.from_link_id.is_empty();
    if !has_links && !write.has_triggers(unit).await? {
        return Ok(BTreeMap::new());
    }
    let what = (organization_id, unit.unit_id, 0);
    let store = write.unguarded()?;
    store
        .request_evaluation(what, (is_clone, true), now)
        .await?;
    write.wake();
    Ok(BTreeMap::from([(AWAITING.to_owned(), true)]))
}

/// Asks for the evaluation of the unit that a link starts at, after the link came or changed.
pub(crate) async fn request_for_link(write: &mut Write, link: &Link) -> Result<(), HubError> {
    let what = (link.organization_id, link.from_unit_id, 0);
    let store = write.unguarded()?;
    store
        .request_evaluation(what, (false, false), Time::now())
        .await?;
    write.wake();
    Ok(())
}

/// Asks for the evaluation of a revision that was approved.
pub(crate) async fn request_for_approval(
    write: &mut Write,
    unit: &Unit,
    revision_num: i64,
    now: Time,
) -> Result<(), HubError> {
    let is_head = revision_num == unit.head_revision_num;
    let what = if is_head { 0 } else { revision_num };
    let what = (unit.organization_id, unit.unit_id, what);
    if write.has_triggers(unit).await? {
        let store = write.unguarded()?;
        store.request_evaluation(what, (false, false), now).await?;
        write.wake();
    }
    Ok(())
}

/// Asks for the evaluation of all units that a trigger is for, after it came, changed or went.
pub(crate) async fn request_for_trigger(
    write: &mut Write,
    trigger: &Trigger,
) -> Result<(), HubError> {
    let Some(toolchain) = trigger.toolchain_type else {
        return Ok(());
    };
    let where_ = (trigger.organization_id, trigger.space_id);
    let store = write.unguarded()?;
    store
        .request_evaluations_of_space(where_, &toolchain.to_string(), Time::now())
        .await?;
    write.wake();
    Ok(())
}

/// Asks for the evaluation of all units of a space that triggers are for, after its rules about
/// approvals changed.
pub(crate) async fn request_for_rules(write: &mut Write, space: &Space) -> Result<(), HubError> {
    let query = Where::default().and("SpaceID", Literal::Uuid(space.space_id.0));
    let all = Read::unguarded(write);
    let triggers: Vec<Trigger> = all.list(space.organization_id, &query).await?;
    request_for_triggers(write, &triggers).await
}

/// Asks once for each kind of unit that some triggers are for.
async fn request_for_triggers(write: &mut Write, triggers: &[Trigger]) -> Result<(), HubError> {
    let mut done: Vec<(SpaceId, Option<Toolchain>)> = Vec::new();
    for trigger in triggers {
        let place = (trigger.space_id, trigger.toolchain_type);
        if !done.contains(&place) {
            done.push(place);
            request_for_trigger(write, trigger).await?;
        }
    }
    Ok(())
}

/// Whether a unit still waits for an evaluation.
pub(crate) async fn is_pending(
    read: &mut Read,
    organization_id: OrganizationId,
    unit: &Unit,
) -> Result<bool, HubError> {
    let store = read.unguarded();
    let pending = store.pending_evaluation(organization_id, unit.unit_id, 0);
    Ok(pending.await?.is_some())
}

/// Asks for the evaluation of all units that triggers are for which call a saved invocation.
pub(crate) async fn request_for_invocation(
    write: &mut Write,
    invocation: &Invocation,
) -> Result<(), HubError> {
    let organization_id = invocation.organization_id;
    let query = Where::default().and("InvocationID", Literal::Uuid(invocation.invocation_id.0));
    let all = Read::unguarded(write);
    let triggers: Vec<Trigger> = all.list(organization_id, &query).await?;
    request_for_triggers(write, &triggers).await
}
