//! Over REST: what is sharded by hand, the limits of strict mode, and the conditions that came with 1.19.

#![allow(clippy::unwrap_used, reason = "an error fails the test")]

mod common;

use common::rest::{Both, Rest};
use common::sharded::listed;
use qdrant_client::qdrant as proto;
use reqwest::Method;
use serde_json::{Value, json};

const POINTS: &str = "/collections/c/points";

async fn ids(rest: &Rest, body: Value) -> Vec<u64> {
    let page = rest.done(Method::POST, "/collections/c/points/scroll", body).await;
    page["points"].as_array().unwrap().iter().map(|point| point["id"].as_u64().unwrap()).collect()
}

fn point(id: u64) -> Value {
    json!({ "id": id, "vector": [id, 1], "payload": { "n": id } })
}

/// 1 and 3 in `a`, 2 and 4 in `7`.
async fn sharded() -> Both {
    let both = Both::make(&[]).await;
    let rest = &both.rest;
    rest.ask(Method::DELETE, "/collections/c", None).await;
    let definition = json!({ "vectors": { "size": 2, "distance": "Dot" }, "sharding_method": "custom" });
    rest.done(Method::PUT, "/collections/c", definition).await;
    for key in [json!("a"), json!(7)] {
        rest.done(Method::PUT, "/collections/c/shards", json!({ "shard_key": key, "shards_number": 1 })).await;
    }
    for (key, numbers) in [(json!("a"), [1, 3]), (json!([7]), [2, 4])] {
        let body = json!({ "points": numbers.map(point), "shard_key": key });
        rest.done(Method::PUT, "/collections/c/points?wait=true", body).await;
    }
    both
}

#[tokio::test]
async fn shard_keys_come_and_go_and_are_the_shards_of_the_cluster() {
    let mut both = sharded().await;
    let rest = &both.rest;
    let keys = rest.get("/collections/c/shards").await.1;
    assert_eq!(keys["result"], json!({ "shard_keys": [{ "key": "a" }, { "key": 7 }] }));
    assert_eq!(rest.get("/collections/c").await.1["result"]["config"]["params"]["sharding_method"], json!("custom"));
    let (code, answer) = rest.put("/collections/c/shards", json!({ "shard_key": "a" })).await;
    assert_eq!(code, 400);
    assert_eq!(answer["status"]["error"], json!("Bad request: Sharding key \"a\" already exists for collection c"));
    let cluster = rest.get("/collections/c/cluster").await.1["result"].clone();
    assert_eq!((&cluster["shard_count"], &cluster["remote_shards"]), (&json!(2), &json!([])));
    assert_eq!(
        cluster["local_shards"],
        json!([{ "shard_id": 0, "points_count": 2, "state": "Active", "shard_key": "a" },
               { "shard_id": 1, "points_count": 2, "state": "Active", "shard_key": 7 }])
    );
    let asked = proto::CollectionClusterInfoRequest { collection_name: "c".to_owned() };
    let cluster = both.grpc.collections.collection_cluster_info(asked).await.unwrap().into_inner();
    let shards = cluster.local_shards.iter().map(|shard| (shard.points_count, shard.shard_key.clone().unwrap()));
    assert_eq!(shards.collect::<Vec<_>>(), [(2, "a".to_owned().into()), (2, 7.into())]);
    let asked = json!({ "ids": [1, 2], "with_payload": false });
    let mut found = rest.post("/collections/c/points", asked).await.1["result"].as_array().unwrap().clone();
    found.sort_by_key(|point| point["id"].as_u64());
    assert_eq!(found, [json!({ "id": 1, "shard_key": "a" }), json!({ "id": 2, "shard_key": 7 })]);

    rest.done(Method::POST, "/collections/c/shards/delete", json!({ "shard_key": "a" })).await;
    assert_eq!(listed(&mut both.grpc, "c").await, [proto::ShardKey::from(7)]);
    assert_eq!(ids(rest, json!({})).await, [2, 4]);
    let (code, _) = rest.post("/collections/c/shards/delete", json!({ "shard_key": "a" })).await;
    assert_eq!(code, 400);
    assert_eq!(rest.get("/collections/none/cluster").await.0, 404);
}

