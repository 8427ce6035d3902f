//! What is wrong with a write is said before a task runs, and before anything is deleted.

use serde_json::json;
use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::{SparkField, SparkType};
use vectorfuse_core::write::Mode;

use crate::support::described::collection;
use crate::support::job::{Frame, Job, refused};
use crate::support::raw::{DataType, Schema, count, field, primary, proto, sized, stored};
use crate::support::server::{Place, block_on};
use crate::support::values::{floats, int, text, vector};

/// A DataFrame and options that must be refused, and what must be said.
struct Bad {
    columns: Vec<SparkField>,
    options: Vec<(&'static str, &'static str)>,
    kind: Kind,
    words: Vec<&'static str>,
}

impl Bad {
    fn new(columns: &[(&str, SparkType)], words: &[&'static str]) -> Self {
        let columns = Frame::new(columns, Vec::new()).fields;
        Self { columns, options: Vec::new(), kind: Kind::Options, words: words.to_vec() }
    }

    fn with(mut self, option: &'static str, value: &'static str) -> Self {
        self.options.push((option, value));
        self
    }

    fn of(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    async fn check(&self, place: &Place, mode: Mode) {
        let job = self.options.iter().fold(Job::on(place), |job, (option, value)| job.with(option, value));
        refused(job.plan(&self.columns, mode).await, self.kind, &self.words);
    }
}

#[test]
fn what_can_be_no_collection_of_milvus_creates_none() {
    block_on(async {
        let id = || ("id", SparkType::Long);
        let v = || ("vector", floats());
        let both = |words: &[&'static str]| Bad::new(&[id(), v()], words);
        let cases = [
            Bad::new(&[id(), ("x", SparkType::Long)], &["at least one vector"]),
            Bad::new(&[id(), v(), ("a b", SparkType::Long)], &["`a b`", "letters"]),
            Bad::new(&[id(), v(), ("x", SparkType::Null)], &["`x`", "void"]).of(Kind::Unsupported),
            Bad::new(&[("id", SparkType::Double), v()], &["`id`", "double", "cast"]),
            both(&["manhattan", "euclid"]).with("distance", "manhattan"),
            both(&["hamming", "vector.vector.distance"]).with("distance", "hamming"),
            both(&["uint8"]).with("vector.datatype", "uint8"),
            both(&["binary", "array<float>"]).with("vector.datatype", "binary"),
            both(&["bin_flat"]).with("vector.index", "bin_flat"),
            both(&["flat", "hnsw_m"]).with("vector.index", "flat").with("vector.hnsw_m", "8"),
            both(&["`M`", "index_params"]).with("vector.index_params", "{\"M\": 8}").with("vector.hnsw_m", "8"),
            both(&["index_params", "a JSON object"]).with("vector.index_params", "8"),
            both(&["quantization"]).with("vector.quantization", "scalar"),
            both(&["vector.x", "no column"]).with("vector.x.size", "2"),
            both(&["partition_key", "`x`"]).with("partition_key", "x"),
            both(&["partition_key", "`vector`"]).with("partition_key", "vector"),
            both(&["index.x"]).with("index.x", "integer"),
            both(&["geo"]).with("index.id", "geo").of(Kind::Unsupported),
            both(&["partition_field", "`x`"]).with("partition_field", "x"),
            both(&["partition_field", "string"]).with("partition_field", "id"),
            both(&["condition", "order_field"]).with("condition", "${id} > id").of(Kind::Unsupported),
            Bad::new(&[id(), v(), ("n", SparkType::Long)], &["counter_fields", "adds nothing"])
                .with("counter_fields", "n")
                .of(Kind::Unsupported),
            both(&["wait"]).with("wait", "false").of(Kind::Unsupported),
            both(&["autoID", "`id`"]).with("auto_id", "true"),
            both(&["ordering"]).with("ordering", "strong"),
            both(&[]).with("write_mode", "update").of(Kind::NotFound),
            both(&[]).with("create_collection", "false").of(Kind::NotFound),
        ];
        for case in &cases {
            for place in Place::both("never") {
                case.check(&place, Mode::Append).await;
                assert!(collection(&place, &place.collection).await.is_none());
            }
        }
    });
}

#[test]
fn rows_that_do_not_fit_the_collection_are_refused_before_anything_is_deleted() {
    block_on(async {
        for place in Place::both("unfit") {
            let schema = Schema::plain().with(field("n", DataType::Int32)).with(field("s", DataType::VarChar));
            schema.make(&place).await;
            let id = || ("id", SparkType::Long);
            let (v, n, s) = (|| ("v", floats()), || ("n", SparkType::Integer), || ("s", SparkType::string()));
            let row = vec![int(1), vector(&[1.0, 2.0]), int(5), text("a")];
            Job::on(&place).append(&Frame::new(&[id(), v(), n(), s()], vec![row])).await;
            let k = ("k", SparkType::Long);
            let cases = [
                Bad::new(&[id(), v(), n()], &["needs a value of `s`"]),
                Bad::new(&[id(), n(), s()], &["the vector `v`"]),
                Bad::new(&[v(), n(), s()], &["`id` is an integer", "id_field"]),
                Bad::new(&[("id", SparkType::string()), v(), n(), s()], &["`id`", "string", "an integer"]),
                Bad::new(&[id(), v(), ("n", SparkType::Double), s()], &["`n`", "double", "Int32"]),
                Bad::new(&[id(), v(), n(), s(), ("x", SparkType::Long)], &["`x`", "id, v, n, s"]),
                Bad::new(&[id(), v(), n(), s()], &["`id` is an integer", "key_fields"]).with("key_fields", "n,s"),
                Bad::new(&[id(), v(), n(), s(), k], &["`id`", "called like the collection's key"])
                    .with("id_field", "k"),
                Bad::new(&[id(), v(), n(), s()], &["vector.v.size"]).with("vector.v.size", "3"),
            ];
            for case in &cases {
                case.check(&place, Mode::Append).await;
                case.check(&place, Mode::Overwrite).await;
            }
            assert_eq!(stored(&place, &["id", "n", "s"]).await, [json!({"id": 1, "n": 5, "s": "a"})]);
            // Another column can be the key.
            let columns = [("k", SparkType::Short), v(), n(), s()];
            let frame = Frame::new(&columns, vec![vec![int(9), vector(&[1.0, 2.0]), int(6), text("b")]]);
            Job::on(&place).with("id_field", "k").append(&frame).await;
            assert_eq!(count(&place).await, 2);
        }
    });
}

#[test]
fn a_column_of_another_type_is_no_vector_because_an_option_names_only_the_other() {
    block_on(async {
        let place = Place::lite("other_vector");
        let dense = |name| sized(name, DataType::FloatVector, 2);
        let schema = Schema::default().with(primary("id", DataType::Int64)).with(dense("a")).with(dense("b"));
        schema.make(&place).await;
        let columns = [("id", SparkType::Long), ("a", floats()), ("b", SparkType::string())];
        let case = Bad::new(&columns, &["`b`", "string", "FloatVector", "an array of numbers"]);
        case.with("vector_field", "a").check(&place, Mode::Append).await;
    });
}

#[test]
fn a_write_that_must_ask_a_collection_which_is_not_loaded_is_refused_before_its_tasks() {
    block_on(async {
        let columns = [("id", SparkType::Long), ("v", floats()), ("p", SparkType::string()), ("n", SparkType::Long)];
        let bad =
            |option, value| Bad::new(&columns, &["not loaded", "load it"]).of(Kind::Unsupported).with(option, value);
        for place in Place::both("asked") {
            let schema = Schema::plain().with(field("p", DataType::VarChar)).with(field("n", DataType::Int64));
            schema.make(&place).await;
            release(&place).await;
            for case in [
                bad("write_mode", "insert"),
                bad("write_mode", "update"),
                bad("order_field", "n"),
                bad("partition", "a"),
                bad("partition_field", "p"),
            ] {
                case.check(&place, Mode::Append).await;
            }
            let fields = Frame::new(&columns, Vec::new()).fields;
            // Nothing is asked.
            for mode in ["upsert", "delete"] {
                Job::on(&place).with("write_mode", mode).plan(&fields, Mode::Append).await.unwrap();
            }
            let place = Place::at(&place.url, "asked");
            schema.partitions(&["a"]).make(&place).await;
            release(&place).await;
            bad("write_mode", "upsert").check(&place, Mode::Append).await;
        }
    });
}

async fn release(place: &Place) {
    let collection_name = place.collection.clone();
    let request = proto::ReleaseCollectionRequest { collection_name, ..proto::ReleaseCollectionRequest::default() };
    place.client().done("ReleaseCollection", request).await;
}
