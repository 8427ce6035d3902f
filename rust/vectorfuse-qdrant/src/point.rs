//! From rows to what they do to points: ids, vectors and payload, each value checked before anything is sent.

use std::collections::{BTreeMap, HashMap};

use arrow_array::RecordBatch;
use qdrant_client::qdrant::point_id::PointIdOptions;
use qdrant_client::qdrant::vectors::VectorsOptions;
use qdrant_client::qdrant::{
    self, DenseVector, Filter, MultiDenseVector, NamedVectors, PointStruct, RetrievedPoint, SparseVector, Value,
    VectorOutput, Vectors, vector, vectors_output,
};
use serde_json::Value as Json;
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::ids::PointId;
use vectorfuse_core::options::WriteMode;
use vectorfuse_core::payload::{ColumnReader, Scalar};
use vectorfuse_core::reject::{Plain, Rejected};
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::table::{Column, Role};
use vectorfuse_core::vector::Vector;
use vectorfuse_core::write::{IdSource, WritePlan, is_integer_id, vector_name};

use crate::change::{Action, Change, Origin, Parts};
use crate::collection::{Numbers, VectorSpec};
use crate::document::Payload;
use crate::guard;
use crate::shard_key::ShardKey;

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

/// The vector of a point that was read; `None` if it has none of this name.
pub(crate) fn vector_of<'a>(point: &'a RetrievedPoint, name: &str) -> Option<&'a VectorOutput> {
    match point.vectors.as_ref()?.vectors_options.as_ref()? {
        vectors_output::VectorsOptions::Vector(unnamed) => name.is_empty().then_some(unnamed),
        vectors_output::VectorsOptions::Vectors(named) => named.vectors.get(name),
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
    plan: &'a WritePlan,
    columns: &'a [Column],
    readers: Vec<ColumnReader>,
    ids: Ids<'a>,
}

impl<'a> Points<'a> {
    pub(crate) fn new(batch: &RecordBatch, plan: &'a WritePlan, ids: Ids<'a>) -> Result<Self> {
        let columns = &plan.columns;
        let pairs = batch.columns().iter().zip(columns);
        let readers = pairs.map(|(array, column)| {
            ColumnReader::new(array, &column.data_type).map_err(|error| error.with("column", &column.name))
        });
        Ok(Self { plan, columns, readers: readers.collect::<Result<_>>()?, ids })
    }

