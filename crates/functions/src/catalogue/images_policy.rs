//! Validation of images: where they come from, and how exactly they are named.

use regex::Regex;

use super::container::split_registry;
use super::findings::{Findings, Severity};
use super::pods::{Place, pods};
use crate::function::{Call, Failure, Function, Output, optional, required};
use crate::kubernetes::{REGISTRY, WORKLOAD_TYPES};
use crate::signature::DataType;

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: web\n    image: ghcr.io/shop/web:1.0\n  - name: log\n    image: busybox\n";
const PINNED: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: web\n    image: ghcr.io/shop/web:1.0@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n";

pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::kubernetes("vet-image-digests", "Passes when every image is pinned by a digest.", digests)
            .affects(&WORKLOAD_TYPES)
            .validating()
            .parameter(optional("allow-tags", DataType::String, r"^v?\d+\.\d+\.\d+$", "Regular expression of the tags that need no digest."))
            .example(&[], POD, "spec.containers.0.image: expected a digest, such as @sha256:..., found ghcr.io/shop/web:1.0 (image-digest)")
            .example(&[r"^\d+\.\d+$"], POD, r#""Details":["v1/Pod /web: spec.containers.1.image: expected a digest, such as @sha256:..., found busybox (image-digest)"]"#)
            .example(&[], PINNED, r#""Passed":true"#),
        Function::kubernetes("vet-image-registries", "Passes when every image comes from an allowed registry, or an allowed part of one. Images that name no registry come from docker.io.", registries)
            .affects(&WORKLOAD_TYPES)
            .validating()
            .parameter(required("registry", DataType::String, "ghcr.io/shop", "An allowed registry, with the beginning of a repository if only that is allowed.").matching(REGISTRY))
            .repeating()
            .example(&["ghcr.io/shop", "quay.io"], POD, r#""Details":["v1/Pod /web: spec.containers.1.image: docker.io/library/busybox comes from none of ghcr.io/shop, quay.io (image-registry)"]"#)
            .example(&["ghcr.io", "docker.io"], POD, r#""Passed":true"#),
        Function::kubernetes("vet-image-tags", "Passes when every image has a digest, or a tag other than latest.", tags)
            .affects(&WORKLOAD_TYPES)
            .validating()
            .example(&[], POD, r#""Details":["v1/Pod /web: spec.containers.1.image: busybox has no tag: the newest image would be taken (image-tag)"]"#)
            .example(&[], PINNED, r#""Passed":true"#),
    ]
}

/// An image by its parts.
struct Image<'a> {
    /// Registry and repository.
    name: &'a str,
    tag: Option<&'a str>,
    digest: Option<&'a str>,
}

impl<'a> Image<'a> {
    fn of(text: &'a str) -> Self {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        // A colon before the last slash is that of a port.
        match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => Self {
                name,
                tag: Some(tag),
                digest,
            },
            _ => Self {
                name: rest,
                tag: None,
                digest,
            },
        }
    }

    fn is_pinned(&self) -> bool {
        let is_hex = |text: &str, length: usize| {
            text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        match self.digest.and_then(|digest| digest.split_once(':')) {
            Some(("sha256", hex)) => is_hex(hex, 64),
            Some(("sha512", hex)) => is_hex(hex, 128),
            _ => false,
        }
    }

    /// The name with its registry written out.
    fn full_name(&self) -> String {
        match split_registry(self.name) {
            ("", name) if name.contains('/') => format!("docker.io/{name}"),
            ("", name) => format!("docker.io/library/{name}"),
            ("index.docker.io", name) => format!("docker.io/{name}"),
            _ => self.name.to_owned(),
        }
    }
}

/// Looks at every image; `objection` says what is wrong with it.
fn vet(
    call: &Call<'_>,
    (rule, severity): (&str, Severity),
    objection: impl Fn(&str, &Image<'_>) -> Option<String>,
) -> Output {
    let mut findings = Findings::default();
    for pod in pods(call) {
        let images = pod.containers();
        for image in images
            .iter()
            .filter_map(|container: &Place<'_>| container.get("image"))
        {
            let text = image.node.scalar();
            if let Some(message) = objection(&text, &Image::of(&text)) {
                findings.add(call, &pod.resource, &image.path, (rule, severity), &message);
            }
        }
    }
    findings.verdict()
}

fn digests(call: &mut Call<'_>) -> Result<Output, Failure> {
    let allowed = match call.arguments.text("allow-tags") {
        "" => None,
        text => Some(Regex::new(text).map_err(|error| format!("parameter allow-tags: {error}"))?),
    };
    Ok(vet(
        call,
        ("image-digest", Severity::Medium),
        |text, image| {
            let is_allowed = |tag: &str| allowed.as_ref().is_some_and(|regex| regex.is_match(tag));
            let passes =
                image.is_pinned() || image.digest.is_none() && image.tag.is_some_and(is_allowed);
            (!passes).then(|| format!("expected a digest, such as @sha256:..., found {text}"))
        },
    ))
}

fn registries(call: &mut Call<'_>) -> Result<Output, Failure> {
    let allowed: Vec<String> = call
        .arguments
        .repeated()
        .iter()
        .map(|registry| registry.trim_end_matches('/').to_owned())
        .collect();
    if allowed.iter().any(String::is_empty) {
        return Err("parameter registry: expected the name of a registry".into());
    }
    Ok(vet(call, ("image-registry", Severity::High), |_, image| {
        let name = image.full_name();
        let is_allowed = allowed.iter().any(|registry| {
            name.strip_prefix(registry.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        (!is_allowed).then(|| format!("{name} comes from none of {}", allowed.join(", ")))
    }))
}

fn tags(call: &mut Call<'_>) -> Result<Output, Failure> {
    Ok(vet(
        call,
        ("image-tag", Severity::Medium),
        |text, image| match (image.digest, image.tag) {
            (Some(_), _) => None,
            (None, None | Some("")) => Some(format!(
                "{text} has no tag: the newest image would be taken"
            )),
            (None, Some("latest")) => {
                Some("the tag latest means another image every day".to_owned())
            }
            _ => None,
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_by_their_parts() {
        for (text, name, tag, digest) in [
            ("nginx", "docker.io/library/nginx", None, None),
            ("shop/web:1", "docker.io/shop/web", Some("1"), None),
            ("localhost:5000/web", "localhost:5000/web", None, None),
            (
                "ghcr.io/a/b:v1@sha256:00",
                "ghcr.io/a/b",
                Some("v1"),
                Some("sha256:00"),
            ),
        ] {
            let image = Image::of(text);
            assert_eq!(
                (image.full_name().as_str(), image.tag, image.digest),
                (name, tag, digest),
                "{text}"
            );
            assert!(!image.is_pinned(), "{text}");
        }
    }
}
