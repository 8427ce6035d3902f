//! API keys as the server checks them: one key that may do everything, one that may only read.
//! It is a layer around all services, so that no call can be added without a check.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tonic::Status;
use tower::{Layer, Service};

/// The calls that leave the stored data alone. Whatever is not listed counts as a write, so a
/// forgotten entry refuses too much rather than too little.
const READS: [&str; 15] = [
    "/qdrant.Collections/Get",
    "/qdrant.Collections/List",
    "/qdrant.Collections/CollectionExists",
    "/qdrant.Collections/ListAliases",
    "/qdrant.Collections/ListCollectionAliases",
    "/qdrant.Collections/CollectionClusterInfo",
    "/qdrant.Collections/ListShardKeys",
    "/qdrant.Points/Get",
    "/qdrant.Points/Scroll",
    "/qdrant.Points/Count",
    "/qdrant.Points/Query",
    "/qdrant.Points/QueryBatch",
    "/qdrant.Points/QueryGroups",
    "/qdrant.Points/Search",
    "/qdrant.Points/Facet",
];

/// Answered without a key, as by the server: it is how a client finds out that one is needed.
const OPEN: &str = "/qdrant.Qdrant/HealthCheck";

#[derive(Clone, Default)]
pub struct Keys {
    pub full: Option<String>,
    pub read_only: Option<String>,
}

impl Keys {
    fn check(&self, path: &str, headers: &http::HeaderMap) -> Result<(), Status> {
        match path {
            OPEN => Ok(()),
            path => self.judge(READS.contains(&path), headers),
        }
    }

    /// Whether whoever sent these headers may read, or write.
    pub fn judge(&self, reads: bool, headers: &http::HeaderMap) -> Result<(), Status> {
        if self.full.is_none() && self.read_only.is_none() {
            return Ok(());
        }
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let key = text("api-key")
            .or_else(|| text("authorization").and_then(|value| value.strip_prefix("Bearer ")))
            .ok_or_else(|| Status::unauthenticated("Must provide an API key or an Authorization bearer token"))?;
        if self.full.as_deref() == Some(key) {
            return Ok(());
        }
        if self.read_only.as_deref() != Some(key) {
            return Err(Status::unauthenticated("Invalid API key or JWT"));
        }
        if reads {
            Ok(())
        } else {
            Err(Status::permission_denied("Forbidden: Write access to the collection is required"))
        }
    }
}

#[derive(Clone)]
pub struct AuthLayer(Arc<Keys>);

impl AuthLayer {
    pub fn new(keys: Keys) -> Self {
        Self(Arc::new(keys))
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = Guarded<S>;

    fn layer(&self, service: S) -> Guarded<S> {
        Guarded { keys: self.0.clone(), service }
    }
}

#[derive(Clone)]
pub struct Guarded<S> {
    keys: Arc<Keys>,
    service: S,
}

impl<S, In, Out> Service<http::Request<In>> for Guarded<S>
where
    S: Service<http::Request<In>, Response = http::Response<Out>>,
    S::Future: Send + 'static,
    Out: Default,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<In>) -> Self::Future {
        match self.keys.check(request.uri().path(), request.headers()) {
            Ok(()) => Box::pin(self.service.call(request)),
            Err(status) => Box::pin(async move { Ok(status.into_http()) }),
        }
    }
}
