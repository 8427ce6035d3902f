//! Reading as the driver plans it: what is checked before tasks start, and what a task starts with.

use std::sync::Arc;

use serde_json::Value;
use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::metrics::Metrics;
use vectorfuse_core::paging::{BatchStream, Pages};
use vectorfuse_core::schema::SparkField;
use vectorfuse_core::table::{Scan, Size, Table};

use crate::Milvus;
use crate::aggregate::AggregatePage;
use crate::api::Api;
use crate::api::proto::LoadState;
use crate::collection::Collection;
use crate::details::{self, ReadDetails};
use crate::key_name;
use crate::page::RangePages;
use crate::ranking::SearchPages;
use crate::schema;
use crate::search::Search;
use crate::selection::{Moment, Selection};
use crate::split::Part;
use crate::standing::Standing;
use crate::version::is_lite;

/// Starts to read a part.
pub(crate) fn start(scan: &Scan, part: Value, metrics: Arc<Metrics>) -> Result<BatchStream> {
    let part: Part =
        serde_json::from_value(part).map_err(|error| Error::internal("the split can't be read").caused_by(error))?;
    let details: ReadDetails = details::of_plan(&scan.details)?;
    // A guess, for the first page alone.
    let row_bytes = scan.columns.iter().map(|column| details.bytes(column)).sum::<u64>();
    let row_bytes = usize::try_from(row_bytes).unwrap_or(usize::MAX);
    let most = scan.options.named.page_size.map(std::num::NonZero::get);
    let api = Api::open(&scan.options, Arc::clone(&metrics))?.at(&part.collection);
    let pages: Vec<Box<dyn Pages>> = if scan.aggregates.is_some() {
        vec![Box::new(AggregatePage { api: api.clone(), scan: scan.clone(), moment: part.moment })]
    } else {
        let selection = Selection::of(scan, part.moment)?;
        match details.search {
            Some(search) => vec![Box::new(SearchPages::new(api.clone(), scan, selection, search)?)],
            None => {
                let pages = part.ranges.into_iter().map(|range| -> Result<Box<dyn Pages>> {
                    Ok(Box::new(RangePages::new(api.clone(), scan, &selection, range)?))
                });
                pages.collect::<Result<_>>()?
            }
        }
    };
    let id = details.collection.id;
    let standing = pages.into_iter().map(|pages| Standing { pages, api: api.clone(), id });
    Ok(BatchStream::start_all(standing, row_bytes, most, &metrics))
}

impl Milvus {
    /// The collection as a table, if all that a read will need is there.
    pub(crate) async fn read_table(&self, schema: Option<Vec<SparkField>>, spark: u32) -> Result<Table> {
        // What the options alone say comes before what the server says.
        let moment = Moment::of_options(&self.options)?;
        self.check_database().await?;
        let collection = self.collection().await?.ok_or_else(|| self.missing())?;
        self.check_partitions(&collection).await?;
        self.check_loaded().await?;
        key_name::check(&self.api, &collection).await.map_err(|error| self.place(error))?;
        self.check_parts(&collection).map_err(|error| self.place(error))?;
        self.check_filter(&collection, moment).await?;
        let search = self.search(&collection, moment).await?;
        let mut warnings = schema::warnings(&collection);
        let choice = schema::choice(&self.options, &collection, spark).map_err(|error| self.place(error))?;
        if let Some(search) = search.as_ref().filter(|search| search.is_nullable)
            && is_lite(&self.api.version().await?)
        {
            warnings.push(format!(
                "rows without the vector `{}` are found as if it were all zeros: this server does not tell them apart",
                search.field
            ));
        }
        let columns = match schema {
            Some(schema) => schema::user_columns(&choice, &collection, schema),
            None => choice.columns(schema::columns(&collection), &mut warnings),
        };
        let mut columns = columns.map_err(|error| self.place(error))?;
        for column in &mut columns {
            column.data_type = column.data_type.on_spark(spark);
        }
        let indexed = self.api.indexes().await?.into_iter().map(|index| index.field_name).collect();
        let rows = self.api.at(&collection.name).rows().await?;
        let details = details::to_plan(&ReadDetails { collection, indexed, search, rows })?;
        Ok(Table { options: self.options.clone(), columns, details, warnings })
    }

