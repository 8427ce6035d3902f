//! From points to batches, page by page.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::SchemaRef;
use async_trait::async_trait;
use qdrant_client::qdrant::vector_output::Vector;
use qdrant_client::qdrant::vectors_output::VectorsOptions;
use qdrant_client::qdrant::{RetrievedPoint, ScrollPoints, VectorOutput};
use serde::{Deserialize, Serialize};
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::ids::PointId;
use vectorfuse_core::paging::{LARGEST_PAGE_BYTES, Page, Pages};
use vectorfuse_core::payload::ColumnBuilder;
use vectorfuse_core::schema::{Layout, SparkType, arrow_schema};
use vectorfuse_core::table::{Column, Role, fields};
use vectorfuse_core::write::is_integer_id;

use crate::api::{Api, Wanted};
use crate::document::PayloadRef;
use crate::path;
use crate::point::{from_qdrant_id, to_qdrant_id, to_u64};
use crate::selection::Selection;

/// A range of ids: from `from` on, up to but without `to`; both may be open.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Range {
    pub(crate) from: Option<PointId>,
    pub(crate) to: Option<PointId>,
    /// About how many points it has: a page should not reach far beyond the end, which the server does not know.
    pub(crate) rows: u64,
}

/// A page of fewer rows is not worth a request.
const LEAST_ROWS: u64 = 16;

/// The pages of one range.
pub(crate) struct RangePages {
    api: Api,
    columns: Vec<Column>,
    schema: SchemaRef,
    /// What each page is asked for with, but for its offset and limit.
    request: ScrollPoints,
    next: Option<PointId>,
    to: Option<PointId>,
    /// How many rows the range should still have.
    expected: u64,
    /// However wrong the expectation is, a page has this many rows.
    least: u64,
}

impl RangePages {
    pub(crate) fn new(api: Api, columns: Vec<Column>, selection: &Selection, range: Range) -> Self {
        let schema = arrow_schema(&fields(&columns), Layout::Read);
        let request = selection.scroll(wanted(&columns).scroll(api.collection()));
        Self {
            api,
            columns,
            schema,
            request,
            next: range.from,
            to: range.to,
            expected: range.rows,
            least: (range.rows / 8).max(LEAST_ROWS),
        }
    }
}

impl RangePages {
    /// How many rows are worth asking for: those that the range should still have.
    fn fitting(&self) -> u32 {
        u32::try_from(self.expected.max(self.least)).unwrap_or(u32::MAX)
    }
}

#[async_trait]
impl Pages for RangePages {
    async fn next(&mut self, rows: u32, whole: bool) -> Result<Page> {
        let rows = if self.to.is_some() { rows.min(self.fitting()) } else { rows };
        let largest = if whole { usize::MAX } else { LARGEST_PAGE_BYTES };
        self.request.offset = self.next.map(to_qdrant_id);
        self.request.limit = Some(rows);
        let Some(answer) = self.api.scroll(&self.request, largest).await? else {
            return Ok(Page::TooLarge);
        };
        self.api.add_server_time(answer.message.time);
        let following = answer.message.next_page_offset.map(|id| from_qdrant_id(Some(id))).transpose()?;
        let past = |id: PointId| self.to.is_some_and(|to| id >= to);
        let mut points = Vec::with_capacity(answer.message.result.len());
        for mut point in answer.message.result {
            let id = from_qdrant_id(point.id.take())?;
            if past(id) {
                break;
            }
            points.push((id, point));
        }
        self.expected = self.expected.saturating_sub(to_u64(points.len()));
        let batch = batch(&points, &self.columns, Arc::clone(&self.schema))
            .map_err(|error| error.with("store", "qdrant").with("collection", self.api.collection()))?;
        let last = following.is_none_or(past);
        self.next = following;
        Ok(Page::Rows { batch, bytes: answer.bytes, last })
    }
}

/// What of a point the columns need.
fn wanted(columns: &[Column]) -> Wanted {
    let mut payload = Some(Vec::new());
    let mut vectors = Some(Vec::new());
    for column in columns {
        match &column.role {
            // Integers are kept in the id itself.
            Role::Id { kept: Some(_) } if is_integer_id(&column.data_type) => {}
            Role::Payload(field) | Role::Id { kept: Some(field) } => match (path::of_field(field), &mut payload) {
                (Some(path), Some(paths)) => paths.push(path),
                (None, paths) => *paths = None,
                (Some(_), None) => {}
            },
            // Asked for by name, the unnamed vector would need a name: it is the only one, so all are asked for.
            Role::Vector(name) if name.is_empty() => vectors = None,
            Role::Vector(name) | Role::SparseIndices(name) | Role::SparseValues(name) => {
                if let Some(names) = vectors.as_mut().filter(|names| !names.contains(name)) {
                    names.push(name.clone());
                }
            }
            Role::Id { kept: None } | Role::Unused => {}
        }
    }
    Wanted::new(payload, vectors)
}

