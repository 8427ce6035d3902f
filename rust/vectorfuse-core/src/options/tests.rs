use super::*;
use crate::error::Kind;

fn given(options: &[(&str, &str)]) -> Given {
    let owned = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Given { options: owned(options), session: BTreeMap::new() }
}

fn with_session(options: &[(&str, &str)], session: &[(&str, &str)]) -> Given {
    Given { session: given(session).options, ..given(options) }
}

fn failure(options: &[(&str, &str)], side: Side) -> (Kind, String) {
    match given(options).parse(side) {
        Ok(_) => panic!("{options:?} were accepted"),
        Err(error) => (error.kind(), error.to_string()),
    }
}

#[test]
fn names_are_case_insensitive_and_aliases_mean_the_same() {
    let options = given(&[("QDRANT_URL", "http://h"), ("Collection_Name", "c"), ("retries", "7")]);
    let options = options.parse(Side::Read).unwrap();
    assert_eq!(options.store().unwrap(), "qdrant");
    assert_eq!(options.url(6334).unwrap(), "http://h");
    assert_eq!(options.collection().unwrap(), "c");
    assert_eq!(options.named.max_retries, 7);
}

#[test]
fn an_unknown_option_names_the_nearest_one() {
    let (kind, text) = failure(&[("batch_row", "7")], Side::Write);
    assert_eq!(kind, Kind::Options);
    assert!(text.contains("`batch_row`") && text.contains("did you mean `batch_rows`?"), "{text}");
    let (_, text) = failure(&[("zzzzzzzzzz", "7")], Side::Write);
    assert!(!text.contains("did you mean"), "{text}");
}

#[test]
fn an_option_that_does_not_work_yet_is_refused() {
    for option in ["query_text", "embed_field"] {
        let (kind, text) = failure(&[(option, "1")], Side::Both);
        assert_eq!(kind, Kind::Unsupported, "{option}");
        assert!(text.contains(option), "{text}");
    }
    assert_eq!(failure(&[("transport", "carrier pigeon")], Side::Both).0, Kind::Options);
}

#[test]
fn an_option_of_the_other_side_is_refused_but_the_session_serves_both() {
    let (kind, text) = failure(&[("batch_rows", "7")], Side::Read);
    assert_eq!(kind, Kind::Options);
    assert!(text.contains("`batch_rows`") && text.contains("writing"), "{text}");
    let options = with_session(&[], &[("spark.vectorfuse.batch_rows", "7")]);
    assert!(options.parse(Side::Read).is_ok());
    assert_eq!(options.parse(Side::Write).unwrap().named.batch_rows.map(|rows| rows.get()), Some(7));
}

/// Options of the session, those of one call, and what the call comes to.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a [(&'a str, &'a str)], fn(&Options) -> bool);

