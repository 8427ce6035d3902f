//! What makes batches of the server's answers: which fields are asked for, and what each column shows of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::SchemaRef;
use serde_json::{Map, Value};
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::options::PayloadForm;
use vectorfuse_core::payload::ColumnBuilder;
use vectorfuse_core::schema::{Layout, arrow_schema};
use vectorfuse_core::table::{Column, Role, Scan, fields};

use crate::api::proto::QueryResults;
use crate::collection::{Collection, DYNAMIC_FIELD};
use crate::column::{Stored, left_out, named};
use crate::details::{self, ReadDetails};
use crate::key::Key;
use crate::picked::Picked;
use crate::ranking::SCORE;
use crate::schema;

/// Makes batches of one scan's columns.
pub(crate) struct Shaper {
    /// The fields that are asked for; the key is always among them.
    pub(crate) wanted: Vec<String>,
    columns: Vec<(Column, Source)>,
    schema: SchemaRef,
    collection: String,
}

/// Where a column's values come from.
enum Source {
    /// A field of the schema.
    Field(String),
    /// A key of `$meta`.
    Key(String),
    /// `$meta` as it is.
    Dynamic,
    /// Fields and keys of `$meta` together, as one object.
    Whole { fields: Vec<String>, has_keys: bool, picked: Picked },
    /// The score that a search gave the row.
    Score,
    /// Nowhere: it is null.
    Nothing,
}

impl Shaper {
    pub(crate) fn new(scan: &Scan) -> Result<Self> {
        let ReadDetails { collection, .. } = details::of_plan(&scan.details)?;
        let columns: Vec<(Column, Source)> =
            scan.columns.iter().map(|column| (column.clone(), source(scan, &collection, column))).collect();
        let mut wanted = BTreeSet::from([collection.primary()?.name.clone()]);
        for (_, source) in &columns {
            match source {
                Source::Field(name) => drop(wanted.insert(name.clone())),
                Source::Key(_) | Source::Dynamic => drop(wanted.insert(DYNAMIC_FIELD.to_owned())),
                Source::Whole { fields, has_keys, .. } => {
                    wanted.extend(fields.iter().cloned());
                    wanted.extend(has_keys.then(|| DYNAMIC_FIELD.to_owned()));
                }
                Source::Score | Source::Nothing => {}
            }
        }
        let schema = arrow_schema(&fields(&scan.columns), Layout::Read);
        Ok(Self { wanted: wanted.into_iter().collect(), columns, schema, collection: collection.name })
    }

    /// These rows of an answer, whose keys are `keys`.
    pub(crate) fn batch(&self, answer: &QueryResults, keys: &[Key], rows: &[usize]) -> Result<RecordBatch> {
        self.arrays(answer, keys, rows)
            .map_err(|error| error.with("store", "milvus").with("collection", &self.collection))
    }

    fn arrays(&self, answer: &QueryResults, keys: &[Key], rows: &[usize]) -> Result<RecordBatch> {
        let dynamic =
            if self.reads_dynamic() && !rows.is_empty() { Some(stored(answer, DYNAMIC_FIELD, keys)?) } else { None };
        let mut documents: Vec<Option<Value>> = Vec::new();
        if let Some(dynamic) = dynamic.as_ref().filter(|_| self.parses_dynamic()) {
            documents = vec![None; keys.len()];
            for row in rows {
                let document = dynamic.json(*row).map_err(|error| place(error, DYNAMIC_FIELD, keys, *row))?;
                documents[*row] = document;
            }
        }
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.columns.len());
        for (column, source) in &self.columns {
            let data_type = &column.data_type;
            // Of no rows a server may send no fields at all.
            let field = match source {
                Source::Field(name) if !rows.is_empty() => Some(stored(answer, name, keys)?),
                Source::Score if !rows.is_empty() => Some(stored(answer, SCORE, keys)?),
                _other => None,
            };
            let whole = match source {
                Source::Whole { fields, .. } if !rows.is_empty() => {
                    fields.iter().map(|name| Ok((name, stored(answer, name, keys)?))).collect::<Result<Vec<_>>>()?
                }
                _other => Vec::new(),
            };
            let append = |builder: &mut ColumnBuilder, row: usize| match (source, &field, &dynamic) {
                (Source::Field(_) | Source::Score, Some(stored), _) | (Source::Dynamic, _, Some(stored)) => {
                    stored.append(builder, data_type, row)
                }
                (Source::Key(name), ..) => {
                    let document = documents.get(row).and_then(Option::as_ref);
                    builder.append(document.and_then(|document| document.get(name)))
                }
                (Source::Whole { picked, .. }, ..) => {
                    let mut object = Map::new();
                    for (name, stored) in &whole {
                        let value = stored.json(row).map_err(|error| error.inside("column", name))?;
                        object.insert((*name).clone(), value.unwrap_or_default());
                    }
                    let document = documents.get(row).and_then(Option::as_ref).and_then(Value::as_object);
                    object.extend(document.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())));
                    builder.append(Some(&picked.object(object).into()))
                }
                (Source::Field(_) | Source::Dynamic | Source::Score | Source::Nothing, ..) => {
                    builder.append_null();
                    Ok(())
                }
            };
            let mut builder = ColumnBuilder::new(data_type, rows.len());
            let together = field.as_ref().map_or(Ok(false), |stored| stored.append_together(&mut builder, rows));
            if !together.map_err(|error| error.inside("column", &column.name))? {
                for row in rows {
                    append(&mut builder, *row).map_err(|error| place(error, &column.name, keys, *row))?;
                }
            }
            arrays.push(builder.finish()?);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)
            .map_err(|error| Error::internal("the columns of a page do not line up").caused_by(error))
    }

    fn reads_dynamic(&self) -> bool {
        self.wanted.iter().any(|name| name == DYNAMIC_FIELD)
    }

    /// Whether `$meta` is looked into.
    fn parses_dynamic(&self) -> bool {
        self.columns.iter().any(|(_, source)| matches!(source, Source::Key(_) | Source::Whole { has_keys: true, .. }))
    }
}

fn place(error: Error, column: &str, keys: &[Key], row: usize) -> Error {
    let error = error.inside("column", column);
    match keys.get(row) {
        Some(key) => error.with("id", key),
        None => error,
    }
}

fn stored<'a>(answer: &'a QueryResults, name: &str, keys: &[Key]) -> Result<Stored<'a>> {
    Stored::of(named(answer, name).ok_or_else(|| left_out(name))?, keys.len())
}

fn source(scan: &Scan, collection: &Collection, column: &Column) -> Source {
    if let Some(field) = schema::field_of(collection, &column.role) {
        return Source::Field(field.name.clone());
    }
    match &column.role {
        Role::Payload(name) => Source::Key(name.clone()),
        Role::WholePayload if scan.options.named.payload == PayloadForm::Columns => Source::Dynamic,
        Role::WholePayload => {
            let picked = Picked::of(&scan.options.named.with_payload);
            let fields =
                collection.fields.iter().filter(|field| !field.is_primary && field.data_type.vector().is_none());
            let fields = fields.map(|field| field.name.clone()).filter(|name| picked.has(name)).collect();
            Source::Whole { fields, has_keys: collection.is_dynamic, picked }
        }
        Role::Score => Source::Score,
        Role::Id { .. } | Role::Vector(_) | Role::SparseIndices(_) | Role::SparseValues(_) | Role::Unused => {
            Source::Nothing
        }
    }
}
