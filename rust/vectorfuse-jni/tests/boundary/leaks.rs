//! What stands in the JVM's memory is released in success, in failure and in a panic.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BinaryArray, Int64Array, ListArray, StructArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field};
use serde_json::json;
use vectorfuse::arrow::{ExportedBatch, ExportedSchema, LeasedBatch};
use vectorfuse::handles::{self, TaskWriter};
use vectorfuse_core::error::{Error, Kind};

use crate::common::server::Place;
use crate::common::{
    Answer, JvmBatch, Memory, alive, alone, ask, batch, open_reader, open_writer, options, plan_read, plan_write,
    read_all, read_batch, rows, rows_schema, with, write_all, write_batch,
};

fn refused<T>(result: Result<T, Error>, kind: Kind, words: &[&str]) {
    let Err(error) = result else { panic!("this must fail: {words:?}") };
    assert_eq!(error.kind(), kind, "{error}");
    words.iter().for_each(|word| assert!(error.to_string().contains(word), "`{word}` is not said: {error}"));
}

/// A collection with 100 rows.
fn written(what: &str) -> Place {
    let place = Place::shared(what);
    write_all(&plan_write(options(&place), rows_schema()).unwrap(), &rows(0, 100, 4)).unwrap();
    place
}

#[test]
fn nothing_is_left_of_a_write_and_a_read() {
    let _alone = alone();
    let before = alive();
    let place = written("success");
    assert_eq!(alive(), before);
    let splits = plan_read(with(options(&place), "page_size", "7"), 4).unwrap();
    assert_eq!(splits.iter().map(|split| read_all(split).unwrap()).sum::<usize>(), 100);
    assert_eq!(alive(), before);
    let said = ask(json!({"call": "diagnostics"})).unwrap();
    assert_eq!(said, json!({"handles": before.0, "exported": before.1, "leased": before.2}));
}

#[test]
fn a_reader_that_is_closed_early_leaves_nothing() {
    let _alone = alone();
    let before = alive();
    let place = written("early");
    let split = plan_read(with(options(&place), "page_size", "7"), 1).unwrap().remove(0);
    let (mut schema, mut array) = (Memory::new(), Memory::new());
    let reader = open_reader(&split, &mut schema).unwrap();
    while read_batch(reader, &mut array).unwrap() == Answer::Pending {}
    assert_eq!(alive(), (before.0 + 1, before.1 + 2, before.2));
    handles::close(reader);
    assert_eq!(alive(), before);
}

#[test]
fn a_batch_for_a_handle_that_is_closed_is_given_back() {
    let _alone = alone();
    let before = alive();
    let place = Place::shared("stale");
    let plan = plan_write(options(&place), rows_schema()).unwrap();
    let mut schema = Memory::new();
    let writer = open_writer(&plan, &mut schema).unwrap();
    handles::close(writer);
    let mut batch = JvmBatch::new(&rows(0, 5, 4));
    refused(write_batch(writer, Some(&mut batch)), Kind::Internal, &["closed", &writer.to_string()]);
    assert!(batch.lease_has_ended());
    assert_eq!(alive(), before);
}

#[test]
fn a_batch_with_other_columns_is_given_back() {
    let _alone = alone();
    let before = alive();
    let place = Place::shared("columns");
    let plan = plan_write(options(&place), rows_schema()).unwrap();
    let mut schema = Memory::new();
    let writer = open_writer(&plan, &mut schema).unwrap();
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let one = StructArray::from(vec![(Arc::new(Field::new("id", DataType::Int64, true)), ids)]);
    let mut batch = JvmBatch::new(&one);
    refused(write_batch(writer, Some(&mut batch)), Kind::Internal, &["number of columns"]);
    assert!(batch.lease_has_ended());
    handles::close(writer);
    assert_eq!(alive(), before);
}

/// Two columns laid out as strings are, the second with bytes that are none.
#[test]
fn a_string_that_is_no_utf_8_names_its_column() {
    let _alone = alone();
    let before = alive();
    let list = json!({"type": "array", "elementType": "string", "containsNull": true});
    for (data_type, nested) in [(json!("string"), false), (list, true)] {
        let place = Place::shared("utf8");
        let schema = json!({"type": "struct", "fields": [
            {"name": "good", "type": "string", "nullable": true, "metadata": {}},
            {"name": "bad", "type": data_type, "nullable": true, "metadata": {}},
        ]});
        let plan = plan_write(options(&place), schema).unwrap();
        let mut schema = Memory::new();
        let writer = open_writer(&plan, &mut schema).unwrap();
        let good: ArrayRef = Arc::new(BinaryArray::from_vec(vec![b"fine", b"too"]));
        let mut bad: ArrayRef = Arc::new(BinaryArray::from_vec(vec![b"fine", b"\xff\xfe"]));
        if nested {
            let item = Arc::new(Field::new("item", DataType::Binary, true));
            let offsets = OffsetBuffer::from_lengths([1, 1]);
            bad = Arc::new(ListArray::new(item, offsets, bad, None));
        }
        let columns = StructArray::from(vec![
            (Arc::new(Field::new("good", DataType::Binary, true)), good),
            (Arc::new(Field::new("bad", bad.data_type().clone(), true)), bad),
        ]);
        let mut batch = JvmBatch::new(&columns);
        // Which element of a list it is says nothing of the row.
        let row = if nested { "row: one of the 2" } else { "row: 1 of the 2" };
        refused(write_batch(writer, Some(&mut batch)), Kind::Data, &["column: bad", row, "UTF-8"]);
        assert!(batch.lease_has_ended());
        handles::close(writer);
        assert_eq!(alive(), before);
    }
}

