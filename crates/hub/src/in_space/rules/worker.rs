//! Workers and targets.

use cubit_model::{
    BlobId, BridgeWorker, InSpace, Invocation, OrganizationId, Target, Time, Trigger, Unit,
};
use cubit_query::{Literal, Where};
use cubit_store::{Read, Write};
use serde_json::{Map, Value};

use super::Rules;
use crate::HubError;
use crate::access::token_hash;
use crate::bootstrap::random_token;
use crate::in_space::referred;

/// What a worker can be; nothing before it was first seen.
const CONDITIONS: [&str; 5] = ["", "Ready", "NotReady", "Unresponsive", "Disconnected"];

impl Rules for BridgeWorker {
    async fn complete(
        &mut self,
        _: &mut Read,
        _: OrganizationId,
        _: Option<&Self>,
    ) -> Result<(), HubError> {
        if CONDITIONS.contains(&self.condition.as_str()) {
            return Ok(());
        }
        Err(HubError::Invalid(format!(
            "Condition: expected one of {}, got {:?}",
            CONDITIONS[1..].join(", "),
            self.condition
        )))
    }

    async fn needed_by(
        &self,
        read: &mut Read,
        organization: OrganizationId,
    ) -> Result<Option<String>, HubError> {
        let here = Where::default().and("BridgeWorkerID", Literal::Uuid(self.bridge_worker_id.0));
        let needs = |entity: &str, slug: &str| Some(format!("the {entity} {slug} needs it"));
        if let Some(target) = read.find::<Target>(organization, &here).await? {
            return Ok(needs("Target", target.slug()));
        }
        if let Some(trigger) = read.find::<Trigger>(organization, &here).await? {
            return Ok(needs("Trigger", trigger.slug()));
        }
        let invocation = read.find::<Invocation>(organization, &here).await?;
        Ok(invocation.and_then(|invocation| needs("Invocation", invocation.slug())))
    }

    /// Its secret, of which only the hash is kept.
    async fn on_create(&mut self, _: &mut Write, _: Time) -> Result<(), HubError> {
        self.secret = random_token()?;
        self.secret_hash = Some(BlobId(token_hash(&self.secret)));
        Ok(())
    }
}

impl Rules for Target {
    async fn complete(
        &mut self,
        read: &mut Read,
        organization: OrganizationId,
        _: Option<&Self>,
    ) -> Result<(), HubError> {
        let invalid = |message: String| Err(HubError::Invalid(message));
        let Some(toolchain) = self.toolchain_type else {
            return invalid("ToolchainType: is required".to_owned());
        };
        if self.provider_type.is_empty() {
            return invalid("ProviderType: is required".to_owned());
        }
        let parameters = serde_json::from_str::<Map<String, Value>>(&self.parameters);
        if let Err(error) = parameters
            && !self.parameters.is_empty()
        {
            return invalid(format!("Parameters: expected a JSON object: {error}"));
        }
        let worker: BridgeWorker = referred(read, organization, self.bridge_worker_id).await?;
        let info = worker.provided_info.bridge_worker_info.unwrap_or_default();
        let supported = info.supported_config_types.iter().any(|config| {
            config.toolchain_type == toolchain.name() && config.provider_type == self.provider_type
        });
        if supported {
            return Ok(());
        }
        invalid(format!(
            "ProviderType: BridgeWorker {} does not say that it applies {toolchain} to {}",
            worker.slug, self.provider_type
        ))
    }

    async fn needed_by(
        &self,
        read: &mut Read,
        organization: OrganizationId,
    ) -> Result<Option<String>, HubError> {
        let here = Where::default().and("TargetID", Literal::Uuid(self.target_id.0));
        let unit: Option<Unit> = read.find(organization, &here).await?;
        Ok(unit.map(|unit| format!("Unit {} is applied to it", unit.slug)))
    }

    /// Units know the worker of their target.
    async fn on_stored(&self, write: &mut Write, before: Option<&Self>) -> Result<(), HubError> {
        let worker = self.bridge_worker_id;
        if before.is_some_and(|before| before.bridge_worker_id != worker) {
            let organization = self.organization_id;
            write
                .set_worker_of_target(organization, self.target_id, worker)
                .await?;
        }
        Ok(())
    }
}
