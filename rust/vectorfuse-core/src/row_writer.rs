//! The writer of a task, for any store: rows become changes, changes become requests. Batches wait while the collection
//! can't be created, because no row has yet said how long a vector is.

use std::sync::Arc;

use arrow_array::RecordBatch;
use async_trait::async_trait;

use crate::error::Result;
use crate::outbox::{Change, Limits, Outbox, Sender};
use crate::reject::Rejects;
use crate::rows::Rows;
use crate::store::Writer;
use crate::write::{Task, WritePlan};

/// Until a vector of each name was seen, batches of this many bytes wait for the collection to be created.
const MOST_WAITING: usize = 32 * 1024 * 1024;

/// What a store adds: its collection, and what its rows become.
#[async_trait]
pub trait Target: Send {
    /// What happens to an entry of the collection.
    type Change: Change;

    /// Sees to it that the collection is there, before the first row is sent. `rows` are those of the next batch, from
    /// which the sizes of vectors are learnt. `false` as long as one is not known: the batch then waits.
    async fn ensure(&mut self, rows: &Rows<'_>) -> Result<bool>;

    /// No batch waits any longer: the collection that [`Target::ensure`] could not create must be there by now, made by
    /// another task. An error, with the vector whose size is not known, if it is not.
    async fn adopt(&mut self) -> Result<()>;

    /// How much a request may hold. Asked after the collection is there.
    fn limits(&self) -> Limits;

    /// What a row does; `None` if it was rejected ([`Rows::kept`]). An error ends the write.
    fn change(&mut self, rows: &Rows<'_>, row: usize) -> Result<Option<Self::Change>>;
}

/// Writes the batches of one task to a target.
pub struct RowWriter<T: Target, S: Sender<Change = T::Change>> {
    target: T,
    plan: Arc<WritePlan>,
    task: Task,
    rejects: Rejects,
    outbox: Outbox<S>,
    /// Batches that came before the collection could be created.
    waiting: Vec<RecordBatch>,
    /// Whether the collection is there.
    ready: bool,
    /// Rows of the batches that wait no longer.
    rows: u64,
}

impl<T: Target, S: Sender<Change = T::Change>> RowWriter<T, S> {
    /// Of one task of this plan, whose rows go to `target` and whose changes `sender` sends. Rows that can't be kept go
    /// to `rejects`.
    pub fn new(target: T, sender: S, plan: Arc<WritePlan>, task: Task, rejects: Rejects) -> Self {
        let outbox = Outbox::new(sender, plan.options.named.concurrency.get());
        Self { target, plan, task, rejects, outbox, waiting: Vec::new(), ready: false, rows: 0 }
    }

    /// Whether the collection is there, now that this batch says how long its vectors are.
    async fn ensure(&mut self, batch: &RecordBatch) -> Result<bool> {
        if !self.ready {
            let waiting: usize = self.waiting.iter().map(RecordBatch::num_rows).sum();
            let before = self.rows + waiting as u64;
            let rows = Rows::new(batch, &self.plan, self.task, before, &self.rejects)?;
            self.ready = self.target.ensure(&rows).await?;
        }
        Ok(self.ready)
    }

    /// Sends the batches that waited; if this task could not create the collection, another one must have.
    async fn send_waiting(&mut self) -> Result<()> {
        if !self.waiting.is_empty() && !self.ready {
            self.target.adopt().await?;
            self.ready = true;
        }
        for earlier in std::mem::take(&mut self.waiting) {
            self.send(&earlier).await?;
        }
        Ok(())
    }

    async fn send(&mut self, batch: &RecordBatch) -> Result<()> {
        let rows = Rows::new(batch, &self.plan, self.task, self.rows, &self.rejects)?;
        let limits = self.target.limits();
        for row in 0..rows.count() {
            if let Some(change) = self.target.change(&rows, row)? {
                self.outbox.push(change, limits).await?;
            }
        }
        self.rows += rows.count() as u64;
        Ok(())
    }
}

#[async_trait]
impl<T: Target, S: Sender<Change = T::Change>> Writer for RowWriter<T, S> {
    async fn write(&mut self, batch: RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        if self.ensure(&batch).await? {
            self.send_waiting().await?;
            return self.send(&batch).await;
        }
        self.waiting.push(batch);
        let bytes: usize = self.waiting.iter().map(RecordBatch::get_array_memory_size).sum();
        if bytes > MOST_WAITING { self.send_waiting().await } else { Ok(()) }
    }

    async fn commit(mut self: Box<Self>) -> Result<String> {
        self.send_waiting().await?;
        self.outbox.finish().await?;
        self.rejects.commit(self.rows)
    }
}

#[cfg(test)]
mod tests;
