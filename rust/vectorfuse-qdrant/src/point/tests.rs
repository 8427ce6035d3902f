//! A row is the same point, or the same error, whether it is encoded or made of messages.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;
use vectorfuse_behaviour::job::Frame;
use vectorfuse_behaviour::values::{Val, double, floats, int, text, vector};
use vectorfuse_core::metrics::Metrics;
use vectorfuse_core::options::{Distance, Given, Side};
use vectorfuse_core::reject::Rejects;
use vectorfuse_core::rules::Rules;
use vectorfuse_core::schema::SparkField;
use vectorfuse_core::table::Column;
use vectorfuse_core::write::Task;

use super::*;

/// A column of a test, and the values that it takes.
struct Case {
    data_type: SparkType,
    role: Role,
    values: Vec<Val>,
}

fn list(element: SparkType) -> SparkType {
    SparkType::Array(Box::new(element))
}

fn float(value: f32) -> Val {
    Val::Float(value.to_bits())
}

/// Fields of every type and vectors of every kind, with values that are refused.
fn cases() -> Vec<Case> {
    let field = |data_type: SparkType, values: Vec<Val>| Case {
        role: Role::Payload(format!("the field {}", data_type.name())),
        data_type,
        values,
    };
    let named = |name: &str, data_type, values| Case { data_type, role: Role::Vector(name.to_owned()), values };
    let pair = SparkType::Struct(vec![SparkField::new("a", SparkType::Long), SparkField::new("b", SparkType::Variant)]);
    let map = SparkType::Map(Box::new(SparkType::Long), Box::new(SparkType::Double));
    let texts = ["", "größe", "7", "0190163d-8694-739b-aea5-966c26f8ad90"].map(text).to_vec();
    let holed = Val::List(vec![float(1.0), Val::Null]);
    vec![
        Case { data_type: SparkType::string(), role: Role::Id { kept: None }, values: texts.clone() },
        field(SparkType::Null, vec![]),
        field(SparkType::Boolean, vec![Val::Bool(true), Val::Bool(false)]),
        field(SparkType::Byte, vec![int(-128), int(127)]),
        field(SparkType::Short, vec![int(-300)]),
        field(SparkType::Integer, vec![int(i32::MIN)]),
        field(SparkType::Long, vec![int(i64::MIN), int(i64::MAX), int(0)]),
        field(SparkType::Float, [0.1, -0.0, f32::NAN].map(float).to_vec()),
        field(SparkType::Double, [0.1, -0.0, f64::INFINITY].map(double).to_vec()),
        field(SparkType::Decimal(20, 3), vec![int(-1), int(12_345)]),
        field(SparkType::string(), texts),
        field(SparkType::Binary, vec![Val::Bytes(vec![0, 255]), Val::Bytes(vec![])]),
        field(SparkType::Date, vec![int(-800_000), int(20_000)]),
        field(SparkType::Timestamp, vec![int(1_700_000_000_000_001_i64)]),
        field(SparkType::TimestampNtz, vec![int(-1)]),
        field(SparkType::Variant, vec![Val::Variant(json!(null)), Val::Variant(json!({"a": [1, "x"]}))]),
        field(list(SparkType::Double), vec![Val::List(vec![double(1.0), Val::Null]), Val::List(vec![])]),
        field(pair, vec![Val::Struct(vec![int(1), Val::Null]), Val::Struct(vec![Val::Null, Val::Variant(json!(1))])]),
        field(map, vec![Val::map(vec![(int(1), double(2.0))]), Val::map(vec![(int(2), double(f64::NAN))])]),
        named("", floats(), vec![vector(&[1.0, -0.0]), vector(&[1.0]), vector(&[1.0, f32::NAN]), holed.clone()]),
        named("bytes", floats(), vec![vector(&[0.0, 255.0]), vector(&[0.5, 1.0])]),
        named("halves", floats(), vec![vector(&[0.1, -65519.0]), vector(&[65520.0, 1.0])]),
        named(
            "doubles",
            list(SparkType::Double),
            [0.1, 1e300].map(|last| Val::List(vec![double(0.5), double(last)])).to_vec(),
        ),
        named("of any size", floats(), vec![vector(&[]), vector(&[1.0, 2.0, 3.0]), holed]),
        named("sparse", SparkType::string(), vec![text("{\"1\": 0.5, \"0\": 2}"), text("nothing")]),
        named("multi", list(floats()), vec![Val::List(vec![vector(&[1.0, 2.0]), vector(&[3.0, 4.0])])]),
    ]
}

