//! Qdrant's own filter, as its documentation writes it in JSON, into the message of the protocol.
//!
//! A server passes over what it does not know, and would then give more points than were asked for: so every key, type
//! and version is checked here, before anything is sent.

use prost_types::Timestamp;
use qdrant_client::qdrant::condition::ConditionOneOf;
use qdrant_client::qdrant::r#match::MatchValue;
use qdrant_client::qdrant::{
    Condition, DatetimeRange, FieldCondition, Filter, GeoBoundingBox, GeoLineString, GeoPoint, GeoPolygon, GeoRadius,
    HasIdCondition, HasVectorCondition, IsEmptyCondition, IsNullCondition, Match, MinShould, NestedCondition, Range,
    RepeatedIntegers, RepeatedStrings, SliceCondition, ValuesCount,
};
use serde_json::Value;
use vectorfuse_core::civil;
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::ids::PointId;
use vectorfuse_core::json::{self, At};

use crate::path;
use crate::point::to_qdrant_id;

const CLAUSES: &[&str] = &["must", "should", "must_not", "min_should"];
/// The checks of a field; a condition has one of them.
const CHECKS: &[&str] =
    &["match", "range", "geo_bounding_box", "geo_radius", "geo_polygon", "values_count", "is_empty", "is_null"];
const MATCHES: &[&str] = &["value", "text", "text_any", "phrase", "prefix", "substring", "any", "except"];
const BOUNDS: &[&str] = &["lt", "gt", "gte", "lte"];
const A_CONDITION: &str = "a condition: an object with `key`, `is_empty`, `is_null`, `has_id`, `has_vector`, \
                           `nested`, `slice`, or the clauses of a filter";

/// Something that servers before a version pass over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Needs {
    pub(crate) what: &'static str,
    pub(crate) since: (u32, u32),
}

impl Needs {
    /// Refuses a server that is too old.
    pub(crate) fn check(self, option: &str, (major, minor): (u32, u32)) -> Result<()> {
        if (major, minor) >= self.since {
            return Ok(());
        }
        Err(Error::unsupported(format!(
            "option `{option}`: `{}` needs Qdrant {}.{}, and the server is {major}.{minor}",
            self.what, self.since.0, self.since.1
        )))
    }
}

/// The filter of the option `filter`, and what of it not every server knows.
pub(crate) fn parse(text: &str) -> Result<(Filter, Vec<Needs>)> {
    let value = json::parse("filter", text)?;
    let mut reader = Reader { needs: Vec::new() };
    let filter = reader.filter(&At::root("filter", &value))?;
    Ok((filter, reader.needs))
}

struct Reader {
    needs: Vec<Needs>,
}

impl Reader {
    fn need(&mut self, what: &'static str, since: (u32, u32)) {
        self.needs.push(Needs { what, since });
    }

    fn filter(&mut self, at: &At) -> Result<Filter> {
        at.object(CLAUSES)?;
        let min_should = at.member("min_should").map(|group| self.min_should(&group)).transpose()?;
        Ok(Filter {
            must: self.clause(at, "must")?,
            should: self.clause(at, "should")?,
            must_not: self.clause(at, "must_not")?,
            min_should,
        })
    }

    /// A list of conditions, or one; an empty list is no clause.
    fn clause(&mut self, at: &At, name: &str) -> Result<Vec<Condition>> {
        match at.member(name) {
            None => Ok(Vec::new()),
            Some(one) if one.value().is_object() => Ok(vec![self.condition(&one)?]),
            Some(list) => self.conditions(&list),
        }
    }

    fn conditions(&mut self, list: &At) -> Result<Vec<Condition>> {
        list.items("a list of conditions")?.iter().map(|item| self.condition(item)).collect()
    }

    fn min_should(&mut self, at: &At) -> Result<MinShould> {
        at.object(&["conditions", "min_count"])?;
        self.need("min_should", (1, 8));
        let conditions = self.conditions(&at.required("conditions", "a list of conditions")?)?;
        let at_least = "a whole number of at least 1";
        let count = at.required("min_count", at_least)?;
        match count.unsigned(at_least)? {
            0 => Err(count.wrong(at_least)),
            _ if conditions.is_empty() => Err(at.wrong("at least one condition")),
            min_count => Ok(MinShould { conditions, min_count }),
        }
    }

