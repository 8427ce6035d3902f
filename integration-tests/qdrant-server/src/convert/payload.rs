//! Payloads: the protocol's values and JSON. Integers stay integers and doubles keep every bit;
//! JSON has no NaN and no infinity, so those are refused.

use std::collections::HashMap;

use qdrant_client::qdrant::value::Kind;
use qdrant_client::qdrant::{ListValue, Struct, Value};
use qdrant_edge::{JsonPath, Payload};
use serde_json::Value as Json;
use tonic::Status;

use crate::refusal::Answer;

pub fn to_engine(payload: HashMap<String, Value>) -> Answer<Payload> {
    payload
        .into_iter()
        .map(|(key, value)| Ok((key, to_json(value)?)))
        .collect::<Answer<serde_json::Map<_, _>>>()
        .map(Payload)
}

pub fn from_engine(payload: Payload) -> HashMap<String, Value> {
    payload.0.into_iter().map(|(key, value)| (key, from_json(value))).collect()
}

fn to_json(value: Value) -> Answer<Json> {
    Ok(match value.kind {
        None | Some(Kind::NullValue(_)) => Json::Null,
        Some(Kind::BoolValue(flag)) => Json::Bool(flag),
        Some(Kind::IntegerValue(number)) => Json::Number(number.into()),
        Some(Kind::DoubleValue(number)) => Json::Number(
            serde_json::Number::from_f64(number)
                .ok_or_else(|| Status::invalid_argument("cannot convert to json number"))?,
        ),
        Some(Kind::StringValue(text)) => Json::String(text),
        Some(Kind::ListValue(list)) => Json::Array(list.values.into_iter().map(to_json).collect::<Answer<_>>()?),
        Some(Kind::StructValue(object)) => Json::Object(to_engine(object.fields)?.0),
    })
}

fn from_json(value: Json) -> Value {
    let kind = match value {
        Json::Null => Kind::NullValue(0),
        Json::Bool(flag) => Kind::BoolValue(flag),
        // A number above i64 can only have come as a double: the protocol has no wider integer.
        Json::Number(number) => match number.as_i64() {
            Some(integer) => Kind::IntegerValue(integer),
            None => Kind::DoubleValue(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Kind::StringValue(text),
        Json::Array(values) => Kind::ListValue(ListValue { values: values.into_iter().map(from_json).collect() }),
        Json::Object(fields) => Kind::StructValue(Struct { fields: from_engine(Payload(fields)) }),
    };
    Value { kind: Some(kind) }
}

pub fn path(text: &str) -> Answer<JsonPath> {
    text.parse().map_err(|()| Status::invalid_argument(format!("Invalid json path: '{text}'")))
}

pub fn paths(texts: &[String]) -> Answer<Vec<JsonPath>> {
    texts.iter().map(|text| path(text)).collect()
}
