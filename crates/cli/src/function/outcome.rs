//! What a function did to each unit, as people read it.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::error::{Error, Exit, Result};
use crate::output::diff;
use crate::output::formats;
use crate::output::table::{Column, Listing};
use crate::record;

/// One unit's answer and what it is about.
pub(super) struct Outcome {
    pub(super) unit: UnitFacts,
    pub(super) answer: Value,
    /// The text before the function ran, when the difference is to be shown.
    pub(super) before: Option<String>,
}

/// What is needed to name a unit and find its text.
#[derive(Default)]
pub(super) struct UnitFacts {
    pub(super) space: String,
    pub(super) space_id: Option<Uuid>,
    pub(super) slug: String,
    pub(super) head: i64,
}

impl UnitFacts {
    pub(super) fn name(&self) -> String {
        format!("{}/{}", self.space, self.slug)
    }
}

impl Outcome {
    /// What went wrong, if something did.
    pub(super) fn problem(&self) -> Option<String> {
        if succeeded(&self.answer) {
            return None;
        }
        let message = record::text(&self.answer, "Error.Message");
        let details = record::plain(record::at(&self.answer, "Error.Details"));
        let name = self.unit.name();
        Some(match (message, details.as_str()) {
            ("", "") => format!("{name}: the function failed"),
            (message, "") => format!("{name}: {message}"),
            (message, details) if message.contains(details) => format!("{name}: {message}"),
            (message, details) => format!("{name}: {message}: {details}"),
        })
    }
}

fn succeeded(answer: &Value) -> bool {
    answer["Success"] == Value::Bool(true)
}

/// Whether a function changed the data.
pub(super) fn changed(answer: &Value) -> bool {
    answer["Mutators"]
        .as_array()
        .is_some_and(|mutators| !mutators.is_empty())
}

pub(super) fn exit(answers: &[Value]) -> Exit {
    let failed = answers.iter().filter(|answer| !succeeded(answer)).count();
    match failed {
        0 => Exit::Success,
        _ if failed == answers.len() => Exit::Failed,
        _ => Exit::PartlyFailed,
    }
}

/// The resulting texts, one document after another.
pub(super) fn data(answers: &[Value]) -> Result<String> {
    let mut all = String::new();
    for answer in answers {
        let text = decoded(record::text(answer, "ConfigData"))?;
        let text = String::from_utf8_lossy(&text);
        if !all.is_empty() {
            all.push_str(if all.ends_with('\n') {
                "---\n"
            } else {
                "\n---\n"
            });
            all.push_str(text.strip_prefix("---\n").unwrap_or(&text));
        } else {
            all.push_str(&text);
        }
    }
    Ok(all)
}

/// The mutations of each unit, as JSON.
pub(super) fn mutations(outcomes: &[Outcome]) -> Result<String> {
    let all = outcomes
        .iter()
        .map(|outcome| {
            json!({
                "Unit": outcome.unit.name(),
                "UnitID": outcome.answer["UnitID"],
                "Mutations": outcome.answer["Mutations"],
            })
        })
        .collect();
    formats::json(&Value::Array(all))
}

const SUMMARY: Listing = Listing {
    entity: "",
    name: "Unit",
    include: "",
    columns: &[
        Column::new("Unit", &["Unit"]),
        Column::new("Success", &["Success"]),
        Column::new("Changed", &["Changed"]),
    ],
};

/// How the answers of each output type are listed. Every record has the unit's
/// name added as `Unit`.
const OUTPUTS: &[(&str, Listing)] = &[
    ("AttributeValueList", ATTRIBUTES),
    ("ValidationResult", VALIDATIONS),
    ("ValidationResultList", VALIDATIONS),
    ("ResourceInfoList", RESOURCES),
];

const ATTRIBUTES: Listing = Listing {
    entity: "",
    name: "Value",
    include: "",
    columns: &[
        Column::new("Unit", &["Unit"]),
        Column::new("Value", &["Value"]),
        Column::new("Type", &["DataType"]),
        Column::new("Path", &["Path"]),
        Column::new("Resource", &["ResourceName"]),
        Column::new("Resource-type", &["ResourceType"]),
    ],
};

