//! Requests that change points. The bodies of the single requests and the operations of a batch are the same.

use std::collections::HashMap;

use http::Method;
use qdrant_client::qdrant::points_update_operation::Operation;
use qdrant_client::qdrant::{
    DeletePoints, Filter, PointStruct, PointVectors, PointsOperationResponse, PointsSelector, PointsUpdateOperation,
    ShardKeySelector, UpdateBatchPoints, UpdateBatchResponse, UpdateMode, UpdateResult, UpdateStatus, UpsertPoints,
    Value as PayloadValue, VectorsSelector,
};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vectorfuse_core::error::Result;

use super::names::{number, optional};
use super::selectors::{selected, shard_keys, writing};
use super::value::{Fields, Id};
use super::{Path, Question, Rest, filter, given, object, result, to_value, vectors};

fn points(collection: &str, route: &str) -> Path {
    Path::collection(collection).route("/points").route(route)
}

/// One or more objects, one after the other: the points, and what else their request says.
struct Points<'a, T>(&'a [T], Value);

impl<T> Serialize for Points<'_, T>
where
    for<'p> Point<'p, T>: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct List<'a, T>(&'a [T]);
        impl<T> Serialize for List<'_, T>
        where
            for<'p> Point<'p, T>: Serialize,
        {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(self.0.iter().map(Point))
            }
        }
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("points", &List(self.0))?;
        for (name, value) in self.1.as_object().into_iter().flatten() {
            object.serialize_entry(name, value)?;
        }
        object.end()
    }
}

/// A point as a request gives it.
struct Point<'a, T>(&'a T);

impl Serialize for Point<'_, PointStruct> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("id", &self.0.id.as_ref().map(Id))?;
        object.serialize_entry("vector", &vectors::Said(self.0.vectors.as_ref()))?;
        if !self.0.payload.is_empty() {
            object.serialize_entry("payload", &Fields(&self.0.payload))?;
        }
        object.end()
    }
}

impl Serialize for Point<'_, PointVectors> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("id", &self.0.id.as_ref().map(Id))?;
        object.serialize_entry("vector", &vectors::Said(self.0.vectors.as_ref()))?;
        object.end()
    }
}

fn upsert<'a>(
    points: &'a [PointStruct],
    keys: &Option<ShardKeySelector>,
    update_filter: &Option<Filter>,
    mode: Option<i32>,
) -> Result<Points<'a, PointStruct>> {
    let rest = object([
        ("shard_key", shard_keys(keys)?),
        ("update_filter", filter::optional(update_filter)?),
        ("update_mode", optional::<UpdateMode>(mode)?),
    ]);
    Ok(Points(points, rest))
}

fn update_vectors<'a>(
    points: &'a [PointVectors],
    keys: &Option<ShardKeySelector>,
    update_filter: &Option<Filter>,
) -> Result<Points<'a, PointVectors>> {
    let rest = object([("shard_key", shard_keys(keys)?), ("update_filter", filter::optional(update_filter)?)]);
    Ok(Points(points, rest))
}

fn selection(selector: &Option<PointsSelector>, keys: &Option<ShardKeySelector>) -> Result<Value> {
    let (points, filter) = selected(selector)?;
    Ok(object([("points", points), ("filter", filter), ("shard_key", shard_keys(keys)?)]))
}

fn payload(
    payload: &HashMap<String, PayloadValue>,
    selector: &Option<PointsSelector>,
    keys: &Option<ShardKeySelector>,
    key: &Option<String>,
) -> Result<Value> {
    let (points, filter) = selected(selector)?;
    Ok(object([
        ("payload", Some(to_value(&Fields(payload))?)),
        ("points", points),
        ("filter", filter),
        ("key", key.as_deref().map(Value::from)),
        ("shard_key", shard_keys(keys)?),
    ]))
}

fn delete_payload(
    names: &[String],
    selector: &Option<PointsSelector>,
    keys: &Option<ShardKeySelector>,
) -> Result<Value> {
    let (points, filter) = selected(selector)?;
    Ok(object([("keys", Some(json!(names))), ("points", points), ("filter", filter), ("shard_key", shard_keys(keys)?)]))
}

fn delete_vectors(
    names: &Option<VectorsSelector>,
    selector: &Option<PointsSelector>,
    keys: &Option<ShardKeySelector>,
) -> Result<Value> {
    let (points, filter) = selected(selector)?;
    Ok(object([
        ("vector", Some(json!(given(names.as_ref(), "the names of vectors")?.names))),
        ("points", points),
        ("filter", filter),
        ("shard_key", shard_keys(keys)?),
    ]))
}

