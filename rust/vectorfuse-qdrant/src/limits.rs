//! The limits that a server's strict mode sets for a collection: requests are made to fit them, where they can be.

use qdrant_client::qdrant::CollectionConfig;

/// A limit on points per minute counts each point of a request: requests of this part of it leave room for others.
const PART_OF_RATE: u32 = 4;

/// What one request may have at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Points of a request that writes.
    pub(crate) writes: Option<usize>,
    /// Points of an answer.
    pub(crate) reads: Option<u32>,
    /// Whether the conditions of a filter are counted, so that none may be added to those that were.
    pub(crate) counts_conditions: bool,
}

impl Limits {
    /// Of a collection with this configuration.
    pub(crate) fn of(config: &CollectionConfig) -> Self {
        let Some(strict) = config.strict_mode_config.as_ref().filter(|strict| strict.enabled == Some(true)) else {
            return Self::default();
        };
        let rate = strict.write_rate_limit.map(|limit| (limit / PART_OF_RATE).max(1) as usize);
        let size = strict.upsert_max_batchsize.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX).max(1));
        Self {
            writes: rate.into_iter().chain(size).min(),
            reads: strict.max_query_limit.map(|limit| limit.max(1)),
            counts_conditions: strict.filter_max_conditions.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use qdrant_client::qdrant::StrictModeConfig;

    use super::*;

    fn limits(enabled: Option<bool>, size: Option<u64>, rate: Option<u32>) -> Limits {
        let strict = StrictModeConfig {
            enabled,
            upsert_max_batchsize: size,
            write_rate_limit: rate,
            max_query_limit: Some(50),
            ..StrictModeConfig::default()
        };
        Limits::of(&CollectionConfig { strict_mode_config: Some(strict), ..CollectionConfig::default() })
    }

    #[test]
    fn the_tightest_limit_counts_where_strict_mode_is_on() {
        assert_eq!(limits(None, Some(3), None), Limits::default());
        assert_eq!(limits(Some(false), Some(3), None), Limits::default());
        assert_eq!(limits(Some(true), None, None), Limits { reads: Some(50), ..Limits::default() });
        assert_eq!(limits(Some(true), Some(30), Some(80)).writes, Some(20));
        assert_eq!(limits(Some(true), Some(3), Some(80)).writes, Some(3));
        assert_eq!(limits(Some(true), None, Some(2)).writes, Some(1));
    }
}
