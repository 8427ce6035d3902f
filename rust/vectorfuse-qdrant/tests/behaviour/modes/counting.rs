//! `counter_fields`: each increment counts once, whoever writes and however often.

use qdrant_client::qdrant::points_client::PointsClient;
use qdrant_client::qdrant::{DeletePointsBuilder, GetPointsBuilder, PointId};
use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use super::{ROWS, SKIPPED, append, stored, with_mode};
use vectorfuse_behaviour::job::{Frame, Job, refused};
use crate::support::server::{Place, asking, block_on, channel};
use vectorfuse_behaviour::values::{Val, double, floats, int, text, vector};

fn clicks(rows: &[(i64, i64)]) -> Frame {
    let columns = [("id", SparkType::Long), ("clicks", SparkType::Long)];
    Frame::new(&columns, rows.iter().map(|(id, clicks)| vec![int(*id), int(*clicks)]).collect())
}

fn job(place: &Place, mode: &str) -> Job {
    with_mode(place, mode).with("counter_fields", "clicks")
}

/// The sums by id.
async fn sums(place: &Place) -> Vec<(i128, i128)> {
    let rows = stored(place, &["id", "clicks"]).await;
    let mut sums: Vec<(i128, i128)> = rows
        .into_iter()
        .map(|row| match (&row[0], &row[1]) {
            (Val::Int(id), Val::Int(sum)) => (*id, *sum),
            other => panic!("{other:?}"),
        })
        .collect();
    sums.sort_unstable();
    sums
}

#[test]
fn values_are_added_to_what_is_stored_and_to_each_other() {
    block_on(async {
        for batch_rows in ["1", "2", "100"] {
            let place = Place::shared("added");
            // Each write is a query of its own.
            let job = job(&place, "upsert").with("batch_rows", batch_rows);
            let first = job.plan_of("first", &clicks(&[]).fields, Mode::Append).await.unwrap();
            let rows = clicks(&[(1, 5), (2, 1), (1, 7), (3, -4), (1, 1)]);
            let figures = job.task(&first, 0, vec![rows.batch()]).await.unwrap();
            assert_eq!((figures[ROWS], figures[SKIPPED]), (5, 0));
            assert_eq!(sums(&place).await, [(1, 13), (2, 1), (3, -4)]);
            let second = job.plan_of("second", &clicks(&[]).fields, Mode::Append).await.unwrap();
            job.task(&second, 0, vec![clicks(&[(1, 100), (4, 9)]).batch()]).await.unwrap();
            assert_eq!(sums(&place).await, [(1, 113), (2, 1), (3, -4), (4, 9)]);
        }
    });
}

#[test]
fn a_task_that_runs_again_adds_nothing_and_one_that_broke_off_adds_the_rest() {
    block_on(async {
        let place = Place::shared("again");
        let job = job(&place, "upsert").with("batch_rows", "1");
        let whole = clicks(&[(1, 5), (2, 1), (1, 7), (2, 2), (3, 3)]);
        // The same rows, as a shuffle might hand them over the second time.
        let other_order = clicks(&[(2, 2), (3, 3), (1, 7), (1, 5), (2, 1)]);
        let expected = [(1, 12), (2, 3), (3, 3)];
        for half in 0..=5 {
            let plan = job.plan_of(&format!("query {half}"), &whole.fields, Mode::Overwrite).await.unwrap();
            // An attempt that sends some of its rows and is lost.
            let (mut writer, _) = job.writer(&plan, 0).unwrap();
            if half > 0 {
                writer.write(whole.batch().slice(0, half)).await.unwrap();
            }
            writer.commit().await.unwrap();
            job.task(&plan, 0, vec![other_order.batch()]).await.unwrap();
            assert_eq!(sums(&place).await, expected, "after {half} rows of a lost attempt");
            job.task(&plan, 0, vec![whole.batch()]).await.unwrap();
            assert_eq!(sums(&place).await, expected, "a third time");
        }
    });
}

