//! Qdrant as a store: collections of points with vectors and a payload.
//!
//! Reads are ranges of ids, scrolled side by side; writes are upserts. This crate knows how Qdrant's requests and
//! answers look, and neither Spark nor JNI.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs))]

mod aggregate;
mod alias;
mod api;
#[doc(hidden)]
pub mod bench;
mod change;
mod chosen;
mod collection;
mod condition;
mod counters;
mod counting;
mod creation;
mod cuts;
mod details;
mod document;
mod draft;
mod field;
mod filter;
mod filter_json;
mod grouped;
mod guard;
mod identity;
mod indexes;
mod limits;
mod logic;
mod ordered;
mod page;
mod path;
mod point;
mod prepare;
mod ranking;
mod received;
mod request;
mod routing;
mod sampled;
mod schema;
mod search;
mod selection;
mod sender;
mod settings;
mod shard_key;
mod split;
mod version;
mod walk;
mod wire;
mod writer;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use serde_json::Value;
use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::metrics::Metrics;
use vectorfuse_core::options::Options;
use vectorfuse_core::paging::{BatchStream, LARGEST_PAGE_BYTES};
use vectorfuse_core::predicate::{Expr, Fit};
use vectorfuse_core::schema::SparkField;
use vectorfuse_core::store::{Store, Writer};
use vectorfuse_core::table::{Scan, Size, Table};
use vectorfuse_core::write::{Outcome, Task, WritePlan, WriteRequest};

use crate::aggregate::AggregatePage;
use crate::api::{Api, Wanted};
use crate::collection::Collection;
use crate::details::Details;
use crate::grouped::GroupPage;
use crate::limits::Limits;
use crate::ordered::OrderedPages;
use crate::page::PartPages;
use crate::ranking::SearchPages;
use crate::received::Parts;
use crate::sampled::SampledPages;
use crate::search::Search;
use crate::selection::Selection;
use crate::split::Part;

/// Points of one request while a schema is inferred, so that large payloads do not come all at once.
const SAMPLE_PAGE: u32 = 100;

/// Options of other stores.
const FOREIGN: &[&str] = &[
    "token",
    "username",
    "password",
    "database",
    "partitions",
    "partition",
    "partition_field",
    "auto_id",
    "partition_key",
    "dynamic_field",
];

/// One collection of a Qdrant server.
pub struct Qdrant {
    options: Options,
    api: Api,
}

impl Qdrant {
    /// The collection that the options name; nothing is sent yet.
    pub fn open(options: Options) -> Result<Self> {
        options.refuse("qdrant", FOREIGN)?;
        let api = Api::open(&options, Arc::new(Metrics::default()))?;
        Ok(Self { options, api })
    }

    /// The error of something that is wrong with the collection as a whole.
    fn place(&self, error: Error) -> Error {
        error.with("store", "qdrant").with("collection", self.api.collection())
    }

    async fn collection(&self) -> Result<Option<Collection>> {
        let info = self.api.info().await?;
        info.map(Collection::from_info).transpose().map_err(|error| self.place(error))
    }

    fn missing(&self) -> Error {
        self.place(Error::new(Kind::NotFound, format!("there is no collection `{}`", self.api.collection())))
    }

    /// The first points of the selection, as many as the inference may look at.
    async fn sample(&self, selection: &Selection, limits: Limits) -> Result<Vec<Bytes>> {
        let mut request = selection.scroll(Wanted::new(None, Some(Vec::new())).scroll(self.api.collection()));
        let most = self.options.named.schema_sample as usize;
        let (mut points, mut offset) = (Vec::new(), None);
        let mut page = limits.reads.map_or(SAMPLE_PAGE, |limit| limit.min(SAMPLE_PAGE));
        while points.len() < most {
            let limit = page.min(u32::try_from(most - points.len()).unwrap_or(page));
            let largest = if limit == 1 { usize::MAX } else { LARGEST_PAGE_BYTES };
            request.offset = offset.map(point::to_qdrant_id);
            request.limit = Some(limit);
            let Some(answer) = self.api.scroll(&request, largest).await? else {
                page = (page / 10).max(1);
                continue;
            };
            points.extend(answer.message.result);
            match answer.message.next_page_offset {
                Some(next) => offset = Some(point::from_qdrant_id(Some(next))?),
                None => break,
            }
        }
        Ok(points)
    }
}

#[async_trait]
impl Store for Qdrant {
    async fn table(&self, schema: Option<Vec<SparkField>>, spark: u32) -> Result<Table> {
        // What the options alone say comes before what the server says.
        let selection = Selection::of_options(&self.options)?;
        let version = self.api.version().await?;
        selection.check(version, self.options.named.transport).map_err(|error| self.place(error))?;
        let info = self.api.info().await?.ok_or_else(|| self.missing())?;
        self.check_parts(&info, &selection).await?;
        let collection = Collection::from_info(info.clone()).map_err(|error| self.place(error))?;
        let details = Details::new(&info, &collection, version).to_plan()?;
        if let Some(search) = Search::resolve(&self.options, &collection).map_err(|error| self.place(error))? {
            self.check_search(&search, &selection, version).await.map_err(|error| self.place(error))?;
        }
        let choice = chosen::choice(&self.options, &collection, spark).map_err(|error| self.place(error))?;
        let known = collection.kept.as_deref().map(|kept| schema::kept_columns(&collection, kept));
        let mut warnings = Vec::new();
        let mut columns = match (schema, known) {
            (Some(schema), known) => chosen::of_schema(&choice, &collection, known, schema)?,
            (None, Some(known)) => choice.columns(known, &mut warnings)?,
            (None, None) if !self.options.named.infer_schema && choice.has_fields() => {
                return Err(self.place(Error::options(
                    "option `infer_schema` is false and the collection keeps no schema: give one with `.schema(…)` or `schema`",
                )));
            }
            (None, None) => {
                let limits = Limits::of(&collection.config);
                let sample = if choice.has_fields() { self.sample(&selection, limits).await? } else { Vec::new() };
                let parts = sample.iter().map(|point| Parts::of(point)).collect::<Result<Vec<_>>>();
                let parts = parts.map_err(|error| self.place(error))?;
                choice.columns(schema::inferred_columns(&collection, &parts), &mut warnings)?
            }
        };
        for column in &mut columns {
            column.data_type = column.data_type.on_spark(spark);
        }
        Ok(Table { options: self.options.clone(), columns, details, warnings })
    }

