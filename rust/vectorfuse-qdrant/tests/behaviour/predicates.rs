//! Which rows the server keeps for a predicate, against what Spark makes of it: thousands of random predicates over
//! collections that we wrote and collections that others filled, with payload indexes and without.
//!
//! `VECTORFUSE_SEED` repeats a run; the seed and the counts stand in the lines at the end.

use std::collections::BTreeSet;
use std::io::Write;

use qdrant_client::qdrant::points_client::PointsClient;
use qdrant_client::qdrant::{CreateFieldIndexCollectionBuilder, FieldType};
use serde_json::{Value as Json, json};
use vectorfuse_core::options::Side;
use vectorfuse_core::predicate::{Expr, Fit};
use vectorfuse_core::schema::{SparkField, SparkType};
use vectorfuse_core::store::Store;
use vectorfuse_core::table::{Table, fields};

use crate::support::raw::filled;
use crate::support::job::{Frame, Job};
use crate::support::logic::{literal, truth};
use crate::support::server::{Place, asking, block_on, channel};
use crate::support::values::{Val, double, int, text};

const ROWS: usize = 200;
const PREDICATES: usize = 1000;
/// Of the predicates, this share must be evaluated by the server: a translation that refuses everything is exact too.
const LEAST_PUSHED: f64 = 0.4;

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

/// Values at the edges of a type, and some in between.
fn pool(data_type: &SparkType) -> Vec<Val> {
    let ints = |values: &[i64]| values.iter().map(|value| int(*value)).collect();
    match data_type {
        SparkType::Boolean => vec![Val::Bool(true), Val::Bool(false)],
        SparkType::Byte => ints(&[-128, -1, 0, 1, 127]),
        SparkType::Integer => ints(&[i32::MIN.into(), -7, 0, 1, 2, 3, i32::MAX.into()]),
        SparkType::Long => {
            let edge = 1_i64 << 53;
            ints(&[i64::MIN, -edge - 1, -edge, -edge + 1, -1, 0, 1, 2, edge - 1, edge, edge + 1, edge + 2, i64::MAX])
        }
        SparkType::Float => {
            [f32::MIN, -1.5, -0.0, 0.0, 0.1, 1.0, 3e-45].iter().map(|value| Val::Float(value.to_bits())).collect()
        }
        SparkType::Double => {
            [f64::MIN, -1.5, -0.0, 0.0, 5e-324, 0.1, 1.0, 2.0, 9_007_199_254_740_992.0, 1e300].map(double).to_vec()
        }
        SparkType::String(_) => {
            let odd = [
                "",
                " ",
                "x",
                "X",
                "'\"\n\\",
                "größe",
                "日本🦀",
                "5",
                "-5",
                "1.0",
                "1.5",
                "true",
                "null",
                "[]",
                "[1]",
                "{\"a\":1}",
                "\"x\"",
                "2024-02-29",
                "[\"x\"]",
            ];
            odd.map(text).to_vec()
        }
        SparkType::Decimal(..) => ints(&[-1500, -5, 0, 5, 1000, 1500, 99_999_999]),
        SparkType::Date => {
            ints(&[i32::MIN.into(), -800_000, -719_528, -1, 0, 19_782, 2_932_896, 2_932_897, i32::MAX.into()])
        }
        SparkType::Timestamp | SparkType::TimestampNtz => ints(&[
            i64::MIN,
            -63_000_000_000_000_001,
            -1,
            0,
            1,
            999_999,
            1_000_000,
            1_709_208_000_000_000,
            1_709_208_000_000_001,
            253_402_300_799_999_999,
            253_402_300_800_000_000,
            i64::MAX,
        ]),
        SparkType::Array(_) => vec![Val::List(vec![]), Val::List(vec![int(1)]), Val::List(vec![int(1), Val::Null])],
        other => panic!("no values of {}", other.name()),
    }
}

