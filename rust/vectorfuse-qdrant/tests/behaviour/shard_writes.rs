//! Writes into collections whose points users route to shards with keys.

use qdrant_client::qdrant::GetCollectionInfoRequest;
use qdrant_client::qdrant::collections_client::CollectionsClient;
use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::{SparkField, SparkType};
use vectorfuse_core::write::Mode;

use vectorfuse_behaviour::job::{Frame, Job, refused};
use crate::support::server::{Place, asking, block_on, channel};
use vectorfuse_behaviour::values::{Val, floats, int, text, vector};

/// Where `Metrics::snapshot` has the rows that were written and those that were passed over or rejected.
const ROWS: usize = 0;
const SKIPPED: usize = 7;
const REJECTED: usize = 6;

/// Points of these ids, each with a number.
fn points(ids: std::ops::Range<i64>, n: i64) -> Frame {
    let columns = [("id", SparkType::Long), ("vector", floats()), ("n", SparkType::Long)];
    Frame::new(&columns, ids.map(|id| vec![int(id), vector(&[1.0, 2.0]), int(n)]).collect())
}

fn dot(place: &Place) -> Job {
    Job::on(place).with("distance", "dot")
}

/// The ids and numbers in a shard; in all without a key.
async fn found(place: &Place, key: &str) -> Vec<(i128, i128)> {
    let job = if key.is_empty() { Job::on(place) } else { Job::on(place).with("shard_key", key) };
    let rows = job.read(2).await.unwrap().select(&["id", "n"]);
    let mut rows: Vec<_> = rows
        .iter()
        .map(|row| match &row[..] {
            [Val::Int(id), Val::Int(n)] => (*id, *n),
            other => panic!("{other:?}"),
        })
        .collect();
    rows.sort_unstable();
    rows
}

fn pairs(ids: std::ops::Range<i128>, n: i128) -> Vec<(i128, i128)> {
    ids.map(|id| (id, n)).collect()
}

#[test]
fn a_collection_is_made_with_its_key_and_each_further_key_when_it_is_first_written() {
    block_on(async {
        let place = Place::shared("constant");
        dot(&place).with("shard_key", "a").append(&points(0..5, 1)).await;
        // A number is another key than its text would be.
        Job::on(&place).with("shard_key_selector", "7").append(&points(3..8, 2)).await;
        Job::on(&place).with("shard_key", "a").append(&points(4..6, 3)).await;
        let a = [pairs(0..4, 1), pairs(4..6, 3)].concat();
        assert_eq!(found(&place, "a").await, a);
        assert_eq!(found(&place, "7").await, pairs(3..8, 2));
        let mut all = [a, pairs(3..8, 2)].concat();
        all.sort_unstable();
        assert_eq!(found(&place, "").await, all);
    });
}

#[test]
fn of_several_keys_each_gets_the_points() {
    block_on(async {
        let place = Place::shared("several");
        dot(&place).with("shard_key", "a,b").append(&points(0..5, 1)).await;
        Job::on(&place).with("shard_key", "b, c").append(&points(2..4, 2)).await;
        Job::on(&place).with("shard_key", "a,b").with("write_mode", "delete").append(&points(0..1, 0)).await;
        assert_eq!(found(&place, "a").await, pairs(1..5, 1));
        assert_eq!(found(&place, "b").await, [(1, 1), (2, 2), (3, 2), (4, 1)]);
        assert_eq!(found(&place, "c").await, pairs(2..4, 2));
        for (option, value) in
            [("write_mode", "insert"), ("write_mode", "update"), ("write_mode", "partial"), ("order_field", "n"),
             ("condition", "${n} > n"), ("counter_fields", "n")]
        {
            let job = Job::on(&place).with("shard_key", "a,b").with(option, value);
            refused(job.write(&points(0..1, 1), Mode::Append).await, Kind::Options, &[option, "2 shards"]);
        }
    });
}

