//! The boundary between the JVM and the stores: eight native methods, one guard, numbered handles, one runtime.
//!
//! Everything small crosses as JSON bytes, everything big as Arrow's C structs. Rust never calls into the JVM, except
//! to build the exception that it throws. `unsafe` stands in [`entry`], [`arrow`] and nowhere else.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs))]

/// Requests and pages are megabytes that come and go. The C library gives each back to the system and fetches it anew,
/// page by page, which took a quarter of the time of a read; this one keeps them for the second in which they are wanted again
/// (`.cargo/config.toml`), and then gives them back.
#[cfg(feature = "allocator")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

pub mod arrow;
pub mod control;
pub mod entry;
mod guard;
pub mod handles;
mod push_down;
mod runtime;
pub mod stores;
