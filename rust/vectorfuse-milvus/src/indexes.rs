//! Indexes: of each vector of a collection that is created, without which no server searches or loads it, and of those
//! fields that the options name.

use serde_json::{Map, Value};
use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::options::{Distance, IndexKind, Options, VectorIndex, VectorProperties, option_of};

use crate::api::Api;
use crate::api::proto::{CreateIndexRequest, IndexDescription};
use crate::collection::{Collection, Field, FieldType, ScalarType, VectorType};
use crate::creation::pair;
use crate::version::{INVERTED_INDEX, Version};

/// HNSW's parameters where the options say one or none: those of newer servers; older ones want both said.
const HNSW: [(&str, u64); 2] = [("M", 30), ("efConstruction", 360)];
/// The clusters of an IVF index, where the options do not say: those of newer servers.
const CLUSTERS: u64 = 128;

/// An index that a write needs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Index {
    field: String,
    /// The option that asks for it, for messages.
    option: String,
    /// Its type by Milvus's name; `None`: the server's own for the field.
    kind: Option<&'static str>,
    /// Whether the options name the type, so that another one is an error.
    kind_is_said: bool,
    /// Of a vector: how two of them are compared, and whether the options say it.
    metric: Option<(&'static str, bool)>,
    params: Map<String, Value>,
    /// Those of the parameters that the options name.
    said: Vec<String>,
}

/// The indexes of a collection that this write creates.
pub(crate) fn of_created(options: &Options, collection: &Collection) -> Result<Vec<Index>> {
    let vectors = collection.fields.iter().filter_map(|field| Some((field, field.data_type.vector()?)));
    let vectors = vectors.map(|(field, kind)| of_vector(options, field, kind, true));
    vectors.chain(scalars(options, collection)).collect()
}

/// The indexes that the options speak of, of a collection that is there.
pub(crate) fn of_there(options: &Options, collection: &Collection) -> Result<Vec<Index>> {
    let vectors = collection.fields.iter().filter_map(|field| Some((field, field.data_type.vector()?)));
    let spoken = |field: &Field| {
        options.named.distance.is_some() || options.vectors.get(&field.name).is_some_and(speaks_of_index)
    };
    let vectors = vectors.filter(|(field, _)| spoken(field));
    let vectors = vectors.map(|(field, kind)| of_vector(options, field, kind, false));
    vectors.chain(scalars(options, collection)).collect()
}

fn speaks_of_index(properties: &VectorProperties) -> bool {
    properties.distance.is_some()
        || properties.index.is_some()
        || properties.index_params.is_some()
        || properties.hnsw_m.is_some()
        || properties.hnsw_ef_construct.is_some()
}

