//! Aliases: which collection a name means, and how a name moves to a collection that was written beside.

use qdrant_client::qdrant::alias_operations::Action;
use qdrant_client::qdrant::value::Kind as Is;
use qdrant_client::qdrant::{AliasOperations, CreateAlias, DeleteAlias, Value};
use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::options::Overwrite;
use vectorfuse_core::write::{Mode, WriteRequest};

use crate::Qdrant;
use crate::collection::Collection;

/// What stands between an alias and the rest of the name of a collection that is written beside.
const BESIDE: &str = "__swap_";
/// The entry of the metadata of a collection that has been behind an alias: the alias. What has it and is behind the
/// alias no longer may go.
pub(crate) const SWAPPED_KEY: &str = "vectorfuse_swapped";

/// Where a write goes.
#[derive(Debug)]
pub(crate) struct Destination {
    /// The collection, if the name that the user gave is an alias.
    pub(crate) collection: Option<String>,
    /// Whether the alias moves there in the end.
    pub(crate) swap: bool,
}

impl Qdrant {
    /// The same server's collection of this name; without a name the one that the user has named.
    pub(crate) fn at(&self, collection: Option<&str>) -> Self {
        let api = collection.map_or_else(|| self.api.clone(), |name| self.api.at(name));
        Self { options: self.options.clone(), api }
    }

    /// The collection behind the name that the user gave, if that is an alias.
    pub(crate) async fn behind_alias(&self) -> Result<Option<String>> {
        match self.api.aliases().await {
            Ok(aliases) => {
                let own = aliases.into_iter().find(|alias| alias.alias_name == self.api.collection());
                Ok(own.map(|alias| alias.collection_name))
            }
            // A key for one collection alone may not ask; the name then means what the server makes of it.
            Err(error) if matches!(error.kind(), Kind::Denied | Kind::Unsupported) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Where a write goes. An alias is followed once, here: what moves it meanwhile does not part the rows.
    pub(crate) async fn destination(&self, request: &WriteRequest) -> Result<Destination> {
        let behind = self.behind_alias().await?;
        let name = self.api.collection();
        match (request.mode, self.options.named.overwrite) {
            (Mode::Overwrite, Overwrite::Swap) => {
                if behind.is_none() && self.api.info().await?.is_some() {
                    return Err(self.place(Error::options(format!(
                        "`overwrite` = `swap` moves an alias, and `{name}` is a collection: write to a name that is free \
                         or an alias (readers then use that), or delete the collection first, so that its name can be \
                         the alias"
                    ))));
                }
                if behind.is_none() && !self.options.named.create_collection {
                    return Err(self.missing());
                }
                let beside = format!("{name}{BESIDE}{}", uuid::Uuid::new_v4().simple());
                Ok(Destination { collection: Some(beside), swap: true })
            }
            (Mode::Overwrite, Overwrite::Recreate) if behind.is_some() => Err(self.place(Error::options(format!(
                "`{name}` is an alias, so `overwrite` = `recreate` can't make it anew: say `swap` or `truncate`"
            )))),
            (Mode::Overwrite | Mode::Append | Mode::Create, _) => Ok(Destination { collection: behind, swap: false }),
        }
    }

    /// Moves the alias that the user has named to `fresh`, at once for every reader, and deletes what was behind it.
    /// Says what went wrong after that: it does not undo the move.
    pub(crate) async fn swap(&self, fresh: &str) -> Result<Vec<String>> {
        let alias = self.api.collection().to_owned();
        let behind = self.behind_alias().await?;
        let mut actions = Vec::new();
        if behind.is_some() {
            actions.push(Action::DeleteAlias(DeleteAlias { alias_name: alias.clone() }));
        }
        actions.push(Action::CreateAlias(CreateAlias { collection_name: fresh.to_owned(), alias_name: alias.clone() }));
        let actions = actions.into_iter().map(|action| AliasOperations { action: Some(action) }).collect();
        if let Err(error) = self.api.change_aliases(actions).await {
            // The answer may have been lost, and not the request.
            if self.behind_alias().await?.as_deref() != Some(fresh) {
                return Err(self.place(error));
            }
        }
        Ok(match self.clear(&alias, fresh, behind).await {
            Ok(()) => Vec::new(),
            Err(error) => vec![format!(
                "the alias `{alias}` has moved, and a collection that was behind it may be left, as `{alias}{BESIDE}…`: {error}"
            )],
        })
    }

    /// Deletes the collection that was behind the alias, and those that were left when two swaps met or one was cut off.
    async fn clear(&self, alias: &str, fresh: &str, behind: Option<String>) -> Result<()> {
        if let Some(old) = behind.filter(|old| old != fresh) {
            self.drop_if_left(&old).await?;
        }
        // Marked after the move: one without the mark may be a job's that is still to move the alias. Ours may be gone:
        // another swap that came after it deletes what was behind the alias, too.
        let mark = Value { kind: Some(Is::StringValue(alias.to_owned())) };
        gone(self.api.at(fresh).set_metadata(SWAPPED_KEY, mark).await)?;
        let prefix = format!("{alias}{BESIDE}");
        for name in self.api.collections().await?.into_iter().filter(|name| name.starts_with(&prefix)) {
            let Some(info) = self.api.at(&name).info().await? else { continue };
            if Collection::from_info(info)?.swapped.as_deref() == Some(alias) {
                self.drop_if_left(&name).await?;
            }
        }
        Ok(())
    }

    /// Deletes a collection that is behind the alias no more. That is asked each time: a move whose answer was lost is sent
    /// again, and can come after another job's.
    async fn drop_if_left(&self, name: &str) -> Result<()> {
        if self.behind_alias().await?.is_some_and(|now| now != name) {
            gone(self.api.at(name).drop_collection().await)?;
        }
        Ok(())
    }
}

/// What is not there any more needs no deletion.
fn gone(result: Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind() == Kind::NotFound => Ok(()),
        other => other,
    }
}

impl Qdrant {
    /// This very collection, whatever its alias does later: all parts of one read look into one collection.
    pub(crate) async fn pinned(&self) -> Result<String> {
        let behind = self.behind_alias().await?;
        Ok(behind.unwrap_or_else(|| self.api.collection().to_owned()))
    }
}
