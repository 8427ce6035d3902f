//! JSON that users write: read so that nothing of it is lost without a word, and with errors that say
//! where in it something is wrong.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::error::{Error, Result};

/// More of a wrong value than this is not shown.
const SHOWN: usize = 80;

/// The JSON of the option `option`. A key that an object has twice is an error: the reader would drop one of them.
pub fn parse(option: &str, text: &str) -> Result<Value> {
    strict(text).map_err(|error| {
        let python = ["'", "None", "True", "False"].iter().any(|word| text.contains(word));
        let hint = if python { ": it looks like Python's text of a dict, write it with `json.dumps`" } else { "" };
        Error::options(format!("option `{option}` is no JSON ({error}){hint}"))
    })
}

/// The value of a JSON text. A key that an object has twice is an error here too.
pub fn strict(text: &str) -> serde_json::Result<Value> {
    serde_json::from_str::<Strict>(text).map(|strict| strict.0)
}

/// The value of a text, all of it and each number as it stands there. A key that an object has twice would be there once,
/// and an integer that 64 bits don't hold would become a double, which is another number.
pub fn exact(text: &[u8]) -> Result<Value> {
    let value = serde_json::from_slice::<Strict>(text);
    let value = value.map_err(|error| Error::data("the JSON can't be read").caused_by(error))?;
    match wide_integer(text) {
        None => Ok(value.0),
        Some(number) => {
            let number: String = String::from_utf8_lossy(number).chars().take(SHOWN).collect();
            Err(Error::data(format!(
                "the JSON has the integer {number}, and integers of more than 64 bits are not kept as they are"
            )))
        }
    }
}

/// The first integer of a JSON text that neither a signed nor an unsigned number of 64 bits is.
fn wide_integer(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first == b'"' {
            rest = after_string(after);
        } else if first.is_ascii_digit() || *first == b'-' {
            let end = after.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
            let (_, behind) = after.split_at(end.unwrap_or(after.len()));
            let number = &text[text.len() - after.len() - 1..text.len() - behind.len()];
            if is_wide(number) {
                return Some(number);
            }
            rest = behind;
        }
    }
    None
}

fn is_wide(number: &[u8]) -> bool {
    let is_integer = !number.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'));
    let fits = |text: &str| text.parse::<i64>().is_ok() || text.parse::<u64>().is_ok();
    is_integer && !std::str::from_utf8(number).is_ok_and(fits)
}

/// What comes after the end of a string in which this begins.
fn after_string(mut rest: &[u8]) -> &[u8] {
    while let Some((first, after)) = rest.split_first() {
        rest = match first {
            b'"' => return after,
            b'\\' => after.get(1..).unwrap_or_default(),
            _ => after,
        };
    }
    rest
}

/// A value without repeated keys.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Values).map(Self)
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number that is not finite"))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((name, Strict(member))) = members.next_entry::<String, Strict>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format!("`{name}` is given twice")));
            }
            object.insert(name, member);
        }
        Ok(Value::Object(object))
    }
}

/// A value somewhere inside an option's JSON.
#[derive(Clone, Debug)]
pub struct At<'a> {
    option: &'a str,
    path: String,
    value: &'a Value,
}

impl<'a> At<'a> {
    /// The whole value of an option.
    #[must_use]
    pub fn root(option: &'a str, value: &'a Value) -> Self {
        Self { option, path: String::new(), value }
    }

