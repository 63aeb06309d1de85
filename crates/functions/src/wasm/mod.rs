//! Functions of users: WebAssembly modules in a sandbox, with a signature beside them.
//!
//! A module imports nothing, so that it sees what it is given and nothing of the host. It is called
//! once for each resource, each time from a fresh start, with fuel and memory that are bounded
//! (`sandbox`). What it is given and answers is JSON; see the page about WebAssembly.

mod sandbox;

use std::sync::Arc;

use cubit_configdata::{Action, Config, ResolvedPath, Toolchain, Value};
use serde_json::{Map, Value as Json, json};

pub(crate) use sandbox::Module;

use crate::catalogue::Verdict;
use crate::function::{Call, Failure, Function, Output};
use crate::signature::{DataType, FunctionOutput, FunctionSignature, FunctionType, OutputType};

/// What a signature may say.
const WORDS: &[&str] = &[
    "FunctionName",
    "Description",
    "Parameters",
    "VarArgs",
    "Mutating",
    "Validating",
    "Idempotent",
    "AffectedResourceTypes",
    "ToolchainTypes",
];

impl Function {
    /// A function of a user: a WebAssembly module, and its signature as YAML or JSON.
    ///
    /// # Errors
    /// What is wrong with the signature or the module.
    pub fn from_wasm(signature: &str, module: &[u8]) -> Result<Self, String> {
        let (mut signature, toolchains) = read_signature(signature)?;
        let name = signature.function_name.clone();
        let module = Module::new(module).map_err(|error| format!("{name}: {error}"))?;
        signature.hermetic = true;
        signature.function_type = FunctionType::Custom;
        let required = signature.parameters.iter();
        signature.required_parameters = required.filter(|parameter| parameter.required).count();
        let mut function = Self::of_toolchains(&toolchains, &name, "", run);
        function.signature = signature;
        function.module = Some(Arc::new(module));
        Ok(match function.signature {
            FunctionSignature {
                mutating: true,
                validating: true,
                ..
            } => {
                return Err(format!(
                    "{name}: a function is Mutating or Validating, not both"
                ));
            }
            FunctionSignature {
                validating: true, ..
            } => function.validating(),
            FunctionSignature { mutating: true, .. } => function,
            _ => {
                function.signature.output_info = Some(FunctionOutput {
                    result_name: "attribute-value".to_owned(),
                    description: "The values.".to_owned(),
                    output_type: OutputType::AttributeValueList,
                });
                function
            }
        })
    }
}

fn read_signature(text: &str) -> Result<(FunctionSignature, Vec<Toolchain>), String> {
    let wrong = |error: String| format!("the signature: {error}");
    let config = Config::parse(Toolchain::AppConfigYaml, text.as_bytes())
        .map_err(|error| wrong(error.to_string()))?;
    let root = config
        .resources()
        .next()
        .map(|resource| resource.root.value().to_json());
    let Some(Json::Object(mut entries)) = root else {
        return Err(wrong(format!("expected a map with {}", WORDS.join(", "))));
    };
    if let Some(word) = entries.keys().find(|word| !WORDS.contains(&word.as_str())) {
        return Err(wrong(format!(
            "there is no {word}: expected {}",
            WORDS.join(", ")
        )));
    }
    let toolchains = match entries.remove("ToolchainTypes") {
        None => Toolchain::all().collect(),
        Some(names) => names
            .as_array()
            .into_iter()
            .flatten()
            .map(|name| {
                let name = name.as_str().unwrap_or_default();
                name.parse()
                    .map_err(|_| wrong(format!("there is no toolchain type {name:?}")))
            })
            .collect::<Result<Vec<Toolchain>, _>>()?,
    };
    let signature: FunctionSignature =
        serde_json::from_value(Json::Object(entries)).map_err(|error| wrong(error.to_string()))?;
    let name = &signature.function_name;
    let is_kebab = !name.is_empty()
        && name.len() <= 128
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !is_kebab {
        return Err(wrong(format!(
            "FunctionName: expected a name such as set-owner, got {name:?}"
        )));
    }
    if toolchains.is_empty() {
        return Err(wrong("ToolchainTypes: expected a list of names".to_owned()));
    }
    Ok((signature, toolchains))
}

