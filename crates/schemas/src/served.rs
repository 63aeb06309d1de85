//! Which types a version of Kubernetes serves.

use crate::bundle;
use crate::removal::EARLIER;
use crate::version::Version;

/// Whether a version serves a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Served {
    /// It does.
    Yes,
    /// It does, and says not to use it.
    Deprecated {
        /// What to use instead, if there is anything.
        replacement: Option<String>,
    },
    /// Not any more.
    Removed {
        /// The first version without it.
        since: Version,
        /// What to use instead, if there is anything.
        replacement: Option<String>,
    },
    /// Not yet.
    NotYet {
        /// The first version with it.
        since: Version,
    },
    /// Nothing is known of the type: custom types, and types that do not exist.
    Unknown,
}

/// Types that are deprecated without a newer version of the same kind: type, since, replacement.
const DEPRECATED: [(&str, u16, &str); 2] = [
    ("v1/ComponentStatus", 19, ""),
    ("v1/Endpoints", 33, "discovery.k8s.io/v1/EndpointSlice"),
];

/// Whether a version serves a type. For versions before those whose types are known, only removals
/// are known.
#[must_use]
pub fn served(resource_type: &str, version: Version) -> Served {
    let (api, kind) = resource_type.rsplit_once('/').unwrap_or_default();
    let earlier = EARLIER
        .iter()
        .find(|(_, known, kinds, _)| *known == api && kinds.contains(&kind));
    let history = bundle::history();
    let Some(versions) = bundle::served(resource_type) else {
        return match earlier {
            Some((minor, _, _, replacement)) if version.minor >= *minor => Served::Removed {
                since: Version { minor: *minor },
                replacement: (!replacement.is_empty()).then(|| format!("{replacement}/{kind}")),
            },
            Some(_) => Served::Yes,
            None => Served::Unknown,
        };
    };
    let bit = |at: usize| versions >> at & 1 == 1;
    // Before the history: what its oldest version serves is taken to be served.
    let at = history.iter().position(|known| *known == version);
    let serves = at.map_or_else(|| bit(0) && version <= history[0], bit);
    if serves {
        return deprecation(resource_type, version, at.unwrap_or_default());
    }
    let had = |known: &usize| history[*known] < version && bit(*known);
    match (0..history.len()).rfind(had) {
        Some(last) => Served::Removed {
            since: history.get(last + 1).copied().unwrap_or(version),
            replacement: at.and_then(|at| replacement(resource_type, at)),
        },
        None => (0..history.len())
            .find(|known| bit(*known))
            .map_or(Served::Unknown, |first| Served::NotYet {
                since: history[first],
            }),
    }
}

fn deprecation(resource_type: &str, version: Version, at: usize) -> Served {
    let known = DEPRECATED
        .iter()
        .find(|(known, since, _)| *known == resource_type && version.minor >= *since);
    if let Some((_, _, replacement)) = known {
        let replacement = (!replacement.is_empty()).then(|| (*replacement).to_owned());
        return Served::Deprecated { replacement };
    }
    let better = replacement(resource_type, at)
        .filter(|other| stability(other) > stability(resource_type))
        // An older stable version is not deprecated by a newer one.
        .filter(|_| stability(resource_type).0 < STABLE);
    match better {
        Some(better) => Served::Deprecated {
            replacement: Some(better),
        },
        None => Served::Yes,
    }
}

/// The most stable type of the same kind and group that a version of the history serves.
fn replacement(resource_type: &str, at: usize) -> Option<String> {
    let (group, _, kind) = parts(resource_type);
    bundle::served_types()
        .filter(|(other, versions)| *other != resource_type && versions >> at & 1 == 1)
        .filter(|(other, _)| parts(other).2 == kind && parts(other).0 == group)
        .max_by_key(|(other, _)| (stability(other), *other))
        .map(|(other, _)| other.to_owned())
}

fn parts(resource_type: &str) -> (&str, &str, &str) {
    let mut parts = resource_type.rsplitn(3, '/');
    let kind = parts.next().unwrap_or_default();
    let version = parts.next().unwrap_or_default();
    (parts.next().unwrap_or_default(), version, kind)
}

