//! What the plans of a read and of a write carry of the collection, so that tasks need not ask for it again.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::table::Column;

use crate::collection::{Collection, Field, FieldType, ScalarType, VectorType};
use crate::schema;
use crate::search::Search;

/// What the plan of a write carries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct WriteDetails {
    /// The collection that rows are written to: as it is, or, if it is yet to be created, as it will be. Dimensions that
    /// only the data knows are open.
    pub(crate) collection: Collection,
    /// Whether it is yet to be created.
    pub(crate) create: bool,
    /// Its name, if that is not the one in the options.
    pub(crate) written: Option<String>,
    /// Whether the name of the options becomes an alias of it in the end.
    pub(crate) swap: bool,
    /// Whether the server is Milvus Lite.
    pub(crate) is_lite: bool,
    /// Keys of the dynamic field that this server would drop.
    pub(crate) dropped_keys: Vec<String>,
    /// This write, if the collection must be one that it has made.
    pub(crate) made_for: Option<String>,
}

impl WriteDetails {
    /// The name of the first vector whose size is not known.
    pub(crate) fn vector_without_size(&self) -> &str {
        let is_open = |field: &&Field| match field.data_type {
            FieldType::Vector { kind, dim } => dim.is_none() && kind != VectorType::Sparse,
            FieldType::Scalar(_) | FieldType::Array { .. } => false,
        };
        self.collection.fields.iter().find(is_open).map(|field| field.name.as_str()).unwrap_or_default()
    }
}

/// What the plan of a read carries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ReadDetails {
    /// The collection as it was when the read was planned.
    pub(crate) collection: Collection,
    /// The fields with an index, by which the server may look instead of at the values.
    pub(crate) indexed: Vec<String>,
    /// The vector search, if the read is one.
    pub(crate) search: Option<Search>,
    /// About how many rows it has.
    pub(crate) rows: Option<u64>,
}

impl ReadDetails {
    /// About how many bytes a column's value has.
    pub(crate) fn bytes(&self, column: &Column) -> u64 {
        let field = schema::field_of(&self.collection, &column.role).map(|field| field.data_type);
        match field {
            Some(FieldType::Vector { kind, dim }) => vector_bytes(kind, dim.unwrap_or(SPARSE_NUMBERS)),
            Some(FieldType::Scalar(scalar)) => scalar_bytes(scalar),
            Some(FieldType::Array { element, .. }) => ARRAY_ITEMS * scalar_bytes(element),
            None => TEXT_BYTES,
        }
    }
}

/// A guess at the length of texts and documents.
const TEXT_BYTES: u64 = 32;
/// A guess at the length of arrays.
const ARRAY_ITEMS: u64 = 8;
/// A guess at the numbers of a sparse vector, with their places.
const SPARSE_NUMBERS: u64 = 64;

fn vector_bytes(kind: VectorType, dim: u64) -> u64 {
    match kind {
        VectorType::Float => dim.saturating_mul(4),
        VectorType::Float16 | VectorType::BFloat16 => dim.saturating_mul(2),
        VectorType::Int8 => dim,
        VectorType::Binary => dim / 8,
        VectorType::Sparse => dim.saturating_mul(8),
    }
}

fn scalar_bytes(scalar: ScalarType) -> u64 {
    match scalar {
        ScalarType::Bool | ScalarType::Int8 => 1,
        ScalarType::Int16 => 2,
        ScalarType::Int32 | ScalarType::Float => 4,
        ScalarType::Int64 | ScalarType::Double | ScalarType::Timestamptz => 8,
        ScalarType::VarChar { .. } | ScalarType::Text | ScalarType::Json | ScalarType::Geometry => TEXT_BYTES,
    }
}

/// As a plan has it.
pub(crate) fn to_plan(details: &impl Serialize) -> Result<Value> {
    serde_json::to_value(details).map_err(|error| Error::internal("a plan can't be written").caused_by(error))
}

/// From a plan.
pub(crate) fn of_plan<T: DeserializeOwned>(details: &Value) -> Result<T> {
    T::deserialize(details).map_err(|error| Error::internal("a plan's details can't be read").caused_by(error))
}
