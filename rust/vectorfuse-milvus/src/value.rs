//! From a value of a column to that of a field, as the field keeps it.
//!
//! What does not fit is an error, never a changed value. Which types can fit is known before ([`crate::columns`]); a value
//! that its field can't keep is found here.

use bytes::{Bytes, BytesMut};
use prost::Message;
use prost::encoding::encoded_len_varint;
use serde::de::IgnoredAny;
use serde_json::Value as Json;
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::payload::{Atom, ColumnReader, timestamp_text};
use vectorfuse_core::room::Room;
use vectorfuse_core::rows::Rows;
use vectorfuse_core::vector::Vector;

use crate::api::proto::scalar_field::Data;
use crate::api::proto::{BoolArray, DoubleArray, FloatArray, IntArray, LongArray, ScalarField, StringArray};
use crate::collection::{Field, FieldType, ScalarType, VectorType};
use crate::details::WriteDetails;
use crate::packed;
use crate::version::{EMPTY_SPARSE, FINITE_FLOATS, Feature, Version};
use crate::wire::value_size;

/// Older servers keep objects alone.
pub(crate) const LISTS_IN_JSON: Feature = Feature { name: "lists in JSON fields", since: Version(2, 5, 0) };
/// The years that the server reads in a text, as microseconds since 1970.
const MOMENTS: std::ops::Range<i64> = -62_135_596_800_000_000..253_402_300_800_000_000;

/// A value as its field keeps it.
#[derive(Clone, Debug, PartialEq)]
#[repr(u64)] // what it holds stands at a word of its own, so that it is moved in words
pub(crate) enum Value {
    /// The field has none.
    Null,
    /// The server gives the field its own default.
    Default,
    Bool(bool),
    /// Of a field of 8, 16 or 32 bits.
    Int(i32),
    /// Of a field of 64 bits.
    Long(i64),
    Float(f32),
    Double(f64),
    Text(String),
    /// A JSON text.
    Json(Vec<u8>),
    /// An encoded [`ScalarField`].
    List(Vec<u8>),
    /// A vector, packed as the server wants it.
    Packed(BytesMut),
}

impl Value {
    /// What it adds to a message, at most.
    pub(crate) fn size(&self) -> usize {
        // A byte more says in a nullable field that the value is there.
        1 + match self {
            Self::Null | Self::Default => 0,
            Self::Bool(_) => 1,
            Self::Int(number) => varint((*number).into()),
            Self::Long(number) => varint(*number),
            Self::Float(_) => 4,
            Self::Double(_) => 8,
            Self::Text(text) => value_size(text.len()),
            Self::Json(bytes) | Self::List(bytes) => value_size(bytes.len()),
            Self::Packed(bytes) => value_size(bytes.len()),
        }
    }

    /// Whether the request has it, and it is not left to the server.
    pub(crate) fn is_there(&self) -> bool {
        !matches!(self, Self::Null | Self::Default)
    }
}

/// Negative numbers take ten bytes.
fn varint(number: i64) -> usize {
    encoded_len_varint(number.cast_unsigned())
}

/// Makes a field's values of those of a column.
#[derive(Clone, Debug)]
pub(crate) struct Encoder {
    field: Field,
    version: Version,
    is_lite: bool,
}

impl Encoder {
    /// From a column that fits this field of the collection.
    pub(crate) fn new(details: &WriteDetails, field: &Field) -> Self {
        Self { field: field.clone(), version: details.collection.version, is_lite: details.is_lite }
    }

