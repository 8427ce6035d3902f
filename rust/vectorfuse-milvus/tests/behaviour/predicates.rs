//! Which rows a server keeps for a predicate, against what Spark makes of it: random predicates over random rows, with
//! nulls where the server has them, NaN, and texts full of quotes and line ends.
//!
//! `VECTORFUSE_SEED` repeats a run; the seed and the counts stand in the lines at the end. `VECTORFUSE_PREDICATES` makes it
//! longer.

use std::collections::BTreeSet;
use std::io::Write;

use serde_json::json;
use vectorfuse_core::predicate::{Expr, Fit};
use vectorfuse_core::schema::{SparkField, SparkType};
use vectorfuse_core::store::Store;
use vectorfuse_core::table::{Table, fields};

use crate::support::block_on;
use crate::support::foreign::proto::scalar_field::Data;
use crate::support::foreign::proto::{
    BoolArray, DataType, DoubleArray, FieldData, FieldSchema, FloatArray, IntArray, LongArray, StringArray,
};
use crate::support::foreign::{Foreign, Server, field, key, plain_vectors, scalars};
use crate::support::logic::{literal, truth};
use crate::support::reader::Reader;
use crate::support::values::{Val, int, text};

const ROWS: usize = 200;
/// Of the predicates, this share must be evaluated by the server: a translation that refuses everything is exact too.
const LEAST_PUSHED: f64 = 0.6;

fn predicates() -> usize {
    std::env::var("VECTORFUSE_PREDICATES").map_or(300, |text| text.parse().unwrap())
}

/// Past the harness, which would swallow it.
fn tell(line: &str) {
    let mut out = std::io::stderr();
    writeln!(out, "predicates, {line}").unwrap();
}

/// Small and repeatable: what matters is that edges meet edges.
struct Dice(u64);

impl Dice {
    fn of(label: &str) -> Self {
        let given = std::env::var("VECTORFUSE_SEED").ok().map(|text| text.parse::<u64>().unwrap());
        let seed = given.unwrap_or_else(|| {
            use std::hash::{BuildHasher, RandomState};
            RandomState::new().hash_one(0) >> 16
        });
        tell(&format!("{label}: seed {seed} (VECTORFUSE_SEED)"));
        Self(seed)
    }

    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % sides as u64).unwrap()
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())].clone()
    }
}

/// The fields: name, type in Milvus, type in Spark, and whether that is kept with the field.
fn columns() -> Vec<(&'static str, DataType, SparkType, bool)> {
    vec![
        ("b", DataType::Bool, SparkType::Boolean, false),
        ("y", DataType::Int8, SparkType::Byte, false),
        ("h", DataType::Int16, SparkType::Short, false),
        ("i", DataType::Int32, SparkType::Integer, false),
        ("l", DataType::Int64, SparkType::Long, false),
        ("f", DataType::Float, SparkType::Float, false),
        ("d", DataType::Double, SparkType::Double, false),
        ("s", DataType::VarChar, SparkType::string(), false),
        ("c", DataType::VarChar, SparkType::Decimal(20, 3), true),
        ("dt", DataType::VarChar, SparkType::Date, true),
        ("ts", DataType::Int64, SparkType::Timestamp, true),
        ("nt", DataType::Int64, SparkType::TimestampNtz, true),
        ("ch", DataType::VarChar, SparkType::String("char(3)".to_owned()), true),
    ]
}

fn odd_texts() -> Vec<String> {
    let odd = [
        "",
        " ",
        "x",
        "X",
        "xy",
        "x\u{d7ff}",
        "x\u{e000}",
        "x\u{10ffff}",
        "'",
        "\"",
        "\\",
        "\\\"",
        "\n",
        "\t",
        "\r",
        "\\n",
        "a\nb",
        "größe",
        "日本🦀",
        "𩸽",
        "鸽",
        "\\𠮷\"日",
        "\\U00020bb7",
        "%",
        "_",
        "x%",
        "x_",
        "{}",
        "\u{1}",
        "\u{7f}",
        "\u{2028}",
        "null",
        "true",
        "5",
        "/*",
        "\u{feff}",
    ];
    odd.map(str::to_owned).to_vec()
}