fn of_vector(options: &Options, field: &Field, kind: VectorType, is_new: bool) -> Result<Index> {
    let properties = options.vectors.get(&field.name).cloned().unwrap_or_default();
    let metric = metric(options, &properties, &field.name, kind)?;
    let said = [("M", properties.hnsw_m), ("efConstruction", properties.hnsw_ef_construct)];
    let speaks_of_hnsw = said.iter().any(|(_, said)| said.is_some());
    let index = match properties.index {
        None if speaks_of_hnsw => Some(VectorIndex::Hnsw),
        Some(index) if speaks_of_hnsw && index != VectorIndex::Hnsw => {
            return Err(Error::options(format!(
                "options `{}` and `{}` say something of an index of the type `hnsw`, not `{index}`",
                option_of(&field.name, "hnsw_m"),
                option_of(&field.name, "hnsw_ef_construct")
            )));
        }
        other => other,
    };
    let chosen = index.unwrap_or(VectorIndex::Auto);
    if !has_index(kind, chosen) {
        return Err(Error::options(format!(
            "option `{}` is `{chosen}`, which is no index for {}",
            option_of(&field.name, "index"),
            field.data_type.name()
        )));
    }
    let mut params: Map<String, Value> = match &properties.index_params {
        Some(text) => serde_json::from_str(text).map_err(|error| {
            Error::options(format!("option `{}`: expected a JSON object", option_of(&field.name, "index_params")))
                .caused_by(error)
        })?,
        None => Map::new(),
    };
    let said = said.into_iter().filter_map(|(name, said)| Some((name.to_owned(), Value::from(said?))));
    for (name, value) in said {
        if params.insert(name.clone(), value).is_some() {
            return Err(Error::options(format!(
                "option `{}` names `{name}`, which has an option of its own: give it once",
                option_of(&field.name, "index_params")
            )));
        }
    }
    let said: Vec<String> = params.keys().cloned().collect();
    if is_new {
        let defaults: &[(&str, u64)] = match chosen {
            VectorIndex::Hnsw => &HNSW,
            VectorIndex::IvfFlat
            | VectorIndex::IvfSq8
            | VectorIndex::IvfPq
            | VectorIndex::Scann
            | VectorIndex::BinIvfFlat => &[("nlist", CLUSTERS)],
            VectorIndex::Auto
            | VectorIndex::Flat
            | VectorIndex::DiskAnn
            | VectorIndex::BinFlat
            | VectorIndex::SparseInvertedIndex
            | VectorIndex::SparseWand => &[],
        };
        for (name, value) in defaults {
            params.entry(*name).or_insert_with(|| Value::from(*value));
        }
    }
    Ok(Index {
        field: field.name.clone(),
        option: option_of(&field.name, "index"),
        kind: Some(vector_name(chosen, kind)),
        kind_is_said: index.is_some(),
        metric: Some(metric),
        params,
        said,
    })
}

/// How two vectors are compared, by Milvus's name, and whether the options say so.
fn metric(
    options: &Options,
    properties: &VectorProperties,
    field: &str,
    kind: VectorType,
) -> Result<(&'static str, bool)> {
    let own = properties.distance.map(|said| (said, option_of(field, "distance")));
    // The distance of all vectors is that of dense ones: a sparse one has only one.
    let common =
        options.named.distance.filter(|_| kind != VectorType::Sparse).map(|said| (said, "distance".to_owned()));
    let default = match kind {
        VectorType::Sparse => "IP",
        VectorType::Binary => "HAMMING",
        VectorType::Float | VectorType::Float16 | VectorType::BFloat16 | VectorType::Int8 => "COSINE",
    };
    let Some((said, option)) = own.or(common) else { return Ok((default, false)) };
    let name = match (said, kind) {
        (Distance::Hamming, VectorType::Binary) => Some("HAMMING"),
        (Distance::Jaccard, VectorType::Binary) => Some("JACCARD"),
        (_, VectorType::Binary) => None,
        (Distance::Dot, _) => Some("IP"),
        (_, VectorType::Sparse) => None,
        (Distance::Cosine, _) => Some("COSINE"),
        (Distance::Euclid, _) => Some("L2"),
        (Distance::Manhattan | Distance::Hamming | Distance::Jaccard, _) => None,
    };
    let name = name.ok_or_else(|| {
        let expected = match kind {
            VectorType::Binary => "`hamming` or `jaccard`",
            VectorType::Sparse => "`dot`",
            VectorType::Float | VectorType::Float16 | VectorType::BFloat16 | VectorType::Int8 => {
                "`cosine`, `euclid` or `dot`"
            }
        };
        Error::options(format!(
            "option `{option}` is `{said}`, and Milvus compares the vectors of `{field}` by {expected}: say \
             `{}`",
            option_of(field, "distance")
        ))
    })?;
    Ok((name, true))
}

fn has_index(kind: VectorType, index: VectorIndex) -> bool {
    match index {
        VectorIndex::Auto => true,
        VectorIndex::BinFlat | VectorIndex::BinIvfFlat => kind == VectorType::Binary,
        VectorIndex::SparseInvertedIndex | VectorIndex::SparseWand => kind == VectorType::Sparse,
        VectorIndex::Flat
        | VectorIndex::Hnsw
        | VectorIndex::IvfFlat
        | VectorIndex::IvfSq8
        | VectorIndex::IvfPq
        | VectorIndex::Scann
        | VectorIndex::DiskAnn => !matches!(kind, VectorType::Binary | VectorType::Sparse),
    }
}

