//! Each type of column in each type of field: what is stored, and what is refused.

use serde_json::{Value as Json, json};
use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::{SparkField, SparkType};
use vectorfuse_core::write::Mode;

use crate::support::job::{Frame, Job, refused};
use crate::support::raw::{
    DataType, Schema, defaulted, field, list, lite, nullable, primary, proto, real, sized, stored,
};
use crate::support::server::{Place, block_on};
use crate::support::values::{Val, double, floats, int, text, vector};

/// An `id`, a vector `v` of two numbers, and one more column.
fn frame(name: &str, data_type: SparkType, values: &[Val]) -> Frame {
    let columns = [(name, data_type), ("id", SparkType::Long), ("v", floats())];
    let rows = values.iter().enumerate();
    Frame::new(&columns, rows.map(|(id, value)| vec![value.clone(), int(id as i64), vector(&[0.5, 1.0])]).collect())
}

fn float(value: f32) -> Val {
    Val::Float(value.to_bits())
}

fn array(element: SparkType) -> SparkType {
    SparkType::Array(Box::new(element))
}

/// Values, each with what is stored of it.
type Pairs = Vec<(Val, Json)>;

/// What is stored of a column that is written to a field.
async fn kept(schema: &Schema, place: Place, name: &str, data_type: SparkType, values: &[Val]) -> Vec<Json> {
    schema.make(&place).await;
    Job::on(&place).append(&frame(name, data_type, values)).await;
    let mut rows = stored(&place, &["id", name]).await;
    rows.sort_by_key(|row| row["id"].as_i64());
    rows.iter_mut().map(|row| row[name].take()).collect()
}

#[test]
fn an_upsert_writes_rows_and_writes_over_them() {
    block_on(async {
        for place in Place::both("upsert") {
            Schema::plain().with(field("s", DataType::VarChar)).make(&place).await;
            let columns = [("s", SparkType::string()), ("id", SparkType::Long), ("v", floats())];
            let row = |id: i64, word: &str| vec![text(word), int(id), vector(&[id as f32, 0.5])];
            let rows = Frame::new(&columns, vec![row(1, "a"), row(2, "b"), row(1, "c")]);
            let figures = Job::on(&place).write(&rows, Mode::Append).await.unwrap();
            // One question, for other partitions, and one request.
            assert_eq!((figures[0], figures[2]), (3, 2));
            Job::on(&place).append(&Frame::new(&columns, vec![row(2, "d")])).await;
            let expected = [json!({"id": 1, "s": "c", "v": [1.0, 0.5]}), json!({"id": 2, "s": "d", "v": [2.0, 0.5]})];
            assert_eq!(stored(&place, &["id", "s", "v"]).await, expected);
        }
    });
}

#[test]
fn every_scalar_is_stored_as_it_is() {
    block_on(async {
        let nan = f64::NAN.to_bits();
        let cases: Vec<(DataType, SparkType, Pairs)> = vec![
            (
                DataType::Bool,
                SparkType::Boolean,
                vec![(Val::Bool(true), json!(true)), (Val::Bool(false), json!(false))],
            ),
            (DataType::Int8, SparkType::Byte, vec![(int(-128), json!(-128)), (int(127), json!(127))]),
            (DataType::Int16, SparkType::Long, vec![(int(-32768), json!(-32768)), (int(32767), json!(32767))]),
            (DataType::Int32, SparkType::Integer, vec![(int(i32::MIN), json!(i32::MIN)), (int(7), json!(7))]),
            (DataType::Int64, SparkType::Short, vec![(int(-7), json!(-7))]),
            (
                DataType::Int64,
                SparkType::Long,
                vec![(int(i64::MIN), json!(i64::MIN)), (int(i64::MAX), json!(i64::MAX))],
            ),
            (
                DataType::Float,
                SparkType::Float,
                vec![(float(0.1), json!(0.1_f32.to_bits())), (float(-0.0), json!((-0.0_f32).to_bits()))],
            ),
            (DataType::Float, SparkType::Float, vec![(float(f32::INFINITY), json!(f32::INFINITY.to_bits()))]),
            (DataType::Double, SparkType::Double, vec![(double(0.1), json!(0.1_f64.to_bits()))]),
            (DataType::Double, SparkType::Double, vec![(Val::Double(nan), json!(nan))]),
            (DataType::Double, SparkType::Float, vec![(float(0.1), json!(f64::from(0.1_f32).to_bits()))]),
            (
                DataType::VarChar,
                SparkType::string(),
                vec![(text(""), json!("")), (text("é\"\\\n\t\u{0}😀"), json!("é\"\\\n\t\u{0}😀"))],
            ),
            (DataType::VarChar, SparkType::Decimal(38, 2), vec![(int(-12345), json!("-123.45"))]),
            (DataType::VarChar, SparkType::Binary, vec![(Val::Bytes(vec![0, 255]), json!("AP8="))]),
            (DataType::VarChar, SparkType::Date, vec![(int(-1), json!("1969-12-31"))]),
        ];
        for (data_type, spark, pairs) in cases {
            for place in Place::both("scalar") {
                let schema = Schema::plain().with(field("x", data_type));
                let values: Vec<Val> = pairs.iter().map(|(value, _)| value.clone()).collect();
                let expected: Vec<Json> = pairs.iter().map(|(_, json)| json.clone()).collect();
                let said = format!("{data_type:?} of {} on {}", spark.name(), place.url);
                assert_eq!(kept(&schema, place, "x", spark.clone(), &values).await, expected, "{said}");
            }
        }
    });
}

