//! Every option, stated once: from the table below come the struct, the parser, the defaults, the aliases, the
//! error texts and the rows of `docs/options.md`.
//!
//! An option of the contract that does not work yet stands in [`table::PLANNED`] and is refused by name.

mod check;
mod parse;
mod peers;
mod properties;
mod session;
mod spark_milvus;
pub(crate) mod table;
mod value;
mod words;

use std::collections::BTreeMap;

use arrow_schema::DataType;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::retry::RetryPolicy;
use crate::schema::{Layout, SparkField, SparkType, fields_from_json};
use crate::secret::Secret;
use crate::write::Mode;

pub use properties::{IndexProperties, VectorProperties, option_of};
pub use table::{OptionRow, markdown, rows};
pub use value::{Chosen, Seconds};
pub use words::{
    Compression, Datatype, Disposition, Distance, IdScheme, IndexKind, Modifier, OnError, Ordering, Overwrite,
    PayloadForm, Quantization, Tokenizer, Transport, VectorIndex, WriteMode,
};

/// The rows of a page where `max_pages` is given and `page_size` is not: spark-fuse's default.
const PAGE_ROWS: u64 = 128;

/// How many points a search finds that does not say.
const TOP_K: u64 = 10;

/// Which side of a connector an option belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Reaching the store: reads and writes.
    Both,
    /// Reads alone.
    Read,
    /// Writes alone.
    Write,
}

impl Side {
    fn allows(self, wanted: Side) -> bool {
        self == Side::Both || wanted == Side::Both || self == wanted
    }

    fn title(self) -> &'static str {
        match self {
            Side::Both => "Reaching the store",
            Side::Read => "Reading",
            Side::Write => "Writing",
        }
    }
}

/// What the user asked for, parsed and checked. It travels to the executors inside plans and splits.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Options {
    /// The options that have a name of their own.
    #[serde(flatten)]
    pub named: table::Named,
    /// `header.<name>`: sent with every request. Values can be credentials, so they are secrets.
    pub headers: BTreeMap<String, Secret>,
    /// `vector.<name>.<property>` by the vector's name (empty: the unnamed vector).
    pub vectors: BTreeMap<String, VectorProperties>,
    /// `index.<field>` by the field's path in the payload.
    #[serde(default)]
    pub indexes: BTreeMap<String, IndexProperties>,
    /// The options of this very read or write, not the session's: the name in the contract, and as it was written.
    #[serde(skip)]
    pub given: BTreeMap<String, String>,
    /// What the user should know of the options that were given.
    #[serde(skip)]
    pub warnings: Vec<String>,
}

/// Where the options come from: those of the read or write, and the session's `spark.vectorfuse.*`.
// No `Debug`: secrets are plain text here.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Given {
    /// Of this read or write; they win.
    pub options: BTreeMap<String, String>,
    /// The session's, with their whole keys.
    #[serde(default)]
    pub session: BTreeMap<String, String>,
}

impl Given {
    /// Parses and checks the options for one side. With [`Side::Both`] each known option is accepted: it is not
    /// known yet whether a read or a write follows.
    pub fn parse(&self, side: Side) -> Result<Options> {
        parse::parse(self, side)
    }

    /// A regular expression over the names of those given options that are secret, for Spark's own redaction;
    /// `None` if there are none.
    #[must_use]
    pub fn redaction(&self) -> Option<String> {
        parse::redaction(self)
    }
}

impl Options {
    /// Refuses those of these options, by their names in the contract, that the read or write itself gives: the store
    /// has no such thing.
    pub fn refuse(&self, store: &str, names: &[&str]) -> Result<()> {
        match names.iter().find_map(|name| self.given.get(*name)) {
            Some(written) => Err(Error::options(format!(
                "option `{written}` has no meaning for the store `{store}`: remove it; docs/options.md says what there is instead"
            ))),
            None => Ok(()),
        }
    }

    /// The store's name: said by `store`, or by an option that only one store has.
    pub fn store(&self) -> Result<&str> {
        self.named.store.as_deref().ok_or_else(|| missing("store", "for example `qdrant`"))
    }

    /// Where the store answers: `url`, or `host`, `port` and `https`; then `prefix`.
    pub fn url(&self, default_port: u16) -> Result<String> {
        let base = match (&self.named.url, &self.named.host) {
            (Some(_), Some(_)) => {
                return Err(Error::options("`url` and `host` both say where the store is: give one of them"));
            }
            (Some(url), None) => url.clone(),
            (None, Some(host)) => {
                let scheme = if self.named.https == Some(true) { "https" } else { "http" };
                format!("{scheme}://{host}:{}", self.named.port.unwrap_or(default_port))
            }
            (None, None) => return Err(missing("url", "for example `http://localhost:6334`")),
        };
        Ok(match &self.named.prefix {
            Some(prefix) => format!("{}/{}", base.trim_end_matches('/'), prefix.trim_matches('/')),
            None => base,
        })
    }

