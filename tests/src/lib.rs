//! A real `cubit serve` process and a bare HTTP client, for tests from outside.
//!
//! The client knows nothing of the types of the API: what goes over the wire is what is tested.
//!
//! The binary is the one named by `CUBIT_BINARY`, else the one that lies beside the test
//! programs, which is built first when it is not there.
#![expect(clippy::unwrap_used, reason = "tests may panic")]

mod acknowledged;
mod api;
mod binary;
mod collector;
mod dice;
mod folder;
mod server;
mod unit;

pub use acknowledged::{Acknowledged, Name, check, check_unit};
pub use api::{Answer, Api, ZERO_ID, query};
pub use binary::binary;
pub use collector::{Collector, Export};
pub use dice::Dice;
pub use folder::Folder;
pub use server::{Ended, Server, Start, Workplace};
pub use unit::{Revision, Unit, base64, decoded, deployment, invocation, unit_body};
