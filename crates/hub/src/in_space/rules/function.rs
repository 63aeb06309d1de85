//! Invocations and triggers: calls of functions that are kept.

use cubit_configdata::Toolchain;
use cubit_functions::{FunctionSignature, registry};
use cubit_model::{BridgeWorkerId, FunctionArgument, Invocation, OrganizationId, Trigger};
use cubit_query::{Literal, Where};
use cubit_store::Read;
use sha2::{Digest, Sha256};

use super::Rules;
use crate::HubError;
use crate::in_space::referred;

/// The events a trigger can be for.
const EVENTS: [&str; 2] = ["Mutation", "PostClone"];

impl Rules for Invocation {
    async fn complete(
        &mut self,
        _: &mut Read,
        _: OrganizationId,
        _: Option<&Self>,
    ) -> Result<(), HubError> {
        let toolchain = toolchain(self.toolchain_type)?;
        check_worker(self.bridge_worker_id)?;
        signature(toolchain, &self.function_name, &self.arguments)?;
        self.hash = hash(&[
            toolchain.name(),
            &self.function_name,
            &serde_json::to_string(&self.arguments).unwrap_or_default(),
        ]);
        Ok(())
    }

    async fn needed_by(
        &self,
        read: &mut Read,
        organization: OrganizationId,
    ) -> Result<Option<String>, HubError> {
        let query = Where::default().and("InvocationID", Literal::Uuid(self.invocation_id.0));
        let trigger: Option<Trigger> = read.find(organization, &query).await?;
        Ok(trigger.map(|trigger| format!("the Trigger {} uses it", trigger.slug)))
    }
}

impl Rules for Trigger {
    async fn complete(
        &mut self,
        read: &mut Read,
        organization: OrganizationId,
        _: Option<&Self>,
    ) -> Result<(), HubError> {
        if !EVENTS.contains(&self.event.as_str()) {
            return Err(HubError::Invalid(format!(
                "Event: expected one of {}, got {:?}",
                EVENTS.join(", "),
                self.event
            )));
        }
        let toolchain = toolchain(self.toolchain_type)?;
        check_worker(self.bridge_worker_id)?;
        let signature = match self.invocation_id {
            None => signature(toolchain, &self.function_name, &self.arguments)?,
            Some(_) if !self.function_name.is_empty() || !self.arguments.is_empty() => {
                return Err(HubError::Invalid(
                    "InvocationID: not together with FunctionName and Arguments".to_owned(),
                ));
            }
            Some(id) => {
                let saved: Invocation = referred(read, organization, id).await?;
                if saved.toolchain_type != self.toolchain_type {
                    return Err(HubError::Invalid(format!(
                        "InvocationID: {} is for {}, the trigger for {toolchain}",
                        saved.slug,
                        self::toolchain(saved.toolchain_type)?
                    )));
                }
                signature(toolchain, &saved.function_name, &saved.arguments)?
            }
        };
        self.validating = signature.validating;
        Ok(())
    }
}

fn toolchain(toolchain: Option<Toolchain>) -> Result<Toolchain, HubError> {
    toolchain.ok_or_else(|| HubError::Invalid("ToolchainType: is required".to_owned()))
}

/// There are no workers yet, so every id is one that does not exist.
fn check_worker(id: Option<BridgeWorkerId>) -> Result<(), HubError> {
    match id {
        Some(id) => Err(HubError::Invalid(format!(
            "BridgeWorkerID: there is no BridgeWorker {id}"
        ))),
        None => Ok(()),
    }
}

/// The signature of a function, when it can be called like this.
fn signature(
    toolchain: Toolchain,
    name: &str,
    arguments: &[FunctionArgument],
) -> Result<&'static FunctionSignature, HubError> {
    if name.is_empty() {
        return Err(HubError::Invalid("FunctionName: is required".to_owned()));
    }
    let Some(function) = registry().find(toolchain, name) else {
        let hint = match registry().nearest(name) {
            Some(near) if near != name => format!("; did you mean {near}?"),
            _ => String::new(),
        };
        return Err(HubError::Invalid(format!(
            "FunctionName: there is no function {name:?} for {toolchain}{hint}"
        )));
    };
    let signature = &function.signature;
    let most = signature.parameters.len();
    if arguments.len() < signature.required_parameters
        || arguments.len() > most && !signature.var_args
    {
        return Err(HubError::Invalid(format!(
            "Arguments: {name} takes {} to {most} arguments, got {}",
            signature.required_parameters,
            arguments.len()
        )));
    }
    Ok(signature)
}

/// SHA-256 of parts, hex.
pub(super) fn hash(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_le_bytes());
        digest.update(part);
    }
    let bytes = digest.finalize();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
