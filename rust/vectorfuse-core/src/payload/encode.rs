//! From Arrow columns to documents, and to vectors.

mod atom;
mod vector;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, BinaryArray, BooleanArray, PrimitiveArray, StringArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};

use super::{text, variant};
use crate::civil;
use crate::document::Document;
use crate::error::{Error, Result};
use crate::mllib::Mllib;
use crate::schema::SparkType;

pub use atom::Atom;

/// A column of a batch with its Arrow type found out once, so that each value costs one step.
pub struct ColumnReader {
    nulls: Option<NullBuffer>,
    values: Values,
}

enum Values {
    Null,
    Boolean(BooleanArray),
    Byte(PrimitiveArray<Int8Type>),
    Short(PrimitiveArray<Int16Type>),
    Integer(PrimitiveArray<Int32Type>),
    Long(PrimitiveArray<Int64Type>),
    Float(PrimitiveArray<Float32Type>),
    Double(PrimitiveArray<Float64Type>),
    Decimal(PrimitiveArray<Decimal128Type>, i8),
    String(StringArray),
    Binary(BinaryArray),
    Date(PrimitiveArray<Date32Type>),
    Timestamp(PrimitiveArray<TimestampMicrosecondType>),
    TimestampNtz(PrimitiveArray<TimestampMicrosecondType>),
    Variant(BinaryArray),
    Array(OffsetBuffer<i32>, Box<ColumnReader>),
    Struct(Vec<(String, ColumnReader)>),
    Map(OffsetBuffer<i32>, Box<ColumnReader>, Box<ColumnReader>),
}

/// A value that can be compared with others of its kind.
#[derive(Clone, Debug, PartialEq, PartialOrd, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scalar {
    /// A boolean.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// A finite double.
    Double(f64),
    /// A text.
    Text(String),
    /// Microseconds since 1970, in UTC; a date is its midnight.
    Instant(i64),
}

const MICROS_PER_DAY: i64 = 24 * 60 * 60 * 1_000_000;

impl ColumnReader {
    /// Reads `array`, which has the Arrow type of `data_type` for writes ([`crate::schema::Layout::Write`]).
    pub fn new(array: &ArrayRef, data_type: &SparkType) -> Result<Self> {
        let expected = data_type.to_arrow(crate::schema::Layout::Write);
        if !array.data_type().equals_datatype(&expected) {
            return Err(Error::internal(format!("a batch has {} where {expected} was agreed", array.data_type())));
        }
        let values = match data_type {
            SparkType::MllibVector(_) => return Self::new(array, &Mllib::sql_type()),
            SparkType::Null => Values::Null,
            SparkType::Boolean => Values::Boolean(array.as_boolean().clone()),
            SparkType::Byte => Values::Byte(array.as_primitive().clone()),
            SparkType::Short => Values::Short(array.as_primitive().clone()),
            SparkType::Integer => Values::Integer(array.as_primitive().clone()),
            SparkType::Long => Values::Long(array.as_primitive().clone()),
            SparkType::Float => Values::Float(array.as_primitive().clone()),
            SparkType::Double => Values::Double(array.as_primitive().clone()),
            SparkType::Decimal(_, scale) => Values::Decimal(array.as_primitive().clone(), *scale),
            SparkType::String(_) => Values::String(array.as_string().clone()),
            SparkType::Binary => Values::Binary(array.as_binary().clone()),
            SparkType::Date => Values::Date(array.as_primitive().clone()),
            SparkType::Timestamp => Values::Timestamp(array.as_primitive().clone()),
            SparkType::TimestampNtz => Values::TimestampNtz(array.as_primitive().clone()),
            SparkType::Variant => Values::Variant(array.as_binary().clone()),
            SparkType::Array(element) => {
                let list = array.as_list::<i32>();
                Values::Array(list.offsets().clone(), Box::new(Self::new(list.values(), element)?))
            }
            SparkType::Struct(fields) => {
                let columns = array.as_struct().columns().iter();
                let members = fields.iter().zip(columns).map(|(field, column)| {
                    let member =
                        Self::new(column, &field.data_type).map_err(|error| error.inside("column", &field.name));
                    Ok((field.name.clone(), member?))
                });
                Values::Struct(members.collect::<Result<_>>()?)
            }
            SparkType::Map(key, value) => {
                let map = array.as_map();
                let keys = Box::new(Self::new(map.keys(), key)?);
                Values::Map(map.offsets().clone(), keys, Box::new(Self::new(map.values(), value)?))
            }
        };
        Ok(Self { nulls: array.nulls().cloned(), values })
    }

