//! Giving scalars another spelling without reading the whole document again.
//!
//! When an edit only puts one single-line scalar in the place of another, the tree stays the same
//! but for spans that move. That is most edits, and reading is most of an edit's cost. The new
//! spelling itself is read, alone, so that it is known to mean what it should.

use crate::document::Document;
use crate::edit::Action;
use crate::format::{Format, Segment};
use crate::limits;
use crate::path::ResolvedPath;
use crate::splice::{Splice, splice};
use crate::tree::{NONE, NodeId, NodeRef, Style, Tree};
use crate::value::Value;

/// One scalar that is written another way.
pub(crate) struct Respelling {
    node: NodeId,
    /// End of the old source text.
    end: usize,
    /// Bytes by which what follows moves.
    growth: i64,
    style: Style,
    /// The new text, when its source differs from it.
    unescaped: Option<Box<str>>,
}

impl Respelling {
    /// The respelling an edit amounts to, if it is no more than that.
    pub(crate) fn of(
        format: &dyn Format,
        document: &Document,
        path: &ResolvedPath,
        action: &Action,
        splices: &[Splice],
    ) -> Option<Self> {
        let (Action::Set(value), [splice]) = (action, splices) else {
            return None;
        };
        if matches!(value, Value::List(_) | Value::Map(_)) {
            return None;
        }
        let root = document.root()?;
        let (_, above) = path.0.split_last()?;
        let parent = root.find(&ResolvedPath(above.to_vec()))?;
        let node = root.find(path)?;
        let behind = document.text.get(splice.range.end..)?;
        let simple = is_inline(node.style())
            && node.span() == splice.range
            && !splice.range.is_empty()
            && !node.source().contains(LINE_BREAKS)
            && !splice.text.contains(LINE_BREAKS)
            // A value may not grow together with what follows.
            && (behind.is_empty() || behind.starts_with(ENDS))
            && !document.tree.node(node.id).has_properties();
        if !simple {
            return None;
        }
        let LoneScalar { style, unescaped } =
            read_alone(format, (parent.style(), node.style()), &splice.text, value)?;
        Some(Self {
            node: node.id,
            end: splice.range.end,
            growth: i64::try_from(splice.text.len()).ok()?
                - i64::try_from(splice.range.len()).ok()?,
            style,
            unescaped,
        })
    }
}

const LINE_BREAKS: [char; 2] = ['\n', '\r'];

/// What may stand right behind a scalar.
const ENDS: [char; 7] = ['\n', '\r', ' ', '\t', ',', ']', '}'];

fn is_inline(style: Style) -> bool {
    matches!(
        style,
        Style::Plain | Style::Bare | Style::SingleQuoted | Style::DoubleQuoted
    )
}

/// A scalar read by itself.
struct LoneScalar {
    style: Style,
    /// The text it means, when its source differs from it.
    unescaped: Option<Box<str>>,
}

/// Reads the source text of a scalar in a frame; nothing unless it is just `value` there, and is so
/// in the place of the `old` scalar too.
fn read_alone(
    format: &dyn Format,
    (parent, old): (Style, Style),
    source: &str,
    value: &Value,
) -> Option<LoneScalar> {
    let (before, behind) = format.frame(parent)?;
    let text = [before, source, behind].concat();
    let segments = format.read(&text).ok()?;
    let [Segment { tree, .. }] = segments.as_slice() else {
        return None;
    };
    // It is the last child of the root, and covers its text.
    let id = tree.children(tree.root?).last()?;
    let node = NodeRef {
        text: &text,
        tree,
        id,
    };
    let alone = node.span() == (before.len()..before.len() + source.len())
        && is_inline(node.style())
        && format.unsaid().means(node, value)
        && format.fits_place(old, node)
        && tree.comments.is_empty();
    let same = tree.node(id).payload == NONE;
    alone.then(|| LoneScalar {
        style: node.style(),
        unescaped: (!same).then(|| node.scalar().into()),
    })
}

/// Scalars of a document that get another spelling, and nothing else.
pub(crate) struct Respelled {
    pub(crate) splices: Vec<Splice>,
    pub(crate) scalars: Vec<Respelling>,
}

