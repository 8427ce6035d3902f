//! The tests' own questions, beside the product: collections that others have made, and what is in them.

use std::marker::PhantomData;

use prost::Message;
use serde_json::{Map, Value as Json, json};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Channel;

use super::server::{Place, runtime};
pub use proto::DataType;
use proto::field_data::Field as Held;
use proto::scalar_field::Data;
use proto::vector_field::Data as VectorData;

/// The messages, once more: as the build makes them.
#[allow(missing_docs, dead_code, clippy::all)]
pub mod proto {
    include!(concat!(env!("OUT_DIR"), "/milvus.rs"));
}

/// A server.
pub struct Client(Channel);

impl Client {
    pub fn to(url: &str) -> Self {
        let _runtime = runtime().enter();
        Self(Channel::from_shared(url.to_owned()).unwrap().connect_lazy())
    }

    /// Asks once.
    pub async fn ask<Q: Message + 'static, A: Message + Default + 'static>(
        &self,
        method: &str,
        question: Q,
    ) -> Result<A, tonic::Status> {
        let mut client = tonic::client::Grpc::new(self.0.clone()).max_decoding_message_size(usize::MAX);
        client.ready().await.map_err(|error| tonic::Status::unavailable(error.to_string()))?;
        let path = format!("/milvus.proto.milvus.MilvusService/{method}").parse().unwrap();
        let codec = Prost(PhantomData);
        client.unary(tonic::Request::new(question), path, codec).await.map(tonic::Response::into_inner)
    }

    /// Asks what must work.
    pub async fn done<Q: Message + 'static>(&self, method: &str, question: Q) {
        let status: proto::Status = self.ask(method, question).await.unwrap();
        assert_eq!((status.code, status.legacy_code), (0, 0), "{method}: {}", status.reason);
    }
}

struct Prost<Q, A>(PhantomData<(Q, A)>);

impl<Q: Message + 'static, A: Message + Default + 'static> Codec for Prost<Q, A> {
    type Encode = Q;
    type Decode = A;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self(PhantomData)
    }
    fn decoder(&mut self) -> Self {
        Self(PhantomData)
    }
}

impl<Q: Message, A> Encoder for Prost<Q, A> {
    type Item = Q;
    type Error = tonic::Status;

    fn encode(&mut self, message: Q, into: &mut EncodeBuf<'_>) -> Result<(), tonic::Status> {
        message.encode(into).map_err(|error| tonic::Status::internal(error.to_string()))
    }
}

impl<Q, A: Message + Default> Decoder for Prost<Q, A> {
    type Item = A;
    type Error = tonic::Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<A>, tonic::Status> {
        A::decode(from).map(Some).map_err(|error| tonic::Status::internal(error.to_string()))
    }
}

/// A collection that others make.
#[derive(Clone, Default)]
pub struct Schema {
    pub fields: Vec<proto::FieldSchema>,
    pub dynamic: bool,
    pub partitions: Vec<&'static str>,
}

impl Schema {
    /// With an integer `id`, and a vector `v` of two floats.
    pub fn plain() -> Self {
        Self::default().with(primary("id", DataType::Int64)).with(sized("v", DataType::FloatVector, 2))
    }

    pub fn with(mut self, field: proto::FieldSchema) -> Self {
        self.fields.push(field);
        self
    }

    /// Rows can have keys that are no fields.
    pub fn dynamic(self) -> Self {
        Self { dynamic: true, ..self }
    }

