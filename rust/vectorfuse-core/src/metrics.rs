//! What a reader or writer counts while it runs, for the Spark UI.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// Counters of one task, shared by its requests.
#[derive(Debug, Default)]
pub struct Metrics {
    rows: AtomicI64,
    bytes: AtomicI64,
    requests: AtomicI64,
    retries: AtomicI64,
    throttled_millis: AtomicI64,
    server_micros: AtomicI64,
    rejected_rows: AtomicI64,
    successes: AtomicI64,
    skipped_rows: AtomicI64,
}

/// The figures of a task, in the order that the JVM knows.
pub type Figures = [i64; 8];

impl Metrics {
    /// Rows that were read or that the store has taken.
    pub fn add_rows(&self, rows: usize) {
        self.rows.fetch_add(to_i64(rows), Ordering::Relaxed);
    }

    /// Rows that changed nothing, as the options ask: their point was not to be touched.
    pub fn add_skipped_rows(&self, rows: usize) {
        self.skipped_rows.fetch_add(to_i64(rows), Ordering::Relaxed);
    }

    /// Bytes of the messages that carry rows, uncompressed, without framing.
    pub fn add_bytes(&self, bytes: usize) {
        self.bytes.fetch_add(to_i64(bytes), Ordering::Relaxed);
    }

    /// A request of any kind has succeeded.
    pub fn add_success(&self) {
        self.successes.fetch_add(1, Ordering::Relaxed);
    }

    /// How many requests have succeeded: whether it changes says whether the task gets on.
    #[must_use]
    pub fn successes(&self) -> i64 {
        self.successes.load(Ordering::Relaxed)
    }

    /// Rows that were refused and passed over.
    pub fn add_rejected_rows(&self, rows: usize) {
        self.rejected_rows.fetch_add(to_i64(rows), Ordering::Relaxed);
    }

    /// One request was sent, for the first time or again.
    pub fn add_request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// A request failed and is tried again after `wait`; `throttled` if the store asked for it.
    pub fn add_retry(&self, wait: Duration, throttled: bool) {
        self.retries.fetch_add(1, Ordering::Relaxed);
        if throttled {
            let millis = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
            self.throttled_millis.fetch_add(millis, Ordering::Relaxed);
        }
    }

    /// The time that the store says it worked, in seconds.
    #[allow(clippy::cast_possible_truncation)] // microseconds of one request fit
    pub fn add_server_time(&self, seconds: f64) {
        self.server_micros.fetch_add((seconds * 1e6) as i64, Ordering::Relaxed);
    }

    /// Rows, bytes, requests, retries, throttled milliseconds, server milliseconds, rejected rows, skipped rows.
    #[must_use]
    pub fn snapshot(&self) -> Figures {
        [
            self.rows.load(Ordering::Relaxed),
            self.bytes.load(Ordering::Relaxed),
            self.requests.load(Ordering::Relaxed),
            self.retries.load(Ordering::Relaxed),
            self.throttled_millis.load(Ordering::Relaxed),
            self.server_micros.load(Ordering::Relaxed) / 1000,
            self.rejected_rows.load(Ordering::Relaxed),
            self.skipped_rows.load(Ordering::Relaxed),
        ]
    }
}

fn to_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
