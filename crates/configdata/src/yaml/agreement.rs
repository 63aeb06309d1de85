//! The quick readers and the full one say the same.

use proptest::prelude::*;

use super::everyday;
use super::read::read as read_fully;
use super::stream::read_by_document;
use crate::format::Segment;

/// Where the quick readers answer, their answer is that of the full one.
#[track_caller]
fn agree(text: &str) -> bool {
    let whole = everyday::read(text);
    let is_quick = whole.is_some();
    for quick in [whole, read_by_document(text)].into_iter().flatten() {
        compare(text, &quick);
    }
    is_quick
}

#[track_caller]
fn compare(text: &str, quick: &[Segment]) {
    let full = read_fully(text).unwrap_or_else(|error| panic!("{error} in {text:?}"));
    assert_eq!(quick.len(), full.len(), "{text:?}");
    for (quick, full) in quick.iter().zip(&full) {
        assert_eq!(quick.range, full.range, "{text:?}");
        assert_eq!(
            format!("{:#?}", quick.tree),
            format!("{:#?}", full.tree),
            "{text:?}"
        );
    }
}

#[test]
fn both_readers_agree_on_files() {
    let Some(corpus) = std::env::var_os("CUBIT_CORPUS") else {
        return;
    };
    let (mut files, mut quick) = (0, 0);
    let mut folders = vec![std::path::PathBuf::from(corpus)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "yaml") {
                let text = std::fs::read_to_string(&path).expect("text");
                files += 1;
                quick += usize::from(agree(&text));
                agree(&text.replace('\n', "\r\n"));
            }
        }
    }
    assert!(
        quick * 4 > files,
        "{quick} of {files} files are read quickly"
    );
}

#[test]
fn both_readers_agree_on_corners() {
    let cases = [
        "a: 1\n",
        "a:\n",
        "a: # c\n  b: 1\n",
        "- a\n- b: 1\n  c:\n- - x\n  - y\n",
        "a:\n- 1\n-\n- b:\nc: 2\n",
        "a: |\n  x\n   y\n\n  z\n\n\nb: 1\n",
        "a: |-\n  x\n# c\nb: 1\n",
        "---\na: 1\n---\nb: 2\n",
        "# c\n---\na: 1\n",
        "a: 'it''s'\nb: \"x\\n\\\"\"\n",
        "a: {}\nb: [] # c\n",
        "\n\n  # c\na: 1 # d\n\n",
        "a: 1\na: 2\n",
        "a:\n  - b\n  - c: |\n      x\n    d: 1\n",
        "a: b c:d #e\n",
        "- |\n x\n- y\n",
        "a:\n\n\n  b:   c   \n",
        "a: -1\nb: -x\n",
        "\"k\": v\n'l': w\n",
        "a: |\r\n  x\r\n  y\r\nb: 1\r\n",
        "a: |\n  x\n    \nb: 1\n",
        "a: 1",
        "é: ü # ö\n",
        "a: |\n\n  x\nb: 1\n",
        "a:\n  b: |\n    x\n  # c\n  d: 1\n",
    ];
    for text in cases {
        assert!(agree(text), "not everyday: {text:?}");
    }
}

#[test]
fn both_readers_agree_on_documents_without_words() {
    for text in [
        " :\n--- :|\n",
        "- : \r\n--- :|\n",
        "? \n---\n: a\n",
        "a:\n---\n- -\n---\n",
        "| #\n---\n",
    ] {
        let parts = read_by_document(text).unwrap_or_else(|| panic!("{text:?} not read"));
        compare(text, &parts);
    }
}

proptest! {
    #[test]
    fn both_readers_agree(text in "((  ){0,3}(- ){0,2}([ab]|'x'|\"y\"|#c|---|\\.\\.\\.|\\||>|\\|-|\t|<<|&a|\\*a|\\{\\}|\\[1\\])?(:| #| :|: )?( ?[ab1]| ?\\|-?| ?'q'| ?\\{\\}| -)?(\r)?\n){0,8}") {
        agree(&text);
    }

    #[test]
    fn both_readers_agree_on_any_text(text in "[-ab1:# '\"|>\\[\\]{}\n\t\r&*!?%.é]{0,40}") {
        agree(&text);
    }
}