fn holds(cases: &[Case<'_>], side: Side) {
    for (session, own, is_so) in cases {
        let session: Vec<(String, &str)> =
            session.iter().map(|(name, text)| (format!("spark.vectorfuse.{name}"), *text)).collect();
        let session: Vec<(&str, &str)> = session.iter().map(|(name, text)| (name.as_str(), *text)).collect();
        let options = with_session(own, &session).parse(side).unwrap_or_else(|e| panic!("{session:?} {own:?}: {e}"));
        assert!(is_so(&options), "{session:?} {own:?}: {:?}", options.named);
        with_session(own, &session).parse(Side::Both).unwrap_or_else(|e| panic!("{session:?} {own:?}: {e}"));
    }
}

#[test]
fn what_the_session_says_in_another_way_gives_way() {
    let reads: &[Case<'_>] = &[
        (&[("host", "h"), ("port", "1"), ("https", "true")], &[("url", "http://own")], |o| {
            o.url(1).unwrap() == "http://own"
        }),
        (&[("url", "http://h")], &[("milvus.host", "own")], |o| o.url(1).unwrap() == "http://own:1"),
        (&[("url", "http://h")], &[("spark.fuse.qdrant.config", r#"{"endpoint": "http://own"}"#)], |o| {
            o.url(1).unwrap() == "http://own"
        }),
        (&[("milvus.token", "t")], &[("store", "milvus"), ("username", "u"), ("password", "p")], |o| {
            o.named.token.is_none() && o.named.password.is_some()
        }),
        (&[("username", "u"), ("password_env", "NO_SUCH")], &[("token", "t")], |o| o.named.username.is_none()),
        (&[("api_key", "k")], &[("header.API-Key", "own")], |o| o.named.api_key.is_none() && o.headers.len() == 1),
        (&[("header.api-key", "k")], &[("api_key", "own")], |o| o.headers.is_empty()),
        (&[("prefix", "p"), ("transport", "http")], &[("url", "u"), ("transport", "grpc")], |o| {
            o.named.prefix.is_none()
        }),
        (&[("prefix", "p"), ("transport", "http")], &[("url", "http://u")], |o| o.url(1).unwrap() == "http://u/p"),
        (&[("prefix", "p"), ("transport", "http")], &[("url", "http://u/a")], |o| o.url(1).unwrap() == "http://u/a"),
        (&[("prefer_grpc", "true")], &[("transport", "http")], |o| o.named.transport == Transport::Http),
        (&[("query_id", "1")], &[("query_vector", "1,2")], |o| o.named.query_id.is_none()),
        (&[("payload", "json")], &[("with_payload", "false")], |o| o.named.payload == PayloadForm::Columns),
        (&[("with_payload", "false")], &[("payload", "json")], |o| o.named.with_payload == Chosen::ALL),
    ];
    holds(reads, Side::Read);
    let writes: &[Case<'_>] = &[
        (&[("id_field", "n")], &[("key_fields", "a,b")], |o| o.named.id_field.is_none()),
        (&[("key_fields", "a,b"), ("id_scheme", "dlt")], &[("id_field", "n")], |o| o.named.key_fields.is_empty()),
        (&[("id_field", "n")], &[("key", "a"), ("sorting-key", "b")], |o| o.named.key_fields == ["a", "b"]),
        (&[("vector_field", "v"), ("vector_name", "n")], &[("vector_fields", "a")], |o| o.named.vector_field.is_none()),
        (&[("vector_fields", "a"), ("vector_names", "b")], &[("embedding_field", "v")], |o| {
            o.named.vector_fields.is_none()
        }),
        (&[("shard_key", "a")], &[("shard_key_field", "b")], |o| o.named.shard_key.is_empty()),
        (&[("partition", "a")], &[("partition_field", "b")], |o| o.named.partition.is_none()),
        (&[("columnUpdate", "true")], &[("write_mode", "insert")], |o| o.named.write_mode == WriteMode::Insert),
        (&[("ordering", "weak")], &[("counter_fields", "n")], |o| o.named.ordering.is_none()),
        (&[("mode", "overwrite")], &[], |o| o.check_write(Mode::Append, &[]).is_ok()),
    ];
    holds(writes, Side::Write);
}

#[test]
fn what_a_job_has_no_use_for_can_stand_in_the_session() {
    let reads: &[Case<'_>] = &[
        (&[("dead_letter_path", "/x"), ("max_errors", "3")], &[], |_| true),
        (&[("top_k", "3"), ("score_threshold", "1"), ("search_params", "{}")], &[], |o| o.named.top_k.is_none()),
        (&[("top_k", "3")], &[("query_id", "1")], |o| o.most_rows() == Some(3)),
        (&[("max_pages", "3")], &[("query_id", "1")], |o| o.most_rows() == Some(10)),
        (&[("splits", "2")], &[("limit", "1")], |o| o.named.splits.is_none()),
        (&[("splits", "2")], &[], |o| o.named.splits.is_some()),
        (&[("port", "1"), ("https", "true")], &[], |o| o.named.port.is_none()),
        (&[("prefix", "p")], &[("url", "http://h")], |o| o.url(1).unwrap() == "http://h"),
        (&[("write_disposition", "merge")], &[], |_| true),
        (&[("primary_key", "a")], &[], |_| true),
        (&[("sorting-key", "a")], &[], |_| true),
    ];
    holds(reads, Side::Read);
    let writes: &[Case<'_>] = &[
        (&[("dead_letter_path", "/x"), ("max_errors", "3")], &[], |o| o.named.dead_letter_path.is_none()),
        (&[("dead_letter_path", "/x")], &[("on_error", "dead_letter")], |o| o.named.dead_letter_path.is_some()),
        (&[("max_errors", "3")], &[("on_error", "skip")], |o| o.named.max_errors == 3),
        (&[("on_error", "skip"), ("max_errors", "3")], &[("counter_fields", "n")], |o| {
            o.named.on_error == OnError::Fail
        }),
        (&[("top_k", "3"), ("splits", "2"), ("limit", "1"), ("query_id", "1")], &[], |_| true),
        (&[("id_scheme", "dlt")], &[], |o| o.named.id_scheme == IdScheme::Vectorfuse),
        (&[("vector_names", "a"), ("sparse_names", "a"), ("multi_names", "a")], &[], |o| {
            o.named.vector_names.is_none()
        }),
        (&[("order_field", "a")], &[("write_mode", "insert")], |o| o.named.order_field.is_none()),
        (&[("op_field", "a")], &[("write_mode", "delete")], |o| o.named.op_field.is_none()),
        (&[("write_disposition", "merge")], &[], |o| o.named.write_disposition.is_none()),
        (&[("sorting-key", "a")], &[], |o| o.named.key_fields.is_empty()),
    ];
    holds(writes, Side::Write);
}

#[test]
fn what_decides_about_rows_does_not_give_way() {
    for (session, own, side) in [
        (("limit", "1"), ("splits", "2"), Side::Read),
        (("write_mode", "insert"), ("order_field", "a"), Side::Write),
        (("condition", "a = 1"), ("counter_fields", "n"), Side::Write),
    ] {
        let session = (format!("spark.vectorfuse.{}", session.0), session.1);
        let error = with_session(&[own], &[(session.0.as_str(), session.1)]).parse(side).unwrap_err();
        assert_eq!(error.kind(), Kind::Options, "{session:?} {own:?}");
    }
}

#[test]
fn the_option_wins_over_the_store_s_session_option_wins_over_the_session_s() {
    let session = [
        ("spark.vectorfuse.url", "http://all"),
        ("spark.vectorfuse.qdrant.endpoint", "http://qdrant"),
        ("spark.vectorfuse.milvus.url", "http://milvus"),
    ];
    let url = |options: &[(&str, &str)]| with_session(options, &session).parse(Side::Read).unwrap().url(6334).unwrap();
    assert_eq!(url(&[]), "http://all");
    assert_eq!(url(&[("store", "qdrant")]), "http://qdrant");
    assert_eq!(url(&[("store", "qdrant"), ("uri", "http://own")]), "http://own");
}

#[test]
fn an_option_that_only_one_store_has_says_the_store_before_the_session_does() {
    let cases: &[Case<'_>] = &[
        (&[("store", "qdrant")], &[("milvus.uri", "http://m"), ("milvus.collection.name", "c")], |o| {
            o.store().unwrap() == "milvus"
        }),
        (&[("store", "milvus")], &[("qdrant_url", "http://q")], |o| o.store().unwrap() == "qdrant"),
        (&[("qdrant_url", "http://q")], &[("store", "milvus"), ("host", "m")], |o| o.url(1).unwrap() == "http://m:1"),
        (&[("qdrant_url", "http://q"), ("qdrant.timeout", "7")], &[], |o| {
            o.store().unwrap() == "qdrant" && o.named.timeout == Seconds(7.0)
        }),
        (&[("qdrant.timeout", "7"), ("store", "milvus")], &[("spark.fuse.qdrant.config", "{}")], |o| {
            o.store().unwrap() == "qdrant" && o.named.timeout == Seconds(7.0)
        }),
    ];
    holds(cases, Side::Read);
}

#[test]
fn options_of_two_stores_are_an_error() {
    for (options, words) in [
        (&[("store", "milvus"), ("qdrant_url", "u")][..], &["`store`", "`milvus`", "`qdrant_url`"][..]),
        (&[("qdrant_url", "u"), ("milvus.uri", "u")], &["`milvus.uri`", "`qdrant_url`"]),
        (&[("store", "qdrant"), ("zillizcloud.region", "u")], &["`zillizcloud.region`"]),
    ] {
        let (kind, text) = failure(options, Side::Read);
        assert_eq!(kind, Kind::Options);
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
    }
    assert!(given(&[("store", "milvus-import"), ("milvus.uri", "u")]).parse(Side::Write).is_ok());
}

#[test]
fn two_names_of_one_option_are_an_error() {
    let (kind, text) = failure(&[("url", "http://a"), ("endpoint", "http://b")], Side::Both);
    assert_eq!(kind, Kind::Options);
    assert!(text.contains("`url`") && text.contains("`endpoint`"), "{text}");
}

#[test]
fn a_wrong_value_says_what_was_expected_and_never_shows_a_secret() {
    let (kind, text) = failure(&[("timeout", "soon")], Side::Both);
    assert_eq!(kind, Kind::Options);
    assert!(text.contains("`timeout`") && text.contains("soon") && text.contains("seconds"), "{text}");
    let (_, text) = failure(&[("tls_cert", "-----BEGIN x"), ("tls_key", "/no/s3cr3t")], Side::Both);
    assert!(!text.contains("s3cr3t"), "{text}");
    for (name, value) in [
        ("batch_rows", "0"),
        ("concurrency", "0"),
        ("wait", "maybe"),
        ("distance", "far"),
        ("batch_bytes", "-1"),
        ("vector.size", "0"),
        ("splits", "x"),
    ] {
        let (kind, text) = failure(&[(name, value)], Side::Both);
        assert_eq!(kind, Kind::Options, "{name}");
        assert!(text.contains(name) && text.contains(value), "{text}");
    }
}

#[test]
fn a_missing_option_is_named() {
    let options = given(&[]).parse(Side::Read).unwrap();
    for (result, name) in [
        (options.store().map(str::to_owned), "store"),
        (options.url(6334), "url"),
        (options.collection(), "collection"),
    ] {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), Kind::Options);
        assert!(error.to_string().contains(&format!("`{name}`")), "{error}");
    }
}

