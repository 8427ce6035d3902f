//! `overwrite` = `swap`: a collection is written beside, and its name moves to it at once. What is Milvus's own: the rest is
//! in the suite of every store.

use vectorfuse_core::options::Side;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::{Mode, Outcome};

use crate::support::described::{around, clean};
use crate::support::job::{Frame, Job};
use crate::support::raw::{count, proto, stored};
use crate::support::server::{Place, block_on};
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
                job.store(Side::Write).unwrap().finish(plan, Outcome::commit(Vec::new())).await.unwrap();
            }
            assert_eq!(runs(&place).await, (vec![2], 3));
            assert_eq!(around(&place).await.0.len(), 1);
            // One that has been behind the alias, and was left.
            let left = format!("{}__swap_left", place.collection);
            let there = Place { url: place.url.clone(), collection: left.clone(), rest: None };
            Job::on(&there).append(&frame(9, 1)).await;
            let mark = proto::AlterCollectionRequest {
                collection_name: left.clone(),
                properties: vec![proto::KeyValue { key: "vectorfuse_swapped".into(), value: place.collection.clone() }],
                ..proto::AlterCollectionRequest::default()
            };
            place.client().done("AlterCollection", mark).await;
            // And one that a running job is still to move the alias to.
            let running =
                Place { url: place.url.clone(), collection: format!("{}__swap_running", place.collection), rest: None };
            Job::on(&running).append(&frame(9, 1)).await;
            job.write(&frame(3, 4), Mode::Overwrite).await.unwrap();
            let (all, behind) = around(&place).await;
            assert!(!all.contains(&left), "{all:?}");
            assert!(all.contains(&running.collection) && all.len() == 2, "{all:?} {behind:?}");
            clean(&place).await;
        }
    });
}
