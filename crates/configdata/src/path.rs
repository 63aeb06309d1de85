//! Paths: where in a document something is.
//!
//! A [`Path`] is what people write, with wildcards and matches; a [`ResolvedPath`] names exactly
//! one place. The grammar is that of the function engine's path language, section 2.1: segments
//! joined by dots, `~1` for a dot and `~0` for a tilde inside a key.

use std::fmt;

/// A path as written: keys, indices, wildcards, matches, bindings, a gate and a named part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    segments: Vec<Segment>,
    part: Option<String>,
}

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// What the step selects.
    pub selector: Selector,
    /// `|`: everything before this step must exist; this step and what follows may be missing.
    pub gated: bool,
}

/// What a step selects among the children of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// `name`, `0`, `"a.b"`: one key of a mapping, or one index of a sequence.
    Key(String),
    /// `@key` or `@key:param`: one literal key, bound to a parameter name.
    BoundKey {
        /// The key.
        key: String,
        /// The parameter it is bound to.
        parameter: Option<String>,
    },
    /// `*`: every child.
    Any,
    /// `*?key:param`: every child, its field `key` bound to `param`.
    AnyField {
        /// Field of the child whose value is bound.
        field: String,
        /// The parameter it is bound to.
        parameter: Option<String>,
    },
    /// `*@:param`: every entry of a mapping, its key bound to `param`.
    AnyKey {
        /// The parameter the key is bound to.
        parameter: Option<String>,
    },
    /// `?key=value` (first match), `*?key=value` (every match).
    Match {
        /// Fields and the canonical text each must have; more than one only in keyed paths.
        fields: Vec<(String, String)>,
        /// The parameter the first value is bound to.
        parameter: Option<String>,
        /// Every match instead of the first.
        all: bool,
        /// `;@index`: the position to fall back to when no element matches.
        index: Option<usize>,
    },
}

impl Selector {
    /// Whether it can select something other than one named child, so that nothing can be created
    /// through it.
    #[must_use]
    pub fn is_pattern(&self) -> bool {
        !matches!(self, Self::Key(_) | Self::BoundKey { .. })
    }
}

