//! What a collection is made of: its vectors, its payload indexes and the schema that VectorFuse keeps with it.

use std::collections::{BTreeMap, HashMap};

use qdrant_client::qdrant::value::Kind;
use qdrant_client::qdrant::vectors_config::Config;
use qdrant_client::qdrant::{
    CollectionConfig, CollectionInfo, CreateCollection, Datatype, Distance, MultiVectorComparator, MultiVectorConfig,
    PayloadSchemaInfo, PayloadSchemaType, SparseVectorConfig, SparseVectorParams, Value, VectorParams, VectorParamsMap,
    VectorsConfig,
};
use serde::{Deserialize, Serialize};
use vectorfuse_core::claims::{self, Kinds};
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::options::{self, Options};
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::table::Column;
use vectorfuse_core::vector::VectorKind;

use crate::alias::SWAPPED_KEY;
use crate::creation::MADE_FOR_KEY;
use crate::settings;

/// The entry of the collection's metadata that holds the kept schema.
pub(crate) const METADATA_KEY: &str = "vectorfuse";
/// Older servers take the metadata of a collection and forget it.
pub(crate) const METADATA_SINCE: (u32, u32) = (1, 16);

/// A collection that is there.
#[derive(Debug)]
pub(crate) struct Collection {
    /// The vectors by name; the unnamed one has the empty name.
    pub(crate) vectors: BTreeMap<String, VectorSpec>,
    /// The types that payload indexes say their fields have, by the fields' paths as the server writes them.
    pub(crate) indexes: BTreeMap<String, SparkType>,
    /// The schema of the DataFrames that were written.
    pub(crate) kept: Option<Vec<Column>>,
    /// The indexes of its payload, as the server describes them.
    pub(crate) payload_schema: HashMap<String, PayloadSchemaInfo>,
    /// Its settings, as the server describes them.
    pub(crate) config: CollectionConfig,
    /// The alias that it has been behind, if `overwrite` = `swap` made it.
    pub(crate) swapped: Option<String>,
    /// The write that it was made for, if that write needed a new one.
    pub(crate) made_for: Option<String>,
}

/// One vector of a collection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VectorSpec {
    /// The number of dimensions; `None` before the data has said it, and for sparse vectors, which have none.
    pub(crate) size: Option<u64>,
    /// How two of them are compared; sparse ones always by their inner product.
    pub(crate) distance: options::Distance,
    /// What it is made of.
    #[serde(default)]
    pub(crate) kind: VectorKind,
    /// As what the server keeps its numbers.
    #[serde(default)]
    pub(crate) numbers: Numbers,
}

/// As what a server keeps the numbers of a vector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Numbers {
    /// As 32-bit floats: as they are sent.
    #[default]
    Exact,
    /// In fewer bits: rounded.
    Rounded,
    /// As 16-bit floats: rounded, and beyond [`LARGEST_HALF`] infinite.
    Halves,
    /// As integers from 0 to 255.
    Bytes,
}

/// The largest number of a 16-bit float, and the least that rounds to an infinite one: half a step further.
pub(crate) const LARGEST_HALF: f32 = 65504.0;
const LEAST_INFINITE: f32 = 65520.0;

/// What is kept in the metadata, as JSON text.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    version: u32,
    columns: Vec<Column>,
}

impl Collection {
    /// Reads the server's description.
    pub(crate) fn from_info(info: CollectionInfo) -> Result<Self> {
        let config = info.config.unwrap_or_default();
        let params = config.params.clone().unwrap_or_default();
        let all: HashMap<String, VectorParams> = match params.vectors_config.and_then(|vectors| vectors.config) {
            Some(Config::Params(single)) => [(String::new(), single)].into(),
            Some(Config::ParamsMap(named)) => named.map,
            None => HashMap::new(),
        };
        let mut vectors = BTreeMap::new();
        for (name, params) in all {
            let distance = from_distance(params.distance())?;
            let kind = if params.multivector_config.is_some() { VectorKind::Multi } else { VectorKind::Dense };
            let numbers = numbers(params.datatype());
            vectors.insert(name, VectorSpec { size: Some(params.size), distance, kind, numbers });
        }
        let sparse = params.sparse_vectors_config.into_iter().flat_map(|sparse| sparse.map.into_keys());
        vectors.extend(sparse.map(|name| (name, VectorSpec::sparse())));
        let indexes = info.payload_schema.iter();
        let indexes = indexes.filter_map(|(field, index)| Some((field.clone(), indexed_type(index.data_type())?)));
        let kept = config.metadata.get(METADATA_KEY).map(read_kept).transpose()?;
        let swapped = config.metadata.get(SWAPPED_KEY).and_then(Value::as_str).cloned();
        let made_for = config.metadata.get(MADE_FOR_KEY).and_then(Value::as_str).cloned();
        let indexes = indexes.collect();
        Ok(Self { vectors, indexes, kept, payload_schema: info.payload_schema, config, swapped, made_for })
    }

