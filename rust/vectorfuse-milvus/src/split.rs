//! How a collection is cut into parts that are read side by side: ranges of primary keys of about as many rows.

use serde::{Deserialize, Serialize};
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::options::Options;
use vectorfuse_core::table::Scan;

use crate::Milvus;
use crate::api::DISTANCE;
use crate::collection::{Collection, DYNAMIC_FIELD};
use crate::cuts;
use crate::details::{self, ReadDetails};
use crate::expression;
use crate::key::Key;
use crate::keyspace::Keyspace;
use crate::selection::{Moment, Selection};
use crate::shaper::Shaper;

/// So few rows are read in one part: cutting the collection would take longer.
const ONE_SPLIT: u64 = 10_000;

/// What one task reads.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Part {
    /// Of which collection, whatever an alias means later.
    pub(crate) collection: String,
    /// From this key on; from the first if there is none.
    pub(crate) from: Option<Key>,
    /// Only keys after this one.
    pub(crate) after: Option<Key>,
    /// Up to and with this key; to the last if there is none.
    pub(crate) last: Option<Key>,
    pub(crate) moment: Moment,
}

impl Part {
    /// Only the selection's rows in this part.
    pub(crate) fn narrow(&self, selection: &Selection) -> Selection {
        let name = &selection.primary;
        let bounds = [
            self.from.as_ref().and_then(|key| expression::not_before(name, key)),
            self.after.as_ref().map(|key| expression::after(name, key)),
            self.last.as_ref().map(|key| expression::not_after(name, key)),
        ];
        bounds.into_iter().flatten().fold(selection.clone(), |selection, bound| selection.and(bound))
    }
}

/// The key that the option `offset` starts from.
fn start(options: &Options, collection: &Collection) -> Result<Option<Key>> {
    // Of a search it says how many of the best rows to leave out.
    let Some(text) = options.named.offset.as_ref().filter(|_| !options.is_search()) else { return Ok(None) };
    if collection.has_integer_keys()? {
        return text.trim().parse().map(|key| Some(Key::Integer(key))).map_err(|_| {
            Error::options(format!("option `offset` is `{text}`: expected the key to start from, an integer"))
        });
    }
    Ok(Some(Key::Text(text.clone())))
}

impl Milvus {
    /// Disjoint parts that are together all that the scan is about; about `wanted` of them.
    pub(crate) async fn parts(&self, scan: &Scan, wanted: usize) -> Result<Vec<Part>> {
        let options = &scan.options;
        let details: ReadDetails = details::of_plan(&scan.details)?;
        self.check_carried(scan)?;
        // What the read sees is settled before anything of it is read.
        let moment = Moment::of_options(options)?.fixed(&self.api).await?;
        let collection = self.collection().await?.ok_or_else(|| self.missing())?;
        let api = self.api.at(&collection.name);
        let part = Part { collection: collection.name.clone(), from: None, after: None, last: None, moment };
        let wanted = options.named.splits.map_or(wanted, std::num::NonZero::get).max(1);
        if options.is_windowed() {
            return Ok(vec![Part { from: start(options, &details.collection)?, ..part }]);
        }
        let is_small = scan.limit.is_some_and(|limit| limit <= ONE_SPLIT);
        if wanted == 1 || is_small || scan.aggregates.is_some() {
            return Ok(vec![part]);
        }
        let selection = Selection::of(scan, moment)?;
        let (rows, first) = tokio::try_join!(selection.count(&api), cuts::first_keys(&api, &selection))?;
        if rows <= ONE_SPLIT {
            return Ok(vec![part]);
        }
        let space = Keyspace::new(details.collection.has_integer_keys()?, rows);
        let cuts = cuts::cuts(&api, &selection, space, first, rows, wanted).await?;
        let starts = std::iter::once(None).chain(cuts.iter().cloned().map(Some));
        let ends = cuts.iter().cloned().map(Some).chain(std::iter::once(None));
        Ok(starts.zip(ends).map(|(after, last)| Part { after, last, ..part.clone() }).collect())
    }

    /// Whether the columns can come as they are, over what the options say.
    fn check_carried(&self, scan: &Scan) -> Result<()> {
        let wanted = Shaper::new(scan)?.wanted;
        if wanted.iter().any(|field| field == DYNAMIC_FIELD) {
            self.api.grpc_only("reading columns that are no fields of the collection (`$meta`)")?;
        }
        if scan.options.is_search() && wanted.iter().any(|field| field == DISTANCE) {
            self.api.grpc_only(&format!("a search that gives the field `{DISTANCE}`"))?;
        }
        Ok(())
    }

    /// Checks on the driver what the parts of a read will be made of.
    pub(crate) fn check_parts(&self, collection: &Collection) -> Result<()> {
        start(&self.options, collection).map(drop)
    }
}
