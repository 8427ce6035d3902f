//! What is seen of a point is what prost makes of the same bytes.

use std::collections::HashMap;

use proptest::collection::{hash_map, vec};
use proptest::option;
use proptest::prelude::*;
use qdrant_client::qdrant::value::Kind;
use qdrant_client::qdrant::vector_output::Vector as OutputKind;
use qdrant_client::qdrant::vectors_output::VectorsOptions;
use qdrant_client::qdrant::{
    DenseVector, ListValue, MultiDenseVector, NamedVectorsOutput, NullValue, OrderValue, ShardKey, SparseIndices,
    SparseVector, Struct, Value, VectorOutput, VectorsOutput, order_value,
};

use super::*;
use crate::point::to_qdrant_id;

fn payload_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(None),
        Just(Some(Kind::NullValue(NullValue::NullValue.into()))),
        any::<bool>().prop_map(|it| Some(Kind::BoolValue(it))),
        any::<i64>().prop_map(|it| Some(Kind::IntegerValue(it))),
        any::<f64>().prop_filter("equal to itself", |it| !it.is_nan()).prop_map(|it| Some(Kind::DoubleValue(it))),
        ".{0,200}".prop_map(|it| Some(Kind::StringValue(it))),
    ];
    leaf.prop_map(|kind| Value { kind }).prop_recursive(4, 24, 4, |inner| {
        let list = vec(inner.clone(), 0..4).prop_map(|values| Kind::ListValue(ListValue { values }));
        let object = payload(inner).prop_map(|fields| Kind::StructValue(Struct { fields }));
        prop_oneof![list, object].prop_map(|kind| Value { kind: Some(kind) })
    })
}

fn payload(value: impl Strategy<Value = Value>) -> impl Strategy<Value = HashMap<String, Value>> {
    hash_map("[a-zé]{0,3}", value, 0..5)
}

fn floats() -> impl Strategy<Value = Vec<f32>> {
    vec(any::<f32>().prop_filter("equal to itself", |it| !it.is_nan()), 0..100)
}

fn vector_output() -> impl Strategy<Value = VectorOutput> {
    let own = |vector| VectorOutput { vector: Some(vector), ..VectorOutput::default() };
    let dense = |data| DenseVector { data };
    prop_oneof![
        floats().prop_map(move |data| own(OutputKind::Dense(dense(data)))),
        (vec(any::<u32>(), 0..20), floats())
            .prop_map(move |(indices, values)| own(OutputKind::Sparse(SparseVector { values, indices }))),
        vec(floats().prop_map(dense), 0..4)
            .prop_map(move |vectors| own(OutputKind::MultiDense(MultiDenseVector { vectors }))),
        (floats(), option::of(vec(any::<u32>(), 0..20))).prop_map(|(data, indices)| older(data, indices, None)),
        (floats(), 1_usize..4).prop_filter_map("full rows", |(data, rows)| {
            let is_full = !data.is_empty() && data.len() % rows == 0;
            is_full.then(|| older(data, None, u32::try_from(rows).ok()))
        }),
    ]
}

/// As servers before 1.16 send it.
#[allow(deprecated)]
fn older(data: Vec<f32>, indices: Option<Vec<u32>>, vectors_count: Option<u32>) -> VectorOutput {
    let indices = indices.map(|data| SparseIndices { data });
    VectorOutput { data, indices, vectors_count, ..VectorOutput::default() }
}

fn vectors_output() -> impl Strategy<Value = VectorsOutput> {
    let unnamed = vector_output().prop_map(VectorsOptions::Vector);
    let named = hash_map("[a-z]{0,3}", vector_output(), 0..4)
        .prop_map(|vectors| VectorsOptions::Vectors(NamedVectorsOutput { vectors }));
    option::of(prop_oneof![unnamed, named]).prop_map(|vectors_options| VectorsOutput { vectors_options })
}

