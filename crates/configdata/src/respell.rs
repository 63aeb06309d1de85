//! Giving scalars another spelling without reading the whole document again.
//!
//! When an edit only puts one single-line scalar in the place of another, the tree stays the same
//! but for spans that move. That is most edits, and reading is most of an edit's cost. The new
//! spelling itself is read, alone, so that it is known to mean what it should.

use crate::document::Document;
use crate::edit::Action;
use crate::format::{Format, LoneScalar};
use crate::path::ResolvedPath;
use crate::splice::Splice;
use crate::tree::{NONE, NodeId, Style, Tree, narrow};
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
        let inline = |style| {
            matches!(
                style,
                Style::Plain | Style::SingleQuoted | Style::DoubleQuoted
            )
        };
        let simple = parent.style() == Style::Block
            && inline(node.style())
            && node.span() == splice.range
            && !splice.range.is_empty()
            && !node.source().contains('\n')
            && !splice.text.contains('\n')
            && !document.tree.node(node.id).has_properties;
        if !simple {
            return None;
        }
        let LoneScalar { style, unescaped } = format.read_scalar(&splice.text, value)?;
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

/// The tree of the document after respelling some of its scalars.
pub(crate) fn respell(tree: &Tree, mut respelled: Vec<Respelling>) -> Tree {
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
    let mut tree = tree.clone();
    for node in &mut tree.nodes {
        shift(&mut node.start);
        shift(&mut node.end);
    }
    for comment in &mut tree.comments {
        shift(&mut comment.start);
        shift(&mut comment.end);
    }
    for (_, properties) in &mut tree.properties {
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
            Some(text) => {
                tree.unescaped.push(text.into());
                narrow(tree.unescaped.len() - 1)
            }
            None => NONE,
        };
        let node = &mut tree.nodes[respelling.node.0 as usize];
        node.style = respelling.style;
        node.payload = payload;
    }
    tree
}
