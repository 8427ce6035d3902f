//! A collection as Spark sees it: columns, each with the part of a point that it is.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::options::Options;
use crate::predicate::Expr;
use crate::sample::Sample;
use crate::schema::{SparkField, SparkType};

/// The column of the point's id where no column of the user's has that part.
pub const ID_COLUMN: &str = "id";
/// The column of the unnamed vector.
pub const VECTOR_COLUMN: &str = "vector";
/// The column of the whole payload, where it is read as one.
pub const PAYLOAD_COLUMN: &str = "payload";
/// The column of a search's score.
pub const SCORE_COLUMN: &str = "_score";

/// Which part of a point a column is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The id. If the payload has the field `kept`, that is the value that was hashed into the id.
    Id {
        /// The payload's field that holds a key which the id cannot give back.
        kept: Option<String>,
    },
    /// The vector of this name; the unnamed one has the empty name.
    Vector(String),
    /// The places of the sparse vector of this name, whose numbers stand in another column.
    SparseIndices(String),
    /// Those numbers.
    SparseValues(String),
    /// The payload's field of this name.
    Payload(String),
    /// The whole payload in one column.
    WholePayload,
    /// How well a vector search found the point: no part of it, and nothing that is written.
    Score,
    /// Of no part: a column that is not written.
    Unused,
}

impl Role {
    /// The name of the vector that the column holds, or holds a part of.
    #[must_use]
    pub fn vector(&self) -> Option<&str> {
        match self {
            Self::Vector(name) | Self::SparseIndices(name) | Self::SparseValues(name) => Some(name),
            Self::Id { .. } | Self::Payload(_) | Self::WholePayload | Self::Score | Self::Unused => None,
        }
    }

    /// The field of the payload that the column is.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Payload(name) => Some(name),
            Self::Id { .. }
            | Self::Vector(_)
            | Self::SparseIndices(_)
            | Self::SparseValues(_)
            | Self::WholePayload
            | Self::Score
            | Self::Unused => None,
        }
    }
}

/// A column and its part of the point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// The column's name in Spark.
    pub name: String,
    /// Its type in Spark.
    #[serde(rename = "type")]
    pub data_type: SparkType,
    /// Spark's metadata of the column.
    #[serde(default)]
    pub metadata: Value,
    /// The part of the point.
    pub role: Role,
}

impl Column {
    /// A column without metadata.
    #[must_use]
    pub fn new(name: impl Into<String>, data_type: SparkType, role: Role) -> Self {
        Self { name: name.into(), data_type, metadata: Value::Object(serde_json::Map::new()), role }
    }

    /// The column without its part, as Spark sees it.
    #[must_use]
    pub fn field(&self) -> SparkField {
        SparkField { name: self.name.clone(), data_type: self.data_type.clone(), metadata: self.metadata.clone() }
    }
}

/// The columns as Spark sees them.
#[must_use]
pub fn fields(columns: &[Column]) -> Vec<SparkField> {
    columns.iter().map(Column::field).collect()
}

/// A collection that can be read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Table {
    /// What the user asked for.
    pub options: Options,
    /// Every column, in order.
    pub columns: Vec<Column>,
    /// What the store wants to remember of the collection while a read is planned: its own words.
    #[serde(default)]
    pub details: Value,
    /// What the user should know and no error says.
    #[serde(default)]
    pub warnings: Vec<String>,
}

impl Table {
    /// The scan of just these columns, each perhaps with fewer members of its structs.
    pub fn scan(self, wanted: &[SparkField]) -> Result<Scan> {
        let column = |field: &SparkField| {
            let column = self.columns.iter().find(|column| column.name == field.name);
            let column = column.ok_or_else(|| Error::options(format!("there is no column `{}`", field.name)))?;
            Ok(Column { data_type: field.data_type.clone(), ..column.clone() })
        };
        let columns = wanted.iter().map(column).collect::<Result<_>>()?;
        Ok(Scan {
            options: self.options,
            columns,
            known: self.columns,
            details: self.details,
            predicates: Vec::new(),
            limit: None,
            offset: None,
            sample: None,
            order: None,
            aggregates: None,
            group: None,
        })
    }

    /// Whether options choose which rows are read beyond what a filter says: such a choice is made before Spark's
    /// predicates, limits and counts, so none of these may be pushed below it.
    #[must_use]
    pub fn is_windowed(&self) -> bool {
        self.options.is_windowed()
    }
}

/// What is to be read of a table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Scan {
    /// What the user asked for.
    pub options: Options,
    /// The columns of each batch, in order; perhaps none at all, where rows are only counted.
    pub columns: Vec<Column>,
    /// Every column of the table: predicates speak of any of them.
    pub known: Vec<Column>,
    /// What the store remembers of the collection.
    #[serde(default)]
    pub details: Value,
    /// Only rows for which each of these is true; the store has said that it can tell.
    #[serde(default)]
    pub predicates: Vec<Expr>,
    /// No part needs to give more rows than this.
    #[serde(default)]
    pub limit: Option<u64>,
    /// With a limit: that many rows come after this many others, any, which are not given. Then the scan is one part.
    #[serde(default)]
    pub offset: Option<u64>,
    /// Only rows that are in the sample; limits count these alone.
    #[serde(default)]
    pub sample: Option<Sample>,
    /// With a limit: of the rows that have a value, the first ones in this order, and as many of those without. Both
    /// come in any order.
    #[serde(default)]
    pub order: Option<Order>,
    /// Instead of rows: one row with the results of these functions, which are the columns.
    #[serde(default)]
    pub aggregates: Option<Vec<Aggregate>>,
    /// With aggregates that count rows: one row for each value of this column, which is the first one of the result.
    #[serde(default)]
    pub group: Option<String>,
}

/// A function over all rows of a scan, which the store computes exactly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    /// How many rows there are.
    Rows,
    /// How many rows there are for which this is true.
    RowsWhere(Expr),
    /// The first value of a column in this order; null if there is none.
    First(Order),
}

/// An order of rows by one column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The column.
    pub column: String,
    /// The greatest value first.
    pub descending: bool,
}

/// About how much a scan reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// The rows.
    pub rows: u64,
    /// Their size in memory.
    pub bytes: u64,
}

impl Scan {
    /// The scan of only those rows for which each predicate is true.
    #[must_use]
    pub fn only(self, predicates: Vec<Expr>) -> Self {
        Self { predicates, ..self }
    }

    /// The table that this is a scan of.
    #[must_use]
    pub fn table(&self) -> Table {
        let (columns, details) = (self.known.clone(), self.details.clone());
        Table { options: self.options.clone(), columns, details, warnings: Vec::new() }
    }
}

/// One part of a scan, which one task reads.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Split {
    /// The scan.
    pub scan: Scan,
    /// Which part of it: the store's own words.
    pub part: Value,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_role_of_an_earlier_version_is_still_read() {
        let role = |json: Value| serde_json::from_value::<Role>(json).unwrap();
        assert_eq!(role(json!({"vector": "a"})), Role::Vector("a".to_owned()));
        assert_eq!(role(json!({"vector": ""})), Role::Vector(String::new()));
        assert_eq!(role(json!({"payload": "x"})), Role::Payload("x".to_owned()));
        assert_eq!(role(json!({"id": {"kept": null}})), Role::Id { kept: None });
        assert_eq!(role(json!("unused")), Role::Unused);
    }
}
