//! `cubit data` on files and pipes: what it prints, writes and ends with.
#![expect(clippy::unwrap_used, reason = "tests may panic")]

use cubit_tests::Folder;

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

const BASE: &str = "a: 1\nb: 2\n";
const THEIRS: &str = "a: 5\nb: 2\nc: 3 # new\n";

#[test]
fn a_merge_works_on_pipes_and_many_files() {
    let folder = Folder::new(
        &["data"],
        "merge",
        &[
            ("base.yaml", BASE),
            ("theirs.yaml", THEIRS),
            ("one.yaml", "a: 1\nb: 9\n"),
            ("two.yaml", "a: 8 # mine\nb: 2\n"),
        ],
    );
    let sides = ["merge", "--base", "base.yaml", "--theirs", "theirs.yaml"];
    let merge = |more: &[&str], input: &str| folder.run(&[&sides[..], more].concat(), input);

    let piped = merge(&["-"], "a: 1\nb: 7\n");
    assert_eq!(piped.status.code(), Some(0));
    assert_eq!(text(&piped.stdout), "a: 5\nb: 7\nc: 3 # new\n");

    let mistyped = merge(&["-", "--take-upstream", "aa"], "a: 1\nb: 7\n");
    let warning = "warning: nothing is at `aa` in any of the files\n";
    assert!(text(&mistyped.stderr).contains(warning));

    let refused = merge(&["one.yaml", "two.yaml", "--strategy", "fail"], "");
    assert_eq!(refused.status.code(), Some(6));
    assert_eq!(folder.read("one.yaml"), "a: 1\nb: 9\n", "all files or none");

    let shown = merge(&["one.yaml", "two.yaml", "--dry-run"], "");
    assert_eq!(folder.read("one.yaml"), "a: 1\nb: 9\n");
    assert!(text(&shown.stdout).contains("+a: 5"));

    let both = merge(&["one.yaml", "two.yaml", "--report", "json"], "");
    assert_eq!(both.status.code(), Some(2), "something was held back");
    assert_eq!(text(&both.stdout), "");
    assert_eq!(folder.read("one.yaml"), "a: 5\nb: 9\nc: 3 # new\n");
    assert_eq!(folder.read("two.yaml"), "a: 8 # mine\nb: 2\nc: 3 # new\n");
    let report: serde_json::Value = serde_json::from_slice(&both.stderr).unwrap();
    assert_eq!(report[1]["File"], "two.yaml");
    assert_eq!(report[1]["Report"][0]["Outcome"], "KeptLocal");
    assert_eq!(report[1]["Report"][0]["Ours"], "8\n");

    let taken = merge(&["two.yaml", "--take-upstream", "a"], "");
    assert_eq!(taken.status.code(), Some(0));
    assert_eq!(folder.read("two.yaml"), "a: 5 # mine\nb: 2\nc: 3 # new\n");
}

#[test]
fn wrong_input_names_its_place() {
    let folder = Folder::new(
        &["data"],
        "wrong",
        &[
            ("base.yaml", BASE),
            ("broken.yaml", "a: [\n"),
            ("other.properties", "a=1\n"),
            ("twice.json", "{\"a\": 1,\n \"a\": 2}\n"),
        ],
    );
    let arguments = [
        "--base",
        "base.yaml",
        "--theirs",
        "broken.yaml",
        "base.yaml",
    ];
    let refused = folder.run(&[&["merge"], &arguments[..]].concat(), "");
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        text(&refused.stderr).contains("broken.yaml:1:4"),
        "{}",
        text(&refused.stderr)
    );

    // A file of another format is a mistake, not a text to take over.
    let arguments = [
        "--base",
        "base.yaml",
        "--theirs",
        "other.properties",
        "base.yaml",
    ];
    let refused = folder.run(&[&["merge"], &arguments[..]].concat(), "");
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("at other.properties"));
    assert_eq!(folder.read("base.yaml"), BASE);

    let checked = folder.run(&["check", "base.yaml", "twice.json", "broken.yaml"], "");
    assert_eq!(checked.status.code(), Some(1));
    let lines = text(&checked.stdout);
    let places: Vec<&str> = lines
        .lines()
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    assert_eq!(places, ["twice.json:2:2:", "broken.yaml:1:4:"]);
}

#[test]
fn mutations_and_undo_speak_of_paths() {
    let folder = Folder::new(
        &["data"],
        "undo",
        &[
            ("old.tf", "locals {\n  size = 1\n  name = \"a\"\n}\n"),
            ("new.tf", "locals {\n  size = 2\n  name = \"b\" # why\n}\n"),
            ("now.tf", "locals {\n  size = 2\n  name = var.name\n}\n"),
        ],
    );
    let listed = folder.run(&["mutations", "old.tf", "new.tf"], "");
    assert_eq!(
        text(&listed.stdout),
        "Update  locals singleton name: b\nUpdate  locals singleton size: 2\n"
    );
    let undone = folder.run(
        &["undo", "--before", "old.tf", "--after", "new.tf", "now.tf"],
        "",
    );
    assert_eq!(undone.status.code(), Some(2));
    assert_eq!(
        folder.read("now.tf"),
        "locals {\n  size = 1\n  name = var.name\n}\n"
    );
}

#[test]
fn a_new_file_can_be_filled() {
    for (name, before, after) in [
        ("new.yaml", "", "a: 1\n"),
        ("comment.yaml", "# why\n", "# why\na: 1\n"),
        ("marker.yaml", "---\n# why\n", "---\n# why\na: 1\n"),
        ("new.json", "", "{\n  \"a\": 1\n}\n"),
        ("new.toml", "", "a = 1\n"),
        ("new.ini", "", "a = 1\n"),
        ("new.env", "", "a=1\n"),
        ("new.properties", "", "a=1\n"),
    ] {
        let folder = Folder::new(&["data"], name, &[(name, before)]);
        let done = folder.run(&["set", name, "a", "1"], "");
        assert_eq!(text(&done.stderr), "", "{name}");
        assert_eq!(folder.read(name), after, "{name}");
    }
}
