//! What a store must be able to do: one collection of one database, read and written.

use async_trait::async_trait;
use serde_json::Value;

use arrow_array::RecordBatch;

use crate::error::Result;
use crate::metrics::Metrics;
use crate::paging::BatchStream;
use crate::predicate::{Expr, Fit};
use crate::schema::SparkField;
use crate::table::{Scan, Size, Table};
use crate::write::{Outcome, Task, WritePlan, WriteRequest};

use std::sync::Arc;

/// One collection.
#[async_trait]
pub trait Store: Send + Sync {
    /// The collection's columns. `schema` is the user's own, which wins over what is kept or inferred. Types are those
    /// that a Spark of the major version `spark` knows.
    async fn table(&self, schema: Option<Vec<SparkField>>, spark: u32) -> Result<Table>;

    /// What a scan of the table could do with each of these predicates, all of them together. Nothing is sent.
    fn accepts(&self, table: &Table, predicates: &[Expr]) -> Result<Vec<Fit>>;

    /// Whether the store finds so many first rows of the table by this column, in Spark's order of its values, without
    /// reading all. Nothing is sent.
    fn orders(&self, table: &Table, column: &str, rows: u64) -> Result<bool>;

    /// Whether a scan of the table can pass over rows for less than it costs to read them. Nothing is sent.
    fn skips(&self, table: &Table) -> Result<bool>;

    /// Whether a scan of the table can give a sample of its rows. Nothing is sent.
    fn samples(&self, table: &Table) -> Result<bool>;

    /// Whether the store computes the scan's aggregates exactly; of a group, whether there are not too many values.
    async fn aggregates(&self, scan: &Scan) -> Result<bool>;

    /// About how much the scan reads; `None` if the store can't say so cheaply.
    async fn size(&self, scan: &Scan) -> Result<Option<Size>>;

    /// Disjoint parts that are together the whole of the scan; about `wanted` of them. Each can be read in any order
    /// and more than once.
    async fn split(&self, scan: &Scan, wanted: usize) -> Result<Vec<Value>>;

    /// Starts to read a part. Batches have the columns of the scan.
    fn read(&self, scan: Scan, part: Value, metrics: Arc<Metrics>) -> Result<BatchStream>;

    /// Whether the collection is there.
    async fn exists(&self) -> Result<bool>;

    /// Checks a write and prepares the collection for it: creates it, or empties it.
    async fn prepare(&self, request: WriteRequest) -> Result<WritePlan>;

    /// A writer for one task. Batches have the plan's columns.
    fn writer(&self, plan: WritePlan, task: Task, metrics: Arc<Metrics>) -> Result<Box<dyn Writer>>;

    /// Ends the write, after every task has; says what the user should know and no error says.
    async fn finish(&self, plan: WritePlan, outcome: Outcome) -> Result<Vec<String>>;
}

/// What one task writes with. Dropping it aborts.
#[async_trait]
pub trait Writer: Send {
    /// Takes a batch. It is sent in slices; an error may be that of an earlier slice.
    async fn write(&mut self, batch: RecordBatch) -> Result<()>;

    /// Waits until the store has taken every row; the message is for [`Store::finish`].
    async fn commit(self: Box<Self>) -> Result<String>;
}
