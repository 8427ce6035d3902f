//! The options of the Spark-Milvus connector, by its documentation, in our own words. Its empty text means that an option
//! is not given.

use std::collections::BTreeMap;

use super::Side;
use super::parse::Entry;
use super::peers::{boolean, put};
use crate::error::Result;

/// How they begin; the second are those of Zilliz Cloud's own interface.
const PREFIXES: &[&str] = &["milvus.", "zillizcloud."];
/// Those hold passwords or keys, and are not called as ours are.
pub(super) const SECRET: &[&str] = &["milvus.secure.clientkey", "zillizcloud.apikey"];

/// Options that another one of ours means: theirs, ours, and the side that it belongs to.
const RENAMED: &[(&str, &str, Side)] = &[
    ("milvus.uri", "url", Side::Both),
    ("milvus.token", "token", Side::Both),
    ("milvus.host", "host", Side::Both),
    ("milvus.port", "port", Side::Both),
    ("milvus.username", "username", Side::Both),
    ("milvus.password", "password", Side::Both),
    ("milvus.secure", "https", Side::Both),
    ("milvus.secure.serverName", "tls_server_name", Side::Both),
    ("milvus.secure.serverPemPath", "tls_ca", Side::Both),
    ("milvus.secure.caCert", "tls_ca", Side::Both),
    ("milvus.secure.clientCert", "tls_cert", Side::Both),
    ("milvus.secure.clientKey", "tls_key", Side::Both),
    ("milvus.database.name", "database", Side::Both),
    ("milvus.collection.name", "collection", Side::Both),
    ("milvus.partition.name", "partitions", Side::Read),
    ("milvus.partition.name", "partition", Side::Write),
    ("milvus.collection.primaryKeyField", "id_field", Side::Write),
    ("milvus.collection.vectorField", "vector_field", Side::Write),
    ("milvus.collection.vectorDim", "vector.size", Side::Write),
    ("milvus.collection.autoID", "auto_id", Side::Write),
    ("milvus.insertMaxBatchSize", "batch_rows", Side::Write),
];

/// Options of the files behind a server, which nothing here touches.
const OF_FILES: &[&str] = &[
    "milvus.bucket",
    "milvus.rootpath",
    "milvus.fs",
    "milvus.storage.endpoint",
    "milvus.storage.user",
    "milvus.storage.password",
    "milvus.storage.useSSL",
    "zillizcloud.region",
    "zillizcloud.instanceID",
    "zillizcloud.apiKey",
];

/// Every one of them.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    RENAMED.iter().map(|(name, ..)| *name).chain(OF_FILES.iter().copied())
}

/// Whether a key, in lower case, is one of them.
pub(super) fn is_known(key: &str) -> bool {
    names().any(|name| name.eq_ignore_ascii_case(key))
}

/// The option of ours that a key, in lower case, means.
pub(super) fn meaning(key: &str) -> Option<&'static str> {
    RENAMED.iter().find(|(name, ..)| name.eq_ignore_ascii_case(key)).map(|(_, own, _)| *own)
}

/// Whether the key says that the store is Milvus.
pub(super) fn says_milvus(key: &str) -> bool {
    PREFIXES.iter().any(|prefix| key.starts_with(prefix))
}

/// The rows of the documentation.
pub(super) fn markdown() -> String {
    let mut rows = String::new();
    let mut before = "";
    for (name, _, _) in RENAMED {
        if *name != before {
            let own: Vec<String> =
                RENAMED.iter().filter(|(other, ..)| other == name).map(|(_, own, side)| said(own, *side)).collect();
            rows.push_str(&format!("| `{name}` | {} |\n", own.join("; ")));
        }
        before = name;
    }
    let files: Vec<String> = OF_FILES.iter().map(|name| format!("`{name}`")).collect();
    rows.push_str(&format!(
        "| {} | accepted with a warning: rows go through the server, and not through its files |\n",
        files.join(", ")
    ));
    rows
}

fn said(own: &str, side: Side) -> String {
    match side {
        Side::Both => format!("`{own}`"),
        Side::Read => format!("`{own}` of a read"),
        Side::Write => format!("`{own}` of a write"),
    }
}

