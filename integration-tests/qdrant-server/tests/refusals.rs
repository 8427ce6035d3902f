//! Refusals: the codes and words of the server, and nothing written by a refused request.

#![allow(clippy::unwrap_used, reason = "an error fails the test")]

mod common;

use std::collections::HashMap;

use common::{Bed, dense, fields, line, named, number, of, plane, point, upserting, uuid};
use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::value::Kind;
use qdrant_client::qdrant::vector::Vector;
use tonic::{Code, Status};

fn sparse(indices: &[u32], values: &[f32]) -> proto::Vectors {
    let vector = of(Vector::Sparse(proto::SparseVector { indices: indices.to_vec(), values: values.to_vec() }));
    named(&[("s", vector)])
}

async fn with_sparse() -> Bed {
    let mut bed = Bed::make().await;
    let name = bed.name.clone();
    bed.clients
        .create(proto::CreateCollection {
            sparse_vectors_config: Some(proto::SparseVectorConfig {
                map: HashMap::from([("s".to_owned(), proto::SparseVectorParams::default())]),
            }),
            ..plane(&name)
        })
        .await;
    bed
}

async fn refused(bed: &mut Bed, bad: proto::PointStruct, wait: bool) -> Status {
    let name = bed.name.clone();
    let mut points = line(50);
    points.insert(25, bad);
    let request = proto::UpsertPoints { wait: Some(wait), ..upserting(&name, points) };
    let status = bed.clients.points.upsert(request).await.unwrap_err();
    assert_eq!(bed.clients.count(&name, None).await, 0, "{status}");
    status
}

#[tokio::test]
async fn one_bad_point_refuses_its_whole_batch() {
    let mut bed = with_sparse().await;
    let good = || dense(&[1.0, 2.0]);
    let odd = |vectors| point(number(1_000), vectors, &[]);
    let nan = fields(&[("x", Kind::DoubleValue(f64::NAN))]);
    let infinite = fields(&[("x", Kind::DoubleValue(f64::INFINITY))]);
    let with_payload = |payload| proto::PointStruct { payload, ..odd(good()) };
    let no_id = proto::PointStruct { id: None, ..odd(good()) };
    let cases = [
        (odd(dense(&[1.0, 2.0, 3.0])), "Wrong input: Vector dimension error: expected dim: 2, got 3"),
        (point(uuid("no-uuid"), good(), &[]), "Unable to parse UUID: no-uuid"),
        (no_id, "Empty ID is not allowed"),
        (with_payload(nan), "cannot convert to json number"),
        (with_payload(infinite), "cannot convert to json number"),
    ];
    for (bad, words) in cases {
        for wait in [true, false] {
            let status = refused(&mut bed, bad.clone(), wait).await;
            assert_eq!(status.code(), Code::InvalidArgument);
            assert_eq!(status.message(), words);
        }
    }
    for bad in [sparse(&[1, 1], &[0.1, 0.2]), sparse(&[1, 2], &[0.1])] {
        let status = refused(&mut bed, odd(bad), true).await;
        assert_eq!(status.code(), Code::InvalidArgument);
    }
    bed.end().await;
}

#[tokio::test]
async fn a_vector_that_does_not_fit_is_refused_when_waited_for_and_vanishes_when_not() {
    let mut bed = with_sparse().await;
    let name = bed.name.clone();
    let one = || of(Vector::Dense(proto::DenseVector { data: vec![1.0, 2.0] }));
    let cases = [
        (named(&[("nowhere", one())]), "Wrong input: Not existing vector name error: nowhere"),
        (named(&[("s", one())]), "Wrong input: Conversion between sparse and regular vectors failed"),
    ];
    for (vectors, words) in cases {
        let points = vec![point(number(1), vectors, &[])];
        let mut request = upserting(&name, points);
        let status = bed.clients.points.upsert(request.clone()).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(status.message(), words);
        request.wait = Some(false);
        let response = bed.clients.points.upsert(request).await.unwrap();
        let status = response.into_inner().result.unwrap().status();
        assert_eq!(status, proto::UpdateStatus::Acknowledged);
        let fence = upserting(&name, line(1));
        bed.clients.points.upsert(fence).await.unwrap();
        assert_eq!(bed.clients.ids(&name).await, ["1"]);
        let delete = proto::DeletePoints {
            collection_name: name.clone(),
            wait: Some(true),
            points: common::selected(&[1]),
            ..Default::default()
        };
        bed.clients.points.delete(delete).await.unwrap();
    }
    bed.end().await;
}

