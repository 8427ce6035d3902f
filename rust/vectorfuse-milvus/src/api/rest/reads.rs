//! Queries and searches.

use prost::Message as _;
use serde_json::Value;
use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::net::{Answer, Failure};

use super::columns::{self, Row};
use super::{Question, Rest, place, read, rows, wordless};
use crate::api::http::{Transport, data};
use crate::api::proto::ids::IdField;
use crate::api::proto::scalar_field::Data;
use crate::api::proto::{
    CollectionSchema, ConsistencyLevel, DataType, FieldData, FieldSchema, Ids, KeyValue, PlaceholderGroup,
    QueryRequest, QueryResults, SearchRequest, SearchResultData, SearchResults, field_data,
};
use crate::collection::DYNAMIC_FIELD;
use crate::expression;

const COUNT: &str = "count(*)";
/// Where the score of a row stands: in the place of a field of that name.
pub(crate) const DISTANCE: &str = "distance";

fn parameter<'a>(parameters: &'a [KeyValue], name: &str) -> Option<&'a str> {
    parameters.iter().find(|pair| pair.key == name).map(|pair| pair.value.as_str())
}

/// A whole number of a parameter; none is 0, which the server takes for none.
fn whole(parameters: &[KeyValue], name: &str) -> Result<Value> {
    let text = parameter(parameters, name).unwrap_or("0");
    let number: u32 = text.parse().map_err(|error| Error::internal("a request has no such number").caused_by(error))?;
    Ok(number.into())
}

fn level(level: ConsistencyLevel) -> Result<Value> {
    Ok(match level {
        ConsistencyLevel::Strong => "Strong",
        ConsistencyLevel::Session => "Session",
        ConsistencyLevel::Bounded => "Bounded",
        ConsistencyLevel::Eventually => "Eventually",
        ConsistencyLevel::Customized => return Err(wordless("reading of one moment")),
    }
    .into())
}

/// What reads of both kinds say alike.
fn body(
    (database, collection): (&str, &str),
    filter: &str,
    fields: &[String],
    partitions: &[String],
    consistency: ConsistencyLevel,
) -> Result<Value> {
    if fields.iter().any(|field| field == DYNAMIC_FIELD) {
        return Err(wordless("reading columns that are no fields of the collection (`$meta`)"));
    }
    let mut body = place(database, collection);
    body["filter"] = filter.into();
    body["outputFields"] = fields.into();
    body["partitionNames"] = partitions.into();
    body["consistencyLevel"] = level(consistency)?;
    Ok(body)
}

fn primary(schema: &CollectionSchema) -> Result<&FieldSchema> {
    let primary = schema.fields.iter().find(|field| field.is_primary_key);
    primary.ok_or_else(|| Error::internal("the server describes a collection without a primary key"))
}