    /// The value of a row. Vectors are kept in the `room`.
    pub(crate) fn value(&self, rows: &Rows<'_>, index: usize, row: usize, room: &mut Room) -> Result<Value> {
        let reader = rows.reader(index);
        if let FieldType::Vector { kind, dim } = self.field.data_type
            && kind != VectorType::Binary
        {
            // What the field keeps as it stands in the column is copied once; of all else it is found out what it is.
            if kind == VectorType::Float
                && let Some(floats) = reader.float_bytes(row).filter(|floats| has_size(floats, dim))
            {
                return Ok(Value::Packed(room.keep(floats)));
            }
            let Some(vector) = rows.vector(index, row, kind.kind())? else {
                return self.missing().map_err(|error| rows.place(error, index, row));
            };
            let value = self.check_vector(&vector).and_then(|()| vector_value(vector, kind, dim));
            return value.map_err(|error| rows.place(error, index, row));
        }
        self.plain(reader, row).map_err(|error| rows.place(error, index, row))
    }

    /// The value of a field that is no vector, or bits.
    fn plain(&self, reader: &ColumnReader, row: usize) -> Result<Value> {
        if reader.is_null(row) {
            return self.missing();
        }
        match self.field.data_type {
            FieldType::Scalar(ScalarType::Json) => json(reader, row, self.version.has(LISTS_IN_JSON)),
            FieldType::Scalar(data_type) => self.check_number(scalar(data_type, reader, row)?),
            FieldType::Array { element, max_capacity } => list(element, max_capacity, reader, row),
            FieldType::Vector { dim, .. } => match reader.atom(row) {
                Some(Atom::Bytes(bytes)) => bits(bytes, dim),
                _other => Err(mistaken()),
            },
        }
    }

    /// The value, if the server takes such a number.
    fn check_number(&self, value: Value) -> Result<Value> {
        let number = match value {
            Value::Float(number) => f64::from(number),
            Value::Double(number) => number,
            _ => return Ok(value),
        };
        if number.is_finite() || self.is_lite || !self.version.has(FINITE_FLOATS) {
            return Ok(value);
        }
        Err(Error::data(format!(
            "the value is {number}, and the server ({}) takes no NaN and no infinity: fill it, or drop the row",
            self.version
        )))
    }

    fn check_vector(&self, vector: &Vector) -> Result<()> {
        match vector {
            Vector::Sparse(indices, _) if indices.is_empty() && !self.version.has(EMPTY_SPARSE) => {
                Err(Error::data(format!(
                    "the sparse vector is empty, and the server ({}) takes none before {}: fill it, or drop the row",
                    self.version, EMPTY_SPARSE.since
                )))
            }
            _other => Ok(()),
        }
    }

    /// What a null becomes.
    fn missing(&self) -> Result<Value> {
        if self.is_lite && self.field.is_nullable && self.field.data_type.vector().is_some() {
            return Err(Error::data(
                "the vector is null, and this server (Milvus Lite) would give it back as zeros: fill it, or drop the row",
            ));
        }
        if self.field.has_default {
            Ok(Value::Default)
        } else if self.field.is_nullable {
            Ok(Value::Null)
        } else if self.field.is_primary {
            Err(Error::data("the primary key is null"))
        } else {
            Err(Error::data(format!(
                "the value is null, and the field `{}` of the collection takes no nulls: fill it, or drop the row",
                self.field.name
            )))
        }
    }
}

