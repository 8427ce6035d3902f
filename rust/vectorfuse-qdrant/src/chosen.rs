//! The columns that a read's options leave and add: what only Qdrant knows of them.

use vectorfuse_core::chosen::{Choice, listed};
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::options::{Chosen, Options};
use vectorfuse_core::schema::SparkField;
use vectorfuse_core::table::{Column, Role};
use vectorfuse_core::write::vector_name;

use crate::collection::Collection;
use crate::path::{self, Step};
use crate::schema;

/// What the options say of the columns. What can be known without a schema is checked: names of vectors.
pub(crate) fn choice<'a>(options: &'a Options, collection: &Collection, spark: u32) -> Result<Choice<'a>> {
    if let Chosen::Only(names) = &options.named.with_vectors {
        let known = |name: &String| vector_called(collection, name).is_some();
        if let Some(stranger) = names.iter().find(|name| !known(name)) {
            return Err(Error::options(format!(
                "option `with_vectors` names `{stranger}`, which is no vector of the collection: it has {}",
                listed(collection.vectors.keys().map(|name| vector_name(name)))
            )));
        }
    }
    Choice::new(options, spark, true, members)
}

/// The columns of the user's own schema, which must be what the options leave. `kept` are those of the schema that is kept
/// with the collection, if there is one.
pub(crate) fn of_schema(
    choice: &Choice<'_>,
    collection: &Collection,
    kept: Option<Vec<Column>>,
    schema: Vec<SparkField>,
) -> Result<Vec<Column>> {
    let known = choice.renamed(kept.unwrap_or_default());
    let unkept = if known.is_empty() { choice.renamed(schema::inferred_columns(collection, &[])) } else { Vec::new() };
    let mut columns = Vec::with_capacity(schema.len());
    for field in schema {
        if let Some(added) = choice.added(&field)? {
            columns.push(added);
            continue;
        }
        // An id or a vector whose name was taken; a field says in its metadata what it is.
        let taken = unkept.iter().find(|other| other.name == field.name);
        let taken = taken.filter(|other| !matches!(other.role, Role::Payload(_)));
        let known = taken.map_or(known.as_slice(), std::slice::from_ref);
        columns.extend(schema::user_columns(collection, known, vec![field])?);
    }
    choice.check(&columns)?;
    Ok(columns)
}

/// The names in a path, from the outermost on.
fn members(name: &str) -> Result<Vec<String>> {
    let mut members = Vec::new();
    for step in path::segments(name).unwrap_or_else(|| vec![Step::Member(name.to_owned())]) {
        match step {
            Step::Member(member) => members.push(member),
            Step::Each => {}
            Step::Item => {
                return Err(Error::options(format!(
                    "option `with_payload` names `{name}`: a single item of a list is no column, name the list"
                )));
            }
        }
    }
    Ok(members)
}

/// The name of a vector that is called so, by itself or, the unnamed one, by its column.
pub(crate) fn vector_called<'a>(collection: &'a Collection, name: &str) -> Option<&'a str> {
    let own = collection.vectors.keys().find(|vector| *vector == name);
    let kept = || {
        let column = collection.kept.iter().flatten().find(|column| column.name == name)?;
        collection.vectors.keys().find(|vector| column.role.vector() == Some(vector))
    };
    let unnamed = || {
        let unnamed = collection.vectors.keys().find(|vector| vector.is_empty());
        unnamed.filter(|_| name == vectorfuse_core::table::VECTOR_COLUMN)
    };
    own.or_else(kept).or_else(unnamed).map(String::as_str)
}

/// How a server is asked for the parts of a payload that is one column.
pub(crate) fn paths(names: &[String]) -> Result<Vec<String>> {
    let path = |name: &String| {
        let path = if path::is_valid(name) { Some(name.clone()) } else { path::of_field(name) };
        path.ok_or_else(|| Error::options(format!("option `with_payload` names `{name}`, which is no path of a field")))
    };
    names.iter().map(path).collect()
}
