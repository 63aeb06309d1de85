//! `cubit data check`

use clap::Args;

use super::File;
use crate::error::{Exit, Result};
use crate::{input, output};

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Files (- for standard input)
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
}

/// Prints what is found, a line each. That there is something is the answer,
/// not a failure to give one.
pub(super) fn check(arguments: &Check) -> Result<Exit> {
    let mut found = Vec::new();
    for name in &arguments.files {
        found.extend(findings(name, input::read(name)?));
    }
    output::print(&found.concat())?;
    Ok(match found.is_empty() {
        true => Exit::Success,
        false => Exit::Failed,
    })
}

/// `file:line:column: message` for everything found. That a file cannot be read
/// as what it is, is a finding too.
fn findings(name: &str, bytes: Vec<u8>) -> Vec<String> {
    match File::parse(name, bytes) {
        Ok(file) => cubit_configdata::check(&file.config)
            .into_iter()
            .map(|finding| format!("{}: {}\n", file.place(finding.position), finding.message))
            .collect(),
        Err(error) => {
            let place = error.place.unwrap_or_else(|| name.to_owned());
            vec![format!("{place}: {}\n", error.message)]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::findings;

    #[test]
    fn findings_are_lines() {
        for (name, text, expected) in [
            ("a.yaml", "a: 1\n", ""),
            (
                "a.yaml",
                "a: yes\na: 2\n",
                "a.yaml:1:4: yes is true in YAML 1.1 and text in YAML 1.2\n\
                 a.yaml:2:1: the key \"a\" stands in this map already: the last one counts\n",
            ),
            ("a.tf", "a = yes\n", ""),
            (
                "a.tf",
                "a = \n",
                "a.tf:1:5: expected a value, found the end of the line\n",
            ),
        ] {
            assert_eq!(findings(name, text.into()).concat(), expected, "{text}");
        }
    }
}
