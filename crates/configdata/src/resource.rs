//! Resources: how a document says what it is (section 3.1 of the function engine).

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::document::Document;
use crate::path::{ResolvedPath, Step};
use crate::toolchain::Toolchain;
use crate::tree::{NodeRef, Position};

/// Identity of one resource inside the data of a unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ResourceInfo {
    /// Name with its scope; for Kubernetes `namespace/name`, with nothing before the slash when
    /// there is no namespace.
    pub resource_name: String,
    /// Name without its scope.
    pub resource_name_without_scope: String,
    /// Type; for Kubernetes `apiVersion/kind`.
    pub resource_type: String,
    /// Category: `Resource`, `AppConfig`, or for blocks of HCL `Resource`, `DynamicData` and
    /// `Invalid`.
    pub resource_category: String,
}

/// A document that is a resource.
#[derive(Clone, Debug)]
pub struct Resource<'a> {
    /// What it is.
    pub info: ResourceInfo,
    /// Position of its document in [`Config::documents`].
    pub document: usize,
    /// Its value.
    pub root: NodeRef<'a>,
}

/// Why a document is no resource of its toolchain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{position}: {message}")]
pub struct ResourceError {
    /// Position of the document in [`Config::documents`].
    pub document: usize,
    /// Where the document's value starts.
    pub position: Position,
    /// What is missing.
    pub message: String,
}

impl Config {
    /// The resources in document order; documents that are none are left out.
    pub fn resources(&self) -> impl Iterator<Item = Resource<'_>> {
        self.documents_with_resources().filter_map(Result::ok)
    }

    /// The documents that hold something but are no resource.
    pub fn resource_errors(&self) -> impl Iterator<Item = ResourceError> {
        self.documents_with_resources().filter_map(Result::err)
    }

    /// Every document that holds something, as a resource or as the reason why it is none.
    pub fn documents_with_resources(
        &self,
    ) -> impl Iterator<Item = Result<Resource<'_>, ResourceError>> {
        let toolchain = self.toolchain();
        self.documents()
            .iter()
            .enumerate()
            .filter(|(_, document)| !document.is_empty())
            .filter_map(move |(index, document)| {
                let root = document.root()?;
                Some(match identify(toolchain, root) {
                    Ok(info) => Ok(Resource {
                        info,
                        document: index,
                        root,
                    }),
                    Err(message) => Err(ResourceError {
                        document: index,
                        position: start(document, root),
                        message,
                    }),
                })
            })
    }
}

fn start(document: &Document, root: NodeRef<'_>) -> Position {
    document.position(root.span().start)
}

