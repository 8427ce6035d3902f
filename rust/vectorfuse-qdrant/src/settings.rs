//! The settings of a collection that options name: given when it is created, compared when it is there.
//!
//! The server's newer word for where something is kept, `memory`, is left to itself: every server knows the flags.

#![allow(deprecated)] // the flags for disk and memory

use std::collections::BTreeMap;

use qdrant_client::qdrant::quantization_config::Quantization as Quantized;
use qdrant_client::qdrant::vectors_config::Config;
use qdrant_client::qdrant::{
    self as proto, BinaryQuantization, CollectionConfig, CompressionRatio, CreateCollection, HnswConfigDiff,
    ProductQuantization, QuantizationConfig, QuantizationType, ScalarQuantization, ShardingMethod, SparseIndexConfig,
    SparseVectorParams, VectorParams,
};
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::options::{Compression, Datatype, Modifier, Options, Quantization, VectorProperties, option_of};
use vectorfuse_core::vector::VectorKind;
use vectorfuse_core::write::vector_name;

use crate::collection::{Collection, VectorSpec};
use crate::routing;

/// The properties that only a sparse vector has.
const OF_SPARSE: &[&str] = &["modifier", "index_on_disk"];
/// Properties of other stores' vectors.
const FOREIGN: &[&str] = &["index", "index_params"];
/// The servers that know a property; older ones would pass over it.
const SINCE: &[(&str, (u32, u32))] = &[("modifier", (1, 10)), ("index_on_disk", (1, 8))];

/// Properties that the vector's kind does not have, or the server does not know, are refused.
pub(crate) fn check(options: &Options, vectors: &BTreeMap<String, VectorSpec>, version: (u32, u32)) -> Result<()> {
    for (name, properties) in &options.vectors {
        let sparse = match vectors.get(name).map(|spec| spec.kind) {
            Some(VectorKind::Sparse) => true,
            Some(VectorKind::Dense | VectorKind::Multi) => false,
            None => continue,
        };
        for property in properties.given() {
            if FOREIGN.contains(&property) {
                return Err(Error::options(format!(
                    "option `{}`: Qdrant makes its own index of vectors: `{}` and `{}` say how",
                    option_of(name, property),
                    option_of(name, "hnsw_m"),
                    option_of(name, "hnsw_ef_construct")
                )));
            }
            if OF_SPARSE.contains(&property) != sparse {
                let (kind, others) = if sparse { ("sparse", "dense") } else { ("dense", "sparse") };
                return Err(Error::options(format!(
                    "option `{}`: {} is {kind}, and only {others} vectors have that property",
                    option_of(name, property),
                    vector_name(name)
                )));
            }
        }
        let datatype = match properties.datatype {
            Some(Datatype::Uint8) => Some(("datatype", (1, 9))),
            Some(Datatype::Float16) => Some(("datatype", (1, 11))),
            Some(Datatype::Float32 | Datatype::BFloat16 | Datatype::Int8 | Datatype::Binary) | None => None,
        };
        let given = properties.given();
        let gates = SINCE.iter().copied().filter(|(property, _)| given.contains(property)).chain(datatype);
        let mut gates = gates.filter(|(_, since)| version < *since);
        if let Some((property, since)) = gates.next() {
            return Err(Error::unsupported(format!(
                "option `{}` needs a server of version {}.{}, and this one has {}.{}",
                option_of(name, property),
                since.0,
                since.1,
                version.0,
                version.1
            )));
        }
    }
    Ok(())
}

/// Adds what the options say to the request that creates a collection.
pub(crate) fn apply(options: &Options, request: &mut CreateCollection) -> Result<()> {
    let named = &options.named;
    request.shard_number = named.shards.map(Into::into);
    request.replication_factor = named.replicas.map(Into::into);
    request.write_consistency_factor = named.write_consistency_factor.map(Into::into);
    request.on_disk_payload = named.on_disk_payload;
    request.sharding_method = routing::option(options).map(|_| ShardingMethod::Custom.into());
    for (name, properties) in &options.vectors {
        let dense = match request.vectors_config.as_mut().and_then(|vectors| vectors.config.as_mut()) {
            Some(Config::Params(params)) if name.is_empty() => Some(params),
            Some(Config::ParamsMap(map)) => map.map.get_mut(name),
            Some(Config::Params(_)) | None => None,
        };
        if let Some(params) = dense {
            apply_dense(name, properties, params)?;
        } else if let Some(params) = request.sparse_vectors_config.as_mut().and_then(|map| map.map.get_mut(name)) {
            apply_sparse(properties, params);
        }
    }
    Ok(())
}

