//! Values of Spark as a model of their own: built into Arrow for writes, taken out of Arrow after reads, and compared
//! null for null and bit for bit. Nothing here uses the product's own conversions, but for variants.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType,
};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, ListArray, MapArray, NullArray, PrimitiveArray, StringArray,
    StructArray,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::DataType;
use serde_json::Value as Json;
use vectorfuse_core::mllib::Mllib;
use vectorfuse_core::payload::{ColumnBuilder, ColumnReader};
use vectorfuse_core::schema::{Layout, SparkType, arrow_fields, element_field, map_entries};

/// One value. Floats are their bits, so that equality is that of bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Val {
    Null,
    Bool(bool),
    /// Every integer, and the numbers behind dates, timestamps and decimals.
    Int(i128),
    Float(u32),
    Double(u64),
    Text(String),
    Bytes(Vec<u8>),
    Variant(Json),
    List(Vec<Val>),
    Struct(Vec<Val>),
    /// In the order of [`Val::map`], which is not the one in which the entries came.
    Map(Vec<(Val, Val)>),
}

impl Val {
    /// A map: its entries have no order, so here they get one.
    pub fn map(mut entries: Vec<(Val, Val)>) -> Self {
        entries.sort_by_cached_key(|(key, _)| format!("{key:?}"));
        Self::Map(entries)
    }
}

/// An integer.
pub fn int(value: impl Into<i128>) -> Val {
    Val::Int(value.into())
}

/// A string.
pub fn text(value: impl Into<String>) -> Val {
    Val::Text(value.into())
}

/// A double.
pub fn double(value: f64) -> Val {
    Val::Double(value.to_bits())
}

/// A vector of an `array<float>` column.
pub fn vector(values: &[f32]) -> Val {
    Val::List(values.iter().map(|value| Val::Float(value.to_bits())).collect())
}

/// The type of such a column.
pub fn floats() -> SparkType {
    SparkType::Array(Box::new(SparkType::Float))
}

fn valid(values: &[&Val]) -> Option<NullBuffer> {
    Some(NullBuffer::from_iter(values.iter().map(|value| **value != Val::Null)))
}

/// Integers narrower than the model's: a test that asks for one that does not fit is wrong itself.
fn primitive<T: ArrowPrimitiveType>(values: &[&Val]) -> PrimitiveArray<T>
where
    T::Native: TryFrom<i128>,
{
    let one = |value: &&Val| match value {
        Val::Null => None,
        Val::Int(value) => Some(T::Native::try_from(*value).unwrap_or_else(|_| panic!("{value} is too wide"))),
        other => panic!("{other:?} is no integer"),
    };
    values.iter().map(one).collect()
}

fn offsets(lengths: impl Iterator<Item = usize>) -> OffsetBuffer<i32> {
    OffsetBuffer::from_lengths(lengths)
}

/// The column of these values, as Spark's side hands it over.
pub fn to_arrow(values: &[&Val], data_type: &SparkType) -> ArrayRef {
    let arrow = data_type.to_arrow(Layout::Write);
    match data_type {
        SparkType::Null => Arc::new(NullArray::new(values.len())),
        SparkType::Boolean => Arc::new(BooleanArray::from_iter(values.iter().map(|value| match value {
            Val::Null => None,
            Val::Bool(value) => Some(*value),
            other => panic!("{other:?} is no boolean"),
        }))),
        SparkType::Byte => Arc::new(primitive::<Int8Type>(values)),
        SparkType::Short => Arc::new(primitive::<Int16Type>(values)),
        SparkType::Integer => Arc::new(primitive::<Int32Type>(values)),
        SparkType::Long => Arc::new(primitive::<Int64Type>(values)),
        SparkType::Date => Arc::new(primitive::<Date32Type>(values)),
        SparkType::Timestamp | SparkType::TimestampNtz => {
            Arc::new(primitive::<TimestampMicrosecondType>(values).with_data_type(arrow))
        }
        SparkType::Decimal(..) => Arc::new(primitive::<Decimal128Type>(values).with_data_type(arrow)),
        SparkType::Float => {
            Arc::new(PrimitiveArray::<Float32Type>::from_iter(values.iter().map(|value| match value {
                Val::Null => None,
                Val::Float(bits) => Some(f32::from_bits(*bits)),
                other => panic!("{other:?} is no float"),
            })))
        }
        SparkType::Double => {
            Arc::new(PrimitiveArray::<Float64Type>::from_iter(values.iter().map(|value| match value {
                Val::Null => None,
                Val::Double(bits) => Some(f64::from_bits(*bits)),
                other => panic!("{other:?} is no double"),
            })))
        }
        SparkType::String(_) => Arc::new(StringArray::from_iter(values.iter().map(|value| match value {
            Val::Null => None,
            Val::Text(text) => Some(text),
            other => panic!("{other:?} is no string"),
        }))),
        SparkType::Binary => Arc::new(BinaryArray::from_iter(values.iter().map(|value| match value {
            Val::Null => None,
            Val::Bytes(bytes) => Some(bytes),
            other => panic!("{other:?} is no binary"),
        }))),
        SparkType::Variant => Arc::new(BinaryArray::from_iter(values.iter().map(|value| match value {
            Val::Null => None,
            Val::Variant(json) => Some(unsafe_row_variant(json)),
            other => panic!("{other:?} is no variant"),
        }))),
        SparkType::MllibVector(_) => to_arrow(values, &Mllib::sql_type()),
        SparkType::Array(element) => {
            let lists: Vec<&[Val]> = values.iter().map(|value| items(value)).collect();
            let flat: Vec<&Val> = lists.iter().copied().flatten().collect();
            let offsets = offsets(lists.iter().map(|list| list.len()));
            let elements = to_arrow(&flat, element);
            Arc::new(ListArray::new(element_field(element, Layout::Write), offsets, elements, valid(values)))
        }
        SparkType::Struct(fields) if fields.is_empty() => {
            Arc::new(StructArray::new_empty_fields(values.len(), valid(values)))
        }
        SparkType::Struct(fields) => {
            let member = |index: usize| {
                let column: Vec<&Val> =
                    values.iter().map(|value| items(value).get(index).unwrap_or(&Val::Null)).collect();
                to_arrow(&column, &fields[index].data_type)
            };
            let members = (0..fields.len()).map(member).collect();
            Arc::new(StructArray::new(arrow_fields(fields, Layout::Write), members, valid(values)))
        }
        SparkType::Map(key, value) => {
            let maps: Vec<&[(Val, Val)]> = values
                .iter()
                .map(|value| match value {
                    Val::Null => &[][..],
                    Val::Map(entries) => entries.as_slice(),
                    other => panic!("{other:?} is no map"),
                })
                .collect();
            let keys: Vec<&Val> = maps.iter().copied().flatten().map(|(key, _)| key).collect();
            let held: Vec<&Val> = maps.iter().copied().flatten().map(|(_, value)| value).collect();
            let field = map_entries(key, value, Layout::Write);
            let DataType::Struct(fields) = field.data_type() else { panic!("a map without entries") };
            let entries = StructArray::new(fields.clone(), vec![to_arrow(&keys, key), to_arrow(&held, value)], None);
            let offsets = offsets(maps.iter().map(|map| map.len()));
            Arc::new(MapArray::new(Arc::clone(&field), offsets, entries, valid(values), false))
        }
    }
}

