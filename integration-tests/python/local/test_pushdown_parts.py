"""Offsets and samples: what the store takes over gives what Spark promises, and what it can't, Spark does."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from pyspark.sql import DataFrame, SparkSession

from stores.qdrant import QdrantServer
from support.connector import VECTOR, Connector
from support.plans import plan, pushed

ROWS = 3000


@pytest.fixture
def stored(connector: Connector, collection: str) -> tuple[DataFrame, DataFrame]:
    """The same rows, read with push-down and without."""
    data = connector.sql(
        "n as id", VECTOR, "concat('w', n % 50) as word", "if(n % 7 = 0, null, n % 10) as k", rows=ROWS, partitions=2
    )
    connector.write(data, collection)
    return connector.read(collection), connector.read(collection, push_down=False)


def ids(data: DataFrame) -> set[int]:
    """The ids of the rows, each of which must come once."""
    found = [row.id for row in data.select("id").collect()]
    assert len(found) == len(set(found)), "rows came more than once"
    return set(found)


@pytest.mark.parametrize("where", ["true", "k = 3", "id = 7", "id = -1"])
def test_an_offset_is_passed_over_by_the_store(stored: tuple[DataFrame, DataFrame], where: str) -> None:
    taken, left = (data.where(where) for data in stored)
    total = left.count()
    for offset, limit in itertools.product((0, 1, 250, 2990, 3000, 20_000), (1, 5, 1000)):
        page = taken.offset(offset).limit(limit)
        shown = plan(page)
        if offset:
            assert pushed(page, "offset") == str(offset), shown
            assert pushed(page, "limit") == str(limit), shown
        expected = min(limit, max(0, total - offset))
        assert len(ids(page)) == len(ids(left.offset(offset).limit(limit))) == expected, shown
        assert ids(page) <= ids(left)


def test_pages_by_offset_are_disjoint_and_complete(stored: tuple[DataFrame, DataFrame]) -> None:
    taken, _ = stored
    pages = [ids(taken.where("k is not null").offset(offset).limit(500)) for offset in range(0, 3000, 500)]
    assert sum(map(len, pages)) == len(set().union(*pages)) == taken.where("k is not null").count()


def test_an_offset_in_sql(stored: tuple[DataFrame, DataFrame], connector: Connector) -> None:
    taken, _ = stored
    taken.createOrReplaceTempView("offsets")
    sql = connector.spark.sql
    page = sql("SELECT id, word FROM offsets WHERE k = 3 LIMIT 7 OFFSET 100")
    assert pushed(page, "offset") == "100"
    assert len(ids(page)) == 7
    assert all(row.id % 10 == 3 for row in page.collect())
    assert len(ids(sql("SELECT id FROM offsets LIMIT 2147483647"))) == ROWS
    # What comes of the page is not pushed below it.
    assert sql("SELECT count(*) AS n FROM (SELECT * FROM offsets LIMIT 20 OFFSET 2990)").collect()[0].n == 10
    assert sql("SELECT * FROM (SELECT * FROM offsets LIMIT 20 OFFSET 2990) WHERE id < 0").count() == 0
    inner = "SELECT id FROM offsets LIMIT 20 OFFSET 10"
    assert len(ids(sql(f"SELECT * FROM ({inner}) LIMIT 5"))) == 5
    assert len(ids(sql(f"SELECT * FROM ({inner}) LIMIT 100 OFFSET 15"))) == 5
    assert len(ids(sql(f"SELECT * FROM ({inner}) ORDER BY id LIMIT 3 OFFSET 18"))) == 2


@pytest.mark.parametrize(("first", "second"), [(10, 4), (4, 10), (10, 10), (10, 0)])
def test_limits_and_offsets_in_any_order_count_once(
    stored: tuple[DataFrame, DataFrame], first: int, second: int
) -> None:
    for data in stored:
        assert len(ids(data.limit(first).offset(second))) == max(0, first - second)
        assert len(ids(data.offset(first).limit(second))) == second
        assert len(ids(data.offset(ROWS - first).offset(second))) == max(0, first - second)
        assert len(ids(data.offset(ROWS - first).limit(second).limit(3))) == min(first, second, 3)
        assert len(ids(data.limit(first).offset(second).limit(3))) == min(3, max(0, first - second))
        assert len(ids(data.offset(ROWS - first).limit(100).offset(second))) == max(0, first - second)
        assert len(ids(data.offset(5).limit(first).union(data.limit(second)).distinct())) <= first + second


@pytest.mark.parametrize("what", ["alone", "large", "filter", "sort", "group", "sample", "window"])
def test_an_offset_that_the_store_can_t_do_stays_with_spark(
    stored: tuple[DataFrame, DataFrame], connector: Connector, collection: str, what: str
) -> None:
    def query(data: DataFrame) -> DataFrame:
        return {
            "alone": lambda: data.offset(2990),
            "large": lambda: data.offset(10).limit(20_000),
            "filter": lambda: data.where("word like '%9'").offset(55).limit(100),
            "sort": lambda: data.orderBy("id").offset(2990).limit(100),
            "group": lambda: data.groupBy("k").count().offset(5).limit(100),
            "sample": lambda: data.sample(1.0, 3).offset(2990).limit(100),
            "window": lambda: data.offset(5).limit(100),
        }[what]()

    taken, left = stored
    if what == "window":
        taken, left = (
            connector.read(collection, push_down=push_down, splits=None, limit=8) for push_down in (True, False)
        )
    assert pushed(query(taken), "offset") is None
    assert query(taken).count() == query(left).count()
    if what == "sort":
        assert query(taken).collect() == query(left).collect()


def test_a_sample_is_drawn_by_the_store(
    stored: tuple[DataFrame, DataFrame], connector: Connector, collection: str
) -> None:
    taken, left = stored
    for fraction, seed in itertools.product((0.0, 0.02, 0.3, 0.7, 1.0), (1, -5)):
        sample = taken.sample(fraction, seed)
        assert pushed(sample, "sample") == f"0 to {fraction:g}, seed {seed}", plan(sample)
        assert "Sample" not in plan(sample).replace("pushed sample", "")
        drawn = ids(sample)
        assert abs(len(drawn) - fraction * ROWS) < 150
        assert drawn <= ids(left)
        other = connector.read(collection, splits=5, page_size=77).sample(fraction, seed)
        assert ids(other) == drawn, "the same seed draws the same rows"
        assert sample.count() == len(drawn)
        rows = {row.id: row for row in left.collect()}
        assert all(row == rows[row.id] for row in sample.collect())
    assert ids(taken.sample(0.5, 1)) != ids(taken.sample(0.5, 2))
    assert pushed(left.sample(0.5, 1), "sample") is None


def test_filters_and_limits_look_at_the_sample(stored: tuple[DataFrame, DataFrame]) -> None:
    taken, left = stored
    sample = ids(taken.sample(0.3, 9))
    for where in ("k = 3", "id < 100", "word like '%9'", "k is null"):
        of_all = ids(left.where(where))
        after = taken.sample(0.3, 9).where(where)
        assert pushed(after, "sample") is not None
        assert ids(after) == sample & of_all, where
        assert ids(taken.where(where).sample(1.0, 9)) == of_all, where
    some = ids(taken.sample(0.3, 9).limit(20))
    assert len(some) == 20
    assert some <= sample
    assert len(ids(taken.sample(0.01, 9).limit(1000))) == len(ids(taken.sample(0.01, 9)))
    assert len(ids(taken.limit(20).sample(1.0, 9))) == 20


def test_what_is_made_of_a_sample_is_made_of_its_rows(stored: tuple[DataFrame, DataFrame]) -> None:
    taken, _ = stored
    sample = taken.sample(0.3, 9)
    rows = sample.select("id", "k").collect()
    assert sample.selectExpr("count(*) as n").collect()[0].n == len(rows)
    assert pushed(sample.selectExpr("count(*)"), "aggregates") is None
    groups = {row.k: row["count"] for row in sample.groupBy("k").count().collect()}
    assert groups == Counter(row.k for row in rows)
    first = sample.orderBy("k").limit(3)
    assert pushed(first, "order") is None
    assert [row.k for row in first.collect()] == [None] * 3
    twice = sample.sample(0.5, 4)
    assert ids(twice) < {row.id for row in rows}
    assert ids(taken.sample(0.5, 1).unionAll(taken.where("id < 0"))) == ids(taken.sample(0.5, 1))


def test_samples_in_sql_and_with_replacement(stored: tuple[DataFrame, DataFrame], connector: Connector) -> None:
    taken, _ = stored
    taken.createOrReplaceTempView("samples")
    sql = connector.spark.sql
    draw = "SELECT id FROM samples TABLESAMPLE (10 PERCENT) REPEATABLE (7)"
    assert pushed(sql(draw), "sample") == "0 to 0.1, seed 7"
    assert ids(sql(draw)) == ids(taken.sample(0.1, 7))
    assert len(ids(sql("SELECT id FROM samples TABLESAMPLE (7 ROWS)"))) == 7
    doubled = taken.sample(True, 2.0, 5)
    assert pushed(doubled, "sample") is None
    assert 5000 < doubled.count() < 7000


# Spark draws them by a row's place within its part, which must be the same at each read: in ranges, and in slices.
@pytest.mark.parametrize("version", ["1.18.0", "1.19.0"])
def test_random_splits_are_disjoint_and_complete(spark: SparkSession, collection: str, version: str) -> None:
    with QdrantServer(version=version) as server:
        own = Connector(spark, server.url)
        own.write(own.sql("n as id", "n % 10 as k", rows=ROWS), collection, vector_fields="")
        parts = [ids(part) for part in own.read(collection).randomSplit([0.2, 0.5, 0.3], 11)]
        assert sum(map(len, parts)) == ROWS
        assert set().union(*parts) == set(range(ROWS))


def test_a_sample_of_a_window_is_spark_s(
    connector: Connector, stored: tuple[DataFrame, DataFrame], collection: str
) -> None:
    assert stored
    window = connector.read(collection, splits=None, limit=50).sample(0.5, 3)
    assert pushed(window, "sample") is None
    assert 5 < window.count() < 45


def test_a_join_of_a_sample_reads_only_what_it_needs(stored: tuple[DataFrame, DataFrame], connector: Connector) -> None:
    taken, _ = stored
    spark = connector.spark
    spark.range(0, 40).selectExpr("id", "id % 20 as pick").write.mode("overwrite").saveAsTable("dim_sample")
    try:
        dim = spark.table("dim_sample").where("pick < 10")
        sample = taken.sample(0.4, 21)
        joined = sample.join(dim, "id").select("id")
        assert "dynamicpruning" in plan(joined).lower(), plan(joined)
        assert ids(joined) == ids(sample) & ids(dim)
        page = taken.offset(5).limit(30)
        assert "dynamicpruning" not in plan(page.join(dim, "id")).lower()
        assert ids(page.join(dim, "id")) == ids(page) & ids(dim)
    finally:
        spark.sql("DROP TABLE dim_sample")
