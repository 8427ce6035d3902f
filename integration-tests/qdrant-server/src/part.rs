//! A part of a collection: one shard of the engine.

use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use qdrant_edge::{
    CountRequest, EdgeConfig, EdgeShard, FacetRequest, FacetResponse, Filter, OperationResult, PointId, Prefetch,
    QueryRequest, Record, ScoredPoint, ScoringQuery, ScrollRequest, ShardInfo, UpdateOperation, WithPayloadInterface,
    WithVector,
};

use crate::limits::Limits;
use crate::mark::{self, Point};
use crate::operation;
use crate::rate::Bucket;
use crate::refusal::{Answer, from_engine};

/// What reads cost that are no search.
const READ: usize = 1;

pub struct Part {
    shard: EdgeShard,
    rates: Mutex<Rates>,
    /// Every id, without payload, from a read that needed them until the next write.
    ids: Mutex<Option<Arc<Vec<Point>>>>,
}

#[derive(Default)]
struct Rates {
    reads: Option<Bucket>,
    writes: Option<Bucket>,
}

impl Part {
    pub fn create(folder: &Path, config: EdgeConfig) -> OperationResult<Self> {
        let shard = EdgeShard::new(folder, config)?;
        shard.flush();
        Ok(Self::of(shard))
    }

    pub fn load(folder: &Path) -> OperationResult<Self> {
        EdgeShard::load(folder, None).map(Self::of)
    }

    fn of(shard: EdgeShard) -> Self {
        Self { shard, rates: Mutex::default(), ids: Mutex::default() }
    }

    /// Begins to count anew.
    pub fn limit(&self, limits: Option<&Limits>) {
        *self.rates.lock() = Rates {
            reads: limits.and_then(Limits::reads_per_minute).map(|most| Bucket::new("Read", most)),
            writes: limits.and_then(Limits::writes_per_minute).map(|most| Bucket::new("Write", most)),
        };
    }

    fn pay(&self, cost: usize) -> Answer<()> {
        self.rates.lock().reads.as_mut().map_or(Ok(()), |bucket| bucket.take(cost))
    }

    fn pay_for(&self, filter: Option<&Filter>) -> Answer<()> {
        self.pay(READ + conditions(filter))
    }

    /// A write costs as many as the points it is for, at least one.
    pub fn pay_write(&self, operation: &UpdateOperation) -> Answer<()> {
        let mut rates = self.rates.lock();
        let Some(bucket) = &mut rates.writes else {
            return Ok(());
        };
        let points = match operation::selecting(operation) {
            Some(filter) => {
                let request = CountRequest { filter: Some(filter.clone()), exact: true };
                self.counted(request).map_err(from_engine)?
            }
            None => operation::named(operation),
        };
        bucket.take(points.max(1))
    }

    pub fn config(&self) -> EdgeConfig {
        self.shard.config().clone()
    }

    pub fn info(&self) -> ShardInfo {
        self.shard.info()
    }

    /// Puts the write on disk too: the engine writes a log but does not read it again when it is
    /// opened, and what was acknowledged has to outlive a kill.
    pub fn write(&self, mut operation: UpdateOperation) -> OperationResult<()> {
        if let Some(filter) = operation::filter_mut(&mut operation) {
            self.resolve(filter)?;
        }
        let result = self.shard.update(operation);
        *self.ids.lock() = None;
        self.shard.flush();
        result
    }

    pub fn retrieve(
        &self,
        ids: &[PointId],
        with_payload: WithPayloadInterface,
        with_vector: WithVector,
    ) -> Answer<Vec<Record>> {
        self.pay(ids.len())?;
        self.shard.retrieve(ids, Some(with_payload), Some(with_vector)).map_err(from_engine)
    }

    pub fn scroll(&self, mut request: ScrollRequest) -> Answer<(Vec<Record>, Option<PointId>)> {
        self.pay_for(request.filter.as_ref())?;
        self.resolve_given(&mut request.filter).map_err(from_engine)?;
        self.shard.scroll(request).map_err(from_engine)
    }

    pub fn count(&self, request: CountRequest) -> Answer<usize> {
        self.pay_for(request.filter.as_ref())?;
        self.counted(request).map_err(from_engine)
    }

    fn counted(&self, mut request: CountRequest) -> OperationResult<usize> {
        self.resolve_given(&mut request.filter)?;
        self.shard.count(request)
    }

    pub fn facet(&self, mut request: FacetRequest) -> Answer<FacetResponse> {
        self.pay_for(request.filter.as_ref())?;
        self.resolve_given(&mut request.filter).map_err(from_engine)?;
        self.shard.facet(request).map_err(from_engine)
    }

    pub fn query(&self, mut request: QueryRequest) -> Answer<Vec<ScoredPoint>> {
        self.pay(cost(&request.prefetches, request.query.as_ref(), request.filter.as_ref()))?;
        self.resolve_given(&mut request.filter).map_err(from_engine)?;
        self.resolve_prefetches(&mut request.prefetches).map_err(from_engine)?;
        self.shard.query(request).map_err(from_engine)
    }

    fn resolve_prefetches(&self, prefetches: &mut [Prefetch]) -> OperationResult<()> {
        prefetches.iter_mut().try_for_each(|one| {
            self.resolve_given(&mut one.filter)?;
            self.resolve_prefetches(&mut one.prefetches)
        })
    }

    fn resolve_given(&self, filter: &mut Option<Filter>) -> OperationResult<()> {
        filter.as_mut().map_or(Ok(()), |filter| self.resolve(filter))
    }

    fn resolve(&self, filter: &mut Filter) -> OperationResult<()> {
        mark::resolve(filter, |with_payload| self.points(with_payload))
    }

    fn points(&self, with_payload: bool) -> OperationResult<Arc<Vec<Point>>> {
        if with_payload {
            return self.stored(true).map(Arc::new);
        }
        // Held while they are read, so that a write meanwhile forgets them afterwards.
        let mut ids = self.ids.lock();
        if let Some(known) = &*ids {
            return Ok(known.clone());
        }
        let read = Arc::new(self.stored(false)?);
        *ids = Some(read.clone());
        Ok(read)
    }

    fn stored(&self, with_payload: bool) -> OperationResult<Vec<Point>> {
        let (records, _next) = self.shard.scroll(ScrollRequest {
            offset: None,
            limit: Some(usize::MAX),
            filter: None,
            with_payload: Some(WithPayloadInterface::Bool(with_payload)),
            with_vector: WithVector::Bool(false),
            order_by: None,
        })?;
        let point = |record: Record| Point { id: record.id, payload: record.payload.unwrap_or_default() };
        Ok(records.into_iter().map(point).collect())
    }
}

/// A query costs what its innermost searches cost: what comes out of prefetches is scored for free.
fn cost(prefetches: &[Prefetch], query: Option<&ScoringQuery>, filter: Option<&Filter>) -> usize {
    if !prefetches.is_empty() {
        return prefetches.iter().map(|one| cost(&one.prefetches, one.query.as_ref(), one.filter.as_ref())).sum();
    }
    let search = match query {
        Some(ScoringQuery::Vector(query)) => query.search_cost(),
        Some(_) | None => READ,
    };
    search + conditions(filter)
}

fn conditions(filter: Option<&Filter>) -> usize {
    filter.map_or(0, Filter::total_conditions_count)
}
