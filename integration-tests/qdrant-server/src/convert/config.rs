//! A collection's definition as the engine needs it. The definition itself is kept as the message
//! it came in; here is only what the engine must know of it.

use std::collections::HashMap;

use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::quantization_config::Quantization;
use qdrant_client::qdrant::vectors_config::Config;
use qdrant_edge::{
    Distance, EdgeConfig, EdgeSparseVectorParams, EdgeVectorParams, Modifier, MultiVectorComparator, MultiVectorConfig,
    VectorStorageDatatype,
};
use tonic::Status;

use crate::limits;
use crate::refusal::{Answer, invalid_body, lacking, refuse, wrong_input};

/// The widest vector the server takes.
const MAX_DIMENSIONS: u64 = 65_536;

/// What cannot be honoured is refused here, so a stored definition needs no second look.
pub fn check(definition: &proto::CreateCollection) -> Answer<()> {
    name(&definition.collection_name)?;
    for (field, value) in [
        ("shard_number", definition.shard_number),
        ("replication_factor", definition.replication_factor),
        ("write_consistency_factor", definition.write_consistency_factor),
    ] {
        if value == Some(0) {
            return Err(invalid_body(field, "value 0 invalid, must be 1 or larger"));
        }
    }
    if let Some(method) = definition.sharding_method {
        proto::ShardingMethod::try_from(method)
            .map_err(|_| Status::invalid_argument(format!("Malformed sharding method: {method}")))?;
    }
    quantization(&definition.quantization_config)?;
    refuse("payload", &definition.payload)?;
    refuse("id_tracker", &definition.id_tracker)?;
    hnsw(&definition.hnsw_config)?;
    limits::check(&definition.strict_mode_config)
}

/// Whether the client says which shard a point goes to.
pub fn by_hand(definition: &proto::CreateCollection) -> bool {
    definition.sharding_method == Some(proto::ShardingMethod::Custom.into())
}

fn hnsw(given: &Option<proto::HnswConfigDiff>) -> Answer<()> {
    match given {
        Some(config) => refuse("hnsw_config.memory", &config.memory),
        None => Ok(()),
    }
}

/// Kept as it was given. It takes effect in segments above the indexing threshold, on the server
/// too, and this server leaves every segment below.
fn quantization(given: &Option<proto::QuantizationConfig>) -> Answer<()> {
    let Some(config) = given else {
        return Ok(());
    };
    match &config.quantization {
        None => Err(Status::invalid_argument("Unable to convert quantization config")),
        Some(Quantization::Scalar(scalar)) => {
            refuse("quantization_config.memory", &scalar.memory)?;
            if scalar.r#type != proto::QuantizationType::Int8 as i32 {
                return Err(Status::invalid_argument("Unknown quantization type"));
            }
            match scalar.quantile {
                Some(quantile) if !(0.5..=1.0).contains(&quantile) => Err(invalid_body(
                    "quantization_config.quantile",
                    format!("value {quantile} invalid, must be from 0.5 to 1.0"),
                )),
                Some(_) | None => Ok(()),
            }
        }
        Some(Quantization::Product(product)) => refuse("quantization_config.memory", &product.memory),
        Some(Quantization::Binary(binary)) => refuse("quantization_config.memory", &binary.memory),
        Some(Quantization::Turboquant(turbo)) => refuse("quantization_config.memory", &turbo.memory),
    }
}

/// No file name on any system may contain these, so the server takes them in no name.
const NEVER: [char; 11] = ['<', '>', ':', '"', '/', '\\', '|', '?', '*', '\0', '\u{1F}'];

/// In bytes; longer names make no folder.
const MAX_VECTOR_NAME: usize = 200;

fn name(name: &str) -> Answer<()> {
    if name.is_empty() || name.chars().count() > 255 {
        return Err(invalid_body("collection_name", "length must be between 1 and 255 characters"));
    }
    match name.chars().find(|one| NEVER.contains(one)) {
        Some(one) => Err(invalid_body("collection_name", format!("collection name cannot contain \"{one}\" char"))),
        None => Ok(()),
    }
}

/// The engine names a folder after each vector.
pub fn vector_name(name: &str, kind: &str) -> Answer<()> {
    let why = if name.len() > MAX_VECTOR_NAME {
        format!("vector name must be at most {MAX_VECTOR_NAME} bytes long")
    } else if let Some(one) = name.chars().find(|one| NEVER.contains(one)) {
        format!("vector name cannot contain \"{one}\" char")
    } else {
        return Ok(());
    };
    Err(wrong_input(format!("Invalid {kind} vector name `{name}`: {why}")))
}

