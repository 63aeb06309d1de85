//! Merges, on small texts one can read.

use cubit_configdata::merge::{
    Local, MergeError, MergeOptions, Merged, Strategy, merge, patch, undo,
};
use cubit_configdata::mutation::{ResourceMutation, compute, fold, with_index};
use cubit_configdata::{Config, Path, Toolchain};

fn config(text: &str) -> Config {
    Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("readable text")
}

/// A Deployment with these lines below its name.
fn web(lines: &str) -> String {
    format!("apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n{lines}")
}

/// What the report says, a line each.
fn told(merged: &Merged) -> Vec<String> {
    merged
        .report
        .iter()
        .map(|line| format!("{} {}", line.outcome.words(), line.path))
        .collect()
}

fn merged(base: &str, theirs: &str, ours: &str) -> (String, Vec<String>) {
    let merged = merge(
        &config(base),
        &config(theirs),
        &config(ours),
        &MergeOptions::default(),
    )
    .expect("a merge");
    (merged.config.text().into_owned(), told(&merged))
}

#[track_caller]
fn check(base: &str, theirs: &str, ours: &str, expected: &str, report: &[&str]) {
    let (text, told) = merged(base, theirs, ours);
    assert_eq!(text, expected);
    assert_eq!(told, report);
}

#[test]
fn changes_at_different_places_meet() {
    check(
        &web("spec:\n  replicas: 2\n  paused: false\n"),
        &web("spec:\n  replicas: 2\n  paused: true\n"),
        &web("spec:\n  replicas: 6 # peak\n  paused: false\n"),
        &web("spec:\n  replicas: 6 # peak\n  paused: true\n"),
        &["applied spec.paused"],
    );
}

#[test]
fn a_local_value_stays_and_the_report_says_so() {
    let (base, theirs, ours) = (
        web("spec:\n  replicas: 2\n"),
        web("spec:\n  replicas: 3\n"),
        web("spec:\n  replicas: 6\n"),
    );
    let merged = merge(
        &config(&base),
        &config(&theirs),
        &config(&ours),
        &MergeOptions::default(),
    )
    .expect("a merge");
    assert_eq!(merged.config.text(), ours);
    let [line] = merged.report.as_slice() else {
        panic!("one line: {:?}", merged.report);
    };
    assert_eq!(line.resource.resource_name, "/web");
    assert_eq!(
        (line.path.as_str(), line.outcome.words()),
        ("spec.replicas", "kept local")
    );
    assert_eq!(
        [&line.base, &line.theirs, &line.ours].map(|value| value.as_deref()),
        [Some("2\n"), Some("3\n"), Some("6\n")]
    );
}

#[test]
fn an_addition_stands_beside_its_neighbour_with_its_comments() {
    check(
        &web("spec:\n  replicas: 2\n  paused: false\n"),
        &web(
            "spec:\n  replicas: 2\n  # rarely\n  minReadySeconds: 5 # slow start\n  paused: false\n",
        ),
        &web("spec:\n  replicas: 6\n  paused: false\n  own: 1\n"),
        &web(
            "spec:\n  replicas: 6\n  # rarely\n  minReadySeconds: 5 # slow start\n  paused: false\n  own: 1\n",
        ),
        &["applied spec.minReadySeconds"],
    );
}

#[test]
fn an_addition_between_changed_neighbours_stands_between_them() {
    check(
        &web("spec:\n  replicas: 2\n  paused: false\n  last: 1\n"),
        &web("spec:\n  replicas: 2\n  new: 5\n  paused: false\n  last: 1\n"),
        &web("spec:\n  replicas: 6\n  paused: true\n  last: 1\n"),
        &web("spec:\n  replicas: 6\n  new: 5\n  paused: true\n  last: 1\n"),
        &["applied spec.new"],
    );
}

const CONTAINERS: &str = "spec:
  template:
    spec:
      containers:
      - name: web
        image: shop/web:1.0
      - name: log
        image: shop/log:1.0
";

