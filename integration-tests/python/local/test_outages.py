"""A server that dies in the middle, one that comes back, one that goes silent, and tasks that are killed meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from pyspark.sql import SparkSession

from stores.qdrant import QdrantServer
from stores.qdrant_raw import RawQdrant
from support.connector import VECTOR, Connector
from support.failures import failure_of, find
from support.slow import Background, running_tasks, slow_rows, wait_until

COLLECTION = "outage"
ROWS = 600
# Small requests, so that the middle of a write has many of them.
SMALL = {"batch_rows": 10}
Look = Callable[[], RawQdrant]


def stored(look: Look) -> int:
    client = look()
    return client.count(COLLECTION) if COLLECTION in client.collections() else 0


def test_a_server_that_dies_half_way_fails_the_job_and_a_rerun_converges(
    spark: SparkSession, own: Connector, own_server: QdrantServer, look: Look
) -> None:
    data = slow_rows(spark, ROWS, "n as id", VECTOR)
    quick = {"max_retries": 2, "backoff_factor": 0.1}
    job = Background(lambda: own.write(data, COLLECTION, **SMALL, **quick))
    wait_until(lambda: stored(look) >= 20, "some rows arrived")
    own_server.kill()
    failure = failure_of(job.result)
    assert failure.kind == "UNAVAILABLE"
    own_server.start()
    # What was seen can have been applied and not yet answered: only what was answered survives for certain.
    assert 0 < stored(look) < ROWS
    own.write(own.sql("n as id", VECTOR, rows=ROWS, partitions=2), COLLECTION)
    assert stored(look) == ROWS
    assert own.read(COLLECTION).selectExpr("sum(id)").first() == (ROWS * (ROWS - 1) // 2,)


def test_a_server_that_comes_back_in_time_costs_no_row_and_doubles_none(
    spark: SparkSession, own: Connector, own_server: QdrantServer, look: Look
) -> None:
    data = slow_rows(spark, ROWS, "n", VECTOR)  # without ids: a doubled row would be seen
    patient = {"max_retries": 12, "backoff_factor": 0.2}
    job = Background(lambda: own.write(data, COLLECTION, **SMALL, **patient))
    wait_until(lambda: stored(look) >= 20, "some rows arrived")
    own_server.kill()
    time.sleep(1.0)
    own_server.start()
    job.result()
    assert stored(look) == ROWS
    assert own.read(COLLECTION).selectExpr("count(distinct n)").first() == (ROWS,)


def test_a_server_that_dies_while_it_is_read_fails_the_job(
    spark: SparkSession, own: Connector, own_server: QdrantServer
) -> None:
    own.write(own.sql("n as id", VECTOR, "repeat('x', 20000) as filler", rows=4000, partitions=2), COLLECTION)
    rows = own.read(COLLECTION, max_retries=1, backoff_factor=0.05)
    job = Background(
        # So slow that most rows are still on the server, however late Spark says that a task runs.
        rows.where("java_method('java.lang.Thread', 'sleep', cast(10 as bigint)) = 'null'")
        .selectExpr("sum(length(filler))")
        .collect
    )
    wait_until(lambda: running_tasks(spark) > 0, "the job started")
    time.sleep(1.0)
    own_server.kill()
    failure = failure_of(job.result)
    assert failure.kind == "UNAVAILABLE"
    own_server.start()
    assert own.read(COLLECTION).count() == 4000, "the session goes on"


def test_a_task_killed_while_it_waits_for_a_silent_server_ends_within_seconds(
    spark: SparkSession, own: Connector, own_server: QdrantServer, look: Look
) -> None:
    job = Background(lambda: own.write(slow_rows(spark, ROWS, "n as id", VECTOR), COLLECTION, **SMALL))
    wait_until(lambda: stored(look) >= 20, "some rows arrived")
    own_server.pause()
    try:
        time.sleep(1.0)  # every request in flight is waited for by now
        assert job.running
        spark.sparkContext.cancelAllJobs()
        assert wait_until(lambda: running_tasks(spark) == 0, "the killed tasks ended", 20) < 5
    finally:
        own_server.resume()
    cancelled(job)
    own.write(own.sql("n as id", VECTOR, rows=50), COLLECTION)
    assert own.read(COLLECTION).where("id < 50").count() == 50, "the session goes on"


def test_a_task_killed_between_two_tries_ends_within_seconds(
    spark: SparkSession, own: Connector, own_server: QdrantServer, look: Look
) -> None:
    patient = {"max_retries": 50, "backoff_factor": 20}
    job = Background(lambda: own.write(slow_rows(spark, ROWS, "n as id", VECTOR), COLLECTION, **SMALL, **patient))
    wait_until(lambda: stored(look) >= 20, "some rows arrived")
    own_server.kill()
    time.sleep(1.5)
    assert job.running
    spark.sparkContext.cancelAllJobs()
    assert wait_until(lambda: running_tasks(spark) == 0, "the killed tasks ended", 20) < 5
    cancelled(job)


def test_a_killed_read_ends_within_seconds(spark: SparkSession, own: Connector, own_server: QdrantServer) -> None:
    own.write(own.sql("n as id", VECTOR, "repeat('x', 20000) as filler", rows=4000, partitions=2), COLLECTION)
    rows = own.read(COLLECTION).where("java_method('java.lang.Thread', 'sleep', cast(10 as bigint)) = 'null'")
    job = Background(rows.selectExpr("sum(length(filler))").collect)
    wait_until(lambda: running_tasks(spark) > 0, "the job started")
    time.sleep(0.5)
    own_server.pause()
    try:
        time.sleep(1.0)
        spark.sparkContext.cancelAllJobs()
        assert wait_until(lambda: running_tasks(spark) == 0, "the killed tasks ended", 20) < 5
    finally:
        own_server.resume()
    cancelled(job)
    assert own.read(COLLECTION).count() == 4000


def cancelled(job: Background) -> None:
    """The job has failed, for no other reason than that it was cancelled."""
    with pytest.raises(Exception) as raised:  # noqa: PT011, which class it is differs between the Sparks
        job.result(30)
    assert "cancel" in str(raised.value).lower() or find(raised.value) is None, raised.value