/// The columns of these fields; of the key, if none are named.
fn fields(schema: &CollectionSchema, names: &[String], rows: &[Row<'_>]) -> Result<Vec<FieldData>> {
    let one = |name: &String| {
        if name == COUNT {
            return columns::longs(COUNT, rows);
        }
        let field = schema.fields.iter().find(|field| field.name == *name);
        columns::column(field.ok_or_else(|| crate::column::left_out(name))?, rows)
    };
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    if names.is_empty() {
        return Ok(vec![columns::column(primary(schema)?, rows)?]);
    }
    names.iter().map(one).collect()
}

fn query(request: &QueryRequest) -> Result<Question> {
    let QueryRequest { db_name, collection_name, expr, output_fields, partition_names, query_params, .. } = request;
    let place = (db_name.as_str(), collection_name.as_str());
    let mut body = body(place, expr, output_fields, partition_names, request.consistency_level())?;
    body["limit"] = whole(query_params, "limit")?;
    body["offset"] = whole(query_params, "offset")?;
    Ok(Question::new("entities/query", &body))
}

impl Rest for QueryRequest {
    type Kept = Self;

    fn question(&self) -> Result<(Question, Self)> {
        Ok((query(self)?, self.clone()))
    }

    async fn send(
        http: &Transport,
        question: &Question,
        kept: &Self,
        largest: usize,
    ) -> Result<Answer<QueryResults>, Failure> {
        let schema = http.schema(&kept.db_name, &kept.collection_name).await?;
        let body = http.post(question, largest).await?;
        let message = {
            let rows: Vec<Row<'_>> = read(data(&body)?)?;
            QueryResults { fields_data: fields(&schema, &kept.output_fields, &rows)?, ..QueryResults::default() }
        };
        if parameter(&kept.query_params, "iterator").is_some() {
            check_page(http, kept, &message, &primary(&schema)?.name).await?;
        }
        Ok(Answer { message, bytes: body.len() })
    }
}

/// Over HTTP nobody can ask for an iterator, whose pages end before a key that one of the server's parts may still lack. So
/// the rows up to the last key of a page are counted.
async fn check_page(
    http: &Transport,
    request: &QueryRequest,
    page: &QueryResults,
    primary: &str,
) -> Result<(), Failure> {
    let keys = crate::column::keys(page, primary)?;
    let Some(last) = keys.iter().max() else { return Ok(()) };
    let up_to = expression::not_after(primary, last);
    let expr = if request.expr.is_empty() { up_to } else { expression::both(&request.expr, &up_to) };
    let output_fields = vec![COUNT.to_owned()];
    let request = QueryRequest { expr, output_fields, query_params: Vec::new(), ..request.clone() };
    let body = http.post(&query(&request)?, usize::MAX).await?;
    let rows: Vec<Row<'_>> = read(data(&body)?)?;
    let count = columns::longs(COUNT, &rows)?;
    let count = match count.field {
        Some(field_data::Field::Scalars(scalars)) => match scalars.data {
            Some(Data::LongData(counts)) => counts.data.first().and_then(|count| usize::try_from(*count).ok()),
            _other => None,
        },
        Some(field_data::Field::Vectors(_)) | None => None,
    };
    if count == Some(keys.len()) {
        return Ok(());
    }
    Err(Failure::Error(Error::new(
        Kind::Unavailable,
        format!(
            "the server gave {} rows up to the key `{last}`, and counts {} there: others change them at this moment, or a key \
             has several rows, and over HTTP nobody can tell which: use `transport` = `grpc`",
            keys.len(),
            count.unwrap_or_default()
        ),
    )))
}

/// The vector that is searched for, in the form of its kind.
fn sought(group: &[u8]) -> Result<Value> {
    let group = PlaceholderGroup::decode(group);
    let group = group.map_err(|error| Error::internal("a search for no vector").caused_by(error))?;
    let mut placeholders = group.placeholders.into_iter();
    let (Some(one), None) = (placeholders.next(), placeholders.next()) else {
        return Err(Error::internal("a search for no vector, or for several"));
    };
    let kind = DataType::try_from(one.r#type).unwrap_or_default();
    let mut out = Vec::new();
    for vector in &one.values {
        match kind {
            DataType::FloatVector => rows::floats(&mut out, &crate::numbers::of_floats(vector))?,
            DataType::Int8Vector => rows::int8(&mut out, vector)?,
            DataType::SparseFloatVector => rows::sparse(&mut out, vector)?,
            _bytes => rows::base64(&mut out, vector)?,
        }
    }
    serde_json::from_slice(&out).map_err(|error| Error::internal("a vector can't be written").caused_by(error))
}

impl Rest for SearchRequest {
    type Kept = Self;

    fn question(&self) -> Result<(Question, Self)> {
        let Self { db_name, collection_name, dsl, output_fields, partition_names, search_params, .. } = self;
        if output_fields.iter().any(|field| field == DISTANCE) {
            return Err(wordless(&format!("a search that gives the field `{DISTANCE}`")));
        }
        let place = (db_name.as_str(), collection_name.as_str());
        let mut body = body(place, dsl, output_fields, partition_names, self.consistency_level())?;
        body["annsField"] = parameter(search_params, "anns_field").unwrap_or_default().into();
        body["data"] = vec![sought(&self.placeholder_group)?].into();
        body["limit"] = whole(search_params, "topk")?;
        body["offset"] = whole(search_params, "offset")?;
        let parameters: Value = serde_json::from_str(parameter(search_params, "params").unwrap_or("{}"))
            .map_err(|error| Error::internal("a search has no parameters").caused_by(error))?;
        body["searchParams"] = serde_json::json!({ "params": parameters });
        Ok((Question::new("entities/search", &body), self.clone()))
    }

    async fn send(
        http: &Transport,
        question: &Question,
        kept: &Self,
        largest: usize,
    ) -> Result<Answer<SearchResults>, Failure> {
        let schema = http.schema(&kept.db_name, &kept.collection_name).await?;
        let body = http.post(question, largest).await?;
        let rows: Vec<Row<'_>> = read(data(&body)?)?;
        let primary = primary(&schema)?;
        let ids = match columns::column(primary, &rows)?.field {
            Some(field_data::Field::Scalars(scalars)) => scalars.data,
            Some(field_data::Field::Vectors(_)) | None => None,
        };
        let ids = match ids {
            Some(Data::LongData(ids)) => IdField::IntId(ids),
            Some(Data::StringData(ids)) => IdField::StrId(ids),
            _other => return Err(Failure::Error(Error::internal("the server's keys are of no type that keys have"))),
        };
        let score = |row: &Row<'_>| {
            let text = row.get(DISTANCE).map(|score| score.get());
            text.and_then(|text| text.parse::<f32>().ok()).ok_or_else(|| crate::column::left_out(DISTANCE))
        };
        let results = SearchResultData {
            num_queries: 1,
            scores: rows.iter().map(score).collect::<Result<_>>()?,
            fields_data: fields(&schema, &kept.output_fields, &rows)?,
            ids: Some(Ids { id_field: Some(ids) }),
            ..SearchResultData::default()
        };
        Ok(Answer { message: SearchResults { results: Some(results), status: None }, bytes: body.len() })
    }
}
