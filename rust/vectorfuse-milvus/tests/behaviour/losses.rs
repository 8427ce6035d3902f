//! Answers that get lost on their way: each row is there once all the same.

use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use crate::support::job::{Frame, Job, refused};
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
