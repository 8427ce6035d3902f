//! Qdrant as a store: collections of points with vectors and a payload.
//!
//! Reads are ranges of ids, scrolled side by side; writes are upserts. This crate knows how Qdrant's requests and
//! answers look, and neither Spark nor JNI.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs))]

mod api;
mod collection;
mod document;
mod page;
mod point;
mod schema;
mod writer;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::metrics::Metrics;
use vectorfuse_core::options::{Distance, Options, Overwrite};
use vectorfuse_core::paging::{BatchStream, LARGEST_PAGE_BYTES};
use vectorfuse_core::schema::SparkField;
use vectorfuse_core::store::{Store, Writer};
use vectorfuse_core::table::{Column, Role, Scan, Table};
use vectorfuse_core::write::{self, Mode, Outcome, Task, WritePlan, WriteRequest, vector_name};

use crate::api::grpc::{Api, Wanted};
use crate::collection::{Collection, METADATA_KEY, METADATA_SINCE};
use crate::page::{Range, RangePages};
use crate::writer::{Details, QdrantWriter};

/// Sampled ids per split: with 64 of them a split's size is off by some 12 % (one standard deviation).
const SAMPLES_PER_SPLIT: usize = 64;
/// The server's own default bound on the answers to one query.
const MOST_SAMPLES: usize = 10_000;
/// Servers before this one can't draw a sample: such a collection is read in one part.
const SAMPLE_SINCE: (u32, u32) = (1, 11);
/// Points of one request while a schema is inferred, so that large payloads do not come all at once.
const SAMPLE_PAGE: u32 = 100;
/// A guess of a payload field's size on the wire, for the first page.
const FIELD_BYTES: usize = 64;

/// One collection of a Qdrant server.
pub struct Qdrant {
    options: Options,
    api: Api,
}

impl Qdrant {
    /// The collection that the options name; nothing is sent yet.
    pub fn open(options: Options) -> Result<Self> {
        let api = Api::open(&options, Arc::new(Metrics::default()))?;
        Ok(Self { options, api })
    }

    /// The error of something that is wrong with the collection as a whole.
    fn place(&self, error: Error) -> Error {
        error.with("store", "qdrant").with("collection", self.api.collection())
    }

    async fn collection(&self) -> Result<Option<Collection>> {
        let info = self.api.info().await?;
        info.map(Collection::from_info).transpose().map_err(|error| self.place(error))
    }

    fn missing(&self) -> Error {
        self.place(Error::new(Kind::NotFound, format!("there is no collection `{}`", self.api.collection())))
    }

    /// The first points of the collection, as many as the inference may look at.
    async fn sample(&self) -> Result<Vec<qdrant_client::qdrant::RetrievedPoint>> {
        let wanted = Wanted::new(None, Some(Vec::new()));
        let most = self.options.named.schema_sample as usize;
        let (mut points, mut offset, mut page) = (Vec::new(), None, SAMPLE_PAGE);
        while points.len() < most {
            let limit = page.min(u32::try_from(most - points.len()).unwrap_or(page));
            let largest = if limit == 1 { usize::MAX } else { LARGEST_PAGE_BYTES };
            let Some(answer) = self.api.scroll(offset, limit, &wanted, largest).await? else {
                page = (page / 10).max(1);
                continue;
            };
            points.extend(answer.message.result);
            match answer.message.next_page_offset {
                Some(next) => offset = Some(point::from_qdrant_id(Some(next))?),
                None => break,
            }
        }
        Ok(points)
    }

    /// Adds the columns of a write to the schema that is kept with the collection, if one is.
    async fn keep(&self, there: &Collection, columns: &[Column], id: &write::IdSource) -> Result<()> {
        let Some(before) = &there.kept else { return Ok(()) };
        let kept = schema::merged(before, columns, id)?;
        if kept != *before {
            self.api.set_metadata(METADATA_KEY, collection::kept_value(&kept)?).await?;
        }
        Ok(())
    }

