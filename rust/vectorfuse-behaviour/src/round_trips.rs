//! Write → read is equal, value for value and bit for bit, for every type: random schemas, random data.
//!
//! `PROPTEST_CASES` says how many cases (64), `VECTORFUSE_SEED` repeats a run; both stand in the line at the end.

use std::cell::Cell;
use std::collections::BTreeMap;

use proptest::strategy::Strategy;
use proptest::test_runner::{TestCaseError, TestError};
use vectorfuse_core::ids::PointId;
use vectorfuse_core::schema::{SparkField, SparkType};
use vectorfuse_core::table::fields;
use vectorfuse_core::vector::VectorKind;
use vectorfuse_core::write::Mode;

use crate::chance::{runner, seed, tell};
use crate::generate::{Case, IdKind, case};
use crate::job::{Frame, Job, QUERY};
use crate::store::{Tested, block_on};
use crate::values::{Val, double, int, text};

const CASES: u32 = 64;

pub fn what_was_written_is_read_bit_for_bit(store: &Tested) {
    let seed = seed();
    let mut runner = runner(store.cases(CASES), 300, seed);
    let (done, rows, vectors) = (Cell::new(0), Cell::new(0), Cell::new([0; 3]));
    let outcome = runner.run(&case(store.abilities).prop_map(without_clashes), |case| {
        done.set(done.get() + 1);
        rows.set(rows.get() + case.rows.len());
        let mut kinds = vectors.get();
        case.vectors.iter().for_each(|vector| kinds[vector.kind as usize] += 1);
        vectors.set(kinds);
        block_on(there_and_back(store, &case)).map_err(TestCaseError::fail)
    });
    let [dense, sparse, multi] = vectors.get();
    tell(&format!(
        "property: {} cases, {} rows, {dense} dense, {sparse} sparse and {multi} multi-vectors, seed {seed} (VECTORFUSE_SEED)",
        done.get(),
        rows.get()
    ));
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(why, case)) => panic!("seed {seed}: {why}\nthe smallest case: {case:?}"),
        Err(TestError::Abort(why)) => panic!("seed {seed}: {why}"),
    }
}

pub fn lists_of_each_type_of_single_values_come_back(store: &Tested) {
    use SparkType::{
        Binary, Boolean, Byte, Date, Decimal, Double, Float, Integer, Long, Short, Timestamp, TimestampNtz,
    };
    let bits = |values: [f64; 2]| values.map(double).to_vec();
    let ints = |values: [i64; 2]| values.map(int).to_vec();
    let lists = [
        ("bo", Boolean, vec![Val::Bool(true), Val::Bool(false)]),
        ("by", Byte, ints([-128, 127])),
        ("sh", Short, ints([-32_768, 32_767])),
        ("it", Integer, ints([i32::MIN.into(), i32::MAX.into()])),
        ("lo", Long, ints([i64::MIN, i64::MAX])),
        ("fl", Float, [0.1_f32, -0.0].map(|value| Val::Float(value.to_bits())).to_vec()),
        ("db", Double, bits([0.1, -0.0])),
        ("de", Decimal(20, 3), ints([-1, 12_345])),
        ("st", SparkType::string(), vec![text("größe"), text("")]),
        ("bi", Binary, vec![Val::Bytes(vec![0, 255]), Val::Bytes(vec![])]),
        ("da", Date, ints([-800_000, 20_000])),
        ("ts", Timestamp, ints([-1, 1_700_000_000_000_001])),
        ("tn", TimestampNtz, ints([-1, 1_700_000_000_000_001])),
    ];
    let list = |element: &SparkType| SparkType::Array(Box::new(element.clone()));
    let columns = lists.iter().map(|(name, element, _)| (*name, list(element)));
    let columns: Vec<(&str, SparkType)> = [("id", Long)].into_iter().chain(columns).collect();
    let row = lists.iter().map(|(.., values)| Val::List(values.clone()));
    let empty = lists.iter().map(|_| Val::List(Vec::new()));
    let rows = vec![[int(1)].into_iter().chain(row).collect(), [int(2)].into_iter().chain(empty).collect()];
    let frame = Frame::vectored(&columns, rows);
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    block_on(async {
        let place = store.place("lists");
        Job::on(&place).append(&frame).await;
        let read = Job::on(&place).read(1).await.unwrap();
        for (name, data_type) in &columns {
            assert_eq!(read.type_of(name), data_type.name(), "{name}");
        }
        assert_eq!(read.select(&names), frame.select(&names));
    });
}

