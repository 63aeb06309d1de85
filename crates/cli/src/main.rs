//! The `cubit` command line.
//!
//! One module a noun (`space`, `unit`, ...), each with its arguments, its
//! columns and what its verbs do. Data goes to standard output, everything
//! else to standard error; [`error::Exit`] lists the exit codes. Nothing is
//! read or connected before the arguments are parsed, so that `--version` and
//! completion answer at once.

mod admin;
mod audit;
mod auth;
mod change_set;
mod completion;
mod context;
mod contexts;
mod data;
mod demo;
mod directories;
mod entity;
mod error;
mod finding;
mod function;
mod input;
mod merge_report;
mod mutation;
mod output;
mod record;
mod reference;
mod revision;
mod revision_argument;
mod selection;
mod serve;
mod session;
mod space;
mod unit;
mod vet;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use error::{Exit, Result};
use session::{Global, Session};

/// Configuration as data: store it, change it with functions, see who changed what
#[derive(Debug, Parser)]
#[command(
    name = "cubit",
    version,
    max_term_width = 100,
    disable_help_subcommand = true
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Spaces: the containers of units
    #[command(subcommand)]
    Space(space::Command),
    /// Units: configuration documents
    #[command(subcommand)]
    Unit(unit::Command),
    /// Change sets: changes of many units that belong together
    #[command(subcommand, visible_alias = "change-set")]
    Changeset(change_set::Command),
    /// Tags: names for revisions of many units
    #[command(subcommand)]
    Tag(entity::Command<entity::Tag>),
    /// Triggers: functions that run when units change
    #[command(subcommand)]
    Trigger(entity::Command<entity::Trigger>),
    /// Invocations: calls of functions that are kept
    #[command(subcommand)]
    Invocation(entity::Command<entity::Invocation>),
    /// Links: units that take values from others
    #[command(subcommand)]
    Link(entity::Command<entity::Link>),
    /// Filters: selections that are kept
    #[command(subcommand)]
    Filter(entity::Command<entity::Filter>),
    /// Views: columns for what a filter selects
    #[command(subcommand)]
    View(entity::Command<entity::View>),
    /// Targets: places that units are applied to
    #[command(subcommand)]
    Target(entity::Command<entity::Target>),
    /// Workers: programs that apply units to targets
    #[command(subcommand)]
    Worker(entity::Command<entity::Worker>),
    /// Functions: change, check and read configuration in many units at once
    #[command(subcommand)]
    Function(function::Command),
    /// Revisions: the stored versions of a unit
    #[command(subcommand)]
    Revision(revision::Command),
    /// Mutations: the single changes inside revisions
    #[command(subcommand)]
    Mutation(mutation::Command),
    /// Local configuration files, without a server
    #[command(subcommand)]
    Data(data::Command),
    /// Check local configuration files, without a server
    Vet(vet::Vet),
    /// Run the server
    Serve(Box<serve::Serve>),
    /// Look after the database of a server, beside the server
    #[command(subcommand)]
    Admin(admin::Command),
    /// The audit: who did what, and who was refused what
    #[command(subcommand)]
    Audit(audit::Command),
    /// Signing in
    #[command(subcommand)]
    Auth(auth::Command),
    /// Known servers and the space to work in
    #[command(subcommand)]
    Context(context::Command),
    /// Print a completion script for a shell
    Completion(completion::Completion),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Usage errors go to standard error with code 2, help and version
            // to standard output with code 0; a closed pipe changes nothing.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let exit = run(&cli).unwrap_or_else(|error| {
        if error.exit != Exit::Success {
            output::say(&error.to_string());
        }
        error.exit
    });
    ExitCode::from(exit as u8)
}

fn run(cli: &Cli) -> Result<Exit> {
    let global = &cli.global;
    let session = || Session::open(global);
    match &cli.command {
        Command::Space(command) => space::run(command, &session()?),
        Command::Unit(command) => unit::run(command, &session()?),
        Command::Changeset(command) => change_set::run(command, &session()?),
        Command::Tag(command) => entity::run(command, &session()?),
        Command::Trigger(command) => entity::run(command, &session()?),
        Command::Invocation(command) => entity::run(command, &session()?),
        Command::Link(command) => entity::run(command, &session()?),
        Command::Filter(command) => entity::run(command, &session()?),
        Command::View(command) => entity::run(command, &session()?),
        Command::Target(command) => entity::run(command, &session()?),
        Command::Worker(command) => entity::run(command, &session()?),
        Command::Function(command) => function::run(command, global.color, session),
        Command::Revision(command) => revision::run(command, &session()?),
        Command::Mutation(command) => mutation::run(command, &session()?),
        Command::Data(command) => data::run(command, global.color),
        Command::Vet(arguments) => vet::run(arguments),
        Command::Serve(arguments) => serve::run(arguments),
        Command::Admin(command) => admin::run(command),
        Command::Audit(command) => audit::run(command, &session()?),
        Command::Auth(command) => auth::run(command, global),
        Command::Context(command) => context::run(command, global),
        Command::Completion(completion) => completion::run(completion),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_fit_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_of_the_main_commands() {
        for path in [
            &["cubit"][..],
            &["cubit", "unit"],
            &["cubit", "unit", "update"],
            &["cubit", "function", "do"],
            &["cubit", "data", "set"],
        ] {
            let arguments = path.iter().chain(&["--help"]);
            let help = Cli::try_parse_from(arguments).unwrap_err().to_string();
            insta::assert_snapshot!(path.join("-"), help);
        }
    }
}
