//! `cubit completion`

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::error::{Exit, Result};
use crate::output;

#[derive(Debug, Args)]
pub(crate) struct Completion {
    /// The shell to complete for
    shell: Shell,
}

pub(crate) fn run(arguments: &Completion) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut crate::Cli::command(),
        "cubit",
        &mut script,
    );
    output::print_bytes(&script)?;
    Ok(Exit::Success)
}
