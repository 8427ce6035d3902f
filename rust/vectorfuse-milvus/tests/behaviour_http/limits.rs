//! What HTTP has no exact words for is refused: on the driver, where it can be known there, and nothing is changed.

use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use crate::modes::{append, numbered, pairs, schema, with_mode};
use crate::support::described;
use crate::support::foreign::proto::DataType;
use crate::support::foreign::{Foreign, Server, documents, field as foreign_field, key, longs, plain_vectors};
use crate::support::job::{Frame, Job, refused};
use crate::support::raw::{Schema, count, field, nullable};
use crate::support::reader::{self, Reader};
use crate::support::server::{Place, block_on};
use crate::support::values::{Val, floats, int, text, vector};

const GRPC: &str = "use `transport` = `grpc`";

#[test]
fn no_collection_is_made_and_none_is_deleted_to_be_made_anew() {
    block_on(async {
        for place in Place::both("make") {
            for mode in [Mode::Append, Mode::Create, Mode::Overwrite] {
                let made = Job::on(&place).with("vector_field", "v").write(&numbered(&[(1, 1)]), mode).await;
                refused(made, Kind::Unsupported, &["making a collection", GRPC, &place.collection]);
            }
            let job = Job::on(&place).with("vector_field", "v");
            let swapped = job.clone().with("overwrite", "swap").write(&numbered(&[(1, 1)]), Mode::Overwrite).await;
            refused(swapped, Kind::Unsupported, &["making a collection", GRPC]);
            assert_eq!(described::around(&place).await.0, [""; 0]);
            schema().make(&place).await;
            append(&Job::on(&place), &numbered(&[(1, 10)])).await;
            let anew = job.with("overwrite", "recreate").write(&numbered(&[(2, 2)]), Mode::Overwrite).await;
            refused(anew, Kind::Unsupported, &["making a collection", GRPC]);
            assert_eq!(pairs(&place).await, [(1, 10)]);
        }
    });
}

#[test]
fn an_overwrite_replaces_every_row_and_keeps_the_collection() {
    block_on(async {
        for place in Place::both("over") {
            schema().make(&place).await;
            append(&Job::on(&place), &numbered(&[(1, 10), (2, 20)])).await;
            Job::on(&place).write(&numbered(&[(2, 21), (3, 31)]), Mode::Overwrite).await.unwrap();
            assert_eq!(pairs(&place).await, [(2, 21), (3, 31)]);
            assert_eq!(count(&place).await, 2);
        }
    });
}

#[test]
fn the_dynamic_field_is_neither_read_nor_written() {
    block_on(async {
        for place in Place::both("dynamic") {
            Schema::plain().dynamic().make(&place).await;
            let columns = [("id", SparkType::Long), ("v", floats()), ("word", SparkType::string())];
            let frame = Frame::new(&columns, vec![vec![int(1), vector(&[0.5, 1.0]), text("a")]]);
            for mode in [Mode::Append, Mode::Overwrite] {
                let written = Job::on(&place).write(&frame, mode).await;
                refused(written, Kind::Unsupported, &["`$meta`", GRPC]);
            }
            let plain = Frame::new(&columns[..2], vec![vec![int(1), vector(&[0.5, 1.0])]]);
            append(&Job::on(&place), &plain).await;
            let job = Job::on(&place);
            refused(job.read(1).await, Kind::Unsupported, &["`$meta`", GRPC]);
            let scan = job.scan(Some(&["id", "v"])).await.unwrap();
            assert_eq!(job.read_scan(&scan, 1).await.unwrap()[0].rows, plain.rows, "{}", place.url);
        }
        // Rows of keys that the server makes are known again by keys of the dynamic field.
        let place = Place::lite("marks");
        let id = crate::support::foreign::proto::FieldSchema { auto_id: true, ..key("id", DataType::Int64) };
        let foreign = Foreign::make(Server::Lite, vec![id, foreign_field("v", DataType::FloatVector)], true).await;
        let job = Job::on(&place).with("collection", &foreign.name);
        let frame = Frame::new(&[("v", floats())], vec![vec![vector(&[1.0; 8])]]);
        refused(job.write(&frame, Mode::Append).await, Kind::Unsupported, &["`$meta`", GRPC]);
        foreign.drop_it().await;
    });
}

