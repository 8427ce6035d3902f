//! Filters, condition by condition.

use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::condition::ConditionOneOf;
use qdrant_client::qdrant::r#match::MatchValue as Wanted;
use qdrant_edge::external::ordered_float::OrderedFloat;
use qdrant_edge::{
    AnyVariants, Condition, FieldCondition, Filter, GeoBoundingBox, GeoPoint, GeoPolygon, GeoRadius, HasIdCondition,
    HasVectorCondition, IsEmptyCondition, IsNullCondition, Match, MatchAny, MatchExcept, MatchPhrase, MatchText,
    MatchTextAny, MatchValue, MinShould, Nested, NestedCondition, Range, RangeInterface, ValueVariants, ValuesCount,
};
use tonic::Status;

use super::{id, payload::path, select::timestamp};
use crate::mark::{self, Mark};
use crate::refusal::{Answer, invalid_body, lacking};
use crate::slice::Slice;
use crate::version::{Feature, knows};

pub fn to_engine(filter: proto::Filter) -> Answer<Filter> {
    Ok(Filter {
        should: conditions(filter.should)?,
        min_should: match filter.min_should {
            None => None,
            Some(group) => Some(MinShould {
                conditions: conditions(group.conditions)?.unwrap_or_default(),
                min_count: group.min_count as usize,
            }),
        },
        must: conditions(filter.must)?,
        must_not: conditions(filter.must_not)?,
    })
}

pub fn optional(filter: Option<proto::Filter>) -> Answer<Option<Filter>> {
    filter.map(to_engine).transpose()
}

/// An empty list is no clause at all: an empty `should` would otherwise match nothing.
fn conditions(given: Vec<proto::Condition>) -> Answer<Option<Vec<Condition>>> {
    let converted = given
        .into_iter()
        .filter_map(|one| one.condition_one_of)
        .filter(known)
        .map(condition)
        .collect::<Answer<Vec<_>>>()?;
    Ok((!converted.is_empty()).then_some(converted))
}

/// A condition that came after this version is one without content, and the server passes over those.
fn known(given: &ConditionOneOf) -> bool {
    !matches!(given, ConditionOneOf::Slice(_)) || knows(Feature::Slice)
}

fn condition(given: ConditionOneOf) -> Answer<Condition> {
    Ok(match given {
        ConditionOneOf::Field(one) => match prefix(&one)? {
            Some(mark) => mark.condition(),
            None => Condition::Field(field(one)?),
        },
        ConditionOneOf::IsEmpty(one) => Condition::IsEmpty(IsEmptyCondition::from(path(&one.key)?)),
        ConditionOneOf::IsNull(one) => Condition::IsNull(IsNullCondition::from(path(&one.key)?)),
        ConditionOneOf::HasId(ids) => {
            Condition::HasId(id::all_to_engine(ids.has_id)?.into_iter().collect::<HasIdCondition>())
        }
        ConditionOneOf::HasVector(one) => Condition::HasVector(HasVectorCondition { has_vector: one.has_vector }),
        ConditionOneOf::Filter(inner) => Condition::Filter(to_engine(inner)?),
        ConditionOneOf::Nested(nested) => {
            let filter =
                nested.filter.ok_or_else(|| Status::invalid_argument("Nested condition must have a filter"))?;
            let filter = to_engine(filter)?;
            // The ids a mark becomes are of whole points, not of the objects within them.
            if mark::within(&filter, &|mark| matches!(mark, Mark::Prefix { .. })) {
                return Err(lacking("match.prefix within a nested condition"));
            }
            Condition::Nested(NestedCondition::new(Nested { key: path(&nested.key)?, filter }))
        }
        ConditionOneOf::Slice(slice) => Mark::Slice(Slice::new(slice.total, slice.index)?).condition(),
    })
}

/// The condition that is nothing but a match with a prefix.
fn prefix(given: &proto::FieldCondition) -> Answer<Option<Mark>> {
    let Some(Wanted::Prefix(wanted)) = given.r#match.as_ref().and_then(|given| given.match_value.as_ref()) else {
        return Ok(None);
    };
    let bare = proto::FieldCondition { key: given.key.clone(), r#match: given.r#match.clone(), ..Default::default() };
    if !knows(Feature::MatchPrefix) || *given != bare {
        return Ok(None);
    }
    Ok(Some(Mark::Prefix { key: path(&given.key)?, prefix: wanted.clone() }))
}

