//! What the server says of a collection.

use std::collections::HashMap;

use qdrant_client::qdrant::{
    CollectionConfig, CollectionInfo, CollectionParams, CollectionStatus, CollectionWarning, OptimizerStatus,
    ShardingMethod, SparseVectorConfig, UpdateQueueInfo,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use vectorfuse_core::error::Result;

use super::definition::{QuantizationHeard, SparseHeard, vectors_heard};
use super::indexes::IndexHeard;
use super::names::number;
use super::settings::{HnswConfigDiff, OptimizersConfigDiff, PayloadStorageParams, StrictModeConfig, WalConfigDiff};
use super::value::{Heard, fields};

/// Whether the payload is kept on disk, where a server says neither this nor where else.
const ON_DISK_PAYLOAD: bool = true;

#[derive(Deserialize)]
pub(super) struct Info<'a> {
    status: String,
    optimizer_status: OptimizerState,
    #[serde(default)]
    warnings: Vec<Warning>,
    indexed_vectors_count: Option<u64>,
    points_count: Option<u64>,
    segments_count: u64,
    #[serde(borrow)]
    config: Config<'a>,
    payload_schema: HashMap<String, IndexHeard>,
    update_queue: Option<Queue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum OptimizerState {
    Ok,
    Error(String),
}

#[derive(Deserialize)]
struct Warning {
    message: String,
}

#[derive(Deserialize)]
struct Queue {
    length: u64,
    deferred_points: Option<u64>,
}

#[derive(Deserialize)]
struct Config<'a> {
    #[serde(borrow)]
    params: Params<'a>,
    hnsw_config: Option<HnswConfigDiff>,
    optimizer_config: Option<OptimizersConfigDiff>,
    wal_config: Option<WalConfigDiff>,
    quantization_config: Option<QuantizationHeard>,
    strict_mode_config: Option<StrictModeConfig>,
    metadata: Option<HashMap<String, Heard>>,
}

#[derive(Deserialize)]
struct Params<'a> {
    #[serde(borrow)]
    vectors: Option<&'a RawValue>,
    sparse_vectors: Option<HashMap<String, SparseHeard>>,
    shard_number: u32,
    sharding_method: Option<String>,
    replication_factor: Option<u32>,
    write_consistency_factor: Option<u32>,
    read_fan_out_factor: Option<u32>,
    read_fan_out_delay_ms: Option<u64>,
    on_disk_payload: Option<bool>,
    payload: Option<PayloadStorageParams>,
}

impl Info<'_> {
    pub(super) fn message(self) -> Result<CollectionInfo> {
        let status = match self.optimizer_status {
            OptimizerState::Ok => OptimizerStatus { ok: true, error: String::new() },
            OptimizerState::Error(error) => OptimizerStatus { ok: false, error },
        };
        let indexes = self.payload_schema.into_iter().map(|(field, index)| Ok((field, index.message()?)));
        let queue = self
            .update_queue
            .map(|queue| UpdateQueueInfo { length: queue.length, deferred_points: queue.deferred_points });
        Ok(CollectionInfo {
            status: number::<CollectionStatus>(&self.status)?,
            optimizer_status: Some(status),
            segments_count: self.segments_count,
            config: Some(self.config.message()?),
            payload_schema: indexes.collect::<Result<_>>()?,
            points_count: self.points_count,
            indexed_vectors_count: self.indexed_vectors_count,
            warnings: self.warnings.into_iter().map(|one| CollectionWarning { message: one.message }).collect(),
            update_queue: queue,
            created_at: None,
        })
    }
}

impl Config<'_> {
    fn message(self) -> Result<CollectionConfig> {
        Ok(CollectionConfig {
            params: Some(self.params.message()?),
            hnsw_config: self.hnsw_config.map(Into::into),
            optimizer_config: self.optimizer_config.map(Into::into),
            wal_config: self.wal_config.map(Into::into),
            quantization_config: self.quantization_config.map(QuantizationHeard::message).transpose()?,
            strict_mode_config: self.strict_mode_config.map(Into::into),
            metadata: self.metadata.map(fields).unwrap_or_default(),
        })
    }
}

impl Params<'_> {
    #[expect(deprecated, reason = "older servers know nothing else")]
    fn message(self) -> Result<CollectionParams> {
        let sparse = match self.sparse_vectors {
            None => None,
            Some(named) => {
                let named = named.into_iter().map(|(name, params)| Ok((name, params.message()?)));
                Some(SparseVectorConfig { map: named.collect::<Result<_>>()? })
            }
        };
        Ok(CollectionParams {
            shard_number: self.shard_number,
            on_disk_payload: self.on_disk_payload.unwrap_or(ON_DISK_PAYLOAD),
            vectors_config: self.vectors.map(vectors_heard).transpose()?,
            replication_factor: self.replication_factor,
            write_consistency_factor: self.write_consistency_factor,
            read_fan_out_factor: self.read_fan_out_factor,
            sharding_method: self.sharding_method.map(|name| number::<ShardingMethod>(&name)).transpose()?,
            sparse_vectors_config: sparse,
            read_fan_out_delay_ms: self.read_fan_out_delay_ms,
            payload: self.payload.map(Into::into),
            id_tracker: None,
        })
    }
}
