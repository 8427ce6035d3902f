//! The columns of a collection: one for each field, typed by what is kept with it, else by the field's own type; or those
//! of the user's schema, whose other names are keys of `$meta`.

use serde_json::json;
use vectorfuse_core::chosen::{Choice, listed};
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::options::{Chosen, Options, PayloadForm};
use vectorfuse_core::schema::{SparkField, SparkType};
use vectorfuse_core::table::{Column, Role};
use vectorfuse_core::vector::VectorKind;

use crate::collection::{Collection, DYNAMIC_FIELD, Field, FieldType, ScalarType, VectorType};

/// Every column of the collection, in the order of its fields.
pub(crate) fn columns(collection: &Collection) -> Vec<Column> {
    let mut columns: Vec<Column> = collection.fields.iter().filter(|field| is_readable(field)).map(column).collect();
    if collection.is_dynamic {
        columns.push(Column::new(DYNAMIC_FIELD, SparkType::string(), Role::WholePayload));
    }
    columns
}

/// What the user should know of fields that are no columns, or show other values than were written.
pub(crate) fn warnings(collection: &Collection) -> Vec<String> {
    let hidden = collection.fields.iter().filter(|field| !is_readable(field)).map(|field| {
        format!("the vector `{}` is computed by the server, which does not give it back: it is no column", field.name)
    });
    let strange = collection
        .strange
        .iter()
        .map(|field| format!("the field `{}` has a type that VectorFuse does not know: it is no column", field.name));
    hidden.chain(strange).collect()
}

/// What the options say of the columns. What can be known without a schema is checked: names of vectors.
pub(crate) fn choice<'a>(options: &'a Options, collection: &Collection, spark: u32) -> Result<Choice<'a>> {
    if let Chosen::Only(names) = &options.named.with_vectors {
        let vectors = || collection.fields.iter().filter(|field| field.data_type.vector().is_some());
        let known = |name: &String| vectors().any(|field| field.name == *name);
        if let Some(stranger) = names.iter().find(|name| !known(name)) {
            return Err(Error::options(format!(
                "option `with_vectors` names `{stranger}`, which is no vector of the collection: it has {}",
                listed(vectors().map(|field| field.name.clone()))
            )));
        }
    }
    if let Chosen::Only(names) = &options.named.with_payload
        && let Some(strange) = names.iter().find(|name| collection.is_strange(name))
    {
        return Err(unknown_type("option `with_payload`", strange));
    }
    // Where the payload is one column, fields of it are chosen, or members of those that can have any.
    let (Chosen::Only(names) | Chosen::AllBut(names)) = &options.named.with_payload;
    let is_known = |name: &String| {
        let outermost = members(name).into_iter().next().and_then(|name| collection.field(&name));
        let has_members = |field: &Field| field.data_type == FieldType::Scalar(ScalarType::Json);
        collection.field(name).is_some()
            || collection.is_strange(name)
            || outermost.map_or(collection.is_dynamic, has_members)
    };
    if options.named.payload != PayloadForm::Columns
        && let Some(stranger) = names.iter().find(|name| !is_known(name))
    {
        return Err(Error::options(format!(
            "option `with_payload` names `{stranger}`, which is no field of the collection: it has {}",
            listed(collection.fields.iter().map(|field| field.name.clone()))
        )));
    }
    Choice::new(options, spark, collection.is_dynamic, |path| Ok(members(path)))
}

/// The names in a path, from the outermost on.
pub(crate) fn members(path: &str) -> Vec<String> {
    let members: Vec<String> = path.split('.').map(str::to_owned).collect();
    if members.iter().any(String::is_empty) { vec![path.to_owned()] } else { members }
}

/// The columns of the user's own schema, which must be what the options leave: names of the collection's columns mean
/// those, other names are keys of `$meta`.
pub(crate) fn user_columns(
    choice: &Choice<'_>,
    collection: &Collection,
    schema: Vec<SparkField>,
) -> Result<Vec<Column>> {
    let own = choice.renamed(columns(collection));
    let column = |field: SparkField| match choice.added(&field)? {
        Some(added) => Ok(added),
        None => user_column(collection, &own, field),
    };
    let columns = schema.into_iter().map(column).collect::<Result<Vec<_>>>()?;
    choice.check(&columns)?;
    Ok(columns)
}

fn user_column(collection: &Collection, own: &[Column], field: SparkField) -> Result<Column> {
    let SparkField { name, data_type, metadata } = field;
    let role = match own.iter().find(|column| column.name == name) {
        Some(column) => column.role.clone(),
        None if collection.is_strange(&name) => return Err(unknown_type("the schema", &name)),
        None if collection.is_dynamic && collection.field(&name).is_none() => Role::Payload(name.clone()),
        None => {
            return Err(Error::options(format!(
                "the collection has no field `{name}` for this column, and no dynamic field: it has {}",
                listed(own.iter().map(|column| column.name.clone()))
            ))
            .with("column", name));
        }
    };
    let known = field_of(collection, &role);
    let fits = match known {
        Some(known) => reads_as(known.data_type, &data_type),
        None => !data_type.has_mllib_vector(),
    };
    if !fits {
        let is = known.map_or("a part of `$meta`".to_owned(), |known| described(known.data_type));
        let words = format!("column `{name}` can't be {}: the field is {is}", data_type.name());
        return Err(Error::options(words));
    }
    Ok(Column { name, data_type, metadata, role })
}

fn unknown_type(who: &str, name: &str) -> Error {
    Error::unsupported(format!("{who} names `{name}`, a field of a type that VectorFuse does not know: leave it out"))
}

