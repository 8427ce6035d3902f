//! What must not be lost of the schema that is kept with a collection.

use qdrant_client::qdrant::collections_client::CollectionsClient;
use qdrant_client::qdrant::{GetCollectionInfoRequest, UpdateCollection};
use vectorfuse_behaviour::job::{Frame, Job};
use vectorfuse_behaviour::values::{floats, int, vector};
use vectorfuse_core::options::Side;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::{Mode, Outcome};

use crate::support::server::{Place, asking, block_on, channel};

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
        job.store(Side::Write).unwrap().finish(plan, Outcome::commit(Vec::new())).await.unwrap();
        assert_eq!(Job::on(&place).read(1).await.unwrap().type_of("new"), "date");
    });
}
