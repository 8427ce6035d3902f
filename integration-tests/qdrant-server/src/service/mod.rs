//! The gRPC services: each call is translated, done by the engine and answered.

pub mod collections;
pub mod health;
pub mod points;
pub mod reads;
pub mod writes;

use crate::refusal::{Answer, internal};

/// The engine blocks, so its work is kept off the threads that serve the connections.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Answer<T> + Send + 'static) -> Answer<T> {
    tokio::task::spawn_blocking(work).await.map_err(internal)?
}
