//! What one task writes to: the collection, which it may have to create first, and what a row does to its points.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZero;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::ids::PointId;
use vectorfuse_core::metrics::Metrics;
use vectorfuse_core::options::{Transport, WriteMode};
use vectorfuse_core::outbox;
use vectorfuse_core::reject::Rejects;
use vectorfuse_core::row_writer::{self, RowWriter};
use vectorfuse_core::rows::Rows;
use vectorfuse_core::store::Writer;
use vectorfuse_core::table::Column;
use vectorfuse_core::vector::VectorKind;
use vectorfuse_core::write::{self, Task, WritePlan, vector_name};

use crate::api::{Api, largest_request};
use crate::change::Change;
use crate::collection::{Collection, VectorSpec};
use crate::counters::{Counter, Counters, Tally};
use crate::creation;
use crate::indexes;
use crate::limits::Limits;
use crate::point::Points;
use crate::request::{self, Head};
use crate::routing::{self, Routing};
use crate::sender::Sender;
use crate::shard_key;
use crate::version;
use crate::wire::Room;

/// What Qdrant adds to a plan.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Details {
    /// The collection's vectors; sizes that only the data knows are open.
    pub(crate) vectors: BTreeMap<String, VectorSpec>,
    /// The schema to create the collection with; `None` if it is there.
    pub(crate) create: Option<Vec<Column>>,
    /// The collection that is written to, if it is another one than the options name.
    #[serde(default)]
    pub(crate) collection: Option<String>,
    /// Whether the name of the options becomes an alias of that one in the end.
    #[serde(default)]
    pub(crate) swap: bool,
    /// The most points of a request, if the server has a limit.
    #[serde(default)]
    pub(crate) most_points: Option<usize>,
    /// This write, if the collection must be one that it has made.
    #[serde(default)]
    pub(crate) made_for: Option<String>,
}

impl Details {
    /// The name of the first vector whose size is not known.
    pub(crate) fn vector_without_size(&self) -> &str {
        let open = self.vectors.iter().find(|(_, spec)| spec.lacks_size());
        open.map(|(name, _)| name.as_str()).unwrap_or_default()
    }

    pub(crate) fn of(plan: &WritePlan) -> Result<Self> {
        serde_json::from_value(plan.details.clone())
            .map_err(|error| Error::internal("the plan of the write can't be read").caused_by(error))
    }
}

/// The collection that one task writes to.
pub(crate) struct Target {
    api: Api,
    plan: Arc<WritePlan>,
    details: Details,
    /// Whether the server is known to know what the write needs of it.
    checked: bool,
    /// The bytes of a request without its changes.
    head_bytes: usize,
    /// What the write counts.
    counters: Option<Arc<Counters>>,
    /// What this task adds to each point so far.
    tallies: HashMap<PointId, Tally>,
    /// Where points are encoded as they are made; `None` if they are messages first.
    room: Option<Room>,
}

/// The writer of one task.
pub(crate) fn open(api: Api, plan: WritePlan, task: Task, metrics: Arc<Metrics>) -> Result<Box<dyn Writer>> {
    let details = Details::of(&plan)?;
    let api = details.collection.as_deref().map_or(api.clone(), |name| api.at(name));
    let named = &plan.options.named;
    let counters = counters(&plan, task);
    // What was added, and where a point is, can be read only after it was applied.
    let wait = named.wait || counters.is_some() || plan.rules.shard_key.is_some();
    let (collection, ordering) = (api.collection().to_owned(), request::ordering(&plan.options));
    let shards = shard_key::of_options(&plan.options);
    let conditional = plan.rules.condition.is_some();
    let head = Head { collection, wait, mode: named.write_mode, ordering, conditional, shards };
    let head_bytes = head.size(named.transport);
    let rejects = Rejects::of(&plan.options, &plan.query, task, &metrics)?;
    let plan = Arc::new(plan);
    let routing = plan.rules.shard_key.map(|index| Arc::new(Routing::new(Arc::clone(&plan), index)));
    let (head, counters) = (Arc::new(head), counters.map(Arc::new));
    let sender = Sender {
        api: api.clone(),
        head,
        transport: plan.options.named.transport,
        counters: counters.clone(),
        metrics,
        rejects: rejects.clone(),
        routing,
    };
    let tallies = HashMap::new();
    let (checked, own) = (false, Arc::clone(&plan));
    let room = is_sent_encoded(&own).then(Room::default);
    let target = Target { api, plan: own, details, checked, head_bytes, counters, tallies, room };
    Ok(Box::new(RowWriter::new(target, sender, plan, task, rejects)))
}

impl Target {
    /// Whichever task sees the collection first: its shards and indexes are there before its rows are.
    async fn complete(&self) -> Result<()> {
        routing::ensure(&self.api, &self.plan.options).await?;
        if !routing::has_shards(&self.api, &self.plan.options).await? {
            return Ok(());
        }
        let wanted = indexes::wanted(&self.plan.options, &self.plan.columns)?;
        indexes::ensure(&self.api, &wanted, &HashMap::new()).await
    }

