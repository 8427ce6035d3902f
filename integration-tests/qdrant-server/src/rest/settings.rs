//! The settings whose fields have the same names in JSON as in the stored definition, both ways.
//! A name that is not here is refused: a server passes over what it does not know, but a test must
//! not believe that it was heard.

use std::collections::HashMap;

use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::max_optimization_threads::{Setting, Variant};
use serde::{Deserialize, Serialize};

macro_rules! settings {
    ($($name:ident { $($(#[$meta:meta])* $field:ident: $kind:ty),* $(,)? } and [$($other:ident),*])*) => {$(
        #[derive(Deserialize, Serialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $(
                #[serde(default, skip_serializing_if = "Option::is_none")]
                $(#[$meta])*
                $field: Option<$kind>,
            )*
        }

        impl From<$name> for proto::$name {
            #[expect(clippy::allow_attributes, reason = "not each of them has a deprecated field")]
            #[allow(deprecated, reason = "the server of this version knows no successor")]
            fn from(given: $name) -> Self {
                Self { $($field: given.$field.map(Into::into),)* $($other: None,)* }
            }
        }

        impl From<proto::$name> for $name {
            #[expect(clippy::allow_attributes, reason = "not each of them has a deprecated field")]
            #[allow(deprecated, reason = "the server of this version knows no successor")]
            fn from(kept: proto::$name) -> Self {
                Self { $($field: kept.$field.map(Into::into),)* }
            }
        }
    )*};
}

settings! {
    HnswConfigDiff {
        m: u64,
        ef_construct: u64,
        #[serde(alias = "full_scan_threshold_kb")] full_scan_threshold: u64,
        max_indexing_threads: u64,
        on_disk: bool,
        payload_m: u64,
        inline_storage: bool,
    } and [memory]
    WalConfigDiff {
        wal_capacity_mb: u64,
        wal_segments_ahead: u64,
        wal_retain_closed: u64,
    } and []
    OptimizersConfigDiff {
        deleted_threshold: f64,
        vacuum_min_vector_number: u64,
        default_segment_number: u64,
        #[serde(alias = "max_segment_size_kb")] max_segment_size: u64,
        #[serde(alias = "memmap_threshold_kb")] memmap_threshold: u64,
        #[serde(alias = "indexing_threshold_kb")] indexing_threshold: u64,
        flush_interval_sec: u64,
        max_optimization_threads: Threads,
        prevent_unoptimized: bool,
    } and [deprecated_max_optimization_threads]
    CollectionParamsDiff {
        replication_factor: u32,
        write_consistency_factor: u32,
        on_disk_payload: bool,
        read_fan_out_factor: u32,
        read_fan_out_delay_ms: u64,
    } and [payload, id_tracker]
    StrictModeConfig {
        enabled: bool,
        max_query_limit: u32,
        max_timeout: u32,
        unindexed_filtering_retrieve: bool,
        unindexed_filtering_update: bool,
        search_max_hnsw_ef: u32,
        search_allow_exact: bool,
        search_max_oversampling: f32,
        upsert_max_batchsize: u64,
        search_max_batchsize: u64,
        max_collection_vector_size_bytes: u64,
        read_rate_limit: u32,
        write_rate_limit: u32,
        max_collection_payload_size_bytes: u64,
        filter_max_conditions: u64,
        condition_max_size: u64,
        multivector_config: Multivectors,
        sparse_config: Sparses,
        max_points_count: u64,
        max_payload_index_count: u64,
        max_resident_memory_percent: u32,
    } and []
    StrictModeMultivector { max_vectors: u64 } and []
    StrictModeSparse { max_length: u64 } and []
}

/// How many threads may optimise.
#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum Threads {
    Count(u64),
    Setting(ThreadSetting),
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum ThreadSetting {
    Auto,
}

impl From<Threads> for proto::MaxOptimizationThreads {
    fn from(given: Threads) -> Self {
        let variant = match given {
            Threads::Count(count) => Variant::Value(count),
            Threads::Setting(ThreadSetting::Auto) => Variant::Setting(Setting::Auto.into()),
        };
        Self { variant: Some(variant) }
    }
}

impl From<proto::MaxOptimizationThreads> for Threads {
    fn from(kept: proto::MaxOptimizationThreads) -> Self {
        match kept.variant {
            Some(Variant::Value(count)) => Self::Count(count),
            Some(Variant::Setting(_)) | None => Self::Setting(ThreadSetting::Auto),
        }
    }
}

#[derive(Deserialize, Serialize)]
#[serde(transparent)]
struct Multivectors(HashMap<String, StrictModeMultivector>);

impl From<Multivectors> for proto::StrictModeMultivectorConfig {
    fn from(given: Multivectors) -> Self {
        Self { multivector_config: given.0.into_iter().map(|(name, limit)| (name, limit.into())).collect() }
    }
}

impl From<proto::StrictModeMultivectorConfig> for Multivectors {
    fn from(kept: proto::StrictModeMultivectorConfig) -> Self {
        Self(kept.multivector_config.into_iter().map(|(name, limit)| (name, limit.into())).collect())
    }
}

#[derive(Deserialize, Serialize)]
#[serde(transparent)]
struct Sparses(HashMap<String, StrictModeSparse>);

impl From<Sparses> for proto::StrictModeSparseConfig {
    fn from(given: Sparses) -> Self {
        Self { sparse_config: given.0.into_iter().map(|(name, limit)| (name, limit.into())).collect() }
    }
}

impl From<proto::StrictModeSparseConfig> for Sparses {
    fn from(kept: proto::StrictModeSparseConfig) -> Self {
        Self(kept.sparse_config.into_iter().map(|(name, limit)| (name, limit.into())).collect())
    }
}
