use super::*;
use crate::error::Kind;

fn parse(options: &[(&str, &str)], side: Side) -> Result<Options> {
    let options = options.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
    Given { options, session: BTreeMap::new() }.parse(side)
}

#[test]
fn a_config_of_spark_fuse_is_its_options_with_its_defaults() {
    let config = r#"{"endpoint": "http://h:6333", "collection": "c", "headers": {"X-Team": "a"}, "timeout": 12.5,
        "max_retries": 2, "id_field": null, "vector_field": "embedding", "payload_fields": ["text", "a,b"],
        "payload_format": "auto", "write_method": "put", "distance": "Dot", "api_key": null}"#;
    let options = parse(&[("spark.fuse.qdrant.config", config), ("transport", "grpc")], Side::Write).unwrap();
    assert_eq!(options.store().unwrap(), "qdrant");
    assert_eq!(options.url(6334).unwrap(), "http://h:6333");
    assert_eq!(options.named.max_retries, 2);
    assert!((options.named.timeout.0 - 12.5).abs() < f64::EPSILON);
    assert_eq!(options.named.id_field.as_deref(), Some(""));
    assert_eq!(options.named.payload_fields, Some(vec!["text".to_owned(), "a,b".to_owned()]));
    assert!(!options.named.create_collection, "spark-fuse creates nothing unless it is told to");
    assert_eq!(options.headers["x-team"].expose(), "a");
    assert_eq!(options.warnings.len(), 2, "{:?}", options.warnings);
    assert!(options.warnings.iter().any(|warning| warning.contains("`spark.fuse.qdrant.config: payload_format`")));
}