#[test]
fn arrays_of_scalars_are_lists_without_nulls() {
    block_on(async {
        let cases: Vec<(DataType, SparkType, Vec<Val>, Json)> = vec![
            (DataType::Bool, SparkType::Boolean, vec![Val::Bool(true), Val::Bool(false)], json!([true, false])),
            (DataType::Int8, SparkType::Integer, vec![int(-128), int(127)], json!([-128, 127])),
            (DataType::Int64, SparkType::Long, vec![int(i64::MIN)], json!([i64::MIN])),
            (DataType::Float, SparkType::Float, vec![float(0.1)], json!([0.1_f32.to_bits()])),
            (DataType::Double, SparkType::Double, vec![double(0.1)], json!([0.1_f64.to_bits()])),
            (DataType::VarChar, SparkType::string(), vec![text("a\"b"), text("")], json!(["a\"b", ""])),
        ];
        for (element, spark, items, expected) in cases {
            for place in Place::both("array") {
                let schema = Schema::plain().with(list("x", element, 3));
                let values = [Val::List(items.clone()), Val::List(Vec::new())];
                let stored = kept(&schema, place, "x", array(spark.clone()), &values).await;
                assert_eq!(stored, [expected.clone(), json!([])], "{element:?}");
            }
        }
        let place = real("array", &Schema::plain().with(list("x", DataType::Int8, 3))).await;
        let write = async |items: Vec<Val>| {
            let frame = frame("x", array(SparkType::Long), &[Val::List(items)]);
            Job::on(&place).write(&frame, Mode::Append).await
        };
        refused(write(vec![int(1), Val::Null]).await, Kind::Data, &["an element is null", "column: x", "element: 1"]);
        refused(write(vec![int(200)]).await, Kind::Data, &["200 is out of the range", "Int8", "column: x"]);
        refused(write(vec![int(1); 4]).await, Kind::Data, &["4 elements", "at most 3", "row: 0 of partition 0"]);
    });
}

