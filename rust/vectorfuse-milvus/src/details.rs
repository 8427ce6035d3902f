//! What the plans of a read and of a write carry of the collection, so that tasks need not ask for it again.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vectorfuse_core::error::{Error, Result};

use crate::collection::{Collection, Field, FieldType, VectorType};

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

/// As a plan has it.
pub(crate) fn to_plan(details: &impl Serialize) -> Result<Value> {
    serde_json::to_value(details).map_err(|error| Error::internal("a plan can't be written").caused_by(error))
}

/// From a plan.
pub(crate) fn of_plan<T: DeserializeOwned>(details: &Value) -> Result<T> {
    T::deserialize(details).map_err(|error| Error::internal("a plan's details can't be read").caused_by(error))
}
