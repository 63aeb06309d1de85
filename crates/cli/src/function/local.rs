//! `cubit function local`: a function on local files, without a server.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use cubit_configdata::Toolchain;
use cubit_functions::{
    Execution, Function, FunctionArgument, FunctionContext, FunctionInvocation, Many, Outcome,
    Registry, execute_with, mutations_of, registry,
};
use serde_json::{Value, json};

use crate::data::File;
use crate::error::{Error, Exit, Result};
use crate::finding::{self, Form, Severity};
use crate::input;
use crate::output::{self, Color, diff, formats};

#[derive(Debug, Args)]
#[command(override_usage = "cubit function local [OPTIONS] <FUNCTION> [ARGUMENT]... [FILE]...")]
pub(crate) struct Local {
    /// The function, its arguments (by position, or as --PARAMETER=VALUE), then files; standard
    /// input when there are none
    #[arg(
        required = true,
        value_name = "FUNCTION",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    words: Vec<String>,
    /// Change the files in place
    #[arg(short, long, conflicts_with = "dry_run")]
    in_place: bool,
    /// Show what would change as a diff, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// How to print: what the function answers, the changes by path, or what did not pass
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    output: Option<Printed>,
    /// Exit with code 2 when something changes
    #[arg(long)]
    exit_code: bool,
    /// Name of the unit, for functions that use it; the file's name when left out
    #[arg(long, value_name = "NAME")]
    unit_name: Option<String>,
    /// Name of the unit's space, for functions that use it
    #[arg(long, value_name = "NAME", default_value = "local")]
    space_name: String,
    /// A function of your own: a WebAssembly module, with its signature in a file of the same name
    /// that ends in .yaml
    #[arg(long, value_name = "FILE.wasm")]
    module: Vec<PathBuf>,
    /// Toolchain type of files whose name does not tell it
    #[arg(short, long, value_name = "TYPE")]
    toolchain: Option<Toolchain>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Printed {
    Json,
    Mutations,
    Sarif,
    Junit,
}

pub(crate) fn run(arguments: &Local, color: Color) -> Result<Exit> {
    let (name, words) = arguments
        .words
        .split_first()
        .ok_or_else(|| Error::usage("which function?"))?;
    let registry = &with_modules(&arguments.module)?;
    let (call, files) = split(registry, name, words)?;
    let files = match files.is_empty() {
        true => vec!["-".to_owned()],
        false => files,
    };
    let mut run = Run::default();
    Many::default().run(
        files.iter(),
        |file| one(registry, arguments, &call, file),
        |_, done| {
            run.gather(registry, arguments, &call, done?);
            Ok::<(), Error>(())
        },
    )?;
    // Nothing is written before the function ran on every file.
    for file in &run.written {
        file.write()?;
    }
    run.print(arguments, name, &files, color)
}

/// The functions there are, with those of modules.
pub(super) fn with_modules(modules: &[PathBuf]) -> Result<Registry> {
    let mut functions = Vec::with_capacity(modules.len());
    for file in modules {
        let wrong = |error: String| Error::failed(error).at(file.display().to_string());
        let read = |path: &Path| {
            std::fs::read(path).map_err(|error| wrong(format!("{}: {error}", path.display())))
        };
        let signature = file.with_extension("yaml");
        let signature = String::from_utf8(read(&signature)?)
            .map_err(|_| wrong(format!("{} is no text", signature.display())))?;
        functions.push(Function::from_wasm(&signature, &read(file)?).map_err(wrong)?);
    }
    registry().with(functions).map_err(Error::failed)
}

/// The call, and the files behind it: the words at the end that name files, as far as the function
/// does not need them.
fn split(
    registry: &Registry,
    name: &str,
    words: &[String],
) -> Result<(FunctionInvocation, Vec<String>)> {
    let function = registry
        .functions()
        .map(|(_, function)| function)
        .find(|function| function.signature.function_name == name);
    let Some(function) = function else {
        let error = Error::not_found(format!("there is no function `{name}`"));
        return Err(match registry.nearest(name) {
            Some(known) => error.hint(format!("did you mean `{known}`?")),
            None => error.hint("see `cubit function list --local`"),
        });
    };
    let is_ours = |word: &&String| {
        matches!(
            word.as_str(),
            "-i" | "-o" | "--in-place" | "--dry-run" | "--exit-code" | "--module"
        ) || word.starts_with("--output")
    };
    if let Some(flag) = words.iter().find(is_ours) {
        return Err(
            Error::usage(format!("`{flag}` stands behind the function")).hint(format!(
                "put it before: `cubit function local {flag} {name} ...`"
            )),
        );
    }
    let needed = function.signature.required_parameters.min(words.len());
    let most = match function.signature.var_args {
        true => words.len(),
        false => function.signature.parameters.len(),
    };
    let mut first_file = words.len();
    while first_file > needed && is_file(&words[first_file - 1]) {
        first_file -= 1;
    }
    if first_file > most {
        let word = &words[most];
        return Err(Error::not_found(format!("there is no file `{word}`"))
            .hint(format!("{name} takes at most {most} arguments")));
    }
    let arguments = words[..first_file]
        .iter()
        .map(|word| {
            let named = word
                .strip_prefix("--")
                .and_then(|word| word.split_once('='))
                .filter(|(name, _)| knows(function, name));
            let (name, value) = named.unwrap_or(("", word));
            FunctionArgument::from_word(name, value)
        })
        .collect();
    let call = FunctionInvocation {
        function_name: name.to_owned(),
        arguments,
    };
    Ok((call, words[first_file..].to_vec()))
}

fn knows(function: &Function, parameter: &str) -> bool {
    function
        .signature
        .parameters
        .iter()
        .any(|known| known.parameter_name == parameter)
}

fn is_file(word: &str) -> bool {
    word == "-" || Path::new(word).is_file()
}

/// What became of all files.
#[derive(Default)]
struct Run {
    text: String,
    difference: String,
    /// One object a file.
    answers: Vec<Value>,
    findings: Vec<finding::Finding>,
    changed: bool,
    failed: bool,
    validating: bool,
    /// The files that changed, where they are to be changed in place.
    written: Vec<File>,
}

/// A file before and after the function.
struct Done {
    before: File,
    outcome: Outcome,
}

fn one(
    registry: &Registry,
    arguments: &Local,
    call: &FunctionInvocation,
    name: &str,
) -> Result<Done> {
    let bytes = input::read(name)?;
    let before = match arguments.toolchain {
        Some(toolchain) => File::parse_as(name, bytes, toolchain)?,
        None => File::parse(name, bytes)?,
    };
    let stem = || {
        Path::new(name)
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
    };
    let context = FunctionContext {
        toolchain: before.config.toolchain(),
        unit_slug: arguments
            .unit_name
            .clone()
            .or_else(stem)
            .unwrap_or_default(),
        space_slug: arguments.space_name.clone(),
        ..FunctionContext::default()
    };
    let outcome = execute_with(
        registry,
        Execution {
            context: &context,
            config: before.config.clone(),
            invocations: std::slice::from_ref(call),
            num_filters: 0,
            stop_on_error: false,
        },
    );
    if !outcome.success {
        return Err(Error::failed(outcome.messages.join("\n")).at(name));
    }
    Ok(Done { before, outcome })
}

impl Run {
    fn gather(
        &mut self,
        registry: &Registry,
        arguments: &Local,
        call: &FunctionInvocation,
        done: Done,
    ) {
        let Done {
            before: file,
            outcome,
        } = done;
        let changed = !outcome.changes.is_empty();
        self.changed |= changed;
        let function = registry.find(file.config.toolchain(), &call.function_name);
        let (mutating, validating) = function.map_or((false, false), |function| {
            (function.signature.mutating, function.signature.validating)
        });
        self.validating |= validating;
        let results = outcome
            .outputs
            .get("ValidationResult")
            .and_then(Value::as_array);
        for result in results.into_iter().flatten() {
            let found = finding::findings(&file, result, Severity::Error, "");
            self.failed |= !found.is_empty();
            self.findings.extend(found);
        }
        if arguments.dry_run {
            let name = file.name.as_str();
            let (old, new) = (file.config.text(), outcome.config.text());
            self.difference += &diff::unified((name, &old), (name, &new), 3);
        } else if mutating && !arguments.in_place {
            self.text += &outcome.config.text();
        }
        self.answers.push(json!({
            "File": file.name,
            "Changed": changed,
            "Mutations": mutations_of(&outcome),
            "Outputs": outcome.outputs,
        }));
        if arguments.in_place && changed {
            self.written.push(File {
                name: file.name,
                config: outcome.config,
            });
        }
    }

