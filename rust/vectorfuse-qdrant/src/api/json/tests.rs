//! What is said in JSON is heard as the same: values, ids and vectors, bit for bit. That a server understands it is what
//! the behaviour tests show.

use proptest::collection::{hash_map, vec};
use proptest::prelude::*;
use qdrant_client::qdrant::condition::ConditionOneOf;
use qdrant_client::qdrant::value::Kind as ValueKind;
use qdrant_client::qdrant::vector::Vector as VectorKind;
use qdrant_client::qdrant::vector_output::Vector as HeardKind;
use qdrant_client::qdrant::vectors::VectorsOptions;
use qdrant_client::qdrant::vectors_output::VectorsOptions as HeardOptions;
use qdrant_client::qdrant::{
    Condition, DenseVector, FieldCondition, Filter, GetCollectionInfoRequest, ListValue, MultiDenseVector,
    NamedVectors, PointId, PointStruct, Range, ScrollPoints, SparseVector, Struct, UpsertPoints, Value, Vector,
    VectorOutput, Vectors,
};
use serde_json::json;
use serde_json::value::RawValue;
use vectorfuse_core::error::Kind;

use super::{Rest, filter, size, value, vectors};

fn payload() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(ValueKind::NullValue(0)),
        any::<bool>().prop_map(ValueKind::BoolValue),
        any::<i64>().prop_map(ValueKind::IntegerValue),
        any::<f64>().prop_filter("JSON has no others", |number| number.is_finite()).prop_map(ValueKind::DoubleValue),
        any::<String>().prop_map(ValueKind::StringValue),
    ];
    let value = |kind| Value { kind: Some(kind) };
    leaf.prop_map(value).prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(move |values| value(ValueKind::ListValue(ListValue { values }))),
            hash_map(any::<String>(), inner, 0..6)
                .prop_map(move |fields| value(ValueKind::StructValue(Struct { fields }))),
        ]
    })
}

fn floats() -> impl Strategy<Value = Vec<f32>> {
    vec(any::<u32>().prop_map(f32::from_bits).prop_filter("JSON has no others", |float| float.is_finite()), 1..9)
}

fn vector() -> impl Strategy<Value = Vector> {
    let kind = prop_oneof![
        floats().prop_map(|data| VectorKind::Dense(DenseVector { data })),
        floats().prop_map(|values| {
            let indices = (0..u32::try_from(values.len()).unwrap()).collect();
            VectorKind::Sparse(SparseVector { values, indices })
        }),
        vec(floats(), 1..4).prop_map(|rows| {
            let vectors = rows.into_iter().map(|data| DenseVector { data }).collect();
            VectorKind::MultiDense(MultiDenseVector { vectors })
        }),
    ];
    kind.prop_map(|kind| Vector { vector: Some(kind), ..Vector::default() })
}

fn id() -> impl Strategy<Value = PointId> {
    prop_oneof![
        any::<u64>().prop_map(PointId::from),
        any::<u128>().prop_map(|bits| PointId::from(uuid::Uuid::from_u128(bits).to_string())),
    ]
}

fn point() -> impl Strategy<Value = PointStruct> {
    let named = hash_map("[a-z]{0,3}", vector(), 0..4)
        .prop_map(|vectors| Vectors { vectors_options: Some(VectorsOptions::Vectors(NamedVectors { vectors })) });
    let fields = hash_map(any::<String>(), payload(), 0..5);
    (id(), prop::option::of(named), fields).prop_map(|(id, vectors, payload)| PointStruct {
        id: Some(id),
        payload,
        vectors,
    })
}

/// The same vector as an answer has it.
fn expected(vector: Vector) -> VectorOutput {
    let kind = match vector.vector.unwrap() {
        VectorKind::Dense(dense) => HeardKind::Dense(dense),
        VectorKind::Sparse(sparse) => HeardKind::Sparse(sparse),
        VectorKind::MultiDense(rows) => HeardKind::MultiDense(rows),
        other => panic!("{other:?}"),
    };
    VectorOutput { vector: Some(kind), ..VectorOutput::default() }
}

fn upsert(points: Vec<PointStruct>) -> UpsertPoints {
    UpsertPoints { collection_name: "c".to_owned(), wait: Some(true), points, ..UpsertPoints::default() }
}

fn bits(floats: &[f32]) -> Vec<u32> {
    floats.iter().map(|float| float.to_bits()).collect()
}

/// As a server reads floats: the decimal that is written must survive it.
fn by_way_of_doubles(data: &[f32]) -> Vec<u32> {
    let text = serde_json::to_string(&vectors::Floats(data)).unwrap();
    let doubles: Vec<f64> = serde_json::from_str(&text).unwrap();
    bits(&doubles.into_iter().map(|double| double as f32).collect::<Vec<_>>())
}

