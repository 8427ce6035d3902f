//! One collection: its parts, its definition, and the order of its writes.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};
use qdrant_client::qdrant as proto;
use qdrant_edge::{OperationError, UpdateOperation};

use crate::check::check;
use crate::convert::{config, info, payload};
use crate::definition;
use crate::limits::{self, Limits, Schema};
use crate::operation;
use crate::parts::{Parts, sole};
use crate::refusal::{Answer, internal, lacking, refuse, wrong_input};
use crate::shard_key::{Key, Selection};
use crate::version::{Feature, knows};

pub struct Collection {
    folder: PathBuf,
    definition: RwLock<proto::CreateCollection>,
    parts: Parts,
    /// Writes go one after the other; it holds the number of the next.
    writes: Mutex<u64>,
}

/// What became of a write.
pub struct Written {
    pub number: u64,
}

impl Collection {
    pub fn create(folder: PathBuf, mut given: proto::CreateCollection) -> Answer<Self> {
        if !knows(Feature::Metadata) {
            given.metadata.clear();
        }
        config::check(&given)?;
        let engine = config::to_engine(&given)?;
        payload::to_engine(given.metadata.clone())?;
        let parts = Parts::create(&folder, config::by_hand(&given), engine)?;
        definition::save(&folder, &given).map_err(internal)?;
        Ok(Self::of(folder, given, parts))
    }

    /// `None` for the left-overs of a collection that was never finished or was being removed.
    pub fn load(folder: &Path) -> anyhow::Result<Option<Self>> {
        let Some(given) = definition::load(folder)? else {
            return Ok(None);
        };
        let parts = Parts::load(folder, config::by_hand(&given))?;
        Ok(Some(Self::of(folder.to_path_buf(), given, parts)))
    }

    fn of(folder: PathBuf, given: proto::CreateCollection, parts: Parts) -> Self {
        parts.limit(Limits::of(&given).as_ref());
        Self { folder, definition: RwLock::new(given), parts, writes: Mutex::new(0) }
    }

    pub fn name(&self) -> String {
        self.definition.read().collection_name.clone()
    }

    pub fn info(&self) -> proto::CollectionInfo {
        info::of(&self.definition.read(), self.parts.info())
    }

    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// The indexes, which every part has.
    pub fn schema(&self) -> Schema {
        self.parts.pattern().info().payload_schema
    }

    /// Applies one write. It is judged as a whole before any of it is applied. The outer result
    /// refuses it whether it is waited for or not.
    pub fn write(&self, selection: &Selection, operation: UpdateOperation) -> Answer<Result<Written, OperationError>> {
        let operation = operation::as_seen(operation);
        if let Some(limits) = self.limits() {
            limits.write(&operation, self.parts.info().points_count, &self.schema())?;
        }
        let mut next = self.writes.lock();
        let parts = match operation {
            UpdateOperation::FieldIndexOperation(_) => self.parts.to_index(),
            UpdateOperation::PointOperation(_)
            | UpdateOperation::VectorOperation(_)
            | UpdateOperation::PayloadOperation(_)
            | UpdateOperation::VectorNameOperation(_) => self.parts.to_write(selection)?,
        };
        if let Err(error) = check(&operation, &self.parts.pattern().config()) {
            return Ok(Err(error));
        }
        parts.iter().try_for_each(|part| part.pay_write(&operation))?;
        Ok(parts.iter().try_for_each(|part| part.write(operation.clone())).map(|()| {
            let number = *next;
            *next += 1;
            Written { number }
        }))
    }

    pub fn add_key(&self, key: Key) -> Answer<()> {
        let _no_write = self.writes.lock();
        let definition = self.definition.read().clone();
        let engine = config::to_engine(&definition)?;
        self.parts.add(&definition.collection_name, key, engine, Limits::of(&definition).as_ref())
    }

    pub fn remove_key(&self, key: &Key) -> Answer<()> {
        let _no_write = self.writes.lock();
        self.parts.remove(&self.name(), key)
    }

    pub fn limits(&self) -> Option<Limits> {
        Limits::of(&self.definition.read())
    }

    /// Refuses a request that may take longer than the collection allows.
    pub fn within_time(&self, timeout: Option<u64>) -> Answer<()> {
        match (self.limits(), timeout) {
            (Some(limits), Some(seconds)) => limits.timeout(seconds),
            (Some(_) | None, Some(_) | None) => Ok(()),
        }
    }

    /// Changes the parts of the definition that can change while there are points.
    pub fn redefine(&self, change: proto::UpdateCollection) -> Answer<()> {
        refuse("vectors_config", &change.vectors_config)?;
        refuse("quantization_config", &change.quantization_config)?;
        refuse("sparse_vectors_config", &change.sparse_vectors_config)?;
        limits::check(&change.strict_mode_config)?;
        let mut definition = self.definition.write();
        let mut changed = definition.clone();
        if let Some(params) = change.params {
            redefine_params(&mut changed, params)?;
        }
        if let Some(optimizers) = change.optimizers_config {
            let before = changed.optimizers_config.unwrap_or_default();
            changed.optimizers_config = Some(info::optimizers(optimizers, before));
        }
        if let Some(hnsw) = change.hnsw_config {
            let before = changed.hnsw_config.unwrap_or_default();
            changed.hnsw_config = Some(info::hnsw(hnsw, before));
        }
        let strict_mode = change.strict_mode_config.is_some();
        if let Some(config) = change.strict_mode_config {
            let before = changed.strict_mode_config.unwrap_or_default();
            changed.strict_mode_config = Some(limits::merged(config, before));
            limits::check(&changed.strict_mode_config)?;
        }
        if knows(Feature::Metadata) && !change.metadata.is_empty() {
            let mut metadata = payload::to_engine(std::mem::take(&mut changed.metadata))?;
            metadata.merge(&payload::to_engine(change.metadata)?);
            changed.metadata = payload::from_engine(metadata);
        }
        definition::save(&self.folder, &changed).map_err(internal)?;
        if strict_mode {
            self.parts.limit(Limits::of(&changed).as_ref());
        }
        *definition = changed;
        Ok(())
    }

    /// Removes the collection once the requests that still hold it have ended: the engine writes
    /// to its folder when it is closed.
    pub fn remove(collection: Arc<Self>) -> Answer<()> {
        definition::remove(&collection.folder).map_err(internal)?;
        let Self { folder, parts, .. } = sole(collection);
        drop(parts);
        fs::remove_dir_all(folder).map_err(internal)
    }
}

fn redefine_params(definition: &mut proto::CreateCollection, params: proto::CollectionParamsDiff) -> Answer<()> {
    refuse("params.payload", &params.payload)?;
    refuse("params.id_tracker", &params.id_tracker)?;
    refuse("params.read_fan_out_factor", &params.read_fan_out_factor)?;
    refuse("params.read_fan_out_delay_ms", &params.read_fan_out_delay_ms)?;
    #[expect(deprecated, reason = "older clients still send it")]
    if params.on_disk_payload.is_some() {
        return Err(lacking("params.on_disk_payload"));
    }
    if params.replication_factor == Some(0) || params.write_consistency_factor == Some(0) {
        return Err(wrong_input("value 0 invalid, must be 1 or larger"));
    }
    definition.replication_factor = params.replication_factor.or(definition.replication_factor);
    definition.write_consistency_factor = params.write_consistency_factor.or(definition.write_consistency_factor);
    Ok(())
}
