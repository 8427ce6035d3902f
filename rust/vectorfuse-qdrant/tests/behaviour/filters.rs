//! The option `filter`: Qdrant's own filter narrows all that a read sees, whatever the splits.

use std::collections::BTreeSet;

use qdrant_client::qdrant::FieldType;
use serde_json::{Value as Json, json};
use vectorfuse_core::error::Kind;

use vectorfuse_behaviour::job::{Job, refused};
use crate::support::raw::filled;
use crate::support::server::{Place, block_on};
use vectorfuse_behaviour::values::Val;

/// Points of every kind of value; `n` is the id.
fn points() -> Vec<Json> {
    let point = |n: u64| {
        let mut point = json!({
            "n": n,
            "city": (["Rome", "Oslo", "Bonn"][n as usize % 3]),
            "even": n.is_multiple_of(2),
            "price": n as f64 / 4.0,
            "big": 9_007_199_254_740_992_u64 + n,
            "day": format!("2024-01-{:02}T00:00:00Z", n % 28 + 1),
            "place": {"lon": n as f64 / 10.0, "lat": 10.0},
            "tags": (0..n % 4).map(|tag| json!({"name": format!("t{tag}"), "rank": n})).collect::<Vec<_>>(),
            "text": format!("number {n} of the house"),
        });
        if n.is_multiple_of(5) {
            point["maybe"] = Json::Null;
        } else if n % 5 < 3 {
            point["maybe"] = json!("there");
        }
        point
    };
    (0..120).map(point).collect()
}

/// What a filter must keep, said without the server.
type Oracle = fn(u64) -> bool;

fn cases() -> Vec<(Json, Oracle)> {
    let field = |key: &str, check: &str, wanted: Json| json!({"must": [{"key": key, check: wanted}]});
    vec![
        (json!({}), |_| true),
        (field("city", "match", json!({"value": "Rome"})), |n| n % 3 == 0),
        (field("even", "match", json!({"value": true})), |n| n % 2 == 0),
        // Neighbours that a double can't tell apart.
        (field("big", "match", json!({"value": 9_007_199_254_740_993_u64})), |n| n == 1),
        (field("n", "match", json!({"any": [1, 5, 500]})), |n| n == 1 || n == 5),
        (field("city", "match", json!({"any": ["Rome", "Bonn"]})), |n| n % 3 != 1),
        (field("city", "match", json!({"except": ["Rome"]})), |n| n % 3 != 0),
        (field("city", "match", json!({"any": []})), |_| false),
        (field("text", "match", json!({"text": "7"})), |n| n.to_string().contains('7')),
        (field("price", "range", json!({"gt": 2, "lte": 5.25})), |n| n > 8 && n <= 21),
        (field("day", "range", json!({"gte": "2024-01-05", "lt": "2024-01-07T00:00:00+00:00"})), |n| {
            n % 28 == 4 || n % 28 == 5
        }),
        (
            field(
                "place",
                "geo_bounding_box",
                json!({"top_left": {"lon": 1.05, "lat": 11}, "bottom_right": {"lon": 2.05, "lat": 9}}),
            ),
            |n| n > 10 && n <= 20,
        ),
        // A degree of longitude is some 109.5 km there.
        (field("place", "geo_radius", json!({"center": {"lon": 5, "lat": 10}, "radius": 60_000})), |n| {
            (45..=55).contains(&n)
        }),
        (
            field(
                "place",
                "geo_polygon",
                json!({"exterior": {"points": [
                    {"lon": 2.95, "lat": 9}, {"lon": 4.05, "lat": 9}, {"lon": 4.05, "lat": 11}, {"lon": 2.95, "lat": 11}, {"lon": 2.95, "lat": 9}
                ]}}),
            ),
            |n| (30..=40).contains(&n),
        ),
        (field("tags", "values_count", json!({"gte": 2})), |n| n % 4 >= 2),
        (json!({"must": [{"is_empty": {"key": "maybe"}}]}), |n| n % 5 == 0 || n % 5 >= 3),
        (json!({"must": [{"is_null": {"key": "maybe"}}]}), |n| n % 5 == 0),
        (json!({"must": {"key": "maybe", "is_null": false}}), |n| n % 5 != 0),
        (json!({"must": [{"has_id": [3, 4, "936da01f-9abd-4d9d-80c7-02af85c822a8"]}]}), |n| n == 3 || n == 4),
        (json!({"must": [{"has_vector": ""}]}), |_| true),
        (
            json!({"must": [{"nested": {"key": "tags", "filter": {"must": [
                {"key": "name", "match": {"value": "t1"}}, {"key": "rank", "range": {"lt": 10}}
            ]}}}]}),
            |n| n % 4 >= 2 && n < 10,
        ),
        (
            json!({"should": [{"key": "n", "range": {"lt": 3}}, {"must": [{"key": "n", "range": {"gt": 100}}, {"key": "even", "match": {"value": true}}]}],
                   "must_not": [{"key": "city", "match": {"value": "Oslo"}}]}),
            |n| (n < 3 || (n > 100 && n % 2 == 0)) && n % 3 != 1,
        ),
        (
            json!({"min_should": {"min_count": 2, "conditions": [
                {"key": "even", "match": {"value": true}}, {"key": "city", "match": {"value": "Rome"}}, {"key": "n", "range": {"lt": 20}}
            ]}}),
            |n| u8::from(n % 2 == 0) + u8::from(n % 3 == 0) + u8::from(n < 20) >= 2,
        ),
    ]
}

