//! The API over HTTP, in this process.

mod api;
mod entities;
mod many_units;
mod support;
