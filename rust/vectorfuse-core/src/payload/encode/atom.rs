//! Single values and the items of lists, for stores whose fields have types of their own.

use std::ops::Range;

use super::{ColumnReader, Values, range};

/// A value of an atomic column, as it is: nothing is checked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Atom<'a> {
    /// Of `boolean`.
    Boolean(bool),
    /// Of `byte`, `short`, `integer` or `long`.
    Integer(i64),
    /// Of `float`.
    Float(f32),
    /// Of `double`.
    Double(f64),
    /// Of `decimal`: the number is `unscaled` × 10^-`scale`.
    Decimal {
        /// The digits.
        unscaled: i128,
        /// How many of them stand behind the point.
        scale: i8,
    },
    /// Of `string`.
    Text(&'a str),
    /// Of `binary`.
    Bytes(&'a [u8]),
    /// Of `date`: days since 1970-01-01.
    Days(i32),
    /// Of `timestamp` or `timestamp_ntz`: microseconds since 1970-01-01T00:00:00.
    Micros(i64),
}

impl ColumnReader {
    /// The value of `row`; `None` if it is null, or of a type that has parts.
    #[must_use]
    pub fn atom(&self, row: usize) -> Option<Atom<'_>> {
        if self.is_null(row) {
            return None;
        }
        Some(match &self.values {
            Values::Boolean(array) => Atom::Boolean(array.value(row)),
            Values::Byte(array) => Atom::Integer(array.value(row).into()),
            Values::Short(array) => Atom::Integer(array.value(row).into()),
            Values::Integer(array) => Atom::Integer(array.value(row).into()),
            Values::Long(array) => Atom::Integer(array.value(row)),
            Values::Float(array) => Atom::Float(array.value(row)),
            Values::Double(array) => Atom::Double(array.value(row)),
            Values::Decimal(array, scale) => Atom::Decimal { unscaled: array.value(row), scale: *scale },
            Values::String(array) => Atom::Text(array.value(row)),
            Values::Binary(array) => Atom::Bytes(array.value(row)),
            Values::Date(array) => Atom::Days(array.value(row)),
            Values::Timestamp(array) | Values::TimestampNtz(array) => Atom::Micros(array.value(row)),
            Values::Null | Values::Variant(_) | Values::Array(..) | Values::Struct(_) | Values::Map(..) => return None,
        })
    }

    /// The items of the list of `row`, as rows of a column of their own; `None` if it is null, or no list.
    #[must_use]
    pub fn items(&self, row: usize) -> Option<(&Self, Range<usize>)> {
        match &self.values {
            Values::Array(offsets, items) if !self.is_null(row) => Some((items, range(offsets, row))),
            _other => None,
        }
    }
}
