//! Which parts of a point a read has: `with_payload`, `with_vectors`, and the payload as one column.

use qdrant_client::qdrant::{
    CreateCollectionBuilder, Distance, VectorParamsBuilder, VectorsConfigBuilder, collections_client::CollectionsClient,
};
use serde_json::{Value as Json, json};
use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::{SparkField, SparkType};
use vectorfuse_core::table::fields;

use vectorfuse_behaviour::job::{Frame, Job, refused};
use crate::support::raw::filled;
use crate::support::server::{Place, asking, block_on, channel};
use vectorfuse_behaviour::values::{Val, floats, int, text, vector};

fn payload() -> Json {
    json!({
        "a": 1,
        "o": {"p": 1, "q": {"r": "x", "s": [true]}},
        "l": [{"m": 1, "n": 2}, {"m": 3}],
        "with.dot": 7,
        "with space": 8,
        "e": {},
    })
}

async fn columns(job: &Job) -> Vec<String> {
    let table = job.table(None).await.unwrap();
    table.columns.iter().map(|column| format!("{} {}", column.name, column.data_type.name())).collect()
}

#[test]
fn chosen_fields_are_the_table_s_columns() {
    block_on(async {
        let place = filled("chosen", &[], &[payload()]).await;
        let all = [
            "a long",
            "e map<string,string>",
            "l array<struct<m:long,n:long>>",
            "o struct<p:long,q:struct<r:string,s:array<boolean>>>",
            "with space long",
            "with.dot long",
        ];
        for (chosen, expected) in [
            ("true", &all[..]),
            ("false", &[]),
            ("[]", &[]),
            ("a", &["a long"]),
            ("with.dot,with space", &["with space long", "with.dot long"]),
            (r#"["\"with.dot\""]"#, &["with.dot long"]),
            ("o.p", &["o struct<p:long>"]),
            ("o.q.s, a", &["a long", "o struct<q:struct<s:array<boolean>>>"]),
            ("o,o.p", &[all[3]]),
            ("l[].m", &["l array<struct<m:long>>"]),
            ("l.n", &["l array<struct<n:long>>"]),
            (r#"{"include":["a"]}"#, &["a long"]),
            (r#"{"exclude":["a","e","l","with.dot"]}"#, &[all[3], all[4]]),
            (
                r#"{"exclude":["a","e","l[].m","o.q","with.dot"]}"#,
                &["l array<struct<n:long>>", "o struct<p:long>", all[4]],
            ),
            (
                r#"{"exclude":["a","e","l.m","l.n","o.q.r","with.dot"]}"#,
                &["o struct<p:long,q:struct<s:array<boolean>>>", all[4]],
            ),
        ] {
            let job = Job::on(&place).with("with_payload", chosen);
            let expected = [&["id string", "vector array<float>"], expected].concat();
            assert_eq!(columns(&job).await, expected, "{chosen}");
            assert_eq!(job.read(1).await.unwrap().rows.len(), 1, "{chosen}");
        }
        let read = Job::on(&place).with("with_payload", "o.q.r,l.m").read(1).await.unwrap();
        let member = |value: Val| Val::Struct(vec![value]);
        assert_eq!(
            read.select(&["l", "o"]),
            [[Val::List(vec![member(int(1)), member(int(3))]), member(member(text("x")))]]
        );
    });
}

#[test]
fn a_field_that_nobody_has_seen_is_a_column_with_a_word() {
    block_on(async {
        let place = filled("unseen", &[], &[payload()]).await;
        let table = Job::on(&place).with("with_payload", "a,nowhere,o.x,y.z").table(None).await.unwrap();
        let columns: Vec<String> =
            table.columns.iter().map(|column| format!("{} {}", column.name, column.data_type.name())).collect();
        assert_eq!(
            columns,
            [
                "id string",
                "vector array<float>",
                "a long",
                "o struct<x:string>",
                "nowhere string",
                "y struct<z:string>"
            ]
        );
        assert!(table.warnings.iter().any(|warning| warning.contains("`nowhere`")), "{:?}", table.warnings);
        assert!(table.warnings.iter().any(|warning| warning.contains("`y`")), "{:?}", table.warnings);
        let read = Job::on(&place).with("with_payload", "nowhere").read(1).await.unwrap();
        assert_eq!(read.select(&["nowhere"]), [[Val::Null]]);
        let table = Job::on(&place).with("with_payload", r#"{"exclude":["nowhere"]}"#).table(None).await.unwrap();
        assert!(table.warnings.iter().any(|warning| warning.contains("`nowhere`")), "{:?}", table.warnings);
    });
}

#[test]
fn a_choice_that_no_column_can_show_is_refused() {
    block_on(async {
        let place = filled("unshown", &[], &[payload()]).await;
        for (chosen, words) in [
            ("a.b", ["`a`", "long", "structs"]),
            ("e.x", ["`e`", "map<string,string>", "structs"]),
            (r#"{"exclude":["e.x"]}"#, ["`e`", "map<string,string>", "structs"]),
            ("l[0].m", ["`l[0].m`", "single item", "with_payload"]),
        ] {
            refused(Job::on(&place).with("with_payload", chosen).table(None).await, Kind::Options, &words);
        }
    });
}

async fn with_vectors(what: &str) -> Place {
    let place = Place::shared(what);
    let mut vectors = VectorsConfigBuilder::default();
    for name in ["a", "b", "payload"] {
        vectors.add_named_vector_params(name, VectorParamsBuilder::new(2, Distance::Dot));
    }
    let create = CreateCollectionBuilder::new(&place.collection).vectors_config(vectors);
    CollectionsClient::new(channel(&place.url)).create(asking(create.build())).await.unwrap();
    place
}

#[test]
fn chosen_vectors_are_the_table_s_columns() {
    block_on(async {
        let place = with_vectors("vectors").await;
        let names = |chosen: &str| {
            let job = Job::on(&place).with("with_vectors", chosen);
            async move { job.table(None).await.map(|table| table.columns.into_iter().map(|c| c.name).collect::<Vec<_>>()) }
        };
        assert_eq!(names("true").await.unwrap(), ["id", "a", "b", "payload"]);
        assert_eq!(names("false").await.unwrap(), ["id"]);
        assert_eq!(names("b").await.unwrap(), ["id", "b"]);
        assert_eq!(names(r#"{"include":["b","a"]}"#).await.unwrap(), ["id", "a", "b"]);
        refused(names("c").await, Kind::Options, &["`with_vectors`", "`c`", "`a`", "`b`", &place.collection]);
        refused(names(r#"{"exclude":["a"]}"#).await, Kind::Options, &["with_vectors", "excluded"]);
        let unnamed = filled("unnamed", &[], &[payload()]).await;
        let job = Job::on(&unnamed).with("with_vectors", "vector").with("with_payload", "false");
        assert_eq!(job.read(1).await.unwrap().rows, [[text("0"), vector(&[1.0, 2.0])]]);
    });
}

#[test]
fn the_payload_comes_as_json_with_every_value_as_it_is() {
    block_on(async {
        let exact = json!({
            "long": i64::MIN, "big": 9_007_199_254_740_993_i64, "d": 0.1, "whole": 1.0, "tiny": 5e-324, "huge": 1e300,
            "text": "ü\u{0}\"\\", "n": null, "l": [1, 1.0, null, []], "o": {"b": {}, "a": true}
        });
        let place = filled("json", &[], &[exact.clone(), json!({})]).await;
        let job = Job::on(&place).with("payload", "json");
        assert_eq!(columns(&job).await, ["id string", "vector array<float>", "payload string"]);
        let read = job.read(2).await.unwrap();
        // serde_json writes members in the order of their names, and doubles as short as they can be.
        assert_eq!(read.select(&["id", "payload"]), [[text("0"), text(exact.to_string())], [text("1"), text("{}")]]);
        let read = Job::on(&place).with("payload", "variant").read(1).await.unwrap();
        assert_eq!(read.type_of("payload"), "variant");
        assert_eq!(read.select(&["payload"]), [[Val::Variant(exact)], [Val::Variant(json!({}))]]);
    });
}

#[test]
fn the_payload_as_one_column_has_just_the_chosen_fields() {
    block_on(async {
        let place = filled("partjson", &[], &[payload()]).await;
        for (chosen, expected) in [
            ("a,o.p", json!({"a": 1, "o": {"p": 1}})),
            ("l[].m", json!({"l": [{"m": 1}, {"m": 3}]})),
            ("with space,\"with.dot\"", json!({"with space": 8, "with.dot": 7})),
            (r#"{"exclude":["o","l","e","\"with.dot\""]}"#, json!({"a": 1, "with space": 8})),
            ("nowhere", json!({})),
        ] {
            let read = Job::on(&place).with("payload", "json").with("with_payload", chosen).read(1).await.unwrap();
            assert_eq!(read.select(&["payload"]), [[text(expected.to_string())]], "{chosen}");
        }
        // Of no payload there is no column.
        let job = Job::on(&place).with("payload", "json").with("with_payload", "false");
        refused(job.table(None).await, Kind::Options, &["`payload`", "`with_payload`"]);
    });
}

#[test]
fn a_kept_key_is_the_id_in_every_form_of_the_payload() {
    block_on(async {
        let place = Place::shared("keyed");
        let frame = Frame::new(
            &[("key", SparkType::string()), ("vector", floats()), ("x", SparkType::Long)],
            vec![vec![text("doc-1"), vector(&[1.0]), int(5)]],
        );
        let job = Job::on(&place);
        job.clone().with("id_field", "key").with("distance", "dot").append(&frame).await;
        for (chosen, expected) in [
            ("true", json!({"key": "doc-1", "x": 5})),
            ("x", json!({"x": 5})),
            ("key", json!({"key": "doc-1"})),
            (r#"{"exclude":["key"]}"#, json!({"x": 5})),
            (r#"{"exclude":["x"]}"#, json!({"key": "doc-1"})),
        ] {
            let read = job.clone().with("payload", "json").with("with_payload", chosen).read(1).await.unwrap();
            assert_eq!(read.select(&["key", "payload"]), [[text("doc-1"), text(expected.to_string())]], "{chosen}");
        }
        let read = job.with("with_payload", "false").read(1).await.unwrap();
        assert_eq!(read.rows, [[text("doc-1"), vector(&[1.0])]]);
    });
}

#[test]
fn an_inferred_schema_that_comes_back_means_the_same_columns() {
    block_on(async {
        let place = with_vectors("again").await;
        let job = Job::on(&place).with("payload", "json");
        let table = job.table(None).await.unwrap();
        let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["id", "a", "b", "payload_payload", "payload"]);
        let again = job.table(Some(fields(&table.columns))).await.unwrap();
        assert_eq!(again.columns, table.columns);
    });
}

#[test]
fn a_schema_of_the_user_s_own_must_fit_the_options() {
    block_on(async {
        let place = filled("fit", &[], &[payload()]).await;
        let schema = |name: &str, data_type: SparkType| Some(vec![SparkField::new(name, data_type)]);
        let job = Job::on(&place);
        let json = job.clone().with("payload", "json");
        refused(json.table(schema("a", SparkType::Long)).await, Kind::Options, &["`a`", "`payload`"]);
        refused(json.table(schema("payload", SparkType::Long)).await, Kind::Options, &["`payload`", "long", "string"]);
        let only = job.clone().with("with_payload", "a");
        assert_eq!(only.read_as(&[("a", SparkType::Short)]).await.unwrap().rows, [[int(1)]]);
        refused(only.table(schema("e", SparkType::string())).await, Kind::Options, &["`e`", "`with_payload`"]);
        let bare = job.with("with_vectors", "false");
        refused(bare.table(schema("vector", floats())).await, Kind::Options, &["`vector`", "`with_vectors`"]);
    });
}

#[test]
fn variants_are_refused_on_a_spark_that_has_none() {
    block_on(async {
        use vectorfuse_core::options::Side;
                let place = filled("sparkthree", &[], &[]).await;
        let store = Job::on(&place).with("payload", "variant").store(Side::Read).unwrap();
        refused(store.table(None, 3).await, Kind::Options, &["`payload`", "Spark 4", "`json`"]);
    });
}