/// Values at the edges of a type, and some in between.
fn pool(data_type: &SparkType) -> Vec<Val> {
    let ints = |values: &[i64]| values.iter().map(|value| int(*value)).collect();
    let edge = 1_i64 << 53;
    match data_type {
        SparkType::Boolean => vec![Val::Bool(true), Val::Bool(false)],
        SparkType::Byte => ints(&[-128, -1, 0, 1, 127]),
        SparkType::Short => ints(&[-32_768, -1, 0, 1, 32_767]),
        SparkType::Integer => ints(&[i32::MIN.into(), -7, 0, 1, 2, 3, i32::MAX.into()]),
        SparkType::Long | SparkType::Timestamp | SparkType::TimestampNtz => ints(&[
            i64::MIN,
            i64::MIN + 1,
            -edge - 1,
            -edge,
            -1,
            0,
            1,
            2,
            edge - 1,
            edge,
            edge + 1,
            edge + 2,
            i64::MAX - 1,
            i64::MAX,
        ]),
        SparkType::Float => {
            [f32::MIN, -1.5, -0.0, 0.0, 0.1, 1.0, 3e-45, 16_777_216.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY]
                .iter()
                .map(|value| Val::Float(value.to_bits()))
                .collect()
        }
        SparkType::Double => {
            let values = [
                f64::MIN,
                -1.5,
                -0.0,
                0.0,
                5e-324,
                0.1,
                1.0,
                9_007_199_254_740_993.0,
                1e300,
                f64::NAN,
                f64::INFINITY,
                f64::NEG_INFINITY,
            ];
            values.iter().map(|value| Val::Double(value.to_bits())).collect()
        }
        SparkType::String(name) if name == "string" => odd_texts().into_iter().map(text).collect(),
        SparkType::String(_) => ["abc", "a  ", "   "].map(text).to_vec(),
        SparkType::Decimal(..) => ints(&[-1500, -5, 0, 5, 1000, 1500, 99_999_999]),
        SparkType::Date => {
            ints(&[i32::MIN.into(), -800_000, -719_528, -719_529, -1, 0, 19_782, 2_932_896, 2_932_897, i32::MAX.into()])
        }
        other => panic!("no values of {}", other.name()),
    }
}

/// What is stored of a column: the server's values, nulls filled up, and which of them are there.
fn stored(name: &str, data_type: DataType, spark: &SparkType, values: &[Val], nullable: bool) -> FieldData {
    let number = |value: &Val| if let Val::Int(number) = value { i64::try_from(*number).unwrap() } else { 0 };
    let written = |value: &Val| match (value, spark) {
        (Val::Text(text), _) => text.clone(),
        (Val::Int(days), SparkType::Date) => vectorfuse_core::civil::date_text(i64::try_from(*days).unwrap()),
        (Val::Int(unscaled), SparkType::Decimal(precision, scale)) => {
            vectorfuse_core::payload::decimal_text(&format!("{unscaled}E-{scale}"), *precision, *scale).unwrap()
        }
        _ => String::new(),
    };
    let data = match data_type {
        DataType::Bool => {
            Data::BoolData(BoolArray { data: values.iter().map(|value| *value == Val::Bool(true)).collect() })
        }
        DataType::Int64 => Data::LongData(LongArray { data: values.iter().map(number).collect() }),
        DataType::Float => {
            let float = |value: &Val| if let Val::Float(bits) = value { f32::from_bits(*bits) } else { 0.0 };
            Data::FloatData(FloatArray { data: values.iter().map(float).collect() })
        }
        DataType::Double => {
            let double = |value: &Val| if let Val::Double(bits) = value { f64::from_bits(*bits) } else { 0.0 };
            Data::DoubleData(DoubleArray { data: values.iter().map(double).collect() })
        }
        DataType::VarChar => Data::StringData(StringArray { data: values.iter().map(written).collect() }),
        _ => {
            Data::IntData(IntArray { data: values.iter().map(|value| i32::try_from(number(value)).unwrap()).collect() })
        }
    };
    let field = scalars(name, data_type, data);
    if !nullable {
        return field;
    }
    FieldData { valid_data: values.iter().map(|value| *value != Val::Null).collect(), ..field }
}

