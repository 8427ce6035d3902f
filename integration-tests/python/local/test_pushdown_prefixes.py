"""`LIKE 'x%'`: taken over by servers that find strings by their beginnings, of the strings that we wrote, and Spark's answer stays."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyspark.sql import DataFrame, SparkSession

from stores.qdrant import QdrantServer
from stores.qdrant_raw import RawQdrant
from support.connector import Connector
from support.plans import left_to_spark, pushed

WORDS = ["apple", "Apple", "app", "", "größe", "gr", "a%b", "a_b", "[1]", "5"]


@pytest.fixture(scope="module")
def newer(spark: SparkSession) -> Iterator[Connector]:
    """The data source, bound to a server that knows what 1.19 brought."""
    with QdrantServer(version="1.19.0") as server:
        yield Connector(spark, server.url)


def write(connector: Connector, collection: str) -> None:
    words = ", ".join(f"'{word}'" for word in WORDS)
    word = f"element_at(array({words}, cast(null as string)), cast(n % {len(WORDS) + 1} as int) + 1)"
    data = connector.sql("n as id", f"{word} as s", f"named_struct('in', {word}) as o", rows=77)
    connector.write(data, collection, vector_fields="")


def answers(data: DataFrame, where: str) -> list[int]:
    return sorted(row.id for row in data.where(where).select("id").collect())


@pytest.mark.parametrize("indexed", [False, True], ids=["no index", "index"])
@pytest.mark.parametrize("column", ["s", "o.`in`"])
def test_the_server_finds_what_begins_so(newer: Connector, collection: str, column: str, indexed: bool) -> None:
    write(newer, collection)
    if indexed:
        raw = RawQdrant(newer.url)
        raw.index(collection, {"s": "keyword", "o.in": "keyword"})
        raw.close()
    taken, left = newer.read(collection), newer.read(collection, push_down=False)
    for where in (
        f"{column} like 'a%'",
        f"{column} like 'grö%'",
        f"startswith({column}, '[')",
        f"startswith({column}, '')",
        f"not startswith({column}, 'app')",
        f"{column} not like 'a%'",
        f"{column} like 'a%' or {column} is null",
        f"not ({column} like 'a%' and id = 3)",
    ):
        read = taken.where(where)
        assert answers(taken, where) == answers(left, where), where
        assert pushed(read, "filters") is not None, where
        assert not left_to_spark(read), where
        assert read.count() == left.where(where).count(), where


def test_explain_shows_it_and_a_limit_goes_with_it(newer: Connector, collection: str) -> None:
    write(newer, collection)
    read = newer.read(collection).where("s like 'app%'")
    assert "(s STARTS_WITH 'app')" in (pushed(read, "filters") or "")
    assert pushed(read.limit(2), "limit") == "2"
    assert pushed(read.selectExpr("count(*)"), "aggregates") is not None
    assert len(read.limit(2).collect()) == 2


@pytest.mark.parametrize(
    "where",
    [
        "s like '%a'",
        "s like '%pp%'",
        "s like '_p%'",
        "upper(s) like 'A%'",
        "cast(id as string) like '1%'",
    ],
)
def test_other_patterns_stay_with_spark(newer: Connector, collection: str, where: str) -> None:
    write(newer, collection)
    taken, left = newer.read(collection), newer.read(collection, push_down=False)
    assert "STARTS_WITH" not in (pushed(taken.where(where), "filters") or "")
    assert left_to_spark(taken.where(where))
    assert answers(taken, where) == answers(left, where)


def test_a_pattern_with_more_than_a_beginning_narrows(newer: Connector, collection: str) -> None:
    write(newer, collection)
    taken, left = newer.read(collection), newer.read(collection, push_down=False)
    where = "s like 'a%e'"
    assert "(s STARTS_WITH 'a')" in (pushed(taken.where(where), "filters") or "")
    assert left_to_spark(taken.where(where))
    assert answers(taken, where) == answers(left, where)


def test_the_strings_of_others_stay_with_spark(newer: Connector, collection: str) -> None:
    raw = RawQdrant(newer.url)
    raw.create(collection, 1)
    values = ["apple", ["apple"], 5, "5", [5], True, "true", None, {"a": 1}]
    raw.upsert(collection, [(n, {"s": value}, [1.0]) for n, value in enumerate(values)])
    raw.close()
    taken = newer.read(collection, schema="id string, s string")
    left = newer.read(collection, schema="id string, s string", push_down=False)
    for prefix in ("a", "5", "[", "t", "{"):
        where = f"s like '{prefix}%'"
        assert "STARTS_WITH" not in (pushed(taken.where(where), "filters") or "")
        assert [row.id for row in taken.where(where).collect()] == [row.id for row in left.where(where).collect()]


def test_an_older_server_is_not_asked(spark: SparkSession, collection: str) -> None:
    with QdrantServer(version="1.18.2") as server:
        older = Connector(spark, server.url)
        write(older, collection)
        taken, left = older.read(collection), older.read(collection, push_down=False)
        assert "STARTS_WITH" not in (pushed(taken.where("s like 'a%'"), "filters") or "")
        assert answers(taken, "s like 'a%'") == answers(left, "s like 'a%'")
