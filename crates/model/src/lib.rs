//! Entities, identifiers, enums and attribute tables of the API.
