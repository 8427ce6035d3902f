//! Write → read is equal, value for value and bit for bit, for every type of field: random rows, some over others.
//!
//! `PROPTEST_CASES` says how many writes into each collection (12), `VECTORFUSE_SEED` repeats a run; both stand in the
//! line at the end.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::io::Write;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use vectorfuse_core::schema::{SparkField, SparkType};
use vectorfuse_core::write::Mode;

use crate::support::job::{Frame, Job};
use crate::support::raw::{DataType, Schema, field, list, nullable, primary, proto, sized};
use crate::support::server::{Place, block_on};
use crate::support::values::{Val, floats, int, text};

const CASES: u64 = 12;
/// Bytes of a text: the fields' `max_length`.
const LONGEST: usize = 100;

/// A field of a collection, its column, and its values. A dynamic key has no field.
struct Part {
    field: Option<proto::FieldSchema>,
    column: (&'static str, SparkType),
    values: BoxedStrategy<Val>,
}

fn part(field: proto::FieldSchema, column: SparkType, values: impl Strategy<Value = Val> + 'static) -> Part {
    let name: &'static str = field.name.clone().leak();
    Part { field: Some(field), column: (name, column), values: values.boxed() }
}

fn dynamic(name: &'static str, column: SparkType, values: impl Strategy<Value = Val> + 'static) -> Part {
    let values = prop_oneof![1 => Just(Val::Null), 4 => values].boxed();
    Part { field: None, column: (name, column), values }
}

impl Part {
    fn nullable(self) -> Self {
        let values = prop_oneof![1 => Just(Val::Null), 3 => self.values].boxed();
        Self { field: self.field.map(nullable), values, ..self }
    }
}

fn integers(least: i64, most: i64) -> impl Strategy<Value = Val> {
    prop_oneof![1 => select(vec![least, least + 1, 0, most]), 2 => least..=most].prop_map(int)
}

fn texts() -> impl Strategy<Value = Val> {
    let edges =
        ["", " ", "\0", "a\0b", "𝄞🦀", "𩸽", "鸽\\U𠮷", "\u{feff}", "\u{10ffff}", "\"\\\n\t\r'%_", "null", "e\u{301}"];
    let any = any::<String>().prop_filter("short", |text| text.len() <= LONGEST);
    prop_oneof![select(edges.to_vec()).prop_map(text), any.prop_map(text)]
}

fn float() -> impl Strategy<Value = f32> {
    let edges = [0.0, -0.0, f32::MIN, f32::MAX, f32::from_bits(1), 0.1, 16_777_217.0];
    prop_oneof![1 => select(edges.to_vec()), 3 => any::<f32>().prop_filter("finite", |value| value.is_finite())]
}

fn double() -> impl Strategy<Value = f64> {
    let edges = [0.0, -0.0, f64::MIN, f64::MAX, 5e-324, 0.1, 9_007_199_254_740_993.0, 1e22];
    prop_oneof![1 => select(edges.to_vec()), 3 => any::<f64>().prop_filter("finite", |value| value.is_finite())]
}

/// Fields, other than those of JSON, take what is no number.
fn any_float() -> impl Strategy<Value = Val> {
    let special = select(vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY]);
    prop_oneof![6 => float(), 1 => special].prop_map(|value| Val::Float(value.to_bits()))
}

fn any_double() -> impl Strategy<Value = Val> {
    let special = select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
    prop_oneof![6 => double(), 1 => special].prop_map(|value| Val::Double(value.to_bits()))
}

fn finite_double() -> impl Strategy<Value = Val> {
    double().prop_map(|value| Val::Double(value.to_bits()))
}

fn vectors(number: impl Strategy<Value = f32> + 'static, size: usize) -> impl Strategy<Value = Val> {
    vec(number, size).prop_map(|numbers| Val::List(numbers.into_iter().map(|it| Val::Float(it.to_bits())).collect()))
}

fn lists(values: impl Strategy<Value = Val> + 'static) -> impl Strategy<Value = Val> {
    vec(values, 0..4).prop_map(Val::List)
}

fn array(element: SparkType) -> SparkType {
    SparkType::Array(Box::new(element))
}

