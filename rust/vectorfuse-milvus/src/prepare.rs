//! What happens to a collection before and after a write: it is checked, created or emptied, and made ready.

use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::options::{Options, Overwrite, WriteMode};
use vectorfuse_core::reject;
use vectorfuse_core::rules::Rules;
use vectorfuse_core::write::{self, IdSource, Mode, Outcome, WritePlan, WriteRequest, vector_name};

use crate::Milvus;
use crate::alias::Destination;
use crate::collection::{Collection, Field, FieldType, VectorType};
use crate::creation::{self, MADE_FOR_PROPERTY};
use crate::details::{self, WriteDetails};
use crate::dynamic::Dynamic;
use crate::roles::{self, Assigned};
use crate::version::{LITE_KEYS, PARTIAL_UPDATE, Version, is_lite};
use crate::{appends, columns, fields, indexes, key_name, lookup, partition, settings, truncation};

impl Milvus {
    /// Checks a write and prepares the collection for it.
    pub(crate) async fn prepare_write(&self, request: WriteRequest) -> Result<WritePlan> {
        reject::prepare(&self.options)?;
        refuse_unsupported(&self.options).map_err(|error| self.place(error))?;
        let server = self.api.version().await?;
        let there = self.collection().await?;
        let destination = self.destination(&request, there.as_ref())?;
        // A collection that is written beside is new.
        let there = there.filter(|_| !destination.swap);
        let made_for = (request.mode == Mode::Create).then(|| request.query.clone());
        let (swap, mut own) = (destination.swap, self.at(destination.collection.as_deref()));
        // What is written beside is always made: whether the alias may be, was asked before.
        own.options.named.create_collection |= swap;
        // What the session says of them is meant for other stores.
        own.options.named.multi_fields = None;
        own.options.named.multi_names = None;
        let prepared = own.prepare_at(request, there, destination, made_for.clone(), &server).await;
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
        there: Option<Collection>,
        destination: Destination,
        made_for: Option<String>,
        server: &str,
    ) -> Result<WritePlan> {
        let version = Version::parse(server).map_err(|error| self.place(error))?;
        if there.is_some() && request.mode == Mode::Create {
            return Err(self.place(write::already_there(self.api.collection())));
        }
        let named = &self.options.named;
        let recreate = request.mode == Mode::Overwrite && named.overwrite == Overwrite::Recreate;
        let kept = there.as_ref().filter(|_| !recreate);
        let changes = matches!(named.write_mode, WriteMode::Update | WriteMode::Partial | WriteMode::Delete);
        if kept.is_none() && (changes || !named.create_collection) && there.is_none() {
            return Err(self.missing());
        }
        let assigned = roles::assign(&self.options, &request.fields, kept).map_err(|error| self.place(error))?;
        let Assigned { options, columns, id, auto } = assigned;
        let rules = Rules::of(&options, &request.fields, &id, request.mode).map_err(|error| self.place(error))?;
        self.check_rules(&options, &rules, version).map_err(|error| self.place(error))?;
        let plan = creation::Plan { options: &options, columns: &columns, id: &id };
        let details = WriteDetails {
            is_lite: is_lite(server),
            dropped_keys: LITE_KEYS.iter().filter(|_| is_lite(server)).map(|&key| key.to_owned()).collect(),
            collection: match kept {
                Some(there) => there.clone(),
                None => fields::planned(&options, &columns, &id, auto.as_deref(), version)
                    .map_err(|error| self.place(error))?,
            },
            create: kept.is_none(),
            written: destination.collection,
            swap: destination.swap,
            made_for,
        };
        let attempt = appends::attempt(&options, &details.collection, &request.query);
        let attempt = attempt.map_err(|error| self.place(error))?;
        if !details.create && Dynamic::of(&details, &columns, attempt.as_ref()).is_some() {
            self.api.grpc_only("writing columns that are no fields of the collection (into `$meta`)")?;
        }
        let details = self.prepare_collection(&plan, &request, there.is_some(), details).await;
        let details = details.map_err(|error| self.place(error))?;
        let mut warnings = warnings(&details, &id);
        let is_dense =
            |field: &Field| matches!(field.data_type, FieldType::Vector { kind, .. } if kind != VectorType::Sparse);
        warnings.extend(options.idle_distance(details.collection.fields.iter().any(is_dense)));
        if options.named.replicas.is_some() && kept.is_some() {
            warnings.push(
                "option `replicas` has no effect: it says how often a collection that is created is loaded, and this one is \
                 there: load it anew (`load_collection`)"
                    .to_owned(),
            );
        }
        let details = details::to_plan(&details)?;
        Ok(WritePlan { options, columns, id, rules, query: request.query, details, warnings })
    }

