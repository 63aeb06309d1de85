//! What a query may name, and the rows it is evaluated on.

use crate::{Kind, Value};

/// The attributes a `where` expression may name: those of an entity, and those of entities it
/// refers to under a prefix (`Space.Slug`).
#[derive(Debug, Clone)]
pub struct Table {
    pub(crate) entity: &'static str,
    pub(crate) attributes: Vec<(&'static str, Kind)>,
    pub(crate) related: Vec<(&'static str, Vec<(&'static str, Kind)>)>,
}

impl Table {
    /// A table of an entity's own attributes.
    pub fn new(
        entity: &'static str,
        attributes: impl IntoIterator<Item = (&'static str, Kind)>,
    ) -> Self {
        Self {
            entity,
            attributes: attributes.into_iter().collect(),
            related: Vec::new(),
        }
    }

    /// The same table with the attributes of a related entity under a prefix.
    #[must_use]
    pub fn with_related(
        mut self,
        prefix: &'static str,
        attributes: impl IntoIterator<Item = (&'static str, Kind)>,
    ) -> Self {
        self.related
            .push((prefix, attributes.into_iter().collect()));
        self
    }
}

/// A row of a table: answers the value of any attribute.
pub trait Row {
    /// The value of an attribute, of the row itself or of a related entity. An attribute or
    /// entity that is not there has no value.
    fn value(&self, entity: Option<&str>, attribute: &str) -> Value<'_>;
}