#[test]
fn the_float_that_a_double_would_lose_is_kept() {
    let data = [7.038531e-26_f32, -7.038531e-26, f32::MIN_POSITIVE, f32::MAX, -0.0];
    assert_ne!((7.038531e-26_f64 as f32).to_bits(), data[0].to_bits(), "its shortest decimal would be lost");
    assert_eq!(by_way_of_doubles(&data), bits(&data));
    let text = serde_json::to_string(&vectors::Floats(&data)).unwrap();
    assert_eq!(bits(&serde_json::from_str::<Vec<f32>>(&text).unwrap()), bits(&data));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_payload_value_is_heard_as_it_was_said(given in payload()) {
        let text = serde_json::to_string(&value::Said(&given)).unwrap();
        let value::Heard(heard) = serde_json::from_str(&text).unwrap();
        // As text too, since a zero is equal to one with the other sign.
        let sorted = |value| serde_json::to_value(value::Said(value)).unwrap().to_string();
        prop_assert_eq!(sorted(&heard), sorted(&given));
        prop_assert_eq!(heard, given);
    }

    #[test]
    fn vectors_are_heard_bit_for_bit_as_they_were_said(named in hash_map("[a-z]{1,3}", vector(), 0..4)) {
        let options = VectorsOptions::Vectors(NamedVectors { vectors: named.clone() });
        let said = vectors::Said(Some(&Vectors { vectors_options: Some(options) }));
        let raw = RawValue::from_string(serde_json::to_string(&said).unwrap()).unwrap();
        let Some(HeardOptions::Vectors(heard)) = vectors::heard(&raw).unwrap().vectors_options else {
            panic!("named vectors were said")
        };
        prop_assert_eq!(heard.vectors.len(), named.len());
        for (name, given) in named {
            prop_assert_eq!(format!("{:?}", heard.vectors[&name]), format!("{:?}", expected(given)));
        }
    }

    #[test]
    fn a_float_s_decimal_is_that_float_by_way_of_a_double_too(data in floats()) {
        prop_assert_eq!(by_way_of_doubles(&data), bits(&data));
    }

    #[test]
    fn no_point_is_larger_than_its_size_says(points in vec(point(), 1..4)) {
        let empty = upsert(Vec::new()).question().unwrap().body.unwrap().len();
        let most = empty + points.iter().map(size::point).sum::<usize>();
        let body = upsert(points).question().unwrap().body.unwrap();
        prop_assert!(body.len() <= most, "{} bytes where at most {most} were said", body.len());
    }
}

#[test]
fn what_json_lacks_is_an_error_and_no_null() {
    for number in [f32::NAN, f32::INFINITY] {
        let dense = Vector { vector: Some(VectorKind::Dense(DenseVector { data: vec![number] })), ..Vector::default() };
        let vectors = Vectors { vectors_options: Some(VectorsOptions::Vector(dense)) };
        let point = PointStruct { id: Some(1.into()), vectors: Some(vectors), ..PointStruct::default() };
        assert_eq!(upsert(vec![point]).question().map_err(|error| error.kind()), Err(Kind::Data));
    }
    assert!(serde_json::to_string(&value::Said(&f64::NAN.into())).is_err());
}

#[test]
fn an_answer_that_is_not_as_expected_is_an_error_and_no_default() {
    let page = |point: &str| {
        format!(r#"{{"result":{{"points":[{point}],"next_page_offset":null}},"status":"ok","time":0.1}}"#)
    };
    assert_eq!(ScrollPoints::answer(page(r#"{"id":1,"payload":{},"vector":[]}"#).as_bytes()).unwrap().result.len(), 1);
    for body in [
        page(r#"{"payload":{}}"#),
        page(r#"{"id":-1}"#),
        page(r#"{"id":1,"vectors":{}}"#),
        page(r#"{"id":1,"vector":"AAAA"}"#),
        page(r#"{"id":1,"vector":{"s":{"indices":[1],"values":[]}}}"#),
        r#"{"status":"ok","time":0.1}"#.to_owned(),
        r#"{"result":{"points":[]},"status":"ok"}"#.to_owned(),
        "<html>".to_owned(),
    ] {
        let answer = ScrollPoints::answer(body.as_bytes()).map_err(|error| error.kind());
        assert_eq!(answer, Err(Kind::Internal), "{body}");
    }
    let info = br#"{"result":{"status":"blue"},"status":"ok","time":0.1}"#;
    assert_eq!(GetCollectionInfoRequest::answer(info).map_err(|error| error.kind()), Err(Kind::Internal));
}

#[test]
fn names_are_escaped_in_a_path() {
    let request = GetCollectionInfoRequest { collection_name: "a b/ü?".to_owned() };
    assert_eq!(request.question().unwrap().path, "/collections/a%20b%2F%C3%BC%3F");
}

#[test]
fn a_bound_at_infinity_keeps_its_meaning() {
    let said = |range: Range| {
        let field = FieldCondition { key: "n".to_owned(), range: Some(range), ..FieldCondition::default() };
        let condition = Condition { condition_one_of: Some(ConditionOneOf::Field(field)) };
        filter::said(&Filter { must: vec![condition], ..Filter::default() }).unwrap()["must"][0]["range"].clone()
    };
    let range = Range::default;
    assert_eq!(
        said(Range { gte: Some(1.5), lt: Some(f64::INFINITY), ..range() }),
        json!({ "gte": 1.5, "lte": f64::MAX })
    );
    assert_eq!(said(Range { gt: Some(f64::NEG_INFINITY), ..range() }), json!({ "gte": f64::MIN }));
    assert_eq!(said(Range { gte: Some(f64::INFINITY), ..range() }), json!({ "gt": f64::MAX }));
    assert_eq!(said(Range { lte: Some(f64::NEG_INFINITY), ..range() }), json!({ "lt": f64::MIN }));
    assert_eq!(said(Range { lt: Some(f64::NEG_INFINITY), ..range() }), json!({ "gt": f64::MAX }));
}
