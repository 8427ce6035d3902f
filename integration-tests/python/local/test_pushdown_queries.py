"""Limits, counts, runtime filters and statistics: what the store takes over, and that Spark's answer stays the same."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import Column, DataFrame, functions

from stores.qdrant_raw import RawQdrant
from support.connector import VECTOR, Connector
from support.plans import left_to_spark, plan, pushed

ROWS = 3000


@pytest.fixture
def stored(connector: Connector, collection: str) -> tuple[DataFrame, DataFrame]:
    """The same rows, read with push-down and without."""
    data = connector.sql(
        "n as id", VECTOR, "concat('w', n % 50) as word", "if(n % 7 = 0, null, n % 10) as k", "n / 4 as real", "named_struct('a', n, 'b', 'x') as o",
        rows=ROWS, partitions=2,
    )  # fmt: skip
    connector.write(data, collection)
    return connector.read(collection), connector.read(collection, push_down=False)


def test_a_limit_stops_the_read(stored: tuple[DataFrame, DataFrame], connector: Connector, collection: str) -> None:
    taken, left = stored
    limited = taken.limit(5)
    assert pushed(limited, "limit") == "5"
    assert pushed(left.limit(5), "limit") is None
    assert len(limited.collect()) == len(left.limit(5).collect()) == 5
    assert len({row.id for row in taken.where("k = 3").limit(20).collect()}) == 20
    assert taken.where("k = 3").limit(10**6).count() == left.where("k = 3").limit(10**6).count()
    assert taken.limit(0).count() == 0
    assert connector.read(collection, splits=4, page_size=7).limit(20_000).count() == ROWS
    assert connector.read(collection, splits=4, page_size=7).limit(100).count() == 100


def test_a_limit_is_not_pushed_below_what_spark_filters_or_sorts(stored: tuple[DataFrame, DataFrame]) -> None:
    taken, left = stored
    assert pushed(taken.where("word like '%9'").limit(3), "limit") is None
    assert taken.where("word like '%9'").limit(3).count() == 3
    top = taken.orderBy("real", ascending=False).limit(3)
    assert pushed(top, "limit") is None
    assert top.collect() == left.orderBy("real", ascending=False).limit(3).collect()


@pytest.mark.parametrize(
    "aggregates",
    [
        ["count(*)"],
        ["count(k)"],
        ["count(1) as a", "count(k) as b", "count(o) as c", "count(id) as d", "count(o.a) as e"],
    ],
)
@pytest.mark.parametrize(
    "where", ["true", "k = 3", "k is null", "real >= 100 and word in ('w1', 'w2')", "k = -5", "id = 7"]
)
def test_counts_are_the_store_s(stored: tuple[DataFrame, DataFrame], aggregates: list[str], where: str) -> None:
    taken, left = (data.where(where).selectExpr(*aggregates) for data in stored)
    assert pushed(taken, "aggregates") is not None
    assert pushed(left, "aggregates") is None
    assert taken.collect() == left.collect()


@pytest.mark.parametrize(
    ("where", "aggregates"),
    [
        ("word like '%9'", ["count(*)"]),
        ("true", ["count(distinct k)"]),
        ("true", ["count(*)", "sum(k)"]),
        ("true", ["count(k + 1)"]),
        ("true", ["count(vector)"]),
    ],
)
def test_other_counts_stay_with_spark(stored: tuple[DataFrame, DataFrame], where: str, aggregates: list[str]) -> None:
    taken, left = (data.where(where).selectExpr(*aggregates) for data in stored)
    assert pushed(taken, "aggregates") is None
    assert taken.collect() == left.collect()


@pytest.fixture
def ordered(
    stored: tuple[DataFrame, DataFrame], connector: Connector, raw: RawQdrant, collection: str
) -> tuple[DataFrame, DataFrame]:
    """The same rows with indexes that know an order."""
    raw.index(collection, {"k": "integer", "real": "float", "word": "keyword"})
    return connector.read(collection), stored[1]


@pytest.mark.parametrize("where", ["true", "k > 3", "k = -5", "k is null"])
@pytest.mark.parametrize(
    "aggregates", [["min(k)"], ["max(real)"], ["min(k)", "max(k)", "min(real)", "count(*)", "count(k)"]]
)
def test_the_least_and_the_greatest_are_found_by_the_index(
    ordered: tuple[DataFrame, DataFrame], where: str, aggregates: list[str]
) -> None:
    taken, left = (data.where(where).selectExpr(*aggregates) for data in ordered)
    assert pushed(taken, "aggregates") is not None
    assert taken.collect() == left.collect()


def test_without_an_index_spark_finds_them(stored: tuple[DataFrame, DataFrame]) -> None:
    taken, left = (data.selectExpr("min(k)", "max(word)") for data in stored)
    assert pushed(taken, "aggregates") is None
    assert taken.collect() == left.collect()
    assert pushed(stored[0].orderBy("k").limit(3), "order") is None


@pytest.mark.parametrize("where", ["true", "k > 3"])
@pytest.mark.parametrize(
    "order", ["k asc nulls first", "k asc nulls last", "k desc nulls first", "k desc nulls last", "real desc"]
)
@pytest.mark.parametrize("rows", [3, 500])
def test_the_first_rows_of_an_order_are_found_by_the_index(
    ordered: tuple[DataFrame, DataFrame], where: str, order: str, rows: int
) -> None:
    column = order.split()[0]
    taken, left = (data.where(where).selectExpr(column).orderBy(expr_of(order)).limit(rows) for data in ordered)
    assert pushed(taken, "order") is not None
    assert pushed(left, "order") is None
    assert taken.collect() == left.collect()


def test_an_order_that_the_index_does_not_decide_alone_stays_with_spark(ordered: tuple[DataFrame, DataFrame]) -> None:
    for by in (["k", "real"], ["word"]):
        taken, left = (data.selectExpr("k", "real", "word", "id").orderBy(*by, "id").limit(9) for data in ordered)
        assert pushed(taken, "order") is None
        assert taken.collect() == left.collect()


def expr_of(order: str) -> Column:
    """A sort's words as a column."""
    name, direction, *nulls = order.split()
    return getattr(functions.col(name), "_".join([direction, *nulls]))()


