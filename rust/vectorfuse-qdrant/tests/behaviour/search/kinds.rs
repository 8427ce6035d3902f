//! Searches over named, sparse and multi-vectors.

use std::collections::BTreeMap;

use serde_json::json;
use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::SparkType;

use super::{COUNT, EXACT, SIZE, found};
use vectorfuse_behaviour::oracle::{dot, numbers, ranked, same};
use vectorfuse_behaviour::job::{Frame, Job, refused};
use crate::support::server::{Place, block_on};
use vectorfuse_behaviour::values::{Val, floats, int, text, vector};

/// A few places, and the numbers there.
fn sparse(seed: u64) -> BTreeMap<u32, f32> {
    let places = numbers(seed * 7 + 1, 5).into_iter().map(|number| ((number + 1.0) * 10.0) as u32);
    places.zip(numbers(seed + 500, 5)).collect()
}

fn rows_of(seed: u64) -> Vec<Vec<f32>> {
    (0..=seed % 3).map(|row| numbers(seed * 10 + row, SIZE)).collect()
}

/// Points with a dense vector `d`, a sparse one `s` and a multi-vector `m`.
async fn with_kinds(what: &str) -> Place {
    let place = Place::shared(what);
    let row = |id: u64| {
        let rows = rows_of(id).iter().map(|row| vector(row)).collect();
        let sparse = json!(sparse(id)).to_string();
        vec![int(id), vector(&numbers(id + 1, SIZE)), text(sparse), Val::List(rows)]
    };
    let multi = SparkType::Array(Box::new(floats()));
    let columns = [("id", SparkType::Long), ("d", floats()), ("s", SparkType::string()), ("m", multi)];
    let frame = Frame::new(&columns, (0..COUNT as u64).map(row).collect());
    let job = Job::on(&place).with("distance", "dot").with("vector_fields", "d");
    job.with("sparse_fields", "s").with("multi_fields", "m").append(&frame).await;
    place
}

#[test]
fn the_vector_that_is_compared_is_named() {
    block_on(async {
        let place = with_kinds("named").await;
        let query = numbers(99, SIZE);
        let expected = ranked("dot", (0..COUNT as u64).map(|id| (id, dot(&query, &numbers(id + 1, SIZE)))));
        let job = Job::on(&place).with("query_vector", &json!(query).to_string()).with("search_params", EXACT);
        same(&found(&job.clone().with("vector_name", "d")).await, &expected[..10], "dense");
        refused(job.table(None).await, Kind::Options, &["`vector_name`", "`d`", "`m`", "`s`"]);
        let job = job.with("vector_name", "x");
        refused(job.table(None).await, Kind::Options, &["`vector_name` is `x`", "`d`", "`m`", "`s`"]);
    });
}

#[test]
fn a_sparse_vector_finds_what_shares_its_places() {
    block_on(async {
        let place = with_kinds("sparse").await;
        for seed in [3, 200, 201] {
            let query = sparse(seed);
            let scored = (0..COUNT as u64).filter_map(|id| {
                let stored = sparse(id);
                let shared: Vec<_> = query.keys().filter(|place| stored.contains_key(place)).collect();
                let score = shared.iter().map(|place| f64::from(query[place]) * f64::from(stored[place])).sum();
                (!shared.is_empty()).then_some((id, score))
            });
            let expected = ranked("dot", scored);
            let (indices, values): (Vec<u32>, Vec<f32>) = query.iter().unzip();
            for text in [json!(query), json!({"indices": indices, "values": values})] {
                let job = Job::on(&place).with("vector_name", "s").with("query_vector", &text.to_string());
                let job = job.with("top_k", "30");
                same(&found(&job).await, &expected[..expected.len().min(30)], &text.to_string());
            }
        }
        let job = Job::on(&place).with("vector_name", "s").with("query_id", "3").with("top_k", "200");
        assert!(found(&job).await.iter().all(|(id, _)| *id != 3));
    });
}

#[test]
fn a_multi_vector_finds_by_the_best_match_of_each_row() {
    block_on(async {
        let place = with_kinds("multi").await;
        let query = [numbers(1, SIZE), numbers(2, SIZE)];
        let scored = (0..COUNT as u64).map(|id| {
            let stored = rows_of(id);
            let best = |row: &Vec<f32>| stored.iter().map(|other| dot(row, other)).fold(f64::MIN, f64::max);
            (id, query.iter().map(best).sum())
        });
        let expected = ranked("dot", scored);
        let job = Job::on(&place).with("vector_name", "m").with("query_vector", &json!(query).to_string());
        same(&found(&job.with("search_params", EXACT)).await, &expected[..10], "multi");
    });
}

#[test]
fn a_query_of_another_kind_than_the_vector_is_refused() {
    block_on(async {
        let place = with_kinds("wrongkind").await;
        for (name, query, words) in [
            ("d", r#"{"1":0.5}"#, ["`query_vector`", "a list of numbers", "`d` is dense"]),
            ("d", "[[1,2,3,4,5,6]]", ["`[0]` is [1,2,3,4,5,6]", "a list of numbers", "`d` is dense"]),
            ("s", "[1,2]", ["`query_vector`", "indices", "`s` is sparse"]),
            ("m", "[1,2,3,4,5,6]", ["`[0]` is 1", "a list of lists of numbers", "`m` is a multi-vector"]),
            ("m", "[[1,2,3,4,5,6],[1]]", ["1 dimensions", "`m`", "has 6"]),
            ("s", r#"{"indices":[1],"values":[1,2]}"#, ["`query_vector`", "as many", "`indices`"]),
            ("s", r#"{"indices":[1,1],"values":[1,2]}"#, ["`indices[1]` is 1", "each once", "`query_vector`"]),
            ("s", r#"{"indices":[4294967296],"values":[1]}"#, ["`indices[0]`", "4294967295", "`query_vector`"]),
            ("s", r#"{"a":1}"#, ["`query_vector`", "indices", "`s` is sparse"]),
            ("s", "{}", ["`query_vector`", "indices", "`s` is sparse"]),
        ] {
            let job = Job::on(&place).with("vector_name", name).with("query_vector", query);
            refused(job.table(None).await, Kind::Options, &words);
        }
    });
}

#[test]
fn a_point_without_the_vector_is_not_found_by_its_id() {
    block_on(async {
        let place = Place::shared("absent");
        let columns = [("id", SparkType::Long), ("a", floats()), ("b", floats())];
        let rows = vec![vec![int(1), vector(&[1.0]), Val::Null], vec![int(2), vector(&[1.0]), vector(&[1.0])]];
        let job = Job::on(&place).with("vector_fields", "a,b").with("distance", "dot");
        job.append(&Frame::new(&columns, rows)).await;
        let job = Job::on(&place).with("vector_name", "b");
        let result = job.clone().with("query_id", "1").table(None).await;
        refused(result, Kind::NotFound, &["`1`", "`b`", "query_id", &place.collection]);
        assert_eq!(found(&job.with("query_id", "2")).await, []);
    });
}
