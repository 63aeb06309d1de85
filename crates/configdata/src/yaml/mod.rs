//! YAML: text to trees, and edits to splices.

pub(crate) mod edit;
pub(crate) mod layout;
pub(crate) mod read;
pub(crate) mod respell;
pub(crate) mod scalar;
pub(crate) mod write;