    /// Makes the collection ready for a write, and says what the tasks need to know of it.
    async fn prepare_collection(
        &self,
        there: Option<Collection>,
        mode: Mode,
        columns: &[Column],
        id: &write::IdSource,
    ) -> Result<Details> {
        let named = &self.options.named;
        match there {
            Some(there) if mode == Mode::Append => {
                self.keep(&there, columns, id).await?;
                Ok(Details { vectors: there.vectors, create: None })
            }
            Some(there) if named.overwrite == Overwrite::Truncate => {
                let kept = schema::merged(&[], columns, id)?;
                self.api.delete_all().await?;
                self.api.set_metadata(METADATA_KEY, collection::kept_value(&kept)?).await?;
                Ok(Details { vectors: there.vectors, create: None })
            }
            there => {
                if there.is_none() && !named.create_collection {
                    return Err(self.missing());
                }
                let vectors = collection::planned_vectors(&self.options, columns)?;
                let kept = schema::merged(&[], columns, id)?;
                // Checks the vectors before anything is deleted.
                let creation = collection::creation(&vectors, &kept)?;
                if there.is_some() {
                    self.api.drop_collection().await?;
                }
                match creation {
                    Some(creation) => {
                        if self.api.create(creation).await? {
                            return Ok(Details { vectors, create: None });
                        }
                        // By another job, or by a request of ours whose answer was lost.
                        let there = self.collection().await?.ok_or_else(|| self.missing())?;
                        self.keep(&there, columns, id).await?;
                        Ok(Details { vectors: writer::adopted(&vectors, there)?, create: None })
                    }
                    None => Ok(Details { vectors, create: Some(kept) }),
                }
            }
        }
    }
}

#[async_trait]
impl Store for Qdrant {
    async fn table(&self, schema: Option<Vec<SparkField>>, spark: u32) -> Result<Table> {
        self.api.version().await?;
        let collection = self.collection().await?.ok_or_else(|| self.missing())?;
        let known = collection.kept.as_deref().map(|kept| schema::kept_columns(&collection, kept));
        let mut columns = match (schema, known) {
            (Some(schema), known) => schema::user_columns(&collection, &known.unwrap_or_default(), schema)?,
            (None, Some(known)) => known,
            (None, None) => schema::inferred_columns(&collection, &self.sample().await?),
        };
        for column in &mut columns {
            column.data_type = column.data_type.on_spark(spark);
        }
        let others = collection.other_vectors.iter().map(|name| {
            format!("{} is sparse or a multi-vector and is left out: such vectors can't be read yet", vector_name(name))
        });
        Ok(Table { options: self.options.clone(), columns, warnings: others.collect() })
    }

    async fn split(&self, scan: &Scan, wanted: usize) -> Result<Vec<Value>> {
        let wanted = scan.options.named.splits.map_or(wanted, std::num::NonZero::get).clamp(1, MOST_SAMPLES);
        let samples = (wanted * SAMPLES_PER_SPLIT).min(MOST_SAMPLES);
        let mut ids = Vec::new();
        if wanted > 1 && self.api.version().await? >= SAMPLE_SINCE {
            ids = self.api.sample_ids(samples as u64).await?;
        }
        ids.sort_unstable();
        let mut cuts: Vec<_> = (1..wanted).filter_map(|cut| ids.get(ids.len() * cut / wanted)).copied().collect();
        cuts.dedup();
        let points = if cuts.is_empty() { None } else { self.api.info().await?.and_then(|info| info.points_count) };
        let rows = points.unwrap_or_default() / (cuts.len() as u64 + 1);
        let starts = std::iter::once(None).chain(cuts.iter().copied().map(Some));
        let ends = cuts.iter().copied().map(Some).chain(std::iter::once(None));
        let ranges = starts.zip(ends).map(|(from, to)| serde_json::to_value(Range { from, to, rows }));
        ranges
            .map(|range| range.map_err(|error| Error::internal("a split can't be written").caused_by(error)))
            .collect()
    }

    fn read(&self, scan: Scan, part: Value, metrics: Arc<Metrics>) -> Result<BatchStream> {
        let range = serde_json::from_value(part)
            .map_err(|error| Error::internal("the split can't be read").caused_by(error))?;
        let vector_bytes = |column: &Column| match &column.role {
            // The size is not in the scan; a guess serves for the first page alone.
            Role::Vector(_) => 4 * 1024,
            Role::Payload(_) | Role::Id { .. } | Role::Unused => FIELD_BYTES,
        };
        let row_bytes = scan.columns.iter().map(vector_bytes).sum();
        let most = scan.options.named.page_size.map(std::num::NonZero::get);
        let api = Api::open(&scan.options, Arc::clone(&metrics))?;
        Ok(BatchStream::start(RangePages::new(api, scan.columns, range), row_bytes, most, metrics))
    }

    async fn prepare(&self, request: WriteRequest) -> Result<WritePlan> {
        let version = self.api.version().await?;
        let there = self.collection().await?;
        let recreate = request.mode == Mode::Overwrite && self.options.named.overwrite == Overwrite::Recreate;
        let vectors = there.as_ref().filter(|_| !recreate).map(Collection::vector_names);
        let (columns, id) =
            write::assign(&self.options, &request.fields, vectors.as_deref()).map_err(|e| self.place(e))?;
        if let Some(there) = there.as_ref().filter(|_| !recreate) {
            refuse_other_vectors(&self.options, there, request.mode, &columns)?;
            refuse_properties_that_differ(&self.options, &there.vectors)?;
        }
        let details = self.prepare_collection(there, request.mode, &columns, &id).await.map_err(|e| self.place(e))?;
        let warnings = warnings(&details, &id, version);
        let details = serde_json::to_value(&details)
            .map_err(|error| Error::internal("the plan of the write can't be written").caused_by(error))?;
        Ok(WritePlan { options: self.options.clone(), columns, id, query: request.query, details, warnings })
    }

