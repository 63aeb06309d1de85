//! Units and their revisions, as tests need them.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::Api;

/// A unit of a server, by path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Unit {
    space: String,
    path: String,
}

/// A revision as the server lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Its identifier.
    pub id: String,
    /// Its number.
    pub number: i64,
    /// The checksum of its data.
    pub content_hash: i64,
    /// Its data.
    pub data: Vec<u8>,
}

impl Api {
    /// Creates a space and gives its path.
    ///
    /// # Panics
    /// When it cannot be created.
    #[track_caller]
    #[must_use]
    pub fn create_space(&self, slug: &str) -> String {
        let space = self.ok("POST", "/api/space", &json!({"Slug": slug}));
        format!("/api/space/{}", space["SpaceID"].as_str().unwrap())
    }

    /// Creates a unit of Kubernetes configuration in the space at a path.
    ///
    /// # Panics
    /// When it cannot be created.
    #[track_caller]
    #[must_use]
    pub fn create_unit(&self, space: &str, slug: &str, data: impl AsRef<[u8]>) -> Unit {
        let body = unit_body(slug, data);
        let unit = self.ok("POST", &format!("{space}/unit"), &body);
        Unit::new(space, unit["UnitID"].as_str().unwrap())
    }
}

impl Unit {
    /// The unit with an id in the space at a path.
    #[must_use]
    pub fn new(space: &str, id: &str) -> Self {
        Self {
            space: space.to_owned(),
            path: format!("{space}/unit/{id}"),
        }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its id.
    ///
    /// # Panics
    /// Never: the path has parts.
    #[must_use]
    pub fn id(&self) -> &str {
        self.path.rsplit('/').next().unwrap()
    }

    /// The path at which functions run on it.
    #[must_use]
    pub fn invoke_path(&self) -> String {
        format!("{}/function/invoke?unit_id={}", self.space, self.id())
    }

    /// Reads it.
    ///
    /// # Panics
    /// When it is not there.
    #[track_caller]
    #[must_use]
    pub fn read(&self, api: &Api) -> Value {
        api.get(&self.path)["Unit"].clone()
    }

    /// Reads its data.
    ///
    /// # Panics
    /// When it is not there.
    #[track_caller]
    #[must_use]
    pub fn data(&self, api: &Api) -> Vec<u8> {
        api.raw(&format!("{}/data", self.path))
    }

    /// Runs one function on it, with arguments in order.
    ///
    /// # Panics
    /// When the function fails.
    #[track_caller]
    pub fn invoke(&self, api: &Api, function: &str, arguments: &[Value]) -> Value {
        let body = invocation(function, arguments);
        api.ok("POST", &self.invoke_path(), &body)[0].clone()
    }

    /// Its revisions, in order.
    ///
    /// # Panics
    /// When it is not there.
    #[track_caller]
    #[must_use]
    pub fn revisions(&self, api: &Api) -> Vec<Revision> {
        let list = api.get(&format!("{}/revision", self.path));
        let list = list.as_array().unwrap().iter();
        list.map(|extended| {
            let revision = &extended["Revision"];
            Revision {
                id: revision["RevisionID"].as_str().unwrap().to_owned(),
                number: revision["RevisionNum"].as_i64().unwrap(),
                content_hash: revision["ContentHash"].as_i64().unwrap_or(0),
                data: decoded(&revision["Data"]),
            }
        })
        .collect()
    }

    /// Reads the data of a revision.
    ///
    /// # Panics
    /// When it is not there.
    #[track_caller]
    #[must_use]
    pub fn revision_data(&self, api: &Api, revision: &str) -> Vec<u8> {
        api.raw(&format!("{}/revision/{revision}/data", self.path))
    }
}

/// The request that runs one function.
#[must_use]
pub fn invocation(function: &str, arguments: &[Value]) -> Value {
    let arguments: Vec<_> = arguments
        .iter()
        .map(|value| json!({"Value": value}))
        .collect();
    json!({"FunctionInvocations": [{"FunctionName": function, "Arguments": arguments}]})
}

/// The body that creates a unit of Kubernetes configuration.
#[must_use]
pub fn unit_body(slug: &str, data: impl AsRef<[u8]>) -> Value {
    json!({"Slug": slug, "ToolchainType": "Kubernetes/YAML", "Data": base64(data)})
}

/// Bytes as the API carries them.
#[must_use]
pub fn base64(data: impl AsRef<[u8]>) -> String {
    BASE64_STANDARD.encode(data)
}

/// The bytes of a member that is base64; none when it is absent.
///
/// # Panics
/// When it is not base64.
#[track_caller]
#[must_use]
pub fn decoded(member: &Value) -> Vec<u8> {
    BASE64_STANDARD
        .decode(member.as_str().unwrap_or_default())
        .unwrap()
}

/// A deployment with a number of replicas and an owner.
#[must_use]
pub fn deployment(replicas: u64, owner: &str) -> String {
    format!(
        "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web # the shop
  annotations:
    owner: \"{owner}\"
spec:
  replicas: {replicas} # enough for now
  template:
    spec:
      containers:
      - name: web
        image: shop/web:1.0
"
    )
}
