//! What was acknowledged outlives the process, however it ends.

#![allow(clippy::unwrap_used, reason = "an error fails the test")]

mod common;

use std::path::Path;
use std::time::Duration;

use common::{Clients, Server, dense, fields, line, number, plane, point, text, upserting};
use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::alias_operations::Action;

async fn filled(data: &Path) -> Server {
    let server = Server::start(data, &[]);
    let mut clients = Clients::connect(&server.url, None).await;
    clients.create(proto::CreateCollection { metadata: fields(&[("owner", text("tests"))]), ..plane("kept") }).await;
    clients.create(plane("deleted")).await;
    clients.upsert("kept", line(500)).await;
    let mut unwaited = upserting("kept", vec![point(number(501), dense(&[5.0, 0.0]), &[])]);
    unwaited.wait = Some(false);
    clients.points.upsert(unwaited).await.unwrap();
    clients
        .points
        .create_field_index(proto::CreateFieldIndexCollection {
            collection_name: "kept".to_owned(),
            wait: Some(true),
            field_name: "n".to_owned(),
            field_type: Some(proto::FieldType::Integer.into()),
            ..Default::default()
        })
        .await
        .unwrap();
    clients
        .points
        .delete(proto::DeletePoints {
            collection_name: "kept".to_owned(),
            wait: Some(true),
            points: common::selected(&[7]),
            ..Default::default()
        })
        .await
        .unwrap();
    clients
        .points
        .set_payload(proto::SetPayloadPoints {
            collection_name: "kept".to_owned(),
            wait: Some(true),
            payload: fields(&[("late", text("yes"))]),
            points_selector: common::selected(&[8]),
            ..Default::default()
        })
        .await
        .unwrap();
    let alias =
        Action::CreateAlias(proto::CreateAlias { collection_name: "kept".to_owned(), alias_name: "other".to_owned() });
    clients
        .collections
        .update_aliases(proto::ChangeAliases {
            actions: vec![proto::AliasOperations { action: Some(alias) }],
            timeout: None,
        })
        .await
        .unwrap();
    clients
        .collections
        .delete(proto::DeleteCollection { collection_name: "deleted".to_owned(), timeout: None })
        .await
        .unwrap();
    server
}

async fn assert_whole(data: &Path) {
    let server = Server::start(data, &[]);
    let mut clients = Clients::connect(&server.url, None).await;
    let listed = clients.collections.list(proto::ListCollectionsRequest {}).await.unwrap().into_inner().collections;
    assert_eq!(listed.len(), 1);
    assert_eq!(clients.count("other", None).await, 500);
    let late = clients.point("kept", number(8)).await;
    assert_eq!(late.payload["late"], common::value(text("yes")));
    assert!(late.vectors.is_some());
    let info = clients
        .collections
        .get(proto::GetCollectionInfoRequest { collection_name: "kept".to_owned() })
        .await
        .unwrap()
        .into_inner()
        .result
        .unwrap();
    assert_eq!(info.points_count, Some(500));
    assert!(info.payload_schema.contains_key("n"));
    let metadata = info.config.unwrap().metadata;
    assert_eq!(metadata, fields(&[("owner", text("tests"))]));
    let hundreds =
        proto::Filter::must([proto::Condition::range("n", proto::Range { gt: Some(400.0), ..Default::default() })]);
    assert_eq!(clients.count("kept", Some(hundreds)).await, 100);
    clients.upsert("kept", line(7)).await;
    assert_eq!(clients.count("kept", None).await, 501);
}

#[tokio::test]
async fn everything_is_there_after_sigterm() {
    let data = tempfile::tempdir().unwrap();
    let mut server = filled(data.path()).await;
    server.signal("TERM");
    assert!(server.ended(), "SIGTERM ends the server cleanly");
    assert_whole(data.path()).await;
}

#[tokio::test]
async fn everything_is_there_after_sigint() {
    let data = tempfile::tempdir().unwrap();
    let mut server = filled(data.path()).await;
    server.signal("INT");
    assert!(server.ended(), "SIGINT ends the server cleanly");
    assert_whole(data.path()).await;
}

#[tokio::test]
async fn everything_acknowledged_is_there_after_sigkill() {
    let data = tempfile::tempdir().unwrap();
    let mut server = filled(data.path()).await;
    server.signal("KILL");
    assert!(!server.ended());
    assert_whole(data.path()).await;
}

#[tokio::test]
async fn a_kill_amid_writes_loses_none_that_was_acknowledged() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::start(data.path(), &[]);
    let mut clients = Clients::connect(&server.url, None).await;
    clients.create(plane("kept")).await;
    let writer = tokio::spawn(async move {
        let mut acknowledged = 0;
        loop {
            let points = (acknowledged..acknowledged + 100)
                .map(|id| point(number(id), dense(&[id as f32, 0.0]), &[("a", text("b"))]))
                .collect();
            match clients.points.upsert(upserting("kept", points)).await {
                Ok(_) => acknowledged += 100,
                Err(_) => return acknowledged,
            }
        }
    });
    tokio::time::sleep(Duration::from_millis(400)).await;
    server.signal("KILL");
    assert!(!server.ended());
    let acknowledged = writer.await.unwrap();
    assert!(acknowledged > 0);
    let server = Server::start(data.path(), &[]);
    let mut clients = Clients::connect(&server.url, None).await;
    let count = clients.count("kept", None).await;
    assert!(count >= acknowledged, "{count} of {acknowledged}");
    let mut page = clients
        .scroll(proto::ScrollPoints {
            collection_name: "kept".to_owned(),
            limit: Some(acknowledged as u32),
            with_vectors: Some(true.into()),
            ..Default::default()
        })
        .await;
    page.result.retain(|one| one.vectors.is_none() || one.payload.is_empty());
    assert!(page.result.is_empty(), "{:?}", page.result);
}

#[tokio::test]
async fn the_server_ends_with_its_standard_input() {
    let data = tempfile::tempdir().unwrap();
    let mut server = filled(data.path()).await;
    server.close_stdin();
    assert!(server.ended(), "the end of the input ends it cleanly");
    assert_whole(data.path()).await;
}
