//! The requests whose answers are a few words.

use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::net::{Answer, Failure};

use super::{Question, Rest, Simple, named, place, read};
use crate::api::http::{self, Transport, data};
use crate::api::proto::{
    CreatePartitionRequest, DeleteRequest, DescribeIndexRequest, DescribeIndexResponse, DropCollectionRequest,
    GetCollectionStatisticsRequest, GetCollectionStatisticsResponse, GetLoadStateRequest, GetLoadStateResponse,
    GetVersionRequest, GetVersionResponse, IndexDescription, KeyValue, ListDatabasesRequest, ListDatabasesResponse,
    LoadState, MutationResult, ShowCollectionsRequest, ShowCollectionsResponse, ShowPartitionsRequest,
    ShowPartitionsResponse, Status,
};

impl Simple for ListDatabasesRequest {
    fn words(&self) -> Result<Question> {
        Ok(Question::new("databases/list", &json!({})))
    }

    fn answer(data: Option<&RawValue>) -> Result<ListDatabasesResponse> {
        Ok(ListDatabasesResponse { db_names: read(data)?, ..ListDatabasesResponse::default() })
    }
}

impl Simple for ShowCollectionsRequest {
    fn words(&self) -> Result<Question> {
        Ok(Question::new("collections/list", &json!({"dbName": self.db_name})))
    }

    fn answer(data: Option<&RawValue>) -> Result<ShowCollectionsResponse> {
        Ok(ShowCollectionsResponse { collection_names: read(data)?, ..ShowCollectionsResponse::default() })
    }
}

impl Simple for ShowPartitionsRequest {
    fn words(&self) -> Result<Question> {
        Ok(Question::new("partitions/list", &place(&self.db_name, &self.collection_name)))
    }

    fn answer(data: Option<&RawValue>) -> Result<ShowPartitionsResponse> {
        Ok(ShowPartitionsResponse { partition_names: read(data)?, ..ShowPartitionsResponse::default() })
    }
}

impl Simple for CreatePartitionRequest {
    fn words(&self) -> Result<Question> {
        let mut body = place(&self.db_name, &self.collection_name);
        body["partitionName"] = self.partition_name.as_str().into();
        Ok(Question::new("partitions/create", &body))
    }

    fn answer(_data: Option<&RawValue>) -> Result<Status> {
        Ok(Status::default())
    }
}

impl Simple for DropCollectionRequest {
    fn words(&self) -> Result<Question> {
        Ok(Question::new("collections/drop", &place(&self.db_name, &self.collection_name)))
    }

    fn answer(_data: Option<&RawValue>) -> Result<Status> {
        Ok(Status::default())
    }
}

impl Simple for GetCollectionStatisticsRequest {
    fn words(&self) -> Result<Question> {
        Ok(Question::new("collections/get_stats", &place(&self.db_name, &self.collection_name)))
    }

    fn answer(data: Option<&RawValue>) -> Result<GetCollectionStatisticsResponse> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Stats {
            row_count: i64,
        }
        let Stats { row_count } = read(data)?;
        let stats = vec![KeyValue { key: "row_count".to_owned(), value: row_count.to_string() }];
        Ok(GetCollectionStatisticsResponse { stats, ..GetCollectionStatisticsResponse::default() })
    }
}

impl Simple for GetLoadStateRequest {
    fn words(&self) -> Result<Question> {
        let mut body = place(&self.db_name, &self.collection_name);
        body["partitionNames"] = self.partition_names.clone().into();
        Ok(Question::new("collections/get_load_state", &body))
    }

    fn answer(data: Option<&RawValue>) -> Result<GetLoadStateResponse> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Loaded {
            load_state: String,
        }
        let Loaded { load_state } = read(data)?;
        let state = match load_state.as_str() {
            "LoadStateLoaded" => LoadState::Loaded,
            "LoadStateLoading" => LoadState::Loading,
            "LoadStateNotLoad" => LoadState::NotLoaded,
            "LoadStateNotExist" => LoadState::NotExist,
            other => return Err(Error::internal(format!("the server calls the state of a collection `{other}`"))),
        };
        Ok(GetLoadStateResponse { state: state.into(), ..GetLoadStateResponse::default() })
    }
}

