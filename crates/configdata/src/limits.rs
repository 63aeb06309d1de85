//! Limits on what is read, in one place.

/// Longest text, in bytes (API contract, section 12: `Unit.Data`).
pub const MAX_BYTES: usize = 67_108_864;

/// Deepest nesting of collections.
pub const MAX_DEPTH: usize = 128;

/// Most values a document may hold when its aliases are written out. A document without aliases
/// has no such limit.
pub const MAX_EXPANDED_NODES: u64 = 1_000_000;

/// Most values in one text, so that the tree of the densest text stays within a few times the size
/// of the largest.
pub const MAX_NODES: usize = 10_000_000;
