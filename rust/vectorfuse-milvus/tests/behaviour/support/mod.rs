//! What the tests are made of. A job and the values of rows are those of the other store's tests.

#[path = "../../../../vectorfuse-qdrant/tests/behaviour/support/job.rs"]
pub mod job;
pub mod raw;
pub mod server;
#[path = "../../../../vectorfuse-qdrant/tests/behaviour/support/values.rs"]
pub mod values;
