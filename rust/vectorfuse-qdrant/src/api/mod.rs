//! What is asked of a Qdrant server: one method per request that we use, each with its retries, whatever carries it.
//!
//! Messages are those of the crate `qdrant-client`. Requests stand in [`collections`], [`changes`] and [`reads`], by what
//! they are about; a transport is a file beside them.

mod calls;
mod changes;
mod collections;
mod grpc;
mod http;
mod json;
mod reads;
mod transport;

use std::sync::Arc;

use qdrant_client::qdrant::{HealthCheckReply, HealthCheckRequest};
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::metrics::Metrics;
use vectorfuse_core::net::{Answer, Failure};
use vectorfuse_core::options::Options;
use vectorfuse_core::retry::RetryPolicy;

use self::json::Rest;
pub(crate) use self::json::{check_said, size as json_size};
pub(crate) use self::reads::Wanted;
pub(crate) use self::transport::largest_request;
use self::transport::{Encoded, Transport};

/// Answers other than pages of points are small; the server sets no bound of its own.
const UNBOUNDED: usize = usize::MAX;

/// One collection of a server.
#[derive(Clone)]
pub(crate) struct Api {
    transport: Transport,
    retry: RetryPolicy,
    metrics: Arc<Metrics>,
    collection: Arc<str>,
}

impl Api {
    /// Of the server and collection that the options name. Nothing is sent yet.
    pub(crate) fn open(options: &Options, metrics: Arc<Metrics>) -> Result<Self> {
        let collection = options.collection()?;
        let transport = Transport::open(options)?;
        Ok(Self { transport, retry: options.retry_policy(), metrics, collection: collection.into() })
    }

    /// The collection's name.
    pub(crate) fn collection(&self) -> &str {
        &self.collection
    }

    /// Counts the time that the server says it worked, in seconds.
    pub(crate) fn add_server_time(&self, seconds: f64) {
        self.metrics.add_server_time(seconds);
    }

    /// The server's version, as major and minor number. The first question of every job: its errors say whether the
    /// url is one of a gRPC port at all.
    pub(crate) async fn version(&self) -> Result<(u32, u32)> {
        let reply: HealthCheckReply = match self.ask(&HealthCheckRequest {}).await {
            Ok(reply) => reply,
            Err(error) if error.kind().is_retryable() => {
                return Err(match self.transport.wrong_url().await {
                    Some(wrong) => self.place(wrong.caused_by(error)),
                    None => error,
                });
            }
            Err(error) => return Err(error),
        };
        let mut numbers = reply.version.split(['.', '-']).map(|part| part.parse::<u32>());
        match (numbers.next(), numbers.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => Ok((major, minor)),
            _ => Err(self.place(Error::internal(format!("the server says that its version is `{}`", reply.version)))),
        }
    }

    /// The same server's collection of another name.
    pub(crate) fn at(&self, collection: &str) -> Self {
        Self { collection: collection.into(), ..self.clone() }
    }

    fn encode<C: Rest>(&self, request: &C) -> Result<Encoded> {
        self.transport.encode(request).map_err(|error| self.place(error))
    }

    async fn ask<C: Rest>(&self, request: &C) -> Result<C::Answer> {
        let encoded = self.encode(request)?;
        match self.send::<C>(&encoded, UNBOUNDED).await? {
            Some(answer) => Ok(answer.message),
            None => Err(self.place(Error::internal("an answer without a bound was too large"))),
        }
    }

    /// With retries; `Ok(None)` if the answer is larger than `largest` bytes.
    async fn send<C: Rest>(&self, request: &Encoded, largest: usize) -> Result<Option<Answer<C::Answer>>> {
        let attempt = || async {
            match self.once::<C>(request.clone(), largest).await {
                Ok(answer) => Ok(Some(answer)),
                Err(Failure::TooLarge) => Ok(None),
                Err(Failure::Error(error)) => Err(error),
            }
        };
        self.retry.run(&self.metrics, attempt).await.map_err(|error| self.place(error))
    }

    async fn once<C: Rest>(&self, request: Encoded, largest: usize) -> Result<Answer<C::Answer>, Failure> {
        self.metrics.add_request();
        self.transport.send::<C>(request, largest).await
    }

    fn place(&self, error: Error) -> Error {
        error.with("store", "qdrant").with("collection", &self.collection)
    }
}
