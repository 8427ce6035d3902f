//! The version the server passes for: what a server of that version does with what came later, and
//! the slices that 1.19 brought. These run against our own server alone: it can be any version.

#![allow(clippy::unwrap_used, reason = "an error fails the test")]

mod common;

use std::collections::BTreeSet;

use common::{Bed, dense, fields, line, matching, number, plane, point, slice, text, upserting, uuid};
use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::points_update_operation::{Operation, PointStructList};
use qdrant_client::qdrant::value::Kind;
use tonic::Code;

async fn of_version(version: &str) -> Bed {
    let mut bed = Bed::with_arguments(&["--server-version", version]).await;
    let name = bed.name.clone();
    bed.clients.create(plane(&name)).await;
    bed
}

/// Point 1 with `n` of 100 where point 1 of a line has 1.
fn changed() -> Vec<proto::PointStruct> {
    vec![point(number(1), dense(&[9.0, 9.0]), &[("n", Kind::IntegerValue(100))])]
}

/// Matches none of the points of a line.
fn nobody() -> proto::Filter {
    proto::Filter::must([proto::Condition::matches("n", -1)])
}

async fn n_of_one(bed: &mut Bed) -> Kind {
    let name = bed.name.clone();
    bed.clients.point(&name, number(1)).await.payload["n"].kind.clone().unwrap()
}

async fn count(bed: &mut Bed, filter: proto::Filter) -> u64 {
    let name = bed.name.clone();
    bed.clients.count(&name, Some(filter)).await
}

#[tokio::test]
async fn the_health_check_tells_the_version_it_was_started_with() {
    for (arguments, version) in [(&[][..], "1.18.2"), (&["--server-version", "1.15.4"][..], "1.15.4")] {
        let mut bed = Bed::with_arguments(arguments).await;
        let reply = bed.clients.health.health_check(proto::HealthCheckRequest {}).await.unwrap().into_inner();
        assert_eq!(reply.version, version);
    }
}

#[tokio::test]
async fn an_update_filter_is_passed_over_below_1_16() {
    for (version, expected) in [("1.15.4", 100), ("1.16.0", 1)] {
        let mut bed = of_version(version).await;
        let name = bed.name.clone();
        let guarded = proto::UpsertPoints { update_filter: Some(nobody()), ..upserting(&name, changed()) };
        bed.clients.upsert(&name, line(1)).await;
        bed.clients.points.upsert(guarded.clone()).await.unwrap();
        assert_eq!(n_of_one(&mut bed).await, Kind::IntegerValue(expected), "upsert on {version}");

        bed.clients.upsert(&name, line(1)).await;
        let operation = Operation::Upsert(PointStructList {
            points: changed(),
            update_filter: Some(nobody()),
            ..Default::default()
        });
        bed.clients
            .points
            .update_batch(proto::UpdateBatchPoints {
                collection_name: name.clone(),
                wait: Some(true),
                operations: vec![proto::PointsUpdateOperation { operation: Some(operation) }],
                ..Default::default()
            })
            .await
            .unwrap();
        assert_eq!(n_of_one(&mut bed).await, Kind::IntegerValue(expected), "batch on {version}");

        bed.clients.upsert(&name, line(1)).await;
        bed.clients
            .points
            .update_vectors(proto::UpdatePointVectors {
                collection_name: name.clone(),
                wait: Some(true),
                points: vec![proto::PointVectors { id: Some(number(1)), vectors: Some(dense(&[9.0, 9.0])) }],
                update_filter: Some(nobody()),
                ..Default::default()
            })
            .await
            .unwrap();
        let stored = common::kinds::stored(&mut bed, 1).await.remove("").unwrap();
        let values: &[f32] = if expected == 100 { &[9.0, 9.0] } else { &[1.0, 1.0] };
        assert_eq!(stored, common::kinds::dense_out(values), "vectors on {version}");
    }
}

#[tokio::test]
async fn an_update_mode_is_passed_over_below_1_17() {
    for (version, expected) in [("1.16.3", 100), ("1.17.0", 1)] {
        let mut bed = of_version(version).await;
        let name = bed.name.clone();
        bed.clients.upsert(&name, line(1)).await;
        let insert = proto::UpsertPoints {
            update_mode: Some(proto::UpdateMode::InsertOnly.into()),
            ..upserting(&name, changed())
        };
        bed.clients.points.upsert(insert).await.unwrap();
        assert_eq!(n_of_one(&mut bed).await, Kind::IntegerValue(expected), "{version}");
    }
}

