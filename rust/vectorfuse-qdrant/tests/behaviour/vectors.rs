//! Vectors of every kind: each form of column that holds one, in any mix, written and read again.

use qdrant_client::qdrant::vector_output::Vector as Sent;
use qdrant_client::qdrant::vectors_config::Config;
use qdrant_client::qdrant::vectors_output::VectorsOptions;
use qdrant_client::qdrant::{
    CollectionParams, CreateCollection, CreateCollectionBuilder, Datatype, Distance, GetCollectionInfoRequest,
    MultiVectorComparator, MultiVectorConfigBuilder, ScrollPointsBuilder, SparseIndexConfig, SparseVectorParamsBuilder,
    SparseVectorsConfigBuilder, VectorParamsBuilder, VectorsConfigBuilder, collections_client::CollectionsClient,
    points_client::PointsClient,
};
use vectorfuse_core::error::Kind;
use vectorfuse_core::mllib::Mllib;
use vectorfuse_core::schema::{SparkField, SparkType};
use vectorfuse_core::table::fields;
use vectorfuse_core::write::Mode;

use vectorfuse_behaviour::job::{Frame, Job, refused};
use crate::support::server::{Place, asking, block_on, channel};
use vectorfuse_behaviour::values::{Val, double, floats, int, text, vector};

mod bad;
mod theirs;

pub fn list(element: SparkType) -> SparkType {
    SparkType::Array(Box::new(element))
}

pub fn map(key: SparkType, value: SparkType) -> SparkType {
    SparkType::Map(Box::new(key), Box::new(value))
}

pub fn sparse(index: SparkType, value: SparkType) -> SparkType {
    SparkType::Struct(vec![SparkField::new("indices", list(index)), SparkField::new("values", list(value))])
}

pub fn ints(values: &[i64]) -> Val {
    Val::List(values.iter().map(|value| int(*value)).collect())
}

pub fn doubles(values: &[f64]) -> Val {
    Val::List(values.iter().map(|value| double(*value)).collect())
}

pub fn pair(indices: &[i64], values: &[f32]) -> Val {
    Val::Struct(vec![ints(indices), vector(values)])
}

pub fn rows(values: &[&[f32]]) -> Val {
    Val::List(values.iter().map(|row| vector(row)).collect())
}

/// What MLlib's vectors are behind their type.
pub fn ml_dense(values: &[f64]) -> Val {
    Val::Struct(vec![int(1), Val::Null, Val::Null, doubles(values)])
}

pub fn ml_sparse(size: i64, indices: &[i64], values: &[f64]) -> Val {
    Val::Struct(vec![int(0), int(size), ints(indices), doubles(values)])
}

pub fn dot(place: &Place) -> Job {
    Job::on(place).with("distance", "dot")
}

async fn settings(place: &Place) -> CollectionParams {
    let question = GetCollectionInfoRequest { collection_name: place.collection.clone() };
    let info = CollectionsClient::new(channel(&place.url)).get(asking(question)).await.unwrap().into_inner();
    info.result.unwrap().config.unwrap().params.unwrap()
}

/// The vectors of the first point, as the server sends them.
async fn first_point(place: &Place) -> Vec<(String, Sent)> {
    let scroll = ScrollPointsBuilder::new(&place.collection).with_vectors(true).limit(1).build();
    let answer = PointsClient::new(channel(&place.url)).scroll(asking(scroll)).await.unwrap().into_inner();
    let vectors = answer.result.into_iter().next().unwrap().vectors.and_then(|vectors| vectors.vectors_options);
    let mut named: Vec<(String, Sent)> = match vectors.unwrap() {
        VectorsOptions::Vector(one) => vec![(String::new(), one.vector.unwrap())],
        VectorsOptions::Vectors(named) => named.vectors.into_iter().map(|(n, v)| (n, v.vector.unwrap())).collect(),
    };
    named.sort_by(|(a, _), (b, _)| a.cmp(b));
    named
}

