"""Filters that the store evaluates keep the rows that Spark would: random predicates over random rows, each read with push-down
and without it.

VECTORFUSE_SEED=… repeats or varies a run.
"""

from __future__ import annotations

import os
from random import Random
from typing import Any

import pytest
from pyspark.sql import DataFrame
from pyspark.sql import types as t

from stores.qdrant_raw import RawQdrant
from support.connector import Connector
from support.plans import left_to_spark, pushed
from support.predicates import CONSTANTS, EDGE, INNER, ODD, TYPES, answers, compare

SEED = int(os.environ.get("VECTORFUSE_SEED", "20"))
ROWS = 150


def written(connector: Connector, random: Random) -> DataFrame:
    """Rows of every type that is compared, nulls among them, with ids of each kind."""

    def some(column: str) -> str:
        # NaN and infinity can't be kept.
        kept = [c for c in CONSTANTS[column] if "NaN" not in c and "Infinity" not in c and c != "1.5BD"]
        return random.choice([*kept, *kept, "null"])

    struct = "if({null}, null, named_struct('x', {x}, 'in', if({null2}, null, named_struct('a.b', {ab}))))"
    rows = []
    for row in range(ROWS):
        ids = [
            f"'{row}'",
            f"'key-{row}'",
            f"'936da01f-9abd-4d9d-80c7-{row:012}'",
            f"'936DA01F-9ABD-4D9D-80C7-{row:012}'",
        ]
        values = [ids[row % 4], *(f"cast({some(name)} as {kind})" for name, kind in TYPES.items())]
        nulls = {"null": str(random.random() < 0.2).lower(), "null2": str(random.random() < 0.2).lower()}
        inside = {"x": f"cast({some('o.x')} as bigint)", "ab": f"cast({some(INNER)} as string)"}
        values.append(struct.format(**nulls, **inside))
        values.append(f"cast({some('`a.b`')} as string)")
        values.append(f"cast({some(ODD)} as bigint)")
        rows.append(f"({', '.join(values)})")
    names = ["id", *TYPES, "o", "`a.b`", ODD]
    return connector.spark.sql(f"select * from values {', '.join(rows)} as t({', '.join(names)})")


@pytest.mark.parametrize("indexed", [False, True], ids=["no indexes", "indexes"])
def test_our_rows_are_kept_as_spark_keeps_them(
    connector: Connector, raw: RawQdrant, collection: str, counted: dict[str, int], indexed: bool
) -> None:
    random = Random(f"own/{indexed}/{SEED}")
    print(f"seed {SEED} (VECTORFUSE_SEED)")
    connector.write(written(connector, random), collection, vector_fields="")
    if indexed:
        kinds = {"b": "bool", "i": "integer", "l": "integer", "d": "float", "s": "keyword", "ts": "datetime"}
        raw.index(collection, {**kinds, "o.x": "integer", '"a.b"': "keyword", "dt": "datetime"})
    taken, left = connector.read(collection), connector.read(collection, push_down=False)
    compare(random, taken, left, list(CONSTANTS), counted)


def foreign_value(random: Random, column: str) -> Any:
    """What others put where the column is read, in each JSON type that it can show."""
    kinds: dict[str, list[Any]] = {
        "b": [True, False],
        "l": [0, 1, 1.0, 2.0, -1, EDGE + 1, EDGE, 2**63 - 1, -(2**63)],
        "d": [0, 1, 1.0, 0.1, -0.0, 0.0, 2, 1e300],
        "s": ["x", "5", 5, "true", True, 1.5, "1.5", [], ["x"], "[]", '["x"]', [None], {}, {"a": 1}, "", "null", "größe", 'it\'s\n"'],
        "ts": [
            "1970-01-01T00:00:00Z", "1970-01-01", "1970-01-01 01:00:00+01:00", "2024-02-29T13:00:00+01:00",
            "2024-02-29T12:00:00.000001Z", "2024-02-29t12:00:00z", "2024-02-29T12:00", "9999-12-31T23:59:59.999999Z",
            "2024-02-29T12:00:00+0000", "+10000-01-01T00:00:00Z",
        ],
        "`a.b`": ["", "x", "5", 5, ["x"]],
    }  # fmt: skip
    return None if random.random() < 0.12 else random.choice(kinds[column])


@pytest.mark.parametrize("indexed", [False, True], ids=["no indexes", "indexes"])
def test_the_rows_of_others_are_kept_as_spark_keeps_them(
    connector: Connector, raw: RawQdrant, collection: str, counted: dict[str, int], indexed: bool
) -> None:
    random = Random(f"others/{indexed}/{SEED}")
    print(f"seed {SEED} (VECTORFUSE_SEED)")
    columns = ["b", "l", "d", "s", "ts", "`a.b`"]
    kinds = {"b": "bool", "l": "integer", "d": "float", "s": "keyword", "ts": "datetime", '"a.b"': "keyword"}
    raw.create(collection, 1, indexes=kinds if indexed else {})

    def payload() -> dict[str, Any]:
        fields = {name.strip("`"): foreign_value(random, name) for name in columns if random.random() < 0.85}
        nested = {"x": foreign_value(random, "l")} if random.random() < 0.8 else {}
        return fields | ({"o": nested} if random.random() < 0.8 else {})

    raw.upsert(collection, [(n, payload(), [1.0]) for n in range(ROWS)])
    schema = "id string, b boolean, l bigint, d double, s string, ts timestamp, `a.b` string, o struct<x:bigint>"
    taken = connector.read(collection, schema=schema)
    left = connector.read(collection, schema=schema, push_down=False)
    compare(random, taken, left, [*columns, "o.x"], counted)


def test_names_with_dots_brackets_and_quotes_are_read_right(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    raw.create(collection, 1)
    names = ["a.b", "a", "a[0]", 'q"uote', "back\\slash", "größe", "a b", "a[]"]
    points = [(n, dict.fromkeys(names, n) | {"a": {"b": -n}}, [1.0]) for n in range(5)]
    raw.upsert(collection, points)
    schema = t.StructType(
        [t.StructField("id", t.StringType())]
        + [t.StructField(name, t.LongType()) for name in names if name != "a"]
        + [t.StructField("a", t.StructType([t.StructField("b", t.LongType())]))]
    )
    stored = connector.read(collection, schema=schema)
    for name in names:
        column, wanted = (f"`{name}`", 3) if name != "a" else ("a.b", -3)
        assert answers(stored, f"{column} = {wanted}L") == ["3"], name


def test_without_push_down_spark_filters_and_gives_the_same(connector: Connector, collection: str) -> None:
    connector.write(connector.sql("n as id", "n % 3 as k", rows=30), collection, vector_fields="")
    for push_down, filters in ((True, "k"), (False, None)):
        stored = connector.read(collection, push_down=push_down).where("k = 1")
        assert (pushed(stored, "filters") is not None) == (filters is not None)
        assert left_to_spark(stored) == (not push_down)
        assert stored.count() == 10
