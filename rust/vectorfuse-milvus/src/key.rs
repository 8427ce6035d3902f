//! The primary keys of rows: integers or texts, in the order in which the server has them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How long a UUID is as a text.
pub(crate) const UUID_BYTES: u64 = 36;

/// A row's primary key. A collection has keys of one kind; texts are ordered by their bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Key {
    Integer(i64),
    Text(String),
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}
