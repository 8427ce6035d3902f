//! How a collection is cut into parts that are read side by side: the server's own slices where it has them, else
//! ranges of ids between sampled ones, or one window.

use qdrant_client::qdrant::CollectionInfo;
use serde::{Deserialize, Serialize};
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::ids::PointId;
use vectorfuse_core::options::Options;
use vectorfuse_core::table::Scan;

use crate::Qdrant;
use crate::collection::Collection;
use crate::cuts::{self, Cuts};
use crate::limits::Limits;
use crate::search::Search;
use crate::selection::{Selection, Slice};
use crate::shard_key::{self, ShardKey, is_keyed};

/// Sampled ids per split: with 64 of them a split's size is off by some 12 % (one standard deviation).
const SAMPLES_PER_SPLIT: usize = 64;
/// The server's own default bound on the answers to one query.
const MOST_SAMPLES: usize = 10_000;
/// Servers before this one can't draw a sample: such a collection is read in one part.
const SAMPLE_SINCE: (u32, u32) = (1, 11);

/// What one task reads.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Part {
    /// Of which collection, whatever an alias means later.
    pub(crate) collection: String,
    /// From this id on; from the first if there is none.
    pub(crate) from: Option<PointId>,
    /// Up to but without this id; to the last if there is none.
    pub(crate) to: Option<PointId>,
    /// About how many points lie between the two: a page should not reach far beyond the end, which the server does
    /// not know.
    pub(crate) rows: u64,
    /// The most points of one answer, if the server has a limit.
    #[serde(default)]
    pub(crate) most: Option<u32>,
    /// Only points of this slice.
    pub(crate) slice: Option<Slice>,
    /// The shards to read one after the other: two of them can have points of the same id, which one scroll over both
    /// would give twice, or not at all, where a page ends between them. No keys where a collection has none.
    pub(crate) shard_keys: Vec<ShardKey>,
    /// The points that a search finds, instead of all those.
    pub(crate) search: Option<Search>,
}

/// Whether the server answers all of it in one go, or what there is to read is not worth cutting.
fn in_one_part(scan: &Scan) -> bool {
    let looked_at = |limit| scan.sample.map_or(limit, |sample| sample.among(limit));
    let is_small = scan.limit.is_some_and(|limit| looked_at(limit) <= ONE_SPLIT);
    is_small || scan.aggregates.is_some() || scan.order.is_some() || scan.offset.is_some()
}

/// The id that the option `offset` starts from.
fn start(options: &Options) -> Result<Option<PointId>> {
    if options.is_search() {
        return Ok(None);
    }
    let start = |text: &String| {
        PointId::of_own_text(text).ok_or_else(|| {
            Error::options(format!(
                "option `offset` is `{text}`: expected the id to start from, an integer that is not negative or a UUID"
            ))
        })
    };
    options.named.offset.as_ref().map(start).transpose()
}

/// So few rows are read in one part: cutting the collection would take longer.
const ONE_SPLIT: u64 = 10_000;

impl Qdrant {
    /// Checks on the driver what the parts of a read will be made of.
    pub(crate) async fn check_parts(&self, info: &CollectionInfo, selection: &Selection) -> Result<()> {
        start(&self.options)?;
        if !selection.shard_keys().is_empty() {
            self.keys(info, selection).await?;
        }
        Ok(())
    }