pub fn to_engine(definition: &proto::CreateCollection) -> Answer<EdgeConfig> {
    let mut config = EdgeConfig::default();
    #[expect(deprecated, reason = "its successor is not known to this engine")]
    if let Some(on_disk) = definition.on_disk_payload {
        config.on_disk_payload = on_disk;
    }
    let given = definition.vectors_config.as_ref().and_then(|vectors| vectors.config.as_ref());
    config.vectors = match given {
        None => HashMap::new(),
        Some(Config::Params(params)) => HashMap::from([(String::new(), dense(params)?)]),
        Some(Config::ParamsMap(map)) => map
            .map
            .iter()
            .map(|(name, params)| {
                vector_name(name, "dense")?;
                Ok((name.clone(), dense(params)?))
            })
            .collect::<Answer<_>>()?,
    };
    if let Some(sparse_vectors) = &definition.sparse_vectors_config {
        for (name, params) in &sparse_vectors.map {
            vector_name(name, "sparse")?;
            if name.is_empty() {
                return Err(wrong_input("Sparse vector name cannot be empty"));
            }
            if config.vectors.contains_key(name) {
                return Err(wrong_input(format!(
                    "Dense and sparse vector names must be unique - duplicate found with '{name}'"
                )));
            }
            config.sparse_vectors.insert(name.clone(), sparse(params)?);
        }
    }
    Ok(config)
}

fn dense(params: &proto::VectorParams) -> Answer<EdgeVectorParams> {
    if params.size == 0 || params.size > MAX_DIMENSIONS {
        return Err(invalid_body(
            "vectors_config.config.size",
            format!("value {} invalid, must be from 1 to {MAX_DIMENSIONS}", params.size),
        ));
    }
    quantization(&params.quantization_config)?;
    refuse("vectors_config.memory", &params.memory)?;
    hnsw(&params.hnsw_config)?;
    let mut engine = EdgeVectorParams::builder(params.size as usize, distance(params.distance)?).build();
    #[expect(deprecated, reason = "its successor is not known to this engine")]
    {
        engine.on_disk = params.on_disk;
    }
    engine.datatype = params.datatype.map(datatype).transpose()?;
    engine.multivector_config = match params.multivector_config {
        None => None,
        Some(config) => match proto::MultiVectorComparator::try_from(config.comparator) {
            Ok(proto::MultiVectorComparator::MaxSim) => {
                Some(MultiVectorConfig { comparator: MultiVectorComparator::MaxSim })
            }
            Err(_) => {
                return Err(Status::invalid_argument("Unknown multi vector comparator"));
            }
        },
    };
    Ok(engine)
}

fn distance(given: i32) -> Answer<Distance> {
    match proto::Distance::try_from(given) {
        Ok(proto::Distance::Cosine) => Ok(Distance::Cosine),
        Ok(proto::Distance::Euclid) => Ok(Distance::Euclid),
        Ok(proto::Distance::Dot) => Ok(Distance::Dot),
        Ok(proto::Distance::Manhattan) => Ok(Distance::Manhattan),
        Ok(proto::Distance::UnknownDistance) => {
            Err(Status::invalid_argument("Malformed distance parameter: UnknownDistance"))
        }
        Err(_) => Err(Status::invalid_argument(format!("Malformed distance parameter, unexpected value: {given}"))),
    }
}

fn datatype(given: i32) -> Answer<VectorStorageDatatype> {
    match proto::Datatype::try_from(given) {
        Ok(proto::Datatype::Default | proto::Datatype::Float32) => Ok(VectorStorageDatatype::Float32),
        Ok(proto::Datatype::Float16) => Ok(VectorStorageDatatype::Float16),
        Ok(proto::Datatype::Uint8) => Ok(VectorStorageDatatype::Uint8),
        Ok(proto::Datatype::Turbo4 | proto::Datatype::Turbo8 | proto::Datatype::Turbo16) => {
            Err(lacking("datatype: turbo"))
        }
        Err(_) => Err(Status::invalid_argument(format!("Cannot convert datatype: {given}"))),
    }
}

fn sparse(params: &proto::SparseVectorParams) -> Answer<EdgeSparseVectorParams> {
    let mut engine = EdgeSparseVectorParams {
        full_scan_threshold: None,
        on_disk: None,
        modifier: match params.modifier.map(proto::Modifier::try_from) {
            None => None,
            Some(Ok(proto::Modifier::None)) => Some(Modifier::None),
            Some(Ok(proto::Modifier::Idf)) => Some(Modifier::Idf),
            Some(Err(_)) => return Err(Status::invalid_argument("Unknown modifier")),
        },
        datatype: None,
    };
    if let Some(index) = &params.index {
        refuse("sparse_vectors_config.index.memory", &index.memory)?;
        engine.full_scan_threshold = index.full_scan_threshold.map(|number| number as usize);
        engine.datatype = index.datatype.map(datatype).transpose()?;
        #[expect(deprecated, reason = "its successor is not known to this engine")]
        {
            engine.on_disk = index.on_disk;
        }
    }
    Ok(engine)
}
