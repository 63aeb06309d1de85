//! Invocations and triggers: calls of functions that are kept.

use crate::access::{Read, Write};
use cubit_configdata::Toolchain;
use cubit_functions::{FunctionSignature, registry};
use cubit_model::{
    BridgeWorker, BridgeWorkerId, FunctionArgument, Invocation, OrganizationId, Permission, Trigger,
};
use cubit_query::{Literal, Where};
use sha2::{Digest, Sha256};

use super::Rules;
use crate::HubError;
use crate::evaluation;
use crate::in_space::referred;

/// The events a trigger can be for.
const EVENTS: [&str; 2] = ["Mutation", "PostClone"];

impl Rules for Invocation {
    async fn complete(
        &mut self,
        read: &mut Read,
        organization: OrganizationId,
        _: Option<&Self>,
    ) -> Result<(), HubError> {
        let toolchain = toolchain(self.toolchain_type)?;
        let call = Call {
            toolchain,
            worker: self.bridge_worker_id,
            name: &self.function_name,
            arguments: &self.arguments,
        };
        call.signature(read, organization).await?;
        self.hash = hash(&[
            toolchain.name(),
            &self
                .bridge_worker_id
                .map(|id| id.to_string())
                .unwrap_or_default(),
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
        let trigger: Option<Trigger> = read.unguarded().find(organization, &query).await?;
        Ok(trigger.map(|trigger| format!("the Trigger {} uses it", trigger.slug)))
    }

    /// What an enforced trigger calls is enforced with it.
    async fn guard(
        &self,
        read: &mut Read,
        organization: OrganizationId,
        after: Option<&Self>,
    ) -> Result<(), HubError> {
        if after.is_some_and(|after| after.hash == self.hash) {
            return Ok(());
        }
        let query = Where::default().and("InvocationID", Literal::Uuid(self.invocation_id.0));
        let triggers: Vec<Trigger> = read.unguarded().list(organization, &query).await?;
        let mut enforced = triggers.iter().filter(|trigger| trigger.enforced);
        enforced.try_for_each(|trigger| read.check(Permission::Administer, trigger))
    }

    async fn on_stored(&self, write: &mut Write, before: Option<&Self>) -> Result<(), HubError> {
        match before {
            Some(_) => evaluation::request_for_invocation(write, self).await,
            None => Ok(()),
        }
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
        let saved = match self.invocation_id {
            Some(_) if !self.function_name.is_empty() || !self.arguments.is_empty() => {
                return Err(HubError::Invalid(
                    "InvocationID: not together with FunctionName and Arguments".to_owned(),
                ));
            }
            Some(id) => Some(referred::<Invocation>(read, organization, id).await?),
            None => None,
        };
        if let Some(saved) = &saved
            && saved.toolchain_type != self.toolchain_type
        {
            return Err(HubError::Invalid(format!(
                "InvocationID: {} is for {}, the trigger for {toolchain}",
                saved.slug,
                self::toolchain(saved.toolchain_type)?
            )));
        }
        let call = match &saved {
            Some(saved) => Call {
                toolchain,
                worker: saved.bridge_worker_id.or(self.bridge_worker_id),
                name: &saved.function_name,
                arguments: &saved.arguments,
            },
            None => Call {
                toolchain,
                worker: self.bridge_worker_id,
                name: &self.function_name,
                arguments: &self.arguments,
            },
        };
        let signature = call.signature(read, organization).await?;
        self.validating = signature.is_some_and(|signature| signature.validating);
        Ok(())
    }

    /// What is enforced is switched off, or made to do something else, by administrators only:
    /// spec/semantics.md, Q10.
    async fn guard(
        &self,
        read: &mut Read,
        _: OrganizationId,
        after: Option<&Self>,
    ) -> Result<(), HubError> {
        let does = |trigger: &Self| {
            (
                (trigger.enforced, trigger.disabled, trigger.event.clone()),
                (trigger.toolchain_type, trigger.function_name.clone()),
                (trigger.arguments.clone(), trigger.invocation_id),
                trigger.bridge_worker_id,
            )
        };
        if !self.enforced || after.is_some_and(|after| does(after) == does(self)) {
            return Ok(());
        }
        read.check(Permission::Administer, self)
    }

    /// Units are evaluated anew by the triggers as they are now.
    async fn on_stored(&self, write: &mut Write, before: Option<&Self>) -> Result<(), HubError> {
        let moved = before.filter(|before| before.toolchain_type != self.toolchain_type);
        for trigger in [self].into_iter().chain(moved) {
            evaluation::request_for_trigger(write, trigger).await?;
        }
        Ok(())
    }

    async fn on_delete(&self, write: &mut Write, _: OrganizationId) -> Result<(), HubError> {
        evaluation::request_for_trigger(write, self).await
    }
}

fn toolchain(toolchain: Option<Toolchain>) -> Result<Toolchain, HubError> {
    toolchain.ok_or_else(|| HubError::Invalid("ToolchainType: is required".to_owned()))
}

/// A call of a function: who runs it, and with what.
struct Call<'a> {
    toolchain: Toolchain,
    worker: Option<BridgeWorkerId>,
    name: &'a str,
    arguments: &'a [FunctionArgument],
}

impl Call<'_> {
    /// The signature of the function, when it can be called like this. Of a function that runs in a
    /// worker, as the worker announced it; none, when it has not announced any yet.
    async fn signature(
        &self,
        read: &mut Read,
        organization: OrganizationId,
    ) -> Result<Option<FunctionSignature>, HubError> {
        let Self {
            toolchain,
            name,
            arguments,
            ..
        } = *self;
        if name.is_empty() {
            return Err(HubError::Invalid("FunctionName: is required".to_owned()));
        }
        let Some(id) = self.worker else {
            return signature(toolchain, name, arguments).cloned().map(Some);
        };
        let worker: BridgeWorker = referred(read, organization, id).await?;
        read.check(Permission::Use, &worker)?;
        let info = worker.provided_info.function_worker_info;
        let Some(functions) = info.and_then(|info| info.supported_functions) else {
            return Ok(None);
        };
        let function = functions
            .get(toolchain.name())
            .and_then(|list| list.get(name));
        let function = function.ok_or_else(|| {
            HubError::Invalid(format!(
                "FunctionName: BridgeWorker {} has no function {name:?} for {toolchain}",
                worker.slug
            ))
        })?;
        check_count(function, name, arguments)?;
        Ok(Some(function.clone()))
    }
}

/// The signature of a built-in function, when it can be called like this.
fn signature(
    toolchain: Toolchain,
    name: &str,
    arguments: &[FunctionArgument],
) -> Result<&'static FunctionSignature, HubError> {
    let Some(function) = registry().find(toolchain, name) else {
        let hint = match registry().nearest(name) {
            Some(near) if near != name => format!("; did you mean {near}?"),
            _ => String::new(),
        };
        return Err(HubError::Invalid(format!(
            "FunctionName: there is no function {name:?} for {toolchain}{hint}"
        )));
    };
    check_count(&function.signature, name, arguments)?;
    Ok(&function.signature)
}

fn check_count(
    signature: &FunctionSignature,
    name: &str,
    arguments: &[FunctionArgument],
) -> Result<(), HubError> {
    let most = signature.parameters.len();
    let few = arguments.len() < signature.required_parameters;
    if !few && (arguments.len() <= most || signature.var_args) {
        return Ok(());
    }
    Err(HubError::Invalid(format!(
        "Arguments: {name} takes {} to {most} arguments, got {}",
        signature.required_parameters,
        arguments.len()
    )))
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