fn field(given: proto::FieldCondition) -> Answer<FieldCondition> {
    let range = match (given.range, given.datetime_range) {
        (Some(_), Some(_)) => return Err(lacking("range together with datetime_range")),
        (Some(range), None) => Some(RangeInterface::Float(Range {
            lt: range.lt.map(OrderedFloat),
            gt: range.gt.map(OrderedFloat),
            gte: range.gte.map(OrderedFloat),
            lte: range.lte.map(OrderedFloat),
        })),
        (None, Some(range)) => Some(RangeInterface::DateTime(Range {
            lt: range.lt.map(timestamp).transpose()?,
            gt: range.gt.map(timestamp).transpose()?,
            gte: range.gte.map(timestamp).transpose()?,
            lte: range.lte.map(timestamp).transpose()?,
        })),
        (None, None) => None,
    };
    Ok(FieldCondition {
        key: path(&given.key)?,
        r#match: given.r#match.map(wanted).transpose()?,
        range,
        geo_bounding_box: given.geo_bounding_box.map(bounding_box).transpose()?,
        geo_radius: given.geo_radius.map(radius).transpose()?,
        geo_polygon: given.geo_polygon.map(polygon).transpose()?,
        values_count: given.values_count.map(|count| ValuesCount {
            lt: count.lt.map(|number| number as usize),
            gt: count.gt.map(|number| number as usize),
            gte: count.gte.map(|number| number as usize),
            lte: count.lte.map(|number| number as usize),
        }),
        is_empty: given.is_empty,
        is_null: given.is_null,
    })
}

fn wanted(given: proto::Match) -> Answer<Match> {
    let value = |value| Match::Value(MatchValue { value });
    Ok(match given.match_value {
        None => return Err(malformed_match()),
        Some(Wanted::Prefix(_)) if !knows(Feature::MatchPrefix) => return Err(malformed_match()),
        Some(Wanted::Substring(_)) if !knows(Feature::MatchSubstring) => return Err(malformed_match()),
        Some(Wanted::Keyword(text)) => value(ValueVariants::String(text)),
        Some(Wanted::Integer(number)) => value(ValueVariants::Integer(number)),
        Some(Wanted::Boolean(flag)) => value(ValueVariants::Bool(flag)),
        Some(Wanted::Text(text)) => Match::Text(MatchText { text }),
        Some(Wanted::TextAny(text_any)) => Match::TextAny(MatchTextAny { text_any }),
        Some(Wanted::Phrase(phrase)) => Match::Phrase(MatchPhrase { phrase }),
        Some(Wanted::Keywords(texts)) => {
            Match::Any(MatchAny { any: AnyVariants::Strings(texts.strings.into_iter().collect()) })
        }
        Some(Wanted::Integers(numbers)) => {
            Match::Any(MatchAny { any: AnyVariants::Integers(numbers.integers.into_iter().collect()) })
        }
        Some(Wanted::ExceptKeywords(texts)) => {
            Match::Except(MatchExcept { except: AnyVariants::Strings(texts.strings.into_iter().collect()) })
        }
        Some(Wanted::ExceptIntegers(numbers)) => {
            Match::Except(MatchExcept { except: AnyVariants::Integers(numbers.integers.into_iter().collect()) })
        }
        Some(Wanted::Prefix(_)) => return Err(lacking("match.prefix with more in one condition")),
        Some(Wanted::Substring(_)) => return Err(lacking("match.substring")),
    })
}

fn malformed_match() -> Status {
    Status::invalid_argument("Malformed Match condition")
}

fn bounding_box(given: proto::GeoBoundingBox) -> Answer<GeoBoundingBox> {
    match (given.top_left, given.bottom_right) {
        (Some(top_left), Some(bottom_right)) => {
            Ok(GeoBoundingBox { top_left: point(top_left), bottom_right: point(bottom_right) })
        }
        _ => Err(Status::invalid_argument("Malformed GeoBoundingBox type")),
    }
}

fn radius(given: proto::GeoRadius) -> Answer<GeoRadius> {
    match given.center {
        Some(center) => Ok(GeoRadius { center: point(center), radius: OrderedFloat(f64::from(given.radius)) }),
        None => Err(Status::invalid_argument("Malformed GeoRadius type")),
    }
}

/// The engine has no public name for a line, but reads it from JSON, and checks it on the way.
fn polygon(given: proto::GeoPolygon) -> Answer<GeoPolygon> {
    let line = |line: &proto::GeoLineString| {
        let points =
            line.points.iter().map(|point| serde_json::json!({"lon": point.lon, "lat": point.lat})).collect::<Vec<_>>();
        serde_json::json!({ "points": points })
    };
    let exterior = given
        .exterior
        .as_ref()
        .ok_or_else(|| Status::invalid_argument("Malformed GeoPolygon type - field `exterior` is required"))?;
    serde_json::from_value(serde_json::json!({
        "exterior": line(exterior),
        "interiors": given.interiors.iter().map(line).collect::<Vec<_>>(),
    }))
    .map_err(|why| invalid_body("filter.geo_polygon", why))
}

fn point(given: proto::GeoPoint) -> GeoPoint {
    GeoPoint::new_unchecked(given.lon, given.lat)
}
