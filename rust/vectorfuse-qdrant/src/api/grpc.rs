//! Qdrant over gRPC: messages travel encoded over our own connection, which knows their size.

use std::sync::Arc;

use prost::Message;
use qdrant_client::qdrant::UpsertPoints;
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::net::endpoint::Mismatch;
use vectorfuse_core::net::grpc::Connection;
use vectorfuse_core::net::pieces::Pieces;
use vectorfuse_core::net::{Answer, Failure, Header};
use vectorfuse_core::options::Options;

use super::calls::Call;
use super::http;

/// Qdrant's gRPC port.
pub(super) const PORT: u16 = 6334;

/// A request as it goes over the wire.
#[derive(Clone)]
pub(crate) struct Encoded {
    method: &'static str,
    body: Arc<Pieces>,
}

impl Encoded {
    pub(super) fn upsert(upsert: Pieces) -> Self {
        Self { method: UpsertPoints::METHOD, body: Arc::new(upsert) }
    }

    /// The size of the body in bytes.
    pub(crate) fn len(&self) -> usize {
        self.body.size()
    }
}

/// A server, spoken to in gRPC.
#[derive(Clone)]
pub(crate) struct Transport {
    connection: Connection,
}

impl Transport {
    /// To the server that the options name. Nothing is sent yet.
    pub(crate) fn open(options: &Options) -> Result<Self> {
        Ok(Self { connection: Connection::open(options, PORT, Header::api_key("api-key", options))? })
    }

    /// The request as it goes over the wire, as often as it must.
    pub(crate) fn encode<C: Call>(request: &C) -> Encoded {
        Encoded { method: C::METHOD, body: Arc::new(request.encode_to_vec().into()) }
    }

    /// Sends a request once; an answer larger than `largest` bytes is not taken.
    pub(crate) async fn send<A: Message + Default>(
        &self,
        request: Encoded,
        largest: usize,
    ) -> Result<Answer<A>, Failure> {
        self.connection.call(request.method, request.body, largest).await
    }

    /// What is wrong with the url, after a request failed as if nobody answered; `None` if it may be right.
    pub(crate) async fn wrong_url(&self) -> Option<Error> {
        let words = match self.connection.mismatch().await? {
            Mismatch::Http => format!(
                "the url answers HTTP, not gRPC: it is most likely Qdrant's REST port ({}); give the gRPC port ({PORT}), \
                 or say `transport` `http`",
                http::PORT
            ),
            Mismatch::Grpc => "the url's port does not speak gRPC".to_owned(),
            Mismatch::Tls => "the url's port speaks TLS: write `https://` instead of `http://`".to_owned(),
            Mismatch::Plain => "the url's port speaks no TLS: write `http://` instead of `https://`".to_owned(),
        };
        Some(Error::options(words))
    }
}
