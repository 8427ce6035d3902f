//! The first rows of an order: a payload index finds those that have a value, and a filter those that have none.
//!
//! A few come with the answer itself. Of many, or of large ones, the answer has only ids, and the points are fetched page
//! by page.

use std::collections::VecDeque;

use async_trait::async_trait;
use qdrant_client::qdrant::{Direction, OrderBy, ScrollPoints};
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::ids::PointId;
use vectorfuse_core::paging::{LARGEST_PAGE_BYTES, Page, Pages};
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::table::{Order, Scan, Table};

use crate::api::{Api, Wanted};
use crate::condition;
use crate::details::{Details, IndexKind};
use crate::page::{Row, Shaper, identified};
use crate::path;
use crate::selection::Selection;

/// Whether the server's order of this column is Spark's, the index that it needs is there, and so many rows may be
/// found at once. Others may have written values that the index passes over.
pub(crate) fn orders(table: &Table, name: &str, rows: u64) -> Result<bool> {
    let details = Details::of_plan(&table.details)?;
    let Some(column) = table.columns.iter().find(|column| column.name == name) else { return Ok(false) };
    // Shards with keys give a point that two of them have once, and leave open which. One answer names all rows.
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

/// The pages of an ordered scan.
pub(crate) struct OrderedPages {
    api: Api,
    shaper: Shaper,
    selection: Selection,
    /// How many rows each of the requests may give.
    limit: u32,
    /// What is yet to be asked: for the points with values, and for those without.
    requests: VecDeque<ScrollPoints>,
    /// Points that are yet to be fetched.
    found: VecDeque<PointId>,
    /// The most points of one request.
    most_points: usize,
    /// What answers had that are no page yet.
    bytes: usize,
}

impl OrderedPages {
    pub(crate) fn new(api: Api, scan: Scan, order: &Order) -> Result<Self> {
        let limit = scan.limit.and_then(|limit| u32::try_from(limit).ok());
        let limit = limit.ok_or_else(|| Error::internal("rows are to be ordered without a limit"))?;
        let shaper = Shaper::new(&api, &scan)?;
        let selection = Selection::of(&scan)?;
        let valued = first(&api, &scan, &shaper, order, limit)?;
        let without = selection.clone().and(condition::empty(&key(&scan, order)?));
        let empty = ScrollPoints { limit: Some(limit), ..shaper.wanted.scroll(api.collection()) };
        let requests = [valued, without.scroll(empty)].into();
        let most_points = Details::of_plan(&scan.details)?.most_points();
        Ok(Self { api, shaper, selection, limit, requests, found: VecDeque::new(), most_points, bytes: 0 })
    }

    /// The points of the next request; `None` if they are many or large: then only their ids were found.
    async fn ask(&mut self, rows: u32) -> Result<Option<Vec<Row>>> {
        let Some(request) = self.requests.front() else { return Ok(Some(Vec::new())) };
        let mut answer = None;
        if self.limit <= rows && !self.shaper.wanted.is_nothing() {
            answer = self.api.scroll(request, LARGEST_PAGE_BYTES).await?;
        }
        let is_whole = answer.is_some() || self.shaper.wanted.is_nothing();
        if answer.is_none() {
            let nothing = Wanted::nothing();
            let (with_payload, with_vectors) = (Some(nothing.payload), Some(nothing.vectors));
            let request = ScrollPoints { with_payload, with_vectors, ..request.clone() };
            answer = self.api.scroll(&request, usize::MAX).await?;
        }
        let answer = answer.ok_or_else(|| Error::internal("an answer without a bound was too large"))?;
        self.requests.pop_front();
        self.api.add_server_time(answer.message.time);
        self.bytes += answer.bytes;
        let points = identified(answer.message.result)?;
        if is_whole || points.is_empty() {
            return Ok(Some(points));
        }
        self.found.extend(points.iter().map(|point| point.id));
        Ok(None)
    }

    /// Those of these points that are still there and still meant; `None` if they would be larger than `largest` bytes.
    async fn fetch(&mut self, ids: &[PointId], largest: usize) -> Result<Option<Vec<Row>>> {
        let limit = u32::try_from(ids.len()).map_err(|_| Error::internal("too many points for one request"))?;
        let request = ScrollPoints { limit: Some(limit), ..self.shaper.wanted.scroll(self.api.collection()) };
        let request = self.selection.clone().and(condition::ids(ids)).scroll(request);
        let Some(answer) = self.api.scroll(&request, largest).await? else { return Ok(None) };
        self.api.add_server_time(answer.message.time);
        self.bytes += answer.bytes;
        identified(answer.message.result).map(Some)
    }
}

#[async_trait]
impl Pages for OrderedPages {
    async fn next(&mut self, rows: u32, whole: bool) -> Result<Page> {
        let asked = if self.found.is_empty() { self.ask(rows).await? } else { None };
        let points = match asked {
            Some(points) => points,
            None => {
                let most = usize::try_from(rows).unwrap_or(usize::MAX).min(self.most_points);
                let ids: Vec<PointId> = self.found.iter().take(most).copied().collect();
                let largest = if whole { usize::MAX } else { LARGEST_PAGE_BYTES };
                let Some(points) = self.fetch(&ids, largest).await? else { return Ok(Page::TooLarge) };
                self.found.drain(..ids.len());
                points
            }
        };
        let last = self.found.is_empty() && self.requests.is_empty();
        Ok(Page::Rows { batch: self.shaper.batch(&points)?, bytes: std::mem::take(&mut self.bytes), last })
    }
}
