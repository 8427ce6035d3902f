//! A collection with every kind of vector, and short ways to write one and to read one back.

use std::collections::HashMap;

use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::vector::Vector;
use qdrant_client::qdrant::vectors_config::Config;
use qdrant_client::qdrant::{vector_output, vectors_output};

use super::{Bed, dots, number, of, plane};

/// Dense `a` and `b`, a multi-vector `m` and a sparse `s`.
pub async fn with_all_kinds() -> Bed {
    let mut bed = Bed::make().await;
    let multi = proto::VectorParams { multivector_config: Some(proto::MultiVectorConfig::default()), ..dots(2) };
    let map = HashMap::from([("a".to_owned(), dots(2)), ("b".to_owned(), dots(3)), ("m".to_owned(), multi)]);
    let name = bed.name.clone();
    bed.clients
        .create(proto::CreateCollection {
            vectors_config: Some(proto::VectorsConfig {
                config: Some(Config::ParamsMap(proto::VectorParamsMap { map })),
            }),
            sparse_vectors_config: Some(proto::SparseVectorConfig {
                map: HashMap::from([("s".to_owned(), proto::SparseVectorParams::default())]),
            }),
            ..plane(&name)
        })
        .await;
    bed
}

pub fn a(values: &[f32]) -> proto::Vector {
    of(Vector::Dense(proto::DenseVector { data: values.to_vec() }))
}

pub fn sparse(indices: &[u32], values: &[f32]) -> proto::Vector {
    of(Vector::Sparse(proto::SparseVector { indices: indices.to_vec(), values: values.to_vec() }))
}

pub fn multi(rows: &[&[f32]]) -> proto::Vector {
    of(Vector::MultiDense(multi_rows(rows)))
}

pub fn multi_rows(rows: &[&[f32]]) -> proto::MultiDenseVector {
    proto::MultiDenseVector { vectors: rows.iter().map(|row| proto::DenseVector { data: row.to_vec() }).collect() }
}

pub async fn stored(bed: &mut Bed, id: u64) -> HashMap<String, vector_output::Vector> {
    let name = bed.name.clone();
    let point = bed.clients.point(&name, number(id)).await;
    match point.vectors.and_then(|vectors| vectors.vectors_options) {
        Some(vectors_output::VectorsOptions::Vectors(named)) => {
            named.vectors.into_iter().map(|(name, vector)| (name, vector.vector.unwrap())).collect()
        }
        Some(vectors_output::VectorsOptions::Vector(one)) => HashMap::from([(String::new(), one.vector.unwrap())]),
        None => HashMap::new(),
    }
}

pub fn dense_out(values: &[f32]) -> vector_output::Vector {
    vector_output::Vector::Dense(proto::DenseVector { data: values.to_vec() })
}

pub async fn payload(bed: &mut Bed, id: u64) -> HashMap<String, proto::Value> {
    let name = bed.name.clone();
    bed.clients.point(&name, number(id)).await.payload
}
