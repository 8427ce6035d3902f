//! Collections that others have made and filled, in the protocol's own words.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use prost::Message;
use vectorfuse_core::net::grpc::Connection;
use vectorfuse_core::options::{Given, Side};

/// The protocol's messages.
#[allow(missing_docs, dead_code, clippy::all)]
pub mod proto {
    include!(concat!(env!("OUT_DIR"), "/milvus.rs"));
}

use self::proto::scalar_field::Data;
use self::proto::{
    CollectionSchema, CreateCollectionRequest, CreateIndexRequest, CreatePartitionRequest, DataType, DeleteRequest,
    DropCollectionRequest, FieldData, FieldSchema, FlushRequest, FlushResponse, GetLoadStateRequest,
    GetLoadStateResponse, InsertRequest, KeyValue, LoadCollectionRequest, LoadState, MutationResult,
    ReleaseCollectionRequest, ScalarField, Status, VectorField, field_data, vector_field,
};
use super::server::HTTP;

/// The servers that tests run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// Milvus itself.
    Milvus,
    /// milvus-lite.
    Lite,
}

impl Server {
    pub const ALL: [Self; 2] = [Self::Milvus, Self::Lite];

    pub fn url(self) -> String {
        let name = match self {
            Self::Milvus => "VECTORFUSE_MILVUS_URL",
            Self::Lite => "VECTORFUSE_MILVUS_LITE_URL",
        };
        std::env::var(name).unwrap_or_else(|_| panic!("{name} must say where a server answers"))
    }

    /// Where the product asks.
    fn spoken(self) -> (String, &'static str) {
        if !HTTP {
            return (self.url(), "grpc");
        }
        let name = match self {
            Self::Milvus => "VECTORFUSE_MILVUS_REST_URL",
            Self::Lite => "VECTORFUSE_MILVUS_LITE_REST_URL",
        };
        (std::env::var(name).unwrap_or_else(|_| panic!("{name} must say where a RESTful API is")), "http")
    }
}

/// A collection of a test's own.
pub struct Foreign {
    pub server: Server,
    pub name: String,
    connection: Connection,
}

/// The options of a connection to the server.
pub fn options(server: Server, collection: &str, more: &[(&str, &str)]) -> BTreeMap<String, String> {
    let own = [("store", "milvus"), ("collection", collection), ("backoff_factor", "0.05")];
    let mut options: BTreeMap<String, String> =
        own.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    if !options.contains_key("url") {
        let (url, transport) = server.spoken();
        options.extend([("url".to_owned(), url), ("transport".to_owned(), transport.to_owned())]);
    }
    options
}

fn pair(key: &str, value: impl ToString) -> KeyValue {
    KeyValue { key: key.to_owned(), value: value.to_string() }
}

/// A field of a schema.
pub fn field(name: &str, data_type: DataType) -> FieldSchema {
    let type_params = match data_type {
        DataType::VarChar => vec![pair("max_length", 65_535)],
        DataType::FloatVector | DataType::BinaryVector | DataType::Float16Vector => vec![pair("dim", 8)],
        DataType::Array => vec![pair("max_capacity", 100), pair("max_length", 1000)],
        _ => Vec::new(),
    };
    FieldSchema { name: name.to_owned(), data_type: data_type.into(), type_params, ..FieldSchema::default() }
}

/// The field of the primary key.
pub fn key(name: &str, data_type: DataType) -> FieldSchema {
    FieldSchema { is_primary_key: true, ..field(name, data_type) }
}

/// A column of values.
pub fn scalars(name: &str, data_type: DataType, data: Data) -> FieldData {
    let scalars = ScalarField { data: Some(data), ..ScalarField::default() };
    FieldData {
        r#type: data_type.into(),
        field_name: name.to_owned(),
        field: Some(field_data::Field::Scalars(scalars)),
        ..FieldData::default()
    }
}

