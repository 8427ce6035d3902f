//! Inserts and upserts from their rows straight to the bytes of Milvus's protocol, column by column, without a message:
//! vectors stay where they are until they are sent, all else is written behind each other. The rows are gone once their
//! request is made.

mod number;

use std::mem;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use prost::encoding::{WireType, encoded_len_varint, key_len};
use vectorfuse_core::error::Result;
use vectorfuse_core::net::pieces::{Joined, Pieces};
use vectorfuse_core::protobuf::{framed, head, key, varint};

use crate::api::proto::DataType;
use crate::block::{Block, Heading, mixed};
use crate::collection::{FieldType, ScalarType, VectorType};
use crate::value::Value;
use crate::wire::number::{
    ARRAY_DATA, BFLOAT16_VECTOR, BINARY_VECTOR, BOOL_DATA, COLLECTION_NAME, DB_NAME, DOUBLE_DATA, ELEMENT_TYPE,
    FIELD_IS_DYNAMIC, FIELD_NAME, FIELD_SCALARS, FIELD_TYPE, FIELD_VALID_DATA, FIELD_VECTORS, FIELDS_DATA, FLOAT_DATA,
    FLOAT_VECTOR, FLOAT16_VECTOR, GEOMETRY_WKT_DATA, INT_DATA, INT8_VECTOR, JSON_DATA, LONG_DATA, NUM_ROWS,
    PARTIAL_UPDATE, PARTITION_NAME, SPARSE_FLOAT_VECTOR, STRING_DATA, VALUES, VECTOR_DIM,
};

/// A vector of fewer bytes is copied to what stands around it: as a piece it would take about as much memory.
const LEAST_PIECE: usize = 512;

/// Where rows go, and how.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) database: Arc<str>,
    pub(crate) collection: Arc<str>,
    /// Empty: the server's default, as the database.
    pub(crate) partition: String,
    /// Whether fields that the rows don't have stay as they are. An insert is never partial.
    pub(crate) partial: bool,
}

/// What is known of a column before it is written.
#[derive(Debug)]
struct Column {
    /// How many bytes its values have together.
    values: usize,
    /// Of vectors.
    dim: i64,
}

/// A value among those of its column.
enum Item<'a> {
    Varint(u64),
    Four([u8; 4]),
    Eight([u8; 8]),
    /// With its number and its length before it.
    Framed(&'a [u8]),
    /// Its bytes alone.
    Plain(&'a [u8]),
}

/// An insert or an upsert, which have the same fields, of these rows. An error if a value is of another type than its
/// field.
pub(crate) fn upload(place: &Place, block: Block) -> Result<Pieces> {
    let count = block.count()?;
    let Block { headings, mut rows } = block;
    let mut writing = Writing::default();
    put_text(DB_NAME, &place.database, &mut writing.open);
    put_text(COLLECTION_NAME, &place.collection, &mut writing.open);
    put_text(PARTITION_NAME, &place.partition, &mut writing.open);
    for (index, heading) in headings.iter().enumerate() {
        let column = Column::of(heading, index, &rows)?;
        Field { heading, column, rows: rows.len() }.write(rows.iter_mut().map(|row| &mut row[index]), &mut writing);
    }
    put_number(NUM_ROWS, count.into(), &mut writing.open);
    put_number(PARTIAL_UPDATE, place.partial.into(), &mut writing.open);
    Ok(writing.finish())
}

/// A message that is being written.
#[derive(Default)]
struct Writing {
    pieces: Joined,
    /// What comes behind them.
    open: Vec<u8>,
}

impl Writing {
    /// Puts a piece behind what is there.
    fn put_piece(&mut self, piece: BytesMut) {
        self.close();
        self.pieces.push(piece);
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            self.pieces.push(Bytes::from(mem::take(&mut self.open)).into());
        }
    }

    fn finish(mut self) -> Pieces {
        self.close();
        self.pieces.finish()
    }
}

impl Column {
    fn of(heading: &Heading, index: usize, rows: &[Vec<Value>]) -> Result<Self> {
        let (mut values, mut first) = (0, None);
        for value in rows.iter().map(|row| &row[index]).filter(|value| value.is_there()) {
            let size = item(heading.data_type, value).ok_or_else(mixed)?.size();
            first.get_or_insert(size);
            values += size;
        }
        Ok(Self { values, dim: heading.dimensions(first.unwrap_or_default())? })
    }
}

/// A message of one column.
struct Field<'a> {
    heading: &'a Heading,
    column: Column,
    /// How many rows there are.
    rows: usize,
}

