//! HTTP/1.1: one client per endpoint and process, bodies as bytes, every fault with its kind.
//!
//! Proxies of the environment are used as other programs use them (`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`,
//! `NO_PROXY`). No redirect is followed: it would take the key to somebody else. gzip is never offered: a store would
//! then spend ten times the time on every answer.

use std::net::IpAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use http::{HeaderMap, Method, StatusCode};
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Response};

use super::endpoint::{Endpoint, Mismatch, Protocol, Shared};
use super::grpc::USER_AGENT;
use super::{Failure, Header, chain, refuse_twice, tls};
use crate::error::{Error, Kind, Result};
use crate::options::Options;
use crate::paging::LARGEST_PAGE_BYTES;
use crate::secret::Secret;

/// Shorter than servers keep an idle connection (actix: 5 s): a request is not sent into one that is being closed.
const IDLE: Duration = Duration::from_secs(4);

static CLIENTS: Shared<Client> = Shared::new();

/// A store's endpoint with what is sent to it each time.
#[derive(Clone)]
pub struct Connection {
    client: Client,
    headers: HeaderMap,
    timeout: Duration,
    endpoint: Endpoint,
    /// Scheme, host, port and prefix: what stands before each path.
    base: String,
    /// The proxy that requests go through, without its password.
    proxy: Option<String>,
    refusal: fn(&[u8]) -> Option<String>,
}

/// A request without what is the same for each.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path and what follows it, escaped.
    pub path: String,
    /// A JSON text.
    pub body: Option<Bytes>,
}

impl Connection {
    /// The connection that the options describe, with these headers beside the options' own; `refusal` finds the store's
    /// words in the body of a refusal. Nothing is sent yet.
    pub fn open(
        options: &Options,
        default_port: u16,
        own: impl IntoIterator<Item = Header>,
        refusal: fn(&[u8]) -> Option<String>,
    ) -> Result<Self> {
        let endpoint = Endpoint::of(options, default_port, true)?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for Header { name, option, value } in own {
            refuse_twice(options, name, option)?;
            headers.insert(name, header_value(option, &value)?);
        }
        for (name, value) in &options.headers {
            let option = format!("header.{name}");
            let key = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| Error::options(format!("option `{option}`: `{name}` can't be the name of a header")))?;
            headers.insert(key, header_value(&option, value)?);
        }
        let proxy = proxy(&endpoint)?;
        let host = match &options.named.tls_server_name {
            Some(name) => {
                named(name, &endpoint, proxy.as_deref())?;
                headers.insert(HOST, own_value(endpoint.authority())?);
                format!("{name}:{}", endpoint.port)
            }
            None => endpoint.authority(),
        };
        let base = format!("{}://{host}{}", endpoint.scheme(), endpoint.prefix);
        let client = CLIENTS.get(options, &endpoint, || client(options, &endpoint))?;
        let timeout = options.named.timeout.duration();
        Ok(Self { client, headers, timeout, endpoint, base, proxy, refusal })
    }

    /// Sends a request and waits for the answer's body, once.
    pub async fn call(&self, request: Request, largest_answer: usize) -> Result<Bytes, Failure> {
        let url = format!("{}{}", self.base, request.path);
        let mut builder = self.client.request(request.method, url).headers(self.headers.clone()).timeout(self.timeout);
        if let Some(body) = request.body {
            builder = builder.body(body);
        }
        let answer = builder.send().await.map_err(|error| self.broken(&error))?;
        if answer.status().is_success() {
            self.body(answer, largest_answer).await
        } else {
            Err(Failure::Error(self.refused(answer).await))
        }
    }

    /// What the endpoint speaks, after a call failed, if that is not what the options say.
    pub async fn mismatch(&self) -> Option<Mismatch> {
        match self.proxy {
            Some(_) => None,
            None => self.endpoint.mismatch(Protocol::Http).await,
        }
    }

    async fn body(&self, mut answer: Response, largest: usize) -> Result<Bytes, Failure> {
        let length = answer.content_length().map_or(0, |length| usize::try_from(length).unwrap_or(usize::MAX));
        if length > largest {
            return Err(Failure::TooLarge);
        }
        // So that it need not move while it grows; more than a page has is not taken on the word of a header.
        let mut body = BytesMut::with_capacity(length.min(LARGEST_PAGE_BYTES));
        while let Some(piece) = answer.chunk().await.map_err(|error| self.broken(&error))? {
            if body.len() + piece.len() > largest {
                return Err(Failure::TooLarge);
            }
            body.extend_from_slice(&piece);
        }
        Ok(body.freeze())
    }

    /// The error of a request that has no answer.
    fn broken(&self, error: &reqwest::Error) -> Failure {
        let words = match &self.proxy {
            _ if error.is_timeout() => format!("no answer within {} s", self.timeout.as_secs_f64()),
            Some(_) => format!("the connection through the proxy of the environment failed: {}", self.causes(error)),
            None => format!("the connection failed: {}", self.causes(error)),
        };
        Failure::Error(self.place(Error::new(Kind::Unavailable, words)))
    }

    /// Below reqwest's own words, which say the url over again.
    fn causes(&self, error: &reqwest::Error) -> String {
        std::error::Error::source(error).map_or_else(|| error.to_string(), chain)
    }

    /// The error of an answer that is a refusal: its kind, the store's words, and how long it asks to wait.
    async fn refused(&self, answer: Response) -> Error {
        /// Refusals are short; whatever else comes with such a code is not read to its end.
        const LONGEST: usize = 64 * 1024;
        let status = answer.status();
        let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let wait = header(RETRY_AFTER).and_then(|wait| wait.parse::<u64>().ok()).map(Duration::from_secs);
        let elsewhere = header(LOCATION).map(str::to_owned);
        let body = self.body(answer, LONGEST).await.unwrap_or_default();
        let error = match (elsewhere, (self.refusal)(&body)) {
            (Some(elsewhere), _) if status.is_redirection() => {
                Error::options(format!("the url leads on to `{elsewhere}`: give that one, if it is the store's"))
            }
            (_, Some(words)) => Error::new(kind(status), format!("the store says: {words}")),
            // A store gives its reason with this code; who gives none is somebody else.
            (_, None) if status == StatusCode::NOT_FOUND => {
                Error::options("the store is not at the url: something else answers there; are port and path right?")
            }
            (_, None) if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                Error::new(Kind::Denied, "the proxy of the environment wants a user and password")
            }
            (_, None) => Error::new(kind(status), "the answer is a refusal without the store's words"),
        };
        self.place(error.with("code", status.as_u16()).retry_after(wait))
    }

    fn place(&self, error: Error) -> Error {
        let error = error.with("endpoint", self.endpoint.authority());
        match &self.proxy {
            Some(proxy) => error.with("proxy", proxy),
            None => error,
        }
    }
}

