//! Validation of values: allowed ones, and those that must not change.

use std::collections::BTreeMap;

use cubit_configdata::{Config, Missing};
use regex::Regex;
use serde::Deserialize;
use serde_json::Value as Json;

use super::attributes::{find, values};
use crate::attribute::AttributeValue;
use crate::attribute_path;
use crate::function::{Call, Failure, Function, Output, optional, required};
use crate::kubernetes::WORKLOAD_TYPES;
use crate::signature::{DataType, FunctionParameter};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: 'ghcr.io/shop/web:1.0'}]}\n";

fn value_filter(name: &str, example: &str) -> FunctionParameter {
    required(
        name,
        DataType::ValueFilter,
        example,
        "JSON object: AllowStrings or AllowRegexp, DenyStrings or DenyRegexp, AllowBool, Min, Max.",
    )
}

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::generic("vet-values", "Passes when every value of a known attribute is allowed.", |call| {
            let attribute = call.arguments.text("attribute-name").to_owned();
            vet(call, &attribute, "value-filter")
        })
        .validating()
        .parameter(required("attribute-name", DataType::String, "replicas", "Name of the attribute."))
        .parameter(value_filter("value-filter", r#"{"Min":2,"Max":10}"#))
        .example(&["container-image-reference", r#"{"DenyStrings":["",":latest"]}"#], POD, r#""Passed":true"#)
        .example(&["container-image-reference", r#"{"DenyRegexp":"^:1"}"#], POD, r#""Passed":false"#),
        Function::kubernetes("vet-images", "Passes when every image is allowed.", |call| {
            vet(call, "container-image", "image-filter")
        })
        .validating()
        .attribute("container-image")
        .affects(&WORKLOAD_TYPES)
        .parameter(value_filter("image-filter", r#"{"AllowRegexp":"^ghcr\\.io/shop/"}"#))
        .example(&[r#"{"AllowRegexp":"^ghcr\\.io/shop/"}"#], POD, r#""Passed":true"#)
        .example(&[r#"{"AllowRegexp":"^quay\\.io/"}"#], POD, r#""Details":["v1/Pod /web: spec.containers.0.image: \"ghcr.io/shop/web:1.0\" does not match ^quay\\.io/"]"#),
        Function::kubernetes("vet-immutable", "Passes when no field changed that Kubernetes does not let change. It is compared with the live revision; without one it passes.", |call| {
            let name = call.arguments.text("attribute-name").to_owned();
            let attribute = if name.is_empty() { "immutable".to_owned() } else { name };
            let changed = changed(call, &attribute, "attribute-name")?;
            Ok(verdict(changed, "must not change"))
        })
        .validating()
        .parameter(optional("attribute-name", DataType::String, "immutable", "Name of the attribute whose places must not change."))
        .example(&[], POD, r#""Passed":true"#),
        Function::kubernetes("vet-disruption", "Passes when nothing changed whose disruption is at least as bad as a threshold. It is compared with the live revision; without one it passes.", disruption)
            .validating()
            .parameter(required("score-threshold", DataType::Enum, "High", "The least severity that fails.").one_of(&SEVERITIES))
            .parameter(optional("attribute-prefix", DataType::String, "disruption", "Prefix of the attributes, one a severity."))
            .example(&["High"], POD, r#""Passed":true"#),
    ]
}

/// From the worst to the least.
const SEVERITIES: [&str; 4] = ["Critical", "High", "Medium", "Low"];

/// Which values are allowed.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, default)]
struct ValueFilter {
    allow_strings: Strings,
    deny_strings: Strings,
    allow_regexp: String,
    deny_regexp: String,
    allow_bool: Option<bool>,
    min: Option<i64>,
    max: Option<i64>,
}

/// A list of strings, or a map with the strings as keys.
#[derive(Default, Deserialize)]
#[serde(untagged)]
enum Strings {
    #[default]
    None,
    List(Vec<String>),
    Map(BTreeMap<String, Json>),
}

impl Strings {
    fn has(&self, text: &str) -> bool {
        match self {
            Self::None => false,
            Self::List(list) => list.iter().any(|known| known == text),
            Self::Map(map) => map.contains_key(text),
        }
    }

    fn is_given(&self) -> bool {
        !matches!(self, Self::None)
    }
}

/// A filter with its expressions compiled.
struct Rules {
    filter: ValueFilter,
    allow: Option<Regex>,
    deny: Option<Regex>,
}

impl Rules {
    fn parse(call: &Call<'_>, parameter: &str) -> Result<Self, Failure> {
        let filter: ValueFilter = call.arguments.json(parameter)?;
        let both = |a: &str, b: &str| format!("parameter {parameter}: give {a} or {b}, not both");
        if filter.allow_strings.is_given() && !filter.allow_regexp.is_empty() {
            return Err(both("AllowStrings", "AllowRegexp").into());
        }
        if filter.deny_strings.is_given() && !filter.deny_regexp.is_empty() {
            return Err(both("DenyStrings", "DenyRegexp").into());
        }
        let regex = |text: &str| match text {
            "" => Ok(None),
            text => Regex::new(text)
                .map(Some)
                .map_err(|error| Failure::from(format!("parameter {parameter}: {error}"))),
        };
        Ok(Self {
            allow: regex(&filter.allow_regexp)?,
            deny: regex(&filter.deny_regexp)?,
            filter,
        })
    }

    /// Why a value is not allowed.
    fn objection(&self, value: &Json) -> Option<String> {
        let Self {
            filter,
            allow,
            deny,
        } = self;
        match value {
            Json::Bool(value) => {
                (filter.allow_bool? != *value).then(|| format!("{value} is not allowed"))
            }
            Json::Number(number) => {
                let number = number.as_i64()?;
                let below = filter.min.filter(|min| number < *min);
                let above = filter.max.filter(|max| number > *max);
                below
                    .map(|min| format!("{number} is less than {min}"))
                    .or_else(|| above.map(|max| format!("{number} is more than {max}")))
            }
            Json::String(text) => {
                if filter.deny_strings.has(text) {
                    return Some(format!("{text:?} is denied"));
                }
                if let Some(deny) = deny.as_ref().filter(|deny| deny.is_match(text)) {
                    return Some(format!("{text:?} matches {deny}, which is denied"));
                }
                if filter.allow_strings.is_given() && !filter.allow_strings.has(text) {
                    return Some(format!("{text:?} is not among the allowed values"));
                }
                allow
                    .as_ref()
                    .filter(|allow| !allow.is_match(text))
                    .map(|allow| format!("{text:?} does not match {allow}"))
            }
            _ => None,
        }
    }
}

fn vet(call: &mut Call<'_>, attribute: &str, parameter: &str) -> Result<Output, Failure> {
    let rules = Rules::parse(call, parameter)?;
    if attribute_path::keys_of(call.config.toolchain(), attribute).is_none() {
        return Err(
            format!("parameter attribute-name: no attribute {attribute:?} is known").into(),
        );
    }
    let found = find(call, attribute, &[], Missing::Skip);
    let mut details = Vec::new();
    let mut failed = Vec::new();
    for value in values(call, found) {
        if let Some(objection) = rules.objection(&value.value) {
            details.push(described(&value, &objection));
            failed.push(value);
        }
    }
    Ok(Output::Validation {
        passed: details.is_empty(),
        details,
        failed,
    })
}

fn described(value: &AttributeValue, objection: &str) -> String {
    format!(
        "{} {}: {}: {objection}",
        value.resource.resource_type, value.resource.resource_name, value.path
    )
}

fn verdict(failed: Vec<AttributeValue>, objection: &str) -> Output {
    Output::Validation {
        passed: failed.is_empty(),
        details: failed
            .iter()
            .map(|value| described(value, objection))
            .collect(),
        failed,
    }
}

/// The values of an attribute that are others in the live revision, or are gone from it. What is
/// new passes.
/// `parameter` is where the attribute comes from.
fn changed(
    call: &mut Call<'_>,
    attribute: &str,
    parameter: &str,
) -> Result<Vec<AttributeValue>, Failure> {
    let toolchain = call.config.toolchain();
    if attribute_path::keys_of(toolchain, attribute).is_none() {
        return Err(format!("parameter {parameter}: no attribute {attribute:?} is known").into());
    }
    let Some(live) = call.context.other_data.get("LiveRevisionNum") else {
        return Ok(Vec::new());
    };
    let live = Config::parse(toolchain, live.as_bytes())
        .map_err(|error| format!("the live revision cannot be read: {error}"))?;
    let rows: Vec<_> = attribute_path::rows(toolchain, |row| row.attribute == attribute).collect();
    let (before, after): (Vec<_>, Vec<_>) = (live.resources().collect(), call.resources("*"));
    let mut changed = Vec::new();
    for row in rows {
        for old in attribute_path::find(row, &before, &[], Missing::Skip) {
            let Some(resource) = after
                .iter()
                .find(|resource| resource.info == old.resource.info)
            else {
                continue;
            };
            let now = resource.root.find(&old.place.path);
            let same = match (old.place.node, now) {
                (Some(old), Some(now)) => old.value() == now.value(),
                (None, None) => true,
                _ => false,
            };
            if !same {
                let (data_type, value) = match now {
                    Some(node) => super::attributes::any_value(node),
                    None => (DataType::Json, Json::Null),
                };
                changed.push(call.attribute(&resource.info, old.path, row.named, data_type, value));
            }
        }
    }
    Ok(changed)
}

fn disruption(call: &mut Call<'_>) -> Result<Output, Failure> {
    let threshold = call.arguments.text("score-threshold").to_owned();
    let prefix = match call.arguments.text("attribute-prefix") {
        "" => "disruption".to_owned(),
        prefix => prefix.to_owned(),
    };
    let (mut details, mut failed) = (Vec::new(), Vec::new());
    for severity in SEVERITIES {
        let attribute = format!("{prefix}-{}", severity.to_lowercase());
        for value in changed(call, &attribute, "attribute-prefix")? {
            details.push(described(
                &value,
                &format!("the change is of severity {severity}"),
            ));
            failed.push(value);
        }
        if severity == threshold {
            break;
        }
    }
    Ok(Output::Validation {
        passed: failed.is_empty(),
        details,
        failed,
    })
}
