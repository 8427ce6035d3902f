//! The collections of this server and their aliases, in memory and in the data folder.
//!
//! A collection's folder has a name of its own, so that any collection name will do, and a new
//! collection never meets the remains of an old one.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use parking_lot::{Mutex, RwLock};
use qdrant_client::qdrant as proto;
use qdrant_client::qdrant::alias_operations::Action;
use tonic::Status;

use crate::collection::Collection;
use crate::definition;
use crate::refusal::{Answer, collection_exists, internal, no_such_collection, wrong_input};

const COLLECTIONS: &str = "collections";
const ALIASES: &str = "aliases.json";

type Aliases = BTreeMap<String, String>;

#[derive(Default)]
struct Contents {
    collections: BTreeMap<String, Arc<Collection>>,
    /// From the alias to the collection.
    aliases: Aliases,
}

pub struct Catalog {
    folder: PathBuf,
    contents: RwLock<Contents>,
    /// Held while collections come and go, so that the look-ups need not wait for the engine.
    changes: Mutex<()>,
}

impl Catalog {
    pub fn open(folder: PathBuf) -> anyhow::Result<Self> {
        let collections = folder.join(COLLECTIONS);
        fs::create_dir_all(&collections).with_context(|| format!("creating {}", collections.display()))?;
        let mut contents = Contents::default();
        for entry in fs::read_dir(&collections)? {
            let path = entry?.path();
            match Collection::load(&path).with_context(|| format!("loading {}", path.display()))? {
                Some(collection) => {
                    let name = collection.name();
                    contents.collections.insert(name, Arc::new(collection));
                }
                None => fs::remove_dir_all(&path).with_context(|| format!("clearing {}", path.display()))?,
            }
        }
        let aliases = folder.join(ALIASES);
        if aliases.exists() {
            contents.aliases = serde_json::from_slice(&fs::read(&aliases)?)
                .with_context(|| format!("reading {}", aliases.display()))?;
        }
        Ok(Self { folder, contents: RwLock::new(contents), changes: Mutex::new(()) })
    }

    /// The collection of that name or alias.
    pub fn find(&self, name: &str) -> Answer<Arc<Collection>> {
        let contents = self.contents.read();
        let target = contents.aliases.get(name).map_or(name, String::as_str);
        contents.collections.get(target).cloned().ok_or_else(|| no_such_collection(name))
    }

    pub fn names(&self) -> Vec<String> {
        self.contents.read().collections.keys().cloned().collect()
    }

    pub fn create(&self, given: proto::CreateCollection) -> Answer<()> {
        let _changing = self.changes.lock();
        let name = given.collection_name.clone();
        {
            let contents = self.contents.read();
            if contents.collections.contains_key(&name) {
                return Err(collection_exists(&name));
            }
            if contents.aliases.contains_key(&name) {
                return Err(wrong_input(format!(
                    "Can't create collection with name {name}. \
                     Alias with the same name already exists"
                )));
            }
        }
        let own = uuid::Uuid::new_v4().to_string();
        let collection = Collection::create(self.folder.join(COLLECTIONS).join(own), given)?;
        self.contents.write().collections.insert(name, Arc::new(collection));
        Ok(())
    }

    /// Whether there was such a collection. Its aliases go with it.
    pub fn delete(&self, name: &str) -> Answer<bool> {
        let _changing = self.changes.lock();
        let removed = {
            let mut contents = self.contents.write();
            let removed = contents.collections.remove(name);
            if removed.is_some() {
                contents.aliases.retain(|_, target| target != name);
                self.save(&contents.aliases)?;
            }
            removed
        };
        match removed {
            Some(collection) => Collection::remove(collection).map(|()| true),
            None => Ok(false),
        }
    }

    /// All of the changes or none.
    pub fn change_aliases(&self, actions: Vec<proto::AliasOperations>) -> Answer<()> {
        let _changing = self.changes.lock();
        let mut contents = self.contents.write();
        let mut aliases = contents.aliases.clone();
        for action in actions {
            match action.action {
                None => return Err(Status::invalid_argument("Malformed AliasOperation type")),
                Some(Action::CreateAlias(given)) => {
                    if !contents.collections.contains_key(&given.collection_name) {
                        return Err(no_such_collection(&given.collection_name));
                    }
                    if contents.collections.contains_key(&given.alias_name) {
                        return Err(collection_exists(&given.alias_name));
                    }
                    aliases.insert(given.alias_name, given.collection_name);
                }
                Some(Action::RenameAlias(given)) => {
                    let target = aliases.remove(&given.old_alias_name).ok_or_else(|| {
                        Status::not_found(format!("Not found: Alias {} does not exists!", given.old_alias_name))
                    })?;
                    aliases.insert(given.new_alias_name, target);
                }
                Some(Action::DeleteAlias(given)) => {
                    aliases.remove(&given.alias_name);
                }
            }
        }
        self.save(&aliases)?;
        contents.aliases = aliases;
        Ok(())
    }

    /// The aliases of one collection, or of all.
    pub fn aliases(&self, of: Option<&str>) -> Vec<proto::AliasDescription> {
        self.contents
            .read()
            .aliases
            .iter()
            .filter(|(_, target)| of.is_none_or(|of| of == target.as_str()))
            .map(|(alias, target)| proto::AliasDescription {
                alias_name: alias.clone(),
                collection_name: target.clone(),
            })
            .collect()
    }

    /// Closes every collection, which the engine needs to write the last of its state.
    pub fn close(&self) {
        let _changing = self.changes.lock();
        self.contents.write().collections.clear();
    }

    fn save(&self, aliases: &Aliases) -> Answer<()> {
        let content = serde_json::to_vec_pretty(aliases).map_err(internal)?;
        definition::replace(&self.folder.join(ALIASES), &content).map_err(internal)
    }
}
