//! Requests that carry rows: over gRPC as bytes that are written where they are sent from, over HTTP as messages, of which its
//! words are made.

use std::sync::Arc;

use vectorfuse_core::error::{Error, Result};

use super::proto::{FieldData, InsertRequest, MutationResult, UpsertRequest};
use super::rest::Rest;
use super::transport::Encoded;
use super::{Api, UNBOUNDED};
use crate::block::Block;
use crate::wire::Place;

impl Api {
    /// The request that adds rows to a partition, as often as [`Api::insert`] sends it. An empty name is that of the
    /// default one.
    pub(crate) fn insertion(&self, partition: &str, block: Block) -> Result<Encoded<InsertRequest>> {
        let message = |place: &Place, num_rows, fields_data| InsertRequest {
            db_name: place.database.to_string(),
            collection_name: place.collection.to_string(),
            partition_name: place.partition.clone(),
            fields_data,
            num_rows,
        };
        self.encode_rows(partition, false, block, message)
    }

    /// Adds rows, once: a second try could double them, so the caller decides. Says how many bytes were sent, too.
    pub(crate) async fn insert(&self, request: &Encoded<InsertRequest>) -> Result<(MutationResult, usize)> {
        let answer = self.once::<InsertRequest>(request, UNBOUNDED).await.map_err(Error::from);
        answer.map(|answer| (answer.message, request.len())).map_err(|error| self.place(error))
    }

    /// Writes rows in place of those of the same keys, in a partition as [`Api::insertion`] names it; or, if `partial`,
    /// their fields alone. Says how many bytes were sent, too.
    pub(crate) async fn upsert(&self, partition: &str, block: Block, partial: bool) -> Result<(MutationResult, usize)> {
        let message = |place: &Place, num_rows, fields_data| UpsertRequest {
            db_name: place.database.to_string(),
            collection_name: place.collection.to_string(),
            partition_name: place.partition.clone(),
            fields_data,
            num_rows,
            partial_update: place.partial,
        };
        let encoded = self.encode_rows(partition, partial, block, message)?;
        Ok((self.ask_encoded::<UpsertRequest>(&encoded).await?, encoded.len()))
    }

    fn encode_rows<C: Rest>(
        &self,
        partition: &str,
        partial: bool,
        block: Block,
        message: impl FnOnce(&Place, u32, Vec<FieldData>) -> C,
    ) -> Result<Encoded<C>> {
        let (database, collection) = (Arc::clone(&self.database), Arc::clone(&self.collection));
        let place = Place { database, collection, partition: partition.to_owned(), partial };
        self.transport.encode_rows(place, block, message).map_err(|error| self.place(error))
    }
}
