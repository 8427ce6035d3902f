//! The health check, which tells a client the version it is talking to.

use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::qdrant_server::Qdrant;
use tonic::{Request, Response};

use crate::refusal::Answer;

/// The version of the server that was made from the same sources as this engine: `qdrant-edge`
/// 0.7.2 was cut on 1 June 2026, server 1.18.2 on 3 June.
pub const VERSION: &str = "1.18.2";

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
            version: VERSION.to_owned(),
            commit: None,
        }))
    }
}
