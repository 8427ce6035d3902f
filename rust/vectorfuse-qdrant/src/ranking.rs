//! The rows of a vector search, best first.
//!
//! A few come with the answer itself. Of many, the answer has only ids and scores, and the points are fetched page by
//! page: memory stays flat however many are wanted.

use std::collections::HashMap;

use async_trait::async_trait;
use qdrant_client::qdrant::{GetPoints, QueryPoints, RetrievedPoint, ScoredPoint, ShardKey, ShardKeySelector};
use vectorfuse_core::error::Result;
use vectorfuse_core::ids::PointId;
use vectorfuse_core::paging::{LARGEST_PAGE_BYTES, Page, Pages};
use vectorfuse_core::table::Scan;

use crate::api::{Api, Wanted};
use crate::page::{Row, Shaper};
use crate::point::{from_qdrant_id, to_qdrant_id};
use crate::received;
use crate::search::Search;
use crate::selection::Selection;

/// What the search says of a point whose parts are yet to be fetched.
struct Hit {
    id: PointId,
    score: f32,
    /// Two shards can have points of this id.
    shard_key: Option<ShardKey>,
}

/// The pages of one search.
pub(crate) struct SearchPages {
    api: Api,
    shaper: Shaper,
    selection: Selection,
    request: QueryPoints,
    /// How many rows are wanted at most.
    most: u64,
    /// What the search found; `None` before it.
    hits: Option<Vec<Hit>>,
    /// How many of them were given.
    given: usize,
}

impl SearchPages {
    pub(crate) fn new(api: Api, scan: &Scan, selection: Selection, search: &Search) -> Result<Self> {
        let most = scan.options.most_rows().unwrap_or(u64::MAX);
        let request = selection.query(search.request(&scan.options, api.collection())?);
        let request = QueryPoints { limit: Some(most), ..request };
        Ok(Self { shaper: Shaper::new(&api, scan)?, api, selection, request, most, hits: None, given: 0 })
    }

    /// The answer to the search with these parts of each point; `None` if it would be larger than `largest` bytes.
    async fn search(&self, wanted: &Wanted, largest: usize) -> Result<Option<(Vec<ScoredPoint>, usize)>> {
        let request = QueryPoints {
            with_payload: Some(wanted.payload.clone()),
            with_vectors: Some(wanted.vectors.clone()),
            ..self.request.clone()
        };
        let answer = self.api.query(&request, largest).await?;
        Ok(answer.map(|answer| {
            self.api.add_server_time(answer.message.time);
            (answer.message.result, answer.bytes)
        }))
    }

    /// The points of these hits, in their order; `None` if they would be larger than `largest` bytes. A point that was
    /// deleted since the search is left out.
    async fn fetch(&self, hits: &[Hit], largest: usize) -> Result<Option<(Vec<Row>, usize)>> {
        let mut shards: Vec<&Option<ShardKey>> = Vec::new();
        for hit in hits {
            if !shards.contains(&&hit.shard_key) {
                shards.push(&hit.shard_key);
            }
        }
        let (mut points, mut bytes) = (HashMap::new(), 0_usize);
        for (shard, key) in shards.iter().enumerate() {
            let ids = hits.iter().filter(|hit| hit.shard_key == **key).map(|hit| to_qdrant_id(hit.id));
            let mut request = self.selection.get(GetPoints {
                collection_name: self.api.collection().to_owned(),
                ids: ids.collect(),
                with_payload: Some(self.shaper.wanted.payload.clone()),
                with_vectors: Some(self.shaper.wanted.vectors.clone()),
                ..GetPoints::default()
            });
            if let Some(key) = key {
                request.shard_key_selector = Some(ShardKeySelector { shard_keys: vec![key.clone()], fallback: None });
            }
            let Some(answer) = self.api.get(&request, largest.saturating_sub(bytes)).await? else {
                return Ok(None);
            };
            self.api.add_server_time(answer.message.time);
            bytes += answer.bytes;
            for point in answer.message.result {
                let encoded = received::encoded(&point);
                points.insert((shard, from_qdrant_id(point.id)?), encoded);
            }
        }
        let found = hits.iter().filter_map(|hit| {
            let shard = shards.iter().position(|key| **key == hit.shard_key)?;
            let point = points.remove(&(shard, hit.id))?;
            Some(Row { id: hit.id, point, score: Some(hit.score) })
        });
        Ok(Some((found.collect(), bytes)))
    }
}

#[async_trait]
impl Pages for SearchPages {
    async fn next(&mut self, rows: u32, whole: bool) -> Result<Page> {
        if self.hits.is_none() {
            if self.most <= u64::from(rows)
                && let Some((points, bytes)) = self.search(&self.shaper.wanted, LARGEST_PAGE_BYTES).await?
            {
                let found: Vec<Row> = points.into_iter().map(with_parts).collect::<Result<_>>()?;
                return Ok(Page::Rows { batch: self.shaper.batch(&found)?, bytes, last: true });
            }
            let (points, _) = self.search(&Wanted::nothing(), usize::MAX).await?.unwrap_or_default();
            self.hits = Some(points.into_iter().map(hit).collect::<Result<_>>()?);
        }
        let hits = self.hits.as_deref().unwrap_or_default();
        let end = hits.len().min(self.given.saturating_add(usize::try_from(rows).unwrap_or(usize::MAX)));
        let largest = if whole { usize::MAX } else { LARGEST_PAGE_BYTES };
        let Some((found, bytes)) = self.fetch(&hits[self.given..end], largest).await? else {
            return Ok(Page::TooLarge);
        };
        let last = end == hits.len();
        self.given = end;
        Ok(Page::Rows { batch: self.shaper.batch(&found)?, bytes, last })
    }
}

fn hit(point: ScoredPoint) -> Result<Hit> {
    Ok(Hit { id: from_qdrant_id(point.id)?, score: point.score, shard_key: point.shard_key })
}

fn with_parts(point: ScoredPoint) -> Result<Row> {
    let id = from_qdrant_id(point.id)?;
    let parts = RetrievedPoint { payload: point.payload, vectors: point.vectors, ..RetrievedPoint::default() };
    Ok(Row { id, point: received::encoded(&parts), score: Some(point.score) })
}
