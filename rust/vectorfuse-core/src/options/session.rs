//! The session's `spark.vectorfuse.*` serve every job: what one of them has no use for, or says in another way itself, gives
//! way instead of failing it.

use std::collections::{BTreeMap, BTreeSet};

use super::check::{has_path, takes_payload};
use super::parse::{Entry, INDEX, meaning};
use super::{OnError, Options, Ordering, Transport, WriteMode};

/// Options that say the same thing in two ways.
const WAYS: &[(&[&str], &[&str])] = &[
    (&["url"], &["host", "port", "https"]),
    (&["token"], &["username", "password"]),
    (&["api_key"], &["token", "username", "password"]),
    (&["api_key"], &["header.api-key"]),
    (&["token", "username", "password"], &["header.authorization"]),
    (&["query_vector"], &["query_id"]),
    (&["id_field"], &["key_fields", "id_scheme"]),
    (&["vector_field", "vector_name"], &["vector_fields", "vector_names"]),
    (&["shard_key"], &["shard_key_field"]),
    (&["partition"], &["partition_field"]),
];

/// Whether a job has a use for an option.
type IsUsed = fn(&Options) -> bool;

/// Options that only some jobs have a use for. One that another hangs on comes before it.
const USES: &[(&str, IsUsed)] = &[
    ("port", |options| options.named.host.is_some()),
    ("https", |options| options.named.host.is_some()),
    ("prefix", |options| {
        let own_path = options.given.contains_key("url") && has_path(&options.named);
        options.named.transport == Transport::Http && !own_path
    }),
    ("splits", |options| !options.is_windowed()),
    ("vector_name", |options| options.is_search() || options.named.vector_field.is_some()),
    ("top_k", Options::is_search),
    ("score_threshold", Options::is_search),
    ("search_params", Options::is_search),
    ("max_pages", |options| !options.is_search()),
    ("with_payload", |options| takes_payload(options) || !options.given.contains_key("payload")),
    ("payload", takes_payload),
    ("id_scheme", |options| !options.named.key_fields.is_empty()),
    ("vector_names", |options| options.named.vector_fields.is_some()),
    ("sparse_names", |options| options.named.sparse_fields.is_some()),
    ("multi_names", |options| options.named.multi_fields.is_some()),
    ("op_field", |options| options.named.write_mode == WriteMode::Upsert),
    ("order_field", |options| options.named.write_mode != WriteMode::Insert),
    ("condition", |options| options.named.write_mode != WriteMode::Insert),
    ("counter_fields", |options| !matches!(options.named.write_mode, WriteMode::Insert | WriteMode::Delete)),
    ("ordering", |options| options.named.counter_fields.is_empty() || options.named.ordering == Some(Ordering::Strong)),
    ("on_error", |options| options.named.counter_fields.is_empty()),
    ("dead_letter_path", |options| options.named.on_error == OnError::DeadLetter),
    ("max_errors", |options| options.named.on_error != OnError::Fail),
];

/// `weak` without the options that `strong` gives too, under whichever of their names, or says in another way.
pub(super) fn without_said(weak: BTreeMap<String, Entry>, strong: &BTreeMap<String, Entry>) -> BTreeMap<String, Entry> {
    let strong: Vec<String> = strong.keys().map(|key| meaning(key)).collect();
    weak.into_iter().filter(|(key, _)| !is_said(&meaning(key), &strong)).collect()
}

/// The same once the options of other systems are ours: what they stand for counts, too.
pub(super) fn give_way(entries: &mut BTreeMap<String, Entry>) {
    let own = entries.iter().filter(|(_, entry)| !entry.session);
    let own: Vec<String> = own.map(|(key, _)| meaning(key)).collect();
    entries.retain(|key, entry| !entry.session || !is_said(&meaning(key), &own));
}

fn is_said(weak: &str, strong: &[String]) -> bool {
    let other_way = |strong: &str| {
        let ways = WAYS.iter().flat_map(|(one, other)| [(one, other), (other, one)]);
        ways.into_iter().any(|(one, other)| one.contains(&weak) && other.contains(&strong))
    };
    strong.iter().any(|strong| strong == weak || other_way(strong))
}

/// Takes those of the session's options back that this job has no use for.
pub(super) fn forget_unused(options: &mut Options, of_session: &BTreeSet<&'static str>) {
    for (name, is_used) in USES {
        if of_session.contains(name) && !is_used(options) {
            options.named.reset(name);
        }
    }
    let own_index = options.given.keys().any(|name| name.starts_with(INDEX));
    if options.named.write_mode == WriteMode::Delete && !own_index {
        options.indexes.clear();
    }
}
