//! Which shards a write goes to, in a collection whose points users route by keys.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::options::{Options, WriteMode};
use vectorfuse_core::write::WritePlan;

use crate::api::Api;
use crate::change::{Action, Change};
use crate::collection::Collection;
use crate::indexes;
use crate::request::{self, Head};
use crate::sender::Sender;
use crate::shard_key::{self, ShardKey, is_keyed, shown};

/// The option that says where points go; `None` if the collection's shards have no keys.
pub(crate) fn option(options: &Options) -> Option<&'static str> {
    let field = options.named.shard_key_field.as_ref().map(|_| "shard_key_field");
    field.or_else(|| (!options.named.shard_key.is_empty()).then_some("shard_key"))
}

/// Points go to shards with keys if and only if the collection has such shards.
pub(crate) async fn check(api: &Api, options: &Options, there: &Collection) -> Result<()> {
    match option(options) {
        Some(option) if !is_keyed(&there.config) => Err(Error::options(format!(
            "option `{option}`: the collection's shards have no keys, the server itself chooses them: remove the option, \
             or overwrite with `overwrite` = `recreate`"
        ))),
        None if is_keyed(&there.config) => {
            let keys = match api.shard_keys().await? {
                Some(keys) if !keys.is_empty() => format!(" ({})", shown(&keys)),
                Some(_) | None => String::new(),
            };
            Err(Error::options(format!(
                "the shards of the collection have keys{keys}, so a write must say which of them it is for: give \
                 `shard_key`, or `shard_key_field` if each row has its own"
            )))
        }
        Some(_) | None => Ok(()),
    }
}

/// Makes the shards that the options name, if they are missing.
pub(crate) async fn ensure(api: &Api, options: &Options) -> Result<()> {
    let asked = shard_key::of_options(options);
    if asked.is_empty() {
        return Ok(());
    }
    let there = api.shard_keys().await?;
    for key in &asked {
        match &there {
            Some(there) if there.contains(key) => {}
            Some(there) if !makes_shards(options) => return Err(shard_key::missing(key, there)),
            // Too old a server to list its keys says itself that it does not have one.
            None if !makes_shards(options) => {}
            Some(_) | None => api.create_shard_key(key).await?,
        }
    }
    Ok(())
}

/// Whether the collection has shards before a row is sent. Without any, the server makes no index.
pub(crate) async fn has_shards(api: &Api, options: &Options) -> Result<bool> {
    Ok(options.named.shard_key_field.is_none() || api.shard_keys().await?.is_some_and(|keys| !keys.is_empty()))
}

/// Whether the write may make a shard: one that only changes points that are there has no use for it.
fn makes_shards(options: &Options) -> bool {
    let named = &options.named;
    named.create_collection && matches!(named.write_mode, WriteMode::Upsert | WriteMode::Insert)
}

/// Deletes every point of a collection that is overwritten, but not those of shards that the user may not have meant.
pub(crate) async fn empty(api: &Api, options: &Options, there: &Collection) -> Result<()> {
    let ordering = request::ordering(options);
    if !is_keyed(&there.config) {
        return api.delete_all(ordering, &[]).await;
    }
    let keys = api.shard_keys().await?.ok_or_else(|| {
        Error::unsupported(
            "the server is too old to list the keys of the collection's shards, so they can't all be emptied: overwrite \
             with `overwrite` = `recreate`",
        )
    })?;
    let asked = shard_key::of_options(options);
    let others: Vec<_> = keys.iter().filter(|key| !asked.contains(key)).cloned().collect();
    if !asked.is_empty() && !others.is_empty() {
        return Err(Error::options(format!(
            "an overwrite replaces the whole collection, and it has points in the shards of {} too, which `shard_key` does \
             not name: append, or say `overwrite` = `recreate` or `swap` if they are to go",
            shown(&others)
        )));
    }
    if keys.is_empty() { Ok(()) } else { api.delete_all(ordering, &keys).await }
}

