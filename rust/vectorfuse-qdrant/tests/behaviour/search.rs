//! Vector search: the rows are those that a comparison of the query with every vector gives, computed here.

mod bad;
mod kinds;

use serde_json::{Value as Json, json};
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::table::fields;

use vectorfuse_behaviour::oracle::{dot, numbers, ranked, same};
use vectorfuse_behaviour::job::{Frame, Job};
use crate::support::raw::filled;
use crate::support::server::{Place, block_on};
use vectorfuse_behaviour::values::{Val, double, floats, int, text, vector};

const EXACT: &str = r#"{"exact": true}"#;
const SIZE: usize = 6;
const COUNT: usize = 150;

fn score(distance: &str, a: &[f32], b: &[f32]) -> f64 {
    let differences = || a.iter().zip(b).map(|(a, b)| f64::from(*a) - f64::from(*b));
    match distance {
        "cosine" => dot(a, b) / (dot(a, a).sqrt() * dot(b, b).sqrt()),
        "dot" => dot(a, b),
        "euclid" => differences().map(|difference| difference * difference).sum::<f64>().sqrt(),
        "manhattan" => differences().map(f64::abs).sum(),
        other => panic!("{other}"),
    }
}

/// The rows `id` and `_score` of a search, in their order; it is one split.
async fn found(job: &Job) -> Vec<(u64, f64)> {
    let frames = job.read_scan(&job.scan(Some(&["id", "_score"])).await.unwrap(), 8).await.unwrap();
    assert_eq!(frames.len(), 1, "a search is one split");
    let row = |row: &Vec<Val>| match &row[..] {
        [Val::Int(id), Val::Float(score)] => (u64::try_from(*id).unwrap(), f64::from(f32::from_bits(*score))),
        [Val::Text(id), Val::Float(score)] => (id.parse().unwrap(), f64::from(f32::from_bits(*score))),
        other => panic!("{other:?}"),
    };
    frames[0].rows.iter().map(row).collect()
}

async fn with_points(what: &str, distance: &str) -> Place {
    let place = Place::shared(what);
    let row =
        |id: u64| vec![int(id), vector(&numbers(id + 1, SIZE)), text(["red", "blue"][id as usize % 2]), int(id / 10)];
    let columns =
        [("id", SparkType::Long), ("vector", floats()), ("colour", SparkType::string()), ("tens", SparkType::Long)];
    let frame = Frame::new(&columns, (0..COUNT as u64).map(row).collect());
    Job::on(&place).with("distance", distance).append(&frame).await;
    place
}

/// Every point of such a collection, best first.
fn all(distance: &str, query: &[f32]) -> Vec<(u64, f64)> {
    ranked(distance, (0..COUNT as u64).map(|id| (id, score(distance, query, &numbers(id + 1, SIZE)))))
}

fn searching(place: &Place, query: &[f32]) -> Job {
    Job::on(place).with("query_vector", &json!(query).to_string()).with("search_params", EXACT)
}

#[test]
fn the_nearest_points_come_best_first_with_their_scores() {
    block_on(async {
        for distance in ["cosine", "dot", "euclid", "manhattan"] {
            let place = with_points(distance, distance).await;
            for seed in 1000..1004 {
                let query = numbers(seed, SIZE);
                let expected = all(distance, &query);
                same(&found(&searching(&place, &query)).await, &expected[..10], distance);
                for top in [1, 7, COUNT, COUNT + 50] {
                    let job = searching(&place, &query).with("top_k", &top.to_string());
                    same(&found(&job).await, &expected[..top.min(COUNT)], &format!("{top} by {distance}"));
                }
                let plain = query.iter().map(f32::to_string).collect::<Vec<_>>().join(", ");
                let job = Job::on(&place).with("query_vector", &plain).with("search_params", EXACT);
                same(&found(&job).await, &expected[..10], &plain);
            }
        }
    });
}

#[test]
fn many_points_come_in_bounded_pages_with_all_their_parts() {
    block_on(async {
        let place = with_points("paged", "dot").await;
        let query = numbers(5, SIZE);
        let expected = all("dot", &query);
        for page in ["1", "7", "150", "1000"] {
            let job = searching(&place, &query).with("top_k", "120").with("page_size", page);
            same(&found(&job).await, &expected[..120], page);
            let read = job.read(4).await.unwrap();
            let names: Vec<&str> = read.fields.iter().map(|field| field.name.as_str()).collect();
            assert_eq!(names, ["id", "vector", "colour", "tens", "_score"]);
            for (row, (id, _)) in read.rows.iter().zip(&expected) {
                let parts = [int(*id), vector(&numbers(id + 1, SIZE)), text(["red", "blue"][*id as usize % 2])];
                assert_eq!(row[..3], parts, "in pages of {page}");
            }
        }
    });
}

#[test]
fn rows_larger_than_a_page_are_found_too() {
    block_on(async {
        // Together some 24 MB, which no one answer may hold.
        let long = "x".repeat(3_000_000);
        let rows: Vec<Json> = (0..8).map(|n| json!({"n": n, "long": long})).collect();
        let place = filled("long", &[], &rows).await;
        let job = Job::on(&place).with("query_vector", "[1,1]").with("schema_sample", "1");
        let read = job.read(1).await.unwrap();
        assert_eq!(read.select(&["n", "long"]), (0..8).map(|n| [int(n), text(&long)].to_vec()).collect::<Vec<_>>());
    });
}

