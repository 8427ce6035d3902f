//! Writes that may only write into a new collection: Spark's save modes `errorifexists` and `ignore`.

use vectorfuse_core::error::Kind;
use vectorfuse_core::options::Side;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::{Mode, Outcome, WritePlan, WriteRequest};

use crate::job::{Frame, Job, refused};
use crate::store::{Place, Tested, block_on};
use crate::values::{floats, int, vector};

fn rows(ids: &[i64]) -> Frame {
    let rows = ids.iter().map(|id| vec![int(*id), vector(&[1.0, 2.0])]).collect();
    Frame::new(&[("id", SparkType::Long), ("vector", floats())], rows)
}

async fn plan(job: &Job, query: &str) -> vectorfuse_core::Result<WritePlan> {
    let request = WriteRequest { fields: rows(&[]).fields, mode: Mode::Create, query: query.to_owned() };
    job.store(Side::Write)?.prepare(request).await
}

async fn finish(job: &Job, plan: WritePlan, outcome: Outcome) {
    job.store(Side::Write).unwrap().finish(plan, outcome).await.unwrap();
}

async fn ids(place: &dyn Place) -> usize {
    Job::on(place).read(1).await.unwrap().rows.len()
}

pub fn a_collection_that_is_there_is_refused_and_left_as_it_is(store: &Tested) {
    block_on(async {
        let place = store.place("create");
        let job = Job::on(&place);
        assert!(!job.store(Side::Write).unwrap().exists().await.unwrap());
        job.append(&rows(&[1])).await;
        assert!(job.store(Side::Write).unwrap().exists().await.unwrap());
        refused(job.write(&rows(&[2]), Mode::Create).await, Kind::AlreadyExists, &[place.collection(), "append"]);
        assert_eq!(ids(&place).await, 1);
    });
}

pub fn of_two_jobs_that_create_at_once_one_writes_and_the_other_is_refused(store: &Tested) {
    for sizes in ["", "2"] {
        block_on(async {
            let place = store.place("two");
            let mut job = Job::on(&place);
            if !sizes.is_empty() {
                // The driver creates the collection, not the first task.
                job = job.with("vector.size", sizes);
            }
            let first = plan(&job, "first").await.unwrap();
            let second = plan(&job, "second").await;
            if sizes.is_empty() {
                let second = second.unwrap();
                job.task(&first, 0, vec![rows(&[1, 2]).batch()]).await.unwrap();
                let late = job.task(&second, 0, vec![rows(&[3]).batch()]).await;
                refused(late, Kind::AlreadyExists, &[place.collection()]);
                // A collection of somebody else's is not taken away.
                finish(&job, second, Outcome::Abort).await;
                // A further task of the first one goes on.
                job.task(&first, 1, vec![rows(&[4]).batch()]).await.unwrap();
                finish(&job, first, Outcome::commit(Vec::new())).await;
                assert_eq!(ids(&place).await, 3);
            } else {
                refused(second, Kind::AlreadyExists, &[place.collection()]);
                finish(&job, first, Outcome::commit(Vec::new())).await;
                assert_eq!(ids(&place).await, 0);
            }
        });
    }
}

pub fn a_job_that_fails_takes_the_collection_away_that_it_has_made(store: &Tested) {
    block_on(async {
        let place = store.place("undone");
        let job = Job::on(&place);
        let failing = plan(&job, "failing").await.unwrap();
        job.task(&failing, 0, vec![rows(&[1, 2]).batch()]).await.unwrap();
        finish(&job, failing, Outcome::Abort).await;
        assert!(!job.store(Side::Write).unwrap().exists().await.unwrap());
        // So the same job can run again.
        job.write(&rows(&[1, 2]), Mode::Create).await.unwrap();
        assert_eq!(ids(&place).await, 2);
        // And an append that fails takes nothing away.
        let request = WriteRequest { fields: rows(&[]).fields, mode: Mode::Append, query: "append".to_owned() };
        let append = job.store(Side::Write).unwrap().prepare(request).await.unwrap();
        finish(&job, append, Outcome::Abort).await;
        assert_eq!(ids(&place).await, 2);
    });
}
