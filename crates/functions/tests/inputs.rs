//! Every function on texts as people have them, with the arguments of its examples: a workload with
//! two containers and comments, several resources, placeholders everywhere, resources of other kinds,
//! a properties file with a schema key, and an HCL file with variables. The snapshot says for each how
//! many lines went and came; comments stay, and a second run changes nothing.

use cubit_configdata::{Config, Toolchain};
use cubit_functions::{
    Execution, Function, FunctionContext, FunctionInvocation, Outcome, execute, registry,
};

const WORKLOAD: &str = "# the shop
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web # its name
  namespace: prod
  labels: {app: web}
spec:
  replicas: 2 # for now
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels:
        app: web
    spec:
      # the first one serves
      containers:
      - name: web
        image: example.com/shop/web:1.0 # pinned
        resources: {}
        ports:
        - containerPort: 8080 # http
        env:
        - name: LOG
          value: \"info\" # or debug
      - name: log
        image: \"shop/log:2\"
        resources: {}
";

const SEVERAL: &str = "apiVersion: v1
kind: Namespace
metadata:
  name: prod # one for all
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: prod}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: web
  namespace: prod
data:
  color: blue # like the sky
  size: \"1\"
---
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: prod
spec:
  selector: {app: web}
  ports:
  - port: 80 # outside
    targetPort: 8080
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: prod
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web # above
      containers:
      - name: web
        image: shop/web:1.0
        envFrom:
        - configMapRef: {name: web}
";

const PLACEHOLDERS: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: confighubplaceholder # to come
  namespace: confighubplaceholder
spec:
  replicas: 999999999
  selector: {matchLabels: {app: confighubplaceholder}}
  template:
    metadata: {labels: {app: confighubplaceholder}}
    spec:
      serviceAccountName: confighubplaceholder
      containers:
      - name: main
        image: confighubplaceholder:latest # soon
        env:
        - {name: URL, value: confighubplaceholder}
";

const OTHERS: &str = "apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: read, namespace: prod}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects:
- kind: ServiceAccount
  name: web # who
  namespace: prod
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: prod}
spec:
  minReplicas: 1
  maxReplicas: 5 # enough
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: prod}
spec:
  ingressClassName: nginx
  rules:
  - host: shop.example.com # public
    http:
      paths:
      - path: /
        pathType: Prefix
        backend: {service: {name: web, port: {number: 80}}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: tidy, namespace: prod}
spec:
  schedule: \"0 3 * * *\" # at night
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
          - name: tidy
            image: shop/tidy:1.0
";

const PROPERTIES: &str = "# of the shop
configHub.configSchema = Shop
server.port=8080
server.host = shop.example.com
! greeting
greeting = Good\\
  day
";

const VARIABLES: &str = "# of the shop
variable \"region\" {
  type    = string
  default = \"eu-west-1\" # near
}

resource \"example_bucket\" \"data\" {
  name   = \"shop-${var.region}\"
  count  = 2
  tags = {
    team = \"shop\"
  }
}
";

const INPUTS: &[(&str, Toolchain, &str)] = &[
    ("workload", Toolchain::KubernetesYaml, WORKLOAD),
    ("several", Toolchain::KubernetesYaml, SEVERAL),
    ("placeholders", Toolchain::KubernetesYaml, PLACEHOLDERS),
    ("others", Toolchain::KubernetesYaml, OTHERS),
    ("properties", Toolchain::AppConfigProperties, PROPERTIES),
    ("variables", Toolchain::OpenTofuHcl, VARIABLES),
];

/// What takes values away, with their comments, and why.
const TAKES_COMMENTS: &[(&str, &str)] = &[
    ("apply-merge-patch", "the example removes replicas"),
    ("delete-resource", "removes a resource"),
    ("select-where-resource", "drops resources"),
    ("set-path-comment", "sets the comment"),
    ("set-cel", "the example gives a Service another spec"),
    (
        "upsert-resource",
        "puts one resource in the place of another",
    ),
];

fn run(toolchain: Toolchain, text: &str, name: &str, arguments: &[&str]) -> Outcome {
    let context = FunctionContext {
        toolchain,
        unit_slug: "web".into(),
        unit_id: "11111111-2222-4333-8444-555555555555".into(),
        space_slug: "prod".into(),
        space_id: "99999999-8888-4777-8666-555555555555".into(),
        ..FunctionContext::default()
    };
    execute(Execution {
        context: &context,
        config: Config::parse(toolchain, text.as_bytes()).expect("readable"),
        invocations: &[FunctionInvocation::new(name, arguments.iter().copied())],
        num_filters: 0,
        stop_on_error: false,
    })
}

/// How many lines of one text are not in another.
fn missing(from: &str, to: &str) -> usize {
    let mut left: Vec<&str> = to.lines().collect();
    let gone = from.lines().filter(|line| {
        let place = left.iter().position(|other| other == line);
        place.map(|place| left.swap_remove(place)).is_none()
    });
    gone.count()
}

fn comments(text: &str) -> Vec<&str> {
    let comments = text
        .lines()
        .filter_map(|line| line.find("# ").map(|at| line[at..].trim_end()));
    comments.collect()
}

/// What a function does with a text; and what is wrong with that.
fn outcome(function: &Function, toolchain: Toolchain, text: &str) -> (String, Option<String>) {
    let name = function.signature.function_name.as_str();
    let mut examples = function.examples.iter();
    let example = examples.find(|example| example.toolchain == toolchain);
    let Some(example) = example.or_else(|| function.examples.first()) else {
        return (
            "no example".to_owned(),
            Some("it has no example".to_owned()),
        );
    };
    let done = run(toolchain, text, name, &example.arguments);
    let after = done.config.text();
    if !done.success {
        let wrong = (after != text || done.messages.iter().any(String::is_empty))
            .then(|| format!("it fails badly: {:?}", done.messages));
        return ("fails".to_owned(), wrong);
    }
    if after == text {
        return ("=".to_owned(), None);
    }
    let line = format!("-{} +{}", missing(text, &after), missing(&after, text));
    if !function.signature.mutating {
        return (line, Some("it changes the text".to_owned()));
    }
    let kept = comments(&after);
    let lost = comments(text)
        .into_iter()
        .find(|comment| !kept.contains(comment));
    if let Some(lost) = lost
        && !TAKES_COMMENTS.iter().any(|(known, _)| *known == name)
    {
        return (line, Some(format!("it loses {lost:?}:\n{after}")));
    }
    let again = run(toolchain, &after, name, &example.arguments);
    let is_meant = example.toolchain == toolchain;
    if function.signature.idempotent && is_meant && !again.changes.is_empty() {
        let made = again.config.text();
        return (line, Some(format!("a second run makes\n{made}of\n{after}")));
    }
    (line, None)
}

#[test]
fn every_function_on_every_input() {
    let (mut lines, mut wrong) = (Vec::new(), Vec::new());
    let functions = registry()
        .functions()
        .filter(|(_, function)| !function.signature.description.starts_with("Alias of"));
    for (toolchain, function) in functions {
        let name = &function.signature.function_name;
        let mut said = Vec::new();
        for (what, of, text) in INPUTS {
            if *of == toolchain {
                let (line, problem) = outcome(function, toolchain, text);
                wrong.extend(problem.map(|problem| format!("{name} on {what}: {problem}")));
                said.push(format!("{what} {line}"));
            }
        }
        if !said.is_empty() {
            lines.push(format!("{name}: {}", said.join(", ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    insta::assert_snapshot!(lines.join("\n"));
}
