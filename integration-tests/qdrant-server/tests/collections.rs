//! Collections: their definitions and aliases come back as given, and they come and go.

#![allow(clippy::unwrap_used, reason = "an error fails the test")]

mod common;

use std::collections::HashMap;

use common::{Bed, dots, fields, line, plane, text};
use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::alias_operations::Action;
use qdrant_client::qdrant::quantization_config::Quantization;
use qdrant_client::qdrant::value::Kind;
use qdrant_client::qdrant::vectors_config::Config;
use tonic::Code;

async fn info(bed: &mut Bed, name: &str) -> proto::CollectionInfo {
    bed.clients
        .collections
        .get(proto::GetCollectionInfoRequest { collection_name: name.to_owned() })
        .await
        .unwrap()
        .into_inner()
        .result
        .unwrap()
}

async fn exists(bed: &mut Bed, name: &str) -> bool {
    bed.clients
        .collections
        .collection_exists(proto::CollectionExistsRequest { collection_name: name.to_owned() })
        .await
        .unwrap()
        .into_inner()
        .result
        .unwrap()
        .exists
}

#[tokio::test]
async fn the_server_says_its_name_and_version() {
    let mut bed = Bed::make().await;
    let reply = bed.clients.health.health_check(proto::HealthCheckRequest {}).await.unwrap().into_inner();
    assert_eq!(reply.title, "qdrant - vector search engine");
    assert!(reply.version.starts_with("1."), "{}", reply.version);
}

#[tokio::test]
async fn a_collection_is_made_listed_found_and_deleted() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    assert!(exists(&mut bed, &name).await);
    let listed = bed.clients.collections.list(proto::ListCollectionsRequest {}).await.unwrap().into_inner().collections;
    assert!(listed.iter().any(|one| one.name == name));
    let delete = proto::DeleteCollection { collection_name: name.clone(), timeout: None };
    let deleted = bed.clients.collections.delete(delete.clone()).await;
    assert!(deleted.unwrap().into_inner().result);
    assert!(!exists(&mut bed, &name).await);
    let again = bed.clients.collections.delete(delete).await;
    assert!(!again.unwrap().into_inner().result);
    bed.clients.create(plane(&name)).await;
    assert_eq!(bed.clients.count(&name, None).await, 0);
    bed.end().await;
}

#[tokio::test]
async fn an_existing_name_and_an_unknown_one_are_told_apart() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    let status = bed.clients.collections.create(plane(&name)).await.unwrap_err();
    assert_eq!(status.code(), Code::AlreadyExists);
    assert_eq!(status.message(), format!("Wrong input: Collection `{name}` already exists!"));
    let status = bed
        .clients
        .collections
        .get(proto::GetCollectionInfoRequest { collection_name: "nowhere".to_owned() })
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    assert_eq!(status.message(), "Not found: Collection `nowhere` doesn't exist!");
    bed.end().await;
}

#[tokio::test]
async fn the_info_gives_back_the_definition() {
    let mut bed = Bed::make().await;
    let name = bed.name.clone();
    let text_vector = proto::VectorParams {
        datatype: Some(proto::Datatype::Float16.into()),
        multivector_config: Some(proto::MultiVectorConfig::default()),
        ..dots(4)
    };
    let given = proto::CreateCollection {
        collection_name: name.clone(),
        shard_number: Some(2),
        vectors_config: Some(proto::VectorsConfig {
            config: Some(Config::ParamsMap(proto::VectorParamsMap {
                map: HashMap::from([("image".to_owned(), dots(3)), ("text".to_owned(), text_vector)]),
            })),
        }),
        sparse_vectors_config: Some(proto::SparseVectorConfig {
            map: HashMap::from([(
                "words".to_owned(),
                proto::SparseVectorParams { modifier: Some(proto::Modifier::Idf.into()), index: None },
            )]),
        }),
        hnsw_config: Some(proto::HnswConfigDiff { m: Some(8), ..Default::default() }),
        optimizers_config: Some(proto::OptimizersConfigDiff { indexing_threshold: Some(0), ..Default::default() }),
        metadata: fields(&[("owner", text("tests"))]),
        ..Default::default()
    };
    bed.clients.create(given.clone()).await;
    let info = info(&mut bed, &name).await;
    assert_eq!(info.status(), proto::CollectionStatus::Green);
    assert_eq!(info.points_count, Some(0));
    let config = info.config.unwrap();
    assert_eq!(config.metadata, given.metadata);
    let hnsw = config.hnsw_config.unwrap();
    assert_eq!((hnsw.m, hnsw.ef_construct), (Some(8), Some(100)));
    let optimizers = config.optimizer_config.unwrap();
    assert_eq!(optimizers.indexing_threshold, Some(0));
    assert_eq!(optimizers.deleted_threshold, Some(0.2));
    let params = config.params.unwrap();
    assert_eq!(params.shard_number, 2);
    assert_eq!(params.replication_factor, Some(1));
    let words = &params.sparse_vectors_config.unwrap().map["words"];
    assert_eq!(words.modifier(), proto::Modifier::Idf);
    let Some(Config::ParamsMap(map)) = params.vectors_config.unwrap().config else {
        panic!("the vectors are named");
    };
    assert_eq!(map.map["image"].size, 3);
    assert_eq!(map.map["text"].datatype, text_vector.datatype);
    assert!(map.map["text"].multivector_config.is_some());
    bed.end().await;
}

