//! The reads, in the engine's own requests.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Path, State};
use qdrant_edge::{
    CountRequest, FacetRequest, Filter, JsonPath, OrderByInterface, PointId, ScoredPoint, ScrollRequest,
    WithPayloadInterface, WithVector,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{Answered, Reply};
use super::filter::filter;
use super::output::{Retrieved, Scored, facet as facet_value};
use super::query::{QueryBatch, QueryBody, found};
use super::request::{Asked, Given, Reading};
use super::shards::Keys;
use super::vectors::invalid;
use crate::catalog::Catalog;
use crate::refusal::wrong_input;
use crate::service::blocking;

/// As many values as a facet gives when it does not say.
const DEFAULT_FACETS: usize = 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retrieve {
    ids: Vec<PointId>,
    with_payload: Option<WithPayloadInterface>,
    #[serde(alias = "with_vectors")]
    with_vector: Option<WithVector>,
    shard_key: Option<Keys>,
}

pub async fn retrieve(
    State(catalog): State<Arc<Catalog>>,
    Path(name): Path<String>,
    Asked(asked): Asked<Reading>,
    Given(given): Given<Retrieve>,
) -> Answered<Vec<Retrieved>> {
    let start = Instant::now();
    asked.check()?;
    let keys = Keys::selected(given.shard_key);
    let collection = catalog.find(&name)?;
    collection.within_time(asked.timeout())?;
    let with_payload = given.with_payload.unwrap_or(WithPayloadInterface::Bool(true));
    let with_vector = given.with_vector.unwrap_or(WithVector::Bool(false));
    let records = blocking(move || collection.retrieve(&keys, &given.ids, &with_payload, &with_vector)).await?;
    Ok(Reply::since(start, records.into_iter().map(Into::into).collect()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scroll {
    offset: Option<PointId>,
    limit: Option<usize>,
    #[serde(default, deserialize_with = "filter")]
    filter: Option<Filter>,
    with_payload: Option<WithPayloadInterface>,
    #[serde(alias = "with_vectors")]
    with_vector: Option<WithVector>,
    order_by: Option<OrderByInterface>,
    shard_key: Option<Keys>,
}

/// Written as it is: by way of a JSON value each float would be widened.
#[derive(Serialize)]
pub struct Page {
    points: Vec<Retrieved>,
    next_page_offset: Option<PointId>,
}

pub async fn scroll(
    State(catalog): State<Arc<Catalog>>,
    Path(name): Path<String>,
    Asked(asked): Asked<Reading>,
    Given(given): Given<Scroll>,
) -> Answered<Page> {
    let start = Instant::now();
    asked.check()?;
    let keys = Keys::selected(given.shard_key);
    if given.limit == Some(0) {
        return Err(invalid("limit", "value 0 invalid, must be 1 or larger"));
    }
    if given.offset.is_some() && given.order_by.is_some() {
        return Err(wrong_input(
            "Cannot use an `offset` when using `order_by`. The alternative for paging is to use \
             `order_by.start_from` and a filter to exclude the IDs that you've already seen for \
             the `order_by.start_from` value",
        )
        .into());
    }
    let collection = catalog.find(&name)?;
    collection.within_time(asked.timeout())?;
    let request = ScrollRequest {
        offset: given.offset,
        limit: given.limit,
        filter: given.filter,
        with_payload: Some(given.with_payload.unwrap_or(WithPayloadInterface::Bool(true))),
        with_vector: given.with_vector.unwrap_or(WithVector::Bool(false)),
        order_by: given.order_by,
    };
    let (records, next_page_offset) = blocking(move || collection.scroll(&keys, request)).await?;
    let points = records.into_iter().map(Into::into).collect();
    Ok(Reply::since(start, Page { points, next_page_offset }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    #[serde(default, deserialize_with = "filter")]
    filter: Option<Filter>,
    exact: Option<bool>,
    shard_key: Option<Keys>,
}

pub async fn count(
    State(catalog): State<Arc<Catalog>>,
    Path(name): Path<String>,
    Asked(asked): Asked<Reading>,
    Given(given): Given<Count>,
) -> Answered<Value> {
    let start = Instant::now();
    asked.check()?;
    let keys = Keys::selected(given.shard_key);
    let collection = catalog.find(&name)?;
    collection.within_time(asked.timeout())?;
    let request = CountRequest { filter: given.filter, exact: given.exact.unwrap_or(true) };
    let count = blocking(move || collection.count(&keys, request)).await?;
    Ok(Reply::since(start, json!({ "count": count })))
}

#[derive(Serialize)]
pub struct Found {
    points: Vec<Scored>,
}

pub async fn query(
    State(catalog): State<Arc<Catalog>>,
    Path(name): Path<String>,
    Asked(asked): Asked<Reading>,
    Given(given): Given<QueryBody>,
) -> Answered<Found> {
    let start = Instant::now();
    asked.check()?;
    let collection = catalog.find(&name)?;
    collection.within_time(asked.timeout())?;
    let points = blocking(move || Ok(found(&collection, given))).await??;
    Ok(Reply::since(start, shown(points)))
}

pub async fn query_batch(
    State(catalog): State<Arc<Catalog>>,
    Path(name): Path<String>,
    Asked(asked): Asked<Reading>,
    Given(given): Given<QueryBatch>,
) -> Answered<Vec<Found>> {
    let start = Instant::now();
    asked.check()?;
    let collection = catalog.find(&name)?;
    collection.within_time(asked.timeout())?;
    if let Some(limits) = collection.limits() {
        limits.searches(given.searches.len())?;
    }
    let results = blocking(move || {
        Ok(given.searches.into_iter().map(|one| found(&collection, one)).collect::<Result<Vec<_>, _>>())
    })
    .await??;
    Ok(Reply::since(start, results.into_iter().map(shown).collect()))
}

fn shown(points: Vec<ScoredPoint>) -> Found {
    Found { points: points.into_iter().map(Into::into).collect() }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facet {
    key: JsonPath,
    limit: Option<usize>,
    #[serde(default, deserialize_with = "filter")]
    filter: Option<Filter>,
    exact: Option<bool>,
    shard_key: Option<Keys>,
}

pub async fn facet(
    State(catalog): State<Arc<Catalog>>,
    Path(name): Path<String>,
    Asked(asked): Asked<Reading>,
    Given(given): Given<Facet>,
) -> Answered<Value> {
    let start = Instant::now();
    asked.check()?;
    let keys = Keys::selected(given.shard_key);
    if given.limit == Some(0) {
        return Err(invalid("limit", "value 0 invalid, must be 1 or larger"));
    }
    let collection = catalog.find(&name)?;
    collection.within_time(asked.timeout())?;
    let request = FacetRequest {
        key: given.key,
        limit: given.limit.unwrap_or(DEFAULT_FACETS),
        filter: given.filter,
        exact: given.exact.unwrap_or(false),
    };
    let found = blocking(move || collection.facet(&keys, request)).await?;
    let hits: Value =
        found.hits.into_iter().map(|hit| json!({ "value": facet_value(hit.value), "count": hit.count })).collect();
    Ok(Reply::since(start, json!({ "hits": hits })))
}