    fn print(self, arguments: &Local, name: &str, files: &[String], color: Color) -> Result<Exit> {
        let rules = [name];
        let text = match arguments.output {
            Some(Printed::Json) => formats::json(&Value::Array(self.answers))?,
            Some(Printed::Mutations) => {
                let mutations = self.answers.into_iter().map(
                    |answer| json!({"File": answer["File"], "Mutations": answer["Mutations"]}),
                );
                formats::json(&Value::Array(mutations.collect()))?
            }
            Some(Printed::Sarif) => finding::render(&self.findings, &rules, files, Form::Sarif)?,
            Some(Printed::Junit) => finding::render(&self.findings, &rules, files, Form::Junit)?,
            None if arguments.dry_run => diff::coloured(&self.difference, color.on_stdout()),
            None if self.validating => finding::render(&self.findings, &rules, files, Form::Text)?,
            None if !self.text.is_empty() || arguments.in_place => self.text,
            None => plain(&self.answers)?,
        };
        output::print(&text)?;
        Ok(match (self.failed, self.changed && arguments.exit_code) {
            (true, _) => Exit::Failed,
            (_, true) => Exit::UsageOrDifferences,
            _ => Exit::Success,
        })
    }
}

/// What a reading function answers, for people: text as it is, values as `path: value`.
fn plain(answers: &[Value]) -> Result<String> {
    let mut text = String::new();
    for answer in answers {
        for (output_type, rows) in answer["Outputs"].as_object().into_iter().flatten() {
            match (output_type.as_str(), rows) {
                ("YAML", rows) => text += rows["Payload"].as_str().unwrap_or_default(),
                ("AttributeValueList", Value::Array(values)) => {
                    for value in values {
                        let field = |key: &str| crate::record::plain(&value[key]);
                        text += &format!(
                            "{} {} {}: {}\n",
                            field("ResourceType"),
                            field("ResourceName"),
                            field("Path"),
                            field("Value")
                        );
                    }
                }
                (_, rows) => text += &formats::json(rows)?,
            }
        }
    }
    Ok(text)
}
