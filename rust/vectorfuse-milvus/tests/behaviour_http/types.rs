//! Every value is the same over HTTP as over gRPC, bit for bit, whichever of them writes and whichever reads.

use std::fmt::Debug;

use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use crate::support::job::{Frame, Job};
use crate::support::raw::{DataType, Schema, field, list, nullable, primary, sized, stored_in};
use crate::support::server::{Place, block_on};
use crate::support::values::{Val, floats, int, text, vector};

fn over_grpc(place: &Place) -> Job {
    Job::on(place).with("transport", "grpc").with("url", &place.url)
}

fn float(number: f32) -> Val {
    Val::Float(number.to_bits())
}

fn double(number: f64) -> Val {
    Val::Double(number.to_bits())
}

fn same<T: PartialEq + Debug>(one: &T, other: &T, what: &str) {
    assert_eq!(one, other, "{what}");
}

/// Writes the rows over each into a collection of its own, and reads each of them over both.
async fn compare(places: [Place; 2], schema: &Schema, frame: &Frame) {
    let names: Vec<&str> = schema.fields.iter().map(|field| field.name.as_str()).collect();
    let [http, grpc] = places;
    for place in [&http, &grpc] {
        schema.make(place).await;
    }
    Job::on(&http).write(frame, Mode::Append).await.unwrap();
    over_grpc(&grpc).write(frame, Mode::Append).await.unwrap();
    let every = if names[0] == "k" { "k != \"\"" } else { "id != 0" };
    let (by_http, by_grpc) = (stored_in(&http, every, &names, &[]).await, stored_in(&grpc, every, &names, &[]).await);
    same(&by_http, &by_grpc, &http.url);
    assert_eq!(by_http.len(), frame.rows.len());
    for place in [&http, &grpc] {
        let (over_http, over_grpc) = (Job::on(place).read(1).await.unwrap(), over_grpc(place).read(1).await.unwrap());
        same(&over_http.fields, &over_grpc.fields, &place.url);
        same(&format!("{:?}", over_http.rows), &format!("{:?}", over_grpc.rows), &place.url);
        same(&over_http.rows.len(), &frame.rows.len(), &place.url);
    }
}

fn named(prefix: &str, kind: DataType) -> String {
    format!("{prefix}_{}", kind.as_str_name().to_ascii_lowercase())
}