/// The field of the schema that a column is.
pub(crate) fn field_of<'a>(collection: &'a Collection, role: &Role) -> Option<&'a Field> {
    match role {
        Role::Id { .. } => collection.fields.iter().find(|field| field.is_primary),
        Role::Payload(name) | Role::Vector(name) => collection.field(name),
        Role::SparseIndices(_) | Role::SparseValues(_) | Role::WholePayload | Role::Score | Role::Unused => None,
    }
}

/// Servers give back no sparse vector that they have computed of a text.
fn is_readable(field: &Field) -> bool {
    !(field.is_output && field.data_type.vector() == Some(VectorType::Sparse))
}

fn column(field: &Field) -> Column {
    let role = if field.is_primary {
        Role::Id { kept: None }
    } else if field.data_type.vector().is_some() {
        Role::Vector(field.name.clone())
    } else {
        Role::Payload(field.name.clone())
    };
    let own = own_type(field.data_type);
    // Whoever has changed the field since has not changed its description.
    let kept = field.kept.as_ref().map(|kept| (read_again(field.data_type, &kept.data_type), &kept.metadata));
    let (data_type, metadata) = match kept.filter(|(data_type, _)| reads_as(field.data_type, data_type)) {
        Some((data_type, metadata)) => (data_type, if metadata.is_object() { metadata.clone() } else { json!({}) }),
        None => (own, json!({})),
    };
    Column { metadata, ..Column::new(&field.name, data_type, role) }
}

/// The type of a column that nobody has given one.
pub(crate) fn own_type(data_type: FieldType) -> SparkType {
    match data_type {
        FieldType::Scalar(scalar) => scalar_type(scalar),
        FieldType::Array { element, .. } => SparkType::Array(Box::new(scalar_type(element))),
        FieldType::Vector { kind: VectorType::Binary, .. } => SparkType::Binary,
        FieldType::Vector { kind, .. } => kind.kind().column_type(),
    }
}

fn scalar_type(scalar: ScalarType) -> SparkType {
    match scalar {
        ScalarType::Bool => SparkType::Boolean,
        ScalarType::Int8 => SparkType::Byte,
        ScalarType::Int16 => SparkType::Short,
        ScalarType::Int32 => SparkType::Integer,
        ScalarType::Int64 => SparkType::Long,
        ScalarType::Float => SparkType::Float,
        ScalarType::Double => SparkType::Double,
        ScalarType::Timestamptz => SparkType::Timestamp,
        ScalarType::VarChar { .. } | ScalarType::Text | ScalarType::Json | ScalarType::Geometry => SparkType::string(),
    }
}

/// The type as which a column that was written is read again.
fn read_again(data_type: FieldType, written: &SparkType) -> SparkType {
    match data_type {
        FieldType::Vector { kind: VectorType::Binary, .. } | FieldType::Scalar(_) | FieldType::Array { .. } => {
            written.clone()
        }
        FieldType::Vector { kind, .. } => {
            kind.kind().read_again(written, matches!(kind, VectorType::Float | VectorType::Sparse))
        }
    }
}

/// Whether a column of this type can show what the field holds; single values may still not fit.
fn reads_as(data_type: FieldType, column: &SparkType) -> bool {
    match data_type {
        FieldType::Scalar(scalar) => scalar_reads_as(scalar, column),
        FieldType::Array { element, .. } => match column {
            SparkType::Array(item) => scalar_reads_as(element, item),
            // As JSON, which has no form for what is no number.
            SparkType::String(_) | SparkType::Variant => !matches!(element, ScalarType::Float | ScalarType::Double),
            _other => false,
        },
        FieldType::Vector { kind: VectorType::Binary, .. } => match column {
            SparkType::Array(_) => VectorKind::Dense.reads_as(column),
            other => *other == SparkType::Binary,
        },
        FieldType::Vector { kind, .. } => kind.kind().reads_as(column),
    }
}

fn scalar_reads_as(scalar: ScalarType, column: &SparkType) -> bool {
    let is_integer =
        matches!(column, SparkType::Byte | SparkType::Short | SparkType::Integer | SparkType::Long | SparkType::Double);
    let is_text = matches!(column, SparkType::String(_));
    match scalar {
        ScalarType::Bool => *column == SparkType::Boolean || is_text,
        ScalarType::Int8 | ScalarType::Int16 | ScalarType::Int32 => {
            is_integer || is_text || matches!(column, SparkType::Float | SparkType::Decimal(..))
        }
        ScalarType::Int64 => {
            let is_moment = matches!(column, SparkType::Timestamp | SparkType::TimestampNtz);
            is_integer || is_text || is_moment || matches!(column, SparkType::Decimal(..))
        }
        ScalarType::Float => matches!(column, SparkType::Float | SparkType::Double),
        ScalarType::Double => matches!(column, SparkType::Double | SparkType::Float),
        ScalarType::VarChar { .. } | ScalarType::Text => {
            is_text
                || matches!(
                    column,
                    SparkType::Decimal(..)
                        | SparkType::Binary
                        | SparkType::Date
                        | SparkType::Timestamp
                        | SparkType::TimestampNtz
                )
        }
        ScalarType::Json => !column.has_mllib_vector(),
        ScalarType::Timestamptz => is_text || *column == SparkType::Timestamp,
        ScalarType::Geometry => is_text,
    }
}

/// The field's type, for messages.
fn described(data_type: FieldType) -> String {
    let hint = match data_type.vector() {
        None => "",
        Some(VectorType::Float | VectorType::Float16 | VectorType::BFloat16 | VectorType::Int8) => {
            ": read it as array<float>"
        }
        Some(VectorType::Binary) => ": read it as binary",
        Some(VectorType::Sparse) => ": read it as struct, map<long,float> or string",
    };
    format!("of the type {}{hint}", data_type.name())
}