fn scalar(data_type: ScalarType, reader: &ColumnReader, row: usize) -> Result<Value> {
    let ranged = |name: &str, least: i128, most: i128| {
        let number = reader.integer(row)?.ok_or_else(mistaken)?;
        if (least..=most).contains(&number) {
            return Ok(number);
        }
        Err(Error::data(format!("{number} is out of the range of the field, which is {name}: {least} to {most}")))
    };
    let small = |name, least: i32, most: i32| {
        let number = ranged(name, least.into(), most.into())?;
        i32::try_from(number).map(Value::Int).map_err(|_| mistaken())
    };
    match (data_type, reader.atom(row)) {
        (ScalarType::Bool, Some(Atom::Boolean(value))) => Ok(Value::Bool(value)),
        (ScalarType::Int8, _) => small("Int8", i8::MIN.into(), i8::MAX.into()),
        (ScalarType::Int16, _) => small("Int16", i16::MIN.into(), i16::MAX.into()),
        (ScalarType::Int32, _) => small("Int32", i32::MIN, i32::MAX),
        (ScalarType::Int64, Some(Atom::Integer(number) | Atom::Micros(number))) => Ok(Value::Long(number)),
        // The server takes instants as texts alone.
        (ScalarType::Timestamptz, Some(Atom::Micros(micros))) if MOMENTS.contains(&micros) => {
            Ok(Value::Text(timestamp_text(micros)))
        }
        (ScalarType::Timestamptz, Some(Atom::Micros(micros))) => Err(Error::data(format!(
            "{} is out of the range of the field: the years 1 to 9999",
            timestamp_text(micros)
        ))),
        (ScalarType::Int64, _) => {
            let number = ranged("Int64", i64::MIN.into(), i64::MAX.into())?;
            i64::try_from(number).map(Value::Long).map_err(|_| mistaken())
        }
        (ScalarType::Float, Some(Atom::Float(value))) => Ok(Value::Float(value)),
        (ScalarType::Double, Some(Atom::Double(value))) => Ok(Value::Double(value)),
        (ScalarType::Double, Some(Atom::Float(value))) => Ok(Value::Double(value.into())),
        (ScalarType::VarChar { max_length }, Some(Atom::Text(own))) => text(own.to_owned(), max_length),
        (ScalarType::VarChar { max_length }, Some(_)) => text(reader.text(row)?.ok_or_else(mistaken)?, max_length),
        (ScalarType::Text | ScalarType::Geometry, Some(_)) => text(reader.text(row)?.ok_or_else(mistaken)?, None),
        // What has parts and no field of its own kind.
        (ScalarType::VarChar { max_length }, None) => text(reader.document::<Json>(row)?.to_string(), max_length),
        (ScalarType::Text, None) => text(reader.document::<Json>(row)?.to_string(), None),
        (_, _) => Err(mistaken()),
    }
}

fn text(text: String, max_length: Option<u64>) -> Result<Value> {
    match max_length {
        Some(most) if text.len() as u64 > most => Err(Error::data(format!(
            "the text has {} bytes, and the field takes at most {most} (its max_length)",
            text.len()
        ))),
        Some(_) | None => Ok(Value::Text(text)),
    }
}

/// A JSON text: a string's own, or that of a value with parts.
fn json(reader: &ColumnReader, row: usize, lists: bool) -> Result<Value> {
    let bytes = match reader.atom(row) {
        Some(Atom::Text(text)) => {
            if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
                return Err(Error::data("the text is no JSON, and the field is for JSON").caused_by(error));
            }
            text.trim().as_bytes().to_vec()
        }
        Some(_) => return Err(mistaken()),
        None => reader.document::<Json>(row)?.to_string().into_bytes(),
    };
    match bytes.first() {
        Some(b'{') => Ok(Value::Json(bytes)),
        Some(b'[') if lists => Ok(Value::Json(bytes)),
        Some(b'[') => Err(Error::data(
            "the JSON is a list, and this server keeps objects alone in JSON fields (lists since Milvus 2.5): put the list \
             into a struct",
        )),
        Some(_) | None => {
            Err(Error::data("the JSON is a single value, and JSON fields keep objects and lists: put it into a struct"))
        }
    }
}

/// A list of scalars, each as the field of one would keep it.
fn list(element: ScalarType, max_capacity: Option<u64>, reader: &ColumnReader, row: usize) -> Result<Value> {
    let (items, range) = reader.items(row).ok_or_else(mistaken)?;
    if let Some(most) = max_capacity.filter(|most| range.len() as u64 > *most) {
        return Err(Error::data(format!(
            "the array has {} elements, and the field takes at most {most} (its max_capacity)",
            range.len()
        )));
    }
    let start = range.start;
    let values = range.map(|at| {
        let value = if items.is_null(at) {
            Err(Error::data("an element is null, and arrays of the store hold none"))
        } else {
            scalar(element, items, at)
        };
        value.map_err(|error| error.with("element", at - start))
    });
    packed_list(element, values.collect::<Result<_>>()?).map(|list| Value::List(list.encode_to_vec()))
}

