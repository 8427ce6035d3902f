//! The rows of a batch, as a store turns them into what it writes: their ids, vectors and values, and for each error and
//! each rejected row which row of whose that is.
//!
//! Every error of a value names its column, its row and, where the user names the row, its id.

use std::fmt::{self, Display, Write as _};
use std::sync::Arc;

use arrow_array::RecordBatch;
use serde_json::Value as Json;
use serde_json::value::{RawValue, to_raw_value};

use crate::document::Document;
use crate::error::{Error, Result};
use crate::ids::PointId;
use crate::options::WriteMode;
use crate::payload::{Atom, ColumnReader, Scalar};
use crate::reject::{Plain, Rejected, Rejects};
use crate::schema::SparkType;
use crate::table::{Column, Role};
use crate::vector::{Vector, VectorKind};
use crate::write::{IdSource, Task, WritePlan};

/// As much of a row's name stands in a message.
const LONGEST_NAME: usize = 60;

/// What a store tells its entries apart by, as messages name it.
pub trait Key: Display {
    /// Whether its text is that of this integer. Asked of every row, so it writes neither down.
    fn is_integer(&self, integer: i64) -> bool;
}

/// The rows of one batch of a task. Columns are their places in the plan, rows their places in the batch.
pub struct Rows<'a> {
    plan: &'a WritePlan,
    readers: Vec<ColumnReader>,
    count: usize,
    task: Task,
    /// How many rows of the task came before this batch.
    before: u64,
    rejects: &'a Rejects,
}

/// Which row of which partition.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    row: u64,
    partition: u64,
    /// What else is to be said of it. Few rows have that, and each is moved several times.
    told: Option<Box<Told>>,
}

#[derive(Clone, Debug)]
struct Told {
    /// What the user calls the row, where that is not the text of its key.
    name: Option<String>,
    /// Its columns as JSON, where rejected rows are written down. As text they take some three times the bytes of the
    /// columns, as a tree thirty times, and they are kept until their request is answered.
    values: Option<Arc<RawValue>>,
}

impl<'a> Rows<'a> {
    /// The rows of `batch`, whose columns are those of the plan, after `before` rows of the task.
    pub fn new(
        batch: &RecordBatch,
        plan: &'a WritePlan,
        task: Task,
        before: u64,
        rejects: &'a Rejects,
    ) -> Result<Self> {
        let pairs = batch.columns().iter().zip(&plan.columns);
        let readers = pairs.map(|(array, column)| {
            ColumnReader::new(array, &column.data_type).map_err(|error| error.with("column", &column.name))
        });
        Ok(Self { plan, readers: readers.collect::<Result<_>>()?, count: batch.num_rows(), task, before, rejects })
    }

    /// How many rows there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The columns in their order, each with what reads its values.
    pub fn columns(&self) -> impl Iterator<Item = (&'a Column, &ColumnReader)> {
        self.plan.columns.iter().zip(&self.readers)
    }

    /// What reads a column's values.
    #[must_use]
    pub fn reader(&self, column: usize) -> &ColumnReader {
        &self.readers[column]
    }

    /// What became of a row; `None` if it is rejected. An error ends the write.
    pub fn kept<T>(&self, row: usize, made: Result<T>) -> Result<Option<T>> {
        match made {
            Ok(made) => Ok(Some(made)),
            Err(error) => {
                let values = self.values(row);
                let rejected = Rejected { row: self.number(row), id: self.name(row), values, rows: 1 };
                self.rejects.reject(error, rejected).map(|()| None)
            }
        }
    }

    /// Whether the row deletes what is stored under its key: it says so (`op_field`), or the write deletes.
    pub fn is_delete(&self, row: usize) -> Result<bool> {
        let Some(index) = self.plan.rules.op else {
            return Ok(self.plan.options.named.write_mode == WriteMode::Delete);
        };
        let op = self.text(index, row)?;
        match op.as_deref() {
            Some(op) if op.eq_ignore_ascii_case("upsert") => Ok(false),
            Some(op) if op.eq_ignore_ascii_case("delete") => Ok(true),
            other => {
                let is = other.map_or_else(|| "null".to_owned(), |other| format!("`{other}`"));
                let error = Error::data(format!("the operation is {is}: expected `upsert` or `delete`"));
                Err(self.place(error, index, row))
            }
        }
    }

    /// The id of a row that gets one made: of its keys (`key_fields`), or of its place in the task. `None` if it has a
    /// column of its own, whose value the store turns into its kind of key.
    pub fn made_id(&self, row: usize) -> Result<Option<PointId>> {
        Ok(Some(match &self.plan.id {
            IdSource::Column(_) => return Ok(None),
            IdSource::Keys(keys) => PointId::from_keys(&self.keys(keys, row)?),
            IdSource::KeysOfDlt(collection, keys) => {
                let texts = keys.iter().zip(self.keys(keys, row)?);
                // Python's words for booleans.
                let texts = texts.map(|(index, text)| match (&self.plan.columns[*index].data_type, text.as_str()) {
                    (SparkType::Boolean, "true") => "True".to_owned(),
                    (SparkType::Boolean, _) => "False".to_owned(),
                    (_, _) => text,
                });
                PointId::from_keys_of_dlt(collection, &texts.collect::<Vec<_>>())
            }
            IdSource::Generated => PointId::generated(&self.plan.query, self.task.partition, self.number(row)),
        }))
    }

