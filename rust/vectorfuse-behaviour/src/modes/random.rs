//! Random writes of every mode, against a model that takes one row after the other.
//!
//! `PROPTEST_CASES` says how many cases (16), `VECTORFUSE_SEED` repeats a run; both stand in the line at the end.

use std::cell::Cell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestError};
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use super::{create, stored, with_mode};
use crate::chance::{runner, seed, tell};
use crate::job::Frame;
use crate::store::{Abilities, Tested, block_on};
use crate::values::{Val, int, text};

const CASES: u32 = 16;

#[derive(Clone, Copy, Debug)]
enum What {
    Upsert,
    Insert,
    Update,
    Partial,
    Delete,
    Feed,
    Ordered,
    Conditional,
}

#[derive(Clone, Debug)]
struct Row {
    id: i64,
    n: Option<i64>,
    s: u8,
    delete: bool,
}

#[derive(Clone, Debug)]
struct Written {
    what: What,
    rows: Vec<Row>,
    batch_rows: usize,
    /// How often the task runs.
    times: usize,
}

type Model = BTreeMap<i64, (Option<i64>, u8)>;

fn writes(can: Abilities) -> impl Strategy<Value = Vec<Written>> {
    let what = prop_oneof![
        Just(What::Upsert),
        Just(What::Insert),
        Just(What::Update),
        Just(if can.partial { What::Partial } else { What::Update }),
        Just(What::Delete),
        Just(What::Feed),
        Just(if can.conditions { What::Conditional } else { What::Ordered }),
        Just(What::Ordered)
    ];
    let number = prop_oneof![1 => Just(if can.nulls { None } else { Some(0) }), 4 => (0..5_i64).prop_map(Some)];
    let row = (0..6_i64, number, any::<u8>(), any::<bool>()).prop_map(|(id, n, s, delete)| Row { id, n, s, delete });
    let write = (what, proptest::collection::vec(row, 1..12), 1..6_usize, 1..3_usize)
        .prop_map(|(what, rows, batch_rows, times)| Written { what, rows, batch_rows, times });
    proptest::collection::vec(write, 1..8)
}

fn apply(model: &mut Model, what: What, row: &Row) {
    let before = model.get(&row.id).copied();
    let whole = (row.n, row.s);
    match (what, before) {
        (What::Upsert, _)
        | (What::Insert, None)
        | (What::Update, Some(_))
        | (What::Conditional | What::Ordered, None) => {
            model.insert(row.id, whole);
        }
        (What::Partial, Some((_, s))) => {
            model.insert(row.id, (row.n, s));
        }
        (What::Delete, _) => {
            model.remove(&row.id);
        }
        (What::Feed, _) if row.delete => {
            model.remove(&row.id);
        }
        (What::Feed, _) => {
            model.insert(row.id, whole);
        }
        // Nulls are smallest, and the later of two equal ones wins.
        (What::Ordered, Some((n, _))) if n <= row.n => {
            model.insert(row.id, whole);
        }
        // `n < ${n} or n is null`, in the logic of SQL.
        (What::Conditional, Some((n, _))) if n.is_none() || row.n > n => {
            model.insert(row.id, whole);
        }
        (What::Insert | What::Ordered | What::Conditional, Some(_)) | (What::Update | What::Partial, None) => {}
    }
}

fn number(n: Option<i64>) -> Val {
    n.map_or(Val::Null, int)
}

fn frame(write: &Written) -> Frame {
    let mut columns = vec![("id", SparkType::Long), ("n", SparkType::Long)];
    let with_text = !matches!(write.what, What::Partial);
    if with_text {
        columns.push(("s", SparkType::string()));
    }
    let feed = matches!(write.what, What::Feed);
    if feed {
        columns.push(("op", SparkType::string()));
    }
    let row = |row: &Row| {
        let mut values = vec![int(row.id), number(row.n)];
        if with_text {
            values.push(text(row.s.to_string()));
        }
        if feed {
            values.push(text(if row.delete { "delete" } else { "upsert" }));
        }
        values
    };
    Frame::vectored(&columns, write.rows.iter().map(row).collect())
}

async fn agrees(store: &Tested, writes: &[Written]) -> Result<(), String> {
    let place = store.place("random");
    let columns = [("id", SparkType::Long), ("n", SparkType::Long), ("s", SparkType::string())];
    create(&place, &Frame::vectored(&columns, Vec::new())).await;
    let mut model = Model::new();
    for write in writes {
        let job = match write.what {
            What::Upsert => with_mode(&place, "upsert"),
            What::Insert => with_mode(&place, "insert"),
            What::Update => with_mode(&place, "update"),
            What::Partial => with_mode(&place, "partial"),
            What::Delete => with_mode(&place, "delete"),
            What::Feed => with_mode(&place, "upsert").with("op_field", "op"),
            What::Ordered => with_mode(&place, "upsert").with("order_field", "n"),
            What::Conditional => with_mode(&place, "upsert").with("condition", "n < ${n} or n is null"),
        };
        // A job that may write null over null may do so again with other rows' texts.
        let times = if matches!(write.what, What::Conditional) { 1 } else { write.times };
        let job = job.with("batch_rows", &write.batch_rows.to_string());
        let frame = frame(write);
        let plan = job.plan(&frame.fields, Mode::Append).await.map_err(|error| format!("{error:?}"))?;
        for _ in 0..times {
            job.task(&plan, 0, vec![frame.batch()]).await.map_err(|error| format!("{error:?}"))?;
        }
        write.rows.iter().for_each(|row| apply(&mut model, write.what, row));
        let expected: Vec<Vec<Val>> =
            model.iter().map(|(id, (n, s))| vec![int(*id), number(*n), text(s.to_string())]).collect();
        let found = stored(&place, &["id", "n", "s"]).await;
        if found != expected {
            return Err(format!("after {write:?}\nthere is {found:?}\nexpected {expected:?}"));
        }
    }
    Ok(())
}

pub fn writes_of_every_mode_end_as_the_model_says(store: &Tested) {
    let seed = seed();
    let mut runner = runner(store.cases(CASES), 200, seed);
    let (done, jobs, rows) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let outcome = runner.run(&writes(store.abilities), |writes| {
        done.set(done.get() + 1);
        jobs.set(jobs.get() + writes.len());
        rows.set(rows.get() + writes.iter().map(|write| write.rows.len()).sum::<usize>());
        block_on(agrees(store, &writes)).map_err(TestCaseError::fail)
    });
    let said =
        format!("modes: {} cases, {} jobs, {} rows, seed {seed} (VECTORFUSE_SEED)", done.get(), jobs.get(), rows.get());
    tell(&said);
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(why, writes)) => panic!("seed {seed}: {why}\nthe smallest case: {writes:?}"),
        Err(TestError::Abort(why)) => panic!("seed {seed}: {why}"),
    }
}
