//! Servers that cut a collection into slices themselves, and those that would take a slice for everything.

use std::collections::BTreeSet;

use serde_json::json;
use uuid::Uuid;
use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::SparkType;

use vectorfuse_behaviour::job::{Frame, Job, refused};
use crate::support::server::{Place, Server, block_on};
use vectorfuse_behaviour::values::{Val, int, text};

/// Integers and UUIDs, with a field `n` that counts them.
async fn fill(place: &Place) {
    let row = |n: u64| {
        let uuid = Uuid::from_u128(u128::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
        let id = if n.is_multiple_of(2) { n.to_string() } else { uuid.to_string() };
        vec![text(id), int(n)]
    };
    let frame = Frame::new(&[("id", SparkType::string()), ("n", SparkType::Long)], (0..400).map(row).collect());
    Job::on(place).append(&frame).await;
}

/// The numbers of each split's rows.
async fn read(job: &Job, splits: usize) -> Vec<Vec<i128>> {
    let number = |row: &Vec<Val>| match &row[0] {
        Val::Int(n) => *n,
        other => panic!("{other:?}"),
    };
    let frames = job.read_scan(&job.scan(Some(&["n"])).await.unwrap(), splits).await.unwrap();
    frames.iter().map(|frame| frame.rows.iter().map(number).collect()).collect()
}

fn is_sliced(parts: &[vectorfuse_core::table::Split]) -> bool {
    parts.iter().all(|split| split.part["slice"]["total"].is_u64())
}

#[test]
fn slices_are_disjoint_and_complete_and_of_like_size() {
    block_on(async {
        let server = Server::start(&["--server-version", "1.19.0"]);
        let place = Place::at(&server.url, "slices");
        fill(&place).await;
        let even = json!({"must": [{"key": "n", "range": {"lt": 100}}]}).to_string();
        for splits in [2, 3, 7, 16] {
            let job = Job::on(&place).with("page_size", "13");
            assert!(is_sliced(&job.splits(&job.scan(None).await.unwrap(), splits).await.unwrap()), "{splits}");
            let parts = read(&job, splits).await;
            let all: BTreeSet<i128> = parts.iter().flatten().copied().collect();
            assert_eq!(parts.len(), splits);
            assert_eq!(parts.iter().map(Vec::len).sum::<usize>(), 400, "{splits}: nothing is doubled");
            assert_eq!(all, (0..400).collect(), "{splits}: nothing is missing");
            assert!(parts.iter().all(|part| part.len() < 2 * 400 / splits + 10), "{splits}: {parts:?}");
            let filtered: BTreeSet<i128> =
                read(&job.with("filter", &even), splits).await.into_iter().flatten().collect();
            assert_eq!(filtered, (0..100).collect(), "{splits}, filtered");
        }
        // One split, or a window, needs no slice.
        let job = Job::on(&place);
        assert!(!is_sliced(&job.splits(&job.scan(None).await.unwrap(), 1).await.unwrap()));
        let job = job.with("limit", "7");
        assert_eq!(read(&job, 8).await.iter().map(Vec::len).collect::<Vec<_>>(), [7]);
    });
}

#[test]
fn few_points_are_not_cut_into_many_slices() {
    block_on(async {
        let server = Server::start(&["--server-version", "1.19.0"]);
        let place = Place::at(&server.url, "few");
        let frame = Frame::new(&[("id", SparkType::Long)], vec![vec![int(1)], vec![int(2)]]);
        Job::on(&place).append(&frame).await;
        let job = Job::on(&place).with("splits", "18446744073709551615");
        let parts = job.splits(&job.scan(None).await.unwrap(), 8).await.unwrap();
        assert!(parts.len() <= 2, "{}", parts.len());
        assert_eq!(job.read(8).await.unwrap().rows.len(), 2);
    });
}

#[test]
fn an_older_server_is_sent_no_slice() {
    block_on(async {
        let server = Server::start(&["--server-version", "1.18.2"]);
        let place = Place::at(&server.url, "older");
        fill(&place).await;
        let job = Job::on(&place);
        let parts = job.splits(&job.scan(None).await.unwrap(), 4).await.unwrap();
        assert!(parts.len() > 1 && parts.iter().all(|split| split.part["slice"].is_null()));
        assert_eq!(read(&job, 4).await.iter().map(Vec::len).sum::<usize>(), 400, "each point once");
        // It would take the condition for none.
        let result = job.with("filter", r#"{"must":[{"slice":{"total":2,"index":0}}]}"#).table(None).await;
        refused(result, Kind::Unsupported, &["`slice` needs Qdrant 1.19", "the server is 1.18"]);
    });
}

#[test]
fn filters_that_a_newer_server_knows_work_there() {
    block_on(async {
        let server = Server::start(&["--server-version", "1.19.0"]);
        let place = Place::at(&server.url, "newer");
        fill(&place).await;
        let slice = |index: u32| json!({"must": [{"slice": {"total": 2, "index": index}}]}).to_string();
        let mut halves = Vec::new();
        for index in 0..2 {
            let half = read(&Job::on(&place).with("filter", &slice(index)), 3).await;
            halves.extend(half.into_iter().flatten());
        }
        assert_eq!(halves.len(), 400);
        assert_eq!(halves.into_iter().collect::<BTreeSet<_>>(), (0..400).collect());
    });
}