/// A column of vectors.
pub fn vectors(name: &str, data_type: DataType, dim: i64, data: vector_field::Data) -> FieldData {
    let vectors = VectorField { dim, data: Some(data), ..VectorField::default() };
    FieldData {
        r#type: data_type.into(),
        field_name: name.to_owned(),
        field: Some(field_data::Field::Vectors(vectors)),
        ..FieldData::default()
    }
}

/// Integers of 64 bits.
pub fn longs(name: &str, data: Vec<i64>) -> FieldData {
    scalars(name, DataType::Int64, Data::LongData(proto::LongArray { data }))
}

/// Texts.
pub fn texts(name: &str, data: Vec<String>) -> FieldData {
    scalars(name, DataType::VarChar, Data::StringData(proto::StringArray { data }))
}

/// Documents.
pub fn documents(name: &str, data: &[&str]) -> FieldData {
    let data = data.iter().map(|text| (*text).to_owned().into_bytes().into()).collect();
    scalars(name, DataType::Json, Data::JsonData(proto::JsonArray { data }))
}

/// The numbers of vectors, one vector after the other.
pub fn packed(numbers: impl IntoIterator<Item = f32>) -> vector_field::Data {
    let data: Vec<u8> = numbers.into_iter().flat_map(f32::to_le_bytes).collect();
    vector_field::Data::FloatVector(proto::PackedFloats { data: data.into() })
}

/// The vector `v` of eight dimensions of so many rows: of row `n`, `n` and seven zeros.
pub fn plain_vectors(rows: usize) -> FieldData {
    let numbers = (0..rows * 8).map(|place| if place % 8 == 0 { (place / 8) as f32 } else { 0.0 });
    vectors("v", DataType::FloatVector, 8, packed(numbers))
}

impl Foreign {
    /// An empty collection, with indexes, loaded.
    pub async fn make(server: Server, fields: Vec<FieldSchema>, dynamic: bool) -> Self {
        let made = Self::bare(server, fields.clone(), dynamic).await;
        made.index(&fields).await;
        made.load().await;
        made
    }

    /// The same, whose vectors are compared by this metric.
    pub async fn compared(server: Server, fields: Vec<FieldSchema>, metric: &str) -> Self {
        let made = Self::bare(server, fields.clone(), false).await;
        made.index_by(&fields, Some(metric)).await;
        made.load().await;
        made
    }