#[test]
fn list_elements_meet_by_their_merge_key() {
    check(
        &web(CONTAINERS),
        &web(&CONTAINERS.replace("log:1.0", "log:1.1")),
        &web(&CONTAINERS.replace(
            "      - name: web\n",
            "      - name: side\n        image: own/side:1\n      - name: web\n",
        )),
        &web(&CONTAINERS.replace("log:1.0", "log:1.1").replace(
            "      - name: web\n",
            "      - name: side\n        image: own/side:1\n      - name: web\n",
        )),
        &["applied spec.template.spec.containers.?name=log.image"],
    );
}

#[test]
fn a_removed_element_stays_removed() {
    let without_log = CONTAINERS.replace("      - name: log\n        image: shop/log:1.0\n", "");
    check(
        &web(CONTAINERS),
        &web(&CONTAINERS.replace("log:1.0", "log:1.1")),
        &web(&without_log),
        &web(&without_log),
        &["kept local spec.template.spec.containers.?name=log"],
    );
}

#[test]
fn what_is_local_survives_the_removal_of_what_holds_it() {
    let resources = |lines: &str| {
        web(&format!(
            "spec:\n  resources:\n    limits:\n      cpu: 1\n{lines}  replicas: 1\n"
        ))
    };
    check(
        &resources("      memory: 1Gi\n"),
        &web("spec:\n  replicas: 1\n"),
        &resources("      memory: 2Gi # measured\n"),
        &web("spec:\n  resources:\n    limits:\n      memory: 2Gi # measured\n  replicas: 1\n"),
        &[
            "protected spec.resources",
            "protected spec.resources.limits",
            "protected spec.resources.limits.memory",
        ],
    );
}

#[test]
fn an_element_with_local_changes_is_kept_whole() {
    let local = CONTAINERS.replace("log:1.0", "log:mine");
    check(
        &web(CONTAINERS),
        &web(&CONTAINERS.replace("      - name: log\n        image: shop/log:1.0\n", "")),
        &web(&local),
        &web(&local),
        &["protected spec.template.spec.containers.?name=log"],
    );
}

#[test]
fn elements_without_a_key_meet_by_what_they_hold() {
    let args = |list: &str| web(&format!("spec:\n  args:\n{list}"));
    check(
        &args("  - --a\n  - --b\n  - --c\n"),
        &args("  - --a\n  - --b\n  - --c\n  - --new\n"),
        &args("  - --first\n  - --a\n  - --c\n"),
        &args("  - --first\n  - --a\n  - --c\n  - --new\n"),
        &["applied spec.args.3"],
    );
}

#[test]
fn other_shapes_are_reported() {
    let base = web("spec:\n  a:\n    b: 1\n");
    let ours = web("spec:\n  a: text\n");
    check(
        &base,
        &web("spec:\n  a:\n    b: 2\n"),
        &ours,
        &ours,
        &["shape differs spec.a"],
    );
}

#[test]
fn comments_travel_alone() {
    check(
        &web("spec:\n  replicas: 2\n  paused: false\n"),
        &web("spec:\n  # how many\n  replicas: 2 # at least\n\n  paused: false\n"),
        &web("spec:\n  replicas: 6\n  paused: false # mine\n"),
        &web("spec:\n  # how many\n  replicas: 6 # at least\n\n  paused: false # mine\n"),
        &["applied spec.replicas"],
    );
}

#[test]
fn a_change_of_layout_alone_has_a_line() {
    let (base, theirs) = (web("spec:\n  a: 1\n"), web("spec:\n  # why\n  a: 1\n"));
    let (text, told) = merged(&base, &theirs, &base);
    assert_eq!(text, theirs);
    assert_eq!(told, ["applied "]);
}

#[test]
fn a_local_comment_is_not_replaced() {
    let ours = web("spec:\n  replicas: 2 # mine\n");
    check(
        &web("spec:\n  replicas: 2 # few\n"),
        &web("spec:\n  replicas: 2 # theirs\n"),
        &ours,
        &ours,
        &["kept local spec.replicas"],
    );
}

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n";
const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata: {}\n";

