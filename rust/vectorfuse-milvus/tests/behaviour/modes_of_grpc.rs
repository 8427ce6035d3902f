//! Modes and rows that only gRPC has, or that only a server has which says how old it is.

use serde_json::{Value as Json, json};
use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use crate::modes::{ROWS, SKIPPED, append, numbered, pairs, schema, with_mode};
use crate::support::job::{Frame, Job, refused};
use crate::support::raw::{DataType, Schema, count, field, list, nullable, stored};
use crate::support::server::{Place, block_on};
use crate::support::values::{Val, floats, int, text, vector};

#[test]
fn a_partial_row_replaces_just_its_fields_and_old_servers_are_refused() {
    block_on(async {
        let place = Place::lite("partial");
        let schema = schema().with(nullable(field("s", DataType::VarChar)));
        schema.make(&place).await;
        append(&with_mode(&place, "upsert"), &numbered(&[(1, 10), (2, 20)])).await;
        let columns = [("id", SparkType::Long), ("s", SparkType::string())];
        let frame = Frame::new(&columns, vec![vec![int(1), text("a")], vec![int(7), text("b")]]);
        let figures = append(&with_mode(&place, "partial"), &frame).await;
        assert_eq!((figures[ROWS], figures[SKIPPED]), (1, 1));
        let expected = [json!({"id": 1, "n": 10, "s": "a"}), json!({"id": 2, "n": 20, "s": null})];
        assert_eq!(stored(&place, &["id", "n", "s"]).await, expected);
        // A null that is said replaces what is there.
        append(&with_mode(&place, "partial"), &Frame::new(&columns, vec![vec![int(1), Val::Null]])).await;
        assert_eq!(stored(&place, &["id", "s"]).await[0], json!({"id": 1, "s": null}));
        let place = Place::real("partial");
        super::modes::schema().make(&place).await;
        let result = with_mode(&place, "partial").write(&numbered(&[(1, 1)]), Mode::Append).await;
        refused(result, Kind::Unsupported, &["partial", "2.6.0", "2.3.5"]);
    });
}

#[test]
fn the_greatest_integer_is_no_key_where_the_server_would_hide_it() {
    block_on(async {
        let place = Place::real("greatest");
        schema().make(&place).await;
        let result = with_mode(&place, "upsert").write(&numbered(&[(1, 1), (i64::MAX, 2)]), Mode::Append).await;
        refused(result, Kind::Data, &["greatest integer", "2.3.5", "column: id", "row: 1 of partition 0"]);
        let place = Place::lite("greatest");
        schema().make(&place).await;
        append(&with_mode(&place, "upsert"), &numbered(&[(i64::MAX, 2)])).await;
        let figures = append(&with_mode(&place, "insert"), &numbered(&[(i64::MAX, 3)])).await;
        assert_eq!((figures[ROWS], figures[SKIPPED]), (0, 1));
        assert_eq!(pairs(&place).await, [(i64::MAX, 2)]);
    });
}

#[test]
fn large_rows_go_in_requests_that_the_server_takes() {
    block_on(async {
        let place = Place::real("large");
        Schema::plain().dynamic().make(&place).await;
        let columns = [("id", SparkType::Long), ("v", floats()), ("word", SparkType::string())];
        let row = |id: i64| vec![int(id), vector(&[0.5, 1.0]), text("y".repeat(60_000))];
        let frame = Frame::new(&columns, (0..1500).map(row).collect());
        // 90 MB: more than any message may have.
        append(&Job::on(&place).with("batch_bytes", "2000000000"), &frame).await;
        assert_eq!(count(&place).await, 1500);
        let figures = append(&Job::on(&place).with("batch_bytes", "1000000").with("concurrency", "2"), &frame).await;
        assert_eq!(figures[ROWS], 1500);
        assert!(figures[2] > 90, "{figures:?}");
        let bytes = usize::try_from(figures[1]).unwrap();
        assert!((90_000_000..92_000_000).contains(&bytes), "{bytes}");
        let one: Json = stored(&place, &["id"]).await[0].clone();
        assert_eq!(one, json!({"id": 0}));
    });
}

#[test]
fn a_row_that_is_larger_than_any_request_is_a_bad_row() {
    block_on(async {
        let place = Place::real("huge");
        let mut texts = list("l", DataType::VarChar, 4096);
        for parameter in texts.type_params.iter_mut().filter(|parameter| parameter.key == "max_length") {
            "65535".clone_into(&mut parameter.value);
        }
        Schema::plain().with(texts).make(&place).await;
        let columns =
            [("id", SparkType::Long), ("v", floats()), ("l", SparkType::Array(Box::new(SparkType::string())))];
        let row = |id: i64, items: usize| {
            vec![int(id), vector(&[0.5, 1.0]), Val::List(vec![text("x".repeat(65_000)); items])]
        };
        let frame = Frame::new(&columns, vec![row(1, 1), row(2, 1_100), row(3, 1)]);
        let words = ["a request of 715", "row: 1 of partition 0", "id: 2"];
        refused(Job::on(&place).write(&frame, Mode::Append).await, Kind::Data, &words);
        let figures = append(&Job::on(&place).with("on_error", "skip"), &frame).await;
        assert_eq!((figures[ROWS], count(&place).await), (2, 2));
    });
}
