//! Definitions of collections: the JSON that makes or changes one, as the message that is kept, and
//! back again for a collection's info.

use std::collections::BTreeMap;

use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::quantization_config::Quantization;
use qdrant_client::qdrant::{quantization_config_diff, vectors_config};
use qdrant_edge::{
    BinaryQuantizationEncoding, BinaryQuantizationQueryEncoding, CompressionRatio, Distance, Modifier,
    MultiVectorConfig, Payload, QuantizationConfig, VectorStorageDatatype,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Refused;
use super::settings::{CollectionParamsDiff, HnswConfigDiff, OptimizersConfigDiff, StrictModeConfig, WalConfigDiff};
use crate::convert::payload;
use crate::refusal::lacking;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Create {
    vectors: Option<Vectors>,
    sparse_vectors: Option<BTreeMap<String, Sparse>>,
    shard_number: Option<u32>,
    sharding_method: Option<Sharding>,
    replication_factor: Option<u32>,
    write_consistency_factor: Option<u32>,
    on_disk_payload: Option<bool>,
    hnsw_config: Option<HnswConfigDiff>,
    wal_config: Option<WalConfigDiff>,
    #[serde(alias = "optimizer_config")]
    optimizers_config: Option<OptimizersConfigDiff>,
    #[serde(alias = "quantization")]
    quantization_config: Option<QuantizationConfig>,
    strict_mode_config: Option<StrictModeConfig>,
    metadata: Option<Payload>,
}

impl Create {
    pub fn named(self, collection_name: String) -> Result<proto::CreateCollection, Refused> {
        #[expect(deprecated, reason = "the server of this version knows no successor")]
        Ok(proto::CreateCollection {
            collection_name,
            vectors_config: self.vectors.map(Vectors::into_message).transpose()?,
            sparse_vectors_config: self.sparse_vectors.map(|named| proto::SparseVectorConfig {
                map: named.into_iter().map(|(name, params)| (name, params.into_message())).collect(),
            }),
            shard_number: self.shard_number,
            sharding_method: self.sharding_method.map(|method| proto::ShardingMethod::from(method).into()),
            replication_factor: self.replication_factor,
            write_consistency_factor: self.write_consistency_factor,
            on_disk_payload: self.on_disk_payload,
            hnsw_config: self.hnsw_config.map(Into::into),
            wal_config: self.wal_config.map(Into::into),
            optimizers_config: self.optimizers_config.map(Into::into),
            quantization_config: self.quantization_config.map(quantization).transpose()?,
            strict_mode_config: self.strict_mode_config.map(Into::into),
            metadata: self.metadata.map(payload::from_engine).unwrap_or_default(),
            timeout: None,
            payload: None,
            id_tracker: None,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Update {
    vectors: Option<Value>,
    sparse_vectors: Option<Value>,
    params: Option<CollectionParamsDiff>,
    hnsw_config: Option<HnswConfigDiff>,
    #[serde(alias = "optimizer_config")]
    optimizers_config: Option<OptimizersConfigDiff>,
    quantization_config: Option<Quantized>,
    strict_mode_config: Option<StrictModeConfig>,
    metadata: Option<Payload>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Quantized {
    Disabled(Disabled),
    With(QuantizationConfig),
}

#[derive(Deserialize)]
enum Disabled {
    Disabled,
}

impl Update {
    pub fn named(self, collection_name: String) -> Result<proto::UpdateCollection, Refused> {
        if self.vectors.is_some() {
            return Err(lacking("vectors").into());
        }
        if self.sparse_vectors.is_some() {
            return Err(lacking("sparse_vectors").into());
        }
        Ok(proto::UpdateCollection {
            collection_name,
            params: self.params.map(Into::into),
            hnsw_config: self.hnsw_config.map(Into::into),
            optimizers_config: self.optimizers_config.map(Into::into),
            quantization_config: self.quantization_config.map(change).transpose()?,
            strict_mode_config: self.strict_mode_config.map(Into::into),
            metadata: self.metadata.map(payload::from_engine).unwrap_or_default(),
            ..Default::default()
        })
    }
}

fn change(given: Quantized) -> Result<proto::QuantizationConfigDiff, Refused> {
    use quantization_config_diff::Quantization as Change;
    let quantization = match given {
        Quantized::Disabled(Disabled::Disabled) => Some(Change::Disabled(proto::Disabled {})),
        Quantized::With(config) => quantization(config)?.quantization.map(|config| match config {
            Quantization::Scalar(config) => Change::Scalar(config),
            Quantization::Product(config) => Change::Product(config),
            Quantization::Binary(config) => Change::Binary(config),
            Quantization::Turboquant(config) => Change::Turboquant(config),
        }),
    };
    Ok(proto::QuantizationConfigDiff { quantization })
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sharding {
    Auto,
    Custom,
}

impl From<Sharding> for proto::ShardingMethod {
    fn from(given: Sharding) -> Self {
        match given {
            Sharding::Auto => Self::Auto,
            Sharding::Custom => Self::Custom,
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Vectors {
    One(Dense),
    Named(BTreeMap<String, Dense>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dense {
    size: u64,
    distance: Distance,
    hnsw_config: Option<HnswConfigDiff>,
    #[serde(alias = "quantization")]
    quantization_config: Option<QuantizationConfig>,
    on_disk: Option<bool>,
    datatype: Option<VectorStorageDatatype>,
    multivector_config: Option<MultiVectorConfig>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sparse {
    index: Option<SparseIndex>,
    modifier: Option<Modifier>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SparseIndex {
    full_scan_threshold: Option<u64>,
    on_disk: Option<bool>,
    datatype: Option<VectorStorageDatatype>,
}

impl Vectors {
    fn into_message(self) -> Result<proto::VectorsConfig, Refused> {
        let config = match self {
            Self::One(params) => vectors_config::Config::Params(params.into_message()?),
            Self::Named(named) => vectors_config::Config::ParamsMap(proto::VectorParamsMap {
                map: named
                    .into_iter()
                    .map(|(name, params)| Ok((name, params.into_message()?)))
                    .collect::<Result<_, Refused>>()?,
            }),
        };
        Ok(proto::VectorsConfig { config: Some(config) })
    }
}

impl Dense {
    #[expect(deprecated, reason = "the server of this version knows no successor")]
    fn into_message(self) -> Result<proto::VectorParams, Refused> {
        Ok(proto::VectorParams {
            size: self.size,
            distance: i32::from(match self.distance {
                Distance::Cosine => proto::Distance::Cosine,
                Distance::Euclid => proto::Distance::Euclid,
                Distance::Dot => proto::Distance::Dot,
                Distance::Manhattan => proto::Distance::Manhattan,
            }),
            hnsw_config: self.hnsw_config.map(Into::into),
            quantization_config: self.quantization_config.map(quantization).transpose()?,
            on_disk: self.on_disk,
            datatype: self.datatype.map(datatype),
            multivector_config: self
                .multivector_config
                .map(|_| proto::MultiVectorConfig { comparator: proto::MultiVectorComparator::MaxSim.into() }),
            memory: None,
        })
    }
}

impl Sparse {
    #[expect(deprecated, reason = "the server of this version knows no successor")]
    fn into_message(self) -> proto::SparseVectorParams {
        proto::SparseVectorParams {
            index: self.index.map(|index| proto::SparseIndexConfig {
                full_scan_threshold: index.full_scan_threshold,
                on_disk: index.on_disk,
                datatype: index.datatype.map(datatype),
                memory: None,
            }),
            modifier: self.modifier.map(|modifier| {
                i32::from(match modifier {
                    Modifier::None => proto::Modifier::None,
                    Modifier::Idf => proto::Modifier::Idf,
                })
            }),
        }
    }
}

fn datatype(given: VectorStorageDatatype) -> i32 {
    i32::from(match given {
        VectorStorageDatatype::Float32 => proto::Datatype::Float32,
        VectorStorageDatatype::Float16 => proto::Datatype::Float16,
        VectorStorageDatatype::Uint8 => proto::Datatype::Uint8,
        VectorStorageDatatype::Turbo4 => proto::Datatype::Turbo4,
    })
}

#[expect(deprecated, reason = "the server of this version knows no successor")]
fn quantization(given: QuantizationConfig) -> Result<proto::QuantizationConfig, Refused> {
    use proto::binary_quantization_query_encoding::{Setting, Variant};
    let quantization = match given {
        QuantizationConfig::Scalar(given) => Quantization::Scalar(proto::ScalarQuantization {
            r#type: proto::QuantizationType::Int8.into(),
            quantile: given.scalar.quantile,
            always_ram: given.scalar.always_ram,
            memory: None,
        }),
        QuantizationConfig::Product(given) => Quantization::Product(proto::ProductQuantization {
            compression: i32::from(match given.product.compression {
                CompressionRatio::X4 => proto::CompressionRatio::X4,
                CompressionRatio::X8 => proto::CompressionRatio::X8,
                CompressionRatio::X16 => proto::CompressionRatio::X16,
                CompressionRatio::X32 => proto::CompressionRatio::X32,
                CompressionRatio::X64 => proto::CompressionRatio::X64,
            }),
            always_ram: given.product.always_ram,
            memory: None,
        }),
        QuantizationConfig::Binary(given) => Quantization::Binary(proto::BinaryQuantization {
            always_ram: given.binary.always_ram,
            encoding: given.binary.encoding.map(|encoding| {
                i32::from(match encoding {
                    BinaryQuantizationEncoding::OneBit => proto::BinaryQuantizationEncoding::OneBit,
                    BinaryQuantizationEncoding::TwoBits => proto::BinaryQuantizationEncoding::TwoBits,
                    BinaryQuantizationEncoding::OneAndHalfBits => proto::BinaryQuantizationEncoding::OneAndHalfBits,
                })
            }),
            query_encoding: given.binary.query_encoding.map(|encoding| proto::BinaryQuantizationQueryEncoding {
                variant: Some(Variant::Setting(i32::from(match encoding {
                    BinaryQuantizationQueryEncoding::Default => Setting::Default,
                    BinaryQuantizationQueryEncoding::Binary => Setting::Binary,
                    BinaryQuantizationQueryEncoding::Scalar4Bits => Setting::Scalar4Bits,
                    BinaryQuantizationQueryEncoding::Scalar8Bits => Setting::Scalar8Bits,
                }))),
            }),
            memory: None,
        }),
        QuantizationConfig::Turbo(_) => return Err(lacking("quantization_config.turbo").into()),
    };
    Ok(proto::QuantizationConfig { quantization: Some(quantization) })
}

/// What is kept, as JSON.
pub fn vectors(kept: proto::VectorsConfig) -> Value {
    match kept.config {
        None => json!({}),
        Some(vectors_config::Config::Params(params)) => dense(params),
        Some(vectors_config::Config::ParamsMap(named)) => {
            named.map.into_iter().map(|(name, params)| (name, dense(params))).collect()
        }
    }
}

#[expect(deprecated, reason = "the server of this version knows no successor")]
fn dense(kept: proto::VectorParams) -> Value {
    said([
        ("size", json!(kept.size)),
        ("distance", json!(kept.distance().as_str_name())),
        ("hnsw_config", json!(kept.hnsw_config.map(HnswConfigDiff::from))),
        ("quantization_config", json!(kept.quantization_config.map(described))),
        ("on_disk", json!(kept.on_disk)),
        ("datatype", datatype_name(kept.datatype())),
        ("multivector_config", json!(kept.multivector_config.map(|_| json!({ "comparator": "max_sim" })))),
    ])
}

#[expect(deprecated, reason = "the server of this version knows no successor")]
pub fn sparse(kept: proto::SparseVectorParams) -> Value {
    let index = kept.index.map(|index| {
        said([
            ("full_scan_threshold", json!(index.full_scan_threshold)),
            ("on_disk", json!(index.on_disk)),
            ("datatype", datatype_name(index.datatype())),
        ])
    });
    let modifier = kept.modifier.map(|_| kept.modifier().as_str_name().to_lowercase());
    said([("index", json!(index)), ("modifier", json!(modifier))])
}

#[expect(deprecated, reason = "the server of this version knows no successor")]
pub fn described(kept: proto::QuantizationConfig) -> Value {
    use proto::binary_quantization_query_encoding::{Setting, Variant};
    match kept.quantization {
        None => Value::Null,
        Some(Quantization::Scalar(kept)) => json!({ "scalar": said([
            ("type", json!("int8")),
            ("quantile", json!(kept.quantile)),
            ("always_ram", json!(kept.always_ram)),
        ]) }),
        Some(Quantization::Product(kept)) => json!({ "product": said([
            ("compression", json!(kept.compression().as_str_name())),
            ("always_ram", json!(kept.always_ram)),
        ]) }),
        Some(Quantization::Binary(kept)) => json!({ "binary": said([
            ("always_ram", json!(kept.always_ram)),
            ("encoding", json!(kept.encoding.map(|_| match kept.encoding() {
                proto::BinaryQuantizationEncoding::OneBit => "one_bit",
                proto::BinaryQuantizationEncoding::TwoBits => "two_bits",
                proto::BinaryQuantizationEncoding::OneAndHalfBits => "one_and_half_bits",
            }))),
            ("query_encoding", json!(kept.query_encoding.and_then(|encoding| encoding.variant).map(
                |Variant::Setting(setting)| match Setting::try_from(setting) {
                    Ok(Setting::Binary) => "binary",
                    Ok(Setting::Scalar4Bits) => "scalar4bits",
                    Ok(Setting::Scalar8Bits) => "scalar8bits",
                    Ok(Setting::Default) | Err(_) => "default",
                }
            ))),
        ]) }),
        Some(Quantization::Turboquant(kept)) => json!({ "turbo": said([("always_ram", json!(kept.always_ram))]) }),
    }
}

/// REST has no word for a datatype that is left to the server.
fn datatype_name(kept: proto::Datatype) -> Value {
    if kept == proto::Datatype::Default { Value::Null } else { json!(kept.as_str_name().to_lowercase()) }
}

/// An object of what has a value.
pub fn said<const N: usize>(fields: [(&str, Value); N]) -> Value {
    fields.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value)).collect()
}