#[test]
fn a_search_is_narrowed_before_it_looks() {
    block_on(async {
        let place = with_points("narrow", "euclid").await;
        let query = numbers(7, SIZE);
        let expected: Vec<_> = all("euclid", &query).into_iter().filter(|(id, _)| id % 2 == 0).collect();
        let filter = r#"{"must":[{"key":"colour","match":{"value":"red"}}]}"#;
        let job = searching(&place, &query).with("filter", filter);
        same(&found(&job).await, &expected[..10], "filtered");
        same(&found(&job.clone().with("offset", "4")).await, &expected[4..14], "without the best four");
        same(&found(&job.clone().with("offset", "4").with("limit", "3")).await, &expected[4..7], "three of them");
        same(&found(&job.clone().with("limit", "1000").with("page_size", "3")).await, &expected[..10], "in pages");
        same(&found(&job.with("offset", "70").with("top_k", "50")).await, &expected[70..], "the last ones");
    });
}

#[test]
fn a_threshold_keeps_only_scores_that_are_good_enough() {
    block_on(async {
        for (distance, threshold) in [("cosine", 0.4), ("dot", 0.5), ("euclid", 1.5), ("manhattan", 3.0)] {
            let place = with_points("threshold", distance).await;
            let query = numbers(11, SIZE);
            let is_similarity = matches!(distance, "cosine" | "dot");
            let good = |score: f64| if is_similarity { score > threshold } else { score < threshold };
            let expected: Vec<_> = all(distance, &query).into_iter().filter(|(_, score)| good(*score)).collect();
            assert!(!expected.is_empty() && expected.len() < COUNT, "{distance}: {}", expected.len());
            let job = searching(&place, &query).with("top_k", "150").with("score_threshold", &threshold.to_string());
            same(&found(&job).await, &expected, distance);
        }
    });
}

#[test]
fn a_point_s_own_vector_finds_its_neighbours_and_not_itself() {
    block_on(async {
        let place = with_points("byid", "cosine").await;
        let expected: Vec<_> = all("cosine", &numbers(43, SIZE)).into_iter().filter(|(id, _)| *id != 42).collect();
        let job = Job::on(&place).with("query_id", "42").with("search_params", EXACT);
        same(&found(&job).await, &expected[..10], "by id");
        let texts = Place::shared("bytext");
        let rows = ["near", "far", "here"].iter().zip([0.9, -1.0, 1.0]);
        let rows = rows.map(|(key, x)| vec![text(*key), vector(&[x, 1.0])]).collect();
        let frame = Frame::new(&[("key", SparkType::string()), ("vector", floats())], rows);
        Job::on(&texts).with("id_field", "key").with("distance", "dot").append(&frame).await;
        let read = Job::on(&texts).with("query_id", "here").read(1).await.unwrap();
        let keys: Vec<&Val> = read.rows.iter().map(|row| &row[0]).collect();
        assert_eq!(keys, [&text("near"), &text("far")], "the id is found by the key that was hashed into it");
    });
}

#[test]
fn the_score_is_no_column_of_the_payload() {
    block_on(async {
        let place = filled("scored", &[], &[json!({"_score": 7, "x": 1})]).await;
        let job = Job::on(&place).with("query_vector", "[2, 3]");
        let table = job.table(None).await.unwrap();
        let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["id", "vector", "payload__score", "x", "_score"]);
        let again = job.table(Some(fields(&table.columns))).await.unwrap();
        assert_eq!(again.columns, table.columns, "an inferred schema that comes back means the same");
        assert_eq!(
            job.read(1).await.unwrap().select(&["payload__score", "_score"]),
            [[int(7), Val::Float(8.0_f32.to_bits())]]
        );
        // Without a search it is a field like others.
        assert_eq!(Job::on(&place).read(1).await.unwrap().select(&["_score"]), [[int(7)]]);
        let kept = Place::shared("keptscore");
        let columns = [("id", SparkType::Long), ("vector", floats()), ("_score", SparkType::Double)];
        let frame = Frame::new(&columns, vec![vec![int(1), vector(&[1.0, 2.0]), double(0.5)]]);
        Job::on(&kept).with("distance", "dot").append(&frame).await;
        let job = Job::on(&kept).with("query_vector", "[2, 3]");
        let read = job.read(1).await.unwrap();
        assert_eq!(read.select(&["payload__score", "_score"]), [[double(0.5), Val::Float(8.0_f32.to_bits())]]);
        let table = job.table(None).await.unwrap();
        assert_eq!(job.table(Some(fields(&table.columns))).await.unwrap().columns, table.columns);
    });
}

#[test]
fn a_search_has_the_parts_that_were_chosen() {
    block_on(async {
        let place = with_points("parts", "dot").await;
        let query = numbers(3, SIZE);
        let best = all("dot", &query)[0].0;
        let job = searching(&place, &query).with("top_k", "1");
        let chosen = job.clone().with("with_payload", "tens").with("with_vectors", "false").read(1).await.unwrap();
        let names: Vec<&str> = chosen.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["id", "tens", "_score"]);
        assert_eq!(chosen.rows[0][..2], [int(best), int(best / 10)]);
        let whole = job.clone().with("payload", "json").read(1).await.unwrap();
        let payload = json!({"colour": (["red", "blue"][best as usize % 2]), "tens": best / 10});
        assert_eq!(whole.select(&["id", "payload"]), [[int(best), text(payload.to_string())]]);
        // Columns that Spark does not ask for are not fetched; neither is the score.
        let scan = job.scan(Some(&[])).await.unwrap();
        assert_eq!(job.read_scan(&scan, 1).await.unwrap()[0].rows, [[]; 1]);
        assert_eq!(job.read_as(&[("tens", SparkType::Byte)]).await.unwrap().rows, [[int(best / 10)]]);
    });
}
