use std::collections::BTreeMap;
use std::sync::Mutex;

use arrow_array::types::Float32Type;
use arrow_array::{ArrayRef, ListArray, StringArray};

use super::*;
use crate::error::{Error, Kind};
use crate::ids::PointId;
use crate::metrics::Metrics;
use crate::options::{Given, Side};
use crate::rules::Rules;
use crate::schema::{Layout, SparkField, SparkType, arrow_schema};
use crate::vector::VectorKind;
use crate::write::{Mode, assign};

/// A collection of texts in memory, of vectors of one size.
#[derive(Default)]
struct Kept {
    size: Option<u64>,
    entries: Vec<String>,
    /// The size with which another task has created it.
    by_another: Option<u64>,
}

#[derive(Clone, Default)]
struct Collection(Arc<Mutex<Kept>>);

#[derive(Clone)]
struct Entry(String);

impl Change for Entry {
    type Key = String;

    fn key(&self) -> &String {
        &self.0
    }
}

#[async_trait]
impl Sender for Collection {
    type Change = Entry;

    fn size(&self, entry: &Entry) -> usize {
        entry.0.len()
    }

    fn joins(&self, _: &Entry, _: &Entry) -> bool {
        false
    }

    fn merge(&self, _: &mut Entry, _: Entry) {}

    async fn send(&self, entries: Vec<Entry>) -> Result<()> {
        self.0.lock().unwrap().entries.extend(entries.into_iter().map(|entry| entry.0));
        Ok(())
    }
}

#[async_trait]
impl Target for Collection {
    type Change = Entry;

    async fn ensure(&mut self, rows: &Rows<'_>) -> Result<bool> {
        let mut kept = self.0.lock().unwrap();
        assert_eq!(kept.size, None, "asked again after it was there");
        kept.size = rows.vector_size("", VectorKind::Dense)?;
        Ok(kept.size.is_some())
    }

    async fn adopt(&mut self) -> Result<()> {
        let mut kept = self.0.lock().unwrap();
        kept.size = kept.by_another;
        kept.size.map(|_| ()).ok_or_else(|| Error::data("nobody knows the size"))
    }

    fn limits(&self) -> Limits {
        assert!(self.0.lock().unwrap().size.is_some(), "asked before it was there");
        Limits { bytes: 100, changes: 2 }
    }

    fn change(&mut self, rows: &Rows<'_>, row: usize) -> Result<Option<Entry>> {
        let made = || {
            let id = match rows.made_id(row)? {
                Some(made) => made.to_string(),
                None => rows.text(0, row)?.ok_or_else(|| rows.place(Error::data("the id is null"), 0, row))?,
            };
            let vector = rows.vector(1, row, VectorKind::Dense)?;
            Ok(Entry(format!("{id} {}", vector.map_or(0, |vector| vector.dimensions()))))
        };
        rows.kept(row, made())
    }
}

/// A row: its id, and its vector, in which an element may be null.
type Row<'a> = (Option<&'a str>, Option<&'a [Option<f32>]>);

const TWO: Option<&[Option<f32>]> = Some(&[Some(1.0), Some(2.0)]);
const BROKEN: Option<&[Option<f32>]> = Some(&[Some(1.0), None]);

fn fields() -> Vec<SparkField> {
    let floats = SparkType::Array(Box::new(SparkType::Float));
    vec![SparkField::new("id", SparkType::string()), SparkField::new("vector", floats)]
}

fn plan(options: &[(&str, &str)]) -> WritePlan {
    let options = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let options = Given { options, session: BTreeMap::new() }.parse(Side::Write).unwrap();
    let (columns, id) = assign(&options, &fields(), None).unwrap();
    let rules = Rules::of(&options, &fields(), &id, Mode::Append).unwrap();
    let details = serde_json::Value::Null;
    WritePlan { options, columns, id, rules, query: "q".into(), details, warnings: Vec::new() }
}

fn batch(rows: &[Row<'_>]) -> RecordBatch {
    let ids: ArrayRef = Arc::new(StringArray::from_iter(rows.iter().map(|(id, _)| *id)));
    let vectors = rows.iter().map(|(_, vector)| vector.map(<[Option<f32>]>::to_vec));
    let vectors: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Float32Type, _, _>(vectors));
    RecordBatch::try_new(arrow_schema(&fields(), Layout::Write), vec![ids, vectors]).unwrap()
}

fn writer(collection: &Collection, options: &[(&str, &str)]) -> Box<dyn Writer> {
    let (plan, task) = (plan(options), Task { partition: 7 });
    let rejects = Rejects::of(&plan.options, &plan.query, task, &Arc::new(Metrics::default())).unwrap();
    Box::new(RowWriter::new(collection.clone(), collection.clone(), Arc::new(plan), task, rejects))
}

fn entries(collection: &Collection) -> Vec<String> {
    collection.0.lock().unwrap().entries.clone()
}

