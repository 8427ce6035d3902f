//! Inserts and upserts.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use vectorfuse_core::error::{Error, Result};

use super::{Question, Simple, named, read, rows, wordless};
use crate::api::proto::{FieldData, InsertRequest, MutationResult, UpsertRequest};

fn question(
    path: &'static str,
    [database, collection, partition]: [&str; 3],
    fields: &[FieldData],
    count: u32,
) -> Result<Question> {
    let head = named(&[("dbName", database), ("collectionName", collection), ("partitionName", partition)]);
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
fn taken(data: Option<&RawValue>) -> Result<(Vec<u32>, i64)> {
    let Taken { count, ids } = read(data)?;
    let places = u32::try_from(ids.len()).map_err(|_| Error::internal("the server names too many rows"))?;
    Ok(((0..places).collect(), count))
}

impl Simple for InsertRequest {
    fn words(&self) -> Result<Question> {
        let place = [&*self.db_name, &*self.collection_name, &*self.partition_name];
        question("entities/insert", place, &self.fields_data, self.num_rows)
    }

    fn answer(data: Option<&RawValue>) -> Result<MutationResult> {
        let (succ_index, insert_cnt) = taken(data)?;
        Ok(MutationResult { succ_index, insert_cnt, ..MutationResult::default() })
    }
}

impl Simple for UpsertRequest {
    fn words(&self) -> Result<Question> {
        if self.partial_update {
            return Err(wordless("a partial update"));
        }
        let place = [&*self.db_name, &*self.collection_name, &*self.partition_name];
        question("entities/upsert", place, &self.fields_data, self.num_rows)
    }

    fn answer(data: Option<&RawValue>) -> Result<MutationResult> {
        let (succ_index, upsert_cnt) = taken(data)?;
        Ok(MutationResult { succ_index, upsert_cnt, ..MutationResult::default() })
    }
}
