//! The conditions that came after the engine. It can't be given a condition of our own, so such a one
//! travels in its filters as a mark, and becomes the ids it holds for just before a shard reads the
//! filter.

use std::num::NonZeroU32;
use std::sync::Arc;

use qdrant_edge::{Condition, Filter, HasIdCondition, HasVectorCondition, JsonPath, OperationResult, Payload, PointId};
use serde_json::Value as Json;

use crate::slice::Slice;

/// No vector has a name like these: the server takes their first character in none.
const SLICE: &str = "\0slice/";
const PREFIX: &str = "\0prefix/";
const BETWEEN: char = '\0';

pub enum Mark {
    Slice(Slice),
    /// A string under the key, or one of a list of them, begins so.
    Prefix {
        key: JsonPath,
        prefix: String,
    },
}

/// What a shard is asked for to tell who a mark holds for.
pub struct Point {
    pub id: PointId,
    pub payload: Payload,
}

impl Mark {
    /// Counts in a filter as the server counts these: as one condition without a size.
    pub fn condition(&self) -> Condition {
        let has_vector = match self {
            Self::Slice(slice) => format!("{SLICE}{}/{}", slice.total, slice.index),
            Self::Prefix { key, prefix } => format!("{PREFIX}{key}{BETWEEN}{prefix}"),
        };
        Condition::HasVector(HasVectorCondition { has_vector })
    }

    pub fn of(condition: &Condition) -> Option<Self> {
        let Condition::HasVector(HasVectorCondition { has_vector }) = condition else {
            return None;
        };
        if let Some(slice) = has_vector.strip_prefix(SLICE) {
            let (total, index) = slice.split_once('/')?;
            return Some(Self::Slice(Slice { total: total.parse::<NonZeroU32>().ok()?, index: index.parse().ok()? }));
        }
        let (key, prefix) = has_vector.strip_prefix(PREFIX)?.split_once(BETWEEN)?;
        Some(Self::Prefix { key: key.parse().ok()?, prefix: prefix.to_owned() })
    }

    fn holds(&self, point: &Point) -> bool {
        match self {
            Self::Slice(slice) => slice.holds(point.id),
            Self::Prefix { key, prefix } => {
                let begins = |value: &Json| value.as_str().is_some_and(|text| text.starts_with(prefix));
                key.value_get(&point.payload.0).iter().any(|value| match value {
                    Json::Array(values) => values.iter().any(begins),
                    Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Object(_) => begins(value),
                })
            }
        }
    }
}

/// Whether there is such a mark anywhere in a filter.
pub fn within(filter: &Filter, wanted: &impl Fn(&Mark) -> bool) -> bool {
    filter.iter_conditions().any(|one| match one {
        Condition::Filter(inner) => within(inner, wanted),
        Condition::Nested(nested) => within(&nested.nested.filter, wanted),
        Condition::Field(_)
        | Condition::IsEmpty(_)
        | Condition::IsNull(_)
        | Condition::HasId(_)
        | Condition::HasVector(_)
        | Condition::CustomIdChecker(_) => Mark::of(one).is_some_and(|mark| wanted(&mark)),
    })
}

/// Puts the ids in the place of each mark. The points are those of the shard that reads the filter, and
/// asked for only when there is a mark; their payloads only when one looks at them.
pub fn resolve(
    filter: &mut Filter,
    points: impl FnOnce(bool) -> OperationResult<Arc<Vec<Point>>>,
) -> OperationResult<()> {
    if within(filter, &|_any| true) {
        let with_payload = within(filter, &|mark| matches!(mark, Mark::Prefix { .. }));
        replace(filter, &points(with_payload)?);
    }
    Ok(())
}

fn replace(filter: &mut Filter, points: &[Point]) {
    let groups = [filter.must.as_mut(), filter.should.as_mut(), filter.must_not.as_mut()];
    let group = filter.min_should.as_mut().map(|group| &mut group.conditions);
    for condition in groups.into_iter().flatten().chain(group).flatten() {
        if let Some(mark) = Mark::of(condition) {
            let held = points.iter().filter(|point| mark.holds(point)).map(|point| point.id);
            *condition = Condition::HasId(held.collect::<HasIdCondition>());
            continue;
        }
        match condition {
            Condition::Filter(inner) => replace(inner, points),
            Condition::Nested(nested) => replace(&mut nested.nested.filter, points),
            Condition::Field(_)
            | Condition::IsEmpty(_)
            | Condition::IsNull(_)
            | Condition::HasId(_)
            | Condition::HasVector(_)
            | Condition::CustomIdChecker(_) => {}
        }
    }
}