/// The rows of a page.
fn batch(points: &[(PointId, RetrievedPoint)], columns: &[Column], schema: SchemaRef) -> Result<RecordBatch> {
    let mut arrays: Vec<ArrayRef> = Vec::with_capacity(columns.len());
    for column in columns {
        let mut builder = ColumnBuilder::new(&column.data_type, points.len());
        for (id, point) in points {
            append(&mut builder, column, *id, point)
                .map_err(|error| error.inside("column", &column.name).with("id", id))?;
        }
        arrays.push(builder.finish()?);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(points.len()));
    RecordBatch::try_new_with_options(schema, arrays, &options)
        .map_err(|error| Error::internal("the columns of a page do not line up").caused_by(error))
}

fn append(builder: &mut ColumnBuilder, column: &Column, id: PointId, point: &RetrievedPoint) -> Result<()> {
    match &column.role {
        Role::Payload(field) => builder.append(point.payload.get(field).map(PayloadRef)),
        Role::Vector(name) | Role::SparseIndices(name) | Role::SparseValues(name) => match vector(point, name) {
            Some(output) => append_vector(builder, &column.role, Found::of(output)?),
            None => {
                builder.append_null();
                Ok(())
            }
        },
        Role::Id { kept } => {
            let kept = kept.as_ref().and_then(|field| point.payload.get(field));
            match kept {
                Some(value) if !is_integer_id(&column.data_type) => builder.append(Some(PayloadRef(value))),
                Some(_) | None => append_id(builder, &column.data_type, id),
            }
        }
        Role::Unused => {
            builder.append_null();
            Ok(())
        }
    }
}

fn append_id(builder: &mut ColumnBuilder, data_type: &SparkType, id: PointId) -> Result<()> {
    let fits = matches!((id, data_type), (_, SparkType::String(_)))
        || (matches!(id, PointId::Number(_)) && is_integer_id(data_type));
    if fits && builder.append_text(&id.to_string()).is_ok() {
        return Ok(());
    }
    Err(Error::data(format!("the id {id} does not fit {}: read the column as string (`.schema(…)`)", data_type.name())))
}

fn vector<'a>(point: &'a RetrievedPoint, name: &str) -> Option<&'a VectorOutput> {
    match point.vectors.as_ref()?.vectors_options.as_ref()? {
        VectorsOptions::Vector(unnamed) => name.is_empty().then_some(unnamed),
        VectorsOptions::Vectors(named) => named.vectors.get(name),
    }
}

/// The vector of a point, as what the server says that it is.
enum Found<'a> {
    Dense(&'a [f32]),
    Sparse(&'a [u32], &'a [f32]),
    Multi(Vec<&'a [f32]>),
}

impl<'a> Found<'a> {
    /// Servers before 1.16 fill the older fields.
    #[allow(deprecated)]
    fn of(output: &'a VectorOutput) -> Result<Self> {
        Ok(match &output.vector {
            Some(Vector::Dense(dense)) => Self::Dense(&dense.data),
            Some(Vector::Sparse(sparse)) => Self::Sparse(&sparse.indices, &sparse.values),
            Some(Vector::MultiDense(multi)) => {
                Self::Multi(multi.vectors.iter().map(|row| row.data.as_slice()).collect())
            }
            None => match (&output.indices, output.vectors_count) {
                (Some(indices), _) => Self::Sparse(&indices.data, &output.data),
                (None, None) => Self::Dense(&output.data),
                (None, Some(count)) => {
                    let size = usize::try_from(count).ok().and_then(|count| output.data.len().checked_div(count));
                    let size = size.filter(|size| *size > 0);
                    let size = size.ok_or_else(|| Error::internal("the server sent a multi-vector without vectors"))?;
                    Self::Multi(output.data.chunks(size).collect())
                }
            },
        })
    }
}

fn append_vector(builder: &mut ColumnBuilder, role: &Role, found: Found<'_>) -> Result<()> {
    match (found, role) {
        (Found::Sparse(indices, _), Role::SparseIndices(_)) => builder.append_indices(indices),
        (Found::Sparse(_, values), Role::SparseValues(_)) => builder.append_dense(values),
        (_, Role::SparseIndices(_) | Role::SparseValues(_)) => {
            Err(Error::internal("the server sent another kind of vector than the collection has"))
        }
        (Found::Dense(vector), _) => builder.append_dense(vector),
        (Found::Sparse(indices, values), _) => builder.append_sparse(indices, values),
        (Found::Multi(rows), _) => builder.append_multi(rows.into_iter()),
    }
}
