//! Spark's predicates as Milvus's expressions.

use vectorfuse_core::error::Result;
use vectorfuse_core::predicate::{Expr, Fit};
use vectorfuse_core::table::{Scan, Table};

/// What a scan of the table can do with each predicate.
pub(crate) fn accepts(_table: &Table, predicates: &[Expr]) -> Result<Vec<Fit>> {
    Ok(vec![Fit::No; predicates.len()])
}

/// The expressions of a scan, all of which must be true.
pub(crate) fn of_scan(_scan: &Scan) -> Result<Vec<String>> {
    Ok(Vec::new())
}
