//! How the changes of one request reach the server: which of them apply, in which partition, and whether it has taken
//! each.
//!
//! The server knows no condition on a write. What depends on what is there is asked before ([`Lookup`]), so it holds
//! against what was acknowledged by then, and not against others that write the same keys at the same moment. Rows that
//! have keys are always upserted: whoever sends one twice, or beside another, leaves it once.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::metrics::Metrics;
use vectorfuse_core::options::WriteMode;
use vectorfuse_core::outbox;
use vectorfuse_core::payload::Scalar;
use vectorfuse_core::reject::{self, Rejects};
use vectorfuse_core::write::WritePlan;

use crate::api::Api;
use crate::api::proto::MutationResult;
use crate::appends::{Append, Attempt};
use crate::change::{Action, Change};
use crate::form::Form;
use crate::key::Key;
use crate::lookup::Lookup;
use crate::partition;

/// The partition of rows that name none.
const DEFAULT_PARTITION: &str = "_default";

/// What is known of the collection once it is there.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) form: Form,
    pub(crate) lookup: Lookup,
    /// Whether the server itself says where each row goes.
    pub(crate) has_partition_key: bool,
    /// Whether rows have keys before the server has them.
    pub(crate) has_own_keys: bool,
    /// Who writes, if rows must be known again.
    pub(crate) attempt: Option<Attempt>,
}

/// What each request of a task needs, shared by those in flight.
#[derive(Clone)]
pub(crate) struct Sender {
    pub(crate) api: Api,
    pub(crate) plan: Arc<WritePlan>,
    pub(crate) known: Arc<OnceLock<Known>>,
    pub(crate) metrics: Arc<Metrics>,
    /// Takes the rows that can't be kept.
    pub(crate) rejects: Rejects,
}

#[async_trait]
impl outbox::Sender for Sender {
    type Change = Change;

    fn size(&self, change: &Change) -> usize {
        change.size()
    }

    /// A row that may be refused must not have taken the place of an earlier one. Where a row is must be known before a
    /// later one says another partition. And two partial rows may have different keys in their dynamic fields.
    fn joins(&self, earlier: &Change, later: &Change) -> bool {
        let dynamic = self.mode() == WriteMode::Partial && self.known.get().is_some_and(|it| it.form.is_dynamic());
        !self.rejects.pass_over() && earlier.partition == later.partition && !dynamic
    }

    fn merge(&self, earlier: &mut Change, later: Change) {
        earlier.merge(later, self.mode());
    }

    fn compact(&self, change: &mut Change) {
        change.compact();
    }

    /// Applies changes of different keys, those of each partition in a request of their own; in more, if some are to be
    /// passed over. What is refused is sent again in parts, so what is sent together is written by one request: of
    /// two the first would have had its effect.
    async fn send(&self, changes: Vec<Change>) -> Result<()> {
        let reject = |change: Change, error| self.reject(&change, error);
        for (partition, changes) in self.by_partition(changes) {
            let partition = partition.as_deref();
            let changes = self.make_partition(partition, changes).await?;
            let changes = self.refuse_moves(partition, changes).await?;
            for part in self.known()?.form.by_left_out(changes) {
                self.rejects.send(part, |part| self.send_together(partition, part), reject).await?;
            }
        }
        Ok(())
    }
}

impl Sender {
    fn mode(&self) -> WriteMode {
        self.plan.options.named.write_mode
    }

    fn known(&self) -> Result<&Known> {
        self.known.get().ok_or_else(|| Error::internal("rows are sent before the collection is there"))
    }

    /// Changes by the partition of their rows.
    fn by_partition(&self, changes: Vec<Change>) -> BTreeMap<Option<String>, Vec<Change>> {
        let named = &self.plan.options.named;
        if named.partition_field.is_none() {
            return [(named.partition.clone(), changes)].into();
        }
        let mut parts: BTreeMap<Option<String>, Vec<Change>> = BTreeMap::new();
        for change in changes {
            let partition = change.partition.clone().or_else(|| named.partition.clone());
            parts.entry(partition).or_default().push(change);
        }
        parts
    }

    /// Passes a row over, if rows may be.
    fn reject(&self, change: &Change, error: Error) -> Result<()> {
        self.rejects.reject(change.place(error), change.rejected())
    }

