//! Predicates on the point's id: equality alone, since the server knows no ranges of ids in a filter.

use vectorfuse_core::ids::PointId;
use vectorfuse_core::predicate::Constant;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::table::{Column, Role};
use vectorfuse_core::write::is_integer_id;

use crate::condition;
use crate::details::path_key;
use crate::field::Comparison;
use crate::logic::{Side, Test, Truth};

/// A comparison of the id with a value that is not null.
pub(crate) fn compare(column: &Column, comparison: Comparison, value: &Constant) -> Truth {
    match comparison {
        Comparison::Equal => is_in(column, std::slice::from_ref(value)),
        Comparison::Less | Comparison::Greater => Truth::hidden(),
    }
}

/// The id is one of these values, of which none is null.
pub(crate) fn is_in(column: &Column, values: &[Constant]) -> Truth {
    let mut plain = Vec::with_capacity(values.len());
    let mut kept = Test::Never;
    for value in values {
        match (value, &column.data_type, &column.role) {
            (Constant::Integer(_) | Constant::Decimal(_), data_type, _) if is_integer_id(data_type) => {
                let Some(number) = whole(value) else { return Truth::hidden() };
                // Ids are never negative.
                plain.extend(u64::try_from(number).ok().map(PointId::Number));
            }
            (Constant::Text(text), SparkType::String(name), Role::Id { kept: field }) if name == "string" => {
                let id = PointId::from_text(text);
                match field {
                    None => plain.extend(id.is_named(text).then_some(id)),
                    // The payload's field has the text wherever it is not the id's own.
                    Some(field) => {
                        let Some(key) = path_key(std::slice::from_ref(field)) else { return Truth::hidden() };
                        let same = condition::strings(&key, vec![text.clone()]);
                        let own = if id.is_named(text) { condition::empty(&key) } else { Test::Never };
                        kept = kept.or(condition::ids(&[id]).and(same.or(own)));
                    }
                }
            }
            _ => return Truth::hidden(),
        }
    }
    let found = condition::ids(&plain).or(kept);
    Truth { yes: Side::exact(found.clone()), no: Side::exact(found.not()) }
}

fn whole(value: &Constant) -> Option<i128> {
    match value {
        Constant::Integer(number) => Some((*number).into()),
        Constant::Decimal(text) => text.parse().ok(),
        Constant::Null
        | Constant::Boolean(_)
        | Constant::Double(_)
        | Constant::Text(_)
        | Constant::Date(_)
        | Constant::Micros(_) => None,
    }
}
