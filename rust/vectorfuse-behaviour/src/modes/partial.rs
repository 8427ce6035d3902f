//! `write_mode` = `partial`: just the fields and vectors of the row, of points that are there.

use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use super::{ROWS, SKIPPED, append, stored, with_mode};
use crate::job::Frame;
use crate::store::{Place, Tested, block_on};
use crate::values::{Val, floats, int, text, vector};

fn whole(rows: Vec<Vec<Val>>) -> Frame {
    let columns =
        [("id", SparkType::Long), ("a", floats()), ("b", floats()), ("n", SparkType::Long), ("s", SparkType::string())];
    Frame::new(&columns, rows)
}

async fn filled(store: &Tested, what: &str) -> Box<dyn Place> {
    let place = store.place(what);
    let row = |id: i64, x: f32, n: i64, s: &str| vec![int(id), vector(&[x, 1.0]), vector(&[x, 2.0]), int(n), text(s)];
    let job = with_mode(&place, "upsert").with("vector_fields", "a,b");
    append(&job, &whole(vec![row(1, 0.5, 10, "x"), row(2, 0.25, 20, "y")])).await;
    place
}

pub fn what_the_row_does_not_name_stays(store: &Tested) {
    block_on(async {
        let place = filled(store, "parts").await;
        let columns = [("id", SparkType::Long), ("b", floats()), ("n", SparkType::Long)];
        let rows = vec![
            vec![int(1), vector(&[9.0, 9.0]), int(11)],
            vec![int(2), Val::Null, Val::Null],
            vec![int(3), vector(&[3.0, 3.0]), int(31)],
        ];
        for _ in 0..2 {
            let figures = append(&with_mode(&place, "partial"), &Frame::new(&columns, rows.clone())).await;
            assert_eq!((figures[ROWS], figures[SKIPPED]), (2, 1), "no point is made");
            let expected = [
                vec![int(1), vector(&[0.5, 1.0]), vector(&[9.0, 9.0]), int(11), text("x")],
                // A null is stored as one; a null vector leaves the vector as it is.
                vec![int(2), vector(&[0.25, 1.0]), vector(&[0.25, 2.0]), Val::Null, text("y")],
            ];
            assert_eq!(stored(&place, &["id", "a", "b", "n", "s"]).await, expected);
        }
    });
}

pub fn fields_alone_and_vectors_alone_can_be_replaced(store: &Tested) {
    block_on(async {
        let place = filled(store, "alone").await;
        let fields = Frame::new(&[("id", SparkType::Long), ("s", SparkType::string())], vec![vec![int(1), text("z")]]);
        append(&with_mode(&place, "partial"), &fields).await;
        let vectors = Frame::new(&[("id", SparkType::Long), ("a", floats())], vec![vec![int(2), vector(&[7.0, 7.0])]]);
        append(&with_mode(&place, "partial"), &vectors).await;
        let expected = [
            vec![int(1), vector(&[0.5, 1.0]), int(10), text("z")],
            vec![int(2), vector(&[7.0, 7.0]), int(20), text("y")],
        ];
        assert_eq!(stored(&place, &["id", "a", "n", "s"]).await, expected);
        let figures =
            append(&with_mode(&place, "partial"), &Frame::new(&[("id", SparkType::Long)], vec![vec![int(1)]])).await;
        assert_eq!(figures[ROWS], 1, "a row without any part changes nothing");
    });
}

pub fn new_fields_are_added_to_the_kept_schema(store: &Tested) {
    block_on(async {
        let place = filled(store, "added").await;
        let frame = Frame::new(&[("id", SparkType::Long), ("d", SparkType::Date)], vec![vec![int(2), int(5)]]);
        append(&with_mode(&place, "partial"), &frame).await;
        assert_eq!(stored(&place, &["id", "n", "d"]).await, [[int(1), int(10), Val::Null], [int(2), int(20), int(5)]]);
    });
}

