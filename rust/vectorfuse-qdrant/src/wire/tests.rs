//! The bytes are those that prost writes of the message.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BooleanArray, Float32Array, Float64Array, Int64Array, StringArray};
use proptest::collection::{hash_set, vec};
use proptest::option;
use proptest::prelude::*;
use prost::Message;
use qdrant_client::qdrant::value::Kind;
use qdrant_client::qdrant::{
    DenseVector, ListValue, MultiDenseVector, NullValue, PointStruct, SparseVector, UpsertPoints, Value, vector,
};
use vectorfuse_core::net::pieces::PART;
use vectorfuse_core::schema::SparkType;

use super::*;
use crate::change::Point;
use crate::point::{self, to_qdrant_id};

/// A field's value: in a column, and in a message.
fn atom() -> impl Strategy<Value = (ArrayRef, SparkType, Value)> {
    fn made(array: impl Array + 'static, data_type: SparkType, kind: Option<Kind>) -> (ArrayRef, SparkType, Value) {
        let kind = kind.unwrap_or(Kind::NullValue(NullValue::NullValue.into()));
        (Arc::new(array), data_type, Value { kind: Some(kind) })
    }
    prop_oneof![
        option::of(any::<bool>()).prop_map(|it| made(
            BooleanArray::from(vec![it]),
            SparkType::Boolean,
            it.map(Kind::BoolValue)
        )),
        option::of(any::<i64>()).prop_map(|it| made(
            Int64Array::from(vec![it]),
            SparkType::Long,
            it.map(Kind::IntegerValue)
        )),
        option::of(finite()).prop_map(|it| {
            made(Float32Array::from(vec![it]), SparkType::Float, it.map(|it| Kind::DoubleValue(it.into())))
        }),
        option::of(any::<f64>().prop_filter("finite", |value| value.is_finite())).prop_map(|it| made(
            Float64Array::from(vec![it]),
            SparkType::Double,
            it.map(Kind::DoubleValue)
        )),
        option::of(".{0,300}").prop_map(|it| made(
            StringArray::from(vec![it.clone()]),
            SparkType::string(),
            it.map(Kind::StringValue)
        )),
    ]
}

fn id() -> impl Strategy<Value = PointId> {
    let number = prop_oneof![0..300_u64, any::<u64>()].prop_map(PointId::Number);
    let uuid = any::<u128>().prop_map(|bits| PointId::Uuid(uuid::Uuid::from_u128(bits)));
    prop_oneof![number, uuid]
}

fn finite() -> impl Strategy<Value = f32> {
    any::<f32>().prop_filter("finite", |value| value.is_finite())
}

fn own_vector() -> impl Strategy<Value = qdrant::Vector> {
    let dense = |data| DenseVector { data };
    let kind = prop_oneof![
        vec(finite(), 0..300).prop_map(move |data| vector::Vector::Dense(dense(data))),
        vec((any::<u32>(), finite()), 0..20).prop_map(|pairs| {
            let (indices, values) = pairs.into_iter().unzip();
            vector::Vector::Sparse(SparseVector { values, indices })
        }),
        vec(vec(finite(), 0..4).prop_map(dense), 0..4)
            .prop_map(|vectors| vector::Vector::MultiDense(MultiDenseVector { vectors })),
    ];
    kind.prop_map(|kind| qdrant::Vector { vector: Some(kind), ..qdrant::Vector::default() })
}

/// Vectors by their names, of which one can be empty.
fn vectors() -> impl Strategy<Value = HashMap<String, qdrant::Vector>> {
    let named = proptest::collection::hash_map("[a-z]{1,150}", own_vector(), 0..3);
    (option::of(own_vector()), named).prop_map(|(unnamed, mut all)| {
        all.extend(unnamed.map(|unnamed| (String::new(), unnamed)));
        all
    })
}

proptest! {
    #[test]
    fn the_bytes_of_a_point_are_those_that_prost_writes(
        id in id(),
        names in hash_set("[a-zé]{1,200}", 0..6),
        atoms in vec(atom(), 5),
        list in option::of(vec(atom(), 0..3)),
        vectors in vectors(),
        gone in vec(any::<bool>(), 40),
    ) {
        let columns: Vec<_> = names.iter().zip(&atoms).map(|(name, (array, data_type, value))| {
            (name, ColumnReader::new(array, data_type).unwrap(), value)
        }).collect();
        let list = list.map(|items| {
            let values = items.into_iter().map(|(.., value)| value).collect();
            Value { kind: Some(Kind::ListValue(ListValue { values })) }
        });
        let bytes = |vector: &qdrant::Vector| match &vector.vector {
            Some(vector::Vector::Dense(dense)) => {
                Some(dense.data.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())
            }
            _sparse_or_multi => None,
        };
        let floats: Vec<_> = vectors.iter().map(|(name, vector)| (name, bytes(vector), vector)).collect();
        let encode = |room: &mut Room| {
            let mut encoder = Encoder::new(id, room);
            for (name, reader, _) in &columns {
                assert!(encoder.atom(name, reader, 0));
            }
            if let Some(list) = &list {
                encoder.value("a list", list.clone());
            }
            for (name, floats, vector) in &floats {
                if !encoder.floats(name, || floats.as_deref()) {
                    encoder.vector(name, (*vector).clone());
                }
            }
            assert_eq!(encoder.is_without_vector(), vectors.is_empty());
            encoder.finish()
        };
        // A point that is left half-way leaves nothing behind.
        let mut room = Room::default();
        drop(Encoder::new(id, &mut room));
        let own = encode(&mut room);

        let mut payload: HashMap<String, Value> =
            columns.iter().map(|(name, _, value)| ((*name).clone(), (*value).clone())).collect();
        payload.extend(list.clone().map(|list| ("a list".to_owned(), list)));
        let is_ordered = payload.len() < 2 && vectors.len() < 2;
        let has_empty_name = vectors.len() > 1 && vectors.contains_key("");
        let expected = PointStruct { id: Some(to_qdrant_id(id)), payload, vectors: point::message(vectors.clone()) };
        prop_assert_eq!(&Point::Encoded(own.clone()).into_message().unwrap(), &expected);
        let prost = UpsertPoints { points: vec![expected.clone()], ..UpsertPoints::default() }.encode_to_vec();
        // The entries of a map come in any order, and of an empty name prost writes neither number nor length.
        if is_ordered {
            prop_assert_eq!(&own[..], &prost);
        } else if !has_empty_name {
            prop_assert_eq!(own.len(), prost.len());
        }

        let head = UpsertPoints { collection_name: "c".to_owned(), wait: Some(true), ..UpsertPoints::default() };
        // Enough of them for several parts, some of them taken away from between the others.
        let count = 3 * PART / own.len() + gone.len();
        let points = (0..count).map(|_| encode(&mut room)).enumerate();
        let points: Vec<_> =
            points.filter(|(index, _)| !gone.get(*index).unwrap_or(&false)).map(|(_, point)| point).collect();
        let there = points.len();
        let request = upsert(&head, points);
        let (mut parts, mut place) = (Vec::new(), Some(0));
        while let Some(next) = place {
            let part;
            (part, place) = request.part(next);
            prop_assert!(!part.is_empty() && part.len() <= PART);
            parts.push(part);
        }
        prop_assert!(parts.len() > 2 && parts.len() < 12, "{} parts", parts.len());
        let bytes = parts.concat();
        prop_assert_eq!(bytes.len(), request.size());
        let points = vec![expected; there];
        prop_assert_eq!(UpsertPoints::decode(bytes.as_slice()).unwrap(), UpsertPoints { points, ..head });
    }
}
