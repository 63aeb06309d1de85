//! `where_data`: conditions over configuration data (section 2.7 of the function engine).
//!
//! ```text
//! expression = term { AND term }
//! term       = path operator literal
//! operator   = "=" | "!=" | "<" | "<=" | ">" | ">=" | "LIKE" | "ILIKE" | "~~" | "!~~"
//!            | "~" | "~*" | "!~" | "!~*" | "IN" | "NOT IN" | "NOT LIKE"
//! literal    = 'text' | number | true | false | "(" literal { "," literal } ")"
//! ```
//!
//! A term holds for a resource when some value at its path satisfies it; a resource matches when
//! all terms hold; a text matches when some resource does. A missing path satisfies nothing, not
//! even `!=`, unless it is missing behind a gate: `containers.*.|securityContext.privileged != true`.
//! A value of another type than the literal does not satisfy; it is no error.

use std::cmp::Ordering;

use cubit_configdata::{
    Accessor, Config, Kind, Missing, NodeRef, Number, Path, Quantity, Toolchain, resolve,
};

use crate::{Pattern, QueryError};

/// Finds the accessor for a named part of a value.
pub trait Accessors {
    /// The accessor registered for `#part` at a normalized path of a resource type.
    fn accessor(
        &self,
        toolchain: Toolchain,
        resource_type: &str,
        path: &str,
        part: &str,
    ) -> Option<&Accessor>;
}

/// No accessors: a path with a part matches nothing.
impl Accessors for () {
    fn accessor(&self, _: Toolchain, _: &str, _: &str, _: &str) -> Option<&Accessor> {
        None
    }
}

/// A parsed expression. An empty one matches every text that has a resource of the type.
#[derive(Clone, Debug, Default)]
pub struct WhereData {
    terms: Vec<Term>,
}

#[derive(Clone, Debug)]
struct Term {
    path: Path,
    test: Test,
    /// What holds when the path is missing behind its gate.
    if_missing: bool,
    /// Requests and limits compare as quantities.
    quantities: bool,
}

#[derive(Clone, Debug)]
enum Test {
    Compare(Sign, Literal),
    In {
        negated: bool,
        literals: Vec<Literal>,
    },
    Pattern {
        negated: bool,
        pattern: Pattern,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Sign {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Literal {
    Text(String),
    Number(Number),
    Bool(bool),
}

/// Longest expression, as for `where`.
const MAX_LENGTH: usize = 4096;

/// Operators in the order they are tried: longer ones first.
const OPERATORS: [(&str, Operator); 18] = [
    (
        "NOT ILIKE",
        Operator::Like {
            negated: true,
            ignore_case: true,
        },
    ),
    (
        "NOT LIKE",
        Operator::Like {
            negated: true,
            ignore_case: false,
        },
    ),
    ("NOT IN", Operator::In { negated: true }),
    (
        "ILIKE",
        Operator::Like {
            negated: false,
            ignore_case: true,
        },
    ),
    (
        "LIKE",
        Operator::Like {
            negated: false,
            ignore_case: false,
        },
    ),
    ("IN", Operator::In { negated: false }),
    (
        "!~~",
        Operator::Like {
            negated: true,
            ignore_case: false,
        },
    ),
    (
        "!~*",
        Operator::Regex {
            negated: true,
            ignore_case: true,
        },
    ),
    (
        "!~",
        Operator::Regex {
            negated: true,
            ignore_case: false,
        },
    ),
    (
        "~~",
        Operator::Like {
            negated: false,
            ignore_case: false,
        },
    ),
    (
        "~*",
        Operator::Regex {
            negated: false,
            ignore_case: true,
        },
    ),
    (
        "~",
        Operator::Regex {
            negated: false,
            ignore_case: false,
        },
    ),
    ("!=", Operator::Sign(Sign::NotEqual)),
    ("<=", Operator::Sign(Sign::LessOrEqual)),
    (">=", Operator::Sign(Sign::GreaterOrEqual)),
    ("<", Operator::Sign(Sign::Less)),
    (">", Operator::Sign(Sign::Greater)),
    ("=", Operator::Sign(Sign::Equal)),
];

#[derive(Clone, Copy, Debug)]
enum Operator {
    Sign(Sign),
    Like { negated: bool, ignore_case: bool },
    Regex { negated: bool, ignore_case: bool },
    In { negated: bool },
}

/// Reads an expression.
///
/// # Errors
/// The position of what is wrong and what was expected there.
pub fn parse(expression: &str) -> Result<WhereData, QueryError> {
    if expression.chars().count() > MAX_LENGTH {
        return Err(QueryError::new(
            MAX_LENGTH,
            format!("the expression is longer than {MAX_LENGTH} characters"),
        ));
    }
    let mut reader = Reader {
        text: expression,
        at: 0,
    };
    let mut terms = Vec::new();
    reader.blanks();
    while !reader.rest().is_empty() {
        if !terms.is_empty() {
            if !reader.keyword("AND") {
                return Err(reader.fault("expected AND: conditions are joined by AND only"));
            }
            reader.blanks();
        }
        terms.push(reader.term()?);
        reader.blanks();
    }
    Ok(WhereData { terms })
}

struct Reader<'e> {
    text: &'e str,
    at: usize,
}

impl<'e> Reader<'e> {
    fn rest(&self) -> &'e str {
        &self.text[self.at..]
    }

    fn fault(&self, message: impl Into<String>) -> QueryError {
        self.fault_at(self.at, message)
    }

    fn fault_at(&self, byte: usize, message: impl Into<String>) -> QueryError {
        QueryError::new(self.text[..byte].chars().count(), message)
    }

    fn blanks(&mut self) {
        self.at += self.rest().len()
            - self
                .rest()
                .trim_start_matches([' ', '\t', '\n', '\r'])
                .len();
    }

    /// Takes a word that is not the start of a longer one.
    fn keyword(&mut self, word: &str) -> bool {
        let Some(after) = self.rest().strip_prefix(word) else {
            return false;
        };
        if after.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            return false;
        }
        self.at += word.len();
        true
    }

