//! The API over HTTP, in this process.

mod access;
mod actions;
mod api;
mod entities;
mod many_units;
mod organizations;
mod support;
