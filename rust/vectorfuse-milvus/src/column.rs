//! From the columns of an answer to Arrow's: each value checked against the type in which Spark reads it.

use std::ops::Range;

use bytes::Bytes;
use serde_json::Value;
use vectorfuse_core::civil;
use vectorfuse_core::document::DocumentRef;
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::json;
use vectorfuse_core::payload::{ColumnBuilder, Run, timestamp_text};
use vectorfuse_core::schema::SparkType;

use crate::api::proto::scalar_field::Data as Scalars;
use crate::api::proto::vector_field::Data as Vectors;
use crate::api::proto::{FieldData, QueryResults, ScalarField, VectorField, field_data};
use crate::cell::{Cell, cell, length};
use crate::collection::DYNAMIC_FIELD;
use crate::key::Key;
use crate::numbers;

/// The field of an answer; `None` if it has none of the name.
pub(crate) fn named<'a>(answer: &'a QueryResults, name: &str) -> Option<&'a FieldData> {
    let is_named = |field: &&FieldData| {
        if name == DYNAMIC_FIELD { field.is_dynamic || field.field_name == name } else { field.field_name == name }
    };
    answer.fields_data.iter().find(is_named)
}

/// The primary keys of an answer's rows, in their order.
pub(crate) fn keys(answer: &QueryResults, primary: &str) -> Result<Vec<Key>> {
    let Some(field) = named(answer, primary) else {
        return if answer.fields_data.is_empty() { Ok(Vec::new()) } else { Err(left_out(primary)) };
    };
    match scalars(field)? {
        Some(Scalars::LongData(keys)) => Ok(keys.data.iter().map(|key| Key::Integer(*key)).collect()),
        Some(Scalars::StringData(keys)) => Ok(keys.data.iter().map(|key| Key::Text(key.clone())).collect()),
        None => Ok(Vec::new()),
        Some(_) => Err(Error::internal(format!("the server sent keys of another type than `{primary}` has"))),
    }
}

/// The error of an answer without a field that was asked for.
pub(crate) fn left_out(name: &str) -> Error {
    Error::internal(format!("the server's answer has no field `{name}`, which was asked for"))
}

/// A field's values in an answer, which may hold them with or without the places of nulls.
pub(crate) struct Stored<'a> {
    values: Values<'a>,
    /// Where the value of each row stands; `None` for a null. Without it every row has one.
    places: Option<Vec<Option<usize>>>,
}