    /// Disjoint parts that are together all that the scan is about; about `wanted` of them.
    pub(crate) async fn parts(&self, scan: &Scan, wanted: usize) -> Result<Vec<Part>> {
        let options = &scan.options;
        let selection = Selection::of(scan)?;
        let info = self.api.info().await?.ok_or_else(|| self.missing())?;
        // The server searches all shards at once: the best of all are among the best of each.
        let shard_keys = if options.is_search() { Vec::new() } else { self.keys(&info, &selection).await? };
        let points = info.points_count.unwrap_or_default();
        let limits = info.config.as_ref().map(Limits::of).unwrap_or_default();
        let most = limits.reads;
        let wanted = options.named.splits.map_or(wanted, std::num::NonZero::get).clamp(1, MOST_SAMPLES);
        let parts = if options.is_search() {
            let collection = Collection::from_info(info).map_err(|error| self.place(error))?;
            vec![Part { search: Search::resolve(options, &collection)?, ..Part::default() }]
        } else if options.is_windowed() {
            vec![Part { from: start(options)?, ..Part::default() }]
        } else if wanted == 1 || in_one_part(scan) {
            vec![Part::default()]
        } else {
            match self.api.version().await? {
                version if version >= Slice::SINCE && !limits.counts_conditions => {
                    // More slices than points would be read for nothing.
                    let total = u32::try_from(points.clamp(1, wanted as u64)).unwrap_or(1);
                    (0..total).map(|index| Part { slice: Some(Slice { total, index }), ..Part::default() }).collect()
                }
                version if version >= SAMPLE_SINCE => self.ranges(scan, &selection, wanted, &info).await?,
                _too_old => vec![Part::default()],
            }
        };
        let collection = self.api.collection().to_owned();
        let whole = |part| Part { collection: collection.clone(), shard_keys: shard_keys.clone(), most, ..part };
        Ok(parts.into_iter().map(whole).collect())
    }

    /// Ranges of ids between those of a sample: the same ones for the same read.
    async fn ranges(
        &self,
        scan: &Scan,
        selection: &Selection,
        wanted: usize,
        info: &CollectionInfo,
    ) -> Result<Vec<Part>> {
        let points = info.points_count.unwrap_or_default();
        let named = &scan.options.named;
        let server = (&named.url, &named.host, named.port);
        let read =
            format!("{:?}", (server, self.api.collection(), wanted, &named.filter, &scan.predicates, &named.shard_key));
        let cuts = match cuts::remembered(&read, points) {
            Some(cuts) => cuts,
            None => {
                let cuts = self.draw(selection, wanted, info).await?;
                cuts::remember(read, cuts.clone());
                cuts
            }
        };
        let rows = cuts.points / (cuts.ids.len() as u64 + 1);
        let starts = std::iter::once(None).chain(cuts.ids.iter().copied().map(Some));
        let ends = cuts.ids.iter().copied().map(Some).chain(std::iter::once(None));
        Ok(starts.zip(ends).map(|(from, to)| Part { from, to, rows, ..Part::default() }).collect())
    }

    /// Where to cut, by a sample of the ids.
    async fn draw(&self, selection: &Selection, wanted: usize, info: &CollectionInfo) -> Result<Cuts> {
        let of = info.points_count.unwrap_or_default();
        let limit = info.config.as_ref().map(Limits::of).unwrap_or_default().reads;
        let most = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(MOST_SAMPLES);
        let samples = (wanted * SAMPLES_PER_SPLIT).min(most);
        let mut drawn = self.api.sample_ids(selection, samples as u64).await?;
        drawn.sort_unstable();
        let mut ids: Vec<_> = (1..wanted).filter_map(|cut| drawn.get(drawn.len() * cut / wanted)).copied().collect();
        ids.dedup();
        // A sample that is smaller than was asked for is all that there is.
        let points = if drawn.len() < samples { drawn.len() as u64 } else { of };
        Ok(Cuts { ids, points, of })
    }

    /// The keys of the shards to read; none where the collection has no keys.
    async fn keys(&self, info: &CollectionInfo, selection: &Selection) -> Result<Vec<ShardKey>> {
        let asked = selection.shard_keys();
        if !info.config.as_ref().is_some_and(is_keyed) {
            return if asked.is_empty() {
                Ok(Vec::new())
            } else {
                Err(self.place(Error::options("option `shard_key`: the collection's shards have no keys")))
            };
        }
        let mut asked = asked.to_vec();
        asked.sort_unstable();
        asked.dedup();
        let all = match self.api.shard_keys().await? {
            Some(all) => all,
            // The server itself will say which of them it does not know.
            None if !asked.is_empty() => return Ok(asked),
            None => {
                return Err(self.place(Error::unsupported(
                    "the server is too old to list the keys of the collection's shards: name them with `shard_key`",
                )));
            }
        };
        match asked.iter().find(|key| !all.contains(key)) {
            None if asked.is_empty() => Ok(all),
            None => Ok(asked),
            Some(stranger) => Err(self.place(shard_key::missing(stranger, &all))),
        }
    }
}