#[tokio::test]
async fn a_collection_the_server_spreads_is_one_shard_without_a_key() {
    let both = Both::make(&[]).await;
    let cluster = both.rest.get("/collections/c/cluster").await.1["result"].clone();
    assert_eq!(cluster["local_shards"], json!([{ "shard_id": 0, "points_count": 0, "state": "Active" }]));
    let (code, answer) = both.rest.put("/collections/c/shards", json!({ "shard_key": "a" })).await;
    let words = "Bad request: Shard Key cannot be created with Auto sharding method";
    assert_eq!((code, &answer["status"]["error"]), (400, &json!(words)));
}

#[tokio::test]
async fn a_read_says_which_keys_it_is_for() {
    let both = sharded().await;
    let rest = &both.rest;
    for (key, expected) in [
        (json!("a"), vec![1, 3]),
        (json!(7), vec![2, 4]),
        (json!(["a", 7]), vec![1, 2, 3, 4]),
        (json!({ "target": "b", "fallback": "a" }), vec![1, 3]),
        (json!({ "target": 7, "fallback": "a" }), vec![2, 4]),
    ] {
        assert_eq!(ids(rest, json!({ "shard_key": key })).await, expected, "{key}");
        let count = rest.done(Method::POST, "/collections/c/points/count", json!({ "shard_key": key })).await;
        assert_eq!(count["count"], json!(expected.len()));
        let found = rest.done(Method::POST, POINTS, json!({ "ids": [1, 2, 3, 4], "shard_key": key })).await;
        assert_eq!(found.as_array().unwrap().len(), expected.len());
        let body = json!({ "query": [1, 0], "shard_key": key });
        let found = rest.done(Method::POST, "/collections/c/points/query", body).await;
        let best = found["points"].as_array().unwrap().iter().map(|point| point["id"].as_u64().unwrap());
        assert_eq!(best.rev().collect::<Vec<_>>(), expected);
    }
    let (code, answer) = rest.post("/collections/c/points/scroll", json!({ "shard_key": "b" })).await;
    assert_eq!((code, &answer["status"]["error"]), (400, &json!("Bad request: Shard key \"b\" not found")));
    assert_eq!(rest.post("/collections/c/points/scroll", json!({ "shard_key": true })).await.0, 400);
    let neither = json!({ "shard_key": { "target": "b", "fallback": "c" } });
    assert_eq!(rest.post("/collections/c/points/scroll", neither).await.0, 404);
}

