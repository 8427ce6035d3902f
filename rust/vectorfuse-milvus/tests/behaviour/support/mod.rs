//! What the tests are made of. A job and the values of rows are those of the other store's tests.

pub mod described;
#[path = "../../../../vectorfuse-qdrant/tests/behaviour/support/job.rs"]
pub mod job;
pub mod raw;
pub mod reader;
pub mod relay;
pub mod server;
pub mod show;
#[path = "../../../../vectorfuse-qdrant/tests/behaviour/support/values.rs"]
pub mod values;

use std::sync::LazyLock;

/// Connections live as long as the runtime that made them, and tests share them.
pub fn block_on<F: Future>(future: F) -> F::Output {
    static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| tokio::runtime::Runtime::new().unwrap());
    RUNTIME.block_on(future)
}