fn apply_dense(name: &str, properties: &VectorProperties, params: &mut VectorParams) -> Result<()> {
    params.on_disk = properties.on_disk;
    let datatype = properties.datatype.map(|said| to_datatype(name, said)).transpose()?;
    params.datatype = datatype.map(Into::into);
    if properties.hnsw_m.is_some() || properties.hnsw_ef_construct.is_some() {
        params.hnsw_config = Some(HnswConfigDiff {
            m: properties.hnsw_m,
            ef_construct: properties.hnsw_ef_construct,
            ..HnswConfigDiff::default()
        });
    }
    let always_ram = properties.quantization_always_ram;
    let quantization = match properties.quantization {
        None | Some(Quantization::None) => None,
        Some(Quantization::Scalar) => Some(Quantized::Scalar(ScalarQuantization {
            r#type: QuantizationType::Int8.into(),
            quantile: properties.quantization_quantile,
            always_ram,
            ..ScalarQuantization::default()
        })),
        Some(Quantization::Product) => Some(Quantized::Product(ProductQuantization {
            compression: to_ratio(properties.quantization_compression.unwrap_or(Compression::X4)).into(),
            always_ram,
            ..ProductQuantization::default()
        })),
        Some(Quantization::Binary) => {
            Some(Quantized::Binary(BinaryQuantization { always_ram, ..BinaryQuantization::default() }))
        }
    };
    params.quantization_config = quantization.map(|kind| QuantizationConfig { quantization: Some(kind) });
    Ok(())
}

fn apply_sparse(properties: &VectorProperties, params: &mut SparseVectorParams) {
    if let Some(modifier) = properties.modifier {
        params.modifier = Some(to_modifier(modifier).into());
    }
    if let Some(on_disk) = properties.index_on_disk {
        let index = params.index.unwrap_or_default();
        params.index = Some(SparseIndexConfig { on_disk: Some(on_disk), ..index });
    }
}

/// What the options say of a collection that is there must be so. (Sizes and distances are compared elsewhere.)
pub(crate) fn refuse_differences(options: &Options, there: &Collection) -> Result<()> {
    let config = &there.config;
    let params = config.params.clone().unwrap_or_default();
    let named = &options.named;
    for (option, said, is) in [
        ("shards", named.shards, params.shard_number),
        ("replicas", named.replicas, params.replication_factor.unwrap_or(1)),
        ("write_consistency_factor", named.write_consistency_factor, params.write_consistency_factor.unwrap_or(1)),
    ] {
        same(option, said.map(u32::from), is)?;
    }
    same("on_disk_payload", named.on_disk_payload, params.on_disk_payload)?;
    let dense = params.vectors_config.and_then(|vectors| vectors.config);
    for (name, properties) in &options.vectors {
        let dense = match &dense {
            Some(Config::Params(params)) if name.is_empty() => Some(params),
            Some(Config::ParamsMap(map)) => map.map.get(name),
            Some(Config::Params(_)) | None => None,
        };
        if let Some(params) = dense {
            same_dense(name, properties, params, config)?;
        } else if let Some(params) = params.sparse_vectors_config.as_ref().and_then(|map| map.map.get(name)) {
            same(&option_of(name, "modifier"), properties.modifier.map(to_modifier), params.modifier())?;
            let on_disk = params.index.and_then(|index| index.on_disk).unwrap_or(false);
            same(&option_of(name, "index_on_disk"), properties.index_on_disk, on_disk)?;
        }
    }
    Ok(())
}

