//! Decimals: the text of a number, and the float that it is.

/// Powers of ten, each of which a double holds exactly: as many as there can be digits behind the point.
const POWERS: [f64; MOST_DIGITS] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18];

/// Eight times one, and eight times the digit zero.
const EACH: u64 = 0x0101_0101_0101_0101;
const ZEROS: u64 = 0x30 * EACH;

/// What so many digits behind a number make of it.
const SMALL_POWERS: [u64; 8] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

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
    // Whether there is a sign is no pattern that a processor could guess, so it is no branch.
    let negative = text.first() == Some(&b'-');
    let whole = text.get(usize::from(negative)..)?;
    let mut digits = 0;
    let mut after = take_digits(whole, &mut digits);
    let mut count = whole.len() - after.len();
    if count == 0 || (count > 1 && whole.first() == Some(&b'0')) {
        return None;
    }
    let mut exponent = 0;
    if let [b'.', fraction @ ..] = after {
        after = take_rest(take_eights(fraction, &mut digits), &mut digits);
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
        let eight = u64::from_le_bytes(*eight);
        if others(eight) != 0 {
            break;
        }
        *digits = digits.wrapping_mul(100_000_000).wrapping_add(eight_digits(eight));
        text = after;
    }
    text
}

/// Adds the fewer than eight digits that this begins with. How many of them there are is no branch either.
#[inline]
fn take_rest<'a>(text: &'a [u8], digits: &mut u64) -> &'a [u8] {
    let Some(eight) = text.first_chunk::<8>() else { return take_digits(text, digits) };
    let eight = u64::from_le_bytes(*eight);
    let count = others(eight).trailing_zeros() / 8;
    // As if zeros stood before them: eight, if there is none.
    let few = eight.checked_shl(64 - 8 * count).unwrap_or_default() | (ZEROS >> (8 * count));
    let count = count as usize;
    let power = SMALL_POWERS.get(count).copied().unwrap_or_default();
    *digits = digits.wrapping_mul(power).wrapping_add(eight_digits(few));
    text.split_at(count).1
}

/// The number of eight digits, the first in the lowest byte: neighbours become a number of two, then of four, then of all.
#[inline]
fn eight_digits(text: u64) -> u64 {
    let ones = text - ZEROS;
    let pairs = ones.wrapping_mul(10).wrapping_add(ones >> 8) & 0x00FF_00FF_00FF_00FF;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_FFFF_0000_FFFF;
    fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xFFFF_FFFF
}

/// The highest bit of each byte that is no digit, and perhaps of some that come after such a one.
#[inline]
fn others(text: u64) -> u64 {
    // Below `0` the subtraction sets it, above `9` the addition does.
    (text.wrapping_add(0x46 * EACH) | text.wrapping_sub(ZEROS)) & (0x80 * EACH)
}