    fn writer(&self, plan: WritePlan, task: Task, metrics: Arc<Metrics>) -> Result<Box<dyn Writer>> {
        let api = Api::open(&plan.options, Arc::clone(&metrics))?;
        Ok(Box::new(QdrantWriter::new(api, plan, task, metrics)?))
    }

    async fn finish(&self, plan: WritePlan, outcome: Outcome) -> Result<()> {
        let Outcome::Commit(_) = outcome else { return Ok(()) };
        let details = Details::of(&plan)?;
        let there = self.collection().await?;
        match &there {
            None if details.create.is_some() => {
                let name = details.vector_without_size();
                Err(self.place(Error::data(format!(
                    "the DataFrame is empty, so the size of {} is not known and the collection was not created: {}",
                    vector_name(name),
                    writer::say_size(name)
                ))))
            }
            None => Err(self.missing()),
            // Another job may have created the collection, or added columns, at the same time.
            Some(there) => self.keep(there, &plan.columns, &plan.id).await.map_err(|error| self.place(error)),
        }
    }
}

/// What the user should know of a write that no error says.
fn warnings(details: &Details, id: &write::IdSource, version: (u32, u32)) -> Vec<String> {
    let mut warnings = Vec::new();
    for (name, _) in details.vectors.iter().filter(|(_, spec)| spec.distance == Distance::Cosine) {
        warnings
            .push(format!("{} has the distance Cosine: the server keeps and returns it normalised", vector_name(name)));
    }
    for (name, _) in details.vectors.iter().filter(|(_, spec)| spec.rounded) {
        warnings
            .push(format!("the collection keeps {} in fewer bits than 32: the server rounds it", vector_name(name)));
    }
    if *id == write::IdSource::Generated {
        warnings.push(
            "rows have no id, so each gets one from its place in its task: if a task runs again and its rows come in \
             another order (after a shuffle, say), some may be doubled or lost. Give `id_field` or `key_fields`"
                .to_owned(),
        );
    }
    if version < METADATA_SINCE {
        warnings.push(format!(
            "the server's version {}.{} does not keep the DataFrame's schema (1.16 does): a read infers the types",
            version.0, version.1
        ));
    }
    warnings
}

/// A column that would be taken for a sparse vector or a multi-vector must not end as payload.
fn refuse_other_vectors(options: &Options, there: &Collection, mode: Mode, columns: &[Column]) -> Result<()> {
    let other = |column: &&Column| there.other_vectors.contains(&column.name) && column.role != Role::Unused;
    if let Some(column) = columns.iter().find(other) {
        return Err(Error::unsupported(format!(
            "column `{}`: the vector of that name is sparse or a multi-vector, which can't be written yet",
            column.name
        )));
    }
    match there.other_vectors.first() {
        Some(name) if mode == Mode::Append && !options.names_vectors() => Err(Error::unsupported(format!(
            "{} is sparse or a multi-vector, which can't be written yet, and a point that is written over would lose it: \
             name the vectors that you mean to write with `vector_field` or `vector_fields` if that is what you want",
            vector_name(name)
        ))),
        Some(_) | None => Ok(()),
    }
}

/// What the user says of a vector of a collection that is there must be so.
fn refuse_properties_that_differ(options: &Options, there: &BTreeMap<String, collection::VectorSpec>) -> Result<()> {
    let differs = |name: &str, said: String, is: String| {
        let name = vector_name(name);
        Err(Error::options(format!(
            "the options say that {name} has {said}, and the collection has {is}: correct them, or overwrite with `overwrite` = `recreate`"
        )))
    };
    for (name, properties) in &options.vectors {
        let Some(spec) = there.get(name) else {
            return Err(Error::options(format!(
                "the options name {}, which the collection does not have",
                vector_name(name)
            )));
        };
        if let Some(size) = properties.size.filter(|size| Some(*size) != spec.size) {
            return differs(
                name,
                format!("{size} dimensions"),
                format!("{} dimensions", spec.size.unwrap_or_default()),
            );
        }
    }
    for (name, spec) in there {
        let own = options.vectors.get(name).and_then(|properties| properties.distance);
        if let Some(distance) = own.or(options.named.distance).filter(|distance| *distance != spec.distance) {
            return differs(name, format!("the distance {distance:?}"), format!("{:?}", spec.distance));
        }
    }
    Ok(())
}
