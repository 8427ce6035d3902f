//! Servers that die in the middle, for good or to come back: an error of the right kind, or every row exactly once.

use std::time::{Duration, Instant};

use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::table::fields;
use vectorfuse_core::write::Mode;

use vectorfuse_behaviour::job::{Frame, Job, drain, refused};
use crate::support::server::{Place, Server, block_on};
use vectorfuse_behaviour::values::{Val, floats, int, vector};

/// How long a server is away that comes back.
const AWAY: Duration = Duration::from_millis(400);

fn rows(start: i64, count: i64) -> Frame {
    let rows = (start..start + count).map(|id| vec![int(id), vector(&[id as f32, 0.5])]).collect();
    Frame::new(&[("id", SparkType::Long), ("vector", floats())], rows)
}

/// Small requests, so that there is a middle to die in.
fn job(place: &Place) -> Job {
    Job::on(place).with("distance", "dot").with("batch_rows", "10").with("concurrency", "2")
}

/// Pauses that together outlast a restart.
fn patient(job: Job) -> Job {
    job.with("max_retries", "10").with("backoff_factor", "0.1")
}

/// Starts the server again after a while; it is given back when it serves.
fn restarted_later(mut server: Server) -> std::thread::JoinHandle<Server> {
    std::thread::spawn(move || {
        std::thread::sleep(AWAY);
        server.restart();
        server
    })
}

#[test]
fn a_server_that_dies_in_the_middle_of_a_write_is_unavailable_after_the_retries() {
    block_on(async {
        let mut server = Server::start(&[]);
        let place = Place::at(&server.url, "killed");
        let job = job(&place).with("max_retries", "2");
        let plan = job.plan(&rows(0, 0).fields, Mode::Append).await.unwrap();
        let (mut writer, metrics) = job.writer(&plan, 0).unwrap();
        writer.write(rows(0, 100).batch()).await.unwrap();
        server.kill();
        let started = Instant::now();
        let result = async {
            writer.write(rows(100, 100).batch()).await?;
            writer.commit().await
        };
        refused(result.await, Kind::Unavailable, &["attempts: 3", &place.collection]);
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        assert!(metrics.snapshot()[3] >= 2, "{:?}", metrics.snapshot());
    });
}

#[test]
fn a_server_that_comes_back_within_the_retries_has_every_row_once() {
    block_on(async {
        let mut server = Server::start(&[]);
        let place = Place::at(&server.url, "restarted");
        let job = patient(job(&place));
        let plan = job.plan(&rows(0, 0).fields, Mode::Append).await.unwrap();
        let (mut writer, metrics) = job.writer(&plan, 0).unwrap();
        writer.write(rows(0, 100).batch()).await.unwrap();
        server.kill();
        let server = restarted_later(server);
        writer.write(rows(100, 100).batch()).await.unwrap();
        writer.commit().await.unwrap();
        let server = server.join().unwrap();
        assert!(metrics.snapshot()[3] > 0, "nothing was tried again");
        assert_eq!(metrics.snapshot()[0], 200);
        let read = Job::on(&place).read(3).await.unwrap();
        assert_eq!(read.select(&["id", "vector"]), rows(0, 200).select(&["id", "vector"]));
        drop(server);
    });
}

#[test]
fn a_read_goes_on_after_the_server_came_back() {
    block_on(async {
        let mut server = Server::start(&[]);
        let place = Place::at(&server.url, "reread");
        job(&place).append(&rows(0, 200)).await;
        let job = patient(Job::on(&place)).with("page_size", "10");
        let scan = job.scan(None).await.unwrap();
        let (mut stream, metrics) = job.open(job.splits(&scan, 1).await.unwrap().remove(0)).unwrap();
        let mut batches = vec![stream.next().await.unwrap().unwrap()];
        server.kill();
        let server = restarted_later(server);
        batches.extend(drain(stream).await.unwrap());
        let server = server.join().unwrap();
        assert!(metrics.snapshot()[3] > 0, "nothing was tried again");
        let read = Frame::of_batches(fields(&scan.columns), &batches);
        assert_eq!(read.select(&["id", "vector"]), rows(0, 200).select(&["id", "vector"]));
        drop(server);
    });
}

