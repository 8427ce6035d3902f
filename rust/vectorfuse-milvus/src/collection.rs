//! What a collection is made of: its fields, each with its type, and the settings that reads and writes depend on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vectorfuse_core::claims::Kinds;
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::vector::VectorKind;

use crate::api::proto::{ConsistencyLevel, DataType, DescribeCollectionResponse, FieldSchema, KeyValue};
use crate::version::{
    Feature, INT8_VECTORS, PARTITION_KEY_UPSERTS, SEVERAL_VECTORS, SMALL_VECTORS, TIMESTAMPTZ, Version,
};

/// How the description of a field begins that says the type of its column in Spark.
const KEPT: &str = "vectorfuse: ";
/// How the property of a collection begins that says the same of one of its fields, where descriptions get lost.
const KEPT_PROPERTY: &str = "vectorfuse.";
/// The field of a row's keys that are no fields of the schema.
pub(crate) const DYNAMIC_FIELD: &str = "$meta";

/// A collection that is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Collection {
    /// Its own name, also where an alias was asked for.
    pub(crate) name: String,
    /// The server's number of it, which no other collection gets, also under the same name. 0: it is yet to be created, or
    /// the server numbers none (Milvus Lite).
    pub(crate) id: i64,
    /// Its fields in their order, without the dynamic one.
    pub(crate) fields: Vec<Field>,
    /// Whether a row can have keys that are no fields, in `$meta`.
    pub(crate) is_dynamic: bool,
    /// Whether the server spreads rows over partitions by a field, so that nobody else may name partitions.
    pub(crate) has_partition_key: bool,
    pub(crate) shards: i32,
    /// What a read that does not say sees.
    pub(crate) consistency: Consistency,
    pub(crate) aliases: Vec<String>,
    pub(crate) properties: BTreeMap<String, String>,
    /// The server's.
    pub(crate) version: Version,
}

/// How far behind the newest write a read may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Consistency {
    /// Everything that was acknowledged before the read began.
    Strong,
    /// What this connection has written.
    Session,
    /// A few seconds behind.
    Bounded,
    /// Whatever is there.
    Eventually,
}

/// A field of a collection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) data_type: FieldType,
    pub(crate) is_primary: bool,
    /// Whether the server makes its values.
    pub(crate) is_auto: bool,
    pub(crate) is_partition_key: bool,
    pub(crate) is_nullable: bool,
    /// Whether a row that leaves it out gets a value.
    pub(crate) has_default: bool,
    /// Whether the server computes it from other fields.
    pub(crate) is_output: bool,
    /// What it was in Spark, if VectorFuse has made it.
    pub(crate) kept: Option<Kept>,
}

/// What a field was in Spark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// The column's type.
    #[serde(rename = "type")]
    pub(crate) data_type: SparkType,
    /// Spark's metadata of the column.
    #[serde(default)]
    pub(crate) metadata: Value,
}

/// The type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum FieldType {
    Scalar(ScalarType),
    /// A list of at most so many values.
    Array {
        element: ScalarType,
        max_capacity: Option<u64>,
    },
    /// A vector of so many dimensions; a sparse one has none.
    Vector {
        kind: VectorType,
        dim: Option<u64>,
    },
}

/// The type of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ScalarType {
    Bool,
    Int8,
    Int16,
    Int32,
    Int64,
    Float,
    Double,
    /// Text of at most so many bytes.
    VarChar {
        max_length: Option<u64>,
    },
    /// Text without a bound.
    Text,
    Json,
    Timestamptz,
    Geometry,
}

/// As what a server keeps a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum VectorType {
    Float,
    Float16,
    BFloat16,
    Int8,
    Binary,
    Sparse,
}

impl Collection {
    /// Reads the server's description.
    pub(crate) fn of(described: DescribeCollectionResponse, version: Version) -> Result<Self> {
        let consistency = match described.consistency_level() {
            ConsistencyLevel::Strong => Consistency::Strong,
            ConsistencyLevel::Session => Consistency::Session,
            ConsistencyLevel::Bounded | ConsistencyLevel::Customized => Consistency::Bounded,
            ConsistencyLevel::Eventually => Consistency::Eventually,
        };
        let schema = described.schema.unwrap_or_default();
        let auto_id = schema.auto_id;
        let fields = schema.fields.into_iter().filter(|field| !field.is_dynamic);
        let mut fields: Vec<Field> = fields.map(|field| Field::of(field, auto_id)).collect::<Result<_>>()?;
        let properties: BTreeMap<String, String> =
            described.properties.into_iter().map(|property| (property.key, property.value)).collect();
        for field in fields.iter_mut().filter(|field| field.kept.is_none()) {
            let kept = properties.get(&kept_property(&field.name));
            field.kept = kept.and_then(|kept| serde_json::from_str(kept).ok());
        }
        // Beside the schema, real servers repeat the name that was asked for, which may be an alias.
        let name = if schema.name.is_empty() { described.collection_name } else { schema.name };
        Ok(Self {
            name,
            id: described.collection_id,
            has_partition_key: fields.iter().any(|field| field.is_partition_key),
            is_dynamic: schema.enable_dynamic_field,
            shards: described.shards_num,
            consistency,
            aliases: described.aliases,
            properties,
            fields,
            version,
        })
    }

