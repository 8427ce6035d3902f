//! Modes that look at whether a point is there: `insert`, `update` and `delete`.

use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use super::{ROWS, SKIPPED, append, create, numbered, pointed, stored, with_mode};
use crate::job::{Frame, Job, refused};
use crate::store::{Tested, block_on};
use crate::values::{Val, int, text, vector};

pub fn an_insert_writes_only_new_points_and_counts_the_others(store: &Tested) {
    block_on(async {
        let place = store.place("insert");
        append(&with_mode(&place, "upsert"), &pointed(&[(1, 0.5, 10), (2, 0.5, 20)])).await;
        let figures = append(&with_mode(&place, "insert"), &pointed(&[(2, 9.0, 99), (3, 0.25, 30)])).await;
        assert_eq!((figures[ROWS], figures[SKIPPED]), (1, 1));
        let row = |id: i64, x: f32, n: i64| vec![int(id), vector(&[x, 1.0]), int(n)];
        let expected = [row(1, 0.5, 10), row(2, 0.5, 20), row(3, 0.25, 30)];
        assert_eq!(stored(&place, &["id", "vector", "n"]).await, expected);
        // A task that runs again finds its own points.
        let figures = append(&with_mode(&place, "insert"), &pointed(&[(2, 9.0, 99), (3, 0.25, 30)])).await;
        assert_eq!((figures[ROWS], figures[SKIPPED]), (0, 2));
        assert_eq!(stored(&place, &["id", "vector", "n"]).await, expected);
    });
}

pub fn of_an_insert_the_first_row_of_an_id_stays_in_whichever_requests_they_go(store: &Tested) {
    block_on(async {
        for batch_rows in ["1", "2", "100"] {
            let place = store.place("first");
            let job = with_mode(&place, "insert").with("batch_rows", batch_rows);
            append(&job, &numbered(&[(1, 1, "a"), (1, 2, "b"), (2, 3, "c"), (1, 4, "d")])).await;
            assert_eq!(stored(&place, &["id", "n"]).await, [[int(1), int(1)], [int(2), int(3)]]);
        }
    });
}

pub fn an_insert_creates_the_collection_and_an_overwrite_empties_it_first(store: &Tested) {
    block_on(async {
        let place = store.place("creates");
        append(&with_mode(&place, "insert"), &numbered(&[(1, 1, "a")])).await;
        with_mode(&place, "insert").write(&numbered(&[(1, 2, "b")]), Mode::Overwrite).await.unwrap();
        assert_eq!(stored(&place, &["id", "n"]).await, [[int(1), int(2)]]);
    });
}

pub fn an_update_replaces_whole_points_that_are_there_and_makes_none(store: &Tested) {
    block_on(async {
        let place = store.place("update");
        append(&with_mode(&place, "upsert"), &numbered(&[(1, 10, "a"), (2, 20, "b")])).await;
        let columns = [("id", SparkType::Long), ("n", SparkType::Long)];
        let frame = Frame::vectored(&columns, vec![vec![int(2), int(21)], vec![int(3), int(31)]]);
        for _ in 0..2 {
            let figures = append(&with_mode(&place, "update"), &frame).await;
            assert_eq!((figures[ROWS], figures[SKIPPED]), (1, 1));
            let expected = [vec![int(1), int(10), text("a")], vec![int(2), int(21), Val::Null]];
            assert_eq!(stored(&place, &["id", "n", "s"]).await, expected);
        }
    });
}

pub fn a_delete_needs_only_the_ids_and_can_run_again(store: &Tested) {
    block_on(async {
        let place = store.place("delete");
        append(&with_mode(&place, "upsert"), &pointed(&[(1, 0.5, 10), (2, 0.5, 20), (3, 0.5, 30)])).await;
        // The other column has another type than the stored one: it plays no part.
        let columns = [("id", SparkType::Long), ("n", SparkType::string())];
        let frame = Frame::new(&columns, vec![vec![int(2), text("x")], vec![int(7), Val::Null]]);
        for _ in 0..2 {
            append(&with_mode(&place, "delete"), &frame).await;
            assert_eq!(stored(&place, &["id", "n"]).await, [[int(1), int(10)], [int(3), int(30)]]);
        }
        let null = Frame::new(&columns, vec![vec![int(1), text("x")], vec![Val::Null, Val::Null]]);
        let error = with_mode(&place, "delete").write(&null, Mode::Append).await;
        refused(error, Kind::Data, &["null", "row: 1 of partition 0", "column: id"]);
    });
}

pub fn several_columns_name_the_points_that_are_deleted(store: &Tested) {
    block_on(async {
        let place = store.place("keys");
        let columns = [("a", SparkType::string()), ("b", SparkType::Long), ("n", SparkType::Long)];
        let rows = |rows: &[(&str, i64)]| {
            Frame::vectored(&columns, rows.iter().map(|(a, b)| vec![text(*a), int(*b), int(*b)]).collect())
        };
        let job = |mode| with_mode(&place, mode).with("key_fields", "a,b");
        append(&job("upsert"), &rows(&[("x", 1), ("x", 2), ("y", 1)])).await;
        append(&job("delete"), &rows(&[("x", 2), ("y", 2)])).await;
        assert_eq!(stored(&place, &["a", "b"]).await, [[text("x"), int(1)], [text("y"), int(1)]]);
    });
}

pub fn texts_name_the_points_that_are_deleted(store: &Tested) {
    block_on(async {
        let place = store.place("texts");
        let columns = [("id", SparkType::string()), ("n", SparkType::Long)];
        let rows = |ids: &[&str]| Frame::vectored(&columns, ids.iter().map(|id| vec![text(*id), int(1)]).collect());
        append(&with_mode(&place, "upsert"), &rows(&["doc-1", "doc-2", "7"])).await;
        append(&with_mode(&place, "delete"), &rows(&["doc-1", "7"])).await;
        assert_eq!(stored(&place, &["id"]).await, [[text("doc-2")]]);
    });
}

pub fn many_inserts_of_the_same_points_at_once_leave_one_of_each(store: &Tested) {
    block_on(async {
        let place = store.place("race");
        create(&place, &numbered(&[])).await;
        let frames: Vec<Frame> =
            (0..4).map(|writer| numbered(&(0..200).map(|id| (id, writer, "w")).collect::<Vec<_>>())).collect();
        let mut tasks = Vec::new();
        for frame in frames {
            let job = with_mode(&place, "insert").with("batch_rows", "20");
            tasks.push(tokio::spawn(async move { job.write(&frame, Mode::Append).await }));
        }
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        let before = Job::on(&place).read(1).await.unwrap();
        assert_eq!(before.rows.len(), 200);
        // Nobody changes them any more.
        let figures = append(&with_mode(&place, "insert"), &numbered(&[(7, 99, "x"), (8, 99, "x")])).await;
        assert_eq!((figures[ROWS], figures[SKIPPED]), (0, 2));
        assert_eq!(Job::on(&place).read(1).await.unwrap().select(&["id", "n"]), before.select(&["id", "n"]));
    });
}
