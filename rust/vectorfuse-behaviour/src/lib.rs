//! What every store must do, seen from where the boundary stands: tests that know no store, and what they are made of.
//!
//! A store's crate runs them against real servers with [`suite!`], which says what the store can't do: see
//! `docs/adding-a-store.md`.

#![allow(missing_docs)] // the names of tests say what they are about
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test fails by panicking

pub mod appends;
pub mod bad_input;
mod chance;
pub mod codec;
pub mod first_writers;
mod generate;
pub mod job;
pub mod logic;
pub mod losses;
pub mod modes;
pub mod oracle;
pub mod predicates;
pub mod rejects;
pub mod requests;
pub mod round_trips;
pub mod save_modes;
pub mod splits;
pub mod store;
mod suite;
pub mod swaps;
pub mod values;
pub mod windows;

#[doc(hidden)] // where the lists find them
pub use modes::{duplicates, existence, feeds, partial, random as random_modes, refusals};
