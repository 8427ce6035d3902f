//! Which rows a sample has: a row is in it by a hash of the seed and its id, so that one seed draws the same rows however they are
//! read and however often, and the samples of ranges that touch are parts of a whole.

use serde::{Deserialize, Serialize};

/// Splits the numbers from 0 to 1 as fine as a double can.
const FINENESS: u32 = 53;

/// The rows whose hash, as a number from 0 to 1, is in a range.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Where the range begins, itself in it.
    pub lower: f64,
    /// Where it ends, itself not in it.
    pub upper: f64,
    /// What makes one draw another than the next.
    pub seed: i64,
}

impl Sample {
    /// Whether the row with this key is in it.
    #[must_use]
    pub fn has(&self, key: &[u8]) -> bool {
        #[allow(clippy::cast_precision_loss)] // a double has as many bits
        let place = (hash(self.seed, key) >> (u64::BITS - FINENESS)) as f64 / (1_u64 << FINENESS) as f64;
        (self.lower..self.upper).contains(&place)
    }

    /// About which part of the rows it has.
    #[must_use]
    pub fn fraction(&self) -> f64 {
        (self.upper.min(1.0) - self.lower.max(0.0)).max(0.0)
    }

    /// About how many of these rows it has.
    #[must_use]
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // an estimate
    pub fn rows(&self, of: u64) -> u64 {
        (of as f64 * self.fraction()).ceil() as u64
    }

    /// Among about how many rows it has so many.
    #[must_use]
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // an estimate
    pub fn among(&self, rows: u64) -> u64 {
        (rows as f64 / self.fraction()).ceil() as u64
    }
}

/// Nobody's choice but ours, and never to be changed: it decides which rows a seed draws.
fn hash(seed: i64, key: &[u8]) -> u64 {
    let begin = mixed(seed.cast_unsigned() ^ mixed(key.len() as u64));
    key.chunks(size_of::<u64>()).fold(begin, |state, chunk| {
        let mut bytes = [0; size_of::<u64>()];
        bytes[..chunk.len()].copy_from_slice(chunk);
        mixed(state ^ u64::from_le_bytes(bytes))
    })
}

/// Each bit of the result depends on each bit of the number (the finalizer of SplitMix64).
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: u64 = 100_000;

    fn drawn(lower: f64, upper: f64, seed: i64) -> Vec<u64> {
        let sample = Sample { lower, upper, seed };
        (0..ROWS).filter(|row| sample.has(&row.to_le_bytes())).collect()
    }

    #[test]
    fn a_sample_has_the_part_of_the_rows_that_was_asked_for() {
        for seed in [0, 1, -1, i64::MIN, 4_711] {
            for fraction in [0.01, 0.1, 0.5, 0.9] {
                let rows = drawn(0.0, fraction, seed).len() as f64;
                let deviation = (ROWS as f64 * fraction * (1.0 - fraction)).sqrt();
                assert!((rows - ROWS as f64 * fraction).abs() < 5.0 * deviation, "{seed}, {fraction}: {rows}");
            }
        }
    }

    #[test]
    fn ranges_that_touch_make_a_whole_and_share_nothing() {
        let parts = [drawn(0.0, 0.3, 7), drawn(0.3, 0.55, 7), drawn(0.55, 1.0, 7)];
        let mut all: Vec<u64> = parts.concat();
        all.sort_unstable();
        assert_eq!(all, (0..ROWS).collect::<Vec<_>>());
        assert!(drawn(0.0, 0.0, 7).is_empty());
    }

    #[test]
    fn seeds_draw_independently() {
        let (one, two) = (drawn(0.0, 0.5, 1), drawn(0.0, 0.5, 2));
        let both = one.iter().filter(|row| two.binary_search(row).is_ok()).count() as f64;
        assert!((both - ROWS as f64 / 4.0).abs() < 1_000.0, "{both}");
    }

    #[test]
    fn keys_of_any_length_are_told_apart() {
        let keys: [&[u8]; 6] = [b"", b"\0", b"\0\0", b"12345678", b"12345678\0", b"123456789"];
        let hashes: std::collections::BTreeSet<u64> = keys.iter().map(|key| hash(0, key)).collect();
        assert_eq!(hashes.len(), keys.len());
    }

    #[test]
    fn a_seed_draws_the_same_rows_in_every_version() {
        assert_eq!(drawn(0.0, 0.0001, 42), [13596, 35636, 40970, 47048, 49947, 54644, 89558, 95236]);
    }
}