#[test]
fn each_mode_looks_at_the_points_of_its_shard_alone() {
    block_on(async {
        let place = Place::shared("modes");
        dot(&place).with("shard_key", "a").append(&points(0..4, 1)).await;
        dot(&place).with("shard_key", "b").append(&points(2..6, 1)).await;
        let job = |mode: &str| Job::on(&place).with("shard_key", "a").with("write_mode", mode);
        let figures = job("insert").write(&points(3..5, 2), Mode::Append).await.unwrap();
        assert_eq!((figures[ROWS], figures[SKIPPED]), (1, 1));
        assert_eq!(found(&place, "a").await, [(0, 1), (1, 1), (2, 1), (3, 1), (4, 2)]);
        let figures = job("update").write(&points(4..7, 3), Mode::Append).await.unwrap();
        assert_eq!((figures[ROWS], figures[SKIPPED]), (1, 2));
        assert_eq!(found(&place, "a").await, [(0, 1), (1, 1), (2, 1), (3, 1), (4, 3)]);
        let figures = job("partial").write(&points(2..6, 4), Mode::Append).await.unwrap();
        assert_eq!((figures[ROWS], figures[SKIPPED]), (3, 1));
        assert_eq!(found(&place, "a").await, [(0, 1), (1, 1), (2, 4), (3, 4), (4, 4)]);
        job("delete").append(&points(2..6, 0)).await;
        assert_eq!(found(&place, "a").await, [(0, 1), (1, 1)]);
        assert_eq!(found(&place, "b").await, pairs(2..6, 1));
        let job = Job::on(&place).with("shard_key", "b").with("order_field", "n");
        job.append(&points(4..8, 0)).await;
        assert_eq!(found(&place, "b").await, [(2, 1), (3, 1), (4, 1), (5, 1), (6, 0), (7, 0)]);
    });
}

#[test]
fn what_is_counted_is_counted_in_its_shard() {
    block_on(async {
        let place = Place::shared("counts");
        for (key, times) in [("a", 2), ("b", 3)] {
            let job = dot(&place).with("shard_key", key).with("counter_fields", "n");
            for time in 0..times {
                let frame = points(0..3, 5);
                let plan = job.plan_of(&format!("{key}{time}"), &frame.fields, Mode::Append).await.unwrap();
                job.task(&plan, 0, vec![frame.batch()]).await.unwrap();
                // Once more: it is known.
                job.task(&plan, 0, vec![frame.batch()]).await.unwrap();
            }
        }
        assert_eq!(found(&place, "a").await, pairs(0..3, 10));
        assert_eq!(found(&place, "b").await, pairs(0..3, 15));
    });
}

#[test]
fn a_write_must_fit_the_collection_s_way_of_sharding() {
    block_on(async {
        let (keyed, auto) = (Place::shared("keyed"), Place::shared("auto"));
        dot(&keyed).with("shard_key", "a,7").append(&points(0..2, 1)).await;
        refused(Job::on(&keyed).write(&points(0..2, 1), Mode::Append).await, Kind::Options, &["`7`, `a`", "shard_key"]);
        dot(&auto).append(&points(0..2, 1)).await;
        let result = Job::on(&auto).with("shard_key", "a").write(&points(0..2, 2), Mode::Append).await;
        refused(result, Kind::Options, &["shard_key", "no keys"]);
        assert_eq!(found(&auto, "").await, pairs(0..2, 1));
        assert_eq!(found(&keyed, "").await, [(0, 1), (0, 1), (1, 1), (1, 1)]);
    });
}

#[test]
fn a_key_is_not_made_where_nothing_may_be_made() {
    block_on(async {
        let place = Place::shared("unmade");
        dot(&place).with("shard_key", "a").append(&points(0..2, 1)).await;
        let options =
            [("create_collection", "false"), ("write_mode", "update"), ("write_mode", "partial"), ("write_mode", "delete")];
        for (option, value) in options {
            let job = Job::on(&place).with("shard_key", "b").with(option, value);
            refused(job.write(&points(0..2, 2), Mode::Append).await, Kind::NotFound, &["no shard key `b`", "`a`"]);
        }
        refused(Job::on(&place).with("shard_key", "b").read(1).await, Kind::NotFound, &["`b`"]);
    });
}

