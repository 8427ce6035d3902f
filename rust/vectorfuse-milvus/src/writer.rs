//! What one task writes to: the collection, which it may have to create first, and what a row does to its rows.

use std::num::NonZero;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::metrics::Metrics;
use vectorfuse_core::options::WriteMode;
use vectorfuse_core::outbox;
use vectorfuse_core::reject::Rejects;
use vectorfuse_core::row_writer::{self, RowWriter};
use vectorfuse_core::rows::Rows;
use vectorfuse_core::store::Writer;
use vectorfuse_core::write::{Task, WritePlan};

use crate::api::{Api, LARGEST_REQUEST};
use crate::appends::{self, Appender, Attempt};
use crate::change::Change;
use crate::collection::{Collection, Field};
use crate::creation;
use crate::details::{self, WriteDetails};
use crate::form::Form;
use crate::lookup::Lookup;
use crate::row::RowReader;
use crate::sender::{Known, Sender};
use crate::version::{PARTIAL_UPDATE, Version};

/// The collection that one task writes to.
pub(crate) struct Target {
    api: Api,
    plan: Arc<WritePlan>,
    details: WriteDetails,
    /// Who writes, if rows must be known again.
    attempt: Option<Attempt>,
    /// How rows become changes; known once the collection is there.
    reader: Option<RowReader>,
    known: Arc<OnceLock<Known>>,
}

/// The writer of one task.
pub(crate) fn open(api: Api, plan: WritePlan, task: Task, metrics: Arc<Metrics>) -> Result<Box<dyn Writer>> {
    let details: WriteDetails = details::of_plan(&plan.details)?;
    let api = details.written.as_deref().map_or(api.clone(), |name| api.at(name));
    let rejects = Rejects::of(&plan.options, &plan.query, task, &metrics)?;
    let plan = Arc::new(plan);
    let known = Arc::new(OnceLock::new());
    // Of a collection that is yet to be created it is known already who makes the keys.
    let attempt = appends::attempt(&plan.options, &details.collection, &plan.query)?;
    let sender = Sender {
        api: api.clone(),
        plan: Arc::clone(&plan),
        known: Arc::clone(&known),
        metrics,
        rejects: rejects.clone(),
    };
    let target = Target { api, plan: Arc::clone(&plan), details, attempt: attempt.clone(), reader: None, known };
    let writer: Box<dyn Writer> = Box::new(RowWriter::new(target, sender, plan, task, rejects));
    Ok(match attempt {
        Some(attempt) => Box::new(Appender { writer, attempt }),
        None => writer,
    })
}

/// How rows of this plan become changes of this collection, and what requests must know of it.
pub(crate) fn read_as(
    plan: &WritePlan,
    details: &WriteDetails,
    attempt: Option<&Attempt>,
) -> Result<(RowReader, Known)> {
    let collection = &details.collection;
    let whole = plan.options.named.write_mode != WriteMode::Partial;
    let order = plan.rules.order.map(|index| order_field(plan, index, collection)).transpose()?;
    let known = Known {
        form: Form::of(details, plan, whole, attempt)?,
        lookup: Lookup { primary: collection.primary()?.clone(), order },
        has_partition_key: collection.has_partition_key,
        has_own_keys: !collection.primary()?.is_auto,
        attempt: attempt.cloned(),
    };
    Ok((RowReader::new(plan, collection)?, known))
}

/// The field that stores the order of rows.
fn order_field(plan: &WritePlan, index: usize, collection: &Collection) -> Result<Field> {
    let name = &plan.columns[index].name;
    collection.field(name).cloned().ok_or_else(|| {
        Error::options(format!(
            "option `order_field`: the collection has no field `{name}` that could store the order of its rows"
        ))
    })
}

impl Target {
    /// The collection is there.
    fn know(&mut self) -> Result<()> {
        let (reader, known) = read_as(&self.plan, &self.details, self.attempt.as_ref())?;
        self.reader = Some(reader);
        self.known.set(known).map_err(|_| Error::internal("a collection that was there is there again"))
    }
}

#[async_trait]
impl row_writer::Target for Target {
    type Change = Change;

    async fn ensure(&mut self, rows: &Rows<'_>) -> Result<bool> {
        if self.plan.options.named.write_mode == WriteMode::Partial {
            // Again, as the driver did: another node of the cluster can be older, and would empty the other fields.
            let version = Version::parse(&self.api.version().await?)?;
            version.require(PARTIAL_UPDATE, "`write_mode` = `partial`")?;
        }
        if self.details.create && !creation::ensure(&self.api, &self.plan, &mut self.details, rows).await? {
            return Ok(false);
        }
        if self.attempt.is_some() {
            appends::check(&self.api).await?;
        }
        self.know().map(|()| true)
    }

    async fn adopt(&mut self) -> Result<()> {
        creation::adopt(&self.api, &self.plan, &mut self.details).await?;
        self.know()
    }

    fn limits(&self) -> outbox::Limits {
        let named = &self.plan.options.named;
        let head = self.known.get().map_or(0, |known| known.form.size());
        let bytes = named.batch_bytes.get().min(LARGEST_REQUEST).saturating_sub(head);
        outbox::Limits { bytes, changes: named.batch_rows.map_or(usize::MAX, NonZero::get) }
    }

    fn change(&mut self, rows: &Rows<'_>, row: usize) -> Result<Option<Change>> {
        let (Some(reader), Some(known)) = (&mut self.reader, self.known.get()) else {
            return Err(Error::internal("rows are read before the collection is there"));
        };
        rows.kept(row, reader.change(&known.form, rows, row))
    }
}