#[tokio::test]
async fn a_collection_without_vectors_has_an_empty_map_of_them() {
    let mut bed = Bed::make().await;
    let name = bed.name.clone();
    bed.clients.create(proto::CreateCollection { collection_name: name.clone(), ..Default::default() }).await;
    let config = info(&mut bed, &name).await.config.unwrap();
    let vectors = config.params.unwrap().vectors_config.unwrap().config;
    assert_eq!(vectors, Some(Config::ParamsMap(proto::VectorParamsMap::default())));
    bed.end().await;
}

#[tokio::test]
async fn metadata_is_merged_key_by_key_and_a_null_removes_one() {
    let mut bed = Bed::make().await;
    let name = bed.name.clone();
    bed.clients
        .create(proto::CreateCollection {
            metadata: fields(&[("kept", text("a")), ("changed", text("b")), ("gone", text("c"))]),
            ..plane(&name)
        })
        .await;
    bed.clients
        .collections
        .update(proto::UpdateCollection {
            collection_name: name.clone(),
            metadata: fields(&[("changed", text("d")), ("new", Kind::IntegerValue(1)), ("gone", Kind::NullValue(0))]),
            ..Default::default()
        })
        .await
        .unwrap();
    assert_eq!(
        info(&mut bed, &name).await.config.unwrap().metadata,
        fields(&[("kept", text("a")), ("changed", text("d")), ("new", Kind::IntegerValue(1))])
    );
    bed.end().await;
}

#[tokio::test]
async fn a_malformed_definition_is_refused() {
    let mut bed = Bed::make().await;
    let name = bed.name.clone();
    let no_size = proto::CreateCollection {
        vectors_config: Some(proto::VectorsConfig { config: Some(Config::Params(dots(0))) }),
        ..plane(&name)
    };
    let no_distance = proto::CreateCollection {
        vectors_config: Some(proto::VectorsConfig {
            config: Some(Config::Params(proto::VectorParams { distance: 0, ..dots(2) })),
        }),
        ..plane(&name)
    };
    let bad_name = plane("a/b");
    for definition in [no_size, no_distance, bad_name, plane("")] {
        let status = bed.clients.collections.create(definition.clone()).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{definition:?}");
    }
    assert!(!exists(&mut bed, &name).await);
}

#[tokio::test]
async fn an_alias_stands_for_its_collection_everywhere() {
    let mut bed = Bed::with_plane().await;
    let name = bed.name.clone();
    let (first, second) = (format!("{name}-first"), format!("{name}-second"));
    let change = |actions: Vec<Action>| proto::ChangeAliases {
        actions: actions.into_iter().map(|action| proto::AliasOperations { action: Some(action) }).collect(),
        timeout: None,
    };
    let create = Action::CreateAlias(proto::CreateAlias { collection_name: name.clone(), alias_name: first.clone() });
    let collections = &mut bed.clients.collections;
    collections.update_aliases(change(vec![create])).await.unwrap();
    bed.clients.upsert(&first, line(3)).await;
    assert_eq!(bed.clients.count(&name, None).await, 3);
    assert_eq!(info(&mut bed, &first).await.points_count, Some(3));
    assert!(exists(&mut bed, &first).await);

    let rename =
        Action::RenameAlias(proto::RenameAlias { old_alias_name: first.clone(), new_alias_name: second.clone() });
    let collections = &mut bed.clients.collections;
    collections.update_aliases(change(vec![rename])).await.unwrap();
    let listed = collections
        .list_collection_aliases(proto::ListCollectionAliasesRequest { collection_name: name.clone() })
        .await
        .unwrap()
        .into_inner()
        .aliases;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].alias_name, second);
    assert!(!exists(&mut bed, &first).await);

    let delete = Action::DeleteAlias(proto::DeleteAlias { alias_name: second.clone() });
    let collections = &mut bed.clients.collections;
    collections.update_aliases(change(vec![delete])).await.unwrap();
    assert!(!exists(&mut bed, &second).await);
    let all = bed.clients.collections.list_aliases(proto::ListAliasesRequest {}).await.unwrap().into_inner().aliases;
    assert!(all.iter().all(|alias| alias.collection_name != name));
    bed.end().await;
}

#[tokio::test]
#[expect(deprecated, reason = "the server still fills on_disk_payload")]
async fn settings_of_indexing_and_replicas_are_kept_and_changed() {
    let mut bed = Bed::make().await;
    let name = bed.name.clone();
    let scalar = proto::ScalarQuantization {
        r#type: proto::QuantizationType::Int8.into(),
        quantile: Some(0.99),
        ..Default::default()
    };
    let quantization = Some(proto::QuantizationConfig { quantization: Some(Quantization::Scalar(scalar)) });
    bed.clients
        .create(proto::CreateCollection {
            quantization_config: quantization,
            on_disk_payload: Some(false),
            ..plane(&name)
        })
        .await;
    bed.clients
        .collections
        .update(proto::UpdateCollection {
            collection_name: name.clone(),
            optimizers_config: Some(proto::OptimizersConfigDiff { indexing_threshold: Some(77), ..Default::default() }),
            hnsw_config: Some(proto::HnswConfigDiff { m: Some(32), ..Default::default() }),
            ..Default::default()
        })
        .await
        .unwrap();
    let config = info(&mut bed, &name).await.config.unwrap();
    assert_eq!(config.quantization_config, quantization);
    assert_eq!(config.optimizer_config.unwrap().indexing_threshold, Some(77));
    assert_eq!(config.hnsw_config.unwrap().m, Some(32));
    assert!(!config.params.unwrap().on_disk_payload);
    bed.end().await;
}
