//! The REST API: its routes, and that it and gRPC see the same collections.

#![allow(clippy::unwrap_used, reason = "an error fails the test")]

mod common;

use common::rest::{Both, Rest};
use common::{Server, line, number};
use qdrant_client::qdrant as proto;
use reqwest::Method;
use serde_json::{Value, json};

async fn ids(rest: &Rest, body: Value) -> Vec<Value> {
    let page = rest.done(Method::POST, "/collections/c/points/scroll", body).await;
    page["points"].as_array().unwrap().iter().map(|point| point["id"].clone()).collect()
}

#[tokio::test]
async fn a_collection_is_made_described_changed_and_deleted() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let rest = Rest::at(&server.rest);
    assert_eq!(rest.get("/").await, (200, json!({ "title": "qdrant - vector search engine", "version": "1.18.2" })));
    let definition = json!({
        "vectors": { "a": { "size": 3, "distance": "Cosine", "datatype": "float16", "on_disk": true },
                     "m": { "size": 2, "distance": "Dot", "multivector_config": { "comparator": "max_sim" } } },
        "sparse_vectors": { "s": { "index": { "on_disk": false }, "modifier": "idf" } },
        "hnsw_config": { "m": 8 },
        "optimizers_config": { "indexing_threshold": 0, "max_optimization_threads": "auto" },
        "quantization_config": { "scalar": { "type": "int8", "always_ram": true } },
        "metadata": { "made": { "by": ["a test", 1] } },
    });
    assert_eq!(rest.done(Method::PUT, "/collections/c?timeout=10", definition.clone()).await, json!(true));
    let (code, answer) = rest.put("/collections/c", definition).await;
    assert_eq!((code, &answer["status"]["error"]), (409, &json!("Wrong input: Collection `c` already exists!")));
    let changed = json!({ "hnsw_config": { "ef_construct": 50 }, "metadata": { "more": true } });
    rest.done(Method::PATCH, "/collections/c", changed).await;

    let (_, info) = rest.get("/collections/c").await;
    let (info, config) = (&info["result"], &info["result"]["config"]);
    assert_eq!((&info["status"], &info["points_count"]), (&json!("green"), &json!(0)));
    assert_eq!(
        config["params"]["vectors"]["a"],
        json!({ "size": 3, "distance": "Cosine", "datatype": "float16", "on_disk": true })
    );
    assert_eq!(config["params"]["vectors"]["m"]["multivector_config"], json!({ "comparator": "max_sim" }));
    assert_eq!(config["params"]["sparse_vectors"]["s"], json!({ "index": { "on_disk": false }, "modifier": "idf" }));
    assert_eq!((&config["hnsw_config"]["m"], &config["hnsw_config"]["ef_construct"]), (&json!(8), &json!(50)));
    assert_eq!(config["optimizer_config"]["max_optimization_threads"], json!("auto"));
    assert_eq!(config["quantization_config"], json!({ "scalar": { "type": "int8", "always_ram": true } }));
    assert_eq!(config["metadata"], json!({ "made": { "by": ["a test", 1] }, "more": true }));

    assert_eq!(rest.get("/collections").await.1["result"], json!({ "collections": [{ "name": "c" }] }));
    assert_eq!(rest.ask(Method::DELETE, "/collections/c", None).await.1["result"], json!(true));
    assert_eq!(rest.ask(Method::DELETE, "/collections/c", None).await.1["result"], json!(false));
    assert_eq!(rest.get("/collections/c/exists").await.1["result"], json!({ "exists": false }));
    assert_eq!(rest.get("/collections/c").await.0, 404);
}