impl Field<'_> {
    /// Writes it with these values, which it takes.
    fn write<'v>(&self, values: impl Iterator<Item = &'v mut Value>, into: &mut Writing) {
        head(FIELDS_DATA, self.size(), &mut into.open);
        self.put_head(&mut into.open);
        let mut valid = Vec::new();
        for value in values {
            let value = mem::replace(value, Value::Null);
            if self.says_valid() {
                valid.push(value.is_there().into());
            }
            match value {
                Value::Packed(vector) if vector.len() >= LEAST_PIECE && !self.is_sparse() => into.put_piece(vector),
                other => {
                    if let Some(item) = item(self.heading.data_type, &other) {
                        item.put(&mut into.open);
                    }
                }
            }
        }
        self.put_end(&valid, &mut into.open);
    }

    fn size(&self) -> usize {
        let valid = if self.says_valid() { framed(FIELD_VALID_DATA, self.rows) } else { 0 };
        number_size(FIELD_TYPE, self.type_number())
            + text_size(FIELD_NAME, &self.heading.name)
            // Of a field of scalars and of one of vectors the number takes as much.
            + framed(FIELD_SCALARS, self.held_size())
            + number_size(FIELD_IS_DYNAMIC, self.heading.is_dynamic.into())
            + valid
    }

    /// The size of what holds the data of scalars, or of vectors.
    fn held_size(&self) -> usize {
        number_size(VECTOR_DIM, self.dim()) + framed(data_number(self.heading.data_type), self.data_size())
    }

    /// The size of what holds the values.
    fn data_size(&self) -> usize {
        let values = self.column.values;
        match self.heading.data_type {
            FieldType::Array { element, .. } => values + number_size(ELEMENT_TYPE, type_number(element.data_type())),
            data_type if is_packed(data_type) && values > 0 => framed(VALUES, values),
            FieldType::Scalar(_) | FieldType::Vector { .. } => values,
        }
    }

    /// Writes what stands before the values.
    fn put_head(&self, into: &mut Vec<u8>) {
        let data_type = self.heading.data_type;
        put_number(FIELD_TYPE, self.type_number(), into);
        put_text(FIELD_NAME, &self.heading.name, into);
        let number = if data_type.vector().is_some() { FIELD_VECTORS } else { FIELD_SCALARS };
        head(number, self.held_size(), into);
        put_number(VECTOR_DIM, self.dim(), into);
        head(data_number(data_type), self.data_size(), into);
        if is_packed(data_type) && self.column.values > 0 {
            head(VALUES, self.column.values, into);
        }
    }

    /// Writes what stands behind the values: of each row, whether it has one, where that is said.
    fn put_end(&self, valid: &[u8], into: &mut Vec<u8>) {
        if let FieldType::Array { element, .. } = self.heading.data_type {
            put_number(ELEMENT_TYPE, type_number(element.data_type()), into);
        }
        put_number(FIELD_IS_DYNAMIC, self.heading.is_dynamic.into(), into);
        if !valid.is_empty() {
            head(FIELD_VALID_DATA, valid.len(), into);
            into.extend_from_slice(valid);
        }
    }

    /// Whether it says of each row whether it has a value.
    fn says_valid(&self) -> bool {
        self.heading.is_open && self.rows > 0
    }

    /// Whether each of its vectors has its length before it.
    fn is_sparse(&self) -> bool {
        matches!(self.heading.data_type, FieldType::Vector { kind: VectorType::Sparse, .. })
    }

    fn type_number(&self) -> u64 {
        type_number(self.heading.data_type.data_type())
    }

    fn dim(&self) -> u64 {
        self.column.dim.cast_unsigned()
    }
}

impl Item<'_> {
    fn size(&self) -> usize {
        match self {
            Self::Varint(bits) => encoded_len_varint(*bits),
            Self::Four(bytes) => bytes.len(),
            Self::Eight(bytes) => bytes.len(),
            Self::Framed(bytes) => value_size(bytes.len()),
            Self::Plain(bytes) => bytes.len(),
        }
    }

    fn put(&self, into: &mut Vec<u8>) {
        match self {
            Self::Varint(bits) => varint(*bits, into),
            Self::Four(bytes) => into.extend_from_slice(bytes),
            Self::Eight(bytes) => into.extend_from_slice(bytes),
            Self::Framed(bytes) => {
                head(VALUES, bytes.len(), into);
                into.extend_from_slice(bytes);
            }
            Self::Plain(bytes) => into.extend_from_slice(bytes),
        }
    }
}