#[test]
fn an_overwrite_takes_no_shard_that_it_does_not_name() {
    block_on(async {
        let place = Place::shared("over");
        dot(&place).with("shard_key", "a").append(&points(0..4, 1)).await;
        let a = Job::on(&place).with("shard_key", "a");
        a.write(&points(2..6, 2), Mode::Overwrite).await.unwrap();
        assert_eq!(found(&place, "").await, pairs(2..6, 2));
        Job::on(&place).with("shard_key", "b").append(&points(0..2, 3)).await;
        refused(a.write(&points(7..9, 4), Mode::Overwrite).await, Kind::Options, &["`b`", "recreate"]);
        assert_eq!(found(&place, "").await, [pairs(0..2, 3), pairs(2..6, 2)].concat());
        Job::on(&place).with("shard_key", "a,b").write(&points(7..9, 4), Mode::Overwrite).await.unwrap();
        assert_eq!(found(&place, "b").await, pairs(7..9, 4));
        assert_eq!(found(&place, "a").await, pairs(7..9, 4));
        dot(&place).with("shard_key", "c").with("overwrite", "recreate").write(&points(1..2, 5), Mode::Overwrite).await.unwrap();
        assert_eq!(found(&place, "").await, pairs(1..2, 5));
        refused(Job::on(&place).with("shard_key", "a").read(1).await, Kind::NotFound, &["`a`", "`c`"]);
    });
}

