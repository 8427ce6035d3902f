//! What happens to a collection before and after a write: it is checked, created or emptied, and its schema is kept.

use std::collections::BTreeMap;

use vectorfuse_core::condition::{Condition, Operand};
use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::options::{Distance, Options, Overwrite, WriteMode};
use vectorfuse_core::payload::Scalar;
use vectorfuse_core::reject;
use vectorfuse_core::rules::Rules;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::table::Column;
use vectorfuse_core::vector::VectorKind;
use vectorfuse_core::write::{self, Mode, Outcome, WritePlan, WriteRequest, vector_name};

use crate::alias::Destination;
use crate::collection::{self, Collection, METADATA_KEY, METADATA_SINCE};
use crate::creation;
use crate::indexes::{self, Index};
use crate::limits::Limits;
use crate::routing;
use crate::writer::{self, Details};
use crate::{Qdrant, counters, guard, schema, settings, version};

impl Qdrant {
    /// Checks a write and prepares the collection for it.
    pub(crate) async fn prepare_write(&self, request: WriteRequest) -> Result<WritePlan> {
        reject::prepare(&self.options)?;
        let version = self.api.version().await?;
        let destination = self.destination(&request).await?;
        let made_for = (request.mode == Mode::Create && version >= METADATA_SINCE).then(|| request.query.clone());
        let (swap, mut own) = (destination.swap, self.at(destination.collection.as_deref()));
        // What is written beside is always made: whether the alias may be, was asked before.
        own.options.named.create_collection |= swap;
        let prepared = own.prepare_at(request, destination, made_for.clone(), version).await;
        // What is there already is not of this write.
        if prepared.as_ref().is_err_and(|error| error.kind() != Kind::AlreadyExists) {
            // What went wrong is what the user must know, not what went wrong after it.
            drop(own.undo(swap, made_for.as_deref(), self).await);
        }
        prepared
    }

    async fn prepare_at(
        &self,
        request: WriteRequest,
        destination: Destination,
        made_for: Option<String>,
        version: (u32, u32),
    ) -> Result<WritePlan> {
        let there = self.collection().await?;
        if there.is_some() && request.mode == Mode::Create {
            return Err(self.place(write::already_there(self.api.collection())));
        }
        let recreate = request.mode == Mode::Overwrite && self.options.named.overwrite == Overwrite::Recreate;
        let vectors = there.as_ref().filter(|_| !recreate).map(Collection::kinds);
        let (columns, id) =
            write::assign(&self.options, &request.fields, vectors.as_ref()).map_err(|e| self.place(e))?;
        let rules = Rules::of(&self.options, &request.fields, &id, request.mode).map_err(|e| self.place(e))?;
        version::check(version, version::needed(&self.options, &rules)).map_err(|e| self.place(e))?;
        if !rules.counters.is_empty() && columns.iter().any(|column| column.name == counters::FIELD) {
            let own = format!(
                "column `{}`: with `counter_fields` the field of that name is VectorFuse's own",
                counters::FIELD
            );
            return Err(self.place(Error::options(own)));
        }
        let guarding = guarding_fields(&rules, &columns).map_err(|e| self.place(e))?;
        let write_mode = self.options.named.write_mode;
        if there.is_none() && matches!(write_mode, WriteMode::Update | WriteMode::Partial | WriteMode::Delete) {
            return Err(self.missing());
        }
        version::check_kinds(version, &self.options, &columns, vectors.as_ref()).map_err(|e| self.place(e))?;
        if let Some(there) = there.as_ref().filter(|_| !recreate) {
            routing::check(&self.api, &self.options, there).await.map_err(|e| self.place(e))?;
            settings::check(&self.options, &there.vectors, version)?;
            refuse_properties_that_differ(&self.options, &there.vectors)?;
            refuse_rounding_indexes(there, &rules, &columns).map_err(|e| self.place(e))?;
            settings::refuse_differences(&self.options, there)?;
        }
        let indexes = indexes::wanted(&self.options, &columns)?;
        if let Some(there) = there.as_ref().filter(|_| !recreate) {
            refuse_unindexed_guards(there, &guarding, &indexes, &rules, write_mode).map_err(|e| self.place(e))?;
        }
        indexes::refuse_newer(&indexes, version)?;
        let indexed = there.as_ref().filter(|_| !recreate).map(|there| there.payload_schema.clone());
        let indexed = indexed.unwrap_or_default();
        indexes::refuse_others(&indexes, &indexed)?;
        let known = there.as_ref().filter(|_| !recreate).map(|there| Limits::of(&there.config));
        let details = self.prepare_collection(there, request.mode, &columns, &id, made_for, version);
        let details = details.await.map_err(|error| self.place(error))?;
        if details.create.is_none() && routing::has_shards(&self.api, &self.options).await? {
            indexes::ensure(&self.api, &indexes, &indexed).await?;
        }
        let limits = match known {
            Some(limits) => limits,
            None => self.collection().await?.map(|there| Limits::of(&there.config)).unwrap_or_default(),
        };
        let Destination { collection, swap } = destination;
        let details = Details { collection, swap, most_points: limits.writes, ..details };
        let mut warnings = warnings(&details, &id, version);
        let has_dense = details.vectors.values().any(|spec| spec.kind != VectorKind::Sparse);
        warnings.extend(self.options.idle_distance(has_dense));
        let details = serde_json::to_value(&details)
            .map_err(|error| Error::internal("the plan of the write can't be written").caused_by(error))?;
        Ok(WritePlan { options: self.options.clone(), columns, id, rules, query: request.query, details, warnings })
    }

