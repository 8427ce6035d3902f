"""Jobs that were written for spark-fuse's Qdrant source: one JSON object of options, over the REST API."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from stores.qdrant import QdrantServer
from stores.qdrant_raw import RawQdrant
from support.failures import failure_of

CONFIG = "spark.fuse.qdrant.config"
SCHEMA = "spark.fuse.qdrant.schema"
PLACES = "places"
ROWS = 12

# Everything that its builders put into the object where the job says nothing.
READING: dict[str, Any] = {
    "api_key": None,
    "headers": {"X-Team": "search"},
    "timeout": 30.0,
    "max_retries": 3,
    "backoff_factor": 0.5,
    "with_payload": True,
    "with_vectors": False,
    "limit": None,
    "page_size": 128,
    "max_pages": None,
    "filter": None,
    "offset": None,
    "infer_schema": True,
}
WRITING: dict[str, Any] = {
    "timeout": 30.0,
    "max_retries": 3,
    "backoff_factor": 0.5,
    "batch_size": 128,
    "wait": True,
    "id_field": "id",
    "vector_field": "vector",
    "payload_fields": None,
    "create_collection": False,
    "distance": "Cosine",
    "payload_format": "auto",
    "write_method": "auto",
}


@pytest.fixture(scope="module")
def server() -> Iterator[QdrantServer]:
    """With points that VectorFuse did not write. Its own, since a shared Qdrant need not tell its REST port."""
    with QdrantServer() as server:
        client = RawQdrant(server.url)
        client.create(PLACES, {"image": 2, "text": 1})
        points = [
            (n, {"city": "Oslo" if n % 2 else "Rome", "n": n}, {"image": [n, 1.0], "text": [0.5]}) for n in range(ROWS)
        ]
        client.upsert(PLACES, points)
        client.close()
        yield server


@pytest.fixture(scope="module")
def raw(server: QdrantServer) -> Iterator[RawQdrant]:
    client = RawQdrant(server.url)
    yield client
    client.close()


@pytest.fixture
def collection() -> str:
    return f"c_{uuid.uuid4().hex}"


def read(spark: SparkSession, server: QdrantServer, schema: str | None = None, **options: Any) -> DataFrame:
    config = {"endpoint": server.rest_url, "collection": PLACES, **options}
    reader = spark.read.format("vectorfuse").option(CONFIG, json.dumps(config))
    return (reader if schema is None else reader.option(SCHEMA, schema)).load()


def write(data: DataFrame, server: QdrantServer, collection: str, mode: str = "append", **options: Any) -> None:
    config = json.dumps({"endpoint": server.rest_url, "collection": collection, **options})
    data.write.format("vectorfuse").option(CONFIG, config).mode(mode).save()


def test_a_read_with_everything_in_its_object_gives_the_payload_as_columns(
    spark: SparkSession, server: QdrantServer
) -> None:
    for options in (READING, {}):
        stored = read(spark, server, **options)
        assert stored.columns == ["id", "city", "n"]
        rows = {row.id: (row.city, row.n) for row in stored.collect()}
        assert rows == {str(n): ("Oslo" if n % 2 else "Rome", n) for n in range(ROWS)}


@pytest.mark.parametrize(
    ("options", "columns"),
    [
        ({"with_payload": False}, ["id"]),
        ({"with_payload": "city"}, ["id", "city"]),
        ({"with_payload": ["n", "city"]}, ["id", "city", "n"]),
        ({"with_payload": {"include": ["n"]}}, ["id", "n"]),
        ({"with_payload": {"exclude": ["n"]}}, ["id", "city"]),
        ({"with_payload": False, "with_vectors": True}, ["id", "image", "text"]),
        ({"with_payload": False, "with_vectors": "image"}, ["id", "image"]),
        ({"with_payload": False, "with_vectors": ["text"]}, ["id", "text"]),
    ],
)
def test_its_choice_of_payload_and_vectors(
    spark: SparkSession, server: QdrantServer, options: dict[str, Any], columns: list[str]
) -> None:
    stored = read(spark, server, **options)
    assert sorted(stored.columns) == sorted(columns)
    assert stored.count() == ROWS


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"limit": 5, "page_size": 2}, [0, 1, 2, 3, 4]),
        ({"max_pages": 2, "page_size": 3}, [0, 1, 2, 3, 4, 5]),
        ({"offset": 10}, [10, 11]),
        ({"filter": {"must": [{"key": "city", "match": {"value": "Oslo"}}]}, "limit": 2}, [1, 3]),
    ],
)
def test_its_windows_and_filters(
    spark: SparkSession, server: QdrantServer, options: dict[str, Any], expected: list[int]
) -> None:
    assert [row.n for row in read(spark, server, **options).collect()] == expected


def test_a_schema_of_the_user_s_own_instead_of_one_that_is_inferred(spark: SparkSession, server: QdrantServer) -> None:
    failure = failure_of(lambda: read(spark, server, infer_schema=False))
    assert failure.kind == "OPTIONS"
    assert failure.names("schema")
    schema = spark.createDataFrame([], "id bigint, n int").schema.json()
    stored = read(spark, server, schema, infer_schema=False)
    assert stored.dtypes == [("id", "bigint"), ("n", "int")]
    assert sorted(map(tuple, stored.collect())) == [(n, n) for n in range(ROWS)]


def test_its_row_of_id_payload_and_vector_is_an_option_of_ours(spark: SparkSession, server: QdrantServer) -> None:
    stored = read(spark, server, payload="json", with_vectors="image", limit=1)
    assert stored.columns == ["id", "image", "payload"]
    row = stored.collect()[0]
    assert (row.id, row.image, json.loads(row.payload)) == ("0", [0.0, 1.0], {"city": "Rome", "n": 0})


def test_a_write_with_everything_in_its_object(
    spark: SparkSession, server: QdrantServer, raw: RawQdrant, collection: str
) -> None:
    data = spark.range(5).selectExpr("id", "array(cast(id as float), 2F) as vector", "'a' as text", "'b' as source")
    failure = failure_of(lambda: write(data, server, collection, **WRITING))
    assert failure.kind == "NOT_FOUND", "create_collection is false there if it is not given"
    assert collection not in raw.collections()
    created = {"create_collection": True, "distance": "Dot", "payload_fields": ["text"]}
    write(data, server, collection, **{**WRITING, **created})
    write(data, server, collection, **{**WRITING, "distance": "Dot", "payload_fields": "text", "batch_size": 2})
    assert {point.id: (point.payload, point.vectors) for point in raw.points(collection)} == {
        n: ({"text": "a"}, {"": [n, 2.0]}) for n in range(5)
    }


def test_no_id_field_gives_each_row_an_id_and_keeps_a_column_of_that_name(
    spark: SparkSession, server: QdrantServer, raw: RawQdrant, collection: str
) -> None:
    data = spark.range(3).selectExpr("id", "array(1F, cast(id as float)) as embedding")
    options = {"id_field": None, "vector_field": "embedding", "create_collection": True}
    write(data, server, collection, **options)
    points = list(raw.points(collection))
    assert sorted(point.payload["id"] for point in points) == [0, 1, 2]
    assert len({uuid.UUID(str(point.id)) for point in points}) == 3


def test_an_overwrite_replaces(spark: SparkSession, server: QdrantServer, raw: RawQdrant, collection: str) -> None:
    data = spark.range(6).selectExpr("id", "array(1F) as vector")
    write(data, server, collection, create_collection=True)
    write(data.where("id > 3"), server, collection, mode="overwrite")
    assert sorted(int(point.id) for point in raw.points(collection)) == [4, 5]