    /// The field of this name.
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The primary key: a row without one is none.
    pub(crate) fn primary(&self) -> Result<&Field> {
        let primary = self.fields.iter().find(|field| field.is_primary);
        primary.ok_or_else(|| Error::internal("the server describes a collection without a primary key"))
    }

    /// Refuses fields that the server lacks: of some it takes the fields, and does not survive their rows.
    pub(crate) fn check_types(&self) -> Result<()> {
        let second = self.fields.iter().filter(|field| field.data_type.vector().is_some()).nth(1);
        if let Some(second) = second {
            self.version.require(SEVERAL_VECTORS, &format!("the vector `{}` beside another one", second.name))?;
        }
        if self.has_partition_key && !self.primary()?.is_auto {
            let used = "a collection with a partition key, whose rows bring their own keys,";
            self.version.require(PARTITION_KEY_UPSERTS, used)?;
        }
        for field in &self.fields {
            if let Some(feature) = field.data_type.feature() {
                self.version.require(feature, &format!("the field `{}`", field.name))?;
            }
        }
        Ok(())
    }

    /// Whether its keys are integers; else they are texts.
    pub(crate) fn has_integer_keys(&self) -> Result<bool> {
        Ok(self.primary()?.data_type == FieldType::Scalar(ScalarType::Int64))
    }

    /// What each vector is made of.
    pub(crate) fn kinds(&self) -> Kinds {
        let kind = |field: &Field| Some((field.name.clone(), field.data_type.vector()?.kind()));
        self.fields.iter().filter_map(kind).collect()
    }
}

impl Field {
    fn of(field: FieldSchema, auto_id: bool) -> Result<Self> {
        let data_type = FieldType::of(&field)?;
        Ok(Self {
            is_auto: field.auto_id || (auto_id && field.is_primary_key),
            is_primary: field.is_primary_key,
            is_partition_key: field.is_partition_key,
            is_nullable: field.nullable,
            has_default: field.default_value.is_some_and(|value| value.data.is_some()),
            is_output: field.is_function_output,
            kept: field.description.strip_prefix(KEPT).and_then(|kept| serde_json::from_str(kept).ok()),
            name: field.name,
            data_type,
        })
    }
}

impl Kept {
    /// The description of a field that is made for a column of this type.
    pub(crate) fn description(&self) -> String {
        format!("{KEPT}{}", self.json())
    }

    /// As JSON.
    pub(crate) fn json(&self) -> String {
        json!(self).to_string()
    }
}

/// The property that holds a [`Kept`] as JSON, where the server does not keep the descriptions of fields.
pub(crate) fn kept_property(field: &str) -> String {
    format!("{KEPT_PROPERTY}{field}")
}

impl FieldType {
    fn of(field: &FieldSchema) -> Result<Self> {
        let scalar = |data_type| scalar(data_type, &field.type_params);
        let unknown = || {
            let number = field.data_type;
            Error::unsupported(format!(
                "field `{}` has a type that VectorFuse does not know (number {number})",
                field.name
            ))
        };
        let vector = |kind| Ok(Self::Vector { kind, dim: parameter(&field.type_params, "dim") });
        match DataType::try_from(field.data_type).map_err(|_| unknown())? {
            DataType::Array => Ok(Self::Array {
                element: scalar(field.element_type()).ok_or_else(unknown)?,
                max_capacity: parameter(&field.type_params, "max_capacity"),
            }),
            DataType::FloatVector => vector(VectorType::Float),
            DataType::Float16Vector => vector(VectorType::Float16),
            DataType::Bfloat16Vector => vector(VectorType::BFloat16),
            DataType::Int8Vector => vector(VectorType::Int8),
            DataType::BinaryVector => vector(VectorType::Binary),
            DataType::SparseFloatVector => Ok(Self::Vector { kind: VectorType::Sparse, dim: None }),
            other => scalar(other).map(Self::Scalar).ok_or_else(unknown),
        }
    }

