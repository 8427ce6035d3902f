//! The rows of a vector search, best first.
//!
//! A few come with the answer itself. Of many, the answer has only keys and scores, and the rows are fetched page by page:
//! memory stays flat however many are wanted.

use std::collections::HashMap;

use async_trait::async_trait;
use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::options::Options;
use vectorfuse_core::paging::{LARGEST_PAGE_BYTES, Page, Pages};
use vectorfuse_core::table::Scan;

use crate::api::Api;
use crate::api::proto::ids::IdField;
use crate::api::proto::scalar_field::Data;
use crate::api::proto::{FieldData, FloatArray, QueryResults, ScalarField, SearchResultData, field_data};
use crate::column::keys;
use crate::expression;
use crate::key::Key;
use crate::page::check_greatest;
use crate::search::{Search, most};
use crate::selection::Selection;
use crate::shaper::Shaper;

/// The scores among the fields of an answer: by a name that no field has.
pub(crate) const SCORE: &str = "$score";

/// So many bytes of keys are asked for at once at most: parsers of expressions are slow.
const MOST_BYTES: usize = 1 << 20;

/// What the search says of a row whose parts are yet to be fetched.
struct Hit {
    key: Key,
    score: f32,
}

/// The pages of one search.
pub(crate) struct SearchPages {
    api: Api,
    options: Options,
    search: Search,
    shaper: Shaper,
    selection: Selection,
    /// How many rows are wanted at most.
    most: u64,
    /// What the search found; `None` before it.
    hits: Option<Vec<Hit>>,
    /// How many of them were given.
    given: usize,
}

impl SearchPages {
    pub(crate) fn new(api: Api, scan: &Scan, selection: Selection, search: Search) -> Result<Self> {
        let (options, shaper) = (scan.options.clone(), Shaper::new(scan)?);
        let most = most(&options)?;
        Ok(Self { api, options, search, shaper, selection, most, hits: None, given: 0 })
    }

    /// What the search finds, with these fields of each row; `None` if it would be larger than `largest` bytes.
    async fn search(&self, fields: Vec<String>, largest: usize) -> Result<Option<(Found, usize)>> {
        let vector = self.search.vector(&self.api, &self.options, &self.selection).await?;
        let request = self.search.request(&self.options, vector, self.most)?;
        let request = self.search.among(&self.selection).search(request, fields);
        let Some(answer) = self.api.search(request, largest).await? else { return Ok(None) };
        let found = Found::of(answer.message.results.unwrap_or_default(), &self.selection.primary)?;
        Ok(Some((found, answer.bytes)))
    }

    /// The places of those rows whose scores are good enough.
    fn good(&self, found: &Found) -> Result<Vec<usize>> {
        let mut good = Vec::with_capacity(found.scores.len());
        for (row, score) in found.scores.iter().enumerate() {
            if self.search.is_good(&self.options, *score)? {
                good.push(row);
            }
        }
        Ok(good)
    }

    /// The rows of these hits, in their order; `None` if they would be larger than `largest` bytes. A row that was deleted
    /// since the search is left out.
    async fn fetch(&self, hits: &[Hit], largest: usize) -> Result<Option<Page>> {
        let name = &self.selection.primary;
        let selection = self.selection.only(expression::among(name, hits.iter().map(|hit| &hit.key)));
        let limit = u32::try_from(hits.len()).unwrap_or(u32::MAX);
        let request = selection.known(self.shaper.wanted.clone(), limit);
        let Some(answer) = self.api.query(request, largest).await? else { return Ok(None) };
        let mut message = answer.message;
        let keys = keys(&message, name)?;
        let mut places = HashMap::new();
        for (row, key) in keys.iter().enumerate() {
            places.entry(key).or_insert(row);
        }
        let (mut scores, mut rows) = (vec![0.0; keys.len()], Vec::with_capacity(hits.len()));
        for hit in hits {
            match places.get(&hit.key) {
                Some(row) => {
                    scores[*row] = hit.score;
                    rows.push(*row);
                }
                None if hit.key == Key::Integer(i64::MAX) => check_greatest(&self.api, &self.selection).await?,
                None => {}
            }
        }
        message.fields_data.push(column(scores));
        let batch = self.shaper.batch(&message, &keys, &rows)?;
        Ok(Some(Page::Rows { batch, bytes: answer.bytes, last: false }))
    }
}