    /// The collection, with its prefix if there is one.
    pub fn collection(&self) -> Result<String> {
        let name = self.named.collection.as_deref().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| missing("collection", "the collection to read or write"))?;
        Ok(match &self.named.dataset {
            Some(dataset) => format!("{dataset}{}{name}", self.named.dataset_separator),
            None => name.to_owned(),
        })
    }

    /// Whether the user says which columns hold the vectors, or that none does.
    #[must_use]
    pub fn names_vectors(&self) -> bool {
        let named = &self.named;
        let lists =
            [&named.vector_fields, &named.sparse_fields, &named.sparse_vector_value_fields, &named.multi_fields];
        named.vector_field.is_some() || lists.into_iter().any(Option::is_some)
    }

    /// The schema that the options give; `None` if they give none.
    pub fn schema(&self) -> Result<Option<Vec<SparkField>>> {
        let Some(text) = &self.named.schema else { return Ok(None) };
        let json = serde_json::from_str(text);
        let json =
            json.map_err(|error| Error::options("option `schema`: expected Spark's schema JSON").caused_by(error))?;
        fields_from_json(&json).map(Some)
    }

    /// The columns that a read on a Spark of this major version is to have: those that Spark says, which must be those of the
    /// options if these say any.
    pub fn read_schema(&self, said: Option<Vec<SparkField>>, spark: u32) -> Result<Option<Vec<SparkField>>> {
        let (Some(own), Some(fields)) = (self.schema()?, &said) else {
            return Ok(said.or(self.schema()?));
        };
        // As far as a read tells types apart.
        let shape = |fields: &[SparkField]| -> Vec<(String, DataType)> {
            let shape = |field: &SparkField| field.data_type.on_spark(spark).to_arrow(Layout::Read);
            fields.iter().map(|field| (field.name.clone(), shape(field))).collect()
        };
        if shape(&own) != shape(fields) {
            return Err(Error::options(
                "option `schema`: the read has another schema already (`.schema(…)`): give one of them",
            ));
        }
        Ok(said)
    }

    /// What to say of `distance` in a write into a collection without vectors that it could be about.
    #[must_use]
    pub fn idle_distance(&self, has_dense: bool) -> Option<String> {
        let written = self.given.get("distance").filter(|_| !has_dense)?;
        Some(format!("option `{written}` has no effect: the collection has no dense vectors"))
    }

    /// Whether a write in this mode, of these columns, is the one that the options speak of.
    pub fn check_write(&self, mode: Mode, fields: &[SparkField]) -> Result<()> {
        let own = self.named.write_disposition.filter(|_| self.given.contains_key("write_disposition"));
        let meant = own.map(|disposition| match disposition {
            Disposition::Append | Disposition::Merge => (Mode::Append, "append"),
            Disposition::Replace => (Mode::Overwrite, "overwrite"),
        });
        if let Some((_, word)) = meant.filter(|(meant, _)| *meant != mode) {
            return Err(Error::options(format!(
                "the options ask for another mode than Spark's, which is what counts: say `.mode(\"{word}\")`"
            )));
        }
        let Some(said) = self.schema()? else { return Ok(()) };
        let shape = |fields: &[SparkField]| -> Vec<(String, SparkType)> {
            fields.iter().map(|field| (field.name.clone(), field.data_type.clone())).collect()
        };
        if shape(&said) != shape(fields) {
            return Err(Error::options(
                "option `schema`: it is not the schema of the DataFrame: leave it out, or correct it",
            ));
        }
        Ok(())
    }

    /// Whether the read is a vector search.
    #[must_use]
    pub fn is_search(&self) -> bool {
        self.named.query_vector.is_some() || self.named.query_id.is_some()
    }

    /// Whether the read is about a stretch of the points in the store's own order or a search's, so that one task reads
    /// it, and what Spark would filter must not change which points it counts.
    #[must_use]
    pub fn is_windowed(&self) -> bool {
        let named = &self.named;
        self.is_search() || named.limit.is_some() || named.offset.is_some() || named.max_pages.is_some()
    }

    /// The most rows that the whole read may have.
    #[must_use]
    pub fn most_rows(&self) -> Option<u64> {
        let page = self.named.page_size.map_or(PAGE_ROWS, |size| u64::from(size.get()));
        let pages = self.named.max_pages.map(|pages| (pages.get() as u64).saturating_mul(page));
        let limit = self.named.limit.map(|limit| limit.get() as u64);
        let best = self.is_search().then(|| self.named.top_k.map_or(TOP_K, |best| best.get() as u64));
        pages.into_iter().chain(limit).chain(best).min()
    }

    /// How many of the best points a search leaves out.
    pub fn skipped(&self) -> Result<u64> {
        let Some(text) = &self.named.offset else { return Ok(0) };
        text.trim().parse().map_err(|_| {
            Error::options(format!(
                "option `offset` is `{text}`: expected how many of the best points a search is to leave out"
            ))
        })
    }

    /// How failed requests are tried again.
    #[must_use]
    pub fn retry_policy(&self) -> RetryPolicy {
        RetryPolicy { max_retries: self.named.max_retries as usize, backoff: self.named.backoff_factor.duration() }
    }
}

fn missing(name: &str, what: &str) -> Error {
    Error::options(format!("option `{name}` is missing: {what}"))
}

#[cfg(test)]
mod peers_tests;
#[cfg(test)]
mod tests;
