//! Which field of a collection each column of a DataFrame goes to: by name alone, and only where its values can be kept
//! as they are.

use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::options::{Options, WriteMode};
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::table::{Column, Role};
use vectorfuse_core::write::IdSource;

use crate::collection::{Collection, DYNAMIC_FIELD, Field, FieldType, ScalarType, VectorType};
use crate::details::WriteDetails;
use crate::key::UUID_BYTES;
use crate::schema::own_type;
use crate::value::LISTS_IN_JSON;

impl Collection {
    /// The field that the column is written to; `None` if it is a key of `$meta`, or nothing.
    pub(crate) fn field_of(&self, column: &Column) -> Option<&Field> {
        match &column.role {
            Role::Id { .. } => self.fields.iter().find(|field| field.is_primary),
            Role::Vector(name) | Role::SparseIndices(name) | Role::SparseValues(name) | Role::Payload(name) => {
                self.field(name)
            }
            Role::WholePayload | Role::Score | Role::Unused => None,
        }
    }
}

/// Whether rows of these columns can be written to the collection.
pub(crate) fn check(options: &Options, columns: &[Column], id: &IdSource, there: &Collection) -> Result<()> {
    check_key(columns, id, there)?;
    if options.named.write_mode == WriteMode::Delete {
        return Ok(());
    }
    there.check_types()?;
    for column in columns {
        check_column(column, there)?;
    }
    if options.named.write_mode == WriteMode::Partial {
        return Ok(());
    }
    let has_column =
        |field: &Field| columns.iter().any(|column| there.field_of(column).is_some_and(|its| its.name == field.name));
    let needed = |field: &&Field| {
        !(field.is_primary || field.is_nullable || field.has_default || field.is_auto || field.is_output)
    };
    if let Some(strange) = there.strange.iter().find(|field| field.is_needed) {
        return Err(Error::unsupported(format!(
            "every row of the collection needs a value of `{}`, which has a type that VectorFuse does not know: only \
             `write_mode` = `partial` and `delete` can do without",
            strange.name
        )));
    }
    let missing: Vec<String> = there
        .fields
        .iter()
        .filter(needed)
        .filter(|field| !has_column(field))
        .map(|field| format!("`{}`", field.name))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::options(format!(
        "every row of the collection needs a value of {}, and the DataFrame has no such column: add it (only `write_mode` = \
         `partial` and `delete` need not name every field)",
        missing.join(", ")
    )))
}

/// Columns that would become keys of the dynamic field which this server drops.
pub(crate) fn refuse_dropped(options: &Options, columns: &[Column], details: &WriteDetails) -> Result<()> {
    let there = &details.collection;
    let is_dropped =
        |column: &&Column| matches!(&column.role, Role::Payload(name) if details.dropped_keys.contains(name));
    let dropped = columns.iter().filter(is_dropped).find(|column| there.field_of(column).is_none());
    match dropped.filter(|_| there.is_dynamic && options.named.write_mode != WriteMode::Delete) {
        None => Ok(()),
        Some(column) => Err(Error::options(format!(
            "column `{}` would be a key of the collection's dynamic field, and this server (Milvus Lite) drops that key: \
             rename it",
            column.name
        ))),
    }
}

