//! The one tokio runtime of the process, and waiting on it in slices.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use vectorfuse_core::error::{Error, Result};

/// How long a native method waits before it answers PENDING, so that the task thread can look whether Spark killed it.
pub const SLICE: Duration = Duration::from_millis(250);

/// Requests wait far more than they compute; a machine's cores belong to Spark's tasks.
const WORKERS: usize = 2;

/// The runtime; it is started with the first use.
pub fn runtime() -> Result<&'static Runtime> {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    let start =
        || Builder::new_multi_thread().worker_threads(WORKERS).thread_name("vectorfuse").enable_all().build().ok();
    RUNTIME.get_or_init(start).as_ref().ok_or_else(|| Error::internal("the process can't start another thread"))
}

/// Runs a future on this thread to its end.
pub fn block_on<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    runtime()?.block_on(future)
}

/// Runs a future on this thread for one slice; `None` if it is not done by then.
pub fn wait_a_slice<T>(future: impl Future<Output = T>) -> Result<Option<T>> {
    Ok(runtime()?.block_on(async { tokio::time::timeout(SLICE, future).await.ok() }))
}