fn vector_name(index: VectorIndex, kind: VectorType) -> &'static str {
    match index {
        // The one that every server has.
        VectorIndex::Auto if kind == VectorType::Sparse => "SPARSE_INVERTED_INDEX",
        VectorIndex::Auto => "AUTOINDEX",
        VectorIndex::Flat => "FLAT",
        VectorIndex::Hnsw => "HNSW",
        VectorIndex::IvfFlat => "IVF_FLAT",
        VectorIndex::IvfSq8 => "IVF_SQ8",
        VectorIndex::IvfPq => "IVF_PQ",
        VectorIndex::Scann => "SCANN",
        VectorIndex::DiskAnn => "DISKANN",
        VectorIndex::BinFlat => "BIN_FLAT",
        VectorIndex::BinIvfFlat => "BIN_IVF_FLAT",
        VectorIndex::SparseInvertedIndex => "SPARSE_INVERTED_INDEX",
        VectorIndex::SparseWand => "SPARSE_WAND",
    }
}

/// The indexes of other fields, which the options name.
fn scalars<'a>(options: &'a Options, collection: &'a Collection) -> impl Iterator<Item = Result<Index>> + 'a {
    // `Options` has none without a type.
    let named = options.indexes.iter().filter_map(|(field, properties)| Some((field, properties, properties.kind?)));
    named.map(|(name, properties, kind)| {
        let option = format!("index.{name}");
        let wrong = |what: String| Err(Error::options(format!("option `{option}`: {what}")));
        let Some(field) = collection.field(name).filter(|field| field.data_type.vector().is_none()) else {
            let names = collection.fields.iter().filter(|field| field.data_type.vector().is_none());
            let names: Vec<&str> = names.map(|field| field.name.as_str()).collect();
            return wrong(format!("the collection has no such field; it has {}", names.join(", ")));
        };
        if let Some(property) = properties.given().into_iter().find(|property| *property != "type") {
            return wrong(format!("Milvus's indexes have no property `{property}`: remove it"));
        }
        Ok(Index {
            field: name.clone(),
            kind: scalar_name(kind, field.data_type, collection.version, &option)?,
            option,
            kind_is_said: true,
            metric: None,
            params: Map::new(),
            said: Vec::new(),
        })
    })
}

/// The type of an index by Milvus's name; `None` is the server's own choice.
fn scalar_name(kind: IndexKind, field: FieldType, version: Version, option: &str) -> Result<Option<&'static str>> {
    let (scalar, is_array) = match field {
        FieldType::Scalar(scalar) => (scalar, false),
        FieldType::Array { element, .. } => (element, true),
        FieldType::Vector { .. } => return Err(Error::internal("a vector has another kind of index")),
    };
    let is_integer = matches!(scalar, ScalarType::Int8 | ScalarType::Int16 | ScalarType::Int32 | ScalarType::Int64);
    let is_number = is_integer || matches!(scalar, ScalarType::Float | ScalarType::Double);
    let is_text = matches!(scalar, ScalarType::VarChar { .. });
    let is_bool = scalar == ScalarType::Bool;
    let fits = match kind {
        IndexKind::Keyword | IndexKind::Uuid => is_text,
        IndexKind::Integer => is_integer,
        IndexKind::Float => is_number,
        IndexKind::Bool => is_bool,
        IndexKind::Datetime => is_text || matches!(scalar, ScalarType::Int64 | ScalarType::Timestamptz),
        IndexKind::Inverted => is_number || is_text || is_bool,
        IndexKind::Bitmap => is_integer || is_text || is_bool,
        IndexKind::Sorted => is_number && !is_array,
        IndexKind::Trie => is_text && !is_array,
        IndexKind::Text | IndexKind::Geo => {
            return Err(Error::unsupported(format!("option `{option}`: VectorFuse makes no index `{kind}` in Milvus")));
        }
    };
    if !fits {
        let field = field.name();
        return Err(Error::options(format!("option `{option}`: an index of the type `{kind}` does not fit {field}")));
    }
    match kind {
        IndexKind::Bitmap => {
            version.require(INVERTED_INDEX, &format!("option `{option}` = `{kind}`"))?;
            Ok(Some("BITMAP"))
        }
        IndexKind::Sorted => Ok(Some("STL_SORT")),
        IndexKind::Trie => Ok(Some("Trie")),
        _inverted if version.has(INVERTED_INDEX) => Ok(Some("INVERTED")),
        IndexKind::Inverted => version.require(INVERTED_INDEX, &format!("option `{option}` = `{kind}`")).map(|()| None),
        _other if is_array || is_bool => {
            version.require(INVERTED_INDEX, &format!("option `{option}` of {}", field.name())).map(|()| None)
        }
        // Older servers have one kind of index for each type, which they choose themselves.
        _other => Ok(None),
    }
}

