//! What validation finds in files, and the forms it is printed in.

use std::fmt::Write as _;

use cubit_configdata::{Path, Position};
use serde_json::{Value, json};

use crate::data::File;
use crate::error::Result;
use crate::output::formats;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    Warning,
    Error,
}

impl Severity {
    fn word(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Something that a validating function objects to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) file: String,
    pub(crate) position: Option<Position>,
    pub(crate) severity: Severity,
    /// The function that found it.
    pub(crate) rule: String,
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hint: &'static str,
}

/// The forms of `-o` for findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Form {
    /// A line for each, with file, line and column
    Text,
    Json,
    /// The format of code scanning, 2.1.0
    Sarif,
    /// Test reports in XML
    Junit,
}

/// The findings of one validation result in one file.
pub(crate) fn findings(
    file: &File,
    result: &Value,
    severity: Severity,
    hint: &'static str,
) -> Vec<Finding> {
    if result["Passed"] == Value::Bool(true) {
        return Vec::new();
    }
    let rule = result["FunctionName"].as_str().unwrap_or_default();
    let empty = Vec::new();
    let details = result["Details"].as_array().unwrap_or(&empty);
    let failed = result["FailedAttributes"].as_array().unwrap_or(&empty);
    let finding = |position: Option<Position>, message: &str| Finding {
        file: file.name.clone(),
        position,
        severity,
        rule: rule.to_owned(),
        message: message.to_owned(),
        hint,
    };
    if details.is_empty() {
        return vec![finding(None, "the data did not pass")];
    }
    details
        .iter()
        .enumerate()
        .map(|(at, detail)| {
            let (told, message) = split_position(detail.as_str().unwrap_or_default());
            let beside = failed.get(at).filter(|_| failed.len() == details.len());
            finding(
                told.or_else(|| beside.and_then(|value| place(file, value))),
                message,
            )
        })
        .collect()
}

/// A position at the start of a message, or in brackets at its end, and the rest of it.
fn split_position(message: &str) -> (Option<Position>, &str) {
    let read = || {
        let rest = message.strip_prefix("line ")?;
        let (line, rest) = rest.split_once(", column ")?;
        let (column, rest) = rest.split_once(": ")?;
        let position = Position {
            line: line.parse().ok()?,
            column: column.parse().ok()?,
        };
        Some((position, rest))
    };
    let read_end = || {
        let (rest, place) = message.strip_suffix(')')?.rsplit_once(" (line ")?;
        let (line, column) = place.split_once(", column ")?;
        let position = Position {
            line: line.parse().ok()?,
            column: column.parse().ok()?,
        };
        Some((position, rest))
    };
    match read().or_else(read_end) {
        Some((position, rest)) => (Some(position), rest),
        None => (None, message),
    }
}

/// Where an attribute value stands.
fn place(file: &File, value: &Value) -> Option<Position> {
    let is = |key: &str, text: &str| value[key].as_str() == Some(text);
    let resource = file.config.resources().find(|resource| {
        is("ResourceType", &resource.info.resource_type)
            && is("ResourceName", &resource.info.resource_name)
    })?;
    let path = Path::parse(value["Path"].as_str()?)
        .ok()?
        .without_part()
        .resolved()?;
    // The nearest thing that is there: what is missing has no place.
    let node = (0..=path.0.len()).rev().find_map(|length| {
        resource
            .root
            .find(&cubit_configdata::ResolvedPath(path.0[..length].to_vec()))
    })?;
    Some(
        file.document(resource.document)?
            .position(node.span().start),
    )
}

/// All findings in the form asked for. `rules` are the functions that were run.
pub(crate) fn render(
    findings: &[Finding],
    rules: &[&str],
    files: &[String],
    form: Form,
) -> Result<String> {
    match form {
        Form::Text => Ok(text(findings)),
        Form::Json => formats::json(&Value::Array(findings.iter().map(as_json).collect())),
        Form::Sarif => formats::json(&sarif(findings, rules)),
        Form::Junit => Ok(junit(findings, rules, files)),
    }
}

