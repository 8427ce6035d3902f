//! The options of the systems that people come from, where a synonym in the table would not do: one option that holds
//! many, one whose meaning hangs on another, and those that a correct client has no use for.
//!
//! Sources: the documentation of spark-fuse's Qdrant source, of dlt's Qdrant destination, of the Qdrant-Spark connector,
//! of Iguazio's NoSQL DataFrame and, in [`spark_milvus`], of the Spark-Milvus connector. `docs/migrating.md` shows each move.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::parse::Entry;
use super::{Side, spark_milvus};
use crate::error::{Error, Kind, Result};

/// All of spark-fuse's options, as one JSON object.
const CONFIG: &str = "spark.fuse.qdrant.config";
/// spark-fuse's headers, as a JSON object.
const HEADERS: &str = "headers";

/// Options that hold secrets among other things.
pub(super) const SECRET: &[&str] = &[CONFIG, HEADERS];

/// Options that a correct client has no use for, the side that they belong to, and what is done instead.
const WITHOUT_USE: &[(&str, Side, &str)] = &[
    ("payload_format", Side::Write, "points are sent in the one form that the server takes"),
    ("write_method", Side::Write, "points are sent with the one method that writes them"),
    ("range-scan-even-distribution", Side::Both, "splits are of even size by themselves"),
    ("allow-overwrite-schema", Side::Both, "columns may be added, and no column's type changes without `overwrite`"),
];

/// Options that are translated, with their side and what becomes of them.
const TRANSLATED: &[(&str, Side, &str)] = &[
    (
        CONFIG,
        Side::Both,
        "spark-fuse's options as a JSON object; `transport` is then `http`, and `with_vectors` and `create_collection` are false, unless they are given",
    ),
    (HEADERS, Side::Both, "a JSON object: each member is a `header.<name>`"),
    ("mode", Side::Write, "`append` or `overwrite`, as `.mode(…)` must say too, which is what counts"),
    ("prefer_grpc", Side::Both, "`transport`: `grpc` if true, `http` if false"),
    (
        "primary_key",
        Side::Write,
        "with `write_disposition` = `merge`: `key_fields` and `id_scheme` = `dlt`; otherwise not used, as in dlt",
    ),
    ("key", Side::Both, "`id_field` of a write; nothing for a read"),
    ("sorting-key", Side::Both, "with `key`: `key_fields` of both; nothing for a read"),
    (
        "columnupdate",
        Side::Write,
        "`write_mode`: `partial` if true (with a warning: Iguazio creates missing items, `partial` skips their rows), the default if false",
    ),
    (
        "partition",
        Side::Both,
        "of Qdrant, accepted with a warning: a collection has no partitions, and filters are pushed down to the server",
    ),
    (
        "grpc_port",
        Side::Both,
        "beside `port`, as in dlt: the port of `transport` = `grpc`, and `port` that of `http`; alone, another name of `port`",
    ),
];

/// Options that cannot mean anything here, what kind of error they are, and what to do.
const REFUSED: &[(&str, Kind, &str)] = &[
    // Spark's own names for what `load` and `save` are given; dlt's for a Qdrant inside the client's process, too.
    ("path", Kind::Options, NO_PATH),
    ("paths", Kind::Options, NO_PATH),
    (
        "qd_path",
        Kind::Unsupported,
        "a Qdrant inside the client's process can't be shared by Spark's tasks: start a server and give its `url`",
    ),
    (
        "checkpointlocation",
        Kind::Unsupported,
        "streaming (`readStream`, `writeStream`) does not work yet: read and write batches",
    ),
    // What Spark adds to the options of a table that it is to keep.
    ("option.collection", Kind::Unsupported, NO_TABLE),
    ("owner", Kind::Unsupported, NO_TABLE),
];

/// Why a table of a catalog is refused.
const NO_TABLE: &str = "tables of a catalog (`CREATE TABLE`, `saveAsTable`) don't work yet: use `CREATE TEMPORARY VIEW … USING \
                        vectorfuse OPTIONS (…)`, or `save()`";

/// Why a path is refused.
const NO_PATH: &str =
    "`load(…)` and `save(…)` take no path: the option `collection` names the collection, and `url` the server";

/// The names of these options, for the nearest one to a misspelling.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let translated = TRANSLATED.iter().map(|(name, ..)| *name);
    translated.chain(WITHOUT_USE.iter().map(|(name, ..)| *name)).chain(spark_milvus::names())
}

