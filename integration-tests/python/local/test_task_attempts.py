"""Tasks that fail and run again: rows without ids have the same ids in each attempt."""

from __future__ import annotations

from pathlib import Path

from pyspark.sql import SparkSession

from stores.qdrant_raw import RawQdrant
from support.attempts import failing_at_first
from support.connector import VECTOR, Connector

ROWS = 400


def test_rows_without_ids_are_not_doubled_by_a_task_that_runs_again(
    spark: SparkSession, connector: Connector, raw: RawQdrant, collection: str, tmp_path: Path
) -> None:
    rows = failing_at_first(spark.range(0, ROWS, 1, 2), [390], tmp_path).selectExpr("n", VECTOR)
    connector.write(rows, collection, batch_rows=10)
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
