"""Jobs that were written for Iguazio's NoSQL DataFrame, with its option names: keys, conditions, counters, save modes."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from stores.qdrant_raw import RawQdrant
from support.connector import Connector, text
from support.failures import failure_of

Items = dict[Any, dict[str, Any]]


def save(connector: Connector, data: DataFrame, collection: str, mode: str | None = "append", **options: Any) -> None:
    given = connector.options(collection, **{name.replace("_", "-"): text(value) for name, value in options.items()})
    writer = data.write.format("vectorfuse").options(**given)
    (writer if mode is None else writer.mode(mode)).save()


def items(raw: RawQdrant, collection: str) -> Items:
    """The fields of each point, but what VectorFuse remembers of counters."""
    return {
        point.id: {name: value for name, value in point.payload.items() if not name.startswith("_vectorfuse")}
        for point in raw.points(collection)
    }


def test_a_key_names_the_item(connector: Connector, raw: RawQdrant, collection: str) -> None:
    data = connector.sql("n as driver", "concat('name ', n) as name", rows=5, partitions=2)
    for _ in range(2):
        save(connector, data, collection, key="driver")
    assert items(raw, collection) == {n: {"name": f"name {n}"} for n in range(5)}
    read = connector.spark.read.format("vectorfuse").options(**connector.options(collection, inferSchema="true"))
    assert sorted(map(tuple, read.option("key", "driver").load().collect())) == [(n, f"name {n}") for n in range(5)]


def test_a_key_and_a_sorting_key_name_it_together(connector: Connector, raw: RawQdrant, collection: str) -> None:
    for note in ("old", "new"):
        data = connector.sql("n % 2 as driver", "n div 2 as day", f"'{note}' as note", rows=6, partitions=3)
        save(connector, data, collection, key="driver", sorting_key="day")
    stored = sorted((item["driver"], item["day"], item["note"]) for item in items(raw, collection).values())
    assert stored == [(driver, day, "new") for driver in range(2) for day in range(3)]
    ranged = connector.read(collection).where("driver = 1 and day >= 1").select("driver", "day")
    assert sorted(map(tuple, ranged.collect())) == [(1, 1), (1, 2)]


def test_a_condition_lets_only_newer_rows_through(
    connector: Connector, raw: RawQdrant, collection: str, spark: SparkSession
) -> None:
    columns = "key bigint, version int, note string"
    save(connector, spark.createDataFrame([(1, 1, "old"), (2, 5, "old")], columns), collection, key="key")
    rows = spark.createDataFrame([(1, 3, "new"), (2, 3, "new"), (3, 3, "new")], columns).repartition(2)
    save(connector, rows, collection, key="key", condition="${version} > version")
    assert items(raw, collection) == {
        1: {"version": 3, "note": "new"},
        2: {"version": 5, "note": "old"},
        3: {"version": 3, "note": "new"},
    }


def test_counters_add_what_the_rows_bring(connector: Connector, raw: RawQdrant, collection: str) -> None:
    rows = connector.sql("n % 3 as key", "n as clicks", "1 as visits", rows=12, partitions=3)
    for _ in range(2):
        save(connector, rows, collection, key="key", counter="clicks, visits")
    assert items(raw, collection) == {key: {"clicks": 2 * sum(range(key, 12, 3)), "visits": 8} for key in range(3)}


def test_column_update_changes_the_columns_that_the_rows_have(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    save(connector, connector.sql("n as key", "'a' as a", "1 as visits", rows=2), collection, key="key")
    rows = connector.sql("n as key", "'b' as b", "10 as visits", rows=3)
    save(connector, rows, collection, key="key", columnUpdate=True, counter="visits")
    # There is no item 2: Iguazio would create it, which a warning says.
    assert items(raw, collection) == {n: {"a": "a", "b": "b", "visits": 11} for n in range(2)}
    save(connector, rows.where("key < 1"), collection, key="key", columnUpdate=False)
    assert items(raw, collection)[0] == {"b": "b", "visits": 10}


def test_its_save_modes_and_an_append_of_no_rows(connector: Connector, raw: RawQdrant, collection: str) -> None:
    data = connector.sql("n as key", "'x' as city", rows=4)
    save(connector, data.limit(0), collection, key="key", partition="city")
    assert raw.count(collection) == 0
    assert connector.read(collection).columns == ["key", "city"], "no rows, but a schema"
    failure = failure_of(lambda: save(connector, data, collection, mode=None, key="key"))
    assert failure.kind == "ALREADY_EXISTS"
    save(connector, data, collection, mode="ignore", key="key")
    assert raw.count(collection) == 0
    save(connector, data, collection, key="key")
    save(connector, data.where("key > 1"), collection, mode="overwrite", key="key")
    assert items(raw, collection) == {2: {"city": "x"}, 3: {"city": "x"}}


@pytest.mark.parametrize("option", ["allow-overwrite-schema", "range-scan-even-distribution", "partition"])
def test_what_a_collection_has_no_use_for_changes_nothing(
    connector: Connector, raw: RawQdrant, collection: str, option: str
) -> None:
    save(connector, connector.sql("n as key", "'x' as city", rows=3), collection, key="key", **{option: "true"})
    assert items(raw, collection) == {n: {"city": "x"} for n in range(3)}


def test_a_column_of_another_type_is_refused(connector: Connector, raw: RawQdrant, collection: str) -> None:
    save(connector, connector.sql("n as key", "1L as visits"), collection, key="key")
    failure = failure_of(lambda: save(connector, connector.sql("n as key", "'many' as visits"), collection, key="key"))
    assert failure.names("visits", "string")
    assert items(raw, collection) == {0: {"visits": 1}}
