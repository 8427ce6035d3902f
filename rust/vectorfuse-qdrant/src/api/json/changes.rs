//! Requests that change points. The bodies of the single requests and the operations of a batch are the same.

use std::collections::HashMap;

use http::Method;
use qdrant_client::qdrant::points_update_operation::Operation;
use qdrant_client::qdrant::{
    DeletePoints, Filter, PointId, PointStruct, PointVectors, PointsOperationResponse, PointsSelector,
    PointsUpdateOperation, ShardKeySelector, UpdateBatchPoints, UpdateBatchResponse, UpdateMode, UpdateResult,
    UpdateStatus, UpsertPoints, Value as PayloadValue, Vectors, VectorsSelector,
};
use serde::Deserialize;
use serde_json::{Value, json};
use vectorfuse_core::error::Result;

use super::body::Body;
use super::names::{number, optional};
use super::selectors::{selected, shard_keys, writing};
use super::value::{Fields, Id};
use super::{Path, Question, Rest, filter, given, object, result, to_value, vectors};

fn path(collection: &str, route: &str) -> Path {
    Path::collection(collection).route("/points").route(route)
}

/// The points of a request, and what else it says.
struct Points<'a> {
    points: List<'a>,
    rest: Value,
}

enum List<'a> {
    Whole(&'a [PointStruct]),
    Vectors(&'a [PointVectors]),
}

impl Points<'_> {
    fn say(&self, body: &mut Body) -> Result<()> {
        body.raw(r#"{"points":"#);
        match self.points {
            List::Whole(points) => {
                body.list(points, |body, it| say(body, it.id.as_ref(), it.vectors.as_ref(), &it.payload))?;
            }
            List::Vectors(points) => {
                let nothing = HashMap::new();
                body.list(points, |body, it| say(body, it.id.as_ref(), it.vectors.as_ref(), &nothing))?;
            }
        }
        for (name, value) in self.rest.as_object().into_iter().flatten() {
            body.raw(",");
            body.value(name)?;
            body.raw(":");
            body.value(value)?;
        }
        body.raw("}");
        Ok(())
    }
}

/// A point as a request gives it.
fn say(
    body: &mut Body,
    id: Option<&PointId>,
    vectors: Option<&Vectors>,
    payload: &HashMap<String, PayloadValue>,
) -> Result<()> {
    body.raw(r#"{"id":"#);
    body.value(&id.map(Id))?;
    body.raw(r#","vector":"#);
    vectors::say(vectors, body)?;
    if !payload.is_empty() {
        body.raw(r#","payload":"#);
        body.value(&Fields(payload))?;
    }
    body.raw("}");
    Ok(())
}

fn upsert<'a>(
    points: &'a [PointStruct],
    keys: &Option<ShardKeySelector>,
    update_filter: &Option<Filter>,
    mode: Option<i32>,
) -> Result<Points<'a>> {
    let rest = object([
        ("shard_key", shard_keys(keys)?),
        ("update_filter", filter::optional(update_filter)?),
        ("update_mode", optional::<UpdateMode>(mode)?),
    ]);
    Ok(Points { points: List::Whole(points), rest })
}

fn update_vectors<'a>(
    points: &'a [PointVectors],
    keys: &Option<ShardKeySelector>,
    update_filter: &Option<Filter>,
) -> Result<Points<'a>> {
    let rest = object([("shard_key", shard_keys(keys)?), ("update_filter", filter::optional(update_filter)?)]);
    Ok(Points { points: List::Vectors(points), rest })
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

impl Rest for UpsertPoints {
    fn question(&self) -> Result<Question> {
        let path = writing(path(&self.collection_name, ""), self.wait, &self.ordering, self.timeout)?;
        let mut body = Body::default();
        upsert(&self.points, &self.shard_key_selector, &self.update_filter, self.update_mode)?.say(&mut body)?;
        Ok(Question::written(Method::PUT, path, body))
    }

    fn answer(body: &[u8]) -> Result<PointsOperationResponse> {
        updated(body)
    }
}

impl Rest for DeletePoints {
    fn question(&self) -> Result<Question> {
        let path = writing(path(&self.collection_name, "/delete"), self.wait, &self.ordering, self.timeout)?;
        Question::new(Method::POST, path, &selection(&self.points, &self.shard_key_selector)?)
    }

    fn answer(body: &[u8]) -> Result<PointsOperationResponse> {
        updated(body)
    }
}

impl Rest for UpdateBatchPoints {
    fn question(&self) -> Result<Question> {
        let path = writing(path(&self.collection_name, "/batch"), self.wait, &self.ordering, self.timeout)?;
        let mut body = Body::default();
        body.raw(r#"{"operations":"#);
        body.list(&self.operations, |body, it| operation(it)?.say(body))?;
        body.raw("}");
        Ok(Question::written(Method::POST, path, body))
    }

    fn answer(body: &[u8]) -> Result<UpdateBatchResponse> {
        let (updates, time): (Vec<Updated>, f64) = result(body)?;
        let result = updates.into_iter().map(Updated::message).collect::<Result<_>>()?;
        Ok(UpdateBatchResponse { result, time, usage: None })
    }
}

/// An operation under its name.
enum Named<'a> {
    Points(&'static str, Points<'a>),
    Other(&'static str, Value),
}

impl Named<'_> {
    fn say(&self, body: &mut Body) -> Result<()> {
        let (Self::Points(name, _) | Self::Other(name, _)) = self;
        body.raw("{");
        body.value(name)?;
        body.raw(":");
        match self {
            Self::Points(_, points) => points.say(body)?,
            Self::Other(_, value) => body.value(value)?,
        }
        body.raw("}");
        Ok(())
    }
}

fn operation(operation: &PointsUpdateOperation) -> Result<Named<'_>> {
    #[expect(deprecated, reason = "whoever makes one means what it says")]
    let (name, body) = match given(operation.operation.as_ref(), "an operation's kind")? {
        Operation::Upsert(it) => {
            let points = upsert(&it.points, &it.shard_key_selector, &it.update_filter, it.update_mode)?;
            return Ok(Named::Points("upsert", points));
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
            let points = update_vectors(&it.points, &it.shard_key_selector, &it.update_filter)?;
            return Ok(Named::Points("update_vectors", points));
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