    fn term(&mut self) -> Result<Term, QueryError> {
        let start = self.at;
        let text = self.path_text();
        if text.is_empty() {
            return Err(self.fault("expected a path, such as spec.replicas"));
        }
        if text.starts_with('(') {
            return Err(self.fault_at(
                start,
                "expected a path: parentheses are only for the list after IN",
            ));
        }
        let path = Path::parse(text).map_err(|error| {
            self.fault_at((start + error.position).min(self.text.len()), error.message)
        })?;
        self.blanks();
        let operator_at = self.at;
        let operator = self.operator()?;
        self.blanks();
        let literal_at = self.at;
        let test = match operator {
            Operator::In { negated } => Test::In {
                negated,
                literals: self.list()?,
            },
            Operator::Sign(sign) => {
                let literal = self.literal()?;
                if matches!(literal, Literal::Bool(_))
                    && !matches!(sign, Sign::Equal | Sign::NotEqual)
                {
                    return Err(self.fault_at(
                        operator_at,
                        "true and false can only be compared with = and !=",
                    ));
                }
                Test::Compare(sign, literal)
            }
            Operator::Like {
                negated,
                ignore_case,
            }
            | Operator::Regex {
                negated,
                ignore_case,
            } => {
                let Literal::Text(text) = self.literal()? else {
                    return Err(self.fault_at(literal_at, "expected a pattern in single quotes"));
                };
                let pattern = match operator {
                    Operator::Like { .. } => Pattern::like(&text, ignore_case),
                    _ => Pattern::regex(&text, ignore_case),
                };
                let pattern = pattern.map_err(|reason| self.fault_at(literal_at, reason))?;
                Test::Pattern { negated, pattern }
            }
        };
        let if_missing = match &test {
            Test::Compare(sign, _) => *sign == Sign::NotEqual,
            Test::In { negated, .. } | Test::Pattern { negated, .. } => *negated,
        };
        let quantities = is_quantity_path(&path);
        Ok(Term {
            path,
            test,
            if_missing,
            quantities,
        })
    }

