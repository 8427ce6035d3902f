//! A Spark job without Spark: the calls that the boundary makes, in their order, plans and splits travelling as JSON.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use serde::Serialize;
use serde::de::DeserializeOwned;
use vectorfuse_core::error::{Kind, Result};
use vectorfuse_core::metrics::{Figures, Metrics};
use vectorfuse_core::options::{Given, Side};
use vectorfuse_core::paging::BatchStream;
use vectorfuse_core::schema::{Layout, SparkField, SparkType, arrow_schema};
use vectorfuse_core::store::{Store, Writer};
use vectorfuse_core::table::{Scan, Split, Table, fields};
use vectorfuse_core::write::{Mode, Outcome, Task, WritePlan, WriteRequest};

use crate::store::{Open, Place};
use crate::values::{Val, floats, of_arrow, to_arrow, vector};

/// The major version of Spark that reads.
const SPARK: u32 = 4;
/// The name of each query.
pub const QUERY: &str = "query-1";

/// Rows with their columns.
#[derive(Clone, Debug)]
pub struct Frame {
    pub fields: Vec<SparkField>,
    pub rows: Vec<Vec<Val>>,
}

impl Frame {
    pub fn new(columns: &[(&str, SparkType)], rows: Vec<Vec<Val>>) -> Self {
        let fields = columns.iter().map(|(name, data_type)| SparkField::new(*name, data_type.clone())).collect();
        Self { fields, rows }
    }

    /// The same with a vector in each row, as column `vector`: there are stores that have no row without one.
    pub fn vectored(columns: &[(&str, SparkType)], rows: Vec<Vec<Val>>) -> Self {
        let mut frame = Self::new(columns, rows);
        frame.fields.push(SparkField::new("vector", floats()));
        frame.rows.iter_mut().for_each(|row| row.push(vector(&[1.0, 1.0])));
        frame
    }

    /// As Spark's side hands it over.
    pub fn batch(&self) -> RecordBatch {
        let column = |index: usize| {
            let values: Vec<&Val> = self.rows.iter().map(|row| &row[index]).collect();
            to_arrow(&values, &self.fields[index].data_type)
        };
        let columns = (0..self.fields.len()).map(column).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows.len()));
        RecordBatch::try_new_with_options(arrow_schema(&self.fields, Layout::Write), columns, &options).unwrap()
    }

    /// The rows of the batches of a read with these columns.
    pub fn of_batches(fields: Vec<SparkField>, batches: &[RecordBatch]) -> Self {
        let schema = arrow_schema(&fields, Layout::Read);
        let mut rows = Vec::new();
        for batch in batches {
            assert_eq!(batch.schema(), schema);
            for row in 0..batch.num_rows() {
                let columns = batch.columns().iter().zip(&fields);
                rows.push(columns.map(|(column, field)| of_arrow(column, &field.data_type, row)).collect());
            }
        }
        Self { fields, rows }
    }

    /// The columns of these names, in this order, and the rows in an order that depends on their values alone.
    pub fn select(&self, names: &[&str]) -> Vec<Vec<Val>> {
        let place = |name: &&str| self.fields.iter().position(|field| field.name == **name).unwrap();
        let places: Vec<usize> = names.iter().map(place).collect();
        let mut rows: Vec<Vec<Val>> =
            self.rows.iter().map(|row| places.iter().map(|place| row[*place].clone()).collect()).collect();
        rows.sort_by_cached_key(|row| format!("{row:?}"));
        rows
    }

    /// The type of a column.
    pub fn type_of(&self, name: &str) -> String {
        self.fields.iter().find(|field| field.name == name).map_or("no column".to_owned(), |f| f.data_type.name())
    }
}

