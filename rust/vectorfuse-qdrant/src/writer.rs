//! What one task writes with: rows become changes, changes become requests of a bounded size, several in flight.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::num::NonZero;
use std::sync::{Arc, Weak};

use arrow_array::RecordBatch;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::ids::PointId;
use vectorfuse_core::metrics::Metrics;
use vectorfuse_core::options::WriteMode;
use vectorfuse_core::reject::Rejects;
use vectorfuse_core::rows::Rows;
use vectorfuse_core::store::Writer;
use vectorfuse_core::table::Column;
use vectorfuse_core::upload::Upload;
use vectorfuse_core::vector::VectorKind;
use vectorfuse_core::write::{Task, WritePlan, vector_name};

use crate::api::{Api, largest_request};
use crate::change::{Action, Change};
use crate::collection::{Collection, VectorSpec};
use crate::counters::{Counter, Counters, Tally};
use crate::creation;
use crate::indexes;
use crate::limits::Limits;
use crate::point::{Points, to_u64};
use crate::request::{self, Head};
use crate::routing::{self, Routing};
use crate::sender::Sender;
use crate::shard_key;
use crate::version;

/// Until a vector of each name was seen, this many batches wait for the collection to be created.
const MOST_WAITING: usize = 4;

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

/// The writer of one task.
pub(crate) struct QdrantWriter {
    api: Api,
    plan: Arc<WritePlan>,
    details: Details,
    task: Task,
    sender: Sender,
    upload: Upload,
    /// Batches that came before the collection could be created.
    waiting: Vec<RecordBatch>,
    /// Whether the server is known to know what the write needs of it.
    checked: bool,
    /// Rows that were turned into changes.
    rows: u64,
    /// What this task adds to each point so far.
    tallies: HashMap<PointId, Tally>,
    /// The request that is being filled.
    open: Open,
    /// The points of the requests in flight; those of one that has ended are gone.
    flying: Vec<Weak<HashMap<PointId, (usize, usize)>>>,
}

/// The changes of a request that is being filled: one for each point.
#[derive(Default)]
struct Open {
    changes: Vec<Change>,
    bytes: usize,
    /// Where the change of a point is, and its size.
    places: HashMap<PointId, (usize, usize)>,
}

impl Open {
    /// How many changes there would be with this one, and their size.
    fn with(&self, change: &Change, bytes: usize) -> (usize, usize) {
        match self.places.get(&change.id) {
            Some((_, earlier)) => (self.changes.len(), self.bytes - earlier + bytes),
            None => (self.changes.len() + 1, self.bytes + bytes),
        }
    }

    /// The change of this point.
    fn change(&self, id: PointId) -> Option<&Change> {
        self.places.get(&id).map(|(index, _)| &self.changes[*index])
    }

    /// Adds a change of this size; where there is one of its point, the two become one.
    fn add(&mut self, change: Change, bytes: usize, mode: WriteMode) {
        match self.places.entry(change.id) {
            Entry::Occupied(mut place) => {
                let (index, earlier) = *place.get();
                self.bytes = self.bytes - earlier + bytes;
                place.insert((index, bytes));
                self.changes[index].merge(change, mode);
            }
            Entry::Vacant(place) => {
                place.insert((self.changes.len(), bytes));
                self.bytes += bytes;
                self.changes.push(change);
            }
        }
    }
}

