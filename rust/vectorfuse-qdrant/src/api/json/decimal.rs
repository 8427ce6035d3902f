//! Decimals: the text of a number, and the float that it is.

/// Powers of ten, each of which a double holds exactly: as many as there can be digits behind the point.
const POWERS: [f64; MOST_DIGITS] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18];

/// The largest integer up to which a double holds each.
const EXACT: u64 = 1 << 53;

/// More digits don't fit an integer of 64 bits.
const MOST_DIGITS: usize = 19;

/// The text of the number that this begins with, if JSON has such numbers.
pub(super) fn token(text: &[u8]) -> Option<&str> {
    let after = match text {
        [b'-', after @ ..] => after,
        _ => text,
    };
    let mut after = match after {
        [b'0', after @ ..] => after,
        _ => some_digits(after)?,
    };
    if let [b'.', fraction @ ..] = after {
        after = some_digits(fraction)?;
    }
    if let [b'e' | b'E', exponent @ ..] = after {
        let exponent = match exponent {
            [b'+' | b'-', exponent @ ..] => exponent,
            _ => exponent,
        };
        after = some_digits(exponent)?;
    }
    // Nothing that could belong to a number follows one.
    if matches!(after.first(), Some(b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')) {
        return None;
    }
    std::str::from_utf8(text.get(..text.len() - after.len())?).ok()
}

/// What follows one or more digits.
fn some_digits(text: &[u8]) -> Option<&[u8]> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end).1)
}

/// The float that this begins with, and what follows it. `None` if that takes more than one division, or is no number:
/// whoever asks then does it the long way.
///
/// With up to 53 bits of digits and a power of ten that is exact, the double is the quotient (or product) rounded once.
/// Rounding it again to a float is the same as rounding the decimal, but where the double lies exactly between two floats:
/// the decimal may then have been on either side of it.
#[inline]
pub(super) fn quick(text: &[u8]) -> Option<(f32, &[u8])> {
    /// What of a double is beyond a float, and what it is in the middle between two floats.
    const BEYOND: u64 = (1 << 29) - 1;
    const MIDDLE: u64 = 1 << 28;
    let (negative, whole) = match text {
        [b'-', after @ ..] => (true, after),
        _ => (false, text),
    };
    let mut digits = 0;
    let mut after = take_digits(whole, &mut digits);
    let mut count = whole.len() - after.len();
    if count == 0 || (count > 1 && whole.first() == Some(&b'0')) {
        return None;
    }
    let mut exponent = 0;
    if let [b'.', fraction @ ..] = after {
        after = take_digits(take_eights(fraction, &mut digits), &mut digits);
        exponent = fraction.len() - after.len();
        if exponent == 0 {
            return None;
        }
        count += exponent;
    }
    if count > MOST_DIGITS || digits > EXACT || matches!(after.first(), Some(b'.' | b'e' | b'E' | b'+' | b'-')) {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "a double holds each integer up to this one")]
    let double = digits as f64 / POWERS.get(exponent)?;
    // A float that is smaller has fewer digits, and the middle is elsewhere.
    let usual = double >= f64::from(f32::MIN_POSITIVE) && double < f64::from(f32::MAX);
    if !usual && digits != 0 || double.to_bits() & BEYOND == MIDDLE {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "this is the rounding that is meant")]
    let float = double as f32;
    Some((if negative { -float } else { float }, after))
}

/// Adds the digits that this begins with, and gives what follows them. Of too many, their number tells.
#[inline]
fn take_digits<'a>(mut text: &'a [u8], digits: &mut u64) -> &'a [u8] {
    while let [digit @ b'0'..=b'9', after @ ..] = text {
        *digits = digits.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
        text = after;
    }
    text
}

/// Adds eight digits at a time, as long as there are so many.
#[inline]
fn take_eights<'a>(mut text: &'a [u8], digits: &mut u64) -> &'a [u8] {
    while let Some((eight, after)) = text.split_first_chunk::<8>() {
        let Some(value) = eight_digits(u64::from_le_bytes(*eight)) else { break };
        *digits = digits.wrapping_mul(100_000_000).wrapping_add(value);
        text = after;
    }
    text
}

/// The number of eight digits, the first in the lowest byte: neighbours become a number of two, then of four, then of all.
#[inline]
fn eight_digits(text: u64) -> Option<u64> {
    const EACH: u64 = 0x0101_0101_0101_0101;
    // Below `0` the subtraction sets the highest bit of a byte or of the one behind it, above `9` the addition does.
    let is_digits = (text.wrapping_add(0x46 * EACH) | text.wrapping_sub(0x30 * EACH)) & (0x80 * EACH) == 0;
    is_digits.then(|| {
        let ones = text.wrapping_sub(0x30 * EACH);
        let pairs = ones.wrapping_mul(10).wrapping_add(ones >> 8) & 0x00FF_00FF_00FF_00FF;
        let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_FFFF_0000_FFFF;
        fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xFFFF_FFFF
    })
}
