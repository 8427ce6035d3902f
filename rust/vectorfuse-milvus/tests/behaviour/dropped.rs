//! A collection that goes in the middle of a read is not the end of its rows.

use std::sync::Arc;
use std::time::Duration;

use vectorfuse_core::error::{Kind, Result};
use vectorfuse_core::metrics::Metrics;
use vectorfuse_core::paging::BatchStream;
use vectorfuse_core::store::Store;

use crate::support::block_on;
use crate::support::foreign::proto::{DataType, FieldSchema};
use crate::support::foreign::{Foreign, Server, field, key};
use crate::support::reader::{Reader, refused};

fn keys_and_vectors() -> Vec<FieldSchema> {
    vec![key("id", DataType::Int64), field("v", DataType::FloatVector)]
}

/// A collection of 3,000 rows, and a read of it that has given its first page: 100 rows, of some servers 100 of each shard.
async fn begun(server: Server) -> (Foreign, BatchStream) {
    let foreign = Foreign::make(server, keys_and_vectors(), false).await;
    foreign.insert_keys(&(0..3000).collect::<Vec<_>>()).await;
    let reader = Reader::of(&foreign).with("page_size", "100");
    let scan = reader.scan(None).await.unwrap();
    let split = reader.splits(&scan, 1).await.unwrap().remove(0);
    let mut stream = reader.store().unwrap().read(split.scan, split.part, Arc::new(Metrics::default())).unwrap();
    let first = stream.next().await.unwrap().unwrap().num_rows();
    assert!((100..1000).contains(&first), "a page of {first} rows");
    // The pages that are fetched ahead have come by then: Milvus 2.3.5 crashes if a collection goes amid a query.
    tokio::time::sleep(Duration::from_secs(1)).await;
    (foreign, stream)
}

async fn rest(mut stream: BatchStream) -> Result<usize> {
    let mut rows = 0;
    while let Some(batch) = stream.next().await {
        rows += batch?.num_rows();
    }
    Ok(rows)
}

#[test]
fn a_read_of_a_collection_that_is_dropped_meanwhile_fails() {
    block_on(async {
        for server in Server::ALL {
            let (foreign, stream) = begun(server).await;
            foreign.drop_it().await;
            refused(rest(stream).await, Kind::NotFound, &[]);
        }
    });
}

#[test]
fn a_read_does_not_end_in_another_collection_of_the_same_name() {
    block_on(async {
        let (foreign, stream) = begun(Server::Milvus).await;
        let other = foreign.replaced(keys_and_vectors()).await;
        refused(rest(stream).await, Kind::NotFound, &["replaced", "read again"]);
        other.drop_it().await;
    });
}
