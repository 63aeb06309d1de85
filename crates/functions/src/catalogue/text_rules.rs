//! Validation of the text itself: what is allowed, and still likely to be a mistake.

use cubit_configdata::{
    FindingKind, Kind, NodeRef, ResolvedPath, Step, Style, check, shared_merge_keys,
};

use super::attributes::any_value;
use crate::function::{Call, Failure, Function, Output, optional};
use crate::signature::DataType;

const RULES: [&str; 5] = [
    "no-anchors",
    "no-empty-values",
    "no-duplicate-keys",
    "no-truthy",
    "no-octal-values",
];

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  labels:\n    on: yes\nspec:\n  mode: 0755\n  selector:\n";

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::generic("vet-format", "Passes when the text has no anchors, empty values, duplicate keys, words that older YAML takes for truth values, or octal numbers.", vet_format)
            .validating()
            .parameter(optional("rules", DataType::StringList, "no-anchors,no-truthy", "The rules to check, separated by commas; all when left out: no-anchors, no-empty-values, no-duplicate-keys, no-truthy, no-octal-values."))
            .example(&[], SERVICE, r#"line 6, column 9: v1/Service /web: metadata.labels.on: yes is true in older YAML: quote it (no-truthy)"#)
            .example(&["no-octal-values"], SERVICE, r#""Details":["line 8, column 9: v1/Service /web: spec.mode: 0755 is octal in older YAML: quote it, or write the decimal number (no-octal-values)"]"#)
            .example(&["no-anchors"], SERVICE, r#""Passed":true"#),
        Function::generic("vet-merge-keys", "Passes when no two elements of a list share the key that tells them apart.", vet_merge_keys)
            .validating()
            .example(
                &[],
                "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: a}, {name: a}]}\n",
                r#""Details":["v1/Pod /web: spec.containers.1 has the same merge key as an element before it: name=a"]"#,
            ),
    ]
}

fn vet_format(call: &mut Call<'_>) -> Result<Output, Failure> {
    let wanted = call.arguments.text("rules").to_owned();
    let wanted: Vec<&str> = wanted
        .split(',')
        .map(str::trim)
        .filter(|rule| !rule.is_empty())
        .collect();
    if let Some(unknown) = wanted.iter().find(|rule| !RULES.contains(rule)) {
        return Err(format!(
            "parameter rules: expected some of {}, got {unknown:?}",
            RULES.join(", ")
        )
        .into());
    }
    let is_on = |rule: &str| wanted.is_empty() || wanted.contains(&rule);
    let mut details = Vec::new();
    let mut failed = Vec::new();
    for resource in call.resources("*") {
        let document = &call.config.documents()[resource.document];
        let mut found: Vec<(ResolvedPath, NodeRef<'_>, String)> = Vec::new();
        visit(
            resource.root,
            &mut ResolvedPath::default(),
            &mut |path, node| {
                for (rule, objection) in objections(node) {
                    if is_on(rule) {
                        found.push((path.clone(), node, format!("{objection} ({rule})")));
                    }
                }
            },
        );
        for (path, node, message) in found {
            let place = document.position(node.span().start);
            details.push(format!(
                "{place}: {} {}: {path}: {message}",
                resource.info.resource_type, resource.info.resource_name
            ));
            let (data_type, value) = any_value(node);
            failed.push(call.attribute(
                &resource.info,
                path.to_string(),
                "attribute-value",
                data_type,
                value,
            ));
        }
    }
    if is_on("no-duplicate-keys") {
        for finding in check(call.config) {
            if finding.kind == FindingKind::DuplicateKey {
                details.push(format!(
                    "{}: {} (no-duplicate-keys)",
                    finding.position, finding.message
                ));
            }
        }
    }
    Ok(Output::Validation {
        passed: details.is_empty(),
        details,
        failed,
    })
}

/// Every node with its path, aliases not followed.
fn visit<'a>(
    node: NodeRef<'a>,
    path: &mut ResolvedPath,
    see: &mut impl FnMut(&ResolvedPath, NodeRef<'a>),
) {
    see(path, node);
    if node.style() == Style::Alias {
        return;
    }
    for (key, value) in node.entries() {
        path.0.push(Step::Key(key.into_owned()));
        visit(value, path, see);
        path.0.pop();
    }
    for (at, item) in node.items().enumerate() {
        path.0.push(Step::Index(at));
        visit(item, path, see);
        path.0.pop();
    }
}

fn objections(node: NodeRef<'_>) -> Vec<(&'static str, String)> {
    let mut objections = Vec::new();
    let source = node.source();
    if node.style() == Style::Alias {
        objections.push((
            "no-anchors",
            format!("{source} stands for another value: write it out"),
        ));
        return objections;
    }
    if node.anchor().is_some() {
        objections.push((
            "no-anchors",
            "the value has an anchor: write it out where it is used".to_owned(),
        ));
    }
    if node.style() != Style::Plain {
        return objections;
    }
    if node.kind() == Kind::Null && source.is_empty() {
        objections.push((
            "no-empty-values",
            "there is no value: write null or leave the key out".to_owned(),
        ));
    }
    if let "yes" | "on" | "y" | "no" | "off" | "n" = source.to_lowercase().as_str() {
        let truth = matches!(source.to_lowercase().as_str(), "yes" | "on" | "y");
        objections.push((
            "no-truthy",
            format!("{source} is {truth} in older YAML: quote it"),
        ));
    }
    let digits = source.strip_prefix(['-', '+']).unwrap_or(source);
    let octal =
        digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
    if octal || digits.starts_with("0o") {
        objections.push((
            "no-octal-values",
            format!("{source} is octal in older YAML: quote it, or write the decimal number"),
        ));
    }
    objections
}

fn vet_merge_keys(call: &mut Call<'_>) -> Result<Output, Failure> {
    let mut details = Vec::new();
    let mut failed = Vec::new();
    for resource in call.resources("*") {
        for (path, key) in shared_merge_keys(&resource) {
            details.push(format!(
                "{} {}: {path} has the same merge key as an element before it: {}",
                resource.info.resource_type,
                resource.info.resource_name,
                key.trim_start_matches('?')
            ));
            if let Some(node) = resource.root.find(&path) {
                let (data_type, value) = any_value(node);
                failed.push(call.attribute(
                    &resource.info,
                    path.to_string(),
                    "attribute-value",
                    data_type,
                    value,
                ));
            }
        }
    }
    Ok(Output::Validation {
        passed: details.is_empty(),
        details,
        failed,
    })
}