impl QdrantWriter {
    pub(crate) fn new(api: Api, plan: WritePlan, task: Task, metrics: Arc<Metrics>) -> Result<Self> {
        let details = Details::of(&plan)?;
        let api = details.collection.as_deref().map_or(api.clone(), |name| api.at(name));
        let upload = Upload::new(plan.options.named.concurrency.get());
        let named = &plan.options.named;
        let counters = counters(&plan, task);
        // What was added, and where a point is, can be read only after it was applied.
        let wait = named.wait || counters.is_some() || plan.rules.shard_key.is_some();
        let (collection, ordering) = (api.collection().to_owned(), request::ordering(&plan.options));
        let shards = shard_key::of_options(&plan.options);
        let head = Head { collection, wait, mode: named.write_mode, ordering, shards };
        let rejects = Rejects::of(&plan.options, &plan.query, task, &metrics)?;
        let plan = Arc::new(plan);
        let routing = plan.rules.shard_key.map(|index| Arc::new(Routing::new(Arc::clone(&plan), index)));
        let (head, counters) = (Arc::new(head), counters.map(Arc::new));
        let sender = Sender { api: api.clone(), head, counters, metrics, rejects, routing };
        Ok(Self {
            api,
            plan,
            details,
            task,
            sender,
            upload,
            waiting: Vec::new(),
            checked: false,
            rows: 0,
            tallies: HashMap::new(),
            open: Open::default(),
            flying: Vec::new(),
        })
    }

    /// Sees to it that the collection is there; `false` as long as a vector's size is not known.
    async fn ensure_collection(&mut self, batch: &RecordBatch) -> Result<bool> {
        let Some(kept) = &self.details.create else { return Ok(true) };
        let mut vectors = self.details.vectors.clone();
        let waiting: usize = self.waiting.iter().map(RecordBatch::num_rows).sum();
        let before = self.rows + to_u64(waiting);
        let rows = Rows::new(batch, &self.plan, self.task, before, &self.sender.rejects)?;
        for (name, spec) in vectors.iter_mut().filter(|(_, spec)| spec.lacks_size()) {
            spec.size = rows.vector_size(name, spec.kind)?;
        }
        let creation = creation::request(&vectors, kept, &self.plan.options, self.details.made_for.as_deref())?;
        self.details.vectors = vectors;
        let Some(creation) = creation else { return Ok(false) };
        self.api.create(creation).await?;
        // Whoever has created it: what it is made of, and its limits, are the server's to say.
        if !self.adopt().await? {
            return Err(Error::new(Kind::Unavailable, "the collection was dropped while the job created it"));
        }
        self.complete().await?;
        Ok(true)
    }

    /// Whichever task sees the collection first: its shards and indexes are there before its rows are.
    async fn complete(&self) -> Result<()> {
        routing::ensure(&self.api, &self.plan.options).await?;
        if !routing::has_shards(&self.api, &self.plan.options).await? {
            return Ok(());
        }
        let wanted = indexes::wanted(&self.plan.options, &self.plan.columns)?;
        indexes::ensure(&self.api, &wanted, &HashMap::new()).await
    }

    /// Sends the batches that waited for the collection; if this task could not create it, another must have.
    async fn send_waiting(&mut self) -> Result<()> {
        if !self.waiting.is_empty() && self.details.create.is_some() {
            if !self.adopt().await? {
                return Err(self.unknown_size());
            }
            self.complete().await?;
        }
        for earlier in std::mem::take(&mut self.waiting) {
            self.send(&earlier).await?;
        }
        Ok(())
    }

    /// Another task has created the collection: its vectors count. `false` if nobody has.
    async fn adopt(&mut self) -> Result<bool> {
        let Some(info) = self.api.info().await? else { return Ok(false) };
        let there = Collection::from_info(info)?;
        creation::refuse_others(&there, self.details.made_for.as_deref(), self.api.collection())?;
        routing::check(&self.api, &self.plan.options, &there).await?;
        self.details.most_points = Limits::of(&there.config).writes;
        self.details.vectors = adopted(&self.details.vectors, there)?;
        self.details.create = None;
        Ok(true)
    }

