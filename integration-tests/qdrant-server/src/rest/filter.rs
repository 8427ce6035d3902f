//! Filters in JSON. The engine reads its own; what came after it is put into its words first.

use qdrant_edge::{Condition, Filter, HasVectorCondition, JsonPath};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use crate::mark::{self, Mark};
use crate::refusal::{Answer, lacking};
use crate::slice::Slice;
use crate::version::{Feature, knows};

const GROUPS: [&str; 3] = ["must", "should", "must_not"];

/// For a field that may hold one.
pub fn filter<'de, D: Deserializer<'de>>(given: D) -> Result<Option<Filter>, D::Error> {
    let Some(mut given) = Option::<Value>::deserialize(given)? else {
        return Ok(None);
    };
    let refused = |status: tonic::Status| D::Error::custom(status.message());
    mark_all(&mut given).map_err(refused)?;
    let filter: Filter = serde_json::from_value(given).map_err(D::Error::custom)?;
    Ok(Some(filter))
}

/// What is not understood is left as it is: the engine refuses it, as a server does that does not know
/// a condition.
fn mark_all(filter: &mut Value) -> Answer<()> {
    let Value::Object(filter) = filter else {
        return Ok(());
    };
    for group in GROUPS {
        match filter.get_mut(group) {
            Some(Value::Array(conditions)) => conditions.iter_mut().try_for_each(mark_one)?,
            Some(one) => mark_one(one)?,
            None => {}
        }
    }
    match filter.get_mut("min_should").and_then(|group| group.get_mut("conditions")) {
        Some(Value::Array(conditions)) => conditions.iter_mut().try_for_each(mark_one),
        Some(_) | None => Ok(()),
    }
}

fn mark_one(condition: &mut Value) -> Answer<()> {
    if let Some(mark) = marked(condition)? {
        *condition = in_json(&mark);
        return Ok(());
    }
    let Some(inner) = condition.get_mut("nested").and_then(|nested| nested.get_mut("filter")) else {
        return mark_all(condition);
    };
    mark_all(inner)?;
    // The ids a mark becomes are of whole points, not of the objects within them.
    match Filter::deserialize(&*inner) {
        Ok(inner) if mark::within(&inner, &|mark| matches!(mark, Mark::Prefix { .. })) => {
            Err(lacking("match.prefix within a nested condition"))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

fn marked(condition: &Value) -> Answer<Option<Mark>> {
    let Value::Object(fields) = condition else {
        return Ok(None);
    };
    if knows(Feature::Slice)
        && let Some(SliceCondition { slice: Sliced { total, index } }) = read(fields)
    {
        return Slice::new(total, index).map(|slice| Some(Mark::Slice(slice)));
    }
    let prefix = read::<PrefixCondition>(fields).filter(|_| knows(Feature::MatchPrefix));
    Ok(prefix.map(|PrefixCondition { key, r#match: Prefix { prefix } }| Mark::Prefix { key, prefix }))
}

fn read<T: for<'a> Deserialize<'a>>(fields: &Map<String, Value>) -> Option<T> {
    T::deserialize(fields).ok()
}

fn in_json(mark: &Mark) -> Value {
    match mark.condition() {
        Condition::HasVector(HasVectorCondition { has_vector }) => json!({ "has_vector": has_vector }),
        other => json!(other),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SliceCondition {
    slice: Sliced,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sliced {
    total: u32,
    index: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PrefixCondition {
    key: JsonPath,
    r#match: Prefix,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Prefix {
    prefix: String,
}
