//! Rows and columns that can't be written: each refusal has its kind and names the option, or the column and row.

use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use crate::job::{Frame, Job, refused};
use crate::store::{Tested, block_on};
use crate::values::{Val, double, floats, int, text, vector};

/// Writes the second row after a good one, and must fail with the words.
pub fn bad_row(store: &Tested, columns: &[(&str, SparkType)], good: Vec<Val>, bad: Vec<Val>, words: &[&str]) {
    block_on(async {
        let place = store.place("bad");
        let job = Job::on(&place);
        let frame = Frame::new(columns, vec![good, bad]);
        let words = [words, &["row: 1 of partition 0"]].concat();
        refused(job.write(&frame, Mode::Append).await, Kind::Data, &words);
        // A batch that follows others counts on.
        let place = store.place("bad");
        let job = Job::on(&place);
        let whole = frame.batch();
        let batches = vec![whole.slice(0, 1), whole.slice(1, 1)];
        let result = job.write_tasks(&frame.fields, Mode::Append, vec![batches]).await;
        refused(result, Kind::Data, &words);
    });
}

/// The least that a row has.
pub fn id_and_vector(id: SparkType) -> [(&'static str, SparkType); 2] {
    [("id", id), ("vector", floats())]
}

pub fn a_null_id_is_refused(store: &Tested) {
    let columns = id_and_vector(SparkType::string());
    let good = vec![text("a"), vector(&[1.0])];
    bad_row(store, &columns, good, vec![Val::Null, vector(&[1.0])], &["null", "column: id"]);
}

pub fn a_null_key_is_refused(store: &Tested) {
    block_on(async {
        let columns = [("a", SparkType::Long), ("b", SparkType::string())];
        let frame = Frame::vectored(&columns, vec![vec![int(1), text("x")], vec![int(1), Val::Null]]);
        let place = store.place("key");
        let result = Job::on(&place).with("key_fields", "a,b").write(&frame, Mode::Append).await;
        refused(result, Kind::Data, &["key is null", "column: b", "row: 1 of partition 0"]);
    });
}

pub fn a_vector_of_another_length_is_refused(store: &Tested) {
    let columns = id_and_vector(SparkType::Long);
    let good = vec![int(1), vector(&[1.0, 2.0])];
    bad_row(store, &columns, good.clone(), vec![int(2), vector(&[1.0])], &["1 dimensions", "has 2", "column: vector"]);
    bad_row(store, &columns, good, vec![int(2), vector(&[])], &["0 dimensions", "has 2", "column: vector"]);
}

pub fn a_vector_with_a_null_element_is_refused(store: &Tested) {
    let columns = id_and_vector(SparkType::Long);
    let bad = Val::List(vec![Val::Float(0), Val::Null]);
    bad_row(
        store,
        &columns,
        vec![int(1), vector(&[1.0, 2.0])],
        vec![int(2), bad],
        &["element 1 is null", "column: vector"],
    );
}

pub fn a_vector_with_a_number_that_is_not_finite_is_refused(store: &Tested) {
    let columns = id_and_vector(SparkType::Long);
    for (bad, said) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf"), (f32::NEG_INFINITY, "-inf")] {
        let bad = vec![int(2), vector(&[1.0, bad])];
        bad_row(store, &columns, vec![int(1), vector(&[1.0, 2.0])], bad, &["element 1", said, "column: vector"]);
    }
    let wide = [("id", SparkType::Long), ("vector", SparkType::Array(Box::new(SparkType::Double)))];
    let list = |value: f64| Val::List(vec![double(value)]);
    bad_row(store, &wide, vec![int(1), list(1.0)], vec![int(2), list(1e300)], &["element 0", "column: vector"]);
}

pub fn a_row_without_its_vector_is_refused(store: &Tested) {
    let columns = id_and_vector(SparkType::Long);
    bad_row(
        store,
        &columns,
        vec![int(1), vector(&[1.0])],
        vec![int(2), Val::Null],
        &["null", "column: vector", "id: 2"],
    );
}

