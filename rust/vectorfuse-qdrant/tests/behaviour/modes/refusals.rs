//! What is refused before a task starts, with nothing written.

use qdrant_client::qdrant::points_client::PointsClient;
use qdrant_client::qdrant::{CreateFieldIndexCollectionBuilder, FieldType};
use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use super::{append, numbered, stored, with_mode};
use vectorfuse_behaviour::job::{Frame, refused};
use crate::support::server::{Place, asking, block_on, channel};
use vectorfuse_behaviour::values::{int, text};

#[test]
fn options_that_the_columns_do_not_allow_are_refused_by_name() {
    block_on(async {
        let place = Place::shared("columns");
        append(&with_mode(&place, "upsert"), &numbered(&[(1, 1, "a")])).await;
        let named = [("id", SparkType::Long), ("n", SparkType::Long), ("s", SparkType::string())];
        let nameless = [("n", SparkType::Long), ("s", SparkType::string()), ("d", SparkType::Decimal(5, 2))];
        type Case<'a> = (&'a [(&'a str, SparkType)], &'a [(&'a str, &'a str)], &'a [&'a str]);
        let cases: &[Case] = &[
            (&named, &[("op_field", "n")], &["`op_field`", "`n`", "long"]),
            (&named, &[("op_field", "x")], &["`op_field`", "no column `x`"]),
            (&named, &[("op_field", "s"), ("payload_fields", "n,s")], &["`op_field`", "not stored"]),
            (&named, &[("order_field", "s")], &["`order_field`", "string", "timestamp"]),
            (&named, &[("order_field", "n"), ("payload_fields", "s")], &["`order_field`", "payload"]),
            (&named, &[("order_field", "id")], &["`order_field`", "payload"]),
            (&named, &[("condition", "n < s")], &["`condition`", "character 5"]),
            (&named, &[("condition", "`a\"b` = 1")], &["quotation mark"]),
            (&named, &[("condition", "s = 'a' or not n < 9007199254740992")], &["`condition`", "2^53"]),
            (&nameless, &[("write_mode", "update")], &["`id_field`"]),
            (&nameless, &[("write_mode", "delete")], &["`key_fields`"]),
            (&nameless, &[("condition", "n < ${n}")], &["`id_field`"]),
            (&nameless, &[("order_field", "n")], &["`id_field`"]),
            (&nameless, &[("op_field", "s")], &["`id_field`"]),
        ];
        for (columns, options, words) in cases {
            let mut job = with_mode(&place, "upsert");
            for (option, value) in *options {
                job = job.with(option, value);
            }
            let error = job.plan(&Frame::new(columns, Vec::new()).fields, Mode::Append).await.map(|_| ());
            let kind = error.as_ref().map_or_else(|error| error.kind(), |()| Kind::Internal);
            assert!(matches!(kind, Kind::Options | Kind::Unsupported), "{options:?}");
            refused(error, kind, words);
        }
        assert_eq!(stored(&place, &["n", "s"]).await, [[int(1), text("a")]]);
    });
}

#[test]
fn a_double_is_not_compared_with_an_index_of_integers() {
    block_on(async {
        let place = Place::shared("indexed");
        append(&with_mode(&place, "upsert"), &numbered(&[(1, 1, "a")])).await;
        let index = CreateFieldIndexCollectionBuilder::new(&place.collection, "n", FieldType::Integer).wait(true);
        PointsClient::new(channel(&place.url)).create_field_index(asking(index.build())).await.unwrap();
        let frame = Frame::new(&[("id", SparkType::Long), ("x", SparkType::Double)], Vec::new());
        for condition in ["n < ${x}", "s = 'a' or n >= 1.5"] {
            let job = with_mode(&place, "upsert").with("condition", condition);
            refused(job.plan(&frame.fields, Mode::Append).await, Kind::Options, &["`n`", "index of integers"]);
        }
        let job = with_mode(&place, "upsert").with("condition", "n < 2");
        job.plan(&frame.fields, Mode::Append).await.unwrap();
    });
}
