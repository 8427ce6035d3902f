//! Rows that can't be kept: with `on_error` they are passed over and counted, or written to a folder with the reason.
//!
//! A task writes its dead letters to a hidden file, which gets its name when the task commits. The name is that of the
//! task and not of the attempt: whichever attempt commits last, its rows stand there once.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use serde_json::value::RawValue;

use crate::document::Document;
use crate::error::{Error, Kind, Result};
use crate::metrics::Metrics;
use crate::options::{OnError, Options};
use crate::rows::Origin;
use crate::write::Task;

/// The rejected rows of one task, shared by its requests.
#[derive(Clone, Debug)]
pub struct Rejects(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    on_error: OnError,
    /// The most rejected rows; 0 is no limit.
    most: u64,
    query: String,
    task: Task,
    metrics: Arc<Metrics>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    rows: u64,
    /// Why the first row was rejected.
    reason: Option<String>,
    letters: Option<Letters>,
    folder: Option<PathBuf>,
}

/// A row that can't be kept.
#[derive(Clone, Debug, Default)]
pub struct Rejected {
    /// Its number in its partition.
    pub row: u64,
    /// What the user calls it.
    pub id: Option<String>,
    /// Its columns as JSON, if they are wanted.
    pub values: Option<Arc<RawValue>>,
    /// How many rows are rejected with it.
    pub rows: usize,
}

/// A rejected row as it is written down.
#[derive(Serialize)]
struct Letter<'a> {
    reason: String,
    kind: &'static str,
    query: &'a str,
    partition: u64,
    row: u64,
    id: Option<&'a str>,
    values: Option<&'a RawValue>,
}

/// What a task's commit tells of its rows.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Tally {
    /// Rows that the task was given.
    rows: u64,
    /// Those of them that were rejected.
    #[serde(default)]
    rejected: u64,
    /// Why the first one was.
    #[serde(default)]
    reason: Option<String>,
    /// Where they are written.
    #[serde(default)]
    dead_letters: Option<PathBuf>,
}

impl Rejects {
    /// Of one task of this query.
    pub fn of(options: &Options, query: &str, task: Task, metrics: &Arc<Metrics>) -> Result<Self> {
        let named = &options.named;
        let folder = match named.on_error {
            OnError::Fail | OnError::Skip => None,
            OnError::DeadLetter => Some(folder(options)?),
        };
        Ok(Self(Arc::new(Shared {
            on_error: named.on_error,
            most: named.max_errors.into(),
            query: query.to_owned(),
            task,
            metrics: Arc::clone(metrics),
            state: Mutex::new(State { rows: 0, reason: None, letters: None, folder }),
        })))
    }

    /// Whether rows that can't be kept are passed over; else the first one ends the write.
    #[must_use]
    pub fn pass_over(&self) -> bool {
        self.0.on_error != OnError::Fail
    }

    /// Whether the columns of a rejected row are written.
    #[must_use]
    pub fn want_values(&self) -> bool {
        self.0.on_error == OnError::DeadLetter
    }

    /// Passes a row over for its error. An error ends the write: that of the row, if no row is passed over or it is none of
    /// the row's values, or one of too many rows.
    pub fn reject(&self, error: Error, row: Rejected) -> Result<()> {
        if !self.pass_over() || error.kind() != Kind::Data {
            return Err(error);
        }
        let shared = &*self.0;
        let mut state = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = row.rows.max(1);
        state.rows += rows as u64;
        shared.metrics.add_rejected_rows(rows);
        if shared.most > 0 && state.rows > shared.most {
            return Err(too_many(state.rows, shared.most, "in this task", &error.to_string()).caused_by(error));
        }
        state.reason.get_or_insert_with(|| error.to_string());
        let Some(folder) = state.folder.clone() else { return Ok(()) };
        let letter = Letter {
            reason: error.to_string(),
            kind: error.kind().name(),
            query: &shared.query,
            partition: shared.task.partition,
            row: row.row,
            id: row.id.as_deref(),
            values: row.values.as_deref(),
        };
        let letters = match &mut state.letters {
            Some(letters) => letters,
            none => none.insert(Letters::open(&folder, &shared.query, shared.task)?),
        };
        letters.write(&letter)
    }

    /// Sends items together. Where rows are passed over, those that are refused for what they hold are found by halving
    /// and given to `reject`, which calls [`Rejects::reject`] for them; else an error of the request is one of the write.
    pub async fn send<T, S>(
        &self,
        items: Vec<T>,
        mut send: impl FnMut(Vec<T>) -> S,
        reject: impl FnMut(T, Error) -> Result<()>,
    ) -> Result<()>
    where
        T: Clone,
        S: Future<Output = Result<()>>,
    {
        if self.pass_over() { isolate(items, send, reject).await } else { send(items).await }
    }

