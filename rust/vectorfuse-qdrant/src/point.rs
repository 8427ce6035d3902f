//! From rows to what they do to points: ids, vectors and payload, each value checked before anything is sent.

use std::collections::{BTreeMap, HashMap};

use qdrant_client::qdrant::point_id::PointIdOptions;
use qdrant_client::qdrant::vectors::VectorsOptions;
use qdrant_client::qdrant::{
    self, DenseVector, Filter, MultiDenseVector, NamedVectors, PointStruct, RetrievedPoint, SparseVector, VectorOutput,
    Vectors, vector, vectors_output,
};
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::ids::PointId;
use vectorfuse_core::options::WriteMode;
use vectorfuse_core::payload::{Atom, ColumnReader, Scalar};
use vectorfuse_core::rows::Rows;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::table::Role;
use vectorfuse_core::vector::{Vector, VectorKind};
use vectorfuse_core::write::{IdSource, WritePlan, is_integer_id, vector_name};

use crate::change::{Action, Change, Parts, Point};
use crate::collection::{LARGEST_HALF, Numbers, VectorSpec};
use crate::document::{Payload, is_same};
use crate::draft::{Draft, Messages};
use crate::guard;
use crate::shard_key::ShardKey;
use crate::wire::{Encoder, Room};

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

/// A batch whose rows can be turned into changes of points.
pub(crate) struct Points<'a> {
    pub(crate) rows: &'a Rows<'a>,
    pub(crate) plan: &'a WritePlan,
    /// The collection's vectors, which say how long each must be.
    pub(crate) vectors: &'a BTreeMap<String, VectorSpec>,
}

impl Points<'_> {
    /// What a row does. With a `room`, points are sent as they are encoded there: no request takes them apart.
    pub(crate) fn change(&self, row: usize, room: Option<&mut Room>) -> Result<Change> {
        let rows = self.rows;
        let delete = rows.is_delete(row)?;
        let (id, kept) = match &self.plan.id {
            IdSource::Column(index) => self.column_id(*index, row)?,
            IdSource::Keys(_) | IdSource::KeysOfDlt(..) | IdSource::Generated => (self.made_id(row)?, None),
        };
        let action = if delete { Action::Delete } else { self.written(row, id, kept, room)? };
        let origin = rows.origin_of(row, &id);
        let (order, guard) = self.guard(row)?;
        let shard = self.plan.rules.shard_key.map(|index| self.shard_key(index, row)).transpose()?.map(Box::new);
        let (order, guard) = (order.map(Box::new), guard.map(Box::new));
        Ok(Change { id, origin, action, order, guard, shard, tally: None, rows: 1 })
    }

    /// A row that is written, whole or in parts. `kept` is the value of its id, if that can't give it back.
    fn written(&self, row: usize, id: PointId, kept: Option<Payload>, room: Option<&mut Room>) -> Result<Action> {
        if let Some(room) = room {
            let mut point = Encoder::new(id, room);
            self.put(row, kept, &mut point)?;
            self.require_vector(row, id, &point)?;
            return Ok(Action::Upsert(Point::Encoded(point.finish())));
        }
        let mut point = Messages::default();
        self.put(row, kept, &mut point)?;
        if self.plan.options.named.write_mode == WriteMode::Partial {
            let vectors = if point.is_without_vector() { None } else { message(point.vectors) };
            return Ok(Action::Partial(Box::new(Parts { payload: point.payload, vectors })));
        }
        self.require_vector(row, id, &point)?;
        let Messages { payload, vectors } = point;
        let point = PointStruct { id: Some(to_qdrant_id(id)), payload, vectors: message(vectors) };
        Ok(Action::Upsert(Point::Message(Box::new(point))))
    }

    /// Puts in what the row has, but its id.
    fn put<'r>(&'r self, row: usize, mut kept: Option<Payload>, point: &mut impl Draft<'r>) -> Result<()> {
        for (index, (column, reader)) in self.rows.columns().enumerate() {
            match &column.role {
                // Indices stand with their values; the last two are parts of what is read alone.
                Role::Unused | Role::SparseIndices(_) | Role::WholePayload | Role::Score => {}
                Role::Payload(_) if reader.is_left_out(row) => {}
                Role::Payload(field) => {
                    if !point.atom(field, reader, row) {
                        let value: Payload = self.rows.document(index, row)?;
                        point.value(field, value.0);
                    }
                }
                Role::Vector(name) | Role::SparseValues(name) => {
                    if !point.floats(name, || self.floats(&column.role, reader, row))
                        && let Some(vector) = self.vector(index, name, row)?
                    {
                        point.vector(name, vector);
                    }
                }
                Role::Id { .. } => {
                    if let Some(kept) = kept.take() {
                        point.value(&column.name, kept.0);
                    }
                }
            }
        }
        Ok(())
    }

    fn require_vector<'r>(&'r self, row: usize, id: PointId, point: &impl Draft<'r>) -> Result<()> {
        if point.is_without_vector() { self.rows.refuse_without_vector(row, &id) } else { Ok(()) }
    }

    /// The numbers of a vector that the collection keeps as they stand in the column.
    fn floats<'r>(&self, role: &Role, reader: &'r ColumnReader, row: usize) -> Option<&'r [u8]> {
        let Role::Vector(name) = role else { return None };
        let spec = self.spec(name);
        let fits = |floats: &&[u8]| match spec {
            Some(spec) if spec.kind == VectorKind::Dense => {
                let dimensions = (floats.len() / size_of::<f32>()) as u64;
                spec.size.is_none_or(|size| size == dimensions) && keeps(spec, floats)
            }
            Some(_) => false,
            None => true,
        };
        reader.float_bytes(row).filter(fits)
    }

    /// The id that a column names, and the value that must be kept because the id cannot give it back.
    fn column_id(&self, index: usize, row: usize) -> Result<(PointId, Option<Payload>)> {
        let (reader, column) = (self.rows.reader(index), &self.plan.columns[index]);
        column_id(reader, &column.data_type, row).map_err(|error| self.rows.place(error, index, row))
    }

    fn made_id(&self, row: usize) -> Result<PointId> {
        let made = self.rows.made_id(row)?;
        made.ok_or_else(|| Error::internal("a plan whose id is a column without that part"))
    }

    fn shard_key(&self, index: usize, row: usize) -> Result<ShardKey> {
        let key = ShardKey::of_row(self.rows.text(index, row)?, &self.plan.columns[index].data_type);
        key.map_err(|error| self.rows.place(error, index, row))
    }

    /// The row's place in the order, and which points that are there it may change.
    fn guard(&self, row: usize) -> Result<(Option<Scalar>, Option<Filter>)> {
        let order = self.rows.order(row)?;
        let rules = &self.plan.rules;
        let mut guard = None;
        if let Some(index) = rules.order {
            let filter = guard::order(&self.plan.columns[index].name, order.as_ref());
            guard = Some(filter.map_err(|error| self.rows.place(error, index, row))?);
        }
        if let Some(condition) = &rules.condition {
            let filter = guard::condition(condition, &|index| self.rows.scalar(index, row));
            let filter = filter.map_err(|error| self.rows.place_row(error, row))?;
            guard = Some(match guard {
                Some(order) => guard::both(order, filter),
                None => filter,
            });
        }
        Ok((order, guard))
    }

    /// What the collection keeps under this name. There are few, so each is compared, as [`is_same`] does it.
    fn spec(&self, name: &str) -> Option<&VectorSpec> {
        self.vectors.iter().find(|(other, _)| is_same(other, name)).map(|(_, spec)| spec)
    }

    /// The vector of this name, of the column that holds it or its numbers.
    fn vector(&self, index: usize, name: &str, row: usize) -> Result<Option<qdrant::Vector>> {
        let spec = self.spec(name);
        let kind = spec.map(|spec| spec.kind).unwrap_or_default();
        let Some(vector) = self.rows.vector(index, row, kind)? else { return Ok(None) };
        if let Some(spec) = spec {
            check(&vector, spec)
                .map_err(|error| self.rows.place(error.with("vector", vector_name(name)), index, row))?;
        }
        Ok(Some(sent(vector)))
    }
}