#[tokio::test]
async fn every_write_goes_to_its_key_alone_and_one_without_a_key_is_refused() {
    let both = sharded().await;
    let rest = &both.rest;
    let all = json!({ "must": [{ "key": "n", "range": { "gte": 0 } }] });
    for (method, path, body) in [
        (Method::POST, "/payload", json!({ "payload": { "set": 1 }, "filter": all })),
        (Method::POST, "/payload/delete", json!({ "keys": ["x"], "filter": all })),
        (Method::PUT, "/vectors", json!({ "points": [{ "id": 1, "vector": [9, 9] }] })),
        (Method::POST, "/vectors/delete", json!({ "points": [1], "vector": [""] })),
        (Method::PUT, "/payload", json!({ "payload": { "n": 1 }, "points": [1] })),
        (Method::POST, "/payload/clear", json!({ "points": [3] })),
        (Method::POST, "/delete", json!({ "filter": all })),
        (Method::PUT, "", json!({ "points": [point(5)] })),
    ] {
        let path = format!("{POINTS}{path}?wait=true");
        let (code, answer) = rest.ask(method.clone(), &path, Some(body.clone())).await;
        assert_eq!((code, &answer["status"]["error"]), (400, &json!("Wrong input: Shard key not specified")), "{path}");
        let mut placed = body;
        placed["shard_key"] = json!("a");
        rest.done(method, &path, placed).await;
    }
    assert_eq!(ids(rest, json!({ "shard_key": "a" })).await, [3, 5], "3 had no `n` when all that had were deleted");
    let untouched = rest.done(Method::POST, "/collections/c/points/scroll", json!({ "shard_key": 7 })).await;
    assert_eq!(
        untouched["points"].as_array().unwrap().iter().map(|one| &one["payload"]).collect::<Vec<_>>(),
        [&json!({ "n": 2 }), &json!({ "n": 4 })]
    );
    let batch = json!({ "operations": [
        { "upsert": { "points": [point(8)], "shard_key": 7, "update_mode": "insert_only" } },
        { "delete": { "points": [3], "shard_key": { "target": "b", "fallback": "a" } } } ] });
    rest.done(Method::POST, "/collections/c/points/batch?wait=true", batch).await;
    assert_eq!(ids(rest, json!({})).await, [2, 4, 5, 8]);
}

#[tokio::test]
async fn strict_mode_is_set_shown_and_held() {
    let both = Both::make(&[]).await;
    let rest = &both.rest;
    rest.ask(Method::DELETE, "/collections/c", None).await;
    let definition = json!({ "vectors": { "size": 2, "distance": "Dot" },
        "strict_mode_config": { "enabled": true, "max_query_limit": 5, "upsert_max_batchsize": 2, "max_timeout": 9 } });
    rest.done(Method::PUT, "/collections/c", definition).await;
    let change = json!({ "strict_mode_config": { "search_max_batchsize": 1, "unindexed_filtering_retrieve": false } });
    rest.done(Method::PATCH, "/collections/c", change).await;
    assert_eq!(
        rest.get("/collections/c").await.1["result"]["config"]["strict_mode_config"],
        json!({ "enabled": true, "max_query_limit": 5, "upsert_max_batchsize": 2, "max_timeout": 9,
                "search_max_batchsize": 1, "unindexed_filtering_retrieve": false })
    );
    let unindexed = json!({ "filter": { "must": [{ "key": "n", "match": { "value": 1 } }] } });
    for (method, path, body, words) in [
        (Method::PUT, "", json!({ "points": [point(1), point(2), point(3)] }), "Limit exceeded 3 > 2"),
        (Method::POST, "/scroll", json!({ "limit": 6 }), "Limit exceeded 6 > 5 for \"limit\""),
        (Method::POST, "/scroll?timeout=10", json!({ "limit": 1 }), "Limit exceeded 10 > 9 for \"timeout\""),
        (Method::POST, "/scroll", unindexed, "Index required but not found for \"n\""),
        (Method::POST, "/query/batch", json!({ "searches": [{ "limit": 1 }, { "limit": 1 }] }), "search batch size"),
    ] {
        let (code, answer) = rest.ask(method, &format!("{POINTS}{path}"), Some(body)).await;
        let said = answer["status"]["error"].as_str().unwrap_or_default();
        assert!(code == 400 && said.contains(words), "{path}: {code} {answer}");
    }
}

