//! Rows in JSON as columns of values, by the types that the collection's schema has for them.
//!
//! Numbers are read from their digits, each in its own type: nothing passes through a double that is none.

use std::collections::HashMap;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;
use vectorfuse_core::error::{Error, Result};

use super::wordless;
use crate::api::proto::scalar_field::Data;
use crate::api::proto::vector_field::Data as Vectors;
use crate::api::proto::{
    ArrayArray, BoolArray, DataType, DoubleArray, FieldData, FieldSchema, FloatArray, GeometryWktArray, IntArray,
    JsonArray, LongArray, PackedFloats, ScalarField, SparseFloatArray, StringArray, TimestamptzArray, VectorField,
    field_data,
};

/// A row of an answer: its fields as they stand there.
pub(super) type Row<'a> = HashMap<String, &'a RawValue>;

/// A field of an answer's rows. A row without it is an error, and null is none.
pub(super) fn column<'a>(field: &FieldSchema, rows: &[Row<'a>]) -> Result<FieldData> {
    let name = &field.name;
    let cell = |row: &Row<'a>| row.get(name).map(|cell| cell.get()).ok_or_else(|| crate::column::left_out(name));
    let cells: Vec<&'a str> = rows.iter().map(cell).collect::<Result<_>>()?;
    let is_there = |cell: &&str| *cell != "null";
    let valid: Vec<bool> = cells.iter().map(is_there).collect();
    let there: Vec<&str> = cells.into_iter().filter(is_there).collect();
    let held = held(field, &there).map_err(|error| error.with("column", name))?;
    Ok(FieldData {
        r#type: field.data_type,
        field_name: name.clone(),
        field: Some(held),
        valid_data: if valid.contains(&false) { valid } else { Vec::new() },
        ..FieldData::default()
    })
}

/// A column of integers that no schema has.
pub(super) fn longs(name: &str, rows: &[Row<'_>]) -> Result<FieldData> {
    let field = FieldSchema { name: name.to_owned(), data_type: DataType::Int64.into(), ..FieldSchema::default() };
    column(&field, rows)
}

fn held(field: &FieldSchema, cells: &[&str]) -> Result<field_data::Field> {
    let dim = field.type_params.iter().find(|pair| pair.key == "dim").and_then(|pair| pair.value.parse().ok());
    let vectors = |data| {
        let dim = i64::try_from(dim.unwrap_or(0_usize)).unwrap_or_default();
        field_data::Field::Vectors(VectorField { dim, data: Some(data), ..VectorField::default() })
    };
    let bytes = |size: usize| packed(cells, size);
    let dim = dim.unwrap_or_default();
    Ok(match field.data_type() {
        DataType::FloatVector => {
            let mut data = Vec::with_capacity(4 * cells.len() * dim);
            for cell in cells {
                let items = items(cell)?;
                let numbers = sized(&items, dim)?.iter().map(|item| number(item)).collect::<Result<Vec<_>>>()?;
                data.extend(crate::packed::float32(&numbers));
            }
            vectors(Vectors::FloatVector(PackedFloats { data: data.into() }))
        }
        DataType::BinaryVector => vectors(Vectors::BinaryVector(bytes(dim / 8)?)),
        DataType::Float16Vector => vectors(Vectors::Float16Vector(bytes(2 * dim)?)),
        DataType::Bfloat16Vector => vectors(Vectors::Bfloat16Vector(bytes(2 * dim)?)),
        DataType::Int8Vector => vectors(Vectors::Int8Vector(bytes(dim)?)),
        DataType::SparseFloatVector => {
            let contents = cells.iter().map(|cell| sparse(cell)).collect::<Result<_>>()?;
            vectors(Vectors::SparseFloatVector(SparseFloatArray { contents, dim: 0 }))
        }
        DataType::Array => {
            let list = |cell: &&str| {
                let data = scalars(field.element_type(), &items(cell)?)?;
                Ok(ScalarField { data: Some(data), ..ScalarField::default() })
            };
            let data = cells.iter().map(list).collect::<Result<_>>()?;
            scalar_field(Data::ArrayData(ArrayArray { data, element_type: field.element_type }))
        }
        scalar => scalar_field(scalars(scalar, cells)?),
    })
}

fn scalar_field(data: Data) -> field_data::Field {
    field_data::Field::Scalars(ScalarField { data: Some(data), ..ScalarField::default() })
}

fn scalars(data_type: DataType, cells: &[&str]) -> Result<Data> {
    Ok(match data_type {
        DataType::Bool => Data::BoolData(BoolArray { data: all(cells, |cell| json(cell))? }),
        DataType::Int8 | DataType::Int16 | DataType::Int32 => Data::IntData(IntArray { data: all(cells, number)? }),
        DataType::Int64 => Data::LongData(LongArray { data: all(cells, number)? }),
        DataType::Float => Data::FloatData(FloatArray { data: all(cells, number)? }),
        DataType::Double => Data::DoubleData(DoubleArray { data: all(cells, number)? }),
        DataType::String | DataType::VarChar | DataType::Text => Data::StringData(StringArray { data: texts(cells)? }),
        DataType::Geometry => Data::GeometryWktData(GeometryWktArray { data: texts(cells)? }),
        DataType::Json => {
            let text = |cell: &str| Ok(json::<String>(cell)?.into_bytes().into());
            Data::JsonData(JsonArray { data: all(cells, text)? })
        }
        // Microseconds, or a text.
        DataType::Timestamptz if cells.iter().all(|cell| !cell.starts_with('"')) => {
            Data::TimestamptzData(TimestamptzArray { data: all(cells, number)? })
        }
        DataType::Timestamptz => Data::StringData(StringArray { data: texts(cells)? }),
        other => return Err(wordless(&format!("a field of the type {}", other.as_str_name()))),
    })
}

fn all<T>(cells: &[&str], one: impl Fn(&str) -> Result<T>) -> Result<Vec<T>> {
    cells.iter().map(|cell| one(cell)).collect()
}

fn texts(cells: &[&str]) -> Result<Vec<String>> {
    all(cells, |cell| json(cell))
}

/// Of digits, or of a text that holds them.
fn number<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(cell: &str) -> Result<T> {
    let digits = cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')).unwrap_or(cell);
    digits.parse().map_err(|error| unread(cell).caused_by(error))
}

fn json<'a, T: Deserialize<'a>>(cell: &'a str) -> Result<T> {
    serde_json::from_str(cell).map_err(|error| unread(cell).caused_by(error))
}

fn unread(cell: &str) -> Error {
    /// Enough to see what it is.
    const MOST: usize = 100;
    let shown: String = cell.chars().take(MOST).collect();
    Error::internal(format!("the server's answer has a value of another type than its field: {shown}"))
}

/// The items of a list: as it is, or inside of the protocol's message for it, `{"Data":{"LongData":{"data":[…]}}}`, in which
/// an empty list is left out.
fn items(cell: &str) -> Result<Vec<&str>> {
    #[derive(Deserialize)]
    struct Message<'a> {
        #[serde(rename = "Data", borrow)]
        data: Option<HashMap<&'a str, Inner<'a>>>,
    }
    #[derive(Deserialize)]
    struct Inner<'a> {
        #[serde(default, borrow)]
        data: Vec<&'a RawValue>,
    }
    let items: Vec<&RawValue> = if cell.starts_with('{') {
        let Message { data } = json(cell)?;
        data.into_iter().flatten().flat_map(|(_, inner)| inner.data).collect()
    } else {
        json(cell)?
    };
    Ok(items.into_iter().map(RawValue::get).collect())
}

