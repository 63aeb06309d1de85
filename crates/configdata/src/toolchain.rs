//! Toolchain types: which format a text has and how its resources are named.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::env::Env;
use crate::format::Format;
use crate::hcl::Hcl;
use crate::ini::Ini;
use crate::json::Json;
use crate::plain_text::PlainText;
use crate::properties::Properties;
use crate::toml::Toml;
use crate::yaml::Yaml;

/// The format family of a unit, fixed when the unit is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Toolchain {
    /// Kubernetes manifests, one resource a document.
    KubernetesYaml,
    /// Entities of the hub itself, one a document.
    ConfigHubYaml,
    /// Java properties.
    AppConfigProperties,
    /// Sections of keys and values.
    AppConfigIni,
    /// Assignments of environment variables.
    AppConfigEnv,
    /// TOML.
    AppConfigToml,
    /// JSON, comments allowed.
    AppConfigJson,
    /// YAML that is no Kubernetes resource.
    AppConfigYaml,
    /// Any other text.
    AppConfigText,
    /// Terraform and OpenTofu modules.
    OpenTofuHcl,
}

/// What is known of a toolchain.
struct Row {
    toolchain: Toolchain,
    /// Wire name; the only place that spells it.
    name: &'static str,
    /// Endings of its files, the usual one first.
    endings: &'static [&'static str],
}

const fn row(toolchain: Toolchain, name: &'static str, endings: &'static [&'static str]) -> Row {
    Row {
        toolchain,
        name,
        endings,
    }
}

/// Every toolchain, in the order they are listed to people. An ending belongs to the first that
/// has it.
const TOOLCHAINS: [Row; 10] = [
    row(
        Toolchain::KubernetesYaml,
        "Kubernetes/YAML",
        &["yaml", "yml"],
    ),
    row(Toolchain::ConfigHubYaml, "ConfigHub/YAML", &["yaml"]),
    row(
        Toolchain::AppConfigProperties,
        "AppConfig/Properties",
        &["properties"],
    ),
    row(
        Toolchain::AppConfigIni,
        "AppConfig/INI",
        &["ini", "cnf", "conf"],
    ),
    row(Toolchain::AppConfigEnv, "AppConfig/Env", &["env"]),
    row(Toolchain::AppConfigToml, "AppConfig/TOML", &["toml"]),
    row(
        Toolchain::AppConfigJson,
        "AppConfig/JSON",
        &["json", "jsonc"],
    ),
    row(Toolchain::AppConfigYaml, "AppConfig/YAML", &["yaml"]),
    row(Toolchain::AppConfigText, "AppConfig/Text", &["txt", "md"]),
    row(
        Toolchain::OpenTofuHcl,
        "OpenTofu/HCL",
        &["tf", "tofu", "hcl", "tfvars"],
    ),
];

impl Toolchain {
    /// Every toolchain, in the order they are listed to people.
    pub fn all() -> impl Iterator<Item = Self> {
        TOOLCHAINS.iter().map(|row| row.toolchain)
    }

    fn row(self) -> Option<&'static Row> {
        TOOLCHAINS.iter().find(|row| row.toolchain == self)
    }

    /// The name on the wire, such as `Kubernetes/YAML`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().map_or("", |row| row.name)
    }

    /// The usual ending of its files, without a dot.
    #[must_use]
    pub fn file_ending(self) -> &'static str {
        self.row()
            .and_then(|row| row.endings.first())
            .copied()
            .unwrap_or_default()
    }

    /// The toolchain that the name of a file tells by its ending, such as `app.properties` or
    /// `.env.production`; a YAML file is taken for a Kubernetes manifest.
    #[must_use]
    pub fn of_file(path: &str) -> Option<Self> {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        if name.starts_with(".env") {
            return Some(Self::AppConfigEnv);
        }
        let (_, ending) = name.rsplit_once('.')?;
        TOOLCHAINS
            .iter()
            .find(|row| row.endings.contains(&ending))
            .map(|row| row.toolchain)
    }

    /// How its text is read and edited.
    pub(crate) fn format(self) -> &'static dyn Format {
        match self {
            Self::KubernetesYaml | Self::ConfigHubYaml | Self::AppConfigYaml => &Yaml,
            Self::AppConfigProperties => &Properties,
            Self::AppConfigEnv => &Env,
            Self::AppConfigText => &PlainText,
            Self::AppConfigIni => &Ini,
            Self::AppConfigJson => &Json,
            Self::AppConfigToml => &Toml,
            Self::OpenTofuHcl => &Hcl,
        }
    }

    /// Whether it is one of the application formats, which share how resources are named.
    #[must_use]
    pub fn is_app_config(self) -> bool {
        self.name().starts_with("AppConfig/")
    }
}

/// A toolchain name nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown toolchain type {0:?}: expected one of {list}", list = TOOLCHAINS.map(|row| row.name).join(", "))]
pub struct UnknownToolchain(pub String);

impl FromStr for Toolchain {
    type Err = UnknownToolchain;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        TOOLCHAINS
            .iter()
            .find(|row| row.name == text)
            .map(|row| row.toolchain)
            .ok_or_else(|| UnknownToolchain(text.to_owned()))
    }
}

impl TryFrom<String> for Toolchain {
    type Error = UnknownToolchain;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Toolchain> for String {
    fn from(toolchain: Toolchain) -> Self {
        toolchain.name().to_owned()
    }
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_tell_the_toolchain() {
        for (name, expected) in [
            ("deploy/web.yaml", Some(Toolchain::KubernetesYaml)),
            ("-", None),
            ("app.properties", Some(Toolchain::AppConfigProperties)),
            ("my.cnf", Some(Toolchain::AppConfigIni)),
            (".env", Some(Toolchain::AppConfigEnv)),
            ("deploy/.env.production", Some(Toolchain::AppConfigEnv)),
            ("Cargo.toml", Some(Toolchain::AppConfigToml)),
            ("settings.jsonc", Some(Toolchain::AppConfigJson)),
            ("README.md", Some(Toolchain::AppConfigText)),
            ("prod.tfvars", Some(Toolchain::OpenTofuHcl)),
            ("a.tar/noending", None),
        ] {
            assert_eq!(Toolchain::of_file(name), expected, "{name}");
        }
    }
}
