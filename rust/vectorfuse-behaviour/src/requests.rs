//! How rows become requests and pages: by bytes and by rows.

use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::table::fields;
use vectorfuse_core::write::Mode;

use crate::job::{Frame, Job, drain};
use crate::store::{Tested, block_on};
use crate::values::{int, text};

/// Where `Metrics::snapshot` has the bytes and the requests.
const BYTES: usize = 1;
const REQUESTS: usize = 2;

/// So many rows with an id and a text of this length.
pub fn words(rows: i64, length: usize) -> Frame {
    let rows = (0..rows).map(|id| vec![int(id), text("x".repeat(length))]).collect();
    Frame::vectored(&[("id", SparkType::Long), ("t", SparkType::string())], rows)
}

pub fn no_request_is_larger_than_the_option_says(store: &Tested) {
    block_on(async {
        for (rows, length, most) in [(500, 0, 1000), (500, 1, 257), (200, 300, 5000), (50, 2000, 2200)] {
            let place = store.place("bytes");
            let job = Job::on(&place).with("batch_bytes", &most.to_string());
            let figures = job.write(&words(rows, length), Mode::Append).await.unwrap();
            assert_eq!(figures[0], rows);
            let largest = figures[BYTES] / figures[REQUESTS];
            assert!(largest <= most, "requests of {length} have {largest} bytes on average, {most} are allowed");
            // Nor are they much smaller than they may be: of rows that are more than what stands around them, since what
            // that takes is estimated before it is encoded.
            if length < 300 {
                continue;
            }
            let one = job.write(&words(1, length), Mode::Append).await.unwrap();
            let least = (figures[BYTES] / most + 1) * one[REQUESTS];
            assert!(figures[REQUESTS] <= least * 3, "{} requests where {least} can do", figures[REQUESTS]);
        }
    });
}

pub fn no_request_has_more_rows_than_the_option_says(store: &Tested) {
    block_on(async {
        let place = store.place("rows");
        // The driver creates the collection, so that the task's requests are those of its rows.
        let job = Job::on(&place).with("batch_rows", "7").with("vector.size", "2");
        let frame = words(100, 5);
        // Requests go on over the batches that come.
        let whole = frame.batch();
        let batches = (0..10).map(|number| whole.slice(number * 10, 10)).collect();
        let figures = job.write_tasks(&frame.fields, Mode::Append, vec![batches]).await.unwrap();
        let one = Frame { rows: frame.rows[..1].to_vec(), ..frame };
        let each = job.write(&one, Mode::Append).await.unwrap()[REQUESTS];
        assert_eq!((figures[0], figures[REQUESTS]), (100, 15 * each), "{each} requests for a row");
        assert_eq!(job.read(3).await.unwrap_err().kind(), Kind::Options);
        assert_eq!(Job::on(&place).read(3).await.unwrap().rows.len(), 100);
    });
}

pub fn pages_have_at_most_the_rows_that_the_option_says(store: &Tested) {
    block_on(async {
        let place = store.place("pages");
        Job::on(&place).append(&words(100, 5)).await;
        let job = Job::on(&place).with("page_size", "9");
        let scan = job.scan(None).await.unwrap();
        let split = job.splits(&scan, 1).await.unwrap().remove(0);
        let (stream, metrics) = job.open(split).unwrap();
        let batches = drain(stream).await.unwrap();
        assert!(batches.iter().all(|batch| batch.num_rows() <= 9));
        assert_eq!(Frame::of_batches(fields(&scan.columns), &batches).rows.len(), 100);
        // Some stores only know that a page is the last one when there is none after it, or ask before or after what there is.
        assert!((12..16).contains(&metrics.snapshot()[REQUESTS]), "{:?}", metrics.snapshot());
    });
}

pub fn columns_that_are_not_asked_for_are_not_sent(store: &Tested) {
    block_on(async {
        let place = store.place("pruned");
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
