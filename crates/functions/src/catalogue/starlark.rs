//! Validating, reading and changing by programs of the Starlark language.

use cubit_configdata::{Action, ResolvedPath, Resource, Value};

use super::cel::{param, params};
use super::verdict::Verdict;
use crate::expression::starlark::{self, Request, Wanted};
use crate::function::{Call, Failure, Function, Output, required};
use crate::signature::{DataType, FunctionParameter, OutputType};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web} # the shop\nspec:\n  containers:\n  - name: web\n    image: shop/web:1.0 # pinned\n  - name: log\n    image: shop/log:2\n";

/// What the pages about the functions say about the language.
const LANGUAGE: &str = "The resource is the dict r, also object; params and functionContext are dicts. The program sees nothing else: no environment, clock or file. It is stopped after 2,000,000 units of work in one call.";

fn program(example: &str, description: &str) -> FunctionParameter {
    required("program", DataType::Starlark, example, description)
}

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::generic("set-starlark", &format!("Changes resources by a Starlark program, which changes r or assigns to it. What stays the same keeps its text and its comments. {LANGUAGE}"), set)
            .mutating()
            .not_idempotent()
            .parameter(program("r[\"spec\"][\"replicas\"] = int(params[\"count\"])", "The program."))
            .parameter(param())
            .repeating()
            .example(
                &["for c in r[\"spec\"][\"containers\"]:\n  c[\"image\"] = params[\"registry\"] + \"/\" + c[\"image\"]", "registry=example.com"],
                POD,
                "apiVersion: v1\nkind: Pod\nmetadata: {name: web} # the shop\nspec:\n  containers:\n  - name: web\n    image: example.com/shop/web:1.0 # pinned\n  - name: log\n    image: example.com/shop/log:2\n",
            )
            .example(
                &["r[\"metadata\"].setdefault(\"labels\", {})[\"tier\"] = \"front\""],
                "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web # the shop\n  labels: {app: web}\n---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: log\n  labels:\n    app: log\n",
                "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web # the shop\n  labels: {app: web, tier: front}\n---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: log\n  labels:\n    app: log\n    tier: front\n",
            )
            .example(&["pass"], POD, POD),
        Function::generic("vet-starlark", &format!("Passes when the function validate of a Starlark program finds nothing wrong with any resource. {LANGUAGE}"), vet)
            .validating()
            .parameter(program("def validate(r):\n  return r[\"kind\"] != \"Pod\"", "The program. It defines validate(r), which gives True or False, or a dict with passed, details (a list of texts) and failed_attributes (a list of dicts with Path and, where they differ from the resource, ResourceType and ResourceName)."))
            .parameter(param())
            .repeating()
            .example(&["def validate(r):\n  return len(r[\"spec\"][\"containers\"]) == 2"], POD, r#""Passed":true"#)
            .example(&["def validate(r):\n  return r[\"kind\"] == params[\"kind\"]", "kind=Service"], POD, r#""Details":["v1/Pod /web does not satisfy the program"]"#)
            .example(
                &["def validate(r):\n  bad = [i for i, c in enumerate(r[\"spec\"][\"containers\"]) if \"shop/log\" in c[\"image\"]]\n  return {\"passed\": not bad, \"details\": [\"container %d logs\" % i for i in bad], \"failed_attributes\": [{\"Path\": \"spec.containers.%d.image\" % i} for i in bad]}"],
                POD,
                r#""Details":["v1/Pod /web: container 1 logs"]"#,
            ),
        Function::generic("get-starlark", &format!("Lists the values that the function extract of a Starlark program finds in each resource. {LANGUAGE}"), get)
            .parameter(program("def extract(r):\n  return [{\"Path\": \"kind\", \"Value\": r[\"kind\"]}]", "The program. It defines extract(r), which gives a list of dicts with Path, Value and, if wanted, AttributeName."))
            .parameter(param())
            .repeating()
            .output(OutputType::AttributeValueList, "attribute-value", "The values.")
            .example(
                &["def extract(r):\n  return [{\"Path\": \"spec.containers.%d.image\" % i, \"Value\": c[\"image\"]} for i, c in enumerate(r[\"spec\"][\"containers\"])]"],
                POD,
                r#""Path":"spec.containers.1.image","AttributeName":"attribute-value","DataType":"string","Value":"shop/log:2""#,
            ),
    ]
}

/// What the program makes of each resource; the failures of single resources are noted.
fn results<'a>(call: &mut Call<'a>, wanted: Wanted) -> Result<Vec<(Resource<'a>, Value)>, Failure> {
    let resources = call.resources("*");
    let inputs: Vec<Value> = resources
        .iter()
        .map(|resource| resource.root.value())
        .collect();
    let (params, context) = (params(call)?, call.context.facts());
    let request = Request {
        program: call.arguments.text("program"),
        wanted,
        params: &params,
        context: &context,
    };
    let all =
        starlark::run(request, &inputs).map_err(|error| format!("parameter program: {error}"))?;
    let mut results = Vec::with_capacity(all.len());
    for (resource, result) in resources.into_iter().zip(all) {
        match result {
            Ok(value) => results.push((resource, value)),
            Err(error) => call.problem(&resource.info, &error),
        }
    }
    Ok(results)
}

fn set(call: &mut Call<'_>) -> Result<Output, Failure> {
    for (resource, value) in results(call, Wanted::Resource)? {
        match value {
            Value::Map(_) => call.edit(&resource, ResolvedPath::default(), Action::Set(value)),
            _ => call.problem(
                &resource.info,
                "the program assigns something to r that is no dict: expected the new resource",
            ),
        }
    }
    Ok(Output::Nothing)
}

fn vet(call: &mut Call<'_>) -> Result<Output, Failure> {
    let mut verdict = Verdict::default();
    for (resource, value) in results(call, Wanted::Answer("validate"))? {
        if let Err(error) = verdict.judge(call, &resource, &value.to_json(), "the program") {
            call.problem(&resource.info, &error);
        }
    }
    Ok(verdict.validation())
}

fn get(call: &mut Call<'_>) -> Result<Output, Failure> {
    let mut verdict = Verdict::default();
    for (resource, value) in results(call, Wanted::Answer("extract"))? {
        verdict.list(call, &resource, &value.to_json());
    }
    Ok(verdict.values())
}
