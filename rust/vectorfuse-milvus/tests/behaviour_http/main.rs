//! Milvus over its RESTful API: the tests of `behaviour` that are about rows once more, and what is HTTP's own. The name of
//! this crate is what `support` goes by.
//!
//! Needs, beside the urls of `behaviour`, `VECTORFUSE_MILVUS_REST_URL` and `VECTORFUSE_MILVUS_LITE_REST_URL`, the RESTful
//! APIs of the same servers, and `VECTORFUSE_MILVUS_OLD_REST_URL`, that of an older one. No package has a server with this API:
//! what answers is `integration-tests/stores/milvus_rest.py`, our reading of Milvus's sources, before real servers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod limits;
mod reaching;
mod types;

#[path = "../behaviour/dropped.rs"]
mod dropped;
#[path = "../behaviour/modes.rs"]
mod modes;
#[path = "../behaviour/partitions.rs"]
mod partitions;
#[path = "../behaviour/search.rs"]
mod search;
#[path = "../behaviour/support/mod.rs"]
#[allow(dead_code, unused_imports)] // some is for the other tests alone
mod support;