/// The rows of the documentation.
pub(super) fn markdown() -> String {
    let mut page = String::from(
        "\n## Of other systems\n\nThe options of spark-fuse, dlt, Qdrant-Spark, Iguazio and Spark-Milvus that are no other name of one above. See \
         [migrating](migrating.md).\n\n| option | means |\n|---|---|\n",
    );
    for (name, _, about) in TRANSLATED {
        page.push_str(&format!("| `{name}` | {about} |\n"));
    }
    for (name, _, about) in WITHOUT_USE {
        page.push_str(&format!("| `{name}` | accepted with a warning: {about} |\n"));
    }
    page.push_str(&spark_milvus::markdown());
    for (name, _, about) in REFUSED {
        page.push_str(&format!("| `{name}` | refused: {about} |\n"));
    }
    page
}

/// The options in our own words, and what the user should know of those that were not used.
pub(super) fn translate(
    mut entries: BTreeMap<String, Entry>,
    side: Side,
) -> Result<(BTreeMap<String, Entry>, Vec<String>)> {
    let mut warnings = spark_milvus::translate(&mut entries, side)?;
    if let Some(config) = entries.remove(CONFIG) {
        spark_fuse(&mut entries, &config, side)?;
    }
    if let Some(headers) = entries.remove(HEADERS) {
        for (name, value) in object(&headers)? {
            let value = value.as_str().ok_or_else(|| wrong(&headers, "an object of texts"))?;
            put(&mut entries, &format!("header.{}", name.to_lowercase()), &headers, value)?;
        }
    }
    for (name, own, instead) in WITHOUT_USE {
        if let Some(entry) = entries.remove(*name)
            && (own.allows(side) || !entry.session)
        {
            warnings.push(format!("option `{}` has no effect: {instead}", entry.written));
        }
    }
    for (name, kind, instead) in REFUSED {
        if let Some(entry) = entries.get(*name) {
            return Err(Error::new(*kind, format!("option `{}`: {instead}", entry.written)));
        }
    }
    if let Some(grpc) = entries.remove("prefer_grpc") {
        let transport = if boolean(&grpc)? { "grpc" } else { "http" };
        put(&mut entries, "transport", &grpc, transport)?;
    }
    if let Some(mode) = entries.remove("mode") {
        let disposition = match mode.text.trim().to_ascii_lowercase().as_str() {
            "append" => "append",
            "overwrite" => "replace",
            _ => return Err(wrong(&mode, "`append` or `overwrite`, or nothing: Spark's own `.mode(…)` counts")),
        };
        put(&mut entries, "write_disposition", &mode, disposition)?;
    }
    ports(&mut entries);
    dlt(&mut entries)?;
    iguazio(&mut entries, side)?;
    warnings.extend(column_update(&mut entries)?);
    warnings.extend(partition(&mut entries));
    Ok((entries, warnings))
}

/// spark-fuse's one option with all the others in it, and its defaults where ours differ.
fn spark_fuse(entries: &mut BTreeMap<String, Entry>, config: &Entry, side: Side) -> Result<()> {
    for (name, value) in object(config)? {
        let key = name.to_lowercase();
        let text = match value {
            // spark-fuse's word for no id column at all; elsewhere null is the default.
            Json::Null if key == "id_field" => String::new(),
            Json::Null => continue,
            Json::String(text) => text,
            Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => value.to_string(),
        };
        put(entries, &key, config, &text)?;
    }
    let defaults: &[(&str, &str, Side)] = &[
        ("store", "qdrant", Side::Both),
        ("transport", "http", Side::Both),
        ("with_vectors", "false", Side::Read),
        ("create_collection", "false", Side::Write),
    ];
    for (name, text, own) in defaults {
        if *own == Side::Both || *own == side {
            let written = format!("{}: {name}", config.written);
            entries.entry((*name).to_owned()).or_insert(Entry { written, text: (*text).to_owned(), ..config.clone() });
        }
    }
    Ok(())
}

/// dlt's write dispositions: a merge names the point with dlt's own ids.
fn dlt(entries: &mut BTreeMap<String, Entry>) -> Result<()> {
    let merges = entries.get("write_disposition").is_some_and(|entry| entry.text.trim().eq_ignore_ascii_case("merge"));
    let Some(key) = entries.remove("primary_key") else {
        return match entries.get("write_disposition").filter(|_| merges) {
            // Of the session's options those count that a job has a use for.
            Some(entry) if entry.session => {
                entries.remove("write_disposition");
                Ok(())
            }
            Some(entry) => Err(Error::options(format!(
                "option `{}` is `merge`, which needs `primary_key`: the columns that name a row",
                entry.written
            ))),
            None => Ok(()),
        };
    };
    match entries.get("write_disposition") {
        None if key.session => Ok(()),
        None => Err(Error::options(format!(
            "option `{}` goes with `write_disposition`: with `merge` it names the point, with `append` it is not used",
            key.written
        ))),
        Some(_) if merges => {
            put(entries, "key_fields", &key, &key.text)?;
            put(entries, "id_scheme", &key, "dlt")
        }
        Some(_) => Ok(()),
    }
}

