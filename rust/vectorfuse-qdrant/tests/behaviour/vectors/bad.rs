//! What is no vector, or not the one that was asked for.

use super::*;

/// Writes a good value and then a bad one, which must fail with the words and its row.
fn bad(option: &str, data_type: &SparkType, good: Val, bad: Val, words: &[&str]) {
    block_on(async {
        let place = Place::shared("bad_vector");
        let columns = [("id", SparkType::Long), ("x", data_type.clone())];
        let frame = Frame::new(&columns, vec![vec![int(1), good], vec![int(77), bad]]);
        let words = [words, &["column: x", "row: 1 of partition 0", "id: 77"]].concat();
        refused(dot(&place).with(option, "x").write(&frame, Mode::Append).await, Kind::Data, &words);
    });
}

#[test]
fn numbers_that_are_missing_or_not_finite_are_refused_in_every_form() {
    use SparkType::{Binary, Double, Float, Integer, Long, MllibVector};
    let (nan, inf) = (f32::NAN, f32::INFINITY);
    let null_in = |value: Val| Val::List(vec![value, Val::Null]);
    let bytes = |value: f32| Val::Bytes([1.0, value].iter().flat_map(|value: &f32| value.to_le_bytes()).collect());
    let entry = |value: Val| Val::map(vec![(int(1), value)]);
    let json = |value: &str| text(format!(r#"{{"1":{value}}}"#));
    let multi = |last: Val| Val::List(vec![vector(&[1.0, 2.0]), last]);
    for (option, data_type, good, wrong, words) in [
        ("vector_field", list(Float), vector(&[1.0, 2.0]), vector(&[1.0, nan]), ["element 1", "NaN"]),
        ("vector_field", list(Double), doubles(&[1.0, 2.0]), doubles(&[1.0, -1e39]), ["element 1", "-1000000"]),
        ("vector_field", list(Integer), ints(&[1, 2]), null_in(int(1)), ["element 1", "null"]),
        ("vector_field", list(Long), ints(&[1, 2]), ints(&[1, 16_777_217]), ["element 1", "16777217"]),
        ("vector_field", Binary, bytes(1.0), bytes(-inf), ["element 1", "-inf"]),
        ("vector_field", Binary, bytes(1.0), Val::Bytes(vec![0; 7]), ["7 bytes", "4 for each"]),
        (
            "vector_field",
            MllibVector(Mllib::Ml),
            ml_dense(&[1.0, 2.0]),
            ml_sparse(2, &[1], &[f64::NAN]),
            ["value 0", "NaN"],
        ),
        ("sparse_fields", sparse(Long, Float), pair(&[1], &[1.0]), pair(&[1], &[inf]), ["value 0", "inf"]),
        (
            "sparse_fields",
            sparse(Long, Float),
            pair(&[1], &[1.0]),
            Val::Struct(vec![ints(&[1, 2]), null_in(Val::Float(0))]),
            ["value 1", "null"],
        ),
        (
            "sparse_fields",
            sparse(Long, Float),
            pair(&[1], &[1.0]),
            Val::Struct(vec![null_in(int(1)), vector(&[1.0, 2.0])]),
            ["index at place 1", "null"],
        ),
        ("sparse_fields", map(Integer, Float), entry(Val::Float(0)), entry(Val::Null), ["value 0", "null"]),
        ("sparse_fields", map(Integer, Double), entry(double(0.0)), entry(double(1e40)), ["value 0", "1000000"]),
        ("sparse_fields", SparkType::string(), json("1"), json("1e39"), ["value 0", "1000000"]),
        ("sparse_fields", SparkType::string(), json("1"), json("null"), ["null", "no number"]),
        (
            "multi_fields",
            list(list(Float)),
            multi(vector(&[1.0, 1.0])),
            multi(vector(&[nan, 1.0])),
            ["element 0 is NaN", "vector row: 1"],
        ),
        ("multi_fields", list(list(Float)), multi(vector(&[1.0, 1.0])), multi(Val::Null), ["row 1", "null"]),
        (
            "multi_fields",
            list(list(Float)),
            multi(vector(&[1.0, 1.0])),
            multi(null_in(Val::Float(0))),
            ["element 1 is null", "vector row: 1"],
        ),
    ] {
        bad(option, &data_type, good, wrong, &words);
    }
}

#[test]
fn a_vector_of_another_shape_is_refused() {
    let m = list(floats());
    let good = rows(&[&[1.0, 2.0]]);
    bad("multi_fields", &m, good.clone(), rows(&[&[1.0, 2.0], &[1.0]]), &["row 1 has 1 dimensions", "has 2"]);
    bad("multi_fields", &m, good.clone(), rows(&[&[1.0, 2.0, 3.0]]), &["row 0 has 3 dimensions", "has 2"]);
    bad("multi_fields", &m, good.clone(), rows(&[]), &["multi-vector is empty"]);
    bad("multi_fields", &m, good, rows(&[&[]]), &["row 0 has 0 dimensions"]);
    let ml = SparkType::MllibVector(Mllib::Ml);
    bad("vector_fields", &ml, ml_dense(&[1.0]), ml_sparse(2, &[1], &[1.0]), &["2 dimensions", "has 1"]);
    bad("vector_fields", &ml, ml_dense(&[1.0]), ml_sparse(1_000_000, &[1], &[1.0]), &["1000000", "sparse_fields"]);
    bad("vector_fields", &ml, ml_dense(&[1.0]), ml_sparse(1, &[1], &[1.0]), &["index 1", "beyond"]);
    let binary = SparkType::Binary;
    bad("vector_field", &binary, Val::Bytes(vec![0; 8]), Val::Bytes(vec![0; 4]), &["1 dimensions", "has 2"]);
    bad("vector_field", &binary, Val::Bytes(vec![0; 8]), Val::Bytes(Vec::new()), &["0 dimensions", "has 2"]);
}

#[test]
fn indices_that_are_no_places_of_a_sparse_vector_are_refused() {
    let long_sparse = sparse(SparkType::Long, SparkType::Float);
    let good = pair(&[1], &[1.0]);
    for (indices, word) in [(-1, "-1"), (4_294_967_296, "4294967296"), (i64::MIN, "-9223372036854775808")] {
        bad("sparse_fields", &long_sparse, good.clone(), pair(&[indices], &[1.0]), &["index", word, "4294967295"]);
    }
    let twice = pair(&[7, 3, 7], &[1.0, 2.0, 3.0]);
    bad("sparse_fields", &long_sparse, good.clone(), twice, &["index 7 twice"]);
    bad("sparse_fields", &long_sparse, good.clone(), pair(&[1, 2], &[1.0]), &["2 indices and 1 values"]);
    let half = Val::Struct(vec![ints(&[1]), Val::Null]);
    bad("sparse_fields", &long_sparse, good.clone(), half, &["its values are null"]);
    bad("sparse_fields", &long_sparse, good, Val::Struct(vec![Val::Null, Val::Null]), &["indices and values are null"]);
    let good = text("{}");
    for (wrong, words) in [
        (r#"{"-1":1}"#, ["index -1", "4294967295"]),
        (r#"{"5":1,"05":2}"#, ["index 5", "twice"]),
        (r#"{"indices":[5,5],"values":[1,2]}"#, ["index 5", "twice"]),
        (r#"{"indices":[5],"values":[1,2]}"#, ["1 indices", "2 values"]),
        (r#"{"five":1}"#, ["`five`", "no index"]),
        ("0.5", ["no sparse vector", "indices"]),
    ] {
        bad("sparse_fields", &SparkType::string(), good.clone(), text(wrong), &words);
    }
    let int_map = map(SparkType::Integer, SparkType::Float);
    let entry = |index: i64| Val::map(vec![(int(index), Val::Float(0))]);
    bad("sparse_fields", &int_map, entry(0), entry(-5), &["index -5"]);
}

#[test]
fn two_columns_must_agree_on_each_row() {
    block_on(async {
        let columns = [("id", SparkType::Long), ("i", list(SparkType::Long)), ("v", floats()), ("w", floats())];
        for (indices, values, words) in [
            (ints(&[1, 2]), vector(&[1.0]), ["2 indices and 1 values", "column: v"]),
            (Val::Null, vector(&[1.0]), ["its indices are null", "column: v"]),
            (ints(&[1]), Val::Null, ["its values are null", "column: v"]),
            (ints(&[1, 1]), vector(&[1.0, 2.0]), ["index 1 twice", "column: v"]),
        ] {
            let place = Place::shared("bad_pair");
            let frame = Frame::new(&columns, vec![vec![int(1), indices, values, vector(&[1.0])]]);
            let job = dot(&place)
                .with("vector_fields", "w")
                .with("sparse_vector_index_fields", "i")
                .with("sparse_vector_value_fields", "v")
                .with("sparse_vector_names", "s");
            refused(job.write(&frame, Mode::Append).await, Kind::Data, &words);
        }
    });
}

#[test]
fn a_row_of_which_every_vector_of_any_kind_is_null_is_refused() {
    block_on(async {
        let place = Place::shared("all_null");
        let columns = [("id", SparkType::Long), ("s", SparkType::string()), ("m", list(floats()))];
        let job = dot(&place).with("sparse_fields", "s").with("multi_fields", "m").with("vector.m.size", "2");
        let frame = Frame::new(&columns, vec![vec![int(1), text("{}"), Val::Null], vec![int(2), Val::Null, Val::Null]]);
        refused(job.write(&frame, Mode::Append).await, Kind::Data, &["null", "column: s, m", "id: 2", "row: 1"]);
    });
}

#[test]
fn what_a_sparse_vector_does_not_have_is_refused_as_an_option() {
    block_on(async {
        let place = Place::shared("sparse_size");
        let frame = Frame::new(&[("id", SparkType::Long), ("s", SparkType::string())], vec![vec![int(1), text("{}")]]);
        let job = Job::on(&place).with("sparse_fields", "s");
        for option in ["vector.s.size", "vector.s.distance"] {
            let value = if option.ends_with("size") { "3" } else { "dot" };
            refused(
                job.clone().with(option, value).write(&frame, Mode::Append).await,
                Kind::Options,
                &["vector.s", "sparse"],
            );
        }
        // A default for all vectors is about those that have a distance.
        job.clone().with("distance", "euclid").append(&frame).await;
        job.clone().with("distance", "dot").append(&frame).await;
        let sized = job.with("vector.s.size", "3").write(&frame, Mode::Append).await;
        refused(sized, Kind::Options, &["vector.s", "sparse"]);
    });
}

#[test]
fn a_column_in_another_form_than_its_vector_s_kind_is_refused_on_the_driver() {
    block_on(async {
        let place = of_every_kind("kind_claims").await;
        let columns = |s: SparkType, m: SparkType| Frame::new(&[("d", floats()), ("s", s), ("m", m)], Vec::new());
        let plan = |frame: Frame, options: Vec<(&'static str, &'static str)>| {
            let job = options.into_iter().fold(Job::on(&place), |job, (name, value)| job.with(name, value));
            async move { job.plan(&frame.fields, Mode::Append).await }
        };
        let long_sparse = sparse(SparkType::Long, SparkType::Float);
        plan(columns(long_sparse.clone(), list(floats())), Vec::new()).await.unwrap();
        let wrong = plan(columns(floats(), list(floats())), Vec::new()).await;
        refused(wrong, Kind::Options, &["column `s`", "sparse", "array<float>", "map<long,float>", &place.collection]);
        let wrong = plan(columns(long_sparse.clone(), floats()), Vec::new()).await;
        refused(wrong, Kind::Options, &["column `m`", "multi-vector", "array<array<float>>"]);
        let wrong = plan(columns(floats(), list(floats())), vec![("vector_fields", "s")]).await;
        refused(wrong, Kind::Options, &["`s`", "is sparse", "sparse_fields"]);
        let lost = Frame::new(&[("d", floats()), ("m", list(floats()))], Vec::new());
        let missing = plan(lost.clone(), Vec::new()).await;
        refused(missing, Kind::Options, &["the vector `s`", "sparse_fields"]);
        plan(lost, vec![("vector_fields", "d")]).await.unwrap();
    });
}
