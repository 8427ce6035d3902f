//! The single conditions on one field of the payload that predicates are made of.
//!
//! The server matches an array when one of its elements matches, and takes null, a missing field and an empty array
//! for empty.

use qdrant_client::qdrant::condition::ConditionOneOf;
use qdrant_client::qdrant::r#match::MatchValue;
use qdrant_client::qdrant::{
    Condition, DatetimeRange, FieldCondition, HasIdCondition, IsEmptyCondition, Match, Range, RepeatedIntegers,
    RepeatedStrings,
};
use vectorfuse_core::ids::PointId;

use crate::logic::Test;
use crate::point::to_qdrant_id;

/// The points with these ids.
pub(crate) fn ids(ids: &[PointId]) -> Test {
    let has_id = ids.iter().copied().map(to_qdrant_id).collect();
    if ids.is_empty() { Test::Never } else { test(ConditionOneOf::HasId(HasIdCondition { has_id })) }
}

/// The field is missing, null or an empty array.
pub(crate) fn empty(key: &str) -> Test {
    test(ConditionOneOf::IsEmpty(IsEmptyCondition { key: key.to_owned() }))
}

/// The field is no array, or one in which nothing can match.
pub(crate) fn no_array(key: &str) -> Test {
    empty(&format!("{key}[]"))
}

/// The field is this boolean.
pub(crate) fn boolean(key: &str, value: bool) -> Test {
    matches(key, MatchValue::Boolean(value))
}

/// The field is one of these integers; doubles are not.
pub(crate) fn integers(key: &str, values: Vec<i64>) -> Test {
    match values.as_slice() {
        [] => Test::Never,
        [one] => matches(key, MatchValue::Integer(*one)),
        _ => matches(key, MatchValue::Integers(RepeatedIntegers { integers: values })),
    }
}

/// The field is one of these strings.
pub(crate) fn strings(key: &str, mut values: Vec<String>) -> Test {
    match values.len() {
        0 => Test::Never,
        1 => matches(key, MatchValue::Keyword(values.remove(0))),
        _ => matches(key, MatchValue::Keywords(RepeatedStrings { strings: values })),
    }
}

/// The field is a string that begins so.
pub(crate) fn prefix(key: &str, prefix: &str) -> Test {
    matches(key, MatchValue::Prefix(prefix.to_owned()))
}

/// The field is a number in the range.
pub(crate) fn range(key: &str, range: Range) -> Test {
    field(FieldCondition { key: key.to_owned(), range: Some(range), ..FieldCondition::default() })
}

/// The field is a date and time in the range.
pub(crate) fn datetime_range(key: &str, range: DatetimeRange) -> Test {
    field(FieldCondition { key: key.to_owned(), datetime_range: Some(range), ..FieldCondition::default() })
}

fn matches(key: &str, value: MatchValue) -> Test {
    let r#match = Some(Match { match_value: Some(value) });
    field(FieldCondition { key: key.to_owned(), r#match, ..FieldCondition::default() })
}

fn field(condition: FieldCondition) -> Test {
    test(ConditionOneOf::Field(condition))
}

fn test(condition: ConditionOneOf) -> Test {
    Test::If(Box::new(Condition { condition_one_of: Some(condition) }))
}