/// Indexes of the collection that are of another type, or made otherwise, than the options say are refused.
pub(crate) fn refuse_others(wanted: &[Index], there: &[IndexDescription]) -> Result<()> {
    for index in wanted {
        let Some(is) = there.iter().find(|is| is.field_name == index.field) else { continue };
        let parameter = |name: &str| is.params.iter().find(|pair| pair.key == name).map(|pair| pair.value.as_str());
        let differs = |what: &str, said: &str, is: &str| {
            Err(Error::options(format!(
                "option `{}`: the options say that the index of `{}` has the {what} `{said}`, and it has `{is}`: correct \
                 them, or drop that index first",
                index.option, index.field
            )))
        };
        if let (Some(said), Some(is)) = (index.kind.filter(|_| index.kind_is_said), parameter("index_type"))
            && !said.eq_ignore_ascii_case(is)
        {
            return differs("type", said, is);
        }
        if let (Some((said, true)), Some(is)) = (index.metric, parameter("metric_type"))
            && !said.eq_ignore_ascii_case(is)
        {
            return differs("metric", said, is);
        }
        let inside: Map<String, Value> =
            parameter("params").and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        for name in &index.said {
            let is = inside.get(name).map(plain).or_else(|| parameter(name).map(str::to_owned));
            let said = index.params.get(name).map(plain).unwrap_or_default();
            match is {
                Some(is) if is == said => {}
                Some(is) => return differs(name, &said, &is),
                None => return differs(name, &said, "another value, or none"),
            }
        }
    }
    Ok(())
}

/// A parameter as text: servers give numbers back as either.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Makes those that are missing; others must be as they are wanted.
pub(crate) async fn ensure(api: &Api, wanted: &[Index], there: &[IndexDescription]) -> Result<()> {
    refuse_others(wanted, there)?;
    for index in wanted.iter().filter(|index| !there.iter().any(|is| is.field_name == index.field)) {
        if let Err(error) = api.create_index(index.request()).await {
            // Another task or job may have made it at the same time.
            let there = api.indexes().await?;
            if !there.iter().any(|is| is.field_name == index.field) {
                let error = if error.kind() == Kind::Internal {
                    Error::options(index.refused()).caused_by(error)
                } else {
                    error
                };
                return Err(error.with("index", &index.field));
            }
            refuse_others(std::slice::from_ref(index), &there)?;
        }
    }
    Ok(())
}

impl Index {
    fn refused(&self) -> String {
        format!("option `{}`: the server does not make this index", self.option)
    }

    fn request(&self) -> CreateIndexRequest {
        let mut extra_params: Vec<_> = self.kind.map(|kind| pair("index_type", kind)).into_iter().collect();
        extra_params.extend(self.metric.map(|(metric, _)| pair("metric_type", metric)));
        // An AUTOINDEX takes a metric alone.
        if !self.params.is_empty() {
            extra_params.push(pair("params", &Value::Object(self.params.clone()).to_string()));
        }
        CreateIndexRequest {
            field_name: self.field.clone(),
            index_name: self.field.clone(),
            extra_params,
            ..CreateIndexRequest::default()
        }
    }
}