    /// What Milvus can't do with a row.
    fn check_rules(&self, options: &Options, rules: &Rules, version: Version) -> Result<()> {
        if rules.condition.is_some() {
            return Err(Error::unsupported(
                "option `condition`: Milvus changes no row under a condition: remove the option (with `order_field` the row \
                 with the greatest value stays)",
            ));
        }
        if !rules.counters.is_empty() {
            return Err(Error::unsupported(
                "option `counter_fields`: Milvus adds nothing to what is stored: remove the option, and write whole values",
            ));
        }
        if options.named.write_mode == WriteMode::Partial {
            self.api.grpc_only("`write_mode` = `partial`")?;
            version.require(PARTIAL_UPDATE, "`write_mode` = `partial`")?;
        }
        Ok(())
    }

    /// Makes the collection ready for a write: as `details` have it, which say in the end how it is.
    async fn prepare_collection(
        &self,
        plan: &creation::Plan<'_>,
        request: &WriteRequest,
        is_there: bool,
        mut details: WriteDetails,
    ) -> Result<WriteDetails> {
        let options = plan.options;
        partition::check(options, &request.fields, &details.collection)?;
        columns::refuse_dropped(options, plan.columns, &details)?;
        settings::check(options)?;
        if details.create {
            // Checked before anything is deleted.
            self.api.grpc_only("making a collection")?;
            creation::check(&details.collection, options, self.api.collection())?;
            if is_there {
                self.api.drop_collection().await?;
            }
            self.ensure_database().await?;
            creation::create(&self.api, plan, &mut details).await?;
            return Ok(details);
        }
        let there = &details.collection;
        columns::check(options, plan.columns, plan.id, there)?;
        settings::refuse_differences(options, there)?;
        // Rows whose keys the server makes are added, and nothing is asked about their keys.
        let adds = there.primary()?.is_auto && options.named.write_mode != WriteMode::Delete;
        if !adds || request.mode == Mode::Overwrite {
            key_name::check(&self.api, there).await?;
        }
        lookup::check(&self.api, options, there).await?;
        let wanted = indexes::of_there(options, there)?;
        if !wanted.is_empty() {
            self.api.grpc_only("making or comparing an index (options `index.…` and those of a vector's index)")?;
        }
        let indexed = if wanted.is_empty() { Vec::new() } else { self.api.indexes().await? };
        indexes::refuse_others(&wanted, &indexed)?;
        if request.mode == Mode::Overwrite {
            truncation::empty(&self.api, options, there).await?;
        }
        indexes::ensure(&self.api, &wanted, &indexed).await?;
        partition::ensure(&self.api, options, there).await?;
        Ok(details)
    }

