//! From Arrow columns to vectors: 32-bit floats, each checked, since a store takes what it can't search.

use arrow_array::types::ArrowPrimitiveType;

use super::{ColumnReader, Values, range};
use crate::error::{Error, Result};
use crate::mllib;
use crate::payload::{sparse_text, text};
use crate::vector::{INDICES, VALUES, Vector, VectorKind};

/// Every integer up to here, and not all beyond, is a 32-bit float.
const EXACT_INTEGERS: i64 = 1 << 24;
/// No store takes dense vectors of more dimensions; a sparse vector of MLlib can claim two thousand million.
const MOST_DIMENSIONS: usize = 65_536;

impl ColumnReader {
    /// The vector of `row`, of a column whose type fits the kind; `None` for null. A number that is missing, not finite
    /// or not one of 32 bits, and an index that is no place or is there twice, is an error.
    pub fn vector(&self, row: usize, kind: VectorKind) -> Result<Option<Vector>> {
        if self.is_null(row) {
            return Ok(None);
        }
        match kind {
            VectorKind::Dense => self.dense(row).map(Vector::Dense),
            VectorKind::Sparse => self.sparse(row),
            VectorKind::Multi => self.multi(row).map(Vector::Multi),
        }
        .map(Some)
    }

    /// The numbers of the dense vector of `row` as their bytes stand in the column, the lowest first; `None` if they are no
    /// 32-bit floats there, or one is missing or not finite, of which [`Self::vector`] says what is wrong.
    #[must_use]
    pub fn float_bytes(&self, row: usize) -> Option<&[u8]> {
        let Values::Array(offsets, elements) = &self.values else { return None };
        let Values::Float(array) = &elements.values else { return None };
        let range = range(offsets, row);
        if cfg!(target_endian = "big") || self.is_null(row) || elements.complete(&range, "").is_err() {
            return None;
        }
        // An exponent of all ones is that of infinities and of what is no number; one pass, without a branch.
        let all_ones = |value: &f32| value.to_bits() & 0x7f80_0000 == 0x7f80_0000;
        if array.values()[range.clone()].iter().fold(false, |any, value| any | all_ones(value)) {
            return None;
        }
        let width = size_of::<f32>();
        Some(&array.values().inner().as_slice()[range.start * width..range.end * width])
    }

    /// The sparse vector of `row` whose places and numbers stand in two columns; `None` if both are null.
    pub fn sparse_pair(indices: &Self, values: &Self, row: usize) -> Result<Option<Vector>> {
        match (indices.is_null(row), values.is_null(row)) {
            (true, true) => Ok(None),
            (true, false) => Err(Error::data("the vector has values, and its indices are null")),
            (false, true) => Err(Error::data("the vector has indices, and its values are null")),
            (false, false) => {
                sparse(indices.list(row, |list, range| list.indices(range))?, values.values(row)?).map(Some)
            }
        }
    }

    fn dense(&self, row: usize) -> Result<Vec<f32>> {
        match &self.values {
            Values::Array(offsets, elements) => elements.numbers(range(offsets, row), "the vector's element"),
            Values::Binary(array) => packed(array.value(row)),
            Values::Struct(_) if self.integer_member("type", row)? == i64::from(mllib::SPARSE) => {
                let size = self.integer_member("size", row)?;
                let size = usize::try_from(size).ok().filter(|size| *size <= MOST_DIMENSIONS).ok_or_else(|| {
                    Error::data(format!(
                        "the sparse vector of MLlib has the size {size}, and a dense vector at most {MOST_DIMENSIONS} \
                         dimensions: write it as a sparse one (`sparse_fields`)"
                    ))
                })?;
                let mut dense = vec![0.0; size];
                let indices = self.member(INDICES)?.list(row, |list, range| list.indices(range))?;
                for (index, value) in indices.into_iter().zip(self.member(VALUES)?.values(row)?) {
                    let place = usize::try_from(index).ok().and_then(|index| dense.get_mut(index));
                    let place = place.ok_or_else(|| {
                        Error::data(format!("the index {index} is beyond the vector's size, which is {size}"))
                    })?;
                    *place = value;
                }
                Ok(dense)
            }
            Values::Struct(_) => self.member(VALUES)?.values(row),
            _other => Err(mistaken()),
        }
    }

