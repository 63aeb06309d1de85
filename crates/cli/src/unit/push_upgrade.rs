//! `cubit unit push-upgrade`

use clap::Args;
use cubit_client::{BulkPatch, UnitChange};
use serde_json::{Value, json};

use super::update::tell_merge;
use crate::error::{Error, Exit, Result};
use crate::output;
use crate::record;
use crate::session::Session;

#[derive(Debug, Args)]
pub(crate) struct PushUpgrade {
    /// Name, SPACE/NAME or id of the upstream unit
    unit: String,
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    change_desc: Option<String>,
    /// Refuse when more units would be changed
    #[arg(long, value_name = "COUNT")]
    max_affected: Option<u32>,
    /// Show what would change and store nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(arguments: &PushUpgrade, session: &Session) -> Result<Exit> {
    let unit = session.find_unit(&arguments.unit)?;
    let query = BulkPatch {
        r#where: Some(format!(
            "UpstreamUnitID = '{}' AND UpstreamRevisionNum < UpstreamUnit.HeadRevisionNum",
            unit.id
        )),
        max_affected: arguments.max_affected,
        change: UnitChange {
            upgrade: true,
            dry_run: arguments.dry_run,
            ..UnitChange::default()
        },
    };
    let description = arguments.change_desc.clone();
    let description = description.unwrap_or_else(|| format!("Upgrade from {}", unit.slug));
    let patch = json!({"LastChangeDescription": description});
    let answers: Vec<Value> = session.client.patch_units(&query, &patch)?;
    let mut failed = 0;
    for answer in &answers {
        let error = record::text(answer, "Error.Message");
        if !error.is_empty() {
            failed += 1;
            output::say(&format!("error: {error}"));
            continue;
        }
        let clone = &answer["Unit"];
        let slug = record::text(clone, "Slug");
        let revision = record::number(clone, "HeadRevisionNum");
        let verb = if arguments.dry_run {
            "would upgrade"
        } else {
            "upgraded"
        };
        output::say(&format!("{verb} unit {slug} (revision {revision})"));
        tell_merge(clone, arguments.dry_run)?;
    }
    match (answers.len(), failed) {
        (0, _) => output::say("no clone needs an upgrade"),
        (_, 0) => {}
        (all, failed) if all == failed => {
            return Err(Error::failed(format!("none of {all} units was upgraded")));
        }
        _ => return Ok(Exit::PartlyFailed),
    }
    Ok(Exit::Success)
}
