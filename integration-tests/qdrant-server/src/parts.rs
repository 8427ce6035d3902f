//! The parts of a collection: one, or as many as it has shard keys, and which of them a request is for.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use parking_lot::RwLock;
use qdrant_edge::{CreateIndex, EdgeConfig, FieldIndexOperations, PayloadFieldSchema, ShardInfo, UpdateOperation};
use serde_json::{Value as Json, json};
use tonic::Status;

use crate::definition;
use crate::limits::Limits;
use crate::part::Part;
use crate::refusal::{Answer, from_engine, internal, wrong_input};
use crate::shard_key::{Key, Selection};

const BASE: &str = "shard";
const KEYED: &str = "keyed";

/// From the keys to their folders, whose names are not the keys: those may hold any character.
const KEYS: &str = "shard_keys.json";

/// How often a removal looks whether the last request on a part has ended.
const REMOVAL_PAUSE: Duration = Duration::from_millis(5);

struct Keyed {
    folder: String,
    part: Arc<Part>,
}

pub struct Parts {
    folder: PathBuf,
    /// The whole collection, or where there are keys the pattern of their parts: without points, but
    /// with every index.
    base: Arc<Part>,
    /// `None` where the server itself spreads the points.
    keyed: Option<RwLock<BTreeMap<Key, Keyed>>>,
}

/// A part with the key that an answer names it by.
pub type Chosen = (Option<Key>, Arc<Part>);

impl Parts {
    pub fn create(folder: &Path, by_hand: bool, config: EdgeConfig) -> Answer<Self> {
        let base = folder.join(BASE);
        fs::create_dir_all(&base).map_err(internal)?;
        let base = Part::create(&base, config).map_err(from_engine)?;
        Ok(Self { folder: folder.to_path_buf(), base: Arc::new(base), keyed: by_hand.then(RwLock::default) })
    }

    pub fn load(folder: &Path, by_hand: bool) -> anyhow::Result<Self> {
        let base = Arc::new(Part::load(&folder.join(BASE))?);
        let keyed = match by_hand {
            true => Some(RwLock::new(load_keyed(folder)?)),
            false => None,
        };
        Ok(Self { folder: folder.to_path_buf(), base, keyed })
    }

    pub fn limit(&self, limits: Option<&Limits>) {
        self.base.limit(limits);
        for (_key, part) in self.all() {
            part.limit(limits);
        }
    }

    /// What every part is made like.
    pub fn pattern(&self) -> &Part {
        &self.base
    }

    pub fn keys(&self) -> Vec<Key> {
        self.keyed.as_ref().map(|keyed| keyed.read().keys().cloned().collect()).unwrap_or_default()
    }

    pub fn all(&self) -> Vec<Chosen> {
        match &self.keyed {
            None => vec![(None, self.base.clone())],
            Some(keyed) => keyed.read().iter().map(|(key, one)| (Some(key.clone()), one.part.clone())).collect(),
        }
    }

    fn find(&self, key: &Key) -> Option<Chosen> {
        let keyed = self.keyed.as_ref()?.read();
        keyed.get(key).map(|one| (Some(key.clone()), one.part.clone()))
    }

    fn fallback(&self, target: &Key, fallback: &Key) -> Answer<Chosen> {
        self.find(target).or_else(|| self.find(fallback)).ok_or_else(|| {
            Status::not_found(format!(
                "Not found: Neither target shard key {target} nor fallback shard key {fallback} exist"
            ))
        })
    }

    pub fn to_read(&self, selection: &Selection) -> Answer<Vec<Chosen>> {
        match selection {
            Selection::Unsaid => Ok(self.all()),
            Selection::Keys(keys) => keys
                .iter()
                .map(|key| {
                    self.find(key)
                        .ok_or_else(|| Status::invalid_argument(format!("Bad request: Shard key {key} not found")))
                })
                .collect(),
            Selection::Fallback { target, fallback } => Ok(vec![self.fallback(target, fallback)?]),
        }
    }

    pub fn to_write(&self, selection: &Selection) -> Answer<Vec<Arc<Part>>> {
        match (selection, &self.keyed) {
            (Selection::Unsaid, None) => Ok(vec![self.base.clone()]),
            (Selection::Unsaid, Some(_)) => Err(wrong_input("Shard key not specified")),
            (Selection::Keys(keys), _) if keys.is_empty() => Err(wrong_input("Empty shard keys selection")),
            (Selection::Keys(keys), _) => keys
                .iter()
                .map(|key| {
                    let found = self.find(key).ok_or_else(|| wrong_input(format!("Shard key {key} not found")))?;
                    Ok(found.1)
                })
                .collect(),
            (Selection::Fallback { target, fallback }, _) => Ok(vec![self.fallback(target, fallback)?.1]),
        }
    }

