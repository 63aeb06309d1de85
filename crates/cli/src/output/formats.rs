//! The forms records can be printed in besides tables.

use std::str::FromStr;

use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, data, unwrap_valr};
use jaq_json::Val;
use serde_json::Value;

use super::table::table;
use crate::error::{Error, Result};
use crate::record;

/// The value of `-o`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Yaml,
    Name,
    Wide,
    Jq(String),
    CustomColumns(String),
    Mutations,
    Data,
}

impl Format {
    pub(crate) const EXPECTED: &str =
        "json, yaml, name, wide, jq=EXPR, custom-columns=HEADER:FIELD,..., mutations or data";
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let (word, value) = match text.split_once('=') {
            Some((word, value)) => (word, Some(value.to_owned())),
            None => (text, None),
        };
        match (word, value) {
            ("json", None) => Ok(Self::Json),
            ("yaml", None) => Ok(Self::Yaml),
            ("name", None) => Ok(Self::Name),
            ("wide", None) => Ok(Self::Wide),
            ("mutations", None) => Ok(Self::Mutations),
            ("data", None) => Ok(Self::Data),
            ("jq", Some(program)) => Ok(Self::Jq(program)),
            ("custom-columns", Some(columns)) => Ok(Self::CustomColumns(columns)),
            _ => Err(format!("expected {}", Self::EXPECTED)),
        }
    }
}

pub(crate) fn json(value: &Value) -> Result<String> {
    let text = serde_json::to_string_pretty(value);
    let text = text.map_err(|error| Error::failed(format!("cannot write JSON: {error}")))?;
    Ok(text + "\n")
}

pub(crate) fn yaml(value: &Value) -> Result<String> {
    serde_saphyr::to_string(value)
        .map_err(|error| Error::failed(format!("cannot write YAML: {error}")))
}

/// Runs a jq program. Strings, numbers and booleans come out bare, as a script
/// wants them; the rest as JSON.
pub(crate) fn jq(program: &str, value: &Value) -> Result<String> {
    let wrong = |reason: String| Error::usage(format!("jq `{program}`: {reason}"));
    let definitions = jaq_core::defs()
        .chain(jaq_std::defs())
        .chain(jaq_json::defs());
    let functions = jaq_core::funs()
        .chain(jaq_std::funs())
        .chain(jaq_json::funs());
    let arena = Arena::default();
    let source = File {
        code: program,
        path: (),
    };
    let modules = Loader::new(definitions)
        .load(&arena, source)
        .map_err(|_| wrong("is not a jq expression".into()))?;
    let filter = Compiler::default()
        .with_funs(functions)
        .compile(modules)
        .map_err(|errors| wrong(undefined(&errors)))?;
    let input = jaq_json::read::parse_single(value.to_string().as_bytes())
        .map_err(|error| wrong(error.to_string()))?;
    let context = Ctx::<data::JustLut<Val>>::new(&filter.lut, Vars::new([]));
    let mut text = String::new();
    for result in filter.id.run((context, input)).map(unwrap_valr) {
        let result = result
            .map_err(|error| wrong(error.to_string()))?
            .to_string();
        match serde_json::from_str(&result) {
            Ok(Value::String(bare)) => text.push_str(&bare),
            Ok(nested @ (Value::Array(_) | Value::Object(_))) => {
                text.push_str(json(&nested)?.trim_end());
            }
            _ => text.push_str(&result),
        }
        text.push('\n');
    }
    Ok(text)
}

fn undefined<P>(errors: &[(P, Vec<(&str, jaq_core::compile::Undefined)>)]) -> String {
    let names: Vec<_> = errors
        .iter()
        .flat_map(|(_, undefined)| undefined)
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    format!("{} is not defined", names.join(", "))
}

/// `HEADER:FIELD,...`, or `FIELD,...` with the fields as headers.
pub(crate) fn custom_columns(specification: &str, records: &[Value], headers: bool) -> String {
    let columns: Vec<_> = specification
        .split(',')
        .map(|column| column.split_once(':').unwrap_or((column, column)))
        .map(|(header, field)| (header, field.trim_start_matches('.')))
        .collect();
    let headings: Vec<_> = columns.iter().map(|(header, _)| *header).collect();
    let rows = records
        .iter()
        .map(|record| {
            let cells = columns.iter();
            cells
                .map(|(_, field)| record::plain(record::at(record, field)))
                .collect()
        })
        .collect();
    table(if headers { &headings } else { &[] }, rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn formats_are_words_some_with_a_value() {
        assert_eq!("json".parse(), Ok(Format::Json));
        assert_eq!(
            "jq=.[] | .Unit".parse(),
            Ok(Format::Jq(".[] | .Unit".into()))
        );
        for wrong in ["", "xml", "jq", "json=1"] {
            assert!(wrong.parse::<Format>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn jq_prints_scalars_bare() {
        let value = json!([{"Slug": "web", "Num": 2, "Labels": {"a": "b"}}]);
        assert_eq!(jq(".[].Slug, .[].Num", &value).unwrap(), "web\n2\n");
        assert_eq!(jq(".[].Labels", &value).unwrap(), "{\n  \"a\": \"b\"\n}\n");
        assert_eq!(jq("map(select(.Num > 2)) | length", &value).unwrap(), "0\n");
    }

    #[test]
    fn a_wrong_jq_program_is_wrong_usage() {
        for (program, reason) in [
            (".[", "jq `.[`: is not a jq expression"),
            ("nope", "jq `nope`: `nope` is not defined"),
        ] {
            let error = jq(program, &json!([])).unwrap_err();
            assert_eq!(error, Error::usage(reason));
        }
    }

    #[test]
    fn yaml_keeps_the_order_of_fields() {
        let value = json!({"Slug": "web", "Labels": {"on": "yes"}, "Numbers": [1, 2]});
        insta::assert_snapshot!(yaml(&value).unwrap(), @r#"
        Slug: web
        Labels:
          "on": "yes"
        Numbers:
        - 1
        - 2
        "#);
    }

    #[test]
    fn custom_columns_name_fields() {
        let records = [json!({"Unit": {"Slug": "web", "Labels": {"tier": "front"}}})];
        insta::assert_snapshot!(custom_columns("NAME:.Unit.Slug,Unit.Labels.tier", &records, true), @r"
        NAME   UNIT.LABELS.TIER
        web    front
        ");
    }
}
