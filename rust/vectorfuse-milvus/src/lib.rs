//! Milvus as a store: collections of rows with a primary key, vectors and typed fields.
//!
//! This crate knows how Milvus's requests and answers look, and neither Spark nor JNI.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs))]

mod aggregate;
mod alias;
mod api;
mod appends;
#[doc(hidden)] // for `benches/codec.rs` alone
pub mod bench;
mod block;
mod cell;
mod change;
mod collection;
mod column;
mod columns;
mod creation;
mod cuts;
mod details;
mod dynamic;
mod expression;
mod fields;
mod filter;
mod form;
mod indexes;
mod key;
mod key_name;
mod key_range;
mod keyspace;
mod lookup;
mod numbers;
mod operand;
mod packed;
mod page;
mod partition;
mod picked;
mod prepare;
mod ranking;
mod read;
mod roles;
mod row;
mod schema;
mod search;
mod selection;
mod sender;
mod settings;
mod shaper;
mod sought;
mod split;
mod standing;
mod test;
mod truncation;
mod value;
mod version;
mod wire;
mod writer;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::metrics::Metrics;
use vectorfuse_core::options::Options;
use vectorfuse_core::paging::BatchStream;
use vectorfuse_core::predicate::{Expr, Fit};
use vectorfuse_core::schema::SparkField;
use vectorfuse_core::store::{Store, Writer};
use vectorfuse_core::table::{Scan, Size, Table};
use vectorfuse_core::write::{Outcome, Task, WritePlan, WriteRequest};

use crate::api::Api;
use crate::collection::Collection;
use crate::version::Version;

/// Options of other stores.
const FOREIGN: &[&str] = &["shard_key", "shard_key_field", "ordering", "write_consistency_factor", "on_disk_payload"];

/// One collection of a Milvus server.
pub struct Milvus {
    options: Options,
    api: Api,
}

impl Milvus {
    /// The collection that the options name; nothing is sent yet.
    pub fn open(options: Options) -> Result<Self> {
        options.refuse("milvus", FOREIGN)?;
        let api = Api::open(&options, Arc::new(Metrics::default()))?;
        Ok(Self { options, api })
    }

    /// The error of something that is wrong with the collection as a whole.
    fn place(&self, error: Error) -> Error {
        error.with("store", "milvus").with("collection", self.api.collection())
    }

    /// The collection as it is; `None` if it is not there.
    async fn collection(&self) -> Result<Option<Collection>> {
        let version = self.version().await?;
        if !self.has_database().await? {
            return Ok(None);
        }
        let described = self.api.describe().await?;
        Ok(described.map(|described| Collection::of(described, version)))
    }

    async fn version(&self) -> Result<Version> {
        Version::parse(&self.api.version().await?).map_err(|error| self.place(error))
    }

    fn missing(&self) -> Error {
        self.place(Error::new(Kind::NotFound, format!("there is no collection `{}`", self.api.collection())))
    }
}

#[async_trait]
impl Store for Milvus {
    async fn table(&self, schema: Option<Vec<SparkField>>, spark: u32) -> Result<Table> {
        self.read_table(schema, spark).await
    }

    fn accepts(&self, table: &Table, predicates: &[Expr]) -> Result<Vec<Fit>> {
        filter::accepts(table, predicates)
    }

    fn orders(&self, _table: &Table, _column: &str, _rows: u64) -> Result<bool> {
        // A query has no order but that of the key.
        Ok(false)
    }

    fn skips(&self, _table: &Table) -> Result<bool> {
        Ok(false)
    }

    fn samples(&self, _table: &Table) -> Result<bool> {
        Ok(false)
    }

    async fn aggregates(&self, scan: &Scan) -> Result<bool> {
        aggregate::is_computable(scan)
    }

    async fn size(&self, scan: &Scan) -> Result<Option<Size>> {
        self.read_size(scan).await
    }

    async fn split(&self, scan: &Scan, wanted: usize) -> Result<Vec<Value>> {
        let parts = self.parts(scan, wanted).await?.into_iter().map(serde_json::to_value);
        parts.map(|part| part.map_err(|error| Error::internal("a split can't be written").caused_by(error))).collect()
    }

    fn read(&self, scan: Scan, part: Value, metrics: Arc<Metrics>) -> Result<BatchStream> {
        read::start(&scan, part, metrics)
    }

    async fn exists(&self) -> Result<bool> {
        Ok(self.collection().await?.is_some())
    }

    async fn prepare(&self, request: WriteRequest) -> Result<WritePlan> {
        self.prepare_write(request).await
    }

    fn writer(&self, plan: WritePlan, task: Task, metrics: Arc<Metrics>) -> Result<Box<dyn Writer>> {
        let api = Api::open(&self.options, Arc::clone(&metrics))?;
        writer::open(api, plan, task, metrics)
    }

    async fn finish(&self, plan: WritePlan, outcome: Outcome) -> Result<Vec<String>> {
        self.finish_write(plan, outcome).await
    }
}
