//! Which column of a DataFrame is which part of a point, and what of a write travels to its tasks.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::claims::{self, Kinds};
use crate::error::{Error, Kind, Result};
use crate::options::{IdScheme, Options, WriteMode};
use crate::rules::Rules;
use crate::schema::{SparkField, SparkType};
use crate::table::{Column, ID_COLUMN, Role};

/// What a write does with what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Writes into it.
    Append,
    /// Replaces it.
    Overwrite,
    /// Nothing may be there: the write creates the collection, and takes it away again if it fails.
    Create,
}

/// Spark's save modes, by Spark's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum SaveMode {
    /// Writes into what is there.
    Append,
    /// Replaces what is there.
    Overwrite,
    /// Fails if something is there; Spark's default.
    ErrorIfExists,
    /// Does nothing if something is there.
    Ignore,
}

/// The error of a write that may only write into a new collection.
#[must_use]
pub fn already_there(collection: &str) -> Error {
    Error::new(
        Kind::AlreadyExists,
        format!(
            "there is a collection `{collection}` already, and the save mode `errorifexists` (Spark's default) writes \
             into a new one alone: say mode(\"append\"), mode(\"overwrite\") or mode(\"ignore\")"
        ),
    )
}

/// A write, as Spark asks for it.
#[derive(Clone, Debug)]
pub struct WriteRequest {
    /// The columns of the DataFrame.
    pub fields: Vec<SparkField>,
    /// The save mode.
    pub mode: Mode,
    /// Spark's name of the query, the same for each attempt of its tasks.
    pub query: String,
}

/// Where the id of a row comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdSource {
    /// From the column at this place.
    Column(usize),
    /// From the columns at these places together.
    Keys(Vec<usize>),
    /// As [`IdSource::Keys`], by dlt's scheme, in which the collection's name is part of the id.
    KeysOfDlt(String, Vec<usize>),
    /// From the query, the partition and the row's number in it.
    Generated,
}

/// A write that was checked and prepared; it travels to the tasks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WritePlan {
    /// What the user asked for.
    pub options: Options,
    /// The DataFrame's columns in their order.
    pub columns: Vec<Column>,
    /// Where ids come from.
    pub id: IdSource,
    /// What decides about each row.
    #[serde(default)]
    pub rules: Rules,
    /// Spark's name of the query.
    pub query: String,
    /// What the store adds for itself.
    pub details: Value,
    /// What the user should know and no error says.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// Which task writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// The number of the partition.
    pub partition: u64,
}

/// How the write ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Each task has committed.
    Commit {
        /// What the attempts that count say, one of each task.
        messages: Vec<String>,
        /// Whether there were other attempts of tasks: what they wrote may be in the store, or still come in.
        others: bool,
    },
    /// The job has failed.
    Abort,
}

impl Outcome {
    /// Each task has committed, and none ran twice.
    pub fn commit(messages: Vec<String>) -> Self {
        Self::Commit { messages, others: false }
    }
}

/// Gives each column its part of a point. `vectors` are those of the collection that is there; `None` if it is yet to be
/// created.
pub fn assign(options: &Options, fields: &[SparkField], vectors: Option<&Kinds>) -> Result<(Vec<Column>, IdSource)> {
    let named = &options.named;
    let mut roles: Vec<Option<Role>> = vec![None; fields.len()];
    let id = id_source(options, fields)?;
    if let IdSource::Column(index) = id {
        roles[index] = Some(Role::Id { kept: Some(fields[index].name.clone()) });
    }
    if named.write_mode == WriteMode::Delete {
        // Nothing of a point is written, so no other column matters.
        roles.iter_mut().for_each(|role| {
            role.get_or_insert(Role::Unused);
        });
        return Ok((columns(fields, roles, |_| false)?, id));
    }
    if let Some(name) = &named.op_field {
        roles[position(fields, name, "op_field")?] = Some(Role::Unused);
    }
    claims::claim(options, fields, vectors, &mut roles)?;
    for name in named.payload_fields.iter().flatten() {
        position(fields, name, "payload_fields")?;
    }
    let wanted = |name: &String| named.payload_fields.as_ref().is_none_or(|names| names.contains(name));
    Ok((columns(fields, roles, wanted)?, id))
}

