//! The settings that change how a server stores and indexes, not what it answers: each is taken,
//! shown, and leaves a collection that works.

#![allow(clippy::unwrap_used, reason = "an error fails the test")]
#![expect(deprecated, reason = "what 1.19 renamed is what the older servers know")]

mod common;

use std::collections::HashMap;

use common::kinds::{a, dense_out, sparse, stored};
use common::{Bed, dots, line, named, number, plane, point, selected, upserting};
use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::payload_index_params::IndexParams;
use qdrant_client::qdrant::quantization_config::Quantization;
use qdrant_client::qdrant::vectors_config::Config;

async fn config(bed: &mut Bed) -> proto::CollectionConfig {
    info(bed).await.config.unwrap()
}

async fn info(bed: &mut Bed) -> proto::CollectionInfo {
    let request = proto::GetCollectionInfoRequest { collection_name: bed.name.clone() };
    bed.clients.collections.get(request).await.unwrap().into_inner().result.unwrap()
}

fn hnsw() -> proto::HnswConfigDiff {
    proto::HnswConfigDiff {
        m: Some(0),
        ef_construct: Some(64),
        full_scan_threshold: Some(500),
        max_indexing_threads: Some(2),
        on_disk: Some(true),
        payload_m: Some(16),
        inline_storage: Some(false),
        memory: None,
    }
}

fn quantizations() -> [proto::QuantizationConfig; 3] {
    use proto::binary_quantization_query_encoding::{Setting, Variant};
    let scalar = proto::ScalarQuantization {
        r#type: proto::QuantizationType::Int8.into(),
        quantile: Some(0.95),
        always_ram: Some(true),
        memory: None,
    };
    let product = proto::ProductQuantization {
        compression: proto::CompressionRatio::X16.into(),
        always_ram: Some(false),
        memory: None,
    };
    let binary = proto::BinaryQuantization {
        always_ram: Some(true),
        encoding: Some(proto::BinaryQuantizationEncoding::TwoBits.into()),
        query_encoding: Some(proto::BinaryQuantizationQueryEncoding {
            variant: Some(Variant::Setting(Setting::Scalar8Bits.into())),
        }),
        memory: None,
    };
    [Quantization::Scalar(scalar), Quantization::Product(product), Quantization::Binary(binary)]
        .map(|one| proto::QuantizationConfig { quantization: Some(one) })
}

#[tokio::test]
async fn every_setting_of_a_collection_comes_back_as_it_was_given() {
    for quantization in quantizations() {
        let mut bed = Bed::make().await;
        let name = bed.name.clone();
        let given = proto::CreateCollection {
            shard_number: Some(3),
            replication_factor: Some(2),
            write_consistency_factor: Some(2),
            on_disk_payload: Some(true),
            hnsw_config: Some(hnsw()),
            quantization_config: Some(quantization),
            optimizers_config: Some(proto::OptimizersConfigDiff {
                deleted_threshold: Some(0.5),
                vacuum_min_vector_number: Some(200),
                default_segment_number: Some(2),
                max_segment_size: Some(50_000),
                memmap_threshold: Some(20_000),
                indexing_threshold: Some(0),
                flush_interval_sec: Some(7),
                ..Default::default()
            }),
            wal_config: Some(proto::WalConfigDiff {
                wal_capacity_mb: Some(8),
                wal_segments_ahead: Some(1),
                wal_retain_closed: Some(2),
            }),
            ..plane(&name)
        };
        bed.clients.create(given.clone()).await;
        let config = config(&mut bed).await;
        assert_eq!(config.hnsw_config, given.hnsw_config);
        assert_eq!(config.quantization_config, given.quantization_config);
        assert_eq!(config.optimizer_config, given.optimizers_config);
        assert_eq!(config.wal_config, given.wal_config);
        let params = config.params.unwrap();
        assert_eq!(params.shard_number, 3);
        assert_eq!(params.replication_factor, Some(2));
        assert_eq!(params.write_consistency_factor, Some(2));
        assert!(params.on_disk_payload);
        bed.clients.upsert(&name, line(3)).await;
        assert_eq!(bed.clients.ids(&name).await, ["1", "2", "3"]);
        bed.end().await;
    }
}

