//! Collections that others have made and filled: what is inferred, and what the user's own schema does.

use qdrant_client::qdrant::{FieldType, PointStruct, UpsertPointsBuilder, points_client::PointsClient};
use serde_json::json;
use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::{SparkField, SparkType};
use vectorfuse_core::table::{Role, Table, fields};

use vectorfuse_behaviour::job::{Job, refused};
use crate::support::raw::filled;
use crate::support::server::{asking, block_on, channel};
use vectorfuse_behaviour::values::{Val, double, int, text, vector};

async fn types(job: &Job) -> Vec<(String, String)> {
    let table = job.table(None).await.unwrap();
    table.columns.into_iter().map(|column| (column.name, column.data_type.name())).collect()
}

fn named(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, data_type)| ((*name).to_owned(), (*data_type).to_owned())).collect()
}

#[test]
fn types_are_inferred_from_what_the_points_hold() {
    block_on(async {
        let rows = [
            json!({"b": true, "i": 1, "d": 1, "s": "x", "l": [1], "o": {"p": 1, "q": [true]}, "m": 1, "e": {}, "n": null}),
            json!({"b": null, "i": -5, "d": 0.5, "l": [2.5, null], "o": {"r": "z"}, "m": "text"}),
        ];
        let place = filled("inferred", &[], &rows).await;
        let job = Job::on(&place);
        let expected = named(&[
            ("id", "string"),
            ("vector", "array<float>"),
            ("b", "boolean"),
            ("d", "double"),
            ("e", "map<string,string>"),
            ("i", "long"),
            ("l", "array<double>"),
            ("m", "string"),
            ("n", "string"),
            ("o", "struct<p:long,q:array<boolean>,r:string>"),
            ("s", "string"),
        ]);
        assert_eq!(types(&job).await, expected);
        let read = job.read(2).await.unwrap();
        let rows = read.select(&["id", "vector", "d", "l", "m", "o"]);
        let first = Val::Struct(vec![int(1), Val::List(vec![Val::Bool(true)]), Val::Null]);
        let second = Val::Struct(vec![Val::Null, Val::Null, text("z")]);
        let e = vector(&[1.0, 2.0]);
        assert_eq!(rows[0], [text("0"), e.clone(), double(1.0), Val::List(vec![double(1.0)]), text("1"), first]);
        assert_eq!(rows[1], [text("1"), e, double(0.5), Val::List(vec![double(2.5), Val::Null]), text("text"), second]);
    });
}

#[test]
fn payload_indexes_say_the_type_where_the_values_do_not_contradict() {
    block_on(async {
        let indexes = [
            ("when", FieldType::Datetime),
            ("soon", FieldType::Datetime),
            ("score", FieldType::Float),
            ("unseen", FieldType::Integer),
            ("word", FieldType::Keyword),
            ("o.inner", FieldType::Integer),
            ("\"created at\"", FieldType::Datetime),
            ("\"a.b\"", FieldType::Float),
        ];
        let rows = [json!({"created at": "2024-02-29", "when": "2024-02-29T12:00:00+01:00", "soon": "later", "score": 1, "word": "w"})];
        let place = filled("indexed", &indexes, &rows).await;
        let job = Job::on(&place);
        let expected = named(&[
            ("id", "string"),
            ("vector", "array<float>"),
            ("a.b", "double"),
            ("created at", "timestamp"),
            ("score", "double"),
            ("soon", "string"),
            ("unseen", "long"),
            ("when", "timestamp"),
            ("word", "string"),
        ]);
        assert_eq!(types(&job).await, expected);
        let read = job.read(1).await.unwrap();
        assert_eq!(
            read.select(&["when", "score", "unseen"]),
            [[int(1_709_204_400_000_000_i64), double(1.0), Val::Null]]
        );
    });
}

#[test]
fn payload_fields_called_id_and_vector_are_columns_of_their_own() {
    block_on(async {
        let place = filled("clashing", &[], &[json!({"id": 77, "vector": "v", "payload_id": true})]).await;
        let read = Job::on(&place).read(1).await.unwrap();
        let names: Vec<&str> = read.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["id", "vector", "payload_id", "payload_payload_id", "payload_vector"]);
        assert_eq!(read.rows, [[text("0"), vector(&[1.0, 2.0]), int(77), Val::Bool(true), text("v")]]);
    });
}

/// The table that a schema gives which was inferred before: Spark hands it back.
async fn again(job: &Job) -> Table {
    let inferred = job.table(None).await.unwrap();
    let table = job.table(Some(fields(&inferred.columns))).await.unwrap();
    assert_eq!(table.columns, inferred.columns);
    table
}

#[test]
fn a_field_called_like_the_id_but_for_the_case_stays_a_field() {
    block_on(async {
        let place = filled("cases", &[], &[json!({"ID": 4711, "Id": [true], "iD": 0.5})]).await;
        let job = Job::on(&place);
        let table = again(&job).await;
        let read = job.read_scan(&table.clone().scan(&fields(&table.columns)).unwrap(), 1).await.unwrap().remove(0);
        let names: Vec<&str> = read.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["id", "vector", "ID", "Id", "iD"]);
        let list = Val::List(vec![Val::Bool(true)]);
        assert_eq!(read.rows, [[text("0"), vector(&[1.0, 2.0]), int(4711), list, double(0.5)]]);
        let job = job.with("with_payload", "ID,other").with("schema_sample", "0");
        let table = again(&job).await;
        let roles: Vec<&Role> = table.columns.iter().skip(2).map(|column| &column.role).collect();
        assert_eq!(roles, [&Role::Payload("ID".to_owned()), &Role::Payload("other".to_owned())]);
    });
}

