"""The promise, on random schemas and data: what is written is read, by key, bit for bit, as far as each server's fields go.

VECTORFUSE_SEED=… repeats or varies a run.
"""

from __future__ import annotations

import os
from random import Random
from typing import Any

import pytest
from pyspark.sql import types as t

from support import random_data
from support.comparing import same_rows
from support.connector import Connector
from support.roundtrip import nullable

SEED = int(os.environ.get("VECTORFUSE_SEED", "20261121"))
ROWS = 60
# A collection costs Milvus seconds, and Milvus Lite next to nothing.
CASES = [*(("Milvus", case) for case in range(2)), *(("Milvus Lite", case) for case in range(10))]
GREATEST = 2**63 - 1
# Of others an array of Milvus holds the values themselves; an array of these is JSON.
NESTED = (t.ArrayType, t.StructType, t.MapType)


def schema(random: Random, lists: bool) -> t.StructType:
    """`lists`: whether JSON can be a list by itself."""

    def kept(field: t.StructField) -> t.StructField:
        kind = field.dataType
        if lists or not isinstance(kind, t.ArrayType) or not isinstance(kind.elementType, NESTED):
            return field
        return t.StructField(field.name, t.StructType([t.StructField("in", kind)]))

    return t.StructType([kept(field) for field in random_data.schema(random).fields])


def fitting(random: Random, value: Any, kind: t.DataType, nulls: bool) -> Any:
    """Arrays of Milvus hold no nulls, and the fields of 2.3.5 none either, nor the greatest integer as a key."""
    if value is None and not nulls:
        value = random_data.value(random, kind)
    if value == GREATEST and not nulls:
        return GREATEST - 1
    if isinstance(kind, t.ArrayType) and isinstance(value, list) and not isinstance(kind.elementType, NESTED):
        return [one for one in value if one is not None]
    return value


@pytest.mark.parametrize(("server", "case"), CASES)
def test_random_rows_come_back_bit_for_bit(
    request: pytest.FixtureRequest, counted: dict[str, int], server: str, case: int
) -> None:
    is_lite = server == "Milvus Lite"
    connector: Connector = request.getfixturevalue("lite" if is_lite else "connector")
    collection: str = request.getfixturevalue("lite_collection" if is_lite else "collection")
    random = Random(f"{SEED}/{server}/{case}")
    columns = schema(random, lists=is_lite)
    rows = [
        tuple(
            fitting(random, value, field.dataType, nulls=is_lite)
            for value, field in zip(row, columns.fields, strict=True)
        )
        for row in random_data.rows(random, columns, ROWS, random.randint(2, 9))
    ]
    data = connector.spark.createDataFrame(rows, columns, verifySchema=False).repartition(2).cache()
    try:
        expected = data.collect()
        connector.write(data, collection)
        stored = connector.read(collection)
        assert nullable(stored.schema).json() == nullable(columns).json()
        difference = same_rows(expected, stored.collect())
    finally:
        data.unpersist()
    assert difference is None, f"VECTORFUSE_SEED={SEED}, {server} {case}, {columns.simpleString()}: {difference}"
    counted["seed"] = SEED
    counted["schemas"] = counted.get("schemas", 0) + 1
    counted["rows"] = counted.get("rows", 0) + len(expected)
    counted["values"] = counted.get("values", 0) + len(expected) * len(columns)