enum Values<'a> {
    Scalars(&'a Scalars),
    Vectors(&'a VectorField),
    /// Of a field that has no value in any row.
    None,
}

impl<'a> Stored<'a> {
    /// The values of an answer of so many rows.
    pub(crate) fn of(field: &'a FieldData, rows: usize) -> Result<Self> {
        let (values, inner) = match &field.field {
            Some(field_data::Field::Scalars(scalars)) => {
                (scalars.data.as_ref().map_or(Values::None, Values::Scalars), scalars.valid_data.as_slice())
            }
            Some(field_data::Field::Vectors(vectors)) => (Values::Vectors(vectors), vectors.valid_data.as_slice()),
            None => (Values::None, [].as_slice()),
        };
        let valid = if field.valid_data.is_empty() { inner } else { field.valid_data.as_slice() };
        let held = match &values {
            Values::Scalars(scalars) => length(scalars),
            Values::Vectors(vectors) => vectors_held(vectors)?,
            Values::None => 0,
        };
        let uneven = || {
            let name = &field.field_name;
            Error::internal(format!("the server sent {held} values of `{name}` for {rows} rows"))
        };
        if valid.is_empty() {
            let places = match held == rows {
                true => None,
                // What no row has, some servers leave out as a whole.
                false if held == 0 => Some(vec![None; rows]),
                false => return Err(uneven()),
            };
            return Ok(Self { values, places });
        }
        let filled = valid.iter().filter(|valid| **valid).count();
        if valid.len() != rows || (held != rows && held != filled) {
            return Err(uneven());
        }
        let mut next = 0..;
        let place = |(row, valid): (usize, &bool)| {
            if !valid {
                return None;
            }
            if held == rows { Some(row) } else { next.next() }
        };
        Ok(Self { values, places: Some(valid.iter().enumerate().map(place).collect()) })
    }

    fn place(&self, row: usize) -> Option<usize> {
        self.places.as_ref().map_or(Some(row), |places| places.get(row).copied().flatten())
    }

    /// Appends the value of a row.
    pub(crate) fn append(&self, builder: &mut ColumnBuilder, data_type: &SparkType, row: usize) -> Result<()> {
        let Some(place) = self.place(row) else {
            builder.append_null();
            return Ok(());
        };
        match &self.values {
            Values::Scalars(Scalars::JsonData(texts)) => {
                let text = texts.data.get(place).map(AsRef::as_ref).unwrap_or_default();
                match data_type {
                    SparkType::String(_) => {
                        let text = std::str::from_utf8(text);
                        let text = text.map_err(|error| Error::data("the JSON is no UTF-8").caused_by(error))?;
                        builder.append(Some(Cell::Text(text)))
                    }
                    _parsed => builder.append(Some(&document(text)?)),
                }
            }
            Values::Scalars(scalars) => match (cell(scalars, place), data_type) {
                (None, _) => Err(Error::internal("the server sent a value of a type that is none of a field's")),
                (Some(Cell::Integer(micros)), SparkType::Timestamp | SparkType::TimestampNtz) => {
                    builder.append_micros(micros)
                }
                (Some(Cell::List(list)), SparkType::Array(element))
                    if matches!(**element, SparkType::Timestamp | SparkType::TimestampNtz) =>
                {
                    builder.append(Some(&moments(list, element)))
                }
                (Some(value), _) => builder.append(Some(value)),
            },
            Values::Vectors(vectors) => append_vector(builder, data_type, vectors, place),
            Values::None => Err(Error::internal("the server says of a value that it is there, and does not send it")),
        }
    }

    /// Appends the values of these rows, where they stand one after the other and the column keeps them as the answer does;
    /// `false`, and nothing is appended, where each is to be appended alone.
    pub(crate) fn append_together(&self, builder: &mut ColumnBuilder, rows: &[usize]) -> Result<bool> {
        let (None, Some(first)) = (&self.places, rows.first()) else { return Ok(false) };
        let range = *first..first + rows.len();
        if !rows.iter().copied().eq(range.clone()) {
            return Ok(false);
        }
        match &self.values {
            Values::Scalars(scalars) => Ok(run(scalars, range).is_some_and(|run| builder.append_run(run))),
            Values::Vectors(vectors) => match (&vectors.data, packed_vectors(vectors)) {
                (Some(Vectors::FloatVector(_)), Some((bytes, size))) => {
                    let bytes = bytes.get(range.start * size..range.end * size);
                    bytes.map_or(Ok(false), |bytes| builder.append_floats(bytes, size))
                }
                (_, _) => Ok(false),
            },
            Values::None => Ok(false),
        }
    }

    /// The value of a row, of a field that is neither JSON nor a vector; `None` if it is null.
    pub(crate) fn cell(&self, row: usize) -> Option<Cell<'a>> {
        match self.values {
            Values::Scalars(scalars) => cell(scalars, self.place(row)?),
            Values::Vectors(_) | Values::None => None,
        }
    }

    /// The value of a row as JSON; `None` if it is null.
    pub(crate) fn json(&self, row: usize) -> Result<Option<Value>> {
        let Some(place) = self.place(row) else { return Ok(None) };
        match &self.values {
            Values::Scalars(Scalars::JsonData(texts)) => {
                texts.data.get(place).map(|text| document(text.as_ref())).transpose()
            }
            Values::Scalars(scalars) => match cell(scalars, place) {
                Some(Cell::Double(value)) if !value.is_finite() => {
                    Err(Error::data(format!("JSON has no form for the stored value {value}: read it as a column")))
                }
                value => Ok(value.map(DocumentRef::to_json)),
            },
            Values::Vectors(_) | Values::None => Ok(None),
        }
    }
}

/// The document of a text.
pub(crate) fn document(text: &[u8]) -> Result<Value> {
    json::exact(text).map_err(|error| Error::data("the stored JSON can't be read: read it as string").caused_by(error))
}

fn scalars(field: &FieldData) -> Result<Option<&Scalars>> {
    match &field.field {
        Some(field_data::Field::Scalars(scalars)) => Ok(scalars.data.as_ref()),
        None => Ok(None),
        Some(field_data::Field::Vectors(_)) => Err(Error::internal("the server sent vectors for a field of values")),
    }
}

