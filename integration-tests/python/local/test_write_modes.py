"""The modes of a write as a Spark job has them: several partitions, a shuffle before, tasks that fail and run again."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from stores.qdrant_raw import RawQdrant
from support.attempts import failing_at_first
from support.connector import VECTOR, Connector
from support.failures import failure_of

SMALL = {"batch_rows": 7}


def sorted_rows(data: DataFrame, *names: str) -> list[tuple[object, ...]]:
    return sorted(tuple(row) for row in data.select(*names).collect())


def test_a_shuffled_feed_ends_with_the_last_change_of_each_key(
    connector: Connector, collection: str, spark: SparkSession
) -> None:
    """Changes of one key land in several partitions, in any order: the greatest timestamp decides. Deletes come last,
    since a deleted point remembers nothing."""
    rng = random.Random(20260815)
    changes = []
    latest: dict[int, tuple[int, str]] = {}
    for number in range(1, 1201):
        key, op = rng.randrange(40), "upsert"
        changes.append((op, key, number, f"v{number}"))
        latest[key] = (number, f"v{number}")
    gone = set(rng.sample(sorted(latest), 10))
    rng.shuffle(changes)
    columns = "op string, id long, change int, value string"
    casted = ("op", "id", "timestamp_seconds(change) as at", "value")
    feed = spark.createDataFrame(changes, columns).repartition(5).selectExpr(*casted)
    options = {"op_field": "op", "order_field": "at", **SMALL}
    connector.write(feed, collection, **options)
    expected = sorted((key, value) for key, (_, value) in latest.items())
    assert sorted_rows(connector.read(collection), "id", "value") == expected
    deletes = [("delete", key, 5000 if key in gone else 0, None) for key in sorted(latest)]
    connector.write(spark.createDataFrame(deletes, columns).repartition(3).selectExpr(*casted), collection, **options)
    # The whole feed again: what is older than what is stored changes nothing.
    kept = feed.where(~feed.id.isin(gone))
    connector.write(kept, collection, **options)
    expected = [(key, value) for key, value in expected if key not in gone]
    read = connector.read(collection)
    assert sorted_rows(read, "id", "value") == expected
    assert "op" not in read.columns


def test_a_condition_compares_the_row_with_what_is_stored(
    connector: Connector, collection: str, spark: SparkSession
) -> None:
    columns = "id string, version int, name string"
    old = [(f"doc-{number}", number % 5, "old") for number in range(50)]
    new = [(f"doc-{number}", 2, "new") for number in range(60)]
    connector.write(spark.createDataFrame(old, columns), collection, vector_fields="")
    connector.write(
        spark.createDataFrame(new, columns).repartition(4),
        collection,
        vector_fields="",
        condition="${version} > version and name = 'old'",
        **SMALL,
    )
    expected = sorted((id_, *((2, "new") if version < 2 else (version, "old"))) for id_, version, _ in old) + sorted(
        (f"doc-{number}", 2, "new") for number in range(50, 60)
    )
    assert sorted_rows(connector.read(collection), "id", "version", "name") == sorted(expected)


@pytest.mark.parametrize("write_mode", ["upsert", "partial"])
def test_counters_count_once_though_tasks_fail_and_rows_are_shuffled(
    connector: Connector, collection: str, spark: SparkSession, tmp_path: Path, write_mode: str
) -> None:
    seed = connector.sql("n as id", "cast(100 as bigint) as clicks", "'kept' as name", rows=20)
    connector.write(seed, collection, vector_fields="")
    rows = failing_at_first(spark.range(0, 2000).repartition(4), range(499, 2000, 500), tmp_path)
    rows = rows.selectExpr("n % 20 as id", "n as clicks")
    options = {"write_mode": write_mode, "counter_fields": "clicks", "batch_rows": 60}
    connector.write(rows, collection, vector_fields="", **options)
    assert list(tmp_path.iterdir()), "no task failed: the test shows nothing"
    expected = [(key, 100 + sum(range(key, 2000, 20))) for key in range(20)]
    read = connector.read(collection)
    assert sorted_rows(read, "id", "clicks") == expected
    assert not [name for name in read.columns if name.startswith("_")]
    names = {row.name for row in read.collect()}
    assert names == ({"kept"} if write_mode == "partial" else {None})
    # Another job adds again.
    connector.write(
        connector.sql("n as id", "1L as clicks", rows=20), collection, write_mode="partial", counter_fields="clicks"
    )
    assert sorted_rows(connector.read(collection), "id", "clicks") == [(key, sum_ + 1) for key, sum_ in expected]


def test_a_partial_write_leaves_the_rest_of_the_point(connector: Connector, raw: RawQdrant, collection: str) -> None:
    connector.write(connector.sql("n as id", VECTOR, "'a' as a", "'b' as b", rows=30, partitions=2), collection)
    part = connector.sql("n as id", "concat('new', n) as b", rows=40, partitions=3)
    connector.write(part, collection, write_mode="partial", **SMALL)
    assert raw.count(collection) == 30
    rows = {row.id: row for row in connector.read(collection).collect()}
    assert {key: (row.a, row.b) for key, row in rows.items()} == {n: ("a", f"new{n}") for n in range(30)}
    assert all(list(row.vector) == [float(key), 1.0, 0.5] for key, row in rows.items())


def test_inserts_updates_and_deletes_look_at_what_is_there(
    connector: Connector, raw: RawQdrant, collection: str, spark: SparkSession
) -> None:
    def write(start: int, stop: int, value: str, mode: str) -> None:
        data = spark.range(start, stop, 1, 3).selectExpr("id", f"'{value}' as value")
        connector.write(data, collection, write_mode=mode, vector_fields="", **SMALL)

    write(0, 30, "insert", "insert")
    write(20, 50, "again", "insert")
    write(40, 70, "update", "update")
    write(10, 20, "gone", "delete")
    values = [*["insert"] * 10, *["insert"] * 10, *["again"] * 10, *["update"] * 10]
    keys = [*range(10), *range(20, 30), *range(30, 40), *range(40, 50)]
    assert sorted_rows(connector.read(collection), "id", "value") == list(zip(keys, values, strict=True))
    assert raw.count(collection) == 40


def test_what_makes_no_sense_is_refused_before_a_task_starts(connector: Connector, collection: str) -> None:
    data = connector.sql("n as id", "n as version", rows=3)
    connector.write(data, collection)
    for options, words in [
        ({"condition": "${version} > "}, ("condition", "character 14")),
        ({"condition": "${nope} > version"}, ("condition", "nope")),
        ({"write_mode": "merge"}, ("write_mode", "partial")),
        ({"op_field": "version"}, ("op_field", "version", "long")),
        ({"write_mode": "insert", "order_field": "version"}, ("order_field", "insert")),
    ]:
        failure = failure_of(lambda options=options: connector.write(data, collection, **options))
        assert failure.kind == "OPTIONS", failure
        assert failure.names(*words), failure
    bad = connector.sql("n as id", "if(n = 2, 'drop', 'upsert') as op", rows=3)
    failure = failure_of(lambda: connector.write(bad, collection, op_field="op"))
    assert failure.kind == "DATA"
    assert failure.names("drop", "op", "id: 2")
