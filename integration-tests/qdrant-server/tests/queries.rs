//! Searches, and what they are combined with.

#![allow(clippy::unwrap_used, reason = "an error fails the test")]

mod common;

use std::collections::HashMap;

use common::{Bed, dense, dots, ids, line, named, number, of, plane, point, text};
use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::query::Variant;
use qdrant_client::qdrant::vector::Vector;
use qdrant_client::qdrant::vector_input::Variant as Input;
use qdrant_client::qdrant::vectors_config::Config;
use tonic::Code;

fn input(variant: Input) -> proto::VectorInput {
    proto::VectorInput { variant: Some(variant) }
}

fn to(values: &[f32]) -> proto::VectorInput {
    input(Input::Dense(proto::DenseVector { data: values.to_vec() }))
}

fn query(variant: Variant) -> Option<proto::Query> {
    Some(proto::Query { variant: Some(variant) })
}

async fn found(bed: &mut Bed, request: proto::QueryPoints) -> Vec<proto::ScoredPoint> {
    let request = proto::QueryPoints { collection_name: bed.name.clone(), ..request };
    let response = bed.clients.points.query(request).await.unwrap();
    response.into_inner().result
}

#[tokio::test]
async fn the_nearest_come_first_with_offset_limit_and_threshold() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    bed.clients.upsert(&name, line(20)).await;
    let nearest = proto::QueryPoints { query: query(Variant::Nearest(to(&[1.0, 0.0]))), ..Default::default() };
    let answer = found(&mut bed, nearest.clone()).await;
    assert_eq!(answer.len(), 10);
    assert_eq!(ids(&answer)[..3], ["20", "19", "18"]);
    assert_eq!(answer[0].score, 20.0);
    assert!(answer[0].payload.is_empty() && answer[0].vectors.is_none());
    let page =
        proto::QueryPoints { offset: Some(2), limit: Some(2), with_payload: Some(true.into()), ..nearest.clone() };
    let answer = found(&mut bed, page).await;
    assert_eq!(ids(&answer), ["18", "17"]);
    assert!(answer[0].payload.contains_key("n"));
    let above = proto::QueryPoints { score_threshold: Some(18.5), ..nearest.clone() };
    assert_eq!(ids(&found(&mut bed, above).await), ["20", "19"]);
    let filtered = proto::QueryPoints {
        filter: Some(proto::Filter::must_not([proto::Condition::matches("n", 20)])),
        limit: Some(1),
        ..nearest.clone()
    };
    assert_eq!(ids(&found(&mut bed, filtered).await), ["19"]);

    let batch = proto::QueryBatchPoints {
        collection_name: name.clone(),
        query_points: vec![
            proto::QueryPoints { limit: Some(1), ..nearest.clone() },
            proto::QueryPoints { limit: Some(2), ..nearest.clone() },
        ],
        ..Default::default()
    };
    let response = bed.clients.points.query_batch(batch).await.unwrap();
    let sizes: Vec<_> = response.into_inner().result.iter().map(|one| one.result.len()).collect();
    assert_eq!(sizes, [1, 2]);

    for (bad, code) in [
        (proto::QueryPoints { limit: Some(0), ..nearest.clone() }, Code::InvalidArgument),
        (
            proto::QueryPoints { query: query(Variant::Nearest(to(&[1.0]))), ..Default::default() },
            Code::InvalidArgument,
        ),
        (proto::QueryPoints { using: Some("nowhere".to_owned()), ..nearest }, Code::InvalidArgument),
        (
            proto::QueryPoints { query: query(Variant::Nearest(input(Input::Id(number(99))))), ..Default::default() },
            Code::NotFound,
        ),
    ] {
        let request = proto::QueryPoints { collection_name: name.clone(), ..bad };
        let status = bed.clients.points.query(request).await.unwrap_err();
        assert_eq!(status.code(), code, "{status}");
    }
    bed.end().await;
}

