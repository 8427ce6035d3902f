"""Strings with a collation: what begins so is another question there, and stays with Spark."""

from __future__ import annotations

from pyspark.sql import SparkSession

from stores.qdrant import QdrantServer
from support.connector import Connector
from support.plans import pushed


def test_beginnings_are_found_by_the_collation(spark: SparkSession, collection: str) -> None:
    with QdrantServer(version="1.19.0") as server:
        newer = Connector(spark, server.url)
        words = "element_at(array('apple', 'APPLE', 'pear'), cast(n % 3 as int) + 1)"
        data = newer.sql("n as id", f"{words} as plain", f"{words} collate UTF8_LCASE as folded", rows=9)
        newer.write(data, collection, vector_fields="")
        taken, left = newer.read(collection), newer.read(collection, push_down=False)
        for where, rows, is_pushed in (
            ("startswith(folded, 'App')", 6, False),
            ("folded like 'App%'", 6, False),
            ("not startswith(folded, 'App')", 3, False),
            ("startswith(plain collate UTF8_LCASE, 'App')", 6, False),
            ("startswith(plain, 'App' collate UTF8_LCASE)", 6, False),
            ("startswith(plain, 'app')", 3, True),
        ):
            assert taken.where(where).count() == left.where(where).count() == rows, where
            assert ("STARTS_WITH" in (pushed(taken.where(where), "filters") or "")) == is_pushed, where
