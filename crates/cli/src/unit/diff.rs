//! `cubit unit diff`

use clap::Args;

use crate::error::{Exit, Result};
use crate::output::{self, diff};
use crate::record;
use crate::revision_argument::{self, RevisionArgument};
use crate::session::Session;

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// Name, SPACE/NAME or id of the unit
    unit: String,
    /// Older revision; the live one, or else the one before the head, when not given
    #[arg(value_name = "FROM", allow_negative_numbers = true)]
    from: Option<String>,
    /// Newer revision; the head when not given
    #[arg(value_name = "TO", allow_negative_numbers = true)]
    to: Option<String>,
    /// Exit with 2 when there are differences
    #[arg(long)]
    exit_code: bool,
    /// Lines of context
    #[arg(short = 'U', long, value_name = "LINES", default_value_t = 3)]
    unified: usize,
}

pub(super) fn run(arguments: &Diff, session: &Session) -> Result<Exit> {
    let unit = session.find_unit(&arguments.unit)?;
    let from = match &arguments.from {
        Some(text) => RevisionArgument::parse(text)?,
        None => {
            let current = session.read_unit(&unit)?;
            let [head, live] = ["Unit.HeadRevisionNum", "Unit.LiveRevisionNum"]
                .map(|path| record::number(&current, path));
            RevisionArgument::Number(if live > 0 { live } else { (head - 1).max(1) })
        }
    };
    let to = match &arguments.to {
        Some(text) => RevisionArgument::parse(text)?,
        None => RevisionArgument::Named {
            before: false,
            name: "HeadRevisionNum",
        },
    };
    let side = |revision: RevisionArgument| -> Result<(String, String)> {
        let revision = revision.read(session, &unit)?;
        let number = record::number(&revision, "Revision.RevisionNum");
        let text = revision_argument::text(session, &unit, &revision)?;
        Ok((format!("{}/{number}", unit.slug), text))
    };
    let (old_name, old) = side(from)?;
    let (new_name, new) = side(to)?;
    let difference = diff::unified((&old_name, &old), (&new_name, &new), arguments.unified);
    output::print(&diff::coloured(&difference, session.color))?;
    Ok(match arguments.exit_code && !difference.is_empty() {
        true => Exit::UsageOrDifferences,
        false => Exit::Success,
    })
}
