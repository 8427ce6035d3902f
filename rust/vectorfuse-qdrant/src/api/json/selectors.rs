//! What requests have in common: whom they are for, what they ask for, and their parameters.

use qdrant_client::qdrant::points_selector::PointsSelectorOneOf;
use qdrant_client::qdrant::read_consistency;
use qdrant_client::qdrant::shard_key::Key;
use qdrant_client::qdrant::with_payload_selector::SelectorOptions as PayloadOptions;
use qdrant_client::qdrant::with_vectors_selector::SelectorOptions as VectorOptions;
use qdrant_client::qdrant::{
    OrderBy, PointId, PointsSelector, ReadConsistency, ReadConsistencyType, ShardKey, ShardKeySelector,
    WithPayloadSelector, WithVectorsSelector, WriteOrdering, WriteOrderingType, start_from,
};
use serde_json::{Value, json};
use vectorfuse_core::error::Result;

use super::names::{name, optional};
use super::value::Id;
use super::{Path, filter, given, object, to_value, value};

/// Of a write: `wait` is false where nothing is said, over both protocols.
pub(super) fn writing(
    path: Path,
    wait: Option<bool>,
    ordering: &Option<WriteOrdering>,
    timeout: Option<u64>,
) -> Result<Path> {
    let ordering = ordering.as_ref().map(|ordering| name::<WriteOrderingType>(ordering.r#type)).transpose()?;
    Ok(path.with("wait", wait).with("ordering", ordering).with("timeout", timeout))
}

/// Of a read.
pub(super) fn reading(path: Path, consistency: &Option<ReadConsistency>, timeout: Option<u64>) -> Result<Path> {
    let consistency = match consistency.as_ref().and_then(|consistency| consistency.value) {
        None => None,
        Some(read_consistency::Value::Type(number)) => Some(name::<ReadConsistencyType>(number)?.to_owned()),
        Some(read_consistency::Value::Factor(factor)) => Some(factor.to_string()),
    };
    Ok(path.with("consistency", consistency).with("timeout", timeout))
}

pub(super) fn ids(ids: &[PointId]) -> Result<Value> {
    ids.iter().map(|id| to_value(&Id(id))).collect()
}

/// `points` or `filter`, of which the other is none.
pub(super) fn selected(selector: &Option<PointsSelector>) -> Result<(Option<Value>, Option<Value>)> {
    let selector = given(selector.as_ref(), "points")?;
    match given(selector.points_selector_one_of.as_ref(), "points")? {
        PointsSelectorOneOf::Points(points) => Ok((Some(ids(&points.ids)?), None)),
        PointsSelectorOneOf::Filter(filter) => Ok((None, Some(filter::said(filter)?))),
    }
}

pub(super) fn shard_key(key: &ShardKey) -> Result<Value> {
    Ok(match given(key.key.as_ref(), "a shard key")? {
        Key::Keyword(word) => json!(word),
        Key::Number(number) => json!(number),
    })
}

pub(super) fn shard_keys(selector: &Option<ShardKeySelector>) -> Result<Option<Value>> {
    let Some(selector) = selector else { return Ok(None) };
    let keys = selector.shard_keys.iter().map(shard_key).collect::<Result<Vec<_>>>()?;
    Ok(match (keys.as_slice(), &selector.fallback) {
        ([], None) => None,
        ([target], Some(fallback)) => Some(json!({ "target": target, "fallback": shard_key(fallback)? })),
        (_, Some(_)) => return Err(super::unsaid("a fallback of not one shard key")),
        (_, None) => Some(Value::Array(keys)),
    })
}

pub(super) fn with_payload(selector: &Option<WithPayloadSelector>) -> Option<Value> {
    match selector.as_ref()?.selector_options.as_ref()? {
        PayloadOptions::Enable(all) => value(*all),
        PayloadOptions::Include(keys) => Some(json!({ "include": keys.fields })),
        PayloadOptions::Exclude(keys) => Some(json!({ "exclude": keys.fields })),
    }
}

pub(super) fn with_vectors(selector: &Option<WithVectorsSelector>) -> Option<Value> {
    match selector.as_ref()?.selector_options.as_ref()? {
        VectorOptions::Enable(all) => value(*all),
        VectorOptions::Include(names) => Some(json!(names.names)),
    }
}

pub(super) fn order_by(order: &OrderBy) -> Result<Value> {
    let start = match order.start_from.as_ref().and_then(|start| start.value.as_ref()) {
        None => None,
        Some(start_from::Value::Integer(number)) => value(*number),
        Some(start_from::Value::Float(number)) => value(*number),
        Some(start_from::Value::Datetime(text)) => value(text.as_str()),
        Some(start_from::Value::Timestamp(time)) => value(filter::moment(time)?),
    };
    Ok(object([
        ("key", value(order.key.as_str())),
        ("direction", optional::<qdrant_client::qdrant::Direction>(order.direction)?),
        ("start_from", start),
    ]))
}