fn identify(toolchain: Toolchain, root: NodeRef<'_>) -> Result<ResourceInfo, String> {
    let text = |node: Option<NodeRef<'_>>| {
        node.filter(|node| !node.is_collection())
            .map(|node| node.scalar().into_owned())
            .filter(|text| !text.is_empty())
    };
    let category = "Resource".to_owned();
    match toolchain {
        Toolchain::KubernetesYaml => {
            let metadata = root.get("metadata");
            let field = |name: &str, value: Option<String>| {
                value.ok_or_else(|| format!("expected a Kubernetes resource: {name} is missing"))
            };
            let version = field("apiVersion", text(root.get("apiVersion")))?;
            let kind = field("kind", text(root.get("kind")))?;
            let name = text(metadata.and_then(|metadata| metadata.get("name")));
            if name.is_none() && kind.ends_with("List") && root.get("items").is_some() {
                return Err(format!(
                    "a {kind} is no resource, it holds some in items: expected each of them as a document of its own, with --- between them"
                ));
            }
            let name = field("metadata.name", name)?;
            let namespace =
                text(metadata.and_then(|metadata| metadata.get("namespace"))).unwrap_or_default();
            Ok(ResourceInfo {
                resource_name: format!("{namespace}/{name}"),
                resource_name_without_scope: name,
                resource_type: format!("{version}/{kind}"),
                resource_category: category,
            })
        }
        Toolchain::ConfigHubYaml => {
            let slug = text(root.get("Slug"));
            let space = text(root.get("SpaceSlug"));
            let name = match (&space, &slug) {
                (Some(space), Some(slug)) => format!("{space}/{slug}"),
                (None, Some(slug)) => slug.clone(),
                (_, None) => "NoName".to_owned(),
            };
            Ok(ResourceInfo {
                resource_name: name,
                resource_name_without_scope: slug.unwrap_or_else(|| "NoName".to_owned()),
                resource_type: text(root.get("EntityType"))
                    .unwrap_or_else(|| "NoEntityType".to_owned()),
                resource_category: category,
            })
        }
        Toolchain::OpenTofuHcl => {
            let block = root.get("confighub");
            let field = |name: &str| text(block.and_then(|block| block.get(name)));
            let name = field("block_name").unwrap_or_default();
            Ok(ResourceInfo {
                resource_name: name.clone(),
                resource_name_without_scope: name,
                resource_type: field("block_type").unwrap_or_default(),
                resource_category: field("block_category").unwrap_or_default(),
            })
        }
        Toolchain::AppConfigProperties
        | Toolchain::AppConfigIni
        | Toolchain::AppConfigEnv
        | Toolchain::AppConfigToml
        | Toolchain::AppConfigJson
        | Toolchain::AppConfigYaml
        | Toolchain::AppConfigText => {
            let settings = root.get("configHub");
            let field = |name: &str| text(settings.and_then(|settings| settings.get(name)));
            let name = field("configName").unwrap_or_else(|| "NoName".to_owned());
            Ok(ResourceInfo {
                resource_name: name.clone(),
                resource_name_without_scope: name,
                resource_type: field("configSchema").unwrap_or_else(|| "NoSchema".to_owned()),
                resource_category: "AppConfig".to_owned(),
            })
        }
    }
}

impl Toolchain {
    /// The path of a resource's name.
    #[must_use]
    pub fn name_path(self) -> &'static str {
        match self {
            Self::KubernetesYaml => "metadata.name",
            Self::ConfigHubYaml => "Slug",
            Self::OpenTofuHcl => "confighub.block_name",
            _ => "configHub.configName",
        }
    }

    /// The place where a resource carries a field of its context, such as `UnitSlug`.
    #[must_use]
    pub fn context_path(self, field: &str) -> Option<ResolvedPath> {
        let keys: Vec<String> = match self {
            Self::KubernetesYaml => vec![
                "metadata".into(),
                "annotations".into(),
                format!("confighub.com/{field}"),
            ],
            Self::ConfigHubYaml => vec!["Annotations".into(), format!("confighub.com/{field}")],
            Self::OpenTofuHcl => return None,
            _ => {
                let mut name = field.to_owned();
                if let Some(first) = name.get_mut(..1) {
                    first.make_ascii_lowercase();
                }
                vec!["configHub".into(), name]
            }
        };
        Some(ResolvedPath(keys.into_iter().map(Step::Key).collect()))
    }
}

/// The kind of a Kubernetes type, its last part.
fn kind_of(resource_type: &str) -> &str {
    resource_type.rsplit('/').next().unwrap_or(resource_type)
}

/// Kinds that may turn into one another and still be the same resource.
const KINDRED: [&[&str]; 4] = [
    &[
        "Deployment",
        "ReplicaSet",
        "DaemonSet",
        "StatefulSet",
        "Job",
        "CronJob",
    ],
    &["ConfigMap", "Secret"],
    &["Role", "ClusterRole"],
    &["RoleBinding", "ClusterRoleBinding"],
];

/// Whether a resource of one type may become one of the other and keep its identity.
pub(crate) fn similar_types(toolchain: Toolchain, a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    if toolchain != Toolchain::KubernetesYaml {
        return false;
    }
    let (a, b) = (kind_of(a), kind_of(b));
    a == b
        || KINDRED
            .iter()
            .any(|kinds| kinds.contains(&a) && kinds.contains(&b))
}
