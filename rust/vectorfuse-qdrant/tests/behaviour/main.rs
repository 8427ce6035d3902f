//! How Qdrant behaves as a store, seen from where the boundary stands, against a real engine.
//!
//! Needs `VECTORFUSE_QDRANT_URL` (any Qdrant's gRPC url), for the run over HTTP also `VECTORFUSE_QDRANT_REST_URL` (the
//! same server's REST url), and `VECTORFUSE_QDRANT_SERVER` (the test server's binary, for
//! the tests that kill theirs or give it a key or a certificate). What is missing fails.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

include!("modules.rs");
