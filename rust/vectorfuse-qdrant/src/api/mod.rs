//! What is asked of a Qdrant server: one method per request that we use, each with its retries, whatever carries it.
//!
//! Messages are those of the crate `qdrant-client`; a transport is a file beside this one.

mod calls;
mod grpc;
mod http;
mod json;
mod transport;

use std::collections::HashMap;
use std::sync::Arc;

use qdrant_client::qdrant::{
    AliasDescription, AliasOperations, ChangeAliases, CollectionInfo, CountPoints, CreateCollection,
    CreateFieldIndexCollection, CreateShardKey, CreateShardKeyRequest, DeleteCollection, DeletePoints, FacetCounts,
    FacetHit, Filter, GetCollectionInfoRequest, GetPoints, GetResponse, HealthCheckReply, HealthCheckRequest,
    ListAliasesRequest, ListCollectionsRequest, ListShardKeysRequest, PointsOperationResponse, PointsSelector, Query,
    QueryPoints, QueryResponse, ScrollPoints, ScrollResponse, UpdateBatchResponse, UpdateCollection, UpdateStatus,
    Value, WithPayloadSelector, WithVectorsSelector, WriteOrdering, query, with_payload_selector,
    with_vectors_selector,
};
use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::ids::PointId;
use vectorfuse_core::metrics::Metrics;
use vectorfuse_core::net::{Answer, Failure};
use vectorfuse_core::options::Options;
use vectorfuse_core::retry::RetryPolicy;

use self::json::Rest;
pub(crate) use self::json::size as json_size;
pub(crate) use self::transport::largest_request;
use self::transport::{Encoded, Transport};
use crate::point;
use crate::request::Request;
use crate::selection::Selection;
use crate::shard_key::{self, ShardKey};

/// Answers other than pages of points are small; the server sets no bound of its own.
const UNBOUNDED: usize = usize::MAX;

/// One collection of a server.
#[derive(Clone)]
pub(crate) struct Api {
    transport: Transport,
    retry: RetryPolicy,
    metrics: Arc<Metrics>,
    collection: Arc<str>,
}

impl Api {
    /// Of the server and collection that the options name. Nothing is sent yet.
    pub(crate) fn open(options: &Options, metrics: Arc<Metrics>) -> Result<Self> {
        let collection = options.collection()?;
        let transport = Transport::open(options)?;
        Ok(Self { transport, retry: options.retry_policy(), metrics, collection: collection.into() })
    }

    /// The collection's name.
    pub(crate) fn collection(&self) -> &str {
        &self.collection
    }

    /// Counts the time that the server says it worked, in seconds.
    pub(crate) fn add_server_time(&self, seconds: f64) {
        self.metrics.add_server_time(seconds);
    }

    /// The server's version, as major and minor number. The first question of every job: its errors say whether the
    /// url is one of a gRPC port at all.
    pub(crate) async fn version(&self) -> Result<(u32, u32)> {
        let reply: HealthCheckReply = match self.ask(&HealthCheckRequest {}).await {
            Ok(reply) => reply,
            Err(error) if error.kind().is_retryable() => {
                return Err(match self.transport.wrong_url().await {
                    Some(wrong) => self.place(wrong.caused_by(error)),
                    None => error,
                });
            }
            Err(error) => return Err(error),
        };
        let mut numbers = reply.version.split(['.', '-']).map(|part| part.parse::<u32>());
        match (numbers.next(), numbers.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => Ok((major, minor)),
            _ => Err(self.place(Error::internal(format!("the server says that its version is `{}`", reply.version)))),
        }
    }

