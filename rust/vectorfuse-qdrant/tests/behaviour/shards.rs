//! Collections whose points users route to shards with keys: two shards can have points of the same id.

use std::collections::HashMap;

use qdrant_client::qdrant::{
    CreateCollectionBuilder, CreateShardKey, CreateShardKeyRequest, Distance, PointStruct, ShardKey, ShardKeySelector,
    ShardingMethod, UpsertPointsBuilder, Value, VectorParamsBuilder, collections_client::CollectionsClient,
    points_client::PointsClient, shard_key,
};
use serde_json::json;
use vectorfuse_core::error::Kind;
use vectorfuse_core::sample::Sample;
use vectorfuse_core::table::Scan;

use vectorfuse_behaviour::job::{Job, refused};
use crate::support::raw;
use crate::support::server::{Place, Server, asking, block_on, channel};
use vectorfuse_behaviour::values::{Val, text};

fn key(key: &str) -> ShardKey {
    let key = key.parse().map_or_else(|_| shard_key::Key::Keyword(key.to_owned()), shard_key::Key::Number);
    ShardKey { key: Some(key) }
}

const COUNT: u64 = 60;

/// Points 0 to 59 in the shards `a` and `b`, 30 to 89 in `7`: what is in `key` tells them apart.
async fn fill(place: &Place) {
    let mut collections = CollectionsClient::new(channel(&place.url));
    let create = CreateCollectionBuilder::new(&place.collection)
        .vectors_config(VectorParamsBuilder::new(2, Distance::Dot))
        .sharding_method(ShardingMethod::Custom.into());
    collections.create(asking(create.build())).await.unwrap();
    for name in ["a", "b", "7"] {
        let request = Some(CreateShardKey { shard_key: Some(key(name)), ..CreateShardKey::default() });
        let collection_name = place.collection.clone();
        let create = CreateShardKeyRequest { collection_name, request, timeout: None };
        collections.create_shard_key(asking(create)).await.unwrap();
        let start = if name == "7" { 30 } else { 0 };
        let points = (start..start + COUNT).map(|id| {
            let payload: HashMap<String, Value> =
                [("key".to_owned(), raw::value(&json!(name))), ("n".to_owned(), raw::value(&json!(id)))].into();
            PointStruct::new(id, vec![id as f32, 1.0], payload)
        });
        let upsert = UpsertPointsBuilder::new(&place.collection, points.collect::<Vec<_>>()).wait(true);
        let selector = ShardKeySelector { shard_keys: vec![key(name)], fallback: None };
        let upsert = upsert.shard_key_selector(selector).build();
        PointsClient::new(channel(&place.url)).upsert(asking(upsert)).await.unwrap();
    }
}

fn expected(keys: &[&str]) -> Vec<(String, u64)> {
    let mut rows: Vec<(String, u64)> = keys
        .iter()
        .flat_map(|key| {
            let start = if *key == "7" { 30 } else { 0 };
            (start..start + COUNT).map(|id| ((*key).to_owned(), id))
        })
        .collect();
    rows.sort();
    rows
}

fn rows(rows: &[Vec<Val>]) -> Vec<(String, u64)> {
    rows.iter()
        .map(|row| match &row[..] {
            [Val::Text(id), Val::Text(key)] => (key.clone(), id.parse().unwrap()),
            other => panic!("{other:?}"),
        })
        .collect()
}

/// The shard and id of each row, in the order in which the splits give them.
async fn read(job: &Job, splits: usize) -> Vec<(String, u64)> {
    let frames = job.read_scan(&job.scan(Some(&["id", "key"])).await.unwrap(), splits).await.unwrap();
    frames.iter().flat_map(|frame| rows(&frame.rows)).collect()
}

async fn each_once(place: &Place) {
    for (keys, named) in [("", vec!["7", "a", "b"]), ("a", vec!["a"]), ("b,7", vec!["7", "b"]), ("a, a", vec!["a"])] {
        for splits in [1, 2, 5] {
            // Pages that end between points of the same id, and pages that do not.
            for page in ["1", "2", "7", "1000"] {
                let job = Job::on(place).with("page_size", page);
                let job = if keys.is_empty() { job } else { job.with("shard_key", keys) };
                let mut found = read(&job, splits).await;
                found.sort();
                assert_eq!(found, expected(&named), "`{keys}` in {splits} splits and pages of {page}");
            }
        }
    }
}

#[test]
fn points_of_one_id_in_two_shards_are_two_rows_in_ranges() {
    block_on(async {
        let place = Place::shared("keys");
        fill(&place).await;
        each_once(&place).await;
    });
}

