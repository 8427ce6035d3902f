//! The writing calls: an operation is applied to its collection, then answered by whether the
//! client waits for it.

use std::sync::Arc;
use std::time::Instant;

use qdrant_client::qdrant as proto;
use qdrant_edge::{OperationError, UpdateOperation};
use tonic::Response;

use super::blocking;
use crate::catalog::Catalog;
use crate::collection::Collection;
use crate::refusal::{Answer, from_engine};
use crate::shard_key::Selection;

pub async fn one(
    catalog: &Catalog,
    name: &str,
    wait: Option<bool>,
    selection: Answer<Selection>,
    operation: Answer<UpdateOperation>,
) -> Answer<Response<proto::PointsOperationResponse>> {
    let start = Instant::now();
    let collection = catalog.find(name)?;
    let (selection, operation) = (selection?, operation?);
    let wait = wait.unwrap_or(false);
    let result = blocking(move || apply(&collection, wait, &selection, operation)).await?;
    Ok(Response::new(proto::PointsOperationResponse {
        result: Some(result),
        time: start.elapsed().as_secs_f64(),
        usage: None,
    }))
}

/// All operations are read before the first is applied; then each is applied for itself, as the
/// server does, so an error leaves those before it.
pub async fn batch(
    catalog: &Catalog,
    name: &str,
    wait: Option<bool>,
    operations: Answer<Vec<(Selection, UpdateOperation)>>,
) -> Answer<Response<proto::UpdateBatchResponse>> {
    let start = Instant::now();
    let collection: Arc<Collection> = catalog.find(name)?;
    let operations = operations?;
    let wait = wait.unwrap_or(false);
    let result = blocking(move || {
        operations
            .into_iter()
            .map(|(selection, operation)| apply(&collection, wait, &selection, operation))
            .collect::<Answer<Vec<_>>>()
    })
    .await?;
    Ok(Response::new(proto::UpdateBatchResponse { result, time: start.elapsed().as_secs_f64(), usage: None }))
}

fn apply(
    collection: &Collection,
    wait: bool,
    selection: &Selection,
    operation: UpdateOperation,
) -> Answer<proto::UpdateResult> {
    let written = collection.write(selection, operation)?;
    let status = match wait {
        true => proto::UpdateStatus::Completed,
        false => proto::UpdateStatus::Acknowledged,
    };
    let number = match written {
        Ok(written) => Some(written.number),
        // A client that does not wait never learns of these from the server either.
        Err(error) if !wait && !seen_at_once(&error) => {
            eprintln!("dropped an operation that was not waited for: {error}");
            None
        }
        Err(error) => return Err(from_engine(error)),
    };
    Ok(proto::UpdateResult { operation_id: number, status: status.into() })
}

/// The server checks dimensions before it takes an operation, the rest when it applies it.
fn seen_at_once(error: &OperationError) -> bool {
    matches!(error, OperationError::WrongVectorDimension { .. })
}
