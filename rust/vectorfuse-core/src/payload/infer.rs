//! The Spark type of a field that nobody declared: from sampled values and from the store's payload index.

use crate::civil;
use crate::document::{DocumentRef, View};
use crate::schema::{SparkField, SparkType};

/// What the sampled values of one field have in common.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Sample {
    /// No value but null.
    #[default]
    Unknown,
    /// Booleans.
    Boolean,
    /// Integers within 64 bits.
    Integer,
    /// Doubles, or doubles and integers.
    Double,
    /// Strings; `true` if each is a date and time.
    String(bool),
    /// Lists, with what their elements have in common.
    List(Box<Sample>),
    /// Objects, with what each member has in common, in the order of their names.
    Object(Vec<(String, Sample)>),
    /// Kinds that no other type can hold: read as JSON text.
    Mixed,
}

impl Sample {
    /// What one value is.
    #[must_use]
    pub fn of<'a, D: DocumentRef<'a>>(value: D) -> Self {
        match value.view() {
            View::Null => Self::Unknown,
            View::Boolean(_) => Self::Boolean,
            View::Integer(value) => {
                if i64::try_from(value).is_ok() {
                    Self::Integer
                } else {
                    Self::Mixed
                }
            }
            View::Double(_) => Self::Double,
            View::String(text) => Self::String(civil::parse_datetime(text).is_some()),
            View::List => Self::List(Box::new(value.items().map(Self::of).fold(Self::Unknown, Self::and))),
            View::Object => {
                let mut members: Vec<(String, Self)> =
                    value.members().map(|(name, value)| (name.to_owned(), Self::of(value))).collect();
                members.sort_by(|(a, _), (b, _)| a.cmp(b));
                Self::Object(members)
            }
        }
    }

    /// What two samples have in common.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unknown, other) | (other, Self::Unknown) => other,
            (Self::Integer, Self::Double) | (Self::Double, Self::Integer) => Self::Double,
            (Self::String(a), Self::String(b)) => Self::String(a && b),
            (Self::List(a), Self::List(b)) => Self::List(Box::new(a.and(*b))),
            (Self::Object(a), Self::Object(b)) => Self::Object(union(a, b)),
            (a, b) if a == b => a,
            (
                Self::Boolean
                | Self::Integer
                | Self::Double
                | Self::String(_)
                | Self::List(_)
                | Self::Object(_)
                | Self::Mixed,
                _,
            ) => Self::Mixed,
        }
    }

    /// The Spark type that holds every value seen.
    #[must_use]
    pub fn spark_type(&self) -> SparkType {
        match self {
            Self::Unknown | Self::String(_) | Self::Mixed => SparkType::string(),
            Self::Boolean => SparkType::Boolean,
            Self::Integer => SparkType::Long,
            Self::Double => SparkType::Double,
            Self::List(element) => SparkType::Array(Box::new(element.spark_type())),
            // Nothing is known of the members: a map shows whatever other objects hold.
            Self::Object(members) if members.is_empty() => {
                SparkType::Map(Box::new(SparkType::string()), Box::new(SparkType::string()))
            }
            Self::Object(members) => SparkType::Struct(
                members.iter().map(|(name, sample)| SparkField::new(name, sample.spark_type())).collect(),
            ),
        }
    }
}

/// Both are sorted by name, and so is the result.
fn union(a: Vec<(String, Sample)>, b: Vec<(String, Sample)>) -> Vec<(String, Sample)> {
    let mut merged = std::collections::BTreeMap::from_iter(a);
    for (name, sample) in b {
        let known = merged.remove(&name).unwrap_or_default();
        merged.insert(name, known.and(sample));
    }
    merged.into_iter().collect()
}

/// The type of a field that has a payload index for values of type `indexed`, and of which `sample` was seen: the
/// index decides where the sample does not contradict it.
#[must_use]
pub fn merge_index_type(sample: &Sample, indexed: &SparkType) -> SparkType {
    match (sample, indexed) {
        (Sample::Unknown, indexed) => indexed.clone(),
        (Sample::String(true), SparkType::Timestamp) => SparkType::Timestamp,
        (Sample::Integer, SparkType::Double) => SparkType::Double,
        (
            Sample::Boolean
            | Sample::Integer
            | Sample::Double
            | Sample::String(_)
            | Sample::List(_)
            | Sample::Object(_)
            | Sample::Mixed,
            _,
        ) => sample.spark_type(),
    }
}
