//! `condition`: which rows may change a point that is there.

use qdrant_client::qdrant::points_client::PointsClient;
use qdrant_client::qdrant::value::Kind as Variant;
use qdrant_client::qdrant::{ListValue, NamedVectors, PointId, PointStruct, Struct, UpsertPointsBuilder, Value};
use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use super::{REQUESTS, ROWS, SKIPPED, append, numbered, stored, with_mode};
use vectorfuse_behaviour::job::{Frame, Job, refused};
use crate::support::server::{Place, asking, block_on, channel};
use vectorfuse_behaviour::values::{Val, double, int, text};

fn value_of(json: &serde_json::Value) -> Value {
    use serde_json::Value as Json;
    let kind = match json {
        Json::Null => Variant::NullValue(0),
        Json::Bool(value) => Variant::BoolValue(*value),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => Variant::IntegerValue(integer),
            None => Variant::DoubleValue(number.as_f64().unwrap()),
        },
        Json::String(text) => Variant::StringValue(text.clone()),
        Json::Array(items) => Variant::ListValue(ListValue { values: items.iter().map(value_of).collect() }),
        Json::Object(object) => Variant::StructValue(Struct {
            fields: object.iter().map(|(name, value)| (name.clone(), value_of(value))).collect(),
        }),
    };
    Value { kind: Some(kind) }
}

/// Which of the points 1, 2, … a row passes that differs in its id alone. What they store is JSON.
async fn passed(what: &str, stored: &[&str], condition: &str, column: (SparkType, Val)) -> Vec<i128> {
    let place = Place::shared(what);
    append(&with_mode(&place, "upsert"), &numbered(&[])).await;
    let point = |(id, json): (u64, &&str)| {
        let json: serde_json::Value = serde_json::from_str(json).unwrap();
        let payload = json.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value_of(value)));
        PointStruct {
            id: Some(PointId::from(id)),
            payload: payload.collect(),
            vectors: Some(NamedVectors::default().into()),
        }
    };
    let points: Vec<PointStruct> = (1..).zip(stored).map(point).collect();
    let count = points.len();
    let upsert = UpsertPointsBuilder::new(&place.collection, points).wait(true).build();
    PointsClient::new(channel(&place.url)).upsert(asking(upsert)).await.unwrap();
    let frame = Frame::new(
        &[("id", SparkType::Long), ("v", column.0), ("hit", SparkType::Boolean)],
        (1..=count).map(|id| vec![int(id as i64), column.1.clone(), Val::Bool(true)]).collect(),
    );
    let job = with_mode(&place, "update").with("payload_fields", "hit").with("condition", condition);
    let figures = append(&job, &frame).await;
    let schema = [("id", SparkType::Long), ("hit", SparkType::Boolean)];
    let read = Job::on(&place).read_as(&schema).await.unwrap();
    let mut hits: Vec<i128> = read
        .rows
        .iter()
        .filter(|row| row[1] == Val::Bool(true))
        .map(|row| match row[0] {
            Val::Int(id) => id,
            _ => panic!("{row:?}"),
        })
        .collect();
    hits.sort_unstable();
    let counted = (hits.len() as i64, (count - hits.len()) as i64);
    assert_eq!((figures[ROWS], figures[SKIPPED]), counted, "{condition}");
    hits
}

#[test]
fn a_row_changes_a_point_only_where_its_condition_holds() {
    block_on(async {
        let place = Place::shared("version");
        append(&with_mode(&place, "upsert"), &numbered(&[(1, 5, "old"), (2, 5, "old"), (3, 5, "old")])).await;
        let job = with_mode(&place, "upsert").with("condition", "${n} > n");
        let rows = numbered(&[(1, 4, "new"), (2, 5, "new"), (3, 6, "new"), (4, 1, "new")]);
        let figures = append(&job, &rows).await;
        // A point that is not there is written: nothing stored speaks against it.
        assert_eq!((figures[ROWS], figures[SKIPPED]), (2, 2));
        let expected = [[int(1), text("old")], [int(2), text("old")], [int(3), text("new")], [int(4), text("new")]];
        assert_eq!(stored(&place, &["id", "s"]).await, expected);
        let figures = append(&job, &rows).await;
        assert_eq!((figures[ROWS], figures[SKIPPED]), (0, 4), "a task that runs again changes nothing");
        assert_eq!(stored(&place, &["id", "s"]).await, expected);
    });
}

