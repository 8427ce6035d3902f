//! Strict mode: the limits of a collection that has switched them on, in the server's words.

use std::collections::HashMap;

use qdrant_client::qdrant as proto;
use qdrant_edge::{
    Filter, JsonPath, PayloadIndexInfo, PointOperations, Prefetch, QueryRequest, SearchParams, UpdateOperation,
    VectorOperations,
};
use tonic::Status;

use crate::indexed;
use crate::operation;
use crate::refusal::{Answer, invalid_body, lacking};

pub type Schema = HashMap<JsonPath, PayloadIndexInfo>;

/// Looked at by each request of a collection.
pub struct Limits(proto::StrictModeConfig);

impl Limits {
    /// `None` as long as they are not switched on: then they are kept and shown, no more.
    pub fn of(definition: &proto::CreateCollection) -> Option<Self> {
        definition.strict_mode_config.as_ref().filter(|config| config.enabled == Some(true)).cloned().map(Self)
    }

    pub fn reads_per_minute(&self) -> Option<u32> {
        self.0.read_rate_limit
    }

    pub fn writes_per_minute(&self) -> Option<u32> {
        self.0.write_rate_limit
    }

    pub fn timeout(&self, seconds: u64) -> Answer<()> {
        at_most(Some(seconds), self.0.max_timeout.map(u64::from), "timeout")
    }

    pub fn searches(&self, count: usize) -> Answer<()> {
        at_most(Some(count as u64), self.0.search_max_batchsize, "search batch size")
    }

    pub fn read(&self, limit: Option<usize>, filter: Option<&Filter>, exact: bool, schema: &Schema) -> Answer<()> {
        at_most(limit, self.0.max_query_limit.map(|most| most as usize), "limit")?;
        self.filter(filter, self.0.unindexed_filtering_retrieve, schema)?;
        self.exact(exact)
    }

    pub fn query(&self, request: &QueryRequest, schema: &Schema) -> Answer<()> {
        self.prefetches(&request.prefetches, schema)?;
        self.read(Some(request.limit), request.filter.as_ref(), false, schema)?;
        self.params(request.params.as_ref())
    }

    fn prefetches(&self, prefetches: &[Prefetch], schema: &Schema) -> Answer<()> {
        prefetches.iter().try_for_each(|one| {
            self.prefetches(&one.prefetches, schema)?;
            self.read(Some(one.limit), one.filter.as_ref(), false, schema)?;
            self.params(one.params.as_ref())
        })
    }

    fn params(&self, params: Option<&SearchParams>) -> Answer<()> {
        let Some(params) = params else {
            return Ok(());
        };
        let oversampling = params.quantization.and_then(|one| one.oversampling);
        at_most(oversampling, self.0.search_max_oversampling.map(f64::from), "oversampling")?;
        at_most(params.hnsw_ef, self.0.search_max_hnsw_ef.map(|most| most as usize), "hnsw_ef")?;
        self.exact(params.exact)
    }

    fn exact(&self, exact: bool) -> Answer<()> {
        match exact && self.0.search_allow_exact == Some(false) {
            true => Err(refused("Exact search disabled!", "Set exact=false.")),
            false => Ok(()),
        }
    }

    /// A filter that guards the points of an upsert looks at those alone, and is free.
    pub fn write(&self, operation: &UpdateOperation, points: usize, schema: &Schema) -> Answer<()> {
        match operation {
            UpdateOperation::PointOperation(
                PointOperations::UpsertPoints(_) | PointOperations::UpsertPointsConditional(_),
            ) => self.upsert(operation, "upsert limit", points),
            UpdateOperation::VectorOperation(VectorOperations::UpdateVectors(_)) => {
                self.upsert(operation, "update limit", points)
            }
            UpdateOperation::FieldIndexOperation(_) => self.index(operation, schema),
            UpdateOperation::PointOperation(_)
            | UpdateOperation::VectorOperation(_)
            | UpdateOperation::PayloadOperation(_)
            | UpdateOperation::VectorNameOperation(_) => {
                self.filter(operation::selecting(operation), self.0.unindexed_filtering_update, schema)
            }
        }
    }

