//! How a collection is emptied for an overwrite: at once where the server can, else by deleting what is there.

use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::options::Options;

use crate::api::Api;
use crate::api::proto::field_data::Field as Held;
use crate::api::proto::scalar_field::Data;
use crate::api::proto::{ConsistencyLevel, LoadState, QueryRequest};
use crate::collection::Collection;
use crate::creation::pair;
use crate::expression;
use crate::selection::{Moment, Selection};

/// A delete takes one row of each key, and a collection that others filled can have more of one key. So many rounds:
/// each takes at least one row of every key that is left.
const MOST_ROUNDS: usize = 20;

/// Deletes every row of a collection that is overwritten, but not those of partitions that the user may not have meant.
pub(crate) async fn empty(api: &Api, options: &Options, there: &Collection) -> Result<()> {
    if let Some(partition) = &options.named.partition {
        require_loaded(api).await?;
        refuse_others(api, partition, &expression::always(&there.primary()?.name)).await?;
    }
    match api.truncate().await {
        Err(error) if error.kind() == Kind::Unsupported => delete_all(api, options, there).await,
        done => done,
    }
}

/// An overwrite that names a partition does not empty others without a word.
async fn refuse_others(api: &Api, partition: &str, every: &str) -> Result<()> {
    let mut filled = Vec::new();
    for other in api.partitions().await?.into_iter().filter(|other| other != partition) {
        if has_rows(api, &other, every).await? {
            filled.push(format!("`{other}`"));
        }
    }
    if filled.is_empty() {
        return Ok(());
    }
    Err(Error::options(format!(
        "an overwrite replaces the whole collection, and it has rows in the partitions {} too, which `partition` does not \
         name: append, or say `overwrite` = `recreate` or `swap` if they are to go",
        filled.join(", ")
    )))
}

/// Without its own truncation a server deletes what it finds, and finds what is loaded.
async fn require_loaded(api: &Api) -> Result<()> {
    match api.load_state(&[]).await? {
        LoadState::Loaded | LoadState::Loading => Ok(()),
        LoadState::NotExist | LoadState::NotLoaded => Err(Error::unsupported(
            "the server deletes rows of loaded collections alone: load the collection, or overwrite with `overwrite` = \
             `recreate`",
        )),
    }
}

async fn delete_all(api: &Api, options: &Options, there: &Collection) -> Result<()> {
    require_loaded(api).await?;
    let all = Selection::of_options(options, there, Moment::STRONG)?;
    let every = expression::always(&there.primary()?.name);
    for _ in 0..MOST_ROUNDS {
        api.delete(every.clone(), "").await?;
        if all.count(api).await? == 0 {
            return Ok(());
        }
    }
    Err(Error::new(
        Kind::Unavailable,
        "rows were left when all were deleted: others write to the collection at the same time, or it has many rows of \
         one key: overwrite with `overwrite` = `recreate`",
    ))
}

/// Whether a partition has a row at this moment. (Milvus Lite counts those of all partitions.)
async fn has_rows(api: &Api, partition: &str, every: &str) -> Result<bool> {
    let request = QueryRequest {
        expr: every.to_owned(),
        partition_names: vec![partition.to_owned()],
        query_params: vec![pair("limit", "1")],
        consistency_level: ConsistencyLevel::Strong.into(),
        ..QueryRequest::default()
    };
    let answer = api.query(request, usize::MAX).await?;
    let fields = answer.map(|answer| answer.message.fields_data).unwrap_or_default();
    Ok(fields.into_iter().any(|field| match field.field {
        Some(Held::Scalars(scalars)) => match scalars.data {
            Some(Data::LongData(keys)) => !keys.data.is_empty(),
            Some(Data::StringData(keys)) => !keys.data.is_empty(),
            _other => false,
        },
        Some(Held::Vectors(_)) | None => false,
    }))
}
