//! From what the user wrote to [`Options`]: case, aliases, precedence, files, and errors that name the option.

use std::collections::{BTreeMap, BTreeSet};

use super::{Given, IndexProperties, Options, Side, VectorProperties, peers, session, spark_milvus, table};
use crate::error::{Error, Result};
use crate::secret::Secret;

/// The prefix of options that stand in the session.
const SESSION: &str = "spark.vectorfuse.";
/// The stores that session options can be meant for alone.
const STORES: &[&str] = &["qdrant", "milvus", "milvus-binlog", "milvus-import"];
/// How the options of an index of the payload begin.
pub(super) const INDEX: &str = "index.";
/// A name that is farther away than this is no likely misspelling.
const NEAREST: usize = 3;

/// One option as it was given: its own spelling for messages, its text, and whether it came from the session.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) written: String,
    pub(super) text: String,
    pub(super) session: bool,
}

/// What an option's name means.
enum Name {
    Named(&'static str, Side),
    /// `<secret>_file` or `<secret>_env`.
    Indirect(&'static str, &'static str),
    Header(String),
    Vector(String),
    Index(String),
}

pub(super) fn parse(given: &Given, side: Side) -> Result<Options> {
    let (mut entries, warnings) = peers::translate(merge(given)?, side)?;
    session::give_way(&mut entries);
    let mut options = Options {
        named: table::Named::default(),
        headers: BTreeMap::new(),
        vectors: BTreeMap::new(),
        indexes: BTreeMap::new(),
        given: BTreeMap::new(),
        warnings,
    };
    let mut seen: BTreeMap<&'static str, String> = BTreeMap::new();
    let mut of_session = BTreeSet::new();
    for (key, entry) in &entries {
        let name = resolve(key, entry)?;
        let own_side = match &name {
            Name::Named(_, side) => *side,
            Name::Indirect(..) | Name::Header(_) => Side::Both,
            Name::Vector(_) | Name::Index(_) => Side::Write,
        };
        if !own_side.allows(side) {
            // A session's options serve reads and writes alike; an option of this very read or write is a mistake.
            if entry.session {
                continue;
            }
            let (own, other) = if own_side == Side::Read { ("reading", "write") } else { ("writing", "read") };
            return Err(Error::options(format!(
                "option `{}` belongs to {own} and has no meaning for a {other}: remove it",
                entry.written
            )));
        }
        if let Name::Named(name, _) | Name::Indirect(name, _) = &name
            && entry.session
        {
            of_session.insert(*name);
        }
        match name {
            Name::Named(name, _) => {
                if let Some(other) = seen.insert(name, entry.written.clone()) {
                    return Err(Error::options(format!(
                        "options `{other}` and `{}` mean the same: give one of them",
                        entry.written
                    )));
                }
                set(&mut options, name, &entry.written, &entry.text)?;
                remember(&mut options, name, entry);
                implied_store(&mut options, key);
            }
            Name::Indirect(name, how) => {
                if let Some(other) = seen.insert(name, entry.written.clone()) {
                    return Err(Error::options(format!(
                        "options `{other}` and `{}` give the same secret: keep one of them",
                        entry.written
                    )));
                }
                let text = indirect(how, entry)?;
                set(&mut options, name, &entry.written, &text)?;
                remember(&mut options, name, entry);
            }
            Name::Header(header) => {
                options.headers.insert(header, Secret::new(&entry.text));
            }
            Name::Vector(rest) => vector_property(&mut options, &rest, entry)?,
            Name::Index(rest) => {
                index_property(&mut options, &rest, entry)?;
                if !entry.session {
                    options.given.insert(key.clone(), entry.written.clone());
                }
            }
        }
    }
    session::forget_unused(&mut options, &of_session);
    super::check::check(&mut options, side)?;
    Ok(options)
}

/// The options of the read or write over the session's for its store over the session's for all.
fn merge(given: &Given) -> Result<BTreeMap<String, Entry>> {
    let mut own = BTreeMap::new();
    for (key, text) in &given.options {
        let entry = Entry { written: key.clone(), text: text.clone(), session: false };
        if let Some(other) = own.insert(key.to_lowercase(), entry) {
            return Err(Error::options(format!("option `{}` is given twice, as `{key}` too", other.written)));
        }
    }
    let mut session = BTreeMap::new();
    let mut by_store: BTreeMap<&str, BTreeMap<String, Entry>> = BTreeMap::new();
    for (whole, text) in &given.session {
        let lower = whole.to_lowercase();
        let Some(key) = lower.strip_prefix(SESSION) else { continue };
        let entry = Entry { written: whole.clone(), text: text.clone(), session: true };
        let store = STORES.iter().find(|store| key.strip_prefix(**store).is_some_and(|rest| rest.starts_with('.')));
        match store {
            // `spark.vectorfuse.milvus.collection.name` is an option of its own name, and `….milvus.timeout` one of ours.
            Some(store) => {
                let rest = &key[store.len() + 1..];
                let is_own = resolve(rest, &entry).is_ok() || !spark_milvus::is_known(key);
                by_store.entry(store).or_default().insert(if is_own { rest } else { key }.to_owned(), entry)
            }
            None => session.insert(key.to_owned(), entry),
        };
    }
    let of_own = own_store(&own)?;
    if of_own.is_some() {
        session.remove("store");
    }
    let implied = || session.keys().find_map(|key| store_of(key)).map(str::to_owned);
    let store = of_own.or_else(|| session.get("store").map(|entry| entry.text.to_lowercase())).or_else(implied);
    if let Some(store) = &store {
        session.retain(|key, _| store_of(key).is_none_or(|other| is_of(store, other)));
    }
    if let Some(mut special) = store.and_then(|store| by_store.remove(store.as_str())) {
        special.append(&mut session::without_said(session, &special));
        session = special;
    }
    let mut merged = session::without_said(session, &own);
    merged.extend(own);
    Ok(merged)
}

/// The store that the options of the read or write name, by `store` or by an option that only one has.
fn own_store(own: &BTreeMap<String, Entry>) -> Result<Option<String>> {
    let said = own.get("store").map(|entry| (entry.text.to_lowercase(), entry));
    let implied = own.iter().filter_map(|(key, entry)| Some((store_of(key)?.to_owned(), entry)));
    let mut stores = said.into_iter().chain(implied);
    let Some((store, first)) = stores.next() else { return Ok(None) };
    match stores.find(|(other, _)| !is_of(&store, other)) {
        None => Ok(Some(store)),
        Some((other, entry)) => Err(Error::options(format!(
            "option `{}` says that the store is `{store}`, and `{}` is one of `{other}`: remove one of them",
            first.written, entry.written
        ))),
    }
}

/// Whether the store has the options of `other`: `milvus-import` those of `milvus`.
fn is_of(store: &str, other: &str) -> bool {
    store == other || store.strip_prefix(other).is_some_and(|rest| rest.starts_with('-'))
}

/// The name in the contract, or the key itself where it has none; a secret from a file means that secret.
pub(super) fn meaning(key: &str) -> String {
    for row in table::rows() {
        let indirect =
            row.secret && [format!("{}_file", row.name), format!("{}_env", row.name)].iter().any(|k| k == key);
        if row.name == key || row.aliases.contains(&key) || indirect {
            return row.name.to_owned();
        }
    }
    spark_milvus::meaning(key).unwrap_or(key).to_owned()
}

fn resolve(key: &str, entry: &Entry) -> Result<Name> {
    for row in table::rows() {
        if row.name == key || row.aliases.contains(&key) {
            return Ok(Name::Named(row.name, row.side));
        }
        if row.secret {
            for how in ["_file", "_env"] {
                if key.strip_suffix(how) == Some(row.name) {
                    return Ok(Name::Indirect(row.name, how));
                }
            }
        }
    }
    if let Some(header) = key.strip_prefix("header.") {
        return Ok(Name::Header(header.to_owned()));
    }
    // The vector's or the field's own name keeps its case. Only ASCII keeps its length when the case changes.
    let inside = |prefix: &str| {
        let start = entry.written.to_ascii_lowercase().find(prefix).unwrap_or_default();
        entry.written[start + prefix.len()..].to_owned()
    };
    if key.starts_with("vector.") {
        return Ok(Name::Vector(inside("vector.")));
    }
    if key.starts_with(INDEX) {
        return Ok(Name::Index(inside(INDEX)));
    }
    if table::PLANNED.contains(&key) {
        return Err(Error::unsupported(format!(
            "option `{}` does not work yet in this version: remove it",
            entry.written
        )));
    }
    Err(unknown(key, &entry.written))
}

fn unknown(key: &str, written: &str) -> Error {
    let rows = table::rows();
    let names = rows.iter().flat_map(|row| std::iter::once(row.name).chain(row.aliases.iter().copied()));
    let names = names.chain(table::PLANNED.iter().copied()).chain(peers::names());
    let nearest = names.map(|name| (strsim::damerau_levenshtein(key, name), name)).min();
    let hint = match nearest {
        Some((distance, name)) if distance <= NEAREST.min(name.len() / 2) => format!(": did you mean `{name}`?"),
        Some(_) | None => "; see docs/options.md for those that there are".to_owned(),
    };
    Error::options(format!("unknown option `{written}`{hint}"))
}

fn set(options: &mut Options, name: &str, written: &str, text: &str) -> Result<()> {
    options.named.set(name, text).map_err(|expected| {
        let secret = table::rows().iter().any(|row| row.name == name && row.secret);
        let shown = if secret { "***" } else { text };
        Error::options(format!("option `{written}` is `{shown}`: expected {expected}"))
    })
}

/// What the session says is for every store, each of which takes what it knows.
fn remember(options: &mut Options, name: &'static str, entry: &Entry) {
    if !entry.session {
        options.given.insert(name.to_owned(), entry.written.clone());
    }
}

/// An option that only one store has says which store is meant.
fn implied_store(options: &mut Options, key: &str) {
    if options.named.store.is_none() {
        options.named.store = store_of(key).map(str::to_owned);
    }
}

/// The store that is the only one to have an option, by the option's name.
fn store_of(key: &str) -> Option<&'static str> {
    let is_qdrant = ["qdrant_", "spark.fuse.qdrant."].iter().any(|prefix| key.starts_with(prefix));
    is_qdrant.then_some("qdrant").or_else(|| spark_milvus::says_milvus(key).then_some("milvus"))
}