#[test]
fn points_of_one_id_in_two_shards_are_two_rows_in_slices() {
    block_on(async {
        let server = Server::start(&["--server-version", "1.19.0"]);
        let place = Place::at(&server.url, "keys");
        fill(&place).await;
        each_once(&place).await;
    });
}

#[test]
fn a_window_goes_through_one_shard_after_the_other() {
    block_on(async {
        let place = Place::shared("window");
        fill(&place).await;
        let window = |job: Job| async move { read(&job.with("page_size", "4"), 8).await };
        let job = Job::on(&place).with("shard_key", "b,a");
        let expected = expected(&["a", "b"]);
        assert_eq!(window(job.clone().with("limit", "5")).await, expected[..5]);
        assert_eq!(window(job.clone().with("limit", "70")).await, expected[..70]);
        let from: Vec<_> = expected.iter().filter(|(_, id)| *id >= 55).cloned().collect();
        assert_eq!(window(job.clone().with("offset", "55")).await, from);
        assert_eq!(window(job.with("offset", "55").with("limit", "7")).await, from[..7]);
    });
}

#[test]
fn rows_are_passed_over_and_drawn_shard_by_shard() {
    block_on(async {
        let place = Place::shared("shards_some");
        fill(&place).await;
        let all = expected(&["7", "a", "b"]);
        for page in ["1", "7", "1000"] {
            let job = Job::on(&place).with("page_size", page);
            let scan = job.scan(Some(&["id", "key"])).await.unwrap();
            for (limit, offset) in [(5, 58), (100, 55), (10, 175), (3, 400)] {
                let some = Scan { limit: Some(limit), offset: Some(offset), ..scan.clone() };
                let frames = job.read_scan(&some, 4).await.unwrap();
                let found: Vec<_> = frames.iter().flat_map(|frame| rows(&frame.rows)).collect();
                let end = usize::try_from(offset + limit).unwrap().min(all.len());
                let begin = usize::try_from(offset).unwrap().min(end);
                assert_eq!(found.len(), end - begin, "{limit} after {offset} in pages of {page}");
                let each: std::collections::BTreeSet<_> = found.iter().collect();
                assert_eq!(each.len(), found.len());
            }
            let mut drawn = Vec::new();
            for (lower, upper) in [(0.0, 0.2), (0.2, 0.9), (0.9, 1.0)] {
                let some = Scan { sample: Some(Sample { lower, upper, seed: 1 }), ..scan.clone() };
                let frames = job.read_scan(&some, 3).await.unwrap();
                drawn.extend(frames.iter().flat_map(|frame| rows(&frame.rows)));
            }
            drawn.sort();
            assert_eq!(drawn, all, "in pages of {page}");
        }
    });
}

#[test]
fn a_search_looks_into_the_shards_that_are_named() {
    block_on(async {
        let place = Place::shared("search");
        fill(&place).await;
        for page in ["1", "100"] {
            let job = Job::on(&place).with("query_vector", "[1, 0]").with("top_k", "3").with("page_size", page);
            let found = |job: Job| async move {
                let scan = job.scan(Some(&["id", "key"])).await.unwrap();
                rows(&job.read_scan(&scan, 1).await.unwrap()[0].rows)
            };
            let named = |key: &str, ids: [u64; 3]| ids.map(|id| (key.to_owned(), id)).to_vec();
            assert_eq!(found(job.clone().with("shard_key", "7")).await, named("7", [89, 88, 87]), "{page}");
            assert_eq!(found(job.clone().with("shard_key", "b")).await, named("b", [59, 58, 57]), "{page}");
            // Of the shards together, only `7` has the best ones.
            assert_eq!(found(job).await, named("7", [89, 88, 87]), "{page}");
        }
        let job = Job::on(&place).with("query_id", "85");
        refused(job.clone().with("shard_key", "a").table(None).await, Kind::NotFound, &["`85`"]);
        assert_eq!(job.with("shard_key", "7").read(1).await.unwrap().rows.len(), 10);
    });
}

#[test]
fn a_shard_key_that_is_not_there_is_not_found() {
    block_on(async {
        let place = Place::shared("nokey");
        fill(&place).await;
        for unknown in ["c", "8", "a,c"] {
            let result = Job::on(&place).with("shard_key", unknown).table(None).await;
            refused(result, Kind::NotFound, &["no shard key", "`7`, `a`, `b`", "shard_key", &place.collection]);
        }
    });
}

#[test]
fn the_schema_is_that_of_the_shards_that_are_read() {
    block_on(async {
        let place = Place::shared("shardschema");
        fill(&place).await;
        let read = Job::on(&place).with("shard_key", "7").with("filter", r#"{"must":[{"has_id":[30]}]}"#).read(2).await;
        assert_eq!(read.unwrap().select(&["key"]), [[text("7")]]);
    });
}
