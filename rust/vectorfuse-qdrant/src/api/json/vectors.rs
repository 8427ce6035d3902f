//! Vectors: a list, a list of lists, indices with values, or an object of named ones.
//!
//! A float is written as a decimal that is this float, also to a server that reads a double first, and read as a float and not
//! by way of a double, which would round twice.

use std::collections::HashMap;

use qdrant_client::qdrant::vector::Vector as Kind;
use qdrant_client::qdrant::vector_output::Vector as OutputKind;
use qdrant_client::qdrant::vectors::VectorsOptions;
use qdrant_client::qdrant::vectors_output::VectorsOptions as OutputOptions;
use qdrant_client::qdrant::{
    DenseVector, MultiDenseVector, NamedVectorsOutput, SparseVector, Vector, VectorOutput, Vectors, VectorsOutput,
};
use serde_json::{Number, Value, json};
use vectorfuse_core::error::Result;

use super::body::{Body, unsayable};
use super::parser::Parser;
use super::points::{once, stranger, there};
use super::unexpected;

/// Floats of a question, as a value.
pub(super) fn floats(floats: &[f32]) -> Result<Value> {
    let float = |float: &f32| match Number::from_f64(f64::from(*float)) {
        Some(number) => Ok(Value::Number(number)),
        None => Err(unsayable(format!("JSON has no {float}"))),
    };
    floats.iter().map(float).collect()
}

/// The rows of a question's multi-vector, as a value.
pub(super) fn rows(rows: &[DenseVector]) -> Result<Value> {
    rows.iter().map(|row| floats(&row.data)).collect()
}

/// A question's sparse vector, as a value.
pub(super) fn sparse(indices: &[u32], values: &[f32]) -> Result<Value> {
    Ok(json!({ "indices": indices, "values": floats(values)? }))
}

/// The vectors of a point on their way out.
pub(super) fn say(vectors: Option<&Vectors>, body: &mut Body) -> Result<()> {
    match vectors.and_then(|vectors| vectors.vectors_options.as_ref()) {
        // The way to say that there are none.
        None => body.raw("{}"),
        Some(VectorsOptions::Vector(vector)) if matches!(vector.vector, Some(Kind::Sparse(_))) => {
            return Err(unsayable("a sparse vector must have a name"));
        }
        Some(VectorsOptions::Vector(vector)) => say_one(vector, body)?,
        Some(VectorsOptions::Vectors(named)) => {
            let mut before = "{";
            for (name, vector) in &named.vectors {
                body.raw(before);
                body.value(name)?;
                body.raw(":");
                say_one(vector, body)?;
                before = ",";
            }
            body.raw(if named.vectors.is_empty() { "{}" } else { "}" });
        }
    }
    Ok(())
}

fn say_one(vector: &Vector, body: &mut Body) -> Result<()> {
    match &vector.vector {
        Some(Kind::Dense(dense)) => body.floats(&dense.data),
        Some(Kind::Sparse(sparse)) => {
            body.raw(r#"{"indices":"#);
            body.value(&sparse.indices)?;
            body.raw(r#","values":"#);
            body.floats(&sparse.values)?;
            body.raw("}");
            Ok(())
        }
        Some(Kind::MultiDense(rows)) => body.list(&rows.vectors, |body, row| body.floats(&row.data)),
        Some(Kind::Document(_) | Kind::Image(_) | Kind::Object(_)) => {
            Err(unsayable("vectors that the server makes can't be said over HTTP yet"))
        }
        None => Err(unsayable("a vector of no kind")),
    }
}

/// The vectors of a point that came.
pub(super) fn heard(parser: &mut Parser<'_>) -> Result<VectorsOutput> {
    let options = match parser.peek() {
        Some(b'{') => {
            let mut vectors = HashMap::new();
            parser.object(|it, name| {
                vectors.insert(name.into_owned(), one(it)?);
                Ok(())
            })?;
            OutputOptions::Vectors(NamedVectorsOutput { vectors })
        }
        _ => OutputOptions::Vector(one(parser)?),
    };
    Ok(VectorsOutput { vectors_options: Some(options) })
}

fn one(parser: &mut Parser<'_>) -> Result<VectorOutput> {
    let vector = match (parser.peek(), parser.within()) {
        (Some(b'{'), _) => OutputKind::Sparse(sparse_heard(parser)?),
        (Some(b'['), Some(b'[')) => {
            let mut vectors = Vec::new();
            parser.list(|it| {
                vectors.push(DenseVector { data: it.floats()? });
                Ok(())
            })?;
            OutputKind::MultiDense(MultiDenseVector { vectors })
        }
        (Some(b'['), _) => OutputKind::Dense(DenseVector { data: parser.floats()? }),
        (_, _) => return Err(parser.wrong("a vector, which is a list or an object")),
    };
    Ok(VectorOutput { vector: Some(vector), ..VectorOutput::default() })
}

fn sparse_heard(parser: &mut Parser<'_>) -> Result<SparseVector> {
    let (mut indices, mut values) = (None, None);
    parser.object(|it, name| match &*name {
        "indices" => {
            let mut list = Vec::new();
            it.list(|it| {
                list.push(it.unsigned()?);
                Ok(())
            })?;
            once(&mut indices, &name, list)
        }
        "values" => once(&mut values, &name, it.floats()?),
        _ => Err(stranger(&name)),
    })?;
    let (indices, values): (Vec<u32>, Vec<f32>) = (there(indices, "indices")?, there(values, "values")?);
    if indices.len() != values.len() {
        return Err(unexpected("a sparse vector whose indices are not as many as its values"));
    }
    Ok(SparseVector { values, indices })
}