fn random_predicate(dice: &mut Dice, columns: &[SparkField], ids: &[Val], depth: usize) -> Expr {
    let call = |name: &str, children: Vec<Expr>| Expr::Call(name.to_owned(), children);
    if depth > 0 && dice.roll(2) == 0 {
        let a = random_predicate(dice, columns, ids, depth - 1);
        return match dice.roll(5) {
            0 => call("NOT", vec![a]),
            side => {
                let b = random_predicate(dice, columns, ids, depth - 1);
                call(if side % 2 == 0 { "AND" } else { "OR" }, vec![a, b])
            }
        };
    }
    let column_field = dice.pick(columns);
    let data_type = column_field.data_type.clone();
    let column = Expr::Column(vec![column_field.name.clone()]);
    let values = if column_field.name == "id" { ids.to_vec() } else { pool(&data_type) };
    if dice.roll(10) == 0 {
        return call(["IS_NULL", "IS_NOT_NULL"][dice.roll(2)], vec![column]);
    }
    let mut constant = || {
        let value = if dice.roll(12) == 0 { Val::Null } else { dice.pick(&values) };
        literal(&value, &data_type).unwrap()
    };
    let first = constant();
    let more = [constant(), constant(), constant()];
    match dice.roll(14) {
        0 if data_type == SparkType::Boolean => column,
        0 | 1 if matches!(data_type, SparkType::String(_)) => call("STARTS_WITH", vec![column, first]),
        1 => call("IN", [vec![column], more.to_vec()].concat()),
        2 => call("IN", vec![column, first]),
        3 => call("<=>", vec![column, first]),
        4 | 5 => call("<>", vec![column, first]),
        6 => call("<", vec![first, column]),
        7..=9 => call("=", vec![column, first]),
        _ => call(["<", "<=", ">", ">="][dice.roll(4)], vec![column, first]),
    }
}

/// The keys of the rows that a read with these predicates gives.
async fn kept(reader: &Reader, table: &Table, predicates: Vec<Expr>) -> BTreeSet<String> {
    let id = fields(&table.columns).into_iter().find(|field| field.name == "id").unwrap();
    let scan = table.clone().scan(&[id]).unwrap().only(predicates);
    let parts = reader.read_scan(&scan, 1).await.unwrap();
    parts.concat().iter().flat_map(crate::support::reader::shown).map(|mut row| row.remove(0)).collect()
}

