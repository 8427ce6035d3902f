"""Strings with a collation: what is equal, begins so or is one group is another question there, and stays with Spark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyspark.sql import DataFrame, SparkSession

from stores.qdrant import QdrantServer
from stores.qdrant_raw import RawQdrant
from support.connector import Connector
from support.plans import plan, pushed


@pytest.fixture(scope="module")
def stored(spark: SparkSession) -> Iterator[tuple[DataFrame, DataFrame]]:
    """The same rows, read with push-down and without, from a server that knows the most."""
    with QdrantServer(version="1.19.0") as server:
        newer = Connector(spark, server.url)
        words = "element_at(array('apple', 'APPLE', 'pear'), cast(n % 3 as int) + 1)"
        data = newer.sql(
            f"concat({words}, n) collate UTF8_LCASE as id",
            f"{words} as plain",
            f"{words} collate UTF8_LCASE as folded",
            f"named_struct('in', {words} collate UTF8_LCASE) as o",
            rows=9,
        )
        newer.write(data, "collations", vector_fields="")
        raw = RawQdrant(newer.url)
        raw.index("collations", {"plain": "keyword", "folded": "keyword"})
        raw.close()
        yield newer.read("collations"), newer.read("collations", push_down=False)


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ("startswith(folded, 'App')", 6),
        ("folded like 'App%'", 6),
        ("not startswith(folded, 'App')", 3),
        ("startswith(o.`in`, 'App')", 6),
        ("startswith(plain collate UTF8_LCASE, 'App')", 6),
        ("startswith(plain, 'App' collate UTF8_LCASE)", 6),
        ("folded = 'Apple'", 6),
        ("folded != 'Apple'", 3),
        ("folded <=> 'Apple'", 6),
        ("folded in ('Apple', 'x')", 6),
        ("o.`in` = 'Apple'", 6),
        ("plain = 'Apple' collate UTF8_LCASE", 6),
        ("id = 'Apple0'", 1),
        ("id in ('Apple0', 'PEAR2')", 2),
    ],
)
def test_collations_are_spark_s(stored: tuple[DataFrame, DataFrame], where: str, rows: int) -> None:
    taken, left = (data.where(where) for data in stored)
    assert taken.count() == left.count() == rows
    filters = pushed(taken, "filters") or ""
    assert not any(word in filters for word in ("STARTS_WITH", " = ", " <=> ", "IN(")), filters


def test_beside_them_plain_strings_are_pushed(stored: tuple[DataFrame, DataFrame]) -> None:
    taken, _ = stored
    for where in ("startswith(plain, 'app')", "plain = 'apple'"):
        assert pushed(taken.where(where), "filters") is not None
        assert taken.where(where).count() == 3


def test_groups_are_those_of_the_collation(stored: tuple[DataFrame, DataFrame]) -> None:
    for column, groups in (("folded", [3, 6]), ("plain", [3, 3, 3])):
        taken, left = (data.groupBy(column).count() for data in stored)
        assert sorted(row["count"] for row in taken.collect()) == groups
        assert sorted(row["count"] for row in left.collect()) == groups
        assert ("pushed group by" in plan(taken)) == (column == "plain")
