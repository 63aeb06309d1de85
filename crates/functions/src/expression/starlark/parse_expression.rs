//! A Starlark program from its words: expressions.

use std::sync::Arc;

use super::lexer::Token;
use super::parser::{KEYWORDS, Parser};
use super::syntax::{Argument, Binary, Body, Clause, Expression, ExpressionKind as Kind, Function};

/// Most expressions inside each other; what runs and drops a program goes down as deep.
const MAX_DEPTH: u16 = 96;

/// Binary operators by how tightly they bind, the loosest first.
const LEVELS: &[&[(&str, Binary)]] = &[
    &[
        ("==", Binary::Equal),
        ("!=", Binary::NotEqual),
        ("<=", Binary::LessOrEqual),
        (">=", Binary::GreaterOrEqual),
        ("<", Binary::Less),
        (">", Binary::Greater),
        ("in", Binary::In),
        ("not", Binary::NotIn),
    ],
    &[("|", Binary::BitOr)],
    &[("^", Binary::BitXor)],
    &[("&", Binary::BitAnd)],
    &[("<<", Binary::ShiftLeft), (">>", Binary::ShiftRight)],
    &[("+", Binary::Add), ("-", Binary::Subtract)],
    &[
        ("*", Binary::Multiply),
        ("//", Binary::FloorDivide),
        ("/", Binary::Divide),
        ("%", Binary::Remainder),
    ],
];

impl Parser {
    /// An expression of a kind, one deeper than the deepest of its parts.
    fn node(&self, line: u32, kind: Kind, parts: &[u16]) -> Result<Expression, String> {
        let depth = parts.iter().max().map_or(0, |depth| depth + 1);
        if depth > MAX_DEPTH {
            return Err(format!(
                "line {line}: more than {MAX_DEPTH} expressions inside each other"
            ));
        }
        Ok(Expression { line, depth, kind })
    }

    /// Values separated by commas: a tuple, if there is a comma.
    pub(super) fn expression_list(&mut self) -> Result<Expression, String> {
        let line = self.line();
        let first = self.expression()?;
        self.rest_of_tuple(line, first, Self::expression, None)
    }

    /// The targets of a loop: what can be assigned to, without `in`.
    pub(super) fn targets(&mut self) -> Result<Expression, String> {
        let line = self.line();
        let first = self.primary()?;
        self.rest_of_tuple(line, first, Self::primary, None)
    }

    fn rest_of_tuple(
        &mut self,
        line: u32,
        first: Expression,
        read: fn(&mut Self) -> Result<Expression, String>,
        end: Option<&str>,
    ) -> Result<Expression, String> {
        if !self.is(",") {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.takes(",") {
            // Only in parentheses may a comma stand at the end.
            if end.is_some_and(|end| self.is(end)) {
                break;
            }
            parts.push(read(self)?);
        }
        let depths: Vec<u16> = parts.iter().map(|part| part.depth).collect();
        self.node(line, Kind::Tuple(parts), &depths)
    }

    /// Goes one expression deeper, if that is allowed.
    fn nested<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, String>,
    ) -> Result<T, String> {
        self.nesting += 1;
        if self.nesting > usize::from(MAX_DEPTH) {
            return self.fail(&format!(
                "more than {MAX_DEPTH} expressions inside each other"
            ));
        }
        let result = read(self);
        self.nesting -= 1;
        result
    }

    pub(super) fn expression(&mut self) -> Result<Expression, String> {
        self.nested(|parser| {
            if parser.is_word("lambda") {
                return parser.lambda();
            }
            let line = parser.line();
            let then = parser.disjunction()?;
            if !parser.takes("if") {
                return Ok(then);
            }
            let test = parser.disjunction()?;
            parser.expect("else")?;
            let otherwise = parser.expression()?;
            let depths = [then.depth, test.depth, otherwise.depth];
            let kind = Kind::Conditional {
                then: Box::new(then),
                test: Box::new(test),
                otherwise: Box::new(otherwise),
            };
            parser.node(line, kind, &depths)
        })
    }

