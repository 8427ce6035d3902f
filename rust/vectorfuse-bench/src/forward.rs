//! Passes a call on to the real server: collections, indexes, versions and whatever else is not moved in bulk.

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::Fault;
use crate::reply::Reply;

/// The server behind, for one protocol.
pub(crate) struct Behind {
    client: Client<HttpConnector, Full<Bytes>>,
    url: String,
}

/// What it answered.
pub(crate) struct Answered {
    pub(crate) head: http::response::Parts,
    pub(crate) body: Bytes,
    pub(crate) trailers: Option<HeaderMap>,
}

impl Behind {
    pub(crate) fn new(url: String, grpc: bool) -> Self {
        let mut connector = HttpConnector::new();
        // Or the body of a small call waits until the server has acknowledged its head: 40 ms.
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).http2_only(grpc).build(connector);
        Self { client, url: url.trim_end_matches('/').to_owned() }
    }

    pub(crate) async fn ask(&self, parts: Parts, body: Bytes) -> Result<Answered, Fault> {
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let uri: Uri = format!("{}{target}", self.url).parse()?;
        let mut request = Request::builder().method(parts.method).uri(uri).body(Full::new(body))?;
        *request.headers_mut() = parts.headers;
        request.headers_mut().remove("host");
        let (head, body) = self.client.request(request).await?.into_parts();
        let body = body.collect().await?;
        let trailers = body.trailers().cloned();
        Ok(Answered { head, body: body.to_bytes(), trailers })
    }
}

impl Answered {
    pub(crate) fn response(mut self) -> Response<Reply> {
        // The length may be another one by now, and the body comes in one piece.
        self.head.headers.remove("content-length");
        self.head.headers.remove("transfer-encoding");
        Response::from_parts(self.head, Reply::new(self.body, self.trailers))
    }
}