    /// The vector search, if the options say one, and the server can do it.
    async fn search(&self, collection: &Collection, moment: Moment) -> Result<Option<Search>> {
        if !self.options.is_search() {
            return Ok(None);
        }
        let indexes = self.api.indexes().await?;
        let search = Search::resolve(&self.options, collection, &indexes).map_err(|error| self.place(error))?;
        if let Some(search) = &search {
            self.check_search(search, collection, moment).await.map_err(|error| self.place(error))?;
        }
        Ok(search)
    }

    /// About how much a scan reads.
    pub(crate) async fn read_size(&self, scan: &Scan) -> Result<Option<Size>> {
        let details: ReadDetails = details::of_plan(&scan.details)?;
        let selection = Selection::of(scan, Moment::of_options(&scan.options)?)?;
        let rows = if scan.aggregates.is_some() {
            Some(1)
        } else if selection.is_whole() {
            details.rows
        } else {
            Some(selection.count(&self.api.at(&details.collection.name)).await?)
        };
        let Some(rows) = rows else { return Ok(None) };
        let bounds = [scan.limit, scan.options.most_rows()];
        let rows = bounds.into_iter().flatten().fold(rows, u64::min);
        let row = scan.columns.iter().map(|column| details.bytes(column)).sum::<u64>();
        Ok(Some(Size { rows, bytes: rows.saturating_mul(row.max(1)) }))
    }

    /// Servers say of a database that is not there only that it has no such collection.
    async fn check_database(&self) -> Result<()> {
        let database = self.api.database();
        if database.is_empty() {
            return Ok(());
        }
        let databases = match self.api.databases().await {
            Ok(databases) => databases,
            // Whoever may read a collection need not be allowed to list databases.
            Err(error) if matches!(error.kind(), Kind::Denied | Kind::Unsupported) => return Ok(()),
            Err(error) => return Err(error),
        };
        if databases.iter().any(|name| name == database) {
            return Ok(());
        }
        let words = format!("there is no database `{database}`: the server has {}", databases.join(", "));
        Err(self.place(Error::new(Kind::NotFound, words)))
    }

    /// Some servers find no rows in partitions that are not there.
    async fn check_partitions(&self, collection: &Collection) -> Result<()> {
        let asked = &self.options.named.partitions;
        if asked.is_empty() {
            return Ok(());
        }
        if collection.has_partition_key {
            return Err(self.place(Error::options(
                "option `partitions`: the server spreads the rows of this collection over partitions by a field: filter by \
                 that field instead",
            )));
        }
        let all = self.api.partitions().await?;
        match asked.iter().find(|name| !all.contains(name)) {
            None => Ok(()),
            Some(stranger) => Err(self.place(Error::new(
                Kind::NotFound,
                format!(
                    "option `partitions`: there is no partition `{stranger}`, the collection has {}",
                    all.join(", ")
                ),
            ))),
        }
    }

    /// A collection is read from the server's memory. To put it there is for its owner to decide, not for a read.
    async fn check_loaded(&self) -> Result<()> {
        let partitions = &self.options.named.partitions;
        let what = if partitions.is_empty() { "the collection is" } else { "the partitions are" };
        match self.api.load_state(partitions).await? {
            LoadState::Loaded => Ok(()),
            LoadState::Loading => Err(self.place(Error::unsupported(format!(
                "{what} being loaded: read again when that is done (a program can wait for it with `get_load_state`)"
            )))),
            LoadState::NotExist | LoadState::NotLoaded => {
                let first = if self.api.indexes().await?.is_empty() {
                    "its vectors have no index either: create one (`create_index`), then load it (`load_collection`)"
                } else {
                    "load it first (`load_collection`)"
                };
                Err(self.place(Error::unsupported(format!("{what} not loaded, so nothing can be read: {first}"))))
            }
        }
    }

    /// Whether the server can read the option `filter`.
    async fn check_filter(&self, collection: &Collection, moment: Moment) -> Result<()> {
        if self.options.named.filter.is_none() {
            return Ok(());
        }
        let selection = Selection::of_options(&self.options, collection, moment).map_err(|error| self.place(error))?;
        let request = selection.page(vec![selection.primary.clone()], 1);
        match Api::refusal(self.api.query(request, usize::MAX).await)? {
            None => Ok(()),
            Some(error) => {
                Err(self.place(Error::options("option `filter`: the server can't evaluate it").caused_by(error)))
            }
        }
    }
}
