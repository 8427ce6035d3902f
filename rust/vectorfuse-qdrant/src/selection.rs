//! Which points of a collection a read is about, and how the server is to look at them: said once for every kind of
//! request that reads.

use qdrant_client::qdrant::{Filter, QueryPoints, ScrollPoints};
use vectorfuse_core::error::Result;
use vectorfuse_core::table::Scan;

/// The part of a reading request that is the same for every split, page and sample of one scan.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    /// Only points that pass it; every point without one.
    filter: Option<Filter>,
}

impl Selection {
    /// What this scan is about: nothing narrows one yet.
    pub(crate) fn of(_scan: &Scan) -> Result<Self> {
        Ok(Self::default())
    }

    /// Narrows a scroll.
    pub(crate) fn scroll(&self, request: ScrollPoints) -> ScrollPoints {
        ScrollPoints { filter: self.filter.clone(), ..request }
    }

    /// Narrows a query.
    pub(crate) fn query(&self, request: QueryPoints) -> QueryPoints {
        QueryPoints { filter: self.filter.clone(), ..request }
    }
}
