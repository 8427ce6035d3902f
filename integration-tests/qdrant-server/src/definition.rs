//! A collection's definition on disk. It is the message that created it, kept whole, so what comes
//! back in a collection's info is what was given, and no second format has to agree with it.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use prost::Message;
use qdrant_client::qdrant as proto;

const FILE: &str = "definition.binpb";

/// `None` for a folder that holds no finished collection: its making or removal was cut short.
pub fn load(folder: &Path) -> anyhow::Result<Option<proto::CreateCollection>> {
    let path = folder.join(FILE);
    if !path.exists() {
        return Ok(None);
    }
    let bytes = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
    let definition =
        proto::CreateCollection::decode(bytes.as_slice()).with_context(|| format!("decoding {}", path.display()))?;
    Ok(Some(definition))
}

pub fn save(folder: &Path, definition: &proto::CreateCollection) -> std::io::Result<()> {
    replace(&folder.join(FILE), &definition.encode_to_vec())
}

/// From here on the folder counts for nothing, whatever is left in it.
pub fn remove(folder: &Path) -> std::io::Result<()> {
    fs::remove_file(folder.join(FILE))
}

/// Writes a file so that a reader finds the old content or the new, never a part.
pub fn replace(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let draft = path.with_extension("draft");
    let mut file = fs::File::create(&draft)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(draft, path)
}