    /// The rows stay rejected. The task's commit message, of a task that was given this many rows: for [`finish`] and
    /// [`undo`].
    pub fn commit(&self, rows: u64) -> Result<String> {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let dead_letters = state.letters.take().map(Letters::keep).transpose()?;
        let tally = Tally { rows, rejected: state.rows, reason: state.reason.clone(), dead_letters };
        serde_json::to_string(&tally)
            .map_err(|error| Error::internal("a commit message can't be written").caused_by(error))
    }
}

/// Sends items together; those that are refused for what they hold are found by halving and given to `reject`, which
/// decides whether the others go on.
async fn isolate<T, S>(
    items: Vec<T>,
    mut send: impl FnMut(Vec<T>) -> S,
    mut reject: impl FnMut(T, Error) -> Result<()>,
) -> Result<()>
where
    T: Clone,
    S: Future<Output = Result<()>>,
{
    // The first half is on top: what comes first is sent first.
    let mut parts = vec![items];
    while let Some(mut part) = parts.pop() {
        let Err(error) = send(part.clone()).await else { continue };
        if error.kind() != Kind::Data {
            return Err(error);
        }
        let second = part.split_off(part.len() / 2);
        if part.is_empty() {
            second.into_iter().try_for_each(|item| reject(item, Error::data(error.to_string())))?;
        } else {
            parts.extend([second, part]);
        }
    }
    Ok(())
}

/// What the store refuses of a request of these rows, and does not say of which: the first and the last one.
#[must_use]
pub fn of_some_row(error: Error, first: &Origin, last: &Origin, rows: usize) -> Error {
    let words = format!(
        "the store refuses a request of {rows} rows, and does not say for which of them: `on_error` = `dead_letter` or \
         `skip` finds it"
    );
    Error::data(words).with("first row", first).with("last row", last).caused_by(error)
}

/// Can the folder of dead letters be made and written to? Asked on the driver before anything has an effect.
pub fn prepare(options: &Options) -> Result<()> {
    if options.named.on_error != OnError::DeadLetter {
        return Ok(());
    }
    let folder = folder(options)?;
    let probe = folder.join(format!(".{}.tmp", uuid::Uuid::new_v4().simple()));
    let made = fs::create_dir_all(&folder).and_then(|()| File::create(&probe)).and_then(|_| fs::remove_file(&probe));
    made.map_err(|error| {
        Error::options(format!("option `dead_letter_path`: the driver can't write into `{}`", folder.display()))
            .caused_by(error)
    })
}

/// What all tasks together have rejected: a warning, or the error of too many.
pub fn finish(options: &Options, messages: &[String]) -> Result<Vec<String>> {
    let tallies = messages.iter().map(|message| read(message)).collect::<Result<Vec<Tally>>>()?;
    let rejected: u64 = tallies.iter().map(|tally| tally.rejected).sum();
    let Some(reason) = tallies.iter().find_map(|tally| tally.reason.as_deref()) else { return Ok(Vec::new()) };
    let most = u64::from(options.named.max_errors);
    if most > 0 && rejected > most {
        return Err(too_many(rejected, most, "in all tasks together", reason));
    }
    let rows: u64 = tallies.iter().map(|tally| tally.rows).sum();
    let place = match &options.named.dead_letter_path {
        Some(path) => format!("; they are written to `{path}`"),
        None => String::new(),
    };
    Ok(vec![format!("{rejected} of {rows} rows were rejected{place}; one of them: {reason}")])
}

/// How many rows all tasks together have written: those that were not rejected.
pub fn written(messages: &[String]) -> Result<u64> {
    let written = |message: &String| read(message).map(|tally| tally.rows.saturating_sub(tally.rejected));
    messages.iter().map(written).sum()
}

/// After a failed job its tasks' dead letters count no more.
pub fn undo(messages: &[String]) {
    for tally in messages.iter().filter_map(|message| read(message).ok()) {
        // The driver may not see the executors' disks; what is left there has the query's name.
        tally.dead_letters.map(fs::remove_file).map(drop).unwrap_or_default();
    }
}

fn read(message: &str) -> Result<Tally> {
    serde_json::from_str(message).map_err(|error| Error::internal("a commit message can't be read").caused_by(error))
}

fn too_many(rows: u64, most: u64, place: &str, reason: &str) -> Error {
    Error::data(format!("{rows} rows were rejected {place}, and `max_errors` is {most}; one of them: {reason}"))
}