@pytest.mark.parametrize("where", ["true", "real > 100", "word = 'w3'", "k = -5", "k is null"])
@pytest.mark.parametrize("key", ["k", "word", "flag"])
def test_groups_are_counted_by_the_index(
    connector: Connector, raw: RawQdrant, collection: str, key: str, where: str
) -> None:
    data = connector.sql(
        "n as id", "n / 4 as real", "if(n % 7 = 0, null, cast(n % 11 - 5 as int)) as k",
        "if(n % 5 = 0, null, if(n % 3 = 0, '', concat('w', n % 9))) as word", "if(n % 4 = 0, null, n % 3 = 0) as flag",
        rows=700,
    )  # fmt: skip
    connector.write(data, collection, vector_fields="")
    raw.index(collection, {"k": "integer", "word": "keyword", "flag": "bool"})
    both = [connector.read(collection, push_down=push_down).where(where) for push_down in (True, False)]
    for group in (
        lambda rows: rows.groupBy(key).count(),
        lambda rows: rows.select(key).distinct(),
        lambda rows: rows.groupBy(key).agg(functions.count("*").alias("n")).where("n > 80"),
        lambda rows: rows.groupBy(key).count().orderBy(functions.desc("count"), key).limit(3),
    ):
        taken, left = (group(rows) for rows in both)
        assert pushed(taken, "aggregates") is not None or "pushed group by" in plan(taken)
        assert sorted(map(str, taken.collect())) == sorted(map(str, left.collect()))


def test_other_groups_stay_with_spark(ordered: tuple[DataFrame, DataFrame]) -> None:
    for keys, values in (
        (["k", "word"], ["count(*)"]),
        (["real"], ["count(*)"]),
        (["k"], ["sum(real)"]),
        (["id"], ["count(*)"]),
    ):
        taken, left = (data.groupBy(*keys).agg(*map(functions.expr, values)).orderBy(*keys) for data in ordered)
        assert "pushed group by" not in plan(taken)
        assert taken.collect() == left.collect()


