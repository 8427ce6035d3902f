//! What a row of a DataFrame does to one row of the collection.

use std::mem;

use bytes::BytesMut;
use vectorfuse_core::error::Error;
use vectorfuse_core::options::WriteMode;
use vectorfuse_core::outbox;
use vectorfuse_core::payload::Scalar;
use vectorfuse_core::reject::Rejected;
use vectorfuse_core::rows::Origin;

use crate::key::Key;
use crate::value::Value;

/// What a key takes in an expression beside its text: quotes, a comma, and what must be escaped.
const QUOTES: usize = 4;

/// A row, as what happens to the one with its key.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// The primary key; where the server makes it, the name of the row.
    pub(crate) key: Key,
    /// Which row, for messages.
    pub(crate) origin: Origin,
    pub(crate) action: Action,
    /// The row's place in the order of `order_field`.
    pub(crate) order: Option<Scalar>,
    /// The partition, where rows have their own.
    pub(crate) partition: Option<String>,
    /// How many rows it stands for.
    pub(crate) rows: usize,
}

/// What happens to a row.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// It gets these values, in the order of the write's form. The mode says whether it must be there, and what becomes of
    /// its other fields.
    Write(Vec<Value>),
    Delete,
}

impl outbox::Change for Change {
    type Key = Key;

    fn key(&self) -> &Key {
        &self.key
    }
}

impl Change {
    /// The values that are written; none for a delete.
    pub(crate) fn values(&self) -> &[Value] {
        match &self.action {
            Action::Write(values) => values,
            Action::Delete => &[],
        }
    }

    /// Takes the values that are written; `None` of a delete.
    pub(crate) fn take_values(&mut self) -> Option<Vec<Value>> {
        match &mut self.action {
            Action::Write(values) => Some(mem::take(values)),
            Action::Delete => None,
        }
    }

    /// Makes one change of two of one key, `later` being that of the later row.
    pub(crate) fn merge(&mut self, later: Self, mode: WriteMode) {
        let rows = self.rows + later.rows;
        // Of an insert the first row finds none, and the others find that one.
        if mode != WriteMode::Insert && self.order <= later.order {
            *self = later;
        }
        self.rows = rows;
    }

    /// Takes its vectors out of the room that they are kept in, which stays as long as one of its vectors does.
    pub(crate) fn compact(&mut self) {
        let Action::Write(values) = &mut self.action else { return };
        for value in values {
            if let Value::Packed(bytes) = value {
                *bytes = BytesMut::from(&bytes[..]);
            }
        }
    }

    /// What it adds to the size of a request, at most.
    pub(crate) fn size(&self) -> usize {
        match &self.action {
            Action::Write(values) => values.iter().map(Value::size).sum(),
            Action::Delete => match &self.key {
                Key::Integer(_) => i64::MIN.to_string().len() + QUOTES,
                // Each of its letters may have to be escaped.
                Key::Text(text) => 2 * text.len() + QUOTES,
            },
        }
    }

    /// The row, as one that can't be kept.
    pub(crate) fn rejected(&self) -> Rejected {
        self.origin.rejected(&self.key, self.rows)
    }

    /// Says of an error which row it is about.
    pub(crate) fn place(&self, error: Error) -> Error {
        self.origin.place(error, &self.key)
    }
}

#[cfg(test)]
mod tests {
    use vectorfuse_core::room::Room;
    use vectorfuse_core::rows::Origin;

    use super::*;

    #[test]
    fn a_change_that_is_compacted_has_the_same_values_and_leaves_the_room() {
        let mut room = Room::default();
        let vectors = [room.keep(&[1; 8]), room.keep(&[2; 8])];
        let places = [vectors[0].as_ptr(), vectors[1].as_ptr()];
        let values: Vec<Value> = vectors.into_iter().map(Value::Packed).chain([Value::Long(7)]).collect();
        let before = values.clone();
        let (key, origin, action) = (Key::Integer(1), Origin::default(), Action::Write(values));
        let mut change = Change { key, origin, action, order: None, partition: None, rows: 1 };
        change.compact();
        assert_eq!(change.values(), before);
        let stays = |value: &Value| matches!(value, Value::Packed(bytes) if places.contains(&bytes.as_ptr()));
        assert!(!change.values().iter().any(stays));
    }
}
