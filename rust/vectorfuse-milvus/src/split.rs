//! How a collection is cut into parts that are read side by side: ranges of primary keys of about as many rows, found by
//! counting.

use serde::{Deserialize, Serialize};
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::options::Options;
use vectorfuse_core::table::Scan;

use crate::Milvus;
use crate::api::{Api, DISTANCE};
use crate::collection::{Collection, DYNAMIC_FIELD};
use crate::column::keys;
use crate::details::{self, ReadDetails};
use crate::expression;
use crate::key::Key;
use crate::keyspace::Keyspace;
use crate::selection::{Moment, Selection};
use crate::shaper::Shaper;

/// So few rows are read in one part: cutting the collection would take longer.
const ONE_SPLIT: u64 = 10_000;
/// How many rows a planned read may count, at most: for the first cuts, and for each part that is wanted.
const COUNTS: usize = 64;
const COUNTS_PER_PART: usize = 8;
const MOST_COUNTS: usize = 512;
/// So many keys are looked at, where one was to be found, to see what keys are made of.
const SAMPLE: u32 = 100;

/// What one task reads.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Part {
    /// Of which collection, whatever an alias means later.
    pub(crate) collection: String,
    /// From this key on; from the first if there is none.
    pub(crate) from: Option<Key>,
    /// Only keys after this one.
    pub(crate) after: Option<Key>,
    /// Up to and with this key; to the last if there is none.
    pub(crate) last: Option<Key>,
    pub(crate) moment: Moment,
}

impl Part {
    /// Only the selection's rows in this part.
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

/// The key that the option `offset` starts from.
fn start(options: &Options, collection: &Collection) -> Result<Option<Key>> {
    // Of a search it says how many of the best rows to leave out.
    let Some(text) = options.named.offset.as_ref().filter(|_| !options.is_search()) else { return Ok(None) };
    if collection.has_integer_keys()? {
        return text.trim().parse().map(|key| Some(Key::Integer(key))).map_err(|_| {
            Error::options(format!("option `offset` is `{text}`: expected the key to start from, an integer"))
        });
    }
    Ok(Some(Key::Text(text.clone())))
}

impl Milvus {
    /// Disjoint parts that are together all that the scan is about; about `wanted` of them.
    pub(crate) async fn parts(&self, scan: &Scan, wanted: usize) -> Result<Vec<Part>> {
        let options = &scan.options;
        let details: ReadDetails = details::of_plan(&scan.details)?;
        self.check_carried(scan)?;
        // What the read sees is settled before anything of it is read.
        let moment = Moment::of_options(options)?.fixed(&self.api).await?;
        let collection = self.collection().await?.ok_or_else(|| self.missing())?;
        let api = self.api.at(&collection.name);
        let part = Part { collection: collection.name.clone(), from: None, after: None, last: None, moment };
        let wanted = options.named.splits.map_or(wanted, std::num::NonZero::get).max(1);
        if options.is_windowed() {
            return Ok(vec![Part { from: start(options, &details.collection)?, ..part }]);
        }
        let is_small = scan.limit.is_some_and(|limit| limit <= ONE_SPLIT);
        if wanted == 1 || is_small || scan.aggregates.is_some() {
            return Ok(vec![part]);
        }
        let selection = Selection::of(scan, moment)?;
        let rows = selection.count(&api).await?;
        if rows <= ONE_SPLIT {
            return Ok(vec![part]);
        }
        let cuts = cuts(&api, &selection, details.collection.has_integer_keys()?, rows, wanted).await?;
        let starts = std::iter::once(None).chain(cuts.iter().cloned().map(Some));
        let ends = cuts.iter().cloned().map(Some).chain(std::iter::once(None));
        Ok(starts.zip(ends).map(|(after, last)| Part { after, last, ..part.clone() }).collect())
    }

    /// Whether the columns can come as they are, over what the options say.
    fn check_carried(&self, scan: &Scan) -> Result<()> {
        let wanted = Shaper::new(scan)?.wanted;
        if wanted.iter().any(|field| field == DYNAMIC_FIELD) {
            self.api.grpc_only("reading columns that are no fields of the collection (`$meta`)")?;
        }
        if scan.options.is_search() && wanted.iter().any(|field| field == DISTANCE) {
            self.api.grpc_only(&format!("a search that gives the field `{DISTANCE}`"))?;
        }
        Ok(())
    }

    /// Checks on the driver what the parts of a read will be made of.
    pub(crate) fn check_parts(&self, collection: &Collection) -> Result<()> {
        start(&self.options, collection).map(drop)
    }
}

/// Rows whose keys lie after one key and up to another.
#[derive(Clone, Debug)]
struct Range {
    /// Before the first key there is none.
    after: Option<Key>,
    last: Option<Key>,
    rows: u64,
    /// Where to cut it first, if somebody knows.
    hint: Option<Key>,
    /// Whether its first keys were looked at.
    seen: bool,
    /// Whether it was not found yet that it can't be cut.
    divisible: bool,
}

impl Range {
    fn new(after: Option<&Key>, last: Option<&Key>, rows: u64) -> Self {
        Self { after: after.cloned(), last: last.cloned(), rows, hint: None, seen: false, divisible: after.is_some() }
    }

