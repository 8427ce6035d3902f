//! The vector that a search is for, as the option `query_vector` writes it: read and checked before anything is sent.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::json::{self, At};
use crate::vector::{INDICES, VALUES, Vector, VectorKind};

const OPTION: &str = "query_vector";

/// The text as a vector of this kind. `of` is what it is compared with, for messages.
pub fn parse(text: &str, kind: VectorKind, of: &str) -> Result<Vector> {
    // `0.1, 0.2` is the inside of a list.
    let is_json = text.trim_start().starts_with(['[', '{']);
    let value = if is_json { json::parse(OPTION, text) } else { json::parse(OPTION, &format!("[{text}]")) };
    let value = value?;
    let at = At::root(OPTION, &value);
    Ok(match kind {
        VectorKind::Dense => Vector::Dense(numbers(&at, &format!("a list of numbers: {of} is dense"))?),
        VectorKind::Multi => {
            let expected = format!("a list of lists of numbers: {of} is a multi-vector");
            let rows = at.items(&expected)?;
            if rows.is_empty() {
                return Err(at.wrong(&expected));
            }
            Vector::Multi(rows.iter().map(|row| numbers(row, &expected)).collect::<Result<_>>()?)
        }
        VectorKind::Sparse => {
            let (indices, values) = sparse(&at, of)?;
            Vector::Sparse(indices, values)
        }
    })
}

/// That the vector has this size: one of another length would be refused in each task.
pub fn check_size(query: &Vector, size: u64, of: &str) -> Result<()> {
    let fits = |numbers: &Vec<f32>| {
        if numbers.len() as u64 == size {
            return Ok(());
        }
        Err(Error::options(format!("option `{OPTION}` has {} dimensions, and {of} has {size}", numbers.len())))
    };
    match query {
        Vector::Dense(numbers) => fits(numbers),
        Vector::Multi(rows) => rows.iter().try_for_each(fits),
        Vector::Sparse(..) => Ok(()),
    }
}

fn numbers(at: &At, expected: &str) -> Result<Vec<f32>> {
    let items = at.items(expected)?;
    if items.is_empty() {
        return Err(at.wrong(expected));
    }
    items.iter().map(|item| number(item, expected)).collect()
}

fn number(at: &At, expected: &str) -> Result<f32> {
    let double = at.value().as_f64().ok_or_else(|| at.wrong(expected))?;
    let number = double as f32;
    if number.is_finite() { Ok(number) } else { Err(at.wrong("a number that 32 bits can hold")) }
}

fn sparse(at: &At, of: &str) -> Result<(Vec<u32>, Vec<f32>)> {
    let expected = format!(r#"{{"indices":[12],"values":[0.5]}} or {{"12":0.5}}: {of} is sparse"#);
    let Value::Object(members) = at.value() else { return Err(at.wrong(&expected)) };
    let mut found = BTreeMap::new();
    if members.contains_key(INDICES) || members.contains_key(VALUES) {
        at.object(&[INDICES, VALUES])?;
        let indices = at.required(INDICES, "a list of integers")?.items("a list of integers")?;
        let values = at.required(VALUES, "a list of numbers")?.items("a list of numbers")?;
        if indices.len() != values.len() {
            return Err(at.wrong("as many `indices` as `values`"));
        }
        let place = "an index from 0 to 4294967295, each once";
        for (index, value) in indices.iter().zip(&values) {
            let key = u32::try_from(index.unsigned(place)?).map_err(|_| index.wrong(place))?;
            if found.insert(key, number(value, "a number")?).is_some() {
                return Err(index.wrong(place));
            }
        }
    } else {
        for name in members.keys() {
            let index = name.parse::<u32>().map_err(|_| at.wrong(&expected))?;
            let value = at.required(name, "a number")?;
            if found.insert(index, number(&value, "a number")?).is_some() {
                return Err(at.wrong("each index once"));
            }
        }
    }
    if found.is_empty() {
        return Err(at.wrong(&expected));
    }
    Ok(found.into_iter().unzip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_text() {
        let parsed = |text, kind| parse(text, kind, "`v`").unwrap();
        for text in ["1,-0.5", "[1,-0.5]", " [1, -5e-1] "] {
            assert_eq!(parsed(text, VectorKind::Dense), Vector::Dense(vec![1.0, -0.5]));
        }
        assert_eq!(parsed("[[1],[2]]", VectorKind::Multi), Vector::Multi(vec![vec![1.0], vec![2.0]]));
        for text in [r#"{"7":1,"2":0.5}"#, r#"{"indices":[7,2],"values":[1,0.5]}"#] {
            assert_eq!(parsed(text, VectorKind::Sparse), Vector::Sparse(vec![2, 7], vec![0.5, 1.0]));
        }
    }

    #[test]
    fn another_size_is_an_error_that_says_both() {
        let said = check_size(&Vector::Dense(vec![1.0]), 2, "`v`").unwrap_err().to_string();
        assert_eq!(said, "option `query_vector` has 1 dimensions, and `v` has 2");
        assert!(check_size(&Vector::Multi(vec![vec![1.0, 2.0], vec![1.0]]), 2, "`v`").is_err());
        assert!(check_size(&Vector::Sparse(vec![9], vec![1.0]), 2, "`v`").is_ok());
    }
}