#[test]
fn resources_come_and_go_at_their_place() {
    let (deployment, join) = (web(""), "---\n");
    let base = format!("{deployment}{join}{MAP}");
    check(
        &base,
        &format!("{deployment}{join}# the door\n{SERVICE}{join}{MAP}"),
        &format!("{deployment}spec: {{}}\n{join}{MAP}"),
        &format!("{deployment}spec: {{}}\n{join}# the door\n{SERVICE}{join}{MAP}"),
        &["applied "],
    );
    check(
        &base,
        MAP,
        &format!("{base}{join}{SERVICE}"),
        &format!("{MAP}{join}{SERVICE}"),
        // The resource that is gone, and the marker above the one that comes first now.
        &["applied ", "applied "],
    );
    // Ours removed it, theirs changed it.
    check(
        &base,
        &format!("{deployment}{join}{}", MAP.replace("{}", "{a: b}")),
        &deployment,
        &deployment,
        &["kept local "],
    );
    // Theirs removed it, ours changed it.
    let changed = format!("{deployment}{join}{}", MAP.replace("{}", "{a: b}"));
    check(&base, &deployment, &changed, &changed, &["protected "]);
}

#[test]
fn a_strategy_can_hold_for_some_paths() {
    let (base, theirs, ours) = (
        config(&web("spec:\n  replicas: 2\n  paused: false\n")),
        config(&web("spec:\n  replicas: 3\n  paused: null\n")),
        config(&web("spec:\n  replicas: 6 # peak\n  paused: true\n")),
    );
    let take = [(
        Path::parse("spec.replicas").expect("a path"),
        Strategy::TakeUpstream,
    )];
    let options = MergeOptions {
        paths: &take,
        ..MergeOptions::default()
    };
    let merged = merge(&base, &theirs, &ours, &options).expect("a merge");
    assert_eq!(
        merged.config.text(),
        web("spec:\n  replicas: 3 # peak\n  paused: true\n")
    );
    assert_eq!(
        told(&merged),
        ["took upstream spec.replicas", "kept local spec.paused"]
    );
    let fail = MergeOptions {
        strategy: Strategy::Fail,
        ..options
    };
    let Err(MergeError::HeldBack { held }) = merge(&base, &theirs, &ours, &fail) else {
        panic!("it must fail");
    };
    assert_eq!(held.len(), 1);
    assert_eq!(held[0].path, "spec.paused");
}

/// The sources of a clone in which some mutations are local.
fn sources(texts: &[&str], local: &[i64]) -> Vec<ResourceMutation> {
    let mut sources = Vec::new();
    let mut before = config("");
    for (number, text) in texts.iter().enumerate() {
        let after = config(text);
        let number = i64::try_from(number).expect("few") + 1;
        sources = fold(sources, with_index(compute(&before, &after, 0), number));
        before = after;
    }
    for resource in &mut sources {
        let own = &mut resource.resource_mutation_info;
        for info in resource.path_mutation_map.values_mut().chain([own]) {
            info.predicate = !local.contains(&info.index);
        }
    }
    sources
}

fn upgraded(base: &str, theirs: &str, history: &[&str], local: &[i64]) -> (String, Vec<String>) {
    let sources = sources(history, local);
    let options = MergeOptions {
        local: Local::Recorded(&sources),
        ..MergeOptions::default()
    };
    let ours = config(history[history.len() - 1]);
    let merged = merge(&config(base), &config(theirs), &ours, &options).expect("a merge");
    (merged.config.text().into_owned(), told(&merged))
}

