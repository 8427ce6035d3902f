//! Sharding by hand: shard keys come and go, and a write says where. A server does this as part of a
//! cluster, be it of one node.

#![allow(clippy::unwrap_used, reason = "an error fails the test")]

mod common;

use common::sharded::{
    add, bed, by_hand, counted, filled, key, keys, listed, points, putting, remove, scrolled, scrolling,
};
use common::{Bed, Clients, Server, dense, fields, matching, number, plane, selected, text, upserting};
use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::points_update_operation as batch;
use qdrant_client::qdrant::points_update_operation::Operation;
use qdrant_client::qdrant::value::Kind;
use tonic::{Code, Status};

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(answer: Result<T, Status>, words: &str) {
    let status = answer.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(status.message(), words);
}

#[tokio::test]
async fn shard_keys_come_and_go() {
    let mut bed = Bed::with_arguments(&[]).await;
    let name = bed.name.clone();
    bed.clients.create(by_hand(&name)).await;
    assert_eq!(listed(&mut bed.clients, &name).await, []);
    add(&mut bed.clients, &name, key("a/b c")).await.unwrap();
    add(&mut bed.clients, &name, proto::ShardKey::from(7)).await.unwrap();
    assert_eq!(listed(&mut bed.clients, &name).await, [key("a/b c"), proto::ShardKey::from(7)]);
    let again = add(&mut bed.clients, &name, key("a/b c")).await;
    assert_refused(again, &format!("Bad request: Sharding key \"a/b c\" already exists for collection {name}"));
    bed.clients.points.upsert(putting(&name, &["a/b c"], points(&[1], "x"))).await.unwrap();
    remove(&mut bed.clients, &name, key("a/b c")).await.unwrap();
    assert_eq!(listed(&mut bed.clients, &name).await, [proto::ShardKey::from(7)]);
    assert_eq!(bed.clients.count(&name, None).await, 0);
    let again = remove(&mut bed.clients, &name, key("a/b c")).await;
    assert_refused(again, &format!("Bad request: Sharding key \"a/b c\" does not exist for collection {name}"));
    let request = proto::GetCollectionInfoRequest { collection_name: name.clone() };
    let info = bed.clients.collections.get(request).await.unwrap().into_inner().result.unwrap();
    let method = info.config.unwrap().params.unwrap().sharding_method;
    assert_eq!(method, Some(proto::ShardingMethod::Custom.into()));
}

#[tokio::test]
async fn a_collection_the_server_spreads_has_no_keys() {
    let mut bed = Bed::with_arguments(&[]).await;
    let name = bed.name.clone();
    bed.clients.create(plane(&name)).await;
    assert_eq!(listed(&mut bed.clients, &name).await, []);
    let refused = add(&mut bed.clients, &name, key("a")).await;
    assert_refused(refused, "Bad request: Shard Key cannot be created with Auto sharding method");
    let refused = bed.clients.points.upsert(putting(&name, &["a"], points(&[1], "x"))).await;
    assert_refused(refused, "Wrong input: Shard key \"a\" not found");
    let request = proto::ScrollPoints { shard_key_selector: keys(&["a"]), ..scrolling(&name) };
    assert_refused(bed.clients.points.scroll(request).await, "Bad request: Shard key \"a\" not found");
}