#[test]
fn attempts_of_one_task_that_run_side_by_side_count_once() {
    block_on(async {
        let place = Place::shared("speculative");
        let job = job(&place, "upsert").with("batch_rows", "3");
        let rows = clicks(&(0..60).map(|row| (row % 7, row)).collect::<Vec<_>>());
        let plan = job.plan(&rows.fields, Mode::Append).await.unwrap();
        let mut attempts = Vec::new();
        for attempt in 0..4 {
            let (job, plan) = (job.clone(), plan.clone());
            let mut rows = rows.clone();
            if attempt % 2 == 1 {
                rows.rows.reverse();
            }
            attempts.push(tokio::spawn(async move { job.task(&plan, 0, vec![rows.batch()]).await }));
        }
        for attempt in attempts {
            attempt.await.unwrap().unwrap();
        }
        let expected: Vec<(i128, i128)> =
            (0..7).map(|id| (id, (0..60).filter(|row| row % 7 == id).sum::<i128>())).collect();
        assert_eq!(sums(&place).await, expected);
    });
}

#[test]
fn writers_at_the_same_time_lose_no_increment() {
    block_on(async {
        for mode in ["upsert", "partial"] {
            let place = Place::shared("concurrent");
            let frame = clicks(&(0..100).map(|row| (row % 10, 1 + row)).collect::<Vec<_>>());
            if mode == "partial" {
                append(&with_mode(&place, "upsert"), &clicks(&(0..10).map(|id| (id, 1000)).collect::<Vec<_>>())).await;
            } else {
                append(&with_mode(&place, "upsert"), &clicks(&[])).await;
            }
            let mut writers = Vec::new();
            for writer in 0..4 {
                let job = job(&place, mode).with("batch_rows", "5");
                // Two tasks of one query, and two queries.
                let query = format!("query {}", writer / 2);
                let plan = job.plan_of(&query, &frame.fields, Mode::Append).await.unwrap();
                let batch = frame.batch();
                writers.push(tokio::spawn(async move { job.task(&plan, writer % 2, vec![batch]).await }));
            }
            for writer in writers {
                writer.await.unwrap().unwrap();
            }
            let base = if mode == "partial" { 1000 } else { 0 };
            let expected: Vec<(i128, i128)> = (0..10)
                .map(|id| (id, base + 4 * (0..100).filter(|row| row % 10 == id).map(|row| row + 1).sum::<i128>()))
                .collect();
            assert_eq!(sums(&place).await, expected, "{mode}");
        }
    });
}