#[test]
fn a_row_that_is_refused_leaves_nothing() {
    let _alone = alone();
    let before = alive();
    let place = written("refused");
    let plan = plan_write(options(&place), rows_schema()).unwrap();
    // The collection has four dimensions.
    refused(write_all(&plan, &rows(0, 5, 3)), Kind::Data, &["column: vector", "row: 0 of partition 0"]);
    assert_eq!(alive(), before);
}

#[test]
fn a_panic_leaves_nothing() {
    let _alone = alone();
    let before = alive();
    let place = written("panic");
    let split = plan_read(options(&place), 1).unwrap().remove(0);
    let (mut schema, mut array) = (Memory::new(), Memory::new());
    let reader = open_reader(&split, &mut schema).unwrap();
    let mut leased = JvmBatch::new(&rows(0, 5, 4));
    let address = (leased.address(), array.address());
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        handles::with_reader(reader, |reader| -> Result<(), Error> {
            // SAFETY: the batch stays where it is.
            let taken = unsafe { LeasedBatch::take(address.0) }?;
            // SAFETY: the memory is large enough and outlives the handle.
            reader.exported = Some(unsafe { ExportedBatch::put(batch(rows(0, 3, 2)), address.1) }?);
            drop(taken);
            panic!("on purpose")
        })
    }));
    assert!(panicked.is_err());
    assert!(leased.lease_has_ended());
    // The handle can still be closed, and what it exported goes with it.
    assert_eq!(alive(), (before.0 + 1, before.1 + 2, before.2));
    handles::close(reader);
    assert_eq!(alive(), before);
}

#[test]
fn addresses_that_cannot_be_are_refused() {
    let _alone = alone();
    let before = alive();
    let schema = batch(rows(0, 1, 1)).schema();
    for address in [0, -8, 12_345] {
        // SAFETY: the addresses are refused before anything is written there.
        refused(unsafe { ExportedSchema::put(&schema, address) }.map(drop), Kind::Internal, &["address"]);
        // SAFETY: the same.
        refused(unsafe { ExportedBatch::put(batch(rows(0, 1, 1)), address) }.map(drop), Kind::Internal, &["address"]);
        // SAFETY: the same.
        refused(unsafe { LeasedBatch::take(address) }.map(drop), Kind::Internal, &["address"]);
    }
    assert_eq!(alive(), before);
}

#[test]
fn a_handle_that_is_closed_is_an_error_and_closing_twice_is_fine() {
    let _alone = alone();
    let before = alive();
    let place = written("handles");
    let split = plan_read(options(&place), 1).unwrap().remove(0);
    let (mut schema, mut array) = (Memory::new(), Memory::new());
    let reader = open_reader(&split, &mut schema).unwrap();
    refused(handles::with_writer(reader, TaskWriter::commit).map(drop), Kind::Internal, &["is a reader"]);
    handles::close(reader);
    handles::close(reader);
    handles::close(-1);
    let number = reader.to_string();
    refused(read_batch(reader, &mut array), Kind::Internal, &[&number, "closed"]);
    refused(handles::metrics(reader), Kind::Internal, &[&number]);
    refused(handles::with_writer(reader, TaskWriter::commit).map(drop), Kind::Internal, &[&number]);
    assert_eq!(alive(), before);
}

#[test]
fn a_writer_that_has_committed_takes_no_more() {
    let _alone = alone();
    let before = alive();
    let place = written("ended");
    let plan = plan_write(options(&place), rows_schema()).unwrap();
    let mut schema = Memory::new();
    let writer = open_writer(&plan, &mut schema).unwrap();
    while let vectorfuse::handles::Waited::Pending = handles::with_writer(writer, TaskWriter::commit).unwrap() {}
    let mut batch = JvmBatch::new(&rows(0, 5, 4));
    refused(write_batch(writer, Some(&mut batch)), Kind::Internal, &["ended"]);
    assert!(batch.lease_has_ended());
    refused(handles::with_writer(writer, TaskWriter::commit).map(drop), Kind::Internal, &["ended"]);
    handles::close(writer);
    assert_eq!(alive(), before);
}

#[test]
fn a_plan_that_cannot_be_read_shows_none_of_its_secrets() {
    let _alone = alone();
    let place = Place::shared("secret");
    let plan = plan_write(with(options(&place), "header.x-secret", "hush-hush"), rows_schema()).unwrap();
    assert!(plan.contains("hush-hush"), "the plan carries the secret to the tasks");
    let torn = &plan[..plan.len() - 2];
    let mut schema = Memory::new();
    let Err(error) = open_writer(torn, &mut schema) else { panic!("a torn plan was read") };
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    assert_eq!(error.kind(), Kind::Internal);
    assert!(!format!("{error} {error:?} {cause}").contains("hush"), "{error} {cause}");
    refused(ask(json!({"call": "nonsense"})), Kind::Internal, &["question"]);
}
