"""Which columns are vectors, of which name and size."""

from __future__ import annotations

import pytest

from stores.qdrant_raw import RawQdrant
from support.connector import VECTOR, Connector
from support.failures import failure_of
from support.roundtrip import assert_comes_back

A = "array(cast(n as float), 1F) as a"
B = "array(0.5F, cast(n as float), -1F, 0F) as b"


def test_the_column_vector_is_the_unnamed_vector(connector: Connector, raw: RawQdrant, collection: str) -> None:
    assert_comes_back(connector, connector.sql("n as id", VECTOR, rows=3), collection)
    assert raw.vector_sizes(collection) == {"": 3}
    assert [point.vectors[""] for point in raw.points(collection)] == [[n, 1.0, 0.5] for n in (0.0, 1.0, 2.0)]
    assert all("vector" not in point.payload for point in raw.points(collection))


def test_vector_field_names_the_column_of_the_unnamed_vector(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    data = connector.sql("n as id", A.replace(" as a", " as embedding"), "'x' as title", rows=3)
    assert_comes_back(connector, data, collection, vector_field="embedding")
    assert raw.vector_sizes(collection) == {"": 2}


def test_vector_fields_are_vectors_named_like_their_columns(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    assert_comes_back(connector, connector.sql("n as id", A, B, rows=3), collection, vector_fields="a,b")
    assert raw.vector_sizes(collection) == {"a": 2, "b": 4}


def test_vector_names_rename_them_in_the_store_alone(connector: Connector, raw: RawQdrant, collection: str) -> None:
    options = {"vector_fields": "a,b", "vector_names": "image,text"}
    assert_comes_back(connector, connector.sql("n as id", A, B, rows=3), collection, **options)
    assert raw.vector_sizes(collection) == {"image": 2, "text": 4}


def test_the_vectors_of_a_collection_claim_the_columns_of_their_names(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    raw.create(collection, {"a": 2, "b": 4})
    connector.write(connector.sql("n as id", A, B, rows=3), collection)
    assert [set(point.vectors) for point in raw.points(collection)] == [{"a", "b"}] * 3
    assert all(not {"a", "b"} & set(point.payload) for point in raw.points(collection))


def test_double_precision_columns_are_vectors_too(connector: Connector, raw: RawQdrant, collection: str) -> None:
    data = connector.sql("n as id", "array(cast(n as double), 0.25D, -0D) as vector", rows=3)
    assert_comes_back(connector, data, collection)
    assert raw.vector_sizes(collection) == {"": 3}


def test_every_bit_of_a_vector_is_kept(connector: Connector, collection: str) -> None:
    edges = "cast('1.4E-45' as float), cast('3.4028235E38' as float), cast('1.17549435E-38' as float), -0.0F, 0.1F, -16777217F"
    assert_comes_back(connector, connector.sql("n as id", f"array({edges}) as vector"), collection)


def test_a_cosine_collection_is_the_default(connector: Connector, raw: RawQdrant, collection: str) -> None:
    connector.write(connector.sql("n as id", VECTOR), collection, distance=None)
    params = raw.info(collection).config.params.vectors_config.params
    assert params.DESCRIPTOR.fields_by_name["distance"].enum_type.values_by_number[params.distance].name == "Cosine"


def test_a_vector_of_tens_of_thousands_of_numbers_is_kept(connector: Connector, collection: str) -> None:
    data = connector.sql("n as id", "transform(sequence(1, 65536), x -> cast(x / 7 as float)) as vector")
    assert_comes_back(connector, data, collection)


def test_columns_that_could_be_vectors_must_be_named(connector: Connector, raw: RawQdrant, collection: str) -> None:
    """Nothing is guessed: whether an array of floats is a vector or payload, only the user knows."""
    failure = failure_of(lambda: connector.write(connector.sql("n as id", A, B, "'x' as c"), collection))
    assert failure.kind == "OPTIONS"
    assert failure.names("vector_field", "a", "b")
    assert collection not in raw.collections()


def test_an_empty_vector_fields_says_that_there_are_no_vectors(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    assert_comes_back(connector, connector.sql("n as id", A, B, rows=3), collection, vector_fields="")
    assert raw.vector_sizes(collection) == {}
    assert [point.payload["a"] for point in raw.points(collection)] == [[0.0, 1.0], [1.0, 1.0], [2.0, 1.0]]


def test_rows_without_any_array_need_no_vectors(connector: Connector, raw: RawQdrant, collection: str) -> None:
    assert_comes_back(connector, connector.sql("n as id", "'x' as title", rows=3), collection)
    assert raw.vector_sizes(collection) == {}


def test_the_size_can_be_given(connector: Connector, raw: RawQdrant, collection: str) -> None:
    data = connector.sql("n as id", A, B, rows=2)
    connector.write(data, collection, vector_fields="a,b", **{"vector.a.size": 2, "vector.b.size": 4})
    assert raw.vector_sizes(collection) == {"a": 2, "b": 4}


def test_a_missing_vector_beside_another_is_left_out_and_reads_as_null(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    data = connector.sql("n as id", "if(n = 1, null, array(1F, 2F)) as a", "if(n = 2, null, array(3F)) as b", rows=3)
    assert_comes_back(connector, data, collection, vector_fields="a,b")
    assert [set(point.vectors) for point in raw.points(collection)] == [{"a", "b"}, {"b"}, {"a"}]


@pytest.mark.parametrize(
    "options",
    [
        {"vector_fields": "a,b", "vector_names": "same,same"},
        {"vector_fields": "a,a"},
    ],
)
def test_two_columns_that_claim_one_vector_are_refused(
    connector: Connector, raw: RawQdrant, collection: str, options: dict[str, str]
) -> None:
    failure = failure_of(lambda: connector.write(connector.sql("n as id", A, B), collection, **options))
    assert failure.kind == "OPTIONS"
    assert failure.names("vector")
    assert collection not in raw.collections()


def test_more_names_than_fields_are_refused(connector: Connector, collection: str) -> None:
    data = connector.sql("n as id", A, B)
    failure = failure_of(lambda: connector.write(data, collection, vector_fields="a", vector_names="x,y"))
    assert failure.kind == "OPTIONS"
    assert failure.names("vector_names", "vector_fields")


def test_a_vector_field_that_is_no_column_is_refused(connector: Connector, collection: str) -> None:
    failure = failure_of(lambda: connector.write(connector.sql("n as id", A, B), collection, vector_fields="a,c"))
    assert failure.kind == "OPTIONS"
    assert failure.names("vector_fields", "c")


def test_a_column_that_cannot_be_a_vector_is_refused(connector: Connector, collection: str) -> None:
    failure = failure_of(lambda: connector.write(connector.sql("n as id", "'text' as a"), collection, vector_field="a"))
    assert failure.kind in {"OPTIONS", "UNSUPPORTED"}
    assert failure.names("a", "string")
