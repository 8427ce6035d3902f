//! One answer out of those of several parts, as the server makes it. Where one id lives under two
//! shard keys, a scroll names it once, and a query once unless its scores differ.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use qdrant_edge::{
    Direction, Distance, EdgeConfig, FacetResponse, OrderBy, PointId, QueryEnum, Record, ScoredPoint, ScoringQuery,
};

use crate::refusal::{Answer, lacking};

/// The order of the ids that were asked for.
pub fn retrieved(ids: &[PointId], parts: Vec<Vec<Record>>) -> Vec<Record> {
    let mut found = parts.into_iter().flatten().map(|record| (record.id, record)).collect::<HashMap<_, _>>();
    ids.iter().filter_map(|id| found.remove(id)).collect()
}

pub fn scrolled(limit: usize, parts: Vec<(Vec<Record>, Option<PointId>)>) -> (Vec<Record>, Option<PointId>) {
    // The next page begins at the first id that no page has shown, whichever part it is in.
    let mut next = parts.iter().filter_map(|(_records, next)| *next).min();
    let mut records = parts.into_iter().flat_map(|(records, _next)| records).collect::<Vec<_>>();
    records.sort_by_key(|record| record.id);
    records.dedup_by_key(|record| record.id);
    if let Some(beyond) = records.get(limit) {
        next = Some(next.map_or(beyond.id, |next| next.min(beyond.id)));
    }
    records.truncate(limit);
    (records, next)
}

pub fn ordered(limit: usize, order: &OrderBy, parts: Vec<(Vec<Record>, Option<PointId>)>) -> Vec<Record> {
    let mut records = parts.into_iter().flat_map(|(records, _next)| records).collect::<Vec<_>>();
    let directed = directed(order);
    records.sort_by(|a, b| directed((a.order_value, a.id).cmp(&(b.order_value, b.id))));
    records.dedup_by(|a, b| (a.order_value, a.id) == (b.order_value, b.id));
    records.truncate(limit);
    records
}

fn directed(order: &OrderBy) -> fn(Ordering) -> Ordering {
    match order.direction.unwrap_or_default() {
        Direction::Asc => |ordering| ordering,
        Direction::Desc => Ordering::reverse,
    }
}

pub fn counted(limit: usize, parts: Vec<FacetResponse>) -> FacetResponse {
    let mut counts = HashMap::new();
    for hit in parts.into_iter().flat_map(|part| part.hits) {
        *counts.entry(hit.value).or_insert(0) += hit.count;
    }
    FacetResponse::top_hits(counts, limit)
}

/// Refuses the queries that are more than the best of what each part finds.
pub fn check(query: Option<&ScoringQuery>) -> Answer<()> {
    match query {
        Some(ScoringQuery::Fusion(_)) => Err(lacking("query.fusion over several shard keys")),
        Some(ScoringQuery::Mmr(_)) => Err(lacking("query.nearest_with_mmr over several shard keys")),
        Some(
            ScoringQuery::Vector(_) | ScoringQuery::OrderBy(_) | ScoringQuery::Sample(_) | ScoringQuery::Formula(_),
        )
        | None => Ok(()),
    }
}

pub fn queried(query: Option<&ScoringQuery>, config: &EdgeConfig, parts: Vec<Vec<ScoredPoint>>) -> Vec<ScoredPoint> {
    let mut points = parts.into_iter().flatten().collect::<Vec<_>>();
    match query {
        None => points.sort_by_key(|point| point.id),
        Some(ScoringQuery::OrderBy(order)) => {
            let directed = directed(order);
            points.sort_by(|a, b| directed((a.order_value, a.id).cmp(&(b.order_value, b.id))));
        }
        // Every part gave all it has, so any order is as good as another, and the first are a sample.
        Some(ScoringQuery::Sample(_)) => {
            points.sort_by_cached_key(|_point| uuid::Uuid::new_v4());
            let mut seen = HashSet::new();
            points.retain(|point| seen.insert(point.id));
        }
        Some(scoring) => {
            let nearer = match smaller_is_nearer(scoring, config) {
                true => |ordering: Ordering| ordering,
                false => Ordering::reverse,
            };
            points.sort_by(|a, b| nearer(a.score.total_cmp(&b.score)).then(a.id.cmp(&b.id)));
        }
    }
    // Equal by their ids and scores: one id of two scores is named twice.
    points.dedup();
    points
}

fn smaller_is_nearer(scoring: &ScoringQuery, config: &EdgeConfig) -> bool {
    let ScoringQuery::Vector(QueryEnum::Nearest(query)) = scoring else {
        return false;
    };
    match config.vectors.get(query.using.as_deref().unwrap_or_default()).map(|params| params.distance) {
        Some(Distance::Euclid | Distance::Manhattan) => true,
        Some(Distance::Cosine | Distance::Dot) | None => false,
    }
}
