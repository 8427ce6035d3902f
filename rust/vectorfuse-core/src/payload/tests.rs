//! Documents and columns, both ways, with plain JSON as the document.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BinaryArray, Date32Array, Int32Array};
use serde_json::{Value, json};

use super::*;
use crate::error::{Kind, Result};
use crate::schema::{SparkField, SparkType};

fn read(data_type: &SparkType, values: &[Value]) -> Result<ArrayRef> {
    let mut builder = ColumnBuilder::new(data_type, values.len());
    for value in values {
        builder.append(Some(value))?;
    }
    builder.finish()
}

fn there_and_back(data_type: &SparkType, values: &[Value]) {
    let array = read(data_type, values).unwrap();
    let reader = ColumnReader::new(&array, data_type).unwrap();
    let back: Vec<Value> = (0..array.len()).map(|row| reader.document(row).unwrap()).collect();
    assert_eq!(back, values, "{}", data_type.name());
}

#[test]
fn a_date_beyond_all_microseconds_is_not_taken_for_another_one() {
    let days = vec![0, -1, 106_751_991, -106_751_991, 106_751_992, i32::MAX, i32::MIN];
    let array: ArrayRef = Arc::new(Date32Array::from(days));
    let reader = ColumnReader::new(&array, &SparkType::Date).unwrap();
    let micros = |row| reader.scalar(row).unwrap();
    assert_eq!((micros(0), micros(1)), (Some(Scalar::Instant(0)), Some(Scalar::Instant(-86_400_000_000))));
    assert!(micros(2) > micros(0) && micros(3) < micros(1));
    for row in 4..7 {
        let error = reader.scalar(row).unwrap_err();
        assert_eq!(error.kind(), Kind::Data);
        assert!(error.to_string().contains("too far from 1970"), "{error}");
    }
}

#[test]
fn every_type_comes_back() {
    there_and_back(&SparkType::Null, &[json!(null), json!(null)]);
    there_and_back(&SparkType::Boolean, &[json!(true), json!(null)]);
    there_and_back(&SparkType::Byte, &[json!(-128), json!(127)]);
    there_and_back(&SparkType::Short, &[json!(-32768)]);
    there_and_back(&SparkType::Integer, &[json!(i32::MIN)]);
    there_and_back(&SparkType::Long, &[json!(i64::MAX), json!(null)]);
    there_and_back(&SparkType::Float, &[json!(0.1_f32 as f64), json!(-0.0)]);
    there_and_back(&SparkType::Double, &[json!(5e-324), json!(1e300)]);
    there_and_back(
        &SparkType::Decimal(38, 10),
        &[json!("-0.0000000001"), json!("9999999999999999999999999999.0000000000")],
    );
    there_and_back(&SparkType::string(), &[json!(""), json!("a\u{0}ß")]);
    there_and_back(&SparkType::Binary, &[json!(""), json!("AP8=")]);
    there_and_back(&SparkType::Date, &[json!("-0044-03-15"), json!("2024-02-29")]);
    there_and_back(
        &SparkType::Timestamp,
        &[json!("2024-02-29T23:59:59.999999Z"), json!("+294247-01-10T04:00:54.775807Z")],
    );
    there_and_back(&SparkType::TimestampNtz, &[json!("1582-10-15T00:00:00")]);
    let list = |element| SparkType::Array(Box::new(element));
    there_and_back(&list(list(SparkType::Integer)), &[json!([[1, null], [], null]), json!(null), json!([])]);
    let fields = vec![SparkField::new("a", SparkType::Long), SparkField::new("b", list(SparkType::string()))];
    there_and_back(
        &SparkType::Struct(fields),
        &[json!({"a": 1, "b": ["x"]}), json!(null), json!({"a": null, "b": null})],
    );
    there_and_back(&SparkType::Struct(vec![]), &[json!({}), json!(null)]);
    let map = |key, value| SparkType::Map(Box::new(key), Box::new(value));
    there_and_back(&map(SparkType::string(), SparkType::Long), &[json!({"": 1, "b": null}), json!({}), json!(null)]);
    there_and_back(&map(SparkType::Date, SparkType::Long), &[json!({"2024-01-01": 1})]);
    there_and_back(&map(SparkType::Double, SparkType::Long), &[json!({"NaN": 1, "-0.5": 2, "inf": 3})]);
}

#[test]
fn a_value_that_does_not_fit_is_an_error() {
    for (data_type, value) in [
        (SparkType::Byte, json!(128)),
        (SparkType::Long, json!(1.5)),
        (SparkType::Long, json!(u64::MAX)),
        (SparkType::Long, json!("1")),
        (SparkType::Float, json!(0.1)),
        (SparkType::Double, json!(9_007_199_254_740_993_i64)),
        (SparkType::Decimal(3, 1), json!("1.25")),
        (SparkType::Binary, json!("not base64!")),
        (SparkType::Date, json!("2024-02-30")),
        (SparkType::Timestamp, json!(17)),
        (SparkType::TimestampNtz, json!("2024-01-01T00:00:00Z")),
        (SparkType::Array(Box::new(SparkType::Long)), json!(1)),
        (SparkType::Struct(vec![]), json!([1])),
    ] {
        let error = read(&data_type, std::slice::from_ref(&value)).unwrap_err();
        assert_eq!(error.kind(), Kind::Data, "{value} as {}", data_type.name());
        assert!(error.to_string().contains(&data_type.name()), "{error}");
    }
}

