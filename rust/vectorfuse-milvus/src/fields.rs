//! Which field each column of a DataFrame becomes, in a collection that is created for it.

use std::collections::BTreeMap;

use vectorfuse_core::claims;
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::options::{Datatype, Options, VectorProperties, option_of};
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::table::{Column, ID_COLUMN, Role};
use vectorfuse_core::vector::VectorKind;
use vectorfuse_core::write::IdSource;

use crate::collection::{Collection, Consistency, Field, FieldType, Kept, ScalarType, VectorType};
use crate::columns;
use crate::expression;
use crate::key::UUID_BYTES;
use crate::version::{NULLABLE, Version};

/// The most bytes of a text, and of each text of an array.
const LONGEST_TEXT: u64 = 65_535;
/// The most values of an array.
const MOST_ELEMENTS: u64 = 4096;
/// A date as text: Spark's years have up to seven digits, and a sign.
const DATE_BYTES: u64 = 16;
/// Bytes of a character of `char(n)` and `varchar(n)`, at most.
const CHARACTER_BYTES: u64 = 4;

/// The collection that is to be created for these columns; dimensions that only the data knows are open. `auto` is the
/// primary key's name, if the server makes the keys.
pub(crate) fn planned(
    options: &Options,
    columns: &[Column],
    id: &IdSource,
    auto: Option<&str>,
    version: Version,
) -> Result<Collection> {
    let named = &options.named;
    let key = primary(columns, id, auto)?;
    // The fields are in the order of the columns, and so are those that are read. A key that is no column comes first.
    let mut fields = Vec::with_capacity(columns.len() + 1);
    if !columns.iter().any(|column| matches!(column.role, Role::Id { .. })) {
        fields.push(key.clone());
    }
    for column in columns {
        let field = match &column.role {
            Role::Id { .. } => key.clone(),
            Role::Vector(name) | Role::SparseValues(name) => vector(options, name, column)?,
            Role::Payload(_) => payload(options, column, version)?,
            // The places of a sparse vector are in its field with their numbers.
            Role::SparseIndices(_) | Role::WholePayload | Role::Score | Role::Unused => continue,
        };
        if fields.iter().any(|other: &Field| other.name == field.name) {
            return Err(Error::options(format!(
                "two columns of the DataFrame would be the field `{}` of the collection: rename one",
                field.name
            )));
        }
        fields.push(field);
    }
    fields.iter().try_for_each(|field| check_name(&field.name))?;
    check_key_name(&key.name)?;
    if let Some(key) = &named.partition_key
        && !fields.iter().any(|field| field.is_partition_key)
    {
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        return Err(Error::options(format!(
            "option `partition_key`: `{key}` is no column of the DataFrame, or is its key or a vector; the columns are {}",
            names.join(", ")
        )));
    }
    if let Some(stranger) = options.vectors.keys().find(|name| !fields.iter().any(|field| field.name == **name)) {
        return Err(Error::options(format!("option `vector.{stranger}.…`: no column holds the vector `{stranger}`")));
    }
    if !fields.iter().any(|field| field.data_type.vector().is_some()) {
        return Err(Error::options(
            "a collection of Milvus has at least one vector, and no column of the DataFrame holds one: name it with \
             `vector_field`, or create the collection first",
        ));
    }
    Ok(Collection {
        name: String::new(),
        id: 0,
        // Rows whose keys the server makes can be known again by what the dynamic field says of them alone.
        is_dynamic: named.dynamic_field.unwrap_or(auto.is_some()),
        has_partition_key: named.partition_key.is_some(),
        shards: named.shards.map_or(1, |shards| i32::try_from(shards.get()).unwrap_or(i32::MAX)),
        consistency: Consistency::Bounded,
        aliases: Vec::new(),
        properties: BTreeMap::new(),
        fields,
        strange: Vec::new(),
        version,
    })
}

