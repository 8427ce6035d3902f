//! Searches that can't be: each is refused on the driver, by the name of its option.

use vectorfuse_core::error::Kind;

use super::with_points;
use vectorfuse_behaviour::job::{Job, refused};
use crate::support::server::block_on;

#[test]
fn a_search_that_makes_no_sense_is_refused_by_the_name_of_its_option() {
    block_on(async {
        let place = with_points("nonsense", "dot").await;
        let vector = ("query_vector", "[1,2,3,4,5,6]");
        for (options, words) in [
            (&[vector, ("query_id", "1")][..], &["`query_vector`", "`query_id`", "one of them"][..]),
            (&[("top_k", "3")], &["`top_k`", "`query_vector`"]),
            (&[("vector_name", "v")], &["`vector_name`", "`query_vector`"]),
            (&[("score_threshold", "0.5")], &["`score_threshold`", "`query_vector`"]),
            (&[("search_params", "{}")], &["`search_params`", "`query_vector`"]),
            (&[vector, ("top_k", "0")], &["`top_k` is `0`", "at least 1"]),
            (&[vector, ("score_threshold", "high")], &["`score_threshold` is `high`", "a number"]),
            (&[vector, ("score_threshold", "NaN")], &["`score_threshold` is `NaN`", "a number"]),
            (&[vector, ("offset", "x")], &["`offset` is `x`", "best points"]),
            (&[vector, ("splits", "4")], &["`query_vector`", "`splits` can't be 4"]),
            (&[vector, ("max_pages", "4")], &["`max_pages`", "`top_k`"]),
            (&[vector, ("vector_name", "v")], &["`vector_name` is `v`", "the unnamed vector"]),
            (&[("query_vector", "[1,2,3]")], &["`query_vector` has 3 dimensions", "has 6"]),
            (&[("query_vector", "[]")], &["`query_vector`", "a list of numbers"]),
            (&[("query_vector", "")], &["`query_vector`", "a list of numbers"]),
            (&[("query_vector", "[1,2,3,4,5,null]")], &["`[5]` is null", "a list of numbers"]),
            (&[("query_vector", "[1,2,3,4,5,1e39]")], &["`[5]` is 1e+39", "32 bits"]),
            (&[("query_vector", "1;2")], &["`query_vector`", "no JSON"]),
            (&[("query_vector", "[1,2,3,4,5,NaN]")], &["`query_vector`", "no JSON"]),
            (&[vector, ("search_params", "{'exact': True}")], &["`search_params`", "json.dumps"]),
            (&[vector, ("search_params", r#"{"ef":1}"#)], &["`ef` is not known", "`hnsw_ef`"]),
            (&[vector, ("search_params", r#"{"hnsw_ef":0}"#)], &["`hnsw_ef` is 0", "at least 1"]),
            (&[vector, ("search_params", r#"{"exact":1}"#)], &["`exact` is 1", "true or false"]),
            (
                &[vector, ("search_params", r#"{"quantization":{"oversampling":0.5}}"#)],
                &["`quantization.oversampling`", "at least 1"],
            ),
            (
                &[vector, ("search_params", r#"{"quantization":{"ignored":true}}"#)],
                &["`quantization.ignored`", "`ignore`"],
            ),
            (
                &[vector, ("search_params", r#"{"acorn":{"max_selectivity":2}}"#)],
                &["`acorn.max_selectivity` is 2", "0 to 1"],
            ),
        ] {
            let job = options.iter().fold(Job::on(&place), |job, (option, value)| job.with(option, value));
            refused(job.table(None).await, Kind::Options, words);
        }
    });
}

#[test]
fn a_point_to_search_for_that_is_not_there_is_not_found() {
    block_on(async {
        let place = with_points("nobody", "dot").await;
        for id in ["150", "936da01f-9abd-4d9d-80c7-02af85c822a8", "doc-1"] {
            let result = Job::on(&place).with("query_id", id).table(None).await;
            refused(result, Kind::NotFound, &["no point", id, "query_id", &place.collection]);
        }
    });
}

#[test]
fn a_search_by_text_does_not_work_yet() {
    block_on(async {
        let place = with_points("bytext", "dot").await;
        refused(Job::on(&place).with("query_text", "x").table(None).await, Kind::Unsupported, &["`query_text`"]);
    });
}

#[test]
fn every_parameter_of_a_search_is_sent() {
    block_on(async {
        let place = with_points("tuned", "cosine").await;
        let all = r#"{"hnsw_ef":64,"exact":false,"indexed_only":false,
                      "quantization":{"ignore":true,"rescore":true,"oversampling":2.5},"acorn":{"enable":true,"max_selectivity":0.4}}"#;
        for params in [all, "{}", r#"{"exact":null}"#] {
            let job = Job::on(&place).with("query_vector", "1,2,3,4,5,6").with("search_params", params);
            assert_eq!(job.read(1).await.unwrap().rows.len(), 10, "{params}");
        }
    });
}