/// The columns with their parts; those that have none are payload if they are wanted.
fn columns(fields: &[SparkField], roles: Vec<Option<Role>>, wanted: impl Fn(&String) -> bool) -> Result<Vec<Column>> {
    let column = |(field, role): (&SparkField, Option<Role>)| {
        let payload = if wanted(&field.name) { Role::Payload(field.name.clone()) } else { Role::Unused };
        let role = role.unwrap_or(payload);
        if matches!(role, Role::Payload(_)) && field.data_type.has_mllib_vector() {
            return Err(mllib_payload(field));
        }
        Ok(Column {
            name: field.name.clone(),
            data_type: field.data_type.clone(),
            metadata: field.metadata.clone(),
            role,
        })
    };
    fields.iter().zip(roles).map(column).collect()
}

fn id_source(options: &Options, fields: &[SparkField]) -> Result<IdSource> {
    let named = &options.named;
    if !named.key_fields.is_empty() {
        let keys: Vec<usize> =
            named.key_fields.iter().map(|name| position(fields, name, "key_fields")).collect::<Result<_>>()?;
        for index in &keys {
            nameable(&fields[*index], "key_fields")?;
            if named.id_scheme == IdScheme::Dlt {
                named_by_dlt(&fields[*index])?;
            }
        }
        return Ok(match named.id_scheme {
            IdScheme::Vectorfuse => IdSource::Keys(keys),
            IdScheme::Dlt => IdSource::KeysOfDlt(options.collection()?, keys),
        });
    }
    let index = match &named.id_field {
        Some(name) if name.is_empty() => None,
        Some(name) => Some(position(fields, name, "id_field")?),
        None => id_column(fields)?,
    };
    Ok(match index {
        Some(index) => {
            nameable(&fields[index], "id_field")?;
            IdSource::Column(index)
        }
        None => IdSource::Generated,
    })
}

/// The column called `id`. One that differs by case alone is most likely meant, and would be passed over.
fn id_column(fields: &[SparkField]) -> Result<Option<usize>> {
    let exact = fields.iter().position(|field| field.name == ID_COLUMN);
    match fields.iter().find(|field| field.name.eq_ignore_ascii_case(ID_COLUMN)) {
        Some(field) if exact.is_none() => {
            Err(Error::options(format!("is the column `{}` the id? Say so with `id_field`, or rename it", field.name)))
        }
        Some(_) | None => Ok(exact),
    }
}

fn nameable(field: &SparkField, option: &str) -> Result<()> {
    if field.data_type.is_map_key() {
        return Ok(());
    }
    Err(Error::options(format!(
        "option `{option}`: column `{}` has the type {}, which can't name a point",
        field.name,
        field.data_type.name()
    )))
}

/// dlt names rows by Python's text of their keys, which is ours for these types alone.
fn named_by_dlt(field: &SparkField) -> Result<()> {
    match field.data_type {
        SparkType::String(_)
        | SparkType::Boolean
        | SparkType::Byte
        | SparkType::Short
        | SparkType::Integer
        | SparkType::Long => Ok(()),
        _ => Err(Error::options(format!(
            "option `id_scheme`: `dlt` makes ids of strings, booleans and integers, and the key `{}` is {}: cast it to string",
            field.name,
            field.data_type.name()
        ))),
    }
}

/// A vector's name for messages.
#[must_use]
pub fn vector_name(vector: &str) -> String {
    if vector.is_empty() { "the unnamed vector".to_owned() } else { format!("the vector `{vector}`") }
}

/// What to do about a vector whose size is not known, for messages.
#[must_use]
pub fn say_size(vector: &str) -> String {
    let option = if vector.is_empty() { "vector.size".to_owned() } else { format!("vector.{vector}.size") };
    format!("give the option `{option}`, or create the collection first")
}

/// The error of a vector for which the collection can't be created, since no row says its size.
#[must_use]
pub fn unknown_size(vector: &str) -> Error {
    let (name, what_to_do) = (vector_name(vector), say_size(vector));
    Error::data(format!("{name} was null in every row so far, so its size is not known: {what_to_do}"))
}

/// Outside of a vector's column, MLlib's vectors are one of the types that can't be kept.
fn mllib_payload(field: &SparkField) -> Error {
    Error::unsupported(format!(
        "column `{}` has the type {}, which can't be kept as payload: say that it is a vector (`vector_fields`, \
         `sparse_fields`), or convert it with vector_to_array",
        field.name,
        field.data_type.name()
    ))
}

pub(crate) fn position(fields: &[SparkField], name: &str, option: &str) -> Result<usize> {
    fields.iter().position(|field| field.name == name).ok_or_else(|| {
        let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        Error::options(format!("option `{option}`: the DataFrame has no column `{name}`; it has {}", names.join(", ")))
    })
}

