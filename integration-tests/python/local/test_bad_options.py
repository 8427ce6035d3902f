"""Options that are missing, misspelt or not there yet: each is told by name, before anything is read or written."""

from __future__ import annotations

from pathlib import Path

import pytest

from stores.qdrant_raw import RawQdrant
from support.connector import VECTOR, Connector
from support.failures import Failure, failure_of


def read_failure(connector: Connector, collection: str, **options: str | None) -> Failure:
    return failure_of(lambda: connector.read(collection, **options).collect())


def write_failure(connector: Connector, collection: str, **options: str | None) -> Failure:
    return failure_of(lambda: connector.write(connector.sql("n as id", VECTOR), collection, **options))


@pytest.mark.parametrize("option", ["store", "url", "collection"])
def test_a_missing_option_is_named(connector: Connector, raw: RawQdrant, collection: str, option: str) -> None:
    before = raw.collections()
    for failure in (
        failure_of(lambda: connector.read(collection, **{option: None}).collect()),
        failure_of(lambda: connector.write(connector.sql("n as id", VECTOR), collection, **{option: None})),
    ):
        assert failure.kind == "OPTIONS"
        assert failure.names(option)
    assert raw.collections() == before


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("colection", "collection"),
        ("apikey", "api_key"),
        ("batch_row", "batch_rows"),
        ("vector_feild", "vector_field"),
        ("id_fields", "id_field"),
    ],
)
def test_a_misspelt_option_is_named_with_the_nearest_known_one(
    connector: Connector, raw: RawQdrant, collection: str, misspelt: str, meant: str
) -> None:
    for failure in (
        read_failure(connector, collection, **{misspelt: "x"}),
        write_failure(connector, collection, **{misspelt: "x"}),
    ):
        assert failure.kind == "OPTIONS"
        assert failure.names(misspelt, meant)
    assert collection not in raw.collections()


def test_an_unknown_store_is_told_which_there_are(connector: Connector, collection: str) -> None:
    failure = read_failure(connector, collection, store="qdrnt")
    assert failure.kind == "OPTIONS"
    assert failure.names("store", "qdrnt", "qdrant")


@pytest.mark.parametrize(
    ("option", "value"),
    [("query_text", "x"), ("embed_model", "x")],
)
def test_an_option_for_reading_that_does_not_work_yet_says_so(
    connector: Connector, collection: str, option: str, value: str
) -> None:
    """Ignoring it would give other rows than the ones asked for."""
    connector.write(connector.sql("n as id", VECTOR), collection)
    failure = read_failure(connector, collection, **{option: value})
    assert failure.kind in {"UNSUPPORTED", "OPTIONS"}
    assert failure.names(option)


