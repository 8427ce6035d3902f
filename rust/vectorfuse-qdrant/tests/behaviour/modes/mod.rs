//! What the modes of a write do to points that are there and to those that are not, also when tasks run again, race or
//! hold an id twice.

mod conditions;
mod counting;
mod duplicates;
mod existence;
mod feeds;
mod old_servers;
mod partial;
mod random;
mod refusals;

use vectorfuse_core::metrics::Figures;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use crate::support::job::{Frame, Job};
use crate::support::server::Place;
use crate::support::values::{Val, floats, int, text, vector};

/// The places of figures.
const ROWS: usize = 0;
const REQUESTS: usize = 2;
const SKIPPED: usize = 7;

/// Ids, and a number and a text beside each.
fn numbered(rows: &[(i64, i64, &str)]) -> Frame {
    let columns = [("id", SparkType::Long), ("n", SparkType::Long), ("s", SparkType::string())];
    Frame::new(&columns, rows.iter().map(|(id, n, s)| vec![int(*id), int(*n), text(*s)]).collect())
}

/// Ids with a vector and a number.
fn pointed(rows: &[(i64, f32, i64)]) -> Frame {
    let columns = [("id", SparkType::Long), ("vector", floats()), ("n", SparkType::Long)];
    Frame::new(&columns, rows.iter().map(|(id, x, n)| vec![int(*id), vector(&[*x, 1.0]), int(*n)]).collect())
}

fn with_mode(place: &Place, mode: &str) -> Job {
    Job::on(place).with("distance", "dot").with("write_mode", mode)
}

/// Appends in one task, and gives its figures.
async fn append(job: &Job, frame: &Frame) -> Figures {
    job.write(frame, Mode::Append).await.unwrap()
}

/// These columns of all that is there.
async fn stored(place: &Place, names: &[&str]) -> Vec<Vec<Val>> {
    Job::on(place).read(1).await.unwrap().select(names)
}
