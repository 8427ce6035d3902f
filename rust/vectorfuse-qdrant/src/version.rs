//! Which versions of the server know what is asked of it. An older one ignores what it does not know: a write could go over
//! points that must stay as they are, a filter could keep everything.

use vectorfuse_core::claims::{self, Kinds};
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::options::{Options, WriteMode};
use vectorfuse_core::rules::Rules;
use vectorfuse_core::table::Column;
use vectorfuse_core::vector::VectorKind;

use crate::api::Api;
use crate::routing;

/// A version of the server, as major and minor number.
pub(crate) type Version = (u32, u32);

/// The fields in which vectors of each kind are sent.
const KINDS: Version = (1, 13);
/// Shards with keys.
const SHARD_KEYS: Version = (1, 7);
/// Upserts and vector updates that a filter guards.
const UPDATE_FILTER: Version = (1, 16);
/// Upserts of only new or only existing points.
const UPDATE_MODE: Version = (1, 17);

/// Matches of a string's beginning, in filters.
pub(crate) const PREFIXES: Version = (1, 19);

/// What a write needs: the option that needs it, and since when servers have it.
pub(crate) fn needed(options: &Options, rules: &Rules) -> Option<(&'static str, Version)> {
    let mode = options.named.write_mode;
    let by_mode = match mode {
        WriteMode::Insert => Some(("write_mode` = `insert", UPDATE_MODE)),
        WriteMode::Update => Some(("write_mode` = `update", UPDATE_MODE)),
        WriteMode::Upsert | WriteMode::Partial | WriteMode::Delete => None,
    };
    let guarded = |name| (mode != WriteMode::Delete).then_some((name, UPDATE_FILTER));
    by_mode
        .or_else(|| (!rules.counters.is_empty()).then_some(("counter_fields", UPDATE_MODE)))
        .or_else(|| rules.order.and_then(|_| guarded("order_field")))
        .or_else(|| rules.condition.as_ref().and_then(|_| guarded("condition")))
        .or_else(|| routing::option(options).map(|option| (option, SHARD_KEYS)))
}

/// An older server would take sparse vectors and multi-vectors for empty ones. (It refuses empty dense ones.) `there` are
/// the vectors of the collection; `None` if it is yet to be created.
pub(crate) fn check_kinds(is: Version, options: &Options, columns: &[Column], there: Option<&Kinds>) -> Result<()> {
    let vectors = columns.iter().filter_map(|column| claims::created(options, column));
    let kinds = vectors.map(|(name, created)| there.map_or(Some(created), |there| there.get(name).copied()));
    match kinds.flatten().find(|kind| *kind != VectorKind::Dense).filter(|_| is < KINDS) {
        Some(kind) => Err(Error::unsupported(format!(
            "{} need a server of version {}.{} or newer, and this one is {}.{}: update the server",
            if kind == VectorKind::Sparse { "sparse vectors" } else { "multi-vectors" },
            KINDS.0,
            KINDS.1,
            is.0,
            is.1
        ))),
        None => Ok(()),
    }
}

/// An error if the server is too old for what is needed.
pub(crate) fn check(is: Version, needed: Option<(&'static str, Version)>) -> Result<()> {
    match needed {
        Some((option, since)) if is < since => Err(Error::unsupported(format!(
            "option `{option}` needs a server of version {}.{} or newer, and this one is {}.{}: update the server, or \
             remove the option",
            since.0, since.1, is.0, is.1
        ))),
        Some(_) | None => Ok(()),
    }
}

impl Api {
    /// Asks the server, if it matters, whether it is too old for what is needed.
    pub(crate) async fn require(&self, needed: Option<(&'static str, Version)>) -> Result<()> {
        if needed.is_none() {
            return Ok(());
        }
        let checked = check(self.version().await?, needed);
        checked.map_err(|error| error.with("store", "qdrant").with("collection", self.collection()))
    }
}

#[cfg(test)]
mod tests {
    use vectorfuse_core::error::Kind;
    use vectorfuse_core::options::{Given, Side};
    use vectorfuse_core::table::Role;

    use super::*;

    #[test]
    fn a_server_that_would_lose_vectors_of_a_kind_is_refused_before_they_are_sent() {
        let options = |name: &str| {
            let options = [(name.to_owned(), "x".to_owned())].into();
            Given { options, ..Given::default() }.parse(Side::Write).unwrap()
        };
        let kind = |option: &str| match option {
            "sparse_fields" => VectorKind::Sparse,
            "multi_fields" => VectorKind::Multi,
            _dense => VectorKind::Dense,
        };
        for (option, said) in
            [("vector_fields", ""), ("sparse_fields", "sparse vectors"), ("multi_fields", "multi-vectors")]
        {
            let columns = [Column::new("x", kind(option).column_type(), Role::Vector("v".to_owned()))];
            let there: Kinds = [("v".to_owned(), kind(option))].into();
            for there in [None, Some(&there)] {
                check_kinds((1, 13), &options(option), &columns, there).unwrap();
                let refused = check_kinds((1, 12), &options(option), &columns, there);
                match refused {
                    Ok(()) => assert_eq!(option, "vector_fields"),
                    Err(error) => {
                        assert_eq!(error.kind(), Kind::Unsupported);
                        assert!(error.to_string().contains("1.12") && error.to_string().contains(said), "{error}");
                    }
                }
            }
        }
    }
}