    fn keys(&self, keys: &[usize], row: usize) -> Result<Vec<String>> {
        let key = |index: &usize| {
            let text = self.text(*index, row)?;
            text.ok_or_else(|| self.place(Error::data("a key is null"), *index, row))
        };
        keys.iter().map(key).collect()
    }

    /// The canonical text of a value; `None` for null.
    pub fn text(&self, column: usize, row: usize) -> Result<Option<String>> {
        self.readers[column].text(row).map_err(|error| self.place(error, column, row))
    }

    /// A value as something to compare or to add; `None` for null.
    pub fn scalar(&self, column: usize, row: usize) -> Result<Option<Scalar>> {
        self.readers[column].scalar(row).map_err(|error| self.place(error, column, row))
    }

    /// A value as a document.
    pub fn document<D: Document>(&self, column: usize, row: usize) -> Result<D> {
        self.readers[column].document(row).map_err(|error| self.place(error, column, row))
    }

    /// The row's place in the order of `order_field`; `None` for null, and where the write has no order.
    pub fn order(&self, row: usize) -> Result<Option<Scalar>> {
        self.plan.rules.order.map_or(Ok(None), |index| self.scalar(index, row))
    }

    /// What the row adds to each of the `counter_fields`; `None` for null.
    pub fn counts(&self, row: usize) -> Result<Vec<Option<Scalar>>> {
        self.plan.rules.counters.iter().map(|index| self.scalar(*index, row)).collect()
    }

    /// The vector of a column that holds one, or the numbers of a sparse one, whose places are then taken from the
    /// column that has those; `None` for null. `kind` is what the store keeps in it.
    pub fn vector(&self, column: usize, row: usize, kind: VectorKind) -> Result<Option<Vector>> {
        let reader = &self.readers[column];
        let vector = match self.indices(&self.plan.columns[column].role) {
            Some(indices) => ColumnReader::sparse_pair(&self.readers[indices], reader, row),
            None => reader.vector(row, kind),
        };
        vector.map_err(|error| self.place(error, column, row))
    }

    /// The column of the places of a sparse vector, of which a column with this role holds the numbers.
    fn indices(&self, role: &Role) -> Option<usize> {
        match role {
            Role::SparseValues(name) => {
                let indices = |role: &Role| matches!(role, Role::SparseIndices(other) if other == name);
                self.plan.columns.iter().position(|column| indices(&column.role))
            }
            Role::Vector(_)
            | Role::SparseIndices(_)
            | Role::Id { .. }
            | Role::Payload(_)
            | Role::WholePayload
            | Role::Score
            | Role::Unused => None,
        }
    }

    /// The size of this vector, from the first row that has it; `None` if none does. Rows that may be rejected say
    /// nothing if their vector can't be read.
    pub fn vector_size(&self, name: &str, kind: VectorKind) -> Result<Option<u64>> {
        let is_whole = |column: &Column| matches!(&column.role, Role::Vector(other) if other == name);
        let Some(column) = self.plan.columns.iter().position(is_whole) else { return Ok(None) };
        for row in 0..self.count {
            let vector = match self.vector(column, row, kind) {
                Err(_) if self.rejects.pass_over() => continue,
                read => read?,
            };
            match vector.as_ref().map(Vector::dimensions) {
                Some(0) if self.rejects.pass_over() => {}
                Some(0) => return Err(self.place(Error::data("the vector is empty"), column, row)),
                Some(size) => return Ok(Some(size as u64)),
                None => {}
            }
        }
        Ok(None)
    }

    /// The length in bytes of this vector, which is packed, from the first row that has it; `None` if none does.
    pub fn vector_bytes(&self, name: &str) -> Result<Option<u64>> {
        let is_whole = |column: &Column| matches!(&column.role, Role::Vector(other) if other == name);
        let Some(column) = self.plan.columns.iter().position(is_whole) else { return Ok(None) };
        for row in 0..self.count {
            match self.readers[column].atom(row) {
                Some(Atom::Bytes([])) if self.rejects.pass_over() => {}
                Some(Atom::Bytes([])) => return Err(self.place(Error::data("the vector is empty"), column, row)),
                Some(Atom::Bytes(bytes)) => return Ok(Some(bytes.len() as u64)),
                Some(_) | None => {}
            }
        }
        Ok(None)
    }

    /// The error of a row that is written without any of the vectors which the write has; `Ok` if it has none. `key` is
    /// the row's key.
    pub fn refuse_without_vector(&self, row: usize, key: &impl Display) -> Result<()> {
        let columns = self.plan.columns.iter().filter(|column| column.role.vector().is_some());
        let columns: Vec<&str> = columns.map(|column| column.name.as_str()).collect();
        if columns.is_empty() {
            return Ok(());
        }
        let error = Error::data(
            "every vector of the row is null, so no search would find it: fill it, drop the row, or write rows without \
             vectors with `vector_fields` = \"\"",
        );
        Err(error.with("column", columns.join(", ")).with("row", self.origin(row)).with("id", key))
    }

