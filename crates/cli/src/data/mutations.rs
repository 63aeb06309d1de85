//! `cubit data mutations`

use clap::Args;
use cubit_configdata::mutation::{self, MutationType, ResourceMutation};
use serde_json::json;

use super::File;
use super::file::toolchain_of;
use crate::error::Result;
use crate::output::formats::Format;
use crate::output::{self, Output};

#[derive(Debug, Args)]
pub(crate) struct Mutations {
    /// Older file (- for standard input)
    old: String,
    /// Newer file
    new: String,
    #[command(flatten)]
    output: Output,
}

pub(super) fn mutations(arguments: &Mutations) -> Result<()> {
    let names = [arguments.old.as_str(), arguments.new.as_str()];
    let toolchain = toolchain_of(names.into_iter());
    let [old, new] = names.map(|name| File::read_with(name, toolchain));
    let (old, new) = (old?, new?);
    let mutations = mutation::compute(&old.config, &new.config, 0);
    match arguments.output.format() {
        None => output::print(&mutations.iter().map(lines).collect::<String>()),
        Some(format) => {
            let shown = json!(mutation::with_index_paths(&mutations, &new.config));
            let format = match format {
                Format::Mutations => Format::Json,
                format => format,
            };
            output::print(&output::structured(&format, &shown)?)
        }
    }
}

/// What changed in one resource, a line a path; the value is the new one, or the removed one.
fn lines(mutation: &ResourceMutation) -> String {
    let resource = &mutation.resource;
    let line = |kind: MutationType, path: &str, value: &str| {
        let words: Vec<&str> = value.split_whitespace().collect();
        let parts = [
            resource.resource_type.as_str(),
            resource.resource_name.as_str(),
            path,
        ];
        let said = |part: &&str| !matches!(*part, "" | "NoSchema" | "NoName");
        let parts: Vec<&str> = parts.into_iter().filter(said).collect();
        let place = format!("{:<7} {}", format!("{kind:?}"), parts.join(" "));
        match path {
            "" => format!("{place}\n"),
            _ => format!("{place}: {}\n", words.join(" ")),
        }
    };
    let own = &mutation.resource_mutation_info;
    let whole = match own.mutation_type {
        MutationType::Update | MutationType::None => String::new(),
        kind => line(kind, "", ""),
    };
    let paths = mutation.path_mutation_map.iter();
    let paths = paths.map(|(path, info)| line(info.mutation_type, path, &info.value));
    whole + &paths.collect::<String>()
}
