//! From answers to batches, page by page, in the order of the primary keys.

use async_trait::async_trait;
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::paging::{LARGEST_PAGE_BYTES, Page, Pages};
use vectorfuse_core::table::Scan;

use crate::api::Api;
use crate::api::proto::QueryResults;
use crate::column::keys;
use crate::expression;
use crate::key::Key;
use crate::key_range::KeyRange;
use crate::selection::Selection;
use crate::shaper::Shaper;

/// The most rows of one answer that every server gives.
pub(crate) const WINDOW: u32 = 16_384;

/// The pages of one range of keys.
///
/// The next page begins after the last key of this one, so that a page that is asked for again is the same page. A short
/// page is not the end: the end is an empty one.
pub(crate) struct RangePages {
    api: Api,
    shaper: Shaper,
    selection: Selection,
    /// The key of the last row that was read.
    after: Option<Key>,
    /// The last key of the range, if it has a bound.
    last: Option<Key>,
    /// How many rows may still come.
    left: u64,
}

impl RangePages {
    pub(crate) fn new(api: Api, scan: &Scan, selection: &Selection, range: KeyRange) -> Result<Self> {
        Ok(Self {
            api,
            shaper: Shaper::new(scan)?,
            selection: range.narrow(selection),
            after: None,
            last: range.last,
            left: scan.options.most_rows().into_iter().chain(scan.limit).min().unwrap_or(u64::MAX),
        })
    }

    /// The places of the rows of an answer that are read: those after the rows before, each key once.
    ///
    /// Of rows that others have inserted under one key a server shows one; where it shows several, the first is read.
    fn fresh(&self, keys: &[Key]) -> Result<Vec<usize>> {
        let mut before = self.after.as_ref();
        let mut fresh = Vec::with_capacity(keys.len());
        for (row, key) in keys.iter().enumerate() {
            if before.is_some_and(|before| key < before) {
                return Err(Error::unsupported(format!(
                    "the server does not give rows in the order of their keys (`{key}` came late), so that pages would miss \
                     rows: VectorFuse can't read from this version of it"
                )));
            }
            if before != Some(key) {
                fresh.push(row);
            }
            before = Some(key);
        }
        fresh.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
        Ok(fresh)
    }

    /// Whether the greatest integer can be among the keys that were not given.
    fn may_lack_greatest(&self) -> bool {
        let reaches = self.last.is_none() && matches!(self.after, Some(Key::Integer(_)));
        reaches && self.after != Some(Key::Integer(i64::MAX))
    }
}

/// Milvus takes the greatest integer for the end of its lists, and never gives back the row of that key.
pub(crate) async fn check_greatest(api: &Api, selection: &Selection) -> Result<()> {
    let (name, greatest) = (&selection.primary, Key::Integer(i64::MAX));
    if selection.and(expression::same(name, &greatest)).count(api).await? == 0 {
        return Ok(());
    }
    Err(Error::unsupported(format!(
        "there is a row whose `{name}` is {greatest}, and this version of Milvus counts it but does not give it back: \
         read without it (`filter`), or write it under another key"
    )))
}

#[async_trait]
impl Pages for RangePages {
    async fn next(&mut self, rows: u32, whole: bool) -> Result<Page> {
        let nothing = QueryResults::default();
        if self.left == 0 {
            return Ok(Page::Rows { batch: self.shaper.batch(&nothing, &[], &[])?, bytes: 0, last: true });
        }
        let largest = if whole { usize::MAX } else { LARGEST_PAGE_BYTES };
        let limit = rows.min(WINDOW).min(u32::try_from(self.left).unwrap_or(u32::MAX));
        let selection = match &self.after {
            Some(key) => self.selection.and(expression::after(&self.selection.primary, key)),
            None => self.selection.clone(),
        };
        let request = selection.page(self.shaper.wanted.clone(), limit);
        let Some(answer) = self.api.query(request, largest).await? else {
            return Ok(Page::TooLarge);
        };
        let keys = keys(&answer.message, &self.selection.primary)?;
        let fresh = self.fresh(&keys)?;
        let batch = self.shaper.batch(&answer.message, &keys, &fresh)?;
        if keys.is_empty() && self.may_lack_greatest() {
            check_greatest(&self.api, &self.selection).await?;
        }
        self.left -= fresh.len() as u64;
        self.after = keys.into_iter().next_back().or(self.after.take());
        let ended = fresh.is_empty() || self.left == 0 || (self.last.is_some() && self.after == self.last);
        Ok(Page::Rows { batch, bytes: answer.bytes, last: ended })
    }
}
