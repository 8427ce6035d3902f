//! What is said in JSON is heard as the same: values, ids and vectors, bit for bit. That a server understands it is what
//! the behaviour tests show.

use proptest::collection::{hash_map, vec};
use proptest::prelude::*;
use prost::Message;
use qdrant_client::qdrant::condition::ConditionOneOf;
use qdrant_client::qdrant::points_update_operation::{Operation, PointStructList};
use qdrant_client::qdrant::value::Kind as ValueKind;
use qdrant_client::qdrant::vector::Vector as VectorKind;
use qdrant_client::qdrant::vector_output::Vector as HeardKind;
use qdrant_client::qdrant::vectors::VectorsOptions;
use qdrant_client::qdrant::vectors_output::VectorsOptions as HeardOptions;
use qdrant_client::qdrant::{
    Condition, DenseVector, FieldCondition, Filter, GetCollectionInfoRequest, ListValue, MultiDenseVector,
    NamedVectors, NamedVectorsOutput, PointId, PointStruct, PointsUpdateOperation, QueryPoints, Range, RetrievedPoint,
    ScrollPoints, SparseVector, Struct, UpdateBatchPoints, UpdateMode, UpsertPoints, Value, Vector, VectorOutput,
    Vectors, VectorsOutput, order_value,
};
use serde_json::json;
use vectorfuse_core::decimal;
use vectorfuse_core::error::Kind;