def test_explain_shows_what_was_pushed(stored: tuple[DataFrame, DataFrame]) -> None:
    taken, _ = stored
    filtered = taken.where("k = 3 and word = 'w3'").select("id")
    shown = pushed(filtered, "filters")
    assert shown is not None
    assert "(k = 3)" in shown
    assert "(word = 'w3')" in shown
    assert not left_to_spark(filtered)
    assert "columns: [id]" in plan(filtered)
    assert "COUNT(*)" in (pushed(taken.selectExpr("count(*)"), "aggregates") or "")


def test_members_of_structs_are_read_alone(connector: Connector, raw: RawQdrant, collection: str) -> None:
    raw.create(collection, 1)
    rows = [
        {"o": {"a": 1, "b": {"c": 2, "d": "x" * 50}}},
        {"o": {"b": {"d": "x"}}},
        {"o": {}},
        {"o": None},
        {},
        {"o": {"b": None}},
    ]
    raw.upsert(collection, [(n, payload, [1.0]) for n, payload in enumerate(rows)])
    schema = "id string, o struct<a:bigint,b:struct<c:bigint,d:string>>"
    taken, left = connector.read(collection, schema=schema), connector.read(collection, schema=schema, push_down=False)
    for columns in (
        ["o.a"],
        ["o.b.c"],
        ["o.b.c", "o.a"],
        ["o"],
        ["o.b"],
        ["o is null as n", "o.b.c"],
        ["o.b is null as n"],
    ):
        read = sorted(map(str, taken.selectExpr("id", *columns).collect()))
        cached = left.cache()
        assert read == sorted(map(str, cached.selectExpr("id", *columns).collect())), columns
        cached.unpersist()


@pytest.mark.parametrize("key", ["id", "word", "k"])
def test_a_join_reads_only_the_rows_that_it_needs(
    stored: tuple[DataFrame, DataFrame], connector: Connector, key: str
) -> None:
    taken, left = stored
    spark = connector.spark
    kinds = {"id": "bigint", "word": "string", "k": "bigint"}
    values = {"id": "id", "word": "concat('w', id)", "k": "id"}
    small = spark.range(0, 40).selectExpr(f"cast({values[key]} as {kinds[key]}) as {key}", "id % 20 as pick")
    path = f"dim_{key}"
    small.write.mode("overwrite").saveAsTable(path)
    try:
        dim = spark.table(path).where("pick = 3")
        joined = taken.join(dim, key).select("id")
        assert "dynamicpruning" in plan(joined).lower(), plan(joined)
        expected = sorted(row.id for row in left.join(dim, key).select("id").collect())
        assert expected
        assert sorted(row.id for row in joined.collect()) == expected
        assert rows_read(joined) == len(expected), "the store gave more rows than the join needs"
    finally:
        spark.sql(f"DROP TABLE {path}")


def rows_read(data: DataFrame) -> int:
    """What the scan's own metric counts, after the query ran."""
    [read] = reads(data._jdf.queryExecution().executedPlan())
    return read


def reads(node: Any) -> list[int]:
    """The rows of each read of the store in a plan, through the stages of an adaptive one."""
    name = node.nodeName()
    if name.startswith("BatchScan"):
        return [int(node.metrics().apply("numOutputRows").value())]
    if name == "AdaptiveSparkPlan":
        return reads(node.executedPlan())
    if name.endswith("QueryStage"):
        return reads(node.plan())
    children = node.children()
    return [rows for n in range(children.size()) for rows in reads(children.apply(n))]


def test_a_small_read_is_known_to_be_small(stored: tuple[DataFrame, DataFrame]) -> None:
    taken, _ = stored

    def size(data: DataFrame) -> int:
        return int(str(data._jdf.queryExecution().optimizedPlan().stats().sizeInBytes()))

    assert 0 < size(taken.where("id = 7")) < size(taken) < 10_000_000
    assert size(taken.select("id")) < size(taken)
    joined = taken.join(taken.where("id = 7").selectExpr("word as w"), taken.word == taken.word)
    assert "BroadcastNestedLoopJoin" in plan(joined) or "BroadcastHashJoin" in plan(joined)
