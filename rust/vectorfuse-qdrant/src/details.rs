//! What the plan of a read remembers of the collection, so that predicates are judged without asking the server.

use std::collections::BTreeMap;

use qdrant_client::qdrant::payload_index_params::IndexParams;
use qdrant_client::qdrant::{CollectionInfo, PayloadSchemaInfo, PayloadSchemaType};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::table::{Column, Role};

use crate::collection::Collection;
use crate::path::{self, Step};
use crate::shard_key::is_keyed;
use crate::version::{PREFIXES, Version};

/// A guess of a payload field's size.
const FIELD_BYTES: u64 = 64;
/// The same of a whole payload.
const PAYLOAD_BYTES: u64 = 1024;
/// A guess of a vector's size.
const VECTOR_BYTES: u64 = 4 * 1024;

/// Facts of the collection that decide what can be pushed down.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Details {
    /// The columns of the kept schema: their values were written by us, each in its type. Empty if others fill the
    /// collection.
    kept: Vec<Column>,
    indexes: Vec<Index>,
    /// Whether strict mode refuses conditions on fields without an index.
    indexed_only: bool,
    /// Strict mode's bound on the conditions of a filter.
    pub(crate) most_conditions: Option<u64>,
    /// Strict mode's bound on the values of one condition.
    pub(crate) most_values: Option<u64>,
    /// Strict mode's bound on the points, or values, of one answer.
    #[serde(default)]
    pub(crate) most_answers: Option<u64>,
    /// Whether strict mode refuses to count exactly.
    #[serde(default)]
    pub(crate) estimates_only: bool,
    /// The dimensions of the dense vectors.
    dimensions: BTreeMap<String, u64>,
    /// Whether users route points to shards with keys, of which two can have a point of the same id.
    #[serde(default)]
    pub(crate) is_keyed: bool,
    /// Whether the server finds strings by their beginnings.
    #[serde(default)]
    pub(crate) finds_prefixes: bool,
    /// How many points there are, about.
    pub(crate) points: Option<u64>,
}

/// A payload index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Index {
    path: Vec<String>,
    kind: IndexKind,
    /// Whether it serves every condition on values of its kind.
    whole: bool,
    /// Whether it finds strings by their beginnings.
    #[serde(default)]
    prefixes: bool,
}

/// What a payload index holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum IndexKind {
    /// Whole strings.
    Keyword,
    /// Integers; doubles are passed over.
    Integer,
    /// Numbers.
    Float,
    /// Booleans.
    Boolean,
    /// Strings that are dates and times.
    Datetime,
    /// Something else: words, UUIDs, places.
    Other,
}

impl Details {
    /// The facts of this collection of a server of this version.
    pub(crate) fn new(info: &CollectionInfo, collection: &Collection, version: Version) -> Self {
        let strict = info.config.as_ref().and_then(|config| config.strict_mode_config.as_ref());
        let strict = strict.filter(|strict| strict.enabled());
        let index = |(field, info): (&String, &PayloadSchemaInfo)| {
            let (kind, whole, prefixes) = (kind(info.data_type()), is_whole(info), has_prefixes(info));
            Some(Index { path: segments(field)?, kind, whole, prefixes })
        };
        Self {
            kept: collection.kept.clone().unwrap_or_default(),
            indexes: info.payload_schema.iter().filter_map(index).collect(),
            indexed_only: strict.is_some_and(|strict| strict.unindexed_filtering_retrieve == Some(false)),
            most_conditions: strict.and_then(|strict| strict.filter_max_conditions),
            most_values: strict.and_then(|strict| strict.condition_max_size),
            most_answers: strict.and_then(|strict| strict.max_query_limit).map(u64::from),
            estimates_only: strict.is_some_and(|strict| strict.search_allow_exact == Some(false)),
            dimensions: collection.vectors.iter().filter_map(|(name, spec)| Some((name.clone(), spec.size?))).collect(),
            is_keyed: info.config.as_ref().is_some_and(is_keyed),
            finds_prefixes: version >= PREFIXES,
            points: info.points_count,
        }
    }

