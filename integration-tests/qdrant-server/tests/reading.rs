//! Reads: order and paging over both kinds of ids, selections, filters, counts and samples.

#![allow(clippy::unwrap_used, reason = "an error fails the test")]

mod common;

use common::{Bed, dense, fields, ids, line, matching, number, point, selected, shown, text, uuid, value};
use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::condition::ConditionOneOf;
use qdrant_client::qdrant::r#match::MatchValue;
use qdrant_client::qdrant::query::Variant;
use qdrant_client::qdrant::value::Kind;
use tonic::Code;

const LOW: &str = "00000000-0000-0000-0000-000000000001";
const MIDDLE: &str = "7fffffff-0000-0000-0000-000000000000";
const HIGH: &str = "ffffffff-ffff-ffff-ffff-ffffffffffff";

fn field(key: &str, change: impl FnOnce(&mut proto::FieldCondition)) -> proto::Filter {
    let mut condition = proto::FieldCondition { key: key.to_owned(), ..Default::default() };
    change(&mut condition);
    must(ConditionOneOf::Field(condition))
}

fn must(condition: ConditionOneOf) -> proto::Filter {
    proto::Filter { must: vec![proto::Condition { condition_one_of: Some(condition) }], ..Default::default() }
}

fn equal(key: &str, wanted: MatchValue) -> proto::Filter {
    field(key, |condition| {
        condition.r#match = Some(proto::Match { match_value: Some(wanted) });
    })
}

#[tokio::test]
async fn ids_come_as_integers_by_value_and_then_uuids_by_bytes() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    let given =
        [uuid(HIGH), number(u64::MAX), uuid(LOW), number(10), number(9), uuid(MIDDLE), number(0), number(1 << 63)];
    let points = given.into_iter().map(|id| point(id, dense(&[1.0, 0.0]), &[])).collect();
    bed.clients.upsert(&name, points).await;
    let expected = ["0", "9", "10", "9223372036854775808", "18446744073709551615", LOW, MIDDLE, HIGH];
    assert_eq!(bed.clients.ids(&name).await, expected);

    for limit in 1..=9 {
        let (mut seen, mut offset) = (Vec::new(), None);
        loop {
            let page = bed
                .clients
                .scroll(proto::ScrollPoints {
                    collection_name: name.clone(),
                    limit: Some(limit),
                    offset: offset.take(),
                    ..Default::default()
                })
                .await;
            assert!(page.result.len() <= limit as usize);
            seen.extend(page.result.iter().map(|point| shown(&point.id)));
            match page.next_page_offset {
                Some(next) => offset = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, expected, "pages of {limit}");
    }
    bed.end().await;
}

#[tokio::test]
async fn an_offset_is_inclusive_and_need_not_exist() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    let points = [number(1), number(5), number(9), uuid(LOW), uuid(HIGH)]
        .into_iter()
        .map(|id| point(id, dense(&[1.0, 0.0]), &[]))
        .collect();
    bed.clients.upsert(&name, points).await;
    let nil = uuid("00000000-0000-0000-0000-000000000000");
    for (offset, expected) in [
        (number(5), vec!["5", "9", LOW, HIGH]),
        (number(6), vec!["9", LOW, HIGH]),
        (number(10), vec![LOW, HIGH]),
        (nil, vec![LOW, HIGH]),
        (uuid(MIDDLE), vec![HIGH]),
    ] {
        let page = bed
            .clients
            .scroll(proto::ScrollPoints {
                collection_name: name.clone(),
                offset: Some(offset.clone()),
                ..Default::default()
            })
            .await;
        let seen: Vec<_> = page.result.iter().map(|point| shown(&point.id)).collect();
        assert_eq!(seen, expected, "from {offset:?}");
        assert_eq!(page.next_page_offset, None);
    }
    bed.end().await;
}

