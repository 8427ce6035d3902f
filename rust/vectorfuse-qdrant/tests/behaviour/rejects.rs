//! Rows that the server refuses although they looked right.

use qdrant_client::qdrant::collections_client::CollectionsClient;
use qdrant_client::qdrant::{
    CreateCollectionBuilder, DeleteCollection, Distance, VectorParamsBuilder, VectorsConfigBuilder,
};
use tempfile::TempDir;
use vectorfuse_behaviour::job::{Frame, Job};
use vectorfuse_behaviour::rejects::{REJECTED, ROWS, dead, letters};
use vectorfuse_behaviour::values::{Val, floats, int, text, vector};
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use crate::support::server::{Place, asking, block_on, channel};

#[test]
fn rows_that_the_server_refuses_are_found_among_the_others() {
    block_on(async {
        let (place, folder) = (Place::shared("halved"), TempDir::new().unwrap());
        let columns = [("id", SparkType::Long), ("a", floats()), ("b", floats()), ("t", SparkType::string())];
        let bad = [3, 17, 18, 63];
        let row = |n: i64| {
            let b = if bad.contains(&n) { vector(&[1.0, 2.0]) } else { Val::Null };
            vec![int(n), vector(&[1.0]), b, text("x")]
        };
        let frame = Frame::new(&columns, (0..64).map(row).collect());
        let job = dead(&place, &folder).with("vector_fields", "a,b");
        let job = job.with("vector.a.size", "1").with("vector.b.size", "2");
        let plan = job.plan(&frame.fields, Mode::Append).await.unwrap();
        // Somebody makes the collection anew, with another size of `b`: what the task knows of it is wrong now.
        let mut client = CollectionsClient::new(channel(&place.url));
        let name = place.collection.clone();
        client.delete(asking(DeleteCollection { collection_name: name.clone(), timeout: None })).await.unwrap();
        let mut vectors = VectorsConfigBuilder::default();
        vectors.add_named_vector_params("a", VectorParamsBuilder::new(1, Distance::Dot));
        vectors.add_named_vector_params("b", VectorParamsBuilder::new(3, Distance::Dot));
        client.create(asking(CreateCollectionBuilder::new(name).vectors_config(vectors).build())).await.unwrap();
        let figures = job.task(&plan, 0, vec![frame.batch()]).await.unwrap();
        assert_eq!((figures[ROWS], figures[REJECTED]), (60, 4));
        let (_, lines) = letters(&folder);
        let rows: Vec<_> = lines.iter().map(|line| line["row"].as_i64().unwrap()).collect();
        assert_eq!(rows, bad);
        assert_eq!(lines[0]["values"]["b"], serde_json::json!([1.0, 2.0]));
        assert!(lines[0]["reason"].as_str().unwrap().contains("the store says"), "{}", lines[0]);
        assert_eq!(Job::on(&place).read(2).await.unwrap().rows.len(), 60);
    });
}
