//! What the server says of a collection: its fields, settings and indexes, in short words.

use std::collections::BTreeMap;

use super::raw::proto;
use super::server::Place;

/// The collection of this name, which can be an alias; `None` if there is none.
pub async fn collection(place: &Place, name: &str) -> Option<proto::DescribeCollectionResponse> {
    let request = proto::DescribeCollectionRequest {
        collection_name: name.to_owned(),
        ..proto::DescribeCollectionRequest::default()
    };
    let answer: proto::DescribeCollectionResponse = place.client().ask("DescribeCollection", request).await.unwrap();
    let status = answer.status.clone().unwrap_or_default();
    (status.code == 0 && status.legacy_code == 0).then_some(answer)
}

/// The place's own.
pub async fn own(place: &Place) -> proto::DescribeCollectionResponse {
    collection(place, &place.collection).await.unwrap()
}

/// Its fields: each with its type, and words for what else it is.
pub async fn fields(place: &Place) -> Vec<String> {
    own(place).await.schema.unwrap().fields.iter().map(field).collect()
}

fn field(field: &proto::FieldSchema) -> String {
    let mut words = format!("{} {:?}", field.name, field.data_type());
    if field.element_type() != proto::DataType::None {
        words.push_str(&format!(" of {:?}", field.element_type()));
    }
    for name in ["dim", "max_length", "max_capacity"] {
        if let Some(pair) = field.type_params.iter().find(|pair| pair.key == name) {
            words.push_str(&format!(" {}", pair.value));
        }
    }
    let marks = [
        (field.is_primary_key, " key"),
        (field.auto_id, " auto"),
        (field.is_partition_key, " partition_key"),
        (field.nullable, " null"),
    ];
    words.extend(marks.into_iter().filter(|(is, _)| *is).map(|(_, mark)| mark));
    words
}

/// Its indexes: field, type, metric, parameters.
pub async fn indexes(place: &Place) -> Vec<String> {
    indexes_of(place, &place.collection).await
}

/// The same of another name.
pub async fn indexes_of(place: &Place, name: &str) -> Vec<String> {
    let request =
        proto::DescribeIndexRequest { collection_name: name.to_owned(), ..proto::DescribeIndexRequest::default() };
    let answer: proto::DescribeIndexResponse = place.client().ask("DescribeIndex", request).await.unwrap();
    let index = |index: proto::IndexDescription| {
        let params: BTreeMap<String, String> =
            index.params.into_iter().map(|pair| (pair.key, pair.value)).filter(|(_, value)| value != "NONE").collect();
        let words: Vec<&str> = ["index_type", "metric_type", "params"]
            .into_iter()
            .filter_map(|name| params.get(name))
            .map(String::as_str)
            .collect();
        format!("{} {}", index.field_name, words.join(" "))
    };
    let mut indexes: Vec<String> = answer.index_descriptions.into_iter().map(index).collect();
    indexes.sort();
    indexes
}

/// Whether it can be searched.
pub async fn is_loaded(place: &Place) -> bool {
    let request = proto::GetLoadStateRequest {
        collection_name: place.collection.clone(),
        ..proto::GetLoadStateRequest::default()
    };
    let answer: proto::GetLoadStateResponse = place.client().ask("GetLoadState", request).await.unwrap();
    answer.state() == proto::LoadState::Loaded
}

/// Its partitions.
pub async fn partitions(place: &Place) -> Vec<String> {
    let request = proto::ShowPartitionsRequest {
        collection_name: place.collection.clone(),
        ..proto::ShowPartitionsRequest::default()
    };
    let answer: proto::ShowPartitionsResponse = place.client().ask("ShowPartitions", request).await.unwrap();
    let mut names = answer.partition_names;
    names.sort();
    names
}

/// The collections whose names begin as the place's does, and the one that its name means.
pub async fn around(place: &Place) -> (Vec<String>, Option<String>) {
    let answer: proto::ShowCollectionsResponse =
        place.client().ask("ShowCollections", proto::ShowCollectionsRequest::default()).await.unwrap();
    let own = answer.collection_names.into_iter().filter(|name| name.starts_with(&place.collection)).collect();
    let behind = collection(place, &place.collection).await.map(|there| there.schema.unwrap().name);
    (own, behind)
}

/// Takes the alias and all collections around it away.
pub async fn clean(place: &Place) {
    let alias = proto::DropAliasRequest { alias: place.collection.clone(), ..proto::DropAliasRequest::default() };
    place.client().done("DropAlias", alias).await;
    for collection_name in around(place).await.0 {
        let request = proto::DropCollectionRequest { collection_name, ..proto::DropCollectionRequest::default() };
        place.client().done("DropCollection", request).await;
    }
}