/// The behaviour of every function that is a module.
fn run(call: &mut Call<'_>) -> Result<Output, Failure> {
    let function = call.function;
    let module = function
        .module
        .as_ref()
        .ok_or("the function has no module")?;
    let arguments = arguments(call);
    let unit = json!({
        "ToolchainType": call.config.toolchain().to_string(),
        "SpaceSlug": call.context.space_slug,
        "UnitSlug": call.context.unit_slug,
        "UnitLabels": call.context.unit_labels,
        "UnitAnnotations": call.context.unit_annotations,
        "RevisionNum": call.context.revision_num,
    });
    let mut fuel = sandbox::MAX_FUEL;
    let mut verdict = Verdict::default();
    for resource in call.resources("*") {
        let before = resource.root.value();
        let given = before.to_json();
        let input = json!({ "resource": given, "arguments": arguments, "unit": unit });
        let answer = module.run(&mut fuel, input.to_string().as_bytes())?;
        let mut answer: Map<String, Json> = serde_json::from_slice(&answer)
            .map_err(|error| format!("the module answers no JSON object: {error}"))?;
        if let Some(error) = answer.get("error").and_then(Json::as_str) {
            call.problem(&resource.info, error);
        } else if function.signature.validating {
            let judged = verdict.judge(call, &resource, &Json::Object(answer), "the function");
            if let Err(error) = judged {
                call.problem(&resource.info, &error);
            }
        } else if function.signature.mutating {
            match answer.remove("resource") {
                Some(after @ Json::Object(_)) => {
                    let after = kept(&after, &given, &before);
                    call.edit(&resource, ResolvedPath::default(), Action::Set(after));
                }
                Some(Json::Null) => {}
                _ => call.problem(
                    &resource.info,
                    "the module answers no resource: expected an object, or null to leave it as it is",
                ),
            }
        } else {
            let values = answer.remove("values").unwrap_or_default();
            verdict.list(call, &resource, &values);
        }
    }
    Ok(match &function.signature {
        signature if signature.validating => verdict.validation(),
        signature if signature.mutating => Output::Nothing,
        _ => verdict.values(),
    })
}

/// The arguments by parameter name, each in its type; what was not given is not there.
fn arguments(call: &Call<'_>) -> Json {
    let signature = &call.function.signature;
    let mut given = Map::new();
    for (at, parameter) in signature.parameters.iter().enumerate() {
        let name = parameter.parameter_name.as_str();
        let value = match parameter.data_type {
            DataType::Int => call.arguments.int(name).map(Json::from),
            DataType::Bool => call.arguments.bool(name).map(Json::from),
            _ if signature.var_args && at + 1 == signature.parameters.len() => {
                Some(Json::from(call.arguments.repeated()))
            }
            _ => Some(call.arguments.text(name))
                .filter(|text| !text.is_empty())
                .map(Json::from),
        };
        given.extend(value.map(|value| (name.to_owned(), value)));
    }
    Json::Object(given)
}

/// The resource that was answered; what is as it was given keeps what JSON cannot say.
fn kept(after: &Json, given: &Json, before: &Value) -> Value {
    if after == given {
        return before.clone();
    }
    match (after, given, before) {
        (Json::Object(after), Json::Object(given), Value::Map(_)) => Value::Map(
            after
                .iter()
                .map(|(key, after)| {
                    let value = match (given.get(key), before.get(key)) {
                        (Some(given), Some(before)) => kept(after, given, before),
                        _ => Value::from_json(after),
                    };
                    (key.clone(), value)
                })
                .collect(),
        ),
        (Json::Array(after), Json::Array(given), Value::List(before)) => {
            let mut old = given.iter().zip(before);
            let values = after.iter().map(|after| match old.next() {
                Some((given, before)) => kept(after, given, before),
                None => Value::from_json(after),
            });
            Value::List(values.collect())
        }
        _ => Value::from_json(after),
    }
}

#[cfg(test)]
mod tests;