/// Values of one type, as the message that holds an array.
fn packed_list(element: ScalarType, values: Vec<Value>) -> Result<ScalarField> {
    fn all<T>(values: Vec<Value>, one: impl Fn(Value) -> Option<T>) -> Result<Vec<T>> {
        values.into_iter().map(|value| one(value).ok_or_else(mistaken)).collect()
    }
    macro_rules! list {
        ($message:ident, $variant:ident) => {{
            let one = |value| if let Value::$variant(value) = value { Some(value) } else { None };
            $message { data: all(values, one)? }
        }};
    }
    let data = match element {
        ScalarType::Bool => Data::BoolData(list!(BoolArray, Bool)),
        ScalarType::Int8 | ScalarType::Int16 | ScalarType::Int32 => Data::IntData(list!(IntArray, Int)),
        ScalarType::Int64 => Data::LongData(list!(LongArray, Long)),
        ScalarType::Float => Data::FloatData(list!(FloatArray, Float)),
        ScalarType::Double => Data::DoubleData(list!(DoubleArray, Double)),
        ScalarType::VarChar { .. } | ScalarType::Text => Data::StringData(list!(StringArray, Text)),
        ScalarType::Json | ScalarType::Timestamptz | ScalarType::Geometry => {
            return Err(Error::unsupported("arrays of JSON, timestamps or geometries are not written"));
        }
    };
    Ok(ScalarField { data: Some(data), ..ScalarField::default() })
}

fn vector_value(vector: Vector, kind: VectorType, dim: Option<u64>) -> Result<Value> {
    if let Some(dim) = dim {
        vector.check_size(dim)?;
    }
    match (kind, vector) {
        (VectorType::Float, Vector::Dense(numbers)) => Ok(packed::float32(&numbers)),
        (VectorType::Float16, Vector::Dense(numbers)) => packed::float16(&numbers),
        (VectorType::BFloat16, Vector::Dense(numbers)) => packed::bfloat16(&numbers),
        (VectorType::Int8, Vector::Dense(numbers)) => packed::int8(&numbers),
        (VectorType::Sparse, Vector::Sparse(indices, values)) => packed::sparse(&indices, &values),
        (_, _) => Err(mistaken()),
    }
    .map(|bytes| Value::Packed(Bytes::from(bytes).into()))
}

/// Whether these bytes of 32-bit floats are a vector of the collection's size.
fn has_size(floats: &[u8], dim: Option<u64>) -> bool {
    dim.is_none_or(|dim| (floats.len() / size_of::<f32>()) as u64 == dim)
}

/// A vector of bits.
fn bits(bytes: &[u8], dim: Option<u64>) -> Result<Value> {
    match dim {
        Some(dim) if (bytes.len() as u64).checked_mul(8) != Some(dim) => Err(Error::data(format!(
            "the vector has {} bytes, and the vector of the collection has {dim} bits: expected {} bytes",
            bytes.len(),
            dim / 8
        ))),
        Some(_) | None => Ok(Value::Packed(bytes.into())),
    }
}

