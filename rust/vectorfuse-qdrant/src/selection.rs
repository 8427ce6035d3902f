//! Which points of a collection a read is about, and how the server is to look at them: said once for every kind of
//! request that reads.

use qdrant_client::qdrant::condition::ConditionOneOf;
use qdrant_client::qdrant::{
    Condition, CountPoints, FacetCounts, Filter, GetPoints, QueryPoints, ReadConsistency, ReadConsistencyType,
    ScrollPoints, SliceCondition, read_consistency,
};
use serde::{Deserialize, Serialize};
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::options::{Options, Transport};
use vectorfuse_core::table::Scan;

use crate::api::check_said;
use crate::filter;
use crate::filter_json::{self, Needs};
use crate::logic::Test;
use crate::shard_key::{self, ShardKey, selector};

/// One of `total` disjoint parts of all ids, which the server tells apart by a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Slice {
    pub(crate) total: u32,
    pub(crate) index: u32,
}

impl Slice {
    /// Servers before this one take the condition for none at all.
    pub(crate) const SINCE: (u32, u32) = (1, 19);
}

/// The part of a reading request that is the same for every split, page and sample of one scan.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    /// Only points that pass it; every point without one.
    filter: Option<Filter>,
    /// What the option `filter` needs of the server.
    needs: Vec<Needs>,
    /// Only points of these shards; of all if there are no keys.
    shard_keys: Vec<ShardKey>,
    consistency: Option<ReadConsistency>,
}

impl Selection {
    /// What this scan is about: what the options say, and what Spark has pushed down.
    pub(crate) fn of(scan: &Scan) -> Result<Self> {
        let own = Self::of_options(&scan.options)?;
        Ok(match filter::of_scan(scan)? {
            Some(pushed) => own.and(Test::of_filter(pushed)),
            None => own,
        })
    }

    /// Only those of the points that pass this test too.
    #[must_use]
    pub(crate) fn and(self, test: Test) -> Self {
        let before = self.filter.map_or(Test::Always, Test::of_filter);
        Self { filter: before.and(test).into_filter(), ..self }
    }

    /// What the options alone say.
    pub(crate) fn of_options(options: &Options) -> Result<Self> {
        let parsed = options.named.filter.as_deref().map(filter_json::parse).transpose()?;
        let (filter, needs) = parsed.unzip();
        let shard_keys = shard_key::of_options(options);
        let consistency = options.named.consistency.as_deref().map(consistency).transpose()?;
        Ok(Self { filter, needs: needs.unwrap_or_default(), shard_keys, consistency })
    }

    /// Refuses a server that would pass over a part of it, and what can't be said over this transport.
    pub(crate) fn check(&self, version: (u32, u32), over: Transport) -> Result<()> {
        self.needs.iter().try_for_each(|needs| needs.check("filter", version))?;
        match (over, &self.filter) {
            (Transport::Http, Some(filter)) => check_said(filter),
            (Transport::Http, None) | (Transport::Grpc, _) => Ok(()),
        }
    }

    /// The shards that were asked for; no keys if nobody asked.
    pub(crate) fn shard_keys(&self) -> &[ShardKey] {
        &self.shard_keys
    }

    /// Only its points in one slice.
    #[must_use]
    pub(crate) fn slice(mut self, Slice { total, index }: Slice) -> Self {
        let condition = ConditionOneOf::Slice(SliceCondition { total, index });
        self.filter.get_or_insert_default().must.push(Condition { condition_one_of: Some(condition) });
        self
    }

    /// Narrows a scroll.
    pub(crate) fn scroll(&self, request: ScrollPoints) -> ScrollPoints {
        ScrollPoints {
            filter: self.filter.clone(),
            read_consistency: self.consistency,
            shard_key_selector: selector(&self.shard_keys),
            ..request
        }
    }

    /// Says how points of known ids are to be looked up. They are looked up whether or not they pass the filter.
    pub(crate) fn get(&self, request: GetPoints) -> GetPoints {
        GetPoints { read_consistency: self.consistency, shard_key_selector: selector(&self.shard_keys), ..request }
    }

    /// Narrows a count.
    pub(crate) fn count(&self, request: CountPoints) -> CountPoints {
        CountPoints {
            filter: self.filter.clone(),
            read_consistency: self.consistency,
            shard_key_selector: selector(&self.shard_keys),
            ..request
        }
    }

    /// Narrows a facet.
    pub(crate) fn facet(&self, request: FacetCounts) -> FacetCounts {
        FacetCounts {
            filter: self.filter.clone(),
            read_consistency: self.consistency,
            shard_key_selector: selector(&self.shard_keys),
            ..request
        }
    }

    /// Narrows a query.
    pub(crate) fn query(&self, request: QueryPoints) -> QueryPoints {
        QueryPoints {
            filter: self.filter.clone(),
            read_consistency: self.consistency,
            shard_key_selector: selector(&self.shard_keys),
            ..request
        }
    }
}

fn consistency(text: &str) -> Result<ReadConsistency> {
    let named = |named: ReadConsistencyType| read_consistency::Value::Type(named.into());
    let value = match text.trim().to_ascii_lowercase().as_str() {
        "all" => named(ReadConsistencyType::All),
        "majority" => named(ReadConsistencyType::Majority),
        "quorum" => named(ReadConsistencyType::Quorum),
        number => match number.parse() {
            Ok(replicas @ 1..) => read_consistency::Value::Factor(replicas),
            Ok(0) | Err(_) => {
                return Err(Error::options(format!(
                    "option `consistency` is `{text}`: expected `all`, `majority`, `quorum` or a number of replicas of at least 1"
                )));
            }
        },
    };
    Ok(ReadConsistency { value: Some(value) })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use vectorfuse_core::error::Kind;
    use vectorfuse_core::options::{Given, Side};

    use super::*;

    #[test]
    fn what_can_t_be_said_over_http_is_refused_before_tasks_start() {
        let filter = r#"{"must": [{"key": "city", "match": {"substring": "Ro"}}]}"#;
        let options = [("store", "qdrant"), ("url", "http://h:6333"), ("collection", "c"), ("filter", filter)];
        let options = options.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let options = Given { options: options.into(), session: BTreeMap::new() }.parse(Side::Read).unwrap();
        let selection = Selection::of_options(&options).unwrap();
        selection.check((1, 20), Transport::Grpc).unwrap();
        let refusal = selection.check((1, 20), Transport::Http).unwrap_err();
        assert_eq!(refusal.kind(), Kind::Unsupported);
        assert!(refusal.to_string().contains("over HTTP"), "{refusal}");
    }
}
