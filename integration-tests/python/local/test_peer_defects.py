"""What other connectors are known to get wrong, each as a test: what must be stored, read or refused here."""

from __future__ import annotations

import base64
import datetime
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql.functions import spark_partition_id

from stores.qdrant import QdrantServer
from stores.qdrant_raw import RawQdrant
from support.attempts import failing_at_first
from support.connector import VECTOR, Connector
from support.failures import failure_of
from support.proxy import CountingProxy


def payload_of(connector: Connector, raw: RawQdrant, collection: str, *expressions: str) -> dict[str, Any]:
    """What the server keeps of one row."""
    connector.write(connector.sql("n as id", VECTOR, *expressions), collection)
    (point,) = raw.points(collection)
    return point.payload


def test_dates_and_timestamps_are_no_numbers_of_the_epoch(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    stored = payload_of(
        connector, raw, collection, "date'2024-02-29' as day", "timestamp'2024-02-29 12:00:00.5' as moment"
    )
    assert stored == {"day": "2024-02-29", "moment": "2024-02-29T12:00:00.500000Z"}
    row = connector.read(collection).select("day", "moment").first()
    assert row == (datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 12, 0, 0, 500_000))


def test_maps_and_binaries_keep_their_contents(connector: Connector, raw: RawQdrant, collection: str) -> None:
    stored = payload_of(connector, raw, collection, "map('a', 1, 'b', 2) as ranks", "unhex('00ff80') as bytes")
    assert stored == {"ranks": {"a": 1, "b": 2}, "bytes": base64.b64encode(b"\x00\xff\x80").decode()}
    assert connector.read(collection).select("ranks", "bytes").first() == ({"a": 1, "b": 2}, bytearray(b"\x00\xff\x80"))


def test_small_integers_are_numbers_and_no_texts(connector: Connector, raw: RawQdrant, collection: str) -> None:
    stored = payload_of(connector, raw, collection, "cast(-1 as byte) as small", "cast(7 as short) as number")
    assert stored == {"small": -1, "number": 7}


def test_arrays_of_every_type_are_kept(connector: Connector, raw: RawQdrant, collection: str) -> None:
    stored = payload_of(
        connector,
        raw,
        collection,
        "array(date'2024-01-01', null) as days",
        "array(1.50BD) as prices",
        "array(cast(1 as byte)) as bits",
        "array(array(1, 2), null) as nested",
        "array(map('k', 'v')) as maps",
        "array(named_struct('a', array('x'))) as structs",
    )
    assert stored == {
        "days": ["2024-01-01", None],
        "prices": ["1.50"],
        "bits": [1],
        "nested": [[1, 2], None],
        "maps": [{"k": "v"}],
        "structs": [{"a": ["x"]}],
    }


def test_nulls_do_not_become_zeros(connector: Connector, raw: RawQdrant, collection: str) -> None:
    lists = ["array(1, null) as whole", "array(1.5D, null) as real", "array(true, null) as flags"]
    stored = payload_of(connector, raw, collection, *lists, "array('x', null) as texts", "cast(null as int) as none")
    # The key of a null may be there or not.
    assert {"none": None, **stored} == {
        "whole": [1, None],
        "real": [1.5, None],
        "flags": [True, None],
        "texts": ["x", None],
        "none": None,
    }
    for column, expressions in {
        "id": ["cast(null as bigint) as id", VECTOR],
        "vector": ["n + 1 as id", "array(1F, null, 0.5F) as vector"],
    }.items():
        failure = failure_of(lambda rows=expressions: connector.write(connector.sql(*rows), collection))
        assert failure.kind == "DATA"
        assert failure.names(column, "null")
    assert raw.count(collection) == 1, "neither a point 0 nor a vector with a 0 for its null"


def test_a_task_that_runs_again_doubles_no_row(
    spark: SparkSession, connector: Connector, raw: RawQdrant, collection: str, tmp_path: Path
) -> None:
    # Without ids, so that nothing of the rows themselves tells one attempt's points from another's.
    rows = failing_at_first(spark.range(0, 200, 1, 2), [190], tmp_path).selectExpr("n", VECTOR)
    connector.write(rows, collection, batch_rows=5)
    assert list(tmp_path.iterdir()), "no task failed: the test shows nothing"
    assert sorted(point.payload["n"] for point in raw.points(collection)) == list(range(200))


def test_a_write_that_the_server_refuses_is_no_success_over_either_transport(
    connector: Connector, own_server: QdrantServer
) -> None:
    raw = RawQdrant(own_server.url)
    try:
        raw.create("c", 3)
        bad = connector.sql("n as id", "if(n = 25, array(1F), array(1F, 2F, 3F)) as vector", rows=30)
        for url, transport in [(own_server.url, "grpc"), (own_server.rest_url, "http")]:
            reach = {"url": url, "transport": transport, "api_key": None}
            failure = failure_of(lambda reach=reach: connector.write(bad, "c", batch_rows=5, **reach))
            assert failure.kind == "DATA"
            assert failure.names("vector")
            # And what is a success is applied, whatever the server's own default for waiting is.
            good = connector.sql("n + 100 as id", "array(1F, 2F, 3F) as vector", rows=500, partitions=2)
            connector.write(good, "c", mode="overwrite", batch_rows=20, **reach)
            assert raw.count("c") == 500
    finally:
        raw.close()


def test_a_schema_is_inferred_from_a_sample_and_not_from_everything(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    raw.create(collection, 1)
    size = 2000
    raw.upsert(collection, [(n, {"n": n, "filler": "x" * size}, [0.5]) for n in range(1000)])
    with CountingProxy(connector.url) as proxy:
        stored = connector.read(collection, url=proxy.url, schema_sample=20, transport="grpc")
        assert set(stored.columns) == {"id", "vector", "filler", "n"}
        inferred = proxy.received
        assert 0 < inferred < 100 * size, f"{inferred} bytes for the schema"
        assert stored.selectExpr("sum(length(filler))").first() == (1000 * size,)
        assert proxy.received - inferred > 1000 * size, "the proxy sees what is read"


def test_several_tasks_read_and_each_has_its_share(connector: Connector, collection: str) -> None:
    connector.write(connector.sql("n as id", VECTOR, rows=2000), collection)
    stored = connector.read(collection, splits=None)
    assert stored.rdd.getNumPartitions() == connector.spark.sparkContext.defaultParallelism > 1
    shares = connector.read(collection, splits=4).groupBy(spark_partition_id().alias("task")).count().collect()
    assert len(shares) == 4
    assert sum(row["count"] for row in shares) == 2000
    assert max(row["count"] for row in shares) < 1500
