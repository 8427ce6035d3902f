//! What each row of a write has a value for, field by field, and how the rows of a request become the server's columns.

use std::collections::BTreeMap;
use std::mem;

use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::rows::Rows;
use vectorfuse_core::table::Role;
use vectorfuse_core::write::WritePlan;

use crate::api::proto::field_data::Field as Held;
use crate::api::proto::scalar_field::Data;
use crate::api::proto::vector_field::Data as VectorData;
use crate::api::proto::{
    ArrayArray, BoolArray, DoubleArray, FieldData, FloatArray, GeometryWktArray, IntArray, JsonArray, LongArray,
    PackedFloats, ScalarField, SparseFloatArray, StringArray, VectorField,
};
use crate::appends::Attempt;
use crate::collection::{DYNAMIC_FIELD, Field, FieldType, ScalarType, VectorType};
use crate::details::WriteDetails;
use crate::dynamic::Dynamic;
use crate::key::Key;
use crate::value::{Encoder, Value};

/// The fields of a write's rows.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    slots: Vec<Slot>,
}

/// A field of a write's rows.
#[derive(Clone, Debug)]
struct Slot {
    name: String,
    data_type: FieldType,
    /// Whether rows can do without a value.
    is_open: bool,
    source: Source,
}

/// Where the values of a field come from.
#[derive(Clone, Debug)]
enum Source {
    /// They are the keys.
    Key,
    /// The column at this place.
    Column(usize, Box<Encoder>),
    /// Every column that is no field of the schema.
    Dynamic(Dynamic),
    /// Nowhere: each is this one.
    Nowhere(Value),
}

impl Form {
    /// Of the rows of this plan, whose columns fit this collection. `whole`: rows are
    /// written in place of those that are there, so that what they don't have is gone. `attempt`: who writes, if
    /// the rows must be known again.
    pub(crate) fn of(details: &WriteDetails, plan: &WritePlan, whole: bool, attempt: Option<&Attempt>) -> Result<Self> {
        let collection = &details.collection;
        let mut slots = Vec::with_capacity(plan.columns.len());
        let primary = collection.primary()?;
        if !primary.is_auto {
            slots.push(Slot::of(primary, Source::Key));
        }
        for (index, column) in plan.columns.iter().enumerate() {
            let field = match (collection.field_of(column), &column.role) {
                // The key has its place, and the places of a sparse vector are written with its numbers.
                (None, _) | (_, Role::Id { .. } | Role::SparseIndices(_)) => continue,
                (Some(field), _) => field,
            };
            let encoder = Encoder::new(collection, field);
            slots.push(Slot::of(field, Source::Column(index, Box::new(encoder))));
        }
        // Said and not left out: a server may keep what it has of a field that no request names, and Milvus 2.3 does not
        // survive a request without a field that has a default.
        if whole {
            let absent = collection.fields.iter().filter(|field| field.is_nullable || field.has_default);
            let absent: Vec<&Field> =
                absent.filter(|field| !slots.iter().any(|slot| slot.name == field.name)).collect();
            slots.extend(absent.into_iter().map(|field| {
                let value = if field.has_default { Value::Default } else { Value::Null };
                Slot::of(field, Source::Nowhere(value))
            }));
        }
        if let Some(dynamic) = Dynamic::of(details, &plan.columns, attempt) {
            slots.push(Slot {
                name: DYNAMIC_FIELD.to_owned(),
                data_type: FieldType::Scalar(ScalarType::Json),
                is_open: false,
                source: Source::Dynamic(dynamic),
            });
        }
        Ok(Self { slots })
    }

    /// Whether rows have keys that are no fields of the schema.
    pub(crate) fn is_dynamic(&self) -> bool {
        self.slots.iter().any(|slot| matches!(slot.source, Source::Dynamic(_)))
    }

    /// The values of a row that has this key, in the order of the form.
    pub(crate) fn values(&self, rows: &Rows<'_>, row: usize, key: &Key) -> Result<Vec<Value>> {
        let readers: Vec<_> = rows.columns().map(|(_, reader)| reader).collect();
        let value = |slot: &Slot| match &slot.source {
            Source::Key => Ok(match key {
                Key::Integer(number) => Value::Long(*number),
                Key::Text(text) => Value::Text(text.clone()),
            }),
            Source::Column(index, encoder) => encoder.value(rows, *index, readers[*index], row),
            Source::Dynamic(dynamic) => dynamic.value(rows, row, key).map(Value::Json),
            Source::Nowhere(value) => Ok(value.clone()),
        };
        self.slots.iter().map(value).collect()
    }

