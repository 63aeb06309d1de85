//! `cubit data merge` and `undo`

use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use cubit_configdata::merge::{self, Local, MergeError, MergeOptions, Merged, Strategy};
use cubit_configdata::{Missing, Path};

use super::file::toolchain_of;
use super::{File, matches, parse_path};
use crate::error::{Error, Exit, Result};
use crate::merge_report;
use crate::output::{self, Color, diff};

/// Flags of both.
#[derive(Debug, Args)]
pub(crate) struct Merging {
    /// What to do where both sides changed a place
    #[arg(
        long,
        value_enum,
        value_name = "STRATEGY",
        default_value = "keep-local"
    )]
    strategy: Choice,
    /// Take the other side at this path and below; may be repeated
    #[arg(long, value_name = "PATH")]
    take_upstream: Vec<String>,
    /// Keep the local value at this path and below; may be repeated
    #[arg(long, value_name = "PATH")]
    keep_local: Vec<String>,
    /// Form of the report on standard error
    #[arg(long, value_enum, value_name = "FORM", default_value = "text")]
    report: Form,
    /// Print the result instead of writing the files
    #[arg(long)]
    stdout: bool,
    /// Show what would change and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Show what changes
    #[arg(long)]
    diff: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Choice {
    /// The local value stays
    KeepLocal,
    /// The other side is taken
    TakeUpstream,
    /// Nothing is merged
    Fail,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Text,
    Json,
    None,
}

#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// What the other side started from
    #[arg(long, value_name = "FILE")]
    base: String,
    /// What the other side became
    #[arg(long, value_name = "FILE")]
    theirs: String,
    /// Files that get the change (- for standard input to standard output)
    #[arg(required = true, value_name = "OURS")]
    ours: Vec<String>,
    #[command(flatten)]
    merging: Merging,
}

#[derive(Debug, Args)]
pub(crate) struct Undo {
    /// The text before the change
    #[arg(long, value_name = "FILE")]
    before: String,
    /// The text after the change
    #[arg(long, value_name = "FILE")]
    after: String,
    /// Files that lose the change again (- for standard input to standard output)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    #[command(flatten)]
    merging: Merging,
}

pub(super) fn merge(arguments: &Merge, color: Color) -> Result<Exit> {
    let change = (arguments.base.as_str(), arguments.theirs.as_str());
    run(change, &arguments.ours, &arguments.merging, color)
}

pub(super) fn undo(arguments: &Undo, color: Color) -> Result<Exit> {
    let change = (arguments.after.as_str(), arguments.before.as_str());
    run(change, &arguments.files, &arguments.merging, color)
}

/// Merges a change, from the first file to the second, into all files, or into none when one
/// cannot be.
fn run(change: (&str, &str), files: &[String], flags: &Merging, color: Color) -> Result<Exit> {
    let rules = rules(flags)?;
    let options = MergeOptions {
        local: Local::Differences,
        strategy: match flags.strategy {
            Choice::KeepLocal => Strategy::KeepLocal,
            Choice::TakeUpstream => Strategy::TakeUpstream,
            Choice::Fail => Strategy::Fail,
        },
        paths: &rules,
    };
    let (base, theirs) = change;
    let names = [base, theirs].into_iter();
    let toolchain = toolchain_of(names.chain(files.iter().map(String::as_str)));
    let base = File::read_with(base, toolchain)?;
    let theirs = File::read_with(theirs, toolchain)?;
    let mut results: Vec<(File, Merged)> = Vec::new();
    let mut differences = String::new();
    for name in files {
        let ours = File::read_with(name, toolchain)?;
        let merged = merge::merge(&base.config, &theirs.config, &ours.config, &options);
        let merged = merged.map_err(|error| failure(name, &error))?;
        if flags.diff || flags.dry_run {
            let (before, after) = (ours.config.text(), merged.config.text());
            differences += &diff::unified((name, &before), (name, &after), 3);
        }
        results.push((ours, merged));
    }
    for path in unfitting(flags, &rules, &base, &theirs, &results) {
        output::say(&format!(
            "warning: nothing is at `{path}` in any of the files"
        ));
    }
    report(&results, flags.report)?;
    let held = results
        .iter()
        .any(|(_, merged)| merged.held_back().next().is_some());
    for (ours, merged) in results {
        let unchanged = ours.config.text() == merged.config.text();
        let file = File {
            config: merged.config,
            ..ours
        };
        if flags.dry_run {
            continue;
        }
        if flags.stdout {
            output::print_config(&file.config)?;
        } else if !unchanged || file.name == "-" {
            file.write()?;
        }
    }
    output::print(&diff::coloured(&differences, color.on_stdout()))?;
    Ok(match held {
        true => Exit::UsageOrDifferences,
        false => Exit::Success,
    })
}

fn rules(flags: &Merging) -> Result<Vec<(Path, Strategy)>> {
    let take = flags.take_upstream.iter();
    let keep = flags.keep_local.iter();
    take.map(|path| (path, Strategy::TakeUpstream))
        .chain(keep.map(|path| (path, Strategy::KeepLocal)))
        .map(|(path, strategy)| Ok((parse_path(path)?, strategy)))
        .collect()
}

/// The paths of `--take-upstream` and `--keep-local` at which nothing is on any side.
fn unfitting<'f>(
    flags: &'f Merging,
    rules: &[(Path, Strategy)],
    base: &File,
    theirs: &File,
    results: &[(File, Merged)],
) -> Vec<&'f str> {
    let files = || {
        let ours = results.iter().map(|(ours, _)| ours);
        [base, theirs].into_iter().chain(ours)
    };
    let is_there = |path| files().any(|file| !matches(file, path, None, Missing::Skip).is_empty());
    let given = flags.take_upstream.iter().chain(&flags.keep_local);
    given
        .zip(rules)
        .filter(|(_, (path, _))| !is_there(path))
        .map(|(text, _)| text.as_str())
        .collect()
}

fn failure(name: &str, error: &MergeError) -> Error {
    match error {
        MergeError::HeldBack { held } => {
            let mut message = match held.len() {
                1 => "a change meets a local one:".to_owned(),
                count => format!("{count} changes meet local ones:"),
            };
            for line in held {
                let _ = write!(message, "\n  {}", merge_report::told(line));
            }
            Error::new(Exit::Conflict, message)
                .at(name)
                .hint("choose with --take-upstream PATH or --keep-local PATH")
        }
        error => Error::failed(error.to_string()).at(name),
    }
}

fn report(results: &[(File, Merged)], form: Form) -> Result<()> {
    match form {
        Form::None => {}
        Form::Json => {
            let files: Vec<_> = results
                .iter()
                .map(|(file, merged)| {
                    serde_json::json!({"File": file.name, "Report": merged.report})
                })
                .collect();
            let text = serde_json::to_string_pretty(&files);
            let text = text.map_err(|error| Error::failed(error.to_string()))?;
            output::say(&text);
        }
        Form::Text => {
            for (file, merged) in results {
                if results.len() > 1 && !merged.report.is_empty() {
                    output::say(&format!("{}:", file.name));
                }
                for line in &merged.report {
                    output::say(&merge_report::told(line));
                }
            }
        }
    }
    Ok(())
}
