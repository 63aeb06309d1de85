//! The page about all functions, written from their declarations.

use std::fmt::Write as _;

use cubit_configdata::Toolchain;

use crate::function::{Example, Function};
use crate::registry::registry;
use crate::signature::{DataType, FunctionParameter, FunctionSignature};

const INTRODUCTION: &str = "# Functions

This page is written from the declarations in `crates/functions/src/catalogue`; the examples are run
as tests. `cubit function list`, `cubit function explain NAME` and `GET /api/function` show the same
from the program; `cubit function local NAME ARGUMENTS FILES` runs a function on files.

A function *reads* (answers values), *changes* (edits the text) or *validates* (answers whether the
data passed). Arguments are given by position or by name; those in brackets may be left out, and the
last one may repeat where it ends in dots. Integers and truth values may be given as text. Paths:
[paths-and-edits.md](../paths-and-edits.md). A function that the toolchain of a unit does not have is
left out for that unit, without an error.

Placeholders are strings that contain `confighubplaceholder` (and outside Kubernetes `replaceme`), and
the integer 999999999. Containers are looked for in every type that declares pods, in any version of
it, among containers, init containers and ephemeral containers.

Outputs of all functions of a call are gathered by type: `AttributeValueList` (resource, Path,
AttributeName, DataType, Value, and in Details how to read and set it again), `ValidationResult`
(Passed, Details, FailedAttributes), `ResourceList` and `ResourceInfoList`, `ResourceMutationList`,
`YAML` and `JSON`.
";

/// The page, in Markdown.
#[must_use]
pub fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    for family in registry().families() {
        let _ = write!(page, "\n## {}\n", family.title);
        for function in &family.functions {
            describe(&mut page, function);
        }
    }
    page
}

fn describe(page: &mut String, function: &Function) {
    let signature = &function.signature;
    let _ = write!(page, "\n### {}\n\n", signature.function_name);
    if !function.aliases.is_empty() {
        let _ = write!(page, "Also `{}`. ", function.aliases.join("`, `"));
    }
    let _ = writeln!(page, "{}\n", signature.description);
    let _ = writeln!(page, "`{}`\n", usage(signature));
    let mut facts = vec![
        kind(signature).to_owned(),
        toolchains(function.toolchains()),
    ];
    if let Some(output) = &signature.output_info {
        facts.push(format!("answers {}", output.output_type.name()));
    }
    if !signature.hermetic {
        facts.push("not hermetic".to_owned());
    }
    if !signature.idempotent {
        facts.push("not idempotent".to_owned());
    }
    let _ = writeln!(page, "{}.", facts.join("; "));
    if !signature.parameters.is_empty() {
        page.push('\n');
        for parameter in &signature.parameters {
            let _ = writeln!(
                page,
                "- `{}` ({}): {}",
                parameter.parameter_name,
                data_type(parameter),
                parameter.description
            );
        }
    }
    if let Some(example) = function.examples.first() {
        show(page, signature, example);
    }
}

/// The call as one would write it.
fn usage(signature: &FunctionSignature) -> String {
    let mut words = vec![signature.function_name.clone()];
    let last = signature.parameters.len().saturating_sub(1);
    for (at, parameter) in signature.parameters.iter().enumerate() {
        let dots = if signature.var_args && at == last {
            "..."
        } else {
            ""
        };
        let name = parameter.parameter_name.to_uppercase();
        words.push(if parameter.required {
            format!("{name}{dots}")
        } else {
            format!("[{name}{dots}]")
        });
    }
    words.join(" ")
}

fn kind(signature: &FunctionSignature) -> &'static str {
    match (signature.mutating, signature.validating) {
        (true, _) => "Changes",
        (_, true) => "Validates",
        _ => "Reads",
    }
}

fn toolchains(toolchains: &[Toolchain]) -> String {
    if toolchains.len() == Toolchain::all().count() {
        return "every toolchain".to_owned();
    }
    let names: Vec<String> = toolchains.iter().map(|one| format!("`{one}`")).collect();
    names.join(", ")
}

fn data_type(parameter: &FunctionParameter) -> String {
    let name = match parameter.data_type {
        DataType::Enum => parameter.enum_values.join(", "),
        other => serde_json::to_value(other)
            .ok()
            .and_then(|name| name.as_str().map(str::to_owned))
            .unwrap_or_default(),
    };
    match (parameter.min, parameter.max) {
        (Some(min), Some(max)) => format!("{name}, {min} to {max}"),
        (Some(min), None) => format!("{name}, at least {min}"),
        _ => name,
    }
}

fn show(page: &mut String, signature: &FunctionSignature, example: &Example) {
    let language = match example.toolchain {
        Toolchain::KubernetesYaml | Toolchain::ConfigHubYaml | Toolchain::AppConfigYaml => "yaml",
        _ => "text",
    };
    let arguments: Vec<String> = example
        .arguments
        .iter()
        .map(|argument| {
            let plain = !argument.is_empty()
                && argument
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "-_./:@=,".contains(c));
            if plain {
                (*argument).to_owned()
            } else {
                format!("'{}'", argument.replace('\'', "'\\''"))
            }
        })
        .collect();
    let call = [vec![signature.function_name.clone()], arguments]
        .concat()
        .join(" ");
    if signature.mutating {
        let _ = write!(
            page,
            "\nWith `{call}`\n\n```{language}\n{}\n```\n\nbecomes\n\n```{language}\n{}\n```\n",
            example.before.trim_end(),
            example.after.trim_end()
        );
    } else {
        let _ = write!(
            page,
            "\n`{call}` on\n\n```{language}\n{}\n```\n\nanswers among other things\n\n```json\n{}\n```\n",
            example.before.trim_end(),
            example.after.trim_end()
        );
    }
}