    /// Whether the value of `row` is null.
    #[must_use]
    pub fn is_null(&self, row: usize) -> bool {
        matches!(self.values, Values::Null) || self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row))
    }

    /// Whether the field of an object must not be there for `row`: no variant at all, since a variant can hold a null.
    #[must_use]
    pub fn is_left_out(&self, row: usize) -> bool {
        matches!(self.values, Values::Variant(_)) && self.is_null(row)
    }

    /// The value of `row` as a document.
    pub fn document<D: Document>(&self, row: usize) -> Result<D> {
        if self.is_null(row) {
            return Ok(D::null());
        }
        Ok(match &self.values {
            Values::Null => D::null(),
            Values::Boolean(array) => D::boolean(array.value(row)),
            Values::Byte(array) => D::integer(array.value(row).into()),
            Values::Short(array) => D::integer(array.value(row).into()),
            Values::Integer(array) => D::integer(array.value(row).into()),
            Values::Long(array) => D::integer(array.value(row)),
            Values::Float(array) => D::double(text::finite(array.value(row).into())?),
            Values::Double(array) => D::double(text::finite(array.value(row))?),
            Values::Decimal(array, scale) => D::string(text::decimal(array.value(row), *scale)),
            Values::String(array) => D::string(array.value(row).to_owned()),
            Values::Binary(array) => D::string(text::binary(array.value(row))),
            Values::Date(array) => D::string(civil::date_text(array.value(row).into())),
            Values::Timestamp(array) => D::string(text::timestamp(array.value(row))),
            Values::TimestampNtz(array) => D::string(civil::datetime_text(array.value(row))),
            Values::Variant(array) => variant::to_document(array.value(row))?,
            Values::Array(offsets, elements) => {
                let values = range(offsets, row).map(|index| elements.document(index));
                D::list(values.collect::<Result<_>>()?)
            }
            Values::Struct(members) => {
                let there = members.iter().filter(|(_, member)| !member.is_left_out(row));
                let entries = there.map(|(name, member)| {
                    let value = member.document(row).map_err(|error| error.inside("column", name))?;
                    Ok((name.clone(), value))
                });
                D::object(entries.collect::<Result<_>>()?)
            }
            Values::Map(offsets, keys, values) => {
                let mut entries: Vec<(String, D)> = Vec::with_capacity(range(offsets, row).len());
                for index in range(offsets, row) {
                    let key = keys.text(index)?.ok_or_else(|| Error::data("a map has a null key"))?;
                    entries.push((key, values.document(index)?));
                }
                distinct(&mut entries)?;
                D::object(entries)
            }
        })
    }

    /// The value of `row` as its canonical text, `None` if it is null; an error if the type has no such text.
    pub fn text(&self, row: usize) -> Result<Option<String>> {
        if self.is_null(row) {
            return Ok(None);
        }
        Ok(Some(match &self.values {
            Values::Boolean(array) => array.value(row).to_string(),
            Values::Byte(array) => array.value(row).to_string(),
            Values::Short(array) => array.value(row).to_string(),
            Values::Integer(array) => array.value(row).to_string(),
            Values::Long(array) => array.value(row).to_string(),
            Values::Float(array) => text::double(array.value(row).into()),
            Values::Double(array) => text::double(array.value(row)),
            Values::Decimal(array, scale) => text::decimal(array.value(row), *scale),
            Values::String(array) => array.value(row).to_owned(),
            Values::Binary(array) => text::binary(array.value(row)),
            Values::Date(array) => civil::date_text(array.value(row).into()),
            Values::Timestamp(array) => text::timestamp(array.value(row)),
            Values::TimestampNtz(array) => civil::datetime_text(array.value(row)),
            Values::Null | Values::Variant(_) | Values::Array(..) | Values::Struct(_) | Values::Map(..) => {
                return Err(Error::internal("a value that has no text was taken for a key"));
            }
        }))
    }

    /// The value of `row` of an atomic column as something to compare; `None` for null.
    pub fn scalar(&self, row: usize) -> Result<Option<Scalar>> {
        if self.is_null(row) {
            return Ok(None);
        }
        Ok(Some(match &self.values {
            Values::Boolean(array) => Scalar::Boolean(array.value(row)),
            Values::Byte(array) => Scalar::Integer(array.value(row).into()),
            Values::Short(array) => Scalar::Integer(array.value(row).into()),
            Values::Integer(array) => Scalar::Integer(array.value(row).into()),
            Values::Long(array) => Scalar::Integer(array.value(row)),
            Values::Float(array) => Scalar::Double(text::finite(array.value(row).into())?),
            Values::Double(array) => Scalar::Double(text::finite(array.value(row))?),
            Values::String(array) => Scalar::Text(array.value(row).to_owned()),
            Values::Date(array) => Scalar::Instant(midnight(array.value(row))?),
            Values::Timestamp(array) => Scalar::Instant(array.value(row)),
            Values::TimestampNtz(array) => Scalar::Instant(array.value(row)),
            Values::Null
            | Values::Decimal(..)
            | Values::Binary(_)
            | Values::Variant(_)
            | Values::Array(..)
            | Values::Struct(_)
            | Values::Map(..) => return Err(Error::internal("a value that has no order was taken for a scalar")),
        }))
    }

    /// The integer of `row` of an integer column or a decimal one without a fraction; `None` for null.
    pub fn integer(&self, row: usize) -> Result<Option<i128>> {
        if self.is_null(row) {
            return Ok(None);
        }
        Ok(Some(match &self.values {
            Values::Byte(array) => array.value(row).into(),
            Values::Short(array) => array.value(row).into(),
            Values::Integer(array) => array.value(row).into(),
            Values::Long(array) => array.value(row).into(),
            Values::Decimal(array, 0) => array.value(row),
            Values::Null
            | Values::Boolean(_)
            | Values::Float(_)
            | Values::Double(_)
            | Values::Decimal(..)
            | Values::String(_)
            | Values::Binary(_)
            | Values::Date(_)
            | Values::Timestamp(_)
            | Values::TimestampNtz(_)
            | Values::Variant(_)
            | Values::Array(..)
            | Values::Struct(_)
            | Values::Map(..) => return Err(Error::internal("a value that is no integer was taken for one")),
        }))
    }
}

/// The midnight that a date begins with, in microseconds since 1970.
fn midnight(days: i32) -> Result<i64> {
    i64::from(days).checked_mul(MICROS_PER_DAY).ok_or_else(|| {
        let date = civil::date_text(days.into());
        Error::data(format!("the date {date} is too far from 1970 to be compared: it has no microseconds in 64 bits"))
    })
}

fn range(offsets: &OffsetBuffer<i32>, row: usize) -> std::ops::Range<usize> {
    // Arrow's offsets are never negative.
    #[allow(clippy::cast_sign_loss)]
    let index = |offset: i32| offset as usize;
    index(offsets[row])..index(offsets[row + 1])
}

fn distinct<D>(entries: &mut [(String, D)]) -> Result<()> {
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    match entries.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        Some(pair) => Err(Error::data(format!("a map has the key `{}` twice", pair[0].0))),
        None => Ok(()),
    }
}
