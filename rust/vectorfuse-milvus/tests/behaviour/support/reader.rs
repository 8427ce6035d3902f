//! Reads as Spark makes them, without Spark: the calls of the boundary, plans and splits travelling as JSON.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::RecordBatch;
use serde::Serialize;
use serde::de::DeserializeOwned;
use vectorfuse_core::error::{Kind, Result};
use vectorfuse_core::metrics::Metrics;
use vectorfuse_core::options::{Given, Side};
use vectorfuse_core::schema::SparkField;
use vectorfuse_core::store::Store;
use vectorfuse_core::table::{Scan, Split, Table, fields};
use vectorfuse_milvus::Milvus;

use super::foreign::{Foreign, Server, options};

/// The major version of Spark that reads.
const SPARK: u32 = 4;

/// A read of one collection.
#[derive(Clone)]
pub struct Reader {
    pub options: BTreeMap<String, String>,
}

fn travelled<T: Serialize + DeserializeOwned>(value: &T) -> T {
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

impl Reader {
    pub fn of(foreign: &Foreign) -> Self {
        Self::named(foreign.server, &foreign.name)
    }

    pub fn named(server: Server, collection: &str) -> Self {
        Self { options: options(server, collection, &[]) }
    }

    pub fn with(mut self, option: &str, value: &str) -> Self {
        self.options.insert(option.to_owned(), value.to_owned());
        self
    }

    pub fn store(&self) -> Result<Milvus> {
        Milvus::open(Given { options: self.options.clone(), session: BTreeMap::new() }.parse(Side::Read)?)
    }

    pub async fn table(&self, schema: Option<Vec<SparkField>>) -> Result<Table> {
        Ok(travelled(&self.store()?.table(schema, SPARK).await?))
    }

    /// The scan of these columns; of all if there are no names.
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
        let parts = self.store()?.split(scan, wanted).await?;
        Ok(parts.into_iter().map(|part| travelled(&Split { scan: scan.clone(), part })).collect())
    }

    pub async fn read_split(&self, split: Split) -> Result<Vec<RecordBatch>> {
        let mut stream = self.store()?.read(split.scan, split.part, Arc::new(Metrics::default()))?;
        let mut batches = Vec::new();
        while let Some(batch) = stream.next().await {
            batches.push(batch?);
        }
        Ok(batches)
    }

    /// The batches of each split.
    pub async fn read_scan(&self, scan: &Scan, wanted: usize) -> Result<Vec<Vec<RecordBatch>>> {
        let mut parts = Vec::new();
        for split in self.splits(scan, wanted).await? {
            parts.push(self.read_split(split).await?);
        }
        Ok(parts)
    }

    /// The rows of these columns, each value as text.
    pub async fn rows(&self, names: &[&str], wanted: usize) -> Result<Vec<Vec<String>>> {
        let scan = self.scan(Some(names)).await?;
        Ok(self.read_scan(&scan, wanted).await?.concat().iter().flat_map(shown).collect())
    }

    /// The same with a schema of the user's own, in one split.
    pub async fn rows_as(&self, schema: &[(&str, &str)]) -> Result<Vec<Vec<String>>> {
        let fields = schema_of(schema);
        let scan = self.table(Some(fields.clone())).await?.scan(&fields)?;
        Ok(self.read_scan(&scan, 1).await?.concat().iter().flat_map(shown).collect())
    }
}

/// Columns of these names and of these types, in Spark's schema JSON.
pub fn schema_of(columns: &[(&str, &str)]) -> Vec<SparkField> {
    let data_type = |text: &str| {
        let json = if text.starts_with('{') { serde_json::from_str(text).unwrap() } else { text.into() };
        vectorfuse_core::schema::SparkType::from_json(&json).unwrap()
    };
    columns.iter().map(|(name, text)| SparkField::new(*name, data_type(text))).collect()
}

/// The rows of a batch, each value as Arrow shows it.
pub fn shown(batch: &RecordBatch) -> Vec<Vec<String>> {
    let value = |column: &arrow_array::ArrayRef, row: usize| super::show::value(column.as_ref(), row);
    (0..batch.num_rows()).map(|row| batch.columns().iter().map(|column| value(column, row)).collect()).collect()
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