/// The first column of a frame of integers.
fn ids(frame: &Frame) -> Vec<i128> {
    let id = |row: &Vec<Val>| match &row[0] {
        Val::Int(id) => *id,
        other => panic!("{other:?}"),
    };
    frame.rows.iter().map(id).collect()
}

#[test]
fn each_kind_of_split_goes_on_from_its_last_row_after_the_server_came_back() {
    block_on(async {
        for (what, version, splits, options) in [
            ("ranges", "1.18.2", 3, &[][..]),
            ("slices", "1.19.0", 3, &[]),
            ("window", "1.18.2", 8, &[("offset", "20"), ("limit", "120")]),
            ("search", "1.18.2", 8, &[("query_vector", "[1, 0]"), ("top_k", "150")]),
        ] {
            let mut server = Server::start(&["--server-version", version]);
            let place = Place::at(&server.url, what);
            job(&place).append(&rows(0, 200)).await;
            let job = options.iter().fold(patient(Job::on(&place)), |job, (option, value)| job.with(option, value));
            let job = job.with("page_size", "10");
            let scan = job.scan(Some(&["id"])).await.unwrap();
            let mut read = Vec::new();
            for split in job.splits(&scan, splits).await.unwrap() {
                let (stream, _) = job.open(split.clone()).unwrap();
                let undisturbed = drain(stream).await.unwrap();
                let (mut stream, metrics) = job.open(split).unwrap();
                let mut batches = vec![stream.next().await.unwrap().unwrap()];
                server.kill();
                let coming = restarted_later(server);
                batches.extend(drain(stream).await.unwrap());
                server = coming.join().unwrap();
                assert!(metrics.snapshot()[3] > 0, "{what}: nothing was tried again");
                let found = |batches| ids(&Frame::of_batches(fields(&scan.columns), batches));
                assert_eq!(found(&batches), found(&undisturbed), "{what}");
                read.extend(found(&batches));
            }
            read.sort_unstable();
            let expected: Vec<i128> = match what {
                "window" => (20..140).collect(),
                "search" => (50..200).collect(),
                _ => (0..200).collect(),
            };
            assert_eq!(read, expected, "{what}");
        }
    });
}

#[test]
fn a_server_that_dies_in_the_middle_of_a_read_is_no_end_of_the_data() {
    block_on(async {
        let mut server = Server::start(&[]);
        let place = Place::at(&server.url, "lost");
        job(&place).append(&rows(0, 200)).await;
        let job = Job::on(&place).with("page_size", "10").with("max_retries", "1");
        let scan = job.scan(None).await.unwrap();
        let (mut stream, _) = job.open(job.splits(&scan, 1).await.unwrap().remove(0)).unwrap();
        stream.next().await.unwrap().unwrap();
        server.kill();
        refused(drain(stream).await, Kind::Unavailable, &["attempts: 2", &place.collection]);
    });
}

#[test]
fn a_collection_that_is_dropped_in_the_middle_of_a_write_is_not_found() {
    block_on(async {
        let server = Server::start(&[]);
        let place = Place::at(&server.url, "dropped");
        let job = job(&place);
        let plan = job.plan(&rows(0, 0).fields, Mode::Append).await.unwrap();
        let (mut writer, _) = job.writer(&plan, 0).unwrap();
        writer.write(rows(0, 20).batch()).await.unwrap();
        // Another name for the same collection: dropping it deletes the collection.
        drop(Place { url: place.url.clone(), collection: place.collection.clone() });
        let result = async {
            writer.write(rows(20, 100).batch()).await?;
            writer.commit().await
        };
        refused(result.await, Kind::NotFound, &[&place.collection]);
    });
}
