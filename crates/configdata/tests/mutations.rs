//! What changed, as mutations; and mutations folded into the sources of a unit. The cases are
//! those of the function engine's section 5.

use cubit_configdata::mutation::{
    MutationType, ResourceMutation, compute, fold, source_of, with_index_paths,
};
use cubit_configdata::{Config, Missing, Path, Toolchain, resolve};

fn config(text: &str) -> Config {
    Config::parse(Toolchain::KubernetesYaml, text.as_bytes())
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// One line a resource and a path.
fn lines(mutations: &[ResourceMutation]) -> String {
    let mut text = String::new();
    for mutation in mutations {
        let info = &mutation.resource_mutation_info;
        text.push_str(&format!(
            "{} {} {:?} {} {:?}\n",
            mutation.resource.resource_type,
            mutation.resource.resource_name,
            info.mutation_type,
            info.index,
            info.value
        ));
        for (path, info) in &mutation.path_mutation_map {
            text.push_str(&format!(
                "  {path} {:?} {} {:?}\n",
                info.mutation_type, info.index, info.value
            ));
        }
    }
    text
}

fn changes(old: &str, new: &str, index: i64) -> String {
    let new = config(new);
    lines(&with_index_paths(&compute(&config(old), &new, index), &new))
}

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  labels: {app: web, tier: front}
spec:
  replicas: 2
  template:
    spec:
      containers:
      - name: web
        image: shop/web:1.0
        resources: {}
";

#[test]
fn changes_inside_a_resource() {
    let new = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  labels: {app: web}
spec:
  replicas: 4 # more
  template:
    spec:
      containers:
      - name: \"web\"
        image: shop/web:1.0
        resources: {requests: {cpu: 100m}}
        imagePullPolicy: Always
";
    insta::assert_snapshot!(changes(WEB, new, 3), @r#"
    apps/v1/Deployment shop/web Update 3 ""
      metadata.labels.tier Delete 3 "front\n"
      spec.replicas Update 3 "4\n"
      spec.template.spec.containers.0.imagePullPolicy Add 3 "Always\n"
      spec.template.spec.containers.0.resources Update 3 "requests:\n  cpu: 100m\n"
    "#);
    assert_eq!(
        changes(
            WEB,
            &WEB.replace(
                "replicas: 2",
                "replicas:   2 # a comment is no change of a value"
            ),
            0
        ),
        ""
    );
    insta::assert_snapshot!(changes(WEB, &WEB.replace("replicas: 2", "replicas: '2'"), 0), @r#"
    apps/v1/Deployment shop/web Update 0 ""
      spec.replicas Update 0 "\"2\"\n"
    "#);
}

#[test]
fn elements_are_matched_by_merge_key() {
    let service = |ports: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: a}}\nspec: {{ports: [{ports}]}}\n"
        )
    };
    let old =
        service("{name: http, port: 80}, {name: admin, port: 9000}, {name: metrics, port: 9100}");
    let new = service("{name: http, port: 80}, {name: metrics, port: 9100, protocol: TCP}");
    insta::assert_snapshot!(changes(&old, &new, 0), @r#"
    v1/Service /a Update 0 ""
      spec.ports.1 Delete 0 "name: admin\nport: 9000\n"
      spec.ports.1.protocol Add 0 "TCP\n"
    "#);
    let stored = compute(&config(&old), &config(&new), 0);
    let paths: Vec<&String> = stored[0].path_mutation_map.keys().collect();
    assert_eq!(
        paths,
        [
            "spec.ports.?port=9000&protocol=TCP;@1",
            "spec.ports.?port=9100&protocol=TCP.protocol"
        ]
    );
    // Two ports of one number are told apart by name; one that takes the place of another
    // replaces it.
    let twice = service("{name: a, port: 80}, {name: b, port: 80}");
    insta::assert_snapshot!(changes(&twice, &service("{name: a, port: 80}, {name: c, port: 80}"), 0), @r#"
    v1/Service /a Update 0 ""
      spec.ports.1 Replace 0 "name: c\nport: 80\n"
    "#);
}

#[test]
fn documents_are_matched_one_to_one() {
    let named = |name: &str, body: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, labels: {{a: x, b: y, c: z}}}}\nspec: {body}\n"
        )
    };
    let one = named("a", "{replicas: 1}");
    // A new document before an old one is not taken for a rename of it.
    let added = compute(
        &config(&one),
        &config(&format!("{}---\n{one}", named("b", "{replicas: 9}"))),
        0,
    );
    assert_eq!(
        (added.len(), added[0].resource.resource_name.as_str()),
        (1, "/b")
    );
    assert_eq!(
        added[0].resource_mutation_info.mutation_type,
        MutationType::Add
    );
    let renamed = compute(&config(&one), &config(&named("a-eu", "{replicas: 1}")), 0);
    insta::assert_snapshot!(lines(&renamed), @r#"
    apps/v1/Deployment /a-eu Update 0 ""
      metadata.name Update 0 "a-eu\n"
    "#);
    let aliases: Vec<&String> = renamed[0].aliases_without_scopes.keys().collect();
    assert_eq!(aliases, ["a-eu", "a"]);
    let other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: y}\n";
    insta::assert_snapshot!(changes(&one, other, 0), @r#"
    v1/ConfigMap /a Add 0 "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: \"y\"\n"
    apps/v1/Deployment /a Delete 0 "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: a\n  labels:\n    a: x\n    b: \"y\"\n    c: z\nspec:\n  replicas: 1\n"
    "#);
    let in_namespace = |namespace: &str, value: u8| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: s, namespace: {namespace}}}\nx: {value}\n"
        )
    };
    let both = |a: u8, b: u8| format!("{}---\n{}", in_namespace("one", a), in_namespace("two", b));
    insta::assert_snapshot!(changes(&both(1, 2), &both(1, 3), 0), @r#"
    v1/Secret two/s Update 0 ""
      x Update 0 "3\n"
    "#);
}

