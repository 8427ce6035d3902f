//! Modes of a write that only Qdrant has; the others are in the suite.

mod conditions;
mod counting;
mod old_servers;
mod refusals;

use vectorfuse_behaviour::job::Frame;
use vectorfuse_behaviour::modes::{REQUESTS, ROWS, SKIPPED, append, stored, with_mode};
use vectorfuse_behaviour::values::{int, text};
use vectorfuse_core::schema::SparkType;

/// Ids, and a number and a text beside each: points can be without a vector.
fn numbered(rows: &[(i64, i64, &str)]) -> Frame {
    let columns = [("id", SparkType::Long), ("n", SparkType::Long), ("s", SparkType::string())];
    Frame::new(&columns, rows.iter().map(|(id, n, s)| vec![int(*id), int(*n), text(*s)]).collect())
}
