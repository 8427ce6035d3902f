//! Searches over vectors that are not of 32-bit floats, and over one of several.

use std::collections::BTreeMap;

use serde_json::json;
use vectorfuse_core::error::Kind;

use super::{COUNT, SIZE, floats, found, searching};
use crate::support::block_on;
use crate::support::foreign::proto::{DataType, FieldData, FieldSchema, SparseFloatArray, vector_field};
use crate::support::foreign::{Foreign, Server, field, key, longs, vectors};
use crate::support::reader::{Reader, refused};
use crate::support::server::HTTP;
use vectorfuse_behaviour::oracle::{dot, numbers, ranked, same};

/// The byte of a row, eight dimensions.
fn byte(id: u64) -> u8 {
    (id.wrapping_mul(0x9e37_79b9) >> 8) as u8
}

fn ids() -> FieldData {
    longs("id", (0..COUNT as i64).collect())
}

#[test]
fn bits_are_compared_bit_by_bit() {
    block_on(async {
        for metric in ["HAMMING", "JACCARD"] {
            let made = vec![key("id", DataType::Int64), field("v", DataType::BinaryVector)];
            let foreign = Foreign::compared(Server::Milvus, made, metric).await;
            let bytes: Vec<u8> = (0..COUNT).map(byte).collect();
            let data = vector_field::Data::BinaryVector(bytes.into());
            let columns = vec![ids(), vectors("v", DataType::BinaryVector, 8, data)];
            foreign.insert(COUNT as usize, columns).await;
            for query in [0b1010_0001_u8, 0xff, 1] {
                let score = |id: u64| {
                    let (other, ones) = (byte(id), |bits: u8| f64::from(bits.count_ones()));
                    match metric {
                        "HAMMING" => ones(query ^ other),
                        _ => 1.0 - ones(query & other) / ones(query | other),
                    }
                };
                let expected = ranked("euclid", (0..COUNT).map(|id| (id, score(id))));
                let bits: Vec<u8> = (0..8).map(|bit| query >> (7 - bit) & 1).collect();
                let reader = Reader::of(&foreign).with("query_vector", &json!(bits).to_string()).with("top_k", "300");
                same(&found(&reader).await, &expected, metric);
                let near: Vec<_> = expected.iter().copied().filter(|(_, score)| *score <= 0.5).collect();
                same(&found(&reader.with("score_threshold", "0.5")).await, &near, metric);
            }
            let own = Reader::of(&foreign).with("query_id", "5").with("top_k", "300");
            assert!(found(&own).await.iter().all(|(id, _)| *id != 5));
            assert_eq!(found(&own).await.len(), COUNT as usize - 1);
            foreign.drop_it().await;
        }
    });
}

/// A few places, and the numbers there, none of them negative.
fn sparse(seed: u64) -> BTreeMap<u32, f32> {
    let places = numbers(seed * 7 + 1, 5).into_iter().map(|number| ((number + 1.0) * 10.0) as u32);
    places.zip(numbers(seed + 500, 5).into_iter().map(|number| number.abs() + 0.01)).collect()
}

fn packed(sparse: &BTreeMap<u32, f32>) -> Vec<u8> {
    sparse.iter().flat_map(|(place, number)| [place.to_le_bytes(), number.to_le_bytes()].concat()).collect()
}

/// Rows with the dense vectors `d` and `e` and a sparse one `s`.
async fn with_kinds() -> Foreign {
    let made = ["d", "e"].map(|name| field(name, DataType::FloatVector));
    let sparse_field = field("s", DataType::SparseFloatVector);
    let made = [vec![key("id", DataType::Int64)], made.to_vec(), vec![sparse_field]].concat();
    let foreign = Foreign::compared(Server::Lite, made, "IP").await;
    let contents = (0..COUNT).map(|id| packed(&sparse(id)).into()).collect();
    let columns = vec![
        ids(),
        floats("d", (0..COUNT).map(|id| numbers(id + 1, SIZE))),
        floats("e", (0..COUNT).map(|id| numbers(id + 9000, SIZE))),
        vectors(
            "s",
            DataType::SparseFloatVector,
            100,
            vector_field::Data::SparseFloatVector(SparseFloatArray { contents, dim: 100 }),
        ),
    ];
    foreign.insert(COUNT as usize, columns).await;
    foreign
}

