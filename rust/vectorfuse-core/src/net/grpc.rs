//! gRPC: one connection per endpoint and process, messages as bytes, every fault with its kind.
//!
//! Messages cross this module encoded: a request that is sent again is not encoded again, and its size is known.
//! gzip is never offered: a store would then spend ten times the time on every answer.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use http::uri::PathAndQuery;
use prost::Message;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::{AsciiMetadataKey, AsciiMetadataValue, MetadataMap};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Request, Status};

use crate::error::{Error, Kind, Result};
use crate::options::Options;
use crate::secret::Secret;

/// Bulk transfers fill a long pipe: HTTP/2's default window of 64 KiB would stop and wait for every one.
const STREAM_WINDOW: u32 = 8 * 1024 * 1024;
const CONNECTION_WINDOW: u32 = 32 * 1024 * 1024;
/// A peer that has gone without a word is noticed after these two.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// A store's endpoint with what is sent to it each time.
#[derive(Clone)]
pub struct Connection {
    channel: Channel,
    headers: MetadataMap,
    timeout: Duration,
    authority: String,
    plain: bool,
}

/// An answer and its size on the wire.
#[derive(Debug)]
pub struct Answer<A> {
    /// The message.
    pub message: A,
    /// Its encoded size in bytes.
    pub bytes: usize,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Failure {
    /// The answer is larger than the limit of the call.
    TooLarge,
    /// Anything else.
    Error(Error),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::TooLarge => Error::data("the store's answer is too large"),
            Failure::Error(error) => error,
        }
    }
}

impl Connection {
    /// The connection that the options describe. `key_header` names the header of the API key. Nothing is sent yet.
    pub fn open(options: &Options, default_port: u16, key_header: &'static str) -> Result<Self> {
        let url = options.url(default_port)?;
        let (endpoint, authority, plain) = endpoint(options, &url, default_port)?;
        let mut headers = MetadataMap::new();
        if let Some(key) = &options.named.api_key {
            headers.insert(key_header, header_value("api_key", key)?);
        }
        for (name, value) in &options.headers {
            let option = format!("header.{name}");
            let key = AsciiMetadataKey::from_bytes(name.as_bytes())
                .map_err(|_| Error::options(format!("option `{option}`: `{name}` can't be the name of a header")))?;
            headers.insert(key, header_value(&option, value)?);
        }
        let channel = channel(options, &url, endpoint);
        Ok(Self { channel, headers, timeout: options.named.timeout.duration(), authority, plain })
    }

    /// Sends an encoded request and waits for the answer, once.
    pub async fn call<A: Message + Default>(
        &self,
        path: &'static str,
        request: Bytes,
        largest_answer: usize,
    ) -> Result<Answer<A>, Failure> {
        let mut message = Request::new(request);
        *message.metadata_mut() = self.headers.clone();
        let mut client = Grpc::new(self.channel.clone()).max_decoding_message_size(largest_answer);
        let answer = tokio::time::timeout(self.timeout, async move {
            client.ready().await.map_err(|error| Status::from_error(Box::new(error)))?;
            client.unary(message, PathAndQuery::from_static(path), BytesCodec).await
        });
        let answer = match answer.await {
            Ok(Ok(answer)) => answer.into_inner(),
            // With messages as bytes this code has no other source on our side; the store does not use it.
            Ok(Err(status)) if status.code() == Code::OutOfRange && largest_answer != usize::MAX => {
                return Err(Failure::TooLarge);
            }
            Ok(Err(status)) => return Err(Failure::Error(fault(&status).with("endpoint", &self.authority))),
            Err(_) => {
                let error = Error::new(Kind::Unavailable, format!("no answer within {} s", self.timeout.as_secs_f64()));
                return Err(Failure::Error(error.with("endpoint", &self.authority)));
            }
        };
        let bytes = answer.len();
        let message = A::decode(answer)
            .map_err(|error| Failure::Error(Error::internal("the store's answer is no message").caused_by(error)))?;
        Ok(Answer { message, bytes })
    }

    /// What the endpoint speaks, after a call failed, if that is not what the url says. Nothing secret is sent.
    pub async fn mismatch(&self) -> Option<Mismatch> {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let question = if self.plain {
            format!("GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.authority).into_bytes()
        } else {
            // RFC 9113, 3.4: how a client begins, with an empty SETTINGS frame.
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec()
        };
        let probe = async {
            let mut stream = tokio::net::TcpStream::connect(&self.authority).await?;
            stream.write_all(&question).await?;
            let mut start = [0_u8; 7];
            stream.read_exact(&mut start).await?;
            std::io::Result::Ok(start)
        };
        let start = tokio::time::timeout(Duration::from_secs(3), probe).await.ok()?.ok()?;
        match (self.plain, start) {
            (true, start) if &start == b"HTTP/1." => Some(Mismatch::Http1),
            // RFC 8446, 5.1: a record that holds an alert.
            (true, [21, 3, ..]) => Some(Mismatch::Tls),
            // RFC 9113, 4.1: a SETTINGS frame.
            (false, [0, 0, _, 4, ..]) => Some(Mismatch::Plain),
            (true | false, _) => None,
        }
    }
}

/// What an endpoint speaks that the url does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// HTTP/1: no gRPC port, but most likely the store's REST port.
    Http1,
    /// TLS, and the url is `http`.
    Tls,
    /// HTTP/2 without TLS, and the url is `https`.
    Plain,
}

