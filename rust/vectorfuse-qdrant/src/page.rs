//! From points to batches, page by page.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::SchemaRef;
use async_trait::async_trait;
use bytes::Bytes;
use qdrant_client::qdrant::with_payload_selector::SelectorOptions;
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::ids::PointId;
use vectorfuse_core::options::Chosen;
use vectorfuse_core::paging::{LARGEST_PAGE_BYTES, Page, Pages};
use vectorfuse_core::payload::ColumnBuilder;
use vectorfuse_core::sample::Sample;
use vectorfuse_core::schema::{Layout, SparkType, arrow_schema};
use vectorfuse_core::table::{Column, Role, Scan, fields};
use vectorfuse_core::write::is_integer_id;

use crate::api::{Api, Wanted};
use crate::chosen;
use crate::document::{PayloadValue, Whole};
use crate::path;
use crate::point::to_u64;
use crate::received::{self, Floats, Parts, Vector};
use crate::sampled::{self, MOST_IDS};
use crate::selection::Selection;
use crate::split::Part;
use crate::walk::Walk;

/// A page of fewer rows is not worth a request.
const LEAST_ROWS: u64 = 16;

/// The pages of one part.
pub(crate) struct PartPages {
    walk: Walk,
    shaper: Shaper,
    sample: Option<Sample>,
    /// How many rows are yet to be passed over.
    skipped: u64,
    /// The most ids of one answer.
    most_ids: u32,
    /// How many points the part should still have, if it ends before an id.
    expected: Option<u64>,
    /// However wrong the expectation is, a page has this many rows.
    least: u64,
    /// How many rows may still come.
    left: u64,
    /// What answers had that gave no row.
    bytes: usize,
}

impl PartPages {
    /// `most` is the bound on the points of one answer.
    pub(crate) fn new(api: Api, scan: &Scan, selection: Selection, part: Part, most: Option<u32>) -> Result<Self> {
        Ok(Self {
            shaper: Shaper::new(&api, scan)?,
            sample: scan.sample,
            skipped: scan.offset.unwrap_or_default(),
            most_ids: most.unwrap_or(MOST_IDS).clamp(1, MOST_IDS),
            expected: part.to.is_some().then_some(part.rows),
            least: (part.rows / 8).max(LEAST_ROWS),
            left: scan.options.most_rows().into_iter().chain(scan.limit).min().unwrap_or(u64::MAX),
            walk: Walk::new(api, selection, part),
            bytes: 0,
        })
    }

    /// How many rows are worth asking for: those that the part should still have, and may.
    fn fitting(&self) -> u32 {
        let expected = self.expected.map_or(u64::MAX, |expected| expected.max(self.least));
        u32::try_from(expected.min(self.left)).unwrap_or(u32::MAX)
    }

    /// Passes over rows, of which the ids alone are asked for.
    async fn skip(&mut self) -> Result<()> {
        while self.skipped > 0 && !self.walk.is_past() {
            let most = u32::try_from(self.skipped).unwrap_or(u32::MAX).min(self.most_ids);
            let Some(stretch) = self.walk.stretch(&Wanted::nothing(), most, usize::MAX).await? else { break };
            self.bytes += stretch.bytes;
            self.skipped = self.skipped.saturating_sub(to_u64(stretch.rows.len()));
        }
        Ok(())
    }
}

#[async_trait]
impl Pages for PartPages {
    async fn next(&mut self, rows: u32, whole: bool) -> Result<Page> {
        if self.left == 0 {
            return Ok(Page::Rows { batch: self.shaper.batch(&[])?, bytes: 0, last: true });
        }
        self.skip().await?;
        let largest = if whole { usize::MAX } else { LARGEST_PAGE_BYTES };
        let most = rows.min(self.fitting());
        let Some(mut stretch) = self.walk.stretch(&self.shaper.wanted, most, largest).await? else {
            return Ok(Page::TooLarge);
        };
        self.expected = self.expected.map(|expected| expected.saturating_sub(to_u64(stretch.rows.len())));
        if let Some(sample) = &self.sample {
            stretch.rows.retain(|row| sampled::has(sample, row.id));
        }
        self.left = self.left.saturating_sub(to_u64(stretch.rows.len()));
        let bytes = stretch.bytes + std::mem::take(&mut self.bytes);
        let last = self.walk.is_past() || self.left == 0;
        Ok(Page::Rows { batch: self.shaper.batch(&stretch.rows)?, bytes, last })
    }
}

/// A point that becomes a row.
pub(crate) struct Row {
    pub(crate) id: PointId,
    /// Its parts, for [`Parts`].
    pub(crate) point: Bytes,
    /// How well a search found it.
    pub(crate) score: Option<f32>,
}

