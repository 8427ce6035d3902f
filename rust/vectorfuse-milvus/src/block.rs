//! The rows of a request, value by value: what both forms of it are made of, the columns of messages that stand here, and
//! the bytes of [`crate::wire`].

use std::mem;
use std::sync::Arc;

use bytes::Bytes;
use prost::Message;
use vectorfuse_core::error::{Error, Result};

use crate::api::proto::field_data::Field as Held;
use crate::api::proto::scalar_field::Data;
use crate::api::proto::vector_field::Data as VectorData;
use crate::api::proto::{
    ArrayArray, BoolArray, DoubleArray, FieldData, FloatArray, GeometryWktArray, IntArray, JsonArray, LongArray,
    PackedFloats, ScalarField, SparseFloatArray, StringArray, VectorField,
};
use crate::collection::{FieldType, ScalarType, VectorType};
use crate::value::Value;

/// A field of rows that are written.
#[derive(Clone, Debug)]
pub(crate) struct Heading {
    pub(crate) name: String,
    pub(crate) data_type: FieldType,
    /// Whether rows can do without a value.
    pub(crate) is_open: bool,
    pub(crate) is_dynamic: bool,
}

/// Rows with a value for each heading, which leave the same fields to the server: [`crate::form::Form::by_left_out`].
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) headings: Arc<[Heading]>,
    pub(crate) rows: Vec<Vec<Value>>,
}

impl Block {
    /// How many rows it has.
    pub(crate) fn count(&self) -> Result<u32> {
        u32::try_from(self.rows.len()).map_err(|_| Error::internal("too many rows in a request"))
    }

    /// Its columns as messages.
    pub(crate) fn fields(mut self) -> Result<Vec<FieldData>> {
        let rows = &mut self.rows;
        let column = |(place, heading): (usize, &Heading)| {
            heading.column(rows.iter_mut().map(|row| mem::replace(&mut row[place], Value::Null)).collect())
        };
        self.headings.iter().enumerate().map(column).collect()
    }
}

impl Heading {
    /// The dimensions that a request says of a column of vectors, the first of which has so many bytes.
    pub(crate) fn dimensions(&self, bytes: usize) -> Result<i64> {
        let (kind, dim) = match self.data_type {
            FieldType::Vector { kind, dim } => (kind, dim),
            FieldType::Scalar(_) | FieldType::Array { .. } => return Ok(0),
        };
        let length = match kind {
            VectorType::Float => bytes / 4,
            VectorType::Float16 | VectorType::BFloat16 => bytes / 2,
            VectorType::Int8 => bytes,
            VectorType::Binary => 8 * bytes,
            VectorType::Sparse => 0,
        };
        i64::try_from(dim.unwrap_or(length as u64)).map_err(|_| Error::internal("a vector of too many dimensions"))
    }

    /// The column of these values.
    fn column(&self, values: Vec<Value>) -> Result<FieldData> {
        let valid: Vec<bool> = values.iter().map(Value::is_there).collect();
        // What is null has no place among the values.
        let values = Values(values.into_iter().filter(Value::is_there).collect());
        let held = match self.data_type {
            FieldType::Scalar(data_type) => Held::Scalars(scalars(scalar_column(data_type, values)?)),
            FieldType::Array { element, .. } => {
                let data = values.lists()?;
                Held::Scalars(scalars(Data::ArrayData(ArrayArray { data, element_type: element.data_type().into() })))
            }
            FieldType::Vector { kind, .. } => Held::Vectors(self.vector_column(kind, values)?),
        };
        Ok(FieldData {
            r#type: self.data_type.data_type().into(),
            field_name: self.name.clone(),
            field: Some(held),
            is_dynamic: self.is_dynamic,
            valid_data: if self.is_open { valid } else { Vec::new() },
            ..FieldData::default()
        })
    }

    fn vector_column(&self, kind: VectorType, values: Values) -> Result<VectorField> {
        let rows = values.packed()?;
        let dim = self.dimensions(rows.first().map_or(0, Bytes::len))?;
        let data = match kind {
            VectorType::Sparse => VectorData::SparseFloatVector(SparseFloatArray { contents: rows, dim: 0 }),
            VectorType::Float => VectorData::FloatVector(PackedFloats { data: rows.concat().into() }),
            VectorType::Float16 => VectorData::Float16Vector(rows.concat().into()),
            VectorType::BFloat16 => VectorData::Bfloat16Vector(rows.concat().into()),
            VectorType::Int8 => VectorData::Int8Vector(rows.concat().into()),
            VectorType::Binary => VectorData::BinaryVector(rows.concat().into()),
        };
        Ok(VectorField { dim, data: Some(data), ..VectorField::default() })
    }
}

/// The values of one field.
struct Values(Vec<Value>);

impl Values {
    fn of<T>(self, one: impl Fn(Value) -> Option<T>) -> Result<Vec<T>> {
        self.0.into_iter().map(|value| one(value).ok_or_else(mixed)).collect()
    }

    fn texts(self) -> Result<Vec<String>> {
        self.of(|value| if let Value::Text(text) = value { Some(text) } else { None })
    }

    fn packed(self) -> Result<Vec<Bytes>> {
        self.of(|value| if let Value::Packed(bytes) = value { Some(bytes.freeze()) } else { None })
    }

    fn lists(self) -> Result<Vec<ScalarField>> {
        let encoded = self.of(|value| if let Value::List(bytes) = value { Some(bytes) } else { None })?;
        let list = |bytes: Vec<u8>| {
            ScalarField::decode(bytes.as_slice())
                .map_err(|error| Error::internal("an encoded list can't be read").caused_by(error))
        };
        encoded.into_iter().map(list).collect()
    }
}

fn scalars(data: Data) -> ScalarField {
    ScalarField { data: Some(data), ..ScalarField::default() }
}

fn scalar_column(data_type: ScalarType, values: Values) -> Result<Data> {
    macro_rules! column {
        ($message:ident, $variant:ident) => {
            $message { data: values.of(|value| if let Value::$variant(value) = value { Some(value) } else { None })? }
        };
    }
    Ok(match data_type {
        ScalarType::Bool => Data::BoolData(column!(BoolArray, Bool)),
        ScalarType::Int8 | ScalarType::Int16 | ScalarType::Int32 => Data::IntData(column!(IntArray, Int)),
        ScalarType::Int64 => Data::LongData(column!(LongArray, Long)),
        ScalarType::Float => Data::FloatData(column!(FloatArray, Float)),
        ScalarType::Double => Data::DoubleData(column!(DoubleArray, Double)),
        ScalarType::VarChar { .. } | ScalarType::Text | ScalarType::Timestamptz => {
            Data::StringData(StringArray { data: values.texts()? })
        }
        ScalarType::Geometry => Data::GeometryWktData(GeometryWktArray { data: values.texts()? }),
        ScalarType::Json => {
            let json = |value| if let Value::Json(text) = value { Some(text.into()) } else { None };
            Data::JsonData(JsonArray { data: values.of(json)? })
        }
    })
}

/// The error of a value that is none of its field's.
pub(crate) fn mixed() -> Error {
    Error::internal("values of several types in one field")
}
