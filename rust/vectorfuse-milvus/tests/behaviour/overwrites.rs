//! What an overwrite does with a collection that is there: it empties it, or makes it anew.

use serde_json::json;
use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use crate::support::described::{fields, indexes, is_loaded, partitions};
use crate::support::job::{Frame, Job, refused};
use crate::support::raw::{DataType, Schema, count, field, primary, proto, sized, stored_in};
use crate::support::server::{Place, block_on};
use crate::support::values::{floats, int, text, vector};

fn rows(ids: &[i64]) -> Frame {
    let rows = ids.iter().map(|id| vec![int(*id), vector(&[1.0, 2.0])]).collect();
    Frame::new(&[("id", SparkType::Long), ("v", floats())], rows)
}

fn words(words: &[&str]) -> Frame {
    let rows = words.iter().map(|word| vec![text(*word), vector(&[1.0, 2.0])]).collect();
    Frame::new(&[("id", SparkType::string()), ("v", floats())], rows)
}

#[test]
fn every_key_is_deleted_and_the_rest_of_the_collection_stays() {
    block_on(async {
        let text_keys = Schema::default()
            .with(primary("id", DataType::VarChar))
            .with(sized("v", DataType::FloatVector, 2))
            .partitions(&["p1"]);
        for place in Place::both("truncate") {
            Schema::plain().partitions(&["p1"]).make(&place).await;
            let before = (fields(&place).await, indexes(&place).await);
            // Milvus 2.3 never gives back a row with the greatest key, which writes refuse there.
            Job::on(&place).append(&rows(&[i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1])).await;
            Job::on(&place).with("partition", "p1").append(&rows(&[7])).await;
            Job::on(&place).append(&rows(&(100..20_100).collect::<Vec<_>>())).await;
            assert_eq!(count(&place).await, 20_007);
            Job::on(&place).write(&rows(&[1, 2]), Mode::Overwrite).await.unwrap();
            assert_eq!(stored_in(&place, "id != 0", &["id"], &[]).await, [json!({"id": 1}), json!({"id": 2})]);
            assert_eq!(count(&place).await, 2);
            assert_eq!((fields(&place).await, indexes(&place).await), before);
            assert_eq!(partitions(&place).await, ["_default", "p1"]);
            assert!(is_loaded(&place).await);

            let place = Place::at(&place.url, "truncate_text");
            text_keys.make(&place).await;
            Job::on(&place).append(&words(&["", "a", "\u{10ffff}", "\n", "\"", "\\", "é"])).await;
            Job::on(&place).with("partition", "p1").append(&words(&["b"])).await;
            Job::on(&place).write(&words(&["x"]), Mode::Overwrite).await.unwrap();
            assert_eq!(stored_in(&place, "id >= \"\"", &["id"], &[]).await, [json!({"id": "x"})]);
            assert_eq!(count(&place).await, 1);
        }
    });
}

#[test]
fn keys_that_others_have_doubled_are_deleted_too() {
    block_on(async {
        let place = Place::real("doubled");
        Schema::plain().make(&place).await;
        for _ in 0..3 {
            // An insert of Milvus looks for no key.
            let column = |name: &str, held| proto::FieldData {
                field_name: name.to_owned(),
                r#type: if name == "id" { DataType::Int64 } else { DataType::FloatVector }.into(),
                field: Some(held),
                ..proto::FieldData::default()
            };
            let ids = proto::ScalarField {
                data: Some(proto::scalar_field::Data::LongData(proto::LongArray { data: vec![1, 2, 3] })),
                ..proto::ScalarField::default()
            };
            let vectors = proto::VectorField {
                dim: 2,
                data: Some(proto::vector_field::Data::FloatVector(proto::PackedFloats {
                    data: 0.5_f32.to_le_bytes().repeat(6).into(),
                })),
                ..proto::VectorField::default()
            };
            let insert = proto::InsertRequest {
                collection_name: place.collection.clone(),
                fields_data: vec![
                    column("id", proto::field_data::Field::Scalars(ids)),
                    column("v", proto::field_data::Field::Vectors(vectors)),
                ],
                num_rows: 3,
                ..proto::InsertRequest::default()
            };
            let answer: proto::MutationResult = place.client().ask("Insert", insert).await.unwrap();
            assert_eq!(answer.insert_cnt, 3);
        }
        assert_eq!(count(&place).await, 9);
        Job::on(&place).write(&rows(&[1]), Mode::Overwrite).await.unwrap();
        assert_eq!(count(&place).await, 1);
    });
}

#[test]
fn an_overwrite_that_names_a_partition_empties_no_other_one_without_a_word() {
    block_on(async {
        for place in Place::both("one_partition") {
            Schema::plain().partitions(&["p1", "p2"]).make(&place).await;
            let job = Job::on(&place).with("partition", "p1");
            job.append(&rows(&[1])).await;
            job.write(&rows(&[2]), Mode::Overwrite).await.unwrap();
            assert_eq!(stored_in(&place, "id >= 0", &["id"], &["p1"]).await, [json!({"id": 2})]);
            Job::on(&place).with("partition", "p2").append(&rows(&[3])).await;
            refused(job.write(&rows(&[4]), Mode::Overwrite).await, Kind::Options, &["`p2`", "`partition`"]);
            assert_eq!(count(&place).await, 2);
        }
    });
}

#[test]
fn a_collection_is_made_anew_if_that_is_said() {
    block_on(async {
        for place in Place::both("recreate") {
            Schema::plain().with(field("n", DataType::Int64)).make(&place).await;
            let columns = [("id", SparkType::string()), ("v", floats())];
            let other = Frame::new(&columns, vec![vec![text("a"), vector(&[1.0, 2.0, 3.0])]]);
            let job = Job::on(&place).with("overwrite", "recreate").with("vector_field", "v");
            // What can't be created deletes nothing.
            refused(
                job.clone().with("distance", "hamming").write(&other, Mode::Overwrite).await,
                Kind::Options,
                &["hamming"],
            );
            assert_eq!(fields(&place).await[0], "id Int64 key");
            job.write(&other, Mode::Overwrite).await.unwrap();
            assert_eq!(fields(&place).await, ["id VarChar 65535 key", "v FloatVector 3"]);
            assert_eq!(stored_in(&place, "id >= \"\"", &["id"], &[]).await, [json!({"id": "a"})]);
        }
    });
}

#[test]
fn a_collection_that_is_not_loaded_says_what_to_do() {
    block_on(async {
        let place = Place::real("released");
        Schema::plain().make(&place).await;
        let release = proto::ReleaseCollectionRequest {
            collection_name: place.collection.clone(),
            ..proto::ReleaseCollectionRequest::default()
        };
        place.client().done("ReleaseCollection", release).await;
        let refusal = Job::on(&place).write(&rows(&[1]), Mode::Overwrite).await;
        refused(refusal, Kind::Unsupported, &["load the collection", "recreate"]);
    });
}
