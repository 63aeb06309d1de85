//! What an index must know of a text, so that `where_data` need not look into every text.
//!
//! A [`Fact`] is one value at one path, or a type of resource. What a term demands of a text is that
//! it has at least one of some facts; a [`Search`] says which. It finds every text that satisfies the
//! term and perhaps others: the evaluator decides.

use std::collections::BTreeSet;

use cubit_configdata::{Config, Kind, NodeRef, Number, Segment, Selector};

use super::{Found, Literal, Sign, Term, Test, WhereData};

/// Stands between the steps of a path.
const SEPARATOR: char = '\u{1f}';
/// The sign after the separator: what sorts before it has the path before the separator.
const BEHIND_SEPARATOR: char = ' ';
/// The step into any element of a list.
const ELEMENT: &str = "*";
/// Longer values are not told apart, in bytes.
const VALUE_LIMIT: usize = 64;
/// Texts with longer paths are not indexed, in bytes.
const PATH_LIMIT: usize = 512;
/// Texts with more values are not indexed.
const FACT_LIMIT: usize = 4096;
/// A value that is not told apart from others: it may be any.
const ANY: &str = "l";
/// Where values are nobody's business but that of the text.
const SECRET: &str = "v1/Secret";

/// A value at a path. The path of a type of resource is empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fact {
    /// The steps to the value; elements of lists are not told apart.
    pub path: String,
    /// The kind of the value and the value itself, where it is short.
    pub value: String,
}

/// The facts of a text. None when there are too many: then the text must always be looked at.
#[must_use]
pub fn facts(config: &Config) -> Option<Vec<Fact>> {
    let mut found = Facts::default();
    for resource in config.resources() {
        let resource_type = resource.info.resource_type.as_str();
        found.add("", resource_type)?;
        found.hidden = resource_type == SECRET;
        found.descend(resource.root, &mut String::new())?;
    }
    Some(found.facts.into_iter().collect())
}

#[derive(Default)]
struct Facts {
    facts: BTreeSet<Fact>,
    /// How many values were seen: one that is referred to by aliases is seen many times.
    seen: usize,
    hidden: bool,
}

impl Facts {
    fn add(&mut self, path: &str, value: &str) -> Option<()> {
        self.seen += 1;
        let fits = self.seen <= FACT_LIMIT && path.len() <= PATH_LIMIT && !path.contains('\0');
        let value = match value.len() > VALUE_LIMIT || value.contains('\0') {
            true => ANY,
            false => value,
        };
        fits.then(|| {
            self.facts.insert(Fact {
                path: path.to_owned(),
                value: value.to_owned(),
            });
        })
    }

    fn descend(&mut self, node: NodeRef<'_>, path: &mut String) -> Option<()> {
        let length = path.len();
        match node.kind() {
            Kind::Mapping => {
                for (key, child) in node.entries() {
                    if key.contains(SEPARATOR) {
                        return None;
                    }
                    step(path, &key);
                    self.descend(child, path)?;
                    path.truncate(length);
                }
                Some(())
            }
            Kind::Sequence => {
                for child in node.items() {
                    step(path, ELEMENT);
                    self.descend(child, path)?;
                    path.truncate(length);
                }
                Some(())
            }
            Kind::Null => Some(()),
            _ if self.hidden && !path.starts_with("metadata") => self.add(path, ANY),
            Kind::String => self.add(path, &text_value(&node.scalar())),
            Kind::Bool => self.add(path, &format!("b{}", node.as_bool() == Some(true))),
            Kind::Integer | Kind::Float => self.add(path, &format!("n{}", node.scalar())),
        }
    }
}

fn step(path: &mut String, name: &str) {
    if !path.is_empty() {
        path.push(SEPARATOR);
    }
    path.push_str(name);
}

fn text_value(text: &str) -> String {
    format!("s{text}")
}

/// Which facts a text must have one of.
#[derive(Debug, Clone)]
pub struct Search {
    /// The first path, and the one behind the last, if they are more than one.
    pub paths: (String, Option<String>),
    /// The only values that come into question, if that is known.
    pub values: Option<Vec<String>>,
    term: Option<Term>,
}

impl Search {
    /// The search for a type of resource.
    fn resource_type(name: &str) -> Self {
        Self {
            paths: (String::new(), None),
            values: Some(values([name.to_owned()])),
            term: None,
        }
    }