impl Respelled {
    /// Length of the document's text afterwards, in bytes.
    pub(crate) fn length(&self, document: &Document) -> usize {
        let spliced = |sum, splice: &Splice| sum + splice.text.len() - splice.range.len();
        self.splices.iter().fold(document.text.len(), spliced)
    }

    /// Changes the document.
    pub(crate) fn respell(self, document: &mut Document) {
        match self.splices.as_slice() {
            [only] => {
                let range = only.range.clone();
                let change = |text: &mut String| text.replace_range(range, &only.text);
                document.text.change(change);
            }
            _ => document.text = splice(&document.text, self.splices).into(),
        }
        respell(&mut document.tree, self.scalars);
    }
}

/// Changes a tree as respelling some of its scalars does.
fn respell(tree: &mut Tree, mut respelled: Vec<Respelling>) {
    respelled.sort_by_key(|respelling| respelling.end);
    // How far a place moves: by the growth of everything that ended at or before it.
    let mut moved = 0;
    let moves: Vec<(usize, i64)> = respelled
        .iter()
        .map(|respelling| {
            moved += respelling.growth;
            (respelling.end, moved)
        })
        .collect();
    let shift = |place: &mut u32| {
        let passed = moves.partition_point(|(end, _)| *end <= *place as usize);
        if let Some((_, moved)) = passed.checked_sub(1).map(|last| moves[last]) {
            *place = u32::try_from(i64::from(*place) + moved).unwrap_or(u32::MAX);
        }
    };
    for node in &mut tree.nodes {
        shift(&mut node.start);
        shift(&mut node.end);
    }
    for comment in &mut tree.comments {
        shift(&mut comment.start);
        shift(&mut comment.end);
    }
    let rare = tree.rare().is_some().then(|| tree.rare_mut());
    for (_, properties) in rare.into_iter().flat_map(|rare| &mut rare.properties) {
        for span in [&mut properties.anchor, &mut properties.tag]
            .into_iter()
            .flatten()
        {
            shift(&mut span.1.start);
            shift(&mut span.1.end);
        }
    }
    for respelling in respelled {
        let payload = match respelling.unescaped {
            Some(text) => tree.unescaped.push(&text),
            None => NONE,
        };
        let node = &mut tree.nodes[respelling.node.0 as usize];
        node.set_style(respelling.style);
        node.payload = payload;
    }
    // Texts that nothing has any more stay until they are many.
    if tree.unescaped.size() > 2 * limits::MAX_BYTES {
        tree.forget_old_texts();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::{Change, change};
    use crate::{Config, Edit, Toolchain};

    /// Sets `a.b` or `b` and compares what became of the document with the text read anew.
    fn set(toolchain: Toolchain, text: &str, value: &str) -> (bool, String) {
        let config = Config::parse(toolchain, text.as_bytes()).expect("readable");
        let document = &config.documents()[0];
        let keys = ["a.b", "b"].map(|path| {
            let path = crate::Path::parse(path).expect("a path");
            path.resolved().expect("a plain path")
        });
        let found = |path: &&ResolvedPath| document.root().is_some_and(|r| r.find(path).is_some());
        let path = keys.iter().find(found).expect("a place").clone();
        let edits = [Edit::set(0, path, value)];
        let change = change(toolchain.format(), document, &edits)
            .unwrap_or_else(|error| panic!("{error}: {text:?}"))
            .expect("a change");
        let quick = matches!(change, Change::Respelled(_));
        let after = change.rewritten(document);
        let anew = Config::parse(toolchain, after.text.as_bytes()).expect("readable");
        let anew = &anew.documents()[0];
        assert_eq!(
            after.root().map(NodeRef::value),
            anew.root().map(NodeRef::value),
            "{text:?} with {value:?}"
        );
        let spans = |document: &Document| -> Vec<_> {
            let nodes = document.tree.nodes.iter();
            nodes
                .map(|node| (node.start, node.end, node.style()))
                .collect()
        };
        assert_eq!(spans(&after), spans(anew), "{text:?} with {value:?}");
        assert_eq!(after.tree.comments, anew.tree.comments, "{text:?}");
        (quick, after.text.to_string())
    }

    #[test]
    fn a_scalar_is_respelled_where_its_line_says_all_of_it() {
        let (ini, env) = (Toolchain::AppConfigIni, Toolchain::AppConfigEnv);
        let properties = Toolchain::AppConfigProperties;
        for (toolchain, text, value, quick, expected) in [
            (
                ini,
                "[a]\nb = 1 ; c\nd = 2\n",
                "x",
                true,
                "[a]\nb = x ; c\nd = 2\n",
            ),
            (ini, "[a]\nb=1\n", ";x", true, "[a]\nb=\";x\"\n"),
            (
                ini,
                "[a]\nb = \"1\"\n  d = 2\n",
                "x",
                true,
                "[a]\nb = \"x\"\n  d = 2\n",
            ),
            (
                ini,
                "[a]\nb = 1 ; it's\n",
                "\"x",
                false,
                "[a]\nb = \"x ; it's\n",
            ),
            (ini, "[a]\nb = 1\n", "'x", false, "[a]\nb = 'x\n"),
            (ini, "[a]\nb =\n", "x", false, "[a]\nb = x\n"),
            (env, "b=1 # c\nd=2\n", "x", true, "b=x # c\nd=2\n"),
            (env, "b = 1\n", "#x", true, "b = \"#x\"\n"),
            (
                env,
                "b='1'\nd=\"\n2\"\n",
                "x y",
                true,
                "b='x y'\nd=\"\n2\"\n",
            ),
            (env, "b=\"1\n2\"\n", "x", false, "b=\"x\"\n"),
            (properties, "a.b=1\nd=2\n", "x", true, "a.b=x\nd=2\n"),
        ] {
            let set = set(toolchain, text, value);
            assert_eq!(set, (quick, expected.to_owned()), "{text:?}");
        }
    }

    #[test]
    fn texts_that_nothing_has_any_more_are_forgotten() {
        let text = "a: \"1\\t\"\nb: \"2\\t\"\n";
        let mut config = Config::parse(Toolchain::AppConfigYaml, text.as_bytes()).expect("YAML");
        let path = crate::Path::parse("b")
            .expect("a path")
            .resolved()
            .expect("plain");
        for value in ["3\t", "4\t"] {
            config
                .apply(&[Edit::set(0, path.clone(), value)])
                .expect("an edit");
        }
        let mut tree = config.documents()[0].tree.clone();
        let size = tree.unescaped.size();
        tree.forget_old_texts();
        assert!(tree.unescaped.size() < size);
        let text = config.documents()[0].text();
        let root = NodeRef {
            text,
            tree: &tree,
            id: tree.root.expect("a root"),
        };
        assert_eq!(
            root.value().to_json().to_string(),
            r#"{"a":"1\t","b":"4\t"}"#
        );
    }

    proptest::proptest! {
        #[test]
        fn a_respelled_document_is_as_one_read_anew(
            old in "[a-c1\"'# ;=\\\\]{1,4}",
            value in "[a-c1\"'# ;=\\\\$]{0,5}",
            behind in "( ?[;#][ \"'a]{0,3})?(\n  c = 1|\n c\n=|\n)?",
        ) {
            for (toolchain, head) in [
                (Toolchain::AppConfigIni, "[a]\nb = "),
                (Toolchain::AppConfigEnv, "b="),
                (Toolchain::AppConfigProperties, "b = "),
                (Toolchain::AppConfigToml, "b = "),
            ] {
                let text = format!("{head}{old}{behind}");
                let Ok(config) = Config::parse(toolchain, text.as_bytes()) else { continue };
                let document = &config.documents()[0];
                let path = if head.starts_with('[') { "a.b" } else { "b" };
                let path = crate::Path::parse(path).expect("a path").resolved().expect("plain");
                let scalar = document
                    .root()
                    .and_then(|root| root.find(&path))
                    .is_some_and(|node| !node.is_collection() && node.scalar() != value.as_str());
                let edit = Edit::set(0, path, value.as_str());
                if scalar && change(toolchain.format(), document, &[edit]).is_ok() {
                    set(toolchain, &text, &value);
                }
            }
        }
    }
}
