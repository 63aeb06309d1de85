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

/// Wire name of every toolchain; the only place that spells them.
const NAMES: [(Toolchain, &str); 10] = [
    (Toolchain::KubernetesYaml, "Kubernetes/YAML"),
    (Toolchain::ConfigHubYaml, "ConfigHub/YAML"),
    (Toolchain::AppConfigProperties, "AppConfig/Properties"),
    (Toolchain::AppConfigIni, "AppConfig/INI"),
    (Toolchain::AppConfigEnv, "AppConfig/Env"),
    (Toolchain::AppConfigToml, "AppConfig/TOML"),
    (Toolchain::AppConfigJson, "AppConfig/JSON"),
    (Toolchain::AppConfigYaml, "AppConfig/YAML"),
    (Toolchain::AppConfigText, "AppConfig/Text"),
    (Toolchain::OpenTofuHcl, "OpenTofu/HCL"),
];

impl Toolchain {
    /// Every toolchain, in the order they are listed to people.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|(toolchain, _)| *toolchain)
    }

    /// The name on the wire, such as `Kubernetes/YAML`.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES
            .iter()
            .find(|(toolchain, _)| *toolchain == self)
            .map_or("", |(_, name)| name)
    }

    /// Whether text of this toolchain is read as documents with paths. The others are kept as
    /// plain text: stored and shown, but not addressable.
    #[must_use]
    pub fn is_structured(self) -> bool {
        matches!(
            self,
            Self::KubernetesYaml
                | Self::ConfigHubYaml
                | Self::AppConfigYaml
                | Self::AppConfigProperties
                | Self::AppConfigIni
                | Self::AppConfigEnv
                | Self::AppConfigToml
                | Self::AppConfigJson
                | Self::AppConfigText
                | Self::OpenTofuHcl
        )
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
#[error("unknown toolchain type {0:?}: expected one of {list}", list = NAMES.map(|(_, name)| name).join(", "))]
pub struct UnknownToolchain(pub String);

impl FromStr for Toolchain {
    type Err = UnknownToolchain;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        NAMES
            .iter()
            .find(|(_, name)| *name == text)
            .map(|(toolchain, _)| *toolchain)
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