#[test]
fn rows_of_one_id_see_what_the_ones_before_did() {
    block_on(async {
        for batch_rows in ["1", "100"] {
            let place = Place::shared("sequence");
            append(&with_mode(&place, "upsert"), &numbered(&[(1, 1, "a")])).await;
            let job = with_mode(&place, "upsert").with("condition", "${n} > n").with("batch_rows", batch_rows);
            let rows = numbered(&[(1, 5, "five"), (1, 3, "three"), (1, 7, "seven"), (1, 6, "six")]);
            let figures = append(&job, &rows).await;
            assert_eq!((figures[ROWS], figures[SKIPPED]), (2, 2));
            assert_eq!(stored(&place, &["n", "s"]).await, [[int(7), text("seven")]]);
        }
    });
}

#[test]
fn comparisons_are_those_of_sql() {
    block_on(async {
        let stored = [
            r#"{"a": 1, "s": "x", "b": true, "o": {"p": 1, "odd name": 1}}"#,
            r#"{"a": 2, "s": "y", "b": false, "o": {"p": 2}}"#,
            r#"{"a": 2.5, "s": "", "o": null}"#,
            r#"{"a": null, "s": null}"#,
            "{}",
            r#"{"a": "2", "s": 2}"#,
            r#"{"a": 9007199254740993}"#,
        ];
        let cases: &[(&str, (SparkType, Val), &[i128])] = &[
            ("${v} > a", (SparkType::Long, int(2)), &[1]),
            ("${v} >= a", (SparkType::Long, int(2)), &[1, 2]),
            ("a = ${v}", (SparkType::Integer, int(2)), &[2]),
            ("a != ${v}", (SparkType::Long, int(2)), &[1, 3, 7]),
            ("not a = ${v}", (SparkType::Long, int(2)), &[1, 3, 7]),
            ("a < ${v}", (SparkType::Double, double(2.5)), &[1, 2]),
            ("a <= ${v}", (SparkType::Double, double(2.5)), &[1, 2, 3]),
            ("a = ${v}", (SparkType::Long, int(9_007_199_254_740_993_i64)), &[7]),
            ("a = ${v}", (SparkType::Long, int(9_007_199_254_740_992_i64)), &[]),
            ("a != ${v}", (SparkType::Long, int(9_007_199_254_740_993_i64)), &[1, 2, 3]),
            ("a = ${v}", (SparkType::Long, Val::Null), &[]),
            ("a != ${v} or a = 1", (SparkType::Long, Val::Null), &[1]),
            ("not (a = ${v} and b = true)", (SparkType::Long, Val::Null), &[2]),
            ("s = ${v}", (SparkType::string(), text("x")), &[1]),
            ("s != ${v}", (SparkType::string(), text("x")), &[2, 3, 6]),
            ("s in ('x', ${v})", (SparkType::string(), text("")), &[1, 3]),
            ("s not in ('x', ${v})", (SparkType::string(), text("")), &[2, 6]),
            ("s not in ('x', ${v})", (SparkType::string(), Val::Null), &[]),
            ("a is null", (SparkType::Long, int(0)), &[4, 5]),
            ("a is not null and s is not null", (SparkType::Long, int(0)), &[1, 2, 3, 6]),
            ("b = true", (SparkType::Long, int(0)), &[1]),
            ("b != ${v}", (SparkType::Boolean, Val::Bool(true)), &[2]),
            ("o.p = 2 or o.`odd name` = 1", (SparkType::Long, int(0)), &[1, 2]),
            ("a > -1 and (b = false or s == \"\")", (SparkType::Long, int(0)), &[2, 3]),
        ];
        for (condition, column, expected) in cases {
            let hits = passed("sql", &stored, condition, column.clone()).await;
            assert_eq!(hits, *expected, "{condition} with {:?}", column.1);
        }
    });
}

