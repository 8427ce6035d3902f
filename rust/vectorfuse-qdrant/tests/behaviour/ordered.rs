//! The first rows of an order, which a payload index finds.

use vectorfuse_behaviour::job::{Frame, Job};
use vectorfuse_behaviour::values::{Val, floats, int, text, vector};
use vectorfuse_core::paging::LARGEST_PAGE_BYTES;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::table::{Order, Scan};

use crate::support::server::{Place, block_on};

const MEGABYTE: usize = 1 << 20;

/// So many rows, each fifth of which has no `n`, each with a text of this size.
async fn stored(what: &str, rows: i64, size: usize) -> (Place, Job) {
    let place = Place::shared(what);
    let columns =
        [("id", SparkType::Long), ("vector", floats()), ("n", SparkType::Long), ("text", SparkType::string())];
    let number = |id: i64| if id % 5 == 0 { Val::Null } else { int(id) };
    let rows = (0..rows).map(|id| vec![int(id), vector(&[1.0]), number(id), text("x".repeat(size))]).collect();
    let job = Job::on(&place).with("distance", "dot").with("index.n", "integer");
    job.append(&Frame::new(&columns, rows)).await;
    let job = Job::on(&place);
    (place, job)
}

/// The ids that come with each page.
async fn pages(job: &Job, columns: &[&str], limit: u64) -> Vec<Vec<String>> {
    let scan = job.scan(Some(columns)).await.unwrap();
    let order = Order { column: "n".to_owned(), descending: true };
    let scan = Scan { order: Some(order), limit: Some(limit), ..scan };
    let mut splits = job.splits(&scan, 3).await.unwrap();
    assert_eq!(splits.len(), 1);
    let (mut stream, _metrics) = job.open(splits.remove(0)).unwrap();
    let mut pages = Vec::new();
    while let Some(batch) = stream.next().await {
        let frame = Frame::of_batches(vectorfuse_core::table::fields(&scan.columns), &[batch.unwrap()]);
        pages.push(frame.select(&["id"]).into_iter().map(|row| format!("{:?}", row[0])).collect());
    }
    pages
}

fn sorted(ids: impl IntoIterator<Item = i64>) -> Vec<String> {
    let mut ids: Vec<String> = ids.into_iter().map(|id| format!("{:?}", int(id))).collect();
    ids.sort();
    ids
}

fn all(pages: Vec<Vec<String>>) -> Vec<String> {
    let mut all: Vec<String> = pages.into_iter().flatten().collect();
    all.sort();
    all
}

#[test]
fn the_first_rows_of_an_order_come_with_those_that_have_no_value() {
    block_on(async {
        let (_place, job) = stored("ordered", 600, 1).await;
        for columns in [&["id"][..], &["id", "n", "text", "vector"]] {
            let few = all(pages(&job, columns, 3).await);
            assert!(sorted([597, 598, 599]).iter().all(|id| few.contains(id)) && few.len() == 6, "{columns:?}: {few:?}");
            // More than one page at first has.
            let many = all(pages(&job, columns, 400).await);
            let first = (0..600).rev().filter(|id| id % 5 != 0).take(400);
            assert_eq!(many, sorted(first.chain((0..600).step_by(5))), "{columns:?}");
        }
    });
}

#[test]
fn large_rows_of_an_order_come_in_pages() {
    block_on(async {
        let (_place, job) = stored("ordered_large", 25, MEGABYTE).await;
        let pages = pages(&job, &["id", "text"], 25).await;
        assert!(pages.iter().all(|page| page.len() * MEGABYTE <= LARGEST_PAGE_BYTES), "{pages:?}");
        assert_eq!(all(pages), sorted(0..25));
    });
}
