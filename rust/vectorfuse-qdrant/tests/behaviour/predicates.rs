//! Which rows the server keeps for a predicate, against what Spark makes of it: thousands of random predicates over
//! collections with payload indexes, and collections that others filled. Those that we wrote are in the suite, too.
//!
//! `VECTORFUSE_SEED` repeats a run; the seed and the counts stand in the lines at the end.

use std::collections::{BTreeSet, HashMap};

use qdrant_client::qdrant::points_client::PointsClient;
use qdrant_client::qdrant::{CreateFieldIndexCollectionBuilder, FieldType, PointStruct, UpsertPointsBuilder};
use serde_json::{Value as Json, json};
use vectorfuse_behaviour::job::{Frame, Job};
use vectorfuse_behaviour::logic::literal;
use vectorfuse_behaviour::predicates::random::{Dice, strange};
use vectorfuse_behaviour::predicates::{ROWS, columns, compare, kept, written};
use vectorfuse_behaviour::values::{int, text};
use vectorfuse_core::options::Side;
use vectorfuse_core::predicate::{Expr, Fit};
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::table::Table;

use crate::suite::TESTED;
use crate::support::raw::{filled, value};
use crate::support::server::{Place, Server, asking, block_on, channel};

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

async fn index(place: &Place) {
    let mut points = PointsClient::new(channel(&place.url));
    for (field, kind) in INDEXES {
        let index = CreateFieldIndexCollectionBuilder::new(&place.collection, *field, *kind).wait(true).build();
        points.create_field_index(asking(index)).await.unwrap();
    }
}

#[test]
fn predicates_on_our_own_indexed_rows_keep_what_spark_would() {
    block_on(async {
        let dice = &mut Dice::of("own, indexed");
        let place = Place::shared("predicates_indexed");
        let job = written(TESTED.abilities, dice, &place).await;
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
        let job = written(TESTED.abilities, dice, &place).await;
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
fn moments_and_decimals_that_others_spell_in_their_way_are_found() {
    block_on(async {
        let place = Place::shared("predicates_spelt");
        let (ts, decimal) = (SparkType::Timestamp, SparkType::Decimal(10, 2));
        let moment = 1_704_067_200_000_000_i64;
        let rows = vec![vec![text("1"), int(moment), int(1250)]];
        let columns = [("id", SparkType::string()), ("ts", ts.clone()), ("c", decimal.clone())];
        Job::on(&place).append(&Frame::vectored(&columns, rows)).await;
        let spelt = [
            json!({"ts": "2024-01-01T00:00:00+00:00", "c": 12.5}),
            json!({"ts": "2024-01-01 01:00:00+01:00", "c": "12.5"}),
            json!({"ts": "+2024-01-01T00:00", "c": "12.500"}),
            json!({"ts": "2024-01-01T00:00:01Z", "c": 12.51}),
        ];
        let points = spelt.iter().zip(2_u64..).map(|(payload, id)| {
            let payload = payload.as_object().unwrap().iter().map(|(name, member)| (name.clone(), value(member)));
            PointStruct::new(id, vec![1.0, 1.0], payload.collect::<HashMap<_, _>>())
        });
        let upsert = UpsertPointsBuilder::new(&place.collection, points.collect::<Vec<_>>()).wait(true).build();
        PointsClient::new(channel(&place.url)).upsert(asking(upsert)).await.unwrap();
        let job = Job::on(&place);
        let table = job.table(None).await.unwrap();
        let call = |name: &str, column: &str, values: &[(i64, &SparkType)]| {
            let values = values.iter().map(|(value, data_type)| literal(&int(*value), data_type).unwrap());
            Expr::Call(name.to_owned(), std::iter::once(Expr::Column(vec![column.to_owned()])).chain(values).collect())
        };
        let ids: BTreeSet<String> = ["1", "2", "3", "4"].map(|id| format!("{:?}", text(id))).into();
        for predicate in [call("=", "ts", &[(moment, &ts)]), call("IN", "ts", &[(moment, &ts), (0, &ts)])] {
            assert_eq!(accepted(&job, &table, &predicate), Fit::Narrows);
            let found = kept(&job, &table, vec![predicate.clone()], 1).await;
            assert!(ids.is_subset(&found), "{predicate}: {found:?}");
            assert!(!found.contains(&format!("{:?}", text("5"))), "{predicate}: {found:?}");
        }
        for name in ["=", "IN", "<>"] {
            assert_eq!(accepted(&job, &table, &call(name, "c", &[(1250, &decimal)])), Fit::No);
        }
    });
}

fn accepted(job: &Job, table: &Table, predicate: &Expr) -> Fit {
    job.store(Side::Read).unwrap().accepts(table, std::slice::from_ref(predicate)).unwrap()[0]
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
