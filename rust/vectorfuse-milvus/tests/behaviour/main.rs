//! How Milvus behaves as a store, seen from where the boundary stands, against real servers.
//!
//! Needs `VECTORFUSE_MILVUS_URL` (the server itself) and `VECTORFUSE_MILVUS_LITE_URL` (Milvus Lite, which has nullable
//! fields, sparse vectors and several vectors). What is missing fails.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod appends;
mod bad_input;
mod broken;
mod choices;
mod creation;
mod documents;
mod dropped;
mod first_writers;
mod losses;
mod modes;
mod modes_of_grpc;
mod names;
mod options;
mod overwrites;
mod partitions;
mod predicates;
mod property;
mod reads;
mod search;
mod settings;
mod suite;
mod support;
mod swaps;
mod unreadable;
mod values;
