"""Filters, limits and counts that Milvus evaluates give what Spark would: random predicates over random rows, each read with
push-down and without it, on both servers.

VECTORFUSE_SEED=… repeats or varies a run.
"""

from __future__ import annotations

import os
from random import Random

import pytest
from pyspark.sql import DataFrame

from support.connector import VECTOR, Connector
from support.plans import left_to_spark, pushed
from support.predicates import CONSTANTS, TYPES, compare

SEED = int(os.environ.get("VECTORFUSE_SEED", "20"))
ROWS = 150


def written(connector: Connector, random: Random, nulls: bool) -> DataFrame:
    """Rows of every type that is compared, with keys of each kind of text."""

    def some(column: str) -> str:
        kept = [one for one in CONSTANTS[column] if one != "1.5BD"]
        return random.choice([*kept, *kept, "null"] if nulls else kept)

    rows = []
    for row in range(ROWS):
        key = [f"'{row}'", f"'key-{row}'", f"'936da01f-9abd-4d9d-80c7-{row:012}'", f"'größe \\'{row}\\n\"'"][row % 4]
        values = [key, *(f"cast({some(name)} as {kind})" for name, kind in TYPES.items())]
        rows.append(f"({', '.join(values)}, array(1F, {row}F))")
    return connector.spark.sql(f"select * from values {', '.join(rows)} as t({', '.join(['id', *TYPES, 'vector'])})")


@pytest.mark.parametrize("server", ["Milvus", "Milvus Lite"])
def test_our_rows_are_kept_as_spark_keeps_them(
    request: pytest.FixtureRequest, counted: dict[str, int], server: str
) -> None:
    nulls = server == "Milvus Lite"
    connector: Connector = request.getfixturevalue("lite" if nulls else "connector")
    collection: str = request.getfixturevalue("lite_collection" if nulls else "collection")
    random = Random(f"milvus/{server}/{SEED}")
    print(f"seed {SEED} (VECTORFUSE_SEED)")
    connector.write(written(connector, random, nulls), collection)
    taken, left = connector.read(collection), connector.read(collection, push_down=False)
    compare(random, taken, left, ["id", *TYPES], counted)


def test_the_plan_says_what_is_pushed_and_without_push_down_spark_does_it(
    connector: Connector, collection: str
) -> None:
    data = connector.sql(
        "n as id",
        VECTOR,
        "n % 3 as k",
        "concat('w', n % 10) as word",
        "named_struct('a', n) as deep",
        rows=60,
        partitions=2,
    )
    connector.write(data, collection)
    for push_down in (True, False):
        stored = connector.read(collection, push_down=push_down)
        for where, expected in (
            ("k = 1", 20),
            ("k = 1 and word in ('w1', 'w4')", 4),
            ("not (k = 1 or id >= 30)", 20),
            ("word like 'w1%'", 6),
            ("id between 10 and 19", 10),
            ("k is null", 0),
        ):
            found = stored.where(where)
            assert found.count() == expected, where
            assert len(found.select("vector").collect()) == expected, where
            assert (pushed(found, "filters") is not None or expected == 0) == push_down or expected == 0, where
            assert left_to_spark(found) == (not push_down) or expected == 0, where
        inside = stored.where("deep.a = 7")
        assert inside.count() == 1, "a member of a struct is Spark's"
        assert left_to_spark(inside)
        limited = stored.limit(5)
        assert len(limited.collect()) == 5
        assert (pushed(limited, "limit") == "5") == push_down
