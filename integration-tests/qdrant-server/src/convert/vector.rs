//! Vectors in their three shapes. The protocol has carried them in two ways, and both are in use:
//! the flat fields that were deprecated in 1.16, and the variants that replaced them.

use std::collections::HashMap;

use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::{vector, vector_output, vectors, vectors_output};
use qdrant_edge::{SparseVector, Vector, VectorInternal, VectorPersisted, VectorStructInternal, VectorStructPersisted};
use tonic::Status;

use crate::refusal::{Answer, from_engine, invalid_body, lacking};

/// The vectors of one point, on their way in.
pub fn of_point(vectors: Option<proto::Vectors>) -> Answer<VectorStructPersisted> {
    let options = vectors
        .ok_or_else(|| Status::invalid_argument("Expected some vectors"))?
        .vectors_options
        .ok_or_else(|| Status::invalid_argument("No Vector Provided"))?;
    match options {
        vectors::VectorsOptions::Vector(vector) => match one(vector)? {
            VectorPersisted::Dense(values) => Ok(VectorStructPersisted::Single(values)),
            VectorPersisted::MultiDense(rows) => Ok(VectorStructPersisted::MultiDense(rows)),
            VectorPersisted::Sparse(_) => Err(Status::invalid_argument("Sparse vector must be named")),
        },
        vectors::VectorsOptions::Vectors(named) => named
            .vectors
            .into_iter()
            .map(|(name, vector)| Ok((name, one(vector)?)))
            .collect::<Answer<HashMap<_, _>>>()
            .map(VectorStructPersisted::Named),
    }
}

fn one(vector: proto::Vector) -> Answer<VectorPersisted> {
    #[expect(deprecated, reason = "older clients still send the flat fields")]
    let proto::Vector { data, indices, vectors_count, vector } = vector;
    match (vector, indices, vectors_count) {
        (Some(vector::Vector::Dense(dense)), _, _) => Ok(VectorPersisted::Dense(dense.data)),
        (Some(vector::Vector::Sparse(given)), _, _) => sparse(given.indices, given.values),
        (Some(vector::Vector::MultiDense(rows)), _, _) => multi(rows_of(rows)),
        (Some(vector::Vector::Document(_)), _, _) => Err(lacking("vector.document")),
        (Some(vector::Vector::Image(_)), _, _) => Err(lacking("vector.image")),
        (Some(vector::Vector::Object(_)), _, _) => Err(lacking("vector.object")),
        (None, Some(indices), _) => sparse(indices.data, data),
        (None, None, Some(count)) => multi(split(&data, count)?),
        (None, None, None) => Ok(VectorPersisted::Dense(data)),
    }
}

fn sparse(indices: Vec<u32>, values: Vec<f32>) -> Answer<VectorPersisted> {
    checked_sparse(indices, values).map(VectorPersisted::Sparse)
}

fn checked_sparse(indices: Vec<u32>, values: Vec<f32>) -> Answer<SparseVector> {
    SparseVector::new(indices, values).map_err(|error| {
        let why = error.to_string();
        invalid_body("vectors.indices", why.trim())
    })
}

fn multi(rows: Vec<Vec<f32>>) -> Answer<VectorPersisted> {
    checked_multi(rows.clone())?;
    Ok(VectorPersisted::MultiDense(rows))
}

fn checked_multi(rows: Vec<Vec<f32>>) -> Answer<VectorInternal> {
    Vector::new_multi(rows).map(VectorInternal::from).map_err(from_engine)
}

fn rows_of(multi: proto::MultiDenseVector) -> Vec<Vec<f32>> {
    multi.vectors.into_iter().map(|row| row.data).collect()
}

fn split(data: &[f32], count: u32) -> Answer<Vec<Vec<f32>>> {
    let count = count as usize;
    if count == 0 || data.is_empty() || !data.len().is_multiple_of(count) {
        return Err(Status::invalid_argument(format!(
            "Unable to convert to multi-dense vector: {} values do not make {count} vectors",
            data.len()
        )));
    }
    Ok(data.chunks(data.len() / count).map(<[f32]>::to_vec).collect())
}

pub fn query_dense(dense: proto::DenseVector) -> VectorInternal {
    VectorInternal::Dense(dense.data)
}

pub fn query_sparse(given: proto::SparseVector) -> Answer<VectorInternal> {
    let mut sparse = checked_sparse(given.indices, given.values)?;
    sparse.sort_by_indices();
    Ok(VectorInternal::Sparse(sparse))
}

pub fn query_multi(rows: proto::MultiDenseVector) -> Answer<VectorInternal> {
    checked_multi(rows_of(rows))
}

pub fn from_point(vectors: VectorStructInternal) -> Option<proto::VectorsOutput> {
    let options = match vectors {
        VectorStructInternal::Single(values) => {
            vectors_output::VectorsOptions::Vector(output(VectorInternal::Dense(values)))
        }
        VectorStructInternal::MultiDense(rows) => {
            vectors_output::VectorsOptions::Vector(output(VectorInternal::MultiDense(rows)))
        }
        // The one unnamed vector comes back unnamed, however it went in.
        VectorStructInternal::Named(mut named) if named.len() == 1 && named.contains_key("") => {
            vectors_output::VectorsOptions::Vector(output(named.remove("")?))
        }
        VectorStructInternal::Named(named) => vectors_output::VectorsOptions::Vectors(proto::NamedVectorsOutput {
            vectors: named.into_iter().map(|(name, vector)| (name, output(vector))).collect(),
        }),
    };
    Some(proto::VectorsOutput { vectors_options: Some(options) })
}

/// The server of this version sends the variants alone and leaves the deprecated fields empty.
fn output(vector: VectorInternal) -> proto::VectorOutput {
    let vector = Some(match vector {
        VectorInternal::Dense(data) => vector_output::Vector::Dense(proto::DenseVector { data }),
        VectorInternal::Sparse(SparseVector { indices, values }) => {
            vector_output::Vector::Sparse(proto::SparseVector { values, indices })
        }
        VectorInternal::MultiDense(rows) => vector_output::Vector::MultiDense(proto::MultiDenseVector {
            vectors: rows.into_multi_vectors().into_iter().map(|data| proto::DenseVector { data }).collect(),
        }),
    });
    proto::VectorOutput { vector, ..Default::default() }
}