    /// Which row it is, for messages about what it became. `key` is the row's key in the store.
    #[must_use]
    pub fn origin_of(&self, row: usize, key: &impl Key) -> Origin {
        let name = if self.is_called(row, key) { None } else { self.name(row).filter(|name| !is_text_of(key, name)) };
        let values = self.values(row);
        let told = (name.is_some() || values.is_some()).then(|| Box::new(Told { name, values }));
        Origin { told, ..self.origin(row) }
    }

    /// Says of an error at which value it is: a column of a row.
    #[must_use]
    pub fn place(&self, error: Error, column: usize, row: usize) -> Error {
        let error = self.place_row(error.inside("column", &self.plan.columns[column].name), row);
        match self.name(row) {
            Some(name) => error.with("id", name),
            None => error,
        }
    }

    /// Says of an error at which row it is.
    #[must_use]
    pub fn place_row(&self, error: Error, row: usize) -> Error {
        error.with("row", self.origin(row))
    }

    /// Which row it is, without its name.
    fn origin(&self, row: usize) -> Origin {
        Origin { row: self.number(row), partition: self.task.partition, told: None }
    }

    /// The row's number in its partition.
    fn number(&self, row: usize) -> u64 {
        self.before + row as u64
    }

    /// What the user calls the row, for messages; `None` where nothing names it, or its name is what is wrong.
    fn name(&self, row: usize) -> Option<String> {
        let indexes = match &self.plan.id {
            IdSource::Column(index) => std::slice::from_ref(index),
            IdSource::Keys(indexes) | IdSource::KeysOfDlt(_, indexes) => indexes,
            IdSource::Generated => &[],
        };
        let mut texts = indexes.iter().map(|index| self.readers[*index].text(row).ok().flatten());
        let mut name = texts.next()??;
        for text in texts {
            name.push_str(", ");
            name.push_str(&text?);
        }
        if let Some((end, _)) = name.char_indices().nth(LONGEST_NAME) {
            name.truncate(end);
        }
        (!name.is_empty()).then_some(name)
    }

    /// Whether what the user calls the row is the text of this key, where that is seen at once.
    fn is_called(&self, row: usize, key: &impl Key) -> bool {
        let IdSource::Column(index) = self.plan.id else { return false };
        match self.readers[index].atom(row) {
            Some(Atom::Text(text)) => text.len() <= LONGEST_NAME && is_text_of(key, text),
            Some(Atom::Integer(integer)) => key.is_integer(integer),
            Some(_) | None => false,
        }
    }

    /// The columns of a row, for people, if they are wanted: what has no form in JSON is said in words.
    fn values(&self, row: usize) -> Option<Arc<RawValue>> {
        if !self.rejects.want_values() {
            return None;
        }
        let value = |(column, reader): (&Column, &ColumnReader)| {
            let value = reader.document::<Plain>(row).map_or_else(|error| error.to_string().into(), |plain| plain.0);
            (column.name.clone(), value)
        };
        // Each tree has a text.
        to_raw_value(&Json::Object(self.columns().map(value).collect())).ok().map(Arc::from)
    }
}

/// Whether this is how the key is written. Asked of every row, so nothing is allocated.
fn is_text_of(key: &impl Display, text: &str) -> bool {
    struct Rest<'a>(&'a str);
    impl fmt::Write for Rest<'_> {
        fn write_str(&mut self, part: &str) -> fmt::Result {
            self.0 = self.0.strip_prefix(part).ok_or(fmt::Error)?;
            Ok(())
        }
    }
    let mut rest = Rest(text);
    write!(rest, "{key}").is_ok() && rest.0.is_empty()
}

impl Origin {
    /// The row, with those that it stands for (`rows` together), as one that can't be kept. `key` is its key.
    #[must_use]
    pub fn rejected(&self, key: &impl Display, rows: usize) -> Rejected {
        let id = self.name().map_or_else(|| key.to_string(), str::to_owned);
        let values = self.told.as_ref().and_then(|told| told.values.clone());
        Rejected { row: self.row, id: Some(id), values, rows }
    }

    /// Says of an error which row it is about, whose key this is.
    #[must_use]
    pub fn place(&self, error: Error, key: &impl Display) -> Error {
        let error = error.with("row", self);
        match self.name() {
            Some(name) => error.with("id", name),
            None => error.with("id", key),
        }
    }

    fn name(&self) -> Option<&str> {
        self.told.as_ref()?.name.as_deref()
    }
}

impl Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of partition {}", self.row, self.partition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_by_its_whole_text() {
        for key in ["7", "70", "", "a, b"] {
            for text in ["7", "70", "", "a, b", "a"] {
                assert_eq!(is_text_of(&key, text), key == text, "{key} {text}");
            }
        }
        assert!(is_text_of(&format_args!("{}-{}", 12, "é"), "12-é"));
        assert!(!is_text_of(&format_args!("{}-{}", 12, "é"), "12-"));
    }
}
