//! From documents to Arrow columns of a known Spark type, and from vectors.

mod run;
mod vector;

use std::sync::Arc;

use arrow_array::builder::{BinaryBuilder, BooleanBuilder, PrimitiveBuilder, StringBuilder};
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};
use arrow_array::{ArrayRef, ListArray, MapArray, NullArray, StructArray};
use arrow_buffer::{NullBufferBuilder, OffsetBuffer, ScalarBuffer};
use arrow_schema::DataType;

use super::{text, variant::VariantColumn};
use crate::civil;
use crate::document::{DocumentRef, View};
use crate::error::{Error, Result};
use crate::mllib::Mllib;
use crate::schema::{Layout, SparkField, SparkType, arrow_fields, element_field, map_entries};

pub use run::Run;

/// Builds one column. A value that does not fit its type is an error; it is never changed.
#[derive(Debug)]
pub struct ColumnBuilder {
    data_type: SparkType,
    values: Values,
}

#[derive(Debug)]
enum Values {
    Null(usize),
    Boolean(BooleanBuilder),
    Byte(PrimitiveBuilder<Int8Type>),
    Short(PrimitiveBuilder<Int16Type>),
    Integer(PrimitiveBuilder<Int32Type>),
    Long(PrimitiveBuilder<Int64Type>),
    Float(PrimitiveBuilder<Float32Type>),
    Double(PrimitiveBuilder<Float64Type>),
    Decimal(PrimitiveBuilder<Decimal128Type>, u8, i8),
    String(StringBuilder),
    Binary(BinaryBuilder),
    Date(PrimitiveBuilder<Date32Type>),
    Timestamp(PrimitiveBuilder<TimestampMicrosecondType>),
    TimestampNtz(PrimitiveBuilder<TimestampMicrosecondType>),
    Variant(VariantColumn),
    Array(Offsets, Box<ColumnBuilder>),
    Struct(Vec<SparkField>, Vec<ColumnBuilder>, NullBufferBuilder, usize),
    Map(Offsets, Box<ColumnBuilder>, Box<ColumnBuilder>),
}

/// Where each list ends, and which are null.
#[derive(Debug)]
struct Offsets {
    ends: Vec<i32>,
    nulls: NullBufferBuilder,
}

impl Offsets {
    fn new(capacity: usize) -> Self {
        let mut ends = Vec::with_capacity(capacity + 1);
        ends.push(0);
        Self { ends, nulls: NullBufferBuilder::new(capacity) }
    }

    /// For how many lists there is room.
    fn capacity(&self) -> usize {
        self.ends.capacity() - 1
    }

    fn append(&mut self, length: usize) -> Result<()> {
        let end = self.ends.last().copied().unwrap_or_default();
        let end = i32::try_from(length).ok().and_then(|length| end.checked_add(length));
        self.ends.push(end.ok_or_else(|| Error::data("one page holds more than 2147483647 elements of a list"))?);
        self.nulls.append_non_null();
        Ok(())
    }

    fn append_null(&mut self) {
        self.ends.push(self.ends.last().copied().unwrap_or_default());
        self.nulls.append_null();
    }

    fn finish(&mut self) -> (OffsetBuffer<i32>, Option<arrow_buffer::NullBuffer>) {
        let ends = std::mem::replace(&mut self.ends, vec![0]);
        (OffsetBuffer::new(ScalarBuffer::from(ends)), self.nulls.finish())
    }
}

