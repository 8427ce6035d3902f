//! Servers with limits of strict mode: requests fit them, and a server that limits rates is waited for.

use qdrant_client::qdrant::collections_client::CollectionsClient;
use qdrant_client::qdrant::points_client::PointsClient;
use qdrant_client::qdrant::{
    CreateCollectionBuilder, DeleteFieldIndexCollectionBuilder, Distance, StrictModeConfig, UpdateCollection,
    VectorParamsBuilder,
};
use vectorfuse_core::error::Kind;
use vectorfuse_core::options::Side;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::table::{Aggregate, Column, Role, Scan, fields};
use vectorfuse_core::write::Mode;

use vectorfuse_behaviour::job::{Frame, Job, refused};
use crate::support::server::{Place, asking, block_on, channel};
use vectorfuse_behaviour::values::{Val, floats, int, vector};

/// Where `Metrics::snapshot` has the requests, the time that was waited at the server's word, and the rows that changed nothing.
const REQUESTS: usize = 2;
const THROTTLED: usize = 4;
const SKIPPED: usize = 7;

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

/// Sets limits of a collection that is there.
async fn limit(place: &Place, strict: StrictModeConfig) {
    let update = UpdateCollection {
        collection_name: place.collection.clone(),
        strict_mode_config: Some(strict),
        ..UpdateCollection::default()
    };
    CollectionsClient::new(channel(&place.url)).update(asking(update)).await.unwrap();
}

