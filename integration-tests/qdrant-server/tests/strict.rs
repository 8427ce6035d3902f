//! Strict mode: limits that are kept, shown and held, in the server's words.

#![allow(clippy::unwrap_used, reason = "an error fails the test")]

mod common;

use common::{Bed, line, matching, number, plane, selected, upserting};
use qdrant_client::qdrant as proto;
use tonic::{Code, Status};

fn on() -> proto::StrictModeConfig {
    proto::StrictModeConfig { enabled: Some(true), ..Default::default() }
}

async fn with(strict: proto::StrictModeConfig) -> Bed {
    let mut bed = Bed::make().await;
    let name = bed.name.clone();
    let definition = proto::CreateCollection { strict_mode_config: Some(strict), ..plane(&name) };
    bed.clients.create(definition).await;
    bed
}

async fn change(bed: &mut Bed, strict: proto::StrictModeConfig) {
    let request = proto::UpdateCollection {
        collection_name: bed.name.clone(),
        strict_mode_config: Some(strict),
        ..Default::default()
    };
    bed.clients.collections.update(request).await.unwrap();
}

async fn shown(bed: &mut Bed) -> proto::StrictModeConfig {
    let request = proto::GetCollectionInfoRequest { collection_name: bed.name.clone() };
    let info = bed.clients.collections.get(request).await.unwrap().into_inner().result.unwrap();
    info.config.unwrap().strict_mode_config.unwrap()
}

fn scrolling(bed: &Bed) -> proto::ScrollPoints {
    proto::ScrollPoints { collection_name: bed.name.clone(), ..Default::default() }
}

fn querying(bed: &Bed) -> proto::QueryPoints {
    let query = Some(proto::Query::new_nearest(vec![1.0, 1.0]));
    proto::QueryPoints { collection_name: bed.name.clone(), query, ..Default::default() }
}

fn large() -> proto::Filter {
    proto::Filter::must([proto::Condition::range("n", proto::Range { gt: Some(2.0), ..Default::default() })])
}

fn deleting(bed: &Bed, points: Option<proto::PointsSelector>) -> proto::DeletePoints {
    proto::DeletePoints { collection_name: bed.name.clone(), wait: Some(true), points, ..Default::default() }
}

#[track_caller]
fn assert_bad<T: std::fmt::Debug>(answer: Result<T, Status>, words: &str) {
    let status = answer.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(status.message(), format!("Bad request: {words}"));
}

async fn index(bed: &mut Bed, field_type: proto::FieldType) {
    let request = proto::CreateFieldIndexCollection {
        collection_name: bed.name.clone(),
        wait: Some(true),
        field_name: "n".to_owned(),
        field_type: Some(field_type.into()),
        ..Default::default()
    };
    bed.clients.points.create_field_index(request).await.unwrap();
}

#[tokio::test]
async fn limits_are_shown_and_change_one_by_one() {
    let mut bed = with(proto::StrictModeConfig { max_query_limit: Some(3), ..on() }).await;
    assert_eq!(shown(&mut bed).await, proto::StrictModeConfig { max_query_limit: Some(3), ..on() });
    change(&mut bed, proto::StrictModeConfig { upsert_max_batchsize: Some(5), ..Default::default() }).await;
    let both = proto::StrictModeConfig { max_query_limit: Some(3), upsert_max_batchsize: Some(5), ..on() };
    assert_eq!(shown(&mut bed).await, both);
    bed.end().await;
}

#[tokio::test]
async fn limits_that_are_not_switched_on_limit_nothing() {
    let off =
        proto::StrictModeConfig { upsert_max_batchsize: Some(1), write_rate_limit: Some(1), ..Default::default() };
    let mut bed = with(off).await;
    let name = bed.name.clone();
    bed.clients.upsert(&name, line(4)).await;
    change(&mut bed, on()).await;
    let refused = bed.clients.points.upsert(upserting(&name, line(4))).await;
    assert_bad(
        refused,
        "Limit exceeded 4 > 1 for \"upsert limit\". Help: Reduce the \"upsert limit\" parameter to or below 1.",
    );
    bed.end().await;
}

#[tokio::test]
async fn a_batch_above_the_limit_is_refused_and_leaves_nothing() {
    let mut bed = with(proto::StrictModeConfig { upsert_max_batchsize: Some(3), ..on() }).await;
    let name = bed.name.clone();
    for wait in [true, false] {
        let request = proto::UpsertPoints { wait: Some(wait), ..upserting(&name, line(4)) };
        let words =
            "Limit exceeded 4 > 3 for \"upsert limit\". Help: Reduce the \"upsert limit\" parameter to or below 3.";
        assert_bad(bed.clients.points.upsert(request).await, words);
    }
    bed.clients.upsert(&name, line(3)).await;
    let vectors = proto::UpdatePointVectors {
        collection_name: name.clone(),
        wait: Some(true),
        points: line(4).into_iter().map(|point| proto::PointVectors { id: point.id, vectors: point.vectors }).collect(),
        ..Default::default()
    };
    let words = "Limit exceeded 4 > 3 for \"update limit\". Help: Reduce the \"update limit\" parameter to or below 3.";
    assert_bad(bed.clients.points.update_vectors(vectors).await, words);
    assert_eq!(bed.clients.count(&name, None).await, 3);
    bed.end().await;
}

