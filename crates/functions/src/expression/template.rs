//! A small part of the Go template language: text with fields of its data in double braces.
//!
//! `{{.UnitSlug}}`, `{{ .Params.tier | toUpper }}`, `{{ trimSuffix .UnitSlug "-web" }}`, comments,
//! and the signs `{{-` and `-}}` that take the white space beside them away. There are no
//! conditions, loops, variables or definitions: whoever needs them has CEL.

use std::sync::Arc;

use cubit_configdata::Value;

use super::cache::Cache;

/// Longest template and longest result, in bytes.
const MAX_LENGTH: usize = 64 << 10;
const MAX_RESULT: usize = 1 << 20;
/// Bytes that one run may write or hand to functions.
const MAX_WORK: usize = 16 << 20;
/// Most names of fields that a message repeats.
const SHOWN_FIELDS: usize = 20;

static TEMPLATES: Cache<Template> = Cache::new();

/// A template that was read.
#[derive(Debug)]
pub(crate) struct Template(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    Text(String),
    Pipeline(Vec<Command>),
}

/// One part of a pipeline. What stands left of it is its last argument.
#[derive(Debug)]
struct Command {
    /// None: the one argument is the value.
    function: Option<&'static Helper>,
    arguments: Vec<Operand>,
}

#[derive(Debug)]
enum Operand {
    Text(String),
    Field(Vec<String>, Position),
}

/// A function of the language. The parameters are in the order of Go's `strings`: the text first.
#[derive(Debug)]
struct Helper {
    name: &'static str,
    parameters: usize,
    apply: fn(&[String]) -> String,
}

const HELPERS: [Helper; 6] = [
    Helper {
        name: "normalizeName",
        parameters: 1,
        apply: |given| normalized(&given[0]),
    },
    Helper {
        name: "toUpper",
        parameters: 1,
        apply: |given| given[0].to_uppercase(),
    },
    Helper {
        name: "toLower",
        parameters: 1,
        apply: |given| given[0].to_lowercase(),
    },
    Helper {
        name: "trimSpace",
        parameters: 1,
        apply: |given| given[0].trim().to_owned(),
    },
    Helper {
        name: "trimSuffix",
        parameters: 2,
        apply: |given| {
            let text = given[0].as_str();
            text.strip_suffix(given[1].as_str())
                .unwrap_or(text)
                .to_owned()
        },
    },
    Helper {
        name: "trimPrefix",
        parameters: 2,
        apply: |given| {
            let text = given[0].as_str();
            text.strip_prefix(given[1].as_str())
                .unwrap_or(text)
                .to_owned()
        },
    },
];

/// A text as it may stand in names: lower case, with hyphens for all else.
pub(crate) fn normalized(text: &str) -> String {
    let name: String = text
        .chars()
        .map(|c| match c {
            'a'..='z' | '0'..='9' => c,
            'A'..='Z' => c.to_ascii_lowercase(),
            _ => '-',
        })
        .collect();
    name.trim_matches('-').to_owned()
}

/// Line and column, from 1; columns are characters.
#[derive(Clone, Copy, Debug)]
struct Position {
    line: usize,
    column: usize,
}

impl Position {
    fn fault(self, message: impl AsRef<str>) -> String {
        let Self { line, column } = self;
        format!("line {line}, column {column}: {}", message.as_ref())
    }
}

impl Template {
    /// Reads a template, or finds it read.
    ///
    /// # Errors
    /// What is wrong with it, with line and column.
    pub(crate) fn compile(text: &str) -> Result<Arc<Self>, String> {
        TEMPLATES.get(text, |text| {
            if text.len() > MAX_LENGTH {
                return Err(format!("the template is longer than {MAX_LENGTH} bytes"));
            }
            Reader::new(text).template()
        })
    }

    /// The text with the fields of the data in it.
    ///
    /// # Errors
    /// A field that is not there or is no text, with line and column; a result that is too long.
    pub(crate) fn render(&self, data: &Value) -> Result<String, String> {
        let mut work = Work(MAX_WORK);
        let mut result = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => result.push_str(text),
                Piece::Pipeline(commands) => result.push_str(&run(commands, data, &mut work)?),
            }
            if result.len() > MAX_RESULT {
                return Err(format!(
                    "the template was stopped: its result is longer than {MAX_RESULT} bytes"
                ));
            }
        }
        Ok(result)
    }
}

/// Bytes that may still be handled.
struct Work(usize);

impl Work {
    fn charge(&mut self, text: &str) -> Result<(), String> {
        self.0 = self.0.checked_sub(text.len() + 1).ok_or_else(|| {
            format!("the template was stopped: it needs more than the {MAX_WORK} bytes of work that one run may use")
        })?;
        Ok(())
    }
}