#[test]
fn an_option_that_is_given_beside_the_config_is_an_error_if_both_say_it() {
    let config = ("spark.fuse.qdrant.config", r#"{"endpoint": "http://h", "collection": "c"}"#);
    let error = parse(&[config, ("collection", "d")], Side::Both).unwrap_err();
    assert_eq!(error.kind(), Kind::Options);
    assert!(error.to_string().contains("both say `collection`"), "{error}");
}

#[test]
fn a_config_that_is_no_object_is_refused_without_quoting_it() {
    let error = parse(&[("spark.fuse.qdrant.config", "{'api_key': 'hidden'}")], Side::Both).unwrap_err();
    assert_eq!(error.kind(), Kind::Options);
    assert!(error.to_string().contains("a JSON object") && !error.to_string().contains("hidden"), "{error}");
}

#[test]
fn a_config_and_headers_are_redacted() {
    let options = [("spark.fuse.qdrant.config", "{}"), ("headers", "{}")];
    let options = options.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
    let pattern = Given { options, session: BTreeMap::new() }.redaction().unwrap();
    assert!(pattern.contains(r"spark\.fuse\.qdrant\.config") && pattern.contains("headers"), "{pattern}");
}

#[test]
fn a_merge_of_dlt_names_points_as_dlt_does() {
    let options = parse(&[("write_disposition", "merge"), ("primary_key", "a,b")], Side::Write).unwrap();
    assert_eq!(options.named.key_fields, ["a", "b"]);
    assert_eq!(options.named.id_scheme, IdScheme::Dlt);
    assert_eq!(options.check_write(Mode::Append, &[]).map_err(|error| error.kind()), Ok(()));
    assert_eq!(options.check_write(Mode::Overwrite, &[]).map_err(|error| error.kind()), Err(Kind::Options));

    let options = parse(&[("write_disposition", "append"), ("primary_key", "a")], Side::Write).unwrap();
    assert!(options.named.key_fields.is_empty(), "dlt's append does not look at the key");
    assert_eq!(parse(&[("primary_key", "a")], Side::Write).unwrap_err().kind(), Kind::Options);
    assert_eq!(parse(&[("write_disposition", "merge")], Side::Write).unwrap_err().kind(), Kind::Options);
}

#[test]
fn a_replace_must_be_spark_s_overwrite() {
    let options = parse(&[("write_disposition", "replace")], Side::Write).unwrap();
    assert!(options.check_write(Mode::Overwrite, &[]).is_ok());
    let error = options.check_write(Mode::Append, &[]).unwrap_err();
    assert!(error.to_string().contains(".mode(\"overwrite\")"), "{error}");
    let options = parse(&[("mode", "append")], Side::Write).unwrap();
    assert!(options.check_write(Mode::Append, &[]).is_ok());
    assert!(options.check_write(Mode::Overwrite, &[]).is_err());
}

#[test]
fn iguazio_s_keys_name_the_point_alone_or_together() {
    let one = parse(&[("key", "id")], Side::Write).unwrap();
    assert_eq!(one.named.id_field.as_deref(), Some("id"));
    let two = parse(&[("Key", "a"), ("sorting-key", "b,c")], Side::Write).unwrap();
    assert_eq!(two.named.key_fields, ["a", "b,c"]);
    assert!(parse(&[("key", "id")], Side::Read).unwrap().named.id_field.is_none());
    assert_eq!(parse(&[("sorting-key", "b")], Side::Write).unwrap_err().kind(), Kind::Options);
}

#[test]
fn options_without_a_use_warn_and_those_that_cannot_work_are_refused() {
    let options = parse(&[("range-scan-even-distribution", "true")], Side::Read).unwrap();
    assert!(options.warnings[0].contains("`range-scan-even-distribution` has no effect"), "{:?}", options.warnings);
    let options = parse(&[("write_method", "put"), ("payload_format", "auto")], Side::Read).unwrap();
    assert_eq!(options.warnings.len(), 2, "{:?}", options.warnings);
    for (option, kind, word) in [
        ("path", Kind::Options, "`collection`"),
        ("paths", Kind::Options, "`collection`"),
        ("qd_path", Kind::Unsupported, "start a server"),
        ("checkpointLocation", Kind::Unsupported, "streaming"),
        ("option.collection", Kind::Unsupported, "CREATE TEMPORARY VIEW"),
        ("owner", Kind::Unsupported, "`saveAsTable`"),
    ] {
        let error = parse(&[(option, "/data")], Side::Write).unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(error.to_string().contains(option) && error.to_string().contains(word), "{error}");
    }
}

#[test]
fn the_schema_of_qdrant_spark_must_be_that_of_the_rows() {
    let json = r#"{"type":"struct","fields":[{"name":"id","type":"long","nullable":false,"metadata":{}}]}"#;
    let options = parse(&[("schema", json)], Side::Write).unwrap();
    assert!(options.check_write(Mode::Append, &[SparkField::new("id", SparkType::Long)]).is_ok());
    let error = options.check_write(Mode::Append, &[SparkField::new("id", SparkType::Integer)]).unwrap_err();
    assert_eq!(error.kind(), Kind::Options);
    assert!(error.to_string().contains("`schema`"), "{error}");
}

#[test]
fn iguazio_s_counter_column_update_and_partition_have_their_meaning_or_a_warning() {
    let counter = parse(&[("counter", "a,b"), ("columnUpdate", "true")], Side::Write).unwrap();
    assert_eq!(counter.named.counter_fields, ["a", "b"]);
    assert_eq!(counter.named.write_mode, WriteMode::Partial);
    assert!(counter.warnings[0].contains("`columnUpdate`") && counter.warnings[0].contains("skipped"));
    let whole = parse(&[("columnUpdate", "false")], Side::Write).unwrap();
    assert_eq!((whole.named.write_mode, whole.warnings.len()), (WriteMode::Upsert, 0));
    let insert = parse(&[("columnUpdate", "false"), ("write_mode", "insert")], Side::Write).unwrap();
    assert_eq!(insert.named.write_mode, WriteMode::Insert);
    for (options, side) in [
        (&[("columnUpdate", "true"), ("write_mode", "update")][..], Side::Write),
        (&[("columnUpdate", "false"), ("write_mode", "partial")], Side::Write),
        (&[("columnUpdate", "maybe")], Side::Write),
        (&[("columnUpdate", "false")], Side::Read),
    ] {
        assert_eq!(parse(options, side).unwrap_err().kind(), Kind::Options, "{options:?}");
    }
    let partition = parse(&[("store", "Qdrant"), ("partition", "city")], Side::Write).unwrap();
    assert!(partition.warnings[0].contains("`partition` has no effect"), "{:?}", partition.warnings);
    let partition = parse(&[("store", "milvus"), ("partition", "city")], Side::Write).unwrap();
    assert_eq!((partition.named.partition.as_deref(), partition.warnings.len()), (Some("city"), 0));
}

#[test]
fn a_vector_name_belongs_to_a_search_and_to_the_vector_of_a_write() {
    let write = parse(&[("embedding_field", "e"), ("vector_name", "v")], Side::Write).unwrap();
    assert_eq!(write.named.vector_name.as_deref(), Some("v"));
    for (options, side, word) in [
        (&[("vector_name", "v")][..], Side::Write, "vector_field"),
        (&[("vector_name", "v"), ("vector_fields", "e")], Side::Write, "vector_field"),
        (&[("vector_name", "v")], Side::Read, "query_vector"),
    ] {
        let error = parse(options, side).unwrap_err();
        assert_eq!(error.kind(), Kind::Options);
        assert!(error.to_string().contains(word), "{error}");
    }
    assert!(parse(&[("vector_name", "v")], Side::Both).is_ok(), "which side follows is not known yet");

    let session = BTreeMap::from([("spark.vectorfuse.vector_name".to_owned(), "v".to_owned())]);
    let with = |options: &[(&str, &str)], side| {
        let options = options.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
        Given { options, session: session.clone() }.parse(side).unwrap().named.vector_name
    };
    assert_eq!(with(&[], Side::Write), None, "a session serves jobs that name no vector too");
    assert_eq!(with(&[], Side::Read), None);
    assert_eq!(with(&[("query_id", "1")], Side::Read).as_deref(), Some("v"));
    assert_eq!(with(&[("vector_field", "e")], Side::Write).as_deref(), Some("v"));
}

#[test]
fn dlt_s_prefix_and_ports_are_those_of_the_transport() {
    let host = [("host", "h"), ("port", "1"), ("grpc_port", "2")];
    let url = |more: &[(&str, &str)]| {
        let options = parse(&[&host[..], more].concat(), Side::Write).unwrap();
        options.url(9).unwrap()
    };
    assert_eq!(url(&[("prefer_grpc", "false"), ("prefix", "service/v1")]), "http://h:1/service/v1");
    assert_eq!(url(&[("prefer_grpc", "true")]), "http://h:2");
    assert_eq!(url(&[]), "http://h:2");
    let http = ("transport", "http");
    let options = parse(&[("url", "http://h/"), http, ("prefix", "/a/")], Side::Read).unwrap();
    assert_eq!(options.url(9).unwrap(), "http://h/a");
    for (options, word) in [
        (&[("url", "http://h"), ("prefix", "a")][..], "transport"),
        (&[("url", "http://h/b"), http, ("prefix", "a")], "path already"),
    ] {
        let error = parse(options, Side::Read).unwrap_err();
        assert_eq!(error.kind(), Kind::Options);
        assert!(error.to_string().contains(word), "{error}");
    }
}