#[tokio::test]
async fn a_write_that_names_no_key_or_an_unknown_one_is_refused() {
    let mut bed = bed().await;
    let name = bed.name.clone();
    for wait in [true, false] {
        let request = proto::UpsertPoints { wait: Some(wait), ..upserting(&name, points(&[9], "x")) };
        assert_refused(bed.clients.points.upsert(request).await, "Wrong input: Shard key not specified");
        let request = proto::UpsertPoints { wait: Some(wait), ..putting(&name, &["c"], points(&[9], "x")) };
        assert_refused(bed.clients.points.upsert(request).await, "Wrong input: Shard key \"c\" not found");
        let request = proto::UpsertPoints { wait: Some(wait), ..putting(&name, &["a", "c"], points(&[9], "x")) };
        assert_refused(bed.clients.points.upsert(request).await, "Wrong input: Shard key \"c\" not found");
    }
    let request = proto::UpsertPoints { shard_key_selector: keys(&[]), ..upserting(&name, points(&[9], "x")) };
    assert_refused(bed.clients.points.upsert(request).await, "Wrong input: Empty shard keys selection");
    let request = proto::DeletePoints { collection_name: name.clone(), points: selected(&[1]), ..Default::default() };
    assert_refused(bed.clients.points.delete(request).await, "Wrong input: Shard key not specified");
    let delete = Operation::DeletePoints(batch::DeletePoints { points: selected(&[1]), shard_key_selector: None });
    let request = proto::UpdateBatchPoints {
        collection_name: name.clone(),
        operations: vec![proto::PointsUpdateOperation { operation: Some(delete) }],
        ..Default::default()
    };
    assert_refused(bed.clients.points.update_batch(request).await, "Wrong input: Shard key not specified");
    assert_eq!(counted(&mut bed.clients, &name, &[]).await, 7);
}

#[tokio::test]
async fn every_write_goes_to_its_key_alone() {
    let mut bed = bed().await;
    let name = bed.name.clone();
    let payload = fields(&[("late", text("yes"))]);
    let (wait, keys_of_b, seven) = (Some(true), keys(&["b"]), selected(&[7]));
    let points_client = &mut bed.clients.points;
    let set = proto::SetPayloadPoints {
        collection_name: name.clone(),
        wait,
        payload,
        points_selector: seven.clone(),
        shard_key_selector: keys_of_b.clone(),
        ..Default::default()
    };
    points_client.set_payload(set.clone()).await.unwrap();
    let deleted = proto::DeletePayloadPoints {
        collection_name: name.clone(),
        wait,
        keys: vec!["city".to_owned()],
        points_selector: seven.clone(),
        shard_key_selector: keys_of_b.clone(),
        ..Default::default()
    };
    points_client.delete_payload(deleted).await.unwrap();
    let vectors = proto::UpdatePointVectors {
        collection_name: name.clone(),
        wait,
        points: vec![proto::PointVectors { id: Some(number(7)), vectors: Some(dense(&[70.0, 1.0])) }],
        shard_key_selector: keys_of_b.clone(),
        ..Default::default()
    };
    points_client.update_vectors(vectors).await.unwrap();
    let both = async |bed: &mut Bed, id| {
        let mut found = Vec::new();
        for word in ["a", "b"] {
            let request = proto::ScrollPoints {
                shard_key_selector: keys(&[word]),
                filter: Some(proto::Filter::must([proto::Condition::has_id([number(id)])])),
                with_vectors: Some(true.into()),
                ..scrolling(&name)
            };
            found.extend(bed.clients.scroll(request).await.result);
        }
        found
    };
    let found = both(&mut bed, 7).await;
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].payload, fields(&[("n", Kind::IntegerValue(7)), ("city", text("Athens"))]));
    assert_eq!(found[1].payload, fields(&[("n", Kind::IntegerValue(7)), ("late", text("yes"))]));
    assert_ne!(found[0].vectors, found[1].vectors);

    let overwrite = proto::SetPayloadPoints { payload: fields(&[("only", text("this"))]), ..set };
    bed.clients.points.overwrite_payload(overwrite).await.unwrap();
    assert_eq!(both(&mut bed, 7).await[1].payload, fields(&[("only", text("this"))]));
    let cleared = proto::ClearPayloadPoints {
        collection_name: name.clone(),
        wait,
        points: seven.clone(),
        shard_key_selector: keys_of_b.clone(),
        ..Default::default()
    };
    bed.clients.points.clear_payload(cleared).await.unwrap();
    let no_vectors = proto::DeletePointVectors {
        collection_name: name.clone(),
        wait,
        points_selector: seven.clone(),
        vectors: Some(proto::VectorsSelector { names: vec![String::new()] }),
        shard_key_selector: keys_of_b.clone(),
        ..Default::default()
    };
    bed.clients.points.delete_vectors(no_vectors).await.unwrap();
    let found = both(&mut bed, 7).await;
    assert_eq!(found[1].payload, fields(&[]));
    assert!(found[0].vectors.is_some());
    assert_ne!(found[0].payload, fields(&[]));

    let by_filter = proto::DeletePoints {
        collection_name: name.clone(),
        wait,
        points: matching(proto::Filter::must([proto::Condition::range(
            "n",
            proto::Range { gt: Some(3.0), ..Default::default() },
        )])),
        shard_key_selector: keys(&["a"]),
        ..Default::default()
    };
    bed.clients.points.delete(by_filter).await.unwrap();
    assert_eq!(counted(&mut bed.clients, &name, &["a"]).await, 2);
    assert_eq!(counted(&mut bed.clients, &name, &["b"]).await, 3);
    let operations = [("a", 1), ("b", 2)].map(|(word, id)| proto::PointsUpdateOperation {
        operation: Some(Operation::DeletePoints(batch::DeletePoints {
            points: selected(&[id]),
            shard_key_selector: keys(&[word]),
        })),
    });
    let request = proto::UpdateBatchPoints {
        collection_name: name.clone(),
        wait,
        operations: operations.into(),
        ..Default::default()
    };
    bed.clients.points.update_batch(request).await.unwrap();
    assert_eq!(scrolled(&mut bed.clients, scrolling(&name)).await.0, ["3", "4", "7"]);
}