/// The values of a range of places, of a type that can stand in a column as it is; `None` if there are not so many.
fn run(scalars: &Scalars, range: Range<usize>) -> Option<Run<'_>> {
    match scalars {
        Scalars::BoolData(values) => values.data.get(range).map(Run::Booleans),
        Scalars::IntData(values) => values.data.get(range).map(Run::Integers),
        Scalars::LongData(values) => values.data.get(range).map(Run::Longs),
        Scalars::FloatData(values) => values.data.get(range).map(Run::Floats),
        Scalars::DoubleData(values) => values.data.get(range).map(Run::Doubles),
        Scalars::StringData(values) => values.data.get(range).map(Run::Texts),
        Scalars::GeometryWktData(values) => values.data.get(range).map(Run::Texts),
        Scalars::BytesData(_)
        | Scalars::ArrayData(_)
        | Scalars::JsonData(_)
        | Scalars::GeometryData(_)
        | Scalars::TimestamptzData(_) => None,
    }
}

/// A list of microseconds as the texts that a list of moments is made of: instants, or times of no zone.
fn moments(list: &ScalarField, element: &SparkType) -> Value {
    let text = |micros: i64| match element {
        SparkType::TimestampNtz => civil::datetime_text(micros),
        _instant => timestamp_text(micros),
    };
    let items = Cell::List(list).items();
    Value::Array(
        items
            .map(|item| match item {
                Cell::Integer(micros) => Value::from(text(micros)),
                other => other.to_json(),
            })
            .collect(),
    )
}

/// How many vectors an answer holds.
fn vectors_held(vectors: &VectorField) -> Result<usize> {
    let (length, size) = match (&vectors.data, packed_vectors(vectors)) {
        (Some(Vectors::SparseFloatVector(sparse)), _) => return Ok(sparse.contents.len()),
        (_, None) => return Ok(0),
        (_, Some((bytes, size))) => (bytes.len(), size),
    };
    match length.checked_div(size) {
        Some(held) if held * size == length => Ok(held),
        None if length == 0 => Ok(0),
        Some(_) | None => Err(Error::internal("the server sent vectors of another size than it says")),
    }
}

/// The bytes of vectors that all have as many, and how many; `None` of sparse ones, and of none.
pub(crate) fn packed_vectors(vectors: &VectorField) -> Option<(&Bytes, usize)> {
    let dim = usize::try_from(vectors.dim).unwrap_or_default();
    match vectors.data.as_ref()? {
        Vectors::SparseFloatVector(_) => None,
        Vectors::FloatVector(floats) => Some((&floats.data, 4 * dim)),
        Vectors::Float16Vector(bytes) | Vectors::Bfloat16Vector(bytes) => Some((bytes, 2 * dim)),
        Vectors::Int8Vector(bytes) => Some((bytes, dim)),
        Vectors::BinaryVector(bytes) => Some((bytes, dim / 8)),
    }
}

/// The bytes of one vector, of whichever kind; `None` if there are not so many.
pub(crate) fn vector_at(vectors: &VectorField, place: usize) -> Option<&[u8]> {
    match (&vectors.data, packed_vectors(vectors)) {
        (Some(Vectors::SparseFloatVector(sparse)), _) => sparse.contents.get(place).map(AsRef::as_ref),
        (_, None) => None,
        (_, Some((bytes, size))) => bytes.get(place * size..(place + 1) * size),
    }
}

