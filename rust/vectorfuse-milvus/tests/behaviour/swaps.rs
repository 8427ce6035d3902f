//! `overwrite` = `swap`: a collection is written beside, and its name moves to it at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use vectorfuse_core::error::Kind;
use vectorfuse_core::options::Side;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::{Mode, Outcome};

use crate::support::described::{around, clean};
use crate::support::job::{Frame, Job, refused};
use crate::support::raw::{Client, count, proto, stored};
use crate::support::server::{Place, block_on, runtime};
use crate::support::values::{floats, int, vector};

/// `rows` rows that all say which write they are of.
fn frame(run: i64, rows: i64) -> Frame {
    let columns = [("id", SparkType::Long), ("vector", floats()), ("run", SparkType::Long)];
    Frame::new(&columns, (0..rows).map(|id| vec![int(id), vector(&[1.0]), int(run)]).collect())
}

fn job(place: &Place) -> Job {
    Job::on(place).with("overwrite", "swap").with("distance", "dot")
}

/// The writes that the rows are of, and how many rows there are.
async fn runs(place: &Place) -> (Vec<i64>, i64) {
    let mut runs: Vec<i64> = stored(place, &["run"]).await.iter().map(|row| row["run"].as_i64().unwrap()).collect();
    runs.dedup();
    (runs, count(place).await)
}

#[test]
fn the_alias_moves_and_what_was_behind_it_goes() {
    block_on(async {
        for place in Place::both("swap") {
            job(&place).write(&frame(1, 5), Mode::Overwrite).await.unwrap();
            assert_eq!(runs(&place).await, (vec![1], 5));
            let (all, first) = around(&place).await;
            assert_eq!((all.len(), first.as_ref()), (1, all.first()));
            // Its settings are those of the options of this write.
            job(&place).with("vector.hnsw_m", "24").write(&frame(2, 7), Mode::Overwrite).await.unwrap();
            assert_eq!(runs(&place).await, (vec![2], 7));
            let (all, second) = around(&place).await;
            assert_eq!(all.len(), 1, "{all:?}");
            assert_ne!(first, second);
            Job::on(&place).with("distance", "dot").append(&frame(2, 8)).await;
            assert_eq!(runs(&place).await, (vec![2], 8));
            // An alias can be emptied, and keeps standing for its collection; it can't be made anew.
            Job::on(&place).write(&frame(3, 2), Mode::Overwrite).await.unwrap();
            assert_eq!(runs(&place).await, (vec![3], 2));
            assert_eq!(around(&place).await.1, second);
            let recreate = Job::on(&place).with("overwrite", "recreate").write(&frame(4, 2), Mode::Overwrite).await;
            refused(recreate, Kind::Options, &["alias", "swap"]);
            refused(Job::on(&place).write(&frame(4, 2), Mode::Create).await, Kind::AlreadyExists, &[]);
            assert_eq!(runs(&place).await, (vec![3], 2));
            clean(&place).await;
        }
    });
}

#[test]
fn a_job_that_fails_leaves_what_is_behind_the_alias_and_nothing_else() {
    block_on(async {
        for place in Place::both("swap_fails") {
            job(&place).write(&frame(1, 5), Mode::Overwrite).await.unwrap();
            let before = around(&place).await;
            for sized in [false, true] {
                let job = if sized { job(&place).with("vector.size", "1") } else { job(&place) };
                let plan = job.plan(&frame(2, 0).fields, Mode::Overwrite).await.unwrap();
                job.task(&plan, 0, vec![frame(2, 3).batch()]).await.unwrap();
                assert_eq!(runs(&place).await, (vec![1], 5));
                assert_eq!(around(&place).await.0.len(), 2);
                job.store(Side::Write).unwrap().finish(plan, Outcome::Abort).await.unwrap();
                assert_eq!(around(&place).await, before);
            }
            // No row says a size, so there is nothing to move to.
            refused(job(&place).write(&frame(2, 0), Mode::Overwrite).await, Kind::Data, &["vector.vector.size"]);
            assert_eq!(around(&place).await, before);
            job(&place).with("vector.size", "1").write(&frame(2, 0), Mode::Overwrite).await.unwrap();
            assert_eq!(runs(&place).await, (vec![], 0));
            clean(&place).await;
        }
    });
}

