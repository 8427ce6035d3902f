//! Vector search: the rows are those that a comparison of the query with every vector gives, computed here.

#[path = "search/bad.rs"] // from the tests over HTTP, too
mod bad;
#[path = "search/kinds.rs"]
mod kinds;

use serde_json::json;
use vectorfuse_core::error::Kind;
use vectorfuse_core::table::fields;

use crate::support::block_on;
use crate::support::foreign::proto::{DataType, FieldData};
use crate::support::foreign::{Foreign, Server, documents, field, key, longs, packed, texts, vectors};
use crate::support::reader::{Reader, refused, shown};
use crate::support::server::HTTP;
use vectorfuse_behaviour::oracle::{NEAR, dot, numbers, ranked, same};

const SIZE: usize = 8;
const COUNT: u64 = 300;

/// A metric of Milvus, and the distance by whose order it ranks.
const METRICS: [(&str, &str); 3] = [("L2", "euclid"), ("IP", "dot"), ("COSINE", "cosine")];

fn score(metric: &str, a: &[f32], b: &[f32]) -> f64 {
    match metric {
        "COSINE" => dot(a, b) / (dot(a, a).sqrt() * dot(b, b).sqrt()),
        "IP" => dot(a, b),
        // Milvus gives the square of the distance.
        "L2" => a.iter().zip(b).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum(),
        other => panic!("{other}"),
    }
}

fn floats(name: &str, rows: impl Iterator<Item = Vec<f32>>) -> FieldData {
    vectors(name, DataType::FloatVector, SIZE as i64, packed(rows.flatten()))
}

/// Rows `0` to `COUNT`, with the vector `v` and the tens of their keys.
async fn with_rows(server: Server, metric: &str) -> Foreign {
    let made = [key("id", DataType::Int64), field("tens", DataType::Int64), field("v", DataType::FloatVector)];
    let foreign = Foreign::compared(server, made.to_vec(), metric).await;
    let ids: Vec<i64> = (0..COUNT as i64).collect();
    let tens = ids.iter().map(|id| id / 10).collect();
    let columns = vec![longs("id", ids), longs("tens", tens), floats("v", (0..COUNT).map(|id| numbers(id + 1, SIZE)))];
    foreign.insert(COUNT as usize, columns).await;
    foreign
}

/// Every row of such a collection, best first.
fn all((metric, distance): (&str, &str), query: &[f32]) -> Vec<(u64, f64)> {
    ranked(distance, (0..COUNT).map(|id| (id, score(metric, query, &numbers(id + 1, SIZE)))))
}

/// The rows `id` and `_score` of a search, in their order; it is one split.
async fn found(reader: &Reader) -> Vec<(u64, f64)> {
    let scan = reader.scan(Some(&["id", "_score"])).await.unwrap();
    let mut parts = reader.read_scan(&scan, 8).await.unwrap();
    assert_eq!(parts.len(), 1, "a search is one split");
    let rows = parts.remove(0).iter().flat_map(shown).collect::<Vec<_>>();
    rows.iter().map(|row| (row[0].parse().unwrap(), row[1].parse().unwrap())).collect()
}

fn searching(foreign: &Foreign, query: &[f32]) -> Reader {
    Reader::of(foreign).with("query_vector", &json!(query).to_string())
}

#[test]
fn the_nearest_rows_come_best_first_with_their_scores() {
    block_on(async {
        for server in Server::ALL {
            for metric in METRICS {
                let foreign = with_rows(server, metric.0).await;
                for seed in 1000..1004 {
                    let query = numbers(seed, SIZE);
                    let expected = all(metric, &query);
                    same(&found(&searching(&foreign, &query)).await, &expected[..10], metric.0);
                    for top in [1, 7, COUNT as usize, COUNT as usize + 50, 16_384] {
                        let reader = searching(&foreign, &query).with("top_k", &top.to_string());
                        let what = format!("{top} by {} on {server:?}", metric.0);
                        same(&found(&reader).await, &expected[..top.min(COUNT as usize)], &what);
                    }
                }
                foreign.drop_it().await;
            }
        }
    });
}

