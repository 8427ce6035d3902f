//! JSON that is taken apart, and the dynamic field: nothing of it is dropped or becomes something else without a word.

use serde_json::json;
use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::{SparkField, SparkType};
use vectorfuse_core::write::Mode;

use crate::support::job::{Frame, Job, refused};
use crate::support::raw::{DataType, Schema, field, stored};
use crate::support::server::{Place, block_on};
use crate::support::values::{Val, floats, int, text, vector};

#[test]
fn integers_of_more_than_64_bits_stay_in_texts_and_are_refused_elsewhere() {
    block_on(async {
        let wide = r#"{"a":123456789012345678901234,"b":18446744073709551615}"#;
        for place in Place::both("wide") {
            Schema::plain().dynamic().with(field("x", DataType::Json)).make(&place).await;
            let columns = [("id", SparkType::Long), ("v", floats()), ("x", SparkType::string())];
            let job = Job::on(&place);
            job.append(&Frame::new(&columns, vec![vec![int(7), vector(&[0.5, 1.0]), text(wide)]])).await;
            let read = job.read_as(&[("x", SparkType::string())]).await.unwrap();
            let Val::Text(read) = &read.rows[0][0] else { panic!("{:?}", read.rows) };
            assert!(read.contains("123456789012345678901234") && read.contains("18446744073709551615"), "{read}");
            let parts = SparkType::Struct(vec![SparkField::new("a", SparkType::Decimal(38, 0))]);
            let said = &["more than 64 bits", "read it as string", "column: x", "id: 7"];
            refused(job.read_as(&[("x", parts)]).await, Kind::Data, said);
            let columns = [columns[0].clone(), columns[1].clone(), columns[2].clone(), ("$meta", SparkType::string())];
            let row = |meta: &str| vec![int(8), vector(&[0.5, 1.0]), text("{}"), text(meta)];
            let written = job.write(&Frame::new(&columns, vec![row(wide)]), Mode::Append).await;
            refused(written, Kind::Data, &["more than 64 bits", "column: $meta", "id: 8"]);
        }
    });
}

#[test]
fn keys_of_the_dynamic_field_that_are_fields_or_stand_there_twice_are_refused() {
    block_on(async {
        for place in Place::both("taken") {
            Schema::plain().dynamic().with(field("s", DataType::VarChar)).make(&place).await;
            let columns =
                [("id", SparkType::Long), ("v", floats()), ("s", SparkType::string()), ("$meta", SparkType::string())];
            let row = |meta: &str| vec![int(4), vector(&[0.5, 1.0]), text("a"), text(meta)];
            let job = Job::on(&place);
            for (meta, word) in [
                (r#"{"s":"b"}"#, "`s`"),
                (r#"{"id":9}"#, "`id`"),
                (r#"{"$meta":{}}"#, "`$meta`"),
                (r#"{"k":1,"k":2}"#, "`k` is given twice"),
            ] {
                let written = job.write(&Frame::new(&columns, vec![row(meta)]), Mode::Append).await;
                refused(written, Kind::Data, &[word, "column: $meta", "row: 0 of partition 0", "id: 4"]);
            }
            job.append(&Frame::new(&columns, vec![row(r#"{"k":{"s":1,"id":2}}"#)])).await;
            assert_eq!(stored(&place, &["id", "s"]).await, [json!({"id": 4, "s": "a"})]);
        }
    });
}

#[test]
fn keys_of_the_dynamic_field_that_milvus_lite_drops_are_refused_there() {
    block_on(async {
        for place in Place::both("dropped") {
            Schema::plain().dynamic().make(&place).await;
            let job = Job::on(&place);
            let is_lite = place.url == Place::lite("").url;
            for name in ["_seq", "_partition"] {
                let columns = |name| [("id", SparkType::Long), ("v", floats()), (name, SparkType::string())];
                let row = |word: &str| vec![vec![int(1), vector(&[0.5, 1.0]), text(word)]];
                let column = Frame::new(&columns(name), row("a"));
                let meta = Frame::new(&columns("$meta"), row(&format!("{{\"{name}\":\"b\"}}")));
                if is_lite {
                    refused(
                        job.plan(&column.fields, Mode::Append).await,
                        Kind::Options,
                        &[name, "Milvus Lite", "rename"],
                    );
                    refused(job.write(&meta, Mode::Append).await, Kind::Data, &[name, "column: $meta", "id: 1"]);
                    continue;
                }
                for (frame, word) in [(&column, "a"), (&meta, "b")] {
                    job.append(frame).await;
                    let read = job.read_as(&[(name, SparkType::string())]).await.unwrap();
                    assert_eq!(read.rows, [[text(word)]]);
                }
            }
        }
    });
}
