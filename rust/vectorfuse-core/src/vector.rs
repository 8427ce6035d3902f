//! The kinds of vectors, and which columns of Spark can hold each.

use serde::{Deserialize, Serialize};

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