/// Compares what the server keeps with the model, predicate by predicate.
async fn compare(server: Server, key_type: DataType) {
    let label = format!("{server:?}, keys {key_type:?}");
    let dice = &mut Dice::of(&label);
    let nullable = server == Server::Lite;
    let kept_with = |spark: &SparkType| format!("vectorfuse: {}", json!({"type": spark.name(), "metadata": {}}));
    let mut schema = vec![key("id", key_type)];
    schema.extend(columns().into_iter().map(|(name, data_type, spark, is_kept)| FieldSchema {
        nullable,
        description: if is_kept { kept_with(&spark) } else { String::new() },
        ..field(name, data_type)
    }));
    schema.push(field("v", DataType::FloatVector));
    let foreign = Foreign::make(server, schema, false).await;

    let key_spark = if key_type == DataType::Int64 { SparkType::Long } else { SparkType::string() };
    let ids: Vec<Val> = match key_type {
        DataType::Int64 => {
            let edges = pool(&SparkType::Long).into_iter().filter(|value| *value != int(i64::MAX));
            edges.chain((100_i64..).map(int)).take(ROWS).collect()
        }
        _ => odd_texts().into_iter().chain((0..).map(|n| format!("key-{n}"))).take(ROWS).map(text).collect(),
    };
    let mut frame: Vec<SparkField> = vec![SparkField::new("id", key_spark.clone())];
    let mut data = vec![stored("id", key_type, &key_spark, &ids, false)];
    let mut values = vec![ids.clone()];
    for (name, data_type, spark, _) in columns() {
        let column: Vec<Val> = (0..ROWS)
            .map(|_| if nullable && dice.roll(5) == 0 { Val::Null } else { dice.pick(&pool(&spark)) })
            .collect();
        data.push(stored(name, data_type, &spark, &column, nullable));
        frame.push(SparkField::new(name, spark));
        values.push(column);
    }
    data.push(plain_vectors(ROWS));
    foreign.insert(ROWS, data).await;
    let rows: Vec<Vec<Val>> = (0..ROWS).map(|row| values.iter().map(|column| column[row].clone()).collect()).collect();
    let shown_id = |row: &[Val]| match &row[0] {
        Val::Int(number) => number.to_string(),
        Val::Text(text) => text.clone(),
        other => panic!("{other:?} is no key"),
    };

    let reader = Reader::of(&foreign);
    let table = reader.table(None).await.unwrap();
    let (mut exact, mut narrowed, mut least) = (0, 0, 0);
    let all = predicates();
    for round in 0..all {
        // Rows on disk are looked at in another way than those that are yet to be written there.
        if round == all / 2 {
            foreign.flush().await;
        }
        let predicate = random_predicate(dice, &frame, &ids[..40], 3);
        let fit = reader.store().unwrap().accepts(&table, std::slice::from_ref(&predicate)).unwrap()[0];
        if fit == Fit::No {
            continue;
        }
        let wanted = rows.iter().filter(|row| truth(&predicate, &frame, row) == Some(true));
        let wanted: BTreeSet<String> = wanted.map(|row| shown_id(row)).collect();
        let found = kept(&reader, &table, vec![predicate.clone()]).await;
        let show = |ids: &[&String]| {
            let rows = rows.iter().filter(|row| ids.contains(&&shown_id(row)));
            rows.take(2).map(|row| format!("{row:?}")).collect::<Vec<_>>().join("\n")
        };
        let missing: Vec<_> = wanted.difference(&found).collect();
        let extra: Vec<_> = found.difference(&wanted).collect();
        assert!(missing.is_empty(), "{label}: {predicate} ({fit:?}) loses {missing:?}: {}", show(&missing));
        match fit {
            Fit::Exact => {
                assert!(extra.is_empty(), "{label}: {predicate} keeps {extra:?}: {}", show(&extra));
                exact += 1;
            }
            Fit::Narrows => narrowed += 1,
            Fit::No => {}
        }
        least += usize::from(!wanted.is_empty() && wanted.len() < ROWS);
    }
    tell(&format!(
        "{label}: {all} predicates over {ROWS} rows: {exact} exact, {narrowed} narrowing, {least} kept some rows and not all"
    ));
    let pushed = f64::from(exact + narrowed) / all as f64;
    assert!(pushed > LEAST_PUSHED, "{label}: only {pushed} of the predicates were pushed");
    assert!(least * 10 > all, "{label}: only {least} predicates told rows apart");
    foreign.drop_it().await;
}

#[test]
fn predicates_keep_what_spark_would_on_milvus() {
    block_on(async {
        compare(Server::Milvus, DataType::Int64).await;
        compare(Server::Milvus, DataType::VarChar).await;
    });
}

#[test]
fn predicates_keep_what_spark_would_on_milvus_lite() {
    block_on(async {
        compare(Server::Lite, DataType::Int64).await;
        compare(Server::Lite, DataType::VarChar).await;
    });
}