    /// An empty collection as it is created, neither indexed nor loaded.
    pub async fn bare(server: Server, fields: Vec<FieldSchema>, dynamic: bool) -> Self {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let name = format!("mread_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        Self::bare_of_name(server, name, fields, dynamic).await
    }

    /// Another collection under the same name, without rows.
    pub async fn replaced(self, fields: Vec<FieldSchema>) -> Self {
        let (server, name) = (self.server, self.name.clone());
        self.drop_it().await;
        let made = Self::bare_of_name(server, name, fields.clone(), false).await;
        made.index(&fields).await;
        made.load().await;
        made
    }

    async fn bare_of_name(server: Server, name: String, fields: Vec<FieldSchema>, dynamic: bool) -> Self {
        let given = Given { options: options(server, &name, &[("url", &server.url())]), session: BTreeMap::new() };
        let connection = Connection::open(&given.parse(Side::Read).unwrap(), 19530, []).unwrap();
        let made = Self { server, name, connection };
        let schema = CollectionSchema {
            name: made.name.clone(),
            fields,
            enable_dynamic_field: dynamic,
            ..CollectionSchema::default()
        };
        let request = CreateCollectionRequest {
            collection_name: made.name.clone(),
            schema: schema.encode_to_vec().into(),
            shards_num: 2,
            ..CreateCollectionRequest::default()
        };
        ok(made.ask::<_, Status>("CreateCollection", &request).await);
        made
    }

    /// Gives every vector an index.
    pub async fn index(&self, fields: &[FieldSchema]) {
        self.index_by(fields, None).await;
    }

    async fn index_by(&self, fields: &[FieldSchema], metric: Option<&str>) {
        for field in fields {
            let (index, usual) = match field.data_type() {
                DataType::FloatVector | DataType::Float16Vector => ("FLAT", "L2"),
                DataType::BinaryVector => ("BIN_FLAT", "HAMMING"),
                DataType::SparseFloatVector => ("SPARSE_INVERTED_INDEX", "IP"),
                _ => continue,
            };
            let metric = metric.unwrap_or(usual);
            let request = CreateIndexRequest {
                collection_name: self.name.clone(),
                field_name: field.name.clone(),
                extra_params: vec![pair("index_type", index), pair("metric_type", metric), pair("params", "{}")],
                ..CreateIndexRequest::default()
            };
            ok(self.ask::<_, Status>("CreateIndex", &request).await);
        }
    }

    pub async fn load(&self) {
        let request =
            LoadCollectionRequest { collection_name: self.name.clone(), replica_number: 1, ..Default::default() };
        ok(self.ask::<_, Status>("LoadCollection", &request).await);
        let state = GetLoadStateRequest { collection_name: self.name.clone(), ..Default::default() };
        loop {
            let answer: GetLoadStateResponse = self.ask("GetLoadState", &state).await;
            if answer.state() == LoadState::Loaded {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn release(&self) {
        let request = ReleaseCollectionRequest { collection_name: self.name.clone(), ..Default::default() };
        ok(self.ask::<_, Status>("ReleaseCollection", &request).await);
    }

    pub async fn partition(&self, partition: &str) {
        let request = CreatePartitionRequest {
            collection_name: self.name.clone(),
            partition_name: partition.to_owned(),
            ..Default::default()
        };
        ok(self.ask::<_, Status>("CreatePartition", &request).await);
    }

    pub async fn insert(&self, rows: usize, columns: Vec<FieldData>) {
        self.insert_into("", rows, columns).await;
    }

    pub async fn insert_into(&self, partition: &str, rows: usize, columns: Vec<FieldData>) {
        let request = InsertRequest {
            collection_name: self.name.clone(),
            partition_name: partition.to_owned(),
            fields_data: columns,
            num_rows: u32::try_from(rows).unwrap(),
            ..InsertRequest::default()
        };
        let answer: MutationResult = self.ask("Insert", &request).await;
        assert_eq!(usize::try_from(answer.insert_cnt).unwrap(), rows, "{:?}", answer.status);
        ok(answer.status.unwrap());
    }

    /// Rows of integer keys `id` and plain vectors, and nothing else.
    pub async fn insert_keys(&self, keys: &[i64]) {
        for keys in keys.chunks(10_000) {
            self.insert(keys.len(), vec![longs("id", keys.to_vec()), plain_vectors(keys.len())]).await;
        }
    }

    /// Rows of text keys `id` and plain vectors.
    pub async fn insert_texts(&self, keys: &[String]) {
        for keys in keys.chunks(10_000) {
            self.insert(keys.len(), vec![texts("id", keys.to_vec()), plain_vectors(keys.len())]).await;
        }
    }

    pub async fn delete(&self, expr: &str) {
        let request =
            DeleteRequest { collection_name: self.name.clone(), expr: expr.to_owned(), ..DeleteRequest::default() };
        ok(self.ask::<_, MutationResult>("Delete", &request).await.status.unwrap());
    }

    pub async fn flush(&self) {
        let request = FlushRequest { collection_names: vec![self.name.clone()], ..FlushRequest::default() };
        ok(self.ask::<_, FlushResponse>("Flush", &request).await.status.unwrap_or_default());
    }

    /// At the end of a test; one that fails leaves its collection to look at.
    pub async fn drop_it(self) {
        let request = DropCollectionRequest { collection_name: self.name.clone(), ..Default::default() };
        ok(self.ask::<_, Status>("DropCollection", &request).await);
    }

    async fn ask<Q: Message, A: Message + Default>(&self, method: &'static str, request: &Q) -> A {
        let path: &'static str = format!("/milvus.proto.milvus.MilvusService/{method}").leak();
        self.connection.call(path, Arc::new(request.encode_to_vec().into()), usize::MAX).await.unwrap().message
    }
}

#[track_caller]
fn ok(status: Status) {
    assert!(status.code == 0 && status.legacy_code == 0, "{status:?}");
}