    /// A key inside of it, if there can be one.
    fn middle(&self, space: &mut Keyspace) -> Option<Key> {
        let after = self.after.as_ref()?;
        let hint =
            self.hint.as_ref().filter(|hint| *hint > after && self.last.as_ref().is_none_or(|last| *hint < last));
        hint.cloned().or_else(|| space.middle(after, self.last.as_ref()))
    }

    fn of(&self, selection: &Selection) -> Selection {
        let name = &selection.primary;
        let after = self.after.as_ref().map(|key| expression::after(name, key));
        let last = self.last.as_ref().map(|key| expression::not_after(name, key));
        after.into_iter().chain(last).fold(selection.clone(), |selection, bound| selection.and(bound))
    }
}

/// Keys between which about as many rows lie: the largest range is cut in two by counting, until none is too large.
///
/// However keys lie, the cuts are no more than a guess at where to cut: the ranges between them hold every key.
async fn cuts(api: &Api, selection: &Selection, integer: bool, rows: u64, wanted: usize) -> Result<Vec<Key>> {
    let mut space = Keyspace::new(integer, rows);
    let Some((first, hint)) = first_key(api, selection, &mut space).await? else { return Ok(Vec::new()) };
    let rest = Range { hint, seen: true, ..Range::new(Some(&first), None, rows.saturating_sub(1)) };
    let mut ranges = vec![Range::new(None, Some(&first), 1), rest];
    // Half of a part: parts of several ranges then are about as large.
    let enough = (rows / wanted as u64 / 2).max(1);
    let mut counts = (COUNTS + COUNTS_PER_PART * wanted).min(MOST_COUNTS);
    while counts > 0 {
        let large = ranges.iter().enumerate().filter(|(_, range)| range.divisible && range.rows > enough);
        let Some((place, range)) = large.max_by_key(|(_, range)| range.rows) else { break };
        let Range { after, last, rows, .. } = range.clone();
        let Some(middle) = range.middle(&mut space) else {
            ranges[place].divisible = false;
            continue;
        };
        counts -= 1;
        // Rows may have come since they were counted.
        let left = Range::new(after.as_ref(), Some(&middle), 0).of(selection).count(api).await?.min(rows);
        // All on one side: where they begin, and what they are like, tells more than another half would.
        let side = match left {
            0 => Some(Range::new(Some(&middle), last.as_ref(), rows)),
            _ if left == rows && !range.seen => Some(Range::new(after.as_ref(), Some(&middle), rows)),
            _ => None,
        };
        let parts = if let Some(side) = side {
            counts = counts.saturating_sub(1);
            match first_key(api, &side.of(selection), &mut space).await? {
                Some((next, hint)) => {
                    let rest = Range::new(Some(&next), side.last.as_ref(), rows.saturating_sub(1));
                    vec![Range::new(after.as_ref(), Some(&next), 1), Range { hint, seen: true, ..rest }]
                }
                None => vec![Range { divisible: false, ..range.clone() }],
            }
        } else {
            let kept = Range { seen: range.seen, ..Range::new(after.as_ref(), Some(&middle), left) };
            vec![kept, Range::new(Some(&middle), last.as_ref(), rows - left)]
        };
        ranges.splice(place..=place, parts);
    }
    Ok(joined(&ranges, wanted))
}

/// The first key of the selection, and where perhaps those end that are like it.
async fn first_key(api: &Api, selection: &Selection, space: &mut Keyspace) -> Result<Option<(Key, Option<Key>)>> {
    let request = selection.page(vec![selection.primary.clone()], SAMPLE);
    let answer = api.query(request, usize::MAX).await?;
    let answer = answer.ok_or_else(|| Error::internal("an answer without a bound was too large"))?;
    let keys = keys(&answer.message, &selection.primary)?;
    let hint = space.learn(&keys);
    Ok(keys.into_iter().min().map(|first| (first, hint)))
}

/// The last keys of so many stretches of about as many rows, but for the last one, which has no end.
fn joined(ranges: &[Range], wanted: usize) -> Vec<Key> {
    let rows: u128 = ranges.iter().map(|range| u128::from(range.rows)).sum();
    let (mut cuts, mut before, mut part) = (Vec::new(), 0, 0);
    let mut end: Option<&Key> = None;
    for range in ranges {
        let middle = before + u128::from(range.rows) / 2;
        let belongs = (middle * wanted as u128).checked_div(rows).unwrap_or_default();
        // What has no rows behind all others is no part of its own.
        let belongs = belongs.min((wanted as u128).saturating_sub(1));
        if belongs > part {
            cuts.extend(end.cloned());
            part = belongs;
        }
        before += u128::from(range.rows);
        end = range.last.as_ref();
    }
    cuts.dedup();
    cuts
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
        assert_eq!(joined(&ranges, 2), [Key::Integer(50)]);
        assert_eq!(joined(&ranges, 1), []);
    }
}