/// The folder that the option names. Only files are written so far.
fn folder(options: &Options) -> Result<PathBuf> {
    let path = options.named.dead_letter_path.as_deref().unwrap_or_default();
    let local = match path.split_once(':') {
        Some(("file", rest)) => rest.strip_prefix("//").unwrap_or(rest),
        Some((scheme, _))
            if scheme.len() > 1 && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)) =>
        {
            return Err(Error::unsupported(format!(
                "option `dead_letter_path`: files of `{scheme}:` can't be written yet: give a folder that every executor \
                 mounts, such as `/mnt/rejected` or `file:///mnt/rejected`"
            )));
        }
        Some(_) | None => path,
    };
    if !Path::new(local).is_absolute() {
        return Err(Error::options(format!(
            "option `dead_letter_path` is `{path}`: expected an absolute path, since each executor has its own working folder"
        )));
    }
    Ok(PathBuf::from(local))
}

/// The file of one attempt of a task. Dropped without being kept, it goes.
#[derive(Debug)]
struct Letters {
    file: Option<BufWriter<File>>,
    hidden: PathBuf,
    name: PathBuf,
}

impl Letters {
    fn open(folder: &Path, query: &str, task: Task) -> Result<Self> {
        let name = format!("{query}-{:05}", task.partition);
        let hidden = folder.join(format!(".{name}-{}.tmp", uuid::Uuid::new_v4().simple()));
        let file = fs::create_dir_all(folder).and_then(|()| File::create(&hidden)).map_err(|error| {
            Error::options(format!("option `dead_letter_path`: `{}` can't be written", hidden.display()))
                .caused_by(error)
        })?;
        Ok(Self { file: Some(BufWriter::new(file)), hidden, name: folder.join(format!("{name}.jsonl")) })
    }

    fn write(&mut self, letter: &Letter<'_>) -> Result<()> {
        let Some(file) = &mut self.file else { return Err(Error::internal("dead letters after their end")) };
        let written = serde_json::to_writer(&mut *file, letter).map_err(std::io::Error::from);
        written.and_then(|()| file.write_all(b"\n")).map_err(|error| lost(&self.hidden, error))
    }

    fn keep(mut self) -> Result<PathBuf> {
        let Some(file) = self.file.take() else { return Err(Error::internal("dead letters after their end")) };
        let kept = file.into_inner().map_err(std::io::IntoInnerError::into_error).and_then(|file| file.sync_all());
        kept.and_then(|()| fs::rename(&self.hidden, &self.name)).map_err(|error| lost(&self.hidden, error))?;
        Ok(self.name.clone())
    }
}

impl Drop for Letters {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            drop(fs::remove_file(&self.hidden));
        }
    }
}

fn lost(path: &Path, error: std::io::Error) -> Error {
    Error::new(Kind::Unavailable, format!("a rejected row can't be written to `{}`", path.display())).caused_by(error)
}

/// A value of a row as plain JSON.
#[derive(Debug)]
pub struct Plain(pub Json);

impl Document for Plain {
    fn null() -> Self {
        Self(Json::Null)
    }
    fn boolean(value: bool) -> Self {
        Self(value.into())
    }
    fn integer(value: i64) -> Self {
        Self(value.into())
    }
    fn double(value: f64) -> Self {
        Self(value.into())
    }
    fn string(value: String) -> Self {
        Self(value.into())
    }
    fn list(values: Vec<Self>) -> Self {
        Self(values.into_iter().map(|value| value.0).collect())
    }
    fn object(entries: Vec<(String, Self)>) -> Self {
        Self(Json::Object(entries.into_iter().map(|(name, value)| (name, value.0)).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn isolated(items: Vec<i32>, bad: &[i32]) -> (Vec<i32>, Vec<i32>, usize) {
        let (mut sent, mut rejected, mut requests) = (Vec::new(), Vec::new(), 0);
        isolate(
            items,
            |part| {
                requests += 1;
                let refused = part.iter().any(|item| bad.contains(item));
                if !refused {
                    sent.extend(part);
                }
                async move { if refused { Err(Error::data("bad")) } else { Ok(()) } }
            },
            |item, _| {
                rejected.push(item);
                Ok(())
            },
        )
        .await
        .unwrap();
        (sent, rejected, requests)
    }

    #[tokio::test]
    async fn the_bad_items_are_found_and_the_others_sent_once_in_their_order() {
        for bad in [&[][..], &[3], &[0, 15], &[0, 1, 2], &[7, 8]] {
            let (sent, rejected, requests) = isolated((0..16).collect(), bad).await;
            assert_eq!(rejected, bad);
            assert_eq!(sent, (0..16).filter(|item| !bad.contains(item)).collect::<Vec<_>>());
            assert!(requests <= 1 + 2 * 4 * bad.len(), "{requests} requests for {}", bad.len());
        }
        assert_eq!(isolated(vec![5], &[5]).await.1, [5]);
    }

    #[tokio::test]
    async fn an_outage_rejects_nobody() {
        let down = |_: Vec<i32>| async { Err(Error::new(Kind::Unavailable, "down")) };
        let result = isolate(vec![1, 2], down, |_, _| panic!("rejected")).await;
        assert_eq!(result.map_err(|error| error.kind()), Err(Kind::Unavailable));
    }
}
