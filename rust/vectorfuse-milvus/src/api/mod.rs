//! What is asked of a Milvus server: one method per request that we use, each with its retries and its status checked.
//!
//! Messages are those of the protocol, whatever carries them: [`rest`] has the words that those have in the RESTful API.

mod calls;
mod credentials;
mod grpc;
mod http;
mod rest;
mod status;
mod transport;
mod uploads;

use std::sync::Arc;

use tokio::sync::OnceCell;
use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::metrics::Metrics;
use vectorfuse_core::net::{Answer, Failure};
use vectorfuse_core::options::Options;
use vectorfuse_core::retry::RetryPolicy;

use self::calls::Answered;
use self::proto::{
    AllocTimestampRequest, AlterAliasRequest, AlterCollectionRequest, CreateAliasRequest, CreateCollectionRequest,
    CreateDatabaseRequest, CreateIndexRequest, CreatePartitionRequest, DeleteRequest, DescribeCollectionRequest,
    DescribeCollectionResponse, DescribeIndexRequest, DropCollectionRequest, GetCollectionStatisticsRequest,
    GetLoadStateRequest, GetVersionRequest, IndexDescription, KeyValue, ListDatabasesRequest, LoadCollectionRequest,
    LoadState, MutationResult, QueryRequest, QueryResults, SearchRequest, SearchResults, ShowCollectionsRequest,
    ShowPartitionsRequest, TruncateCollectionRequest,
};
pub(crate) use self::rest::DISTANCE;
use self::rest::Rest;
use self::transport::{Encoded, Transport};
use crate::expression;
use crate::version::is_lite;

/// The messages of `proto/milvus.proto`.
#[allow(missing_docs, dead_code, clippy::all)] // some are for the tests alone
pub(crate) mod proto {
    include!(concat!(env!("OUT_DIR"), "/milvus.rs"));
}

/// Servers take messages of 64 MiB; this is left for what the sizes of rows don't count. What is larger is one row.
pub(crate) const LARGEST_REQUEST: usize = 63 << 20;
/// Answers other than pages of rows are small.
const UNBOUNDED: usize = usize::MAX;

/// One collection of a server.
#[derive(Clone)]
pub(crate) struct Api {
    transport: Transport,
    retry: RetryPolicy,
    metrics: Arc<Metrics>,
    /// Empty: the server's default.
    database: Arc<str>,
    collection: Arc<str>,
    /// Whether the server is Milvus Lite; asked once it matters.
    is_lite: Arc<OnceCell<bool>>,
}

impl Api {
    /// Of the server, database and collection that the options name. Nothing is sent yet.
    pub(crate) fn open(options: &Options, metrics: Arc<Metrics>) -> Result<Self> {
        let database = options.named.database.as_deref().unwrap_or_default().into();
        let collection = options.collection()?.into();
        let (transport, retry) = (Transport::open(options)?, options.retry_policy());
        Ok(Self { transport, retry, metrics, database, collection, is_lite: Arc::default() })
    }

    /// The collection's name.
    pub(crate) fn collection(&self) -> &str {
        &self.collection
    }

    /// The database's name; empty for the server's default.
    pub(crate) fn database(&self) -> &str {
        &self.database
    }

    /// The same database's collection of another name.
    pub(crate) fn at(&self, collection: &str) -> Self {
        Self { collection: collection.into(), ..self.clone() }
    }

    /// The server's version, as it writes it. The first question of every job: its errors say whether the url is right.
    pub(crate) async fn version(&self) -> Result<String> {
        match self.ask(&GetVersionRequest {}).await {
            Ok(answer) => Ok(answer.version),
            Err(error) if error.kind().is_retryable() => Err(match self.transport.wrong_url().await {
                Some(wrong) => self.place(wrong.caused_by(error)),
                None => error,
            }),
            Err(error) => Err(error),
        }
    }