/// Whether the rows' keys are keys of the collection.
fn check_key(columns: &[Column], id: &IdSource, there: &Collection) -> Result<()> {
    let key = there.primary()?;
    let name = &key.name;
    let index = match id {
        IdSource::Column(index) => *index,
        IdSource::Generated if key.is_auto => return Ok(()),
        IdSource::Keys(_) | IdSource::KeysOfDlt(..) | IdSource::Generated => {
            return match key.data_type {
                FieldType::Scalar(ScalarType::VarChar { max_length })
                    if max_length.is_none_or(|most| most >= UUID_BYTES) =>
                {
                    Ok(())
                }
                FieldType::Scalar(ScalarType::VarChar { .. }) => Err(Error::options(format!(
                    "rows without an id column get a UUID of {UUID_BYTES} bytes as their key, which the collection's key \
                     `{name}` is too short for: give `id_field`"
                ))),
                FieldType::Scalar(_) | FieldType::Array { .. } | FieldType::Vector { .. } => {
                    Err(Error::options(format!(
                        "the collection's key `{name}` is an integer, so each row needs a column with its key: name it with \
                     `id_field` (`key_fields`, and keys that VectorFuse makes, are UUIDs, for which the key must be a text)"
                    )))
                }
            };
        }
    };
    let Column { name: column, data_type, .. } = &columns[index];
    let fits = match key.data_type {
        FieldType::Scalar(ScalarType::Int64) => is_integer(data_type),
        FieldType::Scalar(_) => matches!(data_type, SparkType::String(_)),
        FieldType::Array { .. } | FieldType::Vector { .. } => false,
    };
    if fits {
        return Ok(());
    }
    let expected =
        if matches!(key.data_type, FieldType::Scalar(ScalarType::Int64)) { "an integer" } else { "a string" };
    Err(Error::options(format!(
        "column `{column}` has the type {}, and the collection's key `{name}` is {expected}: cast the column",
        data_type.name()
    )))
}

/// The error of a column that can't be a key.
pub(crate) fn no_key(column: &str, data_type: &SparkType) -> Error {
    Error::options(format!(
        "column `{column}` has the type {}, and a key of Milvus is an integer or a string: cast it",
        data_type.name()
    ))
}

fn check_column(column: &Column, there: &Collection) -> Result<()> {
    if matches!(column.role, Role::Id { .. } | Role::Unused | Role::Score) {
        return Ok(());
    }
    let name = &column.name;
    if matches!(&column.role, Role::Vector(name) | Role::Payload(name) if there.is_strange(name)) {
        return Err(Error::unsupported(format!(
            "column `{name}`: the collection's field has a type that VectorFuse does not know: drop the column, or leave it \
             out with `payload_fields`"
        )));
    }
    let Some(field) = there.field_of(column) else {
        if there.is_dynamic {
            return check_dynamic(column);
        }
        let fields: Vec<&str> = there.fields.iter().map(|field| field.name.as_str()).collect();
        return Err(Error::options(format!(
            "the collection has no field for column `{name}`, and takes no others (it is not dynamic): drop the column, or \
             leave it out with `payload_fields`. Its fields are {}",
            fields.join(", ")
        )));
    };
    if field.is_primary {
        let why = if field.is_auto {
            "the server makes its values: drop the column"
        } else {
            "another column is the key: drop the column, or name it alone with `id_field`"
        };
        return Err(Error::options(format!("column `{name}` is called like the collection's key, and {why}")));
    }
    if field.is_output {
        return Err(Error::options(format!(
            "column `{name}`: the server computes that field from others: drop the column"
        )));
    }
    let is_json = field.data_type == FieldType::Scalar(ScalarType::Json);
    if is_json && matches!(column.data_type, SparkType::Array(_)) {
        there.version.require(LISTS_IN_JSON, &format!("column `{name}`, an array (a struct could hold it),"))?;
    }
    // The two columns of a sparse vector were looked at together, as for every store.
    let is_half = matches!(column.role, Role::SparseIndices(_) | Role::SparseValues(_));
    if is_half || fits(&column.data_type, field) {
        return Ok(());
    }
    if let Some(made_for) = made_for(field) {
        return Err(Error::options(format!(
            "column `{name}` has the type {}, and the collection's field `{}` was made for {made}: cast the column to {made}",
            column.data_type.name(),
            field.name,
            made = made_for.name()
        )));
    }
    Err(Error::options(format!(
        "column `{name}` has the type {}, and the collection's field `{}` is {}: {}",
        column.data_type.name(),
        field.name,
        field.data_type.name(),
        expected(field.data_type)
    )))
}

fn check_dynamic(column: &Column) -> Result<()> {
    let name = &column.name;
    if column.role == Role::WholePayload {
        return match column.data_type {
            SparkType::String(_) | SparkType::Map(..) | SparkType::Struct(_) | SparkType::Variant => Ok(()),
            _ => Err(Error::options(format!(
                "column `{DYNAMIC_FIELD}` has the type {}: expected the JSON text of an object, a map, a struct or a variant",
                column.data_type.name()
            ))),
        };
    }
    if name.starts_with('$') {
        return Err(Error::options(format!(
            "column `{name}` can't be a key of the collection's dynamic field: `$` begins the server's own names: rename it"
        )));
    }
    Ok(())
}