#[tokio::test]
async fn metadata_is_passed_over_below_1_16() {
    for (version, expected) in [("1.15.4", 0), ("1.16.0", 2)] {
        let mut bed = Bed::with_arguments(&["--server-version", version]).await;
        let name = bed.name.clone();
        let definition = proto::CreateCollection { metadata: fields(&[("owner", text("tests"))]), ..plane(&name) };
        bed.clients.create(definition).await;
        bed.clients
            .collections
            .update(proto::UpdateCollection {
                collection_name: name.clone(),
                metadata: fields(&[("more", text("yes"))]),
                ..Default::default()
            })
            .await
            .unwrap();
        let request = proto::GetCollectionInfoRequest { collection_name: name };
        let info = bed.clients.collections.get(request).await.unwrap().into_inner().result.unwrap();
        assert_eq!(info.config.unwrap().metadata.len(), expected, "{version}");
    }
}

/// 300 numbers and 300 UUIDs.
async fn with_many_ids() -> Bed {
    let mut bed = of_version("1.19.0").await;
    let name = bed.name.clone();
    let mut points = line(300);
    let uuids = (0..300).map(|n| point(uuid(&uuid::Uuid::from_u128(n << 64 | n).to_string()), dense(&[1.0, 1.0]), &[]));
    points.extend(uuids);
    bed.clients.upsert(&name, points).await;
    bed
}

async fn ids_of(bed: &mut Bed, filter: proto::Filter) -> Vec<String> {
    let request = proto::ScrollPoints {
        collection_name: bed.name.clone(),
        filter: Some(filter),
        limit: Some(10_000),
        ..Default::default()
    };
    bed.clients.scroll(request).await.result.iter().map(|one| common::shown(&one.id)).collect()
}

#[tokio::test]
async fn slices_are_disjoint_and_together_hold_every_point() {
    let mut bed = with_many_ids().await;
    let mut seen = BTreeSet::new();
    for index in 0..7 {
        let ids = ids_of(&mut bed, proto::Filter::must([slice(7, index)])).await;
        assert!((40..140).contains(&ids.len()), "slice {index} holds {}", ids.len());
        for id in ids {
            assert!(seen.insert(id), "in two slices");
        }
    }
    assert_eq!(seen.len(), 600);
}

/// Who is in slice 5 of 100, worked out with another implementation of the protocol's hash.
const EXPECTED: [&str; 9] = [
    "205",
    "00000000-0000-0003-0000-000000000003",
    "00000000-0000-0039-0000-000000000039",
    "00000000-0000-0068-0000-000000000068",
    "00000000-0000-0079-0000-000000000079",
    "00000000-0000-00bc-0000-0000000000bc",
    "00000000-0000-00f5-0000-0000000000f5",
    "00000000-0000-0121-0000-000000000121",
    "00000000-0000-0124-0000-000000000124",
];

#[tokio::test]
async fn a_slice_holds_whom_the_protocol_says() {
    let mut bed = with_many_ids().await;
    let found = ids_of(&mut bed, proto::Filter::must([slice(100, 5)])).await;
    assert_eq!(found, EXPECTED);
}

#[tokio::test]
async fn a_slice_works_wherever_a_filter_has_a_place_for_it() {
    let mut bed = with_many_ids().await;
    let inside = count(&mut bed, proto::Filter::must([slice(4, 1)])).await;
    let other = count(&mut bed, proto::Filter::must([slice(4, 2)])).await;
    assert_eq!(count(&mut bed, proto::Filter::must_not([slice(4, 1)])).await, 600 - inside);
    assert_eq!(count(&mut bed, proto::Filter::should([slice(4, 1), slice(4, 2)])).await, inside + other);
    assert_eq!(count(&mut bed, proto::Filter::must([slice(4, 1), slice(4, 2)])).await, 0);
    assert_eq!(
        count(&mut bed, proto::Filter::min_should(2, [slice(4, 1), slice(2, 1)])).await,
        inside,
        "a slice of four lies in one of two"
    );
    let nested = proto::Condition::from(proto::Filter::must_not([slice(4, 1)]));
    assert_eq!(count(&mut bed, proto::Filter::must([nested.clone()])).await, 600 - inside);
    let numbers = proto::Condition::range("n", proto::Range { gt: Some(0.0), ..Default::default() });
    let numbered = count(&mut bed, proto::Filter::must([numbers.clone(), slice(4, 1)])).await;
    assert!(numbered > 0 && numbered < inside);

    let name = bed.name.clone();
    let query = |prefetch| proto::QueryPoints {
        collection_name: name.clone(),
        prefetch,
        query: Some(proto::Query::new_nearest(vec![1.0, 1.0])),
        filter: Some(proto::Filter::must([slice(4, 1)])),
        limit: Some(1_000),
        ..Default::default()
    };
    let found = bed.clients.points.query(query(Vec::new())).await.unwrap().into_inner().result;
    assert_eq!(found.len() as u64, inside);
    let prefetch = proto::PrefetchQuery {
        query: Some(proto::Query::new_nearest(vec![1.0, 1.0])),
        filter: Some(proto::Filter::must([slice(4, 2)])),
        limit: Some(1_000),
        ..Default::default()
    };
    let request = proto::QueryPoints { filter: None, ..query(vec![prefetch]) };
    let found = bed.clients.points.query(request).await.unwrap().into_inner().result;
    assert_eq!(found.len() as u64, other);

    let delete = proto::DeletePoints {
        collection_name: name.clone(),
        wait: Some(true),
        points: matching(proto::Filter::must([slice(4, 1)])),
        ..Default::default()
    };
    bed.clients.points.delete(delete).await.unwrap();
    assert_eq!(bed.clients.count(&name, None).await, 600 - inside);
    assert_eq!(count(&mut bed, proto::Filter::must([slice(4, 1)])).await, 0);
    assert_eq!(count(&mut bed, proto::Filter::must([slice(4, 2)])).await, other);
    bed.clients.upsert(&name, line(300)).await;
    assert_eq!(count(&mut bed, proto::Filter::must([slice(1, 0)])).await, all(&mut bed).await);
}

