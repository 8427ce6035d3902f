//! Rows that can't be kept: passed over and counted, or written to a folder, each once, with the reason.

use serde_json::Value as Json;
use tempfile::TempDir;
use vectorfuse_core::error::Kind;
use vectorfuse_core::options::Side;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::{Mode, Outcome};

use crate::job::{Frame, Job, refused};
use crate::store::{Place, Tested, block_on};
use crate::values::{Val, double, floats, int, vector};

/// Where `Metrics::snapshot` has the rows that were written and those that were rejected.
pub const ROWS: usize = 0;
pub const REJECTED: usize = 6;

/// Rows of which those with the numbers 2, 5 and 7 can't be kept.
fn frame() -> Frame {
    let columns = [("id", SparkType::Long), ("vector", floats()), ("x", SparkType::Double)];
    let row = |n: i64| match n {
        2 => vec![Val::Null, vector(&[1.0, 2.0]), double(0.5)],
        5 => vec![int(5), vector(&[1.0]), double(0.5)],
        7 => vec![int(7), vector(&[1.0, f32::NAN]), double(0.5)],
        _ => vec![int(n), vector(&[1.0, 2.0]), double(0.5)],
    };
    Frame::new(&columns, (0..10).map(row).collect())
}

/// A job that writes rejected rows to this folder.
pub fn dead(place: &dyn Place, folder: &TempDir) -> Job {
    let path = folder.path().to_str().unwrap();
    Job::on(place).with("distance", "dot").with("on_error", "dead_letter").with("dead_letter_path", path)
}

/// Every line of every file, with the names of the files.
pub fn letters(folder: &TempDir) -> (Vec<String>, Vec<Json>) {
    let (mut names, mut lines) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        names.push(entry.file_name().into_string().unwrap());
        let text = std::fs::read_to_string(entry.path()).unwrap();
        lines.extend(text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap()));
    }
    names.sort();
    (names, lines)
}

pub fn rows_are_skipped_and_counted(store: &Tested) {
    block_on(async {
        let place = store.place("skip");
        let job = Job::on(&place).with("distance", "dot").with("on_error", "skip");
        for rows in ["3", "100"] {
            let figures = job.clone().with("batch_rows", rows).write(&frame(), Mode::Append).await.unwrap();
            assert_eq!((figures[ROWS], figures[REJECTED]), (7, 3));
        }
        let ids = Job::on(&place).read(1).await.unwrap().select(&["id"]);
        assert_eq!(ids, [0, 1, 3, 4, 6, 8, 9].map(|id| vec![int(id)]));
        refused(Job::on(&place).write(&frame(), Mode::Append).await, Kind::Data, &["row: 2"]);
    });
}

pub fn a_rejected_row_does_not_take_the_place_of_an_earlier_one(store: &Tested) {
    block_on(async {
        let place = store.place("earlier");
        let columns = [("id", SparkType::Long), ("vector", floats()), ("n", SparkType::Long)];
        let row = |n: i64, size: usize| vec![int(1), vector(&vec![1.0; size]), int(n)];
        let frame = Frame::new(&columns, vec![row(1, 2), row(2, 2), row(3, 1)]);
        Job::on(&place).with("distance", "dot").with("on_error", "skip").append(&frame).await;
        assert_eq!(Job::on(&place).read(1).await.unwrap().select(&["n"]), [[int(2)]]);
    });
}

pub fn dead_letters_say_what_is_wrong_with_which_row(store: &Tested) {
    block_on(async {
        let (place, folder) = (store.place("dead"), TempDir::new().unwrap());
        let figures = dead(&place, &folder).write(&frame(), Mode::Append).await.unwrap();
        assert_eq!((figures[ROWS], figures[REJECTED]), (7, 3));
        let (names, lines) = letters(&folder);
        assert_eq!(names, ["query-1-00000.jsonl"]);
        let rows: Vec<_> = lines.iter().map(|line| line["row"].as_u64().unwrap()).collect();
        assert_eq!(rows, [2, 5, 7]);
        assert!(lines[0]["reason"].as_str().unwrap().contains("null"), "{}", lines[0]);
        assert_eq!(lines[0]["id"], Json::Null);
        assert_eq!(lines[1]["id"], "5");
        assert_eq!(lines[1]["values"]["vector"], serde_json::json!([1.0]));
        assert!(lines[2]["reason"].as_str().unwrap().contains("NaN"), "{}", lines[2]);
        for line in &lines {
            assert_eq!((&line["kind"], &line["query"]), (&"DATA".into(), &"query-1".into()));
            assert_eq!(line["partition"], 0);
        }
        // The same job again: the same file.
        dead(&place, &folder).write(&frame(), Mode::Append).await.unwrap();
        assert_eq!(letters(&folder), (names, lines));
    });
}