#[test]
fn a_secret_can_come_from_a_file_or_the_environment() {
    let path = std::env::temp_dir().join(format!("vectorfuse-secret-{}", std::process::id()));
    std::fs::write(&path, "from-file\n").unwrap();
    let options = given(&[("api_key_file", path.to_str().unwrap())]).parse(Side::Read).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(options.named.api_key.as_ref().map(Secret::expose), Some("from-file"));
    assert!(!format!("{options:?}").contains("from-file"));
    let (kind, text) = failure(&[("api_key_env", "VECTORFUSE_NO_SUCH_VARIABLE")], Side::Read);
    assert_eq!(kind, Kind::Options);
    assert!(text.contains("`api_key_env`") && !text.contains("NO_SUCH"), "{text}");
}

#[test]
fn host_and_port_make_a_url_and_the_dataset_a_prefix() {
    let options = given(&[("host", "h"), ("https", "true"), ("dataset", "d"), ("collection", "c")]);
    let options = options.parse(Side::Read).unwrap();
    assert_eq!(options.url(6334).unwrap(), "https://h:6334");
    assert_eq!(options.collection().unwrap(), "d_c");
}

#[test]
fn vector_properties_keep_the_case_of_the_vector_s_name() {
    // The last one has another length in lower case.
    let names = [("vector.My.Text.size", "3"), ("vector.size", "4"), ("vector.My.Text.DISTANCE", "dot")];
    let options = given(&[&names[..], &[("Vector.İ.size", "5")]].concat());
    let options = options.parse(Side::Write).unwrap();
    assert_eq!(options.vectors["İ"].size, Some(5));
    assert_eq!(
        options.vectors["My.Text"],
        VectorProperties { size: Some(3), distance: Some(Distance::Dot), ..VectorProperties::default() }
    );
    assert_eq!(options.vectors[""].size, Some(4));
}

