//! Which rows the server keeps for a predicate, against what Spark makes of it: thousands of random predicates over
//! a collection that we wrote.
//!
//! `VECTORFUSE_SEED` repeats a run; the seed and the counts stand in the lines at the end.

pub mod random;

use std::collections::BTreeSet;

use vectorfuse_core::options::Side;
use vectorfuse_core::predicate::{Expr, Fit};
use vectorfuse_core::schema::{SparkField, SparkType};
use vectorfuse_core::table::{Table, fields};

use self::random::{Dice, leaves, random_column, random_predicate};
use crate::chance::tell;
use crate::job::{Frame, Job};
use crate::logic::{literal, truth};
use crate::store::{Abilities, Place, Tested, block_on};
use crate::values::{Val, int, text};

pub const ROWS: usize = 200;
const PREDICATES: usize = 1000;
/// Of the predicates, this share must be evaluated by the server: a translation that refuses everything is exact too.
const LEAST_PUSHED: f64 = 0.4;

/// What such a collection has beside its ids.
pub fn columns() -> Vec<(&'static str, SparkType)> {
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

/// The ids of the rows that a read with these predicates gives.
pub async fn kept(job: &Job, table: &Table, predicates: Vec<Expr>, splits: usize) -> BTreeSet<String> {
    let id = fields(&table.columns).into_iter().find(|field| field.name == "id").unwrap();
    let scan = table.clone().scan(&[id]).unwrap().only(predicates);
    let frames = job.read_scan(&scan, splits).await.unwrap();
    let rows = frames.into_iter().flat_map(|frame| frame.rows);
    rows.map(|row| format!("{:?}", row[0])).collect()
}

/// Compares what the server keeps with the model, predicate by predicate.
pub async fn compare(label: &str, dice: &mut Dice, job: &Job, table: &Table) {
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
        "predicates, {label}: {PREDICATES} over {} rows: {exact} exact, {narrowed} narrowing, {least} kept some rows and not all",
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

pub async fn written(can: Abilities, dice: &mut Dice, place: &dyn Place) -> Job {
    let mut columns = columns();
    let plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    columns.retain(|(name, _)| can.any_names || plain(name));
    columns.insert(0, ("id", SparkType::string()));
    let rows = (0..ROWS).map(|row| {
        let values = columns.iter().skip(1).map(|(_, data_type)| random_column(can, dice, data_type));
        std::iter::once(id(row)).chain(values).collect()
    });
    let rows = rows.collect();
    Job::on(place).append(&Frame::vectored(&columns, rows)).await;
    Job::on(place)
}

pub fn predicates_on_our_own_rows_keep_what_spark_would(store: &Tested) {
    block_on(async {
        let dice = &mut Dice::of("own");
        let place = store.place("predicates");
        let job = written(store.abilities, dice, &place).await;
        compare("own", dice, &job, &job.table(None).await.unwrap()).await;
    });
}

pub fn several_predicates_and_splits_narrow_together(store: &Tested) {
    block_on(async {
        let dice = &mut Dice::of("splits");
        let place = store.place("predicates_splits");
        let job = written(store.abilities, dice, &place).await;
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
