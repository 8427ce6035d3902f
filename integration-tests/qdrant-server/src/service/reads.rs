//! The reading calls. They run beside each other and beside a write.

use std::time::Instant;

use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::facet_value::Variant;
use qdrant_edge::{CountRequest, FacetRequest, FacetValue, OrderByInterface, ScrollRequest};
use tonic::Response;

use super::blocking;
use crate::catalog::Catalog;
use crate::collection::Collection;
use crate::convert::{filter, id, payload, point, query, select};
use crate::refusal::{Answer, invalid_body, wrong_input};
use crate::shard_key::Selection;

/// As many values as a facet gives when it does not say.
const DEFAULT_FACETS: u64 = 10;

pub async fn get(catalog: &Catalog, given: proto::GetPoints) -> Answer<Response<proto::GetResponse>> {
    let start = Instant::now();
    let keys = Selection::of(given.shard_key_selector)?;
    let collection = catalog.find(&given.collection_name)?;
    collection.within_time(given.timeout)?;
    let ids = id::all_to_engine(given.ids)?;
    let with_payload = select::with_payload(given.with_payload, true)?;
    let with_vectors = select::with_vectors(given.with_vectors);
    let result = blocking(move || {
        let records = collection.retrieve(&keys, &ids, &with_payload, &with_vectors)?;
        Ok(records.into_iter().map(point::retrieved).collect())
    })
    .await?;
    Ok(Response::new(proto::GetResponse { result, time: start.elapsed().as_secs_f64(), usage: None }))
}

pub async fn scroll(catalog: &Catalog, given: proto::ScrollPoints) -> Answer<Response<proto::ScrollResponse>> {
    let start = Instant::now();
    let keys = Selection::of(given.shard_key_selector)?;
    if given.limit == Some(0) {
        return Err(invalid_body("limit", "value 0 invalid, must be 1 or larger"));
    }
    let collection = catalog.find(&given.collection_name)?;
    collection.within_time(given.timeout)?;
    let request = ScrollRequest {
        offset: given.offset.map(id::to_engine).transpose()?,
        limit: given.limit.map(|limit| limit as usize),
        filter: filter::optional(given.filter)?,
        with_payload: Some(select::with_payload(given.with_payload, true)?),
        with_vector: select::with_vectors(given.with_vectors),
        order_by: given.order_by.map(select::order_by).transpose()?.map(OrderByInterface::Struct),
    };
    if request.offset.is_some() && request.order_by.is_some() {
        return Err(wrong_input(
            "Cannot use an `offset` when using `order_by`. The alternative for paging is to use \
             `order_by.start_from` and a filter to exclude the IDs that you've already seen for \
             the `order_by.start_from` value",
        ));
    }
    let (records, next) = blocking(move || collection.scroll(&keys, request)).await?;
    Ok(Response::new(proto::ScrollResponse {
        next_page_offset: next.map(id::from_engine),
        result: records.into_iter().map(point::retrieved).collect(),
        time: start.elapsed().as_secs_f64(),
        usage: None,
    }))
}

pub async fn count(catalog: &Catalog, given: proto::CountPoints) -> Answer<Response<proto::CountResponse>> {
    let start = Instant::now();
    let keys = Selection::of(given.shard_key_selector)?;
    let collection = catalog.find(&given.collection_name)?;
    collection.within_time(given.timeout)?;
    let request = CountRequest { filter: filter::optional(given.filter)?, exact: given.exact.unwrap_or(true) };
    let count = blocking(move || collection.count(&keys, request)).await?;
    Ok(Response::new(proto::CountResponse {
        result: Some(proto::CountResult { count: count as u64 }),
        time: start.elapsed().as_secs_f64(),
        usage: None,
    }))
}

pub async fn query(catalog: &Catalog, given: proto::QueryPoints) -> Answer<Response<proto::QueryResponse>> {
    let start = Instant::now();
    let collection = catalog.find(&given.collection_name)?;
    collection.within_time(given.timeout)?;
    let result = blocking(move || found(&collection, given)).await?;
    Ok(Response::new(proto::QueryResponse { result, time: start.elapsed().as_secs_f64(), usage: None }))
}

pub async fn query_batch(
    catalog: &Catalog,
    given: proto::QueryBatchPoints,
) -> Answer<Response<proto::QueryBatchResponse>> {
    let start = Instant::now();
    let collection = catalog.find(&given.collection_name)?;
    collection.within_time(given.timeout)?;
    if let Some(limits) = collection.limits() {
        limits.searches(given.query_points.len())?;
    }
    let result = blocking(move || {
        given
            .query_points
            .into_iter()
            .map(|one| found(&collection, one).map(|result| proto::BatchResult { result }))
            .collect::<Answer<Vec<_>>>()
    })
    .await?;
    Ok(Response::new(proto::QueryBatchResponse { result, time: start.elapsed().as_secs_f64(), usage: None }))
}

fn found(collection: &Collection, mut given: proto::QueryPoints) -> Answer<Vec<proto::ScoredPoint>> {
    let keys = Selection::of(given.shard_key_selector.take())?;
    let request = query::to_engine(given, &|name, id| collection.vector(&keys, name, id))?;
    Ok(collection.query(&keys, request)?.into_iter().map(point::scored).collect())
}

pub async fn facet(catalog: &Catalog, given: proto::FacetCounts) -> Answer<Response<proto::FacetResponse>> {
    let start = Instant::now();
    let keys = Selection::of(given.shard_key_selector)?;
    let collection = catalog.find(&given.collection_name)?;
    collection.within_time(given.timeout)?;
    let request = FacetRequest {
        key: payload::path(&given.key)?,
        limit: given.limit.unwrap_or(DEFAULT_FACETS) as usize,
        filter: filter::optional(given.filter)?,
        exact: given.exact.unwrap_or(false),
    };
    let found = blocking(move || collection.facet(&keys, request)).await?;
    Ok(Response::new(proto::FacetResponse {
        hits: found
            .hits
            .into_iter()
            .map(|hit| proto::FacetHit {
                value: Some(proto::FacetValue { variant: Some(facet_value(hit.value)) }),
                count: hit.count as u64,
            })
            .collect(),
        time: start.elapsed().as_secs_f64(),
        usage: None,
    }))
}

fn facet_value(value: FacetValue) -> Variant {
    match value {
        FacetValue::Keyword(text) => Variant::StringValue(text),
        FacetValue::Int(number) => Variant::IntegerValue(number),
        FacetValue::Uuid(bits) => Variant::StringValue(uuid::Uuid::from_u128(bits).to_string()),
        FacetValue::Bool(flag) => Variant::BoolValue(flag),
    }
}