    /// The search for what satisfies a term; none where no fact says that it may be satisfied.
    fn of(term: &Term) -> Option<Self> {
        let segments = term.path.segments();
        let gated = segments.iter().any(|segment| segment.gated);
        if term.path.part().is_some() || (gated && term.if_missing) {
            return None;
        }
        let plain = segments.iter().map_while(plain).collect::<Vec<_>>();
        let start = plain.join(&SEPARATOR.to_string());
        let paths = match plain.len() {
            0 => return None,
            count if count == segments.len() => (start, None),
            _ => (
                format!("{start}{SEPARATOR}"),
                Some(format!("{start}{BEHIND_SEPARATOR}")),
            ),
        };
        Some(Self {
            paths,
            values: term.texts().map(values),
            term: Some(term.clone()),
        })
    }

    /// Whether a text that has a fact may satisfy what is searched for.
    #[must_use]
    pub fn may_hold(&self, fact: &Fact) -> bool {
        let Some(term) = &self.term else {
            return true;
        };
        let mut steps = fact.path.split(SEPARATOR);
        let leads_there = term
            .path
            .segments()
            .iter()
            .all(|segment| steps.next().is_some_and(|name| selects(segment, name)));
        if !leads_there || steps.next().is_some() {
            return false;
        }
        let found = match fact.value.split_at_checked(1) {
            Some(("s", text)) => Found::Text(text),
            Some(("b", text)) => Found::Bool(text == "true"),
            Some(("n", text)) => match Number::parse(text) {
                Some(number) => Found::Number(number, text),
                None => return false,
            },
            _ => return true,
        };
        term.test.holds(&found, term.quantities)
    }
}

/// Values as facts have them, and the one that may be any.
fn values(values: impl IntoIterator<Item = String>) -> Vec<String> {
    let short = values
        .into_iter()
        .filter(|value| value.len() <= VALUE_LIMIT && !value.contains('\0'));
    short.chain([ANY.to_owned()]).collect()
}

/// The key that a step of a path is, where it is nothing else.
fn plain(segment: &Segment) -> Option<&str> {
    match &segment.selector {
        Selector::Key(key) | Selector::BoundKey { key, .. } if key.parse::<usize>().is_err() => {
            Some(key)
        }
        _ => None,
    }
}

/// Whether a step of a path may select what is below a step of a fact.
fn selects(segment: &Segment, name: &str) -> bool {
    match &segment.selector {
        Selector::Key(key) | Selector::BoundKey { key, .. } => {
            key == name || (name == ELEMENT && key.parse::<usize>().is_ok())
        }
        Selector::Any | Selector::AnyField { .. } | Selector::AnyKey { .. } => true,
        Selector::Match { .. } => name == ELEMENT,
    }
}

impl Term {
    /// The values that alone satisfy the term, where it demands texts.
    fn texts(&self) -> Option<Vec<String>> {
        let text = |literal: &Literal| match literal {
            Literal::Text(text) if !self.quantities => Some(text_value(text)),
            _ => None,
        };
        match &self.test {
            Test::Compare(Sign::Equal, literal) => text(literal).map(|text| vec![text]),
            Test::In {
                negated: false,
                literals,
            } => literals.iter().map(text).collect(),
            _ => None,
        }
    }
}

impl WhereData {
    /// What an index can be asked for, of resources of a type (`*` or nothing: of any). A text that
    /// one of the searches does not find does not match.
    #[must_use]
    pub fn searches(&self, resource_type: &str) -> Vec<Search> {
        let resource_type = match resource_type {
            "" | "*" => None,
            name => Some(Search::resource_type(name)),
        };
        let terms = self.terms.iter().filter_map(Search::of);
        resource_type.into_iter().chain(terms).collect()
    }
}

#[cfg(test)]
mod tests {
    use cubit_configdata::Toolchain;
    use proptest::prelude::*;

    use super::*;
    use crate::where_data::parse;

    /// Whether every search finds one of the facts, within its paths and values.
    fn is_found(searches: &[Search], facts: &[Fact]) -> bool {
        searches.iter().all(|search| {
            facts.iter().any(|fact| {
                let (first, behind) = &search.paths;
                let in_paths = match behind {
                    None => fact.path == *first,
                    Some(behind) => fact.path >= *first && fact.path < *behind,
                };
                let values = search.values.as_ref();
                in_paths
                    && values.is_none_or(|values| values.contains(&fact.value))
                    && search.may_hold(fact)
            })
        })
    }

