//! Who creates a collection: the driver or one of the tasks, of one job or of several, and only one of them.

use vectorfuse_core::error::{Kind, Result};
use vectorfuse_core::metrics::Figures;
use vectorfuse_core::options::Side;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::{Mode, Outcome, WritePlan};

use crate::support::described::{collection, indexes, is_loaded};
use crate::support::job::{Frame, Job, refused};
use crate::support::raw::count;
use crate::support::server::{Place, block_on, runtime};
use crate::support::values::{floats, int, vector};

fn rows(start: i64, count: i64, size: usize) -> Frame {
    let rows = (start..start + count).map(|id| vec![int(id), vector(&vec![1.0; size]), int(id)]).collect();
    Frame::new(&[("id", SparkType::Long), ("vector", floats()), ("n", SparkType::Long)], rows)
}

/// Each frame is a task; all of them start at once.
async fn at_once(job: &Job, plan: &WritePlan, frames: Vec<Frame>) -> Vec<Result<Figures>> {
    let tasks: Vec<_> = frames
        .into_iter()
        .enumerate()
        .map(|(partition, frame)| {
            let (job, plan) = (job.clone(), plan.clone());
            runtime().spawn(async move { job.task(&plan, partition as u64, vec![frame.batch()]).await })
        })
        .collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

async fn finish(job: &Job, plan: WritePlan, outcome: Outcome) {
    job.store(Side::Write).unwrap().finish(plan, outcome).await.unwrap();
}

#[test]
fn tasks_that_create_the_collection_at_once_create_one() {
    block_on(async {
        for server in Place::both("first") {
            for _ in 0..2 {
                let place = Place::at(&server.url, "first_of");
                let job = Job::on(&place).with("index.n", "integer").with("partition", "p1");
                let frames: Vec<Frame> = (0..4).map(|task| rows(task * 25, 25, 3)).collect();
                let plan = job.plan(&frames[0].fields, Mode::Append).await.unwrap();
                for result in at_once(&job, &plan, frames).await {
                    assert_eq!(result.unwrap()[0], 25);
                }
                finish(&job, plan, Outcome::commit(Vec::new())).await;
                assert_eq!(count(&place).await, 100);
                assert_eq!(indexes(&place).await.len(), 2);
                assert!(is_loaded(&place).await);
            }
        }
    });
}

#[test]
fn tasks_whose_vectors_differ_in_size_do_not_agree() {
    block_on(async {
        for place in Place::both("sizes") {
            let job = Job::on(&place);
            let frames = vec![rows(0, 5, 3), rows(10, 5, 4)];
            let plan = job.plan(&frames[0].fields, Mode::Append).await.unwrap();
            let (good, bad): (Vec<_>, Vec<_>) = at_once(&job, &plan, frames).await.into_iter().partition(Result::is_ok);
            assert_eq!((good.len(), bad.len()), (1, 1));
            refused(bad.into_iter().next().unwrap(), Kind::Data, &["`vector`", "(3)", "(4)"]);
            assert_eq!(count(&place).await, 5);
        }
    });
}

#[test]
fn a_task_whose_vectors_are_null_takes_the_collection_of_another_one() {
    block_on(async {
        let place = Place::lite("adopts");
        let job = Job::on(&place).with("on_error", "skip");
        let plan = job.plan(&rows(0, 0, 1).fields, Mode::Append).await.unwrap();
        let empty = Frame { rows: vec![vec![int(1), crate::support::values::Val::Null, int(1)]], ..rows(0, 0, 1) };
        let (mut writer, _) = job.writer(&plan, 0).unwrap();
        writer.write(empty.batch()).await.unwrap();
        job.task(&plan, 1, vec![rows(5, 2, 2).batch()]).await.unwrap();
        writer.commit().await.unwrap();
        // And without another one it can't be known.
        let place = Place::lite("adopts_none");
        let job = Job::on(&place);
        let plan = job.plan(&rows(0, 0, 1).fields, Mode::Append).await.unwrap();
        refused(job.task(&plan, 0, vec![empty.batch()]).await, Kind::Data, &["vector.vector.size"]);
    });
}

#[test]
fn of_two_jobs_that_create_at_once_one_writes_and_the_other_is_refused() {
    block_on(async {
        for place in Place::both("two") {
            let job = Job::on(&place);
            assert!(!job.store(Side::Write).unwrap().exists().await.unwrap());
            let fields = rows(0, 0, 2).fields;
            let first = job.plan_of("first", &fields, Mode::Create).await.unwrap();
            let second = job.plan_of("second", &fields, Mode::Create).await.unwrap();
            job.task(&first, 0, vec![rows(0, 2, 2).batch()]).await.unwrap();
            let late = job.task(&second, 0, vec![rows(5, 1, 2).batch()]).await;
            refused(late, Kind::AlreadyExists, &[&place.collection]);
            // A collection of somebody else's is not taken away.
            finish(&job, second, Outcome::Abort).await;
            // A further task of the first one goes on.
            job.task(&first, 1, vec![rows(7, 1, 2).batch()]).await.unwrap();
            finish(&job, first, Outcome::commit(Vec::new())).await;
            assert_eq!(count(&place).await, 3);
            let third = job.plan_of("third", &fields, Mode::Create).await;
            refused(third, Kind::AlreadyExists, &[&place.collection, "append"]);
            // Where the driver creates it, the second job knows at once.
            let place = Place::at(&place.url, "two_sized");
            let job = Job::on(&place).with("vector.size", "2");
            let first = job.plan_of("first", &fields, Mode::Create).await.unwrap();
            refused(job.plan_of("second", &fields, Mode::Create).await, Kind::AlreadyExists, &[&place.collection]);
            finish(&job, first, Outcome::commit(Vec::new())).await;
            assert_eq!(count(&place).await, 0);
        }
    });
}

#[test]
fn a_job_that_fails_takes_the_collection_away_that_it_has_made() {
    block_on(async {
        for place in Place::both("undone") {
            let job = Job::on(&place);
            let fields = rows(0, 0, 2).fields;
            let failing = job.plan_of("failing", &fields, Mode::Create).await.unwrap();
            job.task(&failing, 0, vec![rows(1, 2, 2).batch()]).await.unwrap();
            finish(&job, failing, Outcome::Abort).await;
            assert!(collection(&place, &place.collection).await.is_none());
            // So the same job can run again.
            job.write(&rows(1, 2, 2), Mode::Create).await.unwrap();
            assert_eq!(count(&place).await, 2);
            // And an append that fails takes nothing away.
            let append = job.plan_of("append", &fields, Mode::Append).await.unwrap();
            finish(&job, append, Outcome::Abort).await;
            assert_eq!(count(&place).await, 2);
        }
    });
}
