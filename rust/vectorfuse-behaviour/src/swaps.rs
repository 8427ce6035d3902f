//! `overwrite` = `swap`: a collection is written beside, and its name moves to it at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use vectorfuse_core::error::Kind;
use vectorfuse_core::options::Side;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::{Mode, Outcome};

use crate::job::{Frame, Job, refused};
use crate::store::{Place, Tested, block_on, runtime};
use crate::values::{Val, floats, int, vector};

/// `count` rows that all say which write they are of.
fn frame(run: i64, count: i64) -> Frame {
    let columns = [("id", SparkType::Long), ("vector", floats()), ("run", SparkType::Long)];
    Frame::new(&columns, (0..count).map(|id| vec![int(id), vector(&[1.0]), int(run)]).collect())
}

fn job(place: &dyn Place) -> Job {
    Job::on(place).with("overwrite", "swap").with("distance", "dot")
}

async fn runs(place: &dyn Place) -> vectorfuse_core::Result<Vec<Vec<Val>>> {
    let mut runs = Job::on(place).read(2).await?.select(&["run"]);
    let count = runs.len();
    runs.dedup();
    runs.push(vec![int(i64::try_from(count).unwrap())]);
    Ok(runs)
}

async fn clean(place: &dyn Place) {
    for name in place.around().await.0 {
        place.delete(&name).await;
    }
}

pub fn the_alias_moves_and_what_was_behind_it_goes(store: &Tested) {
    block_on(async {
        let place = store.place("swap");
        job(&place)
            .with("vector.hnsw_m", "8")
            .with("index.run", "integer")
            .write(&frame(1, 5), Mode::Overwrite)
            .await
            .unwrap();
        assert_eq!(runs(&place).await.unwrap(), [[int(1)], [int(5)]]);
        let (all, first) = place.around().await;
        assert_eq!(all.len(), 1);
        assert!(first.is_some());
        // Its settings are those of the options of this write.
        job(&place).with("vector.hnsw_m", "24").write(&frame(2, 7), Mode::Overwrite).await.unwrap();
        assert_eq!(runs(&place).await.unwrap(), [[int(2)], [int(7)]]);
        let (all, second) = place.around().await;
        assert_eq!(all.len(), 1, "{all:?}");
        assert_ne!(first, second);
        // The alias is there, so that there is nothing to create for its user.
        let none = job(&place).with("vector.hnsw_m", "24").with("create_collection", "false");
        none.write(&frame(2, 7), Mode::Overwrite).await.unwrap();
        let (all, third) = place.around().await;
        assert_eq!(all.len(), 1, "{all:?}");
        assert_ne!(second, third);
        let second = third;
        assert_eq!(runs(&place).await.unwrap(), [[int(2)], [int(7)]]);
        Job::on(&place).with("vector.hnsw_m", "24").with("distance", "dot").append(&frame(2, 8)).await;
        assert_eq!(runs(&place).await.unwrap(), [[int(2)], [int(8)]]);
        // An alias can be emptied, and keeps standing for its collection; it can't be made anew.
        Job::on(&place).write(&frame(3, 2), Mode::Overwrite).await.unwrap();
        assert_eq!(runs(&place).await.unwrap(), [[int(3)], [int(2)]]);
        assert_eq!(place.around().await.1, second);
        let recreate = Job::on(&place).with("overwrite", "recreate").write(&frame(4, 2), Mode::Overwrite).await;
        refused(recreate, Kind::Options, &["alias", "swap"]);
        refused(Job::on(&place).write(&frame(4, 2), Mode::Create).await, Kind::AlreadyExists, &[]);
        assert_eq!(runs(&place).await.unwrap(), [[int(3)], [int(2)]]);
        clean(&place).await;
    });
}

pub fn a_job_that_fails_leaves_what_is_behind_the_alias_and_nothing_else(store: &Tested) {
    block_on(async {
        let place = store.place("swap_fails");
        job(&place).write(&frame(1, 5), Mode::Overwrite).await.unwrap();
        let before = place.around().await;
        for sized in [false, true] {
            let job = if sized { job(&place).with("vector.size", "1") } else { job(&place) };
            let plan = job.plan(&frame(2, 0).fields, Mode::Overwrite).await.unwrap();
            job.task(&plan, 0, vec![frame(2, 3).batch()]).await.unwrap();
            assert_eq!(runs(&place).await.unwrap(), [[int(1)], [int(5)]]);
            assert_eq!(place.around().await.0.len(), 2);
            job.store(Side::Write).unwrap().finish(plan, Outcome::Abort).await.unwrap();
            assert_eq!(place.around().await, before);
        }
        // No row says a size, so there is nothing to move to.
        refused(job(&place).write(&frame(2, 0), Mode::Overwrite).await, Kind::Data, &["vector.size"]);
        assert_eq!(place.around().await, before);
        job(&place).with("vector.size", "1").write(&frame(2, 0), Mode::Overwrite).await.unwrap();
        assert_eq!(runs(&place).await.unwrap(), [[int(0)]]);
        clean(&place).await;
    });
}

