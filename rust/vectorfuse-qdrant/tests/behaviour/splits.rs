//! Splits are disjoint and together complete, whatever ids a collection has.

use std::collections::BTreeSet;

use uuid::Uuid;
use vectorfuse_core::schema::SparkType;

use crate::support::job::{Frame, Job};
use crate::support::server::{Place, block_on};
use crate::support::values::{Val, text};

fn numbers(count: u64) -> Vec<String> {
    // Far apart and at both ends of the range.
    (0..count).map(|number| if number % 2 == 0 { number } else { u64::MAX - number }.to_string()).collect()
}

fn uuids(count: u128) -> Vec<String> {
    (0..count)
        .map(|number| Uuid::from_u128(number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)))
        .map(|uuid| uuid.to_string())
        .collect()
}

async fn each_once(what: &str, ids: Vec<String>, counts: &[usize]) {
    let place = Place::shared(what);
    let job = Job::on(&place);
    job.append(&Frame::new(&[("id", SparkType::string())], ids.iter().map(|id| vec![text(id)]).collect())).await;
    let expected: BTreeSet<String> = ids.into_iter().collect();
    for wanted in counts {
        let scan = job.scan(None).await.unwrap();
        let parts = job.read_scan(&scan, *wanted).await.unwrap();
        assert!(parts.len() <= *wanted, "{what}: {} parts where {wanted} were wanted", parts.len());
        let mut seen = BTreeSet::new();
        for row in parts.iter().flat_map(|part| &part.rows) {
            let Val::Text(id) = &row[0] else { panic!("{row:?}") };
            assert!(seen.insert(id.clone()), "{what}: {id} is in two of {wanted} splits");
        }
        assert_eq!(seen, expected, "{what} in {wanted} splits");
        let largest = parts.iter().map(|part| part.rows.len()).max().unwrap();
        if *wanted > 1 && expected.len() > 100 {
            assert!(largest <= expected.len() * 3 / *wanted, "{what}: a split of {wanted} has {largest} rows");
        }
    }
}

#[test]
fn splits_over_integers_are_disjoint_and_complete() {
    block_on(each_once("integers", numbers(400), &[1, 2, 3, 7, 16]));
}

#[test]
fn splits_over_uuids_are_disjoint_and_complete() {
    block_on(each_once("uuids", uuids(400), &[1, 2, 5, 16]));
}

#[test]
fn splits_over_integers_and_uuids_are_disjoint_and_complete() {
    let ids = [numbers(200), uuids(200)].concat();
    block_on(each_once("mixed", ids, &[1, 2, 3, 4, 16]));
}

#[test]
fn more_splits_than_points_are_still_disjoint_and_complete() {
    let ids = [numbers(2), uuids(1)].concat();
    block_on(each_once("few", ids, &[1, 2, 3, 16, 100]));
}

#[test]
fn an_empty_collection_has_splits_without_rows() {
    block_on(each_once("none", Vec::new(), &[1, 4, 16]));
}

#[test]
fn the_option_splits_wins_however_large_it_is() {
    block_on(async {
        let place = Place::shared("option");
        let job = Job::on(&place);
        job.append(&Frame::new(&[("id", SparkType::string())], numbers(300).iter().map(|id| vec![text(id)]).collect()))
            .await;
        for (given, most) in [("1", 1), ("3", 3), ("18446744073709551615", 301)] {
            let job = job.clone().with("splits", given);
            let parts = job.read_scan(&job.scan(None).await.unwrap(), 8).await.unwrap();
            assert!(parts.len() <= most, "{given}: {}", parts.len());
            assert_eq!(parts.iter().map(|part| part.rows.len()).sum::<usize>(), 300, "{given}");
        }
    });
}

#[test]
fn a_collection_is_cut_in_the_same_way_at_each_read() {
    block_on(async {
        let place = Place::shared("cuts");
        let job = Job::on(&place);
        let rows = numbers(4000).iter().map(|id| vec![text(id)]).collect();
        job.append(&Frame::new(&[("id", SparkType::string())], rows)).await;
        let mut reads = Vec::new();
        for _ in 0..2 {
            let parts = job.read_scan(&job.scan(None).await.unwrap(), 3).await.unwrap();
            reads.push(parts.into_iter().map(|part| part.rows).collect::<Vec<_>>());
        }
        assert_eq!(reads[0].len(), 3);
        assert_eq!(reads[0], reads[1]);
    });
}