use super::body::Body;
use super::parser::Parser;
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
    let dense =
        vector().prop_filter("a sparse one has a name", |one| !matches!(one.vector, Some(VectorKind::Sparse(_))));
    let options = prop_oneof![
        hash_map("[a-z\"\n]{0,3}", vector(), 0..4)
            .prop_map(|vectors| VectorsOptions::Vectors(NamedVectors { vectors })),
        dense.prop_map(VectorsOptions::Vector),
    ];
    let vectors = options.prop_map(|options| Vectors { vectors_options: Some(options) });
    let fields = hash_map(any::<String>(), payload(), 0..5);
    (id(), prop::option::of(vectors), fields).prop_map(|(id, vectors, payload)| PointStruct {
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

/// Floats by the decimals that they are written in.
fn tree_of_floats(data: &[f32]) -> serde_json::Value {
    let tree = |float: &f32| {
        let mut room = [0; decimal::ROOM];
        let length = decimal::put(*float, &mut room).unwrap();
        serde_json::from_slice::<serde_json::Value>(&room[..length]).unwrap()
    };
    data.iter().map(tree).collect()
}

/// A point as `serde_json` makes it of a tree.
fn tree(point: &PointStruct) -> serde_json::Value {
    let vector = |vector: &Vector| match vector.vector.as_ref().unwrap() {
        VectorKind::Dense(dense) => tree_of_floats(&dense.data),
        VectorKind::Sparse(both) => json!({ "indices": both.indices, "values": tree_of_floats(&both.values) }),
        VectorKind::MultiDense(rows) => rows.vectors.iter().map(|row| tree_of_floats(&row.data)).collect(),
        other => panic!("{other:?}"),
    };
    let vectors = match point.vectors.as_ref().and_then(|vectors| vectors.vectors_options.as_ref()) {
        None => json!({}),
        Some(VectorsOptions::Vector(one)) => vector(one),
        Some(VectorsOptions::Vectors(named)) => {
            named.vectors.iter().map(|(name, one)| (name.clone(), vector(one))).collect()
        }
    };
    let mut tree = json!({ "id": value::Id(point.id.as_ref().unwrap()), "vector": vectors });
    if !point.payload.is_empty() {
        tree["payload"] = json!(value::Fields(&point.payload));
    }
    tree
}

/// The point as an answer to a scroll has it.
fn retrieved(point: PointStruct) -> RetrievedPoint {
    let options = point.vectors.and_then(|vectors| vectors.vectors_options).map(|options| match options {
        VectorsOptions::Vector(one) => HeardOptions::Vector(expected(one)),
        VectorsOptions::Vectors(named) => {
            let vectors = named.vectors.into_iter().map(|(name, one)| (name, expected(one))).collect();
            HeardOptions::Vectors(NamedVectorsOutput { vectors })
        }
    });
    let vectors = Some(VectorsOutput {
        // An object of no vectors is what says that there are none.
        vectors_options: options.or(Some(HeardOptions::Vectors(NamedVectorsOutput::default()))),
    });
    RetrievedPoint { id: point.id, payload: point.payload, vectors, ..RetrievedPoint::default() }
}

fn bits(floats: &[f32]) -> Vec<u32> {
    floats.iter().map(|float| float.to_bits()).collect()
}

/// The text of these floats.
fn said(data: &[f32]) -> Vec<u8> {
    let mut body = Body::default();
    body.floats(data).unwrap();
    body.finish()
}

/// As a server reads floats: the decimal that is written must survive it.
fn by_way_of_doubles(data: &[f32]) -> Vec<u32> {
    let doubles: Vec<f64> = serde_json::from_slice(&said(data)).unwrap();
    bits(&doubles.into_iter().map(|double| double as f32).collect::<Vec<_>>())
}

#[test]
fn floats_are_kept_by_who_reads_them_as_such_and_by_who_reads_doubles_first() {
    // The shortest decimal of the first, 7.038531e-26, is another float once it has been a double.
    let data = [f32::from_bits(0x15AE_43FD), f32::MIN_POSITIVE, f32::MAX, -0.0, 0.1];
    assert_eq!(by_way_of_doubles(&data), bits(&data));
    assert_eq!(bits(&serde_json::from_slice::<Vec<f32>>(&said(&data)).unwrap()), bits(&data));
    assert_eq!(bits(&Parser::new(&said(&data)).floats().unwrap()), bits(&data));
    let mut body = Body::default();
    assert!(body.floats(&[1.0, f32::NAN]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_payload_value_is_heard_as_it_was_said(given in payload()) {
        let text = serde_json::to_string(&value::Said(&given)).unwrap();
        let heard = Parser::new(text.as_bytes()).value().unwrap();
        let value::Heard(by_serde) = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&heard, &by_serde);
        // As text too, since a zero is equal to one with the other sign.
        let sorted = |value| serde_json::to_value(value::Said(value)).unwrap().to_string();
        prop_assert_eq!(sorted(&heard), sorted(&given));
        prop_assert_eq!(heard, given);
    }

    #[test]
    fn vectors_are_heard_bit_for_bit_as_they_were_said(named in hash_map("[a-z]{1,3}", vector(), 0..4)) {
        let options = VectorsOptions::Vectors(NamedVectors { vectors: named.clone() });
        let mut body = Body::default();
        vectors::say(Some(&Vectors { vectors_options: Some(options) }), &mut body).unwrap();
        let heard = vectors::heard(&mut Parser::new(&body.finish())).unwrap();
        let Some(HeardOptions::Vectors(heard)) = heard.vectors_options else { panic!("named vectors were said") };
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
    fn points_are_said_as_serde_json_says_a_tree_of_them(points in vec(point(), 0..4)) {
        let trees = serde_json::Value::from_iter(points.iter().map(tree));
        let body: serde_json::Value = serde_json::from_slice(&upsert(points.clone()).question().unwrap().body.unwrap()).unwrap();
        // As text, since a zero is equal to one with the other sign.
        prop_assert_eq!(body.to_string(), json!({ "points": &trees }).to_string());
        let list = PointStructList { points, update_mode: Some(UpdateMode::InsertOnly.into()), ..PointStructList::default() };
        let operation = PointsUpdateOperation { operation: Some(Operation::Upsert(list)) };
        let batch = UpdateBatchPoints { operations: vec![operation.clone(), operation], ..UpdateBatchPoints::default() };
        let body: serde_json::Value = serde_json::from_slice(&batch.question().unwrap().body.unwrap()).unwrap();
        let said = json!({ "upsert": { "points": trees, "update_mode": "insert_only" } });
        prop_assert_eq!(body.to_string(), json!({ "operations": [&said, &said] }).to_string());
    }

    #[test]
    fn a_page_that_serde_json_says_is_heard_as_its_points(points in vec(point(), 0..4), next in prop::option::of(id()), pretty: bool) {
        let page = json!({ "points": points.iter().map(tree).collect::<Vec<_>>(), "next_page_offset": next.as_ref().map(value::Id) });
        let answer = json!({ "usage": { "cpu": [1, null] }, "result": page, "status": "ok", "time": 0.25 });
        let text = if pretty { serde_json::to_string_pretty(&answer) } else { serde_json::to_string(&answer) };
        let heard = ScrollPoints::answer(text.unwrap().as_bytes()).unwrap();
        let given: Vec<_> = points.into_iter().map(retrieved).collect();
        let found: Vec<_> = heard.result.into_iter().map(|point| RetrievedPoint::decode(point).unwrap()).collect();
        prop_assert_eq!((heard.next_page_offset, found, heard.time.to_bits()), (next, given, 0.25_f64.to_bits()));
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
        page(r#"{"id":1,"id":1}"#),
        page(r#"{"id":1,"vector":[1,[2]]}"#),
        page(r#"{"id":1,"vector":[[1],2]}"#),
        page(r#"{"id":1,"vector":[1,null]}"#),
        page(r#"{"id":1,"vector":[1e39]}"#),
        page(r#"{"id":1,"order_value":"1"}"#),
        page(r#"{"id":1.0}"#),
        page(r#"{"id":1}"#) + "}",
        page(r#"{"id":1,"vector":{"s":{"indices":[1],"values":[]}}}"#),
        r#"{"status":"ok","time":0.1}"#.to_owned(),
        r#"{"result":{"points":[]},"status":"ok"}"#.to_owned(),
        "<html>".to_owned(),
    ] {
        let answer = ScrollPoints::answer(body.as_bytes()).map_err(|error| error.kind());
        assert_eq!(answer, Err(Kind::Internal), "{body}");
    }
    let found = |point: &str| format!(r#"{{"result":{{"points":[{point}]}},"status":"ok","time":1}}"#);
    let scored = r#"{"id":"a","version":3,"score":-0.5,"payload":null,"vector":null,"shard_key":"s","order_value":2}"#;
    let heard = QueryPoints::answer(found(scored).as_bytes()).unwrap().result.remove(0);
    assert_eq!((heard.id, heard.version, heard.score, heard.payload.len()), (Some("a".into()), 3, -0.5, 0));
    assert_eq!((heard.vectors, heard.shard_key), (None, Some("s".to_owned().into())));
    assert_eq!(heard.order_value.and_then(|order| order.variant), Some(order_value::Variant::Int(2)));
    for point in [r#"{"id":1,"score":1}"#, r#"{"id":1,"version":1}"#, r#"{"id":1,"version":1,"score":1,"extra":1}"#] {
        let answer = QueryPoints::answer(found(point).as_bytes()).map_err(|error| error.kind());
        assert_eq!(answer, Err(Kind::Internal), "{point}");
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
