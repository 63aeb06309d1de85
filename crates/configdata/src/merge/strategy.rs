//! What to do where both sides changed the same place.

use crate::path::{Path, Selector};
use crate::resolve::field_of;
use crate::tree::NodeRef;

/// What to do where theirs changed what is local in ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// Ours stays, and the report says so.
    #[default]
    KeepLocal,
    /// Theirs is taken, and the report says what was lost.
    TakeUpstream,
    /// Nothing is merged at all.
    Fail,
}

/// The strategies of one merge: one for all, others from certain paths down. The last path that
/// fits counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules<'a> {
    pub(super) paths: &'a [(Path, Strategy)],
}

/// Where in each rule a place stands: rules that may still fit below, as (rule, segments fitted).
pub(super) type Pending = Vec<(usize, usize)>;

impl Rules<'_> {
    pub(super) fn start(self) -> Pending {
        (0..self.paths.len()).map(|rule| (rule, 0)).collect()
    }

    /// The strategy and the pending rules one step down: at a key, or at a list element with its
    /// position.
    pub(super) fn step(
        self,
        pending: &Pending,
        strategy: Strategy,
        key: &str,
        element: Option<(usize, NodeRef<'_>)>,
    ) -> (Pending, Strategy) {
        let mut strategy = strategy;
        let mut next = Pending::new();
        for (rule, depth) in pending {
            let (path, wanted) = &self.paths[*rule];
            let Some(segment) = path.segments().get(*depth) else {
                continue;
            };
            if fits(&segment.selector, key, element) {
                if depth + 1 == path.segments().len() {
                    strategy = *wanted;
                } else {
                    next.push((*rule, depth + 1));
                }
            }
        }
        (next, strategy)
    }
}

fn fits(selector: &Selector, key: &str, element: Option<(usize, NodeRef<'_>)>) -> bool {
    match (selector, element) {
        (Selector::Any | Selector::AnyField { .. }, _) => true,
        (Selector::AnyKey { .. }, element) => element.is_none(),
        (Selector::Key(name) | Selector::BoundKey { key: name, .. }, None) => name == key,
        (Selector::Key(name) | Selector::BoundKey { key: name, .. }, Some((position, _))) => {
            name.parse() == Ok(position)
        }
        (Selector::Match { .. }, None) => false,
        (Selector::Match { fields, index, .. }, Some((position, node))) => {
            *index == Some(position)
                || fields.iter().all(|(field, wanted)| {
                    field_of(node, field).is_some_and(|value| value.scalar() == *wanted)
                })
        }
    }
}
