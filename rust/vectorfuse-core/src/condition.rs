//! The condition under which a row may change a point that is there: a small language, parsed here, translated by the
//! stores.
//!
//! `${name}` is a column of the DataFrame, a bare word (or one in backticks) a field of the stored payload, `a.b` a
//! nested one. The logic is SQL's: what is missing or null makes a comparison neither true nor false, and only what is
//! true lets a row through. A `not` is moved down to the comparisons while parsing, so that a store only has to say of
//! each comparison when it is true.

mod lexer;
mod parser;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::payload::Scalar;
use crate::schema::{SparkField, SparkType};

/// A condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Each is true.
    All(Vec<Condition>),
    /// One at least is true.
    Any(Vec<Condition>),
    /// A stored field is compared with a value.
    Compare(Path, Comparison, Operand),
    /// A stored field is among these values, or among none of them.
    Among {
        /// The stored field.
        path: Path,
        /// The values.
        values: Vec<Operand>,
        /// Whether it must be none of them.
        negated: bool,
    },
    /// A stored field is missing or null.
    Null {
        /// The stored field.
        path: Path,
        /// Whether it must be neither.
        negated: bool,
    },
}

/// The names that lead to a stored field, from the outside in.
pub type Path = Vec<String>;

/// How a stored field is compared with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// =
    Equal,
    /// !=
    NotEqual,
    /// <
    Less,
    /// <=
    LessOrEqual,
    /// >
    Greater,
    /// >=
    GreaterOrEqual,
}

impl Comparison {
    /// True exactly where `self` is false; both are neither where a side is null.
    fn negated(self) -> Self {
        match self {
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Greater => Self::LessOrEqual,
            Self::GreaterOrEqual => Self::Less,
        }
    }

    /// The same with its sides exchanged.
    fn turned(self) -> Self {
        match self {
            Self::Equal | Self::NotEqual => self,
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
        }
    }

    /// Whether it is about an order.
    #[must_use]
    pub fn orders(self) -> bool {
        !matches!(self, Self::Equal | Self::NotEqual)
    }
}

/// What a stored field is compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operand {
    /// The value of the row in the column at this place.
    Column(usize),
    /// The same for each row.
    Literal(Scalar),
}

/// Parses a condition and checks it against the columns of the DataFrame.
pub fn parse(text: &str, fields: &[SparkField]) -> Result<Condition> {
    parser::parse(text, fields).map_err(|(at, expected)| {
        let before: String = text.chars().take(at).collect();
        Error::options(format!(
            "option `condition`: expected {expected} at character {}, after `{before}`, in `{text}`",
            at + 1
        ))
    })
}

/// Whether values of this type can be compared with stored ones, and whether their order can be told.
fn comparable(data_type: &SparkType, orders: bool) -> Result<(), &'static str> {
    match data_type {
        SparkType::Byte
        | SparkType::Short
        | SparkType::Integer
        | SparkType::Long
        | SparkType::Float
        | SparkType::Double
        | SparkType::Date
        | SparkType::Timestamp
        | SparkType::TimestampNtz => Ok(()),
        SparkType::Boolean | SparkType::String(_) if orders => {
            Err("a number, date or timestamp: of texts and booleans a store only knows `=` and `!=`")
        }
        SparkType::Boolean | SparkType::String(_) => Ok(()),
        SparkType::Null
        | SparkType::MllibVector(_)
        | SparkType::Decimal(..)
        | SparkType::Binary
        | SparkType::Variant
        | SparkType::Array(_)
        | SparkType::Struct(_)
        | SparkType::Map(..) => {
            Err("a column that is a number, text, boolean, date or timestamp (decimals are stored as text)")
        }
    }
}

impl Condition {
    /// Each comparison's stored field and what it is compared with.
    #[must_use]
    pub fn comparisons(&self) -> Vec<(&Path, &Operand)> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::comparisons).collect(),
            Self::Compare(path, _, operand) => vec![(path, operand)],
            Self::Among { path, values, .. } => values.iter().map(|value| (path, value)).collect(),
            Self::Null { .. } => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