    /// The sizes of the vectors that `vectors` does not know yet, from the first row that has each.
    pub(crate) fn learn_sizes(
        &self,
        rows: usize,
        vectors: &mut BTreeMap<String, VectorSpec>,
        tolerant: bool,
    ) -> Result<()> {
        for (column, reader) in self.columns.iter().zip(&self.readers) {
            let Role::Vector(name) = &column.role else { continue };
            let Some(spec) = vectors.get_mut(name).filter(|spec| spec.lacks_size()) else { continue };
            for row in 0..rows {
                let vector = match reader.vector(row, spec.kind) {
                    Err(_) if tolerant => continue,
                    read => read.map_err(|error| self.place(error, column, row))?,
                };
                match vector.as_ref().map(dimensions) {
                    Some(0) if tolerant => {}
                    Some(0) => return Err(self.place(Error::data("the vector is empty"), column, row)),
                    Some(size) => {
                        spec.size = Some(to_u64(size));
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
        let delete = self.is_delete(row)?;
        let mut payload: HashMap<String, Value> = HashMap::with_capacity(self.columns.len());
        let mut named: HashMap<String, qdrant::Vector> = HashMap::new();
        let mut has_vector_column = false;
        let mut id = None;
        for (column, reader) in self.columns.iter().zip(&self.readers) {
            match &column.role {
                // The last two are parts of what is read alone.
                Role::Unused | Role::WholePayload | Role::Score => {}
                Role::Payload(_) | Role::Vector(_) | Role::SparseValues(_) if delete => {}
                Role::Payload(_) if reader.is_left_out(row) => {}
                Role::Payload(field) => {
                    let value: Payload = reader.document(row).map_err(|error| self.place(error, column, row))?;
                    payload.insert(field.clone(), value.0);
                }
                Role::Vector(name) | Role::SparseValues(name) => {
                    has_vector_column = true;
                    let spec = vectors.get(name);
                    let vector = self.vector(reader, &column.role, spec, row);
                    let vector = vector.map_err(|error| self.place(error, column, row))?;
                    named.extend(vector.map(|vector| (name.clone(), vector)));
                }
                // With its values.
                Role::SparseIndices(_) => {}
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
        let partial = self.plan.options.named.write_mode == WriteMode::Partial;
        if has_vector_column && named.is_empty() && !partial {
            return Err(Error::data("every vector of the row is null: a point without one is found by no search. Fill it, drop the row, or write points without vectors with `vector_fields` = \"\"")
                .with("column", self.vector_columns())
                .with("row", self.origin(row))
                .with("id", id));
        }
        let action = if delete {
            Action::Delete
        } else if partial {
            Action::Partial(Parts { payload, vectors: (!named.is_empty()).then(|| message(named)).flatten() })
        } else {
            Action::Upsert(PointStruct { id: Some(to_qdrant_id(id)), payload, vectors: message(named) })
        };
        let name = self.id_text(row).filter(|text| !id.is_named(text));
        let origin = Origin { name, ..self.origin(row) };
        let (order, guard) = self.guard(row)?;
        let shard = self.plan.rules.shard_key.map(|index| self.shard_key(index, row)).transpose()?;
        Ok(Change { id, origin, action, order, guard, shard, tally: None, rows: 1 })
    }

    fn shard_key(&self, index: usize, row: usize) -> Result<ShardKey> {
        let column = &self.columns[index];
        let text = self.readers[index].text(row);
        let key = text.and_then(|text| ShardKey::of_row(text, &column.data_type));
        key.map_err(|error| self.place(error, column, row))
    }

    /// Whether the row deletes its point.
    fn is_delete(&self, row: usize) -> Result<bool> {
        let Some(index) = self.plan.rules.op else {
            return Ok(self.plan.options.named.write_mode == WriteMode::Delete);
        };
        let (column, reader) = (&self.columns[index], &self.readers[index]);
        let op = reader.text(row)?;
        match op.as_deref() {
            Some(op) if op.eq_ignore_ascii_case("upsert") => Ok(false),
            Some(op) if op.eq_ignore_ascii_case("delete") => Ok(true),
            other => {
                let is = other.map_or_else(|| "null".to_owned(), |other| format!("`{other}`"));
                let error = Error::data(format!("the operation is {is}: expected `upsert` or `delete`"));
                Err(self.place(error, column, row))
            }
        }
    }

    /// What the row adds to each counter.
    pub(crate) fn counts(&self, row: usize) -> Result<Vec<Option<Scalar>>> {
        self.plan.rules.counters.iter().map(|index| self.scalar(*index, row)).collect()
    }

    fn scalar(&self, index: usize, row: usize) -> Result<Option<Scalar>> {
        self.readers[index].scalar(row).map_err(|error| self.place(error, &self.columns[index], row))
    }

    /// The row's place in the order, and which points that are there it may change.
    fn guard(&self, row: usize) -> Result<(Option<Scalar>, Option<Filter>)> {
        let scalar = |index: usize| self.scalar(index, row);
        let rules = &self.plan.rules;
        let mut guard = None;
        let mut order = None;
        if let Some(index) = rules.order {
            let column = &self.columns[index];
            order = scalar(index)?;
            let filter = guard::order(&column.name, order.as_ref());
            guard = Some(filter.map_err(|error| self.place(error, column, row))?);
        }
        if let Some(condition) = &rules.condition {
            let filter = guard::condition(condition, &scalar);
            let filter = filter.map_err(|error| error.with("row", self.origin(row)))?;
            guard = Some(match guard {
                Some(order) => guard::both(order, filter),
                None => filter,
            });
        }
        Ok((order, guard))
    }

    fn vector(
        &self,
        reader: &ColumnReader,
        role: &Role,
        spec: Option<&VectorSpec>,
        row: usize,
    ) -> Result<Option<qdrant::Vector>> {
        let indices = match role {
            Role::SparseValues(name) => {
                let indices = |role: &Role| matches!(role, Role::SparseIndices(other) if other == name);
                self.columns.iter().position(|column| indices(&column.role))
            }
            Role::Vector(_)
            | Role::SparseIndices(_)
            | Role::Id { .. }
            | Role::Payload(_)
            | Role::WholePayload
            | Role::Score
            | Role::Unused => None,
        };
        let vector = match indices {
            Some(indices) => ColumnReader::sparse_pair(&self.readers[indices], reader, row)?,
            None => reader.vector(row, spec.map(|spec| spec.kind).unwrap_or_default())?,
        };
        let Some(vector) = vector else { return Ok(None) };
        if let Some(spec) = spec {
            check(&vector, spec)
                .map_err(|error| error.with("vector", vector_name(role.vector().unwrap_or_default())))?;
        }
        Ok(Some(sent(vector)))
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
        let names = self.columns.iter().filter(|column| column.role.vector().is_some());
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

    /// A row that can't be turned into a change.
    pub(crate) fn rejected(&self, row: usize, with_values: bool) -> Rejected {
        let values = with_values.then(|| self.values(row));
        Rejected { row: self.ids.rows_before + to_u64(row), id: self.id_text(row), values, rows: 1 }
    }

    /// The columns of a row, for people: what has no form in JSON is said in words.
    pub(crate) fn values(&self, row: usize) -> Json {
        let value = |(column, reader): (&Column, &ColumnReader)| {
            let value = reader.document::<Plain>(row).map_or_else(|error| error.to_string().into(), |plain| plain.0);
            (column.name.clone(), value)
        };
        Json::Object(self.columns.iter().zip(&self.readers).map(value).collect())
    }

    /// Which row it is, without its name.
    fn origin(&self, row: usize) -> Origin {
        Origin { row: self.ids.rows_before + to_u64(row), partition: self.ids.partition, name: None, values: None }
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

/// The number of dimensions of a vector, of the first one of a multi-vector.
fn dimensions(vector: &Vector) -> usize {
    match vector {
        Vector::Dense(data) => data.len(),
        Vector::Sparse(..) => 0,
        Vector::Multi(rows) => rows.first().map_or(0, Vec::len),
    }
}

/// Whether the collection's vector can be this one, as it is.
fn check(vector: &Vector, spec: &VectorSpec) -> Result<()> {
    let size = |length: usize, what: &str| match spec.size {
        Some(size) if size != to_u64(length) => {
            Err(Error::data(format!("{what} has {length} dimensions, and the vector of the collection has {size}")))
        }
        Some(_) | None => Ok(()),
    };
    match vector {
        Vector::Dense(data) => {
            size(data.len(), "the vector")?;
            bytes(data, spec.numbers)
        }
        Vector::Sparse(..) => Ok(()),
        Vector::Multi(rows) => rows.iter().enumerate().try_for_each(|(place, row)| {
            size(row.len(), &format!("the multi-vector's row {place}"))?;
            bytes(row, spec.numbers)
        }),
    }
}

/// A server that keeps bytes cuts every other number down to one.
fn bytes(data: &[f32], numbers: Numbers) -> Result<()> {
    let is_byte = |value: &f32| value.fract() == 0.0 && (0.0..=255.0).contains(value);
    if numbers != Numbers::Bytes {
        return Ok(());
    }
    match data.iter().position(|value| !is_byte(value)) {
        Some(place) => Err(Error::data(format!(
            "the vector's element {place} is {}: the collection keeps integers from 0 to 255 (Uint8), and the server would \
             change it",
            data[place]
        ))),
        None => Ok(()),
    }
}

fn sent(vector: Vector) -> qdrant::Vector {
    let variant = match vector {
        Vector::Dense(data) => vector::Vector::Dense(DenseVector { data }),
        Vector::Sparse(indices, values) => vector::Vector::Sparse(SparseVector { values, indices }),
        Vector::Multi(rows) => {
            let vectors = rows.into_iter().map(|data| DenseVector { data }).collect();
            vector::Vector::MultiDense(MultiDenseVector { vectors })
        }
    };
    qdrant::Vector { vector: Some(variant), ..qdrant::Vector::default() }
}

/// The vectors of a message by their names.
pub(crate) fn named(vectors: Vectors) -> HashMap<String, qdrant::Vector> {
    match vectors.vectors_options {
        Some(VectorsOptions::Vector(unnamed)) => [(String::new(), unnamed)].into(),
        Some(VectorsOptions::Vectors(named)) => named.vectors,
        None => HashMap::new(),
    }
}

/// The message of vectors by their names.
pub(crate) fn message(mut named: HashMap<String, qdrant::Vector>) -> Option<Vectors> {
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
