//! Showing results: data on standard output, everything else on standard error.

pub(crate) mod diff;
pub(crate) mod formats;
pub(crate) mod table;

use std::io::{self, IsTerminal, Write};

use clap::{Args, ValueEnum};
use cubit_configdata::Config;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::record;
use formats::Format;
use table::Listing;

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    pub(crate) fn on_stdout(self) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                !refused && io::stdout().is_terminal()
            }
        }
    }
}

/// Flags that say how a result is shown. The hidden ones are the older spelling.
#[derive(Debug, Default, Args)]
pub(crate) struct Output {
    /// How to print: json, yaml, name, wide, jq=EXPR, custom-columns=HEADER:FIELD,...,
    /// mutations or data
    #[arg(short = 'o', long = "output", value_name = "FORMAT")]
    format: Option<Format>,
    /// Print no headers above columns
    #[arg(long, alias = "no-header")]
    no_headers: bool,
    /// Print nothing on success
    #[arg(long)]
    quiet: bool,
    #[arg(long, hide = true)]
    json: bool,
    #[arg(long, hide = true, value_name = "EXPR")]
    jq: Option<String>,
    #[arg(long, hide = true)]
    names: bool,
}

impl Output {
    /// The form asked for, in the new or the old spelling; a table when none.
    pub(crate) fn format(&self) -> Option<Format> {
        let older = || match &self.jq {
            Some(program) => Some(Format::Jq(program.clone())),
            None if self.json => Some(Format::Json),
            None if self.names => Some(Format::Name),
            None => None,
        };
        self.format.clone().or_else(older)
    }

    /// The plain output of a command whose only choice is `--quiet`.
    pub(crate) fn unless(quiet: bool) -> Self {
        Self {
            quiet,
            ..Self::default()
        }
    }

    /// Whether the form asked for is the data itself rather than a table.
    pub(crate) fn structured(&self) -> bool {
        matches!(
            self.format(),
            Some(Format::Json | Format::Yaml | Format::Jq(_))
        )
    }

    pub(crate) fn quiet(&self) -> bool {
        self.quiet
    }

    pub(crate) fn headers(&self) -> bool {
        !self.no_headers
    }

    /// What a list has to fetch: only what its table shows, or everything.
    pub(crate) fn select(&self, listing: &Listing, asked: Option<&str>) -> Option<String> {
        match (asked, self.format()) {
            (Some("*"), _) => None,
            (Some(asked), _) => Some(asked.to_owned()),
            (None, None) => Some(listing.select(false)),
            (None, Some(Format::Wide)) => Some(listing.select(true)),
            (None, Some(_)) => None,
        }
    }

    /// Prints records as a list.
    pub(crate) fn list(&self, listing: &Listing, records: Vec<Value>) -> Result<()> {
        if self.quiet {
            return Ok(());
        }
        match self.format() {
            None => print(&listing.list(&records, false, self.headers())),
            Some(Format::Wide) => print(&listing.list(&records, true, self.headers())),
            Some(Format::CustomColumns(columns)) => {
                print(&formats::custom_columns(&columns, &records, self.headers()))
            }
            Some(Format::Name) => print(&names(listing, &records)),
            Some(format) => print(&structured(&format, &Value::Array(records))?),
        }
    }

    /// Prints one record with all its columns. `plain` is what the structured
    /// forms print: the entity without its wrapper, where the API's clients
    /// expect it so.
    pub(crate) fn one(&self, listing: &Listing, record: &Value, plain: &Value) -> Result<()> {
        if self.quiet {
            return Ok(());
        }
        let records = std::slice::from_ref(record);
        match self.format() {
            None | Some(Format::Wide) => print(&listing.detail(record)),
            Some(Format::Name) => print(&names(listing, records)),
            Some(Format::CustomColumns(columns)) => {
                print(&formats::custom_columns(&columns, records, self.headers()))
            }
            Some(format) => print(&structured(&format, plain)?),
        }
    }

    /// Says what was done to an entity, or prints the entity when a form was
    /// asked for.
    pub(crate) fn done(&self, done: &str, name: &str, entity: &Value) -> Result<()> {
        if self.quiet {
            return Ok(());
        }
        match self.format() {
            None | Some(Format::Wide) => print(&format!("{done}\n")),
            Some(Format::Name) => print(&format!("{name}\n")),
            Some(Format::CustomColumns(columns)) => {
                let entities = std::slice::from_ref(entity);
                print(&formats::custom_columns(&columns, entities, self.headers()))
            }
            Some(format) => print(&structured(&format, entity)?),
        }
    }
}

fn names(listing: &Listing, records: &[Value]) -> String {
    records
        .iter()
        .map(|record| record::plain(record::at(record, listing.name)) + "\n")
        .collect()
}

/// The forms that need no table.
pub(crate) fn structured(format: &Format, value: &Value) -> Result<String> {
    match format {
        Format::Json => formats::json(value),
        Format::Yaml => formats::yaml(value),
        Format::Jq(program) => formats::jq(program, value),
        Format::Name
        | Format::Wide
        | Format::CustomColumns(_)
        | Format::Mutations
        | Format::Data => Err(
            Error::usage("this command cannot print in the form asked for")
                .hint("use -o json, -o yaml or -o jq=EXPR"),
        ),
    }
}

/// Writes data to standard output.
pub(crate) fn print(text: &str) -> Result<()> {
    print_bytes(text.as_bytes())
}

/// Writes configuration to standard output.
pub(crate) fn print_config(config: &Config) -> Result<()> {
    let mut stdout = io::stdout().lock();
    config
        .write_to(&mut stdout)
        .and_then(|()| stdout.flush())
        .map_err(|error| Error::output(&error))
}

/// Writes data to standard output byte for byte.
pub(crate) fn print_bytes(bytes: &[u8]) -> Result<()> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(bytes)
        .and_then(|()| stdout.flush())
        .map_err(|error| Error::output(&error))
}

/// Says something to the person on standard error. That nobody may be
/// listening there changes nothing.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