#[tokio::test]
async fn a_page_above_the_limit_is_refused() {
    let mut bed = with(proto::StrictModeConfig { max_query_limit: Some(3), ..on() }).await;
    let name = bed.name.clone();
    bed.clients.upsert(&name, line(9)).await;
    let words = "Limit exceeded 4 > 3 for \"limit\". Help: Reduce the \"limit\" parameter to or below 3.";
    let request = proto::ScrollPoints { limit: Some(4), ..scrolling(&bed) };
    assert_bad(bed.clients.points.scroll(request).await, words);
    let request = proto::QueryPoints { limit: Some(4), ..querying(&bed) };
    assert_bad(bed.clients.points.query(request).await, words);
    let prefetch = proto::PrefetchQuery { limit: Some(4), ..Default::default() };
    let request = proto::QueryPoints { limit: Some(1), prefetch: vec![prefetch], ..querying(&bed) };
    assert_bad(bed.clients.points.query(request).await, words);
    let request = proto::ScrollPoints { limit: Some(3), ..scrolling(&bed) };
    assert_eq!(bed.clients.scroll(request).await.result.len(), 3);
    bed.end().await;
}

#[tokio::test]
async fn a_read_that_may_take_too_long_is_refused() {
    let mut bed = with(proto::StrictModeConfig { max_timeout: Some(5), ..on() }).await;
    let request = proto::ScrollPoints { timeout: Some(6), ..scrolling(&bed) };
    let words = "Limit exceeded 6 > 5 for \"timeout\". Help: Reduce the \"timeout\" parameter to or below 5.";
    assert_bad(bed.clients.points.scroll(request).await, words);
    let request = proto::ScrollPoints { timeout: Some(5), ..scrolling(&bed) };
    bed.clients.scroll(request).await;
    bed.end().await;
}

const NO_INDEX: &str = "Index required but not found for \"n\" of one of the following types: [float, integer]. \
                        Help: Create an index for this key or use a different filter.";

#[tokio::test]
async fn a_read_by_a_key_without_an_index_is_refused() {
    let mut bed = with(proto::StrictModeConfig { unindexed_filtering_retrieve: Some(false), ..on() }).await;
    let name = bed.name.clone();
    bed.clients.upsert(&name, line(5)).await;
    let scroll = proto::ScrollPoints { filter: Some(large()), ..scrolling(&bed) };
    let query = proto::QueryPoints { filter: Some(large()), ..querying(&bed) };
    let count = proto::CountPoints {
        collection_name: name.clone(),
        filter: Some(proto::Filter::must([proto::Condition::from(large())])),
        ..Default::default()
    };
    assert_bad(bed.clients.points.scroll(scroll.clone()).await, NO_INDEX);
    assert_bad(bed.clients.points.query(query.clone()).await, NO_INDEX);
    assert_bad(bed.clients.points.count(count.clone()).await, NO_INDEX);
    let ids = proto::Filter::must([proto::Condition::has_id([number(1)])]);
    assert_eq!(bed.clients.count(&name, Some(ids)).await, 1);
    bed.clients.points.delete(deleting(&bed, matching(large()))).await.unwrap();

    bed.clients.upsert(&name, line(5)).await;
    index(&mut bed, proto::FieldType::Keyword).await;
    assert_bad(bed.clients.points.scroll(scroll.clone()).await, NO_INDEX);
    index(&mut bed, proto::FieldType::Integer).await;
    assert_eq!(bed.clients.scroll(scroll).await.result.len(), 3);
    assert_eq!(bed.clients.points.query(query).await.unwrap().into_inner().result.len(), 3);
    assert_eq!(bed.clients.points.count(count).await.unwrap().into_inner().result.unwrap().count, 3);
    bed.end().await;
}

#[tokio::test]
async fn a_write_by_a_key_without_an_index_is_refused() {
    let mut bed = with(proto::StrictModeConfig { unindexed_filtering_update: Some(false), ..on() }).await;
    let name = bed.name.clone();
    bed.clients.upsert(&name, line(5)).await;
    assert_bad(bed.clients.points.delete(deleting(&bed, matching(large()))).await, NO_INDEX);
    let clear = proto::ClearPayloadPoints {
        collection_name: name.clone(),
        wait: Some(true),
        points: matching(large()),
        ..Default::default()
    };
    assert_bad(bed.clients.points.clear_payload(clear).await, NO_INDEX);
    let guarded = proto::UpsertPoints { update_filter: Some(large()), ..upserting(&name, line(1)) };
    bed.clients.points.upsert(guarded).await.unwrap();
    assert_eq!(bed.clients.count(&name, Some(large())).await, 3);
    index(&mut bed, proto::FieldType::Integer).await;
    bed.clients.points.delete(deleting(&bed, matching(large()))).await.unwrap();
    assert_eq!(bed.clients.count(&name, None).await, 2);
    bed.end().await;
}

