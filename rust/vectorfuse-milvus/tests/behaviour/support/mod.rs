//! What the tests are made of. A job, the values of rows and the logic of predicates are those of every store's tests.

pub mod described;
pub mod foreign;
pub mod raw;
pub mod reader;
pub mod relay;
pub mod server;
pub mod show;

pub use vectorfuse_behaviour::store::block_on;
pub use vectorfuse_behaviour::{job, logic, values};
