"""The options of a read, as a user gives them: which points, which parts of them, and in what form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stores.qdrant_raw import RawQdrant
from support.connector import VECTOR, Connector
from support.failures import failure_of

ROWS = 40
CITIES = ["Rome", "Oslo", "Bonn"]


def payload(n: int) -> dict[str, Any]:
    return {
        "n": n,
        "city": CITIES[n % 3],
        "big": 2**53 + n,
        "address": {"zip": f"{n:05}", "street": {"name": "High", "number": n}},
        "tags": [{"name": f"t{n % 2}", "rank": n}],
    }


@pytest.fixture
def places(raw: RawQdrant, collection: str) -> str:
    """Points that VectorFuse did not write."""
    raw.create(collection, 2)
    raw.upsert(collection, [(n, payload(n), [float(n), 1.0]) for n in range(ROWS)])
    return collection


def ids(connector: Connector, collection: str, **options: Any) -> list[int]:
    return [int(row.id) for row in connector.read(collection, **options).select("id").collect()]


def must(key: str, **check: Any) -> str:
    return json.dumps({"must": [{"key": key, **check}]})


def test_a_filter_of_qdrant_s_own_narrows_a_read(connector: Connector, places: str) -> None:
    for splits in (1, 4):
        found = ids(connector, places, filter=must("city", match={"value": "Rome"}), splits=splits)
        assert sorted(found) == list(range(0, ROWS, 3))
        exact = ids(connector, places, filter=must("big", match={"value": 2**53 + 1}), splits=splits)
        assert exact == [1], "a double can't tell the neighbours apart"
        nested = {"nested": {"key": "tags", "filter": {"must": [{"key": "name", "match": {"value": "t1"}}]}}}
        found = ids(connector, places, filter=json.dumps({"must_not": [nested]}), splits=splits)
        assert sorted(found) == list(range(0, ROWS, 2))
    rest = connector.read(places, filter=must("n", range={"lt": 10})).where("city = 'Oslo' and n > 1").select("n")
    assert sorted(row.n for row in rest.collect()) == [4, 7], "what Spark filters is filtered too"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (must("city", match={"value": 1.5}), ["must[0].match.value", "1.5", "integer"]),
        (must("city", mach={"value": 1}), ["must[0].mach", "match"]),
        (must("n", range={"gt": "soon"}), ["must[0].range.gt", "soon"]),
        ('{"must": [{"key": "n"}]}', ["must[0]", "exactly one"]),
        (str({"must": [{"key": "n", "match": {"value": True}}]}), ["json.dumps"]),
        ("city = 'Rome'", ["no JSON"]),
    ],
)
def test_a_filter_that_is_wrong_fails_before_the_tasks(
    connector: Connector, places: str, given: str, words: list[str]
) -> None:
    failure = failure_of(lambda: connector.read(places, filter=given))
    assert failure.kind == "OPTIONS"
    assert failure.names("filter", *words)


def test_a_filter_that_the_server_is_too_old_for_fails_before_the_tasks(connector: Connector, places: str) -> None:
    failure = failure_of(lambda: connector.read(places, filter=must("city", match={"substring": "Ro"})))
    assert failure.kind == "UNSUPPORTED"
    assert failure.names("substring", "1.20", "1.18")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"limit": 5}, [0, 1, 2, 3, 4]),
        ({"limit": 1000}, list(range(ROWS))),
        ({"offset": 37}, [37, 38, 39]),
        ({"offset": 30, "limit": 3, "page_size": 2}, [30, 31, 32]),
        ({"max_pages": 2, "page_size": 3}, [0, 1, 2, 3, 4, 5]),
        ({"max_pages": 2}, list(range(ROWS))),
        ({"limit": 3, "filter": must("city", match={"value": "Oslo"})}, [1, 4, 7]),
    ],
)
def test_a_window_is_read_in_the_order_of_ids(
    connector: Connector, places: str, options: dict[str, Any], expected: list[int]
) -> None:
    stored = connector.read(places, splits=None, **options)
    assert [int(row.id) for row in stored.select("id").collect()] == expected
    assert stored.rdd.getNumPartitions() == 1


def test_what_spark_filters_does_not_move_a_window(connector: Connector, places: str) -> None:
    stored = connector.read(places, splits=None, limit=6).where("city = 'Oslo'")
    assert [row.n for row in stored.select("n").collect()] == [1, 4], "the first six, of which two"
    assert connector.read(places, splits=None, limit=6).count() == 6


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"limit": 0}, ["limit", "at least 1"]),
        ({"limit": "ten"}, ["limit", "ten"]),
        ({"offset": "first"}, ["offset", "first", "UUID"]),
        ({"max_pages": -1}, ["max_pages", "-1"]),
        ({"limit": 5, "splits": 3}, ["limit", "splits"]),
        ({"with_payload": ""}, ["with_payload", "names"]),
        ({"with_payload": "n.x"}, ["with_payload", "n", "long"]),
        ({"with_vectors": "other"}, ["with_vectors", "other"]),
        ({"payload": "xml"}, ["payload", "xml", "json"]),
        ({"consistency": "most"}, ["consistency", "most", "majority"]),
        ({"shard_key": "a"}, ["shard_key", "no keys"]),
    ],
)
def test_a_reading_option_that_is_wrong_fails_before_the_tasks(
    connector: Connector, places: str, options: dict[str, Any], words: list[str]
) -> None:
    failure = failure_of(lambda: connector.read(places, **{"splits": None, **options}))
    assert failure.kind == "OPTIONS"
    assert failure.names(*words)


@pytest.mark.parametrize("option", ["filter", "limit", "offset", "with_payload", "payload", "query_vector", "top_k"])
def test_an_option_of_reading_is_no_option_of_a_write(connector: Connector, collection: str, option: str) -> None:
    data = connector.sql("n as id", VECTOR)
    failure = failure_of(lambda: connector.write(data, collection, **{option: "1"}))
    assert failure.kind == "OPTIONS"
    assert failure.names(option)


def test_chosen_fields_and_vectors_are_the_columns(connector: Connector, places: str) -> None:
    def columns(**options: Any) -> list[str]:
        return connector.read(places, **options).columns

    assert columns(with_vectors=False, with_payload="city,n") == ["id", "city", "n"]
    assert columns(with_payload=False) == ["id", "vector"]
    assert columns(with_payload='{"exclude": ["address", "tags", "big"]}') == ["id", "vector", "city", "n"]
    stored = connector.read(places, with_vectors=False, with_payload="address.street.number,tags.rank")
    assert stored.schema["address"].dataType.simpleString() == "struct<street:struct<number:bigint>>"
    row = stored.where("id = '7'").first()
    assert row is not None
    assert row.asDict(recursive=True) == {"id": "7", "address": {"street": {"number": 7}}, "tags": [{"rank": 7}]}


def test_the_payload_comes_as_one_json_column(connector: Connector, places: str) -> None:
    stored = connector.read(places, payload="json", with_vectors=False, splits=3)
    assert stored.columns == ["id", "payload"]
    found = {int(row.id): json.loads(row.payload) for row in stored.collect()}
    assert found == {n: payload(n) for n in range(ROWS)}
    part = connector.read(places, payload="json", with_vectors=False, with_payload="n,address.zip", splits=1).first()
    assert part is not None
    assert json.loads(part.payload) == {"n": 0, "address": {"zip": "00000"}}
    assert connector.read(places, payload="json").select("id").count() == ROWS


def test_the_payload_comes_as_a_variant_where_spark_has_them(connector: Connector, places: str) -> None:
    if connector.spark.version.startswith("3."):
        failure = failure_of(lambda: connector.read(places, payload="variant"))
        assert failure.kind == "OPTIONS"
        assert failure.names("payload", "Spark 4", "json")
        return
    stored = connector.read(places, payload="variant", with_vectors=False)
    assert stored.schema["payload"].dataType.simpleString() == "variant"
    numbers = stored.selectExpr(
        "id", "variant_get(payload, '$.big', 'bigint') as big", "variant_get(payload, '$.address.zip', 'string') as zip"
    )
    found = {int(row.id): (row.big, row.zip) for row in numbers.collect()}
    assert found == {n: (2**53 + n, f"{n:05}") for n in range(ROWS)}


def test_reading_options_stand_in_a_view_too(connector: Connector, places: str) -> None:
    given = connector.options(places, limit="4", with_payload="city", with_vectors=False)
    options = ", ".join(f"`{name}` '{value}'" for name, value in given.items())
    connector.spark.sql(f"CREATE OR REPLACE TEMPORARY VIEW few_places USING vectorfuse OPTIONS ({options})")
    try:
        rows = connector.spark.sql("SELECT id, city FROM few_places ORDER BY id").collect()
        assert [(row.id, row.city) for row in rows] == [(str(n), CITIES[n % 3]) for n in range(4)]
    finally:
        connector.spark.sql("DROP VIEW few_places")
