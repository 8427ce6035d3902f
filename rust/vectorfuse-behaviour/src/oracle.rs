//! What a search must find, computed here: numbers to compare, and the order of scores.

/// Scores of 32-bit arithmetic differ from those of 64 bits by less than this.
pub const NEAR: f64 = 1e-4;

/// Numbers that look random and are the same in each run.
pub fn numbers(seed: u64, count: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % 2_000) as f32 / 1_000.0 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

pub fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

/// Ids and scores, best first.
pub fn ranked(distance: &str, scored: impl Iterator<Item = (u64, f64)>) -> Vec<(u64, f64)> {
    let mut ranked: Vec<(u64, f64)> = scored.collect();
    let is_similarity = matches!(distance, "cosine" | "dot");
    ranked.sort_by(|(_, a), (_, b)| if is_similarity { b.total_cmp(a) } else { a.total_cmp(b) });
    ranked
}

/// Whether the rows are those of the oracle; of points whose scores are all but equal, either may come first.
#[track_caller]
pub fn same(found: &[(u64, f64)], expected: &[(u64, f64)], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}: {found:?}");
    for ((id, score), (wanted, best)) in found.iter().zip(expected) {
        assert!((score - best).abs() < NEAR, "{what}: {score} is not {best}: {found:?} {expected:?}");
        let tied = expected.iter().any(|(other, tie)| other == id && (tie - best).abs() < NEAR);
        assert!(id == wanted || tied, "{what}: {id} is not {wanted}");
    }
}