fn text(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let place = match finding.position {
            Some(Position { line, column }) => format!("{}:{line}:{column}", finding.file),
            None => finding.file.clone(),
        };
        let _ = write!(
            text,
            "{place}: {}: {} ({})",
            finding.severity.word(),
            finding.message,
            finding.rule
        );
        if !finding.hint.is_empty() {
            let _ = write!(text, "; {}", finding.hint);
        }
        text.push('\n');
    }
    text
}

fn as_json(finding: &Finding) -> Value {
    json!({
        "File": finding.file,
        "Line": finding.position.map(|position| position.line),
        "Column": finding.position.map(|position| position.column),
        "Severity": finding.severity.word(),
        "Rule": finding.rule,
        "Message": finding.message,
        "Hint": finding.hint,
    })
}

fn sarif(findings: &[Finding], rules: &[&str]) -> Value {
    let results: Vec<Value> = findings
        .iter()
        .map(|finding| {
            let mut place = json!({"artifactLocation": {"uri": finding.file}});
            if let Some(Position { line, column }) = finding.position {
                place["region"] = json!({"startLine": line, "startColumn": column});
            }
            json!({
                "ruleId": finding.rule,
                "level": finding.severity.word(),
                "message": {"text": finding.message},
                "locations": [{"physicalLocation": place}],
            })
        })
        .collect();
    let rules: Vec<Value> = rules.iter().map(|rule| json!({"id": rule})).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "cubit",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "results": results,
        }],
    })
}

/// One test suite a file, one test case a rule.
fn junit(findings: &[Finding], rules: &[&str], files: &[String]) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for file in files {
        let of_file: Vec<&Finding> = findings
            .iter()
            .filter(|finding| finding.file == *file)
            .collect();
        let failing = |rule: &str| of_file.iter().any(|finding| finding.rule == rule);
        let failures = rules.iter().filter(|rule| failing(rule)).count();
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\">",
            escape(file),
            rules.len()
        );
        for rule in rules {
            let _ = write!(
                xml,
                "    <testcase name=\"{rule}\" classname=\"{}\"",
                escape(file)
            );
            if !failing(rule) {
                xml.push_str("/>\n");
                continue;
            }
            xml.push_str(">\n");
            for finding in of_file.iter().filter(|finding| finding.rule == *rule) {
                let place = finding
                    .position
                    .map_or(String::new(), |place| format!("{place}: "));
                let _ = writeln!(
                    xml,
                    "      <failure type=\"{}\" message=\"{}\"/>",
                    finding.severity.word(),
                    escape(&format!("{place}{}", finding.message))
                );
            }
            xml.push_str("    </testcase>\n");
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

/// Text as it may stand in XML; characters that XML does not know are left out.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\t' => escaped.push('\t'),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found() -> Vec<Finding> {
        let file = File::parse(
            "web.yaml",
            b"apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n".to_vec(),
        )
        .unwrap();
        let result = json!({
            "Passed": false,
            "FunctionName": "vet-x",
            "Details": ["v1/Pod /a: metadata.name: <odd>", "a \"kind\" (line 2, column 7)"],
            "FailedAttributes": [
                {"ResourceType": "v1/Pod", "ResourceName": "/a", "Path": "metadata.name"},
                {"ResourceType": "v1/Pod", "ResourceName": "/a", "Path": "kind"},
            ],
        });
        findings(&file, &result, Severity::Error, "mend it")
    }

    #[test]
    fn findings_name_their_place() {
        insta::assert_snapshot!(text(&found()), @r#"
        web.yaml:4:9: error: v1/Pod /a: metadata.name: <odd> (vet-x); mend it
        web.yaml:2:7: error: a "kind" (vet-x); mend it
        "#);
    }

    #[test]
    fn reports_for_other_programs() {
        let files = ["web.yaml".to_owned()];
        insta::assert_snapshot!(junit(&found(), &["vet-x", "vet-y"], &files));
        insta::assert_snapshot!(formats::json(&sarif(&found(), &["vet-x"])).unwrap());
    }
}
