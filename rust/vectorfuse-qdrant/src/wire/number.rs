//! The numbers of the fields of Qdrant's messages that are written and read without messages.

pub(crate) const UPSERT_POINTS: u32 = 3;

pub(crate) const POINT_ID: u32 = 1;
pub(crate) const ID_NUMBER: u32 = 1;
pub(crate) const ID_UUID: u32 = 2;
pub(crate) const ENTRY_KEY: u32 = 1;
pub(crate) const ENTRY_VALUE: u32 = 2;

/// Of a point that is written.
pub(crate) const POINT_PAYLOAD: u32 = 3;
pub(crate) const POINT_VECTORS: u32 = 4;

/// Of a point that is read.
pub(crate) const FOUND_PAYLOAD: u32 = 2;
pub(crate) const FOUND_VECTORS: u32 = 4;

pub(crate) const VECTORS_UNNAMED: u32 = 1;
pub(crate) const VECTORS_NAMED: u32 = 2;
pub(crate) const NAMED_ENTRIES: u32 = 1;

/// What servers before 1.16 fill.
pub(crate) const OLDER_DATA: u32 = 1;
pub(crate) const OLDER_INDICES: u32 = 2;
pub(crate) const OLDER_COUNT: u32 = 3;
pub(crate) const OLDER_INDICES_DATA: u32 = 1;

pub(crate) const VECTOR_DENSE: u32 = 101;
pub(crate) const VECTOR_SPARSE: u32 = 102;
pub(crate) const VECTOR_MULTI: u32 = 103;
pub(crate) const DENSE_DATA: u32 = 1;
pub(crate) const SPARSE_VALUES: u32 = 1;
pub(crate) const SPARSE_INDICES: u32 = 2;
pub(crate) const MULTI_ROWS: u32 = 1;

pub(crate) const VALUE_NULL: u32 = 1;
pub(crate) const VALUE_DOUBLE: u32 = 2;
pub(crate) const VALUE_INTEGER: u32 = 3;
pub(crate) const VALUE_STRING: u32 = 4;
pub(crate) const VALUE_BOOLEAN: u32 = 5;
pub(crate) const VALUE_OBJECT: u32 = 6;
pub(crate) const VALUE_LIST: u32 = 7;
pub(crate) const OBJECT_ENTRIES: u32 = 1;
pub(crate) const LIST_ITEMS: u32 = 1;