fn specs() -> BTreeMap<String, VectorSpec> {
    let spec = |name: &str, kind, size, numbers| {
        (name.to_owned(), VectorSpec { size, distance: Distance::Dot, kind, numbers })
    };
    BTreeMap::from([
        spec("", VectorKind::Dense, Some(2), Numbers::Exact),
        spec("bytes", VectorKind::Dense, Some(2), Numbers::Bytes),
        spec("halves", VectorKind::Dense, Some(2), Numbers::Halves),
        spec("doubles", VectorKind::Dense, Some(2), Numbers::Rounded),
        spec("sparse", VectorKind::Sparse, None, Numbers::Exact),
        spec("multi", VectorKind::Multi, Some(2), Numbers::Exact),
    ])
}

fn plan(cases: &[Case]) -> WritePlan {
    let given = Given { options: [("collection".to_owned(), "c".to_owned())].into(), session: BTreeMap::new() };
    let column = |(index, case): (usize, &Case)| Column {
        name: format!("c{index}"),
        data_type: case.data_type.clone(),
        metadata: serde_json::Value::Null,
        role: case.role.clone(),
    };
    WritePlan {
        options: given.parse(Side::Write).unwrap(),
        columns: cases.iter().enumerate().map(column).collect(),
        id: IdSource::Column(0),
        rules: Rules::default(),
        query: "q".into(),
        details: serde_json::Value::Null,
        warnings: Vec::new(),
    }
}

/// Of a row mostly the first values, so that it is not always one that is refused.
fn row() -> impl Strategy<Value = Vec<Val>> {
    let value = |(index, case): (usize, Case)| {
        let mut values = case.values;
        let first = values.first().cloned().unwrap_or(Val::Null);
        values.push(if index == 0 { first.clone() } else { Val::Null });
        prop_oneof![30 => Just(first), 2 => select(values)]
    };
    cases().into_iter().enumerate().map(value).collect::<Vec<_>>()
}

proptest! {
    #[test]
    fn a_row_is_encoded_as_the_point_that_is_made_of_messages(mut rows in vec(row(), 1..5)) {
        let (cases, vectors) = (cases(), specs());
        // One that is written whatever the others are.
        rows.push(cases.iter().map(|case| case.values.first().cloned().unwrap_or(Val::Null)).collect());
        let plan = plan(&cases);
        let fields = plan.columns.iter().map(|column| SparkField::new(&column.name, column.data_type.clone()));
        let frame = Frame { fields: fields.collect(), rows };
        let task = Task { partition: 0 };
        let rejects = Rejects::of(&plan.options, "q", task, &Arc::new(Metrics::default())).unwrap();
        let rows = Rows::new(&frame.batch(), &plan, task, 0, &rejects).unwrap();
        let mut room = Room::default();
        let mut point = |row, is_sent_encoded: bool| {
            let points = Points { rows: &rows, plan: &plan, vectors: &vectors };
            let room = is_sent_encoded.then_some(&mut room);
            let point = match points.change(row, room).map_err(|error| error.to_string())?.action {
                Action::Upsert(point) => point,
                other => panic!("{other:?}"),
            };
            assert_eq!(matches!(point, Point::Encoded(_)), is_sent_encoded);
            Ok::<_, String>(point.into_message().unwrap())
        };
        for row in 0..rows.count() {
            prop_assert_eq!(point(row, true), point(row, false));
        }
        prop_assert_eq!(point(rows.count() - 1, true).err(), None);
    }
}
