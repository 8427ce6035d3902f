//! The requests that we send: each with its answer and its gRPC method.

use prost::Message;
use qdrant_client::qdrant::{
    ChangeAliases, CollectionOperationResponse, CountPoints, CountResponse, CreateCollection,
    CreateFieldIndexCollection, CreateShardKeyRequest, CreateShardKeyResponse, DeleteCollection, DeletePoints,
    FacetCounts, FacetResponse, GetCollectionInfoRequest, GetCollectionInfoResponse, GetPoints, GetResponse,
    HealthCheckReply, HealthCheckRequest, ListAliasesRequest, ListAliasesResponse, ListCollectionsRequest,
    ListCollectionsResponse, ListShardKeysRequest, ListShardKeysResponse, PointsOperationResponse, QueryPoints,
    QueryResponse, ScrollPoints, UpdateBatchPoints, UpdateBatchResponse, UpdateCollection, UpsertPoints,
};

use crate::received::Scrolled;

/// A request of the protocol, whatever carries it.
pub(crate) trait Call: Message {
    /// What the server answers.
    type Answer: Message + Default;
    /// The path of its gRPC method.
    const METHOD: &'static str;
}

macro_rules! calls {
    ($($method:literal: $request:ty => $answer:ty;)*) => {
        $(impl Call for $request {
            type Answer = $answer;
            const METHOD: &'static str = $method;
        })*
    };
}

calls! {
    "/qdrant.Qdrant/HealthCheck": HealthCheckRequest => HealthCheckReply;
    "/qdrant.Collections/Get": GetCollectionInfoRequest => GetCollectionInfoResponse;
    "/qdrant.Collections/ListShardKeys": ListShardKeysRequest => ListShardKeysResponse;
    "/qdrant.Collections/List": ListCollectionsRequest => ListCollectionsResponse;
    "/qdrant.Collections/Create": CreateCollection => CollectionOperationResponse;
    "/qdrant.Collections/Update": UpdateCollection => CollectionOperationResponse;
    "/qdrant.Collections/Delete": DeleteCollection => CollectionOperationResponse;
    "/qdrant.Collections/UpdateAliases": ChangeAliases => CollectionOperationResponse;
    "/qdrant.Collections/ListAliases": ListAliasesRequest => ListAliasesResponse;
    "/qdrant.Collections/CreateShardKey": CreateShardKeyRequest => CreateShardKeyResponse;
    "/qdrant.Points/CreateFieldIndex": CreateFieldIndexCollection => PointsOperationResponse;
    "/qdrant.Points/Upsert": UpsertPoints => PointsOperationResponse;
    "/qdrant.Points/Delete": DeletePoints => PointsOperationResponse;
    "/qdrant.Points/UpdateBatch": UpdateBatchPoints => UpdateBatchResponse;
    "/qdrant.Points/Get": GetPoints => GetResponse;
    "/qdrant.Points/Scroll": ScrollPoints => Scrolled;
    "/qdrant.Points/Count": CountPoints => CountResponse;
    "/qdrant.Points/Facet": FacetCounts => FacetResponse;
    "/qdrant.Points/Query": QueryPoints => QueryResponse;
}
