//! The one table that knows both type systems: Spark's, as its own schema JSON, and Arrow's.
//!
//! Spark's JSON is the format of `org.apache.spark.sql.types.DataType.json`: a name for atomic types, an object with
//! `type` for arrays, structs and maps.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::mllib::Mllib;

/// A type of Spark that VectorFuse can carry.
#[derive(Clone, Debug, PartialEq)]
pub enum SparkType {
    /// `void`: null is the only value.
    Null,
    /// `boolean`
    Boolean,
    /// `byte`: 8 bits, signed.
    Byte,
    /// `short`: 16 bits, signed.
    Short,
    /// `integer`: 32 bits, signed.
    Integer,
    /// `long`: 64 bits, signed.
    Long,
    /// `float`: 32 bits.
    Float,
    /// `double`: 64 bits.
    Double,
    /// `decimal(precision, scale)`, precision up to 38.
    Decimal(u8, i8),
    /// `string`, also `char(n)`, `varchar(n)` and strings with a collation: the text is Spark's own name of the type.
    String(String),
    /// `binary`
    Binary,
    /// `date`: days since 1970-01-01.
    Date,
    /// `timestamp`: an instant, microseconds since 1970-01-01T00:00:00Z.
    Timestamp,
    /// `timestamp_ntz`: microseconds of a wall clock since 1970-01-01T00:00:00.
    TimestampNtz,
    /// `variant` (Spark 4): a value with a type of its own.
    Variant,
    /// MLlib's vector: the user-defined type of this package.
    MllibVector(Mllib),
    /// `array`
    Array(Box<SparkType>),
    /// `struct`
    Struct(Vec<SparkField>),
    /// `map`
    Map(Box<SparkType>, Box<SparkType>),
}

/// A named column or member of a struct. Every field may be null: other writers can leave it out.
#[derive(Clone, Debug, PartialEq)]
pub struct SparkField {
    /// The name, with its case.
    pub name: String,
    /// The type.
    pub data_type: SparkType,
    /// Spark's metadata object, carried unchanged.
    pub metadata: Value,
}

impl SparkField {
    /// A field without metadata.
    #[must_use]
    pub fn new(name: impl Into<String>, data_type: SparkType) -> Self {
        Self { name: name.into(), data_type, metadata: json!({}) }
    }
}

/// Whose side an Arrow schema is for: a variant has one form in Spark's rows and another in its column vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Rows that Spark hands over: a variant is the binary of an `UnsafeRow` (size of the value, value, metadata).
    Write,
    /// Batches that Spark reads: a variant is a struct of the binaries `value` and `metadata`.
    Read,
}

/// Whether Spark compares the strings of the field with this metadata otherwise than byte by byte: it says so there, and
/// calls the type `string`.
#[must_use]
pub fn has_collation(metadata: &Value) -> bool {
    metadata.get("__COLLATIONS").is_some()
}

impl SparkType {
    /// The plain string type.
    #[must_use]
    pub fn string() -> Self {
        Self::String("string".to_owned())
    }

