//! How a collection is made: the request, and what makes it ready.
//!
//! Several tasks, and several jobs, may try at once: one of them creates it, the others find it and check that it is
//! one they can write to.

use std::time::Duration;

use prost::Message;
use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::options::{Options, option_of};
use vectorfuse_core::retry;
use vectorfuse_core::rows::Rows;
use vectorfuse_core::table::Column;
use vectorfuse_core::vector::VectorKind;
use vectorfuse_core::write::{self, IdSource, WritePlan};

use crate::api::Api;
use crate::api::proto::{
    CollectionSchema, ConsistencyLevel, CreateCollectionRequest, FieldSchema, KeyValue, LoadState,
};
use crate::collection::{Collection, Consistency, Field, FieldType, Kept, ScalarType, VectorType, kept_property};
use crate::details::WriteDetails;
use crate::version::is_lite;
use crate::{columns, indexes, partition, settings};

/// The property that names the write which a collection was made for, if that write could only make it.
pub(crate) const MADE_FOR_PROPERTY: &str = "vectorfuse_write";
/// A server loads an empty collection in seconds; so long, because it may be busy.
const LONGEST_LOAD: Duration = Duration::from_secs(600);
/// Between two looks at whether it is loaded.
const LOAD_PAUSE: Duration = Duration::from_millis(100);

/// The request that creates the collection, as one of this name; `None` as long as a size is not known. `made_for` is the
/// write that needs it to be new.
fn request(
    planned: &Collection,
    name: &str,
    made_for: Option<&str>,
    forgets: bool,
) -> Result<Option<CreateCollectionRequest>> {
    let mut properties: Vec<KeyValue> = made_for.map(|write| pair(MADE_FOR_PROPERTY, write)).into_iter().collect();
    let mut schema = CollectionSchema {
        name: name.to_owned(),
        enable_dynamic_field: planned.is_dynamic,
        ..CollectionSchema::default()
    };
    for field in &planned.fields {
        let Some(described) = described(field)? else { return Ok(None) };
        if let Some(kept) = field.kept.as_ref().filter(|_| forgets) {
            properties.push(pair(&kept_property(&field.name), &kept.json()));
        }
        schema.fields.push(described);
    }
    let consistency_level = match planned.consistency {
        Consistency::Strong => ConsistencyLevel::Strong,
        Consistency::Session => ConsistencyLevel::Session,
        Consistency::Bounded => ConsistencyLevel::Bounded,
        Consistency::Eventually => ConsistencyLevel::Eventually,
    };
    Ok(Some(CreateCollectionRequest {
        schema: schema.encode_to_vec().into(),
        shards_num: planned.shards,
        consistency_level: consistency_level.into(),
        properties,
        ..CreateCollectionRequest::default()
    }))
}

/// Whether the collection can be made so, as far as is known before its sizes are.
pub(crate) fn check(planned: &Collection, options: &Options, name: &str) -> Result<()> {
    planned.check_types()?;
    request(planned, name, None, false)?;
    indexes::of_created(options, planned).map(drop)
}

/// The field as the server describes it; `None` as long as its size is not known.
fn described(field: &Field) -> Result<Option<FieldSchema>> {
    let mut schema = FieldSchema {
        name: field.name.clone(),
        is_primary_key: field.is_primary,
        auto_id: field.is_auto,
        is_partition_key: field.is_partition_key,
        nullable: field.is_nullable,
        description: field.kept.as_ref().map(Kept::description).unwrap_or_default(),
        ..FieldSchema::default()
    };
    schema.set_data_type(field.data_type.data_type());
    match field.data_type {
        FieldType::Scalar(scalar) => schema.type_params.extend(max_length(scalar)),
        FieldType::Array { element, max_capacity } => {
            schema.set_element_type(element.data_type());
            schema.type_params.extend(max_length(element));
            schema.type_params.extend(max_capacity.map(|most| pair("max_capacity", &most.to_string())));
        }
        FieldType::Vector { kind, dim } => match (kind, dim) {
            (VectorType::Sparse, _) => {}
            (VectorType::Binary, Some(dim)) if dim % 8 != 0 => {
                return Err(Error::options(format!(
                    "option `{}` is {dim}: a binary vector has 8 dimensions in each byte",
                    option_of(&field.name, "size")
                )));
            }
            (_, Some(dim)) => schema.type_params.push(pair("dim", &dim.to_string())),
            (_, None) => return Ok(None),
        },
    }
    Ok(Some(schema))
}

fn max_length(scalar: ScalarType) -> Option<KeyValue> {
    match scalar {
        ScalarType::VarChar { max_length } => max_length.map(|most| pair("max_length", &most.to_string())),
        _other => None,
    }
}