fn kind(status: StatusCode) -> Kind {
    match status.as_u16() {
        401 | 403 | 407 => Kind::Denied,
        404 | 410 => Kind::NotFound,
        409 => Kind::AlreadyExists,
        429 => Kind::RateLimited,
        408 | 425 | 502..=504 => Kind::Unavailable,
        405 | 501 => Kind::Unsupported,
        400..=499 => Kind::Data,
        _ => Kind::Internal,
    }
}

fn client(options: &Options, endpoint: &Endpoint) -> Result<Client> {
    let mut builder = Client::builder()
        .http1_only()
        .connect_timeout(options.named.connect_timeout.duration())
        .pool_idle_timeout(IDLE)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .tcp_nodelay(true)
        .user_agent(USER_AGENT)
        // For a plain url too: the way to a proxy may be encrypted.
        .tls_backend_preconfigured(tls::of_http(options)?);
    if options.named.tls_server_name.is_some() {
        builder = builder.dns_resolver(Elsewhere { host: endpoint.host.clone() });
    }
    builder.build().map_err(|error| Error::internal("the HTTP client can't be made").caused_by(error))
}

/// With another name for the certificate, requests are addressed to that name and sent to the url's host.
struct Elsewhere {
    host: String,
}

impl Resolve for Elsewhere {
    fn resolve(&self, _: Name) -> Resolving {
        let host = self.host.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(Box::new(found.collect::<Vec<_>>().into_iter()) as Addrs)
        })
    }
}

/// Whether the certificate's name can be another one than the url's host.
fn named(name: &str, endpoint: &Endpoint, proxy: Option<&str>) -> Result<()> {
    let wrong = |what: &str| Err(Error::options(format!("option `tls_server_name`: {what}")));
    if proxy.is_some() {
        return wrong("over HTTP it can't go with the proxy of the environment, which finds the server by that name");
    }
    if name.parse::<IpAddr>().is_ok() && *name != endpoint.host {
        return wrong("over HTTP it must be a name, no address");
    }
    if name.parse::<http::uri::Authority>().is_ok_and(|authority| authority.host() == name) {
        return Ok(());
    }
    wrong("it is no host's name")
}

/// The environment's proxy for this endpoint, without its password.
fn proxy(endpoint: &Endpoint) -> Result<Option<String>> {
    let url = format!("{}://{}/", endpoint.scheme(), endpoint.authority());
    let url = url.parse().map_err(|error| Error::options("option `url`: it is no url").caused_by(error))?;
    let found = Matcher::from_env().intercept(&url);
    Ok(found.and_then(|proxy| {
        let uri = proxy.uri();
        Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?.as_str().rsplit('@').next()?))
    }))
}

fn header_value(option: &str, secret: &Secret) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(secret.expose())
        .map_err(|_| Error::options(format!("option `{option}`: its value can't stand in a header")))?;
    value.set_sensitive(true);
    Ok(value)
}

fn own_value(text: String) -> Result<HeaderValue> {
    HeaderValue::try_from(text).map_err(|error| Error::options("option `url`: it is no url").caused_by(error))
}
