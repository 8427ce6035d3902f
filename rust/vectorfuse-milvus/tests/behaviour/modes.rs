//! What the modes of a write do to rows that are there and to those that are not, also when tasks run again or race.

use vectorfuse_core::error::Kind;
use vectorfuse_core::metrics::Figures;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use crate::support::job::{Frame, Job, refused};
use crate::support::raw::{DataType, Schema, count, field, stored};
use crate::support::server::{Place, block_on};
use crate::support::values::{Val, floats, int, text, vector};

/// The places of figures.
pub(crate) const ROWS: usize = 0;
pub(crate) const SKIPPED: usize = 7;

pub(crate) fn schema() -> Schema {
    Schema::plain().with(field("n", DataType::Int64))
}

/// Ids with a vector and a number.
pub(crate) fn numbered(rows: &[(i64, i64)]) -> Frame {
    let columns = [("id", SparkType::Long), ("v", floats()), ("n", SparkType::Long)];
    Frame::new(&columns, rows.iter().map(|(id, n)| vec![int(*id), vector(&[0.5, 1.0]), int(*n)]).collect())
}

pub(crate) fn with_mode(place: &Place, mode: &str) -> Job {
    Job::on(place).with("write_mode", mode)
}

pub(crate) async fn append(job: &Job, frame: &Frame) -> Figures {
    job.write(frame, Mode::Append).await.unwrap()
}

/// The ids and numbers that are there.
pub(crate) async fn pairs(place: &Place) -> Vec<(i64, i64)> {
    let rows = stored(place, &["id", "n"]).await;
    let mut pairs: Vec<_> = rows.iter().map(|row| (row["id"].as_i64().unwrap(), row["n"].as_i64().unwrap())).collect();
    pairs.sort_unstable();
    pairs
}

#[test]
fn an_insert_writes_only_new_rows_and_counts_the_others() {
    block_on(async {
        for place in Place::both("insert") {
            schema().make(&place).await;
            append(&with_mode(&place, "upsert"), &numbered(&[(1, 10), (2, 20)])).await;
            let figures = append(&with_mode(&place, "insert"), &numbered(&[(2, 99), (3, 30), (3, 31)])).await;
            assert_eq!((figures[ROWS], figures[SKIPPED]), (2, 1));
            // A task that runs again finds its own rows.
            let figures = append(&with_mode(&place, "insert"), &numbered(&[(2, 99), (3, 30)])).await;
            assert_eq!((figures[ROWS], figures[SKIPPED]), (0, 2));
            assert_eq!(pairs(&place).await, [(1, 10), (2, 20), (3, 30)]);
            assert_eq!(count(&place).await, 3);
        }
    });
}

#[test]
fn of_an_insert_the_first_row_of_a_key_stays_in_whichever_requests_they_go() {
    block_on(async {
        for batch_rows in ["1", "100"] {
            let place = Place::real("first");
            schema().make(&place).await;
            let job = with_mode(&place, "insert").with("batch_rows", batch_rows);
            append(&job, &numbered(&[(1, 1), (1, 2), (2, 3), (1, 4)])).await;
            assert_eq!(pairs(&place).await, [(1, 1), (2, 3)]);
            assert_eq!(count(&place).await, 2);
        }
    });
}

#[test]
fn an_upsert_keeps_the_last_row_of_a_key_and_has_it_once() {
    block_on(async {
        for batch_rows in ["1", "2", "100"] {
            let place = Place::real("last");
            schema().make(&place).await;
            let job = with_mode(&place, "upsert").with("batch_rows", batch_rows);
            append(&job, &numbered(&[(1, 1), (1, 2), (2, 3), (1, 4)])).await;
            append(&job, &numbered(&[(2, 5)])).await;
            assert_eq!(pairs(&place).await, [(1, 4), (2, 5)]);
        }
    });
}

#[test]
fn an_update_replaces_rows_that_are_there_and_makes_none() {
    block_on(async {
        for place in Place::both("update") {
            schema().make(&place).await;
            append(&with_mode(&place, "upsert"), &numbered(&[(1, 10), (2, 20)])).await;
            for _ in 0..2 {
                let figures = append(&with_mode(&place, "update"), &numbered(&[(2, 21), (3, 31)])).await;
                assert_eq!((figures[ROWS], figures[SKIPPED]), (1, 1));
                assert_eq!(pairs(&place).await, [(1, 10), (2, 21)]);
            }
        }
    });
}

#[test]
fn a_delete_needs_only_the_keys_and_can_run_again() {
    block_on(async {
        for place in Place::both("delete") {
            schema().make(&place).await;
            let all = [(1, 10), (2, 20), (3, 30)];
            append(&with_mode(&place, "upsert"), &numbered(&all)).await;
            // The other column has another type than the stored one: it plays no part.
            let columns = [("id", SparkType::Long), ("n", SparkType::string())];
            let keys = [2, 7, i64::MAX, i64::MIN];
            let frame = Frame::new(&columns, keys.iter().map(|key| vec![int(*key), text("x")]).collect());
            for _ in 0..2 {
                append(&with_mode(&place, "delete"), &frame).await;
                assert_eq!(pairs(&place).await, [(1, 10), (3, 30)]);
            }
            let null = Frame::new(&columns, vec![vec![int(1), text("x")], vec![Val::Null, Val::Null]]);
            let error = with_mode(&place, "delete").write(&null, Mode::Append).await;
            refused(error, Kind::Data, &["key is null", "row: 1 of partition 0", "column: id"]);
        }
    });
}