pub(crate) fn pair(key: &str, value: &str) -> KeyValue {
    KeyValue { key: key.to_owned(), value: value.to_owned() }
}

/// Creates the collection if its vectors' sizes are known, and makes it ready; `false` if they are not. Whoever has
/// created it, `details` then have it as it is.
pub(crate) async fn create(api: &Api, plan: &Plan<'_>, details: &mut WriteDetails) -> Result<bool> {
    let forgets = is_lite(&api.version().await?);
    let request = request(&details.collection, api.collection(), details.made_for.as_deref(), forgets)?;
    let Some(request) = request else { return Ok(false) };
    if let Err(error) = api.create(request).await {
        // By another task or job, or by a request of ours whose answer was lost.
        if api.describe().await?.is_none() {
            return Err(error);
        }
    }
    if !find(api, plan, details).await? {
        return Err(Error::new(Kind::Unavailable, "the collection was dropped while the job created it"));
    }
    Ok(true)
}

/// What of a write decides how its collection is made.
pub(crate) struct Plan<'a> {
    pub(crate) options: &'a Options,
    pub(crate) columns: &'a [Column],
    pub(crate) id: &'a IdSource,
}

impl<'a> Plan<'a> {
    pub(crate) fn of(plan: &'a WritePlan) -> Self {
        Self { options: &plan.options, columns: &plan.columns, id: &plan.id }
    }
}

/// The collection that somebody has created meanwhile, if rows of this write fit it; `false` if nobody has. It is made
/// ready for the first row, whoever sees it first.
async fn find(api: &Api, plan: &Plan<'_>, details: &mut WriteDetails) -> Result<bool> {
    let Some(described) = api.describe().await? else { return Ok(false) };
    let there = Collection::of(described, details.collection.version);
    if let Some(write) = &details.made_for
        && there.properties.get(MADE_FOR_PROPERTY) != Some(write)
    {
        return Err(write::already_there(api.collection()));
    }
    columns::check(plan.options, plan.columns, plan.id, &there)?;
    settings::same_vectors(&details.collection, &there)?;
    settings::refuse_differences(plan.options, &there)?;
    details.collection = there;
    ready(api, plan.options, &details.collection).await?;
    details.create = false;
    Ok(true)
}

/// The indexes are there, and the collection can be searched.
async fn ready(api: &Api, options: &Options, there: &Collection) -> Result<()> {
    let wanted = indexes::of_created(options, there)?;
    indexes::ensure(api, &wanted, &api.indexes().await?).await?;
    partition::ensure(api, options, there).await?;
    let replicas = options.named.replicas.map_or(1, |replicas| i32::try_from(replicas.get()).unwrap_or(i32::MAX));
    api.load(replicas).await?;
    let loaded = || async { Ok((api.load_state(&[]).await? == LoadState::Loaded).then_some(())) };
    retry::until(LONGEST_LOAD, LOAD_PAUSE, loaded).await?.ok_or_else(|| {
        Error::new(Kind::Unavailable, "the collection was created, and the server has not loaded it in ten minutes")
    })
}

/// Sees to it that the collection is there, before the first row is sent. `rows` are those of the next batch, from which
/// the sizes of vectors are learnt; `false` as long as one is not known.
pub(crate) async fn ensure(api: &Api, plan: &WritePlan, details: &mut WriteDetails, rows: &Rows<'_>) -> Result<bool> {
    if !details.create {
        return Ok(true);
    }
    for field in &mut details.collection.fields {
        let size = match &field.data_type {
            FieldType::Vector { kind: VectorType::Sparse, .. } | FieldType::Vector { dim: Some(_), .. } => continue,
            FieldType::Vector { kind: VectorType::Binary, dim: None } => {
                rows.vector_bytes(&field.name)?.map(|bytes| bytes.saturating_mul(8))
            }
            FieldType::Vector { dim: None, .. } => rows.vector_size(&field.name, VectorKind::Dense)?,
            FieldType::Scalar(_) | FieldType::Array { .. } => continue,
        };
        if let FieldType::Vector { dim, .. } = &mut field.data_type {
            *dim = size;
        }
    }
    create(api, &Plan::of(plan), details).await
}

/// No batch waits any longer: the collection must be there by now, made by another task.
pub(crate) async fn adopt(api: &Api, plan: &WritePlan, details: &mut WriteDetails) -> Result<()> {
    if find(api, &Plan::of(plan), details).await? {
        return Ok(());
    }
    Err(write::unknown_size(details.vector_without_size()))
}