fn point() -> impl Strategy<Value = RetrievedPoint> {
    let number = any::<u64>().prop_map(ids::PointId::Number);
    let uuid = any::<u128>().prop_map(|bits| ids::PointId::Uuid(uuid::Uuid::from_u128(bits)));
    let order = any::<i64>().prop_map(|it| OrderValue { variant: Some(order_value::Variant::Int(it)) });
    let id = prop_oneof![number, uuid].prop_map(|id| Some(to_qdrant_id(id)));
    let shard_key = option::of("[a-z]{0,5}".prop_map(ShardKey::from));
    (id, payload(payload_value()), option::of(vectors_output()), shard_key, option::of(order)).prop_map(
        |(id, payload, vectors, shard_key, order_value)| RetrievedPoint {
            id,
            payload,
            vectors,
            shard_key,
            order_value,
        },
    )
}

/// What is to be seen of a value.
fn seen(value: &Value) -> PayloadValue<'_> {
    match &value.kind {
        None | Some(Kind::NullValue(_)) => PayloadValue::Null,
        Some(Kind::BoolValue(value)) => PayloadValue::Boolean(*value),
        Some(Kind::IntegerValue(value)) => PayloadValue::Integer(*value),
        Some(Kind::DoubleValue(value)) => PayloadValue::Double(*value),
        Some(Kind::StringValue(value)) => PayloadValue::Text(value),
        Some(Kind::ListValue(list)) => PayloadValue::List(list.values.iter().map(seen).collect()),
        Some(Kind::StructValue(object)) => PayloadValue::Object(seen_payload(&object.fields)),
    }
}

/// The fields in the order in which the map gives them, which is also that in which it is encoded.
fn seen_payload(payload: &HashMap<String, Value>) -> Vec<(&str, PayloadValue<'_>)> {
    payload.iter().map(|(name, value)| (name.as_str(), seen(value))).collect()
}

fn seen_floats(floats: &[f32]) -> Floats<'static> {
    Floats(Cow::Owned(floats.iter().flat_map(|value| value.to_le_bytes()).collect()))
}

#[allow(deprecated)]
fn seen_vector(output: &VectorOutput) -> Vector<'static> {
    match (&output.vector, &output.indices, output.vectors_count) {
        (Some(OutputKind::Dense(dense)), ..) => Vector::Dense(seen_floats(&dense.data)),
        (Some(OutputKind::Sparse(sparse)), ..) => Vector::Sparse(sparse.indices.clone(), seen_floats(&sparse.values)),
        (Some(OutputKind::MultiDense(rows)), ..) => {
            Vector::Multi(rows.vectors.iter().map(|row| seen_floats(&row.data)).collect())
        }
        (None, Some(indices), _) => Vector::Sparse(indices.data.clone(), seen_floats(&output.data)),
        (None, None, None) => Vector::Dense(seen_floats(&output.data)),
        (None, None, Some(rows)) => {
            let size = output.data.len() / rows as usize;
            Vector::Multi(output.data.chunks(size).map(seen_floats).collect())
        }
    }
}

fn seen_vectors(vectors: Option<&VectorsOutput>) -> Vec<(&str, Vector<'_>)> {
    match vectors.and_then(|vectors| vectors.vectors_options.as_ref()) {
        None => Vec::new(),
        Some(VectorsOptions::Vector(unnamed)) => vec![("", seen_vector(unnamed))],
        Some(VectorsOptions::Vectors(named)) => {
            named.vectors.iter().map(|(name, vector)| (name.as_str(), seen_vector(vector))).collect()
        }
    }
}