    fn lambda(&mut self) -> Result<Expression, String> {
        let line = self.line();
        self.next();
        let parameters = self.parameters(":")?;
        self.expect(":")?;
        self.scopes
            .push(parameters.iter().map(|parameter| parameter.name).collect());
        let body = self.expression()?;
        let locals = self.scopes.pop().unwrap_or_default();
        let depth = body.depth;
        let function = Function {
            name: "lambda".to_owned(),
            parameters,
            body: Body::Expression(body),
            locals,
        };
        self.node(line, Kind::Lambda(Arc::new(function)), &[depth])
    }

    fn disjunction(&mut self) -> Result<Expression, String> {
        let line = self.line();
        let mut left = self.conjunction()?;
        while self.takes("or") {
            let right = self.conjunction()?;
            let depths = [left.depth, right.depth];
            left = self.node(line, Kind::Or(Box::new(left), Box::new(right)), &depths)?;
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> Result<Expression, String> {
        let line = self.line();
        let mut left = self.negation()?;
        while self.takes("and") {
            let right = self.negation()?;
            let depths = [left.depth, right.depth];
            left = self.node(line, Kind::And(Box::new(left), Box::new(right)), &depths)?;
        }
        Ok(left)
    }

    fn negation(&mut self) -> Result<Expression, String> {
        if !self.is_word("not") {
            return self.binary(0);
        }
        let line = self.line();
        self.next();
        let inner = self.nested(Self::negation)?;
        let depth = inner.depth;
        self.node(line, Kind::Not(Box::new(inner)), &[depth])
    }

    fn binary(&mut self, level: usize) -> Result<Expression, String> {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let line = self.line();
        let mut left = self.binary(level + 1)?;
        while let Some((sign, operator)) = operators
            .iter()
            .find(|(sign, _)| self.is(sign) || self.is_word(sign))
        {
            self.next();
            if *sign == "not" {
                self.expect("in")?;
            }
            let right = self.binary(level + 1)?;
            let depths = [left.depth, right.depth];
            let kind = Kind::Binary(*operator, Box::new(left), Box::new(right));
            left = self.node(line, kind, &depths)?;
            let compares = |sign: &&(&str, Binary)| self.is(sign.0) || self.is_word(sign.0);
            if level == 0 && operators.iter().any(|sign| compares(&sign)) {
                return self.fail("comparisons cannot follow each other: use and");
            }
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression, String> {
        let line = self.line();
        let make: fn(Box<Expression>) -> Kind = match self.peek() {
            Token::Sign("-") => Kind::Negative,
            Token::Sign("+") => Kind::Positive,
            Token::Sign("~") => Kind::Inverted,
            _ => return self.primary(),
        };
        self.next();
        let inner = self.nested(Self::unary)?;
        let depth = inner.depth;
        self.node(line, make(Box::new(inner)), &[depth])
    }

    fn primary(&mut self) -> Result<Expression, String> {
        let mut of = self.atom()?;
        loop {
            let line = self.line();
            if self.takes(".") {
                let name = self.identifier()?;
                let depth = of.depth;
                of = self.node(line, Kind::Attribute(Box::new(of), name), &[depth])?;
            } else if self.takes("(") {
                let arguments = self.arguments()?;
                let mut depths = vec![of.depth];
                depths.extend(arguments.iter().map(|argument| match argument {
                    Argument::Positional(value)
                    | Argument::Named(_, value)
                    | Argument::List(value)
                    | Argument::Dict(value) => value.depth,
                }));
                of = self.node(line, Kind::Call(Box::new(of), arguments), &depths)?;
            } else if self.takes("[") {
                of = self.subscript(line, of)?;
            } else {
                return Ok(of);
            }
        }
    }

    fn subscript(&mut self, line: u32, of: Expression) -> Result<Expression, String> {
        let mut parts = [None, None, None];
        let (mut at, mut depths) = (0, vec![of.depth]);
        while !self.is("]") {
            if self.takes(":") {
                at += 1;
                if at > 2 {
                    return self.fail("a slice has at most three parts");
                }
                continue;
            }
            if parts[at].is_some() {
                return self.wrong("]");
            }
            let part = if at == 0 {
                self.expression_list()?
            } else {
                self.expression()?
            };
            depths.push(part.depth);
            parts[at] = Some(Box::new(part));
        }
        self.expect("]")?;
        let kind = match (at, parts) {
            (0, [Some(index), _, _]) => Kind::Index(Box::new(of), index),
            (0, _) => return self.fail("expected an index between the brackets"),
            (_, parts) => Kind::Slice(Box::new(of), parts),
        };
        self.node(line, kind, &depths)
    }

    fn atom(&mut self) -> Result<Expression, String> {
        let line = self.line();
        match self.next() {
            Token::Int(number) => self.node(line, Kind::Int(number), &[]),
            Token::Float(number) => self.node(line, Kind::Float(number), &[]),
            Token::Text(text) => {
                if matches!(self.peek(), Token::Text(_)) {
                    return self.fail("two texts beside each other: join them with +");
                }
                self.node(line, Kind::Text(text), &[])
            }
            Token::Name(word) => match word.as_str() {
                "None" => self.node(line, Kind::None, &[]),
                "True" => self.node(line, Kind::Bool(true), &[]),
                "False" => self.node(line, Kind::Bool(false), &[]),
                name if KEYWORDS.contains(&name) => self.unexpected(),
                name => {
                    let name = self.intern(name);
                    self.node(line, Kind::Name(name), &[])
                }
            },
            Token::Sign("(") => {
                if self.takes(")") {
                    return self.node(line, Kind::Tuple(vec![]), &[]);
                }
                let first = self.expression()?;
                let inner = self.rest_of_tuple(line, first, Self::expression, Some(")"))?;
                self.expect(")")?;
                Ok(inner)
            }
            Token::Sign("[") => self.list(line),
            Token::Sign("{") => self.dict(line),
            _ => self.unexpected(),
        }
    }

    fn unexpected<T>(&mut self) -> Result<T, String> {
        self.back();
        self.wrong("a value")
    }

    fn list(&mut self, line: u32) -> Result<Expression, String> {
        let mut parts = Vec::new();
        while !self.is("]") {
            let part = self.expression()?;
            if parts.is_empty() && self.is_word("for") {
                let made = self.comprehension(line, part, None)?;
                self.expect("]")?;
                return Ok(made);
            }
            parts.push(part);
            if !self.takes(",") {
                break;
            }
        }
        self.expect("]")?;
        let depths: Vec<u16> = parts.iter().map(|part| part.depth).collect();
        self.node(line, Kind::List(parts), &depths)
    }

    fn dict(&mut self, line: u32) -> Result<Expression, String> {
        let mut entries = Vec::new();
        while !self.is("}") {
            let key = self.expression()?;
            self.expect(":")?;
            let value = self.expression()?;
            if entries.is_empty() && self.is_word("for") {
                let made = self.comprehension(line, key, Some(value))?;
                self.expect("}")?;
                return Ok(made);
            }
            entries.push((key, value));
            if !self.takes(",") {
                break;
            }
        }
        self.expect("}")?;
        let depths: Vec<u16> = entries
            .iter()
            .map(|(key, value)| key.depth.max(value.depth))
            .collect();
        self.node(line, Kind::Dict(entries), &depths)
    }

    fn comprehension(
        &mut self,
        line: u32,
        element: Expression,
        value: Option<Expression>,
    ) -> Result<Expression, String> {
        self.scopes.push(Vec::new());
        let mut clauses = Vec::new();
        let mut depths = vec![element.depth, value.as_ref().map_or(0, |value| value.depth)];
        loop {
            if self.takes("for") {
                let target = self.targets()?;
                self.bind(&target)?;
                self.expect("in")?;
                let values = self.disjunction()?;
                depths.extend([target.depth, values.depth]);
                clauses.push(Clause::For(target, values));
            } else if self.takes("if") {
                let test = self.disjunction()?;
                depths.push(test.depth);
                clauses.push(Clause::If(test));
            } else {
                break;
            }
        }
        let locals = self.scopes.pop().unwrap_or_default();
        // Each clause runs inside the one before it.
        let inside = u16::try_from(clauses.len()).unwrap_or(u16::MAX);
        let deepest = depths.iter().max().copied().unwrap_or(0);
        let kind = Kind::Comprehension {
            element: Box::new(element),
            value: value.map(Box::new),
            clauses,
            locals,
        };
        self.node(line, kind, &[deepest.saturating_add(inside)])
    }
}
