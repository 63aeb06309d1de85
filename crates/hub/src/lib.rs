//! The operations of the hub and their rules.
