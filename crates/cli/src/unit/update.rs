//! `cubit unit update`

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use clap::Args;
use cubit_client::UnitChange;
use cubit_configdata::merge::ReportLine;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::entity::{ChangeSet, Kind, Tag};
use crate::error::{Error, Result};
use crate::input::{self, Entity, Removal};
use crate::merge_report;
use crate::output::{self, Output, diff};
use crate::record;
use crate::revision_argument::RevisionArgument;
use crate::session::{Session, Unit};

#[derive(Debug, Args)]
pub(crate) struct Update {
    /// Name, SPACE/NAME or id of the unit
    unit: String,
    /// File with the new configuration (- for standard input)
    #[arg(conflicts_with_all = ["restore", "upgrade"])]
    file: Option<String>,
    /// Send only the changes (a merge patch) instead of the whole unit
    #[arg(long)]
    patch: bool,
    #[arg(
        long,
        value_name = "REVISION",
        allow_hyphen_values = true,
        conflicts_with = "upgrade",
        help = "Bring back a revision: a number, -N before the head, LiveRevisionNum, Tag:NAME, \
                ChangeSet:NAME, Before:..., or an id"
    )]
    restore: Option<String>,
    /// Merge what changed upstream since the last upgrade
    #[arg(long)]
    upgrade: bool,
    #[arg(
        long,
        value_name = "CHANGE",
        allow_hyphen_values = true,
        conflicts_with_all = ["upgrade", "restore", "file", "merge_source", "where_mutation"],
        help = "Take a change out again and keep what came after it: Mutation:ID, or a revision as \
                for --restore; with ChangeSet:NAME all that it changed"
    )]
    undo: Option<String>,
    #[command(flatten)]
    merge: Merge,
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    change_desc: Option<String>,
    /// Gate that forbids destroying (GATE=- removes)
    #[arg(long = "destroy-gate", value_name = "GATE")]
    destroy_gates: Vec<String>,
    /// Change set to attach the unit to (- detaches; needs --patch)
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    changeset: Option<String>,
    /// Tag for the new head revision
    #[arg(long, value_name = "NAME")]
    tag: Option<String>,
    #[command(flatten)]
    entity: Entity,
    /// Show what would change and store nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(arguments: &Update, session: &Session) -> Result<()> {
    let unit = session.find_unit(&arguments.unit)?;
    let mut change = match &arguments.restore {
        Some(text) => RevisionArgument::parse(text)?.restore(session, &unit)?,
        None => UnitChange::default(),
    };
    change.undo = match arguments.undo.as_deref() {
        Some(mutation) if mutation.starts_with("Mutation:") => Some(mutation.to_owned()),
        Some(text) => Some(RevisionArgument::parse(text)?.reference(session, &unit)?),
        None => None,
    };
    change.upgrade = arguments.upgrade;
    arguments.merge.fill(&mut change, session)?;
    change.dry_run = arguments.dry_run;
    if let Some(tag) = &arguments.tag {
        change.tag = Some(session.find_other(Tag::OTHER, tag)?);
    }
    let fields = fields(arguments, session, &mut change)?;
    let restores = change.restore.is_some() || change.revision_id.is_some();
    let merges = change.upgrade || change.merge_source.is_some() || change.undo.is_some();
    if fields.is_empty() && !restores && !merges && change.tag.is_none() {
        return Err(Error::usage("nothing to change")
            .hint("name a FILE, --restore, --upgrade, --label or another change"));
    }

    let before = match arguments.dry_run {
        true => session.client.download_unit_data(unit.space, unit.id)?,
        false => Vec::new(),
    };
    let updated = send(arguments, session, &unit, fields, &change)?;
    tell_merge(&updated, arguments.dry_run)?;
    if arguments.dry_run && arguments.output.format().is_none() {
        return preview(session, &unit, &before, &updated);
    }
    let revision = record::number(&updated, "HeadRevisionNum");
    let done = format!("updated unit {} (revision {revision})", unit.slug);
    arguments.output.done(&done, &unit.slug, &updated)
}

/// A merge of the changes of a unit.
#[derive(Debug, Args)]
struct Merge {
    /// Merge changes of this unit (Self for the unit itself)
    #[arg(
        long,
        value_name = "UNIT",
        requires_all = ["merge_base", "merge_end"],
        conflicts_with_all = ["upgrade", "restore", "file"]
    )]
    merge_source: Option<String>,
    /// Its revision before the changes, as the API names it: 3, Tag:ID, Before:ChangeSet:ID
    #[arg(long, value_name = "REVISION", requires = "merge_source")]
    merge_base: Option<String>,
    /// Its revision after the changes
    #[arg(long, value_name = "REVISION", requires = "merge_source")]
    merge_end: Option<String>,
    #[arg(
        long,
        value_name = "EXPRESSION",
        help = "Which mutations an upgrade or merge may overwrite, such as \"FunctionName = 'set-image'\""
    )]
    where_mutation: Option<String>,
}