pub fn rows_of_one_id_add_up_to_the_last_value_of_each_part(store: &Tested) {
    block_on(async {
        for batch_rows in ["1", "100"] {
            let place = filled(store, "layers").await;
            let columns = [("id", SparkType::Long), ("a", floats()), ("b", floats()), ("n", SparkType::Long)];
            let rows = vec![
                vec![int(1), vector(&[3.0, 3.0]), Val::Null, int(11)],
                vec![int(1), Val::Null, vector(&[4.0, 4.0]), int(12)],
                vec![int(1), Val::Null, vector(&[5.0, 5.0]), int(13)],
            ];
            let job = with_mode(&place, "partial").with("batch_rows", batch_rows);
            append(&job, &Frame::new(&columns, rows)).await;
            let expected = vec![int(1), vector(&[3.0, 3.0]), vector(&[5.0, 5.0]), int(13)];
            assert_eq!(stored(&place, &["id", "a", "b", "n"]).await[0], expected);
        }
    });
}

pub fn a_condition_looks_at_the_fields_as_they_were_before_the_row(store: &Tested) {
    block_on(async {
        let place = filled(store, "guarded").await;
        let columns = [("id", SparkType::Long), ("a", floats()), ("n", SparkType::Long)];
        let rows = vec![
            vec![int(1), vector(&[8.0, 8.0]), int(11)],
            vec![int(2), vector(&[8.0, 8.0]), int(19)],
            vec![int(3), vector(&[8.0, 8.0]), int(99)],
        ];
        let job = with_mode(&place, "partial").with("condition", "${n} > n");
        let figures = append(&job, &Frame::new(&columns, rows)).await;
        assert_eq!((figures[ROWS], figures[SKIPPED]), (1, 2));
        let expected = [[int(1), vector(&[8.0, 8.0]), int(11)], [int(2), vector(&[0.25, 1.0]), int(20)]];
        assert_eq!(stored(&place, &["id", "a", "n"]).await, expected);
    });
}

pub fn of_rows_of_one_id_those_that_are_too_old_leave_no_part_behind(store: &Tested) {
    block_on(async {
        for batch_rows in ["1", "100"] {
            let place = filled(store, "aged").await;
            let columns = [("id", SparkType::Long), ("a", floats()), ("n", SparkType::Long)];
            // Stored is 10 of the first point and 20 of the second.
            let rows = vec![
                vec![int(1), vector(&[3.0, 3.0]), int(9)],
                vec![int(1), Val::Null, int(11)],
                vec![int(2), vector(&[4.0, 4.0]), int(21)],
                vec![int(2), Val::Null, int(22)],
            ];
            let job = with_mode(&place, "partial").with("order_field", "n").with("batch_rows", batch_rows);
            append(&job, &Frame::new(&columns, rows)).await;
            let expected = [[int(1), vector(&[0.5, 1.0]), int(11)], [int(2), vector(&[4.0, 4.0]), int(22)]];
            assert_eq!(stored(&place, &["id", "a", "n"]).await, expected, "in requests of {batch_rows}");
        }
    });
}

pub fn writers_side_by_side_leave_each_point_with_the_vector_and_the_fields_of_one_row(store: &Tested) {
    block_on(async {
        const POINTS: i64 = 20;
        let place = store.place("aside");
        let columns = [("id", SparkType::Long), ("a", floats()), ("n", SparkType::Long)];
        let frame = |n: i64| {
            let rows = (0..POINTS).map(|id| vec![int(id), vector(&[n as f32, 1.0]), int(n)]);
            Frame::new(&columns, rows.collect())
        };
        append(&with_mode(&place, "upsert").with("vector_fields", "a"), &frame(0)).await;
        let job = with_mode(&place, "partial").with("order_field", "n").with("batch_rows", "5");
        let plan = job.plan(&frame(0).fields, Mode::Append).await.unwrap();
        let writers = (0..8).map(|writer| {
            let (job, plan) = (job.clone(), plan.clone());
            let batches = (1..=5).map(|round| frame(writer + round * 8).batch()).collect();
            tokio::spawn(async move { job.task(&plan, writer.unsigned_abs(), batches).await })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap().unwrap();
        }
        let expected: Vec<Vec<Val>> = (0..POINTS).map(|id| vec![int(id), vector(&[47.0, 1.0]), int(47)]).collect();
        let mut found = stored(&place, &["id", "a", "n"]).await;
        found.sort_by_key(|row| if let Val::Int(id) = row[0] { id } else { -1 });
        assert_eq!(found, expected);
    });
}
