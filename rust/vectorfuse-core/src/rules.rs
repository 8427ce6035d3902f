//! What decides, row by row, where a point goes, whether and how it is changed: the options `op_field`, `order_field`,
//! `condition`, `counter_fields` and `shard_key_field`, checked against the columns.

use serde::{Deserialize, Serialize};

use crate::condition::{self, Condition};
use crate::error::{Error, Result};
use crate::options::{Options, WriteMode};
use crate::schema::{SparkField, SparkType};
use crate::write::{IdSource, Mode, position};

/// What decides about the rows of a write. Columns are their places.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    /// The column that says `upsert` or `delete`.
    pub op: Option<usize>,
    /// The column whose greatest value wins.
    pub order: Option<usize>,
    /// Under which condition a point that is there is changed.
    pub condition: Option<Condition>,
    /// The columns that are added to what is stored.
    pub counters: Vec<usize>,
    /// The column that says in which shards the point is.
    #[serde(default)]
    pub shard_key: Option<usize>,
}

impl Rules {
    /// Of these options, for a DataFrame with these columns.
    pub fn of(options: &Options, fields: &[SparkField], id: &IdSource, mode: Mode) -> Result<Self> {
        let named = &options.named;
        if mode == Mode::Overwrite && !matches!(named.write_mode, WriteMode::Upsert | WriteMode::Insert) {
            return Err(Error::options(
                "an overwrite leaves no point that `write_mode` = `update`, `partial` or `delete` could change: append",
            ));
        }
        let column =
            |name: &Option<String>, option| name.as_ref().map(|name| position(fields, name, option)).transpose();
        let mut rules = Self {
            op: column(&named.op_field, "op_field")?,
            order: column(&named.order_field, "order_field")?,
            condition: named.condition.as_ref().map(|text| condition::parse(text, fields)).transpose()?,
            counters: named
                .counter_fields
                .iter()
                .map(|name| position(fields, name, "counter_fields"))
                .collect::<Result<_>>()?,
            shard_key: None,
        };
        let named_points = *id != IdSource::Generated;
        let changes = matches!(named.write_mode, WriteMode::Update | WriteMode::Partial | WriteMode::Delete);
        if !named_points && (changes || rules != Self::default()) {
            return Err(Error::options(
                "rows without an id are new points each time, so there is nothing stored that they could change: name \
                 the point with `id_field` or `key_fields`",
            ));
        }
        rules.shard_key = column(&named.shard_key_field, "shard_key_field")?;
        rules.check(options, fields, id)?;
        Ok(rules)
    }

    fn check(&self, options: &Options, fields: &[SparkField], id: &IdSource) -> Result<()> {
        let stored = |index: usize, option: &str| {
            let name = &fields[index].name;
            let left_out = options.named.payload_fields.as_ref().is_some_and(|kept| !kept.contains(name));
            let unused = options.named.write_mode == WriteMode::Delete;
            if *id == IdSource::Column(index) || (left_out && !unused) {
                return Err(Error::options(format!(
                    "option `{option}`: column `{name}` must be one that the payload keeps"
                )));
            }
            Ok(())
        };
        if let Some(index) = self.op {
            let SparkField { name, data_type, .. } = &fields[index];
            if !matches!(data_type, SparkType::String(_)) {
                return Err(wrong_type("op_field", name, data_type, "a string: `upsert` or `delete`"));
            }
            let kept = options.named.payload_fields.as_ref().is_some_and(|kept| kept.contains(name));
            let used = *id == IdSource::Column(index) || [self.order, self.shard_key].contains(&Some(index));
            if kept || used {
                return Err(Error::options(format!("option `op_field`: column `{name}` is not stored")));
            }
        }
        if let Some(index) = self.order {
            stored(index, "order_field")?;
            let SparkField { name, data_type, .. } = &fields[index];
            if !is_number(data_type) && !is_moment(data_type) {
                return Err(wrong_type(
                    "order_field",
                    name,
                    data_type,
                    "byte, short, int, long, float, double, date, timestamp or timestamp_ntz, whose order the store knows",
                ));
            }
        }
        if let Some(index) = self.shard_key {
            let SparkField { name, data_type, .. } = &fields[index];
            if !matches!(data_type, SparkType::String(_)) && !is_integer(data_type) {
                return Err(wrong_type("shard_key_field", name, data_type, "string, byte, short, int or long"));
            }
        }
        for index in &self.counters {
            stored(*index, "counter_fields")?;
            let SparkField { name, data_type, .. } = &fields[*index];
            if !is_number(data_type) {
                return Err(wrong_type("counter_fields", name, data_type, "byte, short, int, long, float or double"));
            }
        }
        Ok(())
    }
}

fn is_integer(data_type: &SparkType) -> bool {
    matches!(data_type, SparkType::Byte | SparkType::Short | SparkType::Integer | SparkType::Long)
}

fn is_number(data_type: &SparkType) -> bool {
    is_integer(data_type) || matches!(data_type, SparkType::Float | SparkType::Double)
}

fn is_moment(data_type: &SparkType) -> bool {
    matches!(data_type, SparkType::Date | SparkType::Timestamp | SparkType::TimestampNtz)
}

fn wrong_type(option: &str, name: &str, data_type: &SparkType, expected: &str) -> Error {
    Error::options(format!("option `{option}`: column `{name}` has the type {}: expected {expected}", data_type.name()))
}
