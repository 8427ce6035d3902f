//! The requests that we send: each with its answer and its gRPC method.

use prost::Message;

use super::proto::{
    AllocTimestampRequest, AllocTimestampResponse, AlterAliasRequest, AlterCollectionRequest, CreateAliasRequest,
    CreateCollectionRequest, CreateDatabaseRequest, CreateIndexRequest, CreatePartitionRequest, DeleteRequest,
    DescribeCollectionRequest, DescribeCollectionResponse, DescribeIndexRequest, DescribeIndexResponse,
    DropCollectionRequest, GetCollectionStatisticsRequest, GetCollectionStatisticsResponse, GetLoadStateRequest,
    GetLoadStateResponse, GetVersionRequest, GetVersionResponse, InsertRequest, ListDatabasesRequest,
    ListDatabasesResponse, LoadCollectionRequest, MutationResult, QueryRequest, QueryResults, SearchRequest,
    SearchResults, ShowCollectionsRequest, ShowCollectionsResponse, ShowPartitionsRequest, ShowPartitionsResponse,
    Status, TruncateCollectionRequest, TruncateCollectionResponse, UpsertRequest,
};

/// A request of the protocol.
pub(crate) trait Call: Message {
    /// What the server answers.
    type Answer: Message + Default + Answered;
    /// The path of its gRPC method.
    const METHOD: &'static str;
}

/// An answer, which says whether the request was done.
pub(crate) trait Answered {
    /// What the server says of it.
    fn status(&self) -> Option<&Status>;
}

impl Answered for Status {
    fn status(&self) -> Option<&Status> {
        Some(self)
    }
}

macro_rules! calls {
    ($($method:literal: $request:ty => $answer:ty;)*) => {
        $(impl Call for $request {
            type Answer = $answer;
            const METHOD: &'static str = concat!("/milvus.proto.milvus.MilvusService/", $method);
        })*
    };
}

macro_rules! answers {
    ($($answer:ty,)*) => {
        $(impl Answered for $answer {
            fn status(&self) -> Option<&Status> {
                self.status.as_ref()
            }
        })*
    };
}

calls! {
    "GetVersion": GetVersionRequest => GetVersionResponse;
    "AllocTimestamp": AllocTimestampRequest => AllocTimestampResponse;
    "ListDatabases": ListDatabasesRequest => ListDatabasesResponse;
    "CreateDatabase": CreateDatabaseRequest => Status;
    "CreateCollection": CreateCollectionRequest => Status;
    "DropCollection": DropCollectionRequest => Status;
    "TruncateCollection": TruncateCollectionRequest => TruncateCollectionResponse;
    "DescribeCollection": DescribeCollectionRequest => DescribeCollectionResponse;
    "ShowCollections": ShowCollectionsRequest => ShowCollectionsResponse;
    "GetCollectionStatistics": GetCollectionStatisticsRequest => GetCollectionStatisticsResponse;
    "AlterCollection": AlterCollectionRequest => Status;
    "LoadCollection": LoadCollectionRequest => Status;
    "GetLoadState": GetLoadStateRequest => GetLoadStateResponse;
    "CreateAlias": CreateAliasRequest => Status;
    "AlterAlias": AlterAliasRequest => Status;
    "CreatePartition": CreatePartitionRequest => Status;
    "ShowPartitions": ShowPartitionsRequest => ShowPartitionsResponse;
    "CreateIndex": CreateIndexRequest => Status;
    "DescribeIndex": DescribeIndexRequest => DescribeIndexResponse;
    "Insert": InsertRequest => MutationResult;
    "Upsert": UpsertRequest => MutationResult;
    "Delete": DeleteRequest => MutationResult;
    "Query": QueryRequest => QueryResults;
    "Search": SearchRequest => SearchResults;
}

answers! {
    GetVersionResponse,
    AllocTimestampResponse,
    ListDatabasesResponse,
    TruncateCollectionResponse,
    DescribeCollectionResponse,
    ShowCollectionsResponse,
    GetCollectionStatisticsResponse,
    GetLoadStateResponse,
    ShowPartitionsResponse,
    DescribeIndexResponse,
    MutationResult,
    QueryResults,
    SearchResults,
}
