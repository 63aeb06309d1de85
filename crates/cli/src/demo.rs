//! The demo organisation: a small shop in three spaces, to have something to
//! look at and to change.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use cubit_client::{AllowExists, Client, CreateUnit, ListQuery};
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::record;

/// Set on the last space once everything is loaded.
const LOADED: &str = "cubit.demo/loaded";

struct Space {
    name: &'static str,
    environment: &'static str,
    units: &'static [Unit],
}

struct Unit {
    name: &'static str,
    tier: &'static str,
    toolchain: &'static str,
    text: &'static str,
}

const fn unit(name: &'static str, tier: &'static str, text: &'static str) -> Unit {
    Unit {
        name,
        tier,
        toolchain: "Kubernetes/YAML",
        text,
    }
}

const SPACES: [Space; 3] = [
    Space {
        name: "dev",
        environment: "Development",
        units: &[
            unit(
                "namespace",
                "base",
                include_str!("../demo/dev/namespace.yaml"),
            ),
            unit("redis", "cache", include_str!("../demo/dev/redis.yaml")),
            unit("cart", "backend", include_str!("../demo/dev/cart.yaml")),
            unit(
                "frontend",
                "frontend",
                include_str!("../demo/dev/frontend.yaml"),
            ),
        ],
    },
    Space {
        name: "staging",
        environment: "Staging",
        units: &[
            unit(
                "namespace",
                "base",
                include_str!("../demo/staging/namespace.yaml"),
            ),
            unit("redis", "cache", include_str!("../demo/staging/redis.yaml")),
            unit("cart", "backend", include_str!("../demo/staging/cart.yaml")),
            unit(
                "frontend",
                "frontend",
                include_str!("../demo/staging/frontend.yaml"),
            ),
        ],
    },
    Space {
        name: "prod",
        environment: "Production",
        units: &[
            unit(
                "namespace",
                "base",
                include_str!("../demo/prod/namespace.yaml"),
            ),
            unit("redis", "cache", include_str!("../demo/prod/redis.yaml")),
            unit("cart", "backend", include_str!("../demo/prod/cart.yaml")),
            unit(
                "frontend",
                "frontend",
                include_str!("../demo/prod/frontend.yaml"),
            ),
            unit("ingress", "edge", include_str!("../demo/prod/ingress.yaml")),
            Unit {
                name: "settings",
                tier: "base",
                toolchain: "AppConfig/Properties",
                text: include_str!("../demo/prod/settings.properties"),
            },
        ],
    },
];

/// What to try once the demo is there.
pub(crate) const NEXT: [&str; 6] = [
    "cubit unit list --space \"*\"",
    "cubit unit data prod/frontend",
    "cubit unit list --space \"*\" --resource-type apps/v1/Deployment --where-data \"spec.replicas > 2\"",
    "cubit function do --unit dev/frontend --unit dev/cart --dry-run set-replicas 3",
    "cubit function do --unit dev/frontend set-replicas 3 --change-desc \"Try three\"",
    "cubit unit blame dev/frontend",
];

/// Loads the demo unless it was loaded before; says whether it did.
pub(crate) fn load(client: &Client) -> Result<bool> {
    if is_loaded(client)? {
        return Ok(false);
    }
    let mut last = None;
    for space in &SPACES {
        let body = json!({
            "Slug": space.name,
            "Labels": {"Environment": space.environment, "app": "shop"},
        });
        // What a first attempt left behind is taken as it is.
        let created: Value = client.create_space(&body, AllowExists { allow_exists: true })?;
        let id = record::id(&created, "SpaceID")
            .ok_or_else(|| Error::failed("the server created a space without an id"))?;
        for unit in space.units {
            let body = json!({
                "Slug": unit.name,
                "ToolchainType": unit.toolchain,
                "Data": BASE64_STANDARD.encode(unit.text),
                "Labels": {"app": "shop", "tier": unit.tier},
                "LastChangeDescription": "Load the demo",
            });
            let query = CreateUnit {
                allow_exists: true,
                ..CreateUnit::default()
            };
            client.create_unit::<Value>(id, &body, query)?;
        }
        last = Some(id);
    }
    if let Some(id) = last {
        client.patch_space::<Value>(id, &json!({"Annotations": {LOADED: "true"}}))?;
    }
    Ok(true)
}

fn is_loaded(client: &Client) -> Result<bool> {
    let last = SPACES[SPACES.len() - 1].name;
    let query = ListQuery {
        r#where: Some(format!("Slug = '{last}'")),
        ..ListQuery::default()
    };
    let spaces = client.list_spaces::<Value>(&query)?;
    Ok(spaces
        .iter()
        .any(|space| !space["Space"]["Annotations"][LOADED].is_null()))
}