    /// Up to the blank or operator that ends a path. In `?key=value` the first `=` belongs to the
    /// path, and so does everything up to the next dot or blank.
    fn path_text(&mut self) -> &'e str {
        let start = self.at;
        let mut in_match = false;
        let mut in_quotes = false;
        let mut segment_start = true;
        for c in self.rest().chars() {
            match c {
                '"' => in_quotes = !in_quotes,
                _ if in_quotes => {}
                ' ' | '\t' | '\n' | '\r' => break,
                '.' => {
                    in_match = false;
                    segment_start = true;
                    self.at += 1;
                    continue;
                }
                '?' if segment_start => in_match = true,
                '*' | '|' if segment_start => {
                    self.at += 1;
                    continue;
                }
                '=' | '<' | '>' | '!' if !in_match => break,
                '~' if !in_match && !self.text[self.at + 1..].starts_with(['0', '1', '2']) => break,
                _ => {}
            }
            segment_start = false;
            self.at += c.len_utf8();
        }
        &self.text[start..self.at]
    }

    fn operator(&mut self) -> Result<Operator, QueryError> {
        for (text, operator) in OPERATORS {
            let is_word = text.as_bytes()[0].is_ascii_alphabetic();
            if is_word {
                let before = self.at;
                let mut words = text.split(' ');
                if words.all(|word| {
                    self.blanks();
                    self.keyword(word)
                }) {
                    return Ok(operator);
                }
                self.at = before;
            } else if self.rest().starts_with(text) {
                self.at += text.len();
                return Ok(operator);
            }
        }
        Err(self.fault(
            "expected an operator: = != < <= > >= LIKE ILIKE ~~ !~~ ~ ~* !~ !~* IN or NOT IN",
        ))
    }

    fn list(&mut self) -> Result<Vec<Literal>, QueryError> {
        if !self.rest().starts_with('(') {
            return Err(self.fault("expected a list, such as ('a', 'b')"));
        }
        self.at += 1;
        let mut literals = Vec::new();
        loop {
            self.blanks();
            literals.push(self.literal()?);
            self.blanks();
            match self.rest().as_bytes().first() {
                Some(b',') => self.at += 1,
                Some(b')') => {
                    self.at += 1;
                    return Ok(literals);
                }
                _ => return Err(self.fault("expected ',' or ')'")),
            }
        }
    }

    fn literal(&mut self) -> Result<Literal, QueryError> {
        if self.keyword("true") {
            return Ok(Literal::Bool(true));
        }
        if self.keyword("false") {
            return Ok(Literal::Bool(false));
        }
        if let Some(body) = self.rest().strip_prefix('\'') {
            return self.text_literal(body).map(Literal::Text);
        }
        let rest = self.rest();
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && !"+-._".contains(c))
            .unwrap_or(rest.len());
        match Number::parse(&rest[..end]) {
            Some(number) if end <= 20 => {
                self.at += end;
                Ok(Literal::Number(number))
            }
            _ => Err(self.fault("expected a text in single quotes, a number, true or false")),
        }
    }

    /// Text up to the closing quote; two quotes stand for one.
    fn text_literal(&mut self, body: &str) -> Result<String, QueryError> {
        let opening = self.at;
        let mut text = String::new();
        let mut rest = body;
        loop {
            let Some(quote) = rest.find('\'') else {
                return Err(self.fault_at(opening, "the quote is not closed"));
            };
            text.push_str(&rest[..quote]);
            rest = &rest[quote + 1..];
            match rest.strip_prefix('\'') {
                Some(more) => {
                    text.push('\'');
                    rest = more;
                }
                None => {
                    self.at = self.text.len() - rest.len();
                    return Ok(text);
                }
            }
        }
    }
}

/// `resources.requests.X` and `resources.limits.X` hold quantities.
fn is_quantity_path(path: &Path) -> bool {
    let normalized = path.normalized();
    let segments: Vec<&str> = normalized.rsplitn(4, '.').collect();
    matches!(
        segments.as_slice(),
        [_, "requests" | "limits", "resources", ..]
    )
}

impl WhereData {
    /// Whether the expression is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether some resource of the text, of this type (`*` or nothing: of any type), satisfies
    /// all terms.
    #[must_use]
    pub fn matches(&self, config: &Config, resource_type: &str, accessors: &dyn Accessors) -> bool {
        config.resources().any(|resource| {
            (resource_type.is_empty()
                || resource_type == "*"
                || resource.info.resource_type == resource_type)
                && self.matches_resource(
                    config.toolchain(),
                    &resource.info.resource_type,
                    resource.root,
                    accessors,
                )
        })
    }

