//! What the modes of a write do to rows that are there and to those that are not, also when tasks run again, race or
//! hold an id twice.

pub mod duplicates;
pub mod existence;
pub mod feeds;
pub mod partial;
pub mod random;
pub mod refusals;

use vectorfuse_core::metrics::Figures;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use crate::job::{Frame, Job};
use crate::store::Place;
use crate::values::{Val, floats, int, text, vector};

/// The places of figures.
pub const ROWS: usize = 0;
pub const REQUESTS: usize = 2;
pub const SKIPPED: usize = 7;

/// Ids, and a number and a text beside each.
pub fn numbered(rows: &[(i64, i64, &str)]) -> Frame {
    let columns = [("id", SparkType::Long), ("n", SparkType::Long), ("s", SparkType::string())];
    Frame::vectored(&columns, rows.iter().map(|(id, n, s)| vec![int(*id), int(*n), text(*s)]).collect())
}

/// Ids with a vector and a number.
pub fn pointed(rows: &[(i64, f32, i64)]) -> Frame {
    let columns = [("id", SparkType::Long), ("vector", floats()), ("n", SparkType::Long)];
    Frame::new(&columns, rows.iter().map(|(id, x, n)| vec![int(*id), vector(&[*x, 1.0]), int(*n)]).collect())
}

pub fn with_mode(place: &dyn Place, mode: &str) -> Job {
    Job::on(place).with("distance", "dot").with("write_mode", mode)
}

/// Makes the collection of such rows, without any.
pub async fn create(place: &dyn Place, rows: &Frame) {
    let empty = Frame { fields: rows.fields.clone(), rows: Vec::new() };
    append(&with_mode(place, "upsert").with("vector.size", "2"), &empty).await;
}

/// Appends in one task, and gives its figures.
pub async fn append(job: &Job, frame: &Frame) -> Figures {
    job.write(frame, Mode::Append).await.unwrap()
}

/// These columns of all that is there.
pub async fn stored(place: &dyn Place, names: &[&str]) -> Vec<Vec<Val>> {
    Job::on(place).read(1).await.unwrap().select(names)
}
