//! The first rows of an order: a payload index finds those that have a value, and a filter those that have none.

use async_trait::async_trait;
use qdrant_client::qdrant::{Direction, OrderBy, ScrollPoints};
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::paging::{Page, Pages};
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::table::{Order, Scan, Table};

use crate::api::Api;
use crate::condition;
use crate::details::{Details, IndexKind};
use crate::page::{Shaper, identified};
use crate::path;
use crate::selection::Selection;

/// Whether the server's order of this column is Spark's, the index that it needs is there, and so many rows may come at
/// once. Others may have written values that the index passes over.
pub(crate) fn orders(table: &Table, name: &str, rows: u64) -> Result<bool> {
    let details = Details::of_plan(&table.details)?;
    let Some(column) = table.columns.iter().find(|column| column.name == name) else { return Ok(false) };
    // Shards with keys give a point that two of them have once, and leave open which. The rows come in one answer.
    if details.is_keyed || details.most_answers.is_some_and(|most| rows > most) {
        return Ok(false);
    }
    // The rows without a value take one condition more than those that strict mode has counted.
    if details.most_conditions.is_some() {
        return Ok(false);
    }
    let indexed = match &column.data_type {
        SparkType::Byte | SparkType::Short | SparkType::Integer | SparkType::Long => IndexKind::Integer,
        SparkType::Float | SparkType::Double => IndexKind::Float,
        SparkType::Null
        | SparkType::Boolean
        | SparkType::Decimal(..)
        | SparkType::String(_)
        | SparkType::Binary
        | SparkType::Date
        | SparkType::Timestamp
        | SparkType::TimestampNtz
        | SparkType::Variant
        | SparkType::Array(_)
        | SparkType::Struct(_)
        | SparkType::Map(..)
        | SparkType::MllibVector(_) => return Ok(false),
    };
    Ok(details.indexed_key(column, indexed).is_some())
}

/// The key of the column that rows are ordered by.
fn key(scan: &Scan, order: &Order) -> Result<String> {
    let column = scan.known.iter().find(|column| column.name == order.column);
    let found = column.and_then(|column| path::of_field(column.role.field()?));
    found.ok_or_else(|| Error::internal("rows are to be ordered by what is no field"))
}

/// The request for the first points that have a value.
pub(crate) fn first(api: &Api, scan: &Scan, shaper: &Shaper, order: &Order, limit: u32) -> Result<ScrollPoints> {
    let direction = if order.descending { Direction::Desc } else { Direction::Asc };
    let order_by = OrderBy { key: key(scan, order)?, direction: Some(direction.into()), start_from: None };
    let request = shaper.wanted.scroll(api.collection());
    let request = ScrollPoints { order_by: Some(order_by), limit: Some(limit), ..request };
    Ok(Selection::of(scan)?.scroll(request))
}

/// The two pages of an ordered scan.
pub(crate) struct OrderedPages {
    api: Api,
    shaper: Shaper,
    /// The points with values, and those without.
    requests: std::vec::IntoIter<ScrollPoints>,
}

impl OrderedPages {
    pub(crate) fn new(api: Api, scan: Scan, order: &Order) -> Result<Self> {
        let limit = scan.limit.and_then(|limit| u32::try_from(limit).ok());
        let limit = limit.ok_or_else(|| Error::internal("rows are to be ordered without a limit"))?;
        let shaper = Shaper::new(&api, &scan)?;
        let valued = first(&api, &scan, &shaper, order, limit)?;
        let without = Selection::of(&scan)?.and(condition::empty(&key(&scan, order)?));
        let empty = ScrollPoints { limit: Some(limit), ..shaper.wanted.scroll(api.collection()) };
        let requests = vec![valued, without.scroll(empty)].into_iter();
        Ok(Self { api, shaper, requests })
    }
}

#[async_trait]
impl Pages for OrderedPages {
    async fn next(&mut self, _rows: u32, _whole: bool) -> Result<Page> {
        let Some(request) = self.requests.next() else {
            return Ok(Page::Rows { batch: self.shaper.batch(&[])?, bytes: 0, last: true });
        };
        let Some(answer) = self.api.scroll(&request, usize::MAX).await? else {
            return Err(Error::internal("an answer without a bound was too large"));
        };
        self.api.add_server_time(answer.message.time);
        let batch = self.shaper.batch(&identified(answer.message.result)?)?;
        Ok(Page::Rows { batch, bytes: answer.bytes, last: self.requests.as_slice().is_empty() })
    }
}
