//! Filters, condition by condition.

use qdrant_client::qdrant::condition::ConditionOneOf;
use qdrant_client::qdrant::r#match::MatchValue;
use qdrant_client::qdrant::{
    Condition, DatetimeRange, FieldCondition, Filter, GeoLineString, GeoPoint, Match, Range, Timestamp, ValuesCount,
};
use serde_json::{Value, json};
use vectorfuse_core::civil::datetime_text;
use vectorfuse_core::error::{Error, Result};

use super::value::Id;
use super::{given, object, to_value, unsaid, value};

const MICROS: i64 = 1_000_000;
const NANOS_PER_MICRO: i32 = 1_000;

pub(super) fn optional(filter: &Option<Filter>) -> Result<Option<Value>> {
    filter.as_ref().map(said).transpose()
}

pub(super) fn said(filter: &Filter) -> Result<Value> {
    let min_should = match &filter.min_should {
        None => None,
        Some(group) => Some(json!({
            "conditions": group.conditions.iter().map(condition).collect::<Result<Vec<_>>>()?,
            "min_count": group.min_count,
        })),
    };
    Ok(object([
        ("should", clause(&filter.should)?),
        ("must", clause(&filter.must)?),
        ("must_not", clause(&filter.must_not)?),
        ("min_should", min_should),
    ]))
}

/// An empty clause is none at all, as over gRPC.
fn clause(conditions: &[Condition]) -> Result<Option<Value>> {
    let conditions = conditions.iter().map(condition).collect::<Result<Vec<_>>>()?;
    Ok((!conditions.is_empty()).then_some(Value::Array(conditions)))
}

fn condition(condition: &Condition) -> Result<Value> {
    Ok(match given(condition.condition_one_of.as_ref(), "a condition's kind")? {
        ConditionOneOf::Field(condition) => field(condition)?,
        ConditionOneOf::IsEmpty(it) => json!({ "is_empty": { "key": it.key } }),
        ConditionOneOf::IsNull(it) => json!({ "is_null": { "key": it.key } }),
        ConditionOneOf::HasId(ids) => {
            json!({ "has_id": ids.has_id.iter().map(|id| to_value(&Id(id))).collect::<Result<Vec<_>>>()? })
        }
        ConditionOneOf::HasVector(vector) => json!({ "has_vector": vector.has_vector }),
        ConditionOneOf::Filter(filter) => said(filter)?,
        ConditionOneOf::Nested(nested) => {
            let filter = said(given(nested.filter.as_ref(), "a nested filter")?)?;
            json!({ "nested": { "key": nested.key, "filter": filter } })
        }
        ConditionOneOf::Slice(slice) => json!({ "slice": { "total": slice.total, "index": slice.index } }),
    })
}