impl ColumnBuilder {
    /// A builder for a column of `data_type` with room for `capacity` rows.
    #[must_use]
    pub fn new(data_type: &SparkType, capacity: usize) -> Self {
        let values = match data_type {
            SparkType::MllibVector(_) => return Self::new(&Mllib::sql_type(), capacity),
            SparkType::Null => Values::Null(0),
            SparkType::Boolean => Values::Boolean(BooleanBuilder::with_capacity(capacity)),
            SparkType::Byte => Values::Byte(PrimitiveBuilder::with_capacity(capacity)),
            SparkType::Short => Values::Short(PrimitiveBuilder::with_capacity(capacity)),
            SparkType::Integer => Values::Integer(PrimitiveBuilder::with_capacity(capacity)),
            SparkType::Long => Values::Long(PrimitiveBuilder::with_capacity(capacity)),
            SparkType::Float => Values::Float(PrimitiveBuilder::with_capacity(capacity)),
            SparkType::Double => Values::Double(PrimitiveBuilder::with_capacity(capacity)),
            SparkType::Decimal(precision, scale) => {
                let builder =
                    PrimitiveBuilder::with_capacity(capacity).with_data_type(data_type.to_arrow(Layout::Read));
                Values::Decimal(builder, *precision, *scale)
            }
            SparkType::String(_) => Values::String(StringBuilder::with_capacity(capacity, 0)),
            SparkType::Binary => Values::Binary(BinaryBuilder::with_capacity(capacity, 0)),
            SparkType::Date => Values::Date(PrimitiveBuilder::with_capacity(capacity)),
            SparkType::Timestamp => Values::Timestamp(
                PrimitiveBuilder::with_capacity(capacity).with_data_type(data_type.to_arrow(Layout::Read)),
            ),
            SparkType::TimestampNtz => Values::TimestampNtz(PrimitiveBuilder::with_capacity(capacity)),
            SparkType::Variant => Values::Variant(VariantColumn::new(capacity)),
            SparkType::Array(element) => Values::Array(Offsets::new(capacity), Box::new(Self::new(element, capacity))),
            SparkType::Struct(fields) => {
                let members = fields.iter().map(|field| Self::new(&field.data_type, capacity)).collect();
                Values::Struct(fields.clone(), members, NullBufferBuilder::new(capacity), 0)
            }
            SparkType::Map(key, value) => {
                let (key, value) = (Self::new(key, capacity), Self::new(value, capacity));
                Values::Map(Offsets::new(capacity), Box::new(key), Box::new(value))
            }
        };
        Self { data_type: data_type.clone(), values }
    }

    /// Appends a null.
    pub fn append_null(&mut self) {
        match &mut self.values {
            Values::Null(length) => *length += 1,
            Values::Boolean(builder) => builder.append_null(),
            Values::Byte(builder) => builder.append_null(),
            Values::Short(builder) => builder.append_null(),
            Values::Integer(builder) => builder.append_null(),
            Values::Long(builder) => builder.append_null(),
            Values::Float(builder) => builder.append_null(),
            Values::Double(builder) => builder.append_null(),
            Values::Decimal(builder, ..) => builder.append_null(),
            Values::String(builder) => builder.append_null(),
            Values::Binary(builder) => builder.append_null(),
            Values::Date(builder) => builder.append_null(),
            Values::Timestamp(builder) | Values::TimestampNtz(builder) => builder.append_null(),
            Values::Variant(builder) => builder.append_null(),
            Values::Array(offsets, _) | Values::Map(offsets, ..) => offsets.append_null(),
            Values::Struct(_, members, nulls, length) => {
                members.iter_mut().for_each(Self::append_null);
                nulls.append_null();
                *length += 1;
            }
        }
    }

    /// Appends a value, or null if there is none.
    pub fn append<'a, D: DocumentRef<'a>>(&mut self, value: Option<D>) -> Result<()> {
        let is_variant = matches!(self.values, Values::Variant(_));
        // A variant can hold a null, which is not the same as no variant at all.
        let Some(value) = value.filter(|value| is_variant || !matches!(value.view(), View::Null)) else {
            self.append_null();
            return Ok(());
        };
        let view = value.view();
        // A text column shows whatever is there, as JSON if it is no text itself.
        if let (Values::String(builder), view) = (&mut self.values, view) {
            match view {
                View::String(text) => builder.append_value(text),
                _ => builder.append_value(value.to_json().to_string()),
            }
            return Ok(());
        }
        let done = match (&mut self.values, view) {
            (Values::Boolean(builder), View::Boolean(value)) => Some(value).map(|value| builder.append_value(value)),
            (Values::Byte(builder), view) => integer(view).map(|value| builder.append_value(value)),
            (Values::Short(builder), view) => integer(view).map(|value| builder.append_value(value)),
            (Values::Integer(builder), view) => integer(view).map(|value| builder.append_value(value)),
            (Values::Long(builder), view) => integer(view).map(|value| builder.append_value(value)),
            (Values::Float(builder), view) => float(view).map(|value| builder.append_value(value)),
            (Values::Double(builder), view) => double(view).map(|value| builder.append_value(value)),
            (Values::Decimal(builder, precision, scale), view) => {
                decimal(view, *precision, *scale).map(|value| builder.append_value(value))
            }
            (Values::Binary(builder), View::String(text)) => {
                text::parse_binary(text).map(|bytes| builder.append_value(bytes))
            }
            (Values::Date(builder), View::String(text)) => {
                civil::parse_date(text).map(|days| builder.append_value(days))
            }
            (Values::Timestamp(builder), View::String(text)) => {
                civil::parse_datetime(text).map(|moment| builder.append_value(moment.micros))
            }
            (Values::TimestampNtz(builder), View::String(text)) => {
                let moment = civil::parse_datetime(text).filter(|moment| !moment.zoned);
                moment.map(|moment| builder.append_value(moment.micros))
            }
            (Values::Variant(builder), _) => Some(builder.append(value)?),
            (Values::Array(offsets, elements), View::List) => {
                let items = value.items();
                let length = items.len();
                for item in items {
                    elements.append(Some(item))?;
                }
                Some(offsets.append(length)?)
            }
            (Values::Struct(fields, members, nulls, length), View::Object) => {
                for (field, member) in fields.iter().zip(members) {
                    let found = value.member(&field.name);
                    member.append(found).map_err(|error| error.inside("column", &field.name))?;
                }
                nulls.append_non_null();
                *length += 1;
                Some(())
            }
            (Values::Map(offsets, keys, values), View::Object) => {
                let entries = value.members();
                let length = entries.len();
                for (key, value) in entries {
                    keys.append_text(key)?;
                    values.append(Some(value))?;
                }
                Some(offsets.append(length)?)
            }
            _ => None,
        };
        done.ok_or_else(|| misfit(&self.data_type, value))
    }

