"""No rows at all, and very large ones."""

from __future__ import annotations

from stores.qdrant_raw import RawQdrant
from support.connector import VECTOR, Connector
from support.failures import failure_of
from support.roundtrip import nullable

MEGABYTES_30 = 30 * 1024 * 1024


def test_no_rows_and_no_size_say_that_the_size_is_missing(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    failure = failure_of(lambda: connector.write(connector.sql("n as id", VECTOR, rows=0), collection))
    assert failure.kind in {"OPTIONS", "DATA"}
    assert failure.names("vector.size", "empty")
    assert collection not in raw.collections()


def test_no_rows_and_no_size_of_a_named_vector_name_its_option(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    data = connector.sql("n as id", "array(1F) as image", rows=0)
    failure = failure_of(lambda: connector.write(data, collection, vector_fields="image"))
    assert failure.names("vector.image.size")
    assert collection not in raw.collections()


def test_no_rows_with_a_size_make_an_empty_collection_that_keeps_its_columns(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    data = connector.sql("n as id", VECTOR, "date'2024-01-01' as day", rows=0)
    connector.write(data, collection, **{"vector.size": 3})
    assert raw.vector_sizes(collection) == {"": 3}
    assert raw.count(collection) == 0
    stored = connector.read(collection)
    assert nullable(stored.schema).json() == nullable(data.schema).json()
    assert stored.collect() == []
    connector.write(connector.sql("n as id", VECTOR, "date'2024-01-01' as day", rows=2), collection)
    assert stored.count() == 2


def test_no_rows_into_a_collection_that_is_there_change_nothing(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    connector.write(connector.sql("n as id", VECTOR, rows=3), collection)
    connector.write(connector.sql("n as id", VECTOR, rows=0), collection)
    assert raw.count(collection) == 3


def test_partitions_without_rows_are_fine(connector: Connector, raw: RawQdrant, collection: str) -> None:
    connector.write(connector.sql("n as id", VECTOR, rows=3, partitions=8), collection)
    assert raw.count(collection) == 3


def test_a_row_of_30_megabytes_is_written_and_read(connector: Connector, collection: str) -> None:
    data = connector.sql(
        "n as id", VECTOR, f"if(n = 1, repeat('0123456789abcde\\n', {MEGABYTES_30 // 16}), 'small') as text", rows=3
    )
    connector.write(data, collection)
    digest = ["id", "length(text) as size", "sha2(text, 256) as digest"]
    stored = {row.id: (row.size, row.digest) for row in connector.read(collection).selectExpr(*digest).collect()}
    assert stored == {row.id: (row.size, row.digest) for row in data.selectExpr(*digest).collect()}
    assert stored[1][0] == MEGABYTES_30


def test_a_row_of_binary_megabytes_is_written_and_read(connector: Connector, collection: str) -> None:
    data = connector.sql("n as id", VECTOR, "unhex(repeat('00ff7f80', 1048576)) as bytes")
    connector.write(data, collection)
    stored = connector.read(collection).selectExpr("length(bytes) as size", "md5(bytes) as digest").first()
    assert stored == data.selectExpr("length(bytes) as size", "md5(bytes) as digest").first()
