//! The words that our requests have in Milvus's RESTful API, version 2, and what its answers mean in the protocol's own.
//!
//! Only what is exact has words. A server that takes numbers for doubles, passes nulls over, or does not know a setting says
//! nothing of it, so what could meet that is refused: by [`wordless`], before anything is sent.

mod columns;
mod reads;
mod rows;
mod schema;
mod small;
mod writes;

use bytes::Bytes;
use serde_json::Value;
use serde_json::value::RawValue;
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::net::{Answer, Failure};

use super::calls::Call;
use super::http::{Transport, data};
use super::proto::{
    AllocTimestampRequest, AlterAliasRequest, AlterCollectionRequest, CreateAliasRequest, CreateCollectionRequest,
    CreateDatabaseRequest, CreateIndexRequest, LoadCollectionRequest, TruncateCollectionRequest,
};
pub(crate) use reads::DISTANCE;
pub(super) use schema::schema_of;

/// A request as HTTP has it.
pub(crate) struct Question {
    pub(super) path: &'static str,
    pub(super) body: Bytes,
}

impl Question {
    fn new(path: &'static str, body: &Value) -> Self {
        Self { path, body: Bytes::from(body.to_string()) }
    }
}

/// A request that HTTP has words for, or refuses.
pub(crate) trait Rest: Call {
    /// What of the request is needed to read its answer.
    type Kept: Send + Sync;

    /// The request, and what is kept of it.
    fn question(&self) -> Result<(Question, Self::Kept)>;

    /// Asks once, in one request or in several that change nothing.
    fn send(
        http: &Transport,
        question: &Question,
        kept: &Self::Kept,
        largest: usize,
    ) -> impl Future<Output = Result<Answer<Self::Answer>, Failure>> + Send;
}

/// A request of one question.
trait Simple: Call {
    fn words(&self) -> Result<Question>;
    fn answer(data: Option<&RawValue>) -> Result<Self::Answer>;
}

impl<C: Simple> Rest for C {
    type Kept = ();

    fn question(&self) -> Result<(Question, ())> {
        Ok((self.words()?, ()))
    }

    async fn send(
        http: &Transport,
        question: &Question,
        (): &(),
        largest: usize,
    ) -> Result<Answer<Self::Answer>, Failure> {
        let body = http.post(question, largest).await?;
        Ok(Answer { message: C::answer(data(&body)?)?, bytes: body.len() })
    }
}

/// The error of what HTTP has no exact words for.
pub(crate) fn wordless(what: &str) -> Error {
    Error::unsupported(format!("{what}: over HTTP Milvus can't do it exactly, or not at all: use `transport` = `grpc`"))
}

macro_rules! wordless {
    ($($request:ty: $what:literal;)*) => {
        $(impl Rest for $request {
            type Kept = ();

            fn question(&self) -> Result<(Question, ())> {
                Err(wordless($what))
            }

            async fn send(_: &Transport, _: &Question, (): &(), _: usize) -> Result<Answer<Self::Answer>, Failure> {
                Err(Failure::Error(wordless($what)))
            }
        })*
    };
}

wordless! {
    AllocTimestampRequest: "the server's clock";
    CreateDatabaseRequest: "making a database";
    CreateCollectionRequest: "making a collection";
    TruncateCollectionRequest: "emptying a collection at once";
    AlterCollectionRequest: "changing a collection's properties";
    LoadCollectionRequest: "loading a collection";
    CreateAliasRequest: "making an alias";
    AlterAliasRequest: "moving an alias";
    CreateIndexRequest: "making an index";
}

/// What a request names, each by its word: what is empty is left to the server, as the default.
fn named(names: &[(&str, &str)]) -> Value {
    let there = names.iter().filter(|(_, name)| !name.is_empty());
    Value::Object(there.map(|(word, name)| ((*word).to_owned(), (*name).into())).collect())
}

/// The database and collection that nearly every request names.
fn place(database: &str, collection: &str) -> Value {
    named(&[("dbName", database), ("collectionName", collection)])
}

/// What an answer must have.
fn read<'a, T: serde::Deserialize<'a>>(data: Option<&'a RawValue>) -> Result<T> {
    let text = data.map_or("null", RawValue::get);
    serde_json::from_str(text)
        .map_err(|error| Error::internal("the server's answer has not what was asked for").caused_by(error))
}
