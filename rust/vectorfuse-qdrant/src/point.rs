//! From rows to what they do to points: ids, vectors and payload, each value checked before anything is sent.

use std::collections::{BTreeMap, HashMap};

use arrow_array::RecordBatch;
use qdrant_client::qdrant::point_id::PointIdOptions;
use qdrant_client::qdrant::vectors::VectorsOptions;
use qdrant_client::qdrant::{DenseVector, NamedVectors, PointStruct, Value, Vector, Vectors, vector};
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::ids::PointId;
use vectorfuse_core::payload::ColumnReader;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::table::{Column, Role};
use vectorfuse_core::write::{IdSource, is_integer_id, vector_name};

use crate::change::{Action, Change, Origin};
use crate::collection::VectorSpec;
use crate::document::Payload;

/// An id as Qdrant's messages have it.
pub(crate) fn to_qdrant_id(id: PointId) -> qdrant_client::qdrant::PointId {
    let options = match id {
        PointId::Number(number) => PointIdOptions::Num(number),
        PointId::Uuid(uuid) => PointIdOptions::Uuid(uuid.to_string()),
    };
    qdrant_client::qdrant::PointId { point_id_options: Some(options) }
}

/// An id of one of Qdrant's messages.
pub(crate) fn from_qdrant_id(id: Option<qdrant_client::qdrant::PointId>) -> Result<PointId> {
    match id.and_then(|id| id.point_id_options) {
        Some(PointIdOptions::Num(number)) => Ok(PointId::Number(number)),
        Some(PointIdOptions::Uuid(text)) => uuid::Uuid::try_parse(&text)
            .map(PointId::Uuid)
            .map_err(|error| Error::internal(format!("the server says that `{text}` is a UUID")).caused_by(error)),
        None => Err(Error::internal("the server sent a point without an id")),
    }
}

/// Where the ids of a task's rows come from.
pub(crate) struct Ids<'a> {
    pub(crate) source: &'a IdSource,
    pub(crate) query: &'a str,
    pub(crate) partition: u64,
    /// How many rows of the task came before this batch.
    pub(crate) rows_before: u64,
}

/// A batch whose rows can be turned into changes of points.
pub(crate) struct Points<'a> {
    columns: &'a [Column],
    readers: Vec<ColumnReader>,
    ids: Ids<'a>,
}

impl<'a> Points<'a> {
    pub(crate) fn new(batch: &RecordBatch, columns: &'a [Column], ids: Ids<'a>) -> Result<Self> {
        let pairs = batch.columns().iter().zip(columns);
        let readers = pairs.map(|(array, column)| {
            ColumnReader::new(array, &column.data_type).map_err(|error| error.with("column", &column.name))
        });
        Ok(Self { columns, readers: readers.collect::<Result<_>>()?, ids })
    }

    /// The sizes of the vectors that `vectors` does not know yet, from the first row that has each.
    pub(crate) fn learn_sizes(&self, rows: usize, vectors: &mut BTreeMap<String, VectorSpec>) -> Result<()> {
        for (column, reader) in self.columns.iter().zip(&self.readers) {
            let Role::Vector(name) = &column.role else { continue };
            let Some(spec) = vectors.get_mut(name).filter(|spec| spec.size.is_none()) else { continue };
            for row in 0..rows {
                let vector = reader.dense_vector(row).map_err(|error| self.place(error, column, row))?;
                match vector.as_deref() {
                    Some([]) => return Err(self.place(Error::data("the vector is empty"), column, row)),
                    Some(vector) => {
                        spec.size = u64::try_from(vector.len()).ok();
                        break;
                    }
                    None => {}
                }
            }
        }
        Ok(())
    }

    /// What a row does; `vectors` say how long each must be.
    pub(crate) fn change(&self, row: usize, vectors: &BTreeMap<String, VectorSpec>) -> Result<Change> {
        let mut payload: HashMap<String, Value> = HashMap::with_capacity(self.columns.len());
        let mut named: HashMap<String, Vector> = HashMap::new();
        let mut has_vector_column = false;
        let mut id = None;
        for (column, reader) in self.columns.iter().zip(&self.readers) {
            match &column.role {
                Role::Unused => {}
                Role::Payload(_) if reader.is_left_out(row) => {}
                Role::Payload(field) => {
                    let value: Payload = reader.document(row).map_err(|error| self.place(error, column, row))?;
                    payload.insert(field.clone(), value.0);
                }
                Role::Vector(name) => {
                    has_vector_column = true;
                    let vector = dense(reader, row, name, vectors).map_err(|error| self.place(error, column, row))?;
                    named.extend(vector.map(|vector| (name.clone(), vector)));
                }
                Role::Id { .. } => {
                    let (found, kept) =
                        column_id(reader, &column.data_type, row).map_err(|error| self.place(error, column, row))?;
                    payload.extend(kept.map(|kept| (column.name.clone(), kept.0)));
                    id = Some(found);
                }
            }
        }
        let id = match id {
            Some(id) => id,
            None => self.other_id(row)?,
        };
        if has_vector_column && named.is_empty() {
            return Err(Error::data("every vector of the row is null: a point without one is found by no search. Fill it, drop the row, or write points without vectors with `vector_fields` = \"\"")
                .with("column", self.vector_columns())
                .with("row", self.origin(row))
                .with("id", id));
        }
        let point = PointStruct { id: Some(to_qdrant_id(id)), payload, vectors: message(named) };
        let name = self.id_text(row).filter(|text| !id.is_named(text));
        let origin = Origin { name, ..self.origin(row) };
        Ok(Change { id, origin, action: Action::Upsert(point), rows: 1 })
    }