    /// Ends a write, after every task has.
    pub(crate) async fn finish_write(&self, plan: WritePlan, outcome: Outcome) -> Result<Vec<String>> {
        let details = Details::of(&plan)?;
        let written = self.at(details.collection.as_deref());
        let Outcome::Commit { messages, .. } = outcome else {
            written.undo(details.swap, details.made_for.as_deref(), self).await?;
            return Ok(Vec::new());
        };
        let mut warnings = reject::finish(&plan.options, &messages)?;
        written.complete(&plan, &details).await?;
        match &details.collection {
            Some(fresh) if details.swap => warnings.extend(self.swap(fresh).await?),
            Some(_) | None => {}
        }
        Ok(warnings)
    }

    /// After the last row: the collection is there, and knows its columns.
    async fn complete(&self, plan: &WritePlan, details: &Details) -> Result<()> {
        let there = self.collection().await?;
        match &there {
            None if details.create.is_some() => {
                let name = details.vector_without_size();
                Err(self.place(Error::data(format!(
                    "the DataFrame is empty, so the size of {} is not known and the collection was not created: {}",
                    vector_name(name),
                    write::say_size(name)
                ))))
            }
            None => Err(self.missing()),
            // Another job may have created the collection, or added columns, at the same time.
            Some(there) => self.keep(there, &plan.columns, &plan.id).await.map_err(|error| self.place(error)),
        }
    }

    /// After a failed write: a collection that only this write could make, to `swap` or as one that was `made_for` it, is
    /// taken away, so that it can run again; not one that `named`, an alias, has moved to.
    async fn undo(&self, swap: bool, made_for: Option<&str>, named: &Self) -> Result<()> {
        // A server that is gone must not hold up the end of a write that has nothing to take back.
        if !swap && made_for.is_none() {
            return Ok(());
        }
        let Some(there) = self.collection().await? else { return Ok(()) };
        let own = if swap {
            named.behind_alias().await?.as_deref() != Some(self.api.collection())
        } else {
            made_for == there.made_for.as_deref()
        };
        if own { self.api.drop_collection().await } else { Ok(()) }
    }

