//! Random schemas and rows for the property test: every type, odd names, values at the edges, nulls everywhere.

mod vectors;

use proptest::collection::{btree_set, hash_set, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;
use vectorfuse_core::schema::{SparkField, SparkType};

pub use vectors::VectorColumn;

use crate::store::Abilities;
use crate::values::{Val, int, text};

/// Nesting beyond a column's own type.
const DEPTH: u32 = 3;

/// How the rows of a case are named.
#[derive(Clone, Debug)]
pub enum IdKind {
    /// By one column of this type with these values.
    Column(SparkType, Vec<Val>),
    /// By two columns together, whose values are these.
    Keys(Vec<(Val, Val)>),
    /// By nothing.
    None,
}

/// A collection's worth of columns and rows.
#[derive(Clone, Debug)]
pub struct Case {
    pub payload: Vec<SparkField>,
    /// A payload's values, row by row.
    pub rows: Vec<Vec<Val>>,
    pub id: IdKind,
    pub vectors: Vec<VectorColumn>,
    pub splits: usize,
    pub page_size: Option<u32>,
    pub batch_rows: usize,
    pub partitions: usize,
    /// Which columns are read when not all are.
    pub projection: Vec<bool>,
}

pub fn name(can: Abilities) -> BoxedStrategy<String> {
    if can.any_names { any_name().boxed() } else { "[a-z_][a-z0-9_]{0,6}".boxed() }
}

fn any_name() -> impl Strategy<Value = String> {
    let odd = [
        "",
        " ",
        "a.b",
        "a[0]",
        "a[]",
        "\"x\"",
        "\"",
        "a\\b",
        "id ",
        "Id",
        "payload",
        "vectorfuse",
        "größe",
        "日本",
        "🦀",
        "a b",
        "a,b",
        "'",
        "$",
        "*",
        "x.",
        ".x",
        "a\tb",
        "a\nb",
        "null",
        "-",
        "0",
        "payload_id",
        "[",
        "a\"b.c",
    ];
    prop_oneof![3 => "[a-z_][a-z0-9_-]{0,6}", 3 => select(odd.to_vec()).prop_map(str::to_owned), 1 => "\\PC{1,5}"]
}

fn names(can: Abilities, most: usize) -> impl Strategy<Value = Vec<String>> {
    hash_set(name(can), 0..=most).prop_map(|names| names.into_iter().collect())
}

fn atomic() -> impl Strategy<Value = SparkType> {
    let string = ["string", "char(3)", "varchar(8)", "string collate UNICODE_CI"];
    prop_oneof![
        10 => select(vec![
            SparkType::Boolean, SparkType::Byte, SparkType::Short, SparkType::Integer, SparkType::Long,
            SparkType::Float, SparkType::Double, SparkType::Binary, SparkType::Date, SparkType::Timestamp,
            SparkType::TimestampNtz,
        ]),
        2 => select(string.to_vec()).prop_map(|name| SparkType::String(name.to_owned())),
        2 => (1_u8..=38).prop_flat_map(|precision| (Just(precision), 0..=precision))
            .prop_map(|(precision, scale)| SparkType::Decimal(precision, i8::try_from(scale).unwrap())),
    ]
}

fn data_type() -> impl Strategy<Value = SparkType> {
    let leaf = prop_oneof![12 => atomic(), 1 => Just(SparkType::Null), 1 => Just(SparkType::Variant)];
    leaf.prop_recursive(DEPTH, 12, 3, move |inner| {
        prop_oneof![
            inner.clone().prop_map(|element| SparkType::Array(Box::new(element))),
            (hash_set(any_name(), 0..=3), vec(inner.clone(), 3)).prop_map(|(names, types)| {
                SparkType::Struct(names.into_iter().zip(types).map(|(name, t)| SparkField::new(name, t)).collect())
            }),
            (atomic(), inner).prop_map(|(key, value)| SparkType::Map(Box::new(key), Box::new(value))),
        ]
    })
}

fn integer(range: std::ops::RangeInclusive<i128>) -> BoxedStrategy<Val> {
    let (low, high) = (*range.start(), *range.end());
    let edges: Vec<i128> = [low, low + 1, -1, 0, 1, high - 1, high].into_iter().filter(|v| range.contains(v)).collect();
    prop_oneof![1 => select(edges).prop_map(Val::Int), 2 => range.prop_map(Val::Int)].boxed()
}

fn string() -> BoxedStrategy<Val> {
    let edges =
        ["", " ", "\0", "a\0b", "𝄞🦀", "𩸽鸽", "\u{feff}", "\u{10ffff}", "null", "{}", "2024-01-01", "7", "e\u{301}"];
    prop_oneof![select(edges.to_vec()).prop_map(text), any::<String>().prop_map(text), "[a-z]{0,40}".prop_map(text)]
        .boxed()
}

fn shortened(value: Val, most: Option<usize>) -> Val {
    match (value, most) {
        (Val::Text(value), Some(most)) => text(value.chars().take(most).collect::<String>()),
        (value, _) => value,
    }
}

/// Finite 32-bit numbers.
fn float() -> impl Strategy<Value = f32> {
    let edges = [0.0, -0.0, f32::MIN, f32::MAX, f32::MIN_POSITIVE, f32::from_bits(1), 0.1, 16_777_217.0, -1.0];
    prop_oneof![1 => select(edges.to_vec()), 3 => any::<f32>().prop_filter("finite", |value| value.is_finite())]
}

fn double() -> impl Strategy<Value = f64> {
    let edges = [0.0, -0.0, f64::MIN, f64::MAX, 5e-324, f64::MIN_POSITIVE, 0.1, 9_007_199_254_740_993.0, 1e22, 1.0];
    prop_oneof![1 => select(edges.to_vec()), 3 => any::<f64>().prop_filter("finite", |value| value.is_finite())]
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|v| json!(v)),
        any::<i64>().prop_map(|v| json!(v)),
        double().prop_map(|v| json!(v)),
        any::<String>().prop_map(|v| json!(v)),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(serde_json::Value::Array),
            proptest::collection::hash_map(any_name(), inner, 0..3).prop_map(|members| json!(members)),
        ]
    })
}