async fn all(bed: &mut Bed) -> u64 {
    let name = bed.name.clone();
    bed.clients.count(&name, None).await
}

#[tokio::test]
async fn a_slice_that_is_none_is_refused() {
    let mut bed = with_many_ids().await;
    for (total, index, words) in [
        (0, 0, "Slice total must be greater than 0"),
        (3, 3, "Slice index must be less than the total number of slices"),
    ] {
        let request = proto::CountPoints {
            collection_name: bed.name.clone(),
            filter: Some(proto::Filter::must([slice(total, index)])),
            ..Default::default()
        };
        let status = bed.clients.points.count(request).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(status.message(), words);
    }
}

#[tokio::test]
async fn a_slice_is_passed_over_below_1_19() {
    let mut bed = of_version("1.18.2").await;
    let name = bed.name.clone();
    bed.clients.upsert(&name, line(30)).await;
    assert_eq!(count(&mut bed, proto::Filter::must([slice(3, 1)])).await, 30);
    assert_eq!(count(&mut bed, proto::Filter::must_not([slice(3, 1)])).await, 30);
    let few = proto::Condition::range("n", proto::Range { gt: Some(20.0), ..Default::default() });
    assert_eq!(count(&mut bed, proto::Filter::must([few, slice(3, 1)])).await, 10);
}

fn prefix(key: &str, prefix: &str) -> proto::Condition {
    use proto::r#match::MatchValue;
    let wanted = proto::Match { match_value: Some(MatchValue::Prefix(prefix.to_owned())) };
    proto::Condition::from(proto::FieldCondition { key: key.to_owned(), r#match: Some(wanted), ..Default::default() })
}

#[tokio::test]
async fn a_prefix_matches_strings_and_lists_of_them_from_1_19() {
    let mut bed = of_version("1.19.0").await;
    let name = bed.name.clone();
    let list = |texts: [&str; 2]| {
        Kind::ListValue(proto::ListValue { values: texts.map(|one| common::value(text(one))).into() })
    };
    let payloads = [
        vec![("word", text("Straße"))],
        vec![("word", text("Stra"))],
        vec![("word", text("stra"))],
        vec![("word", list(["x", "Strand"]))],
        vec![("word", Kind::IntegerValue(1))],
        vec![("other", text("Stra"))],
    ];
    let points = payloads.iter().zip(1..).map(|(payload, id)| point(number(id), dense(&[1.0, 1.0]), payload));
    bed.clients.upsert(&name, points.collect()).await;
    assert_eq!(ids_of(&mut bed, proto::Filter::must([prefix("word", "Stra")])).await, ["1", "2", "4"]);
    assert_eq!(ids_of(&mut bed, proto::Filter::must_not([prefix("word", "Stra")])).await, ["3", "5", "6"]);
    assert_eq!(ids_of(&mut bed, proto::Filter::must([prefix("word", "Stran"), slice(1, 0)])).await, ["4"]);
    assert_eq!(ids_of(&mut bed, proto::Filter::must([prefix("word", "")])).await, ["1", "2", "3", "4"]);
    assert_eq!(ids_of(&mut bed, proto::Filter::must([prefix("word[]", "Stra")])).await, ["4"]);
}

#[tokio::test]
async fn a_prefix_is_malformed_below_1_19() {
    let mut bed = of_version("1.18.2").await;
    let request = proto::CountPoints {
        collection_name: bed.name.clone(),
        filter: Some(proto::Filter::must([prefix("word", "Stra")])),
        ..Default::default()
    };
    let status = bed.clients.points.count(request).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(status.message(), "Malformed Match condition");
}
