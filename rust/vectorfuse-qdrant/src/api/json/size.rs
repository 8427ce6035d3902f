//! How large points are in JSON, at most: requests are cut before they are made.

use std::collections::HashMap;

use qdrant_client::qdrant::point_id::PointIdOptions;
use qdrant_client::qdrant::value::Kind;
use qdrant_client::qdrant::vector::Vector as VectorKind;
use qdrant_client::qdrant::vectors::VectorsOptions;
use qdrant_client::qdrant::{Filter, PointId, PointStruct, Value, Vector, Vectors};

/// `-1234567900000.0` and a comma. The one float that has more digits is passed over.
const FLOAT: usize = 17;
/// `-0.000012345678901234567`.
const DOUBLE: usize = 25;
/// `-9223372036854775808`, and the largest index.
const INTEGER: usize = 20;

/// A point with its comma.
pub(crate) fn point(point: &PointStruct) -> usize {
    let frame = r#"{"id":,"vector":,"payload":},"#.len();
    frame + point.id.as_ref().map_or(0, id) + point.vectors.as_ref().map_or(2, vectors) + fields(&point.payload)
}

/// A filter; of one that has no form in JSON nothing is sent.
pub(crate) fn filter(filter: &Filter) -> usize {
    super::filter::said(filter).map_or(0, |json| json.to_string().len())
}

fn id(id: &PointId) -> usize {
    match &id.point_id_options {
        Some(PointIdOptions::Uuid(uuid)) => text(uuid),
        Some(PointIdOptions::Num(number)) => number.checked_ilog10().map_or(1, |digits| digits as usize + 1),
        None => 0,
    }
}

/// The vectors of a point.
pub(crate) fn vectors(vectors: &Vectors) -> usize {
    match &vectors.vectors_options {
        None => 2,
        Some(VectorsOptions::Vector(one)) => vector(one),
        Some(VectorsOptions::Vectors(named)) => {
            2 + named.vectors.iter().map(|(name, one)| text(name) + 2 + vector(one)).sum::<usize>()
        }
    }
}

fn vector(vector: &Vector) -> usize {
    match &vector.vector {
        Some(VectorKind::Dense(dense)) => 2 + dense.data.len() * FLOAT,
        Some(VectorKind::Sparse(sparse)) => {
            r#"{"indices":[],"values":[]}"#.len() + sparse.values.len() * FLOAT + sparse.indices.len() * (INTEGER + 1)
        }
        Some(VectorKind::MultiDense(rows)) => {
            2 + rows.vectors.iter().map(|row| 3 + row.data.len() * FLOAT).sum::<usize>()
        }
        Some(VectorKind::Document(_) | VectorKind::Image(_) | VectorKind::Object(_)) | None => 0,
    }
}

/// The fields of a payload.
pub(crate) fn fields(fields: &HashMap<String, Value>) -> usize {
    2 + fields.iter().map(|(name, value)| text(name) + 2 + payload(value)).sum::<usize>()
}

fn payload(value: &Value) -> usize {
    match &value.kind {
        None | Some(Kind::NullValue(_)) => 4,
        Some(Kind::BoolValue(_)) => 5,
        Some(Kind::IntegerValue(_)) => INTEGER,
        Some(Kind::DoubleValue(_)) => DOUBLE,
        Some(Kind::StringValue(string)) => text(string),
        Some(Kind::ListValue(list)) => 2 + list.values.iter().map(|item| 1 + payload(item)).sum::<usize>(),
        Some(Kind::StructValue(object)) => fields(&object.fields),
    }
}

/// A text with its quotes. Control characters take up to six bytes, quotes and backslashes two.
fn text(text: &str) -> usize {
    let extra = |byte: u8| match byte {
        b'"' | b'\\' | 0x08 | 0x0C | b'\n' | b'\r' | b'\t' => 1,
        0..=0x1F => 5,
        _ => 0,
    };
    2 + text.len() + text.bytes().map(extra).sum::<usize>()
}
