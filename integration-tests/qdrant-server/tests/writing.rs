//! Writes of whole points: what goes in comes out bit by bit, and an upsert replaces.

#![allow(clippy::unwrap_used, reason = "an error fails the test")]

mod common;

use std::collections::HashMap;

use common::kinds::{a, dense_out, multi, multi_rows, payload, sparse, stored, with_all_kinds};
use common::{Bed, dense, dots, fields, named, number, plane, point, shown, text, upserting, uuid, value};
use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::value::Kind;
use qdrant_client::qdrant::vectors::VectorsOptions;
use qdrant_client::qdrant::vectors_config::Config;
use qdrant_client::qdrant::{vector_output, vectors_output};

#[tokio::test]
async fn every_kind_of_vector_comes_back() {
    let mut bed = with_all_kinds().await;
    let name = bed.name.clone();
    let vectors = named(&[
        ("a", a(&[1.5, -0.0])),
        ("b", a(&[0.1, 0.2, 0.3])),
        ("m", multi(&[&[1.0, 2.0], &[3.0, 4.0], &[5.0, 6.0]])),
        ("s", sparse(&[7, 3, 4_000_000_000], &[0.7, 0.3, 0.4])),
    ]);
    let points = vec![point(number(1), vectors, &[])];
    bed.clients.upsert(&name, points).await;
    let expected = HashMap::from([
        ("a".to_owned(), dense_out(&[1.5, -0.0])),
        ("b".to_owned(), dense_out(&[0.1, 0.2, 0.3])),
        ("m".to_owned(), vector_output::Vector::MultiDense(multi_rows(&[&[1.0, 2.0], &[3.0, 4.0], &[5.0, 6.0]]))),
        (
            "s".to_owned(),
            vector_output::Vector::Sparse(proto::SparseVector {
                indices: vec![3, 7, 4_000_000_000],
                values: vec![0.3, 0.7, 0.4],
            }),
        ),
    ]);
    assert_eq!(stored(&mut bed, 1).await, expected);
    let one_name = proto::ScrollPoints {
        collection_name: name.clone(),
        with_vectors: Some(vec!["b"].into()),
        ..Default::default()
    };
    let page = bed.clients.scroll(one_name).await;
    let Some(vectors_output::VectorsOptions::Vectors(only)) = page.result[0].vectors.clone().unwrap().vectors_options
    else {
        panic!("a named vector comes back under its name");
    };
    assert_eq!(only.vectors.keys().collect::<Vec<_>>(), ["b"]);
    bed.end().await;
}

#[tokio::test]
#[expect(deprecated, reason = "it is about the deprecated fields")]
async fn the_deprecated_flat_fields_mean_the_same() {
    let mut bed = with_all_kinds().await;
    let name = bed.name.clone();
    let flat = |data: &[f32]| proto::Vector { data: data.to_vec(), ..Default::default() };
    let vectors = named(&[
        ("a", flat(&[1.0, 2.0])),
        ("m", proto::Vector { vectors_count: Some(2), ..flat(&[1.0, 2.0, 3.0, 4.0]) }),
        ("s", proto::Vector { indices: Some(proto::SparseIndices { data: vec![5] }), ..flat(&[0.5]) }),
    ]);
    let points = vec![point(number(1), vectors, &[])];
    bed.clients.upsert(&name, points).await;
    let found = stored(&mut bed, 1).await;
    assert_eq!(found["a"], dense_out(&[1.0, 2.0]));
    assert_eq!(found["m"], vector_output::Vector::MultiDense(multi_rows(&[&[1.0, 2.0], &[3.0, 4.0]])));
    assert_eq!(found["s"], vector_output::Vector::Sparse(proto::SparseVector { indices: vec![5], values: vec![0.5] }));
    bed.end().await;
}

#[tokio::test]
async fn an_unnamed_vector_comes_back_unnamed() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    let data = [f32::MIN_POSITIVE, 1e30];
    let points = vec![point(number(1), dense(&data), &[])];
    bed.clients.upsert(&name, points).await;
    let found = bed.clients.point(&name, number(1)).await.vectors.unwrap();
    let Some(vectors_output::VectorsOptions::Vector(one)) = found.vectors_options else {
        panic!("the default vector has no name");
    };
    assert_eq!(one.vector, Some(dense_out(&data)));
    bed.end().await;
}

