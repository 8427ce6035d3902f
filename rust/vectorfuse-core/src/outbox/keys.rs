//! The keys of a request, and where each one's change stands in it.
//!
//! Rows often come in the order of their keys. Then a look at the last key says that the next one is new, and a look at the
//! first and the last that two requests have none in common; a hash map would cost each row several misses of the cache.

use std::collections::HashMap;
use std::hash::Hash;

use ahash::RandomState;

/// Different keys, in the order in which they were added.
#[derive(Debug)]
pub(super) enum Keys<K> {
    /// Each is greater than the one before.
    Ascending(Vec<K>),
    /// In any order, with their places. (std's hash would take longer than the rest.)
    Any(HashMap<K, usize, RandomState>),
}

impl<K: Clone + Eq + Hash + Ord> Keys<K> {
    /// None, with room for so many.
    pub(super) fn with_capacity(keys: usize) -> Self {
        Self::Ascending(Vec::with_capacity(keys))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Ascending(keys) => keys.len(),
            Self::Any(keys) => keys.len(),
        }
    }

    /// Where a key stands; `None` if it is not among them.
    pub(super) fn place(&self, key: &K) -> Option<usize> {
        match self {
            Self::Ascending(keys) if keys.last().is_none_or(|last| last < key) => None,
            Self::Ascending(keys) => keys.binary_search(key).ok(),
            Self::Any(keys) => keys.get(key).copied(),
        }
    }

    /// Adds a key that is not among them, at the end.
    pub(super) fn push(&mut self, key: K) {
        let place = self.len();
        match self {
            Self::Ascending(keys) if keys.last().is_none_or(|last| *last < key) => keys.push(key),
            Self::Ascending(keys) => {
                let mut any = HashMap::with_capacity_and_hasher(keys.capacity(), RandomState::new());
                any.extend(keys.drain(..).chain([key]).zip(0..));
                *self = Self::Any(any);
            }
            Self::Any(keys) => {
                keys.insert(key, place);
            }
        }
    }

    /// Whether they have one in common.
    pub(super) fn meet(&self, other: &Self) -> bool {
        if let (Self::Ascending(these), Self::Ascending(those)) = (self, other)
            && let ([first, ..], [other_first, ..]) = (these.as_slice(), those.as_slice())
            && (these.last() < Some(other_first) || those.last() < Some(first))
        {
            return false;
        }
        let is_there = |key: &K| other.place(key).is_some();
        match self {
            Self::Ascending(keys) => keys.iter().any(is_there),
            Self::Any(keys) => keys.keys().any(is_there),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn of(keys: &[u8]) -> (Keys<u8>, Vec<u8>) {
        let (mut all, mut order) = (Keys::with_capacity(2), Vec::new());
        for key in keys {
            if all.place(key).is_none() {
                all.push(*key);
                order.push(*key);
            }
        }
        (all, order)
    }

    #[test]
    fn keys_in_order_are_kept_as_a_list() {
        assert!(matches!(of(&[1, 3, 7, 3]).0, Keys::Ascending(_)));
        assert!(matches!(of(&[1, 3, 7, 2]).0, Keys::Any(_)));
    }

    proptest! {
        /// In any order, and in ascending ones, which chance would hardly ever give.
        #[test]
        fn a_key_has_its_place_and_keys_meet_as_those_of_sets_do(
            mut left: Vec<u8>, mut right: Vec<u8>, sort_left: bool, sort_right: bool
        ) {
            if sort_left { left.sort_unstable(); }
            if sort_right { right.sort_unstable(); }
            let ((left, left_order), (right, right_order)) = (of(&left), of(&right));
            for key in 0..=u8::MAX {
                prop_assert_eq!(left.place(&key), left_order.iter().position(|other| *other == key));
            }
            prop_assert_eq!(left.len(), left_order.len());
            let set: BTreeSet<_> = left_order.into_iter().collect();
            prop_assert_eq!(left.meet(&right), right_order.iter().any(|key| set.contains(key)));
        }
    }
}
