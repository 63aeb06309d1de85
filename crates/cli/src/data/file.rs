//! A configuration file on disk, or standard input.

use std::path::Path;

use cubit_configdata::{Config, Document, EditError, ParseError, Position, Toolchain};

use super::replace::replace;
use crate::error::{Error, Result};
use crate::input;
use crate::output;

pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) config: Config,
}

/// The toolchain of files that go together: the first that one of their names tells.
pub(crate) fn toolchain_of<'n>(mut names: impl Iterator<Item = &'n str>) -> Toolchain {
    names
        .find_map(Toolchain::of_file)
        .unwrap_or(Toolchain::KubernetesYaml)
}

impl File {
    pub(crate) fn read(name: &str) -> Result<Self> {
        Self::parse(name, input::read(name)?)
    }

    /// Reads a file that goes with others of a toolchain. Its name may tell
    /// none, such as that of standard input, but no other.
    pub(crate) fn read_with(name: &str, toolchain: Toolchain) -> Result<Self> {
        if let Some(own) = Toolchain::of_file(name).filter(|own| *own != toolchain) {
            let message = format!("expected {toolchain} as in the other files, not {own}");
            return Err(Error::usage(message).at(name));
        }
        Self::parse_as(name, input::read(name)?, toolchain)
    }

    pub(crate) fn parse(name: &str, bytes: Vec<u8>) -> Result<Self> {
        Self::parse_as(
            name,
            bytes,
            Toolchain::of_file(name).unwrap_or(Toolchain::KubernetesYaml),
        )
    }

    pub(crate) fn parse_as(name: &str, bytes: Vec<u8>, toolchain: Toolchain) -> Result<Self> {
        let config = Config::parse_owned(toolchain, bytes).map_err(|error| {
            let ParseError {
                line,
                column,
                message,
            } = error;
            Error::failed(message).at(format!("{name}:{line}:{column}"))
        })?;
        Ok(Self {
            name: name.to_owned(),
            config,
        })
    }

    /// Writes the text back; to standard output when it came from standard
    /// input.
    pub(crate) fn write(&self) -> Result<()> {
        if self.name == "-" {
            return output::print_config(&self.config);
        }
        replace(Path::new(&self.name), |file| self.config.write_to(file))
            .map_err(|error| Error::file(&self.name, &error))
    }

    pub(crate) fn refused(&self, error: &EditError) -> Error {
        let place = self.place(error.position);
        Error::failed(format!("cannot change `{}`: {}", error.path, error.reason)).at(place)
    }

    pub(crate) fn place(&self, position: Position) -> String {
        format!("{}:{}:{}", self.name, position.line, position.column)
    }

    pub(crate) fn document(&self, index: usize) -> Option<&Document> {
        self.config.documents().get(index).map(AsRef::as_ref)
    }
}
