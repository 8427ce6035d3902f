//! What a write must not take from a collection without a word: vectors, columns of the kept schema, settings.

use qdrant_client::qdrant::collections_client::CollectionsClient;
use qdrant_client::qdrant::{GetCollectionInfoRequest, UpdateCollection};
use vectorfuse_core::error::Kind;
use vectorfuse_core::options::Side;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::store::Store as _;
use vectorfuse_core::write::{Mode, Outcome};

use crate::support::job::{Frame, Job, refused};
use crate::support::server::{Place, asking, block_on, channel};
use crate::support::values::{floats, int, vector};

fn named(columns: &[&str]) -> Frame {
    let mut fields = vec![("id", SparkType::Long)];
    fields.extend(columns.iter().map(|name| (*name, floats())));
    let mut row = vec![int(1)];
    row.extend(columns.iter().map(|_| vector(&[1.0, 2.0])));
    Frame::new(&fields, vec![row])
}

#[test]
fn an_append_that_leaves_out_a_vector_must_say_so() {
    block_on(async {
        let place = Place::shared("vectors");
        let job = Job::on(&place).with("distance", "dot");
        job.clone().with("vector_fields", "text,image").append(&named(&["text", "image"])).await;
        let words = ["the vector `image`", "vector_fields"];
        refused(job.write(&named(&["text"]), Mode::Append).await, Kind::Options, &words);
        let read = Job::on(&place).read(1).await.unwrap();
        assert_eq!(read.select(&["image"]), [[vector(&[1.0, 2.0])]], "the refused append took nothing");
        job.with("vector_fields", "text").append(&named(&["text"])).await;
    });
}

#[test]
fn a_distance_that_the_collection_does_not_have_is_refused() {
    block_on(async {
        let place = Place::shared("distance");
        let frame = Frame::new(&[("id", SparkType::Long), ("vector", floats())], vec![vec![int(1), vector(&[3.0])]]);
        Job::on(&place).with("distance", "cosine").append(&frame).await;
        let words = ["the unnamed vector", "Dot", "Cosine"];
        for (option, value) in [("distance", "dot"), ("vector.distance", "dot")] {
            let job = Job::on(&place).with(option, value);
            refused(job.write(&frame, Mode::Append).await, Kind::Options, &words);
        }
        let job = Job::on(&place).with("vector.tpyo.distance", "cosine");
        refused(job.write(&frame, Mode::Append).await, Kind::Options, &["the vector `tpyo`"]);
        Job::on(&place).append(&frame).await;
    });
}

#[test]
fn a_column_that_a_job_beside_has_overwritten_in_the_kept_schema_is_there_at_the_end() {
    block_on(async {
        let place = Place::shared("beside");
        let job = Job::on(&place).with("distance", "dot");
        let columns = [("id", SparkType::Long), ("vector", floats())];
        job.append(&Frame::new(&columns, vec![vec![int(1), vector(&[1.0])]])).await;
        let mut client = CollectionsClient::new(channel(&place.url));
        let question = GetCollectionInfoRequest { collection_name: place.collection.clone() };
        let info = client.get(asking(question)).await.unwrap().into_inner().result.unwrap();
        let before = info.config.unwrap().metadata;

        let columns = [("id", SparkType::Long), ("vector", floats()), ("new", SparkType::Date)];
        let frame = Frame::new(&columns, vec![vec![int(2), vector(&[1.0]), int(7)]]);
        let plan = job.plan(&frame.fields, Mode::Append).await.unwrap();
        // What a job that has read the schema before this one, and writes it after, does.
        let collection_name = place.collection.clone();
        let update = UpdateCollection { collection_name, metadata: before, ..UpdateCollection::default() };
        client.update(asking(update)).await.unwrap();
        job.task(&plan, 0, vec![frame.batch()]).await.unwrap();
        job.store(Side::Write).unwrap().finish(plan, Outcome::Commit(Vec::new())).await.unwrap();
        assert_eq!(Job::on(&place).read(1).await.unwrap().type_of("new"), "date");
    });
}
