//! Readers and writers that the JVM holds, by number. A stale number is an error, closing twice is fine.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::metrics::{Figures, Metrics};
use vectorfuse_core::paging::BatchStream;
use vectorfuse_core::store::Writer;

use crate::arrow::{ExportedBatch, ExportedSchema};
use crate::runtime::wait_a_slice;

/// What a handle stands for.
pub enum Handle {
    /// A reader of one split.
    Reader(Reader),
    /// A writer of one task.
    Writer(TaskWriter),
}

/// A handle with what can be asked of it while it works.
struct Entry {
    metrics: Arc<Metrics>,
    /// `None` once it was closed.
    handle: Mutex<Option<Handle>>,
}

type Table = Mutex<HashMap<i64, Arc<Entry>>>;

fn table() -> MutexGuard<'static, HashMap<i64, Arc<Entry>>> {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(Table::default).lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many handles are open.
pub fn live() -> usize {
    table().len()
}

/// Keeps a reader or writer and gives its number, which is never used again.
pub fn insert(handle: Handle, metrics: Arc<Metrics>) -> i64 {
    static NEXT: AtomicI64 = AtomicI64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    table().insert(number, Arc::new(Entry { metrics, handle: Mutex::new(Some(handle)) }));
    number
}

fn entry(number: i64) -> Result<Arc<Entry>> {
    let entry = table().get(&number).cloned();
    entry.ok_or_else(|| closed(number))
}

/// The figures of a handle, also while another thread works with it.
pub fn metrics(number: i64) -> Result<Figures> {
    Ok(entry(number)?.metrics.snapshot())
}

/// Forgets a handle; what it still does ends, and what it exported is released before this returns, since the JVM then
/// frees its structs. A call of another thread is waited for: it lasts a slice at most.
pub fn close(number: i64) {
    let removed = table().remove(&number);
    if let Some(entry) = removed {
        let handle = entry.handle.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(handle);
    }
}

fn closed(number: i64) -> Error {
    Error::internal(format!("there is no open reader or writer {number}: was it closed?"))
}

/// Works with a reader.
pub fn with_reader<T>(number: i64, work: impl FnOnce(&mut Reader) -> Result<T>) -> Result<T> {
    match &mut *entry(number)?.handle.lock().unwrap_or_else(PoisonError::into_inner) {
        Some(Handle::Reader(reader)) => work(reader),
        Some(Handle::Writer(_)) => Err(Error::internal(format!("handle {number} is a writer"))),
        None => Err(closed(number)),
    }
}

/// Works with a writer.
pub fn with_writer<T>(number: i64, work: impl FnOnce(&mut TaskWriter) -> Result<T>) -> Result<T> {
    match &mut *entry(number)?.handle.lock().unwrap_or_else(PoisonError::into_inner) {
        Some(Handle::Writer(writer)) => work(writer),
        Some(Handle::Reader(_)) => Err(Error::internal(format!("handle {number} is a reader"))),
        None => Err(closed(number)),
    }
}

/// A reader of one split, and what of it stands in the JVM's memory.
pub struct Reader {
    /// The batches as they come.
    pub batches: BatchStream,
    /// The batch that the JVM looks at.
    pub exported: Option<ExportedBatch>,
    /// The schema that the JVM was given.
    pub schema: ExportedSchema,
}

/// What a slice of waiting came to.
pub enum Waited<T> {
    /// There is a result.
    Done(T),
    /// Nothing yet.
    Pending,
}

impl Reader {
    /// Waits a slice for the next batch.
    pub fn advance(&mut self) -> Result<Waited<Option<RecordBatch>>> {
        match wait_a_slice(self.batches.next())? {
            Some(batch) => Ok(Waited::Done(batch.transpose()?)),
            None => Ok(Waited::Pending),
        }
    }
}

/// A writer of one task.
pub struct TaskWriter {
    state: State,
    /// The columns of its batches.
    pub columns: Arc<Schema>,
    /// The schema that the JVM was given.
    pub schema: ExportedSchema,
}

enum State {
    /// It can take a batch.
    Idle(Box<dyn Writer>),
    /// It works on a batch, or commits.
    Busy(Pin<Box<dyn Future<Output = Result<Done>> + Send>>),
    /// It has committed or failed.
    Ended,
}

enum Done {
    Wrote(Box<dyn Writer>),
    Committed(String),
}

impl TaskWriter {
    /// A writer that can take a batch.
    pub fn new(writer: Box<dyn Writer>, columns: Arc<Schema>, schema: ExportedSchema) -> Self {
        Self { state: State::Idle(writer), columns, schema }
    }

    /// Starts to write a batch, which is dropped if the writer can't take one.
    pub fn start(&mut self, batch: RecordBatch) -> Result<()> {
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Idle(mut writer) => {
                self.state = State::Busy(Box::pin(async move {
                    writer.write(batch).await?;
                    Ok(Done::Wrote(writer))
                }));
                Ok(())
            }
            State::Busy(_) => Err(Error::internal("a batch was given before the one before it was done")),
            State::Ended => Err(Error::internal("a batch was given to a writer that has ended")),
        }
    }

    /// Waits a slice until the batch was taken.
    pub fn wait(&mut self) -> Result<Waited<()>> {
        match self.advance()? {
            None | Some(Done::Committed(_)) => Ok(Waited::Pending),
            Some(Done::Wrote(writer)) => {
                self.state = State::Idle(writer);
                Ok(Waited::Done(()))
            }
        }
    }

    /// Starts to commit, or goes on with it, for a slice.
    pub fn commit(&mut self) -> Result<Waited<String>> {
        if let State::Idle(_) = self.state
            && let State::Idle(writer) = std::mem::replace(&mut self.state, State::Ended)
        {
            self.state = State::Busy(Box::pin(async move { Ok(Done::Committed(writer.commit().await?)) }));
        }
        match self.advance()? {
            None => Ok(Waited::Pending),
            Some(Done::Committed(message)) => Ok(Waited::Done(message)),
            Some(Done::Wrote(writer)) => {
                self.state = State::Idle(writer);
                Ok(Waited::Pending)
            }
        }
    }

    /// The state is `Ended` while the work runs, so that an error or a panic leaves it there.
    fn advance(&mut self) -> Result<Option<Done>> {
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Busy(mut work) => match wait_a_slice(&mut work)? {
                Some(done) => done.map(Some),
                None => {
                    self.state = State::Busy(work);
                    Ok(None)
                }
            },
            State::Idle(writer) => Ok(Some(Done::Wrote(writer))),
            State::Ended => Err(Error::internal("the writer has ended")),
        }
    }
}