/// Why a path cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("path {path:?}, position {position}: {message}", position = position + 1)]
pub struct PathError {
    /// The path as given.
    pub path: String,
    /// Byte offset of the fault.
    pub position: usize,
    /// What is wrong and what was expected.
    pub message: String,
}

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// An empty path, an unknown escape, a malformed match or binding, an unclosed quote.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let fault = |position: usize, message: &str| PathError {
            path: text.to_owned(),
            position,
            message: message.to_owned(),
        };
        let (body, part) = split_part(text);
        if part.is_some_and(|part| part.is_empty() || !part.bytes().all(is_part_byte)) {
            return Err(fault(
                body.len() + 1,
                "expected the name of a part after '#', such as image#reference",
            ));
        }
        let mut segments = Vec::new();
        for (offset, raw) in
            split_segments(body).map_err(|offset| fault(offset, "the quote is not closed"))?
        {
            // A leading or doubled dot is ignored.
            if raw.is_empty() {
                continue;
            }
            segments.push(parse_segment(raw).map_err(|(at, message)| fault(offset + at, message))?);
        }
        if segments.is_empty() {
            return Err(fault(
                0,
                "the path is empty: expected keys joined by dots, such as spec.replicas",
            ));
        }
        Ok(Self {
            segments,
            part: part.map(str::to_owned),
        })
    }

    /// Reads a registered pattern after putting arguments, in order, in place of its `%s`.
    /// Arguments are escaped; `*` as the value of a match makes it a wildcard.
    ///
    /// # Errors
    /// As [`Path::parse`].
    pub fn with_arguments(pattern: &str, arguments: &[&str]) -> Result<Self, PathError> {
        let mut pieces = pattern.split("%s");
        let mut text = pieces.next().unwrap_or_default().to_owned();
        let mut arguments = arguments.iter();
        for piece in pieces {
            match arguments.next() {
                Some(argument) => text.push_str(&escape(argument)),
                None => text.push('*'),
            }
            text.push_str(piece);
        }
        Self::parse(&text)
    }

    /// The steps.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The part after `#`: a named part inside a string value.
    #[must_use]
    pub fn part(&self) -> Option<&str> {
        self.part.as_deref()
    }

    /// The path without its last step; `None` when it has only one.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (_, above) = self.segments.split_last()?;
        (!above.is_empty()).then(|| Self {
            segments: above.to_vec(),
            part: None,
        })
    }

    /// The same path without its part.
    #[must_use]
    pub fn without_part(&self) -> Self {
        Self {
            segments: self.segments.clone(),
            part: None,
        }
    }

    /// The place this path names, when it holds no pattern, binding or gate.
    #[must_use]
    pub fn resolved(&self) -> Option<ResolvedPath> {
        if self.part.is_some() {
            return None;
        }
        self.segments
            .iter()
            .map(|segment| match &segment.selector {
                Selector::Key(key) if !segment.gated => Some(Step::Key(key.clone())),
                _ => None,
            })
            .collect::<Option<Vec<_>>>()
            .map(ResolvedPath)
    }

    /// The key under which a registry files this path: every pattern and every number is `*`,
    /// bindings are dropped.
    #[must_use]
    pub fn normalized(&self) -> String {
        let mut text = String::new();
        for segment in &self.segments {
            if !text.is_empty() {
                text.push('.');
            }
            match &segment.selector {
                Selector::Key(key) if key.bytes().all(|b| b.is_ascii_digit()) => text.push('*'),
                Selector::Key(key) | Selector::BoundKey { key, .. } => text.push_str(&escape(key)),
                _ => text.push('*'),
            }
        }
        text
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// What the name of a part may hold: a name, or the escaped path of a value in a text inside.
fn is_part_byte(byte: u8) -> bool {
    is_name_byte(byte) || matches!(byte, b'~' | b'/' | b'*' | b'?') || byte >= 0x80
}

/// Splits `#part` off the end. A `#` belongs to a key when a dot follows it.
fn split_part(text: &str) -> (&str, Option<&str>) {
    match text.rfind('#') {
        Some(at) if !text[at..].contains(['.', '"', '=']) => (&text[..at], Some(&text[at + 1..])),
        _ => (text, None),
    }
}

/// Splits at the dots outside quotes; the offset of an unclosed quote is the error.
fn split_segments(body: &str) -> Result<Vec<(usize, &str)>, usize> {
    let mut segments = Vec::new();
    let mut start = 0;
    let mut at = 0;
    let bytes = body.as_bytes();
    while at <= bytes.len() {
        let opens = at == start || at == start + 1 && bytes[start] == b'|';
        if opens && bytes.get(at) == Some(&b'"') {
            let close = body[at + 1..].find('"').ok_or(at)? + at + 1;
            at = close + 1;
            continue;
        }
        if at == bytes.len() || bytes[at] == b'.' {
            segments.push((start, &body[start..at]));
            start = at + 1;
        }
        at += 1;
    }
    Ok(segments)
}

type SegmentFault = (usize, &'static str);

fn parse_segment(raw: &str) -> Result<Segment, SegmentFault> {
    let (gated, text) = match raw.strip_prefix('|') {
        Some(rest) => (true, rest),
        None => (false, raw),
    };
    let shift = usize::from(gated);
    let selector = parse_selector(text).map_err(|(at, message)| (at + shift, message))?;
    Ok(Segment { selector, gated })
}

fn parse_selector(text: &str) -> Result<Selector, SegmentFault> {
    if text.is_empty() {
        return Err((0, "expected a key after '|'"));
    }
    if let Some(rest) = text.strip_prefix('"') {
        let Some(key) = rest.strip_suffix('"') else {
            return Err((0, "a quoted key must fill the whole segment"));
        };
        return Ok(Selector::Key(key.to_owned()));
    }
    if text == "*" {
        return Ok(Selector::Any);
    }
    if text.starts_with(['*', '?', '@'])
        && let Some(at) = text.find('#')
    {
        return Err((at, "'#' begins the name of a part, at the end of the path"));
    }
    if let Some(rest) = text.strip_prefix("*@") {
        let parameter = match rest.strip_prefix(':') {
            Some(name) => Some(parameter_name(name, 3)?),
            None if rest.is_empty() => None,
            None => return Err((2, "expected ':' and a parameter name after '*@'")),
        };
        return Ok(Selector::AnyKey { parameter });
    }
    if let Some(rest) = text.strip_prefix("*?") {
        return parse_match(rest, 2, true);
    }
    if let Some(rest) = text.strip_prefix('?') {
        return parse_match(rest, 1, false);
    }
    if let Some(rest) = text.strip_prefix('@') {
        let (key, parameter) = key_and_parameter(rest, 1)?;
        return Ok(Selector::BoundKey {
            key: unescape(key, 1)?,
            parameter,
        });
    }
    if text.starts_with('*') {
        return Err((
            1,
            "expected '*' alone, '*?field:parameter' or '*@:parameter'",
        ));
    }
    Ok(Selector::Key(unescape(text, 0)?))
}

/// `key:param`, at `offset` inside the segment.
fn key_and_parameter(text: &str, offset: usize) -> Result<(&str, Option<String>), SegmentFault> {
    let (key, parameter) = match text.split_once(':') {
        Some((key, name)) => (key, Some(parameter_name(name, offset + key.len() + 1)?)),
        None => (text, None),
    };
    if key.is_empty() {
        return Err((offset, "expected a key"));
    }
    Ok((key, parameter))
}

fn parameter_name(name: &str, offset: usize) -> Result<String, SegmentFault> {
    if name.is_empty() || !name.bytes().all(is_name_byte) {
        return Err((
            offset,
            "expected a parameter name of letters, digits, '-' and '_'",
        ));
    }
    Ok(name.to_owned())
}

fn parse_match(text: &str, offset: usize, all: bool) -> Result<Selector, SegmentFault> {
    let Some((left, right)) = text.split_once('=') else {
        if !all {
            return Err((
                offset + text.len(),
                "expected '=' and a value, as in ?name=web",
            ));
        }
        let (field, parameter) = key_and_parameter(text, offset)?;
        return Ok(Selector::AnyField {
            field: unescape(field, offset)?,
            parameter,
        });
    };
    let (field, parameter) = key_and_parameter(left, offset)?;
    let field = unescape(field, offset)?;
    let value_offset = offset + left.len() + 1;
    if right == "*" {
        return Ok(Selector::AnyField { field, parameter });
    }
    let (right, index) = match right.rsplit_once(";@") {
        Some((value, digits)) => match digits.parse() {
            Ok(index) => (value, Some(index)),
            Err(_) => (right, None),
        },
        None => (right, None),
    };
    if let Some(digits) = right.strip_prefix('@').filter(|_| index.is_none())
        && let Ok(index) = digits.parse()
    {
        return Ok(Selector::Match {
            fields: vec![(field, String::new())],
            parameter,
            all,
            index: Some(index),
        });
    }
    let mut fields = Vec::new();
    let mut pieces = right.split('&');
    fields.push((
        field,
        unescape(pieces.next().unwrap_or_default(), value_offset)?,
    ));
    for piece in pieces {
        match piece.split_once('=') {
            Some((name, value)) => fields.push((
                unescape(name, value_offset)?,
                unescape(value, value_offset)?,
            )),
            // A plain ampersand inside the value.
            None => {
                if let Some((_, value)) = fields.last_mut() {
                    value.push('&');
                    value.push_str(&unescape(piece, value_offset)?);
                }
            }
        }
    }
    Ok(Selector::Match {
        fields,
        parameter,
        all,
        index,
    })
}

/// Replaces `~1` by a dot, `~0` by a tilde, `~2` by a slash, and `~3` (which only keyed paths
/// use) by an ampersand.
fn unescape(text: &str, offset: usize) -> Result<String, SegmentFault> {
    if !text.contains('~') {
        return Ok(text.to_owned());
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('~') {
        plain.push_str(&rest[..at]);
        plain.push(match rest.as_bytes().get(at + 1) {
            Some(b'0') => '~',
            Some(b'1') => '.',
            Some(b'2') => '/',
            Some(b'3') => '&',
            _ => {
                let position = offset + text.len() - rest.len() + at;
                return Err((
                    position,
                    "expected ~0 (a tilde), ~1 (a dot) or ~2 (a slash)",
                ));
            }
        });
        rest = &rest[at + 2..];
    }
    plain.push_str(rest);
    Ok(plain)
}

/// A text with its escapes resolved; what is no escape stays as it is.
pub(crate) fn unescape_all(text: &str) -> String {
    unescape(text, 0).unwrap_or_else(|_| text.to_owned())
}

/// Escapes a key or value for use as one segment of a path.
#[must_use]
pub fn escape(key: &str) -> String {
    if key.contains(['~', '.']) {
        key.replace('~', "~0").replace('.', "~1")
    } else {
        key.to_owned()
    }
}

/// A place in a document: keys and indices only.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ResolvedPath(pub Vec<Step>);

/// One step of a [`ResolvedPath`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// A key of a mapping. In a path that was parsed from text, digits may also mean an index.
    Key(String),
    /// A position in a sequence, from 0.
    Index(usize),
}

impl ResolvedPath {
    /// The path one step further down.
    #[must_use]
    pub fn child(&self, step: Step) -> Self {
        let mut steps = Vec::with_capacity(self.0.len() + 1);
        steps.extend_from_slice(&self.0);
        steps.push(step);
        Self(steps)
    }

    /// The path as a pattern that matches just this place.
    #[must_use]
    pub fn to_path(&self) -> Path {
        let segments = self
            .0
            .iter()
            .map(|step| Segment {
                selector: Selector::Key(match step {
                    Step::Key(key) => key.clone(),
                    Step::Index(index) => index.to_string(),
                }),
                gated: false,
            })
            .collect();
        Path {
            segments,
            part: None,
        }
    }
}

impl fmt::Display for ResolvedPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(".")?;
            }
            match step {
                Step::Key(key) => f.write_str(&escape_key(key))?,
                Step::Index(index) => write!(f, "{index}")?,
            }
        }
        Ok(())
    }
}

