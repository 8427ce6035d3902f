//! Reading a split page by page: the next page is fetched and decoded while this one is read, by each of several cursors
//! where a store has them for one split; and pages are sized by bytes, so that memory stays flat whatever the collection
//! holds.

use std::sync::Arc;

use arrow_array::RecordBatch;
use async_trait::async_trait;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::error::{Error, Result};
use crate::metrics::Metrics;

/// The size that a page should have on the wire. A few of them are in memory at once: one being read, one waiting,
/// one being decoded.
pub const PAGE_BYTES: usize = 4 * 1024 * 1024;
/// A page that is larger is not even taken off the wire: it is asked for again with fewer rows.
pub const LARGEST_PAGE_BYTES: usize = 4 * PAGE_BYTES;
/// More rows than this in one page gain nothing.
const MOST_ROWS: u32 = 10_000;
/// The first page has no more rows than this: nothing is known of the payload's size yet.
const FIRST_ROWS: u32 = 256;
/// A page may grow by this factor over the one before: a run of small rows says little of those that follow.
const GROWTH: u32 = 4;

/// One answer of a store.
#[derive(Debug)]
pub enum Page {
    /// Some rows.
    Rows {
        /// The rows; may be empty.
        batch: RecordBatch,
        /// How many bytes the answer had.
        bytes: usize,
        /// Whether the split ends here.
        last: bool,
    },
    /// The answer would be larger than [`LARGEST_PAGE_BYTES`].
    TooLarge,
}

/// A store's cursor over one split.
#[async_trait]
pub trait Pages: Send + 'static {
    /// The next page of at most `rows` rows. If `whole`, it has one row, which is taken however large it is.
    async fn next(&mut self, rows: u32, whole: bool) -> Result<Page>;
}

/// How many rows the next page should have.
#[derive(Clone, Copy, Debug)]
struct PageSize {
    rows: u32,
    most: u32,
}

impl PageSize {
    fn new(row_bytes: usize, most: Option<u32>) -> Self {
        let most = most.unwrap_or(MOST_ROWS).clamp(1, MOST_ROWS);
        let rows = u32::try_from(PAGE_BYTES / row_bytes.max(1)).unwrap_or(MOST_ROWS);
        Self { rows: rows.min(FIRST_ROWS).clamp(1, most), most }
    }

    fn adapt(&mut self, rows: usize, bytes: usize) {
        if let Some(row_bytes) = bytes.checked_div(rows) {
            let fitting = u32::try_from(PAGE_BYTES / row_bytes.max(1)).unwrap_or(MOST_ROWS);
            self.rows = fitting.clamp(1, self.most).min(self.rows.saturating_mul(GROWTH));
        }
    }
}

/// The batches of a split, as they come. Dropping it ends the reading.
#[derive(Debug)]
pub struct BatchStream {
    batches: mpsc::Receiver<Result<RecordBatch>>,
    readers: JoinSet<()>,
}

impl BatchStream {
    /// Starts to read. `row_bytes` is a guess of one row's size on the wire, `most` the user's bound on a page's rows.
    /// Must be called within the runtime.
    pub fn start(pages: impl Pages, row_bytes: usize, most: Option<u32>, metrics: Arc<Metrics>) -> Self {
        Self::start_all([pages], row_bytes, most, &metrics)
    }

    /// Starts to read from several cursors side by side, which together are the split: batches come from whichever has
    /// one. What [`Self::start`] says holds for each of them.
    pub fn start_all<P: Pages>(
        cursors: impl IntoIterator<Item = P>,
        row_bytes: usize,
        most: Option<u32>,
        metrics: &Arc<Metrics>,
    ) -> Self {
        let (sender, batches) = mpsc::channel(1);
        let mut readers = JoinSet::new();
        for pages in cursors {
            readers.spawn(read(pages, PageSize::new(row_bytes, most), sender.clone(), Arc::clone(metrics)));
        }
        Self { batches, readers }
    }

    /// The next batch, which has at least one row; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<RecordBatch>> {
        if let Some(batch) = self.batches.recv().await {
            return Some(batch);
        }
        // The readers are gone: at the end of what they read, or in a panic, which must not look like the end.
        while let Some(ending) = self.readers.join_next().await {
            if let Err(lost) = ending {
                return Some(Err(Error::internal("the reading of a split broke off").caused_by(lost)));
            }
        }
        None
    }
}

/// Hands the pages of one cursor on, until its end or an error, or until nobody wants them any more.
async fn read(
    mut pages: impl Pages,
    mut size: PageSize,
    batches: mpsc::Sender<Result<RecordBatch>>,
    metrics: Arc<Metrics>,
) {
    loop {
        let (item, more) = match pages.next(size.rows, false).await {
            Ok(Page::TooLarge) if size.rows > 1 => {
                size.rows = (size.rows / 8).max(1);
                continue;
            }
            Ok(Page::TooLarge) => taken(pages.next(1, true).await, &metrics),
            page => {
                if let Ok(Page::Rows { batch, bytes, .. }) = &page {
                    size.adapt(batch.num_rows(), *bytes);
                }
                taken(page, &metrics)
            }
        };
        let Some(item) = item else { if more { continue } else { break } };
        if batches.send(item).await.is_err() || !more {
            break;
        }
    }
}

