//! Milvus over HTTP: its RESTful API, version 2.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::Method;
use serde::Deserialize;
use serde_json::value::RawValue;
use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::net::endpoint::Mismatch;
use vectorfuse_core::net::http::{Connection, Request};
use vectorfuse_core::net::{Failure, Header};
use vectorfuse_core::options::Options;
use vectorfuse_core::secret::Secret;

use super::proto::{CollectionSchema, Status};
use super::rest::{self, Question};
use super::{credentials, grpc, status};

/// What stands before the path of each request.
const BASE: &str = "/v2/vectordb/";

/// A database and a collection in it.
type Place = (String, String);

/// A server, spoken to in JSON.
#[derive(Clone)]
pub(crate) struct Transport {
    connection: Connection,
    /// That of the options.
    place: Arc<Place>,
    /// What a collection's rows are made of, by which its answers are read.
    schemas: Arc<Mutex<HashMap<Place, Arc<CollectionSchema>>>>,
}

impl Transport {
    /// To the server that the options name. Nothing is sent yet.
    pub(super) fn open(options: &Options) -> Result<Self> {
        let bearer = |(option, text): (&'static str, String)| Header {
            name: "authorization",
            option,
            value: Secret::new(format!("Bearer {text}")),
        };
        let mut headers: Vec<Header> = credentials::of(options)?.map(bearer).into_iter().collect();
        // Else integers of 64 bits come as texts, which would do as well, but for their size.
        headers.push(Header { name: "accept-type-allow-int64", option: "transport", value: Secret::new("true") });
        // Else the server gives up after a time of its own.
        let seconds = options.named.timeout.duration().as_secs_f64().ceil();
        headers.push(Header { name: "request-timeout", option: "timeout", value: Secret::new(seconds.to_string()) });
        let place = (options.named.database.clone().unwrap_or_default(), options.collection()?.to_owned());
        Ok(Self {
            connection: Connection::open(options, grpc::PORT, headers, refusal)?,
            place: Arc::new(place),
            schemas: Arc::default(),
        })
    }

    /// The database and collection of the options.
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// Asks once. An answer larger than `largest` bytes is not taken; what stands in it [`data`] says.
    pub(super) async fn post(&self, question: &Question, largest: usize) -> Result<Bytes, Failure> {
        let path = format!("{BASE}{}", question.path);
        self.connection.call(Request { method: Method::POST, path, body: Some(question.body.clone()) }, largest).await
    }

    /// The schema of a collection, which is asked for once.
    pub(super) async fn schema(&self, database: &str, collection: &str) -> Result<Arc<CollectionSchema>, Failure> {
        let place = (database.to_owned(), collection.to_owned());
        let known = self.schemas.lock().unwrap_or_else(PoisonError::into_inner).get(&place).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let schema = Arc::new(rest::schema_of(self, database, collection).await?);
        self.schemas.lock().unwrap_or_else(PoisonError::into_inner).insert(place, Arc::clone(&schema));
        Ok(schema)
    }

    /// What is wrong with the url, after a request failed as if nobody answered; `None` if it may be right.
    pub(super) async fn wrong_url(&self) -> Option<Error> {
        let words = match self.connection.mismatch().await? {
            Mismatch::Grpc => {
                "the url answers gRPC, not HTTP: this server has no RESTful API there (Milvus Lite has none at all): leave \
                 `transport` at `grpc`"
            }
            Mismatch::Http => "the url's port does not speak HTTP",
            Mismatch::Tls => "the url's port speaks TLS: write `https://` instead of `http://`",
            Mismatch::Plain => "the url's port speaks no TLS: write `http://` instead of `https://`",
        };
        Some(Error::options(words))
    }
}

/// What every answer stands in.
#[derive(Deserialize)]
struct Envelope<'a> {
    code: i32,
    message: Option<String>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

/// What an answer says, unless it says that the request was not done.
pub(super) fn data(body: &[u8]) -> Result<Option<&RawValue>> {
    let Envelope { code, message, data } = serde_json::from_slice(body)
        .map_err(|error| Error::internal("the server's answer is none of Milvus's RESTful API").caused_by(error))?;
    // The first servers say 200, which is the code of an error, too.
    if code == 200 && data.is_some() {
        return Ok(data);
    }
    let reason = message.unwrap_or_default();
    status::check(Some(&Status { code, reason, ..Status::default() }))?;
    Ok(data)
}

/// A refusal by the code of HTTP has the same words.
fn refusal(body: &[u8]) -> Option<String> {
    serde_json::from_slice::<Envelope<'_>>(body).ok()?.message
}

/// Of the first request: a path that is not there means that the server has no such API.
pub(super) fn absent(error: Error) -> Error {
    if error.kind() != Kind::Options {
        return error;
    }
    Error::options(
        "the url has no RESTful API of Milvus, version 2 (`/v2/vectordb`): servers before 2.4 and Milvus Lite have none: \
         leave `transport` at `grpc`",
    )
    .caused_by(error)
}
