//! Everything that is stored is read: all types, all rows, once each.

use vectorfuse_core::error::Kind;

use crate::support::block_on;
use crate::support::foreign::proto::scalar_field::Data;
use crate::support::foreign::proto::{
    ArrayArray, BoolArray, DataType, DoubleArray, FieldData, FieldSchema, FloatArray, IntArray, LongArray, ScalarField,
    SparseFloatArray, StringArray, vector_field,
};
use crate::support::foreign::{Foreign, Server, documents, field, key, longs, plain_vectors, scalars, texts, vectors};
use crate::support::reader::{Reader, refused};

fn keyed(data_type: DataType) -> Vec<FieldSchema> {
    vec![key("id", data_type), field("v", DataType::FloatVector)]
}

#[test]
fn every_type_that_both_servers_have_is_read() {
    block_on(async {
        for server in Server::ALL {
            let array = FieldSchema { element_type: DataType::Int16.into(), ..field("a", DataType::Array) };
            let fields = vec![
                key("id", DataType::Int64),
                field("b", DataType::Bool),
                field("y", DataType::Int8),
                field("h", DataType::Int16),
                field("i", DataType::Int32),
                field("l", DataType::Int64),
                field("f", DataType::Float),
                field("d", DataType::Double),
                field("t", DataType::VarChar),
                field("j", DataType::Json),
                array,
                field("v", DataType::FloatVector),
            ];
            let foreign = Foreign::make(server, fields, true).await;
            let ints = |data: [i32; 2]| Data::IntData(IntArray { data: data.to_vec() });
            let list = |data: &[i32]| ScalarField {
                data: Some(Data::IntData(IntArray { data: data.to_vec() })),
                ..ScalarField::default()
            };
            let lists = ArrayArray { data: vec![list(&[1, -2]), list(&[])], element_type: DataType::Int16.into() };
            let mut dynamic = documents("$meta", &[r#"{"color":"red","big":9007199254740993}"#, r#"{"color":[1]}"#]);
            dynamic.is_dynamic = true;
            let columns = vec![
                longs("id", vec![-5, 7]),
                scalars("b", DataType::Bool, Data::BoolData(BoolArray { data: vec![true, false] })),
                scalars("y", DataType::Int8, ints([-128, 127])),
                scalars("h", DataType::Int16, ints([-32768, 32767])),
                scalars("i", DataType::Int32, ints([i32::MIN, i32::MAX])),
                scalars("l", DataType::Int64, Data::LongData(LongArray { data: vec![i64::MIN, i64::MAX] })),
                scalars("f", DataType::Float, Data::FloatData(FloatArray { data: vec![0.1, -0.0] })),
                scalars("d", DataType::Double, Data::DoubleData(DoubleArray { data: vec![0.1, 1e300] })),
                texts("t", vec!["a\"\n\\日本🦀".to_owned(), String::new()]),
                documents("j", &[r#"{"x":9007199254740993,"y":[1,null],"z":{"w":0.1}}"#, "{}"]),
                scalars("a", DataType::Array, Data::ArrayData(lists)),
                plain_vectors(2),
                dynamic,
            ];
            foreign.insert(2, columns).await;
            let reader = Reader::of(&foreign);
            let types: Vec<String> = reader
                .table(None)
                .await
                .unwrap()
                .columns
                .iter()
                .map(|column| format!("{} {}", column.name, column.data_type.name()))
                .collect();
            let all = "id long, b boolean, y byte, h short, i integer, l long, f float, d double, t string, j string, \
                   a array<short>, v array<float>, $meta string";
            assert_eq!(types.join(", "), all);
            let rows = reader.rows(&["id", "b", "y", "h", "i", "l", "f", "d", "t", "a", "v"], 1).await.unwrap();
            let first = ["-5", "true", "-128", "-32768", "-2147483648", "-9223372036854775808", "0.1", "0.1"];
            assert_eq!(rows[0][..8], first);
            assert_eq!(rows[0][8..], ["a\"\n\\日本🦀", "[1,-2]", "[0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0]"]);
            let second = ["7", "false", "127", "32767", "2147483647", "9223372036854775807", "-0.0", "1e300"];
            assert_eq!(rows[1][..8], second);
            assert_eq!(rows[1][8..], ["", "[]", "[1.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0]"]);
            let inner = r#"{"type":"struct","fields":[{"name":"x","type":"long"},{"name":"z","type":{"type":"struct","fields":[{"name":"w","type":"double"}]}}]}"#;
            let schema =
                [("j", inner), ("color", "string"), ("big", "decimal(20,0)"), ("nothing", "date"), ("id", "string")];
            let rows = reader.rows_as(&schema).await.unwrap();
            assert_eq!(rows[0], ["{x:9007199254740993,z:{w:0.1}}", "red", "9007199254740993", "null", "-5"]);
            assert_eq!(rows[1], ["{x:null,z:null}", "[1]", "null", "null", "7"]);
            refused(reader.rows_as(&[("color", "long")]).await, Kind::Data, &["\"red\"", "column: color", "id: -5"]);
            refused(
                reader.table(Some(crate::support::reader::schema_of(&[("t", "long")]))).await,
                Kind::Options,
                &["`t`", "VarChar"],
            );
            let json = reader.clone().with("payload", "json").rows(&["payload"], 1).await.unwrap();
            let json: serde_json::Value = serde_json::from_str(&json[0][0]).unwrap();
            assert_eq!(json["big"], serde_json::json!(9_007_199_254_740_993_i64));
            foreign.drop_it().await;
        }
    });
}

#[test]
fn milvus_s_own_vectors_are_read() {
    block_on(async {
        let fields = vec![key("id", DataType::Int64), field("v", DataType::BinaryVector)];
        let foreign = Foreign::make(Server::Milvus, fields, false).await;
        let packed = vector_field::Data::BinaryVector(vec![0b1010_0001, 0xff].into());
        foreign.insert(2, vec![longs("id", vec![1, 2]), vectors("v", DataType::BinaryVector, 8, packed)]).await;
        let reader = Reader::of(&foreign);
        assert_eq!(reader.rows(&["id", "v"], 1).await.unwrap(), [["1", "a1"], ["2", "ff"]]);
        let bits = r#"{"type":"array","elementType":"byte","containsNull":true}"#;
        assert_eq!(reader.rows_as(&[("v", bits)]).await.unwrap(), [["[1,0,1,0,0,0,0,1]"], ["[1,1,1,1,1,1,1,1]"]]);
        foreign.drop_it().await;

        let fields = vec![key("id", DataType::Int64), field("v", DataType::Float16Vector)];
        let foreign = Foreign::make(Server::Milvus, fields, false).await;
        let halves = [0x00, 0x3c, 0x00, 0xc0].repeat(4);
        let halves = vector_field::Data::Float16Vector(halves.into());
        foreign.insert(1, vec![longs("id", vec![1]), vectors("v", DataType::Float16Vector, 8, halves)]).await;
        assert_eq!(Reader::of(&foreign).rows(&["v"], 1).await.unwrap(), [["[1.0,-2.0,1.0,-2.0,1.0,-2.0,1.0,-2.0]"]]);
        foreign.drop_it().await;
    });
}

#[test]
fn nulls_and_the_types_of_newer_servers_are_read() {
    block_on(async {
        let nullable = |name: &str, data_type: DataType| FieldSchema { nullable: true, ..field(name, data_type) };
        let fields = vec![
            key("id", DataType::Int64),
            nullable("n", DataType::Int64),
            nullable("t", DataType::VarChar),
            nullable("j", DataType::Json),
            nullable("ts", DataType::Timestamptz),
            field("v", DataType::FloatVector),
            field("sv", DataType::SparseFloatVector),
        ];
        let foreign = Foreign::make(Server::Lite, fields, false).await;
        let there = |field: FieldData| FieldData { valid_data: vec![false, true], ..field };
        let moments = ["", "2024-02-29T12:00:00.123456+02:00"].map(str::to_owned).to_vec();
        let sparse = |pairs: &[(u32, f32)]| -> bytes::Bytes {
            pairs.iter().flat_map(|(place, value)| [place.to_le_bytes(), value.to_le_bytes()].concat()).collect()
        };
        let contents = vec![sparse(&[(1, 1.0)]), sparse(&[(3, 0.5), (4_294_967_290, 2.0)])];
        let sparse = vector_field::Data::SparseFloatVector(SparseFloatArray { contents, dim: 4_294_967_291 });
        let columns = vec![
            longs("id", vec![1, 2]),
            there(longs("n", vec![0, i64::MIN])),
            there(texts("t", vec![String::new(), String::new()])),
            there(documents("j", &["null", "null"])),
            there(scalars("ts", DataType::Timestamptz, Data::StringData(StringArray { data: moments }))),
            plain_vectors(2),
            vectors("sv", DataType::SparseFloatVector, 0, sparse),
        ];
        foreign.insert(2, columns).await;
        let rows = Reader::of(&foreign).rows(&["n", "t", "j", "ts", "sv"], 1).await.unwrap();
        assert_eq!(rows[0], ["null", "null", "null", "null", "{indices:[1],values:[1.0]}"]);
        let moment = "1709200800123456";
        let places = "{indices:[3,4294967290],values:[0.5,2.0]}";
        assert_eq!(rows[1], ["-9223372036854775808", "", "null", moment, places]);
        foreign.drop_it().await;
    });
}

#[test]
fn rows_too_large_for_a_full_page_are_read() {
    block_on(async {
        let fields = ["a", "b", "c", "d", "e"].map(|name| field(name, DataType::VarChar));
        let mut schema = keyed(DataType::Int64);
        schema.extend(fields);
        let foreign = Foreign::make(Server::Milvus, schema, false).await;
        for first in (0..300).step_by(20) {
            let mut columns = vec![longs("id", (first..first + 20).collect()), plain_vectors(20)];
            columns.extend(["a", "b", "c", "d", "e"].map(|name| texts(name, vec!["x".repeat(60_000); 20])));
            foreign.insert(20, columns).await;
        }
        // 90 MB: a page of 256 rows is more than the server gives, and far more than is asked for.
        let rows = Reader::of(&foreign).rows(&["id", "a", "b", "c", "d", "e"], 1).await.unwrap();
        assert_eq!(rows.len(), 300);
        assert!(rows.iter().all(|row| row[1..].iter().all(|text| text.len() == 60_000)));
        foreign.drop_it().await;
    });
}

#[test]
fn of_rows_under_one_key_one_is_read() {
    block_on(async {
        for server in Server::ALL {
            let foreign = Foreign::make(server, keyed(DataType::Int64), false).await;
            for _ in 0..3 {
                foreign.insert_keys(&(0..300).collect::<Vec<_>>()).await;
            }
            foreign.flush().await;
            foreign.insert_keys(&[7, 7, 8]).await;
            let reader = Reader::of(&foreign).with("page_size", "7");
            assert_eq!(reader.rows(&["id"], 1).await.unwrap().len(), 300);
            foreign.drop_it().await;
        }
    });
}

/// Reads the keys in about eight splits: each is there once, and no split has more than a quarter if `even`.
async fn check_keys(foreign: &Foreign, mut keys: Vec<String>, even: bool) {
    let reader = Reader::of(foreign);
    let scan = reader.scan(Some(&["id"])).await.unwrap();
    let parts = reader.read_scan(&scan, 8).await.unwrap();
    let sizes: Vec<usize> = parts.iter().map(|part| part.iter().map(|batch| batch.num_rows()).sum()).collect();
    let mut read: Vec<String> =
        parts.concat().iter().flat_map(crate::support::reader::shown).map(|row| row[0].clone()).collect();
    read.sort_unstable();
    keys.sort_unstable();
    assert_eq!(read.len(), keys.len(), "{sizes:?}");
    assert!(read == keys, "other keys are read than were written");
    assert!(!even || (parts.len() >= 6 && sizes.iter().all(|size| *size <= keys.len() / 4)), "{sizes:?}");
}

#[test]
fn integer_keys_are_cut_however_they_lie() {
    block_on(async {
        let spread: Vec<i64> = (0..30_000_i64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64)).collect();
        let mut skewed: Vec<i64> = (0..29_000).map(|n| (1 << 60) + n).collect();
        skewed.extend([i64::MIN, i64::MIN + 1, -1, 0, i64::MAX - 1]);
        skewed.extend((0..900).map(|n| n * 1_000_000_007));
        for (server, keys) in [
            (Server::Milvus, (1..=30_000).collect()),
            (Server::Milvus, spread),
            (Server::Milvus, skewed.clone()),
            (Server::Lite, skewed.split_off(18_000)),
        ] {
            let mut keys: Vec<i64> = keys;
            keys.sort_unstable();
            keys.dedup();
            let foreign = Foreign::make(server, keyed(DataType::Int64), false).await;
            foreign.insert_keys(&keys).await;
            check_keys(&foreign, keys.iter().map(ToString::to_string).collect(), true).await;
            foreign.drop_it().await;
        }
    });
}

/// How many keys each of so many splits has.
async fn sizes(reader: &Reader, wanted: usize) -> Vec<usize> {
    let scan = reader.scan(Some(&["id"])).await.unwrap();
    let parts = reader.read_scan(&scan, wanted).await.unwrap();
    parts.iter().map(|part| part.iter().map(|batch| batch.num_rows()).sum()).collect()
}

#[test]
fn every_split_has_about_its_share_of_the_keys() {
    block_on(async {
        let serial: Vec<i64> = (-5_000..19_000).collect();
        let random: Vec<i64> = (0..24_000_i64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64)).collect();
        // As a server numbers rows itself: runs of neighbours, far apart.
        let runs: Vec<i64> = (0..24_000).map(|n| n / 1000 * (1 << 30) + n % 1000).collect();
        for (keys, beyond) in [(serial, 0.01), (random, 0.5), (runs, 0.5)] {
            let foreign = Foreign::make(Server::Milvus, keyed(DataType::Int64), false).await;
            foreign.insert_keys(&keys).await;
            for wanted in [2, 3, 8] {
                let sizes = sizes(&Reader::of(&foreign), wanted).await;
                assert_eq!((sizes.len(), sizes.iter().sum::<usize>()), (wanted, keys.len()), "{sizes:?}");
                let most = keys.len() as f64 / wanted as f64 * (1.0 + beyond);
                assert!(sizes.iter().all(|size| *size as f64 <= most), "{sizes:?}");
            }
            // Of a filter's rows, which lie elsewhere than all.
            let filtered = sizes(&Reader::of(&foreign).with("filter", "id >= 500"), 3).await;
            let expected = keys.iter().filter(|key| **key >= 500).count();
            assert_eq!((filtered.len(), filtered.iter().sum::<usize>()), (3, expected), "{filtered:?}");
            foreign.drop_it().await;
        }
    });
}

#[test]
fn text_keys_are_cut_however_they_lie() {
    block_on(async {
        let users: Vec<String> = (0..25_000).map(|n| format!("user-{n:08}")).collect();
        let mut mixed: Vec<String> = (0..15_000).map(|n| format!("https://example.org/日本/{n}?q=\"{n}\"\n")).collect();
        mixed.extend((0..10_000_u64).map(|n| format!("{:016x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15))));
        mixed.extend(["", " ", "\u{10ffff}", "\\", "\"", "'", "zzzz", "é"].map(str::to_owned));
        for (server, keys) in
            [(Server::Milvus, users), (Server::Milvus, mixed.clone()), (Server::Lite, mixed[8_000..20_000].to_vec())]
        {
            let foreign = Foreign::make(server, keyed(DataType::VarChar), false).await;
            foreign.insert_texts(&keys).await;
            check_keys(&foreign, keys, true).await;
            foreign.drop_it().await;
        }
    });
}

#[test]
fn the_greatest_integer_is_not_lost_in_silence() {
    block_on(async {
        for server in Server::ALL {
            let foreign = Foreign::make(server, keyed(DataType::Int64), false).await;
            foreign.insert_keys(&[1, i64::MAX]).await;
            let rows = Reader::of(&foreign).rows(&["id"], 1).await;
            match server {
                Server::Milvus => drop(refused(rows, Kind::Unsupported, &["9223372036854775807", "`id`"])),
                Server::Lite => assert_eq!(rows.unwrap(), [["1"], ["9223372036854775807"]]),
            }
            foreign.drop_it().await;
        }
    });
}
