//! What an append does to a collection that others have made; what it does to ours is in the suite.

use qdrant_client::qdrant::collections_client::CollectionsClient;
use qdrant_client::qdrant::{CreateCollectionBuilder, Distance, VectorParamsBuilder};
use vectorfuse_behaviour::job::{Frame, Job, refused};
use vectorfuse_behaviour::values::{floats, int, text, vector};
use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use crate::support::server::{Place, asking, block_on, channel};

#[test]
fn a_collection_that_others_made_takes_rows_and_keeps_its_settings() {
    block_on(async {
        let place = Place::shared("theirs");
        let vectors = VectorParamsBuilder::new(2, Distance::Dot);
        let create = CreateCollectionBuilder::new(&place.collection).vectors_config(vectors).build();
        CollectionsClient::new(channel(&place.url)).create(asking(create)).await.unwrap();
        let job = Job::on(&place).with("create_collection", "false");
        let columns = [("id", SparkType::Long), ("vector", floats()), ("a", SparkType::Long)];
        job.append(&Frame::new(&columns, vec![vec![int(1), vector(&[1.0, 1.0]), int(7)]])).await;
        // No schema is kept with what is not ours: the read infers one.
        let read = Job::on(&place).read(1).await.unwrap();
        assert_eq!(read.rows, [[text("1"), vector(&[1.0, 1.0]), int(7)]]);
        let named = job.with("vector.size", "3").plan(&read.fields, Mode::Append).await;
        refused(named, Kind::Options, &["3 dimensions", "2 dimensions"]);
    });
}