/// The sources of a unit after a series of texts; the first is mutation 1.
fn sources(texts: &[&str]) -> (Vec<ResourceMutation>, Config) {
    let mut sources = Vec::new();
    let mut before = config("");
    for (text, number) in texts.iter().zip(1..) {
        let after = config(text);
        sources = fold(sources, compute(&before, &after, number));
        before = after;
    }
    (sources, before)
}

#[test]
fn sources_say_who_wrote_each_path() {
    let second = WEB
        .replace("replicas: 2", "replicas: 6")
        .replace(":1.0", ":1.1");
    let third = second.replace(
        "        resources: {}\n",
        "        resources: {}\n      - name: log\n        image: log:1\n",
    );
    let fourth = third
        .replace("tier: front", "tier: back")
        .replace("log:1", "log:2");
    let fifth = fourth.replace(
        "      - name: web\n        image: shop/web:1.1\n        resources: {}\n",
        "",
    );
    let (sources, last) = sources(&[WEB, &second, &third, &fourth, &fifth]);
    let shown = with_index_paths(&sources, &last);
    let mut text = lines(&shown);
    let body = text.split_off(text.find('\n').expect("a line"));
    let body: Vec<&str> = body
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    assert_eq!(
        body,
        [
            r#"metadata.labels.tier Update 4 "back\n""#,
            r#"spec.replicas Update 2 "6\n""#,
            r#"spec.template.spec.containers.0 Replace 3 "name: log\nimage: log:1\n""#,
            r#"spec.template.spec.containers.0.image Update 4 "log:2\n""#,
        ]
    );
    let writer = |path: &str| source_of(&shown[0], path).index;
    assert_eq!(
        (
            writer("spec.replicas"),
            writer("metadata.name"),
            writer("spec.template.spec.containers.0.name"),
            writer("spec.template.spec.containers.0.image")
        ),
        (2, 1, 3, 4)
    );
}

#[test]
fn what_goes_and_comes_back_is_replaced() {
    let map = |value: u8| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: flags}}\ndata: {{a: {value}}}\n"
        )
    };
    let base = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n";
    let with = |value: u8| format!("{base}---\n{}", map(value));
    let (sources, _) = sources(&[base, &with(1), base, &with(2)]);
    insta::assert_snapshot!(lines(&sources), @r#"
    v1/Secret /s Add 1 "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n"
    v1/ConfigMap /flags Replace 4 "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: flags\ndata:\n  a: 2\n"
    "#);
    let paths = |labels: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: s, labels: {{x: '1', {labels}}}}}\n"
        )
    };
    let (sources, _) = self::sources(&[
        &paths("tier: a"),
        &paths("z: b"),
        &paths("z: b, tier: c"),
        &paths("z: b"),
    ]);
    let tier = &sources[0].path_mutation_map["metadata.labels.tier"];
    assert_eq!(
        (
            format!("{:?}", tier.mutation_type),
            tier.index,
            tier.value.as_str()
        ),
        ("Delete".to_owned(), 4, "c\n")
    );
}

#[test]
fn a_rename_is_followed() {
    let renamed = WEB.replace("name: web\n  namespace", "name: web-eu\n  namespace");
    let changed = renamed.replace("replicas: 2", "replicas: 7");
    let (sources, _) = sources(&[WEB, &renamed, &changed]);
    assert_eq!(sources.len(), 1, "{}", lines(&sources));
    assert_eq!(sources[0].resource.resource_name, "shop/web-eu");
    assert_eq!(sources[0].path_mutation_map["spec.replicas"].index, 3);
}

#[test]
fn a_path_written_anew_drops_only_what_is_below_it() {
    let text = |spec: &str| {
        format!("apiVersion: v1\nkind: Service\nmetadata: {{name: a}}\nspec: {spec}\n")
    };
    let (sources, _) = sources(&[
        &text("{port: {a: 1}, ports: 1}"),
        &text("{port: {a: 2}, ports: 2}"),
        &text("{port: 3, ports: 2}"),
    ]);
    let paths: Vec<(&String, i64)> = sources[0]
        .path_mutation_map
        .iter()
        .map(|(path, info)| (path, info.index))
        .collect();
    assert_eq!(
        paths,
        [(&"spec.port".to_owned(), 3), (&"spec.ports".to_owned(), 2)]
    );
}

#[test]
fn what_is_merged_changes_with_its_source() {
    let text = "apiVersion: v1
kind: ConfigMap
metadata: {name: a}
base: &base {x: 1, y: 2}
data:
  <<: *base
  z: 3
";
    for (old, new, expected) in [
        (
            "x: 1",
            "x: 9",
            "v1/ConfigMap /a Update 3 \"\"\n  base.x Update 3 \"9\\n\"\n  data.x Update 3 \"9\\n\"\n",
        ),
        // The map defines itself what it merged: the same values.
        ("z: 3", "z: 3\n  y: 2", ""),
        (
            "z: 3",
            "z: 3\n  y: 4",
            "v1/ConfigMap /a Update 3 \"\"\n  data.y Update 3 \"4\\n\"\n",
        ),
    ] {
        let changed = text.replace(old, new);
        let (before, after) = (config(text), config(&changed));
        assert_eq!(lines(&compute(&before, &after, 3)), expected, "{changed}");
        // What is merged is found by its path, as queries ask for it.
        let path = Path::parse("data.x").expect("a path");
        let resource = after.resources().next().expect("a resource");
        assert_eq!(resolve(resource.root, &path, Missing::Skip).len(), 1);
    }
}
