//! Writes that change a part: conditions on an upsert, payload keys, single vectors, indexes, and
//! batches of all of them.

#![allow(clippy::unwrap_used, reason = "an error fails the test")]

mod common;

use common::kinds::{a, dense_out, payload, stored, with_all_kinds};
use common::{Bed, dense, fields, line, matching, named, number, point, selected, text, upserting, value};
use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::points_update_operation::{self as batch, Operation};
use qdrant_client::qdrant::value::Kind;

#[tokio::test]
async fn an_update_filter_and_an_update_mode_choose_what_is_written() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    bed.clients.upsert(&name, line(2)).await;
    let again = |id: u64| point(number(id), dense(&[0.0, 0.0]), &[("n", text("new"))]);
    let mut insert = upserting(&name, vec![again(2), again(3)]);
    insert.update_mode = Some(proto::UpdateMode::InsertOnly.into());
    bed.clients.points.upsert(insert).await.unwrap();
    assert_eq!(payload(&mut bed, 2).await["n"], value(Kind::IntegerValue(2)));
    assert_eq!(payload(&mut bed, 3).await["n"], value(text("new")));

    let mut update = upserting(&name, vec![again(2), again(4)]);
    update.update_mode = Some(proto::UpdateMode::UpdateOnly.into());
    bed.clients.points.upsert(update).await.unwrap();
    assert_eq!(payload(&mut bed, 2).await["n"], value(text("new")));
    assert_eq!(bed.clients.ids(&name).await, ["1", "2", "3"]);

    let mut filtered = upserting(&name, vec![again(1), again(5)]);
    filtered.update_filter = Some(proto::Filter::must([proto::Condition::matches("n", 77)]));
    bed.clients.points.upsert(filtered).await.unwrap();
    assert_eq!(payload(&mut bed, 1).await["n"], value(Kind::IntegerValue(1)));
    assert_eq!(bed.clients.ids(&name).await, ["1", "2", "3", "5"]);
    bed.end().await;
}

#[tokio::test]
async fn the_status_says_whether_the_client_waited() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    for (wait, expected) in [
        (None, proto::UpdateStatus::Acknowledged),
        (Some(false), proto::UpdateStatus::Acknowledged),
        (Some(true), proto::UpdateStatus::Completed),
    ] {
        let request = proto::UpsertPoints { wait, ..upserting(&name, line(1)) };
        let response = bed.clients.points.upsert(request).await.unwrap();
        assert_eq!(response.into_inner().result.unwrap().status(), expected);
    }
    bed.end().await;
}

#[tokio::test]
async fn payloads_are_changed_in_part() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    bed.clients.upsert(&name, line(3)).await;
    let set = |points_selector, key: Option<&str>, payload| proto::SetPayloadPoints {
        collection_name: name.clone(),
        wait: Some(true),
        payload,
        points_selector,
        key: key.map(str::to_owned),
        ..Default::default()
    };
    let one = Kind::IntegerValue;
    let request = set(selected(&[1]), None, fields(&[("x", text("y"))]));
    bed.clients.points.set_payload(request).await.unwrap();
    let expected = fields(&[("n", one(1)), ("x", text("y"))]);
    assert_eq!(payload(&mut bed, 1).await, expected);

    let request = set(selected(&[1]), Some("o.p"), fields(&[("q", one(5))]));
    bed.clients.points.set_payload(request).await.unwrap();
    let inner = Kind::StructValue(proto::Struct { fields: fields(&[("q", one(5))]) });
    let outer = Kind::StructValue(proto::Struct { fields: fields(&[("p", inner)]) });
    assert_eq!(payload(&mut bed, 1).await["o"], value(outer));

    let two = proto::Filter::must([proto::Condition::matches("n", 2)]);
    let request = set(matching(two), None, fields(&[("z", one(0))]));
    bed.clients.points.overwrite_payload(request).await.unwrap();
    assert_eq!(payload(&mut bed, 2).await, fields(&[("z", one(0))]));

    let request = proto::DeletePayloadPoints {
        collection_name: name.clone(),
        wait: Some(true),
        keys: vec!["n".to_owned(), "o.p.q".to_owned(), "nothing".to_owned()],
        points_selector: selected(&[1]),
        ..Default::default()
    };
    bed.clients.points.delete_payload(request).await.unwrap();
    let left = payload(&mut bed, 1).await;
    assert!(!left.contains_key("n") && left.contains_key("o") && left.contains_key("x"));

    let request = proto::ClearPayloadPoints {
        collection_name: name.clone(),
        wait: Some(true),
        points: selected(&[1, 3]),
        ..Default::default()
    };
    bed.clients.points.clear_payload(request).await.unwrap();
    assert!(payload(&mut bed, 1).await.is_empty());
    assert!(payload(&mut bed, 3).await.is_empty());
    assert_eq!(bed.clients.count(&name, None).await, 3);
    bed.end().await;
}

