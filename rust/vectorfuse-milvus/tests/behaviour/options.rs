//! Every option of the contract has a meaning for Milvus, or is refused by its name: none is taken and passed over.

use std::collections::BTreeSet;

use vectorfuse_core::error::Kind;
use vectorfuse_core::options::rows;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use crate::support::job::{Frame, Job, refused};
use crate::support::server::{Place, block_on};
use crate::support::values::floats;

/// Options that core itself gives their meaning, for every store alike.
const OF_CORE: &[&str] = &[
    "store",
    "url",
    "host",
    "port",
    "https",
    "dataset",
    "dataset_separator",
    "tls_ca",
    "tls_cert",
    "tls_key",
    "tls_server_name",
    "timeout",
    "connect_timeout",
    "max_retries",
    "backoff_factor",
    "schema",
    "max_pages",
    "push_down",
    "id_scheme",
    "write_disposition",
    "vector_fields",
    "vector_names",
    "sparse_fields",
    "sparse_names",
    "sparse_vector_index_fields",
    "sparse_vector_value_fields",
    "sparse_vector_names",
    "payload_fields",
    "op_field",
    "order_field",
    "concurrency",
    "on_error",
    "dead_letter_path",
    "max_errors",
    "top_k",
];
/// Those that this store gives their meaning.
const OF_MILVUS: &[&str] = &[
    "transport",
    "prefix",
    "collection",
    "api_key",
    "token",
    "username",
    "password",
    "database",
    "vector_name",
    "splits",
    "page_size",
    "filter",
    "limit",
    "offset",
    "with_payload",
    "with_vectors",
    "payload",
    "consistency",
    "partitions",
    "query_vector",
    "query_id",
    "score_threshold",
    "search_params",
    "id_field",
    "key_fields",
    "vector_field",
    "write_mode",
    "partition",
    "partition_field",
    "auto_id",
    "partition_key",
    "dynamic_field",
    "batch_rows",
    "batch_bytes",
    "create_collection",
    "distance",
    "shards",
    "replicas",
    "overwrite",
];
/// Those that are true of every collection of Milvus: it has a schema, so that nothing is inferred from a sample.
const MOOT: &[&str] = &["infer_schema", "schema_sample"];
/// Those that are refused, each with a value.
const REFUSED: &[(&str, &str)] = &[
    ("shard_key", "k"),
    ("shard_key_field", "id"),
    ("ordering", "strong"),
    ("write_consistency_factor", "2"),
    ("on_disk_payload", "true"),
    ("wait", "false"),
    ("condition", "${id} > id"),
    ("counter_fields", "n"),
    ("multi_fields", "vector"),
    ("multi_names", "m"),
];

#[test]
fn every_option_is_known_to_have_a_meaning_or_to_be_refused() {
    let refused = REFUSED.iter().map(|(name, _)| name);
    let known: Vec<&str> = OF_CORE.iter().chain(OF_MILVUS).chain(MOOT).chain(refused).copied().collect();
    let set: BTreeSet<&str> = known.iter().copied().collect();
    assert_eq!(known.len(), set.len(), "an option stands in two lists");
    assert_eq!(rows().iter().map(|row| row.name).collect::<BTreeSet<_>>(), set);
}

#[test]
fn what_has_no_meaning_is_refused_by_its_name() {
    block_on(async {
        let place = Place::real("meaningless");
        let columns = [("id", SparkType::Long), ("vector", floats()), ("n", SparkType::Long)];
        let fields = Frame::new(&columns, Vec::new()).fields;
        for (name, value) in REFUSED {
            let job = Job::on(&place).with(name, value);
            let job = if *name == "multi_names" { job.with("multi_fields", "vector") } else { job };
            let error = job.plan(&fields, Mode::Append).await.unwrap_err();
            let named = if *name == "multi_names" { "multi_fields" } else { name };
            assert!(matches!(error.kind(), Kind::Options | Kind::Unsupported), "{name}: {error}");
            assert!(error.to_string().contains(&format!("option `{named}`")), "{name}: {error}");
        }
        refused(Job::on(&place).with("shard_key", "k").table(None).await, Kind::Options, &["`shard_key`"]);
    });
}
