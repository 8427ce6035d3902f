//! Which rows the server keeps for a predicate, against what Spark makes of it: thousands of random predicates over
//! collections that we wrote and collections that others filled, with payload indexes and without.
//!
//! `VECTORFUSE_SEED` repeats a run; the seed and the counts stand in the lines at the end.

mod random;

use std::collections::BTreeSet;

use qdrant_client::qdrant::points_client::PointsClient;
use qdrant_client::qdrant::{CreateFieldIndexCollectionBuilder, FieldType};
use serde_json::{Value as Json, json};
use vectorfuse_core::options::Side;
use vectorfuse_core::predicate::{Expr, Fit};
use vectorfuse_core::schema::{SparkField, SparkType};
use vectorfuse_core::store::Store;
use vectorfuse_core::table::{Table, fields};

use self::random::{Dice, leaves, random_predicate, random_value, strange, tell};
use crate::support::job::{Frame, Job};
use crate::support::logic::{literal, truth};
use crate::support::raw::filled;
use crate::support::server::{Place, Server, asking, block_on, channel};
use crate::support::values::{Val, int, text};

const ROWS: usize = 200;
const PREDICATES: usize = 1000;
/// Of the predicates, this share must be evaluated by the server: a translation that refuses everything is exact too.
const LEAST_PUSHED: f64 = 0.4;

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

async fn written(dice: &mut Dice, place: &Place) -> Job {
    let mut columns = columns();
    columns.insert(0, ("id", SparkType::string()));
    let rows = (0..ROWS).map(|row| {
        let values = columns.iter().skip(1).map(|(_, data_type)| random_value(dice, data_type));
        std::iter::once(id(row)).chain(values).collect()
    });
    let rows = rows.collect();
    let job = Job::on(place).with("vector_fields", "");
    job.append(&Frame::new(&columns, rows)).await;
    Job::on(place)
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
        let place = Place::shared("predicates");
        let job = written(dice, &place).await;
        compare("own", dice, &job, &job.table(None).await.unwrap()).await;
    });
}

#[test]
fn predicates_on_our_own_indexed_rows_keep_what_spark_would() {
    block_on(async {
        let dice = &mut Dice::of("own, indexed");
        let place = Place::shared("predicates_indexed");
        let job = written(dice, &place).await;
        index(&place).await;
        compare("own, indexed", dice, &job, &job.table(None).await.unwrap()).await;
    });
}

#[test]
fn predicates_that_a_newer_server_knows_keep_what_spark_would() {
    block_on(async {
        let dice = &mut Dice::of("newer, indexed");
        let server = Server::start(&["--server-version", "1.19.0"]);
        let place = Place::at(&server.url, "predicates_newer");
        let job = written(dice, &place).await;
        index(&place).await;
        compare("newer, indexed", dice, &job, &job.table(None).await.unwrap()).await;
    });
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
        let place = Place::shared("predicates_splits");
        let job = written(dice, &place).await;
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
