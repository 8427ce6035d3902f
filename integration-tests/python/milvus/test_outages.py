"""A server that is killed in the middle of a write and of a read, and comes back: no row is lost and none is doubled."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from stores.milvus import MilvusServer
from stores.milvus_raw import RawMilvus
from support.connector import VECTOR, Connector
from support.failures import failure_of
from support.slow import Background, running_tasks, slow_rows, wait_until

ROWS = 1200
MANY = 12_000
STORED = 4000
# Rows leave Spark's process when so many bytes of them are there: those of a slow task as they come, and not at its end.
SMALL = {"batch_rows": 20, "batch_bytes": 1000}
# Once killed, Milvus takes 15 s until it answers, and 5 s more until its collections are loaded.
PATIENT = {"max_retries": 9, "backoff_factor": 0.2}
QUICK = {"max_retries": 1, "backoff_factor": 0.05}


@pytest.fixture(scope="module")
def own_server() -> Iterator[MilvusServer]:
    """A server that these tests end."""
    with MilvusServer() as server:
        yield server


@pytest.fixture(scope="module")
def own(spark: SparkSession, own_server: MilvusServer) -> Connector:
    return Connector(spark, own_server.url, store="milvus")


def stored(server: MilvusServer, collection: str) -> int:
    """How many rows there are, seen by a new connection: the server may be another one by now."""
    raw = RawMilvus(server.url)
    try:
        return raw.count(collection) if collection in raw.collections() else 0
    finally:
        raw.close()


def slow_sum(own: Connector, collection: str, **options: object) -> Background:
    """A read of one task that takes a good ten seconds, in pages of 100 rows; its sums are the thread's result."""
    rows = own.read(collection, splits=1, page_size=100, **options)
    slowly = rows.where("java_method('java.lang.Thread', 'sleep', cast(4 as bigint)) = 'null'")
    sums = ("count(id)", "count(distinct id)", "sum(id)", "sum(element_at(vector, 1))")

    def read() -> None:
        assert slowly.selectExpr(*sums).first() == (
            STORED,
            STORED,
            STORED * (STORED - 1) // 2,
            STORED * (STORED - 1) / 2,
        )

    return Background(read)


def test_a_server_that_is_killed_and_comes_back_costs_neither_a_write_nor_a_read_a_row(
    spark: SparkSession, own: Connector, own_server: MilvusServer
) -> None:
    own.write(own.sql("n as id", VECTOR, rows=STORED, partitions=2), "read")
    own.write(own.sql("n as id", VECTOR, "n as number", rows=0), "written", **{"vector.size": 3})
    reading = slow_sum(own, "read", **PATIENT)
    data = slow_rows(spark, ROWS, "n as id", VECTOR, "n as number", partitions=1)
    writing = Background(lambda: own.write(data, "written", **SMALL, **PATIENT))
    wait_until(lambda: stored(own_server, "written") >= 100, "some rows arrived")
    wait_until(lambda: running_tasks(spark) == 2, "both jobs run")
    own_server.kill()
    # Both go on while nobody answers.
    time.sleep(1.0)
    assert reading.running
    assert writing.running
    own_server.start()
    writing.result()
    reading.result()
    assert stored(own_server, "written") == ROWS
    sums = own.read("written").selectExpr("count(distinct id)", "sum(number)").first()
    assert sums == (ROWS, ROWS * (ROWS - 1) // 2)


def test_a_silent_server_fails_a_read_and_a_write_that_was_cancelled_converges_when_it_runs_again(
    spark: SparkSession, own: Connector, own_server: MilvusServer
) -> None:
    own.write(own.sql("n as id", VECTOR, rows=0), "again", **{"vector.size": 3})
    # Far from its end, however late it is seen to have begun: all of it would take four minutes.
    data = slow_rows(spark, MANY, "n as id", VECTOR, partitions=1, millis=20)
    writing = Background(lambda: own.write(data, "again", **SMALL, **QUICK))
    wait_until(lambda: stored(own_server, "again") >= 20, "some rows arrived")
    own_server.pause()
    try:
        failure = failure_of(lambda: own.read("again", timeout=1, **QUICK).count())
        assert failure.kind == "UNAVAILABLE"
        assert writing.running
        spark.sparkContext.cancelAllJobs()
        wait_until(lambda: running_tasks(spark) == 0, "the killed tasks ended", 20)
    finally:
        own_server.resume()
    with pytest.raises(Exception, match=r"(?i)cancel"):
        writing.result(30)
    assert 0 < stored(own_server, "again") < MANY
    own.write(own.sql("n as id", VECTOR, rows=MANY, partitions=2), "again")
    assert stored(own_server, "again") == MANY
