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
    /// Fields of types that are not known here; they are not among the others.
    pub(crate) strange: Vec<StrangeField>,
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

/// A field whose values can be neither read nor written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StrangeField {
    pub(crate) name: String,
    /// Whether every row must have a value.
    pub(crate) is_needed: bool,
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
    pub(crate) fn of(described: DescribeCollectionResponse, version: Version) -> Self {
        let consistency = match described.consistency_level() {
            ConsistencyLevel::Strong => Consistency::Strong,
            ConsistencyLevel::Session => Consistency::Session,
            ConsistencyLevel::Bounded | ConsistencyLevel::Customized => Consistency::Bounded,
            ConsistencyLevel::Eventually => Consistency::Eventually,
        };
        let schema = described.schema.unwrap_or_default();
        let auto_id = schema.auto_id;
        let (mut fields, mut strange) = (Vec::new(), Vec::new());
        for field in schema.fields.into_iter().filter(|field| !field.is_dynamic) {
            match FieldType::of(&field) {
                Some(data_type) => fields.push(Field::of(field, data_type, auto_id)),
                None => strange.push(StrangeField {
                    is_needed: !(field.nullable || has_default(&field) || field.is_function_output),
                    name: field.name,
                }),
            }
        }
        let structs = schema.struct_array_fields.into_iter();
        strange.extend(structs.map(|field| StrangeField { name: field.name, is_needed: !field.nullable }));
        let properties: BTreeMap<String, String> =
            described.properties.into_iter().map(|property| (property.key, property.value)).collect();
        for field in fields.iter_mut().filter(|field| field.kept.is_none()) {
            let kept = properties.get(&kept_property(&field.name));
            field.kept = kept.and_then(|kept| serde_json::from_str(kept).ok());
        }
        // Beside the schema, real servers repeat the name that was asked for, which may be an alias.
        let name = if schema.name.is_empty() { described.collection_name } else { schema.name };
        Self {
            name,
            id: described.collection_id,
            has_partition_key: fields.iter().any(|field| field.is_partition_key),
            is_dynamic: schema.enable_dynamic_field,
            shards: described.shards_num,
            consistency,
            aliases: described.aliases,
            properties,
            fields,
            strange,
            version,
        }
    }

    /// Whether the field of this name has a type that is not known.
    pub(crate) fn is_strange(&self, name: &str) -> bool {
        self.strange.iter().any(|field| field.name == name)
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
    fn of(field: FieldSchema, data_type: FieldType, auto_id: bool) -> Self {
        Self {
            is_auto: field.auto_id || (auto_id && field.is_primary_key),
            is_primary: field.is_primary_key,
            is_partition_key: field.is_partition_key,
            is_nullable: field.nullable,
            has_default: has_default(&field),
            is_output: field.is_function_output,
            kept: field.description.strip_prefix(KEPT).and_then(|kept| serde_json::from_str(kept).ok()),
            name: field.name,
            data_type,
        }
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
    /// `None`: it is not known here.
    fn of(field: &FieldSchema) -> Option<Self> {
        let scalar = |data_type| scalar(data_type, &field.type_params);
        let vector = |kind| Some(Self::Vector { kind, dim: parameter(&field.type_params, "dim") });
        match DataType::try_from(field.data_type).ok()? {
            DataType::Array => Some(Self::Array {
                element: scalar(field.element_type())?,
                max_capacity: parameter(&field.type_params, "max_capacity"),
            }),
            DataType::FloatVector => vector(VectorType::Float),
            DataType::Float16Vector => vector(VectorType::Float16),
            DataType::Bfloat16Vector => vector(VectorType::BFloat16),
            DataType::Int8Vector => vector(VectorType::Int8),
            DataType::BinaryVector => vector(VectorType::Binary),
            DataType::SparseFloatVector => Some(Self::Vector { kind: VectorType::Sparse, dim: None }),
            other => scalar(other).map(Self::Scalar),
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

fn has_default(field: &FieldSchema) -> bool {
    field.default_value.as_ref().is_some_and(|value| value.data.is_some())
}

fn parameter(parameters: &[KeyValue], key: &str) -> Option<u64> {
    parameters.iter().find(|parameter| parameter.key == key)?.value.parse().ok()
}

#[cfg(test)]
mod tests {
    use vectorfuse_core::options::{Given, Options, Side};
    use vectorfuse_core::schema::SparkField;
    use vectorfuse_core::table::{Column, ID_COLUMN, Role};
    use vectorfuse_core::write::IdSource;

    use super::*;
    use crate::api::proto::{CollectionSchema, StructArrayFieldSchema};
    use crate::{columns, schema};

    /// Of a key, a vector and a field whose type is younger than this code.
    fn collection(nullable: bool, is_dynamic: bool) -> Collection {
        let field = |name: &str, data_type: i32| FieldSchema {
            name: name.to_owned(),
            data_type,
            nullable,
            is_primary_key: name == ID_COLUMN,
            ..FieldSchema::default()
        };
        let fields = vec![
            field(ID_COLUMN, DataType::Int64.into()),
            field("many", DataType::ArrayOfVector.into()),
            field("new", 9999),
            field("list", DataType::Array.into()),
            field("v", DataType::FloatVector.into()),
        ];
        let struct_array_fields =
            vec![StructArrayFieldSchema { name: "structs".to_owned(), nullable, ..StructArrayFieldSchema::default() }];
        let enable_dynamic_field = is_dynamic;
        let schema =
            CollectionSchema { fields, struct_array_fields, enable_dynamic_field, ..CollectionSchema::default() };
        let described = DescribeCollectionResponse { schema: Some(schema), ..DescribeCollectionResponse::default() };
        Collection::of(described, Version(2, 6, 0))
    }

    fn options(side: Side, given: &[(&str, &str)]) -> Options {
        let own = [("store", "milvus"), ("url", "http://h"), ("collection", "c")];
        let options = own.iter().chain(given).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Given { options, ..Given::default() }.parse(side).unwrap()
    }

    #[test]
    fn fields_of_unknown_types_are_no_columns_and_a_warning_names_them() {
        let names = |columns: Vec<Column>| columns.into_iter().map(|column| column.name).collect::<Vec<_>>();
        assert_eq!(names(schema::columns(&collection(false, false))), ["id", "v"]);
        assert_eq!(names(schema::columns(&collection(true, true))), ["id", "v", "$meta"]);
        let warnings = schema::warnings(&collection(false, false));
        for (warning, name) in warnings.iter().zip(["`many`", "`new`", "`list`", "`structs`"]) {
            assert!(warning.contains(name) && warning.contains("no column"), "{warning}");
        }
        assert_eq!(warnings.len(), 4);
    }

    #[test]
    fn who_asks_for_a_field_of_an_unknown_type_is_told() {
        // Without a word it would be taken for a key of `$meta`.
        let there = collection(true, true);
        for payload in ["columns", "json"] {
            let named = options(Side::Read, &[("with_payload", "a,structs"), ("payload", payload)]);
            let error = schema::choice(&named, &there, 4).err().unwrap().to_string();
            assert!(error.contains("`structs`") && error.contains("does not know"), "{error}");
            let others = options(Side::Read, &[("with_payload", r#"{"exclude":["new"]}"#), ("payload", payload)]);
            assert!(schema::choice(&others, &there, 4).is_ok());
        }
        let plain = options(Side::Read, &[]);
        let choice = schema::choice(&plain, &there, 4).unwrap();
        let own = vec![SparkField::new("new", SparkType::string())];
        let error = schema::user_columns(&choice, &there, own).unwrap_err().to_string();
        assert!(error.contains("`new`") && error.contains("does not know"), "{error}");
    }

    #[test]
    fn rows_are_written_where_they_need_no_field_of_an_unknown_type() {
        let column = |name: &str, data_type, role| Column::new(name, data_type, role);
        let mut own = vec![
            column(ID_COLUMN, SparkType::Long, Role::Id { kept: None }),
            column("v", SparkType::Array(Box::new(SparkType::Float)), Role::Vector("v".to_owned())),
        ];
        let check = |own: &[Column], mode: &str, there: &Collection| {
            let options = options(Side::Write, &[("write_mode", mode)]);
            columns::check(&options, own, &IdSource::Column(0), there).map_err(|error| error.to_string())
        };
        assert_eq!(check(&own, "upsert", &collection(true, false)), Ok(()));
        let needed = collection(false, false);
        let error = check(&own, "upsert", &needed).unwrap_err();
        assert!(error.contains("`many`") && error.contains("does not know"), "{error}");
        for mode in ["partial", "delete"] {
            assert_eq!(check(&own, mode, &needed), Ok(()));
        }
        own.push(column("structs", SparkType::string(), Role::Payload("structs".to_owned())));
        let error = check(&own, "upsert", &collection(true, true)).unwrap_err();
        assert!(error.contains("column `structs`") && error.contains("drop the column"), "{error}");
    }
}
