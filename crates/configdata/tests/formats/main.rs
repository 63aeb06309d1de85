//! What holds for every format: one table of formats, one set of laws.
//!
//! A format is a row of [`table::FORMATS`]; the bodies of the tests know nothing of any of them.

mod corpus;
mod edits;
mod laws;
mod places;
mod readers;
mod refusals;
mod table;
#[path = "../touch/mod.rs"]
mod touch;

use cubit_configdata::{Config, Edit, Kind, NodeRef, Number, ResolvedPath, Step, Toolchain, Value};

/// A format and what its tests need to know of it.
struct Format {
    toolchain: Toolchain,
    /// A small text with everything the format has.
    sample: &'static str,
    /// Comments of the sample: they survive every edit that is not a deletion of what holds them.
    comments: &'static [&'static str],
    /// Values of the sample that come back spelled another way when they are set and set back.
    respelled: &'static [&'static str],
    /// Texts that are refused, with line and column.
    wrong: &'static [(&'static str, usize, usize)],
    /// Pieces from which random texts are made.
    pieces: &'static [&'static str],
    /// Another reader of the format: every value by its path, as text. `None` when it refuses.
    reader: fn(&str) -> Option<readers::Seen>,
}

fn parse(toolchain: Toolchain, text: &str) -> Option<Config> {
    Config::parse(toolchain, text.as_bytes()).ok()
}

impl Format {
    /// The sample as it is, with CRLF line ends, and without a line break at its end.
    fn samples(&self) -> [(Config, String); 3] {
        [
            self.sample.to_owned(),
            self.sample.replace('\n', "\r\n"),
            self.sample.trim_end().to_owned(),
        ]
        .map(|text| {
            let config = Config::parse(self.toolchain, text.as_bytes())
                .unwrap_or_else(|error| panic!("{}: {error}\n{text}", self.toolchain));
            (config, text)
        })
    }
}

/// Every scalar and empty collection of the only document, by path.
fn leaves(config: &Config) -> Vec<(ResolvedPath, NodeRef<'_>)> {
    let mut leaves = Vec::new();
    if let Some(root) = config.documents()[0].root() {
        root.visit_leaves(&mut |path, node| leaves.push((path.clone(), node)));
    }
    leaves
}

/// Every map of the only document, by path.
fn maps(config: &Config) -> Vec<ResolvedPath> {
    fn collect(node: NodeRef<'_>, path: &mut ResolvedPath, out: &mut Vec<ResolvedPath>) {
        if node.kind() == Kind::Mapping {
            out.push(path.clone());
        }
        let children: Vec<(Step, NodeRef<'_>)> = match node.kind() {
            Kind::Mapping => node
                .entries()
                .map(|(key, value)| (Step::Key(key.into_owned()), value))
                .collect(),
            _ => node
                .items()
                .enumerate()
                .map(|(at, value)| (Step::Index(at), value))
                .collect(),
        };
        for (step, child) in children {
            path.0.push(step);
            collect(child, path, out);
            path.0.pop();
        }
    }
    let mut out = Vec::new();
    if let Some(root) = config.documents()[0].root() {
        collect(root, &mut ResolvedPath::default(), &mut out);
    }
    out
}

/// Another value of the same kind.
fn other_value(node: NodeRef<'_>) -> Value {
    match node.kind() {
        Kind::Bool => Value::Bool(node.as_bool() != Some(true)),
        Kind::Integer => Value::from(4242),
        Kind::Float => Value::Number(Number::parse("42.5").expect("a number")),
        _ => Value::from("cubit-was-here"),
    }
}

/// Everything a text means, and where: to see that a tree that was kept is the tree read again.
fn meaning(config: &Config) -> String {
    leaves(config)
        .iter()
        .map(|(path, node)| {
            format!(
                "{path} {:?} {:?} {:?} {:?}\n",
                node.span(),
                node.style(),
                node.value(),
                node.line_comment()
            )
        })
        .collect()
}

fn key(text: &str) -> Step {
    Step::Key(text.to_owned())
}

fn applied(config: &Config, edits: &[Edit]) -> Config {
    let mut edited = config.clone();
    edited.apply(edits).unwrap_or_else(|error| {
        panic!("{}: {error}\n{}", config.toolchain(), config.text());
    });
    edited
}

fn values(config: &Config) -> Vec<Value> {
    leaves(config)
        .into_iter()
        .map(|(_, node)| node.value())
        .collect()
}
