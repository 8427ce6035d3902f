//! Vectors: a list, a list of lists, indices with values, or an object of named ones.
//!
//! A float is written as the shortest decimal that is this float, and read as a float and not by way of a double, which
//! would round twice. A server does read it that way, and of all floats one comes out as another ([`LOST`]).

use std::collections::HashMap;

use qdrant_client::qdrant::vector::Vector as Kind;
use qdrant_client::qdrant::vector_output::Vector as OutputKind;
use qdrant_client::qdrant::vectors::VectorsOptions;
use qdrant_client::qdrant::vectors_output::VectorsOptions as OutputOptions;
use qdrant_client::qdrant::{
    DenseVector, MultiDenseVector, NamedVectorsOutput, SparseVector, Vector, VectorOutput, Vectors, VectorsOutput,
};
use serde::ser::{Error as _, SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use vectorfuse_core::error::Result;

use super::{read, unexpected};

/// The one float, 7.038531e-26, whose shortest decimal is another float once it has been a double; its negative is the
/// other one. Each of the 2^31 floats without a sign was tried. It is written as a double is, with all its digits.
const LOST: u32 = 0x15AE_43FD;

/// A float on its way out.
struct Float(f32);

impl Serialize for Float {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            value if !value.is_finite() => Err(S::Error::custom(format_args!("JSON has no {value}"))),
            value if value.abs().to_bits() == LOST => serializer.serialize_f64(f64::from(value)),
            value => serializer.serialize_f32(value),
        }
    }
}

/// Floats on their way out.
pub(super) struct Floats<'a>(pub(super) &'a [f32]);

impl Serialize for Floats<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().copied().map(Float))
    }
}

/// The rows of a multi-vector.
pub(super) struct Rows<'a>(pub(super) &'a [DenseVector]);

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|row| Floats(&row.data)))
    }
}

/// A sparse vector.
pub(super) struct Sparse<'a>(pub(super) &'a [u32], pub(super) &'a [f32]);

impl Serialize for Sparse<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(Some(2))?;
        object.serialize_entry("indices", self.0)?;
        object.serialize_entry("values", &Floats(self.1))?;
        object.end()
    }
}

struct One<'a>(&'a Vector);

impl Serialize for One<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0.vector {
            Some(Kind::Dense(dense)) => Floats(&dense.data).serialize(serializer),
            Some(Kind::Sparse(sparse)) => Sparse(&sparse.indices, &sparse.values).serialize(serializer),
            Some(Kind::MultiDense(rows)) => Rows(&rows.vectors).serialize(serializer),
            Some(Kind::Document(_) | Kind::Image(_) | Kind::Object(_)) => {
                Err(S::Error::custom("vectors that the server makes can't be said over HTTP yet"))
            }
            None => Err(S::Error::custom("a vector of no kind")),
        }
    }
}

/// The vectors of a point on their way out.
pub(super) struct Said<'a>(pub(super) Option<&'a Vectors>);

impl Serialize for Said<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.and_then(|vectors| vectors.vectors_options.as_ref()) {
            // The way to say that there are none.
            None => serializer.serialize_map(Some(0))?.end(),
            Some(VectorsOptions::Vector(vector)) if matches!(vector.vector, Some(Kind::Sparse(_))) => {
                Err(S::Error::custom("a sparse vector must have a name"))
            }
            Some(VectorsOptions::Vector(vector)) => One(vector).serialize(serializer),
            Some(VectorsOptions::Vectors(named)) => {
                serializer.collect_map(named.vectors.iter().map(|(name, vector)| (name, One(vector))))
            }
        }
    }
}

/// The vectors of a point that came.
pub(super) fn heard(raw: &RawValue) -> Result<VectorsOutput> {
    let options = match shape(raw)? {
        Shape::Object => {
            let named: HashMap<String, &RawValue> = read(raw)?;
            let vectors = named.into_iter().map(|(name, raw)| Ok((name, one(raw)?))).collect::<Result<_>>()?;
            OutputOptions::Vectors(NamedVectorsOutput { vectors })
        }
        Shape::Numbers | Shape::Lists => OutputOptions::Vector(one(raw)?),
    };
    Ok(VectorsOutput { vectors_options: Some(options) })
}

fn one(raw: &RawValue) -> Result<VectorOutput> {
    let vector = match shape(raw)? {
        Shape::Numbers => OutputKind::Dense(DenseVector { data: read(raw)? }),
        Shape::Lists => {
            let rows: Vec<Vec<f32>> = read(raw)?;
            let vectors = rows.into_iter().map(|data| DenseVector { data }).collect();
            OutputKind::MultiDense(MultiDenseVector { vectors })
        }
        Shape::Object => {
            let SparseHeard { indices, values } = read(raw)?;
            if indices.len() != values.len() {
                return Err(unexpected("a sparse vector whose indices are not as many as its values"));
            }
            OutputKind::Sparse(SparseVector { values, indices })
        }
    };
    Ok(VectorOutput { vector: Some(vector), ..VectorOutput::default() })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SparseHeard {
    indices: Vec<u32>,
    values: Vec<f32>,
}

enum Shape {
    Object,
    Numbers,
    Lists,
}

/// What a vector is, by how it begins.
fn shape(raw: &RawValue) -> Result<Shape> {
    let mut signs = raw.get().bytes().filter(|byte| !byte.is_ascii_whitespace());
    match (signs.next(), signs.next()) {
        (Some(b'{'), _) => Ok(Shape::Object),
        (Some(b'['), Some(b'[')) => Ok(Shape::Lists),
        (Some(b'['), _) => Ok(Shape::Numbers),
        (_, _) => Err(unexpected("a vector that is neither a list nor an object")),
    }
}