fn random_value(dice: &mut Dice, data_type: &SparkType) -> Val {
    if dice.roll(6) == 0 {
        return Val::Null;
    }
    match data_type {
        SparkType::Struct(members) => {
            Val::Struct(members.iter().map(|member| random_value(dice, &member.data_type)).collect())
        }
        _ => dice.pick(&pool(data_type)),
    }
}

fn columns() -> Vec<(&'static str, SparkType)> {
    let inner =
        SparkType::Struct(vec![SparkField::new("q", SparkType::Double), SparkField::new("a.b", SparkType::string())]);
    vec![
        ("b", SparkType::Boolean),
        ("y", SparkType::Byte),
        ("i", SparkType::Integer),
        ("l", SparkType::Long),
        ("f", SparkType::Float),
        ("d", SparkType::Double),
        ("s", SparkType::string()),
        ("c", SparkType::Decimal(20, 3)),
        ("dt", SparkType::Date),
        ("ts", SparkType::Timestamp),
        ("tn", SparkType::TimestampNtz),
        ("o", SparkType::Struct(vec![SparkField::new("x", SparkType::Long), SparkField::new("in", inner)])),
        ("a.b", SparkType::string()),
        ("größe [1]", SparkType::Long),
        ("q\"", SparkType::Long),
        ("r", SparkType::Array(Box::new(SparkType::Long))),
    ]
}

const INDEXES: &[(&str, FieldType)] = &[
    ("b", FieldType::Bool),
    ("i", FieldType::Integer),
    ("l", FieldType::Integer),
    ("f", FieldType::Float),
    ("d", FieldType::Float),
    ("s", FieldType::Keyword),
    ("dt", FieldType::Datetime),
    ("ts", FieldType::Datetime),
    ("o.x", FieldType::Integer),
    ("o.in.\"a.b\"", FieldType::Keyword),
    ("\"a.b\"", FieldType::Keyword),
];

/// The paths of what can be compared.
fn leaves(fields: &[SparkField], before: &[String]) -> Vec<(Vec<String>, SparkType)> {
    let mut found = Vec::new();
    for field in fields {
        let mut path = before.to_vec();
        path.push(field.name.clone());
        if let SparkType::Struct(members) = &field.data_type {
            found.extend(leaves(members, &path));
        }
        found.push((path, field.data_type.clone()));
    }
    found
}

fn random_predicate(dice: &mut Dice, leaves: &[(Vec<String>, SparkType)], ids: &[Val], depth: usize) -> Expr {
    let call = |name: &str, children| Expr::Call(name.to_owned(), children);
    if depth > 0 && dice.roll(3) == 0 {
        let a = random_predicate(dice, leaves, ids, depth - 1);
        return match dice.roll(5) {
            0 | 1 => call("NOT", vec![a]),
            side => {
                let b = random_predicate(dice, leaves, ids, depth - 1);
                call(if side % 2 == 0 { "AND" } else { "OR" }, vec![a, b])
            }
        };
    }
    let (path, data_type) = dice.pick(leaves);
    let column = Expr::Column(path.clone());
    let values = if path == ["id"] {
        ids.to_vec()
    } else if let SparkType::Struct(_) | SparkType::Array(_) = data_type {
        vec![]
    } else {
        pool(&data_type)
    };
    if values.is_empty() || dice.roll(8) == 0 {
        return call(["IS_NULL", "IS_NOT_NULL"][dice.roll(2)], vec![column]);
    }
    let mut constant = || {
        let value = if dice.roll(12) == 0 { Val::Null } else { dice.pick(&values) };
        literal(&value, &data_type).unwrap()
    };
    let first = constant();
    let more = [constant(), constant(), constant()];
    match dice.roll(12) {
        0 if data_type == SparkType::Boolean => column,
        1 => call("IN", [vec![column], more.to_vec()].concat()),
        2 => call("IN", vec![column, first]),
        3 => call("<=>", vec![column, first]),
        4 => call("<>", vec![column, first]),
        5 => call("<", vec![first, column]),
        6 => call("ALWAYS_TRUE", vec![]),
        7..=9 => call("=", vec![column, first]),
        _ => call(["<", "<=", ">", ">="][dice.roll(4)], vec![column, first]),
    }
}

