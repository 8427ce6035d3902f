//! What each row of a write has a value for, field by field.

use std::collections::BTreeMap;
use std::sync::Arc;

use vectorfuse_core::error::Result;
use vectorfuse_core::room::Room;
use vectorfuse_core::rows::Rows;
use vectorfuse_core::table::Role;
use vectorfuse_core::write::WritePlan;

use crate::appends::Attempt;
use crate::block::{Block, Heading};
use crate::change::Change;
use crate::collection::{DYNAMIC_FIELD, Field, FieldType, ScalarType};
use crate::details::WriteDetails;
use crate::dynamic::Dynamic;
use crate::key::Key;
use crate::value::{Encoder, Value};

/// The fields of a write's rows.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    headings: Arc<[Heading]>,
    /// Of each heading.
    sources: Vec<Source>,
    /// Whether a row can leave a field to the server.
    leaves_out: bool,
    /// The places of the vectors, of which each row must have one; none if rows need no vector.
    vectors: Vec<usize>,
}

/// Where the values of a field come from.
#[derive(Clone, Debug)]
enum Source {
    /// They are the keys.
    Key,
    /// The column at this place.
    Column(usize, Box<Encoder>),
    /// Every column that is no field of the schema.
    Dynamic(Dynamic),
    /// Nowhere: each is this one.
    Nowhere(Value),
}

impl Form {
    /// Of the rows of this plan, whose columns fit this collection. `whole`: rows are
    /// written in place of those that are there, so that what they don't have is gone. `attempt`: who writes, if
    /// the rows must be known again.
    pub(crate) fn of(details: &WriteDetails, plan: &WritePlan, whole: bool, attempt: Option<&Attempt>) -> Result<Self> {
        let collection = &details.collection;
        let mut slots: Vec<(&Field, Source)> = Vec::with_capacity(plan.columns.len());
        let primary = collection.primary()?;
        if !primary.is_auto {
            slots.push((primary, Source::Key));
        }
        for (index, column) in plan.columns.iter().enumerate() {
            let field = match (collection.field_of(column), &column.role) {
                // The key has its place, and the places of a sparse vector are written with its numbers.
                (None, _) | (_, Role::Id { .. } | Role::SparseIndices(_)) => continue,
                (Some(field), _) => field,
            };
            let encoder = Encoder::new(details, field);
            slots.push((field, Source::Column(index, Box::new(encoder))));
        }
        // Said and not left out: a server may keep what it has of a field that no request names, and Milvus 2.3 does not
        // survive a request without a field that has a default.
        if whole {
            let absent = collection.fields.iter().filter(|field| field.is_nullable || field.has_default);
            let absent: Vec<&Field> =
                absent.filter(|field| !slots.iter().any(|(other, _)| other.name == field.name)).collect();
            slots.extend(absent.into_iter().map(|field| {
                let value = if field.has_default { Value::Default } else { Value::Null };
                (field, Source::Nowhere(value))
            }));
        }
        // Of a row that is there already some fields are written, and a vector that the server computes is one too.
        let vectors = if whole && !collection.fields.iter().any(|field| field.is_output) {
            let is_vector = |(place, (field, _)): (usize, &(&Field, Source))| field.data_type.vector().map(|_| place);
            slots.iter().enumerate().filter_map(is_vector).collect()
        } else {
            Vec::new()
        };
        let leaves_out = slots.iter().any(|(field, _)| field.has_default);
        let (mut headings, mut sources): (Vec<Heading>, Vec<Source>) =
            slots.into_iter().map(|(field, source)| (heading(field), source)).unzip();
        if let Some(dynamic) = Dynamic::of(details, &plan.columns, attempt) {
            headings.push(Heading {
                name: DYNAMIC_FIELD.to_owned(),
                data_type: FieldType::Scalar(ScalarType::Json),
                is_open: false,
                is_dynamic: true,
            });
            sources.push(Source::Dynamic(dynamic));
        }
        Ok(Self { headings: headings.into(), sources, leaves_out, vectors })
    }