#[test]
fn what_has_parts_becomes_json() {
    block_on(async {
        let members = vec![SparkField::new("a", SparkType::Double), SparkField::new("b", array(SparkType::Long))];
        let structs = SparkType::Struct(members);
        let value = Val::Struct(vec![double(0.1), Val::List(vec![int(i64::MAX), Val::Null])]);
        let expected = json!({"a": 0.1, "b": [i64::MAX, null]});
        let map = SparkType::Map(Box::new(SparkType::string()), Box::new(SparkType::Long));
        for place in Place::both("json") {
            let schema = Schema::plain().with(field("x", DataType::Json));
            let seen = kept(&schema, place, "x", structs.clone(), std::slice::from_ref(&value)).await;
            assert_eq!(seen, std::slice::from_ref(&expected));
        }
        for place in Place::both("json") {
            let schema = Schema::plain().with(field("x", DataType::Json));
            let values = [Val::map(vec![(text("k\""), int(1))]), Val::map(Vec::new())];
            assert_eq!(kept(&schema, place, "x", map.clone(), &values).await, [json!({"k\"": 1}), json!({})]);
        }
        for place in Place::both("json") {
            let schema = Schema::plain().with(field("x", DataType::Json));
            let values = [text(" {\"a\": 1.5, \"b\": [\"\\u00e9\"]} ")];
            assert_eq!(kept(&schema, place, "x", SparkType::string(), &values).await, [json!({"a": 1.5, "b": ["é"]})]);
        }
        let schema = Schema::plain().with(field("x", DataType::Json));
        let lists = kept(&schema, Place::lite("json"), "x", array(structs), &[Val::List(vec![value])]).await;
        assert_eq!(lists, [json!([expected])]);
    });
}

#[test]
fn json_that_the_server_does_not_keep_is_refused_with_its_row() {
    block_on(async {
        let schema = Schema::plain().with(field("x", DataType::Json));
        let place = real("json", &schema).await;
        let write = async |written: &str| {
            let frame = frame("x", SparkType::string(), &[text("{}"), text(written)]);
            Job::on(&place).write(&frame, Mode::Append).await
        };
        let at = ["column: x", "row: 1 of partition 0", "id: 1"];
        let said = |words: &'static str| [&[words][..], &at].concat();
        refused(write("{bad").await, Kind::Data, &said("no JSON"));
        refused(write("").await, Kind::Data, &said("no JSON"));
        refused(write("5").await, Kind::Data, &said("a single value"));
        refused(write("null").await, Kind::Data, &said("a single value"));
        refused(write("\"x\"").await, Kind::Data, &said("a single value"));
        refused(write("[1]").await, Kind::Data, &said("is a list"));
        assert!(stored(&place, &["id"]).await.is_empty(), "nothing of a batch with a bad row is sent before it");
    });
}

#[test]
fn a_value_that_its_field_can_t_keep_is_refused_with_column_and_row() {
    block_on(async {
        let cases: Vec<(DataType, SparkType, Val, &[&str])> = vec![
            (DataType::Int8, SparkType::Integer, int(128), &["128 is out of the range", "Int8: -128 to 127"]),
            (DataType::Int16, SparkType::Long, int(-32769), &["-32769", "Int16"]),
            (DataType::Int32, SparkType::Long, int(1_i64 << 31), &["2147483648", "Int32"]),
            (DataType::VarChar, SparkType::string(), text("é".repeat(51)), &["102 bytes", "at most 100"]),
            (DataType::Int64, SparkType::Long, Val::Null, &["the value is null", "takes no nulls"]),
            (DataType::Json, SparkType::Variant, Val::Null, &["the value is null"]),
        ];
        for (data_type, spark, value, words) in cases {
            let place = real("refused", &Schema::plain().with(field("x", data_type))).await;
            let result = Job::on(&place).write(&frame("x", spark, &[value]), Mode::Append).await;
            refused(result, Kind::Data, &[words, &["column: x", "row: 0 of partition 0", "id: 0"]].concat());
        }
    });
}