const VALIDATIONS: Listing = Listing {
    entity: "",
    name: "Passed",
    include: "",
    columns: &[
        Column::new("Unit", &["Unit"]),
        Column::new("Passed", &["Passed"]),
        Column::new("Check", &["FunctionName"]),
        Column::new("Details", &["Details"]).shown(details),
    ],
};

const RESOURCES: Listing = Listing {
    entity: "",
    name: "ResourceName",
    include: "",
    columns: &[
        Column::new("Unit", &["Unit"]),
        Column::new("Resource", &["ResourceName"]),
        Column::new("Resource-type", &["ResourceType"]),
    ],
};

fn details(fields: &[&Value]) -> String {
    let lines = fields[0]
        .as_array()
        .into_iter()
        .flatten()
        .map(record::plain);
    lines.collect::<Vec<_>>().join("; ")
}

/// A summary of all units, what changed in each, and what the functions
/// answered. Reading functions need no summary when nothing failed.
pub(super) fn render(outcomes: &[Outcome], headers: bool, output_only: bool) -> Result<String> {
    let mut sections = Vec::new();
    let outputs = outputs(outcomes, headers)?;
    let dull = outcomes
        .iter()
        .all(|outcome| succeeded(&outcome.answer) && !changed(&outcome.answer));
    if !output_only && !outcomes.is_empty() && (!dull || outputs.is_empty()) {
        sections.push(summary(outcomes, headers));
        for outcome in outcomes {
            sections.extend(difference(outcome)?);
        }
    }
    sections.extend(outputs);
    Ok(sections.join("\n"))
}

fn summary(outcomes: &[Outcome], headers: bool) -> String {
    let word = |yes: bool| if yes { "yes" } else { "no" };
    let records: Vec<_> = outcomes
        .iter()
        .map(|outcome| {
            json!({
                "Unit": outcome.unit.name(),
                "Success": word(succeeded(&outcome.answer)),
                "Changed": word(changed(&outcome.answer)),
            })
        })
        .collect();
    SUMMARY.list(&records, false, headers)
}

fn difference(outcome: &Outcome) -> Result<Option<String>> {
    let Some(before) = &outcome.before else {
        return Ok(None);
    };
    let after = decoded(record::text(&outcome.answer, "ConfigData"))?;
    let hunks = diff::hunks(before, &String::from_utf8_lossy(&after));
    Ok(Some(format!("{}\n{hunks}", outcome.unit.name())))
}

/// One table an output type; what has no table is printed unit by unit.
fn outputs(outcomes: &[Outcome], headers: bool) -> Result<Vec<String>> {
    let mut sections = Vec::new();
    let mut by_type: Vec<(&str, Vec<(String, Value)>)> = Vec::new();
    for outcome in outcomes {
        for (output_type, text) in outcome.answer["Outputs"].as_object().into_iter().flatten() {
            let bytes = decoded(text.as_str().unwrap_or_default())?;
            let value = serde_json::from_slice(&bytes)
                .map_err(|error| Error::failed(format!("unreadable {output_type}: {error}")))?;
            let entry = (outcome.unit.name(), value);
            match by_type.iter_mut().find(|(known, _)| known == output_type) {
                Some((_, entries)) => entries.push(entry),
                None => by_type.push((output_type, vec![entry])),
            }
        }
    }
    for (output_type, entries) in by_type {
        match OUTPUTS.iter().find(|(known, _)| *known == output_type) {
            Some((_, listing)) => {
                let records: Vec<_> = entries.into_iter().flat_map(named_records).collect();
                if !records.is_empty() {
                    sections.push(listing.list(&records, false, headers));
                }
            }
            None => {
                for (unit, value) in entries.into_iter().filter(|(_, value)| !value.is_null()) {
                    sections.push(format!("{unit}\n{}", body(output_type, &value)?));
                }
            }
        }
    }
    Ok(sections)
}

