//! Verdicts over a corpus of valid and broken resources, held to those of kubeconform, which
//! `record.py` wrote into the files.

use std::path::Path;

use cubit_configdata::{Config, Toolchain};
use cubit_schemas::{CustomTypes, Release, Report, Validator, Version};

/// Cases there must be at least; a pattern that finds none must not pass.
const FEWEST: usize = 250;

fn verdict(reports: &[Report]) -> &'static str {
    if reports.iter().any(|report| !report.passed()) {
        "invalid"
    } else if reports.iter().any(|report| report.unknown) {
        "unknown"
    } else {
        "valid"
    }
}

/// The text behind a mark, up to the end of its line.
fn behind<'t>(text: &'t str, mark: &str) -> Option<&'t str> {
    text.split_once(mark)?.1.lines().next()
}

#[test]
fn verdicts_are_those_of_kubeconform() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases = 0;
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the cases") {
        let path = entry.expect("a file").path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a name");
        let text = std::fs::read_to_string(&path).expect("readable");
        let config = Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("YAML");
        let version = name
            .split_once('-')
            .and_then(|(version, _)| Version::parse(version));
        let release = Release::of(version.unwrap_or_else(Version::newest)).expect("known");
        let found = CustomTypes::found_in(release, &config);
        for strict in [true, false] {
            let validator = Validator {
                release,
                strict,
                given: None,
                found: &found,
            };
            let reports = validator.check(&config);
            for (index, document) in config.documents().iter().enumerate() {
                let Some(title) = behind(document.text(), "# case: ") else {
                    continue;
                };
                let mark = if strict { "strict=" } else { "loose=" };
                let expected = behind(document.text(), mark)
                    .and_then(|rest| rest.split(' ').next())
                    .unwrap_or_else(|| panic!("{name}: {title} has no recorded verdict"));
                let own: Vec<Report> = reports
                    .iter()
                    .filter(|report| report.document == index)
                    .cloned()
                    .collect();
                let got = verdict(&own);
                if got != expected {
                    wrong.push(format!(
                        "{name}: {title}: {mark}{expected}, but {got}: {own:?}"
                    ));
                }
                cases += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases >= 2 * FEWEST, "only {cases}");
}

/// Each finding of the broken deployment has a path, words and a place.
#[test]
fn findings_name_path_line_and_column() {
    let text = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  label: {app: web}
spec:
  replica: 3
  replicas: three
  selector: {matchLabels: {app: web}}
  selector: {matchLabels: {app: web}}
  template:
    spec:
      containers:
      - image: 5
        \"readinessprobe\": {}
        ports: [{containerPort: 80, name: {}}]
        env: [{name: A, value: yes}]
";
    let config = Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("YAML");
    let release = Release::of(Version::newest()).expect("known");
    let found = CustomTypes::none(release);
    let validator = Validator {
        release,
        strict: true,
        given: None,
        found: &found,
    };
    let reports = validator.check(&config);
    let mut findings: Vec<_> = reports.iter().flat_map(|report| &report.findings).collect();
    findings.sort_by_key(|finding| finding.position);
    let told: Vec<String> = findings
        .iter()
        .map(|finding| format!("{} {finding}", finding.rule.identifier()))
        .collect();
    assert_eq!(
        told,
        [
            "unknown-field metadata.label: the field is not known (did you mean labels?) (line 5, column 3)",
            "unknown-field spec.replica: the field is not known (did you mean replicas?) (line 7, column 3)",
            "wrong-type spec.replicas: expected integer, got string \"three\" (line 8, column 13)",
            "duplicate-key spec.selector: the key stands twice in its map (line 10, column 3)",
            "missing-field spec.template.spec.containers.0.name: the field is required and missing (line 14, column 9)",
            "wrong-type spec.template.spec.containers.0.image: expected string, got integer 5 (line 14, column 16)",
            "unknown-field spec.template.spec.containers.0.readinessprobe: the field is not known (did you mean readinessProbe?) (line 15, column 10)",
            "wrong-type spec.template.spec.containers.0.ports.0.name: expected string, got object (line 16, column 43)",
            "wrong-type spec.template.spec.containers.0.env.0.value: expected string, got boolean yes (line 17, column 32)",
        ]
    );
}

#[test]
fn secrets_are_not_told() {
    let text =
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {pin: 4711}\nother: hush\n";
    let config = Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("YAML");
    let release = Release::of(Version::newest()).expect("known");
    let found = CustomTypes::none(release);
    let validator = Validator {
        release,
        strict: true,
        given: None,
        found: &found,
    };
    let reports = validator.check(&config);
    assert_eq!(reports[0].findings.len(), 2);
    assert!(!format!("{reports:?}").contains("4711"));
    assert!(!format!("{reports:?}").contains("hush"));
}

/// Alternatives inside alternatives are given up in time, and what was given up did not pass.
#[test]
fn effort_is_bounded() {
    let mut schema = r#"{"type":"string"}"#.to_owned();
    for _ in 0..40 {
        schema = format!(r#"{{"anyOf":[{schema},{{"type":"boolean"}}]}}"#);
    }
    let mut value = "5".to_owned();
    let mut twice = r#"{"type":"string"}"#.to_owned();
    for _ in 0..14 {
        twice = format!(r#"{{"anyOf":[{{"items":{twice}}},{{"items":{twice}}}]}}"#);
        value = format!("[{value}]");
    }
    let text = format!(
        "apiVersion: a.b/v1\nkind: A\nvalue: {}\n---\napiVersion: a.b/v1\nkind: B\nvalue: {value}\n",
        "x"
    );
    let config = Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("YAML");
    let release = Release::of(Version::newest()).expect("known");
    let given = format!(
        r#"{{"a.b/v1/A":{{"properties":{{"value":{schema}}}}},"a.b/v1/B":{{"properties":{{"value":{twice}}}}}}}"#
    );
    let given = CustomTypes::given(release, &given).expect("schemas");
    let found = CustomTypes::none(release);
    let validator = Validator {
        release,
        strict: true,
        given: Some(&given),
        found: &found,
    };
    let reports = validator.check(&config);
    assert!(reports[0].passed());
    assert!(!reports[1].passed());
}

/// What is not told any more still fails.
#[test]
fn what_is_told_has_an_end() {
    let data: String = (0..300).map(|n| format!("  k{n}: {n}\n")).collect();
    let twice: String = (0..300).map(|_| "  k: v\n").collect();
    let resource = |data: &str| format!("apiVersion: v1\nkind: ConfigMap\ndata:\n{data}---\n");
    let text = format!(
        "{}{}{}",
        resource(&data).repeat(20),
        resource(&twice),
        resource("  a: b\n  a: c\n")
    );
    let config = Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("YAML");
    let release = Release::of(Version::newest()).expect("known");
    let found = CustomTypes::none(release);
    let validator = Validator {
        release,
        strict: true,
        given: None,
        found: &found,
    };
    let reports = validator.check(&config);
    let told: usize = reports.iter().map(|report| report.findings.len()).sum();
    assert_eq!(
        (
            reports.len(),
            reports[0].findings.len(),
            reports[0].failures
        ),
        (22, 100, 300)
    );
    assert!(reports.iter().all(|report| !report.passed()));
    assert!(told < 1300, "{told}");
}