#[test]
fn many_rows_come_in_bounded_pages_with_all_their_parts() {
    block_on(async {
        for server in Server::ALL {
            let foreign = with_rows(server, "IP").await;
            let query = numbers(5, SIZE);
            let expected = all(METRICS[1], &query);
            for page in ["1", "7", "120", "1000"] {
                let reader = searching(&foreign, &query).with("top_k", "120").with("page_size", page);
                same(&found(&reader).await, &expected[..120], page);
                if page == "1" {
                    continue;
                }
                let rows = reader.rows(&["v", "tens", "_score", "id"], 4).await.unwrap();
                assert_eq!(rows.len(), 120);
                for row in rows {
                    let id: u64 = row[3].parse().unwrap();
                    let vector = numbers(id + 1, SIZE);
                    let vector: Vec<String> = vector.iter().map(|number| format!("{number:?}")).collect();
                    assert_eq!(row[..2], [format!("[{}]", vector.join(",")), (id / 10).to_string()], "by {page}");
                }
            }
            foreign.drop_it().await;
        }
    });
}

#[test]
fn a_search_is_narrowed_before_it_looks() {
    block_on(async {
        for server in Server::ALL {
            let foreign = with_rows(server, "L2").await;
            let query = numbers(7, SIZE);
            let expected: Vec<_> = all(METRICS[0], &query).into_iter().filter(|(id, _)| id / 10 % 2 == 0).collect();
            let even: Vec<u64> = (0..COUNT / 10).filter(|tens| tens % 2 == 0).collect();
            let reader = searching(&foreign, &query).with("filter", &format!("tens in {}", json!(even)));
            same(&found(&reader).await, &expected[..10], "filtered");
            same(&found(&reader.clone().with("offset", "4")).await, &expected[4..14], "without the best four");
            let limited = reader.clone().with("offset", "4").with("limit", "3");
            same(&found(&limited).await, &expected[4..7], "three of them");
            let paged = reader.clone().with("limit", "1000").with("page_size", "3");
            same(&found(&paged).await, &expected[..10], "in pages");
            let last = reader.clone().with("offset", "145").with("top_k", "50");
            same(&found(&last).await, &expected[145..], "the last ones");
            assert_eq!(found(&reader.clone().with("offset", "1000")).await, [], "beyond the last");
            assert_eq!(found(&reader.with("filter", "tens > 1000")).await, [], "no row passes");
            foreign.drop_it().await;
        }
    });
}

#[test]
fn a_search_looks_into_the_partitions_that_are_named() {
    block_on(async {
        for server in Server::ALL {
            let made = [key("id", DataType::Int64), field("v", DataType::FloatVector)];
            let foreign = Foreign::bare(server, made.to_vec(), false).await;
            foreign.partition("odd").await;
            foreign.index(&made).await;
            foreign.load().await;
            for (partition, first) in [("_default", 0), ("odd", 1)] {
                let ids: Vec<i64> = (0..20).map(|n| 2 * n + first).collect();
                let columns = vec![floats("v", ids.iter().map(|id| numbers(*id as u64, SIZE))), longs("id", ids)];
                foreign.insert_into(partition, 20, columns).await;
            }
            let query = numbers(77, SIZE);
            let odd = (0..20).map(|n| 2 * n + 1);
            let expected = ranked("euclid", odd.map(|id| (id, score("L2", &query, &numbers(id, SIZE)))));
            let reader = searching(&foreign, &query).with("partitions", "odd").with("top_k", "100");
            same(&found(&reader).await, &expected, &format!("{server:?}"));
            same(&found(&reader.clone().with("page_size", "6")).await, &expected, "in pages");
            same(&found(&reader.with("consistency", "bounded").with("filter", "id >= 0")).await, &expected, "filtered");
            foreign.drop_it().await;
        }
    });
}

