//! Results of functions over all rows, computed by the server: one row, in one page.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, new_null_array};
use async_trait::async_trait;
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::paging::{Page, Pages};
use vectorfuse_core::schema::{Layout, arrow_schema};
use vectorfuse_core::table::{Aggregate, Column, Order, Scan, fields};

use crate::api::Api;
use crate::details::Details;
use crate::ordered;
use crate::page::{Shaper, identified};
use crate::selection::Selection;

/// Whether the server gives exact results: strict mode can forbid it to count exactly.
pub(crate) fn is_computable(scan: &Scan) -> Result<bool> {
    let counts = |aggregate: &Aggregate| match aggregate {
        Aggregate::Rows | Aggregate::RowsWhere(_) => true,
        Aggregate::First(_) => false,
    };
    let counted = scan.group.is_some() || scan.aggregates.iter().flatten().any(counts);
    Ok(!counted || !Details::of_plan(&scan.details)?.estimates_only)
}

/// The one page of a scan that asks for aggregates.
pub(crate) struct AggregatePage {
    pub(crate) api: Api,
    pub(crate) scan: Scan,
}

#[async_trait]
impl Pages for AggregatePage {
    async fn next(&mut self, _rows: u32, _whole: bool) -> Result<Page> {
        let mut results: Vec<ArrayRef> = Vec::new();
        for (aggregate, column) in self.scan.aggregates.iter().flatten().zip(&self.scan.columns) {
            results.push(match aggregate {
                Aggregate::Rows => self.count(&self.scan).await?,
                Aggregate::RowsWhere(predicate) => {
                    let mut scan = self.scan.clone();
                    scan.predicates.push(predicate.clone());
                    self.count(&scan).await?
                }
                Aggregate::First(order) => self.first(order, column).await?,
            });
        }
        let bytes = results.len() * size_of::<i64>();
        let batch = RecordBatch::try_new(arrow_schema(&fields(&self.scan.columns), Layout::Read), results)
            .map_err(|error| Error::internal("the results of aggregates do not line up").caused_by(error))?;
        Ok(Page::Rows { batch, bytes, last: true })
    }
}

impl AggregatePage {
    async fn count(&self, scan: &Scan) -> Result<ArrayRef> {
        let count = self.api.count_selected(&Selection::of(scan)?, true).await?;
        let count = i64::try_from(count).map_err(|_| Error::internal("the server counts beyond 64 bits"))?;
        Ok(Arc::new(Int64Array::from(vec![count])))
    }

    /// The column's value in the first point of the order: one row, null if there is no such point.
    async fn first(&self, order: &Order, column: &Column) -> Result<ArrayRef> {
        let columns = std::slice::from_ref(column);
        let shaper = Shaper::of(&self.api, &self.scan, columns)?;
        let request = ordered::first(&self.api, &self.scan, &shaper, order, 1)?;
        let Some(answer) = self.api.scroll(&request, usize::MAX).await? else {
            return Err(Error::internal("an answer without a bound was too large"));
        };
        let found = shaper.batch(&identified(answer.message.result)?)?;
        if found.num_rows() == 0 {
            return Ok(new_null_array(&column.data_type.to_arrow(Layout::Read), 1));
        }
        Ok(Arc::clone(found.column(0)))
    }
}