pub fn a_row_needs_one_of_its_vectors_and_not_all(store: &Tested) {
    block_on(async {
        let place = store.place("two");
        let job = Job::on(&place).with("vector_fields", "a,b").with("distance", "dot").with("vector.b.size", "1");
        let columns = [("id", SparkType::Long), ("a", floats()), ("b", floats())];
        let rows = vec![vec![int(1), vector(&[1.0]), Val::Null], vec![int(2), Val::Null, vector(&[2.0])]];
        let frame = Frame::new(&columns, rows.clone());
        // The size of `a` is in the first row.
        job.append(&frame).await;
        assert_eq!(Job::on(&place).read(1).await.unwrap().select(&["id", "a", "b"]), rows);
        let none = Frame::new(&columns, vec![vec![int(3), Val::Null, Val::Null]]);
        refused(
            job.write(&none, Mode::Append).await,
            Kind::Data,
            &["null", "vector_fields", "column: a, b", "id: 3", "row: 0"],
        );
    });
}

pub fn a_vector_whose_size_no_row_says_needs_the_option(store: &Tested) {
    block_on(async {
        let place = store.place("unsized");
        let job = Job::on(&place).with("vector_fields", "a,b");
        let columns = [("id", SparkType::Long), ("a", floats()), ("b", floats())];
        let frame = Frame::new(&columns, vec![vec![int(1), vector(&[1.0]), Val::Null]]);
        refused(job.write(&frame, Mode::Append).await, Kind::Data, &["`b`", "vector.b.size"]);
    });
}

pub fn a_payload_number_that_json_lacks_is_refused(store: &Tested) {
    for value in [f64::NAN, f64::INFINITY] {
        let map = |value| Val::Map(vec![(int(7), double(value))]);
        let data_type = SparkType::Map(Box::new(SparkType::Long), Box::new(SparkType::Double));
        let columns = [("id", SparkType::Long), ("x", data_type), ("vector", floats())];
        let words = ["column: x", "JSON has no such number"];
        bad_row(
            store,
            &columns,
            vec![int(1), map(1.0), vector(&[1.0])],
            vec![int(2), map(value), vector(&[1.0])],
            &words,
        );
    }
}

pub fn an_empty_dataframe_needs_the_vector_s_size(store: &Tested) {
    block_on(async {
        let place = store.place("empty");
        let frame = Frame::new(&id_and_vector(SparkType::Long), Vec::new());
        refused(Job::on(&place).write(&frame, Mode::Append).await, Kind::Data, &["empty", "vector.size"]);
        refused(Job::on(&place).table(None).await, Kind::NotFound, &[]);
        Job::on(&place).with("vector.size", "3").append(&frame).await;
        // Now that it is there, an empty DataFrame changes nothing.
        Job::on(&place).append(&frame).await;
        let read = Job::on(&place).read(2).await.unwrap();
        assert_eq!((read.fields, read.rows), (frame.fields, Vec::new()));
    });
}

pub fn an_empty_overwrite_empties_the_collection(store: &Tested) {
    block_on(async {
        let place = store.place("emptied");
        let columns = id_and_vector(SparkType::Long);
        Job::on(&place).append(&Frame::new(&columns, vec![vec![int(1), vector(&[1.0])]])).await;
        Job::on(&place).write(&Frame::new(&columns, Vec::new()), Mode::Overwrite).await.unwrap();
        assert!(Job::on(&place).read(1).await.unwrap().rows.is_empty());
    });
}

pub fn a_map_with_one_key_text_twice_is_refused(store: &Tested) {
    let map = SparkType::Map(Box::new(SparkType::Binary), Box::new(SparkType::Long));
    let entries = |keys: &[u8]| Val::Map(keys.iter().map(|key| (Val::Bytes(vec![*key]), int(1))).collect());
    let columns = [("id", SparkType::Long), ("m", map), ("vector", floats())];
    let good = vec![int(1), entries(&[1, 2]), vector(&[1.0])];
    bad_row(store, &columns, good, vec![int(2), entries(&[1, 1]), vector(&[1.0])], &["key `AQ==` twice", "column: m"]);
}
