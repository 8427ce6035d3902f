"""Spark's four save modes, the three ways to overwrite, and what a row does to the one with its key."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from stores.milvus_raw import RawMilvus, field
from support.attempts import failing_at_first
from support.connector import VECTOR, Connector
from support.failures import failure_of
from support.slow import Background, running_tasks, slow_rows, wait_until

SMALL = {"batch_rows": 7}


def sorted_rows(data: DataFrame, *names: str) -> list[tuple[object, ...]]:
    return sorted(tuple(row) for row in data.select(*names).collect())


def test_append_replaces_rows_that_come_again_and_overwrite_all_of_them(
    connector: Connector, raw: RawMilvus, collection: str
) -> None:
    connector.write(connector.sql("n as id", VECTOR, "'first' as run", rows=4), collection)
    connector.write(connector.sql("'second' as run", VECTOR, "n + 2 as id", rows=4, partitions=2), collection)
    assert sorted_rows(connector.read(collection), "id", "run") == [
        *((n, "first") for n in range(2)),
        *((n, "second") for n in range(2, 6)),
    ]
    assert raw.count(collection) == 6
    described = raw.info(collection)
    connector.write(connector.sql("n + 40 as id", VECTOR, "'third' as run", rows=20), collection, mode="overwrite")
    assert sorted_rows(connector.read(collection), "id", "run") == [(n, "third") for n in range(40, 60)]
    assert raw.count(collection) == 20
    assert raw.info(collection)["collection_id"] == described["collection_id"], "the collection is the same"


def test_overwrite_recreate_brings_its_own_columns(connector: Connector, raw: RawMilvus, collection: str) -> None:
    raw.create(collection, [field("key", "INT64", is_primary=True), field("v", "FLOAT_VECTOR", dim=9)])
    data = connector.sql("n as id", VECTOR, "'text' as word", rows=3)
    failure = failure_of(lambda: connector.write(data, collection, mode="overwrite"))
    assert failure.kind == "OPTIONS"
    assert failure.names("field")
    assert raw.kinds(collection) == {"key": "INT64", "v": "FLOAT_VECTOR"}, "nothing was done"
    connector.write(data, collection, mode="overwrite", overwrite="recreate")
    assert raw.kinds(collection) == {"id": "INT64", "vector": "FLOAT_VECTOR", "word": "VARCHAR"}
    assert sorted_rows(connector.read(collection), "id", "word") == [(n, "text") for n in range(3)]


@pytest.fixture
def alias(collection: str, raw: RawMilvus) -> Iterator[str]:
    """A name that becomes an alias; what is behind it goes with the test."""
    yield collection
    for name in raw.collections():
        if name.startswith(f"{collection}__swap_"):
            for one in raw.client.list_aliases(name)["aliases"]:
                raw.client.drop_alias(one)
            raw.delete(name)


def test_swap_moves_the_name_once_all_rows_are_there(connector: Connector, raw: RawMilvus, alias: str) -> None:
    def swap(run: int, rows: int, expression: str = "n") -> None:
        data = connector.sql(f"{expression} as id", VECTOR, f"{run} as run", rows=rows, partitions=2)
        connector.write(data, alias, mode="overwrite", overwrite="swap", batch_rows=9)

    def behind() -> list[str]:
        return [name for name in raw.collections() if name.startswith(alias)]

    def runs() -> list[tuple[object, ...]]:
        return sorted_rows(connector.read(alias).groupBy("run").count(), "run", "count")

    swap(1, 50)
    assert runs() == [(1, 50)]
    before = behind()
    assert len(before) == 1
    swap(2, 30)
    assert runs() == [(2, 30)]
    assert len(behind()) == 1
    assert behind() != before
    before = behind()
    failure = failure_of(lambda: swap(3, 100, "if(n = 99, null, n)"))
    assert failure.kind == "DATA"
    assert runs() == [(2, 30)]
    assert behind() == before, "a job that fails takes its collection away"
    connector.write(connector.sql("n + 1000 as id", VECTOR, "2 as run", rows=5), alias)
    assert runs() == [(2, 35)], "appends go to what is behind the alias"


def test_the_default_mode_and_ignore_write_into_a_new_collection_alone(
    connector: Connector, raw: RawMilvus, collection: str
) -> None:
    def save(rows: int, mode: str) -> None:
        connector.write(connector.sql("n as id", VECTOR, rows=rows, partitions=2), collection, mode=mode)

    bad = connector.sql("if(n = 49, null, n) as id", VECTOR, rows=50)
    failure_of(lambda: connector.write(bad, collection, mode="errorifexists", batch_rows=1))
    assert collection not in raw.collections(), "a save that fails leaves no new collection behind"
    save(3, "errorifexists")
    failure = failure_of(lambda: save(5, "errorifexists"))
    assert failure.kind == "ALREADY_EXISTS"
    assert failure.names(collection)
    save(7, "ignore")
    assert raw.count(collection) == 3


def test_create_collection_false_and_modes_that_change_what_is_there_create_nothing(
    connector: Connector, raw: RawMilvus, collection: str
) -> None:
    for options in ({"create_collection": False}, {"write_mode": "update"}, {"write_mode": "delete"}):
        failure = failure_of(
            lambda options=options: connector.write(connector.sql("n as id", VECTOR), collection, **options)
        )
        assert failure.kind == "NOT_FOUND"
        assert failure.names(collection)
    assert collection not in raw.collections()


def test_no_rows_with_a_size_make_an_empty_collection_and_overwrite_empties_one(
    connector: Connector, raw: RawMilvus, collection: str
) -> None:
    none = connector.sql("n as id", VECTOR, "date'2024-01-01' as day", rows=0)
    failure = failure_of(lambda: connector.write(none, collection))
    assert failure.names("vector.size", "empty")
    assert collection not in raw.collections()
    connector.write(none, collection, **{"vector.size": 3})
    assert connector.read(collection).dtypes == none.dtypes
    connector.write(connector.sql("n as id", VECTOR, "date'2024-01-01' as day", rows=2), collection)
    assert raw.count(collection) == 2
    connector.write(none, collection, mode="overwrite")
    assert raw.count(collection) == 0
    assert connector.read(collection).count() == 0


def test_inserts_updates_and_deletes_look_at_what_is_there(
    connector: Connector, raw: RawMilvus, collection: str, spark: SparkSession
) -> None:
    def write(start: int, stop: int, value: str, mode: str) -> None:
        data = spark.range(start, stop, 1, 3).selectExpr(
            "id as n", "concat('k', id) as id", f"'{value}' as value", "id as m"
        )
        columns = ["id"] if mode == "delete" else ["id", VECTOR, "value"]
        connector.write(data.selectExpr(*columns), collection, write_mode=mode, **SMALL)

    write(0, 30, "insert", "insert")
    write(20, 50, "again", "insert")
    write(40, 70, "update", "update")
    write(10, 20, "gone", "delete")
    values = [*["insert"] * 10, *["insert"] * 10, *["again"] * 10, *["update"] * 10]
    keys = [*range(10), *range(20, 30), *range(30, 40), *range(40, 50)]
    expected = sorted((f"k{key}", value) for key, value in zip(keys, values, strict=True))
    assert sorted_rows(connector.read(collection), "id", "value") == expected
    assert raw.count(collection) == 40


def test_a_partial_write_leaves_the_rest_of_the_row(
    lite: Connector, raw_milvus_lite: RawMilvus, lite_collection: str
) -> None:
    lite.write(lite.sql("n as id", VECTOR, "'a' as a", "'b' as b", rows=30, partitions=2), lite_collection)
    part = lite.sql("n as id", "concat('new', n) as b", rows=40, partitions=3)
    lite.write(part, lite_collection, write_mode="partial", **SMALL)
    assert raw_milvus_lite.count(lite_collection) == 30
    rows = {row.id: row for row in lite.read(lite_collection).collect()}
    assert {key: (row.a, row.b) for key, row in rows.items()} == {n: ("a", f"new{n}") for n in range(30)}
    assert all(list(row.vector) == [float(key), 1.0, 0.5] for key, row in rows.items())


def test_a_shuffled_feed_ends_with_the_last_change_of_each_key(
    connector: Connector, collection: str, spark: SparkSession
) -> None:
    """Changes of one key land in several partitions, in any order: the greatest timestamp decides."""
    rng = random.Random(20260815)
    changes = []
    latest: dict[int, tuple[int, str]] = {}
    for number in range(1, 601):
        key = rng.randrange(40)
        changes.append(("upsert", key, number, f"v{number}"))
        latest[key] = (number, f"v{number}")
    gone = set(rng.sample(sorted(latest), 10))
    rng.shuffle(changes)
    columns = "op string, id long, change int, value string"
    casted = ("op", "id", "timestamp_seconds(change) as at", "value", "array(cast(id as float), 1F) as vector")
    feed = spark.createDataFrame(changes, columns).repartition(2, "id").selectExpr(*casted)
    options = {"op_field": "op", "order_field": "at", **SMALL}
    connector.write(feed, collection, **options)
    expected = sorted((key, value) for key, (_, value) in latest.items())
    assert sorted_rows(connector.read(collection), "id", "value") == expected
    deletes = [("delete", key, 5000 if key in gone else 0, "") for key in sorted(latest)]
    connector.write(spark.createDataFrame(deletes, columns).selectExpr(*casted), collection, **options)
    # The whole feed again: what is older than what is stored changes nothing.
    connector.write(feed.where(~feed.id.isin(gone)), collection, **options)
    read = connector.read(collection)
    assert sorted_rows(read, "id", "value") == [(key, value) for key, value in expected if key not in gone]
    assert "op" not in read.columns


def test_rows_whose_keys_the_server_makes_are_there_once_though_a_task_runs_again(
    spark: SparkSession, connector: Connector, raw: RawMilvus, collection: str, tmp_path: Path
) -> None:
    rows = failing_at_first(spark.range(0, 400, 1, 2), [390], tmp_path).selectExpr("n", VECTOR)
    connector.write(rows, collection, batch_rows=10, auto_id=True, dynamic_field=True)
    assert [mark.name for mark in tmp_path.iterdir()] == ["partition-1"], "no task failed: the test shows nothing"
    assert raw.count(collection) == 400
    assert sorted(row.n for row in connector.read(collection).collect()) == list(range(400))


def test_a_write_that_fails_leaves_no_row_of_a_task_that_was_still_on_its_way(
    spark: SparkSession, connector: Connector, raw: RawMilvus, collection: str
) -> None:
    made = {"auto_id": True, "dynamic_field": True}
    connector.write(connector.sql("n", VECTOR, rows=0), collection, **made, **{"vector.size": 3})
    # The first task fails at its row 30, as often as Spark lets it; the second has 400 rows to write, of 10 ms each.
    failing = "if(n = 30, raise_error('this row is bad on purpose'), n) as n"
    rows = slow_rows(spark, 800, failing, VECTOR)
    arrived = Background(lambda: wait_until(lambda: raw.count(collection) > 0, "some rows arrived"))
    with pytest.raises(Exception, match="this row is bad on purpose"):
        connector.write(rows, collection, batch_rows=10, batch_bytes=1000)
    arrived.result()
    assert raw.count(collection) == 0
    wait_until(lambda: running_tasks(spark) == 0, "every task has ended")
    assert raw.count(collection) == 0
