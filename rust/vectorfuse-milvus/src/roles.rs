//! Which part of a row each column of a DataFrame is, where keys and vectors are fields with names of their own.

use vectorfuse_core::claims::Kinds;
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::options::{Options, WriteMode};
use vectorfuse_core::schema::SparkField;
use vectorfuse_core::table::{Column, ID_COLUMN, Role};
use vectorfuse_core::write::{self, IdSource};

use crate::collection::{Collection, DYNAMIC_FIELD};

/// The columns of a write with their parts.
pub(crate) struct Assigned {
    /// What the user asked for, with the collection's own names.
    pub(crate) options: Options,
    pub(crate) columns: Vec<Column>,
    pub(crate) id: IdSource,
    /// The primary key of a collection that is created, if the server makes the keys.
    pub(crate) auto: Option<String>,
}

/// Gives each column its part. `there` is the collection that rows go to, if there is one.
pub(crate) fn assign(options: &Options, fields: &[SparkField], there: Option<&Collection>) -> Result<Assigned> {
    let mut options = options.clone();
    let auto = name_key(&mut options, fields, there)?;
    // A vector without a name of its own is the field of its column.
    if options.named.vector_name.is_none() {
        options.named.vector_name.clone_from(&options.named.vector_field);
    }
    let vectors = there.map(writable_vectors);
    let (mut columns, id) = write::assign(&options, fields, vectors.as_ref())?;
    for column in &mut columns {
        match &column.role {
            Role::Vector(name) if name.is_empty() => column.role = Role::Vector(column.name.clone()),
            // The key is a field of its own, which holds it as it is.
            Role::Id { .. } => column.role = Role::Id { kept: None },
            Role::Payload(name) if is_beside(name, &options, there) => column.role = Role::Unused,
            Role::Payload(name) if name == DYNAMIC_FIELD && there.is_some_and(|there| there.is_dynamic) => {
                column.role = Role::WholePayload;
            }
            Role::Vector(_)
            | Role::SparseIndices(_)
            | Role::SparseValues(_)
            | Role::Payload(_)
            | Role::WholePayload
            | Role::Score
            | Role::Unused => {}
        }
    }
    name_properties(&mut options, &columns)?;
    let auto = auto.filter(|_| there.is_none());
    Ok(Assigned { options, columns, id, auto })
}

/// Vectors that the server computes itself are none that rows could bring.
fn writable_vectors(there: &Collection) -> Kinds {
    let is_output = |name: &str| there.field(name).is_some_and(|field| field.is_output);
    there.kinds().into_iter().filter(|(name, _)| !is_output(name)).collect()
}

/// Says in `options` which column is the key, where they leave that to the collection. The key's name, if the server makes
/// its values.
fn name_key(options: &mut Options, fields: &[SparkField], there: Option<&Collection>) -> Result<Option<String>> {
    let has = |name: &str| fields.iter().any(|field| field.name == name);
    let named = &options.named;
    let is_open = named.id_field.is_none() && named.key_fields.is_empty();
    let auto = match there {
        Some(there) => Some(there.primary()?).filter(|key| key.is_auto).map(|key| key.name.clone()),
        None if named.auto_id => {
            let said = named.id_field.clone().filter(|name| !name.is_empty());
            Some(said.unwrap_or_else(|| ID_COLUMN.to_owned()))
        }
        None => None,
    };
    // Rows are deleted by the keys that the server has made.
    if let Some(key) = auto.clone().filter(|_| named.write_mode != WriteMode::Delete) {
        refuse_keys(options, &key, has(&key))?;
        options.named.id_field = Some(String::new());
        return Ok(Some(key));
    }
    if let (true, Some(there)) = (is_open, there) {
        let key = there.primary()?.name.clone();
        let other_id = has(ID_COLUMN) && there.field(ID_COLUMN).is_none();
        if has(&key) {
            options.named.id_field = Some(key);
        } else if !other_id {
            // A column called `id` that is another field of the collection is not the key.
            options.named.id_field = Some(String::new());
        }
    }
    Ok(auto)
}

/// Keys that the server makes are none that rows could bring, or that could find a row again.
fn refuse_keys(options: &Options, key: &str, is_column: bool) -> Result<()> {
    let named = &options.named;
    let why = "the server makes the keys of the collection";
    if is_column {
        return Err(Error::options(format!(
            "{why} (its key `{key}` is an autoID), so column `{key}` can't be kept: drop it, or write to a collection whose \
             rows bring their keys"
        )));
    }
    let said = named.id_field.as_ref().filter(|name| !name.is_empty() && *name != key);
    if said.is_some() || !named.key_fields.is_empty() {
        let option = if said.is_some() { "id_field" } else { "key_fields" };
        return Err(Error::options(format!(
            "option `{option}`: {why} (its key `{key}` is an autoID): remove the option"
        )));
    }
    Ok(())
}

/// Whether the column says something of the row that the collection has no place for.
fn is_beside(name: &str, options: &Options, there: Option<&Collection>) -> bool {
    options.named.partition_field.as_deref() == Some(name)
        && there.is_some_and(|there| !there.is_dynamic && there.field(name).is_none())
}

/// `vector.size` and its like, without a vector's name, are those of `vector_field`, or of the only vector.
fn name_properties(options: &mut Options, columns: &[Column]) -> Result<()> {
    let Some(properties) = options.vectors.remove("") else { return Ok(()) };
    let mut names: Vec<&str> = columns.iter().filter_map(|column| column.role.vector()).collect();
    names.dedup();
    let name = match (&options.named.vector_name, names.as_slice()) {
        (Some(name), _) => name.clone(),
        (None, [only]) => (*only).to_owned(),
        (None, _) => {
            let property = properties.given().first().copied().unwrap_or_default();
            return Err(Error::options(format!(
                "option `vector.{property}` does not say of which vector: write `vector.<name>.{property}`"
            )));
        }
    };
    if options.vectors.contains_key(&name) {
        return Err(Error::options(format!(
            "the options have properties of the vector `{name}` with its name (`vector.{name}.…`) and without one \
             (`vector.…`): write all of them with it"
        )));
    }
    options.vectors.insert(name, properties);
    Ok(())
}