    /// Another task has created the collection: its vectors count. `false` if nobody has.
    async fn adopt_created(&mut self) -> Result<bool> {
        let Some(info) = self.api.info().await? else { return Ok(false) };
        let there = Collection::from_info(info)?;
        creation::refuse_others(&there, self.details.made_for.as_deref(), self.api.collection())?;
        routing::check(&self.api, &self.plan.options, &there).await?;
        self.details.most_points = Limits::of(&there.config).writes;
        self.details.vectors = adopted(&self.details.vectors, there)?;
        self.details.create = None;
        Ok(true)
    }
}

/// Whether points are sent as they are encoded: over HTTP they are not, and rules and counters take them apart.
fn is_sent_encoded(plan: &WritePlan) -> bool {
    let (named, rules) = (&plan.options.named, &plan.rules);
    let has_rules = rules.order.is_some() || rules.condition.is_some() || !rules.counters.is_empty();
    named.transport == Transport::Grpc && named.write_mode != WriteMode::Partial && !has_rules
}

/// What this task counts; `None` if nothing.
fn counters(plan: &WritePlan, task: Task) -> Option<Counters> {
    let column = |index: &usize| {
        let Column { name, data_type, .. } = &plan.columns[*index];
        Counter { field: name.clone(), data_type: data_type.clone() }
    };
    let counters: Vec<Counter> = plan.rules.counters.iter().map(column).collect();
    (!counters.is_empty()).then(|| Counters::new(counters, &plan.query, task.partition))
}

/// The vectors of a collection that somebody else has created meanwhile, if those that were planned are among them.
pub(crate) fn adopted(
    planned: &BTreeMap<String, VectorSpec>,
    there: Collection,
) -> Result<BTreeMap<String, VectorSpec>> {
    for (name, mine) in planned {
        if there.vectors.get(name).is_some_and(|theirs| theirs.distance != mine.distance) {
            return Err(Error::options(format!(
                "another job has just created the collection with another distance of {} than {:?}",
                vector_name(name),
                mine.distance
            )));
        }
        if there.vectors.get(name).is_some_and(|theirs| theirs.kind != mine.kind) {
            return Err(Error::options(format!(
                "another job has just created the collection, and {} of it is not {}",
                vector_name(name),
                mine.kind.name()
            )));
        }
        if mine.kind == VectorKind::Sparse && there.vectors.contains_key(name) {
            continue;
        }
        let theirs = there.vectors.get(name).and_then(|spec| spec.size);
        if theirs.is_none() || (mine.size.is_some() && mine.size != theirs) {
            let said = |size: Option<u64>| size.map_or_else(|| "no".to_owned(), |size| size.to_string());
            return Err(Error::data(format!(
                "{} has {} dimensions here, and {} in the collection that another task or job has just created",
                vector_name(name),
                said(mine.size),
                said(theirs)
            )));
        }
    }
    Ok(there.vectors)
}

#[async_trait]
impl row_writer::Target for Target {
    type Change = Change;

    async fn ensure(&mut self, rows: &Rows<'_>) -> Result<bool> {
        if !self.checked {
            // Again, as the driver did: another node of the cluster can be older, and would pass over what it does not
            // know, and write over points that must stay.
            self.api.require(version::needed(&self.plan.options, &self.plan.rules)).await?;
            self.checked = true;
        }
        let Some(kept) = &self.details.create else { return Ok(true) };
        for (name, spec) in self.details.vectors.iter_mut().filter(|(_, spec)| spec.lacks_size()) {
            spec.size = rows.vector_size(name, spec.kind)?;
        }
        let Details { vectors, made_for, .. } = &self.details;
        let creation = creation::request(vectors, kept, &self.plan.options, made_for.as_deref())?;
        let Some(creation) = creation else { return Ok(false) };
        self.api.create(creation).await?;
        // Whoever has created it: what it is made of, and its limits, are the server's to say.
        if !self.adopt_created().await? {
            return Err(Error::new(Kind::Unavailable, "the collection was dropped while the job created it"));
        }
        self.complete().await?;
        Ok(true)
    }

    async fn adopt(&mut self) -> Result<()> {
        if !self.adopt_created().await? {
            return Err(write::unknown_size(self.details.vector_without_size()));
        }
        self.complete().await
    }

    fn limits(&self) -> outbox::Limits {
        let named = &self.plan.options.named;
        let changes = named.batch_rows.map(NonZero::get).into_iter().chain(self.details.most_points).min();
        let bytes = named.batch_bytes.get().min(largest_request(named.transport));
        outbox::Limits { bytes: bytes.saturating_sub(self.head_bytes), changes: changes.unwrap_or(usize::MAX) }
    }

    fn change(&mut self, rows: &Rows<'_>, row: usize) -> Result<Option<Change>> {
        let points = Points { rows, plan: &self.plan, vectors: &self.details.vectors };
        let made = points.change(row, self.room.as_mut());
        let Some(mut change) = rows.kept(row, made)? else { return Ok(None) };
        if let Some(counters) = &self.counters {
            let tally = self.tallies.entry(change.id).or_default();
            counters.tally(tally, rows.counts(row)?).map_err(|error| change.place(error))?;
            change.tally = Some(Box::new(tally.clone()));
        }
        Ok(Some(change))
    }
}