    fn sparse(&self, row: usize) -> Result<Vector> {
        match &self.values {
            Values::String(array) => {
                let (indices, values) = sparse_text::parse(array.value(row))?;
                let values = values.into_iter().enumerate();
                let values = values.map(|(position, value)| narrow(value, position, "the vector's value"));
                sparse(indices, values.collect::<Result<_>>()?)
            }
            Values::Map(offsets, keys, values) => {
                let range = range(offsets, row);
                sparse(keys.indices(range.clone())?, values.numbers(range, "the vector's value")?)
            }
            Values::Struct(members) if members.len() > 2 => {
                let values = self.member(VALUES)?.values(row)?;
                if self.integer_member("type", row)? == i64::from(mllib::DENSE) {
                    let there = (0_i64..).zip(values).filter(|(_, value)| *value != 0.0);
                    let (indices, values) = there.unzip();
                    return sparse(indices, values);
                }
                sparse(self.member(INDICES)?.list(row, |list, range| list.indices(range))?, values)
            }
            Values::Struct(_) => {
                let (indices, values) = (self.member(INDICES)?, self.member(VALUES)?);
                let pair = Self::sparse_pair(indices, values, row)?;
                pair.ok_or_else(|| Error::data("the vector's indices and values are null: make it null as a whole"))
            }
            _other => Err(mistaken()),
        }
    }

    fn multi(&self, row: usize) -> Result<Vec<Vec<f32>>> {
        let Values::Array(offsets, rows) = &self.values else { return Err(mistaken()) };
        let Values::Array(inner, elements) = &rows.values else { return Err(mistaken()) };
        let all = range(offsets, row);
        if all.is_empty() {
            return Err(Error::data("the multi-vector is empty: make it null if there is none"));
        }
        let start = all.start;
        let one = |at: usize| {
            if rows.is_null(at) {
                return Err(Error::data(format!("the multi-vector's row {} is null", at - start)));
            }
            elements.numbers(range(inner, at), "the element").map_err(|error| error.with("vector row", at - start))
        };
        all.map(one).collect()
    }

    /// The member of a struct that is read as a vector.
    fn member(&self, name: &str) -> Result<&Self> {
        let Values::Struct(members) = &self.values else { return Err(mistaken()) };
        let found = members.iter().find(|(member, _)| member == name);
        found.map(|(_, member)| member).ok_or_else(mistaken)
    }

    fn integer_member(&self, name: &str, row: usize) -> Result<i64> {
        let integer = self.member(name)?.integer(row)?.and_then(|integer| i64::try_from(integer).ok());
        integer.ok_or_else(|| Error::data(format!("the vector's `{name}` is null")))
    }

    /// What `of` makes of the elements of `row`'s list, which must be there.
    fn list<T>(&self, row: usize, of: impl Fn(&Self, std::ops::Range<usize>) -> Result<T>) -> Result<T> {
        let Values::Array(offsets, elements) = &self.values else { return Err(mistaken()) };
        if self.is_null(row) {
            return Err(Error::data("the vector's indices or values are null"));
        }
        of(elements, range(offsets, row))
    }

    fn values(&self, row: usize) -> Result<Vec<f32>> {
        self.list(row, |list, range| list.numbers(range, "the vector's value"))
    }

    /// The numbers of a range of elements, as 32-bit floats: the nearest ones for doubles and decimals.
    fn numbers(&self, range: std::ops::Range<usize>, what: &str) -> Result<Vec<f32>> {
        let start = range.start;
        self.complete(&range, what)?;
        let each = range.clone();
        match &self.values {
            Values::Float(array) => {
                let numbers = array.values()[range].to_vec();
                match numbers.iter().position(|value| !value.is_finite()) {
                    Some(position) => Err(not_finite(numbers[position].into(), position, what)),
                    None => Ok(numbers),
                }
            }
            Values::Double(array) => each.map(|at| narrow(array.value(at), at - start, what)).collect(),
            Values::Decimal(array, scale) => {
                let number = |at: usize| {
                    let written = text::decimal(array.value(at), *scale);
                    written.parse().map_err(|_| Error::internal(format!("`{written}` is no number")))
                };
                each.map(number).collect()
            }
            Values::Byte(array) => each.map(|at| whole(array.value(at).into(), at - start, what)).collect(),
            Values::Short(array) => each.map(|at| whole(array.value(at).into(), at - start, what)).collect(),
            Values::Integer(array) => each.map(|at| whole(array.value(at).into(), at - start, what)).collect(),
            Values::Long(array) => each.map(|at| whole(array.value(at), at - start, what)).collect(),
            _other => Err(mistaken()),
        }
    }