    /// The columns of rows that leave the same fields to the server: [`by_left_out`].
    pub(crate) fn fields(&self, mut rows: Vec<Vec<Value>>) -> Result<Vec<FieldData>> {
        let column = |(place, slot): (usize, &Slot)| {
            slot.column(rows.iter_mut().map(|row| mem::replace(&mut row[place], Value::Null)).collect())
        };
        self.slots.iter().enumerate().map(column).collect()
    }

    /// What the names and types of the fields add to a request, at most.
    pub(crate) fn size(&self) -> usize {
        // Types, sizes and the lengths of what is nested, each of a few bytes.
        self.slots.iter().map(|slot| slot.name.len() + 64).sum()
    }
}

/// Rows by the fields whose defaults they get: older servers give the default to every row of a request, or to none.
pub(crate) fn by_left_out<T>(rows: Vec<T>, values: impl Fn(&T) -> &[Value]) -> impl Iterator<Item = Vec<T>> {
    let mut groups: BTreeMap<Vec<usize>, Vec<T>> = BTreeMap::new();
    for row in rows {
        let left_out = values(&row).iter().enumerate().filter(|(_, value)| **value == Value::Default);
        let left_out = left_out.map(|(place, _)| place).collect();
        groups.entry(left_out).or_default().push(row);
    }
    groups.into_values()
}

impl Slot {
    fn of(field: &Field, source: Source) -> Self {
        let is_open = field.is_nullable || field.has_default;
        Self { name: field.name.clone(), data_type: field.data_type, is_open, source }
    }

    /// The column of these values.
    fn column(&self, values: Vec<Value>) -> Result<FieldData> {
        let is_there = |value: &Value| !matches!(value, Value::Null | Value::Default);
        let valid: Vec<bool> = values.iter().map(is_there).collect();
        // What is null has no place among the values.
        let values = Values(values.into_iter().filter(is_there).collect());
        let held = match self.data_type {
            FieldType::Scalar(data_type) => Held::Scalars(scalars(scalar_column(data_type, values)?)),
            FieldType::Array { element, .. } => {
                let data = values.of(|value| if let Value::List(list) = value { Some(list) } else { None })?;
                Held::Scalars(scalars(Data::ArrayData(ArrayArray { data, element_type: element.data_type().into() })))
            }
            FieldType::Vector { kind, dim } => Held::Vectors(vector_column(kind, dim, values)?),
        };
        Ok(FieldData {
            r#type: self.data_type.data_type().into(),
            field_name: self.name.clone(),
            field: Some(held),
            is_dynamic: matches!(self.source, Source::Dynamic(_)),
            valid_data: if self.is_open { valid } else { Vec::new() },
            ..FieldData::default()
        })
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

    fn packed(self) -> Result<Vec<Vec<u8>>> {
        self.of(|value| if let Value::Packed(bytes) = value { Some(bytes) } else { None })
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

fn vector_column(kind: VectorType, dim: Option<u64>, values: Values) -> Result<VectorField> {
    let (data, length) = match kind {
        VectorType::Sparse => {
            let contents = values.packed()?.into_iter().map(Into::into).collect();
            (VectorData::SparseFloatVector(SparseFloatArray { contents, dim: 0 }), 0)
        }
        VectorType::Float | VectorType::Float16 | VectorType::BFloat16 | VectorType::Int8 | VectorType::Binary => {
            let rows = values.packed()?;
            let bytes = rows.first().map_or(0, Vec::len);
            let all = rows.concat().into();
            match kind {
                VectorType::Float => (VectorData::FloatVector(PackedFloats { data: all }), bytes / 4),
                VectorType::Float16 => (VectorData::Float16Vector(all), bytes / 2),
                VectorType::BFloat16 => (VectorData::Bfloat16Vector(all), bytes / 2),
                VectorType::Int8 => (VectorData::Int8Vector(all), bytes),
                VectorType::Binary | VectorType::Sparse => (VectorData::BinaryVector(all), 8 * bytes),
            }
        }
    };
    let dim = dim.unwrap_or(length as u64);
    let dim = i64::try_from(dim).map_err(|_| Error::internal("a vector of too many dimensions"))?;
    Ok(VectorField { dim, data: Some(data), ..VectorField::default() })
}

fn mixed() -> Error {
    Error::internal("values of several types in one field")
}