#[test]
fn an_index_names_its_field_and_properties_name_theirs() {
    let names = [("index.Address.City", "keyword"), ("index.Address.City.IS_TENANT", "true"), ("index.t", "text")];
    let options = given(&[&names[..], &[("index.t.tokenizer", "prefix")]].concat()).parse(Side::Write).unwrap();
    let city = &options.indexes["Address.City"];
    assert_eq!((city.kind, city.is_tenant), (Some(IndexKind::Keyword), Some(true)));
    assert_eq!(options.indexes["t"].tokenizer, Some(Tokenizer::Prefix));
}

#[test]
fn properties_that_say_nothing_or_too_much_are_refused() {
    for (options, words) in [
        (&[("vector.a.hnsw", "1")][..], &["vector.a.hnsw", "`hnsw_m`"][..]),
        (&[("vector.a.hnsw_m", "-1")], &["vector.a.hnsw_m", "-1", "not negative"]),
        (&[("vector.datatype", "int4")], &["`float16`"]),
        (&[("vector.a.quantization_quantile", "0.9")], &["vector.a.quantization", "`scalar`"]),
        (&[("vector.quantization", "scalar"), ("vector.quantization_compression", "x8")], &["`product`"]),
        (&[("vector.quantization", "none"), ("vector.quantization_always_ram", "true")], &["`vector.quantization`"]),
        (&[("vector.quantization", "scalar"), ("vector.quantization_quantile", "0.4")], &["0.5"]),
        (&[("index.city", "words")], &["index.city", "`keyword`"]),
        (&[("index.city.is_tenant", "true")], &["`index.city`"]),
        (&[("index.n", "integer"), ("index.n.is_tenant", "true")], &["index.n.is_tenant", "`integer`"]),
        (&[("index.n", "integer"), ("index.n.tokenizer", "word")], &["index.n.tokenizer", "`text`"]),
        (&[("shards", "0")], &["shards", "1"]),
        (&[("on_error", "log")], &["on_error", "`dead_letter`"]),
        (&[("on_error", "dead_letter")], &["`dead_letter_path`"]),
        (&[("on_error", "skip"), ("dead_letter_path", "/x")], &["`dead_letter_path`", "`dead_letter`"]),
        (&[("max_errors", "3")], &["`max_errors`", "`skip`"]),
    ] {
        let (kind, text) = failure(options, Side::Write);
        assert_eq!(kind, Kind::Options, "{options:?}");
        for word in words {
            assert!(text.contains(word), "{word}: {text}");
        }
    }
}

