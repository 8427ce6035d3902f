"""Rows that cannot be stored as they are: the failure names column and row, and no value is changed to fit."""

from __future__ import annotations

import pytest

from stores.qdrant_raw import RawQdrant
from support.connector import VECTOR, Connector
from support.failures import Failure, failure_of


def refused(connector: Connector, collection: str, *expressions: str, rows: int = 10, **options: str) -> Failure:
    """Writes rows of which one is bad, in two partitions."""
    failure = failure_of(
        lambda: connector.write(connector.sql(*expressions, rows=rows, partitions=2), collection, **options)
    )
    assert failure.kind == "DATA", failure
    return failure


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("if(n = 7, null, n) as id", "null"),
        ("if(n = 7, -5, n) as id", "-5"),
        ("cast(if(n = 7, 18446744073709551616, n) as decimal(20,0)) as id", "18446744073709551616"),
        ("cast(if(n = 7, -1, n) as decimal(20,0)) as id", "-1"),
        ("if(n = 7, null, concat('k', n)) as id", "null"),
    ],
    ids=["null", "negative", "too large", "negative decimal", "null text"],
)
def test_an_id_that_cannot_be_one_is_named(connector: Connector, collection: str, expression: str, shown: str) -> None:
    failure = refused(connector, collection, expression, VECTOR)
    assert failure.names("id", shown)
    assert failure.names("row"), "which row it was"


def test_a_row_whose_key_fields_are_all_null_is_named(connector: Connector, collection: str) -> None:
    failure = refused(
        connector, collection, "if(n = 7, null, n) as k", "if(n = 7, null, 'x') as l", VECTOR, key_fields="k,l"
    )
    assert failure.names("k", "row")


@pytest.mark.parametrize(
    ("bad", "shown"),
    [
        ("array(1F, 2F)", "2"),
        ("array(1F, 2F, 3F, 4F)", "4"),
        ("array()", "0"),
        ("array(1F, cast('NaN' as float), 3F)", "NaN"),
        ("array(1F, cast('Infinity' as float), 3F)", "inf"),
        ("array(1F, null, 3F)", "null"),
        ("null", "null"),
    ],
    ids=["too short", "too long", "empty", "with NaN", "with an infinity", "with a null in it", "null"],
)
def test_a_vector_that_cannot_be_one_is_named(connector: Connector, collection: str, bad: str, shown: str) -> None:
    vector = f"cast(if(n = 7, {bad}, array(1F, 2F, 3F)) as array<float>) as vector"
    failure = refused(connector, collection, "n as id", vector)
    assert failure.names("vector", "7", shown)


def test_a_double_that_no_float_can_hold_is_refused(connector: Connector, collection: str) -> None:
    """Rounding is what vectors are for; turning a number into infinity is not."""
    failure = refused(connector, collection, "n as id", "array(if(n = 7, 1e300D, 1D), 2D) as vector")
    assert failure.names("vector", "7")


def test_the_collections_own_size_counts(connector: Connector, raw: RawQdrant, collection: str) -> None:
    raw.create(collection, 5)
    failure = failure_of(lambda: connector.write(connector.sql("n as id", VECTOR), collection))
    assert failure.kind in {"DATA", "OPTIONS"}
    assert failure.names("vector", "3", "5")


def test_a_row_without_any_of_its_vectors_is_refused(connector: Connector, collection: str) -> None:
    vectors = ["if(n = 7, null, array(1F)) as a", "if(n = 7 or n = 3, null, array(1F)) as b"]
    failure = refused(connector, collection, "n as id", *vectors, vector_fields="a,b")
    assert failure.names("vector", "7")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize(
    ("shape", "column"),
    [("{}", "number"), ("array(1D, {})", "number"), ("named_struct('inner', map('k', {}))", "number")],
    ids=["alone", "in an array", "deep inside"],
)
def test_a_number_that_the_payload_cannot_hold_is_named(
    connector: Connector, collection: str, number: str, shape: str, column: str
) -> None:
    value = f"if(n = 7, cast('{number}' as double), 1D)"
    failure = refused(connector, collection, "n as id", VECTOR, f"{shape.format(value)} as {column}")
    assert failure.names(column, "7")


def test_a_bad_row_does_not_end_the_session(connector: Connector, raw: RawQdrant, collection: str) -> None:
    refused(connector, collection, "if(n = 7, null, n) as id", VECTOR)
    connector.write(connector.sql("n as id", VECTOR, rows=10), collection)
    assert raw.count(collection) == 10
