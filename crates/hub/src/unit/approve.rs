//! Approving revisions of units, and withdrawing approvals; spec/semantics.md, sections 5.9 and 20.

use std::collections::{HashMap, HashSet};

use crate::access::Write;
use cubit_model::{
    Approval, ApprovalRules, BaseRevision, OrganizationId, ResponseError, Revision,
    RevisionReference, Space, SpaceId, Time, Unit, UnitId, check_description,
};
use uuid::Uuid;

use super::find_unit;
use super::reference::{resolve, resolve_many};
use crate::bulk::{BATCH, answer, check_restricted};
use crate::evaluation;
use crate::{Caller, Hub, HubError, ListQuery};
use cubit_model::Permission;

/// The revision that a parameter names; the head when it names none.
pub(super) fn revision_reference(parameter: &str) -> Result<RevisionReference, HubError> {
    match parameter {
        "" => Ok(RevisionReference {
            before: false,
            base: BaseRevision::Head,
        }),
        reference => Ok(reference.parse()?),
    }
}

/// What somebody says about a revision.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Verdict {
    /// It is approved.
    #[default]
    Approve,
    /// It is not approved any more.
    Withdraw,
}

/// Approving revisions, or withdrawing approvals.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApprovalRequest {
    /// Which of the two.
    pub verdict: Verdict,
    /// Revision reference; the head when it is empty.
    pub revision: String,
    /// Why.
    pub reason: String,
    /// What the `ContentHash` of the revision must be, where it matters what was looked at.
    pub expected_content_hash: Option<i64>,
}

impl ApprovalRequest {
    fn reference(&self) -> Result<RevisionReference, HubError> {
        check_description("reason", &self.reason)?;
        revision_reference(&self.revision)
    }
}

impl Hub {
    /// `ApproveUnit` and `WithdrawApproval`: the caller approves a revision of a unit, or does not any
    /// more. Says which.
    ///
    /// # Errors
    /// When there is no such unit or revision, it is not the one that was expected, the rules of the
    /// space forbid it, or there is nothing to withdraw.
    pub async fn approve_unit(
        &self,
        caller: &Caller,
        (space, id): (SpaceId, UnitId),
        request: &ApprovalRequest,
    ) -> Result<String, HubError> {
        let organization_id = caller.check(Permission::Approve)?;
        let reference = request.reference()?;
        let mut write = self.write(caller, Permission::Approve).await?;
        let unit = find_unit(&mut write, organization_id, space, id).await?;
        let revision = resolve(&mut write, organization_id, &unit, &reference).await?;
        let number = revision.revision_num;
        let rules = rules_of(&mut write, organization_id, &[&unit]).await?;
        let subject = (unit.clone(), revision);
        let message = judge(&mut write, caller, request, &rules, subject).await?;
        write.commit().await?;
        self.settle_revision(&unit, number).await?;
        Ok(message)
    }

    /// `BulkApproveUnits` and `BulkWithdrawApprovals`: one answer for each unit selected, in the order
    /// of the list.
    ///
    /// # Errors
    /// When the request as a whole is not valid. What fails for one unit is in its answer.
    pub async fn bulk_approve_units(
        &self,
        caller: &Caller,
        query: &ListQuery,
        request: &ApprovalRequest,
    ) -> Result<Vec<Result<String, ResponseError>>, HubError> {
        let organization_id = caller.check(Permission::Approve)?;
        check_restricted(query)?;
        let reference = request.reference()?;
        let selected = self.selected_units(caller, organization_id, query).await?;
        let mut answers = Vec::with_capacity(selected.len());
        for batch in selected.chunks(BATCH) {
            let ids: Vec<Uuid> = batch.iter().map(|unit| unit.unit_id.0).collect();
            let mut write = self.write(caller, Permission::Approve).await?;
            let mut found: HashMap<Uuid, Unit> = write.get_many(organization_id, &ids).await?;
            let units: Vec<Unit> = ids.iter().filter_map(|id| found.remove(id)).collect();
            let revisions = resolve_many(&mut write, organization_id, &units, &reference).await?;
            let all: Vec<&Unit> = units.iter().collect();
            let rules = rules_of(&mut write, organization_id, &all).await?;
            for (unit, revision) in units.into_iter().zip(revisions) {
                let id = unit.unit_id;
                let message = match revision {
                    Ok(revision) => {
                        judge(&mut write, caller, request, &rules, (unit, revision)).await
                    }
                    Err(error) => Err(error),
                };
                answers.push(answer(message, "Unit", id)?);
            }
            write.commit().await?;
        }
        Ok(answers)
    }
}

