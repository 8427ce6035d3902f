//! Searches that can't be: each is refused on the driver, by the name of its option.

use vectorfuse_core::error::Kind;

use super::{SIZE, numbers, with_rows};
use crate::support::block_on;
use crate::support::foreign::proto::DataType;
use crate::support::foreign::{Foreign, Server, field, key};
use crate::support::reader::{Reader, refused};

#[test]
fn a_search_that_makes_no_sense_is_refused_by_the_name_of_its_option() {
    block_on(async {
        let vector = ("query_vector", "[1,2,3,4,5,6,7,8]");
        for server in Server::ALL {
            let foreign = with_rows(server, "IP").await;
            for (options, words) in [
                (&[vector, ("query_id", "1")][..], &["`query_vector`", "`query_id`", "one of them"][..]),
                (&[("top_k", "3")], &["`top_k`", "`query_vector`"]),
                (&[vector, ("offset", "x")], &["`offset` is `x`", "best points"]),
                (&[vector, ("splits", "4")], &["`query_vector`", "`splits` can't be 4"]),
                (&[vector, ("vector_name", "x")], &["`vector_name` is `x`", "`v`"]),
                (&[vector, ("vector_name", "tens")], &["`vector_name` is `tens`", "`v`"]),
                (&[vector, ("top_k", "16385")], &["`top_k`", "16384"]),
                (&[vector, ("top_k", "16000"), ("offset", "385")], &["`top_k` and `offset`", "16385"]),
                (&[("query_vector", "[1,2,3]")], &["`query_vector` has 3 dimensions", "`v` has 8"]),
                (&[("query_vector", "[]")], &["`query_vector`", "a list of numbers"]),
                (&[("query_vector", "[1,2,3,4,5,6,7,1e39]")], &["`[7]` is 1e+39", "32 bits"]),
                (&[("query_vector", "[1,2,3,4,5,6,7,NaN]")], &["`query_vector`", "no JSON"]),
                (&[("query_id", "x")], &["`query_id` is `x`", "an integer"]),
                (&[vector, ("search_params", "{'nprobe': 1}")], &["`search_params`", "json.dumps"]),
                (&[vector, ("search_params", "16")], &["`search_params`", "an object"]),
                (&[vector, ("search_params", r#"{"metric_type":"L2"}"#)], &["`metric_type` is \"L2\"", "`IP`"]),
                (
                    &[vector, ("search_params", r#"{"radius":"far"}"#)],
                    &["`search_params`", "`radius` is \"far\"", "a number"],
                ),
                (&[vector, ("filter", "tens >> ")], &["`filter`", "the server"]),
                (&[vector, ("consistency", "x")], &["`consistency` is `x`"]),
            ] {
                let reader =
                    options.iter().fold(Reader::of(&foreign), |reader, (option, value)| reader.with(option, value));
                refused(reader.table(None).await, Kind::Options, words);
            }
            let stranger = Reader::of(&foreign).with("query_id", "300").table(None).await;
            refused(stranger, Kind::NotFound, &["`300`", "query_id", &foreign.name]);
            foreign.drop_it().await;
        }
    });
}

#[test]
fn bits_are_given_as_bits() {
    block_on(async {
        let made = vec![key("id", DataType::Int64), field("v", DataType::BinaryVector)];
        let foreign = Foreign::make(Server::Milvus, made, false).await;
        for (query, words) in [
            ("[161]", &["`query_vector` has 1 dimensions", "has 8"][..]),
            ("[0,1,0,1,0,1,0,2]", &["`query_vector`", "element 7 is 2", "0 or 1"]),
            ("[0,1,0,1,0,1,0,0.5]", &["`query_vector`", "element 7 is 0.5", "0 or 1"]),
        ] {
            refused(Reader::of(&foreign).with("query_vector", query).table(None).await, Kind::Options, words);
        }
        foreign.drop_it().await;
    });
}

#[test]
fn a_collection_that_can_t_be_searched_says_why() {
    block_on(async {
        for server in Server::ALL {
            let made = vec![key("id", DataType::Int64), field("v", DataType::FloatVector)];
            let foreign = Foreign::bare(server, made.clone(), false).await;
            let reader = super::searching(&foreign, &numbers(1, SIZE));
            refused(reader.table(None).await, Kind::Unsupported, &["create_index", &foreign.name]);
            foreign.index(&made).await;
            // Milvus Lite reads what nobody has released.
            if server == Server::Milvus {
                refused(reader.table(None).await, Kind::Unsupported, &["not loaded", "load_collection"]);
            }
            foreign.load().await;
            assert!(reader.rows(&["id"], 1).await.unwrap().is_empty(), "an empty collection has no nearest rows");
            refused(reader.clone().with("query_id", "1").table(None).await, Kind::Options, &["one of them"]);
            foreign.release().await;
            refused(reader.table(None).await, Kind::Unsupported, &["not loaded", "load_collection"]);
            foreign.drop_it().await;
            let nobody = Reader::named(server, "msearch_nobody").with("query_vector", "1");
            refused(nobody.table(None).await, Kind::NotFound, &["msearch_nobody"]);
        }
    });
}
