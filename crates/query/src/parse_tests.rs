use std::borrow::Cow;
use std::collections::BTreeMap;

use proptest::prelude::*;
use uuid::uuid;

use crate::{Kind, Row, Table, Value, Where};

fn table() -> Table {
    Table::new(
        "Unit",
        [
            ("Slug", Kind::Text),
            ("HeadRevisionNum", Kind::Integer),
            ("LiveRevisionNum", Kind::Integer),
            ("CreatedAt", Kind::Time),
            ("UnitID", Kind::Uuid),
            ("TargetID", Kind::Uuid),
            ("Disabled", Kind::Boolean),
            ("ApprovedBy", Kind::Uuids),
            ("Labels", Kind::Texts),
            ("ApplyGates", Kind::Flags),
        ],
    )
    .with_related("Space", [("Slug", Kind::Text), ("Labels", Kind::Texts)])
    .with_related("UpstreamUnit", [("HeadRevisionNum", Kind::Integer)])
}

struct Unit {
    labels: BTreeMap<String, String>,
    gates: BTreeMap<String, bool>,
}

const UNIT: uuid::Uuid = uuid!("0196b2a0-0000-7000-8000-00000000000a");

impl Row for Unit {
    fn value(&self, entity: Option<&str>, attribute: &str) -> Value<'_> {
        match (entity, attribute) {
            (None, "Slug") => Value::text("backend"),
            (None, "HeadRevisionNum") => Value::Integer(5),
            (None, "LiveRevisionNum") => Value::Integer(3),
            (None, "CreatedAt") => Value::Time("2025-02-18T23:16:34Z".parse().expect("time")),
            (None, "UnitID") => Value::Uuid(UNIT),
            (None, "Disabled") => Value::Boolean(false),
            (None, "ApprovedBy") => Value::Uuids(Cow::Owned(vec![UNIT])),
            (None | Some("Space"), "Labels") => Value::Texts(Cow::Borrowed(&self.labels)),
            (None, "ApplyGates") => Value::Flags(Cow::Borrowed(&self.gates)),
            (Some("Space"), "Slug") => Value::text("prod"),
            (Some("UpstreamUnit"), "HeadRevisionNum") => Value::Integer(7),
            _ => Value::Null,
        }
    }
}

fn unit() -> Unit {
    Unit {
        labels: BTreeMap::from([("app.kubernetes.io/tier".into(), "web".into())]),
        gates: BTreeMap::from([("policy/vet-cel".into(), true)]),
    }
}