/// Payload columns do not have the names that the other columns of the case take.
fn without_clashes(mut case: Case) -> Case {
    let taken = ["key", "k1", "k2", "e0", "e1", "e2", "e3", "i0", "i1", "i2", "i3"];
    let generated = matches!(case.id, IdKind::None | IdKind::Keys(_));
    for field in &mut case.payload {
        if taken.contains(&field.name.as_str()) || (generated && field.name.eq_ignore_ascii_case("id")) {
            // A name that every store takes.
            field.name.push_str("_own");
        }
    }
    case
}

/// The whole frame of a case, and the options that say what its columns are.
fn frame(case: &Case, renames: bool, mut job: Job) -> (Frame, Job) {
    let mut columns = case.payload.clone();
    let mut rows = case.rows.clone();
    let mut add = |name: &str, data_type: &SparkType, values: &[Val]| {
        columns.push(SparkField::new(name, data_type.clone()));
        rows.iter_mut().zip(values).for_each(|(row, value)| row.push(value.clone()));
    };
    match &case.id {
        IdKind::Column(data_type, values) => {
            add("key", data_type, values);
            job = job.with("id_field", "key");
        }
        IdKind::Keys(keys) => {
            let (first, second): (Vec<Val>, Vec<Val>) = keys.iter().cloned().unzip();
            add("k1", &SparkType::Long, &first);
            add("k2", &SparkType::string(), &second);
            job = job.with("key_fields", "k1,k2");
        }
        IdKind::None => {}
    }
    let mut lists: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (index, vector) in case.vectors.iter().enumerate() {
        let (column, indices) = (format!("e{index}"), format!("i{index}"));
        let name = vector.vector.unwrap_or_default().to_owned();
        let mut say = |option: &'static str, value: &str| lists.entry(option).or_default().push(value.to_owned());
        let (own, other) = match vector.columns.as_slice() {
            [own] => (own, None),
            [other, own] => (own, Some(other)),
            more => panic!("{} columns", more.len()),
        };
        add(&column, &own.0, &own.1);
        match (vector.kind, other) {
            (VectorKind::Dense, _) if vector.vector.is_none() => say("vector_field", &column),
            (VectorKind::Dense, _) => {
                say("vector_fields", &column);
                say("vector_names", &name);
            }
            (VectorKind::Multi, _) => {
                say("multi_fields", &column);
                say("multi_names", &name);
            }
            (VectorKind::Sparse, None) => {
                say("sparse_fields", &column);
                say("sparse_names", &name);
            }
            (VectorKind::Sparse, Some((data_type, values))) => {
                add(&indices, data_type, values);
                say("sparse_vector_value_fields", &column);
                say("sparse_vector_index_fields", &indices);
                say("sparse_vector_names", &name);
            }
        }
        if let Some(size) = vector.size.filter(|_| vector.stated) {
            let name = vector.vector.map(|name| if renames { name } else { &column });
            let option = name.map_or("vector.size".to_owned(), |name| format!("vector.{name}.size"));
            job = job.with(&option, &size.to_string());
        }
    }
    job = job.with("distance", "dot");
    if lists.is_empty() {
        job = job.with("vector_fields", "");
    }
    if !renames {
        lists.retain(|option, _| !option.ends_with("_names"));
    }
    job = lists.into_iter().fold(job, |job, (option, names)| job.with(option, &names.join(",")));
    (Frame { fields: columns, rows }, job)
}