/// Points with their ids, in the order in which they came.
pub(crate) fn identified(points: Vec<Bytes>) -> Result<Vec<Row>> {
    points.into_iter().map(|point| Ok(Row { id: received::id(&point)?, point, score: None })).collect()
}

/// What makes rows of points.
pub(crate) struct Shaper {
    /// What of each point is asked for.
    pub(crate) wanted: Wanted,
    columns: Vec<Column>,
    schema: SchemaRef,
    /// A field that is asked for to know the id, and that the column of the whole payload must not show.
    hidden: Option<String>,
    collection: String,
}

impl Shaper {
    pub(crate) fn new(api: &Api, scan: &Scan) -> Result<Self> {
        Self::of(api, scan, &scan.columns)
    }

    /// Rows of these columns instead of the scan's own.
    pub(crate) fn of(api: &Api, scan: &Scan, columns: &[Column]) -> Result<Self> {
        let schema = arrow_schema(&fields(columns), Layout::Read);
        let (wanted, hidden) = wanted(columns, &scan.known, &scan.options.named.with_payload)?;
        Ok(Self { wanted, columns: columns.to_vec(), schema, hidden, collection: api.collection().to_owned() })
    }

    /// The rows of these points.
    pub(crate) fn batch(&self, points: &[Row]) -> Result<RecordBatch> {
        self.arrays(points).map_err(|error| error.with("store", "qdrant").with("collection", &self.collection))
    }

    fn arrays(&self, points: &[Row]) -> Result<RecordBatch> {
        let builder = |column: &Column| ColumnBuilder::new(&column.data_type, points.len());
        let mut builders: Vec<ColumnBuilder> = self.columns.iter().map(builder).collect();
        let (mut parts, mut numbers) = (Parts::default(), Numbers::default());
        for row in points {
            parts.read(&row.point).map_err(|error| error.with("id", row.id))?;
            for (column, builder) in self.columns.iter().zip(&mut builders) {
                self.append(builder, column, row, &parts, &mut numbers)
                    .map_err(|error| error.inside("column", &column.name).with("id", row.id))?;
            }
        }
        let arrays = builders.iter_mut().map(ColumnBuilder::finish).collect::<Result<Vec<ArrayRef>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(points.len()));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)
            .map_err(|error| Error::internal("the columns of a page do not line up").caused_by(error))
    }

    fn append(
        &self,
        builder: &mut ColumnBuilder,
        column: &Column,
        row: &Row,
        parts: &Parts<'_>,
        numbers: &mut Numbers,
    ) -> Result<()> {
        match &column.role {
            Role::Payload(field) => builder.append(parts.field(field)),
            Role::WholePayload => builder.append(Some(Whole::Payload(&parts.payload, self.hidden.as_deref()))),
            Role::Vector(name) | Role::SparseIndices(name) | Role::SparseValues(name) => match parts.vector(name) {
                Some(vector) => append_vector(builder, &column.role, vector, numbers),
                None => {
                    builder.append_null();
                    Ok(())
                }
            },
            Role::Id { kept } => {
                let kept = kept.as_ref().and_then(|field| parts.field(field));
                match kept {
                    Some(value) if !is_integer_id(&column.data_type) => builder.append(Some(value)),
                    Some(_) | None => append_id(builder, &column.data_type, row.id),
                }
            }
            Role::Score => {
                let score = row.score.map(|score| PayloadValue::Double(score.into()));
                builder.append(score.as_ref())
            }
            Role::Unused => {
                builder.append_null();
                Ok(())
            }
        }
    }
}

