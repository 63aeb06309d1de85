//! `cubit unit create`

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use clap::Args;
use cubit_client::CreateUnit;
use cubit_configdata::Toolchain;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::input::{self, Entity, Removal};
use crate::output::Output;
use crate::record;
use crate::reference::slug_for;
use crate::session::Session;

#[derive(Debug, Args)]
pub(crate) struct Create {
    /// Name of the new unit
    name: String,
    /// File with its configuration (- for standard input)
    #[arg(conflicts_with = "upstream_unit")]
    file: Option<String>,
    /// Unit to clone: NAME, SPACE/NAME or id
    #[arg(long, value_name = "UNIT")]
    upstream_unit: Option<String>,
    /// Space of the unit to clone
    #[arg(long, value_name = "SPACE", requires = "upstream_unit")]
    upstream_space: Option<String>,
    /// Toolchain type; by the file's name when not given
    #[arg(short, long, value_name = "TYPE")]
    toolchain: Option<String>,
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    change_desc: Option<String>,
    #[command(flatten)]
    entity: Entity,
    /// Take the unit that already has the name instead of failing
    #[arg(long)]
    allow_exists: bool,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(arguments: &Create, session: &Session) -> Result<()> {
    let space = session.space()?;
    let (slug, display_name) = slug_for(&arguments.name)?;
    let mut unit = arguments.entity.fields(Removal::Meaningless)?;
    unit.insert("Slug".into(), slug.clone().into());
    if let Some(name) = display_name {
        unit.entry("DisplayName").or_insert_with(|| name.into());
    }
    if let Some(description) = &arguments.change_desc {
        unit.insert("LastChangeDescription".into(), description.clone().into());
    }
    if let Some(file) = &arguments.file {
        let data = BASE64_STANDARD.encode(input::read(file)?);
        unit.insert("Data".into(), data.into());
    }
    // A clone has the toolchain type of its upstream.
    match (&arguments.toolchain, &arguments.upstream_unit) {
        (Some(toolchain), _) => {
            unit.insert("ToolchainType".into(), toolchain.clone().into());
        }
        (None, None) => {
            let toolchain = arguments.file.as_deref().and_then(Toolchain::of_file);
            let toolchain = toolchain.unwrap_or(Toolchain::KubernetesYaml).name();
            unit.entry("ToolchainType")
                .or_insert_with(|| toolchain.into());
        }
        (None, Some(_)) => {}
    }
    let query = upstream(arguments, session)?;
    let created: Value = session.client.create_unit(space.id, &unit, query)?;
    let id = record::text(&created, "UnitID");
    let done = format!("created unit {}/{slug} ({id})", space.slug);
    arguments.output.done(&done, &slug, &created)
}

fn upstream(arguments: &Create, session: &Session) -> Result<CreateUnit> {
    let mut query = CreateUnit {
        allow_exists: arguments.allow_exists,
        ..CreateUnit::default()
    };
    if let Some(unit) = &arguments.upstream_unit {
        let name = match &arguments.upstream_space {
            Some(_) if unit.contains('/') => {
                return Err(Error::usage("the space to clone from is given twice"));
            }
            Some(space) => format!("{space}/{unit}"),
            None => unit.clone(),
        };
        let upstream = session.find_unit(&name)?;
        query.upstream_space_id = Some(upstream.space);
        query.upstream_unit_id = Some(upstream.id);
    }
    Ok(query)
}
