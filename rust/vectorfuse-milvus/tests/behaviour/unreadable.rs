//! What can't be read is refused on the driver, in words that say what to do.

use vectorfuse_core::error::Kind;

use crate::support::block_on;
use crate::support::foreign::proto::{DataType, FieldSchema};
use crate::support::foreign::{Foreign, Server, field, key};
use crate::support::reader::{Reader, refused};

fn plain() -> Vec<FieldSchema> {
    vec![key("id", DataType::Int64), field("v", DataType::FloatVector)]
}

#[test]
fn a_collection_that_is_not_loaded_is_not_loaded_by_a_read() {
    block_on(async {
        let foreign = Foreign::bare(Server::Milvus, plain(), false).await;
        let reader = Reader::of(&foreign);
        refused(
            reader.table(None).await,
            Kind::Unsupported,
            &["not loaded", "no index", "create_index", &foreign.name],
        );
        foreign.index(&plain()).await;
        let words = refused(reader.table(None).await, Kind::Unsupported, &["not loaded", "load_collection"]);
        assert!(!words.contains("create_index"), "{words}");
        foreign.load().await;
        reader.table(None).await.unwrap();
        foreign.drop_it().await;

        let foreign = Foreign::make(Server::Lite, plain(), false).await;
        foreign.release().await;
        refused(Reader::of(&foreign).table(None).await, Kind::Unsupported, &["not loaded", "load_collection"]);
        foreign.drop_it().await;
    });
}

#[test]
fn what_is_not_there_is_named() {
    block_on(async {
        for server in Server::ALL {
            let reader = Reader::named(server, "mread_nobody");
            refused(reader.table(None).await, Kind::NotFound, &["no collection `mread_nobody`"]);
            let elsewhere = reader.with("database", "nowhere");
            refused(elsewhere.table(None).await, Kind::NotFound, &["no database `nowhere`", "default"]);
        }
    });
}

#[test]
fn a_filter_that_the_server_cannot_read_is_refused_before_tasks_start() {
    block_on(async {
        for server in Server::ALL {
            let foreign = Foreign::make(server, plain(), false).await;
            let reader = Reader::of(&foreign);
            for filter in ["id ~ 1", "nobody == 1", "id >"] {
                refused(reader.clone().with("filter", filter).table(None).await, Kind::Options, &["`filter`"]);
            }
            foreign.drop_it().await;
        }
    });
}

#[test]
fn partitions_that_the_server_fills_by_a_field_cannot_be_named() {
    block_on(async {
        let by = FieldSchema { is_partition_key: true, ..field("p", DataType::Int64) };
        let foreign = Foreign::make(Server::Milvus, [plain(), vec![by]].concat(), false).await;
        let reader = Reader::of(&foreign);
        refused(
            reader.with("partitions", "_default_0").table(None).await,
            Kind::Options,
            &["`partitions`", "by a field"],
        );
        foreign.drop_it().await;
    });
}