/// A collection that the server's own client makes: dense `d`, sparse `s`, multi-vector `m`.
async fn of_every_kind(what: &str) -> Place {
    let place = Place::shared(what);
    let mut dense = VectorsConfigBuilder::default();
    dense.add_named_vector_params("d", VectorParamsBuilder::new(2, Distance::Dot));
    let multi = MultiVectorConfigBuilder::new(MultiVectorComparator::MaxSim);
    dense.add_named_vector_params("m", VectorParamsBuilder::new(2, Distance::Dot).multivector_config(multi));
    let mut sparse = SparseVectorsConfigBuilder::default();
    sparse.add_named_vector_params("s", SparseVectorParamsBuilder::default());
    let create = CreateCollectionBuilder::new(&place.collection).vectors_config(dense).sparse_vectors_config(sparse);
    create_collection(&place, create.build()).await;
    place
}

async fn create_collection(place: &Place, create: CreateCollection) {
    CollectionsClient::new(channel(&place.url)).create(asking(create)).await.unwrap();
}

#[test]
fn every_kind_stands_beside_the_others_and_comes_back_typed() {
    block_on(async {
        let place = Place::shared("mix");
        let long_sparse = || sparse(SparkType::Long, SparkType::Float);
        let columns = [
            ("id", SparkType::Long),
            ("d", floats()),
            ("s", long_sparse()),
            ("m", list(floats())),
            ("i", list(SparkType::Integer)),
            ("v", list(SparkType::Double)),
            ("title", SparkType::string()),
        ];
        let full = |id: i64| {
            let multi = rows(&[&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]]);
            let (indices, values) = (ints(&[0, 7]), doubles(&[0.5, -1.0]));
            vec![
                int(id),
                vector(&[0.25, -1.5]),
                pair(&[3, 4_294_967_295], &[0.1, 0.0]),
                multi,
                indices,
                values,
                text("t"),
            ]
        };
        let mut bare = full(2);
        bare[1..6].fill(Val::Null);
        bare[2] = pair(&[9], &[1.0]);
        let frame = Frame::new(&columns, vec![full(1), bare]);
        let job = dot(&place)
            .with("vector_fields", "d")
            .with("sparse_fields", "s")
            .with("sparse_names", "words")
            .with("sparse_vector_index_fields", "i")
            .with("sparse_vector_value_fields", "v")
            .with("sparse_vector_names", "pair")
            .with("multi_vector_fields", "m")
            .with("multi_vector_names", "colbert");
        job.append(&frame).await;
        // The same again: what is there is found by the options.
        job.append(&frame).await;

        let settings = settings(&place).await;
        let Some(Config::ParamsMap(dense)) = settings.vectors_config.unwrap().config else { panic!("named") };
        assert_eq!(dense.map["d"].size, 2);
        assert_eq!((dense.map["colbert"].size, dense.map["colbert"].multivector_config.is_some()), (3, true));
        let mut names: Vec<String> = settings.sparse_vectors_config.unwrap().map.into_keys().collect();
        names.sort();
        assert_eq!(names, ["pair", "words"]);
        let sent = first_point(&place).await;
        let kinds: Vec<&str> = sent.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(kinds, ["colbert", "d", "pair", "words"]);
        let Sent::Sparse(words) = &sent[3].1 else { panic!("{sent:?}") };
        assert_eq!((words.indices.as_slice(), words.values.as_slice()), (&[3, u32::MAX][..], &[0.1, 0.0][..]));

        let read = Job::on(&place).read(2).await.unwrap();
        assert_eq!(read.fields, frame.fields);
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        assert_eq!(read.select(&names), frame.select(&names));
    });
}

/// Writes a column as a vector, and says how it comes back.
async fn there_and_back(option: &str, data_type: &SparkType, values: &[Val]) -> Frame {
    let place = Place::shared("form");
    let columns = [("id", SparkType::Long), ("x", data_type.clone())];
    let rows = values.iter().zip(1..).map(|(value, id)| vec![int(id), value.clone()]).collect();
    dot(&place).with(option, "x").append(&Frame::new(&columns, rows)).await;
    Job::on(&place).read(1).await.unwrap()
}

