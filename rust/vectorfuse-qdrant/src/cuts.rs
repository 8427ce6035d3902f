//! The ids between which ranges are cut, remembered as long as this process lives.
//!
//! They are drawn at random, and what draws rows by their place within a part (`randomSplit` without a seed of its own for
//! each row) reads a collection more than once: cut anew, a row could be in two of its parts and in none of them. Ranges
//! stay disjoint and complete whatever has happened to the collection; they only become less even.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use vectorfuse_core::ids::PointId;

/// More than a driver has reads of; then all are forgotten, and drawn anew.
const MOST_REMEMBERED: usize = 1000;

static REMEMBERED: Mutex<Option<HashMap<String, Cuts>>> = Mutex::new(None);

/// Where a collection is cut.
#[derive(Clone, Debug)]
pub(crate) struct Cuts {
    /// The first id of each range but the first one, in their order.
    pub(crate) ids: Vec<PointId>,
    /// How many points there are in all ranges, about.
    pub(crate) points: u64,
    /// How many points the collection had when it was cut.
    pub(crate) of: u64,
}

/// The cuts of what `read` stands for, unless the collection has grown or shrunk to another size since.
pub(crate) fn remembered(read: &str, points: u64) -> Option<Cuts> {
    let cuts = REMEMBERED.lock().unwrap_or_else(PoisonError::into_inner);
    let cuts = cuts.as_ref()?.get(read)?;
    (cuts.of / 2..=cuts.of.saturating_mul(2)).contains(&points).then(|| cuts.clone())
}

/// Keeps the cuts for the next read of the same.
pub(crate) fn remember(read: String, cuts: Cuts) {
    let mut remembered = REMEMBERED.lock().unwrap_or_else(PoisonError::into_inner);
    let remembered = remembered.get_or_insert_with(HashMap::new);
    if remembered.len() >= MOST_REMEMBERED {
        remembered.clear();
    }
    remembered.insert(read, cuts);
}
