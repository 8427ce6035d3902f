//! Columns of values as rows in JSON, in the forms from which the server makes just these values again.
//!
//! Integers are digits, which it reads as they stand. JSON goes as a text that holds it, bit for bit: else its numbers would
//! become doubles.

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use vectorfuse_core::decimal;
use vectorfuse_core::error::{Error, Result};

use super::wordless;
use crate::api::proto::scalar_field::Data;
use crate::api::proto::vector_field::Data as Vectors;
use crate::api::proto::{FieldData, ScalarField, VectorField, field_data};
use crate::column::vector_at;
use crate::numbers;

/// A column on its way.
struct Column<'a> {
    name: &'a str,
    /// The name as JSON, and a colon.
    key: Vec<u8>,
    field: &'a FieldData,
    /// The place of the next value: what is null has none.
    next: usize,
}

/// Appends the rows of these columns, as a list.
pub(super) fn append(out: &mut Vec<u8>, fields: &[FieldData], rows: usize) -> Result<()> {
    let mut columns = fields.iter().map(Column::new).collect::<Result<Vec<_>>>()?;
    out.push(b'[');
    for row in 0..rows {
        out.extend(if row == 0 { &b"{"[..] } else { b",{" });
        for (place, column) in columns.iter_mut().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            out.extend(&column.key);
            column.value(out, row).map_err(|error| error.with("column", column.name))?;
        }
        out.push(b'}');
    }
    out.push(b']');
    Ok(())
}

impl<'a> Column<'a> {
    fn new(field: &'a FieldData) -> Result<Self> {
        if field.is_dynamic {
            return Err(wordless("columns that are no fields of the collection"));
        }
        let mut key = Vec::new();
        json(&mut key, &field.field_name)?;
        key.push(b':');
        Ok(Self { name: &field.field_name, key, field, next: 0 })
    }

    fn value(&mut self, out: &mut Vec<u8>, row: usize) -> Result<()> {
        if self.field.valid_data.get(row) == Some(&false) {
            out.extend(b"null");
            return Ok(());
        }
        let place = self.next;
        self.next += 1;
        match &self.field.field {
            Some(field_data::Field::Scalars(ScalarField { data: Some(data), .. })) => scalar(out, data, place),
            Some(field_data::Field::Vectors(vectors)) => vector(out, vectors, place),
            Some(field_data::Field::Scalars(_)) | None => Err(missing()),
        }
    }
}

fn missing() -> Error {
    Error::internal("a request has fewer values than rows")
}

fn scalar(out: &mut Vec<u8>, data: &Data, place: usize) -> Result<()> {
    match data {
        Data::BoolData(values) => json(out, values.data.get(place).ok_or_else(missing)?),
        Data::IntData(values) => json(out, values.data.get(place).ok_or_else(missing)?),
        Data::LongData(values) => json(out, values.data.get(place).ok_or_else(missing)?),
        Data::FloatData(values) => float(out, *values.data.get(place).ok_or_else(missing)?),
        Data::DoubleData(values) => double(out, *values.data.get(place).ok_or_else(missing)?),
        Data::StringData(values) => json(out, values.data.get(place).ok_or_else(missing)?),
        Data::GeometryWktData(values) => json(out, values.data.get(place).ok_or_else(missing)?),
        Data::JsonData(values) => {
            let text = std::str::from_utf8(values.data.get(place).ok_or_else(missing)?);
            json(out, text.map_err(|error| Error::data("the JSON is no UTF-8").caused_by(error))?)
        }
        Data::ArrayData(lists) => list(out, lists.data.get(place).ok_or_else(missing)?),
        Data::BytesData(_) | Data::GeometryData(_) | Data::TimestamptzData(_) => {
            Err(Error::internal("a value of a form that no field is written in"))
        }
    }
}

fn list(out: &mut Vec<u8>, list: &ScalarField) -> Result<()> {
    let length = list.data.as_ref().map_or(0, crate::cell::length);
    out.push(b'[');
    for place in 0..length {
        if place > 0 {
            out.push(b',');
        }
        scalar(out, list.data.as_ref().ok_or_else(missing)?, place)?;
    }
    out.push(b']');
    Ok(())
}

fn vector(out: &mut Vec<u8>, vectors: &VectorField, place: usize) -> Result<()> {
    let bytes = vector_at(vectors, place).ok_or_else(missing)?;
    match vectors.data.as_ref().ok_or_else(missing)? {
        Vectors::FloatVector(_) => floats(out, &numbers::of_floats(bytes)),
        Vectors::BinaryVector(_) | Vectors::Float16Vector(_) | Vectors::Bfloat16Vector(_) => base64(out, bytes),
        Vectors::Int8Vector(_) => int8(out, bytes),
        Vectors::SparseFloatVector(_) => sparse(out, bytes),
    }
}

/// A vector of 32-bit floats.
pub(super) fn floats(out: &mut Vec<u8>, numbers: &[f32]) -> Result<()> {
    out.push(b'[');
    for (place, number) in numbers.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        float(out, *number)?;
    }
    out.push(b']');
    Ok(())
}

/// Signed bytes.
pub(super) fn int8(out: &mut Vec<u8>, bytes: &[u8]) -> Result<()> {
    json(out, &bytes.iter().map(|byte| byte.cast_signed()).collect::<Vec<i8>>())
}

/// Bytes of any meaning.
pub(super) fn base64(out: &mut Vec<u8>, bytes: &[u8]) -> Result<()> {
    json(out, &STANDARD.encode(bytes))
}

/// Pairs of a place and a number, as an object.
pub(super) fn sparse(out: &mut Vec<u8>, bytes: &[u8]) -> Result<()> {
    let (places, numbers) = crate::numbers::of_sparse(bytes)?;
    out.push(b'{');
    for (index, (place, number)) in places.iter().zip(numbers).enumerate() {
        let comma = if index > 0 { "," } else { "" };
        write!(out, "{comma}\"{place}\":").map_err(unwritten)?;
        float(out, number)?;
    }
    out.push(b'}');
    Ok(())
}

fn float(out: &mut Vec<u8>, number: f32) -> Result<()> {
    let start = out.len();
    out.resize(start + decimal::ROOM, 0);
    let length = decimal::put(number, &mut out[start..]).ok_or_else(|| infinite(number.into()))?;
    out.truncate(start + length);
    Ok(())
}

fn double(out: &mut Vec<u8>, number: f64) -> Result<()> {
    if !number.is_finite() {
        return Err(infinite(number));
    }
    json(out, &number)
}

fn infinite(number: f64) -> Error {
    Error::data(format!("JSON, in which rows travel over HTTP, has no word for {number}: use `transport` = `grpc`"))
}

fn json(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) -> Result<()> {
    serde_json::to_writer(out, value).map_err(|error| Error::internal("a value can't be written").caused_by(error))
}

fn unwritten(error: std::io::Error) -> Error {
    Error::internal("a value can't be written").caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_stand_one_behind_the_other_and_what_is_none_is_refused() {
        let mut out = Vec::new();
        floats(&mut out, &[0.1, -2.0, 1e-40]).unwrap();
        assert_eq!(out, b"[0.1,-2.0,9.99994610e-41]");
        assert!(float(&mut Vec::new(), f32::NAN).unwrap_err().to_string().contains("transport"));
    }
}
