//! The rows of a small sample: all ids are looked at, and only the points that are drawn are fetched.

use std::collections::VecDeque;

use async_trait::async_trait;
use bytes::Bytes;
use vectorfuse_core::error::Result;
use vectorfuse_core::ids::PointId;
use vectorfuse_core::paging::{LARGEST_PAGE_BYTES, Page, Pages};
use vectorfuse_core::sample::Sample;
use vectorfuse_core::table::Scan;

use crate::api::{Api, Wanted};
use crate::details::Details;
use crate::page::{Row, Shaper};
use crate::point::to_u64;
use crate::selection::Selection;
use crate::split::Part;
use crate::walk::Walk;

/// Ids of one answer: some hundred kilobytes.
pub(crate) const MOST_IDS: u32 = 10_000;
/// A sample of a greater part of the rows is had sooner by reading all: each page of it takes one request instead of two.
const LARGEST_FRACTION: f64 = 0.5;

/// Whether the point is in the sample.
pub(crate) fn has(sample: &Sample, id: PointId) -> bool {
    match id {
        PointId::Number(number) => sample.has(&number.to_le_bytes()),
        PointId::Uuid(uuid) => sample.has(uuid.as_bytes()),
    }
}

/// The pages of a part of a sample.
pub(crate) struct SampledPages {
    walk: Walk,
    shaper: Shaper,
    sample: Sample,
    /// Points of the sample that are yet to be fetched, all of one shard.
    drawn: VecDeque<PointId>,
    /// The most ids of one answer.
    most_ids: u32,
    /// The most points of one request.
    most_points: usize,
    /// How many rows may still come.
    left: u64,
    /// What answers had that are no page yet.
    bytes: usize,
}

impl SampledPages {
    /// `None` if the sample is better had by reading all. `most` is the bound on the points of one answer.
    pub(crate) fn new(
        api: &Api,
        scan: &Scan,
        selection: &Selection,
        part: &Part,
        most: Option<u32>,
    ) -> Result<Option<Self>> {
        let Some(sample) = scan.sample else { return Ok(None) };
        let details = Details::of_plan(&scan.details)?;
        let shaper = Shaper::new(api, scan)?;
        // A request for drawn points has one condition more than those that strict mode has counted.
        let fetches = details.most_conditions.is_none() && sample.fraction() < LARGEST_FRACTION;
        if !fetches && !shaper.wanted.is_nothing() {
            return Ok(None);
        }
        Ok(Some(Self {
            walk: Walk::new(api.clone(), selection.clone(), part.clone()),
            shaper,
            sample,
            drawn: VecDeque::new(),
            most_ids: most.unwrap_or(MOST_IDS).clamp(1, MOST_IDS),
            most_points: details.most_points(),
            left: scan.limit.unwrap_or(u64::MAX),
            bytes: 0,
        }))
    }

    /// Looks at ids until so many points are drawn, or the shard ends.
    async fn draw(&mut self, rows: usize) -> Result<()> {
        while self.drawn.len() < rows && !self.walk.is_past() {
            // The points of two shards are fetched apart.
            if self.walk.is_past_shard() && !self.drawn.is_empty() {
                break;
            }
            let stretch = self.walk.stretch(&Wanted::nothing(), self.most_ids, usize::MAX).await?;
            let Some(stretch) = stretch else { break };
            self.bytes += stretch.bytes;
            self.drawn.extend(stretch.rows.iter().map(|row| row.id).filter(|id| has(&self.sample, *id)));
        }
        Ok(())
    }
}

#[async_trait]
impl Pages for SampledPages {
    async fn next(&mut self, rows: u32, whole: bool) -> Result<Page> {
        let most = u64::from(rows).min(self.left);
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(self.most_points);
        self.draw(most).await?;
        let ids: Vec<PointId> = self.drawn.iter().take(most).copied().collect();
        let points = if ids.is_empty() || self.shaper.wanted.is_nothing() {
            ids.iter().map(|id| Row { id: *id, point: Bytes::new(), score: None }).collect()
        } else {
            let largest = if whole { usize::MAX } else { LARGEST_PAGE_BYTES };
            let Some(fetched) = self.walk.fetch(&ids, &self.shaper.wanted, largest).await? else {
                return Ok(Page::TooLarge);
            };
            self.bytes += fetched.bytes;
            fetched.rows
        };
        self.drawn.drain(..ids.len());
        self.left = self.left.saturating_sub(to_u64(points.len()));
        let last = self.left == 0 || (self.drawn.is_empty() && self.walk.is_past());
        Ok(Page::Rows { batch: self.shaper.batch(&points)?, bytes: std::mem::take(&mut self.bytes), last })
    }
}
