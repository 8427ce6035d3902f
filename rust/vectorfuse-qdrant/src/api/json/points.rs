//! Points that came. Nothing of a point is passed over: a field that is not known here is an error.

use std::collections::HashMap;

use qdrant_client::qdrant::{OrderValue, RetrievedPoint, ScoredPoint, order_value};
use serde::Deserialize;
use serde_json::value::RawValue;
use vectorfuse_core::error::Result;

use super::value::{Heard, Number, NumberOrText, fields};
use super::vectors;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Retrieved<'a> {
    id: NumberOrText,
    payload: Option<HashMap<String, Heard>>,
    #[serde(borrow)]
    vector: Option<&'a RawValue>,
    shard_key: Option<NumberOrText>,
    order_value: Option<Number>,
}

impl Retrieved<'_> {
    pub(super) fn message(self) -> Result<RetrievedPoint> {
        Ok(RetrievedPoint {
            id: Some(self.id.into()),
            payload: self.payload.map(fields).unwrap_or_default(),
            vectors: self.vector.map(vectors::heard).transpose()?,
            shard_key: self.shard_key.map(Into::into),
            order_value: self.order_value.map(order),
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scored<'a> {
    id: NumberOrText,
    version: u64,
    score: f32,
    payload: Option<HashMap<String, Heard>>,
    #[serde(borrow)]
    vector: Option<&'a RawValue>,
    shard_key: Option<NumberOrText>,
    order_value: Option<Number>,
}

impl Scored<'_> {
    pub(super) fn message(self) -> Result<ScoredPoint> {
        Ok(ScoredPoint {
            id: Some(self.id.into()),
            payload: self.payload.map(fields).unwrap_or_default(),
            score: self.score,
            version: self.version,
            vectors: self.vector.map(vectors::heard).transpose()?,
            shard_key: self.shard_key.map(Into::into),
            order_value: self.order_value.map(order),
        })
    }
}

fn order(number: Number) -> OrderValue {
    let variant = match number {
        Number::Integer(number) => order_value::Variant::Int(number),
        Number::Float(number) => order_value::Variant::Float(number),
    };
    OrderValue { variant: Some(variant) }
}
