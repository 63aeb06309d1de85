//! Terms on a small deployment, faults with their places, other types and documents.

use super::*;

const TEXT: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: api, labels: {tier: web, quote: \"it's\"}}
spec:
  replicas: 2
  paused: false
  template:
    spec:
      containers:
      - name: a
        image: r/x:1
        securityContext: {runAsNonRoot: true}
        ports: [{containerPort: 8080}]
        resources: {requests: {cpu: 500m, memory: 1Gi}, limits: {cpu: 1}}
      - name: b
        image: r/y:2
";

struct ImageReference(Accessor);

impl Accessors for ImageReference {
    fn accessor(
        &self,
        _: Toolchain,
        resource_type: &str,
        path: &str,
        _: &str,
    ) -> Option<&Accessor> {
        (resource_type == "apps/v1/Deployment" && path == "spec.template.spec.containers.*.image")
            .then_some(&self.0)
    }
}

fn matches(expression: &str) -> bool {
    let config = Config::parse(Toolchain::KubernetesYaml, TEXT.as_bytes()).expect("readable");
    let accessors = ImageReference(Accessor::new("(?P<reference>:.+)$").expect("an expression"));
    let expression = expression.replace("C.", "spec.template.spec.containers.");
    parse(&expression)
        .unwrap_or_else(|error| panic!("{}", error.pointed(&expression)))
        .matches(&config, "apps/v1/Deployment", &accessors)
}

#[test]
fn terms() {
    for (expression, expected) in [
        ("", true),
        ("spec.replicas > 1", true),
        ("spec.replicas>1 AND spec.replicas<=2", true),
        ("spec.replicas = 2.0", true),
        ("spec.replicas = '2'", false),
        ("spec.replicas IN (1, 2)", true),
        ("spec.replicas NOT IN (2, 3)", false),
        ("spec.paused = false", true),
        ("spec.paused != false", false),
        ("metadata.labels.tier LIKE 'w_b'", true),
        ("metadata.labels.tier ~ '^W'", false),
        ("metadata.labels.tier ~* '^W'", true),
        ("metadata.labels.tier !~ 'x'", true),
        ("metadata.labels.tier NOT  LIKE 'x%'", true),
        ("metadata.labels.tier IN ('a, b', 'web')", true),
        ("metadata.labels.quote = 'it''s'", true),
        ("C.*.image = 'r/y:2'", true),
        ("C.?name=a.image#reference = ':1'", true),
        ("C.?name=b.image#reference IN (':1', ':3')", false),
        ("C.0.image#nothing = ''", true),
        ("C.*.securityContext.runAsNonRoot != true", false),
        ("C.*.|securityContext.runAsNonRoot != true", true),
        ("C.*.|securityContext.runAsNonRoot = true", true),
        ("C.?name=b.|securityContext.runAsNonRoot NOT IN ('x')", true),
        ("C.*.name = 'a' AND C.*.image = 'r/y:2'", true),
        ("C.*.ports.?containerPort=8080.containerPort = 8080", true),
        ("C.*.resources.requests.cpu < '1'", true),
        ("C.*.resources.requests.memory >= '1024Mi'", true),
        ("C.*.resources.limits.cpu = '1000m'", true),
        ("spec.missing != 'x'", false),
        ("metadata.name NOT IN (1)", false),
        ("metadata.name not in ('x') and spec.replicas > 1", true),
        ("metadata.name#part = 'x'", false),
    ] {
        assert_eq!(matches(expression), expected, "{expression}");
    }
}

#[test]
fn faults_have_a_place() {
    for (expression, position, message) in [
        ("spec.replicas >", 15, "expected a text"),
        ("spec.replicas", 13, "expected an operator"),
        ("spec.replicas = 1 spec.x = 2", 18, "expected AND"),
        ("spec.replicas = 1 OR spec.x = 2", 18, "joined by AND only"),
        ("spec.replicas = 1 AND", 21, "expected a path"),
        ("(spec.replicas = 1)", 0, "parentheses"),
        ("spec.x = 'open", 9, "not closed"),
        ("spec.x ~ '('", 9, ""),
        ("spec.x > true", 7, "only be compared"),
        ("é.x = 1 AND spec.?name.x = 2", 22, "expected '='"),
        ("spec.x IN 'a'", 10, "expected a list"),
        ("spec.x IN ('a' 'b')", 15, "expected ',' or ')'"),
    ] {
        let error = parse(expression).expect_err(expression);
        assert_eq!(error.position, position, "{expression}: {error}");
        assert!(error.message.contains(message), "{expression}: {error}");
    }
}

#[test]
fn other_types_and_documents() {
    let text = "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {a: 1}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: x}\nspec: {b: 2}\n";
    let config = Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("readable");
    let all = |expression: &str, resource_type: &str| {
        parse(expression)
            .expect("an expression")
            .matches(&config, resource_type, &())
    };
    assert!(all("spec.a = 1", "*"));
    assert!(all("spec.b = 2", ""));
    assert!(
        !all("spec.a = 1 AND spec.b = 2", "*"),
        "two resources of one name are still two"
    );
    assert!(!all("spec.a = 1", "v1/Secret"));
    assert!(all("", "v1/Secret"));
    assert!(!all("", "v1/ConfigMap"));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(expression in "[a-z.*?=|#@'~!<>() 0-9ANDI\"é]{0,60}") {
        if let Err(error) = parse(&expression) {
            proptest::prop_assert!(error.position <= expression.chars().count());
        }
    }
}