    fn found(expression: &str, resource_type: &str, text: &str) -> bool {
        let config = Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("readable");
        let searches = parse(expression).expect(expression).searches(resource_type);
        is_found(&searches, &facts(&config).expect("few facts"))
    }

    #[test]
    fn what_cannot_match_is_not_found() {
        let long = "x".repeat(100);
        let text = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a, labels: {{note: {long}}}}}\n\
             spec: {{replicas: 2, list: [{{name: x, image: 'r/x:1'}}], map: {{'0': y}}}}\n"
        );
        for (expression, expected) in [
            ("metadata.name = 'a'", true),
            ("metadata.name = 'b'", false),
            ("metadata.name != 'a'", false),
            ("metadata.name ~ '^a'", true),
            ("metadata.name LIKE 'b%'", false),
            ("metadata.name IN ('b', 'a')", true),
            ("spec.replicas = 2.0", true),
            ("spec.replicas > 2", false),
            ("spec.missing = 1", false),
            ("spec.|missing != 1", true),
            ("spec.|missing = 1", false),
            ("spec.list.*.image ~ 'x:1'", true),
            ("spec.list.?name=y.image = 'r/x:1'", true),
            ("spec.list.0.image = 'r/x:2'", false),
            ("spec.map.0 = 'y'", true),
            ("spec.map.* = 'z'", false),
            ("spec.list.*.image#reference = ':7'", true),
            ("metadata.labels.note = 'b'", true),
            ("*.name = 'zzz'", true),
        ] {
            assert_eq!(found(expression, "v1/Pod", &text), expected, "{expression}");
        }
        assert!(!found("", "v1/Service", &text));
    }

    #[test]
    fn values_of_secrets_are_not_kept() {
        let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {key: hidden}\n";
        let config = Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("readable");
        let facts = facts(&config).expect("few facts");
        assert!(facts.iter().all(|fact| !fact.value.contains("hidden")));
        assert!(facts.iter().any(|fact| fact.value == "sa"));
        assert!(found("stringData.key = 'other'", "*", text));
    }

    fn value() -> impl Strategy<Value = String> {
        prop::sample::select(vec![
            "a",
            "b",
            "'1'",
            "1",
            "2.0",
            "true",
            "~",
            "{a: 1}",
            "[a, 1]",
            "{'0': a}",
            "[{a: b}, {a: 1}]",
            "{b: [true, a]}",
            "500m",
        ])
        .prop_map(str::to_owned)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// Whatever matches is found.
        #[test]
        fn nothing_is_lost(
            values in prop::collection::vec((prop::sample::select(vec!["a", "b", "resources"]), value()), 1..4),
            path in prop::sample::select(vec![
                "x.a", "x.b", "x.a.*", "x.*", "x.a.0", "x.*.a", "x.a.*.a", "x.a.?a=b.a", "x.a.*?a=b.a", "x.b.b.1",
                "x.|a", "x.|a.a", "x.a.|b", "*.a", "x.a.@a", "kind", "x.resources.a",
            ]),
            test in prop::sample::select(vec![
                "= 'a'", "!= 'a'", "= 1", "= 2", "> 1", "<= 1", "= true", "!= true", "IN ('a', '1')", "NOT IN ('a')",
                "~ 'a'", "!~ 'a'", "LIKE 'a%'", "IN (1, 'a')", "< 'b'",
            ]),
            resource_type in prop::sample::select(vec!["", "*", "v1/Pod", "v1/Service"]),
        ) {
            let mut text = "apiVersion: v1\nkind: Pod\nmetadata: {name: n}\nx:\n".to_owned();
            for (key, value) in values {
                text.push_str(&format!("  {key}: {value}\n"));
            }
            let config = Config::parse(Toolchain::KubernetesYaml, text.as_bytes()).expect("readable");
            let query = parse(&format!("{path} {test}")).expect("parses");
            let facts = facts(&config).expect("few facts");
            if query.matches(&config, resource_type, &()) {
                prop_assert!(is_found(&query.searches(resource_type), &facts), "{path} {test}\n{text}");
            }
        }
    }
}