/// Thirty points with a number that has an index, some of them null.
async fn indexed(what: &str) -> Place {
    let place = Place::shared(what);
    let columns = [("id", SparkType::Long), ("vector", floats()), ("n", SparkType::Long)];
    let number = |id: i64| if id % 10 == 0 { Val::Null } else { int(id % 10) };
    let rows = (0..30).map(|id| vec![int(id), vector(&[1.0]), number(id)]).collect();
    Job::on(&place).with("distance", "dot").with("index.n", "integer").append(&Frame::new(&columns, rows)).await;
    place
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
        limit(&place, StrictModeConfig { upsert_max_batchsize: Some(10), ..strict() }).await;
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

/// The count of all, or of each value of `n`.
async fn counts(job: &Job, group: Option<&str>) -> Scan {
    let scan = job.scan(Some(&["n"])).await.unwrap();
    let count = Column::new("count", SparkType::Long, Role::Unused);
    let columns = group.map(|_| scan.columns[0].clone()).into_iter().chain([count]).collect();
    Scan { columns, aggregates: Some(vec![Aggregate::Rows]), group: group.map(str::to_owned), ..scan }
}

#[test]
fn the_server_orders_and_groups_no_more_rows_than_it_gives_at_once() {
    block_on(async {
        let place = indexed("strict_reads").await;
        let job = Job::on(&place);
        let store = job.store(Side::Read).unwrap();
        limit(&place, StrictModeConfig { max_query_limit: Some(12), ..strict() }).await;
        let table = job.table(None).await.unwrap();
        assert!(store.orders(&table, "n", 12).unwrap());
        assert!(!store.orders(&table, "n", 13).unwrap(), "one answer can't have as many");
        let scan = counts(&job, Some("n")).await;
        assert!(store.aggregates(&scan).await.unwrap());
        let found = job.read_scan(&scan, 1).await.unwrap().remove(0).select(&["n", "count"]);
        let groups: Vec<Vec<Val>> = (1..10).map(|n| vec![int(n), int(3)]).chain([vec![Val::Null, int(3)]]).collect();
        assert_eq!(found, Frame { rows: groups, fields: fields(&scan.columns) }.select(&["n", "count"]));
        limit(&place, StrictModeConfig { max_query_limit: Some(9), ..strict() }).await;
        let store = job.store(Side::Read).unwrap();
        assert!(!store.aggregates(&counts(&job, Some("n")).await).await.unwrap(), "there may be a tenth value");
    });
}

#[test]
fn the_server_orders_and_groups_nothing_where_conditions_are_bounded() {
    block_on(async {
        let place = indexed("strict_conditions").await;
        let job = Job::on(&place);
        for bound in [None, Some(1)] {
            limit(&place, StrictModeConfig { filter_max_conditions: bound, ..strict() }).await;
            let store = job.store(Side::Read).unwrap();
            let table = job.table(None).await.unwrap();
            assert_eq!(store.orders(&table, "n", 10).unwrap(), bound.is_none());
            assert_eq!(store.aggregates(&counts(&job, Some("n")).await).await.unwrap(), bound.is_none());
            assert!(store.aggregates(&counts(&job, None).await).await.unwrap());
        }
    });
}

#[test]
fn a_group_whose_index_is_gone_meanwhile_stays_with_spark_or_says_to_run_it_again() {
    block_on(async {
        let place = indexed("gone_index").await;
        let job = Job::on(&place);
        let store = job.store(Side::Read).unwrap();
        let scan = counts(&job, Some("n")).await;
        assert!(store.aggregates(&scan).await.unwrap());
        let request = DeleteFieldIndexCollectionBuilder::new(&place.collection, "n").wait(true).build();
        PointsClient::new(channel(&place.url)).delete_field_index(asking(request)).await.unwrap();
        assert!(!store.aggregates(&scan).await.unwrap());
        refused(job.read_scan(&scan, 1).await, Kind::NotFound, &["index of `n`", "Run the query again"]);
    });
}

#[test]
fn a_server_that_may_not_count_exactly_counts_nothing() {
    block_on(async {
        let place = indexed("strict_counts").await;
        let job = Job::on(&place);
        let store = job.store(Side::Read).unwrap();
        for allowed in [true, false] {
            limit(&place, StrictModeConfig { search_allow_exact: Some(allowed), ..strict() }).await;
            for group in [None, Some("n")] {
                assert_eq!(store.aggregates(&counts(&job, group).await).await.unwrap(), allowed);
            }
        }
    });
}

#[test]
fn rows_that_change_nothing_are_found_out_whatever_the_server_lets_be_asked() {
    block_on(async {
        for limits in [
            StrictModeConfig { condition_max_size: Some(5), filter_max_conditions: Some(1), ..strict() },
            StrictModeConfig { search_allow_exact: Some(false), ..strict() },
        ] {
            let place = indexed("strict_modes").await;
            limit(&place, limits).await;
            let rows = (20..50).map(|id| vec![int(id), vector(&[1.0]), int(100 + id)]).collect();
            let rows = Frame::new(&[("id", SparkType::Long), ("vector", floats()), ("n", SparkType::Long)], rows);
            for (mode, skipped) in [("update", 20), ("insert", 10)] {
                let job = Job::on(&place).with("write_mode", mode);
                let figures = job.write(&rows, Mode::Append).await.unwrap();
                assert_eq!((figures[0], figures[SKIPPED]), (30 - skipped, skipped), "{mode}");
            }
            assert_eq!(Job::on(&place).read(1).await.unwrap().rows.len(), 50);
            // How many rows a guard keeps out can't be asked; that it does is what counts.
            let older = Frame { rows: vec![vec![int(20), vector(&[1.0]), int(1)]], ..rows };
            Job::on(&place).with("order_field", "n").write(&older, Mode::Append).await.unwrap();
            let stored = Job::on(&place).read(1).await.unwrap().select(&["id", "n"]);
            assert!(stored.contains(&vec![int(20), int(120)]), "{stored:?}");
        }
    });
}

#[test]
fn a_guard_that_strict_mode_refuses_is_refused_by_the_driver() {
    block_on(async {
        let place = indexed("strict_guards").await;
        let columns = [("id", SparkType::Long), ("n", SparkType::Long), ("m", SparkType::Long)];
        let rows = Frame::new(&columns, vec![vec![int(1), int(9), int(9)]]);
        limit(&place, StrictModeConfig { unindexed_filtering_update: Some(false), ..strict() }).await;
        for mode in ["partial", "delete"] {
            let job = Job::on(&place).with("write_mode", mode).with("on_error", "skip");
            let plan = |option: &str, value: &str| {
                let (job, fields) = (job.clone().with(option, value), rows.fields.clone());
                async move { job.plan(&fields, Mode::Append).await }
            };
            refused(plan("order_field", "m").await, Kind::Options, &["`m`", "index.m", "strict mode"]);
            refused(plan("condition", "n > 1 and not a.b = 2").await, Kind::Options, &["`a.b`", "strict mode"]);
            plan("order_field", "n").await.unwrap();
            plan("condition", "${n} > n").await.unwrap();
        }
        let counting = Job::on(&place).with("write_mode", "partial").with("counter_fields", "n");
        refused(counting.plan(&rows.fields, Mode::Append).await, Kind::Options, &["`_vectorfuse.version`", "strict mode"]);
        let job = Job::on(&place).with("write_mode", "partial").with("order_field", "m").with("index.m", "integer");
        job.write(&rows, Mode::Append).await.unwrap();
        let stored = Job::on(&place).read(1).await.unwrap().select(&["id", "m"]);
        assert!(stored.contains(&vec![int(1), int(9)]), "{stored:?}");
    });
}