    pub fn partitions(self, partitions: &[&'static str]) -> Self {
        Self { partitions: partitions.to_vec(), ..self }
    }

    /// Makes and loads it there.
    pub async fn make(&self, place: &Place) {
        let (client, collection_name) = (place.client(), place.collection.clone());
        let schema = proto::CollectionSchema {
            name: collection_name.clone(),
            fields: self.fields.clone(),
            enable_dynamic_field: self.dynamic,
            ..proto::CollectionSchema::default()
        };
        let request = proto::CreateCollectionRequest {
            collection_name: collection_name.clone(),
            schema: schema.encode_to_vec().into(),
            shards_num: 1,
            ..proto::CreateCollectionRequest::default()
        };
        client.done("CreateCollection", request).await;
        for partition in &self.partitions {
            let request = proto::CreatePartitionRequest {
                collection_name: collection_name.clone(),
                partition_name: (*partition).to_owned(),
                ..proto::CreatePartitionRequest::default()
            };
            client.done("CreatePartition", request).await;
        }
        for field in self.fields.iter().filter(|field| field.data_type >= DataType::BinaryVector as i32) {
            let (index, metric) = match field.data_type() {
                DataType::BinaryVector => ("BIN_FLAT", "HAMMING"),
                DataType::SparseFloatVector => ("SPARSE_INVERTED_INDEX", "IP"),
                _ => ("FLAT", "L2"),
            };
            let request = proto::CreateIndexRequest {
                collection_name: collection_name.clone(),
                field_name: field.name.clone(),
                extra_params: vec![pair("index_type", index), pair("metric_type", metric), pair("params", "{}")],
                index_name: field.name.clone(),
                ..proto::CreateIndexRequest::default()
            };
            client.done("CreateIndex", request).await;
        }
        let load = proto::LoadCollectionRequest {
            collection_name: collection_name.clone(),
            replica_number: 1,
            ..proto::LoadCollectionRequest::default()
        };
        client.done("LoadCollection", load).await;
        loop {
            let request = proto::GetLoadStateRequest {
                collection_name: collection_name.clone(),
                ..proto::GetLoadStateRequest::default()
            };
            let answer: proto::GetLoadStateResponse = client.ask("GetLoadState", request).await.unwrap();
            if answer.state() == proto::LoadState::Loaded {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }
}

fn pair(key: &str, value: &str) -> proto::KeyValue {
    proto::KeyValue { key: key.to_owned(), value: value.to_owned() }
}

/// A field of this type.
pub fn field(name: &str, data_type: DataType) -> proto::FieldSchema {
    let mut field =
        proto::FieldSchema { name: name.to_owned(), data_type: data_type.into(), ..proto::FieldSchema::default() };
    if data_type == DataType::VarChar {
        field.type_params.push(pair("max_length", "100"));
    }
    field
}

/// The primary key.
pub fn primary(name: &str, data_type: DataType) -> proto::FieldSchema {
    proto::FieldSchema { is_primary_key: true, ..field(name, data_type) }
}

/// The primary key, whose values the server makes.
pub fn auto(name: &str) -> proto::FieldSchema {
    proto::FieldSchema { auto_id: true, ..primary(name, DataType::Int64) }
}

/// A vector of so many dimensions.
pub fn sized(name: &str, data_type: DataType, dim: usize) -> proto::FieldSchema {
    let mut field = field(name, data_type);
    field.type_params.push(pair("dim", &dim.to_string()));
    field
}

/// Lists of at most `capacity` values.
pub fn list(name: &str, element: DataType, capacity: usize) -> proto::FieldSchema {
    let mut field = field(name, DataType::Array);
    field.element_type = element.into();
    field.type_params.push(pair("max_capacity", &capacity.to_string()));
    if element == DataType::VarChar {
        field.type_params.push(pair("max_length", "100"));
    }
    field
}

/// A field that can be null.
pub fn nullable(field: proto::FieldSchema) -> proto::FieldSchema {
    proto::FieldSchema { nullable: true, ..field }
}

/// A collection like this, on the server itself.
pub async fn real(what: &str, schema: &Schema) -> Place {
    let place = Place::real(what);
    schema.make(&place).await;
    place
}

/// The same on Milvus Lite.
pub async fn lite(what: &str, schema: &Schema) -> Place {
    let place = Place::lite(what);
    schema.make(&place).await;
    place
}

/// An integer with a default.
pub fn defaulted(name: &str, default: i64) -> proto::FieldSchema {
    let value = proto::ValueField { data: Some(proto::value_field::Data::LongData(default)) };
    proto::FieldSchema { default_value: Some(value), ..field(name, DataType::Int64) }
}

/// Whose `id` is not negative: these fields of these rows, by their ids.
pub async fn stored(place: &Place, fields: &[&str]) -> Vec<Json> {
    stored_in(place, "id >= 0", fields, &[]).await
}

/// These fields of the rows of these partitions for which this is true, in the order of their text.
pub async fn stored_in(place: &Place, expr: &str, fields: &[&str], partitions: &[&str]) -> Vec<Json> {
    let request = proto::QueryRequest {
        collection_name: place.collection.clone(),
        expr: expr.to_owned(),
        output_fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        partition_names: partitions.iter().map(|partition| (*partition).to_owned()).collect(),
        ..proto::QueryRequest::default()
    };
    let answer: proto::QueryResults = place.client().ask("Query", request).await.unwrap();
    let status = answer.status.unwrap_or_default();
    assert_eq!((status.code, status.legacy_code), (0, 0), "{}", status.reason);
    let mut rows: Vec<Map<String, Json>> = Vec::new();
    for column in answer.fields_data {
        let name = column.field_name.clone();
        for (row, value) in values(column).into_iter().enumerate() {
            if rows.len() <= row {
                rows.push(Map::new());
            }
            rows[row].insert(name.clone(), value);
        }
    }
    // A server can add the key, or name the dynamic field by nothing.
    let asked = |name: &str| fields.contains(&name) || (name.is_empty() && fields.contains(&"$meta"));
    let row = |row: Map<String, Json>| Json::Object(row.into_iter().filter(|(name, _)| asked(name)).collect());
    let mut rows: Vec<Json> = rows.into_iter().map(row).collect();
    rows.sort_by_key(|row| row.to_string());
    rows
}

/// How many rows there are, a key that is there twice counted twice.
pub async fn count(place: &Place) -> i64 {
    let rows = stored_in(place, "", &["count(*)"], &[]).await;
    rows[0]["count(*)"].as_i64().unwrap()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect()
}

fn values(column: proto::FieldData) -> Vec<Json> {
    let values = match column.field.unwrap() {
        Held::Scalars(scalars) => scalars.data.map(scalar).unwrap_or_default(),
        Held::Vectors(vectors) => {
            let dim = usize::try_from(vectors.dim).unwrap();
            let bytes = |bytes: &[u8], size: usize| bytes.chunks(size).map(|row| json!(row)).collect();
            match vectors.data.unwrap() {
                VectorData::FloatVector(all) => all.data.chunks(4 * dim).map(|row| json!(floats(row))).collect(),
                VectorData::BinaryVector(all) => bytes(&all, dim / 8),
                VectorData::Float16Vector(all) | VectorData::Bfloat16Vector(all) => bytes(&all, 2 * dim),
                VectorData::Int8Vector(all) => bytes(&all, dim),
                VectorData::SparseFloatVector(all) => all.contents.iter().map(|row| json!(row.to_vec())).collect(),
            }
        }
    };
    let valid = column.valid_data;
    if valid.is_empty() {
        return values;
    }
    let all = values.len() == valid.len();
    let mut values = values.into_iter();
    let mut value = |valid: &bool| match valid {
        true => values.next().unwrap(),
        false => {
            if all {
                values.next();
            }
            Json::Null
        }
    };
    valid.iter().map(&mut value).collect()
}

fn scalar(data: Data) -> Vec<Json> {
    fn all<T: Into<Json>>(values: Vec<T>) -> Vec<Json> {
        values.into_iter().map(Into::into).collect()
    }
    match data {
        Data::BoolData(values) => all(values.data),
        Data::IntData(values) => all(values.data),
        Data::LongData(values) => all(values.data),
        // As their bits, which JSON would not give back.
        Data::FloatData(values) => values.data.into_iter().map(|value| json!(value.to_bits())).collect(),
        Data::DoubleData(values) => values.data.into_iter().map(|value| json!(value.to_bits())).collect(),
        Data::StringData(values) => all(values.data),
        Data::TimestamptzData(values) => all(values.data),
        Data::GeometryWktData(values) => all(values.data),
        Data::JsonData(values) => values.data.iter().map(|text| serde_json::from_slice(text).unwrap()).collect(),
        Data::ArrayData(values) => {
            values.data.into_iter().map(|list| Json::Array(list.data.map(scalar).unwrap_or_default())).collect()
        }
        Data::BytesData(_) | Data::GeometryData(_) => panic!("bytes"),
    }
}