/// Iguazio's keys: one column names the item, or two together.
fn iguazio(entries: &mut BTreeMap<String, Entry>, side: Side) -> Result<()> {
    let (key, sorting) = (entries.remove("key"), entries.remove("sorting-key"));
    if side == Side::Read {
        return Ok(());
    }
    match (key, sorting) {
        (None, None) => Ok(()),
        (Some(key), None) => put(entries, "id_field", &key, &key.text),
        (Some(key), Some(sorting)) => {
            let both = Json::from(vec![key.text.clone(), sorting.text]).to_string();
            put(entries, "key_fields", &key, &both)
        }
        (None, Some(sorting)) if sorting.session => Ok(()),
        (None, Some(sorting)) => Err(Error::options(format!("option `{}` goes with `key`", sorting.written))),
    }
}

/// Iguazio's update of some columns. Unlike ours it creates the item where there is none.
fn column_update(entries: &mut BTreeMap<String, Entry>) -> Result<Option<String>> {
    let Some(entry) = entries.remove("columnupdate") else { return Ok(None) };
    if boolean(&entry)? {
        put(entries, "write_mode", &entry, "partial")?;
        return Ok(Some(format!(
            "option `{}` is `write_mode` = `partial`: a row whose point is not there is skipped, where Iguazio creates the \
             item: write new rows with `write_mode` = `insert`",
            entry.written
        )));
    }
    let partial = entries.get("write_mode").filter(|mode| mode.text.trim().eq_ignore_ascii_case("partial"));
    if let Some(mode) = partial.filter(|mode| !entry.session && !mode.session) {
        return Err(Error::options(format!(
            "option `{}` is false, so rows are written whole, and `{}` is `partial`: give one of them",
            entry.written, mode.written
        )));
    }
    let written = format!("{}: write_mode", entry.written);
    entries.entry("write_mode".to_owned()).or_insert(Entry { written, text: "upsert".to_owned(), ..entry });
    Ok(None)
}

/// Iguazio's folders of items. Of other stores than Qdrant it is an option of their own.
fn partition(entries: &mut BTreeMap<String, Entry>) -> Option<String> {
    let is_qdrant = match entries.get("store") {
        Some(store) => store.text.trim().eq_ignore_ascii_case("qdrant"),
        None => entries.keys().any(|key| key.starts_with("qdrant_")),
    };
    let entry = is_qdrant.then(|| entries.remove("partition"))??;
    Some(format!(
        "option `{}` has no effect: a collection has no partitions, and filters are pushed down to the server; an index \
         (`index.<field>`) makes them fast",
        entry.written
    ))
}

/// dlt gives the ports of both transports; the one that is spoken counts.
fn ports(entries: &mut BTreeMap<String, Entry>) {
    if entries.contains_key("port") && entries.contains_key("grpc_port") {
        let http = entries.get("transport").is_some_and(|entry| entry.text.trim().eq_ignore_ascii_case("http"));
        entries.remove(if http { "grpc_port" } else { "port" });
    }
}

fn object(entry: &Entry) -> Result<serde_json::Map<String, Json>> {
    serde_json::from_str(&entry.text).map_err(|_| wrong(entry, "a JSON object"))
}

pub(super) fn boolean(entry: &Entry) -> Result<bool> {
    match entry.text.trim().to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(wrong(entry, "`true` or `false`")),
    }
}

/// The value is not quoted: it can hold secrets.
fn wrong(entry: &Entry, expected: &str) -> Error {
    Error::options(format!("option `{}`: expected {expected}", entry.written))
}

/// Gives an option on behalf of another. One that is given too is an error: one of them would be lost.
pub(super) fn put(entries: &mut BTreeMap<String, Entry>, name: &str, from: &Entry, text: &str) -> Result<()> {
    match entries.get(name) {
        // What the session says is the weaker.
        Some(other) if from.session && !other.session => return Ok(()),
        Some(other) if from.session == other.session => {
            return Err(Error::options(format!(
                "options `{}` and `{}` both say `{name}`: give one of them",
                other.written, from.written
            )));
        }
        Some(_) | None => {}
    }
    let written = format!("{}: {name}", from.written);
    entries.insert(name.to_owned(), Entry { written, text: text.to_owned(), session: from.session });
    Ok(())
}