fn field(condition: &FieldCondition) -> Result<Value> {
    let range = match (&condition.range, &condition.datetime_range) {
        (Some(_), Some(_)) => return Err(unsaid("a range of numbers together with one of dates")),
        (Some(range), None) => Some(numbers(range)?),
        (None, Some(range)) => Some(dates(range)?),
        (None, None) => None,
    };
    let bounding_box = match &condition.geo_bounding_box {
        None => None,
        Some(area) => Some(json!({
            "top_left": corner(area.top_left)?,
            "bottom_right": corner(area.bottom_right)?,
        })),
    };
    let radius = match &condition.geo_radius {
        None => None,
        Some(circle) => Some(json!({ "center": corner(circle.center)?, "radius": circle.radius })),
    };
    let polygon = match &condition.geo_polygon {
        None => None,
        Some(area) => Some(json!({
            "exterior": line(given(area.exterior.as_ref(), "a polygon's exterior")?),
            "interiors": area.interiors.iter().map(line).collect::<Vec<_>>(),
        })),
    };
    Ok(object([
        ("key", value(condition.key.as_str())),
        ("match", condition.r#match.as_ref().map(wanted).transpose()?),
        ("range", range),
        ("geo_bounding_box", bounding_box),
        ("geo_radius", radius),
        ("geo_polygon", polygon),
        ("values_count", condition.values_count.as_ref().map(count)),
        ("is_empty", condition.is_empty.map(Value::from)),
        ("is_null", condition.is_null.map(Value::from)),
    ]))
}

fn wanted(wanted: &Match) -> Result<Value> {
    Ok(match given(wanted.match_value.as_ref(), "what to match")? {
        MatchValue::Keyword(text) => json!({ "value": text }),
        MatchValue::Integer(number) => json!({ "value": number }),
        MatchValue::Boolean(flag) => json!({ "value": flag }),
        MatchValue::Text(text) => json!({ "text": text }),
        MatchValue::TextAny(text) => json!({ "text_any": text }),
        MatchValue::Phrase(text) => json!({ "phrase": text }),
        MatchValue::Prefix(text) => json!({ "prefix": text }),
        MatchValue::Keywords(texts) => json!({ "any": texts.strings }),
        MatchValue::Integers(numbers) => json!({ "any": numbers.integers }),
        MatchValue::ExceptKeywords(texts) => json!({ "except": texts.strings }),
        MatchValue::ExceptIntegers(numbers) => json!({ "except": numbers.integers }),
        MatchValue::Substring(_) => return Err(unsaid("a match of a part of a text")),
    })
}

/// Stored numbers are finite, so a bound at infinity is one at the largest number.
fn numbers(range: &Range) -> Result<Value> {
    let Range { mut lt, mut gt, mut gte, mut lte } = *range;
    if [lt, gt, gte, lte].into_iter().flatten().any(f64::is_nan) {
        return Err(Error::internal("a range whose bound is not a number"));
    }
    if lt == Some(f64::INFINITY) {
        (lt, lte) = (None, Some(lte.unwrap_or(f64::MAX).min(f64::MAX)));
    }
    if gt == Some(f64::NEG_INFINITY) {
        (gt, gte) = (None, Some(gte.unwrap_or(f64::MIN).max(f64::MIN)));
    }
    if gte == Some(f64::INFINITY) {
        (gte, gt) = (None, Some(f64::MAX));
    }
    if lte == Some(f64::NEG_INFINITY) {
        (lte, lt) = (None, Some(f64::MIN));
    }
    let finite = |bound: Option<f64>| bound.map(|bound| Value::from(bound.clamp(f64::MIN, f64::MAX)));
    if lt == Some(f64::NEG_INFINITY) || gt == Some(f64::INFINITY) {
        // Nothing is beyond infinity.
        return Ok(json!({ "gt": f64::MAX }));
    }
    Ok(object([("lt", finite(lt)), ("gt", finite(gt)), ("gte", finite(gte)), ("lte", finite(lte))]))
}

fn dates(range: &DatetimeRange) -> Result<Value> {
    let bound = |bound: &Option<Timestamp>| bound.as_ref().map(|time| moment(time).map(Value::from)).transpose();
    Ok(object([
        ("lt", bound(&range.lt)?),
        ("gt", bound(&range.gt)?),
        ("gte", bound(&range.gte)?),
        ("lte", bound(&range.lte)?),
    ]))
}

/// As RFC 3339.
pub(super) fn moment(time: &Timestamp) -> Result<String> {
    let micros = time.seconds.checked_mul(MICROS);
    match micros {
        Some(micros) if (0..1_000_000_000).contains(&time.nanos) && time.nanos % NANOS_PER_MICRO == 0 => {
            Ok(format!("{}Z", datetime_text(micros + i64::from(time.nanos / NANOS_PER_MICRO))))
        }
        Some(_) | None => Err(unsaid("a moment that is not one of microseconds")),
    }
}

fn count(count: &ValuesCount) -> Value {
    let bound = |bound: Option<u64>| bound.map(Value::from);
    object([("lt", bound(count.lt)), ("gt", bound(count.gt)), ("gte", bound(count.gte)), ("lte", bound(count.lte))])
}

fn corner(point: Option<GeoPoint>) -> Result<Value> {
    given(point, "a point on the map").map(place)
}

fn place(point: GeoPoint) -> Value {
    json!({ "lon": point.lon, "lat": point.lat })
}

fn line(line: &GeoLineString) -> Value {
    json!({ "points": line.points.iter().copied().map(place).collect::<Vec<_>>() })
}
