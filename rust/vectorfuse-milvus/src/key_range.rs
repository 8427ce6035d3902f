//! Ranges of primary keys: what a collection is cut into.

use serde::{Deserialize, Serialize};

use crate::expression;
use crate::key::Key;
use crate::selection::Selection;

/// The keys between two bounds; without any bound all keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeyRange {
    /// From this key on; from the first if there is none.
    pub(crate) from: Option<Key>,
    /// Only keys after this one.
    pub(crate) after: Option<Key>,
    /// Up to and with this key; to the last if there is none.
    pub(crate) last: Option<Key>,
}

impl KeyRange {
    /// All keys, in ranges that end with each of these, which are in their order, and one that comes after them.
    pub(crate) fn between(cuts: &[Key]) -> Vec<Self> {
        let starts = std::iter::once(None).chain(cuts.iter().cloned().map(Some));
        let ends = cuts.iter().cloned().map(Some).chain(std::iter::once(None));
        starts.zip(ends).map(|(after, last)| Self { from: None, after, last }).collect()
    }

    /// Only the selection's rows whose keys are in this range.
    pub(crate) fn narrow(&self, selection: &Selection) -> Selection {
        let name = &selection.primary;
        let bounds = [
            self.from.as_ref().and_then(|key| expression::not_before(name, key)),
            self.after.as_ref().map(|key| expression::after(name, key)),
            self.last.as_ref().map(|key| expression::not_after(name, key)),
        ];
        bounds.into_iter().flatten().fold(selection.clone(), |selection, bound| selection.and(bound))
    }
}
