//! Named parts inside a string value, such as the tag of an image: `image#reference`.

use std::borrow::Cow;

use regex::Regex;

use crate::config::Config;
use crate::edit::Edit;
use crate::path::{Path, unescape_all};
use crate::resolve::{Match, Missing, resolve};
use crate::toolchain::Toolchain;
use crate::tree::{Kind, NodeRef};
use crate::value::{Number, Value};

/// Reads and replaces named parts of a string (section 2.6 of the function engine).
#[derive(Clone, Debug)]
pub enum Accessor {
    /// The named groups of a regular expression.
    Expression(Regex),
    /// The values of a text of its own inside the string, such as a JSON file in a ConfigMap. The
    /// name of a part is a path into that text, with its dots escaped: `#server~1port`.
    Embedded(Toolchain),
    /// The lines of a text: `#3` is the third, without its line break.
    Line,
}

/// Why a part cannot be replaced.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessorError {
    /// The text does not have the shape the accessor knows.
    #[error("{text:?} has no part {part:?}: it does not look like {shape}")]
    NoMatch {
        /// The text.
        text: String,
        /// The part asked for.
        part: String,
        /// The expression it should match.
        shape: String,
    },
    /// The accessor has no such part.
    #[error("there is no part {part:?}: expected one of {known}")]
    UnknownPart {
        /// The part asked for.
        part: String,
        /// The parts there are.
        known: String,
    },
    /// The text inside cannot be read or changed.
    #[error("the {toolchain} text inside: {reason}")]
    Inside {
        /// What the text is read as.
        toolchain: Toolchain,
        /// Why, with the place inside that text.
        reason: String,
    },
    /// The text has fewer lines.
    #[error("there is no line {0}")]
    NoLine(String),
}

impl Accessor {
    /// An accessor from a regular expression with named groups.
    ///
    /// # Errors
    /// An expression that does not compile.
    pub fn new(expression: &str) -> Result<Self, regex::Error> {
        Regex::new(expression).map(Self::Expression)
    }

    /// Whether it may have a part of this name.
    #[must_use]
    pub fn has(&self, part: &str) -> bool {
        match self {
            Self::Expression(regex) => regex.capture_names().flatten().any(|name| name == part),
            Self::Embedded(_) => Path::parse(&unescape_all(part)).is_ok(),
            Self::Line => part.parse::<usize>().is_ok_and(|line| line > 0),
        }
    }

    /// The part of a text; empty when the text has no such part.
    #[must_use]
    pub fn read<'t>(&self, text: &'t str, part: &str) -> Cow<'t, str> {
        match self {
            Self::Expression(regex) => regex
                .captures(text)
                .and_then(|found| found.name(part))
                .map_or("", |found| found.as_str())
                .into(),
            Self::Embedded(toolchain) => {
                embedded(*toolchain, text, part).unwrap_or_default().into()
            }
            Self::Line => part
                .parse::<usize>()
                .ok()
                .and_then(|line| text.lines().nth(line.checked_sub(1)?))
                .unwrap_or_default()
                .into(),
        }
    }

    /// The text with one part replaced, and nothing else touched. An empty part of an expression is
    /// filled in where it would stand; inside a text of its own a part is created where its format
    /// lets it be, and a number or truth value stays one if the new text is one.
    ///
    /// # Errors
    /// A part it does not know, a text that does not match, or a text inside that cannot be read
    /// or changed.
    pub fn write(&self, text: &str, part: &str, new: &str) -> Result<String, AccessorError> {
        match self {
            Self::Expression(regex) => write_group(regex, text, part, new),
            Self::Embedded(toolchain) => write_embedded(*toolchain, text, part, new),
            Self::Line => write_line(text, part, new),
        }
    }
}

fn write_group(regex: &Regex, text: &str, part: &str, new: &str) -> Result<String, AccessorError> {
    let mut names = regex.capture_names().flatten();
    if !names.any(|name| name == part) {
        let known: Vec<&str> = regex.capture_names().flatten().collect();
        return Err(AccessorError::UnknownPart {
            part: part.to_owned(),
            known: known.join(", "),
        });
    }
    let no_match = || AccessorError::NoMatch {
        text: text.to_owned(),
        part: part.to_owned(),
        shape: regex.as_str().to_owned(),
    };
    let found = regex.captures(text).ok_or_else(no_match)?;
    let range = match found.name(part) {
        Some(group) => group.range(),
        // An absent optional part stands at the end of what did match.
        None => found
            .get(0)
            .map(|all| all.end()..all.end())
            .ok_or_else(no_match)?,
    };
    Ok(format!(
        "{}{new}{}",
        &text[..range.start],
        &text[range.end..]
    ))
}

