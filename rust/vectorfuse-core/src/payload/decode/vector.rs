//! From vectors to Arrow columns of whichever form is asked for.

use super::{ColumnBuilder, Values, misfit_number};
use crate::error::{Error, Result};
use crate::mllib;
use crate::payload::{sparse_text, text};
use crate::vector::{INDICES, VALUES};

impl ColumnBuilder {
    /// Appends a dense vector.
    pub fn append_dense(&mut self, vector: &[f32]) -> Result<()> {
        match &mut self.values {
            Values::Array(offsets, elements) => {
                elements.numbers(vector)?;
                offsets.append(vector.len())
            }
            Values::Binary(builder) => {
                let bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
                builder.append_value(bytes);
                Ok(())
            }
            Values::Struct(fields, members, nulls, length) if fields.len() > 2 => {
                for (field, member) in fields.iter().zip(members) {
                    match (field.name.as_str(), &mut member.values) {
                        ("type", Values::Byte(builder)) => builder.append_value(mllib::DENSE),
                        (VALUES, _) => member.append_dense(vector)?,
                        _other => member.append_null(),
                    }
                }
                nulls.append_non_null();
                *length += 1;
                Ok(())
            }
            _other => Err(self.unreadable("a dense vector")),
        }
    }

    /// Appends a sparse vector.
    pub fn append_sparse(&mut self, indices: &[u32], values: &[f32]) -> Result<()> {
        match &mut self.values {
            Values::String(builder) => {
                builder.append_value(sparse_text::write(indices, values));
                Ok(())
            }
            Values::Map(offsets, keys, held) => {
                keys.integers(indices)?;
                held.numbers(values)?;
                offsets.append(indices.len())
            }
            // Spark may have asked for one of the two members alone.
            Values::Struct(fields, members, nulls, length) => {
                for (field, member) in fields.iter().zip(members) {
                    match field.name.as_str() {
                        INDICES => member.append_indices(indices)?,
                        VALUES => member.append_dense(values)?,
                        _other => member.append_null(),
                    }
                }
                nulls.append_non_null();
                *length += 1;
                Ok(())
            }
            _other => Err(self.unreadable("a sparse vector")),
        }
    }

    /// Appends the places of a sparse vector to the column that holds them.
    pub fn append_indices(&mut self, indices: &[u32]) -> Result<()> {
        let Values::Array(offsets, elements) = &mut self.values else {
            return Err(self.unreadable("the indices of a sparse vector"));
        };
        elements.integers(indices)?;
        offsets.append(indices.len())
    }

    /// Appends a multi-vector.
    pub fn append_multi<'a>(&mut self, rows: impl ExactSizeIterator<Item = &'a [f32]>) -> Result<()> {
        let Values::Array(offsets, inner) = &mut self.values else { return Err(self.unreadable("a multi-vector")) };
        let length = rows.len();
        for row in rows {
            inner.append_dense(row)?;
        }
        offsets.append(length)
    }

    fn numbers(&mut self, vector: &[f32]) -> Result<()> {
        let data_type = &self.data_type;
        let misfit = |value: f32| misfit_number(value, data_type);
        match &mut self.values {
            Values::Float(builder) => builder.append_slice(vector),
            Values::Double(builder) => vector.iter().for_each(|value| builder.append_value((*value).into())),
            Values::Decimal(builder, precision, scale) => {
                for value in vector {
                    let found = decimal(*value, *precision, *scale).ok_or_else(|| misfit(*value))?;
                    builder.append_value(found);
                }
            }
            Values::Byte(builder) => {
                for value in vector {
                    builder.append_value(whole(*value).ok_or_else(|| misfit(*value))?);
                }
            }
            Values::Short(builder) => {
                for value in vector {
                    builder.append_value(whole(*value).ok_or_else(|| misfit(*value))?);
                }
            }
            Values::Integer(builder) => {
                for value in vector {
                    builder.append_value(whole(*value).ok_or_else(|| misfit(*value))?);
                }
            }
            Values::Long(builder) => {
                for value in vector {
                    builder.append_value(whole(*value).ok_or_else(|| misfit(*value))?);
                }
            }
            _other => return Err(self.unreadable("the numbers of a vector")),
        }
        Ok(())
    }

    fn integers(&mut self, indices: &[u32]) -> Result<()> {
        let data_type = &self.data_type;
        let misfit = |index: u32| {
            Error::data(format!(
                "the index {index} does not fit {}: read the vector with indices of the type long (`.schema(…)`)",
                data_type.name()
            ))
        };
        for index in indices {
            match &mut self.values {
                Values::Byte(builder) => builder.append_value(i8::try_from(*index).map_err(|_| misfit(*index))?),
                Values::Short(builder) => builder.append_value(i16::try_from(*index).map_err(|_| misfit(*index))?),
                Values::Integer(builder) => builder.append_value(i32::try_from(*index).map_err(|_| misfit(*index))?),
                Values::Long(builder) => builder.append_value((*index).into()),
                _other => return Err(self.unreadable("the indices of a sparse vector")),
            }
        }
        Ok(())
    }

    fn unreadable(&self, what: &str) -> Error {
        Error::options(format!("{what} can't be read as {}", self.data_type.name()))
    }
}

/// The decimal of this scale that is written as these very 32 bits.
fn decimal(value: f32, precision: u8, scale: i8) -> Option<i128> {
    let digits = usize::try_from(scale).ok()?;
    let written = format!("{value:.digits$}");
    let back: f32 = written.parse().ok()?;
    (back == value).then(|| text::parse_decimal(&written, precision, scale)).flatten()
}

/// The integer that is this number.
#[allow(clippy::cast_possible_truncation)] // checked: no fraction, and far within 64 bits
fn whole<T: TryFrom<i64>>(value: f32) -> Option<T> {
    let fits = value.fract() == 0.0 && value.abs() < 9e18;
    fits.then(|| T::try_from(value as i64).ok()).flatten()
}
