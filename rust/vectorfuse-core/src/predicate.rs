//! Conditions as data: what Spark pushes down, in Spark's own words. A store translates them, or leaves them to Spark.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::payload;
use crate::schema::SparkType;

/// So many values of a list are shown.
const MOST_SHOWN: usize = 20;

/// An expression of Spark's: a predicate, or a part of one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expr {
    /// A function or operator under Spark's name, such as `=`, `AND` or `IS_NULL`, and what it is applied to.
    Call(String, Vec<Expr>),
    /// A column, or a member inside of it: the names from the outermost on.
    Column(Vec<String>),
    /// A constant.
    Literal(Literal),
    /// Something that has no form here, by its name in Spark: no store can evaluate it.
    Other(String),
}

/// A constant with its type, in Spark's schema JSON, and its value as text; null has none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Literal {
    /// The type, in Spark's schema JSON.
    #[serde(rename = "type")]
    pub data_type: Value,
    /// What Spark holds inside, as text: days for a date, microseconds for a timestamp.
    pub value: Option<String>,
}

/// The value of a constant of a type that is compared.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    /// `null`
    Null,
    /// `boolean`
    Boolean(bool),
    /// `byte`, `short`, `integer` and `long`
    Integer(i64),
    /// `float`, which a double holds exactly, and `double`
    Double(f64),
    /// `decimal`: the plain or scientific text
    Decimal(String),
    /// `string`
    Text(String),
    /// `date`: days since 1970-01-01
    Date(i32),
    /// `timestamp` and `timestamp_ntz`: microseconds since 1970-01-01T00:00:00
    Micros(i64),
}

impl Literal {
    /// The value; `None` if it is of no type that is compared.
    #[must_use]
    pub fn constant(&self) -> Option<Constant> {
        let data_type = SparkType::from_json(&self.data_type).ok()?;
        let Some(text) = &self.value else { return Some(Constant::Null) };
        match data_type {
            SparkType::Null => Some(Constant::Null),
            SparkType::Boolean => text.parse().ok().map(Constant::Boolean),
            SparkType::Byte | SparkType::Short | SparkType::Integer | SparkType::Long => {
                text.parse().ok().map(Constant::Integer)
            }
            // A float's shortest text names that float, and not always the double next to it.
            SparkType::Float => text.parse::<f32>().ok().map(|float| Constant::Double(float.into())),
            SparkType::Double => text.parse().ok().map(Constant::Double),
            SparkType::Decimal(..) => Some(Constant::Decimal(text.clone())),
            SparkType::String(_) => Some(Constant::Text(text.clone())),
            SparkType::Date => text.parse().ok().map(Constant::Date),
            SparkType::Timestamp | SparkType::TimestampNtz => text.parse().ok().map(Constant::Micros),
            SparkType::Binary
            | SparkType::Variant
            | SparkType::Array(_)
            | SparkType::Struct(_)
            | SparkType::Map(..)
            | SparkType::MllibVector(_) => None,
        }
    }
}

impl Constant {
    /// The text that a payload holds for this value in a field of `data_type`; `None` if it holds no text, or the
    /// value is none of that type.
    #[must_use]
    pub fn stored_text(&self, data_type: &SparkType) -> Option<String> {
        match (self, data_type) {
            (Self::Text(text), SparkType::String(_)) => Some(text.clone()),
            (Self::Date(days), SparkType::Date) => Some(crate::civil::date_text((*days).into())),
            (Self::Micros(micros), SparkType::Timestamp) => Some(payload::timestamp_text(*micros)),
            (Self::Micros(micros), SparkType::TimestampNtz) => Some(crate::civil::datetime_text(*micros)),
            (Self::Decimal(text), SparkType::Decimal(precision, scale)) => {
                payload::decimal_text(text, *precision, *scale)
            }
            (
                Self::Null
                | Self::Boolean(_)
                | Self::Integer(_)
                | Self::Double(_)
                | Self::Decimal(_)
                | Self::Text(_)
                | Self::Date(_)
                | Self::Micros(_),
                _,
            ) => None,
        }
    }

    /// The moment of a date or timestamp, in microseconds since 1970-01-01T00:00:00.
    #[must_use]
    pub fn micros(&self) -> Option<i64> {
        match self {
            Self::Date(days) => i64::from(*days).checked_mul(86_400_000_000),
            Self::Micros(micros) => Some(*micros),
            Self::Null | Self::Boolean(_) | Self::Integer(_) | Self::Double(_) | Self::Decimal(_) | Self::Text(_) => {
                None
            }
        }
    }
}

/// What a store makes of a predicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// The store keeps exactly the rows for which it is true.
    Exact,
    /// The store keeps those rows and perhaps others: Spark must look at them again.
    Narrows,
    /// The store can do nothing with it.
    No,
}

impl std::fmt::Display for Expr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let list = |f: &mut std::fmt::Formatter<'_>, items: &[Self], separator: &str| -> std::fmt::Result {
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    f.write_str(separator)?;
                }
                if index == MOST_SHOWN {
                    return write!(f, "… {} more", items.len() - index);
                }
                write!(f, "{item}")?;
            }
            Ok(())
        };
        match self {
            Self::Call(name, children) if children.len() == 2 && name != "IN" => {
                f.write_str("(")?;
                list(f, children, &format!(" {name} "))?;
                f.write_str(")")
            }
            Self::Call(name, children) => {
                write!(f, "{name}(")?;
                list(f, children, ", ")?;
                f.write_str(")")
            }
            Self::Column(path) => f.write_str(&path.join(".")),
            Self::Literal(Literal { value: None, .. }) => f.write_str("null"),
            Self::Literal(literal) => match literal.constant() {
                Some(Constant::Text(text)) => write!(f, "'{text}'"),
                Some(Constant::Date(days)) => f.write_str(&crate::civil::date_text(days.into())),
                Some(Constant::Micros(micros)) => f.write_str(&crate::civil::datetime_text(micros)),
                Some(
                    Constant::Null
                    | Constant::Boolean(_)
                    | Constant::Integer(_)
                    | Constant::Double(_)
                    | Constant::Decimal(_),
                )
                | None => f.write_str(literal.value.as_deref().unwrap_or("null")),
            },
            Self::Other(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn spark_s_words_are_read_and_shown() {
        let words = json!({"call": ["AND", [
            {"call": ["=", [{"column": ["a", "b"]}, {"literal": {"type": "date", "value": "0"}}]]},
            {"call": ["IN", [{"column": ["c"]}, {"literal": {"type": "string", "value": "x"}},
                             {"literal": {"type": "string", "value": null}}]]}]]});
        let expr: Expr = serde_json::from_value(words.clone()).unwrap();
        assert_eq!(expr.to_string(), "((a.b = 1970-01-01) AND IN(c, 'x', null))");
        assert_eq!(serde_json::to_value(&expr).unwrap(), words);
    }

    #[test]
    fn a_float_is_the_float_and_not_the_double_of_its_text() {
        let literal = |data_type: &str| Literal { data_type: json!(data_type), value: Some("0.1".to_owned()) };
        assert_eq!(literal("float").constant(), Some(Constant::Double(f64::from(0.1_f32))));
        assert_eq!(literal("double").constant(), Some(Constant::Double(0.1)));
        assert_eq!(literal("binary").constant(), None);
    }
}
