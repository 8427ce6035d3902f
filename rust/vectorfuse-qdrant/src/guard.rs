//! Under which filter the server may change a point that is there: what `condition` and `order_field` say of one row.
//!
//! Each filter is true exactly where the condition is: what is missing, null or of another type is compared with
//! nothing.

use qdrant_client::qdrant::condition::ConditionOneOf;
use qdrant_client::qdrant::r#match::MatchValue;
use qdrant_client::qdrant::{
    Condition, DatetimeRange, FieldCondition, Filter, HasIdCondition, IsEmptyCondition, Match, Range,
};
use vectorfuse_core::condition::{Comparison, Condition as Rule, Operand, Path};
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::ids::PointId;
use vectorfuse_core::payload::Scalar;

use crate::path;
use crate::point::to_qdrant_id;

/// The server compares numbers as doubles: integers below this are themselves there.
const EXACT: u64 = 1 << 53;
/// The years that the server can read in a text, as microseconds since 1970.
const MOMENTS: std::ops::Range<i64> = -62_135_596_800_000_000..253_402_300_800_000_000;

/// A point is changed if what it stores in `field` is not greater than `order`, or nothing.
pub(crate) fn order(field: &str, order: Option<&Scalar>) -> Result<Filter> {
    let field = path(&[field.to_owned()])?;
    let mut should = vec![empty(&field)];
    if let Some(order) = order {
        should.push(compared(&field, Comparison::LessOrEqual, order)?);
    }
    Ok(Filter { should, ..Filter::default() })
}

/// A point is changed if the condition is true for it; `value` gives the row's values.
pub(crate) fn condition(rule: &Rule, value: &dyn Fn(usize) -> Result<Option<Scalar>>) -> Result<Filter> {
    Ok(match translated(rule, value)? {
        Some(condition) => Filter { must: vec![condition], ..Filter::default() },
        None => {
            // No point has an id and has it not.
            let any = empty("id");
            Filter { must: vec![any.clone()], must_not: vec![any], ..Filter::default() }
        }
    })
}

/// Both filters must hold.
pub(crate) fn both(a: Filter, b: Filter) -> Filter {
    Filter { must: vec![nested(a), nested(b)], ..Filter::default() }
}

/// The points of these ids.
pub(crate) fn has_id(ids: impl IntoIterator<Item = PointId>) -> Condition {
    let has_id = ids.into_iter().map(to_qdrant_id).collect();
    of(ConditionOneOf::HasId(HasIdCondition { has_id }))
}

pub(crate) fn nested(filter: Filter) -> Condition {
    of(ConditionOneOf::Filter(filter))
}

/// A field of the payload is this text.
pub(crate) fn is_text(field: &str, text: &str) -> Condition {
    matches(field, MatchValue::Keyword(text.to_owned()))
}

/// A field of the payload is missing, null or an empty list.
pub(crate) fn empty(field: &str) -> Condition {
    of(ConditionOneOf::IsEmpty(IsEmptyCondition { key: field.to_owned() }))
}

/// A field's place in the server's own words.
pub(crate) fn path(names: &[String]) -> Result<String> {
    let part = |name: &String| {
        path::of_field(name).ok_or_else(|| {
            Error::unsupported(format!(
                "the server can't look into the field `{name}`: its name is empty, or has a quotation mark or a backslash"
            ))
        })
    };
    Ok(names.iter().map(part).collect::<Result<Vec<_>>>()?.join("."))
}

/// `None`: it is true for no point.
fn translated(rule: &Rule, value: &dyn Fn(usize) -> Result<Option<Scalar>>) -> Result<Option<Condition>> {
    let operand = |operand: &Operand| match operand {
        Operand::Column(index) => value(*index),
        Operand::Literal(literal) => Ok(Some(literal.clone())),
    };
    Ok(match rule {
        Rule::All(parts) => {
            let must: Option<Vec<Condition>> =
                parts.iter().map(|part| translated(part, value)).collect::<Result<Option<_>>>()?;
            must.map(|must| nested(Filter { must, ..Filter::default() }))
        }
        Rule::Any(parts) => any(parts.iter().map(|part| translated(part, value)).collect::<Result<Vec<_>>>()?),
        Rule::Compare(field, comparison, with) => match operand(with)? {
            Some(with) => Some(compared(&path(field)?, *comparison, &with)?),
            None => None,
        },
        Rule::Among { path: field, values, negated } => {
            let field = path(field)?;
            let comparison = if *negated { Comparison::NotEqual } else { Comparison::Equal };
            let values = values.iter().map(|with| match operand(with)? {
                Some(with) => compared(&field, comparison, &with).map(Some),
                None => Ok(None),
            });
            let values: Vec<Option<Condition>> = values.collect::<Result<_>>()?;
            if *negated {
                // Unequal to null is not true, so then it is true of no value.
                let must: Option<Vec<Condition>> = values.into_iter().collect();
                must.map(|must| nested(Filter { must, ..Filter::default() }))
            } else {
                any(values)
            }
        }
        Rule::Null { path: field, negated: false } => Some(empty(&path(field)?)),
        Rule::Null { path: field, negated: true } => Some(not(vec![empty(&path(field)?)])),
    })
}

fn any(parts: Vec<Option<Condition>>) -> Option<Condition> {
    let should: Vec<Condition> = parts.into_iter().flatten().collect();
    (!should.is_empty()).then(|| nested(Filter { should, ..Filter::default() }))
}

fn not(must_not: Vec<Condition>) -> Condition {
    nested(Filter { must_not, ..Filter::default() })
}

