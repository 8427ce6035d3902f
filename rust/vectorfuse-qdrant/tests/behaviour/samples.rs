//! Samples: which rows are drawn depends on their ids and the seed alone, and what is not drawn is hardly read.

use std::collections::BTreeSet;

use qdrant_client::qdrant::collections_client::CollectionsClient;
use qdrant_client::qdrant::{StrictModeConfig, UpdateCollection};
use serde_json::json;
use uuid::Uuid;
use vectorfuse_core::predicate::Expr;
use vectorfuse_core::sample::Sample;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::table::Scan;

use vectorfuse_behaviour::job::{Frame, Job};
use crate::support::server::{Place, Server, asking, block_on, channel};
use vectorfuse_behaviour::values::{Val, int, text};

const ROWS: u64 = 600;
/// Where `Metrics::snapshot` has the bytes.
const BYTES: usize = 1;

/// Integers and UUIDs, each with a number and a word that is long enough to be noticed.
async fn fill(place: &Place) {
    let row = |n: u64| {
        let uuid = Uuid::from_u128(u128::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
        let id = if n.is_multiple_of(2) { n.to_string() } else { uuid.to_string() };
        vec![text(id), int(n), text("x".repeat(2_000))]
    };
    let columns = [("id", SparkType::string()), ("n", SparkType::Long), ("word", SparkType::string())];
    Job::on(place).with("vector_fields", "").append(&Frame::new(&columns, (0..ROWS).map(row).collect())).await;
}

fn of(lower: f64, upper: f64, seed: i64) -> Option<Sample> {
    Some(Sample { lower, upper, seed })
}

/// The numbers of the rows, each of which must come once, and how many bytes they took.
async fn read(job: &Job, scan: &Scan, splits: usize) -> (BTreeSet<i128>, i64) {
    let place = scan.columns.iter().position(|column| column.name == "n").unwrap();
    let (mut found, mut count, mut bytes) = (BTreeSet::new(), 0, 0);
    for split in job.splits(scan, splits).await.unwrap() {
        let (stream, metrics) = job.open(split).unwrap();
        let fields = vectorfuse_core::table::fields(&scan.columns);
        let frame = Frame::of_batches(fields, &vectorfuse_behaviour::job::drain(stream).await.unwrap());
        for row in &frame.rows {
            let Val::Int(n) = row[place] else { panic!("{row:?}") };
            found.insert(n);
            count += 1;
        }
        bytes += metrics.snapshot()[BYTES];
    }
    assert_eq!(found.len(), count, "nothing is doubled");
    (found, bytes)
}

/// The same rows, whatever is asked of them and however they are read.
async fn one_draw_however_it_is_read(place: &Place) {
    for (lower, upper) in [(0.0, 0.0), (0.0, 0.01), (0.2, 0.5), (0.1, 0.9), (0.0, 1.0)] {
        let sample = of(lower, upper, 11);
        let whole = Job::on(place).scan(Some(&["n", "word"])).await.unwrap();
        let (expected, _) = read(&Job::on(place), &Scan { sample, ..whole.clone() }, 1).await;
        let rows = expected.len() as f64;
        assert!((rows - ROWS as f64 * (upper - lower)).abs() < 70.0, "{lower} to {upper}: {rows}");
        for splits in [1, 2, 5] {
            for page in ["1", "7", "1000"] {
                let job = Job::on(place).with("page_size", page);
                let scan = Scan { sample, ..job.scan(Some(&["id", "n"])).await.unwrap() };
                assert_eq!(read(&job, &scan, splits).await.0, expected, "{lower} to {upper}, {splits}, {page}");
            }
        }
        // The ids alone, which nothing has to be fetched for.
        let ids = Scan { sample, ..Job::on(place).scan(Some(&[])).await.unwrap() };
        let count: usize = Job::on(place).read_scan(&ids, 3).await.unwrap().iter().map(|frame| frame.rows.len()).sum();
        assert_eq!(count, expected.len());
        // A limit counts the rows of the sample.
        for limit in [1, 40, 1_000] {
            let some = Scan { sample, limit: Some(limit), ..whole.clone() };
            let (found, _) = read(&Job::on(place).with("page_size", "9"), &some, 1).await;
            assert_eq!(found.len(), expected.len().min(usize::try_from(limit).unwrap()), "{lower} to {upper}");
            assert!(found.is_subset(&expected));
        }
        // A filter and a sample keep what both keep.
        let less = json!({"call": ["<", [{"column": ["n"]}, {"literal": {"type": "long", "value": "100"}}]]});
        let less: Expr = serde_json::from_value(less).unwrap();
        let (found, _) = read(&Job::on(place), &Scan { sample, ..whole.clone() }.only(vec![less]), 2).await;
        assert_eq!(found, expected.iter().copied().filter(|n| *n < 100).collect());
    }
}

#[test]
fn a_seed_draws_the_same_rows_from_ranges() {
    block_on(async {
        let place = Place::shared("sample");
        fill(&place).await;
        one_draw_however_it_is_read(&place).await;
    });
}

#[test]
fn a_seed_draws_the_same_rows_from_slices() {
    block_on(async {
        let server = Server::start(&["--server-version", "1.19.0"]);
        let place = Place::at(&server.url, "sample");
        fill(&place).await;
        one_draw_however_it_is_read(&place).await;
    });
}

#[test]
fn samples_of_ranges_that_touch_are_together_all_rows() {
    block_on(async {
        let place = Place::shared("sample_parts");
        fill(&place).await;
        let scan = Job::on(&place).scan(Some(&["n"])).await.unwrap();
        let mut all = Vec::new();
        for (lower, upper) in [(0.0, 0.1), (0.1, 0.85), (0.85, 1.0)] {
            all.extend(read(&Job::on(&place), &Scan { sample: of(lower, upper, -3), ..scan.clone() }, 3).await.0);
        }
        all.sort_unstable();
        assert_eq!(all, (0..i128::from(ROWS)).collect::<Vec<_>>());
        let other = read(&Job::on(&place), &Scan { sample: of(0.0, 0.1, 4), ..scan.clone() }, 1).await.0;
        let first = read(&Job::on(&place), &Scan { sample: of(0.0, 0.1, 5), ..scan }, 1).await.0;
        assert_ne!(other, first, "another seed draws other rows");
    });
}

#[test]
fn rows_that_are_not_drawn_are_not_sent() {
    block_on(async {
        let place = Place::shared("sample_bytes");
        fill(&place).await;
        let whole = Job::on(&place).scan(None).await.unwrap();
        let (_, all) = read(&Job::on(&place), &whole, 2).await;
        let (rows, few) = read(&Job::on(&place), &Scan { sample: of(0.0, 0.05, 1), ..whole }, 2).await;
        assert!(!rows.is_empty());
        assert!(few * 5 < all, "{few} of {all} bytes for {} of {ROWS} rows", rows.len());
    });
}

#[test]
fn a_sample_keeps_to_the_limits_of_strict_mode() {
    block_on(async {
        let place = Place::shared("sample_strict");
        fill(&place).await;
        let sample = of(0.0, 0.3, 2);
        let expected =
            read(&Job::on(&place), &Scan { sample, ..Job::on(&place).scan(None).await.unwrap() }, 1).await.0;
        let strict = StrictModeConfig { enabled: Some(true), ..StrictModeConfig::default() };
        for strict in [
            StrictModeConfig { filter_max_conditions: Some(1), ..strict.clone() },
            StrictModeConfig { condition_max_size: Some(4), filter_max_conditions: None, ..strict.clone() },
            StrictModeConfig { max_query_limit: Some(6), ..strict },
        ] {
            let update = UpdateCollection {
                collection_name: place.collection.clone(),
                strict_mode_config: Some(strict.clone()),
                ..UpdateCollection::default()
            };
            CollectionsClient::new(channel(&place.url)).update(asking(update)).await.unwrap();
            for filter in ["", r#"{"must":[{"key":"n","range":{"gte":0}}]}"#] {
                let job = if filter.is_empty() { Job::on(&place) } else { Job::on(&place).with("filter", filter) };
                let scan = Scan { sample, ..job.scan(None).await.unwrap() };
                assert_eq!(read(&job, &scan, 2).await.0, expected, "{strict:?} with `{filter}`");
            }
        }
    });
}