/// Whether ids of this column are integers as they stand.
#[must_use]
pub fn is_integer_id(data_type: &SparkType) -> bool {
    matches!(
        data_type,
        SparkType::Byte | SparkType::Short | SparkType::Integer | SparkType::Long | SparkType::Decimal(_, 0)
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::options::{Given, Side};
    use crate::vector::VectorKind;

    fn floats() -> SparkType {
        SparkType::Array(Box::new(SparkType::Float))
    }

    fn roles(
        options: &[(&str, &str)],
        fields: &[(&str, SparkType)],
        vectors: Option<&[&str]>,
    ) -> Result<(Vec<Role>, IdSource)> {
        let options = options.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let options = Given { options, session: BTreeMap::new() }.parse(Side::Write)?;
        let fields: Vec<SparkField> = fields.iter().map(|(name, t)| SparkField::new(*name, t.clone())).collect();
        let dense = |name: &&str| ((*name).to_owned(), VectorKind::Dense);
        let vectors: Option<Kinds> = vectors.map(|names| names.iter().map(dense).collect());
        let (columns, id) = assign(&options, &fields, vectors.as_ref())?;
        Ok((columns.into_iter().map(|column| column.role).collect(), id))
    }

    fn id(name: &str) -> Role {
        Role::Id { kept: Some(name.to_owned()) }
    }

    #[test]
    fn columns_called_id_and_vector_need_no_option() {
        let (roles, source) =
            roles(&[], &[("vector", floats()), ("id", SparkType::Long), ("x", SparkType::Long)], None).unwrap();
        assert_eq!(roles, [Role::Vector(String::new()), id("id"), Role::Payload("x".into())]);
        assert_eq!(source, IdSource::Column(1));
    }

    #[test]
    fn the_collection_s_vectors_claim_the_columns_of_their_names() {
        let fields = [("a", floats()), ("b", floats()), ("vector", floats())];
        let (roles, source) = roles(&[], &fields, Some(&["b"])).unwrap();
        assert_eq!(roles, [Role::Payload("a".into()), Role::Vector("b".into()), Role::Payload("vector".into())]);
        assert_eq!(source, IdSource::Generated);
    }

    #[test]
    fn vectors_are_never_lost_without_a_word() {
        let text = |result: Result<_>| result.err().map(|error: Error| error.to_string()).unwrap_or_default();
        assert!(text(roles(&[], &[("e", floats())], None)).contains("candidates: `e`"));
        assert!(text(roles(&[], &[("x", SparkType::Long)], Some(&["a"]))).contains("the vector `a`"));
        assert!(roles(&[("vector_fields", "")], &[("e", floats())], None).is_ok());
        assert!(roles(&[("vector_fields", "")], &[("x", SparkType::Long)], Some(&["a"])).is_ok());
        assert!(roles(&[], &[("x", SparkType::Long)], None).is_ok());
        assert!(text(roles(&[], &[("a", floats())], Some(&["a", "b"]))).contains("the vector `b`"));
        assert!(roles(&[("vector_fields", "a")], &[("a", floats())], Some(&["a", "b"])).is_ok());
        assert!(text(roles(&[], &[("ID", SparkType::Long)], None)).contains("`ID`"));
    }

    #[test]
    fn what_is_wrong_with_a_claim_is_said() {
        let fields = [("a", floats()), ("b", floats()), ("x", SparkType::Long)];
        for (options, vectors, expected) in [
            (vec![("vector_field", "nope")], None, "no column `nope`"),
            (vec![("vector_field", "x")], None, "has the type long"),
            (vec![("vector_fields", "a,b"), ("vector_names", "v,v")], None, "two columns claim the vector `v`"),
            (vec![("vector_fields", "a,a"), ("vector_names", "v,w")], None, "column `a` has two parts"),
            (vec![("vector_fields", "a"), ("vector_names", "w")], Some(&["v"][..]), "it has the vector `v`"),
            (vec![("vector_field", "a"), ("id_field", "b")], None, "can't name a point"),
            (vec![("vector_field", "a"), ("key_fields", "x,y")], None, "no column `y`"),
            (vec![("vector_field", "a"), ("payload_fields", "z")], None, "no column `z`"),
        ] {
            let error = roles(&options, &fields, vectors).unwrap_err();
            assert!(error.to_string().contains(expected), "{error} / {expected}");
        }
    }

    #[test]
    fn payload_fields_choose_what_is_kept() {
        let fields = [("vector", floats()), ("a", SparkType::Long), ("b", SparkType::Long)];
        let (roles, _) = roles(&[("payload_fields", "b")], &fields, None).unwrap();
        assert_eq!(roles, [Role::Vector(String::new()), Role::Unused, Role::Payload("b".into())]);
    }
}