#[tokio::test]
async fn without_a_query_points_come_by_id() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    bed.clients.upsert(&name, line(4)).await;
    let answer = found(&mut bed, proto::QueryPoints::default()).await;
    assert_eq!(ids(&answer), ["1", "2", "3", "4"]);
    let page = proto::QueryPoints { offset: Some(1), limit: Some(2), ..Default::default() };
    assert_eq!(ids(&found(&mut bed, page).await), ["2", "3"]);
    bed.end().await;
}

#[tokio::test]
async fn a_point_stands_for_its_vector_and_is_left_out() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    bed.clients.upsert(&name, line(5)).await;
    let by_id = |id| input(Input::Id(number(id)));
    let like_five = proto::QueryPoints { query: query(Variant::Nearest(by_id(5))), ..Default::default() };
    assert_eq!(ids(&found(&mut bed, like_five).await), ["4", "3", "2", "1"]);
    use proto::RecommendStrategy::{AverageVector, BestScore, SumScores};
    for strategy in [AverageVector, BestScore, SumScores] {
        let recommend = proto::QueryPoints {
            query: query(Variant::Recommend(proto::RecommendInput {
                positive: vec![by_id(5)],
                negative: vec![],
                strategy: Some(strategy.into()),
            })),
            limit: Some(2),
            ..Default::default()
        };
        let answer = ids(&found(&mut bed, recommend).await);
        assert_eq!(answer, ["4", "3"], "{strategy:?}");
    }
    bed.end().await;
}

#[tokio::test]
async fn an_order_can_be_queried_too() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    bed.clients.upsert(&name, line(5)).await;
    bed.clients
        .points
        .create_field_index(proto::CreateFieldIndexCollection {
            collection_name: name.clone(),
            wait: Some(true),
            field_name: "n".to_owned(),
            field_type: Some(proto::FieldType::Integer.into()),
            ..Default::default()
        })
        .await
        .unwrap();
    let ordered = proto::QueryPoints {
        query: query(Variant::OrderBy(proto::OrderBy {
            key: "n".to_owned(),
            direction: Some(proto::Direction::Desc.into()),
            start_from: None,
        })),
        limit: Some(2),
        ..Default::default()
    };
    assert_eq!(ids(&found(&mut bed, ordered).await), ["5", "4"]);
    bed.end().await;
}

#[tokio::test]
async fn sparse_dense_and_multi_vectors_are_searched_and_fused() {
    let mut bed = Bed::make().await;
    let name = bed.name.clone();
    let multi = proto::VectorParams { multivector_config: Some(proto::MultiVectorConfig::default()), ..dots(2) };
    let map = HashMap::from([("d".to_owned(), dots(2)), ("m".to_owned(), multi)]);
    bed.clients
        .create(proto::CreateCollection {
            vectors_config: Some(proto::VectorsConfig {
                config: Some(Config::ParamsMap(proto::VectorParamsMap { map })),
            }),
            sparse_vectors_config: Some(proto::SparseVectorConfig {
                map: HashMap::from([("s".to_owned(), proto::SparseVectorParams::default())]),
            }),
            ..plane(&name)
        })
        .await;
    let row = |data: &[f32]| proto::DenseVector { data: data.to_vec() };
    let points = (1..=3)
        .map(|id| {
            let near = id as f32;
            let vectors = named(&[
                ("d", of(Vector::Dense(row(&[near, 0.0])))),
                (
                    "m",
                    of(Vector::MultiDense(proto::MultiDenseVector {
                        vectors: vec![row(&[0.0, near]), row(&[near, 0.0])],
                    })),
                ),
                ("s", of(Vector::Sparse(proto::SparseVector { indices: vec![id as u32], values: vec![1.0] }))),
            ]);
            point(number(id), vectors, &[])
        })
        .collect();
    bed.clients.upsert(&name, points).await;
    let sparse = input(Input::Sparse(proto::SparseVector { indices: vec![2], values: vec![2.0] }));
    let by = |using: &str, input: proto::VectorInput| proto::QueryPoints {
        query: query(Variant::Nearest(input)),
        using: Some(using.to_owned()),
        ..Default::default()
    };
    let answer = found(&mut bed, by("d", to(&[1.0, 0.0]))).await;
    assert_eq!(ids(&answer), ["3", "2", "1"]);
    let answer = found(&mut bed, by("s", sparse.clone())).await;
    assert_eq!(ids(&answer), ["2"]);
    assert_eq!(answer[0].score, 2.0);
    let rows = input(Input::MultiDense(proto::MultiDenseVector { vectors: vec![row(&[1.0, 0.0]), row(&[0.0, 1.0])] }));
    let answer = found(&mut bed, by("m", rows)).await;
    assert_eq!(ids(&answer), ["3", "2", "1"]);
    assert_eq!(answer[0].score, 6.0);

    let prefetch = |using: &str, input: proto::VectorInput| proto::PrefetchQuery {
        query: query(Variant::Nearest(input)),
        using: Some(using.to_owned()),
        ..Default::default()
    };
    for fusion in [
        Variant::Fusion(proto::Fusion::Rrf.into()),
        Variant::Fusion(proto::Fusion::Dbsf.into()),
        Variant::Rrf(proto::Rrf::default()),
    ] {
        let fused = proto::QueryPoints {
            prefetch: vec![prefetch("d", to(&[1.0, 0.0])), prefetch("s", sparse.clone())],
            query: query(fusion.clone()),
            limit: Some(3),
            ..Default::default()
        };
        let answer = found(&mut bed, fused).await;
        let mut seen = ids(&answer);
        assert_eq!(seen[0], "2", "{fusion:?}");
        seen.sort_unstable();
        assert_eq!(seen, ["1", "2", "3"]);
    }
    bed.end().await;
}

