//! The kinds of vectors, which columns of Spark can hold each, and as what they are read again.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::schema::{SparkField, SparkType};

/// The member of a sparse vector's struct that says its places.
pub const INDICES: &str = "indices";
/// The member that says the numbers there.
pub const VALUES: &str = "values";
/// Decimals of more digits don't come back from 32 bits as they were.
const EXACT_DIGITS: u8 = 6;

/// What a vector is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VectorKind {
    /// One number for each dimension.
    #[default]
    Dense,
    /// Numbers at a few of 2^32 places.
    Sparse,
    /// Several dense vectors of one size.
    Multi,
}

/// A vector on its way to a store.
#[derive(Clone, Debug, PartialEq)]
pub enum Vector {
    /// Of [`VectorKind::Dense`].
    Dense(Vec<f32>),
    /// Of [`VectorKind::Sparse`]: the places in ascending order, and as many numbers.
    Sparse(Vec<u32>, Vec<f32>),
    /// Of [`VectorKind::Multi`].
    Multi(Vec<Vec<f32>>),
}

impl Vector {
    /// How many numbers it has, each row of a multi-vector as many as the first; none for a sparse one.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        match self {
            Self::Dense(data) => data.len(),
            Self::Sparse(..) => 0,
            Self::Multi(rows) => rows.first().map_or(0, Vec::len),
        }
    }

    /// An error if it, or a row of a multi-vector, has another number of dimensions than the collection's vector. A
    /// sparse one has none.
    pub fn check_size(&self, size: u64) -> Result<()> {
        let check = |length: usize, what: &str| {
            if length as u64 == size {
                return Ok(());
            }
            Err(Error::data(format!("{what} has {length} dimensions, and the vector of the collection has {size}")))
        };
        match self {
            Self::Dense(data) => check(data.len(), "the vector"),
            Self::Sparse(..) => Ok(()),
            Self::Multi(rows) => {
                let mut rows = rows.iter().enumerate();
                rows.try_for_each(|(place, row)| check(row.len(), &format!("the multi-vector's row {place}")))
            }
        }
    }
}

impl VectorKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Dense, Self::Sparse, Self::Multi];

    /// The kind's name for messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dense => "dense",
            Self::Sparse => "sparse",
            Self::Multi => "a multi-vector",
        }
    }

    /// Whether a column of this type can hold such vectors.
    #[must_use]
    pub fn fits(self, data_type: &SparkType) -> bool {
        match self {
            Self::Dense => match data_type {
                SparkType::Array(element) => is_number(element),
                other => matches!(other, SparkType::Binary | SparkType::MllibVector(_)),
            },
            Self::Sparse => match data_type {
                SparkType::Struct(fields) => is_sparse_struct(fields),
                SparkType::Map(index, value) => is_index(index) && is_float(value),
                other => matches!(other, SparkType::String(_) | SparkType::MllibVector(_)),
            },
            Self::Multi => match data_type {
                SparkType::Array(row) => matches!(&**row, SparkType::Array(element) if is_number(element)),
                _other => false,
            },
        }
    }

    /// Whether such vectors can be read as this type.
    #[must_use]
    pub fn reads_as(self, data_type: &SparkType) -> bool {
        // The size of MLlib's sparse vectors is kept nowhere.
        self.fits(data_type) && !(self == Self::Sparse && matches!(data_type, SparkType::MllibVector(_)))
    }

    /// The types that fit, for messages.
    #[must_use]
    pub fn types(self) -> &'static str {
        match self {
            Self::Dense => "array<float> (or of doubles, decimals or integers), packed binary or an MLlib vector",
            Self::Sparse => {
                "struct<indices:array<long>,values:array<float>>, map<long,float>, JSON text, an MLlib vector, or two \
                 columns (`sparse_vector_index_fields`, `sparse_vector_value_fields`)"
            }
            Self::Multi => "array<array<float>> (or of doubles, decimals or integers)",
        }
    }

    /// The type of a column that nobody has given one.
    #[must_use]
    pub fn column_type(self) -> SparkType {
        let list = |element| SparkType::Array(Box::new(element));
        match self {
            Self::Dense => list(SparkType::Float),
            Self::Sparse => sparse_struct(SparkType::Long, SparkType::Float),
            Self::Multi => list(list(SparkType::Float)),
        }
    }

    /// The type as which a column that was written is read again. A store gives back 32-bit floats: `exact` says that
    /// they are those which it was given.
    #[must_use]
    pub fn read_again(self, written: &SparkType, exact: bool) -> SparkType {
        match written {
            SparkType::MllibVector(_) if self == Self::Sparse => sparse_struct(SparkType::Integer, SparkType::Double),
            // Spark needs MLlib's classes to read its types, and a reader may not have them.
            SparkType::MllibVector(_) => SparkType::Array(Box::new(SparkType::Double)),
            SparkType::Array(element) => SparkType::Array(Box::new(self.read_again(element, exact))),
            SparkType::Decimal(precision, scale) if !exact || *precision > EXACT_DIGITS || *scale < 0 => {
                SparkType::Float
            }
            integer if !exact && is_index(integer) => SparkType::Float,
            other => other.clone(),
        }
    }
}

/// Whether a vector's column of this type can show whatever numbers and indices a store holds.
#[must_use]
pub fn holds_every_number(data_type: &SparkType) -> bool {
    match data_type {
        SparkType::Array(element) => holds_every_number(element),
        SparkType::Map(index, _) => **index == SparkType::Long,
        SparkType::Struct(fields) => fields.iter().all(|field| holds_every_number(&field.data_type)),
        other => matches!(
            other,
            SparkType::Float | SparkType::Double | SparkType::Long | SparkType::Binary | SparkType::String(_)
        ),
    }
}