    fn condition(&mut self, at: &At) -> Result<Condition> {
        let Some(members) = at.value().as_object() else { return Err(at.wrong(A_CONDITION)) };
        let has = |name: &str| members.contains_key(name);
        let one_of = if has("key") {
            return self.field(at);
        } else if has("is_empty") {
            at.object(&["is_empty"])?;
            ConditionOneOf::IsEmpty(IsEmptyCondition { key: payload_field(at, "is_empty")? })
        } else if has("is_null") {
            at.object(&["is_null"])?;
            ConditionOneOf::IsNull(IsNullCondition { key: payload_field(at, "is_null")? })
        } else if has("has_id") {
            at.object(&["has_id"])?;
            let ids = at.required("has_id", "a list of ids")?.items("a list of ids")?;
            let ids = ids.iter().map(|id| Ok(to_qdrant_id(point_id(id)?))).collect::<Result<_>>()?;
            ConditionOneOf::HasId(HasIdCondition { has_id: ids })
        } else if has("has_vector") {
            at.object(&["has_vector"])?;
            self.need("has_vector", (1, 13));
            let name = "the name of a vector";
            let has_vector = at.required("has_vector", name)?.text(name)?.to_owned();
            ConditionOneOf::HasVector(HasVectorCondition { has_vector })
        } else if has("nested") {
            at.object(&["nested"])?;
            let nested = at.required("nested", "an object of `key` and `filter`")?;
            nested.object(&["key", "filter"])?;
            let key = key(&nested)?;
            let filter = self.filter(&nested.required("filter", "a filter")?)?;
            ConditionOneOf::Nested(NestedCondition { key, filter: Some(filter) })
        } else if has("slice") {
            at.object(&["slice"])?;
            self.need("slice", (1, 19));
            ConditionOneOf::Slice(slice(&at.required("slice", "an object of `total` and `index`")?)?)
        } else if CLAUSES.iter().any(|clause| has(clause)) {
            ConditionOneOf::Filter(self.filter(at)?)
        } else {
            return Err(at.wrong(A_CONDITION));
        };
        Ok(Condition { condition_one_of: Some(one_of) })
    }

    /// A condition on a field. Of several checks in one condition the server wants any, which nobody expects of JSON
    /// that stands side by side: so there is one.
    fn field(&mut self, at: &At) -> Result<Condition> {
        at.object(&[&["key"], CHECKS].concat())?;
        let key = key(at)?;
        let mut given = CHECKS.iter().filter_map(|name| Some((*name, at.member(name)?)));
        let one = "exactly one check in a condition; put several side by side into `must` or `should`";
        let Some((name, check)) = given.next() else { return Err(at.wrong(one)) };
        if given.next().is_some() {
            return Err(at.wrong(one));
        }
        let mut field = FieldCondition { key: key.clone(), ..FieldCondition::default() };
        match name {
            "match" => field.r#match = Some(self.matching(&check)?),
            "range" => self.range(&check, &mut field)?,
            "geo_bounding_box" => {
                check.object(&["top_left", "bottom_right"])?;
                let corner = |name| geo_point(&check.required(name, "a point of `lon` and `lat`")?);
                let (top_left, bottom_right) = (Some(corner("top_left")?), Some(corner("bottom_right")?));
                field.geo_bounding_box = Some(GeoBoundingBox { top_left, bottom_right });
            }
            "geo_radius" => {
                check.object(&["center", "radius"])?;
                let center = geo_point(&check.required("center", "a point of `lon` and `lat`")?)?;
                let metres = "a number of metres";
                let radius = check.required("radius", metres)?;
                let metres = radius.double(metres)?;
                if metres < 0.0 || !(metres as f32).is_finite() {
                    return Err(radius.wrong("a number of metres of at least 0"));
                }
                field.geo_radius = Some(GeoRadius { center: Some(center), radius: metres as f32 });
            }
            "geo_polygon" => {
                check.object(&["exterior", "interiors"])?;
                let exterior = line(&check.required("exterior", "an object of `points`")?)?;
                let interiors = match check.member("interiors") {
                    Some(lines) => lines.items("a list of lines")?.iter().map(line).collect::<Result<_>>()?,
                    None => Vec::new(),
                };
                field.geo_polygon = Some(GeoPolygon { exterior: Some(exterior), interiors });
            }
            "values_count" => field.values_count = Some(values_count(&check)?),
            // The conditions of their own say the same, and every server knows them.
            flag => {
                let wanted = check.boolean()?;
                let one_of = if flag == "is_empty" {
                    ConditionOneOf::IsEmpty(IsEmptyCondition { key })
                } else {
                    ConditionOneOf::IsNull(IsNullCondition { key })
                };
                let condition = Condition { condition_one_of: Some(one_of) };
                return Ok(if wanted { condition } else { not(condition) });
            }
        }
        Ok(Condition { condition_one_of: Some(ConditionOneOf::Field(field)) })
    }

