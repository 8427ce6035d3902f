//! The primary keys of rows: integers or texts, in the order in which the server has them.

use std::fmt;

use serde::{Deserialize, Serialize};
use vectorfuse_core::rows;

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

impl rows::Key for Key {
    fn is_integer(&self, integer: i64) -> bool {
        match self {
            Self::Integer(number) => *number == integer,
            Self::Text(text) => *text == integer.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use vectorfuse_core::rows::Key as _;

    use super::*;

    #[test]
    fn an_integer_is_known_in_a_key_of_either_kind() {
        let texts = ["0", "7", "-7", "07", "+7", "", "9223372036854775808"].map(|text| Key::Text(text.to_owned()));
        let integers = [0, 7, -7, i64::MIN, i64::MAX];
        for key in integers.map(Key::Integer).into_iter().chain(texts) {
            for integer in integers {
                assert_eq!(key.is_integer(integer), key.to_string() == integer.to_string(), "{key} {integer}");
            }
        }
    }
}
