//! Where a key lies about in the middle between two others: numbers have a middle; texts have one in the letters that keys
//! are made of.

use std::collections::BTreeSet;

use crate::key::Key;

/// Beyond so many letters after what two texts have in common nobody looks for their middle.
const MOST_LETTERS: usize = 32;
/// How many letters a middle has beyond those that it needs: the more, the nearer it is to the middle.
const MORE_LETTERS: usize = 2;
/// So many beginnings of keys that were seen are tried, each a letter shorter than the one before.
const BEGINNINGS: usize = 4;
/// By how much the guess grows where the greatest key is to be found, and how many guesses are made at once.
const GROWTH: i128 = 16;
const GUESSES: usize = 3;

/// The keys of a collection.
pub(crate) enum Keyspace {
    Integers {
        /// How far the next guess goes beyond a key that has no other after it.
        reach: i128,
        /// Whether they may be numbers of which none is left out.
        serial: bool,
    },
    Texts {
        /// The letters of keys, as far as they were seen.
        letters: BTreeSet<char>,
    },
}

impl Keyspace {
    /// Of about so many keys.
    pub(crate) fn new(integer: bool, rows: u64) -> Self {
        if integer {
            return Self::Integers { reach: i128::from(rows.max(1)), serial: true };
        }
        Self::Texts { letters: ('0'..='9').chain('A'..='Z').chain('a'..='z').chain(['-', '_']).collect() }
    }

    /// Takes notice of neighbouring keys that there are. Keys that perhaps come just after all those like them are good places
    /// for cuts: after those that begin with all that the neighbours have in common, and with a letter less, and so on.
    pub(crate) fn learn(&mut self, keys: &[Key]) -> Vec<Key> {
        let Self::Texts { letters } = self else { return Vec::new() };
        let texts = keys.iter().filter_map(|key| if let Key::Text(text) = key { Some(text.as_str()) } else { None });
        letters.extend(texts.clone().flat_map(str::chars));
        let (Some(first), Some(last)) = (texts.clone().min(), texts.max()) else { return Vec::new() };
        let common = first.chars().zip(last.chars()).take_while(|(a, b)| a == b).count();
        let beginning = |letters| Key::Text(first.chars().take(letters).chain([char::MAX]).collect());
        (1..=common).rev().take(BEGINNINGS).map(beginning).collect()
    }

    /// Keys after `after` and before `last`, in their order, at which to see how rows lie between the two; none if there
    /// can be none. Serial numbers are cut into as many equal pieces as are wanted, which are the right ones if no number
    /// is left out.
    pub(crate) fn points(&mut self, after: &Key, last: Option<&Key>, wanted: usize) -> Vec<Key> {
        match (self, after, last) {
            (Self::Integers { reach, serial }, Key::Integer(after), None) => {
                let steps: Vec<i128> = if std::mem::take(serial) {
                    let wanted = wanted as i128;
                    (1..=wanted).map(|piece| *reach * piece / wanted).collect()
                } else {
                    std::iter::successors(Some(*reach), |reach| Some(reach.saturating_mul(GROWTH)))
                        .take(GUESSES)
                        .collect()
                };
                *reach = steps.last().map_or(*reach, |step| step.saturating_mul(GROWTH));
                let greatest = i128::from(i64::MAX) - 1;
                let points = steps.into_iter().map(|step| i128::from(*after).saturating_add(step).min(greatest));
                let mut points: Vec<i64> = points.filter_map(|point| i64::try_from(point).ok()).collect();
                points.retain(|point| point > after);
                points.dedup();
                points.into_iter().map(Key::Integer).collect()
            }
            (Self::Integers { .. }, Key::Integer(after), Some(Key::Integer(last))) => {
                let middle = i64::try_from((i128::from(*after) + i128::from(*last)) / 2).ok();
                middle.filter(|middle| after < middle && middle < last).map(Key::Integer).into_iter().collect()
            }
            (Self::Texts { letters }, Key::Text(after), None) => {
                between(letters, after, None).map(Key::Text).into_iter().collect()
            }
            (Self::Texts { letters }, Key::Text(after), Some(Key::Text(last))) => {
                between(letters, after, Some(last)).map(Key::Text).into_iter().collect()
            }
            (Self::Integers { .. }, Key::Text(_), _)
            | (Self::Texts { .. }, Key::Integer(_), _)
            | (Self::Integers { .. }, Key::Integer(_), Some(Key::Text(_)))
            | (Self::Texts { .. }, Key::Text(_), Some(Key::Integer(_))) => Vec::new(),
        }
    }
}