fn same_dense(
    name: &str,
    properties: &VectorProperties,
    params: &VectorParams,
    config: &CollectionConfig,
) -> Result<()> {
    let option = |property: &str| option_of(name, property);
    let datatype = match params.datatype() {
        proto::Datatype::Default => proto::Datatype::Float32,
        other => other,
    };
    let said = properties.datatype.map(|said| to_datatype(name, said)).transpose()?;
    same(&option("datatype"), said, datatype)?;
    same(&option("on_disk"), properties.on_disk, params.on_disk.unwrap_or(false))?;
    // What a vector does not say for itself, the collection says.
    let own = params.hnsw_config.unwrap_or_default();
    let common = config.hnsw_config.unwrap_or_default();
    same_or_unsaid(&option("hnsw_m"), properties.hnsw_m, own.m.or(common.m))?;
    same_or_unsaid(
        &option("hnsw_ef_construct"),
        properties.hnsw_ef_construct,
        own.ef_construct.or(common.ef_construct),
    )?;
    let is = params.quantization_config.or(config.quantization_config).and_then(|config| config.quantization);
    let (kind, always_ram, quantile, ratio) = match &is {
        None => (Some(Quantization::None), None, None, None),
        Some(Quantized::Scalar(scalar)) => (Some(Quantization::Scalar), scalar.always_ram, scalar.quantile, None),
        Some(Quantized::Product(product)) => {
            (Some(Quantization::Product), product.always_ram, None, Some(product.compression()))
        }
        Some(Quantized::Binary(binary)) => (Some(Quantization::Binary), binary.always_ram, None, None),
        Some(Quantized::Turboquant(turbo)) => (None, turbo.always_ram, None, None),
    };
    same_or_unsaid(&option("quantization"), properties.quantization, kind)?;
    same(&option("quantization_always_ram"), properties.quantization_always_ram, always_ram.unwrap_or(false))?;
    same_or_unsaid(&option("quantization_quantile"), properties.quantization_quantile, quantile)?;
    let said = properties.quantization_compression.map(to_ratio);
    same_or_unsaid(&option("quantization_compression"), said, ratio)
}

fn same<T: PartialEq + std::fmt::Debug>(option: &str, said: Option<T>, is: T) -> Result<()> {
    same_or_unsaid(option, said, Some(is))
}

fn same_or_unsaid<T: PartialEq + std::fmt::Debug>(option: &str, said: Option<T>, is: Option<T>) -> Result<()> {
    match said {
        Some(said) if Some(&said) != is.as_ref() => {
            let is = is.map_or_else(|| "another setting".to_owned(), |is| format!("{is:?}").to_lowercase());
            let said = format!("{said:?}").to_lowercase();
            Err(Error::options(format!(
                "option `{option}` is `{said}`, and the collection has {is}: correct it, or overwrite with `overwrite` = `recreate`"
            )))
        }
        Some(_) | None => Ok(()),
    }
}

pub(crate) fn to_datatype(vector: &str, datatype: Datatype) -> Result<proto::Datatype> {
    Ok(match datatype {
        Datatype::Float32 => proto::Datatype::Float32,
        Datatype::Float16 => proto::Datatype::Float16,
        Datatype::Uint8 => proto::Datatype::Uint8,
        Datatype::BFloat16 | Datatype::Int8 | Datatype::Binary => {
            return Err(Error::options(format!(
                "option `{}` is `{datatype}`, as which Qdrant keeps no vectors: say `float32`, `float16` or `uint8`",
                option_of(vector, "datatype")
            )));
        }
    })
}

fn to_modifier(modifier: Modifier) -> proto::Modifier {
    match modifier {
        Modifier::None => proto::Modifier::None,
        Modifier::Idf => proto::Modifier::Idf,
    }
}

fn to_ratio(compression: Compression) -> CompressionRatio {
    match compression {
        Compression::X4 => CompressionRatio::X4,
        Compression::X8 => CompressionRatio::X8,
        Compression::X16 => CompressionRatio::X16,
        Compression::X32 => CompressionRatio::X32,
        Compression::X64 => CompressionRatio::X64,
    }
}