    /// The value itself.
    #[must_use]
    pub fn value(&self) -> &'a Value {
        self.value
    }

    /// The error of a value that is not what it must be.
    #[must_use]
    pub fn wrong(&self, expected: &str) -> Error {
        let shown = self.value.to_string();
        let shown = match shown.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}…", &shown[..end]),
            None => shown,
        };
        let path = if self.path.is_empty() { String::new() } else { format!("`{}` ", self.path) };
        Error::options(format!("option `{}`: {path}is {shown}: expected {expected}", self.option))
    }

    /// The member of an object; `None` if there is none, or it is null.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<Self> {
        let value = self.value.get(name).filter(|value| !value.is_null())?;
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Some(Self { option: self.option, path, value })
    }

    /// The member of an object that must be there.
    pub fn required(&self, name: &str, expected: &str) -> Result<Self> {
        self.member(name).ok_or_else(|| self.wrong(&format!("`{name}`: {expected}")))
    }

    /// That this is an object, and has no other members than these.
    pub fn object(&self, known: &[&str]) -> Result<()> {
        let names = || known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let Some(members) = self.value.as_object() else {
            return Err(self.wrong(&format!("an object of {}", names())));
        };
        match members.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(stranger) => {
                let place = if self.path.is_empty() { stranger.clone() } else { format!("{}.{stranger}", self.path) };
                Err(Error::options(format!("option `{}`: `{place}` is not known: expected {}", self.option, names())))
            }
        }
    }

    /// The items of a list.
    pub fn items(&self, expected: &str) -> Result<Vec<Self>> {
        let items = self.value.as_array().ok_or_else(|| self.wrong(expected))?;
        let item = |(index, value)| Self { option: self.option, path: format!("{}[{index}]", self.path), value };
        Ok(items.iter().enumerate().map(item).collect())
    }

    /// A string.
    pub fn text(&self, expected: &str) -> Result<&'a str> {
        self.value.as_str().ok_or_else(|| self.wrong(expected))
    }

    /// A boolean.
    pub fn boolean(&self) -> Result<bool> {
        self.value.as_bool().ok_or_else(|| self.wrong("true or false"))
    }

    /// An integer that is not negative.
    pub fn unsigned(&self, expected: &str) -> Result<u64> {
        self.value.as_u64().ok_or_else(|| self.wrong(expected))
    }

    /// A number; an integer that a double can't hold exactly is an error.
    pub fn double(&self, expected: &str) -> Result<f64> {
        let double = self.value.as_f64().ok_or_else(|| self.wrong(expected))?;
        let integer = self.value.as_i64().map(i128::from).or_else(|| self.value.as_u64().map(i128::from));
        if integer.is_some_and(|integer| double as i128 != integer) {
            return Err(self.wrong("a number that a double holds exactly: the store compares doubles here"));
        }
        Ok(double)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_value_comes_as_it_was_written() {
        let text = r#"{"a":[1,-9223372036854775808,18446744073709551615,0.1,null,true],"b":{"c":"ü\u0000"}}"#;
        assert_eq!(parse("o", text).unwrap(), serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    fn an_integer_of_more_than_64_bits_is_no_double() {
        let fits = r#"{"18446744073709551616":["-9223372036854775809\\",18446744073709551615,-9223372036854775808]}"#;
        for text in [fits, "-0", "1e30", "18446744073709551616.0", r#""\"1\"99999999999999999999""#, "[1,2]", "\"é\""]
        {
            assert_eq!(exact(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(text).unwrap(), "{text}");
        }
        for text in ["18446744073709551616", r#"{"a\"":[1,{"b":-9223372036854775809}]}"#, "[ 99999999999999999999 ]"] {
            let said = exact(text.as_bytes()).unwrap_err().to_string();
            assert!(said.contains("more than 64 bits"), "{text}: {said}");
        }
        assert!(exact(b"{").is_err());
        assert!(exact(br#"{"a":{"b":1,"b":1}}"#).is_err());
    }

    #[test]
    fn a_key_that_is_given_twice_is_an_error() {
        let error = parse("filter", r#"{"must":[],"must":[]}"#).unwrap_err().to_string();
        assert!(error.contains("`filter`") && error.contains("`must` is given twice"), "{error}");
    }

    #[test]
    fn python_s_text_of_a_dict_is_recognised() {
        for text in ["{'a': 1}", r#"{"a": None}"#, r#"{"a": True}"#] {
            assert!(parse("o", text).unwrap_err().to_string().contains("json.dumps"), "{text}");
        }
        assert!(!parse("o", "{").unwrap_err().to_string().contains("json.dumps"));
    }

    #[test]
    fn an_error_says_where() {
        let value = json!({"a": [{"b": 1.5, "c": 2}]});
        let item = At::root("o", &value).member("a").unwrap().items("").unwrap().remove(0);
        assert_eq!(
            item.member("b").unwrap().unsigned("a count").unwrap_err().to_string(),
            "option `o`: `a[0].b` is 1.5: expected a count"
        );
        assert_eq!(item.object(&["b"]).unwrap_err().to_string(), "option `o`: `a[0].c` is not known: expected `b`");
        assert!(item.required("d", "a list").unwrap_err().to_string().contains("`a[0]` is {"));
    }

    #[test]
    fn an_integer_that_no_double_holds_is_refused_as_a_double() {
        let value = json!([9007199254740992_u64, 9007199254740993_u64]);
        let items = At::root("o", &value).items("").unwrap();
        assert_eq!(items[0].double("").unwrap(), 9007199254740992.0);
        assert!(items[1].double("").is_err());
    }
}
