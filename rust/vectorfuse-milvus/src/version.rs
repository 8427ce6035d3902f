//! What a server can do, by its version: what an older one does not know it would pass over, or not survive.

use serde::{Deserialize, Serialize};
use vectorfuse_core::error::{Error, Result};

/// The version of a server: `v2.3.5` is (2, 3, 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Version(pub(crate) u32, pub(crate) u32, pub(crate) u32);

/// Something that not every server has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Feature {
    /// What it is, for messages.
    pub(crate) name: &'static str,
    /// The first version that has it.
    pub(crate) since: Version,
}

/// Fields that can be null.
pub(crate) const NULLABLE: Feature = Feature { name: "nullable fields", since: Version(2, 5, 0) };
/// Indexes of fields by type, and of arrays and booleans at all.
pub(crate) const INVERTED_INDEX: Feature = Feature { name: "inverted and bitmap indexes", since: Version(2, 4, 0) };
/// The greatest integer as a key: 2.3.5 takes a row with it, counts it, and never gives it back.
pub(crate) const GREATEST_KEY: Feature =
    Feature { name: "rows with the key 9223372036854775807", since: Version(2, 4, 0) };
/// Vectors of fewer bits, and sparse ones. 2.3.5 takes the fields, and dies of their rows.
pub(crate) const SMALL_VECTORS: Feature =
    Feature { name: "Float16, BFloat16 and sparse vectors", since: Version(2, 4, 0) };
/// Older servers (2.3.5 does, and some later ones of 2.3 do not) put a row that is upserted into the partition of another
/// value than that of its partition key: it is there, and a filter by that field does not find it.
pub(crate) const PARTITION_KEY_UPSERTS: Feature =
    Feature { name: "upserts into the partition of their partition key", since: Version(2, 4, 0) };
/// More than one vector in a row.
pub(crate) const SEVERAL_VECTORS: Feature = Feature { name: "several vectors in a row", since: Version(2, 4, 0) };
/// Vectors of bytes.
pub(crate) const INT8_VECTORS: Feature = Feature { name: "Int8 vectors", since: Version(2, 5, 0) };
/// Moments, and places on a map.
pub(crate) const TIMESTAMPTZ: Feature = Feature { name: "Timestamptz and Geometry fields", since: Version(2, 6, 0) };
/// Right scores for vectors of 16-bit floats: before, a server takes their bytes for other numbers.
pub(crate) const HALF_FLOAT_SEARCH: Feature = Feature { name: "searches of 16-bit floats", since: Version(2, 4, 0) };
/// A look at the numbers of Float and Double fields (not at those in arrays): such a server refuses a request for one that is
/// NaN or infinite, and names no row.
pub(crate) const FINITE_FLOATS: Feature = Feature { name: "finite numbers alone", since: Version(2, 4, 3) };
/// Sparse vectors without a number.
pub(crate) const EMPTY_SPARSE: Feature = Feature { name: "empty sparse vectors", since: Version(2, 4, 12) };
/// Upserts of just some fields.
pub(crate) const PARTIAL_UPDATE: Feature = Feature { name: "partial updates", since: Version(2, 6, 0) };

/// Whether the server is Milvus Lite, by its own text. It does not keep the descriptions of fields, takes a vector that is
/// null for one of zeros (in reads and searches), has names of its own in the dynamic field ([`LITE_KEYS`]), and lacks an
/// escape of texts that all others know ([`crate::expression::with_letters`]).
pub(crate) fn is_lite(text: &str) -> bool {
    text.starts_with("milvus_lite") || text.starts_with("milvus-lite")
}

/// Keys of the dynamic field that Milvus Lite takes, and does not keep.
pub(crate) const LITE_KEYS: [&str; 2] = ["_seq", "_partition"];

impl Version {
    /// Of the server's own text, which may begin with `v` or with the name of an edition (`milvus_lite-3.2.2`).
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let numbers = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
        let numbers: Vec<u32> = numbers.take(3).map_while(|part| part.parse().ok()).collect();
        match numbers[..] {
            [major, minor] => Ok(Self(major, minor, 0)),
            [major, minor, patch] => Ok(Self(major, minor, patch)),
            _ => Err(Error::internal(format!("the server says that its version is `{text}`"))),
        }
    }

    /// Whether the server has the feature.
    pub(crate) fn has(self, feature: Feature) -> bool {
        self >= feature.since
    }

    /// Refuses a server that lacks the feature; `used` says by what it is needed.
    pub(crate) fn require(self, feature: Feature, used: &str) -> Result<()> {
        if self.has(feature) {
            return Ok(());
        }
        let Feature { name, since } = feature;
        Err(Error::unsupported(format!("{used} needs {name}, which Milvus has since {since}: the server is {self}")))
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_servers_write_them() {
        assert_eq!(Version::parse("v2.3.5").unwrap(), Version(2, 3, 5));
        assert_eq!(Version::parse("2.6.0-rc1").unwrap(), Version(2, 6, 0));
        assert_eq!(Version::parse("v2.3.5-lite").unwrap(), Version(2, 3, 5));
        assert_eq!(Version::parse("milvus_lite-3.2.2").unwrap(), Version(3, 2, 2));
        assert_eq!(Version::parse("2.5").unwrap(), Version(2, 5, 0));
        assert!(Version::parse("unknown").is_err());
    }

    #[test]
    fn an_older_server_is_refused_by_name() {
        let feature = Feature { name: "nullable fields", since: Version(2, 5, 0) };
        assert!(Version(2, 5, 0).require(feature, "a null").is_ok());
        let error = Version(2, 3, 5).require(feature, "a null in column `a`").unwrap_err().to_string();
        assert_eq!(
            error,
            "a null in column `a` needs nullable fields, which Milvus has since 2.5.0: the server is 2.3.5"
        );
    }
}
