//! Spark's variant and documents, both ways. The binary format is Parquet's Variant Encoding (version 1), which Spark
//! uses; the crate `parquet-variant` knows it.
//!
//! Values keep their JSON kind: integers, strings, booleans, lists, objects and null as they are, floats and decimals
//! as doubles where a double holds them exactly, dates, times, timestamps, binaries and UUIDs as their text. Reading
//! gives what Spark's `parse_json` makes of the payload's JSON.

use std::sync::Arc;

use arrow_array::builder::BinaryBuilder;
use arrow_array::{Array, ArrayRef, StructArray};
use arrow_buffer::NullBufferBuilder;
use parquet_variant::{
    ObjectFieldBuilder, Variant, VariantBuilder, VariantBuilderExt, VariantDecimal4, VariantDecimal8, VariantDecimal16,
};

use super::text;
use crate::civil;
use crate::document::{Document, DocumentRef, View};
use crate::error::{Error, Result};
use crate::schema::variant_fields;

/// A variant as an `UnsafeRow` holds it: the value's size in 4 little-endian bytes, the value, the metadata.
pub(super) fn to_document<D: Document>(bytes: &[u8]) -> Result<D> {
    let broken = || Error::data("the variant is damaged");
    let (size, rest) = bytes.split_first_chunk::<4>().ok_or_else(broken)?;
    let size = usize::try_from(u32::from_le_bytes(*size)).map_err(|_| broken())?;
    let (value, metadata) = rest.split_at_checked(size).ok_or_else(broken)?;
    let variant = Variant::try_new(metadata, value).map_err(|error| broken().caused_by(error))?;
    document(&variant)
}

fn document<D: Document>(variant: &Variant<'_, '_>) -> Result<D> {
    Ok(match variant {
        Variant::Null => D::null(),
        Variant::BooleanTrue => D::boolean(true),
        Variant::BooleanFalse => D::boolean(false),
        Variant::Int8(value) => D::integer((*value).into()),
        Variant::Int16(value) => D::integer((*value).into()),
        Variant::Int32(value) => D::integer((*value).into()),
        Variant::Int64(value) => D::integer(*value),
        Variant::Float(value) => D::double(text::finite((*value).into())?),
        Variant::Double(value) => D::double(text::finite(*value)?),
        Variant::Decimal4(value) => decimal(value.integer().into(), value.scale())?,
        Variant::Decimal8(value) => decimal(value.integer().into(), value.scale())?,
        Variant::Decimal16(value) => decimal(value.integer(), value.scale())?,
        Variant::Date(value) => D::string(value.to_string()),
        Variant::TimestampMicros(value) => D::string(text::timestamp(value.timestamp_micros())),
        Variant::TimestampNtzMicros(value) => D::string(civil::datetime_text(value.and_utc().timestamp_micros())),
        Variant::TimestampNanos(value) => D::string(value.to_rfc3339()),
        Variant::TimestampNtzNanos(value) => D::string(format!("{value:?}")),
        Variant::Time(value) => D::string(value.to_string()),
        Variant::Binary(value) => D::string(text::binary(value)),
        Variant::Uuid(value) => D::string(value.to_string()),
        Variant::String(value) => D::string((*value).to_owned()),
        Variant::ShortString(value) => D::string(value.as_str().to_owned()),
        Variant::List(values) => D::list(values.iter().map(|value| document(&value)).collect::<Result<_>>()?),
        Variant::Object(members) => {
            let members = members.iter().map(|(name, value)| Ok((name.to_owned(), document(&value)?)));
            D::object(members.collect::<Result<_>>()?)
        }
    })
}

/// JSON's fractions come as decimals: kept as the double that prints as the same number.
fn decimal<D: Document>(unscaled: i128, scale: u8) -> Result<D> {
    let written = text::decimal(unscaled, i8::try_from(scale).unwrap_or(i8::MAX));
    let double: f64 = written.parse().unwrap_or(f64::NAN);
    let back = text::parse_decimal(&text::double(double), 38, i8::try_from(scale).unwrap_or(i8::MAX));
    if back == Some(unscaled) {
        return Ok(D::double(double));
    }
    Err(Error::data(format!("the variant's number {written} has more digits than a double: make it a string")))
}

/// Builds a column of variants.
#[derive(Debug)]
pub(super) struct VariantColumn {
    values: BinaryBuilder,
    metadata: BinaryBuilder,
    nulls: NullBufferBuilder,
}

