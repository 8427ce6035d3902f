//! Milvus over gRPC: messages travel encoded over our own connection, which knows their size.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::net::endpoint::Mismatch;
use vectorfuse_core::net::grpc::Connection;
use vectorfuse_core::net::pieces::Pieces;
use vectorfuse_core::net::{Answer, Failure, Header};
use vectorfuse_core::options::Options;
use vectorfuse_core::secret::Secret;

use super::LARGEST_REQUEST;
use super::calls::Call;
use super::credentials;

/// Milvus's port.
pub(super) const PORT: u16 = 19530;

/// A server, spoken to in gRPC.
#[derive(Clone)]
pub(crate) struct Transport {
    connection: Connection,
}

impl Transport {
    /// To the server that the options name. Nothing is sent yet.
    pub(crate) fn open(options: &Options) -> Result<Self> {
        // Without a scheme before it.
        let header = |(option, text): (&'static str, String)| Header {
            name: "authorization",
            option,
            value: Secret::new(STANDARD.encode(text)),
        };
        let mut headers: Vec<Header> = credentials::of(options)?.map(header).into_iter().collect();
        // Some requests have no field for the database.
        if let Some(database) = &options.named.database {
            headers.push(Header { name: "dbname", option: "database", value: Secret::new(database) });
        }
        Ok(Self { connection: Connection::open(options, PORT, headers)? })
    }

    /// Sends an encoded request once; an answer larger than `largest` bytes is not taken.
    pub(crate) async fn send<C: Call>(
        &self,
        request: Arc<Pieces>,
        largest: usize,
    ) -> Result<Answer<C::Answer>, Failure> {
        let bytes = request.size();
        match self.connection.call(C::METHOD, request, largest).await {
            // Milvus says in its answer that it wants fewer requests. In gRPC's own word the limit is that of a message.
            Err(Failure::Error(error)) if error.kind() == Kind::RateLimited && largest != usize::MAX => {
                Err(Failure::TooLarge)
            }
            Err(Failure::Error(error)) if error.kind() == Kind::RateLimited && bytes > LARGEST_REQUEST => {
                let words =
                    format!("the row makes a request of {bytes} bytes, which is more than the server takes at once");
                Err(Failure::Error(Error::data(words).caused_by(error)))
            }
            answer => answer,
        }
    }

    /// What is wrong with the url, after a request failed as if nobody answered; `None` if it may be right.
    pub(crate) async fn wrong_url(&self) -> Option<Error> {
        let words = match self.connection.mismatch().await? {
            Mismatch::Http => {
                "the url answers HTTP, not gRPC: give Milvus's own port (19530), not that of its web pages"
            }
            Mismatch::Grpc => "the url's port does not speak gRPC",
            Mismatch::Tls => "the url's port speaks TLS: write `https://` instead of `http://`",
            Mismatch::Plain => "the url's port speaks no TLS: write `http://` instead of `https://`",
        };
        Some(Error::options(words))
    }
}