#[tokio::test]
async fn batches_wait_until_a_row_says_the_size_and_then_come_in_their_order() {
    let collection = Collection::default();
    let mut writer = writer(&collection, &[("concurrency", "1")]);
    for id in ["a", "b"] {
        writer.write(batch(&[(Some(id), None)])).await.unwrap();
    }
    assert!(entries(&collection).is_empty());
    writer.write(batch(&[(Some("c"), None), (Some("d"), TWO)])).await.unwrap();
    writer.write(batch(&[(Some("e"), None)])).await.unwrap();
    let message = writer.commit().await.unwrap();
    assert!(message.contains(r#""rows":5"#), "{message}");
    assert_eq!(entries(&collection), ["a 0", "b 0", "c 0", "d 2", "e 0"]);
}

#[tokio::test]
async fn some_batches_wait_and_then_another_task_must_have_made_the_collection() {
    // Four of them are no more than may wait, five are.
    let long = "x".repeat(MOST_WAITING / 5);
    for (by_another, commit) in [(None, false), (Some(2), false), (None, true), (Some(2), true)] {
        let collection = Collection::default();
        let mut writer = writer(&collection, &[("concurrency", "1")]);
        let mut ids = vec!["a", "b", "c", "d"];
        for id in &ids {
            writer.write(batch(&[(Some(&format!("{id}{long}")), None)])).await.unwrap();
        }
        collection.0.lock().unwrap().by_another = by_another;
        let mut result = Ok(());
        if !commit {
            ids.push("e");
            result = writer.write(batch(&[(Some(&format!("e{long}")), None)])).await;
        }
        let result = match result {
            Ok(()) => writer.commit().await.map(drop),
            Err(error) => Err(error),
        };
        let expected: Vec<String> = ids.iter().map(|id| format!("{id} 0")).collect();
        let expected = if by_another.is_some() { (Ok(()), expected) } else { (Err(Kind::Data), Vec::new()) };
        let entries: Vec<String> = entries(&collection).iter().map(|entry| entry.replace(&long, "")).collect();
        assert_eq!((result.map_err(|error| error.kind()), entries), expected);
    }
}

#[tokio::test]
async fn a_write_without_rows_asks_for_nothing() {
    let collection = Collection::default();
    let mut writer = writer(&collection, &[]);
    writer.write(batch(&[])).await.unwrap();
    assert!(writer.commit().await.unwrap().contains(r#""rows":0"#));
    assert!(entries(&collection).is_empty());
}

#[tokio::test]
async fn a_row_that_can_t_be_kept_ends_the_write_or_is_passed_over() {
    let first = || batch(&[(Some("a"), TWO), (Some("b"), TWO)]);
    let second = || batch(&[(Some("c"), TWO), (None, TWO), (Some("d"), BROKEN), (Some("e"), TWO)]);
    let collection = Collection::default();
    let mut strict = writer(&collection, &[]);
    strict.write(first()).await.unwrap();
    let error = strict.write(second()).await.unwrap_err();
    assert!(error.to_string().contains("(column: id, row: 3 of partition 7)"), "{error}");
    let error = strict.write(batch(&[(Some("d"), BROKEN)])).await.unwrap_err();
    assert!(error.to_string().contains("column: vector") && error.to_string().contains("id: d"), "{error}");

    let collection = Collection::default();
    let mut tolerant = writer(&collection, &[("on_error", "skip"), ("concurrency", "1")]);
    // A row that may be rejected says no size.
    tolerant.write(batch(&[(Some("x"), BROKEN)])).await.unwrap();
    tolerant.write(first()).await.unwrap();
    tolerant.write(second()).await.unwrap();
    let message = tolerant.commit().await.unwrap();
    assert!(message.contains(r#""rows":7"#) && message.contains(r#""rejected":3"#), "{message}");
    assert_eq!(entries(&collection), ["a 2", "b 2", "c 2", "e 2"]);
}

#[tokio::test]
async fn ids_that_are_made_count_the_rows_of_the_task_or_join_the_keys() {
    let written = async |options: &[(&str, &str)]| {
        let collection = Collection::default();
        let mut writer = writer(&collection, options);
        writer.write(batch(&[(Some("a"), TWO), (Some("b"), TWO)])).await.unwrap();
        writer.write(batch(&[(Some("c"), TWO)])).await.unwrap();
        writer.commit().await.unwrap();
        entries(&collection)
    };
    let generated = [0, 1, 2].map(|row| format!("{} 2", PointId::generated("q", 7, row)));
    assert_eq!(written(&[("id_field", ""), ("concurrency", "1")]).await, generated);
    let keys = ["a", "b", "c"].map(|key| format!("{} 2", PointId::from_keys(&[key.to_owned()])));
    assert_eq!(written(&[("key_fields", "id"), ("concurrency", "1")]).await, keys);
}