/// The value in a column of this type; `None` if there is none, or it is of another type.
fn item(data_type: FieldType, value: &Value) -> Option<Item<'_>> {
    use FieldType::{Array, Scalar, Vector};
    use ScalarType as T;
    Some(match (data_type, value) {
        (Scalar(T::Bool), Value::Bool(value)) => Item::Varint((*value).into()),
        // Negative numbers have the bits of 64-bit ones.
        (Scalar(T::Int8 | T::Int16 | T::Int32), Value::Int(value)) => Item::Varint(i64::from(*value).cast_unsigned()),
        (Scalar(T::Int64), Value::Long(value)) => Item::Varint(value.cast_unsigned()),
        (Scalar(T::Float), Value::Float(value)) => Item::Four(value.to_le_bytes()),
        (Scalar(T::Double), Value::Double(value)) => Item::Eight(value.to_le_bytes()),
        (Scalar(T::VarChar { .. } | T::Text | T::Timestamptz | T::Geometry), Value::Text(text)) => {
            Item::Framed(text.as_bytes())
        }
        (Scalar(T::Json), Value::Json(bytes)) | (Array { .. }, Value::List(bytes)) => Item::Framed(bytes),
        (Vector { kind: VectorType::Sparse, .. }, Value::Packed(bytes)) => Item::Framed(bytes),
        (Vector { .. }, Value::Packed(bytes)) => Item::Plain(bytes),
        (_, _) => return None,
    })
}

/// Whether the values stand in one field, one after the other.
fn is_packed(data_type: FieldType) -> bool {
    match data_type {
        FieldType::Scalar(scalar) => match scalar {
            ScalarType::Bool
            | ScalarType::Int8
            | ScalarType::Int16
            | ScalarType::Int32
            | ScalarType::Int64
            | ScalarType::Float
            | ScalarType::Double => true,
            ScalarType::VarChar { .. }
            | ScalarType::Text
            | ScalarType::Json
            | ScalarType::Timestamptz
            | ScalarType::Geometry => false,
        },
        FieldType::Array { .. } => false,
        // Floats are a message of one field; of the others the bytes stand for themselves.
        FieldType::Vector { kind, .. } => kind == VectorType::Float,
    }
}

/// The number of what holds the data of a type.
fn data_number(data_type: FieldType) -> u32 {
    match data_type {
        FieldType::Scalar(scalar) => match scalar {
            ScalarType::Bool => BOOL_DATA,
            ScalarType::Int8 | ScalarType::Int16 | ScalarType::Int32 => INT_DATA,
            ScalarType::Int64 => LONG_DATA,
            ScalarType::Float => FLOAT_DATA,
            ScalarType::Double => DOUBLE_DATA,
            ScalarType::VarChar { .. } | ScalarType::Text | ScalarType::Timestamptz => STRING_DATA,
            ScalarType::Json => JSON_DATA,
            ScalarType::Geometry => GEOMETRY_WKT_DATA,
        },
        FieldType::Array { .. } => ARRAY_DATA,
        FieldType::Vector { kind, .. } => match kind {
            VectorType::Float => FLOAT_VECTOR,
            VectorType::Binary => BINARY_VECTOR,
            VectorType::Float16 => FLOAT16_VECTOR,
            VectorType::BFloat16 => BFLOAT16_VECTOR,
            VectorType::Sparse => SPARSE_FLOAT_VECTOR,
            VectorType::Int8 => INT8_VECTOR,
        },
    }
}

fn type_number(data_type: DataType) -> u64 {
    i64::from(i32::from(data_type)).cast_unsigned()
}

/// The size of a value of so many bytes among those of its column.
pub(crate) fn value_size(size: usize) -> usize {
    framed(VALUES, size)
}

/// A text that is empty is not written.
fn put_text(number: u32, text: &str, into: &mut Vec<u8>) {
    if !text.is_empty() {
        head(number, text.len(), into);
        into.extend_from_slice(text.as_bytes());
    }
}

fn text_size(number: u32, text: &str) -> usize {
    if text.is_empty() { 0 } else { framed(number, text.len()) }
}

/// A number that is zero, and what is false, is not written.
fn put_number(number: u32, value: u64, into: &mut Vec<u8>) {
    if value != 0 {
        key(number, WireType::Varint, into);
        varint(value, into);
    }
}

fn number_size(number: u32, value: u64) -> usize {
    if value == 0 { 0 } else { key_len(number) + encoded_len_varint(value) }
}

#[cfg(test)]
mod tests;