/// Every type of scalar, of array, and JSON.
fn scalars() -> Vec<Part> {
    use DataType as T;
    let members = vec![SparkField::new("a", SparkType::Double), SparkField::new("b", array(SparkType::string()))];
    let nulls = |values: BoxedStrategy<Val>| prop_oneof![1 => Just(Val::Null), 3 => values];
    let objects = (nulls(finite_double().boxed()), nulls(lists(nulls(texts().boxed())).boxed()));
    vec![
        part(field("b", T::Bool), SparkType::Boolean, any::<bool>().prop_map(Val::Bool)),
        part(field("i8", T::Int8), SparkType::Byte, integers(i8::MIN.into(), i8::MAX.into())),
        part(field("i16", T::Int16), SparkType::Short, integers(i16::MIN.into(), i16::MAX.into())),
        part(field("i32", T::Int32), SparkType::Integer, integers(i32::MIN.into(), i32::MAX.into())),
        part(field("i64", T::Int64), SparkType::Long, integers(i64::MIN, i64::MAX)),
        part(field("f", T::Float), SparkType::Float, any_float()),
        part(field("d", T::Double), SparkType::Double, any_double()),
        part(field("s", T::VarChar), SparkType::string(), texts()),
        part(field("j", T::Json), SparkType::Struct(members), objects.prop_map(|(a, b)| Val::Struct(vec![a, b]))),
        part(list("ab", T::Bool, 3), array(SparkType::Boolean), lists(any::<bool>().prop_map(Val::Bool))),
        part(list("a8", T::Int8, 3), array(SparkType::Byte), lists(integers(i8::MIN.into(), i8::MAX.into()))),
        part(list("a16", T::Int16, 3), array(SparkType::Short), lists(integers(i16::MIN.into(), i16::MAX.into()))),
        part(list("a32", T::Int32, 3), array(SparkType::Integer), lists(integers(i32::MIN.into(), i32::MAX.into()))),
        part(list("a64", T::Int64, 3), array(SparkType::Long), lists(integers(i64::MIN, i64::MAX))),
        part(list("af", T::Float, 3), array(SparkType::Float), lists(any_float())),
        part(list("ad", T::Double, 3), array(SparkType::Double), lists(any_double())),
        part(list("a_s", T::VarChar, 3), array(SparkType::string()), lists(texts())),
        dynamic("more", SparkType::string(), texts()),
        dynamic("number", SparkType::Long, integers(i64::MIN, i64::MAX)),
        dynamic("ratio", SparkType::Double, finite_double()),
    ]
}

fn keys_of(data_type: DataType) -> Part {
    match data_type {
        DataType::Int64 => {
            let few = (0_i64..40).prop_map(int);
            // The greatest one is refused where the server hides it.
            part(primary("id", data_type), SparkType::Long, prop_oneof![few, integers(i64::MIN, i64::MAX - 1)])
        }
        _ => {
            let few = "[a-c\"\\\\]{0,2}".prop_map(text);
            part(primary("id", data_type), SparkType::string(), prop_oneof![few, texts()])
        }
    }
}

