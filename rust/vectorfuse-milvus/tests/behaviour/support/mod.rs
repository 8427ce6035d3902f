//! What the tests are made of. A job, the values of rows and the logic of predicates are those of the other store's tests.

pub mod described;
pub mod foreign;
#[path = "../../../../vectorfuse-qdrant/tests/behaviour/support/job.rs"]
pub mod job;
#[path = "../../../../vectorfuse-qdrant/tests/behaviour/support/logic.rs"]
pub mod logic;
pub mod raw;
pub mod reader;
pub mod relay;
pub mod server;
pub mod show;
#[path = "../../../../vectorfuse-qdrant/tests/behaviour/support/values.rs"]
pub mod values;

pub use server::block_on;
