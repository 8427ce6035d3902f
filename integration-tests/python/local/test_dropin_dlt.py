"""Loads as dlt's Qdrant destination makes them: its dispositions, its names of collections and its ids."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlsplit

import pytest
from pyspark.sql import DataFrame

from stores.qdrant import QdrantServer
from stores.qdrant_raw import RawQdrant
from support.connector import Connector, text
from support.failures import failure_of


def load(connector: Connector, data: DataFrame, collection: str, /, mode: str = "append", **options: Any) -> None:
    """The collection's name is a dataset's and a table's, joined by dlt's separator."""
    dataset, _, table = collection.rpartition("_")
    given = {"store": "qdrant", "location": connector.url, "dataset_name": dataset, "collection": table, **options}
    given |= {"upload_batch_size": 64, "upload_parallelism": 1, "upload_max_retries": 3}
    if connector.api_key is not None:
        given["api_key"] = connector.api_key
    given = {name: text(value) for name, value in given.items() if value is not None}
    data.write.format("vectorfuse").options(**given).mode(mode).save()


def movies(connector: Connector, note: str, rows: int = 4) -> DataFrame:
    return connector.sql(
        "n as document_id",
        "concat('part ', n) as title",
        "n % 2 = 0 as seen",
        f"'{note}' as note",
        rows=rows,
        partitions=2,
    )


def test_an_append_adds_and_does_not_look_at_the_primary_key(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    for _ in range(2):
        load(connector, movies(connector, "x"), collection, write_disposition="append", primary_key="document_id")
    assert sorted(point.payload["document_id"] for point in raw.points(collection)) == [0, 0, 1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize("keys", [["document_id"], ["document_id", "title", "seen"]])
def test_a_merge_twice_has_each_row_once_under_dlt_s_own_id(
    connector: Connector, raw: RawQdrant, collection: str, keys: list[str]
) -> None:
    options = {"write_disposition": "merge", "primary_key": ",".join(keys)}
    load(connector, movies(connector, "old"), collection, **options)
    load(connector, movies(connector, "new", rows=6), collection, **options)
    points = list(raw.points(collection))
    assert sorted(point.payload["document_id"] for point in points) == list(range(6))
    for point in points:
        assert point.payload["note"] == "new"
        name = collection + "_".join(str(point.payload[key]) for key in keys)
        assert point.id == str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


def test_a_merge_finds_the_points_that_dlt_has_written(connector: Connector, raw: RawQdrant, collection: str) -> None:
    raw.create(collection, {})
    theirs = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{collection}2"))
    raw.upsert(collection, [(theirs, {"document_id": 2, "title": "old"}, {})])
    load(connector, movies(connector, "new"), collection, write_disposition="merge", primary_key="document_id")
    assert raw.count(collection) == 4
    assert {point.payload["note"] for point in raw.points(collection)} == {"new"}


def test_a_replace_leaves_the_new_rows_alone(connector: Connector, raw: RawQdrant, collection: str) -> None:
    load(connector, movies(connector, "old", rows=9), collection, write_disposition="append")
    failure = failure_of(lambda: load(connector, movies(connector, "no"), collection, write_disposition="replace"))
    assert failure.kind == "OPTIONS"
    assert failure.names('.mode("overwrite")'), "the mode that Spark is told is what counts"
    assert raw.count(collection) == 9
    load(connector, movies(connector, "new", rows=2), collection, mode="overwrite", write_disposition="replace")
    assert sorted((point.payload["document_id"], point.payload["note"]) for point in raw.points(collection)) == [
        (0, "new"),
        (1, "new"),
    ]


@pytest.mark.parametrize("prefer_grpc", [True, False])
def test_the_ports_of_its_client_are_those_of_what_it_speaks(
    connector: Connector, own_server: QdrantServer, prefer_grpc: bool
) -> None:
    client = {
        "host": "127.0.0.1",
        "grpc_port": urlsplit(own_server.url).port,
        "port": urlsplit(own_server.rest_url).port,
        "https": False,
        "timeout": 5,
        "prefer_grpc": prefer_grpc,
    }
    load(connector, movies(connector, "x"), "set_movies", location=None, api_key=None, **client)
    raw = RawQdrant(own_server.url)
    try:
        assert raw.count("set_movies") == 4
    finally:
        raw.close()


def test_another_separator_or_none(connector: Connector, raw: RawQdrant, collection: str) -> None:
    head, tail = collection[:10], collection[10:]
    options = {"dataset_name": head, "dataset_separator": "", "collection": tail}
    load(connector, movies(connector, "x"), collection, **options)
    load(connector, movies(connector, "x"), collection, dataset_name=None, collection=collection)
    assert raw.count(collection) == 8


@pytest.mark.parametrize(
    ("options", "kind", "word"),
    [
        ({"write_disposition": "merge"}, "OPTIONS", "primary_key"),
        ({"primary_key": "document_id"}, "OPTIONS", "write_disposition"),
        ({"path": "/data/%s.qdrant"}, "OPTIONS", "collection"),
        ({"qd_path": "/data/%s.qdrant"}, "UNSUPPORTED", "server"),
        ({"prefix": "service/v1"}, "OPTIONS", "transport"),
        ({"location": ":memory:"}, "OPTIONS", "url"),
    ],
)
def test_what_would_not_do_what_it_says_is_refused(
    connector: Connector, raw: RawQdrant, collection: str, options: dict[str, Any], kind: str, word: str
) -> None:
    failure = failure_of(lambda: load(connector, movies(connector, "x"), collection, **options))
    assert failure.kind == kind
    assert failure.names(word)
    assert collection not in raw.collections()
