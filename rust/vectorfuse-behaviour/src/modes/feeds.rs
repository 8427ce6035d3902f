//! Change feeds: operations per row, and an order that decides which row of an id stays.

use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use super::{ROWS, SKIPPED, append, stored, with_mode};
use crate::job::{Frame, Job, refused};
use crate::store::{Place, Tested, block_on};
use crate::values::{Val, double, int, text};

fn feed(rows: &[(&str, i64, i64)]) -> Frame {
    let columns = [("op", SparkType::string()), ("id", SparkType::Long), ("n", SparkType::Long)];
    Frame::vectored(&columns, rows.iter().map(|(op, id, n)| vec![text(*op), int(*id), int(*n)]).collect())
}

fn job(place: &dyn Place) -> Job {
    with_mode(place, "upsert").with("op_field", "op")
}

pub fn operations_of_one_id_keep_their_order_in_whichever_requests_they_go(store: &Tested) {
    block_on(async {
        for batch_rows in ["1", "2", "3", "100"] {
            let place = store.place("feed");
            let rows = feed(&[
                ("upsert", 1, 10),
                ("DELETE", 1, 0),
                ("upsert", 2, 20),
                ("Upsert", 1, 11),
                ("delete", 2, 0),
                ("upsert", 3, 30),
                ("delete", 4, 0),
            ]);
            for _ in 0..2 {
                append(&job(&place).with("batch_rows", batch_rows), &rows).await;
                assert_eq!(stored(&place, &["id", "n"]).await, [[int(1), int(11)], [int(3), int(30)]]);
            }
            // The operation itself is not stored.
            assert!(!Job::on(&place).read(1).await.unwrap().fields.iter().any(|field| field.name == "op"));
        }
    });
}

pub fn a_bad_operation_names_its_row(store: &Tested) {
    block_on(async {
        let place = store.place("badop");
        let wrong = job(&place).write(&feed(&[("upsert", 1, 1), ("update", 2, 2)]), Mode::Append).await;
        refused(wrong, Kind::Data, &["`update`", "row: 1 of partition 0", "column: op", "id: 2"]);
        let mut null = feed(&[("upsert", 1, 1)]);
        null.rows[0][0] = Val::Null;
        refused(job(&place).write(&null, Mode::Append).await, Kind::Data, &["is null", "row: 0"]);
    });
}

pub fn the_greatest_row_of_an_id_wins_in_a_task_and_against_what_is_stored(store: &Tested) {
    block_on(async {
        for batch_rows in ["1", "100"] {
            let place = store.place("order");
            let columns = [("id", SparkType::Long), ("at", SparkType::Timestamp), ("n", SparkType::Long)];
            let frame = |rows: &[(i64, Option<i64>, i64)]| {
                let at = |at: &Option<i64>| at.map_or(Val::Null, int);
                Frame::vectored(&columns, rows.iter().map(|(id, t, n)| vec![int(*id), at(t), int(*n)]).collect())
            };
            let job = with_mode(&place, "upsert").with("order_field", "at").with("batch_rows", batch_rows);
            // Microseconds apart, before and after 1970; ties go to the later row, nulls lose.
            let first = frame(&[
                (1, Some(1_600_000_000_000_001), 1),
                (1, Some(1_600_000_000_000_000), 2),
                (2, Some(-1), 1),
                (2, Some(-2), 2),
                (3, Some(5), 1),
                (3, Some(5), 2),
                (4, None, 1),
                (4, Some(0), 2),
                (4, None, 3),
                (5, None, 1),
                (5, None, 2),
            ]);
            append(&job, &first).await;
            let all = [[int(1), int(1)], [int(2), int(1)], [int(3), int(2)], [int(4), int(2)], [int(5), int(2)]];
            assert_eq!(stored(&place, &["id", "n"]).await, all);
            let late = frame(&[
                (1, Some(1_600_000_000_000_000), 9),
                (2, Some(0), 9),
                (4, None, 9),
                (5, Some(-9), 9),
                (6, None, 9),
            ]);
            for round in 0..2 {
                let figures = append(&job, &late).await;
                assert_eq!((figures[ROWS], figures[SKIPPED]), (3, 2), "{round}");
                let after = [
                    [int(1), int(1)],
                    [int(2), int(9)],
                    [int(3), int(2)],
                    [int(4), int(2)],
                    [int(5), int(9)],
                    [int(6), int(9)],
                ];
                assert_eq!(stored(&place, &["id", "n"]).await, after);
            }
        }
    });
}

