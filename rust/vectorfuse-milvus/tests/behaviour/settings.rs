//! The settings and indexes of a collection: made as the options say, and refused where it is otherwise.

use serde_json::json;
use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use crate::support::described::{indexes, own, partitions};
use crate::support::job::{Frame, Job, refused};
use crate::support::raw::{proto, stored_in};
use crate::support::server::{Place, block_on};
use crate::support::values::{floats, int, text, vector};

#[test]
fn settings_and_indexes_are_what_the_options_say() {
    block_on(async {
        let columns =
            [("id", SparkType::Long), ("vector", floats()), ("n", SparkType::Long), ("s", SparkType::string())];
        let rows = Frame::new(&columns, vec![vec![int(1), vector(&[1.0, 2.0]), int(5), text("a")]]);
        for (place, number, word) in
            [(Place::real("settings"), "", "Trie"), (Place::lite("settings"), "INVERTED", "INVERTED")]
        {
            // Milvus Lite has one shard.
            let shards = if word == "Trie" { "2" } else { "1" };
            let job = Job::on(&place)
                .with("shards", shards)
                .with("dynamic_field", "true")
                .with("partition", "p1")
                .with("distance", "euclid")
                .with("vector.hnsw_m", "8")
                .with("index.n", "integer")
                .with("index.s", if word == "Trie" { "trie" } else { "keyword" });
            job.append(&rows).await;
            let there = own(&place).await;
            if word == "Trie" {
                assert_eq!((there.shards_num, there.consistency_level()), (2, proto::ConsistencyLevel::Bounded));
            }
            assert!(there.schema.unwrap().enable_dynamic_field);
            assert_eq!(partitions(&place).await, ["_default", "p1"]);
            assert_eq!(stored_in(&place, "id >= 0", &["id"], &["p1"]).await, [json!({"id": 1})]);
            let made = indexes(&place).await;
            let params: Vec<&str> = made[2].splitn(4, ' ').collect();
            assert_eq!(made[..2], [format!("n {number}"), format!("s {word}")]);
            assert_eq!(params[..3], ["vector", "HNSW", "L2"]);
            if word == "Trie" {
                let params: serde_json::Value = serde_json::from_str(params[3]).unwrap();
                assert_eq!(params, json!({"M": 8, "efConstruction": 360}));
            }
            // What is said of it once more must be so.
            job.append(&rows).await;
            for (option, value, words) in [
                ("shards", "3", &["shards", "3", shards][..]),
                ("distance", "cosine", &["COSINE", "L2"]),
                ("vector.index", "flat", &["hnsw_m", "flat"]),
                ("vector.size", "3", &["3", "2", "vector.vector.size"]),
                ("vector.datatype", "float16", &["float16", "FloatVector(2)"]),
                ("dynamic_field", "false", &["dynamic_field"]),
                ("partition_key", "n", &["partition_key"]),
                ("auto_id", "true", &["auto_id"]),
                ("vector.on_disk", "true", &["on_disk"]),
                ("vector.other.size", "2", &["other"]),
                ("index.nope", "integer", &["index.nope", "id, n, s"]),
                ("index.n", "trie", &["index.n", "trie", "Int64"]),
            ] {
                refused(job.clone().with(option, value).write(&rows, Mode::Append).await, Kind::Options, words);
            }
            let plan = job.clone().with("replicas", "2").plan(&rows.fields, Mode::Append).await.unwrap();
            assert!(plan.warnings.iter().any(|warning| warning.contains("`replicas` has no effect")));
            // An index that is missing is made.
            let other = Job::on(&place).with("partition", "p1").with("index.id", "integer");
            other.append(&rows).await;
            assert_eq!(indexes(&place).await[0], format!("id {number}"));
        }
    });
}
