//! A small part of the Go template language: text with fields of its data in double braces.
//!
//! `{{.UnitSlug}}`, `{{ .Params.tier | toUpper }}`, `{{ trimSuffix .UnitSlug "-web" }}`, comments,
//! and the signs `{{-` and `-}}` that take the white space beside them away. There are no
//! conditions, loops, variables or definitions: whoever needs them has CEL.

mod read;

use std::sync::Arc;

use cubit_configdata::Value;

use super::cache::Cache;
use read::Reader;

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

#[cfg(test)]
mod tests;
