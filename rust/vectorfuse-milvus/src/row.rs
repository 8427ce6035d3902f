//! From rows to what they do: keys and values, each checked before anything is sent.

use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::room::Room;
use vectorfuse_core::rows::Rows;
use vectorfuse_core::table::Role;
use vectorfuse_core::write::WritePlan;

use crate::change::{Action, Change};
use crate::collection::{Collection, Field, FieldType, ScalarType};
use crate::form::Form;
use crate::key::Key;
use crate::version::{GREATEST_KEY, Version};

/// How the rows of a task become changes.
#[derive(Debug)]
pub(crate) struct RowReader {
    primary: Field,
    /// The column of the key; `None` if it is made.
    key: Option<usize>,
    /// How many rows have got a number for a key, since the server makes theirs.
    numbered: i64,
    /// The column that says each row's partition.
    partition: Option<usize>,
    version: Version,
    /// Where the vectors of each column stay until they are sent, one behind the other.
    rooms: Vec<Room>,
}

impl RowReader {
    /// Of this plan, whose keys fit this collection.
    pub(crate) fn new(plan: &WritePlan, collection: &Collection) -> Result<Self> {
        let primary = collection.primary()?.clone();
        let place = |name: &String| {
            let found = plan.columns.iter().position(|column| column.name == *name);
            found.ok_or_else(|| Error::options(format!("option `partition_field`: there is no column `{name}`")))
        };
        let partition = plan.options.named.partition_field.as_ref().map(place).transpose()?;
        let key = plan.columns.iter().position(|column| matches!(column.role, Role::Id { .. }));
        let rooms = plan.columns.iter().map(|_| Room::default()).collect();
        Ok(Self { primary, key, numbered: 0, partition, version: collection.version, rooms })
    }

    /// What a row does; `form` says what of it is written.
    pub(crate) fn change(&mut self, form: &Form, rows: &Rows<'_>, row: usize) -> Result<Change> {
        let delete = rows.is_delete(row)?;
        let key = self.key(rows, row)?;
        if !delete && key == Key::Integer(i64::MAX) && !self.version.has(GREATEST_KEY) {
            let error = Error::data(format!(
                "the server ({}) takes a row with the greatest integer as its key, and never gives it back: give it another key",
                self.version
            ));
            return Err(rows.place(error, self.key.unwrap_or_default(), row));
        }
        let action =
            if delete { Action::Delete } else { Action::Write(form.values(rows, row, &key, &mut self.rooms)?) };
        let partition = self.partition.map(|index| self.partition(rows, index, row)).transpose()?;
        Ok(Change { origin: rows.origin_of(row, &key), order: rows.order(row)?, key, action, partition, rows: 1 })
    }

    fn key(&mut self, rows: &Rows<'_>, row: usize) -> Result<Key> {
        let Some(index) = self.key else {
            if self.primary.is_auto {
                self.numbered += 1;
                return Ok(Key::Integer(self.numbered));
            }
            let made = rows.made_id(row)?;
            let made = made.ok_or_else(|| Error::internal("a plan whose key is a column without that part"))?;
            return Ok(Key::Text(made.to_string()));
        };
        self.own_key(rows, index, row).map_err(|error| rows.place(error, index, row))
    }

    /// The key that a column holds.
    fn own_key(&self, rows: &Rows<'_>, index: usize, row: usize) -> Result<Key> {
        let mistaken = || Error::internal("a column was taken for a key that its type can't hold");
        let reader = rows.reader(index);
        if reader.is_null(row) {
            return Err(Error::data("the primary key is null"));
        }
        match self.primary.data_type {
            FieldType::Scalar(ScalarType::Int64) => {
                let number = reader.integer(row)?.ok_or_else(mistaken)?;
                i64::try_from(number).map(Key::Integer).map_err(|_| {
                    Error::data(format!("the primary key {number} is out of range: keys are 64-bit integers"))
                })
            }
            FieldType::Scalar(ScalarType::VarChar { max_length }) => {
                let text = reader.text(row)?.ok_or_else(mistaken)?;
                if let Some(most) = max_length.filter(|most| text.len() as u64 > *most) {
                    return Err(Error::data(format!(
                        "the primary key has {} bytes, and the collection's keys at most {most} (its max_length)",
                        text.len()
                    )));
                }
                Ok(Key::Text(text))
            }
            FieldType::Scalar(_) | FieldType::Array { .. } | FieldType::Vector { .. } => Err(mistaken()),
        }
    }

    fn partition(&self, rows: &Rows<'_>, index: usize, row: usize) -> Result<String> {
        let text = rows.text(index, row)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| rows.place(Error::data("the row says no partition"), index, row))
    }
}
