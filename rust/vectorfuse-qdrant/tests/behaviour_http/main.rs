//! The tests of `behaviour` once more, over HTTP: the name of this crate is what `support` goes by.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod reaching;
mod relay;

include!("../behaviour/modules.rs");