#[tokio::test]
async fn a_scroll_gives_ten_points_with_payload_and_without_vectors() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    bed.clients.upsert(&name, line(12)).await;
    let page = bed.clients.scroll(proto::ScrollPoints { collection_name: name.clone(), ..Default::default() }).await;
    assert_eq!(page.result.len(), 10);
    assert_eq!(page.next_page_offset, Some(number(11)));
    assert_eq!(page.result[0].payload["n"], value(Kind::IntegerValue(1)));
    assert_eq!(page.result[0].vectors, None);
    let status = bed
        .clients
        .points
        .scroll(proto::ScrollPoints { collection_name: name.clone(), limit: Some(0), ..Default::default() })
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    bed.end().await;
}

#[tokio::test]
async fn payload_keys_are_included_and_excluded() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    let inner = Kind::StructValue(proto::Struct { fields: fields(&[("b", text("x")), ("c", text("y"))]) });
    let payload = [("a", inner), ("d", text("z"))];
    let points = vec![point(number(1), dense(&[1.0, 0.0]), &payload)];
    bed.clients.upsert(&name, points).await;
    use proto::with_payload_selector::SelectorOptions;
    let select = |fields: &[&str], include: bool| {
        let fields = fields.iter().map(|one| (*one).to_owned()).collect();
        proto::WithPayloadSelector {
            selector_options: Some(match include {
                true => SelectorOptions::Include(proto::PayloadIncludeSelector { fields }),
                false => SelectorOptions::Exclude(proto::PayloadExcludeSelector { fields }),
            }),
        }
    };
    let only_b = Kind::StructValue(proto::Struct { fields: fields(&[("b", text("x"))]) });
    for (selector, expected) in [
        (select(&["d"], true), fields(&[("d", text("z"))])),
        (select(&["a.b"], true), fields(&[("a", only_b.clone())])),
        (select(&["a"], false), fields(&[("d", text("z"))])),
        (select(&["a.c"], false), fields(&[("a", only_b), ("d", text("z"))])),
        (false.into(), fields(&[])),
    ] {
        let page = bed
            .clients
            .scroll(proto::ScrollPoints {
                collection_name: name.clone(),
                with_payload: Some(selector.clone()),
                ..Default::default()
            })
            .await;
        assert_eq!(page.result[0].payload, expected, "{selector:?}");
    }
    bed.end().await;
}

