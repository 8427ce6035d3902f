//! The numbers of the fields of `proto/milvus.proto` that are written without messages.

/// Of an insert and an upsert alike.
pub(crate) const DB_NAME: u32 = 2;
pub(crate) const COLLECTION_NAME: u32 = 3;
pub(crate) const PARTITION_NAME: u32 = 4;
pub(crate) const FIELDS_DATA: u32 = 5;
pub(crate) const NUM_ROWS: u32 = 7;
/// Of an upsert.
pub(crate) const PARTIAL_UPDATE: u32 = 9;

pub(crate) const FIELD_TYPE: u32 = 1;
pub(crate) const FIELD_NAME: u32 = 2;
pub(crate) const FIELD_SCALARS: u32 = 3;
pub(crate) const FIELD_VECTORS: u32 = 4;
pub(crate) const FIELD_IS_DYNAMIC: u32 = 6;
pub(crate) const FIELD_VALID_DATA: u32 = 7;

pub(crate) const BOOL_DATA: u32 = 1;
pub(crate) const INT_DATA: u32 = 2;
pub(crate) const LONG_DATA: u32 = 3;
pub(crate) const FLOAT_DATA: u32 = 4;
pub(crate) const DOUBLE_DATA: u32 = 5;
pub(crate) const STRING_DATA: u32 = 6;
pub(crate) const ARRAY_DATA: u32 = 8;
pub(crate) const JSON_DATA: u32 = 9;
pub(crate) const GEOMETRY_WKT_DATA: u32 = 12;

/// Of every message that holds the values of a column.
pub(crate) const VALUES: u32 = 1;
pub(crate) const ELEMENT_TYPE: u32 = 2;

pub(crate) const VECTOR_DIM: u32 = 1;
pub(crate) const FLOAT_VECTOR: u32 = 2;
pub(crate) const BINARY_VECTOR: u32 = 3;
pub(crate) const FLOAT16_VECTOR: u32 = 4;
pub(crate) const BFLOAT16_VECTOR: u32 = 5;
pub(crate) const SPARSE_FLOAT_VECTOR: u32 = 6;
pub(crate) const INT8_VECTOR: u32 = 7;
