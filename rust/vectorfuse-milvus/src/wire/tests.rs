//! The bytes are those that prost writes of the message.

use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;
use vectorfuse_core::room::Room;

use super::*;
use crate::api::proto::scalar_field::Data;
use crate::api::proto::{InsertRequest, IntArray, ScalarField, StringArray, UpsertRequest};

/// A row has a value, or leaves it to the server, in one column of them all the same.
fn column() -> impl Strategy<Value = (Heading, Vec<Value>)> {
    let heading = ("[a-zé$]{0,150}", field_type(), any::<bool>(), any::<bool>());
    heading.prop_flat_map(|(name, data_type, is_open, is_dynamic)| {
        let there = value(data_type).boxed();
        let any = if is_open {
            prop_oneof![3 => there, 1 => Just(Value::Null), 1 => Just(Value::Default)].boxed()
        } else {
            there
        };
        (Just(Heading { name, data_type, is_open, is_dynamic }), vec(any, MOST_ROWS))
    })
}

const MOST_ROWS: usize = 140;
/// Of each vector, where all have as many.
const DIMENSIONS: usize = 24;

fn scalar_type() -> impl Strategy<Value = ScalarType> {
    prop_oneof![
        Just(ScalarType::Bool),
        Just(ScalarType::Int8),
        Just(ScalarType::Int16),
        Just(ScalarType::Int32),
        Just(ScalarType::Int64),
        Just(ScalarType::Float),
        Just(ScalarType::Double),
        Just(ScalarType::VarChar { max_length: Some(99) }),
        Just(ScalarType::Text),
        Just(ScalarType::Json),
        Just(ScalarType::Timestamptz),
        Just(ScalarType::Geometry),
    ]
}

fn field_type() -> impl Strategy<Value = FieldType> {
    let vector = prop_oneof![
        Just(VectorType::Float),
        Just(VectorType::Float16),
        Just(VectorType::BFloat16),
        Just(VectorType::Int8),
        Just(VectorType::Binary),
        Just(VectorType::Sparse),
    ];
    let dim = prop_oneof![Just(None), Just(Some(0)), Just(Some(DIMENSIONS as u64)), any::<u64>().prop_map(Some)];
    prop_oneof![
        3 => scalar_type().prop_map(FieldType::Scalar),
        1 => scalar_type().prop_map(|element| FieldType::Array { element, max_capacity: None }),
        2 => (vector, dim).prop_map(|(kind, dim)| FieldType::Vector { kind, dim }),
    ]
}

/// A value of a field of this type.
fn value(data_type: FieldType) -> BoxedStrategy<Value> {
    let bytes = |most| vec(any::<u8>(), 0..most);
    match data_type {
        FieldType::Scalar(scalar) => match scalar {
            ScalarType::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
            ScalarType::Int8 | ScalarType::Int16 | ScalarType::Int32 => {
                prop_oneof![-2..3_i32, any::<i32>()].prop_map(Value::Int).boxed()
            }
            ScalarType::Int64 => prop_oneof![-2..3_i64, any::<i64>()].prop_map(Value::Long).boxed(),
            ScalarType::Float => any::<f32>().prop_map(Value::Float).boxed(),
            ScalarType::Double => any::<f64>().prop_map(Value::Double).boxed(),
            ScalarType::VarChar { .. } | ScalarType::Text | ScalarType::Timestamptz | ScalarType::Geometry => {
                ".{0,40}".prop_map(Value::Text).boxed()
            }
            ScalarType::Json => bytes(150).prop_map(Value::Json).boxed(),
        },
        FieldType::Array { .. } => list().prop_map(|list| Value::List(list.encode_to_vec())).boxed(),
        FieldType::Vector { kind: VectorType::Sparse, .. } => bytes(150).prop_map(packed).boxed(),
        FieldType::Vector { .. } => {
            // The larger ones are pieces.
            let large = any::<u8>().prop_map(|byte| packed(vec![byte; LEAST_PIECE]));
            prop_oneof![vec(any::<u8>(), DIMENSIONS).prop_map(packed), large].boxed()
        }
    }
}

fn list() -> impl Strategy<Value = ScalarField> {
    let data = prop_oneof![
        vec(any::<i32>(), 0..40).prop_map(|data| Data::IntData(IntArray { data })),
        vec(".{0,9}", 0..9).prop_map(|data| Data::StringData(StringArray { data })),
    ];
    data.prop_map(|data| ScalarField { data: Some(data), ..ScalarField::default() })
}

fn packed(bytes: Vec<u8>) -> Value {
    Value::Packed(bytes.as_slice().into())
}

/// Of these columns, the first rows, with vectors that follow each other in memory.
fn block(columns: &[(Heading, Vec<Value>)], count: usize) -> Block {
    let mut rooms: Vec<Room> = columns.iter().map(|_| Room::default()).collect();
    let mut value = |row: usize, column: usize| match &columns[column].1[row] {
        Value::Packed(bytes) => Value::Packed(rooms[column].keep(bytes)),
        other => other.clone(),
    };
    let row = |row: usize| (0..columns.len()).map(|column| value(row, column)).collect();
    Block {
        headings: columns.iter().map(|(heading, _)| heading.clone()).collect(),
        rows: (0..count).map(row).collect(),
    }
}

proptest! {
    #[test]
    fn the_bytes_of_rows_are_those_that_prost_writes(
        columns in vec(column(), 0..5),
        count in prop_oneof![0..3_usize, 0..=MOST_ROWS],
        names in ("[a-zé]{0,9}", "[a-zé]{0,150}", "[a-zé]{0,9}"),
        partial: bool,
    ) {
        let (db_name, collection_name, partition_name) = names;
        let place = Place {
            database: db_name.as_str().into(),
            collection: collection_name.as_str().into(),
            partition: partition_name.clone(),
            partial,
        };
        let rows = block(&columns, count);
        let num_rows = rows.count().unwrap();
        let (fields, own) = (rows.clone().fields(), upload(&place, rows).map(|own| own.whole()));
        let (fields_data, own) = match (fields, own) {
            (Ok(fields), Ok(own)) => (fields, own),
            (fields, own) => {
                let (fields, own) = (fields.unwrap_err().to_string(), own.unwrap_err().to_string());
                prop_assert!(fields.contains("too many dimensions"));
                prop_assert_eq!(own, fields);
                return Ok(());
            }
        };
        // A request that says nothing of partial updates is the same as an insert.
        if !partial {
            let (db_name, collection_name) = (db_name.clone(), collection_name.clone());
            let (partition_name, fields_data) = (partition_name.clone(), fields_data.clone());
            let insert = InsertRequest { db_name, collection_name, partition_name, fields_data, num_rows };
            prop_assert_eq!(&own, &insert.encode_to_vec());
        }
        let upsert =
            UpsertRequest { db_name, collection_name, partition_name, fields_data, num_rows, partial_update: partial };
        prop_assert_eq!(&own, &upsert.encode_to_vec());
    }

    #[test]
    fn values_of_another_type_than_their_field_are_written_by_nobody(
        (mut heading, values) in column(),
        other in field_type(),
        count in 1..9_usize,
    ) {
        heading.data_type = other;
        let place = Place { database: "".into(), collection: "c".into(), partition: String::new(), partial: false };
        let rows = block(&[(heading, values)], count);
        let (fields, own) = (rows.clone().fields(), upload(&place, rows).map(|own| own.whole()));
        prop_assert_eq!(own.map(|_| ()).map_err(|error| error.to_string()), fields.map(|_| ()).map_err(|error| error.to_string()));
    }
}
