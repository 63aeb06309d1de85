//! What people do on their first day, with the real binary and a real server.
#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

const DEPLOYMENT: &str = "\
# the web front
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
  labels: {tier: web}
spec:
  replicas: 2   # enough for now
  template:
    spec:
      containers:
      - name: app
        image: shop/app:1.0
";

/// A person at a machine on which a server runs, in the space `dev`.
struct Desk {
    folder: TempDir,
    server: Child,
}

/// What a command printed and ended with.
struct Outcome {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Desk {
    fn new(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut server = cubit(folder.path())
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(flags)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(server.stderr.take().unwrap());
        let mut said = said.lines().map(Result::unwrap);
        assert!(said.any(|line| line.starts_with("cubit listens on ")));
        if flags.contains(&"--demo") {
            assert!(said.any(|line| line.contains("unit blame")));
        }
        Self { folder, server }
    }

    fn in_dev() -> Self {
        let desk = Self::new(&[]);
        desk.expect(0, &["space", "create", "dev"]);
        desk.expect(0, &["context", "set", "--space", "dev"]);
        desk.write("app.yaml", DEPLOYMENT);
        desk
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        let output = cubit(self.folder.path()).args(arguments).output().unwrap();
        Outcome {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs a command that must end with `code`, and gives what it printed:
    /// on standard output when it succeeds, on standard error when not.
    #[track_caller]
    fn expect(&self, code: i32, arguments: &[&str]) -> String {
        let Outcome {
            code: actual,
            stdout,
            stderr,
        } = self.run(arguments);
        assert_eq!(actual, code, "{arguments:?}\n{stdout}{stderr}");
        if code == 0 { stdout } else { stderr }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn cubit(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cubit"));
    command
        .current_dir(folder)
        .env("CUBIT_CONFIG_DIR", folder.join("config"))
        .env("CUBIT_DATA_DIR", folder.join("data"));
    for name in [
        "CUBIT_TOKEN",
        "CONFIGHUB_TOKEN",
        "CUBIT_SERVER",
        "CONFIGHUB_URL",
        "CUBIT_SPACE",
        "CUBIT_CONTEXT",
    ] {
        command.env_remove(name);
    }
    command
}

#[test]
fn a_file_is_stored_as_it_is() {
    let desk = Desk::in_dev();
    desk.expect(0, &["unit", "create", "app", "app.yaml"]);
    assert_eq!(desk.expect(0, &["unit", "data", "app"]), DEPLOYMENT);
    let sources =
        "custom-columns=NUM:Revision.RevisionNum,SOURCE:Revision.Source,USER:User.Username";
    insta::assert_snapshot!(desk.expect(0, &["revision", "list", "app", "-o", sources]), @r"
    NUM   SOURCE       USER
    1     CreateUnit   admin
    ");
}

#[test]
fn the_same_name_twice_is_refused_unless_allowed() {
    let desk = Desk::in_dev();
    desk.expect(0, &["unit", "create", "app", "app.yaml"]);
    assert!(
        desk.expect(1, &["unit", "create", "app", "app.yaml"])
            .contains("already exists")
    );
    desk.write(
        "other.yaml",
        &DEPLOYMENT.replace("replicas: 2", "replicas: 7"),
    );
    desk.expect(
        0,
        &["unit", "create", "app", "other.yaml", "--allow-exists"],
    );
    assert_eq!(desk.expect(0, &["unit", "data", "app"]), DEPLOYMENT);
    assert_eq!(
        desk.expect(0, &["unit", "get", "app", "-o", "jq=.HeadRevisionNum"]),
        "1\n"
    );
}

#[test]
fn broken_yaml_is_refused_with_its_place() {
    let desk = Desk::in_dev();
    desk.write("bad.yaml", "kind: Deployment\nspec:\n\treplicas: 2\n");
    let said = desk.expect(1, &["unit", "create", "bad", "bad.yaml"]);
    assert!(said.contains("line 3"), "{said}");
    desk.expect(5, &["unit", "get", "bad"]);
}

#[test]
fn units_are_found_by_labels_and_by_what_is_in_them() {
    let desk = Desk::new(&["--demo"]);
    let found = |arguments: &[&str]| {
        let mut all = vec![
            "unit",
            "list",
            "--space",
            "*",
            "-o",
            "custom-columns=Space.Slug,Unit.Slug",
            "--no-headers",
        ];
        all.extend(arguments);
        desk.expect(0, &all)
    };
    let busy = [
        "--resource-type",
        "apps/v1/Deployment",
        "--where-data",
        "spec.replicas > 2",
    ];
    insta::assert_snapshot!(found(&busy), @r"
    prod   cart
    prod   frontend
    ");
    insta::assert_snapshot!(found(&["--where", "Labels.tier = 'edge'"]), @"prod   ingress");
    let either = ["--where", "Labels.tier = 'edge' OR Slug = 'cart'"];
    insta::assert_snapshot!(found(&either), @r"
    dev       cart
    staging   cart
    prod      cart
    prod      ingress
    ");
    let unfinished = ["unit", "list", "--space", "*", "--where", "Slug = 'x' OR"];
    let said = desk.expect(1, &unfinished);
    assert!(said.contains("character 14"), "{said}");
}

#[test]
fn a_function_changes_one_field_once_and_can_be_previewed() {
    let desk = Desk::in_dev();
    desk.expect(0, &["unit", "create", "app", "app.yaml"]);
    let scale = |flags: &[&str], replicas: &str| {
        let mut all = vec!["function", "do", "--where", "Slug='app'"];
        all.extend(flags);
        all.extend(["set-replicas", replicas]);
        desk.expect(0, &all)
    };
    let head = || desk.expect(0, &["unit", "get", "app", "-o", "jq=.HeadRevisionNum"]);
    insta::assert_snapshot!(scale(&["--change-desc", "scale"], "3"), @r"
    UNIT      SUCCESS   CHANGED
    dev/app   yes       yes

    dev/app
    @@ -8 +8 @@
    -  replicas: 2   # enough for now
    +  replicas: 3   # enough for now
    ");
    assert!(
        desk.expect(0, &["unit", "data", "app"])
            .contains("  replicas: 3   # enough for now\n")
    );
    assert!(scale(&[], "3").contains("no"));
    assert_eq!(head(), "2\n");
    let function = "jq=.[0].Mutation.FunctionInvocation.FunctionName";
    assert_eq!(
        desk.expect(0, &["mutation", "list", "app", "-o", function]),
        "set-replicas\n"
    );

    assert!(scale(&["--dry-run", "-o", "data"], "9").contains("replicas: 9"));
    insta::assert_snapshot!(scale(&["--dry-run"], "9"), @r"
    UNIT      SUCCESS   CHANGED
    dev/app   yes       yes

    dev/app
    @@ -8 +8 @@
    -  replicas: 3   # enough for now
    +  replicas: 9   # enough for now
    ");
    assert_eq!(head(), "2\n");
    let image = ["function", "do", "get-image", "app"];
    insta::assert_snapshot!(desk.expect(0, &image), @r"
    UNIT      VALUE          TYPE     PATH                                    RESOURCE   RESOURCE-TYPE
    dev/app   shop/app:1.0   string   spec.template.spec.containers.0.image   /app       apps/v1/Deployment
    ");
    let said = desk.expect(1, &["function", "do", "set-replicas", "few"]);
    assert!(said.contains("dev/app"), "{said}");
}

#[test]
fn an_earlier_revision_comes_back() {
    let desk = Desk::in_dev();
    desk.expect(0, &["unit", "create", "app", "app.yaml"]);
    desk.write(
        "app.yaml",
        &DEPLOYMENT.replace("replicas: 2", "replicas: 3"),
    );
    desk.expect(
        0,
        &[
            "unit",
            "update",
            "app",
            "app.yaml",
            "--change-desc",
            "scale",
        ],
    );
    insta::assert_snapshot!(desk.expect(0, &["unit", "diff", "app"]), @r"
    --- app/1
    +++ app/2
    @@ -5,7 +5,7 @@
       name: app
       labels: {tier: web}
     spec:
    -  replicas: 2   # enough for now
    +  replicas: 3   # enough for now
       template:
         spec:
           containers:
    ");
    let blame = desk.expect(0, &["unit", "blame", "app", "-o", "json"]);
    let blame: Vec<serde_json::Value> = serde_json::from_str(&blame).unwrap();
    let replicas = blame
        .iter()
        .find(|line| line["Text"].as_str().unwrap().contains("replicas"))
        .unwrap();
    assert_eq!(
        (&replicas["MutationNum"], &replicas["Change"]),
        (&2.into(), &"scale".into())
    );

    desk.expect(0, &["unit", "update", "app", "--restore", "1"]);
    assert_eq!(desk.expect(0, &["unit", "data", "app"]), DEPLOYMENT);
    let restored = "jq=.[0].Mutation | .MutationNum, .RestoredRevisionNum";
    assert_eq!(
        desk.expect(0, &["mutation", "list", "app", "-o", restored]),
        "3\n1\n"
    );
    desk.expect(0, &["unit", "update", "app", "--restore", "-1"]);
    assert!(
        desk.expect(0, &["unit", "data", "app"])
            .contains("replicas: 3")
    );
    desk.expect(5, &["revision", "get", "app", "9"]);
}

#[cfg(unix)]
#[test]
fn two_people_do_not_overwrite_each_other() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::in_dev();
    desk.expect(0, &["unit", "create", "app", "app.yaml"]);
    // While one edits, the other is faster.
    let editor = desk.folder.path().join("editor");
    let faster = format!(
        "#!/bin/sh\n{} unit update app --label owner=other >/dev/null && echo '# mine' >> \"$1\"\n",
        env!("CARGO_BIN_EXE_cubit")
    );
    fs::write(&editor, faster).unwrap();
    fs::set_permissions(&editor, fs::Permissions::from_mode(0o755)).unwrap();
    let output = cubit(desk.folder.path())
        .args(["unit", "edit", "app"])
        .env("VISUAL", &editor)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(6));
    let said = String::from_utf8(output.stderr).unwrap();
    let kept = said.trim_end().rsplit(' ').next().unwrap();
    assert!(fs::read_to_string(kept).unwrap().ends_with("# mine\n"));
    fs::remove_file(kept).unwrap();
    assert_eq!(desk.expect(0, &["unit", "data", "app"]), DEPLOYMENT);

    // Different labels both survive.
    desk.expect(0, &["unit", "update", "app", "--label", "team=shop"]);
    let labels = desk.expect(
        0,
        &[
            "unit",
            "get",
            "app",
            "-o",
            "jq=.Labels | keys | join(\" \")",
        ],
    );
    assert_eq!(labels, "owner team\n");
}

#[test]
fn one_application_in_two_environments() {
    let desk = Desk::in_dev();
    desk.expect(0, &["unit", "create", "app", "app.yaml"]);
    desk.expect(0, &["space", "create", "prod"]);
    desk.expect(
        0,
        &[
            "unit",
            "create",
            "app",
            "--upstream-unit",
            "dev/app",
            "--space",
            "prod",
        ],
    );
    let local = [
        "function",
        "do",
        "set-replicas",
        "7",
        "--unit",
        "app",
        "--space",
        "prod",
    ];
    desk.expect(0, &local);

    // What is new in dev goes to prod, where the number of replicas is its own.
    let next = DEPLOYMENT
        .replace("app:1.0", "app:1.1")
        .replace("replicas: 2 ", "replicas: 3 ");
    desk.write("app.yaml", &next);
    desk.expect(
        0,
        &[
            "unit",
            "update",
            "app",
            "app.yaml",
            "--change-desc",
            "Release 1.1",
        ],
    );
    let trial = desk.run(&["unit", "push-upgrade", "app", "--dry-run"]);
    assert_eq!(trial.code, 0, "{}", trial.stderr);
    insta::assert_snapshot!(trial.stderr, @r"
    would upgrade unit app (revision 3)
    kept local    apps/v1/Deployment /app spec.replicas: base 2, theirs 3, ours 7
    applied       apps/v1/Deployment /app spec.template.spec.containers.?name=app.image: base shop/app:1.0, theirs shop/app:1.1, ours shop/app:1.0
    ");
    let pushed = desk.run(&["unit", "push-upgrade", "app"]);
    assert_eq!(pushed.code, 0, "{}", pushed.stderr);
    insta::assert_snapshot!(pushed.stderr, @r"
    upgraded unit app (revision 3)
    kept local    apps/v1/Deployment /app spec.replicas: base 2, theirs 3, ours 7
    ");
    let prod = desk.expect(0, &["unit", "data", "prod/app"]);
    assert_eq!(prod, next.replace("replicas: 3 ", "replicas: 7 "));
    let again = desk.run(&["unit", "push-upgrade", "app"]);
    assert_eq!(again.stderr, "no clone needs an upgrade\n");

    // A change that does not pass is gated, and it is said why.
    let rule = "r.kind != 'Deployment' || r.spec.replicas <= 10";
    let few = [
        "trigger",
        "create",
        "few",
        "Mutation",
        "Kubernetes/YAML",
        "vet-cel",
        rule,
    ];
    desk.expect(0, &[&few[..], &["--space", "prod"]].concat());
    let many = [
        "function",
        "do",
        "set-replicas",
        "50",
        "--unit",
        "app",
        "--space",
        "prod",
    ];
    desk.expect(0, &many);
    let gated = desk.run(&["unit", "get", "prod/app"]);
    assert!(
        gated.stderr.starts_with("gate few/vet-cel: "),
        "{}",
        gated.stderr
    );
    desk.expect(0, &["unit", "update", "prod/app", "--restore", "-1"]);
    let mended = desk.run(&["unit", "get", "prod/app"]);
    assert_eq!(mended.stderr, "");

    // Somebody has to approve.
    let two = [
        "trigger",
        "create",
        "ok",
        "Mutation",
        "Kubernetes/YAML",
        "vet-approvedby",
        "1",
    ];
    desk.expect(0, &two);
    desk.expect(0, &["function", "do", "set-replicas", "4", "--unit", "app"]);
    let waits = desk.run(&["unit", "get", "app"]);
    assert_eq!(waits.stderr, "gate ok/vet-approvedby: 0 of 1 approvals\n");
    desk.expect(0, &["unit", "approve", "app"]);
    assert_eq!(desk.run(&["unit", "get", "app"]).stderr, "");

    // A change set is one thing, however many steps it has.
    desk.expect(
        0,
        &["changeset", "create", "may", "--description", "May release"],
    );
    desk.expect(
        0,
        &["unit", "update", "app", "--patch", "--changeset", "may"],
    );
    desk.expect(1, &["function", "do", "set-replicas", "5", "--unit", "app"]);
    let in_set = [
        "function",
        "do",
        "set-replicas",
        "5",
        "--unit",
        "app",
        "--changeset",
        "may",
    ];
    desk.expect(0, &in_set);
    desk.expect(0, &["unit", "update", "app", "--patch", "--changeset", "-"]);
    desk.expect(
        0,
        &["unit", "update", "app", "--restore", "Before:ChangeSet:may"],
    );
    assert!(
        desk.expect(0, &["unit", "data", "app"])
            .contains("replicas: 4 ")
    );
}

#[test]
fn a_gate_keeps_a_unit() {
    let desk = Desk::in_dev();
    desk.expect(
        0,
        &["unit", "create", "app", "app.yaml", "--delete-gate", "prod"],
    );
    desk.expect(3, &["unit", "delete", "app"]);
    desk.expect(0, &["unit", "update", "app", "--delete-gate", "prod=-"]);
    desk.expect(0, &["unit", "delete", "app"]);
    desk.expect(0, &["space", "delete", "dev"]);
}

#[test]
fn signing_in_happens_by_itself_and_can_be_lost() {
    let desk = Desk::new(&[]);
    assert!(desk.expect(0, &["auth", "status"]).contains("admin"));
    fs::write(desk.folder.path().join("config/tokens/local"), "wrong").unwrap();
    desk.expect(4, &["auth", "status"]);
    desk.expect(4, &["space", "list"]);
}

#[cfg(unix)]
#[test]
fn the_server_ends_cleanly_when_told_to() {
    let mut desk = Desk::new(&[]);
    let id = desk.server.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(desk.server.wait().unwrap().code(), Some(0));
    desk.expect(1, &["auth", "status"]);
}