#[test]
fn each_form_of_column_comes_back_as_it_was_written() {
    use SparkType::{Binary, Byte, Decimal, Double, Float, Integer, Long, Short};
    let bytes = |values: &[f32]| Val::Bytes(values.iter().flat_map(|value| value.to_le_bytes()).collect());
    let tenth = f64::from(0.1_f32);
    let forms = [
        ("vector_field", list(Float), vec![vector(&[0.1, -0.0]), vector(&[f32::MAX, f32::from_bits(1)])]),
        ("vector_fields", list(Double), vec![doubles(&[tenth, -0.0])]),
        ("vector_fields", list(Decimal(6, 2)), vec![ints(&[10, -999_999]), ints(&[999_983, 0])]),
        ("vector_fields", list(Decimal(6, 6)), vec![ints(&[1, 999_999])]),
        ("vector_fields", list(Byte), vec![ints(&[-128, 127])]),
        ("vector_fields", list(Short), vec![ints(&[-32768, 32767])]),
        ("vector_fields", list(Integer), vec![ints(&[16_777_216, -16_777_216])]),
        ("vector_field", list(Long), vec![ints(&[0, 1])]),
        ("vector_field", Binary, vec![bytes(&[0.1, f32::MIN_POSITIVE, -0.0])]),
        ("sparse_fields", sparse(Long, Float), vec![pair(&[0, 4_294_967_295], &[0.1, -2.0]), pair(&[5], &[0.0])]),
        ("sparse_fields", sparse(Integer, Double), vec![Val::Struct(vec![ints(&[7]), doubles(&[tenth])])]),
        ("sparse_fields", map(Long, Float), vec![Val::map(vec![(int(4_000_000_000_i64), Val::Float(7))])]),
        ("sparse_fields", map(Integer, Double), vec![Val::map(vec![(int(1), double(0.5)), (int(2), double(0.25))])]),
        ("sparse_fields", SparkType::string(), vec![text(r#"{"indices":[1,12],"values":[0.1,-1e-45]}"#)]),
        ("multi_fields", list(list(Float)), vec![rows(&[&[0.1, 2.0]]), rows(&[&[1.0, 2.0], &[3.0, 4.0]])]),
        ("multi_fields", list(list(Double)), vec![Val::List(vec![doubles(&[tenth, 1.0])])]),
        ("multi_fields", list(list(Decimal(3, 1))), vec![Val::List(vec![ints(&[-999, 5]), ints(&[0, 1])])]),
        ("multi_fields", list(list(Byte)), vec![Val::List(vec![ints(&[1, 2, 3])])]),
    ];
    for (option, data_type, values) in forms {
        let read = block_on(there_and_back(option, &data_type, &values));
        assert_eq!(read.type_of("x"), data_type.name(), "{option}");
        let read: Vec<Val> = read.select(&["id", "x"]).into_iter().map(|mut row| row.remove(1)).collect();
        assert_eq!(read, values, "{option}: {}", data_type.name());
    }
}

#[test]
fn what_32_bits_or_the_form_do_not_give_back_is_read_as_the_store_has_it() {
    use SparkType::{Decimal, Double, Integer, MllibVector};
    let dense = vec![ml_dense(&[0.5, 0.0, 2.0]), ml_sparse(3, &[2], &[0.25])];
    let as_sparse =
        [Val::Struct(vec![ints(&[0, 2]), doubles(&[0.5, 2.0])]), Val::Struct(vec![ints(&[2]), doubles(&[0.25])])];
    let forms = [
        // 0.123456789 is nearest to this 32-bit number.
        (
            "vector_field",
            list(Decimal(10, 9)),
            vec![ints(&[123_456_789])],
            "array<float>",
            vec![vector(&[0.123_456_79])],
        ),
        ("vector_field", list(Double), vec![doubles(&[0.1])], "array<double>", vec![doubles(&[f64::from(0.1_f32)])]),
        (
            "vector_fields",
            MllibVector(Mllib::Ml),
            dense.clone(),
            "array<double>",
            vec![doubles(&[0.5, 0.0, 2.0]), doubles(&[0.0, 0.0, 0.25])],
        ),
        (
            "sparse_fields",
            MllibVector(Mllib::Mllib),
            dense,
            "struct<indices:array<integer>,values:array<double>>",
            as_sparse.to_vec(),
        ),
        (
            "sparse_fields",
            sparse(Integer, SparkType::Float),
            vec![pair(&[9, 1, 5], &[0.9, 0.1, 0.5])],
            "struct<indices:array<integer>,values:array<float>>",
            vec![pair(&[1, 5, 9], &[0.1, 0.5, 0.9])],
        ),
        (
            "sparse_fields",
            SparkType::string(),
            vec![text(r#"{"7": 1, "3": 0.5}"#)],
            "string",
            vec![text(r#"{"indices":[3,7],"values":[0.5,1.0]}"#)],
        ),
    ];
    for (option, data_type, written, expected, values) in forms {
        let read = block_on(there_and_back(option, &data_type, &written));
        assert_eq!(read.type_of("x"), expected, "{option}: {}", data_type.name());
        let read: Vec<Val> = read.select(&["id", "x"]).into_iter().map(|mut row| row.remove(1)).collect();
        assert_eq!(read, values, "{option}: {}", data_type.name());
    }
}

#[test]
fn integers_and_decimals_that_the_server_normalises_are_read_as_floats() {
    block_on(async {
        for data_type in [list(SparkType::Integer), list(SparkType::Decimal(3, 0))] {
            let place = Place::shared("cosine");
            let columns = [("id", SparkType::Long), ("x", data_type)];
            let job = Job::on(&place).with("distance", "cosine").with("vector_field", "x");
            let frame = Frame::new(&columns, vec![vec![int(1), ints(&[3, 4])]]);
            job.append(&frame).await;
            job.append(&frame).await;
            let read = Job::on(&place).read(1).await.unwrap();
            assert_eq!(read.select(&["x"]), [[vector(&[0.6, 0.8])]]);
        }
    });
}

#[test]
fn a_distance_that_no_vector_has_is_told() {
    block_on(async {
        let place = Place::shared("no_distance");
        let columns = [("id", SparkType::Long), ("s", sparse(SparkType::Long, SparkType::Float))];
        let fields = Frame::new(&columns, Vec::new()).fields;
        let plan = dot(&place).with("sparse_fields", "s").plan(&fields, Mode::Append).await.unwrap();
        assert!(plan.warnings.iter().any(|warning| warning.contains("`distance` has no effect")), "{:?}", plan.warnings);
    });
}

#[test]
fn an_empty_sparse_vector_and_zeros_in_one_are_values() {
    block_on(async {
        let place = Place::shared("hollow");
        let columns = [("id", SparkType::Long), ("s", sparse(SparkType::Long, SparkType::Float)), ("d", floats())];
        let job = dot(&place).with("sparse_fields", "s").with("vector_fields", "d");
        let rows = vec![
            vec![int(1), pair(&[], &[]), vector(&[1.0])],
            vec![int(2), pair(&[], &[]), Val::Null],
            vec![int(3), Val::Null, vector(&[1.0])],
            vec![int(4), pair(&[5], &[0.0]), Val::Null],
        ];
        job.append(&Frame::new(&columns, rows.clone())).await;
        let read = Job::on(&place).read(1).await.unwrap();
        assert_eq!(read.select(&["id", "s", "d"]), rows);
    });
}

#[test]
fn an_append_in_another_form_keeps_the_form_that_is_kept() {
    block_on(async {
        let place = Place::shared("forms_meet");
        let of = |d: SparkType, s: SparkType, id: i64, vector: Val, sparse: Val| {
            Frame::new(&[("id", SparkType::Long), ("d", d), ("s", s)], vec![vec![int(id), vector, sparse]])
        };
        let long_sparse = sparse(SparkType::Long, SparkType::Float);
        let first = of(floats(), long_sparse.clone(), 1, vector(&[1.0, 2.0]), pair(&[1], &[1.0]));
        dot(&place).with("vector_fields", "d").with("sparse_fields", "s").append(&first).await;
        let ml = SparkType::MllibVector(Mllib::Ml);
        let second = of(ml.clone(), ml, 2, ml_dense(&[0.5, 1.5]), ml_sparse(9, &[4], &[2.0]));
        Job::on(&place).append(&second).await;
        let read = Job::on(&place).read(1).await.unwrap();
        assert_eq!(read.fields, first.fields);
        let expected =
            [[int(1), vector(&[1.0, 2.0]), pair(&[1], &[1.0])], [int(2), vector(&[0.5, 1.5]), pair(&[4], &[2.0])]];
        assert_eq!(read.select(&["id", "d", "s"]), expected);

        // A column of integers could not show what an append of floats brings.
        let place = Place::shared("forms_part");
        let columns = |element| [("id", SparkType::Long), ("x", list(element))];
        let job = dot(&place).with("vector_fields", "x");
        job.append(&Frame::new(&columns(SparkType::Integer), vec![vec![int(1), ints(&[1])]])).await;
        let floats = Frame::new(&columns(SparkType::Float), vec![vec![int(2), vector(&[0.5])]]);
        refused(
            job.write(&floats, Mode::Append).await,
            Kind::Options,
            &["column `x`", "array<integer>", "array<float>"],
        );
    });
}

#[test]
fn tasks_that_find_the_size_of_a_multi_vector_agree() {
    block_on(async {
        let place = Place::shared("multi_tasks");
        let columns = [("id", SparkType::Long), ("m", list(floats())), ("s", SparkType::string())];
        let frame = |id: i64, multi: Val| Frame::new(&columns, vec![vec![int(id), multi, text(r#"{"1":1}"#)]]);
        let job = dot(&place).with("multi_fields", "m").with("sparse_fields", "s");
        let tasks = vec![
            vec![frame(1, Val::Null).batch(), frame(2, rows(&[&[1.0, 2.0]])).batch()],
            vec![frame(3, rows(&[&[3.0, 4.0], &[5.0, 6.0]])).batch()],
            // Another task has found the size.
            vec![frame(4, Val::Null).batch()],
        ];
        job.write_tasks(&frame(0, Val::Null).fields, Mode::Append, tasks).await.unwrap();
        let read = Job::on(&place).read(1).await.unwrap();
        let multi: Vec<Val> = read.select(&["id", "m"]).into_iter().map(|mut row| row.remove(1)).collect();
        assert_eq!(multi, [Val::Null, rows(&[&[1.0, 2.0]]), rows(&[&[3.0, 4.0], &[5.0, 6.0]]), Val::Null]);
    });
}

#[test]
fn rows_that_delete_need_no_vector_and_partial_ones_replace_just_theirs() {
    block_on(async {
        let place = Place::shared("vector_modes");
        let columns = [
            ("id", SparkType::Long),
            ("d", floats()),
            ("m", list(floats())),
            ("i", list(SparkType::Long)),
            ("v", floats()),
            ("op", SparkType::string()),
        ];
        let row = |id: i64, op: &str| {
            let (dense, multi) = (vector(&[0.5, 1.0]), rows(&[&[1.0, 2.0], &[3.0, 4.0]]));
            vec![int(id), dense, multi, ints(&[3, 7]), vector(&[0.1, 0.2]), text(op)]
        };
        let job = dot(&place)
            .with("vector_fields", "d")
            .with("multi_fields", "m")
            .with("sparse_vector_index_fields", "i")
            .with("sparse_vector_value_fields", "v")
            .with("sparse_vector_names", "s")
            .with("op_field", "op");
        let first = vec![row(1, "upsert"), row(2, "upsert")];
        job.append(&Frame::new(&columns, first)).await;
        // What a row that deletes holds of a vector is not even looked at.
        let gone = vec![int(1), Val::Null, Val::Null, ints(&[-1]), Val::Null, text("delete")];
        job.append(&Frame::new(&columns, vec![gone])).await;

        let columns = [("id", SparkType::Long), ("s", map(SparkType::Long, SparkType::Double)), ("m", list(floats()))];
        let part = vec![int(2), Val::map(vec![(int(9), double(0.5))]), Val::Null];
        let partial = dot(&place).with("write_mode", "partial");
        partial.append(&Frame::new(&columns, vec![part])).await;
        let read = Job::on(&place).read(1).await.unwrap();
        let expected = [int(2), vector(&[0.5, 1.0]), rows(&[&[1.0, 2.0], &[3.0, 4.0]]), ints(&[9]), vector(&[0.5])];
        assert_eq!(read.select(&["id", "d", "m", "i", "v"]), [expected]);
    });
}

#[test]
fn that_the_server_normalises_is_said_of_vectors_that_have_a_distance() {
    block_on(async {
        let place = Place::shared("cosine_words");
        let columns = [("d", floats()), ("m", list(floats())), ("s", SparkType::string())];
        let job = Job::on(&place).with("vector_fields", "d").with("multi_fields", "m").with("sparse_fields", "s");
        let plan = job.plan(&Frame::new(&columns, Vec::new()).fields, Mode::Append).await.unwrap();
        let said = |name: &str| plan.warnings.iter().any(|w| w.contains("Cosine") && w.contains(&format!("`{name}`")));
        assert_eq!([said("d"), said("m"), said("s")], [true, true, false], "{:?}", plan.warnings);
    });
}