    fn accepts(&self, table: &Table, predicates: &[Expr]) -> Result<Vec<Fit>> {
        filter::accepts(table, predicates)
    }

    fn orders(&self, table: &Table, column: &str, rows: u64) -> Result<bool> {
        ordered::orders(table, column, rows)
    }

    fn skips(&self, _table: &Table) -> Result<bool> {
        Ok(true)
    }

    fn samples(&self, _table: &Table) -> Result<bool> {
        Ok(true)
    }

    async fn aggregates(&self, scan: &Scan) -> Result<bool> {
        if !aggregate::is_computable(scan)? {
            return Ok(false);
        }
        if scan.group.is_some() { grouped::is_countable(&self.api, scan).await } else { Ok(true) }
    }

    async fn size(&self, scan: &Scan) -> Result<Option<Size>> {
        let details = Details::of_plan(&scan.details)?;
        let options = &scan.options;
        let narrowed =
            !scan.predicates.is_empty() || options.named.filter.is_some() || !options.named.shard_key.is_empty();
        let points = if scan.aggregates.is_some() {
            Some(1)
        } else if narrowed && !options.is_search() {
            Some(self.api.count_selected(&Selection::of(scan)?, false).await?)
        } else {
            details.points
        };
        let Some(points) = points else { return Ok(None) };
        let points = points.saturating_sub(scan.offset.unwrap_or_default());
        let points = scan.sample.map_or(points, |sample| sample.rows(points));
        let bounds = [scan.limit, options.most_rows()];
        let rows = bounds.into_iter().flatten().fold(points, u64::min);
        let row = scan.columns.iter().map(|column| details.bytes(column)).sum::<u64>();
        Ok(Some(Size { rows, bytes: rows.saturating_mul(row.max(1)) }))
    }

    async fn split(&self, scan: &Scan, wanted: usize) -> Result<Vec<Value>> {
        let collection = self.pinned().await?;
        let parts = self.at(Some(&collection)).parts(scan, wanted).await?.into_iter().map(serde_json::to_value);
        parts.map(|part| part.map_err(|error| Error::internal("a split can't be written").caused_by(error))).collect()
    }

    fn read(&self, scan: Scan, part: Value, metrics: Arc<Metrics>) -> Result<BatchStream> {
        let part: Part = serde_json::from_value(part)
            .map_err(|error| Error::internal("the split can't be read").caused_by(error))?;
        let details = Details::of_plan(&scan.details)?;
        // A guess, for the first page alone.
        let row_bytes = scan.columns.iter().map(|column| details.bytes(column)).sum::<u64>();
        let row_bytes = usize::try_from(row_bytes).unwrap_or(usize::MAX);
        let most = scan.options.named.page_size.map(std::num::NonZero::get).into_iter().chain(part.most).min();
        let api = Api::open(&scan.options, Arc::clone(&metrics))?.at(&part.collection);
        if scan.group.is_some() {
            return Ok(BatchStream::start(GroupPage { api, scan }, row_bytes, most, metrics));
        }
        if scan.aggregates.is_some() {
            return Ok(BatchStream::start(AggregatePage { api, scan }, row_bytes, most, metrics));
        }
        if let Some(order) = scan.order.clone() {
            let pages = OrderedPages::new(api, scan, &order)?;
            return Ok(BatchStream::start(pages, row_bytes, most, metrics));
        }
        let selection = Selection::of(&scan)?;
        Ok(match &part.search {
            Some(search) => {
                let pages = SearchPages::new(api, &scan, selection, search)?;
                BatchStream::start(pages, row_bytes, most, metrics)
            }
            None => match SampledPages::new(&api, &scan, &selection, &part, most)? {
                Some(pages) => BatchStream::start(pages, row_bytes, most, metrics),
                None => {
                    let pages = PartPages::new(api, &scan, selection, part, most)?;
                    BatchStream::start(pages, row_bytes, most, metrics)
                }
            },
        })
    }

    async fn exists(&self) -> Result<bool> {
        self.api.version().await?;
        Ok(self.api.info().await?.is_some())
    }

    async fn prepare(&self, request: WriteRequest) -> Result<WritePlan> {
        self.prepare_write(request).await
    }

    fn writer(&self, plan: WritePlan, task: Task, metrics: Arc<Metrics>) -> Result<Box<dyn Writer>> {
        let api = Api::open(&plan.options, Arc::clone(&metrics))?;
        writer::open(api, plan, task, metrics)
    }

    async fn finish(&self, plan: WritePlan, outcome: Outcome) -> Result<Vec<String>> {
        self.finish_write(plan, outcome).await
    }
}
