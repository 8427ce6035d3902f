"""Write, read, compare: the promise of the whole connector in one call."""

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql.types import ArrayType, DataType, MapType, StructField, StructType

from support.comparing import same_rows
from support.connector import Connector


def assert_comes_back(
    connector: Connector, data: DataFrame, collection: str, by: str = "id", **options: Any
) -> DataFrame:
    """Writes the data into a new collection and checks that what is read has the same columns and values."""
    # Both sides come out of Spark in the same way, so that any difference is the connector's.
    expected = data.collect()
    connector.write(data, collection, **options)
    stored = connector.read(collection)
    assert nullable(stored.schema).json() == nullable(data.schema).json()
    difference = same_rows(expected, stored.collect(), by)
    assert difference is None, difference
    return stored


def nullable(kind: Any) -> Any:
    """A schema without what Spark itself does not keep: that something is never null, and metadata."""
    if isinstance(kind, StructType):
        return StructType([StructField(field.name, nullable(field.dataType), True) for field in kind.fields])
    if isinstance(kind, ArrayType):
        return ArrayType(nullable(kind.elementType), True)
    if isinstance(kind, MapType):
        return MapType(nullable(kind.keyType), nullable(kind.valueType), True)
    assert isinstance(kind, DataType)
    return kind
