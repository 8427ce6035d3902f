//! How rows become requests and pages: by bytes, by rows, and one row however large it is.

use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::table::fields;
use vectorfuse_core::write::Mode;

use crate::support::job::{Frame, Job, drain, refused};
use crate::support::server::{HTTP, Place, block_on};
use crate::support::values::{int, text};

/// Where `Metrics::snapshot` has the bytes and the requests.
const BYTES: usize = 1;
const REQUESTS: usize = 2;

fn words(rows: i64, length: usize) -> Frame {
    let rows = (0..rows).map(|id| vec![int(id), text("x".repeat(length))]).collect();
    Frame::new(&[("id", SparkType::Long), ("t", SparkType::string())], rows)
}

#[test]
fn no_request_is_larger_than_the_option_says() {
    block_on(async {
        for (rows, length, most) in [(500, 0, 1000), (500, 1, 257), (200, 300, 5000), (50, 2000, 2200)] {
            let place = Place::shared("bytes");
            let job = Job::on(&place).with("batch_bytes", &most.to_string());
            let figures = job.write(&words(rows, length), Mode::Append).await.unwrap();
            assert_eq!(figures[0], rows);
            let largest = figures[BYTES] / figures[REQUESTS];
            assert!(largest <= most, "requests of {length} have {largest} bytes on average, {most} are allowed");
            // Nor are they much smaller than they may be.
            let least = figures[BYTES] / most + 1;
            assert!(figures[REQUESTS] <= least * 2, "{} requests where {least} can do", figures[REQUESTS]);
        }
    });
}

#[test]
fn no_request_has_more_rows_than_the_option_says() {
    block_on(async {
        let place = Place::shared("rows");
        let job = Job::on(&place).with("batch_rows", "7");
        let frame = words(100, 5);
        // Requests go on over the batches that come.
        let whole = frame.batch();
        let batches = (0..10).map(|number| whole.slice(number * 10, 10)).collect();
        let figures = job.write_tasks(&frame.fields, Mode::Append, vec![batches]).await.unwrap();
        assert_eq!((figures[0], figures[REQUESTS]), (100, 15));
        assert_eq!(job.read(3).await.unwrap_err().kind(), Kind::Options);
        assert_eq!(Job::on(&place).read(3).await.unwrap().rows.len(), 100);
    });
}

#[test]
fn a_row_of_30_megabytes_goes_among_small_ones() {
    block_on(async {
        let place = Place::shared("large");
        let mut frame = words(60, 10);
        frame.rows[30][1] = text("größer ".repeat(30 * 1024 * 1024 / 9));
        Job::on(&place).append(&frame).await;
        let read = Job::on(&place).read(2).await.unwrap();
        assert!(read.select(&["id", "t"]) == frame.select(&["id", "t"]), "the rows came back changed");
    });
}

#[test]
fn pages_have_at_most_the_rows_that_the_option_says() {
    block_on(async {
        let place = Place::shared("pages");
        Job::on(&place).append(&words(100, 5)).await;
        let job = Job::on(&place).with("page_size", "9");
        let scan = job.scan(None).await.unwrap();
        let split = job.splits(&scan, 1).await.unwrap().remove(0);
        let (stream, metrics) = job.open(split).unwrap();
        let batches = drain(stream).await.unwrap();
        assert!(batches.iter().all(|batch| batch.num_rows() <= 9));
        assert_eq!(Frame::of_batches(fields(&scan.columns), &batches).rows.len(), 100);
        assert_eq!(metrics.snapshot()[REQUESTS], 12);
    });
}

#[test]
fn columns_that_are_not_asked_for_are_not_sent() {
    block_on(async {
        let place = Place::shared("pruned");
        Job::on(&place).append(&words(20, 10_000)).await;
        let job = Job::on(&place);
        let mut bytes = Vec::new();
        for names in [&["id"][..], &["t"]] {
            let scan = job.scan(Some(names)).await.unwrap();
            let split = job.splits(&scan, 1).await.unwrap().remove(0);
            let (stream, metrics) = job.open(split).unwrap();
            drain(stream).await.unwrap();
            bytes.push(metrics.snapshot()[BYTES]);
        }
        assert!(bytes[0] < 2_000 && bytes[1] > 200_000, "{bytes:?}");
    });
}

#[test]
fn a_row_that_is_larger_than_the_server_takes_is_named() {
    block_on(async {
        let place = Place::shared("larger");
        let mut frame = words(3, 10);
        frame.rows[1][1] = text("x".repeat(33 * 1024 * 1024));
        let written = Job::on(&place).write(&frame, Mode::Append).await;
        if HTTP {
            refused(written, Kind::Data, &["33554432", "row: 1 of partition 0", "id: 1"]);
        } else {
            assert!(Job::on(&place).read(1).await.unwrap().select(&["id", "t"]) == frame.select(&["id", "t"]));
        }
        let frame = Frame { rows: frame.rows.into_iter().step_by(2).collect(), ..frame };
        Job::on(&place).append(&frame).await;
    });
}