#[test]
fn scalars_and_lists_are_the_same_bits() {
    block_on(async {
        let kinds = [
            (DataType::Bool, SparkType::Boolean),
            (DataType::Int8, SparkType::Byte),
            (DataType::Int16, SparkType::Short),
            (DataType::Int32, SparkType::Integer),
            (DataType::Int64, SparkType::Long),
            (DataType::Float, SparkType::Float),
            (DataType::Double, SparkType::Double),
            (DataType::VarChar, SparkType::string()),
        ];
        let values = |kind: DataType| -> Vec<Val> {
            match kind {
                DataType::Bool => vec![Val::Bool(true), Val::Bool(false)],
                DataType::Int8 => [i8::MIN, 0, i8::MAX].map(|value| Val::Int(value.into())).to_vec(),
                DataType::Int16 => [i16::MIN, 0, i16::MAX].map(|value| Val::Int(value.into())).to_vec(),
                DataType::Int32 => [i32::MIN, 0, i32::MAX].map(|value| Val::Int(value.into())).to_vec(),
                DataType::Int64 => [i64::MIN, (1 << 53) + 1, -1, i64::MAX].map(int).to_vec(),
                DataType::Float => {
                    [0.1, -0.0, f32::MIN_POSITIVE, 1e-45, f32::MAX, 16_777_217.0, 8.5e-39].map(float).to_vec()
                }
                DataType::Double => [0.1, -0.0, 5e-324, f64::MAX, 1e300, 9_007_199_254_740_993.0].map(double).to_vec(),
                _text => {
                    ["", "a\"b\\c\n\t\u{1}", "日本 🦀", "null", "{\"a\":1}", "9007199254740993"].map(text).to_vec()
                }
            }
        };
        let mut schema = Schema::plain();
        let mut columns = vec![("id".to_owned(), SparkType::Long), ("v".to_owned(), floats())];
        for (kind, spark) in &kinds {
            schema = schema.with(field(&named("s", *kind), *kind)).with(list(&named("a", *kind), *kind, 10));
            columns.push((named("s", *kind), spark.clone()));
            columns.push((named("a", *kind), SparkType::Array(Box::new(spark.clone()))));
        }
        schema = schema.with(field("j", DataType::Json));
        columns.push(("j".to_owned(), SparkType::string()));
        let documents = [r#"{"a":9007199254740993,"b":[1.0,null,"x"],"c":{"d":1e300}}"#, r#"{"q":"\"\\\n"}"#, "{}"];
        let rows = (0..14_usize).map(|row| {
            let mut values_of_row = vec![int(if row == 0 { i64::MIN + 1 } else { row as i64 }), vector(&[0.1, -1e-7])];
            for (kind, _) in &kinds {
                let all = values(*kind);
                values_of_row.push(all[row % all.len()].clone());
                values_of_row.push(Val::List(all.into_iter().take(row % 8).collect()));
            }
            values_of_row.push(text(documents[row % documents.len()]));
            values_of_row
        });
        let columns: Vec<(&str, SparkType)> =
            columns.iter().map(|(name, kind)| (name.as_str(), kind.clone())).collect();
        let frame = Frame::new(&columns, rows.filter(|row| row[0] != int(0)).collect());
        compare([Place::real("http"), Place::real("grpc")], &schema, &frame).await;
        compare([Place::lite("http"), Place::lite("grpc")], &schema, &frame).await;
    });
}

#[test]
fn text_keys_nulls_and_defaults_are_the_same() {
    block_on(async {
        let schema = Schema::default()
            .with(primary("k", DataType::VarChar))
            .with(sized("v", DataType::FloatVector, 2))
            .with(nullable(field("n", DataType::Int64)))
            .with(nullable(field("t", DataType::VarChar)))
            .with(nullable(field("j", DataType::Json)))
            .with(nullable(field("d", DataType::Double)));
        let columns = [
            ("k", SparkType::string()),
            ("v", floats()),
            ("n", SparkType::Long),
            ("t", SparkType::string()),
            ("j", SparkType::string()),
            ("d", SparkType::Double),
        ];
        let null = || Val::Null;
        let rows = vec![
            vec![text("a'\"\\"), vector(&[1.0, 2.0]), null(), text(""), null(), double(0.5)],
            vec![text("日\n𩸽"), vector(&[1.0, 2.0]), int(i64::MIN), null(), text("[1,null]"), null()],
            vec![text("null"), vector(&[1.0, 2.0]), int(i64::MAX), text("null"), text("{}"), null()],
        ];
        compare([Place::lite("http"), Place::lite("grpc")], &schema, &Frame::new(&columns, rows)).await;
    });
}

#[test]
fn vectors_of_each_kind_are_the_same_bits() {
    block_on(async {
        let long = |name: &'static str| [("id", SparkType::Long), (name, floats())];
        let plain = |kind| Schema::default().with(primary("id", DataType::Int64)).with(sized("v", kind, 8));
        let numbers: Vec<Vec<f32>> = (0..50_i16)
            .map(|row| {
                (0..8_i16)
                    .map(|place| f32::from(row * 8 + place).sin() * 10_f32.powi(i32::from(place) * 9 - 36))
                    .collect()
            })
            .collect();
        let rows = numbers.iter().zip(1..).map(|(numbers, id)| vec![int(id), vector(numbers)]).collect();
        compare(
            [Place::real("http"), Place::real("grpc")],
            &plain(DataType::FloatVector),
            &Frame::new(&long("v"), rows),
        )
        .await;
        let bits = (1..6_u8).map(|id| vec![int(id), Val::Bytes(vec![id.wrapping_mul(77)])]).collect();
        let frame = Frame::new(&[("id", SparkType::Long), ("v", SparkType::Binary)], bits);
        compare([Place::real("http"), Place::real("grpc")], &plain(DataType::BinaryVector), &frame).await;
        let schema = Schema::plain().with(field("s", DataType::SparseFloatVector));
        let columns = [
            ("id", SparkType::Long),
            ("v", floats()),
            ("s", SparkType::Map(Box::new(SparkType::Long), Box::new(SparkType::Float))),
        ];
        let sparse = |pairs: &[(i64, f32)]| {
            Val::map(pairs.iter().map(|(place, number)| (int(*place), float(*number))).collect())
        };
        let rows = vec![
            vec![int(1), vector(&[1.0, 2.0]), sparse(&[(0, 0.1), (10, 2.5), (4_294_967_290, 1e-7)])],
            vec![int(2), vector(&[1.0, 2.0]), sparse(&[(7, 3.0e38)])],
        ];
        compare([Place::lite("http"), Place::lite("grpc")], &schema, &Frame::new(&columns, rows)).await;
    });
}

#[test]
fn every_row_of_many_is_read_in_parts_and_pages() {
    block_on(async {
        let place = Place::real("many");
        Schema::plain().with(field("n", DataType::Int64)).make(&place).await;
        let columns = [("id", SparkType::Long), ("v", floats()), ("n", SparkType::Long)];
        let rows: Vec<Vec<Val>> =
            (0..20_000).map(|id| vec![int(id * 3 - 9_000), vector(&[0.5, 1.0]), int(id)]).collect();
        let frame = Frame::new(&columns, rows);
        over_grpc(&place).write(&frame, Mode::Append).await.unwrap();
        let job = Job::on(&place).with("page_size", "3000");
        let scan = job.scan(Some(&["id", "n"])).await.unwrap();
        let parts = job.read_scan(&scan, 4).await.unwrap();
        assert!(parts.len() > 1, "{}", parts.len());
        let mut read: Vec<Vec<Val>> = parts.into_iter().flat_map(|part| part.rows).collect();
        read.sort_by_key(|row| match row[1] {
            Val::Int(number) => number,
            _ => panic!("{row:?}"),
        });
        let expected: Vec<Vec<Val>> = frame.rows.into_iter().map(|row| vec![row[0].clone(), row[2].clone()]).collect();
        assert_eq!(read, expected);
    });
}