/// The rules of the spaces that units are in; of spaces, too, that the caller cannot see.
async fn rules_of(
    write: &mut Write,
    organization_id: OrganizationId,
    units: &[&Unit],
) -> Result<HashMap<SpaceId, ApprovalRules>, HubError> {
    let ids: HashSet<Uuid> = units.iter().map(|unit| unit.space_id.0).collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let store = write.unguarded()?;
    let found: HashMap<Uuid, Space> = store.get_many(organization_id, &ids).await?;
    let rules = found.into_values();
    Ok(rules
        .map(|space| (space.space_id, space.approval_rules))
        .collect())
}

/// Adds the caller to those who approved a revision, or takes it away, and says so. Approving again
/// changes nothing.
async fn judge(
    write: &mut Write,
    caller: &Caller,
    request: &ApprovalRequest,
    rules: &HashMap<SpaceId, ApprovalRules>,
    (mut unit, mut revision): (Unit, Revision),
) -> Result<String, HubError> {
    write.allow(&unit)?;
    let organization_id = unit.organization_id;
    let user = caller.user_id();
    let now = Time::now();
    let (slug, number) = (unit.slug.clone(), revision.revision_num);
    let what = format!("revision {number} of Unit {slug}");
    if let Some(expected) = request.expected_content_hash
        && expected != revision.content_hash
    {
        return Err(HubError::Changed(format!(
            "expected_content_hash: {what} has the ContentHash {}, not {expected}; read it again",
            revision.content_hash
        )));
    }
    let is_approved = revision.approved_by.contains(&user.0);
    match request.verdict {
        Verdict::Approve if is_approved => return Ok(format!("{what} was approved before")),
        Verdict::Approve => {
            let own = rules
                .get(&unit.space_id)
                .is_some_and(|rules| rules.no_self_approval)
                && write
                    .unguarded()?
                    .has_changed_since_approval(organization_id, (unit.unit_id, number), user)
                    .await?;
            if own {
                return Err(HubError::Forbidden(format!(
                    "{what} has changes of yours that nobody else has approved: \
                     the ApprovalRules of its space ask for somebody else"
                )));
            }
            revision.approved_by.push(user.0);
            revision.approvals.push(Approval {
                user_id: user,
                approved_at: now,
                reason: request.reason.clone(),
                ..Approval::default()
            });
        }
        Verdict::Withdraw if !is_approved => {
            return Err(HubError::Unprocessable(format!(
                "{what} has no approval of yours"
            )));
        }
        Verdict::Withdraw => {
            revision.approved_by.retain(|other| *other != user.0);
            let standing = revision.approvals.iter_mut().rev();
            let mut own = standing.filter(|approval| approval.user_id == user);
            if let Some(approval) = own.next() {
                approval.withdrawn_at = Some(now);
                approval.withdrawal_reason.clone_from(&request.reason);
            }
        }
    }
    write.update(organization_id, &mut revision, now).await?;
    if number == unit.head_revision_num {
        unit.approved_by.clone_from(&revision.approved_by);
        write.update(organization_id, &mut unit, now).await?;
    }
    evaluation::request_for_approval(write, &unit, number, now).await?;
    Ok(match request.verdict {
        Verdict::Approve => format!("{what} was approved"),
        Verdict::Withdraw => format!("the approval of {what} was withdrawn"),
    })
}