fn primary(columns: &[Column], id: &IdSource, auto: Option<&str>) -> Result<Field> {
    let text = |bytes| FieldType::Scalar(ScalarType::VarChar { max_length: Some(bytes) });
    let (name, data_type, kept) = match (auto, id) {
        (Some(name), _) => (name.to_owned(), FieldType::Scalar(ScalarType::Int64), None),
        (None, IdSource::Column(index)) => {
            let column = &columns[*index];
            let data_type = match &column.data_type {
                SparkType::Byte | SparkType::Short | SparkType::Integer | SparkType::Long => {
                    FieldType::Scalar(ScalarType::Int64)
                }
                SparkType::String(name) => text(text_bytes(name)),
                other => return Err(columns::no_key(&column.name, other)),
            };
            (column.name.clone(), data_type, Some(kept(column, column.data_type.clone())))
        }
        (None, IdSource::Keys(_) | IdSource::KeysOfDlt(..) | IdSource::Generated) => {
            let is_free = |name: &&str| !columns.iter().any(|column| column.name == **name);
            let name = [ID_COLUMN, "_id"].into_iter().find(is_free).ok_or_else(|| {
                Error::options(
                    "the DataFrame has columns `id` and `_id`, and neither names the row: a collection that is created \
                     needs one of these names for its key: rename one",
                )
            })?;
            (name.to_owned(), text(UUID_BYTES), None)
        }
    };
    Ok(Field {
        name,
        data_type,
        is_primary: true,
        is_auto: auto.is_some(),
        is_partition_key: false,
        is_nullable: false,
        has_default: false,
        is_output: false,
        kept,
    })
}

fn vector(options: &Options, name: &str, column: &Column) -> Result<Field> {
    let kind = claims::created(options, column).map_or(VectorKind::Dense, |(_, kind)| kind);
    let properties = options.vectors.get(name).cloned().unwrap_or_default();
    let kind = vector_type(name, column, kind, &properties)?;
    if kind == VectorType::Sparse && properties.size.is_some() {
        return Err(Error::options(format!("option `{}`: a sparse vector has no size", option_of(name, "size"))));
    }
    let is_exact = kind == VectorType::Float;
    // A sparse vector in two columns is read as one.
    let is_whole = matches!(column.role, Role::Vector(_));
    let read_again = is_whole.then(|| kept(column, read_again(kind, &column.data_type, is_exact)));
    Ok(Field {
        name: name.to_owned(),
        data_type: FieldType::Vector { kind, dim: properties.size },
        is_primary: false,
        is_auto: false,
        is_partition_key: false,
        // A server that takes null vectors gives them back as zeros (Milvus Lite), or can't search them.
        is_nullable: false,
        has_default: false,
        is_output: false,
        kept: read_again,
    })
}

/// As what the server keeps the column's vectors.
fn vector_type(name: &str, column: &Column, kind: VectorKind, properties: &VectorProperties) -> Result<VectorType> {
    let said = properties.datatype;
    let option = option_of(name, "datatype");
    match (kind, said) {
        (VectorKind::Sparse, None) => Ok(VectorType::Sparse),
        (VectorKind::Sparse, Some(_)) => {
            Err(Error::options(format!("option `{option}`: a sparse vector has 32-bit floats alone")))
        }
        (VectorKind::Multi, _) => Err(Error::unsupported(format!(
            "column `{}` holds multi-vectors, which VectorFuse can't write to Milvus",
            column.name
        ))),
        // Bytes that nobody calls floats are bits: so they are read.
        (VectorKind::Dense, None) if column.data_type == SparkType::Binary => Ok(VectorType::Binary),
        (VectorKind::Dense, None | Some(Datatype::Float32)) => Ok(VectorType::Float),
        (VectorKind::Dense, Some(Datatype::Float16)) => Ok(VectorType::Float16),
        (VectorKind::Dense, Some(Datatype::BFloat16)) => Ok(VectorType::BFloat16),
        (VectorKind::Dense, Some(Datatype::Int8)) => Ok(VectorType::Int8),
        (VectorKind::Dense, Some(Datatype::Binary)) if column.data_type == SparkType::Binary => Ok(VectorType::Binary),
        (VectorKind::Dense, Some(Datatype::Binary)) => Err(Error::options(format!(
            "option `{option}` is `binary`, and column `{}` has the type {}: expected binary, 8 dimensions in each byte",
            column.name,
            column.data_type.name()
        ))),
        (VectorKind::Dense, Some(Datatype::Uint8)) => {
            Err(Error::options(format!("option `{option}`: Milvus has no vectors of uint8: `int8` is the nearest")))
        }
    }
}

fn read_again(kind: VectorType, data_type: &SparkType, is_exact: bool) -> SparkType {
    match kind {
        VectorType::Binary => SparkType::Binary,
        VectorType::Sparse => VectorKind::Sparse.read_again(data_type, true),
        VectorType::Float | VectorType::Float16 | VectorType::BFloat16 | VectorType::Int8 => {
            VectorKind::Dense.read_again(data_type, is_exact)
        }
    }
}