    /// A moment of the server's own clock that is after everything it has acknowledged; `None` if it does not tell.
    pub(crate) async fn now(&self) -> Result<Option<u64>> {
        match self.ask(&AllocTimestampRequest {}).await {
            Ok(answer) => Ok(Some(answer.timestamp).filter(|now| *now > 0)),
            Err(error) if error.kind() == Kind::Unsupported => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The server's databases.
    pub(crate) async fn databases(&self) -> Result<Vec<String>> {
        Ok(self.ask(&ListDatabasesRequest {}).await?.db_names)
    }

    /// Makes the database.
    pub(crate) async fn create_database(&self) -> Result<()> {
        let request = CreateDatabaseRequest { db_name: self.database.to_string(), properties: Vec::new() };
        self.ask(&request).await.map(drop)
    }

    /// The collection's schema and settings; `None` if there is no such collection. An alias stands for its collection.
    pub(crate) async fn describe(&self) -> Result<Option<DescribeCollectionResponse>> {
        let request = DescribeCollectionRequest {
            db_name: self.database.to_string(),
            collection_name: self.collection.to_string(),
        };
        match self.ask(&request).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.kind() == Kind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Refuses another collection than that of this number, and none.
    pub(crate) async fn check_standing(&self, id: i64) -> Result<()> {
        let what = match self.describe().await? {
            Some(described) if described.collection_id == id => return Ok(()),
            Some(_) => "replaced by another one of its name",
            None => "dropped",
        };
        let words = format!("the collection was {what} while it was read, so that rows are missing: read again");
        Err(self.place(Error::new(Kind::NotFound, words)))
    }

    /// Adds a property to the collection.
    pub(crate) async fn set_property(&self, key: &str, value: &str) -> Result<()> {
        let request = AlterCollectionRequest {
            db_name: self.database.to_string(),
            collection_name: self.collection.to_string(),
            properties: vec![KeyValue { key: key.to_owned(), value: value.to_owned() }],
            ..AlterCollectionRequest::default()
        };
        self.ask(&request).await.map(drop)
    }

    /// The names of the database's collections.
    pub(crate) async fn collections(&self) -> Result<Vec<String>> {
        Ok(self.ask(&ShowCollectionsRequest { db_name: self.database.to_string() }).await?.collection_names)
    }

    /// Creates the collection. The names in the request are filled in.
    pub(crate) async fn create(&self, request: CreateCollectionRequest) -> Result<()> {
        let request = CreateCollectionRequest {
            db_name: self.database.to_string(),
            collection_name: self.collection.to_string(),
            ..request
        };
        self.ask(&request).await.map(drop)
    }

    /// Deletes the collection with all that is in it; nothing if there is none.
    pub(crate) async fn drop_collection(&self) -> Result<()> {
        let request =
            DropCollectionRequest { db_name: self.database.to_string(), collection_name: self.collection.to_string() };
        match self.ask(&request).await {
            Err(error) if error.kind() == Kind::NotFound => Ok(()),
            answer => answer.map(drop),
        }
    }

    /// Deletes every row at once, on servers that can.
    pub(crate) async fn truncate(&self) -> Result<()> {
        let request = TruncateCollectionRequest {
            db_name: self.database.to_string(),
            collection_name: self.collection.to_string(),
        };
        self.ask(&request).await.map(drop)
    }

    /// About how many rows there are; rows that were deleted, or are not written to disk yet, make it wrong.
    pub(crate) async fn rows(&self) -> Result<Option<u64>> {
        let request = GetCollectionStatisticsRequest {
            db_name: self.database.to_string(),
            collection_name: self.collection.to_string(),
        };
        let stats = self.ask(&request).await?.stats;
        Ok(stats.iter().find(|stat| stat.key == "row_count").and_then(|stat| stat.value.parse().ok()))
    }

    /// Starts to load the collection into memory.
    pub(crate) async fn load(&self, replicas: i32) -> Result<()> {
        let request = LoadCollectionRequest {
            db_name: self.database.to_string(),
            collection_name: self.collection.to_string(),
            replica_number: replicas,
        };
        self.ask(&request).await.map(drop)
    }

    /// Whether the collection, or these partitions of it, can be read.
    pub(crate) async fn load_state(&self, partitions: &[String]) -> Result<LoadState> {
        let request = GetLoadStateRequest {
            db_name: self.database.to_string(),
            collection_name: self.collection.to_string(),
            partition_names: partitions.to_vec(),
        };
        Ok(self.ask(&request).await?.state())
    }

    /// Makes an alias of the collection.
    pub(crate) async fn create_alias(&self, alias: &str) -> Result<()> {
        let request = CreateAliasRequest {
            db_name: self.database.to_string(),
            collection_name: self.collection.to_string(),
            alias: alias.to_owned(),
        };
        self.ask(&request).await.map(drop)
    }

    /// Moves an alias to the collection, at once for every reader.
    pub(crate) async fn alter_alias(&self, alias: &str) -> Result<()> {
        let request = AlterAliasRequest {
            db_name: self.database.to_string(),
            collection_name: self.collection.to_string(),
            alias: alias.to_owned(),
        };
        self.ask(&request).await.map(drop)
    }

    /// The names of the collection's partitions.
    pub(crate) async fn partitions(&self) -> Result<Vec<String>> {
        let request =
            ShowPartitionsRequest { db_name: self.database.to_string(), collection_name: self.collection.to_string() };
        Ok(self.ask(&request).await?.partition_names)
    }

    /// Makes a partition.
    pub(crate) async fn create_partition(&self, partition: &str) -> Result<()> {
        let request = CreatePartitionRequest {
            db_name: self.database.to_string(),
            collection_name: self.collection.to_string(),
            partition_name: partition.to_owned(),
        };
        self.ask(&request).await.map(drop)
    }

    /// Makes an index. The names of database and collection are filled in.
    pub(crate) async fn create_index(&self, request: CreateIndexRequest) -> Result<()> {
        let request = CreateIndexRequest {
            db_name: self.database.to_string(),
            collection_name: self.collection.to_string(),
            ..request
        };
        self.ask(&request).await.map(drop)
    }

    /// The collection's indexes.
    pub(crate) async fn indexes(&self) -> Result<Vec<IndexDescription>> {
        let request = DescribeIndexRequest {
            db_name: self.database.to_string(),
            collection_name: self.collection.to_string(),
            ..DescribeIndexRequest::default()
        };
        match self.ask(&request).await {
            Ok(answer) => Ok(answer.index_descriptions),
            Err(error) if error.kind() == Kind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Deletes the rows for which an expression is true; in one partition if it is named, else in all.
    pub(crate) async fn delete(&self, expr: String, partition: &str) -> Result<MutationResult> {
        let request = DeleteRequest {
            db_name: self.database.to_string(),
            collection_name: self.collection.to_string(),
            partition_name: partition.to_owned(),
            expr: self.readable(expr).await?,
            ..DeleteRequest::default()
        };
        self.ask(&request).await
    }

    /// Rows. The names of database and collection are filled in. `Ok(None)`: the answer would be larger than `largest`
    /// bytes.
    pub(crate) async fn query(&self, request: QueryRequest, largest: usize) -> Result<Option<Answer<QueryResults>>> {
        let request = QueryRequest {
            db_name: self.database.to_string(),
            collection_name: self.collection.to_string(),
            expr: self.readable(request.expr).await?,
            ..request
        };
        self.send::<QueryRequest>(&self.encode(&request)?, largest).await
    }

    /// The rows nearest to a vector. The names of database and collection are filled in. `Ok(None)`: the answer would be
    /// larger than `largest` bytes.
    pub(crate) async fn search(&self, request: SearchRequest, largest: usize) -> Result<Option<Answer<SearchResults>>> {
        let request = SearchRequest {
            db_name: self.database.to_string(),
            collection_name: self.collection.to_string(),
            dsl: self.readable(request.dsl).await?,
            ..request
        };
        self.send::<SearchRequest>(&self.encode(&request)?, largest).await
    }

    /// Of what a server was asked to try: its refusal, if it can't do that at all. It has no code of its own for expressions
    /// and parameters that it can't read.
    pub(crate) fn refusal<T>(tried: Result<T>) -> Result<Option<Error>> {
        match tried {
            Ok(_) => Ok(None),
            Err(error) if matches!(error.kind(), Kind::Internal | Kind::Data | Kind::Unsupported) => Ok(Some(error)),
            Err(error) => Err(error),
        }
    }

    /// Refuses what only gRPC can do exactly, or at all, if it is not spoken.
    pub(crate) fn grpc_only(&self, what: &str) -> Result<()> {
        match &self.transport {
            Transport::Grpc(_) => Ok(()),
            Transport::Http(_) => Err(self.place(rest::wordless(what))),
        }
    }

    /// The expression as this server can read it.
    async fn readable(&self, expression: String) -> Result<String> {
        if !expression::has_wide_letters(&expression) {
            return Ok(expression);
        }
        let is_lite =
            self.is_lite.get_or_try_init(|| async { self.version().await.map(|text| is_lite(&text)) }).await?;
        Ok(if *is_lite { expression::with_letters(&expression) } else { expression })
    }

    fn encode<C: Rest>(&self, request: &C) -> Result<Encoded<C>> {
        self.transport.encode(request).map_err(|error| self.place(error))
    }

    async fn ask<C: Rest>(&self, request: &C) -> Result<C::Answer> {
        self.ask_encoded::<C>(&self.encode(request)?).await
    }

    async fn ask_encoded<C: Rest>(&self, request: &Encoded<C>) -> Result<C::Answer> {
        match self.send::<C>(request, UNBOUNDED).await? {
            Some(answer) => Ok(answer.message),
            None => Err(self.place(Error::internal("an answer without a bound was too large"))),
        }
    }

    /// With retries; `Ok(None)` if the answer is larger than `largest` bytes.
    async fn send<C: Rest>(&self, request: &Encoded<C>, largest: usize) -> Result<Option<Answer<C::Answer>>> {
        let attempt = || async {
            match self.once::<C>(request, largest).await {
                Ok(answer) => Ok(Some(answer)),
                Err(Failure::TooLarge) => Ok(None),
                Err(Failure::Error(error)) => Err(error),
            }
        };
        self.retry.run(&self.metrics, attempt).await.map_err(|error| self.place(error))
    }

    async fn once<C: Rest>(&self, request: &Encoded<C>, largest: usize) -> Result<Answer<C::Answer>, Failure> {
        self.metrics.add_request();
        let answer = self.transport.send(request, largest).await?;
        status::check(answer.message.status())?;
        Ok(answer)
    }

    fn place(&self, error: Error) -> Error {
        let error = error.with("store", "milvus").with("collection", &self.collection);
        if self.database.is_empty() { error } else { error.with("database", &self.database) }
    }
}