/// The scalar that a part names in a text of its own.
fn embedded(toolchain: Toolchain, text: &str, part: &str) -> Option<String> {
    let config = Config::parse(toolchain, text.as_bytes()).ok()?;
    let path = Path::parse(&unescape_all(part)).ok()?;
    let (_, found) = first(&config, &path, Missing::Skip)?;
    let node = found.node.filter(|node| !node.is_collection())?;
    Some(node.scalar().into_owned())
}

/// The first place that a path names, with its document.
fn first<'c>(config: &'c Config, path: &Path, missing: Missing) -> Option<(usize, Match<'c>)> {
    let documents = config.documents().iter().enumerate();
    let mut roots = documents.filter_map(|(at, document)| Some((at, document.root()?)));
    roots.find_map(|(at, root)| {
        let found = resolve(root, path, missing).into_iter().next()?;
        Some((at, found))
    })
}

fn write_embedded(
    toolchain: Toolchain,
    text: &str,
    part: &str,
    new: &str,
) -> Result<String, AccessorError> {
    let inside = |reason: String| AccessorError::Inside { toolchain, reason };
    let mut config =
        Config::parse(toolchain, text.as_bytes()).map_err(|error| inside(error.to_string()))?;
    let path = Path::parse(&unescape_all(part)).map_err(|error| inside(error.to_string()))?;
    let (document, place) = first(&config, &path, Missing::Skip)
        .or_else(|| first(&config, &path, Missing::Create))
        .ok_or_else(|| inside(format!("nothing is at {}", unescape_all(part))))?;
    let kind = place.node.map(NodeRef::kind);
    let value = match (kind, Number::parse(new), new.parse::<bool>()) {
        (Some(Kind::Integer | Kind::Float), Some(number), _) => Value::Number(number),
        (Some(Kind::Bool), _, Ok(truth)) => Value::Bool(truth),
        (Some(Kind::Mapping | Kind::Sequence), ..) => {
            return Err(inside(format!("{} is no single value", unescape_all(part))));
        }
        _ => Value::String(new.to_owned()),
    };
    let edit = Edit::set(document, place.path, value);
    config
        .apply(&[edit])
        .map_err(|error| inside(error.to_string()))?;
    Ok(config.text().into_owned())
}

fn write_line(text: &str, part: &str, new: &str) -> Result<String, AccessorError> {
    let missing = || AccessorError::NoLine(part.to_owned());
    let wanted: usize = part.parse().map_err(|_| missing())?;
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let line = wanted
        .checked_sub(1)
        .and_then(|at| lines.get_mut(at))
        .ok_or_else(missing)?;
    let content = line.trim_end_matches(['\r', '\n']);
    let ending = &line[content.len()..];
    let replaced = format!("{new}{ending}");
    *line = &replaced;
    Ok(lines.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_inside_are_read_and_changed_in_place() {
        let yaml = Accessor::Embedded(Toolchain::AppConfigYaml);
        let text = "server: # front\n    port:   8080 # http\n    name: \"a\"\n";
        assert_eq!(yaml.read(text, "server~1port"), "8080");
        assert_eq!(yaml.read(text, "server~1none"), "");
        assert_eq!(
            yaml.write(text, "server~1port", "9090").as_deref(),
            Ok("server: # front\n    port:   9090 # http\n    name: \"a\"\n")
        );
        assert_eq!(
            yaml.write(text, "server~1name", "b").as_deref(),
            Ok("server: # front\n    port:   8080 # http\n    name: \"b\"\n")
        );
        assert!(matches!(
            yaml.write(text, "server", "x"),
            Err(AccessorError::Inside { .. })
        ));
        assert!(matches!(
            yaml.write("a: [", "a", "x"),
            Err(AccessorError::Inside { .. })
        ));
        assert_eq!(Accessor::Line.read("one\ntwo\n", "2"), "two");
        assert_eq!(
            Accessor::Line.write("one\r\ntwo", "1", "1st").as_deref(),
            Ok("1st\r\ntwo")
        );
        assert!(Accessor::Line.write("one\n", "2", "x").is_err());
    }

    #[test]
    fn parts_are_read_and_replaced() {
        let accessor =
            Accessor::new("^(?P<uri>[a-zé/.]+)(?P<reference>[:@].+)?$").expect("an expression");
        assert_eq!(accessor.read("shop/web:1.0", "reference"), ":1.0");
        assert_eq!(accessor.read("shop/web", "reference"), "");
        assert_eq!(
            accessor.write("shop/wéb:1.0", "reference", ":2").as_deref(),
            Ok("shop/wéb:2")
        );
        assert_eq!(
            accessor.write("shop/web", "reference", ":2").as_deref(),
            Ok("shop/web:2")
        );
        assert!(matches!(
            accessor.write("SHOP", "uri", "x"),
            Err(AccessorError::NoMatch { .. })
        ));
        assert!(matches!(
            accessor.write("shop", "tag", "x"),
            Err(AccessorError::UnknownPart { .. })
        ));
    }
}
