//! How Qdrant behaves as a store, seen from where the boundary stands, against a real engine.
//!
//! Needs `VECTORFUSE_QDRANT_URL` (any Qdrant's gRPC url) and `VECTORFUSE_QDRANT_SERVER` (the test server's binary, for
//! the tests that kill theirs or give it a key or a certificate). What is missing fails.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod appends;
mod bad_input;
mod connections;
mod creation;
mod faults;
mod filters;
mod first_writers;
mod foreign;
mod generate;
mod limits;
mod losses;
mod modes;
mod payloads;
mod property;
mod requests;
mod save_modes;
mod search;
mod shards;
mod slices;
mod splits;
mod support;
mod swaps;
mod vectors;
mod windows;