/// What of a point the columns need, `known` being the whole ones of which structs may be read in part; and the field that is asked for although the payload as a whole is to be without
/// it.
fn wanted(columns: &[Column], known: &[Column], chosen: &Chosen) -> Result<(Wanted, Option<String>)> {
    let mut payload = Some(Vec::new());
    let mut vectors = Some(Vec::new());
    let (mut whole, mut kept_id) = (false, None);
    for column in columns {
        match &column.role {
            // Integers are kept in the id itself.
            Role::Id { kept: Some(_) } if is_integer_id(&column.data_type) => {}
            Role::Payload(field) | Role::Id { kept: Some(field) } => {
                if matches!(column.role, Role::Id { .. }) {
                    kept_id = Some(field.clone());
                }
                let whole = known.iter().find(|whole| whole.name == column.name);
                let whole = whole.map_or(&column.data_type, |whole| &whole.data_type);
                match (needed(field, &column.data_type, whole), &mut payload) {
                    (Some(needed), Some(paths)) => paths.extend(needed),
                    (None, paths) => *paths = None,
                    (Some(_), None) => {}
                }
            }
            Role::WholePayload => whole = true,
            // Asked for by name, the unnamed vector would need a name: it is the only one, so all are asked for.
            Role::Vector(name) if name.is_empty() => vectors = None,
            Role::Vector(name) | Role::SparseIndices(name) | Role::SparseValues(name) => {
                if let Some(names) = vectors.as_mut().filter(|names| !names.contains(name)) {
                    names.push(name.clone());
                }
            }
            Role::Id { kept: None } | Role::Score | Role::Unused => {}
        }
    }
    let wanted = Wanted::new(payload, vectors);
    if !whole {
        return Ok((wanted, None));
    }
    let is_named = |names: &[String]| names.iter().any(|name| Some(name) == kept_id.as_ref());
    Ok(match chosen {
        Chosen::Only(names) => {
            let hidden = kept_id.clone().filter(|_| !is_named(names));
            let paths = chosen::paths(&names.iter().chain(&hidden).cloned().collect::<Vec<_>>())?;
            (wanted.with_payload(SelectorOptions::Include(paths.into())), hidden)
        }
        Chosen::AllBut(names) => {
            let hidden = kept_id.clone().filter(|_| is_named(names));
            let rest: Vec<String> = names.iter().filter(|name| Some(*name) != hidden.as_ref()).cloned().collect();
            let selector = if rest.is_empty() {
                SelectorOptions::Enable(true)
            } else {
                SelectorOptions::Exclude(chosen::paths(&rest)?.into())
            };
            (wanted.with_payload(selector), hidden)
        }
    })
}

/// The paths of the parts of a field that are read; `None` if its name can't stand in one. An object comes also where it
/// has none of the members, so that it is not taken for null.
fn needed(field: &str, read: &SparkType, whole: &SparkType) -> Option<Vec<String>> {
    let path = path::of_field(field)?;
    let (SparkType::Struct(members), SparkType::Struct(all)) = (read, whole) else { return Some(vec![path]) };
    if members.is_empty() || read == whole {
        return Some(vec![path]);
    }
    let mut paths = Vec::new();
    for member in members {
        let same = all.iter().find(|other| other.name == member.name);
        let inner = same.and_then(|same| needed(&member.name, &member.data_type, &same.data_type));
        let Some(inner) = inner else { return Some(vec![path]) };
        paths.extend(inner.into_iter().map(|inner| format!("{path}.{inner}")));
    }
    Some(paths)
}

fn append_id(builder: &mut ColumnBuilder, data_type: &SparkType, id: PointId) -> Result<()> {
    let is_text = matches!(data_type, SparkType::String(_));
    let done = match id {
        PointId::Number(number) if is_integer_id(data_type) => match i64::try_from(number) {
            Ok(number) => builder.append(Some(&PayloadValue::Integer(number))).is_ok(),
            Err(_) => builder.append_text(&number.to_string()).is_ok(),
        },
        PointId::Number(_) | PointId::Uuid(_) => is_text && builder.append_text(&id.to_string()).is_ok(),
    };
    if done {
        return Ok(());
    }
    Err(Error::data(format!("the id {id} does not fit {}: read the column as string (`.schema(…)`)", data_type.name())))
}

/// The numbers of a vector on their way from the bytes, which may stand anywhere, to a column.
#[derive(Default)]
struct Numbers(Vec<f32>);

impl Numbers {
    fn of(&mut self, floats: &Floats<'_>) -> &[f32] {
        self.0.clear();
        floats.append_to(&mut self.0);
        &self.0
    }
}

fn append_vector(builder: &mut ColumnBuilder, role: &Role, vector: &Vector<'_>, numbers: &mut Numbers) -> Result<()> {
    match (vector, role) {
        (Vector::Sparse(indices, _), Role::SparseIndices(_)) => builder.append_indices(indices),
        (Vector::Sparse(_, values), Role::SparseValues(_)) => builder.append_dense(numbers.of(values)),
        (_, Role::SparseIndices(_) | Role::SparseValues(_)) => {
            Err(Error::internal("the server sent another kind of vector than the collection has"))
        }
        (Vector::Dense(floats), _) => builder.append_dense(numbers.of(floats)),
        (Vector::Sparse(indices, values), _) => builder.append_sparse(indices, numbers.of(values)),
        (Vector::Multi(rows), _) => {
            let rows: Vec<Vec<f32>> = rows.iter().map(|row| numbers.of(row).to_vec()).collect();
            builder.append_multi(rows.iter().map(Vec::as_slice))
        }
    }
}