async fn there_and_back(store: &Tested, case: &Case) -> Result<(), String> {
    let place = store.place("property");
    let (written, writing) = frame(case, store.abilities.any_names, Job::on(&place));
    // Batches are slices, so that arrays with an offset are written too.
    let whole = written.batch();
    let mut tasks = vec![Vec::new(); case.partitions];
    for (number, start) in (0..written.rows.len()).step_by(case.batch_rows).enumerate() {
        let length = case.batch_rows.min(written.rows.len() - start);
        tasks[number % case.partitions].push(whole.slice(start, length));
    }
    let said = |what: &'static str| move |error| format!("{what}: {error:?}");
    writing.write_tasks(&written.fields, Mode::Append, tasks).await.map_err(said("write"))?;

    let mut reading = Job::on(&place);
    if let Some(rows) = case.page_size {
        reading = reading.with("page_size", &rows.to_string());
    }
    let table = reading.table(None).await.map_err(said("table"))?;
    let mut seen = fields(&table.columns);
    let own_id = matches!(case.id, IdKind::Column(..));
    if !own_id {
        if seen[0].data_type != SparkType::string() {
            return Err("the generated id is no string".to_owned());
        }
        seen.remove(0);
    }
    let mut expected = written.fields.clone();
    if !store.abilities.column_order {
        seen.sort_by(|a, b| a.name.cmp(&b.name));
        expected.sort_by(|a, b| a.name.cmp(&b.name));
    }
    if seen != expected {
        return Err(format!("the schema came back as {seen:?}"));
    }
    let read = reading.read(case.splits).await.map_err(said("read"))?;
    let names: Vec<&str> = written.fields.iter().map(|field| field.name.as_str()).collect();
    equal(&read.select(&names), &written.select(&names))?;
    if !own_id {
        generated_ids(case, &read)?;
    }

    let kept: Vec<&str> =
        names.iter().zip(&case.projection).filter(|(_, kept)| **kept).map(|(name, _)| *name).collect();
    for names in [kept, Vec::new()] {
        let scan = reading.scan(Some(&names)).await.map_err(said("projected scan"))?;
        let frames = reading.read_scan(&scan, case.splits).await.map_err(said("projected read"))?;
        let rows = frames.into_iter().flat_map(|frame| frame.rows).collect();
        equal(&Frame { fields: fields(&scan.columns), rows }.select(&names), &written.select(&names))?;
    }
    Ok(())
}

fn equal(read: &[Vec<Val>], written: &[Vec<Val>]) -> Result<(), String> {
    if read.len() != written.len() {
        return Err(format!("{} rows were written and {} read", written.len(), read.len()));
    }
    match read.iter().zip(written).find(|(read, written)| read != written) {
        Some((read, written)) => Err(format!("read    {read:?}\nwritten {written:?}")),
        None => Ok(()),
    }
}

/// Ids that no column says are those that anyone can compute from what the documentation says.
fn generated_ids(case: &Case, read: &Frame) -> Result<(), String> {
    let mut expected: Vec<Vec<Val>> = match &case.id {
        IdKind::Keys(keys) => keys
            .iter()
            .map(|(first, second)| match (first, second) {
                (Val::Int(first), Val::Text(second)) => PointId::from_keys(&[first.to_string(), second.clone()]),
                other => panic!("{other:?}"),
            })
            .map(|id| vec![text(id.to_string())])
            .collect(),
        IdKind::None => (0..case.rows.len())
            .map(|row| {
                let (batch, within) = (row / case.batch_rows, row % case.batch_rows);
                let (partition, before) = (batch % case.partitions, batch / case.partitions);
                let id = PointId::generated(QUERY, partition as u64, (before * case.batch_rows + within) as u64);
                vec![text(id.to_string())]
            })
            .collect(),
        IdKind::Column(..) => return Ok(()),
    };
    expected.sort_by_cached_key(|row| format!("{row:?}"));
    equal(&read.select(&[&read.fields[0].name]), &expected)
}