    /// The most points of which one request may name the ids.
    pub(crate) fn most_points(&self) -> usize {
        self.most_values.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX).max(1)
    }

    /// As a plan has them.
    pub(crate) fn to_plan(&self) -> Result<Value> {
        serde_json::to_value(self).map_err(|error| Error::internal("a plan can't be written").caused_by(error))
    }

    /// From a plan.
    pub(crate) fn of_plan(details: &Value) -> Result<Self> {
        serde_json::from_value(details.clone())
            .map_err(|error| Error::internal("a plan's details can't be read").caused_by(error))
    }

    /// The type that the kept schema gives the field; `None` if others may have written anything.
    pub(crate) fn kept_type(&self, path: &[String]) -> Option<SparkType> {
        let (field, members) = path.split_first()?;
        let column = self.kept.iter().find(|column| column.role.field() == Some(field))?;
        member(&column.data_type, &column.metadata, members).map(|(data_type, _)| data_type.clone())
    }

    /// What kind of index the field has.
    pub(crate) fn index(&self, path: &[String]) -> Option<IndexKind> {
        self.indexes.iter().find(|index| index.path == path).map(|index| index.kind)
    }

    /// The key of the field that the column is, if an index of this kind holds its values as they are: in the collections
    /// of others it passes values over, or counts each element of an array.
    pub(crate) fn indexed_key(&self, column: &Column, kind: IndexKind) -> Option<String> {
        let path = [column.role.field()?.to_owned()];
        let fits = self.kept_type(&path).as_ref() == Some(&column.data_type) && self.index(&path) == Some(kind);
        path_key(&path).filter(|key| fits && self.has_whole_index(key))
    }

    /// About how many bytes a value of the column has.
    pub(crate) fn bytes(&self, column: &Column) -> u64 {
        match &column.role {
            Role::Vector(name) | Role::SparseIndices(name) | Role::SparseValues(name) => {
                self.dimensions.get(name).map_or(VECTOR_BYTES, |dimensions| dimensions * 4)
            }
            Role::WholePayload => PAYLOAD_BYTES,
            Role::Payload(_) | Role::Id { .. } | Role::Score | Role::Unused => FIELD_BYTES,
        }
    }

    /// Whether strict mode lets a filter ask whether there is a value under this key.
    pub(crate) fn may_name(&self, key: &str) -> bool {
        !self.indexed_only || self.has_whole_index(key)
    }

    /// Whether strict mode lets a filter ask under this key what an index of one of these kinds answers.
    pub(crate) fn may_ask(&self, key: &str, kinds: &[IndexKind]) -> bool {
        !self.indexed_only || self.indexes_of(key).any(|index| index.whole && kinds.contains(&index.kind))
    }

    /// Whether strict mode lets a filter ask for strings under this key by their beginning.
    pub(crate) fn may_match_prefix(&self, key: &str) -> bool {
        !self.indexed_only || self.indexes_of(key).any(|index| index.prefixes)
    }

    /// Whether the key has an index that serves every condition on values of its kind.
    pub(crate) fn has_whole_index(&self, key: &str) -> bool {
        self.indexes_of(key).any(|index| index.whole)
    }

    fn indexes_of<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Index> {
        self.indexes.iter().filter(move |index| path_key(&index.path).as_deref() == Some(key))
    }
}

/// The type and metadata of a member inside structs of this type and metadata; `None` if there is none.
pub(crate) fn member<'a>(
    data_type: &'a SparkType,
    metadata: &'a Value,
    path: &[String],
) -> Option<(&'a SparkType, &'a Value)> {
    let Some((name, rest)) = path.split_first() else { return Some((data_type, metadata)) };
    let SparkType::Struct(fields) = data_type else { return None };
    let field = fields.iter().find(|field| field.name == *name)?;
    member(&field.data_type, &field.metadata, rest)
}

/// The key of a field in a filter; `None` if one of the names can't stand in one.
pub(crate) fn path_key(path: &[String]) -> Option<String> {
    let names: Option<Vec<String>> = path.iter().map(|name| path::of_field(name)).collect();
    names.map(|names| names.join("."))
}

/// The names in a key of the server's; `None` if it goes into lists.
fn segments(key: &str) -> Option<Vec<String>> {
    let name = |step| match step {
        Step::Member(name) => Some(name),
        Step::Each | Step::Item => None,
    };
    path::segments(key)?.into_iter().map(name).collect()
}

fn kind(data_type: PayloadSchemaType) -> IndexKind {
    match data_type {
        PayloadSchemaType::Keyword => IndexKind::Keyword,
        PayloadSchemaType::Integer => IndexKind::Integer,
        PayloadSchemaType::Float => IndexKind::Float,
        PayloadSchemaType::Bool => IndexKind::Boolean,
        PayloadSchemaType::Datetime => IndexKind::Datetime,
        PayloadSchemaType::Text | PayloadSchemaType::Uuid | PayloadSchemaType::Geo | PayloadSchemaType::UnknownType => {
            IndexKind::Other
        }
    }
}

/// An index of integers can be told to serve equality alone, or ranges alone.
fn is_whole(info: &PayloadSchemaInfo) -> bool {
    match info.params.as_ref().and_then(|params| params.index_params.as_ref()) {
        Some(IndexParams::IntegerIndexParams(params)) => params.lookup != Some(false) && params.range != Some(false),
        Some(_) | None => true,
    }
}

/// An index of strings can be told to know them by their beginnings.
fn has_prefixes(info: &PayloadSchemaInfo) -> bool {
    match info.params.as_ref().and_then(|params| params.index_params.as_ref()) {
        Some(IndexParams::KeywordIndexParams(params)) => params.prefix.is_some(),
        Some(_) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_the_server_are_taken_apart() {
        let names = |key: &str| segments(key).map(|names| names.join("|"));
        assert_eq!(names("a"), Some("a".to_owned()));
        assert_eq!(names("a.\"b.c\".größe"), Some("a|b.c|größe".to_owned()));
        assert_eq!(names("a[].b"), None);
        assert_eq!(path_key(&["a".into(), "b.c".into()]), Some("a.\"b.c\"".to_owned()));
        assert_eq!(path_key(&["a\"b".into()]), None);
    }
}
