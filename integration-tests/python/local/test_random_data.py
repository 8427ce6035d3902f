"""The promise, on random schemas and data: what is written is read, by id, bit for bit.

VECTORFUSE_SEED=… repeats or varies a run; each case derives a seed of its own, so that one case runs alone by its name.
"""

from __future__ import annotations

import os
from random import Random

import pytest

from support import random_data
from support.comparing import same_rows
from support.connector import Connector
from support.roundtrip import nullable

SEED = int(os.environ.get("VECTORFUSE_SEED", "20260811"))
CASES = 25
ROWS = 30


@pytest.mark.parametrize("case", range(CASES))
def test_random_rows_come_back_bit_for_bit(
    connector: Connector, collection: str, counted: dict[str, int], case: int
) -> None:
    random = Random(f"{SEED}/{case}")
    schema = random_data.schema(random)
    data = connector.spark.createDataFrame(
        random_data.rows(random, schema, ROWS, random.randint(1, 9)), schema, verifySchema=False
    )
    data = data.repartition(2).cache()
    try:
        expected = data.collect()
        connector.write(data, collection)
        stored = connector.read(collection)
        assert nullable(stored.schema).json() == nullable(schema).json()
        difference = same_rows(expected, stored.collect())
    finally:
        data.unpersist()
    assert difference is None, f"VECTORFUSE_SEED={SEED}, case {case}, schema {schema.simpleString()}: {difference}"
    counted["seed"] = SEED
    counted["schemas"] = counted.get("schemas", 0) + 1
    counted["rows"] = counted.get("rows", 0) + len(expected)
    counted["values"] = counted.get("values", 0) + len(expected) * len(schema)