#[test]
fn redaction_names_just_the_secrets_that_are_given() {
    assert_eq!(given(&[("url", "x")]).redaction(), None);
    let pattern = given(&[("API_KEY", "x"), ("header.authorization", "y")]).redaction().unwrap();
    assert_eq!(pattern, r"(?i)^(.*\.)?(api_key|header\..*)(_file|_env)?$");
}

#[test]
fn a_user_s_name_is_a_secret_too() {
    let path = std::env::temp_dir().join(format!("vectorfuse-user-{}", std::process::id()));
    std::fs::write(&path, "from-file\n").unwrap();
    let options = given(&[("username_file", path.to_str().unwrap()), ("password", "p")]).parse(Side::Read).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(options.named.username.as_ref().map(Secret::expose), Some("from-file"));
    assert!(!format!("{options:?}").contains("from-file"));
    for name in ["user", "username", "username_env", "milvus.username"] {
        let pattern = given(&[(name, "x")]).redaction().unwrap();
        let last = name.rsplit('.').next().unwrap().trim_end_matches("_env");
        assert!(pattern.contains(last), "{name}: {pattern}");
    }
}

#[test]
fn an_option_without_effect_is_told() {
    for (options, side, words) in [
        (&[("infer_schema", "true")][..], Side::Write, &["`infer_schema`", "reading"][..]),
        (&[("dataset_separator", "-")], Side::Read, &["`dataset_separator`", "`dataset`"]),
        (&[("payload", "json"), ("with_payload", "false")], Side::Read, &["`payload`", "`with_payload`"]),
        (&[("write_mode", "delete"), ("index.City", "keyword")], Side::Write, &["`index.City`", "makes no index"]),
    ] {
        let (kind, text) = failure(options, side);
        assert_eq!(kind, Kind::Options, "{options:?}");
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
    }
    let of_session = with_session(&[("write_mode", "delete")], &[("spark.vectorfuse.index.city", "keyword")]);
    assert!(of_session.parse(Side::Write).unwrap().indexes.is_empty());
    let distance = given(&[("distance", "dot")]).parse(Side::Write).unwrap();
    assert_eq!(distance.idle_distance(true), None);
    assert!(distance.idle_distance(false).unwrap().contains("`distance` has no effect"));
    let of_session = with_session(&[], &[("spark.vectorfuse.distance", "dot")]).parse(Side::Write).unwrap();
    assert_eq!(of_session.idle_distance(false), None);
}

#[test]
fn a_read_has_one_schema() {
    let json = r#"{"type":"struct","fields":[{"name":"a","type":"varchar(5)","nullable":false,"metadata":{}},
        {"name":"b","type":"variant","nullable":true,"metadata":{}}]}"#;
    let options = given(&[("schema", json)]).parse(Side::Read).unwrap();
    let of = |names: [&str; 2]| Some(names.map(|name| SparkField::new(name, SparkType::string())).to_vec());
    assert_eq!(options.read_schema(None, 3).unwrap().unwrap()[1].data_type, SparkType::Variant);
    assert_eq!(options.read_schema(of(["a", "b"]), 3).unwrap(), of(["a", "b"]), "what the first question came to");
    for (said, spark) in [(of(["a", "c"]), 3), (of(["a", "b"]), 4), (Some(Vec::new()), 3)] {
        let error = options.read_schema(said, spark).unwrap_err();
        assert_eq!(error.kind(), Kind::Options);
        assert!(error.to_string().contains("`schema`"), "{error}");
    }
    let wrong = given(&[("schema", "{")]).parse(Side::Read).unwrap();
    assert!(wrong.read_schema(of(["a", "b"]), 4).is_err());
}

