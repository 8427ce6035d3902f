//! How a collection is cut into parts that are read side by side.

use serde_json::Value;
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::table::Scan;

use crate::Qdrant;
use crate::page::Range;
use crate::selection::Selection;

/// Sampled ids per split: with 64 of them a split's size is off by some 12 % (one standard deviation).
const SAMPLES_PER_SPLIT: usize = 64;
/// The server's own default bound on the answers to one query.
const MOST_SAMPLES: usize = 10_000;
/// Servers before this one can't draw a sample: such a collection is read in one part.
const SAMPLE_SINCE: (u32, u32) = (1, 11);
impl Qdrant {
    /// Disjoint ranges of ids that are together the whole collection; about `wanted` of them.
    pub(crate) async fn ranges(&self, scan: &Scan, wanted: usize) -> Result<Vec<Value>> {
        let wanted = scan.options.named.splits.map_or(wanted, std::num::NonZero::get).clamp(1, MOST_SAMPLES);
        let samples = (wanted * SAMPLES_PER_SPLIT).min(MOST_SAMPLES);
        let selection = Selection::of(scan)?;
        let mut ids = Vec::new();
        if wanted > 1 && self.api.version().await? >= SAMPLE_SINCE {
            ids = self.api.sample_ids(&selection, samples as u64).await?;
        }
        ids.sort_unstable();
        let mut cuts: Vec<_> = (1..wanted).filter_map(|cut| ids.get(ids.len() * cut / wanted)).copied().collect();
        cuts.dedup();
        let points = if cuts.is_empty() {
            0
        } else if ids.len() < samples {
            // A sample that is smaller than was asked for is all that there is.
            ids.len() as u64
        } else {
            self.api.info().await?.and_then(|info| info.points_count).unwrap_or_default()
        };
        let rows = points / (cuts.len() as u64 + 1);
        let starts = std::iter::once(None).chain(cuts.iter().copied().map(Some));
        let ends = cuts.iter().copied().map(Some).chain(std::iter::once(None));
        let ranges = starts.zip(ends).map(|(from, to)| serde_json::to_value(Range { from, to, rows }));
        ranges
            .map(|range| range.map_err(|error| Error::internal("a split can't be written").caused_by(error)))
            .collect()
    }
}
