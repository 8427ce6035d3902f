//! Sharding by hand: the keys of a collection, and which of them a request is for.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answered, Reply};
use super::collections::{Waiting, change};
use super::request::{Asked, Given};
use crate::catalog::Catalog;
use crate::refusal::refuse;
use crate::service::blocking;
use crate::shard_key::{Key, Selection};

/// The keys in the body of a read or a write.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Keys {
    One(Key),
    Many(Vec<Key>),
    Either(Either),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Either {
    target: Key,
    fallback: Key,
}

impl Keys {
    pub fn selected(given: Option<Self>) -> Selection {
        match given {
            None => Selection::Unsaid,
            Some(Self::One(key)) => Selection::Keys(vec![key]),
            Some(Self::Many(keys)) => Selection::Keys(keys),
            Some(Self::Either(Either { target, fallback })) => Selection::Fallback { target, fallback },
        }
    }
}

pub async fn listed(State(catalog): State<Arc<Catalog>>, Path(name): Path<String>) -> Answered<Value> {
    let keys = catalog.find(&name)?.parts().keys();
    let shown: Value = keys.iter().map(|key| json!({ "key": key.to_json() })).collect();
    Ok(Reply::since(Instant::now(), json!({ "shard_keys": shown })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Create {
    shard_key: Key,
    /// As many as there are nodes at most: the numbers of shards and replicas need nothing done.
    #[serde(rename = "shards_number")]
    _shards_number: Option<std::num::NonZeroU32>,
    #[serde(rename = "replication_factor")]
    _replication_factor: Option<std::num::NonZeroU32>,
    placement: Option<Vec<u64>>,
    initial_state: Option<String>,
}

pub async fn create(
    State(catalog): State<Arc<Catalog>>,
    Path(name): Path<String>,
    Asked(_): Asked<Waiting>,
    Given(given): Given<Create>,
) -> Answered<bool> {
    refuse("placement", &given.placement)?;
    refuse("initial_state", &given.initial_state)?;
    change(catalog, move |catalog| catalog.find(&name)?.add_key(given.shard_key).map(|()| true)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delete {
    shard_key: Key,
}

pub async fn delete(
    State(catalog): State<Arc<Catalog>>,
    Path(name): Path<String>,
    Asked(_): Asked<Waiting>,
    Given(given): Given<Delete>,
) -> Answered<bool> {
    change(catalog, move |catalog| catalog.find(&name)?.remove_key(&given.shard_key).map(|()| true)).await
}

pub async fn cluster(State(catalog): State<Arc<Catalog>>, Path(name): Path<String>) -> Answered<Value> {
    let start = Instant::now();
    let collection = catalog.find(&name)?;
    let cluster = blocking(move || Ok(collection.cluster())).await?;
    let local = cluster.shards.iter().map(|shard| {
        let mut shown = json!({ "shard_id": shard.id, "points_count": shard.points, "state": "Active" });
        if let Some(key) = &shard.key {
            shown["shard_key"] = key.to_json();
        }
        shown
    });
    let shown = json!({
        "peer_id": cluster.peer,
        "shard_count": cluster.shards.len(),
        "local_shards": local.collect::<Value>(),
        "remote_shards": [],
        "shard_transfers": [],
    });
    Ok(Reply::since(start, shown))
}
