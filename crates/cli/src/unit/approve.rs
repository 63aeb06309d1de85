//! `cubit unit approve`, and why a unit is gated.

use clap::Args;
use cubit_client::Method;
use serde::Serialize;
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
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[arg(
        long,
        value_name = "HASH",
        help = "Approve only what has this ContentHash: what you looked at"
    )]
    expected_content_hash: Option<i64>,
    /// Withdraw your approval
    #[arg(long)]
    withdraw: bool,
}

#[derive(Serialize)]
struct Query<'a> {
    revision: &'a str,
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_content_hash: Option<i64>,
}

pub(super) fn run(arguments: &Approve, session: &Session) -> Result<()> {
    let unit = session.find_unit(&arguments.unit)?;
    let path = format!("/space/{}/unit/{}/approve", unit.space, unit.id);
    let query = Query {
        revision: arguments.revision.as_deref().unwrap_or_default(),
        reason: arguments.reason.as_deref().unwrap_or_default(),
        expected_content_hash: arguments.expected_content_hash,
    };
    let said: String = match arguments.withdraw {
        false => session
            .client
            .send(Method::Post, &path, &query, &Value::Null)?,
        true => session.client.delete(&path, &query)?,
    };
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