impl Simple for DeleteRequest {
    fn words(&self) -> Result<Question> {
        let Self { db_name, collection_name, partition_name, .. } = self;
        let mut body =
            named(&[("dbName", db_name), ("collectionName", collection_name), ("partitionName", partition_name)]);
        body["filter"] = self.expr.as_str().into();
        Ok(Question::new("entities/delete", &body))
    }

    fn answer(_data: Option<&RawValue>) -> Result<MutationResult> {
        Ok(MutationResult::default())
    }
}

/// A level of consistency that no server has.
const NO_LEVEL: &str = "vectorfuse";
/// What such a level is to a server that looks at it: a parameter that is wrong.
const WRONG_PARAMETER: i32 = 1100;
/// The first version that looks at the level of a query. Whether it is a later one nobody tells.
const LEAST: &str = "2.5.12";

/// Nothing tells the version. But since 2.5.12 the level of consistency that a query wants counts; before, it is passed over,
/// and what was just written is not seen. So the first question wants a level that is none.
impl Rest for GetVersionRequest {
    type Kept = ();

    fn question(&self) -> Result<(Question, ())> {
        Ok((Question::new("entities/query", &json!({})), ()))
    }

    async fn send(
        http: &Transport,
        question: &Question,
        (): &(),
        largest: usize,
    ) -> Result<Answer<GetVersionResponse>, Failure> {
        let (database, collection) = http.place();
        let mut body = place(database, collection);
        body["filter"] = "".into();
        body["limit"] = 1.into();
        body["consistencyLevel"] = NO_LEVEL.into();
        let asked = http.post(&Question::new(question.path, &body), largest).await;
        let body = match asked {
            Err(Failure::Error(error)) => return Err(Failure::Error(http::absent(error))),
            answered => answered?,
        };
        let known =
            Answer { message: GetVersionResponse { version: LEAST.to_owned(), status: None }, bytes: body.len() };
        match data(&body) {
            Err(error) if error.context("code").and_then(|code| code.parse().ok()) == Some(WRONG_PARAMETER) => {
                Ok(known)
            }
            // What is not there has no level, and will not be read or written.
            Err(error) if error.kind() == Kind::NotFound => Ok(known),
            Err(error) if matches!(error.kind(), Kind::Denied | Kind::RateLimited) => Err(Failure::Error(error)),
            Ok(_) | Err(_) => Err(Failure::Error(Error::unsupported(format!(
                "`transport` = `http`: this server does not look at the consistency that a query over HTTP wants (Milvus does \
                 since {LEAST}), so what was just written would be missed: use `transport` = `grpc`"
            )))),
        }
    }
}

/// Lists the names of the indexes, and asks for each.
impl Rest for DescribeIndexRequest {
    type Kept = (String, String);

    fn question(&self) -> Result<(Question, Self::Kept)> {
        let question = Question::new("indexes/list", &place(&self.db_name, &self.collection_name));
        Ok((question, (self.db_name.clone(), self.collection_name.clone())))
    }

    async fn send(
        http: &Transport,
        question: &Question,
        (database, collection): &Self::Kept,
        largest: usize,
    ) -> Result<Answer<DescribeIndexResponse>, Failure> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Index {
            index_name: String,
            field_name: String,
            #[serde(default)]
            index_type: String,
            #[serde(default)]
            metric_type: String,
        }
        let body = http.post(question, largest).await?;
        let names: Vec<String> = read(data(&body)?)?;
        let (mut index_descriptions, mut bytes) = (Vec::with_capacity(names.len()), body.len());
        for name in names {
            let mut body = place(database, collection);
            body["indexName"] = name.into();
            let body = http.post(&Question::new("indexes/describe", &body), largest).await?;
            bytes += body.len();
            for index in read::<Vec<Index>>(data(&body)?)? {
                let params = [("index_type", index.index_type), ("metric_type", index.metric_type)];
                let params = params.into_iter().filter(|(_, value)| !value.is_empty());
                index_descriptions.push(IndexDescription {
                    index_name: index.index_name,
                    field_name: index.field_name,
                    params: params.map(|(key, value)| KeyValue { key: key.to_owned(), value }).collect(),
                    ..IndexDescription::default()
                });
            }
        }
        let message = DescribeIndexResponse { index_descriptions, ..DescribeIndexResponse::default() };
        Ok(Answer { message, bytes })
    }
}
