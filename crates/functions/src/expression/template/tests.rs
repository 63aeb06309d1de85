use super::*;
use serde_json::json;

fn data() -> Value {
    Value::from_json(&json!({
        "UnitSlug": "Shop Web",
        "RevisionNum": 7,
        "IsNew": true,
        "UnitLabels": {"tier": "front"},
        "Params": {"name": "web-prod", "empty": ""},
        "ApprovedBy": ["a"],
    }))
}

fn render(text: &str) -> Result<String, String> {
    Template::compile(text)?.render(&data())
}

#[test]
fn templates_give_what_go_gives() {
    for (text, expected) in [
        ("", ""),
        ("no action } }} {", "no action } }} {"),
        ("{{.UnitSlug}}", "Shop Web"),
        ("a {{ .UnitLabels.tier }} b", "a front b"),
        ("{{.Params.empty}}|{{.RevisionNum}}|{{.IsNew}}", "|7|true"),
        ("{{.UnitSlug | toUpper}}", "SHOP WEB"),
        ("{{toLower .UnitSlug}}", "shop web"),
        ("{{.UnitSlug | normalizeName}}", "shop-web"),
        (r#"{{trimSuffix .Params.name "-prod" | toUpper}}"#, "WEB"),
        (r#"{{.Params.name | trimPrefix "web-prod-1"}}"#, "-1"),
        (r#"{{ " a\t" | trimSpace }}"#, "a"),
        (r#"{{ "}}\"{{" }}"#, "}}\"{{"),
        ("{{ `a\\n\n\"` }}", "a\\n\n\""),
        ("a \n {{- .RevisionNum -}} \n b", "a7b"),
        ("a {{- /* }} */ -}} b", "ab"),
        ("a {{/* c */}} b", "a  b"),
        ("{{.RevisionNum -}}\n\n{{- .RevisionNum}}", "77"),
        ("{{\nnormalizeName\n.UnitSlug\n}}", "shop-web"),
    ] {
        assert_eq!(render(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (text, message) in [
        (
            "{{.Nope}}",
            "line 1, column 3: there is no field .Nope: expected one of UnitSlug, ",
        ),
        (
            "a\nbc {{.Params.x}}",
            "line 2, column 6: there is no field .Params.x: expected one of name, empty",
        ),
        (
            "{{.UnitSlug.x}}",
            "no field .UnitSlug.x: what it is to be in is no map",
        ),
        (
            "{{.UnitLabels}}",
            "expected a text, but .UnitLabels is a map",
        ),
        ("{{.ApprovedBy}}", "is a list"),
        (
            "{{.RevisionNum | toUpper}}",
            "column 3: expected a text, but .RevisionNum is a number",
        ),
        (
            "{{toUpper .RevisionNum}}",
            "column 11: expected a text, but .RevisionNum is a number",
        ),
        ("{{if .IsNew}}a{{end}}", "line 1, column 3: if is not there"),
        ("{{range .ApprovedBy}}", "range is not there"),
        ("{{with .Params}}", "with is not there"),
        ("{{define \"a\"}}", "define is not there"),
        ("{{template \"a\"}}", "template is not there"),
        (
            "{{.UnitSlug | printf \"%s\"}}",
            "column 15: printf is not there",
        ),
        ("{{index .UnitLabels \"a\"}}", "index is not there"),
        ("{{$x := 1}}", "a variable is not there"),
        ("{{(.UnitSlug)}}", "parentheses are not there"),
        ("{{toUpper (.UnitSlug)}}", "parentheses are not there"),
        (
            "{{toUpper toLower .UnitSlug}}",
            "column 11: toLower is not there",
        ),
        ("{{3}}", "a number is not there"),
        ("{{.}}", "expected the name of a field"),
        ("{{.Params.}}", "expected the name of a field"),
        ("{{}}", "expected a field such as .UnitSlug, found }}"),
        ("{{", "found the end"),
        (
            "a {{.UnitSlug",
            "line 1, column 3: the action has no end }}",
        ),
        ("{{.UnitSlug .IsNew}}", "column 13: expected }}, found '.'"),
        ("{{.UnitSlug | .IsNew}}", "expected a function after |"),
        ("{{.UnitSlug || toUpper}}", "'|' is not there"),
        (
            "{{trimSuffix .UnitSlug}}",
            "trimSuffix takes 2 arguments, got 1",
        ),
        (
            "{{toUpper .UnitSlug .UnitSlug}}",
            "toUpper takes 1 arguments, got 2",
        ),
        ("{{\"a}}", "the text has no end"),
        ("{{\"\\q\"}}", "the text cannot be read"),
        ("{{`a}}", "the text has no end `"),
        ("{{/* a }}", "the comment has no end"),
    ] {
        let error = render(text).expect_err(text);
        assert!(error.contains(message), "{text}: {error}");
    }
}

#[test]
fn runs_are_bounded() {
    let data = Value::from_json(&json!({"Long": "a".repeat(500_000)}));
    let render = |text: &str| Template::compile(text)?.render(&data);
    let long = render(&"{{.Long}}".repeat(3)).expect_err("too long");
    assert!(long.contains("longer than 1048576 bytes"), "{long}");
    let work = render(&format!("{{{{.Long{}}}}}", "|toUpper".repeat(1000)));
    assert!(
        work.expect_err("too much")
            .contains("16777216 bytes of work")
    );
    let text = render(&"a".repeat(MAX_LENGTH + 1)).expect_err("too long");
    assert!(text.contains("longer than 65536 bytes"), "{text}");
}

#[test]
fn no_text_ends_in_a_panic() {
    let pieces = [
        "{{", "}}", "-", " ", ".", "é", "\"", "`", "\\", "|", "toUpper", "/*", "*/", "A", "\n",
    ];
    let mut state = 7_usize;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..state % 9 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(state >> 33) % pieces.len()]);
        }
        state = state.wrapping_add(1);
        let _ = Reader::new(&text).template();
    }
}