/// Example 5 of section 5.7 of the function engine.
#[test]
fn an_upgrade_keeps_what_was_written_locally() {
    let unit = |replicas: u8, image: &str, env: &str| {
        web(&format!(
            "spec:\n  replicas: {replicas}\n  template:\n    spec:\n      containers:\n      - name: web\n        image: {image}\n        resources: {{}}\n{env}"
        ))
    };
    let env = "        env: [{name: MODE, value: fast}]\n";
    let base = unit(2, "shop/web:1.0", "");
    let theirs = unit(2, "shop/web:1.1", env);
    let local = unit(6, "mirror/web:1.0", "");
    let (text, told) = upgraded(&base, &theirs, &[&base, &local], &[2]);
    assert_eq!(text, unit(6, "mirror/web:1.0", env));
    assert_eq!(
        told,
        [
            "kept local spec.template.spec.containers.?name=web.image",
            "applied spec.template.spec.containers.?name=web.env",
        ]
    );
    // With the local mutation given up, and the clone's kept.
    let (text, _) = upgraded(&base, &theirs, &[&base, &local], &[1]);
    assert_eq!(text, unit(6, "shop/web:1.1", ""));
}

/// Examples 6 and 7: a rename is followed, a tombstone holds.
#[test]
fn renames_are_followed_and_tombstones_hold() {
    let base = web("  labels:\n    app: web\n    tier: front\nspec:\n  replicas: 2\n");
    let renamed = base.replace("name: web", "name: web-eu");
    let removed = renamed.replace("    tier: front\n", "");
    let theirs = base
        .replace("tier: front", "tier: edge")
        .replace("replicas: 2", "replicas: 3");
    let (text, told) = upgraded(&base, &theirs, &[&base, &renamed, &removed], &[2, 3]);
    assert_eq!(text, removed.replace("replicas: 2", "replicas: 3"));
    assert_eq!(
        told,
        ["kept local metadata.labels.tier", "applied spec.replicas"]
    );
}

/// A local value below what upstream replaces as a whole.
#[test]
fn recorded_values_survive_below_a_change() {
    let unit = |limits: &str| web(&format!("spec:\n  limits:{limits}  last: 1\n"));
    let base = unit("\n    cpu: 1\n    memory: 1Gi\n");
    let local = unit("\n    cpu: 4\n    memory: 1Gi\n");
    let (text, told) = upgraded(&base, &unit(" {}\n"), &[&base, &local], &[2]);
    assert_eq!(text, unit("\n    cpu: 4\n"));
    assert_eq!(
        told,
        ["kept local spec.limits.cpu", "applied spec.limits.memory"]
    );
    let (text, told) = upgraded(&base, &web("spec:\n  last: 1\n"), &[&base, &local], &[2]);
    assert_eq!(text, unit("\n    cpu: 4\n"));
    assert_eq!(told, ["protected spec.limits", "protected spec.limits.cpu"]);
}

#[test]
fn a_patch_of_recorded_mutations_does_the_same() {
    let before = config(&web(CONTAINERS));
    let after = config(&web(&CONTAINERS
        .replace("shop/web:1.0", "shop/web:2.0")
        .replace("- name: log", "- name: trace")));
    let mutations = compute(&before, &after, 0);
    let options = MergeOptions {
        local: Local::Nothing,
        ..MergeOptions::default()
    };
    let patched = patch(&before, &mutations, &options).expect("a patch");
    assert_eq!(compute(&patched.config, &after, 0), []);
    let again = patch(&patched.config, &mutations, &options).expect("a patch");
    assert_eq!(again.config.text(), patched.config.text());
}

#[test]
fn one_change_is_undone_without_the_later_ones() {
    let (first, second) = (
        web("spec:\n  replicas: 2\n  paused: false\n"),
        web("spec:\n  replicas: 3 # more\n  paused: true\n"),
    );
    let third = second.replace("paused: true", "paused: null") + "  own: 1\n";
    let undone = undo(
        &config(&first),
        &config(&second),
        &config(&third),
        &MergeOptions::default(),
    )
    .expect("an undo");
    assert_eq!(
        undone.config.text(),
        web("spec:\n  replicas: 2\n  paused: null\n  own: 1\n")
    );
    assert_eq!(
        told(&undone),
        ["applied spec.replicas", "kept local spec.paused"]
    );
}