#[test]
fn options_survive_the_way_to_an_executor() {
    let options = given(&[("store", "qdrant"), ("api_key", "k"), ("header.x", "y"), ("vector.a.size", "2")]);
    let options = options.parse(Side::Write).unwrap();
    let again: Options = serde_json::from_str(&serde_json::to_string(&options).unwrap()).unwrap();
    assert_eq!(again.named.api_key.as_ref().map(Secret::expose), Some("k"));
    assert_eq!(again.vectors, options.vectors);
    assert_eq!(again.headers, options.headers);
    assert_eq!(again.named.timeout, Seconds(30.0));
}

#[test]
fn what_decides_about_rows_goes_with_the_modes_that_it_means_something_for() {
    for (options, words) in [
        (vec![("write_mode", "upserts")], "`partial` or `delete`"),
        (vec![("write_mode", "delete"), ("op_field", "op")], "it goes with `upsert`"),
        (vec![("write_mode", "INSERT"), ("order_field", "at")], "`order_field` has no meaning"),
        (vec![("write_mode", "insert"), ("condition", "a = 1")], "`condition` has no meaning"),
        (vec![("write_mode", "delete"), ("counter_fields", "n")], "it goes with `upsert`, `update`, `partial`"),
        (vec![("condition", "a = 1"), ("counter_fields", "n")], "exclude each other"),
        (vec![("id_field", "n"), ("id_scheme", "dlt")], "`key_fields`"),
        (vec![("ordering", "weak"), ("counter_fields", "n")], "`strong`"),
    ] {
        let (kind, text) = failure(&options, Side::Write);
        assert_eq!(kind, Kind::Options);
        assert!(text.contains(words), "{text}");
    }
    assert_eq!(failure(&[("op_field", "op")], Side::Read).0, Kind::Options);
}

#[test]
fn parts_are_chosen_by_a_word_by_names_or_by_json() {
    let chosen = |text: &str| given(&[("with_payload", text)]).parse(Side::Read).unwrap().named.with_payload;
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(chosen("True"), Chosen::ALL);
    assert_eq!(chosen("false"), Chosen::NONE);
    assert_eq!(chosen("a, b.c"), Chosen::Only(names(&["a", "b.c"])));
    assert_eq!(chosen(r#"["true","x,y"]"#), Chosen::Only(names(&["true", "x,y"])));
    assert_eq!(chosen(r#"{"include":["a"]}"#), Chosen::Only(names(&["a"])));
    assert_eq!(chosen(r#"{"exclude":["a"]}"#), Chosen::AllBut(names(&["a"])));
    for wrong in ["", "a,,b", "[1]", "{}", r#"{"exclude":["a"],"include":["b"]}"#, r#"{"only":["a"]}"#, "[\"a\""] {
        let (kind, text) = failure(&[("with_payload", wrong)], Side::Read);
        assert_eq!(kind, Kind::Options, "{wrong}");
        assert!(text.contains("with_payload"), "{text}");
    }
    let (_, text) = failure(&[("with_vectors", r#"{"exclude":["a"]}"#)], Side::Read);
    assert!(text.contains("with_vectors") && text.contains("excluded"), "{text}");
}

#[test]
fn a_window_is_the_smallest_of_its_bounds_and_read_by_one_task() {
    let most = |options: &[(&str, &str)]| given(options).parse(Side::Read).unwrap().most_rows();
    assert_eq!(most(&[]), None);
    assert_eq!(most(&[("limit", "7"), ("max_pages", "1")]), Some(7));
    assert_eq!(most(&[("max_pages", "2")]), Some(256));
    assert_eq!(most(&[("max_pages", "3"), ("page_size", "5"), ("limit", "100"), ("splits", "1")]), Some(15));
    for window in ["limit", "offset", "max_pages"] {
        let (kind, text) = failure(&[(window, "1"), ("splits", "2")], Side::Read);
        assert_eq!(kind, Kind::Options);
        assert!(text.contains(window) && text.contains("`splits` can't be 2"), "{text}");
        assert!(given(&[(window, "1")]).parse(Side::Read).unwrap().is_windowed());
        assert_eq!(failure(&[(window, "0"), ("limit", "0")], Side::Read).0, Kind::Options);
    }
    assert!(!given(&[("page_size", "1")]).parse(Side::Read).unwrap().is_windowed());
}