/// A key as a segment that parses back to this key and nothing else.
pub(crate) fn escape_key(key: &str) -> String {
    let escaped = escape(key);
    if escaped.is_empty() || escaped.contains('#') || escaped.starts_with(['*', '?', '@', '|', '"'])
    {
        // Only quoting can say these; a quote inside such a key has no spelling and stays as it is.
        return format!("\"{key}\"");
    }
    escaped
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bound = |parameter: &Option<String>| {
            parameter
                .as_ref()
                .map_or(String::new(), |name| format!(":{name}"))
        };
        for (at, segment) in self.segments.iter().enumerate() {
            if at > 0 {
                f.write_str(".")?;
            }
            if segment.gated {
                f.write_str("|")?;
            }
            match &segment.selector {
                Selector::Key(key) => f.write_str(&escape_key(key))?,
                Selector::BoundKey { key, parameter } => {
                    write!(f, "@{}{}", escape(key), bound(parameter))?;
                }
                Selector::Any => f.write_str("*")?,
                Selector::AnyField { field, parameter } => {
                    write!(f, "*?{}{}", escape(field), bound(parameter))?;
                }
                Selector::AnyKey { parameter } => write!(f, "*@{}", bound(parameter))?,
                Selector::Match {
                    fields,
                    parameter,
                    all,
                    index,
                } => {
                    f.write_str(if *all { "*?" } else { "?" })?;
                    for (nth, (field, value)) in fields.iter().enumerate() {
                        let value = escape(value).replace('&', "~3");
                        if nth == 0 {
                            write!(f, "{}{}={value}", escape(field), bound(parameter))?;
                        } else {
                            write!(f, "&{}={value}", escape(field))?;
                        }
                    }
                    if let Some(index) = index {
                        write!(f, ";@{index}")?;
                    }
                }
            }
        }
        if let Some(part) = &self.part {
            write!(f, "#{part}")?;
        }
        Ok(())
    }
}