proptest! {
    #[test]
    fn the_parts_of_a_point_are_those_of_its_message(points in vec(point(), 0..4), next in option::of(any::<u64>())) {
        let next_page_offset = next.map(|next| to_qdrant_id(ids::PointId::Number(next)));
        let answer = ScrollResponse { next_page_offset, result: points.clone(), time: 0.25, usage: None };
        let page = Scrolled::decode(Bytes::from(answer.encode_to_vec())).unwrap();
        prop_assert_eq!(&page.next_page_offset, &answer.next_page_offset);
        prop_assert_eq!(page.time.to_bits(), answer.time.to_bits());
        prop_assert_eq!(&page, &Scrolled::from(answer));
        let mut parts = Parts::default();
        for (point, bytes) in points.iter().zip(&page.result) {
            prop_assert_eq!(id(bytes).unwrap(), from_qdrant_id(point.id.clone()).unwrap());
            parts.read(bytes).unwrap();
            let expected =
                Parts { payload: seen_payload(&point.payload), vectors: seen_vectors(point.vectors.as_ref()) };
            prop_assert_eq!(&parts, &expected);
            for (name, value) in &point.payload {
                prop_assert_eq!(parts.field(name), Some(&seen(value)));
            }
            for (name, vector) in &expected.vectors {
                prop_assert_eq!(parts.vector(name), Some(vector));
            }
            prop_assert_eq!((parts.field("none"), parts.vector("none")), (None, None));
        }
    }

    #[test]
    fn numbers_come_out_as_they_went_in(floats in floats()) {
        let mut numbers = vec![1.0];
        seen_floats(&floats).append_to(&mut numbers);
        prop_assert_eq!(&numbers[1..], floats.as_slice());
    }

    #[test]
    fn a_point_that_is_cut_off_is_refused_where_prost_refuses_it(point in point(), at in any::<prop::sample::Index>()) {
        let bytes = point.encode_to_vec();
        let part = &bytes[..at.index(bytes.len())];
        prop_assert_eq!(Parts::of(part).is_err(), RetrievedPoint::decode(part).is_err());
    }

    #[test]
    fn no_bytes_end_the_task(bytes in vec(any::<u8>(), 0..60), point in point(), at in any::<prop::sample::Index>()) {
        let mut broken = point.encode_to_vec();
        let place = at.index(broken.len());
        broken.splice(place.., bytes.iter().copied());
        for bytes in [bytes.as_slice(), &broken] {
            // Whether it is an error or not, there is an answer.
            prop_assert!(id(bytes).is_ok() || id(bytes).is_err());
            prop_assert!(Parts::of(bytes).is_ok() || Parts::of(bytes).is_err());
        }
    }
}

#[test]
fn a_payload_that_is_deeper_than_functions_may_call_themselves_is_refused() {
    let nested = |depth| {
        let list = |inner| Value { kind: Some(Kind::ListValue(ListValue { values: vec![inner] })) };
        let value = (0..depth).fold(Value { kind: Some(Kind::BoolValue(true)) }, |inner, _| list(inner));
        RetrievedPoint { payload: [("deep".to_owned(), value)].into(), ..RetrievedPoint::default() }.encode_to_vec()
    };
    assert!(Parts::of(&nested(DEEPEST)).is_ok());
    let error = Parts::of(&nested(DEEPEST + 1)).unwrap_err();
    assert!(error.to_string().contains("more than 100 lists and objects deep"), "{error}");
}

#[test]
fn what_a_newer_server_adds_is_passed_over() {
    let mut bytes = RetrievedPoint { id: Some(7.into()), ..RetrievedPoint::default() }.encode_to_vec();
    // Field 99: a varint, eight bytes, a text, four bytes.
    for field in [
        &[0x98, 0x06, 0x05][..],
        &[0x99, 0x06, 1, 2, 3, 4, 5, 6, 7, 8],
        &[0x9a, 0x06, 1, b'x'],
        &[0x9d, 0x06, 1, 2, 3, 4],
    ] {
        bytes.splice(0..0, field.iter().copied());
    }
    assert_eq!(id(&bytes).unwrap(), ids::PointId::Number(7));
    assert_eq!(Parts::of(&bytes).unwrap(), Parts::default());
}