#[tokio::test]
async fn datatypes_round_as_they_must_and_cosine_normalises() {
    let mut bed = Bed::make().await;
    let name = bed.name.clone();
    let typed = |datatype: proto::Datatype| proto::VectorParams { datatype: Some(datatype.into()), ..dots(2) };
    let cosine = proto::VectorParams { distance: proto::Distance::Cosine.into(), ..dots(2) };
    let map = HashMap::from([
        ("half".to_owned(), typed(proto::Datatype::Float16)),
        ("byte".to_owned(), typed(proto::Datatype::Uint8)),
        ("cosine".to_owned(), cosine),
    ]);
    bed.clients
        .create(proto::CreateCollection {
            vectors_config: Some(proto::VectorsConfig {
                config: Some(Config::ParamsMap(proto::VectorParamsMap { map })),
            }),
            ..plane(&name)
        })
        .await;
    let vectors = named(&[("half", a(&[0.1, 1.0])), ("byte", a(&[255.7, 3.0])), ("cosine", a(&[3.0, 4.0]))]);
    let zero = named(&[("cosine", a(&[0.0, 0.0]))]);
    let points = vec![point(number(1), vectors, &[]), point(number(2), zero, &[])];
    bed.clients.upsert(&name, points).await;
    let found = stored(&mut bed, 1).await;
    assert_eq!(found["half"], dense_out(&[0.099_975_586, 1.0]));
    assert_eq!(found["byte"], dense_out(&[255.0, 3.0]));
    assert_eq!(found["cosine"], dense_out(&[0.6, 0.8]));
    assert_eq!(stored(&mut bed, 2).await["cosine"], dense_out(&[0.0, 0.0]));
    bed.end().await;
}

#[tokio::test]
async fn payloads_keep_every_bit() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    let list =
        |values: Vec<Kind>| Kind::ListValue(proto::ListValue { values: values.into_iter().map(value).collect() });
    let mut given = vec![
        ("least".to_owned(), Kind::IntegerValue(i64::MIN)),
        ("most".to_owned(), Kind::IntegerValue(i64::MAX)),
        ("whole".to_owned(), Kind::DoubleValue(1.0)),
        ("nul".to_owned(), text("a\0b")),
        ("unicode".to_owned(), text("Grüße 🚀 \u{202e} \u{FFFF}")),
        ("empty".to_owned(), text("")),
        ("yes".to_owned(), Kind::BoolValue(true)),
        ("null".to_owned(), Kind::NullValue(0)),
        ("no_items".to_owned(), list(vec![])),
        ("no_fields".to_owned(), Kind::StructValue(proto::Struct::default())),
        (
            "mixed".to_owned(),
            list(vec![Kind::NullValue(0), Kind::IntegerValue(1), text("x"), list(vec![Kind::BoolValue(false)])]),
        ),
        ("dotted.key".to_owned(), text("stays one key")),
        (String::new(), text("an empty key")),
    ];
    let doubles = [
        5e-324,
        1e300,
        f64::MAX,
        f64::MIN_POSITIVE,
        -0.0,
        0.1 + 0.2,
        1.0 / 3.0,
        9_007_199_254_740_993.0,
        1e19,
        2.225_073_858_507_201e-308,
    ];
    for (place, double) in doubles.into_iter().enumerate() {
        given.push((format!("double{place}"), Kind::DoubleValue(double)));
    }
    let given: HashMap<_, _> = given.into_iter().map(|(key, kind)| (key, value(kind))).collect();
    let points = vec![proto::PointStruct { payload: given.clone(), ..point(number(1), dense(&[1.0, 0.0]), &[]) }];
    bed.clients.upsert(&name, points).await;
    let found = payload(&mut bed, 1).await;
    assert_eq!(found, given);
    for (place, double) in doubles.into_iter().enumerate() {
        let Some(Kind::DoubleValue(back)) = found[&format!("double{place}")].kind else {
            panic!("{double} is a double");
        };
        assert_eq!(back.to_bits(), double.to_bits(), "{double}");
    }
    bed.end().await;
}

