//! Tasks that all find the collection missing: one creates it, the others take it as it is.

use vectorfuse_core::error::{Kind, Result};
use vectorfuse_core::metrics::Figures;
use vectorfuse_core::options::Side;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::{Mode, Outcome, WritePlan};

use crate::job::{Frame, Job, refused};
use crate::store::{Tested, block_on, runtime};
use crate::values::{floats, int, vector};

fn rows(start: i64, count: i64, size: usize) -> Frame {
    let rows = (start..start + count).map(|id| vec![int(id), vector(&vec![1.0; size])]).collect();
    Frame::new(&[("id", SparkType::Long), ("vector", floats())], rows)
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

pub fn tasks_that_create_the_collection_at_once_create_one(store: &Tested) {
    block_on(async {
        for _ in 0..5 {
            let place = store.place("first");
            let job = Job::on(&place);
            let frames: Vec<Frame> = (0..4).map(|task| rows(task * 25, 25, 3)).collect();
            let plan = job.plan(&frames[0].fields, Mode::Append).await.unwrap();
            for result in at_once(&job, &plan, frames).await {
                assert_eq!(result.unwrap()[0], 25);
            }
            job.store(Side::Write).unwrap().finish(plan, Outcome::commit(Vec::new())).await.unwrap();
            let read = Job::on(&place).read(3).await.unwrap().select(&["id"]);
            let mut numbers: Vec<Vec<_>> = (0..100_i64).map(|id| vec![int(id)]).collect();
            numbers.sort_by_cached_key(|row| format!("{row:?}"));
            assert_eq!(read, numbers);
        }
    });
}

pub fn tasks_whose_vectors_differ_in_size_do_not_agree(store: &Tested) {
    block_on(async {
        let place = store.place("sizes");
        let job = Job::on(&place);
        let frames = vec![rows(0, 5, 3), rows(10, 5, 4)];
        let plan = job.plan(&frames[0].fields, Mode::Append).await.unwrap();
        let (good, bad): (Vec<_>, Vec<_>) = at_once(&job, &plan, frames).await.into_iter().partition(Result::is_ok);
        assert_eq!((good.len(), bad.len()), (1, 1));
        refused(bad.into_iter().next().unwrap(), Kind::Data, &[" here", "3", "4"]);
        assert_eq!(Job::on(&place).read(1).await.unwrap().rows.len(), 5);
    });
}

pub fn an_attempt_that_runs_twice_doubles_nothing(store: &Tested) {
    block_on(async {
        let place = store.place("attempts");
        let job = Job::on(&place);
        let frame = Frame::new(&[("vector", floats())], vec![vec![vector(&[1.0])], vec![vector(&[2.0])]]);
        let plan = job.plan(&frame.fields, Mode::Append).await.unwrap();
        // A speculative copy of the task, and an attempt that ended half-way.
        let (mut lost, _) = job.writer(&plan, 0).unwrap();
        lost.write(frame.batch()).await.unwrap();
        drop(lost);
        for result in at_once(&job, &plan, vec![frame.clone()]).await {
            result.unwrap();
        }
        job.task(&plan, 0, vec![frame.batch()]).await.unwrap();
        assert_eq!(Job::on(&place).read(1).await.unwrap().rows.len(), 2);
    });
}