#[tokio::test]
async fn every_setting_of_a_vector_comes_back_as_it_was_given() {
    let mut bed = Bed::make().await;
    let name = bed.name.clone();
    let [scalar, product, binary] = quantizations().map(Some);
    let vectors = HashMap::from([
        (
            "halves".to_owned(),
            proto::VectorParams {
                datatype: Some(proto::Datatype::Float16.into()),
                hnsw_config: Some(hnsw()),
                quantization_config: scalar,
                ..dots(2)
            },
        ),
        (
            "bytes".to_owned(),
            proto::VectorParams {
                datatype: Some(proto::Datatype::Uint8.into()),
                quantization_config: product,
                ..dots(2)
            },
        ),
        ("disk".to_owned(), proto::VectorParams { on_disk: Some(true), quantization_config: binary, ..dots(2) }),
    ]);
    let index = proto::SparseIndexConfig {
        full_scan_threshold: Some(300),
        on_disk: Some(true),
        datatype: Some(proto::Datatype::Float16.into()),
        memory: None,
    };
    let words = proto::SparseVectorParams { modifier: Some(proto::Modifier::Idf.into()), index: Some(index) };
    let given = proto::CreateCollection {
        vectors_config: Some(proto::VectorsConfig {
            config: Some(Config::ParamsMap(proto::VectorParamsMap { map: vectors })),
        }),
        sparse_vectors_config: Some(proto::SparseVectorConfig { map: HashMap::from([("words".to_owned(), words)]) }),
        ..plane(&name)
    };
    bed.clients.create(given.clone()).await;
    let params = config(&mut bed).await.params.unwrap();
    assert_eq!(params.vectors_config, given.vectors_config);
    assert_eq!(params.sparse_vectors_config, given.sparse_vectors_config);
    let values = named(&[
        ("halves", a(&[0.1, 1.0])),
        ("bytes", a(&[255.7, 3.0])),
        ("disk", a(&[0.1, 1.0])),
        ("words", sparse(&[1, 5], &[0.5, 2.0])),
    ]);
    bed.clients.upsert(&name, vec![point(number(1), values, &[])]).await;
    let stored = stored(&mut bed, 1).await;
    assert_eq!(stored["halves"], dense_out(&[0.099_975_586, 1.0]));
    assert_eq!(stored["bytes"], dense_out(&[255.0, 3.0]));
    assert_eq!(stored["disk"], dense_out(&[0.1, 1.0]));
    bed.end().await;
}

#[tokio::test]
async fn every_parameter_of_an_index_comes_back_as_it_was_given() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    let (yes, no) = (Some(true), Some(false));
    let given = [
        IndexParams::KeywordIndexParams(proto::KeywordIndexParams {
            is_tenant: yes,
            on_disk: yes,
            ..Default::default()
        }),
        IndexParams::IntegerIndexParams(proto::IntegerIndexParams {
            lookup: yes,
            range: no,
            on_disk: yes,
            ..Default::default()
        }),
        IndexParams::IntegerIndexParams(proto::IntegerIndexParams {
            lookup: no,
            range: yes,
            is_principal: yes,
            ..Default::default()
        }),
        IndexParams::FloatIndexParams(proto::FloatIndexParams {
            is_principal: yes,
            on_disk: yes,
            ..Default::default()
        }),
        IndexParams::GeoIndexParams(proto::GeoIndexParams { on_disk: yes, ..Default::default() }),
        IndexParams::BoolIndexParams(proto::BoolIndexParams { on_disk: yes, ..Default::default() }),
        IndexParams::DatetimeIndexParams(proto::DatetimeIndexParams { is_principal: yes, ..Default::default() }),
        IndexParams::UuidIndexParams(proto::UuidIndexParams { is_tenant: yes, on_disk: no, ..Default::default() }),
        IndexParams::TextIndexParams(proto::TextIndexParams {
            tokenizer: proto::TokenizerType::Prefix.into(),
            lowercase: no,
            min_token_len: Some(2),
            max_token_len: Some(9),
            on_disk: yes,
            phrase_matching: yes,
            ..Default::default()
        }),
        IndexParams::TextIndexParams(proto::TextIndexParams {
            tokenizer: proto::TokenizerType::Multilingual.into(),
            ascii_folding: yes,
            ..Default::default()
        }),
    ];
    for (at, params) in given.iter().enumerate() {
        let request = proto::CreateFieldIndexCollection {
            collection_name: name.clone(),
            wait: yes,
            field_name: format!("field{at}"),
            field_index_params: Some(proto::PayloadIndexParams { index_params: Some(params.clone()) }),
            ..Default::default()
        };
        bed.clients.points.create_field_index(request).await.unwrap();
    }
    let mut schema = info(&mut bed).await.payload_schema;
    for (at, params) in given.into_iter().enumerate() {
        let shown = schema.remove(&format!("field{at}")).unwrap();
        assert_eq!(shown.params.unwrap().index_params.unwrap(), params);
    }
    bed.clients.upsert(&name, line(2)).await;
    bed.end().await;
}

