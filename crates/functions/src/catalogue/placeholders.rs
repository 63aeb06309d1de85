//! Placeholders: values that must be filled in before a unit can be applied.

use cubit_configdata::placeholder::{INTEGER, TEXT};
use cubit_configdata::{Kind, ResolvedPath, Step, Toolchain};
use serde_json::Value as Json;

use crate::attribute::AttributeValue;
use crate::function::{Call, Failure, Function, Output};
use crate::signature::{DataType, OutputType};

/// The text of older data; not looked for in Kubernetes resources.
const RETIRED_TEXT: &str = "replaceme";

const OPEN: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: confighubplaceholder}\nspec: {ports: [{port: 999999999}]}\n";

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::generic(
            "get-placeholders",
            "Lists the values that hold a placeholder.",
            |call| Ok(Output::Attributes(find(call))),
        )
        .output(
            OutputType::AttributeValueList,
            "placeholder",
            "The values with placeholders.",
        )
        .example(&[], OPEN, r#""Path":"metadata.namespace""#)
        .example(&[], OPEN, r#""Value":999999999"#),
        Function::generic(
            "vet-placeholders",
            "Passes when no value holds a placeholder.",
            vet,
        )
        .validating()
        .aliases(&["no-placeholders"])
        .example(&[], OPEN, r#""Passed":false"#)
        .example(
            &[],
            "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n",
            r#""Passed":true"#,
        ),
    ]
}

fn vet(call: &mut Call<'_>) -> Result<Output, Failure> {
    let failed = find(call);
    let details = failed
        .iter()
        .map(|value| {
            format!(
                "{} {}: {} is a placeholder",
                value.resource.resource_type, value.resource.resource_name, value.path
            )
        })
        .collect();
    Ok(Output::Validation {
        passed: failed.is_empty(),
        details,
        failed,
    })
}

pub(super) fn find(call: &mut Call<'_>) -> Vec<AttributeValue> {
    let kubernetes = call.config.toolchain() == Toolchain::KubernetesYaml;
    // Notes the name a resource had; it is no value anybody fills in.
    let original_name = ResolvedPath(
        ["metadata", "annotations", "confighub.com/OriginalName"]
            .map(|key| Step::Key(key.to_owned()))
            .to_vec(),
    );
    let mut found = Vec::new();
    for resource in call.resources("*") {
        resource
            .root
            .visit_leaves(&mut |path, node| match node.kind() {
                Kind::String => {
                    let text = node.scalar();
                    let open = text.contains(TEXT) || !kubernetes && text.contains(RETIRED_TEXT);
                    if open && !(kubernetes && *path == original_name) {
                        let value = Json::from(text.as_ref());
                        found.push(call.attribute(
                            &resource.info,
                            path.to_string(),
                            "attribute-value",
                            DataType::String,
                            value,
                        ));
                    }
                }
                Kind::Integer if node.as_integer() == Some(INTEGER) => {
                    found.push(call.attribute(
                        &resource.info,
                        path.to_string(),
                        "attribute-value",
                        DataType::Int,
                        INTEGER.into(),
                    ));
                }
                _ => {}
            });
    }
    found.sort_by(|a, b| {
        (
            &a.resource.resource_type,
            &a.resource.resource_name,
            &a.path,
        )
            .cmp(&(
                &b.resource.resource_type,
                &b.resource.resource_name,
                &b.path,
            ))
    });
    found
}
