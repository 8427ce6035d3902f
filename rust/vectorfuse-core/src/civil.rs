//! Dates and timestamps as text, over the whole range of Spark's integers.
//!
//! The text is RFC 3339 where that can say it (years 0000 to 9999), so that a store's datetime index works on it;
//! other years are written as ISO 8601's expanded form with a sign, `+12345-01-01`. The calendar is the proleptic
//! Gregorian one. The conversion between days and dates follows the era arithmetic that Howard Hinnant describes in
//! "chrono-Compatible Low-Level Date Algorithms".

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_SHIFT: i64 = 719_468;
/// Days of 400 years.
const ERA: i64 = 146_097;

/// `days` since 1970-01-01 as a date.
#[must_use]
pub fn date_text(days: i64) -> String {
    let (year, month, day) = civil(days);
    if (0..=9999).contains(&year) {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:+05}-{month:02}-{day:02}")
    }
}

/// `micros` since 1970-01-01T00:00:00 as a date and time without a zone; the fraction is left out where it is zero.
#[must_use]
pub fn datetime_text(micros: i64) -> String {
    let date = date_text(micros.div_euclid(MICROS_PER_DAY));
    let of_day = micros.rem_euclid(MICROS_PER_DAY);
    let (seconds, fraction) = (of_day / MICROS_PER_SECOND, of_day % MICROS_PER_SECOND);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if fraction == 0 {
        format!("{date}T{hour:02}:{minute:02}:{second:02}")
    } else {
        format!("{date}T{hour:02}:{minute:02}:{second:02}.{fraction:06}")
    }
}

/// Days since 1970-01-01 of a date; `None` if the text is not one or is out of range.
#[must_use]
pub fn parse_date(text: &str) -> Option<i32> {
    let (days, rest) = leading_date(text)?;
    rest.is_empty().then(|| i32::try_from(days).ok())?
}

/// A moment that was read: microseconds since 1970-01-01T00:00:00, in UTC if the text names a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Microseconds since 1970-01-01T00:00:00.
    pub micros: i64,
    /// Whether the text names a zone (`Z` or an offset).
    pub zoned: bool,
}

/// A date and time: RFC 3339, a space or `T` between the two, with or without fraction and zone; a date alone is its
/// midnight. `None` if the text is none of these, is out of range, or is finer than a microsecond.
#[must_use]
pub fn parse_datetime(text: &str) -> Option<Moment> {
    let (days, rest) = leading_date(text)?;
    let midnight = i128::from(days) * i128::from(MICROS_PER_DAY);
    if rest.is_empty() {
        return Some(Moment { micros: i64::try_from(midnight).ok()?, zoned: false });
    }
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let (hour, rest) = two_digits(rest, 23)?;
    let (minute, rest) = two_digits(rest.strip_prefix(':')?, 59)?;
    let (second, rest) = match rest.strip_prefix(':') {
        Some(rest) => two_digits(rest, 59)?,
        None => (0, rest),
    };
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => fraction(rest)?,
        None => (0, rest),
    };
    let (offset, zoned) = zone(rest)?;
    let of_day = ((hour * 60 + minute) * 60 + second - offset) * MICROS_PER_SECOND + fraction;
    Some(Moment { micros: i64::try_from(midnight + i128::from(of_day)).ok()?, zoned })
}

/// Year, month and day of a day since 1970-01-01.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + EPOCH_SHIFT;
    let (era, of_era) = (shifted.div_euclid(ERA), shifted.rem_euclid(ERA));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Days since 1970-01-01; `None` if there is no such day.
fn days_from_civil(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    let shifted = year - i64::from(month <= 2);
    let (era, year_of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let from_march = (month + 9) % 12;
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    Some(era * ERA + of_era - EPOCH_SHIFT)
}

fn leading_date(text: &str) -> Option<(i64, &str)> {
    let (sign, body) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => (1, text),
    };
    let digits = body.bytes().take_while(u8::is_ascii_digit).count();
    let expanded = body.len() != text.len();
    if (expanded && !(4..=9).contains(&digits)) || (!expanded && digits != 4) {
        return None;
    }
    let year: i64 = body[..digits].parse().ok()?;
    let (month, rest) = two_digits(body[digits..].strip_prefix('-')?, 12)?;
    let (day, rest) = two_digits(rest.strip_prefix('-')?, 31)?;
    Some((days_from_civil(sign * year, month, day)?, rest))
}

fn two_digits(text: &str, most: i64) -> Option<(i64, &str)> {
    let digits = text.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let number = digits.parse().ok()?;
    (number <= most).then_some((number, &text[2..]))
}

/// The microseconds of a fraction's digits; finer digits must be zero.
fn fraction(text: &str) -> Option<(i64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at(digits);
    if digits.is_empty() || digits.bytes().skip(6).any(|digit| digit != b'0') {
        return None;
    }
    let micros = digits.bytes().chain(std::iter::repeat(b'0')).take(6);
    Some((micros.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')), rest))
}

/// The offset from UTC in seconds, and whether there is one.
fn zone(text: &str) -> Option<(i64, bool)> {
    let sign = match text.as_bytes().first() {
        None => return Some((0, false)),
        Some(b'Z' | b'z') if text.len() == 1 => return Some((0, true)),
        Some(b'+') => 1,
        Some(b'-') => -1,
        Some(_) => return None,
    };
    let (hours, rest) = two_digits(&text[1..], 23)?;
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    let (minutes, rest) = if rest.is_empty() { (0, rest) } else { two_digits(rest, 59)? };
    rest.is_empty().then_some((sign * (hours * 60 + minutes) * 60, true))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_days_have_their_text() {
        for (days, text) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (11_016, "2000-02-29"),
            (-719_528, "0000-01-01"),
            (-719_529, "-0001-12-31"),
            (2_932_897, "+10000-01-01"),
        ] {
            assert_eq!(date_text(days), text);
            assert_eq!(parse_date(text), i32::try_from(days).ok());
        }
    }

    #[test]
    fn offsets_and_fractions_are_read() {
        let micros = |text| parse_datetime(text).map(|moment| moment.micros);
        assert_eq!(micros("1970-01-01T01:00:00+01:00"), Some(0));
        assert_eq!(micros("1969-12-31 19:00:00.5-0500"), Some(500_000));
        assert_eq!(micros("1970-01-01T00:00:00.000001000Z"), Some(1));
        assert_eq!(micros("1970-01-02"), Some(MICROS_PER_DAY));
        assert_eq!(micros("1970-01-01T00:00"), Some(0));
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "x",
            "2023-02-29",
            "2024-13-01",
            "2024-1-1",
            "24-01-01",
            "2024-01-01T",
            "2024-01-01T24:00:00",
            "2024-01-01T00:00:00.",
            "2024-01-01T00:00:00.0000001",
            "2024-01-01T00:00:00+1",
            "2024-01-01T00:00:00Zx",
            "2024-01-01X00:00:00",
            "+999999999-01-01",
            "2024-01-0é",
        ] {
            assert_eq!(parse_datetime(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_date_comes_back(days: i32) {
            prop_assert_eq!(parse_date(&date_text(i64::from(days))), Some(days));
        }

        #[test]
        fn every_timestamp_comes_back(micros: i64) {
            let text = datetime_text(micros);
            prop_assert_eq!(parse_datetime(&text), Some(Moment { micros, zoned: false }));
            prop_assert_eq!(parse_datetime(&format!("{text}Z")), Some(Moment { micros, zoned: true }));
        }
    }
}