#[tokio::test]
async fn vectors_are_changed_in_part() {
    let mut bed = with_all_kinds().await;
    let name = bed.name.clone();
    let both = named(&[("a", a(&[1.0, 1.0])), ("b", a(&[1.0, 1.0, 1.0]))]);
    let points = vec![point(number(1), both, &[("x", text("y"))])];
    bed.clients.upsert(&name, points).await;
    bed.clients
        .points
        .update_vectors(proto::UpdatePointVectors {
            collection_name: name.clone(),
            wait: Some(true),
            points: vec![proto::PointVectors { id: Some(number(1)), vectors: Some(named(&[("a", a(&[2.0, 2.0]))])) }],
            ..Default::default()
        })
        .await
        .unwrap();
    let found = stored(&mut bed, 1).await;
    assert_eq!(found["a"], dense_out(&[2.0, 2.0]));
    assert_eq!(found["b"], dense_out(&[1.0, 1.0, 1.0]));
    assert_eq!(payload(&mut bed, 1).await, fields(&[("x", text("y"))]));
    bed.clients
        .points
        .delete_vectors(proto::DeletePointVectors {
            collection_name: name.clone(),
            wait: Some(true),
            points_selector: selected(&[1]),
            vectors: Some(proto::VectorsSelector { names: vec!["b".to_owned()] }),
            ..Default::default()
        })
        .await
        .unwrap();
    let found = stored(&mut bed, 1).await;
    assert_eq!(found.keys().collect::<Vec<_>>(), ["a"]);
    bed.end().await;
}

#[tokio::test]
async fn a_batch_of_mixed_operations_is_done_in_order() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    let operations = [
        Operation::Upsert(batch::PointStructList { points: line(4), ..Default::default() }),
        Operation::DeletePoints(batch::DeletePoints { points: selected(&[2]), ..Default::default() }),
        Operation::SetPayload(batch::SetPayload {
            payload: fields(&[("m", text("set"))]),
            points_selector: selected(&[1]),
            ..Default::default()
        }),
        Operation::OverwritePayload(batch::OverwritePayload {
            payload: fields(&[("m", text("over"))]),
            points_selector: selected(&[3]),
            ..Default::default()
        }),
        Operation::DeletePayload(batch::DeletePayload {
            keys: vec!["n".to_owned()],
            points_selector: selected(&[1]),
            ..Default::default()
        }),
        Operation::ClearPayload(batch::ClearPayload { points: selected(&[4]), ..Default::default() }),
        Operation::UpdateVectors(batch::UpdateVectors {
            points: vec![proto::PointVectors { id: Some(number(4)), vectors: Some(dense(&[9.0, 9.0])) }],
            ..Default::default()
        }),
        Operation::DeleteVectors(batch::DeleteVectors {
            points_selector: selected(&[3]),
            vectors: Some(proto::VectorsSelector { names: vec![String::new()] }),
            ..Default::default()
        }),
    ];
    let response = bed
        .clients
        .points
        .update_batch(proto::UpdateBatchPoints {
            collection_name: name.clone(),
            wait: Some(true),
            operations: operations
                .into_iter()
                .map(|operation| proto::PointsUpdateOperation { operation: Some(operation) })
                .collect(),
            ..Default::default()
        })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(response.result.len(), 8);
    let completed = proto::UpdateStatus::Completed;
    assert!(response.result.iter().all(|one| one.status() == completed));
    assert_eq!(bed.clients.ids(&name).await, ["1", "3", "4"]);
    assert_eq!(payload(&mut bed, 1).await, fields(&[("m", text("set"))]));
    assert_eq!(payload(&mut bed, 3).await, fields(&[("m", text("over"))]));
    assert!(payload(&mut bed, 4).await.is_empty());
    assert_eq!(stored(&mut bed, 4).await[""], dense_out(&[9.0, 9.0]));
    assert!(stored(&mut bed, 3).await.is_empty());
    bed.end().await;
}

#[tokio::test]
async fn indexes_come_and_go_in_the_schema() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    bed.clients.upsert(&name, line(3)).await;
    let types = [
        ("keyword", proto::FieldType::Keyword),
        ("n", proto::FieldType::Integer),
        ("float", proto::FieldType::Float),
        ("geo", proto::FieldType::Geo),
        ("text", proto::FieldType::Text),
        ("bool", proto::FieldType::Bool),
        ("datetime", proto::FieldType::Datetime),
        ("uuid", proto::FieldType::Uuid),
    ];
    for (field, field_type) in types {
        bed.clients
            .points
            .create_field_index(proto::CreateFieldIndexCollection {
                collection_name: name.clone(),
                wait: Some(true),
                field_name: field.to_owned(),
                field_type: Some(field_type.into()),
                ..Default::default()
            })
            .await
            .unwrap();
    }
    let info = proto::GetCollectionInfoRequest { collection_name: name.clone() };
    let response = bed.clients.collections.get(info.clone()).await.unwrap();
    let schema = response.into_inner().result.unwrap().payload_schema;
    assert_eq!(schema.len(), types.len());
    assert_eq!(schema["n"].data_type(), proto::PayloadSchemaType::Integer);
    assert_eq!(schema["n"].points, Some(3));
    bed.clients
        .points
        .delete_field_index(proto::DeleteFieldIndexCollection {
            collection_name: name.clone(),
            wait: Some(true),
            field_name: "n".to_owned(),
            ..Default::default()
        })
        .await
        .unwrap();
    let response = bed.clients.collections.get(info).await.unwrap();
    let schema = response.into_inner().result.unwrap().payload_schema;
    assert!(!schema.contains_key("n"));
    bed.end().await;
}
