//! The requests that we send: each with its answer and its gRPC method.

use prost::Message;
use qdrant_client::qdrant::{
    ChangeAliases, ClearPayloadPoints, CollectionExistsRequest, CollectionExistsResponse, CollectionOperationResponse,
    CountPoints, CountResponse, CreateCollection, CreateFieldIndexCollection, CreateShardKeyRequest,
    CreateShardKeyResponse, DeleteCollection, DeleteFieldIndexCollection, DeletePayloadPoints, DeletePointVectors,
    DeletePoints, DeleteShardKeyRequest, DeleteShardKeyResponse, FacetCounts, FacetResponse, GetCollectionInfoRequest,
    GetCollectionInfoResponse, GetPoints, GetResponse, HealthCheckReply, HealthCheckRequest, ListAliasesRequest,
    ListAliasesResponse, ListCollectionAliasesRequest, ListCollectionsRequest, ListCollectionsResponse,
    ListShardKeysRequest, ListShardKeysResponse, PointsOperationResponse, QueryBatchPoints, QueryBatchResponse,
    QueryPoints, QueryResponse, ScrollPoints, ScrollResponse, SetPayloadPoints, UpdateBatchPoints, UpdateBatchResponse,
    UpdateCollection, UpdatePointVectors, UpsertPoints,
};

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
    "/qdrant.Collections/CollectionExists": CollectionExistsRequest => CollectionExistsResponse;
    "/qdrant.Collections/Create": CreateCollection => CollectionOperationResponse;
    "/qdrant.Collections/Update": UpdateCollection => CollectionOperationResponse;
    "/qdrant.Collections/Delete": DeleteCollection => CollectionOperationResponse;
    "/qdrant.Collections/UpdateAliases": ChangeAliases => CollectionOperationResponse;
    "/qdrant.Collections/ListAliases": ListAliasesRequest => ListAliasesResponse;
    "/qdrant.Collections/ListCollectionAliases": ListCollectionAliasesRequest => ListAliasesResponse;
    "/qdrant.Collections/CreateShardKey": CreateShardKeyRequest => CreateShardKeyResponse;
    "/qdrant.Collections/DeleteShardKey": DeleteShardKeyRequest => DeleteShardKeyResponse;
    "/qdrant.Points/CreateFieldIndex": CreateFieldIndexCollection => PointsOperationResponse;
    "/qdrant.Points/DeleteFieldIndex": DeleteFieldIndexCollection => PointsOperationResponse;
    "/qdrant.Points/Upsert": UpsertPoints => PointsOperationResponse;
    "/qdrant.Points/Delete": DeletePoints => PointsOperationResponse;
    "/qdrant.Points/SetPayload": SetPayloadPoints => PointsOperationResponse;
    "/qdrant.Points/DeletePayload": DeletePayloadPoints => PointsOperationResponse;
    "/qdrant.Points/ClearPayload": ClearPayloadPoints => PointsOperationResponse;
    "/qdrant.Points/UpdateVectors": UpdatePointVectors => PointsOperationResponse;
    "/qdrant.Points/DeleteVectors": DeletePointVectors => PointsOperationResponse;
    "/qdrant.Points/UpdateBatch": UpdateBatchPoints => UpdateBatchResponse;
    "/qdrant.Points/Get": GetPoints => GetResponse;
    "/qdrant.Points/Scroll": ScrollPoints => ScrollResponse;
    "/qdrant.Points/Count": CountPoints => CountResponse;
    "/qdrant.Points/Facet": FacetCounts => FacetResponse;
    "/qdrant.Points/Query": QueryPoints => QueryResponse;
    "/qdrant.Points/QueryBatch": QueryBatchPoints => QueryBatchResponse;
}