#[tokio::test]
async fn a_nan_in_a_vector_is_stored() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    let points = vec![point(number(1), dense(&[f32::NAN, 1.0]), &[])];
    bed.clients.upsert(&name, points).await;
    assert_eq!(bed.clients.ids(&name).await, ["1"]);
    bed.end().await;
}

#[tokio::test]
async fn an_unknown_collection_is_not_found_by_any_call() {
    let mut bed = Bed::make().await;
    let name = bed.name.clone();
    let points = &mut bed.clients.points;
    let statuses = [
        points.upsert(upserting(&name, line(1))).await.unwrap_err(),
        points.scroll(proto::ScrollPoints { collection_name: name.clone(), ..Default::default() }).await.unwrap_err(),
        points.count(proto::CountPoints { collection_name: name.clone(), ..Default::default() }).await.unwrap_err(),
        points.query(proto::QueryPoints { collection_name: name.clone(), ..Default::default() }).await.unwrap_err(),
        points
            .get(proto::GetPoints { collection_name: name.clone(), ids: vec![number(1)], ..Default::default() })
            .await
            .unwrap_err(),
    ];
    for status in statuses {
        assert_eq!(status.code(), Code::NotFound);
        assert_eq!(status.message(), format!("Not found: Collection `{name}` doesn't exist!"));
    }
}

#[tokio::test]
async fn one_great_message_passes() {
    let mut bed = Bed::make().await;
    let name = bed.name.clone();
    let size = 1_000;
    bed.clients
        .create(proto::CreateCollection {
            vectors_config: Some(proto::VectorsConfig {
                config: Some(proto::vectors_config::Config::Params(common::dots(size))),
            }),
            ..plane(&name)
        })
        .await;
    // 40 MB of vectors: ten times what gRPC takes when nobody says otherwise.
    let values = vec![0.5; size as usize];
    let points = (0..10_000).map(|id| point(number(id), dense(&values), &[])).collect();
    bed.clients.upsert(&name, points).await;
    let page = bed
        .clients
        .scroll(proto::ScrollPoints {
            collection_name: name.clone(),
            limit: Some(20_000),
            with_vectors: Some(true.into()),
            ..Default::default()
        })
        .await;
    assert_eq!(page.result.len(), 10_000);
    bed.end().await;
}

/// A field that is passed over in silence would make a test prove what was not done. Real servers
/// know most of these, so this runs against our own alone.
#[tokio::test]
async fn what_the_test_server_lacks_is_refused_by_name() {
    if std::env::var_os("VECTORFUSE_QDRANT_URL").is_some() {
        return;
    }
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    let strict = proto::StrictModeConfig {
        enabled: Some(true),
        max_collection_vector_size_bytes: Some(1),
        ..Default::default()
    };
    let definition = proto::CreateCollection { strict_mode_config: Some(strict), ..plane("strict") };
    let status = bed.clients.collections.create(definition).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    assert!(status.message().contains("max_collection_vector_size_bytes"), "{status}");
    let query = proto::QueryPoints {
        collection_name: name.clone(),
        lookup_from: Some(proto::LookupLocation::default()),
        ..Default::default()
    };
    let status = bed.clients.points.query(query).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    assert!(status.message().contains("lookup_from"), "{status}");
    bed.end().await;
}