/// A text between two others, taken for numbers whose digits are the letters; the end of a text is the digit zero.
fn between(letters: &BTreeSet<char>, after: &str, last: Option<&str>) -> Option<String> {
    let letters: Vec<char> = letters.iter().copied().collect();
    let base = letters.len() + 1;
    let common = last.map_or(0, |last| after.chars().zip(last.chars()).take_while(|(a, b)| a == b).count());
    let length = after.chars().count().max(last.map_or(0, |last| last.chars().count())) - common;
    let length = length.min(MOST_LETTERS) + MORE_LETTERS;
    let digits = |text: &str| -> Vec<usize> {
        let digit = |letter: char| letters.binary_search(&letter).map_or_else(|place| place, |place| place + 1);
        let digits = text.chars().skip(common).map(digit).chain(std::iter::repeat(0));
        digits.take(length).collect()
    };
    let (low, high) = (digits(after), last.map_or_else(|| vec![base - 1; length], digits));
    let mut middle = after.chars().take(common).collect::<String>();
    let (mut carry, mut more) = (0, None);
    for (low, high) in low.iter().zip(&high) {
        let sum = carry * base + low + high;
        carry = sum % 2;
        // A sum that carries is that of numbers whose half is a digit all the same.
        let digit = (sum / 2).min(base - 1);
        let Some(letter) = digit.checked_sub(1).and_then(|place| letters.get(place)) else { break };
        middle.push(*letter);
        let is_between = middle.as_str() > after && last.is_none_or(|last| middle.as_str() < last);
        match &mut more {
            None if is_between => more = Some(MORE_LETTERS),
            Some(0) => break,
            Some(more) => *more -= 1,
            None => {}
        }
    }
    (middle.as_str() > after && last.is_none_or(|last| middle.as_str() < last)).then_some(middle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Key {
        Key::Text(text.to_owned())
    }

    #[test]
    fn integers_have_a_middle_until_nothing_is_between() {
        let mut space = Keyspace::new(true, 100);
        let mut middle = |after, last| space.points(&Key::Integer(after), Some(&Key::Integer(last)), 2);
        assert_eq!(middle(0, 10), [Key::Integer(5)]);
        assert_eq!(middle(0, 2), [Key::Integer(1)]);
        assert_eq!(middle(0, 1), []);
        assert_eq!(middle(i64::MIN, i64::MAX), [Key::Integer(0)]);
        assert_eq!(middle(-3, -1), [Key::Integer(-2)]);
    }

    #[test]
    fn integers_without_an_end_are_serial_numbers_at_first_and_far_apart_then() {
        let mut space = Keyspace::new(true, 100);
        let mut points = |after, wanted| space.points(&Key::Integer(after), None, wanted);
        assert_eq!(points(1000, 3), [1033, 1066, 1100].map(Key::Integer));
        assert_eq!(points(0, 3), [1600, 25_600, 409_600].map(Key::Integer));
        assert_eq!(points(i64::MAX - 5, 3), [Key::Integer(i64::MAX - 1)]);
        assert_eq!(points(i64::MAX - 1, 3), []);
        // Fewer numbers than pieces, each once.
        assert_eq!(Keyspace::new(true, 2).points(&Key::Integer(0), None, 4), [1, 2].map(Key::Integer));
    }

    #[test]
    fn what_keys_have_in_common_is_where_they_end() {
        let mut space = Keyspace::new(false, 100);
        let ends = ["日本/\u{10ffff}", "日本\u{10ffff}", "日\u{10ffff}"].map(text);
        assert!(ends.is_sorted());
        assert_eq!(space.learn(&[text("日本/1"), text("日本/2")]), ends);
        assert_eq!(space.learn(&[text("a"), text("b")]), []);
        assert_eq!(space.learn(&[]), []);
        assert_eq!(Keyspace::new(true, 100).learn(&[Key::Integer(1)]), []);
    }

    #[test]
    fn texts_have_a_middle_of_known_letters() {
        let mut space = Keyspace::new(false, 100);
        space.learn(&[text("日"), text("本")]);
        let mut check = |after: &str, last: Option<&str>| {
            let middle = space.points(&text(after), last.map(text).as_ref(), 2).pop();
            let Some(Key::Text(middle)) = middle else { panic!("nothing between {after} and {last:?}") };
            assert!(
                middle.as_str() > after && last.is_none_or(|last| middle.as_str() < last),
                "{after} {middle} {last:?}"
            );
            middle
        };
        assert!(check("user-0000", Some("user-9999")).starts_with("user-4"));
        assert!(check("user-1", Some("user-2")).starts_with("user-1"));
        check("", None);
        check("", Some("日本"));
        check("a", Some("a\u{10ffff}"));
        check("zzzz", None);
        check("日本", None);
        let long = "x".repeat(500);
        check(&long, Some(&format!("{long}zz")));
    }

    #[test]
    fn bisection_of_texts_comes_to_an_end() {
        let mut space = Keyspace::new(false, 100);
        let (after, mut last) = ("ab".to_owned(), "ac".to_owned());
        for _ in 0..1000 {
            match space.points(&text(&after), Some(&text(&last)), 2).pop() {
                Some(Key::Text(middle)) => {
                    assert!(middle > after && middle < last);
                    last = middle;
                }
                _ => return,
            }
        }
        panic!("still going on at {last}");
    }
}
