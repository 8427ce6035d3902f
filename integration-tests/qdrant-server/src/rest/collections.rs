//! Collections, their aliases and indexes.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::{Path, State};
use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::alias_operations::Action;
use qdrant_edge::{CreateIndex, FieldIndexOperations, JsonPath, PayloadFieldSchema, UpdateOperation};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answered, Refused, Reply};
use super::definition::{Create, Update};
use super::info::described_by;
use super::points::{self, Changed};
use super::request::{Asked, Given, Writing};
use crate::catalog::Catalog;
use crate::refusal::{Answer, wrong_input};
use crate::service::{blocking, health};
use crate::shard_key::Selection;

/// Of a change to a collection. It is done before it is answered.
#[derive(Deserialize)]
pub struct Waiting {
    #[serde(rename = "timeout")]
    _timeout: Option<std::num::NonZeroU64>,
}

pub async fn version() -> Json<Value> {
    Json(json!({ "title": health::TITLE, "version": crate::version::current().to_string() }))
}

pub async fn list(State(catalog): State<Arc<Catalog>>) -> Answered<Value> {
    let start = Instant::now();
    let names: Value = catalog.names().into_iter().map(|name| json!({ "name": name })).collect();
    Ok(Reply::since(start, json!({ "collections": names })))
}

pub async fn info(State(catalog): State<Arc<Catalog>>, Path(name): Path<String>) -> Answered<Value> {
    let start = Instant::now();
    let collection = catalog.find(&name)?;
    let result = blocking(move || described_by(collection.info(), collection.parts().info())).await?;
    Ok(Reply::since(start, result))
}

pub async fn exists(State(catalog): State<Arc<Catalog>>, Path(name): Path<String>) -> Answered<Value> {
    Ok(Reply::since(Instant::now(), json!({ "exists": catalog.find(&name).is_ok() })))
}

pub async fn create(
    State(catalog): State<Arc<Catalog>>,
    Path(name): Path<String>,
    Asked(_): Asked<Waiting>,
    Given(given): Given<Create>,
) -> Answered<bool> {
    let definition = given.named(name)?;
    change(catalog, |catalog| catalog.create(definition).map(|()| true)).await
}

pub async fn update(
    State(catalog): State<Arc<Catalog>>,
    Path(name): Path<String>,
    Asked(_): Asked<Waiting>,
    Given(given): Given<Update>,
) -> Answered<bool> {
    let given = given.named(name)?;
    change(catalog, |catalog| catalog.find(&given.collection_name)?.redefine(given).map(|()| true)).await
}

pub async fn delete(
    State(catalog): State<Arc<Catalog>>,
    Path(name): Path<String>,
    Asked(_): Asked<Waiting>,
) -> Answered<bool> {
    change(catalog, move |catalog| catalog.delete(&name)).await
}

pub async fn change(
    catalog: Arc<Catalog>,
    work: impl FnOnce(&Catalog) -> Answer<bool> + Send + 'static,
) -> Answered<bool> {
    let start = Instant::now();
    let changed = blocking(move || work(&catalog)).await?;
    Ok(Reply::since(start, changed))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AliasChanges {
    actions: Vec<AliasChange>,
}

#[derive(Deserialize)]
enum AliasChange {
    #[serde(rename = "create_alias")]
    Create { collection_name: String, alias_name: String },
    #[serde(rename = "delete_alias")]
    Delete { alias_name: String },
    #[serde(rename = "rename_alias")]
    Rename { old_alias_name: String, new_alias_name: String },
}

impl From<AliasChange> for proto::AliasOperations {
    fn from(given: AliasChange) -> Self {
        let action = match given {
            AliasChange::Create { collection_name, alias_name } => {
                Action::CreateAlias(proto::CreateAlias { collection_name, alias_name })
            }
            AliasChange::Delete { alias_name } => Action::DeleteAlias(proto::DeleteAlias { alias_name }),
            AliasChange::Rename { old_alias_name, new_alias_name } => {
                Action::RenameAlias(proto::RenameAlias { old_alias_name, new_alias_name })
            }
        };
        Self { action: Some(action) }
    }
}

pub async fn change_aliases(
    State(catalog): State<Arc<Catalog>>,
    Asked(_): Asked<Waiting>,
    Given(given): Given<AliasChanges>,
) -> Answered<bool> {
    let actions = given.actions.into_iter().map(Into::into).collect();
    change(catalog, |catalog| catalog.change_aliases(actions).map(|()| true)).await
}

pub async fn aliases(State(catalog): State<Arc<Catalog>>) -> Answered<Value> {
    Ok(Reply::since(Instant::now(), described(&catalog, None)))
}

pub async fn aliases_of(State(catalog): State<Arc<Catalog>>, Path(name): Path<String>) -> Answered<Value> {
    catalog.find(&name)?;
    Ok(Reply::since(Instant::now(), described(&catalog, Some(&name))))
}

fn described(catalog: &Catalog, of: Option<&str>) -> Value {
    let aliases: Value = catalog
        .aliases(of)
        .into_iter()
        .map(|one| json!({ "alias_name": one.alias_name, "collection_name": one.collection_name }))
        .collect();
    json!({ "aliases": aliases })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewIndex {
    field_name: JsonPath,
    #[serde(alias = "field_type")]
    field_schema: Option<PayloadFieldSchema>,
}

pub async fn create_index(
    State(catalog): State<Arc<Catalog>>,
    Path(name): Path<String>,
    Asked(asked): Asked<Writing>,
    Given(given): Given<NewIndex>,
) -> Changed {
    let schema = given.field_schema.ok_or_else(|| wrong_input("Field schema is not provided"))?;
    let operation =
        FieldIndexOperations::CreateIndex(CreateIndex { field_name: given.field_name, field_schema: Some(schema) });
    points::one(&catalog, &name, &asked, (Selection::Unsaid, UpdateOperation::FieldIndexOperation(operation))).await
}

pub async fn delete_index(
    State(catalog): State<Arc<Catalog>>,
    Path((name, field)): Path<(String, String)>,
    Asked(asked): Asked<Writing>,
) -> Changed {
    let field = field.parse().map_err(|()| {
        Refused::malformed(format!("Deserialize error in path parameters: invalid json path '{field}'"))
    })?;
    let operation = UpdateOperation::FieldIndexOperation(FieldIndexOperations::DeleteIndex(field));
    points::one(&catalog, &name, &asked, (Selection::Unsaid, operation)).await
}
