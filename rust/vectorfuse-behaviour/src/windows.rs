//! Reads of a stretch of a collection: `limit` and `max_pages` count in the order of ids.

use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::SparkType;

use crate::job::{Frame, Job, refused};
use crate::store::{Place, Tested, block_on};
use crate::values::{Val, int};

/// Ids in their order, at both ends of what every store takes.
fn ids() -> Vec<Vec<Val>> {
    (0..40).map(|n| n * 3).chain((0..20).map(|n| i64::MAX - 20 + n)).map(|id| vec![int(id)]).collect()
}

async fn with_ids(store: &Tested, what: &str) -> Box<dyn Place> {
    let place = store.place(what);
    let mut rows = ids();
    rows.reverse();
    Job::on(&place).append(&Frame::vectored(&[("id", SparkType::Long)], rows)).await;
    place
}

/// What a read with these options gives, in its order, by one split.
async fn read(place: &dyn Place, options: &[(&str, &str)]) -> Vec<Vec<Val>> {
    let job = options.iter().fold(Job::on(place), |job, (option, value)| job.with(option, value));
    let mut frames = job.read_scan(&job.scan(Some(&["id"])).await.unwrap(), 8).await.unwrap();
    assert_eq!(frames.len(), 1, "a window is one split: {options:?}");
    frames.remove(0).rows
}

pub fn a_limit_gives_the_first_rows_in_the_order_of_ids(store: &Tested) {
    block_on(async {
        let (place, ids) = (with_ids(store, "limit").await, ids());
        for limit in [1, 7, 35, 45, 60, 1000] {
            for page in ["1", "7", "64"] {
                let found = read(&place, &[("limit", &limit.to_string()), ("page_size", page)]).await;
                assert_eq!(found, ids[..limit.min(ids.len())], "{limit} in pages of {page}");
            }
        }
    });
}

pub fn pages_bound_a_read_by_their_size(store: &Tested) {
    block_on(async {
        let (place, ids) = (with_ids(store, "pages").await, ids());
        assert_eq!(read(&place, &[("max_pages", "3"), ("page_size", "5")]).await, ids[..15]);
        assert_eq!(read(&place, &[("max_pages", "3"), ("page_size", "5"), ("limit", "4")]).await, ids[..4]);
        assert_eq!(read(&place, &[("max_pages", "1")]).await, ids);
    });
}

pub fn a_window_that_makes_no_sense_is_refused(store: &Tested) {
    block_on(async {
        let place = with_ids(store, "badwindow").await;
        let job = || Job::on(&place);
        for (option, value) in [("limit", "0"), ("limit", "-1"), ("limit", "many"), ("max_pages", "0")] {
            refused(job().with(option, value).table(None).await, Kind::Options, &[option, value, "at least 1"]);
        }
        let result = job().with("limit", "5").with("splits", "2").table(None).await;
        refused(result, Kind::Options, &["`limit`", "`splits` can't be 2"]);
    });
}