    /// Adds the columns of a write to the schema that is kept with the collection, if one is.
    async fn keep(&self, there: &Collection, columns: &[Column], id: &write::IdSource) -> Result<()> {
        let Some(before) = &there.kept else { return Ok(()) };
        let kept = schema::merged(before, columns, id, &there.vectors)?;
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
        made_for: Option<String>,
        version: (u32, u32),
    ) -> Result<Details> {
        let named = &self.options.named;
        match there {
            Some(there) if mode == Mode::Append => {
                routing::ensure(&self.api, &self.options).await?;
                self.keep(&there, columns, id).await?;
                Ok(Details { vectors: there.vectors, create: None, made_for, ..Details::default() })
            }
            Some(there) if named.overwrite == Overwrite::Truncate => {
                let kept = schema::merged(&[], columns, id, &there.vectors)?;
                routing::empty(&self.api, &self.options, &there).await?;
                routing::ensure(&self.api, &self.options).await?;
                self.api.set_metadata(METADATA_KEY, collection::kept_value(&kept)?).await?;
                Ok(Details { vectors: there.vectors, create: None, made_for, ..Details::default() })
            }
            there => {
                if there.is_none() && !named.create_collection {
                    return Err(self.missing());
                }
                let vectors = collection::planned_vectors(&self.options, columns)?;
                settings::check(&self.options, &vectors, version)?;
                let kept = schema::merged(&[], columns, id, &vectors)?;
                // Checks the vectors before anything is deleted.
                let creation = creation::request(&vectors, &kept, &self.options, made_for.as_deref())?;
                if there.is_some() {
                    self.api.drop_collection().await?;
                }
                match creation {
                    Some(creation) => {
                        if self.api.create(creation).await? {
                            routing::ensure(&self.api, &self.options).await?;
                            return Ok(Details { vectors, create: None, made_for, ..Details::default() });
                        }
                        // By another job, or by a request of ours whose answer was lost.
                        let there = self.collection().await?.ok_or_else(|| self.missing())?;
                        creation::refuse_others(&there, made_for.as_deref(), self.api.collection())?;
                        routing::check(&self.api, &self.options, &there).await?;
                        routing::ensure(&self.api, &self.options).await?;
                        self.keep(&there, columns, id).await?;
                        Ok(Details {
                            vectors: writer::adopted(&vectors, there)?,
                            create: None,
                            made_for,
                            ..Details::default()
                        })
                    }
                    None => Ok(Details { vectors, create: Some(kept), made_for, ..Details::default() }),
                }
            }
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
    for (name, _) in details.vectors.iter().filter(|(_, spec)| spec.is_rounded()) {
        warnings
            .push(format!("the collection keeps {} in fewer bits than 32: the server rounds it", vector_name(name)));
    }
    if details.swap {
        warnings.push(
            "`overwrite` = `swap` makes the collection anew from the DataFrame and the options: what the one behind the \
             alias has besides is not taken over"
                .to_owned(),
        );
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

/// The stored fields that decide whether a row changes its point, in the server's words.
fn guarding_fields(rules: &Rules, columns: &[Column]) -> Result<Vec<String>> {
    let named = |index: &usize| guard::path(std::slice::from_ref(&columns[*index].name));
    let counters = rules.counters.iter().map(named).collect::<Result<Vec<_>>>()?;
    let counted = (!counters.is_empty()).then(counters::version_path);
    let order = rules.order.as_ref().map(named).transpose()?;
    let condition = rules.condition.as_ref().map(guard::paths).transpose()?.unwrap_or_default();
    Ok(order.into_iter().chain(condition).chain(counted).collect())
}

/// Strict mode can refuse to change points by a filter on a field without an index. A guarded upsert is none of these: it
/// names its points.
fn refuse_unindexed_guards(
    there: &Collection,
    guarding: &[String],
    indexes: &[Index<'_>],
    rules: &Rules,
    mode: WriteMode,
) -> Result<()> {
    let strict = there.config.strict_mode_config.as_ref().filter(|strict| strict.enabled == Some(true));
    let refuses = strict.is_some_and(|strict| strict.unindexed_filtering_update == Some(false));
    let by_filter = rules.op.is_some() || matches!(mode, WriteMode::Partial | WriteMode::Delete);
    if !refuses || !by_filter {
        return Ok(());
    }
    match guarding.iter().find(|field| !indexes::is_indexed(field, indexes, &there.payload_schema)) {
        None => Ok(()),
        Some(field) => {
            // Ours is no column, so no option makes its index.
            let make =
                if rules.counters.is_empty() { format!("make one (`index.{field}`), or ") } else { String::new() };
            Err(Error::options(format!(
                "what is written depends on the stored field `{field}`, and the collection's strict mode refuses to change \
                 points by a field without an index: {make}allow it (`unindexed_filtering_update`)"
            )))
        }
    }
}

/// An index of integers is asked with the bounds cut to integers by some versions of the server.
fn refuse_rounding_indexes(there: &Collection, rules: &Rules, columns: &[Column]) -> Result<()> {
    let is_double = |index: usize| matches!(columns[index].data_type, SparkType::Float | SparkType::Double);
    let comparisons = rules.condition.iter().flat_map(Condition::comparisons);
    let doubles = comparisons.filter(|(_, operand)| match operand {
        Operand::Column(index) => is_double(*index),
        Operand::Literal(literal) => matches!(literal, Scalar::Double(_)),
    });
    let order = rules.order.filter(|index| is_double(*index)).map(|index| vec![columns[index].name.clone()]);
    for field in doubles.map(|(path, _)| path.clone()).chain(order) {
        let field = guard::path(&field)?;
        if there.indexes.get(&field) == Some(&SparkType::Long) {
            return Err(Error::options(format!(
                "the collection has an index of integers on `{field}`, which can't be compared with doubles exactly: \
                 cast the column to an integer, or index the field as float"
            )));
        }
    }
    Ok(())
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
    for (name, spec) in there.iter().filter(|(_, spec)| spec.kind != VectorKind::Sparse) {
        let own = options.vectors.get(name).and_then(|properties| properties.distance);
        if let Some(distance) = own.or(options.named.distance).filter(|distance| *distance != spec.distance) {
            return differs(name, format!("the distance {distance:?}"), format!("{:?}", spec.distance));
        }
    }
    Ok(())
}
