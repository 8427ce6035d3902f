//! Requests that read points.

use http::Method;
use qdrant_client::qdrant::{
    CountPoints, CountResponse, CountResult, FacetCounts, FacetHit, FacetResponse, FacetValue, GetPoints, GetResponse,
    QueryPoints, QueryResponse, ScrollPoints, ScrollResponse, facet_value,
};
use serde::Deserialize;
use serde_json::Value;
use vectorfuse_core::error::Result;

use super::selectors::{ids, order_by, reading, shard_keys, with_payload, with_vectors};
use super::value::Id;
use super::{Path, Question, Rest, filter, object, points, query, result, to_value, value};
use crate::received::Scrolled;

fn path(collection: &str, route: &str) -> Path {
    Path::collection(collection).route("/points").route(route)
}

impl Rest for GetPoints {
    fn question(&self) -> Result<Question> {
        let path = reading(path(&self.collection_name, ""), &self.read_consistency, self.timeout)?;
        let body = object([
            ("ids", Some(ids(&self.ids)?)),
            ("with_payload", with_payload(&self.with_payload)),
            ("with_vector", with_vectors(&self.with_vectors)),
            ("shard_key", shard_keys(&self.shard_key_selector)?),
        ]);
        Question::new(Method::POST, path, &body)
    }

    fn answer(body: &[u8]) -> Result<GetResponse> {
        let (result, time) = points::answer(body, |it| points::list(it, points::retrieved))?;
        Ok(GetResponse { result, time, usage: None })
    }
}

impl Rest for ScrollPoints {
    fn question(&self) -> Result<Question> {
        let path = reading(path(&self.collection_name, "/scroll"), &self.read_consistency, self.timeout)?;
        let body = object([
            ("filter", filter::optional(&self.filter)?),
            ("offset", self.offset.as_ref().map(|id| to_value(&Id(id))).transpose()?),
            ("limit", self.limit.map(Value::from)),
            ("with_payload", with_payload(&self.with_payload)),
            ("with_vector", with_vectors(&self.with_vectors)),
            ("order_by", self.order_by.as_ref().map(order_by).transpose()?),
            ("shard_key", shard_keys(&self.shard_key_selector)?),
        ]);
        Question::new(Method::POST, path, &body)
    }

    fn answer(body: &[u8]) -> Result<Scrolled> {
        let ((result, next_page_offset), time) = points::answer(body, points::page)?;
        Ok(ScrollResponse { next_page_offset, result, time, usage: None }.into())
    }
}

impl Rest for QueryPoints {
    fn question(&self) -> Result<Question> {
        let path = reading(path(&self.collection_name, "/query"), &self.read_consistency, self.timeout)?;
        Question::new(Method::POST, path, &query::said(self)?)
    }

    fn answer(body: &[u8]) -> Result<QueryResponse> {
        let (result, time) = points::answer(body, points::found)?;
        Ok(QueryResponse { result, time, usage: None })
    }
}

#[derive(Deserialize)]
struct Counted {
    count: u64,
}

impl Rest for CountPoints {
    fn question(&self) -> Result<Question> {
        let path = reading(path(&self.collection_name, "/count"), &self.read_consistency, self.timeout)?;
        let body = object([
            ("filter", filter::optional(&self.filter)?),
            ("exact", self.exact.map(Value::from)),
            ("shard_key", shard_keys(&self.shard_key_selector)?),
        ]);
        Question::new(Method::POST, path, &body)
    }

    fn answer(body: &[u8]) -> Result<CountResponse> {
        let (Counted { count }, time) = result(body)?;
        Ok(CountResponse { result: Some(CountResult { count }), time, usage: None })
    }
}

#[derive(Deserialize)]
struct Facets {
    hits: Vec<Hit>,
}

#[derive(Deserialize)]
struct Hit {
    value: HitValue,
    count: u64,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum HitValue {
    Text(String),
    Integer(i64),
    Flag(bool),
}

impl Rest for FacetCounts {
    fn question(&self) -> Result<Question> {
        let path = Path::collection(&self.collection_name).route("/facet");
        let path = reading(path, &self.read_consistency, self.timeout)?;
        let body = object([
            ("key", value(self.key.as_str())),
            ("filter", filter::optional(&self.filter)?),
            ("limit", self.limit.map(Value::from)),
            ("exact", self.exact.map(Value::from)),
            ("shard_key", shard_keys(&self.shard_key_selector)?),
        ]);
        Question::new(Method::POST, path, &body)
    }

    fn answer(body: &[u8]) -> Result<FacetResponse> {
        let (facets, time): (Facets, f64) = result(body)?;
        let hit = |hit: Hit| {
            let variant = match hit.value {
                HitValue::Text(text) => facet_value::Variant::StringValue(text),
                HitValue::Integer(number) => facet_value::Variant::IntegerValue(number),
                HitValue::Flag(flag) => facet_value::Variant::BoolValue(flag),
            };
            FacetHit { value: Some(FacetValue { variant: Some(variant) }), count: hit.count }
        };
        Ok(FacetResponse { hits: facets.hits.into_iter().map(hit).collect(), time, usage: None })
    }
}