/// The id that a column names, and the value that must be kept because the id cannot give it back.
fn column_id(reader: &ColumnReader, data_type: &SparkType, row: usize) -> Result<(PointId, Option<Payload>)> {
    if let Some(Atom::Integer(number)) = reader.atom(row)
        && let Ok(id) = u64::try_from(number)
    {
        return Ok((PointId::Number(id), None));
    }
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

/// Whether the collection can keep these numbers, of a column's bytes.
fn keeps(spec: &VectorSpec, floats: &[u8]) -> bool {
    spec.numbers == Numbers::Exact || floats.as_chunks().0.iter().all(|number| spec.holds(f32::from_le_bytes(*number)))
}

/// Whether the collection's vector can be this one, as it is.
fn check(vector: &Vector, spec: &VectorSpec) -> Result<()> {
    spec.size.map_or(Ok(()), |size| vector.check_size(size))?;
    match vector {
        Vector::Dense(data) => check_numbers(data, spec),
        Vector::Sparse(..) => Ok(()),
        Vector::Multi(rows) => rows.iter().try_for_each(|row| check_numbers(row, spec)),
    }
}

/// A server that keeps bytes cuts every other number down to one, and one that keeps halves makes large ones infinite.
fn check_numbers(data: &[f32], spec: &VectorSpec) -> Result<()> {
    let Some((place, number)) = data.iter().enumerate().find(|(_, number)| !spec.holds(**number)) else {
        return Ok(());
    };
    let kept = match spec.numbers {
        Numbers::Exact | Numbers::Rounded => "other numbers".to_owned(),
        Numbers::Halves => format!("numbers up to {LARGEST_HALF} (Float16)"),
        Numbers::Bytes => "integers from 0 to 255 (Uint8)".to_owned(),
    };
    Err(Error::data(format!(
        "the vector's element {place} is {number}: the collection keeps {kept}, and the server would change it"
    )))
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

#[cfg(test)]
mod tests;