#[test]
fn the_rest_of_the_row_is_written_as_the_mode_says() {
    block_on(async {
        let place = Place::shared("rest");
        let columns = [
            ("id", SparkType::Long),
            ("vector", floats()),
            ("clicks", SparkType::Integer),
            ("seconds", SparkType::Double),
            ("s", SparkType::string()),
        ];
        let row = |id: i64, x: f32, clicks: Val, seconds: Val, s: &str| {
            vec![int(id), vector(&[x, 1.0]), clicks, seconds, text(s)]
        };
        let job = |mode| with_mode(&place, mode).with("counter_fields", "clicks,seconds");
        let rows = vec![row(1, 0.5, int(1), double(0.5), "a"), row(2, 0.5, Val::Null, Val::Null, "b")];
        let upsert = job("upsert");
        let plan = upsert.plan_of("1", &Frame::new(&columns, Vec::new()).fields, Mode::Append).await.unwrap();
        upsert.task(&plan, 0, vec![Frame::new(&columns, rows.clone()).batch()]).await.unwrap();
        let names = ["id", "vector", "clicks", "seconds", "s"];
        // A null adds nothing, and is no zero.
        assert_eq!(stored(&place, &names).await, rows);
        let update = job("update");
        let plan = update.plan_of("2", &Frame::new(&columns, Vec::new()).fields, Mode::Append).await.unwrap();
        let more = vec![row(1, 9.0, int(2), Val::Null, "c"), row(3, 9.0, int(1), double(1.0), "d")];
        let figures = update.task(&plan, 0, vec![Frame::new(&columns, more).batch()]).await.unwrap();
        assert_eq!((figures[ROWS], figures[SKIPPED]), (1, 1));
        let partial = job("partial").with("counter_fields", "seconds");
        let few = [("id", SparkType::Long), ("vector", floats()), ("seconds", SparkType::Double)];
        let frame = Frame::new(
            &few,
            vec![
                vec![int(1), Val::Null, double(0.25)],
                vec![int(2), vector(&[7.0, 7.0]), double(4.0)],
                vec![int(3), vector(&[7.0, 7.0]), double(4.0)],
            ],
        );
        let plan = partial.plan_of("3", &frame.fields, Mode::Append).await.unwrap();
        let figures = partial.task(&plan, 0, vec![frame.batch()]).await.unwrap();
        assert_eq!((figures[ROWS], figures[SKIPPED]), (2, 1));
        let expected = [
            row(1, 9.0, int(3), double(0.75), "c"),
            vec![int(2), vector(&[7.0, 7.0]), Val::Null, double(4.0), text("b")],
        ];
        assert_eq!(stored(&place, &names).await, expected);
    });
}

#[test]
fn a_task_that_broke_off_before_its_vectors_sets_them_when_it_runs_again() {
    block_on(async {
        let place = Place::shared("unfinished");
        let columns = [("id", SparkType::Long), ("vector", floats()), ("clicks", SparkType::Long)];
        let frame = |vectors: [Val; 2]| {
            let rows = [1, 2].into_iter().zip(vectors).map(|(id, vector)| vec![int(id), vector, int(5)]);
            Frame::new(&columns, rows.collect())
        };
        append(&with_mode(&place, "upsert"), &frame([vector(&[1.0, 1.0]), vector(&[1.0, 1.0])])).await;
        let job = job(&place, "partial");
        let plan = job.plan(&frame([Val::Null, Val::Null]).fields, Mode::Append).await.unwrap();
        // What the first attempt has left: its fields are there, and its vectors are not.
        job.task(&plan, 0, vec![frame([Val::Null, Val::Null]).batch()]).await.unwrap();
        let whole = frame([vector(&[2.0, 2.0]), vector(&[3.0, 3.0])]);
        job.task(&plan, 0, vec![whole.batch()]).await.unwrap();
        let expected = [[int(1), vector(&[2.0, 2.0]), int(10)], [int(2), vector(&[3.0, 3.0]), int(10)]];
        assert_eq!(stored(&place, &["id", "vector", "clicks"]).await, expected);
    });
}

#[test]
fn points_that_others_delete_meanwhile_take_no_vector_from_those_that_stay() {
    // As many digits each: rows are compared in the order of their texts.
    const STAY: std::ops::Range<i64> = 100..140;
    const GO: std::ops::Range<i64> = 140..180;
    block_on(async {
        let place = Place::shared("deleted");
        let columns = [("id", SparkType::Long), ("vector", floats()), ("clicks", SparkType::Long)];
        let frame = |ids: std::ops::Range<i64>, x: f32| {
            Frame::new(&columns, ids.map(|id| vec![int(id), vector(&[x, 1.0]), int(1)]).collect())
        };
        append(&with_mode(&place, "upsert"), &frame(STAY, 0.0)).await;
        let points = PointsClient::new(channel(&place.url));
        for round in 1_u8..=20 {
            append(&with_mode(&place, "upsert"), &frame(GO, 0.0)).await;
            let job = job(&place, "partial");
            let changes = frame(STAY.start..GO.end, f32::from(round));
            let plan = job.plan_of(&format!("query {round}"), &changes.fields, Mode::Append).await.unwrap();
            let deletes = async {
                for id in GO {
                    let delete = DeletePointsBuilder::new(&place.collection).points([id as u64]).wait(true).build();
                    points.clone().delete(asking(delete)).await.unwrap();
                }
            };
            let (task, ()) = tokio::join!(job.task(&plan, 0, vec![changes.batch()]), deletes);
            task.unwrap();
            assert_eq!(stored(&place, &columns.each_ref().map(|(name, _)| *name)).await, {
                let clicks = i64::from(round) + 1;
                let row = |id| vec![int(id), vector(&[f32::from(round), 1.0]), int(clicks)];
                STAY.map(row).collect::<Vec<_>>()
            });
        }
    });
}

