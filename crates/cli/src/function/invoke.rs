//! `cubit function do`

use std::collections::HashMap;

use clap::Args;
use cubit_client::{InvokeQuery, ListQuery};
use cubit_functions::FunctionArgument;
use serde_json::{Value, json};
use uuid::Uuid;

use super::outcome::{self, Outcome, UnitFacts};
use crate::entity::{ChangeSet, Kind};
use crate::error::{Error, Exit, Result};
use crate::output::formats::Format;
use crate::output::{self, Output};
use crate::record;
use crate::reference::Reference;
use crate::revision_argument;
use crate::selection::{all, one_of};
use crate::session::{Scope, Session, Unit};

#[derive(Debug, Args)]
pub(crate) struct Do {
    /// Name of the function
    function: String,
    /// Its arguments in order; then, after --, more by name as --PARAMETER=VALUE
    #[arg(value_name = "ARGUMENT", allow_negative_numbers = true)]
    arguments: Vec<String>,
    /// Only units that meet this condition
    #[arg(long = "where", value_name = "EXPRESSION")]
    condition: Option<String>,
    /// Only units whose data meets this condition
    #[arg(long, value_name = "EXPRESSION")]
    where_data: Option<String>,
    /// Only units that hold a resource of this type, such as apps/v1/Deployment
    #[arg(long, value_name = "TYPE")]
    resource_type: Option<String>,
    /// Only these units: NAME, SPACE/NAME or id; may be repeated
    #[arg(long = "unit", value_name = "UNIT", value_delimiter = ',')]
    units: Vec<String>,
    /// Only units of this toolchain type
    #[arg(short, long, value_name = "TYPE")]
    toolchain: Option<String>,
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    change_desc: Option<String>,
    /// The open change set the changes belong to
    #[arg(long, value_name = "NAME")]
    changeset: Option<String>,
    /// Show what would change and store nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    output: Output,
    #[arg(long, hide = true)]
    data_only: bool,
    #[arg(long, hide = true)]
    output_only: bool,
}

/// How many units a diff is shown for; -o mutations shows every change.
const SHOWN_DIFFS: usize = 20;

pub(super) fn run(arguments: &Do, session: &Session) -> Result<Exit> {
    let request = json!({
        "FunctionInvocations": [{
            "FunctionName": arguments.function,
            "Arguments": function_arguments(&arguments.arguments)?,
        }],
        "ChangeDescription": arguments.change_desc.as_deref().unwrap_or_default(),
        "ToolchainType": arguments.toolchain.as_deref().unwrap_or_default(),
        "NumFilters": 0,
        "StopOnError": false,
    });
    let (scope, condition) = selected(arguments, session)?;
    let query = InvokeQuery {
        r#where: condition,
        resource_type: arguments.resource_type.clone(),
        where_data: arguments.where_data.clone(),
        change_set_id: match &arguments.changeset {
            Some(name) => Some(session.find_other(ChangeSet::OTHER, name)?),
            None => None,
        },
        dry_run: arguments.dry_run,
        ..InvokeQuery::default()
    };
    let answers: Vec<Value> = match scope {
        Scope::Everywhere => session.client.invoke_functions_on_org(&request, &query)?,
        Scope::In(space) => session
            .client
            .invoke_functions(space.id, &request, &query)?,
    };
    show(arguments, session, answers)
}

fn show(arguments: &Do, session: &Session, answers: Vec<Value>) -> Result<Exit> {
    if answers.is_empty() {
        output::say("no units were selected");
    }
    let exit = outcome::exit(&answers);
    match arguments.output.format() {
        _ if arguments.output.quiet() => {}
        Some(Format::Data) => output::print(&outcome::data(&answers)?)?,
        None if arguments.data_only => output::print(&outcome::data(&answers)?)?,
        None | Some(Format::Wide | Format::Mutations) => {
            let outcomes = outcomes(arguments, session, answers)?;
            if arguments.output.format() == Some(Format::Mutations) {
                output::print(&outcome::mutations(&outcomes)?)?;
            } else {
                let headers = arguments.output.headers();
                let text = outcome::render(&outcomes, headers, arguments.output_only)?;
                output::print(&output::diff::coloured(&text, session.color))?;
                for problem in outcomes.iter().filter_map(Outcome::problem) {
                    output::say(&format!("error: {problem}"));
                }
            }
        }
        Some(format) => output::print(&output::structured(&format, &Value::Array(answers))?)?,
    }
    Ok(exit)
}

