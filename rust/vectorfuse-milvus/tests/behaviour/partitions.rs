//! Rows in partitions: where they go, and that no key is in two.

use serde_json::json;
use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use crate::modes::ROWS;
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
fn a_delete_in_a_partition_that_is_not_there_does_nothing() {
    block_on(async {
        for place in Place::both("nowhere") {
            let schema = Schema::plain().with(field("p", DataType::VarChar)).with(field("n", DataType::Int64));
            schema.partitions(&["a"]).make(&place).await;
            let columns = [
                ("id", SparkType::Long),
                ("v", floats()),
                ("p", SparkType::string()),
                ("n", SparkType::Long),
                ("op", SparkType::string()),
            ];
            let row = |(id, p, op): (i64, &str, &str)| vec![int(id), vector(&[0.5, 1.0]), text(p), int(1), text(op)];
            let feed = |rows: &[(i64, &str, &str)]| Frame::new(&columns, rows.iter().map(|it| row(*it)).collect());
            for order in [None, Some("n")] {
                let job = Job::on(&place).with("partition_field", "p").with("op_field", "op");
                let job = order.map_or(job.clone(), |order| job.with("order_field", order));
                let rows = feed(&[(1, "a", "upsert"), (2, "none", "delete"), (3, "none", "delete")]);
                assert_eq!(job.write(&rows, Mode::Append).await.unwrap()[ROWS], 3);
                assert_eq!(ids(&place, "a").await, [1], "{}", place.url);
                job.append(&feed(&[(1, "a", "delete")])).await;
                assert_eq!(count(&place).await, 0, "{}", place.url);
            }
            let delete = Job::on(&place).with("partition_field", "p").with("write_mode", "delete");
            delete.append(&routed(&[(1, "none")])).await;
        }
    });
}

#[test]
fn rows_of_a_partition_that_can_not_be_are_bad_rows() {
    block_on(async {
        // Milvus Lite takes every name.
        let place = Place::real("misnamed");
        Schema::plain().with(field("p", DataType::VarChar)).make(&place).await;
        let job = Job::on(&place).with("partition_field", "p");
        let rows = routed(&[(1, "a"), (2, "2024-01-01"), (3, "a"), (4, "2024-01-01")]);
        refused(
            job.write(&rows, Mode::Append).await,
            Kind::Data,
            &["partition name", "partition: 2024-01-01", "id: 2"],
        );
        let skipped = job.with("on_error", "skip").write(&rows, Mode::Append).await.unwrap();
        assert_eq!(skipped[ROWS], 2);
        assert_eq!((ids(&place, "a").await, count(&place).await), (vec![1, 3], 2));
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
