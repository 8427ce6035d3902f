//! Points as REST gives them.

use qdrant_edge::{FacetValue, OrderValue, Payload, PointId, Record, ScoredPoint};
use serde::Serialize;
use serde_json::{Value, json};

use super::vectors::Output;

#[derive(Serialize)]
pub struct Retrieved {
    id: PointId,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<Payload>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vector: Option<Output>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_value: Option<OrderValue>,
    #[serde(skip_serializing_if = "Value::is_null")]
    shard_key: Value,
}

impl From<Record> for Retrieved {
    fn from(record: Record) -> Self {
        Self {
            id: record.id,
            payload: record.payload,
            vector: record.vector.map(Into::into),
            order_value: record.order_value,
            // The engine's type has no public name.
            shard_key: serde_json::to_value(record.shard_key).unwrap_or_default(),
        }
    }
}

#[derive(Serialize)]
pub struct Scored {
    id: PointId,
    version: u64,
    score: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<Payload>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vector: Option<Output>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_value: Option<OrderValue>,
    #[serde(skip_serializing_if = "Value::is_null")]
    shard_key: Value,
}

impl From<ScoredPoint> for Scored {
    fn from(point: ScoredPoint) -> Self {
        Self {
            id: point.id,
            version: point.version,
            score: point.score,
            payload: point.payload,
            vector: point.vector.map(Into::into),
            order_value: point.order_value,
            shard_key: serde_json::to_value(point.shard_key).unwrap_or_default(),
        }
    }
}

pub fn facet(value: FacetValue) -> Value {
    match value {
        FacetValue::Keyword(text) => json!(text),
        FacetValue::Int(number) => json!(number),
        FacetValue::Uuid(bits) => json!(uuid::Uuid::from_u128(bits).to_string()),
        FacetValue::Bool(flag) => json!(flag),
    }
}
