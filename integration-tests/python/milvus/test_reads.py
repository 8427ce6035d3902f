"""Reading in parallel by ranges of keys, beyond what a server gives at once, and no more than what is asked for."""

from __future__ import annotations

import json
from random import Random

import pytest

from stores.milvus_raw import RawMilvus, field
from support.connector import VECTOR, Connector
from support.failures import failure_of
from support.proxy import CountingProxy

# More than one request of Milvus can give (16,384), and more than is read in one part (10,000).
MANY = 24_000


def keys_of(kind: str) -> list[int | str]:
    """Keys that lie as evenly as numbers, or as badly as people choose them."""
    random = Random(f"keys/{kind}")
    dense: list[int] = list(range(MANY // 2))
    skewed = {-(2**63) + 1, -(2**63) + 2, 2**62, *dense, *(random.randrange(2**40, 2**62) for _ in range(MANY))}
    texts = [f"user/größe-{n:07}" for n in range(MANY // 2)]
    texts += ["", "'", '"', "\\", "a\nb", "😀", "𩸽", "鸽", *(f"{random.getrandbits(128):032x}" for _ in range(MANY))]
    return sorted(skewed)[:MANY] if kind == "integers" else sorted(set(texts))[:MANY]


@pytest.mark.parametrize("kind", ["integers", "texts"])
def test_splits_are_disjoint_complete_and_of_like_size_however_keys_lie(
    connector: Connector, raw: RawMilvus, collection: str, kind: str
) -> None:
    keys = keys_of(kind)
    size = {} if kind == "integers" else {"max_length": 64}
    key = field("id", "INT64" if kind == "integers" else "VARCHAR", is_primary=True, **size)
    raw.create(collection, [key, field("v", "FLOAT_VECTOR", dim=1)], num_shards=2)
    for start in range(0, MANY, 8000):
        raw.insert(collection, [{"id": one, "v": [1.0]} for one in keys[start : start + 8000]])
    for splits in (1, 4):
        parts = [
            [row.id for row in part]
            for part in connector.read(collection, splits=splits).select("id").rdd.glom().collect()
        ]
        assert sorted((one for part in parts for one in part), key=lambda one: str(one)) == sorted(keys, key=str)
        assert len(parts) == splits
        assert max(map(len, parts)) < 1.7 * MANY / splits, [len(part) for part in parts]


def test_rows_of_all_pages_come_once_each_with_their_values(
    connector: Connector, raw: RawMilvus, collection: str
) -> None:
    data = connector.sql("n as id", VECTOR, "repeat('x', 100) as filler", rows=MANY, partitions=2)
    connector.write(data, collection)
    assert raw.count(collection) == MANY
    sums = ("count(id)", "count(distinct id)", "sum(id)", "sum(length(filler))", "sum(element_at(vector, 1))")
    expected = (MANY, MANY, MANY * (MANY - 1) // 2, 100 * MANY, MANY * (MANY - 1) / 2)
    for options in ({"splits": 3}, {"splits": 1}, {"splits": 2, "page_size": 5000}):
        assert connector.read(collection, **options).selectExpr(*sums).first() == expected, options
    assert connector.read(collection, splits=4).count() == MANY
    assert len(connector.read(collection, splits=4).limit(7).collect()) == 7
    # Rows that are gone, or were written again, are not counted as they are on the server's disk.
    connector.write(connector.sql("n as id", rows=1000), collection, write_mode="delete")
    connector.write(connector.sql("n + 1000 as id", VECTOR, "'new' as filler", rows=1000), collection)
    stored = connector.read(collection, splits=3)
    assert stored.count() == MANY - 1000
    assert stored.selectExpr("count(distinct id)", "min(id)", "sum(length(filler))").first() == (
        MANY - 1000,
        1000,
        (MANY - 2000) * 100 + 3000,
    )


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
        with CountingProxy(connector.url) as proxy:
            rows = connector.read(collection, url=proxy.url).select(*columns).collect()
            assert len(rows) == 200
            fetched[",".join(columns)] = proxy.received
    with CountingProxy(connector.url) as proxy:
        assert connector.read(collection, url=proxy.url).count() == 200
        fetched["count"] = proxy.received
    texts, vectors = 200 * 3600, 200 * 4000
    assert fetched["id"] < 40_000
    assert fetched["count"] < 40_000
    assert vectors < fetched["vector"] < vectors + 100_000
    assert texts < fetched["big"] < texts + 100_000
    assert texts + vectors < fetched["id,vector,big"]


def test_columns_without_a_field_are_keys_of_the_dynamic_field(
    connector: Connector, raw: RawMilvus, collection: str
) -> None:
    fields = [field("id", "INT64", is_primary=True), field("vector", "FLOAT_VECTOR", dim=3)]
    raw.create(collection, fields, dynamic=True)
    data = connector.sql("n as id", VECTOR, "concat('w', n) as word", "named_struct('a', n) as deep", rows=20)
    connector.write(data, collection, distance=None)
    stored = {row["id"]: row for row in raw.rows(collection)}
    assert stored[3]["word"] == "w3"
    assert stored[3]["deep"] == {"a": 3}
    schema = "id bigint, word string, deep struct<a:bigint>"
    read = connector.read(collection, schema=schema)
    assert sorted((row.id, row.word, row.deep.a) for row in read.collect()) == [(n, f"w{n}", n) for n in range(20)]
    assert [row.id for row in read.where("word = 'w7'").collect()] == [7]
    row = connector.read(collection).where("id = 3").first()
    assert row is not None
    assert json.loads(row["$meta"]) == {"word": "w3", "deep": {"a": 3}}


def test_the_option_filter_is_an_expression_of_milvus(connector: Connector, collection: str) -> None:
    connector.write(connector.sql("n as id", VECTOR, "n % 7 as k", rows=70, partitions=2), collection)
    assert connector.read(collection, filter="k in [1, 2] and id % 2 == 0").count() == 10
    failure = failure_of(lambda: connector.read(collection, filter="k ==== 1").collect())
    assert failure.kind == "OPTIONS"
    assert failure.names("filter")


def test_a_read_sees_everything_that_was_acknowledged_before_it(connector: Connector, collection: str) -> None:
    for run in range(4):
        connector.write(connector.sql(f"n + {run * 50} as id", VECTOR, rows=50, partitions=2), collection)
        assert connector.read(collection).select("id").distinct().count() == (run + 1) * 50
    assert connector.read(collection, consistency="bounded").count() <= 200
    failure = failure_of(lambda: connector.read(collection, consistency="quorum").count())
    assert failure.kind == "OPTIONS"
    assert failure.names("consistency", "strong")
