"""Reading in parallel, and reading no more than what is asked for."""

from __future__ import annotations

import re
import uuid
from random import Random

import pytest
from pyspark.sql import DataFrame

from stores.qdrant import TRANSPORT, reach
from stores.qdrant_raw import Id, RawQdrant
from support.connector import VECTOR, Connector
from support.failures import failure_of
from support.proxy import CountingProxy


def some_ids(kind: str) -> list[Id]:
    """Ids that are spread unevenly, with the ends of each range."""
    random = Random(f"ids/{kind}")
    whole: list[Id] = [
        0,
        2**63 - 1,
        2**63,
        2**64 - 1,
        *range(1, 120),
        *(random.randrange(2**40, 2**64) for _ in range(120)),
    ]
    uuids: list[Id] = [str(uuid.UUID(int=random.getrandbits(128))) for _ in range(200)]
    uuids += [str(uuid.UUID(int=0)), str(uuid.UUID(int=2**128 - 1)), *(str(uuid.UUID(int=n)) for n in range(1, 60))]
    return {
        "whole numbers": whole,
        "UUIDs": uuids,
        "both": whole + uuids,
        "three points": [1, 2**64 - 1, uuids[0]],
        "one point": [5],
    }[kind]


@pytest.mark.parametrize("kind", ["whole numbers", "UUIDs", "both", "three points", "one point"])
def test_splits_are_disjoint_and_complete(connector: Connector, raw: RawQdrant, collection: str, kind: str) -> None:
    ids = some_ids(kind)
    raw.create(collection, 1)
    raw.upsert(collection, [(each, {}, [1.0]) for each in ids])
    for splits in (1, 2, 3, 7, 16):
        stored = connector.read(collection, schema="id string", splits=splits)
        assert sorted(row.id for row in stored.collect()) == sorted(map(str, ids)), f"{splits} splits"
        assert 1 <= stored.rdd.getNumPartitions() <= splits


def test_the_work_is_spread_over_the_splits(connector: Connector, collection: str) -> None:
    connector.write(connector.sql("uuid() as id", VECTOR, rows=2000, partitions=2), collection)
    sizes = (
        connector.read(collection, splits=4)
        .select("id")
        .rdd.mapPartitions(lambda rows: [sum(1 for _ in rows)])
        .collect()
    )
    assert len(sizes) == 4
    assert sum(sizes) == 2000
    assert max(sizes) < 1200, "a split that has most of the rows is no split"


@pytest.mark.parametrize("splits", ["0", "-1", "many"])
def test_a_number_of_splits_that_is_none_is_refused(connector: Connector, collection: str, splits: str) -> None:
    connector.write(connector.sql("n as id", VECTOR), collection)
    failure = failure_of(lambda: connector.read(collection, splits=splits).collect())
    assert failure.kind == "OPTIONS"
    assert failure.names("splits", splits)


def test_more_rows_than_a_page_come_in_order_of_nothing_but_once_each(connector: Connector, collection: str) -> None:
    connector.write(
        connector.sql("n as id", VECTOR, "repeat('x', 200) as filler", rows=20_000, partitions=2), collection
    )
    stored = connector.read(collection, splits=3)
    assert stored.selectExpr("count(id)", "count(distinct id)", "sum(id)", "sum(length(filler))").first() == (
        20_000,
        20_000,
        199_990_000,
        4_000_000,
    )


def columns_scanned(data: DataFrame) -> list[str]:
    """The columns that Spark has asked the data source for, from the physical plan."""
    plan = data._jdf.queryExecution().executedPlan().toString()
    match = re.search(r"BatchScan[^\[\n]*\[([^\]]*)\]", plan)
    assert match is not None, plan
    return [column.split("#")[0].strip() for column in match[1].split(",") if column.strip()]


def test_only_the_columns_asked_for_are_scanned(connector: Connector, collection: str) -> None:
    connector.write(connector.sql("n as id", VECTOR, "1 as a", "2 as b"), collection)
    stored = connector.read(collection)
    assert sorted(columns_scanned(stored.select("b", "id"))) == ["b", "id"]
    assert columns_scanned(stored.selectExpr("1 as one")) == []
    assert stored.select("b").first() == (2,)


