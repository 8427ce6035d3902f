//! From vectors to Arrow columns of whichever form is asked for.

use arrow_array::builder::{ArrayBuilder, PrimitiveBuilder};
use arrow_buffer::MutableBuffer;

use super::{ColumnBuilder, Values, misfit_number};
use crate::error::{Error, Result};
use crate::mllib;
use crate::payload::{sparse_text, text};
use crate::vector::{INDICES, VALUES};

/// For so many numbers, 16 MiB of them, a column has room from the start, if its first vector says so: others may be shorter.
const MOST_EXPECTED: usize = 4 * 1024 * 1024;

impl ColumnBuilder {
    /// Appends a dense vector.
    pub fn append_dense(&mut self, vector: &[f32]) -> Result<()> {
        match &mut self.values {
            Values::Array(offsets, elements) => {
                elements.expect(offsets.capacity().saturating_mul(vector.len()));
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

    /// Appends dense vectors of so many bytes each, which are 32-bit floats with the lowest byte first and stand one after
    /// the other; `false`, and nothing is appended, where the column holds other numbers.
    pub fn append_floats(&mut self, vectors: &[u8], bytes: usize) -> Result<bool> {
        let (floats, rest) = vectors.as_chunks::<4>();
        let Values::Array(offsets, elements) = &mut self.values else { return Ok(false) };
        let Values::Float(builder) = &mut elements.values else { return Ok(false) };
        if bytes == 0 || !bytes.is_multiple_of(4) || !vectors.len().is_multiple_of(bytes) || !rest.is_empty() {
            return Ok(false);
        }
        let numbers: Vec<f32> = floats.iter().map(|four| f32::from_le_bytes(*four)).collect();
        if builder.is_empty() {
            *builder = PrimitiveBuilder::new_from_buffer(MutableBuffer::from(numbers), None);
        } else {
            builder.append_slice(&numbers);
        }
        (0..vectors.len() / bytes).try_for_each(|_| offsets.append(bytes / 4))?;
        Ok(true)
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

    /// Makes room for so many numbers, before the first one: growing step by step would copy each of them again.
    fn expect(&mut self, numbers: usize) {
        if let Values::Float(builder) = &mut self.values
            && builder.is_empty()
        {
            *builder = PrimitiveBuilder::with_capacity(numbers.min(MOST_EXPECTED));
        }
    }

    fn numbers(&mut self, vector: &[f32]) -> Result<()> {
        let data_type = &self.data_type;
        let misfit = |value: f32| misfit_number(value, data_type);
        match &mut self.values {
            Values::Float(builder) => builder.append_slice(vector),
            Values::Double(builder) => {
                builder.append_slice(&vector.iter().map(|value| f64::from(*value)).collect::<Vec<_>>());
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::SparkType;

    #[test]
    fn vectors_that_stand_together_are_those_that_come_one_by_one() {
        let list = |element| SparkType::Array(Box::new(element));
        let vectors = [[1.5_f32, -0.0], [f32::MIN_POSITIVE, f32::NAN], [f32::MAX, 0.1]];
        let bytes: Vec<u8> = vectors.iter().flatten().flat_map(|number| number.to_le_bytes()).collect();
        for before in [None, Some([7.0_f32].as_slice()), Some([].as_slice())] {
            let (mut together, mut alone) =
                (ColumnBuilder::new(&list(SparkType::Float), 3), ColumnBuilder::new(&list(SparkType::Float), 3));
            for builder in [&mut together, &mut alone] {
                builder.append_null();
                before.map_or(Ok(()), |before| builder.append_dense(before)).unwrap();
            }
            assert!(together.append_floats(&bytes, 8).unwrap());
            vectors.iter().try_for_each(|vector| alone.append_dense(vector)).unwrap();
            for builder in [&mut together, &mut alone] {
                builder.append_null();
                builder.append_dense(&[2.0]).unwrap();
            }
            let (together, alone) = (together.finish().unwrap().to_data(), alone.finish().unwrap().to_data());
            // By their bits, of what is no number too.
            assert_eq!(together, alone);
        }
        for (data_type, size) in [(list(SparkType::Double), 8), (SparkType::Binary, 8), (list(SparkType::Float), 7)] {
            let mut builder = ColumnBuilder::new(&data_type, 3);
            assert!(!builder.append_floats(&bytes, size).unwrap());
            assert_eq!(builder.finish().unwrap().len(), 0);
        }
        let mut builder = ColumnBuilder::new(&list(SparkType::Float), 3);
        assert!(!builder.append_floats(&bytes, 0).unwrap() && !builder.append_floats(&bytes, 16).unwrap());
    }
}