/// A value that is not null itself; what is inside may be.
fn present(data_type: &SparkType) -> BoxedStrategy<Val> {
    match data_type {
        SparkType::Null => Just(Val::Null).boxed(),
        SparkType::Boolean => any::<bool>().prop_map(Val::Bool).boxed(),
        SparkType::Byte => integer(i8::MIN.into()..=i8::MAX.into()),
        SparkType::Short => integer(i16::MIN.into()..=i16::MAX.into()),
        SparkType::Integer | SparkType::Date => integer(i32::MIN.into()..=i32::MAX.into()),
        SparkType::Long | SparkType::Timestamp | SparkType::TimestampNtz => integer(i64::MIN.into()..=i64::MAX.into()),
        SparkType::Float => float().prop_map(|value| Val::Float(value.to_bits())).boxed(),
        SparkType::Double => double().prop_map(|value| Val::Double(value.to_bits())).boxed(),
        SparkType::Decimal(precision, _) => {
            let most = 10_i128.pow((*precision).into()) - 1;
            integer(-most..=most)
        }
        SparkType::String(name) => {
            // As many characters as Spark lets through.
            let most = name.split_once('(').map(|(_, most)| most.trim_end_matches(')').parse::<usize>().unwrap());
            string().prop_map(move |value| shortened(value, most)).boxed()
        }
        SparkType::Binary => vec(any::<u8>(), 0..20).prop_map(Val::Bytes).boxed(),
        SparkType::Variant => json().prop_map(Val::Variant).boxed(),
        SparkType::MllibVector(_) => panic!("a payload has no vector of MLlib"),
        SparkType::Array(element) => vec(element_value(element), 0..4).prop_map(Val::List).boxed(),
        SparkType::Struct(fields) => {
            fields.iter().map(|field| value(&field.data_type)).collect::<Vec<_>>().prop_map(Val::Struct).boxed()
        }
        SparkType::Map(key, held) => vec((present(key), element_value(held)), 0..4)
            .prop_map(|entries| {
                let mut distinct: Vec<(Val, Val)> = Vec::new();
                for (key, value) in entries {
                    if !distinct.iter().any(|(other, _)| *other == key) {
                        distinct.push((key, value));
                    }
                }
                Val::map(distinct)
            })
            .boxed(),
    }
}

/// In an array or map no variant at all is not told from a variant that holds null (docs/types.md).
fn element_value(data_type: &SparkType) -> BoxedStrategy<Val> {
    if *data_type == SparkType::Variant { present(data_type) } else { value(data_type) }
}

/// A value of a column.
fn column_value(can: Abilities, data_type: &SparkType) -> BoxedStrategy<Val> {
    let value = match data_type {
        SparkType::Array(element) if !can.null_elements && is_single(element) => {
            vec(present(element), 0..4).prop_map(Val::List).boxed()
        }
        _ => present(data_type),
    };
    if can.nulls { prop_oneof![1 => Just(Val::Null), 4 => value].boxed() } else { value }
}

/// A type that the store has no column for, as one that it has.
fn held(can: Abilities, data_type: SparkType) -> SparkType {
    match &data_type {
        SparkType::Array(element) if !can.nested_lists && !is_single(element) => {
            SparkType::Struct(vec![SparkField::new("list", data_type)])
        }
        SparkType::Variant if !can.bare_variants => SparkType::Struct(vec![SparkField::new("variant", data_type)]),
        SparkType::Null if !can.voids => SparkType::Boolean,
        _ => data_type,
    }
}

