//! Modes of a write that only Qdrant has; the others are in the suite.

mod conditions;
mod counting;
mod old_servers;
mod refusals;

use vectorfuse_behaviour::modes::{REQUESTS, ROWS, SKIPPED, append, numbered, stored, with_mode};
