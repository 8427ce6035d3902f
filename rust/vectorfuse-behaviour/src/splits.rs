//! Splits are disjoint and together complete, whatever ids a collection has.

use std::collections::BTreeSet;

use uuid::Uuid;
use vectorfuse_core::schema::SparkType;

use crate::job::{Frame, Job};
use crate::store::{Tested, block_on};
use crate::values::{Val, int, text};

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

async fn each_once(store: &Tested, what: &str, ids: Vec<String>, counts: &[usize]) {
    each_value_once(store, what, SparkType::string(), ids.into_iter().map(text).collect(), counts).await;
}

async fn each_value_once(store: &Tested, what: &str, data_type: SparkType, ids: Vec<Val>, counts: &[usize]) {
    let place = store.place(what);
    let rows = ids.iter().map(|id| vec![id.clone()]).collect();
    Job::on(&place).with("vector.size", "2").append(&Frame::vectored(&[("id", data_type)], rows)).await;
    let job = Job::on(&place);
    let expected: BTreeSet<String> = ids.iter().map(|id| format!("{id:?}")).collect();
    // So many rows are worth to be cut.
    let least = if store.abilities.small_splits { 100 } else { 20_000 };
    for wanted in counts {
        let scan = job.scan(Some(&["id"])).await.unwrap();
        let parts = job.read_scan(&scan, *wanted).await.unwrap();
        let most = if store.abilities.small_splits { *wanted } else { 2 * *wanted };
        assert!(parts.len() <= most, "{what}: {} parts where {wanted} were wanted", parts.len());
        let mut seen = BTreeSet::new();
        for row in parts.iter().flat_map(|part| &part.rows) {
            let id = format!("{:?}", row[0]);
            assert!(!seen.contains(&id), "{what}: {id} is in two of {wanted} splits");
            seen.insert(id);
        }
        assert_eq!(seen, expected, "{what} in {wanted} splits");
        let largest = parts.iter().map(|part| part.rows.len()).max().unwrap();
        if *wanted > 1 && expected.len() > least {
            assert!(largest <= expected.len() * 3 / *wanted, "{what}: a split of {wanted} has {largest} rows");
        }
    }
}

pub fn splits_over_integers_are_disjoint_and_complete(store: &Tested) {
    block_on(each_once(store, "integers", numbers(400), &[1, 2, 3, 7, 16]));
}

pub fn splits_over_columns_of_integers_are_disjoint_and_complete(store: &Tested) {
    // Two heaps, far apart.
    let ids = (0..200_i64).flat_map(|number| [int(number), int(i64::MAX - 1 - number * number)]).collect();
    block_on(each_value_once(store, "longs", SparkType::Long, ids, &[1, 2, 3, 7, 16]));
}

pub fn splits_over_many_rows_are_disjoint_and_complete_and_of_like_size(store: &Tested) {
    let ids = (0..12_000_i64).flat_map(|number| [int(number), int(i64::MAX - 1 - number * number)]).collect();
    block_on(each_value_once(store, "many", SparkType::Long, ids, &[1, 4, 7]));
    let texts =
        (0..24_000).map(|number| text(format!("{}{number}", ["", "key-", "größe'", "\""][number % 4]))).collect();
    block_on(each_value_once(store, "manytexts", SparkType::string(), texts, &[3]));
}

pub fn splits_over_texts_are_disjoint_and_complete(store: &Tested) {
    let odd = ["", " ", "'", "\"", "\\", "a\nb", "größe", "日本", "🦀", "𩸽", "鸽", "%", "_", "\u{10ffff}", "a\u{0}b"];
    let ids = (0..450).map(|number| text(format!("{}{}", odd[number % odd.len()], number / odd.len()))).collect();
    block_on(each_value_once(store, "texts", SparkType::string(), ids, &[1, 2, 3, 7, 16]));
}

pub fn splits_over_uuids_are_disjoint_and_complete(store: &Tested) {
    block_on(each_once(store, "uuids", uuids(400), &[1, 2, 5, 16]));
}

pub fn splits_over_integers_and_uuids_are_disjoint_and_complete(store: &Tested) {
    let ids = [numbers(200), uuids(200)].concat();
    block_on(each_once(store, "mixed", ids, &[1, 2, 3, 4, 16]));
}

pub fn more_splits_than_points_are_still_disjoint_and_complete(store: &Tested) {
    let ids = [numbers(2), uuids(1)].concat();
    block_on(each_once(store, "few", ids, &[1, 2, 3, 16, 100]));
}

pub fn an_empty_collection_has_splits_without_rows(store: &Tested) {
    block_on(each_once(store, "none", Vec::new(), &[1, 4, 16]));
}

pub fn the_option_splits_wins_however_large_it_is(store: &Tested) {
    block_on(async {
        let place = store.place("option");
        let job = Job::on(&place);
        Job::on(&place)
            .append(&Frame::vectored(
                &[("id", SparkType::string())],
                numbers(300).iter().map(|id| vec![text(id)]).collect(),
            ))
            .await;
        for (given, most) in [("1", 1), ("3", 3), ("18446744073709551615", 301)] {
            let job = job.clone().with("splits", given);
            let parts = job.read_scan(&job.scan(None).await.unwrap(), 8).await.unwrap();
            assert!(parts.len() <= most, "{given}: {}", parts.len());
            assert_eq!(parts.iter().map(|part| part.rows.len()).sum::<usize>(), 300, "{given}");
        }
    });
}

pub fn a_collection_is_cut_in_the_same_way_at_each_read(store: &Tested) {
    block_on(async {
        let place = store.place("cuts");
        let job = Job::on(&place);
        let rows = numbers(4000).iter().map(|id| vec![text(id)]).collect();
        job.append(&Frame::vectored(&[("id", SparkType::string())], rows)).await;
        let mut reads = Vec::new();
        for _ in 0..2 {
            let parts = job.read_scan(&job.scan(None).await.unwrap(), 3).await.unwrap();
            reads.push(parts.into_iter().map(|part| part.rows).collect::<Vec<_>>());
        }
        assert_eq!(reads[0].len(), 3);
        assert_eq!(reads[0], reads[1]);
    });
}
