//! `cubit vet`: the validations that make sense for any file, without a server.

use clap::Args;
use cubit_configdata::Toolchain;
use cubit_functions::{Execution, FunctionContext, FunctionInvocation, Many, execute, registry};

use crate::data::File;
use crate::error::{Error, Exit, Result};
use crate::finding::{Finding, Form, Severity, findings, render};
use crate::output;

#[derive(Debug, Args)]
pub(crate) struct Vet {
    /// Files (- for standard input)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// How to print what is found
    #[arg(short, long, value_enum, default_value_t = Form::Text, value_name = "FORMAT")]
    output: Form,
    /// Fail on warnings, too
    #[arg(long)]
    strict: bool,
    /// Toolchain type of files whose name does not tell it
    #[arg(short, long, value_name = "TYPE")]
    toolchain: Option<Toolchain>,
}

/// One validation: a function, its arguments, how bad it is when it does not pass, and what to do
/// about it.
struct Check {
    function: &'static str,
    arguments: &'static [&'static str],
    severity: Severity,
    hint: &'static str,
}

const fn error(function: &'static str, hint: &'static str) -> Check {
    Check {
        function,
        arguments: &[],
        severity: Severity::Error,
        hint,
    }
}

const fn warning(function: &'static str, hint: &'static str) -> Check {
    Check {
        severity: Severity::Warning,
        ..error(function, hint)
    }
}

/// The sensible set. What a toolchain does not have is left out for it.
const CHECKS: &[Check] = &[
    error("vet-schemas", ""),
    error("vet-merge-keys", "give each element a key of its own"),
    error("vet-duplicate-resources", "remove one of them"),
    error("vet-selectors", ""),
    error("vet-ports", ""),
    error("vet-secrets", "keep it in a Secret or a secret store"),
    warning("vet-references", ""),
    warning("vet-format", ""),
    warning("vet-placeholders", "fill the value in before it is applied"),
    warning("vet-deprecated-apis", ""),
];

pub(crate) fn run(arguments: &Vet) -> Result<Exit> {
    let mut all = Vec::new();
    Many::default().run(
        arguments.files.iter(),
        |name| in_file(name, arguments.toolchain),
        |_, found| {
            all.extend(found?);
            Ok::<(), Error>(())
        },
    )?;
    let rules: Vec<&str> = CHECKS.iter().map(|check| check.function).collect();
    output::print(&render(&all, &rules, &arguments.files, arguments.output)?)?;
    let worst = all.iter().map(|finding| finding.severity).max();
    Ok(match worst {
        Some(Severity::Error) => Exit::Failed,
        Some(Severity::Warning) if arguments.strict => Exit::Failed,
        _ => Exit::Success,
    })
}

fn in_file(name: &str, toolchain: Option<Toolchain>) -> Result<Vec<Finding>> {
    let bytes = crate::input::read(name)?;
    let parsed = match toolchain {
        Some(toolchain) => File::parse_as(name, bytes, toolchain),
        None => File::parse(name, bytes),
    };
    let file = match parsed {
        Ok(file) => file,
        Err(error) => return Ok(vec![unreadable(name, &error)]),
    };
    let mut found: Vec<Finding> = file
        .config
        .resource_errors()
        .map(|error| Finding {
            file: name.to_owned(),
            position: Some(error.position),
            severity: Severity::Error,
            rule: "resource".to_owned(),
            message: error.message,
            hint: "",
        })
        .collect();
    // Functions take resources only; the place of what is none is told above.
    if !found.is_empty() {
        return Ok(found);
    }
    let context = FunctionContext {
        toolchain: file.config.toolchain(),
        ..FunctionContext::default()
    };
    for check in CHECKS {
        if registry()
            .find(file.config.toolchain(), check.function)
            .is_none()
        {
            continue;
        }
        let outcome = execute(Execution {
            context: &context,
            config: file.config.clone(),
            invocations: &[FunctionInvocation::new(
                check.function,
                check.arguments.iter().copied(),
            )],
            num_filters: 0,
            stop_on_error: false,
        });
        found.extend(outcome.messages.iter().map(|message| Finding {
            file: name.to_owned(),
            position: None,
            severity: Severity::Error,
            rule: check.function.to_owned(),
            message: message.clone(),
            hint: "",
        }));
        let results = outcome.outputs.get("ValidationResult");
        for result in results
            .and_then(|results| results.as_array())
            .into_iter()
            .flatten()
        {
            found.extend(findings(&file, result, check.severity, check.hint));
        }
    }
    found.sort_by_key(|finding| finding.position);
    Ok(found)
}

/// That a file cannot be read as what it is, is a finding, too.
fn unreadable(name: &str, error: &Error) -> Finding {
    let position = error.place.as_ref().and_then(|place| {
        let mut numbers = place.rsplitn(3, ':');
        let column = numbers.next()?.parse().ok()?;
        let line = numbers.next()?.parse().ok()?;
        Some(cubit_configdata::Position { line, column })
    });
    Finding {
        file: name.to_owned(),
        position,
        severity: Severity::Error,
        rule: "syntax".to_owned(),
        message: error.message.clone(),
        hint: "",
    }
}
