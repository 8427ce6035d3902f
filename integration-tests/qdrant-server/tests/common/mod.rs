//! Starts the server under test, or leads to another one: with `VECTORFUSE_QDRANT_URL` (and
//! `VECTORFUSE_QDRANT_API_KEY`) set, the tests that suit any Qdrant run against that one.

#![allow(dead_code, reason = "each test file uses its part of this")]

pub mod kinds;
pub mod sharded;

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::collections_client::CollectionsClient;
use qdrant_client::qdrant::point_id::PointIdOptions;
use qdrant_client::qdrant::points_client::PointsClient;
use qdrant_client::qdrant::qdrant_client::QdrantClient;
use qdrant_client::qdrant::value::Kind;
use qdrant_client::qdrant::{vector, vectors, vectors_config};
use tonic::metadata::AsciiMetadataValue;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

pub mod rest;

pub type Keyed = InterceptedService<Channel, Key>;

/// How long a server may take to start or to end.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone)]
pub struct Key(Option<AsciiMetadataValue>);

impl tonic::service::Interceptor for Key {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(key) = &self.0 {
            request.metadata_mut().insert("api-key", key.clone());
        }
        Ok(request)
    }
}

/// A server process of this test's own.
pub struct Server {
    process: Child,
    pub url: String,
    /// Of its REST API.
    pub rest: String,
}

impl Server {
    pub fn start(data: &Path, arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_vectorfuse-qdrant-server"))
            .arg("--data")
            .arg(data)
            .arg("--exit-with-stdin")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut said = |start: &str| {
            let mut line = String::new();
            output.read_line(&mut line).unwrap();
            line.trim_end().strip_prefix(start).unwrap_or_else(|| panic!("the server said {line:?}")).to_owned()
        };
        let (url, rest) = (said("READY "), said("REST "));
        Self { process, url, rest }
    }

