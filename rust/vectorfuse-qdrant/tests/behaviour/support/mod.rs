//! What the tests are made of.

pub mod job;
pub mod logic;
pub mod raw;
pub mod server;
pub mod values;