/// Positional arguments, then named ones as `--PARAMETER=VALUE`. All values
/// are sent as text: the function's signature says what they become. A text after `template:` or
/// `cel:` is evaluated for each unit.
fn function_arguments(texts: &[String]) -> Result<Vec<Value>> {
    let mut arguments = Vec::with_capacity(texts.len());
    let mut named = false;
    for text in texts {
        match text
            .strip_prefix("--")
            .and_then(|named| named.split_once('='))
        {
            Some((name, value)) if !name.is_empty() => {
                named = true;
                arguments.push(json!(FunctionArgument::from_word(name, value)));
            }
            _ if named => {
                return Err(
                    Error::usage(format!("argument `{text}` comes after named ones"))
                        .hint("put arguments without a name first"),
                );
            }
            _ => arguments.push(json!(FunctionArgument::from_word("", text))),
        }
    }
    Ok(arguments)
}

/// Where to look, and the condition that selects the units.
fn selected(arguments: &Do, session: &Session) -> Result<(Scope, Option<String>)> {
    let condition = arguments.condition.clone();
    if arguments.units.is_empty() {
        return Ok((session.scope()?, condition));
    }
    let references = arguments.units.iter().map(|unit| Reference::parse(unit));
    let references: Vec<_> = references.collect::<Result<_>>()?;
    let slugs: Option<Vec<_>> = references
        .iter()
        .map(|reference| match reference {
            Reference::Slug(slug) => Some(slug),
            _ => None,
        })
        .collect();
    if let Some(slugs) = slugs {
        let chosen = one_of("Slug", slugs);
        return Ok((session.scope()?, all([condition, Some(chosen)])));
    }
    let units = arguments.units.iter().map(|unit| session.find_unit(unit));
    let units: Vec<Unit> = units.collect::<Result<_>>()?;
    let chosen = one_of("UnitID", units.iter().map(|unit| unit.id));
    Ok((Scope::Everywhere, all([condition, Some(chosen)])))
}

/// The answers with what a person wants to know about each: which unit it is,
/// and what the text was before.
fn outcomes(arguments: &Do, session: &Session, answers: Vec<Value>) -> Result<Vec<Outcome>> {
    let mut facts = facts(session, &answers)?;
    let mut outcomes = Vec::with_capacity(answers.len());
    let mut diffs = 0;
    for answer in answers {
        let id = record::id(&answer, "UnitID").unwrap_or_default();
        let unit = facts.remove(&id).unwrap_or_default();
        let mut before = None;
        if outcome::changed(&answer) && arguments.output.format().is_none() && diffs < SHOWN_DIFFS {
            diffs += 1;
            before = Some(text_before(arguments.dry_run, session, &unit, id)?);
        }
        outcomes.push(Outcome {
            unit,
            answer,
            before,
        });
    }
    outcomes.sort_by_key(|outcome| outcome.unit.name());
    Ok(outcomes)
}

fn text_before(dry_run: bool, session: &Session, facts: &UnitFacts, id: Uuid) -> Result<String> {
    let space = facts.space_id.unwrap_or_default();
    if dry_run {
        let data = session.client.download_unit_data(space, id)?;
        return Ok(String::from_utf8_lossy(&data).into_owned());
    }
    if facts.head < 2 {
        return Ok(String::new());
    }
    let slug = facts.slug.clone();
    let unit = Unit { space, id, slug };
    let revision = revision_argument::numbered(session, &unit, facts.head - 1)?;
    revision_argument::text(session, &unit, &revision)
}

/// Looks the units up by id, so many at a time that the condition stays short.
fn facts(session: &Session, answers: &[Value]) -> Result<HashMap<Uuid, UnitFacts>> {
    const AT_ONCE: usize = 80;
    let ids: Vec<_> = answers
        .iter()
        .filter_map(|answer| record::id(answer, "UnitID"))
        .collect();
    let mut facts = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(AT_ONCE) {
        let query = ListQuery {
            r#where: Some(one_of("UnitID", ids)),
            select: Some("Slug,HeadRevisionNum,SpaceID".to_owned()),
            include: Some("SpaceID".to_owned()),
            ..ListQuery::default()
        };
        for unit in session.client.list_all_units::<Value>(&query)? {
            let known = UnitFacts {
                space: record::text(&unit, "Space.Slug").to_owned(),
                space_id: record::id(&unit, "Unit.SpaceID"),
                slug: record::text(&unit, "Unit.Slug").to_owned(),
                head: record::number(&unit, "Unit.HeadRevisionNum"),
            };
            facts.insert(record::id(&unit, "Unit.UnitID").unwrap_or_default(), known);
        }
    }
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_positional_then_named() {
        let texts = |texts: &[&str]| {
            texts
                .iter()
                .map(|&text| text.to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            function_arguments(&texts(&["3", "--kind=Deployment", "--name=cel:'a'"])).unwrap(),
            [
                json!({"Value": "3"}),
                json!({"ParameterName": "kind", "Value": "Deployment"}),
                json!({"ParameterName": "name", "Value": "'a'", "Evaluator": "cel"})
            ]
        );
        assert!(function_arguments(&texts(&["--kind=x", "3"])).is_err());
    }
}
