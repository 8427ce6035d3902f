//! Vectors in JSON: a list, a list of lists, an object of indices and values, or an object of named
//! ones. What the engine's own types take is judged here as the server's validation does.

use std::collections::HashMap;

use http::StatusCode;
use qdrant_edge::{
    PointId, SparseVector, Vector, VectorInternal, VectorPersisted, VectorStructInternal, VectorStructPersisted,
};
use serde::{Deserialize, Serialize};

use super::answer::Refused;
use crate::refusal::from_engine;

pub fn invalid(field: &str, why: impl std::fmt::Display) -> Refused {
    Refused::new(StatusCode::UNPROCESSABLE_ENTITY, format!("Validation error in JSON body: [{field}: {why}]"))
}

/// The vectors of one point.
pub fn checked(given: &VectorStructPersisted) -> Result<(), Refused> {
    match given {
        VectorStructPersisted::Single(values) => dense(values),
        VectorStructPersisted::MultiDense(rows) => multi(rows).map(drop),
        VectorStructPersisted::Named(named) => named.values().try_for_each(|vector| match vector {
            VectorPersisted::Dense(values) => dense(values),
            VectorPersisted::MultiDense(rows) => multi(rows).map(drop),
            VectorPersisted::Sparse(given) => sparse(given).map(drop),
        }),
    }
}

fn dense(values: &[f32]) -> Result<(), Refused> {
    match values.is_empty() {
        true => Err(invalid("vector", "dense vector must not be empty")),
        false => Ok(()),
    }
}

fn multi(rows: &[Vec<f32>]) -> Result<VectorInternal, Refused> {
    if rows.is_empty() || rows.iter().any(Vec::is_empty) {
        return Err(invalid("vector", "multivector must not be empty"));
    }
    Vector::new_multi(rows).map(VectorInternal::from).map_err(|error| from_engine(error).into())
}

fn sparse(given: &SparseVector) -> Result<SparseVector, Refused> {
    SparseVector::new(given.indices.clone(), given.values.clone())
        .map_err(|error| invalid("vector.indices", error.to_string().trim()))
}

/// What a query looks for.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Input {
    Dense(Vec<f32>),
    Sparse(SparseVector),
    Multi(Vec<Vec<f32>>),
    Id(PointId),
}

impl Input {
    /// The vector itself, or the point that has it.
    pub fn resolved(self) -> Result<Result<VectorInternal, PointId>, Refused> {
        Ok(match self {
            Self::Dense(values) => {
                dense(&values)?;
                Ok(VectorInternal::Dense(values))
            }
            Self::Sparse(given) => {
                let mut given = sparse(&given)?;
                given.sort_by_indices();
                Ok(VectorInternal::Sparse(given))
            }
            Self::Multi(rows) => Ok(multi(&rows)?),
            Self::Id(id) => Err(id),
        })
    }
}

#[derive(Serialize)]
#[serde(untagged)]
pub enum Output {
    Dense(Vec<f32>),
    Sparse(SparseVector),
    Multi(Vec<Vec<f32>>),
    Named(HashMap<String, Output>),
}

impl From<VectorInternal> for Output {
    fn from(vector: VectorInternal) -> Self {
        match vector {
            VectorInternal::Dense(values) => Self::Dense(values),
            VectorInternal::Sparse(sparse) => Self::Sparse(sparse),
            VectorInternal::MultiDense(rows) => Self::Multi(rows.into_multi_vectors()),
        }
    }
}

impl From<VectorStructInternal> for Output {
    fn from(vectors: VectorStructInternal) -> Self {
        match vectors {
            VectorStructInternal::Single(values) => Self::Dense(values),
            VectorStructInternal::MultiDense(rows) => Self::Multi(rows.into_multi_vectors()),
            VectorStructInternal::Named(mut named) => match named.len() {
                // The one unnamed vector comes back unnamed, however it went in.
                1 if named.contains_key("") => named.remove("").map_or_else(|| Self::Named(HashMap::new()), Self::from),
                _ => Self::Named(named.into_iter().map(|(name, vector)| (name, vector.into())).collect()),
            },
        }
    }
}