    /// What each vector is made of.
    pub(crate) fn kinds(&self) -> Kinds {
        self.vectors.iter().map(|(name, spec)| (name.clone(), spec.kind)).collect()
    }
}

impl VectorSpec {
    fn sparse() -> Self {
        let (distance, kind) = (options::Distance::Dot, VectorKind::Sparse);
        Self { size: None, distance, kind, numbers: Numbers::Exact }
    }

    /// Whether the number of dimensions is yet to be found out.
    pub(crate) fn lacks_size(&self) -> bool {
        self.size.is_none() && self.kind != VectorKind::Sparse
    }

    /// Whether the server keeps its numbers in fewer bits than they have.
    pub(crate) fn is_rounded(&self) -> bool {
        matches!(self.numbers, Numbers::Rounded | Numbers::Halves)
    }

    /// Whether the server can keep this number as one: with Cosine it makes numbers small before.
    pub(crate) fn holds(&self, number: f32) -> bool {
        match self.numbers {
            Numbers::Exact | Numbers::Rounded => true,
            Numbers::Halves => self.distance == options::Distance::Cosine || number.abs() < LEAST_INFINITE,
            Numbers::Bytes => number.fract() == 0.0 && (0.0..=255.0).contains(&number),
        }
    }

    /// Whether the server gives back the numbers that it was given.
    pub(crate) fn is_exact(&self) -> bool {
        self.distance != options::Distance::Cosine && !self.is_rounded()
    }
}

/// The vectors of a collection that is to be created for these columns.
pub(crate) fn planned_vectors(options: &Options, columns: &[Column]) -> Result<BTreeMap<String, VectorSpec>> {
    let mut vectors = BTreeMap::new();
    for column in columns {
        let Some((name, kind)) = claims::created(options, column) else { continue };
        let properties = options.vectors.get(name);
        let spec = match (kind, properties) {
            (VectorKind::Sparse, _) => VectorSpec::sparse(),
            (VectorKind::Dense | VectorKind::Multi, properties) => {
                let properties = properties.cloned().unwrap_or_default();
                let distance = properties.distance.or(options.named.distance).unwrap_or(options::Distance::Cosine);
                to_distance(distance)?;
                let datatype = properties.datatype.map(|said| settings::to_datatype(name, said)).transpose()?;
                let numbers = datatype.map_or(Numbers::Exact, numbers);
                VectorSpec { size: properties.size, distance, kind, numbers }
            }
        };
        vectors.insert(name.to_owned(), spec);
    }
    if let Some(stranger) = options.vectors.keys().find(|name| !vectors.contains_key(*name)) {
        let option = if stranger.is_empty() { "vector.…".to_owned() } else { format!("vector.{stranger}.…") };
        return Err(Error::options(format!(
            "option `{option}`: no column holds {}",
            vectorfuse_core::write::vector_name(stranger)
        )));
    }
    Ok(vectors)
}