/// Every operator by type, each with an expression that holds and one that does not.
#[test]
fn conditions_hold() {
    let cases = [
        ("Slug = 'backend'", "Slug = 'Backend'"),
        ("Slug!='x'", "Slug != 'backend'"),
        ("Slug <> 'x'", "Slug <> 'backend'"),
        ("Slug < 'c'", "Slug > 'c'"),
        ("Slug <= 'backend'", "Slug >= 'c'"),
        ("Slug LIKE 'back%'", "Slug LIKE 'Back%'"),
        ("Slug ilike 'BACK%'", "Slug ILIKE 'BACK'"),
        ("Slug ~~ '_ackend'", "Slug ~~ 'ackend'"),
        ("Slug !~~ 'x%'", "Slug NOT LIKE 'b%'"),
        ("Slug ~ '^b.*d$'", "Slug ~ '^B'"),
        ("Slug ~* '^B'", "Slug !~* '^B'"),
        ("Slug !~ '^B'", "Slug !~ '^b'"),
        ("Slug IN ('a', 'backend')", "Slug NOT IN ('backend')"),
        ("Slug not in ('a')", "Slug IN ('a')"),
        ("HeadRevisionNum = 5", "HeadRevisionNum = 4"),
        (
            "HeadRevisionNum>LiveRevisionNum",
            "HeadRevisionNum <= LiveRevisionNum",
        ),
        ("HeadRevisionNum IN (4, 5)", "HeadRevisionNum IN (4)"),
        (
            "HeadRevisionNum < UpstreamUnit.HeadRevisionNum",
            "HeadRevisionNum = UpstreamUnit.HeadRevisionNum",
        ),
        ("CreatedAt > '2025-02-18'", "CreatedAt < '2025-02-18'"),
        (
            "CreatedAt = '2025-02-18T23:16:34'",
            "CreatedAt > '2025-02-18T23:16:34Z'",
        ),
        (
            "UnitID = '0196B2A0-0000-7000-8000-00000000000A'",
            "UnitID != '0196b2a0-0000-7000-8000-00000000000a'",
        ),
        (
            "UnitID IN ('0196b2a0-0000-7000-8000-00000000000a')",
            "TargetID != '0196b2a0-0000-7000-8000-00000000000a'",
        ),
        ("TargetID IS NULL", "TargetID IS NOT NULL"),
        ("Disabled = false", "Disabled = true"),
        (
            "ApprovedBy ? '0196b2a0-0000-7000-8000-00000000000a'",
            "ApprovedBy ? '0196b2a0-0000-7000-8000-00000000000b'",
        ),
        ("LEN(ApprovedBy) > 0", "LEN(ApprovedBy) = 0"),
        (
            "LEN(ApplyGates) = 1",
            "LEN(ApplyGates) = LEN(ApprovedBy) AND Slug = ''",
        ),
        ("ApplyGates ? 'policy/vet-cel'", "ApplyGates ? 'policy'"),
        (
            "ApplyGates.policy/vet-cel = true",
            "ApplyGates.none/vet-cel != true",
        ),
        (
            "Labels.app.kubernetes.io/tier = 'web'",
            "Labels.tier != 'web'",
        ),
        ("Labels.tier IS NULL", "Labels IS NULL"),
        ("Unit.Slug = 'backend'", "Unit.Labels.x = ''"),
        (
            "Space.Labels.app.kubernetes.io/tier LIKE 'w%' AND Space.Slug = 'prod'",
            "Space.Slug = 'dev'",
        ),
        ("", "Slug = ''"),
        ("Slug = 'x' OR Slug = 'backend'", "Slug = 'x' or Slug = 'y'"),
        ("(Slug = 'backend')", "NOT Slug = 'backend'"),
        ("not not Slug = 'backend'", "NOT (NOT (Slug = 'x'))"),
        // NOT binds more than AND, AND more than OR.
        (
            "Slug = 'backend' OR Slug = 'x' AND Slug = 'y'",
            "(Slug = 'backend' OR Slug = 'x') AND Slug = 'y'",
        ),
        (
            "NOT Slug = 'x' AND Slug = 'backend'",
            "NOT (Slug = 'x' OR Slug = 'backend')",
        ),
        // No value: neither a condition nor its negation holds.
        (
            "Labels.tier = 'web' OR Slug = 'backend'",
            "NOT Labels.tier = 'web'",
        ),
        (
            "NOT (Labels.tier = 'web' AND Slug = 'x')",
            "NOT (Labels.tier = 'web' AND Slug = 'backend')",
        ),
        ("NOT Labels.tier IS NOT NULL", "NOT Labels.tier IS NULL"),
        (
            "NOT (Labels ? 'tier')",
            "NOT (ApplyGates ? 'policy/vet-cel')",
        ),
        // The words mean nothing as a value or a key.
        ("Slug != 'OR' AND Labels.or IS NULL", "Labels.not = 'NOT'"),
        (
            "Slug = 'backend' AND HeadRevisionNum > 1 and LiveRevisionNum > 1",
            "Slug = 'backend' AND HeadRevisionNum > 9",
        ),
    ];
    for (holds, fails) in cases {
        for (expression, expected) in [(holds, true), (fails, false)] {
            let query = Where::parse(expression, &table())
                .unwrap_or_else(|error| panic!("{}", error.pointed(expression)));
            assert_eq!(query.matches(&unit()), expected, "{expression}");
        }
    }
}