    async fn send(&mut self, batch: &RecordBatch) -> Result<()> {
        let plan = Arc::clone(&self.plan);
        let named = &plan.options.named;
        let limits = named.batch_rows.map(NonZero::get).into_iter().chain(self.details.most_points);
        let most_rows = limits.min().unwrap_or(usize::MAX);
        let most_bytes = named.batch_bytes.get().min(largest_request(named.transport));
        let sender = self.sender.clone();
        let rows = Rows::new(batch, &plan, self.task, self.rows, &sender.rejects)?;
        let vectors = self.details.vectors.clone();
        let points = Points { rows: &rows, plan: &plan, vectors: &vectors };
        for row in 0..rows.count() {
            let Some(mut change) = rows.kept(row, points.change(row))? else { continue };
            if let Some(counters) = &self.sender.counters {
                let tally = self.tallies.entry(change.id).or_default();
                counters.tally(tally, rows.counts(row)?).map_err(|error| change.place(error))?;
                change.tally = Some(tally.clone());
            }
            let mut bytes = change.size(named.transport);
            let partial = matches!(change.action, Action::Partial(_));
            match &change.shard {
                // Each may be the first of its shard.
                Some(own) => bytes += 2 * shard_key::size(std::slice::from_ref(own)),
                None if partial || change.guard.is_some() || change.tally.is_some() => {
                    bytes += 2 * shard_key::size(&self.sender.head.shards);
                }
                None => {}
            }
            let (count, whole) = self.open.with(&change, bytes);
            // Whether a condition holds for the later row of a point depends on what the earlier one did.
            // A row that may be refused must not have taken the place of an earlier one.
            let alone = plan.rules.condition.is_some() || self.sender.rejects.pass_over();
            // Where a point is must be known before a later row says another shard.
            let again = self.open.change(change.id).is_some_and(|earlier| alone || earlier.shard != change.shard);
            if again || self.sender.head.size(named.transport) + whole > most_bytes || count > most_rows {
                self.flush().await?;
            }
            self.open.add(change, bytes, named.write_mode);
        }
        self.rows += to_u64(batch.num_rows());
        Ok(())
    }

    /// Sends the open request. Requests that are in flight together may overtake each other, so one that changes a point
    /// which another one in flight changes waits for that one: the later row is the one that stays.
    async fn flush(&mut self) -> Result<()> {
        if self.open.changes.is_empty() {
            return Ok(());
        }
        let Open { changes, places, .. } = std::mem::take(&mut self.open);
        while self.any_in_flight(&places) {
            self.upload.next().await?;
        }
        let places = Arc::new(places);
        self.flying.push(Arc::downgrade(&places));
        let sender = self.sender.clone();
        let request = async move {
            let sent = sender.send(changes).await;
            drop(places);
            sent
        };
        self.upload.submit(request).await
    }

    fn any_in_flight(&mut self, places: &HashMap<PointId, (usize, usize)>) -> bool {
        self.flying.retain(|other| other.strong_count() > 0);
        self.flying.iter().filter_map(Weak::upgrade).any(|other| places.keys().any(|id| other.contains_key(id)))
    }

    fn unknown_size(&self) -> Error {
        let name = self.details.vector_without_size();
        Error::data(format!(
            "{} was null in every row so far, so its size is not known: {}",
            vector_name(name),
            say_size(name)
        ))
    }
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

/// How to say a vector's size.
pub(crate) fn say_size(name: &str) -> String {
    let option = if name.is_empty() { "vector.size".to_owned() } else { format!("vector.{name}.size") };
    format!("give the option `{option}`, or create the collection first")
}

#[async_trait]
impl Writer for QdrantWriter {
    async fn write(&mut self, batch: RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        if !self.checked {
            // Again, as the driver did: another node of the cluster can be older, and would pass over what it does not
            // know, and write over points that must stay.
            self.api.require(version::needed(&self.plan.options, &self.plan.rules)).await?;
            self.checked = true;
        }
        if self.ensure_collection(&batch).await? {
            self.send_waiting().await?;
            return self.send(&batch).await;
        }
        self.waiting.push(batch);
        if self.waiting.len() > MOST_WAITING { self.send_waiting().await } else { Ok(()) }
    }

    async fn commit(mut self: Box<Self>) -> Result<String> {
        self.send_waiting().await?;
        self.flush().await?;
        self.upload.finish().await?;
        self.sender.rejects.commit(self.rows)
    }
}