fn indirect(how: &str, entry: &Entry) -> Result<String> {
    let text = if how == "_env" {
        std::env::var(&entry.text).map_err(|_| {
            // Not quoted: a usual slip is to give the secret itself.
            Error::options(format!("option `{}`: the driver has no environment variable of that name", entry.written))
        })?
    } else {
        std::fs::read_to_string(&entry.text).map_err(|error| {
            Error::options(format!("option `{}`: the driver can't read the file of that name", entry.written))
                .caused_by(error)
        })?
    };
    Ok(text.trim().to_owned())
}

fn vector_property(options: &mut Options, rest: &str, entry: &Entry) -> Result<()> {
    let (vector, property) = rest.rsplit_once('.').unwrap_or(("", rest));
    let set = options.vectors.entry(vector.to_owned()).or_default().set(&property.to_lowercase(), &entry.text);
    property_set(set, VectorProperties::TABLE, entry)
}

/// `index.<field>` is the index's type; a last part that names a property of indexes is that property.
fn index_property(options: &mut Options, rest: &str, entry: &Entry) -> Result<()> {
    let property = rest.rsplit_once('.').map(|(field, property)| (field, property.to_lowercase()));
    let known = |property: &str| IndexProperties::TABLE.iter().any(|(name, _)| *name == property && *name != "type");
    let (field, property) = match property {
        Some((field, property)) if known(&property) => (field, property),
        Some(_) | None => (rest, "type".to_owned()),
    };
    let set = options.indexes.entry(field.to_owned()).or_default().set(&property, &entry.text);
    property_set(set, IndexProperties::TABLE, entry)
}