#[async_trait]
impl Pages for SearchPages {
    async fn next(&mut self, rows: u32, whole: bool) -> Result<Page> {
        if self.hits.is_none() {
            let wanted = self.shaper.wanted.clone();
            if self.most <= u64::from(rows)
                && let Some((found, bytes)) = self.search(wanted, LARGEST_PAGE_BYTES).await?
            {
                let good = self.good(&found)?;
                let batch = self.shaper.batch(&found.rows, &found.keys, &good)?;
                return Ok(Page::Rows { batch, bytes, last: true });
            }
            // Asked for no field, some servers give all.
            let key = vec![self.selection.primary.clone()];
            let Some((found, _)) = self.search(key, usize::MAX).await? else {
                return Err(Error::internal("an answer without a bound was too large"));
            };
            let good = self.good(&found)?;
            let hit = |row: usize| Hit { key: found.keys[row].clone(), score: found.scores[row] };
            self.hits = Some(good.into_iter().map(hit).collect());
        }
        let hits = &self.hits.as_deref().unwrap_or_default()[self.given..];
        let mut bytes = 0;
        let short = |hit: &&Hit| {
            bytes += size(&hit.key);
            bytes <= MOST_BYTES
        };
        let page = hits.iter().take(usize::try_from(rows).unwrap_or(usize::MAX)).take_while(short).count();
        // One key is asked for however long it is.
        let page = page.max(1).min(hits.len());
        let largest = if whole { usize::MAX } else { LARGEST_PAGE_BYTES };
        if hits.is_empty() {
            let batch = self.shaper.batch(&QueryResults::default(), &[], &[])?;
            return Ok(Page::Rows { batch, bytes: 0, last: true });
        }
        let last = page == hits.len();
        let Some(found) = self.fetch(&hits[..page], largest).await? else { return Ok(Page::TooLarge) };
        self.given += page;
        Ok(match found {
            Page::Rows { batch, bytes, .. } => Page::Rows { batch, bytes, last },
            Page::TooLarge => Page::TooLarge,
        })
    }
}

/// The answer to a search.
struct Found {
    keys: Vec<Key>,
    scores: Vec<f32>,
    /// Its rows as those of a query, each with its score.
    rows: QueryResults,
}

impl Found {
    fn of(results: SearchResultData, primary: &str) -> Result<Self> {
        let SearchResultData { mut fields_data, scores, ids, .. } = results;
        let (keys, ids): (Vec<Key>, _) = match ids.and_then(|ids| ids.id_field) {
            Some(IdField::IntId(ids)) => {
                (ids.data.iter().copied().map(Key::Integer).collect(), Some(Data::LongData(ids)))
            }
            Some(IdField::StrId(ids)) => {
                (ids.data.iter().cloned().map(Key::Text).collect(), Some(Data::StringData(ids)))
            }
            None => (Vec::new(), None),
        };
        if keys.len() != scores.len() {
            let (keys, scores) = (keys.len(), scores.len());
            return Err(Error::internal(format!("the server found {keys} rows, and gives {scores} scores")));
        }
        // Not every server repeats the keys among the fields.
        fields_data.retain(|field| field.field_name != primary);
        fields_data.extend(ids.map(|ids| scalars(primary, ids)));
        fields_data.push(column(scores.clone()));
        let rows = QueryResults { fields_data, ..QueryResults::default() };
        Ok(Self { keys, scores, rows })
    }
}

/// The scores of an answer's rows as one of its fields.
fn column(scores: Vec<f32>) -> FieldData {
    scalars(SCORE, Data::FloatData(FloatArray { data: scores }))
}

fn scalars(name: &str, data: Data) -> FieldData {
    let scalars = ScalarField { data: Some(data), ..ScalarField::default() };
    let field = Some(field_data::Field::Scalars(scalars));
    FieldData { field_name: name.to_owned(), field, ..FieldData::default() }
}

/// About how long a key is in an expression.
fn size(key: &Key) -> usize {
    match key {
        // The longest integer with its comma.
        Key::Integer(_) => 21,
        Key::Text(text) => text.len() + 4,
    }
}