/// A request for one kind of change: its route, its body, and the one kind of answer.
macro_rules! changes {
    ($($request:ident: $method:ident $route:literal, $given:ident => $body:expr;)*) => {
        $(impl Rest for $request {
            fn question(&self) -> Result<Question> {
                let $given = self;
                let path = points(&self.collection_name, $route);
                let path = writing(path, self.wait, &self.ordering, self.timeout)?;
                Question::new(Method::$method, path, &$body?)
            }
            fn answer(body: &[u8]) -> Result<PointsOperationResponse> {
                updated(body)
            }
        })*
    };
}

changes! {
    UpsertPoints: PUT "", it => upsert(&it.points, &it.shard_key_selector, &it.update_filter, it.update_mode);
    DeletePoints: POST "/delete", it => selection(&it.points, &it.shard_key_selector);
}

impl Rest for UpdateBatchPoints {
    fn question(&self) -> Result<Question> {
        let path = points(&self.collection_name, "/batch");
        let path = writing(path, self.wait, &self.ordering, self.timeout)?;
        let operations = self.operations.iter().map(operation).collect::<Result<_>>()?;
        Question::new(Method::POST, path, &Operations { operations })
    }

    fn answer(body: &[u8]) -> Result<UpdateBatchResponse> {
        let (updates, time): (Vec<Updated>, f64) = result(body)?;
        let result = updates.into_iter().map(Updated::message).collect::<Result<_>>()?;
        Ok(UpdateBatchResponse { result, time, usage: None })
    }
}

#[derive(Serialize)]
struct Operations<'a> {
    operations: Vec<Named<'a>>,
}

/// An operation under its name.
enum Named<'a> {
    Upsert(Points<'a, PointStruct>),
    UpdateVectors(Points<'a, PointVectors>),
    Other(&'static str, Value),
}

impl Serialize for Named<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(Some(1))?;
        match self {
            Self::Upsert(points) => object.serialize_entry("upsert", points)?,
            Self::UpdateVectors(points) => object.serialize_entry("update_vectors", points)?,
            Self::Other(name, body) => object.serialize_entry(name, body)?,
        }
        object.end()
    }
}

fn operation(operation: &PointsUpdateOperation) -> Result<Named<'_>> {
    #[expect(deprecated, reason = "whoever makes one means what it says")]
    let (name, body) = match given(operation.operation.as_ref(), "an operation's kind")? {
        Operation::Upsert(it) => {
            return upsert(&it.points, &it.shard_key_selector, &it.update_filter, it.update_mode).map(Named::Upsert);
        }
        Operation::DeletePoints(it) => ("delete", selection(&it.points, &it.shard_key_selector)?),
        Operation::DeleteDeprecated(selector) => ("delete", selection(&Some(selector.clone()), &None)?),
        Operation::SetPayload(it) => {
            ("set_payload", payload(&it.payload, &it.points_selector, &it.shard_key_selector, &it.key)?)
        }
        Operation::OverwritePayload(it) => {
            ("overwrite_payload", payload(&it.payload, &it.points_selector, &it.shard_key_selector, &it.key)?)
        }
        Operation::DeletePayload(it) => {
            ("delete_payload", delete_payload(&it.keys, &it.points_selector, &it.shard_key_selector)?)
        }
        Operation::ClearPayload(it) => ("clear_payload", selection(&it.points, &it.shard_key_selector)?),
        Operation::ClearPayloadDeprecated(selector) => ("clear_payload", selection(&Some(selector.clone()), &None)?),
        Operation::UpdateVectors(it) => {
            return update_vectors(&it.points, &it.shard_key_selector, &it.update_filter).map(Named::UpdateVectors);
        }
        Operation::DeleteVectors(it) => {
            ("delete_vectors", delete_vectors(&it.vectors, &it.points_selector, &it.shard_key_selector)?)
        }
    };
    Ok(Named::Other(name, body))
}

#[derive(Deserialize)]
struct Updated {
    operation_id: Option<u64>,
    status: String,
}

impl Updated {
    fn message(self) -> Result<UpdateResult> {
        Ok(UpdateResult { operation_id: self.operation_id, status: number::<UpdateStatus>(&self.status)? })
    }
}

pub(super) fn updated(body: &[u8]) -> Result<PointsOperationResponse> {
    let (update, time): (Updated, f64) = result(body)?;
    Ok(PointsOperationResponse { result: Some(update.message()?), time, usage: None })
}
