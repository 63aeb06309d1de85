//! What is particular to the entities of spaces: what their attributes must be, what the server
//! sets, what is in the way of a deletion.

mod change_set;
mod filter;
mod function;
mod link;
mod tag;
mod view;
mod worker;

use std::future::Future;

use crate::access::{Read, Write};
use cubit_model::{InSpace, OrganizationId, Time};

use crate::HubError;

pub(crate) use link::outgoing;

/// What is particular to an entity.
pub trait Rules: InSpace + PartialEq {
    /// Checks what clients wrote, and sets what only the server sets. `before` is the entity as it
    /// is stored, if it is.
    fn complete(
        &mut self,
        _read: &mut Read,
        _organization: OrganizationId,
        _before: Option<&Self>,
    ) -> impl Future<Output = Result<(), HubError>> + Send {
        async { Ok(()) }
    }

    /// Refuses a change, or with nothing after it a deletion, that takes more than to edit.
    fn guard(
        &self,
        _read: &mut Read,
        _organization: OrganizationId,
        _after: Option<&Self>,
    ) -> impl Future<Output = Result<(), HubError>> + Send {
        async { Ok(()) }
    }

    /// What needs the entity, so that it cannot be deleted.
    fn needed_by(
        &self,
        _read: &mut Read,
        _organization: OrganizationId,
    ) -> impl Future<Output = Result<Option<String>, HubError>> + Send {
        async { Ok(None) }
    }

    /// What comes with a new entity.
    fn on_create(
        &mut self,
        _write: &mut Write,
        _now: Time,
    ) -> impl Future<Output = Result<(), HubError>> + Send {
        async { Ok(()) }
    }

    /// What follows when the entity is stored. `before` is the entity as it was, if it was.
    fn on_stored(
        &self,
        _write: &mut Write,
        _before: Option<&Self>,
    ) -> impl Future<Output = Result<(), HubError>> + Send {
        async { Ok(()) }
    }

    /// What goes with an entity.
    fn on_delete(
        &self,
        _write: &mut Write,
        _organization: OrganizationId,
    ) -> impl Future<Output = Result<(), HubError>> + Send {
        async { Ok(()) }
    }
}
