//! The columns of a collection: the kept schema, else what the index schema and a bounded sample say, else the user's.

use std::collections::BTreeMap;

use serde_json::Value;
use vectorfuse_core::chosen::{FIELD_METADATA, field_column, free_name};
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::payload::{Sample, merge_index_type};
use vectorfuse_core::schema::{SparkField, SparkType};
use vectorfuse_core::table::{Column, ID_COLUMN, Role, VECTOR_COLUMN};
use vectorfuse_core::vector::{VectorKind, holds_every_number, is_index_list, is_value_list};
use vectorfuse_core::write::{IdSource, is_integer_id, vector_name};

use crate::collection::{Collection, VectorSpec};
use crate::counters;
use crate::path::{self, Step};
use crate::received::Parts;

/// The columns of a collection whose schema is kept. Vectors that were added behind our back come last.
pub(crate) fn kept_columns(collection: &Collection, kept: &[Column]) -> Vec<Column> {
    let mut columns = kept.to_vec();
    for column in vector_columns(collection) {
        if !columns.iter().any(|other| other.role.vector() == column.role.vector()) {
            let name = free_name(&column.name, &columns);
            columns.push(Column { name, ..column });
        }
    }
    columns
}

/// The columns of a collection that others have filled, as far as `points` show them.
pub(crate) fn inferred_columns(collection: &Collection, points: &[Parts<'_>]) -> Vec<Column> {
    let indexes = indexed_types(collection);
    let mut samples: BTreeMap<&str, Sample> = BTreeMap::new();
    let fields = points.iter().flat_map(|point| &point.payload).filter(|(name, _)| *name != counters::FIELD);
    for (name, value) in fields {
        let known = samples.remove(name).unwrap_or_default();
        samples.insert(name, known.and(Sample::of(value)));
    }
    for name in indexes.keys() {
        samples.entry(name).or_default();
    }
    let mut columns = vec![Column::new(ID_COLUMN, SparkType::string(), Role::Id { kept: None })];
    columns.extend(vector_columns(collection));
    for (field, sample) in samples {
        let data_type = match indexes.get(field) {
            Some(indexed) => merge_index_type(&sample, indexed),
            None => sample.spark_type(),
        };
        columns.push(field_column(field, data_type, &columns));
    }
    columns
}

/// What indexes say of fields by their names. The server writes paths, in which a name can stand in quotes; an index on a
/// nested field says nothing of the whole.
fn indexed_types(collection: &Collection) -> BTreeMap<String, &SparkType> {
    let indexes = collection.indexes.iter();
    indexes
        .filter_map(|(key, data_type)| match path::segments(key)?.as_mut_slice() {
            [Step::Member(name)] => Some((std::mem::take(name), data_type)),
            _ => None,
        })
        .collect()
}

/// The columns of the user's own schema: names of known columns mean those, other names are fields of the payload.
pub(crate) fn user_columns(collection: &Collection, known: &[Column], schema: Vec<SparkField>) -> Result<Vec<Column>> {
    let vectors = vector_columns(collection);
    schema
        .into_iter()
        .map(|field| {
            let column = known.iter().chain(&vectors).find(|column| column.name == field.name);
            // Only an inferred schema has such names; a kept one has its roles.
            let renamed = field.metadata.get(FIELD_METADATA).and_then(Value::as_str).filter(|_| known.is_empty());
            let role = match (renamed, column) {
                (Some(renamed), _) => Role::Payload(renamed.to_owned()),
                (None, Some(column)) => column.role.clone(),
                (None, None) if field.name.eq_ignore_ascii_case(ID_COLUMN) && known.is_empty() => {
                    Role::Id { kept: None }
                }
                (None, None) => Role::Payload(field.name.clone()),
            };
            check_type(&field, &role, &collection.vectors)?;
            Ok(Column { name: field.name, data_type: field.data_type, metadata: field.metadata, role })
        })
        .collect()
}

/// What a collection with these vectors keeps after a write of `written` columns into one that kept `before`.
pub(crate) fn merged(
    before: &[Column],
    written: &[Column],
    id: &IdSource,
    vectors: &BTreeMap<String, VectorSpec>,
) -> Result<Vec<Column>> {
    let mut merged = before.to_vec();
    for column in written.iter().filter(|column| column.role != Role::Unused) {
        let column = &read_again(column, vectors);
        let Some(known) = merged.iter_mut().find(|known| known.name == column.name) else {
            if matches!(column.role, Role::Id { .. })
                && let Some(other) = merged.iter().find(|known| matches!(known.role, Role::Id { .. }))
            {
                return Err(Error::options(format!(
                    "column `{}` is the id, and the collection keeps its ids in `{}`: rename the column",
                    column.name, other.name
                )));
            }
            merged.push(column.clone());
            continue;
        };
        let both_ids = matches!((&known.role, &column.role), (Role::Id { .. }, Role::Id { .. }));
        let same_part = both_ids || known.role == column.role;
        // What a store gives back of a vector has one form, which each type without bounds can show.
        let shown = column.role.vector().is_some() && holds_every_number(&known.data_type);
        if !same_part || (known.data_type != column.data_type && !shown) {
            return Err(Error::options(format!(
                "column `{}` is {} in the DataFrame and {} in the collection: cast or rename it, or overwrite the collection",
                column.name,
                described(column),
                described(known)
            )));
        }
        // Ids so far were generated; those of this column can be hashes of values that the payload keeps.
        if matches!(known.role, Role::Id { kept: None }) {
            known.role = column.role.clone();
        }
    }
    if matches!(id, IdSource::Column(_)) {
        return Ok(merged);
    }
    match merged.iter().find(|column| matches!(column.role, Role::Id { .. })) {
        Some(known) if !matches!(known.data_type, SparkType::String(_)) => {
            return Err(Error::options(format!(
                "the collection's ids are {} in the column `{}`, and these rows would get UUIDs: name the point with \
                 that column (`id_field`), or overwrite the collection",
                known.data_type.name(),
                known.name
            )));
        }
        Some(_) => {}
        None => {
            let name = free_name(ID_COLUMN, &merged);
            merged.insert(0, Column::new(name, SparkType::string(), Role::Id { kept: None }));
        }
    }
    Ok(merged)
}

/// The column of a vector with the type as which it can be read.
fn read_again(column: &Column, vectors: &BTreeMap<String, VectorSpec>) -> Column {
    let Role::Vector(name) = &column.role else { return column.clone() };
    let Some(spec) = vectors.get(name) else { return column.clone() };
    Column { data_type: spec.kind.read_again(&column.data_type, spec.is_exact()), ..column.clone() }
}

fn described(column: &Column) -> String {
    let part = match &column.role {
        Role::Id { .. } => "the id, ".to_owned(),
        Role::Vector(name) => format!("{}, ", vector_name(name)),
        Role::SparseIndices(name) => format!("the indices of {}, ", vector_name(name)),
        Role::SparseValues(name) => format!("the values of {}, ", vector_name(name)),
        Role::Payload(_) | Role::WholePayload | Role::Score | Role::Unused => String::new(),
    };
    format!("{part}{}", column.data_type.name())
}

fn vector_columns(collection: &Collection) -> Vec<Column> {
    let column = |(vector, spec): (&String, &VectorSpec)| {
        let name = if vector.is_empty() { VECTOR_COLUMN } else { vector.as_str() };
        Column::new(name, spec.kind.column_type(), Role::Vector(vector.clone()))
    };
    collection.vectors.iter().map(column).collect()
}

fn check_type(field: &SparkField, role: &Role, vectors: &BTreeMap<String, VectorSpec>) -> Result<()> {
    let data_type = &field.data_type;
    let (fits, what) = match role {
        Role::Vector(name) => {
            // A vector that the collection no longer has is null in every row.
            let kind = vectors.get(name).map(|spec| spec.kind);
            let types = match kind {
                Some(VectorKind::Sparse) => "a sparse vector: read it as struct, map<long,float> or string",
                Some(VectorKind::Multi) => "a multi-vector: read it as array<array<float>>",
                Some(VectorKind::Dense) | None => "a vector: read it as array<float>",
            };
            (kind.is_none_or(|kind| kind.reads_as(data_type)), types)
        }
        Role::SparseIndices(_) => (is_index_list(data_type), "the indices of a sparse vector: read it as array<long>"),
        Role::SparseValues(_) => (is_value_list(data_type), "the values of a sparse vector: read it as array<float>"),
        Role::Id { kept: None } => {
            let fits = is_integer_id(data_type) || matches!(data_type, SparkType::String(_));
            (fits, "an id: read it as string or long")
        }
        Role::Id { kept: Some(_) } => (data_type.is_map_key(), "an id: read it as string or long"),
        Role::Payload(_) | Role::WholePayload | Role::Score | Role::Unused => {
            (!data_type.has_mllib_vector(), "no vector: read it as array or struct")
        }
    };
    if fits {
        return Ok(());
    }
    Err(Error::options(format!("column `{}` can't be {}: it is {what}", field.name, data_type.name())))
}