fn run(commands: &[Command], data: &Value, work: &mut Work) -> Result<String, String> {
    let mut piped: Option<String> = None;
    for (at, command) in commands.iter().enumerate() {
        // What takes the value: the function before it, or the one it is piped into.
        let taker = command
            .function
            .or_else(|| commands.get(at + 1).and_then(|next| next.function));
        let mut given = Vec::with_capacity(command.arguments.len() + 1);
        for operand in &command.arguments {
            let text = match operand {
                Operand::Text(text) => text.clone(),
                Operand::Field(path, position) => {
                    field(data, path, taker).map_err(|error| position.fault(error))?
                }
            };
            work.charge(&text)?;
            given.push(text);
        }
        given.extend(piped.take());
        let text = match command.function {
            Some(helper) => (helper.apply)(&given),
            None => given.pop().unwrap_or_default(),
        };
        work.charge(&text)?;
        piped = Some(text);
    }
    Ok(piped.unwrap_or_default())
}

/// The text of a field; functions take texts only.
fn field(data: &Value, path: &[String], function: Option<&Helper>) -> Result<String, String> {
    let mut value = data;
    for (depth, name) in path.iter().enumerate() {
        let shown = || format!(".{}", path[..=depth].join("."));
        let Value::Map(entries) = value else {
            return Err(format!(
                "there is no field {}: what it is to be in is no map",
                shown()
            ));
        };
        value = match entries.iter().find(|(key, _)| key == name) {
            Some((_, value)) => value,
            None => {
                let mut known: Vec<&str> = entries.iter().map(|(key, _)| key.as_str()).collect();
                known.truncate(SHOWN_FIELDS);
                let expected = match known.is_empty() {
                    true => "nothing is there".to_owned(),
                    false => format!("expected one of {}", known.join(", ")),
                };
                return Err(format!("there is no field {}: {expected}", shown()));
            }
        };
    }
    let path = path.join(".");
    let wrong = |found: &str| format!("expected a text, but .{path} is {found}");
    match (value, function) {
        (Value::String(text), _) => Ok(text.clone()),
        (Value::Number(number), None) => Ok(number.to_string()),
        (Value::Bool(value), None) => Ok(value.to_string()),
        (Value::Number(_), Some(_)) => Err(wrong("a number")),
        (Value::Bool(_), Some(_)) => Err(wrong("true or false")),
        (Value::Null, _) => Err(wrong("null")),
        (Value::List(_), _) => Err(wrong("a list")),
        (Value::Map(_), _) => Err(wrong("a map: name one of its fields")),
    }
}

