//! What tests with random data have in common: how many cases, from which seed, and the line that says so.
//!
//! `PROPTEST_CASES` says how many cases, `VECTORFUSE_SEED` repeats a run.

use std::hash::{BuildHasher, RandomState};
use std::io::Write;

use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// The seed of this run.
pub fn seed() -> u64 {
    // Sixteen bits fewer are still enough, and short enough to type.
    setting("VECTORFUSE_SEED").unwrap_or_else(|| RandomState::new().hash_one(0) >> 16)
}

/// Runs so many cases if nobody says another number.
pub fn runner(cases: u32, max_shrink_iters: u32, seed: u64) -> TestRunner {
    let cases = setting("PROPTEST_CASES").map_or(cases, |cases| u32::try_from(cases).unwrap());
    let config = Config { cases, failure_persistence: None, max_shrink_iters, ..Config::default() };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

/// Past the harness, which would swallow it.
pub fn tell(line: &str) {
    let mut out = std::io::stderr();
    writeln!(out, "{line}").unwrap();
}