    pub fn signal(&mut self, name: &str) {
        let status = Command::new("kill").args([format!("-{name}"), self.process.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    pub fn close_stdin(&mut self) {
        drop(self.process.stdin.take());
    }

    /// Waits for the end and says whether it was a clean one.
    pub fn ended(&mut self) -> bool {
        let start = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status.success();
            }
            assert!(start.elapsed() < PATIENCE, "the server does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _already_gone = self.process.kill();
        let _status = self.process.wait();
    }
}

/// The clients of one server.
#[derive(Clone)]
pub struct Clients {
    pub health: QdrantClient<Keyed>,
    pub collections: CollectionsClient<Keyed>,
    pub points: PointsClient<Keyed>,
}

impl Clients {
    pub async fn connect(url: &str, key: Option<&str>) -> Self {
        let channel = Endpoint::from_shared(url.to_owned()).unwrap().connect().await.unwrap();
        Self::over(channel, key)
    }

    pub fn over(channel: Channel, key: Option<&str>) -> Self {
        let key = Key(key.map(|key| key.parse().unwrap()));
        Self {
            health: QdrantClient::with_interceptor(channel.clone(), key.clone()),
            collections: CollectionsClient::with_interceptor(channel.clone(), key.clone()),
            points: PointsClient::with_interceptor(channel, key).max_decoding_message_size(usize::MAX),
        }
    }

    pub async fn create(&mut self, definition: proto::CreateCollection) {
        self.collections.create(definition).await.unwrap();
    }

    pub async fn upsert(&mut self, collection: &str, points: Vec<proto::PointStruct>) {
        let result = self.points.upsert(upserting(collection, points)).await.unwrap().into_inner().result.unwrap();
        assert_eq!(result.status(), proto::UpdateStatus::Completed);
    }

    pub async fn scroll(&mut self, request: proto::ScrollPoints) -> proto::ScrollResponse {
        self.points.scroll(request).await.unwrap().into_inner()
    }

    /// All ids in the order of a scroll.
    pub async fn ids(&mut self, collection: &str) -> Vec<String> {
        let page = self
            .scroll(proto::ScrollPoints {
                collection_name: collection.to_owned(),
                limit: Some(1_000),
                ..Default::default()
            })
            .await;
        page.result.iter().map(|point| shown(&point.id)).collect()
    }

    pub async fn point(&mut self, collection: &str, id: proto::PointId) -> proto::RetrievedPoint {
        let mut found = self
            .points
            .get(proto::GetPoints {
                collection_name: collection.to_owned(),
                ids: vec![id],
                with_payload: Some(true.into()),
                with_vectors: Some(true.into()),
                ..Default::default()
            })
            .await
            .unwrap()
            .into_inner()
            .result;
        assert_eq!(found.len(), 1);
        found.remove(0)
    }

    pub async fn count(&mut self, collection: &str, filter: Option<proto::Filter>) -> u64 {
        self.points
            .count(proto::CountPoints {
                collection_name: collection.to_owned(),
                filter,
                exact: Some(true),
                ..Default::default()
            })
            .await
            .unwrap()
            .into_inner()
            .result
            .unwrap()
            .count
    }
}

/// A place for one test: a server and a collection name that no other test uses.
pub struct Bed {
    pub clients: Clients,
    pub name: String,
    _own: Option<(Server, tempfile::TempDir)>,
}

impl Bed {
    pub async fn make() -> Self {
        let name = format!("vectorfuse-{}", uuid::Uuid::new_v4());
        if let Ok(url) = std::env::var("VECTORFUSE_QDRANT_URL") {
            let key = std::env::var("VECTORFUSE_QDRANT_API_KEY").ok();
            return Self { clients: Clients::connect(&url, key.as_deref()).await, name, _own: None };
        }
        Self::with_arguments(&[]).await
    }

    /// On a server of its own, whatever the environment says.
    pub async fn with_arguments(arguments: &[&str]) -> Self {
        let name = format!("vectorfuse-{}", uuid::Uuid::new_v4());
        let data = tempfile::tempdir().unwrap();
        let server = Server::start(data.path(), arguments);
        Self { clients: Clients::connect(&server.url, None).await, name, _own: Some((server, data)) }
    }

    /// With a collection of two dimensions, compared by their dot product so that they come back
    /// as they went in.
    pub async fn with_plane() -> Self {
        let mut bed = Self::make().await;
        let name = bed.name.clone();
        bed.clients.create(plane(&name)).await;
        bed
    }

    /// Leaves nothing behind on a server that is not the test's own.
    pub async fn end(mut self) {
        let collection_name = self.name.clone();
        self.clients.collections.delete(proto::DeleteCollection { collection_name, timeout: None }).await.unwrap();
    }
}

pub fn plane(name: &str) -> proto::CreateCollection {
    proto::CreateCollection {
        collection_name: name.to_owned(),
        vectors_config: Some(proto::VectorsConfig { config: Some(vectors_config::Config::Params(dots(2))) }),
        ..Default::default()
    }
}

pub fn dots(size: u64) -> proto::VectorParams {
    proto::VectorParams { size, distance: proto::Distance::Dot.into(), ..Default::default() }
}

/// The condition that a point is in that slice, which the client's own types name no function for.
pub fn slice(total: u32, index: u32) -> proto::Condition {
    use proto::condition::ConditionOneOf;
    proto::Condition { condition_one_of: Some(ConditionOneOf::Slice(proto::SliceCondition { total, index })) }
}

pub fn upserting(collection: &str, points: Vec<proto::PointStruct>) -> proto::UpsertPoints {
    proto::UpsertPoints { collection_name: collection.to_owned(), wait: Some(true), points, ..Default::default() }
}

pub fn number(id: u64) -> proto::PointId {
    proto::PointId { point_id_options: Some(PointIdOptions::Num(id)) }
}

pub fn uuid(text: &str) -> proto::PointId {
    proto::PointId { point_id_options: Some(PointIdOptions::Uuid(text.to_owned())) }
}

pub fn shown(id: &Option<proto::PointId>) -> String {
    match id.clone().unwrap().point_id_options.unwrap() {
        PointIdOptions::Num(id) => id.to_string(),
        PointIdOptions::Uuid(id) => id,
    }
}

pub fn dense(data: &[f32]) -> proto::Vectors {
    proto::Vectors {
        vectors_options: Some(vectors::VectorsOptions::Vector(of(vector::Vector::Dense(proto::DenseVector {
            data: data.to_vec(),
        })))),
    }
}

pub fn of(kind: vector::Vector) -> proto::Vector {
    proto::Vector { vector: Some(kind), ..Default::default() }
}

pub fn named(vectors: &[(&str, proto::Vector)]) -> proto::Vectors {
    proto::Vectors {
        vectors_options: Some(vectors::VectorsOptions::Vectors(proto::NamedVectors {
            vectors: vectors.iter().map(|(name, vector)| ((*name).to_owned(), vector.clone())).collect(),
        })),
    }
}

pub fn point(id: proto::PointId, vectors: proto::Vectors, payload: &[(&str, Kind)]) -> proto::PointStruct {
    proto::PointStruct { id: Some(id), vectors: Some(vectors), payload: fields(payload) }
}

pub fn fields(payload: &[(&str, Kind)]) -> HashMap<String, proto::Value> {
    payload.iter().map(|(key, kind)| ((*key).to_owned(), value(kind.clone()))).collect()
}

pub fn value(kind: Kind) -> proto::Value {
    proto::Value { kind: Some(kind) }
}

pub fn text(text: &str) -> Kind {
    Kind::StringValue(text.to_owned())
}

/// Points 1 to `count` on a line, each with its number under `n`.
pub fn line(count: u64) -> Vec<proto::PointStruct> {
    (1..=count).map(|id| point(number(id), dense(&[id as f32, 1.0]), &[("n", Kind::IntegerValue(id as i64))])).collect()
}

pub fn ids(points: &[proto::ScoredPoint]) -> Vec<String> {
    points.iter().map(|point| shown(&point.id)).collect()
}

pub fn selected(ids: &[u64]) -> Option<proto::PointsSelector> {
    use proto::points_selector::PointsSelectorOneOf;
    Some(proto::PointsSelector {
        points_selector_one_of: Some(PointsSelectorOneOf::Points(proto::PointsIdsList {
            ids: ids.iter().copied().map(number).collect(),
        })),
    })
}

pub fn matching(filter: proto::Filter) -> Option<proto::PointsSelector> {
    use proto::points_selector::PointsSelectorOneOf;
    Some(proto::PointsSelector { points_selector_one_of: Some(PointsSelectorOneOf::Filter(filter)) })
}
