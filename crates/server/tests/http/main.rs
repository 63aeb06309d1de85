//! The API over HTTP, in this process.

mod access;
mod actions;
mod api;
mod approvals;
mod change_sets;
mod entities;
mod extensions;
mod limits;
mod links;
mod many_units;
mod metrics;
mod organizations;
mod sessions;
mod statements;
mod support;
mod triggers;
mod variants;