/// What two users of one connection must have in common.
#[derive(PartialEq, Eq, Hash)]
struct ChannelKey {
    url: String,
    tls_ca: Option<String>,
    tls_identity: Option<(String, Secret)>,
    tls_server_name: Option<String>,
    connect_timeout: Duration,
}

/// One connection per endpoint and trust, for the whole process: requests of all tasks share it.
fn channel(options: &Options, url: &str, endpoint: Endpoint) -> Channel {
    static CHANNELS: OnceLock<Mutex<HashMap<ChannelKey, Channel>>> = OnceLock::new();
    let named = &options.named;
    let key = ChannelKey {
        url: url.to_owned(),
        tls_ca: named.tls_ca.clone(),
        tls_identity: named.tls_cert.clone().zip(named.tls_key.clone()),
        tls_server_name: named.tls_server_name.clone(),
        connect_timeout: named.connect_timeout.duration(),
    };
    let channels = CHANNELS.get_or_init(Mutex::default);
    let mut channels = channels.lock().unwrap_or_else(PoisonError::into_inner);
    channels.entry(key).or_insert_with(|| endpoint.connect_lazy()).clone()
}

fn endpoint(options: &Options, url: &str, default_port: u16) -> Result<(Endpoint, String, bool)> {
    let named = &options.named;
    let wrong = |what: &str| {
        Error::options(format!("option `url`: {what}; expected `http://host:{default_port}` or `https://…`"))
    };
    let uri: http::Uri = url.parse().map_err(|_| wrong("it is no url"))?;
    let plain = match uri.scheme_str() {
        Some("http") => true,
        Some("https") => false,
        Some(_) | None => return Err(wrong("it has no scheme `http` or `https`")),
    };
    let host = uri.host().filter(|host| !host.is_empty()).ok_or_else(|| wrong("it names no host"))?;
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(wrong("it holds a user or password, which belong into options of their own"));
    }
    if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
        return Err(wrong("gRPC knows no path behind the port"));
    }
    let port = match (uri.port_u16(), uri.authority().map_or("", http::uri::Authority::as_str)) {
        (Some(port), _) => port,
        (None, authority) if authority == host => default_port,
        (None, _) => return Err(wrong("its port is no number up to 65535")),
    };
    let authority = format!("{host}:{port}");
    let scheme = if plain { "http" } else { "https" };
    let endpoint = Endpoint::from_shared(format!("{scheme}://{authority}")).map_err(|_| wrong("it is no url"))?;
    let mut endpoint = endpoint
        .connect_timeout(named.connect_timeout.duration())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
        .tcp_nodelay(true)
        .user_agent(concat!("vectorfuse/", env!("CARGO_PKG_VERSION")))
        .map_err(|error| Error::internal("the user agent is refused").caused_by(error))?;
    if plain {
        if named.tls_ca.is_some() || named.tls_cert.is_some() || named.tls_server_name.is_some() {
            return Err(wrong("the `tls_…` options go with `https`"));
        }
    } else {
        endpoint = endpoint.tls_config(tls(options)).map_err(|error| {
            Error::options("the `tls_…` options can't be used: is each PEM text whole?").caused_by(error)
        })?;
    }
    Ok((endpoint, authority, plain))
}

fn tls(options: &Options) -> ClientTlsConfig {
    let named = &options.named;
    let mut tls = match &named.tls_ca {
        Some(ca) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(ca)),
        None => ClientTlsConfig::new().with_native_roots(),
    };
    if let (Some(cert), Some(key)) = (&named.tls_cert, &named.tls_key) {
        tls = tls.identity(Identity::from_pem(cert, key.expose()));
    }
    match &named.tls_server_name {
        Some(name) => tls.domain_name(name),
        None => tls,
    }
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
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => Kind::Data,
        Code::ResourceExhausted => Kind::RateLimited,
        Code::Unavailable | Code::DeadlineExceeded | Code::Aborted | Code::Cancelled => Kind::Unavailable,
        Code::Unimplemented => Kind::Unsupported,
        Code::Ok | Code::Internal | Code::Unknown | Code::DataLoss => Kind::Internal,
    };
    let wait = status.metadata().get("retry-after").and_then(|wait| wait.to_str().ok());
    let wait = wait.and_then(|wait| wait.parse::<u64>().ok()).map(Duration::from_secs);
    Error::new(kind, format!("the store says: {}", status.message())).with("code", status.code()).retry_after(wait)
}

/// The words of an error and of its causes, each once.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !words.contains(&text) {
            words = format!("{words}: {text}");
        }
        cause = error.source();
    }
    words
}

/// Messages that are encoded already.
#[derive(Clone, Copy, Debug)]
struct BytesCodec;

impl Codec for BytesCodec {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for BytesCodec {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put(message);
        Ok(())
    }
}

impl Decoder for BytesCodec {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}
