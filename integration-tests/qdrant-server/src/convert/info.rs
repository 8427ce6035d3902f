//! What a collection says of itself: its definition as given, filled up with the server's defaults.

use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::vectors_config::Config;
use qdrant_edge::ShardInfo;

use super::index;

/// The server's defaults in version 1.18, from its shipped configuration file.
const HNSW: proto::HnswConfigDiff = {
    #[expect(deprecated, reason = "the server of this version still fills it")]
    proto::HnswConfigDiff {
        m: Some(16),
        ef_construct: Some(100),
        full_scan_threshold: Some(10_000),
        max_indexing_threads: Some(0),
        on_disk: Some(false),
        payload_m: None,
        inline_storage: None,
        memory: None,
    }
};

const WAL: proto::WalConfigDiff =
    proto::WalConfigDiff { wal_capacity_mb: Some(32), wal_segments_ahead: Some(0), wal_retain_closed: Some(1) };

pub fn of(definition: &proto::CreateCollection, engine: ShardInfo) -> proto::CollectionInfo {
    proto::CollectionInfo {
        status: proto::CollectionStatus::Green.into(),
        optimizer_status: Some(proto::OptimizerStatus { ok: true, error: String::new() }),
        segments_count: engine.segments_count as u64,
        config: Some(config(definition)),
        payload_schema: engine
            .payload_schema
            .into_iter()
            .map(|(key, schema)| (key.to_string(), index::from_engine(schema)))
            .collect(),
        points_count: Some(engine.points_count as u64),
        indexed_vectors_count: Some(engine.indexed_vectors_count as u64),
        warnings: Vec::new(),
        update_queue: Some(proto::UpdateQueueInfo { length: 0, ..Default::default() }),
        created_at: None,
    }
}

fn config(definition: &proto::CreateCollection) -> proto::CollectionConfig {
    proto::CollectionConfig {
        params: Some(params(definition)),
        hnsw_config: Some(hnsw(definition.hnsw_config.unwrap_or_default(), HNSW)),
        optimizer_config: Some(optimizers(definition.optimizers_config.unwrap_or_default(), optimizer_defaults())),
        wal_config: Some(wal(definition.wal_config.unwrap_or_default())),
        quantization_config: definition.quantization_config,
        strict_mode_config: definition.strict_mode_config.clone(),
        metadata: definition.metadata.clone(),
    }
}

fn params(definition: &proto::CreateCollection) -> proto::CollectionParams {
    let vectors = definition
        .vectors_config
        .clone()
        .and_then(|vectors| vectors.config)
        .unwrap_or_else(|| Config::ParamsMap(proto::VectorParamsMap::default()));
    #[expect(deprecated, reason = "the server of this version still fills it")]
    proto::CollectionParams {
        shard_number: definition.shard_number.unwrap_or(1),
        on_disk_payload: definition.on_disk_payload.unwrap_or(true),
        vectors_config: Some(proto::VectorsConfig { config: Some(vectors) }),
        replication_factor: Some(definition.replication_factor.unwrap_or(1)),
        write_consistency_factor: Some(definition.write_consistency_factor.unwrap_or(1)),
        read_fan_out_factor: None,
        sharding_method: definition.sharding_method,
        sparse_vectors_config: definition.sparse_vectors_config.clone(),
        read_fan_out_delay_ms: None,
        payload: definition.payload,
        id_tracker: definition.id_tracker,
    }
}

/// What is given in `first`, else what is in `second`.
pub fn hnsw(first: proto::HnswConfigDiff, second: proto::HnswConfigDiff) -> proto::HnswConfigDiff {
    #[expect(deprecated, reason = "the server of this version still fills it")]
    proto::HnswConfigDiff {
        m: first.m.or(second.m),
        ef_construct: first.ef_construct.or(second.ef_construct),
        full_scan_threshold: first.full_scan_threshold.or(second.full_scan_threshold),
        max_indexing_threads: first.max_indexing_threads.or(second.max_indexing_threads),
        on_disk: first.on_disk.or(second.on_disk),
        payload_m: first.payload_m.or(second.payload_m),
        inline_storage: first.inline_storage.or(second.inline_storage),
        memory: first.memory.or(second.memory),
    }
}

/// What is given in `first`, else what is in `second`.
pub fn optimizers(
    first: proto::OptimizersConfigDiff,
    second: proto::OptimizersConfigDiff,
) -> proto::OptimizersConfigDiff {
    proto::OptimizersConfigDiff {
        deleted_threshold: first.deleted_threshold.or(second.deleted_threshold),
        vacuum_min_vector_number: first.vacuum_min_vector_number.or(second.vacuum_min_vector_number),
        default_segment_number: first.default_segment_number.or(second.default_segment_number),
        max_segment_size: first.max_segment_size.or(second.max_segment_size),
        memmap_threshold: first.memmap_threshold.or(second.memmap_threshold),
        indexing_threshold: first.indexing_threshold.or(second.indexing_threshold),
        flush_interval_sec: first.flush_interval_sec.or(second.flush_interval_sec),
        deprecated_max_optimization_threads: first
            .deprecated_max_optimization_threads
            .or(second.deprecated_max_optimization_threads),
        max_optimization_threads: first.max_optimization_threads.or(second.max_optimization_threads),
        prevent_unoptimized: first.prevent_unoptimized.or(second.prevent_unoptimized),
    }
}

fn optimizer_defaults() -> proto::OptimizersConfigDiff {
    proto::OptimizersConfigDiff {
        deleted_threshold: Some(0.2),
        vacuum_min_vector_number: Some(1_000),
        default_segment_number: Some(0),
        indexing_threshold: Some(10_000),
        flush_interval_sec: Some(5),
        ..Default::default()
    }
}

fn wal(given: proto::WalConfigDiff) -> proto::WalConfigDiff {
    proto::WalConfigDiff {
        wal_capacity_mb: given.wal_capacity_mb.or(WAL.wal_capacity_mb),
        wal_segments_ahead: given.wal_segments_ahead.or(WAL.wal_segments_ahead),
        wal_retain_closed: given.wal_retain_closed.or(WAL.wal_retain_closed),
    }
}