#[test]
fn a_text_column_shows_what_is_no_text_as_json() {
    let array = read(&SparkType::string(), &[json!(1), json!([1, {"b": 1, "a": null}]), json!("1")]).unwrap();
    let reader = ColumnReader::new(&array, &SparkType::string()).unwrap();
    let back: Vec<Value> = (0..3).map(|row| reader.document(row).unwrap()).collect();
    assert_eq!(back, [json!("1"), json!("[1,{\"a\":null,\"b\":1}]"), json!("1")]);
}

#[test]
fn a_number_that_json_lacks_is_refused() {
    let mut builder = ColumnBuilder::new(&SparkType::Double, 1);
    builder.append_text("NaN").unwrap();
    let array = builder.finish().unwrap();
    let reader = ColumnReader::new(&array, &SparkType::Double).unwrap();
    assert_eq!(reader.document::<Value>(0).unwrap_err().kind(), Kind::Data);
}

#[test]
fn a_variant_comes_back_as_its_value() {
    let values = [
        json!({"a": [1, -300, 70_000, 5_000_000_000_i64, 1.5, true, null, "x".repeat(100)], "b": {}, "c": {"d": null}}),
        json!(null),
        json!("short"),
    ];
    let array = read(&SparkType::Variant, &values).unwrap();
    let parts = array.as_any().downcast_ref::<arrow_array::StructArray>().unwrap();
    let binary = |index: usize| parts.column(index).as_any().downcast_ref::<BinaryArray>().unwrap();
    let rows: Vec<Option<Vec<u8>>> = (0..values.len())
        .map(|row| {
            let (value, metadata) = (binary(0).value(row), binary(1).value(row));
            let size = u32::try_from(value.len()).unwrap().to_le_bytes();
            parts.is_valid(row).then(|| [&size[..], value, metadata].concat())
        })
        .collect();
    assert!(rows.iter().all(Option::is_some), "a variant's null is no missing variant");
    let array: ArrayRef = Arc::new(BinaryArray::from_iter(rows));
    let reader = ColumnReader::new(&array, &SparkType::Variant).unwrap();
    let back: Vec<Value> = (0..values.len()).map(|row| reader.document(row).unwrap()).collect();
    assert_eq!(back, values);
}

#[test]
fn a_damaged_variant_is_an_error() {
    for bytes in [&[][..], &[9, 0, 0, 0, 1], &[1, 0, 0, 0, 0xff, 0xff]] {
        let array: ArrayRef = Arc::new(BinaryArray::from_iter_values([bytes]));
        let reader = ColumnReader::new(&array, &SparkType::Variant).unwrap();
        assert_eq!(reader.document::<Value>(0).unwrap_err().kind(), Kind::Data);
    }
}

#[test]
fn a_batch_of_another_type_is_refused() {
    let array: ArrayRef = Arc::new(Int32Array::from(vec![1]));
    assert_eq!(ColumnReader::new(&array, &SparkType::Long).err().map(|error| error.kind()), Some(Kind::Internal));
}

#[test]
fn samples_meet_in_the_type_that_holds_them_all() {
    let infer = |values: &[Value]| values.iter().map(Sample::of).fold(Sample::Unknown, Sample::and).spark_type().name();
    assert_eq!(infer(&[json!(null)]), "string");
    assert_eq!(infer(&[json!(1), json!(null), json!(2)]), "long");
    assert_eq!(infer(&[json!(1), json!(2.5)]), "double");
    assert_eq!(infer(&[json!(1), json!("a")]), "string");
    assert_eq!(infer(&[json!([1]), json!([]), json!([2.5, null])]), "array<double>");
    assert_eq!(infer(&[json!({"b": 1}), json!({"a": [true], "b": 2.5})]), "struct<a:array<boolean>,b:double>");
    assert_eq!(infer(&[json!({})]), "map<string,string>");
    assert_eq!(infer(&[json!(true), json!(true), json!(1)]), "string");
}

#[test]
fn an_index_decides_unless_the_values_contradict() {
    let merge = |value: Value, indexed: &SparkType| merge_index_type(&Sample::of(&value), indexed).name();
    assert_eq!(merge(json!("2024-01-01T00:00:00Z"), &SparkType::Timestamp), "timestamp");
    assert_eq!(merge(json!("soon"), &SparkType::Timestamp), "string");
    assert_eq!(merge(json!(null), &SparkType::Long), "long");
    assert_eq!(merge(json!("x"), &SparkType::Long), "string");
    assert_eq!(merge(json!(1), &SparkType::Double), "double");
}
