//! Which shards a write goes to, in a collection whose points users route by keys.

use vectorfuse_core::error::{Error, Result};
use vectorfuse_core::options::{Options, WriteMode};

use crate::api::Api;
use crate::collection::Collection;
use crate::request;
use crate::shard_key::{self, is_keyed, shown};

/// The option that says where points go; `None` if the collection's shards have no keys.
pub(crate) fn option(options: &Options) -> Option<&'static str> {
    (!options.named.shard_key.is_empty()).then_some("shard_key")
}

/// Points go to shards with keys if and only if the collection has such shards.
pub(crate) async fn check(api: &Api, options: &Options, there: &Collection) -> Result<()> {
    match option(options) {
        Some(option) if !is_keyed(&there.config) => Err(Error::options(format!(
            "option `{option}`: the collection's shards have no keys, the server itself chooses them: remove the option, \
             or overwrite with `overwrite` = `recreate`"
        ))),
        None if is_keyed(&there.config) => {
            let keys = match api.shard_keys().await? {
                Some(keys) if !keys.is_empty() => format!(" ({})", shown(&keys)),
                Some(_) | None => String::new(),
            };
            Err(Error::options(format!(
                "the shards of the collection have keys{keys}, so a write must say which of them it is for: give \
                 `shard_key`"
            )))
        }
        Some(_) | None => Ok(()),
    }
}

/// Makes the shards that the options name, if they are missing.
pub(crate) async fn ensure(api: &Api, options: &Options) -> Result<()> {
    let asked = shard_key::of_options(options);
    if asked.is_empty() {
        return Ok(());
    }
    let there = api.shard_keys().await?;
    for key in &asked {
        match &there {
            Some(there) if there.contains(key) => {}
            Some(there) if !makes_shards(options) => return Err(shard_key::missing(key, there)),
            // Too old a server to list its keys says itself that it does not have one.
            None if !makes_shards(options) => {}
            Some(_) | None => api.create_shard_key(key).await?,
        }
    }
    Ok(())
}

/// Whether the write may make a shard: one that only changes points that are there has no use for it.
fn makes_shards(options: &Options) -> bool {
    let named = &options.named;
    named.create_collection && matches!(named.write_mode, WriteMode::Upsert | WriteMode::Insert)
}

/// Deletes every point of a collection that is overwritten, but not those of shards that the user may not have meant.
pub(crate) async fn empty(api: &Api, options: &Options, there: &Collection) -> Result<()> {
    let ordering = request::ordering(options);
    if !is_keyed(&there.config) {
        return api.delete_all(ordering, &[]).await;
    }
    let keys = api.shard_keys().await?.ok_or_else(|| {
        Error::unsupported(
            "the server is too old to list the keys of the collection's shards, so they can't all be emptied: overwrite \
             with `overwrite` = `recreate`",
        )
    })?;
    let asked = shard_key::of_options(options);
    let others: Vec<_> = keys.iter().filter(|key| !asked.contains(key)).cloned().collect();
    if !asked.is_empty() && !others.is_empty() {
        return Err(Error::options(format!(
            "an overwrite replaces the whole collection, and it has points in the shards of {} too, which `shard_key` does \
             not name: append, or say `overwrite` = `recreate` or `swap` if they are to go",
            shown(&others)
        )));
    }
    if keys.is_empty() { Ok(()) } else { api.delete_all(ordering, &keys).await }
}