#[tokio::test]
async fn a_facet_counts_the_values_of_an_indexed_key() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    let points = ["a", "b", "a", "a"]
        .iter()
        .zip(1..)
        .map(|(k, id)| point(number(id), dense(&[1.0, 0.0]), &[("k", text(k))]))
        .collect();
    bed.clients.upsert(&name, points).await;
    let facet = proto::FacetCounts {
        collection_name: name.clone(),
        key: "k".to_owned(),
        exact: Some(true),
        ..Default::default()
    };
    let status = bed.clients.points.facet(facet.clone()).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    bed.clients
        .points
        .create_field_index(proto::CreateFieldIndexCollection {
            collection_name: name.clone(),
            wait: Some(true),
            field_name: "k".to_owned(),
            field_type: Some(proto::FieldType::Keyword.into()),
            ..Default::default()
        })
        .await
        .unwrap();
    let hits = bed.clients.points.facet(facet).await.unwrap();
    let hits: Vec<_> =
        hits.into_inner().hits.into_iter().map(|hit| (hit.value.unwrap().variant.unwrap(), hit.count)).collect();
    use proto::facet_value::Variant::StringValue;
    assert_eq!(hits, [(StringValue("a".into()), 3), (StringValue("b".into()), 1)]);
    bed.end().await;
}

#[tokio::test]
async fn discovery_context_and_variety_are_searched_too() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    bed.clients.upsert(&name, line(9)).await;
    let by_id = |id| Some(input(Input::Id(number(id))));
    let pair = proto::ContextInputPair { positive: by_id(9), negative: by_id(1) };
    let context = proto::ContextInput { pairs: vec![pair] };
    let mmr = proto::NearestInputWithMmr {
        nearest: Some(to(&[1.0, 0.0])),
        mmr: Some(proto::Mmr { diversity: Some(0.0), candidates_limit: None }),
    };
    for (variant, left_out) in [
        (
            Variant::Discover(proto::DiscoverInput { target: by_id(5), context: Some(context.clone()) }),
            vec!["1", "5", "9"],
        ),
        (Variant::Context(context), vec!["1", "9"]),
        (Variant::NearestWithMmr(mmr), vec![]),
    ] {
        let request = proto::QueryPoints { query: query(variant.clone()), ..Default::default() };
        let seen = ids(&found(&mut bed, request).await);
        assert_eq!(seen.len() + left_out.len(), 9, "{variant:?}");
        assert!(left_out.iter().all(|id| !seen.contains(&(*id).to_owned())), "{variant:?}: {seen:?}");
    }
    bed.end().await;
}
