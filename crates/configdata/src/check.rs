//! Findings: what is allowed in configuration text and still likely to be a mistake.

use crate::config::Config;
use crate::document::Document;
use crate::toolchain::Toolchain;
use crate::tree::{NodeId, NodeRef, Position, Properties, Shape, Style, narrow};

/// Something in a text that is worth a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where it stands.
    pub position: Position,
    /// What it is, and what to do about it.
    pub message: String,
    /// Of which kind it is.
    pub kind: FindingKind,
}

/// What a [`Finding`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FindingKind {
    /// A key that stands twice in one map.
    DuplicateKey,
    /// A tab as white space in YAML.
    Tab,
    /// A plain scalar that YAML 1.1 and YAML 1.2 read differently.
    AmbiguousScalar,
}

/// What is worth a look in a text, in order. Nothing of it keeps the text from being read.
#[must_use]
pub fn check(config: &Config) -> Vec<Finding> {
    let yaml = matches!(
        config.toolchain(),
        Toolchain::KubernetesYaml | Toolchain::ConfigHubYaml | Toolchain::AppConfigYaml
    );
    config
        .documents()
        .iter()
        .flat_map(|document| {
            let mut found = duplicate_keys(document);
            if yaml {
                found.extend(tabs(document));
                found.extend(ambiguous_scalars(document));
            }
            found.sort_by_key(|found| found.offset);
            placed(document, found)
        })
        .collect()
}

/// A finding at a byte offset of its document.
struct Found {
    offset: usize,
    message: String,
    kind: FindingKind,
}

/// Turns offsets, which are in order, into lines and columns in one pass.
fn placed(document: &Document, found: Vec<Found>) -> Vec<Finding> {
    let text = document.text();
    let (mut line, mut line_start, mut at) = (document.first_line + 1, 0, 0);
    let place = |found: Found| {
        let passed = &text[at..found.offset];
        line += passed.bytes().filter(|b| *b == b'\n').count();
        if let Some(last) = passed.rfind('\n') {
            line_start = at + last + 1;
        }
        at = found.offset;
        Finding {
            position: Position {
                line,
                column: 1 + text[line_start..at].chars().count(),
            },
            message: found.message,
            kind: found.kind,
        }
    };
    found.into_iter().map(place).collect()
}

fn duplicate_keys(document: &Document) -> Vec<Found> {
    let tree = &document.tree;
    let found = tree.duplicates().iter().map(|id| {
        let key = NodeRef {
            text: &document.text,
            tree,
            id: *id,
        };
        Found {
            offset: key.span().start,
            message: format!(
                "the key {:?} stands in this map already: the last one counts",
                key.scalar()
            ),
            kind: FindingKind::DuplicateKey,
        }
    });
    found.collect()
}

/// The first tab of each line that is neither in a scalar nor in a comment.
fn tabs(document: &Document) -> Vec<Found> {
    let (text, tree) = (document.text(), &document.tree);
    if !text.contains('\t') {
        return Vec::new();
    }
    let scalars = tree
        .nodes
        .iter()
        .filter(|node| node.shape() == Shape::Scalar);
    let mut content: Vec<(u32, u32)> = scalars
        .map(|node| (node.start, node.end))
        .chain(tree.comments.iter().map(|span| (span.start, span.end)))
        .collect();
    content.sort_unstable();
    let mut content = content.into_iter().peekable();
    let mut found = Vec::new();
    let mut line_end = 0;
    for (offset, _) in text.match_indices('\t') {
        while content
            .peek()
            .is_some_and(|(_, end)| *end as usize <= offset)
        {
            content.next();
        }
        let inside = content
            .peek()
            .is_some_and(|(start, _)| *start as usize <= offset);
        if !inside && offset >= line_end {
            line_end = crate::lines::next_line(text, offset);
            found.push(Found {
                offset,
                message: "a tab is used as white space: some YAML readers refuse it".to_owned(),
                kind: FindingKind::Tab,
            });
        }
    }
    found
}

fn ambiguous_scalars(document: &Document) -> Vec<Found> {
    let tree = &document.tree;
    let plain = tree.nodes.iter().enumerate().filter(|(at, node)| {
        let tag = |properties: &Properties| properties.tag.is_some();
        node.shape() == Shape::Scalar
            && node.style() == Style::Plain
            && node.start < node.end
            && !tree.properties(NodeId(narrow(*at))).is_some_and(tag)
    });
    let found = plain.filter_map(|(_, node)| {
        let text = &document.text[node.start as usize..node.end as usize];
        let (old, new) = readings(text)?;
        Some(Found {
            offset: node.start as usize,
            message: format!("{text} is {old} in YAML 1.1 and {new} in YAML 1.2"),
            kind: FindingKind::AmbiguousScalar,
        })
    });
    found.collect()
}

const YES: [&str; 8] = ["y", "Y", "yes", "Yes", "YES", "on", "On", "ON"];
const NO: [&str; 8] = ["n", "N", "no", "No", "NO", "off", "Off", "OFF"];