#[tokio::test]
async fn slices_part_the_points_and_prefixes_match_from_1_19_on() {
    let both = Both::make(&["--server-version", "1.19.0"]).await;
    let rest = &both.rest;
    let named = |id: u64| json!({ "id": id, "vector": [id, 1], "payload": { "s": format!("{}-{id}", id % 2) } });
    rest.done(
        Method::PUT,
        "/collections/c/points?wait=true",
        json!({ "points": (1..=40).map(named).collect::<Vec<_>>() }),
    )
    .await;
    let mut seen = Vec::new();
    for index in 0..3 {
        let slice = json!({ "slice": { "total": 3, "index": index } });
        let part = ids(rest, json!({ "limit": 100, "filter": { "must": [slice] } })).await;
        let rest_of_them = ids(rest, json!({ "limit": 100, "filter": { "must_not": slice } })).await;
        assert!(!part.is_empty() && part.len() + rest_of_them.len() == 40);
        seen.extend(part);
    }
    seen.sort_unstable();
    assert_eq!(seen, (1..=40).collect::<Vec<_>>());
    let odd = json!({ "key": "s", "match": { "prefix": "1-" } });
    let few = json!({ "must": [odd, { "has_id": [1, 2, 3] }] });
    assert_eq!(ids(rest, json!({ "filter": few })).await, [1, 3]);
    let inner = json!({ "must": { "should": [odd] }, "min_should": { "conditions": [few], "min_count": 1 } });
    assert_eq!(ids(rest, json!({ "filter": inner })).await, [1, 3]);
    let found = json!({ "prefetch": { "query": [1, 0], "filter": few }, "query": { "fusion": "rrf" } });
    let found = rest.done(Method::POST, "/collections/c/points/query", found).await;
    assert_eq!(found["points"].as_array().unwrap().len(), 2);
    rest.done(Method::POST, "/collections/c/points/delete?wait=true", json!({ "filter": { "must": [odd] } })).await;
    assert_eq!(rest.done(Method::POST, "/collections/c/points/count", json!({})).await, json!({ "count": 20 }));
    let nested = json!({ "filter": { "must": [{ "nested": { "key": "s", "filter": { "must": [odd] } } }] } });
    for (body, words) in [
        (json!({ "filter": { "must": [{ "slice": { "total": 0, "index": 0 } }] } }), "must be greater than 0"),
        (json!({ "filter": { "must": [{ "slice": { "total": 2, "index": 2 } }] } }), "must be less than"),
        (json!({ "filter": { "must": [{ "slice": { "total": 2 } }] } }), "form of condition"),
        (nested, "within a nested condition"),
    ] {
        let (code, answer) = rest.post("/collections/c/points/scroll", body).await;
        let said = answer["status"]["error"].as_str().unwrap_or_default();
        assert!(code == 400 && said.contains(words), "{code} {answer}");
    }
}

#[tokio::test]
async fn a_server_before_1_19_does_not_know_these_conditions() {
    let both = Both::make(&["--server-version", "1.18.0"]).await;
    for condition in [json!({ "slice": { "total": 2, "index": 0 } }), json!({ "key": "s", "match": { "prefix": "a" } })]
    {
        let body = json!({ "filter": { "must": [condition] } });
        let (code, answer) = both.rest.post("/collections/c/points/scroll", body).await;
        let said = answer["status"]["error"].as_str().unwrap_or_default();
        assert!(code == 400 && said.contains("Format error in JSON body"), "{code} {answer}");
    }
}

#[tokio::test]
async fn an_older_server_passes_over_what_it_does_not_know() {
    let both = Both::make(&["--server-version", "1.15.0"]).await;
    let rest = &both.rest;
    rest.done(Method::PATCH, "/collections/c", json!({ "metadata": { "a": 1 } })).await;
    assert_eq!(rest.get("/collections/c").await.1["result"]["config"].get("metadata"), None);
    rest.done(Method::PUT, "/collections/c/points?wait=true", json!({ "points": [point(1)] })).await;
    let never = json!({ "must": [{ "has_id": [] }] });
    let changed =
        json!({ "points": [{ "id": 1, "vector": [8, 8] }], "update_filter": never, "update_mode": "insert_only" });
    rest.done(Method::PUT, "/collections/c/points?wait=true", changed).await;
    let read = rest.done(Method::POST, POINTS, json!({ "ids": [1], "with_vector": true })).await;
    assert_eq!(read[0]["vector"], json!([8.0, 8.0]));
}