/// The ids of the rows that a read with these predicates gives.
async fn kept(job: &Job, table: &Table, predicates: Vec<Expr>, splits: usize) -> BTreeSet<String> {
    let id = fields(&table.columns).into_iter().find(|field| field.name == "id").unwrap();
    let scan = table.clone().scan(&[id]).unwrap().only(predicates);
    let frames = job.read_scan(&scan, splits).await.unwrap();
    let rows = frames.into_iter().flat_map(|frame| frame.rows);
    rows.map(|row| format!("{:?}", row[0])).collect()
}

/// Compares what the server keeps with the model, predicate by predicate.
async fn compare(label: &str, dice: &mut Dice, job: &Job, table: &Table) {
    let columns = fields(&table.columns);
    let columns: Vec<SparkField> = columns.into_iter().filter(|field| field.name != "vector").collect();
    let scan = table.clone().scan(&columns).unwrap();
    let all = job.read_scan(&scan, 1).await.unwrap().remove(0);
    let id = columns.iter().position(|field| field.name == "id").unwrap();
    let ids: Vec<Val> =
        all.rows.iter().map(|row| row[id].clone()).take(20).chain([text("nobody"), text("007")]).collect();
    let leaves = leaves(&columns, &[]);
    let (mut exact, mut narrowed, mut least) = (0, 0, 0);
    for _ in 0..PREDICATES {
        let predicate = random_predicate(dice, &leaves, &ids, 3);
        let fit = job.store(Side::Read).unwrap().accepts(table, std::slice::from_ref(&predicate)).unwrap()[0];
        if fit == Fit::No {
            continue;
        }
        let wanted = all.rows.iter().filter(|row| truth(&predicate, &columns, row) == Some(true));
        let wanted: BTreeSet<String> = wanted.map(|row| format!("{:?}", row[id])).collect();
        let found = kept(job, table, vec![predicate.clone()], 1).await;
        let missing: Vec<_> = wanted.difference(&found).collect();
        let extra: Vec<_> = found.difference(&wanted).collect();
        let show = |ids: &[&String]| {
            let rows = all.rows.iter().filter(|row| ids.contains(&&format!("{:?}", row[id])));
            rows.take(2).map(|row| format!("{row:?}")).collect::<Vec<_>>().join("\n")
        };
        assert!(missing.is_empty(), "{label}: {predicate} ({fit:?}) loses {missing:?}: {}", show(&missing));
        match fit {
            Fit::Exact => {
                assert!(extra.is_empty(), "{label}: {predicate} keeps {extra:?}: {}", show(&extra));
                exact += 1;
            }
            Fit::Narrows => narrowed += 1,
            Fit::No => {}
        }
        least += usize::from(!wanted.is_empty() && wanted.len() < all.rows.len());
    }
    tell(&format!(
        "{label}: {PREDICATES} predicates over {} rows: {exact} exact, {narrowed} narrowing, {least} kept some rows and not all",
        all.rows.len()
    ));
    let pushed = f64::from(exact + narrowed) / PREDICATES as f64;
    assert!(pushed > LEAST_PUSHED, "{label}: only {pushed} of the predicates were pushed");
    assert!(least * 10 > PREDICATES, "{label}: only {least} predicates told rows apart");
}

/// Ids of each kind, each once.
fn id(row: usize) -> Val {
    match row % 4 {
        0 => int_text(row),
        1 => text(format!("key-{row}")),
        2 => text(format!("936da01f-9abd-4d9d-80c7-{row:012}")),
        _ => text(format!("936DA01F-9ABD-4D9D-80C7-{row:012}")),
    }
}

fn int_text(row: usize) -> Val {
    text(row.to_string())
}

