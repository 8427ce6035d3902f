//! Each type of column in each type of field: what is stored, and what is refused.

use serde_json::json;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use crate::support::job::{Frame, Job};
use crate::support::raw::{DataType, Schema, field, real, stored};
use crate::support::server::block_on;
use crate::support::values::{floats, int, text, vector};

#[test]
fn an_upsert_writes_rows_and_writes_over_them() {
    block_on(async {
        let place = real("upsert", &Schema::plain().with(field("s", DataType::VarChar))).await;
        let columns = [("s", SparkType::string()), ("id", SparkType::Long), ("v", floats())];
        let row = |id: i64, word: &str| vec![text(word), int(id), vector(&[id as f32, 0.5])];
        let frame = Frame::new(&columns, vec![row(1, "a"), row(2, "b"), row(1, "c")]);
        let figures = Job::on(&place).write(&frame, Mode::Append).await.unwrap();
        // One question, for other partitions, and one request.
        assert_eq!((figures[0], figures[2]), (3, 2));
        Job::on(&place).append(&Frame::new(&columns, vec![row(2, "d")])).await;
        let expected = [json!({"id": 1, "s": "c", "v": [1.0, 0.5]}), json!({"id": 2, "s": "d", "v": [2.0, 0.5]})];
        assert_eq!(stored(&place, &["id", "s", "v"]).await, expected);
    });
}