#[tokio::test]
async fn every_call_takes_an_ordering_or_a_consistency() {
    use proto::read_consistency::Value;
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    let ordering = Some(proto::WriteOrdering { r#type: proto::WriteOrderingType::Strong.into() });
    let points = &mut bed.clients.points;
    points.upsert(proto::UpsertPoints { ordering, ..upserting(&name, line(5)) }).await.unwrap();
    let wait = Some(true);
    let set = proto::SetPayloadPoints {
        collection_name: name.clone(),
        wait,
        points_selector: selected(&[1]),
        ordering,
        ..Default::default()
    };
    points.set_payload(set.clone()).await.unwrap();
    points.overwrite_payload(set).await.unwrap();
    let vectors = proto::UpdatePointVectors {
        collection_name: name.clone(),
        wait,
        points: vec![proto::PointVectors { id: Some(number(1)), vectors: Some(common::dense(&[1.0, 1.0])) }],
        ordering,
        ..Default::default()
    };
    points.update_vectors(vectors).await.unwrap();
    let batch = proto::UpdateBatchPoints {
        collection_name: name.clone(),
        wait,
        operations: vec![proto::PointsUpdateOperation {
            operation: Some(proto::points_update_operation::Operation::ClearPayload(
                proto::points_update_operation::ClearPayload { points: selected(&[2]), shard_key_selector: None },
            )),
        }],
        ordering,
        ..Default::default()
    };
    points.update_batch(batch).await.unwrap();
    let delete = proto::DeletePoints {
        collection_name: name.clone(),
        wait,
        points: selected(&[5]),
        ordering,
        ..Default::default()
    };
    points.delete(delete).await.unwrap();
    for value in [
        Value::Factor(1),
        Value::Type(proto::ReadConsistencyType::Majority.into()),
        Value::Type(proto::ReadConsistencyType::All.into()),
    ] {
        let read_consistency = Some(proto::ReadConsistency { value: Some(value) });
        let scroll = proto::ScrollPoints { collection_name: name.clone(), read_consistency, ..Default::default() };
        assert_eq!(points.scroll(scroll).await.unwrap().into_inner().result.len(), 4);
        let count = proto::CountPoints { collection_name: name.clone(), read_consistency, ..Default::default() };
        assert_eq!(points.count(count).await.unwrap().into_inner().result.unwrap().count, 4);
        let get = proto::GetPoints {
            collection_name: name.clone(),
            ids: vec![number(1)],
            read_consistency,
            ..Default::default()
        };
        assert_eq!(points.get(get).await.unwrap().into_inner().result.len(), 1);
        let query = proto::QueryPoints { collection_name: name.clone(), read_consistency, ..Default::default() };
        assert_eq!(points.query(query.clone()).await.unwrap().into_inner().result.len(), 4);
        let batch = proto::QueryBatchPoints {
            collection_name: name.clone(),
            query_points: vec![query],
            read_consistency,
            timeout: None,
        };
        assert_eq!(points.query_batch(batch).await.unwrap().into_inner().result[0].result.len(), 4);
    }
    bed.end().await;
}
