"""Where a point's id comes from, and what of it is read."""

from __future__ import annotations

import uuid

import pytest

from stores.qdrant_raw import RawQdrant
from support.connector import VECTOR, Connector
from support.failures import failure_of
from support.roundtrip import assert_comes_back

UUID_TEXT = "6f1d3c0a-58f4-4d2b-9c1e-0123456789ab"


@pytest.mark.parametrize("kind", ["tinyint", "smallint", "int", "bigint", "decimal(3,0)", "decimal(20,0)"])
def test_a_column_of_whole_numbers_is_the_id(connector: Connector, raw: RawQdrant, collection: str, kind: str) -> None:
    assert_comes_back(connector, connector.sql(f"cast(n * 40 as {kind}) as id", VECTOR, rows=4), collection)
    assert [point.id for point in raw.points(collection)] == [0, 40, 80, 120]


def test_the_greatest_ids_are_kept(connector: Connector, raw: RawQdrant, collection: str) -> None:
    ids = "element_at(array(0, 9223372036854775808, 18446744073709551615), cast(n + 1 as int))"
    assert_comes_back(connector, connector.sql(f"cast({ids} as decimal(20,0)) as id", VECTOR, rows=3), collection)
    assert [point.id for point in raw.points(collection)] == [0, 2**63, 2**64 - 1]


TEXT_IDS = {
    "7": 7,
    "0": 0,
    "18446744073709551615": 2**64 - 1,
    "18446744073709551616": None,
    "007": None,
    "-1": None,
    "+7": None,
    " 7": None,
    "7.0": None,
    "": None,
    "anything else": None,
    "Grüße 😀": None,
    UUID_TEXT: UUID_TEXT,
    "7F1D3C0A-58F4-4D2B-9C1E-0123456789AB": "7f1d3c0a-58f4-4d2b-9c1e-0123456789ab",
}


def test_a_column_of_text_is_the_id_and_comes_back_as_it_was(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    """Canonical digits and UUIDs are the id itself; any other text becomes a UUIDv5, its own text kept in the payload."""
    spark = connector.spark
    data = spark.createDataFrame([(text, n) for n, text in enumerate(TEXT_IDS)], "id string, n bigint").selectExpr(
        "id", "n", VECTOR
    )
    assert_comes_back(connector, data, collection)
    texts = list(TEXT_IDS)
    for point in raw.points(collection):
        text = texts[point.payload["n"]]
        if TEXT_IDS[text] is not None:
            assert point.id == TEXT_IDS[text]
        else:
            assert uuid.UUID(str(point.id)).version == 5, text
            assert text in point.payload.values()


def test_writing_again_replaces_the_row_of_the_same_id(connector: Connector, raw: RawQdrant, collection: str) -> None:
    for round_number in (1, 2):
        data = connector.sql("concat('key-', n) as id", VECTOR, f"{round_number} as round", rows=5, partitions=2)
        connector.write(data, collection)
    assert raw.count(collection) == 5
    assert {row.round for row in connector.read(collection).collect()} == {2}


def test_id_field_names_another_column_and_id_is_then_a_column_like_any_other(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    data = connector.sql("n + 100 as number", "concat('x', n) as id", VECTOR, rows=3)
    assert_comes_back(connector, data, collection, id_field="number")
    assert [point.id for point in raw.points(collection)] == [100, 101, 102]


def test_key_fields_make_one_id_of_several_columns(connector: Connector, raw: RawQdrant, collection: str) -> None:
    keys = [("a", "bc"), ("ab", "c"), ("", "abc"), ("a,b", "c"), ("a", "b,c"), ("a", ""), ("", "a")]
    data = connector.spark.createDataFrame([(*key, n) for n, key in enumerate(keys)], "k string, l string, n bigint")
    for _ in range(2):
        connector.write(data.selectExpr("k", "l", "n", VECTOR), collection, key_fields="k,l")
    stored = connector.read(collection)
    assert stored.columns == ["id", "k", "l", "n", "vector"]
    assert stored.schema["id"].dataType.simpleString() == "string"
    rows = stored.collect()
    assert sorted((row.n, row.k, row.l) for row in rows) == [(n, *key) for n, key in enumerate(keys)]
    assert {uuid.UUID(row.id).version for row in rows} == {5}
    assert {row.id for row in rows} == {point.id for point in raw.points(collection)}


def test_rows_without_an_id_get_uuids_of_their_own(connector: Connector, raw: RawQdrant, collection: str) -> None:
    data = connector.sql("n", VECTOR, rows=100, partitions=3)
    connector.write(data, collection)
    stored = connector.read(collection)
    assert stored.columns == ["id", "n", "vector"]
    rows = stored.collect()
    assert sorted(row.n for row in rows) == list(range(100))
    assert len({uuid.UUID(row.id) for row in rows}) == 100
    connector.write(data, collection)
    assert raw.count(collection) == 200, "the rows of a second job are other rows"


def test_an_id_field_that_is_no_column_is_refused(connector: Connector, raw: RawQdrant, collection: str) -> None:
    data = connector.sql("n as number", VECTOR)
    failure = failure_of(lambda: connector.write(data, collection, id_field="numbre"))
    assert failure.kind == "OPTIONS"
    assert failure.names("id_field", "numbre", "number")
    assert collection not in raw.collections()


def test_a_null_among_key_fields_is_named(connector: Connector, collection: str) -> None:
    data = connector.sql("n", "if(n = 7, null, n) as k", VECTOR, rows=10)
    failure = failure_of(lambda: connector.write(data, collection, key_fields="n,k"))
    assert failure.kind == "DATA"
    assert failure.names("k", "7", "null")


@pytest.mark.parametrize("value", ["n > 1", "n + 0.5D", "n + 1.5BD", "date_add(date'2024-01-01', n)", "unhex(hex(n))"])
def test_an_id_of_another_type_is_hashed_and_comes_back(
    connector: Connector, raw: RawQdrant, collection: str, value: str
) -> None:
    value = value.replace(", n)", ", cast(n as int))")
    data = connector.sql(f"{value} as id", VECTOR, rows=2)
    if value == "n > 1":
        data = connector.sql("n = 1 as id", VECTOR, rows=2)
    assert_comes_back(connector, data, collection)
    assert {uuid.UUID(str(point.id)).version for point in raw.points(collection)} == {5}


@pytest.mark.parametrize("value", ["array(1)", "named_struct('a', 1)", "map('a', 1)"])
def test_an_id_that_has_no_text_of_its_own_is_refused_before_anything_is_written(
    connector: Connector, raw: RawQdrant, collection: str, value: str
) -> None:
    failure = failure_of(lambda: connector.write(connector.sql(f"{value} as id", VECTOR), collection))
    assert failure.kind in {"OPTIONS", "UNSUPPORTED"}
    assert failure.names("id")
    assert collection not in raw.collections()
