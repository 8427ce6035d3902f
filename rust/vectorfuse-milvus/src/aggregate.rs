//! Counts of rows, made by the server: one row, in one page.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use async_trait::async_trait;
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::paging::{Page, Pages};
use vectorfuse_core::schema::{Layout, arrow_schema};
use vectorfuse_core::table::{Aggregate, Scan, fields};

use crate::api::Api;
use crate::details::{self, ReadDetails};
use crate::selection::{Moment, Selection};

/// Whether the server computes the scan's aggregates: counts without a group, where they are those of the rows that a read
/// gives. A server counts each of several rows that were inserted under one key, and gives one of them: only keys that it
/// makes itself are each there once for certain.
pub(crate) fn is_computable(scan: &Scan) -> Result<bool> {
    let is_count = |aggregate: &Aggregate| matches!(aggregate, Aggregate::Rows | Aggregate::RowsWhere(_));
    if scan.group.is_some() || !scan.aggregates.iter().flatten().all(is_count) {
        return Ok(false);
    }
    let details: ReadDetails = details::of_plan(&scan.details)?;
    Ok(details.collection.primary()?.is_auto)
}

/// The one page of a scan that asks for counts.
pub(crate) struct AggregatePage {
    pub(crate) api: Api,
    pub(crate) scan: Scan,
    pub(crate) moment: Moment,
}

#[async_trait]
impl Pages for AggregatePage {
    async fn next(&mut self, _rows: u32, _whole: bool) -> Result<Page> {
        let mut results: Vec<ArrayRef> = Vec::new();
        for aggregate in self.scan.aggregates.iter().flatten() {
            let count = match aggregate {
                Aggregate::Rows => self.count(&self.scan).await?,
                Aggregate::RowsWhere(predicate) => {
                    let mut scan = self.scan.clone();
                    scan.predicates.push(predicate.clone());
                    self.count(&scan).await?
                }
                Aggregate::First(_) => return Err(Error::internal("Milvus was asked for the first row of an order")),
            };
            results.push(Arc::new(Int64Array::from(vec![count])));
        }
        let bytes = results.len() * size_of::<i64>();
        let batch = RecordBatch::try_new(arrow_schema(&fields(&self.scan.columns), Layout::Read), results)
            .map_err(|error| Error::internal("the results of aggregates do not line up").caused_by(error))?;
        Ok(Page::Rows { batch, bytes, last: true })
    }
}

impl AggregatePage {
    async fn count(&self, scan: &Scan) -> Result<i64> {
        let count = Selection::of(scan, self.moment)?.count(&self.api).await?;
        i64::try_from(count).map_err(|_| Error::internal("the server counts beyond 64 bits"))
    }
}