fn is_single(data_type: &SparkType) -> bool {
    let nested = matches!(data_type, SparkType::Array(_) | SparkType::Struct(_) | SparkType::Map(..));
    !nested && !matches!(data_type, SparkType::Null | SparkType::Variant)
}

fn value(data_type: &SparkType) -> BoxedStrategy<Val> {
    prop_oneof![1 => Just(Val::Null), 4 => present(data_type)].boxed()
}

fn distinct(data_type: SparkType, of: impl Strategy<Value = Val> + 'static, rows: usize) -> BoxedStrategy<IdKind> {
    let set = vec(of, rows * 2).prop_filter_map("too few distinct ids", move |values| {
        let mut distinct: Vec<Val> = Vec::new();
        for value in values {
            if !distinct.contains(&value) {
                distinct.push(value);
            }
        }
        (distinct.len() >= rows).then(|| distinct[..rows].to_vec())
    });
    set.prop_map(move |values| IdKind::Column(data_type.clone(), values)).boxed()
}

/// The spellings of UUIDs; `uuid` is distinct in each row, so no two of them name one point.
fn uuids(rows: usize) -> BoxedStrategy<IdKind> {
    let spelt = |(uuid, how): (u128, u8)| {
        let uuid = uuid::Uuid::from_u128(uuid);
        text(match how {
            0 => uuid.hyphenated().to_string(),
            1 => uuid.hyphenated().to_string().to_uppercase(),
            2 => uuid.simple().to_string(),
            3 => uuid.braced().to_string(),
            _ => uuid.urn().to_string(),
        })
    };
    (btree_set(any::<u128>(), rows), vec(0_u8..5, rows))
        .prop_map(move |(uuids, how)| {
            IdKind::Column(SparkType::string(), uuids.into_iter().zip(how).map(spelt).collect())
        })
        .boxed()
}

fn id(can: Abilities, rows: usize) -> BoxedStrategy<IdKind> {
    let signed = |data_type: SparkType, most: i128| {
        let numbers = btree_set(prop_oneof![0..=most, most - 40..=most, 0..=40_i128], rows);
        numbers
            .prop_map(move |numbers| IdKind::Column(data_type.clone(), numbers.into_iter().map(Val::Int).collect()))
            .boxed()
    };
    let digits = prop_oneof!["0{0,2}[0-9]{1,3}", Just("18446744073709551615".to_owned()), "[+-]?[0-9]{1,2}"];
    let texts = prop_oneof![3 => string(), 1 => digits.prop_map(text)];
    let kept = |data_type: SparkType| distinct(data_type.clone(), present(&data_type), rows);
    let keys = (0_u64..1000).prop_map(move |start| {
        let key = |row: usize| (int(i128::from(start) + (row / 3) as i128), text(format!("k{}", row % 3)));
        IdKind::Keys((0..rows).map(key).collect())
    });
    let plain = prop_oneof![
        // One below the greatest, which Milvus 2.3 does not give back.
        signed(SparkType::Long, i128::from(i64::MAX) - 1),
        uuids(rows),
        distinct(SparkType::string(), string(), rows),
    ];
    if !can.made_ids {
        return plain.boxed();
    }
    prop_oneof![
        signed(SparkType::Byte, i8::MAX.into()),
        signed(SparkType::Short, i16::MAX.into()),
        signed(SparkType::Integer, i32::MAX.into()),
        signed(SparkType::Long, i64::MAX.into()),
        signed(SparkType::Decimal(20, 0), u64::MAX.into()),
        uuids(rows),
        distinct(SparkType::string(), texts, rows),
        kept(SparkType::Date),
        kept(SparkType::Timestamp),
        kept(SparkType::Double),
        kept(SparkType::Decimal(12, 3)),
        kept(SparkType::Binary),
        keys,
        Just(IdKind::None),
    ]
    .boxed()
}

pub fn case(can: Abilities) -> impl Strategy<Value = Case> {
    let columns = (names(can, 5), vec(data_type().prop_map(move |t| held(can, t)), 5));
    let columns = columns.prop_map(|(names, types)| {
        names.into_iter().zip(types).map(|(name, t)| SparkField::new(name, t)).collect::<Vec<_>>()
    });
    (columns, 0_usize..25).prop_flat_map(move |(payload, rows)| {
        let row: Vec<BoxedStrategy<Val>> = payload.iter().map(|field| column_value(can, &field.data_type)).collect();
        let reading = (1_usize..=5, proptest::option::of(1_u32..8), vec(any::<bool>(), 20));
        let writing = (1_usize..12, 1_usize..4);
        (Just(payload), vec(row, rows), id(can, rows), vectors::vectors(can, rows), reading, writing).prop_map(
            |(payload, rows, id, vectors, (splits, page_size, projection), (batch_rows, partitions))| Case {
                payload,
                rows,
                id,
                vectors,
                splits,
                page_size,
                batch_rows,
                partitions,
                projection,
            },
        )
    })
}
