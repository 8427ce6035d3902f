//! Rows of one id in one task: the later one stays, in whichever requests they go.

use vectorfuse_core::schema::SparkType;

use crate::support::job::{Frame, Job};
use crate::support::server::{Place, block_on};
use crate::support::values::{Val, int};

#[test]
fn the_last_row_of_an_id_wins_whatever_is_in_flight() {
    block_on(async {
        let place = Place::shared("overtaking");
        // Each id goes in several requests, one straight after the other.
        let rows: Vec<Vec<Val>> = (0..400).map(|row| vec![int(row / 4), int(row)]).collect();
        let frame = Frame::new(&[("id", SparkType::Long), ("a", SparkType::Long)], rows);
        let job = Job::on(&place).with("batch_rows", "1").with("concurrency", "4");
        job.append(&frame).await;
        let expected: Vec<Vec<Val>> = (0..100).map(|id| vec![int(id), int(4 * id + 3)]).collect();
        let mut rows = Job::on(&place).read(1).await.unwrap().rows;
        rows.sort_by_key(|row| match row[0] {
            Val::Int(id) => id,
            _ => -1,
        });
        assert_eq!(rows, expected);
    });
}

#[test]
fn rows_of_one_id_in_one_request_become_one_and_all_are_counted() {
    block_on(async {
        let place = Place::shared("merged");
        let rows: Vec<Vec<Val>> = (0..30).map(|row| vec![int(row % 3), int(row)]).collect();
        let frame = Frame::new(&[("id", SparkType::Long), ("a", SparkType::Long)], rows);
        // Ten requests of three rows would be needed if each went apart.
        let job = Job::on(&place).with("batch_rows", "3");
        let figures = job.write(&frame, vectorfuse_core::write::Mode::Append).await.unwrap();
        assert_eq!((figures[0], figures[2]), (30, 1), "rows and requests");
        let read = Job::on(&place).read(1).await.unwrap();
        assert_eq!(read.select(&["id", "a"]), [[int(0), int(27)], [int(1), int(28)], [int(2), int(29)]]);
    });
}