#[test]
fn a_threshold_keeps_only_scores_that_are_good_enough() {
    block_on(async {
        for server in Server::ALL {
            for (metric, threshold) in METRICS.into_iter().zip([4.0, 0.5, 0.4]) {
                let foreign = with_rows(server, metric.0).await;
                let query = numbers(11, SIZE);
                let good = |score: f64| if metric.0 == "L2" { score <= threshold } else { score >= threshold };
                let expected: Vec<_> = all(metric, &query).into_iter().filter(|(_, score)| good(*score)).collect();
                assert!(!expected.is_empty() && expected.len() < COUNT as usize, "{metric:?}: {}", expected.len());
                let reader = searching(&foreign, &query).with("top_k", "300");
                let reader = reader.with("score_threshold", &threshold.to_string());
                same(&found(&reader).await, &expected, metric.0);
                same(&found(&reader.clone().with("page_size", "1000")).await, &expected, metric.0);
                let skipped = reader.with("offset", "2").with("top_k", "290");
                same(&found(&skipped).await, &expected[2..], metric.0);
                // Milvus's own bound, which leaves out the bound itself.
                let bound = json!({"metric_type": metric.0, "params": {"radius": threshold}}).to_string();
                let reader = searching(&foreign, &query).with("top_k", "300").with("search_params", &bound);
                same(&found(&reader).await, &expected, &format!("{} by radius on {server:?}", metric.0));
                foreign.drop_it().await;
            }
        }
    });
}

#[test]
fn the_bound_itself_is_good_enough() {
    block_on(async {
        for server in Server::ALL {
            let foreign =
                Foreign::make(server, vec![key("id", DataType::Int64), field("v", DataType::FloatVector)], false);
            let foreign = foreign.await;
            foreign.insert_keys(&[0, 1, 2, 3]).await;
            let reader = Reader::of(&foreign).with("query_vector", "0,0,0,0,0,0,0,0").with("score_threshold", "4");
            assert_eq!(found(&reader).await, [(0, 0.0), (1, 1.0), (2, 4.0)]);
            foreign.drop_it().await;
        }
    });
}

#[test]
fn rows_of_one_score_are_all_found() {
    block_on(async {
        for server in Server::ALL {
            let foreign =
                Foreign::make(server, vec![key("id", DataType::Int64), field("v", DataType::FloatVector)], false);
            let foreign = foreign.await;
            let column = floats("v", (0..400).map(|_| vec![1.0; SIZE]));
            foreign.insert(400, vec![longs("id", (0..400).collect()), column]).await;
            let reader = Reader::of(&foreign).with("query_vector", "1,1,1,1,1,1,1,1").with("top_k", "400");
            for page in ["100", "1000"] {
                let mut rows = found(&reader.clone().with("page_size", page)).await;
                assert!(rows.iter().all(|(_, score)| *score == 0.0));
                rows.sort_by_key(|(id, _)| *id);
                assert_eq!(rows.iter().map(|(id, _)| *id).collect::<Vec<_>>(), (0..400).collect::<Vec<_>>());
            }
            foreign.drop_it().await;
        }
    });
}

#[test]
fn a_row_s_own_vector_finds_its_neighbours_and_not_itself() {
    block_on(async {
        for server in Server::ALL {
            let foreign = with_rows(server, "COSINE").await;
            let expected: Vec<_> =
                all(METRICS[2], &numbers(43, SIZE)).into_iter().filter(|(id, _)| *id != 42).collect();
            let reader = Reader::of(&foreign).with("query_id", "42");
            same(&found(&reader).await, &expected[..10], "by key");
            let few: Vec<_> = expected.iter().copied().filter(|(id, _)| *id < 42).collect();
            // The row itself need not pass the filter.
            same(&found(&reader.clone().with("filter", "id < 42")).await, &few[..10], "by a key that is filtered out");
            let every = reader.with("top_k", "16384").with("page_size", "64");
            same(&found(&every).await, &expected, "all but one");
            foreign.drop_it().await;

            let made = vec![key("k", DataType::VarChar), field("v", DataType::FloatVector)];
            let foreign = Foreign::make(server, made, false).await;
            let keys = ["near\"\\", "far", "he\nre"].map(str::to_owned).to_vec();
            let column = floats("v", [0.9, -1.0, 1.0].into_iter().map(|x| vec![x; SIZE]));
            foreign.insert(3, vec![texts("k", keys), column]).await;
            for page in ["1", "1000"] {
                let reader = Reader::of(&foreign).with("query_id", "he\nre").with("page_size", page);
                assert_eq!(reader.rows(&["k"], 1).await.unwrap(), [["near\"\\"], ["far"]]);
            }
            foreign.drop_it().await;
        }
    });
}