fn numbers(job_rows: &[Vec<Val>]) -> Vec<u64> {
    let number = |row: &Vec<Val>| match &row[0] {
        Val::Text(id) => id.parse().unwrap(),
        other => panic!("{other:?}"),
    };
    let mut numbers: Vec<u64> = job_rows.iter().map(number).collect();
    numbers.sort_unstable();
    numbers
}

#[test]
fn each_kind_of_filter_keeps_just_its_points_in_any_number_of_splits() {
    block_on(async {
        let place = filled("filters", &[("city", FieldType::Keyword)], &points()).await;
        for (filter, oracle) in cases() {
            let expected: Vec<u64> = (0..120).filter(|n| oracle(*n)).collect();
            for splits in [1, 4] {
                let read = Job::on(&place).with("filter", &filter.to_string()).read(splits).await.unwrap();
                assert_eq!(numbers(&read.rows), expected, "{filter} in {splits} splits");
            }
        }
    });
}

#[test]
fn the_inferred_schema_is_that_of_the_filtered_points() {
    block_on(async {
        let rows = [
            json!({"kind": "a", "x": 1}),
            json!({"kind": "b", "x": "text", "y": true}),
            json!({"kind": "a", "z": 0.5}),
        ];
        let place = filled("narrowed", &[], &rows).await;
        let types = |job: Job| async move {
            let columns = job.table(None).await.unwrap().columns;
            columns.into_iter().map(|column| format!("{} {}", column.name, column.data_type.name())).collect::<Vec<_>>()
        };
        let of = |kind: &str| json!({"must": [{"key": "kind", "match": {"value": kind}}]}).to_string();
        assert_eq!(
            types(Job::on(&place).with("filter", &of("a"))).await,
            ["id string", "vector array<float>", "kind string", "x long", "z double"]
        );
        assert_eq!(
            types(Job::on(&place).with("filter", &of("b"))).await,
            ["id string", "vector array<float>", "kind string", "x string", "y boolean"]
        );
    });
}

#[test]
fn splits_of_a_filtered_read_are_cut_where_its_points_are() {
    block_on(async {
        let place = filled("cut", &[], &(0..600).map(|n| json!({"n": n})).collect::<Vec<_>>()).await;
        let filter = json!({"must": [{"key": "n", "range": {"gte": 500}}]}).to_string();
        let job = Job::on(&place).with("filter", &filter);
        let parts = job.read_scan(&job.scan(None).await.unwrap(), 4).await.unwrap();
        let sizes: Vec<usize> = parts.iter().map(|part| part.rows.len()).collect();
        assert_eq!(sizes.iter().sum::<usize>(), 100);
        assert!(sizes.iter().all(|size| *size == 25), "all ids were sampled, so the cut is exact: {sizes:?}");
    });
}

#[test]
fn a_filter_that_is_wrong_is_refused_before_the_store_is_asked() {
    block_on(async {
        // Nobody answers there.
        let place = Place::at("http://127.0.0.1:1", "nowhere");
        for (filter, words) in [
            (
                r#"{"must":[{"key":"city","match":{"value":1.5}}]}"#,
                ["`must[0].match.value` is 1.5", "expected a string"],
            ),
            (r#"{"must":[{"key":"city","mach":{"value":1}}]}"#, ["`must[0].mach` is not known", "`match`"]),
            ("{'must': []}", ["no JSON", "json.dumps"]),
        ] {
            let result = Job::on(&place).with("filter", filter).table(None).await;
            refused(result, Kind::Options, &[&words[..], &["option `filter`"]].concat());
        }
    });
}

#[test]
fn a_filter_that_the_server_is_too_old_for_is_refused_on_the_driver() {
    block_on(async {
        let place = filled("old", &[], &points()).await;
        let filter = json!({"must": [{"key": "city", "match": {"substring": "Ro"}}]}).to_string();
        let result = Job::on(&place).with("filter", &filter).table(None).await;
        refused(result, Kind::Unsupported, &["`substring` needs Qdrant 1.20", &place.collection]);
    });
}

#[test]
fn a_filter_belongs_to_reading() {
    block_on(async {
        let place = Place::at("http://127.0.0.1:1", "nowhere");
        let result = Job::on(&place).with("filter", "{}").plan(&[], vectorfuse_core::write::Mode::Append).await;
        refused(result, Kind::Options, &["`filter`", "reading"]);
    });
}

#[test]
fn the_ids_of_splits_are_disjoint_under_a_filter() {
    block_on(async {
        let place = filled("disjoint", &[], &points()).await;
        let job = Job::on(&place).with("filter", r#"{"must":[{"key":"even","match":{"value":true}}]}"#);
        let parts = job.read_scan(&job.scan(None).await.unwrap(), 7).await.unwrap();
        let ids: Vec<u64> = parts.iter().flat_map(|part| numbers(&part.rows)).collect();
        assert_eq!(ids.len(), 60);
        assert_eq!(ids.into_iter().collect::<BTreeSet<_>>(), (0..120).filter(|n| n % 2 == 0).collect());
    });
}
