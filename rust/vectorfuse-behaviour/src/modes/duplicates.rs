//! Rows of one id in one task: the later one stays, in whichever requests they go.

use vectorfuse_core::schema::SparkType;

use crate::job::{Frame, Job};
use crate::store::{Tested, block_on};
use crate::values::{Val, int};

pub fn the_last_row_of_an_id_wins_whatever_is_in_flight(store: &Tested) {
    block_on(async {
        let place = store.place("overtaking");
        // Each id goes in several requests, one straight after the other.
        let rows: Vec<Vec<Val>> = (0..400).map(|row| vec![int(row / 4), int(row)]).collect();
        let frame = Frame::vectored(&[("id", SparkType::Long), ("a", SparkType::Long)], rows);
        let job = Job::on(&place).with("batch_rows", "1").with("concurrency", "4");
        job.append(&frame).await;
        let expected: Vec<Vec<Val>> = (0..100).map(|id| vec![int(id), int(4 * id + 3)]).collect();
        let mut rows = Job::on(&place).read(1).await.unwrap().select(&["id", "a"]);
        rows.sort_by_key(|row| match row[0] {
            Val::Int(id) => id,
            _ => -1,
        });
        assert_eq!(rows, expected);
    });
}

pub fn rows_of_one_id_in_one_request_become_one_and_all_are_counted(store: &Tested) {
    block_on(async {
        let place = store.place("merged");
        let rows: Vec<Vec<Val>> = (0..30).map(|row| vec![int(row % 3), int(row)]).collect();
        let frame = Frame::vectored(&[("id", SparkType::Long), ("a", SparkType::Long)], rows);
        // Ten requests of three rows would be needed if each went apart.
        // The driver creates the collection, so that the task's requests are those of its rows.
        let job = Job::on(&place).with("batch_rows", "3").with("vector.size", "2");
        let figures = job.write(&frame, vectorfuse_core::write::Mode::Append).await.unwrap();
        let one = Frame { rows: frame.rows[..1].to_vec(), ..frame.clone() };
        let least = job.write(&one, vectorfuse_core::write::Mode::Append).await.unwrap()[2];
        assert_eq!((figures[0], figures[2]), (30, least), "rows and requests");
        job.append(&frame).await;
        let read = Job::on(&place).read(1).await.unwrap();
        assert_eq!(read.select(&["id", "a"]), [[int(0), int(27)], [int(1), int(28)], [int(2), int(29)]]);
    });
}
