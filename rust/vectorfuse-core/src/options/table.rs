//! The table of options. One line here is the whole of an option: names, type, default, side and meaning.

use std::num::{NonZeroU32, NonZeroUsize};

use serde::{Deserialize, Serialize};

use super::value::OptionValue;
use super::{
    Chosen, Disposition, Distance, IdScheme, OnError, Ordering, Overwrite, PayloadForm, Seconds, Side, Transport,
    WriteMode,
};
use crate::secret::Secret;

/// One row of the documentation.
#[derive(Clone, Debug)]
pub struct OptionRow {
    /// The name in the contract.
    pub name: &'static str,
    /// Other spellings, most of them of the systems that people come from.
    pub aliases: &'static [&'static str],
    /// Reads, writes or both.
    pub side: Side,
    /// Whether the value must never be shown.
    pub secret: bool,
    /// The default, as text.
    pub default: String,
    /// What it means.
    pub about: &'static str,
}

macro_rules! options {
    ($($side:ident { $($name:literal $(| $alias:literal)* => $field:ident : $type:ty = $default:expr, $about:literal;)* })*) => {
        /// The value of every option that has a name of its own.
        #[derive(Clone, Debug, Serialize, Deserialize)]
        #[allow(missing_docs)] // the meaning stands in the table, once
        pub struct Named { $($(pub $field: $type,)*)* }

        impl Default for Named {
            fn default() -> Self {
                Self { $($($field: $default,)*)* }
            }
        }

        impl Named {
            /// Sets the option with this name of the contract; `Err` says what was expected instead.
            pub(super) fn set(&mut self, name: &str, text: &str) -> Result<(), &'static str> {
                match name {
                    $($($name => self.$field = OptionValue::parse(text)?,)*)*
                    _ => return Err("a known option"),
                }
                Ok(())
            }

            /// Gives the option with this name of the contract its default again.
            pub(super) fn reset(&mut self, name: &str) {
                let defaults = Self::default();
                match name {
                    $($($name => self.$field = defaults.$field,)*)*
                    _ => {}
                }
            }
        }

        /// Every option that works, in the order of the table.
        #[must_use]
        pub fn rows() -> Vec<OptionRow> {
            let defaults = Named::default();
            vec![$($(OptionRow {
                name: $name,
                aliases: &[$($alias),*],
                side: Side::$side,
                secret: is_secret::<$type>(),
                default: defaults.$field.show(),
                about: $about,
            },)*)*]
        }
    };
}

fn is_secret<T: 'static>() -> bool {
    std::any::TypeId::of::<T>() == std::any::TypeId::of::<Option<Secret>>()
}

