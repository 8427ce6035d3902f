//! One collection: the engine's shard, its definition, and the order of its writes.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use qdrant_client::qdrant as proto;
use qdrant_edge::{EdgeShard, OperationError, PointId, UpdateOperation, VectorInternal};
use qdrant_edge::{VectorStructInternal, WithPayloadInterface, WithVector};
use tonic::Status;

use crate::check::check;
use crate::convert::{config, info, payload};
use crate::definition;
use crate::refusal::{Answer, from_engine, internal, lacking, refuse, wrong_input};

const SHARD: &str = "shard";

/// How often a removal looks whether the last request on the collection has ended.
const REMOVAL_PAUSE: Duration = Duration::from_millis(5);

pub struct Collection {
    folder: PathBuf,
    definition: RwLock<proto::CreateCollection>,
    shard: EdgeShard,
    /// Writes go one after the other; it holds the number of the next.
    writes: Mutex<u64>,
}

/// What became of a write.
pub struct Written {
    pub number: u64,
}

impl Collection {
    pub fn create(folder: PathBuf, given: proto::CreateCollection) -> Answer<Self> {
        config::check(&given)?;
        let engine = config::to_engine(&given)?;
        payload::to_engine(given.metadata.clone())?;
        let shard_folder = folder.join(SHARD);
        fs::create_dir_all(&shard_folder).map_err(internal)?;
        let shard = EdgeShard::new(&shard_folder, engine).map_err(from_engine)?;
        shard.flush();
        definition::save(&folder, &given).map_err(internal)?;
        Ok(Self::of(folder, given, shard))
    }

    /// `None` for the left-overs of a collection that was never finished or was being removed.
    pub fn load(folder: &Path) -> anyhow::Result<Option<Self>> {
        let Some(given) = definition::load(folder)? else {
            return Ok(None);
        };
        let shard = EdgeShard::load(&folder.join(SHARD), None)?;
        Ok(Some(Self::of(folder.to_path_buf(), given, shard)))
    }

    fn of(folder: PathBuf, given: proto::CreateCollection, shard: EdgeShard) -> Self {
        Self { folder, definition: RwLock::new(given), shard, writes: Mutex::new(0) }
    }

    pub fn name(&self) -> String {
        self.definition.read().collection_name.clone()
    }

    pub fn shard(&self) -> &EdgeShard {
        &self.shard
    }

    pub fn info(&self) -> proto::CollectionInfo {
        info::of(&self.definition.read(), self.shard.info())
    }

    /// Applies one write and puts it on disk, so that what was acknowledged outlives a kill: the
    /// engine writes a log but does not read it again when it is opened.
    ///
    /// A write is judged as a whole before any of it is applied.
    pub fn write(&self, operation: UpdateOperation) -> Result<Written, OperationError> {
        let mut next = self.writes.lock();
        check(&operation, &self.shard.config())?;
        let result = self.shard.update(operation);
        self.shard.flush();
        result?;
        let number = *next;
        *next += 1;
        Ok(Written { number })
    }

    /// The stored vector of a point that a query refers to.
    pub fn vector(&self, name: &str, id: PointId) -> Answer<VectorInternal> {
        let records = self
            .shard
            .retrieve(&[id], Some(WithPayloadInterface::Bool(false)), Some(WithVector::Selector(vec![name.to_owned()])))
            .map_err(from_engine)?;
        let record = records
            .into_iter()
            .next()
            .ok_or_else(|| Status::not_found(format!("Not found: No point with id {id} found")))?;
        let found = match record.vector {
            None => None,
            Some(VectorStructInternal::Single(values)) => Some(VectorInternal::Dense(values)),
            Some(VectorStructInternal::MultiDense(rows)) => Some(VectorInternal::MultiDense(rows)),
            Some(VectorStructInternal::Named(mut named)) => named.remove(name),
        };
        found.ok_or_else(|| Status::not_found(format!("Not found: Vector with name {name:?} for point")))
    }

    /// Changes the parts of the definition that can change while there are points.
    pub fn redefine(&self, change: proto::UpdateCollection) -> Answer<()> {
        refuse("vectors_config", &change.vectors_config)?;
        refuse("quantization_config", &change.quantization_config)?;
        refuse("sparse_vectors_config", &change.sparse_vectors_config)?;
        config::strict_mode(&change.strict_mode_config)?;
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
        if !change.metadata.is_empty() {
            let mut metadata = payload::to_engine(std::mem::take(&mut changed.metadata))?;
            metadata.merge(&payload::to_engine(change.metadata)?);
            changed.metadata = payload::from_engine(metadata);
        }
        definition::save(&self.folder, &changed).map_err(internal)?;
        *definition = changed;
        Ok(())
    }

    /// Removes the collection once the requests that still hold it have ended: the engine writes
    /// to its folder when it is closed.
    pub fn remove(mut collection: Arc<Self>) -> Answer<()> {
        definition::remove(&collection.folder).map_err(internal)?;
        let owned = loop {
            match Arc::try_unwrap(collection) {
                Ok(owned) => break owned,
                Err(shared) => collection = shared,
            }
            std::thread::sleep(REMOVAL_PAUSE);
        };
        let Self { folder, shard, .. } = owned;
        drop(shard);
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