#[test]
fn keys_are_checked_as_other_values_are() {
    block_on(async {
        let place = real("keys", &Schema::plain()).await;
        let columns = [("id", SparkType::Long), ("v", floats())];
        let null = Frame::new(&columns, vec![vec![int(1), vector(&[0.5, 1.0])], vec![Val::Null, vector(&[0.5, 1.0])]]);
        let result = Job::on(&place).write(&null, Mode::Append).await;
        refused(result, Kind::Data, &["the primary key is null", "column: id", "row: 1 of partition 0"]);
        let schema =
            Schema::default().with(primary("key", DataType::VarChar)).with(sized("v", DataType::FloatVector, 2));
        let columns = [("key", SparkType::string()), ("v", floats())];
        let rows = |keys: &[&str]| {
            Frame::new(&columns, keys.iter().map(|key| vec![text(*key), vector(&[0.5, 1.0])]).collect())
        };
        let keys = [
            "",
            "a\"b",
            "a\\b",
            "a\nb",
            "\t\r\u{1}\u{0}",
            "é😀",
            "𩸽",
            "鸽",
            "\\𠮷\"日",
            "\\U00020bb7",
            "%_",
            "it's {x}",
        ];
        for place in Place::both("keys") {
            schema.make(&place).await;
            // What is there is asked for by key, too.
            for mode in ["upsert", "update", "insert", "partial"] {
                if mode != "partial" || place.url == Place::lite("x").url {
                    Job::on(&place).with("write_mode", mode).append(&rows(&keys)).await;
                }
                let all = crate::support::raw::stored_in(&place, "key >= \"\"", &["key"], &[]).await;
                let mut expected: Vec<Json> = keys.iter().map(|key| json!({"key": key})).collect();
                expected.sort_by_key(|row| row.to_string());
                assert_eq!(all, expected, "{mode} on {}", place.url);
                let counted = crate::support::raw::count(&place).await;
                assert_eq!(counted, keys.len() as i64, "{mode} on {}", place.url);
            }
            Job::on(&place).with("write_mode", "delete").append(&rows(&keys)).await;
            assert_eq!(crate::support::raw::count(&place).await, 0, "{}", place.url);
            let long = Job::on(&place).write(&rows(&["a".repeat(101).as_str()]), Mode::Append).await;
            refused(long, Kind::Data, &["101 bytes", "at most 100", "column: key"]);
        }
    });
}

#[test]
fn every_kind_of_vector_is_packed_as_its_field_keeps_it() {
    block_on(async {
        let one =
            |data_type, dim| Schema::default().with(primary("id", DataType::Int64)).with(sized("w", data_type, dim));
        let write = async |place: &Place, data_type: SparkType, value: Val| {
            let columns = [("id", SparkType::Long), ("w", data_type)];
            Job::on(place).write(&Frame::new(&columns, vec![vec![int(1), value]]), Mode::Append).await
        };
        let doubles = array(SparkType::Double);
        // Milvus 2.3 takes the field, and dies of its second request.
        let place = real("half", &one(DataType::Float16Vector, 3)).await;
        let half = write(&place, floats(), vector(&[1.0, -2.0, 65504.0])).await;
        refused(half, Kind::Unsupported, &["field `w`", "Float16", "2.4.0", "2.3.5"]);
        assert!(stored(&place, &["w"]).await.is_empty());

        let place = real("bits", &one(DataType::BinaryVector, 16)).await;
        write(&place, SparkType::Binary, Val::Bytes(vec![0x80, 0x01])).await.unwrap();
        assert_eq!(stored(&place, &["w"]).await, [json!({"w": [0x80, 0x01]})]);
        let short = write(&place, SparkType::Binary, Val::Bytes(vec![1])).await;
        refused(short, Kind::Data, &["1 bytes", "16 bits", "expected 2", "column: w", "row: 0 of partition 0"]);

        let place = real("wide", &one(DataType::FloatVector, 2)).await;
        write(&place, doubles.clone(), Val::List(vec![double(0.1), double(1e-40)])).await.unwrap();
        let seen = stored(&place, &["w"]).await;
        assert_eq!(seen, [json!({"w": [0.1_f32, 1e-40_f32]})]);
        refused(write(&place, floats(), vector(&[1.0])).await, Kind::Data, &["1 dimensions", "column: w", "id: 1"]);
        refused(write(&place, floats(), vector(&[f32::NAN, 1.0])).await, Kind::Data, &["NaN", "column: w"]);
        refused(write(&place, floats(), Val::Null).await, Kind::Data, &["the value is null", "column: w", "id: 1"]);

        let sparse = Schema::plain().with(field("s", DataType::SparseFloatVector));
        let place = lite("sparse", &sparse).await;
        let pairs = SparkType::Map(Box::new(SparkType::Long), Box::new(SparkType::Float));
        let write = async |entries: &[(i64, f32)]| {
            let value = Val::Map(entries.iter().map(|(index, value)| (int(*index), float(*value))).collect());
            let frame = frame("s", pairs.clone(), &[value]);
            Job::on(&place).with("sparse_fields", "s").write(&frame, Mode::Append).await
        };
        write(&[(258, 0.5), (1, 1.0)]).await.unwrap();
        let bytes = [1, 0, 0, 0, 0, 0, 0x80, 0x3f, 2, 1, 0, 0, 0, 0, 0, 0x3f];
        assert_eq!(stored(&place, &["s"]).await, [json!({"s": bytes})]);
        refused(write(&[(1, -1.0)]).await, Kind::Data, &["index 1 is -1", "negative", "column: s", "id: 0"]);
        refused(write(&[(4_294_967_295, 1.0)]).await, Kind::Data, &["too large", "4294967294", "column: s"]);
    });
}

