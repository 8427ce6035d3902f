//! Where a collection is cut into parts: between ranges of primary keys of which it was counted how many rows they have.
//!
//! The server answers a count in a few milliseconds, and in many more while it is busy, whatever it counts. So ranges are
//! counted in rounds, all that are too large side by side, and no longer than until the parts are about as large.

use std::cmp::Reverse;

use tokio::task::JoinSet;
use vectorfuse_core::error::{Error, Result};

use crate::api::Api;
use crate::column::keys;
use crate::key::Key;
use crate::key_range::KeyRange;
use crate::keyspace::Keyspace;
use crate::selection::Selection;

/// How many ranges a planned read may count, at most: for the first cuts, and for each part that is wanted.
const COUNTS: usize = 64;
const COUNTS_PER_PART: usize = 8;
const MOST_COUNTS: usize = 512;
/// So many ranges are counted at once: each is a walk over all keys, and the server has other guests.
const COUNTS_AT_ONCE: usize = 4;
/// So many keys are looked at, where one was to be found, to see what keys are made of.
const SAMPLE: u32 = 100;
/// The largest part may have an eighth more than its share. To find better cuts would take longer than it saves.
const EVEN: u128 = 8;

/// Rows whose keys lie after one key and up to another.
#[derive(Clone, Debug)]
struct Range {
    /// Before the first key there is none.
    after: Option<Key>,
    last: Option<Key>,
    rows: u64,
    /// Where to cut it first, if somebody knows, in the order of keys.
    hints: Vec<Key>,
    /// Whether its first keys were looked at.
    seen: bool,
    /// Whether it was not found yet that it can't be cut.
    divisible: bool,
}

impl Range {
    fn new(after: Option<&Key>, last: Option<&Key>, rows: u64) -> Self {
        Self {
            after: after.cloned(),
            last: last.cloned(),
            rows,
            hints: Vec::new(),
            seen: false,
            divisible: after.is_some(),
        }
    }

    /// Keys inside of it at which it is cut next, in their order; none if there can be none.
    fn points(&self, space: &mut Keyspace, wanted: usize) -> Vec<Key> {
        let Some(after) = &self.after else { return Vec::new() };
        let last = self.last.as_ref();
        let inside = |key: &&Key| *key > after && last.is_none_or(|last| *key < last);
        let hints: Vec<Key> = self.hints.iter().filter(inside).cloned().collect();
        if hints.is_empty() { space.points(after, last, wanted) } else { hints }
    }

    /// The ranges between such keys, not yet counted.
    fn at(&self, points: &[Key]) -> Vec<Self> {
        let starts = self.after.iter().chain(points).map(Some);
        let ends = points.iter().map(Some).chain([self.last.as_ref()]);
        let mut ranges: Vec<Self> = starts.zip(ends).map(|(after, last)| Self::new(after, last, 0)).collect();
        if let Some(first) = ranges.first_mut() {
            first.seen = self.seen;
        }
        ranges
    }

    /// The same, of whose pieces this one has all rows, and begins with this key.
    fn beginning(&self, pieces: Vec<Self>, all: usize, first: Option<Key>, hints: Vec<Key>) -> Vec<Self> {
        let Some(first) = first else { return vec![Self { divisible: false, ..self.clone() }] };
        let mut after = pieces.into_iter().skip(all);
        let last = after.next().and_then(|piece| piece.last);
        let rest = Self::new(Some(&first), last.as_ref(), self.rows.saturating_sub(1));
        let found = [Self::new(self.after.as_ref(), Some(&first), 1), Self { hints, seen: true, ..rest }];
        found.into_iter().chain(after).collect()
    }

    fn of(&self, selection: &Selection) -> Selection {
        KeyRange { from: None, after: self.after.clone(), last: self.last.clone() }.narrow(selection)
    }
}

