//! Writes into collections whose points users route to shards with keys.

use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use crate::support::job::{Frame, Job, refused};
use crate::support::server::{Place, block_on};
use crate::support::values::{Val, floats, int, vector};

/// Where `Metrics::snapshot` has the rows that were written and those that were passed over.
const ROWS: usize = 0;
const SKIPPED: usize = 7;

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