#[test]
fn the_least_integer_is_a_key_like_others() {
    block_on(async {
        for place in Place::both("least") {
            schema().make(&place).await;
            let rows = numbered(&[(i64::MIN, 1), (i64::MIN + 1, 2), (0, 3)]);
            append(&with_mode(&place, "upsert"), &rows).await;
            let figures = append(&with_mode(&place, "insert"), &rows).await;
            assert_eq!((figures[ROWS], figures[SKIPPED]), (0, 3));
            append(&with_mode(&place, "delete"), &numbered(&[(i64::MIN, 0), (0, 0)])).await;
            assert_eq!(count(&place).await, 1, "{}", place.url);
        }
    });
}

#[test]
fn a_feed_says_of_each_row_what_it_does_and_its_order_decides() {
    block_on(async {
        for place in Place::both("feed") {
            schema().make(&place).await;
            let columns =
                [("id", SparkType::Long), ("v", floats()), ("n", SparkType::Long), ("op", SparkType::string())];
            let feed = |rows: &[(i64, i64, &str)]| {
                let row = |(id, n, op): &(i64, i64, &str)| vec![int(*id), vector(&[0.5, 1.0]), int(*n), text(*op)];
                Frame::new(&columns, rows.iter().map(row).collect())
            };
            let job = Job::on(&place).with("op_field", "op").with("order_field", "n");
            append(
                &job,
                &feed(&[(1, 5, "upsert"), (1, 3, "delete"), (2, 1, "upsert"), (2, 2, "DELETE"), (3, 1, "upsert")]),
            )
            .await;
            assert_eq!(pairs(&place).await, [(1, 5), (3, 1)]);
            // Against what is stored, too, also of rows with the same order.
            let figures = append(&job, &feed(&[(1, 4, "upsert"), (3, 1, "delete"), (4, 1, "upsert")])).await;
            assert_eq!((figures[ROWS], figures[SKIPPED]), (2, 1));
            assert_eq!(pairs(&place).await, [(1, 5), (4, 1)]);
            let bad = job.write(&feed(&[(1, 9, "update")]), Mode::Append).await;
            refused(bad, Kind::Data, &["`update`", "upsert` or `delete", "column: op"]);
        }
    });
}

#[test]
fn bad_rows_are_passed_over_and_the_others_written() {
    block_on(async {
        for place in Place::both("bad") {
            Schema::plain().with(field("n", DataType::Int8)).make(&place).await;
            let rows: Vec<(i64, i64)> = (0..20).map(|id| (id, if id % 7 == 3 { 1000 } else { id })).collect();
            let job = with_mode(&place, "upsert").with("on_error", "skip").with("batch_rows", "8");
            let figures = append(&job, &numbered(&rows)).await;
            assert_eq!(figures[ROWS], 17);
            let expected: Vec<(i64, i64)> = rows.into_iter().filter(|(_, n)| *n < 100).collect();
            assert_eq!(pairs(&place).await, expected);
        }
    });
}

#[test]
fn what_the_server_refuses_is_found_among_the_others() {
    block_on(async {
        let place = Place::real("refuses");
        Schema::plain().with(field("x", DataType::Json)).make(&place).await;
        // The longest JSON is the server's to know.
        let long = format!("{{\"a\": \"{}\"}}", "x".repeat(70_000));
        let columns = [("id", SparkType::Long), ("v", floats()), ("x", SparkType::string())];
        let row = |id: i64| vec![int(id), vector(&[0.5, 1.0]), text(if id == 5 { long.as_str() } else { "{}" })];
        let frame = Frame::new(&columns, (0..10).map(row).collect());
        let figures = append(&Job::on(&place).with("on_error", "skip"), &frame).await;
        assert_eq!(figures[ROWS], 9);
        assert_eq!(count(&place).await, 9);
        let words = ["65536", "of 10 rows", "first row: 0 of partition 0", "last row: 9 of", "`dead_letter`"];
        refused(Job::on(&place).write(&frame, Mode::Append).await, Kind::Data, &words);
        let alone = Frame::new(&columns, vec![row(5)]);
        refused(
            Job::on(&place).write(&alone, Mode::Append).await,
            Kind::Data,
            &["65536", "row: 0 of partition 0", "id: 5"],
        );
    });
}

#[test]
fn many_writers_of_the_same_keys_leave_one_row_of_each() {
    block_on(async {
        let place = Place::real("race");
        schema().make(&place).await;
        let mut tasks = Vec::new();
        for writer in 0..4 {
            let frame = numbered(&(0..200).map(|id| (id, writer)).collect::<Vec<_>>());
            let mode = if writer % 2 == 0 { "insert" } else { "upsert" };
            let job = with_mode(&place, mode).with("batch_rows", "20");
            tasks.push(tokio::spawn(async move { job.write(&frame, Mode::Append).await }));
        }
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        let keys: Vec<i64> = pairs(&place).await.into_iter().map(|(id, _)| id).collect();
        assert_eq!(keys, (0..200).collect::<Vec<_>>());
    });
}
