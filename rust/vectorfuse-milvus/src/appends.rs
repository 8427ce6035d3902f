//! Rows whose keys the server makes: they can't be upserted, so nothing about a row says that it is there already.
//!
//! Each row carries, in the dynamic field, which write it is of, which attempt of a task wrote it, and its number. Spark may
//! run a task again, or twice at once; the message of each attempt that counts names it, and once all have ended the rows
//! of every other attempt are deleted ([`settle`]). After an answer that was lost the attempt asks for its rows before it
//! sends them again; one that arrives later still is found by counting, once all have ended. Without a dynamic field nothing
//! can be known again, so such a write must be wanted in so many words.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arrow_array::RecordBatch;
use async_trait::async_trait;
use serde_json::{Map, Value as Json};
use uuid::Uuid;
use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::metrics::Metrics;
use vectorfuse_core::options::{Options, WriteMode};
use vectorfuse_core::reject;
use vectorfuse_core::retry;
use vectorfuse_core::store::Writer;
use vectorfuse_core::write::Outcome;

use crate::api::Api;
use crate::api::proto::{LoadState, MutationResult, QueryResults};
use crate::block::Block;
use crate::collection::{Collection, DYNAMIC_FIELD};
use crate::column;
use crate::expression;
use crate::selection::{Moment, Selection};
use crate::sender::Known;

/// The keys of the dynamic field that name the write, the attempt of a task, and the row's number in it.
const WRITE: &str = "_vectorfuse_write";
const ATTEMPT: &str = "_vectorfuse_attempt";
const ROW: &str = "_vectorfuse_row";
/// Where the message of a task names its attempt, beside what core has in it.
const MESSAGE_KEY: &str = "attempt";
/// Where the message says whether an answer was lost.
const LOST_KEY: &str = "lost";

/// In this time a server takes up what it was sent, or refuses it.
const LATE: Duration = Duration::from_secs(1);
/// So often in a row nothing more must have come.
const QUIET: usize = 3;

/// One attempt of a task, as its rows name it.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    write: String,
    name: String,
    /// Whether the answer to a request of its was lost.
    lost: Arc<AtomicBool>,
}

/// Whether rows can be appended to a collection that makes its keys; `Ok(None)` if it makes none.
pub(crate) fn attempt(options: &Options, collection: &Collection, query: &str) -> Result<Option<Attempt>> {
    let mode = options.named.write_mode;
    if !collection.primary()?.is_auto || mode == WriteMode::Delete {
        return Ok(None);
    }
    if collection.is_dynamic {
        let name = Uuid::new_v4().to_string();
        return Ok(Some(Attempt { write: query.to_owned(), name, lost: Arc::default() }));
    }
    if mode == WriteMode::Insert {
        return Ok(None);
    }
    Err(Error::options(
        "the collection makes the keys of its rows and has no dynamic field, so rows of a task that Spark runs again would be \
         there twice: enable the dynamic field; or accept that with `write_mode` = `insert` (and set spark.task.maxFailures \
         to 1 and spark.speculation to false)",
    ))
}

impl Attempt {
    /// What the dynamic field of a row says of it.
    pub(crate) fn mark(&self, object: &mut Map<String, Json>, row: i64) {
        object.insert(WRITE.to_owned(), self.write.as_str().into());
        object.insert(ATTEMPT.to_owned(), self.name.as_str().into());
        object.insert(ROW.to_owned(), row.into());
    }

    /// The rows of this attempt whose numbers are in this range.
    pub(crate) fn rows(&self, first: i64, last: i64) -> String {
        format!("{ATTEMPT} == {} and {ROW} >= {first} and {ROW} <= {last}", expression::text(&self.name))
    }
}

/// The rows of one request.
pub(crate) struct Append<'a> {
    pub(crate) api: &'a Api,
    pub(crate) known: &'a Known,
    pub(crate) metrics: &'a Metrics,
    /// The numbers of the rows in their attempt.
    pub(crate) numbers: Vec<i64>,
}

impl Append<'_> {
    /// Sends them until it is known that they are there; the server's answer, with how many bytes were sent, if it came.
    pub(crate) async fn send(
        &self,
        options: &Options,
        partition: &str,
        block: Block,
    ) -> Result<Option<(MutationResult, usize)>> {
        let request = self.api.insertion(partition, block)?;
        let lost = AtomicBool::new(false);
        let attempt = || async {
            if lost.load(Ordering::Relaxed) && self.arrived(partition).await? {
                return Ok(Ok(None));
            }
            match self.api.insert(&request).await {
                Ok(answer) => Ok(Ok(Some(answer))),
                Err(error) if error.kind() == Kind::Unavailable && self.known.attempt.is_some() => {
                    lost.store(true, Ordering::Relaxed);
                    self.known.attempt.iter().for_each(|attempt| attempt.lost.store(true, Ordering::Relaxed));
                    Err(error)
                }
                Err(error) if error.kind() == Kind::RateLimited => Err(error),
                // Nobody can say whether the rows are there.
                Err(error) => Ok(Err(error)),
            }
        };
        options.retry_policy().run(self.metrics, attempt).await?
    }

    /// Whether the rows are there, after an answer was lost. An error if some of them are.
    async fn arrived(&self, partition: &str) -> Result<bool> {
        let (Some(attempt), Some(first), Some(last)) =
            (&self.known.attempt, self.numbers.iter().min(), self.numbers.iter().max())
        else {
            return Ok(false);
        };
        let (expr, partitions) = (attempt.rows(*first, *last), [partition.to_owned()]);
        let partitions = if partition.is_empty() { &[][..] } else { &partitions[..] };
        let answer = self.known.lookup.query(self.api, expr, vec![ROW.to_owned()], partitions).await?;
        let count = column::keys(&answer, &self.known.lookup.primary.name)?.len();
        let there = rows_of(&answer, count)?;
        match self.numbers.iter().filter(|number| there.contains(number)).count() {
            0 => Ok(false),
            all if all == self.numbers.len() => Ok(true),
            some => Err(Error::internal(format!(
                "the server has kept {some} of the {} rows of a request whose answer was lost",
                self.numbers.len()
            ))),
        }
    }
}