/// What YAML 1.1 and YAML 1.2 take a plain scalar for, when that differs
/// (<https://yaml.org/type/>, and the core schema of YAML 1.2).
fn readings(text: &str) -> Option<(&'static str, &'static str)> {
    if YES.contains(&text) {
        return Some(("true", "text"));
    }
    if NO.contains(&text) {
        return Some(("false", "text"));
    }
    if text == "=" {
        return Some(("a default value", "text"));
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let all = |text: &str, wanted: fn(u8) -> bool| !text.is_empty() && text.bytes().all(wanted);
    let octal = |b: u8| matches!(b, b'0'..=b'7' | b'_');
    if let Some(rest) = text.strip_prefix("0o") {
        return all(rest, |b| matches!(b, b'0'..=b'7')).then_some(("text", "an octal number"));
    }
    if let Some(rest) = digits.strip_prefix("0b") {
        return all(rest, |b| matches!(b, b'0' | b'1' | b'_'))
            .then_some(("a binary number", "text"));
    }
    if let Some(rest) = digits.strip_prefix("0x") {
        let hex = all(rest, |b| b.is_ascii_hexdigit() || b == b'_');
        return (hex && (rest.contains('_') || text != digits))
            .then_some(("a hexadecimal number", "text"));
    }
    if let Some(rest) = digits.strip_prefix('0')
        && all(rest, |b| b.is_ascii_digit() || b == b'_')
        && rest.bytes().any(|b| b != b'0')
    {
        let new = if rest.contains('_') {
            "text"
        } else {
            "a decimal number"
        };
        let old = if all(rest, octal) {
            "an octal number"
        } else {
            "text"
        };
        return (old != new).then_some((old, new));
    }
    if sexagesimal(digits) {
        return Some(("a number of base 60", "text"));
    }
    let number = all(digits, |b| b.is_ascii_digit() || matches!(b, b'_' | b'.'));
    if number
        && digits.contains('_')
        && digits.matches('.').count() <= 1
        && digits.starts_with(|c: char| c.is_ascii_digit())
    {
        return Some(("a number", "text"));
    }
    let (mantissa, exponent) = digits.split_once(['e', 'E'])?;
    let both = mantissa.contains('.') && exponent.starts_with(['-', '+']);
    (crate::value::is_float(text) && !both).then_some(("text", "a number"))
}

/// `1:30`, `12:30:45`, `1:30.5`: parts of 0 to 59 after the first, which has no leading zero
/// unless there is a fraction.
fn sexagesimal(digits: &str) -> bool {
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let Some((first, rest)) = whole.split_once(':') else {
        return false;
    };
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let part = |text: &str| matches!(text.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']);
    !first.is_empty()
        && number(first)
        && (fraction.is_some() || !first.starts_with('0'))
        && fraction.is_none_or(number)
        && rest.split(':').all(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(toolchain: Toolchain, text: &str) -> Vec<String> {
        let config = Config::parse(toolchain, text.as_bytes())
            .unwrap_or_else(|error| panic!("{error}: {text}"));
        check(&config)
            .into_iter()
            .map(|found| format!("{}: {}", found.position, found.message))
            .collect()
    }

    #[test]
    fn scalars_that_versions_read_differently() {
        for (text, readings) in [
            ("yes", Some(("true", "text"))),
            ("Off", Some(("false", "text"))),
            ("N", Some(("false", "text"))),
            ("oN", None),
            ("yesterday", None),
            ("true", None),
            ("0777", Some(("an octal number", "a decimal number"))),
            ("-010", Some(("an octal number", "a decimal number"))),
            ("0888", Some(("text", "a decimal number"))),
            ("0_7", Some(("an octal number", "text"))),
            ("0", None),
            ("00", None),
            ("0o17", Some(("text", "an octal number"))),
            ("0o18", None),
            ("0x1F", None),
            ("-0x1F", Some(("a hexadecimal number", "text"))),
            ("0x1_F", Some(("a hexadecimal number", "text"))),
            ("0b11", Some(("a binary number", "text"))),
            ("1_000", Some(("a number", "text"))),
            ("1_000.5", Some(("a number", "text"))),
            ("1.2.3_4", None),
            ("1:30", Some(("a number of base 60", "text"))),
            ("12:30:45", Some(("a number of base 60", "text"))),
            ("1:30.5", Some(("a number of base 60", "text"))),
            ("01:30", None),
            ("1:60", None),
            ("8080:80", None),
            ("80:8080", None),
            ("=", Some(("a default value", "text"))),
            (".5", None),
            ("1.5", None),
            ("1e3", Some(("text", "a number"))),
            ("1.5e3", Some(("text", "a number"))),
            ("1.5e+3", None),
            ("2001-01-01", None),
            ("10.0.0.1", None),
            ("", None),
            ("-", None),
        ] {
            assert_eq!(super::readings(text), readings, "{text}");
        }
    }

    #[test]
    fn findings_have_their_place() {
        let yaml = "a: yes\nb: \"yes\"\n---\n# \ttab\nc: 1\t# x\nd: |\n  \tx\né: {x: 1, x: 0o7}\n? on\n: !!str no\nf: &a off\n";
        assert_eq!(
            found(Toolchain::KubernetesYaml, yaml),
            [
                "line 1, column 4: yes is true in YAML 1.1 and text in YAML 1.2",
                "line 5, column 5: a tab is used as white space: some YAML readers refuse it",
                "line 8, column 11: the key \"x\" stands in this map already: the last one counts",
                "line 8, column 14: 0o7 is text in YAML 1.1 and an octal number in YAML 1.2",
                "line 9, column 3: on is true in YAML 1.1 and text in YAML 1.2",
                "line 11, column 7: off is false in YAML 1.1 and text in YAML 1.2",
            ]
        );
        assert_eq!(
            found(
                Toolchain::OpenTofuHcl,
                "a = yes\nb = {\n\tc = 1\n\tc = 2\n}\n"
            ),
            ["line 4, column 2: the key \"c\" stands in this map already: the last one counts"]
        );
        assert!(found(Toolchain::KubernetesYaml, "a: 1\n").is_empty());
    }
}