#[test]
fn nulls_go_to_nullable_fields_and_are_taken_back() {
    block_on(async {
        let cases: Vec<(proto::FieldSchema, SparkType, Val, Json)> = vec![
            (field("x", DataType::Bool), SparkType::Boolean, Val::Bool(true), json!(true)),
            (field("x", DataType::Int8), SparkType::Byte, int(3), json!(3)),
            (field("x", DataType::Int64), SparkType::Long, int(3), json!(3)),
            (field("x", DataType::Float), SparkType::Float, float(0.5), json!(0.5_f32.to_bits())),
            (field("x", DataType::Double), SparkType::Double, double(0.5), json!(0.5_f64.to_bits())),
            (field("x", DataType::VarChar), SparkType::string(), text("a"), json!("a")),
            (field("x", DataType::Json), SparkType::string(), text("{}"), json!({})),
            (list("x", DataType::Int64, 3), array(SparkType::Long), Val::List(vec![int(1)]), json!([1])),
        ];
        for (field, spark, value, json) in cases {
            let place = Place::lite("nulls");
            let schema = Schema::plain().with(nullable(field));
            let values = [Val::Null, value.clone(), Val::Null, value.clone()];
            let seen = kept(&schema, Place::lite("nulls"), "x", spark.clone(), &values).await;
            assert_eq!(seen, [json!(null), json.clone(), json!(null), json.clone()], "{}", spark.name());
            // A row without the column loses what it had there.
            schema.make(&place).await;
            Job::on(&place).append(&frame("x", spark.clone(), &[value])).await;
            let columns = [("id", SparkType::Long), ("v", floats())];
            Job::on(&place).append(&Frame::new(&columns, vec![vec![int(0), vector(&[0.5, 1.0])]])).await;
            assert_eq!(stored(&place, &["id", "x"]).await, [json!({"id": 0, "x": null})], "{}", spark.name());
        }
    });
}

#[test]
fn a_null_vector_is_not_written_where_it_would_become_zeros() {
    block_on(async {
        let schema = Schema::plain().with(nullable(sized("w", DataType::FloatVector, 2)));
        let place = lite("null_vector", &schema).await;
        let columns = [("id", SparkType::Long), ("v", floats()), ("w", floats())];
        let row = |id: i64, w: Val| vec![int(id), vector(&[0.5, 1.0]), w];
        let frame = Frame::new(&columns, vec![row(1, vector(&[1.0, 2.0])), row(2, Val::Null)]);
        refused(Job::on(&place).write(&frame, Mode::Append).await, Kind::Data, &["zeros", "column: w", "id: 2"]);
        Job::on(&place).with("on_error", "skip").append(&frame).await;
        assert_eq!(stored(&place, &["id", "w"]).await, [json!({"id": 1, "w": [1.0, 2.0]})]);
    });
}

#[test]
fn a_null_in_a_field_with_a_default_is_left_to_the_server() {
    block_on(async {
        for place in Place::both("default") {
            let schema = Schema::plain().with(defaulted("x", 7));
            let values = [int(1), Val::Null, int(3), Val::Null];
            assert_eq!(
                kept(&schema, place, "x", SparkType::Long, &values).await,
                [json!(1), json!(7), json!(3), json!(7)]
            );
        }
    });
}

