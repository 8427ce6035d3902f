//! The health check, which tells a client the version it is talking to.

use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::qdrant_server::Qdrant;
use tonic::{Request, Response};

use crate::refusal::Answer;
use crate::version;

/// What a server calls itself.
pub const TITLE: &str = "qdrant - vector search engine";

pub struct HealthService;

#[tonic::async_trait]
impl Qdrant for HealthService {
    async fn health_check(
        &self,
        _request: Request<proto::HealthCheckRequest>,
    ) -> Answer<Response<proto::HealthCheckReply>> {
        Ok(Response::new(proto::HealthCheckReply {
            title: TITLE.to_owned(),
            version: version::current().to_string(),
            commit: None,
        }))
    }
}