#[test]
fn errors_say_where_and_what() {
    let long = "x".repeat(256);
    let cases = [
        (
            "Slgu = 'x'".to_owned(),
            "character 1: unknown attribute \"Slgu\" of Unit; did you mean Slug?",
        ),
        (
            "Space.Slg = 'x'".to_owned(),
            "character 7: unknown attribute \"Slg\" of Space; did you mean Slug?",
        ),
        (
            "Slug = 'a' )".to_owned(),
            "character 12: there is no ( that this ) closes",
        ),
        (
            "Slug = 'a' (".to_owned(),
            "character 12: expected AND or OR before (",
        ),
        (
            "Slug = 'a' Slug = 'b'".to_owned(),
            "character 12: expected AND or the end of the expression",
        ),
        (
            "(Slug = 'a'".to_owned(),
            "character 12: expected AND, OR or ), found the end of the expression",
        ),
        (
            "(Slug = 'a' Slug = 'b')".to_owned(),
            "character 13: expected AND, OR or )",
        ),
        (
            "Slug = 'a' OR".to_owned(),
            "character 14: expected an attribute name, found the end of the expression",
        ),
        (
            "OR Slug = 'a'".to_owned(),
            "character 1: expected an attribute name",
        ),
        ("()".to_owned(), "character 2: expected an attribute name"),
        (
            "NOT".to_owned(),
            "character 4: expected an attribute name, found the end of the expression",
        ),
        (
            format!("{}Slug = 'a'{}", "(".repeat(33), ")".repeat(33)),
            "character 33: parentheses and NOT may be nested 32 deep at most",
        ),
        (
            format!("{}Slug = 'a'", "NOT ".repeat(33)),
            "character 129: parentheses and NOT may be nested 32 deep at most",
        ),
        (
            "Slug = 5".to_owned(),
            "character 8: expected a quoted text, such as 'web'",
        ),
        (
            "Slug =".to_owned(),
            "character 7: expected a quoted text, such as 'web', found the end of the expression",
        ),
        (
            "Slug 'a'".to_owned(),
            "character 6: expected an operator for text (= != < > <= >= [NOT] LIKE [NOT] ILIKE ~~ !~~ ~ ~* !~ !~* [NOT] IN IS [NOT] NULL)",
        ),
        (
            "Slug = 'a' AND".to_owned(),
            "character 15: expected an attribute name, found the end of the expression",
        ),
        (
            "Slug = \"a\"".to_owned(),
            "character 8: text literals are written in single quotes",
        ),
        (
            "Slug = 'a".to_owned(),
            "character 8: a text literal ends with ' and holds no quote, \" or backslash",
        ),
        (
            "HeadRevisionNum = 12345678901".to_owned(),
            "character 19: an integer may have at most 10 digits",
        ),
        (
            format!("Slug = '{long}'"),
            "character 8: a text literal may have at most 255 characters",
        ),
        (
            "Labels = 'x'".to_owned(),
            "character 8: = does not apply to a map: name an entry (Labels.key) or use LEN",
        ),
        (
            "Disabled > true".to_owned(),
            "character 10: > does not apply to true or false",
        ),
        (
            "UnitID = 'x'".to_owned(),
            "character 10: expected a quoted UUID",
        ),
        (
            "HeadRevisionNum > Slug".to_owned(),
            "character 19: expected an integer, and Slug is text",
        ),
        (
            "LEN(Slug) > 1".to_owned(),
            "character 5: LEN takes a list or a map, and Slug is text",
        ),
        (
            "Slug ~ '('".to_owned(),
            "character 8: bad pattern: unclosed group",
        ),
        (
            "Slug.x = 'a'".to_owned(),
            "character 1: Slug is text and has no entries",
        ),
        (
            "Slug NOT 'a'".to_owned(),
            "character 10: expected IN or LIKE after NOT",
        ),
        (
            "x".repeat(4097),
            "character 4097: the expression has 4097 characters; at most 4096 are allowed",
        ),
    ];
    for (expression, expected) in cases {
        let error = Where::parse(&expression, &table()).expect_err(&expression);
        assert_eq!(error.to_string(), expected, "{expression}");
    }
}

proptest! {
    /// Whatever is typed, the parser answers; positions stay inside the expression.
    #[test]
    fn never_panics(expression in "\\PC{0,60}") {
        if let Err(error) = Where::parse(&expression, &table()) {
            prop_assert!(error.position <= expression.chars().count());
        }
    }

    /// Pieces of the language in any order never panic either.
    #[test]
    fn never_panics_on_pieces(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "Slug", "Labels.a", "LEN", "(", ")", "=", "!~*", "'x'", "5", "AND", "OR", "IN", "NOT",
                "?", ",", "IS", "NULL", "true", "Unit.", "HeadRevisionNum",
            ]),
            0..12,
        )
    ) {
        let expression = pieces.join(" ");
        if let Err(error) = Where::parse(&expression, &table()) {
            prop_assert!(error.position <= expression.chars().count());
        }
    }

    /// Any text without quotes and backslashes can be compared with.
    #[test]
    fn text_literals_are_taken_as_they_are(text in "[^'\"\\\\]{0,40}") {
        let query = Where::parse(&format!("Slug = '{text}'"), &table());
        prop_assert_eq!(query.map(|query| query.matches(&unit())), Ok(text == "backend"));
    }
}
