//! The boundary without a JVM: nothing stays alive that was exported or leased, whatever goes wrong, and waiting ends.
//!
//! Needs `VECTORFUSE_QDRANT_URL`, as the store's own tests do.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(unsafe_code)] // the JVM's memory

#[path = "../common/mod.rs"]
mod common;
mod leaks;
mod waiting;
