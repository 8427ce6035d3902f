//! What the driver asks, as JSON: each question is a variant of [`Request`], and none needs a native method of its own.
//!
//! The results of one step, `table`, `scan`, `splits` and `plan`, are opaque texts to the JVM, which hands them to the
//! next step or to a task.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::net::endpoint::Endpoint;
use vectorfuse_core::options::{Given, Options, Overwrite, Side};
use vectorfuse_core::predicate::{Expr, Fit};
use vectorfuse_core::reject;
use vectorfuse_core::sample::Sample;
use vectorfuse_core::schema::{fields_from_json, fields_to_json};
use vectorfuse_core::table::{Scan, Split, Table, fields};
use vectorfuse_core::write::{Mode, Outcome, SaveMode, Task, WritePlan, WriteRequest, already_there};

use crate::runtime::{block_on, runtime};
use crate::{arrow, handles, push_down, stores};

/// The JVM hands a batch over when it has this many rows, however small they are: a task that is killed or fails has
/// not held back more.
const FLUSH_ROWS: usize = 16_384;

/// Or this many bytes, however large a request may be: rows are read here while they are still in the processor's caches,
/// and what waits on the other side of the boundary is no memory to speak of.
const FLUSH_BYTES: usize = 1024 * 1024;

/// A question of the driver. (No `Debug`: it holds secrets.)
#[derive(Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
enum Request {
    /// Are the options' names and values right, and can the columns be kept? Nothing is sent to the store.
    Check {
        #[serde(flatten)]
        given: Given,
        schema: Value,
    },
    /// The collection's columns.
    Load {
        #[serde(flatten)]
        given: Given,
        spark: String,
        schema: Option<Value>,
    },
    /// Which predicates can the store evaluate?
    Accepts { table: String, predicates: Vec<Expr> },
    /// Can the store compute these aggregates over the rows for which the predicates are true?
    Aggregates { table: String, predicates: Vec<Expr>, functions: Vec<Expr>, group_by: Vec<Expr> },
    /// Does the store find the first rows of this order?
    Orders { table: String, orders: Vec<Expr>, limit: u64 },
    /// Should the store pass over the first `offset` of `limit` rows?
    Skips { table: String, limit: u64, offset: u64 },
    /// What is to be read, with all that the store has accepted.
    PushDown {
        table: String,
        schema: Value,
        #[serde(default)]
        predicates: Vec<Expr>,
        #[serde(default)]
        limit: Option<u64>,
        #[serde(default)]
        offset: Option<u64>,
        #[serde(default)]
        sample: Option<Sample>,
        #[serde(default)]
        orders: Vec<Expr>,
    },
    /// About how much is there to be read?
    Statistics { scan: String },
    /// The same with more predicates, which came while the query ran; those that can't be pushed down are left out.
    Narrow { scan: String, predicates: Vec<Expr> },
    /// The parts that tasks read.
    PlanRead { scan: String, parallelism: usize },
    /// What a save mode comes to for the collection as it is.
    Save {
        #[serde(flatten)]
        given: Given,
        mode: SaveMode,
    },
    /// Checks a write and prepares the collection for it.
    PlanWrite {
        #[serde(flatten)]
        given: Given,
        schema: Value,
        mode: Mode,
        query: String,
        /// What the query reads, each as the plan of the read says it.
        reading: Vec<String>,
    },
    /// Ends a write.
    FinishWrite { plan: String, messages: Vec<String>, others: bool, outcome: Ending },
    /// How much is alive here, for the tests that look for leaks.
    Diagnostics,
    /// Panics, for the tests of the guard.
    #[cfg(feature = "faults")]
    Panic,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Ending {
    Commit,
    Abort,
}

/// Answers a question; both are JSON in UTF-8.
pub fn call(request: &[u8]) -> Result<Vec<u8>> {
    let request: Request = serde_json::from_slice(request)
        .map_err(|error| Error::internal(format!("a question can't be read ({})", place(&error))))?;
    // Connections are tied to the runtime that they are opened in.
    let _runtime = runtime()?.enter();
    Ok(answer(request)?.to_string().into_bytes())
}

fn answer(request: Request) -> Result<Value> {
    match request {
        Request::Check { given, schema } => {
            let options = given.parse(Side::Both)?;
            fields_from_json(&schema)?;
            let name = format!("{}.{}", stores::known(&options)?, options.collection()?);
            Ok(json!({"name": name, "redact": given.redaction()}))
        }
        Request::Load { given, spark, schema } => {
            let options = given.parse(Side::Read)?;
            let given = schema.as_ref().map(fields_from_json).transpose()?;
            let major = spark.split('.').next().and_then(|major| major.parse().ok());
            let major = major.ok_or_else(|| Error::internal(format!("`{spark}` is no version of Spark")))?;
            let schema = options.read_schema(given, major)?;
            let mut warnings = options.warnings.clone();
            let store = stores::open(options)?;
            let table = block_on(store.table(schema, major))?;
            warnings.extend(table.warnings.iter().cloned());
            Ok(json!({
                "table": opaque(&table)?,
                "schema": fields_to_json(&fields(&table.columns)),
                "limits": push_down::takes_limits(&table),
                "samples": push_down::takes_samples(&table)?,
                "warnings": warnings,
            }))
        }
        Request::Accepts { table, predicates } => {
            let table: Table = read(&table)?;
            let fits = push_down::accepts(&table, &predicates)?;
            let those = |wanted: fn(&Fit) -> bool| -> Vec<usize> {
                fits.iter().enumerate().filter(|(_, fit)| wanted(fit)).map(|(index, _)| index).collect()
            };
            Ok(json!({
                "pushed": those(|fit| *fit != Fit::No), "left": those(|fit| *fit != Fit::Exact),
            }))
        }
        Request::Aggregates { table, predicates, functions, group_by } => {
            match push_down::aggregated(read(&table)?, predicates, functions, group_by)? {
                Some(scan) => planned(&scan),
                None => Ok(json!({})),
            }
        }
        Request::Orders { table, orders, limit } => {
            Ok(json!({"orders": push_down::order(&read(&table)?, &orders, limit)?.is_some()}))
        }
        Request::Skips { table, limit, offset } => {
            Ok(json!({"skips": push_down::skips(&read(&table)?, limit, offset)?}))
        }
        Request::PushDown { table, schema, predicates, limit, offset, sample, orders } => {
            let table: Table = read(&table)?;
            let order = push_down::order(&table, &orders, limit.unwrap_or_default())?;
            let scan = table.scan(&fields_from_json(&schema)?)?;
            // Spark counts what it passes over as part of the limit.
            let limit = limit.map(|limit| limit.saturating_sub(offset.unwrap_or_default()));
            planned(&Scan { predicates, limit, offset, sample, order, ..scan })
        }
        Request::Narrow { scan, predicates } => planned(&push_down::narrowed(read(&scan)?, predicates)?),
        Request::Statistics { scan } => {
            let scan: Scan = read(&scan)?;
            let size = block_on(stores::open(scan.options.clone())?.size(&scan))?;
            Ok(json!({"rows": size.map(|size| size.rows), "bytes": size.map(|size| size.bytes)}))
        }
        Request::PlanRead { scan, parallelism } => {
            let scan: Scan = read(&scan)?;
            let store = stores::open(scan.options.clone())?;
            let parts = block_on(store.split(&scan, parallelism))?;
            let splits = parts.into_iter().map(|part| opaque(&Split { scan: scan.clone(), part }));
            Ok(json!({"splits": splits.collect::<Result<Vec<_>>>()?, "source": source(&scan.options)?}))
        }
        Request::Save { given, mode } => Ok(json!({"mode": save(given.parse(Side::Write)?, mode)?})),
        Request::PlanWrite { given, schema, mode, query, reading } => {
            let options = given.parse(Side::Write)?;
            if mode == Mode::Overwrite && options.named.overwrite != Overwrite::Swap {
                refuse_to_empty(&options, &reading)?;
            }
            let fields = fields_from_json(&schema)?;
            options.check_write(mode, &fields)?;
            let mut warnings = options.warnings.clone();
            let flush_bytes = options.named.batch_bytes.get().min(FLUSH_BYTES);
            let store = stores::open(options)?;
            let plan = block_on(store.prepare(WriteRequest { fields, mode, query }))?;
            warnings.extend(plan.warnings.iter().cloned());
            Ok(json!({
                "plan": opaque(&plan)?, "flush_rows": FLUSH_ROWS, "flush_bytes": flush_bytes, "warnings": warnings
            }))
        }
        Request::FinishWrite { plan, messages, others, outcome } => {
            let plan: WritePlan = read(&plan)?;
            let store = stores::open(plan.options.clone())?;
            let outcome = match outcome {
                Ending::Commit => Outcome::Commit { messages, others },
                Ending::Abort => {
                    reject::undo(&messages);
                    Outcome::Abort
                }
            };
            Ok(json!({"warnings": block_on(store.finish(plan, outcome))?}))
        }
        Request::Diagnostics => {
            let (exported, leased) = arrow::live();
            Ok(json!({"handles": handles::live(), "exported": exported, "leased": leased}))
        }
        #[cfg(feature = "faults")]
        #[allow(clippy::panic)]
        Request::Panic => panic!("a panic on purpose"),
    }
}

/// How a DataFrame is saved; `None` if nothing is to be done.
fn save(options: Options, mode: SaveMode) -> Result<Option<Mode>> {
    let collection = options.collection()?;
    let store = stores::open(options)?;
    match mode {
        SaveMode::Append => Ok(Some(Mode::Append)),
        SaveMode::Overwrite => Ok(Some(Mode::Overwrite)),
        SaveMode::ErrorIfExists if block_on(store.exists())? => Err(already_there(&collection)),
        SaveMode::Ignore if block_on(store.exists())? => Ok(None),
        SaveMode::ErrorIfExists | SaveMode::Ignore => Ok(Some(Mode::Create)),
    }
}

/// Which collection of which server the options name. Over gRPC and over HTTP a server has two ports, so this tells them
/// apart.
fn source(options: &Options) -> Result<String> {
    let endpoint = Endpoint::of(options, 0, true)?;
    let (store, database) = (stores::known(options)?, options.named.database.as_deref().unwrap_or_default());
    Ok(format!("{store} {}{} {database} {}", endpoint.authority(), endpoint.prefix, options.collection()?))
}

/// The collection would be emptied before its rows are read.
fn refuse_to_empty(options: &Options, reading: &[String]) -> Result<()> {
    if !reading.contains(&source(options)?) {
        return Ok(());
    }
    Err(Error::options(format!(
        "the query reads the collection `{}`, which it is to overwrite: its rows would be deleted before they are read. Say \
         `overwrite` = `swap`, which fills a new collection beside it, write to another collection, or append",
        options.collection()?
    )))
}

/// A scan as the JVM has it.
fn planned(scan: &Scan) -> Result<Value> {
    Ok(json!({
        "scan": opaque(scan)?,
        "schema": fields_to_json(&fields(&scan.columns)),
        "description": push_down::description(scan)?,
        "lookups": push_down::lookups(scan)?,
    }))
}

/// What a task writes with: the plan, and which task it is. (No `Debug`: it holds secrets.)
#[derive(Deserialize)]
pub struct WriteTask {
    plan: String,
    #[serde(flatten)]
    task: Task,
}

impl WriteTask {
    /// Reads what the JVM gives to a writer.
    pub fn read(bytes: &[u8]) -> Result<(WritePlan, Task)> {
        let whole: Self = serde_json::from_slice(bytes).map_err(unreadable)?;
        Ok((read(&whole.plan)?, whole.task))
    }
}

/// Reads what the JVM gives to a reader.
pub fn read_split(bytes: &[u8]) -> Result<Split> {
    serde_json::from_slice(bytes).map_err(unreadable)
}

fn opaque(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::internal("a plan can't be written").caused_by(error))
}

fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T> {
    serde_json::from_str(text).map_err(unreadable)
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::internal(format!(
        "a plan can't be read ({}): do driver and executors run the same version of VectorFuse?",
        place(&error)
    ))
}

/// All that is told of serde's error: its words could quote options and plans, which hold secrets.
fn place(error: &serde_json::Error) -> String {
    format!("line {}, column {}", error.line(), error.column())
}