fn append_vector(
    builder: &mut ColumnBuilder,
    data_type: &SparkType,
    vectors: &VectorField,
    place: usize,
) -> Result<()> {
    let missing = || Error::internal("the server sent fewer vectors than rows");
    let bytes = vector_at(vectors, place).ok_or_else(missing)?;
    match vectors.data.as_ref().ok_or_else(missing)? {
        Vectors::FloatVector(_) => builder.append_dense(&numbers::of_floats(bytes)),
        Vectors::Float16Vector(_) => builder.append_dense(&numbers::of_float16(bytes)),
        Vectors::Bfloat16Vector(_) => builder.append_dense(&numbers::of_bfloat16(bytes)),
        Vectors::Int8Vector(_) => builder.append_dense(&numbers::of_int8(bytes)),
        Vectors::BinaryVector(_) => match data_type {
            SparkType::Binary => builder.append_bytes(bytes),
            _numbers => builder.append_dense(&numbers::of_bits(bytes)),
        },
        Vectors::SparseFloatVector(_) => {
            let (indices, values) = numbers::of_sparse(bytes)?;
            builder.append_sparse(&indices, &values)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::proto::{
        BoolArray, DoubleArray, FloatArray, GeometryWktArray, IntArray, LongArray, PackedFloats, StringArray,
    };

    fn scalar_field(data: Scalars) -> field_data::Field {
        field_data::Field::Scalars(ScalarField { data: Some(data), ..ScalarField::default() })
    }

    /// Fields of three values, each with the type of column that keeps such values as they are.
    fn fields() -> Vec<(SparkType, field_data::Field)> {
        let data = (1..=6_u8).flat_map(|number| f32::from(number).to_le_bytes()).collect::<Vec<u8>>().into();
        let data = Some(Vectors::FloatVector(PackedFloats { data }));
        let vectors = field_data::Field::Vectors(VectorField { dim: 2, data, ..VectorField::default() });
        let texts = || ["a", "", "é"].map(str::to_owned).to_vec();
        vec![
            (SparkType::Array(Box::new(SparkType::Float)), vectors),
            (SparkType::Boolean, scalar_field(Scalars::BoolData(BoolArray { data: vec![true, false, true] }))),
            (SparkType::Integer, scalar_field(Scalars::IntData(IntArray { data: vec![0, -1, i32::MAX] }))),
            (SparkType::Long, scalar_field(Scalars::LongData(LongArray { data: vec![0, -1, i64::MAX] }))),
            (SparkType::Float, scalar_field(Scalars::FloatData(FloatArray { data: vec![-0.0, f32::MAX, f32::NAN] }))),
            (SparkType::Double, scalar_field(Scalars::DoubleData(DoubleArray { data: vec![-0.0, 1e300, f64::NAN] }))),
            (SparkType::string(), scalar_field(Scalars::StringData(StringArray { data: texts() }))),
            (SparkType::string(), scalar_field(Scalars::GeometryWktData(GeometryWktArray { data: texts() }))),
        ]
    }

    fn column(
        data_type: &SparkType,
        append: impl FnOnce(&mut ColumnBuilder) -> Result<bool>,
    ) -> (bool, arrow_array::ArrayRef) {
        let mut builder = ColumnBuilder::new(data_type, 3);
        let appended = append(&mut builder).unwrap();
        (appended, builder.finish().unwrap())
    }

    #[test]
    fn values_are_appended_together_where_they_stand_so_and_are_those_that_are_appended_alone() {
        for (data_type, field) in fields() {
            let whole = FieldData { field: Some(field), ..FieldData::default() };
            let open = FieldData { valid_data: vec![true, false, true, true], ..whole.clone() };
            let (whole, open) = (Stored::of(&whole, 3).unwrap(), Stored::of(&open, 4).unwrap());
            for rows in [&[0, 1, 2][..], &[1, 2], &[2]] {
                let together = column(&data_type, |builder| whole.append_together(builder, rows));
                let alone = column(&data_type, |builder| {
                    rows.iter().try_for_each(|row| whole.append(builder, &data_type, *row)).map(|()| true)
                });
                assert_eq!(together, alone, "{data_type:?} {rows:?}");
            }
            for rows in [&[][..], &[0, 2], &[1, 0], &[1, 1], &[2, 3], &[0, 1, 3]] {
                let (appended, column) = column(&data_type, |builder| whole.append_together(builder, rows));
                assert!(!appended && column.is_empty(), "{data_type:?} {rows:?}");
            }
            let (appended, column) = column(&data_type, |builder| open.append_together(builder, &[2, 3]));
            assert!(!appended && column.is_empty(), "{data_type:?}");
        }
    }

    #[test]
    fn a_column_of_another_type_gets_its_values_one_by_one() {
        let types = [SparkType::Short, SparkType::Decimal(9, 2), SparkType::Timestamp, SparkType::Binary];
        for (own, field) in fields() {
            let whole = FieldData { field: Some(field), ..FieldData::default() };
            let whole = Stored::of(&whole, 3).unwrap();
            let others = types.iter().filter(|other| **other != own);
            for other in others {
                let (appended, column) = column(other, |builder| whole.append_together(builder, &[0, 1, 2]));
                assert!(!appended && column.is_empty(), "{own:?} {other:?}");
            }
        }
    }
}
