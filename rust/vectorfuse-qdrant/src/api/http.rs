//! Qdrant over its REST API.

use bytes::Bytes;
use serde::Deserialize;
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::net::endpoint::Mismatch;
use vectorfuse_core::net::http::{Connection, Request};
use vectorfuse_core::net::{Answer, Failure, Header};
use vectorfuse_core::options::Options;

use super::grpc;
use super::json::Rest;

/// Qdrant's REST port.
pub(super) const PORT: u16 = 6333;

/// The largest body that a server reads, unless it is set up otherwise.
pub(super) const LARGEST_REQUEST: usize = 32 * 1024 * 1024;

/// A request as it goes over the wire.
#[derive(Clone)]
pub(crate) struct Encoded(Request);

impl Encoded {
    /// The size of the body in bytes.
    pub(crate) fn len(&self) -> usize {
        self.0.body.as_ref().map_or(0, Bytes::len)
    }
}

/// A server, spoken to in JSON.
#[derive(Clone)]
pub(crate) struct Transport {
    connection: Connection,
}

impl Transport {
    /// To the server that the options name. Nothing is sent yet.
    pub(crate) fn open(options: &Options) -> Result<Self> {
        Ok(Self { connection: Connection::open(options, PORT, Header::api_key("api-key", options), refusal)? })
    }

    /// The request in JSON.
    pub(crate) fn encode<C: Rest>(request: &C) -> Result<Encoded> {
        let question = request.question()?;
        let body = question.body.map(Bytes::from);
        Ok(Encoded(Request { method: question.method, path: question.path, body }))
    }

    /// Sends a request once; an answer larger than `largest` bytes is not taken.
    pub(crate) async fn send<C: Rest>(&self, request: Encoded, largest: usize) -> Result<Answer<C::Answer>, Failure> {
        let body = self.connection.call(request.0, largest).await?;
        Ok(Answer { message: C::answer(&body)?, bytes: body.len() })
    }

    /// What is wrong with the url, after a request failed as if nobody answered; `None` if it may be right.
    pub(crate) async fn wrong_url(&self) -> Option<Error> {
        let words = match self.connection.mismatch().await? {
            Mismatch::Grpc => format!(
                "the url answers gRPC, not HTTP: it is most likely Qdrant's gRPC port ({}); give the REST port ({PORT}), \
                 or leave `transport` at `grpc`",
                grpc::PORT
            ),
            Mismatch::Http => "the url's port does not speak HTTP".to_owned(),
            Mismatch::Tls => "the url's port speaks TLS: write `https://` instead of `http://`".to_owned(),
            Mismatch::Plain => "the url's port speaks no TLS: write `http://` instead of `https://`".to_owned(),
        };
        Some(Error::options(words))
    }
}

/// What a refusal stands in.
#[derive(Deserialize)]
struct Refusal {
    status: Reason,
}

#[derive(Deserialize)]
struct Reason {
    error: String,
}

/// The server's own words: in JSON, or, about keys, plain.
fn refusal(body: &[u8]) -> Option<String> {
    /// As long as its refusals of keys may be.
    const PLAIN: usize = 200;
    if let Ok(refusal) = serde_json::from_slice::<Refusal>(body) {
        return Some(refusal.status.error);
    }
    let text = std::str::from_utf8(body).ok()?.trim();
    (!text.is_empty() && text.len() <= PLAIN && !text.starts_with(['<', '{'])).then(|| text.to_owned())
}