#[tokio::test]
async fn aliases_and_indexes_come_and_go() {
    let both = Both::make(&[]).await;
    let rest = &both.rest;
    let actions = json!({ "actions": [{ "create_alias": { "collection_name": "c", "alias_name": "one" } },
        { "rename_alias": { "old_alias_name": "one", "new_alias_name": "two" } }] });
    rest.done(Method::POST, "/collections/aliases", actions).await;
    let two = json!({ "aliases": [{ "alias_name": "two", "collection_name": "c" }] });
    assert_eq!(rest.get("/aliases").await.1["result"], two);
    assert_eq!(rest.get("/collections/c/aliases").await.1["result"], two);
    assert_eq!(rest.get("/collections/two/exists").await.1["result"], json!({ "exists": true }));
    rest.done(
        Method::POST,
        "/collections/aliases",
        json!({ "actions": [{ "delete_alias": { "alias_name": "two" } }] }),
    )
    .await;
    assert_eq!(rest.get("/aliases").await.1["result"], json!({ "aliases": [] }));

    let index = json!({ "field_name": "a.b", "field_schema": { "type": "integer", "lookup": true, "range": false } });
    rest.done(Method::PUT, "/collections/c/index?wait=true", index).await;
    rest.done(Method::PUT, "/collections/c/index?wait=true", json!({ "field_name": "k", "field_schema": "keyword" }))
        .await;
    let schema = rest.get("/collections/c").await.1["result"]["payload_schema"].clone();
    assert_eq!(
        schema["a.b"]["params"],
        json!({ "type": "integer", "lookup": true, "range": false, "is_principal": null })
    );
    assert_eq!(schema["k"]["data_type"], json!("keyword"));
    assert_eq!(rest.ask(Method::DELETE, "/collections/c/index/a.b?wait=true", None).await.0, 200);
    assert_eq!(rest.get("/collections/c").await.1["result"]["payload_schema"].get("a.b"), None);
}

