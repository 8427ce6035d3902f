//! Rows in partitions: where they go, and that no key is in two.

use serde_json::json;
use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use crate::support::job::{Frame, Job, refused};
use crate::support::raw::{DataType, Schema, count, field, stored_in};
use crate::support::server::{Place, block_on};
use crate::support::values::{floats, int, text, vector};

fn routed(rows: &[(i64, &str)]) -> Frame {
    let columns = [("id", SparkType::Long), ("v", floats()), ("p", SparkType::string())];
    Frame::new(&columns, rows.iter().map(|(id, p)| vec![int(*id), vector(&[0.5, 1.0]), text(*p)]).collect())
}

async fn ids(place: &Place, partition: &str) -> Vec<i64> {
    let rows = stored_in(place, "id >= 0", &["id"], &[partition]).await;
    rows.iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

#[test]
fn each_row_goes_to_the_partition_that_it_says() {
    block_on(async {
        for place in Place::both("routed") {
            Schema::plain().with(field("p", DataType::VarChar)).partitions(&["a"]).make(&place).await;
            let job = Job::on(&place).with("partition_field", "p");
            for _ in 0..2 {
                job.append(&routed(&[(1, "a"), (2, "b"), (3, "a"), (4, "_default")])).await;
                assert_eq!(ids(&place, "a").await, [1, 3]);
                assert_eq!(ids(&place, "b").await, [2]);
                assert_eq!(ids(&place, "_default").await, [4]);
            }
            let stored = stored_in(&place, "id == 2", &["id", "p"], &[]).await;
            assert_eq!(stored, [json!({"id": 2, "p": "b"})]);
            let delete = job.clone().with("write_mode", "delete");
            delete.append(&routed(&[(1, "a"), (2, "a")])).await;
            assert_eq!((ids(&place, "a").await, ids(&place, "b").await), (vec![3], vec![2]), "{}", place.url);
            let error = job.write(&routed(&[(1, "")]), Mode::Append).await;
            refused(error, Kind::Data, &["no partition", "column: p", "id: 1"]);
        }
    });
}

#[test]
fn a_key_that_is_in_another_partition_is_not_written_there_a_second_time() {
    block_on(async {
        for place in Place::both("moved") {
            Schema::plain().with(field("p", DataType::VarChar)).partitions(&["a", "b"]).make(&place).await;
            let job = Job::on(&place).with("partition_field", "p");
            job.append(&routed(&[(1, "a")])).await;
            for mode in ["upsert", "insert"] {
                let job = job.clone().with("write_mode", mode);
                let error = job.write(&routed(&[(2, "b"), (1, "b")]), Mode::Append).await;
                refused(error, Kind::Data, &["partition `b`", "in another one", "row: 1 of partition 0", "id: 1"]);
            }
            let whole = Job::on(&place).write(&routed(&[(1, "a")]), Mode::Append).await;
            refused(whole, Kind::Data, &["partition `_default`", "in another one"]);
            assert_eq!(count(&place).await, 1);
            // Where rows may be passed over, the others are written.
            let skip = job.clone().with("on_error", "skip");
            skip.append(&routed(&[(2, "b"), (1, "b")])).await;
            assert_eq!((ids(&place, "a").await, ids(&place, "b").await), (vec![1], vec![2]));
            // Within one task, too.
            let error = job.write(&routed(&[(5, "a"), (5, "b")]), Mode::Append).await;
            refused(error, Kind::Data, &["in another one", "id: 5"]);
        }
    });
}

#[test]
fn one_partition_for_all_rows() {
    block_on(async {
        for place in Place::both("one") {
            Schema::plain().with(field("p", DataType::VarChar)).partitions(&["a"]).make(&place).await;
            let job = Job::on(&place).with("partition", "a");
            job.append(&routed(&[(1, "x"), (2, "y")])).await;
            assert_eq!(ids(&place, "a").await, [1, 2]);
            let update = job.clone().with("write_mode", "update");
            update.append(&routed(&[(2, "z"), (3, "z")])).await;
            assert_eq!(ids(&place, "a").await, [1, 2]);
            // A delete that names no partition is for all.
            Job::on(&place).with("write_mode", "delete").append(&routed(&[(1, "x")])).await;
            assert_eq!(ids(&place, "a").await, [2]);
        }
    });
}
