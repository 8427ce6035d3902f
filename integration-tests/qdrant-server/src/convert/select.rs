//! What a read asks for: which payload keys, which vectors, in which order.

use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::{start_from, with_payload_selector, with_vectors_selector};
use qdrant_edge::{
    DateTimeWrapper, Direction, OrderBy, PayloadSelector, PayloadSelectorExclude, PayloadSelectorInclude, StartFrom,
    WithPayloadInterface, WithVector,
};
use tonic::Status;

use super::payload::{path, paths};
use crate::refusal::Answer;

/// `absent` is what the call takes when nothing was said: the calls differ in it.
pub fn with_payload(selector: Option<proto::WithPayloadSelector>, absent: bool) -> Answer<WithPayloadInterface> {
    use with_payload_selector::SelectorOptions;
    let Some(selector) = selector else {
        return Ok(WithPayloadInterface::Bool(absent));
    };
    Ok(match selector.selector_options {
        None => return Err(Status::invalid_argument("No PayloadSelector")),
        Some(SelectorOptions::Enable(flag)) => WithPayloadInterface::Bool(flag),
        Some(SelectorOptions::Include(keys)) => {
            WithPayloadInterface::Selector(PayloadSelector::Include(PayloadSelectorInclude::new(paths(&keys.fields)?)))
        }
        Some(SelectorOptions::Exclude(keys)) => {
            WithPayloadInterface::Selector(PayloadSelector::Exclude(PayloadSelectorExclude::new(paths(&keys.fields)?)))
        }
    })
}

pub fn with_vectors(selector: Option<proto::WithVectorsSelector>) -> WithVector {
    use with_vectors_selector::SelectorOptions;
    match selector.and_then(|selector| selector.selector_options) {
        None => WithVector::Bool(false),
        Some(SelectorOptions::Enable(flag)) => WithVector::Bool(flag),
        Some(SelectorOptions::Include(names)) => WithVector::Selector(names.names),
    }
}

pub fn order_by(order: proto::OrderBy) -> Answer<OrderBy> {
    Ok(OrderBy {
        key: path(&order.key)?,
        direction: match order.direction.map(proto::Direction::try_from) {
            None => None,
            Some(Ok(proto::Direction::Asc)) => Some(Direction::Asc),
            Some(Ok(proto::Direction::Desc)) => Some(Direction::Desc),
            Some(Err(_)) => return Err(Status::invalid_argument("Unknown direction")),
        },
        start_from: match order.start_from.and_then(|start| start.value) {
            None => None,
            Some(start_from::Value::Integer(number)) => Some(StartFrom::Integer(number)),
            Some(start_from::Value::Float(number)) => Some(StartFrom::Float(number)),
            Some(start_from::Value::Timestamp(time)) => Some(StartFrom::Datetime(timestamp(time)?)),
            Some(start_from::Value::Datetime(text)) => Some(StartFrom::Datetime(
                text.parse::<DateTimeWrapper>()
                    .map_err(|why| Status::invalid_argument(format!("Malformed datetime: {why}")))?,
            )),
        },
    })
}

pub fn timestamp(time: prost_types::Timestamp) -> Answer<DateTimeWrapper> {
    u32::try_from(time.nanos)
        .ok()
        .and_then(|nanos| chrono::DateTime::from_timestamp(time.seconds, nanos))
        .map(DateTimeWrapper)
        .ok_or_else(|| Status::invalid_argument(format!("Unable to parse timestamp: {time:?}")))
}
