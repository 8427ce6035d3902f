//! Spark's `OFFSET`: rows are passed over by their ids alone.

use vectorfuse_core::schema::SparkType;
use vectorfuse_core::table::{Scan, fields};

use vectorfuse_behaviour::job::{Frame, Job, drain};
use crate::support::server::{Place, Server, block_on};
use vectorfuse_behaviour::values::{Val, int, text};

const ROWS: i64 = 300;
/// Where `Metrics::snapshot` has the bytes and the requests.
const BYTES: usize = 1;
const REQUESTS: usize = 2;

async fn fill(place: &Place) {
    let columns = [("id", SparkType::Long), ("word", SparkType::string())];
    let rows = (0..ROWS).map(|n| vec![int(n), text("x".repeat(2_000))]).collect();
    Job::on(place).with("vector_fields", "").append(&Frame::new(&columns, rows)).await;
}

async fn read(job: &Job, limit: u64, offset: u64) -> (Vec<Val>, [i64; 2]) {
    let scan = Scan { limit: Some(limit), offset: Some(offset), ..job.scan(None).await.unwrap() };
    let mut splits = job.splits(&scan, 8).await.unwrap();
    assert_eq!(splits.len(), 1, "rows can be counted in one part alone");
    let (stream, metrics) = job.open(splits.remove(0)).unwrap();
    let frame = Frame::of_batches(fields(&scan.columns), &drain(stream).await.unwrap());
    let figures = metrics.snapshot();
    (frame.rows.into_iter().map(|mut row| row.remove(0)).collect(), [figures[BYTES], figures[REQUESTS]])
}

async fn rows_after_others(place: &Place) {
    fill(place).await;
    for page in ["1", "7", "300", "1000"] {
        let job = Job::on(place).with("page_size", page);
        for (limit, offset) in [(0_u64, 3_u64), (5, 0), (5, 1), (7, 7), (30, 290), (5, 300), (5, 1_000), (1_000, 150)] {
            let end = offset.saturating_add(limit).min(ROWS as u64);
            let expected: Vec<Val> = (offset.min(end)..end).map(int).collect();
            assert_eq!(read(&job, limit, offset).await.0, expected, "{limit} after {offset} in pages of {page}");
        }
    }
}

#[test]
fn a_limit_begins_after_the_rows_that_are_passed_over() {
    block_on(async {
        rows_after_others(&Place::shared("offset")).await;
        let server = Server::start(&["--server-version", "1.19.0"]);
        rows_after_others(&Place::at(&server.url, "offset")).await;
    });
}

#[test]
fn of_rows_that_are_passed_over_only_ids_are_sent() {
    block_on(async {
        let place = Place::shared("offset_bytes");
        fill(&place).await;
        let (rows, [bytes, requests]) = read(&Job::on(&place), 3, 290).await;
        assert_eq!(rows, [int(290), int(291), int(292)]);
        assert!(bytes < 30_000, "{bytes} bytes for three rows of 2,000 and the ids of 290");
        assert_eq!(requests, 2);
    });
}
