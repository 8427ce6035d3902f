//! gRPC: one connection per endpoint and process, messages as bytes, every fault with its kind.
//!
//! Messages cross this module encoded: a request that is sent again is not encoded again, and its size is known. It leaves
//! from where it stands ([`Pieces`]), and an answer is decoded from the frames that it came in.
//! gzip is never offered: a store would then spend ten times the time on every answer.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Buf;
use http::uri::PathAndQuery;
use prost::Message;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::{AsciiMetadataKey, AsciiMetadataValue, MetadataMap};
use tonic::transport::Channel;
use tonic::{Code, Request, Status};

use super::body::Exchange;
use super::endpoint::{Endpoint, Mismatch, Protocol, Shared};
use super::pieces::Pieces;
use super::{Answer, Failure, Header, chain, refuse_twice, tls};
use crate::error::{Error, Kind, Result};
use crate::options::Options;
use crate::secret::Secret;

/// Bulk transfers fill a long pipe: HTTP/2's default window of 64 KiB would stop and wait for every one.
const STREAM_WINDOW: u32 = 8 * 1024 * 1024;
const CONNECTION_WINDOW: u32 = 32 * 1024 * 1024;
/// A store that can sends answers in frames of this size instead of 16 KiB, each of which is read and put together by itself.
const FRAME: u32 = 256 * 1024;
/// A peer that has gone without a word is noticed after these two.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) const USER_AGENT: &str = concat!("vectorfuse/", env!("CARGO_PKG_VERSION"));

static CHANNELS: Shared<Channel> = Shared::new();

/// A store's endpoint with what is sent to it each time.
#[derive(Clone)]
pub struct Connection {
    channel: Channel,
    headers: MetadataMap,
    timeout: Duration,
    endpoint: Endpoint,
}

impl Connection {
    /// The connection that the options describe, with these headers beside the options' own. Nothing is sent yet.
    pub fn open(options: &Options, default_port: u16, own: impl IntoIterator<Item = Header>) -> Result<Self> {
        let endpoint = Endpoint::of(options, default_port, false)?;
        let mut headers = MetadataMap::new();
        for Header { name, option, value } in own {
            refuse_twice(options, name, option)?;
            headers.insert(name, header_value(option, &value)?);
        }
        for (name, value) in &options.headers {
            let option = format!("header.{name}");
            let key = AsciiMetadataKey::from_bytes(name.as_bytes())
                .map_err(|_| Error::options(format!("option `{option}`: `{name}` can't be the name of a header")))?;
            headers.insert(key, header_value(&option, value)?);
        }
        let channel = CHANNELS.get(options, &endpoint, || channel(options, &endpoint))?;
        Ok(Self { channel, headers, timeout: options.named.timeout.duration(), endpoint })
    }

    /// Sends an encoded request and waits for the answer, once.
    pub async fn call<A: Message + Default>(
        &self,
        path: &'static str,
        request: Arc<Pieces>,
        largest_answer: usize,
    ) -> Result<Answer<A>, Failure> {
        let mut message = Request::new(());
        *message.metadata_mut() = self.headers.clone();
        let (exchange, answered) = Exchange::new(self.channel.clone(), request, largest_answer)?;
        let mut client = Grpc::new(exchange);
        let answer = tokio::time::timeout(self.timeout, async move {
            client.ready().await.map_err(|error| Status::from_error(Box::new(error)))?;
            client.unary(message, PathAndQuery::from_static(path), Elsewhere).await
        });
        match answer.await {
            Ok(Ok(_empty)) => {}
            // This code has no other source on our side; the store does not use it.
            Ok(Err(status)) if status.code() == Code::OutOfRange && largest_answer != usize::MAX => {
                return Err(Failure::TooLarge);
            }
            Ok(Err(status)) => return Err(Failure::Error(fault(&status).with("endpoint", self.endpoint.authority()))),
            Err(_) => {
                let error = Error::new(Kind::Unavailable, format!("no answer within {} s", self.timeout.as_secs_f64()));
                return Err(Failure::Error(error.with("endpoint", self.endpoint.authority())));
            }
        }
        let answer = answered.lock().unwrap_or_else(PoisonError::into_inner).take();
        let answer = answer.ok_or_else(|| Error::internal("the store's answer ended before its end"))?;
        let bytes = answer.remaining();
        let message = A::decode(answer)
            .map_err(|error| Failure::Error(Error::internal("the store's answer is no message").caused_by(error)))?;
        Ok(Answer { message, bytes })
    }

