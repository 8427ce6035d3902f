//! How a collection is cut into parts that are read side by side: ranges of primary keys of about as many rows.

use serde::{Deserialize, Serialize};
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::options::Options;
use vectorfuse_core::table::Scan;

use crate::Milvus;
use crate::api::DISTANCE;
use crate::collection::{Collection, DYNAMIC_FIELD};
use crate::cuts;
use crate::details::{self, ReadDetails};
use crate::key::Key;
use crate::key_range::KeyRange;
use crate::keyspace::Keyspace;
use crate::selection::{Moment, Selection};
use crate::shaper::Shaper;

/// So few rows are read in one part: cutting the collection would take longer.
const ONE_SPLIT: u64 = 10_000;

/// A task reads so many ranges side by side: the server takes many times as long for a page as the task does, and while it
/// waits for one, another can be made.
const RANGES_PER_PART: usize = 2;
/// Where there are more parts than this, so many tasks ask at once that the server has enough to do, and to cut ranges costs
/// the plan some counts for each.
const PARTS_OF_RANGES: usize = 32;

/// What one task reads.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Part {
    /// Of which collection, whatever an alias means later.
    pub(crate) collection: String,
    /// Disjoint, and read side by side; one at least.
    pub(crate) ranges: Vec<KeyRange>,
    pub(crate) moment: Moment,
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
        let part = |ranges: &[KeyRange]| Part { collection: collection.name.clone(), ranges: ranges.to_vec(), moment };
        let wanted = options.named.splits.map_or(wanted, std::num::NonZero::get).max(1);
        if options.is_windowed() {
            return Ok(vec![part(&[KeyRange { from: start(options, &details.collection)?, ..KeyRange::default() }])]);
        }
        let is_small = scan.limit.is_some_and(|limit| limit <= ONE_SPLIT);
        if wanted == 1 || is_small || scan.aggregates.is_some() {
            return Ok(vec![part(&[KeyRange::default()])]);
        }
        let selection = Selection::of(scan, moment)?;
        let (rows, first) = tokio::try_join!(selection.count(&api), cuts::first_keys(&api, &selection))?;
        if rows <= ONE_SPLIT {
            return Ok(vec![part(&[KeyRange::default()])]);
        }
        let space = Keyspace::new(details.collection.has_integer_keys()?, rows);
        // Each range stops at a limit by itself: several of them would read as many times the rows.
        let per_part = if wanted <= PARTS_OF_RANGES && scan.limit.is_none() { RANGES_PER_PART } else { 1 };
        let cuts = cuts::cuts(&api, &selection, space, first, rows, wanted * per_part).await?;
        Ok(shared(&KeyRange::between(&cuts), wanted).map(part).collect())
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

/// The ranges in so many groups of about as many, or in fewer, so that none is empty.
fn shared(ranges: &[KeyRange], wanted: usize) -> impl Iterator<Item = &[KeyRange]> {
    let (all, groups) = (ranges.len(), wanted.min(ranges.len()));
    (0..groups).map(move |group| &ranges[group * all / groups..(group + 1) * all / groups])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_is_in_one_part_and_no_part_is_empty() {
        for (cuts, wanted) in [(0, 1), (0, 4), (1, 2), (3, 2), (4, 4), (4, 2), (7, 4), (9, 4)] {
            let ranges = KeyRange::between(&(0..cuts).map(Key::Integer).collect::<Vec<_>>());
            let parts: Vec<&[KeyRange]> = shared(&ranges, wanted).collect();
            assert_eq!(parts.concat(), ranges);
            assert_eq!(parts.len(), wanted.min(ranges.len()));
            let sizes = parts.iter().map(|part| part.len());
            let (least, most) = (sizes.clone().min().unwrap(), sizes.max().unwrap());
            assert!(least > 0 && most - least <= 1, "{cuts} cuts, {wanted} wanted: {least} to {most}");
        }
    }
}