    fn other_id(&self, row: usize) -> Result<PointId> {
        match self.ids.source {
            IdSource::Keys(keys) => Ok(PointId::from_keys(&self.key_texts(keys, row)?)),
            IdSource::KeysOfDlt(collection, keys) => {
                let texts = keys.iter().zip(self.key_texts(keys, row)?);
                // Python's words for booleans.
                let texts = texts.map(|(index, text)| match (&self.columns[*index].data_type, text.as_str()) {
                    (SparkType::Boolean, "true") => "True".to_owned(),
                    (SparkType::Boolean, _) => "False".to_owned(),
                    (_, _) => text,
                });
                Ok(PointId::from_keys_of_dlt(collection, &texts.collect::<Vec<_>>()))
            }
            IdSource::Column(_) | IdSource::Generated => {
                Ok(PointId::generated(self.ids.query, self.ids.partition, self.ids.rows_before + to_u64(row)))
            }
        }
    }

    fn key_texts(&self, keys: &[usize], row: usize) -> Result<Vec<String>> {
        let texts = keys.iter().map(|index| {
            let column = &self.columns[*index];
            let text = self.readers[*index].text(row).map_err(|error| self.place(error, column, row))?;
            text.ok_or_else(|| self.place(Error::data("a key is null"), column, row))
        });
        texts.collect()
    }

    fn vector_columns(&self) -> String {
        let names = self.columns.iter().filter(|column| matches!(column.role, Role::Vector(_)));
        names.map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    fn place(&self, error: Error, column: &Column, row: usize) -> Error {
        let error = error.inside("column", &column.name).with("row", self.origin(row));
        match self.id_text(row) {
            Some(id) => error.with("id", id),
            None => error,
        }
    }

    /// What the user calls the row, for messages; `None` where nothing names it, or its name is what is wrong.
    fn id_text(&self, row: usize) -> Option<String> {
        let indexes = match self.ids.source {
            IdSource::Column(index) => std::slice::from_ref(index),
            IdSource::Keys(indexes) | IdSource::KeysOfDlt(_, indexes) => indexes,
            IdSource::Generated => &[],
        };
        let texts = indexes.iter().map(|index| self.readers[*index].text(row).ok().flatten());
        let texts: Vec<String> = texts.collect::<Option<_>>()?;
        let whole = texts.join(", ");
        let short: String = whole.chars().take(60).collect();
        (!short.is_empty()).then_some(short)
    }

    /// Which row it is, without its name.
    fn origin(&self, row: usize) -> Origin {
        Origin { row: self.ids.rows_before + to_u64(row), partition: self.ids.partition, name: None }
    }
}

/// The id that a column names, and the value that must be kept because the id cannot give it back.
fn column_id(reader: &ColumnReader, data_type: &SparkType, row: usize) -> Result<(PointId, Option<Payload>)> {
    if reader.is_null(row) {
        return Err(Error::data("the id is null"));
    }
    if is_integer_id(data_type) {
        let number = reader.integer(row)?.unwrap_or_default();
        let id = u64::try_from(number).map_err(|_| {
            let what = if number < 0 { "negative" } else { "larger than 18446744073709551615" };
            Error::data(format!("the id {number} is {what}: ids are integers from 0 on, UUIDs or texts"))
        })?;
        return Ok((PointId::Number(id), None));
    }
    let text = reader.text(row)?.unwrap_or_default();
    let is_text = matches!(data_type, SparkType::String(_));
    let id = if is_text { PointId::from_text(&text) } else { PointId::hashed(&text) };
    let given_back = is_text && id.is_named(&text);
    let kept = if given_back { None } else { Some(reader.document(row)?) };
    Ok((id, kept))
}

fn dense(
    reader: &ColumnReader,
    row: usize,
    name: &str,
    vectors: &BTreeMap<String, VectorSpec>,
) -> Result<Option<Vector>> {
    let Some(data) = reader.dense_vector(row)? else { return Ok(None) };
    let size = vectors.get(name).and_then(|spec| spec.size);
    if size.is_some_and(|size| size != to_u64(data.len())) {
        return Err(Error::data(format!(
            "the vector has {} dimensions, and {} of the collection has {}",
            data.len(),
            vector_name(name),
            size.unwrap_or_default()
        )));
    }
    Ok(Some(Vector { vector: Some(vector::Vector::Dense(DenseVector { data })), ..Vector::default() }))
}

fn message(mut named: HashMap<String, Vector>) -> Option<Vectors> {
    let options = match named.remove("") {
        Some(unnamed) if named.is_empty() => VectorsOptions::Vector(unnamed),
        // The unnamed vector's name is empty: beside named ones it is one of them.
        Some(unnamed) => {
            named.insert(String::new(), unnamed);
            VectorsOptions::Vectors(NamedVectors { vectors: named })
        }
        None => VectorsOptions::Vectors(NamedVectors { vectors: named }),
    };
    Some(Vectors { vectors_options: Some(options) })
}

/// A count as the messages have it.
pub(crate) fn to_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