options! {
    Both {
        "store" => store: Option<String> = None,
            "The store: `qdrant` or `milvus`. Needed unless an option that only one store has is given, such as `qdrant_url` or `milvus.uri`.";
        "url" | "endpoint" | "qdrant_url" | "uri" | "location" | "qd_location" => url: Option<String> = None,
            "Where the store answers: `http://host:6334`, or `https://…` for TLS. The port can be left out; it is Qdrant's 6334 for gRPC and 6333 for HTTP, Milvus's 19530. With `transport` `http` there may be a path.";
        "host" => host: Option<String> = None,
            "Instead of `url`: the host alone.";
        "port" | "grpc_port" => port: Option<u16> = None,
            "With `host`: the port; the store's own for the transport if not given.";
        "https" => https: Option<bool> = None,
            "With `host`: whether to use TLS; not if not given.";
        "prefix" => prefix: Option<String> = None,
            "With `transport` = `http`: a path before every route, for a server behind a proxy; the same as at the end of `url`.";
        "transport" => transport: Transport = Transport::Grpc,
            "How the store is spoken to: `grpc`, or `http` for its REST API (Milvus 2.5.12 or later, with limits). See [connections](connections.md).";
        "collection" | "collection_name" => collection: Option<String> = None,
            "The collection to read or write.";
        "dataset" | "dataset_name" => dataset: Option<String> = None,
            "A prefix of the collection's name.";
        "dataset_separator" => dataset_separator: String = "_".to_owned(),
            "What stands between `dataset` and `collection`.";
        "api_key" => api_key: Option<Secret> = None,
            "The store's API key. Also `api_key_file` (a file on the driver that holds it) and `api_key_env` (an environment variable of the driver).";
        "token" => token: Option<Secret> = None,
            "Milvus: a token, `user:password` or an API key. Also `token_file` and `token_env`.";
        "username" | "user" => username: Option<Secret> = None,
            "Milvus: with `password`, instead of `token`. Also `username_file` and `username_env`.";
        "password" => password: Option<Secret> = None,
            "Milvus: with `username`. Also `password_file` and `password_env`.";
        "database" | "db_name" => database: Option<String> = None,
            "Milvus: the database of the collection; the server's default one if not given.";
        "tls_ca" => tls_ca: Option<String> = None,
            "The certificate authority to trust instead of the system's: PEM text, or a file on the driver.";
        "tls_cert" => tls_cert: Option<String> = None,
            "With `tls_key`: the client's certificate (mTLS): PEM text, or a file on the driver.";
        "tls_key" => tls_key: Option<Secret> = None,
            "With `tls_cert`: the client's key: PEM text, or a file on the driver.";
        "tls_server_name" => tls_server_name: Option<String> = None,
            "The name that the server's certificate must carry, if it is not the url's host.";
        "timeout" => timeout: Seconds = Seconds(30.0),
            "The longest that one request may take, in seconds.";
        "connect_timeout" => connect_timeout: Seconds = Seconds(5.0),
            "The longest that a connection may take to open, in seconds.";
        "max_retries" | "retries" | "upload_max_retries" => max_retries: u32 = 3,
            "How often a request is sent again after an error that can pass (unreachable, timed out, rate limited).";
        "backoff_factor" => backoff_factor: Seconds = Seconds(0.5),
            "The first pause before a retry, in seconds; each further one is twice as long, with jitter. A longer wait that the store asks for is honoured.";
        "vector_name" => vector_name: Option<String> = None,
            "In a search: the vector to compare; the unnamed or only one if not given. In a write: the name of the vector in `vector_field`.";
        "schema" | "spark.fuse.qdrant.schema" => schema: Option<String> = None,
            "The DataFrame's schema as Spark's JSON. A read has these columns (as with `.schema(…)`); a write checks that they are the DataFrame's.";
        "shard_key" | "shard_key_selector" => shard_key: Vec<String> = Vec::new(),
            "In a collection whose shards have keys: the keys to read, separated by commas, all of them if not given; the key to write to (of several: to each of them), made if it is missing. An integer is a numeric key.";
    }
    Read {
        "splits" => splits: Option<NonZeroUsize> = None,
            "How many parts are read side by side; Spark's default parallelism if not given. They are disjoint and together complete.";
        "schema_sample" => schema_sample: u32 = 1000,
            "How many points the schema of a collection that VectorFuse did not create is inferred from. Without effect on Milvus, whose collections have a schema.";
        "infer_schema" | "inferschema" => infer_schema: bool = true,
            "Whether the columns of a collection that VectorFuse did not create are inferred; if not, a read of one needs a schema. Without effect on Milvus, whose collections have a schema.";
        "page_size" => page_size: Option<NonZeroU32> = None,
            "The most points of one request. Pages are sized by bytes; this only makes them smaller.";
        "filter" => filter: Option<String> = None,
            "The store's own filter: Qdrant's as JSON, as its documentation writes it for REST; Milvus's boolean expression. Only points that pass it are read, sampled for the schema or searched.";
        "limit" => limit: Option<NonZeroUsize> = None,
            "The most points of the whole read: the first ones in the order of ids.";
        "offset" => offset: Option<String> = None,
            "The id to start from: that point, or the next greater id. In a vector search: how many of the best points to leave out.";
        "max_pages" => max_pages: Option<NonZeroUsize> = None,
            "At most so many pages: the first `max_pages` × `page_size` points in the order of ids (a page has 128 if `page_size` is not given).";
        "with_payload" => with_payload: Chosen = Chosen::ALL,
            "Which fields of the payload the table has: `true`, `false`, names separated by commas, a JSON list of names, `{\"include\": […]}` or `{\"exclude\": […]}`. A name can be a path (`address.city`).";
        "with_vectors" => with_vectors: Chosen = Chosen::ALL,
            "Which vectors the table has: `true`, `false`, names separated by commas, a JSON list of names, or `{\"include\": […]}`; none can be excluded.";
        "payload" => payload: PayloadForm = PayloadForm::Columns,
            "`columns`: a column per field; `json`: one string column `payload`; `variant`: one variant column `payload` (Spark 4). The last two need no sample.";
        "consistency" => consistency: Option<String> = None,
            "Qdrant: how many replicas must agree on what is read, `all`, `majority`, `quorum` or a number of them. Milvus: `strong` (all that was acknowledged before the read; the default), `session` (the same), `bounded`, `eventually`.";
        "partitions" => partitions: Vec<String> = Vec::new(),
            "Milvus: the partitions to read, separated by commas; all of them if not given.";
        "query_vector" => query_vector: Option<String> = None,
            "Makes the read a vector search for the points nearest to this vector, best first, with their `_score`: numbers separated by commas or as a JSON list; sparse as `{\"indices\": […], \"values\": […]}` or `{\"12\": 0.5}`; a multi-vector as a list of lists; Milvus's binary vectors as a list of zeros and ones.";
        "query_id" => query_id: Option<String> = None,
            "Instead of `query_vector`: the id of the point whose own vector is searched for. The point itself is left out.";
        "top_k" => top_k: Option<NonZeroUsize> = None,
            "In a search: how many points to find; 10 if not given.";
        "score_threshold" => score_threshold: Option<f32> = None,
            "In a search: only points whose score is at least as good as this (for `euclid`, `manhattan`, `hamming` and `jaccard`: at most this).";
        "search_params" => search_params: Option<String> = None,
            "In a search: Qdrant's own parameters as JSON: `hnsw_ef`, `exact`, `indexed_only`, `quantization` (`ignore`, `rescore`, `oversampling`), `acorn` (`enable`, `max_selectivity`). Milvus: those of the vector's index, such as `nprobe`, `ef`, `radius`, `range_filter`.";
        "push_down" => push_down: bool = true,
            "Whether the store evaluates what it can of the query: filters, limits, counts. Off, Spark does all of it, with the same result.";
    }
    Write {
        "id_field" | "primarykeyfield" => id_field: Option<String> = None,
            "The column that names the point; `id` where there is one; the empty text: none. Integers (0 to 2^64-1) and UUIDs are used as they are, any other value becomes a UUIDv5 and the value itself is kept in the payload. Milvus: the column of the primary key, an integer or a string, used as it is; the one called like the collection's key if not given.";
        "key_fields" => key_fields: Vec<String> = Vec::new(),
            "Several columns that name the point together: a UUIDv5 of their values. Milvus: its text, as the key of a collection whose keys are texts.";
        "id_scheme" => id_scheme: IdScheme = IdScheme::Vectorfuse,
            "How `key_fields` become a UUIDv5: `vectorfuse` (of the JSON array of their texts, namespace of OIDs), or `dlt` (of the collection's name and the texts joined by `_`, namespace of DNS names), for keys that are strings, booleans and integers.";
        "write_disposition" => write_disposition: Option<Disposition> = None,
            "dlt's word for the mode, which must be Spark's own: `append` and `merge` (with `primary_key`) go with `append`, `replace` with `overwrite`.";
        "vector_field" | "embedding_field" => vector_field: Option<String> = None,
            "The column that holds the unnamed vector, or the one that `vector_name` names; `vector` where there is one.";
        "vector_fields" => vector_fields: Option<Vec<String>> = None,
            "The columns that hold named dense vectors. The empty text says that there are none; if no other option names vectors, that points have no vectors at all.";
        "vector_names" => vector_names: Option<Vec<String>> = None,
            "The names of the vectors in `vector_fields`, in the same order; the columns' own names if not given.";
        "sparse_fields" => sparse_fields: Option<Vec<String>> = None,
            "The columns that each hold a sparse vector: struct<indices,values>, map, JSON text or MLlib's.";
        "sparse_names" => sparse_names: Option<Vec<String>> = None,
            "The names of the vectors in `sparse_fields`, in the same order; the columns' own names if not given.";
        "sparse_vector_index_fields" => sparse_vector_index_fields: Option<Vec<String>> = None,
            "With `sparse_vector_value_fields` and `sparse_vector_names`: the columns of the indices of sparse vectors that stand in two columns each.";
        "sparse_vector_value_fields" => sparse_vector_value_fields: Option<Vec<String>> = None,
            "The columns of their values, in the same order.";
        "sparse_vector_names" => sparse_vector_names: Option<Vec<String>> = None,
            "The names of these vectors, in the same order.";
        "multi_fields" | "multi_vector_fields" => multi_fields: Option<Vec<String>> = None,
            "The columns that hold multi-vectors: arrays of vectors of one size.";
        "multi_names" | "multi_vector_names" => multi_names: Option<Vec<String>> = None,
            "The names of the vectors in `multi_fields`, in the same order; the columns' own names if not given.";
        "payload_fields" => payload_fields: Option<Vec<String>> = None,
            "The columns that are kept as payload; all others than the id and the vectors if not given.";
        "write_mode" => write_mode: WriteMode = WriteMode::Upsert,
            "What a row does to the point of its id: `upsert` writes it whole, `insert` only where there is none, `update` only where there is one, `partial` replaces just the row's fields and vectors of one that is there, `delete` deletes it. See docs/writing.md.";
        "condition" => condition: Option<String> = None,
            "A point that is there is changed only if this holds, for example `${version} > version`: `${…}` is a column of the DataFrame, a bare word a field of the stored payload. Rows for which it does not hold are skipped and counted.";
        "counter_fields" | "counter" => counter_fields: Vec<String> = Vec::new(),
            "Columns whose value is added to what is stored, once, however often a task runs.";
        "op_field" => op_field: Option<String> = None,
            "The column that says per row `upsert` or `delete`. It is not stored.";
        "order_field" => order_field: Option<String> = None,
            "Among rows with one id, and against what is stored, the one with the greatest value in this column wins: a number, a date or a timestamp.";
        "shard_key_field" => shard_key_field: Option<String> = None,
            "Instead of `shard_key`: the column that says the shard key of each row, a string or an integer (a numeric key). Missing keys are made. An id has one key: a row that would write it under another one is an error.";
        "partition" => partition: Option<String> = None,
            "Milvus: the partition that rows go to, made if it is missing; the default one if not given.";
        "partition_field" => partition_field: Option<String> = None,
            "Milvus: instead of `partition`, the column that says the partition of each row, a string. Missing partitions are made.";
        "auto_id" | "autoid" => auto_id: bool = false,
            "Milvus: whether the server makes the primary keys of a collection that is created. Rows then have no id; by what the dynamic field says of them those of a task that ran again are found and deleted.";
        "partition_key" => partition_key: Option<String> = None,
            "Milvus: the column, an integer or a string, by whose value the server spreads the rows of a collection that is created over partitions; one that is there must have it.";
        "dynamic_field" => dynamic_field: Option<bool> = None,
            "Milvus: whether a collection that is created takes keys that are none of its fields (in `$meta`); if not given, only with `auto_id`, whose rows are known again by it. One that is there must say the same.";
        "batch_rows" | "batch_size" | "upload_batch_size" => batch_rows: Option<NonZeroUsize> = None,
            "The most rows of one request. Requests are sized by bytes; this only makes them smaller.";
        "batch_bytes" => batch_bytes: NonZeroUsize = NonZeroUsize::MIN.saturating_add(8 * 1024 * 1024 - 1),
            "The size of one request in bytes. A row that is larger goes alone.";
        "concurrency" | "upload_parallelism" => concurrency: NonZeroUsize = NonZeroUsize::MIN.saturating_add(3),
            "How many requests of one task are in flight at once.";
        "wait" => wait: bool = true,
            "Whether a commit means that the store has applied every row. Without it rows are acknowledged before they are applied. Milvus refuses `false`: it acknowledges no row before it is written.";
        "ordering" => ordering: Option<Ordering> = None,
            "In which order the copies of a shard apply writes: `weak` (the server's default), `medium`, `strong`.";
        "on_error" => on_error: OnError = OnError::Fail,
            "What a row does that can't be kept (a null id, a vector of the wrong size, NaN, what the store refuses): `fail` ends the write, `skip` passes the row over and counts it, `dead_letter` also writes it to `dead_letter_path`.";
        "dead_letter_path" => dead_letter_path: Option<String> = None,
            "With `on_error` = `dead_letter`: the folder for rejected rows, one JSON object a line, on a disk that every executor mounts.";
        "max_errors" => max_errors: u32 = 0,
            "With `on_error` = `skip` or `dead_letter`: the write fails when more rows than this are rejected; 0 is no limit.";
        "create_collection" => create_collection: bool = true,
            "Whether a missing collection is created from the DataFrame; if not, it is an error.";
        "distance" => distance: Option<Distance> = None,
            "How vectors are compared, for a collection that is created: `cosine` (the default; Qdrant normalises the vectors), `euclid` (`l2`), `dot` (`ip`); Qdrant: `manhattan`; Milvus: `hamming` (the default) and `jaccard` of binary vectors. A collection that is there must have it.";
        "shards" => shards: Option<NonZeroU32> = None,
            "How many shards a collection that is created has; one that is there must have as many.";
        "replicas" => replicas: Option<NonZeroU32> = None,
            "How many copies of each shard a collection that is created has; one that is there must have as many. Milvus: how often a collection that is created is loaded into memory; without effect on one that is there.";
        "write_consistency_factor" => write_consistency_factor: Option<NonZeroU32> = None,
            "How many copies must have taken a write, in a collection that is created; one that is there must want as many.";
        "on_disk_payload" => on_disk_payload: Option<bool> = None,
            "Whether a collection that is created keeps its payload on disk alone; one that is there must.";
        "overwrite" => overwrite: Overwrite = Overwrite::Truncate,
            "What `mode(\"overwrite\")` does: `truncate` deletes every point and keeps the collection's settings, `recreate` deletes the collection and creates it from the DataFrame. `swap` writes a new collection beside and then moves the alias of that name to it, at once for every reader.";
    }
}