    /// Appends the value whose canonical text this is: the key of an object, or an id.
    pub fn append_text(&mut self, written: &str) -> Result<()> {
        let done = match &mut self.values {
            Values::Boolean(builder) => written.parse().ok().map(|value| builder.append_value(value)),
            Values::Byte(builder) => written.parse().ok().map(|value| builder.append_value(value)),
            Values::Short(builder) => written.parse().ok().map(|value| builder.append_value(value)),
            Values::Integer(builder) => written.parse().ok().map(|value| builder.append_value(value)),
            Values::Long(builder) => written.parse().ok().map(|value| builder.append_value(value)),
            Values::Float(builder) => {
                let double: Option<f64> = written.parse().ok();
                double.and_then(narrow).map(|value| builder.append_value(value))
            }
            Values::Double(builder) => written.parse().ok().map(|value| builder.append_value(value)),
            Values::Decimal(builder, precision, scale) => {
                text::parse_decimal(written, *precision, *scale).map(|value| builder.append_value(value))
            }
            Values::String(builder) => Some(written).map(|written| builder.append_value(written)),
            Values::Binary(builder) => text::parse_binary(written).map(|value| builder.append_value(value)),
            Values::Date(builder) => civil::parse_date(written).map(|value| builder.append_value(value)),
            Values::Timestamp(builder) | Values::TimestampNtz(builder) => {
                civil::parse_datetime(written).map(|moment| builder.append_value(moment.micros))
            }
            Values::Null(_) | Values::Variant(_) | Values::Array(..) | Values::Struct(..) | Values::Map(..) => None,
        };
        done.ok_or_else(|| Error::data(format!("`{}` is no {}", shorten(written), self.data_type.name())))
    }