def test_only_the_columns_asked_for_are_sent_by_the_server(connector: Connector, collection: str) -> None:
    data = connector.sql(
        "n as id",
        "transform(sequence(1, 1000), x -> cast(x as float)) as vector",
        "repeat(uuid(), 100) as big",
        rows=200,
    )
    connector.write(data, collection)
    fetched = {}
    for columns in (["id"], ["vector"], ["big"], ["id", "vector", "big"]):
        with CountingProxy(reach(connector.url)) as proxy:
            rows = connector.read(collection, url=proxy.url).select(*columns).collect()
            assert len(rows) == 200
            fetched[",".join(columns)] = proxy.received
    # Over HTTP a number is its digits: `123.0,` for one of these.
    payload, vectors = 200 * 3600, 200 * (4000 if TRANSPORT == "grpc" else 5893)
    # Beside the values there is what stands around them, what the driver asks, and a few rows twice: where a server has no
    # slices, the last page of a split ends about where the split does.
    little = payload // 2
    assert fetched["id"] < little
    assert vectors < fetched["vector"] < vectors + little
    assert payload < fetched["big"] < payload + little
    assert payload + vectors < fetched["id,vector,big"]


def test_counting_fetches_no_columns(connector: Connector, collection: str) -> None:
    connector.write(connector.sql("n as id", VECTOR, rows=321, partitions=2), collection)
    assert connector.read(collection, splits=4).count() == 321


def test_with_filters_and_joins_spark_sees_an_ordinary_table(connector: Connector, collection: str) -> None:
    connector.write(
        connector.sql("n as id", VECTOR, "n % 3 as third", "if(n % 5 = 0, null, concat('t', n)) as word", rows=100),
        collection,
    )
    stored = connector.read(collection)
    assert stored.where("third = 1 and word is not null and id < 50").count() == sum(
        1 for n in range(50) if n % 3 == 1 and n % 5
    )
    assert stored.where("word like 't1%'").count() == sum(1 for n in range(100) if n % 5 and str(n).startswith("1"))
    squares = connector.sql("n * n as id", rows=5)
    assert sorted(row.id for row in stored.join(squares, "id").collect()) == [0, 1, 4, 9, 16]
    assert [row.id for row in stored.orderBy(stored["id"].desc()).limit(3).collect()] == [99, 98, 97]
    assert sorted(tuple(row) for row in stored.groupBy("third").count().collect()) == [(0, 34), (1, 33), (2, 33)]


def test_sql_reads_a_collection_as_a_view(connector: Connector, collection: str) -> None:
    connector.write(connector.sql("n as id", VECTOR, "n * n as square", rows=10), collection)
    options = ", ".join(f"{name} '{value}'" for name, value in connector.options(collection).items())
    connector.spark.sql(f"CREATE OR REPLACE TEMP VIEW squares USING vectorfuse OPTIONS ({options})")
    try:
        assert connector.spark.sql(
            "SELECT sum(square), max(element_at(vector, 1)) FROM squares WHERE id > 4"
        ).first() == (255, 9.0)
    finally:
        connector.spark.catalog.dropTempView("squares")


def test_one_dataframe_can_be_read_twice_and_sees_what_was_written_since(connector: Connector, collection: str) -> None:
    connector.write(connector.sql("n as id", VECTOR, rows=3), collection)
    stored = connector.read(collection)
    assert stored.count() == 3
    connector.write(connector.sql("n + 3 as id", VECTOR, rows=3), collection)
    assert stored.count() == 6


def test_a_limit_ends_the_reading_early(connector: Connector, collection: str) -> None:
    connector.write(connector.sql("n as id", VECTOR, "repeat(uuid(), 300) as big", rows=3000, partitions=2), collection)
    with CountingProxy(reach(connector.url)) as proxy:
        assert len(connector.read(collection, url=proxy.url).limit(5).collect()) == 5
    assert proxy.received < 3000 * 300 * 36, "all of it was fetched for five rows"


def test_explain_and_print_schema_say_what_is_read(
    connector: Connector, collection: str, capsys: pytest.CaptureFixture[str]
) -> None:
    connector.write(connector.sql("n as id", VECTOR, "'x' as city"), collection)
    stored = connector.read(collection)
    stored.select("city").explain()
    stored.printSchema()
    said = capsys.readouterr().out
    assert "BatchScan" in said
    assert collection in said, "the plan names the collection"
    assert "|-- city: string (nullable = true)" in said
    assert "|-- vector: array (nullable = true)" in said
