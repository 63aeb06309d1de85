//! Validation against schemas: those of Kubernetes, those of custom types, and those a user writes.

use std::collections::HashMap;

use cubit_configdata::ResourceInfo;
use cubit_schemas::{
    CustomTypes, Finding, JsonSchemas, Release, Served, Validator, Version, is_secret, served,
};
use serde_json::Value as Json;

use crate::attribute::{AttributeValue, Issue};
use crate::function::{Call, Failure, Function, Output, optional, required};
use crate::kubernetes::split_type;
use crate::signature::DataType;

/// Most details and failed attributes of one answer.
const MAX_FINDINGS: usize = 1024;

const SERVICE: &str =
    "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports:\n  - port: 80\n";
const BROKEN_SERVICE: &str =
    "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  port:\n  - port: 80\n";
const WIDGET: &str =
    "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\nspec: {size: big}\n";
const INGRESS: &str = "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: a}\n";

pub(crate) fn functions() -> Vec<Function> {
    let version = || {
        optional(
            "kubernetes-version",
            DataType::String,
            "1.31",
            "Version of Kubernetes; the newest known one when it is left out or master.",
        )
        .matching(r"^(master|\d+\.\d+(\.\d+)?)$")
    };
    vec![
        Function::kubernetes(
            "vet-schemas",
            "Passes when every resource fits the schema of its type, offline. Custom types are checked by the CustomResourceDefinitions in the same unit.",
            vet_schemas,
        )
        .validating()
        .parameter(version())
        .parameter(optional(
            "strict",
            DataType::Bool,
            "false",
            "Whether unknown fields and keys that stand twice fail; true when it is left out.",
        ))
        .parameter(optional(
            "schemas",
            DataType::String,
            r#"{"example.com/v1/Widget": {"type": "object"}}"#,
            "More schemas, as JSON: CustomResourceDefinitions, or schemas by type.",
        ))
        .parameter(
            optional(
                "unknown-kinds",
                DataType::Enum,
                "fail",
                "Whether a type without a schema is named and passes, or fails; skip when it is left out.",
            )
            .one_of(&["skip", "fail"]),
        )
        .aliases(&["validate"])
        .example(&[], SERVICE, r#""Passed":true"#)
        .example(&["1.31"], BROKEN_SERVICE, r#""Details":["v1/Service /a: spec.port: the field is not known (did you mean ports?) (line 5, column 3)"]"#)
        .example(&["1.31", "false"], BROKEN_SERVICE, r#""Passed":true"#)
        .example(&[], WIDGET, r#""Details":["example.com/v1/Widget /a: no schema is known for the type: not checked"]"#)
        .example(
            &["master", "true", r#"{"example.com/v1/Widget": {"properties": {"spec": {"properties": {"size": {"type": "integer"}}}}}}"#],
            WIDGET,
            r#"spec.size: expected integer, got string \"big\" (line 4, column 14)"#,
        ),
        Function::generic(
            "vet-jsonschema",
            "Passes when every resource fits the JSON Schema given for its type; types without one are passed over.",
            vet_jsonschema,
        )
        .validating()
        .parameter(required(
            "schema-map",
            DataType::String,
            r#"{"v1/Service": {"required": ["spec"]}}"#,
            "JSON Schemas by resource type, as a JSON object.",
        ))
        .parameter(optional(
            "ignore-required",
            DataType::Bool,
            "true",
            "Whether fields that are missing are passed over.",
        ))
        .example(
            &[r#"{"v1/Service": {"properties": {"spec": {"required": ["type"]}}}}"#],
            SERVICE,
            r#""Details":["v1/Service /a: spec.type: the field is required and missing (line 5, column 3)"]"#,
        )
        .example(
            &[r#"{"v1/Service": {"properties": {"spec": {"required": ["type"]}}}}"#, "true"],
            SERVICE,
            r#""Passed":true"#,
        ),
        Function::kubernetes(
            "vet-deprecated-apis",
            "Passes when a version of Kubernetes serves the type of every resource. Types that are served and deprecated are named.",
            vet_deprecated_apis,
        )
        .validating()
        .parameter(version())
        .example(&["1.31"], SERVICE, r#""Passed":true"#)
        .example(
            &["1.31"],
            INGRESS,
            r#""Details":["extensions/v1beta1/Ingress /a: Kubernetes 1.31 does not serve it: removed in 1.22, use networking.k8s.io/v1/Ingress (line 1, column 13)"]"#,
        )
        .example(&["1.21"], INGRESS, r#""Passed":true"#),
    ]
}

/// What did not pass, and what is worth saying.
#[derive(Default)]
struct Outcome {
    failed: bool,
    details: Vec<String>,
    attributes: Vec<AttributeValue>,
    /// Findings beyond what an answer holds.
    more: usize,
}

impl Outcome {
    fn say(&mut self, resource: &ResourceInfo, message: &str) {
        if self.details.len() < MAX_FINDINGS {
            let (kind, name) = (&resource.resource_type, &resource.resource_name);
            self.details.push(format!("{kind} {name}: {message}"));
        } else {
            self.more += 1;
        }
    }

    fn fail(&mut self, call: &Call<'_>, resource: &ResourceInfo, finding: &Finding) {
        let issue = Issue {
            identifier: finding.rule.identifier().to_owned(),
            message: finding.message.clone(),
        };
        let value = finding.value.clone().unwrap_or_default();
        self.fail_at(call, resource, finding.path.to_string(), value, issue);
        self.say(resource, &finding.to_string());
    }

    fn fail_at(
        &mut self,
        call: &Call<'_>,
        resource: &ResourceInfo,
        path: String,
        value: Json,
        issue: Issue,
    ) {
        self.failed = true;
        if self.attributes.len() < MAX_FINDINGS {
            let data_type = match value {
                Json::Bool(_) => DataType::Bool,
                Json::Number(ref number) if number.is_i64() => DataType::Int,
                _ => DataType::String,
            };
            let mut attribute = call.attribute(resource, path, "", data_type, value);
            attribute.issues.push(issue);
            self.attributes.push(attribute);
        }
    }

    fn output(mut self) -> Output {
        if self.more > 0 {
            self.details.push(format!("and {} more", self.more));
        }
        Output::Validation {
            passed: !self.failed,
            details: self.details,
            failed: self.attributes,
        }
    }
}

fn version_argument(call: &Call<'_>) -> Result<Version, Failure> {
    Version::named(call.arguments.text("kubernetes-version"))
        .map_err(|error| format!("parameter kubernetes-version: {error}").into())
}

fn vet_schemas(call: &mut Call<'_>) -> Result<Output, Failure> {
    let release = Release::of(version_argument(call)?)
        .map_err(|error| format!("parameter kubernetes-version: {error}"))?;
    let given = match call.arguments.text("schemas") {
        "" => None,
        text => Some(
            CustomTypes::given(release, text)
                .map_err(|error| format!("parameter schemas: {error}"))?,
        ),
    };
    let found = CustomTypes::found_in(release, call.config);
    let validator = Validator {
        release,
        strict: call.arguments.bool("strict").unwrap_or(true),
        given: given.as_deref(),
        found: &found,
    };
    let fail_unknown = call.arguments.text("unknown-kinds") == "fail";
    // Documents that are no resources fail the function, whatever is found in them.
    let resources: HashMap<usize, ResourceInfo> = call
        .config
        .resources()
        .map(|resource| (resource.document, resource.info))
        .collect();
    let mut outcome = Outcome::default();
    for report in validator.check(call.config) {
        let Some(resource) = resources.get(&report.document) else {
            continue;
        };
        if report.unknown {
            let message = "no schema is known for the type: not checked";
            let kind = report.resource_type.as_str();
            if fail_unknown {
                let issue = Issue {
                    identifier: "unknown-type".to_owned(),
                    message: message.to_owned(),
                };
                outcome.fail_at(
                    call,
                    resource,
                    "apiVersion".to_owned(),
                    Json::from(kind),
                    issue,
                );
            }
            outcome.say(resource, message);
        }
        for finding in &report.findings {
            outcome.fail(call, resource, finding);
        }
        let told = u64::try_from(report.findings.len()).unwrap_or(u64::MAX);
        if report.failures > told {
            outcome.failed = true;
            let more = report.failures - told;
            outcome.say(resource, &format!("{more} more findings"));
        }
        if report.has_expressions {
            outcome.say(
                resource,
                "rules in CEL (x-kubernetes-validations) are not evaluated",
            );
        }
    }
    Ok(outcome.output())
}

fn vet_jsonschema(call: &mut Call<'_>) -> Result<Output, Failure> {
    let schemas = JsonSchemas::given(call.arguments.text("schema-map"))
        .map_err(|error| format!("parameter schema-map: {error}"))?;
    let ignore_required = call.arguments.bool("ignore-required").unwrap_or(false);
    let mut outcome = Outcome::default();
    for resource in call.resources("*") {
        let document = &call.config.documents()[resource.document];
        let kind = &resource.info.resource_type;
        let secret = is_secret(split_type(kind).2);
        let findings = schemas.check(kind, document, resource.root, secret, ignore_required);
        for finding in findings.iter().flatten() {
            outcome.fail(call, &resource.info, finding);
        }
    }
    Ok(outcome.output())
}

fn vet_deprecated_apis(call: &mut Call<'_>) -> Result<Output, Failure> {
    let version = version_argument(call)?;
    let mut outcome = Outcome::default();
    for resource in call.resources("*") {
        let kind = &resource.info.resource_type;
        let instead = |replacement: Option<String>| {
            replacement.map_or_else(String::new, |other| format!(", use {other}"))
        };
        let (identifier, message) = match served(kind, version) {
            Served::Yes | Served::Unknown => continue,
            Served::Deprecated { replacement } => {
                let message = format!(
                    "Kubernetes {version} serves it, but it is deprecated{}",
                    instead(replacement)
                );
                outcome.say(&resource.info, &message);
                continue;
            }
            Served::Removed { since, replacement } => {
                let instead = instead(replacement);
                ("removed-type", format!("removed in {since}{instead}"))
            }
            Served::NotYet { since } => ("future-type", format!("it comes with {since}")),
        };
        let message = format!("Kubernetes {version} does not serve it: {message}");
        let node = resource.root.get("apiVersion").unwrap_or(resource.root);
        let position = call.config.documents()[resource.document].position(node.span().start);
        outcome.say(&resource.info, &format!("{message} ({position})"));
        let issue = Issue {
            identifier: identifier.to_owned(),
            message,
        };
        let value = Json::from(node.scalar());
        outcome.fail_at(call, &resource.info, "apiVersion".to_owned(), value, issue);
    }
    Ok(outcome.output())
}

#[cfg(test)]
mod tests {
    use cubit_configdata::{Config, Toolchain};
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::{Execution, FunctionContext, FunctionInvocation, execute};

    /// The validation result of one call, or its messages.
    fn vet(text: &str, name: &str, arguments: &[&str]) -> Result<Json, Vec<String>> {
        let outcome = execute(Execution {
            context: &FunctionContext::default(),
            config: Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("YAML"),
            invocations: &[FunctionInvocation::new(name, arguments.iter().copied())],
            num_filters: 0,
            stop_on_error: false,
        });
        match outcome.success {
            true => Ok(outcome.outputs["ValidationResult"][0].clone()),
            false => Err(outcome.messages),
        }
    }

    #[test]
    fn failed_attributes_say_where_and_why() {
        let result = vet(SERVICE.replace("80", "high").as_str(), "validate", &[]).expect("runs");
        let attribute = &result["FailedAttributes"][0];
        assert_eq!(
            (
                &attribute["ResourceName"],
                &attribute["Path"],
                &attribute["Value"]
            ),
            (&json!("/a"), &json!("spec.ports.0.port"), &json!("high"))
        );
        assert_eq!(
            attribute["Issues"],
            json!([{"Identifier": "wrong-type", "Message": "expected integer, got string \"high\""}])
        );
    }

    #[test]
    fn definitions_in_the_same_unit_are_used() {
        let definition = r#"{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": "widgets.example.com"}, "spec": {"group": "example.com", "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets"}, "versions": [{"name": "v1", "served": true, "storage": true,
            "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-validations": [{"rule": "true"}],
            "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}}}}}]}}"#;
        let text = format!("{definition}\n---\n{WIDGET}");
        let result = vet(&text, "vet-schemas", &[]).expect("runs");
        assert_eq!(
            result["Details"],
            json!([
                "example.com/v1/Widget /a: spec.size: expected integer, got string \"big\" (line 10, column 14)",
                "example.com/v1/Widget /a: rules in CEL (x-kubernetes-validations) are not evaluated"
            ])
        );
    }

    #[test]
    fn a_schema_that_cannot_be_used_fails_what_needs_it() {
        let schemas = r#"{"example.com/v1/Widget": {"patternProperties": {}}}"#;
        let result = vet(WIDGET, "vet-schemas", &["master", "true", schemas]).expect("runs");
        assert_eq!(result["Passed"], json!(false));
        assert!(
            result["Details"][0]
                .to_string()
                .contains("schema.patternProperties: the keyword is not supported")
        );
        let result = vet(SERVICE, "vet-schemas", &["master", "true", schemas]).expect("runs");
        assert_eq!(result["Passed"], json!(true));
    }

    #[test]
    fn unknown_kinds_fail_when_asked_to() {
        let result = vet(WIDGET, "vet-schemas", &["1.31", "true", "", "fail"]).expect("runs");
        assert_eq!(
            (&result["Passed"], &result["FailedAttributes"][0]["Path"]),
            (&json!(false), &json!("apiVersion"))
        );
    }

    #[test]
    fn arguments_that_cannot_be_used_are_refused() {
        for (name, arguments, message) in [
            (
                "vet-schemas",
                vec!["1.2"],
                "Kubernetes 1.2 is not known: expected master or one of 1.31",
            ),
            (
                "vet-schemas",
                vec!["new"],
                "parameter kubernetes-version: expected text matching",
            ),
            (
                "vet-schemas",
                vec!["1.31", "true", "[5]"],
                "parameter schemas: expected CustomResourceDefinitions",
            ),
            (
                "vet-schemas",
                vec!["1.31", "true", "", "maybe"],
                "one of skip, fail",
            ),
            (
                "vet-jsonschema",
                vec!["{"],
                "parameter schema-map: expected JSON",
            ),
            (
                "vet-deprecated-apis",
                vec!["1.99"],
                "Kubernetes 1.99 is not known",
            ),
        ] {
            let messages = vet(SERVICE, name, &arguments).expect_err(message);
            assert!(messages[0].contains(message), "{messages:?}");
        }
    }

    #[test]
    fn secrets_are_not_told() {
        let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {pin: 4711}\n";
        for (name, arguments) in [
            ("vet-schemas", vec![]),
            (
                "vet-jsonschema",
                vec![
                    r#"{"v1/Secret": {"properties": {"stringData": {"additionalProperties": {"type": "string"}}}}}"#,
                ],
            ),
        ] {
            let result = vet(text, name, &arguments).expect("runs");
            assert_eq!(result["Passed"], json!(false), "{name}");
            assert!(!result.to_string().contains("4711"), "{result}");
        }
    }

    #[test]
    fn deprecated_types_that_are_served_pass_and_are_named() {
        let text = INGRESS
            .replace("extensions/v1beta1", "flowcontrol.apiserver.k8s.io/v1beta3")
            .replace("Ingress", "FlowSchema");
        let result = vet(&text, "vet-deprecated-apis", &["1.31"]).expect("runs");
        assert_eq!(
            (&result["Passed"], &result["Details"][0]),
            (
                &json!(true),
                &json!(
                    "flowcontrol.apiserver.k8s.io/v1beta3/FlowSchema /a: Kubernetes 1.31 serves it, but it is deprecated, use flowcontrol.apiserver.k8s.io/v1/FlowSchema"
                )
            )
        );
    }

    #[test]
    fn an_answer_has_an_end() {
        let text = format!("{}---\n", SERVICE.replace("80", "high")).repeat(MAX_FINDINGS + 5);
        let result = vet(&text, "vet-schemas", &[]).expect("runs");
        let details = result["Details"].as_array().expect("details");
        assert_eq!(
            (details.len(), details.last()),
            (MAX_FINDINGS + 1, Some(&json!("and 5 more")))
        );
    }
}