pub fn attempts_that_do_not_commit_leave_no_dead_letters(store: &Tested) {
    block_on(async {
        let (place, folder) = (store.place("attempts"), TempDir::new().unwrap());
        let job = dead(&place, &folder);
        let plan = job.plan(&frame().fields, Mode::Append).await.unwrap();
        let (mut first, _) = job.writer(&plan, 3).unwrap();
        first.write(frame().batch()).await.unwrap();
        let (mut second, _) = job.writer(&plan, 3).unwrap();
        second.write(frame().batch()).await.unwrap();
        drop(first);
        let message = second.commit().await.unwrap();
        let (names, lines) = letters(&folder);
        assert_eq!((names, lines.len()), (vec!["query-1-00003.jsonl".to_owned()], 3));
        // A speculative copy commits, too.
        let again = job.task(&plan, 3, vec![frame().batch()]).await.unwrap();
        assert_eq!(again[REJECTED], 3);
        assert_eq!(letters(&folder).1.len(), 3);
        let store = job.store(Side::Write).unwrap();
        let warnings = store.finish(plan, Outcome::commit(vec![message.clone()])).await.unwrap();
        assert!(warnings.iter().any(|said| said.contains("3 of 10 rows were rejected")), "{warnings:?}");
        // After a failed job they are gone.
        vectorfuse_core::reject::undo(&[message]);
        assert_eq!(letters(&folder).0, Vec::<String>::new());
    });
}

pub fn too_many_rejected_rows_end_the_task_or_the_job(store: &Tested) {
    block_on(async {
        let place = store.place("many");
        let job = Job::on(&place).with("distance", "dot").with("on_error", "skip");
        let enough = job.clone().with("max_errors", "3").write(&frame(), Mode::Append).await.unwrap();
        assert_eq!(enough[REJECTED], 3);
        let fewer = job.clone().with("max_errors", "2");
        refused(fewer.write(&frame(), Mode::Append).await, Kind::Data, &["3 rows", "`max_errors` is 2", "row: 7"]);
        // Each task has few enough, and together they have too many.
        let job = job.with("max_errors", "5");
        let plan = job.plan(&frame().fields, Mode::Append).await.unwrap();
        let mut messages = Vec::new();
        for partition in 0..2 {
            let (mut writer, _) = job.writer(&plan, partition).unwrap();
            writer.write(frame().batch()).await.unwrap();
            messages.push(writer.commit().await.unwrap());
        }
        let ended = job.store(Side::Write).unwrap().finish(plan, Outcome::commit(messages)).await;
        refused(ended, Kind::Data, &["6 rows", "all tasks", "`max_errors` is 5"]);
    });
}

pub fn a_folder_that_can_not_be_written_is_refused_on_the_driver(store: &Tested) {
    block_on(async {
        let place = store.place("folder");
        let file = tempfile::NamedTempFile::new().unwrap();
        let under_a_file = format!("{}/x", file.path().display());
        for (path, kind, word) in [
            ("s3://bucket/x", Kind::Unsupported, "`s3:`"),
            ("dbfs:/x", Kind::Unsupported, "`dbfs:`"),
            ("rejected", Kind::Options, "absolute"),
            (&under_a_file, Kind::Options, "can't write"),
        ] {
            let job = Job::on(&place).with("on_error", "dead_letter").with("dead_letter_path", path);
            refused(job.plan(&frame().fields, Mode::Append).await, kind, &["dead_letter_path", word]);
        }
        refused(Job::on(&place).table(None).await, Kind::NotFound, &[]);
        let folder = TempDir::new().unwrap();
        let url = format!("file://{}/deep/er", folder.path().display());
        let job = Job::on(&place).with("on_error", "dead_letter").with("dead_letter_path", &url);
        job.write(&frame(), Mode::Append).await.unwrap();
        assert!(folder.path().join("deep/er/query-1-00000.jsonl").exists());
    });
}