/// Keys between which about as many rows lie, so that there are `wanted` parts of `rows` rows.
///
/// However keys lie, the cuts are no more than a guess at where to cut: the parts between them hold every key.
pub(crate) async fn cuts(
    api: &Api,
    selection: &Selection,
    mut space: Keyspace,
    first: Vec<Key>,
    rows: u64,
    wanted: usize,
) -> Result<Vec<Key>> {
    let hints = space.learn(&first);
    let Some(first) = first.into_iter().min() else { return Ok(Vec::new()) };
    let rest = Range { hints, seen: true, ..Range::new(Some(&first), None, rows.saturating_sub(1)) };
    let mut ranges = vec![Range::new(None, Some(&first), 1), rest];
    // Half of a part: parts of several ranges then are about as large.
    let enough = (rows / wanted as u64 / 2).max(1);
    let mut counts = (COUNTS + COUNTS_PER_PART * wanted).min(MOST_COUNTS);
    while !is_even(&ranges, wanted) {
        let large = ranges.iter().enumerate().filter(|(_, range)| range.divisible && range.rows > enough);
        let mut large: Vec<usize> = large.map(|(place, _)| place).collect();
        large.sort_by_key(|place| Reverse(ranges[*place].rows));
        let mut cut = Vec::with_capacity(large.len());
        for place in large {
            let mut points = ranges[place].points(&mut space, wanted);
            ranges[place].divisible = !points.is_empty();
            points.truncate(counts);
            counts -= points.len();
            if !points.is_empty() {
                cut.push((place, ranges[place].at(&points)));
            }
        }
        if cut.is_empty() {
            break;
        }
        count(api, selection, &mut cut).await?;
        // From the last one on, so that those before stay in their places.
        cut.sort_by_key(|(place, _)| Reverse(*place));
        for (place, mut pieces) in cut {
            let range = &ranges[place];
            let before = pieces.iter().map(|piece| piece.rows).sum();
            if let Some(rest) = pieces.last_mut() {
                // Rows may have come since they were counted.
                rest.rows = range.rows.saturating_sub(before);
            }
            // All in one: where they begin, and what they are like, tells more than further cuts would.
            let all = pieces.iter().position(|piece| piece.rows >= range.rows && !piece.seen);
            if let Some(all) = all {
                counts = counts.saturating_sub(1);
                let keys = first_keys(api, &pieces[all].of(selection)).await?;
                let hints = space.learn(&keys);
                pieces = range.beginning(pieces, all, keys.into_iter().min(), hints);
            }
            ranges.splice(place..=place, pieces);
        }
    }
    let mut cuts: Vec<Key> = joined(&ranges, wanted).into_iter().filter_map(|(end, _)| end.cloned()).collect();
    cuts.dedup();
    Ok(cuts)
}

/// Counts the pieces of ranges, but for the last one of each, which is what the others leave.
async fn count(api: &Api, selection: &Selection, cut: &mut [(usize, Vec<Range>)]) -> Result<()> {
    let mut asked = JoinSet::new();
    let mut answers = Vec::new();
    for (range, (_, pieces)) in cut.iter().enumerate() {
        for (piece, counted) in pieces[..pieces.len().saturating_sub(1)].iter().enumerate() {
            if asked.len() >= COUNTS_AT_ONCE {
                answers.extend(answer(&mut asked).await?);
            }
            let (api, selection) = (api.clone(), counted.of(selection));
            asked.spawn(async move { Ok((range, piece, selection.count(&api).await?)) });
        }
    }
    while !asked.is_empty() {
        answers.extend(answer(&mut asked).await?);
    }
    for (range, piece, rows) in answers {
        cut[range].1[piece].rows = rows;
    }
    Ok(())
}

/// The answer that comes next.
async fn answer<T: 'static>(asked: &mut JoinSet<Result<T>>) -> Result<Option<T>> {
    let Some(answer) = asked.join_next().await else { return Ok(None) };
    answer.map_err(|lost| Error::internal("a count ended without an answer").caused_by(lost))?.map(Some)
}

/// Some of the first keys of the selection.
pub(crate) async fn first_keys(api: &Api, selection: &Selection) -> Result<Vec<Key>> {
    let request = selection.page(vec![selection.primary.clone()], SAMPLE);
    let answer = api.query(request, usize::MAX).await?;
    let answer = answer.ok_or_else(|| Error::internal("an answer without a bound was too large"))?;
    keys(&answer.message, &selection.primary)
}