#[test]
fn the_score_is_a_column_beside_those_of_the_collection() {
    block_on(async {
        for server in Server::ALL {
            let made =
                vec![key("id", DataType::Int64), field("_score", DataType::Int64), field("v", DataType::FloatVector)];
            let foreign = Foreign::make(server, made, true).await;
            let mut dynamic = documents("$meta", &[r#"{"color":"red"}"#]);
            dynamic.is_dynamic = true;
            let vector = floats("v", [vec![1.0; SIZE]].into_iter());
            foreign.insert(1, vec![longs("id", vec![1]), longs("_score", vec![7]), vector, dynamic]).await;
            let reader = Reader::of(&foreign).with("query_vector", "2,2,2,2,2,2,2,2");
            let table = reader.table(None).await.unwrap();
            let columns: Vec<String> =
                table.columns.iter().map(|column| format!("{} {}", column.name, column.data_type.name())).collect();
            let all = ["id long", "payload__score long", "v array<float>", "$meta string", "_score float"];
            assert_eq!(columns, all);
            let again = reader.table(Some(fields(&table.columns))).await.unwrap();
            assert_eq!(again.columns, table.columns, "an inferred schema that comes back means the same");
            if HTTP {
                refused(reader.rows(&["$meta"], 1).await, Kind::Unsupported, &["`$meta`", "`transport` = `grpc`"]);
                let rows = reader.rows(&["payload__score", "_score"], 1).await.unwrap();
                assert_eq!((rows.len(), rows[0][0].as_str()), (1, "7"));
                foreign.drop_it().await;
                continue;
            }
            let rows = reader.rows(&["payload__score", "_score", "$meta"], 1).await.unwrap();
            let (score, dynamic) = (rows[0][1].clone(), rows[0][2].replace(' ', ""));
            assert_eq!((rows.len(), rows[0][0].as_str(), dynamic.as_str()), (1, "7", r#"{"color":"red"}"#));
            assert!((score.parse::<f64>().unwrap() - 8.0).abs() < NEAR, "{score}");
            let schema = [("color", "string"), ("_score", "float"), ("payload__score", "string")];
            assert_eq!(reader.rows_as(&schema).await.unwrap(), [["red", score.as_str(), "7"]]);
            let wrong = crate::support::reader::schema_of(&[("_score", "long")]);
            refused(reader.table(Some(wrong)).await, Kind::Options, &["`_score`", "float"]);
            // Columns that Spark does not ask for are not fetched; neither is the score.
            let scan = reader.scan(Some(&[])).await.unwrap();
            let batches = reader.read_scan(&scan, 1).await.unwrap().concat();
            assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 1);
            // Without a search it is a field like others.
            assert_eq!(Reader::of(&foreign).rows(&["_score"], 1).await.unwrap(), [["7"]]);
            foreign.drop_it().await;
        }
    });
}

#[test]
fn the_row_of_the_greatest_key_is_not_lost_in_silence() {
    block_on(async {
        for server in Server::ALL {
            let foreign =
                Foreign::make(server, vec![key("id", DataType::Int64), field("v", DataType::FloatVector)], false);
            let foreign = foreign.await;
            foreign.insert_keys(&[1, i64::MAX, 3]).await;
            let reader = Reader::of(&foreign).with("query_vector", "1,0,0,0,0,0,0,0");
            let max = i64::MAX.to_string();
            assert_eq!(
                reader.rows(&["id"], 1).await.unwrap()[0],
                std::slice::from_ref(&max),
                "it comes with the answer"
            );
            let paged = reader.with("page_size", "2").rows(&["id"], 1).await;
            match server {
                Server::Milvus => drop(refused(paged, Kind::Unsupported, &[&max, "`id`"])),
                Server::Lite => assert_eq!(paged.unwrap().len(), 3),
            }
            foreign.drop_it().await;
        }
    });
}

#[test]
fn the_row_that_is_searched_for_is_found_however_new_it_is() {
    block_on(async {
        for server in Server::ALL {
            let foreign = with_rows(server, "L2").await;
            // Each of them is asked for before it can be seen without waiting.
            for id in 1000..1010 {
                let columns =
                    vec![longs("id", vec![id]), longs("tens", vec![0]), floats("v", [numbers(1, SIZE)].into_iter())];
                foreign.insert(1, columns).await;
                for consistency in ["eventually", "bounded"] {
                    let reader =
                        Reader::of(&foreign).with("query_id", &id.to_string()).with("consistency", consistency);
                    reader.table(None).await.unwrap();
                }
            }
            foreign.drop_it().await;
        }
    });
}
