//! Answers that hold only the selected attributes.

use cubit_model::{Entity, Extended};
use serde::ser::Error as _;
use serde::{Serialize, Serializer};

/// A wrapper of an entity, of which only some attributes are answered.
#[derive(Debug, Clone)]
pub struct Selected<X> {
    /// The wrapper.
    pub extended: X,
    /// The attributes of its entity that are answered; all, if none.
    pub(crate) attributes: Option<Vec<&'static str>>,
}

impl<X: Extended> Serialize for Selected<X> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(attributes) = &self.attributes else {
            return self.extended.serialize(serializer);
        };
        let mut value = serde_json::to_value(&self.extended).map_err(S::Error::custom)?;
        let entity = match X::IS_BARE {
            true => Some(&mut value),
            false => value.get_mut(X::Entity::NAME),
        };
        if let Some(entity) = entity.and_then(serde_json::Value::as_object_mut) {
            entity.retain(|name, _| attributes.contains(&name.as_str()));
        }
        value.serialize(serializer)
    }
}
