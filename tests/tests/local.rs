//! `cubit function local` and `cubit vet` on files and pipes: what they print, write and end with.
#![expect(clippy::unwrap_used, reason = "tests may panic")]

use cubit_tests::Folder;

const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web # the shop\nspec:\n  replicas: 2\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      - name: web\n        image: shop/web:1.0\n";

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn local(name: &str, files: &[(&str, &str)]) -> Folder {
    Folder::new(&["function", "local"], name, files)
}

#[test]
fn a_function_changes_files_in_place_or_prints_them() {
    let log = WEB.replace("web", "log");
    let folder = local("in-place", &[("web.yaml", WEB), ("log.yaml", &log)]);
    let after = WEB.replace("replicas: 2", "replicas: 3");

    let printed = folder.run(&["set-replicas", "3", "web.yaml"], "");
    assert_eq!(
        (printed.status.code(), text(&printed.stdout)),
        (Some(0), after.clone())
    );
    assert_eq!(folder.read("web.yaml"), WEB, "it was only printed");

    let piped = folder.run(&["--exit-code", "set-replicas", "3"], WEB);
    assert_eq!(
        (piped.status.code(), text(&piped.stdout)),
        (Some(2), after.clone())
    );

    let shown = folder.run(
        &["--dry-run", "set-replicas", "3", "web.yaml", "log.yaml"],
        "",
    );
    let diff = text(&shown.stdout);
    assert!(diff.contains("-  replicas: 2\n+  replicas: 3\n"), "{diff}");
    assert!(diff.contains("+++ log.yaml"), "{diff}");

    let changed = folder.run(&["-i", "set-replicas", "3", "web.yaml", "log.yaml"], "");
    assert_eq!(
        (changed.status.code(), text(&changed.stdout)),
        (Some(0), String::new())
    );
    assert_eq!(folder.read("web.yaml"), after);
    assert_eq!(folder.read("log.yaml"), after.replace("web", "log"));

    let unchanged = folder.run(&["--exit-code", "-i", "set-replicas", "3", "web.yaml"], "");
    assert_eq!(unchanged.status.code(), Some(0));
}

#[test]
fn all_files_or_none() {
    let folder = local("all", &[("web.yaml", WEB), ("bad.yaml", "kind: [\n")]);
    let failed = folder.run(&["-i", "set-replicas", "3", "web.yaml", "bad.yaml"], "");
    assert_eq!(failed.status.code(), Some(1));
    assert!(
        text(&failed.stderr).contains("at bad.yaml:1:7"),
        "{}",
        text(&failed.stderr)
    );
    assert_eq!(folder.read("web.yaml"), WEB);
}

#[test]
fn wrong_calls_say_what_was_expected() {
    let folder = local("wrong", &[("web.yaml", WEB)]);
    for (words, code, message) in [
        (
            &["set-replica", "3", "web.yaml"][..],
            5,
            "did you mean `set-replicas`?",
        ),
        (
            &["set-replicas", "many", "web.yaml"],
            1,
            "parameter replicas: expected an integer, got \"many\"",
        ),
        (
            &["set-replicas", "3", "web.yml"],
            5,
            "there is no file `web.yml`",
        ),
        (&["set-replicas", "3", "--dry-run"], 2, "put it before"),
    ] {
        let output = folder.run(words, "");
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{words:?}: {said}");
        assert!(said.contains(message), "{words:?}: {said}");
    }
}

