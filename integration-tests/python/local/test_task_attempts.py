"""Tasks that fail and run again: rows without ids have the same ids in each attempt."""

from __future__ import annotations

from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import udf

from stores.qdrant_raw import RawQdrant
from support.connector import VECTOR, Connector

ROWS = 400


def failing_at_first(spark: SparkSession, marks: Path, row: int) -> DataFrame:
    """Rows of which one fails the first attempt of its task, after others of its partition were sent."""

    @udf("bigint")
    def fragile(number: int) -> int:
        from pyspark import TaskContext

        context = TaskContext.get()
        assert context is not None
        if number == row and context.attemptNumber() == 0:
            (marks / f"partition-{context.partitionId()}").touch()
            raise RuntimeError("this attempt fails on purpose")
        return number

    # Small batches from Python, so that the rows before the bad one really are on their way when it fails.
    return spark.range(0, ROWS, 1, 2).select(fragile("id").alias("n")).selectExpr("n", VECTOR)


def test_rows_without_ids_are_not_doubled_by_a_task_that_runs_again(
    spark: SparkSession, connector: Connector, raw: RawQdrant, collection: str, tmp_path: Path
) -> None:
    connector.write(failing_at_first(spark, tmp_path, row=390), collection, batch_rows=10)
    assert [mark.name for mark in tmp_path.iterdir()] == ["partition-1"], "no task failed: the test shows nothing"
    assert raw.count(collection) == ROWS
    assert sorted(row.n for row in connector.read(collection).collect()) == list(range(ROWS))


def test_two_writes_of_one_dataframe_are_two_writes(connector: Connector, raw: RawQdrant, collection: str) -> None:
    data = connector.sql("n", VECTOR, rows=20, partitions=2).cache()
    try:
        connector.write(data, collection)
        connector.write(data, collection)
    finally:
        data.unpersist()
    assert raw.count(collection) == 40