fn items(value: &Val) -> &[Val] {
    match value {
        Val::Null => &[],
        Val::List(items) | Val::Struct(items) => items,
        other => panic!("{other:?} has no items"),
    }
}

/// What an `UnsafeRow` holds of a variant: the value's size, the value, the metadata.
fn unsafe_row_variant(json: &Json) -> Vec<u8> {
    let mut column = ColumnBuilder::new(&SparkType::Variant, 1);
    column.append(Some(json)).unwrap();
    row_variant(column.finish().unwrap().as_struct(), 0)
}

fn row_variant(read: &StructArray, row: usize) -> Vec<u8> {
    let (value, metadata) =
        (read.column(0).as_binary::<i32>().value(row), read.column(1).as_binary::<i32>().value(row));
    [&u32::try_from(value.len()).unwrap().to_le_bytes()[..], value, metadata].concat()
}

/// The value of `row` of a column that was read.
pub fn of_arrow(array: &ArrayRef, data_type: &SparkType, row: usize) -> Val {
    assert_eq!(array.data_type(), &data_type.to_arrow(Layout::Read), "the column has the type that was announced");
    value(array, data_type, row)
}

fn value(array: &ArrayRef, data_type: &SparkType, row: usize) -> Val {
    if array.is_null(row) || *data_type == SparkType::Null {
        return Val::Null;
    }
    match data_type {
        SparkType::Null => Val::Null,
        SparkType::Boolean => Val::Bool(array.as_boolean().value(row)),
        SparkType::Byte => int(array.as_primitive::<Int8Type>().value(row)),
        SparkType::Short => int(array.as_primitive::<Int16Type>().value(row)),
        SparkType::Integer => int(array.as_primitive::<Int32Type>().value(row)),
        SparkType::Long => int(array.as_primitive::<Int64Type>().value(row)),
        SparkType::Float => Val::Float(array.as_primitive::<Float32Type>().value(row).to_bits()),
        SparkType::Double => Val::Double(array.as_primitive::<Float64Type>().value(row).to_bits()),
        SparkType::Decimal(..) => int(array.as_primitive::<Decimal128Type>().value(row)),
        SparkType::Date => int(array.as_primitive::<Date32Type>().value(row)),
        SparkType::Timestamp | SparkType::TimestampNtz => {
            int(array.as_primitive::<TimestampMicrosecondType>().value(row))
        }
        SparkType::String(_) => text(array.as_string::<i32>().value(row)),
        SparkType::Binary => Val::Bytes(array.as_binary::<i32>().value(row).to_vec()),
        SparkType::Variant => {
            let bytes: ArrayRef = Arc::new(BinaryArray::from_iter_values([row_variant(array.as_struct(), row)]));
            let reader = ColumnReader::new(&bytes, &SparkType::Variant).unwrap();
            Val::Variant(reader.document(0).unwrap())
        }
        SparkType::MllibVector(_) => value(array, &Mllib::sql_type(), row),
        SparkType::Array(element) => {
            let items = array.as_list::<i32>().value(row);
            Val::List((0..items.len()).map(|index| value(&items, element, index)).collect())
        }
        SparkType::Struct(fields) => {
            let columns = array.as_struct().columns();
            let members = fields.iter().zip(columns).map(|(field, column)| value(column, &field.data_type, row));
            Val::Struct(members.collect())
        }
        SparkType::Map(key, held) => {
            let entries = array.as_map().value(row);
            let entry = |index| (value(entries.column(0), key, index), value(entries.column(1), held, index));
            Val::map((0..entries.len()).map(entry).collect())
        }
    }
}
