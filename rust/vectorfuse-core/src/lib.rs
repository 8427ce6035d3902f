//! What every store shares: options, types, payload documents, ids, paging, uploads, retries and connections.
//!
//! This crate knows no store and no JNI; the stores are crates beside it that depend on it.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs))]

pub mod chosen;
pub mod civil;
pub mod claims;
pub mod condition;
pub mod decimal;
pub mod document;
pub mod error;
pub mod ids;
pub mod json;
pub mod logic;
pub mod metrics;
pub mod mllib;
pub mod net;
pub mod options;
pub mod outbox;
pub mod paging;
pub mod payload;
pub mod predicate;
pub mod protobuf;
pub mod query;
pub mod reject;
pub mod retry;
pub mod room;
pub mod row_writer;
pub mod rows;
pub mod rules;
pub mod sample;
pub mod schema;
pub mod secret;
pub mod store;
pub mod table;
pub mod upload;
pub mod vector;
pub mod write;

pub use error::{Error, Kind, Result};