#[tokio::test]
async fn an_upsert_replaces_the_whole_point_and_the_last_of_equal_ids_wins() {
    let mut bed = with_all_kinds().await;
    let name = bed.name.clone();
    let both = named(&[("a", a(&[1.0, 1.0])), ("b", a(&[1.0, 1.0, 1.0]))]);
    let first = point(number(1), both, &[("x", text("1")), ("y", text("1"))]);
    bed.clients.upsert(&name, vec![first]).await;
    let second = point(number(1), named(&[("a", a(&[2.0, 2.0]))]), &[("x", text("2"))]);
    let third = point(number(1), named(&[("a", a(&[3.0, 3.0]))]), &[("x", text("3"))]);
    bed.clients.upsert(&name, vec![second, third]).await;
    assert_eq!(payload(&mut bed, 1).await, fields(&[("x", text("3"))]));
    let expected = HashMap::from([("a".to_owned(), dense_out(&[3.0, 3.0]))]);
    assert_eq!(stored(&mut bed, 1).await, expected);

    let none = point(number(1), named(&[]), &[]);
    bed.clients.upsert(&name, vec![none]).await;
    assert!(payload(&mut bed, 1).await.is_empty());
    assert!(stored(&mut bed, 1).await.is_empty());
    assert_eq!(bed.clients.count(&name, None).await, 1);
    bed.end().await;
}

#[tokio::test]
async fn a_uuid_may_come_in_any_spelling() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    let plain = uuid("550e8400e29b41d4a716446655440000");
    let points = vec![point(plain, dense(&[1.0, 0.0]), &[])];
    bed.clients.upsert(&name, points).await;
    assert_eq!(bed.clients.ids(&name).await, ["550e8400-e29b-41d4-a716-446655440000"]);
    let upper = uuid("550E8400-E29B-41D4-A716-446655440000");
    let found = bed.clients.point(&name, upper).await;
    assert_eq!(shown(&found.id), "550e8400-e29b-41d4-a716-446655440000");
    bed.end().await;
}

#[tokio::test]
async fn a_vectors_option_that_is_missing_is_not_an_empty_one() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    let missing = proto::PointStruct { vectors: None, ..point(number(1), dense(&[]), &[]) };
    let status = bed.clients.points.upsert(upserting(&name, vec![missing])).await.unwrap_err();
    assert_eq!(status.message(), "Expected some vectors");
    let empty = proto::Vectors { vectors_options: Some(VectorsOptions::Vectors(proto::NamedVectors::default())) };
    let points = vec![point(number(1), empty, &[])];
    bed.clients.upsert(&name, points).await;
    assert_eq!(bed.clients.ids(&name).await, ["1"]);
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_and_readers_at_once_lose_nothing() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    let writers = (0..4).map(|writer| {
        let (mut clients, name) = (bed.clients.clone(), name.clone());
        tokio::spawn(async move {
            for batch in 0..10 {
                let first = writer * 1_000 + batch * 100;
                let points = (first..first + 100)
                    .map(|id| point(number(id), dense(&[id as f32, 0.0]), &[("w", Kind::IntegerValue(writer as i64))]));
                clients.upsert(&name, points.collect()).await;
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    let readers = (0..2).map(|_| {
        let (mut clients, name) = (bed.clients.clone(), name.clone());
        tokio::spawn(async move {
            let mut last = 0;
            while last < 4_000 {
                let count = clients.count(&name, None).await;
                assert!(count >= last, "{count} after {last}");
                last = count;
            }
        })
    });
    let readers: Vec<_> = readers.collect();
    for task in writers.into_iter().chain(readers) {
        task.await.unwrap();
    }
    for writer in 0..4 {
        let own = proto::Filter::must([proto::Condition::matches("w", writer)]);
        assert_eq!(bed.clients.count(&name, Some(own)).await, 1_000);
    }
    bed.end().await;
}

#[tokio::test]
async fn a_client_may_compress_and_be_answered_compressed() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    let gzip = tonic::codec::CompressionEncoding::Gzip;
    bed.clients.points = bed.clients.points.send_compressed(gzip).accept_compressed(gzip);
    let points = vec![point(number(1), dense(&[1.0, 2.0]), &[("x", text(&"a".repeat(10_000)))])];
    bed.clients.upsert(&name, points).await;
    let response = bed
        .clients
        .points
        .scroll(proto::ScrollPoints { collection_name: name.clone(), ..Default::default() })
        .await
        .unwrap();
    assert_eq!(response.metadata().get("grpc-encoding").unwrap(), "gzip");
    assert_eq!(response.into_inner().result[0].payload["x"], value(text(&"a".repeat(10_000))));
    bed.end().await;
}