/// Options of the contract that are known and do not work yet: refused by name, never ignored.
pub(super) const PLANNED: &[&str] = &[
    "query_text",
    "embed_field",
    "embed_vector",
    "embed_model",
    "model",
    "embedding_batch_size",
    "embedding_parallelism",
    "embed_url",
];

/// The tables of `docs/options.md`.
#[must_use]
pub fn markdown() -> String {
    let mut page = String::new();
    for side in [Side::Both, Side::Read, Side::Write] {
        page.push_str(&format!("\n## {}\n\n| option | default | meaning |\n|---|---|---|\n", side.title()));
        for row in rows().into_iter().filter(|row| row.side == side) {
            let aliases: Vec<String> = row.aliases.iter().map(|alias| format!("`{alias}`")).collect();
            let aliases = if aliases.is_empty() { String::new() } else { format!("<br>also {}", aliases.join(", ")) };
            page.push_str(&format!("| `{}`{aliases} | {} | {} |\n", row.name, row.default, row.about));
        }
        match side {
            Side::Both => page.push_str(
                "| `header.<name>` | – | A header that is sent with every request. Its value is treated as a secret. |\n",
            ),
            Side::Write => page.push_str(&super::properties::markdown()),
            Side::Read => {}
        }
    }
    page.push_str(&super::peers::markdown());
    page.push_str(
        "\n## Known, not working yet\n\nThese options of the contract are refused with an error until they work: ",
    );
    let planned: Vec<String> = PLANNED.iter().map(|name| format!("`{name}`")).collect();
    page.push_str(&planned.join(", "));
    page.push_str(".\n");
    page
}
