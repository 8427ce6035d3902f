//! Floats as decimals, for requests in JSON, most of which are floats.
//!
//! Nine digits tell each 32-bit float from all others, also for who reads a double first: they are nearer to it than a
//! tenth of the way to the next one. To find them takes one multiplication, and often the first eight do as well; the fewest
//! digits that would do, which are seldom fewer, take a search.

use std::io::Write;

/// The bytes that [`put`] needs: a text has at most 16 (`-0.0000123456789`), and may be written with more behind it.
pub const ROOM: usize = 18;

/// The most digits of a float, of which the first is no zero.
const DIGITS: usize = 9;

/// Floats of at least the first of these and less than the last are written without an exponent.
const POWERS: [f64; 14] = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8];
const LEAST: f64 = POWERS[0];
const MOST: f64 = POWERS[POWERS.len() - 1];

/// What makes an integer of nine digits of those between a power and the next one. A double holds each.
const SCALES: [f64; 13] = [1e13, 1e12, 1e11, 1e10, 1e9, 1e8, 1e7, 1e6, 1e5, 1e4, 1e3, 1e2, 1e1];

/// The place among the powers of the one at which the whole part has its first digit.
const ONE: usize = 5;

/// What stands before the digits of a float that is less than one, of which up to four are zeros.
const ZEROS: [u8; 8] = *b"0.000000";

/// Added to a double that is less, it leaves the integer that is nearest to that in the lowest bits.
const WHOLE: f64 = 4_503_599_627_370_496.0;

/// Writes a float as a number of JSON, and says how many bytes that are; `None`, of which nothing is written, if JSON has no
/// such number, or `room` has fewer than [`ROOM`] bytes. What is behind the text is no longer what it was.
#[inline]
pub fn put(float: f32, room: &mut [u8]) -> Option<usize> {
    let room: &mut [u8; ROOM] = room.first_chunk_mut()?;
    let size = f64::from(float.abs());
    if !(LEAST..MOST).contains(&size) {
        return put_unusual(float, room);
    }
    let power = power(size);
    let number = shortened(float, size, SCALES[power]);
    let (first, others) = (number / 100_000_000, eight_digits(number % 100_000_000));
    // Zeros at the end say nothing; the last digit stands in the highest byte.
    let zeros = (others ^ EIGHT_ZEROS).leading_zeros() as usize / 8;
    let first = b'0' + first.to_le_bytes()[0];
    // Whether there is a sign is no pattern that a processor could guess, so it is no branch.
    let sign = usize::from(float.is_sign_negative());
    room[0] = b'-';
    if power < ONE {
        let place = sign + 1 + ONE - power;
        *room[sign..].first_chunk_mut()? = ZEROS;
        room[place] = first;
        *room[place + 1..].first_chunk_mut()? = others.to_le_bytes();
        return Some(place + DIGITS - zeros);
    }
    let whole = power - ONE;
    room[sign] = first;
    *room[sign + 1..].first_chunk_mut()? = others.to_le_bytes();
    let point = sign + 1 + whole;
    *room[point + 1..].first_chunk_mut()? = (others >> (8 * whole)).to_le_bytes();
    room[point] = b'.';
    // One digit stays behind the point.
    Some((sign + DIGITS + 1 - zeros).max(point + 2))
}

/// The bits of a double's exponent, those of a float's fraction, and how far it is half the way from a float to the next,
/// beside the power of two that is not above it.
const EXPONENT: u64 = 0x7FF0_0000_0000_0000;
const FRACTION: u32 = 0x007F_FFFF;
const HALF_WAY: f64 = 0.499_99 / 8_388_608.0;

/// The nine digits of a float, of which the last is a zero where the eight before it do.
#[inline]
fn shortened(float: f32, size: f64, scale: f64) -> u64 {
    let exact = size * scale;
    let nine = (exact + WHOLE).to_bits() & 0xFFFF_FFFF;
    let eight = (nine + 5) / 10 * 10;
    // Half of the way to the next float, but for a power of two, below which floats are closer. What a double may be off by is
    // far less than what is left out of the half.
    let reach = f64::from_bits(size.to_bits() & EXPONENT) * scale * HALF_WAY;
    let is_power = float.to_bits() & FRACTION == 0;
    #[expect(clippy::cast_precision_loss, reason = "it has nine digits")]
    let off = (eight as f64 - exact).abs();
    if (off < reach) & !is_power { eight } else { nine }
}

/// The place of the greatest power of ten that is not above this number.
#[inline]
fn power(size: f64) -> usize {
    // That of the power of two below it, which the number's highest bits say; the next one may be below it as well.
    let two = (size.to_bits() >> 52) as usize;
    let ten = usize::from(TENS[two - LEAST_TWO]);
    ten + usize::from(size >= POWERS[ten + 1])
}