/// The request that creates a collection; `None` as long as a size is not known.
pub(crate) fn creation(vectors: &BTreeMap<String, VectorSpec>, kept: &[Column]) -> Result<Option<CreateCollection>> {
    let (mut params, mut sparse) = (HashMap::new(), HashMap::new());
    for (name, spec) in vectors {
        let multivector_config = match spec.kind {
            VectorKind::Sparse => {
                sparse.insert(name.clone(), SparseVectorParams::default());
                continue;
            }
            VectorKind::Dense => None,
            VectorKind::Multi => Some(MultiVectorConfig { comparator: MultiVectorComparator::MaxSim.into() }),
        };
        let Some(size) = spec.size else { return Ok(None) };
        let distance = to_distance(spec.distance)?.into();
        params.insert(name.clone(), VectorParams { size, distance, multivector_config, ..VectorParams::default() });
    }
    let config = match params.remove("") {
        Some(unnamed) if params.is_empty() => Config::Params(unnamed),
        Some(_) => {
            return Err(Error::options("a collection has either one unnamed vector or named ones: give each a name"));
        }
        None => Config::ParamsMap(VectorParamsMap { map: params }),
    };
    Ok(Some(CreateCollection {
        vectors_config: Some(VectorsConfig { config: Some(config) }),
        sparse_vectors_config: (!sparse.is_empty()).then_some(SparseVectorConfig { map: sparse }),
        metadata: [(METADATA_KEY.to_owned(), kept_value(kept)?)].into(),
        ..CreateCollection::default()
    }))
}

/// The metadata's value for a kept schema.
pub(crate) fn kept_value(columns: &[Column]) -> Result<Value> {
    let text = serde_json::to_string(&Kept { version: 1, columns: columns.to_vec() });
    let text = text.map_err(|error| Error::internal("the schema can't be written").caused_by(error))?;
    Ok(Value { kind: Some(Kind::StringValue(text)) })
}

fn read_kept(value: &Value) -> Result<Vec<Column>> {
    let broken =
        "the schema that is kept with the collection can't be read: it was written by a newer VectorFuse, or changed";
    let Some(Kind::StringValue(text)) = &value.kind else { return Err(Error::data(broken)) };
    let kept: Kept = serde_json::from_str(text).map_err(|error| Error::data(broken).caused_by(error))?;
    if kept.version != 1 {
        return Err(Error::unsupported(broken));
    }
    Ok(kept.columns)
}

fn numbers(datatype: Datatype) -> Numbers {
    match datatype {
        Datatype::Default | Datatype::Float32 => Numbers::Exact,
        Datatype::Uint8 => Numbers::Bytes,
        Datatype::Float16 => Numbers::Halves,
        Datatype::Turbo4 | Datatype::Turbo8 | Datatype::Turbo16 => Numbers::Rounded,
    }
}

fn to_distance(distance: options::Distance) -> Result<Distance> {
    Ok(match distance {
        options::Distance::Cosine => Distance::Cosine,
        options::Distance::Euclid => Distance::Euclid,
        options::Distance::Dot => Distance::Dot,
        options::Distance::Manhattan => Distance::Manhattan,
        options::Distance::Hamming | options::Distance::Jaccard => {
            return Err(Error::options(format!(
                "option `distance` is `{distance}`, which compares binary vectors, and Qdrant has none: say `cosine`, \
                 `euclid`, `dot` or `manhattan`"
            )));
        }
    })
}

fn from_distance(distance: Distance) -> Result<options::Distance> {
    Ok(match distance {
        Distance::Cosine => options::Distance::Cosine,
        Distance::Euclid => options::Distance::Euclid,
        Distance::Dot => options::Distance::Dot,
        Distance::Manhattan => options::Distance::Manhattan,
        Distance::UnknownDistance => return Err(Error::unsupported("the collection has a distance that is not known")),
    })
}

/// The type of the values of a payload index; `None` where it says nothing that a sample would not.
fn indexed_type(index: PayloadSchemaType) -> Option<SparkType> {
    match index {
        PayloadSchemaType::Keyword | PayloadSchemaType::Text | PayloadSchemaType::Uuid => Some(SparkType::string()),
        PayloadSchemaType::Integer => Some(SparkType::Long),
        PayloadSchemaType::Float => Some(SparkType::Double),
        PayloadSchemaType::Bool => Some(SparkType::Boolean),
        PayloadSchemaType::Datetime => Some(SparkType::Timestamp),
        PayloadSchemaType::Geo | PayloadSchemaType::UnknownType => None,
    }
}
