//! Where a key lies about in the middle between two others: numbers have a middle; texts have one in the letters that keys
//! are made of.

use std::collections::BTreeSet;

use crate::key::Key;

/// Beyond so many letters after what two texts have in common nobody looks for their middle.
const MOST_LETTERS: usize = 32;
/// How many letters a middle has beyond those that it needs: the more, the nearer it is to the middle.
const MORE_LETTERS: usize = 2;
/// By how much the guess grows where the greatest key is to be found.
const GROWTH: i128 = 16;

/// The keys of a collection.
pub(crate) enum Keyspace {
    Integers {
        /// How far the next guess goes beyond a key that has no other after it.
        reach: i128,
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
            return Self::Integers { reach: i128::from(rows.max(1)) };
        }
        Self::Texts { letters: ('0'..='9').chain('A'..='Z').chain('a'..='z').chain(['-', '_']).collect() }
    }

    /// Takes notice of neighbouring keys that there are. A key that perhaps comes just after all those like them is a good
    /// place for a cut.
    pub(crate) fn learn(&mut self, keys: &[Key]) -> Option<Key> {
        let Self::Texts { letters } = self else { return None };
        let texts = keys.iter().filter_map(|key| if let Key::Text(text) = key { Some(text.as_str()) } else { None });
        letters.extend(texts.clone().flat_map(str::chars));
        let (first, last) = (texts.clone().min()?, texts.max()?);
        let common = first.chars().zip(last.chars()).take_while(|(a, b)| a == b).map(|(letter, _)| letter);
        let common: String = common.collect();
        (!common.is_empty()).then(|| Key::Text(format!("{common}{}", char::MAX)))
    }

    /// A key after `after` and before `last`, about in the middle of those that there may be; `None` if there is none.
    pub(crate) fn middle(&mut self, after: &Key, last: Option<&Key>) -> Option<Key> {
        match (self, after, last) {
            (Self::Integers { .. }, Key::Integer(after), Some(Key::Integer(last))) => {
                let middle = i64::try_from((i128::from(*after) + i128::from(*last)) / 2).ok()?;
                (*after < middle && middle < *last).then_some(Key::Integer(middle))
            }
            (Self::Integers { reach }, Key::Integer(after), None) => {
                let guess = (i128::from(*after) + *reach).min(i128::from(i64::MAX) - 1);
                *reach = reach.saturating_mul(GROWTH);
                let guess = i64::try_from(guess).ok()?;
                (*after < guess).then_some(Key::Integer(guess))
            }
            (Self::Texts { letters }, Key::Text(after), None) => between(letters, after, None).map(Key::Text),
            (Self::Texts { letters }, Key::Text(after), Some(Key::Text(last))) => {
                between(letters, after, Some(last)).map(Key::Text)
            }
            (Self::Integers { .. }, Key::Text(_), _)
            | (Self::Texts { .. }, Key::Integer(_), _)
            | (Self::Integers { .. }, Key::Integer(_), Some(Key::Text(_)))
            | (Self::Texts { .. }, Key::Text(_), Some(Key::Integer(_))) => None,
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
        let mut middle =
            |after, last: Option<i64>| match space.middle(&Key::Integer(after), last.map(Key::Integer).as_ref()) {
                Some(Key::Integer(middle)) => Some(middle),
                _ => None,
            };
        assert_eq!(middle(0, Some(10)), Some(5));
        assert_eq!(middle(0, Some(2)), Some(1));
        assert_eq!(middle(0, Some(1)), None);
        assert_eq!(middle(i64::MIN, Some(i64::MAX)), Some(0));
        assert_eq!(middle(-3, Some(-1)), Some(-2));
        assert_eq!(middle(0, None), Some(100));
        assert_eq!(middle(0, None), Some(1600));
        assert_eq!(middle(i64::MAX - 5, None), Some(i64::MAX - 1));
        assert_eq!(middle(i64::MAX - 1, None), None);
    }

    #[test]
    fn what_keys_have_in_common_is_where_they_end() {
        let mut space = Keyspace::new(false, 100);
        assert_eq!(space.learn(&[text("日本/1"), text("日本/2")]), Some(text("日本/\u{10ffff}")));
        assert_eq!(space.learn(&[text("a"), text("b")]), None);
        assert_eq!(Keyspace::new(true, 100).learn(&[Key::Integer(1)]), None);
    }

    #[test]
    fn texts_have_a_middle_of_known_letters() {
        let mut space = Keyspace::new(false, 100);
        space.learn(&[text("日"), text("本")]);
        let mut check = |after: &str, last: Option<&str>| {
            let middle = space.middle(&text(after), last.map(text).as_ref());
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
            match space.middle(&text(&after), Some(&text(&last))) {
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
