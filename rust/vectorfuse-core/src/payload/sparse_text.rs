//! Sparse vectors as JSON text: `{"12": 0.5}` or `{"indices": [12], "values": [0.5]}`.

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::json::strict;
use crate::vector::{INDICES, VALUES};

/// The indices and values of a text.
pub(super) fn parse(text: &str) -> Result<(Vec<i64>, Vec<f64>)> {
    const EXPECTED: &str =
        r#"the text is no sparse vector: expected {"12":0.5} or {"indices":[12],"values":[0.5]}, no key twice"#;
    let members = match strict(text).map_err(|error| Error::data(EXPECTED).caused_by(error))? {
        Value::Object(members) => members,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            return Err(Error::data(EXPECTED));
        }
    };
    if members.contains_key(INDICES) || members.contains_key(VALUES) {
        return lists(&members);
    }
    let index = |name: &str| {
        let digits = name.strip_prefix('-').unwrap_or(name).bytes().all(|byte| byte.is_ascii_digit());
        let index = name.parse().ok().filter(|_| digits);
        index.ok_or_else(|| Error::data(format!("`{name}` is no index of a sparse vector")))
    };
    let indices = members.keys().map(|name| index(name)).collect::<Result<_>>()?;
    let values = members.values().map(number).collect::<Result<_>>()?;
    Ok((indices, values))
}

fn lists(members: &Map<String, Value>) -> Result<(Vec<i64>, Vec<f64>)> {
    let list = |name: &str| {
        let items = members.get(name).and_then(Value::as_array).filter(|_| members.len() == 2);
        items.ok_or_else(|| {
            Error::data("the text's object must be the two lists `indices` and `values`, and nothing else")
        })
    };
    let index = |item: &Value| item.as_i64().ok_or_else(|| Error::data(format!("{item} is no index")));
    let indices = list(INDICES)?.iter().map(index).collect::<Result<_>>()?;
    let values = list(VALUES)?.iter().map(number).collect::<Result<_>>()?;
    Ok((indices, values))
}

fn number(value: &Value) -> Result<f64> {
    value.as_f64().ok_or_else(|| Error::data(format!("the vector's value {value} is no number")))
}

/// The text of a sparse vector; each value is the shortest one that reads back as the same 32 bits.
pub(super) fn write(indices: &[u32], values: &[f32]) -> String {
    let joined = |texts: Vec<String>| texts.join(",");
    let indices = joined(indices.iter().map(u32::to_string).collect());
    let values = joined(values.iter().map(|value| format!("{value:?}")).collect());
    format!("{{\"{INDICES}\":[{indices}],\"{VALUES}\":[{values}]}}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_forms_are_read_and_nothing_else() {
        assert_eq!(parse(r#"{"12": 0.5, "3": 1}"#).unwrap(), (vec![12, 3], vec![0.5, 1.0]));
        assert_eq!(parse(r#" {"values":[0.5],"indices":[12]} "#).unwrap(), (vec![12], vec![0.5]));
        assert_eq!(parse("{}").unwrap(), (vec![], vec![]));
        // What is wrong with an index is said by whoever knows the bounds.
        assert_eq!(parse(r#"{"5": 1, "05": 2, "-1": 0}"#).unwrap().0, [-1, 5, 5]);
        for (text, said) in [
            ("", "no sparse vector"),
            ("[1]", "no sparse vector"),
            ("null", "no sparse vector"),
            (r#"{"5": 1, "5": 2}"#, "twice"),
            (r#"{"a": 1}"#, "`a`"),
            (r#"{"+1": 1}"#, "`+1`"),
            (r#"{"1": "x"}"#, "\"x\""),
            (r#"{"1": null}"#, "null"),
            (r#"{"indices": [1]}"#, "`values`"),
            (r#"{"indices": [1], "values": [1], "more": 1}"#, "nothing else"),
            (r#"{"indices": [1], "values": [1], "values": [2]}"#, "twice"),
            (r#"{"indices": [1.5], "values": [1]}"#, "1.5"),
            (r#"{"indices": 1, "values": [1]}"#, "`indices`"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        #[allow(clippy::cast_possible_truncation)]
        fn what_is_written_is_read(pairs in proptest::collection::vec((any::<u32>(), any::<u32>()), 0..5)) {
            let pairs: Vec<(u32, f32)> = pairs.into_iter().map(|(index, bits)| (index, f32::from_bits(bits)))
                .filter(|(_, value)| value.is_finite()).collect();
            let (indices, values): (Vec<u32>, Vec<f32>) = pairs.into_iter().unzip();
            let (read_indices, read_values) = parse(&write(&indices, &values)).unwrap();
            prop_assert_eq!(read_indices, indices.into_iter().map(i64::from).collect::<Vec<_>>());
            let bits = |value: &f32| value.to_bits();
            let narrow: Vec<f32> = read_values.iter().map(|value| *value as f32).collect();
            prop_assert_eq!(narrow.iter().map(bits).collect::<Vec<_>>(), values.iter().map(bits).collect::<Vec<_>>());
        }
    }
}
