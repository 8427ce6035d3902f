//! The dynamic field of a row: one JSON object with what no field of the schema has.

use serde_json::{Map, Value as Json};
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::json;
use vectorfuse_core::payload::{Atom, ColumnReader};
use vectorfuse_core::rows::Rows;
use vectorfuse_core::table::{Column, Role};

use crate::appends::Attempt;
use crate::collection::DYNAMIC_FIELD;
use crate::details::WriteDetails;
use crate::key::Key;

/// The columns that become keys of the dynamic field.
#[derive(Clone, Debug)]
pub(crate) struct Dynamic {
    /// The places and keys of columns that are one key each.
    keys: Vec<(usize, String)>,
    /// The column whose members are keys.
    whole: Option<usize>,
    /// What can be no key: the fields of the collection, and what the server would drop.
    taken: Vec<String>,
    /// Who writes, if the rows must be known again.
    attempt: Option<Attempt>,
}

impl Dynamic {
    /// Of these columns; `None` if each of them is a field. `attempt`: who writes, if the
    /// rows must be known again.
    pub(crate) fn of(details: &WriteDetails, columns: &[Column], attempt: Option<&Attempt>) -> Option<Self> {
        let collection = &details.collection;
        if !collection.is_dynamic {
            return None;
        }
        let (mut keys, mut whole) = (Vec::new(), None);
        for (index, column) in columns.iter().enumerate() {
            match &column.role {
                Role::Payload(name) if collection.field(name).is_some() => {}
                Role::Payload(name) if name == DYNAMIC_FIELD => whole = Some(index),
                Role::Payload(name) => keys.push((index, name.clone())),
                Role::WholePayload => whole = Some(index),
                Role::Id { .. }
                | Role::Vector(_)
                | Role::SparseIndices(_)
                | Role::SparseValues(_)
                | Role::Score
                | Role::Unused => {}
            }
        }
        let there = !keys.is_empty() || whole.is_some() || attempt.is_some();
        let strange = collection.strange.iter().map(|field| &field.name);
        let fields = collection.fields.iter().map(|field| &field.name).chain(strange);
        let taken = fields.chain(&details.dropped_keys).cloned().collect();
        there.then(|| Self { keys, whole, taken, attempt: attempt.cloned() })
    }

    /// The object of a row that has this key, as its text.
    pub(crate) fn value(&self, rows: &Rows<'_>, row: usize, key: &Key) -> Result<Vec<u8>> {
        let mut object = Map::new();
        let readers: Vec<_> = rows.columns().map(|(_, reader)| reader).collect();
        if let Some(index) = self.whole {
            object = self.members(readers[index], row).map_err(|error| rows.place(error, index, row))?;
        }
        for (index, key) in &self.keys {
            if readers[*index].is_left_out(row) {
                continue;
            }
            if object.insert(key.clone(), rows.document(*index, row)?).is_some() {
                let error =
                    Error::data(format!("the row has the key `{key}` twice: in a column of its own and in this one"));
                return Err(rows.place(error, self.whole.unwrap_or(*index), row));
            }
        }
        if let (Some(attempt), Key::Integer(number)) = (&self.attempt, key) {
            attempt.mark(&mut object, *number);
        }
        Ok(Json::Object(object).to_string().into_bytes())
    }

    /// The members of a whole dynamic field; none if it is null.
    fn members(&self, reader: &ColumnReader, row: usize) -> Result<Map<String, Json>> {
        let json = match reader.atom(row) {
            Some(Atom::Text(text)) => json::exact(text.as_bytes())
                .map_err(|error| Error::data("the text is no JSON object for the dynamic field").caused_by(error))?,
            Some(_) | None => reader.document::<Json>(row)?,
        };
        let members = match json {
            Json::Object(members) => members,
            Json::Null if reader.is_null(row) => return Ok(Map::new()),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
                return Err(Error::data("the dynamic field is a JSON object, and this is none"));
            }
        };
        // Milvus Lite takes a member that is called like a field for that field's value, the key's too.
        let is_taken = |name: &String| name == DYNAMIC_FIELD || self.taken.contains(name);
        match members.keys().find(|name| is_taken(name)) {
            None => Ok(members),
            Some(name) => Err(Error::data(format!(
                "the object has the key `{name}`, which can't be one of the dynamic field: the server has another use for the name"
            ))),
        }
    }
}
