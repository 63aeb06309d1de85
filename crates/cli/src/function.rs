//! `cubit function`: what can be done to configuration, and doing it.

mod invoke;
mod local;
mod outcome;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::error::{Error, Exit, Result};
use crate::output::table::{Column, Listing, short};
use crate::output::{self, Color, Output};
use crate::record;
use crate::session::{Scope, Session};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List functions
    List(List),
    /// Explain a function and its parameters
    Explain(Explain),
    /// Run a function on the selected units
    Do(invoke::Do),
    /// Run a function on local files, without a server
    Local(local::Local),
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only functions of this toolchain type
    #[arg(short, long, value_name = "TYPE")]
    toolchain: Option<String>,
    /// The functions of this program, without asking a server
    #[arg(long)]
    local: bool,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// Name of the function
    function: String,
    /// Toolchain type
    #[arg(short, long, value_name = "TYPE", default_value = "Kubernetes/YAML")]
    toolchain: String,
    /// The function of this program, without asking a server
    #[arg(long)]
    local: bool,
    /// A function of your own: a WebAssembly module, with its signature beside it
    #[arg(long, value_name = "FILE.wasm", requires = "local")]
    module: Vec<PathBuf>,
    #[command(flatten)]
    output: Output,
}

const LISTING: Listing = Listing {
    entity: "",
    name: "FunctionName",
    include: "",
    columns: &[
        Column::new("ToolchainType", &["ToolchainType"]),
        Column::new("FunctionName", &["FunctionName"]),
        Column::new("Mutating", &["Mutating"]).shown(flag),
        Column::new("Validating", &["Validating"]).shown(flag),
        Column::new("Parameters", &["Parameters"])
            .shown(parameters)
            .wide(),
        Column::new("Description", &["Description"]).shown(short),
        Column::new("Attribute", &["AttributeName"]).detail(),
        Column::new("Resource types", &["AffectedResourceTypes"]).detail(),
        Column::new("Output", &["OutputInfo"])
            .shown(returned)
            .detail(),
    ],
};

const PARAMETERS: Listing = Listing {
    entity: "",
    name: "ParameterName",
    include: "",
    columns: &[
        Column::new("Parameter", &["ParameterName"]),
        Column::new("Required", &["Required"]).shown(flag),
        Column::new("Type", &["DataType", "EnumValues"]).shown(data_type),
        Column::new("Example", &["Example"]),
        Column::new("Description", &["Description"]),
    ],
};

fn flag(fields: &[&Value]) -> String {
    if fields[0] == &Value::Bool(true) {
        "yes"
    } else {
        ""
    }
    .to_owned()
}

/// The parameters as in a usage line.
fn parameters(fields: &[&Value]) -> String {
    let parameters = fields[0].as_array().into_iter().flatten();
    let words: Vec<_> = parameters
        .map(|parameter| {
            let name = record::text(parameter, "ParameterName").to_uppercase();
            match parameter["Required"] {
                Value::Bool(true) => name,
                _ => format!("[{name}]"),
            }
        })
        .collect();
    words.join(" ")
}

fn returned(fields: &[&Value]) -> String {
    let of = |key| record::text(fields[0], key);
    match of("OutputType") {
        "" => String::new(),
        output_type => format!("{output_type}: {}", of("Description")),
    }
}

fn data_type(fields: &[&Value]) -> String {
    match fields[1].as_array() {
        Some(values) if !values.is_empty() => values
            .iter()
            .map(record::plain)
            .collect::<Vec<_>>()
            .join("|"),
        _ => record::plain(fields[0]),
    }
}

pub(crate) fn run(
    command: &Command,
    color: Color,
    open: impl Fn() -> Result<Session>,
) -> Result<Exit> {
    match command {
        Command::List(arguments) => {
            list(arguments, &signatures(arguments.local, &[], open)?).map(|()| Exit::Success)
        }
        Command::Explain(arguments) => {
            let module = arguments.module.as_slice();
            explain(arguments, &signatures(arguments.local, module, open)?).map(|()| Exit::Success)
        }
        Command::Do(arguments) => invoke::run(arguments, &open()?),
        Command::Local(arguments) => local::run(arguments, color),
    }
}

/// The signatures by toolchain type and name: those of the space to work in,
/// or of the organization when there is none; or those of this program.
fn signatures(
    local: bool,
    modules: &[PathBuf],
    open: impl Fn() -> Result<Session>,
) -> Result<Value> {
    if local {
        return serde_json::to_value(local::with_modules(modules)?.signatures())
            .map_err(|error| Error::failed(error.to_string()));
    }
    let session = open()?;
    Ok(match session.scope_or_everywhere()? {
        Scope::In(space) => session.client.list_functions(space.id)?,
        Scope::Everywhere => session.client.list_org_functions()?,
    })
}

fn list(arguments: &List, signatures: &Value) -> Result<()> {
    if arguments.toolchain.is_none() && arguments.output.structured() {
        return arguments.output.one(&LISTING, signatures, signatures);
    }
    let mut functions = Vec::new();
    for (toolchain, by_name) in signatures.as_object().into_iter().flatten() {
        if arguments
            .toolchain
            .as_ref()
            .is_some_and(|wanted| wanted != toolchain)
        {
            continue;
        }
        for (_, signature) in by_name.as_object().into_iter().flatten() {
            let mut function = signature.clone();
            function["ToolchainType"] = toolchain.clone().into();
            functions.push(function);
        }
    }
    let key = |function: &Value| {
        ["FunctionName", "ToolchainType"].map(|key| record::text(function, key).to_owned())
    };
    functions.sort_by_cached_key(key);
    arguments.output.list(&LISTING, functions)
}

fn explain(arguments: &Explain, signatures: &Value) -> Result<()> {
    let mut signature = signatures[&arguments.toolchain][&arguments.function].clone();
    if signature.is_null() {
        let Explain {
            function,
            toolchain,
            ..
        } = arguments;
        return Err(
            Error::not_found(format!("{toolchain} has no function `{function}`"))
                .hint("see `cubit function list`"),
        );
    }
    if arguments.output.format().is_some() {
        return arguments.output.one(&LISTING, &signature, &signature);
    }
    signature["ToolchainType"] = arguments.toolchain.clone().into();
    let parameters_of = signature["Parameters"].take();
    let description = signature["Description"].take();
    let mut text = format!(
        "{}\n\nUsage: cubit function do {} {}\n\n",
        record::plain(&description),
        arguments.function,
        parameters(&[&parameters_of])
    );
    text += &LISTING.detail(&signature);
    if let Value::Array(parameters) = parameters_of
        && !parameters.is_empty()
    {
        text += &format!("\n{}", PARAMETERS.list(&parameters, false, true));
    }
    output::print(&text)
}