    /// Where rows say their partition, it is made for those that are written. No row is in one that is not there, so those
    /// of its deletes have nothing to do; of one that can't be made no row can be kept.
    async fn make_partition(&self, partition: Option<&str>, changes: Vec<Change>) -> Result<Vec<Change>> {
        let options = &self.plan.options;
        let Some(own) = partition.filter(|_| options.named.partition_field.is_some()) else { return Ok(changes) };
        let made = if written(&changes).next().is_some() {
            partition::make(&self.api, own, partition::makes_partitions(options)).await
        } else if self.api.partitions().await?.iter().any(|other| other == own) {
            Ok(())
        } else {
            Err(Error::data("there is nothing to delete"))
        };
        let refusal = match made {
            Err(error) if error.kind() == Kind::Data => error.to_string(),
            made => return made.map(|()| changes),
        };
        for change in changes {
            match change.action {
                Action::Write(_) => self.reject(&change, Error::data(&refusal))?,
                Action::Delete => self.metrics.add_rows(change.rows),
            }
        }
        Ok(Vec::new())
    }

    /// A row whose key is in another partition would be there twice. Deletes are for the partition that they say, or for
    /// all.
    async fn refuse_moves(&self, partition: Option<&str>, changes: Vec<Change>) -> Result<Vec<Change>> {
        let known = self.known()?;
        let written: Vec<&Key> = written(&changes).map(|change| &change.key).collect();
        if known.has_partition_key || !known.has_own_keys || written.is_empty() {
            return Ok(changes);
        }
        let own = partition.unwrap_or(DEFAULT_PARTITION);
        let others: Vec<String> = self.api.partitions().await?.into_iter().filter(|other| other != own).collect();
        let moved =
            if others.is_empty() { HashSet::new() } else { known.lookup.there(&self.api, written, &others).await? };
        if moved.is_empty() {
            return Ok(changes);
        }
        let mut staying = Vec::with_capacity(changes.len());
        for change in changes {
            if matches!(change.action, Action::Delete) || !moved.contains(&change.key) {
                staying.push(change);
                continue;
            }
            let error = Error::data(format!(
                "the row is to go to the partition `{own}`, and its key is in another one, where it would stay as a second \
                 row: delete it there first, or give the row its partition"
            ));
            self.reject(&change, error)?;
        }
        Ok(staying)
    }

    /// Applies changes in one partition, whose rows leave the same fields to the server.
    async fn send_together(&self, partition: Option<&str>, changes: Vec<Change>) -> Result<()> {
        let rows: usize = changes.iter().map(|change| change.rows).sum();
        let mut changes = self.applying(partition, changes).await?;
        let applied: usize = changes.iter().map(|change| change.rows).sum();
        let deleted: Vec<Change> = changes.extract_if(.., |change| matches!(change.action, Action::Delete)).collect();
        self.delete(partition, &deleted).await?;
        if !changes.is_empty() {
            self.write(partition, changes).await?;
        }
        self.metrics.add_rows(applied);
        self.metrics.add_skipped_rows(rows.saturating_sub(applied));
        Ok(())
    }

    /// The changes that the mode and the stored order let apply.
    async fn applying(&self, partition: Option<&str>, mut changes: Vec<Change>) -> Result<Vec<Change>> {
        let lookup = &self.known()?.lookup;
        let partitions: Vec<String> = partition.map(str::to_owned).into_iter().collect();
        let wants_there = match self.mode() {
            // Nobody knows their keys.
            WriteMode::Insert if !self.known()?.has_own_keys => None,
            WriteMode::Insert => Some(false),
            WriteMode::Update | WriteMode::Partial => Some(true),
            WriteMode::Upsert | WriteMode::Delete => None,
        };
        if let Some(wanted) = wants_there {
            let keys = written(&changes).map(|change| &change.key);
            let there = lookup.there(&self.api, keys, &partitions).await?;
            changes.retain(|change| matches!(change.action, Action::Delete) || there.contains(&change.key) == wanted);
        }
        if lookup.order.is_some() && !changes.is_empty() {
            let keys = changes.iter().map(|change| &change.key);
            let orders = lookup.orders(&self.api, keys, &partitions).await?;
            changes.retain(|change| orders.get(&change.key).is_none_or(|stored| is_later(&change.order, stored)));
        }
        Ok(changes)
    }

