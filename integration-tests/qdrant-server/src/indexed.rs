//! Which index the conditions of a filter want: strict mode can refuse a filter that has none.

use std::collections::BTreeSet;

use qdrant_edge::{
    AnyVariants, Condition, FieldCondition, Filter, JsonPath, Match, PayloadIndexInfo, PayloadSchemaParams,
    PayloadSchemaType, RangeInterface, ValueVariants,
};

use crate::limits::Schema;
use crate::mark::Mark;

/// What an index is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Want {
    IntegerMatch,
    IntegerRange,
    Of(PayloadSchemaType),
    Phrase,
}

/// Any will do: each keeps who has no value.
const ANY: [Want; 10] = [
    Want::IntegerMatch,
    Want::IntegerRange,
    Want::Of(PayloadSchemaType::Keyword),
    Want::Of(PayloadSchemaType::Float),
    Want::Of(PayloadSchemaType::Text),
    Want::Phrase,
    Want::Of(PayloadSchemaType::Bool),
    Want::Of(PayloadSchemaType::Uuid),
    Want::Of(PayloadSchemaType::Datetime),
    Want::Of(PayloadSchemaType::Geo),
];

impl Want {
    fn has(self, index: &PayloadIndexInfo) -> bool {
        let (lookup, range, phrases) = match &index.params {
            Some(PayloadSchemaParams::Integer(params)) => {
                (params.lookup.unwrap_or(true), params.range.unwrap_or(true), false)
            }
            Some(PayloadSchemaParams::Text(params)) => (true, true, params.phrase_matching.unwrap_or(false)),
            Some(_) | None => (true, true, false),
        };
        match self {
            Self::IntegerMatch => index.data_type == PayloadSchemaType::Integer && lookup,
            Self::IntegerRange => index.data_type == PayloadSchemaType::Integer && range,
            Self::Phrase => index.data_type == PayloadSchemaType::Text && phrases,
            Self::Of(kind) => index.data_type == kind,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::IntegerMatch | Self::IntegerRange | Self::Of(PayloadSchemaType::Integer) => "integer",
            Self::Phrase | Self::Of(PayloadSchemaType::Text) => "text",
            Self::Of(PayloadSchemaType::Keyword) => "keyword",
            Self::Of(PayloadSchemaType::Float) => "float",
            Self::Of(PayloadSchemaType::Geo) => "geo",
            Self::Of(PayloadSchemaType::Bool) => "bool",
            Self::Of(PayloadSchemaType::Datetime) => "datetime",
            Self::Of(PayloadSchemaType::Uuid) => "uuid",
        }
    }
}

/// The first key without a fitting index, and the types that would fit.
pub fn missing(filter: &Filter, schema: &Schema) -> Option<(JsonPath, String)> {
    within(None, filter, schema)
}

fn within(prefix: Option<&JsonPath>, filter: &Filter, schema: &Schema) -> Option<(JsonPath, String)> {
    filter.iter_conditions().find_map(|condition| {
        let (key, wants) = match condition {
            Condition::Field(field) => (&field.key, wanted(field)),
            Condition::IsEmpty(given) => (&given.is_empty.key, ANY.to_vec()),
            Condition::IsNull(given) => (&given.is_null.key, ANY.to_vec()),
            Condition::Filter(inner) => return within(prefix, inner, schema),
            Condition::Nested(nested) => {
                let inner = JsonPath::extend_or_new(prefix, &nested.nested.key.array_key());
                return within(Some(&inner), &nested.nested.filter, schema);
            }
            Condition::HasVector(_) => match Mark::of(condition) {
                // It takes an index made for prefixes, and this engine makes none.
                Some(Mark::Prefix { key, .. }) => {
                    return Some((JsonPath::extend_or_new(prefix, &key), "keyword".to_owned()));
                }
                Some(Mark::Slice(_)) | None => return None,
            },
            Condition::HasId(_) | Condition::CustomIdChecker(_) => return None,
        };
        let key = JsonPath::extend_or_new(prefix, key);
        let found = schema.get(&key).is_some_and(|index| wants.iter().any(|want| want.has(index)));
        // Nothing wanted is a condition that does nothing, like a match with one of no values.
        (!wants.is_empty() && !found).then(|| {
            let names = wants.iter().map(|want| want.name()).collect::<BTreeSet<_>>();
            (key, names.into_iter().collect::<Vec<_>>().join(", "))
        })
    })
}

fn wanted(field: &FieldCondition) -> Vec<Want> {
    let mut wants = field.r#match.as_ref().map(matching).unwrap_or_default();
    match &field.range {
        Some(RangeInterface::DateTime(_)) => wants.push(Want::Of(PayloadSchemaType::Datetime)),
        Some(RangeInterface::Float(_)) => {
            wants.extend([Want::Of(PayloadSchemaType::Float), Want::IntegerRange]);
        }
        None => {}
    }
    if field.geo_bounding_box.is_some() || field.geo_radius.is_some() || field.geo_polygon.is_some() {
        wants.push(Want::Of(PayloadSchemaType::Geo));
    }
    if field.values_count.is_some() || field.is_empty.is_some() || field.is_null.is_some() {
        wants.extend(ANY);
    }
    wants
}

fn matching(given: &Match) -> Vec<Want> {
    match given {
        Match::Value(value) => match &value.value {
            ValueVariants::String(text) => words([text]),
            ValueVariants::Integer(_) => vec![Want::IntegerMatch],
            ValueVariants::Bool(_) => vec![Want::Of(PayloadSchemaType::Bool)],
        },
        Match::Any(any) => one_of(&any.any),
        Match::Except(except) => one_of(&except.except),
        Match::Text(_) | Match::TextAny(_) => vec![Want::Of(PayloadSchemaType::Text)],
        Match::Phrase(_) => vec![Want::Phrase],
    }
}

fn one_of(values: &AnyVariants) -> Vec<Want> {
    match values {
        AnyVariants::Strings(texts) if texts.is_empty() => Vec::new(),
        AnyVariants::Strings(texts) => words(texts),
        AnyVariants::Integers(numbers) if numbers.is_empty() => Vec::new(),
        AnyVariants::Integers(_) => vec![Want::IntegerMatch],
    }
}

fn words<'a>(texts: impl IntoIterator<Item = &'a String>) -> Vec<Want> {
    let keyword = Want::Of(PayloadSchemaType::Keyword);
    match texts.into_iter().all(|text| uuid::Uuid::parse_str(text).is_ok()) {
        true => vec![Want::Of(PayloadSchemaType::Uuid), keyword],
        false => vec![keyword],
    }
}
