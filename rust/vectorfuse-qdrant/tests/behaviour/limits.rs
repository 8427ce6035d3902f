//! Servers with limits of strict mode: requests fit them, and a server that limits rates is waited for.

use qdrant_client::qdrant::collections_client::CollectionsClient;
use qdrant_client::qdrant::{
    CreateCollectionBuilder, Distance, StrictModeConfig, UpdateCollection, VectorParamsBuilder,
};
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use crate::support::job::{Frame, Job};
use crate::support::server::{Place, asking, block_on, channel};
use crate::support::values::{floats, int, vector};

/// Where `Metrics::snapshot` has the requests and the time that was waited at the server's word.
const REQUESTS: usize = 2;
const THROTTLED: usize = 4;

fn frame(rows: i64) -> Frame {
    let columns = [("id", SparkType::Long), ("vector", floats())];
    Frame::new(&columns, (0..rows).map(|id| vec![int(id), vector(&[1.0])]).collect())
}

fn strict() -> StrictModeConfig {
    StrictModeConfig { enabled: Some(true), ..StrictModeConfig::default() }
}

async fn create(place: &Place, strict: StrictModeConfig) {
    let create = CreateCollectionBuilder::new(&place.collection);
    let create = create.vectors_config(VectorParamsBuilder::new(1, Distance::Dot)).strict_mode_config(strict);
    CollectionsClient::new(channel(&place.url)).create(asking(create.build())).await.unwrap();
}

#[test]
fn requests_are_no_larger_than_the_server_allows() {
    block_on(async {
        let place = Place::shared("strict");
        create(&place, StrictModeConfig { upsert_max_batchsize: Some(7), max_query_limit: Some(5), ..strict() }).await;
        let figures = Job::on(&place).write(&frame(100), Mode::Append).await.unwrap();
        assert_eq!((figures[0], figures[REQUESTS]), (100, 15));
        // A smaller wish is granted.
        let figures = Job::on(&place).with("batch_rows", "5").write(&frame(100), Mode::Append).await.unwrap();
        assert_eq!(figures[REQUESTS], 20);
        for splits in [1, 3] {
            let read = Job::on(&place).read(splits).await.unwrap();
            assert_eq!(read.rows.len(), 100);
        }
        assert_eq!(Job::on(&place).with("page_size", "50").read(2).await.unwrap().rows.len(), 100);
    });
}

#[test]
fn limits_are_those_of_the_collection_when_the_job_begins() {
    block_on(async {
        let place = Place::shared("strict_later");
        Job::on(&place).with("distance", "dot").append(&frame(30)).await;
        let update = UpdateCollection {
            collection_name: place.collection.clone(),
            strict_mode_config: Some(StrictModeConfig { upsert_max_batchsize: Some(10), ..strict() }),
            ..UpdateCollection::default()
        };
        CollectionsClient::new(channel(&place.url)).update(asking(update)).await.unwrap();
        assert_eq!(Job::on(&place).write(&frame(30), Mode::Append).await.unwrap()[REQUESTS], 3);
    });
}

#[test]
fn a_server_that_limits_rates_is_waited_for_and_gets_every_row() {
    block_on(async {
        let place = Place::shared("rate");
        // The bucket is full at first, and fills with 20 points a second.
        create(&place, StrictModeConfig { write_rate_limit: Some(1200), ..strict() }).await;
        let job = Job::on(&place).with("max_retries", "1").with("concurrency", "2");
        let figures = job.write(&frame(1260), Mode::Append).await.unwrap();
        assert_eq!(figures[0], 1260);
        assert!(figures[REQUESTS] > 5, "{figures:?}");
        assert!(figures[THROTTLED] > 0, "{figures:?}");
        assert_eq!(Job::on(&place).read(1).await.unwrap().rows.len(), 1260);
    });
}