    async fn delete(&self, partition: Option<&str>, changes: &[Change]) -> Result<()> {
        let lookup = &self.known()?.lookup;
        let mut keys: Vec<&Key> = changes.iter().map(|change| &change.key).collect();
        // Milvus Lite deletes the keys of a partition in all of them.
        let there;
        if let Some(partition) = partition {
            there = lookup.there(&self.api, keys.iter().copied(), &[partition.to_owned()]).await?;
            keys.retain(|key| there.contains(*key));
        }
        for expr in lookup.expressions(keys) {
            self.metrics.add_bytes(expr.len());
            self.api.delete(expr, partition.unwrap_or_default()).await?;
        }
        Ok(())
    }

    /// Writes rows that leave the same fields to the server.
    async fn write(&self, partition: Option<&str>, mut changes: Vec<Change>) -> Result<()> {
        let known = self.known()?;
        let count = changes.len();
        let block = known.form.block(changes.iter_mut().filter_map(Change::take_values).collect());
        let place = |row: usize, error: Error| match changes.get(row) {
            Some(change) => change.place(error),
            None => error,
        };
        let partition = partition.unwrap_or_default();
        let sent = if known.has_own_keys {
            let partial = self.mode() == WriteMode::Partial;
            self.api.upsert(partition, block, partial).await.and_then(|(answer, bytes)| {
                self.metrics.add_bytes(bytes);
                check(&answer, answer.upsert_cnt, count, place)
            })
        } else {
            let keys = changes.iter().map(|change| &change.key);
            let numbers = keys.filter_map(|key| if let Key::Integer(number) = key { Some(*number) } else { None });
            let append = Append { api: &self.api, known, metrics: &self.metrics, numbers: numbers.collect() };
            append.send(&self.plan.options, partition, block).await.and_then(|answer| match answer {
                Some((answer, bytes)) => {
                    self.metrics.add_bytes(bytes);
                    check(&answer, answer.insert_cnt, count, place)
                }
                None => Ok(()),
            })
        };
        sent.map_err(|error| match (changes.as_slice(), error.kind()) {
            // Of one row it is known which one the server means.
            ([_one], _) => place(0, error),
            ([first, .., last], Kind::Data) if !self.rejects.pass_over() => {
                reject::of_some_row(error, &first.origin, &last.origin, count)
            }
            (_, _) => error,
        })
    }
}

fn written(changes: &[Change]) -> impl Iterator<Item = &Change> {
    changes.iter().filter(|change| matches!(change.action, Action::Write(_)))
}

/// Whether the server has taken each of the rows that were sent. `place` says of an error which row it is about.
pub(crate) fn check(
    answer: &MutationResult,
    taken: i64,
    sent: usize,
    place: impl Fn(usize, Error) -> Error,
) -> Result<()> {
    if let Some(first) = answer.err_index.first() {
        let refused = answer.err_index.len();
        let error = Error::data(format!("the store has refused {refused} of the {sent} rows of a request"));
        return Err(place(usize::try_from(*first).unwrap_or(usize::MAX), error));
    }
    let done = answer.succ_index.len();
    if usize::try_from(taken).ok() != Some(sent) || done != sent {
        return Err(Error::internal(format!(
            "the store says that it has taken {taken} rows ({done} of them by their places), and {sent} were sent"
        )));
    }
    Ok(())
}

/// Whether a row of this order may take the place of one that stores that order.
fn is_later(order: &Option<Scalar>, stored: &Option<Scalar>) -> bool {
    let number = |scalar: &Scalar| match scalar {
        Scalar::Integer(number) | Scalar::Instant(number) => Some(*number),
        Scalar::Boolean(_) | Scalar::Double(_) | Scalar::Text(_) => None,
    };
    match (order, stored) {
        (_, None) => true,
        (None, Some(_)) => false,
        // A field of doubles takes integers that it holds exactly.
        #[allow(clippy::cast_precision_loss)]
        (Some(Scalar::Integer(order)), Some(Scalar::Double(stored))) => *order as f64 >= *stored,
        (Some(order), Some(stored)) => match (number(order), number(stored)) {
            (Some(order), Some(stored)) => order >= stored,
            (_, _) => order >= stored,
        },
    }
}