    fn upsert(&self, operation: &UpdateOperation, name: &str, stored: usize) -> Answer<()> {
        at_most(Some(operation::named(operation) as u64), self.0.upsert_max_batchsize, name)?;
        match self.0.max_points_count {
            Some(most) if stored as u64 >= most => {
                Err(Status::invalid_argument(format!("Bad request: Max points count limit of {most} reached!")))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn index(&self, operation: &UpdateOperation, schema: &Schema) -> Answer<()> {
        match self.0.max_payload_index_count {
            Some(most) if operation::creates_index(operation) && schema.len() as u64 >= most => Err(refused(
                format!("Collection already has the maximum number of payload indices ({most})"),
                "Please delete an existing index before creating a new one.",
            )),
            Some(_) | None => Ok(()),
        }
    }

    fn filter(&self, filter: Option<&Filter>, unindexed: Option<bool>, schema: &Schema) -> Answer<()> {
        let Some(filter) = filter else {
            return Ok(());
        };
        if unindexed == Some(false)
            && let Some((key, types)) = indexed::missing(filter, schema)
        {
            return Err(refused(
                format!("Index required but not found for \"{key}\" of one of the following types: [{types}]"),
                "Create an index for this key or use a different filter.",
            ));
        }
        let conditions = filter.total_conditions_count() as u64;
        if let Some(most) = self.0.filter_max_conditions.filter(|most| conditions > *most) {
            return Err(refused(
                format!("Filter condition limit reached ({conditions} > {most})"),
                "Reduce the amount of conditions of your filter.",
            ));
        }
        let size = filter.max_condition_input_size() as u64;
        if let Some(most) = self.0.condition_max_size.filter(|most| size > *most) {
            return Err(refused(
                format!("Condition size limit reached ({size} > {most})"),
                "Reduce the size of your condition.",
            ));
        }
        Ok(())
    }
}

fn at_most<T: PartialOrd + std::fmt::Display>(value: Option<T>, most: Option<T>, name: &str) -> Answer<()> {
    match (value, most) {
        (Some(value), Some(most)) if value > most => Err(refused(
            format!("Limit exceeded {value} > {most} for \"{name}\""),
            format!("Reduce the \"{name}\" parameter to or below {most}."),
        )),
        (Some(_) | None, Some(_) | None) => Ok(()),
    }
}

fn refused(why: impl std::fmt::Display, help: impl std::fmt::Display) -> Status {
    Status::invalid_argument(format!("Bad request: {why}. Help: {help}"))
}

/// What a collection may be given. A limit that is switched on but can't be kept is refused.
pub fn check(given: &Option<proto::StrictModeConfig>) -> Answer<()> {
    let Some(config) = given else {
        return Ok(());
    };
    for (field, value) in [
        ("max_query_limit", config.max_query_limit.map(u64::from)),
        ("max_timeout", config.max_timeout.map(u64::from)),
        ("max_points_count", config.max_points_count),
        ("read_rate_limit", config.read_rate_limit.map(u64::from)),
        ("write_rate_limit", config.write_rate_limit.map(u64::from)),
    ] {
        if value == Some(0) {
            let field = format!("strict_mode_config.{field}");
            return Err(invalid_body(&field, "value 0 invalid, must be 1 or larger"));
        }
    }
    if config.enabled != Some(true) {
        return Ok(());
    }
    #[expect(deprecated, reason = "what is not done must be refused, deprecated or not")]
    let memory = config.max_resident_memory_percent.is_some();
    for (field, given) in [
        ("max_collection_vector_size_bytes", config.max_collection_vector_size_bytes.is_some()),
        ("max_collection_payload_size_bytes", config.max_collection_payload_size_bytes.is_some()),
        ("multivector_config", config.multivector_config.is_some()),
        ("sparse_config", config.sparse_config.is_some()),
        ("max_resident_memory_percent", memory),
    ] {
        if given {
            return Err(lacking(&format!("strict_mode_config.{field}")));
        }
    }
    Ok(())
}

/// What is given in `first`, else what is in `second`.
pub fn merged(first: proto::StrictModeConfig, second: proto::StrictModeConfig) -> proto::StrictModeConfig {
    #[expect(deprecated, reason = "kept like the rest")]
    proto::StrictModeConfig {
        enabled: first.enabled.or(second.enabled),
        max_query_limit: first.max_query_limit.or(second.max_query_limit),
        max_timeout: first.max_timeout.or(second.max_timeout),
        unindexed_filtering_retrieve: first.unindexed_filtering_retrieve.or(second.unindexed_filtering_retrieve),
        unindexed_filtering_update: first.unindexed_filtering_update.or(second.unindexed_filtering_update),
        search_max_hnsw_ef: first.search_max_hnsw_ef.or(second.search_max_hnsw_ef),
        search_allow_exact: first.search_allow_exact.or(second.search_allow_exact),
        search_max_oversampling: first.search_max_oversampling.or(second.search_max_oversampling),
        upsert_max_batchsize: first.upsert_max_batchsize.or(second.upsert_max_batchsize),
        search_max_batchsize: first.search_max_batchsize.or(second.search_max_batchsize),
        max_collection_vector_size_bytes: first
            .max_collection_vector_size_bytes
            .or(second.max_collection_vector_size_bytes),
        read_rate_limit: first.read_rate_limit.or(second.read_rate_limit),
        write_rate_limit: first.write_rate_limit.or(second.write_rate_limit),
        max_collection_payload_size_bytes: first
            .max_collection_payload_size_bytes
            .or(second.max_collection_payload_size_bytes),
        filter_max_conditions: first.filter_max_conditions.or(second.filter_max_conditions),
        condition_max_size: first.condition_max_size.or(second.condition_max_size),
        multivector_config: first.multivector_config.or(second.multivector_config),
        sparse_config: first.sparse_config.or(second.sparse_config),
        max_points_count: first.max_points_count.or(second.max_points_count),
        max_payload_index_count: first.max_payload_index_count.or(second.max_payload_index_count),
        max_resident_memory_percent: first.max_resident_memory_percent.or(second.max_resident_memory_percent),
    }
}