    fn matching(&mut self, at: &At) -> Result<Match> {
        at.object(MATCHES)?;
        let mut given = MATCHES.iter().filter_map(|name| Some((*name, at.member(name)?)));
        let one = "exactly one of `value`, `text`, `text_any`, `phrase`, `prefix`, `substring`, `any`, `except`";
        let Some((name, wanted)) = given.next() else { return Err(at.wrong(one)) };
        if given.next().is_some() {
            return Err(at.wrong(one));
        }
        let text = || wanted.text("a string").map(str::to_owned);
        let match_value = match name {
            "value" => match_value(&wanted)?,
            "text" => MatchValue::Text(text()?),
            "text_any" => {
                self.need("text_any", (1, 16));
                MatchValue::TextAny(text()?)
            }
            "phrase" => {
                self.need("phrase", (1, 15));
                MatchValue::Phrase(text()?)
            }
            "prefix" => {
                self.need("prefix", (1, 19));
                MatchValue::Prefix(text()?)
            }
            "substring" => {
                self.need("substring", (1, 20));
                MatchValue::Substring(text()?)
            }
            any_or_except => match (values(&wanted)?, any_or_except) {
                (OneKind::Keywords(words), "any") => MatchValue::Keywords(words),
                (OneKind::Keywords(words), _) => MatchValue::ExceptKeywords(words),
                (OneKind::Integers(numbers), "any") => MatchValue::Integers(numbers),
                (OneKind::Integers(numbers), _) => MatchValue::ExceptIntegers(numbers),
            },
        };
        Ok(Match { match_value: Some(match_value) })
    }

    /// A range of numbers, or of dates and times.
    fn range(&mut self, at: &At, field: &mut FieldCondition) -> Result<()> {
        at.object(BOUNDS)?;
        let bounds: Vec<At> = BOUNDS.iter().filter_map(|name| at.member(name)).collect();
        let times = bounds.iter().filter(|bound| bound.value().is_string()).count();
        if bounds.is_empty() || (times > 0 && times < bounds.len()) {
            return Err(at.wrong("bounds `lt`, `gt`, `gte`, `lte` that are all numbers, or all dates and times"));
        }
        if times == 0 {
            let bound = |name| at.member(name).map(|bound| bound.double("a number, or a date and time")).transpose();
            let (lt, gt, gte, lte) = (bound("lt")?, bound("gt")?, bound("gte")?, bound("lte")?);
            field.range = Some(Range { lt, gt, gte, lte });
        } else {
            self.need("range of dates and times", (1, 8));
            let bound = |name| at.member(name).map(|bound| timestamp(&bound)).transpose();
            let (lt, gt, gte, lte) = (bound("lt")?, bound("gt")?, bound("gte")?, bound("lte")?);
            field.datetime_range = Some(DatetimeRange { lt, gt, gte, lte });
        }
        Ok(())
    }
}

/// Every point but those of the condition.
fn not(condition: Condition) -> Condition {
    let filter = Filter { must_not: vec![condition], ..Filter::default() };
    Condition { condition_one_of: Some(ConditionOneOf::Filter(filter)) }
}

fn key(at: &At) -> Result<String> {
    let path = "the path of a field, as `city` or `address.\"zip code\"` or `tags[]`";
    let key = at.required("key", path)?;
    let text = key.text(path)?;
    if path::is_valid(text) { Ok(text.to_owned()) } else { Err(key.wrong(path)) }
}

fn payload_field(at: &At, name: &str) -> Result<String> {
    let field = at.required(name, "an object of `key`")?;
    field.object(&["key"])?;
    key(&field)
}