    /// The integers of a range of elements.
    fn indices(&self, range: std::ops::Range<usize>) -> Result<Vec<i64>> {
        fn all<T: ArrowPrimitiveType>(array: &arrow_array::PrimitiveArray<T>, range: std::ops::Range<usize>) -> Vec<i64>
        where
            T::Native: Into<i64>,
        {
            array.values()[range].iter().map(|value| (*value).into()).collect()
        }
        self.complete(&range, "the vector's index at place")?;
        match &self.values {
            Values::Byte(array) => Ok(all(array, range)),
            Values::Short(array) => Ok(all(array, range)),
            Values::Integer(array) => Ok(all(array, range)),
            Values::Long(array) => Ok(all(array, range)),
            _other => Err(mistaken()),
        }
    }

    /// Nothing in a vector is null.
    fn complete(&self, range: &std::ops::Range<usize>, what: &str) -> Result<()> {
        if self.nulls.is_none() {
            return Ok(());
        }
        match range.clone().find(|at| self.is_null(*at)) {
            Some(at) => Err(Error::data(format!("{what} {} is null", at - range.start))),
            None => Ok(()),
        }
    }
}

/// A sparse vector with its places in order.
fn sparse(indices: Vec<i64>, values: Vec<f32>) -> Result<Vector> {
    if indices.len() != values.len() {
        return Err(Error::data(format!("the vector has {} indices and {} values", indices.len(), values.len())));
    }
    let place = |index: i64| {
        u32::try_from(index).map_err(|_| Error::data(format!("the index {index} is not between 0 and 4294967295")))
    };
    let indices: Vec<u32> = indices.into_iter().map(place).collect::<Result<_>>()?;
    if indices.is_sorted_by(|a, b| a < b) {
        return Ok(Vector::Sparse(indices, values));
    }
    let mut pairs: Vec<(u32, f32)> = indices.into_iter().zip(values).collect();
    pairs.sort_by_key(|(index, _)| *index);
    if let Some(twice) = pairs.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(Error::data(format!("the vector has the index {} twice", twice[0].0)));
    }
    let (indices, values) = pairs.into_iter().unzip();
    Ok(Vector::Sparse(indices, values))
}

/// The numbers of a packed vector: 32-bit floats, the lowest byte first.
fn packed(bytes: &[u8]) -> Result<Vec<f32>> {
    let (numbers, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(Error::data(format!(
            "the packed vector has {} bytes: expected 4 for each 32-bit float",
            bytes.len()
        )));
    }
    let number = |(position, bytes): (usize, &[u8; 4])| {
        let value = f32::from_le_bytes(*bytes);
        if value.is_finite() { Ok(value) } else { Err(not_finite(value.into(), position, "the vector's element")) }
    };
    numbers.iter().enumerate().map(number).collect()
}

/// The nearest 32-bit float, which is what a store keeps.
#[allow(clippy::cast_possible_truncation)]
fn narrow(value: f64, position: usize, what: &str) -> Result<f32> {
    let narrow = value as f32;
    if narrow.is_finite() { Ok(narrow) } else { Err(not_finite(value, position, what)) }
}

/// The 32-bit float that is this integer.
#[allow(clippy::cast_precision_loss)] // checked: within what 32 bits count exactly
fn whole(value: i64, position: usize, what: &str) -> Result<f32> {
    if (-EXACT_INTEGERS..=EXACT_INTEGERS).contains(&value) {
        return Ok(value as f32);
    }
    Err(Error::data(format!(
        "{what} {position} is {value}: 32-bit floats, which a store keeps, hold integers up to {EXACT_INTEGERS} exactly; \
         cast the column to array<double> to have them rounded"
    )))
}

fn not_finite(value: f64, position: usize, what: &str) -> Error {
    Error::data(format!("{what} {position} is {value}: vectors hold finite 32-bit numbers"))
}

fn mistaken() -> Error {
    Error::internal("a column was taken for a vector that its type can't hold")
}

#[cfg(test)]
mod tests;
