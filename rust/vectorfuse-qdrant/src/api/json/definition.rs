//! The definition of a collection: as a request makes or changes it, and as the server gives it back.

use std::collections::HashMap;

use qdrant_client::qdrant::binary_quantization_query_encoding::{Setting as QueryEncoding, Variant as EncodingVariant};
use qdrant_client::qdrant::quantization_config::Quantization;
use qdrant_client::qdrant::quantization_config_diff::Quantization as QuantizationChange;
use qdrant_client::qdrant::{
    BinaryQuantization, BinaryQuantizationEncoding, BinaryQuantizationQueryEncoding, CompressionRatio,
    CreateCollection, Datatype, Distance, Memory, Modifier, MultiVectorComparator, MultiVectorConfig,
    ProductQuantization, QuantizationConfig, QuantizationConfigDiff, QuantizationType, ScalarQuantization,
    ShardingMethod, SparseIndexConfig, SparseVectorConfig, SparseVectorParams, TurboQuantBitSize, TurboQuantization,
    UpdateCollection, VectorParams, VectorParamsDiff, VectorParamsMap, VectorsConfig, VectorsConfigDiff,
    vectors_config, vectors_config_diff,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use vectorfuse_core::error::Result;

use super::names::{number, optional};
use super::settings::{
    CollectionParamsDiff, HnswConfigDiff, OptimizersConfigDiff, PayloadStorageParams, StrictModeConfig, WalConfigDiff,
};
use super::value::Fields;
use super::{given, object, read, refuse, to_value};

/// A part that has a JSON form of its own, if it is given.
macro_rules! part {
    ($kind:ident, $given:expr) => {
        $given.as_ref().map(|given| to_value(&$kind::from(given))).transpose()?
    };
}

fn metadata(fields: &HashMap<String, qdrant_client::qdrant::Value>) -> Result<Option<Value>> {
    (!fields.is_empty()).then(|| to_value(&Fields(fields))).transpose()
}

#[expect(deprecated, reason = "older servers know nothing else")]
pub(super) fn creation(it: &CreateCollection) -> Result<Value> {
    refuse(&it.id_tracker, "where ids are kept")?;
    Ok(object([
        ("vectors", it.vectors_config.as_ref().map(vectors).transpose()?),
        ("sparse_vectors", it.sparse_vectors_config.as_ref().map(sparse_vectors).transpose()?),
        ("shard_number", it.shard_number.map(Value::from)),
        ("sharding_method", optional::<ShardingMethod>(it.sharding_method)?),
        ("replication_factor", it.replication_factor.map(Value::from)),
        ("write_consistency_factor", it.write_consistency_factor.map(Value::from)),
        ("on_disk_payload", it.on_disk_payload.map(Value::from)),
        ("payload", part!(PayloadStorageParams, it.payload)),
        ("hnsw_config", part!(HnswConfigDiff, it.hnsw_config)),
        ("wal_config", part!(WalConfigDiff, it.wal_config)),
        ("optimizers_config", part!(OptimizersConfigDiff, it.optimizers_config)),
        ("quantization_config", it.quantization_config.as_ref().map(quantization).transpose()?),
        ("strict_mode_config", part!(StrictModeConfig, it.strict_mode_config)),
        ("metadata", metadata(&it.metadata)?),
    ]))
}

pub(super) fn change(it: &UpdateCollection) -> Result<Value> {
    Ok(object([
        ("vectors", it.vectors_config.as_ref().map(vectors_change).transpose()?),
        ("sparse_vectors", it.sparse_vectors_config.as_ref().map(sparse_vectors).transpose()?),
        ("params", part!(CollectionParamsDiff, it.params)),
        ("hnsw_config", part!(HnswConfigDiff, it.hnsw_config)),
        ("optimizers_config", part!(OptimizersConfigDiff, it.optimizers_config)),
        ("quantization_config", it.quantization_config.as_ref().map(quantization_change).transpose()?),
        ("strict_mode_config", part!(StrictModeConfig, it.strict_mode_config)),
        ("metadata", metadata(&it.metadata)?),
    ]))
}

fn vectors(config: &VectorsConfig) -> Result<Value> {
    match given(config.config.as_ref(), "vectors")? {
        vectors_config::Config::Params(params) => dense(params),
        vectors_config::Config::ParamsMap(named) => {
            named.map.iter().map(|(name, params)| Ok((name.clone(), dense(params)?))).collect()
        }
    }
}

/// The unnamed vector goes by the empty name.
fn vectors_change(config: &VectorsConfigDiff) -> Result<Value> {
    match given(config.config.as_ref(), "vectors")? {
        vectors_config_diff::Config::Params(params) => Ok(object([("", Some(dense_change(params)?))])),
        vectors_config_diff::Config::ParamsMap(named) => {
            named.map.iter().map(|(name, params)| Ok((name.clone(), dense_change(params)?))).collect()
        }
    }
}

#[expect(deprecated, reason = "older servers know nothing else")]
fn dense(params: &VectorParams) -> Result<Value> {
    Ok(object([
        ("size", Some(json!(params.size))),
        ("distance", optional::<Distance>(Some(params.distance))?),
        ("hnsw_config", part!(HnswConfigDiff, params.hnsw_config)),
        ("quantization_config", params.quantization_config.as_ref().map(quantization).transpose()?),
        ("on_disk", params.on_disk.map(Value::from)),
        ("memory", optional::<Memory>(params.memory)?),
        ("datatype", optional::<Datatype>(stated(params.datatype))?),
        ("multivector_config", params.multivector_config.as_ref().map(comparator).transpose()?),
    ]))
}

/// The number of the default says no more than nothing.
fn stated(datatype: Option<i32>) -> Option<i32> {
    datatype.filter(|number| *number != i32::from(Datatype::Default))
}

#[expect(deprecated, reason = "older servers know nothing else")]
fn dense_change(params: &VectorParamsDiff) -> Result<Value> {
    Ok(object([
        ("hnsw_config", part!(HnswConfigDiff, params.hnsw_config)),
        ("quantization_config", params.quantization_config.as_ref().map(quantization_change).transpose()?),
        ("on_disk", params.on_disk.map(Value::from)),
        ("memory", optional::<Memory>(params.memory)?),
    ]))
}

fn comparator(config: &MultiVectorConfig) -> Result<Value> {
    Ok(object([("comparator", optional::<MultiVectorComparator>(Some(config.comparator))?)]))
}

fn sparse_vectors(config: &SparseVectorConfig) -> Result<Value> {
    config.map.iter().map(|(name, params)| Ok((name.clone(), sparse(params)?))).collect()
}

#[expect(deprecated, reason = "older servers know nothing else")]
fn sparse(params: &SparseVectorParams) -> Result<Value> {
    let index = match &params.index {
        None => None,
        Some(index) => Some(object([
            ("full_scan_threshold", index.full_scan_threshold.map(Value::from)),
            ("on_disk", index.on_disk.map(Value::from)),
            ("memory", optional::<Memory>(index.memory)?),
            ("datatype", optional::<Datatype>(stated(index.datatype))?),
        ])),
    };
    Ok(object([("index", index), ("modifier", optional::<Modifier>(params.modifier)?)]))
}

fn quantization(config: &QuantizationConfig) -> Result<Value> {
    match given(config.quantization.as_ref(), "a quantization")? {
        Quantization::Scalar(it) => scalar(it),
        Quantization::Product(it) => product(it),
        Quantization::Binary(it) => binary(it),
        Quantization::Turboquant(it) => turbo(it),
    }
}

fn quantization_change(config: &QuantizationConfigDiff) -> Result<Value> {
    match given(config.quantization.as_ref(), "a quantization")? {
        QuantizationChange::Scalar(it) => scalar(it),
        QuantizationChange::Product(it) => product(it),
        QuantizationChange::Binary(it) => binary(it),
        QuantizationChange::Turboquant(it) => turbo(it),
        QuantizationChange::Disabled(_) => Ok(json!("Disabled")),
    }
}

#[expect(deprecated, reason = "older servers know nothing else")]
fn scalar(it: &ScalarQuantization) -> Result<Value> {
    Ok(json!({ "scalar": object([
        ("type", optional::<QuantizationType>(Some(it.r#type))?),
        ("quantile", it.quantile.map(Value::from)),
        ("always_ram", it.always_ram.map(Value::from)),
        ("memory", optional::<Memory>(it.memory)?),
    ]) }))
}

#[expect(deprecated, reason = "older servers know nothing else")]
fn product(it: &ProductQuantization) -> Result<Value> {
    Ok(json!({ "product": object([
        ("compression", optional::<CompressionRatio>(Some(it.compression))?),
        ("always_ram", it.always_ram.map(Value::from)),
        ("memory", optional::<Memory>(it.memory)?),
    ]) }))
}

#[expect(deprecated, reason = "older servers know nothing else")]
fn binary(it: &BinaryQuantization) -> Result<Value> {
    let query = it.query_encoding.as_ref().and_then(|encoding| encoding.variant);
    let query = query.map(|EncodingVariant::Setting(number)| number);
    Ok(json!({ "binary": object([
        ("always_ram", it.always_ram.map(Value::from)),
        ("encoding", optional::<BinaryQuantizationEncoding>(it.encoding)?),
        ("query_encoding", optional::<QueryEncoding>(query)?),
        ("memory", optional::<Memory>(it.memory)?),
    ]) }))
}

#[expect(deprecated, reason = "older servers know nothing else")]
fn turbo(it: &TurboQuantization) -> Result<Value> {
    Ok(json!({ "turbo": object([
        ("always_ram", it.always_ram.map(Value::from)),
        ("bits", optional::<TurboQuantBitSize>(it.bits)?),
        ("memory", optional::<Memory>(it.memory)?),
    ]) }))
}

fn meant<T: super::names::Names>(name: Option<String>) -> Result<Option<i32>> {
    name.map(|name| number::<T>(&name)).transpose()
}

#[derive(Deserialize)]
struct DenseHeard {
    size: u64,
    distance: String,
    hnsw_config: Option<HnswConfigDiff>,
    quantization_config: Option<QuantizationHeard>,
    on_disk: Option<bool>,
    memory: Option<String>,
    datatype: Option<String>,
    multivector_config: Option<ComparatorHeard>,
}

#[derive(Deserialize)]
struct ComparatorHeard {
    comparator: String,
}

/// The vectors of a collection that is there: the unnamed one's own settings, or those of named ones.
pub(super) fn vectors_heard(raw: &RawValue) -> Result<VectorsConfig> {
    let parts: HashMap<String, &RawValue> = read(raw)?;
    // A vector of the name `size` has an object there.
    let single = parts.get("size").is_some_and(|size| !size.get().starts_with('{'));
    let config = if single {
        vectors_config::Config::Params(read::<DenseHeard>(raw)?.message()?)
    } else {
        let named = parts.into_iter().map(|(name, raw)| Ok((name, read::<DenseHeard>(raw)?.message()?)));
        vectors_config::Config::ParamsMap(VectorParamsMap { map: named.collect::<Result<_>>()? })
    };
    Ok(VectorsConfig { config: Some(config) })
}

impl DenseHeard {
    #[expect(deprecated, reason = "older servers know nothing else")]
    fn message(self) -> Result<VectorParams> {
        let comparator = match self.multivector_config {
            None => None,
            Some(config) => {
                Some(MultiVectorConfig { comparator: number::<MultiVectorComparator>(&config.comparator)? })
            }
        };
        Ok(VectorParams {
            size: self.size,
            distance: number::<Distance>(&self.distance)?,
            hnsw_config: self.hnsw_config.map(Into::into),
            quantization_config: self.quantization_config.map(QuantizationHeard::message).transpose()?,
            on_disk: self.on_disk,
            datatype: meant::<Datatype>(self.datatype)?,
            multivector_config: comparator,
            memory: meant::<Memory>(self.memory)?,
        })
    }
}

#[derive(Deserialize)]
pub(super) struct SparseHeard {
    index: Option<SparseIndexHeard>,
    modifier: Option<String>,
}

#[derive(Deserialize)]
struct SparseIndexHeard {
    full_scan_threshold: Option<u64>,
    on_disk: Option<bool>,
    memory: Option<String>,
    datatype: Option<String>,
}

impl SparseHeard {
    #[expect(deprecated, reason = "older servers know nothing else")]
    pub(super) fn message(self) -> Result<SparseVectorParams> {
        let index = match self.index {
            None => None,
            Some(index) => Some(SparseIndexConfig {
                full_scan_threshold: index.full_scan_threshold,
                on_disk: index.on_disk,
                datatype: meant::<Datatype>(index.datatype)?,
                memory: meant::<Memory>(index.memory)?,
            }),
        };
        Ok(SparseVectorParams { index, modifier: meant::<Modifier>(self.modifier)? })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum QuantizationHeard {
    Scalar {
        r#type: String,
        quantile: Option<f32>,
        always_ram: Option<bool>,
        memory: Option<String>,
    },
    Product {
        compression: String,
        always_ram: Option<bool>,
        memory: Option<String>,
    },
    Binary {
        always_ram: Option<bool>,
        encoding: Option<String>,
        query_encoding: Option<String>,
        memory: Option<String>,
    },
    Turbo {
        always_ram: Option<bool>,
        bits: Option<String>,
        memory: Option<String>,
    },
}

impl QuantizationHeard {
    #[expect(deprecated, reason = "older servers know nothing else")]
    pub(super) fn message(self) -> Result<QuantizationConfig> {
        let quantization = match self {
            Self::Scalar { r#type, quantile, always_ram, memory } => Quantization::Scalar(ScalarQuantization {
                r#type: number::<QuantizationType>(&r#type)?,
                quantile,
                always_ram,
                memory: meant::<Memory>(memory)?,
            }),
            Self::Product { compression, always_ram, memory } => Quantization::Product(ProductQuantization {
                compression: number::<CompressionRatio>(&compression)?,
                always_ram,
                memory: meant::<Memory>(memory)?,
            }),
            Self::Binary { always_ram, encoding, query_encoding, memory } => {
                let query = meant::<QueryEncoding>(query_encoding)?;
                Quantization::Binary(BinaryQuantization {
                    always_ram,
                    encoding: meant::<BinaryQuantizationEncoding>(encoding)?,
                    query_encoding: query.map(|number| BinaryQuantizationQueryEncoding {
                        variant: Some(EncodingVariant::Setting(number)),
                    }),
                    memory: meant::<Memory>(memory)?,
                })
            }
            Self::Turbo { always_ram, bits, memory } => Quantization::Turboquant(TurboQuantization {
                always_ram,
                bits: meant::<TurboQuantBitSize>(bits)?,
                memory: meant::<Memory>(memory)?,
            }),
        };
        Ok(QuantizationConfig { quantization: Some(quantization) })
    }
}