    /// Whether one resource satisfies all terms.
    #[must_use]
    pub fn matches_resource(
        &self,
        toolchain: Toolchain,
        resource_type: &str,
        root: NodeRef<'_>,
        accessors: &dyn Accessors,
    ) -> bool {
        self.terms
            .iter()
            .all(|term| term.holds(toolchain, resource_type, root, accessors))
    }
}

impl Term {
    fn holds(
        &self,
        toolchain: Toolchain,
        resource_type: &str,
        root: NodeRef<'_>,
        accessors: &dyn Accessors,
    ) -> bool {
        let accessor = match self.path.part() {
            Some(part) => {
                match accessors.accessor(toolchain, resource_type, &self.path.normalized(), part) {
                    Some(accessor) => Some((accessor, part)),
                    None => return false,
                }
            }
            None => None,
        };
        resolve(root, &self.path, Missing::ReportBehindGate)
            .iter()
            .any(|place| match (place.node, accessor) {
                (None, _) => self.if_missing,
                (Some(node), Some((accessor, part))) => node.as_str().is_some_and(|text| {
                    self.test
                        .holds(&Found::Text(accessor.read(&text, part)), false)
                }),
                (Some(node), None) => {
                    let scalar = node.scalar();
                    let found = match node.kind() {
                        Kind::String => Found::Text(&scalar),
                        Kind::Bool => Found::Bool(node.as_bool() == Some(true)),
                        Kind::Integer | Kind::Float => match Number::parse(&scalar) {
                            Some(number) => Found::Number(number, &scalar),
                            None => return false,
                        },
                        Kind::Null | Kind::Mapping | Kind::Sequence => return false,
                    };
                    self.test.holds(&found, self.quantities)
                }
            })
    }
}

