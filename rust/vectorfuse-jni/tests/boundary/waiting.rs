//! A server that does not answer: calls come back after a slice, and a close does not wait for the answer.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use vectorfuse::handles::{self, TaskWriter, Waited};
use vectorfuse_core::error::Kind;
use vectorfuse_core::table::Split;
use vectorfuse_core::write::WritePlan;

use crate::common::server::Place;
use crate::common::{
    Answer, JvmBatch, Memory, alive, alone, open_split, open_writer, options, plan_read, plan_write, read_batch, rows,
    rows_schema, with, write_all, write_batch,
};

/// A slice, and what a busy machine adds.
const SOON: Duration = Duration::from_millis(1500);

/// A port that takes connections and says nothing; it ends with the process.
fn silent() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let connections: Vec<_> = listener.incoming().collect();
        drop(connections);
    });
    url
}

/// A split and a plan that were made for a server that answers, and lead to one that does not.
fn misled() -> (Place, Split, String) {
    let place = Place::shared("silent");
    let options = with(options(&place), "vector.size", "4");
    let plan = plan_write(options.clone(), rows_schema()).unwrap();
    write_all(&plan, &rows(0, 10, 4)).unwrap();
    let split = plan_read(crate::common::options(&place), 1).unwrap().remove(0);
    let mut split: Split = serde_json::from_str(&split).unwrap();
    let mut plan: WritePlan = serde_json::from_str(&plan).unwrap();
    let url = silent();
    split.scan.options.named.url = Some(url.clone());
    plan.options.named.url = Some(url);
    // One row fills a request, so that a write waits for an answer.
    plan.options.named.batch_rows = std::num::NonZeroUsize::new(1);
    (place, split, serde_json::to_string(&plan).unwrap())
}

#[test]
fn a_read_is_pending_and_its_close_is_prompt() {
    let _alone = alone();
    let before = alive();
    let (_place, split, _) = misled();
    let (mut schema, mut array) = (Memory::new(), Memory::new());
    let reader = open_split(split, &mut schema).unwrap();
    for _ in 0..2 {
        let started = Instant::now();
        assert_eq!(read_batch(reader, &mut array).unwrap(), Answer::Pending);
        assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    }
    let started = Instant::now();
    handles::close(reader);
    assert!(started.elapsed() < Duration::from_millis(200), "{:?}", started.elapsed());
    assert_eq!(alive(), before);
}

#[test]
fn a_write_and_its_commit_are_pending_and_give_the_batch_back_when_closed() {
    let _alone = alone();
    let before = alive();
    let (_place, _, plan) = misled();
    let mut schema = Memory::new();
    let writer = open_writer(&plan, &mut schema).unwrap();
    let mut batch = JvmBatch::new(&rows(0, 20, 4));
    assert!(!write_batch(writer, Some(&mut batch)).unwrap());
    assert!(!write_batch(writer, None).unwrap());
    let mut second = JvmBatch::new(&rows(0, 20, 4));
    let Err(error) = write_batch(writer, Some(&mut second)) else { panic!("a batch was taken before its turn") };
    assert_eq!(error.kind(), Kind::Internal);
    assert!(second.lease_has_ended());
    let started = Instant::now();
    handles::close(writer);
    assert!(started.elapsed() < Duration::from_millis(200), "{:?}", started.elapsed());
    assert!(batch.lease_has_ended());
    assert_eq!(alive(), before);

    let writer = open_writer(&plan, &mut schema).unwrap();
    let mut batch = JvmBatch::new(&rows(0, 2, 4));
    assert!(write_batch(writer, Some(&mut batch)).unwrap(), "two requests can be in flight at once");
    assert!(matches!(handles::with_writer(writer, TaskWriter::commit).unwrap(), Waited::Pending));
    handles::close(writer);
    assert!(batch.lease_has_ended());
    assert_eq!(alive(), before);
}

#[test]
fn a_close_while_another_thread_reads_waits_for_its_slice_and_releases_everything() {
    let _alone = alone();
    let before = alive();
    let (_place, split, _) = misled();
    for _ in 0..3 {
        let mut schema = Memory::new();
        let reader = open_split(split.clone(), &mut schema).unwrap();
        let task = std::thread::spawn(move || {
            let mut array = Memory::new();
            // Spark's task asks again and again, until the handle is closed under it.
            loop {
                match read_batch(reader, &mut array) {
                    Ok(Answer::Pending) => {}
                    Ok(answer) => panic!("{answer:?}"),
                    Err(error) => break error.kind(),
                }
            }
        });
        std::thread::sleep(Duration::from_millis(60));
        let started = Instant::now();
        handles::close(reader);
        // From here on the JVM may free its memory: nothing may be alive.
        assert_eq!(alive(), before);
        drop(schema);
        assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
        assert_eq!(task.join().unwrap(), Kind::Internal);
    }
}

#[test]
fn a_server_that_never_answers_is_unavailable_after_the_timeout() {
    let _alone = alone();
    let (_place, mut split, _) = misled();
    split.scan.options.named.timeout = vectorfuse_core::options::Seconds(0.3);
    split.scan.options.named.max_retries = 1;
    let (mut schema, mut array) = (Memory::new(), Memory::new());
    let reader = open_split(split, &mut schema).unwrap();
    let started = Instant::now();
    let error = loop {
        match read_batch(reader, &mut array) {
            Ok(Answer::Pending) => assert!(started.elapsed() < Duration::from_secs(10)),
            Ok(answer) => panic!("{answer:?}"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(
        error.to_string().contains("no answer within 0.3 s") && error.to_string().contains("attempts: 2"),
        "{error}"
    );
    handles::close(reader);
}