#[test]
fn an_empty_collection_has_the_id_and_its_vectors() {
    block_on(async {
        let place = filled("empty", &[], &[]).await;
        assert_eq!(types(&Job::on(&place)).await, named(&[("id", "string"), ("vector", "array<float>")]));
        assert!(Job::on(&place).read(3).await.unwrap().rows.is_empty());
    });
}

#[test]
fn a_schema_of_the_user_s_own_wins() {
    block_on(async {
        let rows = [json!({"n": 5, "price": "12.50", "day": "2024-02-29", "o": {"a": {"b": 1, "c": 2}, "d": 3}})];
        let place = filled("own", &[], &rows).await;
        let job = Job::on(&place);
        let inner = SparkType::Struct(vec![SparkField::new("c", SparkType::Byte)]);
        let o = SparkType::Struct(vec![SparkField::new("a", inner)]);
        let wide = SparkType::Array(Box::new(SparkType::Double));
        let schema = [
            ("id", SparkType::Long),
            ("n", SparkType::Short),
            ("price", SparkType::Decimal(10, 3)),
            ("day", SparkType::Date),
            ("o", o),
            ("vector", wide),
            ("absent", SparkType::Binary),
        ];
        let read = job.read_as(&schema).await.unwrap();
        let o = Val::Struct(vec![Val::Struct(vec![int(2)])]);
        let e = Val::List(vec![double(1.0), double(2.0)]);
        assert_eq!(read.rows, [[int(0), int(5), int(12_500), int(19_782), o, e, Val::Null]]);
    });
}

#[test]
fn a_pruned_struct_has_only_the_members_asked_for() {
    block_on(async {
        let place = filled("pruned", &[], &[json!({"o": {"a": 1, "b": {"c": "x", "d": true}}})]).await;
        let job = Job::on(&place);
        let table = job.table(None).await.unwrap();
        let mut wanted = fields(&table.columns).into_iter().filter(|field| field.name == "o").collect::<Vec<_>>();
        let b = SparkType::Struct(vec![SparkField::new("d", SparkType::Boolean)]);
        wanted[0].data_type = SparkType::Struct(vec![SparkField::new("b", b)]);
        let scan = table.scan(&wanted).unwrap();
        let read = job.read_scan(&scan, 1).await.unwrap().remove(0);
        assert_eq!(read.rows, [[Val::Struct(vec![Val::Struct(vec![Val::Bool(true)])])]]);
    });
}

#[test]
fn a_value_that_does_not_fit_names_column_and_id() {
    block_on(async {
        let rows = [json!({"n": 1, "o": {"x": [1]}}), json!({"n": 1.5, "o": {"x": ["no"]}})];
        let place = filled("misfit", &[], &rows).await;
        let job = Job::on(&place);
        for (schema, words) in [
            (("n", SparkType::Long), ["1.5", "column: n", "id: 1"]),
            (("n", SparkType::Date), ["does not fit date", "column: n", "id: 0"]),
            (
                ("o", SparkType::Struct(vec![SparkField::new("x", SparkType::Array(Box::new(SparkType::Long)))])),
                ["does not fit long", "column: o", "id: 1"],
            ),
        ] {
            refused(job.read_as(&[schema]).await, Kind::Data, &words);
        }
        refused(job.read_as(&[("vector", SparkType::Long)]).await, Kind::Options, &["`vector`", "array<float>"]);
        refused(job.read_as(&[("id", SparkType::Date)]).await, Kind::Options, &["`id`", "string or long"]);
    });
}

#[test]
fn an_id_that_is_no_integer_does_not_fit_a_long() {
    block_on(async {
        let place = filled("uuid", &[], &[]).await;
        let id = "936da01f-9abd-4d9d-80c7-02af85c822a8";
        let point = PointStruct::new(id, vec![0.5, 0.5], qdrant_client::Payload::new());
        let upsert = UpsertPointsBuilder::new(&place.collection, vec![point]).wait(true).build();
        PointsClient::new(channel(&place.url)).upsert(asking(upsert)).await.unwrap();
        let job = Job::on(&place);
        refused(job.read_as(&[("id", SparkType::Long)]).await, Kind::Data, &[id, "column: id", "long"]);
        assert_eq!(job.read_as(&[("id", SparkType::string())]).await.unwrap().rows, [[text(id)]]);
    });
}

#[test]
fn the_sample_is_bounded_by_its_option() {
    block_on(async {
        let rows = [json!({"n": 1}), json!({"n": 2, "late": 1}), json!({"n": "x"})];
        let place = filled("sampled", &[], &rows).await;
        for (sample, expected) in [
            ("1", named(&[("id", "string"), ("vector", "array<float>"), ("n", "long")])),
            ("2", named(&[("id", "string"), ("vector", "array<float>"), ("late", "long"), ("n", "long")])),
            ("0", named(&[("id", "string"), ("vector", "array<float>")])),
        ] {
            assert_eq!(types(&Job::on(&place).with("schema_sample", sample)).await, expected, "{sample}");
        }
    });
}
