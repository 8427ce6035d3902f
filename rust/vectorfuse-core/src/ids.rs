//! Ids of points, made from what users have: integers, UUIDs, any text, several columns, or nothing at all.
//!
//! The text of an id names it without loss: `"7"` is the integer 7 and a UUID in its canonical form is that UUID, so a
//! collection that was read can be written again as it was. Any other text is hashed, and must be kept beside the id.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::rows::Key;

/// An id, in the order in which Qdrant keeps points: integers as unsigned numbers, then UUIDs by their bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PointId {
    /// An unsigned integer.
    Number(u64),
    /// A UUID.
    Uuid(Uuid),
}

impl std::fmt::Display for PointId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Uuid(uuid) => uuid.fmt(f),
        }
    }
}

impl Key for PointId {
    fn is_integer(&self, integer: i64) -> bool {
        match self {
            Self::Number(number) => u64::try_from(integer).is_ok_and(|integer| integer == *number),
            Self::Uuid(_) => false,
        }
    }
}

impl PointId {
    /// The id that a text names.
    ///
    /// A canonical unsigned integer is that number, a UUID in any of its spellings is that UUID, and anything else is
    /// the UUIDv5 (RFC 9562) of the text in the namespace of OIDs.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        Self::of_own_text(text).unwrap_or_else(|| Self::hashed(text))
    }

    /// The id whose own text this is: an integer or a UUID; `None` for any other text, which has none of its own.
    #[must_use]
    pub fn of_own_text(text: &str) -> Option<Self> {
        canonical_number(text).map(Self::Number).or_else(|| Uuid::try_parse(text).ok().map(Self::Uuid))
    }

    /// Whether the id's own text is `text`, so that nothing else must be kept to give `text` back.
    #[must_use]
    pub fn is_named(&self, text: &str) -> bool {
        self.to_string() == text
    }

    /// The id of a row that several columns name: the UUIDv5 of the JSON array of their texts, without spaces.
    #[must_use]
    pub fn from_keys(keys: &[String]) -> Self {
        Self::hashed(&serde_json::Value::from(keys).to_string())
    }

    /// dlt's id of a row: the UUIDv5 of the collection's name and the keys' texts joined by `_`, in the namespace of DNS
    /// names. Texts are Python's: `True` and `False` for booleans.
    #[must_use]
    pub fn from_keys_of_dlt(collection: &str, keys: &[String]) -> Self {
        let text = format!("{collection}{}", keys.join("_"));
        Self::Uuid(Uuid::new_v5(&Uuid::NAMESPACE_DNS, text.as_bytes()))
    }

    /// The id of a row that nothing names. It is the same whenever the same task runs again.
    #[must_use]
    pub fn generated(query: &str, partition: u64, row: u64) -> Self {
        let namespace = Uuid::new_v5(&Uuid::NAMESPACE_OID, query.as_bytes());
        Self::Uuid(Uuid::new_v5(&namespace, format!("{partition}/{row}").as_bytes()))
    }

    /// The id of a key that is no text: the UUIDv5 of its text, also where that looks like an integer or a UUID.
    #[must_use]
    pub fn hashed(text: &str) -> Self {
        Self::Uuid(Uuid::new_v5(&Uuid::NAMESPACE_OID, text.as_bytes()))
    }
}

/// The number of a text without sign, leading zeros or anything else.
fn canonical_number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dlt_s_ids_are_those_that_dlt_makes() {
        // Python: uuid.uuid5(uuid.NAMESPACE_DNS, "movies_dataset_actors" + "_".join(["7", "True", "x"]))
        let id = PointId::from_keys_of_dlt("movies_dataset_actors", &["7".into(), "True".into(), "x".into()]);
        assert_eq!(id.to_string(), "b05604d2-d36b-5794-8e7c-7994f7ff8e6c");
    }

    #[test]
    fn a_text_names_an_integer_a_uuid_or_a_hash() {
        assert_eq!(PointId::from_text("18446744073709551615"), PointId::Number(u64::MAX));
        assert!(matches!(PointId::from_text("007"), PointId::Uuid(_)));
        assert!(matches!(PointId::from_text("+7"), PointId::Uuid(_)));
        assert!(matches!(PointId::from_text("18446744073709551616"), PointId::Uuid(_)));
        let uuid = "936da01f-9abd-4d9d-80c7-02af85c822a8";
        assert!(PointId::from_text(uuid).is_named(uuid));
        let bare = "936DA01F9ABD4D9D80C702AF85C822A8";
        assert_eq!(PointId::from_text(bare), PointId::from_text(uuid));
        assert!(!PointId::from_text(bare).is_named(bare));
    }

    #[test]
    fn hashes_are_those_that_anyone_can_compute() {
        // python3 -c 'import uuid; print(uuid.uuid5(uuid.NAMESPACE_OID, "doc-1"))'
        assert_eq!(PointId::from_text("doc-1").to_string(), "5494333e-b030-5791-9f09-9f7cbbbaf875");
        assert_eq!(PointId::from_keys(&["a".into(), "b".into()]), PointId::from_text("[\"a\",\"b\"]"));
        assert_ne!(PointId::from_keys(&["ab".into()]), PointId::from_keys(&["a".into(), "b".into()]));
    }

    #[test]
    fn an_integer_is_known_without_its_text() {
        for key in ["0", "7", "70", "9223372036854775807", "18446744073709551615", "07", "-7"].map(PointId::from_text) {
            for integer in [0, 7, -7, 70, -1, i64::MIN, i64::MAX] {
                assert_eq!(key.is_integer(integer), key.to_string() == integer.to_string(), "{key} {integer}");
            }
        }
    }

    #[test]
    fn numbers_come_before_uuids() {
        let uuid = |text: &str| PointId::Uuid(Uuid::try_parse(text).unwrap());
        let low = uuid("00000000-0000-0000-0000-000000000000");
        let high = uuid("ffffffff-ffff-ffff-ffff-ffffffffffff");
        assert!(PointId::Number(u64::MAX) < low && low < high);
    }

    #[test]
    fn generated_ids_differ_by_row_and_repeat_by_task() {
        assert_eq!(PointId::generated("q", 1, 2), PointId::generated("q", 1, 2));
        assert_ne!(PointId::generated("q", 1, 2), PointId::generated("q", 12, 2));
        assert_ne!(PointId::generated("q", 1, 2), PointId::generated("p", 1, 2));
    }
}