#[test]
fn moments_are_compared_to_the_microsecond() {
    block_on(async {
        let place = Place::shared("moments");
        for (data_type, values) in [
            (SparkType::Timestamp, [1_700_000_000_000_000_i64, 1_700_000_000_000_001, -62_135_596_800_000_000]),
            (SparkType::TimestampNtz, [1_700_000_000_000_000, 1_700_000_000_000_001, 253_402_300_799_999_999]),
            (SparkType::Date, [19_000, 19_001, -719_162]),
        ] {
            let columns = [("id", SparkType::Long), ("at", data_type.clone()), ("n", SparkType::Long)];
            let frame = |at: [i64; 3], n: i64| {
                Frame::new(&columns, (0..3).zip(at).map(|(id, at)| vec![int(id), int(at), int(n)]).collect())
            };
            let job = with_mode(&place, "upsert");
            job.clone().with("overwrite", "recreate").write(&frame(values, 1), Mode::Overwrite).await.unwrap();
            let newer = job.clone().with("condition", "at < ${at}");
            assert_eq!(append(&newer, &frame(values, 2)).await[SKIPPED], 3, "{data_type:?}");
            let same = job.clone().with("condition", "at = ${at}");
            assert_eq!(append(&same, &frame(values, 2)).await[SKIPPED], 0, "{data_type:?}");
            let [first, second, third] = values;
            let figures = append(&newer, &frame([second, first, third], 3)).await;
            assert_eq!(figures[SKIPPED], 2, "{data_type:?}");
        }
    });
}

#[test]
fn what_the_server_cannot_compare_exactly_is_refused_with_its_row() {
    block_on(async {
        let place = Place::shared("inexact");
        append(&with_mode(&place, "upsert"), &numbered(&[(1, 1, "a")])).await;
        let job = with_mode(&place, "upsert").with("condition", "${n} > n");
        let rows = numbered(&[(1, 5, "a"), (2, 9_007_199_254_740_992, "b")]);
        refused(job.write(&rows, Mode::Append).await, Kind::Data, &["2^53", "row: 1 of partition 0"]);
        let order = with_mode(&place, "upsert").with("order_field", "n");
        refused(order.write(&rows, Mode::Append).await, Kind::Data, &["2^53", "column: n", "id: 2"]);
    });
}

#[test]
fn rows_with_many_different_values_share_requests() {
    block_on(async {
        let place = Place::shared("distinct");
        let rows: Vec<(i64, i64, &str)> = (0..500).map(|id| (id, id, "old")).collect();
        append(&with_mode(&place, "upsert"), &numbered(&rows)).await;
        let rows: Vec<(i64, i64, &str)> = (0..500).map(|id| (id, id + id % 2, "new")).collect();
        let figures = append(&with_mode(&place, "upsert").with("condition", "${n} > n"), &numbered(&rows)).await;
        assert_eq!((figures[ROWS], figures[SKIPPED]), (250, 250));
        // One that writes, the version, and the counts.
        assert!(figures[REQUESTS] < 15, "{} requests", figures[REQUESTS]);
        let expected: Vec<Vec<Val>> =
            (0..500).map(|id| vec![int(id), text(if id % 2 == 1 { "new" } else { "old" })]).collect();
        let mut found = stored(&place, &["id", "s"]).await;
        found.sort_by_key(|row| match row[0] {
            Val::Int(id) => id,
            _ => -1,
        });
        assert_eq!(found, expected);
    });
}