/// So many stretches of about as many rows: the last key of each, which the last one of all does not have, and its rows.
fn joined(ranges: &[Range], wanted: usize) -> Vec<(Option<&Key>, u128)> {
    let rows: u128 = ranges.iter().map(|range| u128::from(range.rows)).sum();
    let mut parts: Vec<(Option<&Key>, u128)> = Vec::new();
    let (mut before, mut part) = (0, 0);
    for range in ranges {
        let middle = before + u128::from(range.rows) / 2;
        let belongs = (middle * wanted as u128).checked_div(rows).unwrap_or_default();
        // What has no rows behind all others is no part of its own.
        let belongs = belongs.min((wanted as u128).saturating_sub(1));
        before += u128::from(range.rows);
        match parts.last_mut() {
            Some((end, rows)) if belongs == part => {
                *end = range.last.as_ref();
                *rows += u128::from(range.rows);
            }
            Some(_) | None => parts.push((range.last.as_ref(), range.rows.into())),
        }
        part = belongs;
    }
    parts
}

/// Whether no part would have much more than its share.
fn is_even(ranges: &[Range], wanted: usize) -> bool {
    let parts = joined(ranges, wanted);
    let rows: u128 = parts.iter().map(|(_, rows)| rows).sum();
    parts.iter().all(|(_, part)| part * wanted as u128 * EVEN <= rows * (EVEN + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(after: Option<i64>, last: Option<i64>, rows: u64) -> Range {
        Range::new(after.map(Key::Integer).as_ref(), last.map(Key::Integer).as_ref(), rows)
    }

    #[test]
    fn there_are_as_many_parts_as_are_wanted_also_where_nothing_comes_after_the_last_key() {
        let ranges = [
            range(None, Some(1), 1),
            range(Some(1), Some(50), 49),
            range(Some(50), Some(100), 50),
            range(Some(100), None, 0),
        ];
        assert_eq!(joined(&ranges, 2), [(Some(&Key::Integer(50)), 50), (None, 50)]);
        assert_eq!(joined(&ranges, 1), [(None, 100)]);
    }

    #[test]
    fn parts_are_even_if_none_has_more_than_an_eighth_beyond_its_share() {
        let parts = |rows: [u64; 2]| [range(None, Some(1), rows[0]), range(Some(1), None, rows[1])];
        assert!(is_even(&parts([500, 500]), 2));
        assert!(is_even(&parts([438, 562]), 2));
        assert!(!is_even(&parts([437, 563]), 2));
        assert!(!is_even(&parts([1, 999]), 2));
        assert!(is_even(&parts([0, 1000]), 1));
    }

    #[test]
    fn pieces_are_all_of_a_range() {
        let whole = Range { seen: true, ..range(Some(0), Some(30), 7) };
        let pieces = whole.at(&[Key::Integer(10), Key::Integer(20)]);
        let bounds: Vec<_> = pieces.iter().map(|piece| (piece.after.clone(), piece.last.clone(), piece.seen)).collect();
        let key = |key| Some(Key::Integer(key));
        assert_eq!(bounds, [(key(0), key(10), true), (key(10), key(20), false), (key(20), key(30), false)]);
    }

    #[test]
    fn rows_that_begin_late_leave_what_is_before_and_after_them_without_any() {
        let whole = range(Some(0), None, 100);
        let counted = |rows: [u64; 3]| {
            let pieces = whole.at(&[Key::Integer(10), Key::Integer(20)]);
            pieces.into_iter().zip(rows).map(|(piece, rows)| Range { rows, ..piece }).collect::<Vec<_>>()
        };
        let shown = |ranges: Vec<Range>| -> Vec<_> {
            ranges.into_iter().map(|range| (range.after, range.last, range.rows, range.divisible)).collect()
        };
        let key = |key| Some(Key::Integer(key));
        assert_eq!(
            shown(whole.beginning(counted([0, 100, 0]), 1, key(15), Vec::new())),
            [(key(0), key(15), 1, true), (key(15), key(20), 99, true), (key(20), None, 0, true)]
        );
        assert_eq!(shown(whole.beginning(counted([0, 0, 100]), 2, None, Vec::new())), [(key(0), None, 100, false)]);
    }
}