/// One merge in every other format: their change arrives, ours stays, comments travel.
#[test]
fn every_format_merges() {
    let cases = [
        (
            Toolchain::OpenTofuHcl,
            "resource \"aws_vpc\" \"main\" {\n  cidr = var.cidr\n  tags = { Env = \"dev\" }\n}\n",
            "# the network\nresource \"aws_vpc\" \"main\" {\n  cidr = var.net # moved\n  tags = { Env = \"dev\" }\n}\n\nresource \"aws_eip\" \"ip\" {}\n",
            "resource \"aws_vpc\" \"main\" {\n  cidr = var.cidr\n  tags = { Env = \"prod\" } # ours\n}\n",
            "# the network\nresource \"aws_vpc\" \"main\" {\n  cidr = var.net # moved\n  tags = { Env = \"prod\" } # ours\n}\n\nresource \"aws_eip\" \"ip\" {}\n",
            vec!["applied cidr", "applied "],
        ),
        (
            Toolchain::AppConfigProperties,
            "shop.name=a\nshop.port=80\n",
            "shop.name=b\n# since spring\nshop.mode=x\nshop.port=81\n",
            "! ours\nshop.name=a\nshop.port = 90\n",
            "! ours\nshop.name=b\n# since spring\nshop.mode=x\nshop.port = 90\n",
            vec![
                "applied shop.name",
                "applied shop.mode",
                "kept local shop.port",
            ],
        ),
        (
            Toolchain::AppConfigIni,
            "[a]\nx=1\n[b]\ny=2\n",
            "[a]\nx=1\nnew=3 ; why\n[b]\ny=5\n",
            "[a]\nx=7\n[b]\ny=2\n",
            "[a]\nx=7\nnew=3 ; why\n[b]\ny=5\n",
            vec!["applied a.new", "applied b.y"],
        ),
        (
            Toolchain::AppConfigEnv,
            "A=1\nexport B=\"two\"\n",
            "A=1\nexport B=\"three\"\nC=4\n",
            "A=9 # ours\nexport B=\"two\"\n",
            "A=9 # ours\nexport B=\"three\"\nC=4\n",
            vec!["applied B", "applied C"],
        ),
        (
            Toolchain::AppConfigToml,
            "[server]\nport = 80\ntags = [\"a\"]\n",
            "[server]\nport = 81\ntags = [\"a\", \"b\"]\n\n[log] # new\nlevel = \"info\"\n",
            "[server]\nport = 90\ntags = [\"a\"]\n",
            "[server]\nport = 90\ntags = [\"a\", \"b\"]\n\n[log] # new\nlevel = \"info\"\n",
            vec![
                "kept local server.port",
                "applied server.tags.1",
                "applied log",
            ],
        ),
        (
            Toolchain::AppConfigJson,
            "{\n  \"port\": 80,\n  \"name\": \"a\"\n}\n",
            "{\n  \"port\": 80,\n  \"name\": \"a\",\n  \"mode\": true\n}\n",
            "{\n  \"port\": 90,\n  \"name\": \"b\"\n}\n",
            "{\n  \"port\": 90,\n  \"name\": \"b\",\n  \"mode\": true\n}\n",
            vec!["applied mode"],
        ),
    ];
    for (toolchain, base, theirs, ours, expected, report) in cases {
        let read = |text: &str| Config::parse(toolchain, text.as_bytes()).expect("readable text");
        let merged = merge(
            &read(base),
            &read(theirs),
            &read(ours),
            &MergeOptions::default(),
        )
        .expect("a merge");
        assert_eq!(merged.config.text(), expected, "{toolchain}");
        assert_eq!(told(&merged), report, "{toolchain}");
        // Undone, it is ours again.
        let undone = undo(
            &read(base),
            &read(theirs),
            &merged.config,
            &MergeOptions::default(),
        );
        let undone = undone.expect("an undo");
        assert_eq!(undone.config.text(), ours, "{toolchain} undone");
    }
}