    /// By Milvus's own name, for messages.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Scalar(scalar) => scalar.name(),
            Self::Array { element, max_capacity: Some(most) } => {
                format!("Array of {}, at most {most}", element.name())
            }
            Self::Array { element, max_capacity: None } => format!("Array of {}", element.name()),
            Self::Vector { kind, dim } => {
                let kind = match kind {
                    VectorType::Float => "FloatVector",
                    VectorType::Float16 => "Float16Vector",
                    VectorType::BFloat16 => "BFloat16Vector",
                    VectorType::Int8 => "Int8Vector",
                    VectorType::Binary => "BinaryVector",
                    VectorType::Sparse => "SparseFloatVector",
                };
                dim.map_or_else(|| kind.to_owned(), |dim| format!("{kind}({dim})"))
            }
        }
    }

    /// As the protocol has it.
    pub(crate) fn data_type(self) -> DataType {
        match self {
            Self::Scalar(scalar) => scalar.data_type(),
            Self::Array { .. } => DataType::Array,
            Self::Vector { kind, .. } => kind.data_type(),
        }
    }

    /// What a server must have to keep it, where not every one has that.
    fn feature(self) -> Option<Feature> {
        match self {
            Self::Scalar(ScalarType::Timestamptz | ScalarType::Geometry) => Some(TIMESTAMPTZ),
            Self::Vector { kind: VectorType::Float16 | VectorType::BFloat16 | VectorType::Sparse, .. } => {
                Some(SMALL_VECTORS)
            }
            Self::Vector { kind: VectorType::Int8, .. } => Some(INT8_VECTORS),
            Self::Scalar(_)
            | Self::Array { .. }
            | Self::Vector { kind: VectorType::Float | VectorType::Binary, .. } => None,
        }
    }

    /// As what the server keeps it, if it is a vector.
    pub(crate) fn vector(self) -> Option<VectorType> {
        match self {
            Self::Vector { kind, .. } => Some(kind),
            Self::Scalar(_) | Self::Array { .. } => None,
        }
    }
}

impl ScalarType {
    fn name(self) -> String {
        match self {
            Self::Bool => "Bool",
            Self::Int8 => "Int8",
            Self::Int16 => "Int16",
            Self::Int32 => "Int32",
            Self::Int64 => "Int64",
            Self::Float => "Float",
            Self::Double => "Double",
            Self::VarChar { max_length: Some(most) } => return format!("VarChar({most})"),
            Self::VarChar { max_length: None } => "VarChar",
            Self::Text => "Text",
            Self::Json => "JSON",
            Self::Timestamptz => "Timestamptz",
            Self::Geometry => "Geometry",
        }
        .to_owned()
    }

    /// As the protocol has it.
    pub(crate) fn data_type(self) -> DataType {
        match self {
            Self::Bool => DataType::Bool,
            Self::Int8 => DataType::Int8,
            Self::Int16 => DataType::Int16,
            Self::Int32 => DataType::Int32,
            Self::Int64 => DataType::Int64,
            Self::Float => DataType::Float,
            Self::Double => DataType::Double,
            Self::VarChar { .. } => DataType::VarChar,
            Self::Text => DataType::Text,
            Self::Json => DataType::Json,
            Self::Timestamptz => DataType::Timestamptz,
            Self::Geometry => DataType::Geometry,
        }
    }
}

impl VectorType {
    /// As the protocol has it.
    pub(crate) fn data_type(self) -> DataType {
        match self {
            Self::Float => DataType::FloatVector,
            Self::Float16 => DataType::Float16Vector,
            Self::BFloat16 => DataType::Bfloat16Vector,
            Self::Int8 => DataType::Int8Vector,
            Self::Binary => DataType::BinaryVector,
            Self::Sparse => DataType::SparseFloatVector,
        }
    }

    /// What it is made of.
    pub(crate) fn kind(self) -> VectorKind {
        match self {
            Self::Float | Self::Float16 | Self::BFloat16 | Self::Int8 | Self::Binary => VectorKind::Dense,
            Self::Sparse => VectorKind::Sparse,
        }
    }
}

fn scalar(data_type: DataType, parameters: &[KeyValue]) -> Option<ScalarType> {
    Some(match data_type {
        DataType::Bool => ScalarType::Bool,
        DataType::Int8 => ScalarType::Int8,
        DataType::Int16 => ScalarType::Int16,
        DataType::Int32 => ScalarType::Int32,
        DataType::Int64 => ScalarType::Int64,
        DataType::Float => ScalarType::Float,
        DataType::Double => ScalarType::Double,
        DataType::VarChar | DataType::String => ScalarType::VarChar { max_length: parameter(parameters, "max_length") },
        DataType::Text => ScalarType::Text,
        DataType::Json => ScalarType::Json,
        DataType::Timestamptz => ScalarType::Timestamptz,
        DataType::Geometry => ScalarType::Geometry,
        DataType::None
        | DataType::Array
        | DataType::BinaryVector
        | DataType::FloatVector
        | DataType::Float16Vector
        | DataType::Bfloat16Vector
        | DataType::SparseFloatVector
        | DataType::Int8Vector
        | DataType::ArrayOfVector => return None,
    })
}

fn parameter(parameters: &[KeyValue], key: &str) -> Option<u64> {
    parameters.iter().find(|parameter| parameter.key == key)?.value.parse().ok()
}
