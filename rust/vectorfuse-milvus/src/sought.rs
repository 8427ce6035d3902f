//! The vector that a search is for, as the bytes that servers take: that of the option, or that of a row.

use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::query;
use vectorfuse_core::vector::Vector;

use crate::api::Api;
use crate::api::proto::{FieldData, VectorField, field_data};
use crate::collection::VectorType;
use crate::column::{keys, left_out, named, packed_vectors, vector_at};
use crate::key::Key;
use crate::search::Search;
use crate::selection::Selection;
use crate::{expression, packed};

/// The option `query_vector`, as a vector of the field that is searched.
pub(crate) fn of_text(text: &str, search: &Search) -> Result<Vec<u8>> {
    let of = format!("the vector `{}`", search.field);
    let vector = query::parse(text, search.kind.kind(), &of)?;
    if let Some(size) = search.dim {
        query::check_size(&vector, size, &of)?;
    }
    let bytes = match (&vector, search.kind) {
        (Vector::Sparse(places, numbers), VectorType::Sparse) => packed::sparse(places, numbers),
        (Vector::Dense(numbers), VectorType::Float) => Ok(packed::float32(numbers)),
        (Vector::Dense(numbers), VectorType::Float16) => packed::float16(numbers),
        (Vector::Dense(numbers), VectorType::BFloat16) => packed::bfloat16(numbers),
        (Vector::Dense(numbers), VectorType::Int8) => packed::int8(numbers),
        (Vector::Dense(numbers), VectorType::Binary) => bits(numbers),
        (Vector::Dense(_) | Vector::Sparse(..) | Vector::Multi(_), _) => {
            return Err(Error::internal("a query of another kind than was asked for"));
        }
    };
    bytes.map_err(|error| Error::options(format!("option `query_vector` does not fit {of}")).caused_by(error))
}

/// The vector of the row of this key, whether or not the row passes the filter.
pub(crate) async fn of_row(key: &Key, search: &Search, api: &Api, selection: &Selection) -> Result<Vec<u8>> {
    let missing = |what: String| Err(Error::new(Kind::NotFound, what).with("option", "query_id"));
    // A row that is searched for is there, or it is an error: nothing that was written may be too new to be found.
    let row = selection.newest().only(expression::same(&selection.primary, key));
    let fields = vec![selection.primary.clone(), search.field.clone()];
    let answer = api.query(row.known(fields, 1), usize::MAX).await?;
    let answer = answer.ok_or_else(|| Error::internal("an answer without a bound was too large"))?.message;
    if keys(&answer, &selection.primary)?.is_empty() {
        return missing(format!("there is no row of the key `{key}` in what is searched"));
    }
    let field = named(&answer, &search.field).ok_or_else(|| left_out(&search.field))?;
    let Some(bytes) = vector(field) else {
        return missing(format!("the row of the key `{key}` has no vector `{}` to search for", search.field));
    };
    // Milvus Lite gives zeros for a null, and does not say so.
    if search.is_nullable && !says_nulls(field) && bytes.iter().all(|byte| *byte == 0) {
        return missing(format!(
            "the vector `{}` of the row of the key `{key}` is null or all zeros, which this server does not tell apart: give \
             it as `query_vector` if it is zeros",
            search.field
        ));
    }
    Ok(bytes)
}

fn says_nulls(field: &FieldData) -> bool {
    !field.valid_data.is_empty() || vectors(field).is_some_and(|vectors| !vectors.valid_data.is_empty())
}

fn vectors(field: &FieldData) -> Option<&VectorField> {
    match &field.field {
        Some(field_data::Field::Vectors(vectors)) => Some(vectors),
        Some(field_data::Field::Scalars(_)) | None => None,
    }
}

/// The only vector of an answer; `None` if it is null.
fn vector(field: &FieldData) -> Option<Vec<u8>> {
    let vectors = vectors(field)?;
    if field.valid_data.contains(&false) || vectors.valid_data.contains(&false) {
        return None;
    }
    let bytes = packed_vectors(vectors).map(|(bytes, _)| bytes.as_ref()).or_else(|| vector_at(vectors, 0))?;
    (!bytes.is_empty()).then(|| bytes.to_vec())
}

/// Eight dimensions in each byte, the first one its highest bit.
fn bits(numbers: &[f32]) -> Result<Vec<u8>> {
    let bit = |(place, number): (usize, &f32)| match number {
        0.0 => Ok(0),
        1.0 => Ok(1),
        other => Err(Error::data(format!("the vector's element {place} is {other}: expected a bit, 0 or 1"))),
    };
    let bits: Vec<u8> = numbers.iter().enumerate().map(bit).collect::<Result<_>>()?;
    Ok(bits
        .chunks(8)
        .map(|byte| byte.iter().enumerate().fold(0, |all, (place, bit)| all | bit << (7 - place)))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_packed_the_first_one_highest() {
        let bytes = bits(&[1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]).unwrap();
        assert_eq!(bytes, [0xa1, 0xff]);
        assert!(bits(&[0.0, 161.0]).unwrap_err().to_string().contains("element 1 is 161"));
    }
}