fn payload(options: &Options, column: &Column, version: Version) -> Result<Field> {
    let is_partition_key = options.named.partition_key.as_ref() == Some(&column.name);
    let data_type = if is_partition_key {
        match &column.data_type {
            SparkType::Byte | SparkType::Short | SparkType::Integer | SparkType::Long => {
                FieldType::Scalar(ScalarType::Int64)
            }
            SparkType::String(_) => field_type(&column.data_type, &column.name)?,
            other => {
                return Err(Error::options(format!(
                    "option `partition_key`: column `{}` has the type {}: expected an integer or a string",
                    column.name,
                    other.name()
                )));
            }
        }
    } else {
        field_type(&column.data_type, &column.name)?
    };
    Ok(Field {
        name: column.name.clone(),
        data_type,
        is_primary: false,
        is_auto: false,
        is_partition_key,
        is_nullable: !is_partition_key && version.has(NULLABLE),
        has_default: false,
        is_output: false,
        kept: Some(kept(column, column.data_type.clone())),
    })
}

/// The field that keeps values of this type without a loss.
fn field_type(data_type: &SparkType, name: &str) -> Result<FieldType> {
    if let Some(scalar) = scalar_of(data_type) {
        return Ok(FieldType::Scalar(scalar));
    }
    match data_type {
        SparkType::Array(element) => Ok(match scalar_of(element) {
            Some(element) => FieldType::Array { element, max_capacity: Some(MOST_ELEMENTS) },
            None => FieldType::Scalar(ScalarType::Json),
        }),
        SparkType::Struct(_) | SparkType::Map(..) | SparkType::Variant => Ok(FieldType::Scalar(ScalarType::Json)),
        other => Err(Error::unsupported(format!(
            "column `{name}` has the type {}, for which Milvus has no field: cast it, or leave it out with `payload_fields`",
            other.name()
        ))),
    }
}

/// The field of a single value, or of each one in an array.
fn scalar_of(data_type: &SparkType) -> Option<ScalarType> {
    use SparkType as T;
    let text = |bytes: u64| ScalarType::VarChar { max_length: Some(bytes) };
    Some(match data_type {
        T::Boolean => ScalarType::Bool,
        T::Byte => ScalarType::Int8,
        T::Short => ScalarType::Int16,
        T::Integer => ScalarType::Int32,
        // Timestamps are microseconds.
        T::Long | T::Timestamp | T::TimestampNtz => ScalarType::Int64,
        T::Float => ScalarType::Float,
        T::Double => ScalarType::Double,
        T::String(name) => text(text_bytes(name)),
        T::Decimal(precision, scale) => text(decimal_bytes(*precision, *scale)),
        T::Binary => text(LONGEST_TEXT),
        T::Date => text(DATE_BYTES),
        T::Null | T::Variant | T::MllibVector(_) | T::Array(_) | T::Struct(_) | T::Map(..) => return None,
    })
}

/// The most bytes of a text of the type that Spark calls `name`.
fn text_bytes(name: &str) -> u64 {
    let inside = name.split_once('(').filter(|(kind, _)| matches!(*kind, "char" | "varchar"));
    let characters = inside.and_then(|(_, rest)| rest.strip_suffix(')')?.trim().parse::<u64>().ok());
    characters.map_or(LONGEST_TEXT, |characters| characters.saturating_mul(CHARACTER_BYTES).clamp(1, LONGEST_TEXT))
}

/// The most bytes of a decimal's text: its digits, those zeros that its scale adds, and a sign, a point and a zero before.
fn decimal_bytes(precision: u8, scale: i8) -> u64 {
    let (precision, scale) = (u64::from(precision), i64::from(scale));
    let digits = if scale < 0 { precision + scale.unsigned_abs() } else { precision.max(scale.unsigned_abs()) };
    digits + 3
}

fn kept(column: &Column, data_type: SparkType) -> Kept {
    Kept { data_type, metadata: column.metadata.clone() }
}

/// What the server asks of a field's name; tasks would learn it late.
fn check_name(name: &str) -> Result<()> {
    let mut characters = name.chars();
    let begins = characters.next().is_some_and(|first| first == '_' || first.is_ascii_alphabetic());
    if begins && characters.all(|c| c == '_' || c.is_ascii_alphanumeric()) && name.len() <= 255 {
        return Ok(());
    }
    Err(Error::options(format!(
        "column `{name}` can't be a field of Milvus: a name has letters (a to z), digits and underscores, does not begin \
         with a digit and has at most 255: rename the column"
    )))
}

/// Rows are found by expressions on their key, so that it must be a name in them.
fn check_key_name(name: &str) -> Result<()> {
    if expression::is_name(name) {
        return Ok(());
    }
    Err(Error::options(format!(
        "column `{name}` can't be the key of a collection: in Milvus's expressions, by which rows are found, `{name}` is a \
         word: rename the column"
    )))
}