impl VariantColumn {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            values: BinaryBuilder::with_capacity(capacity, 0),
            metadata: BinaryBuilder::with_capacity(capacity, 0),
            nulls: NullBufferBuilder::new(capacity),
        }
    }

    pub(super) fn append_null(&mut self) {
        self.values.append_value([]);
        self.metadata.append_value([]);
        self.nulls.append_null();
    }

    pub(super) fn append<'a, D: DocumentRef<'a>>(&mut self, value: D) -> Result<()> {
        let mut builder = VariantBuilder::new();
        append(&mut builder, value)?;
        let (metadata, value) = builder.finish();
        self.values.append_value(value);
        self.metadata.append_value(metadata);
        self.nulls.append_non_null();
        Ok(())
    }

    pub(super) fn finish(&mut self) -> Result<ArrayRef> {
        let columns: Vec<Arc<dyn Array>> = vec![Arc::new(self.values.finish()), Arc::new(self.metadata.finish())];
        let array = StructArray::try_new(variant_fields(), columns, self.nulls.finish());
        Ok(Arc::new(array.map_err(|error| Error::internal("variants do not line up").caused_by(error))?))
    }
}

fn append<'a, D: DocumentRef<'a>>(builder: &mut impl VariantBuilderExt, value: D) -> Result<()> {
    let failed = |error| Error::data("the value can't be a variant").caused_by(error);
    match value.view() {
        // `append_null` of an object leaves the member out.
        View::Null => builder.append_value(Variant::Null),
        View::Boolean(value) => builder.append_value(value),
        View::Integer(value) => append_integer(builder, value)?,
        View::Double(value) => append_double(builder, value),
        View::String(value) => builder.append_value(value),
        View::List => {
            let mut list = builder.try_new_list().map_err(failed)?;
            for item in value.items() {
                append(&mut list, item)?;
            }
            list.finish();
        }
        View::Object => {
            let mut object = builder.try_new_object().map_err(failed)?;
            for (name, member) in value.members() {
                append(&mut ObjectFieldBuilder::new(name, &mut object), member)?;
            }
            object.finish();
        }
    }
    Ok(())
}

/// A number with a fraction is what Spark's `parse_json` makes of its JSON: a decimal where that is written without an
/// exponent, else a double. (Minus zero is no decimal.)
fn append_double(builder: &mut impl VariantBuilderExt, value: f64) {
    let written = text::double(value);
    let digits = written.trim_start_matches('-').len() - 1;
    let scale = written.split_once('.').and_then(|(_, fraction)| u8::try_from(fraction.len()).ok());
    let exact = (!written.contains(['e', 'N', 'i']) && value != 0.0 && digits <= 38).then_some(scale).flatten();
    let unscaled =
        exact.and_then(|scale| text::parse_decimal(&written, 38, i8::try_from(scale).ok()?).zip(Some(scale)));
    match unscaled.and_then(|(unscaled, scale)| decimal_variant(unscaled, scale)) {
        Some(decimal) => builder.append_value(decimal),
        None => builder.append_value(value),
    }
}

/// The smallest decimal type that holds the value, as Spark takes.
fn decimal_variant(unscaled: i128, scale: u8) -> Option<Variant<'static, 'static>> {
    let digits = unscaled.unsigned_abs().to_string().len().max(usize::from(scale));
    match digits {
        0..=9 => Some(VariantDecimal4::try_new(i32::try_from(unscaled).ok()?, scale).ok()?.into()),
        10..=18 => Some(VariantDecimal8::try_new(i64::try_from(unscaled).ok()?, scale).ok()?.into()),
        _ => Some(VariantDecimal16::try_new(unscaled, scale).ok()?.into()),
    }
}

/// The smallest integer type that holds the value, as Spark's `parse_json` takes.
fn append_integer(builder: &mut impl VariantBuilderExt, value: i128) -> Result<()> {
    if let Ok(value) = i8::try_from(value) {
        builder.append_value(value);
    } else if let Ok(value) = i16::try_from(value) {
        builder.append_value(value);
    } else if let Ok(value) = i32::try_from(value) {
        builder.append_value(value);
    } else if let Ok(value) = i64::try_from(value) {
        builder.append_value(value);
    } else {
        return Err(Error::data(format!("the integer {value} does not fit 64 bits")));
    }
    Ok(())
}
