//! The description of a collection.

use serde::Deserialize;
use serde_json::value::RawValue;
use vectorfuse_core::error::{Kind, Result};
use vectorfuse_core::net::{Answer, Failure};

use super::{Question, Rest, named, place, read};
use crate::api::http::{Transport, data};
use crate::api::proto::value_field::Data;
use crate::api::proto::{
    CollectionSchema, ConsistencyLevel, DataType, DescribeCollectionRequest, DescribeCollectionResponse, FieldSchema,
    KeyValue, ValueField,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described<'a> {
    collection_name: String,
    #[serde(default, rename = "collectionID")]
    collection_id: i64,
    #[serde(borrow)]
    fields: Vec<Field<'a>>,
    #[serde(default)]
    enable_dynamic_field: bool,
    #[serde(default)]
    shards_num: i32,
    #[serde(default)]
    consistency_level: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    properties: Vec<Pair>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Field<'a> {
    name: String,
    r#type: String,
    #[serde(default)]
    element_type: String,
    #[serde(default)]
    primary_key: bool,
    #[serde(default)]
    partition_key: bool,
    #[serde(default)]
    auto_id: bool,
    #[serde(default)]
    nullable: bool,
    #[serde(default)]
    is_function_output: bool,
    #[serde(default)]
    description: String,
    #[serde(default, borrow)]
    default_value: Option<&'a RawValue>,
    #[serde(default)]
    params: Vec<Pair>,
}

#[derive(Deserialize)]
struct Pair {
    key: String,
    value: String,
}

impl From<Pair> for KeyValue {
    fn from(Pair { key, value }: Pair) -> Self {
        Self { key, value }
    }
}

impl Field<'_> {
    fn schema(self) -> FieldSchema {
        FieldSchema {
            data_type: data_type(&self.r#type).into(),
            element_type: data_type(&self.element_type).into(),
            is_primary_key: self.primary_key,
            is_partition_key: self.partition_key,
            auto_id: self.auto_id,
            nullable: self.nullable,
            is_function_output: self.is_function_output,
            description: self.description,
            // That there is one matters, not which.
            default_value: self.default_value.map(|_| ValueField { data: Some(Data::BoolData(false)) }),
            type_params: self.params.into_iter().map(KeyValue::from).collect(),
            name: self.name,
            ..FieldSchema::default()
        }
    }
}

/// By the name that the protocol has for it; none, if there is none or it is not known.
fn data_type(name: &str) -> DataType {
    match name {
        "Bool" => DataType::Bool,
        "Int8" => DataType::Int8,
        "Int16" => DataType::Int16,
        "Int32" => DataType::Int32,
        "Int64" => DataType::Int64,
        "Float" => DataType::Float,
        "Double" => DataType::Double,
        "String" => DataType::String,
        "VarChar" => DataType::VarChar,
        "Array" => DataType::Array,
        "JSON" => DataType::Json,
        "Geometry" => DataType::Geometry,
        "Text" => DataType::Text,
        "Timestamptz" => DataType::Timestamptz,
        "BinaryVector" => DataType::BinaryVector,
        "FloatVector" => DataType::FloatVector,
        "Float16Vector" => DataType::Float16Vector,
        "BFloat16Vector" => DataType::Bfloat16Vector,
        "SparseFloatVector" => DataType::SparseFloatVector,
        "Int8Vector" => DataType::Int8Vector,
        _unknown => DataType::None,
    }
}

/// Asks what a collection is, and then whether its name is an alias, which the first answer does not tell.
impl Rest for DescribeCollectionRequest {
    type Kept = (String, String);

    fn question(&self) -> Result<(Question, Self::Kept)> {
        let question = Question::new("collections/describe", &place(&self.db_name, &self.collection_name));
        Ok((question, (self.db_name.clone(), self.collection_name.clone())))
    }

    async fn send(
        http: &Transport,
        question: &Question,
        (database, name): &Self::Kept,
        largest: usize,
    ) -> Result<Answer<DescribeCollectionResponse>, Failure> {
        let body = http.post(question, largest).await?;
        let described: Described<'_> = read(data(&body)?)?;
        let schema = CollectionSchema {
            name: behind(http, database, name).await?.unwrap_or(described.collection_name),
            fields: described.fields.into_iter().map(Field::schema).collect(),
            enable_dynamic_field: described.enable_dynamic_field,
            ..CollectionSchema::default()
        };
        let level = match described.consistency_level.as_str() {
            "Strong" => ConsistencyLevel::Strong,
            "Session" => ConsistencyLevel::Session,
            "Eventually" => ConsistencyLevel::Eventually,
            _bounded => ConsistencyLevel::Bounded,
        };
        let message = DescribeCollectionResponse {
            collection_name: name.clone(),
            collection_id: described.collection_id,
            schema: Some(schema),
            shards_num: described.shards_num,
            aliases: described.aliases,
            consistency_level: level.into(),
            properties: described.properties.into_iter().map(KeyValue::from).collect(),
            ..DescribeCollectionResponse::default()
        };
        Ok(Answer { message, bytes: body.len() })
    }
}

/// The collection behind an alias; `None` if the name is none.
async fn behind(http: &Transport, database: &str, name: &str) -> Result<Option<String>, Failure> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Alias {
        collection_name: String,
    }
    let question = Question::new("aliases/describe", &named(&[("dbName", database), ("aliasName", name)]));
    let body = http.post(&question, usize::MAX).await?;
    match data(&body) {
        Ok(found) => Ok(Some(read::<Alias>(found)?.collection_name)),
        Err(error) if error.kind() == Kind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What a collection's rows are made of.
pub(crate) async fn schema_of(http: &Transport, database: &str, collection: &str) -> Result<CollectionSchema, Failure> {
    let request = DescribeCollectionRequest { db_name: database.to_owned(), collection_name: collection.to_owned() };
    let (question, kept) = request.question()?;
    let answer = DescribeCollectionRequest::send(http, &question, &kept, usize::MAX).await?;
    Ok(answer.message.schema.unwrap_or_default())
}
