//! Reads of a collection that is sharded by hand: of the keys they name, or of all.

#![allow(clippy::unwrap_used, reason = "an error fails the test")]

mod common;

use common::sharded::{add, bed, by_hand, counted, index, key, keys, points, putting, scrolled, scrolling};
use common::{Bed, dense, number, text};
use qdrant_client::qdrant as proto;

#[tokio::test]
async fn a_read_sees_the_keys_it_names_or_all() {
    let mut bed = bed().await;
    let name = bed.name.clone();
    assert_eq!(counted(&mut bed.clients, &name, &["a"]).await, 4);
    assert_eq!(counted(&mut bed.clients, &name, &["b"]).await, 3);
    assert_eq!(counted(&mut bed.clients, &name, &["a", "b"]).await, 7);
    assert_eq!(counted(&mut bed.clients, &name, &[]).await, 7);
    let request = proto::ScrollPoints { shard_key_selector: keys(&["b"]), ..scrolling(&name) };
    let page = bed.clients.scroll(request).await.result;
    assert_eq!(page.iter().map(|point| common::shown(&point.id)).collect::<Vec<_>>(), ["2", "4", "7"]);
    assert!(page.iter().all(|point| point.shard_key == Some(key("b"))));
    assert_eq!(page[2].payload["city"], common::value(text("Berlin")));
    let request = proto::GetPoints {
        collection_name: name.clone(),
        ids: vec![number(7), number(2), number(1)],
        with_payload: Some(true.into()),
        shard_key_selector: keys(&["a"]),
        ..Default::default()
    };
    let found = bed.clients.points.get(request.clone()).await.unwrap().into_inner().result;
    assert_eq!(found.iter().map(|point| common::shown(&point.id)).collect::<Vec<_>>(), ["7", "1"]);
    assert_eq!(found[0].payload["city"], common::value(text("Athens")));
    let request = proto::GetPoints { shard_key_selector: None, ..request };
    let found = bed.clients.points.get(request).await.unwrap().into_inner().result;
    assert_eq!(found.iter().map(|point| common::shown(&point.id)).collect::<Vec<_>>(), ["7", "2", "1"]);
    assert_eq!(found[1].shard_key, Some(key("b")));
}

#[tokio::test]
async fn pages_go_over_all_keys_in_the_order_of_the_ids_and_name_an_id_once() {
    let mut bed = bed().await;
    let name = bed.name.clone();
    for limit in 1..8 {
        let (mut seen, mut offset) = (Vec::new(), None);
        loop {
            let request = proto::ScrollPoints { limit: Some(limit), offset, ..scrolling(&name) };
            let page = bed.clients.scroll(request).await;
            assert!(page.result.len() <= limit as usize);
            seen.extend(page.result.iter().map(|point| common::shown(&point.id)));
            offset = page.next_page_offset;
            if offset.is_none() {
                break;
            }
        }
        assert_eq!(seen, ["1", "2", "3", "4", "5", "7"], "pages of {limit}");
    }
    let order_by = |direction: proto::Direction| {
        Some(proto::OrderBy { key: "n".to_owned(), direction: Some(direction.into()), ..Default::default() })
    };
    let request =
        proto::ScrollPoints { limit: Some(4), order_by: order_by(proto::Direction::Desc), ..scrolling(&name) };
    assert_eq!(scrolled(&mut bed.clients, request).await, (vec!["7".into(), "5".into(), "4".into(), "3".into()], None));
}

