//! Which points of a collection a read is about, and how the server is to look at them: said once for every kind of
//! request that reads.

use qdrant_client::qdrant::{Filter, QueryPoints, ScrollPoints};
use vectorfuse_core::error::Result;
use vectorfuse_core::options::Options;
use vectorfuse_core::table::Scan;

use crate::filter_json::{self, Needs};

/// The part of a reading request that is the same for every split, page and sample of one scan.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    /// Only points that pass it; every point without one.
    filter: Option<Filter>,
    /// What the option `filter` needs of the server.
    needs: Vec<Needs>,
}

impl Selection {
    /// What this scan is about.
    pub(crate) fn of(scan: &Scan) -> Result<Self> {
        Self::of_options(&scan.options)
    }

    /// What the options alone say.
    pub(crate) fn of_options(options: &Options) -> Result<Self> {
        let parsed = options.named.filter.as_deref().map(filter_json::parse).transpose()?;
        let (filter, needs) = parsed.unzip();
        Ok(Self { filter, needs: needs.unwrap_or_default() })
    }

    /// Refuses a server that would pass over a part of it.
    pub(crate) fn check(&self, version: (u32, u32)) -> Result<()> {
        self.needs.iter().try_for_each(|needs| needs.check("filter", version))
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
