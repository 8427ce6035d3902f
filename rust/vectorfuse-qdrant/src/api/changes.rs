//! What changes points and their indexes. Success is what the status of each operation says, not that there is an answer.

use qdrant_client::qdrant::{
    CreateFieldIndexCollection, DeletePoints, Filter, PointsOperationResponse, PointsSelector, UpdateBatchResponse,
    UpdateStatus, UpsertPoints, WriteOrdering,
};
use vectorfuse_core::error::{Error, Kind, Result};

use super::json::Rest;
use super::transport::Encoded;
use super::{Api, UNBOUNDED, grpc};
use crate::request::Request;
use crate::shard_key::{self, ShardKey};

/// What an answer to changes says of each operation.
trait Updated {
    fn statuses(&self) -> Vec<UpdateStatus>;
    /// The time that the server worked.
    fn seconds(&self) -> f64;
}

impl Updated for PointsOperationResponse {
    fn statuses(&self) -> Vec<UpdateStatus> {
        self.result.iter().map(|result| result.status()).collect()
    }
    fn seconds(&self) -> f64 {
        self.time
    }
}

impl Updated for UpdateBatchResponse {
    fn statuses(&self) -> Vec<UpdateStatus> {
        self.result.iter().map(|result| result.status()).collect()
    }
    fn seconds(&self) -> f64 {
        self.time
    }
}

impl Api {
    /// Makes an index of a field of the payload, and waits until it is made.
    pub(crate) async fn create_index(&self, request: CreateFieldIndexCollection) -> Result<()> {
        let request = CreateFieldIndexCollection { collection_name: self.collection.to_string(), ..request };
        self.update(request, true, 1).await.map(drop)
    }

    /// Deletes every point; in a collection whose shards have keys, those of these shards.
    pub(crate) async fn delete_all(&self, ordering: Option<WriteOrdering>, shards: &[ShardKey]) -> Result<()> {
        let request = DeletePoints {
            collection_name: self.collection.to_string(),
            wait: Some(true),
            points: Some(PointsSelector::from(Filter::default())),
            ordering,
            shard_key_selector: shard_key::selector(shards),
            ..DeletePoints::default()
        };
        self.update(request, true, 1).await.map(drop)
    }

    /// Changes points; says how many bytes were sent.
    pub(crate) async fn apply(&self, request: Request) -> Result<usize> {
        match request {
            Request::Upsert(request) => {
                let wait = request.wait();
                self.update(request, wait, 1).await
            }
            Request::Encoded { upsert, wait } => {
                let encoded = Encoded::Grpc(grpc::Encoded::upsert(upsert));
                self.update_encoded::<UpsertPoints>(encoded, wait, 1).await
            }
            Request::Delete(request) => {
                let wait = request.wait();
                self.update(request, wait, 1).await
            }
            Request::Batch(request) => {
                let (wait, operations) = (request.wait(), request.operations.len());
                self.update(request, wait, operations).await
            }
        }
    }

    async fn update<C>(&self, request: C, wait: bool, operations: usize) -> Result<usize>
    where
        C: Rest<Answer: Updated>,
    {
        let encoded = self.encode(&request)?;
        drop(request); // what is sent again is the bytes
        self.update_encoded::<C>(encoded, wait, operations).await
    }

    /// Sends changes of points; success is what the status of each operation says, not that there is an answer. Says how
    /// many bytes were sent.
    async fn update_encoded<C>(&self, encoded: Encoded, wait: bool, operations: usize) -> Result<usize>
    where
        C: Rest<Answer: Updated>,
    {
        let attempt = || async {
            let answer = self.once::<C>(encoded.clone(), UNBOUNDED).await?;
            self.metrics.add_server_time(answer.message.seconds());
            let statuses = answer.message.statuses();
            if statuses.len() != operations {
                return Err(Error::internal("the server does not say that it applied the points"));
            }
            statuses.into_iter().try_for_each(|status| match status {
                UpdateStatus::Completed => Ok(()),
                UpdateStatus::Acknowledged if !wait => Ok(()),
                // Both can pass later; sending the same points again changes nothing.
                UpdateStatus::WaitTimeout => {
                    Err(Error::new(Kind::Unavailable, "the server has taken the points and not applied them in time"))
                }
                UpdateStatus::ClockRejected => {
                    Err(Error::new(Kind::Unavailable, "the server refused the points: its clock was outdated"))
                }
                UpdateStatus::Acknowledged | UpdateStatus::UnknownUpdateStatus => {
                    Err(Error::internal("the server does not say that it applied the points"))
                }
            })
        };
        self.retry.run(&self.metrics, attempt).await.map_err(|error| self.place(error))?;
        Ok(encoded.len())
    }
}