#[test]
fn the_vector_that_is_compared_is_named() {
    block_on(async {
        let foreign = with_kinds().await;
        let query = numbers(99, SIZE);
        let reader = searching(&foreign, &query);
        for (name, seed) in [("d", 1), ("e", 9000)] {
            let expected = ranked("dot", (0..COUNT).map(|id| (id, dot(&query, &numbers(id + seed, SIZE)))));
            same(&found(&reader.clone().with("vector_name", name)).await, &expected[..10], name);
        }
        refused(reader.table(None).await, Kind::Options, &["`vector_name`", "`d`, `e`, `s`"]);
        let stranger = reader.with("vector_name", "x").table(None).await;
        refused(stranger, Kind::Options, &["`vector_name` is `x`", "`d`, `e`, `s`"]);
        for (name, query, words) in [
            ("d", r#"{"1":0.5}"#, ["`query_vector`", "a list of numbers", "`d` is dense"]),
            ("s", "[1,2]", ["`query_vector`", "indices", "`s` is sparse"]),
            ("s", r#"{"1":-0.5}"#, ["`query_vector`", "negative", "index 1"]),
            ("s", r#"{"4294967295":0.5}"#, ["`query_vector`", "4294967295", "too large"]),
            ("s", "{}", ["`query_vector`", "indices", "`s` is sparse"]),
        ] {
            let reader = Reader::of(&foreign).with("vector_name", name).with("query_vector", query);
            refused(reader.table(None).await, Kind::Options, &words);
        }
        foreign.drop_it().await;
    });
}

#[test]
fn a_sparse_vector_finds_what_shares_its_places() {
    block_on(async {
        let foreign = with_kinds().await;
        let shared = |query: &BTreeMap<u32, f32>, stored: &BTreeMap<u32, f32>| {
            let places = query.keys().filter(|place| stored.contains_key(place));
            let products: Vec<f64> = places.map(|place| f64::from(query[place]) * f64::from(stored[place])).collect();
            (!products.is_empty()).then(|| products.iter().sum::<f64>())
        };
        for seed in [3, 200, 201] {
            let query = sparse(seed);
            let scored = (0..COUNT).filter_map(|id| Some((id, shared(&query, &sparse(id))?)));
            let expected = ranked("dot", scored);
            let (indices, values): (Vec<u32>, Vec<f32>) = query.iter().unzip();
            for text in [json!(query), json!({"indices": indices, "values": values})] {
                let reader = Reader::of(&foreign).with("vector_name", "s").with("query_vector", &text.to_string());
                same(&found(&reader.with("top_k", "300")).await, &expected, &text.to_string());
            }
        }
        let reader = Reader::of(&foreign).with("vector_name", "s");
        let nothing = reader.clone().with("query_vector", r#"{"77777":1}"#);
        assert_eq!(found(&nothing).await, [], "no row has that place");
        let query = sparse(3);
        let others = (0..COUNT).filter(|id| *id != 3);
        let expected = ranked("dot", others.filter_map(|id| Some((id, shared(&query, &sparse(id))?))));
        same(&found(&reader.with("query_id", "3").with("top_k", "300")).await, &expected, "by key");
        foreign.drop_it().await;
    });
}

#[test]
fn a_server_that_compares_half_floats_wrongly_is_not_asked_to() {
    block_on(async {
        let made = vec![key("id", DataType::Int64), field("v", DataType::Float16Vector)];
        let foreign = Foreign::make(Server::Milvus, made, false).await;
        let reader = Reader::of(&foreign).with("query_vector", "2,2,2,2,2,2,2,2");
        // A server that can be asked over HTTP is no such server, and the one behind it here is.
        let table = reader.table(None).await;
        if HTTP {
            table.unwrap();
        } else {
            refused(table, Kind::Unsupported, &["`v`", "16-bit", "2.4.0", "2.3.5"]);
        }
        foreign.drop_it().await;
    });
}

#[test]
fn a_row_without_the_vector_is_not_searched_for() {
    block_on(async {
        let nullable = FieldSchema { nullable: true, ..field("n", DataType::FloatVector) };
        let made = vec![key("id", DataType::Int64), field("v", DataType::FloatVector), nullable];
        let foreign = Foreign::make(Server::Lite, made, false).await;
        let all = |name: &str, rows: &[f32]| floats(name, rows.iter().map(|x| vec![*x; SIZE]));
        let column = FieldData { valid_data: vec![true, false, true], ..all("n", &[1.0, 2.0]) };
        foreign.insert(3, vec![longs("id", vec![1, 2, 3]), all("v", &[1.0, 2.0, 3.0]), column]).await;
        let reader = Reader::of(&foreign).with("vector_name", "n");
        let missing = reader.clone().with("query_id", "2").table(None).await;
        refused(missing, Kind::NotFound, &["`n`", "`2`", "null", "query_id"]);
        // Milvus Lite takes the null for zeros, and has no expression that is true of nulls alone.
        let reader = reader.with("query_id", "1");
        let said = reader.table(None).await.unwrap().warnings.join("\n");
        // Over HTTP no server says that it is Milvus Lite, which has no such API.
        assert_eq!(said.contains("`n`") && said.contains("all zeros"), !HTTP, "{said}");
        assert!(found(&reader).await.iter().any(|(id, _)| *id == 3));
        foreign.drop_it().await;
    });
}