    /// Whether rows have keys that are no fields of the schema.
    pub(crate) fn is_dynamic(&self) -> bool {
        self.headings.iter().any(|heading| heading.is_dynamic)
    }

    /// The values of a row that has this key, in the order of the form. Vectors are kept in the room of their
    /// column, one of `rooms`.
    pub(crate) fn values(&self, rows: &Rows<'_>, row: usize, key: &Key, rooms: &mut [Room]) -> Result<Vec<Value>> {
        let mut value = |source: &Source| match source {
            Source::Key => Ok(match key {
                Key::Integer(number) => Value::Long(*number),
                Key::Text(text) => Value::Text(text.clone()),
            }),
            Source::Column(index, encoder) => encoder.value(rows, *index, row, &mut rooms[*index]),
            Source::Dynamic(dynamic) => dynamic.value(rows, row, key).map(Value::Json),
            Source::Nowhere(value) => Ok(value.clone()),
        };
        let mut values = Vec::with_capacity(self.sources.len());
        for source in &self.sources {
            values.push(value(source)?);
        }
        if !self.vectors.is_empty() && self.vectors.iter().all(|place| !values[*place].is_there()) {
            rows.refuse_without_vector(row, key)?;
        }
        Ok(values)
    }

    /// Rows of this form for one request: [`Self::by_left_out`].
    pub(crate) fn block(&self, rows: Vec<Vec<Value>>) -> Block {
        Block { headings: Arc::clone(&self.headings), rows }
    }

    /// What the names and types of the fields add to a request, at most.
    pub(crate) fn size(&self) -> usize {
        // Types, sizes and the lengths of what is nested, each of a few bytes.
        self.headings.iter().map(|heading| heading.name.len() + 64).sum()
    }

    /// Rows by the fields whose defaults they get: older servers give the default to every row of a request, or to none.
    pub(crate) fn by_left_out(&self, rows: Vec<Change>) -> Vec<Vec<Change>> {
        if !self.leaves_out {
            return if rows.is_empty() { Vec::new() } else { vec![rows] };
        }
        let mut groups: BTreeMap<Vec<usize>, Vec<Change>> = BTreeMap::new();
        for row in rows {
            let left_out = row.values().iter().enumerate().filter(|(_, value)| **value == Value::Default);
            let left_out = left_out.map(|(place, _)| place).collect();
            groups.entry(left_out).or_default().push(row);
        }
        groups.into_values().collect()
    }
}

fn heading(field: &Field) -> Heading {
    let is_open = field.is_nullable || field.has_default;
    Heading { name: field.name.clone(), data_type: field.data_type, is_open, is_dynamic: false }
}

#[cfg(test)]
mod tests {
    use vectorfuse_behaviour::codec;
    use vectorfuse_behaviour::values::Val;
    use vectorfuse_core::error::Kind;
    use vectorfuse_core::options::WriteMode;

    use crate::bench::{Codec, encode, write_details};

    #[test]
    fn a_row_that_is_written_whole_has_a_vector() {
        let mut details = write_details(2);
        details["collection"]["fields"][1]["is_nullable"] = true.into();
        let mut plan = codec::plan("milvus", "vector", details);
        let mut frame = codec::frame(2);
        frame.rows.truncate(2);
        frame.rows[1][1] = Val::Null;
        let error = encode(&frame.batch(), &plan, Codec::Messages).unwrap_err();
        assert_eq!(error.kind(), Kind::Data);
        for words in ["every vector of the row is null", "column: vector", "row: 1 of partition 0", "id: 1"] {
            assert!(error.to_string().contains(words), "{error}");
        }
        plan.options.named.write_mode = WriteMode::Partial;
        encode(&frame.batch(), &plan, Codec::Messages).unwrap();
    }
}
