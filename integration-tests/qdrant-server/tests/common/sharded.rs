//! A collection that is sharded by hand, and short ways to fill it and to read it.

use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::value::Kind;
use tonic::Status;

use super::{Bed, Clients, dense, number, plane, point, shown, text, upserting};

pub fn key(word: &str) -> proto::ShardKey {
    proto::ShardKey::from(word.to_owned())
}

pub fn keys(words: &[&str]) -> Option<proto::ShardKeySelector> {
    Some(proto::ShardKeySelector { shard_keys: words.iter().map(|word| key(word)).collect(), fallback: None })
}

pub fn by_hand(name: &str) -> proto::CreateCollection {
    proto::CreateCollection { sharding_method: Some(proto::ShardingMethod::Custom.into()), ..plane(name) }
}

pub async fn add(clients: &mut Clients, name: &str, shard_key: proto::ShardKey) -> Result<(), Status> {
    let request = proto::CreateShardKeyRequest {
        collection_name: name.to_owned(),
        request: Some(proto::CreateShardKey { shard_key: Some(shard_key), ..Default::default() }),
        timeout: None,
    };
    clients.collections.create_shard_key(request).await.map(|answer| assert!(answer.into_inner().result))
}

pub async fn remove(clients: &mut Clients, name: &str, shard_key: proto::ShardKey) -> Result<(), Status> {
    let request = proto::DeleteShardKeyRequest {
        collection_name: name.to_owned(),
        request: Some(proto::DeleteShardKey { shard_key: Some(shard_key) }),
        timeout: None,
    };
    clients.collections.delete_shard_key(request).await.map(|answer| assert!(answer.into_inner().result))
}

pub async fn listed(clients: &mut Clients, name: &str) -> Vec<proto::ShardKey> {
    let request = proto::ListShardKeysRequest { collection_name: name.to_owned() };
    let answer = clients.collections.list_shard_keys(request).await.unwrap().into_inner();
    answer.shard_keys.into_iter().map(|one| one.key.unwrap()).collect()
}

/// Each with its number under `n` and in its vector, and its city under `city`.
pub fn points(ids: &[u64], city: &str) -> Vec<proto::PointStruct> {
    ids.iter()
        .map(|id| {
            let payload = [("n", Kind::IntegerValue(*id as i64)), ("city", text(city))];
            point(number(*id), dense(&[*id as f32, 1.0]), &payload)
        })
        .collect()
}

pub fn putting(name: &str, words: &[&str], points: Vec<proto::PointStruct>) -> proto::UpsertPoints {
    proto::UpsertPoints { shard_key_selector: keys(words), ..upserting(name, points) }
}

/// 1, 3, 5 and 7 in `a`, 2, 4 and 7 in `b`, and an integer index on `n`.
pub async fn filled(clients: &mut Clients, name: &str) {
    clients.create(by_hand(name)).await;
    index(clients, name, "n", proto::FieldType::Integer).await;
    add(clients, name, key("a")).await.unwrap();
    add(clients, name, key("b")).await.unwrap();
    clients.points.upsert(putting(name, &["a"], points(&[1, 3, 5, 7], "Athens"))).await.unwrap();
    clients.points.upsert(putting(name, &["b"], points(&[2, 4, 7], "Berlin"))).await.unwrap();
}

pub async fn bed() -> Bed {
    let mut bed = Bed::with_arguments(&[]).await;
    let name = bed.name.clone();
    filled(&mut bed.clients, &name).await;
    bed
}

pub async fn index(clients: &mut Clients, name: &str, field: &str, field_type: proto::FieldType) {
    let request = proto::CreateFieldIndexCollection {
        collection_name: name.to_owned(),
        wait: Some(true),
        field_name: field.to_owned(),
        field_type: Some(field_type.into()),
        ..Default::default()
    };
    clients.points.create_field_index(request).await.unwrap();
}

pub async fn counted(clients: &mut Clients, name: &str, words: &[&str]) -> u64 {
    let request = proto::CountPoints {
        collection_name: name.to_owned(),
        exact: Some(true),
        shard_key_selector: match words {
            [] => None,
            words => keys(words),
        },
        ..Default::default()
    };
    clients.points.count(request).await.unwrap().into_inner().result.unwrap().count
}

pub async fn scrolled(clients: &mut Clients, request: proto::ScrollPoints) -> (Vec<String>, Option<String>) {
    let page = clients.scroll(request).await;
    let ids = page.result.iter().map(|point| shown(&point.id)).collect();
    (ids, page.next_page_offset.map(|next| shown(&Some(next))))
}

pub fn scrolling(name: &str) -> proto::ScrollPoints {
    proto::ScrollPoints { collection_name: name.to_owned(), limit: Some(100), ..Default::default() }
}
