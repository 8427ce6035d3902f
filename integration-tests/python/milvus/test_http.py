"""Milvus through its RESTful API, from Spark. What answers is stores/milvus_rest.py before Milvus 2.3.5."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from support.connector import VECTOR, Connector
from support.environment import required
from support.failures import failure_of

COLUMNS = [
    "n - 9007199254740993 as id",
    VECTOR,
    "concat('a\"\\\\', n) as word",
    "cast(n * 1000000000000007 as bigint) as big",
    "cast(n / 7 as float) as part",
    "array(n, -n) as both",
    "named_struct('deep', (n % 1000) * 9007199254740993) as whole",
]


@pytest.fixture
def web(spark: SparkSession) -> Connector:
    """The data source, bound to the same Milvus over HTTP."""
    return Connector(spark, required("VECTORFUSE_MILVUS_REST_URL"), store="milvus", more={"transport": "http"})


def test_rows_are_the_same_over_http_and_grpc(connector: Connector, web: Connector, collection: str) -> None:
    data = connector.sql(*COLUMNS, rows=3000, partitions=3)
    connector.write(data.where("id % 2 = 0"), collection)
    web.write(data.where("id % 2 <> 0"), collection, distance=None)
    expected = sorted(data.collect())
    for reads in (connector, web):
        stored = reads.read(collection)
        assert stored.dtypes == data.dtypes
        assert sorted(stored.collect()) == expected
    few = web.read(collection).where("big > 2500000000000000000 and word like 'a%'").select("id", "part")
    assert sorted(few.collect()) == sorted(data.where("big > 2500000000000000000").select("id", "part").collect())
    web.write(data.where("big = 0"), collection, distance=None, write_mode="delete")
    assert connector.read(collection).count() == len(expected) - 1


def test_a_collection_is_not_made_over_http(web: Connector, collection: str) -> None:
    data = web.sql("n as id", VECTOR)
    failure = failure_of(lambda: web.write(data, collection, distance=None))
    assert failure.kind == "UNSUPPORTED"
    assert failure.names("making a collection", "`transport` = `grpc`")