impl Merge {
    fn fill(&self, change: &mut UnitChange, session: &Session) -> Result<()> {
        change.merge_source = match self.merge_source.as_deref() {
            Some("Self") => Some("Self".to_owned()),
            Some(name) => Some(session.find_unit(name)?.id.to_string()),
            None => None,
        };
        change.merge_base.clone_from(&self.merge_base);
        change.merge_end.clone_from(&self.merge_end);
        change.where_mutation.clone_from(&self.where_mutation);
        Ok(())
    }
}

/// Says what an upgrade or merge did not bring in; beforehand, all that it would do.
pub(crate) fn tell_merge(unit: &Value, whole: bool) -> Result<()> {
    let report = Option::<Vec<ReportLine>>::deserialize(&unit["MergeReport"]);
    let report =
        report.map_err(|error| Error::failed(format!("unreadable merge report: {error}")))?;
    for line in report.unwrap_or_default() {
        if whole || line.is_held_back() {
            output::say(&merge_report::told(&line));
        }
    }
    Ok(())
}

/// What the flags set on the unit itself.
fn fields(
    arguments: &Update,
    session: &Session,
    change: &mut UnitChange,
) -> Result<Map<String, Value>> {
    let mut fields = arguments.entity.fields(Removal::Allowed)?;
    let gates = input::gates(&arguments.destroy_gates, Removal::Allowed)?;
    input::merge(&mut fields, "DestroyGates", gates);
    if let Some(file) = &arguments.file {
        let data = BASE64_STANDARD.encode(input::read(file)?);
        fields.insert("Data".into(), data.into());
    }
    match arguments.changeset.as_deref() {
        None => {}
        Some("-") => {
            fields.insert("ChangeSetID".into(), Value::Null);
        }
        Some(name) => {
            let id = session.find_other(ChangeSet::OTHER, name)?;
            change.change_set_id = Some(id);
            fields.insert("ChangeSetID".into(), id.to_string().into());
        }
    }
    if let Some(description) = description(arguments) {
        fields.insert("LastChangeDescription".into(), description.into());
    }
    Ok(fields)
}

/// Why the data changes. Without an answer the new revision would carry the
/// reason of the one before.
fn description(arguments: &Update) -> Option<String> {
    let given = arguments.change_desc.clone();
    given
        .or_else(|| {
            arguments
                .restore
                .as_ref()
                .map(|revision| format!("Restore {revision}"))
        })
        .or_else(|| {
            arguments
                .file
                .as_ref()
                .map(|file| format!("Update from {file}"))
        })
        .or_else(|| arguments.upgrade.then(|| "Upgrade".to_owned()))
        .or_else(|| {
            arguments
                .undo
                .as_ref()
                .map(|change| format!("Undo {change}"))
        })
        .or_else(|| {
            let source = arguments.merge.merge_source.as_ref();
            source.map(|source| format!("Merge from {source}"))
        })
}

/// New data replaces the whole unit with the version that was read, so that
/// somebody else's change in between is refused; everything else is a patch.
fn send(
    arguments: &Update,
    session: &Session,
    unit: &Unit,
    fields: Map<String, Value>,
    change: &UnitChange,
) -> Result<Value> {
    let body = match Value::from(fields) {
        Value::Object(fields) if fields.is_empty() => Value::Null,
        fields => fields,
    };
    if arguments.file.is_some() && !arguments.patch {
        let mut whole = session.read_unit(unit)?["Unit"].take();
        input::patch(&mut whole, &body);
        return Ok(session
            .client
            .update_unit(unit.space, unit.id, &whole, change)?);
    }
    Ok(session
        .client
        .patch_unit(unit.space, unit.id, &body, change)?)
}

fn preview(session: &Session, unit: &Unit, before: &[u8], updated: &Value) -> Result<()> {
    let after = BASE64_STANDARD
        .decode(record::text(updated, "Data"))
        .map_err(|error| Error::failed(format!("the server sent unreadable data: {error}")))?;
    let name = format!("{} (dry run)", unit.slug);
    let difference = diff::unified(
        (&unit.slug, &String::from_utf8_lossy(before)),
        (&name, &String::from_utf8_lossy(&after)),
        3,
    );
    output::say(match difference.as_str() {
        "" => "dry run: the data would stay as it is",
        _ => "dry run: nothing was stored",
    });
    output::print(&diff::coloured(&difference, session.color))
}