/// Puts ours in their place. Says which of them were not used.
pub(super) fn translate(entries: &mut BTreeMap<String, Entry>, side: Side) -> Result<Vec<String>> {
    let mut warnings = Vec::new();
    let Some(first) = entries.iter().find(|(key, _)| says_milvus(key)).map(|(_, entry)| entry.clone()) else {
        return Ok(warnings);
    };
    let written = format!("{}: store", first.written);
    entries.entry("store".to_owned()).or_insert(Entry { written, text: "milvus".to_owned(), ..first });
    // Their empty text is no value.
    entries.retain(|key, entry| !(is_known(key) && entry.text.trim().is_empty()));
    for name in OF_FILES {
        if let Some(entry) = entries.remove(&name.to_lowercase()) {
            warnings.push(format!(
                "option `{}` has no effect: rows go through the server, and not through its files",
                entry.written
            ));
        }
    }
    let mut passed_over = |entries: &mut BTreeMap<String, Entry>, name: &str, instead: &str| {
        if let Some(entry) = entries.remove(name) {
            warnings.push(format!("option `{}` has no effect beside `{instead}`", entry.written));
        }
    };
    if entries.contains_key("milvus.token") {
        passed_over(entries, "milvus.username", "milvus.token");
        passed_over(entries, "milvus.password", "milvus.token");
    }
    let secure = entries.remove("milvus.secure");
    if entries.contains_key("milvus.uri") {
        passed_over(entries, "milvus.host", "milvus.uri");
        passed_over(entries, "milvus.port", "milvus.uri");
        if let (Some(secure), Some(uri)) = (&secure, entries.get_mut("milvus.uri"))
            && boolean(secure)?
            && let Some(rest) = uri.text.trim().strip_prefix("http://")
        {
            uri.text = format!("https://{rest}");
        }
    } else {
        if let (None, Some(port)) = (entries.get("milvus.host"), entries.get("milvus.port").cloned()) {
            put(entries, "host", &port, "localhost")?;
        }
        if let Some(secure) = secure {
            put(entries, "https", &secure, &secure.text)?;
        }
    }
    for (name, own, its) in RENAMED {
        // Of a name with two meanings the one of this side counts; before the side is known, either does.
        let key = name.to_lowercase();
        let later = RENAMED.iter().any(|(other, _, other_side)| other == name && other_side == &side);
        if !its.allows(side) && later {
            continue;
        }
        let Some(entry) = entries.remove(&key) else { continue };
        if its.allows(side) {
            put(entries, own, &entry, &entry.text)?;
        }
    }
    Ok(warnings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{Given, Options};
    use crate::secret::Secret;

    fn parse(options: &[(&str, &str)], side: Side) -> Result<Options> {
        let options = options.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
        Given { options, session: BTreeMap::new() }.parse(side)
    }

    /// The quickstart of its documentation.
    const QUICKSTART: &[(&str, &str)] = &[
        ("milvus.host", "localhost"),
        ("milvus.port", "19530"),
        ("milvus.collection.name", "hello_spark_milvus"),
        ("milvus.collection.vectorField", "vec"),
        ("milvus.collection.vectorDim", "8"),
        ("milvus.collection.primaryKeyField", "id"),
    ];

    #[test]
    fn its_quickstart_is_a_write_of_ours() {
        let options = parse(QUICKSTART, Side::Write).unwrap();
        assert_eq!(options.store().unwrap(), "milvus");
        assert_eq!(options.url(1).unwrap(), "http://localhost:19530");
        assert_eq!(options.collection().unwrap(), "hello_spark_milvus");
        assert_eq!(options.named.vector_field.as_deref(), Some("vec"));
        assert_eq!(options.named.id_field.as_deref(), Some("id"));
        assert_eq!(options.vectors[""].size, Some(8));
        assert!(options.warnings.is_empty(), "{:?}", options.warnings);
    }

    #[test]
    fn the_options_of_a_write_do_not_hinder_a_read() {
        let read = parse(&[QUICKSTART, &[("milvus.partition.name", "p")]].concat(), Side::Read).unwrap();
        assert_eq!(read.named.partitions, ["p"]);
        assert_eq!(read.named.partition, None);
        let write = parse(&[QUICKSTART, &[("milvus.partition.name", "p")]].concat(), Side::Write).unwrap();
        assert_eq!(write.named.partition.as_deref(), Some("p"));
        assert!(parse(QUICKSTART, Side::Both).is_ok(), "which side follows is not known yet");
    }

    #[test]
    fn what_it_calls_nothing_is_not_given() {
        let empty = [
            ("milvus.uri", ""),
            ("milvus.token", ""),
            ("milvus.database.name", ""),
            ("milvus.collection.primaryKeyField", ""),
            ("milvus.secure.caCert", ""),
        ];
        let options = parse(&[QUICKSTART.get(..3).unwrap(), &empty].concat(), Side::Write).unwrap();
        assert_eq!((&options.named.url, &options.named.token, &options.named.database), (&None, &None, &None));
        assert_eq!((&options.named.id_field, &options.named.tls_ca), (&None, &None));
    }

    #[test]
    fn its_uri_and_token_count_before_the_rest() {
        let options = [
            ("milvus.uri", "http://h:1"),
            ("milvus.token", "a:b"),
            ("milvus.host", "x"),
            ("milvus.port", "2"),
            ("milvus.username", "root"),
            ("milvus.password", "Milvus"),
            ("milvus.secure", "true"),
            ("milvus.collection.name", "c"),
        ];
        let options = parse(&options, Side::Read).unwrap();
        assert_eq!(options.url(1).unwrap(), "https://h:1");
        assert_eq!(options.named.token.as_ref().map(Secret::expose), Some("a:b"));
        assert_eq!((&options.named.username, &options.named.password), (&None, &None));
        assert_eq!(options.warnings.len(), 4, "{:?}", options.warnings);
    }

    #[test]
    fn its_tls_is_ours() {
        let pem = "-----BEGIN CERTIFICATE-----";
        let options = [
            ("milvus.port", "1"),
            ("milvus.secure", "true"),
            ("milvus.secure.serverName", "n"),
            ("milvus.secure.caCert", pem),
            ("milvus.secure.clientCert", pem),
            ("milvus.secure.clientKey", pem),
            ("milvus.collection.name", "c"),
        ];
        let options = parse(&options, Side::Read).unwrap();
        assert_eq!(options.url(9).unwrap(), "https://localhost:1");
        assert_eq!(options.named.tls_server_name.as_deref(), Some("n"));
        let all = (&options.named.tls_ca, &options.named.tls_cert, options.named.tls_key.is_some());
        assert_eq!(all, (&Some(pem.to_owned()), &Some(pem.to_owned()), true));
    }

    #[test]
    fn options_of_files_warn() {
        let options: Vec<(&str, &str)> = OF_FILES.iter().map(|name| (*name, "x")).collect();
        let options = parse(&[QUICKSTART, &options].concat(), Side::Write).unwrap();
        assert_eq!(options.warnings.len(), OF_FILES.len(), "{:?}", options.warnings);
        // Zilliz Cloud's alone say the store as well.
        for more in [&[("store", "milvus")][..], &[]] {
            let options = parse(&[more, &[("zillizcloud.region", "x")]].concat(), Side::Read).unwrap();
            assert_eq!((options.store().unwrap(), options.warnings.len()), ("milvus", 1));
        }
    }

    #[test]
    fn the_same_thing_twice_and_a_misspelling_are_errors() {
        let error = parse(&[QUICKSTART, &[("collection", "c")]].concat(), Side::Write).unwrap_err();
        assert!(error.to_string().contains("both say `collection`"), "{error}");
        let error = parse(&[("milvus.colection.name", "c")], Side::Write).unwrap_err();
        assert!(error.to_string().contains("did you mean `milvus.collection.name`"), "{error}");
    }

    #[test]
    fn a_session_can_hold_them_and_the_options_win() {
        let session = [
            ("spark.vectorfuse.milvus.collection.name", "of_session"),
            ("spark.vectorfuse.milvus.host", "h"),
            ("spark.vectorfuse.milvus.secure.serverName", "n"),
        ];
        let session: BTreeMap<String, String> =
            session.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
        let parse = |options: &[(&str, &str)]| {
            let options = options.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
            Given { options, session: session.clone() }.parse(Side::Read).unwrap()
        };
        let of_session = parse(&[("store", "milvus")]);
        assert_eq!(of_session.collection().unwrap(), "of_session");
        assert_eq!(of_session.named.tls_server_name.as_deref(), Some("n"));
        assert_eq!(parse(&[("milvus.collection.name", "own")]).collection().unwrap(), "own");
        assert_eq!(parse(&[("store", "milvus"), ("collection", "own")]).collection().unwrap(), "own");
        assert_eq!(parse(&[("store", "qdrant"), ("collection", "c"), ("url", "u")]).named.host, None);
    }

    #[test]
    fn its_secrets_are_redacted() {
        let secrets = [
            "milvus.token",
            "milvus.password",
            "milvus.storage.password",
            "milvus.secure.clientKey",
            "zillizcloud.apiKey",
        ];
        for secret in secrets {
            let options = BTreeMap::from([(secret.to_owned(), "x".to_owned())]);
            let pattern = Given { options, session: BTreeMap::new() }.redaction().unwrap_or_default();
            let last = secret.rsplit('.').next().unwrap().to_lowercase();
            assert!(pattern.to_lowercase().contains(&last), "{secret}: {pattern}");
        }
    }
}