/// Whether a column of this type most likely holds vectors: it is not taken for payload without a word.
#[must_use]
pub fn looks_like_vector(data_type: &SparkType) -> bool {
    match data_type {
        SparkType::Array(element) => match &**element {
            SparkType::Array(inner) => is_float(inner),
            element => is_float(element),
        },
        SparkType::Struct(fields) => is_sparse_struct(fields),
        other => matches!(other, SparkType::MllibVector(_)),
    }
}

/// Whether the column called `vector` is the unnamed vector, of a collection that is yet to be created.
#[must_use]
pub fn is_unnamed_vector(data_type: &SparkType) -> bool {
    match data_type {
        SparkType::Array(element) => is_float(element) || matches!(**element, SparkType::Decimal(..)),
        other => matches!(other, SparkType::MllibVector(_)),
    }
}

/// Whether a column of this type can hold the places of sparse vectors.
#[must_use]
pub fn is_index_list(data_type: &SparkType) -> bool {
    matches!(data_type, SparkType::Array(element) if is_index(element))
}

/// Whether a column of this type can hold the numbers of sparse vectors.
#[must_use]
pub fn is_value_list(data_type: &SparkType) -> bool {
    matches!(data_type, SparkType::Array(element) if is_float(element))
}

fn sparse_struct(index: SparkType, value: SparkType) -> SparkType {
    SparkType::Struct(vec![
        SparkField::new(INDICES, SparkType::Array(Box::new(index))),
        SparkField::new(VALUES, SparkType::Array(Box::new(value))),
    ])
}

fn is_sparse_struct(fields: &[SparkField]) -> bool {
    let has = |name: &str, fits: fn(&SparkType) -> bool| {
        fields.iter().any(|field| field.name == name && fits(&field.data_type))
    };
    fields.len() == 2 && has(INDICES, is_index_list) && has(VALUES, is_value_list)
}

fn is_number(element: &SparkType) -> bool {
    is_float(element) || is_index(element) || matches!(element, SparkType::Decimal(..))
}

fn is_float(element: &SparkType) -> bool {
    matches!(element, SparkType::Float | SparkType::Double)
}

fn is_index(element: &SparkType) -> bool {
    matches!(element, SparkType::Byte | SparkType::Short | SparkType::Integer | SparkType::Long)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mllib::Mllib;

    fn list(element: SparkType) -> SparkType {
        SparkType::Array(Box::new(element))
    }

    fn map(key: SparkType, value: SparkType) -> SparkType {
        SparkType::Map(Box::new(key), Box::new(value))
    }

    #[test]
    fn each_kind_knows_the_types_that_can_hold_it() {
        use SparkType::{Binary, Byte, Decimal, Double, Float, Integer, Long, MllibVector};
        let swapped =
            SparkType::Struct(vec![SparkField::new("values", list(Double)), SparkField::new("indices", list(Integer))]);
        let more = SparkType::Struct(vec![
            SparkField::new("values", list(Double)),
            SparkField::new("indices", list(Integer)),
            SparkField::new("x", Long),
        ]);
        let types = [
            (list(Float), "dense"),
            (list(Double), "dense"),
            (list(Decimal(38, 18)), "dense"),
            (list(Byte), "dense"),
            (Binary, "dense"),
            (MllibVector(Mllib::Ml), "dense sparse"),
            (swapped, "sparse"),
            (sparse_struct(Long, Float), "sparse"),
            (more, ""),
            (sparse_struct(Float, Float), ""),
            (map(Long, Float), "sparse"),
            (map(Integer, Double), "sparse"),
            (map(SparkType::string(), Float), ""),
            (SparkType::string(), "sparse"),
            (list(list(Float)), "a multi-vector"),
            (list(list(Decimal(5, 2))), "a multi-vector"),
            (list(list(list(Float))), ""),
            (list(SparkType::string()), ""),
            (Long, ""),
        ];
        for (data_type, expected) in types {
            let kinds = VectorKind::ALL.into_iter().filter(|kind| kind.fits(&data_type));
            let kinds: Vec<&str> = kinds.map(VectorKind::name).collect();
            assert_eq!(kinds.join(" "), expected, "{}", data_type.name());
        }
    }

    #[test]
    fn a_column_is_read_as_it_was_written_where_32_bits_give_it_back() {
        use SparkType::{Decimal, Double, Float, Integer, MllibVector};
        let dense = |written, exact| VectorKind::Dense.read_again(&written, exact);
        assert_eq!(dense(list(Double), false), list(Double));
        assert_eq!(dense(list(Integer), true), list(Integer));
        assert_eq!(dense(list(Integer), false), list(Float));
        assert_eq!(dense(list(Decimal(6, 3)), true), list(Decimal(6, 3)));
        assert_eq!(dense(list(Decimal(7, 3)), true), list(Float));
        assert_eq!(dense(list(Decimal(6, 3)), false), list(Float));
        assert_eq!(dense(SparkType::Binary, false), SparkType::Binary);
        assert_eq!(dense(MllibVector(Mllib::Ml), true), list(Double));
        let sparse = VectorKind::Sparse.read_again(&MllibVector(Mllib::Mllib), true);
        assert_eq!(sparse, sparse_struct(Integer, Double));
        assert_eq!(VectorKind::Multi.read_again(&list(list(Decimal(9, 1))), true), list(list(Float)));
    }
}