    /// Appends bytes, as they are.
    pub fn append_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        let Values::Binary(builder) = &mut self.values else {
            return Err(Error::options(format!("bytes can't be read as {}", self.data_type.name())));
        };
        builder.append_value(bytes);
        Ok(())
    }

    /// Appends a moment, in microseconds since 1970-01-01T00:00:00.
    pub fn append_micros(&mut self, micros: i64) -> Result<()> {
        let (Values::Timestamp(builder) | Values::TimestampNtz(builder)) = &mut self.values else {
            return Err(Error::options(format!("a moment can't be read as {}", self.data_type.name())));
        };
        builder.append_value(micros);
        Ok(())
    }

    /// The column that was built; the builder starts anew.
    pub fn finish(&mut self) -> Result<ArrayRef> {
        Ok(match &mut self.values {
            Values::Null(length) => Arc::new(NullArray::new(std::mem::take(length))),
            Values::Boolean(builder) => Arc::new(builder.finish()),
            Values::Byte(builder) => Arc::new(builder.finish()),
            Values::Short(builder) => Arc::new(builder.finish()),
            Values::Integer(builder) => Arc::new(builder.finish()),
            Values::Long(builder) => Arc::new(builder.finish()),
            Values::Float(builder) => Arc::new(builder.finish()),
            Values::Double(builder) => Arc::new(builder.finish()),
            Values::Decimal(builder, ..) => Arc::new(builder.finish()),
            Values::String(builder) => Arc::new(builder.finish()),
            Values::Binary(builder) => Arc::new(builder.finish()),
            Values::Date(builder) => Arc::new(builder.finish()),
            Values::Timestamp(builder) | Values::TimestampNtz(builder) => Arc::new(builder.finish()),
            Values::Variant(builder) => builder.finish()?,
            Values::Array(offsets, elements) => {
                let (ends, nulls) = offsets.finish();
                let field = element_field(&elements.data_type, Layout::Read);
                Arc::new(ListArray::try_new(field, ends, elements.finish()?, nulls).map_err(uneven)?)
            }
            Values::Struct(fields, members, nulls, length) => {
                let fields = arrow_fields(fields, Layout::Read);
                let length = std::mem::take(length);
                if fields.is_empty() {
                    return Ok(Arc::new(StructArray::new_empty_fields(length, nulls.finish())));
                }
                let members = members.iter_mut().map(Self::finish).collect::<Result<Vec<_>>>()?;
                Arc::new(StructArray::try_new(fields, members, nulls.finish()).map_err(uneven)?)
            }
            Values::Map(offsets, keys, values) => {
                let (ends, nulls) = offsets.finish();
                let field = map_entries(&keys.data_type, &values.data_type, Layout::Read);
                let DataType::Struct(fields) = field.data_type() else {
                    return Err(Error::internal("a map without entries"));
                };
                let columns = vec![keys.finish()?, values.finish()?];
                let entries = StructArray::try_new(fields.clone(), columns, None).map_err(uneven)?;
                Arc::new(MapArray::try_new(Arc::clone(&field), ends, entries, nulls, false).map_err(uneven)?)
            }
        })
    }
}

fn uneven(error: arrow_schema::ArrowError) -> Error {
    Error::internal("the columns of a page do not line up").caused_by(error)
}

/// The integer, also of a double that is one exactly.
fn integer<T: TryFrom<i128>>(view: View<'_>) -> Option<T> {
    match view {
        View::Integer(value) => T::try_from(value).ok(),
        #[allow(clippy::cast_possible_truncation)] // checked: no fraction, and within what a double counts exactly
        View::Double(value)
            if value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0 && !negative_zero(value) =>
        {
            T::try_from(value as i128).ok()
        }
        View::Null | View::Boolean(_) | View::Double(_) | View::String(_) | View::List | View::Object => None,
    }
}

/// The double, also of an integer that it holds exactly.
fn double(view: View<'_>) -> Option<f64> {
    match view {
        View::Double(value) => Some(value),
        #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)] // checked by the way back
        View::Integer(value) => Some(value as f64).filter(|double| *double as i128 == value),
        View::Null | View::Boolean(_) | View::String(_) | View::List | View::Object => None,
    }
}

fn float(view: View<'_>) -> Option<f32> {
    double(view).and_then(narrow)
}

/// The 32-bit number that is this double, if there is one.
#[allow(clippy::cast_possible_truncation)]
fn narrow(value: f64) -> Option<f32> {
    let narrow = value as f32;
    (f64::from(narrow) == value || value.is_nan()).then_some(narrow)
}

fn negative_zero(value: f64) -> bool {
    value == 0.0 && value.is_sign_negative()
}

fn decimal(view: View<'_>, precision: u8, scale: i8) -> Option<i128> {
    match view {
        View::String(written) => text::parse_decimal(written, precision, scale),
        View::Integer(value) => text::parse_decimal(&value.to_string(), precision, scale),
        View::Double(value) => text::parse_decimal(&text::double(value), precision, scale),
        View::Null | View::Boolean(_) | View::List | View::Object => None,
    }
}

fn misfit<'a, D: DocumentRef<'a>>(data_type: &SparkType, value: D) -> Error {
    let shown = shorten(&value.to_json().to_string());
    Error::data(format!(
        "the stored value {shown} ({}) does not fit {}: read the column with another type (`.schema(…)`)",
        value.view().name(),
        data_type.name()
    ))
}

/// A number of a vector that its column can't show.
fn misfit_number(value: f32, data_type: &SparkType) -> Error {
    Error::data(format!(
        "the vector's number {value} does not fit {}: read the vector as array<float> (`.schema(…)`)",
        data_type.name()
    ))
}

/// At most 60 characters of a value for a message.
fn shorten(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