    /// Reads a type of Spark's schema JSON. A type that can't be carried is an error that names it.
    pub fn from_json(json: &Value) -> Result<Self> {
        match json {
            Value::String(name) => Self::from_name(name),
            Value::Object(parts) => match parts.get("type").and_then(Value::as_str) {
                Some("array") => Ok(Self::Array(Box::new(Self::from_json(&json["elementType"])?))),
                Some("struct") => Ok(Self::Struct(fields_from_json(json)?)),
                Some("map") => {
                    let key = Self::from_json(&json["keyType"])?;
                    if !key.is_map_key() {
                        return Err(Error::unsupported(format!(
                            "a map with keys of type {} can't be kept: cast the keys to string",
                            key.name()
                        )));
                    }
                    Ok(Self::Map(Box::new(key), Box::new(Self::from_json(&json["valueType"])?)))
                }
                Some("udt") => Mllib::from_json(json).map(Self::MllibVector).ok_or_else(|| {
                    Error::unsupported(format!(
                        "the user-defined type {} can't be kept: convert it first",
                        json["class"].as_str().or_else(|| json["pyClass"].as_str()).unwrap_or_default()
                    ))
                }),
                Some(_) | None => Err(unsupported(&json.to_string())),
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => Err(unsupported(&json.to_string())),
        }
    }

    fn from_name(name: &str) -> Result<Self> {
        Ok(match name {
            "void" | "null" => Self::Null,
            "boolean" => Self::Boolean,
            "byte" => Self::Byte,
            "short" => Self::Short,
            "integer" => Self::Integer,
            "long" => Self::Long,
            "float" => Self::Float,
            "double" => Self::Double,
            "binary" => Self::Binary,
            "date" => Self::Date,
            "timestamp" => Self::Timestamp,
            "timestamp_ntz" => Self::TimestampNtz,
            "variant" => Self::Variant,
            "decimal" => Self::Decimal(10, 0),
            _ if name == "string" || ["string ", "char(", "varchar("].iter().any(|start| name.starts_with(start)) => {
                Self::String(name.to_owned())
            }
            _ => {
                let parts = name.strip_prefix("decimal(").and_then(|rest| rest.strip_suffix(')'));
                let parts = parts.and_then(|parts| parts.split_once(','));
                let parts = parts.and_then(|(p, s)| Some((p.trim().parse().ok()?, s.trim().parse().ok()?)));
                let (precision, scale) = parts.ok_or_else(|| unsupported(name))?;
                Self::Decimal(precision, scale)
            }
        })
    }

    /// The type in Spark's schema JSON, nullable at every level.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Array(element) => json!({"type": "array", "elementType": element.to_json(), "containsNull": true}),
            Self::Struct(fields) => fields_to_json(fields),
            Self::Map(key, value) => json!({
                "type": "map", "keyType": key.to_json(), "valueType": value.to_json(), "valueContainsNull": true
            }),
            Self::MllibVector(package) => package.to_json(),
            atomic => Value::String(atomic.name()),
        }
    }

    /// The type's name for messages, as Spark's schema JSON has it for atomic types.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Null => "void".to_owned(),
            Self::Boolean => "boolean".to_owned(),
            Self::Byte => "byte".to_owned(),
            Self::Short => "short".to_owned(),
            Self::Integer => "integer".to_owned(),
            Self::Long => "long".to_owned(),
            Self::Float => "float".to_owned(),
            Self::Double => "double".to_owned(),
            Self::Decimal(precision, scale) => format!("decimal({precision},{scale})"),
            Self::String(name) => name.clone(),
            Self::Binary => "binary".to_owned(),
            Self::Date => "date".to_owned(),
            Self::Timestamp => "timestamp".to_owned(),
            Self::TimestampNtz => "timestamp_ntz".to_owned(),
            Self::Variant => "variant".to_owned(),
            Self::MllibVector(package) => package.class().to_owned(),
            Self::Array(element) => format!("array<{}>", element.name()),
            Self::Struct(fields) => {
                let fields: Vec<String> = fields.iter().map(|f| format!("{}:{}", f.name, f.data_type.name())).collect();
                format!("struct<{}>", fields.join(","))
            }
            Self::Map(key, value) => format!("map<{},{}>", key.name(), value.name()),
        }
    }

    /// Whether values of this type have one canonical text, which can be the key of an object or the source of an id.
    #[must_use]
    pub fn is_map_key(&self) -> bool {
        match self {
            Self::Boolean
            | Self::Byte
            | Self::Short
            | Self::Integer
            | Self::Long
            | Self::Float
            | Self::Double
            | Self::Decimal(..)
            | Self::String(_)
            | Self::Binary
            | Self::Date
            | Self::Timestamp
            | Self::TimestampNtz => true,
            Self::Null | Self::Variant | Self::MllibVector(_) | Self::Array(_) | Self::Struct(_) | Self::Map(..) => {
                false
            }
        }
    }

    /// Whether a vector of MLlib is this type, or is inside it.
    #[must_use]
    pub fn has_mllib_vector(&self) -> bool {
        match self {
            Self::Array(element) => element.has_mllib_vector(),
            Self::Struct(fields) => fields.iter().any(|field| field.data_type.has_mllib_vector()),
            Self::Map(_, value) => value.has_mllib_vector(),
            atomic => matches!(atomic, Self::MllibVector(_)),
        }
    }

    /// The type on a Spark of this major version: one that does not know `variant` reads its JSON text.
    #[must_use]
    pub fn on_spark(&self, major: u32) -> Self {
        match self {
            Self::Variant if major < 4 => Self::string(),
            Self::Array(element) => Self::Array(Box::new(element.on_spark(major))),
            Self::Struct(fields) => {
                let field = |f: &SparkField| SparkField { data_type: f.data_type.on_spark(major), ..f.clone() };
                Self::Struct(fields.iter().map(field).collect())
            }
            Self::Map(key, value) => Self::Map(key.clone(), Box::new(value.on_spark(major))),
            atomic => atomic.clone(),
        }
    }

    /// The Arrow type of a column of this type.
    #[must_use]
    pub fn to_arrow(&self, layout: Layout) -> DataType {
        match self {
            Self::Null => DataType::Null,
            Self::Boolean => DataType::Boolean,
            Self::Byte => DataType::Int8,
            Self::Short => DataType::Int16,
            Self::Integer => DataType::Int32,
            Self::Long => DataType::Int64,
            Self::Float => DataType::Float32,
            Self::Double => DataType::Float64,
            Self::Decimal(precision, scale) => DataType::Decimal128(*precision, *scale),
            Self::String(_) => DataType::Utf8,
            Self::Binary => DataType::Binary,
            Self::Date => DataType::Date32,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::TimestampNtz => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Variant => match layout {
                Layout::Write => DataType::Binary,
                Layout::Read => DataType::Struct(variant_fields()),
            },
            Self::MllibVector(_) => Mllib::sql_type().to_arrow(layout),
            Self::Array(element) => DataType::List(element_field(element, layout)),
            Self::Struct(fields) => DataType::Struct(arrow_fields(fields, layout)),
            Self::Map(key, value) => DataType::Map(map_entries(key, value, layout), false),
        }
    }
}