fn property_set(set: Option<Result<(), &'static str>>, table: &[(&str, &str)], entry: &Entry) -> Result<()> {
    match set {
        Some(Ok(())) => Ok(()),
        Some(Err(expected)) => {
            Err(Error::options(format!("option `{}` is `{}`: expected {expected}", entry.written, entry.text)))
        }
        None => {
            let names: Vec<String> = table.iter().map(|(name, _)| format!("`{name}`")).collect();
            Err(Error::options(format!(
                "unknown option `{}`: there is no such property; there are {}",
                entry.written,
                names.join(", ")
            )))
        }
    }
}

/// The name of a secret without what says where it comes from.
fn without_source(key: &str) -> &str {
    key.strip_suffix("_file").or_else(|| key.strip_suffix("_env")).unwrap_or(key)
}

pub(super) fn redaction(given: &Given) -> Option<String> {
    let session = given.session.keys().map(|key| key.to_lowercase());
    let session = session.filter_map(|key| key.strip_prefix(SESSION).map(str::to_owned));
    let keys = given.options.keys().map(|key| key.to_lowercase()).chain(session);
    let mut secret: Vec<String> = keys
        .filter_map(|key| {
            let mut secrets = table::rows().into_iter().filter(|row| row.secret);
            let name = secrets.find_map(|row| {
                let alias = || row.aliases.iter().copied().find(|alias| key.rsplit('.').next() == Some(alias));
                without_source(&key).ends_with(row.name).then_some(row.name).or_else(alias)
            });
            let peers = peers::SECRET.iter().chain(spark_milvus::SECRET);
            let peer = || peers.clone().find(|peer| key.ends_with(**peer)).map(|peer| peer.replace('.', r"\."));
            let header = || key.contains("header.").then(|| r"header\..*".to_owned());
            name.map(str::to_owned).or_else(header).or_else(peer)
        })
        .collect();
    secret.sort();
    secret.dedup();
    (!secret.is_empty()).then(|| format!("(?i)^(.*\\.)?({})(_file|_env)?$", secret.join("|")))
}