    /// An index is the collection's: every part has it, and those that come later.
    pub fn to_index(&self) -> Vec<Arc<Part>> {
        let mut parts = self.all().into_iter().map(|(_key, part)| part).collect::<Vec<_>>();
        if self.keyed.is_some() {
            parts.push(self.base.clone());
        }
        parts
    }

    pub fn info(&self) -> ShardInfo {
        let mut whole = self.base.info();
        if self.keyed.is_none() {
            return whole;
        }
        whole.segments_count = 0;
        for (_key, part) in self.all() {
            let info = part.info();
            whole.segments_count += info.segments_count;
            whole.points_count += info.points_count;
            whole.indexed_vectors_count += info.indexed_vectors_count;
            for (key, index) in info.payload_schema {
                if let Some(total) = whole.payload_schema.get_mut(&key) {
                    total.points += index.points;
                }
            }
        }
        whole
    }

    /// No write may run meanwhile: an index could miss the new part.
    pub fn add(&self, collection: &str, key: Key, config: EdgeConfig, limits: Option<&Limits>) -> Answer<()> {
        let keyed = self.by_hand()?;
        if keyed.read().contains_key(&key) {
            return Err(bad(format!("Sharding key {key} already exists for collection {collection}")));
        }
        let folder = uuid::Uuid::new_v4().to_string();
        let path = self.folder.join(KEYED).join(&folder);
        fs::create_dir_all(&path).map_err(internal)?;
        let part = Part::create(&path, config).map_err(from_engine)?;
        for (field_name, index) in self.base.info().payload_schema {
            let field_schema = Some(PayloadFieldSchema::try_from(index).map_err(internal)?);
            let create = FieldIndexOperations::CreateIndex(CreateIndex { field_name, field_schema });
            part.write(UpdateOperation::FieldIndexOperation(create)).map_err(from_engine)?;
        }
        part.limit(limits);
        let mut keyed = keyed.write();
        keyed.insert(key, Keyed { folder, part: Arc::new(part) });
        self.save(&keyed)
    }

    pub fn remove(&self, collection: &str, key: &Key) -> Answer<()> {
        let keyed = self.by_hand()?;
        let removed = {
            let mut keyed = keyed.write();
            let removed = keyed
                .remove(key)
                .ok_or_else(|| bad(format!("Sharding key {key} does not exist for collection {collection}")))?;
            self.save(&keyed)?;
            removed
        };
        drop(sole(removed.part));
        fs::remove_dir_all(self.folder.join(KEYED).join(removed.folder)).map_err(internal)
    }

    fn by_hand(&self) -> Answer<&RwLock<BTreeMap<Key, Keyed>>> {
        self.keyed.as_ref().ok_or_else(|| bad("Shard Key cannot be created with Auto sharding method"))
    }

    fn save(&self, keyed: &BTreeMap<Key, Keyed>) -> Answer<()> {
        let listed = keyed.iter().map(|(key, one)| json!([key.to_json(), one.folder])).collect::<Json>();
        definition::replace(&self.folder.join(KEYS), listed.to_string().as_bytes()).map_err(internal)
    }
}

fn bad(why: impl std::fmt::Display) -> Status {
    Status::invalid_argument(format!("Bad request: {why}"))
}

/// The part of each listed key; a folder that is not listed was never finished or was being removed.
fn load_keyed(folder: &Path) -> anyhow::Result<BTreeMap<Key, Keyed>> {
    let path = folder.join(KEYS);
    let listed: Vec<(Key, String)> = match path.exists() {
        true => serde_json::from_slice(&fs::read(&path)?).with_context(|| format!("reading {}", path.display()))?,
        false => Vec::new(),
    };
    let parts = folder.join(KEYED);
    if parts.exists() {
        for entry in fs::read_dir(&parts)? {
            let entry = entry?;
            if !listed.iter().any(|(_key, folder)| entry.file_name() == folder.as_str()) {
                fs::remove_dir_all(entry.path())?;
            }
        }
    }
    listed
        .into_iter()
        .map(|(key, folder)| {
            let part = Arc::new(Part::load(&parts.join(&folder))?);
            Ok((key, Keyed { folder, part }))
        })
        .collect()
}

/// Waits until the requests that still hold it have ended: the engine writes to its folder when it
/// is closed.
pub fn sole<T>(mut shared: Arc<T>) -> T {
    loop {
        match Arc::try_unwrap(shared) {
            Ok(owned) => return owned,
            Err(still) => shared = still,
        }
        std::thread::sleep(REMOVAL_PAUSE);
    }
}
