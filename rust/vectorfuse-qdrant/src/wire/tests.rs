//! The bytes are those of the messages that prost would write: prost reads them back.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::{Float32Builder, ListBuilder};
use arrow_array::{ArrayRef, BooleanArray, Float32Array, Float64Array, Int64Array, StringArray};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use prost::Message;
use qdrant_client::qdrant::value::Kind;
use qdrant_client::qdrant::{DenseVector, NullValue, PointStruct, SparseVector, UpsertPoints, Value, vector};
use vectorfuse_core::ids::PointId;
use vectorfuse_core::payload::ColumnReader;
use vectorfuse_core::schema::SparkType;

use super::*;
use crate::point;

fn reader(array: impl arrow_array::Array + 'static, data_type: &SparkType) -> ColumnReader {
    let array: ArrayRef = Arc::new(array);
    ColumnReader::new(&array, data_type).unwrap()
}

fn value(kind: Kind) -> Value {
    Value { kind: Some(kind) }
}

fn or_null(kind: Option<Kind>) -> Value {
    value(kind.unwrap_or(Kind::NullValue(NullValue::NullValue.into())))
}

fn dense(data: Vec<f32>) -> qdrant::Vector {
    qdrant::Vector { vector: Some(vector::Vector::Dense(DenseVector { data })), ..qdrant::Vector::default() }
}

fn id() -> impl Strategy<Value = PointId> {
    let uuid = any::<u128>().prop_map(|bits| PointId::Uuid(uuid::Uuid::from_u128(bits)));
    prop_oneof![any::<u64>().prop_map(PointId::Number), uuid]
}

fn finite() -> impl Strategy<Value = f32> {
    any::<f32>().prop_filter("finite", |value| value.is_finite())
}

fn finite_double() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("finite", |value| value.is_finite())
}

proptest! {
    #[test]
    fn a_point_is_read_back_as_it_was_put_in(
        id in id(),
        integer in option::of(any::<i64>()),
        double in option::of(finite_double()),
        float in option::of(finite()),
        text in option::of(".{0,300}"),
        flag in option::of(any::<bool>()),
        names in vec("[a-zé]{0,200}", 5).prop_filter("distinct", |names| {
            let mut sorted = names.clone();
            sorted.sort();
            sorted.dedup();
            sorted.len() == names.len()
        }),
        unnamed in option::of(vec(finite(), 0..300)),
        named in option::of(vec(finite(), 0..300)),
        sparse in option::of(vec((any::<u32>(), finite()), 0..20)),
    ) {
        let readers = [
            reader(Int64Array::from(vec![integer]), &SparkType::Long),
            reader(Float64Array::from(vec![double]), &SparkType::Double),
            reader(Float32Array::from(vec![float]), &SparkType::Float),
            reader(StringArray::from(vec![text.clone()]), &SparkType::string()),
            reader(BooleanArray::from(vec![flag]), &SparkType::Boolean),
        ];
        let values = [
            or_null(integer.map(Kind::IntegerValue)),
            or_null(double.map(Kind::DoubleValue)),
            or_null(float.map(|value| Kind::DoubleValue(value.into()))),
            or_null(text.map(Kind::StringValue)),
            or_null(flag.map(Kind::BoolValue)),
        ];
        let mut payload: HashMap<String, Value> = names.iter().cloned().zip(values.clone()).collect();
        let mut encoder = Encoder::new(id, 0);
        for (name, reader) in names.iter().zip(&readers) {
            prop_assert!(encoder.atom(name, reader, 0));
        }
        let list = value(Kind::ListValue(qdrant::ListValue { values: values.to_vec() }));
        encoder.value("a list", &list);
        payload.insert("a list".to_owned(), list);
        let mut vectors = HashMap::new();
        let bytes = |data: &[f32]| data.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
        let (first, second) = (unnamed.as_deref().map(bytes), named.as_deref().map(bytes));
        if let (Some(data), Some(bytes)) = (unnamed, &first) {
            encoder.vector("", Vector::Floats(bytes));
            vectors.insert(String::new(), dense(data));
        }
        if let (Some(data), Some(bytes)) = (named, &second) {
            encoder.vector("named", Vector::Floats(bytes));
            vectors.insert("named".to_owned(), dense(data));
        }
        if let Some(pairs) = sparse {
            let (indices, values) = pairs.into_iter().unzip();
            let variant = Some(vector::Vector::Sparse(SparseVector { values, indices }));
            let vector = qdrant::Vector { vector: variant, ..qdrant::Vector::default() };
            encoder.vector("sparse", Vector::Message(vector.clone()));
            vectors.insert("sparse".to_owned(), vector);
        }
        let vectors = point::message(vectors);
        let expected = PointStruct { id: Some(to_qdrant_id(id)), payload, vectors };
        let encoded = encoder.finish();
        prop_assert_eq!(&PointStruct::decode(encoded.as_slice()).unwrap(), &expected);
        // No byte more than prost's, whose maps have another order.
        prop_assert!(encoded.len() <= expected.encoded_len() + 8, "{} {}", encoded.len(), expected.encoded_len());

        let head = UpsertPoints { collection_name: "c".to_owned(), wait: Some(true), ..UpsertPoints::default() };
        let request = upsert(&head, &[encoded.clone(), encoded]);
        let points = vec![expected.clone(), expected];
        prop_assert_eq!(UpsertPoints::decode(request.as_slice()).unwrap(), UpsertPoints { points, ..head });
    }

    #[test]
    fn the_bytes_of_a_list_of_floats_are_given_where_all_are_finite(
        rows in vec(option::of(vec(option::of(any::<f32>()), 0..40)), 1..6),
    ) {
        let mut builder = ListBuilder::new(Float32Builder::new());
        for row in &rows {
            match row {
                Some(row) => {
                    row.iter().for_each(|value| builder.values().append_option(*value));
                    builder.append(true);
                }
                None => builder.append(false),
            }
        }
        // A part of a column: its offsets do not begin at 0.
        let from = rows.len() / 2;
        let list = builder.finish().slice(from, rows.len() - from);
        let data_type = SparkType::Array(Box::new(SparkType::Float));
        let expected = data_type.to_arrow(vectorfuse_core::schema::Layout::Write);
        let reader = reader(renamed(&list, &expected), &data_type);
        for (index, row) in rows[from..].iter().enumerate() {
            let whole = row.as_ref().and_then(|row| row.iter().copied().collect::<Option<Vec<f32>>>());
            let whole = whole.filter(|row| row.iter().all(|value| value.is_finite()));
            let bytes = whole.map(|row| row.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>());
            prop_assert_eq!(reader.float_bytes(index), bytes.as_deref());
        }
    }
}

/// The list with the names that the columns of a write have.
fn renamed(list: &arrow_array::ListArray, wanted: &arrow_schema::DataType) -> arrow_array::ListArray {
    let arrow_schema::DataType::List(field) = wanted else { panic!("{wanted} is no list") };
    let (_, offsets, values, nulls) = list.clone().into_parts();
    arrow_array::ListArray::new(Arc::clone(field), offsets, values, nulls)
}
