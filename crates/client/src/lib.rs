//! A typed, blocking client of the HTTP API.
//!
//! One method an operation, named after its operation id. Ids and queries are
//! typed; an answer decodes into whatever type the caller asks for, so a
//! program takes the entity of `cubit_model` and a tool that only passes
//! answers on takes [`serde_json::Value`] and loses nothing a newer server
//! may have added.
//!
//! Invariants:
//! - only status 200 and 207 are success; everything else is
//!   [`Error::Refused`] with the server's message and request id;
//! - a client knows one server and one token, and sends the token nowhere else
//!   (redirects are not followed);
//! - nothing is read from the environment and nothing is written to it.
//!
//! ```no_run
//! use cubit_client::{Client, ListQuery};
//! let client = Client::new("http://127.0.0.1:7280", Some("token".into()))?;
//! let query = ListQuery { r#where: Some("Labels.tier = 'web'".into()), ..ListQuery::default() };
//! for unit in client.list_all_units::<serde_json::Value>(&query)? {
//!     println!("{}", unit["Unit"]["Slug"]);
//! }
//! # Ok::<(), cubit_client::Error>(())
//! ```

mod error;
mod function;
mod meta;
mod mutation;
mod query;
mod revision;
mod sign_in;
mod space;
mod transport;
mod unit;

pub use error::Error;
pub use query::{
    AllowExists, BulkPatch, CreateUnit, InvokeQuery, ListQuery, ReadQuery, UnitChange,
};
pub use sign_in::{DevicePoll, Session};
pub use transport::{Client, Method};
