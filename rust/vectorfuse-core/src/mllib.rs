//! MLlib's vectors: a user-defined type of Spark, whose columns are handed over as the struct behind it.

use serde_json::{Value, json};

use crate::schema::{SparkField, SparkType, fields_to_json};

/// The two packages that have such a type; their vectors look the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mllib {
    /// `org.apache.spark.ml`
    Ml,
    /// `org.apache.spark.mllib`
    Mllib,
}

/// What the member `type` of the struct says of a vector that is sparse.
pub(crate) const SPARSE: i8 = 0;
/// What it says of one that is dense.
pub(crate) const DENSE: i8 = 1;

impl Mllib {
    /// The package of a user-defined type of Spark's schema JSON; `None` if the type is no vector of MLlib.
    #[must_use]
    pub fn from_json(json: &Value) -> Option<Self> {
        let is = |package: &Self| json["class"] == package.class() || json["pyClass"] == package.python_class();
        [Self::Ml, Self::Mllib].into_iter().find(is)
    }

    /// The type in Spark's schema JSON.
    #[must_use]
    pub fn to_json(self) -> Value {
        let SparkType::Struct(fields) = Self::sql_type() else { return Value::Null };
        json!({
            "type": "udt", "class": self.class(), "pyClass": self.python_class(), "sqlType": fields_to_json(&fields)
        })
    }

    /// The name of the type's class.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Ml => "org.apache.spark.ml.linalg.VectorUDT",
            Self::Mllib => "org.apache.spark.mllib.linalg.VectorUDT",
        }
    }

    fn python_class(self) -> &'static str {
        match self {
            Self::Ml => "pyspark.ml.linalg.VectorUDT",
            Self::Mllib => "pyspark.mllib.linalg.VectorUDT",
        }
    }

    /// The struct behind the type. A dense vector has neither a size nor indices.
    #[must_use]
    pub fn sql_type() -> SparkType {
        SparkType::Struct(vec![
            SparkField::new("type", SparkType::Byte),
            SparkField::new("size", SparkType::Integer),
            SparkField::new("indices", SparkType::Array(Box::new(SparkType::Integer))),
            SparkField::new("values", SparkType::Array(Box::new(SparkType::Double))),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_packages_are_known_by_their_class_in_scala_or_python() {
        for package in [Mllib::Ml, Mllib::Mllib] {
            assert_eq!(Mllib::from_json(&package.to_json()), Some(package));
            assert_eq!(Mllib::from_json(&json!({"type": "udt", "pyClass": package.python_class()})), Some(package));
        }
        let matrix = json!({"type": "udt", "class": "org.apache.spark.ml.linalg.MatrixUDT"});
        assert_eq!(Mllib::from_json(&matrix), None);
    }
}
