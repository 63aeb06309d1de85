//! Validating by policies of the Rego language.

use crate::expression::rego;
use crate::function::{Call, Failure, Function, Output, required};
use crate::signature::DataType;

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - {name: web, image: \"shop/web:1.0\"}\n  - {name: log, image: shop/log}\n";

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::generic(
            "vet-rego",
            "Passes when the rules deny and violation of a Rego policy say nothing about any resource. The resource is input; the policy sees nothing else. Messages of warn are listed, and do not fail. The policy is stopped after 2,000,000 units of work in one call.",
            vet,
        )
        .validating()
        .parameter(required(
            "policy",
            DataType::Rego,
            "package main\ndeny contains msg if {\n  some c in input.spec.containers\n  endswith(c.image, \":latest\")\n  msg := sprintf(\"%s: the image is not pinned\", [c.name])\n}",
            "The policy. Its rules deny, violation and warn, or with names that begin with one of them and _, are sets of messages: texts, or objects with msg.",
        ))
        .example(
            &["package main\ndeny contains msg if {\n  some c in input.spec.containers\n  not contains(c.image, \":\")\n  msg := sprintf(\"%s: the image is not pinned\", [c.name])\n}"],
            POD,
            r#""Details":["v1/Pod /web: log: the image is not pinned"]"#,
        )
        .example(
            &["package main\ndeny[msg] { input.kind == \"Service\"; msg := \"no services\" }"],
            POD,
            r#""Passed":true"#,
        )
        .example(
            &["package main\nwarn contains \"pods end\" if input.kind == \"Pod\""],
            POD,
            r#""Passed":true,"Index":0,"FunctionName":"vet-rego","Details":["v1/Pod /web: warning: pods end"]"#,
        ),
    ]
}

fn vet(call: &mut Call<'_>) -> Result<Output, Failure> {
    let resources = call.resources("*");
    let inputs: Vec<_> = resources
        .iter()
        .map(|resource| resource.root.value().to_json())
        .collect();
    let all = rego::run(call.arguments.text("policy"), &inputs)
        .map_err(|error| format!("parameter policy: {error}"))?;
    let (mut passed, mut details) = (true, Vec::new());
    for (resource, result) in resources.iter().zip(all) {
        let name = super::cel::described(resource);
        match result {
            Ok(judgement) => {
                passed &= judgement.denied.is_empty();
                let denied = judgement.denied.iter();
                details.extend(denied.map(|message| format!("{name}: {message}")));
                let warned = judgement.warned.iter();
                details.extend(warned.map(|message| format!("{name}: warning: {message}")));
            }
            Err(error) => call.problem(&resource.info, &error),
        }
    }
    Ok(Output::Validation {
        passed,
        details,
        failed: vec![],
    })
}