/// The two binaries of a variant in a batch that Spark reads.
#[must_use]
pub fn variant_fields() -> Fields {
    Fields::from(vec![Field::new("value", DataType::Binary, false), Field::new("metadata", DataType::Binary, false)])
}

/// The field of a list's elements.
#[must_use]
pub fn element_field(element: &SparkType, layout: Layout) -> Arc<Field> {
    Arc::new(Field::new("item", element.to_arrow(layout), true))
}

/// The field of a map's entries.
#[must_use]
pub fn map_entries(key: &SparkType, value: &SparkType, layout: Layout) -> Arc<Field> {
    let fields =
        vec![Field::new("key", key.to_arrow(layout), false), Field::new("value", value.to_arrow(layout), true)];
    Arc::new(Field::new("entries", DataType::Struct(Fields::from(fields)), false))
}

/// The Arrow fields of columns or members.
#[must_use]
pub fn arrow_fields(fields: &[SparkField], layout: Layout) -> Fields {
    fields.iter().map(|field| Field::new(&field.name, field.data_type.to_arrow(layout), true)).collect()
}

/// The Arrow schema of columns.
#[must_use]
pub fn arrow_schema(fields: &[SparkField], layout: Layout) -> Arc<Schema> {
    Arc::new(Schema::new(arrow_fields(fields, layout)))
}

/// The fields of a struct in Spark's schema JSON; an error names the field that can't be carried.
pub fn fields_from_json(json: &Value) -> Result<Vec<SparkField>> {
    let fields = json["fields"].as_array().ok_or_else(|| Error::internal("a schema without fields"))?;
    let mut read: Vec<SparkField> = Vec::with_capacity(fields.len());
    for field in fields {
        let name = field["name"].as_str().ok_or_else(|| Error::internal("a schema with a nameless field"))?;
        if read.iter().any(|other| other.name == name) {
            return Err(Error::options(format!("two fields are called `{name}`: rename one")));
        }
        let data_type = SparkType::from_json(&field["type"]).map_err(|error| error.inside("column", name))?;
        let metadata = field.get("metadata").cloned().unwrap_or_else(|| json!({}));
        read.push(SparkField { name: name.to_owned(), data_type, metadata });
    }
    Ok(read)
}

/// A struct in Spark's schema JSON.
#[must_use]
pub fn fields_to_json(fields: &[SparkField]) -> Value {
    let field = |field: &SparkField| {
        json!({
            "name": field.name, "type": field.data_type.to_json(), "nullable": true, "metadata": field.metadata
        })
    };
    json!({"type": "struct", "fields": fields.iter().map(field).collect::<Vec<_>>()})
}

fn unsupported(name: &str) -> Error {
    Error::unsupported(format!("the type {name} can't be kept: cast the column to a type of docs/types.md, or drop it"))
}

/// Types travel inside plans as Spark's JSON.
impl serde::Serialize for SparkType {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for SparkType {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Value::deserialize(deserializer)?;
        Self::from_json(&json).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn every_type_survives_json() {
        let fields = json!({"type": "struct", "fields": [
            {"name": "a", "type": "decimal(20,3)", "nullable": true, "metadata": {"comment": "x"}},
            {"name": "b", "type": {"type": "map", "keyType": "integer", "valueType":
                {"type": "array", "elementType": "timestamp_ntz", "containsNull": true}, "valueContainsNull": true},
                "nullable": true, "metadata": {}},
            {"name": "c", "type": {"type": "struct", "fields": [
                {"name": "d", "type": "string collate UNICODE", "nullable": true, "metadata": {}}]},
                "nullable": true, "metadata": {}},
            {"name": "e", "type": "variant", "nullable": true, "metadata": {}},
        ]});
        assert_eq!(fields_to_json(&fields_from_json(&fields).unwrap()), fields);
    }

    #[test]
    fn a_type_that_cannot_be_kept_is_named_with_its_column() {
        for name in ["interval", "interval year to month", "interval day to second", "time(6)", "decimal(x,1)"] {
            let json = json!({"type": "struct", "fields": [{"name": "when", "type": name, "nullable": true}]});
            let error = fields_from_json(&json).unwrap_err();
            assert_eq!(error.kind(), Kind::Unsupported, "{name}");
            assert!(error.to_string().contains(name) && error.to_string().contains("column: when"), "{error}");
        }
    }

    #[test]
    fn a_spark_without_variant_reads_text() {
        let nested = SparkType::Array(Box::new(SparkType::Variant));
        assert_eq!(nested.on_spark(3), SparkType::Array(Box::new(SparkType::string())));
        assert_eq!(nested.on_spark(4), nested);
    }
}