#[test]
fn partial_updates_indexes_and_numbers_that_json_lacks_are_refused_by_name() {
    block_on(async {
        let place = Place::lite("refused");
        schema().with(nullable(field("f", crate::support::raw::DataType::Float))).make(&place).await;
        let partial = with_mode(&place, "partial").write(&numbered(&[(1, 1)]), Mode::Append).await;
        refused(partial, Kind::Unsupported, &["`write_mode` = `partial`", GRPC]);
        let indexed = Job::on(&place).with("distance", "euclid").write(&numbered(&[(1, 1)]), Mode::Append).await;
        refused(indexed, Kind::Unsupported, &["index", GRPC]);
        let columns = [("id", SparkType::Long), ("v", floats()), ("n", SparkType::Long), ("f", SparkType::Float)];
        let row = |number| vec![int(1), vector(&[0.5, 1.0]), int(1), Val::Float(f32::to_bits(number))];
        let infinite = Job::on(&place).write(&Frame::new(&columns, vec![row(f32::INFINITY)]), Mode::Append).await;
        refused(infinite, Kind::Data, &["is inf", "no infinity", "column: f", "id: 1"]);
        assert_eq!(count(&place).await, 0);
    });
}

#[test]
fn a_search_does_not_give_a_field_whose_place_the_score_takes() {
    block_on(async {
        for server in Server::ALL {
            let made = vec![
                key("id", DataType::Int64),
                foreign_field("distance", DataType::Int64),
                foreign_field("v", DataType::FloatVector),
            ];
            let foreign = Foreign::make(server, made, false).await;
            foreign.insert(2, vec![longs("id", vec![1, 2]), longs("distance", vec![7, 8]), plain_vectors(2)]).await;
            let reader = Reader::of(&foreign).with("query_vector", "1,0,0,0,0,0,0,0");
            let with = reader.rows(&["distance", "_score"], 1).await;
            reader::refused(with, Kind::Unsupported, &["`distance`", GRPC]);
            assert_eq!(reader.rows(&["id", "_score"], 1).await.unwrap(), [["2", "0.0"], ["1", "1.0"]]);
            assert_eq!(Reader::of(&foreign).rows(&["distance"], 1).await.unwrap(), [["7"], ["8"]]);
            foreign.drop_it().await;
        }
    });
}

#[test]
fn several_rows_of_one_key_are_an_error_and_no_loss() {
    block_on(async {
        // Milvus Lite overwrites.
        let made = vec![key("id", DataType::Int64), foreign_field("v", DataType::FloatVector)];
        let foreign = Foreign::make(Server::Milvus, made, false).await;
        foreign.insert(2, vec![longs("id", vec![1, 2]), plain_vectors(2)]).await;
        let reader = Reader::of(&foreign).with("max_retries", "1");
        assert_eq!(reader.rows(&["id"], 1).await.unwrap(), [["1"], ["2"]]);
        foreign.insert(2, vec![longs("id", vec![2, 3]), plain_vectors(2)]).await;
        reader::refused(reader.rows(&["id"], 1).await, Kind::Unavailable, &["several rows", "counts 4", GRPC]);
        foreign.drop_it().await;
    });
}

#[test]
fn a_collection_is_read_beside_columns_that_can_t_come() {
    block_on(async {
        let made = vec![key("id", DataType::Int64), foreign_field("v", DataType::FloatVector)];
        let foreign = Foreign::make(Server::Milvus, made, true).await;
        let mut dynamic = documents("$meta", &[r#"{"big":9007199254740993}"#]);
        dynamic.is_dynamic = true;
        foreign.insert(1, vec![longs("id", vec![1]), plain_vectors(1), dynamic]).await;
        let reader = Reader::of(&foreign);
        assert_eq!(reader.rows(&["id"], 1).await.unwrap(), [["1"]]);
        reader::refused(reader.rows_as(&[("big", "long")]).await, Kind::Unsupported, &["`$meta`", GRPC]);
        // The server looks at it itself.
        let filtered = reader.clone().with("filter", "big == 9007199254740993");
        assert_eq!(filtered.rows(&["id"], 1).await.unwrap(), [["1"]]);
        foreign.drop_it().await;
    });
}