/// The first part of the [`stability`] of a version that is neither alpha nor beta.
const STABLE: u8 = 2;

/// How stable the version of a type is: `v1` over `v2beta1` over `v1alpha1`.
fn stability(resource_type: &str) -> (u8, u32, u32) {
    let version = parts(resource_type).1.trim_start_matches('v');
    let (major, level, minor) = [("beta", 1), ("alpha", 0)]
        .iter()
        .find_map(|(word, level)| {
            let (major, minor) = version.split_once(word)?;
            Some((major, *level, minor))
        })
        .unwrap_or((version, STABLE, ""));
    (
        level,
        major.parse().unwrap_or_default(),
        minor.parse().unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_come_and_go() {
        let removed = |minor, replacement: &str| Served::Removed {
            since: Version { minor },
            replacement: (!replacement.is_empty()).then(|| replacement.to_owned()),
        };
        let deprecated = |replacement: &str| Served::Deprecated {
            replacement: (!replacement.is_empty()).then(|| replacement.to_owned()),
        };
        for (resource_type, minor, expected) in [
            ("apps/v1/Deployment", 31, Served::Yes),
            ("apps/v1/Deployment", 20, Served::Yes),
            ("v1/Pod", 37, Served::Yes),
            (
                "extensions/v1beta1/Ingress",
                22,
                removed(22, "networking.k8s.io/v1/Ingress"),
            ),
            ("extensions/v1beta1/Ingress", 21, Served::Yes),
            (
                "extensions/v1beta1/Deployment",
                37,
                removed(16, "apps/v1/Deployment"),
            ),
            ("policy/v1beta1/PodSecurityPolicy", 31, removed(25, "")),
            ("batch/v1beta1/CronJob", 24, Served::Yes),
            ("batch/v1beta1/CronJob", 25, removed(25, "batch/v1/CronJob")),
            (
                "autoscaling/v2beta2/HorizontalPodAutoscaler",
                25,
                deprecated("autoscaling/v2/HorizontalPodAutoscaler"),
            ),
            (
                "autoscaling/v2beta2/HorizontalPodAutoscaler",
                26,
                removed(26, "autoscaling/v2/HorizontalPodAutoscaler"),
            ),
            (
                "flowcontrol.apiserver.k8s.io/v1beta3/FlowSchema",
                31,
                deprecated("flowcontrol.apiserver.k8s.io/v1/FlowSchema"),
            ),
            (
                "flowcontrol.apiserver.k8s.io/v1beta3/FlowSchema",
                32,
                removed(32, "flowcontrol.apiserver.k8s.io/v1/FlowSchema"),
            ),
            ("v1/Endpoints", 32, Served::Yes),
            (
                "v1/Endpoints",
                33,
                deprecated("discovery.k8s.io/v1/EndpointSlice"),
            ),
            ("v1/ComponentStatus", 33, deprecated("")),
            (
                "networking.k8s.io/v1/IPAddress",
                31,
                Served::NotYet {
                    since: Version { minor: 33 },
                },
            ),
            ("example.com/v1/Widget", 31, Served::Unknown),
            ("autoscaling/v1/HorizontalPodAutoscaler", 31, Served::Yes),
            ("", 31, Served::Unknown),
        ] {
            assert_eq!(
                served(resource_type, Version { minor }),
                expected,
                "{resource_type} 1.{minor}"
            );
        }
    }

    #[test]
    fn stable_is_over_beta_is_over_alpha() {
        let mut types = [
            "g/v1alpha1/K",
            "g/v2beta1/K",
            "g/v1/K",
            "g/v1beta2/K",
            "g/v2/K",
            "g/v1beta1/K",
        ];
        types.sort_by_key(|name| stability(name));
        assert_eq!(
            types,
            [
                "g/v1alpha1/K",
                "g/v1beta1/K",
                "g/v1beta2/K",
                "g/v2beta1/K",
                "g/v1/K",
                "g/v2/K"
            ]
        );
    }
}
