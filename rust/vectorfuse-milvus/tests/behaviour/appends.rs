//! Rows whose keys the server makes: each is there once, however often its task runs.

use serde_json::Value as Json;
use vectorfuse_core::error::Kind;
use vectorfuse_core::options::Side;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::{Mode, Outcome};

use crate::modes::ROWS;
use crate::support::job::{Frame, Job, refused};
use crate::support::raw::{DataType, Schema, auto, count, defaulted, field, sized, stored};
use crate::support::server::{Place, block_on};
use crate::support::values::{Val, floats, int, text, vector};

fn schema() -> Schema {
    let schema = Schema::default().with(auto("key")).with(sized("v", DataType::FloatVector, 2));
    schema.with(field("id", DataType::Int64))
}

/// Their `id` is no key.
fn rows(ids: std::ops::Range<i64>) -> Frame {
    let columns = [("v", floats()), ("id", SparkType::Long)];
    Frame::new(&columns, ids.map(|id| vec![vector(&[0.5, 1.0]), int(id)]).collect())
}

fn job(place: &Place) -> Job {
    Job::on(place).with("id_field", "")
}

async fn ids(place: &Place) -> Vec<i64> {
    let mut ids: Vec<i64> = stored(place, &["id"]).await.iter().map(|row: &Json| row["id"].as_i64().unwrap()).collect();
    ids.sort_unstable();
    ids
}

#[test]
fn two_writes_append_and_a_task_that_ran_twice_counts_once() {
    block_on(async {
        for place in Place::both("append") {
            schema().dynamic().make(&place).await;
            job(&place).append(&rows(0..3)).await;
            assert_eq!(ids(&place).await, [0, 1, 2]);
            let frame = rows(3..9);
            let plan = job(&place).plan_of("query-2", &frame.fields, Mode::Append).await.unwrap();
            // An attempt that dies, one that is killed although it was done, and two tasks whose messages count.
            let (mut dying, _) = job(&place).with("batch_rows", "1").writer(&plan, 0).unwrap();
            dying.write(frame.batch().slice(0, 2)).await.unwrap();
            let mut messages = Vec::new();
            for (task, slice) in
                [(0, frame.batch().slice(0, 4)), (0, frame.batch().slice(0, 4)), (1, frame.batch().slice(4, 2))]
            {
                let (mut writer, _) = job(&place).writer(&plan, task).unwrap();
                writer.write(slice).await.unwrap();
                messages.push(writer.commit().await.unwrap());
            }
            drop(dying);
            messages.remove(0);
            job(&place).store(Side::Write).unwrap().finish(plan, Outcome::commit(messages)).await.unwrap();
            assert_eq!(ids(&place).await, (0..9).collect::<Vec<_>>(), "{}", place.url);
            assert_eq!(count(&place).await, 9);
        }
    });
}

#[test]
fn a_write_that_fails_takes_its_rows_with_it() {
    block_on(async {
        for place in Place::both("failed") {
            schema().dynamic().make(&place).await;
            job(&place).append(&rows(0..3)).await;
            let frame = rows(3..9);
            let plan = job(&place).plan_of("query-2", &frame.fields, Mode::Append).await.unwrap();
            job(&place).task(&plan, 0, vec![frame.batch()]).await.unwrap();
            assert_eq!(count(&place).await, 9);
            job(&place).store(Side::Write).unwrap().finish(plan, Outcome::Abort).await.unwrap();
            assert_eq!(ids(&place).await, [0, 1, 2], "{}", place.url);
        }
    });
}

#[test]
fn without_a_dynamic_field_rows_are_only_inserted_when_that_is_said() {
    block_on(async {
        for place in Place::both("unmarked") {
            schema().make(&place).await;
            let error = job(&place).write(&rows(0..3), Mode::Append).await;
            refused(error, Kind::Options, &["makes the keys", "dynamic field", "`write_mode` = `insert`"]);
            job(&place).with("write_mode", "insert").append(&rows(0..3)).await;
            assert_eq!(ids(&place).await, [0, 1, 2]);
        }
    });
}

#[test]
fn rows_whose_keys_the_server_makes_are_there_once_beside_one_that_it_refuses() {
    block_on(async {
        let place = Place::real("refuses_auto");
        let schema = Schema::default().with(auto("key")).with(sized("v", DataType::FloatVector, 2)).dynamic();
        schema.with(defaulted("n", 7)).with(field("x", DataType::Json)).make(&place).await;
        let long = format!("{{\"a\": \"{}\"}}", "x".repeat(70_000));
        let columns = [("v", floats()), ("n", SparkType::Long), ("x", SparkType::string())];
        // Half of the rows leave their number to the server, which takes them in a request of their own.
        let number = |row: i64| if row % 2 == 0 { int(1) } else { Val::Null };
        let json = |row: i64| text(if row == 13 { long.as_str() } else { "{}" });
        let row = |row: i64| vec![vector(&[0.5, 1.0]), number(row), json(row)];
        let frame = Frame::new(&columns, (0..20).map(row).collect());
        let figures = job(&place).with("on_error", "skip").write(&frame, Mode::Append).await.unwrap();
        assert_eq!(figures[ROWS], 19);
        assert_eq!(count(&place).await, 19);
    });
}
