//! Differences between two texts, as unified diffs.

use similar::TextDiff;

pub(crate) use cubit_configdata::unified;

/// The changed lines alone, each hunk after its line number: for a short look.
pub(crate) fn hunks(old: &str, new: &str) -> String {
    TextDiff::from_lines(old, new)
        .unified_diff()
        .context_radius(0)
        .missing_newline_hint(false)
        .to_string()
}

/// A diff with its removed and added lines coloured.
pub(crate) fn coloured(diff: &str, color: bool) -> String {
    if !color {
        return diff.to_owned();
    }
    diff.lines()
        .map(|line| match style_of(line) {
            Some(style) => format!("\x1b[{style}m{line}\x1b[0m\n"),
            None => format!("{line}\n"),
        })
        .collect()
}

fn style_of(line: &str) -> Option<&'static str> {
    const BOLD: &str = "1";
    const RED: &str = "31";
    const GREEN: &str = "32";
    const CYAN: &str = "36";
    match line.as_bytes() {
        [b'-', b'-', b'-', b' ', ..] | [b'+', b'+', b'+', b' ', ..] => Some(BOLD),
        [b'-', ..] => Some(RED),
        [b'+', ..] => Some(GREEN),
        [b'@', b'@', ..] => Some(CYAN),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "spec:\n  replicas: 2 # small\n  paused: false\n";
    const NEW: &str = "spec:\n  replicas: 3 # small\n  paused: false\n";

    #[test]
    fn what_was_there_is_removed_and_what_is_there_now_is_added() {
        insta::assert_snapshot!(unified(("dev/web/1", OLD), ("dev/web/2", NEW), 3), @r"
        --- dev/web/1
        +++ dev/web/2
        @@ -1,3 +1,3 @@
         spec:
        -  replicas: 2 # small
        +  replicas: 3 # small
           paused: false
        ");
        insta::assert_snapshot!(hunks(OLD, NEW), @r"
        @@ -2 +2 @@
        -  replicas: 2 # small
        +  replicas: 3 # small
        ");
        assert_eq!(unified(("a", OLD), ("b", OLD), 3), "");
    }

    #[test]
    fn colour_touches_no_text() {
        let diff = hunks(OLD, NEW);
        assert_eq!(coloured(&diff, false), diff);
        let plain = coloured(&diff, true)
            .replace("\x1b[0m", "")
            .replace("\x1b[31m", "")
            .replace("\x1b[32m", "")
            .replace("\x1b[36m", "");
        assert_eq!(plain, diff);
    }
}