/// The records of one unit's output, each with the unit's name.
fn named_records((unit, value): (String, Value)) -> Vec<Value> {
    let records = match value {
        Value::Array(records) => records,
        Value::Null => Vec::new(),
        single => vec![single],
    };
    let named = |mut record: Value| {
        if let Value::Object(fields) = &mut record {
            fields.insert("Unit".to_owned(), unit.clone().into());
        }
        record
    };
    records.into_iter().map(named).collect()
}

fn body(output_type: &str, value: &Value) -> Result<String> {
    match (output_type, value) {
        ("YAML", payload) => Ok(record::text(payload, "Payload").to_owned()),
        ("ResourceList", Value::Array(resources)) => Ok(resources
            .iter()
            .map(|resource| {
                let of = |key| record::text(resource, key);
                let (name, kind, body) =
                    (of("ResourceName"), of("ResourceType"), of("ResourceBody"));
                format!("{name} {kind}:\n{body}\n")
            })
            .collect()),
        (_, value) => formats::json(value),
    }
}

fn decoded(text: &str) -> Result<Vec<u8>> {
    BASE64_STANDARD
        .decode(text)
        .map_err(|error| Error::failed(format!("the server sent unreadable data: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(slug: &str, answer: Value, before: Option<&str>) -> Outcome {
        Outcome {
            unit: UnitFacts {
                space: "dev".into(),
                slug: slug.into(),
                ..UnitFacts::default()
            },
            answer,
            before: before.map(str::to_owned),
        }
    }

    #[test]
    fn a_change_shows_what_changed_where() {
        let after = BASE64_STANDARD.encode("kind: Deployment\nspec:\n  replicas: 3 # few\n");
        let outcomes = [
            outcome(
                "cart",
                json!({"Success": true, "Mutators": [0], "ConfigData": after}),
                Some("kind: Deployment\nspec:\n  replicas: 2 # few\n"),
            ),
            outcome("redis", json!({"Success": true, "Mutators": []}), None),
            outcome(
                "web",
                json!({"Success": false, "Error": {"Message": "no such path"}}),
                None,
            ),
        ];
        insta::assert_snapshot!(render(&outcomes, true, false).unwrap(), @r"
        UNIT        SUCCESS   CHANGED
        dev/cart    yes       yes
        dev/redis   yes       no
        dev/web     no        no

        dev/cart
        @@ -3 +3 @@
        -  replicas: 2 # few
        +  replicas: 3 # few
        ");
        assert_eq!(
            outcomes[2].problem().as_deref(),
            Some("dev/web: no such path")
        );
    }

    #[test]
    fn what_functions_read_becomes_one_table() {
        let values = |value: &str| {
            let list = json!([{"Value": value, "DataType": "string", "Path": "spec.image",
                               "ResourceName": "shop/cart", "ResourceType": "apps/v1/Deployment"}]);
            json!({"Success": true, "Outputs": {"AttributeValueList": BASE64_STANDARD.encode(list.to_string())}})
        };
        let outcomes = [
            outcome("cart", values("cart:1"), None),
            outcome("web", values("web:12"), None),
        ];
        insta::assert_snapshot!(render(&outcomes, true, false).unwrap(), @r"
        UNIT       VALUE    TYPE     PATH         RESOURCE    RESOURCE-TYPE
        dev/cart   cart:1   string   spec.image   shop/cart   apps/v1/Deployment
        dev/web    web:12   string   spec.image   shop/cart   apps/v1/Deployment
        ");
    }

    #[test]
    fn the_exit_code_tells_all_from_some() {
        let (good, bad) = (json!({"Success": true}), json!({"Success": false}));
        assert_eq!(exit(&[]), Exit::Success);
        assert_eq!(exit(std::slice::from_ref(&good)), Exit::Success);
        assert_eq!(exit(std::slice::from_ref(&bad)), Exit::Failed);
        assert_eq!(exit(&[good, bad]), Exit::PartlyFailed);
    }
}
