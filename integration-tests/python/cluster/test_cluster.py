"""A cluster of two workers: what is different when executors are processes of their own, and die."""

from __future__ import annotations

import os
import signal
import uuid
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from stores.milvus_raw import RawMilvus
from stores.qdrant_raw import RawQdrant
from support.attempts import attempts, copied
from support.connector import VECTOR, Connector
from support.environment import required
from support.failures import failure_of
from support.processes import executors
from support.slow import Background, slow_rows, wait_until

ROWS = 800
SMALL = {"batch_rows": 10}


@pytest.fixture(scope="session")
def workers(spark: SparkSession) -> list[int]:
    """The workers' pids, once both have an executor for this application."""
    pids = [int(pid) for pid in os.environ["VECTORFUSE_WORKER_PIDS"].split(",")]
    wait_until(lambda: all(executors(pid) for pid in pids), "both workers have an executor")
    assert not spark.sparkContext.master.startswith("local")
    return pids


@pytest.fixture(scope="session")
def milvus(spark: SparkSession) -> Connector:
    """The data source, bound to the shared Milvus."""
    known = {"token": os.environ.get("VECTORFUSE_MILVUS_TOKEN")}
    return Connector(spark, required("VECTORFUSE_MILVUS_URL"), store="milvus", more=known)


def hosts_of_splits(connector: Connector, collection: str, splits: int) -> list[tuple[str, int]]:
    """For each split, the process that read it and how many rows it had."""
    rows = connector.read(collection, splits=splits).select("id").rdd

    def count(part: object) -> list[tuple[str, int]]:
        import os
        import time

        number = sum(1 for _ in part)  # type: ignore[attr-defined]
        time.sleep(1.0)  # long enough for the other executor to take a task as well
        return [(str(os.getppid()), number)]

    return rows.mapPartitions(count).collect()


def test_the_jar_reaches_the_executors_and_both_write_and_read(
    connector: Connector, raw: RawQdrant, collection: str, workers: list[int]
) -> None:
    assert len(workers) == 2
    connector.write(slow_rows(connector.spark, 400, "n as id", VECTOR, partitions=4, millis=2), collection)
    assert raw.count(collection) == 400
    read = hosts_of_splits(connector, collection, 4)
    assert len(read) == 4
    assert sum(number for _, number in read) == 400
    assert len({host for host, _ in read}) == 2, "one executor read everything"


@pytest.mark.usefixtures("workers")
def test_a_failure_on_an_executor_arrives_with_its_kind_and_words(connector: Connector, collection: str) -> None:
    data = connector.sql("if(n = 7, null, n) as id", VECTOR, rows=10, partitions=2)
    failure = failure_of(lambda: connector.write(data, collection))
    assert failure.kind == "DATA"
    assert failure.names("id", "null")


def test_an_executor_killed_in_the_middle_of_a_write_leaves_every_row_once(
    connector: Connector, raw: RawQdrant, collection: str, workers: list[int]
) -> None:
    """The rows have no ids: whatever the lost executor had sent comes again, under the same ids."""
    victim = executors(workers[0])[0]
    data = slow_rows(connector.spark, ROWS, "n", VECTOR, partitions=4, millis=10)
    job = Background(lambda: connector.write(data, collection, **SMALL))
    wait_until(lambda: collection in raw.collections() and raw.count(collection) >= 100, "some rows arrived")
    assert job.running
    os.kill(victim, signal.SIGKILL)
    job.result(180)
    assert raw.count(collection) == ROWS
    assert connector.read(collection).selectExpr("count(distinct n)", "sum(n)").first() == (
        ROWS,
        ROWS * (ROWS - 1) // 2,
    )
    wait_until(lambda: all(executors(pid) for pid in workers), "the worker has started another executor")


def test_an_executor_killed_in_the_middle_of_a_read_costs_no_row(
    connector: Connector, collection: str, workers: list[int]
) -> None:
    connector.write(connector.sql("n as id", VECTOR, rows=ROWS, partitions=2), collection)
    slow = connector.read(collection, splits=4).where(
        "java_method('java.lang.Thread', 'sleep', cast(10 as bigint)) = 'null'"
    )
    read: list[int] = []
    victim = executors(workers[1])[0]
    job = Background(lambda: read.extend(row.id for row in slow.select("id").collect()))
    wait_until(lambda: active_tasks(connector.spark) > 1, "both executors read")
    os.kill(victim, signal.SIGKILL)
    job.result(180)
    assert sorted(read) == list(range(ROWS))
    wait_until(lambda: all(executors(pid) for pid in workers), "the worker has started another executor")


def active_tasks(spark: SparkSession) -> int:
    tracker = spark.sparkContext.statusTracker()
    stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
    return sum(stage.numActiveTasks for stage in stages if stage is not None)


@pytest.mark.usefixtures("workers")
def test_a_speculative_copy_of_a_slow_task_doubles_nothing(
    connector: Connector, raw: RawQdrant, collection: str, tmp_path: Path
) -> None:
    data = copied(connector.spark.range(0, 400, 1, 4), tmp_path).selectExpr("n", VECTOR)
    connector.write(data, collection, **SMALL)
    assert attempts(tmp_path) > 1, "no task ran twice: the test shows nothing"
    assert raw.count(collection) == 400
    assert sorted(row.n for row in connector.read(collection).collect()) == list(range(400))


@pytest.mark.usefixtures("workers")
@pytest.mark.parametrize("keys", ["of the rows", "of the server"])
def test_a_speculative_copy_of_a_slow_task_doubles_nothing_in_milvus(
    milvus: Connector, raw_milvus: RawMilvus, tmp_path: Path, keys: str
) -> None:
    name = f"vf_speculation_{uuid.uuid4().hex}"
    made = {"auto_id": True, "dynamic_field": True} if keys == "of the server" else {"id_field": "n"}
    data = copied(milvus.spark.range(0, 400, 1, 4), tmp_path).selectExpr("n", VECTOR)
    try:
        milvus.write(data, name, **made, **SMALL)
        assert attempts(tmp_path) > 1, "no task ran twice: the test shows nothing"
        assert raw_milvus.count(name) == 400
        assert sorted(row.n for row in milvus.read(name).collect()) == list(range(400))
    finally:
        if name in raw_milvus.collections():
            raw_milvus.delete(name)


@pytest.mark.usefixtures("workers")
def test_a_speculative_copy_of_a_slow_task_counts_nothing_twice(
    connector: Connector, collection: str, tmp_path: Path
) -> None:
    data = copied(connector.spark.range(0, 400, 1, 4), tmp_path).selectExpr("n % 8 as id", "n as clicks")
    connector.write(data, collection, counter_fields="clicks", **SMALL)
    assert attempts(tmp_path) > 1, "no task ran twice: the test shows nothing"
    rows = connector.read(collection).collect()
    assert sorted((row.id, row.clicks) for row in rows) == [(key, sum(range(key, 400, 8))) for key in range(8)]
