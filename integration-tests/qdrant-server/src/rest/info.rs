//! What a collection says of itself, as JSON.

use qdrant_client::qdrant as proto;
use qdrant_edge::ShardInfo;
use serde_json::{Value, json};

use super::definition::{described, said, sparse, vectors};
use super::settings::{HnswConfigDiff, OptimizersConfigDiff, StrictModeConfig, WalConfigDiff};
use crate::convert::payload;
use crate::refusal::{Answer, internal};

/// The indexes come from the engine itself, whose description of them is the server's.
pub fn described_by(info: proto::CollectionInfo, engine: ShardInfo) -> Answer<Value> {
    let config = info.config.ok_or_else(|| internal("a collection without a definition"))?;
    let params = config.params.ok_or_else(|| internal("a definition without parameters"))?;
    Ok(said([
        (
            "status",
            json!(
                proto::CollectionStatus::try_from(info.status)
                    .map_or_else(|_| String::new(), |status| status.as_str_name().to_lowercase(),)
            ),
        ),
        (
            "optimizer_status",
            match info.optimizer_status {
                Some(status) if !status.ok => json!({ "error": status.error }),
                Some(_) | None => json!("ok"),
            },
        ),
        ("indexed_vectors_count", json!(info.indexed_vectors_count)),
        ("points_count", json!(info.points_count)),
        ("segments_count", json!(info.segments_count)),
        (
            "config",
            said([
                ("params", parameters(params)),
                ("hnsw_config", json!(config.hnsw_config.map(HnswConfigDiff::from))),
                ("optimizer_config", json!(config.optimizer_config.map(OptimizersConfigDiff::from))),
                ("wal_config", json!(config.wal_config.map(WalConfigDiff::from))),
                ("quantization_config", json!(config.quantization_config.map(described))),
                ("strict_mode_config", json!(config.strict_mode_config.map(StrictModeConfig::from))),
                (
                    "metadata",
                    match config.metadata.is_empty() {
                        true => Value::Null,
                        false => Value::Object(payload::to_engine(config.metadata)?.0),
                    },
                ),
            ]),
        ),
        (
            "payload_schema",
            engine
                .payload_schema
                .into_iter()
                .map(|(key, schema)| Ok((key.to_string(), serde_json::to_value(schema).map_err(internal)?)))
                .collect::<Answer<Value>>()?,
        ),
        ("update_queue", json!({ "length": info.update_queue.map(|queue| queue.length).unwrap_or_default() })),
    ]))
}

#[expect(deprecated, reason = "the server of this version knows no successor")]
fn parameters(params: proto::CollectionParams) -> Value {
    let sparse_vectors: Option<Value> = params
        .sparse_vectors_config
        .map(|named| named.map.into_iter().map(|(name, params)| (name, sparse(params))).collect());
    let sharding_method = params.sharding_method.and_then(|method| proto::ShardingMethod::try_from(method).ok());
    said([
        ("vectors", params.vectors_config.map_or_else(|| json!({}), vectors)),
        ("sparse_vectors", json!(sparse_vectors)),
        ("shard_number", json!(params.shard_number)),
        ("sharding_method", json!(sharding_method.map(|method| method.as_str_name().to_lowercase()))),
        ("replication_factor", json!(params.replication_factor)),
        ("write_consistency_factor", json!(params.write_consistency_factor)),
        ("read_fan_out_factor", json!(params.read_fan_out_factor)),
        ("on_disk_payload", json!(params.on_disk_payload)),
    ])
}