async fn written(dice: &mut Dice, what: &str) -> (Place, Job) {
    let mut columns = columns();
    columns.insert(0, ("id", SparkType::string()));
    let rows = (0..ROWS).map(|row| {
        let values = columns.iter().skip(1).map(|(_, data_type)| random_value(dice, data_type));
        std::iter::once(id(row)).chain(values).collect()
    });
    let rows = rows.collect();
    let place = Place::shared(what);
    let job = Job::on(&place).with("vector_fields", "");
    job.append(&Frame::new(&columns, rows)).await;
    let job = Job::on(&place);
    (place, job)
}

async fn index(place: &Place) {
    let mut points = PointsClient::new(channel(&place.url));
    for (field, kind) in INDEXES {
        let index = CreateFieldIndexCollectionBuilder::new(&place.collection, *field, *kind).wait(true).build();
        points.create_field_index(asking(index)).await.unwrap();
    }
}

#[test]
fn predicates_on_our_own_rows_keep_what_spark_would() {
    block_on(async {
        let dice = &mut Dice::of("own");
        let (_place, job) = written(dice, "predicates").await;
        compare("own", dice, &job, &job.table(None).await.unwrap()).await;
    });
}

#[test]
fn predicates_on_our_own_indexed_rows_keep_what_spark_would() {
    block_on(async {
        let dice = &mut Dice::of("own, indexed");
        let (place, job) = written(dice, "predicates_indexed").await;
        index(&place).await;
        compare("own, indexed", dice, &job, &job.table(None).await.unwrap()).await;
    });
}

/// What others put where a column of this type is read: in each JSON type that the column can show.
fn strange(dice: &mut Dice, data_type: &SparkType) -> Json {
    let from: &[Json] = &match data_type {
        SparkType::Boolean => vec![json!(true), json!(false)],
        SparkType::Long => vec![
            json!(0),
            json!(1),
            json!(1.0),
            json!(2.0),
            json!(-1),
            json!((1_i64 << 53) + 1),
            json!(1_i64 << 53),
            json!(i64::MAX),
            json!(i64::MIN),
        ],
        SparkType::Double => vec![
            json!(0),
            json!(1),
            json!(1.0),
            json!(0.1),
            json!(-0.0),
            json!(0.0),
            json!(-1.5),
            json!(1e300),
            json!(2),
        ],
        SparkType::String(_) => vec![
            json!("x"),
            json!("5"),
            json!(5),
            json!("true"),
            json!(true),
            json!(1.0),
            json!(1.5),
            json!("1.5"),
            json!([]),
            json!(["x"]),
            json!("[]"),
            json!([null]),
            json!(["x", "y"]),
            json!({}),
            json!({"a": 1}),
            json!("{\"a\":1}"),
            json!(""),
            json!("null"),
            json!([5]),
            json!("größe"),
            json!("'\"\n\\"),
            json!([["x"]]),
            json!([1]),
        ],
        SparkType::Timestamp => vec![
            json!("1970-01-01T00:00:00Z"),
            json!("1970-01-01"),
            json!("1970-01-01 01:00:00+01:00"),
            json!("1970-01-01T01:00:00+01:00"),
            json!("1970-01-01T00:00:00.000001Z"),
            json!("1970-01-01T00:00"),
            json!("1970-01-01t00:00:01z"),
            json!("2024-02-29T12:00:00.0000010Z"),
            json!("+10000-01-01T00:00:00Z"),
            json!("-0001-12-31T00:00:00Z"),
            json!("2024-02-29T12:00:00+0000"),
            json!("0000-01-01T00:00:00Z"),
        ],
        SparkType::Struct(members) => {
            let mut object = serde_json::Map::new();
            for member in members {
                if dice.roll(5) > 0 {
                    object.insert(member.name.clone(), strange(dice, &member.data_type));
                }
            }
            vec![Json::Object(object)]
        }
        other => panic!("nothing strange for {}", other.name()),
    };
    if dice.roll(7) == 0 { Json::Null } else { dice.pick(from) }
}