#[tokio::test]
async fn a_filter_of_too_many_or_too_long_conditions_is_refused() {
    let limits = proto::StrictModeConfig { filter_max_conditions: Some(2), condition_max_size: Some(3), ..on() };
    let mut bed = with(limits).await;
    let with_filter = |filter| proto::ScrollPoints { filter: Some(filter), ..scrolling(&bed) };
    let one = || proto::Condition::matches("n", 1);
    let many = with_filter(proto::Filter { must: vec![one(), one()], must_not: vec![one()], ..Default::default() });
    let long = with_filter(proto::Filter::must([proto::Condition::matches("n", vec![1, 2, 3, 4])]));
    let ids = with_filter(proto::Filter::must([proto::Condition::has_id((1..=4).map(number))]));
    let fitting = with_filter(proto::Filter::must([one(), proto::Condition::matches("n", vec![1, 2, 3])]));
    let points = &mut bed.clients.points;
    let words = "Filter condition limit reached (3 > 2). Help: Reduce the amount of conditions of your filter.";
    assert_bad(points.scroll(many).await, words);
    let words = "Condition size limit reached (4 > 3). Help: Reduce the size of your condition.";
    assert_bad(points.scroll(long).await, words);
    assert_bad(points.scroll(ids).await, words);
    points.scroll(fitting).await.unwrap();
    bed.end().await;
}

#[tokio::test]
async fn a_full_collection_takes_no_more() {
    let mut bed = with(proto::StrictModeConfig { max_points_count: Some(3), ..on() }).await;
    let name = bed.name.clone();
    bed.clients.upsert(&name, line(3)).await;
    let refused = bed.clients.points.upsert(upserting(&name, line(1))).await;
    assert_bad(refused, "Max points count limit of 3 reached!");
    bed.clients.points.delete(deleting(&bed, selected(&[1]))).await.unwrap();
    bed.clients.upsert(&name, line(1)).await;
    bed.end().await;
}

fn retry_after(status: &Status) -> Option<u64> {
    status.metadata().get("retry-after").map(|seconds| seconds.to_str().unwrap().parse().unwrap())
}

#[tokio::test]
async fn writes_above_their_rate_are_told_when_to_come_again() {
    let mut bed = with(proto::StrictModeConfig { write_rate_limit: Some(60), ..on() }).await;
    let name = bed.name.clone();
    bed.clients.upsert(&name, line(50)).await;
    let status = bed.clients.points.upsert(upserting(&name, line(30))).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    let seconds = retry_after(&status).unwrap();
    assert!((15..=20).contains(&seconds), "{status}");
    let words = "Rate limiting exceeded: Write rate limit exceeded: Operation requires 30 tokens but only 1";
    assert!(status.message().starts_with(words), "{status}");
    assert!(status.message().ends_with(&format!(" were available. Retry after {seconds}s")), "{status}");

    let status = bed.clients.points.upsert(upserting(&name, line(61))).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_eq!(retry_after(&status), None);
    assert_eq!(
        status.message(),
        "Rate limiting exceeded: Write rate limit exceeded, request larger than rate limiter capacity, \
         please try to split your request"
    );
    let status = bed.clients.points.delete(deleting(&bed, matching(large()))).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "a write by a filter costs as many points as it finds");
    assert_eq!(bed.clients.count(&name, None).await, 50);

    let status = bed.clients.points.upsert(upserting(&name, line(12))).await.unwrap_err();
    let seconds = retry_after(&status).unwrap();
    assert!((1..=3).contains(&seconds), "{status}");
    tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
    bed.clients.upsert(&name, line(12)).await;
    bed.end().await;
}

#[tokio::test]
async fn reads_above_their_rate_are_told_when_to_come_again() {
    let mut bed = with(proto::StrictModeConfig { read_rate_limit: Some(5), ..on() }).await;
    let name = bed.name.clone();
    bed.clients.upsert(&name, line(9)).await;
    bed.clients.scroll(scrolling(&bed)).await;
    bed.clients.points.query(querying(&bed)).await.unwrap();
    bed.clients.count(&name, Some(large())).await;
    let status = bed.clients.points.query(proto::QueryPoints { filter: Some(large()), ..querying(&bed) }).await;
    let status = status.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    let seconds = retry_after(&status).unwrap();
    assert!((9..=12).contains(&seconds), "{status}");
    let words = "Rate limiting exceeded: Read rate limit exceeded: Operation requires 2 tokens but only 1.";
    assert!(status.message().starts_with(words), "{status}");
    let request = proto::GetPoints { collection_name: name, ids: (1..=6).map(number).collect(), ..Default::default() };
    let status = bed.clients.points.get(request).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_eq!(retry_after(&status), None);
    bed.end().await;
}

#[tokio::test]
async fn a_limit_of_nothing_is_refused() {
    let mut bed = Bed::make().await;
    let name = bed.name.clone();
    let strict = proto::StrictModeConfig { read_rate_limit: Some(0), ..on() };
    let definition = proto::CreateCollection { strict_mode_config: Some(strict), ..plane(&name) };
    let status = bed.clients.collections.create(definition).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().starts_with("Validation error in body"), "{status}");
}