    /// What the endpoint speaks, after a call failed, if that is not what the url says.
    pub async fn mismatch(&self) -> Option<Mismatch> {
        self.endpoint.mismatch(Protocol::Grpc).await
    }
}

/// The store's end of a connection. Nothing is sent before the first call.
fn channel(options: &Options, endpoint: &Endpoint) -> Result<Channel> {
    let named = &options.named;
    let url = format!("{}://{}", endpoint.scheme(), endpoint.authority());
    let mut builder = tonic::transport::Endpoint::from_shared(url)
        .map_err(|error| Error::options("option `url`: it is no url").caused_by(error))?
        .connect_timeout(named.connect_timeout.duration())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_frame_size(FRAME)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
        .tcp_nodelay(true)
        .user_agent(USER_AGENT)
        .map_err(|error| Error::internal("the user agent is refused").caused_by(error))?;
    if !endpoint.plain {
        builder = builder.tls_config(tls::of_grpc(options)).map_err(tls::unusable)?;
    }
    Ok(builder.connect_lazy())
}

fn header_value(option: &str, secret: &Secret) -> Result<AsciiMetadataValue> {
    AsciiMetadataValue::try_from(secret.expose())
        .map_err(|_| Error::options(format!("option `{option}`: its value can't stand in a header")))
}

/// The error of a status: its kind, the store's words, and how long it asks to wait.
fn fault(status: &Status) -> Error {
    // A status with a cause was made on this side: the connection failed, whatever code that was given.
    if let Some(cause) = std::error::Error::source(status) {
        return Error::new(Kind::Unavailable, format!("the connection failed: {}", chain(cause)));
    }
    let kind = match status.code() {
        Code::Unauthenticated | Code::PermissionDenied => Kind::Denied,
        Code::NotFound => Kind::NotFound,
        Code::AlreadyExists => Kind::AlreadyExists,
        Code::InvalidArgument | Code::OutOfRange => Kind::Data,
        Code::ResourceExhausted => Kind::RateLimited,
        // A store that is not in the state that it takes to answer: its writes are locked for a backup, say, or a shard is
        // on its way to another node. No row is to blame.
        Code::FailedPrecondition => Kind::Unavailable,
        Code::Unavailable | Code::DeadlineExceeded | Code::Aborted | Code::Cancelled => Kind::Unavailable,
        Code::Unimplemented => Kind::Unsupported,
        Code::Ok | Code::Internal | Code::Unknown | Code::DataLoss => Kind::Internal,
    };
    let wait = status.metadata().get("retry-after").and_then(|wait| wait.to_str().ok());
    let wait = wait.and_then(|wait| wait.parse::<u64>().ok()).map(Duration::from_secs);
    Error::new(kind, format!("the store says: {}", status.message())).with("code", status.code()).retry_after(wait)
}

/// The codec of a call whose messages are no business of tonic's: [`Exchange`].
#[derive(Debug)]
struct Elsewhere;

impl Codec for Elsewhere {
    type Encode = ();
    type Decode = ();
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Elsewhere {
    type Item = ();
    type Error = Status;

    fn encode(&mut self, (): (), _: &mut EncodeBuf<'_>) -> Result<(), Status> {
        Ok(())
    }
}

impl Decoder for Elsewhere {
    type Item = ();
    type Error = Status;

    fn decode(&mut self, _: &mut DecodeBuf<'_>) -> Result<Option<()>, Status> {
        Ok(Some(()))
    }
}