/// Writes random rows into one collection, again and again, and reads it after each.
async fn check(place: Place, parts: Vec<Part>, runner: &mut TestRunner, cases: u64) -> Result<usize, String> {
    let mut schema = Schema::default();
    for field in parts.iter().filter_map(|part| part.field.clone()) {
        schema = schema.with(field);
    }
    schema.dynamic().make(&place).await;
    let columns: Vec<(&str, SparkType)> = parts.iter().map(|part| part.column.clone()).collect();
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let row: Vec<BoxedStrategy<Val>> = parts.iter().map(|part| part.values.clone()).collect();
    let cases_of = (vec(row, 0..30), 1_usize..12);
    let sparse: Vec<&str> = columns
        .iter()
        .filter(|(_, data_type)| matches!(data_type, SparkType::Struct(it) if it[0].name == "indices"))
        .map(|(name, _)| *name)
        .collect();
    let mut model: BTreeMap<String, Vec<Val>> = BTreeMap::new();
    let mut written = 0;
    for _ in 0..cases {
        let (rows, batch_rows) = cases_of.new_tree(runner).map_err(|error| error.to_string())?.current();
        written += rows.len();
        let mut job = Job::on(&place).with("batch_rows", &batch_rows.to_string());
        if !sparse.is_empty() {
            job = job.with("sparse_fields", &sparse.join(","));
        }
        for row in &rows {
            model.insert(format!("{:?}", row[0]), row.clone());
        }
        let frame = Frame::new(&columns, rows);
        job.write(&frame, Mode::Append).await.map_err(|error| format!("write: {error:?}"))?;
        let read = Job::on(&place).read_as(&columns).await.map_err(|error| format!("read: {error:?}"))?;
        let expected = Frame { fields: frame.fields.clone(), rows: model.values().cloned().collect() };
        let (read, expected) = (read.select(&names), expected.select(&names));
        if let Some((read, expected)) = read.iter().zip(&expected).find(|(read, expected)| read != expected) {
            let different =
                names.iter().zip(read.iter().zip(expected)).filter(|(_, (read, expected))| read != expected);
            return Err(format!("read and written differ: {:?}", different.collect::<Vec<_>>()));
        }
        if read.len() != expected.len() {
            return Err(format!("{} rows were read, and {} are there", read.len(), expected.len()));
        }
    }
    Ok(written)
}

#[test]
fn what_was_written_is_read_bit_for_bit() {
    let setting = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let cases = setting("PROPTEST_CASES").unwrap_or(CASES);
    let seed = setting("VECTORFUSE_SEED").unwrap_or_else(|| RandomState::new().hash_one(0));
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let vector = |name, data_type, column, values: BoxedStrategy<Val>| part(sized(name, data_type, 8), column, values);
    let bits = vec(any::<u8>(), 1).prop_map(Val::Bytes).boxed();
    let float_vectors = || vectors(float(), 8).boxed();
    let pairs = proptest::collection::btree_map(0_u32..u32::MAX, 1e-3_f32..1e6, 1..5).prop_map(|pairs| {
        let (places, numbers): (Vec<Val>, Vec<Val>) =
            pairs.into_iter().map(|(place, number)| (int(place), Val::Float(number.to_bits()))).unzip();
        Val::Struct(vec![Val::List(places), Val::List(numbers)])
    });
    let sparse = SparkType::Struct(vec![
        SparkField::new("indices", array(SparkType::Long)),
        SparkField::new("values", array(SparkType::Float)),
    ]);
    let with = |key, rest: Vec<Part>, vectors: Vec<Part>| -> Vec<Part> {
        std::iter::once(keys_of(key)).chain(rest).chain(vectors).collect()
    };
    let nullable =
        || scalars().into_iter().map(|part| if part.field.is_some() { part.nullable() } else { part }).collect();
    let collections = vec![
        (
            Place::real("p_f"),
            with(DataType::Int64, scalars(), vec![vector("v", DataType::FloatVector, floats(), float_vectors())]),
        ),
        (
            Place::real("p_b"),
            with(DataType::VarChar, scalars(), vec![vector("v", DataType::BinaryVector, SparkType::Binary, bits)]),
        ),
        (
            Place::lite("p_l"),
            with(
                DataType::Int64,
                nullable(),
                vec![
                    vector("v", DataType::FloatVector, floats(), float_vectors()),
                    vector("w", DataType::FloatVector, floats(), float_vectors()),
                    part(field("s_v", DataType::SparseFloatVector), sparse, pairs),
                ],
            ),
        ),
        (
            Place::lite("p_t"),
            with(DataType::VarChar, scalars(), vec![vector("v", DataType::FloatVector, floats(), float_vectors())]),
        ),
    ];
    let (count, mut rows) = (collections.len(), 0);
    for (place, parts) in collections {
        let name = place.collection.clone();
        match block_on(check(place, parts, &mut runner, cases)) {
            Ok(written) => rows += written,
            Err(why) => panic!("seed {seed}, {name}: {why}"),
        }
    }
    // Past the harness, which would swallow it.
    writeln!(
        std::io::stderr(),
        "property: {count} collections of Milvus, {} writes, {rows} rows, seed {seed} (VECTORFUSE_SEED)",
        count as u64 * cases
    )
    .unwrap();
}