#[test]
fn instants_are_texts_on_their_way_and_exact() {
    block_on(async {
        let schema = Schema::plain().with(nullable(field("x", DataType::Timestamptz)));
        let place = lite("instants", &schema).await;
        let values = [int(-1), int(1_700_000_000_123_456_i64), Val::Null];
        Job::on(&place).append(&frame("x", SparkType::Timestamp, &values)).await;
        let said = ["1969-12-31T23:59:59.999999Z".into(), "2023-11-14T22:13:20.123456Z".into(), Json::Null];
        let expected = said.iter().enumerate().map(|(id, said)| json!({"id": id, "x": said}));
        assert_eq!(stored(&place, &["id", "x"]).await, expected.collect::<Vec<_>>());
        let far = frame("x", SparkType::Timestamp, &[int(253_402_300_800_000_000_i64)]);
        refused(
            Job::on(&place).write(&far, Mode::Append).await,
            Kind::Data,
            &["out of the range", "1 to 9999", "column: x"],
        );
    });
}

#[test]
fn columns_that_are_no_fields_are_keys_of_the_dynamic_field() {
    block_on(async {
        for place in Place::both("dynamic") {
            Schema::plain().dynamic().make(&place).await;
            let inner = SparkType::Struct(vec![SparkField::new("a", SparkType::Long)]);
            let columns = [
                ("id", SparkType::Long),
                ("v", floats()),
                ("word", SparkType::string()),
                ("inner", inner),
                ("ratio", SparkType::Double),
            ];
            let row = |id: i64, word: Val| {
                vec![int(id), vector(&[0.5, 1.0]), word, Val::Struct(vec![int(i64::MAX)]), double(0.1)]
            };
            let frame = Frame::new(&columns, vec![row(1, text("a\"")), row(2, Val::Null)]);
            Job::on(&place).append(&frame).await;
            let object = |word: Json| json!({"word": word, "inner": {"a": i64::MAX}, "ratio": 0.1});
            let expected =
                [json!({"id": 1, "$meta": object(json!("a\""))}), json!({"id": 2, "$meta": object(json!(null))})];
            let seen = stored(&place, &["id", "$meta"]).await;
            let by_id = |id: i64| seen.iter().find(|row| row["id"] == id).cloned().unwrap();
            for row in expected {
                let read = by_id(row["id"].as_i64().unwrap());
                let object = read.get("$meta").or(read.get("")).unwrap();
                assert_eq!(*object, row["$meta"], "{}", place.url);
            }
            let nan = Frame::new(
                &columns,
                vec![{
                    let mut row = row(1, Val::Null);
                    row[4] = double(f64::NAN);
                    row
                }],
            );
            refused(Job::on(&place).write(&nan, Mode::Append).await, Kind::Data, &["NaN", "column: ratio", "id: 1"]);
        }
    });
}

#[test]
fn what_has_parts_is_read_as_it_was_written() {
    block_on(async {
        {
            let place = Place::lite("parts");
            let members = SparkType::Struct(vec![SparkField::new("a", SparkType::Double)]);
            let columns = [
                ("id", SparkType::Long),
                ("v", floats()),
                ("structs", array(members)),
                ("arrays", array(array(SparkType::Long))),
                ("map", SparkType::Map(Box::new(SparkType::string()), Box::new(SparkType::Long))),
                ("variant", SparkType::Variant),
            ];
            let row = |id: i64, variant: Json| {
                vec![
                    int(id),
                    vector(&[0.5, 1.0]),
                    Val::List(vec![Val::Struct(vec![double(0.1)]), Val::Null]),
                    Val::List(vec![Val::List(vec![int(i64::MIN), Val::Null]), Val::Null, Val::List(Vec::new())]),
                    Val::map(vec![(text("k\""), int(1))]),
                    Val::Variant(variant),
                ]
            };
            let rows = vec![row(1, json!([1, "a"])), row(2, json!({"a": {"b": []}}))];
            let frame = Frame::new(&columns, rows);
            Job::on(&place).with("vector_field", "v").append(&frame).await;
            let read = Job::on(&place).read(1).await.unwrap();
            let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
            assert_eq!(read.select(&names), frame.select(&names), "{}", place.url);
            for (name, data_type) in &columns {
                assert_eq!(read.type_of(name), data_type.name(), "{}", place.url);
            }
        }
    });
}