/// A value found in the data.
enum Found<'v> {
    Text(&'v str),
    Number(Number, &'v str),
    Bool(bool),
}

impl Test {
    fn holds(&self, found: &Found<'_>, quantities: bool) -> bool {
        match self {
            Self::Compare(sign, literal) => {
                compare(found, literal, quantities).is_some_and(|order| sign.holds(order))
            }
            Self::In { negated, literals } => {
                let any = literals.iter().any(|literal| {
                    compare(found, literal, quantities).is_some_and(Ordering::is_eq)
                });
                any != *negated
            }
            Self::Pattern { negated, pattern } => match found {
                Found::Text(text) => pattern.matches(text) != *negated,
                _ => false,
            },
        }
    }
}

/// How a value compares with a literal; `None` when their types have no order.
fn compare(found: &Found<'_>, literal: &Literal, quantities: bool) -> Option<Ordering> {
    match (found, literal) {
        (Found::Text(text) | Found::Number(_, text), Literal::Text(other)) if quantities => {
            Some(text.parse::<Quantity>().ok()?.cmp(&other.parse().ok()?))
        }
        (Found::Text(text), Literal::Number(other)) if quantities => Some(
            text.parse::<Quantity>()
                .ok()?
                .cmp(&other.as_str().parse().ok()?),
        ),
        (Found::Text(text), Literal::Text(other)) => Some(text.as_bytes().cmp(other.as_bytes())),
        (Found::Bool(value), Literal::Bool(other)) => Some(value.cmp(other)),
        (Found::Number(value, _), Literal::Number(other)) => {
            match (value.as_integer(), other.as_integer()) {
                (Some(value), Some(other)) => Some(value.cmp(&other)),
                _ => value.as_float()?.partial_cmp(&other.as_float()?),
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: api, labels: {tier: web, quote: \"it's\"}}
spec:
  replicas: 2
  paused: false
  template:
    spec:
      containers:
      - name: a
        image: r/x:1
        securityContext: {runAsNonRoot: true}
        ports: [{containerPort: 8080}]
        resources: {requests: {cpu: 500m, memory: 1Gi}, limits: {cpu: 1}}
      - name: b
        image: r/y:2
";

    struct ImageReference(Accessor);

    impl Accessors for ImageReference {
        fn accessor(
            &self,
            _: Toolchain,
            resource_type: &str,
            path: &str,
            _: &str,
        ) -> Option<&Accessor> {
            (resource_type == "apps/v1/Deployment"
                && path == "spec.template.spec.containers.*.image")
                .then_some(&self.0)
        }
    }

    fn matches(expression: &str) -> bool {
        let config = Config::parse(Toolchain::KubernetesYaml, TEXT.as_bytes()).expect("readable");
        let accessors =
            ImageReference(Accessor::new("(?P<reference>:.+)$").expect("an expression"));
        let expression = expression.replace("C.", "spec.template.spec.containers.");
        parse(&expression)
            .unwrap_or_else(|error| panic!("{}", error.pointed(&expression)))
            .matches(&config, "apps/v1/Deployment", &accessors)
    }

    #[test]
    fn terms() {
        for (expression, expected) in [
            ("", true),
            ("spec.replicas > 1", true),
            ("spec.replicas>1 AND spec.replicas<=2", true),
            ("spec.replicas = 2.0", true),
            ("spec.replicas = '2'", false),
            ("spec.replicas IN (1, 2)", true),
            ("spec.replicas NOT IN (2, 3)", false),
            ("spec.paused = false", true),
            ("spec.paused != false", false),
            ("metadata.labels.tier LIKE 'w_b'", true),
            ("metadata.labels.tier ~ '^W'", false),
            ("metadata.labels.tier ~* '^W'", true),
            ("metadata.labels.tier !~ 'x'", true),
            ("metadata.labels.tier NOT  LIKE 'x%'", true),
            ("metadata.labels.tier IN ('a, b', 'web')", true),
            ("metadata.labels.quote = 'it''s'", true),
            ("C.*.image = 'r/y:2'", true),
            ("C.?name=a.image#reference = ':1'", true),
            ("C.?name=b.image#reference IN (':1', ':3')", false),
            ("C.0.image#nothing = ''", true),
            ("C.*.securityContext.runAsNonRoot != true", false),
            ("C.*.|securityContext.runAsNonRoot != true", true),
            ("C.*.|securityContext.runAsNonRoot = true", true),
            ("C.?name=b.|securityContext.runAsNonRoot NOT IN ('x')", true),
            ("C.*.name = 'a' AND C.*.image = 'r/y:2'", true),
            ("C.*.ports.?containerPort=8080.containerPort = 8080", true),
            ("C.*.resources.requests.cpu < '1'", true),
            ("C.*.resources.requests.memory >= '1024Mi'", true),
            ("C.*.resources.limits.cpu = '1000m'", true),
            ("spec.missing != 'x'", false),
            ("metadata.name#part = 'x'", false),
        ] {
            assert_eq!(matches(expression), expected, "{expression}");
        }
    }

    #[test]
    fn faults_have_a_place() {
        for (expression, position, message) in [
            ("spec.replicas >", 15, "expected a text"),
            ("spec.replicas", 13, "expected an operator"),
            ("spec.replicas = 1 spec.x = 2", 18, "expected AND"),
            ("spec.replicas = 1 OR spec.x = 2", 18, "joined by AND only"),
            ("spec.replicas = 1 AND", 21, "expected a path"),
            ("(spec.replicas = 1)", 0, "parentheses"),
            ("spec.x = 'open", 9, "not closed"),
            ("spec.x ~ '('", 9, ""),
            ("spec.x > true", 7, "only be compared"),
            ("é.x = 1 AND spec.?name.x = 2", 22, "expected '='"),
            ("spec.x IN 'a'", 10, "expected a list"),
            ("spec.x IN ('a' 'b')", 15, "expected ',' or ')'"),
        ] {
            let error = parse(expression).expect_err(expression);
            assert_eq!(error.position, position, "{expression}: {error}");
            assert!(error.message.contains(message), "{expression}: {error}");
        }
    }

    #[test]
    fn other_types_and_documents() {
        let text = "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {a: 1}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: x}\nspec: {b: 2}\n";
        let config = Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("readable");
        let all = |expression: &str, resource_type: &str| {
            parse(expression)
                .expect("an expression")
                .matches(&config, resource_type, &())
        };
        assert!(all("spec.a = 1", "*"));
        assert!(all("spec.b = 2", ""));
        assert!(
            !all("spec.a = 1 AND spec.b = 2", "*"),
            "two resources of one name are still two"
        );
        assert!(!all("spec.a = 1", "v1/Secret"));
        assert!(all("", "v1/Secret"));
        assert!(!all("", "v1/ConfigMap"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(expression in "[a-z.*?=|#@'~!<>() 0-9ANDI\"é]{0,60}") {
            if let Err(error) = parse(&expression) {
                proptest::prop_assert!(error.position <= expression.chars().count());
            }
        }
    }
}