#[tokio::test]
async fn every_kind_of_condition_selects_its_points() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    let list =
        |values: Vec<Kind>| Kind::ListValue(proto::ListValue { values: values.into_iter().map(value).collect() });
    let object = |payload: &[(&str, Kind)]| Kind::StructValue(proto::Struct { fields: fields(payload) });
    let berlin = object(&[("lon", Kind::DoubleValue(13.4)), ("lat", Kind::DoubleValue(52.5))]);
    let rome = object(&[("lon", Kind::DoubleValue(12.5)), ("lat", Kind::DoubleValue(41.9))]);
    let part = |a: i64, b: &str| object(&[("a", Kind::IntegerValue(a)), ("b", text(b))]);
    let payloads = [
        vec![
            ("k", text("red")),
            ("n", Kind::IntegerValue(1)),
            ("flag", Kind::BoolValue(true)),
            ("at", text("2024-01-01T00:00:00Z")),
            ("place", berlin),
            ("tags", list(vec![text("x"), text("y")])),
            ("parts", list(vec![part(1, "p"), part(2, "q")])),
        ],
        vec![
            ("k", text("green")),
            ("n", Kind::IntegerValue(2)),
            ("flag", Kind::BoolValue(false)),
            ("at", text("2025-01-01T00:00:00Z")),
            ("place", rome),
            ("tags", list(vec![])),
            ("parts", list(vec![part(1, "q")])),
        ],
        vec![("k", text("dark blue sea")), ("n", Kind::DoubleValue(2.5)), ("tags", Kind::NullValue(0))],
    ];
    let points = payloads.iter().zip(1..).map(|(payload, id)| point(number(id), dense(&[1.0, 0.0]), payload)).collect();
    bed.clients.upsert(&name, points).await;

    let strings =
        |texts: &[&str]| proto::RepeatedStrings { strings: texts.iter().map(|one| (*one).to_owned()).collect() };
    let time = |seconds| prost_types::Timestamp { seconds, nanos: 0 };
    let corner = |lon, lat| proto::GeoPoint { lon, lat };
    let square = proto::GeoLineString {
        points: vec![
            corner(13.0, 52.0),
            corner(14.0, 52.0),
            corner(14.0, 53.0),
            corner(13.0, 53.0),
            corner(13.0, 52.0),
        ],
    };
    let nested = |a: i64, b: &str| {
        let mut filter = equal("a", MatchValue::Integer(a));
        filter.must.extend(equal("b", MatchValue::Keyword(b.to_owned())).must);
        must(ConditionOneOf::Nested(proto::NestedCondition { key: "parts".to_owned(), filter: Some(filter) }))
    };
    let red = equal("k", MatchValue::Keyword("red".to_owned())).must;
    let two = equal("n", MatchValue::Integer(2)).must;
    let integers = |integers: &[i64]| proto::RepeatedIntegers { integers: integers.to_vec() };
    let cases = vec![
        (equal("k", MatchValue::Keyword("red".into())), vec![1]),
        (equal("n", MatchValue::Integer(2)), vec![2]),
        (equal("flag", MatchValue::Boolean(true)), vec![1]),
        (equal("k", MatchValue::Text("blue".into())), vec![3]),
        (equal("k", MatchValue::Keywords(strings(&["red", "green"]))), vec![1, 2]),
        (equal("k", MatchValue::ExceptKeywords(strings(&["red", "green"]))), vec![3]),
        (equal("n", MatchValue::Integers(integers(&[1, 7]))), vec![1]),
        (equal("n", MatchValue::ExceptIntegers(integers(&[1]))), vec![2, 3]),
        (
            field("n", |one| {
                one.range = Some(proto::Range { gt: Some(1.0), lte: Some(2.5), ..Default::default() });
            }),
            vec![2, 3],
        ),
        (
            field("at", |one| {
                one.datetime_range = Some(proto::DatetimeRange {
                    gte: Some(time(1_704_067_200)),
                    lt: Some(time(1_735_689_600)),
                    ..Default::default()
                });
            }),
            vec![1],
        ),
        (
            field("place", |one| {
                one.geo_bounding_box = Some(proto::GeoBoundingBox {
                    top_left: Some(corner(12.0, 43.0)),
                    bottom_right: Some(corner(13.0, 41.0)),
                });
            }),
            vec![2],
        ),
        (
            field("place", |one| {
                one.geo_radius = Some(proto::GeoRadius { center: Some(corner(13.4, 52.4)), radius: 20_000.0 });
            }),
            vec![1],
        ),
        (
            field("place", |one| {
                one.geo_polygon = Some(proto::GeoPolygon { exterior: Some(square.clone()), interiors: vec![] });
            }),
            vec![1],
        ),
        (
            field("tags", |one| {
                one.values_count = Some(proto::ValuesCount { gte: Some(2), ..Default::default() });
            }),
            vec![1],
        ),
        (must(ConditionOneOf::IsEmpty(proto::IsEmptyCondition { key: "tags".into() })), vec![2, 3]),
        (must(ConditionOneOf::IsNull(proto::IsNullCondition { key: "tags".into() })), vec![3]),
        (nested(1, "p"), vec![1]),
        (nested(1, "q"), vec![2]),
        (
            must(ConditionOneOf::HasId(proto::HasIdCondition { has_id: vec![number(2), number(3), number(99)] })),
            vec![2, 3],
        ),
        (must(ConditionOneOf::HasVector(proto::HasVectorCondition { has_vector: String::new() })), vec![1, 2, 3]),
        (proto::Filter { should: [red.clone(), two.clone()].concat(), ..Default::default() }, vec![1, 2]),
        (proto::Filter { must_not: red.clone(), ..Default::default() }, vec![2, 3]),
        (
            proto::Filter {
                min_should: Some(proto::MinShould { conditions: [red.clone(), two, red].concat(), min_count: 2 }),
                ..Default::default()
            },
            vec![1],
        ),
        (must(ConditionOneOf::Filter(nested(1, "q"))), vec![2]),
        (proto::Filter::default(), vec![1, 2, 3]),
    ];
    for (filter, expected) in cases {
        let page = bed
            .clients
            .scroll(proto::ScrollPoints {
                collection_name: name.clone(),
                filter: Some(filter.clone()),
                ..Default::default()
            })
            .await;
        let seen: Vec<_> = page.result.iter().map(|point| shown(&point.id)).collect();
        let wanted: Vec<_> = expected.iter().map(u64::to_string).collect();
        assert_eq!(seen, wanted, "{filter:?}");
        let count = bed.clients.count(&name, Some(filter)).await;
        assert_eq!(count, expected.len() as u64);
    }
    bed.end().await;
}