/// The numbers of the rows of an answer.
fn rows_of(answer: &QueryResults, rows: usize) -> Result<HashSet<i64>> {
    let Some(objects) = column::named(answer, DYNAMIC_FIELD) else { return Ok(HashSet::new()) };
    let objects = column::Stored::of(objects, rows)?;
    let number = |row| Ok(objects.json(row)?.and_then(|object| object[ROW].as_i64()));
    (0..rows).filter_map(|row| number(row).transpose()).collect()
}

/// The writer of an attempt, whose message names it.
pub(crate) struct Appender {
    pub(crate) writer: Box<dyn Writer>,
    pub(crate) attempt: Attempt,
}

#[async_trait]
impl Writer for Appender {
    async fn write(&mut self, batch: RecordBatch) -> Result<()> {
        self.writer.write(batch).await
    }

    async fn commit(self: Box<Self>) -> Result<String> {
        let message = self.writer.commit().await?;
        let mut message: Map<String, Json> = serde_json::from_str(&message).map_err(unreadable)?;
        message.insert(MESSAGE_KEY.to_owned(), self.attempt.name.into());
        message.insert(LOST_KEY.to_owned(), self.attempt.lost.load(Ordering::Relaxed).into());
        Ok(Json::Object(message).to_string())
    }
}

/// Whether rows can be found again and deleted in the end.
pub(crate) async fn check(api: &Api) -> Result<()> {
    if api.load_state(&[]).await? == LoadState::Loaded {
        return Ok(());
    }
    Err(Error::unsupported(
        "the collection makes the keys of its rows, so those of a task that ran twice must be found, and it is not loaded: \
         load it",
    ))
}

/// After every task of the write has ended: rows of attempts that don't count are deleted; all of them, if it has failed.
pub(crate) async fn settle(
    api: &Api,
    options: &Options,
    collection: &Collection,
    query: &str,
    outcome: &Outcome,
) -> Result<()> {
    if attempt(options, collection, query)?.is_none() {
        return Ok(());
    }
    let own = format!("{WRITE} == {}", expression::text(query));
    let all = Selection::of_options(options, collection, Moment::STRONG)?;
    let Outcome::Commit { messages, others } = outcome else { return delete_others(api, &all, &own, true).await };
    let names = messages.iter().map(|message| attempt_of(message)).collect::<Result<Vec<_>>>()?;
    let names: Vec<String> = names.into_iter().flatten().map(|name| expression::text(&name)).collect();
    // An empty list is an error of some servers.
    let rest =
        if names.is_empty() { own.clone() } else { format!("{own} and {ATTEMPT} not in [{}]", names.join(", ")) };
    delete_others(api, &all, &rest, *others).await?;
    refuse_doubles(api, &all, &own, messages).await
}

/// Deletes the rows of attempts that do not count. When the write is settled all have ended, but the server can still have a
/// request of one that was cut off: where there were such attempts, their rows are deleted until no more come.
async fn delete_others(api: &Api, all: &Selection, expr: &str, any: bool) -> Result<()> {
    let others = all.and(expr.to_owned());
    let mut quiet = if any || others.count(api).await? > 0 { 0 } else { QUIET };
    api.delete(expr.to_owned(), "").await?;
    while quiet < QUIET {
        retry::pause(LATE).await;
        quiet += 1;
        if others.count(api).await? > 0 {
            api.delete(expr.to_owned(), "").await?;
            quiet = 0;
        }
    }
    Ok(())
}

/// A request whose answer was lost can arrive after it was asked for in vain, and sent again: later still than the tasks'
/// end, too.
async fn refuse_doubles(api: &Api, all: &Selection, own: &str, messages: &[String]) -> Result<()> {
    let mut any_lost = false;
    for message in messages {
        any_lost |= entry(message, LOST_KEY)?.and_then(|lost| lost.as_bool()).unwrap_or_default();
    }
    if !any_lost {
        return Ok(());
    }
    let (written, all) = (reject::written(messages)?, all.and(own.to_owned()));
    let mut there = all.count(api).await?;
    for _ in 0..QUIET {
        if there > written {
            break;
        }
        retry::pause(LATE).await;
        there = all.count(api).await?;
    }
    if there <= written {
        return Ok(());
    }
    api.delete(own.to_owned(), "").await?;
    Err(Error::new(
        Kind::Unavailable,
        format!(
            "the server was sent {written} rows and has {there} of this write: a request whose answer was lost has arrived \
             twice. All rows of this write were deleted again: run it once more"
        ),
    ))
}

/// The attempt that a task's message names; `None` if it has seen no row.
fn attempt_of(message: &str) -> Result<Option<String>> {
    Ok(entry(message, MESSAGE_KEY)?.and_then(|name| name.as_str().map(str::to_owned)))
}

/// What a task's message has under a key.
fn entry(message: &str, key: &str) -> Result<Option<Json>> {
    let mut message: Map<String, Json> = serde_json::from_str(message).map_err(unreadable)?;
    Ok(message.remove(key))
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::internal("a commit message can't be read").caused_by(error)
}