@pytest.mark.parametrize(
    ("option", "value"),
    [("embed_field", "text"), ("partition_field", "city")],
)
def test_an_option_for_writing_that_does_not_work_yet_says_so(
    connector: Connector, raw: RawQdrant, collection: str, option: str, value: str
) -> None:
    failure = write_failure(connector, collection, **{option: value})
    assert failure.kind in {"UNSUPPORTED", "OPTIONS"}
    assert failure.names(option)
    assert collection not in raw.collections()


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("batch_rows", "0"),
        ("batch_rows", "ten"),
        ("max_retries", "-1"),
        ("timeout", "soon"),
        ("timeout", "0"),
        ("https", "true"),
        ("wait", "perhaps"),
        ("distance", "Cosinus"),
        ("vector.size", "0"),
        ("url", "127.0.0.1"),
        ("url", "ftp://127.0.0.1:6334"),
        ("url", "http://127.0.0.1:notaport"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_with_the_options_name(
    connector: Connector, raw: RawQdrant, collection: str, option: str, value: str
) -> None:
    failure = write_failure(connector, collection, **{option: value})
    assert failure.kind == "OPTIONS"
    assert failure.names(option)
    assert collection not in raw.collections()


def test_an_option_without_a_value_is_named(connector: Connector, collection: str) -> None:
    """As from `os.environ.get` of a variable that is not set. Spark 4 itself leaves such an option out."""
    reader = connector.spark.read.format("vectorfuse").options(**connector.options(collection)).option("api_key", None)
    writer = connector.sql("n as id", VECTOR).write.format("vectorfuse").options(**connector.options(collection))
    writer = writer.option("api_key", None).mode("append")
    if connector.spark.version.startswith("3."):
        for failure in (failure_of(lambda: reader.load()), failure_of(lambda: writer.save())):
            assert failure.kind == "OPTIONS"
            assert failure.names("api_key", "no value")
    else:
        writer.save()
        assert reader.load().count() == 1


def test_a_path_is_told_that_the_collection_has_an_option(connector: Connector, collection: str) -> None:
    """Spark makes the option `path` of what `load` and `save` are given, and `paths` of a list."""
    reader = connector.spark.read.format("vectorfuse").options(**connector.options(collection))
    writer = connector.sql("n as id", VECTOR).write.format("vectorfuse").options(**connector.options(collection))
    for failure in (
        failure_of(lambda: reader.load("films")),
        failure_of(lambda: reader.load(["films", "more"])),
        failure_of(lambda: writer.mode("append").save("v3io://fleet/drives")),
    ):
        assert failure.kind == "OPTIONS"
        assert failure.names("collection", "path")


def test_a_stream_is_told_that_streaming_does_not_work_yet(
    connector: Connector, collection: str, tmp_path: Path
) -> None:
    rows = connector.spark.readStream.format("rate").load().selectExpr("value as id")
    stream = rows.writeStream.format("vectorfuse").options(**connector.options(collection))
    failure = failure_of(lambda: stream.option("checkpointLocation", str(tmp_path)).start())
    assert failure.kind == "UNSUPPORTED"
    assert failure.names("checkpointLocation", "streaming")


def test_names_of_options_are_read_in_any_case(connector: Connector, collection: str) -> None:
    connector.write(connector.sql("n as id", VECTOR), collection)
    reader = connector.spark.read.format("vectorfuse").option("STORE", "Qdrant".lower()).option("Url", connector.url)
    if connector.api_key:
        reader = reader.option("API_KEY", connector.api_key)
    assert reader.option("Collection", collection).load().count() == 1


def test_names_that_other_connectors_use_are_understood(connector: Connector, collection: str) -> None:
    connector.write(connector.sql("n as id", VECTOR), collection)
    options = connector.options(
        collection, url=None, collection=None, qdrant_url=connector.url, collection_name=collection
    )
    assert connector.spark.read.format("vectorfuse").options(**options).load().count() == 1


def test_the_same_option_under_two_names_is_refused(connector: Connector, collection: str) -> None:
    failure = read_failure(connector, collection, collection_name="another")
    assert failure.kind == "OPTIONS"
    assert failure.names("collection", "collection_name")


def test_an_option_can_stand_in_the_session(connector: Connector, collection: str) -> None:
    connector.write(connector.sql("n as id", VECTOR), collection)
    connector.spark.conf.set("spark.vectorfuse.url", connector.url)
    try:
        assert connector.read(collection, url=None).count() == 1
    finally:
        connector.spark.conf.unset("spark.vectorfuse.url")


@pytest.mark.parametrize(
    ("option", "value"),
    [("dead_letter_path", "/rejected"), ("max_errors", "3"), ("top_k", "3"), ("splits", "2"), ("search_params", "{}")],
)
def test_an_option_of_the_session_does_not_hinder_what_has_no_use_for_it(
    connector: Connector, collection: str, option: str, value: str
) -> None:
    connector.spark.conf.set(f"spark.vectorfuse.{option}", value)
    try:
        connector.write(connector.sql("n as id", VECTOR, rows=5), collection)
        assert connector.read(collection).count() == 5
        assert connector.read(collection, limit="1", splits=None).count() == 1
    finally:
        connector.spark.conf.unset(f"spark.vectorfuse.{option}")