/// What the reader is given of a page, and whether another follows.
fn taken(page: Result<Page>, metrics: &Metrics) -> (Option<Result<RecordBatch>>, bool) {
    match page {
        Ok(Page::Rows { batch, bytes, last }) => {
            metrics.add_rows(batch.num_rows());
            metrics.add_bytes(bytes);
            ((batch.num_rows() > 0).then_some(Ok(batch)), !last)
        }
        Ok(Page::TooLarge) => (Some(Err(Error::internal("a page of one row is too large for a page"))), false),
        Err(error) => (Some(Err(error)), false),
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::{Int32Array, RecordBatchOptions};
    use arrow_schema::{DataType, Field, Schema};

    use super::*;

    /// Rows of given sizes in bytes.
    struct Sized(Vec<usize>);

    #[async_trait]
    impl Pages for Sized {
        async fn next(&mut self, rows: u32, whole: bool) -> Result<Page> {
            let rows = usize::try_from(rows).unwrap().min(self.0.len());
            let bytes: usize = self.0[..rows].iter().sum();
            if bytes > LARGEST_PAGE_BYTES && !whole {
                return Ok(Page::TooLarge);
            }
            let taken: Vec<i32> = self.0.drain(..rows).map(|size| i32::try_from(size).unwrap()).collect();
            let schema = Arc::new(Schema::new(vec![Field::new("size", DataType::Int32, false)]));
            let columns: Vec<arrow_array::ArrayRef> = vec![Arc::new(Int32Array::from(taken))];
            let options = RecordBatchOptions::new().with_row_count(Some(rows));
            let batch = RecordBatch::try_new_with_options(schema, columns, &options).unwrap();
            Ok(Page::Rows { batch, bytes, last: self.0.is_empty() })
        }
    }

    async fn pages(sizes: Vec<usize>, most: Option<u32>) -> Vec<usize> {
        let mut stream = BatchStream::start(Sized(sizes), 100, most, Arc::new(Metrics::default()));
        let mut rows = Vec::new();
        while let Some(batch) = stream.next().await {
            rows.push(batch.unwrap().num_rows());
        }
        rows
    }

    #[tokio::test]
    async fn small_rows_come_in_large_pages() {
        let rows = pages(vec![100; 50_000], None).await;
        assert_eq!(rows.iter().sum::<usize>(), 50_000);
        assert!(rows.len() <= 9, "{rows:?}");
    }

    #[tokio::test]
    async fn large_rows_come_in_small_pages() {
        let rows = pages(vec![1_000_000; 100], None).await;
        assert_eq!(rows.iter().sum::<usize>(), 100);
        assert!(rows.iter().all(|rows| *rows <= 16), "{rows:?}");
    }

    #[tokio::test]
    async fn a_row_larger_than_any_page_comes_alone() {
        let mut sizes = vec![10; 100];
        sizes.push(LARGEST_PAGE_BYTES + 1);
        sizes.extend(vec![10; 100]);
        assert_eq!(pages(sizes, None).await.iter().sum::<usize>(), 201);
    }

    /// A store with a defect.
    struct Broken;

    #[async_trait]
    impl Pages for Broken {
        async fn next(&mut self, _rows: u32, _whole: bool) -> Result<Page> {
            panic!("on purpose")
        }
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_not_the_end() {
        let mut stream = BatchStream::start(Broken, 1, None, Arc::new(Metrics::default()));
        let error = stream.next().await.unwrap().unwrap_err();
        assert_eq!(error.kind(), crate::error::Kind::Internal);
        assert!(stream.next().await.is_none());
    }

    #[async_trait]
    impl Pages for std::result::Result<Sized, Broken> {
        async fn next(&mut self, rows: u32, whole: bool) -> Result<Page> {
            match self {
                Ok(pages) => pages.next(rows, whole).await,
                Err(pages) => pages.next(rows, whole).await,
            }
        }
    }

    #[tokio::test]
    async fn a_panic_of_one_of_several_cursors_comes_after_the_rows_of_the_others() {
        let cursors = [Ok(Sized(vec![1; 7])), Err(Broken), Ok(Sized(vec![1; 9]))];
        let mut stream = BatchStream::start_all(cursors, 1, Some(2), &Arc::new(Metrics::default()));
        let mut rows = 0;
        let error = loop {
            match stream.next().await.unwrap() {
                Ok(batch) => rows += batch.num_rows(),
                Err(error) => break error,
            }
        };
        assert_eq!((rows, error.kind()), (16, crate::error::Kind::Internal));
        assert!(stream.next().await.is_none());
    }

    #[tokio::test]
    async fn the_user_s_page_size_is_a_bound() {
        assert!(pages(vec![1; 100], Some(7)).await.iter().all(|rows| *rows <= 7));
    }
}