    /// The collection's settings; `None` if there is no such collection.
    pub(crate) async fn info(&self) -> Result<Option<CollectionInfo>> {
        let request = GetCollectionInfoRequest { collection_name: self.collection.to_string() };
        match self.ask(&request).await {
            Ok(answer) => Ok(answer.result),
            Err(error) if error.kind() == Kind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The keys of the collection's shards, in order; `None` if the server is too old to list them.
    pub(crate) async fn shard_keys(&self) -> Result<Option<Vec<ShardKey>>> {
        let request = ListShardKeysRequest { collection_name: self.collection.to_string() };
        let answer = match self.ask(&request).await {
            Ok(answer) => answer,
            Err(error) if error.kind() == Kind::Unsupported => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut keys: Vec<ShardKey> =
            answer.shard_keys.into_iter().map(|shard| ShardKey::from_message(shard.key)).collect::<Result<_>>()?;
        keys.sort_unstable();
        Ok(Some(keys))
    }

    /// Makes the shards of a key, unless somebody else has.
    pub(crate) async fn create_shard_key(&self, key: &ShardKey) -> Result<()> {
        let wanted = CreateShardKey { shard_key: Some(key.to_message()), ..CreateShardKey::default() };
        let collection_name = self.collection.to_string();
        let request = CreateShardKeyRequest { collection_name, request: Some(wanted), timeout: None };
        match self.ask(&request).await {
            Ok(answer) if answer.result => Ok(()),
            Ok(_) => Err(self.place(Error::internal("the server did not make a shard key and does not say why"))),
            // That the key is there has no code of its own.
            Err(error) => {
                if self.has_shard_key(key).await? {
                    Ok(())
                } else {
                    Err(error)
                }
            }
        }
    }

    /// Whether the collection has shards of this key.
    pub(crate) async fn has_shard_key(&self, key: &ShardKey) -> Result<bool> {
        if let Some(keys) = self.shard_keys().await? {
            return Ok(keys.contains(key));
        }
        match self.count(Filter::default(), std::slice::from_ref(key)).await {
            Ok(_) => Ok(true),
            Err(error) if matches!(error.kind(), Kind::Data | Kind::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Creates the collection; `false` if somebody else has done so.
    pub(crate) async fn create(&self, request: CreateCollection) -> Result<bool> {
        let request = CreateCollection { collection_name: self.collection.to_string(), ..request };
        match self.ask(&request).await {
            Ok(answer) if answer.result => Ok(true),
            Ok(_) => Err(self.place(Error::internal("the server did not create the collection and does not say why"))),
            Err(error) if error.kind() == Kind::AlreadyExists => Ok(false),
            // Servers differ in the code for a collection that exists, so the fact itself is asked for.
            Err(error) => match self.info().await {
                Ok(Some(_)) => Ok(false),
                Ok(None) | Err(_) => Err(error),
            },
        }
    }

    /// Deletes the collection with all that is in it.
    pub(crate) async fn drop_collection(&self) -> Result<()> {
        let request = DeleteCollection { collection_name: self.collection.to_string(), timeout: None };
        self.ask(&request).await.map(drop)
    }

    /// The same server's collection of another name.
    pub(crate) fn at(&self, collection: &str) -> Self {
        Self { collection: collection.into(), ..self.clone() }
    }

    /// The names of the server's collections.
    pub(crate) async fn collections(&self) -> Result<Vec<String>> {
        let answer = self.ask(&ListCollectionsRequest {}).await?;
        Ok(answer.collections.into_iter().map(|collection| collection.name).collect())
    }

    /// The server's aliases.
    pub(crate) async fn aliases(&self) -> Result<Vec<AliasDescription>> {
        Ok(self.ask(&ListAliasesRequest {}).await?.aliases)
    }

    /// Makes and deletes aliases, all at once.
    pub(crate) async fn change_aliases(&self, actions: Vec<AliasOperations>) -> Result<()> {
        self.ask(&ChangeAliases { actions, timeout: None }).await.map(drop)
    }

    /// Sets one entry of the collection's metadata.
    pub(crate) async fn set_metadata(&self, key: &str, value: Value) -> Result<()> {
        let request = UpdateCollection {
            collection_name: self.collection.to_string(),
            metadata: [(key.to_owned(), value)].into(),
            ..UpdateCollection::default()
        };
        self.ask(&request).await.map(drop)
    }

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

    /// How many points of these shards pass the filter; of all without keys.
    pub(crate) async fn count(&self, filter: Filter, shards: &[ShardKey]) -> Result<usize> {
        let request = CountPoints {
            collection_name: self.collection.to_string(),
            filter: Some(filter),
            exact: Some(true),
            shard_key_selector: shard_key::selector(shards),
            ..CountPoints::default()
        };
        let answer = self.ask(&request).await?;
        let count = answer.result.ok_or_else(|| self.place(Error::internal("the server counted nothing")))?.count;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    /// Those of these points that are there, in these shards (in all without keys), with their payload as far as it is
    /// wanted.
    pub(crate) async fn retrieve(
        &self,
        ids: Vec<PointId>,
        wanted: Wanted,
        shards: &[ShardKey],
    ) -> Result<Vec<(PointId, HashMap<String, Value>)>> {
        let request = GetPoints { shard_key_selector: shard_key::selector(shards), ..self.look_up(ids, wanted) };
        let found = self.ask(&request).await?.result.into_iter();
        found.map(|found| Ok((point::from_qdrant_id(found.id)?, found.payload))).collect()
    }

    /// The key of the shard that each of these points is in; of a point that is in two, the key of one.
    pub(crate) async fn homes(&self, ids: Vec<PointId>) -> Result<HashMap<PointId, ShardKey>> {
        let found = self.ask(&self.look_up(ids, Wanted::nothing())).await?.result.into_iter();
        found.map(|found| Ok((point::from_qdrant_id(found.id)?, ShardKey::from_message(found.shard_key)?))).collect()
    }

    fn look_up(&self, ids: Vec<PointId>, wanted: Wanted) -> GetPoints {
        GetPoints {
            collection_name: self.collection.to_string(),
            ids: ids.into_iter().map(point::to_qdrant_id).collect(),
            with_payload: Some(wanted.payload),
            with_vectors: Some(wanted.vectors),
            ..GetPoints::default()
        }
    }

    /// A page of points in the order of ids, as `request` asks for them. `Ok(None)`: it would be larger than `largest`
    /// bytes.
    pub(crate) async fn scroll(
        &self,
        request: &ScrollPoints,
        largest: usize,
    ) -> Result<Option<Answer<ScrollResponse>>> {
        self.send::<ScrollPoints>(&self.encode(request)?, largest).await
    }

    /// How many points the selection has: an estimate, or exactly.
    pub(crate) async fn count_selected(&self, selection: &Selection, exact: bool) -> Result<u64> {
        let request =
            CountPoints { collection_name: self.collection.to_string(), exact: Some(exact), ..CountPoints::default() };
        let answer = self.ask(&selection.count(request)).await?;
        self.metrics.add_server_time(answer.time);
        let count = answer.result.map(|result| result.count);
        count.ok_or_else(|| self.place(Error::internal("the server counted and does not say what")))
    }

    /// How many points of the selection have each value of an indexed field; at most `limit` values.
    pub(crate) async fn facet(&self, selection: &Selection, key: String, limit: u64) -> Result<Vec<FacetHit>> {
        let request = FacetCounts {
            collection_name: self.collection.to_string(),
            key,
            limit: Some(limit),
            exact: Some(true),
            ..FacetCounts::default()
        };
        let answer = self.ask(&selection.facet(request)).await?;
        self.metrics.add_server_time(answer.time);
        Ok(answer.hits)
    }

    /// The ids of at most `limit` points of the selection, drawn at random, in no order.
    pub(crate) async fn sample_ids(&self, selection: &Selection, limit: u64) -> Result<Vec<PointId>> {
        let request = QueryPoints {
            collection_name: self.collection.to_string(),
            query: Some(Query { variant: Some(query::Variant::Sample(0)) }),
            limit: Some(limit),
            with_payload: Some(Wanted::nothing().payload),
            with_vectors: Some(Wanted::nothing().vectors),
            ..QueryPoints::default()
        };
        let answer = self.ask(&selection.query(request)).await?;
        answer.result.into_iter().map(|found| point::from_qdrant_id(found.id)).collect()
    }

    /// The answer to a query. `Ok(None)`: it would be larger than `largest` bytes.
    pub(crate) async fn query(&self, request: &QueryPoints, largest: usize) -> Result<Option<Answer<QueryResponse>>> {
        self.send::<QueryPoints>(&self.encode(request)?, largest).await
    }

    /// Points by their ids, in no order. `Ok(None)`: the answer would be larger than `largest` bytes.
    pub(crate) async fn get(&self, request: &GetPoints, largest: usize) -> Result<Option<Answer<GetResponse>>> {
        self.send::<GetPoints>(&self.encode(request)?, largest).await
    }

    /// Whether the point has the vector of this name; `None` if there is no such point.
    pub(crate) async fn has_vector(&self, id: PointId, name: &str, selection: &Selection) -> Result<Option<bool>> {
        // Asked for by name, the unnamed vector would need a name: it is the only one, so all are asked for.
        let vectors = (!name.is_empty()).then(|| vec![name.to_owned()]);
        let wanted = Wanted::new(Some(Vec::new()), vectors);
        let request = selection.get(GetPoints {
            collection_name: self.collection.to_string(),
            ids: vec![point::to_qdrant_id(id)],
            with_payload: Some(wanted.payload),
            with_vectors: Some(wanted.vectors),
            ..GetPoints::default()
        });
        let found = self.ask(&request).await?.result;
        Ok(found.first().map(|point| point::vector_of(point, name).is_some()))
    }

    /// Sends changes of points; success is what the status of each operation says, not that there is an answer. Says how
    /// many bytes were sent.
    async fn update<C>(&self, request: C, wait: bool, operations: usize) -> Result<usize>
    where
        C: Rest<Answer: Updated>,
    {
        let encoded = self.encode(&request)?;
        drop(request); // what is sent again is the bytes
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

    fn encode<C: Rest>(&self, request: &C) -> Result<Encoded> {
        self.transport.encode(request).map_err(|error| self.place(error))
    }

    async fn ask<C: Rest>(&self, request: &C) -> Result<C::Answer> {
        let encoded = self.encode(request)?;
        match self.send::<C>(&encoded, UNBOUNDED).await? {
            Some(answer) => Ok(answer.message),
            None => Err(self.place(Error::internal("an answer without a bound was too large"))),
        }
    }

    /// With retries; `Ok(None)` if the answer is larger than `largest` bytes.
    async fn send<C: Rest>(&self, request: &Encoded, largest: usize) -> Result<Option<Answer<C::Answer>>> {
        let attempt = || async {
            match self.once::<C>(request.clone(), largest).await {
                Ok(answer) => Ok(Some(answer)),
                Err(Failure::TooLarge) => Ok(None),
                Err(Failure::Error(error)) => Err(error),
            }
        };
        self.retry.run(&self.metrics, attempt).await.map_err(|error| self.place(error))
    }

    async fn once<C: Rest>(&self, request: Encoded, largest: usize) -> Result<Answer<C::Answer>, Failure> {
        self.metrics.add_request();
        self.transport.send::<C>(request, largest).await
    }

    fn place(&self, error: Error) -> Error {
        error.with("store", "qdrant").with("collection", &self.collection)
    }
}

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

/// Which parts of a point a request asks for.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) payload: WithPayloadSelector,
    pub(crate) vectors: WithVectorsSelector,
}

impl Wanted {
    /// A request for pages of these parts; offset and limit are yet to be said.
    pub(crate) fn scroll(&self, collection: &str) -> ScrollPoints {
        ScrollPoints {
            collection_name: collection.to_owned(),
            with_payload: Some(self.payload.clone()),
            with_vectors: Some(self.vectors.clone()),
            ..ScrollPoints::default()
        }
    }

    /// The id alone.
    pub(crate) fn nothing() -> Self {
        Self::new(Some(Vec::new()), Some(Vec::new()))
    }

    /// The payload as this selector says.
    pub(crate) fn with_payload(self, selector: with_payload_selector::SelectorOptions) -> Self {
        Self { payload: WithPayloadSelector { selector_options: Some(selector) }, ..self }
    }

    /// These fields of the payload and these vectors; `None` for all that there are.
    pub(crate) fn new(fields: Option<Vec<String>>, vectors: Option<Vec<String>>) -> Self {
        let payload = match fields {
            None => with_payload_selector::SelectorOptions::Enable(true),
            Some(fields) if fields.is_empty() => with_payload_selector::SelectorOptions::Enable(false),
            Some(fields) => with_payload_selector::SelectorOptions::Include(fields.into()),
        };
        let vectors = match vectors {
            None => with_vectors_selector::SelectorOptions::Enable(true),
            Some(names) if names.is_empty() => with_vectors_selector::SelectorOptions::Enable(false),
            Some(names) => with_vectors_selector::SelectorOptions::Include(names.into()),
        };
        Self {
            payload: WithPayloadSelector { selector_options: Some(payload) },
            vectors: WithVectorsSelector { selector_options: Some(vectors) },
        }
    }
}
