//! Answers that get lost on their way: each row is there once all the same.

use std::time::Duration;

use vectorfuse_core::error::Kind;
use vectorfuse_core::options::Side;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::{Mode, Outcome};

use crate::support::foreign::proto::{DataType as Type, FieldSchema};
use crate::support::foreign::{self as fields, Foreign, Server, documents, key, plain_vectors};
use crate::support::job::{Frame, Job, QUERY, refused};
use crate::support::raw::{DataType, Schema, auto, count, field, sized};
use crate::support::relay::Relay;
use crate::support::server::{Place, block_on};
use crate::support::values::{Val, floats, int, text, vector};

const ROWS: i64 = 200;
/// Of a figure that says how often something was tried again.
const RETRIES: usize = 3;

/// Large enough for their requests' answers to get lost.
fn rows() -> Frame {
    let columns = [("id", SparkType::Long), ("v", floats()), ("word", SparkType::string())];
    let row = |id: i64| -> Vec<Val> { vec![int(id), vector(&[0.5, 1.0]), text("w".repeat(5_000))] };
    Frame::new(&columns, (0..ROWS).map(row).collect())
}

fn through(relay: &Relay, place: &Place) -> Job {
    Job::on(place).with("url", &relay.url).with("batch_rows", "50").with("concurrency", "1")
}

#[test]
fn rows_with_keys_are_there_once_after_their_answers_were_lost() {
    block_on(async {
        for mode in ["upsert", "insert"] {
            for place in Place::both("lost") {
                Schema::plain().dynamic().make(&place).await;
                let relay = Relay::to(&place.url).await;
                let job = through(&relay, &place).with("write_mode", mode);
                relay.lose(2);
                let figures = job.write(&rows(), Mode::Append).await.unwrap();
                assert_eq!(relay.left(), 0);
                assert!(figures[RETRIES] >= 2, "{figures:?}");
                assert_eq!(count(&place).await, ROWS, "{mode} on {}", place.url);
            }
        }
    });
}

#[test]
fn rows_whose_keys_the_server_makes_are_there_once_after_their_answers_were_lost() {
    block_on(async {
        let schema = Schema::default().with(auto("key")).with(sized("v", DataType::FloatVector, 2));
        let schema = schema.with(field("id", DataType::Int64));
        for place in Place::both("lost_auto") {
            schema.clone().dynamic().make(&place).await;
            let relay = Relay::to(&place.url).await;
            relay.lose(2);
            let job = through(&relay, &place).with("id_field", "");
            let figures = job.write(&rows(), Mode::Append).await.unwrap();
            assert_eq!(relay.left(), 0);
            assert!(figures[RETRIES] >= 1, "{figures:?}");
            assert_eq!(count(&place).await, ROWS, "{}", place.url);
        }
        // Where rows can't be known again, they are not sent again.
        let place = Place::real("lost_auto");
        schema.with(field("word", DataType::VarChar)).make(&place).await;
        let columns = [("id", SparkType::Long), ("v", floats()), ("word", SparkType::string())];
        let row = |id: i64| -> Vec<Val> { vec![int(id), vector(&[0.5, 1.0]), text("w".repeat(100))] };
        let frame = Frame::new(&columns, (0..2000).map(row).collect());
        let relay = Relay::to(&place.url).await;
        relay.lose(1);
        let job = Job::on(&place).with("url", &relay.url).with("id_field", "").with("write_mode", "insert");
        refused(job.write(&frame, Mode::Append).await, Kind::Unavailable, &[&place.collection]);
        assert_eq!(count(&place).await, 2000, "sent once");
    });
}

#[test]
fn a_request_that_arrives_after_it_was_sent_again_is_found_and_leaves_no_row_twice() {
    block_on(async {
        for server in Server::ALL {
            let auto = FieldSchema { auto_id: true, ..key("key", Type::Int64) };
            let foreign = Foreign::make(server, vec![auto, fields::field("v", Type::FloatVector)], true).await;
            let place = Place { url: server.url(), collection: foreign.name.clone(), rest: None };
            let columns = [("v", floats()), ("word", SparkType::string())];
            let row = |place: i16| vec![vector(&[f32::from(place); 8]), text("w".repeat(5_000))];
            let frame = Frame::new(&columns, (0..50).map(row).collect());
            let relay = Relay::to(&place.url).await;
            // Whether it arrives, and how long after the tasks' end.
            for arrives in [None, Some(Duration::ZERO), Some(Duration::from_millis(1500))] {
                relay.lose(1);
                let job = through(&relay, &place);
                let plan = job.plan(&frame.fields, Mode::Append).await.unwrap();
                let (mut writer, _) = job.writer(&plan, 0).unwrap();
                writer.write(frame.batch()).await.unwrap();
                let message = writer.commit().await.unwrap();
                assert_eq!(relay.left(), 0);
                // The first row once more, as the request has it.
                let attempt = serde_json::from_str::<serde_json::Value>(&message).unwrap()["attempt"].clone();
                let again = serde_json::json!({
                    "_vectorfuse_write": QUERY, "_vectorfuse_attempt": attempt, "_vectorfuse_row": 1, "word": "w",
                });
                let again = documents("$meta", &[&again.to_string()]);
                let again = fields::proto::FieldData { is_dynamic: true, ..again };
                let arrive = async |after: Duration| {
                    tokio::time::sleep(after).await;
                    foreign.insert(1, vec![plain_vectors(1), again.clone()]).await;
                };
                if arrives == Some(Duration::ZERO) {
                    arrive(Duration::ZERO).await;
                }
                let store = job.store(Side::Write).unwrap();
                let finish = store.finish(plan, Outcome::commit(vec![message]));
                let (finished, ()) = tokio::join!(finish, async {
                    if let Some(after) = arrives.filter(|after| !after.is_zero()) {
                        arrive(after).await;
                    }
                });
                if arrives.is_some() {
                    refused(finished, Kind::Unavailable, &["50 rows", "has 51", "run it once more"]);
                    assert_eq!(count(&place).await, 0);
                } else {
                    finished.unwrap();
                    assert_eq!(count(&place).await, 50);
                    foreign.delete("_vectorfuse_row >= 0").await;
                }
            }
        }
    });
}
