//! `cubit unit approve`, and why a unit is gated.

use clap::Args;
use cubit_client::Method;
use serde_json::Value;

use crate::error::Result;
use crate::output;
use crate::record;
use crate::session::{Session, Unit};

#[derive(Debug, Args)]
pub(crate) struct Approve {
    /// Name, SPACE/NAME or id of the unit
    unit: String,
    #[arg(
        long,
        value_name = "REVISION",
        help = "Revision, as the API names it: 3, LiveRevisionNum, Tag:ID; the head when absent"
    )]
    revision: Option<String>,
}

pub(super) fn run(arguments: &Approve, session: &Session) -> Result<()> {
    let unit = session.find_unit(&arguments.unit)?;
    let path = format!("/space/{}/unit/{}/approve", unit.space, unit.id);
    let revision = arguments.revision.as_deref().unwrap_or_default();
    let query = [("revision", revision)];
    let said: String = session
        .client
        .send(Method::Post, &path, &query, &Value::Null)?;
    output::say(&said);
    Ok(())
}

/// Says what keeps a unit from being applied, and why.
pub(super) fn tell_gates(session: &Session, unit: &Unit) -> Result<()> {
    let path = format!("/space/{}/unit/{}/extended", unit.space, unit.id);
    let extended: Value = session.client.get(&path, &())?;
    for said in extended["Validations"].as_array().into_iter().flatten() {
        if said["Passed"] == true {
            continue;
        }
        let details = said["Details"].as_array().into_iter().flatten();
        let details: Vec<&str> = details.filter_map(Value::as_str).collect();
        let why = details.join("; ");
        output::say(&format!("gate {}: {why}", record::text(said, "Gate")));
    }
    Ok(())
}
