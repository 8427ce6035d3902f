//! Aliases: which collection a name means, and how a name moves to a collection that was written beside.

use std::time::Duration;

use vectorfuse_core::error::{Error, Kind, Result};
use vectorfuse_core::options::Overwrite;
use vectorfuse_core::retry;
use vectorfuse_core::write::{Mode, WriteRequest};

use crate::Milvus;
use crate::collection::Collection;

/// What stands between an alias and the rest of the name of a collection that is written beside.
const BESIDE: &str = "__swap_";
/// The property of a collection that has been behind an alias: the alias. What has it and is behind the alias no longer may
/// go.
const SWAPPED_PROPERTY: &str = "vectorfuse_swapped";

/// Questions that came before the alias moved are answered by then. One that is still being answered when its collection
/// goes is answered as if the collection were empty (seen on Milvus 2.3).
const IN_FLIGHT: Duration = Duration::from_secs(2);

/// Where a write goes.
#[derive(Debug)]
pub(crate) struct Destination {
    /// The collection, if the name that the user gave is an alias.
    pub(crate) collection: Option<String>,
    /// Whether the alias moves there in the end.
    pub(crate) swap: bool,
}

impl Milvus {
    /// The same server's collection of this name; without a name the one that the user has named.
    pub(crate) fn at(&self, collection: Option<&str>) -> Self {
        let api = collection.map_or_else(|| self.api.clone(), |name| self.api.at(name));
        Self { options: self.options.clone(), api }
    }

    /// The collection behind the name that the user gave, if that is an alias.
    pub(crate) async fn behind_alias(&self) -> Result<Option<String>> {
        let there = self.collection().await?;
        Ok(there.map(|there| there.name).filter(|name| name != self.api.collection()))
    }

    /// Where a write goes. An alias is followed once, here: what moves it meanwhile does not part the rows.
    pub(crate) fn destination(&self, request: &WriteRequest, there: Option<&Collection>) -> Result<Destination> {
        let name = self.api.collection();
        let behind = there.map(|there| there.name.clone()).filter(|own| own != name);
        match (request.mode, self.options.named.overwrite) {
            (Mode::Overwrite, Overwrite::Swap) => {
                if behind.is_none() && there.is_some() {
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
        if let Err(error) = self.point(&alias, fresh, behind.is_some()).await {
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

    async fn point(&self, alias: &str, fresh: &str, is_there: bool) -> Result<()> {
        let api = self.api.at(fresh);
        if is_there {
            return api.alter_alias(alias).await;
        }
        // An alias can be there and lead nowhere, or another write may just have made it.
        match api.create_alias(alias).await {
            Ok(()) => Ok(()),
            Err(error) => api.alter_alias(alias).await.map_err(|_| error),
        }
    }

    /// Deletes the collection that was behind the alias, and those that were left when two swaps met or one was cut off.
    async fn clear(&self, alias: &str, fresh: &str, behind: Option<String>) -> Result<()> {
        if let Some(old) = behind.filter(|old| old != fresh) {
            retry::pause(IN_FLIGHT).await;
            self.drop_if_left(&old).await?;
        }
        // Marked after the move: one without the mark may be a job's that is still to move the alias. Ours may be gone:
        // another swap that came after it deletes what was behind the alias, too.
        gone(self.api.at(fresh).set_property(SWAPPED_PROPERTY, alias).await)?;
        let prefix = format!("{alias}{BESIDE}");
        for name in self.api.collections().await?.into_iter().filter(|name| name.starts_with(&prefix)) {
            let Some(there) = self.at(Some(&name)).collection().await? else { continue };
            if there.properties.get(SWAPPED_PROPERTY).is_some_and(|swapped| swapped == alias) {
                self.drop_if_left(&name).await?;
            }
        }
        Ok(())
    }

    /// Deletes a collection that is behind the alias no more. That is asked each time: a move whose answer was lost is sent
    /// again, and can come after another job's.
    async fn drop_if_left(&self, name: &str) -> Result<()> {
        if self.behind_alias().await?.is_some_and(|now| now != name) {
            self.api.at(name).drop_collection().await?;
        }
        Ok(())
    }
}

/// What is not there any more needs no mark.
fn gone(result: Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind() == Kind::NotFound => Ok(()),
        other => other,
    }
}