#[test]
fn a_collection_whose_vector_s_size_only_the_data_knows_gets_its_key_from_a_task() {
    block_on(async {
        let place = Place::shared("late");
        let job = dot(&place).with("shard_key", "a").with("index.n", "integer");
        let frame = points(0..4, 1);
        let plan = job.plan(&frame.fields, Mode::Append).await.unwrap();
        let tasks = (0..4_i64).map(|task| {
            let batch = points(task * 10..task * 10 + 4, task).batch();
            let (job, plan) = (job.clone(), plan.clone());
            tokio::spawn(async move { job.task(&plan, task as u64, vec![batch]).await.unwrap() })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        assert_eq!(found(&place, "a").await.len(), 16);
        assert_eq!(Job::on(&place).read(1).await.unwrap().select(&["n"]).len(), 16);
    });
}

/// Rows with an id, a shard key and a number.
fn keyed(rows: &[(i64, Val, i64)]) -> Frame {
    let of_text = rows.iter().all(|(_, key, _)| matches!(key, Val::Text(_) | Val::Null));
    let key = if of_text { SparkType::string() } else { SparkType::Integer };
    let columns = [("id", SparkType::Long), ("vector", floats()), ("k", key), ("n", SparkType::Long)];
    let row = |(id, key, n): &(i64, Val, i64)| vec![int(*id), vector(&[1.0, 2.0]), key.clone(), int(*n)];
    Frame::new(&columns, rows.iter().map(row).collect())
}

fn by_row(place: &Place) -> Job {
    dot(place).with("shard_key_field", "k")
}

#[test]
fn each_row_goes_to_the_shard_that_it_says() {
    block_on(async {
        let place = Place::shared("rows");
        // A text is a name, even where it is a number's.
        let rows: Vec<_> = (0..30).map(|id| (id, text(["a", "b", "7"][id as usize % 3]), id)).collect();
        for most in ["4", "100"] {
            by_row(&place).with("batch_rows", most).append(&keyed(&rows)).await;
        }
        let of = |rest: i128| (0..30).filter(|id| id % 3 == rest).map(|id| (id, id)).collect::<Vec<_>>();
        assert_eq!(found(&place, "a").await, of(0));
        assert_eq!(found(&place, "b").await, of(1));
        assert_eq!(found(&place, "").await.len(), 30);
        refused(Job::on(&place).with("shard_key", "7").read(1).await, Kind::NotFound, &["`7`"]);
        let read = Job::on(&place).with("shard_key", "b").read(1).await.unwrap();
        assert!(read.select(&["k"]).iter().all(|row| row[0] == text("b")), "the column is kept");

        let place = Place::shared("numbers");
        by_row(&place).append(&keyed(&[(0, int(7), 1), (1, int(8), 1), (2, int(7), 1)])).await;
        assert_eq!(found(&place, "7").await, [(0, 1), (2, 1)]);
        assert_eq!(found(&place, "8").await, [(1, 1)]);
    });
}

#[test]
fn tasks_that_see_keys_at_once_make_them_together() {
    block_on(async {
        let place = Place::shared("together");
        let job = by_row(&place).with("index.n", "integer").with("batch_rows", "7");
        let frame = |task: i64| {
            let rows: Vec<_> = (0..60).map(|row| (task * 60 + row, text(format!("k{}", row % 6)), task)).collect();
            keyed(&rows)
        };
        let plan = job.plan(&frame(0).fields, Mode::Append).await.unwrap();
        let tasks = (0..4_i64).map(|task| {
            let (job, plan, batch) = (job.clone(), plan.clone(), frame(task).batch());
            tokio::spawn(async move { job.task(&plan, task as u64, vec![batch]).await })
        });
        for task in tasks.collect::<Vec<_>>() {
            assert_eq!(task.await.unwrap().unwrap()[ROWS], 60);
        }
        for key in 0..6 {
            assert_eq!(found(&place, &format!("k{key}")).await.len(), 40, "{key}");
        }
        let filter = r#"{"must":[{"key":"n","match":{"value":3}}]}"#;
        assert_eq!(Job::on(&place).with("filter", filter).read(1).await.unwrap().rows.len(), 60);
        let info = GetCollectionInfoRequest { collection_name: place.collection.clone() };
        let info = CollectionsClient::new(channel(&place.url)).get(asking(info)).await.unwrap().into_inner();
        assert!(info.result.unwrap().payload_schema.contains_key("n"), "the index is made");
    });
}

#[test]
fn a_point_does_not_move_to_another_shard() {
    block_on(async {
        let place = Place::shared("moved");
        by_row(&place).append(&keyed(&[(1, text("a"), 1), (2, text("b"), 1)])).await;
        let moved = keyed(&[(3, text("b"), 2), (1, text("b"), 2), (2, text("b"), 2)]);
        for mode in ["upsert", "insert", "update", "partial"] {
            let result = by_row(&place).with("write_mode", mode).write(&moved, Mode::Append).await;
            refused(result, Kind::Data, &["shard `a`", "`b`", "id: 1", "row: 1", "column: k"]);
            assert_eq!(found(&place, "").await, [(1, 1), (2, 1)], "{mode}");
        }
        let figures = by_row(&place).with("on_error", "skip").write(&moved, Mode::Append).await.unwrap();
        assert_eq!((figures[ROWS], figures[REJECTED]), (2, 1));
        assert_eq!(found(&place, "a").await, [(1, 1)]);
        assert_eq!(found(&place, "b").await, [(2, 2), (3, 2)]);
        // Whoever means it deletes the point first.
        let frame = |op: &str, key: &str, n: i64| {
            let mut frame = keyed(&[(1, text(key), n)]);
            frame.fields.push(SparkField::new("op", SparkType::string()));
            frame.rows[0].push(text(op));
            frame
        };
        let mut feed = frame("delete", "a", 0);
        feed.rows.extend(frame("upsert", "b", 5).rows);
        by_row(&place).with("op_field", "op").append(&feed).await;
        assert_eq!(found(&place, "").await, [(1, 5), (2, 2), (3, 2)]);
        // For another key nothing is deleted.
        by_row(&place).with("write_mode", "delete").append(&keyed(&[(2, text("a"), 0), (3, text("b"), 0), (1, text("z"), 0)])).await;
        assert_eq!(found(&place, "").await, [(1, 5), (2, 2)]);
        refused(Job::on(&place).with("shard_key", "z").read(1).await, Kind::NotFound, &["`z`"]);
    });
}

#[test]
fn two_rows_of_one_id_in_a_task_must_have_one_key() {
    block_on(async {
        for most in ["1", "2", "100"] {
            for wait in ["true", "false"] {
                let place = Place::shared("two");
                let job = by_row(&place).with("batch_rows", most).with("wait", wait);
                let rows = [(1, text("a"), 1), (2, text("a"), 1), (1, text("a"), 2), (1, text("b"), 3)];
                refused(job.write(&keyed(&rows), Mode::Append).await, Kind::Data, &["`a`", "`b`", "id: 1", "row: 3"]);
                assert_eq!(found(&place, "").await, [(1, 2), (2, 1)]);
            }
        }
    });
}

#[test]
fn a_row_must_have_a_key_that_can_be_one() {
    block_on(async {
        for (bad, said) in [(Val::Null, "is null"), (text(""), "is empty"), (int(-3), "-3")] {
            let place = Place::shared("bad");
            let good = if matches!(bad, Val::Int(_)) { int(4) } else { text("a") };
            let frame = keyed(&[(1, good.clone(), 1), (2, bad, 1), (3, good, 1)]);
            refused(by_row(&place).write(&frame, Mode::Append).await, Kind::Data, &[said, "row: 1", "id: 2", "column: k"]);
            let figures = by_row(&place).with("on_error", "skip").write(&frame, Mode::Append).await.unwrap();
            assert_eq!((figures[ROWS], figures[REJECTED]), (2, 1));
            assert_eq!(found(&place, "").await, [(1, 1), (3, 1)]);
        }
        let place = Place::shared("badtype");
        let job = dot(&place);
        let plan = |field: &'static str| {
            let job = job.clone();
            async move { job.with("shard_key_field", field).plan(&points(0..1, 1).fields, Mode::Append).await }
        };
        refused(plan("vector").await, Kind::Options, &["shard_key_field", "`vector`", "string, byte, short, int or long"]);
        refused(plan("k").await, Kind::Options, &["shard_key_field", "no column `k`"]);
        let both = by_row(&place).with("shard_key", "a").write(&keyed(&[(1, text("a"), 1)]), Mode::Append).await;
        refused(both, Kind::Options, &["shard_key_field", "`shard_key`"]);
        let read = Job::on(&place).with("shard_key_field", "k").read(1).await;
        refused(read, Kind::Options, &["shard_key_field"]);
        dot(&place).append(&points(0..1, 1)).await;
        let auto = by_row(&place).write(&keyed(&[(1, text("a"), 1)]), Mode::Append).await;
        refused(auto, Kind::Options, &["shard_key_field", "no keys"]);
    });
}

#[test]
fn keys_of_rows_are_made_only_where_something_may_be_made() {
    block_on(async {
        let place = Place::shared("rowkeys");
        by_row(&place).append(&keyed(&[(1, text("a"), 1)])).await;
        let rows = keyed(&[(1, text("a"), 2), (2, text("b"), 2), (3, text("b"), 2)]);
        for mode in ["update", "partial"] {
            let figures = by_row(&place).with("write_mode", mode).write(&rows, Mode::Append).await.unwrap();
            assert_eq!((figures[ROWS], figures[SKIPPED]), (1, 2), "{mode}");
        }
        let job = by_row(&place).with("create_collection", "false");
        refused(job.write(&rows, Mode::Append).await, Kind::Data, &["no shard key `b`", "id: 2", "create_collection"]);
        let figures = job.with("on_error", "skip").write(&rows, Mode::Append).await.unwrap();
        assert_eq!((figures[ROWS], figures[REJECTED]), (1, 2));
        assert_eq!(found(&place, "").await, [(1, 2)]);
        let figures = by_row(&place).with("write_mode", "insert").write(&rows, Mode::Append).await.unwrap();
        assert_eq!((figures[ROWS], figures[SKIPPED]), (2, 1));
        assert_eq!(found(&place, "b").await, [(2, 2), (3, 2)]);
    });
}

#[test]
fn rows_of_many_shards_are_counted_once_and_overwritten_whole() {
    block_on(async {
        let place = Place::shared("manycounts");
        let rows = keyed(&[(1, text("a"), 2), (2, text("b"), 3), (1, text("a"), 5), (3, text("b"), 1)]);
        let job = by_row(&place).with("counter_fields", "n");
        for (query, batch_rows) in [("one", "1"), ("one", "1"), ("two", "9")] {
            let job = job.clone().with("batch_rows", batch_rows);
            let plan = job.plan_of(query, &rows.fields, Mode::Append).await.unwrap();
            job.task(&plan, 0, vec![rows.batch()]).await.unwrap();
        }
        assert_eq!(found(&place, "").await, [(1, 14), (2, 6), (3, 2)]);
        by_row(&place).write(&keyed(&[(9, text("b"), 1), (1, text("c"), 1)]), Mode::Overwrite).await.unwrap();
        assert_eq!(found(&place, "").await, [(1, 1), (9, 1)]);
        assert_eq!(found(&place, "a").await, []);
        let place = Place::shared("swapped");
        for n in 1..3 {
            let frame = keyed(&[(1, text(format!("s{n}")), n)]);
            by_row(&place).with("overwrite", "swap").write(&frame, Mode::Overwrite).await.unwrap();
            assert_eq!(found(&place, &format!("s{n}")).await, [(1, i128::from(n))]);
        }
    });
}