fn sized<'a, 'b>(items: &'a [&'b str], dim: usize) -> Result<&'a [&'b str]> {
    if items.len() == dim { Ok(items) } else { Err(Error::internal("the server sent a vector of another size")) }
}

/// Vectors of so many bytes each: in base64, or as a list of numbers.
fn packed(cells: &[&str], size: usize) -> Result<bytes::Bytes> {
    let mut all = Vec::with_capacity(cells.len() * size);
    for cell in cells {
        let bytes = if cell.starts_with('[') {
            json::<Vec<i16>>(cell)?.into_iter().map(|byte| byte.to_le_bytes()[0]).collect()
        } else {
            STANDARD.decode(json::<String>(cell)?).map_err(|error| unread(cell).caused_by(error))?
        };
        if bytes.len() != size {
            return Err(Error::internal("the server sent a vector of another size"));
        }
        all.extend(bytes);
    }
    Ok(all.into())
}

fn sparse(cell: &str) -> Result<bytes::Bytes> {
    let mut pairs = Vec::new();
    for (place, value) in json::<HashMap<String, &RawValue>>(cell)? {
        pairs.push((number::<u32>(&place)?, number::<f32>(value.get())?));
    }
    pairs.sort_by_key(|(place, _)| *place);
    Ok(pairs.iter().flat_map(|(place, value)| [place.to_le_bytes(), value.to_le_bytes()].concat()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_come_in_two_forms() {
        assert_eq!(items("[1, -2]").unwrap(), ["1", "-2"]);
        assert_eq!(items(r#"{"Data":{"LongData":{"data":[9223372036854775807]}}}"#).unwrap(), ["9223372036854775807"]);
        assert!(items(r#"{"Data":{"LongData":{}}}"#).unwrap().is_empty());
        assert!(items(r#"{"Data":null}"#).unwrap().is_empty());
        assert!(items("7").is_err());
    }

    #[test]
    fn numbers_are_read_from_their_digits_in_their_own_type() {
        assert_eq!(number::<i64>("-9223372036854775808").unwrap(), i64::MIN);
        assert_eq!(number::<i64>("\"9223372036854775807\"").unwrap(), i64::MAX);
        assert_eq!(number::<f32>("1e-45").unwrap().to_bits(), 1);
        assert!(number::<i64>("9223372036854775808").is_err());
        assert!(number::<i32>("1.5").is_err());
    }
}