#[tokio::test]
async fn a_query_finds_the_best_of_all_keys() {
    let mut bed = bed().await;
    let name = bed.name.clone();
    let nearest = proto::QueryPoints {
        collection_name: name.clone(),
        query: Some(proto::Query::new_nearest(vec![1.0, 0.0])),
        limit: Some(3),
        ..Default::default()
    };
    let mut ask = async |request| bed.clients.points.query(request).await.unwrap().into_inner().result;
    let found = ask(nearest.clone()).await;
    assert_eq!(common::ids(&found), ["7", "5", "4"]);
    assert_eq!(found[2].shard_key, Some(key("b")));
    assert_eq!(common::ids(&ask(proto::QueryPoints { offset: Some(1), ..nearest.clone() }).await), ["5", "4", "3"]);
    let of_one = proto::QueryPoints { shard_key_selector: keys(&["b"]), ..nearest.clone() };
    assert_eq!(common::ids(&ask(of_one).await), ["7", "4", "2"]);
    let of_point = proto::QueryPoints { query: Some(proto::Query::new_nearest(number(2))), ..nearest.clone() };
    assert_eq!(common::ids(&ask(of_point).await), ["7", "5", "4"]);
    let prefetch = proto::PrefetchQuery { limit: Some(2), ..Default::default() };
    let rescored = proto::QueryPoints { prefetch: vec![prefetch], ..nearest.clone() };
    assert_eq!(common::ids(&ask(rescored).await), ["4", "3", "2"], "each shard goes on with its own first");
    let sample = proto::QueryPoints {
        query: Some(proto::Query { variant: Some(proto::query::Variant::Sample(proto::Sample::Random.into())) }),
        limit: Some(100),
        ..nearest
    };
    let mut sampled = common::ids(&ask(sample).await);
    sampled.sort();
    assert_eq!(sampled, ["1", "2", "3", "4", "5", "7"]);
}

#[tokio::test]
async fn a_query_names_an_id_twice_when_its_scores_differ() {
    let mut bed = bed().await;
    let name = bed.name.clone();
    let mut moved = points(&[7], "Berlin");
    moved[0].vectors = Some(dense(&[6.0, 1.0]));
    bed.clients.points.upsert(putting(&name, &["b"], moved)).await.unwrap();
    let request = proto::QueryPoints {
        collection_name: name,
        query: Some(proto::Query::new_nearest(vec![1.0, 0.0])),
        limit: Some(3),
        ..Default::default()
    };
    let found = bed.clients.points.query(request).await.unwrap().into_inner().result;
    assert_eq!(common::ids(&found), ["7", "7", "5"]);
}

#[tokio::test]
async fn distances_that_are_better_the_smaller_merge_the_other_way() {
    let mut bed = Bed::with_arguments(&[]).await;
    let name = bed.name.clone();
    let params = proto::VectorParams { distance: proto::Distance::Euclid.into(), ..common::dots(2) };
    let config = Some(proto::vectors_config::Config::Params(params));
    let definition =
        proto::CreateCollection { vectors_config: Some(proto::VectorsConfig { config }), ..by_hand(&name) };
    bed.clients.create(definition).await;
    add(&mut bed.clients, &name, key("a")).await.unwrap();
    add(&mut bed.clients, &name, key("b")).await.unwrap();
    bed.clients.points.upsert(putting(&name, &["a"], points(&[1, 3, 5], "x"))).await.unwrap();
    bed.clients.points.upsert(putting(&name, &["b"], points(&[2, 4], "x"))).await.unwrap();
    let request = proto::QueryPoints {
        collection_name: name,
        query: Some(proto::Query::new_nearest(vec![0.0, 1.0])),
        limit: Some(3),
        ..Default::default()
    };
    let found = bed.clients.points.query(request).await.unwrap().into_inner().result;
    assert_eq!(common::ids(&found), ["1", "2", "3"]);
}

#[tokio::test]
async fn a_facet_adds_up_over_the_keys() {
    let mut bed = bed().await;
    let name = bed.name.clone();
    index(&mut bed.clients, &name, "city", proto::FieldType::Keyword).await;
    bed.clients.points.upsert(putting(&name, &["b"], points(&[8, 9], "Athens"))).await.unwrap();
    let request = proto::FacetCounts {
        collection_name: name,
        key: "city".to_owned(),
        exact: Some(true),
        limit: Some(1),
        ..Default::default()
    };
    let hits = bed.clients.points.facet(request.clone()).await.unwrap().into_inner().hits;
    assert_eq!(hits.iter().map(|hit| hit.count).collect::<Vec<_>>(), [6]);
    let request = proto::FacetCounts { shard_key_selector: keys(&["b"]), limit: Some(9), ..request };
    let hits = bed.clients.points.facet(request).await.unwrap().into_inner().hits;
    assert_eq!(hits.iter().map(|hit| hit.count).collect::<Vec<_>>(), [3, 2]);
}