#[tokio::test]
async fn what_one_protocol_writes_the_other_reads() {
    let mut both = Both::make(&[]).await;
    both.grpc.upsert("c", line(2)).await;
    let points = json!({ "points": [
        { "id": 18446744073709551615_u64, "vector": [0.1, -1e-40], "payload": { "i": i64::MIN, "d": 0.1, "s": "a\u{0}ü" } },
        { "id": "00000000-0000-0000-0000-00000000000a", "vector": {} } ] });
    let result = both.rest.done(Method::PUT, "/collections/c/points?wait=true&ordering=strong", points).await;
    assert_eq!(result, json!({ "operation_id": 1, "status": "completed" }));

    let point = both.grpc.point("c", number(u64::MAX)).await;
    assert_eq!(point.payload["s"].as_str().unwrap(), "a\u{0}ü");
    assert_eq!(point.payload["i"].as_integer(), Some(i64::MIN));
    let asked = json!({ "ids": [18446744073709551615_u64, 1], "with_vector": true });
    let text = both.rest.text(Method::POST, "/collections/c/points", Some(asked.to_string())).await.1;
    assert!(text.contains(r#""vector":[0.1,-1e-40]"#), "floats keep their shortest form: {text}");
    assert!(text.contains(r#""i":-9223372036854775808,"d":0.1"#), "{text}");
    let all = ids(&both.rest, json!({})).await;
    assert_eq!(all, [json!(1), json!(2), json!(u64::MAX), json!("00000000-0000-0000-0000-00000000000a")]);
}

#[tokio::test]
async fn each_write_has_its_route_and_a_batch_takes_all() {
    let mut both = Both::make(&[]).await;
    both.grpc.upsert("c", line(3)).await;
    let rest = &both.rest;
    let write = async |method, path: &str, body| {
        let result = rest.done(method, &format!("/collections/c/points{path}?wait=true"), body).await;
        assert_eq!(result["status"], json!("completed"));
    };
    let columns = json!({ "batch": { "ids": [4, 5], "vectors": [[4, 1], [5, 1]], "payloads": [{ "n": 4 }, null] } });
    write(Method::PUT, "", columns).await;
    write(Method::POST, "/payload", json!({ "payload": { "x": { "y": 1 } }, "points": [1, 2] })).await;
    write(Method::POST, "/payload", json!({ "payload": { "z": 2 }, "key": "x", "points": [1] })).await;
    write(Method::PUT, "/payload", json!({ "payload": { "only": true }, "filter": { "must": { "has_id": [3] } } }))
        .await;
    write(Method::POST, "/payload/delete", json!({ "keys": ["n"], "points": [1] })).await;
    write(Method::POST, "/payload/clear", json!({ "points": [2] })).await;
    write(Method::PUT, "/vectors", json!({ "points": [{ "id": 1, "vector": [9, 9] }] })).await;
    write(Method::POST, "/vectors/delete", json!({ "points": [2], "vector": [""] })).await;
    write(Method::POST, "/delete", json!({ "filter": { "must": [{ "has_id": [5] }] } })).await;
    let mode = json!({ "points": [{ "id": 4, "vector": [0, 0] }, { "id": 6, "vector": [6, 1] }], "update_mode": "insert_only" });
    write(Method::PUT, "", mode).await;
    let filter = json!({ "points": [{ "id": 4, "vector": [8, 8] }, { "id": 6, "vector": [8, 8] }],
        "update_filter": { "must": [{ "key": "n", "match": { "value": 4 } }] } });
    write(Method::PUT, "", filter).await;

    let page = rest.done(Method::POST, "/collections/c/points/scroll", json!({ "with_vector": true })).await;
    let point = |id: i64, payload: Value, vector: Value| json!({ "id": id, "payload": payload, "vector": vector });
    assert_eq!(
        page["points"],
        json!([
            point(1, json!({ "x": { "y": 1, "z": 2 } }), json!([9.0, 9.0])),
            point(2, json!({}), json!({})),
            point(3, json!({ "only": true }), json!([3.0, 1.0])),
            point(4, json!({}), json!([8.0, 8.0])),
            point(6, json!({}), json!([6.0, 1.0])),
        ])
    );

    let operations = json!({ "operations": [
        { "upsert": { "points": [{ "id": 7, "vector": [7, 1], "payload": { "n": 7 } }] } },
        { "set_payload": { "payload": { "m": 1 }, "points": [7] } },
        { "overwrite_payload": { "payload": { "o": 1 }, "points": [6] } },
        { "delete_payload": { "keys": ["n"], "points": [7] } },
        { "clear_payload": { "points": [3] } },
        { "update_vectors": { "points": [{ "id": 3, "vector": [0, 1] }] } },
        { "delete_vectors": { "points": [4], "vector": [""] } },
        { "delete": { "points": [1, 2] } } ] });
    let done = rest.done(Method::POST, "/collections/c/points/batch?wait=true", operations).await;
    assert_eq!(done.as_array().unwrap().len(), 8);
    let page = rest.done(Method::POST, "/collections/c/points/scroll", json!({ "with_vector": true })).await;
    assert_eq!(
        page["points"],
        json!([
            point(3, json!({}), json!([0.0, 1.0])),
            point(4, json!({}), json!({})),
            point(6, json!({ "o": 1 }), json!([6.0, 1.0])),
            point(7, json!({ "m": 1 }), json!([7.0, 1.0])),
        ])
    );
}

#[tokio::test]
async fn a_write_that_does_not_wait_is_acknowledged_whatever_the_body_says() {
    let both = Both::make(&[]).await;
    let points = json!({ "points": [{ "id": 1, "vector": [1, 1] }] });
    let result = both.rest.done(Method::PUT, "/collections/c/points", points).await;
    assert_eq!(result["status"], json!("acknowledged"));
    let (code, answer) = both.rest.put("/collections/c/points", json!({ "points": [], "wait": true })).await;
    assert_eq!(code, 400, "wait is a parameter: {answer}");
}

#[tokio::test]
async fn reads_scroll_count_query_and_facet() {
    let mut both = Both::make(&[]).await;
    both.grpc.upsert("c", line(9)).await;
    let rest = &both.rest;
    let page =
        rest.done(Method::POST, "/collections/c/points/scroll?consistency=all&timeout=5", json!({ "limit": 4 })).await;
    assert_eq!((page["points"].as_array().unwrap().len(), &page["next_page_offset"]), (4, &json!(5)));
    assert_eq!(ids(rest, json!({ "offset": 8, "with_payload": { "include": ["n"] } })).await, [8, 9]);
    let few =
        json!({ "should": [{ "key": "n", "range": { "gte": 3, "lt": 5 } }, { "key": "n", "match": { "any": [9] } }] });
    assert_eq!(ids(rest, json!({ "filter": few })).await, [3, 4, 9]);
    let count = rest.done(Method::POST, "/collections/c/points/count", json!({ "filter": few, "exact": true })).await;
    assert_eq!(count, json!({ "count": 3 }));

    let query = async |body: Value| {
        let found = rest.done(Method::POST, "/collections/c/points/query", body).await;
        found["points"].as_array().unwrap().iter().map(|point| point["id"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(query(json!({ "query": [1.0, 0.0], "limit": 2 })).await, [9, 8]);
    assert_eq!(query(json!({ "query": { "nearest": 9 }, "limit": 2, "offset": 1 })).await, [7, 6]);
    assert_eq!(
        query(json!({ "query": { "recommend": { "positive": [1], "negative": [[9.0, 1.0]] } }, "limit": 1 })).await,
        [2]
    );
    assert_eq!(
        query(
            json!({ "query": { "discover": { "target": 9, "context": { "positive": 2, "negative": 1 } } }, "limit": 1 })
        )
        .await,
        [8]
    );
    assert_eq!(query(json!({ "query": { "context": [{ "positive": 2, "negative": 1 }] }, "limit": 1 })).await.len(), 1);
    assert_eq!(query(json!({ "query": { "sample": "random" }, "limit": 3 })).await.len(), 3);
    assert_eq!(query(json!({ "query": { "nearest": [1, 0], "mmr": { "diversity": 0.1 } }, "limit": 1 })).await, [9]);
    let prefetch = json!([{ "query": [1, 0], "limit": 3 }, { "query": [-1, 0], "limit": 1 }]);
    assert_eq!(query(json!({ "prefetch": prefetch, "query": { "fusion": "rrf" }, "limit": 4 })).await.len(), 4);
    assert_eq!(
        query(json!({ "prefetch": prefetch, "query": { "rrf": { "k": 9, "weights": [1, 2] } }, "limit": 1 })).await,
        [1]
    );
    let twice = json!({ "searches": [{ "query": [1, 0], "limit": 1 }, { "query": 1, "limit": 2 }] });
    let found = rest.done(Method::POST, "/collections/c/points/query/batch", twice).await;
    assert_eq!((&found[0]["points"][0]["id"], found[1]["points"].as_array().unwrap().len()), (&json!(9), 2));

    rest.done(Method::PUT, "/collections/c/index?wait=true", json!({ "field_name": "n", "field_schema": "integer" }))
        .await;
    assert_eq!(
        query(json!({ "query": { "order_by": { "key": "n", "direction": "desc" } }, "limit": 2 })).await,
        [9, 8]
    );
    let page = rest.done(Method::POST, "/collections/c/points/scroll", json!({ "order_by": "n", "limit": 1 })).await;
    assert_eq!(page["points"][0]["order_value"], json!(1));
    let facet = rest.done(Method::POST, "/collections/c/facet", json!({ "key": "n", "limit": 1, "exact": true })).await;
    assert_eq!(facet, json!({ "hits": [{ "value": 1, "count": 1 }] }));
    let info = both.grpc.collections.get(proto::GetCollectionInfoRequest { collection_name: "c".to_owned() }).await;
    assert_eq!(info.unwrap().into_inner().result.unwrap().payload_schema.len(), 1);
}
