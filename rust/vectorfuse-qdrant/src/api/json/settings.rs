//! Settings whose fields have the same names in JSON as in the messages, both ways.

use std::collections::HashMap;

use qdrant_client::qdrant as message;
use qdrant_client::qdrant::max_optimization_threads::{Setting, Variant};
use serde::de::{Deserializer, Error as _};
use serde::ser::{Error as _, Serializer};
use serde::{Deserialize, Serialize};

use super::names::{Names, name, number};

macro_rules! settings {
    ($($name:ident { $($field:ident: $kind:ty),* $(,)? } without [$($other:ident),*])*) => {$(
        #[derive(Clone, Serialize, Deserialize)]
        pub(super) struct $name {
            $(#[serde(default, skip_serializing_if = "Option::is_none")] $field: Option<$kind>,)*
        }

        #[allow(deprecated)] // older servers know nothing else
        impl From<$name> for message::$name {
            fn from(heard: $name) -> Self {
                Self { $($field: heard.$field.map(Into::into),)* $($other: None,)* }
            }
        }

        #[allow(deprecated)] // older servers know nothing else
        impl From<&message::$name> for $name {
            fn from(said: &message::$name) -> Self {
                Self { $($field: said.$field.clone().map(Into::into),)* }
            }
        }
    )*};
}

settings! {
    HnswConfigDiff {
        m: u64,
        ef_construct: u64,
        full_scan_threshold: u64,
        max_indexing_threads: u64,
        on_disk: bool,
        payload_m: u64,
        inline_storage: bool,
        memory: Numbered<message::Memory>,
    } without []
    WalConfigDiff {
        wal_capacity_mb: u64,
        wal_segments_ahead: u64,
        wal_retain_closed: u64,
    } without []
    OptimizersConfigDiff {
        deleted_threshold: f64,
        vacuum_min_vector_number: u64,
        default_segment_number: u64,
        max_segment_size: u64,
        memmap_threshold: u64,
        indexing_threshold: u64,
        flush_interval_sec: u64,
        max_optimization_threads: Threads,
        prevent_unoptimized: bool,
    } without [deprecated_max_optimization_threads]
    PayloadStorageParams { memory: Numbered<message::Memory> } without []
    CollectionParamsDiff {
        replication_factor: u32,
        write_consistency_factor: u32,
        on_disk_payload: bool,
        read_fan_out_factor: u32,
        read_fan_out_delay_ms: u64,
        payload: PayloadStorageParams,
    } without [id_tracker]
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
    } without []
    StrictModeMultivector { max_vectors: u64 } without []
    StrictModeSparse { max_length: u64 } without []
}

/// An enumeration's number in the message, its name in JSON.
#[derive(Clone)]
pub(super) struct Numbered<T>(i32, std::marker::PhantomData<T>);

impl<T> From<i32> for Numbered<T> {
    fn from(number: i32) -> Self {
        Self(number, std::marker::PhantomData)
    }
}

impl<T> From<Numbered<T>> for i32 {
    fn from(numbered: Numbered<T>) -> Self {
        numbered.0
    }
}

impl<T: Names> Serialize for Numbered<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(name::<T>(self.0).map_err(S::Error::custom)?)
    }
}

impl<'de, T: Names> Deserialize<'de> for Numbered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        number::<T>(&name).map(Self::from).map_err(D::Error::custom)
    }
}

impl From<message::PayloadStorageParams> for PayloadStorageParams {
    fn from(said: message::PayloadStorageParams) -> Self {
        Self::from(&said)
    }
}

/// How many threads may optimise: a number or the word `auto`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum Threads {
    Count(u64),
    Word(Word),
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Auto,
}

impl From<Threads> for message::MaxOptimizationThreads {
    fn from(threads: Threads) -> Self {
        let variant = match threads {
            Threads::Count(count) => Variant::Value(count),
            Threads::Word(Word::Auto) => Variant::Setting(Setting::Auto.into()),
        };
        Self { variant: Some(variant) }
    }
}

impl From<message::MaxOptimizationThreads> for Threads {
    fn from(threads: message::MaxOptimizationThreads) -> Self {
        match threads.variant {
            Some(Variant::Value(count)) => Self::Count(count),
            Some(Variant::Setting(_)) | None => Self::Word(Word::Auto),
        }
    }
}

/// A limit for each vector by its name.
macro_rules! limits {
    ($($name:ident: $one:ident in $message:ident.$field:ident;)*) => {$(
        #[derive(Clone, Serialize, Deserialize)]
        #[serde(transparent)]
        struct $name(HashMap<String, $one>);

        impl From<$name> for message::$message {
            fn from(heard: $name) -> Self {
                Self { $field: heard.0.into_iter().map(|(name, limit)| (name, limit.into())).collect() }
            }
        }

        impl From<message::$message> for $name {
            fn from(said: message::$message) -> Self {
                Self(said.$field.into_iter().map(|(name, limit)| (name, (&limit).into())).collect())
            }
        }
    )*};
}

limits! {
    Multivectors: StrictModeMultivector in StrictModeMultivectorConfig.multivector_config;
    Sparses: StrictModeSparse in StrictModeSparseConfig.sparse_config;
}