#[test]
fn answers_and_reports() {
    let folder = local("answers", &[("web.yaml", WEB)]);
    let values = folder.run(&["get-container-image", "*", "web.yaml"], "");
    assert_eq!(
        text(&values.stdout),
        "apps/v1/Deployment /web spec.template.spec.containers.0.image: shop/web:1.0\n"
    );
    let named = folder.run(
        &[
            "set-env-var",
            "--env-var=A",
            "--env-value=b",
            "--container-name=web",
            "web.yaml",
        ],
        "",
    );
    assert!(
        text(&named.stdout).ends_with("        env:\n        - name: A\n          value: b\n"),
        "{}",
        text(&named.stdout)
    );
    let mutations = folder.run(&["-o", "mutations", "set-replicas", "5", "web.yaml"], "");
    let mutations: serde_json::Value = serde_json::from_slice(&mutations.stdout).unwrap();
    assert_eq!(
        mutations[0]["Mutations"][0]["PathMutationMap"]["spec.replicas"]["Value"],
        "5\n"
    );
    let failing = ["vet-celexpr", "r.spec.replicas > 2", "web.yaml"];
    let failed = folder.run(&failing, "");
    assert_eq!(failed.status.code(), Some(1));
    assert!(
        text(&failed.stdout)
            .starts_with("web.yaml: error: apps/v1/Deployment /web does not satisfy")
    );
    for form in ["sarif", "junit"] {
        let report = folder.run(&[&["-o", form], &failing[..]].concat(), "");
        assert_eq!(report.status.code(), Some(1));
        assert!(text(&report.stdout).contains("does not satisfy"));
    }
}

#[test]
fn vet_tells_the_place() {
    let bad = WEB
        .replace("image:", "imag:")
        .replace("replicas: 2", "replicas: two");
    let folder = Folder::new(
        &["vet"],
        "vet",
        &[
            ("web.yaml", WEB),
            ("bad.yaml", &bad),
            ("odd.yaml", "a: [\n"),
        ],
    );
    let good = folder.run(&["web.yaml"], "");
    assert_eq!(
        (good.status.code(), text(&good.stdout)),
        (Some(0), String::new())
    );

    let found = folder.run(&["bad.yaml", "odd.yaml"], "");
    let lines = text(&found.stdout);
    assert_eq!(found.status.code(), Some(1));
    assert!(
        lines.starts_with(
            "bad.yaml:6:13: error: apps/v1/Deployment /web: spec.replicas: expected integer"
        ),
        "{lines}"
    );
    assert!(
        lines.contains("bad.yaml:13:") && lines.contains("did you mean image?"),
        "{lines}"
    );
    assert!(lines.contains("odd.yaml:1:4: error: "), "{lines}");

    let open = WEB.replace("shop/web", "confighubplaceholder/web");
    let warned = folder.run(&["-"], &open);
    assert_eq!(warned.status.code(), Some(0), "warnings alone do not fail");
    let strict = folder.run(&["--strict", "-"], &open);
    assert_eq!(strict.status.code(), Some(1));
}

/// A module that answers what it is given, so that it changes nothing. Written by hand: a memory,
/// `allocate` and `run`, and their exports.
const ECHO: &[u8] = b"\0asm\x01\0\0\0\x01\x0c\x02\x60\x01\x7f\x01\x7f\x60\x02\x7f\x7f\x01\x7e\x03\x03\x02\0\x01\x05\x03\x01\0\x02\x07\x1b\x03\x06memory\x02\0\x08allocate\0\0\x03run\0\x01\x0a\x15\x02\x06\0\x41\x80\x80\x04\x0b\x0c\0\x20\0\xad\x42\x20\x86\x20\x01\xad\x84\x0b";

#[test]
fn a_function_of_ones_own_is_a_module_with_a_signature_beside_it() {
    let signature =
        "FunctionName: set-nothing\nDescription: Leaves all as it is.\nMutating: true\n";
    let folder = local("module", &[("web.yaml", WEB), ("own.yaml", signature)]);
    folder.write("own.wasm", ECHO);
    let run = folder.run(&["--module", "own.wasm", "set-nothing", "web.yaml"], "");
    assert_eq!(
        (run.status.code(), text(&run.stdout), text(&run.stderr)),
        (Some(0), WEB.to_owned(), String::new())
    );
    let known = folder.run(
        &["--module", "own.wasm", "set-replicas", "2", "web.yaml"],
        "",
    );
    assert_eq!(known.status.code(), Some(0), "{}", text(&known.stderr));
    let missing = folder.run(&["--module", "other.wasm", "set-nothing", "web.yaml"], "");
    assert!(
        text(&missing.stderr).contains("other.yaml"),
        "{}",
        text(&missing.stderr)
    );
}