fn mistaken() -> Error {
    Error::internal("a value was taken for one of a type that it does not have")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Float32Array, Float64Array, ListArray};
    use vectorfuse_behaviour::codec;
    use vectorfuse_behaviour::values::double;
    use vectorfuse_core::error::Kind;
    use vectorfuse_core::schema::SparkType;

    use super::*;
    use crate::bench::{Codec, encode, write_details};

    /// Of a nullable field of a server.
    fn encoder(data_type: FieldType, version: Version, is_lite: bool) -> Encoder {
        let field = Field {
            name: "x".to_owned(),
            data_type,
            is_primary: false,
            is_auto: false,
            is_partition_key: false,
            is_nullable: true,
            has_default: false,
            is_output: false,
            kept: None,
        };
        Encoder { field, version, is_lite }
    }

    #[test]
    fn no_number_is_refused_by_its_row_where_the_server_would_refuse_the_request() {
        let floats: ArrayRef = Arc::new(Float32Array::from(vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1.5]));
        let doubles: ArrayRef = Arc::new(Float64Array::from(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1.5]));
        for (field, spark, array) in
            [(ScalarType::Float, SparkType::Float, floats), (ScalarType::Double, SparkType::Double, doubles)]
        {
            let reader = ColumnReader::new(&array, &spark).unwrap();
            let refusing = encoder(FieldType::Scalar(field), Version(2, 4, 3), false);
            for row in 0..3 {
                let error = refusing.plain(&reader, row).unwrap_err();
                assert_eq!(error.kind(), Kind::Data);
                assert!(error.to_string().contains("2.4.3) takes no NaN and no infinity"), "{error}");
            }
            assert!(refusing.plain(&reader, 3).is_ok());
            for (version, is_lite) in [(Version(2, 4, 2), false), (Version(2, 3, 5), false), (Version(3, 2, 2), true)] {
                let taking = encoder(FieldType::Scalar(field), version, is_lite);
                assert!((0..4).all(|row| taking.plain(&reader, row).is_ok()), "{version}");
            }
        }
    }

    #[test]
    fn the_row_of_such_a_number_is_named() {
        let mut frame = codec::frame(2);
        frame.rows.truncate(2);
        frame.rows[1][5] = double(f64::NAN);
        let plan = codec::plan("milvus", "vector", write_details(2));
        let error = encode(&frame.batch(), &plan, Codec::Own).unwrap_err().to_string();
        for words in ["is NaN", "column: price", "row: 1 of partition 0", "id: 1"] {
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn servers_do_not_look_at_the_numbers_in_arrays() {
        let values = Float32Array::from(vec![f32::NAN, 1.5]);
        let field = arrow_schema::Field::new("element", arrow_schema::DataType::Float32, true);
        let array: ArrayRef = Arc::new(ListArray::new(
            Arc::new(field),
            arrow_buffer::OffsetBuffer::from_lengths([2]),
            Arc::new(values),
            None,
        ));
        let reader = ColumnReader::new(&array, &SparkType::Array(Box::new(SparkType::Float))).unwrap();
        let list = FieldType::Array { element: ScalarType::Float, max_capacity: None };
        assert!(encoder(list, Version(2, 6, 0), false).plain(&reader, 0).is_ok());
    }

    #[test]
    fn an_empty_sparse_vector_is_refused_where_the_server_takes_none() {
        let sparse = FieldType::Vector { kind: VectorType::Sparse, dim: None };
        let check = |version, indices: &[u32]| {
            let vector = Vector::Sparse(indices.to_vec(), vec![1.0; indices.len()]);
            encoder(sparse, version, false).check_vector(&vector).map_err(|error| error.kind())
        };
        assert_eq!(check(Version(2, 4, 11), &[]), Err(Kind::Data));
        assert_eq!(check(Version(2, 4, 11), &[1]), Ok(()));
        assert_eq!(check(Version(2, 4, 12), &[]), Ok(()));
    }

    #[test]
    fn a_null_vector_is_null_where_the_server_keeps_it_so() {
        let dense = FieldType::Vector { kind: VectorType::Float, dim: Some(2) };
        assert_eq!(encoder(dense, Version(2, 6, 0), false).missing().unwrap(), Value::Null);
        let error = encoder(dense, Version(3, 2, 2), true).missing().unwrap_err();
        assert!(error.kind() == Kind::Data && error.to_string().contains("as zeros"), "{error}");
        let number = FieldType::Scalar(ScalarType::Int64);
        assert_eq!(encoder(number, Version(3, 2, 2), true).missing().unwrap(), Value::Null);
    }
}
