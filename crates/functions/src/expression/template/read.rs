//! From the text of a template to its parts.

use super::{Command, HELPERS, Operand, Piece, Position, Template};

/// What the language counts as white space.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// Reads a template from its start to its end.
#[derive(Clone)]
pub(super) struct Reader<'t> {
    rest: &'t str,
    position: Position,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
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

    pub(super) fn template(mut self) -> Result<Template, String> {
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