fn foreign_columns() -> Vec<(&'static str, SparkType)> {
    let wanted = ["b", "l", "d", "s", "ts", "o", "a.b"];
    columns().into_iter().filter(|(name, _)| wanted.contains(name)).collect()
}

async fn others(dice: &mut Dice, indexes: &[(&str, FieldType)], what: &str) -> (Place, Job, Table) {
    let columns = foreign_columns();
    let mut payloads = Vec::new();
    for _ in 0..ROWS {
        let mut payload = serde_json::Map::new();
        for (name, data_type) in &columns {
            if dice.roll(8) > 0 {
                payload.insert((*name).to_owned(), strange(dice, data_type));
            }
        }
        payloads.push(Json::Object(payload));
    }
    let place = filled(what, indexes, &payloads).await;
    let mut columns = columns;
    columns.push(("id", SparkType::string()));
    let job = Job::on(&place);
    let table = job.table(Some(Frame::new(&columns, Vec::new()).fields)).await.unwrap();
    (place, job, table)
}

#[test]
fn predicates_on_the_rows_of_others_keep_what_spark_would() {
    block_on(async {
        let dice = &mut Dice::of("others");
        let (_place, job, table) = others(dice, &[], "predicates_others").await;
        compare("others", dice, &job, &table).await;
    });
}

#[test]
fn predicates_on_the_indexed_rows_of_others_keep_what_spark_would() {
    block_on(async {
        let dice = &mut Dice::of("others, indexed");
        let indexes =
            INDEXES.iter().copied().filter(|(field, _)| !["i", "f", "dt"].contains(field)).collect::<Vec<_>>();
        let (_place, job, table) = others(dice, &indexes, "predicates_others_indexed").await;
        compare("others, indexed", dice, &job, &table).await;
    });
}

#[test]
fn the_elements_of_an_array_do_not_answer_for_a_scalar() {
    block_on(async {
        let rows = [json!({"l": [1, 2]}), json!({"l": 1}), json!({"l": [1]}), json!({"l": "1"}), json!({"l": null})];
        let place = filled("arrays", &[], &rows).await;
        let job = Job::on(&place);
        let columns = Frame::new(&[("id", SparkType::string()), ("l", SparkType::Long)], Vec::new()).fields;
        let table = job.table(Some(columns)).await.unwrap();
        let one = literal(&int(1), &SparkType::Long).unwrap();
        let equal = Expr::Call("=".to_owned(), vec![Expr::Column(vec!["l".to_owned()]), one]);
        let found = kept(&job, &table, vec![equal], 1).await;
        assert_eq!(found, BTreeSet::from([format!("{:?}", text("1"))]));
    });
}

#[test]
fn several_predicates_and_splits_narrow_together() {
    block_on(async {
        let dice = &mut Dice::of("splits");
        let (_place, job) = written(dice, "predicates_splits").await;
        let table = job.table(None).await.unwrap();
        let column = |name: &str| Expr::Column(vec![name.to_owned()]);
        let zero = literal(&int(0), &SparkType::Integer).unwrap();
        let both = [
            Expr::Call(">=".to_owned(), vec![column("i"), zero]),
            Expr::Call("IS_NOT_NULL".to_owned(), vec![column("s")]),
        ];
        let names = fields(&table.columns);
        let all = job.read_scan(&table.clone().scan(&names).unwrap(), 1).await.unwrap().remove(0);
        let id = names.iter().position(|field| field.name == "id").unwrap();
        let wanted = all.rows.iter().filter(|row| both.iter().all(|one| truth(one, &names, row) == Some(true)));
        let wanted: BTreeSet<String> = wanted.map(|row| format!("{:?}", row[id])).collect();
        assert!(!wanted.is_empty());
        assert_eq!(kept(&job, &table, both.to_vec(), 4).await, wanted);
    });
}