/// Through JSON and back, as between driver and executors.
fn travelled<T: Serialize + DeserializeOwned>(value: &T) -> T {
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

/// The options of reads and writes of one collection.
#[derive(Clone)]
pub struct Job {
    options: BTreeMap<String, String>,
    open: Open,
}

impl Job {
    pub fn on(place: &dyn Place) -> Self {
        // A refusal is seen soon; tests that wait for something say so themselves.
        Self { options: place.options().into_iter().collect(), open: place.open() }.with("backoff_factor", "0.01")
    }

    /// With just these options.
    pub fn of(open: Open, options: &[(&str, &str)]) -> Self {
        let options = options.iter().map(|(option, value)| ((*option).to_owned(), (*value).to_owned()));
        Self { options: options.collect(), open }
    }

    pub fn with(mut self, option: &str, value: &str) -> Self {
        self.options.insert(option.to_owned(), value.to_owned());
        self
    }

    pub fn store(&self, side: Side) -> Result<Arc<dyn Store>> {
        (self.open)(Given { options: self.options.clone(), session: BTreeMap::new() }.parse(side)?)
    }

    /// The driver's part before the tasks.
    pub async fn plan(&self, fields: &[SparkField], mode: Mode) -> Result<WritePlan> {
        self.plan_of(QUERY, fields, mode).await
    }

    /// The same of a query with another name.
    pub async fn plan_of(&self, query: &str, fields: &[SparkField], mode: Mode) -> Result<WritePlan> {
        let request = WriteRequest { fields: fields.to_vec(), mode, query: query.to_owned() };
        Ok(travelled(&self.store(Side::Write)?.prepare(request).await?))
    }

    /// A task's writer.
    pub fn writer(&self, plan: &WritePlan, partition: u64) -> Result<(Box<dyn Writer>, Arc<Metrics>)> {
        let metrics = Arc::new(Metrics::default());
        let writer = self.store(Side::Write)?.writer(travelled(plan), Task { partition }, Arc::clone(&metrics))?;
        Ok((writer, metrics))
    }

    /// A whole task.
    pub async fn task(&self, plan: &WritePlan, partition: u64, batches: Vec<RecordBatch>) -> Result<Figures> {
        self.committed(plan, partition, batches).await.map(|(_, figures)| figures)
    }

    /// A whole task, with its message.
    async fn committed(
        &self,
        plan: &WritePlan,
        partition: u64,
        batches: Vec<RecordBatch>,
    ) -> Result<(String, Figures)> {
        let (mut writer, metrics) = self.writer(plan, partition)?;
        for batch in batches {
            writer.write(batch).await?;
        }
        Ok((writer.commit().await?, metrics.snapshot()))
    }

    /// A whole write of one task.
    pub async fn write(&self, frame: &Frame, mode: Mode) -> Result<Figures> {
        // A task without rows hands nothing over.
        let batches = if frame.rows.is_empty() { Vec::new() } else { vec![frame.batch()] };
        self.write_tasks(&frame.fields, mode, vec![batches]).await
    }

    /// A whole write, the tasks one after the other; the last one's figures.
    pub async fn write_tasks(
        &self,
        fields: &[SparkField],
        mode: Mode,
        tasks: Vec<Vec<RecordBatch>>,
    ) -> Result<Figures> {
        let plan = self.plan(fields, mode).await?;
        let (mut messages, mut figures) = (Vec::new(), Figures::default());
        for (partition, batches) in tasks.into_iter().enumerate() {
            let (message, its) = self.committed(&plan, partition as u64, batches).await?;
            messages.push(message);
            figures = its;
        }
        self.store(Side::Write)?.finish(plan, Outcome::commit(messages)).await?;
        Ok(figures)
    }

    /// Appends rows, which must work.
    pub async fn append(&self, frame: &Frame) {
        self.write(frame, Mode::Append).await.unwrap();
    }

    pub async fn table(&self, schema: Option<Vec<SparkField>>) -> Result<Table> {
        Ok(travelled(&self.store(Side::Read)?.table(schema, SPARK).await?))
    }

    /// The scan of these columns; all if there are no names.
    pub async fn scan(&self, names: Option<&[&str]>) -> Result<Scan> {
        let table = self.table(None).await?;
        let all = fields(&table.columns);
        let wanted = match names {
            None => all,
            Some(names) => names.iter().map(|n| all.iter().find(|f| f.name == **n).unwrap().clone()).collect(),
        };
        table.scan(&wanted)
    }

    pub async fn splits(&self, scan: &Scan, wanted: usize) -> Result<Vec<Split>> {
        let parts = self.store(Side::Read)?.split(scan, wanted).await?;
        Ok(parts.into_iter().map(|part| travelled(&Split { scan: scan.clone(), part })).collect())
    }

    /// Starts to read a split.
    pub fn open(&self, split: Split) -> Result<(BatchStream, Arc<Metrics>)> {
        let metrics = Arc::new(Metrics::default());
        let stream = self.store(Side::Read)?.read(split.scan, split.part, Arc::clone(&metrics))?;
        Ok((stream, metrics))
    }

    /// Reads a scan, with the rows of each split apart.
    pub async fn read_scan(&self, scan: &Scan, wanted: usize) -> Result<Vec<Frame>> {
        let mut frames = Vec::new();
        for split in self.splits(scan, wanted).await? {
            let (stream, metrics) = self.open(split)?;
            let frame = Frame::of_batches(fields(&scan.columns), &drain(stream).await?);
            assert_eq!(usize::try_from(metrics.snapshot()[0]).unwrap(), frame.rows.len(), "rows are counted");
            frames.push(frame);
        }
        Ok(frames)
    }

    /// Everything, in one frame.
    pub async fn read(&self, wanted: usize) -> Result<Frame> {
        let scan = self.scan(None).await?;
        let mut frames = self.read_scan(&scan, wanted).await?.into_iter();
        let mut whole = frames.next().unwrap();
        frames.for_each(|frame| whole.rows.extend(frame.rows));
        Ok(whole)
    }

    /// Everything, with a schema of the user's own.
    pub async fn read_as(&self, columns: &[(&str, SparkType)]) -> Result<Frame> {
        let fields = Frame::new(columns, Vec::new()).fields;
        let scan = self.table(Some(fields.clone())).await?.scan(&fields)?;
        Ok(self.read_scan(&scan, 1).await?.remove(0))
    }
}

/// The batches of a stream up to its end.
pub async fn drain(mut stream: BatchStream) -> Result<Vec<RecordBatch>> {
    let mut batches = Vec::new();
    while let Some(batch) = stream.next().await {
        batches.push(batch?);
    }
    Ok(batches)
}

/// The error of what must fail: its kind, and words that must be in its text or its causes'.
#[track_caller]
pub fn refused<T>(result: Result<T>, kind: Kind, words: &[&str]) -> String {
    let Err(error) = result else { panic!("this must fail with {}: {words:?}", kind.name()) };
    let mut said = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        said = format!("{said}: {error}");
        cause = error.source();
    }
    assert_eq!(error.kind(), kind, "{said}");
    for word in words {
        assert!(said.contains(word), "`{word}` is not said: {said}");
    }
    said
}
