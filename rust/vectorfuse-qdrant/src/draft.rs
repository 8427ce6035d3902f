//! What the values of a row are put into: the bytes of its point ([`crate::wire`]), or messages, where a request takes
//! points apart.

use std::collections::HashMap;

use qdrant_client::qdrant::{self, Value};
use vectorfuse_core::payload::ColumnReader;

/// A point that is being made of a row. What stands in the columns lives for `'a`.
pub(crate) trait Draft<'a> {
    /// Puts in a field of the payload as it stands in its column; `false` if that takes a [`Self::value`].
    fn atom(&mut self, field: &str, reader: &ColumnReader, row: usize) -> bool;

    /// Puts in a field of the payload.
    fn value(&mut self, field: &str, value: Value);

    /// Puts in a dense vector as it stands in its column, where `found` finds it; `false` if that takes a
    /// [`Self::vector`]. The unnamed vector's name is empty.
    fn floats(&mut self, name: &'a str, found: impl FnOnce() -> Option<&'a [u8]>) -> bool;

    /// Puts in a vector.
    fn vector(&mut self, name: &'a str, vector: qdrant::Vector);

    /// Whether it has no vector so far.
    fn is_without_vector(&self) -> bool;
}

/// A point's parts as messages.
#[derive(Default)]
pub(crate) struct Messages {
    pub(crate) payload: HashMap<String, Value>,
    pub(crate) vectors: HashMap<String, qdrant::Vector>,
}

impl<'a> Draft<'a> for Messages {
    fn atom(&mut self, _: &str, _: &ColumnReader, _: usize) -> bool {
        false
    }

    fn value(&mut self, field: &str, value: Value) {
        self.payload.insert(field.to_owned(), value);
    }

    fn floats(&mut self, _: &'a str, _: impl FnOnce() -> Option<&'a [u8]>) -> bool {
        false
    }

    fn vector(&mut self, name: &'a str, vector: qdrant::Vector) {
        self.vectors.insert(name.to_owned(), vector);
    }

    fn is_without_vector(&self) -> bool {
        self.vectors.is_empty()
    }
}