#[test]
fn what_cannot_be_added_is_an_error_with_its_point() {
    block_on(async {
        let place = Place::shared("notanumber");
        let columns = [("id", SparkType::Long), ("t", SparkType::string()), ("b", SparkType::Byte)];
        let rows = vec![vec![int(1), text("x"), int(100)], vec![int(2), text("5"), int(0)]];
        append(&with_mode(&place, "upsert"), &Frame::new(&columns, rows)).await;
        let counted =
            |columns: &[(&str, SparkType)], id: i64, value: i64| Frame::new(columns, vec![vec![int(id), int(value)]]);
        let bytes = [("id", SparkType::Long), ("b", SparkType::Byte)];
        let partial = with_mode(&place, "partial").with("counter_fields", "b");
        let error = partial.write(&counted(&bytes, 1, 28), Mode::Append).await;
        refused(error, Kind::Data, &["byte", "column: b", "id: 1", "row: 0"]);
        append(&partial, &counted(&bytes, 1, 27)).await;
        assert_eq!(stored(&place, &["b"]).await, [[int(0)], [int(127)]]);
        // A stored text is no number, and a column of texts counts nothing.
        let place = Place::shared("foreign");
        append(&with_mode(&place, "upsert"), &clicks(&[(1, i64::MAX)])).await;
        refused(job(&place, "upsert").write(&clicks(&[(1, 1)]), Mode::Append).await, Kind::Data, &["long", "id: 1"]);
        assert_eq!(sums(&place).await, [(1, i64::MAX.into())]);
        let texts = Frame::new(&[("id", SparkType::Long), ("clicks", SparkType::string())], Vec::new());
        refused(job(&place, "upsert").plan(&texts.fields, Mode::Append).await, Kind::Options, &["`clicks`", "string"]);
    });
}

#[test]
fn what_is_kept_beside_the_counters_is_no_column_and_does_not_grow() {
    block_on(async {
        let place = Place::shared("bounded");
        append(&with_mode(&place, "upsert"), &clicks(&[])).await;
        let job = job(&place, "upsert");
        for query in 0..260 {
            let plan = job.plan_of(&format!("query {query}"), &clicks(&[]).fields, Mode::Append).await.unwrap();
            job.task(&plan, query % 3, vec![clicks(&[(1, 1)]).batch()]).await.unwrap();
        }
        assert_eq!(sums(&place).await, [(1, 260)]);
        let get = GetPointsBuilder::new(&place.collection, vec![PointId::from(1)]).with_payload(true).build();
        let points = PointsClient::new(channel(&place.url)).get(asking(get)).await.unwrap().into_inner().result;
        let tasks = points[0].payload["_vectorfuse"].as_struct().unwrap().fields["applied"].as_struct().unwrap();
        assert_eq!(tasks.fields.len(), 257, "its own and 256 others");
        let read = Job::on(&place).read(1).await.unwrap();
        assert_eq!(read.fields.len(), 2, "{:?}", read.fields);
        let whole = Job::on(&place).with("payload", "json").read(1).await.unwrap();
        assert_eq!(whole.select(&["payload"]), [[text("{\"clicks\":260}")]]);
    });
}
