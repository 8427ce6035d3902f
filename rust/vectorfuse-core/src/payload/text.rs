//! The one canonical text of an atomic value, for map keys and for ids that are hashed, and the way back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::civil;
use crate::error::{Error, Result};

/// A decimal of `unscaled` × 10^-`scale` in plain notation.
pub(super) fn decimal(unscaled: i128, scale: i8) -> String {
    let digits = unscaled.unsigned_abs().to_string();
    let sign = if unscaled < 0 { "-" } else { "" };
    match usize::try_from(scale) {
        Ok(0) => format!("{sign}{digits}"),
        Ok(scale) => {
            let padded = format!("{digits:0>width$}", width = scale + 1);
            let (whole, fraction) = padded.split_at(padded.len() - scale);
            format!("{sign}{whole}.{fraction}")
        }
        Err(_) => format!("{sign}{digits}{}", "0".repeat(usize::from(scale.unsigned_abs()))),
    }
}

/// The unscaled value of a plain or scientific decimal text at `scale`; `None` if it is none, or would be rounded.
pub(super) fn parse_decimal(text: &str, precision: u8, scale: i8) -> Option<i128> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // The value is digits × 10^(exponent − fraction digits); at `scale` it is unscaled × 10^−scale.
    let shift = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?.checked_add(i32::from(scale))?;
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some(0);
    }
    let digits = if shift >= 0 {
        if digits.len() + usize::try_from(shift).ok()? > 38 {
            return None;
        }
        format!("{digits}{}", "0".repeat(usize::try_from(shift).ok()?))
    } else {
        let cut = usize::try_from(shift.unsigned_abs()).ok()?;
        let kept = digits.len().checked_sub(cut)?;
        let (kept, lost) = digits.split_at(kept);
        if lost.bytes().any(|digit| digit != b'0') {
            return None;
        }
        kept.to_owned()
    };
    if digits.len() > usize::from(precision) {
        return None;
    }
    let unscaled: i128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    Some(if negative { -unscaled } else { unscaled })
}

/// Bytes as base64.
pub(super) fn binary(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes of a base64 text.
pub(super) fn parse_binary(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// An instant as RFC 3339 in UTC.
pub(super) fn timestamp(micros: i64) -> String {
    let mut text = civil::datetime_text(micros);
    text.push('Z');
    text
}

/// A float's shortest text that reads back as the same bits (but for NaN's payload).
pub(super) fn double(value: f64) -> String {
    if value.is_nan() { "NaN".to_owned() } else { format!("{value:?}") }
}

/// A finite number, or the error that says why it can't be kept.
pub(super) fn finite(value: f64) -> Result<f64> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(Error::data(format!(
            "{value} can't be kept in a payload: JSON has no such number; replace it with null or a string first"
        )))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decimals_are_exact_or_refused() {
        assert_eq!(decimal(-5, 2), "-0.05");
        assert_eq!(decimal(5, -2), "500");
        assert_eq!(parse_decimal("1.50", 3, 1), Some(15));
        assert_eq!(parse_decimal("1.55", 3, 1), None);
        assert_eq!(parse_decimal("1e2", 3, 0), Some(100));
        assert_eq!(parse_decimal("1000", 3, 0), None);
        assert_eq!(parse_decimal("0.000", 3, 1), Some(0));
        assert_eq!(parse_decimal("", 3, 1), None);
        assert_eq!(parse_decimal(".", 3, 1), None);
        assert_eq!(parse_decimal("1e999999999", 38, 0), None);
        assert_eq!(parse_decimal("0.01", 3, 1), None);
        assert_eq!(parse_decimal("1e-2147483648", 3, 0), None);
    }

    proptest! {
        #[test]
        fn every_decimal_comes_back(unscaled in -(10_i128.pow(38) - 1)..10_i128.pow(38), scale in 0_i8..=38) {
            prop_assert_eq!(parse_decimal(&decimal(unscaled, scale), 38, scale), Some(unscaled));
        }
    }
}