pub fn an_older_delete_leaves_the_newer_row(store: &Tested) {
    block_on(async {
        let place = store.place("tombs");
        let columns =
            [("op", SparkType::string()), ("id", SparkType::Long), ("at", SparkType::Date), ("n", SparkType::Long)];
        let frame = |rows: &[(&str, i64, i64, i64)]| {
            let row = |(op, id, at, n): &(&str, i64, i64, i64)| vec![text(*op), int(*id), int(*at), int(*n)];
            Frame::vectored(&columns, rows.iter().map(row).collect())
        };
        let job = job(&place).with("order_field", "at");
        append(&job, &frame(&[("upsert", 1, 5, 1), ("upsert", 2, 5, 1), ("upsert", 3, 5, 1)])).await;
        let figures =
            append(&job, &frame(&[("delete", 1, 4, 0), ("delete", 2, 6, 0), ("delete", 3, 5, 0), ("delete", 9, 1, 0)]))
                .await;
        assert_eq!(figures[SKIPPED], 1);
        assert_eq!(stored(&place, &["id", "n"]).await, [[int(1), int(1)]]);
        // In one task a delete that is older than an upsert does nothing either, whichever comes first.
        append(&job, &frame(&[("upsert", 4, 8, 1), ("delete", 4, 7, 0), ("delete", 5, 7, 0), ("upsert", 5, 8, 1)]))
            .await;
        assert_eq!(stored(&place, &["id", "n"]).await, [[int(1), int(1)], [int(4), int(1)], [int(5), int(1)]]);
    });
}

pub fn tasks_in_any_order_and_twice_end_with_the_greatest_row(store: &Tested) {
    end_with_the_greatest_row(store, false);
}

pub fn tasks_at_once_and_twice_end_with_the_greatest_row(store: &Tested) {
    end_with_the_greatest_row(store, true);
}

fn end_with_the_greatest_row(store: &Tested, at_once: bool) {
    block_on(async {
        let place = store.place("shuffled");
        let columns = [("id", SparkType::Long), ("v", SparkType::Double), ("n", SparkType::Long)];
        let frame = |part: i64| {
            let rows = (0..200).map(|k| {
                let version = (k * 7919 + part * 104_729) % 1000;
                vec![int(k % 20), double(version as f64 / 8.0), int(version)]
            });
            Frame::vectored(&columns, rows.collect())
        };
        let parts: Vec<Frame> = (0..4).map(frame).collect();
        let mut expected = vec![-1_i128; 20];
        for row in parts.iter().flat_map(|part| &part.rows) {
            let (Val::Int(id), Val::Int(n)) = (&row[0], &row[2]) else { panic!() };
            let slot = &mut expected[usize::try_from(*id).unwrap()];
            *slot = (*slot).max(*n);
        }
        let job = with_mode(&place, "upsert").with("order_field", "v").with("batch_rows", "7");
        let plan = job.plan(&parts[0].fields, Mode::Append).await.unwrap();
        let mut tasks = Vec::new();
        for (number, part) in [3, 1, 0, 2, 1, 3].into_iter().enumerate() {
            let (job, plan, batch) = (job.clone(), plan.clone(), parts[part].batch());
            let task = tokio::spawn(async move { job.task(&plan, number as u64, vec![batch]).await });
            if at_once {
                tasks.push(task);
            } else {
                task.await.unwrap().unwrap();
            }
        }
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        let mut rows: Vec<(i128, i128)> = stored(&place, &["id", "n"])
            .await
            .into_iter()
            .map(|row| match (&row[0], &row[1]) {
                (Val::Int(id), Val::Int(n)) => (*id, *n),
                other => panic!("{other:?}"),
            })
            .collect();
        rows.sort_unstable();
        assert_eq!(rows, (0..).zip(expected).collect::<Vec<_>>());
    });
}
