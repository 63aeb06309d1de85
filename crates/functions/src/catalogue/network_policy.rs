//! Network policies that many namespaces want.

use cubit_configdata::{Action, Config, ResolvedPath, Step, Toolchain};

use super::pods::namespace;
use crate::function::{Call, Failure, Function, Output, required};
use crate::kubernetes::{DNS_LABEL, split_type};
use crate::signature::DataType;

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n";
const POLICY: &str = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: deny-all\n  namespace: shop\nspec:\n  podSelector: {} # every pod\n  policyTypes:\n  - Ingress\n";

/// The presets: name, which is the name of the policy too, and spec.
const PRESETS: [(&str, &str); 3] = [
    (
        "deny-all",
        "spec:\n  podSelector: {}\n  policyTypes:\n  - Ingress\n  - Egress\n",
    ),
    (
        "allow-same-namespace",
        "spec:\n  podSelector: {}\n  policyTypes:\n  - Ingress\n  - Egress\n  ingress:\n  - from:\n    - podSelector: {}\n  egress:\n  - to:\n    - podSelector: {}\n",
    ),
    (
        "allow-dns",
        "spec:\n  podSelector: {}\n  policyTypes:\n  - Egress\n  egress:\n  - to:\n    - namespaceSelector:\n        matchLabels:\n          kubernetes.io/metadata.name: kube-system\n      podSelector:\n        matchLabels:\n          k8s-app: kube-dns\n    ports:\n    - protocol: UDP\n      port: 53\n    - protocol: TCP\n      port: 53\n",
    ),
];

pub(crate) fn functions() -> Vec<Function> {
    let names = PRESETS.map(|(name, _)| name);
    vec![
        Function::kubernetes("add-network-policy", "Adds a NetworkPolicy for all pods of a namespace, named as its preset; one that is there gets the preset's spec. Traffic that no policy of the namespace allows is denied in the directions the policy is about: deny-all allows nothing, allow-same-namespace lets the pods of the namespace reach each other, allow-dns lets them ask the DNS of the cluster.", add)
            .affects(&["networking.k8s.io/v1/NetworkPolicy"])
            .mutating()
            .parameter(required("preset", DataType::Enum, "deny-all", "What the policy is for.").one_of(&names))
            .parameter(required("namespace", DataType::String, "shop", "Namespace of the policy.").matching(DNS_LABEL))
            .example(
                &["deny-all", "shop"],
                SERVICE,
                "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: deny-all\n  namespace: shop\nspec:\n  podSelector: {}\n  policyTypes:\n  - Ingress\n  - Egress\n",
            )
            .example(
                &["deny-all", "shop"],
                POLICY,
                "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: deny-all\n  namespace: shop\nspec:\n  podSelector: {} # every pod\n  policyTypes:\n  - Ingress\n  - Egress\n",
            ),
    ]
}

fn add(call: &mut Call<'_>) -> Result<Output, Failure> {
    let wanted = call.arguments.text("preset").to_owned();
    let own = call.arguments.text("namespace").to_owned();
    let Some((name, spec)) = PRESETS.iter().find(|(name, _)| *name == wanted) else {
        return Err(format!("parameter preset: there is no preset {wanted:?}").into());
    };
    let body = format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: {name}\n  namespace: {own}\n{spec}"
    );
    let known = call.resources("*").into_iter().rfind(|resource| {
        let (group, _, kind) = split_type(&resource.info.resource_type);
        (group, kind) == ("networking.k8s.io", "NetworkPolicy")
            && resource.info.resource_name_without_scope == *name
            && namespace(&resource.info) == own
    });
    match known {
        Some(resource) => {
            let policy = Config::parse(Toolchain::KubernetesYaml, body.as_bytes())
                .map_err(|error| error.to_string())?;
            let spec = policy
                .resources()
                .next()
                .and_then(|policy| policy.root.get("spec"))
                .ok_or("the preset has no spec")?
                .value();
            let path = ResolvedPath(vec![Step::Key("spec".to_owned())]);
            call.edit(&resource, path, Action::Set(spec));
        }
        None => {
            let rewritten = call.config.with_documents(&body);
            call.rewritten = Some(rewritten.map_err(|error| error.to_string())?);
        }
    }
    Ok(Output::Nothing)
}

#[cfg(test)]
mod tests {
    use cubit_configdata::{Config, Toolchain};

    use super::PRESETS;
    use crate::{Execution, FunctionContext, FunctionInvocation, execute};

    #[test]
    fn presets_fit_the_schema_and_wrong_arguments_are_refused() {
        for (preset, namespace, expected) in
            PRESETS.iter().map(|(name, _)| (*name, "shop", "")).chain([
                ("allow-all", "shop", "parameter preset"),
                ("deny-all", "Shop!", "parameter namespace"),
            ])
        {
            let outcome = execute(Execution {
                context: &FunctionContext::default(),
                config: Config::parse(Toolchain::KubernetesYaml, b"").expect("readable"),
                invocations: &[
                    FunctionInvocation::new("add-network-policy", [preset, namespace]),
                    FunctionInvocation::new("vet-schemas", Vec::<String>::new()),
                ],
                num_filters: 0,
                stop_on_error: true,
            });
            let messages = outcome.messages.join("\n");
            if expected.is_empty() {
                assert!(outcome.success, "{messages}");
                assert_eq!(
                    outcome.outputs["ValidationResult"][0]["Passed"], true,
                    "{preset}"
                );
                assert_eq!(outcome.config.resources().count(), 1);
            } else {
                assert!(messages.contains(expected), "{messages}");
            }
        }
    }
}
