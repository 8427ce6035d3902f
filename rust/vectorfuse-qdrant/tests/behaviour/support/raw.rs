//! Collections that others fill: with the server's own client, beside the product.

use std::collections::HashMap;

use qdrant_client::qdrant::{
    CreateCollectionBuilder, CreateFieldIndexCollectionBuilder, Distance, FieldType, ListValue, PointStruct, Struct,
    UpsertPointsBuilder, Value, VectorParamsBuilder, collections_client::CollectionsClient,
    points_client::PointsClient, value,
};
use serde_json::Value as Json;

use super::server::{Place, asking, channel};

/// A collection with an unnamed vector of two dimensions, filled by the server's own client.
pub async fn filled(what: &str, indexes: &[(&str, FieldType)], payloads: &[Json]) -> Place {
    let place = Place::shared(what);
    fill(&place, indexes, payloads).await;
    place
}

/// The same at a place that is given.
pub async fn fill(place: &Place, indexes: &[(&str, FieldType)], payloads: &[Json]) {
    let vectors = VectorParamsBuilder::new(2, Distance::Dot);
    let create = CreateCollectionBuilder::new(&place.collection).vectors_config(vectors).build();
    CollectionsClient::new(channel(&place.url)).create(asking(create)).await.unwrap();
    let mut points = PointsClient::new(channel(&place.url));
    for (field, kind) in indexes {
        let index = CreateFieldIndexCollectionBuilder::new(&place.collection, *field, *kind).wait(true).build();
        points.create_field_index(asking(index)).await.unwrap();
    }
    let rows = payloads.iter().enumerate().map(|(id, payload)| {
        let payload: HashMap<String, Value> =
            payload.as_object().unwrap().iter().map(|(name, member)| (name.clone(), value(member))).collect();
        PointStruct::new(id as u64, vec![1.0, 2.0], payload)
    });
    let upsert = UpsertPointsBuilder::new(&place.collection, rows.collect::<Vec<_>>()).wait(true).build();
    if !payloads.is_empty() {
        points.upsert(asking(upsert)).await.unwrap();
    }
}

/// As the server's own client sends it.
pub fn value(json: &Json) -> Value {
    let kind = match json {
        Json::Null => value::Kind::NullValue(0),
        Json::Bool(value) => value::Kind::BoolValue(*value),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => value::Kind::IntegerValue(integer),
            None => value::Kind::DoubleValue(number.as_f64().unwrap()),
        },
        Json::String(text) => value::Kind::StringValue(text.clone()),
        Json::Array(items) => value::Kind::ListValue(ListValue { values: items.iter().map(value).collect() }),
        Json::Object(members) => {
            let fields = members.iter().map(|(name, member)| (name.clone(), value(member))).collect();
            value::Kind::StructValue(Struct { fields })
        }
    };
    Value { kind: Some(kind) }
}