/// The stored field compares so with the value; one that is missing, null or of another kind does not.
fn compared(field: &str, comparison: Comparison, with: &Scalar) -> Result<Condition> {
    match with {
        Scalar::Integer(integer) if integer.unsigned_abs() < EXACT => {
            #[allow(clippy::cast_precision_loss)] // exact below 2^53
            let number = *integer as f64;
            Ok(ranged(field, comparison, number, number_range))
        }
        Scalar::Integer(integer) => match comparison {
            Comparison::Equal => Ok(matches(field, MatchValue::Integer(*integer))),
            Comparison::NotEqual => {
                let number = Range { gte: Some(f64::MIN), lte: Some(f64::MAX), ..Range::default() };
                let must = vec![number_range(field, number)];
                let must_not = vec![matches(field, MatchValue::Integer(*integer))];
                Ok(nested(Filter { must, must_not, ..Filter::default() }))
            }
            Comparison::Less | Comparison::LessOrEqual | Comparison::Greater | Comparison::GreaterOrEqual => {
                Err(Error::data(format!(
                    "{integer} is beyond ±2^53, where the server's comparison of integers is not exact"
                )))
            }
        },
        Scalar::Double(number) => Ok(ranged(field, comparison, *number, number_range)),
        Scalar::Instant(micros) if MOMENTS.contains(micros) => {
            let nanos = i32::try_from(micros.rem_euclid(1_000_000) * 1000).unwrap_or_default();
            let moment = prost_types::Timestamp { seconds: micros.div_euclid(1_000_000), nanos };
            Ok(ranged(field, comparison, moment, moment_range))
        }
        Scalar::Instant(_) => Err(Error::data("the server compares dates and timestamps of the years 1 to 9999 alone")),
        Scalar::Text(text) => Ok(equal(field, comparison, MatchValue::Keyword(text.clone()))),
        Scalar::Boolean(boolean) => Ok(equal(field, comparison, MatchValue::Boolean(*boolean))),
    }
}

/// The bounds of a range; what has no bound is `None`.
struct Bounds<T> {
    lt: Option<T>,
    gt: Option<T>,
    gte: Option<T>,
    lte: Option<T>,
}

fn ranged<T: Copy, R: From<Bounds<T>>>(
    field: &str,
    comparison: Comparison,
    with: T,
    condition: fn(&str, R) -> Condition,
) -> Condition {
    let none = || Bounds { lt: None, gt: None, gte: None, lte: None };
    let range = |bounds: Bounds<T>| condition(field, R::from(bounds));
    match comparison {
        Comparison::Less => range(Bounds { lt: Some(with), ..none() }),
        Comparison::LessOrEqual => range(Bounds { lte: Some(with), ..none() }),
        Comparison::Greater => range(Bounds { gt: Some(with), ..none() }),
        Comparison::GreaterOrEqual => range(Bounds { gte: Some(with), ..none() }),
        Comparison::Equal => range(Bounds { gte: Some(with), lte: Some(with), ..none() }),
        Comparison::NotEqual => nested(Filter {
            should: vec![range(Bounds { lt: Some(with), ..none() }), range(Bounds { gt: Some(with), ..none() })],
            ..Filter::default()
        }),
    }
}

impl From<Bounds<f64>> for Range {
    fn from(Bounds { lt, gt, gte, lte }: Bounds<f64>) -> Self {
        Self { lt, gt, gte, lte }
    }
}

impl From<Bounds<prost_types::Timestamp>> for DatetimeRange {
    fn from(Bounds { lt, gt, gte, lte }: Bounds<prost_types::Timestamp>) -> Self {
        Self { lt, gt, gte, lte }
    }
}

fn number_range(field: &str, range: Range) -> Condition {
    of(ConditionOneOf::Field(FieldCondition { key: field.to_owned(), range: Some(range), ..FieldCondition::default() }))
}

fn moment_range(field: &str, range: DatetimeRange) -> Condition {
    let datetime_range = Some(range);
    of(ConditionOneOf::Field(FieldCondition { key: field.to_owned(), datetime_range, ..FieldCondition::default() }))
}

fn matches(field: &str, value: MatchValue) -> Condition {
    let r#match = Some(Match { match_value: Some(value) });
    of(ConditionOneOf::Field(FieldCondition { key: field.to_owned(), r#match, ..FieldCondition::default() }))
}

/// Texts and booleans have no order at the server, and the condition that asks for one was refused.
fn equal(field: &str, comparison: Comparison, value: MatchValue) -> Condition {
    match comparison {
        Comparison::NotEqual => not(vec![matches(field, value), empty(field)]),
        Comparison::Equal
        | Comparison::Less
        | Comparison::LessOrEqual
        | Comparison::Greater
        | Comparison::GreaterOrEqual => matches(field, value),
    }
}

fn of(one: ConditionOneOf) -> Condition {
    Condition { condition_one_of: Some(one) }
}

/// The server's words for the stored fields of a rule, so that a name it can't look into is refused by the driver, and so
/// is a value of the rule's own that it can't compare.
pub(crate) fn paths(rule: &Rule) -> Result<Vec<String>> {
    match rule {
        Rule::All(parts) | Rule::Any(parts) => {
            let parts = parts.iter().map(paths).collect::<Result<Vec<_>>>()?;
            Ok(parts.into_iter().flatten().collect())
        }
        Rule::Compare(field, comparison, with) => {
            let field = path(field as &Path)?;
            if let Operand::Literal(literal) = with {
                compared(&field, *comparison, literal)
                    .map_err(|error| Error::options(format!("option `condition`: {error}")))?;
            }
            Ok(vec![field])
        }
        Rule::Among { path: field, .. } | Rule::Null { path: field, .. } => Ok(vec![path(field as &Path)?]),
    }
}