/// What the language counts as white space.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// Reads a template from its start to its end.
#[derive(Clone)]
struct Reader<'t> {
    rest: &'t str,
    position: Position,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            rest: text,
            position: Position { line: 1, column: 1 },
        }
    }

    /// Goes past the next bytes and answers them.
    fn take(&mut self, length: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        match taken.rsplit_once('\n') {
            Some((before, last)) => {
                self.position.line += before.matches('\n').count() + 1;
                self.position.column = last.chars().count() + 1;
            }
            None => self.position.column += taken.chars().count(),
        }
        taken
    }

    fn accept(&mut self, sign: &str) -> bool {
        let is_next = self.rest.starts_with(sign);
        if is_next {
            self.take(sign.len());
        }
        is_next
    }

    fn skip_space(&mut self) {
        let length = self.rest.len() - self.rest.trim_start_matches(is_space).len();
        self.take(length);
    }

    fn template(mut self) -> Result<Template, String> {
        let mut pieces = Vec::new();
        let mut trims = false;
        while !self.rest.is_empty() {
            let opening = self.rest.find("{{");
            let mut text = self.take(opening.unwrap_or(self.rest.len()));
            if trims {
                text = text.trim_start_matches(is_space);
            }
            trims = false;
            if opening.is_some() {
                let position = self.position;
                self.take(2);
                if self.rest.starts_with("-") && self.rest[1..].starts_with(is_space) {
                    self.take(1);
                    text = text.trim_end_matches(is_space);
                }
                pieces.push(Piece::Text(text.to_owned()));
                self.skip_space();
                let is_comment = self.rest.starts_with("/*");
                if is_comment {
                    let end = self.rest[2..].find("*/");
                    self.take(end.ok_or_else(|| position.fault("the comment has no end */"))? + 4);
                } else {
                    pieces.push(Piece::Pipeline(self.pipeline(position)?));
                }
                trims = self.close(position)?;
            } else {
                pieces.push(Piece::Text(text.to_owned()));
            }
        }
        pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
        Ok(Template(pieces))
    }

    /// The end of an action; whether it takes the white space behind it away.
    fn close(&mut self, opened: Position) -> Result<bool, String> {
        let spaced = self.rest.starts_with(is_space);
        self.skip_space();
        if spaced && self.accept("-}}") {
            return Ok(true);
        }
        if self.accept("}}") {
            return Ok(false);
        }
        Err(match self.rest.chars().next() {
            None => opened.fault("the action has no end }}"),
            Some(c) => self.position.fault(format!("expected }}}}, found {c:?}")),
        })
    }

    fn pipeline(&mut self, opened: Position) -> Result<Vec<Command>, String> {
        let mut commands = vec![self.command(false)?];
        loop {
            let here = self.clone();
            self.skip_space();
            if self.accept("|") {
                self.skip_space();
                commands.push(self.command(true)?);
                continue;
            }
            // The white space counts for what closes the action.
            *self = here;
            if self.rest.is_empty() {
                return Err(opened.fault("the action has no end }}"));
            }
            return Ok(commands);
        }
    }

    fn command(&mut self, is_piped: bool) -> Result<Command, String> {
        let position = self.position;
        let word = self.word();
        let function = match word {
            "" => None,
            word => Some(HELPERS.iter().find(|helper| helper.name == word).ok_or_else(|| {
                let known: Vec<&str> = HELPERS.iter().map(|helper| helper.name).collect();
                position.fault(format!(
                    "{word} is not there: templates have fields such as .UnitSlug, texts, and the functions {}; use CEL for more",
                    known.join(", ")
                ))
            })?),
        };
        let mut arguments = Vec::new();
        if let Some(helper) = function {
            while let Some(operand) = self.next_operand()? {
                arguments.push(operand);
            }
            let given = arguments.len() + usize::from(is_piped);
            if given != helper.parameters {
                return Err(position.fault(format!(
                    "{} takes {} arguments, got {given}",
                    helper.name, helper.parameters
                )));
            }
        } else {
            arguments.push(self.operand()?);
            if is_piped {
                return Err(position.fault("expected a function after |"));
            }
        }
        Ok(Command {
            function,
            arguments,
        })
    }

    /// A word that names a function, if one is next.
    fn word(&mut self) -> &'t str {
        let is_name = |c: char| c == '_' || c.is_alphanumeric();
        let starts = self
            .rest
            .starts_with(|c: char| is_name(c) && !c.is_ascii_digit());
        let end = self.rest.find(|c| !is_name(c)).unwrap_or(self.rest.len());
        self.take(if starts { end } else { 0 })
    }

    /// The next argument of a function; none before `|` and the end.
    fn next_operand(&mut self) -> Result<Option<Operand>, String> {
        let spaced = self.rest.starts_with(is_space);
        let trimmed = self.rest.trim_start_matches(is_space);
        if trimmed.is_empty()
            || trimmed.starts_with('|')
            || trimmed.starts_with("}}")
            || spaced && trimmed.starts_with("-}}")
        {
            return Ok(None);
        }
        self.skip_space();
        self.operand().map(Some)
    }

    fn operand(&mut self) -> Result<Operand, String> {
        let position = self.position;
        match self.rest.chars().next() {
            Some('.') => {
                let mut path = Vec::new();
                while self.accept(".") {
                    let name = self.word();
                    if name.is_empty() {
                        return Err(position.fault(
                            "expected the name of a field after the dot, such as .UnitSlug",
                        ));
                    }
                    path.push(name.to_owned());
                }
                Ok(Operand::Field(path, position))
            }
            Some('"') => self.quoted(position).map(Operand::Text),
            Some('`') => {
                self.take(1);
                let end = self.rest.find('`');
                let end = end.ok_or_else(|| position.fault("the text has no end `"))?;
                let text = self.take(end).to_owned();
                self.take(1);
                Ok(Operand::Text(text))
            }
            Some('}') => Err(position.fault("expected a field such as .UnitSlug, found }}")),
            Some(c) => {
                let what = match c {
                    '0'..='9' | '-' | '+' => "a number is".to_owned(),
                    '(' | ')' => "parentheses are".to_owned(),
                    '$' => "a variable is".to_owned(),
                    c if c.is_alphabetic() => format!("{} is", self.word()),
                    c => format!("{c:?} is"),
                };
                Err(position.fault(format!(
                    "{what} not there: expected a field such as .UnitSlug or a text in quotes"
                )))
            }
            None => Err(position.fault("expected a field such as .UnitSlug, found the end")),
        }
    }

    /// A text in double quotes, with the escapes of JSON.
    fn quoted(&mut self, position: Position) -> Result<String, String> {
        let mut escaped = false;
        let end = self.rest[1..].find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends || c == '\n'
        });
        let end = end.filter(|end| self.rest[1 + end..].starts_with('"'));
        let Some(end) = end else {
            return Err(position.fault("the text has no end \" on its line"));
        };
        let source = self.take(end + 2);
        serde_json::from_str(source)
            .map_err(|error| position.fault(format!("the text cannot be read: {error}")))
    }
}

#[cfg(test)]
mod tests {
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
}