#[tokio::test]
async fn points_come_ordered_by_an_indexed_key() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    let mut points = line(5);
    points.reverse();
    points.push(point(number(99), dense(&[0.0, 0.0]), &[]));
    bed.clients.upsert(&name, points).await;
    let ordered = |direction: proto::Direction| proto::ScrollPoints {
        collection_name: name.clone(),
        order_by: Some(proto::OrderBy { key: "n".to_owned(), direction: Some(direction.into()), start_from: None }),
        ..Default::default()
    };
    let request = ordered(proto::Direction::Desc);
    let status = bed.clients.points.scroll(request.clone()).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
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
    let page = bed.clients.scroll(request).await;
    let seen: Vec<_> = page.result.iter().map(|point| shown(&point.id)).collect();
    assert_eq!(seen, ["5", "4", "3", "2", "1"]);
    let first = page.result[0].order_value.unwrap().variant;
    assert_eq!(first, Some(proto::order_value::Variant::Int(5)));
    let mut from_three = ordered(proto::Direction::Asc);
    from_three.order_by.as_mut().unwrap().start_from =
        Some(proto::StartFrom { value: Some(proto::start_from::Value::Integer(3)) });
    let page = bed.clients.scroll(from_three.clone()).await;
    let seen: Vec<_> = page.result.iter().map(|point| shown(&point.id)).collect();
    assert_eq!(seen, ["3", "4", "5"]);
    from_three.offset = Some(number(1));
    let status = bed.clients.points.scroll(from_three).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    bed.end().await;
}

#[tokio::test]
async fn a_sample_gives_distinct_points_that_match() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    bed.clients.upsert(&name, line(200)).await;
    let upper = field("n", |one| {
        one.range = Some(proto::Range { gt: Some(100.0), ..Default::default() });
    });
    let request = proto::QueryPoints {
        collection_name: name.clone(),
        query: Some(proto::Query { variant: Some(Variant::Sample(proto::Sample::Random.into())) }),
        filter: Some(upper),
        limit: Some(20),
        with_payload: Some(true.into()),
        with_vectors: Some(true.into()),
        ..Default::default()
    };
    let mut samples = Vec::new();
    for _ in 0..2 {
        let response = bed.clients.points.query(request.clone()).await.unwrap();
        let found = response.into_inner().result;
        let mut seen: Vec<u64> = ids(&found).iter().map(|id| id.parse().unwrap()).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 20);
        assert!(seen.iter().all(|id| *id > 100));
        assert!(found.iter().all(|one| one.payload.contains_key("n")));
        assert!(found.iter().all(|one| one.vectors.is_some()));
        samples.push(seen);
    }
    assert_ne!(samples[0], samples[1]);
    bed.end().await;
}

#[tokio::test]
async fn points_are_deleted_by_id_and_by_filter() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    bed.clients.upsert(&name, line(5)).await;
    let delete =
        |points| proto::DeletePoints { collection_name: name.clone(), wait: Some(true), points, ..Default::default() };
    let by_id = delete(selected(&[1, 77]));
    bed.clients.points.delete(by_id).await.unwrap();
    assert_eq!(bed.clients.ids(&name).await, ["2", "3", "4", "5"]);
    let by_filter = delete(matching(equal("n", MatchValue::Integer(4))));
    bed.clients.points.delete(by_filter).await.unwrap();
    assert_eq!(bed.clients.ids(&name).await, ["2", "3", "5"]);
    let status = bed.clients.points.delete(delete(None)).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    bed.end().await;
}
