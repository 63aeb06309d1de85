//! The API over HTTP, in this process.

mod api;
mod entities;
mod support;