#[tokio::test]
async fn a_key_that_is_missing_falls_back() {
    let mut bed = bed().await;
    let name = bed.name.clone();
    let selector = |target, fallback| {
        Some(proto::ShardKeySelector { shard_keys: vec![key(target)], fallback: Some(key(fallback)) })
    };
    let request = proto::UpsertPoints { shard_key_selector: selector("c", "b"), ..upserting(&name, points(&[9], "x")) };
    bed.clients.points.upsert(request).await.unwrap();
    assert_eq!(counted(&mut bed.clients, &name, &["b"]).await, 4);
    let request = proto::ScrollPoints { shard_key_selector: selector("a", "b"), ..scrolling(&name) };
    assert_eq!(scrolled(&mut bed.clients, request).await.0, ["1", "3", "5", "7"]);
    let request = proto::ScrollPoints { shard_key_selector: selector("c", "d"), ..scrolling(&name) };
    let status = bed.clients.points.scroll(request).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    assert_eq!(status.message(), "Not found: Neither target shard key \"c\" nor fallback shard key \"d\" exist");
}

#[tokio::test]
async fn keys_and_their_points_are_there_after_a_kill() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::start(data.path(), &[]);
    let mut clients = Clients::connect(&server.url, None).await;
    filled(&mut clients, "kept").await;
    add(&mut clients, "kept", key("gone")).await.unwrap();
    remove(&mut clients, "kept", key("gone")).await.unwrap();
    server.signal("KILL");
    assert!(!server.ended());
    let server = Server::start(data.path(), &[]);
    let mut clients = Clients::connect(&server.url, None).await;
    assert_eq!(listed(&mut clients, "kept").await, [key("a"), key("b")]);
    assert_eq!(counted(&mut clients, "kept", &["a"]).await, 4);
    assert_eq!(counted(&mut clients, "kept", &["b"]).await, 3);
    add(&mut clients, "kept", key("late")).await.unwrap();
    clients.points.upsert(putting("kept", &["late"], points(&[6, 8], "Lima"))).await.unwrap();
    let request = proto::GetCollectionInfoRequest { collection_name: "kept".to_owned() };
    let info = clients.collections.get(request).await.unwrap().into_inner().result.unwrap();
    assert_eq!(info.points_count, Some(9));
    assert_eq!(info.payload_schema["n"].points, Some(9), "an index is there for keys that come later");
}