/// How the rows of a task find their shards, where each says its own key.
pub(crate) struct Routing {
    plan: Arc<WritePlan>,
    /// The column that says it.
    column: usize,
    /// Keys that the collection is known to have.
    known: Mutex<BTreeSet<ShardKey>>,
    /// Done once: the driver could make no indexes in a collection without shards.
    indexed: OnceCell<()>,
}

impl Routing {
    pub(crate) fn new(plan: Arc<WritePlan>, column: usize) -> Self {
        Self { plan, column, known: Mutex::default(), indexed: OnceCell::new() }
    }

    fn field(&self) -> &str {
        &self.plan.columns[self.column].name
    }

    /// Whether the key has shards, which are made if they may be.
    async fn open(&self, api: &Api, key: &ShardKey, make: bool) -> Result<bool> {
        if self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(key) {
            return Ok(true);
        }
        if !api.has_shard_key(key).await? {
            if !make {
                return Ok(false);
            }
            // Another task may do so at the same time, which is fine.
            api.create_shard_key(key).await?;
        }
        let index = || async {
            let wanted = indexes::wanted(&self.plan.options, &self.plan.columns)?;
            indexes::ensure(api, &wanted, &HashMap::new()).await
        };
        self.indexed.get_or_try_init(index).await?;
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone());
        Ok(true)
    }
}

impl Sender {
    /// Applies changes of different points, each in the shards of its own key.
    pub(crate) async fn route(&self, routing: &Routing, changes: Vec<Change>) -> Result<()> {
        let mut by_key: BTreeMap<ShardKey, Vec<Change>> = BTreeMap::new();
        for change in self.refuse_moves(routing, changes).await? {
            let key = change.shard.as_deref().cloned().ok_or_else(|| Error::internal("a row without its shard key"))?;
            by_key.entry(key).or_default().push(change);
        }
        for (key, changes) in by_key {
            let adds = changes.iter().any(|change| !matches!(change.action, Action::Delete));
            if routing.open(&self.api, &key, adds && makes_shards(&routing.plan.options)).await? {
                let head = Head { shards: vec![key], ..(*self.head).clone() };
                let sender = Self { head: Arc::new(head), routing: None, ..self.clone() };
                sender.send_to_shards(changes).await?;
            } else {
                self.pass_over(routing, &key, &changes)?;
            }
        }
        Ok(())
    }

    /// A point that is in the shards of another key would be there twice. Deletes are for the key that they say.
    async fn refuse_moves(&self, routing: &Routing, changes: Vec<Change>) -> Result<Vec<Change>> {
        let written = changes.iter().filter(|change| !matches!(change.action, Action::Delete));
        let ids: Vec<_> = written.map(|change| change.id).collect();
        let homes = if ids.is_empty() { HashMap::new() } else { self.api.homes(ids).await? };
        let mut staying = Vec::with_capacity(changes.len());
        for change in changes {
            match (homes.get(&change.id), change.shard.as_deref()) {
                (Some(home), Some(own)) if home != own => {
                    let error = Error::data(format!(
                        "the point is in the shard `{home}` and the row says `{own}`, where it would be a second point: \
                         delete it there first, or give the row its key"
                    ));
                    self.reject(&change, error.with("column", routing.field()))?;
                }
                (Some(_) | None, _) => staying.push(change),
            }
        }
        Ok(staying)
    }

    /// What becomes of changes for a key that the collection does not have, and that is not made.
    fn pass_over(&self, routing: &Routing, key: &ShardKey, changes: &[Change]) -> Result<()> {
        for change in changes {
            match (&change.action, self.head.mode) {
                (Action::Delete, _) => self.metrics.add_rows(change.rows),
                (Action::Upsert(_) | Action::Partial(_), WriteMode::Update | WriteMode::Partial) => {
                    self.metrics.add_skipped_rows(change.rows);
                }
                (Action::Upsert(_) | Action::Partial(_), WriteMode::Upsert | WriteMode::Insert | WriteMode::Delete) => {
                    let error = format!("there is no shard key `{key}`, and `create_collection` is false");
                    self.reject(change, Error::data(error).with("column", routing.field()))?;
                }
            }
        }
        Ok(())
    }
}