fn point_id(at: &At) -> Result<PointId> {
    let expected = "an id: an integer that is not negative, or a UUID";
    match at.value() {
        Value::Number(number) => number.as_u64().map(PointId::Number).ok_or_else(|| at.wrong(expected)),
        Value::String(text) => uuid::Uuid::try_parse(text).map(PointId::Uuid).map_err(|_| at.wrong(expected)),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => Err(at.wrong(expected)),
    }
}

fn slice(at: &At) -> Result<SliceCondition> {
    at.object(&["total", "index"])?;
    let number = |name| {
        let expected = "a whole number that is not negative";
        let member = at.required(name, expected)?;
        u32::try_from(member.unsigned(expected)?).map_err(|_| member.wrong(expected))
    };
    let (total, index) = (number("total")?, number("index")?);
    if index < total {
        Ok(SliceCondition { total, index })
    } else {
        Err(at.wrong("an `index` that is less than `total`"))
    }
}

fn match_value(at: &At) -> Result<MatchValue> {
    let expected = "a string, an integer of 64 bits or a boolean (a number with a fraction is found with `range`)";
    match at.value() {
        Value::String(text) => Ok(MatchValue::Keyword(text.clone())),
        Value::Bool(flag) => Ok(MatchValue::Boolean(*flag)),
        Value::Number(number) => number.as_i64().map(MatchValue::Integer).ok_or_else(|| at.wrong(expected)),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(at.wrong(expected)),
    }
}

enum OneKind {
    Keywords(RepeatedStrings),
    Integers(RepeatedIntegers),
}

fn values(at: &At) -> Result<OneKind> {
    let items = at.items("a list of strings or of integers")?;
    if items.first().is_some_and(|item| item.value().is_number()) {
        let expected = "an integer of 64 bits, as the first of the list";
        let integer = |item: &At| item.value().as_i64().ok_or_else(|| item.wrong(expected));
        return Ok(OneKind::Integers(RepeatedIntegers { integers: items.iter().map(integer).collect::<Result<_>>()? }));
    }
    let word = |item: &At| Ok(item.text("a string (or integers alone)")?.to_owned());
    Ok(OneKind::Keywords(RepeatedStrings { strings: items.iter().map(word).collect::<Result<_>>()? }))
}

fn timestamp(at: &At) -> Result<Timestamp> {
    let expected = "a date and time as `2024-02-29T12:00:00Z`, with at most microseconds";
    let moment = civil::parse_datetime(at.text(expected)?).ok_or_else(|| at.wrong(expected))?;
    let nanos = moment.micros.rem_euclid(1_000_000) * 1000;
    let nanos = i32::try_from(nanos).map_err(|_| at.wrong(expected))?;
    Ok(Timestamp { seconds: moment.micros.div_euclid(1_000_000), nanos })
}

fn values_count(at: &At) -> Result<ValuesCount> {
    at.object(BOUNDS)?;
    let bound = |name| at.member(name).map(|bound| bound.unsigned("a whole number that is not negative")).transpose();
    let (lt, gt, gte, lte) = (bound("lt")?, bound("gt")?, bound("gte")?, bound("lte")?);
    if [lt, gt, gte, lte].iter().all(Option::is_none) {
        return Err(at.wrong("at least one of `lt`, `gt`, `gte`, `lte`"));
    }
    Ok(ValuesCount { lt, gt, gte, lte })
}

fn geo_point(at: &At) -> Result<GeoPoint> {
    at.object(&["lon", "lat"])?;
    let degrees = |name, most: f64| {
        let expected = "a number of degrees";
        let member = at.required(name, expected)?;
        let degrees = member.double(expected)?;
        let beyond = || Err(member.wrong(&format!("a number of degrees between -{most} and {most}")));
        if degrees.abs() <= most { Ok(degrees) } else { beyond() }
    };
    Ok(GeoPoint { lon: degrees("lon", 180.0)?, lat: degrees("lat", 90.0)? })
}

/// A closed line.
fn line(at: &At) -> Result<GeoLineString> {
    at.object(&["points"])?;
    let list = at.required("points", "a list of points")?;
    let points: Vec<GeoPoint> = list.items("a list of points")?.iter().map(geo_point).collect::<Result<_>>()?;
    if points.len() < 4 || points.first() != points.last() {
        return Err(list.wrong("at least 4 points, the last of which is the first"));
    }
    Ok(GeoLineString { points })
}

#[cfg(test)]
mod tests;