    /// The database of a collection that is created is there.
    async fn ensure_database(&self) -> Result<()> {
        if self.has_database().await? {
            return Ok(());
        }
        match self.api.create_database().await {
            Ok(()) => Ok(()),
            // Another job may have made it at the same time.
            Err(_) if self.has_database().await? => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Ends a write, after every task has.
    pub(crate) async fn finish_write(&self, plan: WritePlan, outcome: Outcome) -> Result<Vec<String>> {
        let details: WriteDetails = details::of_plan(&plan.details)?;
        let written = self.at(details.written.as_deref());
        if outcome == Outcome::Abort && written.undo(details.swap, details.made_for.as_deref(), self).await? {
            return Ok(Vec::new());
        }
        let settled = appends::settle(&written.api, &plan.options, &details.collection, &plan.query, &outcome).await;
        let Outcome::Commit { messages, .. } = outcome else {
            // Of a collection that no task has created there is nothing to delete.
            return settled.or_else(gone).map(|()| Vec::new());
        };
        let mut warnings = reject::finish(&plan.options, &messages)?;
        written.complete(&details).await?;
        settled?;
        match &details.written {
            Some(fresh) if details.swap => warnings.extend(self.swap(fresh).await?),
            Some(_) | None => {}
        }
        Ok(warnings)
    }

    /// After the last row: the collection is there.
    async fn complete(&self, details: &WriteDetails) -> Result<()> {
        if self.collection().await?.is_some() {
            return Ok(());
        }
        if !details.create {
            return Err(self.missing());
        }
        let name = details.vector_without_size();
        Err(self.place(Error::data(format!(
            "the DataFrame is empty, so the size of {} is not known and the collection was not created: {}",
            vector_name(name),
            write::say_size(name)
        ))))
    }

    /// After a failed write: a collection that only this write could make, to `swap` or as one that was `made_for` it, is
    /// taken away, so that it can run again; not one that `named`, an alias, has moved to. Whether there was no other thing
    /// to do.
    async fn undo(&self, swap: bool, made_for: Option<&str>, named: &Self) -> Result<bool> {
        // A server that is gone must not hold up the end of a write that has nothing to take back.
        if !swap && made_for.is_none() {
            return Ok(false);
        }
        let Some(there) = self.collection().await? else { return Ok(true) };
        let own = if swap {
            named.behind_alias().await?.as_deref() != Some(self.api.collection())
        } else {
            made_for == there.properties.get(MADE_FOR_PROPERTY).map(String::as_str)
        };
        if own {
            self.api.drop_collection().await?;
        }
        Ok(true)
    }

    /// Whether the options' database is there. Whoever may not ask is told by the server what is wrong.
    pub(crate) async fn has_database(&self) -> Result<bool> {
        if self.api.database().is_empty() {
            return Ok(true);
        }
        match self.api.databases().await {
            Ok(databases) => Ok(databases.iter().any(|database| database == self.api.database())),
            Err(error) if matches!(error.kind(), Kind::Denied | Kind::Unsupported) => Ok(true),
            Err(error) => Err(error),
        }
    }
}

/// What is not there needs nothing done to it.
fn gone(error: Error) -> Result<()> {
    if error.kind() == Kind::NotFound { Ok(()) } else { Err(error) }
}

/// What the options alone say that Milvus can't do.
fn refuse_unsupported(options: &Options) -> Result<()> {
    let named = &options.named;
    if !named.wait && options.given.contains_key("wait") {
        return Err(Error::unsupported(
            "option `wait` = `false`: Milvus acknowledges no row before it is written: remove the option",
        ));
    }
    if options.given.contains_key("multi_fields") {
        return Err(Error::unsupported("option `multi_fields`: VectorFuse can't write multi-vectors to Milvus"));
    }
    Ok(())
}

/// What the user should know of a write that no error says.
fn warnings(details: &WriteDetails, id: &IdSource) -> Vec<String> {
    let mut warnings = Vec::new();
    let there = &details.collection;
    for field in &there.fields {
        if let FieldType::Vector { kind: VectorType::Float16 | VectorType::BFloat16, .. } = field.data_type {
            warnings.push(format!(
                "the collection keeps {} in fewer bits than 32: its numbers are rounded",
                vector_name(&field.name)
            ));
        }
    }
    if details.swap {
        warnings.push(
            "`overwrite` = `swap` makes the collection anew from the DataFrame and the options: what the one behind the \
             alias has besides is not taken over"
                .to_owned(),
        );
    }
    let is_auto = there.fields.iter().any(|field| field.is_primary && field.is_auto);
    if *id == IdSource::Generated && is_auto && !there.is_dynamic {
        warnings.push(
            "the server makes the keys of the rows, and the collection has no dynamic field by which a task could know \
             its rows again: if a task runs again, its rows are there twice"
                .to_owned(),
        );
    } else if *id == IdSource::Generated && !is_auto {
        warnings.push(
            "rows have no id, so each gets one from its place in its task: if a task runs again and its rows come in \
             another order (after a shuffle, say), some may be doubled or lost. Give `id_field` or `key_fields`"
                .to_owned(),
        );
    }
    warnings
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use vectorfuse_core::options::{Given, Side};

    use super::*;

    #[test]
    fn what_milvus_has_not_is_refused_of_a_write_and_not_of_the_session() {
        for (option, text) in [("wait", "false"), ("multi_fields", "m")] {
            let own = BTreeMap::from([(option.to_owned(), text.to_owned())]);
            let session = BTreeMap::from([(format!("spark.vectorfuse.{option}"), text.to_owned())]);
            let refused = |given: Given| refuse_unsupported(&given.parse(Side::Write).unwrap());
            let error = refused(Given { options: own, session: BTreeMap::new() }).unwrap_err();
            assert!(error.to_string().contains(&format!("option `{option}`")), "{error}");
            assert!(refused(Given { options: BTreeMap::new(), session }).is_ok());
        }
    }
}
