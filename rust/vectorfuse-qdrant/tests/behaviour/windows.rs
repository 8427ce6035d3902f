//! Reads of a stretch of a collection: `limit`, `offset` and `max_pages` count in the order of ids.

use serde_json::json;
use uuid::Uuid;
use vectorfuse_core::error::Kind;
use vectorfuse_core::ids::PointId;
use vectorfuse_core::schema::SparkType;

use vectorfuse_behaviour::job::{Frame, Job, refused};
use crate::support::raw::filled;
use crate::support::server::{Place, block_on};
use vectorfuse_behaviour::values::{Val, text};

/// Ids in their order: integers at both ends of the range, then UUIDs.
fn ids() -> Vec<String> {
    let low = (0..30_u64).map(|n| n * 3);
    let high = (0..10).map(|n| u64::MAX - 9 + n);
    let mut uuids: Vec<Uuid> =
        (0..30_u128).map(|n| Uuid::from_u128(n.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))).collect();
    uuids.sort_unstable();
    let numbers = low.chain(high).map(|n| n.to_string());
    numbers.chain(uuids.into_iter().map(|uuid| uuid.to_string())).collect()
}

async fn with_ids(what: &str) -> Place {
    let place = Place::shared(what);
    let rows = ids().iter().map(|id| vec![text(id)]).collect();
    Job::on(&place).append(&Frame::new(&[("id", SparkType::string())], rows)).await;
    place
}

fn texts(frame: &Frame) -> Vec<String> {
    let text = |row: &Vec<Val>| match &row[0] {
        Val::Text(id) => id.clone(),
        other => panic!("{other:?}"),
    };
    frame.rows.iter().map(text).collect()
}

/// What a read with these options gives, in its order, by one split.
async fn read(place: &Place, options: &[(&str, &str)]) -> Vec<String> {
    let job = options.iter().fold(Job::on(place), |job, (option, value)| job.with(option, value));
    let frames = job.read_scan(&job.scan(Some(&["id"])).await.unwrap(), 8).await.unwrap();
    assert_eq!(frames.len(), 1, "a window is one split: {options:?}");
    texts(&frames[0])
}

#[test]
fn a_limit_gives_the_first_points_in_the_order_of_ids() {
    block_on(async {
        let (place, ids) = (with_ids("limit").await, ids());
        for limit in [1, 7, 35, 45, 70, 1000] {
            for page in ["1", "7", "64"] {
                let found = read(&place, &[("limit", &limit.to_string()), ("page_size", page)]).await;
                assert_eq!(found, ids[..limit.min(ids.len())], "{limit} in pages of {page}");
            }
        }
    });
}

#[test]
fn an_offset_is_the_first_id_whether_it_is_there_or_not() {
    block_on(async {
        let (place, ids) = (with_ids("offset").await, ids());
        let from = |start: &str| {
            let start = PointId::from_text(start);
            ids.iter().filter(|id| PointId::from_text(id) >= start).cloned().collect::<Vec<_>>()
        };
        let nil = "00000000-0000-0000-0000-000000000000";
        for start in ["0", "1", "3", "88", "18446744073709551615", nil, &ids[50], "ffffffffffffffffffffffffffffffff"] {
            assert_eq!(read(&place, &[("offset", start)]).await, from(start), "from {start}");
            let three: Vec<String> = from(start).into_iter().take(3).collect();
            let found = read(&place, &[("offset", start), ("limit", "3"), ("page_size", "2")]).await;
            assert_eq!(found, three, "three from {start}");
        }
        assert!(read(&place, &[("offset", nil)]).await.len() == 30, "the nil UUID comes before every other one");
    });
}

#[test]
fn pages_bound_a_read_by_their_size() {
    block_on(async {
        let (place, ids) = (with_ids("pages").await, ids());
        assert_eq!(read(&place, &[("max_pages", "3"), ("page_size", "5")]).await, ids[..15]);
        assert_eq!(read(&place, &[("max_pages", "3"), ("page_size", "5"), ("limit", "4")]).await, ids[..4]);
        assert_eq!(read(&place, &[("max_pages", "1")]).await, ids);
        let many = filled("manypages", &[], &(0..300).map(|n| json!({"n": n})).collect::<Vec<_>>()).await;
        assert_eq!(read(&many, &[("max_pages", "2")]).await.len(), 256, "a page has 128 points if nobody says more");
    });
}

#[test]
fn a_window_counts_the_points_that_pass_the_filter() {
    block_on(async {
        let place =
            filled("windowfilter", &[], &(0..100).map(|n| json!({"odd": n % 2 == 1})).collect::<Vec<_>>()).await;
        let filter = r#"{"must":[{"key":"odd","match":{"value":true}}]}"#;
        let found = read(&place, &[("filter", filter), ("offset", "10"), ("limit", "3")]).await;
        assert_eq!(found, ["11", "13", "15"]);
    });
}

#[test]
fn a_window_that_makes_no_sense_is_refused() {
    block_on(async {
        let place = with_ids("badwindow").await;
        let job = || Job::on(&place);
        for (option, value, word) in [
            ("limit", "0", "at least 1"),
            ("limit", "-1", "at least 1"),
            ("limit", "many", "at least 1"),
            ("max_pages", "0", "at least 1"),
            ("offset", "x-1", "integer that is not negative or a UUID"),
            ("offset", "-1", "integer that is not negative or a UUID"),
            ("offset", "007", "integer that is not negative or a UUID"),
        ] {
            refused(job().with(option, value).table(None).await, Kind::Options, &[option, value, word]);
        }
        let result = job().with("limit", "5").with("splits", "2").table(None).await;
        refused(result, Kind::Options, &["`limit`", "`splits` can't be 2"]);
    });
}

#[test]
fn consistency_is_a_word_or_a_number_of_replicas() {
    block_on(async {
        let place = with_ids("consistency").await;
        for value in ["all", "Majority", "quorum", "1"] {
            let found = Job::on(&place).with("consistency", value).read(3).await.unwrap();
            assert_eq!(found.rows.len(), ids().len(), "{value}");
        }
        for value in ["0", "-1", "some", ""] {
            let result = Job::on(&place).with("consistency", value).table(None).await;
            refused(result, Kind::Options, &["`consistency`", "`majority`"]);
        }
    });
}

#[test]
fn shard_keys_of_a_collection_that_has_none_are_refused() {
    block_on(async {
        let place = with_ids("unkeyed").await;
        let result = Job::on(&place).with("shard_key", "a").table(None).await;
        refused(result, Kind::Options, &["`shard_key`", "no keys", &place.collection]);
    });
}
