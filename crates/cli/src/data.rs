//! `cubit data`: local configuration files, read and changed without a server
//! and without touching a byte that was not asked for.

mod change;
mod check;
mod file;
mod merge;
mod mutations;
mod replace;
mod show;

use clap::{Args, Subcommand};
use cubit_configdata::{Match, Missing, Path, mutation, resolve};
use serde_json::json;

use crate::error::{Error, Exit, Result};
use crate::output::formats::Format;
use crate::output::{self, Color, Output, diff};
pub(crate) use file::File;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the values at a path
    Get(show::Get),
    /// Set the value at a path, in place
    Set(change::Set),
    /// Delete what is at a path, in place
    Delete(change::Delete),
    /// Show the difference between two files
    Diff(Diff),
    /// Show what changed between two files, path by path
    Mutations(mutations::Mutations),
    /// Bring the changes between two files into others, keeping what is local there
    Merge(merge::Merge),
    /// Take the changes between two files out of others again
    Undo(merge::Undo),
    /// List every path with its value
    Paths(show::Files),
    /// Look for what is likely to be a mistake: keys that stand twice, tabs,
    /// words that YAML readers disagree about; exit with 1 if there is any
    Check(check::Check),
    /// List the resources
    Resources(show::Files),
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// Older file (- for standard input)
    old: String,
    /// Newer file
    new: String,
    /// Exit with 2 when there are differences
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    output: Output,
}

pub(crate) fn run(command: &Command, color: Color) -> Result<Exit> {
    match command {
        Command::Get(arguments) => show::get(arguments).map(|()| Exit::Success),
        Command::Set(arguments) => change::set(arguments, color).map(|()| Exit::Success),
        Command::Delete(arguments) => change::delete(arguments, color).map(|()| Exit::Success),
        Command::Diff(arguments) => difference(arguments, color),
        Command::Mutations(arguments) => mutations::mutations(arguments).map(|()| Exit::Success),
        Command::Merge(arguments) => merge::merge(arguments, color),
        Command::Undo(arguments) => merge::undo(arguments, color),
        Command::Paths(arguments) => show::paths(arguments).map(|()| Exit::Success),
        Command::Check(arguments) => check::check(arguments),
        Command::Resources(arguments) => show::resources(arguments).map(|()| Exit::Success),
    }
}

fn difference(arguments: &Diff, color: Color) -> Result<Exit> {
    let (old, new) = (File::read(&arguments.old)?, File::read(&arguments.new)?);
    let (old_text, new_text) = (old.config.text(), new.config.text());
    if let Some(format) = arguments.output.format() {
        let mutations = mutation::compute(&old.config, &new.config, 0);
        let mutations = json!(mutation::with_index_paths(&mutations, &new.config));
        let format = match format {
            Format::Mutations => Format::Json,
            format => format,
        };
        output::print(&output::structured(&format, &mutations)?)?;
    } else if !arguments.output.quiet() {
        let difference = diff::unified((&old.name, &old_text), (&new.name, &new_text), 3);
        output::print(&diff::coloured(&difference, color.on_stdout()))?;
    }
    Ok(match arguments.exit_code && old_text != new_text {
        true => Exit::UsageOrDifferences,
        false => Exit::Success,
    })
}

/// A path as an argument.
fn parse_path(text: &str) -> Result<Path> {
    Path::parse(text).map_err(|error| Error::usage(error.to_string()))
}

/// What a path names in a file: document by document, only in resources of the
/// given type if there is one.
fn matches<'a>(
    file: &'a File,
    path: &Path,
    resource_type: Option<&str>,
    missing: Missing,
) -> Vec<(usize, Match<'a>)> {
    let wanted: Option<Vec<usize>> = resource_type.map(|wanted| {
        let resources = file.config.resources();
        let resources = resources.filter(|resource| resource.info.resource_type == wanted);
        resources.map(|resource| resource.document).collect()
    });
    let documents = file.config.documents().iter().enumerate();
    documents
        .filter(|(index, _)| wanted.as_ref().is_none_or(|wanted| wanted.contains(index)))
        .flat_map(|(index, document)| {
            let found = match document.root() {
                Some(root) => resolve(root, path, missing),
                None => created(path, missing),
            };
            found.into_iter().map(move |found| (index, found))
        })
        .collect()
}

/// The place that a path has in an empty document.
fn created<'a>(path: &Path, missing: Missing) -> Vec<Match<'a>> {
    let place = path.resolved().filter(|_| missing == Missing::Create);
    let found = place.map(|path| Match {
        path,
        node: None,
        arguments: Vec::new(),
    });
    found.into_iter().collect()
}

/// Splits `FILE... REST`, where the last `N` words are not files.
fn files_and<const N: usize>(words: &[String]) -> Result<(&[String], [&str; N])> {
    let at = words.len().checked_sub(N).filter(|files| *files > 0);
    let (files, rest) =
        words.split_at(at.ok_or_else(|| Error::usage("too few arguments").hint("see --help"))?);
    let mut last = [""; N];
    for (slot, word) in last.iter_mut().zip(rest) {
        *slot = word;
    }
    Ok((files, last))
}