/// The type of the column that the field was made for, where that is not the field's own: its values are read as that type, so
/// those of another could not be read again.
fn made_for(field: &Field) -> Option<&SparkType> {
    let made_for = field.kept.as_ref().map(|kept| &kept.data_type)?;
    (field.data_type.vector().is_none() && *made_for != own_type(field.data_type)).then_some(made_for)
}

/// Whether the field keeps every value of the type as it is, or can say of one that it does not.
fn fits(data_type: &SparkType, field: &Field) -> bool {
    if field.kept.as_ref().is_some_and(|kept| same_kind(&kept.data_type, data_type)) {
        return true;
    }
    if made_for(field).is_some() {
        return false;
    }
    match field.data_type {
        FieldType::Scalar(scalar) => fits_scalar(data_type, scalar),
        FieldType::Array { element, .. } => {
            matches!(data_type, SparkType::Array(inner) if fits_scalar(inner, element) && element != ScalarType::Json)
        }
        FieldType::Vector { kind: VectorType::Binary, .. } => *data_type == SparkType::Binary,
        // Which types these are is the same for every store.
        FieldType::Vector { kind, .. } => kind.kind().fits(data_type),
    }
}

fn fits_scalar(data_type: &SparkType, scalar: ScalarType) -> bool {
    use SparkType as T;
    match scalar {
        ScalarType::Bool => *data_type == T::Boolean,
        // Whether a number is in the field's range is said of each row.
        ScalarType::Int8 | ScalarType::Int16 | ScalarType::Int32 | ScalarType::Int64 => is_integer(data_type),
        ScalarType::Float => *data_type == T::Float,
        ScalarType::Double => matches!(data_type, T::Float | T::Double),
        ScalarType::VarChar { .. } | ScalarType::Text => {
            matches!(data_type, T::String(_) | T::Decimal(..) | T::Date | T::Binary)
        }
        ScalarType::Json => {
            matches!(data_type, T::String(_) | T::Array(_) | T::Struct(_) | T::Map(..) | T::Variant)
        }
        ScalarType::Timestamptz => *data_type == T::Timestamp,
        ScalarType::Geometry => matches!(data_type, T::String(_)),
    }
}

/// Whether a field that was made for one type takes the other. Strings differ in their length and collation alone.
fn same_kind(made_for: &SparkType, data_type: &SparkType) -> bool {
    matches!((made_for, data_type), (SparkType::String(_), SparkType::String(_))) || made_for == data_type
}

fn expected(field: FieldType) -> &'static str {
    match field {
        FieldType::Scalar(scalar) => match scalar {
            ScalarType::Bool => "cast the column to boolean",
            ScalarType::Int8 | ScalarType::Int16 | ScalarType::Int32 | ScalarType::Int64 => {
                "cast the column to an integer"
            }
            ScalarType::Float => "cast the column to float, which may round its values",
            ScalarType::Double => "cast the column to double",
            ScalarType::VarChar { .. } | ScalarType::Text => "cast the column to string",
            ScalarType::Json => "expected JSON text, an array, a struct, a map or a variant",
            ScalarType::Timestamptz => "cast the column to timestamp",
            ScalarType::Geometry => "expected WKT text",
        },
        FieldType::Array { .. } => "expected an array of such values",
        FieldType::Vector { kind: VectorType::Binary, .. } => "expected binary, 8 dimensions in each byte",
        FieldType::Vector { kind: VectorType::Sparse, .. } => "expected a sparse vector: a struct, a map or JSON text",
        FieldType::Vector { .. } => "expected a vector: an array of numbers",
    }
}

fn is_integer(data_type: &SparkType) -> bool {
    matches!(data_type, SparkType::Byte | SparkType::Short | SparkType::Integer | SparkType::Long)
}