pub fn an_abort_after_the_move_takes_nothing_away(store: &Tested) {
    block_on(async {
        let place = store.place("swap_late");
        let job = job(&place);
        let plan = job.plan(&frame(2, 0).fields, Mode::Overwrite).await.unwrap();
        job.task(&plan, 0, vec![frame(2, 3).batch()]).await.unwrap();
        let store = job.store(Side::Write).unwrap();
        store.finish(plan.clone(), Outcome::commit(Vec::new())).await.unwrap();
        store.finish(plan, Outcome::Abort).await.unwrap();
        assert_eq!(runs(&place).await.unwrap(), [[int(2)], [int(3)]]);
        clean(&place).await;
    });
}

pub fn a_collection_can_not_be_swapped_and_is_left_alone(store: &Tested) {
    block_on(async {
        let place = store.place("swap_real");
        Job::on(&place).with("distance", "dot").append(&frame(1, 5)).await;
        refused(job(&place).write(&frame(2, 3), Mode::Overwrite).await, Kind::Options, &[place.collection(), "alias"]);
        assert_eq!(runs(&place).await.unwrap(), [[int(1)], [int(5)]]);
        // An append has nothing to swap.
        job(&place).append(&frame(1, 6)).await;
        assert_eq!(runs(&place).await.unwrap(), [[int(1)], [int(6)]]);
        let none = job(&store.place("swap_none")).with("create_collection", "false");
        refused(none.write(&frame(1, 1), Mode::Overwrite).await, Kind::NotFound, &[]);
    });
}

pub fn readers_see_the_old_rows_or_the_new_ones_whole(store: &Tested) {
    block_on(async {
        let place: Arc<dyn Place> = store.place("swap_reads").into();
        job(&place).write(&frame(0, 40), Mode::Overwrite).await.unwrap();
        let done = Arc::new(AtomicBool::new(false));
        let reader = {
            let (place, done) = (Arc::clone(&place), Arc::clone(&done));
            runtime().spawn(async move {
                let (mut seen, mut cut) = (Vec::new(), 0);
                while !done.load(Ordering::Relaxed) {
                    match runs(&place).await {
                        Ok(runs) => seen.push(runs),
                        // What a read had begun with was deleted: it fails rather than to mix.
                        Err(error) => {
                            assert_eq!(error.kind(), Kind::NotFound, "{error}");
                            cut += 1;
                        }
                    }
                }
                (seen, cut)
            })
        };
        for run in 1..=8 {
            job(&place).with("batch_rows", "10").write(&frame(run, 40), Mode::Overwrite).await.unwrap();
        }
        done.store(true, Ordering::Relaxed);
        let (seen, cut) = reader.await.unwrap();
        for runs in &seen {
            assert_eq!(runs.len(), 2, "rows of one write alone: {runs:?}");
            assert_eq!(runs[1], [int(40)]);
        }
        assert!(seen.len() > 8, "{} whole reads, {cut} cut off", seen.len());
        clean(&place).await;
    });
}

pub fn of_swaps_at_once_one_stays_whole_and_nothing_is_left(store: &Tested) {
    block_on(async {
        for _ in 0..3 {
            let place: Arc<dyn Place> = store.place("swaps").into();
            job(&place).write(&frame(0, 10), Mode::Overwrite).await.unwrap();
            let jobs: Vec<_> = (1..=3)
                .map(|run| {
                    let place = Arc::clone(&place);
                    runtime().spawn(async move { job(&place).write(&frame(run, 10), Mode::Overwrite).await })
                })
                .collect();
            for job in jobs {
                job.await.unwrap().unwrap();
            }
            let runs = runs(&place).await.unwrap();
            assert_eq!((runs.len(), &runs[1]), (2, &vec![int(10)]), "{runs:?}");
            let (all, behind) = place.around().await;
            assert_eq!(all, [behind.unwrap()]);
            clean(&place).await;
        }
    });
}