#[test]
fn an_abort_after_the_move_takes_nothing_away() {
    block_on(async {
        for place in Place::both("swap_late") {
            let job = job(&place);
            let plan = job.plan(&frame(2, 0).fields, Mode::Overwrite).await.unwrap();
            job.task(&plan, 0, vec![frame(2, 3).batch()]).await.unwrap();
            let store = job.store(Side::Write).unwrap();
            store.finish(plan.clone(), Outcome::Commit(Vec::new())).await.unwrap();
            store.finish(plan, Outcome::Abort).await.unwrap();
            assert_eq!(runs(&place).await, (vec![2], 3));
            clean(&place).await;
        }
    });
}

#[test]
fn a_collection_of_that_name_is_no_alias() {
    block_on(async {
        for place in Place::both("swap_name") {
            Job::on(&place).append(&frame(1, 2)).await;
            let refusal = job(&place).write(&frame(2, 2), Mode::Overwrite).await;
            refused(refusal, Kind::Options, &["moves an alias", "is a collection"]);
            assert_eq!(runs(&place).await, (vec![1], 2));
        }
    });
}

#[test]
fn what_two_swaps_at_once_leave_behind_goes_with_the_next() {
    block_on(async {
        for place in Place::both("swap_two") {
            let job = job(&place);
            let plans = [
                job.plan(&frame(1, 0).fields, Mode::Overwrite).await.unwrap(),
                job.plan(&frame(2, 0).fields, Mode::Overwrite).await.unwrap(),
            ];
            for (run, plan) in (1..).zip(&plans) {
                job.task(plan, 0, vec![frame(run, 3).batch()]).await.unwrap();
            }
            for plan in plans {
                job.store(Side::Write).unwrap().finish(plan, Outcome::Commit(Vec::new())).await.unwrap();
            }
            assert_eq!(runs(&place).await, (vec![2], 3));
            assert_eq!(around(&place).await.0.len(), 1);
            // One that has been behind the alias, and was left.
            let left = format!("{}__swap_left", place.collection);
            let there = Place { url: place.url.clone(), collection: left.clone() };
            Job::on(&there).append(&frame(9, 1)).await;
            let mark = proto::AlterCollectionRequest {
                collection_name: left.clone(),
                properties: vec![proto::KeyValue { key: "vectorfuse_swapped".into(), value: place.collection.clone() }],
                ..proto::AlterCollectionRequest::default()
            };
            place.client().done("AlterCollection", mark).await;
            // And one that a running job is still to move the alias to.
            let running = Place { url: place.url.clone(), collection: format!("{}__swap_running", place.collection) };
            Job::on(&running).append(&frame(9, 1)).await;
            job.write(&frame(3, 4), Mode::Overwrite).await.unwrap();
            let (all, behind) = around(&place).await;
            assert!(!all.contains(&left), "{all:?}");
            assert!(all.contains(&running.collection) && all.len() == 2, "{all:?} {behind:?}");
            clean(&place).await;
        }
    });
}

/// What one question finds of the rows; `None` if the collection went while it was answered.
async fn seen(client: &Client, name: &str) -> Option<Vec<i64>> {
    let request = proto::QueryRequest {
        collection_name: name.to_owned(),
        expr: "id >= 0".to_owned(),
        output_fields: vec!["run".to_owned()],
        ..proto::QueryRequest::default()
    };
    let answer: proto::QueryResults = client.ask("Query", request).await.ok()?;
    let status = answer.status.unwrap_or_default();
    if status.code != 0 || status.legacy_code != 0 {
        return None;
    }
    let column = answer.fields_data.into_iter().find(|column| column.field_name == "run")?;
    let Some(proto::field_data::Field::Scalars(scalars)) = column.field else { panic!("numbers") };
    let Some(proto::scalar_field::Data::LongData(runs)) = scalars.data else { panic!("integers") };
    Some(runs.data)
}

#[test]
fn readers_see_one_write_or_the_other_whole() {
    block_on(async {
        for place in Place::both("swap_readers") {
            job(&place).write(&frame(0, 50), Mode::Overwrite).await.unwrap();
            let done = Arc::new(AtomicBool::new(false));
            let (client, name, stop) = (place.client(), place.collection.clone(), Arc::clone(&done));
            let reader = runtime().spawn(async move {
                let mut answers = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    answers.extend(seen(&client, &name).await);
                }
                answers
            });
            for run in 1..=3 {
                job(&place).write(&frame(run, 50), Mode::Overwrite).await.unwrap();
            }
            done.store(true, Ordering::Relaxed);
            let answers = reader.await.unwrap();
            assert!(!answers.is_empty());
            for mut runs in answers {
                assert_eq!(runs.len(), 50, "a whole write, on {}", place.url);
                runs.dedup();
                assert_eq!(runs.len(), 1, "of one write");
            }
            clean(&place).await;
        }
    });
}
