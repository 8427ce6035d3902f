//! Inserts and upserts.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::net::{Answer, Failure};

use super::{Question, Rest, place, read, rows, wordless};
use crate::api::http::{Transport, data};
use crate::api::proto::{FieldData, InsertRequest, MutationResult, UpsertRequest};

fn question(
    path: &'static str,
    (database, collection, partition): (&str, &str, &str),
    fields: &[FieldData],
    count: u32,
) -> Result<Question> {
    let mut head = place(database, collection);
    if !partition.is_empty() {
        head["partitionName"] = partition.into();
    }
    let mut body = head.to_string().into_bytes();
    // In place of the bracket that closes it.
    body.pop();
    body.extend(b",\"data\":");
    let count = usize::try_from(count).map_err(|_| Error::internal("too many rows in a request"))?;
    rows::append(&mut body, fields, count)?;
    body.push(b'}');
    Ok(Question { path, body: Bytes::from(body) })
}

/// How many rows the server has taken, and their keys, of which only the number counts here.
#[derive(Deserialize)]
struct Taken<'a> {
    #[serde(alias = "insertCount", alias = "upsertCount")]
    count: i64,
    #[serde(borrow, alias = "insertIds", alias = "upsertIds")]
    ids: Vec<&'a RawValue>,
}

/// The answer over HTTP names no row: either the server has taken all of them, or it says that it has taken none.
async fn send(http: &Transport, question: &Question, largest: usize) -> Result<(Vec<u32>, i64, usize), Failure> {
    let body = http.post(question, largest).await?;
    let Taken { count, ids } = read(data(&body)?)?;
    let places = u32::try_from(ids.len()).map_err(|_| Error::internal("the server names too many rows"))?;
    Ok(((0..places).collect(), count, body.len()))
}

impl Rest for InsertRequest {
    type Kept = ();

    fn question(&self) -> Result<(Question, ())> {
        let place = (self.db_name.as_str(), self.collection_name.as_str(), self.partition_name.as_str());
        Ok((question("entities/insert", place, &self.fields_data, self.num_rows)?, ()))
    }

    async fn send(
        http: &Transport,
        question: &Question,
        (): &(),
        largest: usize,
    ) -> Result<Answer<MutationResult>, Failure> {
        let (succ_index, insert_cnt, bytes) = send(http, question, largest).await?;
        Ok(Answer { message: MutationResult { succ_index, insert_cnt, ..MutationResult::default() }, bytes })
    }
}

impl Rest for UpsertRequest {
    type Kept = ();

    fn question(&self) -> Result<(Question, ())> {
        if self.partial_update {
            return Err(wordless("a partial update"));
        }
        let place = (self.db_name.as_str(), self.collection_name.as_str(), self.partition_name.as_str());
        Ok((question("entities/upsert", place, &self.fields_data, self.num_rows)?, ()))
    }

    async fn send(
        http: &Transport,
        question: &Question,
        (): &(),
        largest: usize,
    ) -> Result<Answer<MutationResult>, Failure> {
        let (succ_index, upsert_cnt, bytes) = send(http, question, largest).await?;
        Ok(Answer { message: MutationResult { succ_index, upsert_cnt, ..MutationResult::default() }, bytes })
    }
}
