//! Fields whose names are words of the expression language: rows are right, or the driver says that they can't be had.

use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use crate::support::job::{Frame, Job, refused};
use crate::support::raw::{DataType, Schema, auto, field, primary, sized};
use crate::support::server::{Place, block_on};
use crate::support::values::{Val, floats, int, vector};

/// Names that are words to one server or both.
const WORDS: [&str; 6] = ["in", "not", "True", "null", "AND", "array_length"];

fn vectors() -> Schema {
    Schema::default().with(sized("v", DataType::FloatVector, 2))
}

fn frame(key: &str, rows: &[i64]) -> Frame {
    let rows = rows.iter().map(|row| vec![int(*row), vector(&[1.0, 2.0])]).collect();
    Frame::new(&[(key, SparkType::Long), ("v", floats())], rows)
}

#[test]
fn a_key_that_is_a_word_is_read_and_written_or_refused_before_any_task() {
    block_on(async {
        for (place, taken) in Place::both("words").into_iter().zip([&["null", "AND"][..], &["array_length"]]) {
            for name in WORDS {
                let place = Place::at(&place.url, "word");
                vectors().with(primary(name, DataType::Int64)).make(&place).await;
                let job = Job::on(&place);
                let (deletes, frame) = (job.clone().with("write_mode", "delete"), frame(name, &[1, 2, 3]));
                if taken.contains(&name) {
                    job.append(&frame).await;
                    deletes.append(&Frame::new(&[(name, SparkType::Long)], vec![vec![int(2)]])).await;
                    let read = job.clone().with("page_size", "1").read(2).await.unwrap();
                    assert_eq!(read.select(&[name]), [[int(1)], [int(3)]], "{name}");
                    job.write(&frame, Mode::Overwrite).await.unwrap();
                    continue;
                }
                let words = [format!("`{name}`"), "another name for its key".to_owned()];
                let words = words.each_ref().map(String::as_str);
                refused(job.table(None).await, Kind::Unsupported, &words);
                for mode in [Mode::Append, Mode::Overwrite] {
                    refused(job.plan(&frame.fields, mode).await, Kind::Unsupported, &words);
                }
                refused(deletes.plan(&frame.fields, Mode::Append).await, Kind::Unsupported, &words);
            }
        }
    });
}

#[test]
fn milvus_lite_has_keys_of_every_name_and_those_that_no_expression_says_are_refused() {
    block_on(async {
        for (name, fits) in [("größe", true), ("a-b", false), ("a b", false)] {
            let place = Place::lite("letters");
            vectors().with(primary(name, DataType::Int64)).make(&place).await;
            let (job, frame) = (Job::on(&place), frame(name, &[1, 2, 3]));
            if fits {
                job.append(&frame).await;
                assert_eq!(job.with("page_size", "2").read(1).await.unwrap().select(&[name]).len(), 3);
            } else {
                refused(job.table(None).await, Kind::Unsupported, &[name]);
                refused(job.plan(&frame.fields, Mode::Append).await, Kind::Unsupported, &[name]);
            }
        }
    });
}

#[test]
fn a_collection_is_not_created_with_a_key_that_is_a_word() {
    block_on(async {
        for place in Place::both("new_word") {
            for name in ["in", "null", "text_match"] {
                let job = Job::on(&place).with("id_field", name).with("vector_field", "v");
                refused(job.plan(&frame(name, &[]).fields, Mode::Append).await, Kind::Options, &[name, "rename"]);
                let made = job.with("auto_id", "true");
                refused(made.plan(&frame("x", &[]).fields, Mode::Append).await, Kind::Options, &[name, "rename"]);
            }
            // What only begins like one is none.
            let job = Job::on(&place).with("id_field", "match_id").with("vector_field", "v");
            job.append(&frame("match_id", &[1, 2])).await;
            assert_eq!(Job::on(&place).with("page_size", "1").read(2).await.unwrap().rows.len(), 2);
        }
    });
}

#[test]
fn other_fields_that_are_words_are_read_and_written_and_never_filtered_by() {
    block_on(async {
        for place in Place::both("fields") {
            vectors().with(primary("id", DataType::Int64)).with(field("in", DataType::Int64)).make(&place).await;
            let row = |id: i64| -> Vec<Val> { vec![int(id), vector(&[1.0, 2.0]), int(10 * id)] };
            let columns = [("id", SparkType::Long), ("v", floats()), ("in", SparkType::Long)];
            let job = Job::on(&place).with("order_field", "in");
            job.append(&Frame::new(&columns, vec![row(1), row(2)])).await;
            job.append(&Frame::new(&columns, vec![vec![int(1), vector(&[1.0, 2.0]), int(9)]])).await;
            assert_eq!(Job::on(&place).read(1).await.unwrap().select(&["in"]), [[int(10)], [int(20)]]);
        }
    });
}

#[test]
fn rows_are_added_to_a_collection_that_makes_keys_of_such_a_name() {
    block_on(async {
        for place in Place::both("auto_word") {
            vectors().with(auto("in")).dynamic().make(&place).await;
            let frame = Frame::new(&[("v", floats())], vec![vec![vector(&[1.0, 2.0])]]);
            Job::on(&place).append(&frame).await;
            refused(Job::on(&place).table(None).await, Kind::Unsupported, &["`in`"]);
        }
    });
}