/// The exponent of two of the least number, as a double has it.
const LEAST_TWO: usize = (LEAST.to_bits() >> 52) as usize;
const TWOS: usize = (MOST.to_bits() >> 52) as usize - LEAST_TWO + 1;

/// Of each power of two, the place of the power of ten that is not above it; of the first, which is below all, the first.
const TENS: [u8; TWOS] = {
    let mut tens = [0; TWOS];
    let mut two = 1;
    while two < TWOS {
        let size = f64::from_bits(((two + LEAST_TWO) as u64) << 52);
        let mut ten = 0;
        while ten + 1 < POWERS.len() - 1 && POWERS[ten + 1] <= size {
            ten += 1;
        }
        tens[two] = ten as u8;
        two += 1;
    }
    tens
};

/// Eight times the digit zero.
const EIGHT_ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);

/// The eight digits of a number, the first in the lowest byte: all become fours, then pairs, then ones, side by side.
#[inline]
fn eight_digits(number: u64) -> u64 {
    let fours = (number / 10_000) | ((number % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007F_0000_007F;
    let pairs = hundreds | ((fours - 100 * hundreds) << 16);
    let tens = ((pairs * 103) >> 10) & 0x000F_000F_000F_000F;
    let ones = tens | ((pairs - 10 * tens) << 8);
    ones | EIGHT_ZEROS
}

/// Zero, what is very small or large, and what is no number.
#[cold]
fn put_unusual(float: f32, room: &mut [u8; ROOM]) -> Option<usize> {
    if float == 0.0 {
        let text: &[u8] = if float.is_sign_negative() { b"-0.0" } else { b"0.0" };
        room.get_mut(..text.len())?.copy_from_slice(text);
        return Some(text.len());
    }
    let mut rest = &mut room[..];
    if !float.is_finite() || write!(rest, "{float:.8e}").is_err() {
        return None;
    }
    let left = rest.len();
    Some(ROOM - left)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(float: f32) -> String {
        let mut room = [b'9'; ROOM];
        let length = put(float, &mut room).unwrap();
        String::from_utf8(room[..length].to_vec()).unwrap()
    }

    #[test]
    fn floats_are_the_same_whether_or_not_a_double_is_read_first() {
        // Every exponent, and bits in between. (All 2^31 without a sign were tried, once.)
        for bits in (0..0x7f80_0000_u32).step_by(997) {
            for float in [f32::from_bits(bits), -f32::from_bits(bits)] {
                let text = text(float);
                assert_eq!(text.parse::<f32>().unwrap().to_bits(), float.to_bits(), "{text}");
                #[allow(clippy::cast_possible_truncation)]
                let by_double = text.parse::<f64>().unwrap() as f32;
                assert_eq!(by_double.to_bits(), float.to_bits(), "{text}");
                assert!(serde_json::from_str::<f64>(&text).is_ok(), "{text}");
                assert!(text.len() <= 16, "{text}");
            }
        }
    }

    #[test]
    fn powers_of_ten_and_the_floats_around_them_have_nine_digits_at_most() {
        for power in POWERS.map(|power| power as f32) {
            for float in [power.next_down(), power, power.next_up()] {
                let text = text(float);
                assert_eq!(text.parse::<f32>().unwrap().to_bits(), float.to_bits(), "{text}");
                let digits = text.split('e').next().unwrap().replace('.', "");
                assert!(digits.trim_start_matches('0').trim_end_matches('0').len() <= DIGITS, "{text}");
            }
        }
    }

    #[test]
    fn texts_are_no_longer_than_they_have_to_be_nearly_always() {
        let texts = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (0.5, "0.5"),
            (-0.1, "-0.1"),
            (1.0, "1.0"),
            (120.0, "120.0"),
            (0.062_5, "0.0625"),
            (0.333_333_34, "0.33333334"),
            (0.099_999_994, "0.099999994"),
            (123_456.78, "123456.78"),
            (-16_777_216.0, "-16777216.0"),
            (-1.234_567_8e-5, "-0.000012345678"),
            (1e8, "1.00000000e8"),
            (1e-6, "9.99999997e-7"),
            (f32::MAX, "3.40282347e38"),
            (-f32::MIN_POSITIVE, "-1.17549435e-38"),
        ];
        assert_eq!(texts.map(|(float, _)| text(float)), texts.map(|(_, text)| text.to_owned()));
    }

    #[test]
    fn what_is_no_number_and_what_has_no_room_is_not_written() {
        for float in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert_eq!(put(float, &mut [0; ROOM]), None);
        }
        for float in [0.5, 1e9] {
            let mut room = [7; ROOM - 1];
            assert_eq!(put(float, &mut room), None);
            assert_eq!(room, [7; ROOM - 1]);
        }
    }
}
