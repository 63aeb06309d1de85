//! The reference of the API is written from the `OpenAPI` document: `CUBIT_ACCEPT=1` writes it anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Map, Value};

const ABOUT: &str = "\
# Reference of the API

Written from the document that the server itself serves at `/api/openapi.json`. Paths begin with
`/api`. Every request needs `Authorization: Bearer TOKEN`, except `/api/info` and the document. What all
operations have in common, such as errors, queries and pages, stands in [the notes](../api-notes.md) and
in [the query language](../query-language.md).
";

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn members(value: &Value) -> &Map<String, Value> {
    value.as_object().expect("an object")
}

/// A type, as people write it.
fn kind(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default();
        return format!("[{name}](#{})", name.to_lowercase());
    }
    for union in ["oneOf", "anyOf", "allOf"] {
        if let Some(parts) = schema[union].as_array() {
            let parts: Vec<String> = parts
                .iter()
                .map(kind)
                .filter(|part| part != "null")
                .collect();
            return parts.join(" or ");
        }
    }
    let names: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => vec!["any"],
    };
    let name = names
        .into_iter()
        .find(|name| *name != "null")
        .unwrap_or("any");
    match name {
        "array" => format!("list of {}", kind(&schema["items"])),
        "object" if schema["additionalProperties"].is_object() => {
            format!("map of {}", kind(&schema["additionalProperties"]))
        }
        "string" if schema["enum"].is_array() => {
            let words = schema["enum"].as_array().expect("a list").iter();
            let words: Vec<String> = words
                .filter_map(Value::as_str)
                .map(|word| format!("`{word}`"))
                .collect();
            words.join(", ")
        }
        _ => match schema["format"].as_str() {
            Some(format) if name == "string" => format.to_owned(),
            _ => name.to_owned(),
        },
    }
}

/// One line of a table or a list: without line breaks or signs that would end a cell.
fn cell(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('|', "\\|")
}

fn operation(page: &mut String, (method, path): (&str, &str), operation: &Value) {
    let _ = writeln!(
        page,
        "\n### {}\n\n{}.\n",
        text(operation, "operationId"),
        text(operation, "summary").trim_end_matches('.')
    );
    let _ = writeln!(page, "`{} /api{path}`\n", method.to_uppercase());
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let query: Vec<&Value> = parameters
        .filter(|parameter| parameter["in"] == "query")
        .collect();
    if !query.is_empty() {
        let _ = writeln!(page, "| parameter | type | |\n|---|---|---|");
        for parameter in query {
            let _ = writeln!(
                page,
                "| `{}` | {} | {} |",
                text(parameter, "name"),
                kind(&parameter["schema"]),
                cell(text(parameter, "description"))
            );
        }
        page.push('\n');
    }
    let mut said = Vec::new();
    for (_, content) in operation["requestBody"]["content"]
        .as_object()
        .into_iter()
        .flatten()
    {
        said.push(format!("takes {}", kind(&content["schema"])));
    }
    for (status, answer) in members(&operation["responses"]) {
        let content = answer["content"].as_object().into_iter().flatten().next();
        if let Some((media, content)) = content
            && status.starts_with('2')
        {
            let media = if media == "application/json" {
                String::new()
            } else {
                format!(" (`{media}`)")
            };
            said.push(format!(
                "answers {status} with {}{media}",
                kind(&content["schema"])
            ));
        }
    }
    let failures: Vec<&str> = members(&operation["responses"])
        .keys()
        .map(String::as_str)
        .filter(|status| !status.starts_with('2'))
        .collect();
    if !failures.is_empty() {
        said.push(format!("fails with {}", failures.join(", ")));
    }
    let mut said = said.join("; ");
    if let Some(first) = said.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let _ = writeln!(page, "{said}.");
}

fn schema(page: &mut String, name: &str, schema: &Value) {
    let _ = writeln!(page, "\n### {name}\n");
    let about = cell(text(schema, "description"));
    if !about.is_empty() {
        let _ = writeln!(page, "{about}\n");
    }
    let Some(properties) = schema["properties"].as_object() else {
        let _ = writeln!(page, "{}", kind(schema));
        return;
    };
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let _ = writeln!(page, "| member | type | |\n|---|---|---|");
    for (name, member) in properties {
        let mut about = cell(text(member, "description"));
        if member["readOnly"] == true {
            about.push_str(" Set by the server.");
        }
        if required.contains(&name.as_str()) {
            about.push_str(" Required.");
        }
        let _ = writeln!(page, "| `{name}` | {} | {} |", kind(member), about.trim());
    }
}

/// The method and path of an operation, and what the document says of it.
type Operation<'a> = ((&'a str, &'a str), &'a Value);

fn page() -> String {
    let document: Value = serde_json::from_str(&cubit_server::openapi_json()).expect("JSON");
    let mut by_tag: BTreeMap<&str, Vec<Operation<'_>>> = BTreeMap::new();
    for (path, item) in members(&document["paths"]) {
        for (method, operation) in members(item) {
            let tag = operation["tags"][0].as_str().unwrap_or("Other");
            by_tag
                .entry(tag)
                .or_default()
                .push(((method, path), operation));
        }
    }
    let mut page = ABOUT.to_owned();
    for (tag, operations) in by_tag {
        let _ = writeln!(page, "\n## Operations: {tag}");
        for (at, described) in operations {
            operation(&mut page, at, described);
        }
    }
    page.push_str("\n## Shapes\n");
    for (name, described) in members(&document["components"]["schemas"]) {
        schema(&mut page, name, described);
    }
    page
}

#[test]
fn the_reference_is_of_the_document() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/api.md");
    let page = page();
    if std::env::var_os("CUBIT_ACCEPT").is_some() {
        std::fs::write(&path, &page).expect("writes");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/reference/api.md is out of date: run this test with CUBIT_ACCEPT=1"
    );
}
